//! Texts and schemas made to take long, to need much room, or to hit a limit: each ends, with a verdict or with an error.
#![cfg(feature = "alloc")]
#![cfg(not(miri))] // Sizes are what it is about.

mod common;

use common::Validator;
use forebay_validate::{Rejected, SchemaBuf, SchemaErrorKind, StreamValidator, ValidateError};

static VALIDATOR: Validator = Validator::new();
static LARGE: Validator<2, 128, 4096> = Validator::new();

fn schema(json: &str) -> SchemaBuf {
    SchemaBuf::from_json(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn is_valid(schema: &SchemaBuf, json: &str) -> Result<bool, ValidateError> {
    VALIDATOR.validate(schema, json).map(|report| report.is_valid())
}

fn names(range: std::ops::Range<usize>) -> String {
    range.map(|i| format!("\"{i}\"")).collect::<Vec<_>>().join(",")
}

#[test]
fn a_megabyte_of_brackets() {
    let schemas = [
        "true",
        r##"{"items": {"$ref": "#"}, "uniqueItems": true}"##,
        r##"{"anyOf": [{"items": {"$ref": "#"}}, {"items": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}}]}"##,
        r##"{"not": {"items": {"$ref": "#"}}, "contains": {"$ref": "#"}}"##,
        r##"{"properties": {"a": {"$ref": "#"}}, "additionalProperties": {"not": {"$ref": "#"}}}"##,
    ];
    for text in schemas {
        let schema = schema(text);
        let mut stream = StreamValidator::<1024>::new(&schema);
        for open in ["[", r#"{"a":"#, r#"{"":"#, r#"[[{"a":"#, r#"[0,["#] {
            let text = open.repeat(1_000_000 / open.len());
            let error = VALIDATOR.validate(&schema, &text).map(|report| report.is_valid());
            assert!(
                matches!(
                    error,
                    Err(ValidateError::TooDeep { .. } | ValidateError::TooComplex { .. })
                ),
                "{open}: {error:?}"
            );
            stream.clear();
            let pushed = stream.push(&text[..1000]);
            // Some schemas fit no object at all, and say so first.
            assert!(
                matches!(pushed, Err(Rejected::Error(_) | Rejected::Invalid { .. })),
                "{open}: {pushed:?}"
            );
        }
    }
}

#[test]
fn a_megabyte_of_keys() {
    let keys = (0..100_000).map(|i| format!("\"{i}\":{i}")).collect::<Vec<_>>().join(",");
    let json = format!("{{{keys}}}");
    for (text, expected) in [
        (r#"{"additionalProperties": {"type": "integer"}}"#, true),
        (r#"{"propertyNames": {"pattern": "^[0-9]+$"}}"#, true),
        (r#"{"patternProperties": {"^9": {"minimum": 10}}}"#, false),
        (r#"{"maxProperties": 99999}"#, false),
        (r#"{"minProperties": 100000, "maxProperties": 100000, "required": ["99999"]}"#, true),
        (r#"{"required": ["100000"]}"#, false),
        (r#"{"dependentRequired": {"0": ["1", "99999"], "99999": ["-1"]}}"#, false),
        (r#"{"dependentSchemas": {"99999": {"maxProperties": 100000}}}"#, true),
    ] {
        assert_eq!(is_valid(&schema(text), &json), Ok(expected), "{text}");
    }
    // The same key all the time: each is held against the schema.
    let again = format!("{{{}\"a\":1}}", "\"a\":0,".repeat(100_000));
    assert_eq!(is_valid(&schema(r#"{"properties": {"a": {"const": 0}}}"#), &again), Ok(false));
    // One key of a megabyte, in a closed object: its first chars tell.
    let long = format!("{{\"{}\":1}}", "ab".repeat(500_000));
    let closed = schema(r#"{"properties": {"abab": true}, "additionalProperties": false}"#);
    assert_eq!(is_valid(&closed, &long), Ok(false));
}

/// Violations far above what a report holds are counted.
#[test]
fn a_megabyte_of_violations() {
    let schema =
        schema(r#"{"items": {"type": "string", "enum": ["a"], "not": {"type": "integer"}}}"#);
    let json = format!("[{}1]", "1,".repeat(299_999));
    let report = VALIDATOR.validate(&schema, &json).unwrap();
    assert_eq!(report.violations().len(), 8);
    assert!(report.missed() >= 300_000 - 8, "{}", report.missed());
}

/// A name more than there is room for, and so many more that their count would be too large for 16 bits.
#[test]
fn required_names() {
    let all = |n: usize| (0..n).map(|i| format!("\"{i}\":0")).collect::<Vec<_>>().join(",");
    let most = schema(&format!(r#"{{"required": [{}]}}"#, names(0..2048)));
    assert_eq!(is_valid(&most, &format!("{{{}}}", all(2048))), Ok(true));
    assert_eq!(is_valid(&most, &format!("{{{}}}", all(2047))), Ok(false));
    let many = schema(&format!(r#"{{"required": [{}]}}"#, names(0..2049)));
    let error = is_valid(&many, "{}").unwrap_err();
    assert_eq!(error.to_string(), "byte 0: no room for more names that are required at once");

    let nested = schema(&format!(
        r##"{{"required": [{}], "properties": {{"n": {{"$ref": "#"}}, "z": {{"required": [{}]}}}}}}"##,
        names(0..16),
        names(0..63_504)
    ));
    let json = r#"{"n":"#.repeat(126) + r#"{"z":{}}"# + &"}".repeat(126);
    let error = LARGE.validate(&nested, &json).map(|report| report.is_valid()).unwrap_err();
    assert!(matches!(error, ValidateError::TooComplex { .. }), "{error}");

    // Each object is held against all names once, not once for each of them.
    let objects = format!("[{}{{}}]", "{},".repeat(999));
    let items = schema(&format!(r#"{{"items": {{"required": [{}]}}}}"#, names(0..2000)));
    assert_eq!(VALIDATOR.validate(&items, &objects).unwrap().missed(), 2_000_000 - 8);
}

#[test]
fn a_schema_with_as_many_keywords_as_there_can_be() {
    // One for the list, one for each member.
    let all = schema(&format!(r#"{{"enum": [{}]}}"#, names(0..65_534)));
    assert_eq!(is_valid(&all, "\"65533\""), Ok(true));
    assert_eq!(is_valid(&all, "\"65534\""), Ok(false));
    let mut stream = StreamValidator::<16>::new(&all);
    assert_eq!(stream.push("\"6553"), Ok(()));
    assert!(matches!(stream.push("9"), Err(Rejected::Invalid { .. })));
    let error = SchemaBuf::from_json(&format!(r#"{{"enum": [{}]}}"#, names(0..65_535)))
        .map(drop)
        .unwrap_err();
    assert_eq!(error.kind(), SchemaErrorKind::TooManyKeywords);

    let branches = "{\"const\": 1},".repeat(20_000);
    let any = schema(&format!(r#"{{"anyOf": [{branches}{{"const": 2}}]}}"#));
    let error = is_valid(&any, "2").unwrap_err();
    assert_eq!(
        error.to_string(),
        "byte 0: no room for more schemas that apply at once: raise ENTRIES"
    );
}

/// Each definition refers twice to the next: followed one after the other that is 2 to the power of their number.
#[test]
fn branches_of_branches() {
    for keyword in ["anyOf", "oneOf", "allOf"] {
        let levels: Vec<_> = (0..40)
            .map(|i| format!(r##""d{i}": {{"{keyword}": [{{"$ref": "#/$defs/d{0}"}}, {{"$ref": "#/$defs/d{0}"}}]}}"##, i + 1))
            .collect();
        let text = format!(
            r##"{{"$ref": "#/$defs/d0", "$defs": {{{}, "d40": {{"type": "integer"}}}}}}"##,
            levels.join(",")
        );
        // Both branches fit, or neither.
        let expected = keyword != "oneOf";
        assert_eq!(is_valid(&schema(&text), "1"), Ok(expected), "{keyword}");
        assert_eq!(is_valid(&schema(&text), "null"), Ok(false), "{keyword}");
    }
}

/// With a pattern that backtracks where others would.
#[test]
fn patterns_take_a_step_a_char() {
    let text = format!("\"{}b\"", "a".repeat(100_000));
    for (pattern, expected) in [
        ("^(a+)+$", false),
        ("^(a|a)*$", false),
        ("^(a|aa)+$", false),
        ("(a*)*c", false),
        ("^(a?){20}a{20}", true),
        ("^(.*)*b$", true),
        ("(x+x+)+y", false),
        ("^((a*)*)*$", false),
        ("([a-z]+)*b$", true),
    ] {
        let schema = schema(&format!(r#"{{"pattern": "{pattern}"}}"#));
        assert_eq!(is_valid(&schema, &text), Ok(expected), "{pattern}");
        let members = schema_of_names(pattern);
        assert_eq!(is_valid(&members, &format!("{{{text}:1}}")), Ok(!expected), "{pattern}");
    }
    for pattern in [
        "(((a{100}){100}){100}){100}",
        "a{65535}",
        "(a{1000}|b{1000}){1000}",
        "a{4294967295}",
        "a{99999999999}",
    ] {
        let error =
            SchemaBuf::from_json(&format!(r#"{{"pattern": "{pattern}"}}"#)).map(drop).unwrap_err();
        assert!(
            matches!(
                error.kind(),
                SchemaErrorKind::TooManyInstructions | SchemaErrorKind::Pattern(_)
            ),
            "{pattern}: {error}"
        );
    }
    let deep = "(".repeat(10_000) + "a" + &")".repeat(10_000);
    let error = SchemaBuf::from_json(&format!(r#"{{"pattern": "{deep}"}}"#)).map(drop).unwrap_err();
    assert!(matches!(
        error.kind(),
        SchemaErrorKind::Pattern(_) | SchemaErrorKind::TooManyInstructions
    ));
}

/// A pattern with a thousand states, all of which are live, ends before seconds have gone by.
#[test]
fn work_of_patterns_is_bounded() {
    let text = format!("\"{}x\"", "q".repeat(80_000));
    for json in
        [r#"{"pattern": "[a-q][^u-z]{1000}x"}"#, r#"{"pattern": "^(?=[a-q]*[^u-z]{1000}y)[a-q]"}"#]
    {
        let schema = schema(json);
        let error = is_valid(&schema, &text).unwrap_err();
        let what = "no room for more steps of patterns, of which a text may take 67,108,864";
        assert!(error.to_string().ends_with(what), "{json}: {error}");
        if !json.contains("[a-q][^u-z]{1000}x") {
            continue;
        }
        let mut stream = Box::new(StreamValidator::<81_000>::new(&schema));
        assert_eq!(stream.push(&text), Err(error.into()), "{json}");
    }
    // A pattern that dies early, or is found, is not looked at any longer, however long the text is.
    let short = schema(r#"{"pattern": "^[a-q]{3}[^u-z]{1000}"}"#);
    assert_eq!(is_valid(&short, &text), Ok(true));
}

/// Only keys that do not match the pattern may have a value.
fn schema_of_names(pattern: &str) -> SchemaBuf {
    schema(&format!(r#"{{"patternProperties": {{"{pattern}": false}}}}"#))
}

#[test]
fn items_that_must_differ() {
    let unique = schema(r#"{"uniqueItems": true}"#);
    // The same hash: they are compared, and are the same.
    for (a, b) in [
        (r#"{"a":{"b":[1,2]},"c":0}"#, r#"{"c":-0.0,"a":{"b":[1.0,20e-1]}}"#),
        ("1000000000000000000000000000000", "1e30"),
        (r#""\ud83d\udc32""#, "\"🐲\""),
        ("[[[[]]]]", "[ [ [ [ ] ] ] ]"),
    ] {
        assert_eq!(is_valid(&unique, &format!("[{a},null,{b}]")), Ok(false), "{a} {b}");
        assert_eq!(is_valid(&unique, &format!("[{a},[{b}]]")), Ok(true), "{a} {b}");
    }
    // Objects 30 deep, compared both ways at each depth, would be compared 2^30 times.
    let long = "x".repeat(10_000);
    let deep = r#"{"a":"#.repeat(30) + "\"" + &long + "\"" + &"}".repeat(30);
    let spaced = deep.replace("\"a\":", "\"a\": ");
    assert_eq!(is_valid(&unique, &format!("[{deep},{spaced}]")), Ok(false));
    // In another order at each depth they are, up to a limit.
    let open = (r#"{"x":0,"a":"#, r#"{"a":"#);
    let close = ("}", r#","x":0}"#);
    let a = open.0.repeat(30) + "\"" + &long + "\"" + &close.0.repeat(30);
    let b = open.1.repeat(30) + "\"" + &long + "\"" + &close.1.repeat(30);
    let error = is_valid(&unique, &format!("[{a},{b}]")).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("byte {}: no room for more comparisons of values", a.len() + b.len() + 1)
    );
    // Each depth asks for it.
    let all = schema(r##"{"uniqueItems": true, "items": {"$ref": "#"}}"##);
    let arrays = "[1,".repeat(31) + "[\"" + &"x".repeat(100_000) + "\"]" + &"]".repeat(31);
    assert_eq!(is_valid(&all, &arrays), Ok(true));
    let many = format!("[{}]", names(0..257));
    assert!(matches!(is_valid(&unique, &many), Err(ValidateError::TooComplex { .. })));
    assert_eq!(
        LARGE.validate(&unique, &format!("[{}]", names(0..4000))).map(|report| report.is_valid()),
        Ok(true)
    );
}

#[test]
fn numbers_with_absurd_exponents() {
    let schema = schema(
        r#"{"multipleOf": 0.0000000000000000007, "minimum": -1e400, "exclusiveMaximum": 1e4000000000}"#,
    );
    let nines = "9".repeat(100_000);
    for (json, expected) in [
        ("0e99999999999999999999999999".into(), true),
        (format!("0e{nines}"), true),
        (format!("7e{nines}"), false),
        (format!("7e-{nines}"), false),
        (format!("-7e{nines}"), false),
        ("7e300".into(), true),
        (format!("{nines}.{nines}"), false),
        (format!("7{}", "0".repeat(100_000)), true),
    ] {
        let start: String = json.chars().take(40).collect();
        assert_eq!(is_valid(&schema, &json), Ok(expected), "{start}");
    }
}

/// References in circles, in chains, and to what is not there.
#[test]
fn references() {
    for text in [
        r##"{"$ref": "#"}"##,
        r##"{"allOf": [{"$ref": "#"}]}"##,
        r##"{"not": {"$ref": "#"}}"##,
        r##"{"if": {"$ref": "#"}, "then": false, "else": true}"##,
        r##"{"oneOf": [{"$ref": "#"}, {"$ref": "#"}]}"##,
        r##"{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}"##,
        r##"{"dependentSchemas": {"a": {"$ref": "#"}}}"##,
    ] {
        let outcome = is_valid(&schema(text), r#"{"a": 1}"#);
        assert!(matches!(outcome, Err(ValidateError::Circle { .. })), "{text}: {outcome:?}");
    }
    // A chain of 200 ends at 256 schemas at once, one of 300 does not.
    for (len, expected) in [(200, Some(false)), (300, None)] {
        let links: Vec<_> =
            (0..len).map(|i| format!(r##""d{i}": {{"$ref": "#/$defs/d{}"}}"##, i + 1)).collect();
        let text = format!(
            r##"{{"$ref": "#/$defs/d0", "$defs": {{{}, "d{len}": {{"type": "null"}}}}}}"##,
            links.join(",")
        );
        assert_eq!(is_valid(&schema(&text), "1").ok(), expected, "{len}");
    }
    // A parts' references may go in circles.
    let tree =
        schema(r##"{"items": {"anyOf": [{"$ref": "#"}, {"$ref": "#/items"}, {"type": "null"}]}}"##);
    let outcome = is_valid(&tree, "[[[null]]]");
    assert!(matches!(outcome, Ok(true) | Err(ValidateError::Circle { .. })), "{outcome:?}");
}
