//! One lane, as its owner and its visitors see it: [`State`]. No `T`, no `unsafe`.
//!
//! Others *visit* a lane to take what it keeps. An owner and its visitors exclude each other as in Dekker's algorithm:
//!
//! | the owner: `alone` | a visitor: `visit` |
//! |---|---|
//! | stores `busy` | counts itself in `visitors` |
//! | D0: `light` | D1: `heavy` |
//! | uses the lane if there are no visitors | uses the lane if it is not busy |
//!
//! So an owner pays no locked instruction and, where the system has a call for it, no fence; a visitor pays the call (see
//! `sync::barrier`). Nobody waits: an owner with visitors uses the common bits, and a visitor that finds the owner at work
//! goes on to the next lane. Visitors of one lane exclude each other by compare-exchange.
//!
//! | edge | release site | acquire site | makes visible | model |
//! |---|---|---|---|---|
//! | B0→B1 | `alone`: `busy` is 0 | `visit`: load of `busy` | what the owner put, and what was written to these slots | `lanes::visit_vs_put` |
//! | P0→P1 | `visit`: `visitors.fetch_sub` | `alone`: load of `visitors` and fence | what visitors took | `lanes::visit_vs_get_vs_put` |
//!
//! Source: Dice, Huang and Yang, "Asymmetric Dekker Synchronization", for an owner without a fence.

use super::One;
use super::bitmap::{Claimed, one, up_to};
use crate::sync::{
    LOOKS, ONE_ON_TOP,
    Ordering::Relaxed,
    POCKETS, SLOTS_PER_WORD,
    barrier::{heavy, light, light_at_once},
    const_fn, fence, filled, load_alone, orderings, plain, rmw, seeded, spin_loop, store_alone,
    update,
};

orderings! {
    /// B0 (pairs with B1): what the owner put is there.
    finish = seeded!("busy_relaxed", Relaxed, Release);
    /// B1 (pairs with B0): the same, seen by a visitor.
    visit = seeded!("visit_relaxed", Relaxed, Acquire);
    /// P0 (pairs with P1): what the visitor took is gone.
    end_visit = seeded!("end_of_visit_relaxed", Relaxed, Release);
    /// P1 (pairs with P0): what visitors took is gone.
    see_visitors_leave = Acquire;
}

/// One lane.
pub(super) struct State {
    /// 1 while the owner is [alone](Self::alone). Only the owner stores it.
    pub(super) busy: plain::AtomicUsize,
    /// How many [visit](Self::visit) the lane, or are about to; and [`FENCED`].
    pub(super) visitors: rmw::AtomicUsize,
    /// One of the slots that the lane keeps: 0, or its number and one. The next get takes it, in fewer steps than another. Only
    /// where that pays: [`ONE_ON_TOP`].
    pub(super) top: rmw::AtomicUsize,
    /// The others: in the lower half of each pocket, slots of one word; in the upper half, the number of that word. No two
    /// pockets that have slots are of the same word. The owner uses the first.
    pub(super) pockets: [rmw::AtomicUsize; POCKETS],
    /// How many slots are in pockets, and those that visitors took since the owner last counted. Owner only, and only where
    /// they are [counted](is_counted).
    kept: plain::AtomicUsize,
    /// Slots that went from one pocket to another, modulo a word. As `LaneSet::moved`. Only the owner stores it.
    pub(super) moved: plain::AtomicUsize,
    /// Gets on this lane. Only the owner stores it.
    pub(super) gets: plain::AtomicUsize,
    /// Those of them that were served from another lane. Only the owner stores it.
    pub(super) steals: plain::AtomicUsize,
}

/// D0 is a fence, because the system refuses D1 as a call: said to the owners, so that they need not look elsewhere.
pub(super) const FENCED: usize = 1 << (usize::BITS - 1);

/// Half a word: where the word's number stands in a pocket, and the mark of a victim.
pub(super) const HALF: u32 = usize::BITS / 2;
pub(super) const LOWER: usize = usize::MAX >> HALF;

/// A slot that was claimed: by its number where one is on top.
#[cfg(any(not(target_pointer_width = "64"), all(loom, feature = "loom"), forebay_shuttle))]
pub(super) type Taken = usize;
/// A slot that was claimed.
#[cfg(not(any(not(target_pointer_width = "64"), all(loom, feature = "loom"), forebay_shuttle)))]
pub(super) type Taken = Claimed;

/// The slots in a pocket.
#[inline(always)]
pub(super) fn slots_in(pocket: usize) -> Claimed {
    Claimed { word: pocket >> HALF, mask: pocket & LOWER }
}

/// A pocket with `slots`.
#[inline(always)]
pub(super) fn pocket_of(slots: Claimed) -> usize {
    (slots.word << HALF) | slots.mask
}

/// Whether the slots in pockets, `limit` at most, are counted: where one pocket could have more.
pub(super) const fn is_counted(limit: usize) -> bool {
    limit < SLOTS_PER_WORD
}

/// The fate of slots of one word that were put on a lane.
pub(super) struct Put {
    /// Those that the lane keeps now, and did not before.
    pub(super) kept: usize,
    /// Those that there was no room for.
    pub(super) left: usize,
    /// Others, which the lane gave away for them.
    pub(super) spilt: Claimed,
}

impl State {
    const_fn! {
        pub(super) const fn new() -> Self {
            Self {
                busy: plain::AtomicUsize::new(0),
                visitors: rmw::AtomicUsize::new(0),
                top: rmw::AtomicUsize::new(0),
                pockets: filled!(rmw::AtomicUsize::new(0); POCKETS),
                kept: plain::AtomicUsize::new(0),
                moved: plain::AtomicUsize::new(0),
                gets: plain::AtomicUsize::new(0),
                steals: plain::AtomicUsize::new(0),
            }
        }
    }

    /// Adds to a counter that only the owner, who calls, stores. Where words are short, it stays at its maximum rather than
    /// begin again.
    #[inline(always)]
    pub(super) fn count(counter: &plain::AtomicUsize, more: usize) {
        let before = plain::own(counter);
        let is_short = usize::BITS < u64::BITS;
        let now = if is_short { before.saturating_add(more) } else { before.wrapping_add(more) };
        counter.store(now, Relaxed);
    }

    /// Owner only: calls `f` while nobody else can change the pockets. `None`, too, if there are visitors.
    ///
    /// Where callers wait, the owner looks for them behind it.
    #[inline(always)]
    pub(super) fn alone<R>(&self, f: impl FnOnce() -> Option<R>) -> Option<R> {
        self.alone_if(light, |visitors| visitors & !FENCED == 0, f)
    }

    /// [`alone`](Self::alone), where D0 is short enough to be inlined. `None`, too, where it is not.
    #[inline(always)]
    pub(super) fn alone_at_once<R>(&self, f: impl FnOnce() -> Option<R>) -> Option<R> {
        self.alone_if(light_at_once, |visitors| visitors == 0, f)
    }

    #[inline(always)]
    fn alone_if<R>(
        &self,
        d0: impl FnOnce(),
        is_left_alone: impl FnOnce(usize) -> bool,
        f: impl FnOnce() -> Option<R>,
    ) -> Option<R> {
        self.busy.store(1, Relaxed);
        d0();
        let visitors = self.visitors.load(Relaxed);
        // P1: what visitors took is gone. A fence and not an acquiring load, which would be a section where changes are
        // sections; there it pairs with the end of the section in which the visitor took.
        if !seeded!("alone_relaxed", true, false) {
            fence(order::see_visitors_leave());
        }
        if seeded!("busy_cleared_early", true, false) {
            self.busy.store(0, order::finish());
        }
        let answer = if is_left_alone(visitors) || seeded!("visitors_unseen", true, false) {
            f()
        } else {
            None
        };
        // B0: what we put is there.
        self.busy.store(0, order::finish());
        answer
    }

    /// Calls `f` while the owner leaves the pockets alone; other visitors may not. `None`, too, if the owner is at work on
    /// them, or if that cannot be told.
    pub(super) fn visit<R>(&self, f: impl FnOnce() -> Option<R>) -> Option<R> {
        self.visitors.fetch_add(1, Relaxed);
        let is_barred = heavy(); // D1
        let is_free = || {
            // B1: what the owner put is there.
            let is_busy = self.busy.load(order::visit()) != 0;
            if is_busy {
                spin_loop();
            }
            !is_busy
        };
        // The owner's steps take no longer than a few looks, unless it is interrupted.
        let answer = if is_barred && (0..LOOKS).any(|_| is_free()) { f() } else { None };
        // P0: what we took is gone.
        self.visitors.fetch_sub(1, order::end_visit());
        answer
    }

    /// Whether the lane was seen without slots.
    pub(super) fn is_empty(&self) -> bool {
        self.kept().all(|slots| slots.mask == 0)
    }

    /// Whether the lane was seen to keep `want` slots in its pockets.
    #[inline(always)]
    pub(super) fn keeps(&self, want: usize) -> bool {
        let mut seen = 0;
        self.pockets.iter().any(|pocket| {
            seen += slots_in(pocket.load(Relaxed)).count();
            seen >= want
        })
    }

    /// The slots that the lane was seen to keep, by words.
    pub(super) fn kept(&self) -> impl Iterator<Item = Claimed> {
        let top = self.top.load(Relaxed).checked_sub(1).map(Claimed::one);
        let others = self.pockets.iter().map(|pocket| slots_in(pocket.load(Relaxed)));
        top.into_iter().chain(others)
    }

    /// Visitors only: takes all that the lane keeps.
    pub(super) fn take_all(&self) -> impl Iterator<Item = Claimed> {
        let take = |word: &rmw::AtomicUsize, slots: usize| {
            let rest = |seen: usize| (seen & slots != 0).then_some(seen & !slots);
            if seeded!("visit_torn", true, false) {
                let seen = word.load(Relaxed);
                word.store(rest(seen)?, Relaxed);
                return Some(seen);
            }
            // Relaxed: B1 has acquired what was written to the slots.
            update(word, Relaxed, rest).ok()
        };
        let top = take(&self.top, usize::MAX).map(|top| Claimed::one(top - 1));
        top.into_iter()
            .chain(self.pockets.iter().filter_map(move |pocket| take(pocket, LOWER).map(slots_in)))
    }

    /// Alone: takes a slot that is at hand.
    #[inline(always)]
    pub(super) fn take_one(&self, limit: usize) -> Option<Taken> {
        if ONE_ON_TOP {
            let top = load_alone(&self.top);
            if top != 0 {
                store_alone(&self.top, 0);
                return Some(Taken::new(top - 1));
            }
        }
        self.take_from_front(one, limit).map(Taken::of)
    }

    /// Alone: puts `slot` where it is at hand, if there is room. Returns whether it was not there already.
    #[inline(always)]
    pub(super) fn put_one(&self, slot: usize, limit: usize) -> Option<bool> {
        if ONE_ON_TOP {
            let top = load_alone(&self.top);
            if top == 0 {
                store_alone(&self.top, slot + 1);
                return Some(true);
            }
            if top == slot + 1 {
                return Some(false);
            }
        }
        self.put_in_front(Claimed::one(slot), || 1, limit).map(|new| new != 0)
    }

    /// Alone: takes the slots that `pick` returns of those in the first pocket, as in [`Bitmap::search`].
    #[inline(always)]
    pub(super) fn take_from_front(
        &self,
        pick: impl Fn(usize) -> (usize, usize),
        limit: usize,
    ) -> Option<Claimed> {
        let front = load_alone(&self.pockets[0]);
        let (mask, count) = pick(front & LOWER);
        if mask == 0 {
            return None;
        }
        store_alone(&self.pockets[0], front & !mask);
        if is_counted(limit) {
            self.kept.store(plain::own(&self.kept) - count, Relaxed);
        }
        Some(Claimed { mask, word: front >> HALF })
    }

    /// Alone: [takes](Self::take_from_front) slots from any pocket.
    pub(super) fn take(
        &self,
        pick: impl Fn(usize) -> (usize, usize),
        limit: usize,
    ) -> Option<Claimed> {
        self.take_from_front(&pick, limit).or_else(|| {
            self.bring(|slots| pick(slots.mask).0 != 0)?;
            self.take_from_front(&pick, limit)
        })
    }

    /// Alone: takes up to `most` slots of the lowest word that there are some of, from their pocket, where it is. Several words
    /// are then more often neighbours.
    #[inline(always)]
    pub(super) fn take_up_to(&self, most: usize, limit: usize) -> Option<Claimed> {
        let mut lowest: Option<(&rmw::AtomicUsize, usize)> = None;
        for pocket in &self.pockets {
            let slots = load_alone(pocket);
            if slots & LOWER != 0 && lowest.is_none_or(|(_, lowest)| slots < lowest) {
                lowest = Some((pocket, slots));
            }
        }
        let (pocket, slots) = lowest?;
        let (mask, count) = up_to(most)(slots & LOWER);
        store_alone(pocket, slots & !mask);
        if is_counted(limit) {
            self.kept.store(plain::own(&self.kept) - count, Relaxed);
        }
        Some(Claimed { mask, word: slots >> HALF })
    }

    /// Alone: the top slot, if it is of word `word`.
    #[inline(always)]
    pub(super) fn top_in(&self, word: usize) -> usize {
        let top = if ONE_ON_TOP { load_alone(&self.top) } else { 0 };
        let is_there = top != 0 && (top - 1) / SLOTS_PER_WORD == word;
        if is_there { Claimed::one(top - 1).mask } else { 0 }
    }

    /// Alone: puts `count` slots of one word into the first pocket. Returns those that were not there; `None` if it is not
    /// the pocket of that word, or if the lane would keep more than `limit`, where slots are counted.
    #[inline(always)]
    pub(super) fn put_in_front(
        &self,
        slots: Claimed,
        count: impl FnOnce() -> usize,
        limit: usize,
    ) -> Option<usize> {
        let front = load_alone(&self.pockets[0]);
        if front >> HALF != slots.word {
            return None;
        }
        if is_counted(limit) {
            let kept = plain::own(&self.kept) + count();
            if kept > limit {
                return None;
            }
            self.kept.store(kept, Relaxed);
        }
        store_alone(&self.pockets[0], front | slots.mask);
        Some(slots.mask & !front)
    }

    /// Alone: puts slots of one word into the pocket of that word, or else into the first empty one, where it is. Returns those
    /// that were not there. `None` if there is no such pocket, if the lane might keep more than `limit` then, or if it counts.
    #[inline(never)]
    pub(super) fn put_beside(&self, slots: Claimed, limit: usize) -> Option<usize> {
        let (mut room, mut there, mut used) = (None, 0, 1);
        for pocket in &self.pockets {
            let seen = slots_in(load_alone(pocket));
            if seen.mask == 0 {
                room = room.or(Some(pocket));
            } else if seen.word == slots.word {
                (room, there) = (Some(pocket), seen.mask);
            } else {
                used += 1;
            }
        }
        if is_counted(limit) || used * SLOTS_PER_WORD > limit {
            return None;
        }
        store_alone(room?, pocket_of(Claimed { mask: there | slots.mask, ..slots }));
        Some(slots.mask & !there)
    }

    /// Alone: puts slots of one word, none of which is the top one, into pockets, which keep `limit` slots at most. Gives others
    /// away where it must.
    pub(super) fn put(&self, slots: Claimed, limit: usize) -> Put {
        let [first, others @ ..] = &self.pockets;
        let of = |pocket| slots_in(load_alone(pocket));
        let mut spilt = Claimed { mask: 0, ..slots };
        let is_theirs = |pocket: Claimed| pocket.word == slots.word && pocket.mask != 0;
        let is_empty = |pocket: Claimed| pocket.mask == 0;
        let mut there = 0;
        if is_theirs(of(first)) || self.bring(is_theirs).is_some() {
            there = of(first).mask;
        } else if !is_empty(of(first)) && self.bring(is_empty).is_none() {
            // No pocket for this word: one of the others gives way.
            let last = &others[others.len() - 1];
            spilt = of(last);
            store_alone(last, 0);
            _ = self.bring(is_empty);
        }
        let count = |mask: usize| mask.count_ones() as usize;
        let mut new = slots.mask & !there;
        let mut elsewhere: usize = others.iter().map(|pocket| count(of(pocket).mask)).sum();
        if elsewhere + count(there | new) > limit && spilt.mask == 0 {
            // Half a lane, so that the next puts find room.
            let half = up_to(limit.div_ceil(2));
            match others.iter().rev().find(|pocket| !is_empty(of(pocket))) {
                Some(pocket) => {
                    let from = of(pocket);
                    spilt = Claimed { mask: half(from.mask).0, ..from };
                    store_alone(
                        pocket,
                        pocket_of(Claimed { mask: from.mask & !spilt.mask, ..from }),
                    );
                    elsewhere -= count(spilt.mask);
                }
                None => {
                    spilt.mask = half(there).0;
                    there &= !spilt.mask;
                }
            }
        }
        let left = new & !up_to(limit.saturating_sub(elsewhere + count(there)))(new).0;
        new &= !left;
        let kept = there | new;
        store_alone(first, pocket_of(Claimed { mask: kept, ..slots }));
        self.kept.store(elsewhere + count(kept), Relaxed);
        Put { kept: new, left, spilt }
    }

    /// Alone: makes one of the other pockets the first, if there is one that `fits`. Returns it.
    #[cold]
    #[inline(never)]
    fn bring(&self, fits: impl Fn(Claimed) -> bool) -> Option<usize> {
        let [first, others @ ..] = &self.pockets;
        let other = others.iter().find(|pocket| fits(slots_in(load_alone(pocket))))?;
        let (front, back) = (load_alone(other), load_alone(first));
        // A caller that counts meanwhile meets no slot twice that was not counted as moved.
        store_alone(other, 0);
        store_alone(first, 0);
        let moved = (front & LOWER).count_ones() + (back & LOWER).count_ones();
        self.moved.store(plain::own(&self.moved).wrapping_add(moved as usize), Relaxed);
        store_alone(first, front);
        store_alone(other, back);
        Some(front)
    }
}
