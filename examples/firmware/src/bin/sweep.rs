//! The timer interrupt lands on each instruction of each operation in turn, at each fill level, and does the opposite or
//! the same. Does it ever find what it must not: an item that is not there yet, an object that somebody has?
//!
//! In a QEMU with `-icount` the interrupt comes at an exact instruction. A round prepares a fill level, arms the timer,
//! runs one operation and looks whether everything is as it has to be; from round to round the interrupt comes half an
//! instruction later, until it comes after the operation. Where it came is printed, for `ci/sweep-coverage.py`, which
//! checks that no instruction was left out but those with interrupts masked.
//!
//! Faults are planted in forebay itself, by `RUSTFLAGS='--cfg forebay_seed="publish_early"'`: each is a build of its own.
//!
//! Boards: none: `ci/stages/firmware.sh` runs it by itself
//! QEMU: -icount shift=10,sleep=off
#![no_std]
#![no_main]
#![allow(static_mut_refs)] // the two sides below: one belongs to `main`, one to the interrupt

use core::pin::pin;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed};
use core::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

use firmware::{board, exit, println};
use forebay::{
    Batch, Consumer, Lane, LanePool, Lease, Pool, Producer, Receiver, RecvError, Reset, Ring,
    Sender, SharedLease,
};
use forebay::{Slab, StreamPool, Waking};

/// What pools lend: says whether somebody has it.
#[derive(Default)]
struct Object {
    taken: bool,
    /// Another with each loan.
    mark: u32,
}

impl Reset for Object {
    fn reset(&mut self) {
        self.taken = false;
    }
}

const N: usize = 3;
const DEPTH: usize = 4;
static POOL: Pool<Object, N> = Pool::new();
static SLAB: Slab<Dropped, N> = Slab::new();
static LANES: LanePool<Object, 4, 2> = LanePool::new();
static RING: Ring<u32, DEPTH> = Ring::new();
static STREAMS: StreamPool<u32, 2, DEPTH> = StreamPool::new();
static WAITING: StreamPool<u32, 1, DEPTH, Waking> = StreamPool::new();

/// What the slab holds: counts those that live.
struct Dropped;
static LIVING: portable_atomic::AtomicU32 = portable_atomic::AtomicU32::new(0);

impl Dropped {
    fn new() -> Self {
        LIVING.fetch_add(1, Relaxed);
        Self
    }
}

impl Drop for Dropped {
    fn drop(&mut self) {
        LIVING.fetch_sub(1, Relaxed);
    }
}

type FromPool = Lease<&'static Pool<Object, N>>;
type FromLane = Lease<&'static Lane<'static, Object, 4, 2>>;

/// What `main` or the interrupt has in its hands. Each has all kinds, since each does everything.
#[derive(Default)]
struct Side {
    held: [Option<FromPool>; N],
    batch: Option<Batch<&'static Pool<Object, N>, 2>>,
    inserted: [Option<Lease<&'static Slab<Dropped, N>>>; N],
    shared: [Option<SharedLease<&'static Pool<Object, N>>>; 2],
    from_lane: [Option<FromLane>; 4],
    lane: Option<Lane<'static, Object, 4, 2>>,
    tx: Option<Producer<&'static Ring<u32, DEPTH>>>,
    rx: Option<Consumer<&'static Ring<u32, DEPTH>>>,
    sender: [Option<Sender<&'static StreamPool<u32, 2, DEPTH>>>; 2],
    receiver: [Option<Receiver<&'static StreamPool<u32, 2, DEPTH>>>; 2],
    waiting: Option<Receiver<&'static StreamPool<u32, 1, DEPTH, Waking>>>,
    waking: Option<Sender<&'static StreamPool<u32, 1, DEPTH, Waking>>>,
    /// What the last poll said.
    pending: bool,
    /// What was sent may be lost.
    cancelled: bool,
}

static mut SIDES: [Option<Side>; 2] = [None, None];

/// What `main` has; 1 is what the interrupt has.
fn side(number: usize) -> &'static mut Side {
    // SAFETY: `main` uses 0 in an operation and the interrupt uses 1; between operations, when no interrupt comes, `main`
    // uses either, and no reference is kept.
    unsafe { SIDES[number].get_or_insert_default() }
}

/// Items on their way through a ring or stream are numbered, all through the program: what an earlier round left in a
/// place is never what is expected there.
static SENT: AtomicU32 = AtomicU32::new(0);
static RECEIVED: AtomicU32 = AtomicU32::new(0);

fn next() -> u32 {
    SENT.load(Relaxed)
}

fn sent(count: u32) {
    SENT.store(SENT.load(Relaxed) + count, Relaxed);
}

fn received(item: u32) {
    let expected = RECEIVED.load(Relaxed);
    assert_eq!(item, expected, "out of order");
    RECEIVED.store(expected + 1, Relaxed);
}

fn take(mut lease: FromPool) -> FromPool {
    assert!(!lease.taken, "an object was lent twice");
    // One more than whoever had it: nobody else writes it.
    (lease.taken, lease.mark) = (true, lease.mark.wrapping_add(1));
    lease
}

fn free<T>(places: &mut [Option<T>]) -> Option<&mut Option<T>> {
    places.iter_mut().find(|place| place.is_none())
}

fn full<T>(places: &mut [Option<T>]) -> Option<&mut Option<T>> {
    places.iter_mut().find(|place| place.is_some())
}

// The operations, for `main` (0) and the interrupt (1).

fn push<const S: usize>() {
    if side(S).tx.as_mut().is_some_and(|tx| tx.push(next()).is_ok()) {
        sent(1);
    }
}

fn pop<const S: usize>() {
    if let Some(Ok(item)) = side(S).rx.as_mut().map(Consumer::pop) {
        received(item);
    }
}

fn grant<const S: usize>() {
    if let Some(Ok(grant)) = side(S).tx.as_mut().map(Producer::reserve) {
        grant.write(next()).commit();
        sent(1);
    }
}

fn pop_ref<const S: usize>() {
    if let Some(Ok(item)) = side(S).rx.as_mut().map(Consumer::pop_ref) {
        received(*item);
    }
}

fn push_slice<const S: usize>() {
    let items = [next(), next() + 1, next() + 2];
    let count = side(S).tx.as_mut().map_or(0, |tx| tx.push_slice(&items));
    sent(count as u32);
}

fn pop_slice<const S: usize>() {
    let mut items = [0; 3];
    let count = side(S).rx.as_mut().map_or(0, |rx| rx.pop_slice(&mut items));
    items.into_iter().take(count).for_each(received);
}

fn get<const S: usize>() {
    if let (Some(place), Ok(lease)) = (free(&mut side(S).held), POOL.try_get()) {
        *place = Some(take(lease));
    }
}

fn get_many<const S: usize>() {
    if let Ok(leases) = POOL.try_get_many::<2>() {
        for lease in leases {
            if let Some(place) = free(&mut side(S).held) {
                *place = Some(take(lease));
            }
        }
    }
}

fn get_batch<const S: usize>() {
    if let (place @ None, Ok(mut batch)) = (&mut side(S).batch, POOL.try_get_batch()) {
        for object in batch.iter_mut() {
            assert!(!object.taken, "an object was lent twice");
            object.taken = true;
        }
        *place = Some(batch);
    }
}

fn put_batch<const S: usize>() {
    let batch = &mut side(S).batch;
    let are_taken = |batch: &Batch<_, 2>| batch.iter().all(|object: &Object| object.taken);
    assert!(batch.as_ref().is_none_or(are_taken), "somebody else put what is held here");
    *batch = None;
}

fn put<const S: usize>() {
    if let Some(place) = full(&mut side(S).held) {
        assert!(
            place.as_ref().is_some_and(|lease| lease.taken),
            "somebody else put what is held here"
        );
        *place = None;
    }
}

fn raw<const S: usize>() {
    if let Some(lease) = full(&mut side(S).held).and_then(Option::take) {
        let mark = lease.mark;
        let object = Lease::into_raw(lease);
        // SAFETY: it came from there.
        let lease = unsafe { Lease::from_raw(&POOL, object) }.expect("it was lent");
        assert_eq!(lease.mark, mark, "another one came back");
        side(S).held[0] = Some(lease);
    }
}

fn share<const S: usize>() {
    if let Some(lease) = full(&mut side(S).held).and_then(Option::take) {
        side(S).shared[0] = Some(Lease::share(lease));
    }
}

fn clone<const S: usize>() {
    let [one, other] = &mut side(S).shared;
    if other.is_none() {
        other.clone_from(one);
    }
}

fn unshare<const S: usize>() {
    if let Some(place) = full(&mut side(S).shared) {
        *place = None;
    }
}

fn insert<const S: usize>() {
    if let Some(place) = free(&mut side(S).inserted) {
        *place = SLAB.insert(Dropped::new()).ok();
    }
}

fn remove<const S: usize>() {
    if let Some(place) = full(&mut side(S).inserted) {
        *place = None;
    }
}

fn lane_get<const S: usize>() {
    let Side { lane, from_lane, .. } = side(S);
    if let (Some(lane), Some(place)) = (lane, free(from_lane))
        && let Ok(mut lease) = lane.try_get()
    {
        assert!(!lease.taken, "an object was lent twice");
        lease.taken = true;
        *place = Some(lease);
    }
}

fn lane_put<const S: usize>() {
    if let Some(place) = full(&mut side(S).from_lane) {
        *place = None;
    }
}

fn open<const S: usize>() {
    let Side { sender, receiver, .. } = side(S);
    if let (Some(sender), Some(receiver), Ok((tx, rx))) =
        (free(sender), free(receiver), STREAMS.try_open())
    {
        assert!(rx.is_empty(), "a stream began with what another left");
        (*sender, *receiver) = (Some(tx), Some(rx));
    }
}

fn leave<const S: usize>() {
    let Side { sender, receiver, .. } = side(S);
    if let Some(place) = full(sender) {
        *place = None;
    }
    if let Some(place) = full(receiver) {
        *place = None;
    }
}

fn send<const S: usize>() {
    if side(S).sender[0].as_mut().is_some_and(|sender| sender.try_send(next()).is_ok()) {
        sent(1);
    }
}

fn recv<const S: usize>() {
    if let Some(Ok(item)) = side(S).receiver[0].as_mut().map(Receiver::try_recv) {
        received(item);
    }
}

fn close<const S: usize>() {
    if let Some(sender) = side(S).sender[0].take() {
        sender.close();
    }
}

/// Whoever sees the end has had every token.
fn recv_end<const S: usize>() {
    match side(S).receiver[0].as_mut().map(Receiver::try_recv) {
        Some(Ok(item)) => received(item),
        Some(Err(RecvError::Ended(_))) => {
            assert_eq!(RECEIVED.load(Relaxed), SENT.load(Relaxed), "ended too early")
        }
        _ => {}
    }
}

fn cancel<const S: usize>() {
    if let Some(receiver) = &mut side(S).receiver[0] {
        receiver.cancel();
        side(S).cancelled = true;
    }
}

static WOKEN: AtomicBool = AtomicBool::new(false);
static VTABLE: RawWakerVTable = RawWakerVTable::new(
    |_| RawWaker::new(core::ptr::null(), &VTABLE),
    |_| WOKEN.store(true, Relaxed),
    |_| WOKEN.store(true, Relaxed),
    |_| {},
);

fn poll<const S: usize>() {
    // SAFETY: the functions of the table keep nothing.
    let waker = unsafe { Waker::from_raw(RawWaker::new(core::ptr::null(), &VTABLE)) };
    let side = side(S);
    let Some(receiver) = &mut side.waiting else { return };
    let receiver = pin!(receiver);
    match receiver.get_mut().poll_recv(&mut Context::from_waker(&waker)) {
        Poll::Ready(Ok(item)) => received(item),
        Poll::Ready(Err(end)) => panic!("ended: {end}"),
        Poll::Pending => side.pending = true,
    }
}

fn send_waking<const S: usize>() {
    if side(S).waking.as_mut().is_some_and(|sender| sender.try_send(next()).is_ok()) {
        sent(1);
    }
}

/// What a round is about.
struct Case {
    name: &'static str,
    /// Puts both ends of what it is about into the hands of either, at a fill level from 0; false when it has no such.
    prepare: fn(usize) -> bool,
    operation: fn(),
    interrupt: fn(),
}

/// Each operation is a function of its own, which is called here only, so that each of its instructions is executed in a
/// round or never.
macro_rules! cases {
    ($($name:literal: $prepare:ident, $main:ident / $isr:ident;)+) => {
        [$(Case {
            name: $name,
            prepare: $prepare,
            operation: {
                #[inline(never)]
                fn operation() { $main::<0>() }
                operation
            },
            interrupt: $isr::<1>,
        }),+]
    };
}

static CASES: [Case; 34] = cases! {
    "push, pop": ring_from_main, push / pop;
    "pop, push": ring_to_main, pop / push;
    "reserve and commit, pop": ring_from_main, grant / pop;
    "pop_ref, push": ring_to_main, pop_ref / push;
    "push_slice, pop_slice": ring_from_main, push_slice / pop_slice;
    "pop_slice, push_slice": ring_to_main, pop_slice / push_slice;
    "get, get": lent_to_main, get / get;
    "get, put": lent_to_interrupt, get / put;
    "put, get": lent_to_main, put / get;
    "put, put": lent_to_both, put / put;
    "get_many, get": lent_to_main, get_many / get;
    "get_many, put": lent_to_interrupt, get_many / put;
    "get a batch, get": lent_to_main, get_batch / get;
    "get a batch, put": lent_to_interrupt, get_batch / put;
    "put a batch, get": batch_lent_to_main, put_batch / get;
    "put a batch, put": batch_and_one_lent, put_batch / put;
    "into_raw and from_raw, get": lent_to_main, raw / get;
    "share, get": lent_to_main, share / get;
    "clone, drop": shared, clone / unshare;
    "drop, clone": shared, unshare / clone;
    "drop, drop": shared, unshare / unshare;
    "insert, insert": in_slab_of_main, insert / insert;
    "insert, remove": in_slab_of_interrupt, insert / remove;
    "remove, insert": in_slab_of_main, remove / insert;
    "get on a lane, get on another": lanes, lane_get / lane_get;
    "put on a lane, get on another": lanes, lane_put / lane_get;
    "open, open": streams, open / open;
    "open, leave": streams_of_interrupt, open / leave;
    "send, recv": stream_from_main, send / recv;
    "recv, send": stream_to_main, recv / send;
    "leave, open": streams, leave / open;
    "close, recv": stream_from_main, close / recv_end;
    "cancel, send": stream_to_main, cancel / send;
    "poll, send": waiting, poll / send_waking;
};

fn ring(from: usize, to: usize, fill: usize) -> bool {
    (side(from).tx, side(to).rx) = (RING.try_producer(), RING.try_consumer());
    for _ in 0..fill {
        [push::<0>, push::<1>][from]();
    }
    fill <= DEPTH
}

fn ring_from_main(fill: usize) -> bool {
    ring(0, 1, fill)
}

fn ring_to_main(fill: usize) -> bool {
    ring(1, 0, fill)
}

fn lent_to_main(fill: usize) -> bool {
    (0..fill).for_each(|_| get::<0>());
    fill <= N
}

fn lent_to_interrupt(fill: usize) -> bool {
    (0..fill).for_each(|_| get::<1>());
    fill <= N
}

fn lent_to_both(fill: usize) -> bool {
    get::<0>();
    get::<1>();
    fill == 0
}

fn batch_lent_to_main(fill: usize) -> bool {
    get_batch::<0>();
    (0..fill).for_each(|_| get::<1>());
    fill <= 1
}

fn batch_and_one_lent(fill: usize) -> bool {
    get_batch::<0>();
    get::<1>();
    fill == 0
}

/// By `main` alone, by both, and by both with a third holder.
fn shared(fill: usize) -> bool {
    get::<0>();
    share::<0>();
    if fill >= 1 {
        side(1).shared[0].clone_from(&side(0).shared[0]);
    }
    if fill == 2 {
        clone::<0>();
    }
    fill <= 2
}

fn in_slab_of_main(fill: usize) -> bool {
    (0..fill).for_each(|_| insert::<0>());
    fill <= N
}

fn in_slab_of_interrupt(fill: usize) -> bool {
    (0..fill).for_each(|_| insert::<1>());
    fill <= N
}

fn lanes(fill: usize) -> bool {
    for number in 0..2 {
        if side(number).lane.is_none() {
            side(number).lane = LANES.try_claim();
        }
    }
    (0..fill).for_each(|_| lane_get::<0>());
    fill <= 4
}

fn streams(fill: usize) -> bool {
    (0..fill).for_each(|_| open::<0>());
    fill <= 2
}

fn streams_of_interrupt(fill: usize) -> bool {
    (0..fill).for_each(|_| open::<1>());
    fill <= 2
}

fn stream(from: usize, to: usize, fill: usize) -> bool {
    let (sender, receiver) = STREAMS.try_open().expect("no ring is free");
    (side(from).sender[0], side(to).receiver[0]) = (Some(sender), Some(receiver));
    for _ in 0..fill {
        [send::<0>, send::<1>][from]();
    }
    fill <= DEPTH
}

fn stream_from_main(fill: usize) -> bool {
    stream(0, 1, fill)
}

fn stream_to_main(fill: usize) -> bool {
    stream(1, 0, fill)
}

fn waiting(fill: usize) -> bool {
    let (sender, receiver) = WAITING.try_open().expect("no ring is free");
    (side(1).waking, side(0).waiting) = (Some(sender), Some(receiver));
    WOKEN.store(false, Relaxed);
    (0..fill).for_each(|_| send_waking::<1>());
    fill <= DEPTH
}

/// Looks whether all is there, and takes everything back.
fn finish() {
    let cancelled = side(0).cancelled;
    for number in 0..2 {
        let side = side(number);
        for lease in side.held.iter().flatten() {
            assert!(lease.taken, "somebody else put what is held here");
        }
        // A ring that `main` or the interrupt reads gives the rest.
        while let Some(Ok(item)) = side.rx.as_mut().map(Consumer::pop) {
            received(item);
        }
        if let Some(receiver) = &mut side.receiver[0] {
            while let Ok(item) = receiver.try_recv() {
                received(item);
            }
        }
        if let Some(receiver) = &mut side.waiting {
            let nobody_knows = side.pending && !WOKEN.load(Relaxed);
            assert!(receiver.is_empty() || !nobody_knows, "an item is there, and nobody was woken");
            while let Ok(item) = receiver.try_recv() {
                received(item);
            }
        }
        // The lane stays where it is: leases refer to it.
        side.from_lane = Default::default();
        let lane = side.lane.take();
        *side = Side { lane, ..Side::default() };
    }
    assert!(
        cancelled || RECEIVED.load(Relaxed) == next(),
        "{} of {} arrived",
        RECEIVED.load(Relaxed),
        next()
    );
    RECEIVED.store(next(), Relaxed);
    assert_eq!(POOL.available(), N, "objects are missing: {}", POOL.metrics());
    assert_eq!(SLAB.available(), N, "places are missing: {}", SLAB.metrics());
    assert_eq!(LIVING.load(Relaxed), 0, "a value was not dropped");
    assert_eq!((STREAMS.available(), WAITING.available()), (2, 1), "rings are missing");
}

// Where the interrupt came.

static CASE: AtomicUsize = AtomicUsize::new(0);
static AT: AtomicUsize = AtomicUsize::new(0);

fn tick(at: usize) {
    board::tick_stop();
    AT.store(at, Relaxed);
    (CASES[CASE.load(Relaxed)].interrupt)();
}

#[cfg(target_arch = "arm")]
mod isr {
    // Hands over where the core was, which lies on the stack.
    core::arch::global_asm!(
        ".thumb",
        ".thumb_func",
        ".global SysTick",
        "SysTick:",
        "ldr r0, [sp, #24]",
        "ldr r1, =sweep_tick",
        "bx r1",
        ".pool",
    );

    #[unsafe(no_mangle)]
    extern "C" fn sweep_tick(at: usize) {
        super::tick(at);
    }
}

#[cfg(target_arch = "riscv32")]
#[riscv_rt::core_interrupt(riscv::interrupt::Interrupt::MachineTimer)]
fn machine_timer() {
    tick(riscv::register::mepc::read());
}

/// As many places of two bytes as the largest of these programs has, and a few.
const PLACES: usize = 96 * 1024 / 2;

/// A bit for each two bytes of code.
struct Hits([u32; PLACES / 32]);

impl Hits {
    fn note(&mut self, at: usize) {
        let place = (at & 0xf_ffff) / 2;
        if let Some(word) = self.0.get_mut(place / 32) {
            *word |= 1 << (place % 32);
        }
    }

    /// Prints them, eight a line, and forgets them.
    fn report(&mut self, base: usize) -> u32 {
        let mut count = 0;
        for (number, word) in self.0.iter_mut().enumerate() {
            if *word != 0 {
                println!("hits {:x} {word:08x}", base + number * 64);
                count += word.count_ones();
                *word = 0;
            }
        }
        count
    }
}

static mut HITS: Hits = Hits([0; PLACES / 32]);

#[cfg_attr(target_arch = "arm", cortex_m_rt::entry)]
#[cfg_attr(target_arch = "riscv32", riscv_rt::entry)]
fn main() -> ! {
    // SAFETY: the only reference that is made.
    let hits = unsafe { &mut HITS };
    let mut rounds = 0;
    for (number, case) in CASES.iter().enumerate() {
        CASE.store(number, Relaxed);
        let base = case.operation as *const () as usize & !0xf_ffff;
        let mut fill = 0;
        loop {
            let there = (case.prepare)(fill);
            finish();
            if !there {
                break;
            }
            // Half an instruction later each time, so that none is passed by; on until it comes after the operation.
            let (mut delay, mut after) = (0, 0);
            while after < 4 {
                (case.prepare)(fill);
                AT.store(0, Relaxed);
                board::tick_start(
                    2 * board::TICKS_PER_INSTRUCTION + delay * board::TICKS_PER_INSTRUCTION / 2,
                );
                (case.operation)();
                if AT.load(Relaxed) == 0 {
                    after += 1;
                }
                while AT.load(Relaxed) == 0 {
                    core::hint::spin_loop();
                }
                hits.note(AT.load(Relaxed));
                finish();
                delay += 1;
                rounds += 1;
                assert!(delay < 20_000, "{}: no end", case.name);
            }
            fill += 1;
        }
        println!("case {:x} {}", case.operation as *const () as usize & !1, case.name);
        assert!(hits.report(base) > 8, "{}: run QEMU with -icount shift=10,sleep=off", case.name);
    }
    println!("sweep ok: {} pairs of operations, {rounds} rounds", CASES.len());
    exit(0)
}
