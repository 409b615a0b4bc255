//! Counts of a pool. Always on: the data path pays no read-modify-write for it.
//!
//! | count | kept where |
//! |---|---|
//! | gets | upper half of each bitmap word, moved by the compare-exchange that claims; on a lane, its owner's count |
//! | in use | the bitmap itself, and the lanes, counted when read |
//! | puts | nowhere: the gets less the slots in use, of one load of each word |
//! | steals | the count of the lane that stole; one for all callers without a lane |
//! | all others | counters of their own, touched on slow paths only |
//!
//! [`Metrics`] says how exact each is while the pool works on.

use crate::free::Usage;
use crate::sync::{
    Ordering::Relaxed,
    const_fn,
    events::{Events, FewEvents},
    plain, rmw, update,
};
use core::fmt;

/// A pool's counts at one time. Take one with [`Pool::metrics`](crate::Pool::metrics).
///
/// The counts are read one after the other while the pool works on, so a snapshot of a busy pool may
/// mix moments. No count shows what was not; while nobody works on the pool, all are exact.
///
/// | count | unit | while the pool works on |
/// |---|---|---|
/// | `capacity` | slots | exact |
/// | `in_use` | slots | never lower than at some moment of the call. Too high by the gets made during the call at most, in rare cases up to `high_water`; beyond that only by slots that are just being lent for the first time. Slots that `trim`, `fill` or `tick` works on may count, and those handed to a caller who waits and did not look yet. Exact in a pool of one word of slots (32; 16 on 32-bit targets). On a [`LanePool`](crate::LanePool) also too high by the slots that were moved between lanes during the call |
/// | `high_water` | slots | never too low; exact unless a get runs at the same time as another get or a put. After two gets did, at most the sum of the most that each word of slots (32; 16 on 32-bit targets) had on loan at once |
/// | `gets`, `puts` | events | never more than there were, never fewer than in an earlier snapshot. `puts` may lag by the slots that `in_use` counts and nobody got yet. On 32-bit targets, once in 65,536 gets of 16 slots, `gets` may lag by the slots in use while such a get is under way |
/// | `misses`, `steals`, `evictions`, `overflows`, `exhausted`, `panics`, `double_returns` | events | exact, up to a maximum at which they stay: 65,535 for the last two, that of a word for the others |
///
/// The owner of a lane publishes what it does there by plain stores. So on a [`LanePool`](crate::LanePool), the bounds of
/// `in_use` and `puts` hold for what the calling thread has seen, and a core with a weak memory order may show it a put before
/// an earlier get.
///
/// All events are counted since the pool was made. [`hits`](Self::hits) counts a get that is just under way as a hit until it
/// turns out to be a miss.
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
    /// Most slots on loan at once. It counts the different slots ever lent. A free slot of low number is lent before one of
    /// high number until two contexts get at the same time. From then on, on 64-bit targets, each context prefers slots of its
    /// own, and this counts what different contexts had as if it had been at once. On a [`LanePool`](crate::LanePool) it
    /// always counts what different lanes had like that.
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
    pub(crate) exhausted: Events,
    /// Only where it takes 2³² gets until [`Usage::gets`] can be behind for a moment, by a lap that is not counted yet, and
    /// not where a word of memory counts.
    #[cfg(target_pointer_width = "64")]
    shown_gets: Shown,
    shown_puts: Shown,
    pub(crate) lent_slots: FewEvents,
    pub(crate) panics: FewEvents,
    pub(crate) double_returns: FewEvents,
}

impl Counters {
    const_fn! {
        pub(crate) const fn new() -> Self {
            Self {
                epoch: plain::AtomicU16::new(0),
                misses: Events::new(),
                evictions: Events::new(),
                #[cfg(feature = "std")]
                overflows: Events::new(),
                exhausted: Events::new(),
                #[cfg(target_pointer_width = "64")]
                shown_gets: Shown(rmw::AtomicUsize::new(0)),
                shown_puts: Shown(rmw::AtomicUsize::new(0)),
                lent_slots: FewEvents::new(),
                panics: FewEvents::new(),
                double_returns: FewEvents::new(),
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

    /// The gets and the puts to show, never fewer than were shown before.
    pub(crate) fn shown(&self, usage: Usage) -> (u64, u64) {
        let puts = self.shown_puts.at_least(usage.puts);
        #[cfg(target_pointer_width = "64")]
        let gets = self.shown_gets.at_least(usage.gets);
        #[cfg(not(target_pointer_width = "64"))]
        let gets = usage.gets;
        // Another caller may have shown more puts than we saw gets.
        (gets.max(puts), puts)
    }

    /// Only with `std` can a get overflow.
    pub(crate) fn overflows(&self) -> u64 {
        #[cfg(feature = "std")]
        return self.overflows.get();
        #[cfg(not(feature = "std"))]
        0
    }
}

/// The most that a count was ever shown as: what was shown once is not taken back, though what it is computed from may be
/// behind for a moment. A word of it, since it is never far behind.
pub(crate) struct Shown(rmw::AtomicUsize);

impl Shown {
    /// A count that is further behind is not behind: it went on by almost a word since it was shown. Where words are short,
    /// 16 laps of them that are not counted yet.
    const BEHIND: usize = if usize::BITS < u64::BITS { 1 << 20 } else { usize::MAX / 2 };

    /// `count`, or what was shown before if that was more. Lock-free.
    #[allow(clippy::cast_possible_truncation)] // The low bits are meant.
    pub(crate) fn at_least(&self, count: u64) -> u64 {
        let low = count as usize;
        let ahead = |before: usize| before.wrapping_sub(low);
        let is_ahead = |before| (1..=Self::BEHIND).contains(&ahead(before));
        match update(&self.0, Relaxed, |before| (!is_ahead(before)).then_some(low)) {
            Ok(_) => count,
            Err(before) => count + ahead(before) as u64,
        }
    }
}

#[cfg(all(test, not(all(loom, feature = "loom"))))]
mod tests {
    use super::Counters;
    use crate::free::bitmap::Bitmap;

    /// The counts that are shown never go back, though a lap is counted behind the claim that ends it.
    #[test]
    fn counts_beside_a_lap_do_not_go_back() {
        for _ in 0..if cfg!(miri) { 3 } else { 300 } {
            let (bitmap, counters) = (Bitmap::<40>::new(), Counters::new());
            bitmap.near_lap(20);
            std::thread::scope(|scope| {
                let caller = scope.spawn(|| {
                    for _ in 0..40 {
                        let slot = bitmap.claim();
                        assert!(slot.is_none_or(|slot| bitmap.release(slot)));
                    }
                });
                let mut last = (0, 0);
                while !caller.is_finished() {
                    let now = counters.shown(bitmap.usage());
                    assert!(now.0 >= last.0 && now.1 >= last.1, "{now:?} behind {last:?}");
                    last = now;
                    std::thread::yield_now(); // One thread at a time runs under valgrind, and this one must not be it.
                }
            });
        }
    }
}
