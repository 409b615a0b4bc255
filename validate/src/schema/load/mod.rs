//! Reads a schema from JSON text; `const`, so that it may happen at compile time.
//!
//! The scanner goes over the text first: everything behind may trust that it is JSON, and no deeper than
//! [`MAX_DEPTH`](crate::json::scan::MAX_DEPTH), which bounds the recursion here. Then the schemas are read in the order in
//! which they stand, and references are followed last: to what was read already, found by its place in the text, or
//! else to what is read then, in the text or in another document.
//!
//! Names that references use are found in a [tree](names) by their hashes, so that following them takes time that grows
//! with the texts and the references. Texts can be made whose names make a bad tree: steps are counted, too.

/// `?`, which a `const fn` does not have.
macro_rules! ok {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(error) => return Err(error),
        }
    };
}

mod documents;
mod loader;
mod names;
mod pointer;
mod references;
mod schemas;
mod scopes;

use super::error::{SchemaError, SchemaErrorKind};
use super::registry::Registry;
use super::rules::Builder;
use super::texts::Texts;
use crate::json::scan::{Scanner, Stop};
use loader::Loader;

/// Whether a text is one value of JSON.
pub(crate) const fn scan(text: &str) -> Result<(), SchemaError> {
    let bytes = text.as_bytes();
    if bytes.len() >= u32::MAX as usize {
        return Err(SchemaError::new(0, 0, SchemaErrorKind::TooLong));
    }
    let mut scanner = Scanner::new();
    let mut at = 0;
    while at < bytes.len() {
        match scanner.step(bytes[at]) {
            Ok(_) => {
                at += 1;
                while scanner.in_plain_text()
                    && at < bytes.len()
                    && bytes[at] >= b' '
                    && bytes[at] != b'"'
                    && bytes[at] != b'\\'
                {
                    at += 1;
                }
            }
            Err(Stop::Malformed(why)) => {
                return Err(SchemaError::new(at, 1, SchemaErrorKind::Json(why)));
            }
            Err(Stop::TooDeep) => return Err(SchemaError::new(at, 1, SchemaErrorKind::TooDeep)),
        }
    }
    match scanner.finish() {
        Ok(_) => Ok(()),
        Err(why) => Err(SchemaError::new(at, 0, SchemaErrorKind::Json(why))),
    }
}

/// Reads the schema that `text` is, and gives the texts that its parts are in.
///
/// # Errors
/// If it is none, or needs more room than `out` has. Then `out` is not to be used.
pub(crate) const fn load<'t>(
    text: &'t str,
    registry: &Registry<'t>,
    out: &mut Builder<'_>,
) -> Result<Texts<'t>, SchemaError> {
    let mut loader = Loader::new(*registry, out);
    ok!(loader.document(text));
    ok!(loader.references());
    loader.finish();
    Ok(loader.texts)
}
