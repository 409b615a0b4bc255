//! The rings of a pool of streams, and the state that the halves of a stream share besides the ring.

use crate::error::{End, RecvError};
use crate::pool::Pool;
use crate::reset::Policy;
use crate::ring::PooledRing;
use crate::sync::{Ordering::Relaxed, plain, seeded};
use crate::wait::Notify;
use core::mem::MaybeUninit;

/// A pooled ring and what its halves share besides.
pub(super) type Channel<T, const DEPTH: usize, W> = PooledRing<T, DEPTH, StreamState<W>>;
/// The rings of a pool of streams.
pub(super) type Rings<T, const STREAMS: usize, const DEPTH: usize, W> =
    Pool<Channel<T, DEPTH, W>, STREAMS, Reopen, <W as Notify>::Open>;

/// What the halves of a stream share besides the ring.
#[derive(Debug)]
pub struct StreamState<W> {
    /// How the stream ended; written before the ring is closed, read after it is seen closed.
    pub(super) end: plain::AtomicUsize,
    /// How often the ring was opened before.
    pub(super) epoch: usize,
    /// The receiver waits here.
    pub(super) receiver: W,
    /// The sender waits here.
    pub(super) sender: W,
}

impl<W: Notify> StreamState<W> {
    fn new() -> Self {
        let end = plain::AtomicUsize::new(0);
        Self { end, epoch: 0, receiver: W::new(), sender: W::new() }
    }

    /// Returns why there is no token, for a receiver that `refuses` more or does not.
    pub(super) fn nothing(&self, ended: bool, refuses: bool) -> RecvError {
        if ended {
            RecvError::Ended(self.reason())
        } else if refuses && !seeded!("cancelled_goes_on", true, false) {
            RecvError::Ended(End::Cancelled)
        } else {
            RecvError::Empty
        }
    }

    /// Returns how the stream ended. The consumer must have seen the ring closed.
    #[allow(clippy::cast_possible_truncation)] // The code has 16 bits.
    pub(super) fn reason(&self) -> End {
        // Relaxed: C1 of the ring has acquired it.
        let end = self.end.load(Relaxed);
        match end & 0xff {
            FINISHED => End::Finished,
            FAILED => End::Failed((end >> 8) as u16),
            _ => End::Aborted,
        }
    }
}

/// Makes rings, and opens them again when they come back.
#[derive(Debug)]
pub struct Reopen;

impl<T, const DEPTH: usize, W: Notify> Policy<Channel<T, DEPTH, W>> for Reopen {
    fn make(&self, _slot: usize) -> Channel<T, DEPTH, W> {
        PooledRing::new(StreamState::new())
    }

    fn make_in<'p>(
        &self,
        _slot: usize,
        place: &'p mut MaybeUninit<Channel<T, DEPTH, W>>,
    ) -> &'p mut Channel<T, DEPTH, W> {
        PooledRing::init(place, StreamState::new())
    }

    #[inline]
    fn recycle(&self, channel: &mut Channel<T, DEPTH, W>) -> bool {
        if !seeded!("end_not_reset", true, false) {
            channel.shared.end.store(0, Relaxed);
        }
        channel.shared.epoch = channel.shared.epoch.wrapping_add(1);
        channel.shared.receiver.reset();
        channel.shared.sender.reset();
        channel.reset();
        true
    }
}

/// [`End`] in a word: the code stands 8 bits up. 0 is `Aborted`: a ring that nobody finished says so.
pub(super) const FINISHED: usize = 1;
pub(super) const FAILED: usize = 2;
