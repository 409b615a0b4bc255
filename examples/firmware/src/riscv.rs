//! RISC-V `virt`: the machine timer is the periodic interrupt, and the critical section works for several harts.
#![allow(non_snake_case)] // names the runtime looks for

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

const CLINT: usize = 0x0200_0000;
static PERIOD: AtomicU32 = AtomicU32::new(0);

fn mtime() -> u64 {
    let (low, high) = ((CLINT + 0xbff8) as *const u32, (CLINT + 0xbffc) as *const u32);
    loop {
        // SAFETY: the board's timer is there, and reading it changes nothing.
        let (h, l, again) =
            unsafe { (high.read_volatile(), low.read_volatile(), high.read_volatile()) };
        if h == again {
            return u64::from(h) << 32 | u64::from(l);
        }
    }
}

fn set_mtimecmp(time: u64) {
    let compare = (CLINT + 0x4000 + 8 * riscv::register::mhartid::read()) as *mut u32;
    // SAFETY: this hart's own register; the middle value is far in the future, so that no write is a moment by itself.
    unsafe {
        compare.add(1).write_volatile(u32::MAX);
        compare.write_volatile(time as u32);
        compare.add(1).write_volatile((time >> 32) as u32);
    }
}

/// Wakes another hart by its software interrupt.
pub fn wake_hart(hart: usize) {
    // SAFETY: the register of that hart, which exists for every hart of the board.
    unsafe { ((CLINT + 4 * hart) as *mut u32).write_volatile(1) }
}

/// Starts the periodic machine timer interrupt, `period` ticks of 100 ns apart.
pub fn tick_start(period: u32) {
    PERIOD.store(period, Relaxed);
    set_mtimecmp(mtime() + u64::from(period));
    // SAFETY: no critical section is open where programs start their timer.
    unsafe {
        riscv::register::mie::set_mtimer();
        riscv::interrupt::enable();
    }
}

/// Ends the periodic interrupt.
pub fn tick_stop() {
    // SAFETY: masks this hart's timer, which interrupts nobody.
    unsafe { riscv::register::mie::clear_mtimer() };
}

/// The first thing a handler of the periodic interrupt does: arms the next one.
pub fn tick_ack() {
    set_mtimecmp(mtime() + u64::from(PERIOD.load(Relaxed)));
}

/// Sleeps until an interrupt.
pub fn wait() {
    riscv::asm::wfi();
}

/// The counter for [`insns`](crate::insns) always runs; this lets interrupts through, of which none is asked for, so that
/// masking them is what it is elsewhere.
pub fn counter_start() {
    // SAFETY: no critical section is open where programs start to count.
    unsafe { riscv::interrupt::enable() };
}

/// Executed instructions, times a constant under `-icount`.
#[inline(always)]
pub fn counter() -> u32 {
    riscv::register::minstret::read() as u32
}

/// Between two values of [`counter`].
pub fn ticks(from: u32, to: u32) -> u32 {
    to.wrapping_sub(from)
}

#[unsafe(no_mangle)]
fn ExceptionHandler(_: &riscv_rt::TrapFrame) -> ! {
    let (cause, at) = (riscv::register::mcause::read().bits(), riscv::register::mepc::read());
    crate::println!("fault: mcause={cause:#x} mepc={at:#x}");
    crate::exit(102)
}

#[unsafe(no_mangle)]
fn DefaultHandler() -> ! {
    crate::println!("unexpected interrupt: mcause={:#x}", riscv::register::mcause::read().bits());
    crate::exit(103)
}

/// Interrupts off, and between harts a spin lock where there is compare-and-swap; without it there is one hart.
struct Cs;
critical_section::set_impl!(Cs);

#[cfg(target_has_atomic = "32")]
static OWNER: core::sync::atomic::AtomicUsize = core::sync::atomic::AtomicUsize::new(0);

const WERE_ON: u8 = 1;
#[cfg(target_has_atomic = "32")]
const NESTED: u8 = 2;

// SAFETY: between acquire and release no interrupt is taken on this hart, and no other hart is between them.
unsafe impl critical_section::Impl for Cs {
    unsafe fn acquire() -> u8 {
        let status: usize;
        // SAFETY: clears MIE, which release sets again if it was set.
        unsafe { core::arch::asm!("csrrci {}, mstatus, 8", out(reg) status) };
        let state = if status & 8 != 0 { WERE_ON } else { 0 };
        #[cfg(target_has_atomic = "32")]
        {
            use core::sync::atomic::Ordering::Acquire;
            let me = riscv::register::mhartid::read() + 1;
            if OWNER.load(Relaxed) == me {
                return state | NESTED;
            }
            while OWNER.compare_exchange_weak(0, me, Acquire, Relaxed).is_err() {
                core::hint::spin_loop();
            }
        }
        state
    }

    unsafe fn release(state: u8) {
        #[cfg(target_has_atomic = "32")]
        if state & NESTED == 0 {
            OWNER.store(0, core::sync::atomic::Ordering::Release);
        }
        if state & WERE_ON != 0 {
            // SAFETY: this is the outermost section, so interrupts are as they were before it.
            unsafe { core::arch::asm!("csrsi mstatus, 8") };
        }
    }
}

/// Ticks of the periodic interrupt in an instruction of a QEMU with `-icount shift=10`, rounded up: 1024 ns of 10 MHz.
pub const TICKS_PER_INSTRUCTION: u32 = 11;
