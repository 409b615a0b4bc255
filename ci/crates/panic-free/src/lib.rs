//! Each operation of the data path as a function of its own, which the linker is told to start from.
//!
//! Handles come in as arguments and results leave as return values, so nothing is known of the state they are
//! in: what holds here holds whatever happened before. `ci/stages/panic-free.sh` finds the functions by their names:
//! `op_…` must not reach the panic handler, `control_…` must, and so must `known_…`, of which it is known and said why.
//!
//! A name ends in the type and the method that it stands for, `…_shared_lease_try_clone`; so `operations.mjs` sees that
//! none is forgotten.
#![no_std]
#![allow(clippy::type_complexity)] // Each type is written where it is asked for.

use core::ptr::NonNull;
use forebay::error::{Full, PopError, PushError, TextError, TooLong};
use forebay::pool::{BatchIter, BatchIterMut, Erased, Leases};
use forebay::ring::{Drain, Filled, Grant, Latest, LatestReader, LatestWriter, PopRef};
use forebay::{
    Batch, Consumer, Exhausted, Headroom, Lane, LanePool, Lease, Metrics, Policy, Pool, Producer,
    Receiver, RecvError, Response, Ring, SendError, Sender, SharedLease, Slab, StreamPool, Token,
    Waking,
};

#[panic_handler]
fn panic(panic: &core::panic::PanicInfo) -> ! {
    // Keeps the places of panics in the output.
    PANIC_IS_REACHABLE(
        panic.location().map_or(0, |place| place.file().as_ptr().addr() as u32 ^ place.line()),
    )
}

/// The linker drops it, unless something reaches it.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn PANIC_IS_REACHABLE(place: u32) -> ! {
    loop {
        elsewhere(place);
    }
}

/// Exports functions under `op_` (or other) names, with `$set` in front so that a set can be made twice.
macro_rules! export {
    ($set:literal $(fn $name:ident($($arg:ident: $t:ty),*) $(-> $ret:ty)? $body:block)+) => {$(
        #[unsafe(export_name = concat!($set, stringify!($name)))]
        pub fn $name($($arg: $t),*) $(-> $ret)? $body
    )+};
}

mod cascades;
mod firmware;
mod small;
mod validator;
mod waiting;

/// Something that has to be dropped, by code that is not known here but does not panic.
pub struct Owned(u32);

unsafe extern "C" {
    safe fn elsewhere(value: u32);
}

impl Drop for Owned {
    fn drop(&mut self) {
        elsewhere(self.0);
    }
}

/// Makes and recycles without a panic, so that what is proved is the pool's part. Keeps some objects and
/// drops others.
pub struct Plain;

impl Policy<Owned> for Plain {
    fn make(&self, slot: usize) -> Owned {
        Owned(slot as u32)
    }

    fn recycle(&self, object: &mut Owned) -> bool {
        object.0 += 1;
        object.0 < 100
    }
}

macro_rules! pools {
    ($name:ident, $set:literal, $n:literal) => {
        mod $name {
            use super::*;
            type P = Pool<Owned, $n, Plain>;
            type L = Lease<&'static P>;
            type S = SharedLease<&'static P>;
            type Places = Slab<Owned, $n>;
            type B = Batch<&'static P, 8>;

            export! { $set
                fn pool_try_get(pool: &'static P) -> Result<L, Exhausted> { pool.try_get() }
                fn pool_try_get_many(pool: &'static P) -> Result<[L; 8], Exhausted> { pool.try_get_many() }
                fn pool_try_get_up_to(pool: &'static P) -> heapless::Vec<L, 8> { pool.try_get_up_to() }
                fn pool_try_get_batch(pool: &'static P) -> Result<B, Exhausted> { pool.try_get_batch() }
                fn pool_try_get_batch_up_to(pool: &'static P) -> B { pool.try_get_batch_up_to() }
                fn batch_len(batch: &B) -> usize { batch.len() }
                fn batch_is_empty(batch: &B) -> bool { batch.is_empty() }
                fn batch_get(batch: &B, index: usize) -> Option<u32> { batch.get(index).map(|object| object.0) }
                fn batch_get_mut(batch: &mut B, index: usize) {
                    if let Some(object) = batch.get_mut(index) {
                        object.0 = 1;
                    }
                }
                fn batch_iter(batch: &B) -> u32 { batch.iter().fold(0, |sum, object| sum ^ object.0) }
                fn batch_iter_mut(batch: &mut B) { batch.iter_mut().for_each(|object| object.0 ^= 1) }
                fn batch_iter_fold(objects: BatchIter<'static, &'static P>) -> u32 {
                    objects.fold(0, |sum, object| sum ^ object.0)
                }
                fn batch_iter_mut_fold(objects: BatchIterMut<'static, &'static P>) -> u32 {
                    objects.fold(0, |sum, object| sum ^ object.0)
                }
                fn batch_iter_next(objects: &mut BatchIter<'static, &'static P>) -> Option<u32> {
                    objects.next().map(|object| object.0)
                }
                fn batch_iter_mut_next(objects: &mut BatchIterMut<'static, &'static P>) -> Option<u32> {
                    objects.next().map(|object| object.0)
                }
                fn batch_iter_mut_next_back(objects: &mut BatchIterMut<'static, &'static P>) -> Option<u32> {
                    objects.next_back().map(|object| object.0)
                }
                fn batch_pop(batch: &mut B) -> Option<L> { batch.pop() }
                fn batch_put(batch: B) { batch.put() }
                fn batch_drop(batch: B) { drop(batch) }
                fn batch_into_iter(batch: B) -> Leases<&'static P, 8> { batch.into_iter() }
                fn leases_next(leases: &mut Leases<&'static P, 8>) -> Option<L> { leases.next() }
                fn leases_len(leases: &Leases<&'static P, 8>) -> usize { leases.len() }
                fn leases_drop(leases: Leases<&'static P, 8>) { drop(leases) }
                fn pool_available(pool: &P) -> usize { pool.available() }
                fn pool_metrics(pool: &P) -> Metrics { pool.metrics() }
                fn pool_advance_epoch(pool: &P) -> usize { pool.advance_epoch() }
                fn pool_audit(pool: &P) -> usize { pool.audit().filter(|loan| loan.age() > 3).count() }
                fn pool_trim(pool: &P) -> usize { pool.trim() }
                fn pool_fill(pool: &P) -> usize { pool.fill() }
                fn pool_drop(pool: P) { drop(pool) }
                fn lease_deref(lease: &L) -> u32 { lease.0 }
                fn lease_deref_mut(lease: &mut L) { lease.0 = lease.0.wrapping_add(1) }
                fn lease_put(lease: L) { Lease::put(lease) }
                fn lease_slot(lease: &L) -> usize { Lease::slot(lease) }
                fn lease_drop(lease: L) { drop(lease) }
                fn lease_share(lease: L) -> S { Lease::share(lease) }
                fn lease_map(lease: L) { drop(Lease::map(lease, |object| &mut object.0)) }
                // The table of functions that an erased lease goes back through comes along.
                fn lease_erase(lease: L) -> Lease<Erased<'static, Owned>> { Lease::erase(lease) }
                fn lease_into_raw(lease: L) -> NonNull<Owned> { Lease::into_raw(lease) }
                fn lease_from_raw(pool: &'static P, object: NonNull<Owned>) -> Option<L> {
                    // SAFETY: nothing is ever run.
                    unsafe { Lease::from_raw(pool, object) }
                }
                fn shared_lease_deref(lease: &S) -> u32 { lease.0 }
                fn shared_lease_clone(lease: &S) -> S { lease.clone() }
                fn shared_lease_try_clone(lease: &S) -> Option<S> { SharedLease::try_clone(lease) }
                fn shared_lease_try_unshare(lease: S) -> Result<L, S> { SharedLease::try_unshare(lease) }
                fn shared_lease_slot(lease: &S) -> usize { SharedLease::slot(lease) }
                fn shared_lease_holders(lease: &S) -> usize { SharedLease::holders(lease) }
                fn shared_lease_drop(lease: S) { drop(lease) }
                fn slab_insert(slab: &'static Places, value: Owned) -> Result<Lease<&'static Places>, Full<Owned>> {
                    slab.insert(value)
                }
                fn slab_insert_with(slab: &'static Places) -> Result<Lease<&'static Places>, Exhausted> {
                    slab.insert_with(|place| place.write(Owned(7)))
                }
                fn slab_available(slab: &Places) -> usize { slab.available() }
                fn slab_metrics(slab: &Places) -> Metrics { slab.metrics() }
                fn slab_advance_epoch(slab: &Places) -> usize { slab.advance_epoch() }
                fn slab_audit(slab: &Places) -> usize { slab.audit().count() }
                fn slab_drop_lease(lease: Lease<&'static Places>) { drop(lease) }
                fn slab_drop(slab: Places) { drop(slab) }
            }
        }
    };
}

// One word of slots, and several.
pools!(one_word, "op_one_word_", 16);
pools!(several_words, "op_several_words_", 100);

// An index out of range panics, like that of a slice. `get` and `get_mut` never panic.
export! { "known_"
    fn batch_index(batch: &Batch<&'static Pool<Owned, 100, Plain>, 8>, index: usize) -> u32 { batch[index].0 }
    fn batch_index_mut(batch: &mut Batch<&'static Pool<Owned, 100, Plain>, 8>, index: usize) { batch[index].0 = 1 }
}

macro_rules! lanes {
    ($name:ident, $set:literal, $n:literal, $lanes:literal, $waiting:ty) => {
        mod $name {
            use super::*;
            type P = LanePool<Owned, $n, $lanes, Plain, $waiting>;
            type On = Lane<'static, Owned, $n, $lanes, Plain, $waiting>;
            type L = Lease<&'static On>;
            type Pooled = Pool<Owned, $n, Plain, forebay::wait::Lanes<$lanes, $waiting>>;
            type D = Lease<&'static Pooled>;
            type B = Batch<&'static On, 8>;

            export! { $set
                fn lane_pool_try_claim(pool: &'static P) -> Option<On> { pool.try_claim() }
                fn lane_pool_try_get(pool: &'static P) -> Result<D, Exhausted> { pool.try_get() }
                fn lane_pool_try_get_many(pool: &'static P) -> Result<[D; 4], Exhausted> { pool.try_get_many() }
                fn lane_pool_try_get_batch(pool: &'static P) -> Result<Batch<&'static Pooled, 8>, Exhausted> {
                    pool.try_get_batch()
                }
                fn lane_pool_try_get_batch_up_to(pool: &'static P) -> Batch<&'static Pooled, 8> { pool.try_get_batch_up_to() }
                fn lane_pool_batch_drop(batch: Batch<&'static Pooled, 8>) { drop(batch) }
                fn lane_try_get_batch(lane: &'static On) -> Result<B, Exhausted> { lane.try_get_batch() }
                fn lane_try_get_batch_up_to(lane: &'static On) -> B { lane.try_get_batch_up_to() }
                fn lane_batch_pop(batch: &mut B) -> Option<L> { batch.pop() }
                fn lane_batch_drop(batch: B) { drop(batch) }
                fn lane_leases_next(leases: &mut Leases<&'static On, 8>) -> Option<L> { leases.next() }
                fn lane_leases_drop(leases: Leases<&'static On, 8>) { drop(leases) }
                fn lease_put(lease: D) { drop(lease) }
                fn lane_pool_tick(pool: &'static P) -> usize { pool.tick() }
                fn lane_pool_trim(pool: &'static P) -> usize { pool.trim() }
                fn lane_pool_fill(pool: &'static P) -> usize { pool.fill() }
                fn lane_pool_metrics(pool: &'static P) -> Metrics { pool.metrics() }
                fn lane_pool_audit(pool: &'static P) -> usize { pool.audit().count() }
                fn lane_try_get(lane: &'static On) -> Result<L, Exhausted> { lane.try_get() }
                fn lane_try_get_reserved(lane: &'static On) -> Result<L, Exhausted> { lane.try_get_reserved() }
                fn lane_lease_drop(lease: L) { drop(lease) }
                fn lease_detach(lease: L) -> D { Lease::detach(lease) }
                fn lane_pool_deref(pool: &'static P) -> &'static Pooled { pool }
                fn lane_pool_flush(pool: &P) { LanePool::flush(pool) }
                fn lane_number(lane: &On) -> usize { lane.number() }
                fn lane_flush(lane: &On) { lane.flush() }
                fn lane_drop(lane: On) { drop(lane) }
            }
        }
    };
}

lanes!(one_lane, "op_one_", 16, 1, forebay::Polling);
lanes!(several_lanes, "op_several_", 100, 3, forebay::Polling);
lanes!(lanes_with_waiters, "op_waited_", 40, 3, Headroom<1, Waking<4>>);

macro_rules! waits {
    ($name:ident, $set:literal, $n:literal, $waiting:ty) => {
        mod $name {
            use super::*;
            use core::pin::Pin;
            use core::task::{Context, Poll};
            use forebay::TooManyWaiters;
            use forebay::future::GetFuture;
            type P = Pool<Owned, $n, Plain, $waiting>;
            type L = Lease<&'static P>;

            export! { $set
                fn get_future_poll(get: Pin<&mut GetFuture<'static, Owned, $n, Plain, $waiting>>, cx: &mut Context<'_>)
                    -> Poll<Result<L, TooManyWaiters>> { get.poll(cx) }
                fn pool_try_get(pool: &'static P) -> Result<L, Exhausted> { pool.try_get() }
                fn pool_try_get_reserved(pool: &'static P) -> Result<L, Exhausted> { pool.try_get_reserved() }
                fn pool_try_get_batch(pool: &'static P) -> Result<Batch<&'static P, 8>, Exhausted> {
                    pool.try_get_batch()
                }
                fn pool_try_get_batch_reserved(pool: &'static P) -> Result<Batch<&'static P, 8>, Exhausted> {
                    pool.try_get_batch_reserved()
                }
                fn batch_drop(batch: Batch<&'static P, 8>) { drop(batch) }
                fn leases_drop(leases: Leases<&'static P, 8>) { drop(leases) }
                fn lease_put(lease: L) { drop(lease) }
                fn pool_trim(pool: &P) -> usize { pool.trim() }
                fn get_future_drop(get: forebay::future::GetFuture<'static, Owned, $n, Plain, $waiting>) { drop(get) }
            }
        }
    };
}

waits!(one_seat, "op_seat_", 16, Waking<1>);
waits!(several_seats, "op_seats_", 100, Waking<5>);
waits!(seats_and_headroom, "op_headroom_", 100, Headroom<33, Waking<5>>);

macro_rules! rings {
    ($name:ident, $set:literal, $n:literal) => {
        mod $name {
            use super::*;
            type R<T> = &'static Ring<T, $n>;

            export! { $set
                fn ring_try_producer(ring: R<Owned>) -> Option<Producer<R<Owned>>> { ring.try_producer() }
                fn ring_try_consumer(ring: R<Owned>) -> Option<Consumer<R<Owned>>> { ring.try_consumer() }
                fn ring_split(ring: &'static mut Ring<Owned, $n>) -> (Producer<R<Owned>>, Consumer<R<Owned>>) {
                    ring.split()
                }
                fn ring_drop(ring: Ring<Owned, $n>) { drop(ring) }
                fn producer_push(end: &mut Producer<R<Owned>>, item: Owned) -> Result<(), PushError<Owned>> {
                    end.push(item)
                }
                fn producer_push_slice(end: &mut Producer<R<u32>>, items: &[u32]) -> usize { end.push_slice(items) }
                fn producer_push_iter(end: &mut Producer<R<Owned>>, first: u32) -> usize {
                    let mut next = first;
                    end.push_iter(core::iter::from_fn(|| {
                        next = next.wrapping_mul(5);
                        (next != 1).then(|| Owned(next))
                    }))
                }
                fn producer_reserve(end: &'static mut Producer<R<Owned>>)
                    -> Result<Filled<'static, R<Owned>>, PushError<()>> {
                    Ok(end.reserve()?.write(Owned(3)))
                }
                fn grant_write(end: &'static mut Producer<R<Owned>>, item: Owned) -> Option<Filled<'static, R<Owned>>> {
                    end.reserve().ok().map(|place| place.write(item))
                }
                fn grant_uninit(place: &mut Grant<'static, R<Owned>>) { place.uninit().write(Owned(4)); }
                fn grant_commit(place: Grant<'static, R<u32>>) {
                    // SAFETY: nothing is ever run.
                    unsafe { place.commit() }
                }
                fn filled_deref(item: &Filled<'static, R<Owned>>) -> u32 { item.0 }
                fn filled_deref_mut(item: &mut Filled<'static, R<Owned>>) { item.0 = 1 }
                fn filled_commit(item: Filled<'static, R<Owned>>) { item.commit() }
                fn filled_drop(item: Filled<'static, R<Owned>>) { drop(item) }
                fn producer_capacity(end: &Producer<R<Owned>>) -> usize { end.capacity() }
                fn producer_is_empty(end: &Producer<R<Owned>>) -> bool { end.is_empty() }
                fn producer_is_full(end: &Producer<R<Owned>>) -> bool { end.is_full() }
                fn producer_is_closed(end: &Producer<R<Owned>>) -> bool { end.is_closed() }
                fn producer_len(end: &Producer<R<Owned>>) -> usize { end.len() }
                fn producer_close(end: Producer<R<Owned>>) { end.close() }
                fn producer_drop(end: Producer<R<Owned>>) { drop(end) }
                fn consumer_pop(end: &mut Consumer<R<Owned>>) -> Result<Owned, PopError> { end.pop() }
                fn consumer_pop_slice(end: &mut Consumer<R<u32>>, out: &mut [u32]) -> usize { end.pop_slice(out) }
                fn consumer_peek(end: &'static mut Consumer<R<Owned>>) -> Result<&'static Owned, PopError> {
                    end.peek()
                }
                fn consumer_pop_ref(end: &'static mut Consumer<R<Owned>>)
                    -> Result<PopRef<'static, R<Owned>>, PopError> {
                    end.pop_ref()
                }
                fn pop_ref_deref(item: &PopRef<'static, R<Owned>>) -> u32 { item.0 }
                fn pop_ref_deref_mut(item: &mut PopRef<'static, R<Owned>>) { item.0 = 1 }
                fn pop_ref_take(item: PopRef<'static, R<Owned>>) -> Owned { PopRef::take(item) }
                fn pop_ref_drop(item: PopRef<'static, R<Owned>>) { drop(item) }
                fn drain_next(drain: &mut Drain<'static, R<Owned>>) -> Option<Owned> { drain.next() }
                fn consumer_drain(end: &mut Consumer<R<Owned>>) { end.drain().take(3).for_each(drop) }
                fn consumer_capacity(end: &Consumer<R<Owned>>) -> usize { end.capacity() }
                fn consumer_is_empty(end: &Consumer<R<Owned>>) -> bool { end.is_empty() }
                fn consumer_is_full(end: &Consumer<R<Owned>>) -> bool { end.is_full() }
                fn consumer_is_closed(end: &Consumer<R<Owned>>) -> bool { end.is_closed() }
                fn consumer_len(end: &Consumer<R<Owned>>) -> usize { end.len() }
                fn consumer_close(end: Consumer<R<Owned>>) { end.close() }
                fn consumer_drop(end: Consumer<R<Owned>>) { drop(end) }
            }
        }
    };
}

rings!(ring_of_one, "op_1_", 1);
rings!(ring_of_two, "op_2_", 2);
rings!(ring_of_odd, "op_7_", 7);
rings!(ring_of_many, "op_100_", 100);

mod latest {
    use super::*;

    export! { "op_"
        fn latest_try_writer(cell: &'static Latest<Owned>) -> Option<LatestWriter<'static, Owned>> { cell.try_writer() }
        fn latest_try_reader(cell: &'static Latest<Owned>) -> Option<LatestReader<'static, Owned>> { cell.try_reader() }
        fn latest_drop(cell: Latest<Owned>) { drop(cell) }
        fn latest_writer_write(writer: &mut LatestWriter<'static, Owned>, value: Owned) { writer.write(value) }
        fn latest_writer_drop(writer: LatestWriter<'static, Owned>) { drop(writer) }
        fn latest_reader_get(reader: &'static mut LatestReader<'static, Owned>) -> Option<&'static Owned> { reader.get() }
        fn latest_reader_get_new(reader: &'static mut LatestReader<'static, Owned>) -> Option<&'static Owned> {
            reader.get_new()
        }
        fn latest_reader_drop(reader: LatestReader<'static, Owned>) { drop(reader) }
    }
}

mod streams {
    use super::*;
    type Pool = StreamPool<Token, 4>;
    type Halves = (Sender<&'static StreamPool<Token, 4>>, Receiver<&'static StreamPool<Token, 4>>);

    export! { "op_"
        fn stream_pool_try_open(pool: &'static Pool) -> Result<Halves, Exhausted> { pool.try_open() }
        fn stream_pool_available(pool: &Pool) -> usize { pool.available() }
        fn stream_pool_metrics(pool: &Pool) -> Metrics { pool.metrics() }
        fn sender_try_send(half: &mut Sender<&'static StreamPool<Token, 4>>, token: Token) -> Result<(), SendError<Token>> {
            half.try_send(token)
        }
        fn sender_try_send_text(half: &mut Sender<&'static StreamPool<Token, 4>>, text: &str) -> Result<(), TextError> {
            half.try_send_text(text)
        }
        fn sender_close(half: Sender<&'static StreamPool<Token, 4>>) { half.close() }
        fn sender_fail(half: Sender<&'static StreamPool<Token, 4>>, code: u16) { half.fail(code) }
        fn sender_drop(half: Sender<&'static StreamPool<Token, 4>>) { drop(half) }
        fn receiver_try_recv(half: &mut Receiver<&'static StreamPool<Token, 4>>) -> Result<Token, RecvError> { half.try_recv() }
        fn receiver_drain(half: &mut Receiver<&'static StreamPool<Token, 4>>) -> usize { half.drain().take(3).count() }
        fn receiver_cancel(half: &mut Receiver<&'static StreamPool<Token, 4>>) { half.cancel() }
        fn receiver_drop(half: Receiver<&'static StreamPool<Token, 4>>) { drop(half) }
        // What is left in the ring is dropped with the second half, one by one.
        fn owned_sender_drop(half: Sender<&'static StreamPool<Owned, 4>>) { drop(half) }
        fn owned_receiver_drop(half: Receiver<&'static StreamPool<Owned, 4>>) { drop(half) }
        fn token_split_from(text: &'static str) -> Option<(Token, &'static str)> { Token::split_from(text) }
        fn token_push_str(token: &mut Token, text: &str) -> Result<(), TooLong> { token.push_str(text) }
        fn token_as_str(token: &'static Token) -> &'static str { token.as_str() }
        fn response_push(response: &mut Response<1024>, token: &Token) -> Result<(), TooLong> { response.push(token) }
    }
}

/// By a clock that is not known here and does not panic.
mod monitors {
    use super::*;
    use core::time::Duration;
    use forebay::global::{
        self, PooledResponse, PooledToken, Refused, ResponseSender, ResponseStream,
    };
    use forebay::monitor::{Histogram, Monitor, Span, Timed};
    type Times = Monitor<16>;
    type P = Pool<Owned, 16, Plain>;
    type T = Lease<Timed<'static, &'static P, 16>>;

    export! { "op_"
        fn monitor_time(times: &'static Times, lease: Lease<&'static P>) -> T { times.time(lease) }
        fn timed_deref(lease: &mut T) { lease.0 = lease.0.wrapping_add(1) }
        fn timed_drop(lease: T) { drop(lease) }
        fn timed_share(lease: T) { drop(Lease::share(lease)) }
        fn monitor_span(times: &'static Times, slot: usize) -> Span<'static, 16> { times.span(slot) }
        fn span_drop(span: Span<'static, 16>) { drop(span) }
        fn monitor_histogram(times: &Times) -> Histogram { times.histogram() }
        fn monitor_audit(times: &Times) -> usize { times.audit().filter(|out| out.time > Duration::ZERO).count() }
        fn monitor_longest_out(times: &Times) -> Option<Duration> { times.longest_out().map(|out| out.time) }
        fn histogram_count(times: &Histogram) -> u64 { times.count() }
        fn histogram_longest(times: &Histogram) -> Duration { times.longest() }
        fn histogram_quantile(times: &Histogram, of: f64) -> Option<Duration> { times.quantile(of) }
        fn histogram_buckets(times: &Histogram) -> u64 { times.buckets().fold(0, |sum, bucket| sum ^ bucket.count) }
        fn new_response(text: &str) -> Result<PooledResponse, Refused> { global::new_response(text) }
        fn new_token(text: &str, finished: bool) -> Result<PooledToken, Refused> { global::new_token(text, finished) }
        fn response_stream() -> Result<(ResponseSender, ResponseStream), Exhausted> { global::response_stream() }
    }
}

/// Makes by panicking, if it is asked for the wrong slot.
pub struct Picky;

impl Policy<Owned> for Picky {
    fn make(&self, slot: usize) -> Owned {
        assert!(slot != 7);
        Owned(0)
    }

    fn recycle(&self, _object: &mut Owned) -> bool {
        true
    }
}

export! { "control_"
    fn index(items: &[u32], i: usize) -> u32 { items[i] }
    fn make_panics(pool: &'static Pool<Owned, 16, Picky>) -> bool { pool.try_get().is_ok() }
    fn iterator_panics(end: &mut Producer<&'static Ring<Owned, 7>>, items: &[u32], i: usize) -> usize {
        end.push_iter(core::iter::from_fn(|| Some(Owned(items[i]))))
    }
}
