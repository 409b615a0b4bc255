//! Whole texts.

use crate::error::Exhausted;
use crate::metrics::Metrics;
use crate::pool::{Lease, Pool};
use crate::reset::Reset;
use crate::validate::json::scan::Malformed;
use crate::validate::options::Options;
use crate::validate::run::engine::{Engine, Fault};
use crate::validate::run::fast;
use crate::validate::run::input::Input;
use crate::validate::run::report::Report;
use crate::validate::schema::rules::Rules;
use core::fmt;

/// Why a text could not be held against a schema to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ValidateError {
    /// All reports are lent.
    Exhausted(Exhausted),
    /// The text is not JSON.
    Malformed {
        /// The byte, from 0.
        at: usize,
        /// What is wrong with it.
        what: Malformed,
    },
    /// More objects and arrays within each other than [`Options::max_depth`], `DEPTH` or 128.
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
    /// The schema refers to a definition or a check that there is not, or to itself without end.
    Reference {
        /// The byte of the text at which it was needed, from 0.
        at: usize,
    },
}

impl ValidateError {
    pub(crate) fn new(fault: Fault, at: usize) -> Self {
        match fault {
            Fault::Malformed(what) => Self::Malformed { at, what },
            Fault::TooDeep => Self::TooDeep { at },
            Fault::TooComplex(what) => Self::TooComplex { at, what },
            Fault::Reference => Self::Reference { at },
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
                write!(f, "byte {at}: the schema refers to what there is not, or to itself")
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

impl From<Exhausted> for ValidateError {
    fn from(exhausted: Exhausted) -> Self {
        Self::Exhausted(exhausted)
    }
}

/// Holds JSON texts against schemas without a tree and without the heap: what it needs, and what it says, comes from
/// its own pools.
///
/// # Shape
/// `RESULTS` reports can be out at once, each with room for `ERRORS` violations. Objects and arrays may be `DEPTH`
/// deep within each other (at most 128), and `ENTRIES` schemas may apply at once, to a value and to all those around it;
/// as many items of arrays with `uniqueItems` are held at once. Besides, there is room for 2,048 names that are required
/// at once, and for 32 patterns of about 8,000 instructions in all on one string. What is deeper is
/// [`ValidateError::TooDeep`], what needs more of the others [`ValidateError::TooComplex`]. Texts may have up to 4 GiB.
///
/// A report takes 472 bytes for each of `ERRORS`, which is a violation and a coerced value. What a validation works with
/// takes 46 bytes for each of `ENTRIES`, 32 for each of `DEPTH`, and 1.6 KB. There are `RESULTS` of both: 18 KB each with
/// the defaults, on 64-bit targets. They are made on the stack of the caller who first needs them. A validation takes 28 bytes of
/// stack for each of `DEPTH` itself.
///
/// # Context
/// [`validate`](Self::validate) does not wait: lock-free gets, a look whether the text plainly fits, which most that fit
/// do, else one pass over it with the keywords that apply, and what is [compared](super#bounds). That may be long for an interrupt handler.
///
/// # Source
/// go-llms' `Validator` (`pkg/schema/validation/validator.go`), whose results never go back to their pool.
///
/// # Examples
/// ```
/// use forebay::validate::{Schema, Validator};
///
/// static PERSON: Schema<16> = Schema::object()
///     .property("name", Schema::string().min_length(1))
///     .property("age", Schema::integer().minimum(0))
///     .required(&["name"])
///     .closed();
///
/// static VALIDATOR: Validator<4> = Validator::new(); // four reports at once
///
/// let report = VALIDATOR.validate(&PERSON, r#"{"name": "Ada", "age": 36}"#)?;
/// assert!(report.is_valid());
///
/// let report = VALIDATOR.validate(&PERSON, r#"{"age": "36", "agee": 1}"#)?;
/// assert_eq!(
///     report.to_string(),
///     "/age: must be an integer\n/agee: is not allowed\nvalue: must have the property \"name\""
/// );
/// # Ok::<(), forebay::validate::ValidateError>(())
/// ```
pub struct Validator<
    const RESULTS: usize,
    const ERRORS: usize = 8,
    const DEPTH: usize = 32,
    const ENTRIES: usize = 256,
> {
    options: Options,
    reports: Pool<Report<ERRORS>, RESULTS>,
    engines: Pool<Engine<DEPTH, ENTRIES>, RESULTS>,
}

impl<const RESULTS: usize, const ERRORS: usize, const DEPTH: usize, const ENTRIES: usize>
    Validator<RESULTS, ERRORS, DEPTH, ENTRIES>
{
    crate::sync::const_fn! {
        /// With [`Options::new`].
        #[must_use]
        pub const fn new() -> Self {
            Self { options: Options::new(), reports: Pool::new(), engines: Pool::new() }
        }
    }

    /// The same with these options.
    #[must_use]
    pub const fn with(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Holds `json` against `schema`, a `&Schema` or a `&SchemaBuf`.
    ///
    /// # Errors
    /// If all reports are lent, if `json` is not JSON, or if it or the schema needs more room than there is. A text
    /// that does not fit is no error: the report says so.
    ///
    /// # Panics
    /// As the [checks](crate::validate::Check) that the schema calls do; report and room go back then.
    ///
    /// # Examples
    /// See [`Validator`].
    pub fn validate<'s>(
        &self,
        schema: impl Into<Rules<'s>>,
        json: &str,
    ) -> Result<Lease<&Pool<Report<ERRORS>, RESULTS>>, ValidateError> {
        let mut report = self.reports.try_get()?;
        let input = Input { rules: schema.into(), options: &self.options, text: json };
        if u32::try_from(json.len()).is_err() {
            return Err(ValidateError::new(Fault::TooComplex("bytes"), 0));
        }
        if fast::fits::<DEPTH>(input, ENTRIES) {
            report.set_valid(true);
            return Ok(report);
        }
        let mut engine = self.engines.try_get()?;
        report.first = self.options.stops_at_first();
        let valid = engine
            .advance(input, &mut *report)
            .and_then(|()| engine.finish(input, &mut *report))
            .map_err(|fault| ValidateError::new(fault, engine.at()))?;
        report.set_valid(valid);
        Ok(report)
    }

    /// The counts of the pool of reports: `gets` are validations, `exhausted` those that found no report.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.reports.metrics()
    }

    /// Reports that can still be had.
    #[must_use]
    pub fn available(&self) -> usize {
        self.reports.available()
    }
}

impl<const RESULTS: usize, const ERRORS: usize, const DEPTH: usize, const ENTRIES: usize> Default
    for Validator<RESULTS, ERRORS, DEPTH, ENTRIES>
{
    fn default() -> Self {
        Self::new()
    }
}

impl<const RESULTS: usize, const ERRORS: usize, const DEPTH: usize, const ENTRIES: usize> fmt::Debug
    for Validator<RESULTS, ERRORS, DEPTH, ENTRIES>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Validator")
            .field("options", &self.options)
            .field("available", &self.available())
            .finish_non_exhaustive()
    }
}

impl<const DEPTH: usize, const ENTRIES: usize> Default for Engine<DEPTH, ENTRIES> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const DEPTH: usize, const ENTRIES: usize> Reset for Engine<DEPTH, ENTRIES> {
    fn reset(&mut self) {
        self.clear();
    }
}
