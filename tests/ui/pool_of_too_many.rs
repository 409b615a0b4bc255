//! E0080: a capacity is from 1 to 65,535.
use forebay::Pool;

#[cfg(not(fails))]
pub static ANY: Pool<u8, 65_535> = Pool::new();

#[cfg(fails)]
pub static ANY: Pool<u8, 65_536> = Pool::new();

fn main() {}
