//! Several threads at once: no object has two holders, and the counts add up in the end.
//!
//! How much is done is fixed; how long it takes is not asserted. A thread that failed sets a flag, so that
//! the others stop, and a watch stops the process where something hangs.

use crate::common::Numbers;
use forebay::error::{PopError, PushError};
use forebay::{End, Lease, Pool, RecvError, Ring, SendError, SharedLease, StreamPool};
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

/// Rounds of each thread. More by `FOREBAY_ROUNDS`, for long runs.
fn rounds() -> usize {
    let few = if cfg!(miri) { 30 } else { 3000 };
    std::env::var("FOREBAY_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(few)
}

/// Tells all threads of a test to stop when one panicked or time is up.
struct Watch {
    failed: AtomicBool,
    deadline: Instant,
}

impl Watch {
    fn new() -> Self {
        let long = if cfg!(miri) { 3600 } else { 300 };
        Self {
            failed: AtomicBool::new(false),
            deadline: Instant::now() + Duration::from_secs(long),
        }
    }

    /// Called in each loop that waits for somebody.
    fn check(&self) {
        assert!(!self.failed.load(SeqCst), "another thread failed");
        assert!(Instant::now() < self.deadline, "hangs");
        thread::yield_now();
    }

    /// Runs `f` as one of the threads.
    fn run(&self, f: impl FnOnce()) {
        struct Tell<'a>(&'a Watch);
        impl Drop for Tell<'_> {
            fn drop(&mut self) {
                if thread::panicking() {
                    self.0.failed.store(true, SeqCst);
                }
            }
        }
        let _tell = Tell(self);
        f();
    }
}

/// Runs `threads` copies of `f`, each with its number, to their ends.
fn all(threads: usize, f: impl Fn(usize, &Watch) + Sync) {
    let watch = Watch::new();
    thread::scope(|scope| {
        for id in 1..=threads {
            let (watch, f) = (&watch, &f);
            scope.spawn(move || watch.run(|| f(id, watch)));
        }
    });
}

/// An object that is torn if two write it: plain memory, several words.
type Object = [usize; 4];

/// Writes `id` into the object and sees it there after others had a chance to write too.
fn owns(object: &mut Object, id: usize, numbers: &mut Numbers) {
    assert_eq!(*object, [0; 4], "reset, and nobody's");
    black_box(&mut *object).fill(id);
    if numbers.below(4) == 0 {
        thread::yield_now();
    }
    assert_eq!(*black_box(&*object), [id; 4], "somebody else wrote it");
}

fn exclusive<const N: usize>(threads: usize) {
    let pool: Pool<Object, N> = Pool::new();
    let (gets, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    all(threads, |id, watch| {
        let mut numbers = Numbers::new(id as u64);
        let mut held = Vec::new();
        for _ in 0..rounds() {
            watch.check();
            match numbers.below(16) {
                0..6 => match pool.try_get() {
                    Ok(mut lease) => {
                        gets.fetch_add(1, SeqCst);
                        owns(&mut lease, id, &mut numbers);
                        held.push(lease);
                    }
                    Err(_) => {
                        refused.fetch_add(1, SeqCst);
                    }
                },
                6..8 => {
                    for mut lease in pool.try_get_up_to::<3>() {
                        gets.fetch_add(1, SeqCst);
                        owns(&mut lease, id, &mut numbers);
                        held.push(lease);
                    }
                }
                8 => drop(pool.trim()),
                9 => {
                    let shared = held.pop().map(Lease::share);
                    let clone = shared.clone();
                    assert!(clone.is_none_or(|object| *object == [id; 4]));
                }
                _ if !held.is_empty() => {
                    let lease = held.swap_remove(numbers.below(held.len()));
                    assert_eq!(*lease, [id; 4], "ours until we give it back");
                }
                _ => {}
            }
        }
    });
    let metrics = pool.metrics();
    assert_eq!((pool.audit().count(), pool.available()), (0, N));
    assert_eq!(metrics.gets, gets.load(SeqCst) as u64, "exact");
    assert_eq!((metrics.puts, metrics.in_use), (metrics.gets, 0));
    assert_eq!((metrics.double_returns, metrics.panics), (0, 0));
    assert!(metrics.exhausted <= refused.load(SeqCst) as u64, "may run low, never high");
    assert!(metrics.high_water <= N as u64 && metrics.misses <= metrics.gets);
    // `trim` drops what was made by a get, each at most once.
    assert!(metrics.evictions <= metrics.misses);
    assert_eq!(pool.try_get_up_to::<100>().len(), N.min(100), "nothing was lost");
}

#[test]
fn exclusive_in_a_small_pool() {
    exclusive::<1>(4);
    exclusive::<2>(4);
    exclusive::<5>(8);
}

#[test]
fn exclusive_in_a_pool_of_several_words() {
    exclusive::<33>(8);
    exclusive::<70>(16);
}

#[test]
fn get_many_is_all_or_nothing() {
    static POOL: Pool<Object, 40> = Pool::new();
    all(4, |id, watch| {
        let mut numbers = Numbers::new(id as u64);
        for _ in 0..rounds() {
            watch.check();
            // Two words, and only two of the threads can have their 15 at a time.
            if let Ok(mut leases) = POOL.try_get_many::<15>() {
                for lease in &mut leases {
                    owns(lease, id, &mut numbers);
                }
            }
        }
    });
    assert_eq!((POOL.available(), POOL.metrics().double_returns), (40, 0));
    assert!(POOL.try_get_many::<40>().is_ok());
}

#[test]
fn objects_go_to_other_threads_and_come_back_there() {
    static POOL: Pool<Object, 8> = Pool::new();
    let sent = AtomicUsize::new(0);
    let (to, from) = std::sync::mpsc::sync_channel::<Lease<&'static Pool<Object, 8>>>(4);
    let from = std::sync::Mutex::new(Some(from));
    let to = std::sync::Mutex::new(Some(to));
    all(2, |id, watch| {
        if id == 1 {
            let to = to.lock().unwrap().take().unwrap();
            let mut numbers = Numbers::new(1);
            while sent.load(SeqCst) < rounds() {
                watch.check();
                if let Ok(mut lease) = POOL.try_get() {
                    let number = sent.fetch_add(1, SeqCst) + 1;
                    owns(&mut lease, number, &mut numbers);
                    to.send(lease).unwrap();
                }
            }
        } else {
            let from = from.lock().unwrap().take().unwrap();
            for (number, lease) in (1..).zip(from) {
                watch.check();
                assert_eq!(*lease, [number; 4]);
            }
        }
    });
    assert_eq!((POOL.available(), POOL.metrics().gets), (8, rounds() as u64));
}

#[test]
fn shared_leases_are_read_by_all_and_recycled_after_the_last() {
    static POOL: Pool<Object, 3> = Pool::new();
    type Shared = SharedLease<&'static Pool<Object, 3>>;
    // Where threads leave clones for each other.
    let board: std::sync::Mutex<Vec<Shared>> = std::sync::Mutex::default();
    all(4, |id, watch| {
        let mut numbers = Numbers::new(id as u64);
        for _ in 0..rounds() {
            watch.check();
            match numbers.below(4) {
                0 => {
                    if let Ok(mut lease) = POOL.try_get() {
                        owns(&mut lease, id, &mut numbers);
                        board.lock().unwrap().push(Lease::share(lease));
                    }
                }
                1 => {
                    let seen = board.lock().unwrap().last().cloned();
                    if let Some(seen) = seen {
                        let first = *black_box(&*seen);
                        assert!(first[0] != 0 && first == [first[0]; 4], "not recycled yet");
                        thread::yield_now();
                        assert_eq!(*black_box(&*seen), first, "nobody writes it");
                    }
                }
                2 => {
                    let taken = board.lock().unwrap().pop();
                    if let Some(Ok(mut alone)) = taken.map(SharedLease::try_unshare) {
                        // Nobody else reads it any more.
                        black_box(&mut *alone).fill(0);
                        owns(&mut alone, id + 100, &mut numbers);
                    }
                }
                _ => {
                    let mut board = board.lock().unwrap();
                    if !board.is_empty() {
                        let at = numbers.below(board.len());
                        let taken = board.swap_remove(at);
                        drop(board);
                        drop(taken);
                    }
                }
            }
        }
    });
    drop(board);
    let metrics = POOL.metrics();
    assert_eq!((metrics.in_use, metrics.double_returns, POOL.audit().count()), (0, 0, 0));
    assert_eq!(metrics.puts, metrics.gets);
}

#[test]
fn audit_metrics_and_epochs_while_others_work() {
    let pool: Pool<Object, 40> = Pool::new();
    let working = AtomicUsize::new(3);
    all(4, |id, watch| {
        if id == 4 {
            let mut last = 0;
            while working.load(SeqCst) != 0 {
                watch.check();
                pool.advance_epoch();
                let metrics = pool.metrics();
                assert!(metrics.gets >= last && metrics.in_use <= 40);
                assert!(metrics.high_water <= 40);
                last = metrics.gets;
                assert!(pool.audit().all(|loan| loan.slot() < 40 && loan.holders() <= 2));
                pool.fill();
            }
        } else {
            let mut numbers = Numbers::new(id as u64);
            for _ in 0..rounds() {
                watch.check();
                if let Ok(mut lease) = pool.try_get() {
                    owns(&mut lease, id, &mut numbers);
                    drop(Lease::share(lease).clone());
                }
            }
            working.fetch_sub(1, SeqCst);
        }
    });
    assert_eq!((pool.available(), pool.audit().count()), (40, 0));
    assert_eq!(pool.metrics().double_returns, 0);
}

fn passes_in_order<const N: usize>() {
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    struct Item(usize, [usize; 3]);
    impl Drop for Item {
        fn drop(&mut self) {
            DROPS.fetch_add(1, SeqCst);
        }
    }
    let before = DROPS.load(SeqCst);
    let ring: Ring<Item, N> = Ring::new();
    let total = 4 * rounds();
    let item = |n| Item(n, [n; 3]);
    all(2, |id, watch| {
        let mut numbers = Numbers::new((id + N) as u64);
        if id == 1 {
            let mut next = 0;
            while next < total {
                watch.check();
                // The end is given up and taken again now and then.
                let mut producer = ring.try_producer().unwrap();
                for _ in 0..numbers.below(50) {
                    let many = numbers.below(5).min(total - next);
                    next += match numbers.below(3) {
                        0 if many > 0 => usize::from(producer.push(item(next)).is_ok()),
                        1 => producer.push_iter((next..next + many).map(item)),
                        _ => producer.reserve().map_or(0, |grant| {
                            let filled = grant.write(item(next));
                            if many == 0 {
                                0 // dropped: not sent
                            } else {
                                filled.commit();
                                1
                            }
                        }),
                    };
                }
            }
        } else {
            let mut next = 0;
            let mut expect = |Item(n, body): &Item| {
                assert_eq!((*n, *body), (next, [next; 3]));
                next += 1;
                next
            };
            let mut seen = 0;
            while seen < total {
                watch.check();
                let mut consumer = ring.try_consumer().unwrap();
                for _ in 0..numbers.below(50) {
                    match numbers.below(3) {
                        0 => match consumer.pop() {
                            Ok(item) => seen = expect(&item),
                            Err(error) => assert_eq!(error, PopError::Empty),
                        },
                        1 => consumer.drain().take(3).for_each(|item| seen = expect(&item)),
                        _ => {
                            if let Ok(item) = consumer.pop_ref() {
                                seen = expect(&item);
                            }
                        }
                    }
                }
            }
        }
    });
    let mut ring = ring;
    let (producer, mut consumer) = ring.split();
    assert!(producer.is_empty() && consumer.pop().is_err());
    assert!(DROPS.load(SeqCst) - before >= total);
}

#[test]
fn ring_passes_all_in_order() {
    passes_in_order::<1>();
    passes_in_order::<2>();
    passes_in_order::<3>();
    passes_in_order::<64>();
}

#[test]
fn ring_of_slices_passes_all_in_order() {
    let mut ring: Ring<usize, 7> = Ring::new();
    let (mut producer, mut consumer) = ring.split();
    let total = 10 * rounds();
    let watch = Watch::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            watch.run(|| {
                let mut next = 0;
                while next < total {
                    watch.check();
                    let items: [usize; 5] = std::array::from_fn(|i| next + i);
                    next += producer.push_slice(&items[..5.min(total - next)]);
                }
                producer.close();
            });
        });
        scope.spawn(|| {
            watch.run(|| {
                let (mut next, mut out) = (0, [0; 4]);
                while !(consumer.is_closed() && consumer.is_empty()) {
                    watch.check();
                    let count = consumer.pop_slice(&mut out);
                    for &item in &out[..count] {
                        assert_eq!(item, next);
                        next += 1;
                    }
                }
                assert_eq!(next, total, "the end comes after all items");
            });
        });
    });
}

#[test]
fn ring_closed_by_its_consumer_keeps_nothing_from_the_drop() {
    let made = AtomicUsize::new(0);
    let dropped = AtomicUsize::new(0);
    struct Counted<'a>(&'a AtomicUsize);
    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    for seed in 0..rounds() / 10 {
        let ring: Ring<Counted<'_>, 3> = Ring::new();
        all(2, |id, watch| {
            let mut numbers = Numbers::new((seed * 2 + id) as u64);
            if id == 1 {
                let mut producer = ring.try_producer().unwrap();
                loop {
                    made.fetch_add(1, SeqCst);
                    match producer.push(Counted(&dropped)) {
                        Err(PushError::Closed(_)) => break,
                        _ => watch.check(),
                    }
                }
            } else {
                let mut consumer = ring.try_consumer().unwrap();
                for _ in 0..numbers.below(10) {
                    drop(consumer.pop());
                    watch.check();
                }
                consumer.close();
            }
        });
        drop(ring);
        assert_eq!(made.load(SeqCst), dropped.load(SeqCst));
    }
}

#[test]
fn streams_reopen_under_load() {
    static STREAMS: StreamPool<usize, 3, 4> = StreamPool::new();
    let opened = AtomicUsize::new(0);
    // Each thread opens streams and is the sender; the receivers are handed to whoever is free.
    type Receiver = forebay::Receiver<&'static StreamPool<usize, 3, 4>>;
    let waiting: std::sync::Mutex<Vec<(Receiver, usize)>> = std::sync::Mutex::default();
    let senders = AtomicUsize::new(2);
    all(4, |id, watch| {
        let mut numbers = Numbers::new(id as u64);
        if id <= 2 {
            for round in 0..rounds() / 20 {
                let (mut sender, receiver) = loop {
                    watch.check();
                    if let Ok(halves) = STREAMS.try_open() {
                        break halves;
                    }
                };
                opened.fetch_add(1, SeqCst);
                assert_eq!(sender.id(), receiver.id());
                assert_eq!(
                    (receiver.end(), receiver.len(), sender.is_cancelled()),
                    (None, 0, false)
                );
                let tokens = numbers.below(20);
                waiting.lock().unwrap().push((receiver, tokens));
                let mut next = 0;
                let how = round % 3;
                while next < tokens {
                    match sender.try_send(next) {
                        Ok(()) => next += 1,
                        Err(SendError::Full(back)) => assert_eq!(back, next),
                        Err(SendError::Cancelled(back)) => {
                            assert_eq!(back, next);
                            break;
                        }
                    }
                    watch.check();
                }
                match how {
                    0 => sender.close(),
                    1 => sender.fail(7),
                    _ => drop(sender),
                }
            }
            senders.fetch_sub(1, SeqCst);
        } else {
            loop {
                watch.check();
                let done = senders.load(SeqCst) == 0;
                let taken = waiting.lock().unwrap().pop();
                let Some((mut receiver, tokens)) = taken else {
                    if done {
                        break;
                    }
                    continue;
                };
                let mut next = 0;
                let leaves_at = numbers.below(40);
                while next < leaves_at {
                    match receiver.try_recv() {
                        Ok(token) => {
                            assert_eq!(token, next);
                            next += 1;
                        }
                        Err(RecvError::Empty) => watch.check(),
                        Err(RecvError::Ended(end)) => {
                            assert_eq!(next, tokens, "all tokens came before the end");
                            assert!(matches!(end, End::Finished | End::Failed(7) | End::Aborted));
                            break;
                        }
                    }
                }
            }
        }
    });
    let metrics = STREAMS.metrics();
    assert_eq!(metrics.gets, opened.load(SeqCst) as u64);
    assert_eq!((metrics.in_use, metrics.double_returns, metrics.panics), (0, 0, 0));
    assert_eq!((STREAMS.audit().count(), STREAMS.available()), (0, 3));
}

/// One thread gets and another puts, at the same time. That makes no more objects than were in use at once.
#[test]
fn a_get_beside_a_put_makes_no_object_needlessly() {
    static POOL: Pool<u64, 1024> = Pool::new();
    let (tx, rx) = std::sync::mpsc::sync_channel::<Lease<&Pool<u64, 1024>>>(4);
    thread::scope(|scope| {
        scope.spawn(move || rx.into_iter().for_each(drop));
        for _ in 0..if cfg!(miri) { 50 } else { 50_000 } {
            tx.send(POOL.try_get().unwrap()).unwrap();
        }
        drop(tx);
    });
    let metrics = POOL.metrics();
    assert!(metrics.high_water <= 6, "4 on the way, and one with each thread: {metrics}");
    assert_eq!((metrics.misses, metrics.in_use), (metrics.high_water, 0));
}
