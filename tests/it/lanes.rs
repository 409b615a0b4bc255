//! Pools with lanes, by their handles: what a core, a task or an interrupt handler sees.

use forebay::reset::TickByMisses;
use forebay::{DefaultReset, Headroom, Lane, LanePool, Lease};

#[test]
fn smoke() {
    static POOL: LanePool<u32, 8, 2> = LanePool::new();
    let lane = POOL.try_claim().unwrap();
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
    let lanes: Vec<_> = (0..3).map(|_| pool.try_claim().unwrap()).collect();
    assert!(pool.try_claim().is_none());
    let numbers: Vec<_> = lanes.iter().map(Lane::number).collect();
    assert_eq!(numbers, [0, 1, 2]);
    drop(lanes);
    assert_eq!(pool.try_claim().unwrap().number(), 0);
}

/// Every lane gets every object, wherever it is.
#[test]
fn capacity() {
    fn check<const N: usize, const LANES: usize>() {
        let pool: LanePool<usize, N, LANES> = LanePool::new();
        let lanes: Vec<_> = (0..LANES).map(|_| pool.try_claim().unwrap()).collect();
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
fn a_lane_gets_what_another_keeps() {
    let pool: LanePool<u32, 1, 2> = LanePool::new();
    let (one, other) = (pool.try_claim().unwrap(), pool.try_claim().unwrap());
    drop(one.try_get().unwrap());
    drop(other.try_get().unwrap());
    assert_eq!((pool.available(), pool.metrics().steals), (1, 1));
    // The other lane has it now. Once it is flushed, no lane has to be looked at.
    other.flush();
    drop(one.try_get().unwrap());
    let metrics = pool.metrics();
    assert_eq!((metrics.gets, metrics.misses, metrics.steals), (3, 1, 1));
}

#[test]
fn a_lane_given_back_leaves_its_objects() {
    let pool: LanePool<u32, 4, 2> = LanePool::new();
    let (one, other) = (pool.try_claim().unwrap(), pool.try_claim().unwrap());
    let all: Vec<_> = (0..4).map(|_| one.try_get().unwrap()).collect();
    drop(all);
    drop(one);
    let all: Vec<_> = (0..4).map(|_| other.try_get().unwrap()).collect();
    assert_eq!(all.len(), 4);
    assert_eq!(pool.metrics().misses, 4, "no object was made twice");
}

#[test]
fn a_forgotten_lane_keeps_no_object_from_others() {
    let pool: LanePool<u32, 8, 2> = LanePool::new();
    let lane = pool.try_claim().unwrap();
    drop(Vec::from_iter((0..8).map(|_| lane.try_get().unwrap())));
    std::mem::forget(lane);
    let other = pool.try_claim().unwrap();
    assert!(pool.try_claim().is_none(), "only the lane itself is lost");
    let all = Vec::from_iter((0..8).map(|_| other.try_get().unwrap()));
    assert!(other.try_get().is_err() && pool.try_get().is_err());
    assert_eq!((all.len(), pool.metrics().misses, pool.metrics().steals), (8, 8, 1));
}

#[test]
fn a_lease_goes_back_elsewhere() {
    static POOL: LanePool<u32, 2, 2> = LanePool::new();
    let lane = POOL.try_claim().unwrap();
    let leases = [lane.try_get().unwrap(), lane.try_get().unwrap()].map(Lease::detach);
    std::thread::spawn(move || drop(leases)).join().unwrap();
    assert_eq!((POOL.available(), POOL.audit().count()), (2, 0));
    assert!(lane.try_get().is_ok());
}

#[test]
fn the_lane_of_another_is_emptied_at_once() {
    let pool: LanePool<u32, 32, 2> = LanePool::new();
    let (owner, thief) = (pool.try_claim().unwrap(), pool.try_claim().unwrap());
    drop(Vec::from_iter((0..32).map(|_| owner.try_get().unwrap())));
    // The lane keeps its share, a half; the others are common. This thread has no lane.
    let common = Vec::from_iter((0..16).map(|_| pool.try_get().unwrap()));
    assert_eq!(pool.metrics().steals, 0);
    let stolen = Vec::from_iter((0..16).map(|_| thief.try_get().unwrap()));
    assert!(owner.try_get().is_err());
    let metrics = pool.metrics();
    assert_eq!((metrics.gets, metrics.misses, metrics.steals), (64, 32, 1));
    drop((common, stolen));
}

/// A lane that keeps its share of one word takes a slot of another word in, and gives others away for it.
#[test]
fn a_full_lane_loses_no_slot_of_another_word() {
    let pool: LanePool<u32, 64, 2> = LanePool::new();
    let lane = pool.try_claim().unwrap();
    let mut all = Vec::from_iter((0..64).map(|_| lane.try_get().unwrap()));
    for last in [0, 31, 32, 63] {
        let last = all.iter().position(|lease| Lease::slot(lease) == last).unwrap();
        let last = all.swap_remove(last);
        drop(all);
        drop(last);
        assert_eq!((pool.available(), pool.metrics().double_returns), (64, 0));
        all = Vec::from_iter((0..64).map(|_| lane.try_get().unwrap()));
    }
    assert_eq!(pool.metrics().misses, 64);
}

/// On one thread, by its lanes alone.
#[test]
fn a_lane_gets_all_that_another_used() {
    let pool: LanePool<u32, 8, 2> = LanePool::new();
    let lanes = [pool.try_claim().unwrap(), pool.try_claim().unwrap()];
    for round in 0..4 {
        let all = Vec::from_iter((0..8).map(|_| lanes[round % 2].try_get().unwrap()));
        assert!(lanes.iter().all(|lane| lane.try_get().is_err()));
        drop(all);
    }
    let metrics = pool.metrics();
    // Each round but the first finds half of the objects on the other lane, which it empties at the first look.
    assert_eq!((metrics.gets, metrics.misses, metrics.steals), (32, 8, 3));
}

#[test]
fn what_was_idle_for_two_ticks_is_dropped() {
    let pool: LanePool<u32, 16, 2> = LanePool::new();
    let lane = pool.try_claim().unwrap();
    let all: Vec<_> = (0..16).map(|_| lane.try_get().unwrap()).collect();
    drop(all);
    assert_eq!(pool.tick(), 0);
    let used = lane.try_get().unwrap();
    assert_eq!(pool.tick(), 15);
    drop(used);
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
    let lane = pool.try_claim().unwrap();
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

/// A get makes an object before it takes one from the lane of another.
#[test]
fn a_vacant_slot_is_preferred_to_an_object_of_another_lane() {
    let pool: LanePool<u32, 4, 2> = LanePool::new();
    let (one, other) = (pool.try_claim().unwrap(), pool.try_claim().unwrap());
    drop(one.try_get().unwrap());
    let made = Vec::from_iter((0..3).map(|_| other.try_get().unwrap()));
    assert_eq!((pool.metrics().misses, pool.metrics().steals), (4, 0));
    let stolen = other.try_get().unwrap();
    assert_eq!((pool.metrics().misses, pool.metrics().steals), (4, 1));
    drop((made, stolen));
}

/// All that looks for idle objects looks into lanes that have owners, too.
#[test]
fn what_lanes_keep_is_trimmed_ages_and_is_not_made_again() {
    let pool: LanePool<u32, 8, 2> = LanePool::new();
    let (one, other) = (pool.try_claim().unwrap(), pool.try_claim().unwrap());
    let use_all = || {
        let some = Vec::from_iter((0..4).map(|_| one.try_get().unwrap()));
        drop(Vec::from_iter((0..4).map(|_| other.try_get().unwrap())));
        drop(some);
    };
    use_all();
    assert_eq!((pool.trim(), pool.trim(), pool.metrics().misses), (8, 0, 8));
    use_all();
    assert_eq!((pool.tick(), pool.tick(), pool.tick(), pool.metrics().misses), (0, 8, 0, 16));
    use_all();
    assert_eq!(pool.tick(), 0);
    use_all();
    assert_eq!((pool.tick(), pool.metrics().misses), (0, 24), "all were used since");
    drop(one.try_get().unwrap());
    assert_eq!(pool.tick(), 7, "all but that one");
    assert_eq!((pool.fill(), pool.fill(), pool.metrics().misses), (7, 0, 24));
    assert_eq!((pool.metrics().evictions, pool.available()), (23, 8));
}

/// What a busy pool needs no more is dropped, whenever enough gets went past their lane.
#[test]
fn misses_drop_what_idles_meanwhile() {
    static POOL: LanePool<u32, 64, 4, TickByMisses<4>> = LanePool::with_policy(TickByMisses::new());
    let lane = POOL.try_claim().unwrap();
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
    let (one, other) = (pool.try_claim().unwrap(), pool.try_claim().unwrap());
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
        let (one, other) = (pool.try_claim().unwrap(), pool.try_claim().unwrap());
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
