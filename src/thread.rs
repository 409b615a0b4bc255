//! L3 (std): the number of the calling thread: small, its own while it lives, and used again after it.
//!
//! | edge | release site | acquire site | makes visible | model |
//! |---|---|---|---|---|
//! | F0→F1 | a thread ends: `Bitmap::release` | the next with its number, `while_unused`: `Bitmap` claims | all that the thread did with its number | `lanes::thread_ends_vs_adopt` |
//!
//! Two thread-local cells, as in the crate thread_local: the one that is read on each use has no destructor, so
//! that reading it is one load; the other has nothing but the destructor, which gives the number back. From then
//! on the thread has none: destructors of other thread-local data that run later find `None`, and not a number
//! that another thread has already (thread_local #75).

use crate::bitmap::Bitmap;
use crate::sync::{MAX_THREADS, global, seeded, thread_local};
use core::cell::Cell;

global! {
    /// The numbers in use.
    static NUMBERS: Bitmap<MAX_THREADS> = Bitmap::new();
}

/// Not asked for yet.
const UNKNOWN: usize = 0;
/// The thread has no number and gets none: it is ending, or all were taken.
const NONE: usize = usize::MAX;

thread_local! {
    /// The thread's number and one, or one of the two above.
    static NUMBER: Cell<usize> = const { Cell::new(UNKNOWN) };
    static AT_EXIT: AtExit = const { AtExit(Cell::new(None)) };
}

/// Gives the thread's number back when the thread ends. Has the number itself, since checkers destroy what a
/// thread has in any order.
struct AtExit(Cell<Option<usize>>);

impl Drop for AtExit {
    fn drop(&mut self) {
        if let Some(number) = self.0.get() {
            let _ = NUMBER.try_with(|cell| cell.set(NONE));
            NUMBERS.release(number);
        }
    }
}

/// The calling thread's number, below [`MAX_THREADS`]: the lowest that was free when the thread first asked.
/// `None` if there was none, and while the thread ends.
#[inline]
pub(crate) fn number() -> Option<usize> {
    // Without a destructor it is never gone, but for checkers.
    let known = NUMBER.try_with(Cell::get).unwrap_or(NONE);
    // One comparison for both of the others.
    if known.wrapping_sub(1) < MAX_THREADS { Some(known - 1) } else { ask(known) }
}

#[cold]
fn ask(known: usize) -> Option<usize> {
    if known == NONE {
        return None;
    }
    // The destructor first: where it cannot run any more, no number may be taken.
    let number = AT_EXIT.try_with(|at_exit| {
        at_exit.0.set(NUMBERS.search(|_| 1, false, |_| usize::MAX)?.next());
        at_exit.0.get()
    });
    let number = number.ok().flatten();
    NUMBER.with(|cell| cell.set(number.map_or(NONE, |number| number + 1)));
    number
}

/// How many numbers are in use. A model's main thread, which ends the execution, waits for the others'
/// destructors by it: loom's `join` does not.
#[cfg(all(loom, feature = "loom"))]
pub fn numbers_in_use() -> usize {
    MAX_THREADS - NUMBERS.available()
}

/// Calls `f` if no thread has `number`, and lets none get it meanwhile. What a thread did with it before, `f`
/// sees.
pub(crate) fn while_unused<R>(number: usize, f: impl FnOnce() -> R) -> Option<R> {
    /// Gives the number back, also when `f` panics.
    struct Held(usize);

    impl Drop for Held {
        fn drop(&mut self) {
            NUMBERS.release(self.0);
        }
    }

    // A look first: a read-modify-write is wasted on a thread that lives.
    let hold = || seeded!("adopt_unheld", true, NUMBERS.claim_at(number));
    if NUMBERS.is_taken(number) || !hold() {
        return None;
    }
    let _held = Held(number);
    Some(f())
}
