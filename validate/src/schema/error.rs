//! Why a JSON text is no schema.

use super::keyword::NONE;
use crate::json::position::Position;
use crate::json::scan::Malformed;
use core::fmt;

/// What is wrong with a schema's text, and where.
///
/// # Examples
/// ```
/// use forebay_validate::{Schema, SchemaErrorKind};
///
/// let text = r#"{"type": "integer", "minimum": "3"}"#;
/// let error = Schema::<8>::try_from_json(text).unwrap_err();
/// assert_eq!(error.at(), 31);
/// assert_eq!(error.excerpt(text), r#""3""#);
/// assert!(matches!(error.kind(), SchemaErrorKind::Form { keyword: "minimum", .. }));
/// assert_eq!(error.to_string(), "byte 31: minimum: expected a number");
/// assert_eq!(error.position(text).to_string(), "line 1, column 32");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SchemaError {
    pub(crate) at: usize,
    pub(crate) len: usize,
    pub(crate) kind: SchemaErrorKind,
    /// 0, or of another document its number from 1.
    pub(crate) document: usize,
    pub(crate) limit: Limit,
}

/// The limit that a schema is beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(crate) enum Limit {
    /// None, or one that no parameter moves.
    None,
    /// It needs so many keywords.
    Keywords(usize),
    /// The `N` of a type must be so large.
    RaiseN(usize),
    /// The `I` of a type must be larger than this.
    RaiseI(usize),
}

/// What is wrong with a schema's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SchemaErrorKind {
    /// It is no JSON.
    Json(Malformed),
    /// More than 128 objects and arrays within each other.
    TooDeep,
    /// The text has 4 GiB or more.
    TooLong,
    /// A schema must stand here: an object, `true` or `false`.
    NotASchema,
    /// A keyword's value is not what it must be.
    Form {
        /// The keyword.
        keyword: &'static str,
        /// What its value must be.
        expected: &'static str,
    },
    /// A schema has this keyword twice.
    Twice(&'static str),
    /// A keyword that would change the verdict, and that is not supported.
    Unsupported(&'static str),
    /// `$schema` names draft 3 or an older one.
    Dialect,
    /// A pattern that is wrong or not supported, and why.
    Pattern(&'static str),
    /// A reference to what is not in the text.
    NoSuchPlace,
    /// A reference to a document that is not there: [`SchemaError::excerpt`] is its URI, as it stands in the text.
    /// [`Registry::with_documents`](crate::Registry::with_documents) adds some.
    OtherDocument,
    /// References lead to more than 128 other documents, or to 4 GiB of them.
    TooManyDocuments,
    /// A URI or a JSON pointer is wrong, or has more than 512 bytes.
    Uri,
    /// There are more keywords than places: a [`Schema`](crate::Schema) of a larger `N` may hold it, none more than 65534.
    TooManyKeywords,
    /// Patterns have more instructions than there are places: a [`Schema`](crate::Schema) of a larger `I` may hold them.
    TooManyInstructions,
    /// Names are so many, and so alike, that to follow references would take too long.
    TooMuchWork,
}

impl SchemaErrorKind {
    /// Its parts, in words.
    const fn words(self) -> [&'static str; 3] {
        match self {
            Self::Json(why) => ["not JSON: ", why.message(), ""],
            Self::TooDeep => ["more than 128 objects and arrays within each other", "", ""],
            Self::TooLong => ["the text has 4 GiB or more", "", ""],
            Self::NotASchema => ["expected a schema: an object or a boolean", "", ""],
            Self::Form { keyword, expected } => [keyword, ": expected ", expected],
            Self::Twice(keyword) => [keyword, " stands twice in a schema", ""],
            Self::Unsupported(keyword) => [keyword, " is not supported", ""],
            Self::Dialect => ["$schema: drafts before draft 4 are not supported", "", ""],
            Self::Pattern(why) => ["a pattern: ", why, ""],
            Self::NoSuchPlace => ["a reference to what is not there", "", ""],
            Self::OtherDocument => ["a reference to a document that is not there", "", ""],
            Self::TooManyDocuments => ["references to more than 128 documents", "", ""],
            Self::Uri => ["a URI that is wrong or too long", "", ""],
            Self::TooManyKeywords => ["the schema has more keywords than places", "", ""],
            Self::TooManyInstructions => {
                ["its patterns have more instructions than places", "", ""]
            }
            Self::TooMuchWork => ["references that take too long to follow", "", ""],
        }
    }
}

impl fmt::Display for SchemaErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.words().into_iter().try_for_each(|words| f.write_str(words))
    }
}

impl SchemaError {
    pub(crate) const fn new(at: usize, len: usize, kind: SchemaErrorKind) -> Self {
        Self { at, len, kind, document: 0, limit: Limit::None }
    }

    /// The same of a type with an `N` and this `I`.
    pub(crate) const fn raised(self, insts: usize) -> Self {
        let limit = match (self.kind, self.limit) {
            (SchemaErrorKind::TooManyKeywords, Limit::Keywords(needed)) => Limit::RaiseN(needed),
            (SchemaErrorKind::TooManyInstructions, _) => Limit::RaiseI(insts),
            (_, other) => other,
        };
        Self { limit, ..self }
    }

    /// How many bytes of the text stand before the fault.
    #[must_use]
    pub const fn at(self) -> usize {
        self.at
    }

    /// Its line and column in the schema's text.
    #[must_use]
    pub fn position(self, text: &str) -> Position {
        Position::of(text, self.at)
    }

    /// What is wrong.
    #[must_use]
    pub const fn kind(self) -> SchemaErrorKind {
        self.kind
    }

    /// `None` if the fault is in the schema's text; else the place, from 0, of the document among the
    /// [registered ones](crate::Registry::with_documents) that it is in.
    #[must_use]
    pub const fn document(self) -> Option<usize> {
        self.document.checked_sub(1)
    }

    /// The part of the text that is wrong, if `text` is the one that it is in; else nothing.
    #[must_use]
    pub fn excerpt(self, text: &str) -> &str {
        text.get(self.at..self.at.saturating_add(self.len)).unwrap_or("")
    }

    /// Advice about a limit: words, a number if it is not 0, and more words.
    const fn advice(&self) -> (&'static str, usize, &'static str) {
        match self.limit {
            Limit::None => ("", 0, ""),
            Limit::Keywords(needed) => (": it has ", needed, ", and 65534 are the most"),
            Limit::RaiseN(needed) if needed >= NONE as usize => (": 65534 are the most", 0, ""),
            Limit::RaiseN(needed) => (": raise N to ", needed, " or more"),
            Limit::RaiseI(now) => (": raise I, which is ", now, ""),
        }
    }

    /// In words, for a panic at compile time: `out` must have 160 bytes or more.
    pub(crate) const fn describe(self, out: &mut [u8]) -> &str {
        let mut len = 0;
        if self.document > 0 {
            len = copy(b"document ", out, len);
            len = copy_number(self.document, out, len);
            len = copy(b", ", out, len);
        }
        len = copy(b"byte ", out, len);
        len = copy_number(self.at, out, len);
        len = copy(b": ", out, len);
        let words = self.kind.words();
        let mut i = 0;
        while i < words.len() {
            len = copy(words[i].as_bytes(), out, len);
            i += 1;
        }
        let (before, number, after) = self.advice();
        len = copy(before.as_bytes(), out, len);
        if number > 0 {
            len = copy_number(number, out, len);
        }
        len = copy(after.as_bytes(), out, len);
        match core::str::from_utf8(out.split_at(len).0) {
            Ok(text) => text,
            Err(_) => "wrong schema",
        }
    }
}

const fn copy_number(number: usize, to: &mut [u8], mut at: usize) -> usize {
    let mut unit = 1;
    while number / unit >= 10 {
        unit *= 10;
    }
    while unit > 0 {
        at = copy(&[b'0' + (number / unit % 10) as u8], to, at);
        unit /= 10;
    }
    at
}

const fn copy(from: &[u8], to: &mut [u8], at: usize) -> usize {
    let mut i = 0;
    while i < from.len() && at + i < to.len() {
        to[at + i] = from[i];
        i += 1;
    }
    at + i
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.describe(&mut [0; 256]))
    }
}

impl core::error::Error for SchemaError {}
