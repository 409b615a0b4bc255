//! What answers flow through: forebay's rings. Behind traits, so that a load run can put channels in their place.

use std::task::{Context, Poll};
use std::time::Duration;

use forebay::{End, Metrics, Receiver, Sender, StreamPool, Token, Waking};
use tokio::time::timeout;

/// How many tokens a stream holds before its sender has to wait.
pub const DEPTH: usize = 20;

/// How many requests may wait for a ring.
pub const WAITERS: usize = 64;

/// The rings of the server, for up to 1,024 answers at once. No memory is allocated for them, ever.
pub static STREAMS: Rings<1024> = StreamPool::new();

/// A pool of rings whose halves wait as tasks.
pub type Rings<const N: usize> = StreamPool<Token, N, DEPTH, Waking<WAITERS>>;

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

impl<const N: usize> Streams for &'static Rings<N> {
    type Sender = Sender<&'static StreamPool<Token, N, DEPTH, Waking<WAITERS>>>;
    type Receiver = Receiver<&'static StreamPool<Token, N, DEPTH, Waking<WAITERS>>>;

    async fn lease(&self, wait: Duration) -> Option<(Self::Sender, Self::Receiver)> {
        match self.try_open() {
            Ok(halves) => Some(halves),
            Err(_) if wait.is_zero() => None,
            // First come, first served; too many who wait is the same to the client as too long a wait.
            Err(_) => timeout(wait, self.open()).await.ok()?.ok(),
        }
    }

    fn metrics(&self) -> Metrics {
        StreamPool::metrics(self)
    }
}

impl<const N: usize> Sending for Sender<&'static StreamPool<Token, N, DEPTH, Waking<WAITERS>>> {
    async fn send(&mut self, token: Token) -> Result<(), Left> {
        Sender::send(self, token).await.map_err(|_| Left)
    }

    async fn left(&mut self) {
        self.cancelled().await;
    }

    async fn end(self, end: End) {
        match end {
            End::Finished => self.close(),
            End::Failed(code) => self.fail(code),
            _ => drop(self),
        }
    }
}

impl<const N: usize> Receiving for Receiver<&'static StreamPool<Token, N, DEPTH, Waking<WAITERS>>> {
    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<Token, End>> {
        Receiver::poll_recv(self, context)
    }

    fn cancel(&mut self) {
        Receiver::cancel(self);
    }
}
