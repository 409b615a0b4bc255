//! What several suites share.
#![allow(dead_code)] // Each suite uses a part of it.

use forebay_validate::{Engine, Options, Report, Rules, ValidateError};
use std::sync::Mutex;

/// Holds whole texts against schemas, with the same engine again and again.
#[derive(Debug)]
pub(crate) struct Validator<
    const ERRORS: usize = 8,
    const DEPTH: usize = 32,
    const ENTRIES: usize = 256,
> {
    options: Options,
    engine: Mutex<Engine<DEPTH, ENTRIES>>,
}

impl<const ERRORS: usize, const DEPTH: usize, const ENTRIES: usize>
    Validator<ERRORS, DEPTH, ENTRIES>
{
    pub(crate) const fn new() -> Self {
        Self { options: Options::new(), engine: Mutex::new(Engine::new()) }
    }

    pub(crate) const fn with(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    pub(crate) fn validate<'s>(
        &self,
        schema: impl Into<Rules<'s>>,
        json: &str,
    ) -> Result<Report<ERRORS>, ValidateError> {
        let mut report = Report::new();
        match self.engine.try_lock() {
            Ok(mut engine) => engine.validate(schema, &self.options, json, &mut report)?,
            // Another test has it, or panicked with it.
            Err(_) => Engine::<DEPTH, ENTRIES>::new().validate(
                schema,
                &self.options,
                json,
                &mut report,
            )?,
        }
        Ok(report)
    }
}
