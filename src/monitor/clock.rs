//! Clocks of the user's: [`Clock`].

use core::num::{NonZeroU32, NonZeroU64};
use core::time::Duration;

/// The time: a function that counts ticks, and how many there are in a second.
///
/// # Context
/// `now` is called where a lease is timed, where it is dropped, and for an audit, which may be an interrupt handler. It must not run
/// backwards; where it does by a little, as counters of several cores may, a time is 0. So a counter of fewer than 64
/// bits that begins again has to be extended, or be long enough for the program's life.
///
/// # Examples
/// ```
/// use forebay::monitor::Clock;
///
/// fn millis() -> u64 {
///     // A timer of the board, `embassy_time::Instant::now().as_millis()`, …
/// #   7
/// }
///
/// const CLOCK: Clock = Clock::new(millis, 1000);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    now: fn() -> u64,
    ticks_per_second: NonZeroU32,
}

impl Clock {
    /// A clock that `now` reads.
    ///
    /// # Panics
    /// If `ticks_per_second` is 0; in a constant, it does not compile then.
    ///
    /// # Context and cost
    /// Anywhere, also in a constant; nothing.
    #[must_use]
    pub const fn new(now: fn() -> u64, ticks_per_second: u32) -> Self {
        match NonZeroU32::new(ticks_per_second) {
            Some(ticks_per_second) => Self { now, ticks_per_second },
            None => panic!("a clock has ticks"),
        }
    }

    /// The system's clock that does not run backwards ([`Instant`](std::time::Instant)), in nanoseconds since it was
    /// first read.
    ///
    /// # Context and cost
    /// Anywhere, also in a constant; nothing. A reading is a system call at worst, and some 25 ns where it is none.
    #[cfg(feature = "std")]
    #[must_use]
    pub const fn monotonic() -> Self {
        Self::new(nanoseconds, 1_000_000_000)
    }

    /// Ticks now.
    #[inline]
    pub(crate) fn now(&self) -> u64 {
        (self.now)()
    }

    pub(crate) fn ticks_per_second(&self) -> NonZeroU32 {
        self.ticks_per_second
    }
}

/// Since the first call.
#[cfg(feature = "std")]
#[allow(clippy::cast_possible_truncation)] // In 584 years.
fn nanoseconds() -> u64 {
    use std::{sync::OnceLock, time::Instant};
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

/// So many ticks as a time. Written so that the compiler sees that nothing overflows: no panic is reachable.
pub(crate) fn duration(ticks: u64, ticks_per_second: NonZeroU32) -> Duration {
    let a_second = NonZeroU64::from(ticks_per_second);
    // The rest has 32 bits, a billion 30.
    let nanos = (ticks % a_second).wrapping_mul(1_000_000_000) / a_second;
    Duration::from_secs(ticks / a_second).saturating_add(Duration::from_nanos(nanos))
}
