//! Several objects at once.

use super::several::{Numbers, Several};
use super::{Home, Lane, Lease, Pool};
use crate::error::Exhausted;
use crate::free::bitmap::Claimed;
use crate::free::{Free, One};
use crate::reset::Policy;
use crate::sync::SLOTS_PER_WORD;
use crate::wait::WaitPolicy;
use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, forget};
use core::ops::{Index, IndexMut};
use core::{array, ptr};

/// The exclusive loan of up to `K` objects of one pool, as one value. Dropping it returns all of them, those of one word
/// of the pool (32 slots; 16 on 32-bit targets) in one atomic step.
///
/// A batch is indexed and iterated as a slice is, but its objects do not lie side by side. [`pop`](Self::pop) splits off
/// one object as a [`Lease`], and iterating the batch by value turns all of them into leases.
///
/// Forgetting a batch (`mem::forget`) is safe: its slots stay on loan, and [`Pool::audit`] shows them.
///
/// # Shape
/// The handle `R`, 8 bytes, and a number of 16 bits for each of `K` objects. Neighbouring slots are kept as their first
/// number and their count. The other numbers are written only for slots that are not neighbours, which then takes steps
/// for each slot.
///
/// # Context
/// Like a lease, it may be dropped on any thread and in any interrupt handler. With `Waking`, each object goes to the first
/// caller that waits.
///
/// | operation | progress | cost |
/// |---|---|---|
/// | [`Pool::try_get_batch`] | lock-free | one read-modify-write for each word that it takes slots from |
/// | access to an object | wait-free | an address computed from the pool's |
/// | drop | wait-free, lock-free with `Waking` | the policy's `recycle` per object, one read-modify-write per word |
///
/// There is no form that waits. Objects come back one by one, and two callers that each wait with a part of what they
/// want can wait forever: see [`get_all`](crate::try_get_all) for callers that wait for a few objects.
///
/// # Panics
/// Dropping it panics as the policy's `recycle` does. The object that it was called for is dropped, and all others are
/// returned.
///
/// # Source
/// DPDK's `rte_mempool_get_bulk` and `rte_mempool_put_bulk`.
///
// Invariants, cited by tag:
// - [exclusive] no other lease, batch or call has any of `slots`, which are different, until this one is gone.
///
/// # Examples
/// ```
/// use forebay::Pool;
///
/// static SAMPLES: Pool<[i16; 16], 8> = Pool::new();
///
/// let mut burst = SAMPLES.try_get_batch::<4>()?;
/// for samples in &mut burst {
///     samples[0] = 7;
/// }
/// burst[3][0] = 3;
/// let last = burst.pop().unwrap(); // a lease by itself
/// assert_eq!((last[0], burst[2][0]), (3, 7));
/// assert_eq!(SAMPLES.available(), 4);
///
/// drop((burst, last));
/// assert_eq!(SAMPLES.available(), 8);
/// # Ok::<(), forebay::Exhausted>(())
/// ```
pub struct Batch<R: Home, const K: usize> {
    home: R,
    slots: Numbers<K>,
    // Lends `&mut Item` and must not be covariant in it, nor `Send` and `Sync` by itself.
    _item: PhantomData<*mut R::Item>,
}

// SAFETY: [exclusive] as for a `Lease`: the objects move with the batch, and returning them uses the pool there.
unsafe impl<R: Home + Send, const K: usize> Send for Batch<R, K> where R::Item: Send {}
// SAFETY: `&Batch` gives `&Item` and nothing else of the pool.
unsafe impl<R: Home + Sync, const K: usize> Sync for Batch<R, K> where R::Item: Sync {}

impl<R: Home, const K: usize> Batch<R, K> {
    #[inline(always)]
    fn empty(home: R) -> Self {
        Self { home, slots: Numbers::none(), _item: PhantomData }
    }

    /// The number of objects: `K`, unless fewer were free or some were split off.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether the batch has no object.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The object `index`, or `None` if there are fewer.
    #[inline]
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&R::Item> {
        let slot = self.slots.all().get(index)?;
        // SAFETY: [exclusive] the slot is ours; while the reference lives, the batch is borrowed.
        Some(unsafe { self.home.item(slot).as_ref() })
    }

    /// The object `index`, or `None` if there are fewer.
    #[inline]
    #[must_use]
    pub fn get_mut(&mut self, index: usize) -> Option<&mut R::Item> {
        let slot = self.slots.all().get(index)?;
        // SAFETY: [exclusive] the slot is ours; while the reference lives, the batch is borrowed mutably.
        Some(unsafe { self.home.item_mut(slot).as_mut() })
    }

    /// The objects, in order of their slots where they come from one word of the pool.
    #[inline]
    pub fn iter(&self) -> BatchIter<'_, R> {
        BatchIter { home: &self.home, slots: self.slots.all(), _item: PhantomData }
    }

    /// Like [`iter`](Self::iter), to write them.
    #[inline]
    pub fn iter_mut(&mut self) -> BatchIterMut<'_, R> {
        BatchIterMut { home: &self.home, slots: self.slots.all(), _item: PhantomData }
    }

    /// Splits off the last object.
    #[inline]
    pub fn pop(&mut self) -> Option<Lease<R>>
    where
        R: Clone,
    {
        // The clone first: it may panic.
        let home = if self.is_empty() { return None } else { self.home.clone() };
        self.slots.pop().map(|slot| Lease::from_parts(home, slot))
    }

    /// Returns the objects now. The same as dropping the batch, said aloud.
    pub fn put(self) {
        drop(self);
    }
}

impl<R: Home, const K: usize> Drop for Batch<R, K> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: [exclusive] the slots are ours, and given up.
        unsafe { self.home.put_all(self.slots.all()) };
    }
}

/// # Panics
/// If the batch has no such object.
impl<R: Home, const K: usize> Index<usize> for Batch<R, K> {
    type Output = R::Item;

    #[inline]
    #[track_caller]
    fn index(&self, index: usize) -> &R::Item {
        match self.get(index) {
            Some(item) => item,
            None => out_of_range(index, self.len()),
        }
    }
}

/// # Panics
/// If the batch has no such object.
impl<R: Home, const K: usize> IndexMut<usize> for Batch<R, K> {
    #[inline]
    #[track_caller]
    fn index_mut(&mut self, index: usize) -> &mut R::Item {
        let len = self.len();
        match self.get_mut(index) {
            Some(item) => item,
            None => out_of_range(index, len),
        }
    }
}

#[cold]
#[track_caller]
fn out_of_range(index: usize, len: usize) -> ! {
    panic!("index out of bounds: the batch has {len} objects but the index is {index}")
}

impl<R: Home + fmt::Debug, const K: usize> fmt::Debug for Batch<R, K>
where
    R::Item: fmt::Debug + Sized,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Implements an iterator over the objects of a batch, both ways.
macro_rules! objects {
    ($(#[$doc:meta])* $name:ident: $item:ty, |$home:ident, $slot:ident| $object:expr) => {
        $(#[$doc])*
        pub struct $name<'b, R: Home> {
            home: &'b R,
            // [exclusive] These slots are of the batch, which is borrowed.
            slots: Several<'b>,
            _item: PhantomData<$item>,
        }

        impl<'b, R: Home> Iterator for $name<'b, R> {
            type Item = $item;

            #[inline]
            fn next(&mut self) -> Option<$item> {
                let ($home, $slot) = (self.home, self.slots.next()?);
                // SAFETY: [exclusive] the slot is ours, and each comes once. The batch is borrowed for as long.
                Some(unsafe { $object })
            }

            #[inline]
            fn size_hint(&self) -> (usize, Option<usize>) {
                self.slots.size_hint()
            }

            #[inline]
            fn fold<B, F: FnMut(B, $item) -> B>(self, init: B, mut f: F) -> B {
                let $home = self.home;
                self.slots.fold(init, |all, $slot| {
                    // SAFETY: as in `next`.
                    f(all, unsafe { $object })
                })
            }
        }

        impl<R: Home> DoubleEndedIterator for $name<'_, R> {
            #[inline]
            fn next_back(&mut self) -> Option<Self::Item> {
                let ($home, $slot) = (self.home, self.slots.next_back()?);
                // SAFETY: as in `next`.
                Some(unsafe { $object })
            }
        }

        impl<R: Home> ExactSizeIterator for $name<'_, R> {}
        impl<R: Home> FusedIterator for $name<'_, R> {}

        impl<R: Home> fmt::Debug for $name<'_, R> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("len", &self.len()).finish_non_exhaustive()
            }
        }
    };
}

objects!(
    /// The objects of a [`Batch`], to read. Returned by [`Batch::iter`].
    BatchIter: &'b R::Item, |home, slot| home.item(slot).as_ref()
);
objects!(
    /// The objects of a [`Batch`], to write. Returned by [`Batch::iter_mut`].
    BatchIterMut: &'b mut R::Item, |home, slot| home.item_mut(slot).as_mut()
);

impl<'b, R: Home, const K: usize> IntoIterator for &'b Batch<R, K> {
    type Item = &'b R::Item;
    type IntoIter = BatchIter<'b, R>;

    #[inline]
    fn into_iter(self) -> BatchIter<'b, R> {
        self.iter()
    }
}

impl<'b, R: Home, const K: usize> IntoIterator for &'b mut Batch<R, K> {
    type Item = &'b mut R::Item;
    type IntoIter = BatchIterMut<'b, R>;

    #[inline]
    fn into_iter(self) -> BatchIterMut<'b, R> {
        self.iter_mut()
    }
}

impl<R: Home + Clone, const K: usize> IntoIterator for Batch<R, K> {
    type Item = Lease<R>;
    type IntoIter = Leases<R, K>;

    #[inline]
    fn into_iter(self) -> Leases<R, K> {
        let batch = ManuallyDrop::new(self);
        // SAFETY: read once, from a batch that is never dropped or used again.
        let home = unsafe { ptr::read(&raw const batch.home) };
        Leases { home, slots: batch.slots, next: 0, _item: PhantomData }
    }
}

/// Splits a [`Batch`] into leases, in order. Dropping it returns the objects that are left, as the batch does.
pub struct Leases<R: Home, const K: usize> {
    home: R,
    // [exclusive] Those from `next` on are ours.
    slots: Numbers<K>,
    next: usize,
    _item: PhantomData<*mut R::Item>,
}

impl<R: Home, const K: usize> Leases<R, K> {
    #[inline(always)]
    fn left(&self) -> Several<'_> {
        self.slots.all().split_at(self.next).1
    }
}

// SAFETY: as for a `Batch`.
unsafe impl<R: Home + Send, const K: usize> Send for Leases<R, K> where R::Item: Send {}
// SAFETY: `&Leases` gives no object and nothing of the pool.
unsafe impl<R: Home + Sync, const K: usize> Sync for Leases<R, K> where R::Item: Sync {}

impl<R: Home + Clone, const K: usize> Iterator for Leases<R, K> {
    type Item = Lease<R>;

    #[inline]
    fn next(&mut self) -> Option<Lease<R>> {
        let slot = self.slots.all().get(self.next)?;
        let home = self.home.clone();
        self.next += 1;
        Some(Lease::from_parts(home, slot))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.left().size_hint()
    }
}

impl<R: Home + Clone, const K: usize> ExactSizeIterator for Leases<R, K> {}
impl<R: Home + Clone, const K: usize> FusedIterator for Leases<R, K> {}

impl<R: Home, const K: usize> Drop for Leases<R, K> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: [exclusive] the slots are ours, and given up.
        unsafe { self.home.put_all(self.left()) };
    }
}

impl<R: Home, const K: usize> fmt::Debug for Leases<R, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leases").field("len", &self.left().len()).finish_non_exhaustive()
    }
}

impl<T, const N: usize, P: Policy<T>, W: WaitPolicy> Pool<T, N, P, W> {
    /// Lends `K` objects as one value, or none.
    ///
    /// # Errors
    /// [`Exhausted`]: fewer than `K` objects were free. If that shows only while it takes slots from several words, those
    /// that it has are recycled and free again, and are counted as lent and returned.
    ///
    /// In a pool of one word (32 slots; 16 on 32-bit targets) all are claimed in one step. In a larger one, or one with lanes, it
    /// may hold slots for a moment that it gives back, so that another caller is refused.
    ///
    /// # Panics
    /// As the policy's `make` does. Objects that were claimed before are free again.
    ///
    /// # Examples
    /// See [`Batch`].
    #[inline]
    pub fn try_get_batch<const K: usize>(&self) -> Result<Batch<&Self, K>, Exhausted> {
        self.batch_of(self)
    }

    /// [`try_get_batch`](Self::try_get_batch) for callers that may have the reserved objects too, which are lent last. See
    /// [`Headroom`](crate::Headroom).
    ///
    /// # Errors
    /// [`Exhausted`], like `try_get_batch`.
    pub fn try_get_batch_reserved<const K: usize>(&self) -> Result<Batch<&Self, K>, Exhausted> {
        let mut batch = self.try_get_batch_up_to();
        while batch.len() < K {
            let one = self.free.claim(true).ok_or_else(|| self.exhausted())?;
            self.ready(one);
            batch.slots.extend(one.claimed());
        }
        Ok(batch)
    }

    /// [`try_get_batch`](Self::try_get_batch) of a pool in an `Arc`: the batch owns a share of the pool.
    ///
    /// # Errors
    /// [`Exhausted`], like `try_get_batch`.
    #[cfg(feature = "std")]
    pub fn try_get_batch_arc<const K: usize>(
        self: &std::sync::Arc<Self>,
    ) -> Result<Batch<std::sync::Arc<Self>, K>, Exhausted> {
        self.batch_of(std::sync::Arc::clone(self))
    }

    /// Lends up to `K` objects as one value: as many as it finds free, perhaps none. Like
    /// [`try_get_batch`](Self::try_get_batch) otherwise.
    ///
    /// # Source
    /// DPDK's `rte_ring_dequeue_burst`.
    ///
    /// # Examples
    /// ```
    /// let pool: forebay::Pool<u32, 3> = forebay::Pool::new();
    /// assert_eq!(pool.try_get_batch_up_to::<8>().len(), 3);
    /// ```
    #[inline]
    pub fn try_get_batch_up_to<const K: usize>(&self) -> Batch<&Self, K> {
        self.gather_some(self, |most, from| self.free.claim_up_to(most, from))
    }

    /// Lends `K` objects at once, or none, each as a lease. Like [`try_get_batch`](Self::try_get_batch), but the objects
    /// are returned one by one.
    ///
    /// # Errors
    /// [`Exhausted`], like `try_get_batch`.
    ///
    /// # Examples
    /// ```
    /// use forebay::Pool;
    ///
    /// static BEAMS: Pool<u32, 8> = Pool::new();
    /// let four = BEAMS.try_get_many::<4>()?;
    /// assert!(BEAMS.try_get_many::<5>().is_err());
    /// assert_eq!(BEAMS.available(), 4); // the refused call took nothing
    /// # drop(four);
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    #[inline]
    pub fn try_get_many<const K: usize>(&self) -> Result<[Lease<&Self>; K], Exhausted> {
        let batch = self.try_get_batch::<K>()?;
        // [exclusive]: there are `K`.
        let mut slots = batch.slots.all();
        let leases = array::from_fn(|_| Lease::from_parts(self, slots.next().unwrap_or_default()));
        forget(batch);
        Ok(leases)
    }

    /// Lends up to `K` objects, each as a lease: as many as it finds free, perhaps none.
    ///
    /// # Examples
    /// ```
    /// let pool: forebay::Pool<u32, 3> = forebay::Pool::new();
    /// assert_eq!(pool.try_get_up_to::<8>().len(), 3);
    /// ```
    pub fn try_get_up_to<const K: usize>(&self) -> heapless::Vec<Lease<&Self>, K> {
        let mut leases = heapless::Vec::new();
        // A batch has `K` at most; `extend` would have a panic for more.
        self.try_get_batch_up_to::<K>().into_iter().for_each(|lease| _ = leases.push(lease));
        leases
    }

    /// Lends `K` objects of `home`, or none.
    #[inline(always)]
    fn batch_of<R: Home, const K: usize>(&self, home: R) -> Result<Batch<R, K>, Exhausted> {
        self.batch(
            home,
            || self.free.claim_exactly::<K>(),
            || self.free.has_available(K),
            |most, from| self.free.claim_up_to(most, from),
        )
    }

    /// Lends `K` objects of `home`, or none. `exactly` claims so many of one word. `up_to` claims some, at best from a word on.
    #[inline(always)]
    fn batch<R: Home, const K: usize>(
        &self,
        home: R,
        exactly: impl FnOnce() -> Option<Claimed>,
        has_available: impl FnOnce() -> bool,
        up_to: impl Fn(usize, Option<usize>) -> Option<Claimed>,
    ) -> Result<Batch<R, K>, Exhausted> {
        if K == 0 {
            return Ok(Batch::empty(home));
        }
        if K > SLOTS_PER_WORD {
            return self.gather_all(home, has_available, up_to);
        }
        if let Some(claimed) = exactly() {
            self.ready_all(claimed);
            return Ok(Batch { home, slots: Numbers::all_of(claimed), _item: PhantomData });
        }
        if W::Free::<N>::IN_ONE_STEP {
            return Err(self.exhausted());
        }
        self.gather_scattered(home, has_available, up_to)
    }

    /// Goes on with [`batch`](Self::batch) where no word has as many.
    #[cold]
    #[inline(never)]
    fn gather_scattered<R: Home, const K: usize>(
        &self,
        home: R,
        has_available: impl FnOnce() -> bool,
        up_to: impl Fn(usize, Option<usize>) -> Option<Claimed>,
    ) -> Result<Batch<R, K>, Exhausted> {
        self.gather_all(home, has_available, up_to)
    }

    /// Lends `K` objects of `home`, or none, from several words.
    #[inline(always)]
    fn gather_all<R: Home, const K: usize>(
        &self,
        home: R,
        has_available: impl FnOnce() -> bool,
        up_to: impl Fn(usize, Option<usize>) -> Option<Claimed>,
    ) -> Result<Batch<R, K>, Exhausted> {
        // A look first, so that a call that cannot succeed lends and recycles nothing.
        if !has_available() {
            return Err(self.exhausted());
        }
        // As long as the slots are a run there is no list of them.
        let mut run = Run { home: &home, slots: Numbers::none() };
        let mut behind = None;
        let other = loop {
            if run.slots.len() == K {
                break None;
            }
            let Some(claimed) = up_to(K - run.slots.len(), behind) else {
                drop(run);
                return Err(self.exhausted());
            };
            self.ready_all(claimed);
            if !run.slots.extend_run(claimed) {
                break Some(claimed);
            }
            behind = Some(claimed.word + 1);
        };
        let slots = Numbers::run(run.slots);
        forget(run);
        let batch = Batch { home, slots, _item: PhantomData };
        match other {
            None => Ok(batch),
            Some(claimed) => self.gather_others(batch, claimed, up_to),
        }
    }

    /// Goes on with [`gather_all`](Self::gather_all) where the slots are no run.
    #[inline(never)]
    fn gather_others<R: Home, const K: usize>(
        &self,
        mut batch: Batch<R, K>,
        claimed: Claimed,
        up_to: impl Fn(usize, Option<usize>) -> Option<Claimed>,
    ) -> Result<Batch<R, K>, Exhausted> {
        batch.slots.extend(claimed);
        self.gather(&mut batch, Some(claimed.word + 1), up_to);
        if batch.len() == K { Ok(batch) } else { Err(self.exhausted()) }
    }

    /// Lends more objects for `batch`, until it has `K`. `up_to` claims them.
    fn gather<R: Home, const K: usize>(
        &self,
        batch: &mut Batch<R, K>,
        behind: Option<usize>,
        up_to: impl Fn(usize, Option<usize>) -> Option<Claimed>,
    ) {
        let mut behind = behind;
        while batch.len() < K {
            let Some(claimed) = up_to(K - batch.len(), behind) else { return };
            self.ready_all(claimed);
            batch.slots.extend(claimed);
            behind = Some(claimed.word + 1);
        }
    }

    /// Lends up to `K` objects of `home`. `up_to` claims them.
    fn gather_some<R: Home, const K: usize>(
        &self,
        home: R,
        up_to: impl Fn(usize, Option<usize>) -> Option<Claimed>,
    ) -> Batch<R, K> {
        let mut batch = Batch::empty(home);
        self.gather(&mut batch, None, up_to);
        batch
    }
}

/// Lent objects whose slots are a run; takes them back when dropped.
struct Run<'h, R: Home> {
    home: &'h R,
    slots: Numbers<0>,
}

impl<R: Home> Drop for Run<'_, R> {
    fn drop(&mut self) {
        // SAFETY: [exclusive] the slots were claimed, and nobody else has them.
        unsafe { self.home.put_all(self.slots.all()) };
    }
}

impl<T, const N: usize, const LANES: usize, P: Policy<T>, W: WaitPolicy>
    Lane<'_, T, N, LANES, P, W>
{
    /// [`Pool::try_get_batch`] on the lane, at best with the objects that the lane keeps. The batch borrows the lane, and
    /// its objects go back there.
    ///
    /// # Errors
    /// [`Exhausted`], like `try_get_batch` of a pool.
    ///
    /// # Examples
    /// ```
    /// static POOL: forebay::LanePool<u32, 32, 2> = forebay::LanePool::new();
    /// let lane = POOL.try_claim().unwrap();
    /// assert_eq!(lane.try_get_batch::<8>()?.iter().sum::<u32>(), 0);
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    #[inline]
    pub fn try_get_batch<const K: usize>(&self) -> Result<Batch<&Self, K>, Exhausted> {
        let free = &self.pool.free;
        self.pool.batch(
            self,
            || free.claim_exactly_on::<K>(self.lane),
            || free.has_available_on(self.lane, K),
            |most, _| free.claim_up_to_on(self.lane, most),
        )
    }

    /// [`Pool::try_get_batch_up_to`] on the lane, like [`try_get_batch`](Self::try_get_batch).
    #[inline]
    pub fn try_get_batch_up_to<const K: usize>(&self) -> Batch<&Self, K> {
        self.pool.gather_some(self, |most, _| self.pool.free.claim_up_to_on(self.lane, most))
    }
}
