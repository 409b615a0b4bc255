//! The counts of a pool while it works on: never of something that was not, and never less than before.

use crate::common::{Fuse, Together, booms};
use forebay::wait::WaitPolicy;
use forebay::{DefaultReset, LanePool, Metrics, Pool};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;

/// Rounds of each thread. More by `FOREBAY_ROUNDS`, for long runs.
fn rounds(few: usize) -> usize {
    let few = if cfg!(miri) { 20 } else { few };
    std::env::var("FOREBAY_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(few)
}

/// Looks again and again while `work` is done on another thread.
fn look_beside(mut look: impl FnMut(), work: impl FnOnce() + Send) {
    let together = Together::new();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let worker = scope.spawn(|| {
            together.run(|| {
                together.meet(2);
                work();
            });
            done.store(true, SeqCst);
        });
        together.meet(2);
        while !done.load(SeqCst) && !worker.is_finished() {
            look();
        }
        worker.join().unwrap();
    });
    look();
}

/// Nothing is put, so there are no puts, however many are got meanwhile.
#[test]
fn gets_are_not_puts() {
    fn check<const N: usize, W: WaitPolicy>(pool: &Pool<u32, N, DefaultReset, W>) {
        for _ in 0..rounds(200) {
            let puts = pool.metrics().puts;
            let mut leases = Vec::new();
            look_beside(
                || assert_eq!(pool.metrics().puts, puts),
                || leases.extend((0..N).map_while(|_| pool.try_get().ok())),
            );
            let (lent, metrics) = (leases.len() as u64, pool.metrics());
            assert_eq!((metrics.in_use, metrics.gets), (lent, puts + lent));
            drop(leases);
            assert_eq!(pool.metrics().puts, puts + lent);
        }
    }
    static ONE_WORD: Pool<u32, 32> = Pool::new();
    static MANY: Pool<u32, 1000> = Pool::new();
    static LANES: LanePool<u32, 200, 2> = LanePool::new();
    check(&ONE_WORD);
    check(&MANY);
    check(&*LANES);
}

/// One more or one less is on loan, at times on one side of a border between words, at times on the other.
#[test]
fn in_use_is_never_too_low() {
    fn check<const N: usize, W: WaitPolicy>(pool: &Pool<u32, N, DefaultReset, W>, held: usize) {
        let _held = Vec::from_iter((0..held).map(|_| pool.try_get().unwrap()));
        let at_least = held as u64 + 1;
        let first = pool.try_get().unwrap();
        let stop = AtomicBool::new(false);
        let stopped = &stop;
        thread::scope(|scope| {
            scope.spawn(move || {
                let mut held = first;
                while !stopped.load(SeqCst) {
                    held = pool.try_get().unwrap();
                }
                drop(held);
            });
            let looks = || {
                let metrics = pool.metrics();
                // A slot that is lent for the first time is in use just before it counts.
                let in_bounds = at_least..=metrics.high_water + 1;
                let available = pool.available() as u64;
                (!in_bounds.contains(&metrics.in_use) || available > N as u64 - at_least)
                    .then_some(metrics)
            };
            let wrong = (0..rounds(100_000)).find_map(|_| looks());
            stop.store(true, SeqCst);
            assert_eq!(wrong, None, "at least {at_least} were in use");
        });
        assert_eq!(pool.metrics().in_use, held as u64, "exact, while nobody works on it");
    }
    static TWO_WORDS: Pool<u32, 64> = Pool::new();
    static LANES: LanePool<u32, 64, 3> = LanePool::new();
    check(&TWO_WORDS, 31);
    check(&TWO_WORDS, 15); // and where words are shorter
    check(&*LANES, 31);
}

/// Every count but the slots in use.
fn counters(of: &Metrics) -> [u64; 10] {
    [
        of.gets,
        of.misses,
        of.puts,
        of.steals,
        of.evictions,
        of.overflows,
        of.exhausted,
        of.panics,
        of.double_returns,
        of.high_water,
    ]
}

/// Two look, while two get and put, and one trims and fills: no count goes back, whoever saw it.
#[test]
fn no_counter_goes_back() {
    fn check<const N: usize, W: WaitPolicy>(pool: &Pool<u32, N, DefaultReset, W>) {
        let seen = Mutex::new([0; 10]);
        let look = || {
            // Seen by the other one before we look.
            let before = *seen.lock().unwrap();
            let metrics = pool.metrics();
            let now = counters(&metrics);
            assert!(
                now.iter().zip(before).all(|(now, before)| *now >= before),
                "{before:?} {metrics:?}"
            );
            assert!(metrics.puts <= metrics.gets, "{metrics:?}");
            let mut seen = seen.lock().unwrap();
            *seen = std::array::from_fn(|at| now[at].max(seen[at]));
        };
        let work = || {
            for _ in 0..rounds(5_000) {
                let mut leases = Vec::new();
                while let Ok(lease) = pool.try_get() {
                    leases.push(lease);
                }
            }
        };
        look_beside(look, || {
            thread::scope(|scope| {
                scope.spawn(work);
                scope.spawn(work);
                scope.spawn(|| (0..rounds(5_000)).for_each(|_| look()));
                for _ in 0..rounds(2_000) {
                    pool.trim();
                    pool.fill();
                }
            });
        });
        let metrics = pool.metrics();
        assert_eq!((metrics.in_use, metrics.gets), (0, metrics.puts));
    }
    static SMALL: Pool<u32, 3> = Pool::new();
    static TWO_WORDS: Pool<u32, 40> = Pool::new();
    static LANES: LanePool<u32, 40, 2> = LanePool::new();
    check(&SMALL);
    check(&TWO_WORDS);
    check(&*LANES);
}

/// Refusals are counted one by one, however many are refused at once.
#[test]
fn refusals_are_counted_one_by_one() {
    static POOL: Pool<u32, 1> = Pool::new();
    let _held = POOL.try_get().unwrap();
    let (threads, each) = (4, rounds(10_000));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| (0..each).for_each(|_| assert!(POOL.try_get().is_err())));
        }
    });
    assert_eq!(POOL.metrics().exhausted, (threads * each) as u64);
}

/// A get whose `make` panics is a get that found nothing, and no hit.
#[test]
fn a_get_that_panics_is_no_hit() {
    let fuse = Fuse::new();
    let pool = Pool::<_, 2, _>::from_fn(|_slot| {
        fuse.burn();
        1
    });
    fuse.arm(1);
    assert!(booms(|| pool.try_get()));
    let metrics = pool.metrics();
    assert_eq!((metrics.gets, metrics.misses, metrics.hits(), metrics.panics), (1, 1, 0, 1));
    assert_eq!(metrics.hit_ratio(), Some(0.0));
    assert_eq!(metrics.to_string(), "0 of 2 in use (most 0), 1 gets, 0.0 % hits, 1 panics");
    drop(pool.try_get());
    drop(pool.try_get());
    let metrics = pool.metrics();
    assert_eq!((metrics.gets, metrics.misses, metrics.hits()), (3, 2, 1));
}
