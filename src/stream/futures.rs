//! Waiting halves: futures, and the `Sink` and `Stream` made of the same parts.
//!
//! A half waits for one thing at a time: what was polled last. All futures borrow their half and hold nothing
//! besides but how far they came, so that they can be dropped, or forgotten, at any point.

use super::{Receiver, Sender, StreamRef, Token, depth};
use crate::error::{Cancelled, End, RecvError, SendError, TextError};
use crate::sync::seeded;
use crate::wait::{NEVER, Wakes};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::{fmt, mem};

/// A half with a seat to wait in.
trait Half {
    type Wait: Wakes;

    fn seat(&self) -> &Self::Wait;

    /// Called before it waits.
    fn last_word(&self) {}
}

/// What `look` finds; if it finds nothing, it will be worth another look when `count` tokens, or places, are
/// there, or at the end. See [`Waking`] for the proof.
fn poll<H: Half, R>(
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
struct WaitingHalf<'h, H: Half> {
    half: &'h mut H,
    /// Whether it was announced.
    waited: bool,
}

impl<'h, H: Half> WaitingHalf<'h, H> {
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

impl<H: Half> Drop for WaitingHalf<'_, H> {
    fn drop(&mut self) {
        if self.waited {
            self.half.seat().withdraw();
        }
    }
}

impl<S: StreamRef<Wait: Wakes>> Half for Sender<S> {
    type Wait = S::Wait;

    fn seat(&self) -> &S::Wait {
        &self.shared().sender
    }
}

impl<S: StreamRef<Wait: Wakes>> Half for Receiver<S> {
    type Wait = S::Wait;

    fn seat(&self) -> &S::Wait {
        &self.shared().receiver
    }

    /// Somebody may have forgotten a `Tokens`, whose drop would have said that there is room; the sender must
    /// not wait for us while we wait for it.
    fn last_word(&self) {
        Self::notify_sender(&self.consumer);
    }
}

impl<S: StreamRef<Wait: Wakes>> Sender<S> {
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
    /// use forebay::{StreamPool, Waking};
    ///
    /// static STREAMS: StreamPool<u32, 1, 2, Waking> = StreamPool::new();
    /// # async fn run() -> Result<(), forebay::Exhausted> {
    /// let (mut sender, mut receiver) = STREAMS.try_open()?;
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
    pub fn send(&mut self, token: S::Token) -> SendFuture<'_, S> {
        *self.unsent() = Some(token);
        SendFuture(WaitingHalf::new(self))
    }

    /// The token of the last [`send`](Self::send), if that was dropped before it was done. A plain move.
    #[must_use]
    pub fn take_unsent(&mut self) -> Option<S::Token> {
        self.unsent().take()
    }

    /// Waits until there is room: then [`try_send`](Self::try_send) is not refused as full. Cancel-safe, as
    /// nothing is taken. Context as [`send`](Self::send); costs a load or two while there is room.
    ///
    /// # Errors
    /// [`Cancelled`], when the receiver left.
    pub fn ready(&mut self) -> SendReadyFuture<'_, S> {
        SendReadyFuture(WaitingHalf::new(self))
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

    /// The token of a `send` that is not done.
    fn unsent(&mut self) -> &mut Option<S::Token> {
        S::Wait::unsent(&mut self.unsent)
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
    pub fn cancelled(&mut self) -> SendCancelledFuture<'_, S> {
        SendCancelledFuture(WaitingHalf::new(self))
    }
}

impl<S: StreamRef<Token = Token<CAP>, Wait: Wakes>, const CAP: usize> Sender<S> {
    /// Sends all of `text`, split over as many tokens as it needs, at character boundaries, waiting while the
    /// stream is full.
    ///
    /// Dropped before it is done, the future has sent the beginning of the text, and no byte is lost or sent
    /// twice if you go on behind it: ask [`SendTextFuture::sent`] before you drop it.
    ///
    /// # Errors
    /// [`TextError`], when the receiver left; it says how much was sent before.
    ///
    /// # Context and cost
    /// As [`send`](Self::send), for each token.
    pub fn send_text<'h>(&'h mut self, text: &'h str) -> SendTextFuture<'h, S> {
        SendTextFuture { waiting: WaitingHalf::new(self), len: text.len(), rest: text }
    }
}

impl<S: StreamRef<Wait: Wakes>> Receiver<S> {
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
    pub fn recv(&mut self) -> RecvFuture<'_, S> {
        RecvFuture(WaitingHalf::new(self))
    }

    /// [`recv`](Self::recv) for a poll function: when it is `Pending`, the task is woken once there is a token or
    /// the stream ended. As with every poll of this half, the last one counts. Lock-free.
    ///
    /// # Errors
    /// The [`End`], when every token was received.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<S::Token, End>> {
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
    /// use forebay::{StreamPool, Waking};
    ///
    /// static STREAMS: StreamPool<u32, 1, 20, Waking> = StreamPool::new();
    /// # async fn run() -> Result<(), forebay::Exhausted> {
    /// let (mut sender, mut receiver) = STREAMS.try_open()?;
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
    pub fn ready(&mut self, count: usize) -> RecvReadyFuture<'_, S> {
        RecvReadyFuture { waiting: WaitingHalf::new(self), count: count.min(depth::<S>()) }
    }

    /// What an iterator, or the `Stream`, makes of `received`.
    pub(super) fn item(
        &mut self,
        received: Result<S::Token, End>,
    ) -> Option<Result<S::Token, End>> {
        self.end_reported = received.is_err();
        if matches!(received, Err(End::Finished)) { None } else { Some(received) }
    }
}

/// The future of [`Sender::send`].
#[must_use = "nothing is sent until it is polled"]
pub struct SendFuture<'h, S: StreamRef<Wait: Wakes>>(WaitingHalf<'h, Sender<S>>);

/// The future of [`Sender::ready`].
#[must_use = "it does not wait until it is polled"]
pub struct SendReadyFuture<'h, S: StreamRef<Wait: Wakes>>(WaitingHalf<'h, Sender<S>>);

/// The future of [`Sender::cancelled`].
#[must_use = "it does not wait until it is polled"]
pub struct SendCancelledFuture<'h, S: StreamRef<Wait: Wakes>>(WaitingHalf<'h, Sender<S>>);

/// The future of [`Sender::send_text`].
#[must_use = "nothing is sent until it is polled"]
pub struct SendTextFuture<'h, S: StreamRef<Wait: Wakes>> {
    waiting: WaitingHalf<'h, Sender<S>>,
    /// Bytes of the text.
    len: usize,
    /// What is not sent yet.
    rest: &'h str,
}

/// The future of [`Receiver::recv`].
#[must_use = "nothing is received until it is polled"]
pub struct RecvFuture<'h, S: StreamRef<Wait: Wakes>>(WaitingHalf<'h, Receiver<S>>);

/// The future of [`Receiver::ready`].
#[must_use = "it does not wait until it is polled"]
pub struct RecvReadyFuture<'h, S: StreamRef<Wait: Wakes>> {
    waiting: WaitingHalf<'h, Receiver<S>>,
    count: usize,
}

impl<S: StreamRef<Wait: Wakes>> Future for SendFuture<'_, S> {
    type Output = Result<(), Cancelled<S::Token>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().0.poll(|sender| {
            // Without a token it is done, and is not to be polled again.
            while let Some(token) = sender.unsent().take() {
                match sender.try_send(token) {
                    Ok(()) => return Poll::Ready(Ok(())),
                    Err(SendError::Cancelled(token)) => return Poll::Ready(Err(Cancelled(token))),
                    Err(SendError::Full(token)) => *sender.unsent() = Some(token),
                }
                // Ready, it is not full or it is cancelled; the token says which.
                let _ = ready!(sender.poll_ready(cx));
            }
            Poll::Pending
        })
    }
}

impl<S: StreamRef<Wait: Wakes>> Future for SendReadyFuture<'_, S> {
    type Output = Result<(), Cancelled<()>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().0.poll(|sender| sender.poll_ready(cx))
    }
}

impl<S: StreamRef<Wait: Wakes>> Future for SendCancelledFuture<'_, S> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.get_mut()
            .0
            .poll(|sender| poll(sender, cx, NEVER, |sender| sender.look_for_cancel().then_some(())))
    }
}

impl<S: StreamRef<Wait: Wakes>> SendTextFuture<'_, S> {
    /// Bytes of the text that are in the stream: go on with `&text[future.sent()..]`. A subtraction.
    #[must_use]
    pub fn sent(&self) -> usize {
        self.len - self.rest.len()
    }
}

impl<S: StreamRef<Token = Token<CAP>, Wait: Wakes>, const CAP: usize> Future
    for SendTextFuture<'_, S>
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

impl<S: StreamRef<Wait: Wakes>> Future for RecvFuture<'_, S> {
    type Output = Result<S::Token, End>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().0.poll(|receiver| receiver.poll_recv(cx))
    }
}

impl<S: StreamRef<Wait: Wakes>> Future for RecvReadyFuture<'_, S> {
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
        impl<S: StreamRef<Wait: Wakes>> fmt::Debug for $name<'_, S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}
#[cfg(feature = "std")]
pub(super) use opaque_debug;

opaque_debug!(SendFuture, SendReadyFuture, SendCancelledFuture, RecvFuture, RecvReadyFuture);

impl<S: StreamRef<Wait: Wakes>> fmt::Debug for SendTextFuture<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendTextFuture").field("sent", &self.sent()).finish_non_exhaustive()
    }
}

#[cfg(feature = "async")]
mod ecosystem {
    use super::*;
    use crate::stream::rings::FINISHED;
    use futures_core::{FusedStream, Stream};
    use futures_sink::Sink;

    /// Tokens as `Ok`, then the end as one `Err`, unless it is [`End::Finished`]; then `None`, for ever.
    impl<S: StreamRef<Wait: Wakes>> Stream for Receiver<S> {
        type Item = Result<S::Token, End>;

        fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            let this = self.get_mut();
            if this.end_reported {
                return Poll::Ready(None);
            }
            let received = ready!(this.poll_recv(cx));
            Poll::Ready(this.item(received))
        }
    }

    impl<S: StreamRef<Wait: Wakes>> FusedStream for Receiver<S> {
        fn is_terminated(&self) -> bool {
            self.end_reported
        }
    }

    /// A token is on its way as soon as it is sent, so `poll_flush` does nothing, as for the channels of
    /// `futures`; wait for [`Sender::is_empty`] without [`Sender::is_cancelled`] if it matters that all was
    /// received. `poll_close` ends the stream as [`End::Finished`] and keeps the sender, which refuses every token
    /// from then on as [`Cancelled`].
    ///
    /// `start_send` without room, which nobody does who asked `poll_ready` as a `Sink` wants it, is refused as
    /// [`Cancelled`], too; the token is there to be [taken back](Sender::take_unsent).
    impl<S: StreamRef<Wait: Wakes>> Sink<S::Token> for Sender<S> {
        type Error = Cancelled<()>;

        fn poll_ready(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Result<(), Cancelled<()>>> {
            Sender::poll_ready(self.get_mut(), cx)
        }

        fn start_send(self: Pin<&mut Self>, token: S::Token) -> Result<(), Cancelled<()>> {
            let this = self.get_mut();
            this.try_send(token).map_err(|refused| {
                *this.unsent() = Some(refused.into_inner());
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
