//! What answers flow through: forebay's rings. Behind traits, so that a load run can put channels in their place.

use std::task::{Context, Poll};
use std::time::Duration;

use forebay::{End, Metrics, Token};

/// How many tokens a stream holds before its sender has to wait.
pub const DEPTH: usize = 20;

/// Streams of tokens, lent one a request.
pub trait Streams: Send + Sync + 'static {
    type Sender: Sending;
    type Receiver: Receiving;

    /// Both halves of a free stream, or `None` if none came free within `wait`.
    fn lease(
        &self,
        wait: Duration,
    ) -> impl Future<Output = Option<(Self::Sender, Self::Receiver)>> + Send;

    fn metrics(&self) -> Metrics;
}

/// Dropped without `end`, the stream ends as aborted.
pub trait Sending: Send + 'static {
    /// Waits for room. `Err` when the receiver left.
    fn send(&mut self, token: Token) -> impl Future<Output = Result<(), Left>> + Send;

    /// Waits until the receiver leaves.
    fn left(&mut self) -> impl Future<Output = ()> + Send;

    /// Ends the stream, finished or failed.
    fn end(self, end: End) -> impl Future<Output = ()> + Send;
}

/// Dropped, it lets the sender know.
pub trait Receiving: Send + Unpin + 'static {
    /// The next token, or how the stream ended.
    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<Token, End>>;

    /// No token is accepted any more.
    fn cancel(&mut self);
}

/// Nobody receives any more.
#[derive(Debug)]
pub struct Left;
