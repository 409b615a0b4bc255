//! How a half of a stream learns that the other half did something: [`Notify`]; and [`Polling`], with which nobody waits.

use super::{WaitPolicy, sealed};
use crate::free::slot_set::SlotSet;
use crate::free::waiters::NoWaiters;

/// How one half of a [`StreamPool`](crate::StreamPool)'s stream tells the other that something changed: a
/// type parameter, so that a stream nobody waits on pays nothing.
///
/// There are [`Polling`] and, with `std` or `async`, [`Waking`](crate::Waking). A policy of your own brings another
/// way of waiting: its `notify` gives a sign, and the half that waits looks with `try_send` or `try_recv`
/// and then sleeps until there is one. Each half has a policy of its own, and only the other half calls it.
///
/// # Context
/// Called wherever the halves are used: a policy whose `notify` is for threads makes halves for threads.
///
/// # Examples
/// On a microcontroller, halves that sleep in `wfe` and are woken by `sev`. An event that comes between the
/// look and the `wfe` is kept by the core, so none is missed.
/// ```
/// use forebay::wait::Notify;
/// use forebay::{RecvError, StreamPool};
/// # mod asm { pub fn dsb() {} pub fn sev() {} pub fn wfe() {} }
///
/// struct Event;
///
/// impl Notify for Event {
///     type Unsent<T> = ();
///     type Open = forebay::Polling;
///
///     fn new() -> Self {
///         Event
///     }
///
///     fn notify(&self, _ready: impl Fn() -> usize) -> bool {
///         asm::dsb(); // what was changed is seen by whoever sees the event
///         asm::sev();
///         false
///     }
/// }
///
/// static STREAMS: StreamPool<u8, 2, 20, Event> = StreamPool::new();
///
/// let (mut sender, mut receiver) = STREAMS.try_open()?;
/// sender.try_send(7).unwrap();
/// let token = loop {
///     match receiver.try_recv() {
///         Err(RecvError::Empty) => asm::wfe(),
///         answer => break answer,
///     }
/// };
/// assert_eq!(token, Ok(7));
/// # Ok::<(), forebay::Exhausted>(())
/// ```
pub trait Notify: Send + Sync + 'static {
    /// What a sender keeps of a `send` that was given up: `()`, where there is no such `send`. Code for any policy
    /// that passes senders to other threads asks for `W::Unsent<T>: Send`.
    type Unsent<T>: Default;

    /// How callers of [`try_open`](crate::StreamPool::try_open) share the rings: [`Polling`], unless they can wait for one.
    type Open: WaitPolicy;

    /// Nobody waits. Called once for each half of each ring, when the ring is first opened.
    #[must_use]
    fn new() -> Self;

    /// Called by the other half after each change: tokens were sent, or places were freed.
    ///
    /// `ready` says how many tokens, or places, are there now for the half that waits. It costs a load or two,
    /// so ask only if somebody waits. It may say too many, if that half took some just now, but never too few.
    ///
    /// Returns `true` if the half that waits here has [left](Self::leave), and `false` if it has not or if the policy cannot
    /// tell. A policy that writes one word by a read-modify-write here, in each call, and in `leave` can be certain: either
    /// that half saw the change before it left, or this call sees that it has left. (A compare-exchange that fails is no
    /// read-modify-write.) Then no token stays in a stream whose receiver has left. With `false`, one that is sent at that
    /// very moment stays until the sender next sends or waits.
    fn notify(&self, ready: impl Fn() -> usize) -> bool;

    /// Called by the other half when it ended the stream or left: whatever is waited for, it is over.
    fn ended(&self) {
        let _ = self.notify(|| usize::MAX);
    }

    /// Called by the half that waits here when it leaves: nobody waits here until [`reset`](Self::reset). Drop what
    /// it has left to be woken by, which may keep a whole task alive.
    fn leave(&self) {}

    /// Called when both halves are gone, before the ring is lent again: back to what [`new`](Self::new) makes.
    fn reset(&mut self) {}
}

/// Nobody waits: the halves of a stream look when they like, and a get from a [`Pool`](crate::Pool) answers at once.
/// Costs nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Polling;

impl Notify for Polling {
    type Unsent<T> = ();
    type Open = Self;

    fn new() -> Self {
        Self
    }

    #[inline(always)]
    fn notify(&self, _ready: impl Fn() -> usize) -> bool {
        false
    }
}

impl sealed::Sealed for Polling {}
impl sealed::Plain for Polling {}

impl WaitPolicy for Polling {
    type Queue = NoWaiters;
    type Free<const N: usize> = SlotSet<N, NoWaiters>;
}
