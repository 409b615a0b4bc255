//! Waiting for objects of several pools.
//!
//! Whoever waits for a second pool while it has an object of a first can wait for ever: another one has the second
//! and waits for the first. Here all callers get their parts in one order, that of the pools' addresses, whatever
//! order they name them in. So whoever waits for a pool has objects of pools before it, and of that pool itself:
//!
//! - One pool. At most `K` callers wait for it, since there are `K` seats, and each of them lacks an object at least;
//!   who wants `k` has `k - 1` at most. While `K (k - 1) < n`, of `n` objects in reach, those that wait do not have
//!   all, so one is free, or with somebody who does not wait here. Larger wishes are refused (`max_parts`).
//! - All pools, from the last one down. Who has an object of the last pool does not wait for another pool. It
//!   gives the object back in the end, and the first who waits gets it; so everybody who waits there is served. Who has
//!   an object of the last but one waits for the last at most, and is served there; and so on.
//!
//! That is no deadlock, no livelock and nobody overtaken for ever, as long as loans end, whoever is woken polls, and
//! nobody waits for one of these pools while it has objects that it did not get by the same call.
//!
//! Trying all, and waiting for the missing one with nothing in hand, as C++'s `std::lock` does, would not ask the last.
//! But an object that is put here goes straight to the first who waits; so three callers that want two
//! objects can hand both round for ever, each refused one while it was handed the other.
//!
//! Source: Havender's ordered resources (1968). In one pool, the rule of the textbooks: `n` units are enough for callers
//! whose wishes add up to less than `n` and one for each.

use super::{Acquire, Reserved, tuples};
#[cfg(feature = "std")]
use crate::error::Exhausted;
use crate::error::{NotAll, TooManyWaiters, WaitAllError};
use crate::pool::futures::GetFuture;
use crate::pool::{LanePool, Pool};
use crate::reset::Policy;
use crate::stream::StreamPool;
use crate::stream::open::OpenFuture;
use crate::sync::seeded;
use crate::wait::{CanWait, Lanes, Notify};
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

/// Lends an object of each of several pools, and waits for those that there are none of.
///
/// As [`try_get_all`](crate::try_get_all) takes and gives, and first come, first served in each pool. Callers that
/// name the same pools in different orders do not wait for each other for ever: all get them in one order, that
/// of the pools' addresses.
///
/// While it waits for a pool, it has what it got of the others, and others may have to wait for that in turn. So whoever
/// calls this, or waits for one of these pools by itself, should hold nothing that it got before from any of
/// them; else wait with a timeout. The same goes for a task that awaits something else while it does not poll this
/// future: it may hold parts. Dropped, the future gives back all it has, and what it was just handed goes to the next.
/// Forgotten (`mem::forget`), it keeps that.
///
/// # Errors
/// [`NotAll`], with the number of the pool and
/// - [`TooManyWaiters`](WaitAllError::TooManyWaiters), when that pool has no object and no seat to wait in;
/// - [`TooManyParts`](WaitAllError::TooManyParts), before it takes anything, when one pool is named more often than it
///   can promise: with `K` of [`Waking<K>`](crate::Waking), at most 1 + (`n` - 1) / `K` times, where `n` is the capacity
///   less the reserved objects. Naming it once is always good.
///
/// # Panics
/// A poll does as the policies' `make` does. Polled again, the future goes on; dropped, it gives all back.
///
/// # Context
/// Async; in any executor. Polls are lock-free; wake-ups as of [`Pool::get`].
///
/// # Cost
/// That of a [`Pool::get`] for each part, and the square of the number of parts in comparisons. The future holds a
/// lease or a `get` for each part.
///
/// # Examples
/// ```
/// use forebay::{DefaultReset, Pool, Waking, get_all};
///
/// static FRAMES: Pool<[u8; 32], 1, DefaultReset, Waking> = Pool::with_waiting(DefaultReset);
/// static NAMES: Pool<heapless::String<16>, 1, DefaultReset, Waking> = Pool::with_waiting(DefaultReset);
///
/// async fn forwards() {
///     let (mut frame, name) = get_all((&FRAMES, &NAMES)).await.unwrap();
///     frame[0] = name.len() as u8;
/// }
/// async fn backwards() {
///     let (name, frame) = get_all((&NAMES, &FRAMES)).await.unwrap(); // does no harm
///     # drop((name, frame));
/// }
/// # use std::{future::Future, pin::pin, task::{Context, Waker}};
/// # let mut context = Context::from_waker(Waker::noop());
/// # assert!(pin!(forwards()).poll(&mut context).is_ready() && pin!(backwards()).poll(&mut context).is_ready());
/// ```
pub fn get_all<S: AcquireWaiting>(source: S) -> GetAllFuture<S> {
    GetAllFuture { source, gathered: S::nothing(), is_sound: false }
}

#[cfg(feature = "std")]
pub use blocking::{get_all_blocking, get_all_timeout};

#[cfg(feature = "std")]
mod blocking {
    use super::*;
    use crate::wait::park;
    use core::task::Waker;
    use std::time::{Duration, Instant};

    /// Lends an object of each of several pools, and parks the thread until there are some. As [`get_all`].
    ///
    /// # Errors
    /// [`NotAll`], as `get_all`.
    ///
    /// # Context
    /// Blocking: for threads.
    ///
    /// # Cost
    /// As `get_all`. Where a thread waits for the first time, it allocates its waker.
    ///
    /// # Examples
    /// ```
    /// use forebay::cascade::get_all_blocking;
    /// use forebay::{DefaultReset, Pool, Waking};
    ///
    /// static LEFT: Pool<u32, 1, DefaultReset, Waking> = Pool::with_waiting(DefaultReset);
    /// static RIGHT: Pool<u32, 1, DefaultReset, Waking> = Pool::with_waiting(DefaultReset);
    ///
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| (0..100).for_each(|_| drop(get_all_blocking((&LEFT, &RIGHT)).unwrap())));
    ///     scope.spawn(|| (0..100).for_each(|_| drop(get_all_blocking((&RIGHT, &LEFT)).unwrap())));
    /// });
    /// assert_eq!((LEFT.available(), RIGHT.available()), (1, 1));
    /// ```
    pub fn get_all_blocking<S: AcquireWaiting>(
        source: S,
    ) -> Result<S::Acquired, NotAll<WaitAllError>> {
        wait(source, None)
    }

    /// Lends an object of each of several pools, and parks the thread until there are some, but no longer than
    /// `timeout`. As [`get_all`].
    ///
    /// # Errors
    /// [`NotAll`], as `get_all`, and [`TimedOut`](WaitAllError::TimedOut) of the pool that it waited for.
    ///
    /// # Context and cost
    /// As [`get_all_blocking`]. A timeout too far away to be a time waits for ever.
    pub fn get_all_timeout<S: AcquireWaiting>(
        source: S,
        timeout: Duration,
    ) -> Result<S::Acquired, NotAll<WaitAllError>> {
        wait(source, park::deadline(timeout))
    }

    fn wait<S: AcquireWaiting>(
        source: S,
        deadline: Option<Instant>,
    ) -> Result<S::Acquired, NotAll<WaitAllError>> {
        let mut all = get_all(source);
        if let Some(got) = park::wait(deadline, |context| Pin::new(&mut all).poll(context)) {
            return got;
        }
        // What was handed over at the last moment is not given away again.
        match Pin::new(&mut all).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(got) => got,
            Poll::Pending => {
                let part = all.next().map_or(0, |next| next.part);
                Err(NotAll { part, why: WaitAllError::TimedOut(source.refused(part)) })
            }
        }
    }
}

/// What [`get_all`] and its blocking twins take: an [`Acquire`] of pools whose policy is one [that
/// waits](CanWait). A [`Lane`](crate::Lane) is none; its pool is.
///
/// Sealed.
pub trait AcquireWaiting: Acquire {
    /// The parts that are there, and those that are waited for.
    #[doc(hidden)]
    type Gathered: Unpin;

    #[doc(hidden)]
    fn nothing() -> Self::Gathered;

    /// The part to get next: of those that are not there, the first in the order of all pools. `first` is the
    /// number of the first part here.
    #[doc(hidden)]
    fn next(self, gathered: &Self::Gathered, first: usize) -> Option<Next>;

    /// Gets part number `part`.
    #[doc(hidden)]
    fn poll_part(
        self,
        gathered: &mut Self::Gathered,
        part: usize,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), TooManyWaiters>>;

    /// What was gathered, if that is all.
    #[doc(hidden)]
    fn all(gathered: Self::Gathered) -> Option<Self::Acquired>;

    /// How many parts are of the pool at `place`.
    #[doc(hidden)]
    fn parts_of(self, lock_order: usize) -> usize;

    /// The place of the pool of `part`, and how many of its objects a caller may want.
    #[doc(hidden)]
    fn max_parts(self, part: usize) -> (usize, usize);

    /// Why `part` is not there.
    #[doc(hidden)]
    #[cfg(feature = "std")]
    fn refused(self, part: usize) -> Exhausted;
}

/// A part that is not there; they are ordered as they must be got.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Next {
    lock_order: usize,
    part: usize,
}

/// One part.
#[doc(hidden)]
#[derive(Debug)]
pub enum Part<F, L> {
    Missing,
    Waits(F),
    There(L),
}

impl<L, F: Future<Output = Result<L, TooManyWaiters>> + Unpin> Part<F, L> {
    fn poll(
        &mut self,
        get: impl FnOnce() -> F,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), TooManyWaiters>> {
        if let Self::Missing = self {
            *self = Self::Waits(get());
        }
        if let Self::Waits(waits) = self {
            let got = ready!(Pin::new(waits).poll(context))?;
            *self = Self::There(got);
        }
        Poll::Ready(Ok(()))
    }
}

/// Implements `AcquireWaiting` for one pool.
macro_rules! part {
    ([$($g:tt)*] $source:ty => $future:ty, |$this:ident| $get:expr, $pool:expr, $max_parts:expr) => {
        impl<$($g)*> AcquireWaiting for $source {
            type Gathered = Part<$future, Self::Acquired>;

            fn nothing() -> Self::Gathered {
                Part::Missing
            }

            fn next(self, gathered: &Self::Gathered, first: usize) -> Option<Next> {
                let $this = self;
                let lock_order = seeded!("parts_as_named", 0, $pool.lock_order());
                let is_there = matches!(gathered, Part::There(_));
                (!is_there).then_some(Next { lock_order, part: first })
            }

            fn poll_part(
                self,
                gathered: &mut Self::Gathered,
                _part: usize,
                context: &mut Context<'_>,
            ) -> Poll<Result<(), TooManyWaiters>> {
                let $this = self;
                gathered.poll(|| $get, context)
            }

            fn all(gathered: Self::Gathered) -> Option<Self::Acquired> {
                if let Part::There(got) = gathered { Some(got) } else { None }
            }

            fn parts_of(self, lock_order: usize) -> usize {
                let $this = self;
                usize::from($pool.lock_order() == lock_order)
            }

            fn max_parts(self, _part: usize) -> (usize, usize) {
                let $this = self;
                ($pool.lock_order(), $max_parts)
            }

            #[cfg(feature = "std")]
            fn refused(self, _part: usize) -> Exhausted {
                let $this = self;
                $pool.timed_out()
            }
        }
    };
}

part!(
    ['a, T, const N: usize, P: Policy<T>, W: CanWait]
    &'a Pool<T, N, P, W> => GetFuture<'a, T, N, P, W>,
    |pool| pool.get(), pool, Pool::<T, N, P, W>::max_parts(false)
);
part!(
    ['a, T, const N: usize, P: Policy<T>, W: CanWait]
    Reserved<&'a Pool<T, N, P, W>> => GetFuture<'a, T, N, P, W>,
    |this| this.0.get_reserved(), this.0, Pool::<T, N, P, W>::max_parts(true)
);
part!(
    ['a, T, const N: usize, const LANES: usize, P: Policy<T>, W: CanWait]
    &'a LanePool<T, N, LANES, P, W> => GetFuture<'a, T, N, P, Lanes<LANES, W>>,
    |pool| pool.get(), pool, Pool::<T, N, P, Lanes<LANES, W>>::max_parts(false)
);
part!(
    ['a, T, const N: usize, const LANES: usize, P: Policy<T>, W: CanWait]
    Reserved<&'a LanePool<T, N, LANES, P, W>> => GetFuture<'a, T, N, P, Lanes<LANES, W>>,
    |this| this.0.get_reserved(), this.0, Pool::<T, N, P, Lanes<LANES, W>>::max_parts(true)
);
part!(
    ['a, T, const STREAMS: usize, const DEPTH: usize, W: Notify<Open: CanWait>]
    &'a StreamPool<T, STREAMS, DEPTH, W> => OpenFuture<'a, T, STREAMS, DEPTH, W>,
    |streams| streams.open(), streams, StreamPool::<T, STREAMS, DEPTH, W>::max_parts()
);

macro_rules! all {
    ($($s:ident $at:tt),+) => {
        impl<$($s: AcquireWaiting),+> AcquireWaiting for ($($s,)+) {
            type Gathered = ($($s::Gathered,)+);

            fn nothing() -> Self::Gathered {
                ($($s::nothing(),)+)
            }

            #[allow(unused_assignments)] // Behind the last.
            fn next(self, gathered: &Self::Gathered, first: usize) -> Option<Next> {
                let mut part = first;
                let mut least: Option<Next> = None;
                $(
                    let next = self.$at.next(&gathered.$at, part);
                    least = least.into_iter().chain(next).min();
                    part += $s::PARTS;
                )+
                least
            }

            #[allow(unused_assignments)]
            fn poll_part(
                self,
                gathered: &mut Self::Gathered,
                mut part: usize,
                context: &mut Context<'_>,
            ) -> Poll<Result<(), TooManyWaiters>> {
                $(
                    if part < $s::PARTS {
                        return self.$at.poll_part(&mut gathered.$at, part, context);
                    }
                    part -= $s::PARTS;
                )+
                Poll::Ready(Ok(()))
            }

            fn all(gathered: Self::Gathered) -> Option<Self::Acquired> {
                Some(($($s::all(gathered.$at)?,)+))
            }

            fn parts_of(self, lock_order: usize) -> usize {
                0 $(+ self.$at.parts_of(lock_order))+
            }

            #[allow(unused_assignments)]
            fn max_parts(self, mut part: usize) -> (usize, usize) {
                $(
                    if part < $s::PARTS {
                        return self.$at.max_parts(part);
                    }
                    part -= $s::PARTS;
                )+
                (0, usize::MAX)
            }

            #[cfg(feature = "std")]
            #[allow(unused_assignments)]
            fn refused(self, mut part: usize) -> Exhausted {
                $(
                    if part < $s::PARTS {
                        return self.$at.refused(part);
                    }
                    part -= $s::PARTS;
                )+
                Exhausted { capacity: 0 }
            }
        }
    };
}
tuples!(all);

/// The future of [`get_all`].
#[must_use = "it does not wait until it is polled"]
pub struct GetAllFuture<S: AcquireWaiting> {
    source: S,
    gathered: S::Gathered,
    /// Whether no pool is named more often than it can promise.
    is_sound: bool,
}

impl<S: AcquireWaiting> GetAllFuture<S> {
    fn next(&self) -> Option<Next> {
        self.source.next(&self.gathered, 0)
    }

    /// # Errors
    /// The first part whose pool is named too often.
    fn check(&self) -> Result<(), NotAll<WaitAllError>> {
        for part in 0..S::PARTS {
            let (lock_order, max_parts) = self.source.max_parts(part);
            if self.source.parts_of(lock_order) > max_parts
                && !seeded!("parts_not_counted", true, false)
            {
                return Err(NotAll { part, why: WaitAllError::TooManyParts { max_parts } });
            }
        }
        Ok(())
    }
}

impl<S: AcquireWaiting> Future for GetAllFuture<S> {
    type Output = Result<S::Acquired, NotAll<WaitAllError>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if !this.is_sound {
            this.check()?;
            this.is_sound = true;
        }
        loop {
            while let Some(Next { part, .. }) = this.next() {
                let got = this.source.poll_part(&mut this.gathered, part, context);
                if let Err(why) = ready!(got) {
                    this.gathered = S::nothing();
                    let why = WaitAllError::TooManyWaiters(why);
                    return Poll::Ready(Err(NotAll { part, why }));
                }
            }
            // No part is missing, so this is all.
            if let Some(all) = S::all(core::mem::replace(&mut this.gathered, S::nothing())) {
                return Poll::Ready(Ok(all));
            }
        }
    }
}

impl<S: AcquireWaiting> fmt::Debug for GetAllFuture<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GetAllFuture").field("next", &self.next()).finish_non_exhaustive()
    }
}
