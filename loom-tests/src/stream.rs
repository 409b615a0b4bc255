//! Streams: every order of leaving gives the ring back, ends are told, and nobody sleeps for ever.
//!
//! The pools are loom's statics: made anew for each execution, dropped at its end.

use crate::Form::{self, Blocking, Polling};
use crate::{Model, Tally, Tracked, role, threads};
use forebay::{End, Park, RecvError, StreamPool};

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
        .floor(23_000)
        .cases(16)
        .seeds(LEAVE),
    Model::new("leave_vs_leave_vs_open_blocking", |n| leave_vs_leave_vs_open(Blocking, n))
        .floor(11_000)
        .cases(16)
        .bound(2)
        .seeds(LEAVE),
    Model::new("reopened_ends_anew", |_| reopened_ends_anew()).floor(63).seeds(&["end_not_reset"]),
    Model::new("end_is_told_polling", |n| end_is_told(Polling, n)).floor(1_500).cases(3).seeds(&[
        "end_after_close",
        "close_relaxed",
        "is_closed_relaxed",
        "closed_before_items",
        "tail_load_relaxed",
    ]),
    Model::new("end_is_told_blocking", |n| end_is_told(Blocking, n)).floor(710).cases(3).seeds(&[
        "end_after_close",
        "close_relaxed",
        "closed_before_items",
        "tail_load_relaxed",
    ]),
    Model::new("cancel_vs_send", |_| cancel_vs_send()).floor(590).seeds(&["recycle_before_last"]),
    Model::new("parked_send_vs_parked_recv", |_| parked_send_vs_parked_recv())
        .floor(7_700)
        .bound(2)
        .seeds(&[
            "no_waiter_fence",
            "no_notifier_fence",
            "no_second_look",
            "send_without_wake",
            "leave_without_wake",
        ]),
    Model::new("sender_leaves_parked_recv", |n| sender_leaves_parked_recv(n))
        .floor(650)
        .cases(3)
        .seeds(&["no_waiter_fence", "no_notifier_fence", "no_second_look", "leave_without_wake"]),
    Model::new("receiver_leaves_parked_send", |n| receiver_leaves_parked_send(n))
        .floor(2_500)
        .cases(2)
        .seeds(&["no_waiter_fence", "no_notifier_fence", "no_second_look", "cancel_without_wake"]),
    Model::new("drain_wakes_parked_send", |n| taking_wakes_parked_send(n))
        .floor(310)
        .cases(2)
        .seeds(&[
            "no_waiter_fence",
            "no_notifier_fence",
            "no_second_look",
            "drain_without_wake",
            "announced_once",
        ]),
    Model::new("recv_wakes_parked_send", |_| taking_wakes_parked_send(2)).floor(80).seeds(&[
        "no_waiter_fence",
        "no_notifier_fence",
        "no_second_look",
        "recv_without_wake",
    ]),
];

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
    let (mut sender, mut receiver) = streams.open().unwrap();
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
            if let Some((mut sender, mut receiver)) = form.attempt(|| streams.open().ok()) {
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
    let (sender, mut receiver) = streams.open().unwrap();
    threads([
        role(move || sender.close()),
        role(move || {
            let end = Blocking.attempt(|| receiver.end());
            assert_eq!(end, Some(End::Finished));
            receiver.cancel();
            drop(receiver);
            let (sender, mut receiver) = Blocking.attempt(|| streams.open().ok()).unwrap();
            drop(sender);
            assert_eq!(receiver.try_recv(), Err(RecvError::Ended(End::Aborted)));
        }),
    ]);
}

/// Every token, then the end as the sender said it.
fn end_is_told(form: Form, case: usize) {
    let streams = streams!(StreamPool<usize, 1, 1>);
    let (mut sender, mut receiver) = streams.open().unwrap();
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
    let (mut sender, mut receiver) = streams.open().unwrap();
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

/// Two tokens through one place: each half has to wait for the other.
fn parked_send_vs_parked_recv() {
    let streams = streams!(StreamPool<usize, 1, 1, Park>);
    let (mut sender, mut receiver) = streams.open().unwrap();
    threads([
        role(move || {
            sender.send(1).unwrap();
            sender.send(2).unwrap();
            sender.close();
        }),
        role(move || {
            assert_eq!(receiver.recv(), Ok(1));
            assert_eq!(receiver.recv(), Ok(2));
            assert_eq!(receiver.recv(), Err(End::Finished));
        }),
    ]);
    assert_eq!(streams.available(), 1);
}

/// A receiver that waits is told however the sender leaves.
fn sender_leaves_parked_recv(case: usize) {
    let streams = streams!(StreamPool<usize, 1, 1, Park>);
    let (sender, mut receiver) = streams.open().unwrap();
    threads([
        role(move || match case {
            0 => drop(sender),
            1 => sender.close(),
            _ => sender.fail(7),
        }),
        role(move || {
            let told = [End::Aborted, End::Finished, End::Failed(7)][case];
            assert_eq!(receiver.recv(), Err(told));
        }),
    ]);
    assert_eq!(streams.available(), 1);
}

/// A sender that waits for room is told when the receiver leaves or stops.
fn receiver_leaves_parked_send(case: usize) {
    let streams = streams!(StreamPool<usize, 1, 1, Park>);
    let (mut sender, mut receiver) = streams.open().unwrap();
    sender.try_send(1).unwrap();
    threads([
        role(move || assert_eq!(sender.send(2).unwrap_err().0, 2)),
        role(move || match case {
            0 => drop(receiver),
            _ => receiver.cancel(),
        }),
    ]);
    assert_eq!(streams.available(), 1);
}

/// A sender that waits for room gets it from a drain, from one that comes after another that takes nothing and
/// wakes it for nothing, or from a receive.
fn taking_wakes_parked_send(case: usize) {
    let streams = streams!(StreamPool<usize, 1, 1, Park>);
    let (mut sender, mut receiver) = streams.open().unwrap();
    sender.try_send(1).unwrap();
    threads([
        role(move || sender.send(2).unwrap()),
        role(move || {
            if case == 1 {
                drop(receiver.drain());
            }
            match case {
                2 => assert_eq!(receiver.recv(), Ok(1)),
                _ => assert_eq!(receiver.drain().sum::<usize>(), 1),
            }
            // Busy elsewhere for ever: leaving or waiting would wake the sender, too.
            std::mem::forget(receiver);
        }),
    ]);
    assert_eq!(streams.available(), 0);
}
