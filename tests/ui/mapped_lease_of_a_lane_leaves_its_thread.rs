//! E0277: the whole would go back on the lane from another thread.
use forebay::{LanePool, Lease};

static POOL: LanePool<(u8, u8), 2, 1> = LanePool::new();

fn main() {
    let lane = POOL.try_claim().unwrap();
    let lease = lane.try_get().unwrap();
    #[cfg(not(fails))]
    let lease = Lease::detach(lease);
    let part = Lease::map(lease, |both| &mut both.0);
    std::thread::scope(|scope| scope.spawn(move || drop(part)).join().unwrap());
}
