//! How long things took, counted in buckets: [`Histogram`].
//!
//! Fixed buckets and one counter each, of our own: the histograms of other crates (hdrhistogram) are larger, on the heap,
//! or for one thread. The counters are Relaxed and each stands for itself: nothing is read because of what
//! another says, so there is no order to prove and no model.

use super::clock::duration;
use crate::sync::{Ordering::Relaxed, const_fn, filled, rmw, update};
use core::fmt;
use core::num::NonZeroU32;
use core::time::Duration;

/// How many buckets a [`Histogram`] has.
const BUCKETS: usize = 48;

/// The bucket for so many ticks: that of their highest bit.
fn bucket_of(ticks: u64) -> usize {
    ((u64::BITS - ticks.leading_zeros()) as usize).min(BUCKETS - 1)
}

/// The fewest ticks of a bucket. Of the one behind the last, what no time comes to.
fn start_of(bucket: usize) -> u64 {
    match bucket {
        0 => 0,
        1..BUCKETS => 1 << (bucket - 1),
        _ => u64::MAX,
    }
}

/// The counters of a histogram, for all threads and interrupt handlers at once.
pub(crate) struct Recorder {
    counts: [rmw::AtomicUsize; BUCKETS],
    longest: rmw::AtomicUsize,
}

impl Recorder {
    const_fn! {
        pub(crate) const fn new() -> Self {
            let counts = filled!(rmw::AtomicUsize::new(0); BUCKETS);
            Self { counts, longest: rmw::AtomicUsize::new(0) }
        }
    }

    /// Counts one more. Wait-free but for a new longest, which is lock-free.
    #[inline]
    pub(crate) fn record(&self, ticks: u64) {
        if let Some(count) = self.counts.get(bucket_of(ticks)) {
            count.fetch_add(1, Relaxed);
        }
        let ticks = usize::try_from(ticks).unwrap_or(usize::MAX);
        // A look first: there is a new longest less and less often.
        if ticks > self.longest.load(Relaxed) {
            // An error is that somebody recorded a longer one meanwhile.
            let _ = update(&self.longest, Relaxed, |longest| (ticks > longest).then_some(ticks));
        }
    }

    pub(crate) fn read(&self, ticks_per_second: NonZeroU32) -> Histogram {
        let mut counts = [0; BUCKETS];
        for (count, counter) in counts.iter_mut().zip(&self.counts) {
            *count = counter.load(Relaxed) as u64;
        }
        // The longest may be one that is counted but not noted yet, or too long to be noted.
        let least = counts.iter().rposition(|count| *count != 0).map_or(0, start_of);
        let longest = (self.longest.load(Relaxed) as u64).max(least);
        Histogram { ticks_per_second, longest, counts }
    }
}

/// How long objects were in use, at one time. Take one with [`Monitor::histogram`](crate::monitor::Monitor::histogram).
///
/// 48 buckets, each twice as wide as the one before: 0, 1, 2 to 3, 4 to 7 ticks and so on; the last takes all from
/// 2⁴⁶ ticks up, which is 19 hours in nanoseconds. So each time is known to a factor of two, and
/// what is estimated from them lies in the right bucket.
///
/// The counts are read one after the other while others count on. On 32-bit targets a bucket counts to
/// 4,294,967,295 and then begins again, and of a longest time of more ticks than that only the bucket is known: it is
/// told as the fewest ticks of that.
///
/// Shown by `{}` it is one line; `{:#}` adds a line with a bar for each bucket.
///
/// # Context and cost
/// Plain data: every method may be called anywhere, and reads up to 48 numbers.
///
/// # Examples
/// ```
/// use forebay::monitor::{Clock, Monitor};
/// use std::time::Duration;
///
/// fn millis() -> u64 {
/// #   use std::sync::atomic::{AtomicU64, Ordering};
/// #   static TICKS: AtomicU64 = AtomicU64::new(0);
/// #   TICKS.fetch_add(5, Ordering::Relaxed)
///     // a fake that is 5 ms later whenever it is read
/// }
///
/// static MONITOR: Monitor<8> = Monitor::new(Clock::new(millis, 1000));
/// drop(MONITOR.span(0));
/// let times = MONITOR.histogram();
/// assert_eq!((times.count(), times.longest()), (1, Duration::from_millis(5)));
/// let bucket = times.buckets().find(|bucket| bucket.count == 1).unwrap();
/// assert_eq!(bucket.from..bucket.to, Duration::from_millis(4)..Duration::from_millis(8));
/// assert_eq!(times.to_string(), "1 times, 50 % within 5.0ms, 99 % within 5.0ms, longest 5.0ms");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Histogram {
    ticks_per_second: NonZeroU32,
    /// Ticks.
    longest: u64,
    #[cfg_attr(feature = "serde", serde(with = "counts"))]
    counts: [u64; BUCKETS],
}

/// How many times fell between two others. See [`Histogram::buckets`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Bucket {
    /// The shortest that belong here.
    pub from: Duration,
    /// Shorter than this.
    pub to: Duration,
    /// How many.
    pub count: u64,
}

impl Histogram {
    /// How many times were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The longest time; zero when there was none.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.duration(self.longest)
    }

    /// Within what time the share `of` was back, from 0 to 1: 0.5 is the median, 0.99 the time that one in a
    /// hundred passes. `None` when no time was recorded.
    ///
    /// An estimate: the right bucket, and in it as if its times were spread evenly. Never above
    /// [`longest`](Self::longest).
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]
    pub fn quantile(&self, of: f64) -> Option<Duration> {
        let all = self.count();
        if all == 0 {
            return None;
        }
        // How many times are as short, this one included. The cast takes what is no number for 0.
        let exact = all as f64 * of;
        let rank = (exact as u64).saturating_add(u64::from(exact > (exact as u64) as f64));
        let rank = rank.clamp(1, all);
        if rank == all {
            return Some(self.longest());
        }
        let mut before = 0_u64;
        for (bucket, &count) in self.counts.iter().enumerate() {
            if count != 0 && rank <= before.saturating_add(count) {
                let from = start_of(bucket);
                // No time is longer than the longest, whatever bucket that is in.
                let last = (start_of(bucket + 1) - 1).min(self.longest).max(from);
                let part = (rank - before) as f64 / count as f64;
                let ticks = from.saturating_add(((last - from) as f64 * part) as u64).min(last);
                return Some(self.duration(ticks));
            }
            before = before.saturating_add(count);
        }
        Some(self.longest())
    }

    /// The buckets, from the shortest times to the longest, without the empty ones at both ends.
    pub fn buckets(&self) -> impl Iterator<Item = Bucket> + '_ {
        let filled = |count: &u64| *count != 0;
        let first = self.counts.iter().position(filled).unwrap_or(BUCKETS);
        let end = self.counts.iter().rposition(filled).map_or(BUCKETS, |last| last + 1);
        let counts = self.counts.iter().enumerate().take(end).skip(first);
        counts.map(|(bucket, &count)| Bucket {
            from: self.duration(start_of(bucket)),
            to: self.duration(start_of(bucket + 1)),
            count,
        })
    }

    fn duration(&self, ticks: u64) -> Duration {
        duration(ticks, self.ticks_per_second)
    }
}

impl fmt::Display for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} times", self.count())?;
        let (Some(half), Some(most)) = (self.quantile(0.5), self.quantile(0.99)) else {
            return Ok(());
        };
        let longest = self.longest();
        write!(f, ", 50 % within {half:.1?}, 99 % within {most:.1?}, longest {longest:.1?}")?;
        if f.alternate() {
            const WIDTH: u64 = 40;
            let highest = self.counts.iter().fold(1, |highest, count| highest.max(*count));
            for Bucket { from, count, .. } in self.buckets() {
                let length = count.saturating_mul(WIDTH).div_ceil(highest);
                write!(f, "\n{from:>8.1?} |")?;
                for at in 0..WIDTH {
                    f.write_str(if at < length { "#" } else { " " })?;
                }
                write!(f, "| {count}")?;
            }
        }
        Ok(())
    }
}

/// The count, and in microseconds the median, what 99 % are within, and the longest.
#[cfg(feature = "defmt")]
impl defmt::Format for Histogram {
    fn format(&self, f: defmt::Formatter<'_>) {
        let micros = |of| self.quantile(of).unwrap_or_default().as_micros() as u64;
        defmt::write!(
            f,
            "{=u64} times, 50 % within {=u64} us, 99 % within {=u64} us, longest {=u64} us",
            self.count(),
            micros(0.5),
            micros(0.99),
            self.longest().as_micros() as u64
        );
    }
}

/// The counts travel as a list without the zeros at its end; a list that is too long is an error.
#[cfg(feature = "serde")]
mod counts {
    use super::BUCKETS;
    use core::fmt;
    use serde::de::{Deserializer, Error, SeqAccess, Visitor};
    use serde::ser::Serializer;

    pub(super) fn serialize<S: Serializer>(
        counts: &[u64; BUCKETS],
        s: S,
    ) -> Result<S::Ok, S::Error> {
        let end = counts.iter().rposition(|count| *count != 0).map_or(0, |last| last + 1);
        s.collect_seq(counts.iter().take(end))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<[u64; BUCKETS], D::Error> {
        struct Counts;

        impl<'de> Visitor<'de> for Counts {
            type Value = [u64; BUCKETS];

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "at most {BUCKETS} counts")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut counts = [0; BUCKETS];
                let mut places = counts.iter_mut();
                while let Some(count) = list.next_element()? {
                    *places.next().ok_or_else(|| A::Error::invalid_length(BUCKETS + 1, &self))? =
                        count;
                }
                Ok(counts)
            }
        }

        d.deserialize_seq(Counts)
    }
}

#[cfg(all(test, not(any(all(loom, feature = "loom"), forebay_shuttle))))]
mod tests {
    use super::*;
    use std::string::ToString;

    const MILLIS: NonZeroU32 = NonZeroU32::new(1000).unwrap();

    fn histogram(ticks: impl IntoIterator<Item = u64>) -> Histogram {
        let recorder = Recorder::new();
        ticks.into_iter().for_each(|ticks| recorder.record(ticks));
        recorder.read(MILLIS)
    }

    #[test]
    fn each_time_is_in_one_bucket() {
        for power in 0..64 {
            for ticks in [(1 << power) - 1, 1 << power, (1_u64 << power) + 1] {
                let bucket = bucket_of(ticks);
                assert!(start_of(bucket) <= ticks && ticks < start_of(bucket + 1), "{ticks}");
            }
        }
        assert_eq!((bucket_of(0), bucket_of(1), bucket_of(2), bucket_of(3)), (0, 1, 2, 2));
        assert_eq!(bucket_of(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_lie_in_the_right_bucket() {
        let none = histogram([]);
        assert_eq!((none.count(), none.quantile(0.5), none.longest()), (0, None, Duration::ZERO));
        assert_eq!((none.buckets().count(), none.to_string().as_str()), (0, "0 times"));

        let times = histogram(1..=1000);
        for (of, exact) in [(0.0, 1), (0.1, 100), (0.5, 500), (0.9, 900), (0.99, 990), (1.0, 1000)]
        {
            let ticks = times.quantile(of).unwrap().as_millis() as u64;
            assert_eq!(bucket_of(ticks), bucket_of(exact), "{of}: {ticks} for {exact}");
        }
        assert_eq!(times.quantile(1.0), Some(times.longest()));
        // What is no share: the shortest, or the longest.
        let (least, most) = (Some(Duration::from_millis(1)), Some(times.longest()));
        for (of, expected) in [(-1.0, least), (f64::NAN, least), (2.0, most), (f64::INFINITY, most)]
        {
            assert_eq!(times.quantile(of), expected, "{of}");
        }
        let one = histogram([700]);
        assert_eq!(
            (one.quantile(0.0), one.quantile(1.0)),
            (Some(one.longest()), Some(one.longest()))
        );
    }

    #[test]
    fn the_longest_there_can_be() {
        let times = histogram([u64::MAX, 0]);
        let longest = duration((usize::MAX as u64).max(start_of(BUCKETS - 1)), MILLIS);
        assert_eq!(
            (times.count(), times.longest(), times.quantile(1.0)),
            (2, longest, Some(longest))
        );
        assert_eq!(times.buckets().count(), BUCKETS);
        assert_eq!(duration(u64::MAX, NonZeroU32::MAX).as_secs(), u64::MAX / u64::from(u32::MAX));
        assert_eq!(duration(u64::MAX, NonZeroU32::MIN), Duration::from_secs(u64::MAX));
    }

    /// Who records counts first, and the longest time does not fit into a short word.
    #[test]
    fn the_longest_is_not_below_a_quantile() {
        for bucket in [1, 7, BUCKETS - 1] {
            let recorder = Recorder::new();
            recorder.record(0);
            recorder.counts[bucket].fetch_add(2, Relaxed);
            let times = recorder.read(MILLIS);
            let least = Duration::from_millis(start_of(bucket));
            assert_eq!(times.longest(), least);
            assert!([0.5, 0.9, 1.0].iter().all(|of| times.quantile(*of) == Some(least)));
        }
    }

    #[test]
    fn shown_with_bars() {
        let times = histogram([3, 3, 2, 9]);
        assert_eq!(
            std::format!("{times:#}"),
            "4 times, 50 % within 2.0ms, 99 % within 9.0ms, longest 9.0ms\n\
             \x20  2.0ms |########################################| 3\n\
             \x20  4.0ms |                                        | 0\n\
             \x20  8.0ms |##############                          | 1"
        );
    }
}
