//! L0: where atomics, cells and fences come from. No other file names `core::sync::atomic`,
//! `portable_atomic`, `core::cell::UnsafeCell` or `loom`; `tests/tidy.rs` holds that.
//!
//! Two families of atomics, because they cost differently on cores without compare-and-swap:
//!
//! - [`plain`]: load and store only, taken from `core`, one instruction on every target. There a
//!   read-modify-write does not even compile for thumbv6m, which keeps the family honest.
//! - [`rmw`]: read-modify-write too, taken from `portable-atomic`. On a core without
//!   compare-and-swap each access, a load included, is a critical section chosen by the final binary;
//!   with the feature `critical-section` loads are plain there, and a change is one section.
//!
//! With `--cfg loom` *and* the feature `loom`, both families and the cells are loom's. Both are
//! needed, so that a dependent's own loom run does not flip this crate by accident.
#![allow(unsafe_code)]

pub(crate) use imp::*;

pub(crate) mod barrier;
mod home;
#[cfg(all(
    feature = "critical-section",
    any(not(target_has_atomic = "ptr"), forebay_sections),
    not(any(all(loom, feature = "loom"), forebay_shuttle)),
))]
mod sections;
mod update;
#[cfg(all(loom, feature = "loom", feature = "std"))]
pub use home::set_home;
#[cfg(all(test, feature = "std", not(all(loom, feature = "loom"))))]
pub(crate) use home::set_home;
pub(crate) use home::{home, move_home};
pub(crate) use update::update;

/// `const fn`, except under loom, whose atomics cannot be made in a constant.
macro_rules! const_fn {
    ($(#[$attr:meta])* $vis:vis const fn $($rest:tt)*) => {
        #[cfg(not(all(loom, feature = "loom")))]
        $(#[$attr])* $vis const fn $($rest)*
        #[cfg(all(loom, feature = "loom"))]
        $(#[$attr])* $vis fn $($rest)*
    };
}
pub(crate) use const_fn;

/// A static that is made in a constant, or, by a checker, anew for each execution.
#[cfg(feature = "std")]
macro_rules! global {
    ($(#[$attr:meta])* static $name:ident: $t:ty = $value:expr;) => {
        #[cfg(not(any(all(loom, feature = "loom"), forebay_shuttle)))]
        $(#[$attr])* static $name: $t = $value;
        #[cfg(all(loom, feature = "loom"))]
        loom::lazy_static! { $(#[$attr])* static ref $name: $t = $value; }
        #[cfg(forebay_shuttle)]
        shuttle::lazy_static! { $(#[$attr])* static ref $name: $t = $value; }
    };
}
#[cfg(feature = "std")]
pub(crate) use global;

/// In a trait: its types have a constant first value (under loom a function makes it). In an `impl`: what
/// that value is.
macro_rules! first_value {
    () => {
        /// As it is at first.
        #[cfg(not(all(loom, feature = "loom")))]
        #[allow(clippy::declare_interior_mutable_const)] // Copied once, into a place of its own.
        const FIRST: Self;
        /// As it is at first.
        #[cfg(all(loom, feature = "loom"))]
        fn first() -> Self;
    };
    ($value:expr) => {
        #[cfg(not(all(loom, feature = "loom")))]
        const FIRST: Self = $value;
        #[cfg(all(loom, feature = "loom"))]
        fn first() -> Self {
            $value
        }
    };
    (of $t:ty) => {{
        #[cfg(not(all(loom, feature = "loom")))]
        {
            <$t>::FIRST
        }
        #[cfg(all(loom, feature = "loom"))]
        {
            <$t>::first()
        }
    }};
}
pub(crate) use first_value;

/// An array with each place made by `$value`, in a constant except under loom.
macro_rules! filled {
    ($value:expr; $len:expr) => {{
        #[cfg(not(all(loom, feature = "loom")))]
        {
            [const { $value }; $len]
        }
        #[cfg(all(loom, feature = "loom"))]
        {
            core::array::from_fn::<_, { $len }, _>(|_| $value)
        }
    }};
}
pub(crate) use filled;

/// `$right`, unless the fault `$name` is seeded: then `$fault`.
///
/// A fault is seeded to show that a check can fail: at run time in a checker's build (see
/// [`crate::seed`]), by `--cfg forebay_seed="name"` in any other. No build has one otherwise, and
/// the branch is a constant.
macro_rules! seeded {
    ($name:literal, $fault:expr, $right:expr) => {{
        #[cfg(not(any(all(loom, feature = "loom"), forebay_shuttle)))]
        {
            if cfg!(forebay_seed = $name) { $fault } else { $right }
        }
        #[cfg(any(all(loom, feature = "loom"), forebay_shuttle))]
        {
            if $crate::seed::is_planted($name) { $fault } else { $right }
        }
    }};
}
pub(crate) use seeded;

#[cfg(not(any(all(loom, feature = "loom"), forebay_shuttle)))]
mod imp {
    /// Load and store only: one instruction on every target.
    pub(crate) mod plain {
        #[cfg(all(
            feature = "critical-section",
            target_pointer_width = "64",
            forebay_sections
        ))]
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

    /// Words of a cache line on targets where words that different callers use are kept on different lines; elsewhere 0.
    pub(super) const LINE: usize =
        if cfg!(target_pointer_width = "64") { 64 / size_of::<usize>() } else { 0 };

    /// At least `SETS` times `ceil(N / SLOTS_PER_WORD)` atomic words, all zero, in `N` bytes, `SETS` words and a cache
    /// line. `SETS` is 1 or 2.
    ///
    /// Stable Rust has no `[AtomicUsize; N.div_ceil(16)]`, and `[AtomicUsize; N]` would cost a word a
    /// slot. `N` bytes behind `SETS` whole words always hold enough of them: `SETS + N / size_of::<usize>()`
    /// words, where `SETS * ceil(N / (4 * size_of::<usize>()))` are needed.
    ///
    /// On 64-bit targets a set is cut into [`LINES`](Self::LINES) parts of [`NEAR`](Self::NEAR) words, 64 bytes apart. The
    /// line at the end keeps the spare word, which all callers read, apart from the last part.
    ///
    /// | words of a set | from one to the next | words of a part |
    /// |---|--:|--:|
    /// | 2 | 64 bytes | 1 |
    /// | 3 to 64 | 32 bytes | 2 |
    /// | more, where a look at all of them should touch few lines | 8 bytes | 8 |
    ///
    /// # Invariants
    /// - [whole-words] word `i < LEN` lies wholly inside the struct and is aligned: `repr(C)` puts
    ///   `first` at 0, `rest` right behind it, and `apart` right behind both, since neither of them is aligned: there is no
    ///   padding in between, whose bytes would not be initialised. `LEN` counts whole words only.
    /// - [atomic-only] the bytes are reached through `AtomicUsize` alone.
    #[repr(C)]
    pub(crate) struct Words<const N: usize, const SETS: usize = 1> {
        first: [rmw::AtomicUsize; SETS],
        rest: [core::cell::UnsafeCell<u8>; N],
        apart: [core::cell::UnsafeCell<u8>; LINE * size_of::<usize>()],
    }

    // SAFETY: [atomic-only] every access to `rest` and `apart` is an atomic one.
    unsafe impl<const N: usize, const SETS: usize> Sync for Words<N, SETS> {}

    impl<const N: usize, const SETS: usize> Words<N, SETS> {
        /// Words of a set.
        const WORDS: usize = N.div_ceil(SLOTS_PER_WORD);
        const LEN: usize = SETS + N / size_of::<usize>() + LINE;
        /// From one word of a set to the next, in words.
        const STRIDE: usize = match Self::WORDS {
            _ if LINE == 0 => 1,
            ..=2 => LINE,
            3..=64 => LINE / 2,
            _ => 1,
        };
        /// Neighbouring words of a set that may share a cache line.
        pub(crate) const NEAR: usize = if LINE == 0 { Self::WORDS } else { LINE / Self::STRIDE };
        /// How many groups of such neighbours there are.
        pub(crate) const LINES: usize = Self::WORDS.div_ceil(Self::NEAR);

        pub(crate) const fn new() -> Self {
            const {
                // The sets come before the spare word.
                let behind = if Self::STRIDE == 1 {
                    SETS * Self::WORDS
                } else {
                    (Self::WORDS - 1) * Self::STRIDE + SETS
                };
                assert!(behind < Self::LEN || Self::WORDS == 1);
                // [whole-words]
                let at = core::mem::offset_of!(Self, apart);
                assert!(
                    at == SETS * size_of::<usize>() + N,
                    "there is padding before the last line"
                );
            }
            Self {
                first: [const { rmw::AtomicUsize::new(0) }; SETS],
                rest: [const { core::cell::UnsafeCell::new(0) }; N],
                apart: [const { core::cell::UnsafeCell::new(0) }; LINE * size_of::<usize>()],
            }
        }

        const fn mask(words: usize) -> usize {
            assert!(words.next_power_of_two() <= Self::LEN);
            words.next_power_of_two() - 1
        }

        /// Word `i` of the first set.
        #[inline(always)]
        pub(crate) fn get(&self, i: usize) -> &rmw::AtomicUsize {
            self.of_set(0, i)
        }

        /// The number of a word of the first set.
        pub(crate) fn number_of(&self, word: &rmw::AtomicUsize) -> usize {
            let bytes = core::ptr::from_ref(word).addr() - core::ptr::from_ref(self).addr();
            bytes / (Self::STRIDE * size_of::<usize>())
        }

        /// Word `i` of the second set.
        #[inline(always)]
        pub(crate) fn second(&self, i: usize) -> &rmw::AtomicUsize {
            const { assert!(SETS == 2) };
            self.of_set(1, i)
        }

        /// Word `i` of a set. An `i` out of range, which no caller has, is another word and not a panic.
        #[inline(always)]
        fn of_set(&self, set: usize, i: usize) -> &rmw::AtomicUsize {
            let at = if Self::STRIDE == 1 {
                // One instruction: the next power of two behind those that are needed is not above `LEN`.
                (set * Self::WORDS + i) & const { Self::mask(SETS * Self::WORDS) }
            } else if Self::WORDS.is_power_of_two() {
                (i & (Self::WORDS - 1)) * Self::STRIDE + set
            } else {
                i.min(Self::WORDS - 1) * Self::STRIDE + set
            };
            let base = core::ptr::from_ref(self).cast::<usize>().cast_mut();
            // SAFETY: [whole-words] `at < LEN`, so the word is in bounds and aligned; it was
            // initialised to zero bytes; [atomic-only] all other accesses are atomic. The memory is
            // all inside cells, so writing through a shared reference is allowed.
            unsafe { rmw::AtomicUsize::from_ptr(base.add(at)) }
        }

        /// A word besides those of the sets, to load and store. There is one where a set has several words.
        #[inline(always)]
        pub(crate) fn spare(&self) -> &plain::AtomicUsize {
            let base = core::ptr::from_ref(self).cast::<usize>().cast_mut();
            // SAFETY: as in `of_set`. Where there is one word, this may be one of the sets', and still only accessed
            // atomically.
            unsafe { plain::AtomicUsize::from_ptr(base.add(Self::LEN - 1)) }
        }
    }
}

/// With `--cfg forebay_weak`, for `ci/stages/weak.sh`: `compare_exchange_weak` fails spuriously four times out of five. It may on
/// every target, on x86 it never does, and Miri makes it fail that often.
#[cfg(all(forebay_weak, not(any(all(loom, feature = "loom"), forebay_shuttle))))]
mod weak {
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
}

#[cfg(all(loom, feature = "loom"))]
mod imp {
    pub(crate) mod plain {
        pub(crate) use loom::sync::atomic::{AtomicU16, AtomicUsize};

        /// Loads `word`, which nobody else can store meanwhile. An atomic load would hide the other threads' loads from
        /// loom when this thread stores next; this one also checks that nobody else stores.
        pub(crate) fn own(word: &AtomicUsize) -> usize {
            // SAFETY: loom stops with a panic where another thread's store is not ordered before or behind.
            unsafe { word.unsync_load() }
        }
    }

    pub(crate) mod rmw {
        pub(crate) use loom::sync::atomic::{AtomicU16, AtomicU32 as AtomicSlot, AtomicUsize};
    }

    /// Loads `word`, which nobody else can change meanwhile. See [`plain::own`].
    pub(crate) fn load_alone(word: &rmw::AtomicUsize) -> usize {
        plain::own(word)
    }

    pub(crate) use super::checked::{
        CELLS_HAVE_STATE, LOOKS, ONE_ON_TOP, POCKETS, SLOTS_PER_WORD, Words, store_alone,
    };
    pub(crate) use loom::cell::UnsafeCell;
    pub(crate) use loom::hint::spin_loop;
    pub(crate) use loom::sync::atomic::{Ordering, fence, fence as context_fence};
    #[cfg(feature = "std")]
    pub(crate) use loom::thread;

    /// Loom's own, which takes no `const` blocks as they are.
    #[cfg(feature = "std")]
    macro_rules! in_thread {
        ($($(#[$attr:meta])* static $name:ident: $t:ty = $value:expr;)*) => {
            $(loom::thread_local! { $(#[$attr])* static $name: $t = $value; })*
        };
    }
    #[cfg(feature = "std")]
    pub(crate) use in_thread as thread_local;

    /// One bitmap word, since each thread of a model looks for a number: a third thread has none.
    #[cfg(feature = "std")]
    pub(crate) const MAX_THREADS: usize = 2;

    /// Loom knows no time: a model waits for ever.
    #[cfg(feature = "std")]
    pub(crate) fn park(_deadline: Option<std::time::Instant>) -> bool {
        thread::park();
        true
    }
}

/// For `ci/crates/shuttle`, which compiles this crate's sources with `--cfg forebay_shuttle`.
#[cfg(forebay_shuttle)]
mod imp {
    extern crate std;

    pub(crate) mod plain {
        pub(crate) use shuttle::sync::atomic::{AtomicU16, AtomicUsize};

        /// Loads `word`, which nobody else can store meanwhile.
        pub(crate) fn own(word: &AtomicUsize) -> usize {
            word.load(super::Ordering::Relaxed)
        }
    }

    pub(crate) mod rmw {
        pub(crate) use shuttle::sync::atomic::{AtomicU16, AtomicU32 as AtomicSlot, AtomicUsize};
    }

    /// Loads `word`, which nobody else can change meanwhile.
    pub(crate) fn load_alone(word: &rmw::AtomicUsize) -> usize {
        plain::own(word)
    }

    pub(crate) use super::checked::{
        CELLS_HAVE_STATE, LOOKS, ONE_ON_TOP, POCKETS, SLOTS_PER_WORD, Words, store_alone,
    };
    /// Three bitmap words: a test of many threads runs out of numbers.
    #[cfg(feature = "std")]
    pub(crate) const MAX_THREADS: usize = 5;
    pub(crate) use shuttle::hint::spin_loop;
    pub(crate) use shuttle::sync::atomic::{Ordering, fence, fence as context_fence};
    pub(crate) use shuttle::{thread, thread_local};

    /// As under loom, a schedule waits for ever.
    pub(crate) fn park(_deadline: Option<std::time::Instant>) -> bool {
        thread::park();
        true
    }

    /// A second panic, in a drop while the first unwinds, would abort and hide the first.
    fn thread_panics() -> bool {
        std::thread::panicking()
    }

    /// A cell that panics when an access overlaps a write; shuttle has none of its own. The object comes
    /// first, so that its address is that of its slot.
    #[derive(Debug)]
    #[repr(C)]
    pub(crate) struct UnsafeCell<T> {
        cell: core::cell::UnsafeCell<T>,
        /// Readers at work, or -1 for a writer. Not shuttle's: it must not add schedules.
        users: core::sync::atomic::AtomicIsize,
    }

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            let users = core::sync::atomic::AtomicIsize::new(0);
            Self { cell: core::cell::UnsafeCell::new(value), users }
        }

        pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            let before = self.users.fetch_add(1, Ordering::SeqCst);
            assert!(before >= 0 || thread_panics(), "read while written");
            thread::yield_now(); // Let others run into it.
            let result = f(self.cell.get());
            self.users.fetch_sub(1, Ordering::SeqCst);
            result
        }

        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            let before = self.users.swap(-1, Ordering::SeqCst);
            assert!(before == 0 || thread_panics(), "written while in use");
            thread::yield_now(); // Let others run into it.
            let result = f(self.cell.get());
            self.users.store(0, Ordering::SeqCst);
            result
        }
    }
}

/// What the checkers' builds share.
#[cfg(any(all(loom, feature = "loom"), forebay_shuttle))]
mod checked {
    use super::imp::{Ordering::Relaxed, plain, rmw};

    /// A cell is more than its content: it knows who uses it.
    pub(crate) const CELLS_HAVE_STATE: bool = true;

    /// Two bits a word, so that a model of three slots crosses a word.
    pub(crate) const SLOTS_PER_WORD: usize = 2;

    /// Two words, so that a model of a lane can lack room for a third.
    pub(crate) const POCKETS: usize = 2;

    /// Loom is for lanes as on 64-bit targets, shuttle for those of the others.
    pub(crate) const ONE_ON_TOP: bool = cfg!(forebay_shuttle);

    /// One look: another is another schedule of the same.
    pub(crate) const LOOKS: usize = 1;

    /// Stores to `word`, which nobody else can change meanwhile.
    pub(crate) fn store_alone(word: &rmw::AtomicUsize, value: usize) {
        word.store(value, Relaxed);
    }

    /// A word a slot and one more are enough, and models are small.
    pub(crate) struct Words<const N: usize, const SETS: usize = 1> {
        first: [rmw::AtomicUsize; SETS],
        rest: [rmw::AtomicUsize; N],
        spare: plain::AtomicUsize,
    }

    impl<const N: usize, const SETS: usize> Words<N, SETS> {
        /// Each word is a part of its own.
        pub(crate) const NEAR: usize = 1;
        pub(crate) const LINES: usize = N.div_ceil(SLOTS_PER_WORD);

        const_fn! {
            pub(crate) const fn new() -> Self {
                Self {
                    first: filled!(rmw::AtomicUsize::new(0); SETS),
                    rest: filled!(rmw::AtomicUsize::new(0); N),
                    spare: plain::AtomicUsize::new(0),
                }
            }
        }

        pub(crate) fn get(&self, i: usize) -> &rmw::AtomicUsize {
            if i < SETS { &self.first[i] } else { &self.rest[i - SETS] }
        }

        pub(crate) fn number_of(&self, word: &rmw::AtomicUsize) -> usize {
            let is_it = |i: &usize| core::ptr::eq(self.get(*i), word);
            (0..Self::LINES).find(is_it).unwrap_or(0)
        }

        pub(crate) fn second(&self, i: usize) -> &rmw::AtomicUsize {
            self.get(Self::LINES + i)
        }

        pub(crate) fn spare(&self) -> &plain::AtomicUsize {
            &self.spare
        }
    }
}

#[cfg(all(test, not(any(all(loom, feature = "loom"), forebay_shuttle))))]
mod tests {
    use super::*;

    fn words<const N: usize>() {
        words_of::<N, 1>(&[Words::get]);
        words_of::<N, 2>(&[Words::get, Words::second]);
    }

    type Set<const N: usize, const SETS: usize> = fn(&Words<N, SETS>, usize) -> &rmw::AtomicUsize;

    fn words_of<const N: usize, const SETS: usize>(sets: &[Set<N, SETS>]) {
        let (words, in_set) = (Words::<N, SETS>::new(), N.div_ceil(SLOTS_PER_WORD));
        let start = core::ptr::from_ref(&words).addr();
        let all = || sets.iter().flat_map(|set| (0..in_set).map(|i| set(&words, i)));
        for (n, word) in all().enumerate() {
            let at = core::ptr::from_ref(word).addr();
            assert!(at.is_multiple_of(align_of::<usize>()));
            assert!(at >= start && at + size_of::<usize>() <= start + size_of_val(&words));
            assert_eq!(word.fetch_add(n + 1, Ordering::Relaxed), 0);
        }
        if in_set > 1 {
            words.spare().store(usize::MAX, Ordering::Relaxed);
        }
        for (n, word) in all().enumerate() {
            assert_eq!(word.load(Ordering::Relaxed), n + 1);
        }
        (0..in_set).for_each(|i| assert_eq!(words.number_of(words.get(i)), i));
    }

    /// The first words of two parts are never in one cache line, and no part reaches into the next.
    #[test]
    fn parts_lie_on_lines_of_their_own() {
        fn parts<const N: usize>() {
            let words = Words::<N, 2>::new();
            let at = |word: &rmw::AtomicUsize| core::ptr::from_ref(word).addr();
            let (parts, near) = (Words::<N, 2>::LINES, Words::<N, 2>::NEAR);
            assert_eq!(parts, N.div_ceil(near * SLOTS_PER_WORD));
            for part in 1..parts {
                assert_eq!(at(words.get(part * near)) - at(words.get((part - 1) * near)), 64);
            }
            let last = at(words.get((parts - 1) * near));
            // The part at the end of a small pool may be short, and the spare word near to it.
            let spare = core::ptr::from_ref(words.spare()).addr();
            assert!(parts == 1 || spare - last >= 64 || !N.is_multiple_of(64));
        }
        parts::<1>();
        parts::<33>();
        parts::<64>();
        parts::<65>();
        parts::<128>();
        parts::<1024>();
        parts::<2048>();
        parts::<2049>();
        parts::<65_535>();
    }

    #[test]
    fn words_are_distinct_inside_and_zero() {
        words::<1>();
        words::<2>();
        words::<31>();
        words::<32>();
        words::<33>();
        words::<63>();
        words::<65>();
        words::<1000>();
        words::<65_535>();
    }

    #[cfg(forebay_weak)]
    #[test]
    fn compare_exchange_weak_fails_spuriously() {
        use Ordering::Relaxed;
        let word = rmw::AtomicUsize::new(0);
        let succeeds = |_: &i32| word.compare_exchange_weak(0, 0, Relaxed, Relaxed).is_ok();
        let succeeded = (0..1000).filter(succeeds).count();
        assert!((100..300).contains(&succeeded), "{succeeded} of 1000 attempts succeeded");
    }

    #[test]
    fn control_costs_a_byte_a_slot_and_a_word() {
        let more = LINE * size_of::<usize>();
        assert!(size_of::<Words<32>>() <= 32 + size_of::<usize>() + more);
        assert!(size_of::<Words<65_535>>() <= 65_536 + size_of::<usize>() + more);
        assert_eq!(size_of::<Words<32, 2>>(), size_of::<Words<32>>() + size_of::<usize>());
    }
}
