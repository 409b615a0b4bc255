//! Whole texts held against schemas.
#![cfg(feature = "alloc")]

mod common;

use common::Validator;
use forebay_validate::{
    Draft, Options, Schema, SchemaBuf, StreamValidator, Types, ValidateError, Value,
};

static VALIDATOR: Validator = Validator::new();

fn schema(json: &str) -> SchemaBuf {
    SchemaBuf::from_json(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

/// What is wrong with `json`, one a line.
fn report(schema_json: &str, json: &str) -> String {
    let schema = schema(schema_json);
    let report =
        VALIDATOR.validate(&schema, json).unwrap_or_else(|error| panic!("{json}: {error}"));
    assert_eq!(report.is_valid(), report.violations().is_empty(), "{json}");
    report.to_string()
}

/// Holds texts that fit, and texts that do not, against a schema.
fn check(schema_json: &str, fit: &[&str], others: &[&str]) {
    let schema = schema(schema_json);
    for json in fit {
        let report = VALIDATOR.validate(&schema, json).unwrap();
        assert!(report.is_valid(), "{json} for {schema_json}: {report}");
    }
    for json in others {
        let report = VALIDATOR.validate(&schema, json).unwrap();
        assert!(!report.is_valid(), "{json} for {schema_json}");
    }
}

#[test]
fn types() {
    check(
        r#"{"type": "integer"}"#,
        &["1", "-0", "1.0", "10e-1", "1e400"],
        &["1.5", "\"1\"", "null", "[]", "{}"],
    );
    check(r#"{"type": "number"}"#, &["1", "1.5"], &["true", "\"1\""]);
    check(r#"{"type": ["string", "null"]}"#, &["null", "\"\""], &["0", "false"]);
    check(r#"{"type": ["integer", "number"]}"#, &["1.5"], &["\"\""]);
    check("true", &["null", "[{}]"], &[]);
    check("false", &[], &["null", "0", "{}"]);
}

#[test]
fn numbers_are_exact() {
    check(
        r#"{"minimum": 0.1}"#,
        &["0.1", "1e-1", "0.10000000000000000000000001"],
        &["0.09999999999999999999999999"],
    );
    check(
        r#"{"maximum": 9007199254740993}"#,
        &["9007199254740993"],
        &["9007199254740994", "9007199254740993.1"],
    );
    check(
        r#"{"exclusiveMinimum": 0, "exclusiveMaximum": 1}"#,
        &["1e-999999999999"],
        &["0", "-0.0", "1.0", "1e999"],
    );
    check(r#"{"multipleOf": 0.01}"#, &["0.07", "19.99", "1e300", "0"], &["0.005", "1e-300"]);
    check(r#"{"const": 1.0}"#, &["1", "1.00", "0.1e1"], &["1.01", "\"1\"", "true"]);
}

#[test]
fn strings() {
    check(
        r#"{"minLength": 2, "maxLength": 3}"#,
        &[r#""ab""#, r#""🐲🐲🐲""#, r#""\ud83d\udc32\n""#, "1"],
        &[r#""a""#, r#""🐲""#, r#""abcd""#],
    );
    check(r#"{"pattern": "^a+$"}"#, &[r#""aaa""#, r#""\u0061""#], &[r#""""#, r#""ab""#, r#""ba""#]);
    check(
        r#"{"enum": ["a\"b", 1, null, {"x": [1]}]}"#,
        &[r#""a\u0022b""#, "1.0", "null", r#"{ "x" : [ 1 ] }"#],
        &[r#""ab""#, "2", "[]", r#"{"x": [1, 2]}"#],
    );
    check(
        r#"{"format": "date"}"#,
        &[r#""2024-02-29""#, r#""2024-02\u002d29""#, "7"],
        &[r#""2023-02-29""#],
    );
}

#[test]
fn objects() {
    let person = r#"{
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
        "required": ["name"],
        "additionalProperties": false
    }"#;
    check(
        person,
        &[r#"{"name": "x"}"#, r#"{"age": 1, "n\u0061me": ""}"#],
        &["{}", r#"{"name": 1}"#, r#"{"name": "", "x": 1}"#, "[]"],
    );
    check(
        r#"{"minProperties": 1, "maxProperties": 2}"#,
        &[r#"{"a": 1}"#, r#"{"a": 1, "b": 2}"#],
        &["{}", r#"{"a": 1, "b": 2, "c": 3}"#],
    );
    check(
        r#"{"patternProperties": {"^a": {"type": "integer"}}, "additionalProperties": {"type": "null"}}"#,
        &[r#"{"ab": 1, "b": null}"#],
        &[r#"{"a": null}"#, r#"{"b": 1}"#],
    );
    check(r#"{"propertyNames": {"maxLength": 2}}"#, &[r#"{"ab": 1}"#, "{}"], &[r#"{"abc": 1}"#]);
    check(r#"{"propertyNames": false}"#, &["{}"], &[r#"{"a": 1}"#]);
    check(
        r#"{"dependentRequired": {"a": ["b", "c"]}}"#,
        &["{}", r#"{"b": 1}"#, r#"{"c": 1, "a": 1, "b": 1}"#],
        &[r#"{"a": 1}"#, r#"{"b": 1, "a": 1}"#],
    );
    check(
        r#"{"dependentSchemas": {"a": {"maxProperties": 1}}}"#,
        &[r#"{"b": 1, "c": 1}"#, r#"{"a": 1}"#],
        &[r#"{"a": 1, "b": 1}"#, r#"{"b": 1, "a": 1}"#],
    );
}

#[test]
fn arrays() {
    check(
        r#"{"items": {"type": "integer"}, "minItems": 1, "maxItems": 3}"#,
        &["[1]", "[1, 2, 3]"],
        &["[]", "[1, 2, 3, 4]", "[1, null]"],
    );
    check(
        r#"{"prefixItems": [{"type": "integer"}, {"type": "string"}], "items": false}"#,
        &["[]", r#"[1, ""]"#],
        &[r#"[""]"#, r#"[1, "", 0]"#],
    );
    check(r#"{"contains": {"const": 5}}"#, &["[1, 5]", "[5, 5]"], &["[]", "[1]"]);
    check(
        r#"{"contains": {"const": 5}, "minContains": 2, "maxContains": 3}"#,
        &["[5, 5]", "[5, 1, 5, 5]"],
        &["[5]", "[5, 5, 5, 5]"],
    );
    check(r#"{"contains": {"const": 5}, "minContains": 0}"#, &["[]", "[1]"], &[]);
    check(
        r#"{"uniqueItems": true}"#,
        &["[]", "[1, \"1\", true]", r#"[{"a": 1}, {"a": 2}]"#, "[[1, 2], [2, 1]]", "[0, false]"],
        &[
            "[1, 2, 1.0]",
            r#"[{"a": 1, "b": [2]}, 0, {"b": [2.0], "a": 1}]"#,
            r#"["a", "\u0061"]"#,
            "[[], []]",
        ],
    );
    // Members of objects are no items.
    check(r#"{"uniqueItems": true}"#, &[r#"{"a": 1, "b": 1}"#, r#"[{"a": [], "b": []}]"#], &[]);
    check(r#"{"items": {"uniqueItems": true}}"#, &[r#"[{"a": 1, "b": 1}]"#], &["[[1, 1]]"]);
    // What the inner array holds is not the outer one's.
    check(
        r#"{"uniqueItems": true, "items": {"uniqueItems": true}}"#,
        &["[[1, 2], [2, 1], [1]]"],
        &["[[1, 1]]", "[[1, 2], [1, 2]]"],
    );
}

#[test]
fn draft_7_items() {
    let tuple = SchemaBuf::from_json_with(
        r#"{"items": [{"type": "integer"}], "additionalItems": {"type": "string"}}"#,
        Draft::Draft7,
    )
    .unwrap();
    for (json, valid) in [("[]", true), ("[1, \"a\"]", true), ("[\"a\"]", false), ("[1, 2]", false)]
    {
        assert_eq!(VALIDATOR.validate(&tuple, json).unwrap().is_valid(), valid, "{json}");
    }
}

#[test]
fn combinations() {
    check(r#"{"allOf": [{"minimum": 1}, {"maximum": 3}]}"#, &["1", "3"], &["0", "4"]);
    check(r#"{"anyOf": [{"type": "string"}, {"minimum": 5}]}"#, &["\"\"", "5", "null"], &["4"]);
    check(r#"{"oneOf": [{"minimum": 2}, {"type": "integer"}]}"#, &["1", "2.5"], &["3", "1.5"]);
    check(r#"{"not": {"type": "integer"}}"#, &["1.5", "\"\""], &["1"]);
    check(
        r#"{"not": {"properties": {"a": {"type": "string"}}, "required": ["a"]}}"#,
        &["{}", r#"{"a": 1}"#],
        &[r#"{"a": ""}"#],
    );
    let conditional = r#"{
        "if": {"properties": {"kind": {"const": "circle"}}, "required": ["kind"]},
        "then": {"required": ["radius"]},
        "else": {"required": ["width"]}
    }"#;
    check(
        conditional,
        &[
            r#"{"kind": "circle", "radius": 1}"#,
            r#"{"kind": "box", "width": 1}"#,
            r#"{"width": 1}"#,
        ],
        &[r#"{"kind": "circle", "width": 1}"#, r#"{"radius": 1}"#],
    );
    check(r#"{"if": {"type": "integer"}, "else": false}"#, &["1"], &["\"\""]);
    check(r#"{"then": false, "else": false}"#, &["1"], &[]);
    check(
        r#"{"anyOf": [{"properties": {"a": {"anyOf": [{"type": "null"}, {"type": "array", "items": {"not": {"const": 1}}}]}}}, {"required": ["b"]}]}"#,
        &[r#"{"a": null}"#, r#"{"a": [2]}"#, r#"{"a": [1], "b": 0}"#],
        &[r#"{"a": [1]}"#, r#"{"a": 0}"#],
    );
}

#[test]
fn references() {
    let tree = r##"{
        "$ref": "#/$defs/node",
        "$defs": {"node": {"type": "object", "properties": {"value": {"type": "integer"}, "children": {"type": "array", "items": {"$ref": "#/$defs/node"}}}, "required": ["value"]}}
    }"##;
    check(
        tree,
        &[r#"{"value": 1, "children": [{"value": 2, "children": [{"value": 3}]}]}"#],
        &[r#"{"value": 1, "children": [{"value": 2, "children": [{}]}]}"#],
    );
    let endless = schema(r##"{"$ref": "#"}"##);
    assert!(matches!(VALIDATOR.validate(&endless, "1"), Err(ValidateError::Circle { .. })));
    // As long as another way leads to a verdict, the circle does no harm.
    check(r##"{"anyOf": [{"$ref": "#"}, {"type": "string"}]}"##, &["\"\""], &[]);
}

/// Each level holds its child against both branches: followed one after the other that is 2 to the power of the depth.
#[test]
fn branches_within_branches_take_no_longer() {
    let schema = schema(
        r##"{"anyOf": [
            {"properties": {"next": {"$ref": "#"}}, "required": ["a"]},
            {"properties": {"next": {"$ref": "#"}}, "required": ["b"]}
        ]}"##,
    );
    let mut json = String::from(r#"{"b": 1}"#);
    for _ in 0..31 {
        json = format!(r#"{{"next": {json}, "b": 1}}"#);
    }
    assert!(VALIDATOR.validate(&schema, &json).unwrap().is_valid());
}

#[test]
fn violations_say_what_and_where() {
    let order = r#"{
        "type": "object",
        "properties": {
            "id": {"type": "string", "pattern": "^[A-Z]{2}[0-9]+$"},
            "lines": {"type": "array", "minItems": 1, "items": {
                "type": "object",
                "properties": {"a/b~c": {"type": "integer", "minimum": 1, "multipleOf": 2}},
                "required": ["a/b~c"]
            }}
        },
        "required": ["id", "lines"]
    }"#;
    assert_eq!(report(order, r#"{"id": "AB1", "lines": [{"a/b~c": 2}]}"#), "valid");
    assert_eq!(
        report(order, r#"{"id": "ab", "lines": [{"a/b~c": 2}, {}, {"a/b~c": -3}]}"#),
        "/id: must match the pattern \"^[A-Z]{2}[0-9]+$\"\n\
         /lines/1: must have the property \"a/b~c\"\n\
         /lines/2/a~1b~0c: must be at least 1\n\
         /lines/2/a~1b~0c: must be a multiple of 2"
    );
    assert_eq!(
        report(order, "{}"),
        "value: must have the property \"id\"\nvalue: must have the property \"lines\""
    );
    assert_eq!(
        report(r#"{"anyOf": [{"type": "null"}, {"minimum": 3}]}"#, "2"),
        "value: must fit one of the schemas of `anyOf`; closest: must be at least 3"
    );
    assert_eq!(
        report(r#"{"type": ["integer", "null"]}"#, "\"\""),
        "value: must be an integer or null"
    );
    assert_eq!(
        report(r#"{"properties": {"a": {"const": {"b": 1}}}}"#, r#"{"a": 2}"#),
        "/a: must be {\"b\": 1}"
    );

    let schema = schema(order);
    let json = r#"{"id": 1}"#;
    let report = VALIDATOR.validate(&schema, json).unwrap();
    let violation = &report.violations()[0];
    assert_eq!((violation.keyword(), violation.at(), &**violation.path()), ("type", 7, "/id"));
}

/// The closest branch has a property whose value is listed for it, or else failed at the deepest value.
#[test]
fn branches_tell_why() {
    let shapes = r##"{"items": {"oneOf": [{"$ref": "#/$defs/circle"}, {"$ref": "#/$defs/box"}]}, "$defs": {
        "circle": {"properties": {"kind": {"const": "circle"}, "r": {"type": "number"}}, "required": ["kind", "r"]},
        "box": {"properties": {"kind": {"enum": ["box", "cube"]}, "size": {"items": {"minimum": 1}}},
            "required": ["kind", "size"]}}}"##;
    let one = "must fit exactly one of the schemas of `oneOf`";
    for (json, expected) in [
        (r#"[{"kind": "circle", "r": "1"}]"#, "; closest: /0/r must be a number"),
        (r#"[{"kind": "cube", "size": [2, 0]}]"#, "; closest: /0/size/1 must be at least 1"),
        (r#"[{"size": [2, 0], "kind": "cube"}]"#, "; closest: /0/size/1 must be at least 1"),
        (r#"[{"kind": "box"}]"#, "; closest: must have the property \"size\""),
        (r#"[{"size": [0], "r": 1}]"#, "; closest: /0/size/0 must be at least 1"),
    ] {
        assert_eq!(report(shapes, json), format!("/0: {one}{expected}"), "{json}");
    }
    for (schema, json, expected) in [
        (
            r#"{"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]}"#,
            "-1",
            "value: must fit one of the schemas of `anyOf`; closest: must be at least 0".into(),
        ),
        (r#"{"oneOf": [{"minimum": 1}, {"maximum": 5}]}"#, "3", format!("value: {one}, and fits 2")),
        (
            r#"{"anyOf": [{"anyOf": [{"type": "null"}, {"items": {"maxLength": 1}}]}, false]}"#,
            r#"["a", "bc"]"#,
            "value: must fit one of the schemas of `anyOf`; closest: /1 must have at most 1 characters"
                .into(),
        ),
        (
            r#"{"if": {"required": ["a"]}, "then": {"properties": {"a": {"type": "null"}}}}"#,
            r#"{"a": 1}"#,
            "value: must fit `then`, since it fits `if`: /a must be null".into(),
        ),
        (
            r#"{"dependentRequired": {"a": ["b", "c"]}}"#,
            r#"{"b": 1, "a": 1}"#,
            "value: has the property \"a\": then it must have the property \"c\"".into(),
        ),
        (
            r#"{"anyOf": [{"properties": {"a": {}}, "additionalProperties": false}]}"#,
            r#"{"b": 1}"#,
            "value: must fit one of the schemas of `anyOf`; closest: has a property that is not allowed"
                .into(),
        ),
        (r#"{"enum": [1, "a", {"b": [null]}]}"#, "2", r#"value: must be one of 1, "a", {"b": [null]}"#.into()),
    ] {
        assert_eq!(report(schema, json), expected, "{json}");
    }
}

/// The table of the README says what is said.
#[test]
fn the_readme_has_what_is_told() {
    let readme = include_str!("../README.md");
    let rows = readme.lines().filter(|line| line.starts_with("| `{"));
    let mut count = 0;
    for row in rows {
        let mut cells = row.split(" | ");
        let (schema, text) = cells.next().unwrap()[2..].split_once("`, `").unwrap();
        let report = report(schema.trim_matches('`'), text.trim_matches('`'));
        assert_eq!(report, cells.next().unwrap(), "{row}");
        count += 1;
    }
    assert_eq!(count, 10);
}

#[test]
fn keywords_have_places() {
    let json = r##"{"properties": {"a/b": {"$ref": "#/$defs/c"}}, "additionalProperties": false,
        "patternProperties": {"^x~": {"prefixItems": [true, {"maxLength": 1}]}}, "allOf": [true, {"maxProperties": 2}],
        "$defs": {"c": {"items": {"type": "null"}, "oneOf": [true, true]}}}"##;
    let schema = schema(json);
    let report =
        VALIDATOR.validate(&schema, r#"{"a/b": [1], "x~": [1, "ab"], "b": 1, "c": 1}"#).unwrap();
    let places: Vec<_> = report.violations().iter().map(|v| v.schema_path().to_string()).collect();
    assert_eq!(
        places,
        [
            "/properties/a~1b/$ref/oneOf",
            "/properties/a~1b/$ref/items/type",
            "/patternProperties/^x~0/prefixItems/1/maxLength",
            "/allOf/1/maxProperties",
            "/additionalProperties",
            "/additionalProperties",
        ]
    );
}

#[test]
fn what_does_not_fit_into_a_report_is_counted() {
    static FEW: Validator<2> = Validator::new();
    let schema = schema(r#"{"items": {"type": "string"}}"#);
    let report = FEW.validate(&schema, "[1, 2, \"\", 3, 4, 5]").unwrap();
    assert_eq!((report.violations().len(), report.missed()), (2, 3));
    assert!(report.to_string().ends_with("and 3 more"));

    static FIRST: Validator = Validator::new().with(Options::new().stop_at_first(true));
    let report = FIRST.validate(&schema, "[1, 2, not JSON").unwrap();
    assert_eq!((report.violations().len(), report.missed(), report.is_valid()), (1, 0, false));
    // Nor is what else is wrong at the same byte, be it told or counted.
    let twice = self::schema(r#"{"allOf": [false, {"type": "string"}, {"minimum": 5}]}"#);
    static ALL: Validator = Validator::new();
    static SMALL: Validator<1> = Validator::new().with(Options::new().stop_at_first(true));
    assert_eq!(ALL.validate(&twice, "1").unwrap().violations().len(), 3);
    assert_eq!(FIRST.validate(&twice, "1").unwrap().violations().len(), 1);
    assert_eq!(SMALL.validate(&twice, "1").unwrap().missed(), 0);
}

#[test]
fn long_paths_and_messages_are_cut() {
    let name = "é".repeat(200);
    let text = format!(r#"{{"properties": {{"{name}": {{"const": "{name}"}}}}}}"#);
    let schema = schema(&text);
    let json = format!(r#"{{"{name}": 1}}"#);
    let report = VALIDATOR.validate(&schema, &json).unwrap();
    let violation = &report.violations()[0];
    for text in [&**violation.path(), &**violation.message()] {
        assert!(text.ends_with("é…") && text.len() <= 160, "{text}");
    }
    assert!(violation.path().is_cut() && violation.message().is_cut());
}

#[test]
fn what_is_no_json_is_an_error_with_its_place() {
    let schema = schema("true");
    for (json, at, what) in [
        ("", 0, "the text is cut off"),
        ("[1, 2", 5, "the text is cut off"),
        ("[1,]", 3, "expected a value"),
        ("{\"a\" 1}", 5, "expected `:`"),
        ("01", 1, "expected nothing more"),
        ("nul", 3, "the text is cut off"),
        ("\"\\x\"", 2, "no such escape"),
        ("\"\\ud800\"", 7, "half of a surrogate pair"),
        ("\"\n\"", 1, "a control character in a string"),
        ("1 2", 2, "expected nothing more"),
        ("-", 1, "the text is cut off"),
        ("[1.e3]", 3, "expected a digit"),
        ("\u{feff}1", 0, "expected a value"),
    ] {
        let error = VALIDATOR.validate(&schema, json).unwrap_err();
        assert_eq!(error.to_string(), format!("byte {at}: {what}"), "{json:?}");
    }
}

#[test]
fn depth_is_bounded() {
    let schema = schema("true");
    let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
    assert!(VALIDATOR.validate(&schema, &nested(32)).unwrap().is_valid());
    assert_eq!(
        VALIDATOR.validate(&schema, &nested(33)).unwrap_err(),
        ValidateError::TooDeep { at: 32 }
    );
    assert_eq!(
        VALIDATOR.validate(&schema, &"[".repeat(1_000_000)).unwrap_err(),
        ValidateError::TooDeep { at: 32 }
    );
    static SHALLOW: Validator = Validator::new().with(Options::new().max_depth(2));
    assert!(SHALLOW.validate(&schema, "[[]]").is_ok());
    assert_eq!(SHALLOW.validate(&schema, "[[{}]]").unwrap_err(), ValidateError::TooDeep { at: 2 });
    static DEEP: Validator<1, 128> = Validator::new();
    assert!(DEEP.validate(&schema, &nested(128)).unwrap().is_valid());
    assert_eq!(
        DEEP.validate(&schema, &nested(129)).unwrap_err(),
        ValidateError::TooDeep { at: 128 }
    );
}

#[test]
fn what_there_is_no_room_for_is_an_error() {
    static SMALL: Validator<1, 8, 4> = Validator::new();
    let unique = schema(r#"{"uniqueItems": true}"#);
    assert!(SMALL.validate(&unique, "[1, 2, 3, 4]").unwrap().is_valid());
    let error = SMALL.validate(&unique, "[1, 2, 3, 4, 5]").unwrap_err();
    assert_eq!(
        error.to_string(),
        "byte 14: no room for more items that must differ: raise ENTRIES"
    );
    let many =
        schema(r#"{"allOf": [{"minimum": 1}, {"minimum": 2}, {"minimum": 3}, {"minimum": 4}]}"#);
    let error = SMALL.validate(&many, "5").unwrap_err();
    assert_eq!(
        error.to_string(),
        "byte 0: no room for more schemas that apply at once: raise ENTRIES"
    );
}

#[test]
fn custom_checks() {
    fn even(value: Value<'_>) -> Result<(), &'static str> {
        match value.number() {
            Some(number) if number.ends_with(['1', '3', '5', '7', '9']) => Err("must be even"),
            _ => Ok(()),
        }
    }
    fn short(value: Value<'_>) -> Result<(), &'static str> {
        match value.chars() {
            Some(chars) if chars.clone().count() > 2 => Err("must be short"),
            _ => Ok(()),
        }
    }
    static EVEN: Schema<8> = Schema::array().items(Schema::any().check(even));
    let report = VALIDATOR.validate(&EVEN, "[2, 3, \"3\"]").unwrap();
    assert_eq!(report.to_string(), "/1: must be even");
    assert_eq!(report.violations()[0].keyword(), "check");

    static NAMED: Validator = Validator::new().with(Options::new().checks(&[("short", short)]));
    let schema = schema(r#"{"items": {"customValidator": "short"}}"#);
    assert_eq!(
        NAMED.validate(&schema, r#"["abc", "ab"]"#).unwrap().to_string(),
        "/0: must be short"
    );
    assert!(matches!(VALIDATOR.validate(&schema, "[1]"), Err(ValidateError::Reference { .. })));
    // Objects and arrays are checked as a whole, with their text.
    fn three(value: Value<'_>) -> Result<(), &'static str> {
        if value.types() == Types::OBJECT && value.json() == Some("{ }") {
            Ok(())
        } else {
            Err("no")
        }
    }
    static OBJECT: Schema<8> = Schema::any().check(three);
    assert!(VALIDATOR.validate(&OBJECT, " { } ").unwrap().is_valid());
    assert!(!VALIDATOR.validate(&OBJECT, "{}").unwrap().is_valid());
}

#[test]
fn formats_can_be_annotations() {
    static LOOSE: Validator = Validator::new().with(Options::new().formats(false));
    let schema = schema(r#"{"format": "ipv4"}"#);
    assert!(LOOSE.validate(&schema, "\"x\"").unwrap().is_valid());
    assert_eq!(
        VALIDATOR.validate(&schema, "\"x\"").unwrap().to_string(),
        "value: must have the format ipv4"
    );
}

#[test]
fn formats_of_openapi_hold_on_request() {
    static OPENAPI: Validator = Validator::new().with(Options::new().openapi_formats(true));
    let json = r#"{"items": {"anyOf": [{"type": "integer", "format": "int32"}, {"type": "string", "format": "byte"}]}}"#;
    let schema = schema(json);
    for (json, valid) in
        [("[7, \"aGk=\", -2147483648]", true), ("[2147483648]", false), ("[\"aGk\"]", false)]
    {
        assert_eq!(OPENAPI.validate(&schema, json).unwrap().is_valid(), valid, "{json}");
        assert!(VALIDATOR.validate(&schema, json).unwrap().is_valid(), "{json}");
    }
    let number = self::schema(r#"{"format": "int64"}"#);
    let report = OPENAPI.validate(&number, "0.5").unwrap();
    assert_eq!(report.to_string(), "value: must have the format int64");
    check(r#"{"format": "regex"}"#, &["\"a+\"", "1"], &["\"a(\"", "\"\\\\Z\""]);
}

#[test]
fn coercion() {
    static LENIENT: Validator = Validator::new().with(Options::new().coerce(true));
    let schema = schema(
        r#"{
            "properties": {
                "n": {"type": "integer", "minimum": 3},
                "b": {"type": "boolean"},
                "s": {"type": "string", "maxLength": 3},
                "d": {"type": "string", "format": "date"}
            }
        }"#,
    );
    let report = LENIENT
        .validate(&schema, r#"{"n": "42", "b": "yes", "s": 12, "d": "2024-02-29"}"#)
        .unwrap();
    assert!(report.is_valid(), "{report}");
    let coerced: Vec<_> =
        report.coercions().iter().map(|c| (c.path().to_string(), c.value().to_string())).collect();
    assert_eq!(
        coerced,
        [
            ("/n".into(), "42".into()),
            ("/b".into(), "true".into()),
            ("/s".into(), "\"12\"".to_string())
        ]
    );
    // The keywords hold for what a value is taken for.
    let report = LENIENT.validate(&schema, r#"{"n": "2", "b": 2.5, "s": 1234}"#).unwrap();
    assert_eq!(report.to_string(), "/n: must be at least 3\n/s: must have at most 3 characters");
    let strict = VALIDATOR.validate(&schema, r#"{"n": "42"}"#).unwrap();
    assert_eq!((strict.is_valid(), strict.coercions().len()), (false, 0));
}

/// The verdict with coercion, what is wrong, and what was taken for what.
fn coerced(schema_json: &str, json: &str) -> String {
    static LENIENT: Validator = Validator::new().with(Options::new().coerce(true));
    let report = LENIENT.validate(&schema(schema_json), json).unwrap();
    let taken = report.coercions().iter().map(|c| format!("; {} = {}", c.path(), c.value()));
    format!("{report}{}", taken.collect::<String>())
}

/// One value for all schemas that apply to it.
#[test]
fn a_value_is_taken_for_one_other() {
    let siblings = r##"{"properties": {"n": {"$ref": "#/$defs/i", "minimum": 3}},
        "$defs": {"i": {"type": "integer"}}}"##;
    assert_eq!(coerced(siblings, r#"{"n": "3"}"#), "valid; /n = 3");
    assert_eq!(coerced(siblings, r#"{"n": "1"}"#), "/n: must be at least 3; /n = 1");
    let all = r#"{"allOf": [{"type": ["integer", "boolean"]}, {"type": ["number", "null"]},
        {"const": 7}, {"pattern": "x"}, {"not": {"type": "string"}}]}"#;
    assert_eq!(coerced(all, "\"7\""), "valid;  = 7");
    assert_eq!(
        coerced(all, "\"true\""),
        "value: must be an integer or boolean\n\
        value: must be a number or null\nvalue: must be 7\nvalue: must match the pattern \"x\"\n\
        value: must not fit the schema of `not`"
    );
    // Of types that nothing has, none is what a value is taken for.
    let none = r#"{"type": "integer", "allOf": [{"type": "string"}]}"#;
    assert_eq!(coerced(none, "\"7\""), "value: must be an integer");
    let items = r#"{"items": {"type": "string"}, "allOf": [{"items": {"maxLength": 2}}]}"#;
    assert_eq!(coerced(items, "[10]"), "valid; /0 = \"10\"");
    let report = "/0: must have at most 2 characters; /0 = \"100\"";
    assert_eq!(coerced(items, "[100]"), report);
}

/// Branches ask for any of their types, and a value that has one of them stays what it is.
#[test]
fn branches_are_asked_together() {
    let optional = r#"{"properties": {"age": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}}"#;
    assert_eq!(coerced(optional, r#"{"age": "36"}"#), "valid; /age = 36");
    assert_eq!(coerced(optional, r#"{"age": null}"#), "valid");
    let or_string = r#"{"oneOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]}"#;
    assert_eq!(coerced(or_string, "\"41\""), "valid");
    assert_eq!(coerced(or_string, "true"), "valid;  = 1");
    let optional_date = r#"{"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}"#;
    assert_eq!(coerced(optional_date, "\"Jan 2, 2006\""), "valid;  = \"2006-01-02\"");
    let or_text = r#"{"anyOf": [{"type": "string", "format": "date"}, {"maxLength": 20}]}"#;
    assert_eq!(coerced(or_text, "\"Jan 2, 2006\""), "valid");
    let outer = r#"{"anyOf": [{"properties": {"a": {"type": "integer"}}},
        {"properties": {"a": {"type": "boolean"}, "b": false}}]}"#;
    assert_eq!(coerced(outer, r#"{"a": "no", "c": 1}"#), "valid; /a = false");
    assert_eq!(coerced(outer, r#"{"b": 1, "a": "7"}"#), "valid; /a = 7");
    // These ask for nothing.
    for json in [
        r#"{"not": {"type": "integer"}}"#,
        r#"{"if": {"type": "integer"}, "then": false}"#,
        r#"{"if": {"minLength": 1}, "then": {"type": "integer"}, "else": true}"#,
        r#"{"anyOf": [{"type": "integer"}, {"minLength": 9}]}"#,
    ] {
        let own = VALIDATOR.validate(&schema(json), "\"7\"").unwrap().to_string();
        assert_eq!(coerced(json, "\"7\""), own, "{json}");
    }
    assert_eq!(
        coerced(r#"{"contains": {"type": "integer"}}"#, "[\"7\"]"),
        "value: has too few items that fit `contains`"
    );
    assert_eq!(coerced(r#"{"propertyNames": {"type": "integer"}}"#, "{}"), "valid");
    assert_eq!(
        coerced(r#"{"propertyNames": {"format": "uuid", "maxLength": 3}}"#, r#"{"abcd": 1}"#),
        "value: the name \"abcd\" must have at most 3 characters\n\
         value: the name \"abcd\" must have the format uuid"
    );
}

#[test]
fn what_is_wrong_with_a_name_is_told_of_the_object() {
    assert_eq!(
        report(r#"{"propertyNames": {"pattern": "^[a-z]+$"}}"#, r#"{"o": 1, "A-b": 1}"#),
        "value: the name \"A-b\" must match the pattern \"^[a-z]+$\""
    );
    assert_eq!(
        report(r#"{"items": {"propertyNames": {"enum": ["a"]}}}"#, r#"[{"b\u0022": 1}]"#),
        "/0: the name \"b\\\"\" must be \"a\""
    );
    assert_eq!(
        report(r#"{"propertyNames": false}"#, r#"{"a": 1}"#),
        "value: must not have the property \"a\""
    );
}

/// The keyword, and what is told, of the first violation of a whole text and of a stream of chars.
#[test]
fn what_is_not_allowed_has_one_keyword() {
    for (json, text, keyword, whole, stream) in [
        (
            r#"{"properties": {"a": {}}, "additionalProperties": false}"#,
            r#"{"a": 1, "bb": 2}"#,
            "additionalProperties",
            "value: must not have the property \"bb\"",
            "value: must not have the property \"b…\"",
        ),
        (
            r#"{"properties": {"never": false}, "additionalProperties": false}"#,
            r#"{"never": 2}"#,
            "additionalProperties",
            "value: must not have the property \"never\"",
            "value: must not have the property \"n…\"",
        ),
        (
            r#"{"properties": {"never": false}}"#,
            r#"{"never": 2}"#,
            "properties",
            "value: must not have the property \"never\"",
            "value: must not have the property \"never\"",
        ),
        (
            r#"{"patternProperties": {"^n": false}, "additionalProperties": false}"#,
            r#"{"never": 2}"#,
            "patternProperties",
            "value: must not have the property \"never\"",
            "value: must not have the property \"never\"",
        ),
        (
            r#"{"prefixItems": [true], "items": false}"#,
            "[1, 2]",
            "items",
            "/1: is not allowed",
            "/1: is not allowed",
        ),
        (
            r#"{"prefixItems": [true], "unevaluatedItems": false}"#,
            "[1, 2]",
            "unevaluatedItems",
            "/1: is not allowed",
            "/1: is not allowed",
        ),
        ("false", "1", "false", "value: is not allowed", "value: is not allowed"),
        (
            r#"{"propertyNames": {"maxLength": 3}}"#,
            r#"{"abcde": 1}"#,
            "maxLength",
            "value: the name \"abcde\" must have at most 3 characters",
            "value: the name \"abcd…\" must have at most 3 characters",
        ),
    ] {
        let schema = schema(json);
        let report = VALIDATOR.validate(&schema, text).unwrap();
        let first = &report.violations()[0];
        assert_eq!((first.keyword(), &*first.to_string()), (keyword, whole), "{json}");
        let mut validator = StreamValidator::<64>::new(&schema);
        let _ = text.chars().try_for_each(|c| validator.push(c.encode_utf8(&mut [0; 4])));
        let first = validator.violation().unwrap();
        assert_eq!((first.keyword(), &*first.to_string()), (keyword, stream), "{json}");
    }
}

/// More of them, and longer ones, than are followed while a string comes.
#[test]
fn patterns_that_load_run() {
    let most = r#"{"pattern": "^.{1,4077}$", "maxLength": 9}"#;
    check(most, &["\"abc\""], &["\"\"", "\"0123456789\""]);
    let three = format!(r#"{{"allOf": [{most}, {most}, {{"pattern": "^a{{1,4000}}$"}}]}}"#);
    check(&three, &["\"aa\""], &["\"b\"", "\"\""]);
    let names =
        format!(r#"{{"propertyNames": {three}, "patternProperties": {{"a{{4000}}": false}}}}"#);
    check(&names, &[r#"{"aa": 1}"#], &[r#"{"b": 1}"#]);
    let hundred: Vec<_> = (0..100).map(|i| format!(r#"{{"pattern": "^a*{i}$"}}"#)).collect();
    let any = format!(r#"{{"anyOf": [{}]}}"#, hundred.join(","));
    check(&any, &["\"a0\"", "\"aa99\"", "\"40\""], &["\"a\"", "\"100\""]);
    for pattern in ["^.{1,8192}$", "a{8160}"] {
        let json = format!(r#"{{"pattern": "{pattern}"}}"#);
        let error = SchemaBuf::from_json(&json).unwrap_err().to_string();
        assert!(error.contains("8160"), "{error}");
    }
}

#[test]
fn a_schema_is_a_static_or_a_text_or_of_a_request() {
    static BUILT: Schema<16> = Schema::object().property("a", Schema::integer()).required(&["a"]);
    static READ: Schema<16> = Schema::from_json(
        r#"{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}"#,
    );
    let owned = schema(
        r#"{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}"#,
    );
    for (json, valid) in
        [("{}", false), (r#"{"a": 1}"#, true), (r#"{"a": "1"}"#, false), ("[]", false)]
    {
        assert_eq!(VALIDATOR.validate(&BUILT, json).unwrap().is_valid(), valid, "{json}");
        assert_eq!(VALIDATOR.validate(&READ, json).unwrap().is_valid(), valid, "{json}");
        assert_eq!(VALIDATOR.validate(&owned, json).unwrap().is_valid(), valid, "{json}");
    }
    // The report does not hold on to the schema.
    let report = VALIDATOR.validate(&owned, "{}").unwrap();
    drop(owned);
    assert_eq!(report.to_string(), "value: must have the property \"a\"");
}

#[test]
#[cfg(feature = "serde")]
fn a_report_is_json_as_well() {
    static LENIENT: Validator<1> = Validator::new().with(Options::new().coerce(true));
    let schema = schema(r#"{"items": {"type": "integer"}}"#);
    let report = LENIENT.validate(&schema, r#"["7", [], {}]"#).unwrap();
    assert_eq!(
        serde_json::to_value(&report).unwrap(),
        serde_json::json!({
            "valid": false,
            "violations": [{"path": "/1", "schema_path": "/items/type", "message": "must be an integer",
                "keyword": "type", "at": 6}],
            "missed": 1,
            "coercions": [{"path": "/0", "value": "7"}],
            "coercions_missed": 0
        })
    );
}

/// As JSON Schema has it: behind a reference the place in the schema is not known by its text.
#[test]
#[cfg(feature = "serde")]
fn a_report_has_the_form_of_the_standard() {
    let schema = schema(
        r##"{"properties": {"a b": {"maxLength": 1}, "c": {"$ref": "#/$defs/d"}}, "$defs": {"d": {"minimum": 2}}}"##,
    );
    let report = VALIDATOR.validate(&schema, r#"{"a b": "xy", "c": 1}"#).unwrap();
    assert_eq!(
        serde_json::to_value(report.list()).unwrap(),
        serde_json::json!({"valid": false, "details": [
            {
                "valid": false,
                "evaluationPath": "/properties/a b",
                "schemaLocation": "#/properties/a%20b",
                "instanceLocation": "/a b",
                "errors": {"maxLength": "must have at most 1 characters"}
            },
            {
                "valid": false,
                "evaluationPath": "/properties/c/$ref",
                "instanceLocation": "/c",
                "errors": {"minimum": "must be at least 2"}
            }
        ]})
    );
    let valid = VALIDATOR.validate(&schema, "{}").unwrap();
    assert_eq!(
        serde_json::to_value(valid.list()).unwrap(),
        serde_json::json!({"valid": true, "details": []})
    );
}

#[test]
fn violations_have_lines_and_columns() {
    let schema = schema(r#"{"properties": {"n": {"maximum": 1}}}"#);
    let json = "{\n  \"é\": 1,\n  \"n\": 12\n}";
    let report = VALIDATOR.validate(&schema, json).unwrap();
    let violation = &report.violations()[0];
    assert_eq!(violation.position(json).to_string(), "line 3, column 10");
    let broken = "{\n  \"é\": x}";
    let error = VALIDATOR.validate(&schema, broken).unwrap_err();
    assert_eq!(error.position(broken).unwrap().to_string(), "line 2, column 8");
}

#[test]
fn the_default_has_room_for_hundreds_of_items() {
    let schema = schema(r#"{"uniqueItems": true}"#);
    let numbers: Vec<_> = (1..=500).map(|i| i.to_string()).collect();
    let mut engine = Box::new(forebay_validate::Engine::<32>::new());
    let mut report = forebay_validate::Report::<1>::new();
    let text = format!("[{}]", numbers.join(","));
    engine.validate(&schema, &Options::new(), &text, &mut report).unwrap();
    assert!(report.is_valid());
}
