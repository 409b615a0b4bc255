//! What an event says, read in place from its JSON.

use std::fmt::{self, Write as _};
use std::str;

use hifijson::escape::{self, Lex as _};
use hifijson::num::LexWrite as _;
use hifijson::str::{Error as StringError, Lex as _, LexWrite as _};
use hifijson::token::Lex as _;
use hifijson::{Error, Expect, Read as _, SliceLexer};

/// How deep values may be nested. The events of the three APIs stay below 20.
const MAX_DEPTH: usize = 64;

/// What an event means for the answer.
pub(crate) enum Meaning<'a> {
    Text(Raw<'a>),
    End,
    Error(ApiError<'a>),
    Nothing,
}

/// An error the API reports within a stream.
#[derive(Clone, Copy, Default)]
pub(crate) struct ApiError<'a> {
    kind: Option<Raw<'a>>,
    code: Option<Raw<'a>>,
    number: Option<u64>,
    message: Option<Raw<'a>>,
}

impl ApiError<'_> {
    /// The HTTP status that is nearest to the error.
    pub(crate) fn status(&self) -> u16 {
        const NAMES: [(&str, u16); 12] = [
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
            ("timeout_error", 504),
            ("overloaded_error", 529),
        ];
        if let Some(Ok(number @ 400..=599)) = self.number.map(u16::try_from) {
            return number;
        }
        let names = [self.code, self.kind].into_iter().flatten();
        names
            .flat_map(|name| NAMES.iter().find(|known| name.is(known.0)))
            .map(|known| known.1)
            .next()
            .unwrap_or(500)
    }
}

impl fmt::Display for ApiError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " {}", self.status())?;
        for name in [self.kind, self.code].into_iter().flatten() {
            write!(f, " {name}")?;
        }
        self.message.map_or(Ok(()), |message| write!(f, ": {message}"))
    }
}

/// What is looked for in an event; everything else is skipped.
#[derive(Default)]
struct Fields<'a> {
    /// `type`
    kind: Option<Raw<'a>>,
    /// `delta`, where it is a string
    delta: Option<Raw<'a>>,
    /// `delta.type`
    delta_kind: Option<Raw<'a>>,
    /// `delta.text`
    delta_text: Option<Raw<'a>>,
    /// `delta.content` of the choice with index 0
    content: Option<Raw<'a>>,
    /// `error`, where it is not null
    error: Option<ApiError<'a>>,
    /// `response.error`, where it is not null
    response_error: Option<ApiError<'a>>,
    /// `code` and `message`, which an error of OpenAI responses has at the top
    own_error: ApiError<'a>,
}

/// Reads the data of an event; an error comes with its position. `name` is the event's name in the transcript.
pub(crate) fn read<'a>(data: &'a [u8], name: &[u8]) -> Result<Meaning<'a>, (usize, Error)> {
    let mut lexer = SliceLexer::new(data);
    let mut fields = Fields::default();
    let result = lexer.exactly_one(SliceLexer::ws_peek, |next, lexer| {
        let event = Value { next, lexer, depth: MAX_DEPTH };
        if next == b'{' { fields.fill(event) } else { Err(Expect::Value.into()) }
    });
    match result {
        Ok(()) => Ok(fields.meaning(name)),
        Err(error) => Err((data.len() - lexer.as_slice().len(), error)),
    }
}

impl<'a> Fields<'a> {
    fn fill(&mut self, event: Value<'_, 'a>) -> Result<(), Error> {
        event.object(|key, value| match key {
            _ if key.is("type") => value.string().map(|kind| self.kind = kind),
            _ if key.is("delta") => self.fill_delta(value),
            _ if key.is("choices") => value.array(|choice| self.fill_choice(choice)),
            _ if key.is("error") => value.error().map(|error| self.error = error),
            _ if key.is("response") => value.object(|key, value| match key {
                _ if key.is("error") => value.error().map(|error| self.response_error = error),
                _ => value.skip(),
            }),
            _ if key.is("code") => value.string().map(|code| self.own_error.code = code),
            _ if key.is("message") => {
                value.string().map(|message| self.own_error.message = message)
            }
            _ => value.skip(),
        })
    }

    /// A string in OpenAI responses, an object in Anthropic messages.
    fn fill_delta(&mut self, delta: Value<'_, 'a>) -> Result<(), Error> {
        if delta.next == b'"' {
            return delta.string().map(|text| self.delta = text);
        }
        delta.object(|key, value| match key {
            _ if key.is("type") => value.string().map(|kind| self.delta_kind = kind),
            _ if key.is("text") => value.string().map(|text| self.delta_text = text),
            _ => value.skip(),
        })
    }

    fn fill_choice(&mut self, choice: Value<'_, 'a>) -> Result<(), Error> {
        let (mut index, mut content) = (None, None);
        choice.object(|key, value| match key {
            _ if key.is("index") => value.number().map(|number| index = number),
            _ if key.is("delta") => value.object(|key, value| match key {
                _ if key.is("content") => value.string().map(|text| content = text),
                _ => value.skip(),
            }),
            _ => value.skip(),
        })?;
        // Where there is only one choice, some servers leave out its index.
        if index.unwrap_or(0) == 0 {
            self.content = content;
        }
        Ok(())
    }

    fn meaning(self, name: &[u8]) -> Meaning<'a> {
        if let Some(error) = self.error {
            return Meaning::Error(error);
        }
        let is = |wanted: &str| self.kind.map_or(name == wanted.as_bytes(), |kind| kind.is(wanted));
        let text = match self.delta_kind {
            _ if is("response.output_text.delta") => self.delta,
            Some(kind) if is("content_block_delta") && kind.is("text_delta") => self.delta_text,
            _ => self.content,
        };
        match text {
            Some(text) => Meaning::Text(text),
            None if is("error") => Meaning::Error(self.own_error),
            None if is("response.failed") => {
                Meaning::Error(self.response_error.unwrap_or_default())
            }
            None if ["message_stop", "response.completed", "response.incomplete"]
                .into_iter()
                .any(is) =>
            {
                Meaning::End
            }
            None => Meaning::Nothing,
        }
    }
}

/// A value about to be read: the lexer stands before its first byte.
struct Value<'l, 'a> {
    next: u8,
    lexer: &'l mut SliceLexer<'a>,
    depth: usize,
}

impl<'a> Value<'_, 'a> {
    fn skip(self) -> Result<(), Error> {
        match self.next {
            b'{' => self.object(|_, value| value.skip()),
            b'[' => self.array(|value| value.skip()),
            b'"' => self.string().map(drop),
            b'-' | b'0'..=b'9' => self.number().map(drop),
            _ => self.lexer.null_or_bool().map(drop).ok_or(Expect::Value.into()),
        }
    }

    /// A string; None for any other value.
    fn string(self) -> Result<Option<Raw<'a>>, Error> {
        if self.next != b'"' {
            return self.skip().map(|()| None);
        }
        Raw::read(self.lexer.discarded()).map(Some)
    }

    /// A natural number; None for any other value.
    fn number(self) -> Result<Option<u64>, Error> {
        if !matches!(self.next, b'-' | b'0'..=b'9') {
            return self.skip().map(|()| None);
        }
        let (digits, _) = self.lexer.num_string().validated()?;
        Ok(digits.parse().ok())
    }

    /// Calls `each` for the members of an object; skips any other value.
    fn object(
        self,
        mut each: impl FnMut(Raw<'a>, Value<'_, 'a>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if self.next != b'{' {
            return self.skip();
        }
        let depth = self.depth.checked_sub(1).ok_or(Error::Depth)?;
        self.lexer.discarded().seq(b'}', SliceLexer::ws_peek, |next, lexer| {
            lexer.expect(|_| Some(next), b'"').ok_or(Expect::String)?;
            let key = Raw::read(lexer)?;
            lexer.expect(SliceLexer::ws_peek, b':').ok_or(Expect::Colon)?;
            let next = lexer.ws_peek().ok_or(Expect::Value)?;
            each(key, Value { next, lexer, depth })
        })
    }

    /// Calls `each` for the items of an array; skips any other value.
    fn array(self, mut each: impl FnMut(Value<'_, 'a>) -> Result<(), Error>) -> Result<(), Error> {
        if self.next != b'[' {
            return self.skip();
        }
        let depth = self.depth.checked_sub(1).ok_or(Error::Depth)?;
        self.lexer
            .discarded()
            .seq(b']', SliceLexer::ws_peek, |next, lexer| each(Value { next, lexer, depth }))
    }

    /// An error: an object, or just its message. None for any other value.
    fn error(self) -> Result<Option<ApiError<'a>>, Error> {
        let mut error = ApiError::default();
        match self.next {
            b'"' => error.message = self.string()?,
            b'{' => self.object(|key, value| match key {
                _ if key.is("type") => value.string().map(|kind| error.kind = kind),
                _ if key.is("message") => value.string().map(|message| error.message = message),
                _ if key.is("code") && value.next == b'"' => {
                    value.string().map(|code| error.code = code)
                }
                _ if key.is("code") => value.number().map(|number| error.number = number),
                _ => value.skip(),
            })?,
            _ => return self.skip().map(|()| None),
        }
        Ok(Some(error))
    }
}

/// A string as it stands in the JSON, escapes and all, with its closing quote.
#[derive(Clone, Copy)]
pub(crate) struct Raw<'a>(&'a [u8]);

impl<'a> Raw<'a> {
    pub(crate) const EMPTY: Self = Self(b"\"");

    /// Reads a string from behind its opening quote.
    fn read(lexer: &mut SliceLexer<'a>) -> Result<Self, Error> {
        let from = lexer.as_slice();
        lexer.str_ignore()?;
        Ok(Self(&from[..from.len() - lexer.as_slice().len()]))
    }

    /// The text, in place if it has no escapes, else in `unescaped`.
    pub(crate) fn decode<'s>(self, unescaped: &'s mut String) -> Result<&'s str, Error>
    where
        'a: 's,
    {
        let plain = self.0.strip_suffix(b"\"").unwrap_or(self.0);
        if !plain.contains(&b'\\') {
            return str::from_utf8(plain).map_err(|error| StringError::Utf8(error).into());
        }
        unescaped.clear();
        self.for_pieces(|piece| unescaped.push_str(piece))?;
        Ok(unescaped)
    }

    /// Whether this is the text.
    fn is(self, text: &str) -> bool {
        let mut rest = Some(text);
        let result = self.for_pieces(|piece| rest = rest.and_then(|rest| rest.strip_prefix(piece)));
        result.is_ok() && rest == Some("")
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
            for char in piece.chars() {
                result = result.and_then(|()| match char.is_control() {
                    true => write!(f, "{}", char.escape_debug()),
                    false => f.write_char(char),
                });
            }
        });
        result.and_then(|()| decoded.or_else(|_| f.write_char('\u{FFFD}')))
    }
}
