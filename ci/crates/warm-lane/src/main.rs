//! Gets and puts objects `TIMES` times, once they are warm, in the way that the argument names. See
//! ci/stages/warm-lane.sh, which counts what `times` executes.

use forebay::{LanePool, Pool};
use std::array::from_fn;
use std::hint::black_box;

const TIMES: usize = 1_000;

static LANES: LanePool<[u64; 4], 64, 4> = LanePool::new();
static POOL: Pool<[u64; 4], 64> = Pool::new();

/// The work that is counted. A symbol of its own for each way, of which a run uses one.
#[inline(never)]
fn times(f: impl Fn()) {
    for _ in 0..TIMES {
        f();
    }
}

/// The first time makes the objects.
fn warm_times(f: impl Fn()) {
    f();
    times(f);
}

fn main() {
    drop(LANES.try_get()); // The thread takes the lane of its number; the handle has another.
    let lane = LANES.try_claim().expect("the other lanes are free");
    match std::env::args().nth(1).as_deref() {
        Some("on-a-thread") => warm_times(|| LANES.try_get().unwrap()[0] = black_box(1)),
        Some("on-a-lane") => warm_times(|| lane.try_get().unwrap()[0] = black_box(1)),
        Some("of-a-plain-pool") => warm_times(|| POOL.try_get().unwrap()[0] = black_box(1)),
        Some("16-on-a-thread") => warm_times(|| {
            let mut leases: [_; 16] = from_fn(|_| LANES.try_get().unwrap());
            leases.iter_mut().for_each(|lease| lease[0] = black_box(1));
        }),
        Some("16-on-a-lane") => warm_times(|| {
            let mut leases: [_; 16] = from_fn(|_| lane.try_get().unwrap());
            leases.iter_mut().for_each(|lease| lease[0] = black_box(1));
        }),
        Some("a-batch-of-8-on-a-thread") => warm_times(|| {
            let mut batch = LANES.try_get_batch::<8>().unwrap();
            batch.iter_mut().for_each(|object| object[0] = black_box(1));
        }),
        Some("a-batch-of-8-on-a-lane") => warm_times(|| {
            let mut batch = lane.try_get_batch::<8>().unwrap();
            batch.iter_mut().for_each(|object| object[0] = black_box(1));
        }),
        Some("a-batch-of-8-of-a-plain-pool") => warm_times(|| {
            let mut batch = POOL.try_get_batch::<8>().unwrap();
            batch.iter_mut().for_each(|object| object[0] = black_box(1));
        }),
        _ => panic!("in which way?"),
    }
}
