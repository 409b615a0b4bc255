//! E0597: the thread that ticks outlives the call.
use forebay::LanePool;
use std::time::Duration;

#[cfg(not(fails))]
static POOL: LanePool<u8, 1, 1> = LanePool::new();

fn main() {
    #[cfg(fails)]
    let POOL: LanePool<u8, 1, 1> = LanePool::new();
    drop(POOL.tick_every(Duration::from_secs(1)));
}
