//! E0597: the lane is in the pool.
use forebay::LanePool;

fn main() {
    #[cfg(not(fails))]
    let pool: LanePool<u8, 2, 1> = LanePool::new();
    let kept = {
        #[cfg(fails)]
        let pool: LanePool<u8, 2, 1> = LanePool::new();
        pool.try_claim()
    };
    drop(kept);
}
