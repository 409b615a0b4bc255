//! A text held against a schema.

mod begin;
pub(crate) mod end;
pub(crate) mod engine;
pub(crate) mod error;
pub(crate) mod fast;
pub(crate) mod input;
#[cfg(feature = "serde")]
pub(crate) mod list;
pub(crate) mod log;
mod paths;
pub(crate) mod report;
mod string;
mod taken;
mod unevaluated;
mod verdict;
pub(crate) mod whole;
