//! Waiting by waker: one way for tasks and threads.
//!
//! The waiter announces what it waits for and then looks once more; the other half makes its change and then
//! looks for a waiter. Both do so by read-modify-writes of one word, `mark`, so one comes first:
//!
//! | waiter | other half |
//! |---|---|
//! | `waker.register` | change (`tail.store`, `head.store`, …) |
//! | W0: `mark.swap(count)` | N0: `mark.compare_exchange(0, 0)` |
//! | look for the change | if there is a mark and enough: N1: `mark.swap(0)`, `waker.wake` |
//!
//! | edge | release site | acquire site | makes visible | model |
//! |---|---|---|---|---|
//! | N0→W0 | `notify`: the exchange succeeds | `announce`: `mark.swap` | the change | `stream::send_vs_recv_waiting` |
//! | W0→N0 | `announce`: `mark.swap` | `notify`: the exchange fails | the registered waker | `stream::send_vs_recv_waiting` |
//! | N1→W0, W0→N1 | `notify`: `mark.swap` | `announce`: `mark.swap`, and the other way | the change; the waker of a later wait | `stream::send_vs_recv_waiting` |
//!
//! If N0 comes first, W0 reads what N0 released, or a later write, and the look behind W0 sees the change. If
//! W0 comes first, N0 finds the mark and the waker is woken. For the first case every write of `mark` has to
//! be a read-modify-write, which continues N0's release sequence: a plain store, also one by the waiter
//! itself, would end it. N0 is an exchange since it has to write (a load could read the past), and none that
//! changes nothing by its kind, such as `fetch_or(0)`: compilers turn those into a fence and a load.
//!
//! Between N0 and N1 the waiter may have withdrawn or waited anew. Then it is woken once for nothing; but a
//! mark that is taken is always woken, and with the waker that was registered before it.

use super::Notify;
use crate::free::{Shared, Waiting, sealed};
use crate::queue::Waiters;
use crate::sync::{
    AtomicWaker,
    Ordering::{AcqRel, Acquire, Relaxed},
    rmw, seeded,
};
use core::fmt;
use core::task::Waker;

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
/// # Cost
/// One compare-exchange for each change of a stream while nobody waits, a fence and two loads for each object put;
/// O(`WAITERS`) for an object that somebody waits for. A wake-up is what the waker's executor makes of
/// it, a system call for a thread. Nothing is allocated, but a waker once for each thread that blocks.
///
/// # Source
/// `AtomicWaker` of the crate atomic-waker; the mark saves it a wake-up that is too early.
pub struct Wake<const WAITERS: usize = 8> {
    /// 0: nobody waits. Else wake when so many tokens or places are there, or at the end. Written by
    /// read-modify-writes only.
    mark: rmw::AtomicUsize,
    waker: AtomicWaker,
}

impl<const WAITERS: usize> Wake<WAITERS> {
    /// Whoever calls has to look once more before it waits, and to [`withdraw`](Self::withdraw) if it does not.
    pub(crate) fn announce(&self, waker: &Waker, count: usize) {
        self.waker.register(waker);
        // W0 (AcqRel, pairs with N0 and N1): the change before N0 is seen by the look that follows, and the
        // waker by who takes the mark.
        let order = seeded!("announce_relaxed", Relaxed, AcqRel);
        self.mark.swap(count, order);
    }

    /// Nobody waits any more.
    pub(crate) fn withdraw(&self) {
        if seeded!("withdraw_by_store", true, false) {
            return self.mark.store(0, Relaxed);
        }
        if !seeded!("mark_kept", true, false) {
            // Relaxed: a read-modify-write, so W0 still acquires what N0 released before.
            self.mark.swap(0, Relaxed);
        }
    }

    #[cold]
    fn wake(&self) {
        // N1 (AcqRel, pairs with W0): the waker is that of the mark it takes, and a wait that begins after it
        // sees the change.
        let order = seeded!("take_mark_relaxed", Relaxed, AcqRel);
        self.mark.swap(0, order);
        self.waker.wake();
    }
}

impl<const WAITERS: usize> Notify for Wake<WAITERS> {
    type Unsent<T> = Option<T>;
    type Open = Self;

    fn new() -> Self {
        Self { mark: rmw::AtomicUsize::new(0), waker: AtomicWaker::new() }
    }

    #[inline]
    fn notify(&self, ready: impl FnOnce() -> usize) {
        // N0 (AcqRel, Acquire; pairs with W0): the change before is seen by who waits after, and the waker of
        // who waited before is seen here.
        let (found, none) = seeded!("notify_relaxed", (Relaxed, Relaxed), (AcqRel, Acquire));
        if let Err(count) = self.mark.compare_exchange(0, 0, found, none) {
            if ready() >= count {
                self.wake();
            }
        }
    }

    fn reset(&mut self) {
        // A future that was forgotten leaves both; the waker may keep a whole task alive.
        *self = Self::new();
    }
}

impl<const WAITERS: usize> fmt::Debug for Wake<WAITERS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wake").field("mark", &self.mark.load(Relaxed)).finish_non_exhaustive()
    }
}

impl<const WAITERS: usize> sealed::Sealed for Wake<WAITERS> {}

impl<const WAITERS: usize> Waiting for Wake<WAITERS> {
    type Queue = Waiters<WAITERS>;
    type Free<const N: usize> = Shared<N, Self::Queue>;
}
