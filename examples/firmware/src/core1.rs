//! The second core, which waits until the first starts it.
//!
//! What both share has to be initialised by then, so that core 1 never runs the start-up code which does that.
use core::sync::atomic::{Ordering::SeqCst, fence};

use crate::Owned;

static JOB: Owned<fn() -> !> = Owned::new();

/// Starts the second core, once, in `job`. On RISC-V it gets to the program's entry, as hart 1, and calls [`run`].
pub fn start(job: fn() -> !) {
    // SAFETY: core 1 waits.
    unsafe { JOB.put(Some(job)) };
    // What was written so far is seen by core 1.
    fence(SeqCst);
    boot::wake();
}

/// On core 1: what it was started for.
pub fn run() -> ! {
    // SAFETY: core 1 calls this once, after `put`.
    let job = unsafe { JOB.get() }.expect("core 1 runs and was not started");
    job()
}

#[cfg(target_arch = "riscv32")]
mod boot {
    // Hart 0 goes on, with 1: initialise the statics. Hart 1 sleeps until its software interrupt is pending (which
    // wakes it, and is not taken: interrupts are off), clears it and goes on with 0: they are initialised.
    core::arch::global_asm!(
        ".section .init.mp_hook, \"ax\"",
        ".global _mp_hook",
        "_mp_hook:",
        "    beqz a0, 2f",
        "    csrsi mie, 8",
        "1:  wfi",
        "    csrr t0, mip",
        "    andi t0, t0, 8",
        "    beqz t0, 1b",
        "    lui t0, 0x2000", // the CLINT; a word a hart
        "    slli t1, a0, 2",
        "    add t0, t0, t1",
        "    sw zero, 0(t0)",
        "    csrci mie, 8",
        "    li a0, 0",
        "    ret",
        "2:  li a0, 1",
        "    ret",
    );

    pub fn wake() {
        crate::board::wake_hart(1);
    }
}

#[cfg(target_arch = "arm")]
mod boot {
    use core::cell::UnsafeCell;

    /// The system control of the SSE-200, at its Secure address.
    const SYSTEM_CONTROL: usize = 0x5002_1000;
    const INITSVTOR1: *mut usize = (SYSTEM_CONTROL + 0x114) as *mut usize;
    const CPUWAIT: *mut u32 = (SYSTEM_CONTROL + 0x118) as *mut u32;

    const STACK: usize = 4096;

    #[repr(align(8))]
    struct Stack(UnsafeCell<[u8; STACK]>);

    // SAFETY: core 1 alone uses it, as its stack.
    unsafe impl Sync for Stack {}

    static STACK1: Stack = Stack(UnsafeCell::new([0; STACK]));

    /// What core 1 starts with, and where it goes on a fault; no interrupt is enabled there. The processor takes
    /// addresses that are multiples of 128.
    #[repr(C, align(128))]
    struct Vectors {
        stack: *const u8,
        reset: extern "C" fn() -> !,
        faults: [extern "C" fn() -> !; 14],
    }

    // SAFETY: constants; the pointer is only read.
    unsafe impl Sync for Vectors {}

    static VECTORS: Vectors = Vectors {
        stack: STACK1.0.get().cast::<u8>().wrapping_add(STACK),
        reset,
        faults: [fault; 14],
    };

    extern "C" fn reset() -> ! {
        super::run()
    }

    extern "C" fn fault() -> ! {
        crate::println!("fault on core 1");
        crate::exit(102)
    }

    pub fn wake() {
        // SAFETY: registers of this board. Core 1 waits for the second, and then starts from what the first says.
        unsafe {
            INITSVTOR1.write_volatile((&raw const VECTORS).addr());
            CPUWAIT.write_volatile(0);
        }
    }
}
