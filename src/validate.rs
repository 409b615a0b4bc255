//! L7: JSON schemas, and texts held against them without a tree or a heap.

mod format;
mod number;
mod regex;
mod scan;
mod schema;
mod text;
mod value;

pub use format::Format;
pub use scan::Malformed;
pub use schema::{Check, Rules, Types};
pub use value::Value;
