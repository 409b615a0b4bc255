//! E0080: a capacity is from 1 to 65,535.
use forebay::Ring;

#[cfg(not(fails))]
pub static ANY: Ring<u8, 65_535> = Ring::new();

#[cfg(fails)]
pub static ANY: Ring<u8, 65_536> = Ring::new();

fn main() {}
