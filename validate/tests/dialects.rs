//! The dialects of JSON Schema, and how a schema says which one it is in.
#![cfg(feature = "alloc")]

mod common;

use common::check;
use forebay_validate::{Draft, Registry, Schema, SchemaBuf, SchemaErrorKind};

fn read(json: &str, draft: Draft) -> SchemaBuf {
    SchemaBuf::from_json_with(json, draft).unwrap_or_else(|error| panic!("{json}: {error}"))
}

/// Whether the text is read as of this draft: each has a schema that no other reads like it.
fn is_of(uri: &str, draft: Draft) -> bool {
    let printed = |json: &str, draft| format!("{:?}", read(json, draft));
    let keywords = r##""id": "http://a/", "type": "integer", "const": 1, "if": true, "then": {"minItems": 1},
        "dependentRequired": {"a": ["b"]}, "prefixItems": [true], "unevaluatedItems": true"##;
    let other = if draft == Draft::Draft7 { Draft::Draft6 } else { Draft::Draft7 };
    let named = printed(&format!(r#"{{"$schema": "{uri}", {keywords}}}"#), other);
    let plain = |draft| printed(&format!("{{{keywords}}}"), draft);
    assert_ne!(plain(draft), plain(other));
    named == plain(draft)
}

#[test]
fn schema_is_spelt_in_many_ways() {
    for (uri, draft) in [
        ("http://json-schema.org/draft-04/schema#", Draft::Draft4),
        ("https://json-schema.org/draft-04/schema", Draft::Draft4),
        ("http://json-schema.org/draft-04/hyper-schema#", Draft::Draft4),
        ("http://json-schema.org/draft-06/schema#", Draft::Draft6),
        ("http://json-schema.org/draft-07/schema#", Draft::Draft7),
        ("https://json-schema.org/draft-07/schema#", Draft::Draft7),
        ("http://json-schema.org/draft-07/schema#/", Draft::Draft7),
        ("http:\\/\\/json-schema.org\\/draft-07\\/schema", Draft::Draft7),
        ("https://json-schema.org/draft/2019-09/schema", Draft::Draft2019_09),
        ("http://json-schema.org/draft/2019-09/schema#", Draft::Draft2019_09),
        ("https://json-schema.org/draft/2020-12/schema", Draft::Draft2020_12),
        ("http://json-schema.org/draft/2020-12/schema#", Draft::Draft2020_12),
    ] {
        assert!(is_of(uri, draft), "{uri}");
    }
}

#[test]
fn what_schema_names_and_nobody_knows_is_for_the_caller() {
    let json =
        r#"{"$schema": "https://vendor.example/schema", "minimum": 1, "exclusiveMinimum": true}"#;
    check(&read(json, Draft::Draft4), &["2"], &["1"]);
    let error = SchemaBuf::from_json(json).unwrap_err();
    assert_eq!(error.to_string(), "byte 79: exclusiveMinimum: expected a number");
    let error = SchemaBuf::from_json(r#"{"$schema": "http://json-schema.org/draft-03/schema#"}"#);
    let error = error.unwrap_err();
    assert_eq!(error.to_string(), "byte 13: $schema: drafts before draft 4 are not supported");
    assert_eq!(error.kind(), SchemaErrorKind::Dialect);
}

#[test]
fn schema_counts_in_a_resource_only() {
    for inner in [
        r#"{"$schema": "http://json-schema.org/draft-07/schema#", "type": "string"}"#,
        r#"{"$schema": "http://json-schema.org/draft-03/schema", "type": "string"}"#.replace("03", "04").as_str(),
        r#"{"$schema": {"is": "no URI"}, "type": "string"}"#,
    ] {
        let json = format!(
            r##"{{"definitions": {{"a": {inner}}}, "properties": {{"x": {{"$ref": "#/definitions/a"}}}}}}"##
        );
        check(&read(&json, Draft::Draft2020_12), &[r#"{"x": "a"}"#], &[r#"{"x": 1}"#]);
    }
    // Draft 7 has no `dependentRequired`, and 2020-12 no `items` for the rest of a list.
    let json = r#"{"$schema": "https://json-schema.org/draft/2020-12/schema", "properties": {"old": {
        "dependentRequired": {"a": ["b"]}, "$schema": "http://json-schema.org/draft-07/schema#", "$id": "old"},
        "new": {"dependentRequired": {"a": ["b"]}}}}"#;
    check(
        &read(json, Draft::Draft7),
        &[r#"{"old": {"a": 1}}"#, r#"{"new": {"a": 1, "b": 1}}"#],
        &[r#"{"new": {"a": 1}}"#],
    );
}

#[test]
fn draft_4() {
    let draft = Draft::Draft4;
    let bounds =
        r#"{"minimum": 1, "exclusiveMinimum": true, "exclusiveMaximum": false, "maximum": 3}"#;
    check(&read(bounds, draft), &["1.5", "3"], &["1", "3.5"]);
    check(&read(r#"{"type": "integer"}"#, draft), &["1", "-0"], &["1.0", "1e2", "1.5", "\"1\""]);
    check(&read(r#"{"type": ["integer", "null"]}"#, draft), &["1", "null"], &["1.0"]);
    check(&read(r#"{"type": ["integer", "number"]}"#, draft), &["1", "1.5"], &["null"]);
    // Later keywords are none.
    let later = r#"{"const": 1, "contains": false, "propertyNames": false, "if": true, "then": false, "$id": 1}"#;
    check(&read(later, draft), &["2", "[1]", r#"{"a": 1}"#], &[]);
    let ids = r##"{"id": "http://a/root", "properties": {"x": {"$ref": "item#y"}, "y": {"$ref": "#z", "type": "null"}},
        "definitions": {"i": {"id": "item", "definitions": {"j": {"id": "#y", "type": "string"}}},
            "k": {"id": "#z", "type": "number"}}}"##;
    check(&read(ids, draft), &[r#"{"x": "a", "y": 1}"#], &[r#"{"x": 1}"#, r#"{"y": null}"#]);
}

#[test]
fn drafts_between() {
    check(
        &read(r#"{"if": true, "then": false, "const": 1}"#, Draft::Draft6),
        &["1", "1.0"],
        &["2"],
    );
    let items =
        r#"{"items": [{"type": "null"}], "additionalItems": false, "prefixItems": [false]}"#;
    check(&read(items, Draft::Draft2019_09), &["[]", "[null]"], &["[1]", "[null, 1]"]);
    check(
        &read(r#"{"items": {}, "additionalItems": false}"#, Draft::Draft2019_09),
        &["[1, 2]"],
        &[],
    );
    // Beside a reference.
    let json = r##"{"$ref": "#/$defs/a", "minimum": 3, "$defs": {"a": {"type": "integer"}}}"##;
    check(&read(json, Draft::Draft2019_09), &["3"], &["2", "3.5"]);
    check(&read(json, Draft::Draft6), &["3", "2"], &["3.5"]);
}

#[test]
fn limits_name_what_to_raise() {
    let json = r#"{"required": ["a", "b", "c"], "properties": {"a": {"type": "null"}, "b": true}}"#;
    let needed = SchemaBuf::from_json(json).unwrap().len().0;
    let error = Schema::<4>::try_from_json(json).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "byte {}: the schema has more keywords than places: raise N to {needed} or more",
            json.len()
        )
    );
    assert!(Schema::<9>::try_from_json(json).is_ok() && needed == 9);
    let error = Schema::<4, 2>::try_from_json(r#"{"pattern": "abc"}"#).unwrap_err();
    assert_eq!(error.kind(), SchemaErrorKind::TooManyInstructions);
    assert!(error.to_string().ends_with("places: raise I, which is 2"), "{error}");
    // A heap has no N.
    let many = format!(r#"{{"enum": [{}0]}}"#, "0,".repeat(70_000));
    let error = SchemaBuf::from_json(&many).unwrap_err().to_string();
    assert!(error.contains("65534 are the most") && !error.contains("raise"), "{error}");
}

#[test]
fn a_registry_says_the_draft() {
    static OLD: Schema<4> = Schema::from_json_in(
        r#"{"maximum": 1, "exclusiveMaximum": true}"#,
        &Registry::new().draft(Draft::Draft4),
    );
    check(&OLD, &["0"], &["1"]);
}

#[test]
fn metaschemas_of_ones_own() {
    let documents = [
        (
            "https://a/no-validation",
            r#"{"$schema": "https://json-schema.org/draft/2020-12/schema", "$vocabulary": {
                "https://json-schema.org/draft/2020-12/vocab/core": true,
                "https://json-schema.org/draft/2020-12/vocab/applicator": true}}"#,
        ),
        ("https://a/old", r#"{"$schema": "http://json-schema.org/draft-04/schema#"}"#),
        ("https://a/older", r#"{"$schema": "old"}"#),
        ("https://a/itself", r#"{"$schema": "https://a/itself"}"#),
        ("https://a/broken", "{"),
    ];
    let registry = Registry::new().with_documents(&documents);
    let read = |uri: &str, keywords: &str| {
        let json = format!(r#"{{"$schema": "https://a/{uri}", {keywords}}}"#);
        SchemaBuf::from_json_in(&json, &registry)
    };
    let keywords =
        r#""minimum": 1, "type": "string", "properties": {"a": false, "b": {"required": ["c"]}}"#;
    let schema = read("no-validation", keywords).unwrap();
    check(&schema, &["0", r#"{"b": {}}"#], &[r#"{"a": 1}"#]);
    for uri in ["old", "older#"] {
        let schema = read(uri, r#""minimum": 1, "exclusiveMinimum": true"#).unwrap();
        check(&schema, &["2"], &["1"]);
    }
    check(&read("itself", r#""minimum": 1"#).unwrap(), &["1"], &["0"]);
    let error = read("broken", r#""minimum": 1"#).unwrap_err();
    assert_eq!((error.document(), error.at()), (Some(4), 1));
}
