//! Names for the handles that users store: the type of a pool says what its leases and lanes are.

use super::{Home, Lane, LanePool, Lease, Pool, Slab, sealed};
use crate::reset::Policy;
use crate::wait::{Lanes, WaitPolicy};

/// A pool whose leases and lanes have names: [`Pool`], [`LanePool`] and [`Slab`].
///
/// The type of a pool is written once, and everything that it lends is named by it. For a handle of your own in
/// generic code, ask for `P: Lends`.
///
/// | held | its type |
/// |---|---|
/// | a lease of a borrowed pool | [`LeaseOf<'a, P>`](LeaseOf) |
/// | a lease of a pool in an `Arc` | `Lease<Arc<P>>` |
/// | a [`SharedLease`](crate::SharedLease) | `SharedLease<PoolRef<'a, P>>` |
/// | a [`Batch`](crate::Batch) of up to `K` | `Batch<PoolRef<'a, P>, K>` |
/// | a lease by `get_or_new` | `Lease<Overflow<PoolRef<'a, P>>>` |
/// | a lane | [`LaneOf<'a, P>`](LaneOf) |
/// | a lease of a lane | `Lease<&'l LaneOf<'a, P>>` |
///
/// Sealed.
///
/// # Examples
/// ```
/// use forebay::LanePool;
/// use forebay::pool::{LaneOf, LeaseOf};
///
/// type Frames = LanePool<[u8; 32], 8, 4>;
/// static FRAMES: Frames = Frames::new();
///
/// struct Job {
///     frame: LeaseOf<'static, Frames>,
///     lane: LaneOf<'static, Frames>,
/// }
///
/// let mut job = Job { frame: FRAMES.try_get()?, lane: FRAMES.try_claim().unwrap() };
/// job.frame[0] = job.lane.try_get()?[0] + 1;
/// assert_eq!(job.frame[0], 1);
/// # Ok::<(), forebay::Exhausted>(())
/// ```
pub trait Lends: sealed::Sealed {
    /// The objects that it lends.
    type Item;

    /// The handle by which a lease refers to the borrowed pool: see [`PoolRef`].
    type Ref<'a>: Home<Item = Self::Item> + Copy
    where
        Self: 'a;
}

/// A pool whose lanes have a name: [`LanePool`]. See [`Lends`]. Sealed.
pub trait HasLanes: Lends {
    /// A lane of the borrowed pool: see [`LaneOf`].
    type Lane<'a>
    where
        Self: 'a;
}

/// The handle of a lease on an object of the borrowed pool `P`: the `R` of [`Lease<R>`](Lease). See [`Lends`].
pub type PoolRef<'a, P> = <P as Lends>::Ref<'a>;

/// A lease on an object of the borrowed pool `P`. See [`Lends`].
pub type LeaseOf<'a, P> = Lease<PoolRef<'a, P>>;

/// A lane of the borrowed pool `P`. See [`Lends`].
pub type LaneOf<'a, P> = <P as HasLanes>::Lane<'a>;

impl<T, const N: usize, P: Policy<T>, W: WaitPolicy> sealed::Sealed for Pool<T, N, P, W> {}
impl<T, const N: usize, P: Policy<T>, W: WaitPolicy> Lends for Pool<T, N, P, W> {
    type Item = T;
    type Ref<'a>
        = &'a Self
    where
        Self: 'a;
}

impl<T, const N: usize> sealed::Sealed for Slab<T, N> {}
impl<T, const N: usize> Lends for Slab<T, N> {
    type Item = T;
    type Ref<'a>
        = &'a Self
    where
        Self: 'a;
}

impl<T, const N: usize, const LANES: usize, P: Policy<T>, W: WaitPolicy> sealed::Sealed
    for LanePool<T, N, LANES, P, W>
{
}
impl<T, const N: usize, const LANES: usize, P: Policy<T>, W: WaitPolicy> Lends
    for LanePool<T, N, LANES, P, W>
{
    type Item = T;
    type Ref<'a>
        = &'a Pool<T, N, P, Lanes<LANES, W>>
    where
        Self: 'a;
}
impl<T, const N: usize, const LANES: usize, P: Policy<T>, W: WaitPolicy> HasLanes
    for LanePool<T, N, LANES, P, W>
{
    type Lane<'a>
        = Lane<'a, T, N, LANES, P, W>
    where
        Self: 'a;
}
