//! E0080: a capacity is from 1 to 65,535.
use forebay::StreamPool;

#[cfg(not(fails))]
pub static ANY: StreamPool<u8, 1> = StreamPool::new();

#[cfg(fails)]
pub static ANY: StreamPool<u8, 0> = StreamPool::new();

fn main() {}
