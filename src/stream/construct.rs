//! How pools of streams are made, and streams opened.

use super::rings::Reopen;
use super::{Halves, StreamPool, halves};
use crate::error::Exhausted;
use crate::pool::Pool;
#[cfg(feature = "std")]
use crate::pool::{Inside, Lease};
use crate::sync::const_fn;
use crate::wait::Notify;

impl<T, const STREAMS: usize, const DEPTH: usize, W: Notify> StreamPool<T, STREAMS, DEPTH, W> {
    const_fn! {
        /// A pool of rings that are made when they are first opened.
        #[must_use]
        pub const fn new() -> Self {
            const { assert!(DEPTH >= 1 && DEPTH <= 65_535, "depth must be from 1 to 65,535") };
            Self { rings: Pool::with_waiting(Reopen) }
        }
    }

    /// Opens a stream on a free ring.
    ///
    /// # Errors
    /// [`Exhausted`]: all `STREAMS` rings were seen open during the call.
    #[inline]
    pub fn try_open(&self) -> Result<Halves<&Self>, Exhausted> {
        self.rings.try_get().map(halves)
    }

    /// [`try_open`](Self::try_open) for a pool in an `Arc`: each half owns a share of the pool.
    ///
    /// # Errors
    /// [`Exhausted`], as `try_open`.
    ///
    /// # Examples
    /// ```
    /// use forebay::{Receiver, StreamPool};
    /// use std::sync::Arc;
    ///
    /// type Answers = StreamPool<u32, 2>;
    ///
    /// fn answers() -> Result<Receiver<Arc<Answers>>, forebay::Exhausted> {
    ///     let (mut sender, receiver) = Arc::new(Answers::new()).try_open_arc()?;
    ///     sender.try_send(42).unwrap();
    ///     Ok(receiver) // which keeps the pool
    /// }
    ///
    /// assert_eq!(answers()?.try_recv(), Ok(42));
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    #[cfg(feature = "std")]
    pub fn try_open_arc(
        self: &std::sync::Arc<Self>,
    ) -> Result<Halves<std::sync::Arc<Self>>, Exhausted> {
        let (_, slot) = Lease::into_parts(self.rings.try_get()?);
        let owner = Inside::new(std::sync::Arc::clone(self), |streams| &streams.rings);
        Ok(halves(Lease::new(owner, usize::from(slot))))
    }
}
