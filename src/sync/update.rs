//! One read-modify-write of any function: [`update`].

use super::Ordering;

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
pub(crate) fn update<A: Update>(
    word: &A,
    order: Ordering,
    f: impl FnMut(A::Value) -> Option<A::Value>,
) -> Result<A::Value, A::Value> {
    word.update_by(order, f)
}

/// Atomics that [`update`] changes.
pub(crate) trait Update {
    type Value: Copy;

    fn update_by(
        &self,
        order: Ordering,
        f: impl FnMut(Self::Value) -> Option<Self::Value>,
    ) -> Result<Self::Value, Self::Value>;
}

/// Implements it, by the `steps!` of the target.
macro_rules! updated {
    ($($atomic:ident: $value:ty, $load:literal, $store:literal);+ $(;)?) => {$(
        impl Update for super::rmw::$atomic {
            type Value = $value;

            #[inline(always)]
            #[allow(unused_mut)] // One way calls `f` itself.
            fn update_by(
                &self,
                order: Ordering,
                mut f: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                steps!(self, order, f, $value, $load, $store)
            }
        }
    )+};
}

/// LDREX and STREX. Without 64-bit atomics it is the M profile: the others with LDREX have LDREXD, too.
#[cfg(all(
    target_arch = "arm",
    target_os = "none",
    target_has_atomic = "ptr",
    not(target_has_atomic = "64"),
))]
macro_rules! steps {
    ($this:ident, $order:ident, $f:ident, $value:ty, $load:literal, $store:literal) => {{
        use core::arch::asm;
        let at = $this.as_ptr();
        loop {
            let seen: $value;
            // SAFETY: loads an aligned word that is alive. An exception that is taken before the STREX ends the
            // reservation, and so does the STREX of another core: both make it fail. `f` stores nothing in
            // between, which may end it on some cores; ci/embedded-tables.py looks at what the compiler made of it.
            unsafe {
                asm!(concat!($load, " {}, [{}]"), out(reg) seen, in(reg) at, options(nostack, preserves_flags));
            };
            let Some(new) = $f(seen) else {
                // SAFETY: only ends the reservation.
                unsafe { asm!("clrex", options(nostack, preserves_flags)) };
                return Err(seen);
            };
            // The barriers that LLVM has around a compare-exchange of that order: here for the releasing side of an edge,
            // such as F0 of the bitmap, and behind the STREX for the acquiring side, such as F1.
            if matches!($order, Ordering::Release | Ordering::AcqRel) {
                super::fence(Ordering::Release); // F0
            }
            let failed: u32;
            // SAFETY: stores to an aligned word that is only accessed atomically.
            unsafe {
                asm!(
                    concat!($store, " {}, {}, [{}]"),
                    out(reg) failed, in(reg) new, in(reg) at, options(nostack, preserves_flags)
                );
            };
            if failed == 0 {
                // F1, as above.
                if matches!($order, Ordering::Acquire | Ordering::AcqRel) {
                    super::fence(Ordering::Acquire);
                }
                return Ok(seen);
            }
            again();
        }
    }};
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

/// One section, as each `fetch_update` of these atomics is.
#[cfg(all(
    feature = "critical-section",
    any(not(target_has_atomic = "ptr"), forebay_sections),
    not(any(all(loom, feature = "loom"), forebay_shuttle)),
))]
macro_rules! steps {
    ($this:ident, $order:ident, $f:ident, $value:ty, $load:literal, $store:literal) => {
        $this.fetch_update($order, Ordering::Relaxed, $f)
    };
}

/// A load and a compare-exchange.
#[cfg(not(any(
    all(
        feature = "critical-section",
        any(not(target_has_atomic = "ptr"), forebay_sections),
        not(any(all(loom, feature = "loom"), forebay_shuttle)),
    ),
    all(
        target_arch = "arm",
        target_os = "none",
        target_has_atomic = "ptr",
        not(target_has_atomic = "64"),
    ),
)))]
macro_rules! steps {
    ($this:ident, $order:ident, $f:ident, $value:ty, $load:literal, $store:literal) => {{
        let mut seen = $this.load(Ordering::Relaxed);
        loop {
            let Some(new) = $f(seen) else { return Err(seen) };
            match $this.compare_exchange_weak(seen, new, $order, Ordering::Relaxed) {
                Ok(seen) => return Ok(seen),
                Err(now) => seen = now,
            }
        }
    }};
}

updated! {
    AtomicUsize: usize, "ldrex", "strex";
    AtomicU16: u16, "ldrexh", "strexh";
}
// Elsewhere it is one of these.
#[cfg(any(target_pointer_width = "64", all(loom, feature = "loom"), forebay_shuttle))]
updated! { AtomicSlot: u32, "ldrex", "strex" }
