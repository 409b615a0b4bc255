//! The tests of a ring, for the padding of the module above.

use super::Ring;
use crate::common::{Counted, Numbers, Tally, for_capacities};
use forebay::error::{PopError, PushError};
use forebay::ring::PopRef;
use forebay::{Consumer, Lease, Pool, Producer};
use std::collections::VecDeque;

/// Pushes counted items until there is no room.
fn fill<const N: usize>(producer: &mut Producer<&Ring<Counted, N>>, tally: &Tally) {
    while !producer.is_full() {
        producer.push(tally.make()).unwrap();
    }
}

#[test]
fn smoke() {
    static RING: Ring<u32, 3> = Ring::new();
    let (mut producer, mut consumer) = (RING.try_producer().unwrap(), RING.try_consumer().unwrap());
    assert_eq!(consumer.pop(), Err(PopError::Empty));
    for n in 0..3 {
        producer.push(n).unwrap();
    }
    assert_eq!(producer.push(3), Err(PushError::Full(3)));
    assert_eq!(consumer.peek(), Ok(&0));
    assert_eq!(consumer.pop(), Ok(0));
    producer.push(3).unwrap();
    producer.close();
    assert!((1..4).all(|n| consumer.pop() == Ok(n)));
    assert_eq!(consumer.pop(), Err(PopError::Closed));
}

/// All `N` places hold items, wherever the indices stand.
fn holds_n_items<const N: usize>(ring: &mut Ring<u32, N>, starts: &[usize]) {
    assert_eq!(ring.capacity(), N);
    let (mut producer, mut consumer) = ring.split();
    let mut at = 0;
    for &start in starts {
        // Brings both indices, which stand at `at`, to `start`.
        for _ in 0..(start + 2 * N - at) % (2 * N) {
            producer.push(0).unwrap();
            consumer.pop().unwrap();
        }
        for n in 0..N as u32 {
            assert_eq!((producer.len(), consumer.len()), (n as usize, n as usize));
            producer.push(n).unwrap();
        }
        assert_eq!(producer.push(0), Err(PushError::Full(0)));
        assert!(matches!(producer.reserve(), Err(PushError::Full(()))));
        assert_eq!((producer.push_slice(&[1]), producer.push_iter([1])), (0, 0));
        assert!(producer.is_full() && consumer.is_full());
        for n in 0..N as u32 {
            assert_eq!(consumer.peek(), Ok(&n));
            assert_eq!(consumer.pop(), Ok(n));
        }
        assert_eq!(consumer.pop(), Err(PopError::Empty));
        assert!(producer.is_empty() && consumer.is_empty());
        at = (start + N) % (2 * N);
    }
}

#[test]
fn capacity() {
    fn at_each_boundary<const N: usize>() {
        let starts = [0, N - 1, N, N + N / 2, 2 * N - 2, 2 * N - 1, 0];
        holds_n_items(&mut Box::new(Ring::<u32, N>::new()), &starts);
    }
    for_capacities!(at_each_boundary);
    if !cfg!(miri) {
        at_each_boundary::<65_535>();
    }
}

#[test]
fn zero_sized() {
    let mut ring: Ring<(), 3> = Ring::default();
    let (mut producer, mut consumer) = ring.split();
    for _ in 0..10 {
        assert_eq!(producer.push_slice(&[(); 5]), 3);
        assert_eq!(consumer.pop_slice(&mut [(); 2]), 2);
        assert_eq!(consumer.drain().count(), 1);
    }
}

#[test]
fn len_empty_full() {
    let mut ring: Ring<u8, 2> = Ring::new();
    let (mut producer, mut consumer) = ring.split();
    assert_eq!((producer.capacity(), consumer.capacity()), (2, 2));
    let seen = |producer: &Producer<&Ring<u8, 2>>, consumer: &Consumer<&Ring<u8, 2>>| {
        assert_eq!((producer.len(), producer.is_empty()), (consumer.len(), consumer.is_empty()));
        assert_eq!(producer.is_full(), consumer.is_full());
        (producer.len(), producer.is_empty(), producer.is_full())
    };
    for _ in 0..5 {
        assert_eq!(seen(&producer, &consumer), (0, true, false));
        producer.push(1).unwrap();
        assert_eq!(seen(&producer, &consumer), (1, false, false));
        producer.push(2).unwrap();
        assert_eq!(seen(&producer, &consumer), (2, false, true));
        consumer.pop().unwrap();
        consumer.pop().unwrap();
    }
}

#[test]
fn drops() {
    let tally = Tally::default();
    let mut ring: Ring<_, 4> = Ring::new();
    let (mut producer, mut consumer) = ring.split();
    for _ in 0..6 {
        producer.push(tally.make()).unwrap();
        drop(consumer.pop());
    }
    assert_eq!((tally.made(), tally.dropped()), (6, 6));
    fill(&mut producer, &tally);
    drop(producer.push(tally.make()));
    assert_eq!(tally.dropped(), 7, "the refused one came back");
    drop((producer, consumer));
    assert_eq!(tally.alive(), 4, "items stay when both ends go");
    assert_eq!(ring.split().1.pop().unwrap().number, 7);
    drop(ring);
    assert_eq!(tally.alive(), 0, "those left go with the ring, across its end too");
}

#[test]
fn slices_wrap_at_every_index() {
    fn all<const N: usize>() {
        let mut ring: Box<Ring<u32, N>> = Box::default();
        let (mut producer, mut consumer) = ring.split();
        let mut next = 0;
        let mut expected = 0;
        for want in (0..=N + 1).chain((0..=N + 1).rev()) {
            let items: Vec<_> = (next..).take(want).collect();
            let pushed = producer.push_slice(&items);
            assert_eq!(pushed, want.min(N));
            next += pushed as u32;
            let mut out = vec![u32::MAX; N + 2];
            let half = pushed / 2;
            assert_eq!(consumer.pop_slice(&mut out[..half]), half);
            assert_eq!(consumer.pop_slice(&mut out[half..]), pushed - half);
            assert!(out[..pushed].iter().copied().eq(expected..next));
            assert!(out[pushed..].iter().all(|&n| n == u32::MAX), "only what was there");
            expected = next;
        }
        assert_eq!(consumer.pop_slice(&mut [0; 3]), 0);
        assert_eq!(producer.push_slice(&[]), 0);
    }
    for_capacities!(all: 1, 2, 3, 31, 32, 33, 100);
}

#[test]
fn every_way_in_and_out_keeps_the_order() {
    fn mixed<const N: usize>() {
        let mut ring: Box<Ring<u32, N>> = Box::default();
        let (mut producer, mut consumer) = ring.split();
        let mut model = VecDeque::new();
        let mut numbers = Numbers::new(N as u64);
        let mut next = 0;
        for _ in 0..if cfg!(miri) { 20 } else { 40 * N.min(200) } {
            let want = numbers.below(N + 2);
            let room = N - model.len();
            let came = match numbers.below(4) {
                0 => usize::from(producer.push(next).is_ok()),
                1 => producer.push_slice(&(next..).take(want).collect::<Vec<_>>()),
                2 => producer.push_iter((next..).take(want)),
                _ => producer.reserve().map_or(0, |grant| {
                    let mut filled = grant.write(0);
                    *filled = next;
                    filled.commit();
                    1
                }),
            };
            assert!(came <= room && (came != 0 || room == 0 || want == 0));
            model.extend((next..).take(came));
            next += came as u32;
            assert_eq!((producer.len(), consumer.len()), (model.len(), model.len()));
            match numbers.below(5) {
                0 => assert_eq!(consumer.pop().ok(), model.pop_front()),
                1 => {
                    let mut out = vec![0; want];
                    let got = consumer.pop_slice(&mut out);
                    assert_eq!(got, want.min(model.len()));
                    assert!(out[..got].iter().copied().eq(model.drain(..got)));
                }
                2 => {
                    let take = want.min(model.len());
                    assert_eq!(consumer.drain().len(), model.len());
                    assert!(consumer.drain().take(want).eq(model.drain(..take)));
                }
                3 => {
                    let front = consumer.pop_ref().ok().map(PopRef::take);
                    assert_eq!(front, model.pop_front());
                }
                _ => {
                    if let Ok(mut front) = consumer.pop_ref() {
                        assert_eq!(Some(*front), model.pop_front());
                        *front = u32::MAX;
                    }
                }
            }
            assert_eq!(consumer.peek().ok(), model.front());
        }
    }
    for_capacities!(mixed);
}

#[test]
fn push_iter_asks_only_while_there_is_room() {
    let mut ring: Ring<u32, 3> = Ring::new();
    let (mut producer, mut consumer) = ring.split();
    let mut items = 0..10;
    assert_eq!(producer.push_iter(&mut items), 3);
    assert_eq!(items, 3..10);
    assert_eq!(producer.push_iter(&mut items), 0);
    consumer.pop().unwrap();
    assert_eq!(producer.push_iter(&mut items), 1);
    assert_eq!(items, 4..10);
    consumer.close();
    assert_eq!(producer.push_iter(&mut items), 0, "closed");
    assert_eq!(items, 4..10);
}

#[test]
fn grant_sends_only_when_committed() {
    let tally = Tally::default();
    let mut ring: Ring<_, 2> = Ring::new();
    let (mut producer, mut consumer) = ring.split();
    for _ in 0..5 {
        drop(producer.reserve().unwrap());
        drop(producer.reserve().unwrap().write(tally.make()));
        assert!(consumer.peek().is_err());
        assert_eq!(tally.alive(), 0, "an item that was not sent is dropped");
        let filled = producer.reserve().unwrap().write(tally.make());
        assert_eq!(filled.number, tally.made());
        filled.commit();
        assert_eq!(consumer.pop().unwrap().number, tally.made());
    }
    std::mem::forget(producer.reserve());
    std::mem::forget(producer.reserve().unwrap().write(tally.make()));
    assert!(producer.is_empty(), "forgotten is not sent");
    producer.push(tally.make()).unwrap();
    assert_eq!(consumer.pop().unwrap().number, tally.made());
    assert_eq!(tally.alive(), 1, "and the forgotten item is forgotten");
}

#[test]
fn grant_lends_the_empty_place() {
    let mut ring: Ring<[u8; 8], 1> = Ring::new();
    let (mut producer, mut consumer) = ring.split();
    for n in 0..3 {
        let mut grant = producer.reserve().unwrap();
        grant.uninit().write([n; 8]);
        // SAFETY: initialised above.
        unsafe { grant.commit() };
        assert_eq!(*consumer.pop_ref().unwrap(), [n; 8]);
    }
}

#[test]
fn pop_ref_frees_the_place_when_it_goes() {
    let tally = Tally::default();
    let mut ring: Ring<_, 2> = Ring::new();
    let (mut producer, mut consumer) = ring.split();
    producer.push_iter([tally.make(), tally.make()]);
    let first = consumer.pop_ref().unwrap();
    assert_eq!((first.number, producer.is_full()), (1, true));
    drop(first);
    assert_eq!((tally.dropped(), producer.len()), (1, 1));
    std::mem::forget(consumer.pop_ref());
    assert_eq!((tally.dropped(), producer.len()), (1, 1), "a forgotten one took nothing");
    let second = PopRef::take(consumer.pop_ref().unwrap());
    assert_eq!((second.number, tally.dropped(), producer.len()), (2, 1, 0));
    assert!(matches!(consumer.pop_ref(), Err(PopError::Empty)));
}

#[test]
fn drain_takes_what_was_there() {
    let tally = Tally::default();
    let mut ring: Ring<_, 4> = Ring::new();
    let (mut producer, mut consumer) = ring.split();
    fill(&mut producer, &tally);
    let mut drain = consumer.drain();
    assert_eq!((drain.len(), drain.size_hint()), (4, (4, Some(4))));
    assert_eq!(drain.next().unwrap().number, 1);
    drop(drain);
    assert_eq!((consumer.len(), tally.dropped()), (3, 1));
    let mut drain = consumer.drain();
    producer.push(tally.make()).unwrap();
    assert_eq!(drain.len(), 3, "not what came later");
    assert!(drain.by_ref().map(|item| item.number).eq(2..=4));
    assert!(drain.next().is_none());
    drop(drain);
    assert!(consumer.drain().map(|item| item.number).eq([5]));
    assert_eq!(tally.alive(), 0);
}

#[test]
fn drain_when_forgotten_gives_nothing_twice() {
    let tally = Tally::default();
    let mut ring: Ring<_, 4> = Ring::new();
    let (mut producer, mut consumer) = ring.split();
    fill(&mut producer, &tally);
    let mut drain = consumer.drain();
    assert_eq!(drain.next().unwrap().number, 1);
    std::mem::forget(drain);
    assert_eq!(consumer.pop().unwrap().number, 2);
    let mut drain = consumer.drain();
    assert_eq!(drain.next().unwrap().number, 3);
    std::mem::forget(drain);
    std::mem::forget(consumer);
    drop(producer);
    let (_producer, mut consumer) = ring.split();
    assert_eq!(consumer.pop().unwrap().number, 4);
    assert!(consumer.pop().is_err());
    assert_eq!((tally.made(), tally.dropped()), (4, 4));
}

#[test]
fn each_end_is_there_once_and_can_be_taken_again() {
    static RING: Ring<u32, 4> = Ring::new();
    for round in 0..20 {
        let mut producer = RING.try_producer().unwrap();
        assert!(RING.try_producer().is_none());
        producer.push_slice(&[2 * round, 2 * round + 1]);
        drop(producer);
        let first = std::thread::spawn(|| {
            let mut consumer = RING.try_consumer().unwrap();
            assert!(RING.try_consumer().is_none());
            consumer.pop()
        });
        assert_eq!(first.join().unwrap(), Ok(2 * round));
        let mut consumer = RING.try_consumer().unwrap();
        assert_eq!((consumer.pop(), consumer.len()), (Ok(2 * round + 1), 0));
    }
}

#[test]
fn closed_by_producer_until_it_is_taken_again() {
    static RING: Ring<u32, 2> = Ring::new();
    let mut consumer = RING.try_consumer().unwrap();
    for n in 0..5 {
        let mut producer = RING.try_producer().unwrap();
        assert!(!consumer.is_closed());
        producer.push(n).unwrap();
        producer.close();
        assert!(consumer.is_closed());
        assert_eq!(consumer.len(), 1, "the mark is no item");
        assert_eq!(consumer.pop(), Ok(n), "items come before the end");
        for _ in 0..2 {
            assert_eq!(consumer.pop(), Err(PopError::Closed));
            assert!(matches!(consumer.peek(), Err(PopError::Closed)));
            assert!(matches!(consumer.pop_ref(), Err(PopError::Closed)));
            assert_eq!((consumer.drain().count(), consumer.pop_slice(&mut [0])), (0, 0));
        }
    }
    drop(RING.try_producer().unwrap());
    assert_eq!(consumer.pop(), Err(PopError::Empty), "a drop is no close");
}

#[test]
fn closed_by_consumer_until_it_is_taken_again() {
    static RING: Ring<u32, 2> = Ring::new();
    let mut producer = RING.try_producer().unwrap();
    for n in 0..5 {
        let mut consumer = RING.try_consumer().unwrap();
        assert!(!producer.is_closed());
        producer.push(n).unwrap();
        assert_eq!(consumer.pop(), Ok(n));
        producer.push(n).unwrap();
        consumer.close();
        assert!(producer.is_closed());
        assert_eq!(producer.push(9), Err(PushError::Closed(9)), "though there is room");
        assert!(matches!(producer.reserve(), Err(PushError::Closed(()))));
        assert_eq!((producer.push_slice(&[9]), producer.push_iter([9])), (0, 0));
        let mut consumer = RING.try_consumer().unwrap();
        assert_eq!(consumer.pop(), Ok(n), "what was there stays");
        assert_eq!(producer.push(9), Ok(()));
        assert_eq!(consumer.pop(), Ok(9));
    }
    drop(RING.try_consumer().unwrap());
    assert!(!producer.is_closed(), "a drop is no close");
}

#[test]
fn split_opens_a_closed_ring_and_keeps_its_items() {
    let mut ring: Ring<u32, 3> = Ring::new();
    for n in 0..10 {
        let (mut producer, mut consumer) = ring.split();
        if n > 0 {
            assert_eq!(consumer.pop(), Ok(n - 1));
        }
        assert_eq!(consumer.pop(), Err(PopError::Empty));
        producer.push(n).unwrap();
        match n % 3 {
            0 => (producer.close(), consumer.close()).0,
            1 => std::mem::forget((producer, consumer)),
            _ => drop((producer, consumer)),
        }
    }
    // After a `split` whose ends were dropped, the ends can be taken one by one too.
    drop(ring.split());
    assert!(ring.try_producer().is_some() && ring.try_consumer().is_some());
    std::mem::forget(ring.try_producer());
    assert!(ring.try_producer().is_none(), "a forgotten end is not back");
    assert_eq!(ring.split().1.pop(), Ok(9));
}

#[cfg(feature = "std")]
#[test]
fn split_arc_needs_the_only_handle() {
    use std::sync::Arc;
    let tally = Tally::default();
    let ring: Arc<Ring<_, 3>> = Arc::default();
    let second = Arc::clone(&ring);
    assert!(Ring::split_arc(ring).is_none());
    let (mut producer, mut consumer) = Ring::split_arc(second).unwrap();
    let (first, second) = (tally.make(), tally.make());
    let worker = std::thread::spawn(move || {
        producer.push(first).unwrap();
        producer.push(second).unwrap();
        producer.close();
    });
    worker.join().unwrap();
    assert_eq!(consumer.pop().unwrap().number, 1);
    assert_eq!(tally.alive(), 1);
    drop(consumer);
    assert_eq!(tally.alive(), 0, "the ring goes with its last end");
}

#[test]
fn leases_pass_through() {
    static FRAMES: Pool<[u8; 4], 3> = Pool::new();
    static FILLED: Ring<Lease<&'static Pool<[u8; 4], 3>>, 2> = Ring::new();
    let (mut producer, mut consumer) =
        (FILLED.try_producer().unwrap(), FILLED.try_consumer().unwrap());
    for n in 0..10 {
        let mut frame = FRAMES.try_get().unwrap();
        frame[0] = n;
        producer.push(frame).unwrap();
        assert_eq!(FRAMES.available(), 2);
        assert_eq!(consumer.pop().unwrap()[0], n);
        assert_eq!(FRAMES.available(), 3);
    }
}

#[test]
fn debug_shows_counts_and_no_item() {
    struct Opaque;
    let mut ring: Ring<Opaque, 2> = Ring::new();
    let (mut producer, mut consumer) = ring.split();
    assert!(producer.push(Opaque).is_ok());
    assert_eq!(format!("{producer:?}"), "Producer { len: 1, closed: false }");
    assert_eq!(format!("{consumer:?}"), "Consumer { len: 1, closed: false }");
    assert_eq!(format!("{:?}", producer.reserve().unwrap()), "Grant(..)");
    assert_eq!(format!("{:?}", producer.reserve().unwrap().write(Opaque)), "Filled(..)");
    assert_eq!(format!("{:?}", consumer.drain()), "Drain(..)");
    assert_eq!(format!("{:?}", consumer.pop_ref().unwrap()), "PopRef(..)");
    producer.close();
    drop(consumer);
    assert_eq!(format!("{ring:?}"), "Ring { capacity: 2, len: 0, closed: true, .. }");
}
