//! The reading end of a ring: [`Consumer`].

use super::handle::{Item, Kept, RawRing, RingRef, keep, kept, moved_out};
use super::{
    CONSUMER, Drain, HEAD_SHIFT, Items, LEFT, PopRef, advance, distance, fill_level, order,
    position, words,
};
use crate::defer::Defer;
use crate::error::PopError;
use crate::sync::{Ordering::Relaxed, plain, seeded};
use core::{fmt, mem};

/// The reading end of a [`Ring`](crate::Ring). Dropped, it can be [taken again](crate::Ring::try_consumer); the items stay.
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
    /// [`PopError::Empty`], or [`PopError::Closed`] when the producer [closed](crate::Producer::close) the ring and
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
        why: impl FnOnce(&R::Shared, bool) -> E,
    ) -> Result<Item<R>, E> {
        // SAFETY: the handle is not touched.
        let ring = unsafe { kept::<R>(&self.ring) };
        let head = self.head();
        if !self.has_item(head) {
            // An item of several words without alignment begins inside of where an error lies, so the error must not be
            // seen.
            let overlap = align_of::<Item<R>>() == 1 && size_of::<Item<R>>() > size_of::<usize>();
            let shared = self.ring.parts().1;
            return if overlap {
                none(ring, shared, head, why)
            } else if cfg!(not(target_arch = "arm")) {
                // Without a call here the caller keeps no return address: 2 instructions of each pop. On Cortex-M it would
                // cost 1.
                Err(why(shared, has_ended(ring, head)))
            } else {
                Err(reason(ring, shared, head, why))
            };
        }
        let at = position(Self::CAPACITY, head);
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
        let first = position(Self::CAPACITY, head);
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

    /// Takes what is there now, one by one, without looking for more. Items that it does not take stay.
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
        Ok(unsafe { &*self.ring.ring().read_ptr(self.position()) })
    }

    /// Takes the oldest item in place: it is dropped and its place freed when the reference is dropped.
    /// An example is at [`Producer::reserve`](crate::Producer::reserve).
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
    /// [`PushError::Closed`](crate::error::PushError::Closed). Items that are there stay until the ring is used again or dropped.
    pub fn close(self) {
        self.mark_closed();
    }

    /// Whether the producer [closed](crate::Producer::close) the ring; items may be left.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        // C1: all that the producer did before it closed is visible.
        // SAFETY: only loaded.
        unsafe { self.ring.ring().closed() }.load(order::is_closed()) != 0
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
        // A0: the items are written.
        let tail = self.shared_tail().load(order::look_for_items());
        let phantom = seeded!("underrun", usize::from(tail == head), 0);
        let tail = if phantom == 0 { tail } else { advance(Self::CAPACITY, tail, phantom) };
        if Self::CACHED {
            self.seen = tail;
        }
        tail
    }

    #[inline(always)]
    pub(super) fn position(&self) -> usize {
        position(Self::CAPACITY, self.head())
    }

    /// Hands the `count` places from `head` on, the own index, back to the producer of `ring`, which is this one.
    #[inline(always)]
    fn retire(&mut self, ring: &R::Ring, head: usize, count: usize) {
        let head = advance(Self::CAPACITY, head, count);
        if Self::CACHED {
            self.head = head;
        }
        // R1: the places are read out.
        // SAFETY: [own-index] this is the consumer's end.
        unsafe { ring.head() }.store(head, order::retire());
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
    shared: &X,
    head: usize,
    why: impl FnOnce(&X, bool) -> E,
) -> Result<T, E> {
    Err(why(shared, has_ended(ring, head)))
}

/// Returns why a look of the consumer found nothing at `head`, its own index. `why` receives whether the ring has ended.
#[cold]
#[inline(never)]
fn reason<R: RawRing, X, E>(
    ring: &R,
    shared: &X,
    head: usize,
    why: impl FnOnce(&X, bool) -> E,
) -> E {
    why(shared, has_ended(ring, head))
}

/// Returns whether the ring is closed, and its last item is the one before `head`.
#[inline]
fn has_ended<R: RawRing>(ring: &R, head: usize) -> bool {
    // SAFETY: only loaded.
    let (tail, closed) = unsafe { (ring.tail(), ring.closed()) };
    // C1: the last store of `tail` comes before the mark.
    if closed.load(order::has_ended()) == 0 {
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
    let items = || tail.load(order::look_for_last_items());
    let early = seeded!("end_looked_for_last", Some(items()), None);
    // C1, before the look for items: if nothing comes any more, all that came is seen.
    let ended = closed.load(order::has_ended_at_last()) != 0;
    let behind = early.unwrap_or_else(items);
    let count = distance(R::CAPACITY, head, behind);
    let _leave = Defer(|| {
        // R1: the items are dropped.
        // SAFETY: [own-index] the caller is the consumer's end.
        unsafe { ring.head() }.store(behind, order::retire_last());
        if ended {
            return; // Nothing comes any more.
        }
        // SAFETY: the ring is pooled, and this is the protocol.
        let taken = unsafe { ring.taken() };
        let left = LEFT | (behind << HEAD_SHIFT);
        // L0: we are done with the items. L3 if it fails: those that the producer left behind are there.
        if taken.compare_exchange(0, left, order::abandon(), order::find_unread()).is_err() {
            // Relaxed: L3 has acquired what the producer released.
            taken.swap(0, Relaxed);
            // SAFETY: the caller's.
            unsafe { abandon(ring, behind) };
        }
    });
    // [consumer-side] ours until `_leave` moves the index past them.
    drop(Items { ring, head, count });
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

impl<R: RingRef> fmt::Debug for Consumer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let closed = self.is_closed();
        f.debug_struct("Consumer").field("len", &self.len()).field("closed", &closed).finish()
    }
}
