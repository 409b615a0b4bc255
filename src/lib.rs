//! Fixed-capacity object pools and token streams that allocate nothing at run time.
//!
//! A [`Pool`] lends `N` objects from a `static`, each made on first use, and recycles each when its [`Lease`] is dropped. A
//! [`StreamPool`] lends rings as a [`Sender`] and a [`Receiver`], and takes the ring back when both are dropped. The same code runs in
//! an interrupt handler without a heap or compare-and-swap, in a server, and under the model checker loom.
//!
//! | type | purpose |
//! |---|---|
//! | [`Pool`] | lends `N` objects |
//! | [`LanePool`] | a pool whose threads, cores or tasks have lanes: no locked instruction on a warm lane |
//! | [`Slab`] | owns values that you bring, like a `Box` without a heap |
//! | [`Lease`], [`SharedLease`], [`Batch`] | one object on loan, one with many readers, and several as one value |
//! | [`Ring`], [`Latest`](ring::Latest) | a queue of one producer and one consumer; the newest value of one writer |
//! | [`StreamPool`] | lends rings as a [`Sender`] and a [`Receiver`] |
//! | [`Token`], [`Response`] | text in place: 30 bytes, or a whole answer |
//! | [`try_get_all`] | objects of several pools, all or none |
//! | [`Metrics`], [`monitor`] | counts of each pool, leaks, and times in use |
//! | `validate` (feature `validate`) | JSON schemas, held against a text while it streams |
//! | [`global`] | ready-made pools |
//!
//! A pool's [`Policy`] makes and recycles its objects: [`DefaultReset`] by `Default` and [`Reset`]. A second policy decides whether
//! callers wait: [`Polling`] (they do not), `Waking` (features `std` and `async`), and [`Headroom`] around either.
//!
//! With the feature `std`, the module `guide` has practices, pitfalls, sizes, limits, guarantees and the design.
//!
//! # Examples
//! ```
//! use forebay::{End, Pool, RecvError, Response, StreamPool, Token};
//!
//! // Zeroed memory until they are used.
//! static RESPONSES: Pool<Response<1024>, 16> = Pool::new();
//! static STREAMS: StreamPool<Token, 16> = StreamPool::new();
//!
//! let (mut sender, mut receiver) = STREAMS.try_open()?;
//! sender.try_send_text("Hello, ").unwrap(); // fails with the rest of the text if the ring is full
//! sender.try_send_text("world").unwrap();
//! sender.close(); // a sender that is only dropped ends its stream as `Aborted`
//!
//! let mut response = RESPONSES.try_get()?; // emptied and returned on drop
//! let end = loop {
//!     match receiver.try_recv() {
//!         Ok(token) => response.push(&token).unwrap(),
//!         Err(RecvError::Empty) => continue,
//!         Err(RecvError::Ended(end)) => break end, // after every token that was sent
//!     }
//! };
//! assert_eq!((response.as_str(), end), ("Hello, world", End::Finished));
//!
//! drop(receiver); // the second half: the ring is drained and returns to the pool
//! assert_eq!(STREAMS.available(), 16);
//! # Ok::<(), forebay::Exhausted>(())
//! ```
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
pub mod guide; // Pages; their examples need `std`.
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

/// The README's examples.
#[cfg(all(doctest, feature = "std"))]
#[doc = include_str!("../README.md")]
struct Readme;
