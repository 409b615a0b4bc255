//! Waiting by waker: one way for tasks and threads.
//!
//! The waiter announces what it waits for and then looks once more; the other half makes its change and then
//! looks for a waiter. Both do so by read-modify-writes of one word, `mark`, so one comes first:
//!
//! | waiter | other half |
//! |---|---|
//! | `waker.register` | change (`tail.store`, `head.store`, …) |
//! | W0: `mark.swap(count)` | N0: exchange the mark for itself, be it 0 or a count for which there is not enough |
//! | look for the change | or, if there is enough, N1: exchange it for 0, `waker.wake` |
//!
//! | edge | release site | acquire site | makes visible | model |
//! |---|---|---|---|---|
//! | N0→W0 | `notify`: the exchange succeeds | `announce`: `mark.swap` | the change | `stream::send_vs_recv_waiting` |
//! | W0→N0 | `announce`: `mark.swap` | `notify`: the exchange fails | what the waiter took before, so that `ready` is exact | none: it may be too much |
//! | W0→N1, N1→W0 | `announce`: `mark.swap` | `notify`: the exchange for 0, and the other way | the waker registered; the change | none: C0→C1 of the place orders both, too |
//! | N0→W1 | `notify`: the exchange succeeds | `leave`: `mark.swap` | the change before: what the receiver that leaves must drop | `stream::receiver_leaves_vs_send` |
//! | W1→N0 | `leave`: `mark.swap` | `notify`: the exchange succeeds, or fails | that the receiver has left | `stream::receiver_leaves_vs_send` |
//!
//! If N0 comes first, W0 reads what N0 released, or a later write, and the look behind W0 sees the change. If
//! W0 comes first, N0 finds the mark. For the first case every write of `mark` has to be a
//! read-modify-write, which continues N0's release sequence: a plain store, also one by the waiter itself,
//! would end it (`stream::dropped_recv_loses_nothing`). For the second, N0 has to be one too, also where the mark
//! stays: an exchange that fails is a load, which publishes nothing, and may read the past, such as a mark for more than
//! the waiter waits for by now (`stream::watermark_lowered`). And it must not be one
//! that changes nothing by its kind, such as `fetch_or(0)`: compilers turn those into a fence and a load.
//!
//! Between the look for a mark and the exchange the waiter may have withdrawn, waited anew and for more, or left. Then the
//! exchange fails, and what is there now counts (`stream::watermark_raised`, `stream::receiver_leaves_vs_send`).

use super::{Notify, WaitPolicy, sealed};
use crate::free::slot_set::SlotSet;
use crate::free::waiters::Waiters;
use crate::sync::pad::DefaultPadding;
use crate::sync::waker::WakerCell;
use crate::sync::{
    Ordering::{AcqRel, Relaxed},
    orderings, rmw, seeded,
};
use core::fmt;
use core::task::Waker;

orderings! {
    /// W0 (pairs with N0 and N1): the change before N0 is seen by the look that follows, and the waker by the half that
    /// takes the mark.
    announce = seeded!("announce_unordered", Relaxed, AcqRel);
    /// W1 (pairs with N0): changes before N0 are seen by the half that leaves, or it is seen to have left.
    leave = seeded!("leave_unordered", Relaxed, AcqRel);
    /// N0 (pairs with W0 and W1): the change before is seen by a half that waits, or leaves, after.
    notify = seeded!("notify_unordered", Relaxed, Release);
    /// N0 (pairs with W0 and W1) where there is a mark: the items that the waiter took before are not counted.
    find_mark = seeded!("notify_unordered", Relaxed, Acquire);
    /// N1 (pairs with W0): the waker of the mark is registered, and a wait that is announced later sees the change.
    take_mark = AcqRel;
    /// N0 (pairs with W0 and W1) where the mark is another one now.
    meet_mark = Acquire;
}

/// Halves wait as tasks or as threads, each as it likes: `send`, `recv` and `ready` are futures, and with `std`
/// there are blocking twins. With `async`, a sender is a `Sink` and a receiver a `Stream`.
///
/// As the waiting policy of a [`Pool`](crate::Pool) it gives callers `get().await` and blocking twins. `WAITERS` is how
/// many can wait for an object, or for a free ring, at once.
///
/// # Context
/// `try_send`, `try_recv` and the futures are lock-free, for any executor, with and without `std`. They wake
/// the other half's task where they are called, so they are as good in an interrupt handler as its waker
/// is: those of embassy and rtic are, those of threads and tokio are not. The same goes for whoever puts an object
/// of a pool, which is lock-free while somebody waits.
///
/// A task that is polled while it is being woken may be polled again until that is done, a few instructions later. So on
/// one core, a half that is also polled for other reasons must not preempt the half that wakes it for good: poll it at
/// the priority of the other half or below, or let both be woken from interrupts.
///
/// The futures take no part in tokio's cooperative budget: a task that always finds a token, or room, is not made to
/// yield. Bound what it does in one go.
///
/// # Cost
/// One compare-exchange for each change of a stream while nobody waits, a fence and two loads for each object put;
/// O(`WAITERS`) for an object that somebody waits for. A wake-up is what the waker's executor makes of it, a
/// system call for a thread. Nothing is allocated, but a waker for each thread where it blocks for the first
/// time: let it wait for a duration of zero before, if that must not come later.
///
/// # Source
/// The crate atomic-waker, whose `AtomicWaker` has the same states; the mark saves it a wake-up that is too early.
pub struct Waking<const WAITERS: usize = 8> {
    /// Cache lines of its own: the other half writes the mark with each change, and must not wait for a line that
    /// this half writes, too.
    _lines: [DefaultPadding; 0],
    /// 0: nobody waits. [`LEFT`]: nobody will. Else wake when so many tokens or places are there, or at the end. Written
    /// by read-modify-writes only.
    mark: rmw::AtomicUsize,
    /// Empty while `mark` is 0 or [`LEFT`] and nobody moves either.
    waker: WakerCell,
}

/// In `Waking::mark`: the half that waited here has left.
const LEFT: usize = usize::MAX;

/// More tokens, or places, than there ever are: to be woken at the end alone.
pub(crate) const NEVER: usize = usize::MAX - 1;

/// A policy under which the halves of a stream can wait for each other: [`Waking`]. Sealed.
#[diagnostic::on_unimplemented(
    message = "the halves of a stream cannot wait for each other with the policy `{Self}`",
    note = "give the pool of streams the policy `forebay::Waking`: `StreamPool<T, STREAMS, DEPTH, Waking>`"
)]
pub trait Wakes: Notify + sealed::Sealed {
    /// The caller has to look once more before it waits, and to [`withdraw`](Self::withdraw) if it does not.
    ///
    /// # Panics
    /// As the clone of `waker` does: nothing has changed then. As the drop of the last waker does: the new one
    /// is announced then.
    #[doc(hidden)]
    fn announce(&self, waker: &Waker, count: usize);

    /// Nobody waits any more, and no waker stays behind.
    #[doc(hidden)]
    fn withdraw(&self);

    /// The token of a `send` that is not done.
    #[doc(hidden)]
    fn unsent<T>(unsent: &mut Self::Unsent<T>) -> &mut Option<T>;
}

impl<const WAITERS: usize> Wakes for Waking<WAITERS> {
    fn announce(&self, waker: &Waker, count: usize) {
        let left_over = self.waker.register(waker);
        // W0: the change before N0 is seen by the look that follows, and the waker by the half that takes the mark.
        self.mark.swap(count, order::announce());
        drop(left_over);
    }

    fn withdraw(&self) {
        if seeded!("withdraw_by_store", true, false) {
            return self.mark.store(0, Relaxed);
        }
        if !seeded!("not_withdrawn", true, false) {
            // Relaxed: a read-modify-write, so W0 still acquires what N0 released before.
            self.mark.swap(0, Relaxed);
            drop(self.waker.take());
        }
    }

    fn unsent<T>(unsent: &mut Option<T>) -> &mut Option<T> {
        unsent
    }
}

impl<const WAITERS: usize> Waking<WAITERS> {
    /// [`notify`](Notify::notify), when there was a mark: `count`.
    ///
    /// Lock-free: a retry means that the other half waits anew, gave up or left.
    #[cold]
    #[inline(never)]
    fn notify_waiter(&self, count: usize, ready: impl Fn() -> usize) -> bool {
        let mut count = count;
        loop {
            if count == LEFT {
                return true;
            }
            let enough = count != 0 && ready() >= count;
            if seeded!("mark_unconfirmed", !enough, false) {
                return false;
            }
            if seeded!("mark_swapped", enough, false) {
                self.mark.swap(0, AcqRel);
                self.waker.wake();
                return false;
            }
            let left = if enough { 0 } else { count };
            // N1: the waker of the mark it takes is registered, and a wait that is announced later sees the change. N0 where
            // the mark stays: the exchange that failed before was no more than a load.
            match self.mark.compare_exchange(count, left, order::take_mark(), order::meet_mark()) {
                Ok(_) if enough => {
                    self.waker.wake();
                    return false;
                }
                Ok(_) => return false,
                Err(now) => count = now,
            }
        }
    }
}

impl<const WAITERS: usize> Notify for Waking<WAITERS> {
    type Unsent<T> = Option<T>;
    type Open = Self;

    fn new() -> Self {
        Self { _lines: [], mark: rmw::AtomicUsize::new(0), waker: WakerCell::new() }
    }

    #[inline]
    fn notify(&self, ready: impl Fn() -> usize) -> bool {
        // N0: the change before is seen by a half that waits, or leaves, after. Items that the waiter took before are not
        // counted, and one that left is seen to have left.
        match self.mark.compare_exchange(0, 0, order::notify(), order::find_mark()) {
            Ok(_) => false,
            Err(count) => self.notify_waiter(count, ready),
        }
    }

    fn leave(&self) {
        // W1: changes before N0 are seen by this half, or it is seen to have left.
        let mark = self.mark.swap(LEFT, order::leave());
        if mark != 0 && !seeded!("waker_kept", true, false) {
            drop(self.waker.take());
        }
    }

    fn reset(&mut self) {
        self.mark = rmw::AtomicUsize::new(0);
    }
}

impl<const WAITERS: usize> fmt::Debug for Waking<WAITERS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waking").field("mark", &self.mark.load(Relaxed)).finish_non_exhaustive()
    }
}

impl<const WAITERS: usize> sealed::Sealed for Waking<WAITERS> {}
impl<const WAITERS: usize> sealed::Plain for Waking<WAITERS> {}

impl<const WAITERS: usize> WaitPolicy for Waking<WAITERS> {
    type Queue = Waiters<WAITERS>;
    type Free<const N: usize> = SlotSet<N, Self::Queue>;
}
