//! Checkers' builds only: plants a named fault, so that a model can be shown to catch it.
//!
//! The fault is planted for the calling OS thread; loom and shuttle run all threads of a model on one, so
//! models in parallel tests do not see each other's faults.
extern crate std;

use std::cell::Cell;

std::thread_local! {
    static PLANTED: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Runs `f` with the fault `name` planted.
///
/// # Panics
/// As `f` does; the fault is lifted then too.
pub fn with<R>(name: &'static str, f: impl FnOnce() -> R) -> R {
    struct Lift;
    impl Drop for Lift {
        fn drop(&mut self) {
            PLANTED.set(None);
        }
    }
    PLANTED.set(Some(name));
    let _lift = Lift;
    f()
}

pub(crate) fn is_planted(name: &str) -> bool {
    PLANTED.get() == Some(name)
}
