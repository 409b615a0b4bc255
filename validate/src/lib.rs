//! JSON schemas, and texts held against them without a tree or a heap.
//!
//! A [`Schema`] is built in Rust or read from JSON text, both also at compile time; a `SchemaBuf` (`alloc`) is
//! read at run time. [`StreamValidator`] takes a text in pieces, as a model makes it, and says at the earliest byte that it
//! cannot fit any more. [`Engine`] holds whole texts against a schema, and fills a [`Report`].
//!
//! ```
//! use forebay_validate::{Engine, Options, Report, Schema, StreamValidator};
//!
//! /// Read while this compiles: what is wrong with it is a compile error.
//! static ANSWER: Schema<16> = Schema::from_json(
//!     r#"{
//!         "type": "object",
//!         "properties": {"answer": {"type": "integer", "minimum": 0}},
//!         "required": ["answer"]
//!     }"#,
//! );
//!
//! let mut stream = StreamValidator::<256>::new(&ANSWER);
//! stream.push(r#"{"ans"#).unwrap();
//! stream.push(r#"wer": "#).unwrap();
//! assert!(stream.push(r#""fo"#).is_err(), "a string is no integer: the model can stop");
//!
//! let (mut engine, mut report) = (Engine::<32, 256>::new(), Report::<8>::new());
//! engine.validate(&ANSWER, &Options::new(), r#"{"answer": -42}"#, &mut report)?;
//! assert_eq!(report.to_string(), "/answer: must be at least 0");
//! # Ok::<(), forebay_validate::ValidateError>(())
//! ```
//!
//! # What is followed
//! Drafts 4, 6, 7, 2019-09 and 2020-12 ([`Draft`]), each with its own keywords: `type`, `enum`, `const`; `properties`,
//! `required`, `additionalProperties`, `patternProperties`, `propertyNames`, `minProperties`, `maxProperties`, `dependencies`,
//! `dependentRequired`, `dependentSchemas`, `unevaluatedProperties`; `items` in both forms, `prefixItems`, `additionalItems`,
//! `contains`, `minContains`, `maxContains`, `minItems`, `maxItems`, `uniqueItems`, `unevaluatedItems`; `minLength`,
//! `maxLength`, `pattern`, `format` (see [`Format`]); `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, as
//! numbers and as booleans, `multipleOf`; `allOf`, `anyOf`, `oneOf`, `not`, `if`, `then`, `else`; `$ref`, `$dynamicRef`,
//! `$recursiveRef`, `$id`, `id`, `$anchor`, `$dynamicAnchor`, `$recursiveAnchor`; `true` and `false`; `customValidator`,
//! which names a [`Check`] of [`Options::checks`]. Numbers are compared exactly, whatever their length. Of a key that stands
//! twice in an object each value is held against the schema.
//!
//! `$schema` says which draft it is, in all its spellings; where it names none of them, or is missing, the caller does, and
//! draft 2020-12 is the default. It may name a metaschema in the registry, which says what it is based on, and by its
//! `$vocabulary` whether keywords for validation count. It counts in the whole text and, beside a `$id`, in a part of it. Documents that references
//! lead to are those of a [`Registry`], and the metaschemas.
//!
//! Loading a schema fails if it uses something that affects the verdict and is not supported: documents that are not there, and
//! patterns beyond those below. Keywords that are not known are passed over.
//!
//! # Patterns
//! Patterns are those of ECMA-262 with the flag `u`, and what is allowed without that flag as long as other languages
//! agree: an escape of a char that is no ASCII letter or digit is that char (`\-`, `\_`), `{`, `}` and `]` stand for themselves where
//! they open and close nothing, and `-` does beside a class as in `[\w-.]`. Furthermore
//! - `(?i)` and `(?s)` are read at the start of a pattern, `(?P<name>…)` as a group, `\A` and `\Z` as the start and the end of
//!   the text; `(?i)` compares by single chars in capitals;
//! - look-ahead is followed in front of all else, behind `^` or before it: `^(?!…)(?=…)…`, without `|` outside of groups behind it;
//! - `\p{…}` needs the feature `unicode`.
//!
//! All other look-around and back-references are refused, and so are patterns of more than 8,160 instructions: a char or a
//! class takes one or a few, and a repeat `{m,n}` takes those of what it repeats n times.
//!
//! # Bounds
//! Time is that of one pass over the text, and for a whole text of a quick look along it before: for each value at most the square of the schemas that apply to it and to the
//! object or array around it, and never a power of the depth. What `uniqueItems`, `enum` and `const`
//! compare is counted: what one text may take of that is bounded, too. For `unevaluatedProperties` and `unevaluatedItems` it is kept
//! which sets of schemas may evaluate what was seen, each set once. There is room for so deep a text, so many schemas that
//! apply at once, items that must differ, and names that are required ([`Engine`] has the
//! numbers); what needs more ends in a [`ValidateError`] that names the place. Nothing is allocated but by `SchemaBuf`.
//!
//! A char costs a pattern as many steps as it has states that are live then. Beyond 64 for each char and pattern, a text may take
//! 67,108,864 of them, which is a fraction of a second; then it ends in [`ValidateError::TooComplex`].
//!
//! # Coercion
//! With [`Options::coerce`] a scalar may be taken for one of another type, by the rules of go-llms
//! (`pkg/schema/validation/coercion.go`) where they lose nothing. A value is taken for one other value at most, which is held
//! against all schemas that apply to it, and the report has it, whether or not it fits then.
//!
//! A value stays what it is if the schemas that apply to it ask for its type. They ask together:
//! - schemas that must hold, with what they refer to (`$ref`, `allOf`), ask for the types that all of them name;
//! - the branches of `anyOf`, of `oneOf`, and of `then` with `else` ask for the types that any of them names, and so do schemas
//!   for parts of a value in such branches, except those of branches that have failed already;
//! - `not`, `if`, `contains` and dependencies ask for nothing, and neither does `propertyNames`: names stay what they are.
//!
//! Otherwise integer is tried before number, boolean and string. A string is taken for the `format` of what must hold; or for
//! that of the branches, if all that take strings name the same one. `null`, objects and
//! arrays are taken for nothing else, nor is anything taken for them: go-llms splits texts at commas to make arrays.
//! Since branches may have failed by the members before, the order of members can matter.
//!
//! | from | to | rule | example |
//! |---|---|---|---|
//! | string | number | a decimal number, as Go's `ParseFloat` reads it; no `inf`, `nan`, hexadecimal | `"+.50"` → `0.50` |
//! | string | integer | sign and digits, 64 bits | `"007"` → `7` |
//! | string | boolean | `true`, `yes`, `1`, `false`, `no`, `0`, in any case | `"Yes"` → `true` |
//! | number | integer | if it has no fraction; Go cuts it off | `4.2e1` → `42` |
//! | number | boolean | 0 is false | `0.0` → `false` |
//! | number | string | its digits, without an exponent | `1.50` → `"1.5"` |
//! | boolean | number, integer | 1 or 0 | `true` → `1` |
//! | boolean | string | `true` or `false` | `true` → `"true"` |
//! | string | `date-time`, `date` | Go's layouts, month before day; without a zone it is UTC | `"Jan 2, 2006"` → `"2006-01-02T00:00:00Z"` |
//! | number, digits | `date-time`, `date` | seconds since 1970, UTC | `1683731400` → `"2023-05-10T15:10:00Z"` |
//! | string | `uuid` | `urn:uuid:…`, `{…}`, 32 digits | `"{F81D…"` → `"f81d…"` |
//! | string | `email` | the address of `Name <address>` | `"Joe <a@b.c>"` → `"a@b.c"` |
//! | string, number | `uri` | `http://` before it, where that makes one | `"a.b/c"` → `"http://a.b/c"` |
//! | string, number | `duration` | `1h30m`, `1:30:45`, `2 hours`; milliseconds | `"1:30"` → `"PT1H30M"` |
//! | string | `ipv4`, `ipv6` | the canonical form | `"::ffff:1.2.3.4"` → `"1.2.3.4"` |
//!
//! # Source
//! go-llms' `Validator`; Pike's machine, which follows all branches of a regular expression at once.

#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(test)]
extern crate std;

/// The examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod json;
mod options;
mod pattern;
mod run;
mod scalar;
mod schema;
mod stream;

pub use json::position::Position;
pub use json::scan::Malformed;
pub use json::types::Types;
pub use json::value::Value;
pub use options::Options;
pub use run::engine::Engine;
pub use run::error::{NoReport, ValidateError};
pub use run::input::Input;
#[cfg(feature = "serde")]
pub use run::list::List;
pub use run::report::{Coercion, MESSAGE, PATH, Report, SCHEMA_PATH, Text, Violation};
pub use scalar::format::Format;
pub use schema::build::Schema;
pub use schema::error::{SchemaError, SchemaErrorKind};
pub use schema::keyword::{Check, Draft};
#[cfg(feature = "alloc")]
pub use schema::owned::SchemaBuf;
pub use schema::registry::Registry;
pub use schema::rules::Rules;
pub use stream::{Rejected, Source, StreamValidator};
