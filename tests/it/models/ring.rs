//! A ring as a queue.

use forebay::error::{PopError, PushError};
use forebay::ring::{CacheLine, Compact, PopRef};
use forebay::{Consumer, Producer, Ring};
use std::collections::VecDeque;

super::kinds!(Step {
    Push,
    PushMore,
    PushSlice,
    PushIter,
    GrantCommit,
    GrantAbort,
    GrantForget,
    FilledAbort,
    FilledForget,
    Pop,
    PopMore,
    PopSlice,
    Drain,
    DrainForget,
    Peek,
    PopRefDrop,
    PopRefTake,
    PopRefForget,
    CloseProducer,
    CloseConsumer,
    DropProducer,
    DropConsumer,
    TakeProducer,
    TakeConsumer,
});

struct Model<'r, const N: usize, A> {
    ring: &'r Ring<u32, N, A>,
    producer: Option<Producer<&'r Ring<u32, N, A>>>,
    consumer: Option<Consumer<&'r Ring<u32, N, A>>>,
    queue: VecDeque<u32>,
    next: u32,
    /// The producer closed, and none was taken since.
    ended: bool,
    /// The consumer closed, and none was taken since.
    cancelled: bool,
}

/// Runs `steps` on rings of `N`, with and without copies of the indices, and on the model. The indices start at `turn`,
/// modulo `2 * N`.
pub fn run<const N: usize>(turn: usize, steps: &[(Step, u8)]) {
    run_padded::<N, CacheLine>(turn, steps);
    run_padded::<N, Compact>(turn, steps);
}

fn run_padded<const N: usize, A>(turn: usize, steps: &[(Step, u8)]) {
    let mut ring = Box::new(Ring::<u32, N, A>::new());
    let (mut producer, mut consumer) = ring.split();
    for _ in 0..turn % (2 * N) {
        producer.push(0).unwrap();
        consumer.pop().unwrap();
    }
    drop((producer, consumer));
    let mut model = Model {
        ring: &ring,
        producer: ring.try_producer(),
        consumer: ring.try_consumer(),
        queue: VecDeque::new(),
        next: 0,
        ended: false,
        cancelled: false,
    };
    for &(step, which) in steps {
        model.step(step, usize::from(which) % (N + 3));
        model.compare();
    }
    let mut queue = std::mem::take(&mut model.queue);
    drop(model);
    let (_producer, mut consumer) = ring.split();
    while let Ok(item) = consumer.pop() {
        assert_eq!(Some(item), queue.pop_front(), "what is left is left in order");
    }
    assert!(queue.is_empty());
}

impl<const N: usize, A> Model<'_, N, A> {
    fn step(&mut self, step: Step, many: usize) {
        match step {
            Step::TakeProducer => {
                let taken = self.ring.try_producer();
                assert_eq!(taken.is_some(), self.producer.is_none());
                if taken.is_some() {
                    (self.producer, self.ended) = (taken, false);
                }
            }
            Step::TakeConsumer => {
                let taken = self.ring.try_consumer();
                assert_eq!(taken.is_some(), self.consumer.is_none());
                if taken.is_some() {
                    (self.consumer, self.cancelled) = (taken, false);
                }
            }
            Step::CloseProducer => {
                if let Some(producer) = self.producer.take() {
                    producer.close();
                    self.ended = true;
                }
            }
            Step::CloseConsumer => {
                if let Some(consumer) = self.consumer.take() {
                    consumer.close();
                    self.cancelled = true;
                }
            }
            Step::DropProducer => self.producer = None,
            Step::DropConsumer => self.consumer = None,
            _ => {
                self.produce(step, many);
                self.consume(step, many);
            }
        }
    }

    fn room(&self) -> usize {
        if self.cancelled { 0 } else { N - self.queue.len() }
    }

    /// `count` items from `next` on were pushed.
    fn pushed(&mut self, count: usize) {
        self.queue.extend((self.next..).take(count));
        // The others are lost; the numbers go on, so that no old item looks like a new one.
        self.next += N as u32 + 5;
    }

    fn produce(&mut self, step: Step, many: usize) {
        let (room, next) = (self.room(), self.next);
        let Some(producer) = &mut self.producer else { return };
        let refused = if self.cancelled { PushError::Closed(next) } else { PushError::Full(next) };
        let count = match step {
            Step::Push | Step::PushMore => match producer.push(next) {
                Ok(()) => {
                    assert!(room > 0);
                    1
                }
                Err(error) => {
                    assert_eq!((error, room), (refused, 0));
                    0
                }
            },
            Step::PushSlice => {
                let items: Vec<_> = (next..).take(many).collect();
                let count = producer.push_slice(&items);
                assert_eq!(count, many.min(room));
                count
            }
            Step::PushIter => {
                let mut items = (next..).take(many);
                let count = producer.push_iter(&mut items);
                assert_eq!((count, items.count()), (many.min(room), many - many.min(room)));
                count
            }
            Step::GrantCommit
            | Step::GrantAbort
            | Step::GrantForget
            | Step::FilledAbort
            | Step::FilledForget => match producer.reserve() {
                Err(error) => {
                    assert_eq!((matches!(error, PushError::Closed(())), room), (self.cancelled, 0));
                    0
                }
                Ok(grant) => {
                    assert!(room > 0);
                    match step {
                        Step::GrantCommit => {
                            let mut filled = grant.write(next + 1);
                            *filled -= 1;
                            filled.commit();
                            1
                        }
                        Step::GrantForget => {
                            std::mem::forget(grant);
                            0
                        }
                        Step::FilledAbort => {
                            drop(grant.write(next));
                            0
                        }
                        Step::FilledForget => {
                            std::mem::forget(grant.write(next));
                            0
                        }
                        _ => {
                            drop(grant);
                            0
                        }
                    }
                }
            },
            _ => return,
        };
        self.pushed(count);
    }

    fn consume(&mut self, step: Step, many: usize) {
        let Some(consumer) = &mut self.consumer else { return };
        let queue = &mut self.queue;
        let none = if self.ended { PopError::Closed } else { PopError::Empty };
        match step {
            Step::Pop | Step::PopMore => {
                assert_eq!(consumer.pop(), queue.pop_front().ok_or(none));
            }
            Step::PopSlice => {
                let mut out = vec![u32::MAX; many];
                let count = consumer.pop_slice(&mut out);
                assert_eq!(count, many.min(queue.len()));
                assert!(out[..count].iter().copied().eq(queue.drain(..count)));
                assert!(out[count..].iter().all(|&item| item == u32::MAX));
            }
            Step::Drain | Step::DrainForget => {
                let mut drain = consumer.drain();
                assert_eq!(drain.len(), queue.len());
                for _ in 0..many {
                    assert_eq!(drain.next(), queue.pop_front());
                    assert_eq!(drain.len(), queue.len());
                }
                if step == Step::DrainForget {
                    std::mem::forget(drain);
                }
            }
            Step::Peek => assert_eq!(consumer.peek(), queue.front().ok_or(none)),
            Step::PopRefDrop => match consumer.pop_ref() {
                Ok(item) => assert_eq!(Some(*item), queue.pop_front()),
                Err(error) => assert_eq!((error, queue.len()), (none, 0)),
            },
            Step::PopRefTake => {
                let item = consumer.pop_ref().map(PopRef::take);
                assert_eq!(item, queue.pop_front().ok_or(none));
            }
            Step::PopRefForget => {
                if let Ok(mut item) = consumer.pop_ref() {
                    *item += 1;
                    *queue.front_mut().unwrap() += 1;
                    std::mem::forget(item);
                }
            }
            _ => {}
        }
    }

    /// All that can be seen of the ring is as in the model.
    fn compare(&self) {
        let len = self.queue.len();
        if let Some(producer) = &self.producer {
            assert_eq!((producer.len(), producer.is_closed()), (len, self.cancelled));
            assert_eq!((producer.is_empty(), producer.is_full()), (len == 0, len == N));
        }
        if let Some(consumer) = &self.consumer {
            assert_eq!((consumer.len(), consumer.is_closed()), (len, self.ended));
            assert_eq!((consumer.is_empty(), consumer.is_full()), (len == 0, len == N));
        }
        let text = format!("{:?}", self.ring);
        let closed = self.ended;
        assert_eq!(text, format!("Ring {{ capacity: {N}, len: {len}, closed: {closed}, .. }}"));
    }
}
