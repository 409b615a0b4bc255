//! A text held against a schema: ours, and the crate `jsonschema`, which is given a tree and makes none itself: so the
//! tree, `serde_json`'s, is made in its time. Both compile the schema beforehand. Both only say whether the text fits.

use crate::measure::{Contender, Kind, Work};
use forebay::validate::{SchemaBuf, StreamValidator, Validator};
use std::hint::black_box;

const ORDER: &str = r#"{
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": "^[A-Z]{2}[0-9]+$"},
        "customer": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "minLength": 1, "maxLength": 64},
                "email": {"type": "string"},
                "age": {"type": "integer", "minimum": 0, "maximum": 150}
            },
            "required": ["name", "email"],
            "additionalProperties": false
        },
        "lines": {"type": "array", "minItems": 1, "items": {
            "type": "object",
            "properties": {
                "sku": {"type": "string"},
                "qty": {"type": "integer", "minimum": 1},
                "price": {"type": "number", "exclusiveMinimum": 0},
                "tags": {"type": "array", "items": {"enum": ["new", "sale", "bulk"]}}
            },
            "required": ["sku", "qty", "price"]
        }},
        "note": {"anyOf": [{"type": "null"}, {"type": "string", "maxLength": 5000}]}
    },
    "required": ["id", "customer", "lines"]
}"#;

/// An order of `lines` lines with a note of `words` words.
fn order(lines: usize, words: usize) -> String {
    let line = r#"{"sku": "ABC-123", "qty": 3, "price": 19.99, "tags": ["new", "sale"]}"#;
    format!(
        r#"{{"id": "AB123", "customer": {{"name": "Ada Lovelace", "email": "ada@example.org", "age": 36}},
            "lines": [{}], "note": "{}"}}"#,
        vec![line; lines].join(", "),
        "word ".repeat(words)
    )
}

static VALIDATOR: Validator<1> = Validator::new();

fn contenders(text: String) -> Vec<Contender> {
    let schema: &'static SchemaBuf = Box::leak(Box::new(SchemaBuf::from_json(ORDER).unwrap()));
    let rival = jsonschema::validator_for(&serde_json::from_str(ORDER).unwrap()).unwrap();
    let text: &'static str = text.leak();

    // They accept the text, and not one with a wrong value.
    let wrong = text.replacen("\"qty\": 3", "\"qty\": 0", 1);
    let ours = move |text: &str| VALIDATOR.validate(schema, text).unwrap().is_valid();
    let theirs = move |text: &str| rival.is_valid(&serde_json::from_str(text).unwrap());
    assert!(ours(text) && theirs(text));
    assert!(!ours(&wrong) && !theirs(&wrong));

    let tokens: Vec<_> = text.as_bytes().chunks(4).map(|t| str::from_utf8(t).unwrap()).collect();
    let mut stream = Box::new(StreamValidator::<131_072>::new(schema));
    vec![
        Contender::repeat("forebay", Kind::Ours, move || assert!(ours(black_box(text)))),
        Contender::repeat("forebay, in tokens of 4 bytes", Kind::Ours, move || {
            stream.clear();
            tokens.iter().for_each(|token| stream.push(token).unwrap());
            black_box(stream.finish().unwrap().len());
        }),
        Contender::repeat("serde_json and jsonschema", Kind::Rival, move || {
            assert!(theirs(black_box(text)))
        }),
        Contender::repeat("serde_json alone", Kind::Rival, move || {
            black_box(serde_json::from_str::<serde_json::Value>(black_box(text)).unwrap());
        }),
    ]
}

/// All rows about validation.
pub fn works() -> Vec<Work> {
    let work = |id, title: &str, text: String| Work {
        id,
        title: format!("{title} of {} bytes", text.len()),
        about: "A JSON text is parsed and held against a schema with nested objects, a pattern and an anyOf; ns a text.",
        two_threads: false,
        contenders: contenders(text),
    };
    vec![
        work("validate-small", "Validate an order", order(2, 0)),
        work("validate-lines", "Validate an order of many lines", order(1000, 0)),
        work("validate-prose", "Validate an order with a long note", order(1, 1000)),
    ]
}
