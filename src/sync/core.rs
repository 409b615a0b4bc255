//! Atomics, cells and threads of `core`, portable-atomic and `std`: for all builds but those of checkers.

/// Load and store only: one instruction on every target.
pub(crate) mod plain {
    #[cfg(all(feature = "critical-section", target_pointer_width = "64", forebay_sections))]
    pub(crate) use core::sync::atomic::AtomicU32;
    pub(crate) use core::sync::atomic::{AtomicU16, AtomicUsize};

    /// Loads `word`, which nobody else can store meanwhile. Not for other words: a checker fails then.
    #[inline(always)]
    pub(crate) fn own(word: &AtomicUsize) -> usize {
        word.load(super::Ordering::Relaxed)
    }
}

/// Loads `word`, which nobody else can change meanwhile. Not for other words: a checker fails then.
#[inline(always)]
pub(crate) fn load_alone(word: &rmw::AtomicUsize) -> usize {
    word.load(Ordering::Relaxed)
}

/// Stores to `word`, which nobody else can change meanwhile: without the section that a store is in where changes are
/// sections.
#[inline(always)]
pub(crate) fn store_alone(word: &rmw::AtomicUsize, value: usize) {
    #[cfg(all(
        feature = "critical-section",
        any(not(target_has_atomic = "ptr"), forebay_sections),
        not(forebay_weak),
    ))]
    word.store_alone(value);
    #[cfg(not(all(
        feature = "critical-section",
        any(not(target_has_atomic = "ptr"), forebay_sections),
        not(forebay_weak),
    )))]
    word.store(value, Ordering::Relaxed);
}

/// Read-modify-write, on every target.
#[cfg(forebay_weak)]
pub(crate) mod rmw {
    pub(crate) use crate::sync::weak::{AtomicSlot, AtomicU16, AtomicUsize};
}

/// Read-modify-write, by critical sections.
#[cfg(all(
    feature = "critical-section",
    any(not(target_has_atomic = "ptr"), forebay_sections),
    not(forebay_weak),
))]
pub(crate) mod rmw {
    #[cfg(not(target_pointer_width = "64"))]
    pub(crate) use crate::sync::sections::AtomicU16 as AtomicSlot;
    #[cfg(target_pointer_width = "64")]
    pub(crate) use crate::sync::sections::AtomicU32 as AtomicSlot;
    pub(crate) use crate::sync::sections::{AtomicU16, AtomicUsize};
}

/// Read-modify-write, on every target.
#[cfg(not(any(
    all(feature = "critical-section", any(not(target_has_atomic = "ptr"), forebay_sections)),
    forebay_weak,
)))]
pub(crate) mod rmw {
    // The state of one slot: half a word, so that a slot's control stays at three bytes where
    // memory is scarce.
    #[cfg(not(target_pointer_width = "64"))]
    pub(crate) use portable_atomic::AtomicU16 as AtomicSlot;
    #[cfg(target_pointer_width = "64")]
    pub(crate) use portable_atomic::AtomicU32 as AtomicSlot;
    pub(crate) use portable_atomic::{AtomicU16, AtomicUsize};
}

pub(crate) use core::hint::spin_loop;
#[allow(unused_imports)] // For who pairs with a system call.
pub(crate) use core::sync::atomic::compiler_fence;

/// A fence between contexts: where there is one core, between a handler and what it interrupts.
#[cfg(portable_atomic_unsafe_assume_single_core)]
pub(crate) use core::sync::atomic::compiler_fence as context_fence;
#[cfg(not(portable_atomic_unsafe_assume_single_core))]
#[allow(unused_imports)] // For who has no system call.
pub(crate) use core::sync::atomic::fence as context_fence;
pub(crate) use core::sync::atomic::{Ordering, fence};
#[cfg(feature = "std")]
pub(crate) use std::{thread, thread_local};

/// Parks until unparked (or for no reason); `false`, at once, when `deadline` has passed.
#[cfg(feature = "std")]
pub(crate) fn park(deadline: Option<std::time::Instant>) -> bool {
    let Some(deadline) = deadline else {
        thread::park();
        return true;
    };
    let left = deadline.saturating_duration_since(std::time::Instant::now());
    if !left.is_zero() {
        thread::park_timeout(left);
    }
    !left.is_zero()
}

/// Free-slot bits in one word; the other half of the word counts claims.
pub(crate) const SLOTS_PER_WORD: usize = usize::BITS as usize / 2;

/// Words of slots that a lane can keep at once.
pub(crate) const POCKETS: usize = if usize::BITS == 64 { 4 } else { 2 };

/// Whether a lane keeps one slot by its number: saves steps where finding the number of a bit takes some, or memory is
/// scarce and pools are small. Elsewhere it costs bursts more than it saves.
pub(crate) const ONE_ON_TOP: bool = usize::BITS < u64::BITS;

/// How often a visitor looks whether an owner is done.
pub(crate) const LOOKS: usize = 16;

/// How many threads can have a number at once.
#[cfg(feature = "std")]
pub(crate) const MAX_THREADS: usize = 4096;

/// Whether a cell is more than its content.
pub(crate) const CELLS_HAVE_STATE: bool = false;

/// `core`'s cell with loom's interface: the pointer is lent to a closure.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct UnsafeCell<T>(core::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(core::cell::UnsafeCell::new(value))
    }

    /// The pointer, for reading. Loom checks that no write is concurrent.
    #[inline(always)]
    pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.0.get())
    }

    /// The pointer, for writing. Loom checks that no other access is concurrent.
    #[inline(always)]
    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }
}

pub(crate) use super::words::Words;
