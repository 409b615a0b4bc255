//! Objects on the heap, for when a pool has none left.

use super::guard::CountPanic;
use super::{Home, Lease, Pool, sealed};
use crate::free::Free;
use crate::reset::Policy;
use crate::slot::{SlotState, Snapshot};
use crate::wait::WaitPolicy;
use core::fmt;
use core::ptr::NonNull;
use std::boxed::Box;

/// The handle of a lease on an object that is in a pool, or on the heap because the pool had none left: what
/// [`Pool::get_or_new`] gives.
pub enum Overflow<R: Recycle> {
    /// In the pool.
    Pooled(#[doc(hidden)] R),
    /// On the heap; the pool's policy recycles it before it is dropped, so that it wipes what it would wipe.
    Heap(#[doc(hidden)] R, #[doc(hidden)] Boxed<R::Item>),
}

/// A handle to a pool whose policy recycles.
#[doc(hidden)]
pub trait Recycle: Home<Item: Sized> {
    fn recycle(&self, object: &mut Self::Item);
}

impl<T, const N: usize, P: Policy<T>, W: WaitPolicy> Recycle for &Pool<T, N, P, W> {
    fn recycle(&self, object: &mut T) {
        let count = CountPanic(&self.counters);
        // It is dropped, reusable or not.
        let _ = self.policy.recycle(object);
        core::mem::forget(count);
    }
}

/// A pointer to an object on the heap, which the holders of its lease own together.
#[doc(hidden)]
pub struct Boxed<T>(NonNull<Outside<T>>);

/// An object outside of any pool, and the word that counts its holders.
struct Outside<T> {
    state: SlotState,
    object: T,
}

impl<T, const N: usize, P: Policy<T>, W: WaitPolicy> Pool<T, N, P, W> {
    /// Lends a free object, and makes one on the heap if there is none: never fails, as Go's `Get`.
    ///
    /// An object on the heap is recycled by the policy when it comes back, so that it is wiped if it would be in the
    /// pool, and then dropped. [`Metrics::overflows`] counts them: many say that `N` is too small. The policy's `make`
    /// is told the slot `N` for them, one behind the last, and so is who asks for [`Lease::slot`].
    ///
    /// # Panics
    /// As the policy's `make` does, and where memory runs out.
    ///
    /// # Source
    /// Go's `sync.Pool`, whose `Get` calls `New` when it finds nothing.
    ///
    /// [`Metrics::overflows`]: crate::Metrics::overflows
    ///
    /// # Examples
    /// ```
    /// use forebay::{Lease, Pool};
    ///
    /// static SCRATCH: Pool<Vec<u8>, 1> = Pool::new();
    /// let pooled = SCRATCH.get_or_new();
    /// let mut second = SCRATCH.get_or_new();
    /// second.push(1);
    /// assert_eq!((Lease::is_on_heap(&pooled), Lease::is_on_heap(&second)), (false, true));
    /// assert_eq!(SCRATCH.metrics().overflows, 1);
    /// ```
    #[inline]
    pub fn get_or_new(&self) -> Lease<Overflow<&Self>> {
        match self.free.claim(false) {
            Some(one) => Lease::new(Overflow::Pooled(self), self.ready(one)),
            None => self.overflow(),
        }
    }

    #[cold]
    fn overflow(&self) -> Lease<Overflow<&Self>> {
        let state = SlotState::new();
        state.store(Snapshot::on_loan(self.counters.epoch()));
        let count = CountPanic(&self.counters);
        let object = self.policy.make(N);
        core::mem::forget(count);
        self.counters.overflows.count();
        let outside = NonNull::from(Box::leak(Box::new(Outside { state, object })));
        // No slot of the pool: the handle knows its object.
        Lease::new(Overflow::Heap(self, Boxed(outside)), N)
    }
}

impl<R: Recycle> Lease<Overflow<R>> {
    /// Whether the object is on the heap, because the pool had none left.
    ///
    /// # Context and cost
    /// Wait-free: a field.
    #[must_use]
    pub fn is_on_heap(lease: &Self) -> bool {
        lease.home.is_on_heap()
    }
}

impl<R: Recycle> sealed::Sealed for Overflow<R> {}

// SAFETY: a pooled object is where its handle says; one on the heap stays where it is until `put`, which the
// last holder calls once. Cloning the handle copies the pointer.
#[allow(private_interfaces)]
unsafe impl<R: Recycle> Home for Overflow<R> {
    type Item = R::Item;

    #[inline]
    unsafe fn item(&self, slot: u16) -> NonNull<R::Item> {
        match self {
            // SAFETY: the caller's.
            Self::Pooled(home) => unsafe { home.item(slot) },
            Self::Heap(_, boxed) => boxed.object(),
        }
    }

    #[inline]
    unsafe fn item_mut(&self, slot: u16) -> NonNull<R::Item> {
        match self {
            // SAFETY: the caller's.
            Self::Pooled(home) => unsafe { home.item_mut(slot) },
            Self::Heap(_, boxed) => boxed.object(),
        }
    }

    fn state(&self, slot: u16) -> &SlotState {
        match self {
            Self::Pooled(home) => home.state(slot),
            // SAFETY: the object is there until `put`, and a lease keeps its handle no longer. Only the state is
            // borrowed: the object beside it may be borrowed mutably.
            Self::Heap(_, boxed) => unsafe { &(*boxed.0.as_ptr()).state },
        }
    }

    #[inline]
    fn is_on_heap(&self) -> bool {
        matches!(self, Self::Heap(..))
    }

    #[inline]
    unsafe fn put(&self, slot: u16) {
        match self {
            // SAFETY: the caller's.
            Self::Pooled(home) => unsafe { home.put(slot) },
            Self::Heap(home, boxed) => {
                // SAFETY: made by `Box::leak` in `overflow`; the caller owns the object and gives it up.
                let mut outside = unsafe { Box::from_raw(boxed.0.as_ptr()) };
                home.recycle(&mut outside.object);
            }
        }
    }
}

impl<T> Boxed<T> {
    fn object(&self) -> NonNull<T> {
        // SAFETY: `Outside` is there until `put`; only an address is computed.
        let object = unsafe { &raw mut (*self.0.as_ptr()).object };
        // SAFETY: a field of what is not at address 0.
        unsafe { NonNull::new_unchecked(object) }
    }
}

// SAFETY: the object is only reached through a lease, which asks for what `Item` needs.
unsafe impl<T> Send for Boxed<T> {}
// SAFETY: as above; a shared handle gives nothing.
unsafe impl<T> Sync for Boxed<T> {}

impl<T> Clone for Boxed<T> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

impl<R: Recycle + Clone> Clone for Overflow<R> {
    fn clone(&self) -> Self {
        match self {
            Self::Pooled(home) => Self::Pooled(home.clone()),
            Self::Heap(home, boxed) => Self::Heap(home.clone(), boxed.clone()),
        }
    }
}

impl<R: Recycle> fmt::Debug for Overflow<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pooled(_) => "Pooled(..)",
            Self::Heap(..) => "Heap(..)",
        })
    }
}

impl<T> fmt::Debug for Boxed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Boxed(..)")
    }
}
