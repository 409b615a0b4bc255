//! L7: JSON schemas, and texts held against them without a tree or a heap.

mod build;
mod coerce;
mod engine;
mod error;
mod format;
mod load;
mod number;
#[cfg(feature = "std")]
mod owned;
mod print;
mod regex;
mod report;
mod scan;
mod schema;
mod stream;
mod text;
mod uri;
mod validator;
mod value;

pub use build::Schema;
pub use error::{SchemaError, SchemaErrorKind};
pub use format::Format;
pub use load::Draft;
#[cfg(feature = "std")]
pub use owned::SchemaBuf;
pub use report::{Coercion, MESSAGE, PATH, Report, Text, Violation};
pub use scan::Malformed;
pub use schema::{Check, Rules, Types};
pub use stream::{Rejected, StreamValidator};
pub use validator::{Options, ValidateError, Validator};
pub use value::Value;
