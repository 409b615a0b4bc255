//! E0599: keeping some back is not waiting.
use forebay::{DefaultReset, Headroom, LanePool, Wake};

#[cfg(not(fails))]
static POOL: LanePool<u8, 3, 1, DefaultReset, Headroom<1, Wake>> =
    LanePool::with_waiting(DefaultReset);
#[cfg(fails)]
static POOL: LanePool<u8, 3, 1, DefaultReset, Headroom<1>> = LanePool::with_waiting(DefaultReset);

fn main() {
    drop(POOL.get_blocking());
}
