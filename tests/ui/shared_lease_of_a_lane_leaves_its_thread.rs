//! E0277: its last holder would put it on the lane from another thread.
use forebay::{LanePool, Lease};

static POOL: LanePool<u8, 2, 1> = LanePool::new();

fn main() {
    let lane = POOL.try_claim().unwrap();
    let lease = lane.try_get().unwrap();
    #[cfg(not(fails))]
    let lease = Lease::detach(lease);
    let lease = Lease::share(lease);
    std::thread::scope(|scope| scope.spawn(move || drop(lease)).join().unwrap());
}
