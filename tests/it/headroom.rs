//! Reserved objects are for callers that say so, wherever free objects are kept.
#![cfg(feature = "std")]

use forebay::{DefaultReset, Headroom, LanePool, Lease, Polling, Pool, Waking};
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

#[test]
fn reserved_get_on_lane_shares_no_reserved_object() {
    let pool: LanePool<u8, 8, 2, DefaultReset, Headroom<6, Polling>> =
        LanePool::with_waiting(DefaultReset);
    assert_eq!(pool.fill(), 8);
    let lanes = [(); 2].map(|()| pool.try_claim().unwrap());
    // Both normal ones, and then reserved ones that lie side by side.
    let normal = [(); 2].map(|()| lanes[0].try_get_reserved().unwrap());
    let reserved = [(); 2].map(|()| lanes[0].try_get_reserved().unwrap());
    assert!(normal.iter().all(|lease| Lease::slot(lease) < 2));
    assert!(reserved.iter().all(|lease| Lease::slot(lease) >= 2));
    assert!(lanes.iter().all(|lane| lane.try_get().is_err()));
    drop((normal, reserved));
    assert_eq!(pool.available(), 8);
}

#[test]
fn reserved_get_finds_object_while_others_sit_in_all_seats() {
    let pool: Pool<u8, 2, DefaultReset, Headroom<1, Waking<1>>> = Pool::with_waiting(DefaultReset);
    let lease = pool.try_get().unwrap();
    let mut context = Context::from_waker(Waker::noop());
    let mut normal = pin!(pool.get());
    assert!(normal.as_mut().poll(&mut context).is_pending());

    let Poll::Ready(Ok(reserved)) = pin!(pool.get_reserved()).poll(&mut context) else {
        panic!("a reserved object is free");
    };
    assert_eq!(Lease::slot(&reserved), 1);
    assert!(pool.get_reserved_timeout(Duration::ZERO).is_err());
    drop(reserved);
    assert_eq!(Lease::slot(&pool.get_reserved_timeout(Duration::ZERO).unwrap()), 1);

    drop(lease); // Goes to the one who waits.
    let Poll::Ready(Ok(lease)) = normal.poll(&mut context) else { panic!("handed over") };
    assert_eq!(Lease::slot(&lease), 0);
}

/// Reserved objects are lent last, also while others change the words of the ordinary ones.
#[test]
fn reserved_objects_are_lent_last_beside_another_thread() {
    // The first half of the objects is ordinary; at most one of them is with the other thread.
    static POOL: Pool<u32, 64, DefaultReset, Headroom<32>> = Pool::with_waiting(DefaultReset);
    static LANES: LanePool<u32, 64, 2, DefaultReset, Headroom<32>> =
        LanePool::with_waiting(DefaultReset);
    fn check<W: forebay::wait::WaitPolicy>(pool: &Pool<u32, 64, DefaultReset, W>) {
        let stop = AtomicBool::new(false);
        let early = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(SeqCst) {
                    drop(pool.try_get());
                }
            });
            let rounds = if cfg!(miri) { 100 } else { 100_000 };
            let early = |_: &usize| Lease::slot(&pool.try_get_reserved().unwrap()) >= 32;
            let early = (0..rounds).filter(early).count();
            stop.store(true, SeqCst);
            early
        });
        assert_eq!(early, 0);
        let all = Vec::from_iter((0..64).map_while(|_| pool.try_get_reserved().ok()));
        assert!(all.len() >= 62, "they are lent in the end: {}", all.len());
    }
    check(&POOL);
    check(&LANES);
}
