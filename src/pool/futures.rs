//! Waiting for a free object: futures, and threads that poll them.

use super::{Lease, Pool};
use crate::error::TooManyWaiters;
use crate::free::waiters::{Queue, Seats};
use crate::free::{Free, One};
use crate::reset::Policy;
use crate::sync::seeded;
use crate::wait::{CanWait, WaitPolicy};
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

impl<T, const N: usize, P, W: WaitPolicy> Pool<T, N, P, W> {
    /// Lends a free object, and waits for one if there is none.
    ///
    /// First come, first served: an object that comes back while somebody waits is handed to the first who does,
    /// and [`try_get`](Self::try_get) does not overtake. Dropped, the future leaks nothing: an object that it was
    /// handed already goes to the next. Forgotten (`mem::forget`) while it waits, it keeps its seat, and
    /// the object it is handed.
    ///
    /// An object is handed over when it comes back, not when the future is polled next. So do not let a task wait for the
    /// same pool while one of its `get`s is not polled any more: if that one was served, its object does not move on, and
    /// the task waits for ever. Drop the future first, or poll both, for example with `join` or `select`.
    ///
    /// # Errors
    /// [`TooManyWaiters`], when there is no object and no seat to wait in: `K` of [`Waking<K>`](crate::Waking).
    ///
    /// # Panics
    /// A poll does as the policy's `make` does; a slot that was handed over vacant goes to the next then. The wake-up comes from
    /// whoever puts an object, which may be an interrupt handler; if the waker panics, it does so there, and the object is the
    /// waiter's all the same.
    ///
    /// # Examples
    /// ```
    /// # #[cfg(feature = "std")] {
    /// use forebay::{DefaultReset, Pool, Waking};
    ///
    /// static JOBS: Pool<[u8; 32], 1, DefaultReset, Waking<4>> = Pool::with_waiting(DefaultReset);
    ///
    /// async fn work() -> Result<(), forebay::TooManyWaiters> {
    ///     let mut job = JOBS.get().await?; // waits while the only one is out
    ///     job[0] = 1;
    ///     Ok(())
    /// }
    /// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    /// # assert!(std::pin::pin!(work()).as_mut().poll(&mut context).is_ready());
    /// # }
    /// ```
    pub fn get(&self) -> GetFuture<'_, T, N, P, W>
    where
        P: Policy<T>,
        W: CanWait, // Here, so that a pool without such a policy is told which.
    {
        GetFuture { pool: self, seat: None, privileged: false }
    }
}

impl<T, const N: usize, P: Policy<T>, W: CanWait> Pool<T, N, P, W> {
    /// [`get`](Self::get) for callers that may have the reserved objects too. See
    /// [`Headroom`](crate::Headroom).
    ///
    /// A reserved object goes to the first who waits here; any other to the first who waits at all, so that
    /// nobody's turn is taken.
    ///
    /// # Errors
    /// [`TooManyWaiters`], as `get`. No seat is needed while a reserved object is free.
    pub fn get_reserved(&self) -> GetFuture<'_, T, N, P, W> {
        GetFuture { pool: self, seat: None, privileged: true }
    }
}

/// What callers that gather objects of several pools ask.
impl<T, const N: usize, P: Policy<T>, W: CanWait> Pool<T, N, P, W> {
    /// The place that the pool has among all pools, as long as it does not move. No two have the same, also where
    /// one is in an object of another: the counters are in neither's objects.
    pub(crate) fn lock_order(&self) -> usize {
        core::ptr::from_ref(&self.counters).addr()
    }

    /// How many objects each of those that wait may want, so that they are served whatever the others want: with
    /// `SEATS` of them that lack one each, at least one object more must be with somebody else.
    pub(crate) const fn max_parts(privileged: bool) -> usize {
        let reserved = if privileged { 0 } else { <W::Queue as Queue>::HEADROOM };
        // At least 1, which each of the policies checks when it is compiled.
        let in_reach = N.saturating_sub(reserved);
        match <W::Queue as Seats>::SEATS {
            0 => in_reach,
            seats => 1 + in_reach.saturating_sub(1) / seats,
        }
    }

    /// What is said, and counted, when waiting was in vain.
    #[cfg(feature = "std")]
    pub(crate) fn timed_out(&self) -> crate::error::Exhausted {
        self.exhausted()
    }
}

/// The future of [`Pool::get`] and [`Pool::get_reserved`].
#[must_use = "it does not wait until it is polled"]
pub struct GetFuture<'p, T, const N: usize, P: Policy<T>, W: CanWait> {
    pool: &'p Pool<T, N, P, W>,
    /// Where it waits.
    seat: Option<usize>,
    privileged: bool,
}

impl<'p, T, const N: usize, P: Policy<T>, W: CanWait> GetFuture<'p, T, N, P, W> {
    /// A slot that was claimed becomes a lease.
    fn take(&self, one: <W::Free<N> as Free>::One) -> Lease<&'p Pool<T, N, P, W>> {
        Lease::new(self.pool, self.pool.ready(one))
    }

    /// A slot that was handed over becomes a lease.
    fn lend(&self, slot: usize) -> Lease<&'p Pool<T, N, P, W>> {
        self.pool.free.count(slot);
        self.take(One::new(slot))
    }

    /// Stops waiting.
    #[cfg(feature = "std")]
    pub(super) fn give_up(&mut self) -> Option<Lease<&'p Pool<T, N, P, W>>> {
        let (slot, waker) = self.pool.free.queue().leave(self.seat.take()?);
        let lease = slot.map(|slot| self.lend(slot));
        drop(waker);
        lease
    }
}

impl<'p, T, const N: usize, P: Policy<T>, W: CanWait> Future for GetFuture<'p, T, N, P, W> {
    type Output = Result<Lease<&'p Pool<T, N, P, W>>, TooManyWaiters>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let free = &self.pool.free;
        let queue = free.queue();
        let seat = match self.seat {
            Some(seat) => seat,
            None => {
                // Behind those that wait already.
                if !queue.is_waited() || seeded!("get_overtakes", true, false) {
                    if let Some(slot) = free.claim(self.privileged) {
                        return Poll::Ready(Ok(self.take(slot)));
                    }
                }
                // What our lane keeps to itself is for them, too.
                free.flush_here();
                let Some((seat, left_over)) = queue.join(context.waker(), self.privileged) else {
                    // Those who sit may be callers that a reserved object is not for.
                    let may_have = self.privileged && !seeded!("no_seat_no_object", true, false);
                    let slot = if may_have { free.claim(true) } else { None };
                    return Poll::Ready(slot.map(|slot| self.take(slot)).ok_or_else(|| {
                        self.pool.exhausted();
                        TooManyWaiters
                    }));
                };
                self.seat = Some(seat);
                // What came back before we sat down goes to the first who waits, perhaps to us.
                if !seeded!("join_without_settle", true, false) {
                    self.pool.free.settle_in();
                }
                drop(left_over);
                seat
            }
        };
        match self.pool.free.queue().granted(seat, context.waker()) {
            Some(slot) => {
                self.seat = None;
                Poll::Ready(Ok(self.lend(slot)))
            }
            None => Poll::Pending,
        }
    }
}

impl<T, const N: usize, P: Policy<T>, W: CanWait> Drop for GetFuture<'_, T, N, P, W> {
    fn drop(&mut self) {
        // The slot that it was handed goes to the next, or is free.
        let Some(seat) = self.seat.take() else { return };
        let (slot, _waker) = self.pool.free.queue().leave(seat);
        if seeded!("dropped_get_keeps_slot", true, false) {
            return;
        }
        if let Some(slot) = slot {
            self.pool.free.put_aside(slot);
        }
    }
}

impl<T, const N: usize, P: Policy<T>, W: CanWait> fmt::Debug for GetFuture<'_, T, N, P, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GetFuture").field("waits", &self.seat.is_some()).finish_non_exhaustive()
    }
}
