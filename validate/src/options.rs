//! How a text is held against a schema.

use crate::json::scan::MAX_DEPTH;
use crate::json::text::{self, Chars};
use crate::scalar::format::Format;
use crate::schema::keyword::Check;

/// How a text is held against a schema.
///
/// # Examples
/// ```
/// use forebay_validate::{Options, Schema, StreamValidator};
///
/// static COUNT: Schema<4> = Schema::integer().minimum(1);
/// let lenient = Options::new().coerce(true).max_depth(8);
/// let mut validator = StreamValidator::<64>::new(&COUNT).with(lenient);
/// assert!(validator.push("\"42\"").is_ok());
/// assert_eq!(validator.finish(), Ok("\"42\""));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Options {
    coerce: bool,
    formats: bool,
    openapi: bool,
    first: bool,
    depth: usize,
    checks: &'static [(&'static str, Check)],
}

impl Options {
    /// Without coercion, `format` holds, all that is wrong is reported, and the depth is what there is room for.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            coerce: false,
            formats: true,
            openapi: false,
            first: false,
            depth: MAX_DEPTH,
            checks: &[],
        }
    }

    /// Whether a scalar may stand for one of another type, as `"42"` for an integer; see
    /// [`coercion`](crate#coercion) for the rules.
    #[must_use]
    pub const fn coerce(self, coerce: bool) -> Self {
        Self { coerce, ..self }
    }

    /// Whether `format` is held against texts, or says nothing (as draft 2020-12 has it).
    #[must_use]
    pub const fn formats(self, formats: bool) -> Self {
        Self { formats, ..self }
    }

    /// Whether the formats of OpenAPI hold too: `int32`, `int64`, `float` and `double` of numbers, `byte` and `url` of strings.
    /// Without that they say nothing.
    ///
    /// # Examples
    /// ```
    /// use forebay_validate::{Options, Schema, StreamValidator};
    ///
    /// static PORT: Schema<4> = Schema::from_json(r#"{"type": "integer", "format": "int32"}"#);
    /// let mut validator = StreamValidator::<16>::new(&PORT).with(Options::new().openapi_formats(true));
    /// assert!(validator.push("2147483648 ").is_err());
    /// ```
    #[must_use]
    pub const fn openapi_formats(self, openapi: bool) -> Self {
        Self { openapi, ..self }
    }

    /// Whether to stop at the first violation.
    #[must_use]
    pub const fn stop_at_first(self, first: bool) -> Self {
        Self { first, ..self }
    }

    /// Most objects and arrays within each other, where that is less than the validator's `DEPTH`; what is deeper is
    /// [`ValidateError::TooDeep`](crate::ValidateError::TooDeep).
    #[must_use]
    pub const fn max_depth(self, depth: usize) -> Self {
        Self { depth, ..self }
    }

    /// Checks that schemas in JSON call by name, with `"customValidator": "name"`. A name that is not
    /// here is [`ValidateError::Reference`](crate::ValidateError::Reference), once a value asks for it.
    #[must_use]
    pub const fn checks(self, checks: &'static [(&'static str, Check)]) -> Self {
        Self { checks, ..self }
    }

    pub(crate) const fn coerces(&self) -> bool {
        self.coerce
    }

    /// Whether a format holds.
    pub(crate) const fn checks_format(&self, format: Format) -> bool {
        self.formats && self.knows_format(format)
    }

    /// Whether a format means anything.
    pub(crate) const fn knows_format(&self, format: Format) -> bool {
        self.openapi || !format.is_of_openapi()
    }

    pub(crate) const fn stops_at_first(&self) -> bool {
        self.first
    }

    pub(crate) const fn depth(&self) -> usize {
        self.depth
    }

    pub(crate) fn check(&self, name: Chars<'_>) -> Option<Check> {
        let known = self.checks.iter().find(|(known, _)| text::same(name, Chars::plain(known)));
        known.map(|(_, check)| *check)
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}
