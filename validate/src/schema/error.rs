//! Why a JSON text is no schema.

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
    /// `$schema` names another dialect than draft 7 and draft 2020-12, or than the text around it.
    Dialect,
    /// A pattern that is wrong or not supported, and why.
    Pattern(&'static str),
    /// A reference to what is not in the text.
    NoSuchPlace,
    /// A reference to another document: [`SchemaError::excerpt`] is its URI.
    OtherDocument,
    /// A URI or a JSON pointer is wrong, or has more than 512 bytes.
    Uri,
    /// There are more keywords than places: a [`Schema`](crate::Schema) of a larger `N` may hold it, none more than 65534.
    TooManyKeywords,
    /// Patterns have more instructions than there are places: a [`Schema`](crate::Schema) of a larger `I` may hold them.
    TooManyInstructions,
    /// References are so many, and so far from what they refer to, that to follow them would take too long.
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
            Self::Dialect => {
                ["$schema: only draft 7 and draft 2020-12 are known, one in a text", "", ""]
            }
            Self::Pattern(why) => ["a pattern: ", why, ""],
            Self::NoSuchPlace => ["a reference to what is not there", "", ""],
            Self::OtherDocument => ["a reference to another document", "", ""],
            Self::Uri => ["a URI that is wrong or too long", "", ""],
            Self::TooManyKeywords => ["the schema has more keywords than places: raise N", "", ""],
            Self::TooManyInstructions => {
                ["its patterns have more instructions than places: raise I", "", ""]
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
        Self { at, len, kind }
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

    /// The part of the schema's text that is wrong; nothing of another text.
    #[must_use]
    pub fn excerpt(self, text: &str) -> &str {
        text.get(self.at..self.at.saturating_add(self.len)).unwrap_or("")
    }

    /// In words, for a panic at compile time: `out` must have 160 bytes or more.
    pub(crate) const fn describe(self, out: &mut [u8]) -> &str {
        let mut len = copy(b"byte ", out, 0);
        let mut unit = 1;
        while self.at / unit >= 10 {
            unit *= 10;
        }
        while unit > 0 {
            len = copy(&[b'0' + (self.at / unit % 10) as u8], out, len);
            unit /= 10;
        }
        len = copy(b": ", out, len);
        let words = self.kind.words();
        let mut i = 0;
        while i < words.len() {
            len = copy(words[i].as_bytes(), out, len);
            i += 1;
        }
        match core::str::from_utf8(out.split_at(len).0) {
            Ok(text) => text,
            Err(_) => "wrong schema",
        }
    }
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
        write!(f, "byte {}: {}", self.at, self.kind)
    }
}

impl core::error::Error for SchemaError {}
