//! Streams under test: every call into them is watched for allocations, and all of a round are open at once.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use forebay::{End, Metrics, Token};
use sse_server::streams::{Left, Receiving, Sending, Streams};
use tokio::sync::Barrier;

use crate::allocator::inside;

pub(crate) struct Watched<S> {
    pub(crate) streams: S,
    /// Opened when all requests of a round have their streams.
    pub(crate) gate: Arc<Barrier>,
}

/// Halves are given up inside, too.
pub(crate) struct Half<H>(Option<H>);

impl<H> Half<H> {
    fn get(&mut self) -> &mut H {
        self.0.as_mut().expect("it is there until the end")
    }
}

impl<H> Drop for Half<H> {
    fn drop(&mut self) {
        inside(|| self.0 = None);
    }
}

async fn polled_inside<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    std::future::poll_fn(|context| inside(|| future.as_mut().poll(context))).await
}

impl<S: Streams> Streams for Watched<S> {
    type Sender = Half<S::Sender>;
    type Receiver = Half<S::Receiver>;

    async fn lease(&self, wait: Duration) -> Option<(Self::Sender, Self::Receiver)> {
        let (sender, receiver) = polled_inside(self.streams.lease(wait)).await?;
        let halves = (Half(Some(sender)), Half(Some(receiver)));
        self.gate.wait().await;
        Some(halves)
    }

    fn metrics(&self) -> Metrics {
        self.streams.metrics()
    }
}

impl<H: Sending> Sending for Half<H> {
    async fn send(&mut self, token: Token) -> Result<(), Left> {
        polled_inside(async { self.get().send(token).await }).await
    }

    async fn left(&mut self) {
        polled_inside(async { self.get().left().await }).await;
    }

    async fn end(mut self, end: End) {
        let half = self.0.take().expect("it is there until the end");
        polled_inside(half.end(end)).await;
    }
}

impl<H: Receiving> Receiving for Half<H> {
    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<Token, End>> {
        inside(|| self.get().poll_recv(context))
    }

    fn cancel(&mut self) {
        inside(|| self.get().cancel());
    }
}
