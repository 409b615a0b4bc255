//! Streams of tokens: a [`StreamPool`] is a pool of rings, each lent as a [`Sender`] and a [`Receiver`]. Items are of any type;
//! [`Token`] is a piece of text, and [`Response`] the whole text.

// In the order of a page of the documentation: constructors, what answers at once, what waits, the rest.
mod construct;
mod sender;
mod receiver;
#[cfg(any(feature = "std", feature = "async"))]
pub(crate) mod open;
#[cfg(any(feature = "std", feature = "async"))]
pub(crate) mod futures;
#[cfg(feature = "std")]
mod blocking;
mod usage;

mod handle;
mod rings;
mod token;

#[cfg(feature = "std")]
pub use blocking::{IntoIter, Iter};
pub use handle::StreamRef;
pub use receiver::{Receiver, Tokens};
pub use sender::Sender;
pub use token::{Response, Token};

use self::rings::{Channel, Rings};
use crate::pool::{Home, Lease, SharedLease};
use crate::ring::PooledRing;
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
/// # Context and cost
/// Unless the table says otherwise, any thread and any interrupt handler may call a method, and it neither blocks nor allocates.
/// The same holds for the halves.
///
/// | method | context | cost |
/// |---|---|---|
/// | [`new`](Self::new) | also in a constant | nothing at run time in a `static`: all zeros |
/// | [`try_open`](Self::try_open) | lock-free | two read-modify-writes; two more when the halves are dropped, and a third to free the ring. With [`Waking`](crate::Waking) the drop of a half is one more. If tokens need to be dropped, so is the drop of a receiver whose sender has not ended the stream |
/// | `try_open_arc` (`std`) | lock-free | a counter of shares up and down for each half more |
/// | `open` | async, in any executor; a poll is lock-free | as [`Pool`](crate::Pool)'s `get`, and two read-modify-writes |
/// | `open_blocking`, `open_timeout` (`std`) | blocks: for threads | as `open`; where a thread waits for the first time, it allocates its waker |
/// | all others | as those of [`Pool`](crate::Pool) with the same name | the same |
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
