//! The reading half of a stream: [`Receiver`].

use super::rings::StreamState;
use super::{StreamId, StreamRef, depth, half_debug};
use crate::defer::Defer;
use crate::error::{End, RecvError};
use crate::ring::{Consumer, Drain, RingRef};
use crate::sync::seeded;
use crate::wait::Notify;
use core::{fmt, mem};

/// The reading half of a stream. Dropped, it cancels the stream: the sender's next token is refused.
///
/// Tokens that were not received are dropped with it, so that what they hold comes back though the sender stays. With
/// [`Polling`](crate::Polling), a token that is sent at that very moment can stay until the sender next sends; with
/// [`Waking`](crate::Waking), none does.
///
/// Context and cost of its methods, unless they say otherwise, as those of [`Sender`](crate::Sender).
pub struct Receiver<S: StreamRef> {
    pub(super) consumer: Consumer<S::Ring>,
    /// Whether an iterator or the `Stream` told the end.
    #[cfg(any(feature = "std", feature = "async"))]
    pub(super) end_reported: bool,
}

impl<S: StreamRef> Receiver<S> {
    /// The next token, or says at once that there is none.
    ///
    /// # Errors
    /// [`RecvError::Empty`], or [`RecvError::Ended`] with the [`End`] when every token was received, or when this half
    /// [cancelled](Self::cancel) the stream and nothing is there.
    ///
    /// # Context
    /// Wait-free with [`Polling`](crate::Polling); callable in an interrupt handler.
    ///
    /// # Cost
    /// That of [`Consumer::pop`], and the waiting policy's.
    #[inline]
    pub fn try_recv(&mut self) -> Result<S::Token, RecvError> {
        let refuses = self.consumer.refuses();
        let nothing = move |shared: &StreamState<S::Wait>, ended| shared.nothing(ended, refuses);
        if !mem::needs_drop::<S::Token>() {
            return self.consumer.pop_then(Self::notify_sender, nothing);
        }
        // A waker may panic; the token must not leak then.
        let received = self.consumer.pop_then(|_| (), nothing);
        if received.is_ok() {
            Self::notify_sender(&self.consumer);
        }
        received
    }

    /// Takes the tokens that are there now, one by one. Those that it does not take stay. A waiting sender is woken
    /// once, when the iterator is dropped.
    ///
    /// # Examples
    /// ```
    /// use forebay::StreamPool;
    ///
    /// static STREAMS: StreamPool<u32, 1> = StreamPool::new();
    /// let (mut sender, mut receiver) = STREAMS.try_open()?;
    /// (0..5).for_each(|n| sender.try_send(n).unwrap());
    /// assert_eq!(receiver.drain().sum::<u32>(), 10);
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    pub fn drain(&mut self) -> Tokens<'_, S> {
        Tokens { drain: self.consumer.drain() }
    }

    /// Moves the tokens that are there now to the end of `out`, in one step. How many.
    ///
    /// For a collection that cannot grow, take [`drain`](Self::drain) with `take` instead.
    ///
    /// # Cost
    /// That of each [`try_recv`](Self::try_recv), but one look for tokens and one wake-up in all.
    ///
    /// # Examples
    /// ```
    /// use forebay::StreamPool;
    ///
    /// static STREAMS: StreamPool<u32, 1> = StreamPool::new();
    /// let (mut sender, mut receiver) = STREAMS.try_open()?;
    /// (0..5).for_each(|n| sender.try_send(n).unwrap());
    /// let mut numbers = Vec::new();
    /// assert_eq!(receiver.drain_into(&mut numbers), 5);
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    pub fn drain_into(&mut self, out: &mut impl Extend<S::Token>) -> usize {
        let mut tokens = self.drain();
        let count = tokens.len();
        out.extend(&mut tokens);
        count - tokens.len()
    }

    /// Tells the sender to stop: its next token is refused as [`SendError::Cancelled`](crate::SendError::Cancelled).
    ///
    /// Tokens sent before can still be received. Behind the last of them every form of `recv` gives the end at once,
    /// without waiting for the sender: [`End::Cancelled`], or the sender's own if it has ended the stream. A token whose
    /// sending overlaps this call may come before that end or behind it, or is dropped with this half.
    ///
    /// # Source
    /// tokio's `Receiver::close`.
    ///
    /// # Examples
    /// ```
    /// use forebay::{End, RecvError, StreamPool};
    ///
    /// static STREAMS: StreamPool<u32, 1> = StreamPool::new();
    /// let (mut sender, mut receiver) = STREAMS.try_open()?;
    /// sender.try_send(1).unwrap();
    /// receiver.cancel();
    /// assert_eq!(receiver.try_recv(), Ok(1));
    /// assert_eq!(receiver.try_recv(), Err(RecvError::Ended(End::Cancelled))); // though the sender is there
    /// # drop(sender);
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    #[doc(alias = "close")]
    pub fn cancel(&mut self) {
        self.consumer.refuse();
        self.wake_sender();
    }

    fn wake_sender(&self) {
        if !seeded!("cancel_without_wake", true, false) {
            self.shared().sender.ended();
        }
    }

    /// How the stream ended, or `None` while it goes on. Tokens may be left.
    ///
    /// [`End::Cancelled`] when this half [cancelled](Self::cancel) the stream, until the sender ends it, too.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        if self.consumer.is_closed() {
            Some(self.shared().reason())
        } else {
            self.consumer.refuses().then_some(End::Cancelled)
        }
    }

    /// Tokens that can be received. May be more at once.
    #[must_use]
    pub fn len(&self) -> usize {
        self.consumer.len()
    }

    /// Whether there is no token to receive. May be untrue at once.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.consumer.is_empty()
    }

    /// Which stream this is.
    #[must_use]
    pub fn id(&self) -> StreamId {
        S::id(self.consumer.handle())
    }

    #[inline(always)]
    pub(super) fn notify_sender(consumer: &Consumer<S::Ring>) {
        if !seeded!("recv_without_wake", true, false) {
            let _ = consumer.handle().parts().1.sender.notify(|| depth::<S>() - consumer.len());
        }
    }

    pub(super) fn shared(&self) -> &StreamState<S::Wait> {
        self.consumer.handle().parts().1
    }
}

/// The tokens of a stream that were there when it was made. See [`Receiver::drain`].
pub struct Tokens<'r, S: StreamRef> {
    drain: Drain<'r, S::Ring>,
}

impl<S: StreamRef> Iterator for Tokens<'_, S> {
    type Item = S::Token;

    #[inline]
    fn next(&mut self) -> Option<S::Token> {
        self.drain.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.drain.size_hint()
    }
}

impl<S: StreamRef> ExactSizeIterator for Tokens<'_, S> {}

impl<S: StreamRef> Drop for Tokens<'_, S> {
    fn drop(&mut self) {
        if !seeded!("drain_without_wake", true, false) {
            let consumer = self.drain.consumer();
            let _ = consumer.handle().parts().1.sender.notify(|| depth::<S>() - consumer.len());
        }
    }
}

impl<S: StreamRef> Drop for Receiver<S> {
    #[inline]
    fn drop(&mut self) {
        // A waker may panic; the other one is dropped all the same. Then the consumer drops the tokens that are left,
        // which must come last (W1 of `Waking`), and gives up the ring.
        let _withdraw = Defer(|| self.shared().receiver.leave());
        self.consumer.mark_closed();
        self.wake_sender();
    }
}

half_debug!(Receiver);

impl<S: StreamRef> fmt::Debug for Tokens<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("len", &self.drain.len()).finish()
    }
}
