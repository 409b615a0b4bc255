//! Wakers are user code: none outlives the wait it was for, and one that panics makes nobody deaf.
#![cfg(all(feature = "std", feature = "async"))]

use crate::common::{Flag, Fuse, booms, poll_once};
use crate::woken::Watchdog;
use forebay::error::Cancelled;
use forebay::{
    DefaultReset, End, Lease, Pool, Receiver, RecvError, Sender, StreamPool, Token, Waking,
};
use futures_core::Stream;
use futures_sink::Sink;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

type Streams<T = u32> = StreamPool<T, 1, 1, Waking>;
type Tx<'a> = Sender<&'a StreamPool<u32, 1, 1, Waking>>;
type Rx<'a> = Receiver<&'a StreamPool<u32, 1, 1, Waking>>;

/// Ways of a receiver to wait.
const RECEIVES: [fn(&mut Rx<'_>, &mut Context<'_>) -> bool; 4] = [
    |receiver, cx| pin!(receiver.recv()).poll(cx).is_pending(),
    |receiver, cx| pin!(receiver.ready(1)).poll(cx).is_pending(),
    |receiver, cx| receiver.poll_recv(cx).is_pending(),
    |receiver, cx| Pin::new(receiver).poll_next(cx).is_pending(),
];

/// Ways of a sender without room to wait.
const SENDS: [fn(&mut Tx<'_>, &mut Context<'_>) -> bool; 5] = [
    |sender, cx| pin!(sender.send(9)).poll(cx).is_pending(),
    |sender, cx| pin!(sender.ready()).poll(cx).is_pending(),
    |sender, cx| pin!(sender.cancelled()).poll(cx).is_pending(),
    |sender, cx| sender.poll_ready(cx).is_pending(),
    |sender, cx| Sink::poll_ready(Pin::new(sender), cx).is_pending(),
];

/// How many of the ways at the front are futures, which were dropped when they had been polled.
const FUTURES: [usize; 2] = [2, 3];

#[test]
fn no_waker_outlives_its_half() {
    let streams = Streams::new();
    for way in RECEIVES {
        let (sender, mut receiver) = streams.try_open().unwrap();
        let (flag, waker) = Flag::new();
        assert!(way(&mut receiver, &mut Context::from_waker(&waker)));
        drop((receiver, waker));
        assert_eq!(Arc::strong_count(&flag), 1, "though the sender stays");
        drop(sender);
    }
    for way in SENDS {
        let (mut sender, receiver) = streams.try_open().unwrap();
        let (flag, waker) = Flag::new();
        sender.try_send(1).unwrap();
        assert!(way(&mut sender, &mut Context::from_waker(&waker)));
        drop((sender, waker));
        assert_eq!(Arc::strong_count(&flag), 1, "though the receiver stays");
        drop(receiver);
    }
    assert_eq!(streams.available(), 1);
}

#[test]
fn no_waker_stays_behind_a_future_that_was_given_up() {
    let streams = StreamPool::<Token<4>, 1, 1, Waking>::new();
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    let (flag, waker) = Flag::new();
    assert!(poll_once(receiver.recv(), &waker).is_pending());
    assert!(poll_once(receiver.ready(1), &waker).is_pending());
    assert_eq!(Arc::strong_count(&flag), 2, "the one here");
    assert!(poll_once(sender.cancelled(), &waker).is_pending());
    assert!(poll_once(sender.send_text("longer than a token"), &waker).is_pending());
    assert!(poll_once(sender.send(Token::new()), &waker).is_pending());
    assert!(poll_once(sender.ready(), &waker).is_pending());
    assert_eq!(Arc::strong_count(&flag), 2);
    assert_eq!(flag.wakes(), 0);
}

/// A wait that is over has left nothing either: it was woken, or found what it waited for by itself.
#[test]
fn no_waker_stays_behind_a_future_that_is_done() {
    let streams = Streams::new();
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    let (flag, waker) = Flag::new();
    let cx = &mut Context::from_waker(&waker);
    {
        let mut recv = pin!(receiver.recv());
        assert!(recv.as_mut().poll(cx).is_pending());
        sender.try_send(1).unwrap();
        assert_eq!(recv.as_mut().poll(cx), Poll::Ready(Ok(1)));
    }
    sender.try_send(2).unwrap();
    {
        let mut send = pin!(sender.send(3));
        assert!(send.as_mut().poll(cx).is_pending());
        assert_eq!(receiver.try_recv(), Ok(2));
        assert_eq!(send.as_mut().poll(cx), Poll::Ready(Ok(())));
    }
    assert_eq!((flag.wakes(), Arc::strong_count(&flag)), (2, 2));
}

/// A task that lives as long as somebody can wake it.
struct Task(Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>);

impl Task {
    fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        std::task::Wake::wake(Arc::new(Self(Mutex::new(Some(Box::pin(future))))));
    }
}

impl std::task::Wake for Task {
    fn wake(self: Arc<Self>) {
        let waker = Waker::from(Arc::clone(&self));
        let mut future = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(running) = future.as_mut() else { return };
        if running.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            *future = None;
        }
    }
}

/// It gave up a wait, and then waits for what never comes: nobody can wake it, so it is dropped, and its half with it.
#[test]
fn a_task_that_nobody_can_wake_is_dropped_with_its_half() {
    static STREAMS: Streams = StreamPool::new();

    async fn gone() {
        poll_fn(|_| Poll::<()>::Pending).await;
    }

    let (sender, mut receiver) = STREAMS.try_open().unwrap();
    Task::spawn(async move {
        poll_fn(|cx| {
            assert!(pin!(receiver.recv()).poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        gone().await;
        drop(receiver);
    });
    assert!(sender.is_cancelled(), "the receiver is gone");
    drop(sender);
    assert_eq!(STREAMS.available(), 1);

    let (mut sender, receiver) = STREAMS.try_open().unwrap();
    sender.try_send(1).unwrap();
    Task::spawn(async move {
        poll_fn(|cx| {
            assert!(pin!(sender.send(2)).poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        gone().await;
        drop(sender);
    });
    assert_eq!(receiver.end(), Some(End::Aborted));
    drop(receiver);
    assert_eq!(STREAMS.available(), 1);

    // One that waits by `poll_recv` is woken at the end of the stream, though it waits for something else by then.
    let (sender, mut receiver) = STREAMS.try_open().unwrap();
    Task::spawn(async move {
        poll_fn(|cx| {
            assert!(receiver.poll_recv(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        gone().await;
        drop(receiver);
    });
    drop(sender);
    assert_eq!(STREAMS.available(), 1);
}

/// A producer that waits for an object of a pool gets one of those in its stream when the receiver leaves, and is told.
#[test]
fn a_producer_is_served_and_told_when_the_receiver_leaves() {
    type Frames = Pool<u32, 2, DefaultReset, Waking>;
    static FRAMES: Frames = Pool::with_waiting(DefaultReset);
    static STREAMS: StreamPool<Lease<&'static Frames>, 1, 4, Waking> = StreamPool::new();

    let _watchdog = Watchdog::new();
    let rounds = if cfg!(miri) { 20 } else { 3_000 };
    for round in 0..rounds {
        let (mut sender, receiver) = STREAMS.try_open().unwrap();
        let camera = thread::spawn(move || {
            // Never for ever, wherever the receiver leaves.
            loop {
                let frame = FRAMES.get_blocking().unwrap();
                if let Err(Cancelled(frame)) = sender.send_blocking(frame) {
                    drop(frame);
                    return sender;
                }
            }
        });
        if round % 2 == 0 {
            while FRAMES.available() != 0 {
                thread::yield_now();
            }
        }
        drop(receiver);
        let sender = camera.join().unwrap();
        assert_eq!((FRAMES.available(), sender.len()), (2, 0));
    }
    assert_eq!(STREAMS.available(), 1);
}

/// Every form of waiting for a token ends once the receiver itself cancelled, though the sender idles.
#[test]
fn every_form_of_recv_ends_behind_a_cancel() {
    fn cancelled<'a>(streams: &'a Streams, sent: u32) -> (Tx<'a>, Rx<'a>) {
        let (mut sender, mut receiver) = streams.try_open().unwrap();
        (0..sent).for_each(|n| sender.try_send(n).unwrap());
        receiver.cancel();
        (sender, receiver)
    }
    const END: Result<u32, End> = Err(End::Cancelled);

    let _watchdog = Watchdog::new();
    let streams = Streams::new();
    for sent in 0..=1 {
        {
            let (_sender, mut receiver) = cancelled(&streams, sent);
            let mut tokens = 0;
            while Flag::run(receiver.recv()).is_ok() {
                tokens += 1;
            }
            assert_eq!((tokens, Flag::run(receiver.recv())), (sent, END));
        }
        {
            let (_sender, mut receiver) = cancelled(&streams, sent);
            (0..sent).for_each(|n| assert_eq!(receiver.recv_blocking(), Ok(n)));
            assert_eq!(receiver.recv_blocking(), END);
            let ended = Err(RecvError::Ended(End::Cancelled));
            assert_eq!(receiver.recv_timeout(Duration::MAX), ended);
        }
        {
            let (_sender, mut receiver) = cancelled(&streams, sent);
            assert_eq!(Flag::run(receiver.ready(1)), sent as usize);
            assert_eq!(receiver.ready_timeout(1, Duration::MAX), sent as usize);
            assert_eq!(receiver.drain().count(), sent as usize);
            assert_eq!(receiver.ready_timeout(1, Duration::MAX), 0);
        }
        {
            let (_sender, receiver) = cancelled(&streams, sent);
            let tokens: Vec<_> = receiver.into_iter().collect();
            assert_eq!((tokens.len(), tokens.last()), (sent as usize + 1, Some(&END)));
        }
        {
            let (_sender, mut receiver) = cancelled(&streams, sent);
            let mut next = || Flag::run(poll_fn(|cx| Pin::new(&mut receiver).poll_next(cx)));
            (0..sent).for_each(|n| assert_eq!(next(), Some(Ok(n))));
            assert_eq!((next(), next()), (Some(END), None));
        }
    }
}

/// A waker that counts, and whose clone, wake and drop can be made to panic.
#[derive(Debug, Default)]
struct Wobbly {
    clone: Fuse,
    wake: Fuse,
    drop: Fuse,
    wakes: AtomicUsize,
    alive: AtomicUsize,
}

impl Default for Fuse {
    fn default() -> Self {
        Self::new()
    }
}

mod wobbly {
    #![allow(unsafe_code)]
    use super::{Arc, SeqCst, Waker, Wobbly};
    use std::mem::ManuallyDrop;
    use std::task::{RawWaker, RawWakerVTable};

    const TABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop);

    pub(super) fn waker(wobbly: &Arc<Wobbly>) -> Waker {
        wobbly.alive.fetch_add(1, SeqCst);
        let data = Arc::into_raw(Arc::clone(wobbly));
        // SAFETY: the table takes the pointer for a share of the `Arc`, which it is.
        unsafe { Waker::from_raw(RawWaker::new(data.cast(), &TABLE)) }
    }

    unsafe fn clone(data: *const ()) -> RawWaker {
        // SAFETY: a share that stays with the waker that is cloned.
        let this = unsafe { ManuallyDrop::new(Arc::from_raw(data.cast::<Wobbly>())) };
        this.clone.burn();
        this.alive.fetch_add(1, SeqCst);
        RawWaker::new(Arc::into_raw(Arc::clone(&this)).cast(), &TABLE)
    }

    unsafe fn wake(data: *const ()) {
        // SAFETY: the share of the waker, which is used up.
        let this = unsafe { Arc::from_raw(data.cast::<Wobbly>()) };
        this.alive.fetch_sub(1, SeqCst);
        this.wakes.fetch_add(1, SeqCst);
        this.wake.burn();
    }

    unsafe fn wake_by_ref(data: *const ()) {
        // SAFETY: as in `clone`.
        let this = unsafe { ManuallyDrop::new(Arc::from_raw(data.cast::<Wobbly>())) };
        this.wakes.fetch_add(1, SeqCst);
        this.wake.burn();
    }

    unsafe fn drop(data: *const ()) {
        // SAFETY: the share of the waker.
        let this = unsafe { Arc::from_raw(data.cast::<Wobbly>()) };
        this.alive.fetch_sub(1, SeqCst);
        if !std::thread::panicking() {
            this.drop.burn();
        }
    }
}

impl Wobbly {
    fn new() -> (Arc<Self>, Waker) {
        let this = Arc::<Self>::default();
        let waker = wobbly::waker(&this);
        (this, waker)
    }

    /// Wakers in the stream.
    fn kept(&self) -> usize {
        self.alive.load(SeqCst) - 1
    }
}

/// Both halves wait, and are woken, as if nothing had been.
#[track_caller]
fn assert_hear(sender: &mut Tx<'_>, receiver: &mut Rx<'_>) {
    while receiver.try_recv().is_ok() {}
    let (flag, waker) = Flag::new();
    let cx = &mut Context::from_waker(&waker);
    assert!(receiver.poll_recv(cx).is_pending());
    sender.try_send(1).unwrap();
    assert_eq!(flag.wakes(), 1, "the receiver hears");
    assert!(sender.poll_ready(cx).is_pending());
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!((flag.wakes(), Arc::strong_count(&flag)), (1, 2), "the sender hears");
}

/// Does `f` with halves of a stream whose receiver, or sender, has such a waker there already, if `before`.
fn with_waiting(
    before: bool,
    of_sender: bool,
    f: impl FnOnce(&mut Tx<'_>, &mut Rx<'_>, &Wobbly, &Waker),
) {
    let streams = Streams::new();
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    let (wobbly, waker) = Wobbly::new();
    let cx = &mut Context::from_waker(&waker);
    if of_sender {
        sender.try_send(0).unwrap();
    }
    if before && of_sender {
        assert!(sender.poll_ready(cx).is_pending());
    } else if before {
        assert!(receiver.poll_recv(cx).is_pending());
    }
    f(&mut sender, &mut receiver, &wobbly, &waker);
    assert_hear(&mut sender, &mut receiver);
    assert_eq!(wobbly.kept(), 0);
    drop((sender, receiver));
    assert_eq!(streams.available(), 1);
}

#[test]
fn a_clone_that_panics_makes_nobody_deaf() {
    for before in [false, true] {
        for way in RECEIVES {
            with_waiting(before, false, |_, receiver, wobbly, waker| {
                wobbly.clone.arm(1);
                assert!(booms(|| way(receiver, &mut Context::from_waker(waker))));
                assert!(wobbly.kept() <= 1, "the one before");
            });
        }
        for way in SENDS {
            with_waiting(before, true, |sender, _, wobbly, waker| {
                wobbly.clone.arm(1);
                assert!(booms(|| way(sender, &mut Context::from_waker(waker))));
                assert!(wobbly.kept() <= 1, "the one before");
            });
        }
    }
}

/// The last waker is dropped for another, by a wait that is given up, or by a half that leaves.
#[test]
fn a_drop_that_panics_makes_nobody_deaf() {
    let (flag, other) = Flag::new();
    let cx = &mut Context::from_waker(&other);
    for (at, way) in RECEIVES.into_iter().enumerate() {
        with_waiting(true, false, |_, receiver, wobbly, _| {
            wobbly.drop.arm(1);
            assert!(booms(|| way(receiver, cx)));
            assert_eq!(wobbly.kept(), 0);
            // A future that was dropped has not left the other one either.
            assert_eq!(Arc::strong_count(&flag) - 2, usize::from(at >= FUTURES[0]));
        });
    }
    for (at, way) in SENDS.into_iter().enumerate() {
        with_waiting(true, true, |sender, _, wobbly, _| {
            wobbly.drop.arm(1);
            assert!(booms(|| way(sender, cx)));
            assert_eq!(wobbly.kept(), 0);
            assert_eq!(Arc::strong_count(&flag) - 2, usize::from(at >= FUTURES[1]));
        });
    }
    for way in &RECEIVES[..FUTURES[0]] {
        with_waiting(false, false, |_, receiver, wobbly, waker| {
            wobbly.drop.arm(1);
            assert!(booms(|| way(receiver, &mut Context::from_waker(waker))));
        });
    }
    for way in &SENDS[..FUTURES[1]] {
        with_waiting(false, true, |sender, _, wobbly, waker| {
            wobbly.drop.arm(1);
            assert!(booms(|| way(sender, &mut Context::from_waker(waker))));
        });
    }
}

/// By every change that wakes the other half.
#[test]
fn a_wake_that_panics_makes_nobody_deaf() {
    let changes: [fn(&mut Rx<'_>); 3] = [
        |receiver| assert!(receiver.try_recv().is_ok()),
        |receiver| assert!(receiver.drain().next().is_some()),
        |receiver| assert_eq!(receiver.drain_into(&mut Vec::new()), 1),
    ];
    for change in changes {
        with_waiting(true, true, |_, receiver, wobbly, _| {
            wobbly.wake.arm(1);
            assert!(booms(|| change(receiver)));
            assert_eq!(wobbly.wakes.load(SeqCst), 1);
            assert!(receiver.is_empty());
        });
    }
    with_waiting(true, false, |sender, receiver, wobbly, _| {
        wobbly.wake.arm(1);
        assert!(booms(|| sender.try_send(7)));
        assert_eq!(receiver.try_recv(), Ok(7), "it was sent");
    });
}

/// A half that leaves does all it has to, whichever waker panics: its own, when that is dropped, or the other's, when that
/// is woken.
#[test]
fn a_half_leaves_whatever_wakers_do() {
    /// A wait that was forgotten has left its waker.
    fn forget(mut future: impl Future + Unpin, waker: &Waker) {
        assert!(Pin::new(&mut future).poll(&mut Context::from_waker(waker)).is_pending());
        std::mem::forget(future);
    }

    let streams = StreamPool::<Arc<()>, 1, 2, Waking>::new();
    let token = Arc::new(());
    for (own, others) in [(true, false), (false, true)] {
        for sender_leaves in [false, true] {
            let (mut sender, mut receiver) = streams.try_open().unwrap();
            let [(tx, of_sender), (rx, of_receiver)] = [(); 2].map(|()| Wobbly::new());
            forget(receiver.ready(2), &of_receiver);
            forget(sender.cancelled(), &of_sender);
            sender.try_send(Arc::clone(&token)).unwrap();
            assert_eq!((tx.kept(), rx.kept()), (1, 1));

            let [leaves, stays] = if sender_leaves { [&tx, &rx] } else { [&rx, &tx] };
            leaves.drop.arm(own.into());
            stays.wake.arm(others.into());
            let (mut sender, mut receiver) = (Some(sender), Some(receiver));
            assert!(booms(|| {
                if sender_leaves {
                    sender = None;
                } else {
                    receiver = None;
                }
            }));
            assert_eq!((leaves.kept(), stays.kept(), stays.wakes.load(SeqCst)), (0, 0, 1));
            assert!(sender.as_ref().is_none_or(Sender::is_cancelled));
            assert!(receiver.as_ref().is_none_or(|receiver| receiver.end() == Some(End::Aborted)));
            let left = Arc::strong_count(&token) - 1;
            assert_eq!(left, usize::from(sender_leaves), "what nobody reads is dropped");
            drop((sender, receiver));
            assert_eq!(streams.available(), 1);
        }
    }
}

/// A pool of one object, lent, and somebody who waits for it with a waker that panics where it is told to.
fn with_waiting_get(
    f: impl FnOnce(
        Lease<&Jobs>,
        Pin<&mut forebay::future::GetFuture<'_, u32, 1, DefaultReset, Waking<2>>>,
        &Wobbly,
    ),
) {
    let pool: Jobs = Pool::with_waiting(DefaultReset);
    let held = pool.try_get().unwrap();
    let (wobbly, waker) = Wobbly::new();
    {
        let mut get = pin!(pool.get());
        assert!(get.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert_eq!(wobbly.kept(), 1);
        f(held, get, &wobbly);
    }
    assert_eq!((wobbly.kept(), pool.available(), pool.audit().count()), (0, 1, 0));
    // Both seats are free, and who sits in them is served.
    let held = pool.try_get().unwrap();
    let (flag, waker) = Flag::new();
    let mut gets = [pool.get(), pool.get()];
    let mut poll = |at: usize| Pin::new(&mut gets[at]).poll(&mut Context::from_waker(&waker));
    assert!(poll(0).is_pending() && poll(1).is_pending());
    drop(held);
    assert_eq!(flag.wakes(), 1);
    assert!(poll(0).is_ready() && poll(1).is_ready());
}

type Jobs = Pool<u32, 1, DefaultReset, Waking<2>>;

/// Wherever the pool clones, wakes or drops it.
#[test]
fn a_waker_that_panics_costs_a_pool_nothing() {
    fn poll<F: Future>(get: Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
        get.poll(&mut Context::from_waker(waker))
    }

    // When it is woken by a put: the object is the waiter's.
    with_waiting_get(|held, mut get, wobbly| {
        wobbly.wake.arm(1);
        assert!(booms(|| drop(held)));
        assert!(poll(get.as_mut(), Waker::noop()).is_ready());
    });
    // When it makes room for another.
    with_waiting_get(|held, mut get, wobbly| {
        wobbly.drop.arm(1);
        assert!(booms(|| poll(get.as_mut(), Waker::noop()).is_ready()));
        let (flag, waker) = Flag::new();
        assert!(poll(get.as_mut(), &waker).is_pending());
        drop(held);
        assert_eq!(flag.wakes(), 1);
        assert!(poll(get.as_mut(), &waker).is_ready());
    });
    // When its waiter gives up, before and behind the object.
    for served in [false, true] {
        let pool: Jobs = Pool::with_waiting(DefaultReset);
        let held = pool.try_get().unwrap();
        let (wobbly, waker) = Wobbly::new();
        let mut get = Box::pin(pool.get());
        assert!(poll(get.as_mut(), &waker).is_pending());
        if served {
            drop(held);
            assert_eq!((wobbly.kept(), wobbly.wakes.load(SeqCst)), (0, 1));
            drop(get);
        } else {
            wobbly.drop.arm(1);
            assert!(booms(|| drop(get)));
            drop(held);
        }
        assert_eq!((wobbly.kept(), pool.available()), (0, 1));
    }
    // When one that gives up passes its object on to it.
    let pool: Jobs = Pool::with_waiting(DefaultReset);
    let held = pool.try_get().unwrap();
    let mut first = Box::pin(pool.get());
    assert!(poll(first.as_mut(), Waker::noop()).is_pending());
    let (wobbly, waker) = Wobbly::new();
    let mut second = Box::pin(pool.get());
    assert!(poll(second.as_mut(), &waker).is_pending());
    drop(held);
    wobbly.wake.arm(1);
    assert!(booms(|| drop(first)));
    assert!(poll(second.as_mut(), &waker).is_ready());
    assert_eq!((wobbly.kept(), pool.available()), (0, 1));
}
