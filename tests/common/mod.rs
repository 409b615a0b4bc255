//! What several suites share.
#![allow(dead_code, unreachable_pub, missing_docs)] // Each suite uses a part of it.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

/// Runs the generic function `$test::<N>()` for capacities around each boundary of the words that hold
/// the bits of free slots, and for the smallest and the largest.
#[allow(unused_macros)]
macro_rules! for_capacities {
    ($test:ident) => {
        for_capacities!($test: 1, 2, 3, 31, 32, 33, 65);
        if !cfg!(miri) {
            for_capacities!($test: 63, 64, 1000);
        }
    };
    ($test:ident: $($n:literal),+) => {$( $test::<$n>(); )+};
}
#[allow(unused_imports)]
pub(crate) use for_capacities;

/// Whether this is the unpacked package and not the repository: only cargo, when it packs, adds this file. The package
/// holds no folder that has a manifest of its own.
pub fn is_published_package() -> bool {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml.orig").exists()
}

/// Counts what was made and dropped, so that a suite can say "each exactly once".
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<(AtomicUsize, AtomicUsize)>);

impl Tally {
    pub fn made(&self) -> usize {
        self.0.0.load(SeqCst)
    }

    pub fn dropped(&self) -> usize {
        self.0.1.load(SeqCst)
    }

    pub fn alive(&self) -> usize {
        self.made().checked_sub(self.dropped()).expect("something was dropped twice")
    }

    pub fn make(&self) -> Counted {
        self.0.0.fetch_add(1, SeqCst);
        Counted { tally: self.clone(), dropped: AtomicBool::new(false), number: self.made() }
    }
}

/// One of the objects that a [`Tally`] counts.
#[derive(Debug)]
pub struct Counted {
    tally: Tally,
    dropped: AtomicBool,
    /// Counts from 1.
    pub number: usize,
}

impl Drop for Counted {
    fn drop(&mut self) {
        // Sees most double drops at the place where they happen; the counts see the others.
        assert!(!self.dropped.swap(true, SeqCst), "dropped twice");
        self.tally.0.1.fetch_add(1, SeqCst);
    }
}

impl forebay::Reset for Counted {
    fn reset(&mut self) {}
}

/// Panics once its count has come down to 0, and never again: a fault that can be armed from outside.
#[derive(Debug)]
pub struct Fuse(AtomicIsize);

impl Fuse {
    /// Does not panic until [`arm`](Self::arm).
    pub const fn new() -> Self {
        Self(AtomicIsize::new(0))
    }

    /// The `nth` burn from now on (from 1) panics.
    pub fn arm(&self, nth: isize) {
        self.0.store(nth, SeqCst);
    }

    pub fn burn(&self) {
        if self.0.load(SeqCst) > 0 && self.0.fetch_sub(1, SeqCst) == 1 {
            boom();
        }
    }
}

const BOOM: &str = "boom";

/// Panics, without a message on the screen.
pub fn boom() -> ! {
    std::panic::resume_unwind(Box::new(BOOM))
}

/// Whether `f` panicked by [`boom`]; any other panic goes on.
pub fn booms<R>(f: impl FnOnce() -> R) -> bool {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(_) => false,
        Err(payload) => {
            if payload.downcast_ref::<&str>().is_none_or(|text| *text != BOOM) {
                std::panic::resume_unwind(payload);
            }
            true
        }
    }
}

/// A small generator of the same numbers in each run (xorshift64*).
#[derive(Debug)]
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// From 0 to `end - 1`.
    pub fn below(&mut self, end: usize) -> usize {
        ((self.next() >> 33) as usize) % end
    }
}

/// The executor of a small machine: a flag that is set to wake it, and a loop that polls when it is set. Counts
/// wake-ups, too.
#[derive(Debug, Default)]
pub struct Flag {
    set: AtomicBool,
    wakes: AtomicUsize,
}

impl Flag {
    pub fn new() -> (Arc<Self>, Waker) {
        let flag = Arc::new(Self::default());
        (Arc::clone(&flag), Waker::from(flag))
    }

    /// How often it was woken since the last time it was asked.
    pub fn wakes(&self) -> usize {
        self.wakes.swap(0, SeqCst)
    }

    /// Runs `future` to its end.
    pub fn run<F: Future>(future: F) -> F::Output {
        let (flag, waker) = Self::new();
        let mut future = pin!(future);
        loop {
            match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(answer) => return answer,
                // `wfe`, on the small machine.
                Poll::Pending => {
                    while !flag.set.swap(false, SeqCst) {
                        std::thread::yield_now()
                    }
                }
            }
        }
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.wakes.fetch_add(1, SeqCst);
        self.set.store(true, SeqCst);
    }
}

/// What `future` gives when it is polled once, with the future dropped behind it.
pub fn poll_once<F: Future>(future: F, waker: &Waker) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(waker))
}

/// Threads that wait for each other, and not for one that failed.
#[derive(Debug)]
pub struct Together {
    failed: AtomicBool,
    arrived: AtomicUsize,
    deadline: std::time::Instant,
}

impl Together {
    pub fn new() -> Self {
        let long = std::time::Duration::from_secs(if cfg!(miri) { 3600 } else { 300 });
        Self {
            failed: AtomicBool::new(false),
            arrived: AtomicUsize::new(0),
            deadline: std::time::Instant::now() + long,
        }
    }

    /// Runs `f` as one of the threads.
    pub fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        struct Tell<'a>(&'a Together);
        impl Drop for Tell<'_> {
            fn drop(&mut self) {
                if std::thread::panicking() {
                    self.0.failed.store(true, SeqCst);
                }
            }
        }
        let _tell = Tell(self);
        f()
    }

    /// Waits until `f`.
    pub fn until(&self, mut f: impl FnMut() -> bool) {
        while !f() {
            assert!(!self.failed.load(SeqCst), "another thread failed");
            assert!(std::time::Instant::now() < self.deadline, "hangs");
            std::thread::yield_now();
        }
    }

    /// Waits until it was called `calls` times in all.
    pub fn meet(&self, calls: usize) {
        self.arrived.fetch_add(1, SeqCst);
        self.until(|| self.arrived.load(SeqCst) >= calls);
    }
}
