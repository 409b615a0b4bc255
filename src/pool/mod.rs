//! Pools of `N` objects, each made on first use, lent as a [`Lease`] and recycled when it comes back: the plain [`Pool`], the
//! [`LanePool`] whose threads or cores have lanes, and the [`Slab`], whose users bring the values. Leases are exclusive,
//! shared ([`SharedLease`]) or of several objects ([`Batch`]).
#![allow(unsafe_code)]

// In the order of a page of the documentation: constructors, what answers at once, what waits, the rest.
mod construct;
mod get;
mod lane;
mod batch;
#[cfg(feature = "std")]
mod overflow;
#[cfg(any(feature = "std", feature = "async"))]
pub(crate) mod futures;
#[cfg(feature = "std")]
mod blocking;
mod usage;
mod audit;

mod guard;
mod handle;
#[cfg(feature = "std")]
mod inside;
mod lease;
mod metrics;
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
use crate::reset::DefaultReset;
use crate::slot::{SlotState, Slots, nth};
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
/// # Context and cost
/// Unless the table says otherwise, any thread and any interrupt handler may call a method, and it neither blocks nor allocates.
/// Lock-free means that a retry is another caller's progress.
///
/// | method | context | cost |
/// |---|---|---|
/// | [`new`](Self::new), [`from_fn`](Self::from_fn), [`with_policy`](Self::with_policy), [`with_waiting`](Self::with_waiting) | also in a constant | nothing at run time in a `static`: all zeros |
/// | [`try_get`](Self::try_get), [`try_get_reserved`](Self::try_get_reserved) | lock-free | two loads and one compare-exchange for an object that was lent before in this epoch |
/// | `try_get_arc`, `try_get_batch_arc` | lock-free | a clone of the `Arc` more |
/// | [`try_get_batch`](Self::try_get_batch) and its kin, [`try_get_many`](Self::try_get_many), [`try_get_up_to`](Self::try_get_up_to) | lock-free | one compare-exchange for each 32 slots (16 on 32-bit targets) that it takes some of |
/// | the drop of a lease | wait-free | a load and one read-modify-write |
/// | `get_or_new` (`std`) | lock-free but for the allocator | as `try_get`, and an allocation when the pool is exhausted |
/// | `get`, `get_reserved` | async, in any executor; a poll is lock-free | as `try_get` when there is an object; else O(`K`) for `K` seats, for this call and for the put that ends the waiting |
/// | `get_blocking`, `get_timeout` and their kin (`std`) | blocks: for threads | as `get`; where a thread waits for the first time, it allocates its waker |
/// | [`capacity`](Self::capacity) | also in a constant | a constant |
/// | [`available`](Self::available), [`metrics`](Self::metrics) | lock-free | two loads for each 32 slots (16 on 32-bit targets), three and ten a lane where there are lanes, and two read-modify-writes |
/// | [`fill`](Self::fill), [`trim`](Self::trim) | lock-free, O(`N`) besides `make` and drops | one load a slot, and two read-modify-writes for each object that is made or dropped; of a [`LanePool`] a visit to each lane that keeps something, too |
/// | [`audit`](Self::audit) | wait-free, O(`N`) | two loads a slot |
/// | [`advance_epoch`](Self::advance_epoch) | lock-free, O(`N`) | two loads for each slot on loan, one for each other, and a read-modify-write for each 32 slots (16 on 32-bit targets); then the first get of a slot in the epoch costs a store and a read-modify-write more |
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

impl<T, const N: usize, P, W: WaitPolicy> Pool<T, N, P, W> {
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
