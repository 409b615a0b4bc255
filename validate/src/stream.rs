//! Texts that come in pieces.

use crate::options::Options;
use crate::run::engine::{Engine, Fault};
use crate::run::error::ValidateError;
use crate::run::input::Input;
use crate::run::report::{Report, Violation};
use crate::schema::rules::Rules;
use core::fmt;
use heapless::{String, Vec};

/// A source of the pieces of a text.
pub trait Source {
    /// A piece of the text, which may end anywhere between two chars.
    type Piece: AsRef<str>;
    /// How a stream ended.
    type End;

    /// Returns the next piece without waiting, or `None` if there is none yet.
    ///
    /// # Errors
    /// How the stream ended, once all pieces were taken.
    fn try_next(&mut self) -> Result<Option<Self::Piece>, Self::End>;

    /// Tells whoever sends the pieces that no more are wanted.
    fn cancel(&mut self);
}

/// Why a text that streams is not taken any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Rejected {
    /// However it goes on, it does not fit the schema. [`StreamValidator::violation`] says more.
    Invalid {
        /// The byte at which that was certain, from 0, as [`Violation::at`].
        at: usize,
        /// The keyword that it does not fit, as [`Violation::keyword`].
        keyword: &'static str,
    },
    /// However it goes on, it is not JSON, or needs more room than there is.
    Error(ValidateError),
    /// The bytes are not UTF-8.
    Utf8 {
        /// The first byte of what is no char, from 0.
        at: usize,
    },
    /// There is room for `BYTES` bytes of text only.
    TooLong {
        /// How much room there is.
        capacity: usize,
    },
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { at, keyword } => write!(f, "byte {at}: does not fit `{keyword}`"),
            Self::Error(error) => error.fmt(f),
            Self::Utf8 { at } => write!(f, "byte {at}: not UTF-8"),
            Self::TooLong { capacity } => write!(f, "longer than {capacity} bytes"),
        }
    }
}

impl core::error::Error for Rejected {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Error(error) => Some(error),
            Self::Invalid { .. } | Self::Utf8 { .. } | Self::TooLong { .. } => None,
        }
    }
}

impl From<ValidateError> for Rejected {
    fn from(error: ValidateError) -> Self {
        Self::Error(error)
    }
}

/// Holds a text against a schema while it arrives, token by token, and says at the earliest byte that it cannot fit any
/// more, so that whoever generates it can be stopped.
///
/// The text is kept, and is there when the stream has ended. In the end the verdict is the one that
/// [`Engine`](crate::Engine) gives of the whole text.
///
/// # Earliest byte
/// The verdict falls at the first byte
/// - that is not JSON;
/// - of a value of a wrong type, or of a type that no member of `enum` or `const` has; of a string from which no member
///   begins any more; of a string at the char that `maxLength` does not allow, or after which `pattern` cannot match any
///   more;
/// - of a key from which no property of an object that is closed begins any more; at the end of a key that nothing may
///   follow, at the comma behind the last item or property that `maxItems`, `maxProperties` or a schema `false` allow;
/// - that ends a value too soon (`required`, `minItems`, …), or that is not what it must be as a whole (numbers, whose
///   value an exponent can still change, `format`, `not`, `uniqueItems`, checks). A number ends with the byte behind it.
///
/// With `anyOf`, `oneOf`, `if` and the like, when that is so for all that is left of them. Two keywords that cannot both
/// be met in the end are not seen through before the end, nor are texts that are turned into another type.
///
/// # Shape
/// `BYTES` of text; `DEPTH` and `ENTRIES` as [`Engine`](crate::Engine). It takes `BYTES` and, with the defaults, 35 KB
/// on 64-bit targets, wherever it stands: on the stack, in a task, or in a pool whose policy makes it and calls
/// [`clear`](Self::clear).
///
/// # Context
/// No method waits. The time is that of the bytes which are new; all pieces together take no more than one pass, and what
/// is done anew for each piece, so short pieces cost more a byte. Nothing is allocated.
///
/// # Panics
/// As the [checks](crate::Check) that the schema calls do. Call [`clear`](Self::clear) before it is used on.
///
/// # Examples
/// The model is told at once that its answer is no good.
/// ```
/// use forebay_validate::{Rejected, Schema, Source, StreamValidator};
///
/// /// Tokens that a model has made, and whether it is to go on.
/// struct Answer {
///     tokens: std::vec::IntoIter<&'static str>,
///     cancelled: bool,
/// }
///
/// impl Source for Answer {
///     type Piece = &'static str;
///     type End = ();
///     fn try_next(&mut self) -> Result<Option<&'static str>, ()> {
///         self.tokens.next().map(Some).ok_or(())
///     }
///     fn cancel(&mut self) {
///         self.cancelled = true;
///     }
/// }
///
/// static ANSWER: Schema<12> = Schema::object()
///     .property("city", Schema::string().one_of_strings(&["Oslo", "Paris"]))
///     .closed();
///
/// let tokens = vec![r#"{"city": "O"#, "tt", "awa\"}"];
/// let mut answer = Answer { tokens: tokens.into_iter(), cancelled: false };
/// let mut validator = StreamValidator::<256>::new(&ANSWER);
///
/// let rejected = validator.receive(&mut answer).unwrap_err();
/// assert_eq!(rejected, Rejected::Invalid { at: 11, keyword: "enum" });
/// let violation = validator.violation().unwrap();
/// assert_eq!(violation.to_string(), "/city: must be one of \"Oslo\", \"Paris\"");
/// assert!(answer.cancelled && answer.tokens.len() == 1);
/// ```
pub struct StreamValidator<
    's,
    const BYTES: usize,
    const DEPTH: usize = 32,
    const ENTRIES: usize = 512,
> {
    rules: Rules<'s>,
    options: Options,
    engine: Engine<DEPTH, ENTRIES>,
    text: String<BYTES>,
    /// The bytes of a char that is not complete yet.
    cut: Vec<u8, 4>,
    report: Report<1>,
    rejected: Option<Rejected>,
}

impl<'s, const BYTES: usize, const DEPTH: usize, const ENTRIES: usize>
    StreamValidator<'s, BYTES, DEPTH, ENTRIES>
{
    /// For one text, to be held against `schema`, a `&Schema` or a `&SchemaBuf`.
    #[must_use]
    pub fn new(schema: impl Into<Rules<'s>>) -> Self {
        Self {
            rules: schema.into(),
            options: Options::new(),
            engine: Engine::new(),
            text: String::new(),
            cut: Vec::new(),
            report: Report::new(),
            rejected: None,
        }
    }

    /// The same with these options. What is wrong first is all that is told, whatever they say.
    #[must_use]
    pub fn with(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Starts again, for another text.
    pub fn clear(&mut self) {
        self.engine.clear();
        self.text.clear();
        self.cut.clear();
        self.report.clear();
        self.rejected = None;
    }

    /// The text so far. Of a token that is rejected, none of it if it is [`TooLong`](Rejected::TooLong), else all of it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is wrong with the text, once it is [`Rejected::Invalid`].
    #[must_use]
    pub fn violation(&self) -> Option<&Violation> {
        matches!(self.rejected, Some(Rejected::Invalid { .. }))
            .then(|| self.report.violations().first())
            .flatten()
    }

    /// Takes the next piece of the text; it may end anywhere between two chars.
    ///
    /// # Errors
    /// If the text cannot fit any more, whatever follows. Every later call says the same.
    pub fn push(&mut self, piece: &str) -> Result<(), Rejected> {
        self.go_on()?;
        if self.text.push_str(piece).is_err() {
            return Err(self.reject(Rejected::TooLong { capacity: BYTES }));
        }
        self.run(|engine, input, report| engine.advance(input, report))
    }

    /// Takes the next piece of the text, as bytes: it may end anywhere, also in the middle of a char.
    ///
    /// # Errors
    /// Like [`push`](Self::push), and with [`Rejected::Utf8`] if the bytes are not UTF-8. So do `push` and `finish` behind a char
    /// that is not complete.
    ///
    /// # Examples
    /// ```
    /// use forebay_validate::{Schema, StreamValidator};
    ///
    /// static ANY: Schema<1> = Schema::any();
    /// let mut validator = StreamValidator::<16>::new(&ANY);
    /// for piece in "\"é\"".as_bytes().chunks(2) {
    ///     validator.push_bytes(piece).unwrap();
    /// }
    /// assert_eq!(validator.finish(), Ok("\"é\""));
    /// ```
    pub fn push_bytes(&mut self, mut piece: &[u8]) -> Result<(), Rejected> {
        if let Some(rejected) = self.rejected {
            return Err(rejected);
        }
        while let (false, Some((byte, rest))) = (self.cut.is_empty(), piece.split_first()) {
            piece = rest;
            let mut bytes = core::mem::take(&mut self.cut);
            // It has room for the bytes of a char.
            let _ = bytes.push(*byte);
            match core::str::from_utf8(&bytes) {
                Ok(c) => self.push(c)?,
                Err(error) if error.error_len().is_none() => self.cut = bytes,
                Err(_) => return Err(self.reject(Rejected::Utf8 { at: self.text.len() })),
            }
        }
        let (text, rest) = match core::str::from_utf8(piece) {
            Ok(text) => (text, None),
            Err(error) => {
                let (text, rest) = piece.split_at(error.valid_up_to());
                (core::str::from_utf8(text).unwrap_or(""), Some((rest, error.error_len())))
            }
        };
        if !text.is_empty() {
            self.push(text)?;
        }
        match rest {
            None => Ok(()),
            Some((rest, None)) if self.cut.extend_from_slice(rest).is_ok() => Ok(()),
            Some(_) => Err(self.reject(Rejected::Utf8 { at: self.text.len() })),
        }
    }

    /// The text is complete: all of it, if it fits.
    ///
    /// # Errors
    /// If it does not fit, or ends too soon to be JSON.
    pub fn finish(&mut self) -> Result<&str, Rejected> {
        self.go_on()?;
        self.run(|engine, input, report| engine.finish(input, report).map(drop))?;
        Ok(&self.text)
    }

    /// Takes what is there of a stream, without waiting. `None` as long as it has not ended, and how it did when all of it was
    /// taken; [`finish`](Self::finish) gives the verdict.
    ///
    /// # Errors
    /// If the text cannot fit any more. Then the source is [cancelled](Source::cancel).
    pub fn receive<S: Source>(&mut self, source: &mut S) -> Result<Option<S::End>, Rejected> {
        loop {
            match source.try_next() {
                Ok(Some(piece)) => self.push(piece.as_ref()).inspect_err(|_| source.cancel())?,
                Ok(None) => return Ok(None),
                Err(end) => return Ok(Some(end)),
            }
        }
    }

    /// Whether more text may come: it was not rejected, and no char is cut.
    fn go_on(&mut self) -> Result<(), Rejected> {
        match self.rejected {
            Some(rejected) => Err(rejected),
            None if !self.cut.is_empty() => {
                Err(self.reject(Rejected::Utf8 { at: self.text.len() }))
            }
            None => Ok(()),
        }
    }

    fn reject(&mut self, rejected: Rejected) -> Rejected {
        self.rejected = Some(rejected);
        rejected
    }

    fn run(
        &mut self,
        step: impl FnOnce(&mut Engine<DEPTH, ENTRIES>, Input<'_>, &mut Report<1>) -> Result<(), Fault>,
    ) -> Result<(), Rejected> {
        self.report.first = true;
        let input = Input { rules: self.rules, options: &self.options, text: &self.text };
        let outcome = step(&mut self.engine, input, &mut self.report);
        // What is invalid first stays so, whatever else is wrong behind it.
        if let (true, Some(violation)) =
            (self.engine.has_failed(), self.report.violations().first())
        {
            let rejected = Rejected::Invalid { at: violation.at(), keyword: violation.keyword() };
            return Err(self.reject(rejected));
        }
        outcome.map_err(|fault| {
            let at = self.engine.at();
            self.reject(ValidateError::new(fault, at).into())
        })
    }
}

impl<const BYTES: usize, const DEPTH: usize, const ENTRIES: usize> fmt::Debug
    for StreamValidator<'_, BYTES, DEPTH, ENTRIES>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamValidator")
            .field("text", &self.text)
            .field("rejected", &self.rejected)
            .finish_non_exhaustive()
    }
}
