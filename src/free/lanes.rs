//! The free slots of a pool, some of them kept in lanes: [`LaneSet`]. No `T`, no `unsafe`.
//!
//! Go's per-P `sync.Pool`, bounded. Each lane has one owner at a time: a [`Lane`](crate::Lane), or a thread. A
//! free slot is in one place:
//!
//! | place | who takes from it | who puts into it |
//! |---|---|---|
//! | a lane | its owner, with plain loads and stores; others, while the owner leaves it alone | its owner |
//! | the common bits | everybody | everybody |
//!
//! Others *visit* a lane to take what it keeps; `free::lane` tells how its owner and its visitors exclude each other. Visits are
//! rare. A claim looks at its own lane; at common slots with objects, some of which it takes along to its lane;
//! at vacant slots, which have no object; and only then at the lanes of others. The first lane that has something is
//! emptied: all that the caller does not need becomes common. A lane keeps its share of the pool at most, so nobody visits
//! unless somebody uses more than a share.
//!
//! # Waiters
//!
//! A caller that sits down to wait passes D1, and then looks for slots in all places. An owner looks for waiters between D0 and
//! what it does on its lane, and, behind that and another D0, once more. So the owner sees the waiter, or the waiter sees
//! what the owner put; or it finds the lane busy, and then the owner's second look sees the waiter.
//!
//! | edge | release site | acquire site | makes visible | model |
//! |---|---|---|---|---|
//! | T0→T1 | `leave`: the lane has no owner | `claim_lane`, `move_in`: compare-exchange | what the owner did on its lane | `lanes::leave_vs_claim_lane` |
//! | T2→T3 | `move_in`: compare-exchange | `move_in`: load | how many with the owner's number had ended | `lanes::owner_of_a_used_number_lives` |
//!
//! Source: Go's `sync/pool.go`; DPDK's `rte_mempool` for moving half.

use super::bitmap::{Bitmap, Claimed, exactly, one, up_to};
use super::lane::{FENCED, HALF, LOWER, State, Taken};
use super::waiters::Queue;
use super::{Free, One, Usage, below, by_bits};
use crate::defer::Defer;
use crate::slot::nth;
use crate::sync::pad::{DefaultPadding, Padded};
use crate::sync::{
    ONE_ON_TOP,
    Ordering::Relaxed,
    POCKETS, SLOTS_PER_WORD, Words,
    barrier::{heavy, is_light_a_fence, light},
    events::Events,
    filled, first_value, orderings, plain, rmw, seeded,
};

orderings! {
    /// T0 (pairs with T1): what the owner did on its lane comes before what the next one does.
    leave = seeded!("leave_relaxed", Relaxed, Release);
    /// T1 (pairs with T0): the last owner is done with the lane. T2 (pairs with T3): a thread that moves in knows of all that
    /// ended with its number.
    move_in = seeded!("move_in_relaxed", Relaxed, AcqRel);
    /// T3 (pairs with T2): no older count of ended threads is seen than the owner saw. It is T1 as well.
    look_at_owner = seeded!("owner_relaxed", Relaxed, seeded!("move_in_relaxed", Relaxed, Acquire));
}

/// The free slots of a pool of `N` with `LANES` lanes.
pub struct LaneSet<const N: usize, const LANES: usize, Q> {
    bits: Bitmap<N>,
    /// Of each slot of a word, in the lower half, whether there is an object in it; in the upper half, whether
    /// it is a victim: it was idle at the last tick. Hints for whom to prefer.
    marks: Words<N>,
    /// Gets without a lane that were served from one.
    strays: Events,
    /// Free slots that went from one place to another, modulo a word. Counted before they are put down there, so that
    /// [`usage`](Free::usage) knows which ones it may have met twice.
    moved: rmw::AtomicUsize,
    /// Gets that found nothing on their lane, since these were last enough for a tick.
    misses: rmw::AtomicUsize,
    queue: Q,
    /// Whose each lane is: [`NOBODY`], [`HANDLE`], or the identity of a thread. Not in the lanes, whose
    /// cache lines their owners write: whoever looks for its own reads those of the others.
    owners: [rmw::AtomicUsize; LANES],
    lanes: [Padded<State, DefaultPadding>; LANES],
}

const NOBODY: usize = 0;
/// A `Lane`.
const HANDLE: usize = 1;

/// No slots.
const NONE: Claimed = Claimed { word: 0, mask: 0 };

/// How the common bits are searched.
#[derive(Clone, Copy)]
enum Kind {
    /// Slots whose objects were used since the last tick.
    Fresh,
    /// Slots with objects.
    Filled,
    /// All.
    Any,
}

impl<const N: usize, const LANES: usize, Q: Queue> LaneSet<N, LANES, Q> {
    /// How many slots a lane keeps in pockets at most: its share of the pool, less one on top. Where they are not counted, one
    /// pocket may have more.
    const LIMIT: usize = {
        let share = if N < LANES { 1 } else { N / LANES };
        let (others, most) = (share - ONE_ON_TOP as usize, POCKETS * SLOTS_PER_WORD);
        if others < most { others } else { most }
    };

    /// How many common slots a lane takes at once, at most: half of what it may keep.
    const GRAB: usize = {
        let half = Self::LIMIT.div_ceil(2);
        if half == 0 {
            1
        } else if half < SLOTS_PER_WORD {
            half
        } else {
            SLOTS_PER_WORD
        }
    };

    /// The state of `lane`, which is below `LANES`.
    #[inline(always)]
    fn lane(&self, lane: usize) -> &State {
        nth::<Padded<_, _>, LANES>(&self.lanes, lane)
    }

    /// Whose `lane` is.
    #[inline(always)]
    fn owner(&self, lane: usize) -> &rmw::AtomicUsize {
        nth(&self.owners, lane)
    }

    /// The lane of the calling thread, if it is the one of its number or the next: when that has another owner, it is seldom
    /// further away.
    #[inline(always)]
    #[cfg(feature = "std")]
    fn here_at_once(&self) -> Option<usize> {
        // What a thread without an identity has instead, no lane has.
        let thread = super::thread::known();
        // Relaxed: what says that it is ours, this thread wrote.
        let is_ours = |lane: usize| self.owner(lane).load(Relaxed) == thread;
        let first = super::thread::number_of(thread) % LANES;
        if is_ours(first) {
            return Some(first);
        }
        let next = (first + 1) % LANES;
        is_ours(next).then_some(next)
    }

    /// The lane of the calling thread, who takes one if it can.
    #[inline]
    fn here(&self) -> Option<usize> {
        self.here_at_once().or_else(|| self.find_here())
    }

    /// [`here`](Self::here), if it is not found at once.
    #[cold]
    #[cfg(feature = "std")]
    fn find_here(&self) -> Option<usize> {
        let thread = super::thread::identity()?;
        let first = super::thread::number_of(thread) % LANES;
        let lanes = || (first..LANES).chain(0..first);
        lanes()
            .find(|lane| self.owner(*lane).load(Relaxed) == thread)
            .or_else(|| lanes().find(|lane| self.move_in(*lane, thread)))
    }

    #[inline(always)]
    #[cfg(not(feature = "std"))]
    #[allow(clippy::unused_self)] // As its twin.
    fn here_at_once(&self) -> Option<usize> {
        None
    }

    #[inline(always)]
    #[cfg(not(feature = "std"))]
    #[allow(clippy::unused_self)] // As its twin.
    fn find_here(&self) -> Option<usize> {
        None
    }

    /// Makes `lane` one of `new` if it has no owner, or one that ended.
    fn move_in(&self, lane: usize, new: usize) -> bool {
        // T1 and T2: the last owner is done with the lane, and a thread that moves in knows of all that ended with its number.
        let owner = self.owner(lane);
        let take = |old| owner.compare_exchange(old, new, order::move_in(), Relaxed).is_ok();
        // T3: `has_ended` sees no older count than its owner did, and so does not take a living one for ended. It is T1 as
        // well, but the exchange may find a lane that was left once more since.
        let is_ours = match owner.load(order::look_at_owner()) {
            NOBODY => take(NOBODY),
            // What it did on its lane is visible to us (G0→G1).
            #[cfg(feature = "std")]
            old @ super::thread::FIRST.. => super::thread::has_ended(old) && take(old),
            _ => false,
        };
        if is_ours {
            let state = self.lane(lane);
            // Loaded in any build: a checker fails here if T1 or G1 is missing.
            let busy = plain::own(&state.busy);
            debug_assert_eq!(busy, 0, "the last owner is done with the lane");
            if is_light_a_fence() {
                state.visitors.fetch_or(FENCED, Relaxed);
            }
        }
        is_ours
    }

    /// A lane for a handle.
    pub(crate) fn claim_lane(&self) -> Option<usize> {
        (0..LANES).find(|lane| self.move_in(*lane, HANDLE))
    }

    /// Owner only: makes common what the lane keeps.
    pub(crate) fn flush(&self, lane: usize) {
        // Also for who found the lane busy.
        let _settle = Defer(|| {
            if !seeded!("flush_without_settle", true, false) {
                self.settle();
            }
        });
        let state = self.lane(lane);
        let some = || state.take_one(Self::LIMIT).map(Taken::claimed);
        while let Some(slots) =
            state.alone(|| state.take(up_to(SLOTS_PER_WORD), Self::LIMIT).or_else(some))
        {
            self.make_common(slots);
        }
    }

    /// Owner only: gives the lane back.
    pub(crate) fn leave(&self, lane: usize) {
        // Also when the waker of a waiter that gets a slot panics.
        let _leave = Defer(|| {
            // T0: what we did on the lane comes before what the next owner does.
            self.owner(lane).store(NOBODY, order::leave());
        });
        self.flush(lane);
    }

    /// Puts free slots down where everybody finds them.
    fn make_common(&self, slots: Claimed) {
        if slots.mask != 0 {
            self.moved.fetch_add(slots.mask.count_ones() as usize, Relaxed);
            self.bits.release_all(slots);
        }
    }

    #[inline(always)]
    fn fit(&self, kind: Kind, privileged: bool) -> impl Fn(usize) -> usize {
        const { assert!(Q::HEADROOM < N, "headroom must be below the capacity") };
        move |word| {
            let limit = if privileged { N } else { N - Q::HEADROOM };
            let marks = || self.marks.get(word).load(Relaxed);
            let kind = match kind {
                Kind::Any => usize::MAX,
                Kind::Filled => marks(),
                Kind::Fresh => {
                    let marks = marks();
                    marks & !(marks >> HALF)
                }
            };
            kind & below(limit, word) & LOWER
        }
    }

    /// Claims on `lane`, whose owner the caller is.
    #[inline(always)]
    pub(crate) fn claim_on(&self, lane: usize, privileged: bool) -> Option<Taken> {
        self.claim_at_once(lane).or_else(|| self.claim_anywhere(lane, privileged).map(Taken::new))
    }

    /// [`claim_exactly`](Free::claim_exactly) on `lane`, whose owner the caller is.
    #[inline(always)]
    pub(crate) fn claim_exactly_on<const K: usize>(&self, lane: usize) -> Option<Claimed> {
        let state = self.lane(lane);
        match state.alone_at_once(|| state.take_from_front(exactly::<K>, Self::LIMIT)) {
            Some(slots) => {
                State::count(&state.gets, K);
                self.look_again(|| slots);
                Some(slots)
            }
            None => self.claim_some(lane, exactly::<K>),
        }
    }

    /// [`claim_up_to`](Free::claim_up_to) on `lane`, whose owner the caller is.
    #[inline]
    pub(crate) fn claim_up_to_on(&self, lane: usize, most: usize) -> Option<Claimed> {
        let state = self.lane(lane);
        match state.alone_at_once(|| state.take_up_to(most, Self::LIMIT)) {
            Some(slots) => {
                State::count(&state.gets, slots.count());
                self.look_again(|| slots);
                Some(slots)
            }
            None => self
                .claim_some(lane, up_to(most))
                .or_else(|| self.claim_anywhere(lane, false).map(Claimed::one)),
        }
    }

    /// [`has_available`](Free::has_available), first on `lane`.
    #[inline]
    pub(crate) fn has_available_on(&self, lane: usize, want: usize) -> bool {
        self.lane(lane).keeps(want) || self.has_available_anywhere(want)
    }

    #[cold]
    #[inline(never)]
    fn has_available_anywhere(&self, want: usize) -> bool {
        // No reserved slot is in a lane.
        let more = want.saturating_sub(self.in_lanes());
        self.bits.has_available(more, self.fit(Kind::Any, false))
    }

    /// Claims and counts a slot that `lane`, whose owner the caller is, has at hand.
    #[inline(always)]
    fn claim_at_once(&self, lane: usize) -> Option<Taken> {
        let state = self.lane(lane);
        let slot = state.alone_at_once(|| state.take_one(Self::LIMIT))?;
        State::count(&state.gets, 1);
        self.look_again(|| slot.claimed());
        Some(slot)
    }

    /// Claims and counts slots of one word, on `lane`, whose owner the caller is, or common ones with objects.
    #[cold]
    #[inline(never)]
    fn claim_some(&self, lane: usize, pick: impl Fn(usize) -> (usize, usize)) -> Option<Claimed> {
        let state = self.lane(lane);
        let slots = state.alone(|| state.take(&pick, Self::LIMIT)).or_else(|| {
            self.misses.fetch_add(1, Relaxed);
            self.bits.search(&pick, false, self.fit(Kind::Filled, false))
        });
        self.look_again(|| slots.unwrap_or(NONE));
        let slots = slots?;
        State::count(&state.gets, slots.mask.count_ones() as usize);
        Some(slots)
    }

    /// Claims and counts a slot, on `lane`, whose owner the caller is, or wherever there is one.
    #[cold]
    #[inline(never)]
    fn claim_anywhere(&self, lane: usize, privileged: bool) -> Option<usize> {
        let state = self.lane(lane);
        let other = || state.take(one, Self::LIMIT).map(Taken::of);
        let slot = match state.alone(|| state.take_one(Self::LIMIT).or_else(other)) {
            Some(slot) => {
                self.look_again(|| slot.claimed());
                slot.slot()
            }
            None => {
                self.misses.fetch_add(1, Relaxed);
                self.fetch(Some(lane), privileged)?.slot()
            }
        };
        State::count(&state.gets, 1);
        Some(slot)
    }

    /// [`claim`](Free::claim) by a thread that has no lane, or has yet to find it.
    #[cold]
    #[inline(never)]
    fn claim_here(&self, privileged: bool) -> Option<usize> {
        if let Some(lane) = self.find_here() {
            let at_hand = self.claim_at_once(lane).map(Taken::slot);
            return at_hand.or_else(|| self.claim_anywhere(lane, privileged));
        }
        let slot = self.fetch(None, privileged)?.slot();
        self.count(slot);
        Some(slot)
    }

    /// The second look of an owner for waiters, behind what it did on its lane. It has `held` slots that are not lent yet.
    #[inline(always)]
    fn look_again(&self, held: impl FnOnce() -> Claimed) {
        if Q::WAITS && !seeded!("no_second_look", true, false) {
            light(); // D0
            if self.queue.is_waited() {
                self.settle_beside(held());
            }
        }
    }

    /// [`settle`](Free::settle) for a caller that has `held` slots which are not lent yet.
    #[cold]
    #[inline(never)]
    fn settle_beside(&self, held: Claimed) {
        // Dropped only when a waker panics: then the slots are free, and may be what another waiter needs.
        let free = Defer(|| {
            self.bits.release_all(held);
            if !seeded!("held_freed_unseen", true, false) {
                self.settle();
            }
        });
        self.settle();
        core::mem::forget(free);
    }

    /// A slot for the owner of `lane`, whose own are used up, or for a caller without one; a reserved one only if no
    /// other is free. Not counted.
    fn fetch(&self, lane: Option<usize>, privileged: bool) -> Option<Claimed> {
        let slot = self.find_slot(lane, privileged);
        if Q::WAITS && !seeded!("fetch_without_settle", true, false) {
            // What was moved for it is for those who wait, too.
            self.settle_beside(slot.unwrap_or(NONE));
        }
        slot
    }

    /// [`fetch`](Self::fetch), and looks for no waiter.
    fn find_slot(&self, lane: Option<usize>, privileged: bool) -> Option<Claimed> {
        let reserving = privileged && Q::HEADROOM != 0;
        self.find_slot_of(lane, false)
            .or_else(|| if reserving { self.find_slot_of(lane, true) } else { None })
    }

    /// [`find_slot`](Self::find_slot) of ordinary ones, or, for a `privileged` caller, of all.
    fn find_slot_of(&self, lane: Option<usize>, privileged: bool) -> Option<Claimed> {
        // Vacant ones one by one, since each will hold an object.
        let any = self.fit(Kind::Any, privileged);
        let near = || {
            let lane = lane?;
            self.bits.search(one, false, |word| any(word) & Self::stripe(lane, word))
        };
        self.take_common(lane, Kind::Fresh, privileged)
            .or_else(|| self.take_common(lane, Kind::Filled, privileged))
            .or_else(near)
            .or_else(|| self.bits.search(one, false, &any))
            .or_else(|| self.steal(lane))
    }

    /// The slots of a word that are best left to `lane`: each lane makes its objects in a stripe of its own, so
    /// that small objects of different lanes are not in one cache line.
    fn stripe(lane: usize, word: usize) -> usize {
        below((lane + 1) * N / LANES, word) & !below(lane * N / LANES, word)
    }

    /// Takes a common slot, and for `lane` some more along.
    fn take_common(&self, lane: Option<usize>, kind: Kind, privileged: bool) -> Option<Claimed> {
        let fit = self.fit(kind, privileged);
        let Some(lane) = lane else { return self.bits.search(one, false, fit) };
        if seeded!("reserved_is_shared", false, privileged && Q::HEADROOM != 0) {
            // What a lane keeps is for all callers, so reserved slots are taken one by one.
            return self.bits.search(one, false, fit);
        }
        let grab = up_to(Self::GRAB);
        let near = self.bits.search(&grab, false, |word| fit(word) & Self::stripe(lane, word));
        let taken = near.or_else(|| self.bits.search(&grab, false, fit))?;
        let first = Claimed { mask: one(taken.mask).0, ..taken };
        let rest = Claimed { mask: taken.mask & !first.mask, ..taken };
        if rest.mask != 0 {
            self.keep(lane, rest);
        }
        Some(first)
    }

    /// Owner only: puts slots on `lane` that were common.
    fn keep(&self, lane: usize, slots: Claimed) {
        self.moved.fetch_add(slots.mask.count_ones() as usize, Relaxed);
        if self.put(lane, slots).is_none() {
            self.bits.release_all(slots);
        }
    }

    /// Takes a slot from the lanes, of which it empties the first that it can.
    #[cold]
    #[inline(never)]
    fn steal(&self, lane: Option<usize>) -> Option<Claimed> {
        // The one behind the own lane first, so that not all steal from the same.
        let first = lane.map_or(0, |lane| lane + 1);
        let stolen = (first..LANES).chain(0..first).find_map(|other| self.empty(other, one))?;
        match lane {
            Some(lane) => State::count(&self.lane(lane).steals, 1),
            None => _ = self.strays.count(),
        }
        Some(stolen)
    }

    /// Makes common what `lane` keeps, but for what `pick` returns of the slots in one of its pockets. `None`, too, if the
    /// lane has none, or if its owner is at work on it.
    fn empty(&self, lane: usize, pick: impl Fn(usize) -> (usize, usize)) -> Option<Claimed> {
        let state = self.lane(lane);
        if state.is_empty() {
            return None;
        }
        state.visit(|| {
            let mut picked: Option<Claimed> = None;
            for slots in state.take_all() {
                let mask = if picked.is_none() { pick(slots.mask).0 } else { 0 };
                if mask != 0 {
                    picked = Some(Claimed { mask, ..slots });
                }
                self.make_common(Claimed { mask: slots.mask & !mask, ..slots });
            }
            picked
        })
    }

    /// Puts `slot` on `lane`, whose owner the caller is, if it fits there and nobody waits. Returns whether it was not there.
    #[inline(always)]
    fn put_at_once(&self, lane: usize, slot: usize) -> Option<bool> {
        if self.is_reserved(slot) {
            return None;
        }
        let state = self.lane(lane);
        let put = || self.unless_waited(|| state.put_one(slot, Self::LIMIT));
        let was_taken = state.alone_at_once(put)?;
        self.look_again(|| NONE);
        Some(was_taken)
    }

    /// Calls `f`, which puts something on a lane, unless somebody waits: whoever sits down behind this look finds it there.
    #[inline(always)]
    fn unless_waited<R>(&self, f: impl FnOnce() -> Option<R>) -> Option<R> {
        let is_waited = self.queue.is_waited() && !seeded!("kept_while_waited", true, false);
        if is_waited { None } else { f() }
    }

    /// The slots of a word that are not reserved.
    #[inline(always)]
    fn ordinary(word: usize) -> usize {
        if Q::HEADROOM == 0 { usize::MAX } else { below(N - Q::HEADROOM, word) }
    }

    /// [`release`](Free::release) by a thread that has no lane, or has yet to find it, or whose lane has no room at hand.
    #[cold]
    #[inline(never)]
    fn release_here(&self, slot: usize) -> bool {
        match self.find_here() {
            Some(lane) => self.release_on(lane, slot),
            None => self.release_common(slot),
        }
    }

    /// Frees `slot`, at best on `lane`, whose owner the caller is.
    #[cold]
    #[inline(never)]
    fn put_on(&self, lane: usize, slot: usize) -> bool {
        // Also for who found the lane busy.
        let _settle = Defer(|| {
            if !seeded!("put_without_settle", true, false) {
                self.settle();
            }
        });
        let state = self.lane(lane);
        let at_hand = || self.unless_waited(|| state.put_one(slot, Self::LIMIT));
        if !self.is_reserved(slot) {
            if let Some(was_taken) = state.alone(at_hand) {
                return was_taken;
            }
        }
        match self.put(lane, Claimed::one(slot)) {
            Some(were_taken) => were_taken != 0,
            None => self.queue.is_waited() && self.pass_on(slot) || self.bits.release(slot),
        }
    }

    /// [`put_on`](Self::put_on) of slots of one word. Returns those that were not free.
    #[cold]
    #[inline(never)]
    fn put_all_on(&self, lane: usize, slots: Claimed) -> usize {
        // Also for who found the lane busy.
        let _settle = Defer(|| {
            if !seeded!("batch_put_without_settle", true, false) {
                self.settle();
            }
        });
        if self.queue.is_waited() {
            return self.release_each(slots, &|slot| self.put_on(lane, slot));
        }
        let ordinary = Claimed { mask: slots.mask & Self::ordinary(slots.word), ..slots };
        match self.put(lane, ordinary) {
            Some(were_taken) => {
                let reserved = Claimed { mask: slots.mask & !ordinary.mask, ..slots };
                were_taken | if reserved.mask == 0 { 0 } else { self.bits.release_all(reserved) }
            }
            None => self.bits.release_all(slots),
        }
    }

    /// Puts slots of one word on `lane`, whose owner the caller is, or makes them common where there is no room. Returns those
    /// that were not free. `None`, and nothing happens, if they are reserved, if somebody waits, or if the lane has visitors.
    fn put(&self, lane: usize, slots: Claimed) -> Option<usize> {
        let is_reserved = slots.mask & !Self::ordinary(slots.word) != 0;
        if slots.mask == 0 || seeded!("reserved_kept", false, is_reserved) {
            return None;
        }
        let state = self.lane(lane);
        let put = state.alone(|| {
            self.unless_waited(|| {
                let mask = slots.mask & !state.top_in(slots.word);
                Some(state.put(Claimed { mask, ..slots }, Self::LIMIT))
            })
        })?;
        self.make_common(put.spilt);
        let left = Claimed { mask: put.left, ..slots };
        Some(put.kept | if left.mask == 0 { 0 } else { self.bits.release_all(left) })
    }

    /// Frees `slot` for all, or hands it to the first who waits.
    fn release_common(&self, slot: usize) -> bool {
        if self.queue.is_waited() && self.pass_on(slot) {
            return true;
        }
        let was_taken = self.bits.release(slot);
        if !seeded!("free_without_settle", true, false) {
            self.settle();
        }
        was_taken
    }

    /// The slots of word `word` that lanes keep.
    fn kept_of(&self, word: usize) -> usize {
        self.kept().filter(|kept| kept.word == word).fold(0, |mask, kept| mask | kept.mask)
    }

    /// How many slots lanes keep. None of them is reserved.
    fn in_lanes(&self) -> usize {
        self.kept().map(|kept| kept.mask.count_ones() as usize).sum()
    }

    /// The slots that lanes keep, by words.
    fn kept(&self) -> impl Iterator<Item = Claimed> {
        self.lanes.iter().flat_map(|lane| lane.kept())
    }
}

impl<const N: usize, const LANES: usize, Q: Queue> Free for LaneSet<N, LANES, Q> {
    type Queue = Q;
    type One = Taken;

    first_value!({
        assert!(LANES >= 1 && LANES <= 4096, "lanes must be from 1 to 4,096");
        Self {
            bits: Bitmap::new(),
            marks: Words::new(),
            strays: Events::new(),
            moved: rmw::AtomicUsize::new(0),
            misses: rmw::AtomicUsize::new(0),
            queue: first_value!(of Q),
            owners: filled!(rmw::AtomicUsize::new(NOBODY); LANES),
            lanes: filled!(Padded::new(State::new()); LANES),
        }
    });

    #[inline(always)]
    fn queue(&self) -> &Q {
        &self.queue
    }

    #[inline(always)]
    fn claim(&self, privileged: bool) -> Option<Taken> {
        let lane = self.here_at_once();
        lane.and_then(|lane| self.claim_at_once(lane))
            .or_else(|| self.claim_here(privileged).map(Taken::new))
    }

    #[inline(always)]
    fn is_warm(&self, one: Taken) -> bool {
        self.bits.is_warm(one.claimed())
    }

    #[inline]
    fn claim_exactly<const K: usize>(&self) -> Option<Claimed> {
        match self.here() {
            Some(lane) => self.claim_exactly_on::<K>(lane),
            None => self.bits.search(exactly::<K>, true, self.fit(Kind::Filled, false)),
        }
    }

    #[inline]
    fn claim_up_to(&self, most: usize, _from: Option<usize>) -> Option<Claimed> {
        match self.here() {
            Some(lane) => self.claim_up_to_on(lane, most),
            None => self.claim_here(false).map(Claimed::one),
        }
    }

    fn claim_for_waiter(&self, privileged: bool) -> Option<usize> {
        self.find_slot(None, privileged).map(Claimed::slot)
    }

    by_bits!();

    fn warm_up(&self, slot: usize) {
        let one = Claimed::one(slot);
        // It is used now.
        if !seeded!("victim_kept_in_use", true, false) {
            self.marks.get(one.word).fetch_and(!(one.mask << HALF), Relaxed);
        }
        self.bits.warm_up(slot);
    }

    #[inline(always)]
    fn release(&self, slot: usize) -> bool {
        let lane = self.here_at_once();
        lane.and_then(|lane| self.put_at_once(lane, slot))
            .unwrap_or_else(|| self.release_here(slot))
    }

    fn is_on_loan(&self, slot: usize) -> bool {
        let one = Claimed::one(slot);
        self.bits.is_taken(slot) && self.kept_of(one.word) & one.mask == 0
    }

    #[inline(always)]
    fn release_on(&self, lane: usize, slot: usize) -> bool {
        self.put_at_once(lane, slot).unwrap_or_else(|| self.put_on(lane, slot))
    }

    #[inline]
    fn release_all(&self, slots: Claimed) -> usize {
        match self.here() {
            Some(lane) => self.release_all_on(lane, slots),
            None => self.release_all_common(slots),
        }
    }

    #[inline]
    fn release_all_on(&self, lane: usize, slots: Claimed) -> usize {
        let state = self.lane(lane);
        let put = || {
            let mask = slots.mask & !state.top_in(slots.word);
            let slots = Claimed { mask, ..slots };
            let in_front = state.put_in_front(slots, || slots.count(), Self::LIMIT);
            in_front.or_else(|| state.put_beside(slots, Self::LIMIT))
        };
        let are_ordinary = slots.mask & !Self::ordinary(slots.word) == 0;
        let put = || if are_ordinary { self.unless_waited(put) } else { None };
        match state.alone_at_once(put) {
            Some(were_taken) => {
                self.look_again(|| NONE);
                were_taken
            }
            None => self.put_all_on(lane, slots),
        }
    }

    /// Evicts what was idle the last time and is still; then notes what is idle now for the next.
    fn age(&self, mut evict: impl FnMut(usize)) {
        self.gather();
        for word in 0..Bitmap::<N>::WORDS {
            let idle = self.bits.free_mask(word);
            let marks = self.marks.get(word);
            let seen = marks.load(Relaxed);
            let (filled, victims) = (seen & LOWER, seen >> HALF);
            let old = if seeded!("tick_evicts_all", true, false) { LOWER } else { victims };
            for slot in (Claimed { word, mask: idle & filled & old }) {
                if self.claim_at(slot) {
                    evict(slot);
                }
            }
            // One that is lent between the look above and the mark has its mark for a tick too early; it is in
            // use, and so loses it at the next tick, or is evicted a tick early: a miss, and nothing worse.
            marks.fetch_and(!((victims & !idle) << HALF), Relaxed);
            let new = Claimed { word, mask: idle & filled & !victims };
            marks.fetch_or(new.mask << HALF, Relaxed);
            // Whoever gets it warms it up, and so takes the mark away.
            self.bits.cool_all(new);
        }
    }

    fn is_due(&self, misses: usize) -> bool {
        // A load, while it is not.
        let seen = self.misses.load(Relaxed);
        seen >= misses && self.misses.compare_exchange(seen, 0, Relaxed, Relaxed).is_ok()
    }

    fn flush_here(&self) {
        if let Some(lane) = self.here() {
            self.flush(lane);
        }
    }

    fn gather(&self) {
        (0..LANES).for_each(|lane| _ = self.empty(lane, |_| (0, 0)));
        self.settle();
    }

    fn settle_in(&self) {
        // D1. If it is refused, a slot that is being put at this moment may be missed; all others are seen.
        _ = heavy();
        self.settle();
    }

    fn put_aside(&self, slot: usize) -> bool {
        self.release_common(slot)
    }

    #[inline]
    fn has_available(&self, want: usize) -> bool {
        match self.here_at_once() {
            Some(lane) => self.has_available_on(lane, want),
            None => self.has_available_anywhere(want),
        }
    }

    /// As [`Bitmap::usage`]. A free slot that goes from one place to another may be met in both, and one that is lent
    /// behind the look makes up for one that was put before it. Both are counted. An owner
    /// publishes by plain stores how its lane changes, so the bounds hold for as much of it as the calling thread has seen.
    fn usage(&self) -> Usage {
        let lent = || {
            let of_lane = |lane: &Padded<State, DefaultPadding>| lane.gets.load(Relaxed) as u64;
            self.bits.claims() + self.lanes.iter().map(of_lane).sum::<u64>()
        };
        let moved = || {
            let on_lanes = self.lanes.iter().map(|lane| lane.moved.load(Relaxed));
            on_lanes.fold(self.moved.load(Relaxed), usize::wrapping_add)
        };
        let (gets, moved_before) = (lent(), moved());
        let taken = self.bits.taken().saturating_sub(self.in_lanes());
        let moved = moved().wrapping_sub(moved_before);
        let lent = lent().saturating_sub(gets);
        let since = usize::try_from(lent).unwrap_or(usize::MAX).saturating_add(moved);
        let puts = gets.saturating_sub(taken as u64).saturating_sub(since as u64);
        Usage { gets, puts, taken, since }
    }

    fn steals(&self) -> u64 {
        let in_lanes: u64 = self.lanes.iter().map(|lane| lane.steals.load(Relaxed) as u64).sum();
        in_lanes + self.strays.get()
    }

    fn note(&self, slot: usize, filled: bool) {
        let one = Claimed::one(slot);
        let marks = self.marks.get(one.word);
        if filled {
            marks.fetch_or(one.mask, Relaxed);
        } else {
            marks.fetch_and(!(one.mask | (one.mask << HALF)), Relaxed);
        }
    }

    #[inline(always)]
    fn is_reserved(&self, slot: usize) -> bool {
        slot >= N - Q::HEADROOM
    }
}

impl<const N: usize, const LANES: usize, Q> core::fmt::Debug for LaneSet<N, LANES, Q> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("LaneSet(..)")
    }
}

#[cfg(all(test, not(all(loom, feature = "loom"))))]
mod tests {
    use super::*;
    use crate::free::lane::{is_counted, slots_in};
    use crate::free::waiters::NoWaiters;
    use crate::sync::load_alone;
    use std::vec::Vec;

    /// A lane skips slots of a batch that it has already.
    #[test]
    fn slots_of_a_lane_that_come_back_twice_are_skipped() {
        let free = LaneSet::<32, 2, NoWaiters>::FIRST;
        let lane = free.claim_lane().unwrap();
        let all = free.bits.search(up_to(16), false, |_| usize::MAX).unwrap();
        let some = |mask| Claimed { mask, ..all };
        assert_eq!(free.release_all_on(lane, some(0b0111)), 0b0111);
        assert_eq!(free.in_lanes(), 3);
        // The lane has three. A fourth one comes back together with them.
        assert_eq!(free.release_all_on(lane, some(0b1_0111)), 0b1_0000);
        assert_eq!(free.in_lanes(), 4);
        assert!((0..3).all(|slot| !free.release_on(lane, slot)));
        assert_eq!(free.release_all_on(lane, some(0b1_0111)), 0);
        assert_eq!((free.in_lanes(), free.bits.taken()), (4, 16));
    }

    /// A source of numbers (xorshift64).
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, bound: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % bound as u64) as usize
        }
    }

    /// After any takes and puts, one by one or in batches, each slot is in one place, no two pockets have slots of one word,
    /// and a lane keeps no more than it may.
    #[test]
    fn pockets_have_different_words() {
        fn check<const N: usize, const LANES: usize>(seed: u64, least: usize) {
            let free = LaneSet::<N, LANES, NoWaiters>::FIRST;
            let lane = free.claim_lane().unwrap();
            (0..N).for_each(|slot| free.note(slot, true));
            let mut numbers = Numbers(seed);
            let mut held: Vec<usize> = Vec::new();
            let mut in_pockets_beside_the_first = 0;
            for _ in 0..if cfg!(miri) { 100 } else { 3000 } {
                match numbers.below(6) {
                    0 => held.extend(free.claim_on(lane, false).map(Taken::slot)),
                    1 => held.extend(free.claim_exactly_on::<7>(lane).into_iter().flatten()),
                    2 => {
                        let most = 1 + numbers.below(2 * SLOTS_PER_WORD);
                        held.extend(free.claim_up_to_on(lane, most).into_iter().flatten());
                    }
                    3 if !held.is_empty() => {
                        let slot = held.swap_remove(numbers.below(held.len()));
                        assert!(free.release_on(lane, slot));
                    }
                    _ if !held.is_empty() => {
                        // Some of a word, or all.
                        let word = held[numbers.below(held.len())] / SLOTS_PER_WORD;
                        let every = 1 + numbers.below(3);
                        let is_put = |slot: &usize| {
                            slot / SLOTS_PER_WORD == word && slot.is_multiple_of(every)
                        };
                        let put: Vec<_> = held.iter().copied().filter(is_put).collect();
                        held.retain(|slot| !is_put(slot));
                        let mask = put.iter().fold(0, |mask, slot| mask | Claimed::one(*slot).mask);
                        assert_eq!(free.release_all_on(lane, Claimed { word, mask }), mask);
                    }
                    _ => {}
                }
                let state = free.lane(lane);
                let pockets: Vec<_> =
                    state.pockets.iter().map(|p| slots_in(load_alone(p))).collect();
                let words =
                    || pockets.iter().filter(|slots| slots.mask != 0).map(|slots| slots.word);
                assert!(words().all(|word| words().filter(|other| *other == word).count() == 1));
                let is_beside = |slots: &Claimed| slots.mask != 0;
                in_pockets_beside_the_first += pockets[1..].iter().filter(|p| is_beside(p)).count();
                let in_pockets: usize = pockets.iter().map(|slots| slots.count()).sum();
                let more = if is_counted(LaneSet::<N, LANES, NoWaiters>::LIMIT) {
                    0
                } else {
                    SLOTS_PER_WORD - 1
                };
                assert!(in_pockets <= LaneSet::<N, LANES, NoWaiters>::LIMIT + more);
                assert!(held.iter().all(|slot| free.is_on_loan(*slot)));
                assert_eq!(free.bits.taken(), held.len() + free.in_lanes());
            }
            assert!(
                in_pockets_beside_the_first >= least,
                "nothing was put beside the first pocket"
            );
        }
        for seed in 1..5 {
            check::<{ 8 * SLOTS_PER_WORD }, 2>(seed, 1);
            check::<{ 6 * SLOTS_PER_WORD + 5 }, 3>(seed, 1);
            check::<{ 3 * SLOTS_PER_WORD }, 4>(seed, 1);
            check::<12, 1>(seed, 0);
        }
    }

    /// A batch of several words comes back where it was: each word in a pocket, in one step.
    #[test]
    fn whole_words_stay_on_their_lane() {
        const N: usize = 2 * POCKETS * SLOTS_PER_WORD;
        let free = LaneSet::<N, 2, NoWaiters>::FIRST;
        let lane = free.claim_lane().unwrap();
        let limit = LaneSet::<N, 2, NoWaiters>::LIMIT / SLOTS_PER_WORD;
        let words: Vec<_> = (0..limit)
            .map(|_| free.bits.search(up_to(SLOTS_PER_WORD), false, |_| usize::MAX).unwrap())
            .collect();
        let state = free.lane(lane);
        for round in 0..4 {
            for slots in words.iter().cycle().skip(round).take(limit) {
                assert_eq!(free.release_all_on(lane, *slots), slots.mask);
            }
            assert!(free.has_available_on(lane, limit * SLOTS_PER_WORD));
            assert_eq!(free.in_lanes(), limit * SLOTS_PER_WORD);
            for (at, lowest) in words.iter().enumerate() {
                let left = (limit - at) * SLOTS_PER_WORD;
                assert!(state.keeps(left) && !state.keeps(left + 1));
                let slots = free.claim_up_to_on(lane, left).unwrap();
                assert_eq!((slots.word, slots.mask), (lowest.word, lowest.mask), "the lowest");
            }
            assert!(state.is_empty());
        }
        assert_eq!(
            (state.gets.load(Relaxed), free.misses.load(Relaxed)),
            (4 * limit * SLOTS_PER_WORD, 0)
        );
    }
}
