//! E0505: the lease goes back on its lane.
use forebay::{LanePool, Lease};

static POOL: LanePool<u8, 2, 1> = LanePool::new();

fn main() {
    let lane = POOL.try_claim().unwrap();
    let lease = lane.try_get().unwrap();
    #[cfg(not(fails))]
    let lease = Lease::detach(lease);
    drop(lane);
    drop::<Lease<_>>(lease);
}
