//! A place for the waker of one waiter.
//!
//! One context at a time owns the place and [registers](WakerCell::register) its waker there. Any context may
//! [take](WakerCell::take) the waker out, to wake it or to drop it.
//!
//! No user code runs while the place is held: a waker's `clone` runs before, its `wake` and `drop` after. So a waker that
//! panics leaves the place as good as it was.
//!
//! A waiter that finds its place held by a context that takes its last waker wakes itself, and looks again: it is polled
//! until that context has gone on by a few instructions.
//!
//! | state | the place belongs to |
//! |---|---|
//! | `REST` | nobody |
//! | `REGISTERING` | its owner |
//! | `TAKING` | the context that set it |
//! | both | its owner, who wakes the waker it has just put there, because a `take` came too early to see it |
//!
//! | edge | release site | acquire site | makes visible | model |
//! |---|---|---|---|---|
//! | C0→C1 | `register`: `REGISTERING` to `REST` | `take`: `fetch_or` | the waker | `wait::put_vs_waiting_get_task` |
//! | C2→C3 | `take`: `fetch_and` | `register`: compare-exchange | the waker was moved out | `wait::leave_vs_put_vs_join` |
//! | C4→C5 | `take`: `fetch_or` | `register`: an exchange fails | what the context that wakes did before | none: without it, the waiter looks once more |
//!
//! Source: the crate atomic-waker, whose states these are. Differs: its `register` clones and drops wakers while it
//! holds the place, and when one of them panics, the place is held for ever.

use super::{UnsafeCell, const_fn, orderings, rmw, seeded, spin_loop};
use core::task::Waker;

orderings! {
    /// C0 (pairs with C1): the waker is there.
    registered = seeded!("registered_relaxed", Relaxed, Release);
    /// C1 (pairs with C0): the waker is there. C4 (pairs with C5): what the context that wakes did before is visible.
    take = seeded!("take_unordered", Relaxed, AcqRel);
    /// C2 (pairs with C3): the waker is out.
    taken = seeded!("taken_relaxed", Relaxed, Release);
    /// C2 (pairs with C3) of an owner that takes its own waker back.
    take_back = Release;
    /// C3 (pairs with C2): the waker that was taken is out.
    register = seeded!("register_relaxed", Relaxed, Acquire);
    /// C5 (pairs with C4): what the context that wakes did before is visible.
    look = Acquire;
}

/// A place for one waker.
///
/// # Invariants
/// - [held] the place is reached only by the context that moved the state from `REST` to `REGISTERING` or `TAKING`,
///   until it moves the state back.
pub(crate) struct WakerCell {
    state: rmw::AtomicUsize,
    place: UnsafeCell<Option<Waker>>,
}

const REST: usize = 0;
const REGISTERING: usize = 1;
const TAKING: usize = 2;

// SAFETY: [held] one context at a time reaches the place, and a `Waker` is `Send`. No `&Waker` is lent.
unsafe impl Sync for WakerCell {}

/// Wakers that are left over from a [registration](WakerCell::register).
///
/// When this is dropped, one of them is woken and one is dropped. Both are user code, so the caller drops this when
/// its own work is done.
#[must_use = "dropped at once, it runs user code at once"]
#[allow(unreachable_pub)] // In the interface of `Seats`.
pub struct LeftOver {
    /// Must be woken: somebody called the waiter while its waker was on the way.
    called: Option<Waker>,
    /// The waker that stood there before.
    _last: Option<Waker>,
}

impl core::fmt::Debug for LeftOver {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("LeftOver(..)")
    }
}

impl Drop for LeftOver {
    #[inline]
    fn drop(&mut self) {
        if let Some(waker) = self.called.take() {
            waker.wake();
        }
    }
}

impl WakerCell {
    const_fn! {
        pub(crate) const fn new() -> Self {
            Self { state: rmw::AtomicUsize::new(REST), place: UnsafeCell::new(None) }
        }
    }

    /// Puts a clone of `waker` into the place. For the owner of the place alone: two registrations at once lose one of the
    /// wakers.
    ///
    /// Wait-free.
    ///
    /// # Panics
    /// As the clone does; nothing has changed then.
    pub(crate) fn register(&self, waker: &Waker) -> LeftOver {
        // C3: the waker that was taken is out. C5 if it fails.
        let (set, seen) = (order::register(), order::look());
        let hold = || self.state.compare_exchange(REST, REGISTERING, set, seen).is_ok();
        // The clone first: it may panic.
        let early = seeded!("clone_while_held", Some(hold()), None);
        let waker = waker.clone();
        if !early.unwrap_or_else(hold) {
            // Somebody takes the last waker, and may have come for this one. The waiter is polled until that is done.
            spin_loop();
            return LeftOver { called: Some(waker), _last: None };
        }
        // SAFETY: [held] the state says that the place is ours.
        let last = self.place.with_mut(|place| unsafe { (*place).replace(waker) });
        // C0: the waker is there. C5 if it fails.
        let (set, seen) = (order::registered(), order::look());
        if self.state.compare_exchange(REGISTERING, REST, set, seen).is_ok() {
            return LeftOver { called: None, _last: last };
        }
        // SAFETY: [held] as above: `take` does not touch a place that is held.
        let called = self.place.with_mut(|place| unsafe { (*place).take() });
        // C2: the waker is out, for the next registration, perhaps by another owner.
        self.state.swap(REST, order::take_back());
        let called = if seeded!("call_unheard", true, false) { None } else { called };
        LeftOver { called, _last: last }
    }

    /// Takes the waker out, if it is there. `None`, too, while another context takes it, or while it is being
    /// registered: then the owner wakes it.
    ///
    /// Wait-free.
    #[inline(never)] // Few come here, and from several places.
    pub(crate) fn take(&self) -> Option<Waker> {
        // C1: the waker is there. C4: what we did before is visible.
        let before = self.state.fetch_or(TAKING, order::take());
        if before != REST && !seeded!("take_while_held", true, false) {
            return None;
        }
        // SAFETY: [held] the state was `REST`, so the place is ours now.
        let waker = self.place.with_mut(|place| unsafe { (*place).take() });
        // C2: the waker is out.
        self.state.fetch_and(!TAKING, order::taken());
        waker
    }

    /// Takes the waker out and wakes it.
    #[inline]
    pub(crate) fn wake(&self) {
        if let Some(waker) = self.take() {
            waker.wake();
        }
    }
}
