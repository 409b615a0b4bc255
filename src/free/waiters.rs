//! Callers that wait for a free slot, first come first served. No `T`, no `unsafe`.
//!
//! A caller that finds no free slot takes one of `K` seats with a ticket. Who has a slot to give away hands it
//! to the seat with the oldest ticket, by one compare-exchange of the seat's state, and wakes its owner; the
//! slot is not free in between, so that nobody overtakes. A slot that is freed while somebody sits down is not
//! missed either, since both sides write, and then look, with a fence between:
//!
//! | waiter | who frees a slot |
//! |---|---|
//! | `waiting.fetch_add`, the seat says `WAITING` | the slot's bit |
//! | W1: `fence(SeqCst)` | N1: `fence(SeqCst)` |
//! | looks for a free slot | looks for a waiter |
//!
//! Both fences are the one in `calls`. Whichever comes first, the side behind the other sees what was written
//! before it, and then both do the same: claim a free slot and hand it over (`Free::settle`).
//!
//! | edge | release site | acquire site | makes visible | model |
//! |---|---|---|---|---|
//! | Q0→Q1 | `hand_over`: compare-exchange | `granted`, `leave` | the last owner's writes to the slot | `wait::put_vs_waiting_get` |
//! | Q4→Q5 | `join`: the seat says `WAITING` | `wants`: a load | who sat down before; the waiter's waker, and that it is counted | `wait::get_vs_put_on_two_threads` |
//! | Q2→Q3 | `granted`, `leave`: the seat is empty | `join`: compare-exchange | the last waiter is done with the seat, and with its place in `waker` | `wait::leave_vs_put_vs_join` |
//!
//! Source: Zephyr's `k_mem_slab`, which hands a freed block to the first waiter; differs: no lock.

use crate::sync::first_value;

/// Callers that wait for a slot.
pub trait Queue: Send + Sync + Sized {
    first_value!();

    /// How many slots, those of the highest numbers, are for callers that say so.
    const HEADROOM: usize = 0;

    /// Whether callers can wait at all.
    const WAITS: bool;

    /// Whether anybody may be waiting: a hint, and `false` may be old.
    fn is_waited(&self) -> bool;

    /// Gives `slot` to the first who may have it. `false` if there is none.
    fn hand_over(&self, slot: usize, reserved: bool) -> bool;

    /// Whether anybody waits, seen behind all that the caller did before; and if so, whether one of them may
    /// have a reserved slot.
    fn calls(&self) -> Option<bool>;
}

/// Nobody waits.
#[derive(Debug)]
pub struct NoWaiters;

impl Queue for NoWaiters {
    first_value!(Self);
    const WAITS: bool = false;

    #[inline(always)]
    fn is_waited(&self) -> bool {
        false
    }

    #[inline(always)]
    fn hand_over(&self, _slot: usize, _reserved: bool) -> bool {
        false
    }

    #[inline(always)]
    fn calls(&self) -> Option<bool> {
        None
    }
}

/// `Q`, and the last `H` slots are for callers that say so.
#[derive(Debug)]
pub struct Reserving<const H: usize, Q>(Q);

impl<const H: usize, Q: Queue> Queue for Reserving<H, Q> {
    first_value!(Self(first_value!(of Q)));
    const HEADROOM: usize = H;
    const WAITS: bool = Q::WAITS;

    #[inline(always)]
    fn is_waited(&self) -> bool {
        self.0.is_waited()
    }

    #[inline(always)]
    fn hand_over(&self, slot: usize, reserved: bool) -> bool {
        self.0.hand_over(slot, reserved)
    }

    #[inline(always)]
    fn calls(&self) -> Option<bool> {
        self.0.calls()
    }
}

#[cfg(any(feature = "std", feature = "async"))]
#[allow(unreachable_pub)] // In the interface of `CanWait`.
pub use seats::{Seats, Waiters};

#[cfg(any(feature = "std", feature = "async"))]
mod seats {
    use super::{Queue, Reserving};
    use crate::defer::Defer;
    use crate::sync::waker::{LeftOver, WakerCell};
    use crate::sync::{Ordering::Relaxed, fence, filled, first_value, orderings, rmw, seeded};
    use core::task::Waker;

    orderings! {
        /// Q0 (pairs with Q1): the last owner's writes come before the waiter's.
        grant = seeded!("grant_relaxed", Relaxed, Release);
        /// Q1 (pairs with Q0): the slot's last owner is done with it.
        granted = seeded!("granted_relaxed", Relaxed, Acquire);
        /// Q1 (pairs with Q0) of a waiter that leaves.
        late_grant = seeded!("late_grant_relaxed", Relaxed, Acquire);
        /// Q2 (pairs with Q3): the waiter is done with the seat.
        stand_up = Release;
        /// Q2 (pairs with Q3) of a waiter that leaves.
        give_up = AcqRel;
        /// Q3 (pairs with Q2): whoever had the seat is done with it.
        sit_down = Acquire;
        /// Q4 (pairs with Q5): the waker is there, and who came before us sits.
        wait = seeded!("sit_relaxed", Relaxed, Release);
        /// Q5 (pairs with Q4): who sat down before its owner did is seen from here on.
        look = seeded!("look_relaxed", Relaxed, Acquire);
        /// W1 and N1, which pair with each other: the waiter is seen, or the slot.
        call = SeqCst;
    }

    /// A queue that callers can join.
    pub trait Seats: Queue {
        /// How many can wait at once.
        const SEATS: usize;

        /// Takes a seat, or `None` if there is none. The caller notes the seat, drops the wakers that are left over, and
        /// then looks for a free slot (`Free::settle`).
        fn join(&self, waker: &Waker, privileged: bool) -> Option<(usize, LeftOver)>;

        /// The slot that was handed to the owner of `seat`, who leaves with it; `None`, and `waker` will be
        /// woken, if there is none yet.
        fn granted(&self, seat: usize, waker: &Waker) -> Option<usize>;

        /// Gives the seat up. A slot that was handed over meanwhile is the caller's, and so is the waker, to
        /// drop when the slot is in safety: its drop may panic.
        fn leave(&self, seat: usize) -> (Option<usize>, Option<Waker>);
    }

    /// Up to `K` waiters.
    pub struct Waiters<const K: usize> {
        /// At least the number of seats that say `WAITING`: counted up before and down after.
        waiting: rmw::AtomicUsize,
        /// The next ticket.
        next: rmw::AtomicUsize,
        seats: [Seat; K],
    }

    /// Where one caller waits.
    struct Seat {
        /// [`EMPTY`], [`TAKEN`], [`WAITING`] with a ticket, or [`GRANTED`] with a slot.
        state: rmw::AtomicUsize,
        waker: WakerCell,
    }

    const EMPTY: usize = 0;
    /// Somebody is about to sit down.
    const TAKEN: usize = 1;
    const WAITING: usize = 2;
    const GRANTED: usize = 3;
    const KIND: usize = 3;
    /// Beside `WAITING`: a reserved slot will do.
    const PRIVILEGED: usize = 4;
    /// Where a ticket or a slot begins. Tickets begin again after 2^29 on 32-bit targets; of a waiter that sat
    /// through half as many others come and go, the turn is not certain.
    const PAYLOAD_SHIFT: u32 = 3;

    impl Seat {
        /// The state, if its owner waits for a slot, `reserved` or not.
        fn wants(&self, reserved: bool) -> Option<usize> {
            // Q5: who sat down before its owner did is seen from here on.
            let state = self.state.load(order::look());
            let wants = state & KIND == WAITING && (!reserved || state & PRIVILEGED != 0);
            wants.then_some(state)
        }
    }

    impl<const K: usize> Waiters<K> {
        /// The oldest of those that wait for a slot, `reserved` or not, and its state.
        fn oldest(&self, reserved: bool) -> Option<(&Seat, usize)> {
            let mut first: Option<(&Seat, usize)> = None;
            for seat in &self.seats {
                let Some(state) = seat.wants(reserved) else { continue };
                // Tickets count on, modulo a power of two: the older one is behind the other.
                let is_older = first.is_none_or(|(_, first)| {
                    let ahead = (first >> PAYLOAD_SHIFT).wrapping_sub(state >> PAYLOAD_SHIFT);
                    ahead & (usize::MAX >> PAYLOAD_SHIFT) < usize::MAX >> (PAYLOAD_SHIFT + 1)
                });
                if is_older || seeded!("last_come_first_served", true, false) {
                    first = Some((seat, state));
                }
            }
            first
        }
    }

    impl<const K: usize> Queue for Waiters<K> {
        first_value!(Self {
            waiting: rmw::AtomicUsize::new(0),
            next: rmw::AtomicUsize::new(0),
            seats: filled!(Seat {
                state: rmw::AtomicUsize::new(0),
                waker: WakerCell::new(),
            }; K),
        });

        const WAITS: bool = true;

        #[inline(always)]
        fn is_waited(&self) -> bool {
            self.waiting.load(Relaxed) != 0
        }

        #[cold]
        fn hand_over(&self, slot: usize, reserved: bool) -> bool {
            let mut first = self.oldest(reserved);
            loop {
                let Some((seat, state)) = first else { return false };
                // A look passes the seats one by one, and may pass one before somebody sits down in it, and
                // another after somebody did later. The next look sees the earlier one.
                let again = self.oldest(reserved);
                if again.map(|(_, state)| state) != Some(state) && !seeded!("one_look", true, false)
                {
                    first = again;
                    continue;
                }
                let grant = GRANTED | (slot << PAYLOAD_SHIFT);
                // Q0: the last owner's writes come before the waiter's. A ticket is given out once, so the state is the same
                // only if its owner still waits.
                let order = order::grant();
                if seeded!("grant_torn", true, false) {
                    seat.state.store(grant, order);
                } else if seat.state.compare_exchange(state, grant, order, Relaxed).is_err() {
                    first = self.oldest(reserved);
                    continue;
                }
                self.waiting.fetch_sub(1, Relaxed);
                if !seeded!("grant_without_wake", true, false) {
                    seat.waker.wake();
                }
                return true;
            }
        }

        #[inline]
        fn calls(&self) -> Option<bool> {
            if !seeded!("no_settle_fence", true, false) {
                fence(order::call()); // W1 and N1.
            }
            if self.waiting.load(Relaxed) == 0 {
                return None;
            }
            let mut waiting = self.seats.iter().filter_map(|seat| seat.wants(false)).peekable();
            waiting.peek()?;
            Some(waiting.any(|state| state & PRIVILEGED != 0))
        }
    }

    impl<const K: usize> Seats for Waiters<K> {
        const SEATS: usize = K;

        fn join(&self, waker: &Waker, privileged: bool) -> Option<(usize, LeftOver)> {
            let (number, seat) = self.seats.iter().enumerate().find(|(_, seat)| {
                // Q3: whoever had the seat is done with it.
                seat.state.compare_exchange(EMPTY, TAKEN, order::sit_down(), Relaxed).is_ok()
            })?;
            let ticket = self.next.fetch_add(1, Relaxed) << PAYLOAD_SHIFT;
            // If the waker cannot be cloned, the seat is free again. Q2: we are done with it.
            let stand_up = Defer(|| seat.state.store(EMPTY, order::stand_up()));
            let left_over = seat.waker.register(waker);
            core::mem::forget(stand_up);
            self.waiting.fetch_add(1, Relaxed);
            let class = if privileged { PRIVILEGED } else { 0 };
            // Q4: the waker is there, and who came before us sits.
            seat.state.store(WAITING | class | ticket, order::wait());
            Some((number, left_over))
        }

        fn granted(&self, seat: usize, waker: &Waker) -> Option<usize> {
            let seat = self.seats.get(seat)?;
            let granted = || {
                // Q1: the slot's last owner is done with it.
                let state = seat.state.load(order::granted());
                (state & KIND == GRANTED).then_some(state >> PAYLOAD_SHIFT)
            };
            let slot = granted().or_else(|| {
                // First the waker, then the look: a grant in between wakes it.
                let left_over = seat.waker.register(waker);
                let slot =
                    if seeded!("no_look_behind_register", true, false) { None } else { granted() };
                // One that nobody will wake is not kept. If a waker panics here, the seat and the slot in it stay ours.
                let kept = slot.and_then(|_| seat.waker.take());
                drop((left_over, kept));
                slot
            })?;
            // Q2: we are done with the seat.
            seat.state.store(EMPTY, order::stand_up());
            Some(slot)
        }

        fn leave(&self, seat: usize) -> (Option<usize>, Option<Waker>) {
            let Some(seat) = self.seats.get(seat) else { return (None, None) };
            // While the seat is ours: it may keep a whole task alive. A grant need not wake who leaves.
            let waker = seat.waker.take();
            let state = seat.state.load(Relaxed);
            if state & KIND == WAITING {
                // Q2: we are done with the seat. Q1 when it fails: the only change that others make is to grant.
                let (set, seen) = (order::give_up(), order::late_grant());
                match seat.state.compare_exchange(state, EMPTY, set, seen) {
                    Ok(_) => {
                        self.waiting.fetch_sub(1, Relaxed);
                        return (None, waker);
                    }
                    Err(grant) => {
                        seat.state.store(EMPTY, order::stand_up()); // Q2
                        return (Some(grant >> PAYLOAD_SHIFT), waker);
                    }
                }
            }
            let grant = seat.state.load(order::late_grant()); // Q1
            seat.state.store(EMPTY, order::stand_up()); // Q2
            (Some(grant >> PAYLOAD_SHIFT), waker)
        }
    }

    impl<const H: usize, Q: Seats> Seats for Reserving<H, Q> {
        const SEATS: usize = Q::SEATS;

        fn join(&self, waker: &Waker, privileged: bool) -> Option<(usize, LeftOver)> {
            self.0.join(waker, privileged)
        }

        fn granted(&self, seat: usize, waker: &Waker) -> Option<usize> {
            self.0.granted(seat, waker)
        }

        fn leave(&self, seat: usize) -> (Option<usize>, Option<Waker>) {
            self.0.leave(seat)
        }
    }

    impl<const K: usize> core::fmt::Debug for Waiters<K> {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            let waiting = self.waiting.load(Relaxed);
            f.debug_struct("Waiters").field("seats", &K).field("waiting", &waiting).finish()
        }
    }
}
