//! What every program here stands on: printing, status codes, a periodic interrupt, and planted faults.
//!
//! A program ends with [`exit`], whose code becomes QEMU's status:
//!
//! | status | meaning |
//! |--:|---|
//! | 0 | all that the program checks was right |
//! | 101 | a panic, also a failed check |
//! | 102 | a fault |
//! | 103 | an interrupt nobody asked for |
//! | 124 | a hang: `timeout` ended the run |
#![no_std]

pub use semihosting::println;

#[cfg(target_arch = "arm")]
#[path = "arm.rs"]
pub mod board;
#[cfg(target_arch = "riscv32")]
#[path = "riscv.rs"]
pub mod board;
#[cfg(dual_core)]
pub mod core1;
pub mod insns;
pub mod stack;
pub mod uart;

/// Ends QEMU with the status `code`.
pub fn exit(code: i32) -> ! {
    semihosting::process::exit(code)
}

/// Whether this run was asked to do `fault` wrong, with `-append fault` behind QEMU's other options.
///
/// A run with a fault planted has to fail; one that does not shows that the program checks nothing.
pub fn planted(fault: &str) -> bool {
    arguments(|argument| (argument == fault).then_some(())).is_some()
}

/// The number that this run was given as `name=number` with `-append`.
pub fn number(name: &str) -> Option<u32> {
    arguments(|argument| argument.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
}

/// The first thing that `find` finds in what follows `-append`, word by word.
fn arguments<T>(find: impl Fn(&str) -> Option<T>) -> Option<T> {
    let arguments = semihosting::experimental::env::args::<256>().ok()?;
    arguments.skip(1).filter_map(Result::ok).find_map(find)
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    // No interrupt works on with what is wrong, and panics in the middle of the message.
    critical_section::with(|_| {
        println!("{info}");
        exit(101)
    })
}

/// A place in a `static` for what one interrupt handler owns, put there before the interrupt is enabled.
///
/// No lock, so that the handler's own work is all it costs; hence `unsafe` at both ends.
pub struct Owned<T>(core::cell::UnsafeCell<Option<T>>);

// SAFETY: the contracts of `put` and `get` let one context at a time touch the place, and the value moves there.
unsafe impl<T: Send> Sync for Owned<T> {}

impl<T> Owned<T> {
    /// An empty place.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self(core::cell::UnsafeCell::new(None))
    }

    /// Puts the value there, or takes it away with `None`; what was there is given back.
    ///
    /// # Safety
    /// The interrupt that calls [`get`](Self::get) is disabled, and no other call runs.
    pub unsafe fn put(&self, value: Option<T>) -> Option<T> {
        // SAFETY: the contract.
        unsafe { core::mem::replace(&mut *self.0.get(), value) }
    }

    /// The value, for the handler.
    ///
    /// # Safety
    /// Only one handler calls this, which cannot interrupt itself, and not again while the last result is in use.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn get(&self) -> Option<&mut T> {
        // SAFETY: the contract.
        unsafe { (*self.0.get()).as_mut() }
    }
}
