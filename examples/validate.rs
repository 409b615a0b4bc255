//! A model answers in JSON, token by token, and its answer is held against a schema while it comes: one that cannot fit
//! any more is cancelled at once. What came whole is then reported on.
//!
//!     cargo run --release --features std,validate --example validate
//!     cargo run --release --features std,validate --example validate -- SCHEMA.json ANSWER.json
//!
//! With two files: what is wrong with the answer, and the byte at which a stream of it would have been cancelled.
//! Exit status 1 if it does not fit, 2 if the files cannot be read or used.

use forebay::validate::{Format, Options, Rejected, Schema, SchemaBuf, StreamValidator, Validator};
use forebay::{StreamPool, Token, Waking};
use std::process::ExitCode;
use std::{env, fs, thread};

/// What is asked of the model. The same could be read from JSON, here or at run time.
static ORDER: Schema<40> = Schema::object()
    .property("id", Schema::string().format(Format::Uuid))
    .property("city", Schema::string().one_of_strings(&["Oslo", "Paris", "Kyoto"]))
    .property("nights", Schema::integer().minimum(1).maximum(30))
    .property(
        "guests",
        Schema::array().items(Schema::string().min_length(1)).min_items(1).unique_items(),
    )
    .required(&["id", "city", "nights", "guests"])
    .closed();

/// What models have answered.
const ANSWERS: [&str; 5] = [
    r#"{"id": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "city": "Kyoto", "nights": 3, "guests": ["Ada", "Grace"]}"#,
    r#"{"id": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "city": "Osaka", "nights": 3, "guests": ["Ada"]}"#,
    r#"{"id": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "city": "Oslo", "nights": "3", "guests": ["Ada"]}"#,
    r#"{"id": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "city": "Oslo", "note": "I could not find out for how many nights"}"#,
    "Sure! Here is the JSON that you asked for: {}",
];

static STREAMS: StreamPool<Token, 4, 20, Waking> = StreamPool::new();
static VALIDATOR: Validator<4> = Validator::new();
/// Takes `"3"` for an integer.
static LENIENT: Validator<4> = Validator::new().with(Options::new().coerce(true));

fn main() -> ExitCode {
    let files: Vec<_> = env::args().skip(1).collect();
    match &files[..] {
        [] => {
            for answer in ANSWERS {
                watch(answer);
            }
            println!("reports: {}", VALIDATOR.metrics());
            ExitCode::SUCCESS
        }
        [schema, answer] => check(schema, answer).unwrap_or_else(|error| {
            eprintln!("{error}");
            ExitCode::from(2)
        }),
        _ => {
            eprintln!("usage: validate [SCHEMA.json ANSWER.json]");
            ExitCode::from(2)
        }
    }
}

/// Streams an answer as a model would, four bytes a token, to somebody who checks it as it comes.
fn watch(answer: &'static str) {
    println!("{answer}");
    let (mut sender, mut receiver) = STREAMS.try_open().expect("nobody else opens streams");
    let model = thread::spawn(move || {
        for token in tokens(answer) {
            // Fails as soon as the receiver has left: the rest is never made.
            if sender.send_blocking(token).is_err() {
                return;
            }
        }
        sender.close();
    });

    let mut validator = StreamValidator::<1024>::new(&ORDER);
    let outcome = loop {
        match receiver.recv_blocking() {
            Ok(token) => match validator.push(&token) {
                Ok(()) => {}
                Err(rejected) => break Err(rejected),
            },
            Err(_) => break validator.finish().map(str::len),
        }
    };
    // Leaves, if there is more to come.
    drop(receiver);
    model.join().expect("the model does not panic");
    match outcome {
        Ok(bytes) => println!("  fits, all {bytes} bytes of it"),
        Err(rejected) => {
            println!(
                "  cancelled after {} of {} bytes: {rejected}",
                validator.text().len(),
                answer.len()
            );
            whole(answer);
        }
    }
    println!();
}

/// What there is to say of an answer as a whole.
fn whole(answer: &str) {
    match VALIDATOR.validate(&ORDER, answer) {
        Ok(report) => report.violations().iter().for_each(|violation| println!("  - {violation}")),
        Err(error) => println!("  - {error}"),
    }
    if let Ok(report) = LENIENT.validate(&ORDER, answer) {
        if report.is_valid() {
            for coercion in report.coercions() {
                println!("  + fits with {} taken for {}", coercion.path(), coercion.value());
            }
        }
    }
}

/// An answer in tokens of four bytes or a little more, as no char is cut.
fn tokens(answer: &str) -> impl Iterator<Item = Token> + '_ {
    let mut rest = answer;
    std::iter::from_fn(move || {
        let end = (4..rest.len()).find(|&at| rest.is_char_boundary(at)).unwrap_or(rest.len());
        let (token, behind) = rest.split_at(end);
        rest = behind;
        (!token.is_empty()).then(|| Token::try_from(token).expect("short enough"))
    })
}

/// Holds a file against a schema in another.
fn check(schema: &str, answer: &str) -> Result<ExitCode, String> {
    let read = |path: &str| fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let rules =
        SchemaBuf::from_json(&read(schema)?).map_err(|error| format!("{schema}: {error}"))?;
    let json = read(answer)?;
    let report = VALIDATOR.validate(&rules, &json).map_err(|error| format!("{answer}: {error}"))?;
    println!("{report}");
    if report.is_valid() {
        return Ok(ExitCode::SUCCESS);
    }
    let mut stream = StreamValidator::<65536>::new(&rules);
    if let Err(Rejected::Invalid { at, .. }) =
        stream.push(&json).and_then(|()| stream.finish().map(drop))
    {
        println!("certain at byte {at} of {}", json.len());
    }
    Ok(ExitCode::FAILURE)
}
