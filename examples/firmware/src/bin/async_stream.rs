//! A task on embassy's executor and an interrupt on the two ends of a stream. Does the task sleep while there is
//! nothing to do, and is it woken for each thing it waits for: a token, room, a burst, the end?
//!
//! The interrupt calls plain `try_send` and `try_recv`; that these wake the task is what the policy `Waking` adds. The
//! executor sleeps while no task is woken, so that a wake-up that was lost is a task that stands still. Run it with
//! `--features embassy`.
//!
//! Planted faults: `lose-a-token`, `wrong-end`, `deaf`.
//! The sender leaves a token out; it closes where it should fail; the task waits with a waker that wakes nobody.
#![no_std]
#![no_main]
#![allow(non_snake_case)]

use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::task::{Context, Waker};

use embassy_executor::Executor;
use firmware::{Owned, board, exit, planted, println};
use forebay::{End, Receiver, RecvError, SendError, Sender, StreamPool, Waking};

const TOKENS: u32 = 300;
const DEPTH: usize = 8;
/// Tokens that the task waits for at once; the last burst is shorter.
const BURST: usize = 7;
/// How the interrupt ends its streams.
const CODE: u16 = 7;
static STREAMS: StreamPool<u32, 1, DEPTH, Waking> = StreamPool::new();

/// What the interrupt does.
enum Work {
    Send {
        tx: Option<Sender<&'static StreamPool<u32, 1, DEPTH, Waking>>>,
        next: u32,
        lose: bool,
    },
    Receive {
        rx: Receiver<&'static StreamPool<u32, 1, DEPTH, Waking>>,
        next: u32,
        end: Option<End>,
    },
}

static WORK: Owned<Work> = Owned::new();
static TICKS: AtomicU32 = AtomicU32::new(0);
/// Interrupts since the task did something.
static STILL: AtomicU32 = AtomicU32::new(0);

impl Work {
    fn send(tx: Sender<&'static StreamPool<u32, 1, DEPTH, Waking>>) -> Self {
        Self::Send { tx: Some(tx), next: 0, lose: planted("lose-a-token") }
    }

    /// Moves `most` tokens, or as many as it can.
    fn go_on(&mut self, most: u32) {
        for _ in 0..most {
            match self {
                Self::Send { tx, next, .. } if *next == TOKENS => {
                    let Some(tx) = tx.take() else { return };
                    return if planted("wrong-end") { tx.close() } else { tx.fail(CODE) };
                }
                Self::Send { tx, next, lose } => {
                    *next += u32::from(*lose && *next == TOKENS / 2);
                    let tx = tx.as_mut().expect("it is taken at the end");
                    match tx.try_send(*next) {
                        Ok(()) => *next += 1,
                        Err(SendError::Full(refused)) => return assert_eq!(refused, *next),
                        Err(SendError::Cancelled(_)) => panic!("the task left"),
                    }
                }
                Self::Receive { rx, next, end } => match rx.try_recv() {
                    Ok(token) => {
                        assert_eq!(token, *next, "lost or out of order");
                        *next += 1;
                    }
                    Err(RecvError::Empty) => return,
                    Err(RecvError::Ended(why)) => return *end = Some(why),
                },
            }
        }
    }
}

#[cfg_attr(target_arch = "arm", cortex_m_rt::exception)]
#[cfg_attr(
    target_arch = "riscv32",
    riscv_rt::core_interrupt(riscv::interrupt::Interrupt::MachineTimer)
)]
fn SysTick() {
    board::tick_ack();
    let tick = TICKS.load(Relaxed);
    TICKS.store(tick + 1, Relaxed);
    STILL.store(STILL.load(Relaxed) + 1, Relaxed);
    assert!(STILL.load(Relaxed) < 2_000, "the task was not woken");
    // SAFETY: only this handler calls `get`, and it does not interrupt itself.
    if let Some(work) = unsafe { WORK.get() } {
        // Bursts of every length, also longer than the ring, and none.
        work.go_on(tick % (DEPTH as u32 + 3));
    }
}

/// One direction of work, from the first token to the end.
struct Part {
    deaf: bool,
    waits: u32,
}

impl Part {
    /// Gives the interrupt `work`; it begins once the task waits, so that it does wait.
    fn new(work: Work) -> Self {
        // SAFETY: the timer is off.
        unsafe { WORK.put(Some(work)) };
        Self { deaf: planted("deaf"), waits: 0 }
    }

    /// Awaits `future`, and counts how often there was nothing for it yet.
    async fn wait<F: Future + Unpin>(&mut self, mut future: F) -> F::Output {
        poll_fn(|context| {
            STILL.store(0, Relaxed);
            let mut nobody = Context::from_waker(Waker::noop());
            let context = if self.deaf { &mut nobody } else { context };
            let answer = Pin::new(&mut future).poll(context);
            if answer.is_pending() {
                if self.waits == 0 {
                    board::tick_start(2_000);
                }
                self.waits += 1;
            }
            answer
        })
        .await
    }

    /// Ends the interrupt's part and gives back what it worked on.
    fn end(self) -> (Work, u32) {
        board::tick_stop();
        // SAFETY: the timer is off.
        (unsafe { WORK.put(None) }.expect("put there at the start"), self.waits)
    }
}

async fn receive() -> u32 {
    let (tx, mut rx) = STREAMS.try_open().expect("the ring is free");
    let mut part = Part::new(Work::send(tx));
    let mut expected = 0;
    let end = loop {
        match part.wait(rx.recv()).await {
            Ok(token) => assert_eq!(token, expected, "lost or out of order"),
            Err(end) => break end,
        }
        expected += 1;
    };
    assert_eq!((expected, end), (TOKENS, End::Failed(CODE)));
    part.end().1
}

/// One wake-up for a burst.
async fn receive_bursts() -> u32 {
    let (tx, mut rx) = STREAMS.try_open().expect("the ring is free");
    let mut part = Part::new(Work::send(tx));
    let mut expected = 0;
    loop {
        let ready = part.wait(rx.ready(BURST)).await;
        // What there is less of at the end is the last of it.
        if ready < BURST {
            assert_eq!((ready as u32, rx.end()), (TOKENS - expected, Some(End::Failed(CODE))));
        }
        if ready == 0 {
            break;
        }
        for token in rx.drain().take(ready) {
            assert_eq!(token, expected, "lost or out of order");
            expected += 1;
        }
    }
    assert_eq!(expected, TOKENS, "tokens are missing");
    part.end().1
}

async fn send() -> u32 {
    let (mut tx, rx) = STREAMS.try_open().expect("the ring is free");
    let mut part = Part::new(Work::Receive { rx, next: 0, end: None });
    for token in 0..TOKENS {
        if planted("lose-a-token") && token == TOKENS / 2 {
            continue;
        }
        part.wait(tx.send(token)).await.expect("the interrupt is there");
    }
    // All are in the ring at most; the interrupt takes the last and leaves.
    while !tx.is_empty() {
        STILL.store(0, Relaxed);
        board::wait();
    }
    tx.close();
    let (mut work, waits) = part.end();
    work.go_on(1);
    let Work::Receive { next, end, .. } = work else { panic!("it received") };
    assert_eq!((next, end), (TOKENS, Some(End::Finished)));
    waits
}

#[embassy_executor::task]
async fn task() {
    let waits = (receive().await, receive_bursts().await, send().await);
    assert!(waits.0 > 0 && waits.1 > 0 && waits.2 > 0, "the task never waited: {waits:?}");
    let metrics = STREAMS.metrics();
    assert_eq!((metrics.gets, metrics.puts), (3, 3), "{metrics}");
    let ticks = TICKS.load(Relaxed);
    println!(
        "async_stream ok: waited {} times for a token, {} for {BURST}, {} for room; {ticks} interrupts",
        waits.0, waits.1, waits.2
    );
    exit(0)
}

#[cfg_attr(target_arch = "arm", cortex_m_rt::entry)]
#[cfg_attr(target_arch = "riscv32", riscv_rt::entry)]
fn main() -> ! {
    let mut executor = Executor::new();
    // SAFETY: `run` never returns, so `executor` lives as long as the program.
    let executor: &'static mut Executor =
        unsafe { (&raw mut executor).as_mut() }.expect("a local has an address");
    executor.run(|spawner| spawner.spawn(task().expect("spawned once")))
}
