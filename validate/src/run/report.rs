//! What a validation says: violations and coerced values, in bounded texts.

use super::log::{Log, Told, WritePath};
use crate::json::position::Position;
use crate::scalar::coerce::Coerced;
use core::fmt::{self, Write};
use core::ops::Deref;
use heapless::{String, Vec};

/// A text of at most `CAP` bytes. What does not fit is cut off, and the end then reads `…`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text<const CAP: usize> {
    text: String<CAP>,
    cut: bool,
}

impl<const CAP: usize> Text<CAP> {
    /// Whether some of it did not fit.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.cut
    }
}

impl<const CAP: usize> Deref for Text<CAP> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl<const CAP: usize> fmt::Display for Text<CAP> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// Takes what fits, and never fails.
impl<const CAP: usize> Write for Text<CAP> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.cut || self.text.push_str(text).is_ok() {
            return Ok(());
        }
        self.cut = true;
        for c in text.chars() {
            if self.text.push(c).is_err() {
                break;
            }
        }
        while CAP.saturating_sub(self.text.len()) < '…'.len_utf8() && self.text.pop().is_some() {}
        let _ = self.text.push('…');
        Ok(())
    }
}

#[cfg(feature = "serde")]
impl<const CAP: usize> serde::Serialize for Text<CAP> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

#[cfg(feature = "defmt")]
impl<const CAP: usize> defmt::Format for Text<CAP> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=str}", self);
    }
}

/// How many bytes of a path there is room for, of a [`Violation`] or a [`Coercion`].
pub const PATH: usize = 96;
/// How many bytes of a [`Violation`]'s place in the schema there is room for.
pub const SCHEMA_PATH: usize = 128;
/// How many bytes of a [`Violation`]'s message there is room for, and of a [`Coercion`]'s value.
pub const MESSAGE: usize = 160;

/// A fault of a value. 456 bytes on 64-bit targets: it stays in its report, or is borrowed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Violation {
    path: Text<PATH>,
    schema_path: Text<SCHEMA_PATH>,
    message: Text<MESSAGE>,
    keyword: &'static str,
    at: u32,
}

impl Violation {
    /// Where the value is, as a JSON Pointer (RFC 6901): `/items/2/name`; empty for the text as a whole. A fault of
    /// the name of a member is reported for the object that has it.
    #[must_use]
    pub fn path(&self) -> &Text<PATH> {
        &self.path
    }

    /// The keyword that it does not fit, as `minimum`, or `check` for a check of one's own. A part that nothing fits has the keyword
    /// that says so, as `additionalProperties`; a value that nothing fits has `false`.
    #[must_use]
    pub fn keyword(&self) -> &'static str {
        self.keyword
    }

    /// Where the keyword is, as a JSON Pointer from the schema's root through what it refers to:
    /// `/properties/items/items/$ref/minimum`. A keyword of an older draft has its name in the latest.
    #[must_use]
    pub fn schema_path(&self) -> &Text<SCHEMA_PATH> {
        &self.schema_path
    }

    /// In words: `must be at least 18`. Of `anyOf` and the like, also what is wrong with the closest of its schemas: one that
    /// has a property whose value its `const` or `enum` lists, or else the one that failed at the deepest value; of several, one whose type is right.
    #[must_use]
    pub fn message(&self) -> &Text<MESSAGE> {
        &self.message
    }

    /// The byte of the text at which it was noticed, from 0: the last of a char, a key or a value, or the byte behind a number.
    /// The length of the text if only its end told.
    ///
    /// If only the first violation is asked for, it is the earliest byte with which no text fits, in whatever pieces the text
    /// comes. Otherwise it may be the last byte of a key or a string.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at as usize
    }

    /// Its line and column in the text that was validated.
    #[must_use]
    pub fn position(&self, text: &str) -> Position {
        Position::of(text, self.at())
    }
}

/// As `/age: must be at least 18`; the text as a whole is called `value`.
impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path: &str = if self.path.is_empty() { "value" } else { &self.path };
        write!(f, "{path}: {}", self.message)
    }
}

impl core::error::Error for Violation {}

/// A value that was taken for one of another type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Coercion {
    path: Text<PATH>,
    value: Text<MESSAGE>,
}

impl Coercion {
    /// Where the value is, as [`Violation::path`].
    #[must_use]
    pub fn path(&self) -> &Text<PATH> {
        &self.path
    }

    /// What it was taken for, in JSON: `42` for a text that has `"42"` where a number is asked for.
    #[must_use]
    pub fn value(&self) -> &Text<MESSAGE> {
        &self.value
    }
}

/// What [`Engine::validate`](crate::Engine::validate) says of a text: whether it fits, up to `ERRORS`
/// violations, and up to as many coerced values.
///
/// Of a branch that fails (`anyOf`, `if`, …) that keyword is reported, with one reason in words. A report that is used again is
/// emptied first.
///
/// # Context
/// Plain data: may be read anywhere.
#[derive(Debug)]
pub struct Report<const ERRORS: usize> {
    violations: Vec<Violation, ERRORS>,
    missed: usize,
    coercions: Vec<Coercion, ERRORS>,
    coercions_missed: usize,
    valid: bool,
    /// The first violation is enough.
    pub(crate) first: bool,
}

impl<const ERRORS: usize> Report<ERRORS> {
    /// Says that all is well.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            violations: Vec::new(),
            missed: 0,
            coercions: Vec::new(),
            coercions_missed: 0,
            valid: true,
            first: false,
        }
    }

    /// Back to where [`new`](Self::new) is.
    pub fn clear(&mut self) {
        // Not a new one: that would copy all of the room.
        self.violations.clear();
        self.coercions.clear();
        (self.missed, self.coercions_missed) = (0, 0);
        (self.valid, self.first) = (true, false);
    }

    /// Whether the text fits the schema.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.valid
    }

    pub(crate) fn set_valid(&mut self, valid: bool) {
        self.valid = valid;
    }

    /// What is wrong, in the order in which it was noticed, with the first `ERRORS`. Never empty if the text does not fit,
    /// unless `ERRORS` is 0.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Violations that there was no room for.
    #[must_use]
    pub fn missed(&self) -> usize {
        self.missed
    }

    /// The values that were taken for others, the first `ERRORS`.
    #[must_use]
    pub fn coercions(&self) -> &[Coercion] {
        &self.coercions
    }

    /// Coercions that there was no room for.
    #[must_use]
    pub fn coercions_missed(&self) -> usize {
        self.coercions_missed
    }
}

impl<const ERRORS: usize> Default for Report<ERRORS> {
    fn default() -> Self {
        Self::new()
    }
}

/// The violations, one a line.
impl<const ERRORS: usize> fmt::Display for Report<ERRORS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.valid {
            return f.write_str("valid");
        }
        for (i, violation) in self.violations.iter().enumerate() {
            if i != 0 {
                f.write_char('\n')?;
            }
            fmt::Display::fmt(violation, f)?;
        }
        if self.missed != 0 {
            write!(f, "\nand {} more", self.missed)?;
        }
        Ok(())
    }
}

#[cfg(feature = "serde")]
impl<const ERRORS: usize> serde::Serialize for Report<ERRORS> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;

        let mut report = serializer.serialize_struct("Report", 5)?;
        report.serialize_field("valid", &self.valid)?;
        report.serialize_field("violations", self.violations())?;
        report.serialize_field("missed", &self.missed)?;
        report.serialize_field("coercions", self.coercions())?;
        report.serialize_field("coercions_missed", &self.coercions_missed)?;
        report.end()
    }
}

#[cfg(feature = "defmt")]
impl<const ERRORS: usize> defmt::Format for Report<ERRORS> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=bool} {=[?]} +{=usize}", self.valid, self.violations(), self.missed);
    }
}

impl<const ERRORS: usize> Log for Report<ERRORS> {
    fn wants_more(&self) -> bool {
        !self.first
    }

    fn violation(&mut self, told: Told<'_>) {
        // What is wrong at the same byte is not asked for either.
        if self.first && !self.violations.is_empty() {
            return;
        }
        // Nothing is written for what does not fit.
        if self.violations.is_full() {
            self.missed = self.missed.saturating_add(1);
            return;
        }
        let mut violation = Violation {
            path: Text::default(),
            schema_path: Text::default(),
            message: Text::default(),
            keyword: told.keyword,
            at: told.at,
        };
        // A `Text` takes everything.
        let _ = (told.path)(&mut violation.path);
        let _ = (told.schema_path)(&mut violation.schema_path);
        let _ = write!(violation.message, "{}", told.message);
        let _ = self.violations.push(violation);
    }

    fn coerced(&mut self, path: WritePath<'_>, value: &Coerced) {
        if self.coercions.is_full() {
            self.coercions_missed = self.coercions_missed.saturating_add(1);
            return;
        }
        let mut coercion = Coercion { path: Text::default(), value: Text::default() };
        let _ = path(&mut coercion.path);
        let _ = value.write_json(&mut coercion.value);
        let _ = self.coercions.push(coercion);
    }
}
