//! Slots on loan, and since when: [`Loan`].

use super::Pool;
use super::metrics::EPOCHS;
use crate::free::Free;
use crate::sync::seeded;
use crate::wait::WaitPolicy;

impl<T, const N: usize, P, W: WaitPolicy> Pool<T, N, P, W> {
    /// Begins a new epoch and returns its number. Slots remember the epoch in which they were lent, so
    /// that [`audit`](Self::audit) can say how long one has been out.
    ///
    /// You choose how long an epoch is: a second, a request, a test. Numbers begin again after 65,535. Call
    /// it from one place only; of two calls at once, one may be lost.
    ///
    /// # Examples
    /// See [`audit`](Self::audit).
    pub fn advance_epoch(&self) -> usize {
        let epoch = self.counters.epoch();
        for (i, state) in self.states.iter().enumerate() {
            if self.free.is_on_loan(i) {
                state.keep_age(epoch);
            }
        }
        let next = (epoch + 1) % EPOCHS;
        self.counters.set_epoch(next);
        if !seeded!("epoch_stays_warm", true, false) {
            self.free.cool();
        }
        next
    }

    /// The slots that are on loan, and since when. For leak hunts; stale at once.
    ///
    /// # Examples
    /// ```
    /// use forebay::Pool;
    ///
    /// let pool: Pool<u32, 4> = Pool::new();
    /// core::mem::forget(pool.try_get()?);
    /// pool.advance_epoch();
    /// let _fine = pool.try_get()?;
    ///
    /// let lost = pool.audit().find(|loan| loan.age() > 0).unwrap();
    /// assert_eq!((lost.slot(), lost.age(), lost.since()), (0, 1, 0));
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    pub fn audit(&self) -> impl Iterator<Item = Loan> + '_ {
        let epoch = self.counters.epoch();
        let on_loan = self.states.iter().enumerate().filter(|&(i, _)| self.free.is_on_loan(i));
        on_loan.map(move |(slot, state)| {
            let state = state.load();
            Loan {
                slot,
                epoch,
                age: state.age(epoch),
                holders: state.holders(),
                raw: state.is_raw(),
            }
        })
    }
}

/// A slot on loan, as [`Pool::audit`] sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Loan {
    slot: usize,
    epoch: usize,
    age: u8,
    holders: usize,
    raw: bool,
}

impl Loan {
    /// The slot's number.
    ///
    /// # Context and cost
    /// A field of a copy.
    #[must_use]
    pub fn slot(&self) -> usize {
        self.slot
    }

    /// How many epochs ago it was lent: 0 in this one; 255 for 255 or more.
    ///
    /// # Context and cost
    /// A field of a copy.
    #[must_use]
    pub fn age(&self) -> u8 {
        self.age
    }

    /// The number of the epoch in which it was lent, as [`Pool::advance_epoch`] returned it; the
    /// latest it can be if it is 255 or more epochs old.
    ///
    /// # Context and cost
    /// Computed from a copy.
    #[must_use]
    pub fn since(&self) -> usize {
        (self.epoch + EPOCHS - usize::from(self.age)) % EPOCHS
    }

    /// Holders of a shared lease; 0 for an exclusive one.
    ///
    /// # Context and cost
    /// A field of a copy.
    #[must_use]
    pub fn holders(&self) -> usize {
        self.holders
    }

    /// `true` between [`Lease::into_raw`](crate::Lease::into_raw) and [`Lease::from_raw`](crate::Lease::from_raw).
    ///
    /// # Context and cost
    /// A field of a copy.
    #[must_use]
    pub fn is_raw(&self) -> bool {
        self.raw
    }
}
