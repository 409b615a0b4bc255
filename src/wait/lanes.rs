//! The policy of pools with lanes: [`Lanes`].

use super::{Polling, WaitPolicy, sealed};
use crate::free::lanes::LaneSet;

/// The waiting policy `W`, and free slots are kept in `LANES` lanes: what makes a pool a
/// [`LanePool`](crate::LanePool).
#[derive(Debug)]
pub struct Lanes<const LANES: usize, W = Polling>(core::marker::PhantomData<W>);

impl<const LANES: usize, W: WaitPolicy> sealed::Sealed for Lanes<LANES, W> {}
impl<const LANES: usize, W: WaitPolicy> WaitPolicy for Lanes<LANES, W> {
    type Queue = W::Queue;
    type Free<const N: usize> = LaneSet<N, LANES, W::Queue>;
}
