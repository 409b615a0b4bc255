//! Waiting halves: as tasks, as threads and as both, given up at any point, and as `Stream` and `Sink`.
#![cfg(all(feature = "std", feature = "async"))]

use crate::common::{Flag, Tally, poll_once};
use forebay::error::Cancelled;
use forebay::{End, Receiver, RecvError, SendError, Sender, StreamPool, Token, Waking};
use futures_core::{FusedStream, Stream};
use futures_sink::Sink;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

/// Tokens that a producer sends.
const MANY: u32 = if cfg!(miri) { 30 } else { 2_000 };
const SHORT: Duration = Duration::from_millis(10);

type Tx<const STREAMS: usize, const DEPTH: usize> =
    Sender<&'static StreamPool<u32, STREAMS, DEPTH, Waking>>;
type Rx<const STREAMS: usize, const DEPTH: usize> =
    Receiver<&'static StreamPool<u32, STREAMS, DEPTH, Waking>>;

async fn produce<const S: usize, const D: usize>(mut sender: Tx<S, D>) {
    for n in 0..MANY {
        sender.send(n).await.unwrap();
    }
    sender.close();
}

fn produce_blocking<const S: usize, const D: usize>(mut sender: Tx<S, D>) {
    (0..MANY).for_each(|n| sender.send_blocking(n).unwrap());
    sender.close();
}

async fn consume<const S: usize, const D: usize>(mut receiver: Rx<S, D>) {
    for n in 0..MANY {
        assert_eq!(receiver.recv().await, Ok(n));
    }
    assert_eq!(receiver.recv().await, Err(End::Finished));
}

/// In bursts of up to three.
async fn consume_bursts<const S: usize, const D: usize>(mut receiver: Rx<S, D>) {
    let mut next = 0;
    while receiver.ready(3).await != 0 {
        for token in receiver.drain() {
            assert_eq!(token, next);
            next += 1;
        }
    }
    assert_eq!((next, receiver.end()), (MANY, Some(End::Finished)));
}

fn consume_blocking<const S: usize, const D: usize>(receiver: Rx<S, D>) {
    assert!(receiver.into_iter().eq((0..MANY).map(Ok)));
}

/// The same halves in every executor, small and large rings, and threads among tasks.
#[test]
fn tokens_cross_in_order() {
    fn run<const DEPTH: usize>(streams: &'static StreamPool<u32, 2, DEPTH, Waking>) {
        let one = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let many = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();

        // On one thread, where nobody may block.
        let (sender, receiver) = streams.try_open().unwrap();
        one.block_on(async { tokio::join!(produce(sender), consume(receiver)) });
        let (sender, receiver) = streams.try_open().unwrap();
        one.block_on(async { tokio::join!(produce(sender), consume_bursts(receiver)) });
        let (sender, receiver) = streams.try_open().unwrap();
        Flag::run(async { tokio::join!(produce(sender), consume(receiver)) });

        // On several.
        let (sender, receiver) = streams.try_open().unwrap();
        let producer = many.spawn(produce(sender));
        many.block_on(many.spawn(consume_bursts(receiver))).unwrap();
        many.block_on(producer).unwrap();
        let (sender, receiver) = streams.try_open().unwrap();
        let producer = thread::spawn(|| Flag::run(produce(sender)));
        Flag::run(consume(receiver));
        producer.join().unwrap();

        // Each kind with each other.
        let (sender, receiver) = streams.try_open().unwrap();
        let producer = thread::spawn(|| produce_blocking(sender));
        one.block_on(consume(receiver));
        producer.join().unwrap();
        let (sender, receiver) = streams.try_open().unwrap();
        let producer = thread::spawn(|| Flag::run(produce(sender)));
        consume_blocking(receiver);
        producer.join().unwrap();
        let (sender, receiver) = streams.try_open().unwrap();
        let producer = many.spawn(produce(sender));
        consume_blocking(receiver);
        many.block_on(producer).unwrap();
        assert_eq!(streams.available(), 2);
    }
    static NARROW: StreamPool<u32, 2, 1, Waking> = StreamPool::new();
    static DEEP: StreamPool<u32, 2, 20, Waking> = StreamPool::new();
    run(&NARROW);
    run(&DEEP);
}

/// Whatever is polled is dropped at once, at every point: tokens arrive once and in order, and the end is told.
#[test]
fn waits_that_are_given_up_lose_nothing() {
    let tally = Tally::default();
    let streams: StreamPool<_, 1, 2, Waking> = StreamPool::new();
    let (_flag, waker) = Flag::new();
    for seed in 0..50_u32 {
        let (mut sender, mut receiver) = streams.try_open().unwrap();
        let (mut unsent, mut sent, mut received) = (None, 0, 0);
        let mut random = seed;
        while received < 20 {
            random = random.wrapping_mul(1_103_515_245).wrapping_add(12_345);
            match random >> 16 & 7 {
                0 => drop(poll_once(sender.ready(), &waker)),
                1 => drop(poll_once(receiver.ready(2), &waker)),
                2 => drop(poll_once(sender.cancelled(), &waker)),
                3..5 if sent < 20 => {
                    let token = unsent.take().unwrap_or_else(|| (sent, tally.make()));
                    let answer = if random >> 20 & 1 == 0 {
                        drop(sender.send(token)); // without a poll
                        Poll::Pending
                    } else {
                        poll_once(sender.send(token), &waker)
                    };
                    match answer {
                        Poll::Ready(Ok(())) => sent += 1,
                        Poll::Ready(Err(_)) => panic!("nobody left"),
                        Poll::Pending => unsent = sender.take_unsent(),
                    }
                    assert!(sender.take_unsent().is_none());
                }
                _ => {
                    if let Poll::Ready(token) = poll_once(receiver.recv(), &waker) {
                        assert_eq!(token.unwrap().0, received);
                        received += 1;
                    }
                }
            }
        }
        sender.fail(3);
        assert!(matches!(poll_once(receiver.recv(), &waker), Poll::Ready(Err(End::Failed(3)))));
    }
    assert_eq!(tally.alive(), 0);
}

#[test]
fn the_next_send_drops_a_token_that_nobody_took_back() {
    let tally = Tally::default();
    let streams: StreamPool<_, 1, 1, Waking> = StreamPool::new();
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    drop(sender.send(tally.make()));
    assert_eq!(tally.alive(), 1);
    assert!(poll_once(sender.send(tally.make()), Waker::noop()).is_ready());
    assert_eq!(tally.alive(), 1, "the first is gone");
    assert!(poll_once(sender.send(tally.make()), Waker::noop()).is_pending());
    drop(sender);
    assert_eq!(tally.alive(), 1, "the third went with its sender");
    assert!(receiver.try_recv().is_ok());
    assert_eq!(receiver.try_recv().map(|_| ()), Err(RecvError::Ended(End::Aborted)));
}

#[test]
fn tokio_gives_up_and_nothing_is_lost() {
    static STREAMS: StreamPool<u32, 1, 2, Waking> = StreamPool::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let (mut sender, mut receiver) = STREAMS.try_open().unwrap();
        assert!(tokio::time::timeout(SHORT, receiver.recv()).await.is_err());
        sender.send(1).await.unwrap();
        sender.send(2).await.unwrap();
        assert!(tokio::time::timeout(SHORT, sender.send(3)).await.is_err());
        assert_eq!(sender.take_unsent(), Some(3));
        // A producer that has nothing to send waits to be told to stop.
        let producer = tokio::spawn(async move {
            sender.cancelled().await;
            sender.send(4).await
        });
        assert_eq!((receiver.recv().await, receiver.recv().await), (Ok(1), Ok(2)));
        tokio::task::yield_now().await;
        drop(receiver);
        assert_eq!(producer.await.unwrap(), Err(Cancelled(4)));
    });
    assert_eq!(STREAMS.available(), 1);
}

/// Polls `future` with a waker of its own, leaves it pending, and counts how often `then` wakes it.
#[track_caller]
fn wakes<F: Future>(future: F, then: impl FnOnce()) -> usize {
    let (flag, waker) = Flag::new();
    let mut future = pin!(future);
    assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    then();
    flag.wakes()
}

#[test]
fn watermark_wakes_once_a_burst() {
    let streams: StreamPool<u32, 1, 8, Waking> = StreamPool::new();
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    for count in [1, 2, 8, 100] {
        let marked = count.min(8);
        let before = wakes(receiver.ready(count), || {
            (1..marked).for_each(|_| sender.try_send(0).unwrap());
        });
        assert_eq!(before, 0, "not before there are {count}");
        assert_eq!(wakes(receiver.ready(count), || sender.try_send(0).unwrap()), 1);
        assert_eq!(poll_once(receiver.ready(count), Waker::noop()), Poll::Ready(marked));
        (marked..8).for_each(|_| sender.try_send(0).unwrap());
        assert_eq!(receiver.drain().count(), 8);
        let burst = wakes(receiver.ready(count), || {
            (0..8).for_each(|_| sender.try_send(0).unwrap());
        });
        assert_eq!(burst, 1, "once for eight");
        assert_eq!(receiver.drain().count(), 8);
    }
    assert_eq!(poll_once(receiver.ready(0), Waker::noop()), Poll::Ready(0));
    assert_eq!(wakes(receiver.ready(2), || drop(sender)), 1, "the end comes before two");
    assert_eq!(poll_once(receiver.ready(2), Waker::noop()), Poll::Ready(0));
}

#[test]
fn room_wakes_once_a_burst_and_not_who_waits_for_the_end() {
    let streams: StreamPool<u32, 1, 4, Waking> = StreamPool::new();
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    (0..4).for_each(|n| sender.try_send(n).unwrap());
    assert_eq!(wakes(sender.ready(), || assert_eq!(receiver.drain().count(), 4)), 1);
    (0..4).for_each(|n| sender.try_send(n).unwrap());
    assert_eq!(
        wakes(sender.ready(), || (0..4).for_each(|n| assert_eq!(receiver.try_recv(), Ok(n)))),
        1
    );
    let nothing = wakes(sender.cancelled(), || assert_eq!(receiver.drain().count(), 0));
    assert_eq!(nothing, 0);
    (0..4).for_each(|n| sender.try_send(n).unwrap());
    let room = wakes(sender.cancelled(), || assert_eq!(receiver.drain().count(), 4));
    assert_eq!(room, 0);
    assert_eq!(wakes(sender.cancelled(), || receiver.cancel()), 1);
    assert_eq!(poll_once(sender.cancelled(), Waker::noop()), Poll::Ready(()));
}

#[test]
fn a_half_that_leaves_wakes_the_other() {
    let streams: StreamPool<Token, 1, 1, Waking> = StreamPool::new();
    type Leave = fn(Sender<&StreamPool<Token, 1, 1, Waking>>);
    let leaves: [(Leave, End); 3] = [
        (|sender| sender.close(), End::Finished),
        (|sender| sender.fail(7), End::Failed(7)),
        (|sender| drop(sender), End::Aborted),
    ];
    for (leave, end) in leaves {
        let (sender, mut receiver) = streams.try_open().unwrap();
        assert_eq!(wakes(receiver.recv(), || leave(sender)), 1);
        assert_eq!(poll_once(receiver.recv(), Waker::noop()), Poll::Ready(Err(end)));
    }
    let open = || {
        let (mut sender, receiver) = streams.try_open().unwrap();
        sender.try_send(Token::new()).unwrap();
        (sender, receiver)
    };
    let (mut sender, receiver) = open();
    assert_eq!(wakes(sender.send(Token::new()), || drop(receiver)), 1);
    let (mut sender, receiver) = {
        drop(sender);
        open()
    };
    assert_eq!(wakes(sender.send_text("text"), || drop(receiver)), 1);
    let (mut sender, receiver) = {
        drop(sender);
        open()
    };
    assert_eq!(wakes(sender.ready(), || drop(receiver)), 1);
    let ready = poll_once(sender.ready(), Waker::noop());
    assert_eq!(ready, Poll::Ready(Err(Cancelled(()))));
}

#[test]
fn what_is_given_up_is_not_woken() {
    let streams: StreamPool<u32, 1, 1, Waking> = StreamPool::new();
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    let (flag, waker) = Flag::new();
    assert!(poll_once(receiver.recv(), &waker).is_pending());
    assert!(poll_once(receiver.ready(1), &waker).is_pending());
    sender.try_send(1).unwrap();
    assert!(poll_once(sender.send(2), &waker).is_pending());
    assert!(poll_once(sender.ready(), &waker).is_pending());
    assert!(poll_once(sender.cancelled(), &waker).is_pending());
    assert_eq!(receiver.try_recv(), Ok(1));
    drop(receiver);
    assert_eq!(flag.wakes(), 0);

    // A thread that ran out of time is not unparked: its own park takes as long as it says.
    drop(sender);
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    assert_eq!(receiver.recv_timeout(SHORT), Err(RecvError::Empty));
    assert_eq!(receiver.ready_timeout(1, SHORT), 0);
    sender.try_send(1).unwrap();
    assert_eq!(sender.send_timeout(2, SHORT), Err(SendError::Full(2)));
    assert_eq!(receiver.try_recv(), Ok(1));
    let start = std::time::Instant::now();
    thread::park_timeout(SHORT);
    assert!(start.elapsed() >= SHORT);
}

/// It leaves a mark and a waker: one wake-up for nothing at most, and none for the next stream.
#[test]
fn forgotten_waits_are_harmless() {
    fn forget(mut future: impl Future + Unpin, waker: &Waker) {
        assert!(Pin::new(&mut future).poll(&mut Context::from_waker(waker)).is_pending());
        std::mem::forget(future);
    }
    let streams: StreamPool<u32, 1, 1, Waking> = StreamPool::new();
    let (flag, waker) = Flag::new();
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    forget(receiver.recv(), &waker);
    sender.try_send(1).unwrap();
    assert_eq!((flag.wakes(), receiver.try_recv()), (1, Ok(1)));
    forget(receiver.ready(1), &waker);
    assert_eq!(wakes(receiver.recv(), || sender.try_send(2).unwrap()), 1, "the next wait counts");
    forget(sender.send(3), &waker);
    assert_eq!((flag.wakes(), receiver.try_recv()), (0, Ok(2)));
    assert_eq!((flag.wakes(), sender.take_unsent()), (1, Some(3)));
    forget(receiver.recv(), &waker);
    forget(sender.cancelled(), &waker);
    std::mem::forget(sender.send(4));
    drop(receiver);
    drop(sender);
    flag.wakes();

    let (mut sender, mut receiver) = streams.try_open().unwrap();
    sender.try_send(5).unwrap();
    assert_eq!((sender.take_unsent(), receiver.try_recv()), (None, Ok(5)));
    receiver.cancel();
    assert_eq!(flag.wakes(), 0, "the next stream knows nothing of them");
}

/// A waker may keep a whole task alive.
#[test]
fn no_waker_stays_in_a_ring_that_is_free() {
    let streams: StreamPool<u32, 1, 1, Waking> = StreamPool::new();
    let (flag, waker) = Flag::new();
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    assert!(poll_once(receiver.recv(), &waker).is_pending());
    assert!(poll_once(sender.cancelled(), &waker).is_pending());
    drop((sender, receiver, waker));
    assert_eq!(Arc::strong_count(&flag), 1);
}

/// A waker is user code: it may use the stream that wakes it, and every other.
#[test]
fn a_waker_may_use_the_pool() {
    static STREAMS: StreamPool<u32, 2, 1, Waking> = StreamPool::new();
    struct Opens;
    impl std::task::Wake for Opens {
        fn wake(self: Arc<Self>) {
            let (mut sender, mut receiver) = STREAMS.try_open().unwrap();
            sender.try_send(1).unwrap();
            assert_eq!(receiver.try_recv(), Ok(1));
        }
    }
    let (sender, mut receiver) = STREAMS.try_open().unwrap();
    let waker = Waker::from(Arc::new(Opens));
    assert!(receiver.poll_recv(&mut Context::from_waker(&waker)).is_pending());
    drop(sender);
    assert_eq!(receiver.recv_blocking(), Err(End::Aborted));
    drop(receiver);
    assert_eq!((STREAMS.available(), STREAMS.metrics().gets), (2, 2));
}

/// Its panic comes out where it was woken; nothing else is lost by it.
#[test]
fn a_waker_that_panics_costs_nothing_but_its_wake_up() {
    struct Panics;
    impl std::task::Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("woken");
        }
    }
    let streams: StreamPool<u32, 1, 1, Waking> = StreamPool::new();
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    let waker = Waker::from(Arc::new(Panics));
    let cx = &mut Context::from_waker(&waker);
    assert!(receiver.poll_recv(cx).is_pending());
    let sent = catch_unwind(AssertUnwindSafe(|| sender.try_send(1)));
    assert!(sent.is_err(), "the panic comes out");
    assert_eq!(receiver.try_recv(), Ok(1), "and the token is sent");
    assert_eq!(wakes(receiver.recv(), || sender.try_send(2).unwrap()), 1, "wakers still work");
    assert_eq!(receiver.try_recv(), Ok(2));
    assert!(receiver.poll_recv(cx).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(sender))).is_err());
    assert_eq!(receiver.try_recv(), Err(RecvError::Ended(End::Aborted)));
    drop(receiver);
    assert_eq!(streams.available(), 1);
}

/// Two threads that wait in every way, and give up half of their waits. A wake-up that is lost is a hang.
#[test]
fn threads_that_give_up_at_random() {
    static STREAMS: StreamPool<u32, 1, 2, Waking> = StreamPool::new();
    const TOKENS: u32 = if cfg!(miri) { 200 } else { 20_000 };
    let (mut sender, mut receiver) = STREAMS.try_open().unwrap();
    let random = |state: &mut u32| {
        *state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        *state >> 16 & 7
    };
    let producer = thread::spawn(move || {
        let mut state = 1;
        let mut next = 0;
        while next < TOKENS {
            let sent = match random(&mut state) {
                0 => {
                    poll_once(sender.ready(), Waker::noop()).is_ready()
                        && sender.try_send(next).is_ok()
                }
                1 => poll_once(sender.cancelled(), Waker::noop()).is_ready(),
                2 | 3 => {
                    let sent = poll_once(sender.send(next), Waker::noop()).is_ready();
                    assert_eq!(sender.take_unsent(), (!sent).then_some(next));
                    sent
                }
                4 => sender.send_timeout(next, Duration::from_micros(10)).is_ok(),
                5 => sender.send_blocking(next).is_ok(),
                _ => Flag::run(sender.send(next)).is_ok(),
            };
            next += u32::from(sent);
        }
        // Says nothing any more, and does not leave before all is received.
        Flag::run(sender.cancelled());
    });
    let mut state = 2;
    let mut next = 0;
    while next < TOKENS {
        let received = match random(&mut state) {
            0 => match poll_once(receiver.recv(), Waker::noop()) {
                Poll::Ready(token) => token.ok(),
                Poll::Pending => None,
            },
            1 => receiver.recv_timeout(Duration::from_micros(10)).ok(),
            2 => {
                // Of one token that is left there will never be two.
                let there = Flag::run(receiver.ready(2.min((TOKENS - next) as usize)));
                assert!(there == 2 || there == 1 && next == TOKENS - 1);
                receiver.try_recv().ok()
            }
            3 => {
                let _ = poll_once(receiver.ready(2), Waker::noop());
                None
            }
            4 | 5 => receiver.recv_blocking().ok(),
            _ => Flag::run(receiver.recv()).ok(),
        };
        if let Some(token) = received {
            assert_eq!(token, next);
            next += 1;
        }
    }
    drop(receiver);
    producer.join().unwrap();
    assert_eq!(STREAMS.available(), 1);
}

#[test]
fn text_that_is_given_up_goes_on_where_it_stopped() {
    let streams: StreamPool<Token<4>, 1, 2, Waking> = StreamPool::new();
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    let text = "aé€𝄞 und so weiter, ohne Ende";
    let (mut rest, mut out) = (text, String::new());
    loop {
        let mut future = sender.send_text(rest);
        let done = Pin::new(&mut future).poll(&mut Context::from_waker(Waker::noop()));
        rest = &rest[future.sent()..];
        drop(future);
        receiver.drain().for_each(|token| out.push_str(&token));
        if done == Poll::Ready(Ok(())) {
            break;
        }
        assert!(done.is_pending());
    }
    assert_eq!((out.as_str(), rest), (text, ""));
    receiver.cancel();
    let Poll::Ready(Err(error)) = poll_once(sender.send_text("gone"), Waker::noop()) else {
        panic!("nobody listens")
    };
    assert_eq!((error.sent(), error.is_cancelled()), (0, true));
    assert_eq!(poll_once(sender.send_text(""), Waker::noop()), Poll::Ready(Ok(())));
}

async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)).await
}

/// As an iterator and as a `Stream`: tokens, the end once unless it is `Finished`, and then nothing for ever.
#[test]
fn iterators_and_streams_end_alike() {
    type Leave = fn(Sender<&StreamPool<u32, 1, 4, Waking>>);
    let leaves: [(Leave, Option<Result<u32, End>>); 3] = [
        (|sender| sender.close(), None),
        (|sender| sender.fail(7), Some(Err(End::Failed(7)))),
        (|sender| drop(sender), Some(Err(End::Aborted))),
    ];
    let streams: StreamPool<u32, 1, 4, Waking> = StreamPool::new();
    for (leave, told) in leaves {
        let open = || {
            let (mut sender, receiver) = streams.try_open().unwrap();
            sender.try_send(1).unwrap();
            sender.try_send(2).unwrap();
            leave(sender);
            receiver
        };
        let all: Vec<_> = [Some(Ok(1)), Some(Ok(2)), told].into_iter().flatten().collect();
        assert_eq!(open().into_iter().collect::<Vec<_>>(), all);
        let mut receiver = open();
        assert_eq!(receiver.iter().next(), Some(Ok(1)));
        assert_eq!((&mut receiver).into_iter().collect::<Vec<_>>(), all[1..]);
        assert_eq!(receiver.iter().next(), None);
        assert!(receiver.recv_blocking().is_err(), "`recv` tells it each time");
        drop(receiver);
        let mut receiver = open();
        Flag::run(async {
            assert_eq!(next(&mut receiver).await, Some(Ok(1)));
            assert_eq!(next(&mut receiver).await, Some(Ok(2)));
            assert!(!receiver.is_terminated());
            assert_eq!(next(&mut receiver).await, told);
            assert!(receiver.is_terminated());
            assert_eq!(next(&mut receiver).await, None);
        });
        assert_eq!(receiver.iter().next(), None, "both know that it was told");
    }
}

#[test]
fn a_pending_stream_is_woken() {
    let streams: StreamPool<u32, 1, 4, Waking> = StreamPool::new();
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    assert_eq!(wakes(next(&mut receiver), || sender.try_send(1).unwrap()), 1);
    assert_eq!(Flag::run(next(&mut receiver)), Some(Ok(1)));
    assert_eq!(wakes(next(&mut receiver), || sender.close()), 1);
    assert_eq!(Flag::run(next(&mut receiver)), None);
}

#[test]
fn a_sink_sends_and_closes_and_refuses_from_then_on() {
    let streams: StreamPool<u32, 1, 1, Waking> = StreamPool::new();
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    let cx = &mut Context::from_waker(Waker::noop());
    let ready = |sender: &mut Sender<&StreamPool<u32, 1, 1, Waking>>| {
        Sink::poll_ready(Pin::new(sender), &mut Context::from_waker(Waker::noop()))
    };
    assert_eq!(ready(&mut sender), Poll::Ready(Ok(())));
    Pin::new(&mut sender).start_send(1).unwrap();
    assert_eq!(Pin::new(&mut sender).poll_flush(cx), Poll::Ready(Ok(())));
    assert!(ready(&mut sender).is_pending());
    assert_eq!(Pin::new(&mut sender).start_send(2), Err(Cancelled(())), "it was not ready");
    assert_eq!(sender.take_unsent(), Some(2));
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(
        wakes(receiver.recv(), || {
            assert_eq!(Pin::new(&mut sender).poll_close(cx), Poll::Ready(Ok(())));
        }),
        1
    );
    assert_eq!(receiver.try_recv(), Err(RecvError::Ended(End::Finished)));
    assert_eq!(Pin::new(&mut sender).poll_close(cx), Poll::Ready(Ok(())), "again");
    assert_eq!(ready(&mut sender), Poll::Ready(Err(Cancelled(()))));
    assert_eq!(sender.try_send(3), Err(SendError::Cancelled(3)));
    assert_eq!(poll_once(sender.send(3), Waker::noop()), Poll::Ready(Err(Cancelled(3))));
    sender.fail(9); // too late
    assert_eq!(receiver.end(), Some(End::Finished));
    drop(receiver);

    let (mut sender, receiver) = streams.try_open().unwrap();
    assert_eq!(ready(&mut sender), Poll::Ready(Ok(())), "the next stream takes tokens again");
    drop(receiver);
    assert_eq!(ready(&mut sender), Poll::Ready(Err(Cancelled(()))));
    assert_eq!(Pin::new(&mut sender).poll_flush(cx), Poll::Ready(Ok(())));
    assert_eq!(Pin::new(&mut sender).poll_close(cx), Poll::Ready(Ok(())));
}

/// Halves and futures go into any struct, and a task that holds them to any thread.
#[test]
fn halves_are_unpin_and_futures_are_send() {
    fn unpin_and_send<T: Unpin + Send>(_: &T) {}
    struct Pinned(#[allow(dead_code)] std::marker::PhantomPinned);
    let streams: StreamPool<Pinned, 1, 1, Waking> = StreamPool::new();
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    unpin_and_send(&sender);
    unpin_and_send(&receiver);
    unpin_and_send(&sender.send(Pinned(std::marker::PhantomPinned)));
    unpin_and_send(&sender.ready());
    unpin_and_send(&sender.cancelled());
    unpin_and_send(&receiver.recv());
    unpin_and_send(&receiver.ready(1));
}

/// What a half waits for in `any_order_of_steps`: so many tokens, or places, and the flag to be woken by.
#[derive(Debug, Default)]
struct Seat {
    count: Option<usize>,
    flag: Arc<Flag>,
}

impl Seat {
    /// It was polled for `count`, and the wait was `kept` or given up. A poll that finds what it looks for leaves the
    /// wait of an earlier one.
    fn polled(&mut self, pending: bool, count: usize, kept: bool) {
        if pending {
            self.count = kept.then_some(count);
        }
    }

    /// There are `ready` of what it waits for, or it is all `over`.
    fn check(&mut self, ready: usize, over: bool) {
        let wakes = self.flag.wakes();
        match self.count {
            Some(count) if ready >= count || over => {
                assert_eq!(wakes, 1, "{ready} of {count}");
                self.count = None;
            }
            _ => assert_eq!(wakes, 0, "{ready} of {:?}", self.count),
        }
    }
}

proptest::proptest! {
    // What fails is shrunk and shown; a file of it would be one more thing to keep.
    #![proptest_config(proptest::test_runner::Config {
        failure_persistence: None,
        cases: if cfg!(miri) { 4 } else { 256 },
        ..Default::default()
    })]

    /// A half that waits is woken by the very step that gives it what it waits for, once, and by none before; and one
    /// that gave up never is. Waits are polled and kept (`poll_…`, forgotten futures) or dropped.
    #[test]
    fn any_order_of_steps(steps in proptest::collection::vec((0..10_u8, 1..6_usize), 0..200)) {
        let streams: StreamPool<usize, 1, 4, Waking> = StreamPool::new();
        let (mut sender, mut receiver) = streams.try_open().unwrap();
        let (mut at_sender, mut at_receiver) = (Seat::default(), Seat::default());
        let (mut sent, mut received, mut over) = (0, 0, false);
        let waker = |seat: &Seat| Waker::from(Arc::clone(&seat.flag));
        for (step, count) in steps {
            match step {
                0..3 => {
                    if sender.try_send(sent).is_ok() {
                        sent += 1;
                    }
                }
                3 => {
                    if let Ok(token) = receiver.try_recv() {
                        assert_eq!(token, received);
                        received += 1;
                    }
                }
                4 => received += receiver.drain().take(count).count(),
                5 => {
                    let answer = receiver.poll_recv(&mut Context::from_waker(&waker(&at_receiver)));
                    at_receiver.polled(answer.is_pending(), 1, true);
                    if answer.is_ready() {
                        received += 1;
                    }
                }
                6 => {
                    let (waker, mut future) = (waker(&at_receiver), receiver.ready(count));
                    let answer = Pin::new(&mut future).poll(&mut Context::from_waker(&waker));
                    std::mem::forget(future);
                    at_receiver.polled(answer.is_pending(), count.min(4), true);
                }
                7 => {
                    let answer = poll_once(receiver.ready(count), &waker(&at_receiver));
                    at_receiver.polled(answer.is_pending(), count.min(4), false);
                }
                8 => {
                    let answer = sender.poll_ready(&mut Context::from_waker(&waker(&at_sender)));
                    at_sender.polled(answer.is_pending(), 1, true);
                }
                _ => {
                    let answer = poll_once(sender.send(sent), &waker(&at_sender));
                    at_sender.polled(answer.is_pending(), 1, false);
                    if answer.is_ready() {
                        sent += 1;
                    }
                }
            }
            at_receiver.check(sent - received, over);
            at_sender.check(4 - (sent - received), over);
        }
        over = true;
        if sent % 2 == 0 {
            drop(sender);
            at_receiver.check(0, over);
        } else {
            drop(receiver);
            at_sender.check(0, over);
        }
    }
}
