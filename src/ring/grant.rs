//! Items made and read in place.
//!
//! Each of these borrows its end, so an end has one at a time. Forgetting one is safe: what was not
//! committed is not sent, and what was not taken is there again.

use super::handle::{Item, RawRing};
use super::{Consumer, Producer, RingRef};
use core::fmt;
use core::marker::PhantomData;
use core::mem::{self, ManuallyDrop, MaybeUninit};
use core::ops::{Deref, DerefMut};

/// The next place of a ring, empty. Dropping it sends nothing.
///
/// [`write`](Self::write) fills it; for foreign code and DMA there is [`uninit`](Self::uninit). Made by
/// [`Producer::reserve`], where an example is; all of it is wait-free, and a commit is one store.
#[must_use = "nothing is sent until it is written and committed"]
pub struct Grant<'a, R: RingRef> {
    producer: &'a mut Producer<R>,
}

impl<'a, R: RingRef> Grant<'a, R> {
    /// There is room.
    #[inline]
    pub(super) fn new(producer: &'a mut Producer<R>) -> Self {
        Self { producer }
    }

    /// Puts `item` into the place. It is sent when it is [committed](Filled::commit).
    #[inline]
    pub fn write(mut self, item: Item<R>) -> Filled<'a, R> {
        self.uninit().write(item);
        Filled { producer: self.producer, _item: PhantomData }
    }

    /// The place itself, to be initialised in place.
    #[inline]
    pub fn uninit(&mut self) -> &mut MaybeUninit<Item<R>> {
        let at = self.producer.position();
        // SAFETY: [producer-side] there is room, so the place is ours; any bytes are a valid
        // `MaybeUninit`.
        unsafe { &mut *self.producer.handle().ring().write_ptr(at).cast() }
    }

    /// Sends what was put into [`uninit`](Self::uninit).
    ///
    /// # Safety
    /// The place is initialised.
    #[inline]
    pub unsafe fn commit(self) {
        self.producer.publish_one();
    }
}

/// An item in its place, not sent yet. Dropping it drops the item and sends nothing.
#[must_use = "nothing is sent until it is committed"]
pub struct Filled<'a, R: RingRef> {
    producer: &'a mut Producer<R>,
    // Lends `&Item`, so it is `Sync` only if the item is.
    _item: PhantomData<Item<R>>,
}

impl<R: RingRef> Filled<'_, R> {
    /// Sends the item.
    #[inline]
    pub fn commit(self) {
        let mut this = ManuallyDrop::new(self);
        this.producer.publish_one();
    }
}

impl<R: RingRef> Deref for Filled<'_, R> {
    type Target = Item<R>;

    #[inline]
    fn deref(&self) -> &Item<R> {
        // SAFETY: [producer-side] not published, so the place is ours; `Grant::write` initialised it.
        unsafe { &*self.producer.handle().ring().read_ptr(self.producer.position()) }
    }
}

impl<R: RingRef> DerefMut for Filled<'_, R> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Item<R> {
        // SAFETY: as in `deref`, and `self` is borrowed mutably.
        unsafe { &mut *self.producer.handle().ring().write_ptr(self.producer.position()) }
    }
}

impl<R: RingRef> Drop for Filled<'_, R> {
    fn drop(&mut self) {
        let at = self.producer.position();
        // SAFETY: as in `deref`; the place is empty from now on and was never published.
        unsafe { self.producer.handle().ring().write_ptr(at).drop_in_place() };
    }
}

/// The oldest item, in its place. Dropping it drops the item and frees the place: one store.
pub struct PopRef<'a, R: RingRef> {
    consumer: &'a mut Consumer<R>,
    // Lends `&Item`, so it is `Sync` only if the item is.
    _item: PhantomData<Item<R>>,
}

impl<'a, R: RingRef> PopRef<'a, R> {
    /// An item is ready.
    #[inline]
    pub(super) fn new(consumer: &'a mut Consumer<R>) -> Self {
        Self { consumer, _item: PhantomData }
    }

    /// Moves the item out and frees its place.
    #[inline]
    #[must_use]
    pub fn take(this: Self) -> Item<R> {
        let mut this = ManuallyDrop::new(this);
        // SAFETY: [consumer-side] the item is ready; it is retired below and not dropped here.
        let item =
            unsafe { this.consumer.handle().ring().read_ptr(this.consumer.position()).read() };
        this.consumer.retire_one();
        item
    }
}

impl<R: RingRef> Deref for PopRef<'_, R> {
    type Target = Item<R>;

    #[inline]
    fn deref(&self) -> &Item<R> {
        // SAFETY: [consumer-side] the item is ready, so the place is ours and initialised.
        unsafe { &*self.consumer.handle().ring().read_ptr(self.consumer.position()) }
    }
}

impl<R: RingRef> DerefMut for PopRef<'_, R> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Item<R> {
        // SAFETY: as in `deref`, and `self` is borrowed mutably.
        unsafe { &mut *self.consumer.handle().ring().write_ptr(self.consumer.position()) }
    }
}

impl<R: RingRef> Drop for PopRef<'_, R> {
    #[inline]
    fn drop(&mut self) {
        /// Frees the place, also when the item's drop panics.
        struct Retire<'a, R: RingRef>(&'a mut Consumer<R>);
        impl<R: RingRef> Drop for Retire<'_, R> {
            #[inline]
            fn drop(&mut self) {
                self.0.retire_one();
            }
        }

        let retire = Retire(self.consumer);
        if mem::needs_drop::<Item<R>>() {
            let at = retire.0.position();
            // SAFETY: [consumer-side] the item is ready; it is retired next, so not dropped twice.
            unsafe { retire.0.handle().ring().write_ptr(at).drop_in_place() };
        }
    }
}

/// An iterator that takes the items that were there when it was made. See [`Consumer::drain`].
pub struct Drain<'a, R: RingRef> {
    consumer: &'a mut Consumer<R>,
    /// How many of those items are not taken yet.
    left: usize,
}

impl<'a, R: RingRef> Drain<'a, R> {
    /// `left` items are ready.
    pub(super) fn new(consumer: &'a mut Consumer<R>, left: usize) -> Self {
        Self { consumer, left }
    }

    pub(crate) fn consumer(&self) -> &Consumer<R> {
        self.consumer
    }
}

impl<R: RingRef> Iterator for Drain<'_, R> {
    type Item = Item<R>;

    #[inline]
    fn next(&mut self) -> Option<Item<R>> {
        // Each item is retired as it is taken. Retired in one step at the end, items that were moved out
        // would be there again once this iterator and its consumer are forgotten.
        self.left = self.left.checked_sub(1)?;
        self.consumer.pop().ok()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<R: RingRef> ExactSizeIterator for Drain<'_, R> {}

/// `Debug` without looking at the item, which may be empty or foreign.
macro_rules! opaque_debug {
    ($($name:ident),+) => {$(
        impl<R: RingRef> fmt::Debug for $name<'_, R> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}

opaque_debug!(Grant, Filled, PopRef, Drain);
