//! Rings: bounded single-producer, single-consumer queues that never wait. A [`Ring`] has one [`Producer`] and one [`Consumer`],
//! which are generic over a handle to it. A [`Latest`] keeps the newest value alone.
#![allow(unsafe_code)]

mod consumer;
mod grant;
mod handle;
mod latest;
mod producer;
mod words;

pub use crate::sync::pad::{CacheLine, Compact, DefaultPadding};
pub use consumer::Consumer;
pub use grant::{Drain, Filled, Grant, PopRef};
pub use handle::RingRef;
pub(crate) use handle::{PooledRing, RawRing};
pub use latest::{Latest, LatestReader, LatestWriter};
pub use producer::Producer;

use crate::slot::Slots;
use crate::sync::pad::Padded;
use crate::sync::{
    Ordering::{Acquire, Relaxed},
    const_fn, orderings, plain, rmw, seeded,
};
use core::fmt;

orderings! {
    /// R0 (pairs with A0): the items are written.
    publish = seeded!("publish_relaxed", Relaxed, Release);
    /// A0 (pairs with R0): the same, seen by the consumer.
    look_for_items = seeded!("tail_load_relaxed", Relaxed, Acquire);
    /// A0 (pairs with R0) of a consumer that leaves.
    look_for_last_items = Acquire;
    /// R1 (pairs with A1): the places are read out.
    retire = seeded!("retire_relaxed", Relaxed, Release);
    /// R1 (pairs with A1): the items that a consumer leaves behind are dropped.
    retire_last = Release;
    /// A1 (pairs with R1): the consumer is done with the places.
    look_for_room = seeded!("head_load_relaxed", Relaxed, Acquire);
    /// C0 (pairs with C1): the mark follows every item.
    close = seeded!("close_relaxed", Relaxed, Release);
    /// C1 (pairs with C0): all that the producer did before it closed is visible.
    is_closed = seeded!("is_closed_relaxed", Relaxed, Acquire);
    /// C1 (pairs with C0): the last store of `tail` comes before the mark.
    has_ended = seeded!("ended_relaxed", Relaxed, Acquire);
    /// C1 (pairs with C0), for a consumer that leaves: if nothing comes any more, all that came is seen.
    has_ended_at_last = seeded!("left_end_relaxed", Relaxed, Acquire);
    /// L0 (pairs with L1): the consumer is done with the items before its index.
    abandon = seeded!("abandon_relaxed", Relaxed, Release);
    /// L1 (pairs with L0): the same, seen by a producer that finds the ring left.
    find_left = seeded!("sweep_relaxed", Relaxed, Acquire);
    /// L2 (pairs with L3): the consumer sees all items that the producer left.
    leave_unread = Release;
    /// L3 (pairs with L2): they are there.
    find_unread = seeded!("unread_unseen", Relaxed, Acquire);
    /// E0 (pairs with E1): the stores of the own index, or of the own place, come first.
    give_back = seeded!("give_back_relaxed", Relaxed, Release);
    /// E1 (pairs with E0): those of the last holder are visible.
    take = seeded!("take_relaxed", Relaxed, Acquire);
}

/// A wait-free ring of `N` items between one producer and one consumer.
///
/// All `N` places hold items, for any `N`. With [`CacheLine`] as its padding, each end keeps its own
/// index and a stale copy of the other's in its handle: it touches shared memory only to publish, and to look again when
/// the copy is used up. With [`Compact`], for cores without a data cache, both indices are read from the
/// ring each time: a copy would cost instructions and save nothing.
///
/// # Shape
/// `N` from 1 to 65,535, checked at compile time. Besides the items: the two indices, and two words that are written when
/// an end is taken, closed or dropped. `A` pads these three parts; it is [`DefaultPadding`] unless given. An `A` with an
/// alignment of 1 is a ring without copies.
///
/// # Context and cost
/// Either end may be on any thread or in any interrupt handler. Nothing blocks, nothing allocates, and all is wait-free.
///
/// | method | cost |
/// |---|---|
/// | [`new`](Self::new), [`capacity`](Self::capacity), also in a constant | nothing at run time in a `static`: all zeros |
/// | [`try_producer`](Self::try_producer), [`try_consumer`](Self::try_consumer), and the drop of an end | one read-modify-write |
/// | [`split`](Self::split), `split_arc` | two loads and a few stores |
/// | push and pop | plain loads and stores on every target: see [`Producer`] and [`Consumer`] |
///
/// # Source
/// Indices from 0 to 2N, and both cached on both sides where there are caches, as in rtrb; `split` as in heapless; ends
/// that can be taken again as in bbqueue.
///
// Invariants, cited by tag:
// - [two-laps] `head` and `tail` run from 0 to `2N - 1`; their distance, modulo `2N`, is the number of items,
//   0 to `N`. The places from `head` on for that distance, modulo `N`, are initialised.
// - [own-index] only the producer stores `tail`, only the consumer stores `head`. Each end knows its own index from a plain
//   field of its handle; in a ring without copies, from a relaxed load of the word that nobody else stores.
// - [one-each] there is at most one producer and one consumer.
// - [producer-side] a place outside the items belongs to the producer, [consumer-side] one inside
//   to the consumer; publishing an index hands places over.
///
/// # Examples
/// Between two threads, or an interrupt and the main program:
/// ```
/// use forebay::Ring;
///
/// static SAMPLES: Ring<i16, 100> = Ring::new();
///
/// let mut producer = SAMPLES.try_producer().unwrap();
/// let mut consumer = SAMPLES.try_consumer().unwrap();
/// let sampler = std::thread::spawn(move || (0..100).for_each(|n| producer.push(n).unwrap()));
/// sampler.join().unwrap();
/// assert_eq!(consumer.pop(), Ok(0));
/// assert_eq!(consumer.len(), 99);
/// ```
/// A ring of leases hands pooled frames over without copying them:
/// ```
/// use forebay::{Lease, Pool, Ring};
///
/// type Frame = Lease<&'static Pool<[u8; 32], 4>>;
/// static FRAMES: Pool<[u8; 32], 4> = Pool::new();
/// static FILLED: Ring<Frame, 4> = Ring::new();
///
/// let mut frame = FRAMES.try_get()?;
/// frame[0] = 1;
/// FILLED.try_producer().unwrap().push(frame).unwrap();
/// assert_eq!(FILLED.try_consumer().unwrap().pop().unwrap()[0], 1);
/// # Ok::<(), forebay::Exhausted>(())
/// ```
pub struct Ring<T, const N: usize, A = DefaultPadding> {
    /// Where the consumer reads next. Stored by the consumer.
    head: Padded<plain::AtomicUsize, A>,
    /// Where the producer writes next. Stored by the producer.
    tail: Padded<plain::AtomicUsize, A>,
    ends: Padded<Ends, A>,
    slots: Slots<T, N>,
}

/// Written when an end comes or goes, so both ends keep it in their caches.
struct Ends {
    /// Not 0 once the consumer left, or the producer wants no more. Stored by both, but never as 0.
    cancelled: plain::AtomicU16,
    /// Not 0 once nothing follows the items before `tail`. Stored by the producer; read behind a look that found no item.
    closed: plain::AtomicU16,
    /// Which ends are taken: [`PRODUCER`], [`CONSUMER`]. In a pooled ring, whose ends are not taken but lent, who drops
    /// the items that nobody will read: [`LEFT`], [`UNREAD`], [`SWEPT`].
    taken: rmw::AtomicUsize,
}

/// Marks in `Ends::taken`.
const PRODUCER: usize = 1;
const CONSUMER: usize = 2;

/// The consumer has left for good, and its side is the producer's. Its index stands [`HEAD_SHIFT`] bits up.
const LEFT: usize = 1;
/// The producer saw that the consumer wants no more, and leaves what is in the ring to it.
const UNREAD: usize = 2;
/// The consumer has left, and nothing is in the ring any more.
const SWEPT: usize = 3;
const HEAD_SHIFT: u32 = 2;

/// Takes an end, one of the bits of `taken`, unless somebody has it.
fn take(taken: &rmw::AtomicUsize, end: usize) -> bool {
    if seeded!("take_torn", true, false) {
        let seen = taken.load(Acquire);
        taken.store(seen | end, Relaxed);
        return seen & end == 0;
    }
    // E1: the last holder's stores of its index, or of its place, are visible.
    taken.fetch_or(end, order::take()) & end == 0
}

/// Gives an end back. For who has it.
fn give_back(taken: &rmw::AtomicUsize, end: usize) {
    // E0: our stores of the index, or of the place, come first.
    taken.fetch_and(!end, order::give_back());
}

impl<T, const N: usize, A> Ring<T, N, A> {
    const_fn! {
        /// An empty ring.
        #[must_use]
        pub const fn new() -> Self {
            const { assert!(N >= 1 && N <= 65_535, "capacity must be from 1 to 65,535") };
            Self {
                head: Padded::new(plain::AtomicUsize::new(0)),
                tail: Padded::new(plain::AtomicUsize::new(0)),
                ends: Padded::new(Ends {
                    cancelled: plain::AtomicU16::new(0),
                    closed: plain::AtomicU16::new(0),
                    taken: rmw::AtomicUsize::new(0),
                }),
                slots: Slots::new(),
            }
        }
    }

    /// The producer, or `None` while there is one. Dropped, it can be taken again, on any thread; a ring
    /// that the last one closed is open again then.
    ///
    /// # Examples
    /// ```
    /// static RING: forebay::Ring<u8, 4> = forebay::Ring::new();
    /// let producer = RING.try_producer().unwrap();
    /// assert!(RING.try_producer().is_none()); // there is one
    /// drop(producer);
    /// assert!(RING.try_producer().is_some());
    /// ```
    #[must_use]
    pub fn try_producer(&self) -> Option<Producer<&Self>> {
        take(&self.ends.taken, PRODUCER).then(|| {
            // Relaxed: a consumer that sees an item of this producer sees this, too, by R0. Before that it may still find
            // the ring closed, as the last holder left it.
            self.ends.closed.store(0, Relaxed);
            Producer::new(self)
        })
    }

    /// The consumer, or `None` while there is one. Dropped, it can be taken again, on any thread; a ring
    /// that the last one closed is open again then.
    #[must_use]
    pub fn try_consumer(&self) -> Option<Consumer<&Self>> {
        take(&self.ends.taken, CONSUMER).then(|| {
            self.ends.cancelled.store(0, Relaxed);
            Consumer::new(self)
        })
    }

    /// Both ends of a ring that nobody else can reach. Items that are in it stay; a closed ring is open
    /// again.
    ///
    /// # Examples
    /// ```
    /// let mut ring: forebay::Ring<u8, 3> = forebay::Ring::new();
    /// let (mut producer, mut consumer) = ring.split();
    /// producer.push(1).unwrap();
    /// assert_eq!(consumer.pop(), Ok(1));
    /// ```
    pub fn split(&mut self) -> (Producer<&Self>, Consumer<&Self>) {
        self.reopen();
        self.ends.taken.store(PRODUCER | CONSUMER, Relaxed);
        (Producer::new(&*self), Consumer::new(&*self))
    }

    /// Both ends of a ring in an `Arc` that nobody else has; `None` otherwise. As [`split`](Self::split).
    ///
    /// # Examples
    /// ```
    /// use forebay::Ring;
    /// use std::sync::Arc;
    ///
    /// let (mut producer, mut consumer) = Ring::split_arc(Arc::new(Ring::<u8, 4>::new())).unwrap();
    /// std::thread::spawn(move || producer.push(1).unwrap()).join().unwrap();
    /// assert_eq!(consumer.pop(), Ok(1));
    /// ```
    #[cfg(feature = "std")]
    #[must_use]
    #[allow(clippy::type_complexity)] // Two ends of one type.
    pub fn split_arc(
        ring: std::sync::Arc<Self>,
    ) -> Option<(Producer<std::sync::Arc<Self>>, Consumer<std::sync::Arc<Self>>)> {
        let mut ring = ring;
        let only = std::sync::Arc::get_mut(&mut ring)?;
        only.reopen();
        only.ends.taken.store(PRODUCER | CONSUMER, Relaxed);
        Some((Producer::new(std::sync::Arc::clone(&ring)), Consumer::new(ring)))
    }

    /// How many items fit: `N`.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        N
    }

    /// Forgets that either side closed. Nobody else may have the ring.
    fn reopen(&mut self) {
        self.ends.closed.store(0, Relaxed);
        self.ends.cancelled.store(0, Relaxed);
    }

    /// Makes an empty ring where `ring` points, as [`new`](Self::new), without a word of its places.
    ///
    /// # Safety
    /// `ring` is valid for writing.
    unsafe fn init(ring: *mut Self) {
        let word = || plain::AtomicUsize::new(0);
        let mark = || plain::AtomicU16::new(0);
        // SAFETY: the caller's; every field is written.
        unsafe {
            (&raw mut (*ring).head).write(Padded::new(word()));
            (&raw mut (*ring).tail).write(Padded::new(word()));
            let ends = Ends { cancelled: mark(), closed: mark(), taken: rmw::AtomicUsize::new(0) };
            (&raw mut (*ring).ends).write(Padded::new(ends));
            Slots::init(&raw mut (*ring).slots);
        }
    }

    /// Drops the items and opens the ring again: as new.
    pub(crate) fn reset(&mut self) {
        let (head, tail) = (self.head.load(Relaxed), self.tail.load(Relaxed));
        // First, so that an item whose drop panics is not met again.
        self.head.store(0, Relaxed);
        self.tail.store(0, Relaxed);
        self.ends.cancelled.store(0, Relaxed);
        self.ends.closed.store(0, Relaxed);
        self.ends.taken.store(0, Relaxed);
        drop(Items { ring: self, head, count: distance(N, head, tail) });
    }
}

impl<T, const N: usize, A> Default for Ring<T, N, A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const N: usize, A> fmt::Debug for Ring<T, N, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (head, tail) = (self.head.load(Relaxed), self.tail.load(Relaxed));
        f.debug_struct("Ring")
            .field("capacity", &N)
            .field("len", &distance(N, head, tail).min(N))
            .field("closed", &(self.ends.closed.load(Relaxed) != 0))
            .finish_non_exhaustive()
    }
}

impl<T, const N: usize, A> Drop for Ring<T, N, A> {
    fn drop(&mut self) {
        self.reset();
    }
}

/// Items that nobody else can reach; dropping it drops them, also when the drop of one panics.
///
/// [two-laps], [consumer-side]: whoever makes it owns the places of the items, and has moved the ring's indices past
/// them, or will also when this panics, so that nobody meets them again.
struct Items<'a, R: RawRing> {
    ring: &'a R,
    head: usize,
    count: usize,
}

impl<R: RawRing> Drop for Items<'_, R> {
    fn drop(&mut self) {
        while core::mem::needs_drop::<R::Item>() && self.count != 0 {
            let at = position(R::CAPACITY, self.head);
            let head = advance(R::CAPACITY, self.head, 1);
            let rest = Items { ring: self.ring, head, count: self.count - 1 };
            self.count = 0;
            // SAFETY: [two-laps] the place holds an item, and [consumer-side] it is ours; it is out of the count, so it
            // is dropped once.
            unsafe { self.ring.write_ptr(at).drop_in_place() };
            (self.head, self.count) = (rest.head, rest.count);
            core::mem::forget(rest);
        }
    }
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
use fill_level;

/// Which place of a ring of `n` an index from 0 to `2n - 1` means.
#[inline(always)]
const fn position(n: usize, index: usize) -> usize {
    if n.is_power_of_two() {
        index & (n - 1)
    } else if index < n {
        index
    } else {
        index - n
    }
}

/// The index behind `index` by `count`, which is at most `n`.
#[inline(always)]
const fn advance(n: usize, index: usize, count: usize) -> usize {
    let next = index + count;
    if n.is_power_of_two() {
        next & (2 * n - 1)
    } else if next < 2 * n {
        next
    } else {
        next - 2 * n
    }
}

/// The index behind `index` by `n`: where the places end that are free when the next item is at `index`.
#[inline(always)]
const fn opposite(n: usize, index: usize) -> usize {
    if n.is_power_of_two() {
        index ^ n // Not left to the compiler, which does not know that an index is below 2 N.
    } else {
        advance(n, index, n)
    }
}

/// How many items lie from `head` to `tail`, in a ring of `n`.
#[inline(always)]
const fn distance(n: usize, head: usize, tail: usize) -> usize {
    if n.is_power_of_two() {
        tail.wrapping_sub(head) & (2 * n - 1)
    } else if tail >= head {
        tail - head
    } else {
        2 * n - head + tail
    }
}

#[cfg(all(test, not(all(loom, feature = "loom"))))]
mod tests {
    use super::*;

    #[test]
    fn indices_wrap_at_two_laps() {
        for n in [1, 2, 3, 7, 65_535] {
            for head in 0..2 * n.min(50) {
                for count in 0..=n.min(50) {
                    let tail = advance(n, head, count);
                    assert!(tail < 2 * n);
                    assert_eq!(distance(n, head, tail), count);
                    assert_eq!(position(n, tail), (position(n, head) + count) % n);
                }
                assert_eq!(opposite(n, head), advance(n, head, n));
            }
        }
    }
}
