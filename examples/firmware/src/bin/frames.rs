//! A DMA engine fills pooled frames, which reach a filter without being copied. What does it take that the engine
//! never writes into a frame that somebody else has, also where whoever asked for a transfer has gone?
//!
//! The engine is played by the timer interrupt and knows nothing but an address. While it has one, the frame is on
//! loan as a bare pointer: in quarantine, whoever asked for it. Only the interrupt that says "done" makes a lease
//! of it again, which goes through a ring to the filter, or back to the pool if nobody wants it any more.
//!
//! The frames have the alignment and size of whole cache lines (32 bytes on a Cortex-M7), so that one can be
//! cleaned or invalidated without its neighbours; QEMU has no caches, so that nothing of this is done here. Their pool
//! has a section of its own, which a memory map can put where the engine of a real chip reaches. Not `.uninit`: the
//! words that say which frames are free lie beside the frames and have to be zero at the start. `.bss.…` costs no
//! flash either.
//!
//! Planted faults: `stray-write`, `early-done`, `no-quarantine`, `copy`.
//! The engine goes on writing after "done"; it says "done" halfway; who gives up a transfer takes the frame back at
//! once; the filter gets a copy.
#![no_std]
#![no_main]
#![allow(non_snake_case)]

use core::ptr::{self, NonNull};
use core::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};

use firmware::{Owned, board, exit, planted, println};
use forebay::pool::Loan;
use forebay::{Lease, Pool, Producer, Reset, Ring};

const SAMPLES: usize = 26;
/// Samples that the engine writes at one interrupt.
const BURST: usize = 5;
const SLOTS: usize = 6;
/// Frames that the filter looks at together.
const WINDOW: usize = 3;
const TRANSFERS: u32 = 100;

#[derive(Clone, Default)]
#[repr(C, align(32))]
struct Frame {
    samples: [u16; SAMPLES],
    /// Which transfer this is.
    number: u32,
    /// Where the engine wrote; a copy is somewhere else.
    address: usize,
    /// Over the samples; the engine writes it last.
    sum: u32,
}

const _: () = assert!(size_of::<Frame>().is_multiple_of(32));

impl Reset for Frame {
    fn reset(&mut self) {
        *self = Self::default();
    }
}

type FrameLease = Lease<&'static Pool<Frame, SLOTS>>;

#[unsafe(link_section = ".bss.dma")]
static FRAMES: Pool<Frame, SLOTS> = Pool::new();
/// As long as the pool: a push is never refused.
static FILLED: Ring<FrameLease, SLOTS> = Ring::new();
static ENGINE: Engine = Engine::new();
/// The interrupt's end of the ring.
static TO_FILTER: Owned<Producer<&Ring<FrameLease, SLOTS>>> = Owned::new();

/// What a sensor would measure.
fn sample(transfer: u32, at: usize) -> u16 {
    (transfer.wrapping_mul(0x9e37) ^ (at as u32).wrapping_mul(0x85eb)) as u16 | 1
}

/// The registers of the engine, and what is in the silicon.
struct Engine {
    /// Where it writes; null while it is idle. Written by `main` if null, else by the interrupt.
    target: AtomicPtr<Frame>,
    transfer: AtomicU32,
    /// Samples written.
    written: AtomicU32,
    /// Whether nobody wants the frame any more.
    unwanted: AtomicBool,
    /// Frames that nobody wanted when they were done.
    dropped: AtomicU32,
    done_at: AtomicU32,
    strays: AtomicBool,
}

impl Engine {
    const fn new() -> Self {
        Self {
            target: AtomicPtr::new(ptr::null_mut()),
            transfer: AtomicU32::new(0),
            written: AtomicU32::new(0),
            unwanted: AtomicBool::new(false),
            dropped: AtomicU32::new(0),
            done_at: AtomicU32::new(SAMPLES as u32),
            strays: AtomicBool::new(false),
        }
    }

    fn is_idle(&self) -> bool {
        self.target.load(Acquire).is_null()
    }

    /// Writes a burst; true when the frame is done.
    ///
    /// # Safety
    /// The frame at `target` is the engine's.
    unsafe fn write(&self, target: NonNull<Frame>) -> bool {
        let transfer = self.transfer.load(Relaxed);
        let from = self.written.load(Relaxed) as usize;
        let frame = target.as_ptr();
        for at in from..SAMPLES.min(from + BURST) {
            // SAFETY: the contract; `at` is below SAMPLES.
            unsafe { (&raw mut (*frame).samples[at]).write_volatile(sample(transfer, at)) };
        }
        let written = SAMPLES.min(from + BURST);
        self.written.store(written as u32, Relaxed);
        if written == SAMPLES {
            let sum = (0..SAMPLES).map(|at| u32::from(sample(transfer, at))).sum();
            // SAFETY: the contract.
            unsafe {
                (&raw mut (*frame).number).write_volatile(transfer);
                (&raw mut (*frame).address).write_volatile(frame.addr());
                (&raw mut (*frame).sum).write_volatile(sum);
            }
        }
        written as u32 >= self.done_at.load(Relaxed)
    }
}

/// A transfer as the one who asked for it has it. Dropped before the end, it gives the transfer up: the engine
/// cannot be stopped and goes on, so that the frame stays where it is.
struct Transfer {
    slot: usize,
    finished: bool,
}

impl Transfer {
    /// Starts the idle engine on `frame`.
    fn start(number: u32, frame: FrameLease) -> Self {
        let slot = Lease::slot(&frame);
        ENGINE.transfer.store(number, Relaxed);
        ENGINE.written.store(0, Relaxed);
        ENGINE.unwanted.store(false, Relaxed);
        // Release: the engine sees the frame as its last user left it.
        ENGINE.target.store(Lease::into_raw(frame).as_ptr(), Release);
        Self { slot, finished: false }
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        ENGINE.unwanted.store(true, Relaxed);
        if planted("no-quarantine") {
            let target =
                NonNull::new(ENGINE.target.load(Relaxed)).expect("a transfer is under way");
            // SAFETY: none; this is the planted fault.
            drop(unsafe { Lease::from_raw(&FRAMES, target) });
        }
    }
}

/// Plays the engine, and then what its "done" interrupt does.
#[cfg_attr(target_arch = "arm", cortex_m_rt::exception)]
#[cfg_attr(
    target_arch = "riscv32",
    riscv_rt::core_interrupt(riscv::interrupt::Interrupt::MachineTimer)
)]
fn SysTick() {
    board::tick_ack();
    static LAST: AtomicPtr<Frame> = AtomicPtr::new(ptr::null_mut());
    let last = NonNull::new(LAST.load(Relaxed)).filter(|_| ENGINE.strays.load(Relaxed));
    if let Some(last) = last {
        // SAFETY: none; this is the planted fault.
        unsafe { (&raw mut (*last.as_ptr()).samples[0]).write_volatile(0) };
    }
    let Some(target) = NonNull::new(ENGINE.target.load(Acquire)) else { return };
    // SAFETY: the address came from `into_raw`, and nobody has made a lease of it again: that is done below only.
    if !unsafe { ENGINE.write(target) } {
        return;
    }
    LAST.store(target.as_ptr(), Relaxed);
    // SAFETY: the engine is done with the frame and forgets the address before the next interrupt; its fields are
    // valid whatever is in them.
    let frame =
        unsafe { Lease::from_raw(&FRAMES, target) }.expect("the frame was not in quarantine");
    if ENGINE.unwanted.load(Relaxed) {
        ENGINE.dropped.store(ENGINE.dropped.load(Relaxed) + 1, Relaxed);
        drop(frame);
    } else {
        // SAFETY: only this handler calls `get`, and it does not interrupt itself.
        let producer = unsafe { TO_FILTER.get() }.expect("put there before the timer was started");
        assert!(producer.push(frame).is_ok(), "a ring as long as the pool was full");
    }
    ENGINE.target.store(ptr::null_mut(), Release);
}

/// What the filter finds right, with a frame in its hands.
fn check(frame: &Frame, number: u32) {
    assert_eq!(frame.number, number, "out of order, or not done");
    let sum: u32 = frame.samples.iter().map(|&sample| u32::from(sample)).sum();
    assert_eq!(frame.sum, sum, "frame {number}: somebody wrote into it");
    assert!(
        (0..SAMPLES).all(|at| frame.samples[at] == sample(number, at)),
        "frame {number}: wrong samples"
    );
    assert_eq!(frame.address, ptr::from_ref(frame).addr(), "frame {number} was copied");
}

/// Gives up a transfer while the timer is off: nobody gets its frame until the engine is done.
fn give_up(transfer: Transfer) {
    let slot = transfer.slot;
    let target = ENGINE.target.load(Relaxed);
    drop(transfer);
    let in_quarantine = |loan: &Loan| loan.slot() == slot && loan.is_raw();
    assert_eq!(FRAMES.audit().filter(in_quarantine).count(), 1, "the frame is not in quarantine");
    let others = FRAMES.try_get_up_to::<SLOTS>();
    assert!(FRAMES.try_get().is_err(), "some frames were left");
    assert!(
        others.iter().all(|frame| !ptr::eq(&**frame, target)),
        "the engine's frame was lent to somebody else"
    );
}

#[cfg_attr(target_arch = "arm", cortex_m_rt::entry)]
#[cfg_attr(target_arch = "riscv32", riscv_rt::entry)]
fn main() -> ! {
    const PERIOD: u32 = 2_000;
    ENGINE.strays.store(planted("stray-write"), Relaxed);
    if planted("early-done") {
        ENGINE.done_at.store(SAMPLES as u32 / 2, Relaxed);
    }
    let copies = planted("copy");
    // SAFETY: the timer is off.
    unsafe { TO_FILTER.put(FILLED.try_producer()) };
    let mut filled = FILLED.try_consumer().expect("the first to ask");

    let is_given_up = |number: u32| number % 5 == 3;
    let mut window: [Option<FrameLease>; WINDOW] = [const { None }; WINDOW];
    let (mut started, mut filtered) = (0, 0);
    // The frames that reach the filter, by number.
    let mut next = (0..TRANSFERS).filter(|&number| !is_given_up(number));
    let mut under_way: Option<Transfer> = None;
    board::tick_start(PERIOD);
    while filtered < TRANSFERS - TRANSFERS / 5 {
        if ENGINE.is_idle() {
            if let Some(mut transfer) = under_way.take() {
                transfer.finished = true;
            }
            if let Some(frame) = (started < TRANSFERS).then(|| FRAMES.try_get().ok()).flatten() {
                let frame: FrameLease = frame;
                assert_eq!(ptr::from_ref(&*frame).addr() % 32, 0, "not at a cache line");
                assert_eq!((frame.number, frame.sum), (0, 0), "not emptied");
                // What `give_up` looks at has to stand still.
                board::tick_stop();
                let transfer = Transfer::start(started, frame);
                if is_given_up(started) {
                    give_up(transfer);
                } else {
                    under_way = Some(transfer);
                }
                started += 1;
                board::tick_start(PERIOD);
            }
        }
        let Ok(frame) = filled.pop() else { continue };
        let number = next.next().expect("more frames than were asked for");
        if copies {
            check(&(*frame).clone(), number);
        }
        check(&frame, number);
        // Frames are looked at again when they leave the window, some transfers later: nobody has touched them.
        window.rotate_left(1);
        if let Some(oldest) = window[WINDOW - 1].replace(frame) {
            check(&oldest, oldest.number);
        }
        filtered += 1;
    }
    // The last transfers may be ones that were given up.
    while !ENGINE.is_idle() {
        board::wait();
    }
    board::tick_stop();
    window.iter().flatten().for_each(|frame| check(frame, frame.number));
    drop(window);

    assert_eq!(FRAMES.available(), SLOTS, "frames are missing");
    let (dropped, metrics) = (ENGINE.dropped.load(Relaxed), FRAMES.metrics());
    assert_eq!(dropped, TRANSFERS / 5, "transfers that were given up");
    assert_eq!((metrics.gets, metrics.double_returns), (metrics.puts, 0), "{metrics}");
    println!(
        "frames ok: {filtered} frames filtered in place, {dropped} transfers given up; {metrics}"
    );
    exit(0)
}
