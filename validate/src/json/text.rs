//! The chars of a text, as it stands or decoded from the inside of a JSON string; `const`, so that schemas can be.

/// What stands for a char that cannot be: only broken escapes have some, and the scanner refuses those first.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// The chars of a text. A copy looks ahead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chars<'a> {
    /// From a `str`, cut between chars.
    rest: &'a [u8],
    /// Whether escapes stand for other chars.
    escaped: bool,
}

impl<'a> Chars<'a> {
    /// The chars as they stand.
    pub(crate) const fn plain(text: &'a str) -> Self {
        Self { rest: text.as_bytes(), escaped: false }
    }

    /// The chars that the inside of a JSON string stands for.
    pub(crate) const fn escaped(text: &'a str) -> Self {
        Self { rest: text.as_bytes(), escaped: true }
    }

    /// The same of a part of a text that is cut between chars.
    pub(crate) const fn escaped_bytes(text: &'a [u8]) -> Self {
        Self { rest: text, escaped: true }
    }

    /// How many bytes of the text are left.
    pub(crate) const fn left(&self) -> usize {
        self.rest.len()
    }

    /// The bytes that are left, if none of them is of an escape.
    pub(crate) fn as_they_stand(&self) -> Option<&'a [u8]> {
        (!self.escaped || !self.rest.contains(&b'\\')).then_some(self.rest)
    }

    /// Takes a byte; 0 behind the end.
    const fn byte(&mut self) -> u8 {
        match self.rest {
            [byte, rest @ ..] => {
                self.rest = rest;
                *byte
            }
            [] => 0,
        }
    }

    /// The next char.
    pub(crate) const fn next(&mut self) -> Option<char> {
        if self.rest.is_empty() {
            return None;
        }
        let first = self.byte();
        if first == b'\\' && self.escaped {
            return Some(self.escape());
        }
        // How many bytes follow, and the first one's share of the code point.
        let (more, mut code) = match first {
            0..=0x7F => return Some(first as char),
            0x80..=0xDF => (1, first & 0x1F),
            0xE0..=0xEF => (2, first & 0x0F),
            0xF0..=0xFF => (3, first & 0x07),
        };
        let mut whole = code as u32;
        code = 0;
        while code < more {
            whole = whole << 6 | (self.byte() & 0x3F) as u32;
            code += 1;
        }
        Some(or_replacement(whole))
    }

    /// What stands behind a backslash.
    const fn escape(&mut self) -> char {
        match self.byte() {
            b'b' => '\u{8}',
            b'f' => '\u{C}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.hex();
                if first & 0xFC00 != 0xD800 {
                    return or_replacement(first);
                }
                let (b'\\', b'u') = (self.byte(), self.byte()) else { return REPLACEMENT };
                let second = self.hex();
                or_replacement(0x1_0000 + ((first & 0x3FF) << 10 | second & 0x3FF))
            }
            itself => itself as char,
        }
    }

    /// Four hexadecimal digits.
    const fn hex(&mut self) -> u32 {
        let mut value = 0;
        let mut digits = 0;
        while digits < 4 {
            value = value << 4 | hex(self.byte()) as u32;
            digits += 1;
        }
        value
    }
}

/// The value of a hexadecimal digit; 255 of anything else.
pub(crate) const fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        b'A'..=b'F' => digit - b'A' + 10,
        _ => u8::MAX,
    }
}

const fn or_replacement(code: u32) -> char {
    match char::from_u32(code) {
        Some(c) => c,
        None => REPLACEMENT,
    }
}

impl Iterator for Chars<'_> {
    type Item = char;

    #[inline]
    fn next(&mut self) -> Option<char> {
        Chars::next(self)
    }
}

/// Whether both are the same chars.
pub(crate) const fn same(mut a: Chars<'_>, mut b: Chars<'_>) -> bool {
    loop {
        match (a.next(), b.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b => {}
            _ => return false,
        }
    }
}

/// How many bytes at the front of `a` stand for chars that `b` begins with as well.
pub(crate) const fn shared(mut a: Chars<'_>, mut b: Chars<'_>) -> usize {
    let all = a.left();
    loop {
        let before = a.left();
        match (a.next(), b.next()) {
            (Some(a), Some(b)) if a == b => {}
            _ => return all - before,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Chars, same, shared};
    use std::string::String;

    #[test]
    fn plain_is_what_str_says() {
        let text = "a\\n\u{7f}é京\u{ffff}🐲\u{10ffff}";
        assert_eq!(Chars::plain(text).collect::<String>(), text);
    }

    #[test]
    fn escapes_are_decoded() {
        let text = r#"\"\\\/\b\f\n\r\tA\u00e9\u4EAC\ud83d\udc32é"#;
        assert_eq!(Chars::escaped(text).collect::<String>(), "\"\\/\u{8}\u{c}\n\r\tAé京🐲é");
    }

    #[test]
    fn broken_escapes_are_bounded() {
        for text in [r"\", r"\u", r"\u12", r"\ud800", r"\ud800\", r"\ud800x", r"\udc00", r"\uzzzz"]
        {
            assert!(Chars::escaped(text).count() <= text.len(), "{text}");
        }
    }

    #[test]
    fn comparisons() {
        let (plain, escaped) = (Chars::plain("a/b"), Chars::escaped(r"a\/b"));
        assert!(same(plain, escaped));
        assert!(!same(plain, Chars::plain("a/")) && !same(Chars::plain("a/"), plain));
        assert_eq!(
            (shared(escaped, Chars::plain("a/c")), shared(Chars::plain("x"), plain)),
            (3, 0)
        );
    }
}
