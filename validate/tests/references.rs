//! References: how far they reach, and what they cost.
#![cfg(feature = "alloc")]

mod common;

use common::check;
use forebay_validate::{
    Draft, Engine, Options, Registry, Report, Schema, SchemaBuf, SchemaErrorKind, ValidateError,
};

fn read(json: &str) -> SchemaBuf {
    SchemaBuf::from_json(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

/// Whether a text fits.
fn verdict(schema: &SchemaBuf, json: &str) -> Result<bool, ValidateError> {
    let mut report = Report::<4>::new();
    Engine::<32, 256>::new().validate(schema, &Options::new(), json, &mut report)?;
    Ok(report.is_valid())
}

/// `count` schemas, each of which refers to five others, below a pointer's container.
fn components(count: usize, container: &str) -> String {
    let one = |i: usize| {
        let others = (0..5).map(|j| {
            format!(r##""p{j}": {{"$ref": "#/{container}/S{}"}}"##, (i * 7 + j + 1) % count)
        });
        let others: Vec<_> = others.collect();
        let text = "x".repeat(300);
        format!(r#""S{i}": {{"title": "{text}", "properties": {{{}}}}}"#, others.join(","))
    };
    let all: Vec<_> = (0..count).map(one).collect();
    let open = container.split('/').map(|name| format!(r#""{name}": {{"#)).collect::<String>();
    let close = "}".repeat(container.split('/').count());
    format!(r##"{{"$ref": "#/{container}/S0", {open}{}{close}}}"##, all.join(","))
}

#[test]
#[cfg_attr(miri, ignore = "texts as long as a schema may be")]
fn loading_is_linear() {
    for container in ["components/schemas", "$defs", "a/b/c/d", "x"] {
        let schema = read(&components(150, container));
        assert_eq!(verdict(&schema, r#"{"p0": {"p1": {}}}"#), Ok(true));
    }
    // 3,000 schemas of 1.5 MB in all: to walk to each would be too much work, and refused.
    read(&components(3_000, "components/schemas"));
}

#[test]
fn pointers_find_members_and_items_of_large_texts() {
    // So many that members are put into the tree.
    let refs: Vec<_> = (0..300).map(|i| format!(r##"{{"$ref": "#/x~1y/{i}/é"}}"##)).collect();
    let items: Vec<_> =
        (0..300).map(|i| format!(r#"{{"e": false, "\u00e9": {{"minimum": {i}}}}}"#)).collect();
    let json = format!(r#"{{"allOf": [{}], "x/y": [{}]}}"#, refs.join(","), items.join(","));
    let schema = read(&json);
    let mut report = Report::<1>::new();
    let mut engine = Box::new(Engine::<32, 2048>::new());
    for (text, fits) in [("299", true), ("298", false)] {
        engine.validate(&schema, &Options::new(), text, &mut report).unwrap();
        assert_eq!(report.is_valid(), fits, "{text}");
    }
    let missing = json.replace("#/x~1y/7/é", "#/x~1y/300/é");
    let error = SchemaBuf::from_json(&missing).unwrap_err();
    assert_eq!(
        (error.kind(), error.excerpt(&missing)),
        (SchemaErrorKind::NoSuchPlace, "#/x~1y/300/é")
    );
}

#[test]
fn a_circle_that_nothing_hangs_on() {
    for (json, text, fits) in [
        (
            r##"{"anyOf":[{"type":"string"},{"$ref":"#/$defs/loop"}],"$defs":{"loop":{"anyOf":[{"$ref":"#/$defs/loop"}]}}}"##,
            r#""x""#,
            true,
        ),
        (
            r##"{"if":{"const":1},"then":{"$ref":"#/$defs/loop"},"$defs":{"loop":{"allOf":[{"$ref":"#/$defs/loop"}]}}}"##,
            "2",
            true,
        ),
        // Of a part, where the whole is decided by others.
        (
            r##"{"anyOf":[{"minProperties":1},{"properties":{"a":{"$ref":"#/$defs/loop"}}}],"$defs":{"loop":{"$ref":"#/$defs/loop"}}}"##,
            r#"{"a":1}"#,
            true,
        ),
        (
            r##"{"required":["b"],"properties":{"a":{"$ref":"#/$defs/loop"}},"$defs":{"loop":{"$ref":"#/$defs/loop"}}}"##,
            r#"{"a":1}"#,
            false,
        ),
        (
            r##"{"contains":{"anyOf":[{"const":1},{"$ref":"#/$defs/loop"}]},"$defs":{"loop":{"not":{"$ref":"#/$defs/loop"}}}}"##,
            "[1]",
            true,
        ),
    ] {
        let schema = read(json);
        assert_eq!(verdict(&schema, text), Ok(fits), "{json}");
        let (text, none): (&[_], &[_]) = (&[text], &[]);
        check(&schema, if fits { text } else { none }, if fits { none } else { text });
    }
}

/// Not of the root alone: it leads to others, which lead back to it.
#[test]
fn a_circle_through_the_root_ends() {
    for json in [
        r##"{"$ref":"#/$defs/b","properties":{"k":{"const":1}},"$defs":{"b":{"$ref":"#"}}}"##,
        r##"{"allOf":[{"$ref":"#"}],"properties":{"k":{"const":1}}}"##,
    ] {
        let schema = read(json);
        let circle = verdict(&schema, r#"{"k":1}"#).unwrap_err();
        assert!(matches!(circle, ValidateError::Circle { at: 6, .. }), "{json}: {circle:?}");
        let mut report = Report::<4>::new();
        let text = r#"{"k":2}"#;
        Engine::<32, 256>::new().validate(&schema, &Options::new(), text, &mut report).unwrap();
        assert_eq!(&**report.violations()[0].schema_path(), "/properties/k/const", "{json}");
    }
}

#[test]
fn a_circle_says_where_it_is() {
    let json = r##"{"properties":{"a":{"$ref":"#/$defs/b"}},"$defs":{"b":{"$ref":"#/$defs/b"}}}"##;
    let error = verdict(&read(json), r#"{"x": 1, "a": true, "y": 1}"#).unwrap_err();
    let schema = json.rfind(r##"{"$ref"##).unwrap();
    assert_eq!(error, ValidateError::Circle { at: 17, schema });
    let expected = format!("byte 17: the schema at byte {schema} of its text refers to itself");
    assert_eq!(error.to_string(), expected);
    let items = r##"{"contains":{"$ref":"#/$defs/b"},"$defs":{"b":{"$ref":"#/$defs/b"}}}"##;
    assert!(matches!(verdict(&read(items), "[1]"), Err(ValidateError::Circle { at: 2, .. })));
}

#[test]
fn dynamic_references() {
    // A tree whose nodes are those of whoever extends it.
    let json = r##"{"$id": "https://a/strict", "$dynamicAnchor": "node", "$ref": "tree", "properties": {"x": {"type": "null"}},
        "$defs": {"tree": {"$id": "tree", "$dynamicAnchor": "node", "properties": {"next": {"$dynamicRef": "#node"}}},
            "plain": {"$id": "plain", "$anchor": "node", "properties": {"next": {"$dynamicRef": "#node"}}}}}"##;
    check(&read(json), &[r#"{"next": {"x": null}}"#], &[r#"{"next": {"x": 1}}"#]);
    let direct = format!(r##"{{"$ref": "https://a/tree", "$defs": {{"s": {json}}}}}"##);
    check(&read(&direct), &[r#"{"next": {"x": 1}}"#], &[]);
    let plain = format!(
        r##"{{"$ref": "https://a/plain", "$dynamicAnchor": "node", "not": {{"required": ["no"]}}, "$defs": {{"s": {json}}}}}"##
    );
    check(&read(&plain), &[r#"{"next": {"no": 1}}"#], &[r#"{"no": 1}"#]);
    // Draft 2019-09 has one name for all.
    let old = r##"{"$id": "https://a/strict", "$recursiveAnchor": true, "$ref": "tree", "properties": {"x": {"type": "null"}},
        "$defs": {"tree": {"$id": "tree", "$recursiveAnchor": ANCHOR, "properties": {"next": {"$recursiveRef": "#"}}}}}"##;
    for (anchor, others) in [("true", [r#"{"next": {"x": 1}}"#].as_slice()), ("false", &[])] {
        let json = old.replace("ANCHOR", anchor);
        let schema = SchemaBuf::from_json_with(&json, Draft::Draft2019_09).unwrap();
        check(&schema, &[r#"{"next": {"x": null}}"#], others);
    }
    // At compile time as well.
    static TREE: Schema<32> = Schema::from_json(
        r##"{"$dynamicAnchor": "n", "type": "object", "properties": {"a": {"$dynamicRef": "#n"}}}"##,
    );
    check(&TREE, &[r#"{"a": {"a": {}}}"#], &[r#"{"a": {"a": 1}}"#]);
}

const DOCUMENTS: &[(&str, &str)] = &[
    (
        "https://a/b/name.json#",
        r##"{"$anchor": "top", "type": "string", "$defs": {"n": {"$ref": "other.json#/x/0"}}}"##,
    ),
    ("https://a/b/other.json", r##"{"x": [{"$ref": "#/y"}], "y": {"minLength": 2}}"##),
    (
        "https://a/alias",
        r##"{"$id": "https://real/", "properties": {"r": {"$ref": "#r"}}, "$defs": {"r": {"$anchor": "r", "type": "null"}}}"##,
    ),
    (
        "https://a/old",
        r#"{"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 1, "exclusiveMinimum": true}"#,
    ),
    ("https://a/broken", r#"{"minimum": "1"}"#),
    ("https://a/list", r#"[{"type": "null"}]"#),
];

#[test]
fn other_documents() {
    let registry = Registry::new().with_documents(DOCUMENTS);
    let read = |json: &str| SchemaBuf::from_json_in(json, &registry);
    for (json, fit, others) in [
        (r##"{"$ref": "https://a/b/name.json"}"##, r#""""#, "1"),
        (r##"{"$ref": "https://a/b/name.json#top"}"##, r#""""#, "1"),
        (
            r##"{"$id": "https://a/b/", "items": {"$ref": "name.json#/$defs/n"}}"##,
            r#"["ab", 1]"#,
            r#"["a"]"#,
        ),
        (r##"{"$ref": "https://a/alias"}"##, r#"{"r": null}"#, r#"{"r": 1}"#),
        (r##"{"$ref": "https://a/alias#/properties/r"}"##, "null", "1"),
        (r##"{"$ref": "https://a/old"}"##, "2", "1"),
        (r##"{"$ref": "https://a/list#/0"}"##, "null", "1"),
    ] {
        let schema = read(json).unwrap_or_else(|error| panic!("{json}: {error}"));
        check(&schema, &[fit], &[others]);
        assert_eq!(schema.text(), json);
    }
    let json = r##"{"$ref": "https://a/broken"}"##;
    let error = read(json).unwrap_err();
    assert_eq!((error.document(), error.at()), (Some(4), 12));
    assert_eq!(error.excerpt(DOCUMENTS[4].1), r#""1""#);
    assert_eq!(error.to_string(), "document 5, byte 12: minimum: expected a number");
    for json in [r##"{"$ref": "https://a/nothing"}"##, r##"{"$ref": "https://a/b/"}"##] {
        let error = read(json).unwrap_err();
        assert_eq!((error.kind(), error.document()), (SchemaErrorKind::OtherDocument, None));
    }
    // All in a static.
    static NAME: Schema<24> = Schema::from_json_in(
        r##"{"$ref": "https://a/b/name.json#/$defs/n"}"##,
        &Registry::new().with_documents(DOCUMENTS),
    );
    check(&NAME, &[r#""ab""#], &[r#""a""#]);
}

#[test]
fn documents_are_limited() {
    let documents: Vec<_> = (0..140)
        .map(|i| (format!("https://a/{i}"), format!(r#"{{"$ref": "{}"}}"#, i + 1)))
        .chain([("https://a/140".into(), "true".into())])
        .collect();
    let documents: Vec<_> =
        documents.iter().map(|(uri, json): &(String, String)| (&**uri, &**json)).collect();
    let registry = Registry::new().with_documents(&documents);
    let read = |from: usize| {
        SchemaBuf::from_json_in(&format!(r#"{{"$ref": "https://a/{from}"}}"#), &registry)
    };
    assert!(read(13).is_ok());
    assert_eq!(read(12).unwrap_err().kind(), SchemaErrorKind::TooManyDocuments);
}

#[test]
fn metaschemas_are_there() {
    for uri in [
        "http://json-schema.org/draft-04/schema#",
        "http://json-schema.org/draft-06/schema#",
        "http://json-schema.org/draft-07/schema#",
        "https://json-schema.org/draft-07/schema",
        "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2020-12/schema",
    ] {
        let schema = read(&format!(r#"{{"$ref": "{uri}"}}"#));
        check(
            &schema,
            &["{}", r#"{"properties": {"a": {"minLength": 1}}}"#],
            &["1", r#"{"properties": {"a": {"minLength": -1}}}"#, r#"{"required": "a"}"#],
        );
    }
    let part =
        r##"{"$ref": "http://json-schema.org/draft-07/schema#/definitions/nonNegativeInteger"}"##;
    check(&read(part), &["0"], &["-1"]);
}
