//! How far apart two contended words are kept.

use super::const_fn;
use core::ops::Deref;

/// Alignment that gives a value cache lines of its own: 128 bytes, because x86-64 and recent
/// 64-bit Arm cores fetch lines in pairs (as crossbeam's `CachePadded`).
#[derive(Debug, Clone, Copy)]
#[repr(align(128))]
pub struct CacheLine;

/// No padding: for cores without a data cache, where it would only cost memory.
#[derive(Debug, Clone, Copy)]
pub struct Compact;

/// What a [`Ring`](crate::Ring) uses unless told otherwise: [`CacheLine`] on 64-bit targets, [`Compact`]
/// on all others.
#[cfg(target_pointer_width = "64")]
pub type DefaultPadding = CacheLine;
/// What a [`Ring`](crate::Ring) uses unless told otherwise: [`CacheLine`] on 64-bit targets, [`Compact`]
/// on all others.
#[cfg(not(target_pointer_width = "64"))]
pub type DefaultPadding = Compact;

/// A value aligned, and so also sized, to a multiple of `A`'s alignment.
#[derive(Debug)]
pub(crate) struct Padded<T, A> {
    // An empty array raises the alignment of the whole struct and needs no value of `A`.
    _align: [A; 0],
    value: T,
}

impl<T, A> Padded<T, A> {
    const_fn! {
        pub(crate) const fn new(value: T) -> Self {
            Self { _align: [], value }
        }
    }
}

impl<T, A> Deref for Padded<T, A> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_and_alignment_follow_the_policy() {
        assert_eq!(size_of::<Padded<usize, CacheLine>>(), 128);
        assert_eq!(align_of::<Padded<usize, CacheLine>>(), 128);
        assert_eq!(size_of::<Padded<usize, Compact>>(), size_of::<usize>());
    }
}
