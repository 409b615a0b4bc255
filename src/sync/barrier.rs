//! A fence in two halves of unequal cost: [`light`] for who passes it often, D0; [`heavy`] for who seldom does, D1.
//!
//! Two threads each store to a word of their own, pass a half, and load the other's word. If at least one of the halves is the
//! heavy one, at least one of the threads sees what the other stored. The model is `lanes::visit_vs_get_vs_put`.
//!
//! | target | [`light`] | [`heavy`] |
//! |---|---|---|
//! | `std` on Linux | a compiler fence | `membarrier`: a full fence on each core that runs a thread of this process |
//! | `std` on Windows | a compiler fence | `FlushProcessWriteBuffers`: the same |
//! | `--cfg portable_atomic_unsafe_assume_single_core` | a compiler fence | a compiler fence |
//! | all others, and Linux where `membarrier` is refused | `fence(SeqCst)` | `fence(SeqCst)` |
//!
//! With a system call, the light half only stops the compiler. The heavy half interrupts the other cores, and so makes a full
//! fence of whatever instruction they are at: before the light half, in it or behind it.
//!
//! Checkers have a `fence(SeqCst)` for each half. Both forms forbid the same outcome, that the threads miss each other. A
//! model does not show that the system call is such a fence; the system's documentation says so.
//!
//! Source: Linux's `membarrier(2)`, which has this example; folly's `AsymmetricThreadFence`; the crate seize.

#[cfg(all(
    feature = "std",
    any(target_os = "linux", windows),
    not(any(miri, forebay_fences, all(loom, feature = "loom"), forebay_shuttle)),
))]
pub(crate) use by_call::{heavy, is_light_a_fence, light, light_at_once};

#[cfg(all(
    feature = "std",
    any(target_os = "linux", windows),
    not(any(miri, forebay_fences, all(loom, feature = "loom"), forebay_shuttle)),
))]
mod by_call {
    use crate::sync::{
        Ordering::{Relaxed, SeqCst},
        compiler_fence, fence, rmw,
    };

    /// How the halves are made: decided once, and never changed.
    static HOW: rmw::AtomicUsize = rmw::AtomicUsize::new(UNDECIDED);
    const UNDECIDED: usize = 0;
    const BY_CALL: usize = 1;
    const BY_FENCE: usize = 2;

    pub(crate) fn light() {
        match decide() {
            BY_CALL => compiler_fence(SeqCst), // D0
            _ => fence(SeqCst),                // D0
        }
    }

    /// [`light`], for who knows that it [is no fence](is_light_a_fence).
    #[inline(always)]
    pub(crate) fn light_at_once() {
        compiler_fence(SeqCst); // D0
    }

    /// Whether [`light`] is a fence that [`light_at_once`] is not. The answer is always the same.
    pub(crate) fn is_light_a_fence() -> bool {
        decide() == BY_FENCE
    }

    /// `false` if the system refuses a barrier that it offered before: then nothing is known of the other threads.
    #[must_use]
    #[cold]
    #[inline(never)]
    pub(crate) fn heavy() -> bool {
        if decide() == BY_CALL {
            return system::barrier();
        }
        fence(SeqCst); // D1
        true
    }

    /// Asks the system, unless it was asked. Of several threads that ask at once, one decides.
    fn decide() -> usize {
        match HOW.load(Relaxed) {
            UNDECIDED => {
                let how = if system::register() { BY_CALL } else { BY_FENCE };
                match HOW.compare_exchange(UNDECIDED, how, Relaxed, Relaxed) {
                    Ok(_) => how,
                    Err(decided) => decided,
                }
            }
            how => how,
        }
    }

    #[cfg(target_os = "linux")]
    mod system {
        use libc::{SYS_membarrier, c_int, syscall};

        // Of `linux/membarrier.h`; libc has had their names for a short time only.
        const PRIVATE_EXPEDITED: c_int = 1 << 3;
        const REGISTER_PRIVATE_EXPEDITED: c_int = 1 << 4;

        /// Tells the system that this process uses the barrier. A process that is forked from this one need not.
        pub(super) fn register() -> bool {
            membarrier(REGISTER_PRIVATE_EXPEDITED)
        }

        pub(super) fn barrier() -> bool {
            membarrier(PRIVATE_EXPEDITED)
        }

        fn membarrier(command: c_int) -> bool {
            // SAFETY: takes three numbers and touches no memory of ours.
            unsafe { syscall(SYS_membarrier, command, 0, 0) == 0 }
        }
    }

    #[cfg(windows)]
    mod system {
        // SAFETY: the signature is that of the system's header.
        #[link(name = "kernel32")]
        unsafe extern "system" {
            safe fn FlushProcessWriteBuffers();
        }

        pub(super) fn register() -> bool {
            true
        }

        pub(super) fn barrier() -> bool {
            FlushProcessWriteBuffers();
            true
        }
    }
}

#[cfg(not(all(
    feature = "std",
    any(target_os = "linux", windows),
    not(any(miri, forebay_fences, all(loom, feature = "loom"), forebay_shuttle)),
)))]
pub(crate) use by_fence::{heavy, is_light_a_fence, light, light_at_once};

#[cfg(not(all(
    feature = "std",
    any(target_os = "linux", windows),
    not(any(miri, forebay_fences, all(loom, feature = "loom"), forebay_shuttle)),
)))]
mod by_fence {
    use crate::sync::{Ordering::SeqCst, context_fence as fence, seeded};

    #[inline(always)]
    pub(crate) fn light() {
        if !seeded!("no_light_fence", true, false) {
            fence(SeqCst); // D0
        }
    }

    pub(crate) use light as light_at_once;

    /// Whether [`light`] is a fence that [`light_at_once`] is not.
    #[inline(always)]
    pub(crate) fn is_light_a_fence() -> bool {
        false
    }

    /// Always `true`.
    #[must_use]
    #[inline(always)]
    pub(crate) fn heavy() -> bool {
        if !seeded!("no_heavy_fence", true, false) {
            fence(SeqCst); // D1
        }
        true
    }
}
