//! Bits for slots, which say which of them are free. No `T`, no `unsafe`.
//!
//! Each word holds the bits of its slots in the lower half (1 = taken) and the number of claims in the
//! upper half. A claim is one compare-exchange that sets bits and counts; a release is one
//! `fetch_and`. There is no list of free slots and so no ABA: a compare-exchange that succeeds on a
//! word that changed and changed back claims bits that are free now, which is all it needs to know.
//!
//! | edge | release site | acquire site | makes visible | model |
//! |---|---|---|---|---|
//! | F0→F1 | `release`: `fetch_and` | `claim_in`: compare-exchange | the last owner's writes to the slot | `bitmap::claim_vs_claim_vs_release` |
//! | F0→F2 | `release`: `fetch_and` | `usage`: load | what the last owner claimed before, so that it is counted | `bitmap::usage_vs_get_vs_put` |
//! | F3→F4 | `count_lap`: `fetch_add` | `usage`: load of `laps` | the word that came round, so that it is not counted twice | none: a lap is 65,536 claims at least |
//! | V0→V1 | `cool`: `swap` | `warm_up`: `fetch_or` | the epoch that began, so that no slot stays warm which was lent in the one before | `pool::epoch_vs_first_get` |
//!
//! Claims of the same word continue the release sequence of an earlier `fetch_and`, since both are
//! read-modify-writes, so F1 holds also when other claims and releases of the word lie between.
//!
//! A slot is *warm* if its owner has nothing to do before it is lent: for a pool that means that there is an object in it,
//! and that its state says that it is on loan since this epoch. Only the owner of a slot makes it warm, so whoever claims
//! it sees by F0→F1 what the last owner made of it. Anybody may make all slots cold.
//!
//! A pool of several words starts its search at `first`, a hint for the lowest word that may have a
//! free slot: a release lowers it, and a claim that saw only full words below raises it. So slots are claimed lowest first.
//!
//! That changes when a caller loses a compare-exchange to another claim. From then on, on 64-bit targets, each caller
//! starts its search in a part of the words of its own, its [home], one cache line long. If that is full, the
//! caller goes on from the hint. A caller that loses again moves, because another caller has the same home. A release
//! beside a claim changes nothing: the claim tries the same word again.
//!
//! ```text
//! words    0  1 | 2  3 | 4  5 | 6  7        two words a part
//!          ^      ^             ^
//!          hint   home of one   home of another
//! ```
//!
//! Within a word the lowest free slot is always claimed, so the slots of a word that were ever claimed are as many as
//! were claimed at once.
//!
//! Source: atomic-pool's `AtomicBitset`; differs: any N, the counts, the hint, the homes.

use super::Usage;
use crate::sync::{
    Ordering::Relaxed, SLOTS_PER_WORD, Words, const_fn, home, move_home, orderings, rmw, seeded,
    update,
};
use core::ops::Range;

orderings! {
    /// F0 (pairs with F1 and F2): this owner's writes come before the next one's.
    release = seeded!("release_relaxed", Relaxed, Release);
    /// F1 (pairs with F0): the last owner is done with the slots.
    claim = seeded!("claim_relaxed", Relaxed, Acquire);
    /// F1 (pairs with F0) of a claim that is not counted.
    claim_at = seeded!("claim_at_relaxed", Relaxed, Acquire);
    /// F2 (pairs with F0): who released a slot has counted what it claimed before, and that is seen after.
    look = seeded!("usage_relaxed", Relaxed, Acquire);
    /// F3 (pairs with F4): the word came round before.
    count_lap = Release;
    /// F4 (pairs with F3): the laps that are seen are those of words that are looked at later.
    look_for_laps = Acquire;
    /// V0 (pairs with V1): the reason to make slots cold comes before, or the slots that were made warm.
    cool = AcqRel;
    /// V1 (pairs with V0): if all were made cold before, the reason is visible.
    warm_up = seeded!("warm_up_relaxed", Relaxed, AcqRel);
}

/// Bits of a word that stand for slots.
const SLOTS: usize = (1 << SLOTS_PER_WORD) - 1;
/// Where the count of claims begins.
const CLAIMS_SHIFT: u32 = usize::BITS / 2;

/// In the spare word: callers start their search at home.
const HOMES: usize = 1 << (usize::BITS - 1);

/// The free slots of a pool of `N`. All are free and cold at first.
#[repr(C)] // The word that most calls go to is where the bitmap begins: no offset to add on small cores.
pub(crate) struct Bitmap<const N: usize> {
    /// The words with the bits of taken slots, and as many with those of warm slots. The lower half of the spare word is
    /// `first`: no word below it has a free slot, as far as anyone knows. The upper half is [`HOMES`] once callers have homes.
    /// Both are hints, which a store of the other may undo, and used with several words only.
    words: Words<N, 2>,
    /// How often a word's count of claims came round.
    laps: rmw::AtomicUsize,
}

/// Why a word gave no slot.
enum Miss {
    /// All its slots are taken.
    Full,
    /// It has free ones, but none that fits.
    Unfit,
    /// Another caller claimed in the word meanwhile, and so made progress.
    Contended,
}

/// Slots of one word that were claimed in one step.
#[derive(Debug, Clone, Copy)]
pub struct Claimed {
    pub(crate) word: usize,
    pub(crate) mask: usize,
}

impl Claimed {
    #[inline]
    pub(crate) fn one(slot: usize) -> Self {
        Self { word: slot / SLOTS_PER_WORD, mask: 1 << (slot % SLOTS_PER_WORD) }
    }

    /// The only one of the slots.
    #[inline(always)]
    pub(crate) fn slot(self) -> usize {
        debug_assert!(self.mask.is_power_of_two());
        self.word * SLOTS_PER_WORD + number_of(self.mask)
    }

    /// The lowest of the slots if they are a run: neighbours, without a gap. `None`, too, if there are none.
    #[inline(always)]
    pub(crate) fn run(self) -> Option<usize> {
        let (lowest, _) = one(self.mask);
        let is_run = lowest != 0 && self.mask.wrapping_add(lowest) & self.mask == 0;
        is_run.then(|| self.word * SLOTS_PER_WORD + number_of(lowest))
    }

    /// How many slots there are.
    #[inline(always)]
    pub(crate) fn count(self) -> usize {
        count(self.mask)
    }

    /// `count` slots from `first` on, which are of one word.
    #[inline(always)]
    pub(crate) fn run_from(first: usize, count: usize) -> Self {
        let one = Self::one(first);
        Self { mask: run_from(one.mask, count), ..one }
    }
}

/// How many slots there are in `mask`, one of the lower half of a word.
#[inline(always)]
fn count(mask: usize) -> usize {
    match mask {
        0 => 0,
        SLOTS => SLOTS_PER_WORD,
        _ => count_some(mask),
    }
}

/// [`count`] where the core has to add the bits up. A function of its own, or the compiler sees that it gives the same for all.
#[inline(never)]
fn count_some(mask: usize) -> usize {
    mask.count_ones() as usize
}

/// The number of the only bit in `bit`, one of the lower half of a word.
#[inline(always)]
fn number_of(bit: usize) -> usize {
    if HAS_NO_CTZ { number_by_table(bit) } else { bit.trailing_zeros() as usize }
}

/// Whether the core has no instruction that counts zeros. The compiler's own way is longer than a table then.
const HAS_NO_CTZ: bool = cfg!(any(
    all(target_arch = "arm", not(target_has_atomic = "ptr")),
    all(target_arch = "riscv32", not(target_feature = "zbb")),
));

/// The number of the only bit in `bit`, one of the lower 16.
///
/// Source: Leiserson, Prokop and Randall, "Using de Bruijn Sequences to Index a 1 in a Computer Word".
#[inline(always)]
#[allow(clippy::cast_possible_truncation)] // The lower 16 bits are meant.
fn number_by_table(bit: usize) -> usize {
    /// 16 bits, of which no four that follow each other occur twice.
    const SEQUENCE: u32 = 0x09af << 16;
    const NUMBERS: [u8; 16] = {
        let (mut numbers, mut number) = ([0; 16], 0);
        while number < 16 {
            numbers[(SEQUENCE.wrapping_mul(1 << number) >> 28) as usize] = number as u8;
            number += 1;
        }
        numbers
    };
    usize::from(NUMBERS[((bit as u32).wrapping_mul(SEQUENCE) >> 28) as usize])
}

impl Iterator for Claimed {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.mask == 0 {
            return None;
        }
        // Where there is an instruction, the lowest bit need not be alone.
        let lowest = if HAS_NO_CTZ { one(self.mask).0 } else { self.mask };
        self.mask &= self.mask - 1;
        Some(self.word * SLOTS_PER_WORD + number_of(lowest))
    }
}

impl<const N: usize> Bitmap<N> {
    pub(crate) const WORDS: usize = N.div_ceil(SLOTS_PER_WORD);

    const_fn! {
        pub(crate) const fn new() -> Self {
            const { assert!(N >= 1 && N <= 65_535, "capacity must be from 1 to 65,535") };
            Self {
                words: Words::new(),
                laps: rmw::AtomicUsize::new(0),
            }
        }
    }

    /// Claims a free slot and counts it. Lock-free: a retry means that another caller made progress.
    #[inline]
    #[cfg(test)]
    pub(crate) fn claim(&self) -> Option<usize> {
        self.search(one, true, |_| usize::MAX)?.next()
    }

    /// Claims free slots of one word in one step. Returns `None` when every word was seen without any that `fit` and that
    /// `pick` takes.
    ///
    /// `fit` returns the slots of a word that may be claimed, by the word's number. `pick` returns some of the free ones
    /// among them, and how many: [`one`], [`up_to`] some number, or [`exactly`] so many. They are counted as claims if
    /// `counted`.
    #[inline(always)]
    pub(crate) fn search(
        &self,
        pick: impl Fn(usize) -> (usize, usize),
        counted: bool,
        fit: impl Fn(usize) -> usize,
    ) -> Option<Claimed> {
        if Self::WORDS == 1 {
            loop {
                match self.claim_in(0, &pick, counted, fit(0)) {
                    Ok(mask) => return Some(Claimed { word: 0, mask }),
                    Err(Miss::Contended) if !seeded!("contended_is_exhausted", true, false) => {}
                    Err(_) => return None,
                }
            }
        }
        self.search_from(self.start(), pick, counted, fit)
    }

    /// [`search`](Self::search) from the word `from` on, if there is such a word.
    #[inline(always)]
    pub(crate) fn search_behind(
        &self,
        from: Option<usize>,
        pick: impl Fn(usize) -> (usize, usize),
        counted: bool,
        fit: impl Fn(usize) -> usize,
    ) -> Option<Claimed> {
        match from {
            Some(from) if from < Self::WORDS => self.search_from(from, pick, counted, fit),
            _ => self.search(pick, counted, fit),
        }
    }

    /// Claims the lowest free slot, whether callers have homes or not. Not counted.
    #[cfg(feature = "std")]
    pub(crate) fn claim_first(&self) -> Option<usize> {
        self.search_from(self.first(), one, false, |_| usize::MAX).map(Claimed::slot)
    }

    /// [`search`](Self::search) in several words, from `start` on.
    #[inline(always)]
    fn search_from(
        &self,
        start: usize,
        pick: impl Fn(usize) -> (usize, usize),
        counted: bool,
        fit: impl Fn(usize) -> usize,
    ) -> Option<Claimed> {
        // One word by itself: the loop over the others would be unrolled into each caller, and run by few.
        match self.claim_in(start, &pick, counted, fit(start)) {
            Ok(mask) => Some(Claimed { word: start, mask }),
            Err(miss) => self.search_on(start, miss, pick, counted, fit),
        }
    }

    /// Goes on with [`search`](Self::search) behind `start`, which gave nothing.
    #[cold]
    #[inline(never)]
    fn search_on(
        &self,
        start: usize,
        miss: Miss,
        pick: impl Fn(usize) -> (usize, usize),
        counted: bool,
        fit: impl Fn(usize) -> usize,
    ) -> Option<Claimed> {
        let first = self.first();
        let near = match miss {
            Miss::Contended => self.move_home(),
            // The rest of the caller's home.
            _ if start != first => start + 1..(start + Words::<N, 2>::NEAR).min(Self::WORDS),
            _ => 0..0,
        };
        for word in near {
            if let Ok(mask) = self.claim_in(word, &pick, counted, fit(word)) {
                return Some(Claimed { word, mask });
            }
        }
        // All words from the hint on, except the start if that was where the hint points.
        let (mut next, mut contended, mut passed_free) = (first, false, false);
        if start == first {
            next += 1;
            contended = matches!(miss, Miss::Contended);
            passed_free = matches!(miss, Miss::Unfit);
        }
        loop {
            let (from, to) = seeded!("words_below_home_skipped", (start + 1, 0), (next, first));
            for word in (from..Self::WORDS).chain(0..to) {
                match self.claim_in(word, &pick, counted, fit(word)) {
                    Ok(mask) => {
                        if word != first && !contended && !passed_free {
                            self.raise_first(first, word);
                        }
                        return Some(Claimed { word, mask });
                    }
                    Err(Miss::Full) => {}
                    Err(Miss::Unfit) => passed_free = true,
                    Err(Miss::Contended) => contended = true,
                }
            }
            if !contended || seeded!("contended_is_exhausted", true, false) {
                return None;
            }
            (next, contended, passed_free) = (first, false, false);
        }
    }

    /// Claims the lowest free slot of a pool of one word, if it is below `limit`, and counts it if `counted`. Shorter than a
    /// [`search`](Self::search) for it.
    #[inline(always)]
    pub(crate) fn claim_lowest(&self, limit: usize, counted: bool) -> Option<Claimed> {
        self.claim_in_only(counted, |seen| {
            let lowest = seen.wrapping_add(1) & !seen;
            let is_below = lowest << (usize::BITS - limit as u32) != 0;
            is_below.then_some((lowest, 1))
        })
    }

    /// Claims the `K` lowest free slots below `limit` of a pool of one word, and counts them. `None` if there are fewer.
    #[inline(always)]
    pub(crate) fn claim_exactly<const K: usize>(&self, limit: usize) -> Option<Claimed> {
        self.claim_in_only(true, |seen| {
            let (mask, count) = exactly::<K>(!seen & (SLOTS >> (SLOTS_PER_WORD - limit)));
            (mask != 0).then_some((mask, count))
        })
    }

    /// Claims those slots of the only word that `pick` returns when it sees the word, and counts as many as it says if they
    /// are `counted`. `pick` is short: on cores without compare-and-swap interrupts may be masked meanwhile.
    #[inline(always)]
    fn claim_in_only(
        &self,
        counted: bool,
        pick: impl Fn(usize) -> Option<(usize, usize)>,
    ) -> Option<Claimed> {
        let word = self.words.get(0);
        let (mut mask, mut laps) = (0, false);
        let mut take = |seen| {
            let (picked, count) = pick(seen)?;
            let new = Self::taken_from(seen, picked, count, counted);
            (mask, laps) = (picked, new < seen);
            Some(new)
        };
        if seeded!("claim_torn", true, false) {
            word.store(take(word.load(Relaxed))?, Relaxed);
        } else {
            // F1: the last owner is done with these slots.
            update(word, order::claim(), take).ok()?;
        }
        if laps {
            self.count_lap();
        }
        Some(Claimed { word: 0, mask })
    }

    /// A word, `seen` before, when slots are claimed in it. The bits only grow, so it gets smaller only when the count of
    /// claims comes round.
    #[inline(always)]
    fn taken_from(seen: usize, mask: usize, count: usize, counted: bool) -> usize {
        (seen | mask).wrapping_add(if counted { count << CLAIMS_SHIFT } else { 0 })
    }

    /// Claims in word `index`, unless somebody else changes it meanwhile.
    #[inline(always)]
    fn claim_in(
        &self,
        index: usize,
        pick: impl Fn(usize) -> (usize, usize),
        counted: bool,
        fit: usize,
    ) -> Result<usize, Miss> {
        let word = self.words.get(index);
        let mut seen = word.load(Relaxed);
        loop {
            let free = !seen & Self::slots_of(index);
            let (mask, count) = pick(free & fit);
            if mask == 0 {
                return Err(if free == 0 { Miss::Full } else { Miss::Unfit });
            }
            let new = Self::taken_from(seen, mask, count, counted);
            if seeded!("claim_torn", true, false) {
                word.store(new, Relaxed);
                return Ok(mask);
            }
            // F1: the last owner is done with these slots.
            match word.compare_exchange_weak(seen, new, order::claim(), Relaxed) {
                Ok(_) => {
                    if new < seen {
                        self.count_lap();
                    }
                    return Ok(mask);
                }
                Err(now) if Self::was_claimed(seen, now) => return Err(Miss::Contended),
                // Slots came back, or it failed for no reason.
                Err(now) => seen = now,
            }
        }
    }

    /// Whether a word that was `seen` before was claimed in since. A release only clears bits. A claim sets the bit of its
    /// slot, or, if that came back already, one in the count of claims, except when that comes round.
    #[inline(always)]
    fn was_claimed(seen: usize, now: usize) -> bool {
        let all = seeded!("release_is_contended", seen != now, false);
        now & !seen != 0 || all || seeded!("spurious_is_contended", seen == now, false)
    }

    /// Whether `one` slot, which the caller owns, is warm.
    #[inline(always)]
    pub(crate) fn is_warm(&self, one: Claimed) -> bool {
        // Relaxed: F1 has acquired what the last owner did.
        self.warm(one.word).load(Relaxed) & one.mask != 0
    }

    /// Whether all of `slots`, which the caller owns, are warm.
    #[inline(always)]
    pub(crate) fn are_warm(&self, slots: Claimed) -> bool {
        // Relaxed: F1 has acquired what the last owners did.
        !self.warm(slots.word).load(Relaxed) & slots.mask == 0
    }

    /// Makes `slot`, which the caller owns, warm. The caller then looks at what made slots [cold](Self::cool).
    pub(crate) fn warm_up(&self, slot: usize) {
        let one = Claimed::one(slot);
        // V1: if all were made cold before, the reason is visible. Else the slot is made cold again.
        self.warm(one.word).fetch_or(one.mask, order::warm_up());
    }

    /// Makes `slot`, which the caller owns, cold.
    pub(crate) fn cool_one(&self, slot: usize) {
        let one = Claimed::one(slot);
        self.warm(one.word).fetch_and(!one.mask, Relaxed);
    }

    /// Makes slots cold, whoever owns them: a hint, that a claim beside it may miss.
    pub(crate) fn cool_all(&self, slots: Claimed) {
        self.warm(slots.word).fetch_and(!slots.mask, Relaxed);
    }

    /// Makes all slots cold, for a reason that the caller stored before.
    pub(crate) fn cool(&self) {
        for word in 0..Self::WORDS {
            // V0: the reason comes before, or the slots that were made warm.
            self.warm(word).swap(0, order::cool());
        }
    }

    #[inline(always)]
    fn warm(&self, word: usize) -> &rmw::AtomicUsize {
        self.words.second(word)
    }

    /// Counts a slot that was lent without being claimed here.
    #[cold]
    pub(crate) fn count(&self, i: usize) {
        let one = 1 << CLAIMS_SHIFT;
        let before = self.words.get(i / SLOTS_PER_WORD).fetch_add(one, Relaxed);
        if before.wrapping_add(one) < before {
            self.count_lap();
        }
    }

    #[cold]
    fn count_lap(&self) {
        // F3: the word came round before.
        self.laps.fetch_add(1, order::count_lap());
    }

    /// Whether `want` slots that `fit` were seen free. Looks no further than it must.
    #[inline]
    pub(crate) fn has_available(&self, want: usize, fit: impl Fn(usize) -> usize) -> bool {
        let mut seen = 0;
        let mut are_among = |mut words: Range<usize>| {
            words.any(|word| {
                seen += count(self.free_mask(word) & fit(word));
                seen >= want
            })
        };
        let start = self.first().min(Self::WORDS);
        want == 0 || are_among(start..Self::WORDS) || are_among(0..start)
    }

    /// Claims slot `i` and does not count it as a get: for housekeeping. `false` if it is taken.
    pub(crate) fn claim_at(&self, i: usize) -> bool {
        let bit = 1 << (i % SLOTS_PER_WORD);
        // F1: the last owner is done with this slot.
        let word = self.words.get(i / SLOTS_PER_WORD);
        let was_free = word.fetch_or(bit, order::claim_at()) & bit == 0;
        seeded!("claim_at_of_taken", true, was_free)
    }

    /// Frees slot `i`. `false`, and nothing happens, if it was free already. Wait-free.
    #[inline]
    pub(crate) fn release(&self, i: usize) -> bool {
        let bit = 1 << (i % SLOTS_PER_WORD);
        self.release_all(Claimed::one(i)) == bit
    }

    /// Frees the slots in one step. Those that were not free already. Wait-free.
    #[inline]
    pub(crate) fn release_all(&self, slots: Claimed) -> usize {
        let word = self.words.get(slots.word);
        // F0: this owner's writes come before the next one's.
        let before = word.fetch_and(!slots.mask, order::release());
        // A word that was not full before is not below the hint. The last may never look full, and is below none.
        if Self::WORDS > 1 && before & SLOTS == SLOTS {
            self.lower_first(word);
            return slots.mask; // What `before` says, too, but nothing has to be kept for it.
        }
        before & slots.mask
    }

    pub(crate) fn is_taken(&self, i: usize) -> bool {
        self.words.get(i / SLOTS_PER_WORD).load(Relaxed) & (1 << (i % SLOTS_PER_WORD)) != 0
    }

    /// The bits of the free slots of a word.
    pub(crate) fn free_mask(&self, word: usize) -> usize {
        !self.words.get(word).load(Relaxed) & Self::slots_of(word)
    }

    /// How much the slots are used.
    ///
    /// Each word tells of one moment how many of its slots are taken, and how often they were claimed. Since claims and
    /// releases of a slot take turns, it tells how often they were released, too. Sums over several words are of several
    /// moments, but never too high, since both counts only grow. A slot that is claimed and not counted makes the
    /// puts too low.
    ///
    /// The sum of slots that are taken may be too low: one is released before we look at its word, and another
    /// is claimed in a word that we have seen. The claims behind the look make up for that.
    ///
    /// Lock-free: a retry means that the count of a word came round meanwhile.
    pub(crate) fn usage(&self) -> Usage {
        loop {
            // F4, and before the words: a lap is counted behind its claim, and so never twice.
            let laps = self.laps.load(order::look_for_laps());
            let (mut claims, mut taken) = (0, 0);
            for word in 0..Self::WORDS {
                let seen = self.look(word);
                claims += (seen >> CLAIMS_SHIFT) as u64;
                taken += (seen & Self::slots_of(word)).count_ones() as usize;
            }
            // A word that came round meanwhile would be a whole lap behind.
            if self.laps.load(Relaxed) == laps {
                let gets = ((laps as u64) << CLAIMS_SHIFT).saturating_add(claims);
                let puts = gets.saturating_sub(taken as u64);
                return Usage { gets, puts, taken, since: self.claims_since(laps, claims) };
            }
        }
    }

    /// How many slots were claimed behind a look at the words, one after the other, that gave these sums; fewer than
    /// [`CLAIMS_SHIFT`] bits can count.
    #[allow(clippy::cast_possible_truncation)] // The low bits are meant.
    fn claims_since(&self, laps: usize, claims: u64) -> usize {
        if Self::WORDS == 1 || seeded!("claims_since_unseen", true, false) {
            return 0; // One look, at one moment.
        }
        let now = self.claims_in_words();
        if self.laps.load(Relaxed) != laps {
            return usize::MAX;
        }
        // Modulo the count of one word, which may have come round without the lap being counted yet.
        now.wrapping_sub(claims) as usize & (usize::MAX >> CLAIMS_SHIFT)
    }

    /// Slots counted so far, never more than there were.
    pub(crate) fn claims(&self) -> u64 {
        loop {
            let laps = self.laps.load(order::look_for_laps()); // F4, as in `usage`.
            let claims = self.claims_in_words();
            if self.laps.load(Relaxed) == laps {
                return ((laps as u64) << CLAIMS_SHIFT).saturating_add(claims);
            }
        }
    }

    fn claims_in_words(&self) -> u64 {
        let claims = |word| (self.look(word) >> CLAIMS_SHIFT) as u64;
        (0..Self::WORDS).map(claims).sum()
    }

    /// Slots that are taken. With several words not of one moment.
    pub(crate) fn taken(&self) -> usize {
        (0..Self::WORDS)
            .map(|word| (self.look(word) & Self::slots_of(word)).count_ones() as usize)
            .sum()
    }

    /// A word, for a look at what is used.
    fn look(&self, word: usize) -> usize {
        // F2: who released a slot has counted what it claimed before, and we see that after.
        self.words.get(word).load(order::look())
    }

    #[inline(always)]
    fn first(&self) -> usize {
        if Self::WORDS == 1 { 0 } else { self.words.spare().load(Relaxed) & SLOTS }
    }

    /// Moves the hint to `word` past words that were seen full: those from the hint before, or from 0 if that is behind.
    fn raise_first(&self, before: usize, word: usize) {
        self.set_first(word);
        // A slot of them that came back before the hint was moved has left the hint alone.
        let mut passed = if before < word { before..word } else { 0..word };
        if let Some(free) = passed.find(|passed| self.free_mask(*passed) != 0) {
            self.set_first(free);
        }
    }

    /// Notes that `word`, which was full, has a free slot.
    ///
    /// It is named by its address, which a release has at hand: to keep its number would be an instruction more in each.
    #[cold]
    #[inline(never)]
    fn lower_first(&self, word: &rmw::AtomicUsize) {
        let word = self.words.number_of(word);
        if word < self.first() {
            self.set_first(word);
        }
    }

    fn set_first(&self, word: usize) {
        let spare = self.words.spare();
        spare.store(spare.load(Relaxed) & HOMES | word, Relaxed);
    }

    /// Where the caller starts its search in several words.
    #[inline(always)]
    fn start(&self) -> usize {
        let hints = self.words.spare().load(Relaxed);
        if Words::<N, 2>::LINES > 1 && hints & HOMES != 0 {
            contended();
            return Self::home();
        }
        hints
    }

    /// The first word of the caller's home.
    #[inline(always)]
    fn home() -> usize {
        home(Words::<N, 2>::LINES) * Words::<N, 2>::NEAR
    }

    /// Gives all callers homes, and this one, who lost a compare-exchange, another one. Returns the words of that.
    fn move_home(&self) -> Range<usize> {
        if Words::<N, 2>::LINES == 1 {
            return 0..0;
        }
        let spare = self.words.spare();
        let hints = spare.load(Relaxed);
        if hints & HOMES == 0 {
            spare.store(hints | HOMES, Relaxed);
        }
        move_home();
        let home = Self::home();
        home..(home + Words::<N, 2>::NEAR).min(Self::WORDS)
    }

    /// The bits of word `index` that stand for slots below `N`.
    #[inline(always)]
    fn slots_of(index: usize) -> usize {
        let in_last = N - (Self::WORDS - 1) * SLOTS_PER_WORD;
        if index + 1 == Self::WORDS { SLOTS >> (SLOTS_PER_WORD - in_last) } else { SLOTS }
    }

    /// Sets every word's count of claims so that it comes round after `claims` more.
    #[cfg(all(test, not(all(loom, feature = "loom"))))]
    pub(crate) fn near_lap(&self, claims: usize) {
        for word in 0..Self::WORDS {
            self.words.get(word).fetch_or(usize::MAX << CLAIMS_SHIFT, Relaxed);
            self.words.get(word).fetch_sub((claims - 1) << CLAIMS_SHIFT, Relaxed);
        }
    }
}

/// Marks a path that is taken with homes only: the compiler would look for the home each time.
#[cold]
#[inline(always)]
fn contended() {}

/// The lowest of the `free` slots, and that it is one.
#[inline(always)]
pub(crate) fn one(free: usize) -> (usize, usize) {
    (free & free.wrapping_neg(), 1)
}

/// The `most` lowest of the free slots, or all if there are fewer, and how many.
#[inline(always)]
pub(crate) fn up_to(most: usize) -> impl Fn(usize) -> (usize, usize) {
    move |free| {
        if most >= SLOTS_PER_WORD {
            return (free, count(free));
        }
        let run = run_from(one(free).0, most);
        if run & !free == 0 {
            return (run, if run == 0 { 0 } else { most });
        }
        let (mut rest, mut count) = (free, 0);
        while count < most && rest != 0 {
            rest &= rest - 1;
            count += 1;
        }
        (free & !rest, count)
    }
}

/// The slot `lowest` and its neighbours, `count` slots, a word at most; none if there is no such slot.
#[inline(always)]
fn run_from(lowest: usize, count: usize) -> usize {
    // A slot is in the lower half, so that nothing is shifted out.
    (lowest << count).wrapping_sub(lowest)
}

/// The `K` lowest of the free slots, and how many; none if there are fewer. `K` is at least 1.
#[inline(always)]
pub(crate) fn exactly<const K: usize>(free: usize) -> (usize, usize) {
    if K > SLOTS_PER_WORD {
        return (0, K);
    }
    let run = run_from(one(free).0, K);
    if run & !free == 0 {
        return (run, K);
    }
    let mut rest = free;
    for _ in 1..K {
        rest &= rest.wrapping_sub(1);
    }
    // The rest begins with the last of the `K`, or is empty.
    let behind = rest & rest.wrapping_sub(1);
    (if rest == 0 { 0 } else { free & !behind }, K)
}

#[cfg(all(test, not(all(loom, feature = "loom"))))]
mod tests {
    use super::*;

    fn claims_each_slot_once_lowest_first<const N: usize>() {
        let bitmap = Bitmap::<N>::new();
        assert_eq!(bitmap.taken(), 0);
        for i in 0..N {
            assert!(!bitmap.is_taken(i));
            assert_eq!(bitmap.claim(), Some(i));
            assert!(bitmap.is_taken(i));
        }
        assert_eq!(bitmap.claim(), None);
        assert_eq!(bitmap.taken(), N);
        assert_eq!(bitmap.claims(), N as u64);
        for i in (0..N).step_by(7) {
            assert!(bitmap.release(i));
            assert!(!bitmap.release(i), "double release is caught");
        }
        for i in (0..N).step_by(7) {
            assert_eq!(bitmap.claim(), Some(i));
        }
        assert_eq!(bitmap.claim(), None);
    }

    #[test]
    fn capacity() {
        claims_each_slot_once_lowest_first::<1>();
        claims_each_slot_once_lowest_first::<2>();
        claims_each_slot_once_lowest_first::<3>();
        claims_each_slot_once_lowest_first::<31>();
        claims_each_slot_once_lowest_first::<32>();
        claims_each_slot_once_lowest_first::<33>();
        claims_each_slot_once_lowest_first::<63>();
        claims_each_slot_once_lowest_first::<64>();
        claims_each_slot_once_lowest_first::<65>();
        claims_each_slot_once_lowest_first::<1000>();
        claims_each_slot_once_lowest_first::<65_535>();
    }

    /// With `N - 1` slots taken, a caller finds the last one from each home, before and behind the hint, alone and with others.
    #[cfg(feature = "std")]
    #[test]
    fn from_each_home_the_last_slot_is_found() {
        fn finds<const N: usize>(step: usize) {
            let bitmap = Bitmap::<N>::new();
            (0..N).for_each(|_| assert!(bitmap.claim().is_some()));
            let _ = bitmap.move_home();
            for home in 0..Words::<N, 2>::LINES {
                crate::sync::set_home(home);
                for slot in (0..N).step_by(step).chain([N - 1]) {
                    for first in [0, slot / SLOTS_PER_WORD, Bitmap::<N>::WORDS - 1] {
                        bitmap.set_first(first);
                        assert!(bitmap.release(slot));
                        assert!(bitmap.has_available(1, |_| usize::MAX));
                        assert_eq!(bitmap.claim(), Some(slot), "home {home}, hint {first}");
                        assert_eq!(bitmap.claim(), None);
                    }
                }
                // The hint finds it at once.
                bitmap.set_first(Bitmap::<N>::WORDS - 1);
                assert!(bitmap.release(N / 2));
                assert!(bitmap.first() <= N / 2 / SLOTS_PER_WORD);
                assert!(bitmap.claim().is_some());
            }
        }
        finds::<33>(1);
        finds::<64>(1);
        finds::<65>(1);
        finds::<100>(1);
        if !cfg!(miri) {
            finds::<1024>(1);
            finds::<3000>(31);
            finds::<65_535>(30_011);
        }
    }

    /// Callers with homes claim there first, the lowest slots first, and elsewhere when it is full.
    #[cfg(feature = "std")]
    #[test]
    fn homes_are_filled_first() {
        let bitmap = Bitmap::<1024>::new();
        let (near, lines) = (Words::<1024, 2>::NEAR, Words::<1024, 2>::LINES);
        assert_eq!(bitmap.claim(), Some(0), "nobody has a home");
        let _ = bitmap.move_home();
        let in_home = near * SLOTS_PER_WORD;
        for home in [lines - 1, lines / 2] {
            crate::sync::set_home(home);
            let slots = home * in_home..(home + 1) * in_home;
            slots.for_each(|slot| assert_eq!(bitmap.claim(), Some(slot)));
        }
        if lines > 1 {
            assert_eq!(bitmap.claim(), Some(1), "from the hint on");
            assert_eq!((bitmap.claim_first(), bitmap.first()), (Some(2), 0));
        }
        assert!(bitmap.release(in_home * (lines / 2)));
        assert_eq!(bitmap.claim(), Some(in_home * (lines / 2)));
    }

    /// Callers get homes when one loses to another claim, and not when a slot comes back beside a claim.
    #[test]
    fn a_lost_claim_is_told_from_a_release() {
        let claims = |n: usize| n << CLAIMS_SHIFT;
        let seen = claims(7) | 0b0110;
        for now in [claims(7) | 0b0100, claims(7), seen] {
            assert!(!Bitmap::<64>::was_claimed(seen, now));
        }
        // Claimed; claimed and released; claimed, not counted; three claims, so that bits of the count are cleared.
        for now in [claims(8) | 0b0111, claims(8) | 0b0110, claims(7) | 0b0111, claims(10)] {
            assert!(Bitmap::<64>::was_claimed(seen, now));
        }
    }

    /// One context, or several that take turns, never get homes: the slots of the lowest numbers are all that is ever claimed.
    #[cfg(feature = "std")]
    #[test]
    fn callers_that_take_turns_stay_low() {
        let bitmap = std::sync::Mutex::new(Bitmap::<1024>::new());
        let rounds = if cfg!(miri) { 20 } else { 2000 };
        std::thread::scope(|scope| {
            for home in 1..=3 {
                let bitmap = &bitmap;
                scope.spawn(move || {
                    crate::sync::set_home(home);
                    for _ in 0..rounds {
                        let claim = || bitmap.lock().unwrap().claim().unwrap();
                        for slot in [claim(), claim()] {
                            assert!(slot < 6);
                            assert!(bitmap.lock().unwrap().release(slot));
                        }
                    }
                });
            }
        });
    }

    /// However callers race: of each word, no more slots were ever claimed than were taken at once.
    #[cfg(feature = "std")]
    #[test]
    fn claims_spread_over_no_more_than_they_need() {
        const THREADS: usize = 4;
        let bitmap = Bitmap::<1024>::new();
        let lowest = |slot: usize| slot % SLOTS_PER_WORD;
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for _ in 0..if cfg!(miri) { 50 } else { 20_000 } {
                        let slots = [bitmap.claim().unwrap(), bitmap.claim().unwrap()];
                        slots.iter().for_each(|slot| assert!(lowest(*slot) < 2 * THREADS));
                        slots.iter().for_each(|slot| assert!(bitmap.release(*slot)));
                    }
                });
            }
        });
        assert_eq!(bitmap.taken(), 0);
    }

    #[test]
    fn many_in_one_step_stay_in_a_word() {
        let bitmap = Bitmap::<100>::new();
        let got: Vec<_> = bitmap.search(up_to(5), true, |_| usize::MAX).unwrap().collect();
        assert_eq!(got, [0, 1, 2, 3, 4]);
        assert!(bitmap.release(1) && bitmap.release(3));
        let got: Vec<_> = bitmap.search(up_to(1000), true, |_| usize::MAX).unwrap().collect();
        assert_eq!(got.len(), SLOTS_PER_WORD - 3);
        assert_eq!(got[..3], [1, 3, 5]);
        assert_eq!(bitmap.claims(), 5 + got.len() as u64);
    }

    #[test]
    fn claims_are_counted_over_a_lap() {
        let bitmap = Bitmap::<40>::new();
        bitmap.near_lap(2);
        let before = bitmap.claims();
        for n in 1..=5 {
            let i = bitmap.claim().unwrap();
            assert_eq!(bitmap.claims(), before + n);
            assert!(bitmap.release(i));
            assert_eq!(bitmap.taken(), 0);
        }
    }

    #[test]
    fn a_table_numbers_bits() {
        (0..16).for_each(|number| assert_eq!(number_by_table(1 << number), number));
    }

    #[test]
    fn picks_are_the_lowest() {
        let free = 0b1011_0100;
        assert_eq!(one(free), (0b100, 1));
        assert_eq!(one(0).0, 0);
        assert_eq!(
            [1, 2, 4, 9].map(|most| up_to(most)(free)),
            [(0b100, 1), (0b1_0100, 2), (free, 4), (free, 4)]
        );
        assert_eq!(exactly::<1>(free), (0b100, 1));
        assert_eq!(exactly::<3>(free), (0b11_0100, 3));
        assert_eq!(exactly::<4>(free), (free, 4));
        assert_eq!((exactly::<5>(free).0, exactly::<1>(0).0), (0, 0));
        let all = (1 << SLOTS_PER_WORD) - 1;
        assert_eq!((exactly::<SLOTS_PER_WORD>(all).0, up_to(SLOTS_PER_WORD)(all).0), (all, all));
        assert_eq!(exactly::<{ SLOTS_PER_WORD + 1 }>(all).0, 0);
    }

    /// Runs are picked and named in fewer steps than others, and are the same slots.
    #[test]
    fn picks_are_those_that_are_picked_one_by_one() {
        fn lowest(free: usize, most: usize) -> Claimed {
            let slots = Claimed { word: 0, mask: free }.take(most);
            Claimed { word: 0, mask: slots.fold(0, |mask, slot| mask | (1 << slot)) }
        }
        fn check_exactly<const K: usize>(free: usize) {
            let picked = lowest(free, K);
            let (mask, count) = exactly::<K>(free);
            assert_eq!(mask, if picked.mask.count_ones() as usize == K { picked.mask } else { 0 });
            assert_eq!(count, K);
        }
        let shapes =
            (0..1 << 10).chain([0b101, 0b1111_0111, 0b11_1111].map(|shape| SLOTS & !shape));
        for shape in shapes {
            for free in
                [shape, shape << (SLOTS_PER_WORD - 10), SLOTS & !shape, SLOTS & !(shape << 5)]
            {
                let free = free & SLOTS;
                check_exactly::<1>(free);
                check_exactly::<2>(free);
                check_exactly::<5>(free);
                check_exactly::<{ SLOTS_PER_WORD - 1 }>(free);
                check_exactly::<SLOTS_PER_WORD>(free);
                check_exactly::<{ SLOTS_PER_WORD + 1 }>(free);
                for most in [1, 2, 3, 7, SLOTS_PER_WORD - 1, SLOTS_PER_WORD, 1000] {
                    let picked = lowest(free, most).mask;
                    assert_eq!(up_to(most)(free), (picked, picked.count_ones() as usize));
                }
                let slots = Claimed { word: 3, mask: free };
                let numbers: std::vec::Vec<_> = slots.collect();
                let is_run =
                    !numbers.is_empty() && numbers.windows(2).all(|two| two[0] + 1 == two[1]);
                assert_eq!(slots.run(), is_run.then(|| numbers[0]));
                assert_eq!(slots.count(), numbers.len());
                if let Some(first) = slots.run() {
                    let same = Claimed::run_from(first, slots.count());
                    assert_eq!((same.word, same.mask), (3, free));
                }
            }
        }
    }

    /// A look for free slots sees as many as there are, wherever the hint points.
    #[test]
    fn a_look_counts_the_free_slots() {
        const N: usize = 4 * SLOTS_PER_WORD + 3;
        let bitmap = Bitmap::<N>::new();
        let all = |_| usize::MAX;
        for taken in 0..=N {
            assert!(
                bitmap.has_available(N - taken, all) && !bitmap.has_available(N - taken + 1, all)
            );
            assert!(bitmap.has_available(0, |_| 0) && !bitmap.has_available(1, |_| 0));
            assert_eq!(bitmap.claim(), (taken < N).then_some(taken));
        }
        bitmap.release(1);
        bitmap.set_first(3);
        assert!(bitmap.has_available(1, all) && !bitmap.has_available(2, all));
    }

    /// A search that begins behind the last word, or where there is nothing, finds the free slots of the others.
    #[test]
    fn a_search_begins_where_it_is_told() {
        const N: usize = 3 * SLOTS_PER_WORD;
        let bitmap = Bitmap::<N>::new();
        let words = [Some(2), Some(2), Some(7), None].map(|from| {
            let claimed = bitmap.search_behind(from, up_to(1000), true, |_| usize::MAX);
            claimed.map(|slots| (slots.word, slots.mask))
        });
        assert_eq!(words, [Some((2, SLOTS)), Some((0, SLOTS)), Some((1, SLOTS)), None]);
        assert_eq!((bitmap.claims(), bitmap.taken()), (N as u64, N));
    }

    #[test]
    fn claim_at_is_not_counted() {
        let bitmap = Bitmap::<3>::new();
        assert!(bitmap.claim_at(1));
        assert!(!bitmap.claim_at(1));
        assert_eq!(bitmap.claim(), Some(0));
        assert_eq!(bitmap.claim(), Some(2));
        assert_eq!((bitmap.claim(), bitmap.claims()), (None, 2));
    }
}
