//! Handles to a ring, which its ends are generic over: references, an `Arc`, and leases of rings that are pooled. [`RawRing`] is the ring
//! behind any of them, and the memory that both ends share:
//!
//! | edge | release site | acquire site | makes visible | model |
//! |---|---|---|---|---|
//! | R0→A0 | `Producer::publish`: `tail.store` | `Consumer::look`, `abandon`: `tail.load` | the items written | `ring::push_vs_pop` |
//! | R1→A1 | `Consumer::retire`, `abandon`: `head.store` | `Producer::look`: `head.load` | the places were read out and are free | `ring::push_vs_pop`, over the wrap |
//! | C0→C1 | `Producer::mark_closed`: `closed.store` | `Consumer::has_ended`, `is_closed`, `abandon`: `closed.load` | the last store of `tail`, and the items before it | `ring::producer_closes`, `stream::end_is_told`, `stream::receiver_leaves_vs_send` |
//! | L0→L1 | `abandon`: the ring is `LEFT` | `sweep`: exchange | the consumer is done with the items before its index | `stream::receiver_leaves_vs_send` |
//! | L2→L3 | `sweep`: the ring is `UNREAD` | `abandon`: exchange | the items that the producer left behind | `stream::receiver_leaves_vs_send` |
//! | E0→E1 | `give_back` | `take` | the last holder's stores of its index | `ring::producer_taken_again`, `ring::consumer_taken_again` |
//!
//! A ring has ended when it is closed and nothing is in it. The consumer looks for items first, as items come more often than
//! ends. So the mark alone does not show the end: items may have come between both looks. Behind C1 `tail` is final, and
//! the consumer looks at it once more:
//!
//! | consumer | producer |
//! |---|---|
//! | A0: nothing is there | |
//! | | R0: an item; C0: closed |
//! | C1: closed | |
//! | `tail` again: an item is there, so this is not the end yet | |

use super::{Consumer, Producer, Ring};
use crate::pool::{Home, Lease, SharedLease};
use crate::sync::{plain, rmw};
use core::mem::MaybeUninit;

/// A handle to a ring: what the ends are generic over. `&'a Ring<T, N, A>`, or an `Arc` of it with `std`.
///
/// Sealed. Its methods are not for calling.
///
/// # Safety
/// `parts` always returns the same ring, wherever the handle moves.
pub unsafe trait RingRef: sealed::Sealed {
    #[doc(hidden)]
    type Ring: RawRing;
    /// The type of the data that the holders of a pooled ring share besides the ring.
    #[doc(hidden)]
    type Shared;
    /// Whether `Ring::take` was asked for the end, which is to be given back then.
    #[doc(hidden)]
    const TAKEN: bool = true;
    #[doc(hidden)]
    fn parts(&self) -> (&Self::Ring, &Self::Shared);
    #[doc(hidden)]
    #[inline(always)]
    fn ring(&self) -> &Self::Ring {
        self.parts().0
    }
}

mod sealed {
    pub trait Sealed {}
}

/// Implements `RingRef` for a handle that dereferences to a ring.
macro_rules! ring_ref {
    ($handle:ty) => {
        impl<T, const N: usize, A> sealed::Sealed for $handle {}
        // SAFETY: a reference, and an `Arc`, always refer to the same ring.
        unsafe impl<T, const N: usize, A> RingRef for $handle {
            type Ring = Ring<T, N, A>;
            type Shared = ();

            #[inline(always)]
            fn parts(&self) -> (&Ring<T, N, A>, &()) {
                (self, &())
            }
        }
    };
}

ring_ref!(&Ring<T, N, A>);
#[cfg(feature = "std")]
ring_ref!(std::sync::Arc<Ring<T, N, A>>);

/// A ring behind any handle to it: what the ends need of it, with `N` and the padding as constants.
///
/// # Safety
/// All methods concern one and the same ring, which keeps the invariants named at [`Ring`].
#[doc(hidden)]
#[allow(private_interfaces)]
pub unsafe trait RawRing {
    type Item;
    const CAPACITY: usize;
    /// Whether the ends keep copies of the indices in their handles: where the padding keeps cache lines apart.
    const CACHED: bool;
    /// # Safety
    /// [own-index]: only the consumer's end stores it.
    unsafe fn head(&self) -> &plain::AtomicUsize;
    /// # Safety
    /// [own-index]: only the producer's end stores it.
    unsafe fn tail(&self) -> &plain::AtomicUsize;
    /// # Safety
    /// An end stores no 0.
    unsafe fn cancelled(&self) -> &plain::AtomicU16;
    /// # Safety
    /// Only the producer's end stores it, 1, behind its last item.
    unsafe fn closed(&self) -> &plain::AtomicU16;
    /// # Safety
    /// The ring is pooled, and an end keeps to the protocol of `consumer::abandon` and `producer::sweep`.
    unsafe fn taken(&self) -> &rmw::AtomicUsize;
    /// # Safety
    /// `place < CAPACITY`, and it is on the caller's side.
    unsafe fn read_ptr(&self, place: usize) -> *const Self::Item;
    /// # Safety
    /// `place < CAPACITY`, and it is on the caller's side.
    unsafe fn write_ptr(&self, place: usize) -> *mut Self::Item;
    /// # Safety
    /// [one-each]: `end` is taken, and its holder gives it up.
    unsafe fn give_back(&self, end: usize);
}

// SAFETY: there is only this ring.
#[allow(private_interfaces)]
unsafe impl<T, const N: usize, A> RawRing for Ring<T, N, A> {
    type Item = T;
    const CAPACITY: usize = N;
    const CACHED: bool = align_of::<A>() > 1;

    #[inline(always)]
    unsafe fn head(&self) -> &plain::AtomicUsize {
        &self.head
    }

    #[inline(always)]
    unsafe fn tail(&self) -> &plain::AtomicUsize {
        &self.tail
    }

    #[inline(always)]
    unsafe fn cancelled(&self) -> &plain::AtomicU16 {
        &self.ends.cancelled
    }

    #[inline(always)]
    unsafe fn closed(&self) -> &plain::AtomicU16 {
        &self.ends.closed
    }

    #[inline(always)]
    unsafe fn taken(&self) -> &rmw::AtomicUsize {
        &self.ends.taken
    }

    #[inline(always)]
    unsafe fn read_ptr(&self, place: usize) -> *const T {
        // SAFETY: the caller's.
        unsafe { self.slots.read_ptr(place) }
    }

    #[inline(always)]
    unsafe fn write_ptr(&self, place: usize) -> *mut T {
        // SAFETY: the caller's.
        unsafe { self.slots.write_ptr(place) }
    }

    unsafe fn give_back(&self, end: usize) {
        super::give_back(&self.ends.taken, end);
    }
}

/// What the ring behind `R` holds.
pub(super) type Item<R> = <<R as RingRef>::Ring as RawRing>::Item;

/// The ring behind `handle`, as a reference that the compiler keeps: it would load the handle again behind an acquire.
///
/// # Safety
/// The handle outlives the result.
#[inline(always)]
pub(super) unsafe fn kept<'r, R: RingRef<Ring: 'r>>(handle: &R) -> &'r R::Ring {
    let ring: *const R::Ring = handle.ring();
    // SAFETY: the ring is not inside the handle, which always refers to the same one, and the caller keeps the handle.
    unsafe { &*ring }
}

/// The handle of an end. It is moved out when the end is dropped: dropped in its place, an `Arc` would receive an address inside
/// the end, and the compiler would keep the end in memory all its life, 0.6 ns of each push and pop (2026-11-27, Zen 4).
#[cfg(target_pointer_width = "64")]
mod field {
    use core::mem::ManuallyDrop;

    pub(crate) type Kept<R> = ManuallyDrop<R>;

    #[inline(always)]
    pub(crate) fn keep<R>(handle: R) -> Kept<R> {
        ManuallyDrop::new(handle)
    }

    /// # Safety
    /// The end is being dropped, and does not use the handle again.
    #[inline(always)]
    pub(crate) unsafe fn moved_out<R>(handle: &mut Kept<R>) -> R {
        // SAFETY: the caller's.
        unsafe { ManuallyDrop::take(handle) }
    }
}

/// The handle of an end. It is dropped in its place: moved out, it costs up to 8 instructions of a stream here.
#[cfg(not(target_pointer_width = "64"))]
mod field {
    pub(crate) type Kept<R> = R;

    #[inline(always)]
    pub(crate) fn keep<R>(handle: R) -> Kept<R> {
        handle
    }

    /// # Safety
    /// None: the field's own drop follows.
    #[inline(always)]
    pub(crate) unsafe fn moved_out<R>(handle: &Kept<R>) -> &R {
        handle
    }
}
pub(super) use field::{Kept, keep, moved_out};

/// A ring that is pooled together with what its users share besides: `X`.
#[derive(Debug)]
pub struct PooledRing<T, const N: usize, X> {
    ring: Ring<T, N>,
    pub(crate) shared: X,
}

impl<T, const N: usize, X> PooledRing<T, N, X> {
    pub(crate) fn new(shared: X) -> Self {
        Self { ring: Ring::new(), shared }
    }

    /// Makes one in its place: a deep ring would not fit on the stack.
    pub(crate) fn init(place: &mut MaybeUninit<Self>, shared: X) -> &mut Self {
        let this = place.as_mut_ptr();
        // SAFETY: `this` is valid for writing, and every field is written, in any order: those of the ring
        // besides its places are small.
        unsafe {
            (&raw mut (*this).shared).write(shared);
            Ring::init(&raw mut (*this).ring);
            place.assume_init_mut()
        }
    }

    /// Drops the items and opens the ring again.
    pub(crate) fn reset(&mut self) {
        self.ring.reset();
    }

    /// Both ends of a ring that an exclusive lease shows to be ours alone. The object goes back to its
    /// pool when both ends are gone.
    #[inline]
    pub(crate) fn lend<R: Home<Item = Self> + Clone>(
        lease: Lease<R>,
    ) -> (Producer<SharedLease<R>>, Consumer<SharedLease<R>>)
    where
        X: 'static,
    {
        let (one, other) = SharedLease::pair(lease);
        (Producer::new(one), Consumer::new(other))
    }
}

impl<R: Home> sealed::Sealed for SharedLease<R> {}
// SAFETY: the ring is inside the leased object, which stays where it is while a holder is alive.
// [one-each] `lend` makes one end of each kind from an exclusive lease, and nothing else does.
unsafe impl<T, const N: usize, X: 'static, R: Home<Item = PooledRing<T, N, X>>> RingRef
    for SharedLease<R>
{
    type Ring = Ring<T, N>;
    type Shared = X;
    const TAKEN: bool = false;

    #[inline(always)]
    fn parts(&self) -> (&Ring<T, N>, &X) {
        (&self.ring, &self.shared)
    }
}
