//! Counts what is allocated while a thread is inside the code under test, and what all threads hold.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;
static INSIDE: AtomicU64 = AtomicU64::new(0);
static HELD: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Allocations inside so far.
pub(crate) fn count() -> u64 {
    INSIDE.load(Relaxed)
}

/// Bytes that were allocated and not freed.
pub(crate) fn held() -> usize {
    HELD.load(Relaxed)
}

/// Runs what is under test.
pub(crate) fn inside<R>(f: impl FnOnce() -> R) -> R {
    let before = IS_INSIDE.replace(true);
    let result = f();
    IS_INSIDE.set(before);
    result
}

/// Wraps around when something is freed: it is a sum.
fn note(bytes: usize) {
    HELD.fetch_add(bytes, Relaxed);
}

fn note_allocation() {
    // A thread on its way out may have no locals any more.
    if IS_INSIDE.try_with(Cell::get).unwrap_or(false) {
        INSIDE.fetch_add(1, Relaxed);
    }
}

// SAFETY: Every call goes to `System` as it came, which keeps the contract; counting touches nothing but atomics and
// a thread-local that needs neither an allocation nor a destructor.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note_allocation();
        note(layout.size());
        // SAFETY: The caller keeps what `alloc` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note_allocation();
        note(layout.size());
        // SAFETY: The caller keeps what `alloc_zeroed` asks for.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        note_allocation();
        note(new_size.wrapping_sub(layout.size()));
        // SAFETY: The caller keeps what `realloc` asks for, and `block` came from `System`.
        unsafe { System.realloc(block, layout, new_size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        note(layout.size().wrapping_neg());
        // SAFETY: The caller keeps what `dealloc` asks for, and `block` came from `System`.
        unsafe { System.dealloc(block, layout) }
    }
}
