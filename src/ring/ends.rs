//! The two ends of a ring.
//!
//! | edge | release site | acquire site | makes visible | model |
//! |---|---|---|---|---|
//! | R0→A0 | `Producer::publish`: `tail.store` | `Consumer::look`, `abandon`: `tail.load` | the items written | `ring::push_vs_pop` |
//! | R1→A1 | `Consumer::retire`, `abandon`: `head.store` | `Producer::look`: `head.load` | the places were read out and are free | `ring::push_vs_pop`, over the wrap |
//! | C0→C1 | `Producer::mark_closed`: `closed.store` | `Consumer::has_ended`, `is_closed`, `abandon`: `closed.load` | the last store of `tail`, and the items before it | `ring::producer_closes`, `stream::end_is_told`, `stream::receiver_leaves_vs_send` |
//! | L0→L1 | `abandon`: the ring is `LEFT` | `sweep`: exchange | the consumer is done with the items before its index | `stream::receiver_leaves_vs_send` |
//! | L2→L3 | `sweep`: the ring is `UNREAD` | `abandon`: exchange | the items that the producer left behind | `stream::receiver_leaves_vs_send` |
//! | E0→E1 | `RawRing::give_back` | `Ring::take` | the last holder's stores of its index | `ring::producer_taken_again`, `ring::consumer_taken_again` |
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

use super::{
    CONSUMER, Drain, Grant, HEAD_SHIFT, Items, LEFT, PRODUCER, PopRef, RawRing, Ring, SWEPT,
    UNREAD, advance, distance, opposite, place, words,
};
use crate::defer::Defer;
use crate::error::{PopError, PushError};
use crate::sync::{
    Ordering::{Acquire, Relaxed, Release},
    plain, seeded,
};
use core::{fmt, mem};

/// A handle to a ring: what the ends are generic over. `&'a Ring<T, N, A>`, or an `Arc` of it with `std`.
///
/// Sealed in effect: unsafe to implement, and its methods are not for calling.
///
/// # Safety
/// `ring` always returns the same ring, wherever the handle moves.
pub unsafe trait RingRef {
    #[doc(hidden)]
    type Ring: RawRing;
    /// Whether `Ring::take` was asked for the end, which is to be given back then.
    /// The type of the data that the holders of a pooled ring share besides the ring.
    #[doc(hidden)]
    type Extra;
    #[doc(hidden)]
    const TAKEN: bool = true;
    #[doc(hidden)]
    fn ring(&self) -> &Self::Ring;
    #[doc(hidden)]
    fn parts(&self) -> (&Self::Ring, &Self::Extra);
}

// SAFETY: a reference always refers to the same ring.
unsafe impl<T, const N: usize, A> RingRef for &Ring<T, N, A> {
    type Ring = Ring<T, N, A>;
    type Extra = ();

    #[inline(always)]
    fn ring(&self) -> &Ring<T, N, A> {
        self
    }

    #[inline(always)]
    fn parts(&self) -> (&Ring<T, N, A>, &()) {
        (self, &())
    }
}

// SAFETY: an `Arc` always refers to the same ring.
#[cfg(feature = "std")]
unsafe impl<T, const N: usize, A> RingRef for std::sync::Arc<Ring<T, N, A>> {
    type Ring = Ring<T, N, A>;
    type Extra = ();

    #[inline(always)]
    fn ring(&self) -> &Ring<T, N, A> {
        self
    }

    #[inline(always)]
    fn parts(&self) -> (&Ring<T, N, A>, &()) {
        (self, &())
    }
}

/// The ring behind `handle`, as a reference that the compiler keeps: it would load the handle again behind an acquire.
///
/// # Safety
/// The handle outlives the result.
#[inline(always)]
unsafe fn kept<'r, R: RingRef<Ring: 'r>>(handle: &R) -> &'r R::Ring {
    let ring: *const R::Ring = handle.ring();
    // SAFETY: the ring is not inside the handle, which always refers to the same one, and the caller keeps the handle.
    unsafe { &*ring }
}

/// The handle of an end. It is moved out when the end is dropped: dropped in its place, an `Arc` would receive an address inside
/// the end, and the compiler would keep the end in memory all its life, 0.6 ns of each push and pop (2026-11-27, Zen 4).
#[cfg(target_pointer_width = "64")]
mod handle {
    use core::mem::ManuallyDrop;

    pub(super) type Kept<R> = ManuallyDrop<R>;

    #[inline(always)]
    pub(super) fn keep<R>(handle: R) -> Kept<R> {
        ManuallyDrop::new(handle)
    }

    /// # Safety
    /// The end is being dropped, and does not use the handle again.
    #[inline(always)]
    pub(super) unsafe fn moved_out<R>(handle: &mut Kept<R>) -> R {
        // SAFETY: the caller's.
        unsafe { ManuallyDrop::take(handle) }
    }
}

/// The handle of an end. It is dropped in its place: moved out, it costs up to 8 instructions of a stream here.
#[cfg(not(target_pointer_width = "64"))]
mod handle {
    pub(super) type Kept<R> = R;

    #[inline(always)]
    pub(super) fn keep<R>(handle: R) -> Kept<R> {
        handle
    }

    /// # Safety
    /// None: the field's own drop follows.
    #[inline(always)]
    pub(super) unsafe fn moved_out<R>(handle: &Kept<R>) -> &R {
        handle
    }
}
use handle::{Kept, keep, moved_out};

/// What the ring behind `R` holds.
pub(super) type Item<R> = <<R as RingRef>::Ring as RawRing>::Item;

/// The writing end of a [`Ring`]. Dropped, it can be [taken again](Ring::try_producer).
///
/// Unless it says otherwise, a method is wait-free, may be called in an interrupt handler, and costs one
/// load of a shared word, two in a ring without copies; one that takes `&mut self` and publishes costs a store more.
pub struct Producer<R: RingRef> {
    ring: Kept<R>,
    /// [own-index] Where the next item goes. This and the next are only used if the ring is `CACHED`.
    tail: usize,
    /// Where the places end that are known to be free. The consumer only frees more.
    limit: usize,
}

/// The reading end of a [`Ring`]. Dropped, it can be [taken again](Ring::try_consumer); the items stay.
///
/// Unless it says otherwise, a method is wait-free, may be called in an interrupt handler, and costs one
/// load of a shared word, two in a ring without copies; one that takes `&mut self` and frees places costs a store more.
pub struct Consumer<R: RingRef> {
    ring: Kept<R>,
    /// [own-index] Where the next item is. This and the next are only used if the ring is `CACHED`.
    head: usize,
    /// Where the items end that are known to be there. The producer only adds more.
    seen: usize,
    /// Whether this end wants no more.
    refuses: bool,
}

/// What both ends say of how full the ring is, from their own `len`; the docs differ in what stays true.
macro_rules! fill_level {
    ($is_empty:literal, $is_full:literal) => {
        #[doc = $is_empty]
        #[must_use]
        pub fn is_empty(&self) -> bool {
            self.len() == 0
        }

        #[doc = $is_full]
        #[must_use]
        pub fn is_full(&self) -> bool {
            self.len() == Self::CAPACITY
        }

        /// How many items fit in all.
        #[must_use]
        pub fn capacity(&self) -> usize {
            Self::CAPACITY
        }
    };
}

impl<R: RingRef> Producer<R> {
    const CAPACITY: usize = <R::Ring as RawRing>::CAPACITY;
    const CACHED: bool = <R::Ring as RawRing>::CACHED;

    /// [one-each]: the caller took the end.
    #[inline]
    pub(super) fn new(ring: R) -> Self {
        // SAFETY: only loaded.
        let tail = unsafe { ring.ring().tail() }.load(Relaxed);
        Self { ring: keep(ring), tail, limit: tail }
    }

    /// The own index.
    #[inline(always)]
    fn tail(&self) -> usize {
        // [own-index] Only this end stores it.
        if Self::CACHED { self.tail } else { plain::own(self.shared_tail()) }
    }

    /// The consumer's index, to load it.
    #[inline(always)]
    fn shared_head(&self) -> &plain::AtomicUsize {
        // SAFETY: this end only loads it.
        unsafe { self.ring.ring().head() }
    }

    /// This end's index.
    #[inline(always)]
    fn shared_tail(&self) -> &plain::AtomicUsize {
        // SAFETY: [own-index] this is the producer's end.
        unsafe { self.ring.ring().tail() }
    }

    #[inline(always)]
    fn cancelled(&self) -> &plain::AtomicU16 {
        // SAFETY: `refuse` stores 1, and nothing else stores here.
        unsafe { self.ring.ring().cancelled() }
    }

    /// Appends `item`. Never waits.
    ///
    /// # Errors
    /// [`PushError::Full`] or [`PushError::Closed`] with the item, when there is no room or the consumer
    /// [closed](Consumer::close) the ring.
    ///
    /// # Context
    /// Wait-free: plain loads and stores.
    ///
    /// # Ordering
    /// What the producer did before the push happens before the pop that returns the item.
    ///
    /// # Cost
    /// One load of a word that is rarely written, one write of the item, one store. When the known room is used up, one
    /// load of the consumer's index. A ring without copies loads both indices each time.
    #[inline]
    pub fn push(&mut self, item: Item<R>) -> Result<(), PushError<Item<R>>> {
        // SAFETY: the handle is not touched.
        let ring = unsafe { kept::<R>(&self.ring) };
        if self.is_closed() {
            return Err(PushError::Closed(item));
        }
        let tail = self.tail();
        if !self.has_room(tail) {
            return Err(PushError::Full(item));
        }
        let at = place(Self::CAPACITY, tail);
        if seeded!("publish_early", true, false) {
            self.publish(ring, tail, 1);
            // SAFETY: none; this is the seeded fault.
            unsafe { ring.write_ptr(at).write(item) };
            return Ok(());
        }
        // SAFETY: [producer-side] there is room, so the place is ours.
        unsafe { words::put(ring.write_ptr(at), item) };
        self.publish(ring, tail, 1);
        Ok(())
    }

    /// Appends as many of `items`, in order, as there is room for, and publishes them in one step. How
    /// many; none once the consumer closed the ring.
    ///
    /// # Context
    /// Wait-free, O(items taken).
    ///
    /// # Examples
    /// ```
    /// let mut ring: forebay::Ring<u8, 3> = forebay::Ring::new();
    /// let (mut producer, mut consumer) = ring.split();
    /// assert_eq!(producer.push_slice(&[1, 2, 3, 4]), 3);
    /// let mut out = [0; 2];
    /// assert_eq!(consumer.pop_slice(&mut out), 2);
    /// assert_eq!(out, [1, 2]);
    /// ```
    pub fn push_slice(&mut self, items: &[Item<R>]) -> usize
    where
        Item<R>: Copy,
    {
        let tail = self.tail();
        let count = items.len().min(self.room_for(tail, items.len()));
        let first = place(Self::CAPACITY, tail);
        let behind = count.min(Self::CAPACITY - first);
        for (i, item) in items.iter().take(count).enumerate() {
            let at = if i < behind { first + i } else { i - behind };
            // SAFETY: [producer-side] `i < count <= room`, so the place is ours.
            unsafe { self.ring.ring().write_ptr(at).write(*item) };
        }
        // SAFETY: the handle is not touched.
        self.publish(unsafe { kept::<R>(&self.ring) }, tail, count);
        count
    }

    /// Appends items from `iter` as long as there is room, and publishes them in one step. How many; an
    /// item is only asked for when there is room for it.
    ///
    /// # Panics
    /// As `iter` does; the items it gave before are in the ring.
    ///
    /// # Examples
    /// ```
    /// let mut ring: forebay::Ring<u8, 3> = forebay::Ring::new();
    /// let (mut producer, _consumer) = ring.split();
    /// let mut items = 1..10;
    /// assert_eq!(producer.push_iter(&mut items), 3);
    /// assert_eq!(items.next(), Some(4));
    /// ```
    pub fn push_iter(&mut self, iter: impl IntoIterator<Item = Item<R>>) -> usize {
        /// Publishes what was written, also when the iterator panics.
        struct Publish<'a, R: RingRef> {
            producer: &'a mut Producer<R>,
            tail: usize,
            count: usize,
        }
        impl<R: RingRef> Drop for Publish<'_, R> {
            fn drop(&mut self) {
                // SAFETY: the handle is not touched.
                let ring = unsafe { kept::<R>(&self.producer.ring) };
                self.producer.publish(ring, self.tail, self.count);
            }
        }

        let tail = self.tail();
        let room = self.room_for(tail, Self::CAPACITY);
        let mut written = Publish { producer: self, tail, count: 0 };
        let mut iter = iter.into_iter();
        while written.count < room {
            let Some(item) = iter.next() else { break };
            // At most the room.
            let at = place(Self::CAPACITY, advance(Self::CAPACITY, tail, written.count));
            // SAFETY: [producer-side] `count < room`, so the place is ours.
            unsafe { written.producer.ring.ring().write_ptr(at).write(item) };
            written.count += 1;
        }
        written.count
    }

    /// Reserves the next place, to make the item in it. Nothing is sent until it is committed.
    ///
    /// # Errors
    /// [`PushError`], as [`push`](Self::push), without an item.
    ///
    /// # Examples
    /// ```
    /// let mut ring: forebay::Ring<[u8; 64], 2> = forebay::Ring::new();
    /// let (mut producer, mut consumer) = ring.split();
    /// let mut frame = producer.reserve().unwrap().write([0; 64]);
    /// frame[0] = 1; // in place
    /// frame.commit();
    /// assert_eq!(consumer.pop_ref().unwrap()[0], 1); // read in place
    /// ```
    #[inline]
    pub fn reserve(&mut self) -> Result<Grant<'_, R>, PushError<()>> {
        if self.is_closed() {
            return Err(PushError::Closed(()));
        }
        if !self.has_room(self.tail()) {
            return Err(PushError::Full(()));
        }
        Ok(Grant::new(self))
    }

    /// Says that nothing will follow. The consumer reads what is there and then sees
    /// [`PopError::Closed`].
    ///
    /// # Examples
    /// ```
    /// use forebay::{PopError, Ring};
    ///
    /// let mut ring: Ring<u8, 3> = Ring::new();
    /// let (mut producer, mut consumer) = ring.split();
    /// producer.push(1).unwrap();
    /// producer.close();
    /// assert_eq!(consumer.pop(), Ok(1));
    /// assert_eq!(consumer.pop(), Err(PopError::Closed));
    /// ```
    pub fn close(self) {
        self.mark_closed();
    }

    /// Whether the consumer [closed](Consumer::close) the ring. Once `true`, it stays so for this
    /// consumer.
    #[inline(always)]
    #[must_use]
    pub fn is_closed(&self) -> bool {
        // Relaxed: nothing is read because of it.
        self.cancelled().load(Relaxed) != 0
    }

    /// Items in the ring. May be fewer at once, and is never more until this end pushes.
    #[must_use]
    pub fn len(&self) -> usize {
        distance(Self::CAPACITY, self.shared_head().load(Relaxed), self.tail())
    }

    fill_level!(
        "Whether the ring holds nothing. If so, it stays so until this end pushes.",
        "Whether there is no room. May be untrue at once; if there is room, it stays until this end pushes."
    );

    pub(crate) fn mark_closed(&self) {
        // C0 (Release, pairs with C1): the mark follows every item.
        let order = seeded!("close_relaxed", Relaxed, Release);
        // SAFETY: this is the producer's end, which pushes nothing more.
        unsafe { self.ring.ring().closed() }.store(1, order);
    }

    /// From now on [`push`](Self::push) refuses, as if the consumer had closed the ring.
    #[cfg(feature = "async")]
    pub(crate) fn refuse(&mut self) {
        // Relaxed: only this end reads it, for no other reason. The consumer stores the same.
        self.cancelled().store(1, Relaxed);
    }

    /// Pooled rings only: drops the items in a ring whose consumer has left, since nobody else will until this end
    /// leaves, too. A consumer that only wants no more may still read them; it drops the rest when it leaves.
    ///
    /// To be called when the ring is seen closed by its consumer, so that nothing is pushed behind it.
    ///
    /// # Panics
    /// As the drop of an item does; the others are dropped all the same.
    #[inline]
    pub(crate) fn sweep(&mut self) {
        if mem::needs_drop::<Item<R>>() && !R::TAKEN {
            // SAFETY: the ring is pooled, and this is its producer.
            unsafe { sweep(self.ring.ring(), self.tail()) };
        }
    }

    pub(crate) fn handle(&self) -> &R {
        &self.ring
    }

    #[inline(always)]
    fn has_room(&mut self, tail: usize) -> bool {
        (Self::CACHED && self.limit != tail) || self.look(tail) != tail
    }

    /// Places free for up to `want` items behind `tail`, the own index; none once the ring is closed.
    fn room_for(&mut self, tail: usize, want: usize) -> usize {
        if self.is_closed() {
            return 0;
        }
        let known = if Self::CACHED { distance(Self::CAPACITY, tail, self.limit) } else { 0 };
        if known < want { distance(Self::CAPACITY, tail, self.look(tail)) } else { known }
    }

    /// Looks where the free places end that begin at `tail`, the own index.
    #[inline]
    fn look(&mut self, tail: usize) -> usize {
        // A1 (Acquire, pairs with R1 in `Consumer::retire`): the consumer is done with these places.
        let order = seeded!("head_load_relaxed", Relaxed, Acquire);
        let head = self.shared_head().load(order);
        let limit = opposite(Self::CAPACITY, head);
        let phantom = seeded!("overrun", usize::from(limit == tail), 0);
        let limit = if phantom == 0 { limit } else { advance(Self::CAPACITY, limit, phantom) };
        if Self::CACHED {
            self.limit = limit;
        }
        limit
    }

    /// The next place.
    #[inline(always)]
    pub(super) fn place(&self) -> usize {
        place(Self::CAPACITY, self.tail())
    }

    /// Hands the `count` places from `tail` on, the own index, to the consumer of `ring`, which is this one.
    #[inline(always)]
    fn publish(&mut self, ring: &R::Ring, tail: usize, count: usize) {
        let tail = advance(Self::CAPACITY, tail, count);
        if Self::CACHED {
            self.tail = tail;
        }
        // R0 (Release, pairs with A0 in `Consumer::look`): the items are written.
        let order = seeded!("publish_relaxed", Relaxed, Release);
        // SAFETY: [own-index] this is the producer's end.
        unsafe { ring.tail() }.store(tail, order);
    }

    /// Hands the next place to the consumer.
    #[inline(always)]
    pub(super) fn publish_one(&mut self) {
        // SAFETY: the handle is not touched.
        self.publish(unsafe { kept::<R>(&self.ring) }, self.tail(), 1);
    }
}

impl<R: RingRef> Consumer<R> {
    const CAPACITY: usize = <R::Ring as RawRing>::CAPACITY;
    const CACHED: bool = <R::Ring as RawRing>::CACHED;

    /// [one-each]: the caller took the end.
    #[inline]
    pub(super) fn new(ring: R) -> Self {
        // SAFETY: only loaded.
        let head = unsafe { ring.ring().head() }.load(Relaxed);
        Self { ring: keep(ring), head, seen: head, refuses: false }
    }

    /// The own index.
    #[inline(always)]
    fn head(&self) -> usize {
        if Self::CACHED {
            return self.head;
        }
        // [own-index] Only this end stores it.
        // SAFETY: only loaded.
        plain::own(unsafe { self.ring.ring().head() })
    }

    /// The producer's index, to load it.
    #[inline(always)]
    fn shared_tail(&self) -> &plain::AtomicUsize {
        // SAFETY: this end only loads it.
        unsafe { self.ring.ring().tail() }
    }

    /// Takes the oldest item. Never waits.
    ///
    /// # Errors
    /// [`PopError::Empty`], or [`PopError::Closed`] when the producer [closed](Producer::close) the ring and
    /// all items were taken.
    ///
    /// # Context
    /// Wait-free: plain loads and stores.
    ///
    /// # Ordering
    /// The push of the item happens before.
    ///
    /// # Cost
    /// One read of the item, one store. When the known items are used up, one load of the producer's index, and if there
    /// are no more, one or two to see whether the ring is closed. A ring without copies loads both indices each time.
    #[inline]
    pub fn pop(&mut self) -> Result<Item<R>, PopError> {
        self.pop_then(|_| (), nothing)
    }

    /// Takes the oldest item and then calls `then`, or says why there is none. Should `then` panic, the item leaks.
    ///
    /// How the result is put together decides whether the item is copied once or three times, in pieces that do
    /// not match those it was written in (9 ns an item): the compiler cuts a result that comes out of two
    /// branches, or is moved, wherever the error's bytes begin and end.
    #[inline(always)]
    pub(crate) fn pop_then<E>(
        &mut self,
        then: impl Fn(&Self),
        why: impl FnOnce(&R::Extra, bool) -> E,
    ) -> Result<Item<R>, E> {
        // SAFETY: the handle is not touched.
        let ring = unsafe { kept::<R>(&self.ring) };
        let head = self.head();
        if !self.has_item(head) {
            // An item of several words without alignment begins inside of where an error lies, so the error must not be
            // seen.
            let overlap = align_of::<Item<R>>() == 1 && size_of::<Item<R>>() > size_of::<usize>();
            let extra = self.ring.parts().1;
            return if overlap {
                none(ring, extra, head, why)
            } else if cfg!(not(target_arch = "arm")) {
                // Without a call here the caller keeps no return address: 2 instructions of each pop. On Cortex-M it would
                // cost 1.
                Err(why(extra, has_ended(ring, head)))
            } else {
                Err(reason(ring, extra, head, why))
            };
        }
        let at = place(Self::CAPACITY, head);
        if seeded!("retire_early", true, false) {
            self.retire(ring, head, 1);
            // SAFETY: none; this is the seeded fault.
            return Ok(unsafe { ring.read_ptr(at).read() });
        }
        /// Retires the item when the result is made, so that the item is read right into it.
        struct Retire<'c, R: RingRef, F: Fn(&Consumer<R>)> {
            consumer: &'c mut Consumer<R>,
            ring: &'c R::Ring,
            head: usize,
            then: F,
        }

        impl<R: RingRef, F: Fn(&Consumer<R>)> Drop for Retire<'_, R, F> {
            #[inline(always)]
            fn drop(&mut self) {
                self.consumer.retire(self.ring, self.head, 1);
                (self.then)(self.consumer);
            }
        }

        let _read = Retire { consumer: self, ring, head, then };
        // SAFETY: [consumer-side] an item is ready, so the place is ours and initialised; it is retired
        // right away, so the item is not read again.
        Ok(unsafe { words::take(ring.read_ptr(at)) })
    }

    /// Takes as many items as there are and as fit into `out`, in order. How many.
    ///
    /// # Context
    /// Wait-free, O(items taken).
    pub fn pop_slice(&mut self, out: &mut [Item<R>]) -> usize
    where
        Item<R>: Copy,
    {
        let head = self.head();
        let count = out.len().min(self.ready_for(head, out.len()));
        let first = place(Self::CAPACITY, head);
        let behind = count.min(Self::CAPACITY - first);
        for (i, out) in out.iter_mut().take(count).enumerate() {
            let at = if i < behind { first + i } else { i - behind };
            // SAFETY: [consumer-side] `i < count <= ready`, so the place is ours and initialised.
            *out = unsafe { self.ring.ring().read_ptr(at).read() };
        }
        // SAFETY: the handle is not touched.
        self.retire(unsafe { kept::<R>(&self.ring) }, head, count);
        count
    }

    /// Takes what is there now, one by one, without looking for more. What was not taken stays.
    ///
    /// # Examples
    /// ```
    /// let mut ring: forebay::Ring<u8, 3> = forebay::Ring::new();
    /// let (mut producer, mut consumer) = ring.split();
    /// producer.push_slice(&[1, 2, 3]);
    /// assert_eq!(consumer.drain().take(2).sum::<u8>(), 3);
    /// assert_eq!(consumer.pop(), Ok(3));
    /// ```
    pub fn drain(&mut self) -> Drain<'_, R> {
        let ready = self.ready_for(self.head(), Self::CAPACITY);
        Drain::new(self, ready)
    }

    /// The oldest item, in place.
    ///
    /// # Errors
    /// [`PopError`], as [`pop`](Self::pop).
    ///
    /// # Examples
    /// ```
    /// let mut ring: forebay::Ring<u8, 3> = forebay::Ring::new();
    /// let (mut producer, mut consumer) = ring.split();
    /// producer.push(7).unwrap();
    /// assert_eq!(consumer.peek(), Ok(&7)); // and it is still there
    /// assert_eq!(consumer.pop(), Ok(7));
    /// ```
    #[inline]
    pub fn peek(&mut self) -> Result<&Item<R>, PopError> {
        let head = self.head();
        if !self.has_item(head) {
            return Err(reason(self.ring.ring(), &(), head, nothing));
        }
        // SAFETY: [consumer-side] an item is ready, so the place is ours and initialised, and stays so
        // while `self` is borrowed.
        Ok(unsafe { &*self.ring.ring().read_ptr(self.place()) })
    }

    /// Takes the oldest item in place: it is dropped and its place freed when the reference is dropped.
    /// An example is at [`Producer::reserve`].
    ///
    /// # Errors
    /// [`PopError`], as [`pop`](Self::pop).
    #[inline]
    pub fn pop_ref(&mut self) -> Result<PopRef<'_, R>, PopError> {
        let head = self.head();
        if !self.has_item(head) {
            return Err(reason(self.ring.ring(), &(), head, nothing));
        }
        Ok(PopRef::new(self))
    }

    /// Says that nothing will be read any more: the producer's next push is refused as
    /// [`PushError::Closed`]. Items that are there stay until the ring is used again or dropped.
    pub fn close(self) {
        self.mark_closed();
    }

    /// Whether the producer [closed](Producer::close) the ring; items may be left.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        // C1 (Acquire, pairs with C0): what the producer said before it closed is visible.
        let order = seeded!("is_closed_relaxed", Relaxed, Acquire);
        // SAFETY: only loaded.
        unsafe { self.ring.ring().closed() }.load(order) != 0
    }

    /// Items in the ring. May be more at once, and is never fewer until this end pops.
    #[must_use]
    pub fn len(&self) -> usize {
        distance(Self::CAPACITY, self.head(), self.shared_tail().load(Relaxed))
    }

    fill_level!(
        "Whether there is nothing to pop. May be untrue at once; if there is an item, it stays until this end pops.",
        "Whether the ring has no room. If so, it stays so until this end pops."
    );

    /// Says that nothing more is wanted, and remembers it.
    pub(crate) fn refuse(&mut self) {
        self.refuses = true;
        self.mark_closed();
    }

    /// Whether this end said that it wants no more.
    pub(crate) fn refuses(&self) -> bool {
        self.refuses
    }

    pub(crate) fn mark_closed(&self) {
        // Relaxed: the producer reads nothing because of it.
        // SAFETY: no 0.
        unsafe { self.ring.ring().cancelled() }.store(1, Relaxed);
    }

    pub(crate) fn handle(&self) -> &R {
        &self.ring
    }

    #[inline(always)]
    fn has_item(&mut self, head: usize) -> bool {
        (Self::CACHED && self.seen != head) || self.look(head) != head
    }

    /// Items for up to `want` from `head` on, the own index.
    fn ready_for(&mut self, head: usize, want: usize) -> usize {
        let known = if Self::CACHED { distance(Self::CAPACITY, head, self.seen) } else { 0 };
        if known < want { distance(Self::CAPACITY, head, self.look(head)) } else { known }
    }

    /// Looks where the items end that begin at `head`, the own index.
    #[inline]
    fn look(&mut self, head: usize) -> usize {
        // A0 (Acquire, pairs with R0 in `Producer::publish`): the items are written.
        let order = seeded!("tail_load_relaxed", Relaxed, Acquire);
        let tail = self.shared_tail().load(order);
        let phantom = seeded!("underrun", usize::from(tail == head), 0);
        let tail = if phantom == 0 { tail } else { advance(Self::CAPACITY, tail, phantom) };
        if Self::CACHED {
            self.seen = tail;
        }
        tail
    }

    #[inline(always)]
    pub(super) fn place(&self) -> usize {
        place(Self::CAPACITY, self.head())
    }

    /// Hands the `count` places from `head` on, the own index, back to the producer of `ring`, which is this one.
    #[inline(always)]
    fn retire(&mut self, ring: &R::Ring, head: usize, count: usize) {
        let head = advance(Self::CAPACITY, head, count);
        if Self::CACHED {
            self.head = head;
        }
        // R1 (Release, pairs with A1 in `Producer::look`): the places are read out.
        let order = seeded!("retire_relaxed", Relaxed, Release);
        // SAFETY: [own-index] this is the consumer's end.
        unsafe { ring.head() }.store(head, order);
    }

    /// Hands the place of the oldest item back to the producer.
    #[inline(always)]
    pub(super) fn retire_one(&mut self) {
        // SAFETY: the handle is not touched.
        self.retire(unsafe { kept::<R>(&self.ring) }, self.head(), 1);
    }
}

// Functions of no type, so that an end whose address nobody needs can live in registers.

/// Returns the error of a look that found nothing, as a result, made where the compiler cannot look. Like [`reason`].
#[cold]
#[inline(never)]
fn none<R: RawRing, X, T, E>(
    ring: &R,
    extra: &X,
    head: usize,
    why: impl FnOnce(&X, bool) -> E,
) -> Result<T, E> {
    Err(why(extra, has_ended(ring, head)))
}

/// Returns why a look of the consumer found nothing at `head`, its own index. `why` receives whether the ring has ended.
#[cold]
#[inline(never)]
fn reason<R: RawRing, X, E>(
    ring: &R,
    extra: &X,
    head: usize,
    why: impl FnOnce(&X, bool) -> E,
) -> E {
    why(extra, has_ended(ring, head))
}

/// Returns whether the ring is closed, and its last item is the one before `head`.
#[inline]
fn has_ended<R: RawRing>(ring: &R, head: usize) -> bool {
    // SAFETY: only loaded.
    let (tail, closed) = unsafe { (ring.tail(), ring.closed()) };
    // C1 (Acquire, pairs with C0): the last store of `tail` comes before the mark.
    let order = seeded!("ended_relaxed", Relaxed, Acquire);
    if closed.load(order) == 0 {
        return false;
    }
    // Relaxed: no item is read here.
    seeded!("closed_unconfirmed", true, false) || tail.load(Relaxed) == head
}

fn nothing<X>(_extra: &X, ended: bool) -> PopError {
    if ended { PopError::Closed } else { PopError::Empty }
}

/// The consumer of a pooled ring, which never comes back, leaves: drops the items that nobody will read, so that what they
/// hold comes back now, and not when the producer leaves.
///
/// The producer may push behind our look. So the ring is handed to it, by one exchange, together with the items that come
/// later; but if it has seen the ring closed meanwhile, and left items behind, they are dropped here, too.
///
/// Lock-free: another round means that the producer was refused a push meanwhile.
///
/// # Panics
/// As the drop of an item does; all the rest is done all the same.
///
/// # Safety
/// The caller is the consumer of a pooled ring, whose index is `head`, and does nothing more with it.
#[cold]
#[inline(never)]
unsafe fn abandon<R: RawRing>(ring: &R, head: usize) {
    if seeded!("unread_kept", true, false) {
        return;
    }
    // SAFETY: only loaded.
    let (tail, closed) = unsafe { (ring.tail(), ring.closed()) };
    // A0, as in `Consumer::look`.
    let items = || tail.load(Acquire);
    let early = seeded!("end_looked_for_last", Some(items()), None);
    // C1 (Acquire, pairs with C0), before the look for items: if nothing comes any more, all that came is seen.
    let order = seeded!("left_end_relaxed", Relaxed, Acquire);
    let ended = closed.load(order) != 0;
    let behind = early.unwrap_or_else(items);
    let count = distance(R::CAPACITY, head, behind);
    let _leave = Defer(|| {
        // R1 (Release, pairs with A1 in `Producer::look`): the items are dropped.
        // SAFETY: [own-index] the caller is the consumer's end.
        unsafe { ring.head() }.store(behind, Release);
        if ended {
            return; // Nothing comes any more.
        }
        // SAFETY: the ring is pooled, and this is the protocol.
        let taken = unsafe { ring.taken() };
        let left = LEFT | (behind << HEAD_SHIFT);
        // L0 (Release, pairs with L1): we are done with the items. L3 (Acquire, pairs with L2) if it fails: those
        // that the producer left behind are there.
        let order = seeded!("abandon_relaxed", Relaxed, Release);
        let late = seeded!("unread_unseen", Relaxed, Acquire);
        if taken.compare_exchange(0, left, order, late).is_err() {
            // Relaxed: L3 has acquired what the producer released.
            taken.swap(0, Relaxed);
            // SAFETY: the caller's.
            unsafe { abandon(ring, behind) };
        }
    });
    // [consumer-side] ours until `_leave` moves the index past them.
    drop(Items { ring, head, count });
}

/// The producer of a pooled ring, closed by its consumer, drops the items in it if the consumer has left.
///
/// # Panics
/// As the drop of an item does; the others are dropped all the same.
///
/// # Safety
/// The caller is the producer of a pooled ring, whose index is `tail`, and pushes nothing more.
#[cold]
#[inline(never)]
unsafe fn sweep<R: RawRing>(ring: &R, tail: usize) {
    if seeded!("unread_not_swept", true, false) {
        return;
    }
    // SAFETY: the ring is pooled, and this is the protocol.
    let taken = unsafe { ring.taken() };
    // L2 (Release, pairs with L3): the consumer sees all items. L1 (Acquire, pairs with L0) if it has left.
    let order = seeded!("sweep_relaxed", Relaxed, Acquire);
    let Err(seen) = taken.compare_exchange(0, UNREAD, Release, order) else { return };
    if seen & SWEPT == LEFT {
        // Nobody else writes it any more.
        taken.store(SWEPT, Relaxed);
        let head = seen >> HEAD_SHIFT;
        // First, so that an item whose drop panics is not met again.
        // SAFETY: [own-index] the consumer has handed its index over.
        unsafe { ring.head() }.store(tail, Relaxed);
        // [consumer-side] ours, since the consumer has left.
        drop(Items { ring, head, count: distance(R::CAPACITY, head, tail) });
    }
}

impl<R: RingRef> Drop for Producer<R> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the end is gone after this.
        let ring = unsafe { moved_out(&mut self.ring) };
        if R::TAKEN {
            // SAFETY: [one-each] this is the end, and it is given up.
            unsafe { ring.ring().give_back(PRODUCER) };
        }
    }
}

impl<R: RingRef> Drop for Consumer<R> {
    #[inline]
    fn drop(&mut self) {
        let abandons = !R::TAKEN && mem::needs_drop::<Item<R>>();
        let head = if abandons { self.head() } else { 0 };
        // SAFETY: the end is gone after this.
        let ring = unsafe { moved_out(&mut self.ring) };
        if R::TAKEN {
            // SAFETY: [one-each] this is the end, and it is given up.
            unsafe { ring.ring().give_back(CONSUMER) };
        } else if abandons {
            // SAFETY: the ring is pooled, and this is its consumer, which does nothing more.
            unsafe { abandon(ring.ring(), head) };
        }
    }
}

impl<R: RingRef> fmt::Debug for Producer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let closed = self.is_closed();
        f.debug_struct("Producer").field("len", &self.len()).field("closed", &closed).finish()
    }
}

impl<R: RingRef> fmt::Debug for Consumer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let closed = self.is_closed();
        f.debug_struct("Consumer").field("len", &self.len()).field("closed", &closed).finish()
    }
}
