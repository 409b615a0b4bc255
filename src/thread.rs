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
use crate::sync::{MAX_THREADS, global, thread_local};
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
    static AT_EXIT: AtExit = const { AtExit };
}

/// Gives the thread's number back when the thread ends.
struct AtExit;

impl Drop for AtExit {
    fn drop(&mut self) {
        let known = NUMBER.with(|number| number.replace(NONE));
        if known != UNKNOWN && known != NONE {
            NUMBERS.release(known - 1);
        }
    }
}

/// The calling thread's number, below [`MAX_THREADS`]: the lowest that was free when the thread first asked.
/// `None` if there was none, and while the thread ends.
#[inline]
pub(crate) fn number() -> Option<usize> {
    let known = NUMBER.with(Cell::get);
    // One comparison for both of the others.
    if known.wrapping_sub(1) < MAX_THREADS { Some(known - 1) } else { ask(known) }
}

#[cold]
fn ask(known: usize) -> Option<usize> {
    if known == NONE {
        return None;
    }
    // The destructor first: where it cannot run any more, no number may be taken.
    let at_exit = AT_EXIT.try_with(|_| ()).ok();
    let number = at_exit.and_then(|()| NUMBERS.search(|_| 1, false, |_| usize::MAX)?.next());
    NUMBER.with(|cell| cell.set(number.map_or(NONE, |number| number + 1)));
    number
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
    if NUMBERS.is_taken(number) || !NUMBERS.claim_at(number) {
        return None;
    }
    let _held = Held(number);
    Some(f())
}

#[cfg(all(test, not(any(all(loom, feature = "loom"), forebay_shuttle))))]
mod tests {
    use super::*;
    use crate::pool::LanePool;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::sync::{Mutex, MutexGuard, PoisonError};
    use std::thread;

    /// Runs `f` on a thread of its own, to the end of its destructors.
    fn short<R: Send>(f: impl FnOnce() -> R + Send) -> R {
        thread::scope(|scope| scope.spawn(f).join()).unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// The tests here that count on some number being free or taken.
    fn alone() -> MutexGuard<'static, ()> {
        static ONE: Mutex<()> = Mutex::new(());
        ONE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `f` while all numbers from `from` on are taken.
    fn while_none_is_left(from: usize, f: &mut dyn FnMut()) {
        if from == MAX_THREADS {
            return f();
        }
        // One that is taken already will do as well.
        if while_unused(from, || while_none_is_left(from + 1, f)).is_none() {
            while_none_is_left(from + 1, f);
        }
    }

    #[test]
    fn a_number_is_kept_for_life_and_given_back() {
        let _alone = alone();
        let known = short(|| {
            let known = number().unwrap();
            assert_eq!(number(), Some(known));
            assert!(while_unused(known, || ()).is_none(), "it is in use");
            known
        });
        assert_eq!(while_unused(known, || known), Some(known));
    }

    #[test]
    fn a_number_that_is_held_is_not_given_out() {
        let _alone = alone();
        let known = short(|| number().unwrap());
        let other = while_unused(known, || {
            assert!(while_unused(known, || ()).is_none());
            short(|| number().unwrap())
        });
        assert_ne!(other.unwrap(), known);
    }

    #[test]
    fn a_number_is_not_lost_by_a_panic() {
        let _alone = alone();
        let known = short(|| number().unwrap());
        let held = || while_unused(known, || resume_unwind(std::boxed::Box::new(())));
        assert!(catch_unwind(AssertUnwindSafe(held)).is_err());
        assert!(while_unused(known, || ()).is_some());
    }

    #[test]
    fn when_numbers_run_out_a_thread_goes_without() {
        let _alone = alone();
        let pool = LanePool::<u32, 2, 2>::new();
        // Deep, so on a stack that is large enough.
        let test = || {
            let mut asked = 0;
            while_none_is_left(0, &mut || {
                asked += 1;
                short(|| {
                    assert_eq!(number(), None);
                    // No lane, so nothing stays with the thread.
                    drop([pool.try_get().unwrap(), pool.try_get().unwrap()]);
                    drop(pool.get_or_new());
                    pool.flush();
                    assert_eq!(
                        (number(), pool.available(), pool.metrics().overflows),
                        (None, 2, 0)
                    );
                });
            });
            asked
        };
        let asked = thread::scope(|scope| {
            let thread = thread::Builder::new().stack_size(64 << 20);
            thread.spawn_scoped(scope, test).unwrap().join()
        });
        assert_eq!(asked.unwrap(), 1);
        assert_eq!((pool.metrics().gets, pool.metrics().puts, pool.metrics().misses), (3, 3, 2));
        assert!(short(number).is_some(), "there are again");
    }

    #[test]
    fn a_thread_that_went_without_stays_without() {
        let _alone = alone();
        let (asked, ask_again) = std::sync::mpsc::channel::<()>();
        let (answer, answers) = std::sync::mpsc::channel();
        let test = move || {
            let mut asks = Some((ask_again, answer));
            let mut late = None;
            while_none_is_left(0, &mut || {
                let (ask_again, answer) = asks.take().unwrap();
                late = Some(thread::spawn(move || {
                    answer.send(number()).unwrap();
                    while ask_again.recv().is_ok() {
                        answer.send(number()).unwrap();
                    }
                }));
                assert_eq!(answers.recv(), Ok(None));
            });
            asked.send(()).unwrap();
            // Asking again would cost a search each time.
            assert_eq!(answers.recv(), Ok(None));
            drop(asked);
            late.unwrap().join()
        };
        let ended = thread::scope(|scope| {
            let thread = thread::Builder::new().stack_size(64 << 20);
            thread.spawn_scoped(scope, test).unwrap().join()
        });
        assert!(ended.unwrap().is_ok());
    }
}
