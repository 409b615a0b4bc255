//! Atomics, cells and fences, and the places and words made of them. No file outside of this folder names
//! `core::sync::atomic`, `portable_atomic`, `core::cell::UnsafeCell` or `loom`; `tests/tidy.rs` holds that.
//!
//! Two families of atomics, because they cost differently on cores without compare-and-swap:
//!
//! - [`plain`]: load and store only, taken from `core`, one instruction on every target. There a
//!   read-modify-write does not even compile for thumbv6m, which keeps the family honest.
//! - [`rmw`]: read-modify-write too, taken from `portable-atomic`. On a core without
//!   compare-and-swap each access, a load included, is a critical section chosen by the final binary;
//!   with the feature `critical-section` loads are plain there, and a change is one section.
//!
//! With `--cfg loom` *and* the feature `loom`, both families and the cells are loom's. Both are
//! needed, so that a dependent's own loom run does not flip this crate by accident.
#![allow(unsafe_code)]

pub(crate) use imp::*;

#[cfg(not(any(all(loom, feature = "loom"), forebay_shuttle)))]
#[path = "core.rs"]
mod imp;
#[cfg(all(loom, feature = "loom"))]
#[path = "loom.rs"]
mod imp;
#[cfg(forebay_shuttle)]
#[path = "shuttle.rs"]
mod imp;

pub(crate) mod barrier;
#[cfg(any(all(loom, feature = "loom"), forebay_shuttle))]
mod checked;
pub(crate) mod events;
mod home;
pub(crate) mod pad;
#[cfg(all(
    feature = "critical-section",
    any(not(target_has_atomic = "ptr"), forebay_sections),
    not(any(all(loom, feature = "loom"), forebay_shuttle)),
))]
mod sections;
#[cfg(any(all(loom, feature = "loom"), forebay_shuttle))]
#[doc(hidden)]
pub mod seed;
mod update;
#[cfg(any(feature = "std", feature = "async"))]
pub(crate) mod waker;
#[cfg(all(forebay_weak, not(any(all(loom, feature = "loom"), forebay_shuttle))))]
mod weak;
#[cfg(not(any(all(loom, feature = "loom"), forebay_shuttle)))]
mod words;

#[cfg(all(loom, feature = "loom", feature = "std"))]
pub use home::set_home;
#[cfg(all(test, feature = "std", not(all(loom, feature = "loom"))))]
pub(crate) use home::set_home;
pub(crate) use home::{home, move_home};
pub(crate) use update::update;

/// `const fn`, except under loom, whose atomics cannot be made in a constant.
macro_rules! const_fn {
    ($(#[$attr:meta])* $vis:vis const fn $($rest:tt)*) => {
        #[cfg(not(all(loom, feature = "loom")))]
        $(#[$attr])* $vis const fn $($rest)*
        #[cfg(all(loom, feature = "loom"))]
        $(#[$attr])* $vis fn $($rest)*
    };
}
pub(crate) use const_fn;

/// A static that is made in a constant, or, by a checker, anew for each execution.
#[cfg(feature = "std")]
macro_rules! global {
    ($(#[$attr:meta])* static $name:ident: $t:ty = $value:expr;) => {
        #[cfg(not(any(all(loom, feature = "loom"), forebay_shuttle)))]
        $(#[$attr])* static $name: $t = $value;
        #[cfg(all(loom, feature = "loom"))]
        loom::lazy_static! { $(#[$attr])* static ref $name: $t = $value; }
        #[cfg(forebay_shuttle)]
        shuttle::lazy_static! { $(#[$attr])* static ref $name: $t = $value; }
    };
}
#[cfg(feature = "std")]
pub(crate) use global;

/// In a trait: its types have a constant first value (under loom a function makes it). In an `impl`: what
/// that value is.
macro_rules! first_value {
    () => {
        /// As it is at first.
        #[cfg(not(all(loom, feature = "loom")))]
        #[allow(clippy::declare_interior_mutable_const)] // Copied once, into a place of its own.
        const FIRST: Self;
        /// As it is at first.
        #[cfg(all(loom, feature = "loom"))]
        fn first() -> Self;
    };
    ($value:expr) => {
        #[cfg(not(all(loom, feature = "loom")))]
        const FIRST: Self = $value;
        #[cfg(all(loom, feature = "loom"))]
        fn first() -> Self {
            $value
        }
    };
    (of $t:ty) => {{
        #[cfg(not(all(loom, feature = "loom")))]
        {
            <$t>::FIRST
        }
        #[cfg(all(loom, feature = "loom"))]
        {
            <$t>::first()
        }
    }};
}
pub(crate) use first_value;

/// An array with each place made by `$value`, in a constant except under loom.
macro_rules! filled {
    ($value:expr; $len:expr) => {{
        #[cfg(not(all(loom, feature = "loom")))]
        {
            [const { $value }; $len]
        }
        #[cfg(all(loom, feature = "loom"))]
        {
            core::array::from_fn::<_, { $len }, _>(|_| $value)
        }
    }};
}
pub(crate) use filled;

/// The orderings of a file or folder by name, in a module `order`: each with the edges it makes, and the fault that takes them
/// away. Functions and no constants, since a checker's build plants a fault at run time.
macro_rules! orderings {
    ($($(#[doc = $doc:literal])+ $name:ident = $order:expr;)+) => {
        mod order {
            #[allow(unused_imports)]
            use crate::sync::{Ordering::{self, *}, seeded};
            $(
                $(#[doc = $doc])+
                #[inline(always)]
                pub(super) fn $name() -> Ordering {
                    $order
                }
            )+
        }
    };
}
pub(crate) use orderings;

/// `$right`, unless the fault `$name` is seeded: then `$fault`.
///
/// A fault is seeded to show that a check can fail: at run time in a checker's build (see
/// `sync/seed.rs`), by `--cfg forebay_seed="name"` in any other. No build has one otherwise, and
/// the branch is a constant.
macro_rules! seeded {
    ($name:literal, $fault:expr, $right:expr) => {{
        #[cfg(not(any(all(loom, feature = "loom"), forebay_shuttle)))]
        {
            if cfg!(forebay_seed = $name) { $fault } else { $right }
        }
        #[cfg(any(all(loom, feature = "loom"), forebay_shuttle))]
        {
            if $crate::sync::seed::is_planted($name) { $fault } else { $right }
        }
    }};
}
pub(crate) use seeded;
