//! What forebay is compared with: a channel of tokio's a request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use forebay::{End, Metrics, Token};
use sse_server::streams::{DEPTH, Left, Receiving, Sending, Streams};
use tokio::sync::mpsc;

/// Makes a channel for every request.
#[derive(Debug, Default)]
pub(crate) struct Channels {
    opened: Arc<AtomicU64>,
}

impl Streams for Channels {
    type Sender = Sender;
    type Receiver = Receiver;

    async fn lease(&self, _wait: Duration) -> Option<(Sender, Receiver)> {
        self.opened.fetch_add(1, Relaxed);
        let (sender, receiver) = mpsc::channel(DEPTH);
        Some((Sender(sender), Receiver(receiver)))
    }

    fn metrics(&self) -> Metrics {
        let mut metrics = Metrics::default();
        metrics.gets = self.opened.load(Relaxed);
        metrics
    }
}

/// The last item is how the stream ended.
pub(crate) struct Sender(mpsc::Sender<Result<Token, End>>);

pub(crate) struct Receiver(mpsc::Receiver<Result<Token, End>>);

impl Sending for Sender {
    async fn send(&mut self, token: Token) -> Result<(), Left> {
        self.0.send(Ok(token)).await.map_err(|_| Left)
    }

    async fn left(&mut self) {
        self.0.closed().await;
    }

    async fn end(self, end: End) {
        // An end takes a place in the channel, as a token does. Nobody is there to be told of a failure.
        let _ = self.0.send(Err(end)).await;
    }
}

impl Receiving for Receiver {
    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<Token, End>> {
        self.0.poll_recv(context).map(|item| item.unwrap_or(Err(End::Aborted)))
    }

    fn cancel(&mut self) {
        self.0.close();
    }
}
