//! Halves that block the thread: the futures of `futures.rs`, polled by a thread that parks in between.

use super::futures::opaque_debug;
use super::{Halves, Receiver, Sender, StreamPool, StreamRef, Token, halves};
use crate::error::{Cancelled, End, RecvError, SendError, TextError, TooManyWaiters, WaitError};
use crate::wait::{CanWait, Notify, Wakes, park};
use core::fmt;
use core::future::Future;
use core::iter::FusedIterator;
use core::pin::Pin;
use std::time::Duration;

/// What `future` gives, or `None` if it is not done in time; then it has withdrawn.
fn block_on<F: Future + Unpin>(timeout: Option<Duration>, mut future: F) -> Option<F::Output> {
    let deadline = timeout.and_then(park::deadline);
    park::wait(deadline, |cx| Pin::new(&mut future).poll(cx))
}

impl<T, const STREAMS: usize, const DEPTH: usize, W> StreamPool<T, STREAMS, DEPTH, W>
where
    W: Notify<Open: CanWait>,
{
    /// Opens a stream, and parks the thread until there is a free ring. As
    /// [`Pool::get_blocking`](crate::Pool::get_blocking).
    ///
    /// # Errors
    /// [`TooManyWaiters`], as [`open`](Self::open).
    pub fn open_blocking(&self) -> Result<Halves<&Self>, TooManyWaiters> {
        self.rings.get_blocking().map(halves)
    }

    /// Opens a stream, and parks the thread until there is a free ring, but no longer than `timeout`. As
    /// [`Pool::get_timeout`](crate::Pool::get_timeout).
    ///
    /// # Errors
    /// [`WaitError`]: the time is up, or there are too many who wait.
    pub fn open_timeout(&self, timeout: Duration) -> Result<Halves<&Self>, WaitError> {
        self.rings.get_timeout(timeout).map(halves)
    }
}

impl<S: StreamRef<Wait: Wakes>> Sender<S> {
    /// Sends `token`, parking the thread while the stream is full.
    ///
    /// # Errors
    /// [`Cancelled`] with the token, when the receiver left.
    ///
    /// # Context
    /// Blocking: for threads. It waits for the receiver alone, and without spinning. `thread::park`'s token is
    /// shared with all else in the thread, so a `park` of yours may return early.
    ///
    /// # Cost
    /// That of [`try_send`](Self::try_send) while there is room. Where a thread waits for the first time, it
    /// allocates its waker.
    pub fn send_blocking(&mut self, token: S::Token) -> Result<(), Cancelled<S::Token>> {
        let mut unsent = token;
        loop {
            match self.send_within(unsent, None) {
                Ok(()) => return Ok(()),
                Err(SendError::Cancelled(token)) => return Err(Cancelled(token)),
                Err(SendError::Full(token)) => unsent = token,
            }
        }
    }

    /// Sends `token`, parking the thread while the stream is full, but no longer than `timeout`.
    ///
    /// # Errors
    /// [`SendError`] with the token: `Full` when the time is up, `Cancelled` when the receiver left.
    ///
    /// # Context and cost
    /// As [`send_blocking`](Self::send_blocking). A timeout too far away to be a time waits for ever.
    pub fn send_timeout(
        &mut self,
        token: S::Token,
        timeout: Duration,
    ) -> Result<(), SendError<S::Token>> {
        self.send_within(token, Some(timeout))
    }

    /// `Full` without a timeout means: again.
    #[inline]
    fn send_within(
        &mut self,
        token: S::Token,
        timeout: Option<Duration>,
    ) -> Result<(), SendError<S::Token>> {
        match self.try_send(token) {
            Err(SendError::Full(token)) => self.wait_for_room(token, timeout),
            sent => sent,
        }
    }

    #[inline(never)] // What waits may cost a call; what does not wait stays small.
    fn wait_for_room(
        &mut self,
        token: S::Token,
        timeout: Option<Duration>,
    ) -> Result<(), SendError<S::Token>> {
        // Whatever came of it: the token says.
        let _ = block_on(timeout, self.ready());
        self.try_send(token)
    }
}

impl<S: StreamRef<Token = Token<CAP>, Wait: Wakes>, const CAP: usize> Sender<S> {
    /// Sends all of `text`, split over as many tokens as it needs, at character boundaries, parking the thread
    /// while the stream is full.
    ///
    /// # Errors
    /// [`TextError`], when the receiver left; it says how much was sent before.
    ///
    /// # Context and cost
    /// As [`send_blocking`](Self::send_blocking), for each token.
    pub fn send_text_blocking(&mut self, text: &str) -> Result<(), TextError> {
        let mut rest = text;
        while let Some((token, behind)) = Token::split_from(rest) {
            let sent = text.len() - rest.len();
            self.send_blocking(token).map_err(|_| TextError { sent, cancelled: true })?;
            rest = behind;
        }
        Ok(())
    }
}

impl<S: StreamRef<Wait: Wakes>> Receiver<S> {
    /// The next token, parking the thread while there is none.
    ///
    /// # Errors
    /// The [`End`], when every token was received.
    ///
    /// # Context
    /// Blocking: for threads. It waits for the sender alone, and without spinning. `thread::park`'s token is
    /// shared with all else in the thread, so a `park` of yours may return early.
    ///
    /// # Cost
    /// That of [`try_recv`](Self::try_recv) while there are tokens. Where a thread waits for the first time,
    /// it allocates its waker.
    ///
    /// # Examples
    /// ```
    /// use forebay::{End, StreamPool, Waking};
    ///
    /// static STREAMS: StreamPool<u32, 1, 20, Waking> = StreamPool::new();
    /// let (mut sender, mut receiver) = STREAMS.try_open()?;
    /// let model = std::thread::spawn(move || {
    ///     (0..100).for_each(|n| sender.send_blocking(n).unwrap());
    ///     sender.close();
    /// });
    /// for n in 0..100 {
    ///     assert_eq!(receiver.recv_blocking(), Ok(n));
    /// }
    /// assert_eq!(receiver.recv_blocking(), Err(End::Finished));
    /// # model.join().unwrap();
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    pub fn recv_blocking(&mut self) -> Result<S::Token, End> {
        loop {
            match self.recv_within(None) {
                Ok(token) => return Ok(token),
                Err(RecvError::Ended(end)) => return Err(end),
                Err(RecvError::Empty) => {}
            }
        }
    }

    /// The next token, parking the thread while there is none, but no longer than `timeout`.
    ///
    /// # Errors
    /// [`RecvError`]: `Empty` when the time is up.
    ///
    /// # Context and cost
    /// As [`recv_blocking`](Self::recv_blocking). A timeout too far away to be a time waits for ever.
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<S::Token, RecvError> {
        self.recv_within(Some(timeout))
    }

    /// `Empty` without a timeout means: again.
    #[inline]
    fn recv_within(&mut self, timeout: Option<Duration>) -> Result<S::Token, RecvError> {
        match self.try_recv() {
            Err(RecvError::Empty) => self.wait_for_token(timeout),
            answer => answer,
        }
    }

    #[inline(never)] // What waits may cost a call; what does not wait stays small.
    fn wait_for_token(&mut self, timeout: Option<Duration>) -> Result<S::Token, RecvError> {
        match block_on(timeout, self.recv()) {
            Some(answer) => answer.map_err(RecvError::Ended),
            None => Err(RecvError::Empty),
        }
    }

    /// Waits until `count` tokens (`DEPTH`, if that is less) are there or the stream ended, parking the
    /// thread, but no longer than `timeout`, and says how many are there. See [`ready`](Self::ready).
    ///
    /// # Context and cost
    /// As [`recv_timeout`](Self::recv_timeout), but it takes nothing.
    pub fn ready_timeout(&mut self, count: usize, timeout: Duration) -> usize {
        let there = block_on(Some(timeout), self.ready(count));
        there.unwrap_or_else(|| self.len())
    }

    /// The tokens to come, as `Ok`, parking the thread while there is none; then the end as one `Err`, unless
    /// it is [`End::Finished`]; then `None`, for ever.
    ///
    /// # Context and cost
    /// As [`recv_blocking`](Self::recv_blocking), for each.
    ///
    /// # Examples
    /// ```
    /// use forebay::{End, StreamPool, Waking};
    ///
    /// static STREAMS: StreamPool<u32, 1, 20, Waking> = StreamPool::new();
    /// let (mut sender, mut receiver) = STREAMS.try_open()?;
    /// sender.try_send(1).unwrap();
    /// drop(sender); // without a word
    /// let mut tokens = receiver.iter();
    /// assert_eq!(tokens.next(), Some(Ok(1)));
    /// assert_eq!(tokens.next(), Some(Err(End::Aborted)));
    /// assert_eq!(tokens.next(), None);
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    pub fn iter(&mut self) -> Iter<'_, S> {
        Iter(self)
    }

    fn next_blocking(&mut self) -> Option<Result<S::Token, End>> {
        if self.end_reported {
            return None;
        }
        let received = self.recv_blocking();
        self.item(received)
    }
}

/// What [`Receiver::iter`] returns.
pub struct Iter<'h, S: StreamRef<Wait: Wakes>>(&'h mut Receiver<S>);

/// A receiver as an iterator that blocks. As [`Receiver::iter`]; dropped, it cancels the stream.
pub struct IntoIter<S: StreamRef<Wait: Wakes>>(Receiver<S>);

opaque_debug!(Iter);

impl<S: StreamRef<Wait: Wakes>> fmt::Debug for IntoIter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IntoIter(..)")
    }
}

impl<S: StreamRef<Wait: Wakes>> Iterator for Iter<'_, S> {
    type Item = Result<S::Token, End>;

    fn next(&mut self) -> Option<Result<S::Token, End>> {
        self.0.next_blocking()
    }
}

impl<S: StreamRef<Wait: Wakes>> Iterator for IntoIter<S> {
    type Item = Result<S::Token, End>;

    fn next(&mut self) -> Option<Result<S::Token, End>> {
        self.0.next_blocking()
    }
}

impl<S: StreamRef<Wait: Wakes>> FusedIterator for Iter<'_, S> {}

impl<S: StreamRef<Wait: Wakes>> FusedIterator for IntoIter<S> {}

impl<'h, S: StreamRef<Wait: Wakes>> IntoIterator for &'h mut Receiver<S> {
    type Item = Result<S::Token, End>;
    type IntoIter = Iter<'h, S>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<S: StreamRef<Wait: Wakes>> IntoIterator for Receiver<S> {
    type Item = Result<S::Token, End>;
    type IntoIter = IntoIter<S>;

    fn into_iter(self) -> Self::IntoIter {
        IntoIter(self)
    }
}
