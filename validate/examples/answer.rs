//! Takes an answer piece by piece from the standard input, and stops at the earliest byte from which it cannot fit any more.
//!
//!     echo '{"city": "Oslo", "nights": 3}' | cargo run -p forebay-validate --example answer
//!     echo '{"city": "Osaka", "nights": 3}' | cargo run -p forebay-validate --example answer
//!
//! Exit status 1 if it does not fit, 2 if the input cannot be read.

use forebay_validate::{Rejected, Schema, Source, StreamValidator};
use std::io::Read;
use std::process::ExitCode;

static ANSWER: Schema<20> = Schema::object()
    .property("city", Schema::string().one_of_strings(&["Oslo", "Paris", "Kyoto"]))
    .property("nights", Schema::integer().minimum(1).maximum(30))
    .required(&["city", "nights"])
    .closed();

/// A reader, of which a few bytes are taken at a time.
struct Pieces<R> {
    reader: R,
    /// Bytes of a char that is not complete yet.
    rest: Vec<u8>,
}

impl<R: Read> Source for Pieces<R> {
    type Piece = String;
    type End = std::io::Result<()>;

    fn try_next(&mut self) -> Result<Option<String>, std::io::Result<()>> {
        let mut bytes = [0; 8];
        let len = self.reader.read(&mut bytes).map_err(Err)?;
        if len == 0 {
            return Err(Ok(()));
        }
        self.rest.extend_from_slice(&bytes[..len]);
        let whole = match std::str::from_utf8(&self.rest) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(error) => return Err(Err(std::io::Error::other(error))),
        };
        let piece = self.rest.drain(..whole).collect();
        String::from_utf8(piece).map(Some).map_err(|error| Err(std::io::Error::other(error)))
    }

    fn cancel(&mut self) {
        eprintln!("no more is read");
    }
}

fn main() -> ExitCode {
    let mut validator = StreamValidator::<4096>::new(&ANSWER);
    let mut pieces = Pieces { reader: std::io::stdin().lock(), rest: Vec::new() };
    let verdict = match validator.receive(&mut pieces) {
        Ok(Some(Err(error))) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
        Ok(_) => validator.finish().map(drop),
        Err(rejected) => Err(rejected),
    };
    match verdict {
        Ok(()) => println!("fits: {}", validator.text().trim_end()),
        Err(rejected @ Rejected::Invalid { .. }) => {
            println!("{rejected}: {}", validator.text());
            validator.violation().into_iter().for_each(|violation| println!("{violation}"));
        }
        Err(rejected) => println!("{rejected}"),
    }
    if verdict.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
