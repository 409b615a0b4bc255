//! Slabs: N empty places for values; a heap-less `Box`.

use super::guard::{CountPanic, ReturnSlot, To};
use super::{FromRaw, Home, Lease, Loan, Metrics, Pool, home};
use crate::error::{Exhausted, Full};
use crate::free::{Free, One};
use crate::slot::{SlotState, init_place};
use crate::sync::const_fn;
use crate::wait::WaitPolicy;
use core::fmt;
use core::mem::{self, MaybeUninit};
use core::ptr::NonNull;

/// `N` empty places: put a value in and get a [`Lease`] on it; the value is dropped when the lease is.
///
/// A `Box` without the heap. Shape, context, ordering and cost are those of [`Pool`], but no object
/// waits in a free place, and nothing is recycled.
///
/// # Examples
/// ```
/// use forebay::error::Full;
/// use forebay::Slab;
///
/// static JOBS: Slab<fn() -> u32, 2> = Slab::new();
///
/// let job = JOBS.insert(|| 42).unwrap();
/// assert_eq!(job(), 42);
/// let _second = JOBS.insert(|| 1).unwrap();
/// let Err(Full(refused)) = JOBS.insert(|| 7) else { panic!() };
/// assert_eq!(refused(), 7); // the value comes back
/// ```
#[doc(alias = "BoxPool")]
#[doc(alias = "Arena")]
pub struct Slab<T, const N: usize> {
    /// [filled] A slot holds a value exactly while it is on loan.
    pool: Pool<T, N, ()>,
}

impl<T, const N: usize> Slab<T, N> {
    const_fn! {
        /// A slab whose places are all empty.
        ///
        /// # Context
        /// Anywhere, also in a constant.
        ///
        /// # Cost
        /// Nothing at run time in a `static`: all zeros.
        #[must_use]
        pub const fn new() -> Self {
            Self { pool: Pool::with_policy(()) }
        }
    }

    /// Puts `value` into a free place.
    ///
    /// # Errors
    /// [`Full`] with the value, when every place was seen taken during the call.
    ///
    /// # Context
    /// Lock-free; callable in an interrupt handler.
    ///
    /// # Cost
    /// One compare-exchange and one copy of `T`.
    #[inline]
    pub fn insert(&self, value: T) -> Result<Lease<&Self>, Full<T>> {
        // SAFETY: [filled]; the place is ours and vacant, so nothing is lost by writing.
        let slot = unsafe { self.pool.lend_vacant(value, |value, place| place.write(value)) };
        slot.map(|slot| Lease::new(self, slot)).map_err(Full)
    }

    /// Makes a value in a free place itself, so that a large one need not pass through the stack.
    ///
    /// `init` gets the empty place and returns it filled, as [`MaybeUninit::write`] does. Does not compile for
    /// a zero-sized `T`, whose places cannot be told apart; there is nothing to copy, so [`insert`](Self::insert)
    /// it.
    ///
    /// # Errors
    /// [`Exhausted`], when every place was seen taken during the call; `init` did not run.
    ///
    /// # Context and cost
    /// As [`insert`](Self::insert), and `init`.
    ///
    /// # Panics
    /// As `init` does, and if it returns a reference to anything but the place. The place is empty and
    /// free then, and a value that `init` wrote is forgotten.
    ///
    /// # Examples
    /// ```
    /// use forebay::Slab;
    ///
    /// static PAGES: Slab<[u8; 4096], 2> = Slab::new();
    /// let page = PAGES.insert_with(|place| place.write([0xff; 4096]))?;
    /// assert_eq!(page[4095], 0xff);
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    #[inline]
    pub fn insert_with(
        &self,
        init: impl for<'p> FnOnce(&'p mut MaybeUninit<T>) -> &'p mut T,
    ) -> Result<Lease<&Self>, Exhausted> {
        const { assert!(size_of::<T>() != 0, "all zero-sized values have one place: `insert` it") };
        // SAFETY: the place is vacant and ours; `T` has a size.
        let init = |(), place: *mut T| unsafe { init_place(place, init) };
        // SAFETY: [filled]; `init` initialises the place or panics.
        let slot = unsafe { self.pool.lend_vacant((), init) };
        slot.map(|slot| Lease::new(self, slot)).map_err(|()| Exhausted { capacity: Self::CAPACITY })
    }

    #[allow(clippy::cast_possible_truncation)] // N is at most 65,535.
    const CAPACITY: u16 = N as u16;

    /// How many values fit: `N`.
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

    /// How many places are free now. As [`Pool::available`].
    #[must_use]
    pub fn available(&self) -> usize {
        self.pool.available()
    }

    /// The slab's counts: every insert is a get, there are no misses. As [`Pool::metrics`].
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.pool.metrics()
    }

    /// Begins a new epoch. As [`Pool::advance_epoch`].
    pub fn advance_epoch(&self) -> usize {
        self.pool.advance_epoch()
    }

    /// The places that are taken, and since when. As [`Pool::audit`].
    pub fn audit(&self) -> impl Iterator<Item = Loan> + '_ {
        self.pool.audit()
    }
}

/// Methods for a pool that is a slab.
impl<T, const N: usize, P, W: WaitPolicy> Pool<T, N, P, W> {
    /// Lends a free slot that holds no object, as a [`Slab`] does; `init` makes one in it
    /// from `value`, which comes back if no slot is free.
    ///
    /// # Safety
    /// [filled]: no slot of this pool ever holds an object while it is free, and `init` initialises the
    /// memory it is given or panics.
    #[inline]
    unsafe fn lend_vacant<V>(&self, value: V, init: impl FnOnce(V, *mut T)) -> Result<usize, V> {
        let Some(claimed) = self.free.claim(false) else {
            self.exhausted();
            return Err(value);
        };
        let slot = claimed.slot();
        let release = ReturnSlot::new(self, slot, To::Here);
        let count = CountPanic(&self.counters);
        // SAFETY: [one-owner] claimed just above, [in-range].
        init(value, unsafe { self.slots.write_ptr(slot) });
        mem::forget(count);
        mem::forget(release);
        if !self.free.is_warm(claimed) {
            self.mark_lent(slot);
        }
        Ok(slot)
    }

    /// Takes back a slot lent by [`lend_vacant`](Self::lend_vacant): drops its object and frees it. The state of the slot
    /// stays that of a slot on loan, so that the next insert need not store it.
    ///
    /// # Safety
    /// [one-owner], [filled]: as [`take_back`](Self::take_back).
    #[inline]
    unsafe fn take_back_vacant(&self, slot: usize) {
        let release = ReturnSlot::new(self, slot, To::Here);
        let count = CountPanic(&self.counters);
        // SAFETY: ours and filled by contract. It is dropped once: the caller gives it up.
        unsafe { release.pool.slots.write_ptr(slot).drop_in_place() };
        mem::forget(count);
        release.free();
    }

    /// Notes that slots which are free hold no object, whatever their states say, as those of a [`Slab`].
    fn vacate_free(&mut self) {
        for (slot, state) in self.states.iter().enumerate() {
            if !self.free.is_on_loan(slot) {
                state.set_vacant();
            }
        }
    }
}

home!(
    ['a, T, const N: usize] &'a Slab<T, N>, T,
    |this| this.pool, |slot| this.pool.take_back_vacant(slot)
);

impl<T, const N: usize> FromRaw for &Slab<T, N> {
    fn slot_of(&self, item: NonNull<T>) -> Option<u16> {
        self.pool.slot_of(item.as_ptr())
    }
}

impl<T, const N: usize> Drop for Slab<T, N> {
    fn drop(&mut self) {
        // Then the pool drops the values whose leases were forgotten, and no others.
        self.pool.vacate_free();
    }
}

impl<T, const N: usize> Default for Slab<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const N: usize> fmt::Debug for Slab<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slab").field("metrics", &self.metrics()).finish_non_exhaustive()
    }
}
