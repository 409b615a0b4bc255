//! Halves that block the thread: the futures of `futures.rs`, polled by a thread that parks in between.

use super::futures::opaque_debug;
use super::{Receiver, Sender, Token};
use crate::error::{Cancelled, End, RecvError, SendError, TextError};
use crate::wait::{Wake, park};
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

impl<T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize>
    Sender<'_, T, STREAMS, DEPTH, Wake<WAITERS>>
{
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
    pub fn send_blocking(&mut self, token: T) -> Result<(), Cancelled<T>> {
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
    pub fn send_timeout(&mut self, token: T, timeout: Duration) -> Result<(), SendError<T>> {
        self.send_within(token, Some(timeout))
    }

    /// `Full` without a timeout means: again.
    #[inline]
    fn send_within(&mut self, token: T, timeout: Option<Duration>) -> Result<(), SendError<T>> {
        match self.try_send(token) {
            Err(SendError::Full(token)) => self.wait_for_room(token, timeout),
            sent => sent,
        }
    }

    #[inline(never)] // What waits may cost a call; what does not wait stays small.
    fn wait_for_room(&mut self, token: T, timeout: Option<Duration>) -> Result<(), SendError<T>> {
        // Whatever came of it: the token says.
        let _ = block_on(timeout, self.ready());
        self.try_send(token)
    }
}

impl<const STREAMS: usize, const DEPTH: usize, const CAP: usize, const WAITERS: usize>
    Sender<'_, Token<CAP>, STREAMS, DEPTH, Wake<WAITERS>>
{
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

impl<'a, T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize>
    Receiver<'a, T, STREAMS, DEPTH, Wake<WAITERS>>
{
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
    /// use forebay::{End, StreamPool, Wake};
    ///
    /// static STREAMS: StreamPool<u32, 1, 20, Wake> = StreamPool::new();
    /// let (mut sender, mut receiver) = STREAMS.open()?;
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
    pub fn recv_blocking(&mut self) -> Result<T, End> {
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
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<T, RecvError> {
        self.recv_within(Some(timeout))
    }

    /// `Empty` without a timeout means: again.
    #[inline]
    fn recv_within(&mut self, timeout: Option<Duration>) -> Result<T, RecvError> {
        match self.try_recv() {
            Err(RecvError::Empty) => self.wait_for_token(timeout),
            answer => answer,
        }
    }

    #[inline(never)] // What waits may cost a call; what does not wait stays small.
    fn wait_for_token(&mut self, timeout: Option<Duration>) -> Result<T, RecvError> {
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
    /// use forebay::{End, StreamPool, Wake};
    ///
    /// static STREAMS: StreamPool<u32, 1, 20, Wake> = StreamPool::new();
    /// let (mut sender, mut receiver) = STREAMS.open()?;
    /// sender.try_send(1).unwrap();
    /// drop(sender); // without a word
    /// let mut tokens = receiver.iter();
    /// assert_eq!(tokens.next(), Some(Ok(1)));
    /// assert_eq!(tokens.next(), Some(Err(End::Aborted)));
    /// assert_eq!(tokens.next(), None);
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    pub fn iter(&mut self) -> Iter<'_, 'a, T, STREAMS, DEPTH, WAITERS> {
        Iter(self)
    }

    fn next_blocking(&mut self) -> Option<Result<T, End>> {
        if self.told {
            return None;
        }
        let received = self.recv_blocking();
        self.item(received)
    }
}

/// What [`Receiver::iter`] returns.
pub struct Iter<'h, 'a, T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize>(
    &'h mut Receiver<'a, T, STREAMS, DEPTH, Wake<WAITERS>>,
);

/// A receiver as an iterator that blocks. As [`Receiver::iter`]; dropped, it cancels the stream.
pub struct IntoIter<'a, T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize>(
    Receiver<'a, T, STREAMS, DEPTH, Wake<WAITERS>>,
);

opaque_debug!(Iter);

impl<T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize> fmt::Debug
    for IntoIter<'_, T, STREAMS, DEPTH, WAITERS>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IntoIter(..)")
    }
}

impl<T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize> Iterator
    for Iter<'_, '_, T, STREAMS, DEPTH, WAITERS>
{
    type Item = Result<T, End>;

    fn next(&mut self) -> Option<Result<T, End>> {
        self.0.next_blocking()
    }
}

impl<T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize> Iterator
    for IntoIter<'_, T, STREAMS, DEPTH, WAITERS>
{
    type Item = Result<T, End>;

    fn next(&mut self) -> Option<Result<T, End>> {
        self.0.next_blocking()
    }
}

impl<T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize> FusedIterator
    for Iter<'_, '_, T, STREAMS, DEPTH, WAITERS>
{
}

impl<T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize> FusedIterator
    for IntoIter<'_, T, STREAMS, DEPTH, WAITERS>
{
}

impl<'h, 'a, T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize> IntoIterator
    for &'h mut Receiver<'a, T, STREAMS, DEPTH, Wake<WAITERS>>
{
    type Item = Result<T, End>;
    type IntoIter = Iter<'h, 'a, T, STREAMS, DEPTH, WAITERS>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, T, const STREAMS: usize, const DEPTH: usize, const WAITERS: usize> IntoIterator
    for Receiver<'a, T, STREAMS, DEPTH, Wake<WAITERS>>
{
    type Item = Result<T, End>;
    type IntoIter = IntoIter<'a, T, STREAMS, DEPTH, WAITERS>;

    fn into_iter(self) -> Self::IntoIter {
        IntoIter(self)
    }
}
