//! Rings: order, room, both ends, and every index from 0 to twice the capacity.
#![allow(unsafe_code)] // `Grant::commit`.
#![allow(clippy::forget_non_drop, clippy::drop_non_drop)] // Whether it has a drop is not for users to know.

/// All tests for rings whose ends keep copies of the indices.
#[path = "ring"]
mod cached {
    type Ring<T, const N: usize> = forebay::Ring<T, N, forebay::ring::CacheLine>;
    mod suite;
}

/// The same tests for rings without copies.
#[allow(clippy::duplicate_mod)] // Meant.
#[path = "ring"]
mod compact {
    type Ring<T, const N: usize> = forebay::Ring<T, N, forebay::ring::Compact>;
    mod suite;
}
