//! Reads recorded answers of model APIs, event by event: shared by the examples.
//!
//! A transcript is what the server of a model API sends, as server-sent events. The module [`answer`] lists the formats
//! that are read.

use answer::{Answer, Meaning, Problem};
use sse::{Event, Fault, Framer, What};

pub(crate) mod answer;
pub(crate) mod json;
pub(crate) mod patient;
pub(crate) mod sse;

/// A piece of an answer's text. It may be empty.
pub(crate) struct Piece<'a> {
    pub(crate) text: &'a str,
    /// The answer ends with it.
    pub(crate) is_last: bool,
}

/// Reads one transcript after the other, each in pieces as it arrives.
pub(crate) struct Reader {
    pub(crate) framer: Framer,
    answer: Answer,
    text: String,
}

impl Reader {
    /// For events of up to so many bytes; with longer ones it has to allocate.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self {
            framer: Framer::with_capacity(bytes),
            answer: Answer::new(),
            text: String::with_capacity(bytes),
        }
    }

    /// Prepares for the next transcript.
    pub(crate) fn restart(&mut self) {
        self.framer.restart();
        self.answer.restart();
    }

    /// Reads the next event from the front of `input`. Returns `None` if the event is incomplete; then all of `input` is
    /// taken.
    pub(crate) fn read(&mut self, input: &mut &[u8]) -> Result<Option<Piece<'_>>, Fault<'_>> {
        let Self { framer, answer, text } = self;
        match framer.advance(input)? {
            Some(event) => piece(event, answer, text).map(Some),
            None => Ok(None),
        }
    }

    /// Ends the input. An event that is cut off counts only if it ends the answer; otherwise it fails with [`What::Cut`].
    pub(crate) fn finish(&mut self) -> Result<Piece<'_>, Fault<'_>> {
        let Self { framer, answer, text } = self;
        let cut = framer.end();
        match framer.finish().map(|event| piece(event, answer, text)) {
            Some(Ok(piece @ Piece { is_last: true, .. })) => Ok(piece),
            Some(Err(fault @ Fault { what: What::Api(_), .. })) => Err(fault),
            _ => Err(Fault { line: cut, what: What::Cut }),
        }
    }
}

fn piece<'a>(
    event: Event<'a>,
    answer: &mut Answer,
    text: &'a mut String,
) -> Result<Piece<'a>, Fault<'a>> {
    let name = if event.is_error_field { b"error" } else { event.name };
    let fault = |at, what| Fault { line: event.line_of(at), what };
    match answer.read(name, event.data, text) {
        Ok(Meaning::More) => Ok(Piece { text, is_last: false }),
        Ok(Meaning::End) => Ok(Piece { text, is_last: true }),
        Ok(Meaning::Error(error)) => Err(fault(0, What::Api(error))),
        Err(Problem::Json(at, error)) => Err(fault(at, What::Json(error))),
        Err(Problem::Unread(unread)) => Err(fault(0, What::Unread(unread))),
    }
}
