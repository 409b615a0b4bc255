//! The handle of a lease that is timed: [`Timed`].
#![allow(unsafe_code)]

use super::{Monitor, slot_of};
use crate::pool::Home;
use crate::slot::SlotState;
use core::fmt;
use core::ptr::NonNull;

/// The handle of a lease [that is timed](Monitor::time).
///
/// Such a lease can be shared and mapped. To [erase](crate::Lease::erase) one, erase it before it is timed; as a [bare
/// pointer](crate::Lease::into_raw) it would not be timed, so there is none.
pub struct Timed<'m, R, const N: usize> {
    pub(super) home: R,
    pub(super) monitor: &'m Monitor<N>,
    /// Ticks.
    pub(super) since: u64,
}

/// Gives an object back when dropped, also by a panic of the clock.
struct PutBack<'a, R: Home>(&'a R, u16);

impl<R: Home> Drop for PutBack<'_, R> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the caller of `Timed::put` owns the slot and gives it up; this is made and dropped there, once.
        unsafe { self.0.put(self.1) };
    }
}

impl<R: Home, const N: usize> crate::pool::sealed::Sealed for Timed<'_, R, N> {}

// SAFETY: forwards to the inner handle, whose slot this is; the clock is no part of it.
#[allow(private_interfaces)]
unsafe impl<R: Home, const N: usize> Home for Timed<'_, R, N> {
    type Item = R::Item;

    #[inline(always)]
    unsafe fn item(&self, slot: u16) -> NonNull<R::Item> {
        // SAFETY: the caller's.
        unsafe { self.home.item(slot) }
    }

    #[inline(always)]
    unsafe fn item_mut(&self, slot: u16) -> NonNull<R::Item> {
        // SAFETY: the caller's.
        unsafe { self.home.item_mut(slot) }
    }

    #[inline]
    fn state(&self, slot: u16) -> &SlotState {
        self.home.state(slot)
    }

    #[inline(always)]
    fn is_on_heap(&self) -> bool {
        self.home.is_on_heap()
    }

    #[inline]
    unsafe fn put(&self, slot: u16) {
        let _back = PutBack(&self.home, slot);
        self.monitor.end(slot_of(&self.home, slot), self.since);
    }
}

impl<R: Clone, const N: usize> Clone for Timed<'_, R, N> {
    fn clone(&self) -> Self {
        Self { home: self.home.clone(), monitor: self.monitor, since: self.since }
    }
}

impl<R, const N: usize> fmt::Debug for Timed<'_, R, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Timed(..)")
    }
}
