//! Three jobs for whole programs, each written once: the programs in `bin` differ only in the crate that does the job.
//!
//! Each job calls every operation in one place, fills its container and empties it, and does both a second time. A program
//! checks its results and ends with the status 0, or with 101 if a check fails or the crate panics. It formats nothing,
//! because the code for that is larger than most of the code that is measured.
#![no_std]

use core::hint::black_box;
use core::ops::DerefMut;

// Linked for their critical section and for the backend of the atomics, of which no program names anything.
#[cfg(target_arch = "arm")]
use cortex_m as _;
use portable_atomic as _;
#[cfg(target_arch = "riscv32")]
use riscv as _;

/// The places of every pool and queue.
pub const N: usize = 16;

/// An object of a pool: 32 bytes without a reset, because the peers' pools have none.
#[derive(Default)]
pub struct Object(pub [u32; 8]);

impl forebay::Reset for Object {
    fn reset(&mut self) {}
}

/// A token of a stream: 32 bytes.
pub type Token = [u32; 8];

/// Lends all objects of a pool, writes to them and returns them, twice.
pub fn objects<L: DerefMut<Target = Object>>(get: impl Fn() -> Option<L>) {
    for _ in 0..twice() {
        check(lend(&get, 0) == N as u32);
    }
}

/// Lends the objects that are left and returns how many are lent then; `lent` of them were lent before.
///
/// Each call holds its object while it calls itself, so that the pool is exhausted by one call of `get` in the code.
#[inline(never)]
fn lend<L: DerefMut<Target = Object>>(get: &impl Fn() -> Option<L>, lent: u32) -> u32 {
    let Some(mut object) = get() else { return lent };
    object.0 = black_box([lent; 8]);
    let all = lend(get, lent + 1);
    check(black_box(&object.0)[7] == lent);
    all
}

/// A queue of words.
pub trait Words {
    /// Appends `word`, or returns false if the queue is full.
    fn push(&mut self, word: u32) -> bool;
    /// Removes the oldest word, or returns `None` if the queue is empty.
    fn pop(&mut self) -> Option<u32>;
}

/// Fills a queue and empties it, twice.
pub fn words(mut queue: impl Words) {
    let (mut pushed, mut popped) = (0, 0);
    for _ in 0..twice() {
        while queue.push(black_box(pushed)) {
            pushed += 1;
        }
        while let Some(word) = queue.pop() {
            check(black_box(word) == popped);
            popped += 1;
        }
    }
    check(popped == 2 * N as u32);
}

/// The sending half of a stream.
pub trait Sends: Sized {
    /// Sends `token`, or returns false if the stream is full.
    fn send(&mut self, token: Token) -> bool;
    /// Closes the stream, or returns the half if the end does not fit now.
    fn close(self) -> Option<Self>;
}

/// The receiving half of a stream.
pub trait Receives {
    /// Receives the oldest token.
    fn receive(&mut self) -> Received;
}

/// The result of [`Receives::receive`].
pub enum Received {
    /// The oldest token.
    Token(Token),
    /// The stream is empty, and open.
    Nothing,
    /// The stream is empty, and closed.
    End,
}

/// Opens a stream, sends three times as many tokens as it holds, closes it, and receives up to the end, twice.
pub fn stream<S: Sends, R: Receives>(open: impl Fn() -> Option<(S, R)>) {
    for _ in 0..twice() {
        let Some((sender, mut receiver)) = open() else { fail() };
        let (mut sender, mut sent, mut received) = (Some(sender), 0, 0);
        'open: loop {
            if let Some(half) = &mut sender {
                while sent < 3 * N as u32 && half.send(black_box([sent; 8])) {
                    sent += 1;
                }
                if sent == 3 * N as u32 {
                    sender = sender.and_then(Sends::close);
                }
            }
            loop {
                match receiver.receive() {
                    Received::Token(token) => {
                        check(black_box(&token)[7] == received);
                        received += 1;
                    }
                    Received::Nothing => break,
                    Received::End => break 'open,
                }
            }
        }
        check(received == 3 * N as u32);
    }
}

/// Returns 2, which the compiler does not know: it would write out each round, and an operation would not be in one place.
fn twice() -> u32 {
    black_box(2)
}

/// Ends the program with the status 101 unless `right`.
fn check(right: bool) {
    if !right {
        fail()
    }
}

/// Ends the program with the status 101.
#[cold]
#[inline(never)]
pub fn fail() -> ! {
    exit(101)
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    fail()
}

/// Ends QEMU with the status `code`.
pub fn exit(code: i32) -> ! {
    #[cfg(any(target_arch = "arm", target_arch = "riscv32"))]
    semihosting::process::exit(code);
    // The host, where nothing runs.
    #[cfg(not(any(target_arch = "arm", target_arch = "riscv32")))]
    loop {
        black_box(code);
    }
}

/// Defines a program that evaluates an expression, if there is one, and ends with the status 0.
#[macro_export]
macro_rules! program {
    ($($job:expr)?) => {
        #[cfg_attr(target_arch = "arm", cortex_m_rt::entry)]
        #[cfg_attr(target_arch = "riscv32", riscv_rt::entry)]
        // The host has no runtime that calls it.
        #[cfg_attr(not(any(target_arch = "arm", target_arch = "riscv32")), unsafe(no_mangle))]
        fn main() -> ! {
            $($job;)?
            $crate::exit(0)
        }
    };
}
