//! How deep the stack of the first core has been: what lies below it is painted, and looked at again later.
use core::cmp;

const PAINT: u32 = 0x5AFE_57AC;
/// As far below the frame of its caller [`paint`] goes, in words, if there is so much memory.
const REACH: usize = 2048;

unsafe extern "C" {
    /// The end of the statics; nothing is there up to the stack.
    #[link_name = "__sheap"]
    static END_OF_STATICS: u32;
    /// Where the stack begins; it grows towards lower addresses.
    #[link_name = "_stack_start"]
    static BEGIN: u32;
}

/// Paints what the stack has not reached yet; the result is for [`Painted::used`].
#[inline(never)]
pub fn paint() -> Painted {
    let frame = 0u32;
    // A few words down, so that nothing that is in use here is painted.
    let top = (&raw const frame).wrapping_sub(64).cast_mut();
    let bottom = cmp::max(top.wrapping_sub(REACH), (&raw const END_OF_STATICS).cast_mut());
    let mut at = bottom;
    while at < top {
        // SAFETY: between the statics and the stack, where nothing lives; an interrupt that uses these words now is
        // done with them before the next is painted.
        unsafe { at.write_volatile(PAINT) };
        at = at.wrapping_add(1);
    }
    Painted { bottom, top }
}

/// What was painted.
pub struct Painted {
    bottom: *mut u32,
    top: *mut u32,
}

impl Painted {
    /// How many bytes of the stack have been in use at once, handlers of interrupts included.
    ///
    /// # Panics
    /// When the stack went through all of the paint.
    pub fn used(&self) -> usize {
        let mut at = self.bottom;
        // SAFETY: painted, so it is there.
        while at < self.top && unsafe { at.read_volatile() } == PAINT {
            at = at.wrapping_add(1);
        }
        assert!(at > self.bottom, "the stack was deeper than what was painted");
        (&raw const BEGIN).addr() - at.addr()
    }
}
