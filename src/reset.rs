//! How a pool makes an object and readies it for its next user: the trait [`Policy`], and ready-made policies. A [`Pool`](crate::Pool)
//! has the policy [`DefaultReset`] unless told otherwise, which makes objects by [`Default`] and recycles them by [`Reset`].

use core::mem::MaybeUninit;
use heapless::binary_heap;

/// Readies a value for reuse, when its lease comes back, not when it is lent again: what one user
/// wrote is gone before anybody can ask for the object.
///
/// `reset` keeps storage: a `Vec` keeps its capacity, a `heapless::String` is emptied in place. It
/// forgets by length; bytes behind the length stay in memory until they are overwritten. Where that
/// matters, take a pool with the policy `Zeroizing` (feature `zeroize`).
///
/// # Context
/// Runs where the lease is dropped, which may be an interrupt handler, with no lock held and the slot
/// still on loan. It may use the same pool. If it panics, the object is dropped, its slot becomes
/// vacant, [`Metrics::panics`](crate::Metrics::panics) counts one, and the panic goes on.
///
/// # Source
/// opool's `reset` (there it runs on get) and `is_valid`; sharded-slab's `Clear`.
///
/// # Examples
/// ```
/// use forebay::Reset;
///
/// struct Frame { samples: [i16; 4], used: usize }
///
/// impl Reset for Frame {
///     fn reset(&mut self) {
///         self.used = 0; // the samples behind it are never read
///     }
/// }
/// ```
pub trait Reset {
    /// Brings the value back to what a new user expects.
    fn reset(&mut self);

    /// Asked right after `reset`. `false` drops the object and leaves its slot vacant: say so of a
    /// buffer that grew too large to keep.
    fn is_reusable(&self) -> bool {
        true
    }
}

macro_rules! reset_to_default {
    ($($t:ty),+ $(,)?) => {$(
        impl Reset for $t {
            #[inline]
            fn reset(&mut self) {
                *self = <$t>::default();
            }
        }
    )+};
}

reset_to_default!(
    (),
    bool,
    char,
    u8,
    u16,
    u32,
    u64,
    u128,
    usize,
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    f32,
    f64,
);

impl<T: Reset, const N: usize> Reset for [T; N] {
    #[inline]
    fn reset(&mut self) {
        self.iter_mut().for_each(T::reset);
    }

    fn is_reusable(&self) -> bool {
        self.iter().all(T::is_reusable)
    }
}

/// A reset `Option` is `None`.
impl<T> Reset for Option<T> {
    #[inline]
    fn reset(&mut self) {
        *self = None;
    }
}

macro_rules! reset_tuple {
    ($($t:ident . $i:tt),+) => {
        impl<$($t: Reset),+> Reset for ($($t,)+) {
            #[inline]
            fn reset(&mut self) {
                $(self.$i.reset();)+
            }

            fn is_reusable(&self) -> bool {
                $(self.$i.is_reusable())&&+
            }
        }
    };
}

reset_tuple!(A.0);
reset_tuple!(A.0, B.1);
reset_tuple!(A.0, B.1, C.2);
reset_tuple!(A.0, B.1, C.2, D.3);
reset_tuple!(A.0, B.1, C.2, D.3, E.4);
reset_tuple!(A.0, B.1, C.2, D.3, E.4, F.5);

/// Collections are emptied; their storage stays.
macro_rules! reset_by_clear {
    ($([$($g:tt)*] $t:ty),+ $(,)?) => {$(
        impl<$($g)*> Reset for $t {
            #[inline]
            fn reset(&mut self) {
                self.clear();
            }
        }
    )+};
}

reset_by_clear!(
    [T, const N: usize, L: heapless::LenType] heapless::Vec<T, N, L>,
    [const N: usize, L: heapless::LenType] heapless::String<N, L>,
    [T, const N: usize] heapless::Deque<T, N>,
    [T, const N: usize] heapless::HistoryBuf<T, N>,
    [T: Ord, K: binary_heap::Kind, const N: usize] heapless::BinaryHeap<T, K, N>,
    [K: Eq, V, const N: usize] heapless::LinearMap<K, V, N>,
    [K: Eq + core::hash::Hash, V, S: core::hash::BuildHasher, const N: usize] heapless::IndexMap<K, V, S, N>,
    [T: Eq + core::hash::Hash, S: core::hash::BuildHasher, const N: usize] heapless::IndexSet<T, S, N>,
);

#[cfg(feature = "std")]
mod with_std {
    use super::Reset;
    use std::{boxed::Box, collections::HashMap, string::String, vec::Vec};

    reset_by_clear!([T] Vec<T>, [] String, [K, V, S] HashMap<K, V, S>);

    impl<T: Reset + ?Sized> Reset for Box<T> {
        #[inline]
        fn reset(&mut self) {
            T::reset(self);
        }

        fn is_reusable(&self) -> bool {
            T::is_reusable(self)
        }
    }
}

/// How a pool makes its objects and what it does with one that comes back.
///
/// A type, not a pair of closures, so that a pool with a policy can be a `static`.
///
/// # Context
/// `make` runs in the call that found a vacant slot, `recycle` where the lease is dropped. Both run
/// with no lock held and may use the same pool. A panic in either leaves the slot vacant and is
/// counted.
///
/// # Examples
/// ```
/// use forebay::{Policy, Pool};
///
/// /// Buffers of 4 KiB; one that grew past 64 KiB is not kept.
/// struct Buffers;
///
/// impl Policy<Vec<u8>> for Buffers {
///     fn make(&self, _slot: usize) -> Vec<u8> {
///         Vec::with_capacity(4096)
///     }
///     fn recycle(&self, buffer: &mut Vec<u8>) -> bool {
///         buffer.clear();
///         buffer.capacity() <= 65_536
///     }
/// }
///
/// static BUFFERS: Pool<Vec<u8>, 8, Buffers> = Pool::with_policy(Buffers);
/// let mut buffer = BUFFERS.try_get()?;
/// buffer.resize(100_000, 0);
/// drop(buffer); // too large: dropped, not kept
/// assert_eq!(BUFFERS.try_get()?.capacity(), 4096);
/// # Ok::<(), forebay::Exhausted>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "the policy `{Self}` cannot make and recycle objects of type `{T}`",
    label = "this pool needs a policy for `{T}`",
    note = "`DefaultReset`, the policy of a pool that names none, needs `{T}: Default + forebay::Reset`",
    note = "for arrays of more than 32 elements, take the policy `forebay::reset::EachDefault`",
    note = "for a type of another crate, implement `forebay::Policy` for a type of your own, and make the pool by `with_policy`"
)]
pub trait Policy<T> {
    /// Ages the pool, as [`LanePool::tick`](crate::LanePool::tick) does, each time so many gets found nothing on their
    /// own lane: in the next get. 0 for never. Only a [`LanePool`](crate::LanePool) ages. See [`TickByMisses`].
    const MISSES_PER_TICK: usize = 0;

    /// Makes the object for a vacant slot; `slot` is its number, below the pool's capacity. Of an object on the heap,
    /// by `Pool::get_or_new`, it is the capacity.
    fn make(&self, slot: usize) -> T;

    /// Makes the object in its place, so that a large one need not pass through the stack. By default it
    /// writes what [`make`](Self::make) returns, which compilers do in place only when they optimise.
    ///
    /// Returns `place` itself, filled, as [`MaybeUninit::write`] does. Not called for zero-sized objects.
    ///
    /// # Panics
    /// The get does, if this returns a reference to anything but `place`.
    fn make_in<'p>(&self, slot: usize, place: &'p mut MaybeUninit<T>) -> &'p mut T {
        place.write(self.make(slot))
    }

    /// Readies an object that came back. `false` drops it and leaves its slot vacant.
    fn recycle(&self, object: &mut T) -> bool;
}

/// The usual policy: [`Default`] makes, [`Reset`] recycles.
#[derive(Debug, Clone, Copy, Default)]
pub struct DefaultReset;

#[diagnostic::do_not_recommend] // The policy is at fault, not the object.
impl<T: Default + Reset> Policy<T> for DefaultReset {
    #[inline]
    fn make(&self, _slot: usize) -> T {
        T::default()
    }

    #[inline]
    fn recycle(&self, object: &mut T) -> bool {
        object.reset();
        object.is_reusable()
    }
}

/// [`DefaultReset`] for each element of an array: for arrays of more than 32 elements, for which there is
/// no [`Default`].
///
/// # Cost
/// Each element is reset on return. For a large buffer whose old bytes may stay, write a [`Policy`] whose
/// `recycle` does nothing.
///
/// # Examples
/// ```
/// use forebay::reset::EachDefault;
/// use forebay::Pool;
///
/// static PAGES: Pool<[u8; 256], 4, EachDefault> = Pool::with_policy(EachDefault);
/// assert_eq!(PAGES.try_get()?[255], 0);
/// # Ok::<(), forebay::Exhausted>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct EachDefault;

#[diagnostic::do_not_recommend]
impl<T: Default + Reset, const L: usize> Policy<[T; L]> for EachDefault {
    #[inline]
    fn make(&self, _slot: usize) -> [T; L] {
        core::array::from_fn(|_| T::default())
    }

    #[inline]
    fn recycle(&self, array: &mut [T; L]) -> bool {
        array.reset();
        array.is_reusable()
    }
}

/// The policy `P`, and a [`LanePool`](crate::LanePool) is aged each time `MISSES` gets found nothing on their own lane:
/// a pool that is in use drops what it needs no more, without a timer.
///
/// The misses of all gets on lanes count. What ages is the next get by `try_get`, `get_or_new` and their like, not one
/// that waits or lends several; it costs what a [`tick`](crate::LanePool::tick) costs besides.
///
/// # Examples
/// ```
/// use forebay::reset::TickByMisses;
/// use forebay::LanePool;
///
/// static POOL: LanePool<heapless::Vec<u8, 512>, 64, 4, TickByMisses<100>> =
///     LanePool::with_policy(TickByMisses::new());
/// # let _ = POOL.try_get();
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct TickByMisses<const MISSES: usize, P = DefaultReset>(P);

impl<const MISSES: usize> TickByMisses<MISSES> {
    /// With [`DefaultReset`].
    #[must_use]
    pub const fn new() -> Self {
        Self(DefaultReset)
    }
}

impl<const MISSES: usize, P> TickByMisses<MISSES, P> {
    /// With another policy.
    #[must_use]
    pub const fn with_policy(policy: P) -> Self {
        Self(policy)
    }
}

impl<const MISSES: usize, T, P: Policy<T>> Policy<T> for TickByMisses<MISSES, P> {
    const MISSES_PER_TICK: usize = MISSES;

    #[inline]
    fn make(&self, slot: usize) -> T {
        self.0.make(slot)
    }

    #[inline]
    fn make_in<'p>(&self, slot: usize, place: &'p mut MaybeUninit<T>) -> &'p mut T {
        self.0.make_in(slot, place)
    }

    #[inline]
    fn recycle(&self, object: &mut T) -> bool {
        self.0.recycle(object)
    }
}

/// A closure makes, given the slot's number; [`Reset`] recycles. See [`Pool::from_fn`](crate::Pool::from_fn).
#[derive(Clone, Copy)]
pub struct FromFn<F>(pub(crate) F);

impl<F> core::fmt::Debug for FromFn<F> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("FromFn(..)")
    }
}

impl<T: Reset, F: Fn(usize) -> T> Policy<T> for FromFn<F> {
    #[inline]
    fn make(&self, slot: usize) -> T {
        (self.0)(slot)
    }

    #[inline]
    fn recycle(&self, object: &mut T) -> bool {
        object.reset();
        object.is_reusable()
    }
}

/// [`Default`] makes; on return the object's memory is overwritten with zeros, so that no text of
/// one user stays readable in idle memory.
///
/// `zeroize` does the overwriting (volatile, whole capacity of a `heapless` collection), and
/// [`Reset`] follows.
///
/// For text and plain items. heapless overwrites the items of a collection without dropping them or asking
/// how they are wiped: of an item that owns memory elsewhere, or a lease, that is never given back, and what
/// is elsewhere stays readable.
///
/// # Cost
/// The capacity of the object in writes, on each return.
///
/// # Examples
/// ```
/// use forebay::reset::Zeroizing;
/// use forebay::Pool;
///
/// static PROMPTS: Pool<heapless::String<256>, 4, Zeroizing> = Pool::with_policy(Zeroizing);
/// PROMPTS.try_get()?.push_str("my password is …").unwrap();
/// // Back in the pool, its 256 bytes are zeros.
/// # Ok::<(), forebay::Exhausted>(())
/// ```
#[cfg(feature = "zeroize")]
#[derive(Debug, Clone, Copy, Default)]
pub struct Zeroizing;

#[cfg(feature = "zeroize")]
impl<T: Default + Reset + zeroize::Zeroize> Policy<T> for Zeroizing {
    fn make(&self, _slot: usize) -> T {
        T::default()
    }

    fn recycle(&self, object: &mut T) -> bool {
        object.zeroize();
        object.reset();
        object.is_reusable()
    }
}
