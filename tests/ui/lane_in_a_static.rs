//! E0277: all threads would use the lane at once.
use forebay::{Lane, LanePool};
use std::sync::{Mutex, OnceLock};

static POOL: LanePool<u8, 2, 1> = LanePool::new();

#[cfg(not(fails))]
static LANE: OnceLock<Mutex<Lane<'static, u8, 2, 1>>> = OnceLock::new();
#[cfg(fails)]
static LANE: OnceLock<Lane<'static, u8, 2, 1>> = OnceLock::new();

fn main() {
    let lane = POOL.try_claim().unwrap();
    #[cfg(not(fails))]
    let lane = Mutex::new(lane);
    let _ = LANE.set(lane);
}
