//! Counts executed instructions, in a QEMU with `-icount shift=10,sleep=off`.
//!
//! There an instruction takes 1024 ns of the guest's time, which is several ticks of each board's counter, so that the
//! number of ticks gives the number of instructions, exactly and each time the same.
use crate::board;

/// Executes `2 * n` instructions and a constant few; the result is in ticks.
#[inline(never)]
fn spin(n: u32) -> u32 {
    let from = board::counter();
    // SAFETY: counts a register down, and touches nothing else.
    unsafe {
        #[cfg(target_arch = "arm")]
        core::arch::asm!("1:", "subs {0}, #1", "bne 1b", inout(reg) n => _, options(nomem, nostack));
        #[cfg(target_arch = "riscv32")]
        core::arch::asm!("1:", "addi {0}, {0}, -1", "bnez {0}, 1b", inout(reg) n => _, options(nomem, nostack));
    }
    board::ticks(from, board::counter())
}

/// In a function of its own, which is never inlined: nothing else can come between the two reads, so that what is not
/// `f` costs the same for every `f`.
#[inline(never)]
fn ticks_of(f: &mut dyn FnMut()) -> u32 {
    let from = board::counter();
    f();
    board::ticks(from, board::counter())
}

/// Turns ticks into instructions.
#[derive(Clone, Copy)]
pub struct Clock {
    /// Ticks that 4096 instructions take.
    ticks: u32,
    /// Instructions of a measurement of nothing.
    overhead: u32,
}

impl Clock {
    /// `None` if two measurements of the same differ: QEMU does not run with `-icount`.
    pub fn calibrate() -> Option<Self> {
        board::counter_start();
        let seen = [(); 4].map(|()| spin(64 + 2048).wrapping_sub(spin(64)));
        let (&least, &most) = (seen.iter().min()?, seen.iter().max()?);
        // An error of a quarter of an instruction in 4096 is what the counter's ticks allow for.
        if least < 4096 || u64::from(most - least) * 4096 > 4 * u64::from(most) {
            return None;
        }
        let clock = Self { ticks: most, overhead: 0 };
        Some(Self { overhead: clock.count(|| {}), ..clock })
    }

    /// Instructions that `f` executes, 600,000 at most.
    pub fn count(&self, mut f: impl FnMut()) -> u32 {
        let ticks = u64::from(ticks_of(&mut f)) * 4096 + u64::from(self.ticks / 2);
        ((ticks / u64::from(self.ticks)) as u32).wrapping_sub(self.overhead)
    }
}
