//! Server-sent events: cuts a transcript into lines, and lines into events.

use std::ops::Range;
use std::{fmt, io, str};

use super::json::{self, ApiError, Meaning};

/// Something in a transcript that ends its stream.
pub(crate) struct Fault<'a> {
    pub(crate) line: usize,
    pub(crate) what: What<'a>,
}

pub(crate) enum What<'a> {
    Cut,
    NotUtf8,
    NotAField,
    Json(hifijson::Error),
    Api(ApiError<'a>),
    Read(io::Error),
}

impl fmt::Display for What<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut => f.write_str("cut off: the transcript ends without an end marker"),
            Self::NotUtf8 => f.write_str("bad UTF-8"),
            Self::NotAField => {
                f.write_str("malformed line: neither a comment nor a field of a server-sent event")
            }
            Self::Json(error) => write!(f, "bad JSON: {error}"),
            Self::Api(error) => write!(f, "API error{error}"),
            Self::Read(error) => write!(f, "cannot read on: {error}"),
        }
    }
}

/// One event, in the bytes it was read from if its data is on one line.
pub(crate) struct Event<'a> {
    /// How many bytes of the input it takes, with the blank line behind it.
    pub(crate) len: usize,
    name: &'a [u8],
    data: &'a [u8],
    /// Where its data begins.
    line: usize,
    /// The input ended within its last line.
    cut: Option<usize>,
}

impl<'a> Event<'a> {
    /// What the event means for the answer.
    pub(crate) fn meaning(&self) -> Result<Meaning<'a>, Fault<'a>> {
        match self.data.trim_ascii() {
            b"" => Ok(Meaning::Nothing),
            b"[DONE]" => Ok(Meaning::End),
            _ => json::read(self.data, self.name).map_err(|(at, error)| match self.cut {
                Some(line) => Fault { line, what: What::Cut },
                // Data over several lines is joined with a newline each.
                None => Fault {
                    line: self.line + self.data[..at].iter().filter(|&&byte| byte == b'\n').count(),
                    what: What::Json(error),
                },
            }),
        }
    }

    pub(crate) fn fault(&self, what: What<'a>) -> Fault<'a> {
        Fault { line: self.line, what }
    }
}

/// Finds the events in a transcript.
///
/// Lines are looked at as they arrive, each once; positions are counted from the current event's first byte.
pub(crate) struct Framer {
    /// The number of the line looked at last.
    line: usize,
    /// How much of the event has been cut into lines.
    seen: usize,
    name: Range<usize>,
    /// The first line of data.
    data: Range<usize>,
    data_line: usize,
    data_lines: usize,
    /// All lines of data, if there is more than one.
    joined: Vec<u8>,
}

impl Framer {
    /// For events of up to so many bytes; with longer ones it has to allocate.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self {
            line: 0,
            seen: 0,
            name: 0..0,
            data: 0..0,
            data_line: 0,
            data_lines: 0,
            joined: Vec::with_capacity(bytes),
        }
    }

    /// Prepares for the next transcript.
    pub(crate) fn restart(&mut self) {
        self.line = 0;
        self.begin_event();
    }

    fn begin_event(&mut self) {
        self.seen = 0;
        self.name = 0..0;
        self.data = 0..0;
        self.data_lines = 0;
    }

    pub(crate) fn fault<'a>(&self, what: What<'a>) -> Fault<'a> {
        Fault { line: self.line.max(1), what }
    }

    pub(crate) fn cut<'a>(&self) -> Fault<'a> {
        self.fault(What::Cut)
    }

    /// Looks at the lines of `bytes`, which begin with the current event, that it has not seen. None if the event is
    /// not complete. At the end of the input what is there counts as complete.
    pub(crate) fn advance<'a>(
        &'a mut self,
        bytes: &'a [u8],
        at_end: bool,
    ) -> Result<Option<Event<'a>>, Fault<'a>> {
        loop {
            let rest = &bytes[self.seen..];
            let newline = rest.iter().position(|&byte| byte == b'\n');
            if newline.is_none() && !at_end {
                return Ok(None);
            }
            let cut = newline.is_none() && !rest.is_empty();
            let line = &rest[..newline.unwrap_or(rest.len())];
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let start = self.seen;
            if newline.is_some() || cut {
                self.line += 1;
                self.seen += newline.map_or(rest.len(), |at| at + 1);
            } else if start == 0 {
                return Ok(None);
            }
            if !line.is_empty() {
                let taken = self.take_line(bytes, start..start + line.len());
                taken.map_err(|what| self.fault(if cut { What::Cut } else { what }))?;
            }
            if line.is_empty() || cut {
                return Ok(Some(self.take_event(bytes, cut)));
            }
        }
    }

    /// Looks at one line that is not blank.
    fn take_line(&mut self, bytes: &[u8], at: Range<usize>) -> Result<(), What<'static>> {
        let whole = &bytes[at.clone()];
        // The first line may begin with a byte order mark.
        let line = whole.strip_prefix(b"\xEF\xBB\xBF").filter(|_| self.line == 1).unwrap_or(whole);
        if str::from_utf8(line).is_err() {
            return Err(What::NotUtf8);
        }
        let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
        let value = line.get(colon + 1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        let value_at = at.end - value.len()..at.end;
        match &line[..colon] {
            b"data" => self.take_data(bytes, value_at),
            b"event" => self.name = value_at,
            b"id" | b"retry" => {}
            // A comment, or the byte order mark alone.
            b"" => {}
            _ => return Err(What::NotAField),
        }
        Ok(())
    }

    fn take_data(&mut self, bytes: &[u8], at: Range<usize>) {
        self.data_lines += 1;
        if self.data_lines == 1 {
            self.data_line = self.line;
            self.data = at;
            return;
        }
        if self.data_lines == 2 {
            self.joined.clear();
            self.joined.extend_from_slice(&bytes[self.data.clone()]);
        }
        self.joined.push(b'\n');
        self.joined.extend_from_slice(&bytes[at]);
    }

    fn take_event<'a>(&'a mut self, bytes: &'a [u8], cut: bool) -> Event<'a> {
        let (len, name, data, several) =
            (self.seen, self.name.clone(), self.data.clone(), self.data_lines > 1);
        self.begin_event();
        Event {
            len,
            name: &bytes[name],
            data: if several { &self.joined } else { &bytes[data] },
            line: self.data_line,
            cut: cut.then_some(self.line),
        }
    }
}
