//! Reports in the form that JSON Schema gives them.

use super::report::{MESSAGE, Report, Text, Violation};
use core::fmt::{self, Write};
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// A report as the output format "list" of JSON Schema, by [`Report::list`].
///
/// Each violation is one of `details`, with `evaluationPath`, `instanceLocation` and `errors`; with `schemaLocation`, if no
/// reference leads there. Violations that there was no room for are missing.
#[derive(Debug, Clone, Copy)]
pub struct List<'a> {
    valid: bool,
    violations: &'a [Violation],
}

impl<const ERRORS: usize> Report<ERRORS> {
    /// The report as JSON Schema has it, for `serde`.
    ///
    /// # Examples
    /// ```
    /// use forebay_validate::{Engine, Options, Report, Schema};
    ///
    /// static AGE: Schema<8> = Schema::object().property("age", Schema::integer().minimum(0));
    ///
    /// let (mut engine, mut report) = (Engine::<32, 256>::new(), Report::<8>::new());
    /// engine.validate(&AGE, &Options::new(), r#"{"age": -1}"#, &mut report)?;
    /// assert_eq!(
    ///     serde_json::to_value(report.list()).unwrap(),
    ///     serde_json::json!({"valid": false, "details": [{
    ///         "valid": false,
    ///         "evaluationPath": "/properties/age",
    ///         "schemaLocation": "#/properties/age",
    ///         "instanceLocation": "/age",
    ///         "errors": {"minimum": "must be at least 0"}
    ///     }]})
    /// );
    /// # Ok::<(), forebay_validate::ValidateError>(())
    /// ```
    #[must_use]
    pub fn list(&self) -> List<'_> {
        List { valid: self.is_valid(), violations: self.violations() }
    }
}

impl Serialize for List<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_struct("List", 2)?;
        list.serialize_field("valid", &self.valid)?;
        list.serialize_field("details", &Details(self.violations))?;
        list.end()
    }
}

struct Details<'a>(&'a [Violation]);

impl Serialize for Details<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Detail))
    }
}

struct Detail<'a>(&'a Violation);

impl Serialize for Detail<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let violation = self.0;
        // The schema, without the keyword.
        let schema = violation.schema_path().rsplit_once('/').map_or("", |(schema, _)| schema);
        let referred = schema.split('/').any(|part| part == "$ref");
        let mut detail = serializer.serialize_struct("Detail", 5 - usize::from(referred))?;
        detail.serialize_field("valid", &false)?;
        detail.serialize_field("evaluationPath", schema)?;
        if referred {
            detail.skip_field("schemaLocation")?;
        } else {
            detail.serialize_field("schemaLocation", &Fragment(schema))?;
        }
        detail.serialize_field("instanceLocation", violation.path())?;
        detail.serialize_field("errors", &Errors(violation.keyword(), violation.message()))?;
        detail.end()
    }
}

/// A JSON Pointer as the fragment of a URI.
struct Fragment<'a>(&'a str);

impl fmt::Display for Fragment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('#')?;
        for byte in self.0.bytes() {
            match byte {
                b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => f.write_char(byte.into())?,
                b'/' | b'-' | b'.' | b'_' | b'~' | b'$' => f.write_char(byte.into())?,
                _ => write!(f, "%{byte:02X}")?,
            }
        }
        Ok(())
    }
}

impl Serialize for Fragment<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

struct Errors<'a>(&'static str, &'a Text<MESSAGE>);

impl Serialize for Errors<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.0, self.1)])
    }
}
