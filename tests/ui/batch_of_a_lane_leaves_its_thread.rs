//! E0277: it would go back on the lane from another thread.
use forebay::LanePool;

static POOL: LanePool<u8, 4, 1> = LanePool::new();

fn main() {
    let lane = POOL.try_claim().unwrap();
    let batch = lane.try_get_batch::<2>().unwrap();
    #[cfg(not(fails))]
    let batch: Vec<_> = batch.into_iter().map(forebay::Lease::detach).collect();
    std::thread::scope(|scope| scope.spawn(move || drop(batch)).join().unwrap());
}
