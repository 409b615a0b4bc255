//! The places where objects live, and the state word that stands beside each.
//!
//! Control never sits inside a payload: bits and states are arrays of their own, so that payloads may
//! be placed in memory where atomics do not work, and no concurrent reader ever looks at payload bytes.
//!
//! | edge | release site | acquire site | makes visible | model |
//! |---|---|---|---|---|
//! | P0→P1 | `SlotState::set_raw` | `SlotState::take_raw` | what the last holder wrote, where nothing orders the way of the bare pointer | none: under loom no address of an object is one of a slot |
//! | H0→H1 | `SlotState::release` | `SlotState::release` of the last holder, `try_unshare` | what a holder read, it read before | `shared::drop_vs_drop_vs_get`, `shared::unshare_vs_drop` |
#![allow(unsafe_code)]

use crate::sync::{
    CELLS_HAVE_STATE,
    Ordering::{self, Relaxed},
    UnsafeCell, const_fn, filled, orderings, rmw, seeded, update,
};
use core::mem::MaybeUninit;

orderings! {
    /// P0 (pairs with P1): the last holder's writes come before the mark.
    set_raw = Release;
    /// P1 (pairs with P0): they are visible to who takes the mark away.
    take_raw = Acquire;
    /// H0 (pairs with H1): this holder's reads come before the last one's return. H1 (pairs with H0 of the others, and with
    /// F0 of the bitmap behind it): so did theirs.
    release = seeded!("holder_release_relaxed", Relaxed, AcqRel);
    /// H1 (pairs with H0): the reads of holders that left come before what the only one left writes.
    unshare = seeded!("unshare_relaxed", Relaxed, Acquire);
}

/// Element `i` of `array`. An `i` out of range, which no caller has, is another one and not a panic.
#[inline(always)]
pub(crate) fn nth<T, const N: usize>(array: &[T; N], i: usize) -> &T {
    // The compiler sees from the mask that there is nothing to check.
    let i = if N.is_power_of_two() { i & (N - 1) } else { i };
    array.get(i).unwrap_or(&array[0])
}

/// `N` places for a `T`, each a cell of its own, so that references to different places never alias.
///
/// # Invariants
/// - [owner-only] a place is reached only by who owns it: its user proves that at each call.
pub(crate) struct Slots<T, const N: usize> {
    cells: [UnsafeCell<MaybeUninit<T>>; N],
}

// SAFETY: [owner-only] a `Slots` hands a place to one owner at a time, on whatever thread, and never
//   two at once: that needs `T: Send`. It does not lend `&T` to several; who does (`SharedLease`) asks
//   for `T: Sync` itself. Pinned by tests/ui.
unsafe impl<T: Send, const N: usize> Sync for Slots<T, N> {}

impl<T, const N: usize> Slots<T, N> {
    const_fn! {
        pub(crate) const fn new() -> Self {
            Self { cells: filled!(UnsafeCell::new(MaybeUninit::uninit()); N) }
        }
    }

    /// The place `i`, for reading.
    ///
    /// # Safety
    /// `i < N`, and no write to the place is concurrent: the caller owns it or shares it with readers.
    #[inline(always)]
    pub(crate) unsafe fn read_ptr(&self, i: usize) -> *const T {
        debug_assert!(i < N);
        // SAFETY: the caller's `i < N`.
        unsafe { self.cells.get_unchecked(i) }.with(<*const _>::cast)
    }

    /// The place `i`, for writing.
    ///
    /// # Safety
    /// `i < N`, and the caller alone owns the place.
    #[inline(always)]
    pub(crate) unsafe fn write_ptr(&self, i: usize) -> *mut T {
        debug_assert!(i < N);
        // SAFETY: the caller's `i < N`.
        unsafe { self.cells.get_unchecked(i) }.with_mut(<*mut _>::cast)
    }

    /// Makes the places where `slots` points, without a word of what is in them.
    ///
    /// # Safety
    /// `slots` is valid for writing.
    pub(crate) unsafe fn init(slots: *mut Self) {
        if CELLS_HAVE_STATE {
            // SAFETY: the caller's.
            unsafe { slots.write(Self::new()) };
        }
        // Else any bytes are a valid cell around a `MaybeUninit`.
    }

    /// Which place `object` points at: the start of one, not its middle.
    pub(crate) fn index_of(&self, object: *const T) -> Option<usize> {
        const { assert!(size_of::<T>() != 0, "a zero-sized object has no address of its own") };
        let base = self.cells.as_ptr().addr();
        let offset = object.addr().checked_sub(base)?;
        let stride = size_of::<UnsafeCell<MaybeUninit<T>>>();
        (offset % stride == 0 && offset / stride < N).then_some(offset / stride)
    }
}

#[cfg(target_pointer_width = "64")]
type Word = u32;
#[cfg(not(target_pointer_width = "64"))]
type Word = u16;

/// Lets `init` make an object at `place`, and makes sure that it did: what `init` returns must be `place`,
/// filled, as [`MaybeUninit::write`] returns it.
///
/// # Panics
/// As `init` does, and if it returns a reference to anything else. A value that it wrote is forgotten.
///
/// # Safety
/// [owner-only]: `place` is a vacant place and the caller's. `T` has a size: all zero-sized values have one
/// address, so there a reference proves nothing.
#[inline]
pub(crate) unsafe fn init_place<T>(
    place: *mut T,
    init: impl for<'p> FnOnce(&'p mut MaybeUninit<T>) -> &'p mut T,
) {
    // SAFETY: the caller's; any bytes are a valid `MaybeUninit`.
    let made: *const T = init(unsafe { &mut *place.cast::<MaybeUninit<T>>() });
    // A reference to `T` at the place proves that there is a `T`, since `T` has a size: no other live
    // reference can have this address.
    assert!(core::ptr::eq(made, place), "`init` returned a reference to another place");
}

/// What is known of one slot besides whether it is free.
///
/// | bits | field | who writes it |
/// |---|---|---|
/// | top 8 | epoch in which it was lent, modulo 256 | the owner when it gets; `keep_age` |
/// | 3 | `RAW`, `LENT`, `FILLED` | the owner |
/// | rest: 5, or 21 on 64-bit targets | holders of a shared lease | the holders |
///
/// Who gets or returns a slot stores the whole word; while it is on loan, its holders and `keep_age`, which
/// moves the epoch alone, change parts of it by read-modify-writes and so lose nothing of each other.
pub struct SlotState(rmw::AtomicSlot);

/// The value of a state, in which the fields are looked up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Snapshot(Word);

const EPOCH_SHIFT: u32 = Word::BITS - 8;
const FILLED: Word = 1 << (EPOCH_SHIFT - 1);
const LENT: Word = 1 << (EPOCH_SHIFT - 2);
const RAW: Word = 1 << (EPOCH_SHIFT - 3);
const HOLDERS: Word = RAW - 1;
/// The count of holders of an object that is never returned.
const PINNED: Word = HOLDERS;
/// The most holders that can be counted.
const MOST: Word = PINNED - 1;

/// Most holders a shared lease can count: 30, or 2,097,150 on 64-bit targets.
pub(crate) const MAX_HOLDERS: usize = MOST as usize;

impl Snapshot {
    /// Filled and lent in `epoch`: what a slot that was used before looks like when it is on loan.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // Modulo 256 is meant.
    pub(crate) fn on_loan(epoch: usize) -> Self {
        Self((Word::from(epoch as u8) << EPOCH_SHIFT) | FILLED | LENT)
    }

    pub(crate) fn is_filled(self) -> bool {
        self.0 & FILLED != 0
    }

    pub(crate) fn was_lent(self) -> bool {
        self.0 & LENT != 0
    }

    pub(crate) fn is_raw(self) -> bool {
        self.0 & RAW != 0
    }

    pub(crate) fn holders(self) -> usize {
        if self.is_raw() { 0 } else { (self.0 & HOLDERS) as usize }
    }

    /// How many epochs ago, seen in `epoch`; 255 stands for that many or more.
    #[allow(clippy::cast_possible_truncation)] // Modulo 256 is meant.
    pub(crate) fn age(self, epoch: usize) -> u8 {
        (epoch as u8).wrapping_sub((self.0 >> EPOCH_SHIFT) as u8)
    }
}

impl core::fmt::Debug for SlotState {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SlotState(..)")
    }
}

impl SlotState {
    const_fn! {
        /// Vacant and never lent.
        pub(crate) const fn new() -> Self {
            Self(rmw::AtomicSlot::new(0))
        }
    }

    #[inline(always)]
    pub(crate) fn load(&self) -> Snapshot {
        // Relaxed: the bitmap orders one owner's writes before the next owner's reads.
        Snapshot(self.0.load(Relaxed))
    }

    /// Owner only.
    pub(crate) fn store(&self, state: Snapshot) {
        self.0.store(state.0, Relaxed);
    }

    /// Owner only: there is an object now.
    pub(crate) fn set_filled(&self) {
        self.0.store(self.load().0 | FILLED, Relaxed);
    }

    /// Owner only: there is no object any more. Keeps that it was lent once.
    pub(crate) fn set_vacant(&self) {
        self.0.store(self.load().0 & LENT, Relaxed);
    }

    /// Owner only: the lease is a bare pointer from now on. Whether a share of the pool was forgotten with
    /// it is noted where holders are counted otherwise.
    pub(crate) fn set_raw(&self, with_share: bool) {
        // Not a load and a store: `keep_age` may move the epoch in between. P0: the pointer may come back by a way that
        // orders nothing, such as a register of a device.
        self.0.fetch_or(RAW | Word::from(with_share), order::set_raw());
    }

    /// Takes the raw mark away, for one caller only; `false` if it was not there, or was set with the
    /// other `with_share`.
    pub(crate) fn take_raw(&self, with_share: bool) -> bool {
        let take = |word| {
            let is_it = word & (RAW | HOLDERS) == RAW | Word::from(with_share);
            is_it.then_some(word & !(RAW | HOLDERS))
        };
        if seeded!("take_raw_torn", true, false) {
            return take(self.load().0).map(|word| self.0.store(word, Relaxed)).is_some();
        }
        // P1: what the last holder wrote comes before. The mark is only taken once.
        update(&self.0, order::take_raw(), take).is_ok()
    }

    /// Owner only: the exclusive lease becomes its first `holders`, one or two.
    #[inline]
    pub(crate) fn share(&self, holders: u8) {
        // Not a load and a store: `keep_age` may move the epoch in between.
        self.0.fetch_or(Word::from(holders), Relaxed);
    }

    /// One more holder, or `false` when they cannot be counted any more.
    #[inline]
    pub(crate) fn try_hold(&self) -> bool {
        // Relaxed: the caller holds already, so the object is visible to him, and whoever takes the
        // new handle elsewhere is ordered by what hands it over (as `Arc::clone`).
        if seeded!("hold_torn", true, false) {
            self.0.store(self.load().0 + 1, Relaxed);
            return true;
        }
        self.update_holders(Relaxed, |holders| (holders < MOST).then(|| holders + 1)).is_ok()
    }

    /// One more holder; where they cannot be counted any more, the slot is pinned for good: the count
    /// stays at its maximum and the object is never returned (as Linux `refcount_t` saturates).
    pub(crate) fn hold_or_pin(&self) {
        if seeded!("hold_torn", true, false) {
            return self.0.store(self.load().0 + 1, Relaxed);
        }
        // The closure is never `None`, so there is no error.
        let _ = self.update_holders(Relaxed, |holders| Some((holders + 1).min(PINNED)));
    }

    /// One holder less. `true` for the last, who owns the slot then.
    #[inline]
    pub(crate) fn release(&self) -> bool {
        // H0: this holder's reads happen before the last holder's return. H1: so did those of the others, if this is it.
        self.update_holders(order::release(), |holders| (holders < PINNED).then(|| holders - 1))
            .is_ok_and(|before| before == seeded!("recycle_before_last", 2, 1))
    }

    /// Ends sharing if the caller is the only holder; he owns the slot then.
    pub(crate) fn try_unshare(&self) -> bool {
        // H1: the reads of holders that left happen before our writes.
        self.update_holders(order::unshare(), |holders| {
            (holders <= seeded!("unshare_beside_other", 2, 1)).then_some(0)
        })
        .is_ok()
    }

    /// Moves the count of holders, leaving all else; the count before, or why not.
    fn update_holders(
        &self,
        order: Ordering,
        mut f: impl FnMut(Word) -> Option<Word>,
    ) -> Result<Word, Word> {
        let f = |word| f(word & HOLDERS).map(|holders| (word & !HOLDERS) | holders);
        update(&self.0, order, f).map(|before| before & HOLDERS)
    }

    /// Called for a slot on loan before `epoch` is counted up: keeps an age of 255 at 255.
    pub(crate) fn keep_age(&self, epoch: usize) {
        // An error means that the slot is not that old: nothing to keep then.
        let _ = update(&self.0, Relaxed, |word| {
            let is_oldest = Snapshot(word).age(epoch) == u8::MAX;
            is_oldest.then(|| word.wrapping_add(1 << EPOCH_SHIFT))
        });
    }
}

#[cfg(all(test, not(all(loom, feature = "loom"))))]
mod tests {
    use super::*;

    #[test]
    fn age_saturates() {
        let state = SlotState::new();
        state.store(Snapshot::on_loan(250));
        for epoch in 250..1000 {
            assert_eq!(usize::from(state.load().age(epoch)), (epoch - 250).min(255));
            state.keep_age(epoch);
        }
        assert!(state.load().is_filled() && state.load().was_lent());
    }

    /// The age is kept whatever holders do meanwhile: only the epoch moves, and only the count.
    #[test]
    fn age_is_kept_beside_holders() {
        use crate::sync::plain::AtomicUsize;
        let state = SlotState::new();
        state.store(Snapshot::on_loan(0));
        state.share(1);
        let done = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while done.load(Relaxed) == 0 {
                    assert!(state.try_hold());
                    assert!(!state.release());
                }
            });
            // Asserted when the other thread is done: a panic here would leave it working for ever.
            let mut wrong = 0;
            for epoch in 0..20_000 {
                wrong += usize::from(usize::from(state.load().age(epoch)) != epoch.min(255));
                state.keep_age(epoch);
            }
            done.store(1, Relaxed);
            assert_eq!(wrong, 0);
        });
        assert_eq!(state.load().holders(), 1);
    }

    #[test]
    fn holders_saturate_and_pin() {
        let state = SlotState::new();
        state.store(Snapshot::on_loan(7));
        state.share(1);
        for n in 1..MAX_HOLDERS.min(1000) {
            assert_eq!(state.load().holders(), n);
            assert!(state.try_hold());
            assert!(!state.try_unshare());
        }
        state.store(Snapshot(Snapshot::on_loan(7).0 | (MOST - 1)));
        assert!(state.try_hold());
        assert!(!state.try_hold());
        assert_eq!(state.load().holders(), MAX_HOLDERS);
        assert!(!state.release());
        state.hold_or_pin();
        state.hold_or_pin();
        for _ in 0..3 {
            assert!(!state.release(), "pinned");
            assert!(!state.try_unshare());
        }
        assert_eq!(state.load().holders(), MAX_HOLDERS + 1);
        assert_eq!(state.load().age(7), 0);
    }

    #[test]
    fn last_holder_is_told() {
        let state = SlotState::new();
        state.share(1);
        assert!(state.try_hold());
        assert!(!state.release());
        assert!(state.release());
        state.share(1);
        assert!(state.try_unshare());
        assert_eq!(state.load().holders(), 0);
    }

    #[test]
    fn raw_is_taken_once() {
        let state = SlotState::new();
        for share in [false, true] {
            assert!(!state.take_raw(share));
            state.set_raw(share);
            assert_eq!(state.load().holders(), 0);
            assert!(!state.take_raw(!share));
            assert!(state.take_raw(share));
            assert!(!state.take_raw(share));
            assert!(!state.load().is_raw());
        }
    }

    #[test]
    fn index_of_a_place() {
        let slots = Slots::<u32, 5>::new();
        for i in 0..5 {
            // SAFETY: `i < 5`; nobody else has the slots.
            let at = unsafe { slots.write_ptr(i) };
            assert_eq!(slots.index_of(at), Some(i));
            assert_eq!(slots.index_of(at.cast::<u8>().wrapping_add(1).cast()), None);
        }
        // SAFETY: as above.
        let first = unsafe { slots.read_ptr(0) };
        assert_eq!(slots.index_of(first.wrapping_add(5)), None);
        assert_eq!(slots.index_of(first.wrapping_sub(1)), None);
    }
}
