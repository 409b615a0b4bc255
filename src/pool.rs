//! L5: N objects, each made once, lent as leases and recycled when they come back.
#![allow(unsafe_code)]

mod batch;
mod lane;
mod lease;
#[cfg(feature = "std")]
mod overflow;
pub(crate) mod several;
mod shared;
mod timed;
#[cfg(any(feature = "std", feature = "async"))]
mod wait;

pub use batch::{Batch, BatchIter, BatchIterMut, Leases};
#[cfg(feature = "std")]
pub use lane::Ticker;
pub use lane::{Lane, LanePool};
pub(crate) use lease::home;
pub use lease::{Erased, FromRaw, Home, Lease, Mapped};
#[cfg(feature = "std")]
pub use overflow::Overflow;
pub use shared::SharedLease;
pub use timed::{Monitor, Out, Span, Timed};
#[cfg(any(feature = "std", feature = "async"))]
pub use wait::Get;

use self::several::Several;
use crate::bitmap::Claimed;
use crate::defer::Defer;
use crate::error::Exhausted;
use crate::free::{Free, One, Waiting};
use crate::metrics::{Counters, EPOCHS, Metrics};
use crate::notify::Poll;
use crate::reset::{DefaultReset, FromFn, Policy};
use crate::slot::{SlotState, Slots, Snapshot, init_place, nth};
use crate::sync::{const_fn, filled, first_value, seeded};
use core::cell::Cell;
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
pub struct Pool<T, const N: usize, P = DefaultReset, W: Waiting = Poll> {
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

impl<T, const N: usize, P, W: Waiting> Pool<T, N, P, W> {
    const_fn! {
        /// A pool with another [waiting policy](Waiting) than [`Poll`], which the type of the pool names.
        ///
        /// # Context
        /// Anywhere, also in a constant.
        ///
        /// # Cost
        /// As [`new`](Pool::new) besides the policy itself.
        ///
        /// # Examples
        /// See [`Headroom`](crate::Headroom) and `Wake`.
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

    /// Begins a new epoch and returns its number. Slots remember the epoch in which they were lent, so
    /// that [`audit`](Self::audit) can say how long one has been out.
    ///
    /// What an epoch is, is up to you: a second, a request, a test. Numbers begin again after 65,535. Call
    /// it from one place only; of two calls at once, one may be lost.
    ///
    /// # Context
    /// Lock-free, O(N).
    ///
    /// # Cost
    /// Two loads for each slot on loan, one for each of the others, and a read-modify-write for each 32 slots (16 on 32-bit
    /// targets). The first get of a slot in an epoch then costs a store and a read-modify-write more.
    ///
    /// # Examples
    /// See [`audit`](Self::audit).
    pub fn advance_epoch(&self) -> usize {
        let epoch = self.counters.epoch();
        for (i, state) in self.states.iter().enumerate() {
            if self.free.is_on_loan(i) {
                state.keep_age(epoch);
            }
        }
        let next = (epoch + 1) % EPOCHS;
        self.counters.set_epoch(next);
        if !seeded!("epoch_stays_warm", true, false) {
            self.free.cool();
        }
        next
    }

    /// The slots that are on loan, and since when. For leak hunts; stale at once.
    ///
    /// # Context
    /// Wait-free, O(N).
    ///
    /// # Cost
    /// Two loads a slot.
    ///
    /// # Examples
    /// ```
    /// use forebay::Pool;
    ///
    /// let pool: Pool<u32, 4> = Pool::new();
    /// core::mem::forget(pool.try_get()?);
    /// pool.advance_epoch();
    /// let _fine = pool.try_get()?;
    ///
    /// let lost = pool.audit().find(|loan| loan.age() > 0).unwrap();
    /// assert_eq!((lost.slot(), lost.age(), lost.since()), (0, 1, 0));
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    pub fn audit(&self) -> impl Iterator<Item = Loan> + '_ {
        let epoch = self.counters.epoch();
        let on_loan = self.states.iter().enumerate().filter(|&(i, _)| self.free.is_on_loan(i));
        on_loan.map(move |(slot, state)| {
            let state = state.load();
            Loan {
                slot,
                epoch,
                age: state.age(epoch),
                holders: state.holders(),
                raw: state.is_raw(),
            }
        })
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
    /// What Go's `poolCleanup` does at a collection, when you want it.
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
                let release = Release::new(self, i, To::Aside);
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
            let release = Release::new(self, slot, To::Aside);
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

    /// Marks a slot that the caller owns, and which is ready to be lent, as on loan since this epoch, and as warm.
    #[cold]
    #[inline(never)]
    fn mark_lent(&self, slot: usize) {
        let (state, epoch) = (self.slot_state(slot), self.counters.epoch());
        if !state.load().was_lent() {
            self.counters.lent_slots.count();
        }
        state.store(Snapshot::on_loan(epoch));
        self.free.warm_up(slot);
        // An epoch began meanwhile: V1 has acquired its number, or the slot is made cold after this.
        if self.counters.epoch() != epoch && !seeded!("epoch_unseen", true, false) {
            self.free.cool_one(slot);
        }
    }

    #[cold]
    #[inline(never)]
    fn exhausted(&self) -> Exhausted {
        self.counters.exhausted.count();
        #[allow(clippy::cast_possible_truncation)] // N is at most 65,535.
        Exhausted { capacity: N as u16 }
    }

    /// Takes back the slot of a lease: recycles the object and frees the slot.
    ///
    /// # Safety
    /// [one-owner], [filled]: the caller owns `slot`, which holds an object, and gives both up.
    #[inline]
    unsafe fn take_back(&self, slot: usize, to: To, recycle: impl FnOnce(&P, &mut T) -> bool) {
        let release = Release::new(self, slot, to);
        let freed = seeded!("free_before_recycle", self.free.release(slot), false);
        // SAFETY: the caller's.
        let kept = unsafe { release.recycle_or_evict(recycle) };
        if freed {
            mem::forget(release);
        } else if kept {
            release.free();
        }
    }

    /// Takes back several slots: recycles their objects, and then frees the slots of each word in one step.
    ///
    /// # Panics
    /// As `recycle` does. The object that it was called for is dropped, and all others go back.
    ///
    /// # Safety
    /// [one-owner], [filled]: the caller owns `slots`, which hold objects, and gives all of them up.
    #[inline(always)]
    unsafe fn take_back_all(
        &self,
        slots: Several<'_>,
        to: To,
        recycle: impl Fn(&P, &mut T) -> bool + Copy,
    ) {
        let early = seeded!("batch_freed_early", true, false);
        if early {
            self.free_all(slots, to);
        }
        // SAFETY: the caller's.
        let not_kept = unsafe { self.recycle_all(slots, to, recycle) };
        if let Some(at) = not_kept {
            // SAFETY: the caller's; the object of slot `at` is not to be kept, those before it were recycled.
            unsafe { self.take_back_without(slots, at, to, recycle) };
        } else if !early {
            self.free_all(slots, to);
        }
    }

    /// Recycles the objects of several slots, up to the first that is not to be kept. Returns which slot of them that is.
    ///
    /// # Panics
    /// As `recycle` does. Then all `slots` are taken back.
    ///
    /// # Safety
    /// [one-owner], [filled]: as [`take_back_all`](Self::take_back_all), except that slots are given up only if it panics.
    #[inline(always)]
    unsafe fn recycle_all(
        &self,
        slots: Several<'_>,
        to: To,
        recycle: impl Fn(&P, &mut T) -> bool + Copy,
    ) -> Option<usize> {
        let done = Cell::new(0);
        // SAFETY: the caller's; it runs only if `recycle` panics, for the object of slot `done`, and no borrow is held then.
        let suspect = Defer(|| unsafe { self.take_back_suspect(slots, done.get(), to, recycle) });
        let are_kept = slots.all_of(|slot| {
            // SAFETY: [one-owner] the caller's; [in-range]; [filled].
            let object = unsafe { &mut *self.slots.write_ptr(usize::from(slot)) };
            let is_kept = recycle(&self.policy, object);
            done.set(done.get() + usize::from(is_kept));
            is_kept
        });
        mem::forget(suspect);
        if are_kept { None } else { Some(done.get()) }
    }

    /// Takes back several slots when `recycle` panicked for the object of one of them, `done`. Those before it were recycled.
    ///
    /// # Safety
    /// As [`take_back_all`](Self::take_back_all).
    #[cold]
    #[inline(never)]
    unsafe fn take_back_suspect(
        &self,
        slots: Several<'_>,
        done: usize,
        to: To,
        recycle: impl Fn(&P, &mut T) -> bool + Copy,
    ) {
        self.counters.panics.count();
        // SAFETY: the caller's.
        unsafe { self.take_back_without(slots, done, to, recycle) };
    }

    /// Takes back several slots. Drops the object of slot `at`. Those before it were recycled, those behind it were not.
    ///
    /// # Safety
    /// As [`take_back_all`](Self::take_back_all).
    #[cold]
    #[inline(never)]
    unsafe fn take_back_without(
        &self,
        slots: Several<'_>,
        at: usize,
        to: To,
        recycle: impl Fn(&P, &mut T) -> bool + Copy,
    ) {
        let (mut slots, mut not_kept) = (slots, Some(at));
        while let Some(at) = not_kept {
            let (kept, mut behind) = slots.split_at(at);
            let slot = behind.next();
            // Dropped only when the drop of the object or a waker panics.
            // SAFETY: the caller's; the loop goes no further then.
            let others = Defer(|| unsafe { self.take_back_all(behind, to, recycle) });
            let kept = Defer(|| self.free_all(kept, to));
            if let Some(slot) = slot {
                let release = Release::new(self, usize::from(slot), to);
                // SAFETY: the caller's.
                unsafe { release.evict() };
            }
            drop(kept);
            mem::forget(others);
            slots = behind;
            // SAFETY: the caller's.
            not_kept = unsafe { self.recycle_all(slots, to, recycle) };
        }
        self.free_all(slots, to);
    }

    /// Frees recycled slots, those of each word in one step.
    #[inline(always)]
    fn free_all(&self, slots: Several<'_>, to: To) {
        match slots.in_one_word() {
            Some(slots) => self.free_word(slots, to),
            None => {
                let (run, listed) = slots.into_parts();
                self.free_words(run, listed, to);
            }
        }
    }

    /// [`free_all`](Self::free_all) of slots that are of several words or scattered.
    #[inline(never)]
    // In parts, which are passed in registers.
    fn free_words(&self, run: (u16, u16), listed: &[u16], to: To) {
        let mut rest = Several::from_parts(run, listed);
        while let Some((of_word, behind)) = rest.split_first_word() {
            rest = behind;
            // Dropped only when a waker panics.
            let others = Defer(move || {
                let (run, listed) = rest.into_parts();
                self.free_words(run, listed, to);
            });
            self.free_word(of_word, to);
            mem::forget(others);
        }
    }

    /// Frees recycled slots of one word in one step.
    #[inline]
    fn free_word(&self, slots: Claimed, to: To) {
        let were_taken = match to {
            To::Lane(lane) => self.free.release_all_on(lane, slots),
            To::Here | To::Aside => self.free.release_all(slots),
        };
        if were_taken != slots.mask {
            self.count_double_returns(Claimed { mask: slots.mask & !were_taken, ..slots });
        }
    }

    #[cold]
    #[inline(never)]
    fn count_double_returns(&self, slots: Claimed) {
        slots.for_each(|_| _ = self.counters.double_returns.count());
    }

    /// Lends a free slot that holds no object, as a [`Slab`](crate::Slab) does; `init` makes one in it
    /// from `value`, which comes back if no slot is free.
    ///
    /// # Safety
    /// [filled]: no slot of this pool ever holds an object while it is free, and `init` initialises the
    /// memory it is given or panics.
    #[inline]
    pub(crate) unsafe fn lend_vacant<V>(
        &self,
        value: V,
        init: impl FnOnce(V, *mut T),
    ) -> Result<usize, V> {
        let Some(claimed) = self.free.claim(false) else {
            self.exhausted();
            return Err(value);
        };
        let slot = claimed.slot();
        let release = Release::new(self, slot, To::Here);
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
    pub(crate) unsafe fn take_back_vacant(&self, slot: usize) {
        let release = Release::new(self, slot, To::Here);
        let count = CountPanic(&self.counters);
        // SAFETY: ours and filled by contract. It is dropped once: the caller gives it up.
        unsafe { release.pool.slots.write_ptr(slot).drop_in_place() };
        mem::forget(count);
        release.free();
    }

    /// Notes that slots which are free hold no object, whatever their states say, as those of a [`Slab`](crate::Slab).
    pub(crate) fn vacate_free(&mut self) {
        for (slot, state) in self.states.iter().enumerate() {
            if !self.free.is_on_loan(slot) {
                state.set_vacant();
            }
        }
    }
}

impl<T, const N: usize, P: Policy<T>, W: Waiting> Pool<T, N, P, W> {
    /// Lends one free object, or says at once that there is none.
    ///
    /// The first get of a slot makes its object. The lease stays good: nobody else can reach the object
    /// until it is dropped.
    ///
    /// # Errors
    /// [`Exhausted`]: every slot was seen on loan during the call, or out of the caller's reach: reserved by
    /// [`Headroom`](crate::Headroom), or being moved from or to a lane of a [`LanePool`]. One may be back before you look again.
    ///
    /// # Panics
    /// Never by itself. If the policy's `make` panics, or `make_in` returns another place than it was given,
    /// the slot is free and vacant again.
    ///
    /// # Context
    /// Lock-free: a retry means that another caller made progress. Callable in an interrupt handler.
    ///
    /// # Cost
    /// Two loads and one compare-exchange for an object that was lent before in this epoch.
    ///
    /// # Examples
    /// ```
    /// use forebay::{Exhausted, Pool};
    ///
    /// static BUFFERS: Pool<[u8; 32], 1> = Pool::new();
    /// let buffer = BUFFERS.try_get()?;
    /// assert!(BUFFERS.try_get().is_err()); // the only one is on loan
    /// drop(buffer);
    /// assert!(BUFFERS.try_get().is_ok());
    /// # Ok::<(), Exhausted>(())
    /// ```
    #[inline]
    pub fn try_get(&self) -> Result<Lease<&Self>, Exhausted> {
        self.claim(false).map(|slot| Lease::new(self, slot))
    }

    /// [`try_get`](Self::try_get) for callers that may have the reserved objects too: those that
    /// [`Headroom`](crate::Headroom) keeps, where there is an example. They are lent last: only when each of the others
    /// was seen on loan.
    ///
    /// # Errors
    /// [`Exhausted`], as `try_get`.
    ///
    /// # Context and cost
    /// As `try_get`.
    #[inline]
    pub fn try_get_reserved(&self) -> Result<Lease<&Self>, Exhausted> {
        self.claim(true).map(|slot| Lease::new(self, slot))
    }

    /// [`try_get`](Self::try_get) for a pool in an `Arc`: the lease owns a share of the pool.
    ///
    /// Context as `try_get`; cost that and a clone of the `Arc`. If the lease is the last to own the pool,
    /// dropping it drops the pool.
    ///
    /// # Errors
    /// [`Exhausted`], as `try_get`.
    ///
    /// # Examples
    /// ```
    /// use forebay::Pool;
    /// use std::sync::Arc;
    ///
    /// let pool = Arc::new(Pool::<String, 4>::new());
    /// let mut name = pool.try_get_arc()?;
    /// name.push_str("forebay");
    /// let worker = std::thread::spawn(move || name.len());
    /// assert_eq!(worker.join().unwrap(), 7);
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    #[cfg(feature = "std")]
    pub fn try_get_arc(
        self: &std::sync::Arc<Self>,
    ) -> Result<Lease<std::sync::Arc<Self>>, Exhausted> {
        self.claim(false).map(|slot| Lease::new(std::sync::Arc::clone(self), slot))
    }

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
                let _release = Release::new(self, i, To::Aside);
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

    /// # Panics
    /// As the policy's `make` does. All of the slots are free then.
    #[cold]
    #[inline(never)]
    fn prepare(&self, claimed: Claimed) {
        let mut ready = Ready { pool: self, claimed: Claimed { mask: 0, ..claimed } };
        let mut rest = Ready { pool: self, claimed };
        for slot in rest.claimed.by_ref() {
            self.prepare_one(slot);
            ready.claimed.mask |= Claimed::one(slot).mask;
        }
        mem::forget(ready);
    }

    fn prepare_one(&self, slot: usize) {
        if !self.slot_state(slot).load().is_filled() {
            // First: a get whose `make` panics is no hit.
            self.counters.misses.count();
            // Should the policy panic, the slot stays vacant and `release` frees it.
            let release = Release::new(self, slot, To::Aside);
            // SAFETY: [one-owner] the caller claimed `slot`; [filled] it is vacant.
            unsafe { self.make(slot) };
            mem::forget(release);
            self.free.note(slot, true);
        }
        self.mark_lent(slot);
    }

    /// Ages the pool. The caller has claimed slots and made them ready.
    #[cold]
    fn age_beside(&self, claimed: Claimed) {
        // Should the drop of an old object panic, the new ones go back.
        let ready = Ready { pool: self, claimed };
        self.age();
        mem::forget(ready);
    }

    /// Writes what the policy's `make` returns.
    ///
    /// A function of its own, so that the value has no room in the frame of its caller: one that is never
    /// called may be too large for the stack.
    ///
    /// # Safety
    /// As [`make`](Self::make), for the place of `slot`.
    #[inline(never)]
    unsafe fn make_by_value(&self, slot: usize, place: *mut T) {
        // SAFETY: the caller's.
        unsafe { place.write(self.policy.make(slot)) };
    }

    /// Makes an object in `slot`.
    ///
    /// # Safety
    /// [one-owner], [in-range]: the caller owns the slot; [filled]: it is vacant, so nothing is lost.
    unsafe fn make(&self, slot: usize) {
        let count = CountPanic(&self.counters);
        // SAFETY: the caller's.
        let place = unsafe { self.slots.write_ptr(slot) };
        if size_of::<T>() == 0 {
            // SAFETY: the caller's.
            unsafe { self.make_by_value(slot, place) };
        } else {
            // SAFETY: the caller's; `T` has a size.
            unsafe { init_place(place, |place| self.policy.make_in(slot, place)) };
        }
        mem::forget(count);
    }

    #[inline]
    fn claim(&self, privileged: bool) -> Result<usize, Exhausted> {
        self.make_lendable(self.free.claim(privileged))
    }

    /// Makes sure that claimed slots of one word hold objects and are marked with this epoch.
    #[inline]
    fn ready_all(&self, claimed: Claimed) {
        if !self.free.are_warm(claimed) {
            self.prepare(claimed);
        }
        self.age_if_due(claimed);
    }

    /// [`ready_all`](Self::ready_all) for one slot, in fewer steps. Returns its number.
    #[inline]
    fn ready(&self, one: <W::Free<N> as Free>::One) -> usize {
        if !self.free.is_warm(one) {
            self.prepare(one.claimed());
        }
        self.age_if_due(one.claimed());
        one.slot()
    }

    /// Ages the pool if it is time to: for every get. The caller has claimed slots and made them ready.
    #[inline]
    fn age_if_due(&self, claimed: Claimed) {
        if P::MISSES_PER_TICK != 0 && self.free.is_due(P::MISSES_PER_TICK) {
            self.age_beside(claimed);
        }
    }

    /// A slot that was claimed is made ready to be lent.
    #[inline]
    fn make_lendable(
        &self,
        claimed: Option<<W::Free<N> as Free>::One>,
    ) -> Result<usize, Exhausted> {
        claimed.map(|one| self.ready(one)).ok_or_else(|| self.exhausted())
    }
}

impl<T, const N: usize> Default for Pool<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const N: usize, P, W: Waiting> fmt::Debug for Pool<T, N, P, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("metrics", &self.metrics()).finish_non_exhaustive()
    }
}

impl<T, const N: usize, P, W: Waiting> Drop for Pool<T, N, P, W> {
    fn drop(&mut self) {
        /// Drops the objects from slot `next` on, also when the drop of one panics.
        struct Objects<'a, T, const N: usize, P, W: Waiting> {
            pool: &'a Pool<T, N, P, W>,
            next: usize,
        }

        impl<T, const N: usize, P, W: Waiting> Drop for Objects<'_, T, N, P, W> {
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

/// A slot on loan, as [`Pool::audit`] sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Loan {
    slot: usize,
    epoch: usize,
    age: u8,
    holders: usize,
    raw: bool,
}

impl Loan {
    /// The slot's number.
    ///
    /// # Context and cost
    /// A field of a copy.
    #[must_use]
    pub fn slot(&self) -> usize {
        self.slot
    }

    /// How many epochs ago it was lent: 0 in this one; 255 for 255 or more.
    ///
    /// # Context and cost
    /// A field of a copy.
    #[must_use]
    pub fn age(&self) -> u8 {
        self.age
    }

    /// The number of the epoch in which it was lent, as [`Pool::advance_epoch`] returned it; the
    /// latest it can be if it is 255 or more epochs old.
    ///
    /// # Context and cost
    /// Computed from a copy.
    #[must_use]
    pub fn since(&self) -> usize {
        (self.epoch + EPOCHS - usize::from(self.age)) % EPOCHS
    }

    /// Holders of a shared lease; 0 for an exclusive one.
    ///
    /// # Context and cost
    /// A field of a copy.
    #[must_use]
    pub fn holders(&self) -> usize {
        self.holders
    }

    /// `true` between [`Lease::into_raw`] and [`Lease::from_raw`].
    ///
    /// # Context and cost
    /// A field of a copy.
    #[must_use]
    pub fn is_raw(&self) -> bool {
        self.raw
    }
}

/// Frees a claimed slot when dropped, also by a panic.
struct Release<'a, T, const N: usize, P, W: Waiting> {
    pool: &'a Pool<T, N, P, W>,
    slot: usize,
    to: Cell<To>,
}

/// Where a slot is freed.
#[derive(Clone, Copy)]
enum To {
    /// Where the calling thread has its free slots.
    Here,
    /// On a lane whose owner the caller is.
    Lane(usize),
    /// Where everybody finds it: it has no object, or it was not in use.
    Aside,
}

impl<'a, T, const N: usize, P, W: Waiting> Release<'a, T, N, P, W> {
    #[inline]
    fn new(pool: &'a Pool<T, N, P, W>, slot: usize, to: To) -> Self {
        Self { pool, slot, to: Cell::new(to) }
    }

    /// Frees the slot now. The same as dropping this, but always inlined, where the slot's way back is a constant.
    #[inline(always)]
    fn free(self) {
        mem::ManuallyDrop::new(self).give_back();
    }

    #[inline(always)]
    fn give_back(&self) {
        let free = &self.pool.free;
        let was_taken = match self.to.get() {
            To::Here => free.release(self.slot),
            To::Lane(lane) => free.release_on(lane, self.slot),
            To::Aside => free.put_aside(self.slot),
        };
        if !was_taken {
            self.pool.counters.double_returns.count();
        }
    }

    /// Recycles the slot's object, or drops it if it is not to be kept. Returns whether it was kept.
    ///
    /// # Safety
    /// [one-owner], [filled]: as [`Pool::take_back`].
    #[inline]
    unsafe fn recycle_or_evict(&self, recycle: impl FnOnce(&P, &mut T) -> bool) -> bool {
        // SAFETY: [one-owner] ours by contract; [in-range]; [filled].
        let object = unsafe { &mut *self.pool.slots.write_ptr(self.slot) };
        // Should `recycle` panic, the object is suspect: `doubt` drops it. No borrow is held meanwhile.
        let doubt = Doubt(self);
        let keep = recycle(&self.pool.policy, object);
        mem::forget(doubt);
        if !keep {
            // SAFETY: as above; `object` is not used again.
            unsafe { self.evict() };
        }
        keep
    }

    /// Drops the slot's object. The slot is vacant already when the object's drop runs, so a panic in
    /// it leaves a vacant, free slot.
    ///
    /// # Safety
    /// [one-owner], [filled]: as [`Pool::take_back`].
    #[inline]
    unsafe fn vacate(&self) {
        self.pool.slot_state(self.slot).set_vacant();
        if !seeded!("vacant_stays_warm", true, false) {
            self.pool.free.cool_one(self.slot);
        }
        self.pool.free.note(self.slot, false);
        self.to.set(To::Aside);
        let count = CountPanic(&self.pool.counters);
        // SAFETY: ours and filled by contract; vacant from now on, so not dropped twice.
        unsafe { self.pool.slots.write_ptr(self.slot).drop_in_place() };
        mem::forget(count);
    }

    /// [`vacate`](Self::vacate), and counts that an object was not kept.
    ///
    /// # Safety
    /// As `vacate`.
    #[cold]
    unsafe fn evict(&self) {
        self.pool.counters.evictions.count();
        // SAFETY: passed on.
        unsafe { self.vacate() };
    }
}

impl<T, const N: usize, P, W: Waiting> Drop for Release<'_, T, N, P, W> {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// Dropped only when `recycle` panics: drops the object it was called for.
struct Doubt<'a, 'b, T, const N: usize, P, W: Waiting>(&'a Release<'b, T, N, P, W>);

impl<T, const N: usize, P, W: Waiting> Drop for Doubt<'_, '_, T, N, P, W> {
    #[cold]
    fn drop(&mut self) {
        self.0.pool.counters.panics.count();
        // SAFETY: [one-owner], [filled]: the caller of `take_back` gave the slot and its object up.
        unsafe { self.0.evict() };
    }
}

/// Dropped only when user code panics: counts it.
struct CountPanic<'a>(&'a Counters);

impl Drop for CountPanic<'_> {
    #[cold]
    fn drop(&mut self) {
        self.0.panics.count();
    }
}

/// Claimed slots of one word that are not lent yet; frees them when dropped.
struct Ready<'a, T, const N: usize, P, W: Waiting> {
    pool: &'a Pool<T, N, P, W>,
    claimed: Claimed,
}

impl<T, const N: usize, P, W: Waiting> Drop for Ready<'_, T, N, P, W> {
    fn drop(&mut self) {
        for slot in self.claimed {
            drop(Release::new(self.pool, slot, To::Aside));
        }
    }
}
