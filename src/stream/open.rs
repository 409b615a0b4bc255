//! Waiting for a free ring.

use super::rings::{Channel, Reopen, Rings};
use super::{Halves, StreamPool, halves};
use crate::error::TooManyWaiters;
use crate::pool::futures::GetFuture;
use crate::wait::{CanWait, Notify};
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

impl<T, const STREAMS: usize, const DEPTH: usize, W> StreamPool<T, STREAMS, DEPTH, W>
where
    W: Notify<Open: CanWait>,
{
    /// Opens a stream, and waits for a free ring if there is none: first come, first served. As
    /// [`Pool::get`](crate::Pool::get), where fairness, cancellation and cost are told.
    ///
    /// # Errors
    /// [`TooManyWaiters`], when there is no ring and no seat to wait in: `K` of [`Waking<K>`](crate::Waking).
    ///
    /// # Examples
    /// ```
    /// use forebay::{StreamPool, Token, Waking};
    ///
    /// static STREAMS: StreamPool<Token, 64, 20, Waking<16>> = StreamPool::new();
    ///
    /// async fn answer() -> Result<(), forebay::TooManyWaiters> {
    ///     let (sender, receiver) = STREAMS.open().await?;
    ///     # drop((sender, receiver));
    ///     Ok(())
    /// }
    /// # use std::{future::Future, pin::pin, task::{Context, Waker}};
    /// # assert!(pin!(answer()).as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    /// ```
    pub fn open(&self) -> OpenFuture<'_, T, STREAMS, DEPTH, W> {
        OpenFuture(self.rings.get())
    }
}

/// As those of [`Pool`].
impl<T, const STREAMS: usize, const DEPTH: usize, W> StreamPool<T, STREAMS, DEPTH, W>
where
    W: Notify<Open: CanWait>,
{
    pub(crate) fn lock_order(&self) -> usize {
        self.rings.lock_order()
    }

    pub(crate) const fn max_parts() -> usize {
        Rings::<T, STREAMS, DEPTH, W>::max_parts(false)
    }

    #[cfg(feature = "std")]
    pub(crate) fn timed_out(&self) -> crate::error::Exhausted {
        self.rings.timed_out()
    }
}

/// The future of [`StreamPool::open`].
#[must_use = "it does not wait until it is polled"]
pub struct OpenFuture<'p, T, const STREAMS: usize, const DEPTH: usize, W: Notify<Open: CanWait>>(
    GetFuture<'p, Channel<T, DEPTH, W>, STREAMS, Reopen, W::Open>,
);

impl<'p, T, const STREAMS: usize, const DEPTH: usize, W: Notify<Open: CanWait>> Future
    for OpenFuture<'p, T, STREAMS, DEPTH, W>
{
    type Output = Result<Halves<&'p StreamPool<T, STREAMS, DEPTH, W>>, TooManyWaiters>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll(context)).map(halves))
    }
}

impl<T, const STREAMS: usize, const DEPTH: usize, W: Notify<Open: CanWait>> fmt::Debug
    for OpenFuture<'_, T, STREAMS, DEPTH, W>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OpenFuture").field(&self.0).finish()
    }
}
