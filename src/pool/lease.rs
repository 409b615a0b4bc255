//! The exclusive loan of one object.

use super::guard::To;
use super::several::Several;
use super::{Pool, SharedLease, sealed};
use crate::defer::Defer;
use crate::reset::Policy;
use crate::slot::SlotState;
use crate::wait::WaitPolicy;
use core::cmp::Ordering;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;
use core::{fmt, ptr};

/// Where a leased object lives and goes back to: the handle type in [`Lease<R>`](Lease).
///
/// | `R` | the lease |
/// |---|---|
/// | `&'a Pool<T, N, P>`, `&'a Slab<T, N>` | borrows the pool; `'static` if that is a `static` |
/// | `Arc<Pool<T, N, P>>`, `Arc<LanePool<…>>` (`std`) | owns a share of the pool |
/// | [`&'l Lane<'p, …>`](crate::Lane) | borrows a lane, and goes back to it |
/// | `Overflow<R>` (`std`) | is on the heap if the pool behind `R` had none left |
/// | [`Erased<'a, T>`](Erased) | borrows a pool whose type it does not name |
/// | [`Mapped<R, U>`](Mapped) | a part of the object |
/// | [`Timed<'m, R, N>`](crate::monitor::Timed) | is timed by a monitor |
///
/// Sealed. Its methods are not for calling.
///
/// # Safety
/// `item` points at the same, valid object for as long as the slot is on loan to the holder of the
/// handle, and moving or cloning the handle does not change that. `state` is that slot's.
pub unsafe trait Home: sealed::Sealed {
    /// What the lease gives access to.
    type Item: ?Sized;

    /// Where the object is, for reading.
    ///
    /// # Safety
    /// The caller owns `slot` or is one of its holders.
    #[doc(hidden)]
    unsafe fn item(&self, slot: u16) -> NonNull<Self::Item>;

    /// Where the object is, for writing.
    ///
    /// # Safety
    /// The caller alone owns `slot`.
    #[doc(hidden)]
    unsafe fn item_mut(&self, slot: u16) -> NonNull<Self::Item>;

    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn state(&self, slot: u16) -> &SlotState;

    /// Whether the object is in no slot of the pool, so that the slot's number says nothing.
    #[doc(hidden)]
    #[inline(always)]
    fn is_on_heap(&self) -> bool {
        false
    }

    /// Takes the object back.
    ///
    /// # Safety
    /// The caller owns `slot` and gives it up.
    #[doc(hidden)]
    unsafe fn put(&self, slot: u16);

    /// Takes several objects back.
    ///
    /// # Safety
    /// The caller owns `slots` and gives all of them up.
    #[doc(hidden)]
    unsafe fn put_all(&self, slots: Several<'_>) {
        let mut rest = slots;
        if let Some(slot) = rest.next() {
            // SAFETY: the caller's. Also when `put` panics.
            let _rest = Defer(|| unsafe { self.put_all(rest) });
            // SAFETY: the caller's.
            unsafe { self.put(slot) };
        }
    }
}

/// Implements `Home` for a handle that dereferences to a pool or slab.
macro_rules! home {
    (
        [$($g:tt)*] $handle:ty, $t:ty, |$this:ident| $pool:expr, |$slot:ident| $put:expr
        $(, |$slots:ident| $put_all:expr)?
    ) => {
        impl<$($g)*> $crate::pool::sealed::Sealed for $handle {}

        // SAFETY: the pool does not move while it is borrowed or in an `Arc`, its slots do not move
        // inside it, and the object of slot `i` is always at place `i`.
        unsafe impl<$($g)*> Home for $handle {
            type Item = $t;

            #[inline(always)]
            unsafe fn item(&self, slot: u16) -> NonNull<$t> {
                let $this = self;
                // SAFETY: the caller's; [in-range].
                let item = unsafe { $pool.object(usize::from(slot)) };
                // SAFETY: a place in a pool is not at address 0.
                unsafe { NonNull::new_unchecked(item.cast_mut()) }
            }

            #[inline(always)]
            unsafe fn item_mut(&self, slot: u16) -> NonNull<$t> {
                let $this = self;
                // SAFETY: the caller's; [in-range].
                let item = unsafe { $pool.object_mut(usize::from(slot)) };
                // SAFETY: as above.
                unsafe { NonNull::new_unchecked(item) }
            }

            #[inline]
            #[allow(private_interfaces)]
            fn state(&self, slot: u16) -> &SlotState {
                let $this = self;
                $pool.slot_state(usize::from(slot))
            }

            #[inline]
            unsafe fn put(&self, $slot: u16) {
                let $this = self;
                let $slot = usize::from($slot);
                // SAFETY: the caller's: [one-owner]; a slot on loan is [filled].
                unsafe { $put }
            }

            $(#[inline(always)]
            unsafe fn put_all(&self, $slots: $crate::pool::several::Several<'_>) {
                let $this = self;
                // SAFETY: as for `put`.
                unsafe { $put_all }
            })?
        }
    };
}
pub(crate) use home;

home!(
    ['a, T, const N: usize, P: Policy<T>, W: WaitPolicy] &'a Pool<T, N, P, W>, T,
    |this| this, |slot| this.take_back(slot, To::Here, P::recycle),
    |slots| this.take_back_all(slots, To::Here, P::recycle)
);
#[cfg(feature = "std")]
home!(
    [T, const N: usize, P: Policy<T>, W: WaitPolicy] std::sync::Arc<Pool<T, N, P, W>>, T,
    |this| this, |slot| this.take_back(slot, To::Here, P::recycle),
    |slots| this.take_back_all(slots, To::Here, P::recycle)
);

/// The exclusive loan of one object; dropping it gives the object back.
///
/// Dereferences to the object. Two words, and access is an address computed from the pool's: nothing
/// is looked up. [`Home`] lists what `R` can be; functions are called as `Lease::put(lease)`, so that
/// they cannot shadow a method of the object.
///
/// Forgetting a lease (`mem::forget`) is safe: the slot stays on loan and
/// [`Pool::audit`] shows it.
///
/// # Context
/// May be dropped on any thread and in any interrupt handler; that recycles the object there and frees
/// the slot with one wait-free read-modify-write, or, lock-free, hands it to who waits (`Waking`).
///
// Invariants, cited by tag:
// - [exclusive] no other lease, shared lease or call has the slot until this one is gone.
///
/// # Examples
/// ```
/// use forebay::{Lease, Pool};
///
/// static NAMES: Pool<heapless::String<16>, 4> = Pool::new();
///
/// struct Job { name: Lease<&'static Pool<heapless::String<16>, 4>> }
///
/// let mut job = Job { name: NAMES.try_get()? };
/// job.name.push_str("filter").unwrap();
/// assert_eq!(job.name.as_str(), "filter");
/// Lease::put(job.name);
/// # Ok::<(), forebay::Exhausted>(())
/// ```
///
/// A lease cannot outlive its pool:
/// ```compile_fail,E0597
/// let lease = {
///     let pool: forebay::Pool<u8, 1> = forebay::Pool::new();
///     pool.try_get().unwrap()
/// };
/// drop(lease);
/// ```
#[doc(alias = "PoolGuard")]
#[doc(alias = "Object")]
#[doc(alias = "Reusable")]
pub struct Lease<R: Home> {
    pub(super) home: R,
    pub(super) slot: u16,
    // Lends `&mut Item` and must not be covariant in it, nor `Send` and `Sync` by itself.
    _item: PhantomData<*mut R::Item>,
}

// SAFETY: [exclusive] the object moves with the lease, which needs `Item: Send`; returning it from
//   another thread uses the pool there, which needs `R: Send` (for `&Pool` that is `Pool: Sync`).
unsafe impl<R: Home + Send> Send for Lease<R> where R::Item: Send {}
// SAFETY: `&Lease` gives `&Item` and nothing else of the pool.
unsafe impl<R: Home + Sync> Sync for Lease<R> where R::Item: Sync {}

impl<R: Home> Lease<R> {
    /// The caller has claimed `slot` of `home`, filled it, and hands it over.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // Slots are below 65,535.
    pub(crate) fn new(home: R, slot: usize) -> Self {
        Self { home, slot: slot as u16, _item: PhantomData }
    }

    /// Takes the lease apart without giving the object back.
    #[inline]
    pub(crate) fn into_parts(lease: Self) -> (R, u16) {
        let lease = ManuallyDrop::new(lease);
        // SAFETY: read once, from a lease that is never dropped or used again.
        (unsafe { ptr::read(&raw const lease.home) }, lease.slot)
    }

    #[inline]
    pub(crate) fn from_parts(home: R, slot: u16) -> Self {
        Self { home, slot, _item: PhantomData }
    }

    /// The handle and the number of the slot.
    #[inline]
    pub(crate) fn parts(lease: &Self) -> (&R, u16) {
        (&lease.home, lease.slot)
    }

    /// Gives the object back now. The same as dropping the lease, said aloud.
    ///
    /// # Context
    /// As the drop of a lease.
    ///
    /// # Cost
    /// One read-modify-write besides the policy's `recycle`.
    pub fn put(lease: Self) {
        drop(lease);
    }

    /// The number of the object's slot: below the pool's capacity, and its own as long as it is on loan. Of an object
    /// on the heap, by `Pool::get_or_new`, it is the capacity.
    ///
    /// # Context
    /// Wait-free; callable in an interrupt handler.
    ///
    /// # Cost
    /// A field.
    #[must_use]
    pub fn slot(lease: &Self) -> usize {
        usize::from(lease.slot)
    }

    /// Turns the exclusive loan into one that can be cloned and only read.
    ///
    /// # Context
    /// Wait-free; one read-modify-write.
    ///
    /// # Examples
    /// ```
    /// use forebay::{Lease, Pool};
    ///
    /// static FRAMES: Pool<[u8; 4], 2> = Pool::new();
    /// let mut frame = FRAMES.try_get()?;
    /// frame[0] = 7;
    /// let one = Lease::share(frame);
    /// let two = one.clone();
    /// assert_eq!(one[0] + two[0], 14);
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    #[inline]
    pub fn share(lease: Self) -> SharedLease<R> {
        let (home, slot) = Self::into_parts(lease);
        home.state(slot).share(1);
        SharedLease::from_parts(home, slot)
    }

    /// Narrows the lease to a part of the object. The whole is recycled when the lease is dropped.
    ///
    /// Context and cost are those of `f`; the lease grows by a pointer.
    ///
    /// # Panics
    /// As `f` does; the object goes back then.
    ///
    /// # Source
    /// parking_lot's `MutexGuard::map`.
    ///
    /// # Examples
    /// ```
    /// use forebay::{Lease, Pool};
    ///
    /// static FRAMES: Pool<([i16; 4], u32), 2> = Pool::new();
    /// let mut samples = Lease::map(FRAMES.try_get()?, |frame| &mut frame.0[..2]);
    /// samples.copy_from_slice(&[1, 2]);
    /// drop(samples);
    /// assert_eq!(FRAMES.available(), 2);
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    pub fn map<U: ?Sized>(
        mut lease: Self,
        f: impl FnOnce(&mut R::Item) -> &mut U,
    ) -> Lease<Mapped<R, U>> {
        let item = NonNull::from(f(&mut lease));
        let (home, slot) = Self::into_parts(lease);
        Lease::from_parts(Mapped { home, item, _item: PhantomData }, slot)
    }

    /// Turns the lease into a bare pointer to the object, for DMA and foreign code. The slot stays on
    /// loan until [`from_raw`](Self::from_raw); forgetting the pointer loses the slot, and, if the lease
    /// owned a share of its pool, keeps the pool for ever.
    ///
    /// Zero-sized objects have no address of their own, so for them this does not compile.
    ///
    /// # Context
    /// Wait-free; one read-modify-write.
    ///
    /// # Ordering
    /// All that the holder did before happens before the [`from_raw`](Self::from_raw) of the pointer, whatever way it takes.
    ///
    /// # Examples
    /// ```
    /// use forebay::{Lease, Pool};
    ///
    /// static BUFFERS: Pool<[u8; 32], 2> = Pool::new();
    /// let pointer = Lease::into_raw(BUFFERS.try_get()?); // hand to the DMA engine …
    /// assert!(BUFFERS.audit().next().unwrap().is_raw());
    /// // SAFETY: … which is done with it; the pointer came from this pool.
    /// let buffer = unsafe { Lease::from_raw(&BUFFERS, pointer) }.unwrap();
    /// # drop(buffer);
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    #[must_use = "the slot stays on loan until `from_raw`"]
    pub fn into_raw(mut lease: Self) -> NonNull<R::Item>
    where
        R: FromRaw,
    {
        const { assert!(size_of::<R::Item>() != 0, "a zero-sized object has no address of its own") };
        let item = NonNull::from(&mut *lease);
        lease.home.state(lease.slot).set_raw(R::OWNS_SHARE);
        // The handle is forgotten too, so that an `Arc` keeps the pool where the pointer points.
        let _on_loan = ManuallyDrop::new(lease);
        item
    }

    /// Takes back what [`into_raw`](Self::into_raw) gave away.
    ///
    /// `None`, and nothing happens, if `item` is not the start of an object of this pool, or of one that
    /// is not out as a bare pointer, so that a second `from_raw` of the same pointer is caught; also if its
    /// lease borrowed the pool and `home` is an `Arc`, or the other way round.
    ///
    /// # Safety
    /// If `item` is the start of an object of `home` that is out as a bare pointer, nobody uses that object
    /// any more, by whatever pointer, and it is a valid `R::Item`.
    ///
    /// # Context
    /// Lock-free; one division and one compare-exchange.
    pub unsafe fn from_raw(home: R, item: NonNull<R::Item>) -> Option<Self>
    where
        R: FromRaw,
    {
        let slot = home.slot_of(item)?;
        if !home.state(slot).take_raw(R::OWNS_SHARE) {
            return None;
        }
        // SAFETY: the mark was there, so `into_raw` forgot such a handle; it was taken away, so once.
        unsafe { home.drop_forgotten() };
        Some(Self::from_parts(home, slot))
    }
}

/// The handles whose leases can be turned [into a bare pointer](Lease::into_raw) and back.
///
/// Sealed, since [`Home`] is.
pub trait FromRaw: Home<Item: Sized> {
    /// Whether the handle owns a share of the pool, which `into_raw` forgets.
    #[doc(hidden)]
    const OWNS_SHARE: bool = false;

    #[doc(hidden)]
    fn slot_of(&self, item: NonNull<Self::Item>) -> Option<u16>;

    /// Drops the handle that [`Lease::into_raw`] forgot, where that means anything.
    ///
    /// # Safety
    /// There is such a handle to the same pool, and it is dropped once.
    #[doc(hidden)]
    unsafe fn drop_forgotten(&self) {}
}

impl<T, const N: usize, P: Policy<T>, W: WaitPolicy> FromRaw for &Pool<T, N, P, W> {
    fn slot_of(&self, item: NonNull<T>) -> Option<u16> {
        Pool::slot_of(self, item.as_ptr())
    }
}

#[cfg(feature = "std")]
impl<T, const N: usize, P: Policy<T>, W: WaitPolicy> FromRaw for std::sync::Arc<Pool<T, N, P, W>> {
    const OWNS_SHARE: bool = true;

    fn slot_of(&self, item: NonNull<T>) -> Option<u16> {
        Pool::slot_of(self, item.as_ptr())
    }

    unsafe fn drop_forgotten(&self) {
        // SAFETY: the caller's: one count of this `Arc` belongs to the forgotten handle, and `self` is
        // another, so the pool stays.
        unsafe { Self::decrement_strong_count(Self::as_ptr(self)) }
    }
}

impl<'a, H: Sync> Lease<&'a H>
where
    &'a H: Home,
{
    /// Forgets the pool's type, and with it `N`: leases of different pools become one type.
    ///
    /// # Context
    /// Wait-free.
    ///
    /// # Cost
    /// Access to the object stays direct; the return goes through a table of functions.
    ///
    /// # Examples
    /// ```
    /// use forebay::pool::Erased;
    /// use forebay::{Lease, Pool};
    ///
    /// static SMALL: Pool<u32, 2> = Pool::new();
    /// static LARGE: Pool<u32, 100> = Pool::new();
    /// let mut either: Lease<Erased<'static, u32>> = Lease::erase(SMALL.try_get()?);
    /// *either = 5;
    /// either = Lease::erase(LARGE.try_get()?);
    /// assert_eq!((SMALL.available(), LARGE.available()), (2, 99));
    /// # drop(either);
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    pub fn erase(mut lease: Self) -> Lease<Erased<'a, <&'a H as Home>::Item>>
    where
        H: Return,
    {
        let item = NonNull::from(&mut *lease);
        let (home, slot) = Self::into_parts(lease);
        Lease::from_parts(Erased { home, item, _item: PhantomData }, slot)
    }
}

/// What an erased lease knows of its pool.
///
/// # Safety
/// As [`Home`], which is what it stands for.
#[doc(hidden)]
#[allow(private_interfaces)]
pub unsafe trait Return {
    fn state_of(&self, slot: u16) -> &SlotState;

    /// # Safety
    /// As [`Home::put`].
    unsafe fn put_back(&self, slot: u16);
}

// SAFETY: forwards to the handle's.
#[allow(private_interfaces)]
unsafe impl<H> Return for H
where
    for<'a> &'a H: Home,
{
    fn state_of(&self, slot: u16) -> &SlotState {
        let states: *const SlotState = (&self).state(slot);
        // SAFETY: the state is the pool's, which `self` borrows; the handle `&self` is only a copy of that
        // borrow.
        unsafe { &*states }
    }

    unsafe fn put_back(&self, slot: u16) {
        // SAFETY: the caller's.
        unsafe { (&self).put(slot) }
    }
}

/// The handle of a lease [that does not name its pool's type](Lease::erase).
pub struct Erased<'a, T: ?Sized> {
    home: &'a (dyn Return + Sync),
    item: NonNull<T>,
    _item: PhantomData<*mut T>,
}

/// The handle of a lease on [a part of an object](Lease::map).
pub struct Mapped<R, U: ?Sized> {
    home: R,
    item: NonNull<U>,
    _item: PhantomData<*mut U>,
}

/// What erased and mapped handles share: the address of the item is in the handle.
macro_rules! home_with_item {
    ([$($g:tt)*] $handle:ty, $t:ident, |$this:ident, $slot:ident| $state:expr, $put:expr, $heap:expr,
     [$($send:tt)*] [$($sync:tt)*]) => {
        impl<$($g)*> sealed::Sealed for $handle {}

        // SAFETY: `item` was made from the exclusive reference of the lease this handle was made from,
        // and the handle below keeps the object where it is.
        #[allow(private_interfaces)]
        unsafe impl<$($g)*> Home for $handle {
            type Item = $t;

            #[inline(always)]
            unsafe fn item(&self, _slot: u16) -> NonNull<$t> {
                self.item
            }

            #[inline(always)]
            unsafe fn item_mut(&self, _slot: u16) -> NonNull<$t> {
                self.item
            }

            fn state(&self, $slot: u16) -> &SlotState {
                let $this = self;
                $state
            }

            fn is_on_heap(&self) -> bool {
                let $this = self;
                $heap
            }

            unsafe fn put(&self, $slot: u16) {
                let $this = self;
                // SAFETY: the caller's.
                unsafe { $put }
            }
        }

        // SAFETY: `item` is only reached through a lease, which asks for what `Item` needs; the rest
        // is the inner handle.
        unsafe impl<$($send)*> Send for $handle {}
        // SAFETY: as above; a shared handle gives nothing but the inner handle.
        unsafe impl<$($sync)*> Sync for $handle {}
    };
}

home_with_item!(
    ['a, T: ?Sized] Erased<'a, T>, T,
    |this, slot| this.home.state_of(slot), this.home.put_back(slot),
    { let _ = this; false }, // Only a pool's own handles are erased.
    ['a, T: ?Sized] ['a, T: ?Sized]
);
home_with_item!(
    [R: Home, U: ?Sized] Mapped<R, U>, U,
    |this, slot| this.home.state(slot), this.home.put(slot), this.home.is_on_heap(),
    [R: Send, U: ?Sized] [R: Sync, U: ?Sized]
);

impl<T: ?Sized> Clone for Erased<'_, T> {
    fn clone(&self) -> Self {
        Self { home: self.home, item: self.item, _item: PhantomData }
    }
}

impl<R: Clone, U: ?Sized> Clone for Mapped<R, U> {
    fn clone(&self) -> Self {
        Self { home: self.home.clone(), item: self.item, _item: PhantomData }
    }
}

impl<T: ?Sized> fmt::Debug for Erased<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Erased(..)")
    }
}

impl<R, U: ?Sized> fmt::Debug for Mapped<R, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mapped(..)")
    }
}

impl<R: Home> Deref for Lease<R> {
    type Target = R::Item;

    #[inline(always)]
    fn deref(&self) -> &R::Item {
        // SAFETY: [exclusive], and `&self` keeps `&mut self` away; a slot on loan is [filled].
        unsafe { self.home.item(self.slot).as_ref() }
    }
}

impl<R: Home> DerefMut for Lease<R> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut R::Item {
        // SAFETY: [exclusive], by `&mut self`; a slot on loan is [filled].
        unsafe { self.home.item_mut(self.slot).as_mut() }
    }
}

impl<R: Home> Drop for Lease<R> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: [exclusive], and this was the last use.
        unsafe { self.home.put(self.slot) };
    }
}

impl<R: Home<Item: fmt::Write>> fmt::Write for Lease<R> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        (**self).write_str(s)
    }
}

/// What a lease of either kind does through its object.
macro_rules! like_its_item {
    ($lease:ident) => {
        impl<R: Home> AsRef<R::Item> for $lease<R> {
            fn as_ref(&self) -> &R::Item {
                self
            }
        }

        impl<R: Home<Item: fmt::Debug>> fmt::Debug for $lease<R> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<R: Home<Item: fmt::Display>> fmt::Display for $lease<R> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<R: Home<Item: PartialEq>> PartialEq for $lease<R> {
            fn eq(&self, other: &Self) -> bool {
                **self == **other
            }
        }

        impl<R: Home<Item: Eq>> Eq for $lease<R> {}

        impl<R: Home<Item: PartialOrd>> PartialOrd for $lease<R> {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                (**self).partial_cmp(&**other)
            }
        }

        impl<R: Home<Item: Ord>> Ord for $lease<R> {
            fn cmp(&self, other: &Self) -> Ordering {
                (**self).cmp(&**other)
            }
        }

        impl<R: Home<Item: Hash>> Hash for $lease<R> {
            fn hash<H: Hasher>(&self, state: &mut H) {
                (**self).hash(state);
            }
        }

        #[cfg(feature = "defmt")]
        impl<R: Home<Item: defmt::Format>> defmt::Format for $lease<R> {
            fn format(&self, f: defmt::Formatter<'_>) {
                (**self).format(f);
            }
        }

        #[cfg(feature = "serde")]
        impl<R: Home<Item: serde::Serialize>> serde::Serialize for $lease<R> {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                (**self).serialize(s)
            }
        }
    };
}

like_its_item!(Lease);
like_its_item!(SharedLease);

#[cfg(all(test, not(all(loom, feature = "loom"))))]
mod tests {
    use super::*;
    use crate::pool::Slab;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    struct Sour(bool);

    impl Drop for Sour {
        fn drop(&mut self) {
            if self.0 {
                resume_unwind(Box::new("dropped"));
            }
        }
    }

    /// A handle that takes back one object at a time takes back all, also when the drop of one panics.
    #[test]
    fn put_all_one_by_one() {
        for sour in 0..3 {
            let slab: Slab<Sour, 3> = Slab::new();
            let slots: [u16; 3] = core::array::from_fn(|i| {
                Lease::into_parts(slab.insert(Sour(i == sour)).ok().unwrap()).1
            });
            // SAFETY: the leases were taken apart above, and each slot is given up once.
            let put =
                catch_unwind(AssertUnwindSafe(|| unsafe { (&slab).put_all(Several::of(&slots)) }));
            assert!(put.is_err());
            assert_eq!((slab.available(), slab.metrics().panics), (3, 1));
        }
    }
}
