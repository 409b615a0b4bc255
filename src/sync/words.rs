//! The storage of bitmap words: [`Words`].

use super::{SLOTS_PER_WORD, plain, rmw};

/// Words of a cache line on targets where words that different callers use are kept on different lines; elsewhere 0.
const LINE: usize = if cfg!(target_pointer_width = "64") { 64 / size_of::<usize>() } else { 0 };

/// At least `SETS` times `ceil(N / SLOTS_PER_WORD)` atomic words, all zero, in `N` bytes, `SETS` words and a cache
/// line. `SETS` is 1 or 2.
///
/// Stable Rust has no `[AtomicUsize; N.div_ceil(16)]`, and `[AtomicUsize; N]` would cost a word a
/// slot. `N` bytes behind `SETS` whole words always hold enough of them: `SETS + N / size_of::<usize>()`
/// words, where `SETS * ceil(N / (4 * size_of::<usize>()))` are needed.
///
/// On 64-bit targets a set is cut into [`LINES`](Self::LINES) parts of [`NEAR`](Self::NEAR) words, 64 bytes apart. The
/// line at the end keeps the spare word, which all callers read, apart from the last part.
///
/// | words of a set | from one to the next | words of a part |
/// |---|--:|--:|
/// | 2 | 64 bytes | 1 |
/// | 3 to 64 | 32 bytes | 2 |
/// | more, where a look at all of them should touch few lines | 8 bytes | 8 |
///
/// # Invariants
/// - [whole-words] word `i < LEN` lies wholly inside the struct and is aligned: `repr(C)` puts
///   `first` at 0, `rest` right behind it, and `apart` right behind both, since neither of them is aligned: there is no
///   padding in between, whose bytes would not be initialised. `LEN` counts whole words only.
/// - [atomic-only] the bytes are reached through `AtomicUsize` alone.
#[repr(C)]
pub(crate) struct Words<const N: usize, const SETS: usize = 1> {
    first: [rmw::AtomicUsize; SETS],
    rest: [core::cell::UnsafeCell<u8>; N],
    apart: [core::cell::UnsafeCell<u8>; LINE * size_of::<usize>()],
}

// SAFETY: [atomic-only] every access to `rest` and `apart` is an atomic one.
unsafe impl<const N: usize, const SETS: usize> Sync for Words<N, SETS> {}

impl<const N: usize, const SETS: usize> Words<N, SETS> {
    /// Words of a set.
    const WORDS: usize = N.div_ceil(SLOTS_PER_WORD);
    const LEN: usize = SETS + N / size_of::<usize>() + LINE;
    /// From one word of a set to the next, in words.
    const STRIDE: usize = match Self::WORDS {
        _ if LINE == 0 => 1,
        ..=2 => LINE,
        3..=64 => LINE / 2,
        _ => 1,
    };
    /// Neighbouring words of a set that may share a cache line.
    pub(crate) const NEAR: usize = if LINE == 0 { Self::WORDS } else { LINE / Self::STRIDE };
    /// How many groups of such neighbours there are.
    pub(crate) const LINES: usize = Self::WORDS.div_ceil(Self::NEAR);

    pub(crate) const fn new() -> Self {
        const {
            // The sets come before the spare word.
            let behind = if Self::STRIDE == 1 {
                SETS * Self::WORDS
            } else {
                (Self::WORDS - 1) * Self::STRIDE + SETS
            };
            assert!(behind < Self::LEN || Self::WORDS == 1);
            // [whole-words]
            let at = core::mem::offset_of!(Self, apart);
            assert!(at == SETS * size_of::<usize>() + N, "there is padding before the last line");
        }
        Self {
            first: [const { rmw::AtomicUsize::new(0) }; SETS],
            rest: [const { core::cell::UnsafeCell::new(0) }; N],
            apart: [const { core::cell::UnsafeCell::new(0) }; LINE * size_of::<usize>()],
        }
    }

    const fn mask(words: usize) -> usize {
        assert!(words.next_power_of_two() <= Self::LEN);
        words.next_power_of_two() - 1
    }

    /// Word `i` of the first set.
    #[inline(always)]
    pub(crate) fn get(&self, i: usize) -> &rmw::AtomicUsize {
        self.of_set(0, i)
    }

    /// The number of a word of the first set.
    pub(crate) fn number_of(&self, word: &rmw::AtomicUsize) -> usize {
        let bytes = core::ptr::from_ref(word).addr() - core::ptr::from_ref(self).addr();
        bytes / (Self::STRIDE * size_of::<usize>())
    }

    /// Word `i` of the second set.
    #[inline(always)]
    pub(crate) fn second(&self, i: usize) -> &rmw::AtomicUsize {
        const { assert!(SETS == 2) };
        self.of_set(1, i)
    }

    /// Word `i` of a set. An `i` out of range, which no caller has, is another word and not a panic.
    #[inline(always)]
    fn of_set(&self, set: usize, i: usize) -> &rmw::AtomicUsize {
        let at = if Self::STRIDE == 1 {
            // One instruction: the next power of two behind those that are needed is not above `LEN`.
            (set * Self::WORDS + i) & const { Self::mask(SETS * Self::WORDS) }
        } else if Self::WORDS.is_power_of_two() {
            (i & (Self::WORDS - 1)) * Self::STRIDE + set
        } else {
            i.min(Self::WORDS - 1) * Self::STRIDE + set
        };
        let base = core::ptr::from_ref(self).cast::<usize>().cast_mut();
        // SAFETY: [whole-words] `at < LEN`, so the word is in bounds and aligned; it was
        // initialised to zero bytes; [atomic-only] all other accesses are atomic. The memory is
        // all inside cells, so writing through a shared reference is allowed.
        unsafe { rmw::AtomicUsize::from_ptr(base.add(at)) }
    }

    /// A word besides those of the sets, to load and store. There is one where a set has several words.
    #[inline(always)]
    pub(crate) fn spare(&self) -> &plain::AtomicUsize {
        let base = core::ptr::from_ref(self).cast::<usize>().cast_mut();
        // SAFETY: as in `of_set`. Where there is one word, this may be one of the sets', and still only accessed
        // atomically.
        unsafe { plain::AtomicUsize::from_ptr(base.add(Self::LEN - 1)) }
    }
}

#[cfg(all(test, not(any(all(loom, feature = "loom"), forebay_shuttle))))]
mod tests {
    use super::*;
    use crate::sync::Ordering;

    fn words<const N: usize>() {
        words_of::<N, 1>(&[Words::get]);
        words_of::<N, 2>(&[Words::get, Words::second]);
    }

    type Set<const N: usize, const SETS: usize> = fn(&Words<N, SETS>, usize) -> &rmw::AtomicUsize;

    fn words_of<const N: usize, const SETS: usize>(sets: &[Set<N, SETS>]) {
        let (words, in_set) = (Words::<N, SETS>::new(), N.div_ceil(SLOTS_PER_WORD));
        let start = core::ptr::from_ref(&words).addr();
        let all = || sets.iter().flat_map(|set| (0..in_set).map(|i| set(&words, i)));
        for (n, word) in all().enumerate() {
            let at = core::ptr::from_ref(word).addr();
            assert!(at.is_multiple_of(align_of::<usize>()));
            assert!(at >= start && at + size_of::<usize>() <= start + size_of_val(&words));
            assert_eq!(word.fetch_add(n + 1, Ordering::Relaxed), 0);
        }
        if in_set > 1 {
            words.spare().store(usize::MAX, Ordering::Relaxed);
        }
        for (n, word) in all().enumerate() {
            assert_eq!(word.load(Ordering::Relaxed), n + 1);
        }
        (0..in_set).for_each(|i| assert_eq!(words.number_of(words.get(i)), i));
    }

    /// The first words of two parts are never in one cache line, and no part reaches into the next.
    #[test]
    fn parts_lie_on_lines_of_their_own() {
        fn parts<const N: usize>() {
            let words = Words::<N, 2>::new();
            let at = |word: &rmw::AtomicUsize| core::ptr::from_ref(word).addr();
            let (parts, near) = (Words::<N, 2>::LINES, Words::<N, 2>::NEAR);
            assert_eq!(parts, N.div_ceil(near * SLOTS_PER_WORD));
            for part in 1..parts {
                assert_eq!(at(words.get(part * near)) - at(words.get((part - 1) * near)), 64);
            }
            let last = at(words.get((parts - 1) * near));
            // The part at the end of a small pool may be short, and the spare word near to it.
            let spare = core::ptr::from_ref(words.spare()).addr();
            assert!(parts == 1 || spare - last >= 64 || !N.is_multiple_of(64));
        }
        parts::<1>();
        parts::<33>();
        parts::<64>();
        parts::<65>();
        parts::<128>();
        parts::<1024>();
        parts::<2048>();
        parts::<2049>();
        parts::<65_535>();
    }

    #[test]
    fn words_are_distinct_inside_and_zero() {
        words::<1>();
        words::<2>();
        words::<31>();
        words::<32>();
        words::<33>();
        words::<63>();
        words::<65>();
        words::<1000>();
        words::<65_535>();
    }

    #[test]
    fn control_costs_a_byte_a_slot_and_a_word() {
        let more = LINE * size_of::<usize>();
        assert!(size_of::<Words<32>>() <= 32 + size_of::<usize>() + more);
        assert!(size_of::<Words<65_535>>() <= 65_536 + size_of::<usize>() + more);
        assert_eq!(size_of::<Words<32, 2>>(), size_of::<Words<32>>() + size_of::<usize>());
    }
}
