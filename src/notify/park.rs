//! Waiting by parking the thread.
//!
//! The waiter announces itself and then looks once more; the other end makes its change and then looks
//! for a waiter. Between writing and looking both have a fence, so at least one sees the other:
//!
//! | waiter | other end |
//! |---|---|
//! | `waiting.store(1)` | change (`tail.store`, `head.store`, …) |
//! | W0: `fence(SeqCst)` | N0: `fence(SeqCst)` |
//! | look for the change | `waiting.load` |
//!
//! W0 and N0 pair with each other: if W0 comes first, the load behind N0 sees the announcement and
//! wakes; if N0 comes first, the look behind W0 sees the change. Models:
//! `stream::parked_send_vs_parked_recv`, `stream::sender_leaves_parked_recv`,
//! `stream::receiver_leaves_parked_send`, `stream::drain_wakes_parked_send`.

use super::Notify;
use crate::sync::{
    Mutex,
    Ordering::{Relaxed, SeqCst},
    fence, park, plain, seeded,
    thread::{self, Thread},
};
use core::fmt;
use std::time::Instant;

/// Waiting threads are parked, and unparked by the other end. `std` only.
///
/// # Cost
/// One fence for each change (about two uncontended locked instructions a token); a wake-up is a system
/// call. Nothing is allocated, where std's `Mutex` and `thread::current` allocate nothing, as on Linux in
/// threads that std made.
///
/// # Context
/// Ends with this policy are for threads, not for interrupt handlers: a wake-up takes a short lock. They
/// share `thread::park`'s token with all else in the thread, so a `park` of yours may return early.
pub struct Park {
    /// 1 while a thread is parked or about to be.
    waiting: plain::AtomicUsize,
    seat: Mutex<Option<Thread>>,
}

impl Park {
    /// Returns what `look` finds, or `None` when `deadline` has passed and `look` found nothing.
    pub(crate) fn wait<R>(
        &self,
        deadline: Option<Instant>,
        mut look: impl FnMut() -> Option<R>,
    ) -> Option<R> {
        if let Some(found) = look() {
            return Some(found);
        }
        // Announced again in each round, since the wake-up took the announcement away.
        let found = loop {
            if !seeded!("announced_once", self.waiting.load(Relaxed) != 0, false) {
                self.sit(Some(thread::current()));
            }
            self.waiting.store(1, Relaxed);
            if !seeded!("no_waiter_fence", true, false) {
                fence(SeqCst); // W0
            }
            let skip = seeded!("no_second_look", true, false);
            if let Some(found) = if skip { None } else { look() } {
                break Some(found);
            }
            if !park(deadline) {
                break look();
            }
            if let Some(found) = look() {
                break Some(found);
            }
        };
        self.waiting.store(0, Relaxed);
        self.sit(None);
        found
    }

    fn sit(&self, thread: Option<Thread>) {
        // A panic cannot happen while the lock is held, so poison means nothing.
        *self.seat.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = thread;
    }

    #[cold]
    fn wake(&self) {
        let seat = self.seat.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(thread) = seat {
            thread.unpark();
        }
    }
}

impl Notify for Park {
    fn new() -> Self {
        Self { waiting: plain::AtomicUsize::new(0), seat: Mutex::new(None) }
    }

    #[inline]
    fn notify(&self) {
        if !seeded!("no_notifier_fence", true, false) {
            fence(SeqCst); // N0
        }
        if self.waiting.load(Relaxed) != 0 {
            self.wake();
        }
    }

    fn reset(&mut self) {
        // A waiter clears both before it leaves.
        debug_assert_eq!(self.waiting.load(Relaxed), 0);
    }
}

impl fmt::Debug for Park {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.waiting.load(Relaxed) != 0;
        f.debug_struct("Park").field("waiting", &waiting).finish_non_exhaustive()
    }
}
