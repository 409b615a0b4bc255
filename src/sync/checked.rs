//! Parts that the checkers' builds share.

use super::imp::{Ordering::Relaxed, plain, rmw};
use super::{const_fn, filled};

/// A cell is more than its content: it knows who uses it.
pub(crate) const CELLS_HAVE_STATE: bool = true;

/// Two bits a word, so that a model of three slots crosses a word.
pub(crate) const SLOTS_PER_WORD: usize = 2;

/// Two words, so that a model of a lane can lack room for a third.
pub(crate) const POCKETS: usize = 2;

/// Loom is for lanes as on 64-bit targets, shuttle for those of the others.
pub(crate) const ONE_ON_TOP: bool = cfg!(forebay_shuttle);

/// One look: another is another schedule of the same.
pub(crate) const LOOKS: usize = 1;

/// Stores to `word`, which nobody else can change meanwhile.
pub(crate) fn store_alone(word: &rmw::AtomicUsize, value: usize) {
    word.store(value, Relaxed);
}

/// A word a slot and one more are enough, and models are small.
pub(crate) struct Words<const N: usize, const SETS: usize = 1> {
    first: [rmw::AtomicUsize; SETS],
    rest: [rmw::AtomicUsize; N],
    spare: plain::AtomicUsize,
}

impl<const N: usize, const SETS: usize> Words<N, SETS> {
    /// Each word is a part of its own.
    pub(crate) const NEAR: usize = 1;
    pub(crate) const LINES: usize = N.div_ceil(SLOTS_PER_WORD);

    const_fn! {
        pub(crate) const fn new() -> Self {
            Self {
                first: filled!(rmw::AtomicUsize::new(0); SETS),
                rest: filled!(rmw::AtomicUsize::new(0); N),
                spare: plain::AtomicUsize::new(0),
            }
        }
    }

    pub(crate) fn get(&self, i: usize) -> &rmw::AtomicUsize {
        if i < SETS { &self.first[i] } else { &self.rest[i - SETS] }
    }

    pub(crate) fn number_of(&self, word: &rmw::AtomicUsize) -> usize {
        let is_it = |i: &usize| core::ptr::eq(self.get(*i), word);
        (0..Self::LINES).find(is_it).unwrap_or(0)
    }

    pub(crate) fn second(&self, i: usize) -> &rmw::AtomicUsize {
        self.get(Self::LINES + i)
    }

    pub(crate) fn spare(&self) -> &plain::AtomicUsize {
        &self.spare
    }
}
