//! The writing end of a ring: [`Producer`].

use super::handle::{Item, Kept, RawRing, RingRef, keep, kept, moved_out};
use super::{
    Grant, HEAD_SHIFT, Items, LEFT, PRODUCER, SWEPT, UNREAD, advance, distance, fill_level,
    opposite, order, position, words,
};
use crate::error::PushError;
use crate::sync::{Ordering::Relaxed, plain, seeded};
use core::{fmt, mem};

/// The writing end of a [`Ring`](crate::Ring). Dropped, it can be [taken again](crate::Ring::try_producer).
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
    /// [closed](crate::Consumer::close) the ring.
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
        let at = position(Self::CAPACITY, tail);
        if seeded!("publish_early", true, false) {
            self.publish(ring, tail, 1);
            // SAFETY: none; this is the seeded fault.
            unsafe { ring.write_ptr(at).write(item) };
            return Ok(());
        }
        // SAFETY: [producer-side] there is room, so the place is ours.
        let place = unsafe { ring.write_ptr(at) };
        // SAFETY: as above.
        unsafe { words::put(place, item) };
        words::ask_ahead(Self::CAPACITY, place);
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
        let first = position(Self::CAPACITY, tail);
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
            let at = position(Self::CAPACITY, advance(Self::CAPACITY, tail, written.count));
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
    /// [`PopError::Closed`](crate::error::PopError::Closed).
    ///
    /// # Examples
    /// ```
    /// use forebay::error::PopError;
    /// use forebay::Ring;
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

    /// Whether the consumer [closed](crate::Consumer::close) the ring. Once `true`, it stays so for this
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
        // C0: the mark follows every item.
        // SAFETY: this is the producer's end, which pushes nothing more.
        unsafe { self.ring.ring().closed() }.store(1, order::close());
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
        // A1: the consumer is done with these places.
        let head = self.shared_head().load(order::look_for_room());
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
    pub(super) fn position(&self) -> usize {
        position(Self::CAPACITY, self.tail())
    }

    /// Hands the `count` places from `tail` on, the own index, to the consumer of `ring`, which is this one.
    #[inline(always)]
    fn publish(&mut self, ring: &R::Ring, tail: usize, count: usize) {
        let tail = advance(Self::CAPACITY, tail, count);
        if Self::CACHED {
            self.tail = tail;
        }
        // R0: the items are written.
        // SAFETY: [own-index] this is the producer's end.
        unsafe { ring.tail() }.store(tail, order::publish());
    }

    /// Hands the next place to the consumer.
    #[inline(always)]
    pub(super) fn publish_one(&mut self) {
        // SAFETY: the handle is not touched.
        self.publish(unsafe { kept::<R>(&self.ring) }, self.tail(), 1);
    }
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
    // L2: the consumer sees all items. L1 if it has left.
    let exchanged = taken.compare_exchange(0, UNREAD, order::leave_unread(), order::find_left());
    let Err(seen) = exchanged else { return };
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

impl<R: RingRef> fmt::Debug for Producer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let closed = self.is_closed();
        f.debug_struct("Producer").field("len", &self.len()).field("closed", &closed).finish()
    }
}
