//! Streams: every order of ends, reopening, backpressure, text, waiting.

use forebay::wait::Notify;
use forebay::{End, Exhausted, Lease, Pool, RecvError, SendError, StreamPool, Token};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// Counts its drops.
struct Counted<'a>(&'a AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn smoke() {
    static STREAMS: StreamPool<Token, 2> = StreamPool::new();
    let (mut sender, mut receiver) = STREAMS.try_open().unwrap();
    assert_eq!(receiver.try_recv(), Err(RecvError::Empty));
    sender.try_send_text("one").unwrap();
    assert_eq!((sender.len(), receiver.len()), (1, 1));
    assert_eq!(receiver.try_recv().unwrap(), "one");
    assert_eq!(receiver.end(), None);
    sender.try_send_text("two").unwrap();
    sender.close();
    assert_eq!(receiver.end(), Some(End::Finished));
    assert_eq!(receiver.try_recv().unwrap(), "two");
    assert_eq!(receiver.try_recv(), Err(RecvError::Ended(End::Finished)));
    assert_eq!(receiver.try_recv(), Err(RecvError::Ended(End::Finished)));
}

#[test]
fn each_end_has_its_reason_and_the_ring_comes_back() {
    static STREAMS: StreamPool<u32, 1, 4> = StreamPool::new();
    type Leave = fn(forebay::Sender<&'static StreamPool<u32, 1, 4>>);
    let leaves: [(Leave, End); 4] = [
        (|sender| sender.close(), End::Finished),
        (|sender| sender.fail(429), End::Failed(429)),
        (|sender| sender.fail(u16::MAX), End::Failed(u16::MAX)),
        (drop, End::Aborted),
    ];
    for round in 0..100 {
        for (leave, end) in &leaves {
            let (mut sender, mut receiver) = STREAMS.try_open().unwrap();
            assert_eq!(receiver.end(), None, "a ring starts open");
            sender.try_send(round).unwrap();
            leave(sender);
            assert_eq!(STREAMS.try_open().unwrap_err().capacity(), 1, "one half is still out");
            assert_eq!(receiver.try_recv(), Ok(round), "tokens come before the end");
            assert_eq!(receiver.try_recv(), Err(RecvError::Ended(*end)));
        }
    }
    let metrics = STREAMS.metrics();
    assert_eq!((metrics.gets, metrics.misses, metrics.in_use), (400, 1, 0));
    assert_eq!((metrics.exhausted, metrics.high_water, metrics.panics), (400, 1, 0));
}

#[test]
fn tokens_left_are_dropped_when_the_receiver_leaves() {
    let drops = AtomicUsize::new(0);
    let streams: StreamPool<Counted<'_>, 1, 3> = StreamPool::new();
    for round in 1..=10 {
        let (mut sender, mut receiver) = streams.try_open().unwrap();
        for _ in 0..3 {
            sender.try_send(Counted(&drops)).unwrap();
        }
        assert!(matches!(sender.try_send(Counted(&drops)), Err(SendError::Full(_))));
        let before = (round - 1) * 5 + 1;
        assert_eq!(drops.load(SeqCst), before, "the refused one came back, and was dropped here");
        match round % 3 {
            0 => {}
            1 => std::mem::forget(receiver.drain()),
            _ => receiver.cancel(),
        }
        assert_eq!(drops.load(SeqCst), before, "they can still be received");
        drop(receiver);
        assert_eq!(
            (drops.load(SeqCst), sender.len()),
            (before + 3, 0),
            "while the sender is there"
        );
        assert!(sender.is_cancelled());
        assert!(matches!(sender.try_send(Counted(&drops)), Err(SendError::Cancelled(_))));
        drop(sender);
        assert_eq!(drops.load(SeqCst), before + 4);
    }
    assert_eq!(streams.available(), 1);
}

/// Frames of a pool go through a stream: all are free when nobody can read them any more.
#[test]
fn leases_in_a_stream_come_back_when_the_receiver_leaves() {
    static FRAMES: Pool<[u8; 32], 2> = Pool::new();
    static STREAMS: StreamPool<Lease<&'static Pool<[u8; 32], 2>>, 1, 4> = StreamPool::new();
    let (mut sender, receiver) = STREAMS.try_open().unwrap();
    for _ in 0..2 {
        sender.try_send(FRAMES.try_get().unwrap()).unwrap();
    }
    assert!(FRAMES.try_get().is_err());
    drop(receiver);
    let frame = FRAMES.try_get().unwrap();
    let Err(SendError::Cancelled(frame)) = sender.try_send(frame) else { panic!("not told") };
    drop(frame);
    assert_eq!((FRAMES.available(), FRAMES.metrics().puts), (2, 3));
}

/// A receiver that cancels gets the tokens that are there, then an end, though the sender idles; its own once it says one.
#[test]
fn a_cancelled_stream_ends_behind_its_last_token() {
    static STREAMS: StreamPool<u32, 1, 4> = StreamPool::new();
    for end in [None, Some(End::Finished), Some(End::Failed(7)), Some(End::Aborted)] {
        let (mut sender, mut receiver) = STREAMS.try_open().unwrap();
        (1..=3).for_each(|n| sender.try_send(n).unwrap());
        assert_eq!((receiver.try_recv(), receiver.end()), (Ok(1), None));
        receiver.cancel();
        assert_eq!((receiver.len(), receiver.end()), (2, Some(End::Cancelled)));
        assert_eq!(sender.try_send(4), Err(SendError::Cancelled(4)));
        assert_eq!(receiver.drain().next(), Some(2));
        assert_eq!(receiver.try_recv(), Ok(3));
        for _ in 0..2 {
            assert_eq!(receiver.try_recv(), Err(RecvError::Ended(End::Cancelled)));
            receiver.cancel(); // Once more is as good as once.
        }
        match end {
            None => continue,
            Some(End::Finished) => sender.close(),
            Some(End::Failed(code)) => sender.fail(code),
            Some(_) => drop(sender),
        }
        assert_eq!(
            (receiver.try_recv(), receiver.end()),
            (Err(RecvError::Ended(end.unwrap())), end)
        );
    }
    assert_eq!(End::Cancelled.to_string(), "cancelled by its receiver");
}

#[test]
fn epoch_counts_up_and_ids_differ() {
    let streams: StreamPool<u8, 2> = StreamPool::new();
    let (first, _receiver) = streams.try_open().unwrap();
    let (other, _other) = streams.try_open().unwrap();
    assert_ne!(first.id(), other.id());
    let id = first.id();
    assert_eq!(id, _receiver.id());
    drop((first, _receiver));
    let (again, _again) = streams.try_open().unwrap();
    assert_eq!((again.id().ring, again.id().epoch), (id.ring, id.epoch + 1));
}

#[test]
fn audit_shows_half_open_and_forgotten_streams() {
    let streams: StreamPool<u8, 3> = StreamPool::new();
    let (sender, receiver) = streams.try_open().unwrap();
    let (lost, kept) = streams.try_open().unwrap();
    std::mem::forget(lost);
    drop(kept);
    streams.advance_epoch();
    drop(receiver);
    let loans: Vec<_> = streams.audit().map(|l| (l.slot(), l.holders(), l.age())).collect();
    assert_eq!(loans, [(0, 1, 1), (1, 1, 1)]);
    drop(sender);
    assert_eq!(streams.audit().count(), 1);
}

#[test]
fn text_is_split_at_characters_and_nothing_is_lost() {
    let text =
        "Ein Stausee – 堰 – 𝄞 – hält Wasser bereit, so that the stream never starves. ".repeat(20);
    fn run<const CAP: usize>(text: &str) {
        let streams: StreamPool<Token<CAP>, 1, 3> = StreamPool::new();
        let (mut sender, mut receiver) = streams.try_open().unwrap();
        let (mut rest, mut out) = (text, String::new());
        loop {
            let sent = sender.try_send_text(rest);
            for token in receiver.drain() {
                assert!(!token.is_empty());
                out.push_str(&token);
            }
            match sent {
                Ok(()) => break,
                Err(error) => {
                    assert!(!error.is_cancelled());
                    rest = &rest[error.sent()..];
                }
            }
        }
        assert_eq!(out, text);
        receiver.cancel();
        let error = sender.try_send_text("gone").unwrap_err();
        assert_eq!((error.sent(), error.is_cancelled()), (0, true));
    }
    run::<4>(&text);
    run::<5>(&text);
    run::<30>(&text);
    run::<255>(&text);
}

#[test]
fn drain_into_takes_what_is_there() {
    let streams: StreamPool<u32, 1, 4> = StreamPool::new();
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    let mut out = Vec::new();
    assert_eq!(receiver.drain_into(&mut out), 0);
    (0..4).for_each(|n| sender.try_send(n).unwrap());
    assert_eq!(receiver.drain_into(&mut out), 4);
    sender.try_send(4).unwrap();
    assert_eq!(receiver.drain().len(), 1); // dropped untouched: the token stays
    assert_eq!(receiver.try_recv(), Ok(4));
    assert_eq!(out, [0, 1, 2, 3]);
}

#[test]
fn forgotten_drain_loses_nothing_and_drops_nothing_twice() {
    let drops = AtomicUsize::new(0);
    let streams: StreamPool<Counted<'_>, 1, 4> = StreamPool::new();
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    (0..4).for_each(|_| assert!(sender.try_send(Counted(&drops)).is_ok()));
    let mut tokens = receiver.drain();
    drop((tokens.next(), tokens.next()));
    std::mem::forget(tokens);
    assert_eq!(drops.load(SeqCst), 2);
    drop((receiver, sender));
    assert_eq!(drops.load(SeqCst), 4);
    assert_eq!(streams.available(), 1);
}

#[test]
fn a_panicking_sender_aborts_and_a_panicking_receiver_cancels() {
    static STREAMS: StreamPool<u32, 1> = StreamPool::new();
    let (mut sender, mut receiver) = STREAMS.try_open().unwrap();
    let model = std::thread::spawn(move || {
        sender.try_send(1).unwrap();
        panic!("the model failed");
    });
    assert!(model.join().is_err());
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(receiver.try_recv(), Err(RecvError::Ended(End::Aborted)));
    drop(receiver);

    let (mut sender, receiver) = STREAMS.try_open().unwrap();
    let client = std::thread::spawn(move || {
        let _receiver = receiver;
        panic!("the client failed");
    });
    assert!(client.join().is_err());
    assert_eq!(sender.try_send(1), Err(SendError::Cancelled(1)));
    drop(sender);
    assert_eq!(STREAMS.available(), 1);
}

#[test]
fn a_token_whose_drop_panics_does_not_take_the_ring_along() {
    struct Bomb(bool);
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(!self.0, "armed");
        }
    }
    let streams: StreamPool<Bomb, 1, 4> = StreamPool::new();
    let (mut sender, receiver) = streams.try_open().unwrap();
    for armed in [false, true, false] {
        assert!(sender.try_send(Bomb(armed)).is_ok());
    }
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(receiver))).is_err());
    drop(sender);
    assert_eq!(streams.available(), 1);
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    assert!(sender.try_send(Bomb(false)).is_ok());
    assert!(receiver.try_recv().is_ok());
    assert!(matches!(receiver.try_recv(), Err(RecvError::Empty)));
}

/// A ring of 2 MiB is made in its place, also without optimisation, and not on the stack.
#[test]
fn deep_stream_opens_on_a_small_stack() {
    const DEPTH: usize = if cfg!(miri) { 500 } else { 65_535 };
    static STREAMS: StreamPool<Token, 1, DEPTH> = StreamPool::new();
    let small = std::thread::Builder::new().stack_size(128 * 1024);
    let thread = small.spawn(|| {
        let (mut sender, mut receiver) = STREAMS.try_open().unwrap();
        let text = "x".repeat(DEPTH * 30);
        sender.try_send_text(&text).unwrap();
        assert!(sender.try_send_text("y").is_err());
        assert_eq!(receiver.drain().map(|token| token.len()).sum::<usize>(), text.len());
    });
    thread.unwrap().join().unwrap();
    assert_eq!(STREAMS.available(), 1);
}

#[test]
fn exhausted_says_how_many() {
    let streams: StreamPool<u8, 3> = StreamPool::new();
    let open: Vec<_> = (0..3).map(|_| streams.try_open().unwrap()).collect();
    let error: Exhausted = streams.try_open().unwrap_err();
    assert_eq!(error.to_string(), "pool of 3 exhausted");
    drop(open);
    assert!(streams.try_open().is_ok());
}

/// A policy of one's own is told of each change, what there is then, and the end.
#[test]
fn a_policy_of_ones_own() {
    /// Of the sender and the receiver alike: what was ready at each call, added up, and calls.
    static READY: AtomicUsize = AtomicUsize::new(0);
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    static RESETS: AtomicUsize = AtomicUsize::new(0);
    /// Halves that left.
    static LEFT: AtomicUsize = AtomicUsize::new(0);

    struct Bell;

    impl Notify for Bell {
        type Unsent<T> = ();
        type Open = forebay::Polling;

        fn new() -> Self {
            Self
        }

        fn notify(&self, ready: impl Fn() -> usize) -> bool {
            CALLS.fetch_add(1, SeqCst);
            READY.store(ready(), SeqCst);
            LEFT.load(SeqCst) % 2 == 1
        }

        fn leave(&self) {
            LEFT.fetch_add(1, SeqCst);
        }

        fn reset(&mut self) {
            RESETS.fetch_add(1, SeqCst);
        }
    }

    let told = || (CALLS.swap(0, SeqCst), READY.swap(0, SeqCst));
    let streams: StreamPool<u32, 1, 3, Bell> = StreamPool::new();
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    sender.try_send(1).unwrap();
    assert_eq!(told(), (1, 1), "a token");
    sender.try_send(2).unwrap();
    assert_eq!(told(), (1, 2), "two tokens");
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(told(), (1, 2), "two places");
    assert_eq!(receiver.drain().count(), 1);
    assert_eq!(told(), (1, 3), "three places, told once");
    assert_eq!(receiver.try_recv(), Err(RecvError::Empty));
    assert_eq!(told(), (0, 0), "nothing");
    receiver.cancel();
    assert_eq!(told(), (1, usize::MAX));
    sender.close();
    assert_eq!((told(), LEFT.load(SeqCst), RESETS.load(SeqCst)), ((1, usize::MAX), 1, 0));
    drop(receiver);
    assert_eq!((told(), RESETS.load(SeqCst)), ((1, usize::MAX), 2));
}

#[cfg(feature = "std")]
mod waiting {
    use super::*;
    use forebay::Waking;
    use forebay::error::Cancelled;
    use std::thread;
    use std::time::{Duration, Instant};

    const SHORT: Duration = Duration::from_millis(20);

    #[test]
    fn tokens_cross_threads_in_order_through_a_small_ring() {
        static STREAMS: StreamPool<u32, 2, 3, Waking> = StreamPool::new();
        let (rounds, tokens) = if cfg!(miri) { (4, 50) } else { (50, 500) };
        for round in 0..rounds {
            let (mut sender, mut receiver) = STREAMS.try_open().unwrap();
            let model = thread::spawn(move || {
                (0..tokens).for_each(|n| sender.send_blocking(n).unwrap());
                if round % 2 == 0 { sender.close() } else { sender.fail(7) }
            });
            for n in 0..tokens {
                assert_eq!(receiver.recv_blocking(), Ok(n));
            }
            let end = if round % 2 == 0 { End::Finished } else { End::Failed(7) };
            assert_eq!(receiver.recv_blocking(), Err(end));
            model.join().unwrap();
        }
        assert_eq!(STREAMS.available(), 2);
    }

    #[test]
    fn times_out() {
        let streams: StreamPool<u32, 1, 1, Waking> = StreamPool::new();
        let (mut sender, mut receiver) = streams.try_open().unwrap();
        let start = Instant::now();
        assert_eq!(receiver.recv_timeout(SHORT), Err(RecvError::Empty));
        assert!(start.elapsed() >= SHORT);
        sender.send_blocking(1).unwrap();
        assert_eq!(sender.send_timeout(2, SHORT), Err(SendError::Full(2)));
        assert!(start.elapsed() >= 2 * SHORT);
        assert_eq!(receiver.recv_timeout(Duration::MAX), Ok(1));
        assert_eq!(sender.send_timeout(3, Duration::ZERO), Ok(()));
    }

    #[test]
    fn a_waiting_sender_learns_that_the_receiver_left() {
        static STREAMS: StreamPool<u32, 1, 1, Waking> = StreamPool::new();
        let (mut sender, receiver) = STREAMS.try_open().unwrap();
        sender.send_blocking(1).unwrap();
        let model = thread::spawn(move || sender.send_blocking(2));
        thread::sleep(SHORT);
        drop(receiver);
        assert_eq!(model.join().unwrap(), Err(Cancelled(2)));
        assert_eq!(STREAMS.available(), 1);
    }

    /// The room that a forgotten drain made is told at the latest when the receiver waits itself.
    #[test]
    fn forgotten_drain_does_not_leave_both_waiting() {
        static STREAMS: StreamPool<u32, 1, 1, Waking> = StreamPool::new();
        let (mut sender, mut receiver) = STREAMS.try_open().unwrap();
        sender.send_blocking(1).unwrap();
        let model = thread::spawn(move || sender.send_blocking(2));
        thread::sleep(SHORT);
        let mut tokens = receiver.drain();
        assert_eq!(tokens.next(), Some(1));
        std::mem::forget(tokens);
        assert_eq!(receiver.recv_blocking(), Ok(2));
        model.join().unwrap().unwrap();
    }

    #[test]
    fn a_waiting_receiver_learns_the_end() {
        static STREAMS: StreamPool<u32, 1, 1, Waking> = StreamPool::new();
        let (sender, mut receiver) = STREAMS.try_open().unwrap();
        let client = thread::spawn(move || receiver.recv_blocking());
        thread::sleep(SHORT);
        drop(sender);
        assert_eq!(client.join().unwrap(), Err(End::Aborted));
    }

    #[test]
    fn send_text_waits_and_says_how_much_was_sent() {
        static STREAMS: StreamPool<Token<4>, 1, 2, Waking> = StreamPool::new();
        let (mut sender, mut receiver) = STREAMS.try_open().unwrap();
        let client = thread::spawn(move || {
            let mut text = String::new();
            while text.len() < 12 {
                text.push_str(&receiver.recv_blocking().unwrap());
            }
            text
        });
        let error = sender.send_text_blocking(&"abcd".repeat(100)).unwrap_err();
        assert!(error.is_cancelled());
        assert!((12..=24).contains(&error.sent()) && error.sent() % 4 == 0);
        assert_eq!(client.join().unwrap(), "abcdabcdabcd");
    }
}

/// Streams of a pool in an `Arc`.
#[cfg(feature = "std")]
mod owned {
    use super::*;
    use forebay::{Receiver, Sender};
    use std::sync::Arc;
    use std::thread;

    /// Its drop is counted, and so the drop of a pool that holds one as a token.
    type Answers = StreamPool<Arc<AtomicUsize>, 2, 4>;

    struct Request {
        answer: Sender<Arc<Answers>>,
        reader: Receiver<Arc<Answers>>,
    }

    #[test]
    fn the_last_half_drops_the_pool() {
        for sender_last in [false, true] {
            let token = Arc::new(AtomicUsize::new(0));
            let answers = Arc::new(Answers::new());
            let (mut answer, reader) = answers.try_open_arc().unwrap();
            answer.try_send(Arc::clone(&token)).unwrap();
            let request = Request { answer, reader };
            drop(answers);
            assert_eq!(Arc::strong_count(&token), 2, "the stream is there, and its token");
            let Request { mut answer, mut reader } = request;
            if sender_last {
                drop(reader);
                assert_eq!(Arc::strong_count(&token), 1);
                assert!(matches!(
                    answer.try_send(Arc::clone(&token)),
                    Err(SendError::Cancelled(_))
                ));
            } else {
                answer.close();
                assert_eq!(reader.try_recv().map(drop), Ok(()));
                assert_eq!(reader.try_recv().map(drop), Err(RecvError::Ended(End::Finished)));
            }
            assert_eq!(Arc::strong_count(&token), 1);
        }
    }

    #[test]
    fn rings_come_back_and_are_counted() {
        let answers = Arc::new(Answers::new());
        for _ in 0..10 {
            let two = [answers.try_open_arc().unwrap(), answers.try_open_arc().unwrap()];
            assert_eq!(two[0].0.id().ring, two[0].1.id().ring);
            assert_ne!(two[0].0.id().ring, two[1].0.id().ring);
            assert_eq!(Arc::strong_count(&answers), 5, "a share a half");
            assert!(answers.try_open_arc().is_err());
            assert!(answers.try_open().is_err(), "it is one pool, however a stream is opened");
        }
        let metrics = answers.metrics();
        assert_eq!((metrics.gets, metrics.misses, metrics.in_use), (20, 2, 0));
        assert_eq!(Arc::strong_count(&answers), 1);
    }

    #[test]
    fn halves_outlive_the_thread_that_opened() {
        let (mut sender, mut receiver) =
            thread::spawn(|| Arc::new(StreamPool::<u32, 1, 2>::new()).try_open_arc().unwrap())
                .join()
                .unwrap();
        let sends = thread::spawn(move || {
            for n in 0..1_000 {
                while sender.try_send(n).is_err() {
                    thread::yield_now();
                }
            }
            sender.close();
        });
        let mut next = 0;
        loop {
            match receiver.try_recv() {
                Ok(n) => {
                    assert_eq!(n, next);
                    next += 1;
                }
                Err(RecvError::Empty) => thread::yield_now(),
                Err(RecvError::Ended(end)) => {
                    assert_eq!((end, next), (End::Finished, 1_000));
                    break;
                }
            }
        }
        sends.join().unwrap();
    }
}
