//! Free slots that are in one set for all callers: [`SlotSet`].

use super::bitmap::{Bitmap, Claimed, exactly, one, up_to};
use super::waiters::Queue;
use super::{Free, Usage, below, by_bits};
use crate::sync::{first_value, seeded};

/// One set for all.
#[repr(C)]
pub struct SlotSet<const N: usize, Q> {
    bits: Bitmap<N>,
    queue: Q,
}

impl<const N: usize, Q: Queue> SlotSet<N, Q> {
    /// The slots of a word that a caller may claim.
    #[inline(always)]
    fn fit(privileged: bool) -> impl Fn(usize) -> usize {
        const { assert!(Q::HEADROOM < N, "headroom must be below the capacity") };
        move |word| {
            if privileged || Q::HEADROOM == 0 { usize::MAX } else { below(N - Q::HEADROOM, word) }
        }
    }

    /// Claims a slot; a reserved one only if no other is free.
    #[inline]
    fn claim_one(&self, counted: bool, privileged: bool) -> Option<Claimed> {
        let reserving = privileged && Q::HEADROOM != 0;
        if Bitmap::<N>::WORDS == 1 {
            const { assert!(Q::HEADROOM < N, "headroom must be below the capacity") };
            // Reserved slots have the highest numbers, so one of them is the lowest only if no other is free.
            return self.bits.claim_lowest(if reserving { N } else { N - Q::HEADROOM }, counted);
        }
        let at_once = seeded!("reserved_at_once", reserving, false);
        self.bits.search(one, counted, Self::fit(at_once)).or_else(|| {
            // Not in one search: that goes on to the next word when somebody else changes this one.
            if reserving { self.bits.search(one, counted, Self::fit(true)) } else { None }
        })
    }
}

impl<const N: usize, Q: Queue> Free for SlotSet<N, Q> {
    type Queue = Q;
    type One = Claimed;

    first_value!(Self { bits: Bitmap::new(), queue: first_value!(of Q) });

    const IN_ONE_STEP: bool = Bitmap::<N>::WORDS == 1;

    #[inline(always)]
    fn queue(&self) -> &Q {
        &self.queue
    }

    #[inline]
    fn claim(&self, privileged: bool) -> Option<Claimed> {
        self.claim_one(true, privileged)
    }

    #[inline]
    fn claim_exactly<const K: usize>(&self) -> Option<Claimed> {
        if Bitmap::<N>::WORDS == 1 {
            return self.bits.claim_exactly::<K>(N - Q::HEADROOM);
        }
        self.bits.search(exactly::<K>, true, Self::fit(false))
    }

    #[inline]
    fn claim_up_to(&self, most: usize, from: Option<usize>) -> Option<Claimed> {
        self.bits.search_behind(from, up_to(most), true, Self::fit(false))
    }

    #[inline]
    fn claim_for_waiter(&self, privileged: bool) -> Option<usize> {
        self.claim_one(false, privileged).map(Claimed::slot)
    }

    #[inline(always)]
    fn is_warm(&self, one: Claimed) -> bool {
        self.bits.is_warm(one)
    }

    by_bits!();

    fn warm_up(&self, slot: usize) {
        self.bits.warm_up(slot);
    }

    #[inline]
    fn is_on_loan(&self, slot: usize) -> bool {
        self.bits.is_taken(slot)
    }

    #[inline]
    fn has_available(&self, want: usize) -> bool {
        self.bits.has_available(want, Self::fit(false))
    }

    fn usage(&self) -> Usage {
        self.bits.usage()
    }

    #[inline(always)]
    fn is_reserved(&self, slot: usize) -> bool {
        slot >= N - Q::HEADROOM
    }
}

impl<const N: usize, Q> core::fmt::Debug for SlotSet<N, Q> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SlotSet(..)")
    }
}

#[cfg(all(test, any(feature = "std", feature = "async"), not(all(loom, feature = "loom"))))]
mod tests {
    use super::*;
    use crate::free::waiters::{Seats, Waiters};
    use crate::sync::{Ordering::Relaxed, rmw::AtomicUsize};
    use core::task::Waker;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::sync::Arc;

    /// Counts how often it is woken, and panics the first time.
    struct Panics(AtomicUsize);

    impl std::task::Wake for Panics {
        fn wake(self: Arc<Self>) {
            if self.0.fetch_add(1, Relaxed) == 0 {
                resume_unwind(Box::new("woken"));
            }
        }
    }

    /// Several slots are freed in one step while several callers wait: each is served, though a waker panics.
    #[test]
    fn a_waker_that_panics_does_not_end_settling() {
        let free = SlotSet::<4, Waiters<4>>::FIRST;
        let claim = || free.claim(false).map(Claimed::slot);
        (0..4).for_each(|slot| assert_eq!(claim(), Some(slot)));
        let panics = Arc::new(Panics(AtomicUsize::new(0)));
        let waker = Waker::from(Arc::clone(&panics));
        let seats: [usize; 3] = core::array::from_fn(|_| free.queue.join(&waker, false).unwrap().0);
        free.bits.release_all(Claimed { word: 0, mask: 0b1111 });
        assert!(catch_unwind(AssertUnwindSafe(|| free.settle())).is_err(), "the panic comes out");
        assert_eq!(panics.0.load(Relaxed), 3);
        let granted = seats.map(|seat| free.queue.granted(seat, Waker::noop()));
        assert_eq!(granted, [Some(0), Some(1), Some(2)]);
        assert_eq!((claim(), claim()), (Some(3), None));
    }

    /// A release skips slots that are free already, because another caller may claim them at any time.
    #[test]
    fn slots_that_come_back_twice_are_skipped() {
        let free = SlotSet::<4, Waiters<4>>::FIRST;
        let all = free.claim_exactly::<4>().unwrap();
        assert_eq!(free.release_all(Claimed { mask: 0b0110, ..all }), 0b0110);
        assert_eq!((free.release_all(all), free.release_all(all)), (0b1001, 0));
        // While a caller waits, the slots are released one by one.
        free.claim_exactly::<4>().unwrap();
        let waits = |_| free.queue.join(Waker::noop(), false).unwrap().0;
        let seats: [usize; 2] = core::array::from_fn(waits);
        assert_eq!(free.release_all(Claimed { mask: 0b0111, ..all }), 0b0111);
        assert_eq!(seats.map(|seat| free.queue.granted(seat, Waker::noop())), [Some(0), Some(1)]);
        assert_eq!((free.release_all(Claimed { mask: 0b0100, ..all }), free.bits.taken()), (0, 3));
    }
}
