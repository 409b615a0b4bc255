//! Atomics and threads of shuttle, for `ci/crates/shuttle`, which compiles this crate's sources with
//! `--cfg forebay_shuttle`.

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
