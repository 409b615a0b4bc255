//! Runs a JSON-Schema-Test-Suite through `Validator`, and through `StreamValidator` with every text cut at every byte.
//!
//!     schema-suite FOLDER        the folder with draft7/ and draft2020-12/
//!
//! Every test of every file is run but those of the list below. A schema that is refused, a verdict that is not the
//! suite's, and an entry of the list that stands for no test are failures.

use forebay::validate::{Draft, Options, Rejected, SchemaBuf, StreamValidator, Validator};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::path::Path;
use std::{env, fs};

/// What is not run: file, start of the group's description, start of the test's, and why.
const SKIPPED: &[(&str, &str, &str, &str)] = &[
    ("draft7/refRemote.json", "", "", "other documents are not fetched"),
    ("draft2020-12/refRemote.json", "", "", "other documents are not fetched"),
    ("draft2020-12/dynamicRef.json", "", "", "$dynamicRef is refused"),
    ("draft2020-12/unevaluatedItems.json", "", "", "unevaluatedItems is refused"),
    ("draft2020-12/unevaluatedProperties.json", "", "", "unevaluatedProperties is refused"),
    ("draft2020-12/not.json", "collect annotations", "", "unevaluatedProperties is refused"),
    ("draft2020-12/ref.json", "ref creates new scope", "", "unevaluatedProperties is refused"),
    ("draft2020-12/vocabulary.json", "", "", "meta-schemas of one's own are not read"),
    ("draft7/definitions.json", "", "", "the meta-schema is another document"),
    ("draft7/ref.json", "remote ref", "", "the meta-schema is another document"),
    ("draft2020-12/defs.json", "", "", "the meta-schema is another document"),
    ("draft2020-12/ref.json", "remote ref", "", "the meta-schema is another document"),
    // Optional ones.
    ("draft7/optional/content.json", "", "an invalid JSON", "contentMediaType is an annotation"),
    ("draft7/optional/content.json", "", "an invalid base64", "contentEncoding is an annotation"),
    (
        "draft7/optional/content.json",
        "",
        "a validly-encoded invalid",
        "contentMediaType is an annotation",
    ),
    ("draft7/optional/cross-draft.json", "", "", "other documents are not fetched"),
    ("draft2020-12/optional/cross-draft.json", "", "", "other documents are not fetched"),
    ("draft2020-12/optional/dynamicRef.json", "", "", "$dynamicRef is refused"),
    (
        "draft2020-12/optional/format-assertion.json",
        "",
        "",
        "meta-schemas of one's own are not read",
    ),
    ("draft7/optional/format/idn-email.json", "", "", "the format idn-email is an annotation"),
    (
        "draft7/optional/format/idn-hostname.json",
        "",
        "",
        "the format idn-hostname is an annotation",
    ),
    ("draft7/optional/format/iri.json", "", "", "the format iri is an annotation"),
    (
        "draft7/optional/format/iri-reference.json",
        "",
        "",
        "the format iri-reference is an annotation",
    ),
    (
        "draft7/optional/format/uri-template.json",
        "",
        "",
        "the format uri-template is an annotation",
    ),
    (
        "draft2020-12/optional/format/idn-email.json",
        "",
        "",
        "the format idn-email is an annotation",
    ),
    (
        "draft2020-12/optional/format/idn-hostname.json",
        "",
        "",
        "the format idn-hostname is an annotation",
    ),
    ("draft2020-12/optional/format/iri.json", "", "", "the format iri is an annotation"),
    (
        "draft2020-12/optional/format/iri-reference.json",
        "",
        "",
        "the format iri-reference is an annotation",
    ),
    (
        "draft2020-12/optional/format/uri-template.json",
        "",
        "",
        "the format uri-template is an annotation",
    ),
];

#[derive(Deserialize)]
struct Group<'a> {
    description: String,
    #[serde(borrow)]
    schema: &'a RawValue,
    #[serde(borrow)]
    tests: Vec<Test<'a>>,
}

#[derive(Deserialize)]
struct Test<'a> {
    description: String,
    #[serde(borrow)]
    data: &'a RawValue,
    valid: bool,
}

/// What `Draft` is, whether formats hold (the suite has them as annotations but in optional/), and where.
const FOLDERS: &[(&str, Draft, bool)] = &[
    ("draft7", Draft::Draft7, false),
    ("draft7/optional", Draft::Draft7, true),
    ("draft7/optional/format", Draft::Draft7, true),
    ("draft2020-12", Draft::Draft2020_12, false),
    ("draft2020-12/optional", Draft::Draft2020_12, true),
    ("draft2020-12/optional/format", Draft::Draft2020_12, true),
];

fn main() {
    let suite = env::args().nth(1).expect("schema-suite FOLDER");
    let mut used = vec![0; SKIPPED.len()];
    let (mut wrong, mut total, mut cuts) = (0, 0, 0_u64);
    for &(folder, draft, formats) in FOLDERS {
        let (mut passed, mut all) = (0, 0);
        let mut names: Vec<_> = fs::read_dir(Path::new(&suite).join(folder))
            .unwrap_or_else(|error| panic!("{folder}: {error}"))
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".json"))
            .collect();
        names.sort();
        for name in names {
            let file = format!("{folder}/{name}");
            let text = fs::read_to_string(Path::new(&suite).join(&file)).unwrap();
            let groups: Vec<Group> = serde_json::from_str(&text).unwrap();
            for group in groups {
                for test in &group.tests {
                    all += 1;
                    let skip = SKIPPED.iter().position(|(f, g, t, _)| {
                        *f == file
                            && group.description.starts_with(g)
                            && test.description.starts_with(t)
                    });
                    if let Some(skip) = skip {
                        used[skip] += 1;
                        continue;
                    }
                    match verdict(group.schema.get(), test.data.get(), draft, formats, &mut cuts) {
                        Ok(valid) if valid == test.valid => passed += 1,
                        other => {
                            wrong += 1;
                            println!(
                                "{file}: {}: {}: {other:?} and not {}\n    {}\n    {}",
                                group.description,
                                test.description,
                                test.valid,
                                group.schema.get(),
                                test.data.get()
                            );
                        }
                    }
                }
            }
        }
        total += passed;
        println!("{folder:<28} {passed:>5} of {all:>5} as the suite says");
    }
    println!("\nnot run:");
    for (i, (file, group, test, why)) in SKIPPED.iter().enumerate() {
        println!("{:>5}  {file} {group} {test}: {why}", used[i]);
        if used[i] == 0 {
            wrong += 1;
            println!("       there is no such test");
        }
    }
    println!("\n{total} passed, each whole and cut at every byte ({cuts} cuts); {wrong} wrong");
    std::process::exit(i32::from(wrong != 0));
}

/// What both validators say; `Err` if the schema is refused or they do not agree.
fn verdict(
    schema: &str,
    data: &str,
    draft: Draft,
    formats: bool,
    cuts: &mut u64,
) -> Result<bool, String> {
    static FORMATS: Validator<1> = Validator::new();
    static NO_FORMATS: Validator<1> = Validator::new().with(Options::new().formats(false));

    let schema = SchemaBuf::from_json_with(schema, draft).map_err(|error| error.to_string())?;
    let validator = if formats { &FORMATS } else { &NO_FORMATS };
    let valid = validator.validate(&schema, data).map_err(|error| error.to_string())?.is_valid();

    let options = Options::new().formats(formats);
    let mut stream = StreamValidator::<65536>::new(&schema).with(options);
    let mut check = |pieces: &[&str]| {
        *cuts += 1;
        stream.clear();
        let pushed = pieces.iter().try_for_each(|piece| stream.push(piece));
        let at_end = match pushed.and_then(|()| stream.finish().map(drop)) {
            Ok(()) => true,
            Err(Rejected::Invalid { .. }) => false,
            Err(other) => return Err(format!("as a stream: {other}")),
        };
        if at_end == valid {
            Ok(())
        } else {
            Err(format!("as a stream {at_end} in {pieces:?}, whole {valid}"))
        }
    };
    for cut in (0..=data.len()).filter(|&cut| data.is_char_boundary(cut)) {
        check(&[&data[..cut], &data[cut..]])?;
    }
    let chars: Vec<_> = data.split_inclusive(|_: char| true).collect();
    check(&chars)?;
    Ok(valid)
}
