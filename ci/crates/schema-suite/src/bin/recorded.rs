//! Holds recorded answers of model APIs that are JSON (structured outputs, arguments of tools) against schemas, delta by
//! delta as they came, and compares the verdicts with those of the whole texts.
//!
//!     recorded FOLDER        the folder with *.sse
//!
//! The schema that fits is made from the answer: a closed object with its keys, of its types. Those that do not fit
//! ask for another type of one value, for one key less, or for one key more.

use forebay::validate::{Rejected, SchemaBuf, StreamValidator, Validator};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

static VALIDATOR: Validator<1> = Validator::new();

fn main() {
    let folder = env::args().nth(1).expect("recorded FOLDER");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{folder}: {error}"))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sse"))
        .collect();
    files.sort();
    let (mut answers, mut tried, mut bytes, mut saved) = (0, 0, 0, 0);
    for file in files {
        for deltas in texts(&file) {
            let text = deltas.concat();
            let Ok(Value::Object(answer)) = serde_json::from_str::<Value>(&text) else { continue };
            answers += 1;
            let name = file.file_stem().unwrap().to_string_lossy();
            assert_eq!(taken(&schema(&answer), &deltas), None, "{name}: {text}");
            let mut least = text.len();
            for (what, schema) in others(&answer) {
                let taken = taken(&schema, &deltas);
                let taken = taken.unwrap_or_else(|| panic!("{name}: {what}: {text} fits {schema}"));
                least = least.min(taken);
                tried += 1;
                bytes += text.len();
                saved += text.len() - taken;
            }
            println!(
                "{:>5} bytes in {:>3} deltas, refused after {least:>3} at the earliest: {name}",
                text.len(),
                deltas.len()
            );
        }
    }
    assert!(answers > 0, "no answer in {folder} is JSON");
    println!(
        "{answers} answers fit as they came; {tried} schemas refused them with {saved} of {bytes} bytes still to come"
    );
}

/// The deltas of each text of a recording, and of the arguments of each call of a tool.
fn texts(file: &Path) -> impl Iterator<Item = Vec<String>> {
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let transcript = fs::read_to_string(file).unwrap();
    for data in transcript.lines().filter_map(|line| line.strip_prefix("data:")) {
        let Ok(event) = serde_json::from_str::<Value>(data) else { continue };
        let mut delta = |of: String, text: &Value| {
            if let Value::String(text) = text {
                texts.entry(of).or_default().push(text.clone());
            }
        };
        match event["type"].as_str() {
            Some("response.output_text.delta" | "response.function_call_arguments.delta") => {
                delta(event["item_id"].to_string(), &event["delta"]);
            }
            Some("content_block_delta") => {
                delta(event["index"].to_string(), &event["delta"]["text"]);
                delta(event["index"].to_string(), &event["delta"]["partial_json"]);
            }
            _ => {}
        }
        for choice in event["choices"].as_array().into_iter().flatten() {
            delta(choice["index"].to_string(), &choice["delta"]["content"]);
            for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
                delta(
                    format!("{} {}", choice["index"], call["index"]),
                    &call["function"]["arguments"],
                );
            }
        }
    }
    texts.into_values()
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn schema(answer: &Map<String, Value>) -> Value {
    let properties: Map<_, _> =
        answer.iter().map(|(key, value)| (key.clone(), json!({"type": type_of(value)}))).collect();
    let required: Vec<_> = answer.keys().collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// Schemas that do not fit, and what of them does not.
fn others(answer: &Map<String, Value>) -> Vec<(String, Value)> {
    let mut others = Vec::new();
    for (key, value) in answer {
        let mut schema = schema(answer);
        let other = if value.is_array() { "object" } else { "array" };
        schema["properties"][key] = json!({"type": other});
        others.push((format!("{key} of another type"), schema));
        let mut fewer = answer.clone();
        fewer.remove(key);
        others.push((format!("without {key}"), self::schema(&fewer)));
    }
    let mut more = answer.clone();
    more.insert("one more".into(), Value::Null);
    others.push(("with one more".into(), schema(&more)));
    others
}

/// How many bytes came before the answer was refused; none if it was not. The whole text gets the same verdict.
fn taken(schema: &Value, deltas: &[String]) -> Option<usize> {
    let schema = SchemaBuf::from_json(&schema.to_string()).unwrap();
    let whole = VALIDATOR.validate(&schema, &deltas.concat()).unwrap().is_valid();
    let mut stream = StreamValidator::<65536>::new(&schema);
    let mut taken = 0;
    let mut refused = None;
    for delta in deltas {
        taken += delta.len();
        if let Err(rejected) = stream.push(delta) {
            refused = Some((taken, rejected));
            break;
        }
    }
    if refused.is_none() {
        refused = stream.finish().err().map(|rejected| (taken, rejected));
    }
    assert_eq!(whole, refused.is_none(), "{refused:?}");
    refused.map(|(taken, rejected)| {
        let Rejected::Invalid { at, .. } = rejected else { panic!("{rejected}") };
        assert!(at < taken, "the byte is of the delta that is refused, or of one before");
        taken
    })
}
