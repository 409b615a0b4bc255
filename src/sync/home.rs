//! Which of several parts the calling context prefers: [`home`].

/// The number of a part, below `parts`, that mostly differs between contexts that run at the same time. It is 0 until the
/// calling thread [moves](move_home).
#[cfg(feature = "std")]
#[inline(always)]
pub(crate) fn home(parts: usize) -> usize {
    number() % parts
}

#[cfg(feature = "std")]
super::thread_local! {
    static NUMBER: core::cell::Cell<usize> = const { core::cell::Cell::new(0) };
}

#[cfg(feature = "std")]
#[inline(always)]
fn number() -> usize {
    // Without a destructor it is never gone, except under a checker.
    NUMBER.try_with(core::cell::Cell::get).unwrap_or(0)
}

/// Gives the calling thread the next part, because another thread works in the old one.
#[cfg(feature = "std")]
pub(crate) fn move_home() {
    set_home(number().wrapping_add(1));
}

/// Gives the calling thread a part: for tests and models.
#[cfg(feature = "std")]
#[allow(unreachable_pub)] // Models are elsewhere.
pub fn set_home(home: usize) {
    let _ = NUMBER.try_with(|number| number.set(home));
}

/// The number of a part, below `parts`, that mostly differs between contexts that run at the same time: each has a stack of
/// its own.
#[cfg(all(not(feature = "std"), not(any(all(loom, feature = "loom"), forebay_shuttle))))]
#[inline(always)]
pub(crate) fn home(parts: usize) -> usize {
    let here = 0_u8;
    by_stack((&raw const here).addr(), parts)
}

/// A checker runs the same each time; addresses do not.
#[cfg(all(not(feature = "std"), any(all(loom, feature = "loom"), forebay_shuttle)))]
pub(crate) fn home(_parts: usize) -> usize {
    0
}

/// Without `std` there is nowhere to keep another number.
#[cfg(not(feature = "std"))]
pub(crate) fn move_home() {}

/// Hashes the address of a local variable to a number below `parts`. Addresses of one stack mostly have the same number,
/// because few stacks are deeper than 16 KiB, and two stacks mostly have different ones.
///
/// Source: Knuth, "The Art of Computer Programming", volume 3, multiplicative hashing.
#[cfg(any(test, not(feature = "std")))]
#[cfg_attr(any(all(loom, feature = "loom"), forebay_shuttle), allow(dead_code))]
#[allow(clippy::cast_possible_truncation)] // Below `parts`.
fn by_stack(address: usize, parts: usize) -> usize {
    // Only the upper bits of the product depend on all bits of the address.
    let hash = ((address >> 14) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    ((hash * parts as u64) >> 32) as usize
}

#[cfg(all(test, not(any(all(loom, feature = "loom"), forebay_shuttle))))]
mod tests {
    use super::*;

    /// Stacks beside each other, from 16 KiB to 2 MiB and a page, are spread over all parts.
    #[test]
    fn stacks_are_told_apart() {
        for size in [1 << 14, 1 << 16, (1 << 21) + (1 << 12)] {
            for parts in [2, 3, 16] {
                let mut used = vec![0; parts];
                (0..64).for_each(|stack| used[by_stack((1 << 40) + stack * size, parts)] += 1);
                assert!(used.iter().all(|n| (1..=2 * 64 / parts).contains(n)), "{size}: {used:?}");
            }
        }
        assert_eq!(by_stack(1 << 14, 16), by_stack((2 << 14) - 1, 16), "of one stack");
    }

    #[cfg(feature = "std")]
    #[test]
    fn threads_move_by_themselves() {
        let elsewhere = || std::thread::scope(|scope| scope.spawn(|| home(3)).join().unwrap());
        set_home(1);
        move_home();
        assert_eq!((home(3), elsewhere()), (2, 0));
        move_home();
        assert_eq!((home(3), home(2)), (0, 1));
    }
}
