//! What is JSON, as hifijson has it: for the tests and for the fuzzer.
//!
//! It follows RFC 8259, as forebay does. They differ in one thing: halves of surrogate pairs, which the grammar allows
//! for, and which no text of Rust can hold. hifijson takes them where it passes over strings and refuses them where it
//! decodes them, so here it decodes all.

use hifijson::escape::Lex as _;
use hifijson::num::Lex as _;
use hifijson::str::LexWrite as _;
use hifijson::token::Lex as _;
use hifijson::{Error, Expect, Read as _, SliceLexer};

/// Most objects and arrays within each other, here and there.
pub(crate) const DEPTH: usize = 128;

/// What a parser says of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Json,
    NoJson,
    TooDeep,
}

/// The other parser's.
pub(crate) fn oracle(json: &str) -> Verdict {
    enum Stop {
        NoJson,
        TooDeep,
    }
    impl From<Error> for Stop {
        fn from(_: Error) -> Self {
            Self::NoJson
        }
    }
    impl From<Expect> for Stop {
        fn from(_: Expect) -> Self {
            Self::NoJson
        }
    }
    fn string(lexer: &mut SliceLexer<'_>) -> Result<(), Error> {
        lexer.str_fold(
            (),
            |_, ()| Ok(()),
            |lexer, ()| {
                let next = lexer.take_next().ok_or(hifijson::str::Error::Eof)?;
                lexer.escape(next).map_err(hifijson::str::Error::Escape)?;
                Ok(())
            },
        )
    }
    fn value(next: u8, lexer: &mut SliceLexer<'_>, depth: usize) -> Result<(), Stop> {
        match next {
            b'[' | b'{' if depth == DEPTH => Err(Stop::TooDeep),
            b'[' => lexer
                .discarded()
                .seq(b']', SliceLexer::ws_peek, |next, lexer| value(next, lexer, depth + 1)),
            b'{' => lexer.discarded().seq(b'}', SliceLexer::ws_peek, |next, lexer| {
                lexer.expect(|_| Some(next), b'"').ok_or(Expect::String)?;
                string(lexer)?;
                lexer.expect(SliceLexer::ws_peek, b':').ok_or(Expect::Colon)?;
                value(lexer.ws_peek().ok_or(Expect::Value)?, lexer, depth + 1)
            }),
            b'"' => Ok(string(lexer.discarded())?),
            b'a'..=b'z' => Ok(lexer.null_or_bool().map(drop).ok_or(Expect::Value)?),
            b'0'..=b'9' | b'-' => {
                Ok(lexer.num_ignore().validate().map(drop).map_err(Error::from)?)
            }
            _ => Err(Stop::NoJson),
        }
    }
    match SliceLexer::new(json.as_bytes())
        .exactly_one(SliceLexer::ws_peek, |next, lexer| value(next, lexer, 0))
    {
        Ok(()) => Verdict::Json,
        Err(Stop::NoJson) => Verdict::NoJson,
        Err(Stop::TooDeep) => Verdict::TooDeep,
    }
}
