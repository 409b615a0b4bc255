//! A timer interrupt sends tokens and `main` receives them; then the other way round. Counts, order and the reason
//! of each end are checked.
//!
//! Planted faults: `lose-a-token` (the sender drops one it should send), `wrong-end` (it closes where it should fail).
#![no_std]
#![no_main]
#![allow(non_snake_case)]

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use firmware::{Owned, board, exit, planted, println};
use forebay::{End, Receiver, RecvError, SendError, Sender, StreamPool};

const TOKENS: u32 = 500;
const DEPTH: usize = 8;
static STREAMS: StreamPool<u32, 2, DEPTH> = StreamPool::new();

type Tx = Sender<&'static StreamPool<u32, 2, DEPTH>>;
type Rx = Receiver<&'static StreamPool<u32, 2, DEPTH>>;

/// What the interrupt found no room for; every refused token is sent later.
static REFUSED: AtomicU32 = AtomicU32::new(0);
/// Interrupts taken.
static TICKS: AtomicU32 = AtomicU32::new(0);

static SOURCE: Owned<Source> = Owned::new();
static SINK: Owned<Sink> = Owned::new();

/// A sender, with what it sends next.
struct Source {
    tx: Option<Tx>,
    next: u32,
    /// How it ends after the last token: `None` closes it, a code says that it failed.
    code: Option<u16>,
    lose: Option<u32>,
}

impl Source {
    fn new(tx: Tx, code: Option<u16>) -> Self {
        let lose = planted("lose-a-token").then_some(TOKENS / 2);
        Self { tx: Some(tx), next: 0, code: if planted("wrong-end") { None } else { code }, lose }
    }

    /// Sends until the ring is full or `most` are sent; ends the stream after the last token.
    fn send(&mut self, most: u32) {
        let Some(tx) = &mut self.tx else { return };
        for _ in 0..most {
            if self.next == TOKENS {
                match (self.tx.take(), self.code) {
                    (Some(tx), Some(code)) => tx.fail(code),
                    (Some(tx), None) => tx.close(),
                    (None, _) => {}
                }
                return;
            }
            if self.lose == Some(self.next) {
                self.next += 1;
            }
            match tx.try_send(self.next) {
                Ok(()) => self.next += 1,
                Err(SendError::Full(refused)) => {
                    assert_eq!(refused, self.next);
                    REFUSED.store(REFUSED.load(Relaxed) + 1, Relaxed);
                    return;
                }
                Err(SendError::Cancelled(refused)) => {
                    assert_eq!(refused, self.next);
                    self.tx = None;
                    return;
                }
            }
        }
    }
}

/// A receiver, with what has to come next.
struct Sink {
    rx: Rx,
    next: u32,
    end: Option<End>,
}

impl Sink {
    fn new(rx: Rx) -> Self {
        Self { rx, next: 0, end: None }
    }

    fn receive(&mut self, most: u32) {
        for _ in 0..most {
            match self.rx.try_recv() {
                Ok(token) => {
                    assert_eq!(token, self.next, "out of order");
                    self.next += 1;
                }
                Err(RecvError::Empty) => return,
                Err(RecvError::Ended(end)) => return self.end = Some(end),
            }
        }
    }
}

/// The handler has one of the two, or none.
#[cfg_attr(target_arch = "arm", cortex_m_rt::exception)]
#[cfg_attr(
    target_arch = "riscv32",
    riscv_rt::core_interrupt(riscv::interrupt::Interrupt::MachineTimer)
)]
fn SysTick() {
    board::tick_ack();
    let tick = TICKS.load(Relaxed);
    TICKS.store(tick + 1, Relaxed);
    // Bursts of every length, also longer than the ring.
    let most = tick % (DEPTH as u32 + 3);
    // SAFETY: only this handler calls `get`, and it does not interrupt itself.
    if let Some(source) = unsafe { SOURCE.get() } {
        source.send(most);
    }
    // SAFETY: as above.
    if let Some(sink) = unsafe { SINK.get() } {
        sink.receive(most);
    }
}

const PERIOD: u32 = 5_000;

/// The interrupt sends, `main` receives.
fn from_interrupt(code: Option<u16>) {
    let (tx, rx) = STREAMS.try_open().expect("no ring is free");
    let mut sink = Sink::new(rx);
    // SAFETY: the timer is off.
    unsafe { SOURCE.put(Some(Source::new(tx, code))) };
    board::tick_start(PERIOD);
    while sink.end.is_none() {
        sink.receive(1);
    }
    board::tick_stop();
    // SAFETY: the timer is off.
    unsafe { SOURCE.put(None) };
    assert_eq!(sink.next, TOKENS, "tokens are missing");
    assert_eq!(sink.end, Some(code.map_or(End::Finished, End::Failed)));
}

/// `main` sends, the interrupt receives.
fn to_interrupt(code: Option<u16>) {
    let (tx, rx) = STREAMS.try_open().expect("no ring is free");
    let mut source = Source::new(tx, code);
    // SAFETY: the timer is off.
    unsafe { SINK.put(Some(Sink::new(rx))) };
    board::tick_start(PERIOD);
    while source.tx.is_some() {
        source.send(1);
    }
    // The last tokens are in the ring until the interrupt has taken them.
    while STREAMS.available() < STREAMS.capacity() {
        board::tick_stop();
        // SAFETY: the timer is off.
        if let Some(sink) = unsafe { SINK.get() }.filter(|sink| sink.end.is_some()) {
            assert_eq!(sink.next, TOKENS, "tokens are missing");
            assert_eq!(sink.end, Some(code.map_or(End::Finished, End::Failed)));
            // SAFETY: the timer is off.
            unsafe { SINK.put(None) };
            return;
        }
        board::tick_start(PERIOD);
        board::wait();
    }
    panic!("the ring is free, and the receiver has not seen the end");
}

/// `main` leaves; the interrupt learns it with its next token and stops.
fn cancelled() {
    let (tx, rx) = STREAMS.try_open().expect("no ring is free");
    let mut sink = Sink::new(rx);
    // SAFETY: the timer is off.
    unsafe { SOURCE.put(Some(Source::new(tx, None))) };
    board::tick_start(PERIOD);
    while sink.next < TOKENS / 2 {
        sink.receive(1);
    }
    drop(sink);
    while STREAMS.available() < STREAMS.capacity() {
        board::wait();
    }
    board::tick_stop();
    // SAFETY: the timer is off.
    let source = unsafe { SOURCE.put(None) }.expect("it was put there");
    assert!(source.tx.is_none() && source.next < TOKENS, "the sender went on to the end");
}

#[cfg_attr(target_arch = "arm", cortex_m_rt::entry)]
#[cfg_attr(target_arch = "riscv32", riscv_rt::entry)]
fn main() -> ! {
    for code in [None, Some(7)] {
        from_interrupt(code);
        to_interrupt(code);
    }
    cancelled();
    let metrics = STREAMS.metrics();
    assert_eq!((metrics.gets, metrics.puts), (5, 5), "{metrics}");
    let (ticks, refused) = (TICKS.load(Relaxed), REFUSED.load(Relaxed));
    println!(
        "isr_stream ok: 5 streams, {ticks} interrupts, {refused} tokens refused and sent later"
    );
    exit(0)
}
