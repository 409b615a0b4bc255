//! L7: JSON schemas, and texts held against them without a tree or a heap.

mod coerce;
mod engine;
mod format;
mod number;
mod regex;
mod report;
mod scan;
mod schema;
mod stream;
mod text;
mod validator;
mod value;

pub use format::Format;
pub use report::{Coercion, MESSAGE, PATH, Report, Text, Violation};
pub use scan::Malformed;
pub use schema::{Check, Rules, Types};
pub use stream::{Rejected, StreamValidator};
pub use validator::{Options, ValidateError, Validator};
pub use value::Value;
