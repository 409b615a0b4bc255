//! Ready-made pools for a whole program: one of responses, one of tokens, one of streams.
//!
//! What go-llms has as singletons (`GetResponsePool`, `GetTokenPool`, `GetChannelPool`): each is a `static` behind one
//! function. There is no `Once`, since there is nothing to do at run time: it is all zeros until it is used. One that
//! a program does not call is not in its binary.
//!
//! | function | lends | how many |
//! |---|---|---|
//! | [`new_response`], [`response_pool`] | [`Response`]s of [`RESPONSE_BYTES`] | [`RESPONSES`] |
//! | [`new_token`], [`token_pool`] | [`Token`]s of 30 bytes | [`TOKENS`] |
//! | [`response_stream`], [`stream_pool`] | streams of [`DEPTH`] tokens | [`STREAMS`] |
//!
//! What differs from go-llms: its `NewResponse` and `NewToken` copy the object out and put it back at once, so that
//! nothing is ever pooled; here it is lent, and comes back empty when the lease is dropped. Its channels do not come
//! back once they are closed; these streams do, however they end. And what comes back is not cleared by who
//! puts it, which can be forgotten, but by the pool.
//!
//! # Other sizes
//! The sizes are constants. For others, and for a policy or a way of waiting of your own, write what this module is
//! made of; it is one line:
//!
//! ```
//! use forebay::{Pool, Response};
//!
//! const BYTES: usize = 512;
//!
//! fn responses() -> &'static Pool<Response<BYTES>, 8> {
//!     static POOL: Pool<Response<BYTES>, 8> = Pool::new();
//!     &POOL
//! }
//!
//! responses().try_get()?.push_str("Hello").unwrap();
//! # Ok::<(), forebay::Exhausted>(())
//! ```
//!
//! # Configured at run time
//! A pool whose policy depends on the run is made on first use by a [`Lazy`], without `std` too. `N`
//! stays a constant, the most there can be; here the policy of the pool reads the configuration:
//!
//! ```
//! # #[cfg(feature = "std")] {
//! use forebay::global::Lazy;
//! use forebay::{Policy, Pool};
//!
//! /// Buffers as large as the configuration says.
//! struct Buffers {
//!     bytes: usize,
//! }
//!
//! impl Policy<Vec<u8>> for Buffers {
//!     fn make(&self, _slot: usize) -> Vec<u8> {
//!         Vec::with_capacity(self.bytes)
//!     }
//!     fn recycle(&self, buffer: &mut Vec<u8>) -> bool {
//!         buffer.clear();
//!         buffer.capacity() <= 2 * self.bytes // one that grew is not kept
//!     }
//! }
//!
//! fn buffers() -> &'static Pool<Vec<u8>, 64, Buffers> {
//!     static POOL: Lazy<Pool<Vec<u8>, 64, Buffers>> = Lazy::new(|| {
//!         let bytes = std::env::var("BUFFER_BYTES").ok().and_then(|bytes| bytes.parse().ok());
//!         Pool::with_policy(Buffers { bytes: bytes.unwrap_or(4096) })
//!     });
//!     &POOL
//! }
//!
//! assert!(buffers().try_get()?.capacity() >= 4096);
//! # }
//! # Ok::<(), forebay::Exhausted>(())
//! ```
//
// Plain pools and `Polling`, since the types must be the same with every set of features: other crates name them. A
// pool with lanes would serve many threads better, but may refuse a get while objects are free, which nobody expects of
// a pool he did not choose; and beside a response of 4 KiB the transfer of a cache line is little.

use crate::error::{Exhausted, TooLong};
use crate::pool::{Lease, Pool};
use crate::stream::{Receiver, Response, Sender, StreamPool, Token};
use core::fmt;

/// For globals that are configured at run time: made on first use, without `std`.
///
/// # Context
/// The first use blocks others by spinning until the value is made: not for interrupt handlers that may
/// be the second.
pub use spin::{LazyLock as Lazy, Once};

/// How many responses can be out at once.
pub const RESPONSES: usize = 64;
/// How long a response can be, in bytes.
pub const RESPONSE_BYTES: usize = 4096;
/// How many tokens can be out at once.
pub const TOKENS: usize = 256;
/// How long a token can be, in bytes: as [`Token`] has it.
pub const TOKEN_BYTES: usize = 30;
/// How many streams can be open at once.
pub const STREAMS: usize = 64;
/// How many tokens a stream holds: go-llms' `ChannelPoolSize`.
pub const DEPTH: usize = 20;

/// The pool of responses: 64 of 4 KiB, 258 KiB in all.
pub type ResponsePool = Pool<Response<RESPONSE_BYTES>, RESPONSES>;
/// The pool of tokens: 256 of 32 bytes, 9 KiB in all.
pub type TokenPool = Pool<Token<TOKEN_BYTES>, TOKENS>;
/// The pool of streams: 64 of 20 tokens, 73 KiB in all, 43 KiB on a Cortex-M3.
#[doc(alias = "ChannelPool")]
pub type TokenStreams = StreamPool<Token<TOKEN_BYTES>, STREAMS, DEPTH>;

/// A response of the [`response_pool`]: back in it, and empty, when this is dropped.
pub type PooledResponse = Lease<&'static ResponsePool>;
/// A token of the [`token_pool`]: back in it, and empty, when this is dropped.
pub type PooledToken = Lease<&'static TokenPool>;
/// The writing half of a [`response_stream`].
pub type ResponseSender = Sender<&'static TokenStreams>;
/// The reading half of a [`response_stream`]: go-llms' `ResponseStream`.
pub type ResponseStream = Receiver<&'static TokenStreams>;

/// The program's pool of responses.
///
/// # Context and cost
/// Anywhere, interrupt handlers too; the address of a `static`.
///
/// # Source
/// go-llms' `GetResponsePool`.
#[must_use]
pub fn response_pool() -> &'static ResponsePool {
    static POOL: ResponsePool = Pool::new();
    &POOL
}

/// The program's pool of tokens. Mostly not needed: a [`Token`] is 32 bytes, and lies in the ring of its stream.
///
/// # Context and cost
/// As [`response_pool`].
///
/// # Source
/// go-llms' `GetTokenPool`.
#[must_use]
pub fn token_pool() -> &'static TokenPool {
    static POOL: TokenPool = Pool::new();
    &POOL
}

/// The program's pool of streams.
///
/// # Context and cost
/// As [`response_pool`].
///
/// # Source
/// go-llms' `GetChannelPool`.
#[must_use]
#[doc(alias = "channel_pool")]
pub fn stream_pool() -> &'static TokenStreams {
    static POOL: TokenStreams = StreamPool::new();
    &POOL
}

/// Lends a response of the [`response_pool`] that says `text`.
///
/// # Errors
/// [`Refused::TooLong`] if `text` has more than [`RESPONSE_BYTES`]: it says how much fits, and no response was
/// touched. [`Refused::Exhausted`] if all [`RESPONSES`] are out.
///
/// # Context
/// Lock-free; callable in an interrupt handler.
///
/// # Cost
/// That of [`Pool::try_get`], and a copy of the text.
///
/// # Source
/// go-llms' `ResponsePool.NewResponse`.
///
/// # Examples
/// ```
/// use forebay::global::{self, Refused};
///
/// let mut response = global::new_response("forty-")?;
/// response.push_str("two").unwrap();
/// assert_eq!(response.as_str(), "forty-two");
/// drop(response); // empty, and back in the pool
///
/// let long = "x".repeat(5000);
/// let Err(Refused::TooLong(error)) = global::new_response(&long) else { panic!() };
/// assert_eq!((error.len(), error.room()), (5000, 4096));
/// # Ok::<(), Refused>(())
/// ```
pub fn new_response(text: &str) -> Result<PooledResponse, Refused> {
    fits(text, RESPONSE_BYTES)?;
    let mut response = response_pool().try_get()?;
    response.push_str(text)?;
    Ok(response)
}

/// Lends a token of the [`token_pool`] that says `text`, and whether it is the last of its answer.
///
/// # Errors
/// As [`new_response`], with [`TOKEN_BYTES`] and [`TOKENS`].
///
/// # Context and cost
/// As [`new_response`].
///
/// # Source
/// go-llms' `TokenPool.NewToken`.
///
/// # Examples
/// ```
/// let token = forebay::global::new_token("Hello", true)?;
/// assert_eq!((token.as_str(), token.is_finished()), ("Hello", true));
/// # Ok::<(), forebay::global::Refused>(())
/// ```
pub fn new_token(text: &str, finished: bool) -> Result<PooledToken, Refused> {
    fits(text, TOKEN_BYTES)?;
    let mut token = token_pool().try_get()?;
    token.push_str(text)?;
    token.set_finished(finished);
    Ok(token)
}

/// Opens a stream of the [`stream_pool`].
///
/// Its halves do not wait for each other ([`Polling`](crate::Polling)). Where they should, have a pool of streams with the
/// policy `Waking` (features `std` and `async`).
///
/// # Errors
/// [`Exhausted`]: all [`STREAMS`] are open.
///
/// # Context and cost
/// As [`StreamPool::try_open`].
///
/// # Source
/// go-llms' `ChannelPool.GetResponseStream`.
///
/// # Examples
/// ```
/// use forebay::{End, RecvError};
///
/// let (mut sender, mut receiver) = forebay::global::response_stream()?;
/// sender.try_send_text("Hello").unwrap();
/// sender.close();
/// assert_eq!(receiver.try_recv().unwrap(), "Hello");
/// assert_eq!(receiver.try_recv(), Err(RecvError::Ended(End::Finished)));
/// # Ok::<(), forebay::Exhausted>(())
/// ```
#[inline]
pub fn response_stream() -> Result<(ResponseSender, ResponseStream), Exhausted> {
    stream_pool().try_open()
}

/// A text that does not fit takes no object from anybody.
fn fits(text: &str, room: usize) -> Result<(), TooLong> {
    if text.len() <= room { Ok(()) } else { Err(TooLong { len: text.len(), room }) }
}

/// Why there is no [`new_response`] or [`new_token`]. The text is still yours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Refused {
    /// All objects of the pool are out; one may come back at any time.
    Exhausted(Exhausted),
    /// The text is longer than any object of the pool can hold.
    TooLong(TooLong),
}

impl From<Exhausted> for Refused {
    fn from(why: Exhausted) -> Self {
        Self::Exhausted(why)
    }
}

impl From<TooLong> for Refused {
    fn from(why: TooLong) -> Self {
        Self::TooLong(why)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exhausted(why) => why.fmt(f),
            Self::TooLong(why) => why.fmt(f),
        }
    }
}

impl core::error::Error for Refused {}
