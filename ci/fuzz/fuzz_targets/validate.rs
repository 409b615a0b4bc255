//! Bytes as a schema and a text that is held against it: whole, at the first violation, and in pieces.
//!
//! The first byte chooses options, the second where the text is cut, the third one of the schemas below or none of them;
//! then follows the schema, up to a NUL, and the text.
#![no_main]

#[path = "../../../validate/tests/models/json.rs"]
mod json;

use forebay::validate::{Options, Rejected, SchemaBuf, StreamValidator, ValidateError, Validator};
use json::{DEPTH, Verdict, oracle};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

type All = Validator<1, 4, DEPTH>;

const OPTIONS: [Options; 4] = [
    Options::new(),
    Options::new().coerce(true),
    Options::new().formats(false),
    Options::new().coerce(true).formats(false),
];
static ALL: [All; 4] = [
    All::new().with(OPTIONS[0]),
    All::new().with(OPTIONS[1]),
    All::new().with(OPTIONS[2]),
    All::new().with(OPTIONS[3]),
];
static FIRST: [All; 4] = [
    All::new().with(OPTIONS[0].stop_at_first(true)),
    All::new().with(OPTIONS[1].stop_at_first(true)),
    All::new().with(OPTIONS[2].stop_at_first(true)),
    All::new().with(OPTIONS[3].stop_at_first(true)),
];

/// Made to meet most of what an engine does without having to find it.
const SCHEMAS: [&str; 8] = [
    "true",
    r##"{"anyOf": [{"items": {"$ref": "#"}, "maxItems": 2}, {"properties": {"a": {"$ref": "#"}}, "required": ["a"]}, {"enum": ["a", 1, null]}]}"##,
    r#"{"properties": {"aa": {"type": "integer", "minimum": 3}, "ab": {"pattern": "^a+$"}}, "additionalProperties": false, "minProperties": 1}"#,
    r##"{"uniqueItems": true, "contains": {"multipleOf": 0.5}, "maxContains": 1, "items": {"not": {"uniqueItems": false, "maxItems": 1}}}"##,
    r#"{"oneOf": [{"maxLength": 2}, {"minLength": 2, "pattern": "b$"}, {"const": {"a": [1, {"b": 2}], "c": "x"}}]}"#,
    r#"{"if": {"required": ["a"]}, "then": {"propertyNames": {"enum": ["a", "b"]}}, "else": {"patternProperties": {"^b": {"type": ["string", "boolean"]}}}}"#,
    r##"{"prefixItems": [{"type": "number"}, {"format": "date-time"}, {"format": "uri"}], "items": {"$ref": "#/$defs/a"}, "$defs": {"a": {"format": "email", "type": "string"}}}"##,
    r#"{"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"b": {"maxProperties": 2}}, "additionalProperties": {"format": "ipv6", "type": ["boolean", "string"]}}"#,
];

static LOADED: LazyLock<Vec<SchemaBuf>> =
    LazyLock::new(|| SCHEMAS.iter().map(|text| SchemaBuf::from_json(text).unwrap()).collect());

fuzz_target!(|bytes: &[u8]| {
    let [options, cuts, which, texts @ ..] = bytes else { return };
    let Ok(texts) = std::str::from_utf8(texts) else { return };
    let options = usize::from(options % 4);
    if let Some(schema) = LOADED.get(usize::from(which % 16)) {
        return check(schema, texts, options, *cuts, false);
    }
    let (schema, text) = texts.split_once('\0').unwrap_or((texts, ""));
    // What is no JSON is no schema.
    match SchemaBuf::from_json(schema) {
        Ok(loaded) => {
            assert_eq!(oracle(schema), Verdict::Json);
            check(&loaded, text, options, *cuts, is_monotone(schema));
            check(&loaded, schema, options, *cuts, is_monotone(schema));
        }
        Err(error) => assert!(schema.is_char_boundary(error.at()), "{error}"),
    }
});

/// Whether what fits without coercion fits with it: what fits more may fit the whole less where one of these is.
fn is_monotone(schema: &str) -> bool {
    let turns = ["\\", "\"not\"", "\"oneOf\"", "\"if\"", "\"maxContains\"", "\"format\""];
    !turns.iter().any(|keyword| schema.contains(keyword))
}

fn check(schema: &SchemaBuf, text: &str, options: usize, cuts: u8, is_monotone: bool) {
    let all = ALL[options].validate(schema, text);
    let all = all.map(|report| {
        assert_eq!(report.is_valid(), report.violations().is_empty() && report.missed() == 0);
        report.is_valid()
    });
    match (oracle(text), &all) {
        (Verdict::Json, Err(ValidateError::Malformed { .. } | ValidateError::TooDeep { .. }))
        | (Verdict::NoJson | Verdict::TooDeep, Ok(_)) => panic!("{all:?}"),
        _ => {}
    }
    let first = FIRST[options].validate(schema, text).map(|report| {
        assert_eq!(report.is_valid(), report.violations().is_empty());
        assert!(report.violations().len() <= 1 && report.missed() == 0);
        report.is_valid()
    });
    match (&all, &first) {
        (Ok(all), Ok(first)) => assert_eq!(all, first),
        // It stops before.
        (Err(_), Ok(false)) => {}
        (Err(all), Err(first)) => assert_eq!(all, first),
        (all, first) => panic!("{all:?} {first:?}"),
    }
    if let (true, Ok(true)) = (is_monotone, &all) {
        let lenient = ALL[options | 1].validate(schema, text);
        assert!(lenient.is_ok_and(|report| report.is_valid()));
    }

    let mut stream = StreamValidator::<2048, DEPTH>::new(schema).with(OPTIONS[options]);
    let mut rest = text;
    let mut state = u32::from(cuts);
    while !rest.is_empty() {
        state = state.wrapping_mul(0x0019_660D).wrapping_add(0x3C6E_F35F);
        let len = if cuts < 128 { cuts as usize + 1 } else { (state >> 24) as usize % 32 };
        let len =
            (len.min(rest.len())..=rest.len()).find(|at| rest.is_char_boundary(*at)).unwrap_or(0);
        let (piece, behind) = rest.split_at(len);
        rest = behind;
        if stream.push(piece).is_err() {
            break;
        }
    }
    match (&first, stream.finish().map(drop)) {
        (Ok(true), Ok(())) => {}
        (Ok(false), Err(Rejected::Invalid { .. })) => {}
        (Err(first), Err(Rejected::Error(error))) => assert_eq!(*first, error),
        // Where a text is cut within a string, the part before is looked at before what is wrong behind.
        (Err(_), Err(Rejected::Invalid { .. })) => {}
        (first, rejected) => panic!("{first:?} {rejected:?}"),
    }
}
