//! Runs a JSON-Schema-Test-Suite through `Validator`, and through `StreamValidator` with every text cut at every byte.
//!
//!     schema-suite FOLDER        the folder with draft7/ and draft2020-12/; those of other drafts are in data/
//!
//! Every test of every file is run but those of the list below. A schema that is refused, a verdict that is not the
//! suite's, and an entry of the list that stands for no test are failures.

use forebay::validate::{
    Draft, Options, Registry, Rejected, SchemaBuf, StreamValidator, Validator,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Tests that are not run: the end of the file's name (of every draft), start of the group's description, start of the test's, and why.
const SKIPPED: &[(&str, &str, &str, &str)] = &[
    ("optional/content.json", "", "an invalid JSON", "contentMediaType is an annotation"),
    ("optional/content.json", "", "an invalid base64", "contentEncoding is an annotation"),
    ("optional/content.json", "", "a validly-encoded invalid", "contentMediaType is an annotation"),
    ("format/idn-email.json", "", "", "the format idn-email is an annotation"),
    ("format/idn-hostname.json", "", "", "the format idn-hostname is an annotation"),
    (
        "2019-09/optional/format/hostname.json",
        "validation of A-label",
        "",
        "A-labels are not decoded",
    ),
    ("format/iri.json", "", "", "the format iri is an annotation"),
    ("format/iri-reference.json", "", "", "the format iri-reference is an annotation"),
    ("format/uri-template.json", "", "", "the format uri-template is an annotation"),
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

const DRAFTS: &[(&str, Draft)] = &[
    ("draft4", Draft::Draft4),
    ("draft6", Draft::Draft6),
    ("draft7", Draft::Draft7),
    ("draft2019-09", Draft::Draft2019_09),
    ("draft2020-12", Draft::Draft2020_12),
];

/// The parts of a draft's suite, and whether formats hold: the suite has them as annotations but in optional/.
const PARTS: &[(&str, bool)] = &[("", false), ("/optional", true), ("/optional/format", true)];

/// The suites that are not elsewhere, and the documents that schemas refer to.
const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data");

/// The results.
#[derive(Default)]
struct Found {
    wrong: usize,
    cuts: u64,
    /// How many tests each of [`SKIPPED`] stands for.
    used: [usize; SKIPPED.len()],
}

fn main() {
    let suite = env::args().nth(1).expect("schema-suite FOLDER");
    let remotes = remotes();
    let documents: Vec<_> = remotes.iter().map(|(uri, text)| (&**uri, &**text)).collect();
    let mut found = Found::default();
    let (mut total, mut of) = (0, 0);
    for &(name, draft) in DRAFTS {
        let own = Path::new(DATA).join(name);
        let folder = if own.exists() { own } else { Path::new(&suite).join(name) };
        let registry = Registry::new().draft(draft).with_documents(&documents);
        for &(part, formats) in PARTS {
            let (mut passed, mut all) = (0, 0);
            for path in json_files(Path::new(&format!("{}{part}", folder.display()))) {
                let file = format!("{name}{part}/{}", path.file_name().unwrap().display());
                let (ran, of) = run(&path, &file, &registry, formats, &mut found);
                (passed, all) = (passed + ran, all + of);
            }
            (total, of) = (total + passed, of + all);
            let name = format!("{name}{part}");
            println!("{name:<28} {passed:>5} of {all:>5} as the suite says");
        }
    }
    println!("\nnot run:");
    for ((file, group, test, why), used) in SKIPPED.iter().zip(found.used) {
        println!("{used:>5}  {file} {group} {test}: {why}");
        if used == 0 {
            found.wrong += 1;
            println!("       there is no such test");
        }
    }
    let Found { wrong, cuts, .. } = found;
    println!(
        "\n{total} of {of} passed, each whole and cut at every byte ({cuts} cuts); {wrong} wrong"
    );
    std::process::exit(i32::from(wrong != 0));
}

/// The JSON files of a folder.
fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "json"))
        .collect();
    files.sort();
    files
}

/// The documents that schemas of the suites refer to, by their URIs.
fn remotes() -> Vec<(String, String)> {
    let root = Path::new(DATA).join("remotes");
    let mut folders = vec![root.clone()];
    let mut documents = Vec::new();
    while let Some(folder) = folders.pop() {
        for file in json_files(&folder) {
            let name = file.strip_prefix(&root).unwrap().display().to_string();
            let text = fs::read_to_string(file).unwrap();
            // Where older suites have them.
            if let Some(name) = name.strip_prefix("draft2020-12/") {
                documents.push((format!("http://localhost:1234/{name}"), text.clone()));
            }
            documents.push((format!("http://localhost:1234/{name}"), text));
        }
        let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        folders.extend(entries.filter(|path| path.is_dir()));
    }
    documents
}

/// Runs the tests of a file: how many passed, and how many it has.
fn run(
    path: &Path,
    file: &str,
    registry: &Registry<'_>,
    formats: bool,
    found: &mut Found,
) -> (usize, usize) {
    let (mut passed, mut all) = (0, 0);
    let text = fs::read_to_string(path).unwrap();
    let groups: Vec<Group> = serde_json::from_str(&text).unwrap();
    for group in groups {
        for test in &group.tests {
            all += 1;
            let skip = SKIPPED.iter().position(|(f, g, t, _)| {
                file.ends_with(f)
                    && group.description.starts_with(g)
                    && test.description.starts_with(t)
            });
            if let Some(skip) = skip {
                found.used[skip] += 1;
                continue;
            }
            let (schema, data) = (group.schema.get(), test.data.get());
            match verdict(schema, data, registry, formats, &mut found.cuts) {
                Ok(valid) if valid == test.valid => passed += 1,
                other => {
                    found.wrong += 1;
                    println!(
                        "{file}: {}: {}: {other:?} and not {}\n    {schema}\n    {data}",
                        group.description, test.description, test.valid,
                    );
                }
            }
        }
    }
    (passed, all)
}

/// What both validators say; `Err` if the schema is refused or they do not agree.
fn verdict(
    schema: &str,
    data: &str,
    registry: &Registry<'_>,
    formats: bool,
    cuts: &mut u64,
) -> Result<bool, String> {
    static FORMATS: Validator<1> = Validator::new();
    static NO_FORMATS: Validator<1> = Validator::new().with(Options::new().formats(false));

    let schema = SchemaBuf::from_json_in(schema, registry).map_err(|error| error.to_string())?;
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
