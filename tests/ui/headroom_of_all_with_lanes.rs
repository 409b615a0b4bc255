//! E0080: somebody must be able to get something.
use forebay::{DefaultReset, Headroom, LanePool};

#[cfg(not(fails))]
static POOL: LanePool<u8, 2, 1, DefaultReset, Headroom<1>> = LanePool::with_waiting(DefaultReset);
#[cfg(fails)]
static POOL: LanePool<u8, 2, 1, DefaultReset, Headroom<3>> = LanePool::with_waiting(DefaultReset);

fn main() {
    drop(POOL.try_get());
}
