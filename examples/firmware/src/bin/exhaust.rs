//! What running out looks like: who says so, what is counted, who is seen to hold what, who gets on all the same, and
//! that all is usable again once it came back.
//!
//! Planted faults: `forget-one`, `no-headroom`, `start-early`.
//! `main` forgets a lease; it takes also what is kept back for the interrupt; it drains before enough tokens are there.
#![no_std]
#![no_main]
#![allow(non_snake_case)]

use core::sync::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};

use firmware::{Owned, board, exit, planted, println};
use forebay::error::{Full, PushError};
use forebay::{
    DefaultReset, Headroom, Lease, Pool, Ring, SendError, Sender, Slab, StreamPool, Token,
};

const PERIOD: u32 = 2_000;

/// Objects of a pool, one by one and several at once.
fn objects() {
    static POOL: Pool<[u32; 4], 4> = Pool::new();
    let take = || POOL.try_get().expect("one is free");
    let first = take();
    assert_eq!((first[0], Lease::slot(&first)), (0, 0));
    POOL.advance_epoch();
    let (second, third) = (take(), take());

    // All or none: one is free, two are not.
    let refused = POOL.try_get_many::<2>().expect_err("there are not two");
    assert_eq!((refused.capacity(), POOL.available()), (4, 1));
    let rest = POOL.try_get_up_to::<2>();
    assert_eq!((rest.len(), POOL.available()), (1, 0));
    let refused = POOL.try_get().expect_err("all are out");
    assert_eq!(refused.capacity(), 4);

    // Who holds what: the first since an epoch ago, the second twice, the third as a bare pointer.
    let second = Lease::share(second);
    let another = second.clone();
    let address = Lease::into_raw(third);
    let held = |slot| {
        let loan = POOL.audit().find(|loan| loan.slot() == slot).expect("it is on loan");
        (loan.age(), loan.holders(), loan.is_raw())
    };
    assert_eq!(POOL.audit().count(), 4);
    assert_eq!([held(0), held(1), held(2)], [(1, 0, false), (0, 2, false), (0, 0, true)]);

    let metrics = POOL.metrics();
    assert_eq!((metrics.in_use, metrics.high_water, metrics.gets), (4, 4, 4), "{metrics}");
    assert_eq!(metrics.exhausted, 2, "{metrics}");

    // SAFETY: nobody used the object meanwhile.
    drop(unsafe { Lease::from_raw(&POOL, address) }.expect("it was out as a bare pointer"));
    drop((second, another, rest));
    if planted("forget-one") {
        core::mem::forget(first);
    } else {
        drop(first);
    }
    assert_eq!(POOL.audit().count(), 0, "somebody kept an object");
    assert_eq!(POOL.try_get_many::<4>().map(|all| all.len()), Ok(4), "all are back");
    let metrics = POOL.metrics();
    assert_eq!((metrics.gets, metrics.puts, metrics.in_use), (8, 8, 0), "{metrics}");
    println!("objects: {metrics}");
}

/// What a place, a ring and a token say: the value comes back, whole.
fn places() {
    static SLAB: Slab<u32, 2> = Slab::new();
    static RING: Ring<u32, 3> = Ring::new();
    let held = [SLAB.insert(1), SLAB.insert(2)].map(|place| place.expect("there is a place"));
    let Err(Full(refused)) = SLAB.insert(3) else { panic!("a third value in two places") };
    assert_eq!((refused, *held[0], *held[1], SLAB.available()), (3, 1, 2, 0));
    drop(held);
    assert_eq!(SLAB.available(), 2);

    let mut producer = RING.try_producer().expect("the first to ask");
    assert_eq!(producer.push_slice(&[1, 2, 3, 4]), 3);
    assert_eq!(producer.push(4), Err(PushError::Full(4)));
    let mut consumer = RING.try_consumer().expect("the first to ask");
    assert_eq!(consumer.pop(), Ok(1));
    assert_eq!(producer.push(4), Ok(()), "a place was freed");
    assert!(consumer.drain().eq([2, 3, 4]));

    let mut token = Token::<8>::new();
    token.push_str("sensor").expect("it fits");
    let error = token.push_str(" 12").expect_err("three bytes, and room for two");
    assert_eq!((error.len(), error.room(), token.as_str()), (3, 2, "sensor"));
    token.push_str(" 1").expect("it fits");
    assert_eq!(token.as_str(), "sensor 1");
}

/// Rings of a pool of streams, and places in them.
fn streams() {
    static STREAMS: StreamPool<Token<4>, 2, 3> = StreamPool::new();
    let (mut sender, mut receiver) = STREAMS.try_open().expect("a ring is free");
    let second = STREAMS.try_open().expect("a ring is free");
    assert_eq!(STREAMS.try_open().err().map(|refused| refused.capacity()), Some(2));

    // Four bytes a token: "12345678" are two, and of the rest one fits.
    sender.try_send_text("12345678").expect("two tokens fit");
    let error = sender.try_send_text("abcdefgh").expect_err("one more fits");
    assert_eq!((error.sent(), error.is_cancelled()), (4, false));
    let refused = Token::try_from("efgh").expect("it fits");
    let Err(SendError::Full(refused)) = sender.try_send(refused) else { panic!("a fourth token") };
    assert_eq!((refused.as_str(), receiver.len()), ("efgh", 3));
    assert_eq!(receiver.try_recv().expect("three are there"), "1234");
    sender.try_send(refused).expect("a place was freed");
    sender.close();
    for expected in ["5678", "abcd", "efgh"] {
        assert_eq!(receiver.try_recv().expect("it was sent"), expected);
    }
    drop((receiver, second));
    let all = [STREAMS.try_open(), STREAMS.try_open()];
    assert!(all.iter().all(Result::is_ok), "a ring did not come back");
    let metrics = STREAMS.metrics();
    assert_eq!((metrics.gets, metrics.high_water, metrics.exhausted), (4, 2, 1), "{metrics}");
    println!("streams: {metrics}");
}

static FRAMES: Pool<u32, 4, DefaultReset, Headroom<1>> = Pool::with_waiting(DefaultReset);
type Frame = Lease<&'static Pool<u32, 4, DefaultReset, Headroom<1>>>;
static SAMPLES: StreamPool<u32, 1, 16> = StreamPool::new();

/// What the interrupt works with.
enum Work {
    /// Get what is kept back for it, hold it until the next time.
    Reserved(Option<Frame>),
    /// Send a number at a time.
    Send(Sender<&'static StreamPool<u32, 1, 16>>, u32),
}

static WORK: Owned<Work> = Owned::new();
/// Reserved objects that the interrupt got.
static SERVED: AtomicU32 = AtomicU32::new(0);

#[cfg_attr(target_arch = "arm", cortex_m_rt::exception)]
#[cfg_attr(
    target_arch = "riscv32",
    riscv_rt::core_interrupt(riscv::interrupt::Interrupt::MachineTimer)
)]
fn SysTick() {
    board::tick_ack();
    // SAFETY: only this handler calls `get`, and it does not interrupt itself.
    match unsafe { WORK.get() } {
        Some(Work::Reserved(held)) => {
            *held = None;
            assert!(FRAMES.try_get().is_err(), "`main` left one of those that are for everybody");
            *held = Some(FRAMES.try_get_reserved().expect("one is kept back for this interrupt"));
            // Release: `main`, who saw the count, sees what was done.
            SERVED.store(SERVED.load(Relaxed) + 1, Release);
        }
        Some(Work::Send(sender, next)) => {
            if sender.try_send(*next).is_ok() {
                *next += 1;
            }
        }
        None => {}
    }
}

/// `main` takes all it may, and the interrupt gets one at each turn.
fn headroom() {
    let all: [Option<Frame>; 4] = core::array::from_fn(|_| {
        if planted("no-headroom") { FRAMES.try_get_reserved() } else { FRAMES.try_get() }.ok()
    });
    assert_eq!(FRAMES.metrics().exhausted, u64::from(!planted("no-headroom")));
    // SAFETY: the timer is off.
    unsafe { WORK.put(Some(Work::Reserved(None))) };
    board::tick_start(PERIOD);
    while SERVED.load(Acquire) < 50 {
        assert!(FRAMES.try_get().is_err(), "the one that is kept back went to `main`");
    }
    board::tick_stop();
    // SAFETY: the timer is off.
    drop(unsafe { WORK.put(None) });
    assert_eq!(FRAMES.audit().count(), 3);
    drop(all);
    let all: [Option<Frame>; 4] = core::array::from_fn(|_| FRAMES.try_get_reserved().ok());
    assert!(all.iter().all(Option::is_some), "not all came back");
    drop(all);
    assert_eq!((FRAMES.available(), FRAMES.metrics().high_water), (4, 4));
}

/// `main` leaves a stream alone until `MARK` tokens are there, and takes them at one go.
fn watermark() {
    const MARK: usize = 12;
    const TOKENS: u32 = 240;
    let (sender, mut receiver) = SAMPLES.try_open().expect("a ring is free");
    let mark = if planted("start-early") { MARK - 1 } else { MARK };
    // SAFETY: the timer is off.
    unsafe { WORK.put(Some(Work::Send(sender, 0))) };
    board::tick_start(PERIOD);
    let (mut expected, mut bursts) = (0, 0);
    while expected < TOKENS {
        if receiver.len() < mark {
            continue;
        }
        // No more than were waited for, so that the bursts are the same at every speed.
        let mut burst = 0;
        for token in receiver.drain().take(mark) {
            assert_eq!(token, expected, "out of order");
            expected += 1;
            burst += 1;
        }
        assert!(burst >= MARK, "a burst of {burst}");
        bursts += 1;
    }
    board::tick_stop();
    // SAFETY: the timer is off.
    drop(unsafe { WORK.put(None) });
    assert_eq!(bursts, TOKENS / MARK as u32);
}

#[cfg_attr(target_arch = "arm", cortex_m_rt::entry)]
#[cfg_attr(target_arch = "riscv32", riscv_rt::entry)]
fn main() -> ! {
    objects();
    places();
    streams();
    headroom();
    watermark();
    println!("exhaust ok: objects, places, streams, headroom, watermark");
    exit(0)
}
