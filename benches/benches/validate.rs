//! A text held against a schema, beside the crate `jsonschema`, which is given a tree and makes none itself: so the tree,
//! `serde_json`'s, is made in its time. Both compile the schema beforehand. Both only say whether the text fits.

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
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

fn validate(c: &mut Criterion) {
    let schema = SchemaBuf::from_json(ORDER).unwrap();
    let rival = jsonschema::validator_for(&serde_json::from_str(ORDER).unwrap()).unwrap();
    let mut group = c.benchmark_group("validate");
    for (name, text) in
        [("small", order(2, 0)), ("lines", order(1000, 0)), ("prose", order(1, 1000))]
    {
        let wrong = text.replacen("\"qty\": 3", "\"qty\": 0", 1);
        let theirs = |text: &str| rival.is_valid(&serde_json::from_str(text).unwrap());
        assert!(VALIDATOR.validate(&schema, &text).unwrap().is_valid() && theirs(&text));
        assert!(!VALIDATOR.validate(&schema, &wrong).unwrap().is_valid() && !theirs(&wrong));

        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(BenchmarkId::new("forebay", name), &text, |b, text| {
            b.iter(|| VALIDATOR.validate(&schema, black_box(text)).unwrap().is_valid());
        });
        group.bench_with_input(BenchmarkId::new("jsonschema", name), &text, |b, text| {
            b.iter(|| theirs(black_box(text)));
        });
        group.bench_with_input(BenchmarkId::new("serde_json alone", name), &text, |b, text| {
            b.iter(|| serde_json::from_str::<serde_json::Value>(black_box(text)).unwrap());
        });
        let tokens: Vec<_> =
            text.as_bytes().chunks(4).map(|t| str::from_utf8(t).unwrap()).collect();
        let mut stream = Box::new(StreamValidator::<131_072>::new(&schema));
        group.bench_with_input(
            BenchmarkId::new("forebay, in tokens", name),
            &tokens,
            |b, tokens| {
                b.iter_batched(
                    || (),
                    |()| {
                        stream.clear();
                        tokens.iter().for_each(|token| stream.push(token).unwrap());
                        stream.finish().unwrap().len()
                    },
                    BatchSize::SmallInput,
                );
            },
        );
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(30).measurement_time(std::time::Duration::from_secs(2));
    targets = validate
}
criterion_main!(benches);
