//! Moving an item word by word, so that it can be in registers on its way.
//!
//! The compiler moves an item of several words as a block. A block stays in memory, and an atomic access keeps it from
//! being copied past: an item that a caller pushed went through one variable on the stack, a popped one through two, and
//! where the result's tag lies decided whether these were aligned. A program that pushes and pops on one core is bound by
//! its stores: 32 bytes took 3.4 ns with both variables, and 2.0 ns without (2026-11-27, Zen 4).

use core::mem::{ManuallyDrop, MaybeUninit};

/// Any bytes: a part of a pointer, or padding, is moved like the rest.
type Word = MaybeUninit<usize>;

/// The most words that are moved so. As vectors they take half as many of the 16 registers.
const MOST: usize = 8;

/// How many words a `T` is moved in; 0 if it is moved as a block. Words of an item without alignment are no slower on the
/// targets that are named; on the small ones a block takes fewer instructions.
const fn words<T>() -> usize {
    let count = size_of::<T>() / size_of::<Word>();
    let fits = size_of::<T>() == count * size_of::<Word>() && count <= MOST;
    let here = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));
    if fits && here { count } else { 0 }
}

/// Moves the item out of `from`.
///
/// # Safety
/// As for [`pointer::read`](https://doc.rust-lang.org/std/primitive.pointer.html#method.read).
#[inline(always)]
pub(super) unsafe fn take<T>(from: *const T) -> T {
    if words::<T>() == 0 {
        // SAFETY: the caller's.
        return unsafe { from.read() };
    }
    let mut item = MaybeUninit::uninit();
    // SAFETY: the caller's; `copy` writes all of the item.
    unsafe {
        copy(from, item.as_mut_ptr());
        item.assume_init()
    }
}

/// Moves `item` to `to`.
///
/// # Safety
/// `to` is valid for writing and aligned.
#[inline(always)]
pub(super) unsafe fn put<T>(to: *mut T, item: T) {
    if words::<T>() == 0 {
        // SAFETY: the caller's.
        return unsafe { to.write(item) };
    }
    let item = ManuallyDrop::new(item);
    // SAFETY: the caller's; `item` is not dropped, so it is moved.
    unsafe { copy(&raw const *item, to) };
}

/// Copies an item word by word. Not in a loop: the compiler would make it a block again.
///
/// # Safety
/// `from` holds one and `to` is valid for writing; they do not overlap.
#[inline(always)]
unsafe fn copy<T>(from: *const T, to: *mut T) {
    let (from, to) = (from.cast::<Word>(), to.cast::<Word>());
    macro_rules! word {
        ($($i:literal)+) => {$(
            if $i < words::<T>() {
                // SAFETY: the caller's; an item has so many words.
                unsafe { to.add($i).write_unaligned(from.add($i).read_unaligned()) };
            }
        )+};
    }
    word!(0 1 2 3 4 5 6 7);
}

/// How far before the place that is written the next ones are asked for.
const AHEAD: usize = 3 * 64;

/// Asks for the cache line some places behind `place`, which will be written soon, so that it is here by then. In a ring of
/// `capacity` items between cores, the consumer has read it last; where these are far from each other, its way back takes as
/// long as 30 items do otherwise (`guide::rejected` has the times).
///
/// Nothing where that does not help: in a ring of few lines, and with items of which a line holds few. It may reach behind the
/// ring's last place: a hint, that never fails.
#[inline(always)]
pub(super) fn ask_ahead<T>(capacity: usize, place: *mut T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    if size_of::<T>() <= 16 && size_of::<T>() * capacity >= 4096 {
        let line = place.cast::<u8>().wrapping_add(AHEAD);
        // SAFETY: a prefetch reads and writes nothing that a program sees, and ends well at any address. By hand: the
        // intrinsic is another instruction unless the target has a feature, which x86-64 lacks by name; a processor without it
        // passes over this one.
        unsafe {
            core::arch::asm!("prefetchw [{}]", in(reg) line, options(nostack, preserves_flags));
        }
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = (capacity, place, AHEAD);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moves<T: Clone + PartialEq + core::fmt::Debug>(item: T) {
        let mut place = MaybeUninit::uninit();
        // SAFETY: the place is a `T`'s, written before it is read, and read once.
        let back = unsafe {
            put(place.as_mut_ptr(), item.clone());
            take(place.as_ptr())
        };
        assert_eq!(back, item);
    }

    /// Of every size and alignment, with padding, with pointers, with none at all.
    #[test]
    fn any_item() {
        moves(());
        moves(1_u8);
        moves([1_u8; 7]);
        moves([1_u8; 8]);
        moves([[1_u8; 16], [2; 16]]);
        moves([1_u16, 2, 3, 4, 5]);
        moves((1_u64, 2_u8));
        moves((1_u8, 2_u64, 3_u16, 4_u32));
        moves(u128::MAX - 5);
        moves([1_usize, 2, 3, 4, 5, 6, 7, 8]);
        moves([1_usize, 2, 3, 4, 5, 6, 7, 8, 9]);
        moves((&1, std::string::String::from("text"), std::boxed::Box::new(2)));
        moves(Some(std::vec![1, 2, 3]));
    }
}
