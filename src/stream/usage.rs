//! How much a pool of streams is used.

use super::StreamPool;
use crate::pool::{Loan, Metrics};
use crate::wait::Notify;

impl<T, const STREAMS: usize, const DEPTH: usize, W: Notify> StreamPool<T, STREAMS, DEPTH, W> {
    /// How many streams can be open at once: `STREAMS`.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        STREAMS
    }

    /// How many more streams could be opened now. Stale at once. As [`Pool::available`](crate::Pool::available).
    #[must_use]
    pub fn available(&self) -> usize {
        self.rings.available()
    }

    /// The pool's counts, where an object is a ring: `gets` are streams opened, `misses` the different
    /// rings they were opened on. As [`Pool::metrics`](crate::Pool::metrics).
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.rings.metrics()
    }

    /// Begins a new epoch for [`audit`](Self::audit). As [`Pool::advance_epoch`](crate::Pool::advance_epoch).
    pub fn advance_epoch(&self) -> usize {
        self.rings.advance_epoch()
    }

    /// The rings that are open, since when, and whether both halves are there (two holders). As
    /// [`Pool::audit`](crate::Pool::audit).
    pub fn audit(&self) -> impl Iterator<Item = Loan> + '_ {
        self.rings.audit()
    }
}
