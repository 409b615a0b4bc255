//! One read-modify-write of any function: [`update`].

use super::{Ordering, rmw::AtomicUsize};

/// Replaces the value of `word` by the one that `f` makes of it, in one step. Returns the value before.
///
/// | target | steps |
/// |---|---|
/// | M-profile Arm with LDREX | LDREX, `f`, STREX: no load before, and no compare |
/// | no compare-and-swap, with `critical-section` | a load, `f` and a store in one section |
/// | all others | a load, `f` and a compare-exchange |
///
/// `f` may run several times, and the last time counts: it only computes, and notes results for the caller.
///
/// Lock-free: another round means that the word was changed meanwhile, or that the store failed spuriously.
///
/// # Errors
/// The value, which was read `Relaxed`, if `f` returns `None`. The word is unchanged.
#[inline(always)]
pub(crate) fn update(
    word: &AtomicUsize,
    order: Ordering,
    f: impl FnMut(usize) -> Option<usize>,
) -> Result<usize, usize> {
    imp(word, order, f)
}

// Every `fetch_update` of these is one section.
#[cfg(all(feature = "critical-section", any(not(target_has_atomic = "ptr"), forebay_sections)))]
#[inline(always)]
fn imp(
    word: &AtomicUsize,
    order: Ordering,
    f: impl FnMut(usize) -> Option<usize>,
) -> Result<usize, usize> {
    word.fetch_update(order, Ordering::Relaxed, f)
}

// Without 64-bit atomics it is the M profile: the others with LDREX have LDREXD, too.
#[cfg(all(
    target_arch = "arm",
    target_os = "none",
    target_has_atomic = "ptr",
    not(target_has_atomic = "64"),
))]
#[inline(always)]
fn imp(
    word: &AtomicUsize,
    order: Ordering,
    mut f: impl FnMut(usize) -> Option<usize>,
) -> Result<usize, usize> {
    use core::arch::asm;
    use core::sync::atomic::fence;
    let at = word.as_ptr();
    loop {
        let seen: usize;
        // SAFETY: loads an aligned word that is alive. An exception that is taken before the STREX ends the reservation,
        // and so does the STREX of another core, so both make it fail. A store of `f` to the stack does not on the
        // M profile; where it did, the same code would be run again.
        unsafe {
            asm!("ldrex {}, [{}]", out(reg) seen, in(reg) at, options(nostack, preserves_flags))
        };
        let Some(new) = f(seen) else {
            // SAFETY: only ends the reservation.
            unsafe { asm!("clrex", options(nostack, preserves_flags)) };
            return Err(seen);
        };
        // The barriers that LLVM has around the loop of a compare-exchange of that order.
        if matches!(order, Ordering::Release | Ordering::AcqRel) {
            fence(Ordering::Release);
        }
        let failed: usize;
        // SAFETY: stores to an aligned word that is only accessed atomically.
        unsafe {
            asm!("strex {}, {}, [{}]", out(reg) failed, in(reg) new, in(reg) at, options(nostack, preserves_flags));
        };
        if failed == 0 {
            if matches!(order, Ordering::Acquire | Ordering::AcqRel) {
                fence(Ordering::Acquire);
            }
            return Ok(seen);
        }
        again();
    }
}

/// Marks another round as rare, so that it is not laid out beside the first.
#[cfg(all(
    target_arch = "arm",
    target_os = "none",
    target_has_atomic = "ptr",
    not(target_has_atomic = "64"),
))]
#[cold]
#[inline(always)]
fn again() {}

#[cfg(not(any(
    all(feature = "critical-section", any(not(target_has_atomic = "ptr"), forebay_sections)),
    all(
        target_arch = "arm",
        target_os = "none",
        target_has_atomic = "ptr",
        not(target_has_atomic = "64"),
    ),
)))]
#[inline(always)]
fn imp(
    word: &AtomicUsize,
    order: Ordering,
    mut f: impl FnMut(usize) -> Option<usize>,
) -> Result<usize, usize> {
    let mut seen = word.load(Ordering::Relaxed);
    loop {
        let Some(new) = f(seen) else { return Err(seen) };
        match word.compare_exchange_weak(seen, new, order, Ordering::Relaxed) {
            Ok(seen) => return Ok(seen),
            Err(now) => seen = now,
        }
    }
}
