//! Lanes: what one takes from a lane nobody else has, whoever steals, leaves, ends or ages beside it.
//!
//! The pools are loom's statics: made anew for each execution, dropped at its end. Roles have lanes that the main
//! thread claimed for them, or the lanes of their threads. The main thread itself has none: loom drops its
//! statics before what a thread keeps.

use crate::Form::{self, Blocking, Polling};
use crate::{Model, Tally, Tracked, role, threads};
use forebay::wait::WaitPolicy;
use forebay::{DefaultReset, Headroom, Lane, LanePool, Lease, Policy};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

pub static MODELS: &[Model] = &[
    Model::new("visit_vs_put_polling", |_| visit_vs_put(Polling)).seeds(PUT).floor(24),
    Model::new("visit_vs_put_blocking", |_| visit_vs_put(Blocking)).seeds(PUT).floor(43),
    Model::new("visit_vs_get_vs_put", |_| visit_vs_get_vs_put()).seeds(DEKKER).floor(5_200),
    Model::new("visit_vs_visit_vs_get", |_| visit_vs_visit_vs_get())
        .bound(2)
        .seeds(&["visit_torn", "no_light_fence", "no_heavy_fence", "busy_cleared_early"])
        .floor(20_000),
    Model::new("visit_vs_visit", |_| visit_vs_visit()).seeds(&["visit_torn"]).floor(100),
    Model::new("visit_vs_refill", |_| visit_vs_refill()).bound(2).seeds(DEKKER).floor(12_000),
    Model::new("visit_vs_full_lane", |_| visit_vs_full_lane())
        .bound(2)
        .seeds(&["busy_cleared_early", "visitors_unseen"])
        .floor(19_000),
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
        .floor(22_000),
    Model::new("thread_ends_vs_adopt_blocking", |n| thread_ends_vs_adopt(Blocking, n))
        .bound(2)
        .cases(2)
        .seeds(ADOPT)
        .floor(29_000),
    Model::new("thread_ends_vs_visit_polling", |_| thread_ends_vs_visit(Polling))
        .bound(2)
        .seeds(PUT)
        .floor(2_800),
    Model::new("thread_ends_vs_visit_blocking", |_| thread_ends_vs_visit(Blocking))
        .bound(2)
        .seeds(PUT)
        .floor(3_400),
    Model::new("thread_number_reused", |_| thread_number_reused())
        .bound(2)
        .seeds(&["living_have_ended", "claim_relaxed", "release_relaxed"])
        .floor(16_000),
    Model::new("owner_of_a_used_number_lives", |_| owner_of_a_used_number_lives())
        .bound(1)
        .seeds(&["owner_relaxed"])
        .floor(7_900),
    Model::new("flush_vs_get_polling", |_| flush_vs_get(Polling))
        .bound(2)
        .seeds(FLUSH)
        .floor(4_800),
    Model::new("flush_vs_get_blocking", |_| flush_vs_get(Blocking))
        .bound(2)
        .seeds(FLUSH)
        .floor(6_200),
    Model::new("tick_vs_get_vs_put", |_| tick_vs_get_vs_put())
        .bound(2)
        .seeds(&["claim_at_of_taken", "victim_kept_in_use", "tick_evicts_all"])
        .floor(6_800),
    Model::new("tick_vs_tick", |_| tick_vs_tick()).seeds(&["claim_at_of_taken"]).floor(4_700),
    Model::new("detached_put_vs_lane_get_polling", |_| detached_put_vs_lane_get(Polling))
        .seeds(RETURN)
        .floor(220),
    Model::new("detached_put_vs_lane_get_blocking", |_| detached_put_vs_lane_get(Blocking))
        .seeds(RETURN)
        .floor(220),
    Model::new("trim_vs_put_vs_visit", trim_vs_put_vs_visit)
        .bound(2)
        .cases(2)
        .seeds(&["claim_at_relaxed", "visit_relaxed"])
        .floor(1_200),
    Model::new("refill_vs_refill", |n| match n {
        0 => refill_vs_refill::<2>(),
        _ => refill_vs_refill::<4>(),
    })
    .cases(2)
    .seeds(&["claim_torn"])
    .floor(2_400),
    Model::new("reserved_get_vs_get", |_| reserved_get_vs_get())
        .bound(2)
        .seeds(&["reserved_kept"])
        .floor(4_400),
    Model::new("reserved_get_vs_reserved_get", |_| reserved_get_vs_reserved_get())
        .bound(1)
        .seeds(&["reserved_is_shared"])
        .floor(30_000),
];

/// Visitors find slots that were put on a lane.
const PUT: &[&str] = &["busy_relaxed", "visit_relaxed"];
/// An owner and a visitor exclude each other, and each sees what the other did.
const DEKKER: &[&str] = &[
    "no_light_fence",
    "no_heavy_fence",
    "visitors_unseen",
    "busy_cleared_early",
    "alone_relaxed",
    "end_of_visit_relaxed",
];
const HAND_OVER: &[&str] = &["leave_relaxed", "move_in_relaxed"];
const ADOPT: &[&str] = &["living_have_ended", "end_of_thread_relaxed", "has_ended_relaxed"];
/// D0 is a fence under loom, and so a release as well.
const FLUSH: &[&str] = &["claim_relaxed", "free_before_recycle"];
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
fn lane<T, const N: usize, const LANES: usize, P, W: WaitPolicy>(
    pool: &'static LanePool<T, N, LANES, P, W>,
) -> &'static Lane<'static, T, N, LANES, P, W> {
    Box::leak(Box::new(pool.try_claim().expect("a lane is free")))
}

/// Waits until the other threads have given their numbers back, which they do after they are joined.
pub(crate) fn threads_end() {
    loom::stop_exploring(); // They are done, but for this.
    while forebay::numbers_in_use() != 0 {
        loom::thread::yield_now();
    }
    loom::explore();
}

/// All slots are free, each in one place, and within reach of the first of the `lanes`.
pub(crate) fn assert_all_free<
    T: 'static,
    const N: usize,
    const LANES: usize,
    P: Policy<T>,
    W: WaitPolicy,
>(
    pool: &'static LanePool<T, N, LANES, P, W>,
    lanes: &[&'static Lane<'static, T, N, LANES, P, W>],
) {
    threads_end();
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

/// The owner puts an object on its lane. A visitor takes it, and finds it as it was left.
fn visit_vs_put(form: Form) {
    pool!(POOL: LanePool<usize, 1, 2> = LanePool::new());
    let (owner, visitor) = (lane(&POOL), lane(&POOL));
    let mut lease = owner.try_get().unwrap();
    threads([
        role(move || {
            use_alone(&mut lease);
            drop(lease);
        }),
        role(move || {
            if let Some(mut lease) = form.attempt(|| visitor.try_get().ok()) {
                use_alone(&mut lease);
            }
        }),
    ]);
    assert_all_free(&POOL, &[owner, visitor]);
}

/// The owner gets and puts while a visitor takes what its lane keeps.
fn visit_vs_get_vs_put() {
    pool!(POOL: LanePool<usize, 1, 2> = LanePool::new());
    let (owner, visitor) = (lane(&POOL), lane(&POOL));
    drop(owner.try_get().unwrap());
    threads([
        role(move || {
            for _ in 0..2 {
                owner.try_get().into_iter().for_each(|mut lease| use_alone(&mut lease));
            }
        }),
        role(move || visitor.try_get().into_iter().for_each(|mut lease| use_alone(&mut lease))),
    ]);
    assert_all_free(&POOL, &[owner, visitor]);
}

/// Two visitors of a lane whose owner gets.
fn visit_vs_visit_vs_get() {
    pool!(POOL: LanePool<usize, 1, 3> = LanePool::new());
    let lanes = [(); 3].map(|()| lane(&POOL));
    drop(lanes[0].try_get().unwrap());
    let get = |lane: &'static Lane<'static, usize, 1, 3>| {
        role(move || lane.try_get().into_iter().for_each(|mut lease| use_alone(&mut lease)))
    };
    threads(lanes.map(get));
    assert_all_free(&POOL, &lanes);
}

/// Two visitors of a lane that keeps one object: one of them gets it.
fn visit_vs_visit() {
    pool!(POOL: LanePool<usize, 1, 3> = LanePool::new());
    let lanes = [(); 3].map(|()| lane(&POOL));
    drop(lanes[0].try_get().unwrap());
    let got = Arc::new(AtomicUsize::new(0));
    let visit = |lane: &'static Lane<'static, usize, 1, 3>| {
        let got = Arc::clone(&got);
        role(move || {
            let mut lease = lane.try_get().ok();
            got.fetch_add(lease.iter().count(), Relaxed);
            lease.iter_mut().for_each(|lease| use_alone(lease));
            lease
        })
    };
    threads([visit(lanes[1]), visit(lanes[2])]);
    assert_eq!(got.load(Relaxed), 1);
    assert_all_free(&POOL, &lanes);
}

/// An owner takes two objects along to its lane, and a visitor takes one of them from there.
fn visit_vs_refill() {
    pool!(POOL: LanePool<usize, 4, 1> = LanePool::new());
    let owner = lane(&POOL);
    let on_loan = [(); 2].map(|()| owner.try_get().unwrap());
    assert_eq!(POOL.fill(), 2);
    threads([
        role(move || owner.try_get().into_iter().for_each(|mut lease| use_alone(&mut lease))),
        role(|| POOL.try_get().into_iter().for_each(|mut lease| use_alone(&mut lease))),
    ]);
    drop(on_loan);
    assert_all_free(&POOL, &[owner]);
}

/// A lane that keeps all it may gives some of it away for more, while a visitor takes some.
fn visit_vs_full_lane() {
    pool!(POOL: LanePool<usize, 4, 2> = LanePool::new());
    let (owner, visitor) = (lane(&POOL), lane(&POOL));
    let mut leases = [(); 4].map(|()| owner.try_get().unwrap());
    leases.sort_by_key(Lease::slot);
    let [first, second, third, fourth] = leases;
    // Three are kept, of two words.
    drop(fourth);
    drop((first, second));
    threads([
        role(move || drop(third)),
        role(move || visitor.try_get().into_iter().for_each(|mut lease| use_alone(&mut lease))),
    ]);
    assert_all_free(&POOL, &[owner, visitor]);
}

/// A lane goes from one owner to the next, who must not take what the first gave away.
fn leave_vs_claim_lane(form: Form) {
    pool!(POOL: LanePool<usize, 3, 2> = LanePool::new());
    let other = lane(&POOL);
    let first = POOL.try_claim().unwrap();
    drop([(); 3].map(|()| first.try_get().unwrap())); // One to itself, others shared.
    threads([
        role(move || {
            drop(first.try_get());
            drop(first);
        }),
        role(move || {
            let Some(second) = form.attempt(|| POOL.try_claim()) else { return };
            let mut leases: Vec<_> = (0..3).map_while(|_| second.try_get().ok()).collect();
            leases.iter_mut().for_each(|lease| use_alone(lease));
        }),
    ]);
    // Whoever has had the lane kept nothing.
    assert_all_free(&POOL, &[other]);
}

fn get_and_end<const LANES: usize>(pool: &'static LanePool<usize, 1, LANES>) {
    pool.try_get().into_iter().for_each(|mut lease| use_alone(&mut lease));
}

/// A thread ends with an object on its lane. A handle that claims the lane, or a thread that moves in, gets the object, and
/// not before.
fn thread_ends_vs_adopt(form: Form, n: usize) {
    pool!(POOL: LanePool<usize, 1, 1> = LanePool::new());
    let adopt = if n == 0 {
        role(move || {
            let Some(lane) = form.attempt(|| POOL.try_claim()) else { return };
            lane.try_get().into_iter().for_each(|mut lease| use_alone(&mut lease));
        })
    } else {
        role(move || {
            let lease = form.attempt(|| POOL.try_get().ok());
            lease.into_iter().for_each(|mut lease| use_alone(&mut lease));
        })
    };
    threads([role(|| get_and_end(&POOL)), adopt]);
    threads_end();
    assert_all_free(&POOL, &[lane(&POOL)]);
}

/// A thread ends with an object on its lane, which a visitor takes.
fn thread_ends_vs_visit(form: Form) {
    pool!(POOL: LanePool<usize, 1, 2> = LanePool::new());
    let visitor = lane(&POOL);
    let visit = role(move || {
        let lease = form.attempt(|| visitor.try_get().ok());
        lease.into_iter().for_each(|mut lease| use_alone(&mut lease));
    });
    threads([role(|| get_and_end(&POOL)), visit]);
    assert_all_free(&POOL, &[visitor]);
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
            let Some(lane) = POOL.try_claim() else { return };
            lane.try_get().into_iter().for_each(|mut lease| use_alone(&mut lease));
        }),
    ]);
    threads_end();
}

/// A flush makes common what a lane keeps.
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
            drop(lease);
            owner.try_get().into_iter().for_each(|mut lease| use_tracked(&mut lease));
        }),
        role(|| {
            POOL.tick();
        }),
    ]);
    // An object that was used since the last tick stays; one that was not goes.
    POOL.trim();
    POOL.fill();
    assert_eq!(POOL.tick(), 0);
    drop(owner.try_get());
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

/// Objects that a lane keeps are dropped under the eyes of its owner, who puts one, or of a visitor, who has no lane.
fn trim_vs_put_vs_visit(n: usize) {
    type Tracking = LanePool<Tracked, 1, 1, Tally>;
    pool!(POOL: Tracking = LanePool::with_policy(Tally::default()));
    let owner = lane(&POOL);
    let mut lease = owner.try_get().unwrap();
    let put = role(move || {
        use_tracked(&mut lease);
        drop(lease);
    });
    let trim = role(|| {
        POOL.trim();
    });
    if n == 0 {
        threads([put, trim]);
    } else {
        threads([put]);
        let visit = role(|| {
            if let Ok(mut lease) = POOL.try_get() {
                use_tracked(&mut lease);
            }
        });
        threads([trim, visit]);
    }
    assert_all_free(&POOL, &[owner]);
}

/// Two lanes take slots of a word each. Where there are two words, nobody goes without. Three lanes, so that the first
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

type Reserving = LanePool<usize, 4, 1, DefaultReset, Headroom<2, forebay::Polling>>;

/// A reserved object is for callers that say so, also when it comes back on a lane.
fn reserved_get_vs_get() {
    pool!(POOL: Reserving = LanePool::with_waiting(DefaultReset));
    let owner = lane(&POOL);
    POOL.fill();
    let ordinary = [(); 2].map(|()| owner.try_get().unwrap());
    threads([
        role(move || {
            use_alone(&mut owner.try_get_reserved().unwrap());
            assert!(owner.try_get().is_err());
        }),
        role(|| assert!(POOL.try_get().is_err())),
    ]);
    drop(ordinary);
    assert_all_free(&POOL, &[owner]);
}

/// Two callers each get one of two reserved objects, since neither takes the other one along.
fn reserved_get_vs_reserved_get() {
    pool!(POOL: Reserving = LanePool::with_waiting(DefaultReset));
    let owner = lane(&POOL);
    POOL.fill();
    let ordinary = [(); 2].map(|()| owner.try_get().unwrap());
    threads([
        role(move || use_alone(&mut owner.try_get_reserved().unwrap())),
        role(|| use_alone(&mut POOL.try_get_reserved().unwrap())),
    ]);
    drop(ordinary);
    assert_all_free(&POOL, &[owner]);
}
