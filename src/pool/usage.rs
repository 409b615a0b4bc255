//! How much a pool is used, and objects that are made or dropped ahead of use.

use super::guard::{ReturnSlot, To};
use super::{Metrics, Pool};
use crate::free::Free;
use crate::reset::Policy;
use crate::sync::seeded;
use crate::wait::WaitPolicy;

impl<T, const N: usize, P, W: WaitPolicy> Pool<T, N, P, W> {
    /// How many objects the pool can lend at once: `N`.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        N
    }

    /// How many objects are free now. For display and tests: stale at once, and never more than were free at some
    /// moment of the call: the capacity less [`Metrics::in_use`].
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // N at most.
    pub fn available(&self) -> usize {
        N.saturating_sub(self.free.usage().in_use(self.counters.lent_slots.get()) as usize)
    }

    /// The pool's counts. See [`Metrics`].
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let usage = self.free.usage();
        let high_water = self.counters.lent_slots.get();
        let (gets, puts) = self.counters.shown(usage);
        Metrics {
            capacity: N as u64,
            in_use: usage.in_use(high_water),
            high_water,
            gets,
            misses: self.counters.misses.get(),
            puts,
            steals: self.free.steals(),
            evictions: self.counters.evictions.get(),
            overflows: self.counters.overflows(),
            exhausted: self.counters.exhausted.get(),
            panics: self.counters.panics.get(),
            double_returns: self.counters.double_returns.get(),
        }
    }

    /// Drops the idle objects; their slots become vacant and are filled again on use. The number dropped.
    ///
    /// While an object is being dropped its slot is on loan to this call: a get that needs the very last
    /// free slot can miss it for that time.
    ///
    /// # Panics
    /// As the drop of an object does; its slot is vacant then, and the rest is left as it is.
    ///
    /// # Source
    /// Go's `poolCleanup`, which runs at a collection; this runs when you want it.
    ///
    /// # Examples
    /// ```
    /// # #[cfg(feature = "std")] {
    /// let pool: forebay::Pool<String, 4> = forebay::Pool::new();
    /// pool.try_get()?.reserve(1 << 20); // it keeps its megabyte when it comes back
    /// assert_eq!(pool.trim(), 1);
    /// assert_eq!(pool.try_get()?.capacity(), 0); // made anew
    /// # }
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    pub fn trim(&self) -> usize {
        self.free.gather();
        let mut dropped = 0;
        for (i, state) in self.states.iter().enumerate() {
            if state.load().is_filled() && self.free.claim_at(i) {
                let release = ReturnSlot::new(self, i, To::Aside);
                if seeded!("trim_no_second_look", true, state.load().is_filled()) {
                    // SAFETY: [one-owner] claimed just above; [filled] so says its state.
                    unsafe { release.evict() };
                    dropped += 1;
                }
            }
        }
        dropped
    }
}

impl<T, const N: usize, P: Policy<T>, W: WaitPolicy> Pool<T, N, P, W> {
    /// Makes an object for every vacant slot that is free, so that no get misses. The number made.
    ///
    /// # Panics
    /// As the policy's `make` does; the slot it was called for stays vacant.
    ///
    /// # Examples
    /// ```
    /// let pool: forebay::Pool<u32, 4> = forebay::Pool::new();
    /// assert_eq!(pool.fill(), 4); // no get has to make one any more
    /// ```
    pub fn fill(&self) -> usize {
        self.free.gather();
        let mut made = 0;
        for (i, state) in self.states.iter().enumerate() {
            if !state.load().is_filled() && self.free.claim_at(i) {
                let _release = ReturnSlot::new(self, i, To::Aside);
                if seeded!("fill_no_second_look", true, !state.load().is_filled()) {
                    // SAFETY: [one-owner] claimed just above; [filled] vacant.
                    unsafe { self.make(i) };
                    state.set_filled();
                    self.free.note(i, true);
                    made += 1;
                }
            }
        }
        made
    }
}
