//! Futures that are polled by hand, with wakers that count.
#![allow(dead_code, unreachable_pub, missing_docs)] // Each suite uses a part of it.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// Counts how often it was woken.
#[derive(Debug, Default)]
pub struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// A future, and how often it was woken.
pub struct Hand<F> {
    future: Pin<Box<F>>,
    woken: Arc<Woken>,
}

impl<F: Future> Hand<F> {
    pub fn new(future: F) -> Self {
        Self { future: Box::pin(future), woken: Arc::default() }
    }

    /// One that waits already.
    pub fn waiting(future: F) -> Self {
        let mut hand = Self::new(future);
        assert!(hand.poll().is_none(), "does not wait");
        hand
    }

    pub fn poll(&mut self) -> Option<F::Output> {
        let waker = Waker::from(Arc::clone(&self.woken));
        ready(self.future.as_mut().poll(&mut Context::from_waker(&waker)))
    }

    pub fn woken(&self) -> usize {
        self.woken.0.load(SeqCst)
    }

    /// How many wakers there are of it.
    pub fn wakers(&self) -> usize {
        Arc::strong_count(&self.woken) - 1
    }

    /// Drops the future and keeps what counts.
    pub fn cancel(self) -> Arc<Woken> {
        self.woken
    }
}

pub fn ready<T>(poll: Poll<T>) -> Option<T> {
    match poll {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// A waker that does something, once.
pub struct Act(Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl Act {
    pub fn waker(act: impl FnOnce() + Send + 'static) -> Waker {
        Waker::from(Arc::new(Self(Mutex::new(Some(Box::new(act))))))
    }
}

impl Wake for Act {
    fn wake(self: Arc<Self>) {
        // Not run under the lock.
        let act = self.0.lock().unwrap().take();
        if let Some(act) = act {
            act();
        }
    }
}

/// Stops the process when a test hangs.
pub struct Watchdog(#[expect(dead_code)] std::sync::mpsc::SyncSender<()>);

impl Watchdog {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        let (alive, ended) = std::sync::mpsc::sync_channel(0);
        let name = std::thread::current().name().unwrap_or_default().to_string();
        let limit = Duration::from_secs(if cfg!(miri) { 3600 } else { 300 });
        std::thread::spawn(move || {
            use std::sync::mpsc::RecvTimeoutError::Timeout;
            if ended.recv_timeout(limit) == Err(Timeout) {
                eprintln!("{name} hangs");
                std::process::abort();
            }
        });
        Self(alive)
    }
}
