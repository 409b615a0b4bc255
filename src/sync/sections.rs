//! Atomics of a core without compare-and-swap, by critical sections: a relaxed load is a load, a change is one section.
//!
//! Sections exclude each other, so no change comes between the load and the store of another. A store is in a section as
//! well: on a chip of several cores, another core's section could undo it otherwise.
//!
//! Sections also order: the end of one is seen before the beginning of the next, on all cores that share it. So each access
//! that acquires or releases is in one, and the accesses inside are relaxed. A later change continues the release sequence
//! of an earlier one, as a read-modify-write does, since its section comes behind.

use super::Ordering::{self, Relaxed};
use super::{plain, seeded};

macro_rules! sections {
    ($($name:ident $int:ty),+ $(,)?) => {$(
        #[derive(Debug)]
        #[repr(transparent)]
        pub(crate) struct $name(plain::$name);

        #[allow(dead_code)] // No type needs all of it.
        impl $name {
            pub(crate) const fn new(value: $int) -> Self {
                Self(plain::$name::new(value))
            }

            /// # Safety
            /// That of `from_ptr` in `core`.
            #[inline(always)]
            pub(crate) unsafe fn from_ptr<'a>(at: *mut $int) -> &'a Self {
                // SAFETY: the caller's; the type is transparent.
                unsafe { &*core::ptr::from_ref(plain::$name::from_ptr(at)).cast() }
            }

            #[inline(always)]
            pub(crate) fn load(&self, order: Ordering) -> $int {
                match order {
                    Relaxed => self.0.load(Relaxed),
                    _ => critical_section::with(|_| self.0.load(Relaxed)),
                }
            }

            #[inline(always)]
            pub(crate) fn store(&self, value: $int, _: Ordering) {
                critical_section::with(|_| self.0.store(value, Relaxed));
            }

            /// A store to a word that nobody else can change meanwhile.
            #[inline(always)]
            pub(crate) fn store_alone(&self, value: $int) {
                self.0.store(value, Relaxed);
            }

            /// Makes the change that `f` names, if it names one.
            #[inline(always)]
            pub(crate) fn fetch_update(
                &self,
                _: Ordering,
                _: Ordering,
                mut f: impl FnMut($int) -> Option<$int>,
            ) -> Result<$int, $int> {
                if seeded!("section_split", true, false) {
                    let seen = self.load(Ordering::Acquire);
                    return f(seen).map(|new| self.store(new, Relaxed)).map(|()| seen).ok_or(seen);
                }
                critical_section::with(|_| {
                    let seen = self.0.load(Relaxed);
                    let Some(new) = f(seen) else { return Err(seen) };
                    self.0.store(new, Relaxed);
                    Ok(seen)
                })
            }

            #[inline(always)]
            fn change(&self, f: impl Fn($int) -> $int) -> $int {
                critical_section::with(|_| {
                    let seen = self.0.load(Relaxed);
                    self.0.store(f(seen), Relaxed);
                    seen
                })
            }

            #[inline(always)]
            pub(crate) fn compare_exchange(
                &self,
                current: $int,
                new: $int,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$int, $int> {
                self.fetch_update(success, failure, |seen| (seen == current).then_some(new))
            }

            #[inline(always)]
            pub(crate) fn compare_exchange_weak(
                &self,
                current: $int,
                new: $int,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$int, $int> {
                self.compare_exchange(current, new, success, failure)
            }

            #[inline(always)]
            pub(crate) fn swap(&self, value: $int, _: Ordering) -> $int {
                self.change(|_| value)
            }

            #[inline(always)]
            pub(crate) fn fetch_add(&self, more: $int, _: Ordering) -> $int {
                self.change(|seen| seen.wrapping_add(more))
            }

            #[inline(always)]
            pub(crate) fn fetch_sub(&self, less: $int, _: Ordering) -> $int {
                self.change(|seen| seen.wrapping_sub(less))
            }

            #[inline(always)]
            pub(crate) fn fetch_and(&self, bits: $int, _: Ordering) -> $int {
                self.change(|seen| seen & bits)
            }

            #[inline(always)]
            pub(crate) fn fetch_or(&self, bits: $int, _: Ordering) -> $int {
                self.change(|seen| seen | bits)
            }
        }
    )+};
}
sections!(AtomicU16 u16, AtomicUsize usize);
#[cfg(target_pointer_width = "64")]
sections!(AtomicU32 u32);
