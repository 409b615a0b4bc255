//! User code that panics, wherever it can: the pool goes on, nothing is lost, nothing is dropped twice.

use crate::common::{Counted, Fuse, Numbers, Tally, boom, booms};
use forebay::ring::PopRef;
use forebay::{LanePool, Lease, Policy, Pool, Reset, Ring, SharedLease, Slab, StreamPool};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

/// What a policy and its objects do, and when they panic.
#[derive(Debug)]
struct Faults {
    tally: Tally,
    make: Fuse,
    recycle: Fuse,
    drop: Fuse,
    veto: Fuse,
}

/// An object that counts and may panic when it is dropped.
#[derive(Debug)]
struct Object {
    // Dropped, and so counted, also when the drop of the whole panics.
    counted: Counted,
    faults: Arc<Faults>,
}

impl Drop for Object {
    fn drop(&mut self) {
        // A second panic in the same unwinding would abort the process, as it does for everybody.
        if !std::thread::panicking() {
            self.faults.drop.burn();
        }
    }
}

#[derive(Debug)]
struct Faulty(Arc<Faults>);

impl Faulty {
    fn object(&self) -> Object {
        Object { counted: self.0.tally.make(), faults: Arc::clone(&self.0) }
    }
}

impl Policy<Object> for Faulty {
    fn make(&self, _slot: usize) -> Object {
        self.0.make.burn();
        self.object()
    }

    fn recycle(&self, _object: &mut Object) -> bool {
        self.0.recycle.burn();
        // The same counter, armed to say no.
        !booms(|| self.0.veto.burn())
    }
}

impl Faulty {
    fn new() -> Self {
        Self(Arc::new(Faults {
            tally: Tally::default(),
            make: Fuse::new(),
            recycle: Fuse::new(),
            drop: Fuse::new(),
            veto: Fuse::new(),
        }))
    }
}

/// A pool of `N`, what makes it fail, and what it should count.
struct Bench<const N: usize> {
    pool: Pool<Object, N, Faulty>,
    faults: Arc<Faults>,
}

impl<const N: usize> Bench<N> {
    fn new() -> Self {
        let policy = Faulty::new();
        Self { faults: Arc::clone(&policy.0), pool: Pool::with_policy(policy) }
    }

    /// All slots are free, each can be lent, and `panics` were counted.
    fn assert_well(self, panics: u64) {
        let Self { pool, faults } = self;
        assert_eq!((pool.available(), pool.audit().count()), (N, 0));
        let metrics = pool.metrics();
        assert_eq!((metrics.panics, metrics.double_returns, metrics.in_use), (panics, 0, 0));
        assert_eq!(metrics.puts, metrics.gets);
        let all = pool.try_get_up_to::<100>();
        assert_eq!(all.len(), N);
        let mut numbers: Vec<_> = all.iter().map(|object| object.counted.number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), N, "different objects");
        assert_eq!(faults.tally.alive(), N);
        drop(all);
        drop(pool);
        assert_eq!(faults.tally.alive(), 0, "each dropped, and once");
    }
}

#[test]
fn smoke() {
    let bench = Bench::<1>::new();
    bench.faults.make.arm(1);
    assert!(booms(|| bench.pool.try_get()));
    let metrics = bench.pool.metrics();
    assert_eq!((metrics.misses, metrics.hits()), (1, 0), "none was ready, and none was made");
    assert!(bench.pool.try_get().is_ok());
    bench.assert_well(1);
}

#[test]
fn make_in_get_up_to_at_each_place() {
    for nth in 1..=40 {
        let bench = Bench::<40>::new();
        bench.faults.make.arm(nth);
        assert!(booms(|| bench.pool.try_get_up_to::<40>()));
        assert_eq!(bench.faults.tally.made(), nth as usize - 1);
        assert_eq!(bench.faults.tally.dropped(), 0, "those that were made are kept");
        assert_eq!(bench.pool.metrics().misses, nth as u64, "with the one that panicked");
        bench.assert_well(1);

        let bench = Bench::<40>::new();
        bench.faults.make.arm(nth);
        assert!(booms(|| bench.pool.try_get_many::<40>()));
        bench.assert_well(1);
    }
}

#[test]
fn make_in_fill() {
    let bench = Bench::<5>::new();
    bench.faults.make.arm(3);
    assert!(booms(|| bench.pool.fill()));
    assert_eq!((bench.faults.tally.made(), bench.pool.metrics().gets), (2, 0));
    assert_eq!(bench.pool.fill(), 3, "the rest");
    bench.assert_well(1);
}

#[test]
fn make_that_panics_each_time() {
    let bench = Bench::<2>::new();
    for round in 1..=50 {
        bench.faults.make.arm(1);
        assert!(booms(|| bench.pool.try_get()));
        assert_eq!(bench.pool.metrics().panics, round);
    }
    bench.assert_well(50);
}

#[test]
fn recycle_in_drop_of_a_lease() {
    let bench = Bench::<3>::new();
    let lease = bench.pool.try_get().unwrap();
    bench.faults.recycle.arm(1);
    assert!(booms(|| drop(lease)));
    assert_eq!(bench.faults.tally.dropped(), 1, "a suspect is not kept");
    assert_eq!(bench.pool.metrics().evictions, 1);
    assert_eq!(bench.pool.try_get().unwrap().counted.number, 2);
    bench.assert_well(1);
}

#[test]
fn recycle_in_drop_of_many_leases() {
    let bench = Bench::<5>::new();
    let leases = bench.pool.try_get_many::<5>().unwrap();
    bench.faults.recycle.arm(3);
    assert!(booms(|| drop(leases)), "the others are returned all the same");
    assert_eq!(bench.faults.tally.dropped(), 1);
    bench.assert_well(1);
}

#[test]
fn recycle_in_drop_of_the_last_shared_lease() {
    let bench = Bench::<2>::new();
    let shared = Lease::share(bench.pool.try_get().unwrap());
    let other = shared.clone();
    bench.faults.recycle.arm(1);
    drop(shared);
    assert_eq!(SharedLease::holders(&other), 1);
    assert!(booms(|| drop(other)));
    assert_eq!(bench.faults.tally.dropped(), 1);
    bench.assert_well(1);
}

#[test]
fn recycle_in_drop_of_erased_and_mapped_leases() {
    let bench = Bench::<2>::new();
    let erased = Lease::erase(bench.pool.try_get().unwrap());
    bench.faults.recycle.arm(1);
    assert!(booms(|| drop(erased)));
    let mapped = Lease::map(bench.pool.try_get().unwrap(), |object| &mut object.counted);
    bench.faults.recycle.arm(1);
    assert!(booms(|| drop(mapped)));
    bench.assert_well(2);
}

#[test]
fn recycle_in_an_iterator_over_leases() {
    let bench = Bench::<3>::new();
    let leases = bench.pool.try_get_up_to::<3>();
    bench.faults.recycle.arm(2);
    assert!(booms(|| leases.into_iter().for_each(Lease::put)));
    bench.assert_well(1);
}

#[test]
fn reset_of_the_object() {
    struct Sour<'a>(&'a Fuse);
    impl Reset for Sour<'_> {
        fn reset(&mut self) {
            self.0.burn();
        }
        fn is_reusable(&self) -> bool {
            self.0.burn();
            true
        }
    }
    let fuse = Fuse::new();
    let pool = Pool::<_, 2, _>::from_fn(|_| Sour(&fuse));
    for (nth, panics) in [(1, 1), (2, 2)] {
        let lease = pool.try_get().unwrap();
        fuse.arm(nth);
        assert!(booms(|| drop(lease)), "in `reset`, then in `is_reusable`");
        assert_eq!((pool.metrics().panics, pool.available()), (panics, 2));
    }
    assert_eq!(pool.metrics().misses, 2);
    assert!(pool.try_get_many::<2>().is_ok());
}

#[test]
fn drop_of_a_vetoed_object() {
    let bench = Bench::<2>::new();
    let lease = bench.pool.try_get().unwrap();
    bench.faults.veto.arm(1);
    bench.faults.drop.arm(1);
    assert!(booms(|| drop(lease)));
    assert_eq!((bench.faults.tally.dropped(), bench.pool.metrics().evictions), (1, 1));
    bench.assert_well(1);
}

#[test]
fn drop_in_trim_at_each_place() {
    for nth in 1..=5 {
        let bench = Bench::<5>::new();
        bench.pool.fill();
        bench.faults.drop.arm(nth);
        assert!(booms(|| bench.pool.trim()));
        assert_eq!(bench.faults.tally.dropped(), nth as usize, "the rest is left as it is");
        assert_eq!(bench.pool.available(), 5);
        assert_eq!(bench.pool.trim(), 5 - nth as usize);
        bench.assert_well(1);
    }
}

#[test]
fn drop_in_drop_of_the_pool_at_each_place() {
    for nth in 1..=5 {
        let Bench { pool, faults } = Bench::<5>::new();
        pool.fill();
        std::mem::forget(pool.try_get().unwrap());
        faults.drop.arm(nth);
        assert!(booms(|| drop(pool)));
        assert_eq!((faults.tally.made(), faults.tally.dropped()), (5, 5), "the others too");
    }
}

#[test]
fn closure_of_map() {
    let bench = Bench::<2>::new();
    let lease = bench.pool.try_get().unwrap();
    assert!(booms(|| Lease::map(lease, |object| -> &mut u8 {
        object.counted.number = 100;
        boom()
    })));
    assert_eq!(bench.faults.tally.dropped(), 0, "recycled, as by any other drop");
    assert_eq!(bench.pool.try_get().unwrap().counted.number, 100);
    bench.assert_well(0);
}

#[cfg(feature = "std")]
#[test]
fn recycle_in_drop_of_the_last_arc() {
    let policy = Faulty::new();
    let faults = Arc::clone(&policy.0);
    let pool = Arc::new(Pool::<_, 3, _>::with_policy(policy));
    let (one, two) = (pool.try_get_arc().unwrap(), pool.try_get_arc().unwrap());
    let shared = Lease::share(pool.try_get_arc().unwrap());
    drop(pool);
    faults.recycle.arm(1);
    assert!(booms(|| drop(one)));
    assert_eq!(faults.tally.dropped(), 1);
    faults.recycle.arm(1);
    assert!(booms(|| drop(shared)));
    faults.recycle.arm(1);
    assert!(booms(|| drop(two)), "the pool goes with it");
    assert_eq!((faults.tally.made(), faults.tally.alive()), (3, 0));
}

#[test]
fn init_of_a_slab() {
    let tally = Tally::default();
    let slab: Slab<Counted, 2> = Slab::new();
    assert!(booms(|| slab.insert_with(|_| boom())));
    assert_eq!((slab.available(), slab.metrics().panics), (2, 1));
    assert!(booms(|| slab.insert_with(|place| {
        place.write(tally.make());
        boom()
    })));
    assert_eq!((slab.available(), slab.metrics().panics), (2, 2));
    assert_eq!(tally.alive(), 1, "a value behind a panic is forgotten");
    let metrics = slab.metrics();
    assert_eq!((metrics.gets, metrics.puts, metrics.high_water), (2, 2, 0), "never lent");
    let both = [(); 2].map(|()| slab.insert(tally.make()).unwrap());
    drop(both);
    drop(slab);
    assert_eq!(tally.alive(), 1);
}

#[test]
fn init_of_a_slab_that_returns_another_place() {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    let slab: Slab<u32, 2> = Slab::new();
    let elsewhere: &'static mut u32 = Box::leak(Box::new(5));
    let at = &raw mut *elsewhere;
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _lease = slab.insert_with(move |_place| elsewhere);
    }));
    let payload = result.unwrap_err();
    let text = payload.downcast_ref::<&str>().unwrap();
    assert_eq!(*text, "`init` returned a reference to another place");
    assert_eq!((slab.available(), slab.metrics().panics, slab.metrics().in_use), (2, 1, 0));
    assert_eq!(*slab.insert(7).unwrap(), 7);
    assert!(!at.is_null());
}

#[test]
fn drop_of_a_value_in_a_slab() {
    let policy = Faulty::new();
    let slab: Slab<Object, 3> = Slab::new();
    let leases: Vec<_> = (0..3).map(|_| slab.insert(policy.object()).unwrap()).collect();
    policy.0.drop.arm(2);
    assert!(booms(|| drop(leases)));
    assert_eq!((slab.available(), slab.metrics().panics), (3, 1));
    assert_eq!((policy.0.tally.dropped(), slab.audit().count()), (3, 0));

    for _ in 0..3 {
        std::mem::forget(slab.insert(policy.object()).unwrap());
    }
    policy.0.drop.arm(1);
    assert!(booms(|| drop(slab)));
    assert_eq!((policy.0.tally.made(), policy.0.tally.dropped()), (6, 6));
}

/// The places of a ring near its end, so that the items cross it.
fn ring_of<const N: usize>(policy: &Faulty, items: usize) -> Ring<Object, N> {
    let mut ring = Ring::new();
    let (mut producer, mut consumer) = ring.split();
    for _ in 0..2 * N - 1 {
        producer.push(policy.object()).unwrap();
        consumer.pop().unwrap();
    }
    for _ in 0..items {
        producer.push(policy.object()).unwrap();
    }
    drop((producer, consumer));
    ring
}

#[test]
fn drop_in_drop_of_a_ring_at_each_place() {
    for nth in 1..=4 {
        let policy = Faulty::new();
        let ring = ring_of::<4>(&policy, 4);
        policy.0.drop.arm(nth);
        assert!(booms(|| drop(ring)));
        assert_eq!(policy.0.tally.alive(), 0);
    }
}

#[test]
fn iterator_of_push_iter_at_each_place() {
    for nth in 0..=4_usize {
        let policy = Faulty::new();
        let mut ring = ring_of::<4>(&policy, 0);
        let before = policy.0.tally.made();
        let (mut producer, mut consumer) = ring.split();
        let items = (0..=nth).map(|i| {
            assert!(i < 4, "asked without room");
            if i == nth { boom() } else { policy.object() }
        });
        assert_eq!(booms(|| producer.push_iter(items)), nth < 4);
        assert_eq!((producer.len(), consumer.len()), (nth, nth), "what it gave is sent");
        assert_eq!(policy.0.tally.alive(), nth);
        for i in 1..=nth {
            assert_eq!(consumer.pop().unwrap().counted.number, before + i);
        }
        producer.push(policy.object()).unwrap();
        drop((producer, consumer));
        drop(ring);
        assert_eq!(policy.0.tally.alive(), 0);
    }
}

#[test]
fn drop_of_an_item_in_place() {
    let policy = Faulty::new();
    let mut ring = ring_of::<2>(&policy, 2);
    let (mut producer, mut consumer) = ring.split();

    let item = consumer.pop_ref().unwrap();
    policy.0.drop.arm(1);
    assert!(booms(|| drop(item)));
    assert_eq!((producer.len(), policy.0.tally.alive()), (1, 1), "its place is free");

    let filled = producer.reserve().unwrap().write(policy.object());
    policy.0.drop.arm(1);
    assert!(booms(|| drop(filled)));
    assert_eq!((producer.len(), policy.0.tally.alive()), (1, 1), "it was not sent");

    policy.0.drop.arm(1);
    assert!(booms(|| consumer.drain().for_each(drop)));
    assert_eq!((producer.len(), policy.0.tally.alive()), (0, 0));

    producer.push_iter([policy.object(), policy.object()]);
    policy.0.drop.arm(1);
    assert!(booms(|| consumer.drain().for_each(drop)));
    assert_eq!((producer.len(), policy.0.tally.alive()), (1, 1), "the one behind stays");
    drop(PopRef::take(consumer.pop_ref().unwrap()));
    assert_eq!(policy.0.tally.alive(), 0);
}

#[test]
fn drop_of_tokens_when_a_receiver_leaves() {
    for (nth, sender_first) in (1..=3).flat_map(|nth| [(nth, false), (nth, true)]) {
        let policy = Faulty::new();
        let streams: StreamPool<Object, 1, 3> = StreamPool::new();
        let (mut sender, receiver) = streams.try_open().unwrap();
        for _ in 0..3 {
            assert!(sender.try_send(policy.object()).is_ok());
        }
        let mut sender = Some(sender).filter(|_| !sender_first);
        policy.0.drop.arm(nth);
        assert!(booms(|| drop(receiver)));
        assert_eq!(policy.0.tally.alive(), 0, "the others are dropped all the same");
        let refused = sender.as_mut().map(|sender| sender.try_send(policy.object()));
        assert!(refused.is_none_or(|sent| sent.is_err()));
        drop(sender);
        assert_eq!(
            (streams.available(), streams.metrics().panics),
            (1, 0),
            "the ring is none the worse"
        );
        let (mut sender, mut receiver) = streams.try_open().unwrap();
        assert_eq!(sender.id().epoch, 1);
        assert!(sender.try_send(policy.object()).is_ok());
        drop(sender);
        assert!(receiver.try_recv().is_ok() && receiver.try_recv().is_err());
    }
}

#[test]
fn collection_that_panics_while_it_is_drained_into() {
    struct Full(Vec<Object>);
    impl Extend<Object> for Full {
        fn extend<I: IntoIterator<Item = Object>>(&mut self, items: I) {
            for item in items {
                self.0.push(item);
                if self.0.len() == 2 {
                    boom();
                }
            }
        }
    }
    let policy = Faulty::new();
    let streams: StreamPool<Object, 1, 4> = StreamPool::new();
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    for _ in 0..4 {
        assert!(sender.try_send(policy.object()).is_ok());
    }
    let mut out = Full(Vec::new());
    assert!(booms(|| receiver.drain_into(&mut out)));
    assert_eq!((out.0.len(), receiver.len(), sender.len()), (2, 2, 2));
    drop((sender, receiver));
    assert_eq!(policy.0.tally.alive(), 2);
    drop(out);
    assert_eq!((policy.0.tally.alive(), streams.available()), (0, 1));
}

/// A pool with lanes, what makes it fail, and what it should count.
struct Lanes<const N: usize> {
    pool: LanePool<Object, N, 2, Faulty>,
    faults: Arc<Faults>,
}

impl<const N: usize> Lanes<N> {
    fn new() -> Self {
        let policy = Faulty::new();
        Self { faults: Arc::clone(&policy.0), pool: LanePool::with_policy(policy) }
    }

    /// No lane has an owner that is not flushed. As [`Bench::assert_well`].
    fn assert_well(self, panics: u64) {
        let Self { pool, faults } = self;
        pool.flush();
        assert_eq!((pool.available(), pool.audit().count()), (N, 0));
        let metrics = pool.metrics();
        assert_eq!((metrics.panics, metrics.double_returns, metrics.in_use), (panics, 0, 0));
        assert_eq!(metrics.puts, metrics.gets);
        let lane = pool.try_claim().unwrap();
        let all = Vec::from_iter(std::iter::from_fn(|| lane.try_get().ok()));
        let mut numbers: Vec<_> = all.iter().map(|object| object.counted.number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!((numbers.len(), faults.tally.alive()), (N, N), "different objects");
        drop(all);
        drop(lane);
        drop(pool);
        assert_eq!(faults.tally.alive(), 0, "each dropped, and once");
    }
}

#[test]
fn make_on_a_lane() {
    let bench = Lanes::<5>::new();
    let lane = bench.pool.try_claim().unwrap();
    for round in 1..=4 {
        bench.faults.make.arm(2);
        let all = || Vec::from_iter((0..5).map(|_| lane.try_get().unwrap()));
        assert!(booms(all), "and what was got goes back");
        assert_eq!((bench.pool.available(), bench.pool.metrics().panics), (5, round));
        assert_eq!(bench.faults.tally.alive() as u64, round, "one more each time");
    }
    drop(lane);
    bench.faults.make.arm(1);
    assert!(booms(|| bench.pool.try_get_up_to::<5>()));
    bench.assert_well(5);
}

#[test]
fn recycle_on_a_lane() {
    let bench = Lanes::<3>::new();
    let (lane, other) = (bench.pool.try_claim().unwrap(), bench.pool.try_claim().unwrap());
    let all = Vec::from_iter((0..3).map(|_| lane.try_get().unwrap()));
    bench.faults.recycle.arm(2);
    assert!(booms(|| drop(all)), "the others are returned all the same");
    assert_eq!((bench.faults.tally.dropped(), bench.pool.metrics().evictions), (1, 1));
    // The other lane finds the suspect's slot, and what the lane keeps.
    let all = Vec::from_iter(std::iter::from_fn(|| other.try_get().ok()));
    assert_eq!((all.len(), bench.faults.tally.made()), (3, 4));
    drop(all);

    let detached = Lease::detach(lane.try_get().unwrap());
    bench.faults.recycle.arm(1);
    assert!(booms(|| drop(detached)));
    drop((lane, other));
    bench.assert_well(2);
}

#[test]
fn drop_of_a_vetoed_object_on_a_lane() {
    let bench = Lanes::<2>::new();
    let lane = bench.pool.try_claim().unwrap();
    for panics in 1..=3 {
        let lease = lane.try_get().unwrap();
        bench.faults.veto.arm(1);
        bench.faults.drop.arm(1);
        assert!(booms(|| drop(lease)));
        let metrics = bench.pool.metrics();
        assert_eq!((metrics.evictions, metrics.panics, metrics.in_use), (panics, panics, 0));
        assert_eq!(bench.faults.tally.alive(), 0);
    }
    drop(lane);
    bench.assert_well(3);
}

#[test]
fn drop_in_a_tick_at_each_place() {
    for nth in 1..=5 {
        let bench = Lanes::<5>::new();
        bench.pool.fill();
        assert_eq!(bench.pool.tick(), 0);
        bench.faults.drop.arm(nth);
        assert!(booms(|| bench.pool.tick()));
        assert_eq!(bench.faults.tally.dropped(), nth as usize, "the rest is left as it is");
        assert_eq!((bench.pool.available(), bench.pool.metrics().panics), (5, 1));
        assert_eq!(bench.pool.tick(), 5 - nth as usize, "and goes by the next");
        bench.assert_well(1);
    }
}

/// A policy that ages its pool by every second miss.
struct Aging(Faulty);

impl Policy<Object> for Aging {
    const MISSES_PER_TICK: usize = 2;

    fn make(&self, slot: usize) -> Object {
        self.0.make(slot)
    }

    fn recycle(&self, object: &mut Object) -> bool {
        self.0.recycle(object)
    }
}

#[test]
fn drop_in_a_get_that_ages() {
    for nth in 1..=3 {
        let policy = Faulty::new();
        let faults = Arc::clone(&policy.0);
        let pool = LanePool::<Object, 64, 4, Aging>::with_policy(Aging(policy));
        let lane = pool.try_claim().unwrap();
        drop([(); 64].map(|()| lane.try_get().unwrap()));
        faults.drop.arm(nth);
        // A few are used, more than the lane has, and the others age.
        let mut busy = Vec::new();
        let aged = (0..10_000).any(|_| {
            let mut got = None;
            let aged = booms(|| got = Some(lane.try_get().unwrap()));
            busy.extend(got);
            if busy.len() == 24 {
                busy.clear();
            }
            aged
        });
        assert!(aged, "{nth}");
        faults.drop.arm(0);
        let (metrics, held) = (pool.metrics(), busy.len());
        assert_eq!((metrics.panics, metrics.double_returns, metrics.evictions), (1, 0, nth as u64));
        assert_eq!((metrics.in_use, pool.available()), (held as u64, 64 - held), "nothing is lost");
        let rest = Vec::from_iter(std::iter::from_fn(|| lane.try_get().ok()));
        assert_eq!(rest.len(), 64 - held);
        drop((rest, busy));
        drop(lane);
        drop(pool);
        assert_eq!(faults.tally.alive(), 0);
    }
}

#[cfg(feature = "std")]
#[test]
fn make_and_drop_of_an_object_on_the_heap() {
    let bench = Lanes::<1>::new();
    let pooled = bench.pool.get_or_new();
    bench.faults.make.arm(1);
    assert!(booms(|| bench.pool.get_or_new()));
    assert_eq!((bench.faults.tally.alive(), bench.pool.metrics().panics), (1, 1));
    let object = bench.pool.get_or_new();
    bench.faults.drop.arm(1);
    assert!(booms(|| drop(object)));
    let shared = Lease::share(bench.pool.get_or_new());
    let other = shared.clone();
    bench.faults.drop.arm(1);
    drop(shared);
    assert!(booms(|| drop(other)), "by the last holder");
    assert!(booms(|| Lease::map(bench.pool.get_or_new(), |_| -> &mut u8 { boom() })));
    assert_eq!(bench.faults.tally.alive(), 1, "none is left, or dropped twice");
    drop(pooled);
    bench.assert_well(1);
}

/// Random panics in random places of a pool with lanes.
#[test]
fn panics_everywhere_on_lanes() {
    for seed in 0..if cfg!(miri) { 5 } else { 200 } {
        let mut numbers = Numbers::new(seed);
        let bench = Lanes::<7>::new();
        let lanes = [bench.pool.try_claim().unwrap(), bench.pool.try_claim().unwrap()];
        let mut on_lanes = Vec::new();
        let mut held = Vec::new();
        let mut panics = 0;
        for _ in 0..60 {
            let fuse = match numbers.below(6) {
                0 => &bench.faults.make,
                1 => &bench.faults.recycle,
                2 => &bench.faults.drop,
                3 => &bench.faults.veto,
                _ => &Fuse::new(),
            };
            fuse.arm(1 + numbers.below(3) as isize);
            let lane = &lanes[numbers.below(2)];
            let boomed = match numbers.below(8) {
                0 | 1 => booms(|| on_lanes.extend(lane.try_get())),
                2 => booms(|| held.extend(bench.pool.try_get())),
                3 if !held.is_empty() => {
                    let lease = held.swap_remove(numbers.below(held.len()));
                    booms(|| drop(lease))
                }
                4 if !on_lanes.is_empty() => {
                    let lease = on_lanes.swap_remove(numbers.below(on_lanes.len()));
                    booms(|| drop(lease))
                }
                5 => booms(|| bench.pool.tick()),
                6 => booms(|| bench.pool.trim()),
                _ => booms(|| {
                    lane.flush();
                    held.extend(lane.try_get().map(Lease::detach));
                }),
            };
            panics += u64::from(boomed);
            fuse.arm(0);
            let metrics = bench.pool.metrics();
            let out = (held.len() + on_lanes.len()) as u64;
            assert_eq!((metrics.in_use, metrics.panics), (out, panics), "{seed}");
            assert!(bench.faults.tally.alive() <= 7);
        }
        drop((on_lanes, held));
        drop(lanes);
        bench.assert_well(panics);
    }
}

/// Random panics in random places, many times: the sums still agree.
#[test]
fn panics_everywhere() {
    for seed in 0..if cfg!(miri) { 5 } else { 200 } {
        let mut numbers = Numbers::new(seed);
        let bench = Bench::<7>::new();
        let mut held = Vec::new();
        let mut panics = 0;
        for _ in 0..60 {
            let fuse = match numbers.below(6) {
                0 => &bench.faults.make,
                1 => &bench.faults.recycle,
                2 => &bench.faults.drop,
                3 => &bench.faults.veto,
                _ => &Fuse::new(),
            };
            fuse.arm(1 + numbers.below(3) as isize);
            let boomed = match numbers.below(5) {
                0 | 1 => booms(|| held.extend(bench.pool.try_get())),
                2 if !held.is_empty() => {
                    let lease = held.swap_remove(numbers.below(held.len()));
                    booms(|| drop(lease))
                }
                3 => booms(|| bench.pool.trim()),
                _ => booms(|| held.extend(bench.pool.try_get_up_to::<2>())),
            };
            panics += u64::from(boomed);
            fuse.arm(0);
            let metrics = bench.pool.metrics();
            assert_eq!((metrics.in_use, metrics.panics), (held.len() as u64, panics), "{seed}");
            assert!(bench.faults.tally.alive() <= 7);
        }
        drop(held);
        bench.assert_well(panics);
    }
}

/// A policy that makes its object in place, and then points at another one.
#[test]
#[allow(unsafe_code)]
fn make_in_that_returns_another_place() {
    struct Astray(Mutex<Option<&'static mut u32>>);
    impl Policy<u32> for Astray {
        fn make(&self, _slot: usize) -> u32 {
            unreachable!("`make_in` is asked")
        }
        fn make_in<'p>(&self, _slot: usize, place: &'p mut MaybeUninit<u32>) -> &'p mut u32 {
            match self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
                Some(elsewhere) => elsewhere,
                None => place.write(7),
            }
        }
        fn recycle(&self, _object: &mut u32) -> bool {
            true
        }
    }

    let place = Box::into_raw(Box::new(1));
    // SAFETY: it lives, and is not touched, until it is freed below.
    let elsewhere = unsafe { &mut *place };
    let pool: Pool<u32, 1, Astray> = Pool::with_policy(Astray(Mutex::new(Some(elsewhere))));
    assert!(catch_unwind(AssertUnwindSafe(|| drop(pool.try_get()))).is_err());
    assert_eq!((pool.available(), pool.metrics().panics, pool.metrics().misses), (1, 1, 1));
    assert_eq!(*pool.try_get().unwrap(), 7);
    // SAFETY: it came from a box, and the reference was dropped with the get that panicked.
    drop(unsafe { Box::from_raw(place) });
}
