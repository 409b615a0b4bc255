//! Waiting as tasks of an executor with several threads, beside threads that block.
#![cfg(all(feature = "std", feature = "async"))]
#![cfg(not(miri))] // tokio's own threads are too slow there; `wait` polls by hand.

use crate::common::Numbers;
use crate::woken::Watchdog;
use forebay::{DefaultReset, End, Headroom, LanePool, Lease, Pool, StreamPool, Waking};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, yield_now};

const ROUNDS: usize = 500;

fn runtimes() -> [Runtime; 2] {
    [
        Builder::new_current_thread().enable_time().build().unwrap(),
        Builder::new_multi_thread().worker_threads(3).enable_time().build().unwrap(),
    ]
}

async fn all<T>(tasks: impl IntoIterator<Item = JoinHandle<T>>) {
    for task in tasks {
        task.await.unwrap();
    }
}

async fn owns(object: &mut u32) {
    assert_eq!(*object, 0);
    *object = 1;
    yield_now().await;
    assert_eq!(*object, 1);
}

macro_rules! at_rest {
    ($pool:expr, $n:expr) => {
        assert_eq!(($pool.audit().count(), $pool.available()), (0, $n));
        let metrics = $pool.metrics();
        assert_eq!((metrics.gets, metrics.in_use), (metrics.puts, 0));
    };
}

#[test]
fn tasks_are_all_served() {
    let _watchdog = Watchdog::new();
    static POOL: Pool<u32, 2, DefaultReset, Waking<8>> = Pool::with_waiting(DefaultReset);
    for runtime in runtimes() {
        let before = POOL.metrics().gets;
        runtime.block_on(async {
            let task = |_| {
                tokio::spawn(async {
                    for _ in 0..ROUNDS {
                        let mut object = POOL.get().await.unwrap();
                        owns(&mut object).await;
                    }
                })
            };
            all((0..8).map(task)).await;
        });
        at_rest!(POOL, 2);
        assert_eq!(POOL.metrics().gets - before, 8 * ROUNDS as u64);
    }
}

/// On one thread the order of the tasks is that in which they were spawned.
#[test]
fn tasks_are_served_in_their_order() {
    static POOL: Pool<u32, 1, DefaultReset, Waking<16>> = Pool::with_waiting(DefaultReset);
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let [runtime, _] = runtimes();
    runtime.block_on(async {
        let held = POOL.get().await.unwrap();
        let task = |at| {
            tokio::spawn(async move {
                let _object = POOL.get().await.unwrap();
                assert_eq!(NEXT.fetch_add(1, SeqCst), at);
                yield_now().await;
            })
        };
        let tasks: Vec<_> = (0..16).map(task).collect();
        yield_now().await; // They all wait.
        assert_eq!(POOL.get().await.err(), Some(forebay::TooManyWaiters));
        drop(held);
        all(tasks).await;
    });
    at_rest!(POOL, 1);
}

#[test]
fn tasks_and_threads_wait_on_one_pool() {
    let _watchdog = Watchdog::new();
    static POOL: Pool<u32, 2, DefaultReset, Waking<8>> = Pool::with_waiting(DefaultReset);
    for runtime in runtimes() {
        let threads: Vec<_> = (0..3)
            .map(|_| {
                thread::spawn(|| {
                    for _ in 0..ROUNDS {
                        let mut object = POOL.get_blocking().unwrap();
                        assert_eq!(std::mem::replace(&mut *object, 1), 0);
                    }
                })
            })
            .collect();
        runtime.block_on(all((0..4).map(|_| {
            tokio::spawn(async {
                for _ in 0..ROUNDS {
                    owns(&mut POOL.get().await.unwrap()).await;
                }
            })
        })));
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        at_rest!(POOL, 2);
    }
}

/// Tasks are aborted, and gets are given up, at all times.
#[test]
fn gets_that_are_given_up_lose_nothing() {
    let _watchdog = Watchdog::new();
    static POOL: Pool<u32, 2, DefaultReset, Waking<16>> = Pool::with_waiting(DefaultReset);
    for runtime in runtimes() {
        runtime.block_on(async {
            let task = |id| {
                tokio::spawn(async move {
                    let mut numbers = Numbers::new(id);
                    for _ in 0..ROUNDS {
                        let limit = Duration::from_micros(numbers.below(50) as u64);
                        let inner =
                            tokio::spawn(async { owns(&mut POOL.get().await.unwrap()).await });
                        if numbers.below(2) == 0 {
                            yield_now().await;
                            inner.abort();
                            let ended = inner.await;
                            assert!(ended.is_ok() || ended.unwrap_err().is_cancelled());
                        } else {
                            inner.await.unwrap();
                        }
                        if let Ok(object) = tokio::time::timeout(limit, POOL.get()).await {
                            owns(&mut object.unwrap()).await;
                        }
                    }
                })
            };
            all((1..=6).map(task)).await;
        });
        at_rest!(POOL, 2);
        assert!(POOL.try_get_many::<2>().is_ok());
    }
}

#[test]
fn one_pool_for_both_directions_goes_on() {
    let _watchdog = Watchdog::new();
    type Frames = Pool<u32, 4, DefaultReset, Headroom<1, Waking<16>>>;
    static FRAMES: Frames = Pool::with_waiting(DefaultReset);
    for runtime in runtimes() {
        runtime.block_on(async {
            // More conversations than frames; each needs a second frame to give the first back.
            let task = |_| {
                tokio::spawn(async {
                    for _ in 0..ROUNDS {
                        let mut request = FRAMES.get().await.unwrap();
                        owns(&mut request).await;
                        let mut reply = FRAMES.get_reserved().await.unwrap();
                        owns(&mut reply).await;
                    }
                })
            };
            all((0..8).map(task)).await;
        });
        at_rest!(FRAMES, 4);
    }
}

#[test]
fn tasks_wait_for_objects_of_lanes() {
    let _watchdog = Watchdog::new();
    // Fewer objects than lanes: a worker that parks keeps none from the others.
    static POOL: LanePool<u32, 2, 4, DefaultReset, Waking<16>> =
        LanePool::with_waiting(DefaultReset);
    for runtime in runtimes() {
        runtime.block_on(async {
            let task = |_| {
                tokio::spawn(async {
                    for _ in 0..ROUNDS {
                        owns(&mut POOL.get().await.unwrap()).await;
                    }
                })
            };
            all((0..8).map(task)).await;
        });
        at_rest!(POOL, 2);
    }
}

#[test]
fn a_lease_dropped_on_another_thread_wakes_a_task() {
    let _watchdog = Watchdog::new();
    static POOL: Pool<u32, 1, DefaultReset, Waking<2>> = Pool::with_waiting(DefaultReset);
    for runtime in runtimes() {
        runtime.block_on(async {
            for _ in 0..20 {
                let lease = POOL.get().await.unwrap();
                let (waits, waiting) = oneshot::channel();
                let task = tokio::spawn(async move {
                    waits.send(()).unwrap();
                    Lease::slot(&POOL.get().await.unwrap())
                });
                waiting.await.unwrap();
                let elsewhere = thread::spawn(move || drop(lease));
                assert_eq!(task.await.unwrap(), 0);
                elsewhere.join().unwrap();
            }
        });
        at_rest!(POOL, 1);
    }
}

#[test]
fn tasks_wait_for_rings() {
    let _watchdog = Watchdog::new();
    static STREAMS: StreamPool<u32, 2, 3, Waking<16>> = StreamPool::new();
    for runtime in runtimes() {
        runtime.block_on(async {
            let task = |id| {
                tokio::spawn(async move {
                    let mut numbers = Numbers::new(id);
                    for round in 0..ROUNDS as u32 / 5 {
                        if numbers.below(4) == 0 {
                            let limit = Duration::from_micros(numbers.below(100) as u64);
                            drop(tokio::time::timeout(limit, STREAMS.open()).await);
                        }
                        let (mut sender, mut receiver) = STREAMS.open().await.unwrap();
                        // The halves go apart.
                        let sends = tokio::spawn(async move {
                            for token in 0..10 {
                                sender.send(round + token).await.unwrap();
                            }
                            sender.close();
                        });
                        for token in 0..10 {
                            assert_eq!(receiver.recv().await, Ok(round + token));
                        }
                        assert_eq!(receiver.recv().await, Err(End::Finished));
                        drop(receiver);
                        sends.await.unwrap();
                    }
                })
            };
            all((1..=6).map(task)).await;
        });
        assert_eq!((STREAMS.available(), STREAMS.audit().count()), (2, 0));
    }
}
