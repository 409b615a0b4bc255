//! Four and more threads under shuttle: random schedules over the real code. What shuttle cannot see are
//! memory orderings, since it runs everything sequentially consistent; those are loom's.

use forebay::{End, Lease, Pool, RecvError, Ring, SharedLease, StreamPool, Waking};
use shuttle::future::block_on;
use shuttle::{check_random, thread};
use std::ptr::NonNull;
use std::sync::{Arc, Mutex};

/// Random schedules a test.
const SCHEDULES: usize = 20_000;

#[test]
fn five_threads_on_a_pool_of_three() {
    check_random(
        || {
            let pool = Arc::new(Pool::<usize, 3>::new());
            let threads: Vec<_> = (1..=5)
                .map(|id| {
                    let pool = Arc::clone(&pool);
                    thread::spawn(move || {
                        for _ in 0..3 {
                            let Ok(mut object) = pool.try_get() else {
                                thread::yield_now();
                                continue;
                            };
                            assert_eq!(*object, 0, "another's object, or one that was not reset");
                            *object = id;
                            thread::yield_now();
                            assert_eq!(*object, id);
                        }
                    })
                })
                .collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            let metrics = pool.metrics();
            assert_eq!((pool.available(), pool.audit().count()), (3, 0));
            assert_eq!((metrics.gets, metrics.double_returns), (metrics.puts, 0));
        },
        SCHEDULES,
    );
}

#[test]
fn bulk_gets_and_trims_lose_no_slot() {
    check_random(
        || {
            let pool = Arc::new(Pool::<usize, 5>::new());
            let threads: Vec<_> = (0..4)
                .map(|id| {
                    let pool = Arc::clone(&pool);
                    thread::spawn(move || match id {
                        0 => drop(pool.trim()),
                        1 => drop(pool.fill()),
                        _ => {
                            if let Ok(mut three) = pool.try_get_many::<3>() {
                                three.iter_mut().for_each(|object| **object = id);
                                thread::yield_now();
                                assert!(three.iter().all(|object| **object == id));
                            }
                        }
                    })
                })
                .collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            assert_eq!(pool.try_get_many::<5>().unwrap().len(), 5);
        },
        SCHEDULES,
    );
}

#[test]
fn the_last_of_five_holders_returns_the_object() {
    check_random(
        || {
            let pool = Arc::new(Pool::<usize, 1>::new());
            let mut object = pool.try_get_arc().unwrap();
            *object = 7;
            let shared = Lease::share(object);
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    let shared = shared.clone();
                    thread::spawn(move || {
                        let again = shared.clone();
                        assert_eq!(*again, 7);
                        drop(shared);
                        if let Ok(mut only) = SharedLease::try_unshare(again) {
                            *only = 7;
                        }
                    })
                })
                .collect();
            drop(shared);
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            assert_eq!(*pool.try_get().unwrap(), 0);
        },
        SCHEDULES,
    );
}

#[test]
fn a_ring_whose_ends_move_between_threads_keeps_the_order() {
    check_random(
        || {
            let ring = Arc::new(Ring::<usize, 2>::new());
            // Written only by who has the producer, and the consumer, at the time.
            let pushed = Arc::new(Mutex::new(0));
            let popped = Arc::new(Mutex::new(Vec::new()));
            let threads: Vec<_> = (0..4)
                .map(|id| {
                    let (ring, pushed, popped) =
                        (Arc::clone(&ring), Arc::clone(&pushed), Arc::clone(&popped));
                    thread::spawn(move || {
                        for _ in 0..3 {
                            if id % 2 == 0 {
                                if let Some(mut producer) = ring.try_producer() {
                                    let mut next = pushed.try_lock().expect("two producers");
                                    *next += usize::from(producer.push(*next).is_ok());
                                }
                            } else if let Some(mut consumer) = ring.try_consumer() {
                                let mut popped = popped.try_lock().expect("two consumers");
                                popped.extend(consumer.drain());
                            }
                            thread::yield_now();
                        }
                    })
                })
                .collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            let mut popped = popped.lock().unwrap();
            popped.extend(ring.try_consumer().unwrap().drain());
            assert!(popped.iter().copied().eq(0..*pushed.lock().unwrap()));
        },
        SCHEDULES,
    );
}

#[test]
fn two_streams_on_one_ring_with_waiting_halves() {
    check_random(
        || {
            let streams = Arc::new(StreamPool::<usize, 1, 2, Waking>::new());
            let workers: Vec<_> = (0..2)
                .map(|id| {
                    let streams = Arc::clone(&streams);
                    thread::spawn(move || {
                        loop {
                            // The halves borrow the pool, so both sides of a stream live in this scope.
                            let Ok((mut sender, mut receiver)) = streams.try_open() else {
                                thread::yield_now();
                                continue;
                            };
                            assert_eq!(
                                receiver.try_recv(),
                                Err(RecvError::Empty),
                                "reopened clean"
                            );
                            sender.try_send(id).unwrap();
                            thread::yield_now();
                            drop(sender);
                            assert_eq!(receiver.recv_blocking(), Ok(id));
                            assert_eq!(receiver.recv_blocking(), Err(End::Aborted));
                            break;
                        }
                    })
                })
                .collect();
            workers.into_iter().for_each(|thread| thread.join().unwrap());
            assert_eq!((streams.available(), streams.metrics().misses), (1, 1));
        },
        SCHEDULES,
    );
}

#[test]
fn three_streams_between_six_threads_and_tasks_wait_and_wake() {
    check_random(
        || {
            // Leaked, since halves that borrow a static go to threads of their own; a few bytes a schedule.
            let streams: &'static StreamPool<usize, 3, 1, Waking> =
                Box::leak(Box::new(StreamPool::new()));
            let threads: Vec<_> = (0..3)
                .flat_map(|id| {
                    let (mut sender, mut receiver) = streams.try_open().unwrap();
                    // The first two senders and the last receiver are threads, the others tasks.
                    let model = thread::spawn(move || {
                        for n in 0..3 {
                            match id {
                                0 | 1 => sender.send_blocking(10 * id + n).unwrap(),
                                _ => block_on(sender.send(10 * id + n)).unwrap(),
                            }
                        }
                        sender.close();
                    });
                    let client = thread::spawn(move || {
                        let mut recv = || match id {
                            0 | 1 => block_on(receiver.recv()),
                            _ => receiver.recv_blocking(),
                        };
                        (0..3).for_each(|n| assert_eq!(recv(), Ok(10 * id + n)));
                        assert_eq!(recv(), Err(End::Finished));
                    });
                    [model, client]
                })
                .collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            assert_eq!((streams.available(), streams.audit().count()), (3, 0));
        },
        SCHEDULES / 5,
    );
}

#[test]
fn a_pointer_comes_back_once() {
    check_random(
        || {
            // Leaked, and not in an `Arc`: under the control below a count given up twice would free it.
            let pool: &'static Pool<usize, 2> = Box::leak(Box::new(Pool::new()));
            // As a number, since a pointer does not go to another thread by itself.
            let raw = Lease::into_raw(pool.try_get().unwrap()).as_ptr().expose_provenance();
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    thread::spawn(move || {
                        let pointer = NonNull::new(std::ptr::with_exposed_provenance_mut(raw));
                        // SAFETY: nobody uses what it points at; the others only try the same.
                        unsafe { Lease::from_raw(pool, pointer.unwrap()) }.map(Lease::put).is_some()
                    })
                })
                .collect();
            let back = threads.into_iter().map(|thread| usize::from(thread.join().unwrap()));
            assert_eq!(back.sum::<usize>(), 1);
            assert_eq!((pool.available(), pool.metrics().double_returns), (2, 0));
        },
        SCHEDULES,
    );
}

/// Shuttle can fail: a claim that is not one step lends an object twice, which needs no memory ordering to
/// show.
#[test]
fn control_claim_torn() {
    let found = std::panic::catch_unwind(|| {
        forebay::seed::with("claim_torn", five_threads_on_a_pool_of_three);
    });
    assert!(found.is_err());
}

#[test]
fn control_take_raw_torn() {
    let found = std::panic::catch_unwind(|| {
        forebay::seed::with("take_raw_torn", a_pointer_comes_back_once);
    });
    assert!(found.is_err());
}
