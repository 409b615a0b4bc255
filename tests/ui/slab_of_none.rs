//! E0080: a capacity is from 1 to 65,535.
use forebay::Slab;

#[cfg(not(fails))]
pub static ANY: Slab<u8, 1> = Slab::new();

#[cfg(fails)]
pub static ANY: Slab<u8, 0> = Slab::new();

fn main() {}
