//! A JSON scanner that is fed byte by byte, as tokens arrive, and holds nothing but where it stands.
//!
//! It follows RFC 8259 to the letter, and refuses halves of surrogate pairs, which no Rust text can hold. The bytes
//! come from `str`s, so that UTF-8 is right already. `const`, for schemas that are read at compile time.

use super::text::hex;
use core::fmt;

/// Most objects and arrays within each other.
pub(crate) const MAX_DEPTH: usize = 128;

/// What a byte was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// White space, or a byte within a scalar.
    Nothing,
    /// The first byte of a value.
    Object,
    Array,
    String,
    Number,
    True,
    False,
    Null,
    /// The first byte of a key: its quote.
    Key,
    /// The last byte of a value that has one of its own; a number's end is seen with the byte behind it.
    ObjectEnd,
    ArrayEnd,
    StringEnd,
    LiteralEnd,
    KeyEnd,
    Comma,
    Colon,
}

/// What a byte told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// A number ended right before this byte.
    pub(crate) number_ended: bool,
    pub(crate) event: Event,
}

/// Why a text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Malformed {
    /// A value must stand here.
    Value,
    /// A value must stand here, or the array's end.
    ValueOrEnd,
    /// A key must stand here.
    Key,
    /// A key must stand here, or the object's end.
    KeyOrEnd,
    /// A colon must stand here.
    Colon,
    /// A comma must stand here, or the array's or object's end.
    CommaOrEnd,
    /// Nothing may follow the value.
    End,
    /// A number must go on with a digit.
    Digit,
    /// `true`, `false` or `null` is not written so.
    Literal,
    /// No such escape.
    Escape,
    /// An escape that must have four hexadecimal digits.
    Hex,
    /// Half of a surrogate pair.
    Surrogate,
    /// A control character in a string: it must be escaped.
    Control,
    /// The text ends before the value does.
    Truncated,
}

impl Malformed {
    /// In words.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Value => "expected a value",
            Self::ValueOrEnd => "expected a value or `]`",
            Self::Key => "expected a key",
            Self::KeyOrEnd => "expected a key or `}`",
            Self::Colon => "expected `:`",
            Self::CommaOrEnd => "expected `,` or the end of the array or object",
            Self::End => "expected nothing more",
            Self::Digit => "expected a digit",
            Self::Literal => "expected `true`, `false` or `null`",
            Self::Escape => "no such escape",
            Self::Hex => "expected a hexadecimal digit",
            Self::Surrogate => "half of a surrogate pair",
            Self::Control => "a control character in a string",
            Self::Truncated => "the text is cut off",
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl core::error::Error for Malformed {}

/// What stops a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    Malformed(Malformed),
    /// More than [`MAX_DEPTH`] containers within each other.
    TooDeep,
}

/// How many bytes at the front are text of a string and no quote, backslash or control character.
#[inline]
pub(crate) fn plain_len(text: &[u8]) -> usize {
    // Most are short. From here on as vectors, where there are any.
    const LONG: usize = if cfg!(target_pointer_width = "64") { 32 } else { usize::MAX };
    let mut at = 0;
    while let Some(eight) = text.get(at..).and_then(|rest| rest.first_chunk()) {
        let stops = stops(eight);
        if stops != 0 {
            return at + (stops.trailing_zeros() / 8) as usize;
        }
        at += 8;
        if at == LONG {
            at += plain_blocks(text.get(at..).unwrap_or(&[]));
        }
    }
    let rest = text.get(at..).unwrap_or(&[]);
    at + rest.iter().take_while(|byte| !is_stop(**byte)).count()
}

/// Whether a byte ends a run of text.
const fn is_stop(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

/// How many bytes at the front, in blocks of 64, are nothing but text.
#[inline(never)]
fn plain_blocks(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(block) = text.get(at..).and_then(|rest| rest.first_chunk::<64>()) {
        // Counted, with no way out in between, so that compilers make vectors of it.
        let mut stops = 0;
        for byte in block {
            stops += u8::from(is_stop(*byte));
        }
        if stops != 0 {
            break;
        }
        at += 64;
    }
    at
}

/// The high bit of each of eight bytes that ends a run of text, up to the first.
#[inline]
fn stops(eight: &[u8; 8]) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    // A byte below n sets its high bit in x - n * ONES, unless its own is set (Warren, Hacker's Delight, 6-1). A borrow from the
    // byte below can only add a stop behind the first one.
    let below = |x: u64, n: u8| x.wrapping_sub(ONES * u64::from(n)) & !x & HIGH;
    let x = u64::from_le_bytes(*eight);
    below(x, 0x20)
        | below(x ^ (ONES * u64::from(b'"')), 1)
        | below(x ^ (ONES * u64::from(b'\\')), 1)
}

/// How many bytes the escape at the front of `text` has, if it is one.
pub(crate) fn escape_len(text: &[u8]) -> Option<usize> {
    let mut scanner = Scanner { state: State::Text, ..Scanner::new() };
    for (before, byte) in text.iter().enumerate() {
        scanner.step(*byte).ok()?;
        if scanner.in_plain_text() {
            return Some(before + 1);
        }
    }
    None
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    Done,
    Text,
    Escape,
    /// How many digits are still to come.
    Hex(u8),
    /// After the first half of a pair: its backslash, its `u`.
    Backslash,
    U,
    Minus,
    Zero,
    Integer,
    Point,
    Fraction,
    E,
    Sign,
    Exponent,
    /// What is left of it.
    Literal(&'static [u8]),
}

/// Where a scan stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scanner {
    state: State,
    /// The string at hand is a key.
    key: bool,
    /// What the digits of an escape came to, and the first half of a pair.
    code: u16,
    high: u16,
    /// Bytes of an escape that is not complete yet.
    pending: u8,
    depth: u8,
    /// A bit a level: an object's.
    objects: [u32; MAX_DEPTH / 32],
}

impl Scanner {
    pub(crate) const fn new() -> Self {
        Self {
            state: State::Value,
            key: false,
            code: 0,
            high: 0,
            pending: 0,
            depth: 0,
            objects: [0; MAX_DEPTH / 32],
        }
    }

    /// Within a string, and not within an escape: bytes that are no quote, backslash or control
    /// character change nothing.
    pub(crate) const fn in_plain_text(&self) -> bool {
        matches!(self.state, State::Text)
    }

    /// How many bytes at the front of `rest` would change nothing, and can be passed over.
    #[inline]
    pub(crate) fn skip(&self, rest: &[u8]) -> usize {
        let is_skipped: fn(&u8) -> bool = match self.state {
            State::Text => return plain_len(rest),
            State::Integer | State::Fraction | State::Exponent => u8::is_ascii_digit,
            State::Value
            | State::Key
            | State::Colon
            | State::CommaOrEnd
            | State::ValueOrEnd
            | State::KeyOrEnd => |byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'),
            _ => return 0,
        };
        rest.iter().take_while(|byte| is_skipped(byte)).count()
    }

    /// Within a string or a key.
    pub(crate) const fn in_string(&self) -> bool {
        matches!(
            self.state,
            State::Text | State::Escape | State::Hex(_) | State::Backslash | State::U
        )
    }

    pub(crate) const fn in_key(&self) -> bool {
        self.key && self.in_string()
    }

    /// The last that came was a key.
    pub(crate) const fn is_after_key(&self) -> bool {
        matches!(self.state, State::Colon)
    }

    /// Of the bytes of a string so far, how many at the end do not make a char yet.
    pub(crate) const fn pending(&self) -> usize {
        self.pending as usize
    }

    /// The value, and any space behind it, is complete.
    pub(crate) const fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    const fn in_object(&self) -> bool {
        match self.depth.checked_sub(1) {
            Some(level) => {
                self.objects[level as usize / 32 % self.objects.len()] >> (level % 32) & 1 == 1
            }
            None => false,
        }
    }

    const fn open(&mut self, object: bool) -> Result<(), Stop> {
        if self.depth as usize >= MAX_DEPTH {
            return Err(Stop::TooDeep);
        }
        let word = &mut self.objects[self.depth as usize / 32];
        let bit = 1 << (self.depth % 32);
        *word = if object { *word | bit } else { *word & !bit };
        self.depth += 1;
        Ok(())
    }

    /// A value is complete.
    const fn close(&mut self) {
        self.state = if self.depth == 0 { State::Done } else { State::CommaOrEnd };
    }

    /// The end of the text. Whether a number ended with it.
    ///
    /// # Errors
    /// If the value is not complete.
    pub(crate) const fn finish(&mut self) -> Result<bool, Malformed> {
        let number = self.number_may_end();
        if number {
            self.close();
        }
        if self.is_done() { Ok(number) } else { Err(Malformed::Truncated) }
    }

    const fn number_may_end(&self) -> bool {
        matches!(self.state, State::Zero | State::Integer | State::Fraction | State::Exponent)
    }

    /// Takes a byte.
    ///
    /// # Errors
    /// If it cannot stand here; then the scanner must not go on.
    #[inline(always)]
    pub(crate) const fn step(&mut self, byte: u8) -> Result<Step, Stop> {
        let number_ended = if self.number_may_end() {
            if let Some(next) = self.more_of_a_number(byte) {
                self.state = next;
                return Ok(Step { number_ended: false, event: Event::Nothing });
            }
            self.close();
            true
        } else {
            false
        };
        match self.event(byte) {
            Ok(event) => Ok(Step { number_ended, event }),
            Err(stop) => Err(stop),
        }
    }

    /// How a number that could end here goes on, if it does.
    const fn more_of_a_number(&self, byte: u8) -> Option<State> {
        match (self.state, byte) {
            (State::Integer, b'0'..=b'9') => Some(State::Integer),
            (State::Zero | State::Integer, b'.') => Some(State::Point),
            (State::Zero | State::Integer | State::Fraction, b'e' | b'E') => Some(State::E),
            (State::Fraction, b'0'..=b'9') => Some(State::Fraction),
            (State::Exponent, b'0'..=b'9') => Some(State::Exponent),
            _ => None,
        }
    }

    #[inline(always)]
    const fn event(&mut self, byte: u8) -> Result<Event, Stop> {
        use State as S;
        // Each arm gives what the byte was, or what must have stood there.
        let expected = match self.state {
            S::Text => return self.text(byte),
            S::Value
            | S::ValueOrEnd
            | S::Key
            | S::KeyOrEnd
            | S::Colon
            | S::CommaOrEnd
            | S::Done
                if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') =>
            {
                return Ok(Event::Nothing);
            }
            S::ValueOrEnd if byte == b']' => return self.container_end(false),
            S::KeyOrEnd if byte == b'}' => return self.container_end(true),
            S::Value | S::ValueOrEnd => return self.value(byte),
            S::Key | S::KeyOrEnd if byte == b'"' => {
                self.key = true;
                self.state = S::Text;
                return Ok(Event::Key);
            }
            S::Key => Malformed::Key,
            S::KeyOrEnd => Malformed::KeyOrEnd,
            S::Colon if byte == b':' => {
                self.state = S::Value;
                return Ok(Event::Colon);
            }
            S::Colon => Malformed::Colon,
            S::CommaOrEnd => match (byte, self.in_object()) {
                (b',', object) => {
                    self.state = if object { S::Key } else { S::Value };
                    return Ok(Event::Comma);
                }
                (b'}', true) => return self.container_end(true),
                (b']', false) => return self.container_end(false),
                _ => Malformed::CommaOrEnd,
            },
            S::Done => Malformed::End,
            S::Escape | S::Hex(_) | S::Backslash | S::U => return self.escape(byte),
            S::Minus => match byte {
                b'0' => return self.go(S::Zero),
                b'1'..=b'9' => return self.go(S::Integer),
                _ => Malformed::Digit,
            },
            S::Point => match byte {
                b'0'..=b'9' => return self.go(S::Fraction),
                _ => Malformed::Digit,
            },
            S::E if matches!(byte, b'+' | b'-') => return self.go(S::Sign),
            S::E | S::Sign => match byte {
                b'0'..=b'9' => return self.go(S::Exponent),
                _ => Malformed::Digit,
            },
            S::Literal([next, rest @ ..]) if *next == byte => {
                if !rest.is_empty() {
                    return self.go(S::Literal(rest));
                }
                self.close();
                return Ok(Event::LiteralEnd);
            }
            S::Literal(_) => Malformed::Literal,
            // They may end, so they were looked at before.
            S::Zero | S::Integer | S::Fraction | S::Exponent => Malformed::Digit,
        };
        Err(Stop::Malformed(expected))
    }

    const fn go(&mut self, state: State) -> Result<Event, Stop> {
        self.state = state;
        Ok(Event::Nothing)
    }

    const fn container_end(&mut self, object: bool) -> Result<Event, Stop> {
        self.depth = self.depth.saturating_sub(1);
        self.close();
        Ok(if object { Event::ObjectEnd } else { Event::ArrayEnd })
    }

    const fn value(&mut self, byte: u8) -> Result<Event, Stop> {
        let (state, event) = match byte {
            b'{' | b'[' => {
                let object = byte == b'{';
                if let Err(stop) = self.open(object) {
                    return Err(stop);
                }
                if object {
                    (State::KeyOrEnd, Event::Object)
                } else {
                    (State::ValueOrEnd, Event::Array)
                }
            }
            b'"' => {
                self.key = false;
                (State::Text, Event::String)
            }
            b'-' => (State::Minus, Event::Number),
            b'0' => (State::Zero, Event::Number),
            b'1'..=b'9' => (State::Integer, Event::Number),
            b't' => (State::Literal(b"rue"), Event::True),
            b'f' => (State::Literal(b"alse"), Event::False),
            b'n' => (State::Literal(b"ull"), Event::Null),
            _ => {
                return Err(Stop::Malformed(match self.state {
                    State::ValueOrEnd => Malformed::ValueOrEnd,
                    _ => Malformed::Value,
                }));
            }
        };
        self.state = state;
        Ok(event)
    }

    const fn text(&mut self, byte: u8) -> Result<Event, Stop> {
        match byte {
            b'"' if self.key => {
                self.state = State::Colon;
                Ok(Event::KeyEnd)
            }
            b'"' => {
                self.close();
                Ok(Event::StringEnd)
            }
            b'\\' => {
                self.pending = 1;
                self.go(State::Escape)
            }
            0..=0x1F => Err(Stop::Malformed(Malformed::Control)),
            _ => Ok(Event::Nothing),
        }
    }

    const fn escape(&mut self, byte: u8) -> Result<Event, Stop> {
        self.pending += 1;
        let expected = match self.state {
            State::Escape => match byte {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => return self.escape_end(),
                b'u' => {
                    self.high = 0;
                    return self.go(State::Hex(4));
                }
                _ => Malformed::Escape,
            },
            State::Backslash if byte == b'\\' => return self.go(State::U),
            State::U if byte == b'u' => return self.go(State::Hex(4)),
            State::Hex(digits) => match hex(byte) {
                u8::MAX => Malformed::Hex,
                digit => {
                    self.code = self.code << 4 | digit as u16;
                    if digits > 1 {
                        return self.go(State::Hex(digits - 1));
                    }
                    match (self.high, self.code) {
                        (0, 0xD800..=0xDBFF) => {
                            self.high = self.code;
                            return self.go(State::Backslash);
                        }
                        (0, 0xDC00..=0xDFFF) => Malformed::Surrogate,
                        (0, _) | (_, 0xDC00..=0xDFFF) => return self.escape_end(),
                        _ => Malformed::Surrogate,
                    }
                }
            },
            _ => Malformed::Surrogate,
        };
        Err(Stop::Malformed(expected))
    }

    const fn escape_end(&mut self) -> Result<Event, Stop> {
        self.pending = 0;
        self.go(State::Text)
    }
}
