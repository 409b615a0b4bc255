//! Server-sent events: cuts a transcript into lines, and lines into events.
//!
//! The rules are those of the [HTML standard](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream),
//! with three exceptions, so that no text is lost or altered without an error:
//!
//! * A line that is not UTF-8 is an error. The standard replaces the bad bytes.
//! * A field `error` is an error of the API: older servers of llama.cpp send `error: {…}`. The standard ignores it.
//! * [`Framer::finish`] returns the event that the end of the input cuts off, because it may be the end marker without
//!   its blank line. The standard discards it.

use std::{fmt, io, mem, str};

use super::answer::Unread;
use super::json::{self, ApiError};

/// Something in a transcript that ends its stream.
pub(crate) struct Fault<'a> {
    pub(crate) line: usize,
    pub(crate) what: What<'a>,
}

pub(crate) enum What<'a> {
    Cut,
    NotUtf8,
    Json(hifijson::Error),
    Unread(Unread<'a>),
    Api(ApiError<'a>),
    Read(io::Error),
}

impl fmt::Display for What<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut => f.write_str("cut off: the transcript ends without an end marker"),
            Self::NotUtf8 => f.write_str("bad UTF-8"),
            Self::Json(error) => write!(f, "bad JSON: {error}"),
            Self::Unread(unread) => write!(f, "text in an unknown form: {unread}"),
            Self::Api(error) => write!(f, "API error{error}"),
            Self::Read(error) => write!(f, "cannot read on: {error}"),
        }
    }
}

/// One event.
pub(crate) struct Event<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) data: &'a [u8],
    /// The data is the value of a field `error`.
    pub(crate) is_error_field: bool,
    /// The line its data begins on.
    line: usize,
}

impl Event<'_> {
    /// The line of a byte of the data.
    pub(crate) fn line_of(&self, at: usize) -> usize {
        // Data over several lines is joined with a newline each.
        self.line + self.data[..at].iter().filter(|&&byte| byte == b'\n').count()
    }
}

/// Finds the events in a transcript that arrives in pieces.
///
/// The time is linear in the input. Bytes are taken from the input as they are read, and those of an unfinished event are
/// copied, so no byte is searched for the end of its line twice.
pub(crate) struct Framer {
    /// How many lines have ended.
    lines: usize,
    /// The beginning of a line whose end has not arrived.
    partial: Vec<u8>,
    /// The last line ended with a carriage return. If a line feed follows, it is part of that end.
    after_return: bool,
    name: Vec<u8>,
    /// All lines of data, joined.
    data: Vec<u8>,
    /// The number of the first line of data; 0 if there is none.
    data_line: usize,
    is_error_field: bool,
    /// The event was returned; the next line begins another.
    is_complete: bool,
    /// How many bytes were searched for the end of a line or read as part of one.
    #[cfg(test)]
    pub(crate) examined: usize,
}

impl Framer {
    /// For events of up to so many bytes; with longer ones it has to allocate.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self {
            lines: 0,
            partial: Vec::with_capacity(bytes),
            after_return: false,
            name: Vec::with_capacity(bytes),
            data: Vec::with_capacity(bytes),
            data_line: 0,
            is_error_field: false,
            is_complete: false,
            #[cfg(test)]
            examined: 0,
        }
    }

    /// Prepares for the next transcript.
    pub(crate) fn restart(&mut self) {
        self.lines = 0;
        self.partial.clear();
        self.after_return = false;
        self.begin_event();
    }

    fn begin_event(&mut self) {
        self.name.clear();
        self.data.clear();
        self.data_line = 0;
        self.is_error_field = false;
        self.is_complete = false;
    }

    /// Returns the number of the last line if the input ends here.
    pub(crate) fn end(&self) -> usize {
        (self.lines + usize::from(!self.partial.is_empty())).max(1)
    }

    /// Returns how many bytes of an incomplete event are kept.
    pub(crate) fn unfinished(&self) -> usize {
        self.partial.len() + self.name.len() + self.data.len()
    }

    /// Takes the next event from the front of `input`. Returns `None` if the event is incomplete; then all of `input` is
    /// taken.
    pub(crate) fn advance(
        &mut self,
        input: &mut &[u8],
    ) -> Result<Option<Event<'_>>, Fault<'static>> {
        if self.is_complete {
            self.begin_event();
        }
        while let Some(&first) = input.first() {
            if mem::take(&mut self.after_return) && first == b'\n' {
                *input = &input[1..];
                continue;
            }
            let end = input.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            #[cfg(test)]
            {
                self.examined += end.map_or(input.len(), |end| end + 1);
            }
            let Some(end) = end else {
                self.partial.extend_from_slice(input);
                *input = &[];
                break;
            };
            let line = &input[..end];
            self.after_return = input[end] == b'\r';
            *input = &input[end + 1..];
            if self.take_line(line)? {
                if self.data_line > 0 {
                    self.is_complete = true;
                    return Ok(Some(self.event()));
                }
                self.begin_event();
            }
        }
        Ok(None)
    }

    /// Returns the event that the end of the input cuts off, if it has data.
    pub(crate) fn finish(&mut self) -> Option<Event<'_>> {
        if self.is_complete {
            self.begin_event();
        }
        if !self.partial.is_empty() {
            self.take_line(&[]).ok()?;
        }
        (self.data_line > 0).then(|| self.event())
    }

    fn event(&self) -> Event<'_> {
        let Self { name, data, is_error_field, data_line: line, .. } = self;
        Event { name, data, is_error_field: *is_error_field, line: *line }
    }

    /// Takes a line, whose beginning may be kept in `partial`. Returns whether it is blank.
    fn take_line(&mut self, line: &[u8]) -> Result<bool, Fault<'static>> {
        self.lines += 1;
        if self.partial.is_empty() {
            return self.take_whole_line(line);
        }
        let mut whole = mem::take(&mut self.partial);
        whole.extend_from_slice(line);
        let result = self.take_whole_line(&whole);
        // The next partial line uses the same memory.
        whole.clear();
        self.partial = whole;
        result
    }

    fn take_whole_line(&mut self, line: &[u8]) -> Result<bool, Fault<'static>> {
        #[cfg(test)]
        {
            self.examined += line.len();
        }
        let is_first = self.lines == 1;
        let line = line.strip_prefix("\u{FEFF}".as_bytes()).filter(|_| is_first).unwrap_or(line);
        if str::from_utf8(line).is_err() {
            return Err(Fault { line: self.lines, what: What::NotUtf8 });
        }
        let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
        let value = line.get(colon + 1..).unwrap_or_default();
        self.take_field(&line[..colon], value.strip_prefix(b" ").unwrap_or(value));
        Ok(line.is_empty())
    }

    fn take_field(&mut self, name: &[u8], value: &[u8]) {
        match name {
            // An error is all that its event reports.
            _ if self.is_error_field => {}
            b"data" => {
                match self.data_line {
                    0 => self.data_line = self.lines,
                    _ => self.data.push(b'\n'),
                }
                self.data.extend_from_slice(value);
            }
            b"event" => {
                self.name.clear();
                self.name.extend_from_slice(value);
            }
            b"error" if json::is_error(value) => {
                self.is_error_field = true;
                self.data_line = self.lines;
                self.data.clear();
                self.data.extend_from_slice(value);
            }
            // `id` and `retry` are for clients that connect again. A comment has an empty name.
            _ => {}
        }
    }
}
