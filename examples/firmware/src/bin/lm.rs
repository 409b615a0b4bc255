//! A language model writes in `main` and streams its text to an interrupt, which sends it out of the serial port.
//!
//! The bytes are those that `cargo run --features std --example stream` writes on any other machine. Run it with
//! `--features lm -- -serial stdio`; `-append "seed=7 tokens=50"` asks for another text. It is too large for the
//! microbit, whose flash holds 256 KB.
//!
//! Boards: M3, M4F, M7, rv32imc, two-rv32imac
//!
//! With `-append lose-a-piece` one is not sent, and what comes out of the port is another text.
#![no_std]
#![no_main]
#![allow(non_snake_case)]

use firmware::{Owned, board, exit, planted, println, stack, uart::Uart};
use forebay::{End, Receiver, RecvError, StreamPool, Token};
use tiny_lm::Model;

/// As in the example `stream`.
const PROMPT: &str = "ROMEO:";
const DEPTH: usize = 8;
static STREAMS: StreamPool<Token, 1, DEPTH> = StreamPool::new();

/// What the interrupt owns.
struct Printer {
    tokens: Receiver<&'static StreamPool<Token, 1, DEPTH>>,
    uart: Uart,
    /// The token on its way out, and how many of its bytes are gone.
    now: Option<(Token, usize)>,
    bytes: usize,
    end: Option<End>,
}

static PRINTER: Owned<Printer> = Owned::new();

impl Printer {
    /// Sends what the port takes, for one token at most.
    fn advance(&mut self) {
        let (token, mut sent) = match self.now.take() {
            Some(now) => now,
            None => match self.tokens.try_recv() {
                Ok(token) => (token, 0),
                Err(RecvError::Empty) => return,
                Err(RecvError::Ended(end)) => return self.end = Some(end),
            },
        };
        while let Some(&byte) = token.as_str().as_bytes().get(sent) {
            if !self.uart.try_put(byte) {
                return self.now = Some((token, sent));
            }
            sent += 1;
        }
        self.bytes += sent;
    }
}

#[cfg_attr(target_arch = "arm", cortex_m_rt::exception)]
#[cfg_attr(
    target_arch = "riscv32",
    riscv_rt::core_interrupt(riscv::interrupt::Interrupt::MachineTimer)
)]
fn SysTick() {
    board::tick_ack();
    // SAFETY: only this handler calls `get`, and it does not interrupt itself.
    if let Some(printer) = unsafe { PRINTER.get() } {
        printer.advance();
    }
}

#[cfg_attr(target_arch = "arm", cortex_m_rt::entry)]
#[cfg_attr(target_arch = "riscv32", riscv_rt::entry)]
fn main() -> ! {
    let painted = stack::paint();
    let (seed, tokens) =
        (firmware::number("seed").unwrap_or(1), firmware::number("tokens").unwrap_or(200));
    let (mut sender, receiver) = STREAMS.try_open().expect("no ring is free");
    // SAFETY: once, and the timer is off.
    unsafe {
        let uart = Uart::start();
        PRINTER.put(Some(Printer { tokens: receiver, uart, now: None, bytes: 0, end: None }));
    }
    board::tick_start(2_000);

    let lost = planted("lose-a-piece").then_some(tokens / 2);
    let mut send = |text: &'static str| {
        let mut text = text;
        // A ring that is full empties at the pace of the port.
        while let Err(refused) = sender.try_send_text(text) {
            text = text.get(refused.sent()..).expect("cut between characters");
            board::wait();
        }
    };
    send(PROMPT);
    for (number, piece) in (0..tokens).zip(Model::new(PROMPT, seed)) {
        if lost != Some(number) {
            send(piece);
        }
    }
    sender.close();

    let printer = loop {
        board::wait();
        board::tick_stop();
        // SAFETY: the timer is off.
        let printer = unsafe { PRINTER.put(None) }.expect("it was put there");
        if printer.end.is_some() {
            break printer;
        }
        // SAFETY: the timer is off.
        unsafe { PRINTER.put(Some(printer)) };
        board::tick_start(2_000);
    };
    assert_eq!(printer.end, Some(End::Finished));
    let (bytes, used) = (printer.bytes, painted.used());
    println!("lm ok: {tokens} tokens, {bytes} bytes; no heap, {used} bytes of stack at most");
    exit(0)
}
