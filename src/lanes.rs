//! L4: the free slots of a pool, some of them kept in lanes. No `T`, no `unsafe`.
//!
//! Go's per-P `sync.Pool`, bounded. Each lane has one owner at a time: a [`Lane`](crate::Lane), or a thread. A
//! free slot is in one place:
//!
//! | place | who takes from it | who puts into it |
//! |---|---|---|
//! | a lane's private slot | its owner, with plain loads and stores | its owner |
//! | a lane's shared slots: bits of one bitmap word | its owner first, and thieves | its owner |
//! | the common bits | everybody | everybody |
//!
//! A claim looks, in this order, at the owner's private slot, its shared slots, the common bits (taking half of a
//! word along, to its lane), the shared slots of the others (half of those too), the victims: slots whose objects
//! were idle at the last tick, the lanes of threads that ended, and vacant slots, which have no object.
//!
//! | edge | release site | acquire site | makes visible | model |
//! |---|---|---|---|---|
//! | S0→S1 | `put_on`, `stock`: the lane's shared slots | `take_shared`: compare-exchange | the last owner's writes to the slot | `lanes::steal_vs_put` |
//! | T0→T1 | `leave`: the lane has no owner | `claim_lane`, `move_in`: compare-exchange | what the owner did on its lane | `lanes::leave_vs_claim_lane` |
//! | T2→T3 | `move_in`: compare-exchange | `move_in`: load | how many with the owner's number had ended | `lanes::owner_of_a_used_number_lives` |
//!
//! Moving several slots takes one step to take them and one to put them down. In between they are with who moves
//! them, as a private slot is with its lane.
//!
//! Source: Go's `sync/pool.go` (private, shared, victim); DPDK's `rte_mempool` for moving half.

use crate::bitmap::{Bitmap, Claimed, exactly, one, up_to};
use crate::defer::Defer;
use crate::free::{Free, Waiting, below, by_bits, sealed};
use crate::metrics::{Events, Usage};
use crate::pad::{DefaultPadding, Padded};
use crate::queue::Queue;
use crate::slot::nth;
use crate::sync::{
    HALF_ROUNDS_UP_BY,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
    SLOTS_PER_WORD, Words, filled, first_value, plain, rmw, seeded, update,
};

/// The waiting policy `W`, and free slots are kept in `LANES` lanes: what makes a pool a
/// [`LanePool`](crate::LanePool).
#[derive(Debug)]
pub struct Lanes<const LANES: usize, W = crate::notify::Poll>(core::marker::PhantomData<W>);

impl<const LANES: usize, W: Waiting> sealed::Sealed for Lanes<LANES, W> {}
impl<const LANES: usize, W: Waiting> Waiting for Lanes<LANES, W> {
    type Queue = W::Queue;
    type Free<const N: usize> = LaneSet<N, LANES, W::Queue>;
}

/// The free slots of a pool of `N` with `LANES` lanes.
pub struct LaneSet<const N: usize, const LANES: usize, Q> {
    bits: Bitmap<N>,
    /// Of each slot of a word, in the lower half, whether there is an object in it; in the upper half, whether
    /// it was idle at the last tick. Hints for whom to prefer.
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

/// One lane. Besides `shared`, only its owner writes it.
struct State {
    /// 0, or the number of the private slot and one.
    private: plain::AtomicUsize,
    /// In the lower half, slots of one word; in the upper half, the number of that word. Only the owner sets
    /// bits, and the number only while there are none.
    shared: rmw::AtomicUsize,
    /// Gets on this lane.
    gets: plain::AtomicUsize,
    /// Those of them that were served from another lane.
    steals: plain::AtomicUsize,
}

const NOBODY: usize = 0;
/// A `Lane`.
const HANDLE: usize = 1;

/// Half a word: where the word's number stands in a lane, and the mark of a victim.
const HALF: u32 = usize::BITS / 2;
const LOWER: usize = usize::MAX >> HALF;
/// Most slots in the shared part of a lane; half as many are moved at once. Two at least, which is for checkers:
/// their words have no more.
const SHARED: usize = if SLOTS_PER_WORD > 2 { SLOTS_PER_WORD / 2 } else { SLOTS_PER_WORD };

/// Those of the `free` ones that are moved at once, and how many: half of them, and at most half a lane.
#[inline]
fn half(free: usize) -> (usize, usize) {
    let most = SHARED.div_ceil(2).max(HALF_ROUNDS_UP_BY);
    up_to(((free.count_ones() as usize + HALF_ROUNDS_UP_BY) / 2).clamp(1, most))(free)
}

impl State {
    fn count(counter: &plain::AtomicUsize, more: usize) {
        // Only the owner counts. Where words are short, the count stays at its maximum rather than begin again.
        let before = counter.load(Relaxed);
        let is_short = usize::BITS < u64::BITS;
        let now = if is_short { before.saturating_add(more) } else { before.wrapping_add(more) };
        counter.store(now, Relaxed);
    }

    fn shared_of(word: usize) -> Claimed {
        Claimed { word: word >> HALF, mask: word & LOWER }
    }

    /// Takes some of the shared slots: those that `pick` returns, as in [`Bitmap::search`].
    #[inline]
    fn take_shared(&self, pick: impl Fn(usize) -> (usize, usize)) -> Option<Claimed> {
        let mut seen = self.shared.load(Relaxed);
        loop {
            let all = Self::shared_of(seen);
            let taken = Claimed { mask: pick(all.mask).0, ..all };
            if taken.mask == 0 {
                return None;
            }
            if seeded!("steal_torn", true, false) {
                self.shared.store(seen & !taken.mask, Relaxed);
                return Some(taken);
            }
            // S1 (Acquire, pairs with S0): the last owner is done with these slots.
            let order = seeded!("steal_relaxed", Relaxed, Acquire);
            // Not an `update`: where interrupts are masked for it, that would be for the pick as well.
            match self.shared.compare_exchange_weak(seen, seen & !taken.mask, order, Relaxed) {
                Ok(_) => return Some(taken),
                Err(now) => seen = now,
            }
        }
    }

    /// Owner only: shares `slots`, if they are of the word whose slots are shared, or if none are.
    fn stock(&self, slots: Claimed) -> bool {
        let shared = Self::shared_of(self.shared.load(Relaxed));
        // S0 (Release, pairs with S1): the last owner's writes come before the next one's.
        let order = seeded!("stock_relaxed", Relaxed, Release);
        if shared.mask == 0 {
            // Nobody else changes it while there are none.
            self.shared.store((slots.word << HALF) | slots.mask, order);
            true
        } else if shared.word == slots.word {
            self.shared.fetch_or(slots.mask, order);
            true
        } else {
            false
        }
    }
}

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

    /// The lane of the calling thread, who takes one if it can.
    #[inline]
    #[cfg(feature = "std")]
    fn here(&self) -> Option<usize> {
        let thread = crate::thread::identity()?;
        let lane = crate::thread::number_of(thread) % LANES;
        // Relaxed: what says that it is ours, this thread wrote.
        if self.owner(lane).load(Relaxed) == thread {
            return Some(lane);
        }
        self.find(lane, thread)
    }

    /// The lane of `thread`, which is not `first`; or one that it can have.
    #[cold]
    #[cfg(feature = "std")]
    fn find(&self, first: usize, thread: usize) -> Option<usize> {
        let lanes = || (first..LANES).chain(0..first);
        lanes()
            .find(|lane| self.owner(*lane).load(Relaxed) == thread)
            .or_else(|| lanes().find(|lane| self.move_in(*lane, thread)))
    }

    #[inline(always)]
    #[cfg(not(feature = "std"))]
    #[allow(clippy::unused_self)] // As its twin.
    fn here(&self) -> Option<usize> {
        None
    }

    /// Makes `lane` one of `new` if it has no owner, or one that ended.
    fn move_in(&self, lane: usize, new: usize) -> bool {
        // T1 (Acquire half, pairs with T0 in `leave`). T2 (Release half, pairs with T3): a thread that moves in knows
        // of all that ended with its number.
        let take = |old| {
            let order = seeded!("move_in_relaxed", Relaxed, AcqRel);
            self.owner(lane).compare_exchange(old, new, order, Relaxed).is_ok()
        };
        // T3 (Acquire, pairs with T2): `has_ended` sees no older count than its owner did, and so does not take a
        // living one for ended. It is T1 as well, but the exchange may find a lane that was left once more since.
        let order = seeded!("owner_relaxed", Relaxed, seeded!("move_in_relaxed", Relaxed, Acquire));
        match self.owner(lane).load(order) {
            NOBODY => take(NOBODY),
            // What it did on its lane is visible to us (G0→G1).
            #[cfg(feature = "std")]
            old @ crate::thread::FIRST.. => crate::thread::has_ended(old) && take(old),
            _ => false,
        }
    }

    /// A lane for a handle.
    pub(crate) fn claim_lane(&self) -> Option<usize> {
        (0..LANES).find(|lane| self.move_in(*lane, HANDLE))
    }

    /// Owner only: gives the private slot away.
    pub(crate) fn flush(&self, lane: usize) {
        let lane = self.lane(lane);
        let kept = lane.private.load(Relaxed);
        if kept != 0 {
            lane.private.store(0, Relaxed);
            self.count_moved(1);
            self.release_common(kept - 1);
        }
    }

    fn count_moved(&self, slots: u32) {
        self.moved.fetch_add(slots as usize, Relaxed);
    }

    /// Owner only: gives the lane back. What is shared stays where others find it.
    pub(crate) fn leave(&self, lane: usize) {
        // Also when the waker of the waiter that gets the private slot panics.
        let _leave = Defer(|| {
            // T0 (Release, pairs with T1): what we did on the lane comes before what the next owner does.
            let order = seeded!("leave_relaxed", Relaxed, Release);
            self.owner(lane).store(NOBODY, order);
        });
        if !seeded!("leave_with_private", true, false) {
            self.flush(lane);
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
    #[inline]
    pub(crate) fn claim_on(&self, lane: usize, privileged: bool) -> Option<usize> {
        let state = self.lane(lane);
        let kept = state.private.load(Relaxed);
        let slot = if kept != 0 {
            state.private.store(0, Relaxed);
            kept - 1
        } else if let Some(slot) = state.take_shared(one) {
            self.all_used(slot).slot()
        } else {
            self.misses.fetch_add(1, Relaxed);
            self.fetch(Some(lane), privileged)?
        };
        State::count(&state.gets, 1);
        Some(slot)
    }

    /// [`claim_exactly`](Free::claim_exactly) of the slots that `lane` shares, whose owner the caller is.
    pub(crate) fn claim_exactly_on<const K: usize>(&self, lane: usize) -> Option<Claimed> {
        self.claim_shared(lane, exactly::<K>)
    }

    /// [`claim_up_to`](Free::claim_up_to) on `lane`, whose owner the caller is.
    pub(crate) fn claim_up_to_on(&self, lane: usize, most: usize) -> Option<Claimed> {
        // All that the lane shares in one step; what is private comes last, by itself.
        let shared = if most > 1 { self.claim_shared(lane, up_to(most)) } else { None };
        shared.or_else(|| self.claim_on(lane, false).map(Claimed::one))
    }

    /// Claims and counts some of the slots that `lane` shares, whose owner the caller is.
    fn claim_shared(&self, lane: usize, pick: impl Fn(usize) -> (usize, usize)) -> Option<Claimed> {
        let state = self.lane(lane);
        let slots = state.take_shared(pick)?;
        State::count(&state.gets, slots.mask.count_ones() as usize);
        Some(self.all_used(slots))
    }

    /// A slot for the owner of `lane`, whose own are used up, or for a caller without one; a reserved one only if no
    /// other is free. Not counted.
    #[cold]
    #[inline(never)]
    fn fetch(&self, lane: Option<usize>, privileged: bool) -> Option<usize> {
        let reserving = privileged && Q::HEADROOM != 0;
        self.fetch_of(lane, false)
            .or_else(|| if reserving { self.fetch_of(lane, true) } else { None })
            .map(Claimed::slot)
    }

    /// [`fetch`](Self::fetch) of ordinary slots, or, for a `privileged` caller, of all.
    fn fetch_of(&self, lane: Option<usize>, privileged: bool) -> Option<Claimed> {
        let with_object = || {
            self.take_common(lane, Kind::Fresh, privileged)
                .or_else(|| self.steal(lane))
                .or_else(|| self.take_common(lane, Kind::Filled, privileged))
        };
        let found = with_object().or_else(|| {
            self.clear_up();
            with_object()
        });
        if let Some(slot) = found {
            return Some(self.all_used(slot));
        }
        // A vacant one, and no more than needed: it will hold an object.
        let any = self.fit(Kind::Any, privileged);
        let near = lane.and_then(|lane| {
            self.bits.search(one, false, |word| any(word) & Self::stripe(lane, word))
        });
        near.or_else(|| self.bits.search(one, false, any))
    }

    /// The slots of a word that are best left to `lane`: each lane makes its objects in a stripe of its own, so
    /// that small objects of different lanes are not in one cache line.
    fn stripe(lane: usize, word: usize) -> usize {
        below((lane + 1) * N / LANES, word) & !below(lane * N / LANES, word)
    }

    /// Takes a common slot, and for `lane` as many as half a lane more.
    fn take_common(&self, lane: Option<usize>, kind: Kind, privileged: bool) -> Option<Claimed> {
        let fit = self.fit(kind, privileged);
        let Some(lane) = lane else { return self.bits.search(one, false, fit) };
        if seeded!("reserved_is_shared", false, privileged && Q::HEADROOM != 0) {
            // What a lane shares is for all callers, so reserved slots are taken one by one.
            return self.bits.search(one, false, fit);
        }
        let near = self.bits.search(half, false, |word| fit(word) & Self::stripe(lane, word));
        self.keep_rest(lane, near.or_else(|| self.bits.search(half, false, fit))?)
    }

    /// Steals from the other lanes: for `lane` half of what one of them shares.
    fn steal(&self, lane: Option<usize>) -> Option<Claimed> {
        // The one behind the own lane first, so that not all steal from the same.
        let first = lane.map_or(0, |lane| lane + 1);
        let stolen = (first..LANES).chain(0..first.min(LANES)).find_map(|other| {
            if Some(other) == lane {
                return None;
            }
            match lane {
                Some(_) => self.lane(other).take_shared(half),
                None => self.lane(other).take_shared(one),
            }
        })?;
        match lane {
            Some(lane) => {
                State::count(&self.lane(lane).steals, 1);
                self.keep_rest(lane, stolen)
            }
            None => {
                self.strays.count();
                Some(stolen)
            }
        }
    }

    /// Of slots that the owner of `lane` took, keeps the first and shares the others; those that its lane
    /// cannot take become common.
    fn keep_rest(&self, lane: usize, taken: Claimed) -> Option<Claimed> {
        let rest = Claimed { mask: taken.mask & (taken.mask - 1), ..taken };
        let first = Claimed { mask: taken.mask & !rest.mask, ..taken };
        if rest.mask != 0 {
            self.count_moved(rest.mask.count_ones());
            if !self.lane(lane).stock(rest) {
                self.bits.release_all(rest);
            }
            // Dropped only when a waker panics: what was kept is free then, and may be what another waiter needs.
            let kept = Defer(|| {
                self.bits.release_all(first);
                if !seeded!("kept_freed_unseen", true, false) {
                    self.settle();
                }
            });
            if !seeded!("refill_without_settle", true, false) {
                self.settle();
            }
            core::mem::forget(kept);
        }
        Some(first)
    }

    /// Frees `slot` where others find it, at best on `lane`.
    #[inline(never)]
    fn put_on(&self, lane: usize, slot: usize) -> bool {
        let state = self.lane(lane);
        let one = Claimed::one(slot);
        let shared = State::shared_of(state.shared.load(Relaxed));
        let twice = shared.word == one.word && shared.mask & one.mask != 0;
        if twice || state.private.load(Relaxed) == slot + 1 {
            return false;
        }
        if self.is_reserved(slot) || self.queue.is_waited() {
            return self.release_common(slot);
        }
        if shared.mask.count_ones() as usize >= SHARED {
            if let Some(half) = state.take_shared(up_to(SHARED.div_ceil(2))) {
                self.count_moved(half.mask.count_ones());
                self.bits.release_all(half);
            }
        }
        let was_taken = state.stock(one) || self.bits.release(slot);
        if !seeded!("stock_without_settle", true, false) {
            self.settle();
        }
        was_taken
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

    /// Notes that `slots` are used now.
    #[inline]
    fn all_used(&self, slots: Claimed) -> Claimed {
        let victims = slots.mask << HALF;
        let marks = self.marks.get(slots.word);
        if marks.load(Relaxed) & victims != 0 && !seeded!("victim_kept_in_use", true, false) {
            marks.fetch_and(!victims, Relaxed);
        }
        slots
    }

    /// How many free slots lanes have. None of them is reserved.
    fn in_lanes(&self) -> usize {
        let of_lane = |lane: &Padded<State, DefaultPadding>| {
            let shared = State::shared_of(lane.shared.load(Relaxed)).mask.count_ones() as usize;
            shared + usize::from(lane.private.load(Relaxed) != 0)
        };
        self.lanes.iter().map(of_lane).sum()
    }

    /// The slots of word `word` that lanes share.
    fn shared_of(&self, word: usize) -> usize {
        self.lanes
            .iter()
            .map(|lane| State::shared_of(lane.shared.load(Relaxed)))
            .filter(|shared| shared.word == word)
            .fold(0, |mask, shared| mask | shared.mask)
    }
}

impl<const N: usize, const LANES: usize, Q: Queue> Free for LaneSet<N, LANES, Q> {
    type Queue = Q;
    type One = usize;

    #[cfg(any(feature = "std", feature = "async"))]
    const KEPT: usize = LANES;

    first_value!({
        assert!(LANES >= 1 && LANES <= 4096, "lanes must be from 1 to 4,096");
        // Else all that is free can be private, and a waiter sleeps on.
        assert!(
            !Q::WAITS || N > LANES + Q::HEADROOM,
            "where callers wait, there must be more objects than lanes"
        );
        Self {
            bits: Bitmap::new(),
            marks: Words::new(),
            strays: Events::new(),
            moved: rmw::AtomicUsize::new(0),
            misses: rmw::AtomicUsize::new(0),
            queue: first_value!(of Q),
            owners: filled!(rmw::AtomicUsize::new(NOBODY); LANES),
            lanes: filled!(Padded::new(State {
                private: plain::AtomicUsize::new(0),
                shared: rmw::AtomicUsize::new(0),
                gets: plain::AtomicUsize::new(0),
                steals: plain::AtomicUsize::new(0),
            }); LANES),
        }
    });

    #[inline(always)]
    fn queue(&self) -> &Q {
        &self.queue
    }

    #[inline]
    fn claim(&self, privileged: bool) -> Option<usize> {
        if let Some(lane) = self.here() {
            return self.claim_on(lane, privileged);
        }
        let slot = self.fetch(None, privileged)?;
        self.count(slot);
        Some(slot)
    }

    #[inline(always)]
    fn is_warm(&self, slot: usize) -> bool {
        self.bits.is_warm(Claimed::one(slot))
    }

    fn claim_exactly<const K: usize>(&self) -> Option<Claimed> {
        self.claim_exactly_on::<K>(self.here()?)
    }

    fn claim_up_to(&self, most: usize) -> Option<Claimed> {
        match self.here() {
            Some(lane) => self.claim_up_to_on(lane, most),
            None => self.claim(false).map(Claimed::one),
        }
    }

    fn claim_for_waiter(&self, privileged: bool) -> Option<usize> {
        self.fetch(None, privileged)
    }

    by_bits!();

    fn claim_at(&self, slot: usize) -> bool {
        let one = Claimed::one(slot);
        self.bits.claim_at(slot)
            || self.lanes.iter().any(|lane| {
                let shares = |shared: usize| {
                    let shared = State::shared_of(shared);
                    shared.word == one.word && shared.mask & one.mask != 0
                };
                // S1 (Acquire, pairs with S0), as in `take_shared`.
                let order = seeded!("claim_at_shared_relaxed", Relaxed, Acquire);
                update(&lane.shared, order, |word| shares(word).then_some(word & !one.mask)).is_ok()
            })
    }

    #[inline]
    fn release(&self, slot: usize) -> bool {
        match self.here() {
            Some(lane) => self.release_on(lane, slot),
            None => self.release_common(slot),
        }
    }

    fn is_on_loan(&self, slot: usize) -> bool {
        let one = Claimed::one(slot);
        self.bits.is_taken(slot)
            && self.shared_of(one.word) & one.mask == 0
            && self.lanes.iter().all(|lane| lane.private.load(Relaxed) != slot + 1)
    }

    #[inline]
    fn release_on(&self, lane: usize, slot: usize) -> bool {
        let state = self.lane(lane);
        let waited = self.queue.is_waited() && !seeded!("kept_while_waited", true, false);
        if !waited && !self.is_reserved(slot) && state.private.load(Relaxed) == 0 {
            state.private.store(slot + 1, Relaxed);
            return true;
        }
        self.put_on(lane, slot)
    }

    #[inline]
    fn release_all(&self, slots: Claimed) -> usize {
        match self.here() {
            Some(lane) => self.release_all_on(lane, slots),
            None => self.release_all_common(slots),
        }
    }

    fn release_all_on(&self, lane: usize, slots: Claimed) -> usize {
        if self.queue.is_waited() {
            return self.release_each(slots, &|slot| self.release_on(lane, slot));
        }
        let state = self.lane(lane);
        let shared = State::shared_of(state.shared.load(Relaxed));
        let private = state.private.load(Relaxed);
        // What the lane has was not lent.
        let mut mask = slots.mask;
        if shared.word == slots.word {
            mask &= !shared.mask;
        }
        if private != 0 && Claimed::one(private - 1).word == slots.word {
            mask &= !Claimed::one(private - 1).mask;
        }
        let mut kept = 0;
        let mut ordinary = mask & below(N - Q::HEADROOM, slots.word);
        if private == 0 && ordinary != 0 {
            let first = Claimed { mask: one(ordinary).0, ..slots };
            state.private.store(first.slot() + 1, Relaxed);
            kept = first.mask;
            ordinary &= !kept;
        }
        let room = SHARED.saturating_sub(shared.mask.count_ones() as usize);
        let more = if room == 0 { 0 } else { up_to(room)(ordinary).0 };
        if more != 0 && state.stock(Claimed { mask: more, ..slots }) {
            kept |= more;
        }
        let rest = Claimed { mask: mask & !kept, ..slots };
        let were_taken = if rest.mask == 0 { 0 } else { self.bits.release_all(rest) };
        if !seeded!("batch_without_settle", true, false) {
            self.settle();
        }
        kept | were_taken
    }

    /// Evicts what was idle the last time and is still; then notes what is idle now for the next.
    fn age(&self, mut evict: impl FnMut(usize)) {
        self.clear_up();
        for word in 0..Bitmap::<N>::WORDS {
            let idle = self.bits.free_mask(word) | self.shared_of(word);
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
            marks.fetch_or((idle & filled & !victims) << HALF, Relaxed);
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

    fn clear_up(&self) {
        #[cfg(feature = "std")]
        for (lane, owner) in self.owners.iter().enumerate() {
            if owner.load(Relaxed) >= crate::thread::FIRST && self.move_in(lane, HANDLE) {
                self.leave(lane);
            }
        }
    }

    fn put_aside(&self, slot: usize) -> bool {
        self.release_common(slot)
    }

    fn has_available(&self, want: usize) -> bool {
        // No reserved slot is in a lane.
        let more = want.saturating_sub(self.in_lanes());
        self.bits.has_available(more, self.fit(Kind::Any, false))
    }

    /// As [`Bitmap::usage`]. A free slot that goes from one place to another may be met in both, and one that is lent
    /// behind the look makes up for one that was put before it. Both are counted. An owner
    /// publishes by plain stores how its lane changes, so the bounds hold for as much of it as the calling thread has seen.
    fn usage(&self) -> Usage {
        let lent = || {
            let of_lane = |lane: &Padded<State, DefaultPadding>| lane.gets.load(Relaxed) as u64;
            self.bits.claims() + self.lanes.iter().map(of_lane).sum::<u64>()
        };
        let (gets, moved) = (lent(), self.moved.load(Relaxed));
        let taken = self.bits.taken().saturating_sub(self.in_lanes());
        let moved = self.moved.load(Relaxed).wrapping_sub(moved);
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
    use crate::queue::Nobody;

    /// A lane skips slots of a batch that it has already.
    #[test]
    fn slots_of_a_lane_that_come_back_twice_are_skipped() {
        let free = LaneSet::<12, 2, Nobody>::FIRST;
        let lane = free.claim_lane().unwrap();
        let all = free.bits.search(up_to(12), false, |_| usize::MAX).unwrap();
        let some = |mask| Claimed { mask, ..all };
        assert_eq!(free.release_all_on(lane, some(0b0111)), 0b0111);
        assert_eq!(free.in_lanes(), 3);
        // The lane has a private and two shared slots. A fourth slot comes back together with them.
        assert_eq!(free.release_all_on(lane, some(0b1_0111)), 0b1_0000);
        assert_eq!(free.in_lanes(), 4);
        assert!((0..3).all(|slot| !free.release_on(lane, slot)));
        assert_eq!(free.release_all_on(lane, some(0b1_0111)), 0);
        assert_eq!((free.in_lanes(), free.bits.taken()), (4, 12));
    }
}
