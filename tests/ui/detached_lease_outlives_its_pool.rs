//! E0597: the object is in the pool, whatever lane it was got on.
use forebay::{LanePool, Lease};

fn main() {
    #[cfg(not(fails))]
    let pool: LanePool<u8, 2, 1> = LanePool::new();
    let kept = {
        #[cfg(fails)]
        let pool: LanePool<u8, 2, 1> = LanePool::new();
        let lane = pool.try_claim().unwrap();
        Lease::detach(lane.try_get().unwrap())
    };
    drop::<Lease<_>>(kept);
}
