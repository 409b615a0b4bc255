//! Waiting policies: how callers of a pool wait for an object, and how the halves of a stream wait for each other. With
//! [`Polling`] nobody waits; with `Waking`, tasks and threads do.

mod headroom;
mod lanes;
mod notify;
#[cfg(feature = "std")]
pub(crate) mod park;
#[cfg(any(feature = "std", feature = "async"))]
mod wakers;

pub use headroom::Headroom;
pub use lanes::Lanes;
pub use notify::{Notify, Polling};
#[cfg(any(feature = "std", feature = "async"))]
pub(crate) use wakers::NEVER;
#[cfg(any(feature = "std", feature = "async"))]
pub use wakers::{Wakes, Waking};

use crate::free::Free;
use crate::free::waiters::Queue;

/// How callers share the objects of a pool: the parameter `W` of [`Pool`](crate::Pool).
///
/// | `W` | |
/// |---|---|
/// | [`Polling`] | a get answers at once; costs nothing |
/// | [`Waking<K>`](crate::Waking) | up to `K` callers wait for an object, first come first served |
/// | [`Headroom<H, W>`](crate::Headroom) | the last `H` objects are for callers that say so |
/// | [`Lanes<LANES, W>`](crate::wait::Lanes) | free objects are kept in lanes: what a [`LanePool`](crate::LanePool) adds to `W` |
///
/// Sealed.
pub trait WaitPolicy: sealed::Sealed {
    #[doc(hidden)]
    type Queue: Queue;
    #[doc(hidden)]
    type Free<const N: usize>: Free<Queue = Self::Queue>;
}

pub(crate) mod sealed {
    pub trait Sealed {}

    /// How callers wait, and nothing besides: what [`Headroom`] can be put around.
    pub trait Plain: super::WaitPolicy {}
}

/// A [waiting policy](WaitPolicy) under which callers can wait: [`Waking`], also inside
/// [`Headroom`].
#[cfg(any(feature = "std", feature = "async"))]
#[diagnostic::on_unimplemented(
    message = "callers cannot wait for an object of a pool whose waiting policy is `{Self}`",
    label = "nobody would wake them",
    note = "give the pool the policy `forebay::Waking<K>`, with which up to `K` callers wait: `Pool<T, N, DefaultReset, Waking<4>>`, made by `with_waiting`"
)]
pub trait CanWait: WaitPolicy<Queue: crate::free::waiters::Seats> {}
#[cfg(any(feature = "std", feature = "async"))]
#[diagnostic::do_not_recommend] // A queue is not what a user chooses.
impl<W: WaitPolicy<Queue: crate::free::waiters::Seats>> CanWait for W {}
