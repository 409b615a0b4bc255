//! No public operation allocates, on any path: counted, for each thread by itself.
#![allow(unsafe_code)] // The allocator, and bare pointers.

use forebay::error::{Full, PopError};
use forebay::global::{Lazy, Once};
use forebay::reset::EachDefault;
use forebay::ring::{CacheLine, Compact, Latest, PopRef};
use forebay::{
    DefaultReset, Headroom, LanePool, Lease, Metrics, Policy, Pool, Reset, Response, Ring,
    SharedLease, Slab, StreamPool, Token,
};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fmt::Write;

struct Counting;

thread_local! {
    // Without a destructor and made in a constant, so that reaching it allocates nothing itself.
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    CALLS.set(CALLS.get() + 1);
}

// SAFETY: passes all on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count();
        // SAFETY: the caller's.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// `f` neither allocates nor frees.
#[track_caller]
fn allocates_nothing<R>(f: impl FnOnce() -> R) -> R {
    let before = CALLS.get();
    let result = f();
    let calls = CALLS.get() - before;
    assert_eq!(calls, 0, "calls of the allocator");
    result
}

/// Text of a `Debug` or `Display`, without an allocation.
fn shown(value: impl std::fmt::Debug) -> usize {
    let mut text = heapless::String::<2000>::new();
    write!(text, "{value:?}").unwrap();
    text.len()
}

#[test]
fn control_a_box_is_counted() {
    let before = CALLS.get();
    let boxed = std::hint::black_box(Box::new(1));
    assert_eq!(CALLS.get() - before, 1);
    drop(boxed);
    assert_eq!(CALLS.get() - before, 2);
    let failed = std::panic::catch_unwind(|| {
        allocates_nothing(|| drop(std::hint::black_box(Box::new(1))));
    });
    assert!(failed.is_err(), "and noticed");
}

#[test]
fn pool() {
    #[derive(Debug, Default)]
    struct Picky(u32);
    impl Reset for Picky {
        fn reset(&mut self) {}
        fn is_reusable(&self) -> bool {
            self.0 == 0
        }
    }
    static POOL: Pool<Picky, 70> = Pool::new();
    allocates_nothing(|| {
        assert_eq!((POOL.capacity(), POOL.available(), POOL.fill()), (70, 70, 70));
        assert_eq!(POOL.trim(), 70);
        for _ in 0..3 {
            let leases = POOL.try_get_up_to::<70>();
            assert!(POOL.try_get().is_err() && POOL.try_get_many::<2>().is_err());
            assert!(POOL.audit().all(|loan| loan.slot() < 70 && shown(loan) > 0));
            POOL.advance_epoch();
            drop(leases);
            drop(POOL.try_get_many::<40>().unwrap());
            let mut vetoed = POOL.try_get().unwrap();
            vetoed.0 = 1;
            Lease::put(vetoed);
        }
        let metrics: Metrics = POOL.metrics();
        assert_eq!((metrics.in_use, metrics.evictions), (0, 73));
        let mut text = heapless::String::<200>::new();
        write!(text, "{metrics} {} {:?}", POOL.try_get_many::<71>().unwrap_err(), metrics.hits())
            .unwrap();
        assert!(shown(&POOL) > 0 && metrics.hit_ratio().is_some());
    });
}

#[test]
fn batches() {
    static POOL: Pool<u32, 70> = Pool::new();
    static KEPT: Pool<u32, 70, DefaultReset, Headroom<40>> = Pool::with_waiting(DefaultReset);
    static LANES: LanePool<u32, 70, 2> = LanePool::new();
    let lane = LANES.try_claim().unwrap();
    // The first use of lanes by a thread registers a destructor, for which the system may allocate.
    drop(LANES.try_get());
    allocates_nothing(|| {
        for _ in 0..3 {
            let mut batch = POOL.try_get_batch::<70>().unwrap();
            batch.iter_mut().for_each(|object| *object += 1);
            batch[0] += batch[1];
            assert!(
                batch.get(70).is_none() && batch.iter().sum::<u32>() == 71 && shown(&batch) > 0
            );
            assert!(
                POOL.try_get_batch::<1>().is_err() && POOL.try_get_batch_up_to::<1>().is_empty()
            );
            let last = batch.pop();
            let mut leases = batch.into_iter();
            assert!(leases.next().is_some() && shown(&leases) > 0);
            drop((leases, last));
            POOL.advance_epoch();
            let reserved = KEPT.try_get_batch_reserved::<33>().unwrap();
            assert!(KEPT.try_get_batch_reserved::<38>().is_err());
            reserved.put();
            drop((lane.try_get_batch::<20>().unwrap(), lane.try_get_batch_up_to::<40>()));
            drop((LANES.try_get_batch::<20>().unwrap(), LANES.try_get_batch_up_to::<70>()));
        }
        assert_eq!((POOL.available(), KEPT.available(), LANES.available()), (70, 70, 70));
    });
}

#[test]
fn pools_of_all_makes() {
    struct Numbered;
    impl Policy<usize> for Numbered {
        fn make(&self, slot: usize) -> usize {
            slot
        }
        fn recycle(&self, _object: &mut usize) -> bool {
            true
        }
    }
    static POLICY: Pool<usize, 3, Numbered> = Pool::with_policy(Numbered);
    static PAGES: Pool<[u8; 100], 3, EachDefault> = Pool::with_policy(EachDefault);
    static LAZY: Lazy<Pool<u8, 3>> = Lazy::new(Pool::new);
    static ONCE: Once<u8> = Once::new();
    allocates_nothing(|| {
        assert_eq!(*POLICY.try_get().unwrap(), 0);
        PAGES.try_get().unwrap().fill(1);
        ONCE.call_once(|| 5);
        *LAZY.try_get().unwrap() = *ONCE.get().unwrap();
        let local = Pool::<_, 3, _>::from_fn(|slot| slot);
        assert_eq!(*local.try_get().unwrap(), 0);
        let dropped: Pool<heapless::String<8>, 3> = Pool::default();
        drop(dropped.try_get().unwrap());
        drop(dropped);
    });
    #[cfg(feature = "zeroize")]
    allocates_nothing(|| {
        let pool: Pool<Response<32>, 2, forebay::reset::Zeroizing> =
            Pool::with_policy(forebay::reset::Zeroizing);
        pool.try_get().unwrap().push_str("secret").unwrap();
        drop(pool.try_get().unwrap());
    });
}

#[test]
fn leases() {
    static POOL: Pool<(u32, heapless::String<16>), 4> = Pool::new();
    allocates_nothing(|| {
        let mut lease = POOL.try_get().unwrap();
        lease.0 = 5;
        assert!(shown(&lease) > 0 && lease == lease && Lease::slot(&lease) == 0);
        let raw = Lease::into_raw(lease);
        // SAFETY: nobody uses the pointer besides.
        let lease = unsafe { Lease::from_raw(&POOL, raw) }.unwrap();
        // SAFETY: it is refused.
        assert!(unsafe { Lease::from_raw(&POOL, raw) }.is_none());
        let shared = Lease::share(lease);
        let more = [shared.clone(), SharedLease::try_clone(&shared).unwrap()];
        let shared = SharedLease::try_unshare(shared).unwrap_err();
        assert!(SharedLease::holders(&shared) == 3 && shown(&shared) > 0);
        drop(more);
        let mut text =
            Lease::map(SharedLease::try_unshare(shared).unwrap(), |object| &mut object.1);
        write!(text, "{}", 42).unwrap();
        drop(Lease::share(text));
        let mut erased = Lease::erase(POOL.try_get().unwrap());
        erased.0 = 1;
        drop(Lease::share(erased).clone());
        assert_eq!(POOL.available(), 4);
    });
}

#[test]
fn monitors() {
    use forebay::monitor::{Clock, Monitor};
    fn clock() -> u64 {
        thread_local! {
            static TICKS: Cell<u64> = const { Cell::new(0) };
        }
        TICKS.replace(TICKS.get() + 3)
    }
    static POOL: Pool<u32, 4> = Pool::new();
    static TIMES: Monitor<4> = Monitor::new(Clock::new(clock, 1000));
    let run = |times: &'static Monitor<4>| {
        let lease = times.time(POOL.try_get().unwrap());
        let shared = Lease::share(times.time(POOL.try_get().unwrap()));
        let span = times.span(3);
        assert!(times.audit().count() == 3 && times.longest_out().is_some());
        assert!(shown(times) > 0 && shown(&span) > 0 && shown(times.longest_out()) > 0);
        drop((lease, shared.clone(), shared, span));
        let histogram = times.histogram();
        assert!(histogram.quantile(0.5) <= Some(histogram.longest()));
        let mut text = heapless::String::<2000>::new();
        write!(text, "{histogram:#}").unwrap();
        assert_eq!(
            (histogram.count(), histogram.buckets().map(|bucket| bucket.count).sum()),
            (3, 3)
        );
    };
    allocates_nothing(|| run(&TIMES));
    #[cfg(feature = "std")]
    {
        static SYSTEM: Monitor<4> = Monitor::new(Clock::monotonic());
        allocates_nothing(|| run(&SYSTEM));
    }
}

#[test]
fn ready_made() {
    use forebay::global;
    let long = "x".repeat(5000);
    allocates_nothing(|| {
        let response = global::new_response("text").unwrap();
        let token = global::new_token("text", true).unwrap();
        let refused =
            (global::new_response(&long).unwrap_err(), global::new_token(&long, true).unwrap_err());
        assert!(shown(refused) > 0 && *response == *token.as_str());
        let (mut sender, mut receiver) = global::response_stream().unwrap();
        sender.try_send_text("text").unwrap();
        drop((response, token, sender));
        assert_eq!(receiver.try_recv().unwrap(), "text");
        assert_eq!(global::response_pool().available(), global::RESPONSES);
    });
}

#[test]
fn lanes() {
    use forebay::reset::TickByMisses;
    use forebay::{DefaultReset, Headroom, LanePool};
    type Names = heapless::String<16>;
    static POOL: LanePool<Names, 70, 3, DefaultReset, Headroom<2>> =
        LanePool::with_waiting(DefaultReset);
    static AGED: LanePool<u32, 4, 1, TickByMisses<2>> = LanePool::with_policy(TickByMisses::new());
    let run = || {
        // Without a handle first: with `std` the thread gets its number and its lane.
        drop(POOL.try_get().unwrap());
        POOL.flush();
        let (one, other) = (POOL.try_claim().unwrap(), POOL.try_claim().unwrap());
        for _ in 0..3 {
            let mut all = heapless::Vec::<_, 70>::new();
            all.extend(std::iter::from_fn(|| one.try_get().ok()));
            assert!(all.len() >= 66 && one.try_get().is_err());
            let reserved = (one.try_get_reserved().unwrap(), POOL.try_get_reserved().unwrap());
            assert!(shown(&all[0]) > 0 && shown(&one) > 0 && one.number() != other.number());
            drop((all, reserved));
            // Stolen, detached, shared, mapped, and given back elsewhere.
            let mut stolen = heapless::Vec::<_, 70>::new();
            stolen.extend(std::iter::from_fn(|| other.try_get().ok()));
            drop(Lease::detach(stolen.pop().unwrap()));
            drop(stolen);
            drop(Lease::share(other.try_get().unwrap()).clone());
            drop(Lease::map(other.try_get().unwrap(), |name| name));
            drop(POOL.try_get_many::<20>().unwrap());
            assert!(POOL.try_get_many::<70>().is_err());
            one.flush();
            other.flush();
            POOL.flush();
            assert_eq!(POOL.tick(), 0);
            assert!(POOL.tick() >= 60 && POOL.fill() >= 60 && POOL.trim() >= 60);
            POOL.advance_epoch();
        }
        drop((one, other));
        assert_eq!((POOL.audit().count(), POOL.available(), POOL.capacity()), (0, 70, 70));
        assert!(POOL.metrics().gets > 200 && POOL.metrics().steals > 0 && shown(&POOL) > 0);
        let local = LanePool::<_, 3, 2, _>::from_fn(|slot| slot);
        assert!(*local.try_get().unwrap() < 3);
        drop(AGED.try_get_up_to::<4>());
        assert_eq!(AGED.metrics().misses, 4);
    };
    allocates_nothing(run);
}

#[cfg(feature = "std")]
#[test]
fn lanes_of_threads() {
    use forebay::LanePool;
    static POOL: LanePool<u32, 64, 2> = LanePool::new();
    let barrier = &std::sync::Barrier::new(5);
    std::thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(|| {
                // All live at once, so that some share no lane; the first get asks for a number.
                barrier.wait();
                allocates_nothing(|| {
                    for _ in 0..100 {
                        drop(POOL.try_get_up_to::<4>());
                        let lease = POOL.get_or_new();
                        assert!(!Lease::is_on_heap(&lease) && shown(&lease) > 0);
                    }
                    POOL.flush();
                });
            });
        }
    });
    assert_eq!((POOL.audit().count(), POOL.available()), (0, 64));
    assert_eq!(POOL.metrics().overflows, 0);
}

/// Objects of several pools: got, refused, waited for, given up, and too many.
#[test]
fn several_pools() {
    use forebay::cascade::Reserved;
    use forebay::try_get_all;
    static ONE: Pool<u32, 1> = Pool::new();
    static TWO: Pool<Token, 2> = Pool::new();
    static STREAMS: StreamPool<Token, 1, 2> = StreamPool::new();
    allocates_nothing(|| {
        for _ in 0..3 {
            let all = try_get_all((&ONE, (&TWO, &STREAMS))).unwrap();
            let refused = try_get_all((&TWO, Reserved(&ONE), &STREAMS)).err().unwrap();
            let mut text = heapless::String::<100>::new();
            write!(text, "{refused} {}", refused.why()).unwrap();
            assert_eq!(refused.part(), 1);
            drop(all);
        }
        assert_eq!((ONE.available(), TWO.available(), STREAMS.available()), (1, 2, 1));
    });
    #[cfg(any(feature = "std", feature = "async"))]
    {
        use forebay::{DefaultReset, Waking, get_all};
        use std::future::Future;
        use std::pin::pin;
        use std::task::{Context, Poll, Waker};
        static LEFT: Pool<u32, 1, DefaultReset, Waking<1>> = Pool::with_waiting(DefaultReset);
        static RIGHT: Pool<u32, 1, DefaultReset, Waking<1>> = Pool::with_waiting(DefaultReset);
        let mut context = Context::from_waker(Waker::noop());
        allocates_nothing(|| {
            for gives_up in [false, true] {
                let held = (LEFT.try_get().unwrap(), RIGHT.try_get().unwrap());
                let mut waits = pin!(get_all((&LEFT, &RIGHT)));
                let mut too_many = pin!(get_all((&RIGHT, &LEFT)));
                assert!(waits.as_mut().poll(&mut context).is_pending() && shown(&waits) > 0);
                let Poll::Ready(Err(refused)) = too_many.as_mut().poll(&mut context) else {
                    panic!()
                };
                assert!(shown(refused) > 0);
                drop(held);
                if !gives_up {
                    let Poll::Ready(Ok(all)) = waits.as_mut().poll(&mut context) else { panic!() };
                    drop(all);
                }
            }
            let mut too_often = pin!(get_all((&LEFT, &LEFT)));
            let Poll::Ready(Err(refused)) = too_often.as_mut().poll(&mut context) else { panic!() };
            let mut text = heapless::String::<100>::new();
            write!(text, "{refused}").unwrap();
            assert_eq!((LEFT.available(), RIGHT.available()), (1, 1));
        });
        #[cfg(feature = "std")]
        {
            use forebay::cascade::{get_all_blocking, get_all_timeout};
            use std::time::Duration;
            let held = RIGHT.try_get().unwrap();
            let short = Duration::from_millis(1);
            // A first wait makes the thread's waker.
            assert!(get_all_timeout((&RIGHT,), short).is_err());
            allocates_nothing(|| {
                assert!(get_all_timeout((&LEFT, &RIGHT), short).is_err());
                drop(held);
                drop(get_all_blocking((&LEFT, &RIGHT)).unwrap());
            });
        }
    }
}

/// Waits that find something, that are handed something, that are given up, and that come to nothing.
#[cfg(any(feature = "std", feature = "async"))]
#[test]
fn waiting_for_objects_and_rings() {
    use forebay::{DefaultReset, Headroom, LanePool, Waking};
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};
    static POOL: Pool<u32, 2, DefaultReset, Headroom<1, Waking<2>>> =
        Pool::with_waiting(DefaultReset);
    static LANES: LanePool<u32, 3, 2, DefaultReset, Waking<2>> =
        LanePool::with_waiting(DefaultReset);
    static STREAMS: StreamPool<Token, 1, 2, Waking<1>> = StreamPool::new();
    let mut context = Context::from_waker(Waker::noop());
    macro_rules! poll {
        ($future:expr) => {
            $future.as_mut().poll(&mut context)
        };
    }
    allocates_nothing(|| {
        for _ in 0..3 {
            let Poll::Ready(Ok(only)) = poll!(pin!(POOL.get())) else { panic!() };
            let Poll::Ready(Ok(kept)) = poll!(pin!(POOL.get_reserved())) else { panic!() };
            {
                let (mut first, mut second) = (pin!(POOL.get()), pin!(POOL.get_reserved()));
                assert!(poll!(first).is_pending() && poll!(second).is_pending());
                assert!(matches!(poll!(pin!(POOL.get())), Poll::Ready(Err(_))), "no seat");
                assert!(poll!(first).is_pending() && shown(&first) + shown(&POOL) > 0);
                drop((only, kept));
                let Poll::Ready(Ok(object)) = poll!(first) else { panic!() };
                drop(object);
                // The other is dropped with what it was handed.
            }
            assert_eq!(POOL.available(), 2);

            let lane = LANES.try_claim().unwrap();
            let mut all = [(); 3].map(|()| lane.try_get().ok());
            let mut waiting = pin!(LANES.get());
            assert!(poll!(waiting).is_pending());
            all[0] = None;
            let Poll::Ready(Ok(object)) = poll!(waiting) else { panic!() };
            drop((object, all));
            LANES.flush();

            let Poll::Ready(Ok(halves)) = poll!(pin!(STREAMS.open())) else { panic!() };
            let mut waiting = pin!(STREAMS.open());
            assert!(poll!(waiting).is_pending() && shown(&waiting) > 0);
            drop(halves);
            let Poll::Ready(Ok(halves)) = poll!(waiting) else { panic!() };
            drop(halves);
        }
        assert_eq!((STREAMS.available(), LANES.available(), LANES.metrics().misses), (1, 3, 3));
    });
    #[cfg(feature = "std")]
    {
        use std::time::Duration;
        let short = Duration::from_millis(1);
        let lanes = LANES.try_get_many::<3>().unwrap();
        let all = (POOL.try_get().unwrap(), lanes, STREAMS.try_open().unwrap());
        // A first wait makes the thread's waker.
        assert!(POOL.get_timeout(short).is_err());
        allocates_nothing(|| {
            assert!(POOL.get_timeout(short).is_err() && LANES.get_timeout(short).is_err());
            assert!(STREAMS.open_timeout(short).is_err());
            drop(POOL.get_reserved_timeout(short).unwrap());
            drop(all);
            drop((POOL.get_timeout(short).unwrap(), POOL.get_reserved_timeout(short).unwrap()));
            drop((POOL.get_blocking().unwrap(), LANES.get_blocking().unwrap()));
            drop(STREAMS.open_timeout(short).unwrap());
            drop(STREAMS.open_blocking().unwrap());
        });
    }
}

#[cfg(feature = "std")]
#[test]
fn leases_of_an_arc() {
    use std::sync::Arc;
    let pool = Arc::new(Pool::<u32, 4>::new());
    allocates_nothing(|| {
        let lease = pool.try_get_arc().unwrap();
        drop(Lease::share(lease).clone());
        drop(Lease::map(pool.try_get_arc().unwrap(), |n| n));
    });
}

#[test]
fn slab() {
    static SLAB: Slab<[u32; 8], 33> = Slab::new();
    allocates_nothing(|| {
        let first = SLAB.insert([1; 8]).unwrap();
        let second = SLAB.insert_with(|place| place.write([2; 8])).unwrap();
        let leases: [_; 31] = std::array::from_fn(|_| SLAB.insert([3; 8]).unwrap());
        let Err(Full(back)) = SLAB.insert([4; 8]) else { panic!() };
        assert!(SLAB.insert_with(|place| place.write(back)).is_err());
        assert_eq!((SLAB.audit().count(), SLAB.advance_epoch(), SLAB.available()), (33, 1, 0));
        drop((first, second, leases));
        assert!(SLAB.metrics().gets == 33 && SLAB.capacity() == 33 && shown(&SLAB) > 0);
        let erased = Lease::erase(SLAB.insert([5; 8]).unwrap());
        drop(Lease::share(erased));
    });
}

#[test]
fn latest() {
    static NEWEST: Latest<[u32; 8]> = Latest::new();
    allocates_nothing(|| {
        for n in 0..4 {
            let (mut writer, mut reader) =
                (NEWEST.try_writer().unwrap(), NEWEST.try_reader().unwrap());
            writer.write([n; 8]);
            writer.write([n + 1; 8]);
            assert_eq!(reader.get_new(), Some(&[n + 1; 8]));
            assert_eq!(reader.get().copied(), Some([n + 1; 8]));
            assert!(shown(&NEWEST) > 0 && shown(&writer) > 0 && shown(&reader) > 0);
        }
    });
}

fn runs_a_ring<A>(mut ring: Ring<u32, 5, A>) {
    allocates_nothing(|| {
        for _ in 0..4 {
            let (mut producer, mut consumer) = ring.split();
            producer.push(1).unwrap();
            assert_eq!(producer.push_slice(&[2, 3]), 2);
            assert_eq!(producer.push_iter(4..10), 2);
            assert!(producer.push(6).is_err() && producer.is_full());
            assert_eq!(consumer.peek(), Ok(&1));
            assert_eq!(consumer.pop(), Ok(1));
            assert_eq!(consumer.pop_slice(&mut [0]), 1);
            assert_eq!(PopRef::take(consumer.pop_ref().unwrap()), 3);
            let mut filled = producer.reserve().unwrap().write(0);
            *filled = 6;
            filled.commit();
            drop(producer.reserve().unwrap().write(0));
            assert_eq!(consumer.drain().take(2).sum::<u32>(), 9);
            assert!(shown(&producer) + shown(&consumer) > 0);
            producer.close();
            assert_eq!((consumer.pop(), consumer.pop()), (Ok(6), Err(PopError::Closed)));
            consumer.close();
            let (producer, consumer) = (ring.try_producer(), ring.try_consumer());
            assert!(producer.is_some() && consumer.is_some() && ring.try_producer().is_none());
        }
        assert!(shown(&ring) > 0 && ring.capacity() == 5);
        let (mut producer, _) = ring.split();
        producer.push(1).unwrap();
        drop(producer);
        drop(ring);
    });
}

#[test]
fn ring() {
    runs_a_ring(Ring::<u32, 5>::new());
    runs_a_ring(Ring::<u32, 5, Compact>::new());
    runs_a_ring(Ring::<u32, 5, CacheLine>::new());
    #[cfg(feature = "std")]
    {
        use forebay::{Consumer, Producer};
        let ring = std::sync::Arc::new(Ring::<u32, 5>::new());
        let ends: Option<(Producer<_>, Consumer<_>)> = allocates_nothing(|| Ring::split_arc(ring));
        let (mut producer, mut consumer) = ends.unwrap();
        allocates_nothing(|| {
            producer.push(1).unwrap();
            assert_eq!(consumer.pop(), Ok(1));
            drop(producer);
        });
    }
}

#[test]
fn streams() {
    static STREAMS: StreamPool<Token, 3, 4> = StreamPool::new();
    static RESPONSES: Pool<Response<64>, 2> = Pool::new();
    allocates_nothing(|| {
        for round in 0..10 {
            let (mut sender, mut receiver) = STREAMS.try_open().unwrap();
            sender.try_send("abc".parse().unwrap()).unwrap();
            let text = "text of more than one token, and of more than one hundred and twenty bytes, \
                        which is what a stream of this depth can hold at once";
            let sent = sender.try_send_text(text).unwrap_err().sent();
            assert!(sent > 0 && sender.len() == 4 && receiver.len() == 4 && !receiver.is_empty());
            let mut response = RESPONSES.try_get().unwrap();
            response.push(&receiver.try_recv().unwrap()).unwrap();
            assert_eq!(receiver.drain().take(1).count(), 1);
            let mut some = heapless::Vec::<Token, 4>::new();
            assert_eq!(receiver.drain_into(&mut some), 2);
            assert_eq!((sender.id(), STREAMS.audit().count()), (receiver.id(), 1));
            assert!(shown(&sender) + shown(&receiver) + shown(receiver.drain()) > 0);
            match round % 4 {
                0 => sender.close(),
                1 => sender.fail(5),
                2 => drop(sender),
                _ => {
                    receiver.cancel();
                    assert!(sender.is_cancelled());
                    assert!(sender.try_send(Token::new()).is_err());
                }
            }
            response.set_end(receiver.end().unwrap_or(forebay::End::Aborted));
            assert!(receiver.try_recv().is_err());
            let mut line = heapless::String::<200>::new();
            write!(line, "{:?} {} {:?}", &*response, *response, receiver.end()).unwrap();
        }
        assert_eq!((STREAMS.available(), STREAMS.capacity(), STREAMS.advance_epoch()), (3, 3, 1));
        assert!(STREAMS.metrics().gets == 10 && shown(&STREAMS) > 0);
    });
}

#[cfg(feature = "std")]
#[test]
fn streams_that_wait() {
    use forebay::Waking;
    use std::time::Duration;
    static STREAMS: StreamPool<Token, 2, 2, Waking> = StreamPool::new();
    // A first wait makes the thread's waker.
    let (mut sender, mut receiver) = STREAMS.try_open().unwrap();
    let _ = receiver.recv_timeout(Duration::from_millis(1));
    allocates_nothing(|| {
        assert!(receiver.recv_timeout(Duration::from_millis(1)).is_err());
        sender.send_text_blocking("one").unwrap();
        sender.send_blocking(Token::new()).unwrap();
        assert!(sender.send_timeout(Token::new(), Duration::from_millis(1)).is_err());
        assert!(receiver.recv_blocking().is_ok());
        drop(sender);
        assert!(receiver.recv_blocking().is_ok() && receiver.recv_blocking().is_err());
        drop(receiver);
        let (first, second) = STREAMS.try_open().unwrap();
        drop((first, second));
    });

    // Across threads, with real waits on both sides.
    let (mut sender, mut receiver) = STREAMS.try_open().unwrap();
    // The waker of a thread that is gone is freed by who lets go of it last: so it stays until both are done.
    let (done, both_done) = std::sync::mpsc::channel::<()>();
    let model = std::thread::spawn(move || {
        let (_other, mut silent) = STREAMS.try_open().unwrap();
        let _ = silent.recv_timeout(Duration::from_millis(1));
        allocates_nothing(move || {
            for _ in 0..1000 {
                sender.send_text_blocking("token").unwrap();
            }
            sender.close();
        });
        let _ = both_done.recv();
    });
    allocates_nothing(|| while receiver.recv_blocking().is_ok() {});
    drop(receiver);
    drop(done);
    model.join().unwrap();
}

#[cfg(feature = "std")]
#[test]
fn streams_that_are_awaited() {
    use forebay::Waking;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};
    static STREAMS: StreamPool<Token, 2, 2, Waking> = StreamPool::new();

    fn once<F: Future>(future: F) -> Poll<F::Output> {
        pin!(future).poll(&mut Context::from_waker(Waker::noop()))
    }

    allocates_nothing(|| {
        let (mut sender, mut receiver) = STREAMS.try_open().unwrap();
        assert!(once(receiver.recv()).is_pending() && once(receiver.ready(2)).is_pending());
        assert!(once(sender.ready()).is_ready() && once(sender.cancelled()).is_pending());
        assert!(once(sender.send(Token::new())).is_ready());
        assert!(once(sender.send_text("more than a stream of two has room for")).is_pending());
        assert!(once(sender.send(Token::new())).is_pending() && sender.take_unsent().is_some());
        assert!(once(receiver.ready(2)).is_ready() && once(receiver.recv()).is_ready());
        drop(sender);
        assert_eq!(receiver.iter().count(), 2); // a token and the end
        assert!(once(receiver.recv()).is_ready());
    });
}

#[cfg(feature = "validate")]
#[test]
fn validation() {
    use forebay::validate::{Options, Rejected, Schema, StreamValidator, ValidateError, Validator};

    static ORDER: Schema<48, 32> = Schema::from_json(
        r##"{
            "type": "object",
            "properties": {
                "id": {"pattern": "^[a-z]+$", "maxLength": 4},
                "lines": {"items": {"$ref": "#/$defs/line"}, "uniqueItems": true, "contains": {"required": ["n"]}},
                "kind": {"enum": ["a", "b", {"c": [1, 2]}]},
                "when": {"type": "string", "format": "date-time"}
            },
            "required": ["id"],
            "additionalProperties": false,
            "$defs": {"line": {"anyOf": [{"type": "null"}, {"properties": {"n": {"type": "integer", "minimum": 1}}}]}}
        }"##,
    );
    static STRICT: Validator<2> = Validator::new();
    static LENIENT: Validator<2> = Validator::new().with(Options::new().coerce(true));
    const VALID: &str =
        r#"{"id": "ab", "lines": [{"n": 2.0}, null, {"n": 1}], "kind": {"c": [1e0, 2]}}"#;
    const COERCED: &str =
        r#"{"id": "ab", "lines": [{"n": "3"}, {"n": true}], "when": "Jan 2, 2006"}"#;
    const INVALID: &str =
        r#"{"id": "ABCDE", "lines": [{"n": 0}, {"n": 0}], "kind": 1, "other": "\u00e9"}"#;
    const MALFORMED: &str = r#"{"id": "ab", "lines": [1, ]}"#;

    allocates_nothing(|| {
        for _ in 0..3 {
            let held = STRICT.validate(&ORDER, VALID).unwrap();
            assert!(held.is_valid() && shown(&*held) > 0);
            let report = STRICT.validate(&ORDER, INVALID).unwrap();
            let mut text = heapless::String::<1000>::new();
            write!(text, "{}", *report).unwrap();
            assert!(report.violations().len() > 3 && text.contains("/lines/1"));
            // Refused, and given back.
            assert!(matches!(STRICT.validate(&ORDER, VALID), Err(ValidateError::Exhausted(_))));
            drop(report);
            let error = STRICT.validate(&ORDER, MALFORMED).unwrap_err();
            assert!(matches!(error, ValidateError::Malformed { at: 26, .. }));
            write!(text, "{error}").unwrap();
            assert!(STRICT.validate(&ORDER, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[").is_err());

            let report = LENIENT.validate(&ORDER, COERCED).unwrap();
            assert!(report.is_valid() && report.coercions().len() == 3);
            let report = LENIENT.validate(&ORDER, r#"{"id": 1, "when": "never"}"#).unwrap();
            assert!(!report.is_valid());
        }
        assert!(shown(&STRICT) > 0 && STRICT.metrics().misses > 0);
    });

    static STREAMS: StreamPool<Token, 2> = StreamPool::new();
    allocates_nothing(|| {
        let mut validator = StreamValidator::<128>::new(&ORDER);
        for (text, fits) in [(VALID, true), (COERCED, false), (INVALID, false), (MALFORMED, false)]
        {
            for len in [1, 7, text.len()] {
                validator.clear();
                let mut pieces =
                    text.as_bytes().chunks(len).map(|piece| str::from_utf8(piece).unwrap());
                let pushed = pieces.try_for_each(|piece| validator.push(piece));
                assert_eq!(
                    pushed.and_then(|()| validator.finish().map(drop)).is_ok(),
                    fits,
                    "{text}"
                );
                // Once more it is the same.
                assert_eq!(validator.finish().is_ok(), fits);
            }
        }
        validator.clear();
        let long = validator
            .push(&INVALID[..2])
            .and_then(|()| validator.push(str::from_utf8(&[b' '; 127]).unwrap()));
        assert_eq!(long, Err(Rejected::TooLong { capacity: 128 }));

        for text in [VALID, INVALID] {
            validator.clear();
            let (mut sender, mut receiver) = STREAMS.try_open().unwrap();
            for piece in text.as_bytes().chunks(12) {
                sender.try_send_text(str::from_utf8(piece).unwrap()).unwrap();
            }
            sender.close();
            let received = validator.receive(&mut receiver);
            assert_eq!(received.is_ok(), text == VALID);
            assert_eq!(validator.finish().is_ok(), text == VALID);
        }
        let mut lenient = StreamValidator::<128>::new(&ORDER).with(Options::new().coerce(true));
        assert!(lenient.push(COERCED).is_ok() && lenient.finish().is_ok());
        assert!(shown(&lenient) > 0 && lenient.text() == COERCED);
    });
}
