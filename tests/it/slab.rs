//! Slabs: values in, values out, each dropped once.
#![allow(unsafe_code)] // `from_raw`.

use crate::common::{Fuse, Tally, boom, booms, for_capacities};
use forebay::error::Full;
use forebay::{Lease, SharedLease, Slab};
use std::collections::BTreeSet;
use std::rc::Rc;

#[test]
fn smoke() {
    static WORDS: Slab<&'static str, 2> = Slab::new();
    let mut one = WORDS.insert("one").unwrap();
    let two = WORDS.insert("two").unwrap();
    assert_eq!(WORDS.insert("three"), Err(Full("three")));
    *one = "uno";
    assert_eq!((*one, *two), ("uno", "two"));
    drop(two);
    assert_eq!(*WORDS.insert("three").unwrap(), "three");
}

fn holds_n_values<const N: usize>(slab: &Slab<u32, N>) {
    assert_eq!((slab.capacity(), slab.available()), (N, N));
    for round in 0..2 {
        let leases: Vec<_> = (0..N as u32).map(|n| slab.insert(n + round).unwrap()).collect();
        assert_eq!(slab.insert(0).unwrap_err().into_inner(), 0);
        let refused = slab.insert_with(|_| panic!("runs only when there is a place"));
        assert_eq!(refused.unwrap_err().capacity(), N);
        assert!(leases.iter().map(|lease| **lease).eq(round..N as u32 + round));
        let slots: BTreeSet<_> = leases.iter().map(Lease::slot).collect();
        assert!(slots.into_iter().eq(0..N), "each once");
    }
    let metrics = slab.metrics();
    assert_eq!((metrics.gets, metrics.puts, metrics.in_use), (2 * N as u64, 2 * N as u64, 0));
    assert_eq!((metrics.high_water, metrics.misses, metrics.evictions), (N as u64, 0, 0));
    assert_eq!((metrics.exhausted, metrics.panics), (4, 0));
}

#[test]
fn capacity() {
    fn boxed<const N: usize>() {
        holds_n_values(&*Box::new(Slab::<u32, N>::new()));
    }
    for_capacities!(boxed);
    static LARGEST: Slab<u32, 65_535> = Slab::new();
    if !cfg!(miri) {
        holds_n_values(&LARGEST);
    }
}

#[test]
fn zero_sized() {
    let slab: Slab<(), 3> = Slab::new();
    let leases: Vec<_> = (0..3).map(|_| slab.insert(()).unwrap()).collect();
    assert!(slab.insert(()).is_err());
    drop(leases);
    assert_eq!(slab.available(), 3);
}

#[test]
fn drops() {
    let tally = Tally::default();
    let slab: Slab<_, 40> = Slab::new();
    let mut leases: Vec<_> = (0..40).map(|_| slab.insert(tally.make()).unwrap()).collect();
    let refused = slab.insert(tally.make()).unwrap_err();
    assert_eq!(tally.dropped(), 0);
    assert_eq!(refused.into_inner().number, 41);
    assert_eq!(tally.dropped(), 1);
    leases.truncate(30);
    assert_eq!(tally.dropped(), 11, "a value goes with its lease");
    let shared = Lease::share(leases.pop().unwrap());
    let other = shared.clone();
    drop(shared);
    assert_eq!(tally.dropped(), 11);
    drop(other);
    assert_eq!(tally.dropped(), 12, "and with the last of the shared ones");
    std::mem::forget(leases.pop());
    drop(leases);
    assert_eq!((tally.alive(), slab.available()), (1, 39));
    drop(slab);
    assert_eq!(tally.alive(), 0, "a forgotten one goes with the slab");
}

#[test]
fn insert_with_makes_the_value_in_its_place() {
    static PAGES: Slab<[u8; 1000], 2> = Slab::new();
    let mut made_at = std::ptr::null();
    let page = PAGES
        .insert_with(|place| {
            made_at = place.as_ptr();
            place.write([7; 1000])
        })
        .unwrap();
    assert_eq!(&raw const *page, made_at);
    assert!(page.iter().all(|&byte| byte == 7));
}

#[test]
fn insert_with_may_use_the_same_slab() {
    static SLAB: Slab<u32, 3> = Slab::new();
    let outer = SLAB
        .insert_with(|place| {
            let inner = SLAB.insert(1).unwrap();
            place.write(*inner + 1)
        })
        .unwrap();
    assert_eq!((*outer, SLAB.available()), (2, 2));
}

#[test]
fn values_need_no_default_no_reset_and_no_send() {
    let slab: Slab<Rc<dyn Fn(u32) -> u32>, 1> = Slab::new();
    let three = 3;
    let job = slab.insert(Rc::new(move |n| n * three)).unwrap_or_else(|_| unreachable!());
    assert_eq!(job(5), 15);
}

#[test]
fn leases_can_be_mapped_erased_and_shared() {
    let slab: Slab<(u8, [u8; 3]), 2> = Slab::new();
    let lease = slab.insert((1, [2, 3, 4])).unwrap();
    let mut tail = Lease::map(Lease::erase(lease), |pair| &mut pair.1[1..]);
    tail[0] = 30;
    let shared = Lease::share(tail);
    let other = shared.clone();
    assert_eq!(&*other, [30, 4]);
    drop(shared);
    drop(SharedLease::try_unshare(other).unwrap());
    assert_eq!((slab.available(), slab.metrics().double_returns), (2, 0));
}

#[test]
fn leases_become_pointers_and_come_back() {
    let tally = Tally::default();
    let slab: Slab<_, 2> = Slab::new();
    let raw = Lease::into_raw(slab.insert(tally.make()).unwrap());
    let other = slab.insert(tally.make()).unwrap();
    let at_other = std::ptr::NonNull::from(&*other);
    assert!(slab.audit().next().unwrap().is_raw());
    // SAFETY: `raw` is not used besides; the other pointer did not come from `into_raw`, and a lease
    // would have been refused.
    unsafe {
        assert!(Lease::from_raw(&slab, at_other).is_none());
        let back = Lease::from_raw(&slab, raw).unwrap();
        assert!(Lease::from_raw(&slab, raw).is_none());
        assert_eq!(back.number, 1);
    }
    assert_eq!((tally.dropped(), slab.available()), (1, 1));
}

#[test]
fn audit_tells_age() {
    let slab: Slab<u8, 4> = Slab::default();
    let old = slab.insert(1).unwrap();
    assert_eq!(slab.advance_epoch(), 1);
    let young = slab.insert(2).unwrap();
    assert!(slab.audit().map(|loan| (loan.slot(), loan.age())).eq([(0, 1), (1, 0)]));
    drop(old);
    let again = slab.insert(3).unwrap();
    assert!(slab.audit().map(|loan| (loan.slot(), loan.age())).eq([(0, 0), (1, 0)]));
    drop((young, again));
    assert!(format!("{slab:?}").starts_with("Slab { metrics: Metrics { capacity: 4, "));
}

/// A place keeps the marks of a value that left. Only the values whose leases were forgotten are in their places when the
/// slab is dropped.
fn drops_what_was_forgotten<const N: usize>() {
    for every in 1..=3 {
        let tally = Tally::default();
        let slab = Box::new(Slab::<_, N>::new());
        for round in 0..3 {
            let leases = Vec::from_iter((0..N).map(|_| slab.insert(tally.make()).unwrap()));
            drop(leases);
            assert_eq!(tally.dropped(), (round + 1) * N);
            slab.advance_epoch();
        }
        let leases = Vec::from_iter((0..N).map(|_| slab.insert(tally.make()).unwrap()));
        let mut forgotten = 0;
        for (at, lease) in leases.into_iter().enumerate() {
            if at % every == 0 {
                std::mem::forget(lease);
                forgotten += 1;
            }
        }
        assert_eq!((tally.alive(), slab.available()), (forgotten, N - forgotten));
        drop(slab);
        assert_eq!((tally.made(), tally.alive()), (4 * N, 0), "each dropped, and once");
    }
}

#[test]
fn a_forgotten_value_is_dropped_with_the_slab() {
    for_capacities!(drops_what_was_forgotten);
}

#[test]
fn forgotten_in_every_way() {
    let tally = Tally::default();
    let slab: Slab<_, 6> = Slab::new();
    let insert = || slab.insert(tally.make()).unwrap();
    for _ in 0..2 {
        // Each place is used before.
        drop([(); 6].map(|()| insert()));
    }
    std::mem::forget(insert());
    let shared = Lease::share(insert());
    std::mem::forget(shared.clone());
    drop(shared);
    let _raw = Lease::into_raw(insert());
    std::mem::forget(Lease::erase(insert()));
    std::mem::forget(Lease::map(insert(), |value| &mut value.number));
    drop(insert());
    assert_eq!((tally.alive(), slab.available()), (5, 1));
    drop(slab);
    assert_eq!(tally.alive(), 0);
}

/// A value whose drop panics has left its place all the same, and is not dropped again with the slab.
#[test]
fn a_value_whose_drop_panics_is_dropped_once() {
    struct Sour<'a>(&'a Fuse, #[expect(dead_code)] crate::common::Counted);
    impl Drop for Sour<'_> {
        fn drop(&mut self) {
            self.0.burn();
        }
    }
    let (fuse, tally) = (Fuse::new(), Tally::default());
    let slab: Slab<_, 3> = Slab::new();
    for round in 1..=5 {
        let lease = slab.insert(Sour(&fuse, tally.make())).unwrap();
        fuse.arm(1);
        assert!(booms(|| drop(lease)));
        assert_eq!((tally.dropped(), slab.available()), (round, 3));
        assert_eq!((slab.metrics().panics, slab.audit().count()), (round as u64, 0));
    }
    std::mem::forget(slab.insert(Sour(&fuse, tally.make())).unwrap());
    drop(slab.insert(Sour(&fuse, tally.make())).unwrap());
    assert_eq!(tally.alive(), 1);
    drop(slab);
    assert_eq!((tally.made(), tally.alive()), (7, 0));
}

/// A place that had a value before holds none when `init` panics, though its marks are those of a loan.
#[test]
fn an_init_that_panics_leaves_a_used_place_empty() {
    let tally = Tally::default();
    let slab: Slab<_, 2> = Slab::new();
    drop([(); 2].map(|()| slab.insert(tally.make()).unwrap()));
    for _ in 0..3 {
        assert!(booms(|| slab.insert_with(|_| boom())));
        assert_eq!((slab.available(), slab.audit().count(), tally.alive()), (2, 0, 0));
    }
    let held = slab.insert(tally.make()).unwrap();
    assert!(booms(|| slab.insert_with(|_| boom())));
    assert_eq!(slab.available(), 1);
    std::mem::forget(held);
    assert_eq!((tally.made(), tally.alive()), (3, 1));
    drop(slab);
    assert_eq!(tally.alive(), 0, "and nothing is dropped in the empty place");

    // The same with a value that `init` wrote: it is forgotten, as it says.
    let slab: Slab<_, 1> = Slab::new();
    drop(slab.insert(tally.make()).unwrap());
    assert!(booms(|| slab.insert_with(|place| {
        place.write(tally.make());
        boom()
    })));
    drop(slab.insert(tally.make()).unwrap());
    drop(slab);
    assert_eq!(tally.alive(), 1);
}

/// A value is young in its epoch, also in a place that was used in the one before.
#[test]
fn a_used_place_is_young_in_a_new_epoch() {
    let slab: Slab<u32, 33> = Slab::new();
    for epoch in 1..=300 {
        drop([slab.insert(1).unwrap(), slab.insert(2).unwrap()]);
        let old = slab.insert(3).unwrap();
        assert_eq!(slab.advance_epoch(), epoch);
        let ages = || Vec::from_iter(slab.audit().map(|loan| (loan.age(), loan.since())));
        assert_eq!(ages(), [(1, epoch - 1)]);
        let new = slab.insert(4).unwrap();
        assert_eq!(ages().len(), 2);
        assert!(ages().contains(&(1, epoch - 1)) && ages().contains(&(0, epoch)));
        drop(old);
        assert_eq!(ages(), [(0, epoch)]);
        assert_eq!(slab.metrics().in_use, 1);
        drop(new);
        assert!(ages().is_empty());
    }
    assert!(slab.metrics().high_water <= 33);
}

/// Whether an object was shared or lent as a pointer is not said of the value that comes after it.
#[test]
fn a_used_place_has_no_holders() {
    let slab: Slab<u32, 1> = Slab::new();
    for _ in 0..3 {
        let shared = Lease::share(slab.insert(1).unwrap());
        let other = shared.clone();
        drop((shared, other));
        let raw = Lease::into_raw(slab.insert(2).unwrap());
        // SAFETY: the pointer is not used besides.
        drop(unsafe { Lease::from_raw(&slab, raw) }.unwrap());
        let lease = slab.insert(3).unwrap();
        let loan = slab.audit().next().unwrap();
        assert_eq!((loan.holders(), loan.is_raw(), loan.age()), (0, false, 0));
        let shared = Lease::share(lease);
        assert_eq!(SharedLease::holders(&shared), 1);
    }
}
