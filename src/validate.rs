//! Checks of JSON values against a schema.
// The modules below have no users yet.
#![allow(dead_code)]

mod coerce;
mod format;
mod number;

pub use format::Format;
