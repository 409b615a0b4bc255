//! Waiting halves: futures, and the `Sink` and `Stream` made of the same parts.
//!
//! A half waits for one thing at a time: what was polled last. All futures borrow their half and hold nothing
//! besides but how far they came, so that they can be dropped, or forgotten, at any point.

use super::{Receiver, Sender, Token};
use crate::error::{Cancelled, End, RecvError, SendError, TextError};
use crate::sync::seeded;
use crate::wait::{NEVER, Wake};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::{fmt, mem};

/// A half with a seat to wait in.
trait Half<const WAITERS: usize> {
    fn seat(&self) -> &Wake<WAITERS>;

    /// Called before it waits.
    fn last_word(&self) {}
}

/// What `look` finds; if it finds nothing, it will be worth another look when `count` tokens, or places, are
/// there, or at the end. See [`Wake`] for the proof.
fn poll<H: Half<WAITERS>, const WAITERS: usize, R>(
    half: &mut H,
    cx: &mut Context<'_>,
    count: usize,
    look: impl Fn(&mut H) -> Option<R>,
) -> Poll<R> {
    if let Some(found) = look(half) {
        return Poll::Ready(found);
    }
    half.last_word();
    half.seat().announce(cx.waker(), count);
    if seeded!("no_second_look", true, false) {
        return Poll::Pending;
    }
    let Some(found) = look(half) else { return Poll::Pending };
    half.seat().withdraw();
    Poll::Ready(found)
}

/// A half that is borrowed to wait, and withdraws when it gives up.
struct Waiting<'h, H: Half<WAITERS>, const WAITERS: usize> {
    half: &'h mut H,
    /// Whether it was announced.
    waited: bool,
}

impl<'h, H: Half<WAITERS>, const WAITERS: usize> Waiting<'h, H, WAITERS> {
    fn new(half: &'h mut H) -> Self {
        Self { half, waited: false }
    }

    fn poll<R>(&mut self, poll: impl FnOnce(&mut H) -> Poll<R>) -> Poll<R> {
        // Also if a waker panics, when it may have been announced already.
        let waited = mem::replace(&mut self.waited, true);
        let answer = poll(self.half);
        self.waited = waited || answer.is_pending();
        answer
    }
}

impl<H: Half<WAITERS>, const WAITERS: usize> Drop for Waiting<'_, H, WAITERS> {
    fn drop(&mut self) {
        if self.waited {
            self.half.seat().withdraw();
        }
    }
}

impl<T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize> Half<WAITERS>
    for Sender<'_, T, STREAMS, DEPTH, Wake<WAITERS>>
{
    fn seat(&self) -> &Wake<WAITERS> {
        &self.shared().sender
    }
}

impl<T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize> Half<WAITERS>
    for Receiver<'_, T, STREAMS, DEPTH, Wake<WAITERS>>
{
    fn seat(&self) -> &Wake<WAITERS> {
        &self.shared().receiver
    }

    /// Somebody may have forgotten a `Tokens`, whose drop would have said that there is room; the sender must
    /// not wait for us while we wait for it.
    fn last_word(&self) {
        Self::notify_sender(&self.consumer);
    }
}

impl<'a, T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize>
    Sender<'a, T, STREAMS, DEPTH, Wake<WAITERS>>
{
    /// Sends `token`, waiting while the stream is full.
    ///
    /// Cancel-safe: dropped before it is done, also without having been polled, the future has sent nothing, and
    /// the token is there to be [taken back](Self::take_unsent). The next `send` drops it if nobody did.
    ///
    /// # Errors
    /// [`Cancelled`] with the token, when the receiver left.
    ///
    /// # Context
    /// Waits for the receiver, in any executor; a poll is lock-free.
    ///
    /// # Cost
    /// That of [`try_send`](Self::try_send) while there is room, and a move of the token.
    ///
    /// # Examples
    /// ```
    /// use forebay::{StreamPool, Wake};
    ///
    /// static STREAMS: StreamPool<u32, 1, 2, Wake> = StreamPool::new();
    /// # async fn run() -> Result<(), forebay::Exhausted> {
    /// let (mut sender, mut receiver) = STREAMS.open()?;
    /// sender.send(1).await.unwrap();
    /// drop(sender.send(2)); // given up: nothing was sent
    /// assert_eq!(sender.take_unsent(), Some(2));
    /// assert_eq!(receiver.recv().await, Ok(1));
    /// # Ok(())
    /// # }
    /// # let mut run = core::pin::pin!(run());
    /// # let mut context = core::task::Context::from_waker(core::task::Waker::noop());
    /// # assert!(run.as_mut().poll(&mut context).is_ready());
    /// # use core::future::Future;
    /// ```
    pub fn send(&mut self, token: T) -> Send<'_, 'a, T, STREAMS, DEPTH, WAITERS> {
        self.unsent = Some(token);
        Send(Waiting::new(self))
    }

    /// The token of the last [`send`](Self::send), if that was dropped before it was done. A plain move.
    #[must_use]
    pub fn take_unsent(&mut self) -> Option<T> {
        self.unsent.take()
    }

    /// Waits until there is room: then [`try_send`](Self::try_send) is not refused as full. Cancel-safe, as
    /// nothing is taken. Context as [`send`](Self::send); costs a load or two while there is room.
    ///
    /// # Errors
    /// [`Cancelled`], when the receiver left.
    pub fn ready(&mut self) -> SendReady<'_, 'a, T, STREAMS, DEPTH, WAITERS> {
        SendReady(Waiting::new(self))
    }

    /// [`ready`](Self::ready) for a poll function: when it is `Pending`, the task is woken once there is room
    /// or the receiver left. As with every poll of this half, the last one counts. Lock-free.
    ///
    /// # Errors
    /// [`Cancelled`], when the receiver left.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Cancelled<()>>> {
        poll(self, cx, 1, |sender| {
            if sender.look_for_cancel() {
                Some(Err(Cancelled(())))
            } else {
                (!sender.producer.is_full()).then_some(Ok(()))
            }
        })
    }

    /// Whether the stream is cancelled. If so, tokens that nobody will receive are dropped.
    fn look_for_cancel(&mut self) -> bool {
        let cancelled = self.is_cancelled();
        if cancelled {
            self.producer.sweep();
        }
        cancelled
    }

    /// Waits until the receiver leaves: for a producer that has nothing to send, and wants to know whether it
    /// still should. Cancel-safe. Room for tokens does not wake it.
    ///
    /// # Context and cost
    /// As [`send`](Self::send); a poll costs a load.
    ///
    /// # Source
    /// tokio's `Sender::closed`.
    pub fn cancelled(&mut self) -> SendCancelled<'_, 'a, T, STREAMS, DEPTH, WAITERS> {
        SendCancelled(Waiting::new(self))
    }
}

impl<'a, const STREAMS: usize, const DEPTH: usize, const CAP: usize, const WAITERS: usize>
    Sender<'a, Token<CAP>, STREAMS, DEPTH, Wake<WAITERS>>
{
    /// Sends all of `text`, split over as many tokens as it needs, at character boundaries, waiting while the
    /// stream is full.
    ///
    /// Dropped before it is done, the future has sent the beginning of the text, and no byte is lost or sent
    /// twice if you go on behind it: ask [`SendText::sent`] before you drop it.
    ///
    /// # Errors
    /// [`TextError`], when the receiver left; it says how much was sent before.
    ///
    /// # Context and cost
    /// As [`send`](Self::send), for each token.
    pub fn send_text<'h>(
        &'h mut self,
        text: &'h str,
    ) -> SendText<'h, 'a, STREAMS, DEPTH, CAP, WAITERS> {
        SendText { waiting: Waiting::new(self), len: text.len(), rest: text }
    }
}

impl<'a, T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize>
    Receiver<'a, T, STREAMS, DEPTH, Wake<WAITERS>>
{
    /// The next token, waiting while there is none. Cancel-safe: a token is only taken when the future is done.
    ///
    /// # Errors
    /// The [`End`], when every token was received.
    ///
    /// # Context
    /// Waits for the sender, in any executor; a poll is lock-free.
    ///
    /// # Cost
    /// That of [`try_recv`](Self::try_recv) while there are tokens.
    pub fn recv(&mut self) -> Recv<'_, 'a, T, STREAMS, DEPTH, WAITERS> {
        Recv(Waiting::new(self))
    }

    /// [`recv`](Self::recv) for a poll function: when it is `Pending`, the task is woken once there is a token or
    /// the stream ended. As with every poll of this half, the last one counts. Lock-free.
    ///
    /// # Errors
    /// The [`End`], when every token was received.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, End>> {
        poll(self, cx, 1, |receiver| match receiver.try_recv() {
            Ok(token) => Some(Ok(token)),
            Err(RecvError::Ended(end)) => Some(Err(end)),
            Err(RecvError::Empty) => None,
        })
    }

    /// Waits until `count` tokens (`DEPTH`, if that is less) are there or the stream ended, and says how many
    /// are there. Then [`drain`](Self::drain) takes them: one wake-up a burst, not one a token. Cancel-safe, as
    /// nothing is taken. Context as [`recv`](Self::recv); a poll costs two loads.
    ///
    /// 0 at the end, when all was received, and for a `count` of 0.
    ///
    /// # Examples
    /// ```
    /// use forebay::{StreamPool, Wake};
    ///
    /// static STREAMS: StreamPool<u32, 1, 20, Wake> = StreamPool::new();
    /// # async fn run() -> Result<(), forebay::Exhausted> {
    /// let (mut sender, mut receiver) = STREAMS.open()?;
    /// (0..8).for_each(|n| sender.try_send(n).unwrap());
    /// assert_eq!(receiver.ready(8).await, 8);
    /// assert_eq!(receiver.drain().sum::<u32>(), 28);
    /// # Ok(())
    /// # }
    /// # let mut run = core::pin::pin!(run());
    /// # let mut context = core::task::Context::from_waker(core::task::Waker::noop());
    /// # assert!(run.as_mut().poll(&mut context).is_ready());
    /// # use core::future::Future;
    /// ```
    pub fn ready(&mut self, count: usize) -> RecvReady<'_, 'a, T, STREAMS, DEPTH, WAITERS> {
        RecvReady { waiting: Waiting::new(self), count: count.min(DEPTH) }
    }

    /// What an iterator, or the `Stream`, makes of `received`.
    pub(super) fn item(&mut self, received: Result<T, End>) -> Option<Result<T, End>> {
        self.told = received.is_err();
        if matches!(received, Err(End::Finished)) { None } else { Some(received) }
    }
}

/// The future of [`Sender::send`].
#[must_use = "nothing is sent until it is polled"]
pub struct Send<'h, 'a, T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize>(
    Waiting<'h, Sender<'a, T, STREAMS, DEPTH, Wake<WAITERS>>, WAITERS>,
);

/// The future of [`Sender::ready`].
#[must_use = "it does not wait until it is polled"]
pub struct SendReady<'h, 'a, T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize>(
    Waiting<'h, Sender<'a, T, STREAMS, DEPTH, Wake<WAITERS>>, WAITERS>,
);

/// The future of [`Sender::cancelled`].
#[must_use = "it does not wait until it is polled"]
pub struct SendCancelled<'h, 'a, T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize>(
    Waiting<'h, Sender<'a, T, STREAMS, DEPTH, Wake<WAITERS>>, WAITERS>,
);

/// The future of [`Sender::send_text`].
#[must_use = "nothing is sent until it is polled"]
pub struct SendText<
    'h,
    'a,
    const STREAMS: usize,
    const DEPTH: usize,
    const CAP: usize,
    const WAITERS: usize,
> {
    waiting: Waiting<'h, Sender<'a, Token<CAP>, STREAMS, DEPTH, Wake<WAITERS>>, WAITERS>,
    /// Bytes of the text.
    len: usize,
    /// What is not sent yet.
    rest: &'h str,
}

/// The future of [`Receiver::recv`].
#[must_use = "nothing is received until it is polled"]
pub struct Recv<'h, 'a, T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize>(
    Waiting<'h, Receiver<'a, T, STREAMS, DEPTH, Wake<WAITERS>>, WAITERS>,
);

/// The future of [`Receiver::ready`].
#[must_use = "it does not wait until it is polled"]
pub struct RecvReady<'h, 'a, T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize> {
    waiting: Waiting<'h, Receiver<'a, T, STREAMS, DEPTH, Wake<WAITERS>>, WAITERS>,
    count: usize,
}

impl<T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize> Future
    for Send<'_, '_, T, STREAMS, DEPTH, WAITERS>
{
    type Output = Result<(), Cancelled<T>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().0.poll(|sender| {
            // Without a token it is done, and is not to be polled again.
            while let Some(token) = sender.unsent.take() {
                match sender.try_send(token) {
                    Ok(()) => return Poll::Ready(Ok(())),
                    Err(SendError::Cancelled(token)) => return Poll::Ready(Err(Cancelled(token))),
                    Err(SendError::Full(token)) => sender.unsent = Some(token),
                }
                // Ready, it is not full or it is cancelled; the token says which.
                let _ = ready!(sender.poll_ready(cx));
            }
            Poll::Pending
        })
    }
}

impl<T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize> Future
    for SendReady<'_, '_, T, STREAMS, DEPTH, WAITERS>
{
    type Output = Result<(), Cancelled<()>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().0.poll(|sender| sender.poll_ready(cx))
    }
}

impl<T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize> Future
    for SendCancelled<'_, '_, T, STREAMS, DEPTH, WAITERS>
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.get_mut()
            .0
            .poll(|sender| poll(sender, cx, NEVER, |sender| sender.look_for_cancel().then_some(())))
    }
}

impl<const STREAMS: usize, const DEPTH: usize, const CAP: usize, const WAITERS: usize>
    SendText<'_, '_, STREAMS, DEPTH, CAP, WAITERS>
{
    /// Bytes of the text that are in the stream: go on with `&text[future.sent()..]`. A subtraction.
    #[must_use]
    pub fn sent(&self) -> usize {
        self.len - self.rest.len()
    }
}

impl<const STREAMS: usize, const DEPTH: usize, const CAP: usize, const WAITERS: usize> Future
    for SendText<'_, '_, STREAMS, DEPTH, CAP, WAITERS>
{
    type Output = Result<(), TextError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        while let Some((token, behind)) = Token::split_from(this.rest) {
            match this.waiting.half.try_send(token) {
                Ok(()) => this.rest = behind,
                Err(SendError::Full(_)) => {
                    // Ready, it is not full or it is cancelled; the next token says which.
                    let _ = ready!(this.waiting.poll(|sender| sender.poll_ready(cx)));
                }
                Err(SendError::Cancelled(_)) => {
                    return Poll::Ready(Err(TextError { sent: this.sent(), cancelled: true }));
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize> Future
    for Recv<'_, '_, T, STREAMS, DEPTH, WAITERS>
{
    type Output = Result<T, End>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().0.poll(|receiver| receiver.poll_recv(cx))
    }
}

impl<T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize> Future
    for RecvReady<'_, '_, T, STREAMS, DEPTH, WAITERS>
{
    type Output = usize;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        let this = self.get_mut();
        let count = this.count;
        this.waiting.poll(|receiver| {
            poll(receiver, cx, count, |receiver| {
                // The end first: after it there are no more tokens than are counted.
                let ended = receiver.end().is_some();
                let there = receiver.len();
                (ended || there >= count).then_some(there)
            })
        })
    }
}

/// `Debug` without looking at tokens.
macro_rules! opaque_debug {
    ($($name:ident),+) => {$(
        impl<T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize> fmt::Debug
            for $name<'_, '_, T, STREAMS, DEPTH, WAITERS>
        {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}
#[cfg(feature = "std")]
pub(super) use opaque_debug;

opaque_debug!(Send, SendReady, SendCancelled, Recv, RecvReady);

impl<const STREAMS: usize, const DEPTH: usize, const CAP: usize, const WAITERS: usize> fmt::Debug
    for SendText<'_, '_, STREAMS, DEPTH, CAP, WAITERS>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendText").field("sent", &self.sent()).finish_non_exhaustive()
    }
}

#[cfg(feature = "async")]
mod ecosystem {
    use super::*;
    use crate::stream::FINISHED;
    use futures_core::{FusedStream, Stream};
    use futures_sink::Sink;

    /// Tokens as `Ok`, then the end as one `Err`, unless it is [`End::Finished`]; then `None`, for ever.
    impl<T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize> Stream
        for Receiver<'_, T, STREAMS, DEPTH, Wake<WAITERS>>
    {
        type Item = Result<T, End>;

        fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            let this = self.get_mut();
            if this.told {
                return Poll::Ready(None);
            }
            let received = ready!(this.poll_recv(cx));
            Poll::Ready(this.item(received))
        }
    }

    impl<T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize> FusedStream
        for Receiver<'_, T, STREAMS, DEPTH, Wake<WAITERS>>
    {
        fn is_terminated(&self) -> bool {
            self.told
        }
    }

    /// A token is on its way as soon as it is sent, so `poll_flush` does nothing, as for the channels of
    /// `futures`; wait for [`Sender::is_empty`] without [`Sender::is_cancelled`] if it matters that all was
    /// received. `poll_close` ends the stream as [`End::Finished`] and keeps the sender, which refuses every token
    /// from then on as [`Cancelled`].
    ///
    /// `start_send` without room, which nobody does who asked `poll_ready` as a `Sink` wants it, is refused as
    /// [`Cancelled`], too; the token is there to be [taken back](Sender::take_unsent).
    impl<T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize> Sink<T>
        for Sender<'_, T, STREAMS, DEPTH, Wake<WAITERS>>
    {
        type Error = Cancelled<()>;

        fn poll_ready(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Result<(), Cancelled<()>>> {
            Sender::poll_ready(self.get_mut(), cx)
        }

        fn start_send(self: Pin<&mut Self>, token: T) -> Result<(), Cancelled<()>> {
            let this = self.get_mut();
            this.try_send(token).map_err(|refused| {
                this.unsent = Some(refused.into_inner());
                Cancelled(())
            })
        }

        fn poll_flush(
            self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
        ) -> Poll<Result<(), Cancelled<()>>> {
            Poll::Ready(Ok(()))
        }

        fn poll_close(
            self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
        ) -> Poll<Result<(), Cancelled<()>>> {
            let this = self.get_mut();
            this.end(FINISHED);
            this.producer.refuse();
            this.leave();
            Poll::Ready(Ok(()))
        }
    }
}
