//! The way back of a slot: guards that recycle or drop its object and free it, also when user code panics.

use super::Pool;
use super::metrics::Counters;
use crate::defer::Defer;
use crate::free::Free;
use crate::free::bitmap::{Bitmap, Claimed};
use crate::sync::seeded;
use crate::wait::WaitPolicy;
use core::cell::Cell;
use core::mem;

impl<T, const N: usize, P, W: WaitPolicy> Pool<T, N, P, W> {
    /// Takes back the slot of a lease: recycles the object and frees the slot.
    ///
    /// # Safety
    /// [one-owner], [filled]: the caller owns `slot`, which holds an object, and gives both up.
    #[inline]
    pub(super) unsafe fn take_back(
        &self,
        slot: usize,
        to: To,
        recycle: impl FnOnce(&P, &mut T) -> bool,
    ) {
        let release = ReturnSlot::new(self, slot, to);
        let freed = seeded!("free_before_recycle", self.free.release(slot), false);
        // SAFETY: the caller's.
        let kept = unsafe { release.recycle_or_evict(recycle) };
        if freed {
            mem::forget(release);
        } else if kept {
            release.free();
        }
    }

    /// Takes back several slots: recycles their objects and frees the slots of each word in one step.
    ///
    /// # Panics
    /// As `recycle` does. The object that it was called for is dropped, and all others go back.
    ///
    /// # Safety
    /// [one-owner], [filled]: the caller owns `slots`, which are different and hold objects, and gives all of them up.
    #[inline]
    pub(super) unsafe fn take_back_all(
        &self,
        slots: &[u16],
        to: To,
        recycle: fn(&P, &mut T) -> bool,
    ) {
        let mut freed = Freed { pool: self, slots: Claimed { word: 0, mask: 0 }, to };
        let mut rest = slots;
        while let [slot, behind @ ..] = rest {
            rest = behind;
            let slot = usize::from(*slot);
            // SAFETY: the caller's; it runs only if `recycle` or a waker panics, and then the loop goes no further.
            let others = Defer(|| unsafe { self.take_back_all(rest, to, recycle) });
            let release = ReturnSlot::new(self, slot, to);
            let early = seeded!("batch_freed_early", self.free.release(slot), false);
            // SAFETY: the caller's. An object that was not kept is not freed below.
            if unsafe { release.recycle_or_evict(recycle) } {
                mem::forget(release);
                if !early {
                    freed.add(slot);
                }
            }
            mem::forget(others);
        }
    }
}

/// Frees a claimed slot when dropped, also by a panic.
pub(super) struct ReturnSlot<'a, T, const N: usize, P, W: WaitPolicy> {
    pub(super) pool: &'a Pool<T, N, P, W>,
    slot: usize,
    to: Cell<To>,
}

/// Where a slot is freed.
#[derive(Clone, Copy)]
pub(super) enum To {
    /// Where the calling thread has its free slots.
    Here,
    /// On a lane whose owner the caller is.
    Lane(usize),
    /// Where everybody finds it: it has no object, or it was not in use.
    Aside,
}

impl<'a, T, const N: usize, P, W: WaitPolicy> ReturnSlot<'a, T, N, P, W> {
    #[inline]
    pub(super) fn new(pool: &'a Pool<T, N, P, W>, slot: usize, to: To) -> Self {
        Self { pool, slot, to: Cell::new(to) }
    }

    /// Frees the slot now. The same as dropping this, but always inlined, where the slot's way back is a constant.
    #[inline(always)]
    pub(super) fn free(self) {
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
    pub(super) unsafe fn recycle_or_evict(&self, recycle: impl FnOnce(&P, &mut T) -> bool) -> bool {
        // SAFETY: [one-owner] ours by contract; [in-range]; [filled].
        let object = unsafe { &mut *self.pool.slots.write_ptr(self.slot) };
        // Should `recycle` panic, the object is suspect: `doubt` drops it. No borrow is held meanwhile.
        let doubt = DropIfPanicked(self);
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
    pub(super) unsafe fn evict(&self) {
        self.pool.counters.evictions.count();
        // SAFETY: passed on.
        unsafe { self.vacate() };
    }
}

impl<T, const N: usize, P, W: WaitPolicy> Drop for ReturnSlot<'_, T, N, P, W> {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// Recycled slots of one word; frees them in one step when dropped.
struct Freed<'a, T, const N: usize, P, W: WaitPolicy> {
    pool: &'a Pool<T, N, P, W>,
    slots: Claimed,
    to: To,
}

impl<T, const N: usize, P, W: WaitPolicy> Freed<'_, T, N, P, W> {
    /// One more slot. Those of another word are freed before.
    #[inline]
    fn add(&mut self, slot: usize) {
        let one = Claimed::one(slot);
        if Bitmap::<N>::WORDS > 1 && one.word != self.slots.word {
            // If a waker panics in `free`, this is dropped, and must free the new slot and no other.
            let others = mem::replace(&mut self.slots, one);
            self.free(others);
        } else {
            self.slots.mask |= one.mask;
        }
    }

    #[inline]
    fn free(&self, slots: Claimed) {
        if slots.mask == 0 {
            return;
        }
        let were_taken = match self.to {
            To::Lane(lane) => self.pool.free.release_all_on(lane, slots),
            To::Here | To::Aside => self.pool.free.release_all(slots),
        };
        for _ in (Claimed { mask: slots.mask & !were_taken, ..slots }) {
            self.pool.counters.double_returns.count();
        }
    }
}

impl<T, const N: usize, P, W: WaitPolicy> Drop for Freed<'_, T, N, P, W> {
    #[inline]
    fn drop(&mut self) {
        self.free(self.slots);
    }
}

/// Dropped only when `recycle` panics: drops the object it was called for.
struct DropIfPanicked<'a, 'b, T, const N: usize, P, W: WaitPolicy>(&'a ReturnSlot<'b, T, N, P, W>);

impl<T, const N: usize, P, W: WaitPolicy> Drop for DropIfPanicked<'_, '_, T, N, P, W> {
    #[cold]
    fn drop(&mut self) {
        self.0.pool.counters.panics.count();
        // SAFETY: [one-owner], [filled]: the caller of `take_back` gave the slot and its object up.
        unsafe { self.0.evict() };
    }
}

/// Dropped only when user code panics: counts it.
pub(super) struct CountPanic<'a>(pub(super) &'a Counters);

impl Drop for CountPanic<'_> {
    #[cold]
    fn drop(&mut self) {
        self.0.panics.count();
    }
}
