//! E0080: a capacity is from 1 to 65,535.
use forebay::Pool;

#[cfg(not(fails))]
pub static ANY: Pool<u8, 1> = Pool::new();

#[cfg(fails)]
pub static ANY: Pool<u8, 0> = Pool::new();

fn main() {}
