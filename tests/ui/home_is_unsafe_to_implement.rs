//! E0200: all leases rely on what it promises.
use forebay::pool::Home;

pub struct Fake;

#[cfg(fails)]
impl Home for Fake {
    type Item = u8;
}

fn main() {}
