//! Callers that wait for an object, or a ring: nobody sleeps while one is free, the first one who waits gets it,
//! and nothing is lost with one who gives up.
//!
//! A lost wake-up is a deadlock, since nobody parks with a deadline here, and loom reports it. The pools are loom's
//! statics; objects are written without synchronisation of their own, so a grant that orders nothing is a race.

use crate::lanes::assert_all_free;
use crate::{Model, role, threads};
use forebay::future::GetFuture;
use forebay::{
    DefaultReset, Headroom, Lane, LanePool, Lease, Pool, StreamPool, TooManyWaiters, Waking,
};
use loom::future::block_on;
use std::future::Future;
use std::ops::DerefMut;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

pub static MODELS: &[Model] = &[
    Model::new("put_vs_waiting_get_thread", |_| put_vs_waiting_get(By::Thread))
        .seeds(GRANT)
        .floor(560),
    Model::new("put_vs_waiting_get_task", |_| put_vs_waiting_get(By::Task))
        .seeds(GRANT_AND_PLACE)
        .floor(1_400),
    Model::new("join_vs_put", |_| join_vs_put())
        .seeds(&[
            "granted_relaxed",
            "grant_relaxed",
            "free_without_settle",
            "join_without_settle",
            "no_settle_fence",
        ])
        .floor(890),
    Model::new("waker_changes_vs_put", |_| waker_changes_vs_put())
        .seeds(&["no_look_behind_register", "grant_without_wake"])
        .floor(200),
    Model::new("two_waiters_two_puts", |_| two_waiters_two_puts())
        .seeds(&["grant_without_wake"])
        .floor(4_000),
    Model::new("put_vs_put_vs_waiting_get", |_| put_vs_put_vs_waiting_get())
        .bound(2)
        .seeds(&["grant_torn", "grant_without_wake"])
        .floor(17_000),
    Model::new("leave_vs_put", |_| leave_vs_put())
        .seeds(&["dropped_get_keeps_slot", "grant_torn"])
        .floor(470),
    Model::new("leave_passes_on", |_| leave_passes_on())
        .bound(2)
        .seeds(&["dropped_get_keeps_slot", "grant_torn", "late_grant_relaxed"])
        .floor(4_800),
    Model::new("leave_vs_put_vs_join", |_| leave_vs_put_vs_join())
        .seeds(&[
            "dropped_get_keeps_slot",
            "grant_torn",
            "register_relaxed",
            "taken_relaxed",
            "take_while_held",
        ])
        .floor(10_000),
    Model::new("hand_over_is_fifo", |_| hand_over_is_fifo())
        .seeds(&["last_come_first_served"])
        .floor(11_000),
    Model::new("get_vs_put_does_not_overtake", |_| get_vs_put_does_not_overtake())
        .bound(2)
        .seeds(&["get_overtakes", "one_look", "look_relaxed"])
        .floor(18_000),
    Model::new("get_vs_put_on_two_threads", |_| get_vs_put_on_two_threads())
        .bound(2)
        .seeds(&["one_look", "look_relaxed", "sit_relaxed"])
        .floor(2_800),
    Model::new("too_many_waiters", |_| too_many_waiters())
        .seeds(&["grant_without_wake"])
        .floor(4_200),
    Model::new("reserved_waits_vs_put", |_| reserved_waits_vs_put())
        .seeds(&["grant_without_wake"])
        .floor(40_000),
    Model::new("reserved_get_has_no_seat", |_| reserved_get_has_no_seat())
        .seeds(&["no_seat_no_object"])
        .floor(120),
    Model::new("lane_put_hands_over", |_| lane_put_hands_over())
        .seeds(&["kept_while_waited"])
        .floor(900),
    Model::new("lane_put_vs_waiting_get", |_| lane_put_vs_waiting_get())
        .seeds(&["no_second_look", "no_light_fence", "no_heavy_fence", "join_without_settle"])
        .floor(500),
    Model::new("lane_get_vs_waiting_get", |_| lane_get_vs_waiting_get())
        .bound(2)
        .seeds(&["no_second_look"])
        .floor(450),
    Model::new("lane_put_of_another_word_vs_waiting_get", |_| {
        lane_put_of_another_word_vs_waiting_get()
    })
    .bound(2)
    .seeds(&["put_without_settle"])
    .floor(130),
    Model::new("batch_put_vs_waiting_get", |_| batch_put_vs_waiting_get())
        .seeds(&["batch_without_settle", "no_settle_fence", "release_relaxed"])
        .floor(1_100),
    Model::new("lane_batch_put_vs_waiting_get", lane_batch_put_vs_waiting_get)
        .bound(2)
        .cases(2)
        .seeds(&["batch_put_without_settle", "no_second_look"])
        .floor(550),
    Model::new("lane_refill_vs_waiting_get", |_| lane_refill_vs_waiting_get())
        .bound(2)
        .seeds(&["fetch_without_settle"])
        .floor(77),
    Model::new("lane_refill_vs_two_waiting_gets", |_| lane_refill_vs_two_waiting_gets())
        .bound(2)
        .seeds(&["held_freed_unseen"])
        .floor(2_000),
    Model::new("brittle_waker_vs_put", |_| brittle_waker_vs_put())
        .seeds(&["grant_without_wake"])
        .floor(2_100),
    Model::new("lane_flush_vs_waiting_get", |_| lane_flush_vs_waiting_get())
        .bound(2)
        .seeds(&["flush_without_settle"])
        .floor(270),
    Model::new("lane_leaves_vs_waiting_get", |_| lane_leaves_vs_waiting_get())
        .bound(2)
        .seeds(&["flush_without_settle"])
        .floor(1_900),
    Model::new("waiting_get_vs_trim", |_| waiting_get_vs_trim())
        .seeds(&["free_without_settle", "join_without_settle"])
        .floor(230),
    Model::new("waiting_get_vs_tick", |_| waiting_get_vs_tick())
        .bound(2)
        .seeds(&["free_without_settle", "join_without_settle"])
        .floor(4_700),
    Model::new("open_waits_for_ring", |_| open_waits_for_ring())
        .bound(2)
        .seeds(&["grant_without_wake", "grant_relaxed", "granted_relaxed"])
        .floor(9_200),
];

const GRANT: &[&str] = &[
    "grant_relaxed",
    "granted_relaxed",
    "grant_without_wake",
    "free_without_settle",
    "join_without_settle",
    "no_settle_fence",
];

/// Besides, what hands the place of a waker over.
const GRANT_AND_PLACE: &[&str] = &[
    "grant_relaxed",
    "granted_relaxed",
    "grant_without_wake",
    "free_without_settle",
    "join_without_settle",
    "no_settle_fence",
    "register_relaxed",
    "registered_relaxed",
    "take_unordered",
    "take_while_held",
    "taken_relaxed",
];

pub(crate) type Waiting<const N: usize, const K: usize> = Pool<usize, N, DefaultReset, Waking<K>>;
type WaitingLanes<const N: usize, const LANES: usize, const K: usize = 1> =
    LanePool<usize, N, LANES, DefaultReset, Waking<K>>;

/// A pool that lives as long as the execution.
macro_rules! pool {
    ($name:ident: $pool:ty) => {
        loom::lazy_static! { static ref $name: $pool = <$pool>::with_waiting(DefaultReset); }
    };
}

/// Who waits.
#[derive(Clone, Copy)]
pub(crate) enum By {
    Thread,
    Task,
}

pub(crate) fn use_alone(object: &mut usize) {
    assert_eq!(*object, 0);
    *object = 1;
}

fn use_and_put(mut lease: impl DerefMut<Target = usize>) {
    use_alone(&mut lease);
}

fn assert_even<const N: usize, const K: usize>(pool: &Waiting<N, K>) {
    let metrics = pool.metrics();
    assert_eq!((pool.available(), pool.audit().count(), metrics.double_returns), (N, 0, 0));
    assert_eq!(metrics.gets, metrics.puts);
    // All seats are empty: as many can wait as ever.
    let all: Vec<_> = (0..N).map(|_| pool.try_get().expect("each slot once")).collect();
    let mut waiting: Vec<_> = (0..K).map(|_| pool.get()).collect();
    assert!(waiting.iter_mut().all(|get| poll(get).is_pending()));
    drop(all);
    let got: Vec<_> = waiting.iter_mut().map(poll).filter(Poll::is_ready).collect();
    assert_eq!(got.len(), N.min(K));
}

/// Looks once, and is not told of what changes.
fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Waits for an object, uses it and puts it back.
fn get_and_use<const N: usize, const K: usize>(pool: &'static Waiting<N, K>, by: By) {
    let got = match by {
        By::Thread => pool.get_blocking(),
        By::Task => block_on(pool.get()),
    };
    use_alone(&mut got.unwrap());
}

/// An object comes back while somebody finds none, sits down and sleeps.
fn put_vs_waiting_get(by: By) {
    pool!(POOL: Waiting<1, 1>);
    let lease = POOL.try_get().unwrap();
    threads([role(move || use_and_put(lease)), role(move || get_and_use(&POOL, by))]);
    assert_even(&POOL);
}

/// The same, seen without sleep: once both are done, the object is with who waits.
fn join_vs_put() {
    pool!(POOL: Waiting<1, 1>);
    let lease = POOL.try_get().unwrap();
    let (told, tell) = std::sync::mpsc::channel::<GetFuture<'static, _, 1, _, _>>();
    threads([
        role(move || use_and_put(lease)),
        role(move || {
            let mut get = POOL.get();
            match poll(&mut get) {
                Poll::Ready(got) => use_alone(&mut got.unwrap()),
                Poll::Pending => told.send(get).unwrap(),
            }
        }),
    ]);
    for mut get in tell {
        let Poll::Ready(got) = poll(&mut get) else { panic!("an object is free, or lost") };
        use_alone(&mut got.unwrap());
    }
    assert_even(&POOL);
}

/// A future goes from one task to another, with another waker, while its object comes.
fn waker_changes_vs_put() {
    pool!(POOL: Waiting<1, 1>);
    let lease = POOL.try_get().unwrap();
    let mut get = POOL.get();
    assert!(poll(&mut get).is_pending());
    threads([
        role(move || use_and_put(lease)),
        role(move || use_alone(&mut block_on(get).unwrap())),
    ]);
    assert_even(&POOL);
}

/// Each of two gets one of two.
fn two_waiters_two_puts() {
    pool!(POOL: Waiting<2, 2>);
    let leases = [(); 2].map(|()| POOL.try_get().unwrap());
    let mut first = POOL.get();
    assert!(poll(&mut first).is_pending());
    threads([
        role(move || drop(leases)),
        role(|| {
            let mut got = POOL.get_blocking().unwrap();
            use_alone(&mut got);
            got
        }),
    ]);
    assert!(poll(&mut first).is_ready());
    assert_even(&POOL);
}

/// Two who put at once give one object to who waits, and the other one is free.
fn put_vs_put_vs_waiting_get() {
    pool!(POOL: Waiting<2, 1>);
    let [first, second] = [(); 2].map(|()| POOL.try_get().unwrap());
    threads([
        role(move || drop(first)),
        role(move || drop(second)),
        role(|| get_and_use(&POOL, By::Thread)),
    ]);
    assert_even(&POOL);
}

/// Somebody gives up at the moment the object comes: it is free then.
fn leave_vs_put() {
    pool!(POOL: Waiting<1, 1>);
    let lease = POOL.try_get().unwrap();
    let mut get = POOL.get();
    assert!(poll(&mut get).is_pending());
    threads([
        role(move || use_and_put(lease)),
        role(move || {
            drop(get);
            if let Ok(mut lease) = POOL.try_get() {
                use_alone(&mut lease);
            }
        }),
    ]);
    assert_even(&POOL);
}

/// Somebody gives up at the moment the object comes: it goes to the next.
fn leave_passes_on() {
    pool!(POOL: Waiting<1, 2>);
    let lease = POOL.try_get().unwrap();
    let mut gets = [(); 2].map(|()| POOL.get());
    assert!(gets.iter_mut().all(|get| poll(get).is_pending()));
    let [first, second] = gets;
    threads([
        role(move || use_and_put(lease)),
        role(move || drop(first)),
        role(move || use_alone(&mut block_on(second).unwrap())),
    ]);
    assert_even(&POOL);
}

/// Somebody gives up at the moment the object comes, and sits down again in the same seat: the wake-up of the
/// first time may reach him there.
fn leave_vs_put_vs_join() {
    pool!(POOL: Waiting<1, 1>);
    let lease = POOL.try_get().unwrap();
    let mut get = POOL.get();
    assert!(poll(&mut get).is_pending());
    threads([
        role(move || use_and_put(lease)),
        role(move || {
            drop(get);
            get_and_use(&POOL, By::Task);
        }),
    ]);
    assert_even(&POOL);
}

/// Two sit, a third comes. Two objects go to the two.
fn hand_over_is_fifo() {
    pool!(POOL: Waiting<2, 3>);
    let leases = [(); 2].map(|()| POOL.try_get().unwrap());
    let mut gets = [(); 3].map(|()| POOL.get());
    assert!(gets[..2].iter_mut().all(|get| poll(get).is_pending()));
    let [mut one, mut two, mut three] = gets;
    let (told, tell) = std::sync::mpsc::channel();
    threads([
        role(move || drop(leases)),
        role(move || {
            assert!(poll(&mut three).is_pending(), "overtakes");
            told.send(three).unwrap();
        }),
    ]);
    let got = [poll(&mut one), poll(&mut two)];
    let mut three = tell.recv().unwrap();
    assert!(got.iter().all(|got| got.is_ready()) && poll(&mut three).is_pending());
    drop(got);
    assert!(poll(&mut three).is_ready());
    drop(three);
    assert_even(&POOL);
}

/// Who asks after another one sat down does not get what comes back before that one does.
fn get_vs_put_does_not_overtake() {
    pool!(POOL: Waiting<1, 2>);
    let lease = POOL.try_get().unwrap();
    threads([
        role(move || drop(lease)),
        role(|| {
            let (mut first, mut second) = (POOL.get(), POOL.get());
            if poll(&mut first).is_pending() {
                let overtakes = poll(&mut second).is_ready();
                assert!(!overtakes, "the first one waits still");
            }
        }),
    ]);
    assert_even(&POOL);
}

/// The same, and the one who asks later is another thread.
fn get_vs_put_on_two_threads() {
    pool!(POOL: Waiting<1, 2>);
    let lease = POOL.try_get().unwrap();
    let (told, tell) = std::sync::mpsc::channel();
    threads([
        role(move || drop(lease)),
        role(move || {
            let (mut first, mut second) = (POOL.get(), POOL.get());
            if poll(&mut first).is_pending() {
                let later = loom::thread::spawn(move || (poll(&mut second).is_ready(), second));
                told.send((first, later.join().unwrap())).unwrap();
            }
        }),
    ]);
    for (mut first, (overtakes, second)) in tell {
        assert!(!overtakes && poll(&mut first).is_ready(), "the second one has it");
        drop(second);
    }
    assert_even(&POOL);
}

/// With one seat, one of two waits, and the other is told so.
fn too_many_waiters() {
    pool!(POOL: Waiting<1, 1>);
    let lease = POOL.try_get().unwrap();
    threads([
        role(move || use_and_put(lease)),
        role(|| {
            let (mut first, mut second) = (POOL.get(), POOL.get());
            match poll(&mut first) {
                Poll::Ready(got) => {
                    use_alone(&mut got.unwrap());
                    use_alone(&mut block_on(second).unwrap());
                }
                Poll::Pending => {
                    assert!(matches!(poll(&mut second), Poll::Ready(Err(TooManyWaiters))));
                    use_alone(&mut block_on(first).unwrap());
                    use_alone(&mut block_on(POOL.get()).unwrap());
                }
            }
        }),
    ]);
    assert_even(&POOL);
}

/// The reserved object goes to who may have it, though another one waits for longer; that one gets the other.
fn reserved_waits_vs_put() {
    type Reserving = Pool<usize, 2, DefaultReset, Headroom<1, Waking<2>>>;
    pool!(POOL: Reserving);
    let all = [(); 2].map(|()| POOL.try_get_reserved().unwrap());
    let mut normal = POOL.get();
    assert!(poll(&mut normal).is_pending());
    threads([
        role(move || {
            let [free, reserved] = all;
            drop(reserved);
            drop(free);
        }),
        role(|| {
            let got = block_on(POOL.get_reserved()).unwrap();
            assert_eq!(Lease::slot(&got), 1);
            got
        }),
    ]);
    let got = poll(&mut normal);
    assert!(matches!(got, Poll::Ready(Ok(ref lease)) if Lease::slot(lease) == 0));
    drop(got);
    let metrics = POOL.metrics();
    assert_eq!((POOL.available(), metrics.gets, metrics.double_returns), (2, 4, 0));
}

/// Who may have a reserved object that is free gets it, though others sit in all seats.
fn reserved_get_has_no_seat() {
    type Reserving = Pool<usize, 2, DefaultReset, Headroom<1, Waking<1>>>;
    pool!(POOL: Reserving);
    let lease = POOL.try_get().unwrap();
    let mut normal = POOL.get();
    assert!(poll(&mut normal).is_pending());
    threads([
        role(move || drop(lease)),
        role(|| use_alone(&mut POOL.get_reserved_timeout(std::time::Duration::MAX).unwrap())),
    ]);
    let got = poll(&mut normal);
    assert!(matches!(got, Poll::Ready(Ok(ref lease)) if Lease::slot(lease) == 0));
    drop(got);
    assert_eq!((POOL.available(), POOL.metrics().double_returns), (2, 0));
}

fn lane<const N: usize, const LANES: usize, const K: usize>(
    pool: &'static WaitingLanes<N, LANES, K>,
) -> &'static Lane<'static, usize, N, LANES, DefaultReset, Waking<K>> {
    Box::leak(Box::new(pool.try_claim().expect("a lane is free")))
}

/// What is put on a lane while somebody waits goes there: the lane does not keep it, and nobody steals it.
fn lane_put_hands_over() {
    pool!(POOL: WaitingLanes<3, 2>);
    let (owner, thief) = (lane(&POOL), lane(&POOL));
    let on_loan = [(); 2].map(|()| thief.try_get().unwrap());
    let mut lease = owner.try_get().unwrap();
    threads([
        role(move || {
            use_alone(&mut lease);
            let mut get = POOL.get();
            assert!(poll(&mut get).is_pending());
            drop(lease);
            let Poll::Ready(got) = poll(&mut get) else { panic!("kept, or stolen") };
            use_alone(&mut got.unwrap());
        }),
        role(move || {
            if let Ok(mut lease) = thief.try_get() {
                use_alone(&mut lease);
            }
        }),
    ]);
    drop(on_loan);
    assert_all_free(&POOL, &[owner, thief]);
}

/// The only object is put on a lane while somebody sits down, who gets it though its owner does nothing more.
fn lane_put_vs_waiting_get() {
    pool!(POOL: WaitingLanes<1, 2>);
    let owner = lane(&POOL);
    let mut lease = owner.try_get().unwrap();
    threads([
        role(move || {
            use_alone(&mut lease);
            drop(lease);
        }),
        role(|| use_alone(&mut POOL.get_blocking().unwrap())),
    ]);
    assert_all_free(&POOL, &[owner]);
}

/// An owner gets one of the two objects that its lane keeps. Somebody who finds the lane busy, and sits down, gets the other.
fn lane_get_vs_waiting_get() {
    pool!(POOL: WaitingLanes<2, 1>);
    let owner = lane(&POOL);
    drop([(); 2].map(|()| owner.try_get().unwrap()));
    threads([role(|| owner.try_get().ok()), role(|| use_alone(&mut POOL.get_blocking().unwrap()))]);
    assert_all_free(&POOL, &[owner]);
}

/// As [`lane_put_vs_waiting_get`], where the lane keeps an object of another word, and somebody else has that one.
fn lane_put_of_another_word_vs_waiting_get() {
    pool!(POOL: WaitingLanes<3, 1>);
    let owner = lane(&POOL);
    let mut leases = [(); 3].map(|()| owner.try_get().unwrap());
    leases.sort_by_key(Lease::slot);
    let [first, second, third] = leases;
    threads([role(move || drop(third)), role(|| use_alone(&mut POOL.get_blocking().unwrap()))]);
    drop((first, second));
    assert_all_free(&POOL, &[owner]);
}

/// A batch comes back in one step while somebody sits down and sleeps, who gets one of its objects.
fn batch_put_vs_waiting_get() {
    pool!(POOL: Waiting<2, 1>);
    let mut batch = POOL.try_get_batch::<2>().unwrap();
    threads([
        role(move || {
            batch.iter_mut().for_each(use_alone);
            drop(batch);
        }),
        role(|| use_and_put(POOL.get_blocking().unwrap())),
    ]);
    assert_even(&POOL);
}

/// A lane keeps a batch, for which it has room at hand, or has to make it. Somebody who sits down gets one of its objects.
fn lane_batch_put_vs_waiting_get(n: usize) {
    pool!(ROOMY: WaitingLanes<4, 1>);
    pool!(NARROW: WaitingLanes<2, 2>);
    match n {
        0 => put_batch_beside_waiting_get(&ROOMY),
        _ => put_batch_beside_waiting_get(&NARROW),
    }
}

fn put_batch_beside_waiting_get<const N: usize, const LANES: usize>(
    pool: &'static WaitingLanes<N, LANES>,
) {
    let owner = lane(pool);
    let batch = owner.try_get_batch::<2>().unwrap();
    let others: Vec<_> = std::iter::from_fn(|| owner.try_get().ok()).collect();
    threads([role(move || drop(batch)), role(move || use_and_put(pool.get_blocking().unwrap()))]);
    drop(others);
    assert_all_free(pool, &[owner]);
}

/// Gets all objects but two of one word, which are common.
fn all_but_two<const K: usize>(
    owner: &'static Lane<'static, usize, 4, 1, DefaultReset, Waking<K>>,
) -> impl Sized {
    let mut leases = [(); 4].map(|()| owner.try_get().unwrap());
    leases.sort_by_key(Lease::slot);
    let [first, second, third, fourth] = leases;
    drop((first, second));
    owner.flush();
    (third, fourth)
}

/// A lane takes both objects of a word along. A caller that finds none meanwhile gets the one that its owner does not need.
fn lane_refill_vs_waiting_get() {
    pool!(POOL: WaitingLanes<4, 1>);
    let owner = lane(&POOL);
    let on_loan = all_but_two(owner);
    threads([role(|| owner.try_get().ok()), role(|| use_alone(&mut POOL.get_blocking().unwrap()))]);
    drop(on_loan);
    assert_all_free(&POOL, &[owner]);
}

/// The waker of one panics: what the lane's owner took for itself is free again then, and the other one gets it.
fn lane_refill_vs_two_waiting_gets() {
    struct Panics;
    impl std::task::Wake for Panics {
        fn wake(self: Arc<Self>) {
            resume_unwind(Box::new("woken"));
        }
    }

    pool!(POOL: WaitingLanes<4, 1, 2>);
    let owner = lane(&POOL);
    let on_loan = all_but_two(owner);
    let (told, tell) = std::sync::mpsc::channel::<GetFuture<'static, _, 4, _, _>>();
    threads([
        role(move || {
            let panics = Waker::from(Arc::new(Panics));
            for waker in [&panics, Waker::noop()] {
                let mut get = POOL.get();
                // A waiter that sits down may wake the one who sits already.
                let is_ready = catch_unwind(AssertUnwindSafe(|| {
                    Pin::new(&mut get).poll(&mut Context::from_waker(waker)).is_ready()
                }));
                if !is_ready.unwrap_or(false) {
                    told.send(get).unwrap();
                }
            }
        }),
        role(move || {
            // The lane stays where it is, as all that is static.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(owner.try_get())));
        }),
    ]);
    // The main thread must have no lane.
    threads([role(move || {
        let mut gets = Vec::from_iter(tell);
        let got = Vec::from_iter(gets.iter_mut().map(poll));
        assert!(got.iter().all(Poll::is_ready), "an object is free, or lost");
    })]);
    drop(on_loan);
    assert_all_free(&POOL, &[owner]);
}

/// A waker whose clone panics is lost with its poll: neither its seat nor what the next one waits for is.
fn brittle_waker_vs_put() {
    pool!(POOL: Waiting<1, 1>);
    let lease = POOL.try_get().unwrap();
    threads([
        role(move || use_and_put(lease)),
        role(|| {
            let waker = crate::stream::brittle();
            let mut get = POOL.get();
            let mut poll = || Pin::new(&mut get).poll(&mut Context::from_waker(&waker));
            match catch_unwind(AssertUnwindSafe(&mut poll)) {
                Ok(Poll::Ready(got)) => use_alone(&mut got.unwrap()),
                Ok(Poll::Pending) => panic!("it cannot wait"),
                Err(_) => use_alone(&mut block_on(get).unwrap()),
            }
        }),
    ]);
    assert_even(&POOL);
}

/// What a lane gives away goes to who waits.
fn lane_flush_vs_waiting_get() {
    pool!(POOL: WaitingLanes<2, 1>);
    let owner = lane(&POOL);
    let on_loan = owner.try_get();
    drop(owner.try_get());
    threads([role(|| owner.flush()), role(|| use_alone(&mut POOL.get_blocking().unwrap()))]);
    drop(on_loan);
    assert_all_free(&POOL, &[owner]);
}

/// So does what an owner has to itself when it leaves.
fn lane_leaves_vs_waiting_get() {
    pool!(POOL: WaitingLanes<3, 2>);
    let (owner, other) = (POOL.try_claim().unwrap(), lane(&POOL));
    let on_loan = [(); 2].map(|()| other.try_get());
    drop(owner.try_get());
    threads([
        role(|| drop(owner)),
        role(|| {
            let mut get = POOL.get();
            if poll(&mut get).is_pending() {
                use_alone(&mut block_on(get).unwrap());
            }
        }),
    ]);
    drop(on_loan);
    assert_all_free(&POOL, &[other]);
}

/// Somebody finds none while the only idle object is being dropped: its slot is his then.
fn waiting_get_vs_trim() {
    pool!(POOL: Waiting<1, 1>);
    POOL.fill();
    threads([
        role(|| {
            POOL.trim();
        }),
        role(|| get_and_use(&POOL, By::Thread)),
    ]);
    assert_even(&POOL);
}

/// The same with an object that aged.
fn waiting_get_vs_tick() {
    pool!(POOL: WaitingLanes<2, 1>);
    let owner = lane(&POOL);
    let on_loan = owner.try_get();
    assert_eq!((POOL.fill(), POOL.tick()), (1, 0));
    threads([
        role(|| {
            POOL.tick();
        }),
        role(|| use_alone(&mut POOL.get_blocking().unwrap())),
    ]);
    drop(on_loan);
    assert_all_free(&POOL, &[owner]);
}

/// The only ring is free when both halves are gone; who waits for it opens it then.
fn open_waits_for_ring() {
    loom::lazy_static! {
        static ref STREAMS: StreamPool<usize, 1, 1, Waking<1>> = StreamPool::new();
    }
    let (mut sender, receiver) = STREAMS.try_open().unwrap();
    sender.try_send(7).unwrap();
    threads([
        role(move || drop(sender)),
        role(move || drop(receiver)),
        role(|| {
            let (mut sender, mut receiver) = block_on(STREAMS.open()).unwrap();
            assert!(receiver.try_recv().is_err(), "a token of the last stream");
            sender.try_send(8).unwrap();
            assert_eq!(receiver.try_recv(), Ok(8));
        }),
    ]);
    assert_eq!((STREAMS.available(), STREAMS.metrics().gets), (1, 2));
}
