//! Schemas: their form, and how they are made, read and shown.

pub(crate) mod build;
pub(crate) mod error;
pub(crate) mod keyword;
pub(crate) mod load;
#[cfg(feature = "alloc")]
pub(crate) mod owned;
mod print;
pub(crate) mod registry;
pub(crate) mod rules;
pub(crate) mod texts;
pub(crate) mod uri;
