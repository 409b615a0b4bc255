//! Leases of every kind: exclusive, shared, mapped, erased, raw, owned by an `Arc`.
#![allow(unsafe_code)] // `from_raw`.

use crate::common::Tally;
use forebay::pool::{Erased, Mapped};
use forebay::{Lease, Pool, SharedLease};
use std::fmt::Write;
use std::hash::{BuildHasher, RandomState};
use std::ptr::NonNull;

type Text = heapless::String<16>;

#[test]
fn smoke() {
    static POOL: Pool<u32, 2> = Pool::new();
    let mut lease = POOL.try_get().unwrap();
    *lease += 5;
    let shared = Lease::share(lease);
    let other = shared.clone();
    assert_eq!(*shared + *other, 10);
    drop(shared);
    let lease = SharedLease::try_unshare(other).unwrap();
    Lease::put(lease);
    assert_eq!((POOL.available(), *POOL.try_get().unwrap()), (2, 0));
}

#[test]
fn lease_is_two_words() {
    assert_eq!(size_of::<Lease<&Pool<[u8; 32], 3>>>(), 2 * size_of::<usize>());
    assert_eq!(size_of::<SharedLease<&Pool<[u8; 32], 3>>>(), 2 * size_of::<usize>());
}

#[test]
fn acts_like_its_item() {
    let pool: Pool<Text, 4> = Pool::new();
    let (mut one, mut two) = (pool.try_get().unwrap(), pool.try_get().unwrap());
    write!(one, "{}-{}", 4, 2).unwrap();
    two.push_str("5").unwrap();
    assert_eq!((format!("{one}"), format!("{one:?}")), ("4-2".into(), "\"4-2\"".into()));
    assert!(one < two && one != two && one.cmp(&two).is_lt());
    assert_eq!(one.as_ref().len(), 3);
    let hasher = RandomState::new();
    assert_eq!(hasher.hash_one(&one), hasher.hash_one(&*one));
    assert!(write!(two, "{}", "x".repeat(17)).is_err());

    let (one, two) = (Lease::share(one), Lease::share(two));
    assert_eq!((format!("{one}"), format!("{one:?}")), ("4-2".into(), "\"4-2\"".into()));
    assert!(one < two && one != two && one.cmp(&two).is_lt() && one == one.clone());
    assert_eq!(one.as_ref().as_str(), "4-2");
    assert_eq!(hasher.hash_one(&one), hasher.hash_one(&*one));
    assert_eq!(format!("{one:p}"), format!("{:p}", &raw const *one));
    assert_eq!((SharedLease::slot(&one), SharedLease::slot(&two)), (0, 1));
}

#[test]
fn lease_of_what_lives_shorter_than_static() {
    let name = String::from("reservoir");
    let pool: Pool<Option<&str>, 2> = Pool::new();
    let mut erased: Lease<Erased<'_, Option<&str>>> = Lease::erase(pool.try_get().unwrap());
    *erased = Some(&name[..3]);
    let mut part = Lease::map(pool.try_get().unwrap(), |object| object.get_or_insert(&name));
    assert_eq!((erased.unwrap(), part.len()), ("res", 9));
    *part = &name[8..];
    assert_eq!(*Lease::share(part), "r");
}

#[test]
fn shared_is_held_until_the_last_is_gone() {
    let tally = Tally::default();
    let pool = Pool::<_, 1, _>::from_fn(|_| tally.make());
    let first = Lease::share(pool.try_get().unwrap());
    let mut others: Vec<_> = (0..9).map(|_| SharedLease::try_clone(&first).unwrap()).collect();
    assert_eq!(SharedLease::holders(&first), 10);
    let first = SharedLease::try_unshare(first).unwrap_err();
    assert_eq!(SharedLease::holders(&first), 10, "a refusal changes nothing");
    drop(first);
    while let Some(last) = others.pop() {
        assert_eq!(SharedLease::holders(&last), others.len() + 1);
        assert_eq!(pool.available(), 0);
        if others.is_empty() {
            let mut alone = SharedLease::try_unshare(last).unwrap();
            assert_eq!(pool.audit().next().unwrap().holders(), 0);
            alone.number = 7;
            // And shared again.
            let again = Lease::share(alone);
            assert_eq!((again.number, SharedLease::holders(&again)), (7, 1));
        }
    }
    assert_eq!((pool.available(), tally.dropped()), (1, 0));
    assert_eq!((pool.metrics().gets, pool.metrics().double_returns), (1, 0));
}

#[test]
#[cfg_attr(miri, ignore = "makes as many clones as a slot can count, which takes minutes")]
fn shared_by_too_many_is_never_given_back() {
    let pool: Pool<u32, 2> = Pool::new();
    let mut lease = pool.try_get().unwrap();
    *lease = 5;
    let shared = Lease::share(lease);
    let mut holders = 1;
    // Forgotten, since so many handles would only cost memory; they count all the same.
    while let Some(clone) = SharedLease::try_clone(&shared) {
        std::mem::forget(clone);
        holders += 1;
    }
    assert_eq!(holders, SharedLease::<&Pool<u32, 2>>::MAX_HOLDERS);
    assert_eq!(SharedLease::holders(&shared), holders);

    // As many as can be counted come back as usual.
    for _ in 0..3 {
        // SAFETY: stands for one of the clones that were forgotten.
        drop(unsafe { std::ptr::read(&raw const shared) });
    }
    assert_eq!(SharedLease::holders(&shared), holders - 3);
    for _ in 0..3 {
        std::mem::forget(SharedLease::try_clone(&shared).unwrap());
    }

    // One more pins the object.
    let extra = shared.clone();
    assert_eq!(*extra, 5);
    for _ in 0..10 {
        drop(shared.clone());
    }
    drop(extra);
    assert!(SharedLease::try_clone(&shared).is_none());
    assert!(SharedLease::try_unshare(shared).is_err());
    assert_eq!(pool.audit().map(|loan| loan.slot()).collect::<Vec<_>>(), [0]);
    assert_eq!(Lease::slot(&pool.try_get().unwrap()), 1);
}

#[test]
fn map_narrows_and_returns_the_whole() {
    let tally = Tally::default();
    let pool = Pool::<_, 2, _>::from_fn(|_| (tally.make(), [1_u8, 2, 3]));
    let lease = pool.try_get().unwrap();
    let slot = Lease::slot(&lease);
    let bytes: Lease<Mapped<_, [u8; 3]>> = Lease::map(lease, |pair| &mut pair.1);
    let mut tail: Lease<Mapped<_, [u8]>> = Lease::map(bytes, |bytes| &mut bytes[1..]);
    assert_eq!((&*tail, Lease::slot(&tail)), (&[2, 3][..], slot));
    tail[0] = 20;
    assert_eq!(pool.available(), 1);
    let shared = Lease::share(tail);
    let other = shared.clone();
    drop(shared);
    assert_eq!(*other, [20, 3]);
    let tail = SharedLease::try_unshare(other).unwrap();
    assert_eq!(*tail, [20, 3]);
    drop(tail);
    assert_eq!((pool.available(), tally.dropped()), (2, 0));
    assert_eq!(pool.try_get().unwrap().1, [0; 3], "the whole was reset");
}

#[test]
fn map_to_a_trait_object() {
    let pool: Pool<Text, 1> = Pool::new();
    let mut out: Lease<Mapped<_, dyn Write>> =
        Lease::map(pool.try_get().unwrap(), |text| text as &mut dyn Write);
    write!(out, "{}", 42).unwrap();
    drop(out);
    assert_eq!(pool.available(), 1);
}

#[test]
fn erased_leases_of_different_pools_are_one_type() {
    static SMALL: Pool<u32, 1> = Pool::new();
    type Numbered = forebay::reset::FromFn<fn(usize) -> u32>;
    static LARGE: Pool<u32, 100, Numbered> = Pool::from_fn(|slot| 1000 + slot as u32);
    let mut leases: Vec<Lease<Erased<'static, u32>>> = Vec::new();
    leases.push(Lease::erase(SMALL.try_get().unwrap()));
    leases.extend(LARGE.try_get_up_to::<3>().into_iter().map(Lease::erase));
    assert!(leases[1..].iter().all(|lease| **lease == 1000 + Lease::slot(lease) as u32));
    *leases[1] = 9;
    let shared = Lease::share(leases.remove(1));
    let other = shared.clone();
    assert_eq!((*shared, *other), (9, 9));
    drop((shared, leases));
    assert_eq!((SMALL.available(), LARGE.available()), (1, 99));
    let mapped = Lease::map(SharedLease::try_unshare(other).unwrap(), |n| n);
    assert_eq!(*mapped, 9);
    drop(mapped);
    let all = LARGE.try_get_up_to::<100>();
    assert_eq!(all.len(), 100);
    assert!(all.iter().all(|lease| **lease != 9), "recycled by its pool");
}

#[test]
fn raw_comes_back_once_and_only_to_its_pool() {
    let pool: Pool<u64, 3> = Pool::new();
    let others: Pool<u64, 3> = Pool::new();
    let _first = pool.try_get().unwrap();
    let mut lease = pool.try_get().unwrap();
    *lease = 7;
    let raw = Lease::into_raw(lease);
    assert_eq!(pool.available(), 1);
    // SAFETY: nobody else uses the pointer that `into_raw` gave; all others are to be refused.
    unsafe {
        *raw.as_ptr() += 1;
        assert!(Lease::from_raw(&others, raw).is_none(), "not of that pool");
        assert!(Lease::from_raw(&pool, raw.add(1)).is_none(), "not out");
        assert!(Lease::from_raw(&pool, raw.sub(1)).is_none(), "out, but as a lease");
        assert!(Lease::from_raw(&pool, raw.byte_add(1)).is_none(), "the middle of an object");
        let outside = NonNull::new(raw.as_ptr().wrapping_add(1000)).unwrap();
        assert!(Lease::from_raw(&pool, outside).is_none());
        let outside = NonNull::new(raw.as_ptr().wrapping_sub(1000)).unwrap();
        assert!(Lease::from_raw(&pool, outside).is_none());
        let on_stack = NonNull::from(&mut 5_u64);
        assert!(Lease::from_raw(&pool, on_stack).is_none());

        let back = Lease::from_raw(&pool, raw).unwrap();
        assert_eq!((*back, Lease::slot(&back)), (8, 1));
        assert!(Lease::from_raw(&pool, raw).is_none(), "it is a lease again");
        drop(back);
        assert!(Lease::from_raw(&pool, raw).is_none(), "it is free");
    }
    assert_eq!(others.metrics(), Pool::<u64, 3>::new().metrics());
    assert_eq!((pool.available(), pool.metrics().double_returns), (2, 0));
    assert!(pool.try_get_many::<2>().is_ok());
}

#[test]
fn raw_when_forgotten_loses_the_slot_only() {
    let tally = Tally::default();
    let pool = Pool::<_, 2, _>::from_fn(|_| tally.make());
    let _lost = Lease::into_raw(pool.try_get().unwrap());
    assert_eq!((pool.trim(), tally.alive()), (0, 1));
    assert!(pool.try_get().is_ok() && pool.try_get_up_to::<2>().len() == 1);
    drop(pool);
    assert_eq!(tally.alive(), 0);
}

#[cfg(feature = "std")]
mod arc {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn lease_keeps_the_pool_alive() {
        let tally = Tally::default();
        let maker = tally.clone();
        let pool = Arc::new(Pool::<_, 2, _>::from_fn(move |_| maker.make()));
        let lease = pool.try_get_arc().unwrap();
        let shared = Lease::share(pool.try_get_arc().unwrap());
        assert_eq!(pool.try_get_arc().unwrap_err().capacity(), 2);
        drop(pool);
        let other = shared.clone();
        let worker = std::thread::spawn(move || other.number);
        assert_eq!(worker.join().unwrap(), 2);
        drop(lease);
        assert_eq!(tally.dropped(), 0);
        drop(shared);
        assert_eq!(tally.dropped(), 2, "the pool went with the last lease");
    }

    #[test]
    fn lease_can_be_mapped() {
        let pool = Arc::new(Pool::<(u8, u8), 1>::new());
        let mut right = Lease::map(pool.try_get_arc().unwrap(), |pair| &mut pair.1);
        drop(pool);
        *right = 5;
        assert_eq!(*right, 5);
    }

    #[test]
    fn raw_round_trip_keeps_the_count_of_the_arc() {
        let pool = Arc::new(Pool::<u32, 2>::new());
        for _ in 0..3 {
            let raw = Lease::into_raw(pool.try_get_arc().unwrap());
            // SAFETY: nobody else uses the pointer.
            let lease = unsafe { Lease::from_raw(Arc::clone(&pool), raw) }.unwrap();
            drop(lease);
            assert_eq!(pool.available(), 2);
        }
        assert_eq!(Arc::strong_count(&pool), 1, "else the pool is never freed");
    }

    /// A count that `into_raw` did not forget must not be given up, and one that it forgot not be lost.
    #[test]
    fn raw_goes_back_by_the_kind_of_handle_it_came_from() {
        let pool = Arc::new(Pool::<u32, 2>::new());
        let borrowed = Lease::into_raw(pool.try_get().unwrap());
        let owned = Lease::into_raw(pool.try_get_arc().unwrap());
        assert_eq!(Arc::strong_count(&pool), 2);
        // SAFETY: they came from leases of this pool, and nobody else uses them.
        unsafe {
            assert!(Lease::from_raw(Arc::clone(&pool), borrowed).is_none());
            assert!(Lease::from_raw(&*pool, owned).is_none());
            assert_eq!((Arc::strong_count(&pool), pool.available()), (2, 0));
            drop(Lease::from_raw(&*pool, borrowed).unwrap());
            drop(Lease::from_raw(Arc::clone(&pool), owned).unwrap());
        }
        assert_eq!((Arc::strong_count(&pool), pool.available()), (1, 2));
    }

    #[test]
    fn lease_of_an_arc_and_by_reference_come_from_the_same_slots() {
        let pool = Arc::new(Pool::<u32, 2>::new());
        let one = pool.try_get_arc().unwrap();
        let two = pool.try_get().unwrap();
        assert_ne!(Lease::slot(&one), Lease::slot(&two));
        assert!(pool.try_get().is_err());
    }
}

#[cfg(feature = "serde")]
#[test]
fn serializes_as_its_item() {
    let pool: Pool<u32, 2> = Pool::new();
    let lease = pool.try_get().unwrap();
    assert_eq!(serde_json::to_string(&lease).unwrap(), "0");
    assert_eq!(serde_json::to_string(&Lease::share(lease)).unwrap(), "0");
}
