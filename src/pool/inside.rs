//! Leases of a pool that is a part of something else, of which they own a share.
#![allow(unsafe_code)]

use super::guard::To;
use super::lease::home;
use super::{Home, Pool};
use crate::reset::Policy;
use crate::slot::SlotState;
use crate::wait::WaitPolicy;
use core::fmt;
use core::ptr::NonNull;
use std::sync::Arc;

/// A handle to the pool `P` that is inside an `A`, such as the rings inside a pool of streams. It owns a share of the `A`.
pub struct Inside<A, P> {
    owner: Arc<A>,
    // [inside] In what `owner` keeps, which neither moves nor is borrowed exclusively while there is a share.
    pool: NonNull<P>,
}

// SAFETY: it gives out `&P`, and is a share of an `A`.
unsafe impl<A: Send + Sync, P: Sync> Send for Inside<A, P> {}
// SAFETY: as above.
unsafe impl<A: Send + Sync, P: Sync> Sync for Inside<A, P> {}

impl<A, P> Inside<A, P> {
    /// The pool that `part` finds in what `owner` keeps.
    pub(crate) fn new(owner: Arc<A>, part: impl FnOnce(&A) -> &P) -> Self {
        let pool = NonNull::from(part(&owner));
        Self { owner, pool }
    }

    #[inline(always)]
    fn pool(&self) -> &P {
        // SAFETY: [inside]; `part` borrowed it for as long as it borrowed the `A`.
        unsafe { self.pool.as_ref() }
    }
}

impl<A, P> Clone for Inside<A, P> {
    fn clone(&self) -> Self {
        Self { owner: Arc::clone(&self.owner), pool: self.pool }
    }
}

impl<A, P: fmt::Debug> fmt::Debug for Inside<A, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pool().fmt(f)
    }
}

home!(
    [A, T, const N: usize, P: Policy<T>, W: WaitPolicy] Inside<A, Pool<T, N, P, W>>, T,
    |this| this.pool(), |slot| this.pool().take_back(slot, To::Here, P::recycle),
    |slots| this.pool().take_back_all(slots, To::Here, P::recycle)
);
