//! Objects kept back for those that must go on.

use super::{Polling, WaitPolicy, sealed};
use crate::free::slot_set::SlotSet;
use crate::free::waiters::Reserving;
use core::marker::PhantomData;

/// A [waiting policy](WaitPolicy) under which the last `H` objects of a pool are for callers that say so:
/// [`try_get`](crate::Pool::try_get) is refused while there are no others, and
/// [`try_get_reserved`](crate::Pool::try_get_reserved) gets them.
///
/// With one pool for both directions of a conversation, whoever must take an object to give one back (the
/// answer that frees a request, the interrupt that drains a queue) says so, and is not locked out by those that
/// only add work.
///
/// # Shape
/// `W` is [`Polling`] or [`Waking`](crate::Waking). `H` is below the capacity of the pool, checked at compile time. The
/// reserved ones are the slots of the highest numbers, so this is exact: `H` objects are never on loan to callers that
/// do not say so.
///
/// # Cost
/// None: a constant mask.
///
/// # Source
/// What one pool for both directions does without it: embassy #1096.
///
/// # Examples
/// ```
/// use forebay::{DefaultReset, Headroom, Pool};
///
/// static FRAMES: Pool<[u8; 32], 4, DefaultReset, Headroom<1>> = Pool::with_waiting(DefaultReset);
///
/// let received: Vec<_> = std::iter::from_fn(|| FRAMES.try_get().ok()).collect();
/// assert_eq!(received.len(), 3); // receivers leave one …
/// let reply = FRAMES.try_get_reserved()?; // … for the reply that lets them go on
/// # drop(reply);
/// # Ok::<(), forebay::Exhausted>(())
/// ```
#[derive(Debug)]
pub struct Headroom<const H: usize, W = Polling>(PhantomData<W>);

impl<const H: usize, W: sealed::Plain> sealed::Sealed for Headroom<H, W> {}
impl<const H: usize, W: sealed::Plain> WaitPolicy for Headroom<H, W> {
    type Queue = Reserving<H, W::Queue>;
    type Free<const N: usize> = SlotSet<N, Self::Queue>;
}
