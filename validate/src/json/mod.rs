//! JSON itself: types, chars, a scanner, numbers and values.

pub(crate) mod number;
pub(crate) mod pointer;
pub(crate) mod position;
pub(crate) mod scan;
pub(crate) mod text;
pub(crate) mod types;
pub(crate) mod value;
pub(crate) mod walk;
