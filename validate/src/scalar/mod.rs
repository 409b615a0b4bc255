//! Formats of strings, and scalars that are taken for others.

pub(crate) mod coerce;
pub(crate) mod format;
mod regex;
