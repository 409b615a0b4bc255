//! E0080: a capacity is from 1 to 65,535.
use forebay::LanePool;

#[cfg(not(fails))]
pub static ANY: LanePool<u8, 1, 2> = LanePool::new();

#[cfg(fails)]
pub static ANY: LanePool<u8, 0, 2> = LanePool::new();

fn main() {}
