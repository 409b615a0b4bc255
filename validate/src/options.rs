//! How a text is held against a schema.

use crate::json::scan::MAX_DEPTH;
use crate::json::text::{self, Chars};
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
    first: bool,
    depth: usize,
    checks: &'static [(&'static str, Check)],
}

impl Options {
    /// Without coercion, `format` holds, all that is wrong is reported, and the depth is what there is room for.
    #[must_use]
    pub const fn new() -> Self {
        Self { coerce: false, formats: true, first: false, depth: MAX_DEPTH, checks: &[] }
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

    pub(crate) const fn checks_formats(&self) -> bool {
        self.formats
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
