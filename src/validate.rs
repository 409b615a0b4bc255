//! L7: JSON schemas, and texts held against them without a tree or a heap.

mod error;
mod format;
mod load;
mod number;
mod regex;
mod scan;
mod schema;
mod text;
mod uri;
mod value;

pub use error::{SchemaError, SchemaErrorKind};
pub use format::Format;
pub use load::Draft;
pub use scan::Malformed;
pub use schema::{Check, Rules, Types};
pub use value::Value;
