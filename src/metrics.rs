//! L1: what a pool counts. Always on: the data path pays no read-modify-write for it.
//!
//! | count | kept where | exact? |
//! |---|---|---|
//! | gets | upper half of each bitmap word, moved by the compare-exchange that claims; on a lane, its owner's count | yes |
//! | in use | the bitmap itself, and the lanes, counted when read | yes |
//! | steals | the count of the lane that stole; one for all callers without a lane | yes |
//! | misses, evictions, overflows, panics, double returns, high water | counters touched on slow paths only | yes |
//! | exhausted | plain load and store, since nothing else is written there | may run low when contexts fail at once |

use crate::sync::{Ordering::Relaxed, const_fn, plain, rmw};
use core::fmt;

/// A pool's counts at one time. Take one with [`Pool::metrics`](crate::Pool::metrics).
///
/// The counts are read one after the other while the pool works on, so a snapshot of a busy pool may
/// mix moments. Each count is right for a moment during the call, with two exceptions: a slot that `trim` or
/// `fill` works on, or that was handed to a caller who waits and did not look yet, counts as in use, and so as not
/// yet put; and once in 4,294,967,296 claims of 32 slots
/// (65,536 of 16 on 32-bit targets) a get that is just under way can make `gets` and `puts` differ by that
/// number. All are numbers of events since the pool was made, except `capacity`, `in_use` and
/// `high_water`, which are numbers of slots.
///
/// # Examples
/// ```
/// use forebay::Pool;
///
/// let pool: Pool<u32, 4> = Pool::new();
/// drop(pool.try_get()?); // made
/// drop(pool.try_get()?); // reused
/// let metrics = pool.metrics();
/// assert_eq!((metrics.gets, metrics.misses, metrics.hits()), (2, 1, 1));
/// assert_eq!(metrics.hit_ratio(), Some(0.5));
/// assert_eq!(metrics.to_string(), "0 of 4 in use (most 1), 2 gets, 50.0 % hits");
/// # Ok::<(), forebay::Exhausted>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Metrics {
    /// Slots in all.
    pub capacity: u64,
    /// Slots on loan now.
    pub in_use: u64,
    /// Most slots on loan at once. Exact as long as no two contexts got at the same moment; then it
    /// may be too high, never too low: it counts the different slots ever lent, and a free slot of low
    /// number is lent before one of high number. Of a [`LanePool`](crate::LanePool) it counts what was lent on
    /// different lanes as if it had been at once.
    pub high_water: u64,
    /// Objects lent.
    pub gets: u64,
    /// Gets that found no object ready and made one.
    pub misses: u64,
    /// Objects that came back.
    pub puts: u64,
    /// Gets on a lane that were served from another one, and gets without a lane served from one. Only a
    /// [`LanePool`](crate::LanePool) has lanes.
    #[cfg_attr(feature = "serde", serde(default))]
    pub steals: u64,
    /// Objects dropped while idle or on return: by `trim` or `tick`, or because they were not reusable.
    pub evictions: u64,
    /// Objects made on the heap because no slot was free, by [`Pool::get_or_new`](crate::Pool) (`std`); none of
    /// the other counts has them.
    #[cfg_attr(feature = "serde", serde(default))]
    pub overflows: u64,
    /// Gets refused because no slot was free, also those that found no seat to wait in, or whose time to wait was up.
    /// May run low when several contexts fail at once.
    pub exhausted: u64,
    /// Panics of user code: `make`, `recycle` and the drop of an object. The slot was kept.
    pub panics: u64,
    /// Returns of a slot that was not on loan; each is a broken `from_raw` contract, and was ignored.
    pub double_returns: u64,
}

impl Metrics {
    /// Gets that were served by an object made earlier.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.gets.saturating_sub(self.misses)
    }

    /// Hits per get, from 0 to 1; `None` before the first get.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // A ratio.
    pub fn hit_ratio(&self) -> Option<f64> {
        (self.gets != 0).then(|| self.hits() as f64 / self.gets as f64)
    }
}

impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} in use (most {}), {} gets",
            self.in_use, self.capacity, self.high_water, self.gets
        )?;
        if let Some(ratio) = self.hit_ratio() {
            write!(f, ", {:.1} % hits", ratio * 100.0)?;
        }
        for (count, what) in [
            (self.steals, "steals"),
            (self.exhausted, "exhausted"),
            (self.overflows, "on the heap"),
            (self.evictions, "evicted"),
            (self.panics, "panics"),
            (self.double_returns, "double returns"),
        ] {
            if count != 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}

/// How many numbers of epochs there are.
pub(crate) const EPOCHS: usize = 1 << 16;

/// The counters that the bitmap does not carry, and the epoch, which fills a gap between them.
pub(crate) struct Counters {
    epoch: plain::AtomicU16,
    pub(crate) misses: Events,
    pub(crate) evictions: Events,
    #[cfg(feature = "std")]
    pub(crate) overflows: Events,
    exhausted: plain::AtomicUsize,
    pub(crate) lent_slots: FewEvents,
    pub(crate) panics: FewEvents,
    pub(crate) double_returns: FewEvents,
}

impl Counters {
    const_fn! {
        pub(crate) const fn new() -> Self {
            Self {
                epoch: plain::AtomicU16::new(0),
                misses: Events(rmw::AtomicUsize::new(0)),
                evictions: Events(rmw::AtomicUsize::new(0)),
                #[cfg(feature = "std")]
                overflows: Events(rmw::AtomicUsize::new(0)),
                exhausted: plain::AtomicUsize::new(0),
                lent_slots: FewEvents(rmw::AtomicU16::new(0)),
                panics: FewEvents(rmw::AtomicU16::new(0)),
                double_returns: FewEvents(rmw::AtomicU16::new(0)),
            }
        }
    }

    /// The number of the epoch, below [`EPOCHS`].
    #[inline(always)]
    pub(crate) fn epoch(&self) -> usize {
        usize::from(self.epoch.load(Relaxed))
    }

    #[allow(clippy::cast_possible_truncation)] // Modulo `EPOCHS` is meant.
    pub(crate) fn set_epoch(&self, epoch: usize) {
        self.epoch.store(epoch as u16, Relaxed);
    }

    /// Counts a refused get. No read-modify-write: a caller may poll an exhausted pool in a loop.
    pub(crate) fn count_exhausted(&self) {
        self.exhausted.store(self.exhausted.load(Relaxed).saturating_add(1), Relaxed);
    }

    /// Only with `std` can a get overflow.
    pub(crate) fn overflows(&self) -> u64 {
        #[cfg(feature = "std")]
        return self.overflows.get();
        #[cfg(not(feature = "std"))]
        0
    }

    pub(crate) fn exhausted(&self) -> u64 {
        self.exhausted.load(Relaxed) as u64
    }
}

/// Defines a counter of slow-path events.
macro_rules! events {
    ($name:ident, $atomic:ty) => {
        pub(crate) struct $name($atomic);

        impl $name {
            /// Counts one more, up to the most that there is room for. How many now.
            #[allow(clippy::unnecessary_cast, clippy::cast_lossless)] // The widths differ.
            pub(crate) fn count(&self) -> usize {
                // An error cannot happen, since the closure is never `None`.
                let (Ok(before) | Err(before)) =
                    self.0.fetch_update(Relaxed, Relaxed, |n| Some(n.saturating_add(1)));
                (before as usize).saturating_add(1)
            }

            #[allow(clippy::unnecessary_cast, clippy::cast_lossless)] // The widths differ.
            pub(crate) fn get(&self) -> u64 {
                self.0.load(Relaxed) as u64
            }
        }
    };
}

events!(Events, rmw::AtomicUsize);
events!(FewEvents, rmw::AtomicU16);
