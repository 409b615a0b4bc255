//! What several suites share.
#![allow(dead_code)] // Each suite uses a part of it.

use forebay_validate::{Engine, Options, Rejected, Report, Rules, StreamValidator, ValidateError};
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

/// Holds texts that fit, and texts that do not, against a schema: whole, and cut in two at every place.
#[track_caller]
pub(crate) fn check<'s>(rules: impl Into<Rules<'s>>, fit: &[&str], others: &[&str]) {
    let rules = rules.into();
    let mut stream = StreamValidator::<4096>::new(rules);
    let (mut engine, mut report) = (Engine::<32, 256>::new(), Report::<8>::new());
    let texts = fit.iter().map(|text| (text, true)).chain(others.iter().map(|text| (text, false)));
    for (json, fits) in texts {
        engine
            .validate(rules, &Options::new(), json, &mut report)
            .unwrap_or_else(|error| panic!("{json}: {error}"));
        assert_eq!(report.is_valid(), fits, "{json}: {report}");
        assert_eq!(report.violations().is_empty(), fits, "{json}");
        for cut in (0..json.len()).filter(|cut| json.is_char_boundary(*cut)) {
            stream.clear();
            let pushed = stream.push(&json[..cut]).and_then(|()| stream.push(&json[cut..]));
            match pushed.and_then(|()| stream.finish().map(drop)) {
                Ok(()) => assert!(fits, "{json} cut at {cut}"),
                Err(Rejected::Invalid { .. }) => assert!(!fits, "{json} cut at {cut}"),
                Err(other) => panic!("{json} cut at {cut}: {other}"),
            }
        }
    }
}
