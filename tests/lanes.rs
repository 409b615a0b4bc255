//! Pools with lanes, by their handles: what a core, a task or an interrupt handler sees.

mod common;

use forebay::{DefaultReset, Headroom, Lane, LanePool, Lease, TickByMisses};

#[test]
fn smoke() {
    static POOL: LanePool<u32, 8, 2> = LanePool::new();
    let lane = POOL.claim().unwrap();
    let mut object = lane.try_get().unwrap();
    *object = 7;
    let slot = Lease::slot(&object);
    drop(object);
    let object = lane.try_get().unwrap();
    assert_eq!((Lease::slot(&object), *object), (slot, 0), "the same object, reset");
    assert_eq!(POOL.audit().count(), 1);
    drop(object);
    assert_eq!((POOL.audit().count(), POOL.available()), (0, 8));
    let metrics = POOL.metrics();
    assert_eq!((metrics.gets, metrics.puts, metrics.misses, metrics.in_use), (2, 2, 1, 0));
}

#[test]
fn lanes_are_claimed_once() {
    let pool: LanePool<u32, 8, 3> = LanePool::new();
    let lanes: Vec<_> = (0..3).map(|_| pool.claim().unwrap()).collect();
    assert!(pool.claim().is_none());
    let numbers: Vec<_> = lanes.iter().map(Lane::number).collect();
    assert_eq!(numbers, [0, 1, 2]);
    drop(lanes);
    assert_eq!(pool.claim().unwrap().number(), 0);
}

/// Every object is within reach of a lane but the private ones of others.
#[test]
fn capacity() {
    fn check<const N: usize, const LANES: usize>() {
        let pool: LanePool<usize, N, LANES> = LanePool::new();
        let lanes: Vec<_> = (0..LANES).map(|_| pool.claim().unwrap()).collect();
        for round in 0..3 {
            // All of them on one lane …
            let all: Vec<_> = (0..N).map(|_| lanes[round % LANES].try_get().unwrap()).collect();
            let mut slots: Vec<_> = all.iter().map(Lease::slot).collect();
            slots.sort_unstable();
            assert_eq!(slots, Vec::from_iter(0..N));
            assert!(lanes.iter().all(|lane| lane.try_get().is_err()));
            assert_eq!(pool.audit().count(), N);
            drop(all);
            // … and by turns on each.
            let mut all = Vec::new();
            while let Some(object) = lanes.iter().find_map(|lane| lane.try_get().ok()) {
                all.push(object);
            }
            assert_eq!(all.len(), N);
            drop(all);
            assert_eq!((pool.available(), pool.audit().count()), (N, 0));
            lanes.iter().for_each(Lane::flush);
        }
        drop(lanes);
        let all: Vec<_> = (0..N).map(|_| pool.try_get().unwrap()).collect();
        assert!(pool.try_get().is_err());
        assert_eq!(all.len(), N);
    }
    check::<1, 1>();
    check::<1, 3>();
    check::<2, 2>();
    check::<31, 2>();
    check::<33, 4>();
    check::<64, 4>();
    check::<100, 7>();
    if !cfg!(miri) {
        check::<1000, 4>();
    }
}

#[test]
fn a_private_object_is_out_of_reach_until_flushed() {
    let pool: LanePool<u32, 1, 2> = LanePool::new();
    let (one, other) = (pool.claim().unwrap(), pool.claim().unwrap());
    drop(one.try_get().unwrap());
    assert!(other.try_get().is_err());
    assert_eq!(pool.available(), 1, "it is free all the same");
    one.flush();
    assert!(other.try_get().is_ok());
}

#[test]
fn a_lane_given_back_leaves_its_objects() {
    let pool: LanePool<u32, 4, 2> = LanePool::new();
    let (one, other) = (pool.claim().unwrap(), pool.claim().unwrap());
    let all: Vec<_> = (0..4).map(|_| one.try_get().unwrap()).collect();
    drop(all);
    drop(one);
    let all: Vec<_> = (0..4).map(|_| other.try_get().unwrap()).collect();
    assert_eq!(all.len(), 4);
    assert_eq!(pool.metrics().misses, 4, "no object was made twice");
}

#[test]
fn a_forgotten_lane_keeps_one_object_for_good() {
    let pool: LanePool<u32, 2, 1> = LanePool::new();
    let lane = pool.claim().unwrap();
    drop(lane.try_get().unwrap());
    std::mem::forget(lane);
    assert!(pool.claim().is_none());
    let _one = pool.try_get().unwrap();
    assert!(pool.try_get().is_err());
}

#[test]
fn a_lease_goes_back_elsewhere() {
    static POOL: LanePool<u32, 2, 2> = LanePool::new();
    let lane = POOL.claim().unwrap();
    let leases = [lane.try_get().unwrap(), lane.try_get().unwrap()].map(Lease::detach);
    std::thread::spawn(move || drop(leases)).join().unwrap();
    assert_eq!((POOL.available(), POOL.audit().count()), (2, 0));
    assert!(lane.try_get().is_ok());
}

#[test]
fn a_lane_is_stolen_from_by_halves() {
    let pool: LanePool<u32, 32, 2> = LanePool::new();
    let (owner, thief) = (pool.claim().unwrap(), pool.claim().unwrap());
    let all: Vec<_> = (0..32).map(|_| owner.try_get().unwrap()).collect();
    // One private, 16 shared, the others common.
    let common: Vec<_> = {
        drop(all);
        (0..15).map(|_| pool.try_get().unwrap()).collect()
    };
    let before = pool.metrics();
    let stolen: Vec<_> = (0..8).map(|_| thief.try_get().unwrap()).collect();
    let after = pool.metrics();
    assert_eq!(after.gets - before.gets, 8);
    assert!(after.steals - before.steals < 8, "not one by one");
    assert_eq!(after.misses, 32);
    drop((common, stolen));
}

#[test]
fn what_was_idle_for_two_ticks_is_dropped() {
    let pool: LanePool<u32, 16, 2> = LanePool::new();
    let lane = pool.claim().unwrap();
    let all: Vec<_> = (0..16).map(|_| lane.try_get().unwrap()).collect();
    drop(all);
    lane.flush();
    assert_eq!(pool.tick(), 0);
    let used = lane.try_get().unwrap();
    assert_eq!(pool.tick(), 15);
    drop(used);
    lane.flush();
    assert_eq!(pool.metrics().evictions, 15);
    assert_eq!(pool.tick(), 0, "used since");
    assert_eq!(pool.tick(), 1);
    assert_eq!((pool.tick(), pool.available()), (0, 16));
    let all: Vec<_> = (0..16).map(|_| lane.try_get().unwrap()).collect();
    assert_eq!((all.len(), pool.metrics().misses), (16, 32));
}

#[test]
fn an_object_is_preferred_to_a_vacant_slot() {
    let pool: LanePool<u32, 64, 2> = LanePool::new();
    let lane = pool.claim().unwrap();
    let mut all: Vec<_> = (0..64).map(|_| lane.try_get().unwrap()).collect();
    let kept = all.pop().unwrap();
    drop(all);
    lane.flush();
    pool.tick();
    assert_eq!(pool.tick(), 63);
    let slot = Lease::slot(&kept);
    drop(Lease::detach(kept)); // on this thread, which may have the other lane
    pool.flush();
    assert_eq!(Lease::slot(&lane.try_get().unwrap()), slot);
    assert_eq!(pool.metrics().misses, 64);
}

/// What a busy pool needs no more is dropped, whenever enough gets went past their lane.
#[test]
fn misses_drop_what_idles_meanwhile() {
    static POOL: LanePool<u32, 64, 1, TickByMisses<4>> = LanePool::with_policy(TickByMisses::new());
    let lane = POOL.claim().unwrap();
    let burst = [(); 64].map(|()| lane.try_get().unwrap());
    drop(burst);
    let before = POOL.metrics();
    assert_eq!((before.misses, before.evictions), (64, 0));
    // Gets that the lane can serve do not age, however many.
    for _ in 0..100 {
        drop(lane.try_get().unwrap());
    }
    assert_eq!(POOL.metrics().evictions, 0);
    // Those of a lane that is used up do.
    let mut busy = Vec::new();
    while POOL.metrics().evictions == 0 {
        busy.push(lane.try_get().unwrap());
        if busy.len() == 24 {
            busy.clear();
        }
        assert!(POOL.metrics().gets < 10_000, "nothing ages");
    }
    assert_eq!(POOL.metrics().misses, 64, "what was used was there");
}

#[test]
fn headroom_stays_in_reach_of_those_that_say_so() {
    let pool: LanePool<u32, 8, 2, DefaultReset, Headroom<2>> = LanePool::with_waiting(DefaultReset);
    let (one, other) = (pool.claim().unwrap(), pool.claim().unwrap());
    for _ in 0..3 {
        let all: Vec<_> = std::iter::from_fn(|| one.try_get().ok()).collect();
        assert_eq!(all.len(), 6);
        assert!(other.try_get().is_err());
        let kept = [other.try_get_reserved().unwrap(), other.try_get_reserved().unwrap()];
        assert!(other.try_get_reserved().is_err());
        // A reserved one that comes back is reserved again, on whatever lane.
        drop(kept);
        assert!(other.try_get().is_err());
    }
}

/// A lane takes more than it needs along, for later: but no reserved ones, which it would lend to anybody.
#[test]
fn headroom_is_not_taken_along() {
    type Frames = LanePool<u32, 8, 2, DefaultReset, Headroom<4>>;
    for round in 0..4 {
        let pool = Frames::with_waiting(DefaultReset);
        let (one, other) = (pool.claim().unwrap(), pool.claim().unwrap());
        pool.fill();
        let plain = Vec::from_iter(std::iter::from_fn(|| other.try_get().ok()));
        let reserved = Vec::from_iter((0..=round).map(|_| one.try_get_reserved().unwrap()));
        assert!(one.try_get().is_err() && other.try_get().is_err() && pool.try_get().is_err());
        assert_eq!((plain.len(), pool.available()), (4, 3 - round));
        drop((reserved, plain));
        assert!((0..4).all(|_| pool.try_get_reserved().is_ok()));
    }
}

/// What is on loan of the reserved ones says nothing of the others.
#[test]
fn many_beside_headroom() {
    let pool = LanePool::<u32, 8, 2, DefaultReset, Headroom<4>>::with_waiting(DefaultReset);
    let plain = Vec::from_iter((0..4).map(|_| pool.try_get().unwrap()));
    let reserved = Vec::from_iter((0..4).map(|_| pool.try_get_reserved().unwrap()));
    drop(plain);
    pool.flush();
    assert!(pool.try_get_many::<5>().is_err());
    assert!(pool.try_get_many::<4>().is_ok(), "four are free for all");
    drop(reserved);
    let gets = pool.metrics().gets;
    assert!(pool.try_get_many::<5>().is_err());
    assert_eq!(pool.metrics().gets, gets, "refused at a look");
}
