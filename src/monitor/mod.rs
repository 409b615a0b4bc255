//! Times beside the counts of a pool: a [`Monitor`] records how long objects are out, in a [`Histogram`], and lists those that
//! are out for long.

mod clock;
#[cfg(feature = "metrics")]
mod export;
mod histogram;
mod timed;

pub use clock::Clock;
pub use histogram::{Bucket, Histogram};
pub use timed::Timed;

use self::clock::duration;
use self::histogram::Recorder;
use crate::pool::{Home, Lease};
use crate::sync::{Ordering::Relaxed, const_fn, filled, plain};
use core::fmt;
use core::time::Duration;

/// Times the leases of one pool of up to `N` slots: a histogram of how long they lasted, and how long those that are
/// out have been.
///
/// Stands beside a pool and knows nothing of it, so that who wants no times pays for none. Any lease of any pool
/// can be [timed](Self::time), however it was got; a [`span`](Self::span) times what is no lease, such as a stream.
/// What it tells besides [`Pool::audit`](crate::Pool::audit) is time: of a lease that was forgotten, since when.
///
/// # Shape
/// A monitor for each pool: two that share one would be mixed up in [`audit`](Self::audit) (in the histogram they would
/// not). `N` is at least the pool's capacity; a slot from `N` on is in the histogram only, and so is an object on
/// the heap. Costs a word a slot and about 400 bytes (200 on 32-bit targets); a timed lease is two words larger (16 bytes on
/// 32-bit targets).
///
/// # Context
/// Unless it says otherwise, a method is wait-free and may be called where the [`Clock`] may.
///
/// # Source
/// go-llms' `MonitoredPool`, whose hit ratio is written by all at once; ours is
/// [computed when it is read](crate::Metrics::hit_ratio).
///
/// # Examples
/// ```
/// # #[cfg(feature = "std")] {
/// use forebay::monitor::{Clock, Monitor};
/// use forebay::Pool;
///
/// static NAMES: Pool<heapless::String<16>, 4> = Pool::new();
/// static TIMES: Monitor<4> = Monitor::new(Clock::monotonic());
///
/// let mut name = TIMES.time(NAMES.try_get()?); // a lease as before
/// name.push_str("forebay").unwrap();
/// core::mem::forget(TIMES.time(NAMES.try_get()?)); // a leak
/// drop(name);
///
/// assert_eq!(TIMES.histogram().count(), 1);
/// let leak = TIMES.longest_out().unwrap();
/// assert_eq!(leak.slot, 1);
/// println!("{}; {}; slot 1 is out for {:?}", NAMES.metrics(), TIMES.histogram(), leak.time);
/// # }
/// # Ok::<(), forebay::Exhausted>(())
/// ```
pub struct Monitor<const N: usize> {
    clock: Clock,
    /// When the lease of each slot began, in coarse ticks; 0 for none that is out. Relaxed loads and stores do: it is
    /// written by who owns the slot, and one owner's writes happen before the next one's by the pool's own order.
    since: [plain::AtomicUsize; N],
    times: Recorder,
}

/// How many bits of a start are not kept where words are short, so that they last longer: 2³¹ times 1,024 ticks.
const COARSE: u32 = if usize::BITS < u64::BITS { 10 } else { 0 };

impl<const N: usize> Monitor<N> {
    const_fn! {
        /// A monitor that has seen nothing yet.
        ///
        /// # Context and cost
        /// Anywhere, also in a constant; all zeros but for the clock.
        #[must_use]
        pub const fn new(clock: Clock) -> Self {
            Self { clock, since: filled!(plain::AtomicUsize::new(0); N), times: Recorder::new() }
        }
    }

    /// Times `lease` from now until it is dropped, or the last of its holders is. A lease that is timed twice, by one
    /// monitor or two, is counted twice.
    ///
    /// # Panics
    /// As the clock does; the object goes back then. If it panics when the lease is dropped, the object goes back too,
    /// and no time is recorded.
    ///
    /// # Cost
    /// A reading of the clock and a plain store; at the end a reading, a store, and one read-modify-write of a counter
    /// that all threads share. A time longer than all before is noted by a second one, which is lock-free.
    ///
    /// # Examples
    /// See [`Monitor`].
    #[inline]
    pub fn time<R: Home>(&self, lease: Lease<R>) -> Lease<Timed<'_, R, N>> {
        let (home, slot) = Lease::parts(&lease);
        let since = self.begin(slot_of(home, slot));
        let (home, slot) = Lease::into_parts(lease);
        Lease::from_parts(Timed { home, monitor: self, since }, slot)
    }

    /// Times what is no lease, from now until the span is dropped. `slot` is what it has of the pool: for a stream,
    /// [`StreamId::ring`](crate::stream::StreamId). Drop the span before that is given back.
    ///
    /// # Panics
    /// As the clock does; so does the drop of the span, which records no time then.
    ///
    /// # Cost
    /// As [`time`](Self::time).
    ///
    /// # Examples
    /// ```
    /// # #[cfg(feature = "std")] {
    /// use forebay::monitor::{Clock, Monitor};
    /// use forebay::{StreamPool, Token};
    ///
    /// static STREAMS: StreamPool<Token, 4> = StreamPool::new();
    /// static TIMES: Monitor<4> = Monitor::new(Clock::monotonic());
    ///
    /// let (sender, receiver) = STREAMS.try_open()?;
    /// let span = TIMES.span(receiver.id().ring);
    /// sender.close();
    /// drop((span, receiver)); // in this order
    /// assert_eq!(TIMES.histogram().count(), 1);
    /// # }
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    pub fn span(&self, slot: usize) -> Span<'_, N> {
        Span { monitor: self, slot, since: self.begin(slot) }
    }

    /// The times of all that ended.
    ///
    /// # Cost
    /// 49 loads.
    #[must_use]
    pub fn histogram(&self) -> Histogram {
        self.times.read(self.clock.ticks_per_second())
    }

    /// What is out now, and how long it has been: for leak hunts; stale at once. To know more of a loan, look for
    /// its slot in [`Pool::audit`](crate::Pool::audit).
    ///
    /// On 32-bit targets times are known to 1,024 ticks, and as long as they are shorter than 2⁴¹.
    ///
    /// # Cost
    /// A reading of the clock, and a load a slot.
    pub fn audit(&self) -> impl Iterator<Item = Out> + '_ {
        let now = coarse(self.clock.now());
        self.since.iter().enumerate().filter_map(move |(slot, since)| {
            let since = since.load(Relaxed);
            (since != 0).then(|| {
                let ticks = now.wrapping_sub(since);
                // Begun after we looked at the clock.
                let ticks = if ticks > usize::MAX / 2 { 0 } else { ticks as u64 };
                Out { slot, time: duration(ticks << COARSE, self.clock.ticks_per_second()) }
            })
        })
    }

    /// What has been out for longest. Cost as [`audit`](Self::audit).
    #[must_use]
    pub fn longest_out(&self) -> Option<Out> {
        self.audit().max_by_key(|out| out.time)
    }

    #[inline]
    fn begin(&self, slot: usize) -> u64 {
        let now = self.clock.now();
        if let Some(since) = self.since.get(slot) {
            since.store(coarse(now), Relaxed);
        }
        now
    }

    /// The caller still owns `slot`.
    #[inline]
    fn end(&self, slot: usize, since: u64) {
        if let Some(since) = self.since.get(slot) {
            since.store(0, Relaxed);
        }
        self.times.record(self.clock.now().saturating_sub(since));
    }
}

/// Of an object on the heap, the number of no slot of any monitor: that of its lease may be one.
#[inline(always)]
fn slot_of<R: Home>(home: &R, slot: u16) -> usize {
    if home.is_on_heap() { usize::MAX } else { usize::from(slot) }
}

/// As it is kept for a slot: never 0.
#[allow(clippy::cast_possible_truncation)] // The low bits are meant.
fn coarse(ticks: u64) -> usize {
    ((ticks >> COARSE) as usize).wrapping_add(1).max(1)
}

impl<const N: usize> fmt::Debug for Monitor<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor")
            .field("times", &format_args!("{}", self.histogram()))
            .field("longest_out", &self.longest_out())
            .finish_non_exhaustive()
    }
}

/// A timed slot that is out. See [`Monitor::audit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Out {
    /// The slot's number.
    pub slot: usize,
    /// How long it has been out.
    pub time: Duration,
}

/// Something that is being timed; its end is when this is dropped. See [`Monitor::span`].
///
/// Forgotten, it stays in [`Monitor::audit`] until the slot is timed again.
#[must_use = "it ends when it is dropped"]
pub struct Span<'m, const N: usize> {
    monitor: &'m Monitor<N>,
    slot: usize,
    /// Ticks.
    since: u64,
}

impl<const N: usize> Drop for Span<'_, N> {
    fn drop(&mut self) {
        self.monitor.end(self.slot, self.since);
    }
}

impl<const N: usize> fmt::Debug for Span<'_, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Span").field("slot", &self.slot).finish_non_exhaustive()
    }
}
