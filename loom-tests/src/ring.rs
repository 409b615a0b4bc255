//! Rings: items arrive once, whole and in order, and places are written only when they are free.
//!
//! With copies of the indices in the ends (`CacheLine`) and without (`Compact`).

use crate::Form::{self, Blocking, Polling};
use crate::{Model, Tally, Tracked, role, threads};
use forebay::error::{PopError, PushError};
use forebay::ring::{CacheLine, Compact};
use forebay::{Consumer, Producer, Ring};
use std::sync::Arc;

/// The faults that any model finds in which an item is written, read, and its place written again.
const HAND_OVER: &[&str] = &[
    "publish_relaxed",
    "tail_load_relaxed",
    "retire_relaxed",
    "head_load_relaxed",
    "overrun",
    "underrun",
];
/// Those and the ones that are seeded in `push` and `pop` alone.
const PUSH_POP: &[&str] = &[
    "publish_early",
    "publish_relaxed",
    "tail_load_relaxed",
    "retire_early",
    "retire_relaxed",
    "head_load_relaxed",
    "overrun",
    "underrun",
];

/// The faults of the look behind a look that found nothing.
const END: &[&str] = &["close_relaxed", "ended_relaxed", "closed_unconfirmed"];

/// A ring that lives as long as the execution, so that its ends go to other threads.
macro_rules! fixed {
    ($n:literal, $padding:ty) => {{
        loom::lazy_static! {
            static ref RING: Ring<usize, $n, $padding> = Ring::new();
        }
        let ring: &'static Ring<usize, $n, $padding> = &RING;
        ring
    }};
}

pub static MODELS: &[Model] = &[
    Model::new("push_vs_pop_polling", |n| match n {
        0 => push_vs_pop::<1, CacheLine>(Polling),
        1 => push_vs_pop::<2, CacheLine>(Polling),
        _ => push_vs_pop::<3, CacheLine>(Polling),
    })
    .floor(4_000)
    .cases(3)
    .seeds(PUSH_POP),
    Model::new("push_vs_pop_blocking", |n| match n {
        0 => push_vs_pop::<1, CacheLine>(Blocking),
        1 => push_vs_pop::<2, CacheLine>(Blocking),
        _ => push_vs_pop::<3, CacheLine>(Blocking),
    })
    .floor(21_000)
    .cases(3)
    .seeds(PUSH_POP),
    Model::new("push_vs_pop_compact_polling", |n| match n {
        0 => push_vs_pop::<1, Compact>(Polling),
        1 => push_vs_pop::<2, Compact>(Polling),
        _ => push_vs_pop::<3, Compact>(Polling),
    })
    .floor(6_900)
    .cases(3)
    .seeds(PUSH_POP),
    Model::new("push_vs_pop_compact_blocking", |n| match n {
        0 => push_vs_pop::<1, Compact>(Blocking),
        1 => push_vs_pop::<2, Compact>(Blocking),
        _ => push_vs_pop::<3, Compact>(Blocking),
    })
    .floor(34_000)
    .cases(3)
    .seeds(PUSH_POP),
    Model::new("grant_vs_pop_ref_polling", |_| grant_vs_pop_ref::<CacheLine>(Polling))
        .floor(92)
        .seeds(HAND_OVER),
    Model::new("grant_vs_pop_ref_blocking", |_| grant_vs_pop_ref::<CacheLine>(Blocking))
        .floor(160)
        .seeds(HAND_OVER),
    Model::new("grant_vs_pop_ref_compact_polling", |_| grant_vs_pop_ref::<Compact>(Polling))
        .floor(92)
        .seeds(HAND_OVER),
    Model::new("grant_vs_pop_ref_compact_blocking", |_| grant_vs_pop_ref::<Compact>(Blocking))
        .floor(160)
        .seeds(HAND_OVER),
    Model::new("push_slice_vs_pop_slice_polling", |_| {
        push_slice_vs_pop_slice::<CacheLine>(Polling)
    })
    .floor(330)
    .seeds(HAND_OVER),
    Model::new("push_slice_vs_pop_slice_blocking", |_| {
        push_slice_vs_pop_slice::<CacheLine>(Blocking)
    })
    .floor(38_000)
    .seeds(HAND_OVER),
    Model::new("push_slice_vs_pop_slice_compact_polling", |_| {
        push_slice_vs_pop_slice::<Compact>(Polling)
    })
    .floor(330)
    .seeds(HAND_OVER),
    Model::new("push_slice_vs_pop_slice_compact_blocking", |_| {
        push_slice_vs_pop_slice::<Compact>(Blocking)
    })
    .floor(38_000)
    .seeds(HAND_OVER),
    Model::new("push_iter_vs_drain_polling", |_| push_iter_vs_drain::<CacheLine>(Polling))
        .floor(130)
        .seeds(HAND_OVER),
    Model::new("push_iter_vs_drain_blocking", |_| push_iter_vs_drain::<CacheLine>(Blocking))
        .floor(6_800)
        .seeds(HAND_OVER),
    Model::new("push_iter_vs_drain_compact_polling", |_| push_iter_vs_drain::<Compact>(Polling))
        .floor(220)
        .seeds(HAND_OVER),
    Model::new("push_iter_vs_drain_compact_blocking", |_| push_iter_vs_drain::<Compact>(Blocking))
        .floor(29_000)
        .seeds(HAND_OVER),
    Model::new("producer_closes_polling", |_| producer_closes(fixed!(2, CacheLine), Polling))
        .floor(1_000)
        .seeds(END),
    Model::new("producer_closes_blocking", |_| producer_closes(fixed!(2, CacheLine), Blocking))
        .floor(490)
        .seeds(END),
    Model::new("producer_closes_compact_polling", |_| producer_closes(fixed!(2, Compact), Polling))
        .floor(1_000)
        .seeds(END),
    Model::new("producer_closes_compact_blocking", |_| {
        producer_closes(fixed!(2, Compact), Blocking)
    })
    .floor(490)
    .seeds(END),
    Model::new("consumer_closes", |_| consumer_closes(fixed!(1, CacheLine)))
        .floor(110)
        .seeds(&["publish_relaxed"]),
    Model::new("consumer_closes_compact", |_| consumer_closes(fixed!(1, Compact)))
        .floor(110)
        .seeds(&["publish_relaxed"]),
    Model::new("take_vs_take", |_| take_vs_take()).floor(13).seeds(&["take_torn"]),
    Model::new("producer_taken_again_polling", |n| {
        producer_taken_again(fixed!(2, CacheLine), Polling, n)
    })
    .floor(30_000)
    .cases(2)
    .seeds(&["take_relaxed", "give_back_relaxed"]),
    Model::new("producer_taken_again_blocking", |n| {
        producer_taken_again(fixed!(2, CacheLine), Blocking, n)
    })
    .floor(69_000)
    .cases(2)
    .seeds(&["take_torn", "take_relaxed", "give_back_relaxed"]),
    Model::new("producer_taken_again_compact_polling", |n| {
        producer_taken_again(fixed!(2, Compact), Polling, n)
    })
    .floor(30_000)
    .cases(2)
    .seeds(&["take_relaxed", "give_back_relaxed"]),
    Model::new("consumer_taken_again_polling", |_| {
        consumer_taken_again(fixed!(1, CacheLine), Polling)
    })
    .floor(5_100)
    .seeds(&["take_relaxed", "give_back_relaxed"]),
    Model::new("consumer_taken_again_blocking", |_| {
        consumer_taken_again(fixed!(1, CacheLine), Blocking)
    })
    .floor(18_000)
    .seeds(&["take_torn", "take_relaxed", "give_back_relaxed"]),
    Model::new("consumer_taken_again_compact_polling", |_| {
        consumer_taken_again(fixed!(1, Compact), Polling)
    })
    .floor(5_100)
    .seeds(&["take_relaxed", "give_back_relaxed"]),
];

type Writer<const N: usize, A> = Producer<Arc<Ring<usize, N, A>>>;
type Reader<const N: usize, A> = Consumer<Arc<Ring<usize, N, A>>>;

/// The ends of a ring whose next item goes into the last place, so that the second one is at the wrap.
macro_rules! turned {
    ($n:ident, $ends:expr) => {{
        let (mut producer, mut consumer) = $ends;
        for n in 1..$n {
            producer.push(n).unwrap();
            consumer.pop().unwrap();
        }
        (producer, consumer)
    }};
}

fn ring<const N: usize, A>() -> (Writer<N, A>, Reader<N, A>) {
    turned!(N, Ring::split_arc(Arc::new(Ring::new())).unwrap())
}

/// Of a ring where one end is dropped beside the other. Of the drops of an `Arc`, loom does not know which is the last.
fn ends<const N: usize, A>(
    ring: &'static Ring<usize, N, A>,
) -> (Producer<&'static Ring<usize, N, A>>, Consumer<&'static Ring<usize, N, A>>) {
    turned!(N, (ring.try_producer().unwrap(), ring.try_consumer().unwrap()))
}

/// Checks that items come in order and none is made up; some may be missing at the end.
struct InOrder(usize);

impl InOrder {
    fn next(&mut self, item: usize) {
        self.0 += 1;
        assert_eq!(item, self.0);
    }
}

/// One item more than places, so that one of them is used twice.
fn push_vs_pop<const N: usize, A: 'static>(form: Form) {
    let (mut producer, mut consumer) = ring::<N, A>();
    let items = N + 1;
    threads([
        role(move || {
            let mut sent = 0;
            for _ in 0..items {
                let room = form.attempt(|| producer.push(sent + 1).ok());
                sent += usize::from(room.is_some());
            }
            producer
        }),
        role(move || {
            let mut seen = InOrder(0);
            for _ in 0..items {
                if let Some(item) = form.attempt(|| consumer.pop().ok()) {
                    seen.next(item);
                }
            }
            assert!(form == Polling || seen.0 == items);
            consumer
        }),
    ]);
}

/// Items made and read in place; every second one is made and not sent.
fn grant_vs_pop_ref<A: 'static>(form: Form) {
    let tally = Tally::default();
    let (mut producer, mut consumer) =
        Ring::split_arc(Arc::new(Ring::<Tracked, 1, A>::new())).unwrap();
    let maker = tally.clone();
    threads([
        role(move || {
            let mut sent = 0;
            for _ in 0..2 {
                form.attempt(|| {
                    producer.reserve().ok().map(|grant| drop(grant.write(maker.make(9))))
                });
                let done = form.attempt(|| {
                    let mut filled = producer.reserve().ok()?.write(maker.make(0));
                    filled.value = sent + 1;
                    filled.commit();
                    Some(())
                });
                sent += usize::from(done.is_some());
            }
            producer
        }),
        role(move || {
            let mut seen = InOrder(0);
            if form.attempt(|| consumer.peek().ok().map(|item| assert_eq!(item.value, 1))).is_some()
            {
                seen.next(consumer.pop_ref().unwrap().value);
            }
            form.attempt(|| {
                let mut item = consumer.pop_ref().ok()?;
                seen.next(item.value);
                item.value = 0;
                Some(())
            });
            consumer
        }),
    ]);
    tally.assert_even();
}

/// Two items in one step, over the wrap.
fn push_slice_vs_pop_slice<A: 'static>(form: Form) {
    let (mut producer, mut consumer) = ring::<2, A>();
    threads([
        role(move || {
            let mut rest = &[1, 2, 3][..];
            for _ in 0..2 {
                let sent = form.attempt(|| Some(producer.push_slice(rest)).filter(|&n| n != 0));
                rest = &rest[sent.unwrap_or(0)..];
                if rest.is_empty() {
                    break;
                }
            }
            producer
        }),
        role(move || {
            let mut seen = InOrder(0);
            let mut out = [0; 2];
            for _ in 0..2 {
                let got = form.attempt(|| Some(consumer.pop_slice(&mut out)).filter(|&n| n != 0));
                out[..got.unwrap_or(0)].iter().for_each(|&item| seen.next(item));
            }
            consumer
        }),
    ]);
}

/// An iterator into the ring and one out of it.
fn push_iter_vs_drain<A: 'static>(form: Form) {
    let (mut producer, mut consumer) = ring::<2, A>();
    threads([
        role(move || {
            let mut items = 1..=3;
            for _ in 0..2 {
                form.attempt(|| Some(producer.push_iter(&mut items)).filter(|&n| n != 0));
                if items.is_empty() {
                    break;
                }
            }
            producer
        }),
        role(move || {
            let mut seen = InOrder(0);
            for _ in 0..2 {
                form.attempt(|| {
                    let before = seen.0;
                    consumer.drain().for_each(|item| seen.next(item));
                    (seen.0 != before).then_some(())
                });
            }
            consumer
        }),
    ]);
}

/// The end is seen only after every item.
fn producer_closes<A>(ring: &'static Ring<usize, 2, A>, form: Form) {
    let (mut producer, mut consumer) = ends(ring);
    threads([
        role(move || {
            producer.push(1).unwrap();
            producer.push(2).unwrap();
            producer.close();
        }),
        role(move || {
            let mut seen = InOrder(0);
            for _ in 0..3 {
                let answer = form.attempt(|| match consumer.pop() {
                    Err(PopError::Empty) => None,
                    answer => Some(answer),
                });
                match answer {
                    Some(Ok(item)) => seen.next(item),
                    Some(Err(_)) => assert_eq!(seen.0, 2),
                    None => {}
                }
            }
            assert!(form == Polling || seen.0 == 2);
        }),
    ]);
}

/// A refusal gives the item back, and what was sent before can be read.
fn consumer_closes<A>(ring: &'static Ring<usize, 1, A>) {
    let (mut producer, mut consumer) = ends(ring);
    threads([
        role(move || {
            let mut item = 1;
            let refused = Blocking.attempt(|| match producer.push(item) {
                Ok(()) => {
                    item += 1;
                    None
                }
                Err(PushError::Full(_)) => None,
                Err(PushError::Closed(refused)) => Some(refused),
            });
            assert_eq!(refused, Some(item));
            assert!(producer.is_closed());
        }),
        role(move || {
            let item = Blocking.attempt(|| consumer.pop().ok());
            assert_eq!(item, Some(1));
            consumer.close();
        }),
    ]);
}

/// Of two threads that take the producer at once, one gets it, until it gives it back.
fn take_vs_take() {
    let ring = fixed!(2, CacheLine);
    let take = || {
        role(move || {
            let mut producer = ring.try_producer()?;
            producer.push(1).unwrap();
            Some(())
        })
    };
    threads([take(), take()]);
    let mut consumer = ring.try_consumer().unwrap();
    assert!(matches!(consumer.drain().count(), 1 | 2));
}

/// Two threads use the producer in turn, a third one reads what both wrote. The first one has it from the
/// start; in the blocking form the second one gets it for sure, in the other one the reader waits. In one case
/// the first one closes the ring, which the second one opens again.
fn producer_taken_again<A>(ring: &'static Ring<usize, 2, A>, form: Form, case: usize) {
    let (mut first, mut consumer) = (ring.try_producer().unwrap(), ring.try_consumer().unwrap());
    threads([
        role(move || {
            first.push(1).unwrap();
            if case == 1 {
                first.close();
            }
        }),
        role(move || {
            if let Some(mut producer) = form.attempt(|| ring.try_producer()) {
                // Whether the first thread has pushed or not, there is room and an order.
                producer.push(2).unwrap();
                assert!(producer.len() <= 2);
            }
        }),
        role(move || {
            let mut seen = InOrder(0);
            let wait = if form == Polling { Blocking } else { Polling };
            for form in [wait, Polling] {
                if let Some(item) = form.attempt(|| consumer.pop().ok()) {
                    seen.next(item);
                }
            }
        }),
    ]);
}

/// Two threads use the consumer in turn, a third one writes what both read.
fn consumer_taken_again<A>(ring: &'static Ring<usize, 1, A>, form: Form) {
    let (mut producer, mut first) = (ring.try_producer().unwrap(), ring.try_consumer().unwrap());
    producer.push(1).unwrap();
    threads([
        role(move || assert_eq!(first.pop(), Ok(1))),
        role(move || {
            if let Some(mut consumer) = form.attempt(|| ring.try_consumer())
                && let Ok(item) = consumer.pop()
            {
                assert_eq!(item, 2);
            }
        }),
        role(move || {
            let wait = if form == Polling { Blocking } else { Polling };
            let mut sent = 1;
            for form in [wait, Polling] {
                let room = form.attempt(|| producer.push(sent + 1).ok());
                sent += usize::from(room.is_some());
            }
        }),
    ]);
}
