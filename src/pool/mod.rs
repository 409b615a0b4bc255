//! Pools of `N` objects, each made on first use, lent as a [`Lease`] and recycled when it comes back: the plain [`Pool`], the
//! [`LanePool`] whose threads or cores have lanes, and the [`Slab`], whose users bring the values. Leases are exclusive,
//! shared ([`SharedLease`]) or of several objects ([`Batch`]).
#![allow(unsafe_code)]

mod audit;
mod batch;
#[cfg(any(feature = "std", feature = "async"))]
pub(crate) mod futures;
mod get;
mod guard;
mod handle;
#[cfg(feature = "std")]
mod inside;
mod lane;
mod lease;
mod metrics;
#[cfg(feature = "std")]
mod overflow;
pub(crate) mod several;
mod shared;
mod slab;

/// Implemented for handles and pools of this crate alone.
pub(crate) mod sealed {
    pub trait Sealed {}
}

pub use audit::Loan;
pub use batch::{Batch, BatchIter, BatchIterMut, Leases};
pub use handle::{HasLanes, LaneOf, LeaseOf, Lends, PoolRef};
#[cfg(feature = "std")]
pub(crate) use inside::Inside;
#[cfg(feature = "std")]
pub use lane::Ticker;
pub use lane::{Lane, LanePool};
use lease::home;
pub use lease::{Erased, FromRaw, Home, Lease, Mapped};
pub use metrics::Metrics;
#[cfg(feature = "std")]
pub use overflow::Overflow;
pub use shared::SharedLease;
pub use slab::Slab;

use self::guard::{ReturnSlot, To};
use self::metrics::Counters;
use crate::free::Free;
use crate::reset::{DefaultReset, FromFn, Policy};
use crate::slot::{SlotState, Slots, nth};
use crate::sync::{const_fn, filled, first_value, seeded};
use crate::wait::{Polling, WaitPolicy};
use core::{fmt, mem};

/// `N` objects of type `T`, each made on first use, lent as a [`Lease`] and recycled when it comes back.
///
/// Go's `sync.Pool`, bounded: nothing is allocated, `N` is a promise, and a lent object never vanishes.
/// How an object is made and recycled is the policy `P`; by default [`Default`] makes and
/// [`Reset`](crate::Reset) recycles.
///
/// # Shape
/// `N` from 1 to 65,535, checked at compile time. Besides the objects it costs 3 bytes a slot and about
/// 40 bytes (5 and 140 on 64-bit targets). A `static` of it is all zeros until an object is made.
///
/// # Context
/// Unless it says otherwise, a method may be called from any thread and any interrupt handler, and neither blocks nor
/// allocates.
///
/// # Threads
/// The free object of the lowest number is lent, so no more objects are made than were in use at once. That changes when one
/// get loses to another that runs at the same time in a pool of more than 32 objects on a 64-bit target: from then on, each
/// thread prefers 32 or 64 objects of its own, of which it lends the lowest number, so that threads do not share cache lines. It
/// takes any other object when these are in use. Without `std`, the address of the stack tells threads and cores apart.
///
/// # Ordering
/// The return of an object happens before the get that lends it again.
///
/// # Source
/// Bits for free slots as in atomic-pool; get, put and reset as in Go's `sync.Pool` with go-llms' rules.
///
// Invariants, cited by tag:
// - [one-owner] who claimed a slot's bit owns the slot until he releases the bit: an exclusive lease,
//   the holders of a shared one together, or a method of the pool for the time of its call.
// - [filled] the object of a slot is initialised exactly while its state says `FILLED`; only the
//   owner changes either.
// - [warm] a warm slot is [filled], and its state is that of a slot on loan since this epoch: the owner that made it warm
//   wrote both before, and no owner changes either without making it cold before it frees the slot.
// - [in-range] the bitmap gives out only numbers below `N`, and a lease keeps the number it got.
///
/// # Examples
/// ```
/// use forebay::Pool;
///
/// static FRAMES: Pool<heapless::Vec<i16, 160>, 8> = Pool::new();
///
/// let mut frame = FRAMES.try_get()?;
/// frame.push(42).unwrap();
/// drop(frame); // emptied, and free again
///
/// assert!(FRAMES.try_get()?.is_empty());
/// assert_eq!(FRAMES.available(), 8);
/// # Ok::<(), forebay::Exhausted>(())
/// ```
///
/// A capacity out of range does not compile:
/// ```compile_fail,E0080
/// static NONE: forebay::Pool<u8, 0> = forebay::Pool::new();
/// ```
#[repr(C)] // The word that each call goes to is where the pool begins: no offset to add on small cores.
pub struct Pool<T, const N: usize, P = DefaultReset, W: WaitPolicy = Polling> {
    free: W::Free<N>,
    // Rarely written. Between a word that each get reads and the states, which shared leases write.
    counters: Counters,
    states: [SlotState; N],
    policy: P,
    slots: Slots<T, N>,
}

impl<T, const N: usize> Pool<T, N> {
    const_fn! {
        /// A pool whose objects are made by [`Default`] on first use and recycled by [`Reset`](crate::Reset).
        ///
        /// # Context
        /// Anywhere, also in a constant.
        ///
        /// # Cost
        /// Nothing at run time in a `static`: all zeros.
        #[must_use]
        pub const fn new() -> Self {
            Self::with_policy(DefaultReset)
        }
    }
}

impl<T, const N: usize, F: Fn(usize) -> T> Pool<T, N, FromFn<F>> {
    const_fn! {
        /// A pool whose objects are made by `make`, on first use, from the slot's number.
        ///
        /// # Context
        /// Anywhere, also in a constant; for a `static`, `F` is a function pointer: `fn(usize) -> T`.
        ///
        /// # Cost
        /// As [`new`](Pool::new); `make` runs on first use.
        ///
        /// # Examples
        /// ```
        /// use forebay::Pool;
        ///
        /// let ports = Pool::<_, 3, _>::from_fn(|slot| 8000 + slot as u16);
        /// assert_eq!(*ports.try_get()?, 8000);
        /// # Ok::<(), forebay::Exhausted>(())
        /// ```
        #[must_use]
        pub const fn from_fn(make: F) -> Self {
            Self::with_policy(FromFn(make))
        }
    }
}

impl<T, const N: usize, P> Pool<T, N, P> {
    const_fn! {
        /// A pool whose objects are made and recycled by `policy`.
        ///
        /// # Context
        /// Anywhere, also in a constant.
        ///
        /// # Cost
        /// As [`new`](Pool::new) besides the policy itself.
        #[must_use]
        pub const fn with_policy(policy: P) -> Self {
            Self::with_waiting(policy)
        }
    }
}

impl<T, const N: usize, P, W: WaitPolicy> Pool<T, N, P, W> {
    const_fn! {
        /// A pool with another [waiting policy](WaitPolicy) than [`Polling`], which the type of the pool names.
        ///
        /// # Context
        /// Anywhere, also in a constant.
        ///
        /// # Cost
        /// As [`new`](Pool::new) besides the policy itself.
        ///
        /// # Examples
        /// See [`Headroom`](crate::Headroom) and `Waking`.
        #[must_use]
        pub const fn with_waiting(policy: P) -> Self {
            Self {
                free: first_value!(of W::Free<N>),
                states: filled!(SlotState::new(); N),
                counters: Counters::new(),
                policy,
                slots: Slots::new(),
            }
        }
    }

    /// How many objects the pool can lend at once: `N`.
    ///
    /// # Context
    /// Wait-free; callable in an interrupt handler.
    ///
    /// # Cost
    /// A constant.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        N
    }

    /// How many objects are free now. For display and tests: stale at once, and never more than were free at some
    /// moment of the call: the capacity less [`Metrics::in_use`].
    ///
    /// # Context
    /// Lock-free: a retry means that a slot was claimed meanwhile.
    ///
    /// # Cost
    /// As [`metrics`](Self::metrics).
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // N at most.
    pub fn available(&self) -> usize {
        N.saturating_sub(self.free.usage().in_use(self.counters.lent_slots.get()) as usize)
    }

    /// The pool's counts. See [`Metrics`].
    ///
    /// # Context
    /// Lock-free: a retry means that a slot was claimed, or that another caller looked at the counts, meanwhile.
    ///
    /// # Cost
    /// Two loads for each 32 slots (16 on 32-bit targets), three and ten a lane where there are lanes, and two
    /// read-modify-writes.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let usage = self.free.usage();
        let high_water = self.counters.lent_slots.get();
        let (gets, puts) = self.counters.shown(usage);
        Metrics {
            capacity: N as u64,
            in_use: usage.in_use(high_water),
            high_water,
            gets,
            misses: self.counters.misses.get(),
            puts,
            steals: self.free.steals(),
            evictions: self.counters.evictions.get(),
            overflows: self.counters.overflows(),
            exhausted: self.counters.exhausted.get(),
            panics: self.counters.panics.get(),
            double_returns: self.counters.double_returns.get(),
        }
    }

    /// Drops the idle objects; their slots become vacant and are filled again on use. The number dropped.
    ///
    /// While an object is being dropped its slot is on loan to this call: a get that needs the very last
    /// free slot can miss it for that time.
    ///
    /// # Panics
    /// As the drop of an object does; its slot is vacant then, and the rest is left as it is.
    ///
    /// # Context
    /// Lock-free, O(N) besides the drops. Of a [`LanePool`], it makes common what lanes keep, and finds that, too.
    ///
    /// # Cost
    /// One load a slot, two read-modify-writes an idle object, and its drop. Of a [`LanePool`], a visit to each lane that keeps
    /// something, too.
    ///
    /// # Source
    /// Go's `poolCleanup`, which runs at a collection; this runs when you want it.
    ///
    /// # Examples
    /// ```
    /// # #[cfg(feature = "std")] {
    /// let pool: forebay::Pool<String, 4> = forebay::Pool::new();
    /// pool.try_get()?.reserve(1 << 20); // it keeps its megabyte when it comes back
    /// assert_eq!(pool.trim(), 1);
    /// assert_eq!(pool.try_get()?.capacity(), 0); // made anew
    /// # }
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    pub fn trim(&self) -> usize {
        self.free.gather();
        let mut dropped = 0;
        for (i, state) in self.states.iter().enumerate() {
            if state.load().is_filled() && self.free.claim_at(i) {
                let release = ReturnSlot::new(self, i, To::Aside);
                if seeded!("trim_no_second_look", true, state.load().is_filled()) {
                    // SAFETY: [one-owner] claimed just above; [filled] so says its state.
                    unsafe { release.evict() };
                    dropped += 1;
                }
            }
        }
        dropped
    }

    /// Drops the idle objects that are too old, where objects age. The number dropped.
    fn age(&self) -> usize {
        let mut dropped = 0;
        self.free.age(|slot| {
            let release = ReturnSlot::new(self, slot, To::Aside);
            if self.slot_state(slot).load().is_filled() {
                // SAFETY: [one-owner] claimed for us; [filled] so says its state.
                unsafe { release.evict() };
                dropped += 1;
            }
        });
        dropped
    }

    /// The place of `slot`, to read the object.
    ///
    /// # Safety
    /// [in-range]; the caller owns the slot or is one of its holders.
    #[inline(always)]
    pub(crate) unsafe fn object(&self, slot: usize) -> *const T {
        // SAFETY: the caller's.
        unsafe { self.slots.read_ptr(slot) }
    }

    /// The place of `slot`, to write the object.
    ///
    /// # Safety
    /// [in-range], [one-owner]: the caller owns the slot.
    #[inline(always)]
    pub(crate) unsafe fn object_mut(&self, slot: usize) -> *mut T {
        // SAFETY: the caller's.
        unsafe { self.slots.write_ptr(slot) }
    }

    /// The slot whose object `object` points at.
    #[allow(clippy::cast_possible_truncation)] // Slots are below 65,535.
    pub(crate) fn slot_of(&self, object: *const T) -> Option<u16> {
        self.slots.index_of(object).map(|slot| slot as u16)
    }

    #[inline]
    pub(crate) fn slot_state(&self, slot: usize) -> &SlotState {
        nth(&self.states, slot) // [in-range]
    }
}

impl<T, const N: usize, P: Policy<T>, W: WaitPolicy> Pool<T, N, P, W> {
    /// Makes an object for every vacant slot that is free, so that no get misses. The number made.
    ///
    /// # Panics
    /// As the policy's `make` does; the slot it was called for stays vacant.
    ///
    /// # Context
    /// Lock-free, O(N) besides `make`. A slot is on loan to this call while its object is made.
    ///
    /// # Cost
    /// One load a slot, two read-modify-writes and one `make` a vacant one. Of a [`LanePool`], a visit to each lane that keeps
    /// something, too.
    ///
    /// # Examples
    /// ```
    /// let pool: forebay::Pool<u32, 4> = forebay::Pool::new();
    /// assert_eq!(pool.fill(), 4); // no get has to make one any more
    /// ```
    pub fn fill(&self) -> usize {
        self.free.gather();
        let mut made = 0;
        for (i, state) in self.states.iter().enumerate() {
            if !state.load().is_filled() && self.free.claim_at(i) {
                let _release = ReturnSlot::new(self, i, To::Aside);
                if seeded!("fill_no_second_look", true, !state.load().is_filled()) {
                    // SAFETY: [one-owner] claimed just above; [filled] vacant.
                    unsafe { self.make(i) };
                    state.set_filled();
                    self.free.note(i, true);
                    made += 1;
                }
            }
        }
        made
    }
}

impl<T, const N: usize> Default for Pool<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const N: usize, P, W: WaitPolicy> fmt::Debug for Pool<T, N, P, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("metrics", &self.metrics()).finish_non_exhaustive()
    }
}

impl<T, const N: usize, P, W: WaitPolicy> Drop for Pool<T, N, P, W> {
    fn drop(&mut self) {
        /// Drops the objects from slot `next` on, also when the drop of one panics.
        struct Objects<'a, T, const N: usize, P, W: WaitPolicy> {
            pool: &'a Pool<T, N, P, W>,
            next: usize,
        }

        impl<T, const N: usize, P, W: WaitPolicy> Drop for Objects<'_, T, N, P, W> {
            fn drop(&mut self) {
                while let Some(state) = self.pool.states.get(self.next) {
                    let slot = self.next;
                    self.next += 1;
                    if state.load().is_filled() {
                        let again = Objects { pool: self.pool, next: self.next };
                        // SAFETY: the pool is being dropped, so no lease that borrows it is alive;
                        // [filled]; each slot is visited once, since `again` goes on behind it.
                        unsafe { self.pool.slots.write_ptr(slot).drop_in_place() };
                        mem::forget(again);
                    }
                }
            }
        }

        if mem::needs_drop::<T>() {
            drop(Objects { pool: self, next: 0 });
        }
    }
}
