//! Waiting for objects and rings: who gets what, who is woken, and that nothing is lost whatever callers do.
#![cfg(feature = "std")]

use crate::common::{Fuse, Numbers, booms, for_capacities};
use crate::woken::{Act, Hand, Watchdog};
use forebay::error::WaitError;
use forebay::reset::TickByMisses;
use forebay::wait::WaitPolicy;
use forebay::{
    DefaultReset, Exhausted, Headroom, LanePool, Lease, Policy, Pool, StreamPool, TooManyWaiters,
    Waking,
};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::Context;
use std::thread;
use std::time::Duration;

type Waits<const N: usize, const K: usize> = Pool<u32, N, DefaultReset, Waking<K>>;

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(3600);

/// Rounds of each thread. More by `FOREBAY_ROUNDS`, for long runs.
fn rounds() -> usize {
    let few = if cfg!(miri) { 10 } else { 2000 };
    std::env::var("FOREBAY_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(few)
}

/// Nothing is on loan, and all was counted.
fn at_rest<T, const N: usize, P, W: WaitPolicy>(pool: &Pool<T, N, P, W>) {
    assert_eq!((pool.audit().count(), pool.available()), (0, N));
    let metrics = pool.metrics();
    assert_eq!((metrics.in_use, metrics.gets), (0, metrics.puts));
    assert_eq!(metrics.double_returns, 0);
}

#[test]
fn who_comes_first_is_served_first() {
    fn check<const N: usize>() {
        const K: usize = 5;
        let pool: Waits<N, K> = Pool::with_waiting(DefaultReset);
        let mut held: VecDeque<_> = (0..N).map(|_| pool.try_get().unwrap()).collect();
        let mut waiters: VecDeque<_> = (0..K).map(|_| Hand::waiting(pool.get())).collect();
        while let Some(mut first) = waiters.pop_front() {
            let lease = held.pop_front().unwrap();
            let slot = Lease::slot(&lease);
            drop(lease);
            // It is the first one's already: nobody overtakes.
            assert!(pool.try_get().is_err());
            assert!(pool.try_get_up_to::<3>().is_empty());
            assert!(waiters.iter_mut().all(|other| other.poll().is_none()));
            assert_eq!(first.woken(), 1);
            assert!(waiters.iter().all(|other| other.woken() == 0));
            let lease = first.poll().unwrap().unwrap();
            assert_eq!(Lease::slot(&lease), slot);
            held.push_back(lease);
        }
        drop(held);
        at_rest(&pool);
    }
    for_capacities!(check);
}

#[test]
fn a_later_get_waits_behind() {
    let pool: Waits<1, 4> = Pool::with_waiting(DefaultReset);
    let held = pool.try_get().unwrap();
    let mut first = Hand::waiting(pool.get());
    let mut second = Hand::waiting(pool.get());
    drop(held);
    let mut third = Hand::waiting(pool.get());
    drop(first.poll().unwrap());
    let mut fourth = Hand::waiting(pool.get());
    drop(second.poll().unwrap());
    assert_eq!((third.woken(), fourth.woken()), (1, 0));
    assert!(fourth.poll().is_none());
    drop(third.poll().unwrap());
    drop(fourth.poll().unwrap());
    at_rest(&pool);
}

#[test]
fn a_get_that_need_not_wait_does_not() {
    let pool: Waits<2, 1> = Pool::with_waiting(DefaultReset);
    let mut get = Hand::new(pool.get());
    let lease = get.poll().unwrap().unwrap();
    assert_eq!((get.woken(), get.wakers()), (0, 0));
    // Awaited again, it is another get.
    drop(get.poll().unwrap().unwrap());
    drop((get, lease));
    at_rest(&pool);
}

#[test]
fn a_get_dropped_before_its_first_poll_changes_nothing() {
    let pool: Waits<1, 1> = Pool::with_waiting(DefaultReset);
    let held = pool.try_get().unwrap();
    drop(pool.get());
    let mut get = Hand::waiting(pool.get());
    drop(pool.get());
    drop(held);
    drop(get.poll().unwrap());
    at_rest(&pool);
}

#[test]
fn a_get_dropped_while_it_waits_leaves_the_order() {
    for leaving in 0..5 {
        let pool: Waits<1, 5> = Pool::with_waiting(DefaultReset);
        let mut held = Some(pool.try_get().unwrap());
        let mut waiters: Vec<_> = (0..5).map(|_| Hand::waiting(pool.get())).collect();
        drop(waiters.remove(leaving));
        // Whoever takes the seat comes last.
        waiters.push(Hand::waiting(pool.get()));
        for at in 0..5 {
            drop(held.take());
            assert!(waiters[at + 1..].iter().all(|other| other.woken() == 0));
            assert_eq!(waiters[at].woken(), 1);
            held = waiters[at].poll().map(Result::unwrap);
        }
        drop((held, waiters));
        at_rest(&pool);
    }
}

#[test]
fn a_get_dropped_with_its_object_passes_it_on() {
    let pool: Waits<1, 3> = Pool::with_waiting(DefaultReset);
    let mut waiters: VecDeque<_> = {
        let _held = pool.try_get().unwrap();
        (0..3).map(|_| Hand::waiting(pool.get())).collect()
    };
    while let Some(first) = waiters.pop_front() {
        assert_eq!(first.woken(), 1);
        assert!(waiters.iter().all(|other| other.woken() == 0));
        assert!(pool.try_get().is_err());
        drop(first);
    }
    assert!(pool.try_get().is_ok(), "free in the end");
    at_rest(&pool);
}

#[test]
fn a_get_that_is_gone_keeps_no_waker() {
    let pool: Waits<1, 2> = Pool::with_waiting(DefaultReset);
    let held = pool.try_get().unwrap();
    let first = Hand::waiting(pool.get());
    let mut second = Hand::waiting(pool.get());
    assert_eq!((first.wakers(), second.wakers()), (1, 1));
    let first = first.cancel();
    assert_eq!(Arc::strong_count(&first), 1, "it may keep a whole task alive");
    drop(held);
    drop(second.poll().unwrap());
    assert_eq!(second.wakers(), 0);
}

#[test]
fn a_get_forgotten_keeps_its_seat_and_what_it_is_handed() {
    let pool: Waits<2, 2> = Pool::with_waiting(DefaultReset);
    let held = pool.try_get_up_to::<2>().into_array::<2>().unwrap();
    let woken = {
        // Forgotten without the box that it would stand in.
        let woken = Arc::<crate::woken::Woken>::default();
        let waker = Arc::clone(&woken).into();
        let mut get = pool.get();
        assert!(Pin::new(&mut get).poll(&mut Context::from_waker(&waker)).is_pending());
        std::mem::forget(get);
        woken
    };
    let mut second = Hand::waiting(pool.get());
    assert_eq!(Hand::new(pool.get()).poll().unwrap().err(), Some(TooManyWaiters));
    let [one, other] = held;
    let lost = Lease::slot(&one);
    drop(one);
    assert_eq!(second.woken(), 0);
    drop(other);
    drop(second.poll().unwrap());
    // One seat and one object are left.
    let loans: Vec<_> = pool.audit().map(|loan| loan.slot()).collect();
    assert_eq!((loans, pool.available()), (vec![lost], 1));
    let held = pool.try_get().unwrap();
    let mut third = Hand::waiting(pool.get());
    assert_eq!(Hand::new(pool.get()).poll().unwrap().err(), Some(TooManyWaiters));
    drop(held);
    drop(third.poll().unwrap());
    let metrics = pool.metrics();
    assert_eq!((metrics.in_use, metrics.gets), (1, metrics.puts + 1));
    drop(woken);
}

#[test]
fn there_are_as_many_seats_as_said() {
    fn check<const K: usize>() {
        let pool: Waits<1, K> = Pool::with_waiting(DefaultReset);
        let mut held = Some(pool.try_get().unwrap());
        let refused = || Hand::new(pool.get()).poll().unwrap().err() == Some(TooManyWaiters);
        let mut waiters: VecDeque<_> = (0..K).map(|_| Hand::waiting(pool.get())).collect();
        assert!(refused());
        assert_eq!(pool.get_blocking().err(), Some(TooManyWaiters));
        let error = pool.get_timeout(LONG).err().unwrap();
        assert_eq!(error, WaitError::TooManyWaiters(TooManyWaiters));
        if K == 0 {
            return;
        }
        // Left while waiting.
        waiters.remove(K / 2);
        waiters.push_back(Hand::waiting(pool.get()));
        assert!(refused());
        if K == 1 {
            return;
        }
        // Left with an object that was not looked at: the seat is its own until then.
        drop(held.take());
        assert!(refused());
        waiters.pop_front();
        waiters.push_back(Hand::waiting(pool.get()));
        assert!(refused());
        // Left with an object.
        held = waiters.pop_front().unwrap().poll().map(Result::unwrap);
        waiters.push_back(Hand::waiting(pool.get()));
        assert!(refused());
        // Left when the time was up.
        waiters.pop_back();
        for _ in 0..3 {
            let error = pool.get_timeout(Duration::ZERO).err().unwrap();
            assert!(matches!(error, WaitError::TimedOut(_)));
        }
        waiters.push_back(Hand::waiting(pool.get()));
        assert!(refused());
        drop((held, waiters));
        at_rest(&pool);
    }
    check::<0>();
    check::<1>();
    check::<2>();
    check::<7>();
    check::<40>();
}

#[test]
fn all_seats_are_taken_by_those_that_have_something() {
    // Both seats belong to owners that were handed an object and did not look; a third is free.
    let pool: Waits<3, 2> = Pool::with_waiting(DefaultReset);
    let held = pool.try_get_many::<3>().unwrap();
    let granted = [Hand::waiting(pool.get()), Hand::waiting(pool.get())];
    drop(held);
    assert!(Hand::new(pool.get()).poll().unwrap().is_ok(), "needs no seat");
    drop(granted);
    at_rest(&pool);
}

#[test]
fn time_outs_of_all_lengths() {
    let _watchdog = Watchdog::new();
    let pool: Waits<1, 2> = Pool::with_waiting(DefaultReset);
    for timeout in [Duration::ZERO, Duration::from_nanos(1), Duration::MAX] {
        drop(pool.get_timeout(timeout).unwrap());
        drop(pool.get_reserved_timeout(timeout).unwrap());
    }
    let held = pool.try_get().unwrap();
    let exhausted: Exhausted = pool.try_get().err().unwrap();
    for timeout in [Duration::ZERO, Duration::from_nanos(1), Duration::from_millis(2)] {
        let error = pool.get_timeout(timeout).err();
        assert_eq!(error, Some(WaitError::TimedOut(exhausted)));
    }
    assert_eq!(pool.metrics().exhausted, 4);
    // Too far away to be a time.
    let ready = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            ready.wait();
            drop(pool.get_timeout(Duration::MAX).unwrap());
        });
        ready.wait();
        thread::sleep(Duration::from_millis(if cfg!(miri) { 0 } else { 10 }));
        drop(held);
    });
    at_rest(&pool);
}

#[test]
fn an_object_put_when_the_time_is_up_is_not_lost() {
    let _watchdog = Watchdog::new();
    let pool: Waits<1, 3> = Pool::with_waiting(DefaultReset);
    let (got, late) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for id in 1..=3 {
            let (pool, got, late) = (&pool, &got, &late);
            scope.spawn(move || {
                let mut numbers = Numbers::new(id);
                for _ in 0..rounds() {
                    let timeout = Duration::from_nanos(numbers.below(30_000) as u64);
                    match pool.get_timeout(timeout) {
                        Ok(mut object) => {
                            got.fetch_add(1, SeqCst);
                            owns(&mut object);
                        }
                        Err(WaitError::TimedOut(_)) => _ = late.fetch_add(1, SeqCst),
                        Err(error) => panic!("{error}: there is a seat for each"),
                    }
                }
            });
        }
    });
    assert_eq!(got.into_inner() + late.into_inner(), 3 * rounds());
    at_rest(&pool);
    drop(pool.try_get().unwrap());
}

/// Writes the object, and sees nobody else's writes.
fn owns(object: &mut u32) {
    assert_eq!(std::hint::black_box(&mut *object), &0);
    *object = 1;
    thread::yield_now();
    assert_eq!(std::hint::black_box(object), &1);
}

#[test]
fn blocking_gets_all_end() {
    fn check<const N: usize>(threads: usize) {
        let _watchdog = Watchdog::new();
        let pool: Waits<N, 8> = Pool::with_waiting(DefaultReset);
        thread::scope(|scope| {
            for id in 0..threads {
                let pool = &pool;
                scope.spawn(move || {
                    for round in 0..rounds() {
                        let mut object = pool.get_blocking().unwrap();
                        if (round + id) % 3 == 0 {
                            owns(&mut object);
                        }
                    }
                });
            }
        });
        at_rest(&pool);
        let metrics = pool.metrics();
        assert_eq!(metrics.gets as usize, threads * rounds());
        assert!(metrics.high_water <= N as u64);
        assert_eq!(metrics.exhausted, 0);
    }
    check::<1>(4);
    check::<2>(6);
    check::<33>(4);
}

#[test]
fn more_threads_than_seats_are_refused_or_served() {
    let _watchdog = Watchdog::new();
    let pool: Waits<1, 1> = Pool::with_waiting(DefaultReset);
    let served = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..rounds() {
                    if let Ok(mut object) = pool.get_blocking() {
                        owns(&mut object);
                        served.fetch_add(1, SeqCst);
                    }
                }
            });
        }
    });
    at_rest(&pool);
    assert_eq!(pool.metrics().gets as usize, served.into_inner());
    // The seat is not lost either.
    let held = pool.try_get().unwrap();
    let mut waiter = Hand::waiting(pool.get());
    drop(held);
    drop(waiter.poll().unwrap());
}

/// Futures come and go on several threads, by all ways of leaving.
#[test]
fn futures_come_and_go_on_many_threads() {
    let _watchdog = Watchdog::new();
    let pool: Waits<3, 6> = Pool::with_waiting(DefaultReset);
    let handed: Mutex<Vec<Hand<_>>> = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for id in 1..=3 {
            let (pool, handed) = (&pool, &handed);
            scope.spawn(move || {
                let mut numbers = Numbers::new(id);
                for _ in 0..rounds() {
                    let mut get = Hand::new(pool.get());
                    match get.poll() {
                        Some(Ok(mut object)) => owns(&mut object),
                        Some(Err(TooManyWaiters)) => {}
                        None if numbers.below(3) == 0 => drop(get),
                        // Polled or dropped elsewhere.
                        None => handed.lock().unwrap().push(get),
                    }
                    let other = handed.lock().unwrap().pop();
                    if let Some(mut other) = other {
                        if numbers.below(2) == 0 {
                            if let Some(object) = other.poll() {
                                owns(&mut object.unwrap());
                            }
                        }
                    }
                }
            });
        }
    });
    drop(handed);
    at_rest(&pool);
    let all = pool.try_get_many::<3>().unwrap();
    let waiters: Vec<_> = (0..6).map(|_| Hand::waiting(pool.get())).collect();
    drop((waiters, all));
    at_rest(&pool);
}

#[test]
fn a_drop_in_another_thread_wakes() {
    let _watchdog = Watchdog::new();
    static POOL: Waits<1, 1> = Pool::with_waiting(DefaultReset);
    let held = POOL.try_get().unwrap();
    let mut waiter = Hand::waiting(POOL.get());
    thread::spawn(move || drop(held)).join().unwrap();
    assert_eq!(waiter.woken(), 1);
    drop(waiter.poll().unwrap());
    at_rest(&POOL);
}

#[test]
fn all_kinds_of_leases_come_back_to_those_who_wait() {
    let pool = Arc::new(Waits::<1, 1>::with_waiting(DefaultReset));
    let next = |put: &mut dyn FnMut()| {
        let mut waiter = Hand::waiting(pool.get());
        put();
        assert_eq!(waiter.woken(), 1);
        drop(waiter.poll().unwrap().unwrap());
        at_rest(&pool);
    };
    let mut lease = Some(pool.try_get_arc().unwrap());
    next(&mut || drop(lease.take()));
    let mut lease = Some(Lease::erase(pool.try_get().unwrap()));
    next(&mut || drop(lease.take()));
    let mut lease = Some(Lease::map(pool.try_get().unwrap(), |object| object));
    next(&mut || drop(lease.take()));
    let shared = Lease::share(pool.try_get().unwrap());
    let mut holders = [Some(shared.clone()), Some(shared)];
    next(&mut || {
        drop(holders[0].take());
        assert!(pool.try_get().is_err());
        drop(holders[1].take());
    });
    let raw = Lease::into_raw(pool.try_get().unwrap());
    #[allow(unsafe_code)]
    // SAFETY: nobody uses the pointer any more.
    next(&mut || drop(unsafe { Lease::from_raw(&*pool, raw) }.unwrap()));
    let mut all = Some(pool.try_get_many::<1>().unwrap());
    next(&mut || drop(all.take()));
}

#[test]
fn a_waker_may_use_the_pool() {
    static POOL: Waits<2, 8> = Pool::with_waiting(DefaultReset);
    let [one, other] = POOL.try_get_many::<2>().unwrap();
    let dropped = Arc::new(Mutex::new(None));
    let late = Arc::new(Mutex::new(None));
    let waker = Act::waker({
        let (dropped, late) = (Arc::clone(&dropped), Arc::clone(&late));
        move || {
            assert!(POOL.try_get().is_err(), "it belongs to the one who is being woken");
            drop(dropped.lock().unwrap().take()); // one that waits
            drop(other); // goes to another
            *late.lock().unwrap() = Some(Hand::waiting(POOL.get()));
            assert_eq!((POOL.available(), POOL.trim(), POOL.fill()), (0, 0, 0));
        }
    });
    let mut first = Box::pin(POOL.get());
    let mut context = Context::from_waker(&waker);
    assert!(first.as_mut().poll(&mut context).is_pending());
    *dropped.lock().unwrap() = Some(Hand::waiting(POOL.get()));
    let mut second = Hand::waiting(POOL.get());
    drop(one);
    assert!(dropped.lock().unwrap().is_none(), "the waker ran");
    assert_eq!(second.woken(), 1);
    let one = crate::woken::ready(first.as_mut().poll(&mut context)).unwrap().unwrap();
    let other = second.poll().unwrap().unwrap();
    drop(one);
    let late = late.lock().unwrap().take();
    drop(late.unwrap().poll().expect("comes last").unwrap());
    drop(other);
    at_rest(&POOL);
}

#[test]
fn a_waker_may_drop_the_future_it_wakes() {
    static POOL: Waits<1, 2> = Pool::with_waiting(DefaultReset);
    let held = POOL.try_get().unwrap();
    let first = Arc::new(Mutex::new(Some(Box::pin(POOL.get()))));
    let waker = Act::waker({
        let first = Arc::clone(&first);
        move || drop(first.lock().unwrap().take())
    });
    let poll =
        first.lock().unwrap().as_mut().unwrap().as_mut().poll(&mut Context::from_waker(&waker));
    assert!(poll.is_pending());
    let mut second = Hand::waiting(POOL.get());
    drop(held);
    assert!(first.lock().unwrap().is_none());
    assert_eq!(second.woken(), 1, "the object went on");
    drop(second.poll().unwrap());
    at_rest(&POOL);
}

#[test]
fn a_waker_that_panics_loses_no_object() {
    static POOL: Waits<1, 2> = Pool::with_waiting(DefaultReset);
    let held = POOL.try_get().unwrap();
    let mut first = Box::pin(POOL.get());
    let waker = Act::waker(|| {
        if !thread::panicking() {
            crate::common::boom()
        }
    });
    assert!(first.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let mut second = Hand::waiting(POOL.get());
    // The panic comes out of the put; the object is the waiter's all the same.
    assert!(booms(|| drop(held)));
    assert!(POOL.try_get().is_err());
    let object = crate::woken::ready(first.as_mut().poll(&mut Context::from_waker(&waker)));
    drop(object.unwrap().unwrap());
    drop(second.poll().unwrap().unwrap());
    at_rest(&POOL);
}

/// Objects that `recycle` can refuse, made by a `make` that can panic.
#[derive(Debug)]
struct Fickle {
    fuse: Fuse,
    made: AtomicUsize,
}

impl Fickle {
    const fn new() -> Self {
        Self { fuse: Fuse::new(), made: AtomicUsize::new(0) }
    }
}

const REFUSED: u32 = 666;

impl Policy<u32> for &Fickle {
    fn make(&self, _slot: usize) -> u32 {
        self.fuse.burn();
        self.made.fetch_add(1, SeqCst) as u32
    }

    fn recycle(&self, object: &mut u32) -> bool {
        *object != REFUSED
    }
}

#[test]
fn an_object_that_is_refused_is_made_by_who_waits() {
    let policy = Fickle::new();
    let pool: Pool<u32, 1, _, Waking<1>> = Pool::with_waiting(&policy);
    let mut held = pool.try_get().unwrap();
    let mut waiter = Hand::waiting(pool.get());
    *held = REFUSED;
    drop(held);
    assert_eq!((waiter.woken(), policy.made.load(SeqCst)), (1, 1));
    assert_eq!(*waiter.poll().unwrap().unwrap(), 1);
    at_rest(&pool);
    let metrics = pool.metrics();
    assert_eq!((metrics.misses, metrics.evictions, metrics.gets), (2, 1, 2));
}

#[test]
fn a_make_that_panics_for_who_waits_passes_the_slot_on() {
    let policy = Fickle::new();
    let pool: Pool<u32, 1, _, Waking<3>> = Pool::with_waiting(&policy);
    let mut held = pool.try_get().unwrap();
    let mut waiters: Vec<_> = (0..3).map(|_| Hand::waiting(pool.get())).collect();
    *held = REFUSED;
    drop(held);
    for at in 0..2 {
        policy.fuse.arm(1);
        assert!(booms(|| waiters[at].poll()));
        let woken: Vec<_> = waiters.iter().map(Hand::woken).collect();
        assert_eq!(woken, [1, 1, (at == 1).into()]);
    }
    drop(waiters[2].poll().unwrap().unwrap());
    at_rest(&pool);
    assert_eq!(pool.metrics().panics, 2);
    // Whoever saw the panic can wait again, and its seat is not lost.
    let held = pool.try_get().unwrap();
    for waiter in &mut waiters {
        assert!(waiter.poll().is_none());
    }
    drop((waiters, held));
    at_rest(&pool);
}

#[test]
fn a_make_that_panics_in_a_blocking_get_passes_the_slot_on() {
    let _watchdog = Watchdog::new();
    let policy = Fickle::new();
    let pool: Pool<u32, 1, _, Waking<3>> = Pool::with_waiting(&policy);
    let held = Mutex::new(Some(pool.try_get().unwrap()));
    policy.fuse.arm(1);
    let panicked = AtomicUsize::new(0);
    let ready = Barrier::new(3);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                ready.wait();
                panicked.fetch_add(usize::from(booms(|| pool.get_blocking().unwrap())), SeqCst);
            });
        }
        ready.wait();
        let mut held = held.lock().unwrap().take().unwrap();
        *held = REFUSED;
        drop(held);
    });
    assert_eq!(panicked.into_inner(), 1);
    at_rest(&pool);
}

/// Uses its own pool whenever it is called.
struct Nosy;

static NOSY: Pool<u32, 2, Nosy, Waking<4>> = Pool::with_waiting(Nosy);
static NOSY_CALLS: AtomicUsize = AtomicUsize::new(0);

impl Nosy {
    fn look() {
        if thread::panicking() {
            return; // A second panic would hide the first.
        }
        NOSY_CALLS.fetch_add(1, SeqCst);
        assert!(NOSY.try_get().is_err());
        assert!(NOSY.get_timeout(Duration::ZERO).is_err());
        drop(Hand::waiting(NOSY.get()));
        NOSY.trim();
        NOSY.fill();
    }
}

impl Policy<u32> for Nosy {
    fn make(&self, slot: usize) -> u32 {
        if NOSY.available() == 0 {
            Self::look();
        }
        slot as u32
    }

    fn recycle(&self, object: &mut u32) -> bool {
        Self::look();
        *object != REFUSED
    }
}

#[test]
fn a_policy_may_use_its_pool_while_others_wait() {
    let [mut one, other] = NOSY.try_get_many::<2>().unwrap();
    let mut waiters: Vec<_> = (0..2).map(|_| Hand::waiting(NOSY.get())).collect();
    *one = REFUSED;
    let before = NOSY_CALLS.load(SeqCst);
    drop(one);
    let made = waiters[0].poll().unwrap().unwrap();
    assert_eq!(NOSY_CALLS.load(SeqCst), before + 2, "once in recycle, once in make");
    drop(other);
    let kept = waiters[1].poll().unwrap().unwrap();
    assert_eq!(NOSY.audit().count(), 2);
    // Others wait when the last ones come back, so that nothing is free while `recycle` looks.
    let mut waiters: Vec<_> = (0..2).map(|_| Hand::waiting(NOSY.get())).collect();
    drop((made, kept));
    let last: Vec<_> = waiters.iter_mut().map(|waiter| waiter.poll().unwrap().unwrap()).collect();
    last.into_iter().for_each(std::mem::forget); // `recycle` would find the other one free
}

#[test]
fn housekeeping_leaves_those_who_wait_alone() {
    // The reserved object is idle while others wait for the first.
    let pool: Pool<u32, 2, DefaultReset, Headroom<1, Waking<4>>> = Pool::with_waiting(DefaultReset);
    let held = pool.try_get_reserved().unwrap();
    drop(pool.try_get_reserved().unwrap());
    let mut waiter = Hand::waiting(pool.get());
    assert_eq!((pool.trim(), pool.fill(), pool.trim()), (1, 1, 1));
    assert!(pool.try_get_many::<2>().is_err());
    assert!(pool.try_get_many::<1>().is_err());
    assert!(pool.try_get_up_to::<2>().is_empty());
    assert_eq!((waiter.woken(), pool.available()), (0, 1));
    assert!(waiter.poll().is_none());
    drop(held);
    assert_eq!((pool.trim(), pool.fill()), (0, 1));
    assert!(pool.try_get().is_err());
    drop(waiter.poll().unwrap());
    at_rest(&pool);
}

#[test]
fn housekeeping_races_with_those_who_wait() {
    let _watchdog = Watchdog::new();
    let pool: Waits<2, 4> = Pool::with_waiting(DefaultReset);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let _stop = Finally(|| stop.store(true, SeqCst));
        scope.spawn(|| {
            while !stop.load(SeqCst) {
                pool.trim();
                pool.fill();
                drop(pool.try_get_up_to::<2>());
                thread::yield_now();
            }
        });
        let getters: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| (0..rounds()).for_each(|_| owns(&mut pool.get_blocking().unwrap())))
            })
            .collect();
        getters.into_iter().for_each(|getter| getter.join().unwrap());
    });
    at_rest(&pool);
}

/// Runs when dropped.
struct Finally<F: FnMut()>(F);

impl<F: FnMut()> Drop for Finally<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn what_is_handed_over_is_counted() {
    let pool: Waits<3, 4> = Pool::with_waiting(DefaultReset);
    let mut held: VecDeque<_> = (0..2).map(|_| pool.try_get().unwrap()).collect();
    held.push_back(pool.try_get().unwrap());
    for _ in 0..10 {
        let mut waiter = Hand::waiting(pool.get());
        held.pop_front();
        held.push_back(waiter.poll().unwrap().unwrap());
        let metrics = pool.metrics();
        assert_eq!(metrics.gets, metrics.puts + metrics.in_use);
        assert_eq!((metrics.in_use, metrics.high_water, metrics.misses), (3, 3, 3));
    }
    assert_eq!(pool.metrics().gets, 13);
    drop(held);
    at_rest(&pool);
}

#[test]
fn an_epoch_is_that_of_the_get_not_of_the_put() {
    let pool: Waits<1, 1> = Pool::with_waiting(DefaultReset);
    let held = pool.try_get().unwrap();
    let mut waiter = Hand::waiting(pool.get());
    drop(held);
    pool.advance_epoch();
    let _object = waiter.poll().unwrap().unwrap();
    assert_eq!(pool.audit().next().unwrap().age(), 0);
}

mod headroom {
    use super::*;

    type Frames<const H: usize> = Pool<u32, 4, DefaultReset, Headroom<H, Waking<4>>>;

    /// Receives requests until there are no objects, and then has to take one for each answer.
    #[test]
    fn one_pool_for_both_directions_goes_on() {
        let without: Waits<4, 4> = Pool::with_waiting(DefaultReset);
        let requests: Vec<_> = std::iter::from_fn(|| without.try_get().ok()).collect();
        // An answer frees its request, but there is no object for it: nobody can go on.
        assert_eq!(requests.len(), 4);
        let answer = Hand::waiting(without.get());
        assert_eq!(answer.woken(), 0);
        drop((requests, answer));

        let with: Frames<1> = Pool::with_waiting(DefaultReset);
        let mut requests: Vec<_> = std::iter::from_fn(|| with.try_get().ok()).collect();
        let mut next = Hand::waiting(with.get());
        for _ in 0..10 {
            assert_eq!(requests.len(), 3);
            let answer = Hand::new(with.get_reserved()).poll().unwrap().unwrap();
            // Sent, the answer and its request are given back, and the next request is let in.
            drop(requests.remove(0));
            drop(answer);
            requests.push(next.poll().unwrap().unwrap());
            next = Hand::waiting(with.get());
        }
        drop((requests, next));
        at_rest(&with);
    }

    #[test]
    fn get_reserved_waits() {
        let pool: Frames<2> = Pool::with_waiting(DefaultReset);
        let normal = pool.try_get_many::<2>().unwrap();
        let mut reserved: Vec<_> =
            (0..2).map(|_| Hand::new(pool.get_reserved()).poll().unwrap().unwrap()).collect();
        let mut first = Hand::waiting(pool.get_reserved());
        let mut second = Hand::waiting(pool.get_reserved());
        drop(reserved.pop());
        assert_eq!((first.woken(), second.woken()), (1, 0));
        drop(normal); // any will do
        assert_eq!((first.woken(), second.woken()), (1, 1));
        let first = first.poll().unwrap().unwrap();
        let second = second.poll().unwrap().unwrap();
        assert!(Lease::slot(&first) >= 2 && Lease::slot(&second) < 2);
        let _normal = pool.try_get().unwrap();
        let error = pool.get_reserved_timeout(Duration::ZERO).err();
        assert!(matches!(error, Some(WaitError::TimedOut(_))));
    }

    #[test]
    fn reserved_objects_are_never_handed_to_others() {
        fn check<const H: usize>() {
            const N: usize = 100;
            type P<const H: usize> = Pool<u32, N, DefaultReset, Headroom<H, Waking<3>>>;
            let pool: P<H> = Pool::with_waiting(DefaultReset);
            let normal: Vec<_> = std::iter::from_fn(|| pool.try_get().ok()).collect();
            let mut reserved: Vec<_> =
                std::iter::from_fn(|| pool.try_get_reserved().ok()).collect();
            assert_eq!((normal.len(), reserved.len()), (N - H, H));
            let mut all: Vec<_> = normal.into_iter().chain(reserved.drain(..)).map(Some).collect();
            all.sort_by_key(|lease| lease.as_ref().map(Lease::slot));
            let mut numbers = Numbers::new(H as u64);
            for round in 0..if cfg!(miri) { 20 } else { 400 } {
                // Two that are not privileged, and one that is, in one of three orders.
                let at = round % 3;
                let mut waiters: Vec<_> = (0..3)
                    .map(|i| Hand::waiting(if i == at { pool.get_reserved() } else { pool.get() }))
                    .collect();
                let slot = numbers.below(N);
                all[slot] = None;
                let expected = if slot < N - H { 0 } else { at };
                for (i, waiter) in waiters.iter_mut().enumerate() {
                    assert_eq!(waiter.woken(), usize::from(i == expected), "{slot} {i} {at}");
                    if i != expected {
                        assert!(waiter.poll().is_none());
                    }
                }
                let lease = waiters[expected].poll().unwrap().unwrap();
                assert_eq!(Lease::slot(&lease), slot);
                all[slot] = Some(lease);
            }
            // Nobody privileged waits: it stays.
            let mut waiter = Hand::waiting(pool.get());
            all[N - 1] = None;
            assert_eq!((waiter.woken(), pool.available()), (0, 1));
            assert!(waiter.poll().is_none() && pool.try_get().is_err());
            // One who comes later takes it, past the other who cannot have it.
            all[N - 1] = Hand::new(pool.get_reserved()).poll().map(Result::unwrap);
            assert_eq!(all[N - 1].as_ref().map(Lease::slot), Some(N - 1));
            drop((all, waiter));
            at_rest(&pool);
        }
        check::<1>();
        check::<31>();
        check::<33>();
        check::<99>();
    }

    #[test]
    fn a_privileged_caller_needs_no_seat_for_a_free_object() {
        let pool: Frames<1> = Pool::with_waiting(DefaultReset);
        let held = pool.try_get_many::<3>().unwrap();
        let mut waiters: Vec<_> = (0..4).map(|_| Hand::waiting(pool.get())).collect();
        // All seats are taken by those that the reserved object is not for.
        let answer = Hand::new(pool.get_reserved()).poll().unwrap().expect("one is free");
        assert_eq!(Lease::slot(&answer), 3);
        let refused = Hand::new(pool.get_reserved()).poll().unwrap().err();
        assert_eq!(refused, Some(TooManyWaiters));
        drop(answer);
        assert!(waiters.iter_mut().all(|waiter| waiter.poll().is_none()));
        drop((waiters, held));
        at_rest(&pool);
    }

    #[test]
    fn both_kinds_wait_on_many_threads() {
        let _watchdog = Watchdog::new();
        let pool: Pool<u32, 3, DefaultReset, Headroom<1, Waking<6>>> =
            Pool::with_waiting(DefaultReset);
        thread::scope(|scope| {
            for id in 0..6 {
                let pool = &pool;
                scope.spawn(move || {
                    for _ in 0..rounds() {
                        let mut lease = if id < 2 {
                            pool.get_reserved_blocking().unwrap()
                        } else {
                            pool.get_blocking().unwrap()
                        };
                        assert!(id < 2 || Lease::slot(&lease) < 2);
                        owns(&mut lease);
                    }
                });
            }
        });
        at_rest(&pool);
        assert_eq!(pool.metrics().gets as usize, 6 * rounds());
    }
}

mod lanes {
    use super::*;

    type Lanes<const N: usize, const LANES: usize, const K: usize> =
        LanePool<u32, N, LANES, DefaultReset, Waking<K>>;

    /// Objects that stay out while a test looks at the others.
    fn out<const N: usize, const LANES: usize, const K: usize>(
        pool: &Lanes<N, LANES, K>,
        count: usize,
    ) -> Vec<Lease<&forebay::Pool<u32, N, DefaultReset, forebay::wait::Lanes<LANES, Waking<K>>>>>
    {
        let lane = pool.try_claim().unwrap();
        (0..count).map(|_| Lease::detach(lane.try_get().unwrap())).collect()
    }

    #[test]
    fn a_put_on_a_warm_lane_goes_to_who_waits() {
        let pool: Lanes<2, 1, 2> = LanePool::with_waiting(DefaultReset);
        let out = out(&pool, 1);
        let lane = pool.try_claim().unwrap();
        drop(lane.try_get().unwrap());
        let held = lane.try_get().unwrap();
        let mut first = Hand::waiting(pool.get());
        let mut second = Hand::waiting(pool.get());
        drop(held);
        assert_eq!((first.woken(), second.woken()), (1, 0));
        assert!(lane.try_get().is_err() && pool.try_get().is_err());
        drop(first.poll().unwrap());
        assert_eq!(second.woken(), 1);
        drop(second.poll().unwrap());
        // Nobody waits any more: it is the lane's again, from where all others get it.
        drop(lane.try_get().unwrap());
        let steals = pool.metrics().steals;
        drop(pool.try_get().unwrap());
        assert_eq!(pool.metrics().steals, steals + 1);
        drop(out);
        at_rest(&pool);
    }

    /// An object goes to the first who waits, on whichever lane it comes back.
    #[test]
    fn who_comes_first_is_served_first() {
        let pool: Lanes<2, 2, 3> = LanePool::with_waiting(DefaultReset);
        let lanes = [pool.try_claim().unwrap(), pool.try_claim().unwrap()];
        let both = [lanes[0].try_get().unwrap(), lanes[1].try_get().unwrap()];
        let mut waiters = [(); 3].map(|()| Hand::waiting(pool.get()));
        let woken = |waiters: &[Hand<_>; 3]| [0, 1, 2].map(|at: usize| waiters[at].woken());
        let [one, other] = both;
        drop(other);
        assert_eq!(woken(&waiters), [1, 0, 0]);
        drop(one);
        assert_eq!(woken(&waiters), [1, 1, 0]);
        assert!(lanes.iter().all(|lane| lane.try_get().is_err()));
        for waiter in &mut waiters {
            assert_eq!(waiter.woken(), 1);
            drop(waiter.poll().unwrap().unwrap());
        }
        at_rest(&pool);
    }

    /// Nobody waits while a lane keeps an object.
    #[test]
    fn who_would_wait_takes_from_all_lanes() {
        let pool: Lanes<4, 3, 2> = LanePool::with_waiting(DefaultReset);
        let out = out(&pool, 2);
        let lanes = [(); 3].map(|()| pool.try_claim().unwrap());
        // One object on each of two lanes.
        let both = [lanes[1].try_get().unwrap(), lanes[2].try_get().unwrap()];
        drop(both);
        let first = Hand::new(pool.get()).poll().unwrap().unwrap();
        let second = pool.get_timeout(Duration::ZERO).unwrap();
        assert_eq!(pool.metrics().steals, 2);
        let mut waiter = Hand::waiting(pool.get());
        lanes.iter().for_each(forebay::Lane::flush);
        assert_eq!(waiter.woken(), 0, "nothing was left");
        drop(second);
        drop((waiter.poll().unwrap().unwrap(), first));
        drop((lanes, out));
        at_rest(&pool);
    }

    #[test]
    fn a_detached_lease_wakes_from_another_thread() {
        static POOL: Lanes<2, 1, 1> = LanePool::with_waiting(DefaultReset);
        let out = out(&POOL, 1);
        let lane = POOL.try_claim().unwrap();
        let held = Lease::detach(lane.try_get().unwrap());
        let mut waiter = Hand::waiting(POOL.get());
        thread::spawn(move || drop(held)).join().unwrap();
        drop((waiter.poll().unwrap(), out));
        at_rest(&POOL);
    }

    #[test]
    fn blocking_gets_on_lanes_all_end() {
        let _watchdog = Watchdog::new();
        let pool: Lanes<2, 4, 8> = LanePool::with_waiting(DefaultReset);
        thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    for _ in 0..rounds() {
                        owns(&mut pool.get_timeout(LONG).unwrap());
                    }
                });
            }
        });
        at_rest(&pool);
        assert_eq!(pool.metrics().gets as usize, 6 * rounds());
    }

    #[test]
    fn headroom_is_not_shared_by_a_lane() {
        type P = LanePool<u32, 8, 2, DefaultReset, Headroom<5, Waking<2>>>;
        let pool: P = LanePool::with_waiting(DefaultReset);
        let lanes = [pool.try_claim().unwrap(), pool.try_claim().unwrap()];
        let all: Vec<_> = std::iter::from_fn(|| lanes[0].try_get_reserved().ok()).collect();
        assert_eq!(all.len(), 8);
        drop(all);
        for _ in 0..2 {
            let normal: Vec<_> = std::iter::from_fn(|| lanes[0].try_get().ok()).collect();
            assert_eq!(normal.len(), 3);
            // Several reserved ones are free, with objects.
            let answer = lanes[0].try_get_reserved().unwrap();
            assert!(lanes.iter().all(|lane| lane.try_get().is_err()), "not more of them");
            let mut waiter = Hand::waiting(pool.get());
            let mut privileged: Vec<_> =
                (0..4).map(|_| Hand::new(pool.get_reserved()).poll().unwrap().unwrap()).collect();
            drop(answer);
            privileged.clear();
            assert_eq!(waiter.woken(), 0);
            drop(normal);
            assert!(Lease::slot(&waiter.poll().unwrap().unwrap()) < 3);
            lanes.iter().for_each(forebay::Lane::flush);
        }
        at_rest(&pool);
    }

    #[test]
    fn reserved_objects_out_do_not_count_against_others() {
        type P = LanePool<u32, 8, 2, DefaultReset, Headroom<2, Waking<2>>>;
        let pool: P = LanePool::with_waiting(DefaultReset);
        let normal = pool.try_get_many::<6>().unwrap();
        let reserved = [pool.try_get_reserved().unwrap(), pool.try_get_reserved().unwrap()];
        drop(normal);
        pool.flush();
        assert!(pool.try_get_many::<6>().is_ok(), "six that anybody may have are free");
        drop(reserved);
        assert!(pool.try_get_many::<7>().is_err());
        pool.flush();
        at_rest(&pool);
    }

    #[test]
    fn a_waker_that_panics_loses_no_object_of_a_lane() {
        static POOL: Lanes<2, 1, 1> = LanePool::with_waiting(DefaultReset);
        let out = out(&POOL, 1);
        let lane = POOL.try_claim().unwrap();
        let held = lane.try_get().unwrap();
        let mut waiter = Box::pin(POOL.get());
        let waker = Act::waker(|| {
            if !thread::panicking() {
                crate::common::boom()
            }
        });
        let mut context = Context::from_waker(&waker);
        assert!(waiter.as_mut().poll(&mut context).is_pending());
        assert!(booms(|| drop(held)));
        assert!(lane.try_get().is_err(), "it is the waiter's");
        drop(crate::woken::ready(waiter.as_mut().poll(&mut context)).unwrap().unwrap());
        drop(out);
        at_rest(&POOL);
    }
}

mod streams {
    use super::*;

    type Streams<const STREAMS: usize, const K: usize> = StreamPool<u32, STREAMS, 4, Waking<K>>;

    #[test]
    fn a_ring_comes_back_when_both_halves_are_gone() {
        static STREAMS: Streams<1, 2> = StreamPool::new();
        for first_in in [false, true] {
            let (mut sender, receiver) = STREAMS.try_open().unwrap();
            let epoch = sender.id().epoch;
            sender.try_send(7).unwrap();
            let mut waiter = Hand::waiting(STREAMS.open());
            let last: Box<dyn FnOnce() + Send> = if first_in {
                drop(sender);
                Box::new(move || drop(receiver))
            } else {
                drop(receiver);
                Box::new(move || drop(sender))
            };
            assert_eq!(waiter.woken(), 0);
            assert!(STREAMS.try_open().is_err());
            thread::spawn(last).join().unwrap();
            assert_eq!(waiter.woken(), 1);
            assert!(STREAMS.try_open().is_err(), "it is the first one's");
            let (sender, mut receiver) = waiter.poll().unwrap().unwrap();
            assert_eq!(
                (receiver.try_recv(), receiver.id().epoch),
                (Err(forebay::RecvError::Empty), epoch + 1)
            );
            drop((sender, receiver));
            assert_eq!((STREAMS.available(), STREAMS.audit().count()), (1, 0));
        }
    }

    #[test]
    fn who_comes_first_opens_first() {
        let streams: Streams<2, 4> = StreamPool::new();
        let mut open: VecDeque<_> = (0..2).map(|_| streams.try_open().unwrap()).collect();
        let mut waiters: VecDeque<_> = (0..4).map(|_| Hand::waiting(streams.open())).collect();
        let refused = Hand::new(streams.open()).poll().unwrap().err();
        assert_eq!(refused, Some(TooManyWaiters));
        while let Some(mut first) = waiters.pop_front() {
            open.pop_front();
            assert_eq!(first.woken(), 1);
            assert!(waiters.iter_mut().all(|other| other.woken() == 0 && other.poll().is_none()));
            open.push_back(first.poll().unwrap().unwrap());
        }
        drop(open);
        let metrics = streams.metrics();
        assert_eq!((metrics.gets, metrics.puts, metrics.misses), (6, 6, 2));
    }

    #[test]
    fn an_open_that_is_dropped_passes_the_ring_on() {
        let streams: Streams<1, 3> = StreamPool::new();
        let halves = streams.try_open().unwrap();
        drop(streams.open());
        let first = Hand::waiting(streams.open());
        let second = Hand::waiting(streams.open());
        let mut third = Hand::waiting(streams.open());
        drop(second);
        drop(halves);
        assert_eq!((first.woken(), third.woken()), (1, 0));
        drop(first);
        assert_eq!(third.woken(), 1);
        drop(third.poll().unwrap());
        assert_eq!((streams.available(), streams.audit().count()), (1, 0));
        assert!(streams.try_open().is_ok());
    }

    #[test]
    fn threads_wait_for_rings() {
        let _watchdog = Watchdog::new();
        let streams: Streams<2, 4> = StreamPool::new();
        thread::scope(|scope| {
            for id in 0..4 {
                let streams = &streams;
                scope.spawn(move || {
                    for round in 0..rounds() as u32 {
                        let (mut sender, mut receiver) = if id % 2 == 0 {
                            streams.open_blocking().unwrap()
                        } else {
                            streams.open_timeout(LONG).unwrap()
                        };
                        sender.try_send(round).unwrap();
                        drop(sender);
                        assert_eq!(receiver.try_recv(), Ok(round));
                    }
                });
            }
        });
        assert_eq!((streams.available(), streams.audit().count()), (2, 0));
        assert_eq!(streams.metrics().gets as usize, 4 * rounds());
    }

    #[test]
    fn a_ring_that_is_late_is_not_lost() {
        let _watchdog = Watchdog::new();
        let streams: Streams<1, 1> = StreamPool::new();
        let halves = streams.try_open().unwrap();
        let error = streams.open_timeout(Duration::ZERO).err();
        assert!(matches!(error, Some(WaitError::TimedOut(_))));
        let waiter = Hand::waiting(streams.open());
        let error = streams.open_timeout(LONG).err();
        assert_eq!(error, Some(WaitError::TooManyWaiters(TooManyWaiters)));
        assert_eq!(streams.open_blocking().err(), Some(TooManyWaiters));
        drop((waiter, halves));
        let (opened, ready) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(|| {
                let halves = streams.open_timeout(Duration::MAX).unwrap();
                opened.send(()).unwrap();
                drop(halves);
            });
            ready.recv().unwrap();
        });
        assert!(streams.try_open().is_ok());
    }
}

#[test]
fn every_kind_of_get_ages_a_pool_that_ages_by_misses() {
    type Aging = LanePool<u32, 128, 8, TickByMisses<1>, Waking<1>>;

    static POOLS: [Aging; 4] = [const { LanePool::with_waiting(TickByMisses::new()) }; 4];

    fn check(pool: &'static Aging, get: impl Fn(&'static Aging) -> Box<dyn std::any::Any>) {
        // All were used once; then few are, and the others idle.
        drop((0..128).map(|_| get(pool)).collect::<Vec<_>>());
        (0..20).for_each(|_| drop((0..40).map(|_| get(pool)).collect::<Vec<_>>()));
        assert!(pool.metrics().evictions > 0);
        at_rest(pool);
    }
    check(&POOLS[0], |pool| Box::new(pool.try_get().unwrap()));
    check(&POOLS[1], |pool| Box::new(pool.get_or_new()));
    check(&POOLS[2], |pool| Box::new(pool.try_get_up_to::<1>()));
    check(&POOLS[3], |pool| Box::new(pool.get_blocking().unwrap()));
}

/// A waker whose drop panics.
struct Touchy;

impl std::task::Wake for Touchy {
    fn wake(self: Arc<Self>) {
        // Who wakes it does not drop it.
        let woken = Arc::into_inner(self);
        woken.into_iter().for_each(std::mem::forget);
    }
}

impl Drop for Touchy {
    fn drop(&mut self) {
        if !thread::panicking() {
            crate::common::boom();
        }
    }
}

/// A waker that panics when it is cloned.
#[allow(unsafe_code)]
fn brittle() -> std::task::Waker {
    use std::task::{RawWaker, RawWakerVTable, Waker};
    static TABLE: RawWakerVTable =
        RawWakerVTable::new(|_| crate::common::boom(), |_| {}, |_| {}, |_| {});
    // SAFETY: nothing is behind the pointer, and no function looks.
    unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), &TABLE)) }
}

/// Neither a seat nor a wake-up is lost to it.
#[test]
fn a_waker_that_cannot_be_cloned_costs_nothing() {
    let pool: Waits<1, 2> = Pool::with_waiting(DefaultReset);
    let held = pool.try_get().unwrap();
    let waker = brittle();
    for _ in 0..3 {
        let mut refused = Box::pin(pool.get());
        assert!(booms(|| refused.as_mut().poll(&mut Context::from_waker(&waker))));
    }
    let seated = [(); 2].map(|()| Hand::waiting(pool.get()));
    assert!(Hand::new(pool.get()).poll().unwrap().is_err(), "there were two seats");
    drop(held);
    assert_eq!(seated.each_ref().map(Hand::woken), [1, 0]);
    drop(seated);
    at_rest(&pool);

    // One that has sat down, and is polled again with such a waker.
    for is_good_again in [false, true] {
        let held = pool.try_get().unwrap();
        let mut changed = Box::pin(pool.get());
        let mut poll = |waker| changed.as_mut().poll(&mut Context::from_waker(waker)).is_pending();
        assert!(poll(std::task::Waker::noop()));
        assert!(booms(|| poll(&waker)));
        let (flag, good) = crate::common::Flag::new();
        assert!(!is_good_again || poll(&good));
        drop(held);
        assert_eq!(flag.wakes(), usize::from(is_good_again));
        drop(changed); // with what it was handed
        at_rest(&pool);
    }
}

#[test]
fn a_waker_whose_drop_panics_loses_no_object_handed_to_who_leaves() {
    static POOL: Waits<1, 1> = Pool::with_waiting(DefaultReset);
    let start = Barrier::new(2);
    for _ in 0..rounds() {
        let held = POOL.try_get().unwrap();
        let mut get = Box::pin(POOL.get());
        let waker = std::task::Waker::from(Arc::new(Touchy));
        assert!(get.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        drop(waker);
        thread::scope(|scope| {
            scope.spawn(|| {
                start.wait();
                drop(held);
            });
            start.wait();
            // It panics if nobody took the waker before.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(get)));
        });
        assert_eq!(POOL.available(), 1);
    }
    at_rest(&POOL);
}
