//! The board's first serial port, for output.

/// CMSDK on the Arm boards: data, state (bit 0: full), control (bit 0: output), divisor.
#[cfg(target_arch = "arm")]
mod registers {
    pub const BASE: *mut u32 =
        if cfg!(board = "mps2-an521") { 0x5020_0000 } else { 0x4000_4000 } as *mut u32;

    pub fn start() {
        // SAFETY: the registers of the port, which is this module's. QEMU wants a divisor, and takes no notice of it.
        unsafe {
            BASE.add(4).write_volatile(16);
            BASE.add(2).write_volatile(1);
        }
    }
    pub fn is_full() -> bool {
        // SAFETY: as above; reading the state changes nothing.
        unsafe { BASE.add(1).read_volatile() & 1 != 0 }
    }
    pub fn put(byte: u8) {
        // SAFETY: as above.
        unsafe { BASE.write_volatile(byte.into()) }
    }
}

/// A 16550 on RISC-V `virt`: data at 0, line status at 5 (bit 5: empty).
#[cfg(target_arch = "riscv32")]
mod registers {
    const BASE: *mut u8 = 0x1000_0000 as *mut u8;

    pub fn start() {}
    pub fn is_full() -> bool {
        // SAFETY: the registers of the port, which is this module's; reading the status of its output changes nothing.
        unsafe { BASE.add(5).read_volatile() & 0x20 == 0 }
    }
    pub fn put(byte: u8) {
        // SAFETY: as above.
        unsafe { BASE.write_volatile(byte) }
    }
}

/// The port; made once.
pub struct Uart(());

impl Uart {
    /// Turns the output on.
    ///
    /// # Safety
    /// Called once.
    pub unsafe fn start() -> Self {
        registers::start();
        Self(())
    }

    /// Sends a byte, or returns false when the port has to send others first.
    pub fn try_put(&mut self, byte: u8) -> bool {
        let takes = !registers::is_full();
        if takes {
            registers::put(byte);
        }
        takes
    }
}
