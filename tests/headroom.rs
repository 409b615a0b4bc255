//! Reserved objects are for callers that say so, wherever free objects are kept.
#![cfg(feature = "std")]

use forebay::{DefaultReset, Headroom, LanePool, Lease, Poll, Pool, Wake};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll as Polled, Waker};
use std::time::Duration;

#[test]
fn reserved_get_on_lane_shares_no_reserved_object() {
    let pool: LanePool<u8, 8, 2, DefaultReset, Headroom<6, Poll>> =
        LanePool::with_waiting(DefaultReset);
    assert_eq!(pool.fill(), 8);
    let lanes = [(); 2].map(|()| pool.claim().unwrap());
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
    let pool: Pool<u8, 2, DefaultReset, Headroom<1, Wake<1>>> = Pool::with_waiting(DefaultReset);
    let lease = pool.try_get().unwrap();
    let mut context = Context::from_waker(Waker::noop());
    let mut normal = pin!(pool.get());
    assert!(normal.as_mut().poll(&mut context).is_pending());

    let Polled::Ready(Ok(reserved)) = pin!(pool.get_reserved()).poll(&mut context) else {
        panic!("a reserved object is free");
    };
    assert_eq!(Lease::slot(&reserved), 1);
    assert!(pool.get_reserved_timeout(Duration::ZERO).is_err());
    drop(reserved);
    assert_eq!(Lease::slot(&pool.get_reserved_timeout(Duration::ZERO).unwrap()), 1);

    drop(lease); // Goes to the one who waits.
    let Polled::Ready(Ok(lease)) = normal.poll(&mut context) else { panic!("handed over") };
    assert_eq!(Lease::slot(&lease), 0);
}
