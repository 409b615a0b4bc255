//! Many threads on lanes and in queues under shuttle: more threads than lanes, numbers or seats. Memory orderings are
//! loom's, as in `many_threads`.

use forebay::{DefaultReset, Lane, LanePool, Lease, Pool, TooManyWaiters, Waking};
use shuttle::future::block_on;
use shuttle::{check_random, thread};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

/// Random schedules a test.
const SCHEDULES: usize = 20_000;

/// Uses an object that the caller alone has.
fn use_alone(object: &mut usize, id: usize) {
    assert_eq!(*object, 0, "another's object, or one that was not reset");
    *object = id;
    thread::yield_now();
    assert_eq!(*object, id);
}

/// Runs `role` in as many threads, numbered from 1, and waits for all.
fn together(threads: usize, role: impl Fn(usize) + Send + Sync + 'static) {
    let role = Arc::new(role);
    let threads: Vec<_> = (1..=threads)
        .map(|id| {
            let role = Arc::clone(&role);
            thread::spawn(move || role(id))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// All lanes have lost their owners, and all objects are free, each once. One lane gets them all, wherever they are.
fn assert_all_free<const N: usize, const LANES: usize>(pool: &LanePool<usize, N, LANES>) {
    let lanes: Vec<Lane<'_, _, N, LANES>> = (0..LANES).map(|_| pool.try_claim().unwrap()).collect();
    let leases: Vec<_> = (0..N).map(|_| lanes[0].try_get().unwrap()).collect();
    let mut slots: Vec<_> = leases.iter().map(Lease::slot).collect();
    slots.sort_unstable();
    assert!(slots.into_iter().eq(0..N) && lanes[0].try_get().is_err());
    drop(leases);
    let metrics = pool.metrics();
    assert_eq!((metrics.gets, metrics.double_returns), (metrics.puts, 0));
}

#[test]
fn seven_threads_on_three_lanes_share_four_objects() {
    check_random(
        || {
            let pool = Arc::new(LanePool::<usize, 4, 3>::new());
            let shared = Arc::clone(&pool);
            together(7, move |id| {
                for _ in 0..2 {
                    if let Ok(mut object) = shared.try_get() {
                        use_alone(&mut object, id);
                    }
                    match id {
                        1 => _ = shared.tick(),
                        2 => _ = shared.trim(),
                        3 => shared.flush(),
                        _ => {}
                    }
                }
            });
            assert_all_free(&pool);
        },
        SCHEDULES,
    );
}

#[test]
fn handles_and_threads_steal_from_each_other() {
    check_random(
        || {
            let pool = Arc::new(LanePool::<usize, 5, 3>::new());
            let shared = Arc::clone(&pool);
            together(5, move |id| {
                let Some(lane) = shared.try_claim() else {
                    return shared
                        .try_get()
                        .into_iter()
                        .for_each(|mut object| use_alone(&mut object, id));
                };
                for _ in 0..2 {
                    let mut objects: Vec<_> = (0..3).map_while(|_| lane.try_get().ok()).collect();
                    objects.iter_mut().for_each(|object| use_alone(object, id));
                    // The last one comes back where there is no lane.
                    drop(objects.pop().map(Lease::detach));
                }
            });
            assert_all_free(&pool);
        },
        SCHEDULES,
    );
}

#[test]
fn six_threads_wait_for_two_objects() {
    check_random(
        || {
            let pool =
                Arc::new(Pool::<usize, 2, DefaultReset, Waking<4>>::with_waiting(DefaultReset));
            let shared = Arc::clone(&pool);
            together(6, move |id| {
                for _ in 0..2 {
                    let got = match id % 3 {
                        0 => shared.get_blocking(),
                        1 => block_on(shared.get()),
                        _ => {
                            // One that gives up passes on what it was handed.
                            let mut get = pin!(shared.get());
                            _ = get.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                            thread::yield_now();
                            continue;
                        }
                    };
                    match got {
                        Ok(mut object) => use_alone(&mut object, id),
                        Err(TooManyWaiters) => thread::yield_now(),
                    }
                }
            });
            let all = [(); 2].map(|()| pool.try_get().unwrap());
            assert_eq!(pool.metrics().double_returns, 0);
            drop(all);
        },
        SCHEDULES,
    );
}

/// Fewer objects than lanes: no lane keeps one from those who wait.
#[test]
fn five_threads_wait_for_two_objects_on_three_lanes() {
    check_random(
        || {
            let pool = Arc::new(LanePool::<usize, 2, 3, DefaultReset, Waking<8>>::with_waiting(
                DefaultReset,
            ));
            let shared = Arc::clone(&pool);
            together(5, move |id| {
                for _ in 0..2 {
                    let mut one = shared.get_blocking().unwrap();
                    use_alone(&mut one, id);
                    if let Ok(mut another) = shared.try_get() {
                        use_alone(&mut another, id);
                    }
                }
            });
            assert_eq!((pool.available(), pool.metrics().double_returns), (2, 0));
        },
        SCHEDULES,
    );
}

/// Whether the test fails with the fault planted.
fn finds(fault: &'static str, test: fn()) -> bool {
    std::panic::catch_unwind(|| forebay::seed::with(fault, test)).is_err()
}

#[test]
fn control_visit_torn() {
    assert!(finds("visit_torn", seven_threads_on_three_lanes_share_four_objects));
}

#[test]
fn control_living_have_ended() {
    assert!(finds("living_have_ended", seven_threads_on_three_lanes_share_four_objects));
}

#[test]
fn control_grant_torn() {
    assert!(finds("grant_torn", six_threads_wait_for_two_objects));
}

#[test]
fn control_grant_without_wake() {
    assert!(finds("grant_without_wake", six_threads_wait_for_two_objects));
}

#[test]
fn control_visitors_unseen() {
    assert!(finds("visitors_unseen", handles_and_threads_steal_from_each_other));
}

#[test]
fn control_busy_cleared_early() {
    assert!(finds("busy_cleared_early", seven_threads_on_three_lanes_share_four_objects));
}
