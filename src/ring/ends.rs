//! The two ends of a ring.
//!
//! | edge | release site | acquire site | makes visible | model |
//! |---|---|---|---|---|
//! | R0→A0 | `Producer::publish`: `tail.store` | `Consumer::look`: `tail.load` | the items written | `ring::push_vs_pop` |
//! | R1→A1 | `Consumer::retire`: `head.store` | `Producer::look`: `head.load` | the places were read out and are free | `ring::push_vs_pop`, over the wrap |
//! | L0→L1 | `abandon`: the ring is `LEFT` | `sweep`: exchange | the consumer is done with the items before its index | `stream::receiver_leaves_vs_send` |
//! | L2→L3 | `sweep`: the ring is `UNREAD` | `abandon`: exchange | the items that the producer left behind | `stream::receiver_leaves_vs_send` |
//! | E0→E1 | `RawRing::give_back` | `Ring::take` | the last holder's stores of its index | `ring::producer_taken_again`, `ring::consumer_taken_again` |

use super::{CLOSED, CONSUMER, Drain, Grant, PRODUCER, PopRef, RawRing, Ring};
use super::{HEAD_SHIFT, Items, LEFT, SWEPT, UNREAD, advance, distance, place};
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
    #[doc(hidden)]
    const TAKEN: bool = true;
    #[doc(hidden)]
    fn ring(&self) -> &Self::Ring;
}

// SAFETY: a reference always refers to the same ring.
unsafe impl<T, const N: usize, A> RingRef for &Ring<T, N, A> {
    type Ring = Ring<T, N, A>;

    #[inline(always)]
    fn ring(&self) -> &Ring<T, N, A> {
        self
    }
}

// SAFETY: an `Arc` always refers to the same ring.
#[cfg(feature = "std")]
unsafe impl<T, const N: usize, A> RingRef for std::sync::Arc<Ring<T, N, A>> {
    type Ring = Ring<T, N, A>;

    #[inline(always)]
    fn ring(&self) -> &Ring<T, N, A> {
        self
    }
}

/// What the ring behind `R` holds.
pub(super) type Item<R> = <<R as RingRef>::Ring as RawRing>::Item;

/// The writing end of a [`Ring`]. Dropped, it can be [taken again](Ring::try_producer).
///
/// Unless it says otherwise, a method is wait-free, may be called in an interrupt handler, and costs one
/// load of a shared word; one that takes `&mut self` and publishes costs a store more.
pub struct Producer<R: RingRef> {
    ring: R,
    /// [own-index] Where the next item goes.
    tail: usize,
    /// Places known to be free: never more than there are, since the consumer only frees more.
    room: usize,
}

/// The reading end of a [`Ring`]. Dropped, it can be [taken again](Ring::try_consumer); the items stay.
///
/// Unless it says otherwise, a method is wait-free, may be called in an interrupt handler, and costs one
/// load of a shared word; one that takes `&mut self` and frees places costs a store more.
pub struct Consumer<R: RingRef> {
    ring: R,
    /// [own-index] Where the next item is.
    head: usize,
    /// Items known to be there: never more than there are, since the producer only adds more.
    ready: usize,
    /// What the last look saw of the producer's index, with its mark of a closed ring.
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

    /// [one-each]: the caller took the end.
    #[inline]
    pub(super) fn new(ring: R) -> Self {
        // SAFETY: only loaded.
        let tail = unsafe { ring.ring().tail() }.load(Relaxed) & !CLOSED;
        Self { ring, tail, room: 0 }
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
    fn cancelled(&self) -> &plain::AtomicUsize {
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
    /// One load of a word that is rarely written, one write of the item, one store; when the known room
    /// is used up, one load of the consumer's index.
    #[inline]
    pub fn push(&mut self, item: Item<R>) -> Result<(), PushError<Item<R>>> {
        if self.is_closed() {
            return Err(PushError::Closed(item));
        }
        if !self.has_room() {
            return Err(PushError::Full(item));
        }
        if seeded!("publish_early", true, false) {
            let at = self.place(0);
            self.publish(1);
            // SAFETY: none; this is the seeded fault.
            unsafe { self.ring.ring().write_ptr(at).write(item) };
            return Ok(());
        }
        // SAFETY: [producer-side] there is room, so the place is ours.
        unsafe { self.ring.ring().write_ptr(self.place(0)).write(item) };
        self.publish(1);
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
        let count = items.len().min(self.room_for(items.len()));
        let first = self.place(0);
        let behind = count.min(Self::CAPACITY - first);
        for (i, item) in items.iter().take(count).enumerate() {
            let at = if i < behind { first + i } else { i - behind };
            // SAFETY: [producer-side] `i < count <= room`, so the place is ours.
            unsafe { self.ring.ring().write_ptr(at).write(*item) };
        }
        self.publish(count);
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
            count: usize,
        }
        impl<R: RingRef> Drop for Publish<'_, R> {
            fn drop(&mut self) {
                self.producer.publish(self.count);
            }
        }

        let room = self.room_for(Self::CAPACITY);
        let mut written = Publish { producer: self, count: 0 };
        let mut iter = iter.into_iter();
        while written.count < room {
            let Some(item) = iter.next() else { break };
            let at = written.producer.place(written.count);
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
        if !self.has_room() {
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
        distance(Self::CAPACITY, self.shared_head().load(Relaxed), self.tail)
    }

    fill_level!(
        "Whether the ring holds nothing. If so, it stays so until this end pushes.",
        "Whether there is no room. May be untrue at once; if there is room, it stays until this end pushes."
    );

    pub(crate) fn mark_closed(&self) {
        // R0 (Release, pairs with A0): the mark follows every item.
        let order = seeded!("close_relaxed", Relaxed, Release);
        self.shared_tail().store(self.tail | CLOSED, order);
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
            unsafe { sweep(self.ring.ring(), self.tail) };
        }
    }

    pub(crate) fn handle(&self) -> &R {
        &self.ring
    }

    #[inline(always)]
    fn has_room(&mut self) -> bool {
        self.room != 0 || self.look() != 0
    }

    /// Places free for up to `want` items; none once the ring is closed.
    fn room_for(&mut self, want: usize) -> usize {
        if self.is_closed() {
            0
        } else if self.room < want {
            self.look()
        } else {
            self.room
        }
    }

    #[inline]
    fn look(&mut self) -> usize {
        // A1 (Acquire, pairs with R1 in `Consumer::retire`): the consumer is done with these places.
        let order = seeded!("head_load_relaxed", Relaxed, Acquire);
        let head = self.shared_head().load(order);
        let capacity = seeded!("overrun", Self::CAPACITY + 1, Self::CAPACITY);
        self.room = capacity - distance(Self::CAPACITY, head, self.tail);
        self.room
    }

    /// The place `ahead` of the next, which is at most the known room.
    #[inline(always)]
    pub(super) fn place(&self, ahead: usize) -> usize {
        // Not left to the compiler, which does not know that an index is below 2 N.
        let index = if ahead == 0 { self.tail } else { advance(Self::CAPACITY, self.tail, ahead) };
        place(Self::CAPACITY, index)
    }

    #[inline(always)]
    pub(super) fn publish(&mut self, count: usize) {
        self.tail = advance(Self::CAPACITY, self.tail, count);
        self.room -= count;
        // R0 (Release, pairs with A0 in `Consumer::look`): the items are written.
        let order = seeded!("publish_relaxed", Relaxed, Release);
        self.shared_tail().store(self.tail, order);
    }
}

impl<R: RingRef> Consumer<R> {
    const CAPACITY: usize = <R::Ring as RawRing>::CAPACITY;

    /// [one-each]: the caller took the end.
    #[inline]
    pub(super) fn new(ring: R) -> Self {
        // SAFETY: only loaded.
        let head = unsafe { ring.ring().head() }.load(Relaxed);
        Self { ring, head, ready: 0, seen: 0, refuses: false }
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
    /// One read of the item, one store; when the known items are used up, one load of the producer's
    /// index.
    #[inline]
    pub fn pop(&mut self) -> Result<Item<R>, PopError> {
        self.pop_then(|_| (), Self::nothing)
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
        why: impl FnOnce(&Self) -> E,
    ) -> Result<Item<R>, E> {
        if !self.has_item() {
            // Without alignment the item begins inside of where an error lies, so the error must not be seen.
            let overlap = align_of::<Item<R>>() == 1;
            return if overlap { self.none(why) } else { Err(why(self)) };
        }
        if seeded!("retire_early", true, false) {
            let at = self.place();
            self.retire(1);
            // SAFETY: none; this is the seeded fault.
            return Ok(unsafe { self.ring.ring().read_ptr(at).read() });
        }
        /// Retires the item when the result is made, so that the item is read right into it.
        struct Retire<'c, R: RingRef, F: Fn(&Consumer<R>)>(&'c mut Consumer<R>, F);

        impl<R: RingRef, F: Fn(&Consumer<R>)> Drop for Retire<'_, R, F> {
            #[inline(always)]
            fn drop(&mut self) {
                self.0.retire(1);
                (self.1)(self.0);
            }
        }

        let read = Retire(self, then);
        // SAFETY: [consumer-side] an item is ready, so the place is ours and initialised; it is retired
        // right away, so the item is not read again.
        Ok(unsafe { read.0.ring.ring().read_ptr(read.0.place()).read() })
    }

    /// Takes as many items as there are and as fit into `out`, in order. How many.
    ///
    /// # Context
    /// Wait-free, O(items taken).
    pub fn pop_slice(&mut self, out: &mut [Item<R>]) -> usize
    where
        Item<R>: Copy,
    {
        let count = out.len().min(self.ready_for(out.len()));
        let first = self.place();
        let behind = count.min(Self::CAPACITY - first);
        for (i, out) in out.iter_mut().take(count).enumerate() {
            let at = if i < behind { first + i } else { i - behind };
            // SAFETY: [consumer-side] `i < count <= ready`, so the place is ours and initialised.
            *out = unsafe { self.ring.ring().read_ptr(at).read() };
        }
        self.retire(count);
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
        self.ready_for(Self::CAPACITY);
        Drain::new(self)
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
        if !self.has_item() {
            return Err(self.nothing());
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
        if !self.has_item() {
            return Err(self.nothing());
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
        // Acquire, pairs with R0: what the producer said before it closed is visible.
        let order = seeded!("is_closed_relaxed", Relaxed, Acquire);
        self.shared_tail().load(order) & CLOSED != 0
    }

    /// Items in the ring. May be more at once, and is never fewer until this end pops.
    #[must_use]
    pub fn len(&self) -> usize {
        let tail = self.shared_tail().load(Relaxed) & !CLOSED;
        distance(Self::CAPACITY, self.head, tail)
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
    fn has_item(&mut self) -> bool {
        self.ready != 0 || self.look() != 0
    }

    fn ready_for(&mut self, want: usize) -> usize {
        if self.ready < want { self.look() } else { self.ready }
    }

    #[inline]
    fn look(&mut self) -> usize {
        // A0 (Acquire, pairs with R0 in `Producer::publish`): the items are written. The mark of a closed
        // ring is in the same word, so it is never seen before the last item.
        let order = seeded!("tail_load_relaxed", Relaxed, Acquire);
        self.seen = self.shared_tail().load(order);
        let phantom = seeded!("underrun", 1, 0);
        self.ready = distance(Self::CAPACITY, self.head, self.seen & !CLOSED) + phantom;
        if seeded!("closed_before_items", self.saw_end(), false) {
            self.ready = 0;
        }
        self.ready
    }

    /// A result that is an error, made where the compiler cannot look.
    #[cold]
    #[inline(never)]
    fn none<T, E>(&self, why: impl FnOnce(&Self) -> E) -> Result<T, E> {
        Err(why(self))
    }

    /// Why the last look found nothing.
    #[cold]
    #[inline(never)]
    fn nothing(&self) -> PopError {
        if self.saw_end() { PopError::Closed } else { PopError::Empty }
    }

    /// Whether the last look, which found nothing, found the ring closed.
    pub(crate) fn saw_end(&self) -> bool {
        self.seen & CLOSED != 0
    }

    #[inline(always)]
    pub(super) fn place(&self) -> usize {
        place(Self::CAPACITY, self.head)
    }

    /// Known items that are not taken yet.
    pub(super) fn ready(&self) -> usize {
        self.ready
    }

    #[inline(always)]
    pub(super) fn retire(&mut self, count: usize) {
        self.head = advance(Self::CAPACITY, self.head, count);
        self.ready -= count;
        // R1 (Release, pairs with A1 in `Producer::look`): the places are read out.
        let order = seeded!("retire_relaxed", Relaxed, Release);
        // SAFETY: [own-index] this is the consumer's end.
        unsafe { self.ring.ring().head() }.store(self.head, order);
    }
}

// Functions of no type, so that an end whose address nobody needs can live in registers.

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
    // A0, as in `Consumer::look`.
    // SAFETY: only loaded.
    let seen = unsafe { ring.tail() }.load(Acquire);
    let count = distance(R::CAPACITY, head, seen & !CLOSED);
    let behind = advance(R::CAPACITY, head, count);
    let _leave = Defer(|| {
        // R1 (Release, pairs with A1 in `Producer::look`): the items are dropped.
        // SAFETY: [own-index] the caller is the consumer's end.
        unsafe { ring.head() }.store(behind, Release);
        if seen & CLOSED != 0 {
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
        if R::TAKEN {
            // SAFETY: [one-each] this is the end, and it is given up.
            unsafe { self.ring.ring().give_back(PRODUCER) };
        }
    }
}

impl<R: RingRef> Drop for Consumer<R> {
    #[inline]
    fn drop(&mut self) {
        if R::TAKEN {
            // SAFETY: [one-each] this is the end, and it is given up.
            unsafe { self.ring.ring().give_back(CONSUMER) };
        } else if mem::needs_drop::<Item<R>>() && !(self.ready == 0 && self.saw_end()) {
            // SAFETY: the ring is pooled, and this is its consumer, which does nothing more.
            unsafe { abandon(self.ring.ring(), self.head) };
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
