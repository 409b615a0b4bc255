//! JSON schemas, and texts held against them without a tree or a heap: the crate `forebay-validate`, with pools.
//!
//! A [`Schema`] is built in Rust or read from JSON text, both also at compile time; a `SchemaBuf` (`std`) is
//! read at run time. [`Validator`] holds whole texts against one, and lends its reports from a pool. [`StreamValidator`]
//! takes a text in pieces, as a model makes it, and says at the earliest byte that it cannot fit any more.
//!
//! ```
//! use forebay::validate::{Schema, StreamValidator, Validator};
//!
//! /// Read while this compiles: what is wrong with it is a compile error.
//! static ANSWER: Schema<16> = Schema::from_json(
//!     r#"{
//!         "type": "object",
//!         "properties": {"answer": {"type": "integer", "minimum": 0}},
//!         "required": ["answer"]
//!     }"#,
//! );
//! static VALIDATOR: Validator<2> = Validator::new();
//!
//! let report = VALIDATOR.validate(&ANSWER, r#"{"answer": -42}"#)?;
//! assert_eq!(report.to_string(), "/answer: must be at least 0");
//!
//! let mut stream = StreamValidator::<256>::new(&ANSWER);
//! stream.push(r#"{"ans"#).unwrap();
//! stream.push(r#"wer": "#).unwrap();
//! assert!(stream.push(r#""fo"#).is_err(), "a string is no integer: the model can stop");
//! # Ok::<(), forebay::validate::ValidateError>(())
//! ```
//!
//! The pages of [`forebay_validate`] list the keywords that are followed, the bounds, and the rules of coercion. Everything
//! of that crate is here, too. Beside it stand the pools of [`Validator`], and what makes a [`Receiver`] the
//! [`Source`] of a text.
//!
//! # Streams
//! The model is told at once that its answer is no good:
//! ```
//! use forebay::validate::{Rejected, Schema, StreamValidator};
//! use forebay::{SendError, StreamPool, Token};
//!
//! static STREAMS: StreamPool<Token, 4> = StreamPool::new();
//! static ANSWER: Schema<12> = Schema::object()
//!     .property("city", Schema::string().one_of_strings(&["Oslo", "Paris"]))
//!     .closed();
//!
//! let (mut model, mut receiver) = STREAMS.try_open()?;
//! let mut validator = StreamValidator::<256>::new(&ANSWER);
//!
//! model.try_send_text(r#"{"city": "O"#).unwrap();
//! assert_eq!(validator.receive(&mut receiver), Ok(None)); // not ended yet
//! model.try_send_text("tt").unwrap();
//! let rejected = validator.receive(&mut receiver).unwrap_err();
//! assert_eq!(rejected, Rejected::Invalid { at: 11, keyword: "enum" });
//! let violation = validator.violation().unwrap();
//! assert_eq!(violation.to_string(), "/city: must be one of \"Oslo\", \"Paris\"");
//!
//! // The receiver has left for the validator, and the next token does not go out.
//! assert!(matches!(model.try_send(Token::default()), Err(SendError::Cancelled(_))));
//! # Ok::<(), forebay::Exhausted>(())
//! ```
//!
//! Where the policy is `Waking`, wait for tokens and push them; dropping the receiver is what tells the sender then.
//! ```
//! # #[cfg(any(feature = "std", feature = "async"))] {
//! use forebay::validate::{Rejected, StreamValidator};
//! use forebay::{Receiver, StreamPool, Token, Waking};
//!
//! async fn check<'v>(
//!     mut answer: Receiver<&StreamPool<Token, 64, 20, Waking>>,
//!     validator: &'v mut StreamValidator<'_, 4096>,
//! ) -> Result<&'v str, Rejected> {
//!     while let Ok(token) = answer.recv().await {
//!         validator.push(&token)?;
//!     }
//!     validator.finish()
//! }
//! # }
//! ```
//!
//! # Source
//! go-llms' `Validator`.
//

#[cfg(feature = "std")]
#[doc(inline)]
pub use forebay_validate::SchemaBuf;
#[doc(inline)]
pub use forebay_validate::{
    Check, Coercion, Draft, Engine, Format, Input, MESSAGE, Malformed, NoReport, Options, PATH,
    Position, Registry, Rejected, Report, Rules, SCHEMA_PATH, Schema, SchemaError, SchemaErrorKind,
    Source, StreamValidator, Text, Types, ValidateError, Value, Violation,
};

use crate::error::{End, Exhausted, RecvError};
use crate::pool::{Lease, Metrics, Pool};
use crate::reset::Reset;
use crate::stream::{Receiver, StreamRef};
use core::fmt;

impl From<Exhausted> for ValidateError {
    fn from(exhausted: Exhausted) -> Self {
        Self::Exhausted(NoReport::new(exhausted.capacity()))
    }
}

/// Holds JSON texts against schemas without a tree and without the heap: what it needs, and what it says, comes from
/// its own pools.
///
/// # Shape
/// `RESULTS` reports can be out at once, each with room for `ERRORS` violations. Objects and arrays may be `DEPTH`
/// deep within each other (at most 128), and `ENTRIES` schemas may apply at once, to a value and to all those around it;
/// as many items of arrays with `uniqueItems` are held at once. Besides, there is room for 2,048 names that are required
/// at once. A string is held against 32 patterns of 8,160 instructions in all while it comes, and against more at its end.
/// Texts may have up to 4 GiB. A deeper text fails with [`ValidateError::TooDeep`], one that needs more of the others with
/// [`ValidateError::TooComplex`].
///
/// A report takes 744 bytes for each of `ERRORS`, which is a violation and a coerced value. The engine of a validation
/// takes 62 bytes for each of `ENTRIES`, 32 for each of `DEPTH`, and 1.8 KB. There are `RESULTS` of both: 41 KB each with
/// the defaults, on 64-bit targets. They are made on the stack of the caller who first needs them. A validation takes 36 bytes of
/// stack for each of `DEPTH` itself.
///
/// # Context
/// [`validate`](Self::validate) does not wait: lock-free gets, a look whether the text plainly fits, which most that fit
/// do, else one pass over it with the keywords that apply, and what is [compared](forebay_validate#bounds). That may be long for an interrupt handler.
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
///     "/age: must be an integer\nvalue: must not have the property \"agee\"\nvalue: must have the property \"name\""
/// );
/// # Ok::<(), forebay::validate::ValidateError>(())
/// ```
pub struct Validator<
    const RESULTS: usize,
    const ERRORS: usize = 8,
    const DEPTH: usize = 32,
    const ENTRIES: usize = 512,
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
    /// As the [checks](Check) that the schema calls do; report and room go back then.
    ///
    /// # Examples
    /// See [`Validator`].
    pub fn validate<'s>(
        &self,
        schema: impl Into<Rules<'s>>,
        json: &str,
    ) -> Result<Lease<&Pool<Report<ERRORS>, RESULTS>>, ValidateError> {
        let mut report = self.reports.try_get()?;
        let input = Input::new(schema.into(), &self.options, json)?;
        // A report that was just lent says that all is well.
        if !Engine::<DEPTH, ENTRIES>::fits_plainly(input) {
            self.engines.try_get()?.run(input, &mut report)?;
        }
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

impl<const DEPTH: usize, const ENTRIES: usize> Reset for Engine<DEPTH, ENTRIES> {
    fn reset(&mut self) {
        self.clear();
    }
}

impl<const ERRORS: usize> Reset for Report<ERRORS> {
    fn reset(&mut self) {
        self.clear();
    }
}

impl<S: StreamRef<Token: AsRef<str>>> Source for Receiver<S> {
    type Piece = S::Token;
    type End = End;

    fn try_next(&mut self) -> Result<Option<S::Token>, End> {
        match self.try_recv() {
            Ok(piece) => Ok(Some(piece)),
            Err(RecvError::Empty) => Ok(None),
            Err(RecvError::Ended(end)) => Err(end),
        }
    }

    fn cancel(&mut self) {
        Receiver::cancel(self);
    }
}
