//! Pools with lanes, and the handle to one.

use super::guard::To;
use super::{Home, Lease, Pool, home};
use crate::error::Exhausted;
use crate::free::Free;
use crate::reset::{DefaultReset, FromFn, Policy};
use crate::slot::SlotState;
use crate::sync::const_fn;
use crate::wait::{Lanes, Polling, WaitPolicy};
use core::cell::Cell;
use core::marker::PhantomData;
use core::ptr::NonNull;
use core::{fmt, ops::Deref};

/// A [`Pool`] with `LANES` lanes: Go's per-P `sync.Pool`, bounded.
///
/// A lane keeps free objects, which its owner gets and puts with plain loads and stores. Others take them from there when
/// they find nothing else: no object is out of reach. All that a [`Pool`] does, this does as well, by dereferencing to one.
///
/// | on | lanes belong to | |
/// |---|---|---|
/// | `std` | threads | `POOL.try_get()` finds the thread's lane by one thread-local read, as in Go; the lease may go back on any thread |
/// | any target | who calls [`try_claim`](Self::try_claim) | a core, a task, an interrupt handler: [`Lane`] |
///
/// # Shape
/// `N` from 1 to 65,535 and `LANES` from 1 to 4,096, checked at compile time. A lane keeps `N / LANES` objects, but at least 1
/// and about 128 at most (32 on 32-bit targets); what is put on a full lane makes half of it common. For bursts of `K` objects
/// on one thread, have `N` of at least `K * LANES`. Costs a byte a slot, a padded cache line (9 words on 32-bit targets) and
/// a word a lane, and a few words more than a [`Pool`]. With `std`, 36 KB for the numbers of threads, once a
/// program. Where a thread first uses such a pool, it registers a destructor, for which the system may allocate.
///
/// A thread takes a lane when it first uses the pool: that of its number modulo `LANES` or else the next, where
/// numbers are small and used again when threads end. While all lanes have living owners it works without one,
/// as on a plain pool; so does a thread that is ending, and an interrupt handler that has no [`Lane`]. A thread's
/// lane outlives it until somebody needs the lane or what is on it.
///
/// Lanes make their objects in different parts of the pool, so that small objects of two of them seldom share a
/// cache line; where that must never be, give the object the alignment of one.
///
/// # What a get looks at
/// The objects of its own lane; those of no lane, first those that were used since the last [`tick`](Self::tick); vacant slots,
/// which the policy fills; then the lanes of others, also of threads that ended. So a get fails only when no object is free
/// but those that are being moved at that moment.
///
/// Objects are taken from another lane when all slots are lent or on lanes. It is far more expensive than the rest (see
/// *Context and cost*), and so a lane that something is taken from gives up all it has: the next gets find that without a visit.
/// [`Metrics::steals`](crate::Metrics::steals) counts them. A thread that is about to idle can [`flush`](Self::flush) its
/// lane, so that nobody needs to visit it.
///
/// Where callers wait (`Waking`), an object that comes back goes to the first of them, and is not kept on a lane.
///
/// # Context
/// As [`Pool`], from anywhere. Gets and puts are lock-free: a retry means that another caller took what both wanted, or sat
/// down to wait. On a warm lane both are wait-free. A caller that takes from a lane does not wait for its owner, nor the other way
/// round: an owner that finds somebody at its lane uses the objects of no lane, and an interrupt handler that finds the lane
/// of what it interrupted in use passes it over.
///
/// With `std`, a signal handler is not one of those anywheres: it interrupts a thread on its own lane. Nothing in a
/// signal handler may touch a pool that the thread it interrupts may be using.
///
/// # Context and cost
/// | method | context | cost |
/// |---|---|---|
/// | those of [`Pool`] | as there, but without `std`'s signal handlers | as the table below says for gets and puts; as there for all others |
/// | [`new`](Self::new), [`from_fn`](Self::from_fn), [`with_policy`](Self::with_policy), [`with_waiting`](Self::with_waiting) | also in a constant | nothing at run time in a `static`: all zeros |
/// | [`try_claim`](Self::try_claim) | lock-free, O(`LANES`), also in an interrupt handler | one read-modify-write for a free lane |
/// | [`flush`](Self::flush) | wait-free; with `Waking`, lock-free | one read-modify-write for each word of which the lane keeps slots, four at most (two on 32-bit targets), and one |
/// | [`tick`](Self::tick) | lock-free, O(`N`) besides the drops | about four loads and three read-modify-writes for each 32 slots (16 on 32-bit targets), two and a drop for each object dropped, and a visit to each lane that keeps something |
///
/// | target | a get and a put on a warm lane | objects of another lane |
/// |---|---|---|
/// | `std` on Linux (5.0 or later, or 4.14 with `membarrier`) and Windows | plain loads and stores | a system call that interrupts the other cores of the process: a microsecond, and tens of them on a loaded machine |
/// | all others, and Linux where `membarrier` is refused | two fences | a fence |
/// | `--cfg portable_atomic_unsafe_assume_single_core` | plain loads and stores | the same |
///
/// A process that forbids itself the call once it has used it loses the way to other lanes, and nothing else. A forked
/// process can use the pool if the one before had a single thread; else the lanes of other threads may look to be in use,
/// with what they keep.
///
/// # Source
/// Go's `sync/pool.go`; DPDK's caches that users own, for lanes without threads; "Asymmetric Dekker Synchronization" by Dice,
/// Huang and Yang, for owners that need no fence.
///
/// # Examples
/// ```
/// # #[cfg(feature = "std")] {
/// use forebay::LanePool;
///
/// static SCRATCH: LanePool<Vec<u8>, 64, 8> = LanePool::new();
///
/// let workers: Vec<_> = (0..8)
///     .map(|_| std::thread::spawn(|| SCRATCH.try_get().unwrap().extend(b"some work")))
///     .collect();
/// workers.into_iter().for_each(|worker| worker.join().unwrap());
/// assert_eq!(SCRATCH.available(), 64); // nothing is lost with a thread
/// # }
/// ```
pub struct LanePool<
    T,
    const N: usize,
    const LANES: usize,
    P = DefaultReset,
    W: WaitPolicy = Polling,
>(Pool<T, N, P, Lanes<LANES, W>>);

impl<T, const N: usize, const LANES: usize> LanePool<T, N, LANES> {
    const_fn! {
        /// A pool whose objects are made by [`Default`] on first use and recycled by [`Reset`](crate::Reset).
        #[must_use]
        pub const fn new() -> Self {
            Self::with_waiting(DefaultReset)
        }
    }
}

impl<T, const N: usize, const LANES: usize, F: Fn(usize) -> T> LanePool<T, N, LANES, FromFn<F>> {
    const_fn! {
        /// A pool whose objects are made by `make`, from the slot's number. As [`Pool::from_fn`].
        #[must_use]
        pub const fn from_fn(make: F) -> Self {
            Self::with_waiting(FromFn(make))
        }
    }
}

impl<T, const N: usize, const LANES: usize, P> LanePool<T, N, LANES, P> {
    const_fn! {
        /// A pool whose objects are made and recycled by `policy`. As [`Pool::with_policy`].
        #[must_use]
        pub const fn with_policy(policy: P) -> Self {
            Self::with_waiting(policy)
        }
    }
}

impl<T, const N: usize, const LANES: usize, P, W: WaitPolicy> LanePool<T, N, LANES, P, W> {
    const_fn! {
        /// A pool with another [waiting policy](WaitPolicy), which the type names. As [`Pool::with_waiting`].
        #[must_use]
        pub const fn with_waiting(policy: P) -> Self {
            Self(Pool::with_waiting(policy))
        }
    }

    /// A lane of one's own, or `None` while each has an owner.
    ///
    /// # Examples
    /// ```
    /// use forebay::{LanePool, Lease};
    ///
    /// static FRAMES: LanePool<[u8; 32], 16, 2> = LanePool::new();
    ///
    /// let lane = FRAMES.try_claim().unwrap(); // for this core, task or handler
    /// let frame = lane.try_get()?; // plain loads and stores, once the lane is warm
    /// drop(frame);
    ///
    /// let lease = Lease::detach(lane.try_get()?); // may go to another core
    /// std::thread::spawn(move || drop(lease)).join().unwrap();
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    #[must_use]
    pub fn try_claim(&self) -> Option<Lane<'_, T, N, LANES, P, W>> {
        let lane = self.0.free.claim_lane()?;
        Some(Lane { pool: &self.0, lane, _one_context: PhantomData })
    }

    /// Ages the idle objects: drops those that were idle at the last tick and have been since. Their slots become
    /// vacant. The number dropped.
    ///
    /// An object is dropped when it was idle for two ticks, so that a burst that comes again finds it. All that lanes keep is
    /// made common by it.
    ///
    /// While an object is being dropped its slot is on loan to this call. Of two ticks at once, one may find
    /// less to do.
    ///
    /// # Panics
    /// As the drop of an object does; its slot is vacant then, and the rest is left as it is.
    ///
    /// # Source
    /// Go's `poolCleanup` and its victim cache; Go calls it at each collection.
    ///
    /// # Examples
    /// ```
    /// # #[cfg(feature = "std")] {
    /// let pool: forebay::LanePool<String, 8, 2> = forebay::LanePool::new();
    /// let burst: Vec<_> = (0..8).map(|_| pool.try_get().unwrap()).collect();
    /// drop(burst);
    /// assert_eq!(pool.tick(), 0); // idle since less than a tick
    /// drop(pool.try_get()); // one of them is used …
    /// assert_eq!(pool.tick(), 7); // … and stays
    /// # }
    /// ```
    pub fn tick(&self) -> usize {
        self.0.age()
    }

    /// Makes common what the calling thread's lane keeps, so that others find it without a visit: for a thread that is about
    /// to idle. Without `std` there is nothing to do; see [`Lane::flush`].
    pub fn flush(&self) {
        self.0.free.flush_here();
    }
}

impl<T, const N: usize, const LANES: usize, P: Policy<T>, W: WaitPolicy>
    LanePool<T, N, LANES, P, W>
{
    /// [`Pool::try_get`] for a pool in an `Arc`: the lease owns a share of the pool. As
    /// [`Pool::try_get_arc`].
    ///
    /// # Errors
    /// [`Exhausted`], as `try_get`.
    #[cfg(feature = "std")]
    pub fn try_get_arc(
        self: &std::sync::Arc<Self>,
    ) -> Result<Lease<std::sync::Arc<Self>>, Exhausted> {
        self.0.claim(false).map(|slot| Lease::new(std::sync::Arc::clone(self), slot))
    }
}

impl<T, const N: usize, const LANES: usize, P, W: WaitPolicy> Deref
    for LanePool<T, N, LANES, P, W>
{
    type Target = Pool<T, N, P, Lanes<LANES, W>>;

    #[inline(always)]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T, const N: usize, const LANES: usize> Default for LanePool<T, N, LANES> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const N: usize, const LANES: usize, P, W: WaitPolicy> fmt::Debug
    for LanePool<T, N, LANES, P, W>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LanePool").field("metrics", &self.metrics()).finish_non_exhaustive()
    }
}

/// A lane of a [`LanePool`], for one core, task, thread or interrupt handler.
///
/// May move to another thread, but cannot be shared between two: its operations are plain loads and stores, and
/// must not be interrupted by others on the same lane. Dropped, it makes common what it keeps. Forgotten, it keeps the lane
/// for good, but none of the objects.
///
/// # Examples
/// See [`LanePool::try_claim`].
pub struct Lane<
    'p,
    T,
    const N: usize,
    const LANES: usize,
    P = DefaultReset,
    W: WaitPolicy = Polling,
> {
    pub(super) pool: &'p Pool<T, N, P, Lanes<LANES, W>>,
    pub(super) lane: usize,
    // [one-lane] `Send`, but not `Sync`.
    _one_context: PhantomData<Cell<()>>,
}

impl<'p, T, const N: usize, const LANES: usize, P: Policy<T>, W: WaitPolicy>
    Lane<'p, T, N, LANES, P, W>
{
    /// Lends a free object, at best one that the lane keeps. The lease borrows the lane, and cannot leave
    /// its thread unless it is [detached](Lease::detach).
    ///
    /// # Errors
    /// [`Exhausted`]: no object was seen free.
    ///
    /// # Context
    /// Wait-free when the lane keeps an object, otherwise lock-free.
    ///
    /// # Cost
    /// As [`LanePool`] says.
    #[inline]
    pub fn try_get(&self) -> Result<Lease<&Self>, Exhausted> {
        let claimed = self.pool.free.claim_on(self.lane, false);
        self.pool.make_lendable(claimed).map(|slot| Lease::new(self, slot))
    }

    /// [`try_get`](Self::try_get) for callers that may have the reserved objects too. See
    /// [`Headroom`](crate::Headroom).
    ///
    /// # Errors
    /// [`Exhausted`], as `try_get`.
    ///
    /// # Context and cost
    /// As `try_get`; a lane keeps no reserved object.
    #[inline]
    pub fn try_get_reserved(&self) -> Result<Lease<&Self>, Exhausted> {
        let claimed = self.pool.free.claim_on(self.lane, true);
        self.pool.make_lendable(claimed).map(|slot| Lease::new(self, slot))
    }

    /// Makes common what the lane keeps, so that others find it without a visit: for an owner that is about to idle.
    ///
    /// # Context and cost
    /// As [`LanePool::flush`].
    pub fn flush(&self) {
        self.pool.free.flush(self.lane);
    }

    /// The lane's number, below `LANES`. A field.
    #[must_use]
    pub fn number(&self) -> usize {
        self.lane
    }
}

#[cfg(feature = "std")]
home!(
    [T, const N: usize, const LANES: usize, P: Policy<T>, W: WaitPolicy]
    std::sync::Arc<LanePool<T, N, LANES, P, W>>, T,
    |this| this.0, |slot| this.0.take_back(slot, To::Here, P::recycle),
    |slots| this.0.take_back_all(slots, To::Here, P::recycle)
);
home!(
    ['l, 'p, T, const N: usize, const LANES: usize, P: Policy<T>, W: WaitPolicy]
    &'l Lane<'p, T, N, LANES, P, W>, T,
    |this| this.pool, |slot| this.pool.take_back(slot, To::Lane(this.lane), P::recycle),
    |slots| this.pool.take_back_all(slots, To::Lane(this.lane), P::recycle)
);

impl<'p, T, const N: usize, const LANES: usize, P: Policy<T>, W: WaitPolicy>
    Lease<&Lane<'p, T, N, LANES, P, W>>
{
    /// Parts the lease from the lane it was got on, so that it may go to another thread. It goes back to
    /// wherever it is dropped.
    ///
    /// # Context and cost
    /// Wait-free; nothing.
    pub fn detach(lease: Self) -> Lease<&'p Pool<T, N, P, Lanes<LANES, W>>> {
        let (lane, slot) = Self::into_parts(lease);
        Lease::from_parts(lane.pool, slot)
    }
}

impl<T, const N: usize, const LANES: usize, P, W: WaitPolicy> Drop for Lane<'_, T, N, LANES, P, W> {
    fn drop(&mut self) {
        self.pool.free.leave(self.lane);
    }
}

impl<T, const N: usize, const LANES: usize, P, W: WaitPolicy> fmt::Debug
    for Lane<'_, T, N, LANES, P, W>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane").field("number", &self.lane).finish_non_exhaustive()
    }
}

#[cfg(feature = "std")]
pub use ticker::Ticker;

#[cfg(feature = "std")]
mod ticker {
    use super::LanePool;
    use crate::wait::WaitPolicy;
    use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
    use std::thread::{self, JoinHandle};
    use std::time::Duration;

    /// A thread that [ticks](LanePool::tick) a pool. Dropped, it ends the thread and waits for it.
    ///
    /// Made by [`LanePool::tick_every`].
    #[derive(Debug)]
    pub struct Ticker {
        /// Dropped to end the thread.
        stop: Option<SyncSender<()>>,
        thread: Option<JoinHandle<()>>,
    }

    impl<T: Send, const N: usize, const LANES: usize, P: Sync, W: WaitPolicy>
        LanePool<T, N, LANES, P, W>
    {
        /// Ticks the pool from a thread of its own, every `period`, until the [`Ticker`] is dropped.
        ///
        /// # Errors
        /// As [`std::thread::Builder::spawn`]. A panic in the drop of an object ends the ticking.
        ///
        /// # Context and cost
        /// For threads: begins one, which allocates. The drop of the `Ticker` blocks until a tick under way is done.
        ///
        /// # Examples
        /// ```
        /// use forebay::LanePool;
        /// use std::time::Duration;
        ///
        /// static BUFFERS: LanePool<Vec<u8>, 64, 8> = LanePool::new();
        /// let _ticker = BUFFERS.tick_every(Duration::from_secs(60))?; // idle for a minute or two: dropped
        /// # Ok::<(), std::io::Error>(())
        /// ```
        pub fn tick_every(&'static self, period: Duration) -> std::io::Result<Ticker> {
            let (stop, stopped) = sync_channel(0);
            let ticking = move || {
                while stopped.recv_timeout(period) == Err(RecvTimeoutError::Timeout) {
                    self.tick();
                }
            };
            let thread = thread::Builder::new().name("forebay-tick".into()).spawn(ticking)?;
            Ok(Ticker { stop: Some(stop), thread: Some(thread) })
        }
    }

    impl Drop for Ticker {
        fn drop(&mut self) {
            drop(self.stop.take());
            // The thread itself, in the drop of an object, does not wait for its own end.
            let thread = self.thread.take();
            let other = thread.filter(|thread| thread.thread().id() != thread::current().id());
            if let Some(thread) = other {
                // An error is a panic of an object's drop, which was reported where it happened.
                let _ = thread.join();
            }
        }
    }
}

#[cfg(all(test, feature = "std", not(any(all(loom, feature = "loom"), forebay_shuttle))))]
mod tests {
    use super::*;
    use crate::free::thread::tests::{alone, number, short, while_none_is_left};
    use std::thread;

    #[test]
    fn when_numbers_run_out_a_thread_goes_without() {
        let _alone = alone();
        let pool = LanePool::<u32, 2, 2>::new();
        // Deep, so on a stack that is large enough.
        let test = || {
            let mut asked = 0;
            while_none_is_left(0, &mut || {
                asked += 1;
                short(|| {
                    assert_eq!(number(), None);
                    // No lane, so nothing stays with the thread.
                    drop([pool.try_get().unwrap(), pool.try_get().unwrap()]);
                    drop(pool.get_or_new());
                    pool.flush();
                    assert_eq!(
                        (number(), pool.available(), pool.metrics().overflows),
                        (None, 2, 0)
                    );
                });
            });
            asked
        };
        let asked = thread::scope(|scope| {
            let thread = thread::Builder::new().stack_size(64 << 20);
            thread.spawn_scoped(scope, test).unwrap().join()
        });
        assert_eq!(asked.unwrap(), 1);
        assert_eq!((pool.metrics().gets, pool.metrics().puts, pool.metrics().misses), (3, 3, 2));
        assert!(short(number).is_some(), "there are again");
    }
}
