//! Cortex-M: SysTick is the periodic interrupt.
use cortex_m::peripheral::{SYST, syst::SystClkSource};

fn syst() -> SYST {
    // SAFETY: SysTick belongs to this module, and its registers are only written by the functions below, which are
    // called by one context at a time: before the interrupt is enabled, or by its handler.
    unsafe { cortex_m::Peripherals::steal() }.SYST
}

/// Starts the periodic interrupt `SysTick`, `period` processor clocks apart (at most 2^24).
pub fn tick_start(period: u32) {
    let mut syst = syst();
    syst.set_clock_source(SystClkSource::Core);
    syst.set_reload(period - 1);
    syst.clear_current();
    syst.enable_counter();
    syst.enable_interrupt();
    // SAFETY: no critical section is open where programs start their timer.
    unsafe { cortex_m::interrupt::enable() };
}

/// Ends the periodic interrupt.
pub fn tick_stop() {
    syst().disable_interrupt();
}

/// The first thing a handler of the periodic interrupt does; SysTick asks for nothing.
pub fn tick_ack() {}

/// Sleeps until an interrupt.
pub fn wait() {
    cortex_m::asm::wfi();
}

#[cortex_m_rt::exception]
unsafe fn HardFault(frame: &cortex_m_rt::ExceptionFrame) -> ! {
    crate::println!("fault: {frame:?}");
    crate::exit(102)
}

#[cortex_m_rt::exception]
unsafe fn DefaultHandler(number: i16) -> ! {
    crate::println!("unexpected interrupt {number}");
    crate::exit(103)
}

/// Starts the counter for [`insns`](crate::insns), which is SysTick too: no interrupt is started after it.
pub fn counter_start() {
    let mut syst = syst();
    syst.set_clock_source(SystClkSource::Core);
    syst.set_reload(0x00ff_ffff);
    syst.clear_current();
    syst.enable_counter();
}

/// Ticks, of 24 bits, counted down.
#[inline(always)]
pub fn counter() -> u32 {
    SYST::get_current()
}

/// Between two values of [`counter`].
pub fn ticks(from: u32, to: u32) -> u32 {
    from.wrapping_sub(to) & 0x00ff_ffff
}

/// Ticks of the periodic interrupt in an instruction of a QEMU with `-icount shift=10`, rounded up: 1024 ns of 16 MHz on
/// the microbit, of 25 MHz elsewhere.
pub const TICKS_PER_INSTRUCTION: u32 = if cfg!(board = "microbit") { 17 } else { 26 };
