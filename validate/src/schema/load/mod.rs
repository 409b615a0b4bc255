//! Reads a schema from JSON text; `const`, so that it may happen at compile time.
//!
//! The scanner goes over the text first: everything behind may trust that it is JSON, and no deeper than
//! [`MAX_DEPTH`](crate::json::scan::MAX_DEPTH), which bounds the recursion here. Then the schemas are read in the order in
//! which they stand, and references are followed last: to what was read already, found by its place in the text, or
//! else to what is read then. Two walks count their steps, since texts can be made for which they never end.

/// `?`, which a `const fn` does not have.
macro_rules! ok {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(error) => return Err(error),
        }
    };
}

mod loader;
mod references;
mod schemas;

use super::error::{SchemaError, SchemaErrorKind};
use super::keyword::{Draft, NONE};
use super::rules::Builder;
use crate::json::scan::{Scanner, Stop};
use crate::json::walk::Walker;
use loader::{Definitions, Loader, MAX_WORK};

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

/// Reads the schema that `text` is.
///
/// # Errors
/// If it is none, or needs more room than `out` has. Then `out` is not to be used.
pub(crate) const fn load(
    text: &str,
    draft: Draft,
    out: &mut Builder<'_>,
) -> Result<(), SchemaError> {
    ok!(scan(text));
    let none = Definitions { place: usize::MAX, last: NONE };
    let mut loader = Loader {
        text,
        walk: Walker::new(text),
        draft,
        out,
        names: NONE,
        definitions: [none; 2],
        has_resources: false,
        work: MAX_WORK,
    };
    loader.walk.skip_gap();
    let root = loader.walk.at;
    ok!(loader.dialect());
    loader.walk.at = root;
    ok!(loader.schema());
    ok!(loader.references(root));
    loader.out.finish(text);
    Ok(())
}
