//! The counted, read-only loan of one object to many holders.

use super::{Home, Lease};
use crate::slot::MAX_HOLDERS;
use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::ptr;

/// One of several read-only loans of the same object; the last one dropped gives it back.
///
/// An `Arc` without the heap: the count stands in the pool's control words. Made by [`Lease::share`].
///
/// # Shape
/// Up to [`SharedLease::MAX_HOLDERS`] holders: 30, or 2,097,150 on 64-bit targets.
///
/// # Context
/// May be cloned and dropped on any thread and in any interrupt handler. Both are lock-free: a retry
/// means that another holder moved the count. The last drop recycles the object.
///
/// # Ordering
/// What every holder read happens before the object is recycled.
///
/// # Source
/// std's `Arc`; Linux `refcount_t` for saturation.
///
// Invariants, cited by tag:
// - [counted] the state of the slot counts at least as many holders as there are handles.
///
/// # Examples
/// ```
/// use forebay::{Lease, Pool, SharedLease};
///
/// static FRAMES: Pool<[u8; 4], 2> = Pool::new();
/// let shared = Lease::share(FRAMES.try_get()?);
/// let reader = shared.clone();
/// std::thread::spawn(move || assert_eq!(reader[0], 0)).join().unwrap();
/// let mut frame = SharedLease::try_unshare(shared).expect("the other holder is gone");
/// frame[0] = 1;
/// # Ok::<(), forebay::Exhausted>(())
/// ```
pub struct SharedLease<R: Home> {
    home: R,
    slot: u16,
    _item: PhantomData<*mut R::Item>,
}

// SAFETY: [counted] holders on several threads get `&Item` at once, which needs `Sync`; the last one,
//   wherever it is, recycles or unshares it, which needs `Send`; `R` goes along.
unsafe impl<R: Home + Send> Send for SharedLease<R> where R::Item: Send + Sync {}
// SAFETY: as above; `&SharedLease` can be cloned, which gives away an `R`: `Send` and `Sync`.
unsafe impl<R: Home + Send + Sync> Sync for SharedLease<R> where R::Item: Send + Sync {}

impl<R: Home> SharedLease<R> {
    /// Most holders one object can have.
    pub const MAX_HOLDERS: usize = MAX_HOLDERS;

    /// The first two holders of what was exclusive. As [`Lease::share`] and a clone, in one step.
    #[inline]
    pub(crate) fn pair(lease: Lease<R>) -> (Self, Self)
    where
        R: Clone,
    {
        let (home, slot) = Lease::into_parts(lease);
        home.state(slot).share(2);
        (Self::from_parts(home.clone(), slot), Self::from_parts(home, slot))
    }

    /// The caller counted this holder.
    #[inline]
    pub(super) fn from_parts(home: R, slot: u16) -> Self {
        Self { home, slot, _item: PhantomData }
    }

    /// One more holder, or `None` when [`MAX_HOLDERS`](Self::MAX_HOLDERS) would be passed.
    ///
    /// # Context
    /// Lock-free; callable in an interrupt handler.
    ///
    /// # Cost
    /// One load and one compare-exchange.
    #[must_use]
    pub fn try_clone(shared: &Self) -> Option<Self>
    where
        R: Clone,
    {
        let home = shared.home.clone();
        home.state(shared.slot).try_hold().then(|| Self::from_parts(home, shared.slot))
    }

    /// The number of the object's slot. As [`Lease::slot`].
    ///
    /// # Context
    /// Wait-free; callable in an interrupt handler.
    ///
    /// # Cost
    /// A field.
    #[must_use]
    pub fn slot(shared: &Self) -> usize {
        usize::from(shared.slot)
    }

    /// How many holders there are now. For display and tests: stale at once, unless it is 1.
    ///
    /// # Context
    /// Wait-free; callable in an interrupt handler.
    ///
    /// # Cost
    /// One load.
    #[must_use]
    pub fn holders(shared: &Self) -> usize {
        shared.home.state(shared.slot).load().holders()
    }

    /// The exclusive lease, if this is the only holder.
    ///
    /// # Errors
    /// This shared lease, when there are others.
    ///
    /// # Context
    /// Lock-free; callable in an interrupt handler.
    ///
    /// # Cost
    /// One load and one compare-exchange.
    ///
    /// # Ordering
    /// What holders that left have read happens before the exclusive lease is returned.
    pub fn try_unshare(shared: Self) -> Result<Lease<R>, Self> {
        if !shared.home.state(shared.slot).try_unshare() {
            return Err(shared);
        }
        let this = ManuallyDrop::new(shared);
        // SAFETY: read once, from a handle that is never dropped or used again.
        let home = unsafe { ptr::read(&raw const this.home) };
        Ok(Lease::from_parts(home, this.slot))
    }
}

/// Beyond [`MAX_HOLDERS`](SharedLease::MAX_HOLDERS) the clone is made all the same, and the object is
/// never given back: it cannot be counted any more, and must not be recycled under a reader. Use
/// [`try_clone`](SharedLease::try_clone) where so many can occur.
impl<R: Home + Clone> Clone for SharedLease<R> {
    #[inline]
    fn clone(&self) -> Self {
        let home = self.home.clone();
        home.state(self.slot).hold_or_pin();
        Self::from_parts(home, self.slot)
    }
}

impl<R: Home> Deref for SharedLease<R> {
    type Target = R::Item;

    #[inline(always)]
    fn deref(&self) -> &R::Item {
        // SAFETY: [counted] while this handle is alive nobody writes the object; it is [filled].
        unsafe { self.home.item(self.slot).as_ref() }
    }
}

impl<R: Home> Drop for SharedLease<R> {
    #[inline]
    fn drop(&mut self) {
        if self.home.state(self.slot).release() {
            // SAFETY: [counted] this was the last holder, so the slot is ours alone.
            unsafe { self.home.put(self.slot) };
        }
    }
}

impl<R: Home> fmt::Pointer for SharedLease<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Pointer::fmt(&ptr::from_ref::<R::Item>(self), f)
    }
}
