//! Why a text could not be held against a schema to its end.

use super::engine::Fault;
use crate::json::position::Position;
use crate::json::scan::Malformed;
use core::fmt;

/// Why a text could not be held against a schema to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ValidateError {
    /// All reports are lent, where a pool lends them.
    Exhausted(NoReport),
    /// The text is not JSON.
    Malformed {
        /// The byte, from 0.
        at: usize,
        /// What is wrong with it.
        what: Malformed,
    },
    /// More objects and arrays within each other than [`Options::max_depth`](crate::Options::max_depth), `DEPTH` or 128.
    TooDeep {
        /// The byte of the one too many, from 0.
        at: usize,
    },
    /// The schema, or the text, asks for more than the validator has room for.
    TooComplex {
        /// The byte of the text at which it did, from 0.
        at: usize,
        /// What there was no room for.
        what: &'static str,
    },
    /// The schema refers to a definition or a check that there is not.
    Reference {
        /// The byte of the text at which it was needed, from 0.
        at: usize,
    },
    /// Whether the text fits hangs on a schema that refers to itself, for one value without end.
    Circle {
        /// The byte of the text at which that value had ended, from 0.
        at: usize,
        /// Where in the schema's text, or those behind it, such a schema starts; 0 of one that was built.
        schema: usize,
    },
}

impl ValidateError {
    /// The byte of the text that it is about, from 0, if it is about the text.
    #[must_use]
    pub const fn at(self) -> Option<usize> {
        match self {
            Self::Exhausted(_) => None,
            Self::Malformed { at, .. }
            | Self::TooDeep { at }
            | Self::TooComplex { at, .. }
            | Self::Reference { at }
            | Self::Circle { at, .. } => Some(at),
        }
    }

    /// The line and column of that byte.
    #[must_use]
    pub fn position(self, text: &str) -> Option<Position> {
        self.at().map(|at| Position::of(text, at))
    }

    pub(crate) fn new(fault: Fault, at: usize) -> Self {
        match fault {
            Fault::Malformed(what) => Self::Malformed { at, what },
            Fault::TooDeep => Self::TooDeep { at },
            Fault::TooComplex(what) => Self::TooComplex { at, what },
            Fault::Reference => Self::Reference { at },
            Fault::Circle(at, schema) => Self::Circle { at: at as usize, schema: schema as usize },
        }
    }
}

impl fmt::Display for ValidateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exhausted(exhausted) => write!(f, "no report: {exhausted}"),
            Self::Malformed { at, what } => write!(f, "byte {at}: {what}"),
            Self::TooDeep { at } => {
                write!(f, "byte {at}: too many objects and arrays within each other")
            }
            Self::TooComplex { at, what } => write!(f, "byte {at}: no room for more {what}"),
            Self::Reference { at } => {
                write!(
                    f,
                    "byte {at}: the schema refers to a definition or a check that is not there"
                )
            }
            Self::Circle { at, schema } => {
                write!(f, "byte {at}: the schema at byte {schema} of its text refers to itself")
            }
        }
    }
}

impl core::error::Error for ValidateError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Exhausted(exhausted) => Some(exhausted),
            Self::Malformed { what, .. } => Some(what),
            _ => None,
        }
    }
}

/// A pool that lends reports has none left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NoReport {
    capacity: usize,
}

impl NoReport {
    /// Of a pool of so many.
    #[must_use]
    pub const fn new(capacity: usize) -> Self {
        Self { capacity }
    }

    /// How many reports the pool has in all.
    #[must_use]
    pub const fn capacity(self) -> usize {
        self.capacity
    }
}

impl fmt::Display for NoReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pool of {} exhausted", self.capacity)
    }
}

impl core::error::Error for NoReport {}
