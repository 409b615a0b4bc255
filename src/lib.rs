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
mod cascade;
mod defer;
mod error;
mod free;
#[cfg(not(all(loom, feature = "loom")))]
pub mod global;
#[cfg(all(feature = "std", any(doc, doctest), not(all(loom, feature = "loom"))))]
pub mod guide; // Pages; their examples need `std`, as the README's.
mod monitor;
mod pool;
mod reset;
mod ring;
mod slot;
mod stream;
mod sync;
#[cfg(feature = "validate")]
pub mod validate;
mod wait;

pub use cascade::{Acquire, Reserved, try_get_all};
pub use error::{
    Cancelled, End, Exhausted, Full, NotAll, PopError, PushError, RecvError, SendError, TextError,
    TooLong,
};
pub use monitor::{Bucket, Clock, Histogram, Monitor, Out, Span, Timed};
pub use pool::{
    Batch, BatchIter, BatchIterMut, Erased, FromRaw, Home, Lane, LanePool, Lease, Leases, Loan,
    Mapped, Metrics, Pool, SharedLease, Slab,
};
pub use reset::{DefaultReset, EachDefault, FromFn, Policy, Reset, TickByMisses};
pub use ring::{Consumer, Drain, Filled, Grant, PopRef, Producer, Ring, RingRef};
pub use stream::{Receiver, Response, Sender, StreamId, StreamPool, StreamRef, Token, Tokens};
pub use sync::pad::{CacheLine, Compact, DefaultPadding};
pub use wait::{Headroom, Lanes, Notify, Polling, WaitPolicy};

#[cfg(all(loom, feature = "loom", feature = "std"))]
#[doc(hidden)]
pub use free::thread::numbers_in_use;
#[cfg(feature = "zeroize")]
pub use reset::Zeroizing;
#[cfg(feature = "std")]
pub use stream::{IntoIter, Iter};
#[cfg(any(all(loom, feature = "loom"), forebay_shuttle))]
#[doc(hidden)]
pub use sync::seed;
#[cfg(all(loom, feature = "loom", feature = "std"))]
#[doc(hidden)]
pub use sync::set_home;
#[cfg(any(feature = "std", feature = "async"))]
pub use {
    cascade::waiting::{AcquireWaiting, get_all},
    error::{TooManyWaiters, WaitAllError},
    wait::{CanWait, Wakes, Waking},
};
#[cfg(feature = "std")]
pub use {
    cascade::waiting::{get_all_blocking, get_all_timeout},
    error::WaitError,
    pool::{Overflow, Ticker},
};

/// What the methods that wait return, to be awaited, or kept under a name.
///
/// All of them borrow their half or pool, are `Unpin`, and may be dropped or forgotten at any point. A poll is
/// lock-free; the drop of one that waited costs a swap or two, and of a `GetFuture` or `OpenFuture` that was handed an object
/// already, that object's put; of a `GetAllFuture`, the puts of all it has. Forgotten, those three keep their seat and
/// the objects they have.
#[cfg(any(feature = "std", feature = "async"))]
pub mod future {
    pub use crate::cascade::waiting::GetAllFuture;
    pub use crate::pool::GetFuture;
    pub use crate::stream::futures::{
        RecvFuture, RecvReadyFuture, SendCancelledFuture, SendFuture, SendReadyFuture,
        SendTextFuture,
    };
    pub use crate::stream::open::OpenFuture;
}

/// For globals that are configured at run time: made on first use, without `std`.
///
/// # Context
/// The first use blocks others by spinning until the value is made: not for interrupt handlers that may
/// be the second.
pub use spin::{LazyLock as Lazy, Once};
