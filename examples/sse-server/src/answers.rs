//! The recorded answers that are served in place of a model's.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::{fmt, fs, io};

use forebay::Token;

use crate::transcript::sse::{Fault, What};
use crate::transcript::{Piece, Reader};

static BUNDLED: &[u8] = include_bytes!("../../data/bundled.sse");

/// A recorded answer, cut into tokens once; every request copies them through its own ring.
#[derive(Debug)]
pub struct Answer {
    /// What a request asks for it by, as its `model`.
    pub name: String,
    pub tokens: Vec<Token>,
    pub ending: Ending,
}

/// How a recording ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Finished,
    /// The API reported an error, with the HTTP status that is nearest to it.
    Failed(u16),
    /// Without an end marker.
    Cut,
}

impl Answer {
    /// Reads a transcript. An error names the line.
    pub fn parse(name: impl Into<String>, transcript: &[u8]) -> Result<Self, Unreadable> {
        let mut answer = Self { name: name.into(), tokens: Vec::new(), ending: Ending::Cut };
        let mut reader = Reader::with_capacity(0);
        let mut rest = transcript;
        loop {
            let piece = match reader.read(&mut rest) {
                Ok(None) => reader.finish(),
                Ok(Some(piece)) => Ok(piece),
                Err(fault) => Err(fault),
            };
            let Piece { mut text, is_last } = match piece {
                Ok(piece) => piece,
                Err(Fault { what: What::Cut, .. }) => break,
                Err(Fault { what: What::Api(error), .. }) => {
                    answer.ending = Ending::Failed(error.status());
                    break;
                }
                Err(fault) => return Err(fault.into()),
            };
            // A piece longer than a token holds becomes several.
            while let Some((token, behind)) = Token::split_from(text) {
                answer.tokens.push(token);
                text = behind;
            }
            if is_last {
                answer.ending = Ending::Finished;
                break;
            }
        }
        Ok(answer)
    }

    /// All of its text.
    pub fn text(&self) -> String {
        self.tokens.iter().map(Token::as_str).collect()
    }
}

/// Why a transcript cannot be read, and where.
#[derive(Debug)]
pub struct Unreadable {
    line: usize,
    what: String,
}

impl From<Fault<'_>> for Unreadable {
    fn from(fault: Fault<'_>) -> Self {
        Self { line: fault.line, what: fault.what.to_string() }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// All answers; never empty.
#[derive(Debug)]
pub struct Answers {
    answers: Vec<Arc<Answer>>,
    next: AtomicUsize,
}

impl Answers {
    /// The transcript that comes with the examples.
    pub fn bundled() -> Self {
        let answer = Answer::parse("bundled", BUNDLED).expect("its tests read it");
        Self::new(vec![answer]).expect("there is one")
    }

    /// `None` if there are no answers.
    pub fn new(answers: Vec<Answer>) -> Option<Self> {
        let answers: Vec<_> = answers.into_iter().map(Arc::new).collect();
        (!answers.is_empty()).then_some(Self { answers, next: AtomicUsize::new(0) })
    }

    /// Every `*.sse` file of a folder that carries text or an error, by name; the others are told to `passed_over`.
    /// It fails if the folder cannot be read, or if no file is left.
    pub fn read(folder: &Path, mut passed_over: impl FnMut(&Path, &str)) -> io::Result<Self> {
        let mut files: Vec<_> = fs::read_dir(folder)?
            .map(|entry| Ok(entry?.path()))
            .collect::<io::Result<Vec<_>>>()?
            .into_iter()
            .filter(|path| path.extension().is_some_and(|kind| kind == "sse"))
            .collect();
        files.sort();
        let mut answers = Vec::new();
        for file in files {
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let transcript = match read_regular(&file) {
                Ok(transcript) => transcript,
                Err(error) => {
                    passed_over(&file, &error.to_string());
                    continue;
                }
            };
            match Answer::parse(name, &transcript) {
                Ok(answer) if answer.tokens.is_empty() && answer.ending == Ending::Finished => {
                    passed_over(&file, "there is no text in it");
                }
                Ok(answer) => answers.push(answer),
                Err(error) => passed_over(&file, &error.to_string()),
            }
        }
        Self::new(answers).ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, "no file *.sse that carries an answer")
        })
    }

    /// The answer of that name, or the next in turn.
    pub fn pick(&self, name: Option<&str>) -> Arc<Answer> {
        let named = name.and_then(|name| self.answers.iter().find(|answer| answer.name == name));
        let next = || &self.answers[self.next.fetch_add(1, Relaxed) % self.answers.len()];
        Arc::clone(named.unwrap_or_else(next))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Answer> {
        self.answers.iter().map(|answer| &**answer)
    }
}

/// Reads a regular file, or what a link to one leads to. Reading a pipe would wait for a writer that may never come, and
/// a device may have no end.
fn read_regular(file: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(file)?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    fs::read(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundled_is_whole() {
        let answer = Answers::bundled().pick(None);
        assert_eq!(answer.ending, Ending::Finished);
        assert!(answer.tokens.len() > 100, "{}", answer.tokens.len());
        assert!(answer.text().starts_with("A forebay is the small basin"));
    }

    #[test]
    fn endings() {
        let ending = |text: &[u8]| Answer::parse("x", text).unwrap().ending;
        assert_eq!(ending(b"data: [DONE]\n\n"), Ending::Finished);
        assert_eq!(ending(b": nothing\n\n"), Ending::Cut);
        assert_eq!(ending(b"data: {\"cho"), Ending::Cut);
        assert_eq!(ending(b"data: {\"error\":{\"code\":503}}\n\n"), Ending::Failed(503));
        let error = Answer::parse("x", b"\n\ndata: {]\n\n").unwrap_err();
        assert!(error.to_string().starts_with("line 3: bad JSON"), "{error}");
    }

    #[test]
    fn long_pieces_are_split_at_characters() {
        let text = "ü".repeat(40);
        let event = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n");
        let answer = Answer::parse("x", event.as_bytes()).unwrap();
        assert_eq!(answer.tokens.len(), 3);
        assert_eq!(answer.text(), text);
    }

    #[test]
    fn names_pick_and_the_rest_take_turns() {
        let named = |name: &str| Answer::parse(name, b"data: [DONE]\n\n").unwrap();
        let answers = Answers::new(vec![named("a"), named("b")]).unwrap();
        let picked: Vec<_> = [None, Some("b"), Some("unheard-of"), Some("b"), None]
            .map(|name| answers.pick(name).name.clone())
            .into();
        assert_eq!(picked, ["a", "b", "b", "b", "a"]);
    }
}
