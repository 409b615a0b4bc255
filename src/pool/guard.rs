//! The way back of a slot: guards that recycle or drop its object and free it, also when user code panics.

use super::Pool;
use super::metrics::Counters;
use super::several::Several;
use crate::defer::Defer;
use crate::free::Free;
use crate::free::bitmap::Claimed;
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

    /// Takes back several slots: recycles their objects, and then frees the slots of each word in one step.
    ///
    /// # Panics
    /// As `recycle` does. The object that it was called for is dropped, and all others go back.
    ///
    /// # Safety
    /// [one-owner], [filled]: the caller owns `slots`, which hold objects, and gives all of them up.
    #[inline(always)]
    pub(super) unsafe fn take_back_all(
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
                let release = ReturnSlot::new(self, usize::from(slot), to);
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
