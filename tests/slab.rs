//! Slabs: values in, values out, each dropped once.
#![allow(unsafe_code)] // `from_raw`.

mod common;

use common::{Tally, for_capacities};
use forebay::{Full, Lease, SharedLease, Slab};
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
