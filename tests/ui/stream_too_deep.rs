//! E0080: a depth is from 1 to 65,535.
use forebay::StreamPool;

#[cfg(not(fails))]
pub static ANY: StreamPool<u8, 1, 65_535> = StreamPool::new();

#[cfg(fails)]
pub static ANY: StreamPool<u8, 1, 65_536> = StreamPool::new();

fn main() {}
