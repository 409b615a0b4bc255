//! Plain models of pools, with and without lanes, those who wait for their objects, rings and streams, and what
//! compares them with the real ones after each step.
//!
//! Shared by `tests/it/model.rs`, which makes up the steps at random and shrinks them, and by the fuzz target, which
//! lets libFuzzer look for new paths. Everything runs on one thread, so all that is documented as stale or
//! inexact with several contexts is exact here.
#![allow(missing_docs, unreachable_pub)] // Not of the library.
#![allow(clippy::forget_non_drop)] // Whether something has a drop is not for users to know.

pub mod lanes;
pub mod pool;
pub mod ring;
pub mod stream;
#[cfg(feature = "std")]
pub mod waiters;

/// An enum of the kinds of steps, which can be had from a byte.
macro_rules! kinds {
    ($name:ident { $($kind:ident,)+ }) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($kind,)+ }

        impl $name {
            const ALL: &[Self] = &[$(Self::$kind,)+];

            pub fn from_byte(byte: u8) -> Self {
                Self::ALL[usize::from(byte) % Self::ALL.len()]
            }
        }
    };
}
use kinds;
