//! JSON values, read in place, and errors of an API.

use std::fmt::{self, Write as _};
use std::str;

use hifijson::escape::{self, Lex as _};
use hifijson::num::LexWrite as _;
use hifijson::str::{Error as StringError, Lex as _, LexWrite as _};
use hifijson::token::Lex as _;
use hifijson::{Error, Expect, Read as _, SliceLexer};

/// How deep values may be nested. The events of all APIs stay below 20.
const MAX_DEPTH: usize = 64;

/// A value as it stands in its text, well-formed.
#[derive(Clone, Copy)]
pub(crate) struct Json<'a>(&'a [u8]);

impl<'a> Json<'a> {
    /// Reads a text that is one value. An error has its position.
    pub(crate) fn parse(text: &'a [u8]) -> Result<Self, (usize, Error)> {
        let mut lexer = SliceLexer::new(text);
        lexer
            .exactly_one(SliceLexer::ws_peek, |next, lexer| Self::read(next, lexer, MAX_DEPTH))
            .map_err(|error| (text.len() - lexer.as_slice().len(), error))
    }

    /// Reads a value, of which `next` is the first byte.
    fn read(next: u8, lexer: &mut SliceLexer<'a>, depth: usize) -> Result<Self, Error> {
        let from = lexer.as_slice();
        skip(next, lexer, depth)?;
        Ok(Self(&from[..from.len() - lexer.as_slice().len()]))
    }

    pub(crate) fn is_object(self) -> bool {
        self.0.starts_with(b"{")
    }

    pub(crate) fn is_array(self) -> bool {
        self.0.starts_with(b"[")
    }

    pub(crate) fn is_null(self) -> bool {
        self.0.starts_with(b"n")
    }

    pub(crate) fn is_true(self) -> bool {
        self.0.starts_with(b"t")
    }

    /// Whether it is other than null, false, zero and empty, as in Python. OpenAI's client takes such an `error` for none.
    pub(crate) fn is_truthy(self) -> bool {
        match self.0 {
            [b'n' | b'f', ..] => false,
            [b'"', inside @ .., _] => !inside.is_empty(),
            [b'{' | b'[', inside @ .., _] => !inside.trim_ascii().is_empty(),
            _ => !self.is_zero(),
        }
    }

    /// Whether it is the number zero, in any notation.
    pub(crate) fn is_zero(self) -> bool {
        let mantissa = self.0.split(|byte| matches!(byte, b'e' | b'E')).next();
        mantissa
            .is_some_and(|digits| digits.iter().all(|digit| matches!(digit, b'-' | b'0' | b'.')))
    }

    /// Returns a natural number; `None` for any other value, and for one with a fraction or an exponent.
    pub(crate) fn natural(self) -> Option<u64> {
        str::from_utf8(self.0).ok()?.parse().ok()
    }

    pub(crate) fn string(self) -> Option<Raw<'a>> {
        self.0.strip_prefix(b"\"").map(Raw)
    }

    /// Returns the members of an object; any other value has none.
    pub(crate) fn members(self) -> impl Iterator<Item = (Raw<'a>, Self)> + Clone {
        let mut rest = self.0.strip_prefix(b"{").unwrap_or_default();
        std::iter::from_fn(move || {
            let mut lexer = SliceLexer::new(rest);
            if lexer.ws_peek()? == b',' {
                lexer.discarded().eat_whitespace();
            }
            lexer.expect(SliceLexer::peek_next, b'"')?;
            let key = Raw::read(&mut lexer).ok()?;
            lexer.expect(SliceLexer::ws_peek, b':')?;
            let next = lexer.ws_peek()?;
            let value = Self::read(next, &mut lexer, MAX_DEPTH).ok()?;
            rest = lexer.as_slice();
            Some((key, value))
        })
    }

    /// Returns the values of these members of an object. A member that is null counts as missing.
    pub(crate) fn get<const N: usize>(self, names: [&str; N]) -> [Option<Self>; N] {
        let mut values = [None; N];
        for (key, value) in self.members() {
            if let Some(at) = names.iter().position(|name| key.is(name)) {
                values[at] = Some(value).filter(|value| !value.is_null());
            }
        }
        values
    }

    /// Returns the items of an array; any other value has none.
    pub(crate) fn items(self) -> impl Iterator<Item = Self> + Clone {
        let mut rest = self.0.strip_prefix(b"[").unwrap_or_default();
        std::iter::from_fn(move || {
            let mut lexer = SliceLexer::new(rest);
            if lexer.ws_peek()? == b',' {
                lexer.discarded().eat_whitespace();
            }
            let next = lexer.peek_next().filter(|&next| next != b']')?;
            let item = Self::read(next, &mut lexer, MAX_DEPTH).ok()?;
            rest = lexer.as_slice();
            Some(item)
        })
    }
}

/// Reads a value and discards it.
fn skip(next: u8, lexer: &mut SliceLexer<'_>, depth: usize) -> Result<(), Error> {
    match next {
        b'{' => {
            let depth = depth.checked_sub(1).ok_or(Error::Depth)?;
            lexer.discarded().seq(b'}', SliceLexer::ws_peek, |next, lexer| {
                lexer.expect(|_| Some(next), b'"').ok_or(Expect::String)?;
                lexer.str_ignore()?;
                lexer.expect(SliceLexer::ws_peek, b':').ok_or(Expect::Colon)?;
                let next = lexer.ws_peek().ok_or(Expect::Value)?;
                skip(next, lexer, depth)
            })
        }
        b'[' => {
            let depth = depth.checked_sub(1).ok_or(Error::Depth)?;
            lexer.discarded().seq(b']', SliceLexer::ws_peek, |next, lexer| skip(next, lexer, depth))
        }
        b'"' => Ok(lexer.discarded().str_ignore()?),
        b'-' | b'0'..=b'9' => {
            lexer.num_string().validated()?;
            Ok(())
        }
        _ => lexer.null_or_bool().map(drop).ok_or(Expect::Value.into()),
    }
}

/// Writes a string as its text, and any other value as it stands, for the terminal.
impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.string() {
            Some(text) => text.fmt(f),
            None => Printable(self.0).fmt(f),
        }
    }
}

/// A string as it stands in the JSON, escapes and all, with its closing quote.
#[derive(Clone, Copy)]
pub(crate) struct Raw<'a>(&'a [u8]);

impl<'a> Raw<'a> {
    /// Reads a string from behind its opening quote.
    fn read(lexer: &mut SliceLexer<'a>) -> Result<Self, Error> {
        let from = lexer.as_slice();
        lexer.str_ignore()?;
        Ok(Self(&from[..from.len() - lexer.as_slice().len()]))
    }

    /// Returns what is between the quotes.
    fn inside(self) -> &'a [u8] {
        self.0.strip_suffix(b"\"").unwrap_or(self.0)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.inside().is_empty()
    }

    /// Appends the text. It fails if an escape is half of a character.
    pub(crate) fn append_to(self, text: &mut String) -> Result<(), Error> {
        self.for_pieces(|piece| text.push_str(piece))
    }

    /// Whether this is the text.
    pub(crate) fn is(self, text: &str) -> bool {
        if !self.inside().contains(&b'\\') {
            return self.inside() == text.as_bytes();
        }
        let mut rest = Some(text);
        let result = self.for_pieces(|piece| rest = rest.and_then(|rest| rest.strip_prefix(piece)));
        result.is_ok() && rest == Some("")
    }

    /// Decodes a short text, such as the name of a type.
    pub(crate) fn word(self) -> Word {
        let mut word = Word { bytes: [0; Word::LONGEST], length: 0 };
        let result = self.for_pieces(|piece| {
            for &byte in piece.as_bytes() {
                if let Some(place) = word.bytes.get_mut(word.length) {
                    *place = byte;
                }
                word.length += 1;
            }
        });
        word.length = if result.is_ok() { word.length } else { usize::MAX };
        word
    }

    /// Calls `each` for what is between the escapes and for what they stand for.
    fn for_pieces(self, mut each: impl FnMut(&str)) -> Result<(), Error> {
        type Each<'f> = &'f mut dyn FnMut(&str);
        let on_text = |text: &mut &[u8], each: &mut Each<'_>| {
            each(str::from_utf8(text).map_err(StringError::Utf8)?);
            Ok::<_, StringError>(())
        };
        let on_escape = |lexer: &mut SliceLexer<'a>, each: &mut Each<'_>| {
            let next = lexer.take_next().ok_or(escape::Error::Eof)?;
            each(lexer.escape(next)?.encode_utf8(&mut [0; 4]));
            Ok(())
        };
        SliceLexer::new(self.0).str_fold(&mut each as Each<'_>, on_text, on_escape)?;
        Ok(())
    }
}

/// For the terminal: nothing in it can be taken for a command.
impl fmt::Display for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut result = Ok(());
        let decoded = self.for_pieces(|piece| {
            result = result.and_then(|()| Printable(piece.as_bytes()).fmt(f));
        });
        result.and_then(|()| decoded.or_else(|_| f.write_char('\u{FFFD}')))
    }
}

/// A text for the terminal, with its control characters escaped.
struct Printable<'a>(&'a [u8]);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for char in self.0.utf8_chunks().flat_map(|chunk| chunk.valid().chars()) {
            match char.is_control() {
                true => write!(f, "{}", char.escape_debug())?,
                false => f.write_char(char)?,
            }
        }
        Ok(())
    }
}

/// A short text, decoded.
pub(crate) struct Word {
    bytes: [u8; Word::LONGEST],
    length: usize,
}

impl Word {
    const LONGEST: usize = 64;

    /// Returns the text, or `?` if it is too long or has half of a character.
    pub(crate) fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|text| str::from_utf8(text).ok()).unwrap_or("?")
    }
}

/// Whether the value of a field `error` reports an error. An empty value does not.
pub(crate) fn is_error(value: &[u8]) -> bool {
    Json::parse(value).map_or(!value.trim_ascii().is_empty(), Json::is_truthy)
}

/// An error the API reports within a stream.
#[derive(Clone, Copy, Default)]
pub(crate) struct ApiError<'a> {
    kind: Option<Json<'a>>,
    code: Option<Json<'a>>,
    status: Option<u16>,
    message: Option<Json<'a>>,
    /// The message, if the error is not JSON.
    plain: &'a [u8],
}

impl<'a> ApiError<'a> {
    /// Reads an error that is an object, just its message, or some other value.
    pub(crate) fn new(error: Json<'a>) -> Self {
        let [kind, code, status, status_code] =
            error.get(["type", "code", "status", "status_code"]);
        let messages = error.get(["message", "details", "detail", "msg"]);
        let message = match error.is_object() {
            true => messages.into_iter().flatten().find(|message| message.is_truthy()),
            false => Some(error),
        };
        Self {
            // The type of the event itself adds nothing.
            kind: kind.filter(|kind| {
                let is = |word| kind.string().is_none_or(|kind| kind.is(word));
                !is("error") && !is("conversation.response.error")
            }),
            code: code.filter(|code| code.is_truthy() && !code.is_object() && !code.is_array()),
            status: [code, status, status_code].into_iter().flatten().find_map(http_status),
            message,
            plain: b"",
        }
    }

    /// An error that is not JSON.
    pub(crate) fn plain(message: &'a [u8]) -> Self {
        Self { plain: message, ..Self::default() }
    }

    /// The HTTP status that is nearest to the error.
    pub(crate) fn status(&self) -> u16 {
        const NAMES: [(&str, u16); 14] = [
            ("invalid_request_error", 400),
            ("authentication_error", 401),
            ("permission_error", 403),
            ("not_found_error", 404),
            ("request_too_large", 413),
            ("insufficient_quota", 429),
            ("rate_limit_error", 429),
            ("rate_limit_exceeded", 429),
            ("api_error", 500),
            ("server_error", 500),
            ("not_supported_error", 501),
            ("unavailable_error", 503),
            ("timeout_error", 504),
            ("overloaded_error", 529),
        ];
        let names = || [self.code, self.kind].into_iter().flatten().filter_map(Json::string);
        let by_name = || {
            names()
                .find_map(|name| NAMES.iter().find(|known| name.is(known.0)).map(|known| known.1))
        };
        self.status.or_else(by_name).unwrap_or(500)
    }
}

/// A number or a text that is the status of an error.
fn http_status(value: Json<'_>) -> Option<u16> {
    let word = value.string().map(Raw::word);
    let number = word.map_or(value.natural(), |word| word.as_str().parse().ok())?;
    u16::try_from(number).ok().filter(|status| (400..=599).contains(status))
}

impl fmt::Display for ApiError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " {}", self.status())?;
        if let Some(kind) = self.kind {
            write!(f, " {kind}")?;
        }
        if let Some(code) = self.code.filter(|&code| http_status(code).is_none()) {
            write!(f, " {code}")?;
        }
        match self.message {
            Some(message) => write!(f, ": {message}"),
            None if self.plain.is_empty() => Ok(()),
            None => write!(f, ": {}", Printable(self.plain)),
        }
    }
}
