//! Streams: every order of leaving gives the ring back, ends are told, and nobody sleeps for ever.
//!
//! The pools are loom's statics: made anew for each execution, dropped at its end.

use crate::Form::{self, Blocking, Polling};
use crate::{Model, Tally, Tracked, role, threads};
use forebay::error::Cancelled;
use forebay::{End, Receiver, RecvError, SendError, Sender, StreamPool, Waking};
use futures_sink::Sink;
use loom::future::block_on;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

/// Recycling under the feet of the half that is still there, and the ring's hand over to the next stream.
const LEAVE: &[&str] = &[
    "recycle_before_last",
    "holder_release_relaxed",
    "claim_relaxed",
    "release_relaxed",
    "free_before_recycle",
];

pub static MODELS: &[Model] = &[
    Model::new("leave_vs_leave_vs_open_polling", |n| leave_vs_leave_vs_open(Polling, n))
        .floor(94_000)
        .cases(16)
        .seeds(LEAVE),
    Model::new("leave_vs_leave_vs_open_blocking", |n| leave_vs_leave_vs_open(Blocking, n))
        .floor(38_000)
        .cases(16)
        .bound(2)
        .seeds(LEAVE),
    Model::new("reopened_ends_anew", |_| reopened_ends_anew()).floor(63).seeds(&["end_not_reset"]),
    Model::new("end_is_told_polling", |n| end_is_told(Polling, n)).floor(2_200).cases(3).seeds(&[
        "end_after_close",
        "close_relaxed",
        "ended_relaxed",
        "is_closed_relaxed",
        "closed_unconfirmed",
    ]),
    Model::new("end_is_told_blocking", |n| end_is_told(Blocking, n)).floor(450).cases(3).seeds(&[
        "end_after_close",
        "close_relaxed",
        "ended_relaxed",
        "closed_unconfirmed",
    ]),
    Model::new("cancel_vs_send", |_| cancel_vs_send()).floor(3_300).seeds(&["recycle_before_last"]),
    Model::new("sink_closes_vs_recv", sink_closes_vs_recv).cases(2).floor(9_600).seeds(&[
        "end_said_twice",
        "announce_unordered",
        "notify_unordered",
        "no_second_look",
        "leave_without_wake",
    ]),
    Model::new("send_vs_recv_waiting_threads", |_| send_vs_recv_waiting(By::Thread))
        .bound(2)
        .floor(2_700)
        .seeds(MEET),
    Model::new("send_vs_recv_waiting_tasks", |_| send_vs_recv_waiting(By::Task))
        .bound(2)
        .floor(10_000)
        .seeds(MEET),
    Model::new("sender_leaves_waiting_recv_thread", |n| sender_leaves_waiting_recv(By::Thread, n))
        .cases(3)
        .floor(1_100)
        .seeds(SENDER_LEAVES),
    Model::new("sender_leaves_waiting_recv_task", |n| sender_leaves_waiting_recv(By::Task, n))
        .cases(3)
        .floor(2_100)
        .seeds(SENDER_LEAVES),
    Model::new("receiver_leaves_waiting_send_thread", |n| {
        receiver_leaves_waiting_send(By::Thread, n)
    })
    .cases(2)
    .floor(1_700)
    .seeds(RECEIVER_LEAVES),
    Model::new("receiver_leaves_waiting_send_task", |n| receiver_leaves_waiting_send(By::Task, n))
        .cases(3)
        .floor(4_800)
        .seeds(RECEIVER_LEAVES),
    Model::new("drain_wakes_waiting_send", taking_wakes_waiting_send).cases(2).floor(200).seeds(&[
        "announce_unordered",
        "notify_unordered",
        "no_second_look",
        "drain_without_wake",
    ]),
    Model::new("recv_wakes_waiting_send", |_| taking_wakes_waiting_send(2)).floor(87).seeds(&[
        "announce_unordered",
        "notify_unordered",
        "no_second_look",
        "recv_without_wake",
    ]),
    Model::new("watermark_vs_send_vs_close", watermark_vs_send_vs_close)
        .cases(2)
        .floor(3_700)
        .seeds(&[
            "announce_unordered",
            "notify_unordered",
            "no_second_look",
            "send_without_wake",
            "leave_without_wake",
        ]),
    Model::new("watermark_raised", |_| watermark_raised()).floor(1_600).seeds(&[
        "announce_unordered",
        "notify_unordered",
        "no_second_look",
        "send_without_wake",
    ]),
    Model::new("dropped_recv_loses_nothing", |_| dropped_recv_loses_nothing()).floor(3_800).seeds(
        &[
            "announce_unordered",
            "notify_unordered",
            "withdraw_by_store",
            "no_second_look",
            "send_without_wake",
        ],
    ),
    Model::new("dropped_recv_is_not_woken", |_| dropped_recv_is_not_woken())
        .floor(180)
        .seeds(&["not_withdrawn"]),
    Model::new("dropped_send_keeps_token", |_| dropped_send_keeps_token()).floor(530).seeds(&[
        "announce_unordered",
        "notify_unordered",
        "no_second_look",
        "recv_without_wake",
    ]),
    Model::new("late_wake_vs_next_wait", |_| late_wake_vs_next_wait())
        .floor(130)
        .seeds(&["call_unheard"]),
    Model::new("watermark_lowered", watermark_lowered)
        .cases(2)
        .floor(810)
        .seeds(&["mark_unconfirmed"]),
    Model::new("receiver_leaves_vs_send", receiver_leaves_vs_send).cases(5).floor(1_000).seeds(&[
        "unread_kept",
        "unread_not_swept",
        "unread_unseen",
        "sweep_relaxed",
        "abandon_relaxed",
        "left_end_relaxed",
        "end_looked_for_last",
        "sent_to_nobody",
        "leave_unordered",
        "notify_unordered",
        "mark_unconfirmed",
        "mark_swapped",
    ]),
    Model::new("receiver_leaves_vs_polling_send", |_| receiver_leaves_vs_polling_send())
        .floor(42)
        .seeds(&["unread_kept", "unread_not_swept"]),
    Model::new("no_waker_outlives_its_half", no_waker_outlives_its_half)
        .cases(4)
        .floor(630)
        .seeds(&["waker_kept", "not_withdrawn"]),
    Model::new("cancel_ends_recv", cancel_ends_recv)
        .cases(2)
        .floor(58)
        .seeds(&["cancelled_goes_on"]),
    Model::new("brittle_waker_vs_send", |_| brittle_waker_vs_send()).floor(320).seeds(&[
        "clone_while_held",
        "no_second_look",
        "announce_unordered",
    ]),
];

/// Halves that meet: everything that makes one see the other.
const MEET: &[&str] = &[
    "announce_unordered",
    "notify_unordered",
    "no_second_look",
    "send_without_wake",
    "leave_without_wake",
];
const SENDER_LEAVES: &[&str] =
    &["announce_unordered", "notify_unordered", "no_second_look", "leave_without_wake"];
const RECEIVER_LEAVES: &[&str] =
    &["announce_unordered", "notify_unordered", "no_second_look", "cancel_without_wake"];

const DONE: RecvError = RecvError::Ended(End::Finished);

/// A pool that lives as long as the execution, so that halves of its streams go to other threads.
macro_rules! streams {
    ($pool:ty) => {{
        loom::lazy_static! {
            static ref STREAMS: $pool = StreamPool::new();
        }
        let streams: &'static $pool = &STREAMS;
        streams
    }};
}

/// One stream, closed by both halves in each of four ways, while a third thread opens the next one.
fn leave_vs_leave_vs_open(form: Form, case: usize) {
    let streams = streams!(StreamPool<Tracked, 1, 1>);
    let tally = Tally::default();
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    let maker = tally.clone();
    let next = tally.clone();
    threads([
        role(move || match case / 4 {
            0 => drop(sender),
            1 => sender.close(),
            2 => sender.fail(7),
            _ => drop(sender.try_send(maker.make(1))),
        }),
        role(move || match case % 4 {
            0 => drop(receiver),
            1 => receiver.cancel(),
            2 => drop(receiver.try_recv()),
            _ => assert!(receiver.drain().all(|token| token.value == 1)),
        }),
        role(move || {
            if let Some((mut sender, mut receiver)) = form.attempt(|| streams.try_open().ok()) {
                assert_eq!((sender.id().epoch, receiver.len(), receiver.end()), (1, 0, None));
                assert!(sender.try_send(next.make(2)).is_ok());
                sender.close();
                assert_eq!(receiver.try_recv().map(|token| token.value), Ok(2));
                assert_eq!(receiver.try_recv().map(|_| ()), Err(DONE));
            }
        }),
    ]);
    assert_eq!((streams.available(), streams.metrics().double_returns), (1, 0));
    tally.assert_even();
}

/// The end of one stream is not told to the next.
fn reopened_ends_anew() {
    let streams = streams!(StreamPool<usize, 1, 1>);
    let (sender, mut receiver) = streams.try_open().unwrap();
    threads([
        role(move || sender.close()),
        role(move || {
            let end = Blocking.attempt(|| receiver.end());
            assert_eq!(end, Some(End::Finished));
            receiver.cancel();
            drop(receiver);
            let (sender, mut receiver) = Blocking.attempt(|| streams.try_open().ok()).unwrap();
            drop(sender);
            assert_eq!(receiver.try_recv(), Err(RecvError::Ended(End::Aborted)));
        }),
    ]);
}

/// Every token, then the end as the sender said it.
fn end_is_told(form: Form, case: usize) {
    let streams = streams!(StreamPool<usize, 1, 1>);
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    let told = [End::Aborted, End::Finished, End::Failed(7)][case];
    threads([
        role(move || {
            // Refused only once the receiver has left.
            let _ = sender.try_send(1);
            match case {
                0 => drop(sender),
                1 => sender.close(),
                _ => sender.fail(7),
            }
        }),
        role(move || {
            if form == Polling
                && let Some(end) = receiver.end()
            {
                assert_eq!((end, receiver.len()), (told, 1));
            }
            let mut tokens = 0;
            for _ in 0..2 {
                let answer = form.attempt(|| match receiver.try_recv() {
                    Err(RecvError::Empty) => None,
                    answer => Some(answer),
                });
                match answer {
                    Some(Ok(token)) => {
                        tokens += 1;
                        assert_eq!(token, tokens);
                    }
                    Some(Err(end)) => assert_eq!((end, tokens), (RecvError::Ended(told), 1)),
                    None => {}
                }
            }
        }),
    ]);
}

/// A sender that works on until it is told to stop.
fn cancel_vs_send() {
    let streams = streams!(StreamPool<Tracked, 1, 1>);
    let tally = Tally::default();
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    let maker = tally.clone();
    threads([
        role(move || {
            Blocking.attempt(|| {
                let refused = sender.try_send(maker.make(1)).err();
                refused.filter(|_| sender.is_cancelled())
            });
        }),
        role(move || {
            drop(receiver.try_recv());
            receiver.cancel();
        }),
    ]);
    assert_eq!(streams.available(), 1);
    tally.assert_even();
}

/// What a sink that closes says is the end, whatever it says later, also when the receiver stopped before.
fn sink_closes_vs_recv(case: usize) {
    let streams = streams!(StreamPool<usize, 1, 1, Waking>);
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    threads([
        role(move || {
            let mut context = Context::from_waker(Waker::noop());
            let closed = Pin::new(&mut sender).poll_close(&mut context);
            assert_eq!(closed, Poll::Ready(Ok(())));
            assert_eq!(sender.try_send(1), Err(SendError::Cancelled(1)));
            sender.fail(7);
        }),
        role(move || {
            let mut ends = vec![Err(End::Finished)];
            if case == 1 {
                receiver.cancel();
                ends.push(Err(End::Cancelled)); // until the sender says otherwise
            }
            assert!(ends.contains(&By::Thread.recv(&mut receiver)));
            assert!(ends.contains(&Err(receiver.end().unwrap())));
        }),
    ]);
    assert_eq!(streams.available(), 1);
}

/// How a half waits.
#[derive(Clone, Copy)]
enum By {
    Thread,
    Task,
}

impl By {
    fn send<const DEPTH: usize>(
        self,
        sender: &mut Sender<&StreamPool<usize, 1, DEPTH, Waking>>,
        token: usize,
    ) -> Result<(), Cancelled<usize>> {
        match self {
            Self::Thread => sender.send_blocking(token),
            Self::Task => block_on(sender.send(token)),
        }
    }

    fn recv<const DEPTH: usize>(
        self,
        receiver: &mut Receiver<&StreamPool<usize, 1, DEPTH, Waking>>,
    ) -> Result<usize, End> {
        match self {
            Self::Thread => receiver.recv_blocking(),
            Self::Task => block_on(receiver.recv()),
        }
    }
}

/// Two tokens through one place: each half has to wait for the other.
fn send_vs_recv_waiting(by: By) {
    let streams = streams!(StreamPool<usize, 1, 1, Waking>);
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    threads([
        role(move || {
            by.send(&mut sender, 1).unwrap();
            by.send(&mut sender, 2).unwrap();
            sender.close();
        }),
        role(move || {
            assert_eq!(by.recv(&mut receiver), Ok(1));
            assert_eq!(by.recv(&mut receiver), Ok(2));
            assert_eq!(by.recv(&mut receiver), Err(End::Finished));
        }),
    ]);
    assert_eq!(streams.available(), 1);
}

/// A receiver that waits is told however the sender leaves.
fn sender_leaves_waiting_recv(by: By, case: usize) {
    let streams = streams!(StreamPool<usize, 1, 1, Waking>);
    let (sender, mut receiver) = streams.try_open().unwrap();
    threads([
        role(move || match case {
            0 => drop(sender),
            1 => sender.close(),
            _ => sender.fail(7),
        }),
        role(move || {
            let told = [End::Aborted, End::Finished, End::Failed(7)][case];
            assert_eq!(by.recv(&mut receiver), Err(told));
        }),
    ]);
    assert_eq!(streams.available(), 1);
}

/// A sender that waits for room is told when the receiver leaves or stops; so is one that waits for just that.
fn receiver_leaves_waiting_send(by: By, case: usize) {
    let streams = streams!(StreamPool<usize, 1, 1, Waking>);
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    sender.try_send(1).unwrap();
    threads([
        role(move || match case {
            0 | 1 => assert_eq!(by.send(&mut sender, 2), Err(Cancelled(2))),
            _ => block_on(sender.cancelled()),
        }),
        role(move || match case {
            0 => drop(receiver),
            _ => receiver.cancel(),
        }),
    ]);
    assert_eq!(streams.available(), 1);
}

/// A sender that waits for room gets it from a drain, from one that comes after another that takes nothing, or
/// from a receive.
fn taking_wakes_waiting_send(case: usize) {
    let streams = streams!(StreamPool<usize, 1, 1, Waking>);
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    sender.try_send(1).unwrap();
    threads([
        role(move || By::Thread.send(&mut sender, 2).unwrap()),
        role(move || {
            if case == 1 {
                drop(receiver.drain());
            }
            match case {
                2 => assert_eq!(receiver.try_recv(), Ok(1)),
                _ => assert_eq!(receiver.drain().sum::<usize>(), 1),
            }
            // Busy elsewhere for ever: leaving or waiting would wake the sender, too.
            std::mem::forget(receiver);
        }),
    ]);
    assert_eq!(streams.available(), 0);
}

/// A receiver that waits for two tokens gets both, or what there is at the end.
fn watermark_vs_send_vs_close(case: usize) {
    let streams = streams!(StreamPool<usize, 1, 2, Waking>);
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    threads([
        role(move || {
            sender.try_send(1).unwrap();
            if case == 0 {
                sender.close();
            } else {
                sender.try_send(2).unwrap();
                // Busy elsewhere for ever: leaving would wake the receiver, too.
                std::mem::forget(sender);
            }
        }),
        role(move || {
            assert_eq!(block_on(receiver.ready(2)), case + 1);
            assert_eq!(receiver.drain().count(), case + 1);
        }),
    ]);
}

/// A receiver that gives up waiting for one token waits for two.
fn watermark_raised() {
    let streams = streams!(StreamPool<usize, 1, 2, Waking>);
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    threads([
        role(move || {
            sender.try_send(1).unwrap();
            sender.try_send(2).unwrap();
            std::mem::forget(sender);
        }),
        role(move || {
            poll_once(receiver.ready(1));
            assert_eq!(block_on(receiver.ready(2)), 2);
        }),
    ]);
}

/// A wait that is given up does not hide what comes from the next one.
fn dropped_recv_loses_nothing() {
    let streams = streams!(StreamPool<usize, 1, 2, Waking>);
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    threads([
        role(move || {
            sender.try_send(1).unwrap();
            sender.try_send(2).unwrap();
            std::mem::forget(sender);
        }),
        role(move || {
            let token = poll_once(receiver.recv()).unwrap_or_else(|| block_on(receiver.recv()));
            assert_eq!(token, Ok(1));
            assert_eq!(block_on(receiver.recv()), Ok(2));
        }),
    ]);
}

/// Nobody is woken for a wait that was given up.
fn dropped_recv_is_not_woken() {
    let streams = streams!(StreamPool<usize, 1, 1, Waking>);
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    let wakes = Arc::new(Wakes(AtomicUsize::new(0)));
    let counted = Arc::clone(&wakes);
    let gave_up = loom::sync::Arc::new(loom::sync::atomic::AtomicBool::new(false));
    let told = gave_up.clone();
    threads([
        role(move || {
            let alone = told.load(Acquire);
            sender.try_send(1).unwrap();
            assert!(!alone || wakes.0.load(Relaxed) == 0);
            sender
        }),
        role(move || {
            let waker = Waker::from(counted);
            let answer = poll_with(receiver.recv(), &waker);
            if answer.is_none() {
                gave_up.store(true, Release);
            }
            receiver
        }),
    ]);
}

/// A send that was given up leaves its token, and the next one waits as if it were the first.
fn dropped_send_keeps_token() {
    let streams = streams!(StreamPool<usize, 1, 1, Waking>);
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    sender.try_send(1).unwrap();
    threads([
        role(move || {
            match poll_once(sender.send(2)) {
                Some(sent) => assert_eq!(sent, Ok(())),
                None => {
                    let unsent = sender.take_unsent();
                    assert_eq!(unsent, Some(2));
                    block_on(sender.send(2)).unwrap();
                }
            }
            assert_eq!(sender.take_unsent(), None);
            std::mem::forget(sender);
        }),
        role(move || {
            assert_eq!(receiver.try_recv(), Ok(1));
            std::mem::forget(receiver);
        }),
    ]);
}

/// A wake-up that comes late, when the receiver has its token and waits for the next one, may be for nothing, but the waker
/// that it meets is not lost.
fn late_wake_vs_next_wait() {
    let streams = streams!(StreamPool<usize, 1, 2, Waking>);
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    assert!(receiver.poll_recv(&mut Context::from_waker(Waker::noop())).is_pending());
    let wakes = Arc::new(Wakes(AtomicUsize::new(0)));
    let counted = Arc::clone(&wakes);
    let (told, tell) = std::sync::mpsc::channel();
    let mut sender = threads_with(
        move || {
            // Refused only once the receiver has left.
            let _ = sender.try_send(1);
            sender
        },
        move || {
            if receiver.try_recv() == Ok(1) {
                let waker = Waker::from(counted);
                assert!(receiver.poll_recv(&mut Context::from_waker(&waker)).is_pending());
                told.send(receiver).unwrap();
            }
        },
    );
    if let Ok(receiver) = tell.recv() {
        sender.try_send(2).unwrap();
        assert!(wakes.0.load(Relaxed) >= 1, "a waker is lost");
        drop(receiver);
    }
}

/// A half waits for more than comes, gives up, and waits for less.
fn watermark_lowered(case: usize) {
    let streams = streams!(StreamPool<usize, 1, 2, Waking>);
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    if case == 0 {
        threads([
            role(move || {
                sender.try_send(1).unwrap();
                std::mem::forget(sender);
            }),
            role(move || {
                poll_once(receiver.ready(2));
                assert_eq!(block_on(receiver.recv()), Ok(1));
                std::mem::forget(receiver);
            }),
        ]);
    } else {
        (1..=2).for_each(|n| sender.try_send(n).unwrap());
        threads([
            role(move || {
                // Room alone does not end this wait.
                poll_once(sender.cancelled());
                block_on(sender.send(3)).unwrap();
                std::mem::forget(sender);
            }),
            role(move || {
                assert_eq!(receiver.try_recv(), Ok(1));
                std::mem::forget(receiver);
            }),
        ]);
    }
}

/// The receiver leaves while tokens are on their way: none stays in the ring, though the sender does nothing more. Also
/// when it has left a mark, for more than comes or for less, and when the sender ends the stream and stays.
fn receiver_leaves_vs_send(case: usize) {
    let streams = streams!(StreamPool<Tracked, 1, 4, Waking>);
    let tally = Tally::default();
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    let maker = tally.clone();
    match case {
        0 | 4 => {}
        1 => assert!(sender.try_send(maker.make(1)).is_ok()),
        2 => {
            let mut ready = receiver.ready(2);
            let mut context = Context::from_waker(Waker::noop());
            assert!(Pin::new(&mut ready).poll(&mut context).is_pending());
            std::mem::forget(ready);
        }
        _ => assert!(receiver.poll_recv(&mut Context::from_waker(Waker::noop())).is_pending()),
    }
    let sender = threads_with(
        move || {
            drop(sender.try_send(maker.make(2)));
            if case == 4 {
                let mut context = Context::from_waker(Waker::noop());
                assert!(Pin::new(&mut sender).poll_close(&mut context).is_ready());
            }
            sender
        },
        move || drop(receiver),
    );
    tally.assert_even();
    assert!(sender.is_empty() && sender.is_cancelled());
    drop(sender);
    assert_eq!(streams.available(), 1);
    tally.assert_even();
}

/// The same where nobody waits: the sender's next operation drops what is left at the latest.
fn receiver_leaves_vs_polling_send() {
    let streams = streams!(StreamPool<Tracked, 1, 2>);
    let tally = Tally::default();
    let (mut sender, receiver) = streams.try_open().unwrap();
    let maker = tally.clone();
    assert!(sender.try_send(maker.make(1)).is_ok());
    let mut sender = threads_with(
        move || {
            drop(sender.try_send(maker.make(2)));
            sender
        },
        move || drop(receiver),
    );
    assert!(sender.try_send(tally.make(3)).is_err());
    tally.assert_even();
    drop(sender);
    assert_eq!(streams.available(), 1);
    tally.assert_even();
}

/// Runs both in threads of their own, and gives what the first one returns.
fn threads_with<T: 'static>(
    first: impl FnOnce() -> T + 'static,
    second: impl FnOnce() + 'static,
) -> T {
    let first = loom::thread::spawn(first);
    let second = loom::thread::spawn(second);
    second.join().unwrap();
    first.join().unwrap()
}

/// A half waited, and gave up or left, while the other one wakes it or leaves.
fn no_waker_outlives_its_half(case: usize) {
    let streams = streams!(StreamPool<usize, 1, 1, Waking>);
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    let wakes = Arc::new(Wakes(AtomicUsize::new(0)));
    let counted = Arc::clone(&wakes);
    let (gives_up, leaves) = (case % 2 == 0, case / 2 == 0);
    let kept = threads_with(
        move || {
            let waker = Waker::from(counted);
            if gives_up {
                let _ = poll_with(receiver.recv(), &waker);
                return Some(receiver);
            }
            let _ = receiver.poll_recv(&mut Context::from_waker(&waker));
            None
        },
        move || {
            if leaves {
                drop(sender);
            } else {
                let _ = sender.try_send(1);
                std::mem::forget(sender);
            }
        },
    );
    assert_eq!(Arc::strong_count(&wakes), 1, "a waker stays");
    drop(kept);
}

/// Once the receiver itself cancelled, it gets what there is and then an end, and waits for nobody.
fn cancel_ends_recv(case: usize) {
    let streams = streams!(StreamPool<usize, 1, 2, Waking>);
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    sender.try_send(1).unwrap();
    threads([
        role(move || {
            if case == 1 {
                // Before the cancel, beside it or behind it.
                let _ = sender.try_send(2);
            }
            // Busy elsewhere for ever: leaving would wake the receiver.
            std::mem::forget(sender);
        }),
        role(move || {
            receiver.cancel();
            assert_eq!(block_on(receiver.recv()), Ok(1));
            let end = block_on(receiver.recv());
            if end == Ok(2) {
                assert_eq!(receiver.recv_blocking(), Err(End::Cancelled));
            } else {
                assert_eq!(end, Err(End::Cancelled));
            }
            std::mem::forget(receiver);
        }),
    ]);
}

/// A waker whose clone panics is lost with its poll, and the next one is woken, though not before there is something.
fn brittle_waker_vs_send() {
    let streams = streams!(StreamPool<usize, 1, 1, Waking>);
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    let wakes = Arc::new(Wakes(AtomicUsize::new(0)));
    assert!(catch_unwind(AssertUnwindSafe(|| poll_with(receiver.recv(), &brittle()))).is_err());
    assert!(poll_with(receiver.recv(), &Waker::from(Arc::clone(&wakes))).is_none());
    assert_eq!(wakes.0.load(Relaxed), 0);
    threads([
        role(move || {
            sender.try_send(1).unwrap();
            std::mem::forget(sender);
        }),
        role(move || {
            let waker = brittle();
            let first = catch_unwind(AssertUnwindSafe(|| poll_with(receiver.recv(), &waker)));
            let token = match first {
                Ok(Some(token)) => token,
                Ok(None) => panic!("it cannot wait"),
                Err(_) => block_on(receiver.recv()),
            };
            assert_eq!(token, Ok(1));
        }),
    ]);
}

/// A waker that panics when it is cloned.
pub(crate) fn brittle() -> Waker {
    static TABLE: RawWakerVTable =
        RawWakerVTable::new(|_| resume_unwind(Box::new("clone")), |_| {}, |_| {}, |_| {});
    // SAFETY: nothing is behind the pointer, and no function looks.
    unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), &TABLE)) }
}

/// Counts wake-ups, outside of what loom models.
struct Wakes(AtomicUsize);

impl std::task::Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

/// What `future` gives at once. Else it is dropped.
fn poll_once<F: Future + Unpin>(future: F) -> Option<F::Output> {
    poll_with(future, Waker::noop())
}

fn poll_with<F: Future + Unpin>(mut future: F, waker: &Waker) -> Option<F::Output> {
    match Pin::new(&mut future).poll(&mut Context::from_waker(waker)) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}
