//! E0505: a lease that would go back on the lane from here while it is used there.
use forebay::LanePool;

static POOL: LanePool<u8, 2, 1> = LanePool::new();

fn main() {
    let lane = POOL.try_claim().unwrap();
    let lease = lane.try_get().unwrap();
    #[cfg(not(fails))]
    drop(lease);
    let there = std::thread::spawn(move || drop(lane));
    #[cfg(fails)]
    drop(lease);
    there.join().unwrap();
}
