//! The writing half of a stream: [`Sender`].

use super::rings::{FAILED, FINISHED, StreamState};
use super::{StreamId, StreamRef, Token, half_debug};
use crate::defer::Defer;
use crate::error::{PushError, SendError, TextError};
use crate::ring::{Producer, RingRef};
use crate::sync::{Ordering::Relaxed, seeded};
use crate::wait::Notify;
use core::{fmt, mem};

/// The writing half of a stream. Dropped without [`close`](Self::close) or [`fail`](Self::fail), also by a panic,
/// it ends the stream as [`End::Aborted`](crate::End::Aborted).
///
/// A stream has one sender, so there is no `Clone`. For several producers, share the sender in a `Mutex`, or open a
/// stream for each producer.
///
/// Unless it says otherwise, a method is wait-free, may be called in an interrupt handler, and costs one
/// load of a shared word. With [`Waking`](crate::Waking) a change costs a compare-exchange and, when the other half
/// waits, a wake-up: then a method may be called where that waker may.
pub struct Sender<S: StreamRef> {
    pub(super) producer: Producer<S::Ring>,
    /// The token of a `send` that is not done.
    #[cfg_attr(not(any(feature = "std", feature = "async")), expect(dead_code))]
    pub(super) unsent: <S::Wait as Notify>::Unsent<S::Token>,
}

impl<S: StreamRef> Sender<S> {
    /// Sends `token`, or says at once why not.
    ///
    /// # Errors
    /// [`SendError::Full`] or [`SendError::Cancelled`], with the token.
    ///
    /// # Context
    /// Wait-free with [`Polling`](crate::Polling); callable in an interrupt handler.
    ///
    /// # Cost
    /// That of [`Producer::push`], and the waiting policy's.
    ///
    /// # Examples
    /// ```
    /// use forebay::{SendError, StreamPool};
    ///
    /// static STREAMS: StreamPool<u32, 1, 2> = StreamPool::new();
    /// let (mut sender, mut receiver) = STREAMS.try_open()?;
    /// sender.try_send(1).unwrap();
    /// sender.try_send(2).unwrap();
    /// assert_eq!(sender.try_send(3), Err(SendError::Full(3)));
    /// receiver.cancel();
    /// assert_eq!(sender.try_send(3), Err(SendError::Cancelled(3)));
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    #[inline]
    pub fn try_send(&mut self, token: S::Token) -> Result<(), SendError<S::Token>> {
        let sent = self.producer.push(token).map_err(|refused| match refused {
            PushError::Full(token) => SendError::Full(token),
            PushError::Closed(token) => SendError::Cancelled(token),
        });
        if mem::needs_drop::<S::Token>() && matches!(sent, Err(SendError::Cancelled(_))) {
            self.producer.sweep();
        }
        sent?;
        let has_left = !seeded!("send_without_wake", true, false)
            && self.shared().receiver.notify(|| self.producer.len());
        // A receiver that left before `notify` has not seen the token, and will not drop it.
        if mem::needs_drop::<S::Token>() && has_left && !seeded!("sent_to_nobody", true, false) {
            self.producer.sweep();
        }
        Ok(())
    }

    /// Ends the stream: all was sent. The receiver gets every token and then [`End::Finished`](crate::End::Finished).
    #[doc(alias = "finish")]
    pub fn close(mut self) {
        self.end(FINISHED);
    }

    /// Ends the stream with an error of yours. The receiver gets every token and then
    /// [`End::Failed`](crate::End::Failed) with `code`.
    ///
    /// # Examples
    /// ```
    /// use forebay::{End, RecvError, StreamPool};
    ///
    /// static STREAMS: StreamPool<u32, 1> = StreamPool::new();
    /// let (sender, mut receiver) = STREAMS.try_open()?;
    /// sender.fail(503);
    /// assert_eq!(receiver.try_recv(), Err(RecvError::Ended(End::Failed(503))));
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    pub fn fail(mut self, code: u16) {
        self.end(FAILED | (usize::from(code) << 8));
    }

    /// Whether the receiver left, or this half was closed as a `Sink`: no token will be taken. Once `true`, it
    /// stays so.
    #[inline]
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.producer.is_closed()
    }

    /// Tokens in the stream that were not received. May be fewer at once.
    #[must_use]
    pub fn len(&self) -> usize {
        self.producer.len()
    }

    /// Whether everything sent was received. If so, it stays so until the next token is sent. It says nothing once the
    /// receiver has left, which drops what it has not received: see [`is_cancelled`](Self::is_cancelled).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.producer.is_empty()
    }

    /// Which stream this is.
    #[must_use]
    pub fn id(&self) -> StreamId {
        S::id(self.producer.handle())
    }

    pub(super) fn end(&mut self, how: usize) {
        // What was said when this half was closed as a `Sink` stays.
        let said = self.is_cancelled() && self.shared().end.load(Relaxed) != 0;
        if said && !seeded!("end_said_twice", true, false) {
            return;
        }
        if seeded!("end_after_close", true, false) {
            self.producer.mark_closed();
        }
        // Relaxed: `mark_closed`, called next or by the drop that follows, releases it.
        self.shared().end.store(how, Relaxed);
    }

    /// Tells the end that was said before, or `Aborted`, and wakes the receiver.
    #[inline]
    pub(super) fn leave(&self) {
        self.producer.mark_closed();
        if !seeded!("leave_without_wake", true, false) {
            self.shared().receiver.ended();
        }
    }

    pub(super) fn shared(&self) -> &StreamState<S::Wait> {
        self.producer.handle().parts().1
    }
}

impl<S: StreamRef<Token = Token<CAP>>, const CAP: usize> Sender<S> {
    /// Sends `text`, split over as many tokens as it needs, at character boundaries; as much of it as
    /// there is room for. No byte is lost or sent twice, and the order stays.
    ///
    /// # Cost
    /// That of [`try_send`](Self::try_send) for each token.
    ///
    /// # Errors
    /// [`TextError`], which says how much was sent and why not all: send `&text[error.sent()..]` later.
    ///
    /// # Examples
    /// ```
    /// use forebay::{StreamPool, Token};
    ///
    /// static STREAMS: StreamPool<Token<4>, 1, 2> = StreamPool::new();
    /// let (mut sender, mut receiver) = STREAMS.try_open()?;
    /// let text = "aé€𝄞"; // 1 + 2 + 3 + 4 bytes
    /// let error = sender.try_send_text(text).unwrap_err();
    /// assert_eq!(receiver.try_recv().unwrap(), "aé");
    /// assert_eq!(receiver.try_recv().unwrap(), "€");
    /// assert_eq!(&text[error.sent()..], "𝄞");
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    pub fn try_send_text(&mut self, text: &str) -> Result<(), TextError> {
        let mut rest = text;
        while let Some((token, behind)) = Token::split_from(rest) {
            self.try_send(token).map_err(|refused| TextError {
                sent: text.len() - rest.len(),
                cancelled: matches!(refused, SendError::Cancelled(_)),
            })?;
            rest = behind;
        }
        Ok(())
    }
}

impl<S: StreamRef> Drop for Sender<S> {
    #[inline]
    fn drop(&mut self) {
        // A waker may panic; the other one is dropped all the same. Then the producer gives up the ring.
        let _withdraw = Defer(|| self.shared().sender.leave());
        self.leave();
    }
}

// A token that is kept is moved, and never pinned.
impl<S: StreamRef> Unpin for Sender<S> {}

half_debug!(Sender);
