//! E0277: keeping some back is not waiting.
use forebay::{DefaultReset, Headroom, LanePool, Waking};

#[cfg(not(fails))]
static POOL: LanePool<u8, 3, 1, DefaultReset, Headroom<1, Waking>> =
    LanePool::with_waiting(DefaultReset);
#[cfg(fails)]
static POOL: LanePool<u8, 3, 1, DefaultReset, Headroom<1>> = LanePool::with_waiting(DefaultReset);

fn main() {
    drop(POOL.get_blocking());
}
