//! L7: JSON schemas, and texts held against them without a tree or a heap.

#[cfg(feature = "std")]
mod build;
mod coerce;
mod engine;
mod error;
mod format;
mod load;
mod number;
mod regex;
mod report;
mod scan;
mod schema;
mod stream;
mod text;
mod uri;
mod validator;
mod value;

#[cfg(feature = "std")]
pub use build::SchemaBuf;
pub use error::{SchemaError, SchemaErrorKind};
pub use format::Format;
pub use load::Draft;
pub use report::{Coercion, MESSAGE, PATH, Report, Text, Violation};
pub use scan::Malformed;
pub use schema::{Check, Rules, Types};
pub use stream::{Rejected, StreamValidator};
pub use validator::{Options, ValidateError, Validator};
pub use value::Value;
