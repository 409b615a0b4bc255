//! E0505: it goes back on the lane.
use forebay::LanePool;

fn main() {
    let pool: LanePool<u8, 4, 1> = LanePool::new();
    let lane = pool.try_claim().unwrap();
    let batch = lane.try_get_batch::<2>().unwrap();
    #[cfg(fails)]
    drop(lane);
    assert_eq!(batch.len(), 2);
}
