//! Atomics, cells and threads of loom.

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
