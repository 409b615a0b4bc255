//! `unevaluatedProperties` and `unevaluatedItems`.
#![cfg(feature = "alloc")]

mod common;

use common::check;
use forebay_validate::{Draft, Engine, Options, Rejected, Report, SchemaBuf, StreamValidator};

fn read(json: &str) -> SchemaBuf {
    SchemaBuf::from_json(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

#[test]
fn what_a_branch_evaluates_counts_if_it_fits() {
    let schema = read(
        r#"{"anyOf": [{"properties": {"kind": {"const": 1}, "a": true}, "required": ["kind"]},
            {"properties": {"kind": {"const": 2}, "b": true}, "required": ["kind"]}],
            "unevaluatedProperties": false}"#,
    );
    // The branch is known before or behind what it evaluates.
    check(
        &schema,
        &[r#"{"kind": 1, "a": 0}"#, r#"{"a": 0, "kind": 1}"#, r#"{"b": [1], "kind": 2}"#],
        &[
            r#"{"kind": 1, "b": 0}"#,
            r#"{"a": 0, "kind": 2}"#,
            r#"{"kind": 1, "c": 0}"#,
            r#"{"a": 0}"#,
        ],
    );
    let condition = read(
        r#"{"if": {"properties": {"a": {"const": 1}}, "required": ["a"]}, "then": {"properties": {"b": true}},
            "else": {"properties": {"c": true}}, "unevaluatedProperties": {"type": "null"}}"#,
    );
    check(
        &condition,
        &[r#"{"b": 1, "a": 1}"#, r#"{"c": 1, "a": null}"#, r#"{"b": null, "x": null}"#],
        &[r#"{"c": 1, "a": 1}"#, r#"{"b": 1}"#, r#"{"a": 2}"#],
    );
    let not =
        read(r#"{"not": {"not": {"properties": {"a": true}}}, "unevaluatedProperties": false}"#);
    check(&not, &["{}"], &[r#"{"a": 1}"#]);
    let dependent = read(
        r#"{"properties": {"a": true}, "dependentSchemas": {"a": {"properties": {"b": true}}}, "unevaluatedProperties": false}"#,
    );
    check(&dependent, &[r#"{"b": 1, "a": 1}"#, r#"{"a": 1, "b": 1}"#], &[r#"{"b": 1}"#]);
}

#[test]
fn schemas_within_schemas() {
    // The inner one evaluates all that it allows.
    let inner = read(
        r#"{"allOf": [{"properties": {"a": true}, "unevaluatedProperties": {"type": "null"}}], "unevaluatedProperties": false}"#,
    );
    check(&inner, &[r#"{"a": 1, "b": null}"#], &[r#"{"b": 1}"#]);
    // Cousins do not see each other.
    let cousins =
        read(r#"{"allOf": [{"properties": {"a": true}}, {"unevaluatedProperties": false}]}"#);
    check(&cousins, &["{}", "1"], &[r#"{"a": 1}"#]);
    let tree = read(
        r##"{"$ref": "#/$defs/node", "unevaluatedProperties": false,
            "$defs": {"node": {"properties": {"next": {"$ref": "#"}, "v": true}, "patternProperties": {"^x-": true}}}}"##,
    );
    check(
        &tree,
        &[r#"{"next": {"next": {"v": 1}, "x-a": 1}, "v": 1}"#],
        &[r#"{"next": {"next": {"w": 1}}}"#, r#"{"next": {}, "w": 1}"#],
    );
}

#[test]
fn items() {
    let schema = read(
        r#"{"prefixItems": [true], "anyOf": [{"prefixItems": [true, {"const": 1}]}, {"prefixItems": [true, true, {"const": 2}]}],
            "unevaluatedItems": false}"#,
    );
    check(
        &schema,
        &["[]", "[0, 1]", "[0, 0, 2]", "[0, 1, 2]"],
        &["[0, 0, 0]", "[0, 1, 3]", "[0, 1, 2, 3]"],
    );
    let contains = r#"{"contains": {"type": "string"}, "anyOf": [true, {"contains": {"const": 1}}],
        "unevaluatedItems": {"type": "null"}}"#;
    check(
        &read(contains),
        &[r#"["a"]"#, r#"[null, "a", "b"]"#, r#"["a", 1]"#],
        &["[null]", r#"["a", 2]"#],
    );
    let old = SchemaBuf::from_json_with(contains, Draft::Draft2019_09).unwrap();
    check(&old, &[r#"["a"]"#, r#"[null, "a"]"#], &["[null]", r#"["a", 2]"#]);
    let list =
        r#"{"items": [true], "additionalItems": {"type": "null"}, "unevaluatedItems": false}"#;
    check(
        &SchemaBuf::from_json_with(list, Draft::Draft2019_09).unwrap(),
        &["[1, null]"],
        &["[1, 1]"],
    );
}

#[test]
fn it_is_told_what_is_left() {
    let schema = read(
        r#"{"allOf": [{"properties": {"a": {"type": "integer"}}}], "oneOf": [{"required": ["b"], "properties": {"b": true}}, {"required": ["c"]}],
            "unevaluatedProperties": false}"#,
    );
    let (mut engine, mut report) = (Engine::<8, 32>::new(), Report::<8>::new());
    let mut told = |json: &str| {
        engine.validate(&schema, &Options::new(), json, &mut report).unwrap();
        report.to_string()
    };
    assert_eq!(told(r#"{"b": 1, "x": [1]}"#), "value: must not have the property \"x\"");
    // Known at its end only: the branch with `b` does not fit.
    assert_eq!(
        told(r#"{"b": 1, "c": 1}"#),
        "value: must not have the property \"c\"\nvalue: must fit exactly one of the schemas of `oneOf`, and fits 2"
    );
    // A part that fails by itself is not reported as left as well.
    assert_eq!(told(r#"{"b": 1, "a": "x"}"#), "/a: must be an integer");
    let mut stream = StreamValidator::<64>::new(&schema);
    assert_eq!(
        stream.push(r#"{"x":"#),
        Err(Rejected::Invalid { at: 3, keyword: "unevaluatedProperties" }),
        "as soon as the name is there"
    );
}

/// Room is needed for the ways in which schemas speak of names, not for each member.
#[test]
fn members_without_number() {
    let schema = read(
        r#"{"anyOf": [{"additionalProperties": {"type": "integer"}}, {"patternProperties": {"^a": true}}, {"minProperties": 1, "maxProperties": 3}],
            "unevaluatedProperties": false}"#,
    );
    let members: Vec<_> = (0..2_000).map(|i| format!(r#""a{i}": "x""#)).collect();
    let (mut engine, mut report) = (Engine::<4, 24>::new(), Report::<8>::new());
    for (last, fits) in [("\"a\": 1", true), ("\"b\": 1", false)] {
        let json = format!("{{{}, {last}}}", members.join(","));
        engine.validate(&schema, &Options::new(), &json, &mut report).unwrap();
        assert_eq!(report.is_valid(), fits, "{report}");
    }
}
