//! Pools: how many, which slots, what is kept, what is counted.

use crate::common::{Tally, for_capacities};
use forebay::reset::{EachDefault, FromFn};
use forebay::{Exhausted, Lease, Metrics, Policy, Pool, Reset};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

#[test]
fn smoke() {
    static NAMES: Pool<heapless::String<16>, 2> = Pool::new();
    let mut one = NAMES.try_get().unwrap();
    let two = NAMES.try_get().unwrap();
    one.push_str("one").unwrap();
    assert_eq!((one.as_str(), two.as_str()), ("one", ""));
    assert_eq!(NAMES.try_get().unwrap_err(), NAMES.try_get().unwrap_err());
    drop(one);
    assert_eq!(NAMES.try_get().unwrap().as_str(), "", "reset on return");
    Lease::put(two);
    assert_eq!(NAMES.available(), 2);
}

/// Lends all `N`, gives some back, lends them again: each slot to one holder.
fn lends_each_slot_once<const N: usize>(pool: &Pool<u32, N>) {
    assert_eq!((pool.capacity(), pool.available()), (N, N));
    let mut addresses = BTreeSet::new();
    let mut leases: Vec<_> = (0..N).map(|_| None).collect();
    for i in 0..N {
        let mut lease = pool.try_get().unwrap();
        assert_eq!((*lease, pool.available()), (0, N - i - 1));
        *lease = Lease::slot(&lease) as u32 + 1;
        assert!(addresses.insert(&raw const *lease));
        let slot = Lease::slot(&lease);
        assert!(leases[slot].replace(lease).is_none(), "{slot} was lent twice");
    }
    assert_eq!(pool.try_get().unwrap_err().capacity(), N);
    for (i, lease) in leases.iter().flatten().enumerate() {
        assert_eq!(**lease, i as u32 + 1, "nobody else wrote it");
    }
    assert!(pool.audit().map(|loan| loan.slot()).eq(0..N));
    let back: Vec<_> = (0..N).rev().step_by(3).collect();
    for &i in &back {
        leases[i] = None;
    }
    assert_eq!(pool.available(), back.len());
    for _ in &back {
        let lease = pool.try_get().unwrap();
        assert_eq!(*lease, 0, "reset");
        assert!(addresses.contains(&(&raw const *lease)), "an object stays in its place");
        let slot = Lease::slot(&lease);
        assert!(leases[slot].replace(lease).is_none(), "{slot} was lent twice");
    }
    assert!(pool.try_get().is_err());
    drop(leases);
    let gets = (N + back.len()) as u64;
    let metrics = pool.metrics();
    assert_eq!((metrics.gets, metrics.puts, metrics.misses), (gets, gets, N as u64));
    assert_eq!((metrics.in_use, metrics.high_water, metrics.exhausted), (0, N as u64, 2));
}

#[test]
fn capacity() {
    fn boxed<const N: usize>() {
        lends_each_slot_once(&*Box::new(Pool::<u32, N>::new()));
    }
    for_capacities!(boxed);
    static LARGEST: Pool<u32, 65_535> = Pool::new();
    if !cfg!(miri) {
        lends_each_slot_once(&LARGEST);
    }
}

#[test]
fn zero_sized() {
    lends_units::<1>();
    lends_units::<33>();
    lends_units::<1000>();

    fn lends_units<const N: usize>() {
        let pool: Pool<(), N> = Pool::new();
        let leases: Vec<_> = (0..N).map(|_| pool.try_get().unwrap()).collect();
        assert!(pool.try_get().is_err());
        drop(leases);
        assert_eq!(pool.available(), N);
    }

    static DROPS: AtomicUsize = AtomicUsize::new(0);
    struct Unit;
    impl Default for Unit {
        fn default() -> Self {
            Unit
        }
    }
    impl Reset for Unit {
        fn reset(&mut self) {}
    }
    impl Drop for Unit {
        fn drop(&mut self) {
            DROPS.fetch_add(1, SeqCst);
        }
    }
    let pool: Pool<Unit, 5> = Pool::new();
    for _ in 0..10 {
        let _three = pool.try_get_many::<3>().unwrap();
    }
    assert_eq!(DROPS.load(SeqCst), 0);
    drop(pool);
    assert_eq!(DROPS.load(SeqCst), 3);
}

#[test]
fn len_empty_full() {
    let pool: Pool<u8, 3> = Pool::default();
    let mut held = Vec::new();
    for n in 0..=3_u64 {
        let metrics = pool.metrics();
        assert_eq!((metrics.in_use, metrics.capacity), (n, 3));
        assert_eq!((pool.available() as u64, metrics.high_water), (3 - n, n));
        held.extend(pool.try_get());
    }
    assert!(pool.try_get().is_err(), "full");
    held.clear();
    assert_eq!((pool.available(), pool.audit().count()), (3, 0), "empty");
}

#[test]
fn drops() {
    let tally = Tally::default();
    let make = || Pool::<_, 40, _>::from_fn(|_| tally.make());
    let pool = make();
    for _ in 0..5 {
        let leases = pool.try_get_up_to::<40>();
        assert_eq!(leases.len(), 40);
    }
    assert_eq!((tally.made(), tally.dropped()), (40, 0), "made once each, and kept");
    drop(pool);
    assert_eq!(tally.dropped(), 40);

    // An object whose lease was forgotten goes with the pool: nothing can reach it any more.
    let pool = make();
    std::mem::forget(pool.try_get().unwrap());
    std::mem::forget(Lease::share(pool.try_get().unwrap()));
    assert_eq!(tally.alive(), 2);
    drop(pool);
    assert_eq!(tally.alive(), 0);

    // A pool moves with its objects.
    let pool = make();
    assert_eq!(pool.fill(), 40);
    let pool = Box::new(pool);
    assert!((43..=82).contains(&pool.try_get().unwrap().number));
    assert_eq!(tally.made(), 82);
    drop(pool);
    assert_eq!(tally.alive(), 0);
}

#[test]
fn objects_are_made_for_their_slot_and_only_once() {
    let pool = Pool::<_, 70, _>::from_fn(|slot| slot as u32 * 10);
    for _ in 0..2 {
        let leases = pool.try_get_many::<70>().unwrap();
        for lease in leases {
            let expected =
                if pool.metrics().gets == 70 { Lease::slot(&lease) as u32 * 10 } else { 0 };
            assert_eq!(*lease, expected, "made from the slot's number, then reset");
        }
    }
    assert_eq!((pool.metrics().misses, pool.metrics().gets), (70, 140));
}

#[test]
fn large_alignment_is_kept_and_objects_do_not_overlap() {
    #[derive(Clone, Copy)]
    #[repr(align(256))]
    struct Line([u8; 300]);
    impl Default for Line {
        fn default() -> Self {
            Line([0; 300])
        }
    }
    impl Reset for Line {
        fn reset(&mut self) {
            self.0.fill(0);
        }
    }
    let pool: Pool<Line, 5> = Pool::new();
    let mut leases = pool.try_get_many::<5>().unwrap();
    for (i, lease) in leases.iter_mut().enumerate() {
        assert_eq!((&raw const **lease).addr() % 256, 0);
        lease.0.fill(i as u8 + 1);
    }
    for (i, lease) in leases.iter().enumerate() {
        assert!(lease.0.iter().all(|&byte| byte == i as u8 + 1));
    }
}

#[test]
fn arrays_beyond_default_have_a_policy() {
    static PAGES: Pool<[u8; 4096], 2, EachDefault> = Pool::with_policy(EachDefault);
    PAGES.try_get().unwrap().fill(7);
    assert!(PAGES.try_get().unwrap().iter().all(|&byte| byte == 0));
}

#[test]
fn get_many_takes_all_or_nothing() {
    fn across_words<const N: usize, const K: usize>() {
        let pool: Box<Pool<u8, N>> = Box::default();
        let mut leases = Vec::new();
        for taken in 0..N / K {
            assert_eq!(pool.available(), N - taken * K);
            leases.extend(pool.try_get_many::<K>().unwrap());
        }
        let before = pool.metrics();
        assert!(pool.try_get_many::<K>().is_err());
        let after = pool.metrics();
        assert_eq!((after.gets, after.in_use), (before.gets, before.in_use), "took nothing");
        assert_eq!(after.exhausted, before.exhausted + 1);
        assert_eq!(pool.available(), N % K);
        let slots: BTreeSet<_> = leases.iter().map(Lease::slot).collect();
        assert_eq!(slots.len(), N / K * K, "different slots");
    }
    across_words::<1, 1>();
    across_words::<10, 3>();
    across_words::<33, 32>();
    across_words::<64, 33>();
    across_words::<65, 40>();
    across_words::<100, 7>();
    if !cfg!(miri) {
        across_words::<1000, 999>();
    }
    let pool: Pool<u8, 3> = Pool::new();
    assert!(pool.try_get_many::<0>().is_ok());
    assert!(pool.try_get_many::<4>().is_err());
    assert!(pool.try_get_many::<3>().is_ok());
}

#[test]
fn get_up_to_takes_what_is_there() {
    let pool: Pool<u8, 70> = Pool::new();
    let first = pool.try_get_up_to::<50>();
    let rest = pool.try_get_up_to::<50>();
    assert_eq!((first.len(), rest.len()), (50, 20));
    let slots: BTreeSet<_> = first.iter().chain(&rest).map(Lease::slot).collect();
    assert!(slots.into_iter().eq(0..70), "each once");
    assert!(pool.try_get_up_to::<50>().is_empty());
    assert_eq!(pool.metrics().exhausted, 0, "nothing was refused");
    drop(first);
    assert_eq!(pool.try_get_up_to::<100>().len(), 50);
}

#[test]
fn veto_drops_the_object_and_vacates_its_slot() {
    struct Even(Tally);
    impl Policy<crate::common::Counted> for Even {
        fn make(&self, _slot: usize) -> crate::common::Counted {
            self.0.make()
        }
        fn recycle(&self, object: &mut crate::common::Counted) -> bool {
            object.number.is_multiple_of(2)
        }
    }
    let tally = Tally::default();
    let pool: Pool<_, 1, _> = Pool::with_policy(Even(tally.clone()));
    for n in [1, 2, 2, 2] {
        assert_eq!(pool.try_get().unwrap().number, n);
    }
    let metrics = pool.metrics();
    assert_eq!((metrics.gets, metrics.misses, metrics.evictions), (4, 2, 1));
    assert_eq!((tally.made(), tally.dropped()), (2, 1));
    drop(pool);
    assert_eq!(tally.alive(), 0);
}

#[test]
fn trim_drops_the_idle_and_only_them() {
    let tally = Tally::default();
    let pool = Pool::<_, 40, _>::from_fn(|_| tally.make());
    assert_eq!(pool.trim(), 0, "nothing was made yet");
    let mut leases = pool.try_get_up_to::<40>();
    leases.truncate(35);
    let shared = Lease::share(leases.pop().unwrap());
    assert_eq!(pool.trim(), 5);
    assert_eq!((pool.trim(), tally.alive(), pool.available()), (0, 35, 5));
    drop(leases);
    assert_eq!((pool.trim(), tally.alive()), (34, 1), "one is shared");
    assert_eq!(shared.number, 35);
    drop(shared);
    assert_eq!((pool.trim(), tally.alive()), (1, 0));
    let metrics = pool.metrics();
    assert_eq!((metrics.evictions, metrics.gets, metrics.puts), (40, 40, 40));
    drop(pool.try_get().unwrap());
    assert_eq!(pool.metrics().misses, 41, "made anew on use");
}

#[test]
fn fill_makes_what_is_vacant_and_free() {
    let tally = Tally::default();
    let pool = Pool::<_, 40, _>::from_fn(|_| tally.make());
    let leases = pool.try_get_up_to::<10>();
    assert_eq!((pool.fill(), pool.fill()), (30, 0));
    assert_eq!((tally.made(), pool.available()), (40, 30));
    drop(leases);
    assert_eq!((pool.fill(), tally.made()), (0, 40));
    let metrics = pool.metrics();
    assert_eq!((metrics.gets, metrics.high_water), (10, 10), "a filled slot was not lent");
}

/// `Metrics::misses` are "gets that found no object ready": `fill` is no get, and what it made is ready.
#[test]
fn get_after_fill_is_a_hit() {
    let pool: Pool<u8, 4> = Pool::new();
    pool.fill();
    drop(pool.try_get_up_to::<4>());
    let metrics = pool.metrics();
    assert_eq!((metrics.misses, metrics.hits(), metrics.hit_ratio()), (0, 4, Some(1.0)));
}

#[test]
fn metrics_show_as_text() {
    let pool: Pool<u8, 2> = Pool::new();
    assert_eq!(pool.metrics().to_string(), "0 of 2 in use (most 0), 0 gets");
    assert_eq!(pool.metrics().hit_ratio(), None);
    let both = pool.try_get_many::<2>().unwrap();
    assert!(pool.try_get().is_err());
    assert_eq!(
        pool.metrics().to_string(),
        "2 of 2 in use (most 2), 2 gets, 0.0 % hits, 1 exhausted"
    );
    drop(both);
    pool.trim();
    drop((pool.try_get(), pool.try_get()));
    assert_eq!(
        pool.metrics().to_string(),
        "0 of 2 in use (most 2), 4 gets, 0.0 % hits, 1 exhausted, 2 evicted"
    );
    assert_eq!(Metrics::default().to_string(), "0 of 0 in use (most 0), 0 gets");
}

#[test]
fn debug_shows_counts_and_no_object() {
    struct Opaque;
    let pool = Pool::<_, 1, _>::from_fn(|_| Some(Opaque));
    let text = format!("{pool:?}");
    assert!(text.starts_with("Pool { metrics: Metrics { capacity: 1, "), "{text}");
    assert_eq!(pool.try_get().unwrap().iter().count(), 1);
}

#[test]
fn audit_tells_age_up_to_255() {
    let pool: Pool<u8, 40> = Pool::new();
    let old = pool.try_get().unwrap();
    for epoch in 1..=600_usize {
        assert_eq!(pool.advance_epoch(), epoch);
        let young = pool.try_get().unwrap();
        let loans: Vec<_> = pool.audit().map(|l| (l.slot(), l.age(), l.since())).collect();
        let age = epoch.min(255);
        let mut expected =
            [(Lease::slot(&old), age as u8, epoch - age), (Lease::slot(&young), 0, epoch)];
        expected.sort();
        assert_eq!(loans, expected);
        drop(young);
    }
    drop(old);
    assert_eq!(pool.audit().count(), 0);
    let again = pool.try_get().unwrap();
    assert_eq!(pool.audit().next().unwrap().age(), 0, "lent again, young again");
    drop(again);
}

#[test]
fn audit_tells_kind_of_loan() {
    let pool: Pool<u8, 4> = Pool::new();
    let plain = pool.try_get().unwrap();
    let shared = Lease::share(pool.try_get().unwrap());
    let other = shared.clone();
    let _raw = Lease::into_raw(pool.try_get().unwrap());
    let kinds = || BTreeSet::from_iter(pool.audit().map(|loan| (loan.holders(), loan.is_raw())));
    assert_eq!(kinds(), [(0, false), (2, false), (0, true)].into());
    drop((plain, shared));
    assert_eq!(kinds(), [(1, false), (0, true)].into());
    drop(other);
    assert_eq!(pool.audit().count(), 1);
}

#[test]
fn make_and_reset_may_use_the_same_pool() {
    struct Nested;
    impl Policy<u32> for Nested {
        fn make(&self, slot: usize) -> u32 {
            // The slot this is made for counts as lent, so a get here finds another one.
            if slot + 1 < POOL.capacity() {
                let other = POOL.try_get().unwrap();
                assert_ne!(Lease::slot(&other), slot);
            } else {
                assert_eq!(POOL.try_get().unwrap_err().capacity(), 4);
            }
            slot as u32
        }
        fn recycle(&self, object: &mut u32) -> bool {
            assert!(POOL.audit().any(|loan| loan.slot() == *object as usize), "still on loan");
            true
        }
    }
    static POOL: Pool<u32, 4, Nested> = Pool::with_policy(Nested);
    drop(POOL.try_get().unwrap());
    assert_eq!((POOL.available(), POOL.metrics().misses, POOL.metrics().gets), (4, 4, 4));
}

#[test]
fn dropping_an_object_may_use_the_same_pool() {
    struct Reuser(usize);
    impl Drop for Reuser {
        fn drop(&mut self) {
            // Its slot is not free yet, and must not be lent.
            let others = POOL.try_get_up_to::<3>();
            assert!(others.iter().all(|lease| lease.0 != self.0));
        }
    }
    impl Reset for Reuser {
        fn reset(&mut self) {}
        fn is_reusable(&self) -> bool {
            !VETO.swap(false, SeqCst)
        }
    }
    static VETO: AtomicBool = AtomicBool::new(false);
    type Numbered = FromFn<fn(usize) -> Reuser>;
    static POOL: Pool<Reuser, 3, Numbered> = Pool::from_fn(Reuser);
    POOL.fill();
    assert_eq!((POOL.trim(), POOL.available()), (3, 3));
    VETO.store(true, SeqCst);
    drop(POOL.try_get().unwrap());
    assert_eq!(POOL.available(), 3);
    assert_eq!(POOL.metrics().double_returns, 0);
}

#[test]
fn lease_dropped_on_other_thread_returns() {
    let pool: Arc<Pool<Vec2, 2>> = Arc::default();
    #[derive(Default)]
    struct Vec2(heapless::Vec<u8, 2>);
    impl Reset for Vec2 {
        fn reset(&mut self) {
            self.0.clear();
        }
    }
    std::thread::scope(|scope| {
        let mut lease = pool.try_get().unwrap();
        scope.spawn(move || lease.0.push(1).unwrap());
    });
    assert_eq!((pool.available(), pool.try_get().unwrap().0.len()), (2, 0));
}

#[test]
fn statics_made_at_run_time() {
    static SIZE: forebay::global::Once<u32> = forebay::global::Once::new();
    type Sized = FromFn<fn(usize) -> u32>;
    static POOL: forebay::global::Lazy<Pool<u32, 2, Sized>> =
        forebay::global::Lazy::new(|| Pool::from_fn(|_| *SIZE.get().unwrap()));
    SIZE.call_once(|| 7);
    assert_eq!(*POOL.try_get().unwrap(), 7);
}

#[test]
fn exhausted_can_be_boxed_as_an_error() {
    let pool: Pool<u8, 1> = Pool::new();
    let get_two = || -> Result<(), Box<dyn std::error::Error>> {
        let _one = pool.try_get()?;
        let _two = pool.try_get()?;
        Ok(())
    };
    let error = get_two().unwrap_err();
    assert_eq!(error.to_string(), "pool of 1 exhausted");
    assert_eq!(error.downcast::<Exhausted>().unwrap().capacity(), 1);
}
