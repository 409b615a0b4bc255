//! What Go's own tests of `sync.Pool` (src/sync/pool_test.go) ask, asked of a pool with lanes.
//!
//! A lane stands for Go's P. Where Go pins the goroutine to its P, these tests have a [`Lane`]: nobody else is on
//! it. Go's pool takes in whatever is put; this one lends its own objects only, so that "put, then get" becomes
//! "get, put, and get again". A tick stands for a garbage collection.

use crate::common::{Counted, Tally, Together};
use forebay::{LanePool, Lease, Policy, Reset};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;

/// Makes objects that are counted.
struct Maker(Tally);

impl Maker {
    fn new() -> (Self, Tally) {
        let tally = Tally::default();
        (Self(tally.clone()), tally)
    }
}

impl Policy<Counted> for Maker {
    fn make(&self, _slot: usize) -> Counted {
        self.0.make()
    }

    fn recycle(&self, _object: &mut Counted) -> bool {
        true
    }
}

#[test]
fn smoke() {
    // TestPool, in short.
    let (maker, tally) = Maker::new();
    let pool = LanePool::<_, 2, 1, _>::with_policy(maker);
    let lane = pool.try_claim().unwrap();
    drop(lane.try_get().unwrap());
    assert_eq!(lane.try_get().unwrap().number, 1);
    assert_eq!((tally.made(), tally.dropped()), (1, 0));
}

#[test]
fn get_follows_put_on_one_lane() {
    // TestPool, to the collection. There an empty pool without `New` gives nil, here one that is all lent gives
    // `Exhausted`. The first that is put is the first that is got there; here both are got.
    let (maker, tally) = Maker::new();
    let pool = LanePool::<_, 2, 2, _>::with_policy(maker);
    let lane = pool.try_claim().unwrap();
    let (a, b) = (lane.try_get().unwrap(), lane.try_get().unwrap());
    assert_eq!(lane.try_get().unwrap_err().capacity(), 2);
    let numbers = [a.number, b.number];
    drop(a);
    drop(b);
    let (a, b) = (lane.try_get().unwrap(), lane.try_get().unwrap());
    let mut got = [a.number, b.number];
    got.sort_unstable();
    assert_eq!(got, numbers);
    assert!(lane.try_get().is_err());
    assert_eq!((tally.made(), pool.metrics().misses), (2, 2));
}

#[test]
fn what_was_put_is_gone_after_collections() {
    // TestPool, from the collection on. Go's test comes from before its victim cache: one collection emptied a
    // pool. With it, as here, that takes two.
    let (maker, tally) = Maker::new();
    let pool = LanePool::<_, 4, 2, _>::with_policy(maker);
    let lane = pool.try_claim().unwrap();
    drop(lane.try_get().unwrap());
    assert_eq!(pool.tick(), 0);
    assert_eq!(tally.dropped(), 0, "a victim now");
    assert_eq!(pool.tick(), 1);
    assert_eq!(tally.dropped(), 1);
    assert_eq!(lane.try_get().unwrap().number, 2, "made anew");
}

#[test]
fn a_victim_is_found_and_saved() {
    // The victim cache, which Go's tests do not look at: what is used between two collections stays.
    let (maker, tally) = Maker::new();
    let pool = LanePool::<_, 4, 2, _>::with_policy(maker);
    let lane = pool.try_claim().unwrap();
    for _ in 0..10 {
        assert_eq!(lane.try_get().unwrap().number, 1);
        assert_eq!(pool.tick(), 0);
    }
    assert_eq!((tally.made(), tally.dropped()), (1, 0));
}

#[test]
fn new_makes_what_is_missing() {
    // TestPoolNew. A foreign object cannot be put here; the one that came back is got before one is made.
    let (maker, tally) = Maker::new();
    let pool = LanePool::<_, 3, 2, _>::with_policy(maker);
    let lane = pool.try_claim().unwrap();
    let (one, two) = (lane.try_get().unwrap(), lane.try_get().unwrap());
    assert_eq!((one.number, two.number), (1, 2));
    drop(one);
    let one = lane.try_get().unwrap();
    assert_eq!(one.number, 1);
    let three = lane.try_get().unwrap();
    assert_eq!((three.number, tally.made()), (3, 3));
    drop((one, two, three));
    drop(lane);
    assert_eq!(tally.dropped(), 0);
    drop(pool);
    assert_eq!(tally.alive(), 0);
}

/// A burst of 100, and then collections: each time all of them are released.
fn released(drain: bool) {
    let (maker, tally) = Maker::new();
    let pool = LanePool::<_, 100, 3, _>::with_policy(maker);
    let lane = pool.try_claim().unwrap();
    for round in 1..=3 {
        let burst = Vec::from_iter((0..100).map(|_| lane.try_get().unwrap()));
        assert_eq!(burst.len(), 100);
        drop(burst);
        if drain {
            // Used once more, one after the other, and on another lane.
            let other = pool.try_claim().unwrap();
            drop(Vec::from_iter((0..100).map(|_| other.try_get().unwrap())));
        }
        let ticks = Vec::from_iter((0..3).map(|_| pool.tick()));
        assert_eq!(ticks, [0, 100, 0], "by the second, and not before");
        assert_eq!((tally.made(), tally.dropped()), (100 * round, 100 * round));
    }
    assert_eq!(pool.metrics().evictions, 300);
}

#[test]
fn what_was_got_and_put_again_is_released() {
    // TestPoolGC: no slot of the pool keeps what went through it. Exact here: no finaliser has to run first.
    released(true);
}

#[test]
fn what_idles_is_released() {
    // TestPoolRelease.
    released(false);
}

/// An object that tells when it has two holders.
#[derive(Default)]
struct Alone(AtomicBool);

impl Alone {
    fn enter(&self) {
        assert!(!self.0.swap(true, SeqCst), "two holders, or not reset");
    }
}

impl Reset for Alone {
    fn reset(&mut self) {
        *self.0.get_mut() = false;
    }
}

#[test]
fn stress() {
    // TestPoolStress: ten goroutines put and get as fast as they can. There any value will do; here nobody gets
    // what another has. Half have lanes of their own, the others what the thread comes to, and one ticks.
    const P: usize = 10;
    static POOL: LanePool<Alone, 40, 7> = LanePool::new();
    let rounds = if cfg!(miri) { 50 } else { 20_000 };
    let together = &Together::new();
    thread::scope(|scope| {
        for i in 0..P {
            scope.spawn(move || {
                together.run(|| {
                    let lane = if i < P / 2 { POOL.try_claim() } else { None };
                    for round in 0..rounds {
                        // Some are being moved between lanes, so a get may fail for a moment.
                        together.until(|| match &lane {
                            Some(lane) => lane.try_get().inspect(|object| object.enter()).is_ok(),
                            None => POOL.try_get().inspect(|object| object.enter()).is_ok(),
                        });
                        if i == 0 && round % 100 == 0 {
                            POOL.tick();
                        }
                    }
                });
            });
        }
    });
    let metrics = POOL.metrics();
    assert_eq!((metrics.gets, metrics.puts), ((P * rounds) as u64, (P * rounds) as u64));
    assert!(metrics.misses - metrics.evictions <= 40, "no more than there is room for");
    assert_eq!((metrics.double_returns, POOL.audit().count(), POOL.available()), (0, 0, 40));
}

/// One lane's owner puts things and gets some back, and thieves take what they find: each thing that was put is
/// got once, by one of them.
fn one_owner_and_thieves<const N: usize, const LANES: usize>(rounds: usize) {
    // A thing is a number that the object carries. Who gets it takes the number out, and keeps the object until
    // all have been got: so that what can be got is what was put, and nothing else.
    struct Keep;
    impl Policy<usize> for Keep {
        fn make(&self, _slot: usize) -> usize {
            0
        }
        fn recycle(&self, _object: &mut usize) -> bool {
            true
        }
    }
    let pool = LanePool::<usize, N, LANES, _>::with_policy(Keep);
    let have = Vec::from_iter((0..N * rounds).map(|_| AtomicUsize::new(0)));
    let got = AtomicUsize::new(0);
    let take = |object: &mut usize| {
        let thing = std::mem::take(object);
        have[thing].fetch_add(1, SeqCst);
        got.fetch_add(1, SeqCst);
    };
    let owner = pool.try_claim().unwrap();
    let thieves = Vec::from_iter((1..LANES).map(|_| pool.try_claim().unwrap()));
    let together = &Together::new();
    thread::scope(|scope| {
        for lane in thieves {
            let (take, got) = (&take, &got);
            scope.spawn(move || {
                together.run(|| {
                    for round in 0..rounds {
                        together.meet((3 * round + 1) * LANES);
                        let mut kept = Vec::new();
                        together.until(|| {
                            if let Ok(mut object) = lane.try_get() {
                                take(&mut object);
                                kept.push(object);
                            }
                            got.load(SeqCst) == N * (round + 1)
                        });
                        // Back when nobody looks any more.
                        together.meet((3 * round + 2) * LANES);
                        drop(kept);
                        together.meet((3 * round + 3) * LANES);
                    }
                });
            });
        }
        together.run(|| {
            for round in 0..rounds {
                let all = Vec::from_iter((0..N).map(|_| owner.try_get().unwrap()));
                together.meet((3 * round + 1) * LANES);
                let mut kept = Vec::new();
                for (i, mut object) in all.into_iter().enumerate() {
                    *object = N * round + i;
                    drop(object);
                    if i % 10 == 0 {
                        if let Ok(mut object) = owner.try_get() {
                            take(&mut object);
                            kept.push(object);
                        }
                    }
                }
                // What is left on the owner's lane is for the others, too.
                together.until(|| got.load(SeqCst) == N * (round + 1));
                together.meet((3 * round + 2) * LANES);
                drop(kept);
                together.meet((3 * round + 3) * LANES);
            }
        });
    });
    let wrong = have.iter().position(|count| count.load(SeqCst) != 1);
    assert_eq!((wrong, got.into_inner()), (None, N * rounds));
    let metrics = pool.metrics();
    assert_eq!((pool.audit().count(), pool.available(), metrics.misses), (0, N, N as u64));
    assert!(metrics.steals > 0 && metrics.gets >= 2 * (N * rounds) as u64);
}

#[test]
fn a_lane_of_few() {
    // TestPoolDequeue: a bounded deque of 16, one pusher and nine poppers. There two indices of 21 bits come
    // round, so it runs two million pushes; a lane shares bits, and has no index that could.
    one_owner_and_thieves::<16, 10>(if cfg!(miri) { 3 } else { 300 });
}

#[test]
fn a_lane_of_many() {
    // TestPoolChain: the same with a chain of deques that grows. A lane does not grow: beyond half a word of slots
    // it gives half of them away, to where all look.
    one_owner_and_thieves::<100, 10>(if cfg!(miri) { 1 } else { 300 });
}

#[test]
fn counters_that_are_read_do_not_come_round() {
    // The other half of TestPoolDequeue's two million: gets on a lane, and off it, are counted to the end.
    let pool = LanePool::<u32, 4, 1>::new();
    let lane = pool.try_claim().unwrap();
    let rounds = if cfg!(miri) { 100 } else { (1 << 20) + 500 };
    for _ in 0..rounds {
        drop(lane.try_get().unwrap());
        drop(Lease::detach(lane.try_get().unwrap()));
    }
    let metrics = pool.metrics();
    assert_eq!((metrics.gets, metrics.puts, metrics.misses), (2 * rounds, 2 * rounds, 1));
}
