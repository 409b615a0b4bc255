//! Threads that wait as tasks do (std).
//!
//! Whoever waits is woken through a `Waker`; a thread has one of its own, which unparks it. So there is one
//! way of waiting for tasks and threads, and one model of it.

use crate::sync::{park, thread, thread_local};
use core::task::{Context, Poll, Waker};
use std::sync::Arc;
use std::task::Wake;
use std::time::{Duration, Instant};

/// Wakes a thread.
struct Unpark(thread::Thread);

impl Unpark {
    /// The calling thread's. Allocates.
    fn waker() -> Waker {
        Waker::from(Arc::new(Self(thread::current())))
    }
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

thread_local! {
    /// Made when the thread waits for the first time, and kept.
    static WAKER: Waker = Unpark::waker();
}

/// Polls until there is an answer, parking the thread in between; `None` when `deadline` has passed and the
/// last poll found nothing. Then `poll` has left its waker behind.
///
/// Allocates once a thread. `thread::park`'s token is shared with all else in the thread, so that a `park`
/// elsewhere may return early.
pub(crate) fn wait<R>(
    deadline: Option<Instant>,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<R>,
) -> Option<R> {
    // In a destructor of thread-local data the thread's own may be gone.
    let waker = WAKER.try_with(Waker::clone).unwrap_or_else(|_| Unpark::waker());
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(answer) = poll(&mut context) {
            return Some(answer);
        }
        if !park(deadline) {
            return None;
        }
    }
}

/// When `timeout` is up; never, for one too far away to be a time.
pub(crate) fn deadline(timeout: Duration) -> Option<Instant> {
    Instant::now().checked_add(timeout)
}
