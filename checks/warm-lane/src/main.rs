//! Gets and puts an object `PAIRS` times, once it is warm, of the kind that the argument names. See
//! ci/warm-lane.sh, which counts what `pairs` executes.

use forebay::{LanePool, Pool};
use std::hint::black_box;

const PAIRS: usize = 1_000;

static LANES: LanePool<[u64; 4], 64, 4> = LanePool::new();
static POOL: Pool<[u64; 4], 64> = Pool::new();

/// What is counted. A symbol of its own for each kind, of which a run uses one.
#[inline(never)]
fn pairs(pair: impl Fn()) {
    for _ in 0..PAIRS {
        pair();
    }
}

fn main() {
    drop(LANES.try_get()); // The thread takes the lane of its number; the handle has another.
    let lane = LANES.claim().expect("the other lanes are free");
    let on_a_thread = || LANES.try_get().unwrap()[0] = black_box(1);
    let on_a_lane = || lane.try_get().unwrap()[0] = black_box(1);
    let of_a_plain_pool = || POOL.try_get().unwrap()[0] = black_box(1);
    // The first pair makes the object.
    match std::env::args().nth(1).as_deref() {
        Some("on-a-thread") => {
            on_a_thread();
            pairs(on_a_thread);
        }
        Some("on-a-lane") => {
            on_a_lane();
            pairs(on_a_lane);
        }
        Some("of-a-plain-pool") => {
            of_a_plain_pool();
            pairs(of_a_plain_pool);
        }
        _ => panic!("which pair?"),
    }
}
