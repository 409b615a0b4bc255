//! E0080: lanes are from 1 to 4,096.
use forebay::LanePool;

#[cfg(not(fails))]
pub static ANY: LanePool<u8, 2, 1> = LanePool::new();

#[cfg(fails)]
pub static ANY: LanePool<u8, 2, 0> = LanePool::new();

fn main() {}
