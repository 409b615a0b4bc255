//! Pools with lanes that belong to threads: nothing is lost with a thread, whatever it left behind.
//!
//! Which lane a thread has follows from its number, and numbers are a matter of the whole process. So the tests
//! of this file run one after the other, each on a new thread, and end all the threads that they begin.
#![cfg(feature = "std")]

mod common;

use common::{Counted, Fuse, Together, booms};
use forebay::reset::TickByMisses;
use forebay::{DefaultReset, Lane, LanePool, Lease, Policy, Reset, SharedLease, Waking};
use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

/// Long enough for any wait that ends at all.
const LONG: Duration = Duration::from_secs(300);

/// Runs `f` while no other test of this file runs, on a thread that has no number yet.
fn alone(f: impl FnOnce() + Send) {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    thread::scope(|scope| end(scope.spawn(f)));
}

/// Waits for the end of a thread, destructors of thread-local data included, as the end of a scope does not.
fn end<R>(thread: ScopedJoinHandle<'_, R>) -> R {
    thread.join().unwrap_or_else(|payload| std::panic::resume_unwind(payload))
}

/// Runs `f` as a thread from its beginning to its end.
fn short<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| end(scope.spawn(f)))
}

/// Runs `threads` copies of `f` at once, each with its number from 0, to their ends.
fn at_once(threads: usize, f: impl Fn(usize, &Together) + Sync) {
    let (f, together) = (&f, &Together::new());
    thread::scope(|scope| {
        let spawn = |i| scope.spawn(move || together.run(|| f(i, together)));
        Vec::from_iter((0..threads).map(spawn)).into_iter().for_each(end);
    });
}

/// Gets an object of a pool that has one for each caller. While other threads get theirs, some are with those who move
/// them, so that a get may fail for a moment.
fn get<'p, T, const N: usize, const LANES: usize, P: Policy<T>>(
    pool: &'p LanePool<T, N, LANES, P>,
    together: &Together,
) -> Lease<&'p forebay::Pool<T, N, P, forebay::wait::Lanes<LANES>>> {
    let mut got = None;
    together.until(|| {
        got = pool.try_get().ok();
        got.is_some()
    });
    got.unwrap()
}

/// Nothing is out, and all of it can be had by one thread.
#[track_caller]
fn assert_whole<
    T,
    const N: usize,
    const LANES: usize,
    P: Policy<T>,
    W: forebay::wait::WaitPolicy,
>(
    pool: &LanePool<T, N, LANES, P, W>,
) {
    assert_eq!((pool.audit().count(), pool.available()), (0, N));
    let metrics = pool.metrics();
    assert_eq!((metrics.in_use, metrics.double_returns), (0, 0));
    assert_eq!(metrics.gets, metrics.puts);
    let all = Vec::from_iter(std::iter::from_fn(|| pool.try_get().ok()));
    let mut slots = Vec::from_iter(all.iter().map(Lease::slot));
    slots.sort_unstable();
    assert_eq!(slots, Vec::from_iter(0..N));
}

/// An object that tells when it has two holders.
#[derive(Default)]
struct Alone(AtomicUsize);

impl Alone {
    fn enter(&self) {
        assert_eq!(self.0.swap(1, SeqCst), 0, "two holders, or not reset");
    }
}

impl Reset for Alone {
    fn reset(&mut self) {
        *self.0.get_mut() = 0;
    }
}

#[test]
fn smoke() {
    static POOL: LanePool<u32, 4, 2> = LanePool::new();
    alone(|| {
        let slot = {
            let mut object = POOL.try_get().unwrap();
            *object = 5;
            Lease::slot(&object)
        };
        let object = POOL.try_get().unwrap();
        assert_eq!((Lease::slot(&object), *object), (slot, 0), "the thread's own, recycled");
        drop(object);
        assert_eq!(POOL.metrics().misses, 1);
        assert_whole(&POOL);
    });
}

#[test]
fn short_threads_leave_nothing() {
    static POOL: LanePool<Alone, 64, 4> = LanePool::new();
    let (threads, wave) = if cfg!(miri) { (40, 8) } else { (10_000, 40) };
    alone(|| {
        for _ in 0..threads / wave {
            at_once(wave, |i, together| {
                together.until(|| POOL.try_get().inspect(|object| object.enter()).is_ok());
                let one = POOL.try_get();
                let two = POOL.try_get();
                one.iter().chain(&two).for_each(|object| object.enter());
                if i % 3 == 0 {
                    drop((two, one));
                }
            });
        }
        let metrics = POOL.metrics();
        assert!(metrics.gets >= threads as u64 && metrics.misses <= 64, "{metrics:?}");
        assert_eq!((metrics.evictions, metrics.panics), (0, 0));
        assert_whole(&POOL);
        assert!(POOL.metrics().misses <= 64, "no growth");
    });
}

#[test]
fn more_threads_than_lanes_at_once() {
    static POOL: LanePool<Alone, 64, 4> = LanePool::new();
    let (threads, rounds) = if cfg!(miri) { (8, 10) } else { (64, 300) };
    alone(|| {
        at_once(threads, |_, together| {
            together.meet(threads);
            for _ in 0..rounds {
                // Some are with those who move them, so a get may fail for a moment.
                together.until(|| POOL.try_get().inspect(|object| object.enter()).is_ok());
            }
            together.meet(2 * threads);
        });
        let metrics = POOL.metrics();
        assert!(metrics.gets >= (threads * rounds) as u64 && metrics.misses <= 64, "{metrics:?}");
        assert_whole(&POOL);
    });
}

#[test]
fn leases_outlive_the_threads_that_got_them() {
    static POOL: LanePool<u32, 8, 4> = LanePool::new();
    alone(|| {
        let _number = POOL.try_get().unwrap();
        let (send, receive) = mpsc::channel();
        short(|| (0..3).for_each(|_| send.send(POOL.try_get().unwrap()).unwrap()));
        assert_eq!(POOL.audit().count(), 4);
        // Dropped here, and on a third thread.
        drop(receive.recv().unwrap());
        short(|| drop(receive));
        assert_eq!((POOL.audit().count(), POOL.available()), (1, 7));
        drop(_number);
        assert_whole(&POOL);
    });
}

#[test]
fn a_forgotten_lease_is_all_that_is_lost() {
    static POOL: LanePool<u32, 8, 4> = LanePool::new();
    alone(|| {
        let slot = short(|| {
            drop(POOL.try_get().unwrap());
            let lost = POOL.try_get().unwrap();
            let slot = Lease::slot(&lost);
            std::mem::forget(lost);
            drop(POOL.try_get().unwrap());
            slot
        });
        assert_eq!(Vec::from_iter(POOL.audit().map(|loan| loan.slot())), [slot]);
        assert_eq!(POOL.try_get_up_to::<8>().len(), 7);
        assert_eq!(POOL.metrics().in_use, 1);
    });
}

/// What a thread keeps until it ends, and uses once more then.
struct User {
    pool: &'static LanePool<Alone, 64, 4, DefaultReset, Waking<4>>,
    held: Option<Lease<&'static AlonePool>>,
}

type AlonePool = forebay::Pool<Alone, 64, DefaultReset, forebay::wait::Lanes<4, Waking<4>>>;

/// Gets that succeeded in destructors. A panic in one would abort the process.
static IN_DESTRUCTORS: AtomicUsize = AtomicUsize::new(0);

impl Drop for User {
    fn drop(&mut self) {
        drop(self.held.take());
        let gets = [
            self.pool.try_get().ok().inspect(|object| object.enter()).is_some(),
            self.pool.get_blocking().ok().inspect(|object| object.enter()).is_some(),
            self.pool.get_timeout(LONG).ok().inspect(|object| object.enter()).is_some(),
        ];
        let lease = self.pool.get_or_new();
        lease.enter();
        self.pool.flush();
        drop(lease);
        self.pool.tick();
        IN_DESTRUCTORS.fetch_add(gets.into_iter().filter(|got| *got).count(), SeqCst);
    }
}

thread_local! {
    static ONE: RefCell<Option<User>> = const { RefCell::new(None) };
    static OTHER: RefCell<Option<User>> = const { RefCell::new(None) };
}

#[test]
fn destructors_of_thread_local_data_use_the_pool() {
    static POOL: LanePool<Alone, 64, 4, DefaultReset, Waking<4>> =
        LanePool::with_waiting(DefaultReset);
    let waves = if cfg!(miri) { 2 } else { 50 };
    alone(|| {
        for _ in 0..waves {
            at_once(9, |i, _| {
                let user = || Some(User { pool: &POOL, held: None });
                // Registered before the thread's number is, whose destructor runs first then …
                ONE.with(|cell| cell.replace(user()));
                if i % 3 == 0 {
                    return; // … or is made by a destructor that uses the pool first.
                }
                let lease = POOL.try_get().unwrap();
                lease.enter();
                ONE.with(|cell| cell.borrow_mut().as_mut().unwrap().held = Some(lease));
                // And behind it.
                OTHER.with(|cell| cell.replace(user()));
                if i % 3 == 1 {
                    let lease = POOL.try_get().unwrap();
                    lease.enter();
                    OTHER.with(|cell| cell.borrow_mut().as_mut().unwrap().held = Some(lease));
                }
            });
        }
        assert_eq!(IN_DESTRUCTORS.load(SeqCst), waves * (3 + 6 + 6) * 3, "all of them got one");
        assert_eq!((POOL.audit().count(), POOL.available()), (0, 64));
        assert_eq!(POOL.try_get_up_to::<64>().len(), 64);
        assert_eq!(POOL.metrics().double_returns, 0);
    });
}

/// Runs a closure when its thread ends.
struct Last(Option<Box<dyn FnOnce()>>);

impl Drop for Last {
    fn drop(&mut self) {
        if let Some(f) = self.0.take() {
            f();
        }
    }
}

thread_local! {
    static LAST: RefCell<Last> = const { RefCell::new(Last(None)) };
}

/// thread_local #75: a number is given back while destructors of its thread still run.
#[test]
fn a_thread_that_is_ending_has_no_part_in_the_lane_of_the_next() {
    static POOL: LanePool<u32, 8, 2> = LanePool::new();
    static STEP: AtomicUsize = AtomicUsize::new(0);
    static GOT: AtomicUsize = AtomicUsize::new(0);
    alone(|| {
        let together = Arc::new(Together::new());
        let ending = thread::spawn({
            let together = Arc::clone(&together);
            move || {
                let last = move || {
                    STEP.store(1, SeqCst);
                    together.until(|| STEP.load(SeqCst) == 2);
                    let all = Vec::from_iter(std::iter::from_fn(|| POOL.try_get().ok()));
                    all.iter().for_each(|object| {
                        GOT.fetch_or(1 << Lease::slot(object), SeqCst);
                    });
                    drop(all);
                    STEP.store(3, SeqCst);
                };
                LAST.with(|cell| cell.borrow_mut().0 = Some(Box::new(last)));
                drop(POOL.try_get().unwrap());
            }
        });
        together.until(|| STEP.load(SeqCst) == 1);
        // This thread has the number, and the lane, of the other, which takes what is there as any visitor does.
        drop(POOL.try_get().unwrap());
        assert_eq!(
            (POOL.metrics().misses, POOL.metrics().steals),
            (1, 0),
            "one object, on the lane"
        );
        STEP.store(2, SeqCst);
        together.until(|| STEP.load(SeqCst) == 3);
        assert_eq!((GOT.load(SeqCst), POOL.metrics().misses), (0xff, 8));
        assert_eq!(POOL.metrics().steals, 1);
        ending.join().unwrap();
        assert_whole(&POOL);
    });
}

#[test]
fn numbers_are_used_again() {
    static POOL: LanePool<u32, 8, 8> = LanePool::new();
    let threads = if cfg!(miri) { 20 } else { 1000 };
    alone(|| {
        for _ in 0..threads {
            short(|| *POOL.try_get().unwrap() = 1);
        }
        let metrics = POOL.metrics();
        assert_eq!((metrics.gets, metrics.misses, metrics.high_water), (threads, 1, 1));
        assert_eq!(metrics.steals, 0);
        assert_whole(&POOL);
    });
}

#[test]
fn numbers_are_dense() {
    static POOL: LanePool<u32, 8, 8> = LanePool::new();
    alone(|| {
        for round in 0..3 {
            at_once(8, |_, together| {
                // Each gets one before any puts it, and all have a lane to keep it on.
                let object = get(&POOL, together);
                let slot = Lease::slot(&object);
                together.meet(8);
                drop(object);
                together.meet(16);
                assert!(POOL.try_claim().is_none(), "eight threads have the eight lanes");
                assert_eq!(Lease::slot(&POOL.try_get().unwrap()), slot);
                together.meet(24);
            });
            assert_eq!(POOL.metrics().gets, 16 * (round + 1));
        }
        assert_eq!(POOL.metrics().misses, 8);
        let lanes = Vec::from_iter(std::iter::from_fn(|| POOL.try_claim()));
        assert_eq!(Vec::from_iter(lanes.iter().map(Lane::number)), Vec::from_iter(0..8));
        drop(lanes);
        assert_whole(&POOL);
    });
}

/// Leaves the only object of a pool on the lane of a thread that ended; the caller has another number.
fn leave_one<const N: usize, P: Policy<u32> + Sync, W: forebay::wait::WaitPolicy>(
    pool: &LanePool<u32, N, 4, P, W>,
) {
    drop(pool.try_get().unwrap());
    pool.flush();
    short(|| drop(pool.try_get().unwrap()));
    assert_eq!((pool.available(), pool.metrics().misses), (1, N as u64));
}

#[test]
fn what_an_ended_thread_left_is_found() {
    alone(|| {
        let pool = LanePool::<u32, 1, 4>::new();
        leave_one(&pool);
        drop(pool.try_get().unwrap());
        pool.flush();

        leave_one(&pool);
        assert!(!Lease::is_on_heap(&pool.get_or_new()));
        pool.flush();

        leave_one(&pool);
        let lane = pool.try_claim().unwrap();
        drop(lane.try_get().unwrap());
        drop(lane);
        assert_eq!(pool.metrics().misses, 1, "the same object all the time");
    });
}

#[test]
fn what_an_ended_thread_left_is_found_though_its_number_is_used_again() {
    static POOL: LanePool<u32, 1, 4> = LanePool::new();
    alone(|| {
        let other = LanePool::<u32, 8, 4>::new();
        drop(other.try_get().unwrap()); // this thread has a number …
        short(|| drop(POOL.try_get().unwrap()));
        let (send, end) = mpsc::channel::<()>();
        let (ready, is_ready) = mpsc::channel();
        thread::scope(|scope| {
            let other = &other;
            scope.spawn(move || {
                drop(other.try_get().unwrap()); // … and this one that of the ended one, for another pool
                ready.send(()).unwrap();
                let _ = end.recv();
            });
            is_ready.recv_timeout(LONG).unwrap();
            drop(POOL.try_get().unwrap());
            drop(send);
        });
        assert_eq!(POOL.metrics().misses, 1);
        assert_whole(&POOL);
    });
}

#[test]
fn what_an_ended_thread_left_is_found_without_a_lane() {
    static POOL: LanePool<u32, 1, 4> = LanePool::new();
    static FOUND: AtomicUsize = AtomicUsize::new(0);
    alone(|| {
        leave_one(&POOL);
        short(|| {
            let last = || FOUND.store(1 + usize::from(POOL.try_get().is_ok()), SeqCst);
            LAST.with(|cell| cell.borrow_mut().0 = Some(Box::new(last)));
            // The thread gets its number for another pool, and gives it back before its last words.
            drop(LanePool::<u32, 1, 4>::new().try_get().unwrap());
        });
        assert_eq!(FOUND.load(SeqCst), 2);
        assert_eq!(POOL.metrics().misses, 1);
        assert_whole(&POOL);
    });
}

#[test]
fn what_an_ended_thread_left_ages() {
    alone(|| {
        let pool = LanePool::<u32, 1, 4>::new();
        leave_one(&pool);
        assert_eq!((pool.tick(), pool.tick(), pool.tick()), (0, 1, 0));
        assert_eq!((pool.available(), pool.metrics().evictions), (1, 1));
    });
}

/// By all that looks for idle objects, not only by gets.
#[test]
fn what_an_ended_thread_left_is_trimmed_and_counted() {
    alone(|| {
        let pool = LanePool::<u32, 1, 4>::new();
        leave_one(&pool);
        assert_eq!((pool.audit().count(), pool.metrics().in_use, pool.available()), (0, 0, 1));
        assert_eq!((pool.trim(), pool.trim()), (1, 0));
        assert_eq!((pool.audit().count(), pool.available(), pool.metrics().evictions), (0, 1, 1));
        assert_eq!(pool.fill(), 1, "its slot is vacant");

        // In a group with others, and beside a vacant one that is filled.
        let pool = LanePool::<u32, 3, 4>::new();
        short(|| drop(pool.try_get().unwrap()));
        assert_eq!((pool.fill(), pool.available()), (2, 3));
        assert!(pool.try_get_many::<3>().is_ok());
        short(|| drop(pool.try_get().unwrap()));
        assert_eq!(pool.try_get_up_to::<4>().len(), 3);
        assert_eq!((pool.trim(), pool.metrics().evictions), (3, 3), "this thread's own as well");
    });
}

#[test]
fn who_waits_finds_what_an_ended_thread_left() {
    alone(|| {
        let pool = LanePool::<u32, 5, 4, DefaultReset, Waking<2>>::with_waiting(DefaultReset);
        let out: Vec<_> = (0..4).map(|_| pool.try_get().unwrap()).collect();
        leave_one(&pool);
        drop(pool.get_blocking().unwrap());
        pool.flush();
        leave_one(&pool);
        drop(pool.get_timeout(LONG).unwrap());
        pool.flush();
        leave_one(&pool);
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(pool.get()).poll(&mut context).is_ready());
        assert_eq!((pool.metrics().misses, out.len()), (5, 4));
    });
}

#[test]
fn who_waits_gets_the_only_object_from_the_lane_of_an_idle_thread() {
    type Few = LanePool<u32, 1, 4, DefaultReset, Waking<2>>;
    static POOL: Few = LanePool::with_waiting(DefaultReset);
    alone(|| {
        let (send, go_on) = mpsc::channel::<()>();
        let (used, is_used) = mpsc::channel();
        let idle = thread::spawn(move || {
            // Uses the object, keeps it on its lane, and does nothing until it is told.
            while let Ok(()) = go_on.recv() {
                drop(POOL.get_blocking().unwrap());
                used.send(()).unwrap();
            }
        });
        let use_there = || {
            send.send(()).unwrap();
            is_used.recv_timeout(LONG).unwrap();
        };
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..3 {
            use_there();
            drop(POOL.get_blocking().unwrap());
            use_there();
            drop(POOL.get_timeout(Duration::ZERO).unwrap());
            use_there();
            let Poll::Ready(Ok(object)) = pin!(POOL.get()).poll(&mut context) else { panic!() };
            drop(object);
            // Also by who has sat down before.
            let object = POOL.try_get().unwrap();
            let mut waits = pin!(POOL.get());
            assert!(waits.as_mut().poll(&mut context).is_pending());
            short(|| drop(object));
            let Poll::Ready(Ok(object)) = waits.as_mut().poll(&mut context) else { panic!() };
            drop(object);
        }
        let metrics = POOL.metrics();
        assert_eq!((metrics.gets, metrics.misses, metrics.exhausted), (24, 1, 0));
        assert!(metrics.steals >= 9, "{}", metrics.steals);
        drop(send);
        idle.join().unwrap();
        assert_whole(&POOL);
    });
}

#[test]
fn who_waits_gets_the_next_that_a_lane_puts() {
    static POOL: LanePool<u32, 3, 2, DefaultReset, Waking<8>> =
        LanePool::with_waiting(DefaultReset);
    static FEW: LanePool<u32, 1, 4, DefaultReset, Waking<8>> = LanePool::with_waiting(DefaultReset);
    fn check<const N: usize, const LANES: usize>(
        pool: &LanePool<u32, N, LANES, DefaultReset, Waking<8>>,
    ) {
        let rounds = if cfg!(miri) { 10 } else { 500 };
        at_once(6, |_, _| {
            for _ in 0..rounds {
                let object = pool.get_timeout(LONG).expect("no object is out of reach");
                thread::yield_now();
                drop(object);
            }
        });
        let metrics = pool.metrics();
        assert_eq!((metrics.gets, metrics.misses), (6 * rounds, N as u64));
        assert_eq!((metrics.exhausted, pool.available(), pool.audit().count()), (0, N, 0));
    }
    alone(|| check(&POOL));
    alone(|| check(&FEW));
}

#[test]
fn flush_gives_away_what_a_thread_keeps() {
    static POOL: LanePool<u32, 1, 4> = LanePool::new();
    alone(|| {
        let use_it = || {
            drop(POOL.try_get().unwrap());
            POOL.flush();
            POOL.flush(); // nothing is left to give
        };
        drop(POOL.try_get().unwrap());
        // Another thread gets it from this one's lane …
        short(use_it);
        assert_eq!((POOL.metrics().gets, POOL.metrics().steals), (2, 1));
        // … and none has to, once it is flushed.
        use_it();
        short(use_it);
        let metrics = POOL.metrics();
        assert_eq!((metrics.gets, metrics.misses, metrics.steals), (4, 1, 1));
        assert_whole(&POOL);
    });
}

#[test]
fn pools_at_one_address_know_nothing_of_each_other() {
    let (threads, rounds) = if cfg!(miri) { (2, 4) } else { (8, 20) };
    alone(|| {
        let mut place = None;
        let mut seen = Vec::new();
        for _ in 0..rounds {
            let pool = &*place.insert(LanePool::<Alone, 16, 4>::new());
            seen.push(std::ptr::from_ref(pool).addr());
            assert_eq!(pool.metrics().gets, 0);
            // This thread lives on; the others end.
            drop(pool.try_get().unwrap());
            at_once(threads, |_, together| drop(get(pool, together)));
            let lease = pool.try_get().unwrap();
            lease.enter();
            drop(lease);
            assert_whole(pool);
            place = None;
        }
        assert_eq!(seen.len(), rounds);
        assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "one address");
    });
}

#[test]
fn a_pool_in_an_arc_goes_before_the_threads_that_used_it() {
    let tally = common::Tally::default();
    struct Maker(common::Tally);
    impl Policy<Counted> for Maker {
        fn make(&self, _slot: usize) -> Counted {
            self.0.make()
        }
        fn recycle(&self, _object: &mut Counted) -> bool {
            true
        }
    }
    type Shared = Arc<LanePool<Counted, 16, 4, Maker>>;
    alone(|| {
        let together = &Together::new();
        let workers = 6;
        thread::scope(|scope| {
            let (senders, threads): (Vec<_>, Vec<_>) = (0..workers)
                .map(|_| {
                    let (send, jobs) = mpsc::channel::<Shared>();
                    let work = move || {
                        for pool in jobs {
                            drop((get(&pool, together), get(&pool, together)));
                            drop(pool);
                            together.meet(0); // arrives, and does not wait
                        }
                    };
                    (send, scope.spawn(move || together.run(work)))
                })
                .unzip();
            for round in 0..10 {
                let pool = Shared::new(LanePool::with_policy(Maker(tally.clone())));
                senders.iter().for_each(|worker| worker.send(Arc::clone(&pool)).unwrap());
                // All have let go of it, and live. The count of the `Arc` alone would not tell: it is read relaxed.
                together.meet((workers + 1) * (round + 1));
                assert_eq!(Arc::strong_count(&pool), 1);
                assert_eq!((pool.audit().count(), pool.available()), (0, 16));
                assert!(tally.alive() <= 16 && tally.made() > round);
                drop(pool);
                assert_eq!(tally.alive(), 0);
            }
            drop(senders);
            threads.into_iter().for_each(end);
        });
    });
}

/// Runs both, `b` on a thread of its own.
fn join<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    thread::scope(|scope| {
        let b = scope.spawn(b);
        let a = a();
        (a, end(b))
    })
}

#[test]
fn leases_across_fork_and_join() {
    static POOL: LanePool<Vec<u64>, 16, 4> = LanePool::new();
    /// The numbers of `from..to` by halves, each with a lease that is held while the halves are computed.
    fn sum(from: u64, to: u64) -> (u64, usize) {
        let mut numbers = POOL.get_or_new();
        assert!(numbers.is_empty());
        let heap = usize::from(Lease::is_on_heap(&numbers));
        if to - from <= 8 {
            numbers.extend(from..to);
            return (numbers.iter().sum(), heap);
        }
        let half = from.midpoint(to);
        numbers.push(half);
        let (low, high) = join(|| sum(from, half), || sum(half, to));
        assert_eq!(*numbers, [half]);
        (low.0 + high.0, heap + low.1 + high.1)
    }
    let (rounds, numbers) = if cfg!(miri) { (2, 64) } else { (5, 256) };
    alone(|| {
        let mut on_heap = 0;
        for _ in 0..rounds {
            let (total, heap) = sum(0, numbers);
            assert_eq!(total, numbers * (numbers - 1) / 2);
            on_heap += heap;
        }
        assert_eq!(POOL.metrics().overflows, on_heap as u64);
        let metrics = POOL.metrics();
        assert_eq!(metrics.gets + metrics.overflows, rounds * (numbers / 4 - 1));
        assert_whole(&POOL);
    });
}

#[test]
fn groups_come_from_the_lane_first() {
    static POOL: LanePool<usize, 40, 2> = LanePool::new();
    alone(|| {
        let made = POOL.try_get_up_to::<16>();
        drop(made);
        // All that were made are on the lane, so that none is made; each is lent once.
        let mut group = POOL.try_get_many::<16>().unwrap();
        for (i, object) in group.iter_mut().enumerate() {
            **object = i;
        }
        assert!(group.iter().enumerate().all(|(i, object)| **object == i));
        assert_eq!((POOL.metrics().gets, POOL.metrics().misses), (32, 16));
        assert!(POOL.try_get_many::<25>().is_err());
        let rest = POOL.try_get_many::<24>().unwrap();
        assert_eq!((POOL.available(), POOL.metrics().gets), (0, 56));
        drop((group, rest));
        assert_whole(&POOL);
    });
}

#[test]
fn a_ticker_drops_what_idles_until_it_is_dropped() {
    static POOL: LanePool<u32, 16, 4> = LanePool::new();
    alone(|| {
        let burst = || {
            drop(POOL.try_get_up_to::<16>());
            POOL.flush();
        };
        // Whether each object that was made was dropped, of `more` than so many.
        let all_evicted = |more| {
            let metrics = POOL.metrics();
            metrics.misses > more && metrics.misses == metrics.evictions
        };
        burst();
        let ticker = POOL.tick_every(Duration::from_millis(1)).unwrap();
        Together::new().until(|| all_evicted(15));
        assert!(format!("{ticker:?}").contains("Ticker"));
        // An eviction is counted before its slot is free, so the last may be out of reach still.
        burst();
        Together::new().until(|| all_evicted(16));
        drop(ticker); // waits for its thread
        let before = POOL.metrics();
        assert!((31..=32).contains(&before.misses) && before.evictions == before.misses);
        burst();
        thread::sleep(Duration::from_millis(20));
        assert_eq!(POOL.metrics().evictions, before.evictions, "nobody ticks any more");
        assert_whole(&POOL);
    });
}

/// On its own thread, by an object that has it and is too old.
#[test]
fn a_ticker_is_dropped_by_what_it_drops() {
    static TICKER: Mutex<Option<forebay::pool::Ticker>> = Mutex::new(None);
    #[derive(Default)]
    struct Last;
    impl forebay::Reset for Last {
        fn reset(&mut self) {}
    }
    impl Drop for Last {
        fn drop(&mut self) {
            drop(TICKER.lock().unwrap().take());
        }
    }
    static POOL: LanePool<Last, 1, 1> = LanePool::new();
    alone(|| {
        drop(POOL.try_get().unwrap());
        POOL.flush();
        *TICKER.lock().unwrap() = Some(POOL.tick_every(Duration::from_millis(1)).unwrap());
        Together::new().until(|| TICKER.lock().unwrap().is_none());
        assert_eq!(POOL.metrics().evictions, 1);
    });
}

#[test]
fn a_ticker_is_dropped_without_waiting_for_its_period() {
    static POOL: LanePool<u32, 2, 1> = LanePool::new();
    alone(|| {
        drop(POOL.tick_every(Duration::from_secs(1 << 40)).unwrap());
        assert_eq!(POOL.metrics().evictions, 0);
    });
}

#[test]
fn a_ticker_ends_by_a_panic_and_its_pool_goes_on() {
    static FUSE: Fuse = Fuse::new();
    struct Sour;
    impl Drop for Sour {
        fn drop(&mut self) {
            FUSE.burn();
        }
    }
    struct Make;
    impl Policy<Sour> for Make {
        fn make(&self, _slot: usize) -> Sour {
            Sour
        }
        fn recycle(&self, _object: &mut Sour) -> bool {
            true
        }
    }
    static POOL: LanePool<Sour, 8, 2, Make> = LanePool::with_policy(Make);
    alone(|| {
        drop(POOL.try_get_up_to::<8>());
        POOL.flush();
        FUSE.arm(3);
        let ticker = POOL.tick_every(Duration::from_millis(1)).unwrap();
        Together::new().until(|| POOL.metrics().panics == 1);
        drop(ticker);
        assert_eq!(POOL.metrics().evictions, 3, "the rest is left as it is");
        assert_whole(&POOL);
    });
}

#[test]
fn get_or_new_never_fails() {
    static POOL: LanePool<Alone, 4, 2> = LanePool::new();
    let (threads, rounds) = if cfg!(miri) { (8, 3) } else { (64, 100) };
    alone(|| {
        let on_heap = AtomicUsize::new(0);
        at_once(threads, |_, together| {
            let object = POOL.get_or_new();
            object.enter();
            on_heap.fetch_add(usize::from(Lease::is_on_heap(&object)), SeqCst);
            together.meet(threads); // all hold one at once
            drop(object);
            for _ in 0..rounds {
                let object = POOL.get_or_new();
                object.enter();
                on_heap.fetch_add(usize::from(Lease::is_on_heap(&object)), SeqCst);
            }
        });
        let (metrics, on_heap) = (POOL.metrics(), on_heap.into_inner());
        assert!(on_heap >= threads - 4, "{on_heap}");
        assert_eq!((metrics.overflows, metrics.exhausted), (on_heap as u64, 0));
        assert_eq!(metrics.gets + metrics.overflows, (threads * (1 + rounds)) as u64);
        assert!(metrics.misses <= 4);
        assert_whole(&POOL);
    });
}

/// As Go's `Get`, a get that never fails is what keeps a pool from growing old.
#[test]
fn get_or_new_ages_by_misses() {
    static POOL: LanePool<u32, 64, 4, TickByMisses<4>> = LanePool::with_policy(TickByMisses::new());
    alone(|| {
        drop([(); 64].map(|()| POOL.get_or_new()));
        let mut busy = Vec::new();
        while POOL.metrics().evictions == 0 {
            busy.push(POOL.get_or_new());
            if busy.len() == 24 {
                busy.clear();
            }
            assert!(POOL.metrics().gets < 10_000, "nothing ages");
        }
        drop(busy);
        assert_eq!((POOL.metrics().overflows, POOL.metrics().misses), (0, 64));
        assert_whole(&POOL);
    });
}

#[test]
fn a_lease_from_the_heap_is_as_any_other() {
    static FUSE: Fuse = Fuse::new();
    struct Maker(common::Tally);
    impl Policy<(Counted, u32)> for Maker {
        fn make(&self, slot: usize) -> (Counted, u32) {
            FUSE.burn();
            (self.0.make(), u32::try_from(slot).unwrap())
        }
        fn recycle(&self, object: &mut (Counted, u32)) -> bool {
            object.1 = 100;
            true
        }
    }
    let tally = common::Tally::default();
    let pool = LanePool::<_, 2, 2, _>::with_policy(Maker(tally.clone()));
    alone(|| {
        let pooled = [pool.get_or_new(), pool.get_or_new()];
        assert!(pooled.iter().all(|lease| !Lease::is_on_heap(lease)));
        let mut object = pool.get_or_new();
        assert!(Lease::is_on_heap(&object) && format!("{object:?}").contains("Counted"));
        assert_eq!(object.1, 2, "one behind the last slot");
        object.1 = 7;

        // Shared, and dropped by two threads; the last one drops the object.
        let shared = Lease::share(object);
        let more = shared.clone();
        assert_eq!((SharedLease::holders(&more), more.1), (2, 7));
        let other = short(move || {
            assert_eq!(more.1, 7);
            SharedLease::try_unshare(more).unwrap_err()
        });
        drop(shared);
        let mut object = SharedLease::try_unshare(other).unwrap();
        object.1 = 8;
        assert_eq!((tally.made(), tally.dropped()), (3, 0));

        // A part of it, and away.
        let part = Lease::map(object, |object| &mut object.1);
        assert_eq!(short(move || *part), 8);
        assert_eq!((tally.made(), tally.dropped()), (3, 1), "not kept");

        // A panic in `make` makes none.
        FUSE.arm(1);
        assert!(booms(|| pool.get_or_new()));
        assert_eq!((tally.made(), pool.metrics().panics), (3, 1));
        drop(pool.get_or_new());
        assert_eq!((tally.made(), tally.dropped()), (4, 2));

        drop(pooled);
        let back = pool.get_or_new();
        assert!(!Lease::is_on_heap(&back) && back.1 == 100);
        drop(back);
        let metrics = pool.metrics();
        assert_eq!((metrics.gets, metrics.misses, metrics.in_use), (3, 2, 0));
        assert!((2..=3).contains(&metrics.overflows), "{}", metrics.overflows);
        assert_whole(&pool);
    });
    drop(pool);
    assert_eq!(tally.alive(), 0);
}

#[test]
fn threads_take_from_each_other() {
    static POOL: LanePool<u32, 16, 2> = LanePool::new();
    alone(|| {
        // Half of them stay on the lane of this thread, which lives on.
        drop(POOL.try_get_up_to::<16>());
        let all = short(|| Vec::from_iter(std::iter::from_fn(|| POOL.try_get().ok())).len());
        assert_eq!(all, 16);
        let metrics = POOL.metrics();
        assert_eq!((metrics.gets, metrics.misses, metrics.exhausted), (32, 16, 1));
        assert_eq!(metrics.steals, 1, "all at once");
        assert_whole(&POOL);
    });
}

/// A thread that is idle and lives on keeps no object from others.
#[test]
fn one_thread_gets_all_that_idle_threads_used() {
    static POOL: LanePool<u32, 64, 4> = LanePool::new();
    alone(|| {
        let together = &Together::new();
        thread::scope(|scope| {
            let (told, threads): (Vec<_>, Vec<_>) = (0..4)
                .map(|_| {
                    let (send, end) = mpsc::channel::<()>();
                    let work = move || {
                        let some = POOL.try_get_up_to::<16>();
                        assert_eq!(some.len(), 16);
                        together.meet(4);
                        drop(some);
                        together.meet(4 + 5);
                        let _ = end.recv(); // parked
                    };
                    (send, scope.spawn(move || together.run(work)))
                })
                .unzip();
            together.meet(4 + 5);
            // This thread has no lane, and looks into each of the others once.
            let all = Vec::from_iter(std::iter::from_fn(|| POOL.try_get().ok()));
            let metrics = POOL.metrics();
            assert_eq!((all.len(), metrics.misses, metrics.steals), (64, 64, 4));
            drop(all);
            drop(told);
            threads.into_iter().for_each(end);
        });
        assert_whole(&POOL);
    });
}

/// `trim`, `fill` and `tick` find idle objects on lanes of threads that live on.
#[test]
fn what_idle_threads_keep_is_trimmed_and_ages() {
    static POOL: LanePool<u32, 8, 2> = LanePool::new();
    alone(|| {
        let (send, go_on) = mpsc::channel::<()>();
        let (used, is_used) = mpsc::channel();
        let idle = thread::spawn(move || {
            while let Ok(()) = go_on.recv() {
                drop(POOL.try_get_up_to::<4>());
                used.send(()).unwrap();
            }
        });
        let use_there = || {
            send.send(()).unwrap();
            is_used.recv_timeout(LONG).unwrap();
        };
        use_there();
        assert_eq!((POOL.trim(), POOL.trim(), POOL.metrics().misses), (4, 0, 4));
        use_there();
        assert_eq!((POOL.tick(), POOL.tick(), POOL.metrics().misses), (0, 4, 8));
        use_there();
        assert_eq!(POOL.tick(), 0);
        use_there();
        assert_eq!((POOL.tick(), POOL.metrics().misses), (0, 12), "used since");
        assert_eq!((POOL.fill(), POOL.fill()), (4, 0), "four have an object");
        drop(send);
        idle.join().unwrap();
        assert_whole(&POOL);
    });
}
