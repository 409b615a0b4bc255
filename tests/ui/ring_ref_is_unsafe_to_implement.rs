//! E0200: both ends rely on what it promises.
use forebay::ring::RingRef;

pub struct Fake;

#[cfg(fails)]
impl RingRef for Fake {}

fn main() {}
