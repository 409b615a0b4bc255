//! Schemas: made in statics, read from JSON, refused.
#![cfg(feature = "alloc")]

use forebay_validate::{
    Draft, Format, Rules, Schema, SchemaBuf, SchemaError, SchemaErrorKind, Types,
};

/// What a schema prints.
fn printed<'a>(schema: impl Into<Rules<'a>>) -> String {
    format!("{:?}", schema.into())
}

fn read(json: &str) -> String {
    printed(&SchemaBuf::from_json(json).unwrap_or_else(|error| panic!("{json}: {error}")))
}

fn read_draft7(json: &str) -> String {
    let schema = SchemaBuf::from_json_with(json, Draft::Draft7);
    printed(&schema.unwrap_or_else(|error| panic!("{json}: {error}")))
}

/// Why a text is refused, and the part of it that is wrong.
fn refused(json: &str) -> (SchemaErrorKind, &str) {
    let error = SchemaBuf::from_json(json).expect_err(json);
    (error.kind(), error.excerpt(json))
}

#[track_caller]
fn wrong_form(json: &str, keyword: &str, part: &str) {
    match refused(json) {
        (SchemaErrorKind::Form { keyword: named, .. }, excerpt) => {
            assert_eq!((named, excerpt), (keyword, part), "{json}");
        }
        other => panic!("{json}: {other:?}"),
    }
}

static PERSON: Schema<15> = Schema::object()
    .property("name", Schema::string().min_length(1))
    .property("age", Schema::integer().minimum(0).maximum(150))
    .required(&["name"])
    .closed();

static PERSON_FROM_JSON: Schema<15> = Schema::from_json(
    r#"{"type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1},
            "age": {"type": "integer", "minimum": 0, "maximum": 150}
        },
        "required": ["name"], "additionalProperties": false}"#,
);

#[test]
fn built_and_read_are_equal() {
    let expected = "type object\n\
        properties name\n  type string\n  minLength 1\n\
        properties age\n  type integer\n  minimum 0\n  maximum 150\n\
        required name\n\
        additionalProperties\n  false\n";
    assert_eq!(printed(&PERSON), expected);
    assert_eq!(printed(&PERSON_FROM_JSON), expected);
    assert_eq!((PERSON.len(), PERSON_FROM_JSON.len()), ((15, 0), (15, 0)));
}

#[test]
fn every_keyword_is_built_as_read() {
    type S = Schema<64, 64>;
    let s = S::any;
    for (built, json) in [
        (s(), "true"),
        (S::never(), "false"),
        (S::types(Types::STRING.or(Types::NULL)), r#"{"type": ["null", "string"]}"#),
        (S::array().items(S::number()), r#"{"type": "array", "items": {"type": "number"}}"#),
        (S::boolean().constant("true"), r#"{"type": "boolean", "const": true}"#),
        (S::null(), r#"{"type": "null"}"#),
        (s().min_properties(1).max_properties(2), r#"{"minProperties": 1, "maxProperties": 2}"#),
        (s().min_items(1).max_items(2), r#"{"minItems": 1.0, "maxItems": 20e-1}"#),
        (s().unique_items(), r#"{"uniqueItems": true}"#),
        (s(), r#"{"uniqueItems": false}"#),
        (s().min_length(1).max_length(2), r#"{"minLength": 1, "maxLength": 2}"#),
        (s().format(Format::Date), r#"{"format": "date"}"#),
        (s().minimum(-1).maximum(1), r#"{"minimum": -1, "maximum": 1}"#),
        (s().minimum_decimal("0.1"), r#"{"minimum": 0.1}"#),
        (s().maximum_decimal("1e5"), r#"{"maximum": 1e5}"#),
        (s().exclusive_minimum(0), r#"{"exclusiveMinimum": 0}"#),
        (s().exclusive_minimum_decimal("-0.5"), r#"{"exclusiveMinimum": -0.5}"#),
        (s().exclusive_maximum(0), r#"{"exclusiveMaximum": 0}"#),
        (s().exclusive_maximum_decimal("7"), r#"{"exclusiveMaximum": 7}"#),
        (s().multiple_of(2), r#"{"multipleOf": 2}"#),
        (s().multiple_of_decimal("0.01"), r#"{"multipleOf": 0.01}"#),
        (s().constant_string("a\"b"), r#"{"const": "a\"b"}"#),
        (s().one_of_strings(&["a", "b"]), r#"{"enum": ["a", "b"]}"#),
        (s().enumeration(&["1", "[2]"]), r#"{"enum": [1, [2]]}"#),
        (s().enumeration(&[]), r#"{"enum": []}"#),
        (s().named_check("even"), r#"{"customValidator": "even"}"#),
        (s().pattern("^a"), r#"{"pattern": "^a"}"#),
        (
            s().pattern_property("b$", S::string()),
            r#"{"patternProperties": {"b$": {"type": "string"}}}"#,
        ),
        (s().additional_properties(S::null()), r#"{"additionalProperties": {"type": "null"}}"#),
        (s().property_names(s().max_length(3)), r#"{"propertyNames": {"maxLength": 3}}"#),
        (
            s().prefix_item(S::null()).prefix_item(s()),
            r#"{"prefixItems": [{"type": "null"}, true]}"#,
        ),
        (
            s().contains(S::null()).min_contains(2).max_contains(3),
            r#"{"maxContains": 3, "contains": {"type": "null"}, "minContains": 2}"#,
        ),
        (s().all_of(s()).all_of(S::never()), r#"{"allOf": [true, false]}"#),
        (s().any_of(s()).any_of(S::never()), r#"{"anyOf": [true, false]}"#),
        (s().one_of(s()).one_of(S::never()), r#"{"oneOf": [true, false]}"#),
        (s().not(S::null()), r#"{"not": {"type": "null"}}"#),
        (
            s().if_then_else(S::null(), s(), S::never()),
            r#"{"else": false, "then": true, "if": {"type": "null"}}"#,
        ),
        (s().dependent_required("a", &["b", "c"]), r#"{"dependentRequired": {"a": ["b", "c"]}}"#),
        (s().dependent_required("a", &["b"]), r#"{"dependencies": {"a": ["b"]}}"#),
        (s().dependent_schema("a", S::never()), r#"{"dependentSchemas": {"a": false}}"#),
        (s().dependent_schema("a", S::never()), r#"{"dependencies": {"a": false}}"#),
        (
            S::reference("n").definition("n", S::reference("n")).checked(),
            r##"{"$defs": {"n": {"$ref": "#/$defs/n"}}, "$ref": "#/$defs/n"}"##,
        ),
    ] {
        // `maxContains` stands behind `minContains` in both.
        assert_eq!(printed(&built), read(json), "{json}");
    }
}

#[test]
fn what_says_nothing_is_left_out() {
    for json in [
        r#"{"title": "x", "description": 5, "default": {"$ref": 1}, "x-unknown": [{}]}"#,
        r#"{"format": "shoe-size"}"#,
        r#"{"then": false}"#,
        r#"{"minContains": 2}"#,
        r#"{"additionalItems": false}"#,
    ] {
        assert_eq!(read(json), "", "{json}");
    }
    let json = r#"{"prefixItems": [false], "dependentRequired": {"a": ["b"]}, "additionalItems": false,
        "unevaluatedItems": false, "$anchor": 1, "minContains": "x", "if": false, "id": 1}"#;
    assert_eq!(read_draft7(json), "", "draft 7 does not know them");
}

#[test]
fn keywords_may_have_escapes() {
    assert_eq!(read(r#"{"min\u0049tems": 1, "format": "d\u0061te"}"#), "minItems 1\nformat date\n");
}

#[test]
fn draft_7_lists_items() {
    let json = r#"{"additionalItems": false, "items": [true, {"type": "null"}]}"#;
    let expected = "prefixItems 0\nprefixItems 1\n  type null\nitems\n  false\n";
    assert_eq!(read_draft7(json), expected);
    let said = format!(r#"{{"$schema": "http://json-schema.org/draft-07/schema#", {}"#, &json[1..]);
    assert_eq!(read(&said), expected, "$schema goes first");
    let error = SchemaBuf::from_json(json).unwrap_err();
    assert_eq!(error.excerpt(json), r#"[true, {"type": "null"}]"#);
    assert!(
        error.to_string().ends_with("a list of some is `prefixItems` in draft 2020-12"),
        "{error}"
    );
}

#[test]
fn what_stands_beside_a_reference() {
    let json =
        r##"{"definitions": {"a": {"type": "null"}}, "$ref": "#/definitions/a", "minItems": 1}"##;
    assert_eq!(read_draft7(json), "$ref a\n$defs a\n  type null\n");
    assert_eq!(read(json), "minItems 1\n$ref a\n$defs a\n  type null\n");
}

/// What the schema's first reference leads to, printed.
#[track_caller]
fn leads_to(json: &str, expected: &str) {
    let print = read(json);
    assert!(print.ends_with(expected), "{json}\n{print}");
}

#[test]
fn references_name_any_place() {
    for (json, expected) in [
        (r##"{"properties": {"a": {"$ref": "#"}}}"##, "$ref #\n"),
        (
            r##"{"$ref": "#/properties/a", "properties": {"a": {"minItems": 1}}}"##,
            "#1\n  minItems 1\n",
        ),
        (r##"{"$ref": "#/x-own/1", "x-own": [0, {"minItems": 2}]}"##, "#3\n  minItems 2\n"),
        (r##"{"$ref": "#/$defs/a~1b%25~0", "$defs": {"a/b%~": {"minItems": 3}}}"##, "minItems 3\n"),
        (r##"{"$ref": "#/$defs/%C3%A9", "$defs": {"\u00e9": {"minItems": 4}}}"##, "minItems 4\n"),
        (
            r##"{"$ref": "#/$defs//$defs/", "$defs": {"": {"$defs": {"": {"minItems": 5}}}}}"##,
            "minItems 5\n",
        ),
        (r##"{"$ref": "#here", "not": {"$anchor": "here", "minItems": 6}}"##, "minItems 6\n"),
        (
            r##"{"$ref": "#d", "$defs": {"x": {"$dynamicAnchor": "d", "minItems": 7}}}"##,
            "minItems 7\n",
        ),
    ] {
        leads_to(json, expected);
    }
    // A place that is not a schema's is read once, however many name it.
    let json = r##"{"allOf": [{"$ref": "#/x"}, {"$ref": "#/x"}, {"$ref": "#/x/not"}],
        "x": {"not": {"$ref": "#/x"}}}"##;
    assert_eq!(SchemaBuf::from_json(json).unwrap().len().0, 1 + 3 * 3 + 1 + 4);
}

#[test]
fn references_are_resolved_against_the_nearest_id() {
    for json in [
        r##"{"$id": "http://a/b/root", "$ref": "item", "$defs": {"x": {"$id": "item", "type": "null"}}}"##,
        r##"{"$id": "http://a/b/root", "$ref": "/b/./item#", "$defs": {"x": {"$id": "item", "type": "null"}}}"##,
        r##"{"$ref": "urn:x:1", "$defs": {"x": {"$id": "urn:x:1", "type": "null"}}}"##,
        r##"{"$ref": "urn:x:1#/not", "$defs": {"x": {"$id": "urn:x:1", "not": {"type": "null"}}}}"##,
        r##"{"$ref": "c/d", "$id": "http://a/",
            "$defs": {"x": {"$id": "c/", "$defs": {"y": {"$id": "d", "type": "null"}}}}}"##,
        r##"{"$ref": "in#z", "$defs": {"x": {"$id": "in", "not": {"$anchor": "z", "type": "null"}}}}"##,
    ] {
        let print = read(json);
        assert!(print.starts_with("$ref") && print.contains("type null"), "{json}\n{print}");
    }
    // A fragment alone stays within the resource; another resource's anchor does not count.
    let json = r##"{"$anchor": "a", "$defs": {"x": {"$id": "in", "$ref": "#a"}}}"##;
    assert_eq!(refused(json), (SchemaErrorKind::NoSuchPlace, "#a"));
    leads_to(
        r##"{"not": {"$id": "in", "not": {"$ref": "#/$defs/q"}, "$defs": {"q": {"minItems": 1}}}}"##,
        "minItems 1\n",
    );
    // Draft 7: a fragment is an anchor, and beside `$ref` it is nothing.
    let json = r##"{"$ref": "#a", "definitions": {"x": {"$id": "#a", "type": "null"}}}"##;
    assert!(read_draft7(json).starts_with("$ref x\n"));
    let json = r##"{"not": {"$ref": "#a"}, "definitions": {"x": {"$id": "#a", "$ref": "#"}}}"##;
    let error = SchemaBuf::from_json_with(json, Draft::Draft7).unwrap_err();
    assert_eq!(error.kind(), SchemaErrorKind::NoSuchPlace);
    wrong_form(r##"{"$id": "x#a"}"##, "$id", "x#a");
}

#[test]
fn values_are_no_schemas() {
    let json = r##"{"enum": [{"$id": "x", "$ref": "#/nothing"}], "const": {"$ref": 1}, "examples": [{"$ref": 1}],
        "not": {"$ref": "x"}}"##;
    assert_eq!(refused(json), (SchemaErrorKind::OtherDocument, "x"));
}

#[test]
fn wrong_references() {
    for (json, kind, part) in [
        (r##"{"$ref": "#/a"}"##, SchemaErrorKind::NoSuchPlace, "#/a"),
        (r##"{"$ref": "#a"}"##, SchemaErrorKind::NoSuchPlace, "#a"),
        (
            r##"{"$ref": "#/allOf/01", "allOf": [true, true]}"##,
            SchemaErrorKind::NoSuchPlace,
            "#/allOf/01",
        ),
        (
            r##"{"$ref": "#/allOf/-1", "allOf": [true, true]}"##,
            SchemaErrorKind::NoSuchPlace,
            "#/allOf/-1",
        ),
        (r##"{"$ref": "#/%zz"}"##, SchemaErrorKind::Uri, "#/%zz"),
        (r##"{"$ref": "#/%ff"}"##, SchemaErrorKind::Uri, "#/%ff"),
        (r##"{"$ref": "#/~2"}"##, SchemaErrorKind::Uri, "#/~2"),
        (r##"{"$ref": "#/title", "title": "x"}"##, SchemaErrorKind::NotASchema, "\"x\""),
        (r##"{"$ref": "http://x/y.json"}"##, SchemaErrorKind::OtherDocument, "http://x/y.json"),
    ] {
        assert_eq!(refused(json), (kind, part), "{json}");
    }
}

#[test]
fn wrong_forms_name_the_place() {
    for (json, keyword, part) in [
        (r#"{"minimum": "3"}"#, "minimum", "\"3\""),
        (r#"{"exclusiveMinimum": true}"#, "exclusiveMinimum", "true"),
        (r#"{"multipleOf": 0}"#, "multipleOf", "0"),
        (r#"{"multipleOf": -1}"#, "multipleOf", "-1"),
        (r#"{"multipleOf": 1.0000000000000000001}"#, "multipleOf", "1.0000000000000000001"),
        (r#"{"minLength": -1}"#, "minLength", "-1"),
        (r#"{"minLength": 1.5}"#, "minLength", "1.5"),
        (r#"{"minLength": null}"#, "minLength", "null"),
        (r#"{"type": "int"}"#, "type", "\"int\""),
        (r#"{"type": []}"#, "type", "[]"),
        (r#"{"type": ["null", 1]}"#, "type", "[\"null\", 1]"),
        (r#"{"enum": {}}"#, "enum", "{}"),
        (r#"{"required": "a"}"#, "required", "\"a\""),
        (r#"{"required": ["a", 1]}"#, "required", "1"),
        (r#"{"properties": []}"#, "properties", "[]"),
        (r#"{"allOf": []}"#, "allOf", "[]"),
        (r#"{"anyOf": {"a": 1}}"#, "anyOf", "{\"a\": 1}"),
        (r#"{"uniqueItems": 1}"#, "uniqueItems", "1"),
        (r#"{"pattern": 1}"#, "pattern", "1"),
        (r#"{"format": 1}"#, "format", "1"),
        (r#"{"$ref": {}}"#, "$ref", "{}"),
        (r#"{"customValidator": true}"#, "customValidator", "true"),
        (r#"{"dependentRequired": {"a": {}}}"#, "dependentRequired", "{}"),
        (r#"{"items": []}"#, "items", "[]"),
        (r#"{"$schema": 7}"#, "$schema", "7"),
    ] {
        wrong_form(json, keyword, part);
    }
    for (json, part) in
        [("1", "1"), (r#"{"not": null}"#, "null"), (r#"{"properties": {"a": "b"}}"#, "\"b\"")]
    {
        assert_eq!(refused(json), (SchemaErrorKind::NotASchema, part), "{json}");
    }
}

#[test]
fn what_would_change_the_verdict_is_refused() {
    let old = r#"{"$schema": "http://json-schema.org/draft-03/schema#"}"#;
    assert_eq!(refused(old), (SchemaErrorKind::Dialect, "http://json-schema.org/draft-03/schema#"));
    assert!(matches!(refused(r#"{"pattern": "("}"#), (SchemaErrorKind::Pattern(_), "(")));
    assert_eq!(
        refused(r#"{"minItems": 1, "min\u0049tems": 2}"#).0,
        SchemaErrorKind::Twice("minItems")
    );
}

#[test]
fn errors_read_well() {
    let json = r#"{"type": "integer", "minimum": "3"}"#;
    let error: SchemaError = json.parse::<SchemaBuf>().unwrap_err();
    assert_eq!(error.to_string(), "byte 31: minimum: expected a number");
    assert_eq!(Schema::<8>::try_from_json(json).unwrap_err(), error);
    let error = SchemaBuf::from_json("{").unwrap_err();
    assert_eq!(error.to_string(), "byte 1: not JSON: the text is cut off");
    assert_eq!((error.at(), error.excerpt("{"), error.excerpt("")), (1, "", ""));
    let _: &dyn core::error::Error = &error;
}

#[test]
#[should_panic = "byte 31: minimum: expected a number"]
fn a_wrong_text_panics_where_it_is_needed() {
    let _ = Schema::<8>::from_json(r#"{"type": "integer", "minimum": "3"}"#);
}

#[test]
#[should_panic = "raise N"]
fn too_small_n_panics() {
    let _ = Schema::<2>::any().required(&["a", "b"]);
}

#[test]
#[should_panic = "raise I"]
fn too_small_i_panics() {
    let _ = Schema::<4, 1>::any().pattern("abc");
}

#[test]
#[should_panic = "once"]
fn what_a_schema_has_once_is_not_added_twice() {
    let _ = Schema::<8>::array().items(Schema::string()).items(Schema::any().min_length(1));
}

#[test]
#[should_panic = "once"]
fn a_schema_has_one_condition() {
    let once = Schema::<16>::any().if_then_else(Schema::null(), Schema::any(), Schema::string());
    let _ = once.if_then_else(Schema::number(), Schema::any(), Schema::never());
}

#[test]
#[should_panic = "names no definition"]
fn dangling_references_panic() {
    let _ = Schema::<4>::reference("a").checked();
}

#[test]
#[cfg_attr(miri, ignore = "texts as long as a schema may be")]
fn hostile_texts_end() {
    let kind = |json: &str| SchemaBuf::from_json(json).map(drop).map_err(SchemaError::kind);
    let nested =
        |levels: usize| [&r#"{"not":"#.repeat(levels), "true", &"}".repeat(levels)].concat();
    assert_eq!(kind(&nested(128)), Ok(()));
    assert_eq!(kind(&nested(129)), Err(SchemaErrorKind::TooDeep));
    assert_eq!(kind(&"[".repeat(100_000)), Err(SchemaErrorKind::TooDeep));
    let many = format!(r#"{{"enum": [{}0]}}"#, "0,".repeat(70_000));
    assert_eq!(kind(&many), Err(SchemaErrorKind::TooManyKeywords));
    let room = format!(r#"{{"enum": [{}0]}}"#, "0,".repeat(60_000));
    assert_eq!(kind(&room), Ok(()));
    // References over and over to the far end of a long text.
    let refs = r##"{"$ref":"#/z/a"},"##.repeat(20_000);
    let far = format!(r#"{{"allOf": [{refs} true], "z": {{"a": true}}}}"#);
    assert_eq!(kind(&far), Ok(()));
    // Names that each reference must be held against.
    let ids = |count: usize| -> String {
        let one = |i| format!(r#"{{"$id":"i{i}","$ref":"i{}"}},"#, (i + 7) % count);
        format!(r#"{{"allOf": [{} true]}}"#, (0..count).map(one).collect::<String>())
    };
    assert_eq!(kind(&ids(10_000)), Ok(()));
    // One name that thousands have: the tree of names is a list.
    let same = r#"{"$id":"x"},"#.repeat(16_000);
    assert_eq!(kind(&format!(r#"{{"allOf": [{same} true]}}"#)), Err(SchemaErrorKind::TooMuchWork));
    // Many references to many definitions are ordinary.
    let definitions: String = (0..2_000)
        .map(|i| format!(r##""d{i}":{{"$ref":"#/$defs/d{}"}},"##, (i + 7) % 2_000))
        .collect();
    assert_eq!(kind(&format!(r#"{{"$defs": {{{definitions} "x": true}}}}"#)), Ok(()));
}

#[test]
fn cut_texts_are_refused() {
    let json = r##"{"type": ["object", "null"], "properties": {"\u00e9": {"$ref": "#/$defs/a"}}, "$defs": {"a": true}}"##;
    assert!(SchemaBuf::from_json(json).is_ok());
    for len in 0..json.len() {
        let error = SchemaBuf::from_json(&json[..len]).unwrap_err();
        assert!(matches!(error.kind(), SchemaErrorKind::Json(_)), "{error}");
    }
}

#[test]
fn a_schema_from_json_is_a_part_of_others() {
    const ITEM: Schema<16, 8> =
        Schema::from_json(r#"{"properties": {"a\n": {"pattern": "^b", "maximum": 0.5}}}"#);
    static LIST: Schema<16, 8> = Schema::array().pattern_property("x", Schema::any()).items(ITEM);
    let print = printed(&LIST);
    assert!(print.contains("  properties a\\n\n    pattern ("), "{print}");
    assert!(print.ends_with("    maximum 0.5\n"), "{print}");
}

#[test]
fn a_schema_on_the_heap_is_nobodys() {
    fn owned<T: Send + Sync + Clone + 'static>(value: &T) -> T {
        value.clone()
    }
    let copy = {
        let text = String::from(r#"{"required": ["a"]}"#);
        let schema: SchemaBuf = text.parse().unwrap();
        owned(&schema)
    };
    assert_eq!((printed(&copy).as_str(), copy.text()), ("required a\n", r#"{"required": ["a"]}"#));
}
