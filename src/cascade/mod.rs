//! Objects of several pools, all or none: functions that take a tuple of pools and return a tuple of leases. The simplest is
//! [`try_get_all`], which answers at once; `get_all` waits.

#[cfg(any(feature = "std", feature = "async"))]
pub(crate) mod waiting;

#[cfg(any(feature = "std", feature = "async"))]
pub use waiting::{AcquireWaiting, get_all};
#[cfg(feature = "std")]
pub use waiting::{get_all_blocking, get_all_timeout};

use crate::error::{Exhausted, NotAll};
use crate::pool::{Lane, LanePool, Lease, Pool};
use crate::reset::Policy;
use crate::stream::{Halves, StreamPool};
use crate::wait::{Lanes, Notify, WaitPolicy};

/// Lends an object of each of several pools, or of none.
///
/// What a composed object needs is got in one expression, and is a tuple of leases, or a struct of yours that is made
/// of one. Dropped, it gives back each part to where it is from; there is nothing to write for that, and a part can be
/// taken out of the struct and kept. If a pool refuses, or the making of an object panics, what was lent before goes
/// back on the way out.
///
/// # Errors
/// [`NotAll`]: the first pool, from left to right, that had no object, and its [`Exhausted`]. The parts before it
/// were recycled and are free again, and are counted as lent and returned.
///
/// # Panics
/// As the policies' `make` and `recycle` do.
///
/// # Context
/// Lock-free; callable in an interrupt handler. It does not wait, so the order of the pools does not matter, and one
/// pool may be named several times. While it gathers it holds objects that it may give back, so two callers can both
/// be refused where one after the other would not.
///
/// # Cost
/// That of the gets, and of the puts if it is refused. Name first what is most often exhausted, and what is dear to
/// recycle last.
///
/// # Source
/// go-llms' "cascading object creation", where the parent is got first and then each child. There, a child that panics
/// or is missing leaves half an object; the type assertion on what `Get` returns panics at run time; each child is
/// put by hand, and one that is forgotten is lost to its pool without a word.
///
/// # Examples
/// ```
/// use forebay::{Lease, Pool, Response, StreamPool, Token, try_get_all};
///
/// type Answers = Pool<Response<512>, 4>;
/// type Scratch = Pool<[u8; 32], 2>;
///
/// static ANSWERS: Answers = Pool::new();
/// static SCRATCH: Scratch = Pool::new();
/// static STREAMS: StreamPool<Token, 4> = StreamPool::new();
///
/// struct Job {
///     answer: Lease<&'static Answers>,
///     scratch: Lease<&'static Scratch>,
/// }
///
/// let sources = (&ANSWERS, &SCRATCH);
/// let mut job = try_get_all(sources).map(|(answer, scratch)| Job { answer, scratch })?;
/// job.answer.push_str("42").unwrap();
///
/// // Nested, and with both halves of a stream.
/// let ((sender, receiver), second) = try_get_all((&STREAMS, sources))?;
///
/// // No scratch is left: the answer that was got before it is free again.
/// let refused = try_get_all(sources).unwrap_err();
/// assert_eq!((refused.part(), refused.why().capacity()), (1, 2));
/// assert_eq!(ANSWERS.available(), 2);
///
/// drop((job, second, sender, receiver)); // all parts are back
/// assert_eq!((ANSWERS.available(), SCRATCH.available(), STREAMS.available()), (4, 2, 4));
/// # Ok::<(), forebay::error::NotAll>(())
/// ```
#[inline]
pub fn try_get_all<S: Acquire>(source: S) -> Result<S::Acquired, NotAll> {
    source.acquire(0)
}

/// What [`try_get_all`] takes: a pool, or a tuple of up to 8 of them, which may be tuples.
///
/// | source | what it lends |
/// |---|---|
/// | `&Pool`, `&LanePool` | a [`Lease`] |
/// | [`&Lane`](crate::Lane) | a lease that goes back on the lane |
/// | [`Reserved(&Pool)`](Reserved), of any of these | one of the reserved objects, if there is no other |
/// | `&StreamPool` | a sender and a receiver |
/// | `(A, B, …)` | a tuple of what `A`, `B`, … lend |
///
/// A source is a copy of references, so that it can be a constant, or a field:
/// `const JOB: (&Answers, &Scratch) = (&ANSWERS, &SCRATCH);`.
///
/// A [`Slab`](crate::Slab) lends nothing without a value, and that may be made of the other parts: insert it last. If
/// the slab is full, the value comes back in the error, with the leases in it.
///
/// Sealed.
pub trait Acquire: Copy + Unpin + sealed::Sealed {
    /// What is lent.
    type Acquired;

    /// How many pools it names.
    #[doc(hidden)]
    const PARTS: usize;

    /// Gets all; `first` is the number of the first part among those of the whole.
    #[doc(hidden)]
    fn acquire(self, first: usize) -> Result<Self::Acquired, NotAll>;
}

mod sealed {
    pub trait Sealed {}
}

/// A pool whose reserved objects the caller may have, too, among the pools of [`try_get_all`]: as
/// [`try_get_reserved`](crate::Pool::try_get_reserved). See [`Headroom`](crate::Headroom).
///
/// # Examples
/// ```
/// use forebay::cascade::Reserved;
/// use forebay::{DefaultReset, Headroom, Pool, try_get_all};
///
/// static FRAMES: Pool<[u8; 32], 2, DefaultReset, Headroom<1>> = Pool::with_waiting(DefaultReset);
/// static NAMES: Pool<heapless::String<16>, 2> = Pool::new();
///
/// let request = try_get_all((&FRAMES, &NAMES))?;
/// assert_eq!(try_get_all((&FRAMES, &NAMES)).unwrap_err().part(), 0);
/// let reply = try_get_all((Reserved(&FRAMES), &NAMES))?;
/// # Ok::<(), forebay::error::NotAll>(())
/// ```
#[derive(Debug)]
pub struct Reserved<R>(pub R);

impl<R: Copy> Clone for Reserved<R> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<R: Copy> Copy for Reserved<R> {}

/// Implements `Acquire` for one pool.
macro_rules! part {
    ([$($g:tt)*] $source:ty => $acquired:ty, |$this:ident| $get:expr) => {
        impl<$($g)*> sealed::Sealed for $source {}

        impl<$($g)*> Acquire for $source {
            type Acquired = $acquired;
            const PARTS: usize = 1;

            #[inline]
            fn acquire(self, first: usize) -> Result<$acquired, NotAll> {
                let $this = self;
                $get.map_err(|why: Exhausted| NotAll { part: first, why })
            }
        }
    };
}

part!(
    ['a, T, const N: usize, P: Policy<T>, W: WaitPolicy]
    &'a Pool<T, N, P, W> => Lease<Self>, |pool| pool.try_get()
);
part!(
    ['a, T, const N: usize, P: Policy<T>, W: WaitPolicy]
    Reserved<&'a Pool<T, N, P, W>> => Lease<&'a Pool<T, N, P, W>>, |this| this.0.try_get_reserved()
);
part!(
    ['a, T, const N: usize, const LANES: usize, P: Policy<T>, W: WaitPolicy]
    &'a LanePool<T, N, LANES, P, W> => Lease<&'a Pool<T, N, P, Lanes<LANES, W>>>, |pool| pool.try_get()
);
part!(
    ['a, T, const N: usize, const LANES: usize, P: Policy<T>, W: WaitPolicy]
    Reserved<&'a LanePool<T, N, LANES, P, W>> => Lease<&'a Pool<T, N, P, Lanes<LANES, W>>>,
    |this| this.0.try_get_reserved()
);
part!(
    ['l, 'p, T, const N: usize, const LANES: usize, P: Policy<T>, W: WaitPolicy]
    &'l Lane<'p, T, N, LANES, P, W> => Lease<Self>, |lane| lane.try_get()
);
part!(
    ['l, 'p, T, const N: usize, const LANES: usize, P: Policy<T>, W: WaitPolicy]
    Reserved<&'l Lane<'p, T, N, LANES, P, W>> => Lease<&'l Lane<'p, T, N, LANES, P, W>>,
    |this| this.0.try_get_reserved()
);
part!(
    ['a, T, const STREAMS: usize, const DEPTH: usize, W: Notify]
    &'a StreamPool<T, STREAMS, DEPTH, W> => Halves<&'a StreamPool<T, STREAMS, DEPTH, W>>, |streams| streams.try_open()
);

/// Calls `$implement` for tuples of 1 to 8.
macro_rules! tuples {
    ($implement:ident) => {
        $implement!(A 0);
        $implement!(A 0, B 1);
        $implement!(A 0, B 1, C 2);
        $implement!(A 0, B 1, C 2, D 3);
        $implement!(A 0, B 1, C 2, D 3, E 4);
        $implement!(A 0, B 1, C 2, D 3, E 4, F 5);
        $implement!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
        $implement!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
    };
}
#[cfg(any(feature = "std", feature = "async"))]
use tuples;

macro_rules! all {
    ($($s:ident $at:tt),+) => {
        impl<$($s: Acquire),+> sealed::Sealed for ($($s,)+) {}

        impl<$($s: Acquire),+> Acquire for ($($s,)+) {
            type Acquired = ($($s::Acquired,)+);
            const PARTS: usize = 0 $(+ $s::PARTS)+;

            #[inline]
            #[allow(unused_assignments)] // Behind the last.
            fn acquire(self, first: usize) -> Result<Self::Acquired, NotAll> {
                let mut next = first;
                // What is in the tuple already is dropped on the way out of `?`, or of a panic.
                Ok(($({
                    let part = next;
                    next += $s::PARTS;
                    self.$at.acquire(part)?
                },)+))
            }
        }
    };
}
tuples!(all);
