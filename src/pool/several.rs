//! The slots of several objects, as a batch has them.
#![allow(unsafe_code)]

use crate::free::bitmap::Claimed;
use crate::sync::SLOTS_PER_WORD;
use core::mem::MaybeUninit;
use core::slice;

/// Up to `K` slots: a run, which are neighbours in order, and then others. Slots that are claimed in one step are a run if the
/// pool is not fragmented, and need no list then.
// Invariants, cited by tag:
// - [listed] the first `listed` numbers of `list` are initialised, and no more than `K`.
#[derive(Clone, Copy)]
#[repr(C, align(4))] // The list is moved by whole words: a Cortex-M0 moves others byte by byte.
pub(super) struct Numbers<const K: usize> {
    /// The slot that the run begins with.
    first: u16,
    run: u16,
    /// How many others there are.
    listed: u16,
    _padding: u16,
    /// The slots behind the run.
    list: [MaybeUninit<u16>; K],
}

impl<const K: usize> Numbers<K> {
    // No constant, which would be copied with the list.
    #[inline(always)]
    pub(super) fn none() -> Self {
        Self { first: 0, run: 0, listed: 0, _padding: 0, list: [MaybeUninit::uninit(); K] }
    }

    /// Those of a run, `K` at most.
    #[inline(always)]
    pub(super) fn run(run: Numbers<0>) -> Self {
        Self { first: run.first, run: run.run, ..Self::none() }
    }

    /// `K` slots.
    // By value and not by `extend`, so that those of a run are kept in registers.
    #[inline(always)]
    pub(super) fn all_of(claimed: Claimed) -> Self {
        match claimed.run() {
            Some(first) => Self { first: number(first), run: number(K), ..Self::none() },
            None => Self { listed: number(K), list: listed(claimed), ..Self::none() },
        }
    }

    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        usize::from(self.run + self.listed)
    }

    /// Adds slots. They fit.
    #[inline]
    pub(super) fn extend(&mut self, claimed: Claimed) {
        if self.listed != 0 || !self.extend_run(claimed) {
            self.extend_list(claimed);
        }
    }

    /// Adds slots, if they are the next ones of the run. None is behind the run.
    #[inline(always)]
    pub(super) fn extend_run(&mut self, claimed: Claimed) -> bool {
        let Some(first) = claimed.run().map(number) else { return false };
        if self.run == 0 {
            self.first = first;
        }
        let is_next = first == self.first.wrapping_add(self.run);
        self.run += if is_next { number(claimed.count()) } else { 0 };
        is_next
    }

    /// [`extend`](Self::extend) of slots that are not the next of the run.
    #[inline(never)]
    fn extend_list(&mut self, claimed: Claimed) {
        let places = self.list.get_mut(usize::from(self.listed)..).unwrap_or_default();
        let count = claimed.count();
        match (claimed.run(), places.get_mut(..count)) {
            (Some(first), Some(places)) => {
                places
                    .iter_mut()
                    .zip(number(first)..)
                    .for_each(|(place, slot)| _ = place.write(slot));
            }
            _ => {
                places
                    .iter_mut()
                    .zip(claimed)
                    .for_each(|(place, slot)| _ = place.write(number(slot)));
            }
        }
        self.listed += number(count.min(K - usize::from(self.listed)));
    }

    /// Removes the last slot.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<u16> {
        let slot = self.all().next_back()?;
        *if self.listed == 0 { &mut self.run } else { &mut self.listed } -= 1;
        Some(slot)
    }

    #[inline(always)]
    pub(super) fn all(&self) -> Several<'_> {
        // SAFETY: [listed]
        let listed =
            unsafe { slice::from_raw_parts(self.list.as_ptr().cast(), usize::from(self.listed)) };
        Several { first: self.first, run: self.run, listed }
    }
}

/// The numbers of `K` claimed slots.
#[inline(never)]
fn listed<const K: usize>(claimed: Claimed) -> [MaybeUninit<u16>; K] {
    let mut list = [MaybeUninit::new(0); K];
    list.iter_mut().zip(claimed).for_each(|(place, slot)| _ = place.write(number(slot)));
    list
}

/// Slots: a run, and then others. They are different.
#[derive(Debug, Clone, Copy)]
pub struct Several<'n> {
    /// The slot that the run begins with.
    first: u16,
    run: u16,
    listed: &'n [u16],
}

impl<'n> Several<'n> {
    /// The slot that the run begins with and the length of the run, and the others.
    #[inline(always)]
    pub(super) fn into_parts(self) -> ((u16, u16), &'n [u16]) {
        ((self.first, self.run), self.listed)
    }

    #[inline(always)]
    pub(super) fn from_parts((first, run): (u16, u16), listed: &'n [u16]) -> Self {
        Self { first, run, listed }
    }

    #[cfg(test)]
    pub(super) fn of(listed: &'n [u16]) -> Self {
        Self { first: 0, run: 0, listed }
    }

    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        usize::from(self.run) + self.listed.len()
    }

    /// The slot `at`, if there is one.
    #[inline(always)]
    pub(super) fn get(self, at: usize) -> Option<u16> {
        let run = usize::from(self.run);
        if at < run {
            Some(self.first.wrapping_add(number(at)))
        } else {
            self.listed.get(at - run).copied()
        }
    }

    /// Whether `f` is `true` for each slot. Ends with the first for which it is not.
    ///
    /// Two loops that count, so that the compiler removes both if `f` does nothing.
    #[inline(always)]
    pub(super) fn all_of(self, mut f: impl FnMut(u16) -> bool) -> bool {
        (0..self.run).all(|at| f(self.first.wrapping_add(at)))
            && self.listed.iter().all(|slot| f(*slot))
    }

    /// The slots before slot `at`, and those from there on.
    #[inline(always)]
    pub(super) fn split_at(self, at: usize) -> (Self, Self) {
        let in_run = number(at).min(self.run);
        let (listed, behind) =
            self.listed.split_at_checked(at - usize::from(in_run)).unwrap_or((self.listed, &[]));
        let first = self.first.wrapping_add(in_run);
        (
            Self { run: in_run, listed, ..self },
            Self { first, run: self.run - in_run, listed: behind },
        )
    }

    /// The slots, if they are a run in one word.
    #[inline(always)]
    pub(super) fn in_one_word(self) -> Option<Claimed> {
        let (first, run) = (usize::from(self.first), usize::from(self.run));
        let is_it =
            self.listed.is_empty() && run != 0 && first % SLOTS_PER_WORD + run <= SLOTS_PER_WORD;
        is_it.then(|| Claimed::run_from(first, run))
    }

    /// The slots at the beginning that are of one word, and those behind.
    #[inline]
    pub(super) fn split_first_word(self) -> Option<(Claimed, Self)> {
        let (first, is_listed) =
            if self.run == 0 { (*self.listed.first()?, true) } else { (self.first, false) };
        let first = usize::from(first);
        let room = SLOTS_PER_WORD - first % SLOTS_PER_WORD;
        if !is_listed {
            let count = room.min(usize::from(self.run));
            return Some((Claimed::run_from(first, count), self.split_at(count).1));
        }
        let (near, far) = self.listed.split_at_checked(room).unwrap_or((self.listed, &[]));
        if LOOK_FOR_RUNS && is_run(near) {
            return Some((Claimed::run_from(first, near.len()), Self { listed: far, ..self }));
        }
        let mut of_word = Claimed::one(first);
        let mut count = 0;
        for slot in self.listed.iter().map(|slot| Claimed::one(usize::from(*slot))) {
            if slot.word != of_word.word {
                break;
            }
            of_word.mask |= slot.mask;
            count += 1;
        }
        Some((of_word, self.split_at(count).1))
    }
}

impl Iterator for Several<'_> {
    type Item = u16;

    #[inline(always)]
    fn next(&mut self) -> Option<u16> {
        if self.run == 0 {
            let (slot, behind) = self.listed.split_first()?;
            self.listed = behind;
            return Some(*slot);
        }
        let slot = self.first;
        self.first = slot.wrapping_add(1);
        self.run -= 1;
        Some(slot)
    }

    #[inline(always)]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len()))
    }

    // Two loops in place of one that asks each time which it is.
    #[inline(always)]
    fn fold<B, F: FnMut(B, u16) -> B>(self, init: B, mut f: F) -> B {
        let of_run = (0..self.run).fold(init, |all, at| f(all, self.first.wrapping_add(at)));
        self.listed.iter().fold(of_run, |all, slot| f(all, *slot))
    }
}

impl DoubleEndedIterator for Several<'_> {
    #[inline(always)]
    fn next_back(&mut self) -> Option<u16> {
        if let [before @ .., slot] = self.listed {
            self.listed = before;
            return Some(*slot);
        }
        self.run = self.run.checked_sub(1)?;
        Some(self.first.wrapping_add(self.run))
    }
}

/// Whether it pays to look whether listed slots are a run: where several are compared at once.
const LOOK_FOR_RUNS: bool = usize::BITS == u64::BITS;

/// Whether each of the slots is the one behind the slot before it.
#[inline(always)]
fn is_run(slots: &[u16]) -> bool {
    let Some(first) = slots.first() else { return false };
    // Not up to the first that is none: the compiler compares several at once.
    slots.iter().zip(*first..).fold(0, |differences, (slot, next)| differences | (slot ^ next)) == 0
}

/// A slot, or a count of slots. Both are at most 65,535.
#[inline(always)]
#[allow(clippy::cast_possible_truncation)]
pub(super) fn number(slot: usize) -> u16 {
    slot as u16
}

#[cfg(all(test, not(all(loom, feature = "loom"))))]
mod tests {
    use super::*;
    use std::vec::Vec;

    /// Slots that are claimed word by word, and the same as a list. The bits of `shape` say which slots of a word are free.
    fn claimed(words: &[(usize, usize)]) -> (Numbers<{ 4 * SLOTS_PER_WORD }>, Vec<u16>) {
        let (mut numbers, mut list) = (Numbers::none(), Vec::new());
        for (word, mask) in words {
            let mask = mask & ((1 << SLOTS_PER_WORD) - 1);
            let claimed = Claimed { word: *word, mask };
            numbers.extend(claimed);
            list.extend(claimed.map(number));
            assert_eq!(numbers.len(), list.len());
        }
        (numbers, list)
    }

    fn words_of(slots: Several<'_>) -> Vec<(usize, usize)> {
        let (mut rest, mut words) = (slots, Vec::new());
        while let Some((of_word, behind)) = rest.split_first_word() {
            assert_eq!(rest.len(), of_word.count() + behind.len());
            words.push((of_word.word, of_word.mask));
            rest = behind;
        }
        words
    }

    const ALL: usize = (1 << SLOTS_PER_WORD) - 1;

    /// Each shape of up to three words: a run, two runs, scattered slots, and slots of one word that were claimed in two steps.
    fn shapes() -> Vec<Vec<(usize, usize)>> {
        let of_word =
            [ALL, 1, 0b110, 0b1011, ALL & !1, ALL >> 1, 1 << (SLOTS_PER_WORD - 1), ALL / 3];
        let mut shapes = std::vec![std::vec![]];
        for first in of_word {
            shapes.push(std::vec![(5, first)]);
            for second in of_word {
                for word in [3, 6, 9] {
                    shapes.push(std::vec![(5, first), (word, second)]);
                }
                if first & second == 0 {
                    shapes.push(std::vec![(5, first), (5, second), (2, ALL)]);
                }
                shapes.push(std::vec![(0, first), (1, second), (2, ALL)]);
            }
        }
        shapes
    }

    #[test]
    fn slots_are_those_that_were_claimed_in_order() {
        for shape in shapes() {
            let (numbers, list) = claimed(&shape);
            let all = numbers.all();
            assert!(
                all.eq(list.iter().copied()) && all.rev().eq(list.iter().rev().copied()),
                "{shape:?}"
            );
            assert!(
                all.fold(Vec::new(), |mut all, slot| {
                    all.push(slot);
                    all
                }) == list
            );
            assert_eq!(all.size_hint(), (list.len(), Some(list.len())));
            for (at, listed) in list.iter().enumerate() {
                assert_eq!(all.get(at), Some(*listed));
                let mut seen = 0;
                assert!(!all.all_of(|slot| {
                    seen += 1;
                    slot != *listed
                }));
                assert_eq!(seen, at + 1, "ends there");
            }
            assert!(all.all_of(|_| true) && all.get(list.len()).is_none());
            for at in 0..=list.len() {
                let (before, behind) = all.split_at(at);
                assert!(
                    before.eq(list[..at].iter().copied()) && behind.eq(list[at..].iter().copied())
                );
            }
        }
    }

    #[test]
    fn slots_are_taken_apart_by_words() {
        for shape in shapes() {
            let (mut numbers, mut list) = claimed(&shape);
            let count = list.len();
            loop {
                let all = numbers.all();
                // Of all slots from each place on, and of fewer and fewer.
                let last = if list.len() == count { count } else { 0 };
                for at in 0..=last {
                    let (_, behind) = all.split_at(at);
                    let words = words_of(behind);
                    let mut slots: Vec<_> = words
                        .iter()
                        .flat_map(|&(word, mask)| Claimed { word, mask })
                        .map(number)
                        .collect();
                    let mut expected = list[at..].to_vec();
                    slots.sort_unstable();
                    expected.sort_unstable();
                    assert_eq!(slots, expected, "{shape:?} from {at}");
                    let most = list[at..]
                        .chunk_by(|a, b| a / number(SLOTS_PER_WORD) == b / number(SLOTS_PER_WORD));
                    // The slots of a word come together, except where the list goes on in the word where the run ends.
                    assert!(words.len() <= most.count() + 1);
                    let in_one = behind.in_one_word().map(|slots| (slots.word, slots.mask));
                    assert!(in_one.is_none_or(|slots| words == [slots]));
                }
                let last = list.pop();
                assert_eq!(numbers.pop(), last);
                if last.is_none() {
                    break;
                }
            }
        }
    }

    #[test]
    fn a_run_needs_no_list() {
        let (numbers, _) = claimed(&[(1, ALL), (2, ALL), (3, 0b11)]);
        assert_eq!((numbers.listed, numbers.all().in_one_word().is_none()), (0, true));
        assert_eq!(words_of(numbers.all()), [(1, ALL), (2, ALL), (3, 0b11)]);
        let (numbers, _) = claimed(&[(1, 0b110)]);
        assert_eq!(numbers.all().in_one_word().map(|slots| slots.mask), Some(0b110));
        let (numbers, _) = claimed(&[(2, ALL), (1, ALL)]);
        assert_eq!((numbers.listed, words_of(numbers.all()).len()), (number(SLOTS_PER_WORD), 2));
        let of = |mask| Numbers::<3>::all_of(Claimed { word: 2, mask });
        assert!(of(0b1110).all().eq((1..4).map(|slot| number(2 * SLOTS_PER_WORD + slot))));
        assert!(of(0b10011).all().eq([0, 1, 4].map(|slot| number(2 * SLOTS_PER_WORD + slot))));
        assert_eq!((of(0b1110).listed, of(0b10011).listed), (0, 3));
    }
}
