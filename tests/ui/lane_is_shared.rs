//! E0277: two threads would use the lane at once.
use forebay::LanePool;

static POOL: LanePool<u8, 2, 1> = LanePool::new();

fn main() {
    let lane = POOL.try_claim().unwrap();
    #[cfg(not(fails))]
    std::thread::scope(|scope| scope.spawn(move || lane.number()).join().unwrap());
    #[cfg(fails)]
    std::thread::scope(|scope| scope.spawn(|| lane.number()).join().unwrap());
}
