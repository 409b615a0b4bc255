//! Which handle may go to, and be seen from, another thread: all of them, for each kind of payload.
#![allow(dead_code)] // What `auto!` does not come to.

use forebay::pool::{BatchIter, BatchIterMut, Erased, Leases, Mapped};
use forebay::ring::{Drain, Filled, Grant, PopRef};
use forebay::ring::{Latest, LatestReader, LatestWriter};
use forebay::stream::Tokens;
use forebay::{
    Batch, Consumer, Lease, Policy, Pool, Producer, Receiver, Ring, Sender, SharedLease, Slab,
    StreamPool,
};
use std::cell::Cell;
use std::marker::PhantomData;
use std::rc::Rc;

/// `(is Send, is Sync)` of a type without parameters: an inherent constant whose bound holds comes
/// before the trait's.
macro_rules! auto {
    ($t:ty) => {{
        struct Probe<T: ?Sized>(PhantomData<T>);
        trait No {
            const SEND: bool = false;
            const SYNC: bool = false;
        }
        impl<T: ?Sized> No for T {}
        impl<T: ?Sized + Send> Probe<T> {
            const SEND: bool = true;
        }
        impl<T: ?Sized + Sync> Probe<T> {
            const SYNC: bool = true;
        }
        let _ = Probe::<()>(PhantomData);
        (<Probe<$t>>::SEND, <Probe<$t>>::SYNC)
    }};
}

/// Payloads: all four kinds there are.
type Both = u8;
type SendOnly = Cell<u8>;
type SyncOnly = std::sync::MutexGuard<'static, u8>;
type Neither = Rc<u8>;

/// A policy for any object.
struct Any;
impl<T> Policy<T> for Any {
    fn make(&self, _slot: usize) -> T {
        unreachable!("only types are looked at")
    }
    fn recycle(&self, _object: &mut T) -> bool {
        true
    }
}

/// A policy that holds something.
struct With<P>(P);
impl<P> Policy<u8> for With<P> {
    fn make(&self, _slot: usize) -> u8 {
        unreachable!("only types are looked at")
    }
    fn recycle(&self, _object: &mut u8) -> bool {
        true
    }
}

const YES: (bool, bool) = (true, true);
const NO: (bool, bool) = (false, false);

/// Asserts `auto!` of a type for the payloads `Both`, `SendOnly`, `SyncOnly`, `Neither`.
macro_rules! check {
    ($(<$p:ident> $t:ty => $both:expr, $send:expr, $sync:expr, $neither:expr;)+) => {$(
        {
            type Of<$p> = $t;
            let name = stringify!($t);
            assert_eq!(auto!(Of<Both>), $both, "{name} of Send + Sync");
            assert_eq!(auto!(Of<SendOnly>), $send, "{name} of Send only");
            assert_eq!(auto!(Of<SyncOnly>), $sync, "{name} of Sync only");
            assert_eq!(auto!(Of<Neither>), $neither, "{name} of neither");
        }
    )+};
}

#[test]
fn the_probe_tells_all_four_kinds() {
    assert_eq!(auto!(Both), YES);
    assert_eq!(auto!(SendOnly), (true, false));
    assert_eq!(auto!(SyncOnly), (false, true));
    assert_eq!(auto!(Neither), NO);
}

/// A pool lends an object to one thread at a time, so `Send` is all it needs.
#[test]
fn homes() {
    check! {
        <T> Pool<T, 1, Any> => YES, YES, NO, NO;
        <T> Slab<T, 1> => YES, YES, NO, NO;
        <T> Ring<T, 1> => YES, YES, NO, NO;
        <T> StreamPool<T, 1> => YES, YES, NO, NO;
        <T> Latest<T> => YES, YES, NO, NO;
        <T> LatestWriter<'static, T> => YES, YES, NO, NO;
        <T> LatestReader<'static, T> => YES, YES, NO, NO;
        // The policy is shared by all threads.
        <P> Pool<u8, 1, P> => YES, (true, false), (false, true), NO;
    }
}

#[test]
fn leases() {
    check! {
        <T> Lease<&'static Pool<T, 1, Any>> => YES, (true, false), NO, NO;
        <T> Lease<&'static Slab<T, 1>> => YES, (true, false), NO, NO;
        // Only made of a pool that is `Sync`, so of an object that is `Send`.
        <T> Lease<Erased<'static, T>> => YES, (true, false), (false, true), NO;
        <T> Lease<Mapped<&'static Pool<T, 1, Any>, u8>> => YES, YES, NO, NO;
        <U> Lease<Mapped<&'static Pool<u8, 1, Any>, U>> => YES, (true, false), (false, true), NO;
    }
    #[cfg(feature = "std")]
    check! {
        <T> Lease<std::sync::Arc<Pool<T, 1, Any>>> => YES, (true, false), NO, NO;
    }
}

/// A batch and its iterator are `Send` and `Sync` like the leases that they stand for.
#[test]
fn batches() {
    use forebay::Lane;
    use forebay::wait::Lanes;
    check! {
        <T> Batch<&'static Pool<T, 1, Any>, 3> => YES, (true, false), NO, NO;
        <P> Batch<&'static Pool<u8, 1, With<P>>, 3> => YES, NO, YES, NO;
        <T> Batch<&'static Pool<T, 1, Any, Lanes<1>>, 3> => YES, (true, false), NO, NO;
        <T> Batch<&'static Lane<'static, T, 1, 1, Any>, 3> => NO, NO, NO, NO;
        <T> Leases<&'static Pool<T, 1, Any>, 3> => YES, (true, false), NO, NO;
        <P> Leases<&'static Pool<u8, 1, With<P>>, 3> => YES, NO, YES, NO;
        <T> Leases<&'static Lane<'static, T, 1, 1, Any>, 3> => NO, NO, NO, NO;
        <T> BatchIter<'static, &'static Pool<T, 1, Any>> => YES, NO, NO, NO;
        <T> BatchIterMut<'static, &'static Pool<T, 1, Any>> => YES, (true, false), NO, NO;
        <T> BatchIter<'static, &'static Lane<'static, T, 1, 1, Any>> => NO, NO, NO, NO;
        <T> BatchIterMut<'static, &'static Lane<'static, T, 1, 1, Any>> => NO, NO, NO, NO;
    }
}

/// As the lease that is timed: the monitor is there for all.
#[test]
fn timed_leases() {
    use forebay::Lane;
    use forebay::monitor::{Monitor, Span, Timed};
    check! {
        <T> Lease<Timed<'static, &'static Pool<T, 1, Any>, 1>> => YES, (true, false), NO, NO;
        <T> SharedLease<Timed<'static, &'static Pool<T, 1, Any>, 1>> => YES, NO, NO, NO;
        <T> Lease<Timed<'static, &'static Lane<'static, T, 1, 1, Any>, 1>> => NO, NO, NO, NO;
        <P> Lease<Timed<'static, &'static Pool<u8, 1, With<P>>, 1>> => YES, NO, YES, NO;
    }
    assert_eq!(auto!(Monitor<1>), YES);
    assert_eq!(auto!(Span<'static, 1>), YES);
    assert_eq!(auto!(forebay::monitor::Histogram), YES);
}

/// A lane is for one context at a time: it may go to another thread, and its leases, which would go back on it
/// from there, may not.
#[test]
fn lanes() {
    use forebay::wait::Lanes;
    use forebay::{Lane, LanePool};
    check! {
        <T> LanePool<T, 1, 1, Any> => YES, YES, NO, NO;
        <P> LanePool<u8, 1, 1, P> => YES, (true, false), (false, true), NO;
        <T> Lane<'static, T, 1, 1, Any> => (true, false), (true, false), NO, NO;
        <P> Lane<'static, u8, 1, 1, P> => (true, false), NO, (true, false), NO;
        <T> Lease<&'static Lane<'static, T, 1, 1, Any>> => NO, NO, NO, NO;
        <T> SharedLease<&'static Lane<'static, T, 1, 1, Any>> => NO, NO, NO, NO;
        <T> Lease<Mapped<&'static Lane<'static, T, 1, 1, Any>, u8>> => NO, NO, NO, NO;
        // What it is once it is detached, or was got without a handle.
        <T> Lease<&'static Pool<T, 1, Any, Lanes<1>>> => YES, (true, false), NO, NO;
        <T> SharedLease<&'static Pool<T, 1, Any, Lanes<1>>> => YES, NO, NO, NO;
    }
}

/// On the heap or in the pool: as a lease of the pool.
#[cfg(feature = "std")]
#[test]
fn leases_that_overflow() {
    use forebay::pool::{Overflow, Ticker};
    check! {
        <T> Lease<Overflow<&'static Pool<T, 1, Any>>> => YES, (true, false), NO, NO;
        <T> SharedLease<Overflow<&'static Pool<T, 1, Any>>> => YES, NO, NO, NO;
        <P> Lease<Overflow<&'static Pool<u8, 1, With<P>>>> => YES, NO, YES, NO;
    }
    assert_eq!(auto!(Ticker), YES);
}

/// A future of a get gives leases of the pool, and holds none.
#[cfg(any(feature = "std", feature = "async"))]
#[test]
fn waiting_for_objects_and_rings() {
    use forebay::wait::Lanes;
    use forebay::{Waking, future};
    check! {
        <T> Pool<T, 1, Any, Waking<2>> => YES, YES, NO, NO;
        <T> future::GetFuture<'static, T, 1, Any, Waking<2>> => YES, YES, NO, NO;
        <T> future::GetFuture<'static, T, 1, Any, Lanes<1, Waking<2>>> => YES, YES, NO, NO;
        <P> future::GetFuture<'static, u8, 1, With<P>, Waking<2>> => YES, NO, YES, NO;
    }
    check! {
        <T> future::OpenFuture<'static, T, 1, 2, Waking<2>> => YES, YES, NO, NO;
    }
}

/// A future that gathers holds leases.
#[cfg(any(feature = "std", feature = "async"))]
#[test]
fn several_pools() {
    use forebay::Waking;
    use forebay::cascade::{AcquireWaiting, Reserved};
    use forebay::future::GetAllFuture;
    type Waited<T> = &'static Pool<T, 1, Any, Waking<2>>;
    check! {
        <T> Reserved<Waited<T>> => YES, YES, NO, NO;
        <T> GetAllFuture<(Waited<T>, Waited<u8>)> => YES, (true, false), NO, NO;
        <T> GetAllFuture<(&'static StreamPool<T, 1, 2, Waking<2>>,)> => YES, (true, false), NO, NO;
    }
    fn is_unpin<S: AcquireWaiting>(_: fn(GetAllFuture<S>)) -> bool {
        fn unpin<T: Unpin>() {}
        unpin::<GetAllFuture<S>>();
        true
    }
    assert!(is_unpin(|_: GetAllFuture<(Waited<u8>, (Waited<u8>,))>| ()));
}

/// Seen from several threads at once, and recycled on one of them: both are needed.
#[test]
fn shared_leases() {
    check! {
        <T> SharedLease<&'static Pool<T, 1, Any>> => YES, NO, NO, NO;
        <T> SharedLease<&'static Slab<T, 1>> => YES, NO, NO, NO;
        <T> SharedLease<Erased<'static, T>> => YES, NO, NO, NO;
        <T> SharedLease<Mapped<&'static Pool<T, 1, Any>, u8>> => YES, YES, NO, NO;
        <U> SharedLease<Mapped<&'static Pool<u8, 1, Any>, U>> => YES, NO, NO, NO;
    }
    #[cfg(feature = "std")]
    check! {
        <T> SharedLease<std::sync::Arc<Pool<T, 1, Any>>> => YES, NO, NO, NO;
    }
}

/// The ends give nobody a reference to an item through `&self`.
#[test]
fn ends() {
    check! {
        <T> Producer<&'static Ring<T, 1>> => YES, YES, NO, NO;
        <T> Consumer<&'static Ring<T, 1>> => YES, YES, NO, NO;
        <T> Grant<'static, &'static Ring<T, 1>> => YES, YES, NO, NO;
        <T> Drain<'static, &'static Ring<T, 1>> => YES, YES, NO, NO;
        <T> Sender<&'static StreamPool<T, 1>> => YES, YES, NO, NO;
        <T> Receiver<&'static StreamPool<T, 1>> => YES, YES, NO, NO;
        <T> Tokens<'static, &'static StreamPool<T, 1>> => YES, YES, NO, NO;
    }
    #[cfg(feature = "std")]
    check! {
        <T> Producer<std::sync::Arc<Ring<T, 1>>> => YES, YES, NO, NO;
        <T> Consumer<std::sync::Arc<Ring<T, 1>>> => YES, YES, NO, NO;
        <T> Sender<std::sync::Arc<StreamPool<T, 1>>> => YES, YES, NO, NO;
        <T> Receiver<std::sync::Arc<StreamPool<T, 1>>> => YES, YES, NO, NO;
        <T> Receiver<&'static StreamPool<T, 1, 20, forebay::Waking>> => YES, YES, NO, NO;
        <T> forebay::future::RecvFuture<'static, &'static StreamPool<T, 1, 20, forebay::Waking>> => YES, YES, NO, NO;
        // It may hold a token that was not sent, and is `Sync` only if the token is.
        <T> Sender<&'static StreamPool<T, 1, 20, forebay::Waking>> => YES, (true, false), NO, NO;
        <T> forebay::future::SendFuture<'static, &'static StreamPool<T, 1, 20, forebay::Waking>> => YES, (true, false), NO, NO;
    }
}

/// These do, so they are `Sync` only if the item is.
#[test]
fn items_in_place() {
    check! {
        <T> PopRef<'static, &'static Ring<T, 1>> => YES, (true, false), NO, NO;
        <T> Filled<'static, &'static Ring<T, 1>> => YES, (true, false), NO, NO;
    }
}

#[test]
fn plain_values() {
    assert_eq!(auto!(forebay::Metrics), YES);
    assert_eq!(auto!(forebay::pool::Loan), YES);
    assert_eq!(auto!(forebay::stream::StreamId), YES);
    assert_eq!(auto!(forebay::Token), YES);
    assert_eq!(auto!(forebay::Response<64>), YES);
    assert_eq!(auto!(forebay::Exhausted), YES);
    assert_eq!(auto!(forebay::error::NotAll), YES);
    check! {
        <T> forebay::error::Full<T> => YES, (true, false), (false, true), NO;
        <T> forebay::SendError<T> => YES, (true, false), (false, true), NO;
    }
}
