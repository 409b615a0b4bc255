//! Streams of tokens: a [`StreamPool`] is a pool of rings, each lent as a [`Sender`] and a [`Receiver`]. Items are of any type;
//! [`Token`] is a piece of text, and [`Response`] the whole text.

#[cfg(feature = "std")]
mod blocking;
#[cfg(any(feature = "std", feature = "async"))]
pub(crate) mod futures;
mod handle;
#[cfg(any(feature = "std", feature = "async"))]
pub(crate) mod open;
mod receiver;
mod rings;
mod sender;
mod token;

#[cfg(feature = "std")]
pub use blocking::{IntoIter, Iter};
pub use handle::StreamRef;
pub use receiver::{Receiver, Tokens};
pub use sender::Sender;
pub use token::{Response, Token};

use self::rings::{Channel, Reopen, Rings};
use crate::error::Exhausted;
#[cfg(feature = "std")]
use crate::pool::Inside;
use crate::pool::{Home, Lease, Loan, Metrics, Pool, SharedLease};
use crate::ring::PooledRing;
use crate::sync::const_fn;
use crate::wait::{Notify, Polling};
use core::fmt;

/// `STREAMS` token streams of `DEPTH` tokens each, opened again and again without an allocation.
///
/// [`try_open`](Self::try_open) lends a ring as a [`Sender`] and a [`Receiver`]. They may go to different threads
/// and be dropped in any order. Tokens that nobody received are dropped with the receiver, and when the second half goes,
/// the ring is lent again, however the stream ended: go-llms' `ChannelPool`, whose channels never come back
/// because their producers close them, working.
///
/// # Shape
/// `STREAMS` and `DEPTH` from 1 to 65,535, checked at compile time; `DEPTH` is 20 unless told otherwise, as
/// go-llms has it. `W` says how the halves wait for each other: [`Polling`] (they do not),
/// [`Waking`](crate::Waking), or a [`Notify`] of your own.
///
/// # Context
/// As [`Pool`]; the halves as [`Ring`](crate::Ring)'s ends: any thread, any interrupt handler.
///
/// # Examples
/// ```
/// use forebay::{End, RecvError, StreamPool, Token};
///
/// static STREAMS: StreamPool<Token, 4> = StreamPool::new();
///
/// let (mut sender, mut receiver) = STREAMS.try_open()?;
/// sender.try_send_text("Hello, ").unwrap();
/// sender.try_send_text("world").unwrap();
/// sender.close();
///
/// assert_eq!(receiver.try_recv().unwrap(), "Hello, ");
/// assert_eq!(receiver.try_recv().unwrap(), "world");
/// assert_eq!(receiver.try_recv(), Err(RecvError::Ended(End::Finished)));
/// # Ok::<(), forebay::Exhausted>(())
/// ```
#[doc(alias = "ChannelPool")]
pub struct StreamPool<T, const STREAMS: usize, const DEPTH: usize = 20, W: Notify = Polling> {
    rings: Rings<T, STREAMS, DEPTH, W>,
}

/// Both halves of a stream.
pub(crate) type Halves<S> = (Sender<S>, Receiver<S>);

/// Lends a ring as both halves of a stream.
#[inline]
fn halves<S, R, T, const DEPTH: usize>(ring: Lease<R>) -> Halves<S>
where
    S: StreamRef<Token = T, Ring = SharedLease<R>>,
    R: Home<Item = Channel<T, DEPTH, S::Wait>> + Clone,
{
    let (producer, consumer) = PooledRing::lend(ring);
    let sender = Sender { producer, unsent: Default::default() };
    let receiver = Receiver {
        consumer,
        #[cfg(any(feature = "std", feature = "async"))]
        end_reported: false,
    };
    (sender, receiver)
}

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
    ///
    /// # Context
    /// Lock-free; callable in an interrupt handler.
    ///
    /// # Cost
    /// Two read-modify-writes; two more when the halves are dropped, and a third to free the ring. With
    /// [`Waking`](crate::Waking) the drop of a half is one more. If tokens need to be dropped, so is the drop of a receiver
    /// whose sender has not ended the stream.
    #[inline]
    pub fn try_open(&self) -> Result<Halves<&Self>, Exhausted> {
        self.rings.try_get().map(halves)
    }

    /// [`try_open`](Self::try_open) for a pool in an `Arc`: each half owns a share of the pool. Context and cost as `try_open`, and a
    /// counter of shares up and down for each half.
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

    /// How many streams can be open at once: `STREAMS`.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        STREAMS
    }

    /// How many more streams could be opened now. Stale at once. As [`Pool::available`].
    #[must_use]
    pub fn available(&self) -> usize {
        self.rings.available()
    }

    /// The pool's counts, where an object is a ring: `gets` are streams opened, `misses` the different
    /// rings they were opened on. As [`Pool::metrics`].
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.rings.metrics()
    }

    /// Begins a new epoch for [`audit`](Self::audit). As [`Pool::advance_epoch`].
    pub fn advance_epoch(&self) -> usize {
        self.rings.advance_epoch()
    }

    /// The rings that are open, since when, and whether both halves are there (two holders). As
    /// [`Pool::audit`].
    pub fn audit(&self) -> impl Iterator<Item = Loan> + '_ {
        self.rings.audit()
    }
}

impl<T, const STREAMS: usize, const DEPTH: usize, W: Notify> Default
    for StreamPool<T, STREAMS, DEPTH, W>
{
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const STREAMS: usize, const DEPTH: usize, W: Notify> fmt::Debug
    for StreamPool<T, STREAMS, DEPTH, W>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamPool").field("metrics", &self.metrics()).finish_non_exhaustive()
    }
}

/// Which stream this is: a ring of the pool, and how often it was opened before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StreamId {
    /// The ring's number: below `STREAMS`.
    pub ring: usize,
    /// How often the ring was opened before. Begins again at 0 when a token's drop panicked and the ring had
    /// to be made anew.
    pub epoch: usize,
}

/// `Debug` by what the half can say of the stream.
macro_rules! half_debug {
    ($($name:ident),+) => {$(
        impl<S: StreamRef> fmt::Debug for $name<S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("id", &self.id())
                    .field("len", &self.len())
                    .finish_non_exhaustive()
            }
        }
    )+};
}

use half_debug;
use handle::depth;
