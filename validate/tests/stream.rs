//! Texts held against schemas while they arrive.
#![cfg(feature = "alloc")]

mod common;

use common::Validator;
use forebay_validate::{Options, Rejected, SchemaBuf, StreamValidator, ValidateError};

static VALIDATOR: Validator = Validator::new();

fn schema(json: &str) -> SchemaBuf {
    SchemaBuf::from_json(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

/// The part of `json`, byte by byte, that is taken before it is rejected, with the byte that is said to be the first too many.
fn taken<'j>(
    validator: &mut StreamValidator<'_, 4096>,
    json: &'j str,
) -> Result<(), (&'j str, usize)> {
    validator.clear();
    for (at, c) in json.char_indices() {
        match validator.push(&json[at..at + c.len_utf8()]) {
            Ok(()) => {}
            Err(Rejected::Invalid { at: said, .. }) => return Err((&json[..at], said)),
            Err(other) => panic!("{json}: {other}"),
        }
    }
    match validator.finish() {
        Ok(text) => {
            assert_eq!(text, json);
            Ok(())
        }
        Err(Rejected::Invalid { at, .. }) => Err((json, at)),
        Err(other) => panic!("{json}: {other}"),
    }
}

/// A `^` in each text stands before the first byte that is too many; a text without one fits, one that ends in `^` is found out
/// at its end.
fn check(schema_json: &str, texts: &[&str]) {
    let schema = schema(schema_json);
    let mut validator = StreamValidator::new(&schema);
    for marked in texts {
        let json = marked.replace('^', "");
        let whole = VALIDATOR.validate(&schema, &json).map(|report| report.is_valid());
        match (marked.find('^'), taken(&mut validator, &json)) {
            (None, Ok(())) => assert_eq!(whole, Ok(true), "{marked}"),
            (Some(at), Err((taken, said))) => {
                assert_eq!((taken, said), (&json[..at], at), "{marked} for {schema_json}");
                assert_ne!(whole, Ok(true), "{marked}");
            }
            (_, other) => panic!("{marked} for {schema_json}: {other:?}"),
        }
        // In one piece the verdict and the place are the same.
        validator.clear();
        let at = match validator.push(&json).and_then(|()| validator.finish().map(drop)) {
            Ok(()) => None,
            Err(Rejected::Invalid { at, .. }) => Some(at),
            Err(other) => panic!("{marked}: {other}"),
        };
        assert_eq!(at, marked.find('^'), "{marked} for {schema_json}, in one piece");
    }
}

#[test]
fn a_wrong_type_is_seen_at_the_first_byte() {
    check(
        r#"{"type": "integer"}"#,
        &["12 ", "^\"1\"", " ^[1]", "^null", "1.5^", "1.5^ ", "1.0", "1.5e1 "],
    );
    check(
        r#"{"items": {"type": ["string", "null"]}}"#,
        &[r#"["a", null]"#, r#"["a", ^1]"#, r#"[^{}]"#],
    );
    check(
        r#"{"properties": {"a": {"type": "boolean"}}}"#,
        &[r#"{"a": true, "b": 1}"#, r#"{"b": 1, "a": ^1}"#],
    );
    check("false", &["^1", "^{}"]);
}

#[test]
fn a_listed_value_is_followed_as_it_comes() {
    let colour = r#"{"enum": ["red", "green", "grey", 7, null, {"r": 1}]}"#;
    check(
        colour,
        &[
            r#""red""#,
            r#""gre^d""#,
            r#""gr^a""#,
            r#""^blue""#,
            r#""re^""#,
            r#""gre\u0079""#,
            "7",
            "7.0 ",
            "8^ ",
            "null",
            "^true",
            r#"{"r": 1}"#,
            r#"{"r": 2^}"#,
            "^[1]",
        ],
    );
    check(r#"{"const": "a\nb"}"#, &[r#""a\nb""#, r#""a\u000ab""#, r#""a^b""#]);
    check(r#"{"const": true}"#, &["true", "^false"]);
    let ways = r#"{"if": true, "then": {"const": "then"}, "else": {"const": "else"}}"#;
    check(ways, &[r#""then""#, r#""then^%""#, r#""^else""#]);
}

#[test]
fn strings_are_cut_off_in_the_middle() {
    check(r#"{"maxLength": 3}"#, &[r#""abc""#, r#""abc^d""#, r#""🐲éx^yz""#]);
    check(r#"{"minLength": 2}"#, &[r#""ab""#, r#""a^""#]);
    // Which nothing matches.
    check(r#"{"pattern": "^(?!a*)b"}"#, &["1", "^\"b\"", "^\"\""]);
    check(
        r#"{"items": {"anyOf": [{"pattern": "^[]"}, {"maxLength": 1}]}}"#,
        &[r#"["a"]"#, r#"["a^b"]"#],
    );
    let schema = schema(r#"{"pattern": "^[0-9]{2}-x"}"#);
    let mut validator = StreamValidator::new(&schema);
    assert_eq!(taken(&mut validator, r#""12-xyz""#), Ok(()));
    assert_eq!(taken(&mut validator, r#""1a""#), Err((r#""1"#, 2)));
    assert_eq!(taken(&mut validator, r#""12-""#), Err((r#""12-"#, 4)));
}

#[test]
fn keys_of_a_closed_object_are_followed_as_they_come() {
    let closed = r#"{"properties": {"name": {}, "number": {}, "never": false}, "additionalProperties": false}"#;
    check(
        closed,
        &[
            r#"{"name": 1, "number": 2}"#,
            r#"{"na^x": 1}"#,
            r#"{"n^o": 1}"#,
            r#"{"^x": 1}"#,
            r#"{"nam^": 1}"#,
            r#"{"n^ever": 1}"#,
        ],
    );
    check(r#"{"propertyNames": {"maxLength": 2}}"#, &[r#"{"ab": 1}"#, r#"{"ab^c": 1}"#]);
    check(r#"{"propertyNames": {"enum": ["one", "two"]}}"#, &[r#"{"two": 1}"#, r#"{"t^h": 1}"#]);
    // Its keys may match the pattern yet.
    check(
        r#"{"patternProperties": {"x$": true}, "additionalProperties": false}"#,
        &[r#"{"abcx": 1}"#, r#"{"abc^": 1}"#],
    );
}

#[test]
fn what_is_one_too_many_is_seen_at_the_comma() {
    check(r#"{"maxItems": 2}"#, &["[1, 2]", "[1, 2^, 3]"]);
    check(r#"{"maxItems": 0}"#, &["[ ]", "[ ^1]"]);
    check(r#"{"maxProperties": 1}"#, &[r#"{"a": 1}"#, r#"{"a": 1^, "b": 1}"#]);
    check(r#"{"maxProperties": 0}"#, &["{}", r#"{ ^"a": 1}"#]);
    check(r#"{"prefixItems": [true], "items": false}"#, &["[1]", "[1^, 2]"]);
    check(
        r#"{"contains": {"type": "string"}, "maxContains": 1}"#,
        &[r#"["a", 1]"#, r#"["a", "b^"]"#],
    );
}

#[test]
fn what_is_missing_is_seen_at_the_bracket() {
    check(r#"{"required": ["a"]}"#, &[r#"{"b": 1, "a": 1}"#, r#"{"b": 1^}"#, "{^}"]);
    check(r#"{"minItems": 2}"#, &["[1, 2]", "[1^]"]);
    check(r#"{"contains": {"type": "null"}}"#, &["[null]", "[1^]"]);
    check(r#"{"uniqueItems": true}"#, &["[1, 2]", "[1, 2, 1^]", r#"[{"a": 1}, {"a": 1.0^}]"#]);
    check(r#"{"minimum": 5}"#, &["5", "4^", "4^ ", "4e5 "]);
}

#[test]
fn branches_fail_together() {
    check(
        r#"{"anyOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"b": {"type": "string"}}}]}"#,
        &[r#"{"a": 1, "b": ""}"#, r#"{"a": 1, "b": ^1}"#, r#"{"b": 1, "a": ^1}"#],
    );
    check(r#"{"oneOf": [{"type": "string"}, {"type": "null"}]}"#, &["null", "^1"]);
    check(r#"{"oneOf": [{"type": "string"}, {"maxLength": 3}]}"#, &[r#""abcd""#, "1", r#""abc^""#]);
    check(r#"{"not": {"type": "string"}}"#, &["1", "^\"\""]);
    check(r#"{"allOf": [{"maxLength": 3}, {"enum": ["ab", "abcd"]}]}"#, &[r#""ab""#, r#""abc^d""#]);
    check(
        r#"{"if": {"properties": {"k": {"const": "x"}}}, "then": {"required": ["x"]}, "else": {"maxProperties": 1}}"#,
        &[
            r#"{"k": "x", "x": 1}"#,
            r#"{"k": "x"^}"#,
            r#"{"k": "y"}"#,
            r#"{"k": "y"^, "a": 1}"#,
            r#"{"a": 1, "k": "^y"}"#,
        ],
    );
}

#[test]
fn other_errors() {
    let schema = schema(r#"{"type": "array"}"#);
    let mut validator = StreamValidator::<16>::new(&schema);
    validator.push("[1, ").unwrap();
    let cut = validator.finish().unwrap_err();
    assert_eq!(cut.to_string(), "byte 4: the text is cut off");
    // It stays so.
    assert_eq!(validator.push("2]"), Err(cut));

    validator.clear();
    validator.push("[1, 2, 3, 4").unwrap();
    assert_eq!(validator.push(", 5, 6"), Err(Rejected::TooLong { capacity: 16 }));
    assert_eq!(validator.text(), "[1, 2, 3, 4");

    validator.clear();
    assert_eq!(validator.push("[}").unwrap_err().to_string(), "byte 1: expected a value or `]`");
    // What is invalid first counts, whatever comes behind it.
    validator.clear();
    assert!(matches!(validator.push("{nonsense"), Err(Rejected::Invalid { .. })));
    assert!(matches!(validator.finish(), Err(Rejected::Invalid { .. })));

    let mut shallow = StreamValidator::<16>::new(&schema).with(Options::new().max_depth(2));
    let deep = shallow.push("[[[").unwrap_err();
    assert_eq!(deep, Rejected::Error(ValidateError::TooDeep { at: 2 }));
}

#[test]
fn bytes_may_cut_a_char() {
    let schema = schema(r#"{"items": {"enum": ["é🐲x", "éa"]}}"#);
    let json = r#"["é🐲x", "éa"]"#;
    let mut validator = StreamValidator::<64>::new(&schema);
    for len in 1..=json.len() {
        validator.clear();
        for piece in json.as_bytes().chunks(len) {
            validator.push_bytes(piece).unwrap();
            validator.push_bytes(b"").unwrap();
        }
        assert_eq!(validator.finish(), Ok(json), "{len}");
    }
    // A place is that of a whole char, and what is no UTF-8 is told where it begins.
    validator.clear();
    assert_eq!(validator.push_bytes(b"[\"\xC3"), Ok(()));
    let invalid = Rejected::Invalid { at: 3, keyword: "enum" };
    assert_eq!(validator.push_bytes(b"\xA8"), Err(invalid));
    assert_eq!(validator.push_bytes(b"\xFF"), Err(invalid));
    for (pieces, at) in [
        (&[&b"[\"\xC3"[..], b"x"][..], 2),
        (&[b"[\"\xC3\xA9\xF0", b"\x9F", b"\x90", b"\""], 4),
        (&[b"[\"\xC3\xA9\xFF\""], 4),
        (&[b"[\"\xED\xA0\x80"], 2),
        (&[b"[\"\xF0\x80"], 2),
    ] {
        validator.clear();
        let pushed = pieces.iter().try_for_each(|piece| validator.push_bytes(piece));
        assert_eq!(pushed, Err(Rejected::Utf8 { at }), "{pieces:?}");
        assert_eq!(validator.finish(), Err(Rejected::Utf8 { at }));
    }
    validator.clear();
    validator.push_bytes(b"[\"\xC3").unwrap();
    assert_eq!(validator.push("x").unwrap_err().to_string(), "byte 2: not UTF-8");
    validator.clear();
    validator.push_bytes(b"[\"\xC3").unwrap();
    assert_eq!(validator.finish(), Err(Rejected::Utf8 { at: 2 }));
}

#[test]
fn an_escape_may_be_cut_anywhere() {
    let schema = schema(r#"{"items": {"const": "a🐲\""}, "maxItems": 1}"#);
    let json = r#"["a\ud83D\uDC32\u0022"]"#;
    let mut validator = StreamValidator::<64>::new(&schema);
    for cut in 0..=json.len() {
        validator.clear();
        validator.push(&json[..cut]).unwrap();
        validator.push(&json[cut..]).unwrap();
        assert_eq!(validator.finish(), Ok(json));
    }
    assert_eq!(
        taken(&mut StreamValidator::new(&schema), r#"["a\ud83D\uDC33"]"#),
        Err((r#"["a\ud83D\uDC3"#, 14))
    );
}
