//! The free slots of a pool and the order in which callers get them: [`Free`]. No `T`, no `unsafe`.

pub(crate) mod bitmap;
pub(crate) mod lane;
pub(crate) mod lanes;
pub(crate) mod slot_set;
#[cfg(feature = "std")]
pub(crate) mod thread;
pub(crate) mod waiters;

use self::bitmap::Claimed;
use self::waiters::Queue;
use crate::defer::Defer;
use crate::sync::{SLOTS_PER_WORD, first_value, seeded};

/// The free slots of a pool.
///
/// Each slot is in one place: free in one of the sets an implementation has, or with its owner, who got it by a
/// claim or had it handed over. Who gives a slot back is not its owner any more.
pub trait Free: Send + Sync + Sized {
    /// Who waits for a slot.
    type Queue: Queue;

    first_value!();

    /// Whether [`claim_exactly`](Self::claim_exactly) finds the slots if there are as many.
    const IN_ONE_STEP: bool = false;

    fn queue(&self) -> &Self::Queue;

    /// A claimed slot.
    type One: One;

    /// Claims a free slot and counts a get; one of the reserved ones only for a `privileged` caller.
    fn claim(&self, privileged: bool) -> Option<Self::One>;

    /// Claims `K` slots of one word, at least 1, not reserved ones, and counts them.
    fn claim_exactly<const K: usize>(&self) -> Option<Claimed>;

    /// Claims from 1 to `most` slots of one word, not reserved ones, and counts them. Where several words are searched one
    /// after the other, the search begins at word `from`.
    fn claim_up_to(&self, most: usize, from: Option<usize>) -> Option<Claimed>;

    /// Claims a slot to hand it over; not counted.
    fn claim_for_waiter(&self, privileged: bool) -> Option<usize>;

    /// Claims `slot` for housekeeping; not counted. `false` if it is not free.
    fn claim_at(&self, slot: usize) -> bool;

    /// Counts a get of a slot that was handed over.
    fn count(&self, slot: usize);

    /// Frees `slot`, and looks for no waiter. `false`, and nothing happens, if it was free.
    fn free(&self, slot: usize) -> bool;

    /// Frees the slots of a word in one step, and looks for no waiter. Returns those that were not free already.
    fn free_all(&self, slots: Claimed) -> usize;

    /// Whether `one` slot, which the caller owns, is [warm](bitmap).
    fn is_warm(&self, one: Self::One) -> bool;

    /// Whether all of the slots, which the caller owns, are warm.
    fn are_warm(&self, slots: Claimed) -> bool;

    /// Makes a slot that the caller owns warm. The caller then looks at what made slots cold.
    fn warm_up(&self, slot: usize);

    /// Makes a slot that the caller owns cold.
    fn cool_one(&self, slot: usize);

    /// Makes all slots cold, for a reason that the caller stored before.
    fn cool(&self);

    /// Whether somebody outside has `slot`.
    fn is_on_loan(&self, slot: usize) -> bool;

    /// Whether `want` slots were seen free for a caller that is not privileged.
    fn has_available(&self, want: usize) -> bool;

    /// How much the slots are used.
    fn usage(&self) -> Usage;

    /// Gets that were served from another lane.
    fn steals(&self) -> u64 {
        0
    }

    /// Said by the owner of `slot`: whether there is an object in it. A hint for whom to prefer.
    #[inline(always)]
    fn note(&self, slot: usize, filled: bool) {
        let _ = (slot, filled);
    }

    /// Frees `slot`, or gives it to the first who waits. `false` as [`free`](Self::free).
    #[inline]
    fn release(&self, slot: usize) -> bool {
        if self.queue().is_waited() && self.pass_on(slot) {
            return true;
        }
        let was_taken = self.free(slot);
        if !seeded!("free_without_settle", true, false) {
            self.settle();
        }
        was_taken
    }

    /// [`release`](Self::release) of several slots of a word, in one step if nobody waits. Returns those that were not free
    /// already.
    #[inline]
    fn release_all(&self, slots: Claimed) -> usize {
        self.release_all_common(slots)
    }

    /// [`release_all`](Self::release_all) where everybody finds them.
    #[inline]
    fn release_all_common(&self, slots: Claimed) -> usize {
        if self.queue().is_waited() {
            return self.release_each(slots, &|slot| self.release(slot));
        }
        let were_taken = self.free_all(slots);
        if !seeded!("batch_without_settle", true, false) {
            self.settle();
        }
        were_taken
    }

    /// Releases one slot after the other, so that each finds whoever waits. Returns those for which `release` is `true`.
    #[cold]
    fn release_each(&self, slots: Claimed, release: &dyn Fn(usize) -> bool) -> usize {
        let mut rest = slots;
        let mut were_taken = 0;
        while let Some(slot) = rest.next() {
            // Dropped only when a waker panics.
            let others = Defer(|| _ = self.release_each(rest, release));
            were_taken |= if release(slot) { Claimed::one(slot).mask } else { 0 };
            core::mem::forget(others);
        }
        were_taken
    }

    /// Frees what the calling thread's lane keeps, so that others find it as easily.
    #[inline]
    fn flush_here(&self) {}

    /// Frees what lanes keep, so that [`claim_at`](Self::claim_at) finds it.
    #[inline]
    fn gather(&self) {}

    /// Whether `misses` gets found nothing on their lane since this last said so.
    #[inline(always)]
    fn is_due(&self, misses: usize) -> bool {
        let _ = misses; // Where there are no lanes.
        false
    }

    /// Calls `evict` with each slot whose object is too old, claimed for it; it must be
    /// [put aside](Self::put_aside).
    fn age(&self, evict: impl FnMut(usize)) {
        let _ = evict; // Where nothing ages.
    }

    /// [`release`](Self::release) on a lane, whose owner the caller is.
    #[inline]
    fn release_on(&self, lane: usize, slot: usize) -> bool {
        let _ = lane; // Where there are none.
        self.release(slot)
    }

    /// [`release_all`](Self::release_all) on a lane, whose owner the caller is.
    #[inline]
    fn release_all_on(&self, lane: usize, slots: Claimed) -> usize {
        let _ = lane; // Where there are none.
        self.release_all(slots)
    }

    /// [`release`](Self::release) of a slot that is vacant, or was claimed for housekeeping: where everybody
    /// finds it.
    #[inline]
    fn put_aside(&self, slot: usize) -> bool {
        self.release(slot)
    }

    /// Gives a slot that is ours to the first who may have it.
    #[inline]
    fn pass_on(&self, slot: usize) -> bool {
        self.queue().hand_over(slot, self.is_reserved(slot))
    }

    /// Gives free slots to those who wait, after a change that may have left both. Lock-free: another round
    /// means that somebody left meanwhile.
    ///
    /// # Panics
    /// As a waker does; the other waiters are served all the same. A second one that panics then aborts the process, as a
    /// panic during another one does.
    #[inline]
    fn settle(&self) {
        while let Some(privileged) = self.queue().calls() {
            // Dropped only when a waker panics.
            let others = Defer(|| self.settle());
            let slot = self.claim_for_waiter(privileged);
            let is_left = slot.is_some_and(|slot| !self.pass_on(slot));
            core::mem::forget(others);
            match slot {
                None => return,
                Some(slot) if is_left => drop(self.free(slot)),
                Some(_) => {}
            }
        }
    }

    /// [`settle`](Self::settle) for who has sat down just now.
    #[inline]
    fn settle_in(&self) {
        self.settle();
    }

    fn is_reserved(&self, slot: usize) -> bool;
}

/// One claimed slot: by its bit where a bit was claimed, by its number where that was kept. Neither is made of the other
/// unless it is needed.
pub trait One: Copy {
    fn new(slot: usize) -> Self;
    fn of(claimed: Claimed) -> Self;
    fn slot(self) -> usize;
    fn claimed(self) -> Claimed;
}

impl One for Claimed {
    #[inline(always)]
    fn new(slot: usize) -> Self {
        Self::one(slot)
    }

    #[inline(always)]
    fn of(claimed: Claimed) -> Self {
        claimed
    }

    #[inline(always)]
    fn slot(self) -> usize {
        Self::slot(self)
    }

    #[inline(always)]
    fn claimed(self) -> Claimed {
        self
    }
}

impl One for usize {
    #[inline(always)]
    fn new(slot: usize) -> Self {
        slot
    }

    #[inline(always)]
    fn of(claimed: Claimed) -> Self {
        claimed.slot()
    }

    #[inline(always)]
    fn slot(self) -> usize {
        self
    }

    #[inline(always)]
    fn claimed(self) -> Claimed {
        Claimed::one(self)
    }
}

/// How much a pool is used, as its free slots tell.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// Gets, never more than there were.
    pub(crate) gets: u64,
    /// Puts, never more than there were.
    pub(crate) puts: u64,
    /// Slots that were not seen free.
    pub(crate) taken: usize,
    /// How many more may have been on loan at one moment: slots that were lent behind the look.
    pub(crate) since: usize,
}

impl Usage {
    /// Slots on loan, never fewer than at some moment of the look, of which so many were ever lent.
    pub(crate) fn in_use(self, lent_slots: u64) -> u64 {
        let taken = self.taken as u64;
        taken + (self.since as u64).min(lent_slots.saturating_sub(taken))
    }
}

/// Methods of [`Free`] that an implementation leaves to its field `bits`.
macro_rules! by_bits {
    () => {
        fn count(&self, slot: usize) {
            self.bits.count(slot);
        }

        fn claim_at(&self, slot: usize) -> bool {
            self.bits.claim_at(slot)
        }

        #[inline]
        fn free(&self, slot: usize) -> bool {
            self.bits.release(slot)
        }

        #[inline]
        fn free_all(&self, slots: Claimed) -> usize {
            self.bits.release_all(slots)
        }

        #[inline(always)]
        fn are_warm(&self, slots: Claimed) -> bool {
            self.bits.are_warm(slots)
        }

        fn cool_one(&self, slot: usize) {
            self.bits.cool_one(slot);
        }

        fn cool(&self) {
            self.bits.cool();
        }
    };
}
pub(crate) use by_bits;

/// The bits that slots below `limit` have in word `word`.
#[inline(always)]
pub(crate) const fn below(limit: usize, word: usize) -> usize {
    let slots = limit.saturating_sub(word * SLOTS_PER_WORD);
    if slots >= SLOTS_PER_WORD { usize::MAX } else { (1 << slots) - 1 }
}
