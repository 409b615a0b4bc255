//! The identity of the calling thread (std): a small number that is its own while it lives and used again after it, and
//! which of those that had the number it is.
//!
//! | edge | release site | acquire site | makes visible | model |
//! |---|---|---|---|---|
//! | G0→G1 | a thread ends: `ENDED` | `has_ended` | all that the thread did | `lanes::thread_ends_vs_adopt` |
//! | F0→F1 | a thread ends: `NUMBERS` | the next with its number: `NUMBERS` | that it ended | `lanes::thread_number_reused` |
//!
//! Two thread-local cells, as in the crate thread_local: the one that is read on each use has no destructor, so
//! that reading it is one load; the other has nothing but the destructor, which gives the number back. From then
//! on the thread has none: destructors of other thread-local data that run later find `None`, and not a number
//! that another thread has already (thread_local #75).

use super::bitmap::Bitmap;
use crate::sync::{
    MAX_THREADS, Ordering::Relaxed, filled, global, orderings, plain, seeded, thread_local,
};
use core::cell::Cell;

orderings! {
    /// G0 (pairs with G1): what the thread did comes before.
    end = seeded!("end_of_thread_relaxed", Relaxed, Release);
    /// G1 (pairs with G0): what a thread that ended did is visible.
    has_ended = seeded!("has_ended_relaxed", Relaxed, Acquire);
}

global! {
    /// The numbers in use.
    static NUMBERS: Bitmap<MAX_THREADS> = Bitmap::new();
}
global! {
    /// How many threads with each number have ended, modulo [`GENERATIONS`]. Stored by who has the number.
    static ENDED: [plain::AtomicUsize; MAX_THREADS] =
        filled!(plain::AtomicUsize::new(0); MAX_THREADS);
}

/// Not asked for yet.
const UNKNOWN: usize = 2;
/// The thread has no number and gets none: it is ending, or all were taken.
const NONE: usize = 3;
/// The least identity, a multiple of `MAX_THREADS`. Those below mean something else here, and 0 and 1 to who keeps identities
/// in a word.
pub(crate) const FIRST: usize = 2 * MAX_THREADS;
/// After so many threads that had one number, one is taken for the first. Nothing comes of it: whoever is asked
/// about then lives, and what it is thought to own it may have, since the first ended.
const GENERATIONS: usize = (usize::MAX - FIRST) / MAX_THREADS;

thread_local! {
    /// The thread's identity, or one of the two above.
    static IDENTITY: Cell<usize> = const { Cell::new(UNKNOWN) };
    static AT_EXIT: AtExit = const { AtExit(Cell::new(NONE)) };
}

/// Gives the thread's number back when the thread ends. Has the identity itself, since checkers destroy what a
/// thread has in any order.
struct AtExit(Cell<usize>);

impl Drop for AtExit {
    fn drop(&mut self) {
        let identity = self.0.get();
        if identity < FIRST {
            return;
        }
        let _ = IDENTITY.try_with(|known| known.set(NONE));
        let (number, generation) = parts(identity);
        // G0: what the thread did comes before.
        ENDED[number].store((generation + 1) % GENERATIONS, order::end());
        NUMBERS.release(number);
    }
}

/// The number, and how many that had it ended before.
#[inline]
fn parts(identity: usize) -> (usize, usize) {
    (number_of(identity), (identity - FIRST) / MAX_THREADS)
}

/// The calling thread's identity: a word that no other living thread has, from [`FIRST`] on. `None` if all numbers
/// were taken when the thread first asked, and while it ends.
#[inline]
pub(crate) fn identity() -> Option<usize> {
    let known = known();
    if known >= FIRST { Some(known) } else { ask(known) }
}

/// The calling thread's identity, or less than [`FIRST`] if it has not asked for one or has none.
#[inline(always)]
pub(crate) fn known() -> usize {
    // Without a destructor it is never gone, but for checkers.
    IDENTITY.try_with(Cell::get).unwrap_or(NONE)
}

#[cold]
fn ask(known: usize) -> Option<usize> {
    if known == NONE {
        return None;
    }
    // The destructor first: where it cannot run any more, no number may be taken.
    let identity = AT_EXIT.try_with(|at_exit| {
        let number = NUMBERS.claim_first()?;
        // Relaxed: the last with the number stored it before it gave the number back (F0→F1).
        let identity = FIRST + number + MAX_THREADS * ENDED[number].load(Relaxed);
        at_exit.0.set(identity);
        Some(identity)
    });
    let identity = identity.ok().flatten();
    IDENTITY.with(|known| known.set(identity.unwrap_or(NONE)));
    identity
}

/// How many numbers are in use. A model's main thread, which ends the execution, waits for the others'
/// destructors by it: loom's `join` does not.
#[cfg(all(loom, feature = "loom"))]
pub fn numbers_in_use() -> usize {
    let in_use = NUMBERS.taken();
    crate::sync::fence(crate::sync::Ordering::Acquire); // F1: what they did is visible.
    in_use
}

/// The number in an identity, below `MAX_THREADS`: the lowest that was free when the thread first asked.
#[inline(always)]
pub(crate) fn number_of(identity: usize) -> usize {
    identity % MAX_THREADS
}

/// Whether the thread has ended; then what it did is visible.
pub(crate) fn has_ended(identity: usize) -> bool {
    let (number, generation) = parts(identity);
    // G1: what it did is visible.
    let seen = ENDED[number].load(order::has_ended());
    seen != generation || seeded!("living_have_ended", true, false)
}

#[cfg(all(test, not(any(all(loom, feature = "loom"), forebay_shuttle))))]
pub(crate) mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::sync::{Mutex, MutexGuard, PoisonError};
    use std::thread;

    /// The calling thread's number.
    pub(crate) fn number() -> Option<usize> {
        identity().map(number_of)
    }

    /// Calls `f` if no thread has `number`, and lets none get it meanwhile.
    fn while_unused<R>(number: usize, f: impl FnOnce() -> R) -> Option<R> {
        if !NUMBERS.claim_at(number) {
            return None;
        }
        let answer = catch_unwind(AssertUnwindSafe(f));
        NUMBERS.release(number);
        Some(answer.unwrap_or_else(|panic| resume_unwind(panic)))
    }

    /// Runs `f` on a thread of its own, to the end of its destructors.
    pub(crate) fn short<R: Send>(f: impl FnOnce() -> R + Send) -> R {
        thread::scope(|scope| scope.spawn(f).join()).unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// The tests here that count on some number being free or taken.
    pub(crate) fn alone() -> MutexGuard<'static, ()> {
        static ONE: Mutex<()> = Mutex::new(());
        ONE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `f` while all numbers from `from` on are taken.
    pub(crate) fn while_none_is_left(from: usize, f: &mut dyn FnMut()) {
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
    fn a_thread_is_told_from_the_next_with_its_number() {
        let _alone = alone();
        let (first, second) = (short(|| identity().unwrap()), short(|| identity().unwrap()));
        // Others may have taken the number in between, in tests beside these.
        if number_of(first) == number_of(second) {
            assert_ne!(first, second);
        }
        assert!(has_ended(first) && has_ended(second));
        assert!(!has_ended(identity().unwrap()));
        short(|| assert!(!has_ended(identity().unwrap())));
    }

    #[test]
    fn generations_come_round() {
        for generation in [0, 1, GENERATIONS - 1] {
            for number in [0, 1, MAX_THREADS - 1] {
                let identity = FIRST + number + MAX_THREADS * generation;
                assert!(identity >= FIRST);
                assert_eq!(parts(identity), (number, generation));
            }
        }
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
