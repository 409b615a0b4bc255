//! Waiting for a free object on threads, which poll the futures.

use super::{Lease, Pool};
use crate::error::{TooManyWaiters, WaitError};
use crate::reset::Policy;
use crate::wait::{CanWait, WaitPolicy, park};
use core::future::Future;
use core::pin::Pin;
use std::time::{Duration, Instant};

impl<T, const N: usize, P, W: WaitPolicy> Pool<T, N, P, W> {
    /// Lends a free object, and parks the thread until there is one. As [`get`](Self::get).
    ///
    /// # Errors
    /// [`TooManyWaiters`], as `get`.
    ///
    /// # Examples
    /// ```
    /// use forebay::{DefaultReset, Pool, Waking};
    ///
    /// static JOBS: Pool<u32, 1, DefaultReset, Waking<4>> = Pool::with_waiting(DefaultReset);
    ///
    /// let job = JOBS.get_blocking()?;
    /// let other = std::thread::spawn(|| *JOBS.get_blocking().unwrap());
    /// drop(job); // goes to the other thread, if that waits already
    /// assert_eq!(other.join().unwrap(), 0);
    /// # Ok::<(), forebay::TooManyWaiters>(())
    /// ```
    pub fn get_blocking(&self) -> Result<Lease<&Self>, TooManyWaiters>
    where
        P: Policy<T>,
        W: CanWait,
    {
        self.wait(None, false).map_err(|_| TooManyWaiters)
    }
}

impl<T, const N: usize, P: Policy<T>, W: CanWait> Pool<T, N, P, W> {
    /// Lends a free object, and parks the thread until there is one, but no longer than `timeout`. A timeout too far away to be
    /// a time waits for ever.
    ///
    /// # Errors
    /// [`WaitError`]: the time is up, or there are too many who wait.
    pub fn get_timeout(&self, timeout: Duration) -> Result<Lease<&Self>, WaitError> {
        self.wait(park::deadline(timeout), false)
    }

    /// [`get_blocking`](Self::get_blocking) for callers that may have the reserved objects too. See
    /// [`Headroom`](crate::Headroom).
    ///
    /// # Errors
    /// [`TooManyWaiters`], as `get_blocking`.
    pub fn get_reserved_blocking(&self) -> Result<Lease<&Self>, TooManyWaiters> {
        self.wait(None, true).map_err(|_| TooManyWaiters)
    }

    /// [`get_timeout`](Self::get_timeout) for callers that may have the reserved objects too. See
    /// [`Headroom`](crate::Headroom).
    ///
    /// # Errors
    /// As `get_timeout`.
    pub fn get_reserved_timeout(&self, timeout: Duration) -> Result<Lease<&Self>, WaitError> {
        self.wait(park::deadline(timeout), true)
    }

    /// Without `deadline` the time is never up.
    fn wait(&self, deadline: Option<Instant>, privileged: bool) -> Result<Lease<&Self>, WaitError> {
        let mut get = if privileged { self.get_reserved() } else { self.get() };
        match park::wait(deadline, |context| Pin::new(&mut get).poll(context)) {
            Some(got) => got.map_err(WaitError::TooManyWaiters),
            // An object that was handed over at the last moment is not given away again.
            None => get.give_up().ok_or_else(|| WaitError::TimedOut(self.exhausted())),
        }
    }
}
