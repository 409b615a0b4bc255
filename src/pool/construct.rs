//! How pools are made.

use super::Pool;
use super::metrics::Counters;
use crate::free::Free;
use crate::reset::{DefaultReset, FromFn};
use crate::slot::{SlotState, Slots};
use crate::sync::{const_fn, filled, first_value};
use crate::wait::WaitPolicy;

impl<T, const N: usize> Pool<T, N> {
    const_fn! {
        /// A pool whose objects are made by [`Default`] on first use and recycled by [`Reset`](crate::Reset).
        #[must_use]
        pub const fn new() -> Self {
            Self::with_policy(DefaultReset)
        }
    }
}

impl<T, const N: usize, F: Fn(usize) -> T> Pool<T, N, FromFn<F>> {
    const_fn! {
        /// A pool whose objects are made by `make`, on first use, from the slot's number.
        ///
        /// # Examples
        /// ```
        /// use forebay::Pool;
        ///
        /// let ports = Pool::<_, 3, _>::from_fn(|slot| 8000 + slot as u16);
        /// assert_eq!(*ports.try_get()?, 8000);
        /// # Ok::<(), forebay::Exhausted>(())
        /// ```
        #[must_use]
        pub const fn from_fn(make: F) -> Self {
            Self::with_policy(FromFn(make))
        }
    }
}

impl<T, const N: usize, P> Pool<T, N, P> {
    const_fn! {
        /// A pool whose objects are made and recycled by `policy`.
        #[must_use]
        pub const fn with_policy(policy: P) -> Self {
            Self::with_waiting(policy)
        }
    }
}

impl<T, const N: usize, P, W: WaitPolicy> Pool<T, N, P, W> {
    const_fn! {
        /// A pool with another [waiting policy](WaitPolicy) than [`Polling`](crate::Polling), which the type of the pool names.
        ///
        /// # Examples
        /// See [`Headroom`](crate::Headroom) and `Waking`.
        #[must_use]
        pub const fn with_waiting(policy: P) -> Self {
            Self {
                free: first_value!(of W::Free<N>),
                states: filled!(SlotState::new(); N),
                counters: Counters::new(),
                policy,
                slots: Slots::new(),
            }
        }
    }
}
