//! Handles to a pool of streams, which the halves are generic over: references, and an `Arc`.

use super::rings::{Channel, Rings, StreamState};
use super::{StreamId, StreamPool};
use crate::pool::{Home, SharedLease};
use crate::ring::{RawRing, RingRef};
use crate::wait::Notify;
#[cfg(feature = "std")]
use {crate::pool::Inside, std::sync::Arc};

/// A handle to a pool of streams: the type that [`Sender`](crate::Sender) and [`Receiver`](crate::Receiver) are generic over.
/// `&'a StreamPool<…>`, or an `Arc` of it with `std`.
///
/// Sealed. Code for any stream of `T` asks for `S: StreamRef<Token = T>`, and for
/// [`Wait: Wakes`](crate::wait::Wakes) if it waits.
///
/// # Examples
/// The type of a pool is written once, and its halves are named by it:
/// ```
/// use forebay::stream::StreamRef;
/// use forebay::{Receiver, Sender, StreamPool, Token};
///
/// type Answers = StreamPool<Token, 16>;
/// static ANSWERS: Answers = StreamPool::new();
///
/// struct Request {
///     answer: Sender<&'static Answers>,
/// }
///
/// fn count<S: StreamRef>(receiver: &mut Receiver<S>) -> usize {
///     receiver.drain().count()
/// }
///
/// let (answer, mut receiver) = ANSWERS.try_open()?;
/// let mut request = Request { answer };
/// request.answer.try_send_text("42").unwrap();
/// assert_eq!(count(&mut receiver), 1);
/// # Ok::<(), forebay::Exhausted>(())
/// ```
pub trait StreamRef: sealed::Sealed {
    /// The items of its streams.
    type Token;

    /// How the halves wait for each other.
    type Wait: Notify;

    /// A half's handle to its ring.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    type Ring: RingRef<Ring: RawRing<Item = Self::Token>, Shared = StreamState<Self::Wait>> + Unpin;

    #[doc(hidden)]
    fn id(ring: &Self::Ring) -> StreamId;
}

mod sealed {
    pub trait Sealed {}
}

/// Which ring this is, and how often it was opened before.
fn id<T, const DEPTH: usize, W: Notify, R>(ring: &SharedLease<R>) -> StreamId
where
    R: Home<Item = Channel<T, DEPTH, W>>,
{
    StreamId { ring: SharedLease::slot(ring), epoch: ring.shared.epoch }
}

/// How many tokens fit into a stream.
pub(super) const fn depth<S: StreamRef>() -> usize {
    <<S::Ring as RingRef>::Ring as RawRing>::CAPACITY
}

impl<T, const STREAMS: usize, const DEPTH: usize, W: Notify> sealed::Sealed
    for &StreamPool<T, STREAMS, DEPTH, W>
{
}
impl<'a, T, const STREAMS: usize, const DEPTH: usize, W: Notify> StreamRef
    for &'a StreamPool<T, STREAMS, DEPTH, W>
{
    type Token = T;
    type Wait = W;
    type Ring = SharedLease<&'a Rings<T, STREAMS, DEPTH, W>>;

    fn id(ring: &Self::Ring) -> StreamId {
        id(ring)
    }
}

#[cfg(feature = "std")]
impl<T, const STREAMS: usize, const DEPTH: usize, W: Notify> sealed::Sealed
    for Arc<StreamPool<T, STREAMS, DEPTH, W>>
{
}
#[cfg(feature = "std")]
impl<T, const STREAMS: usize, const DEPTH: usize, W: Notify> StreamRef
    for Arc<StreamPool<T, STREAMS, DEPTH, W>>
{
    type Token = T;
    type Wait = W;
    type Ring = SharedLease<Inside<StreamPool<T, STREAMS, DEPTH, W>, Rings<T, STREAMS, DEPTH, W>>>;

    fn id(ring: &Self::Ring) -> StreamId {
        id(ring)
    }
}
