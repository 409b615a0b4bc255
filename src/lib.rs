// The README's examples need `std` and `validate`.
#![cfg_attr(all(feature = "std", feature = "validate"), doc = include_str!("../README.md"))]
#![cfg_attr(
    not(all(feature = "std", feature = "validate")),
    doc = "Fixed-capacity object pools and token streams that allocate nothing at run time."
)]
#![cfg_attr(not(test), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(feature = "std", test))]
extern crate std;

#[cfg(target_pointer_width = "16")]
compile_error!(
    "forebay needs pointers of at least 32 bits: its words hold indices and marks side by side"
);

// The page `guide::design` says what is in which, and in what order they may use each other.
pub mod cascade;
mod defer;
pub mod error;
mod free;
#[cfg(not(all(loom, feature = "loom")))]
pub mod global;
#[cfg(all(feature = "std", any(doc, doctest), not(all(loom, feature = "loom"))))]
pub mod guide; // Pages; their examples need `std`, as the README's.
pub mod monitor;
pub mod pool;
pub mod reset;
pub mod ring;
mod slot;
pub mod stream;
mod sync;
#[cfg(feature = "validate")]
pub mod validate;
pub mod wait;

// The names for every day, at most 30; `tests/tidy.rs` counts them. All others are in the modules.
pub use cascade::try_get_all;
pub use error::{End, Exhausted, RecvError, SendError};
pub use pool::{Batch, Lane, LanePool, Lease, Metrics, Pool, SharedLease, Slab};
pub use reset::{DefaultReset, Policy, Reset};
pub use ring::{Consumer, Producer, Ring};
pub use stream::{Receiver, Response, Sender, StreamPool, Token};
pub use wait::{Headroom, Polling};
#[cfg(any(feature = "std", feature = "async"))]
pub use {cascade::get_all, error::TooManyWaiters, wait::Waking};

#[cfg(all(loom, feature = "loom", feature = "std"))]
#[doc(hidden)]
pub use free::thread::numbers_in_use;
#[cfg(any(all(loom, feature = "loom"), forebay_shuttle))]
#[doc(hidden)]
pub use sync::seed;
#[cfg(all(loom, feature = "loom", feature = "std"))]
#[doc(hidden)]
pub use sync::set_home;

/// The futures that waiting methods return, for code that names their types.
///
/// Each future borrows its half or pool, is `Unpin`, and may be dropped or forgotten at any point. Polling is lock-free.
/// Dropping a pending future costs one or two atomic swaps. If a [`GetFuture`](future::GetFuture) or
/// [`OpenFuture`](future::OpenFuture) already holds an object, dropping it returns the object; a
/// [`GetAllFuture`](future::GetAllFuture) returns all objects it holds. Forgotten, these three keep their seat and their
/// objects.
#[cfg(any(feature = "std", feature = "async"))]
pub mod future {
    pub use crate::cascade::waiting::GetAllFuture;
    pub use crate::pool::futures::GetFuture;
    pub use crate::stream::futures::{
        RecvFuture, RecvReadyFuture, SendCancelledFuture, SendFuture, SendReadyFuture,
        SendTextFuture,
    };
    pub use crate::stream::open::OpenFuture;
}
