//! Which part of a set of words the calling context prefers: [`home`].

/// A number that mostly differs between contexts that run at the same time. It is 0 until the calling thread
/// [moves](move_home).
#[cfg(feature = "std")]
#[inline(always)]
pub(crate) fn home() -> usize {
    // Without a destructor it is never gone, except under a checker.
    HOME.try_with(core::cell::Cell::get).unwrap_or(0)
}

#[cfg(feature = "std")]
super::thread_local! {
    static HOME: core::cell::Cell<usize> = const { core::cell::Cell::new(0) };
}

/// Gives the calling thread the next number, because another thread works where the old one led.
#[cfg(feature = "std")]
pub(crate) fn move_home() {
    set_home(home().wrapping_add(1));
}

#[cfg(feature = "std")]
pub(crate) fn set_home(number: usize) {
    let _ = HOME.try_with(|home| home.set(number));
}

/// A number that mostly differs between contexts that run at the same time: each has a stack of its own.
#[cfg(all(not(feature = "std"), not(any(all(loom, feature = "loom"), forebay_shuttle))))]
#[inline(always)]
pub(crate) fn home() -> usize {
    let here = 0_u8;
    number_of_stack((&raw const here).addr())
}

/// Without `std` there is nowhere to keep another number.
#[cfg(not(feature = "std"))]
pub(crate) fn move_home() {}

/// Hashes the address of a local variable. Addresses of one stack mostly have the same number, because stacks are rarely
/// deeper than 16 KiB and rarely smaller.
///
/// Source: Knuth, "The Art of Computer Programming", volume 3, multiplicative hashing.
#[cfg(any(test, not(feature = "std")))]
#[allow(clippy::cast_possible_truncation)] // The upper half of 64 bits.
fn number_of_stack(address: usize) -> usize {
    (((address >> 14) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize
}

/// A checker runs the same each time; addresses do not.
#[cfg(all(not(feature = "std"), any(all(loom, feature = "loom"), forebay_shuttle)))]
pub(crate) fn home() -> usize {
    0
}
