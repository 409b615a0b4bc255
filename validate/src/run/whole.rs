//! Whole texts.

use super::engine::{Engine, Fault};
use super::error::ValidateError;
use super::fast;
use super::input::Input;
use super::report::Report;
use crate::options::Options;
use crate::schema::rules::Rules;

impl<'a> Input<'a> {
    /// To hold `text` against a schema.
    ///
    /// # Errors
    /// [`ValidateError::TooComplex`] if the text has 4 GiB or more.
    pub fn new(
        rules: Rules<'a>,
        options: &'a Options,
        text: &'a str,
    ) -> Result<Self, ValidateError> {
        if u32::try_from(text.len()).is_err() {
            return Err(ValidateError::new(Fault::TooComplex("bytes"), 0));
        }
        Ok(Self { rules, options, text })
    }
}

impl<const DEPTH: usize, const ENTRIES: usize> Engine<DEPTH, ENTRIES> {
    /// Holds `text` against `schema`, a `&Schema` or a `&SchemaBuf`: first by a [look](Self::fits_plainly) along it, then, if
    /// need be, by a [pass](Self::run) over it.
    ///
    /// # Errors
    /// If `text` is not JSON, or if it or the schema needs more room than there is. A text that does not fit is no error:
    /// the report says so.
    ///
    /// # Panics
    /// As the [checks](crate::Check) that the schema calls do.
    pub fn validate<'s, const ERRORS: usize>(
        &mut self,
        schema: impl Into<Rules<'s>>,
        options: &Options,
        text: &str,
        report: &mut Report<ERRORS>,
    ) -> Result<(), ValidateError> {
        let input = Input::new(schema.into(), options, text)?;
        if Self::fits_plainly(input) {
            report.clear();
            return Ok(());
        }
        self.run(input, report)
    }

    /// Whether a quick look along the text, which takes no room, shows that it fits, and that an engine of this size has room
    /// for it. `false` says nothing.
    #[must_use]
    pub fn fits_plainly(input: Input<'_>) -> bool {
        fast::fits::<DEPTH>(input, ENTRIES)
    }

    /// Holds a text against a schema in one pass, and fills `report`, whatever is in it.
    ///
    /// # Errors
    /// As [`validate`](Self::validate).
    ///
    /// # Panics
    /// As [`validate`](Self::validate).
    pub fn run<const ERRORS: usize>(
        &mut self,
        input: Input<'_>,
        report: &mut Report<ERRORS>,
    ) -> Result<(), ValidateError> {
        self.clear();
        report.clear();
        report.first = input.options.stops_at_first();
        let valid = self
            .advance(input, report)
            .and_then(|()| self.finish(input, report))
            .map_err(|fault| ValidateError::new(fault, self.at()))?;
        report.set_valid(valid);
        Ok(())
    }
}
