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

/// Features, of which each shape is a branch that its `type` tells, as in GeoJSON.
fn shapes() -> (String, String) {
    let shape = |name: &str, depth: usize| {
        let open = r#"{"type": "array", "items": "#.repeat(depth);
        let coordinates = format!(r#"{open}{{"type": "number"}}{}"#, "}".repeat(depth));
        format!(
            r#"{{"type": "object", "required": ["type", "coordinates"], "properties": {{
                "type": {{"enum": ["{name}"]}}, "coordinates": {coordinates}}}}}"#
        )
    };
    let kinds = [("Point", 1), ("LineString", 2), ("Polygon", 3), ("MultiPolygon", 4)];
    let branches = kinds.map(|(name, depth)| shape(name, depth)).join(", ");
    let schema = format!(
        r#"{{"properties": {{"features": {{"items": {{"required": ["geometry"], "properties": {{
            "geometry": {{"oneOf": [{{"type": "null"}}, {branches}]}}}}}}}}}}}}"#
    );
    let ring = vec!["[10.5, 50.25]"; 20].join(", ");
    let feature = format!(r#"{{"geometry": {{"type": "Polygon", "coordinates": [[{ring}]]}}}}"#);
    (schema, format!(r#"{{"features": [{}]}}"#, vec![feature; 100].join(", ")))
}

/// Rules of a linter, which have properties of their own beside those that all have.
fn rules() -> (String, String) {
    let rule = |i| {
        format!(
            r##""rule{i}": {{"allOf": [{{"$ref": "#/definitions/rule"}}], "properties": {{"limit": {{"type": "integer"}}}}}}"##
        )
    };
    let all: Vec<_> = (0..100).map(rule).collect();
    let schema = format!(
        r#"{{"definitions": {{"rule": {{"type": "object", "properties": {{"active": {{"type": "boolean"}},
            "excludes": {{"type": "array", "items": {{"type": "string"}}}}}}}}}}, "properties": {{{}}}}}"#,
        all.join(", ")
    );
    let rule =
        |i| format!(r#""rule{i}": {{"active": true, "excludes": ["**/test/**"], "limit": {i}}}"#);
    (schema, format!("{{{}}}", (0..100).map(rule).collect::<Vec<_>>().join(", ")))
}

/// Names that one of 18 patterns must match, in capitals or not, as in `tsconfig.json`.
fn patterns() -> (String, String) {
    let letters = |text: &str| -> String {
        let both = |c: char| match c.is_ascii_alphabetic() {
            true => format!("[{}{c}]", c.to_ascii_uppercase()),
            false => c.to_string(),
        };
        text.chars().map(both).collect()
    };
    let parts = letters("array|core|intl|object|promise|string|symbol");
    let pattern =
        |i| format!(r#"{{"pattern": "^{}(\\.({parts}))?$"}}"#, letters(&format!("es{i}")));
    let all: Vec<_> = (2010..2028).map(pattern).collect();
    let schema = format!(r#"{{"items": {{"anyOf": [{}]}}}}"#, all.join(", "));
    let name =
        |i: usize| format!("\"es{}.{}\"", 2010 + i % 18, ["core", "promise", "symbol"][i % 3]);
    (schema, format!("[{}]", (0..100).map(name).collect::<Vec<_>>().join(", ")))
}

/// Numbers that must differ.
fn numbers() -> (String, String) {
    let numbers: Vec<_> = (0..60_000).map(|i| i.to_string()).collect();
    (r#"{"uniqueItems": true}"#.into(), format!("[{}]", numbers.join(", ")))
}

/// Objects, each of one of 1,000 kinds.
fn branches() -> (String, String) {
    let branch =
        |i| format!(r#"{{"properties": {{"kind": {{"const": "k{i}"}}}}, "required": ["kind"]}}"#);
    let all: Vec<_> = (0..1000).map(branch).collect();
    let schema = format!(r#"{{"items": {{"oneOf": [{}]}}}}"#, all.join(", "));
    let object = |i| format!(r#"{{"kind": "k{}"}}"#, i * 3);
    (schema, format!("[{}]", (0..300).map(object).collect::<Vec<_>>().join(", ")))
}

/// With room for the largest of these schemas and texts.
static VALIDATOR: Validator<1, 8, 32, 65_535> = Validator::new();

/// A text that fits a schema, and a change that makes it unfit: a part, and what stands there then.
fn contenders(schema: &str, text: String, (part, wrong): (&str, &str)) -> Vec<Contender> {
    let rival = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let schema: &'static SchemaBuf = Box::leak(Box::new(SchemaBuf::from_json(schema).unwrap()));
    let text: &'static str = text.leak();

    // They accept the text, and not one with a wrong value.
    let wrong = text.replacen(part, wrong, 1);
    let ours = move |text: &str| VALIDATOR.validate(schema, text).unwrap().is_valid();
    let theirs = move |text: &str| rival.is_valid(&serde_json::from_str(text).unwrap());
    assert!(ours(text) && theirs(text));
    assert!(!ours(&wrong) && !theirs(&wrong));

    let tokens: Vec<_> = text.as_bytes().chunks(4).map(|t| str::from_utf8(t).unwrap()).collect();
    let mut stream = Box::new(StreamValidator::<524_288, 32, 65_535>::new(schema));
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

/// The rows about validation whose ids are `wanted`.
pub fn works(wanted: impl Fn(&str) -> bool) -> Vec<Work> {
    /// Id, title, schema and text, and a change of the text that makes it unfit.
    type Row<'a> =
        (&'static str, &'a str, &'a dyn Fn() -> (String, String), (&'static str, &'static str));
    let whole = |text: String| (ORDER.to_string(), text);
    // Made only where they are wanted: some texts and schemas are large, and each count of instructions begins here.
    let rows: [Row<'_>; 8] = [
        (
            "validate-small",
            "Validate an order",
            &|| whole(order(2, 0)),
            ("\"qty\": 3", "\"qty\": 0"),
        ),
        (
            "validate-lines",
            "Validate an order of many lines",
            &|| whole(order(1000, 0)),
            ("\"qty\": 3", "\"qty\": 0"),
        ),
        (
            "validate-prose",
            "Validate an order with a long note",
            &|| whole(order(1, 1000)),
            ("\"qty\": 3", "\"qty\": 0"),
        ),
        ("validate-shapes", "Validate shapes by `oneOf`", &shapes, ("Polygon", "Point")),
        ("validate-rules", "Validate rules by `allOf`", &rules, ("true", "1")),
        ("validate-patterns", "Validate names by 18 patterns", &patterns, ("core", "code")),
        ("validate-unique", "Validate 60,000 numbers that differ", &numbers, ("[0,", "[1,")),
        ("validate-branches", "Validate objects by 1,000 branches", &branches, ("k3", "x3")),
    ];
    let rows = rows.into_iter().filter(|(id, ..)| wanted(id));
    rows.map(|(id, title, make, change)| {
        let (schema, text) = make();
        Work {
            id,
            title: format!("{title} of {} bytes", text.len()),
            about: "A JSON text is parsed and held against a schema; ns a text.",
            two_threads: false,
            contenders: contenders(&schema, text, change),
        }
    })
    .collect()
}
