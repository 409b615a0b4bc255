//! Lanes: what one takes from a lane nobody else has, whoever steals, leaves, ends or ages beside it.
//!
//! The pools are loom's statics: made anew for each execution, dropped at its end. Roles have lanes that the main
//! thread claimed for them, or the lanes of their threads. The main thread itself has none: loom drops its
//! statics before what a thread keeps.

use crate::Form::{self, Blocking, Polling};
use crate::{Model, Tally, Tracked, role, threads};
use forebay::{DefaultReset, Headroom, Lane, LanePool, Lease, Policy, Poll, Waiting};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

pub static MODELS: &[Model] = &[
    Model::new("steal_vs_put_polling", |_| steal_vs_put(Polling)).seeds(STEAL).floor(12),
    Model::new("steal_vs_put_blocking", |_| steal_vs_put(Blocking)).seeds(STEAL).floor(15),
    Model::new("steal_vs_get", |_| steal_vs_get()).seeds(&["steal_torn"]).floor(15),
    Model::new("steal_vs_steal", |_| steal_vs_steal()).seeds(&["steal_torn"]).floor(130),
    Model::new("leave_vs_claim_lane_polling", |_| leave_vs_claim_lane(Polling))
        .seeds(HAND_OVER)
        .floor(12),
    Model::new("leave_vs_claim_lane_blocking", |_| leave_vs_claim_lane(Blocking))
        .seeds(HAND_OVER)
        .floor(13),
    Model::new("thread_ends_vs_adopt_polling", |n| thread_ends_vs_adopt(Polling, n))
        .bound(2)
        .cases(2)
        .seeds(ADOPT)
        .floor(5_500),
    Model::new("thread_ends_vs_adopt_blocking", |n| thread_ends_vs_adopt(Blocking, n))
        .bound(2)
        .cases(2)
        .seeds(ADOPT)
        .floor(5_800),
    Model::new("thread_number_reused", |_| thread_number_reused())
        .bound(2)
        .seeds(&["living_have_ended", "claim_relaxed", "release_relaxed"])
        .floor(6_300),
    Model::new("owner_of_a_used_number_lives", |_| owner_of_a_used_number_lives())
        .bound(1)
        .seeds(&["owner_relaxed"])
        .floor(2_600),
    Model::new("flush_vs_get_polling", |_| flush_vs_get(Polling)).seeds(RETURN).floor(5_900),
    Model::new("flush_vs_get_blocking", |_| flush_vs_get(Blocking)).seeds(RETURN).floor(9_100),
    Model::new("tick_vs_get_vs_put", |_| tick_vs_get_vs_put())
        .seeds(&["claim_at_of_taken", "victim_kept_in_use", "tick_evicts_all"])
        .floor(2_100),
    Model::new("tick_vs_tick", |_| tick_vs_tick()).seeds(&["claim_at_of_taken"]).floor(2_600),
    Model::new("detached_put_vs_lane_get_polling", |_| detached_put_vs_lane_get(Polling))
        .seeds(RETURN)
        .floor(540),
    Model::new("detached_put_vs_lane_get_blocking", |_| detached_put_vs_lane_get(Blocking))
        .seeds(RETURN)
        .floor(540),
    Model::new("trim_vs_put_vs_steal", trim_vs_put_vs_steal)
        .bound(2)
        .cases(2)
        .seeds(&["claim_at_shared_relaxed", "stock_relaxed"])
        .floor(7_100),
    Model::new("refill_vs_refill", |n| match n {
        0 => refill_vs_refill::<2>(),
        _ => refill_vs_refill::<4>(),
    })
    .cases(2)
    .seeds(&["claim_torn"])
    .floor(340),
    Model::new("get_vs_flush_half", |_| get_vs_flush_half())
        .bound(2)
        .seeds(&["steal_torn"])
        .floor(14_000),
    Model::new("reserved_get_vs_get", |_| reserved_get_vs_get())
        .seeds(&["reserved_is_shared"])
        .floor(74_000),
];

const STEAL: &[&str] = &["steal_relaxed", "stock_relaxed", "free_before_recycle"];
const HAND_OVER: &[&str] = &["leave_relaxed", "move_in_relaxed", "leave_with_private"];
const ADOPT: &[&str] = &["living_have_ended", "end_of_thread_relaxed", "has_ended_relaxed"];
const RETURN: &[&str] = &["claim_relaxed", "release_relaxed", "free_before_recycle"];

/// A pool that lives as long as the execution.
macro_rules! pool {
    ($name:ident: $pool:ty = $value:expr) => {
        loom::lazy_static! { static ref $name: $pool = $value; }
    };
}

/// Uses an object that the caller alone has, and that was reset by whoever had it before.
fn use_alone(object: &mut usize) {
    assert_eq!(*object, 0);
    *object = 1;
}

fn use_tracked(object: &mut Tracked) {
    assert_eq!(object.value, 0);
    object.value = 1;
}

/// A lane for a role, with leases that may go to it from the main thread: never given back (a few bytes an
/// execution), unless the role does it.
fn lane<T, const N: usize, const LANES: usize, P, W: Waiting>(
    pool: &'static LanePool<T, N, LANES, P, W>,
) -> &'static Lane<'static, T, N, LANES, P, W> {
    Box::leak(Box::new(pool.claim().expect("a lane is free")))
}

/// Waits until the other threads have given their numbers back, which they do after they are joined.
pub(crate) fn threads_end() {
    loom::stop_exploring(); // They are done, but for this.
    while forebay::numbers_in_use() != 0 {
        loom::thread::yield_now();
    }
    loom::explore();
}

/// All slots are free, each in one place and, when the lanes keep nothing to themselves, within reach of `lane`.
pub(crate) fn assert_all_free<
    T: 'static,
    const N: usize,
    const LANES: usize,
    P: Policy<T>,
    W: Waiting,
>(
    pool: &'static LanePool<T, N, LANES, P, W>,
    lanes: &[&'static Lane<'static, T, N, LANES, P, W>],
) {
    threads_end();
    lanes.iter().for_each(|lane| lane.flush());
    let metrics = pool.metrics();
    assert_eq!((pool.available(), pool.audit().count(), metrics.double_returns), (N, 0, 0));
    assert_eq!(metrics.gets, metrics.puts);
    let leases: Vec<_> =
        (0..N).map(|_| lanes[0].try_get_reserved().expect("each slot once")).collect();
    let mut slots: Vec<_> = leases.iter().map(Lease::slot).collect();
    slots.sort_unstable();
    assert!(slots.into_iter().eq(0..N) && lanes[0].try_get_reserved().is_err());
    assert_eq!(pool.available(), 0);
}

/// The owner puts two objects: one to itself, one that is shared, which a thief takes and writes.
fn steal_vs_put(form: Form) {
    pool!(POOL: LanePool<usize, 2, 2> = LanePool::new());
    let (owner, thief) = (lane(&POOL), lane(&POOL));
    let leases = [(); 2].map(|()| owner.try_get().unwrap());
    threads([
        role(move || {
            for mut lease in leases {
                use_alone(&mut lease);
            }
        }),
        role(move || {
            if let Some(mut lease) = form.attempt(|| thief.try_get().ok()) {
                use_alone(&mut lease);
            }
        }),
    ]);
    assert_all_free(&POOL, &[owner, thief]);
}

/// The owner takes what its lane shares while a thief does: one of them gets it.
fn steal_vs_get() {
    pool!(POOL: LanePool<usize, 2, 2> = LanePool::new());
    let (owner, thief) = (lane(&POOL), lane(&POOL));
    drop([(); 2].map(|()| owner.try_get().unwrap()));
    let kept = owner.try_get().unwrap(); // What it had to itself.
    let got = Arc::new(AtomicUsize::new(0));
    let get = |lane: &'static Lane<'static, usize, 2, 2>| {
        let got = Arc::clone(&got);
        role(move || {
            let mut lease = lane.try_get().ok();
            got.fetch_add(lease.iter().count(), Relaxed);
            lease.iter_mut().for_each(|lease| use_alone(lease));
            lease
        })
    };
    threads([get(owner), get(thief)]);
    assert_eq!(got.load(Relaxed), 1);
    drop(kept);
    assert_all_free(&POOL, &[owner, thief]);
}

/// Two thieves at a lane that shares two objects. Each takes half, which is both here, and shares one itself.
fn steal_vs_steal() {
    pool!(POOL: LanePool<usize, 3, 3> = LanePool::new());
    let lanes = [(); 3].map(|()| lane(&POOL));
    let [owner, ..] = lanes;
    // Its own goes back first, and is of another word.
    let mut leases = [(); 3].map(|()| owner.try_get().unwrap());
    leases.sort_by_key(|lease| std::cmp::Reverse(Lease::slot(lease)));
    drop(leases);
    let steal = |lane: &'static Lane<'static, usize, 3, 3>| {
        role(move || {
            if let Ok(mut lease) = lane.try_get() {
                use_alone(&mut lease);
            }
        })
    };
    threads([steal(lanes[1]), steal(lanes[2])]);
    assert_all_free(&POOL, &lanes);
}

/// A lane goes from one owner to the next, who must not take what the first gave away.
fn leave_vs_claim_lane(form: Form) {
    pool!(POOL: LanePool<usize, 3, 2> = LanePool::new());
    let other = lane(&POOL);
    let first = POOL.claim().unwrap();
    drop([(); 3].map(|()| first.try_get().unwrap())); // One to itself, others shared.
    threads([
        role(move || {
            drop(first.try_get());
            drop(first);
        }),
        role(move || {
            let Some(second) = form.attempt(|| POOL.claim()) else { return };
            let mut leases: Vec<_> = (0..3).map_while(|_| second.try_get().ok()).collect();
            leases.iter_mut().for_each(|lease| use_alone(lease));
        }),
    ]);
    // Whoever has had the lane kept nothing.
    assert_all_free(&POOL, &[other]);
}

/// A thread ends with an object to itself. Who claims its lane, or finds nothing on another one, gets the object, and
/// not before.
fn thread_ends_vs_adopt(form: Form, n: usize) {
    fn ends<const LANES: usize>(pool: &'static LanePool<usize, 1, LANES>) {
        if let Ok(mut lease) = pool.try_get() {
            use_alone(&mut lease);
        }
    }
    pool!(ONE: LanePool<usize, 1, 1> = LanePool::new());
    pool!(TWO: LanePool<usize, 1, 2> = LanePool::new());
    if n == 0 {
        let adopt = role(move || {
            let Some(lane) = form.attempt(|| ONE.claim()) else { return };
            if let Ok(mut lease) = lane.try_get() {
                use_alone(&mut lease);
            }
        });
        threads([role(|| ends(&ONE)), adopt]);
        threads_end();
        assert_all_free(&ONE, &[lane(&ONE)]);
    } else {
        let other = lane(&TWO);
        let clear_up = role(move || {
            if let Some(mut lease) = form.attempt(|| other.try_get().ok()) {
                use_alone(&mut lease);
            }
        });
        threads([role(|| ends(&TWO)), clear_up]);
        assert_all_free(&TWO, &[other]);
    }
}

/// The next thread with a number has the lane of the last one, with what that did on it.
fn thread_number_reused() {
    pool!(POOL: LanePool<usize, 2, 1> = LanePool::new());
    POOL.fill();
    let thread = || {
        role(|| {
            if let Ok(mut lease) = POOL.try_get() {
                use_alone(&mut lease);
            }
        })
    };
    threads([thread(), thread()]);
    threads_end();
    let last = lane(&POOL);
    assert_all_free(&POOL, &[last]);
}

/// A thread ends, the next has its number and the lane, and a third, which knows of neither, does not take the lane
/// for that of the first.
fn owner_of_a_used_number_lives() {
    pool!(OTHER: LanePool<usize, 1, 1> = LanePool::new());
    pool!(POOL: LanePool<usize, 1, 1> = LanePool::new());
    POOL.fill();
    threads([
        role(|| OTHER.flush()), // Has a number, and ends.
        role(|| POOL.try_get().into_iter().for_each(|mut lease| use_alone(&mut lease))),
        role(|| {
            let Some(lane) = POOL.claim() else { return };
            lane.try_get().into_iter().for_each(|mut lease| use_alone(&mut lease));
        }),
    ]);
    threads_end();
}

/// What a lane keeps to itself is there for others once it is flushed.
fn flush_vs_get(form: Form) {
    pool!(POOL: LanePool<usize, 1, 2> = LanePool::new());
    let (owner, other) = (lane(&POOL), lane(&POOL));
    let mut lease = owner.try_get().unwrap();
    threads([
        role(move || {
            use_alone(&mut lease);
            drop(lease);
            owner.flush();
            if let Ok(mut lease) = owner.try_get() {
                use_alone(&mut lease);
            }
            owner.flush();
        }),
        role(move || {
            if let Some(mut lease) = form.attempt(|| other.try_get().ok()) {
                use_alone(&mut lease);
            }
        }),
    ]);
    assert_all_free(&POOL, &[owner, other]);
}

/// Objects age while they are got and put: none is dropped in use, none twice.
fn tick_vs_get_vs_put() {
    type Aging = LanePool<Tracked, 2, 1, Tally>;
    pool!(POOL: Aging = LanePool::with_policy(Tally::default()));
    let owner = lane(&POOL);
    assert_eq!(POOL.fill(), 2);
    assert_eq!(POOL.tick(), 0); // Idle since less than a tick, and marked.
    let mut lease = owner.try_get().unwrap(); // Unmarks it.
    use_tracked(&mut lease);
    threads([
        role(move || {
            drop(lease); // To itself.
            owner.flush();
            owner.try_get().into_iter().for_each(|mut lease| use_tracked(&mut lease));
        }),
        role(|| {
            POOL.tick();
        }),
    ]);
    // An object that was used since the last tick stays; one that was not goes.
    owner.flush();
    POOL.trim();
    POOL.fill();
    assert_eq!(POOL.tick(), 0);
    drop(owner.try_get());
    owner.flush();
    assert_eq!((POOL.tick(), POOL.tick()), (1, 1));
    assert_all_free(&POOL, &[owner]);
}

/// Two ticks at once drop each old object once.
fn tick_vs_tick() {
    type Aging = LanePool<Tracked, 2, 1, Tally>;
    pool!(POOL: Aging = LanePool::with_policy(Tally::default()));
    let owner = lane(&POOL);
    assert_eq!((POOL.fill(), POOL.tick()), (2, 0));
    let tick = || {
        role(|| {
            POOL.tick();
        })
    };
    threads([tick(), tick()]);
    assert_eq!(POOL.metrics().evictions, 2);
    assert_all_free(&POOL, &[owner]);
}

/// A lease that was parted from its lane is dropped by a thread without one; the lane's owner gets the object.
fn detached_put_vs_lane_get(form: Form) {
    pool!(POOL: LanePool<usize, 1, 1> = LanePool::new());
    let owner = lane(&POOL);
    let mut lease = Lease::detach(owner.try_get().unwrap());
    threads([
        role(move || {
            use_alone(&mut lease);
            drop(lease);
        }),
        role(move || {
            if let Some(mut lease) = form.attempt(|| owner.try_get().ok()) {
                use_alone(&mut lease);
            }
        }),
    ]);
    assert_all_free(&POOL, &[owner]);
}

/// Objects that a lane shares are dropped under the eyes of its owner, who shares one, or of a thief, who has no lane.
fn trim_vs_put_vs_steal(n: usize) {
    type Tracking = LanePool<Tracked, 2, 1, Tally>;
    pool!(POOL: Tracking = LanePool::with_policy(Tally::default()));
    let owner = lane(&POOL);
    let [mut first, second] = [(); 2].map(|()| owner.try_get().unwrap());
    drop(second); // To itself.
    let put = role(move || {
        use_tracked(&mut first);
        drop(first);
    });
    let trim = role(|| {
        POOL.trim();
    });
    if n == 0 {
        threads([put, trim]);
    } else {
        threads([put]);
        let steal = role(|| {
            if let Ok(mut lease) = POOL.try_get() {
                use_tracked(&mut lease);
            }
        });
        threads([trim, steal]);
    }
    assert_all_free(&POOL, &[owner]);
}

/// Two lanes take half of a word each. Where there are two words, nobody goes without. Three lanes, so that the first
/// has no stripe of its own in a pool of two, and they collide.
fn refill_vs_refill<const N: usize>() {
    fn get<const N: usize>(
        pool: &'static LanePool<usize, N, 3>,
    ) -> [&'static Lane<'static, usize, N, 3>; 2] {
        pool.fill();
        let lanes = [(); 2].map(|()| lane(pool));
        let get = |lane: &'static Lane<'static, usize, N, 3>| {
            role(move || {
                let lease = lane.try_get();
                assert!(lease.is_ok() || N == 2);
                lease.into_iter().for_each(|mut lease| use_alone(&mut lease));
            })
        };
        threads(lanes.map(get));
        lanes
    }
    pool!(TWO: LanePool<usize, 2, 3> = LanePool::new());
    pool!(FOUR: LanePool<usize, 4, 3> = LanePool::new());
    if N == 2 {
        assert_all_free(&TWO, &get(&TWO));
    } else {
        assert_all_free(&FOUR, &get(&FOUR));
    }
}

/// A lane that shares all it may gives half of it away before it shares more, and while a thief takes some.
fn get_vs_flush_half() {
    pool!(POOL: LanePool<usize, 4, 2> = LanePool::new());
    let (owner, thief) = (lane(&POOL), lane(&POOL));
    let mut leases = [(); 4].map(|()| owner.try_get().unwrap());
    leases.sort_by_key(Lease::slot);
    let [first, second, third, fourth] = leases;
    drop(fourth); // To itself.
    drop((first, second)); // Shared, and of another word than the third.
    threads([
        role(move || drop(third)),
        role(move || {
            let mut leases: Vec<_> = (0..2).map_while(|_| thief.try_get().ok()).collect();
            leases.iter_mut().for_each(|lease| use_alone(lease));
        }),
    ]);
    assert_all_free(&POOL, &[owner, thief]);
}

/// A reserved object is for callers that say so, also when one of them took it from a word with another one.
fn reserved_get_vs_get() {
    type Reserving = LanePool<usize, 4, 3, DefaultReset, Headroom<2, Poll>>;
    pool!(POOL: Reserving = LanePool::with_waiting(DefaultReset));
    let lanes = [(); 2].map(|()| lane(&POOL));
    POOL.fill();
    let ordinary = [(); 2].map(|()| lanes[1].try_get().unwrap());
    threads([
        role(move || {
            let mut lease = lanes[0].try_get_reserved().unwrap();
            use_alone(&mut lease);
            assert!(lanes[0].try_get().is_err());
        }),
        role(move || assert!(lanes[1].try_get().is_err())),
    ]);
    drop(ordinary);
    assert_all_free(&POOL, &lanes);
}
