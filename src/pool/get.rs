//! Gets: a free slot is claimed, made ready, and lent.

use super::guard::{CountPanic, ReturnSlot, To};
use super::{Lease, Pool};
use crate::error::Exhausted;
use crate::free::bitmap::Claimed;
use crate::free::{Free, One};
use crate::reset::Policy;
use crate::slot::{Snapshot, init_place};
use crate::sync::seeded;
use crate::wait::WaitPolicy;
use core::mem;

impl<T, const N: usize, P, W: WaitPolicy> Pool<T, N, P, W> {
    /// Lends one free object, or says at once that there is none.
    ///
    /// The first get of a slot makes its object. The lease stays good: nobody else can reach the object
    /// until it is dropped.
    ///
    /// # Errors
    /// [`Exhausted`]: every slot was seen on loan during the call, or out of the caller's reach: reserved by
    /// [`Headroom`](crate::Headroom), or being moved from or to a lane of a [`LanePool`](crate::LanePool). One may be back
    /// before you look again.
    ///
    /// # Panics
    /// Never by itself. If the policy's `make` panics, or `make_in` returns another place than it was given,
    /// the slot is free and vacant again.
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
    pub fn try_get(&self) -> Result<Lease<&Self>, Exhausted>
    where
        P: Policy<T>, // Here, so that a pool without a policy is told which; see `Policy`.
    {
        self.claim(false).map(|slot| Lease::new(self, slot))
    }
}

impl<T, const N: usize, P: Policy<T>, W: WaitPolicy> Pool<T, N, P, W> {
    /// [`try_get`](Self::try_get) for callers that may have the reserved objects too: those that
    /// [`Headroom`](crate::Headroom) keeps, where there is an example. They are lent last: only when each of the others
    /// was seen on loan.
    ///
    /// # Errors
    /// [`Exhausted`], as `try_get`.
    #[inline]
    pub fn try_get_reserved(&self) -> Result<Lease<&Self>, Exhausted> {
        self.claim(true).map(|slot| Lease::new(self, slot))
    }

    /// [`try_get`](Self::try_get) for a pool in an `Arc`: the lease owns a share of the pool.
    ///
    /// If the lease is the last to own the pool, dropping it drops the pool.
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

    #[inline]
    pub(super) fn claim(&self, privileged: bool) -> Result<usize, Exhausted> {
        self.make_lendable(self.free.claim(privileged))
    }

    /// A slot that was claimed is made ready to be lent.
    #[inline]
    pub(super) fn make_lendable(
        &self,
        claimed: Option<<W::Free<N> as Free>::One>,
    ) -> Result<usize, Exhausted> {
        claimed.map(|one| self.ready(one)).ok_or_else(|| self.exhausted())
    }

    /// [`ready_all`](Self::ready_all) for one slot, in fewer steps. Returns its number.
    #[inline]
    pub(super) fn ready(&self, one: <W::Free<N> as Free>::One) -> usize {
        if !self.free.is_warm(one) {
            self.prepare(one.claimed());
        }
        self.age_if_due(one.claimed());
        one.slot()
    }

    /// Makes sure that claimed slots of one word hold objects and are marked with this epoch.
    #[inline]
    pub(super) fn ready_all(&self, claimed: Claimed) {
        if !self.free.are_warm(claimed) {
            self.prepare(claimed);
        }
        self.age_if_due(claimed);
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
            let release = ReturnSlot::new(self, slot, To::Aside);
            // SAFETY: [one-owner] the caller claimed `slot`; [filled] it is vacant.
            unsafe { self.make(slot) };
            mem::forget(release);
            self.free.note(slot, true);
        }
        self.mark_lent(slot);
    }

    /// Makes an object in `slot`.
    ///
    /// # Safety
    /// [one-owner], [in-range]: the caller owns the slot; [filled]: it is vacant, so nothing is lost.
    pub(super) unsafe fn make(&self, slot: usize) {
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

    /// Ages the pool if it is time to: for every get. The caller has claimed slots and made them ready.
    #[inline]
    fn age_if_due(&self, claimed: Claimed) {
        if P::MISSES_PER_TICK != 0 && self.free.is_due(P::MISSES_PER_TICK) {
            self.age_beside(claimed);
        }
    }

    /// Ages the pool. The caller has claimed slots and made them ready.
    #[cold]
    fn age_beside(&self, claimed: Claimed) {
        // Should the drop of an old object panic, the new ones go back.
        let ready = Ready { pool: self, claimed };
        self.age();
        mem::forget(ready);
    }
}

impl<T, const N: usize, P, W: WaitPolicy> Pool<T, N, P, W> {
    /// Marks a slot that the caller owns, and which is ready to be lent, as on loan since this epoch, and as warm.
    #[cold]
    #[inline(never)]
    pub(super) fn mark_lent(&self, slot: usize) {
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
    pub(super) fn exhausted(&self) -> Exhausted {
        self.counters.exhausted.count();
        #[allow(clippy::cast_possible_truncation)] // N is at most 65,535.
        Exhausted { capacity: N as u16 }
    }
}

/// Claimed slots of one word that are not lent yet; frees them when dropped.
struct Ready<'a, T, const N: usize, P, W: WaitPolicy> {
    pool: &'a Pool<T, N, P, W>,
    claimed: Claimed,
}

impl<T, const N: usize, P, W: WaitPolicy> Drop for Ready<'_, T, N, P, W> {
    fn drop(&mut self) {
        for slot in self.claimed {
            drop(ReturnSlot::new(self.pool, slot, To::Aside));
        }
    }
}
