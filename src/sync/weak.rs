//! With `--cfg forebay_weak`, for `ci/stages/weak.sh`: `compare_exchange_weak` fails spuriously four times out of five. It may on
//! every target, on x86 it never does, and Miri makes it fail that often.

extern crate std;

use core::cell::Cell;
use core::ops::Deref;
use core::sync::atomic::Ordering;

std::thread_local! {
    static RANDOM: Cell<u64> = const { Cell::new(0x9E37_79B9_7F4A_7C15) };
}

/// Whether this attempt fails: the same sequence in each thread and each run (xorshift64*).
fn fails() -> bool {
    let mut x = RANDOM.get();
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    RANDOM.set(x);
    !(x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).is_multiple_of(5)
}

macro_rules! weak {
    ($name:ident, $atomic:ty, $value:ty) => {
        /// An atomic of portable-atomic with another `compare_exchange_weak`.
        #[derive(Debug)]
        #[repr(transparent)]
        pub(crate) struct $name($atomic);

        #[allow(dead_code)] // No type needs all of it.
        impl $name {
            pub(crate) const fn new(value: $value) -> Self {
                Self(<$atomic>::new(value))
            }

            /// # Safety
            /// As for the atomic inside.
            pub(crate) unsafe fn from_ptr<'a>(ptr: *mut $value) -> &'a Self {
                // SAFETY: the caller's; the type is transparent.
                unsafe { &*core::ptr::from_ref(<$atomic>::from_ptr(ptr)).cast() }
            }

            pub(crate) fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                if fails() {
                    return Err(self.0.load(failure));
                }
                self.0.compare_exchange(current, new, success, failure)
            }
        }

        impl Deref for $name {
            type Target = $atomic;

            fn deref(&self) -> &$atomic {
                &self.0
            }
        }
    };
}
weak!(AtomicU16, portable_atomic::AtomicU16, u16);
weak!(AtomicUsize, portable_atomic::AtomicUsize, usize);
// As in the family without the faults.
#[cfg(not(target_pointer_width = "64"))]
weak!(AtomicSlot, portable_atomic::AtomicU16, u16);
#[cfg(target_pointer_width = "64")]
weak!(AtomicSlot, portable_atomic::AtomicU32, u32);

#[cfg(test)]
mod tests {
    use super::AtomicUsize;

    #[test]
    fn compare_exchange_weak_fails_spuriously() {
        use super::Ordering::Relaxed;
        let word = AtomicUsize::new(0);
        let succeeds = |_: &i32| word.compare_exchange_weak(0, 0, Relaxed, Relaxed).is_ok();
        let succeeded = (0..1000).filter(succeeds).count();
        assert!((100..300).contains(&succeeded), "{succeeded} of 1000 attempts succeeded");
    }
}
