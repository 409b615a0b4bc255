//! The reader of a schema's text: its tools.

use crate::json::number;
use crate::json::text::Chars;
use crate::json::types::Types;
use crate::json::walk::Walker;
use crate::pattern::RegexError;
use crate::scalar::format::Format;
use crate::schema::error::{SchemaError, SchemaErrorKind};
use crate::schema::keyword::{Draft, Id, Keyword, Num, Span, Str, Word};
use crate::schema::rules::{Builder, NoRoom};

/// Most steps that references may take: bytes passed over, names compared.
pub(super) const MAX_WORK: usize = 1 << 26;

/// The keyword that a key names; `None` of one that is ignored.
pub(super) const fn word_of(name: &str, draft: Draft) -> Option<Word> {
    let bytes = name.as_bytes();
    let mut i = 0;
    while i < bytes.len() && bytes[i] != b'\\' {
        i += 1;
    }
    let word = if i == bytes.len() {
        Word::from_name(bytes)
    } else {
        let mut ascii = [0; 24];
        Word::from_name(to_ascii(Chars::escaped(name), &mut ascii))
    };
    match word {
        Some(word) if word.is_in(draft) => Some(word),
        _ => None,
    }
}

/// The chars, if they are ASCII and fit; nothing if not.
pub(super) const fn to_ascii<'a>(mut chars: Chars<'_>, out: &'a mut [u8]) -> &'a [u8] {
    let mut len = 0;
    loop {
        match chars.next() {
            None => return out.split_at(len).0,
            Some(c) if c.is_ascii() && len < out.len() => out[len] = c as u8,
            Some(_) => return &[],
        }
        len += 1;
    }
}

/// `$defs` or `definitions` of the whole text.
#[derive(Clone, Copy)]
pub(super) struct Definitions {
    /// Where it stands.
    pub(super) place: usize,
    /// Its last schema's keyword, which leads to the others.
    pub(super) last: Id,
}

pub(super) struct Loader<'t, 'b, 'o> {
    pub(super) text: &'t str,
    /// Where reading goes on.
    pub(super) walk: Walker<'t>,
    pub(super) draft: Draft,
    pub(super) out: &'b mut Builder<'o>,
    /// The last `Name`, which leads to the others.
    pub(super) names: Id,
    pub(super) definitions: [Definitions; 2],
    /// Schemas within the text's have a `$id` of their own.
    pub(super) has_resources: bool,
    /// Steps that references may still take.
    pub(super) work: usize,
}

impl<'t> Loader<'t, '_, '_> {
    // Reading a text that is JSON.

    pub(super) const fn byte(&self) -> u8 {
        self.walk.byte()
    }

    /// Whether an array or object goes on: then its next value or key comes, else its end is passed.
    pub(super) const fn more(&mut self) -> bool {
        self.walk.more()
    }

    /// Reads a string or key: the text between its quotes.
    pub(super) const fn string(&mut self) -> Span {
        Span::between(self.walk.string())
    }

    /// Reads a key, up to its value.
    pub(super) const fn key(&mut self) -> Span {
        let key = self.string();
        self.walk.skip_gap();
        key
    }

    /// Reads any value.
    pub(super) const fn value(&mut self) -> Span {
        Span::between(self.walk.value())
    }

    pub(super) const fn chars(&self, span: Span) -> Chars<'t> {
        Chars::escaped(span.of(self.text))
    }

    // Errors.

    pub(super) const fn error<T>(
        &self,
        span: Span,
        kind: SchemaErrorKind,
    ) -> Result<T, SchemaError> {
        Err(SchemaError::new(span.start as usize, span.len as usize, kind))
    }

    /// The next value is not what it must be.
    pub(super) const fn wrong<T>(
        &mut self,
        key: Word,
        expected: &'static str,
    ) -> Result<T, SchemaError> {
        let value = self.value();
        self.error(value, SchemaErrorKind::Form { keyword: key.name(), expected })
    }

    pub(super) const fn full(&self, full: NoRoom) -> SchemaError {
        let kind = match full {
            NoRoom::Keywords => SchemaErrorKind::TooManyKeywords,
            NoRoom::Pattern => SchemaErrorKind::TooManyInstructions,
        };
        SchemaError::new(self.walk.at, 0, kind)
    }

    /// Takes steps.
    pub(super) const fn spend(&mut self, steps: usize, at: Span) -> Result<(), SchemaError> {
        match self.work.checked_sub(steps) {
            Some(work) => {
                self.work = work;
                Ok(())
            }
            None => self.error(at, SchemaErrorKind::TooMuchWork),
        }
    }

    // Writing.

    pub(super) const fn add(&mut self, to: Id, keyword: Keyword) -> Result<(), SchemaError> {
        self.out.place = self.walk.at as u32;
        match self.out.add(to, keyword) {
            Ok(()) => Ok(()),
            Err(full) => Err(self.full(full)),
        }
    }

    pub(super) const fn note(&mut self, keyword: Keyword, next: Id) -> Result<Id, SchemaError> {
        self.out.place = self.walk.at as u32;
        match self.out.note(keyword, next) {
            Ok(id) => Ok(id),
            Err(full) => Err(self.full(full)),
        }
    }

    /// A schema without keywords, which starts here.
    pub(super) const fn head(&mut self) -> Result<Id, SchemaError> {
        self.out.place = self.walk.at as u32;
        match self.out.schema() {
            Ok(id) => Ok(id),
            Err(full) => Err(self.full(full)),
        }
    }

    pub(super) const fn pattern(&mut self, pattern: Span) -> Result<(Id, u16), SchemaError> {
        match self.out.pattern(self.chars(pattern)) {
            Ok(compiled) => Ok(compiled),
            Err(RegexError::TooLong { .. }) => Err(self.full(NoRoom::Pattern)),
            Err(error) => self.error(pattern, SchemaErrorKind::Pattern(error.message())),
        }
    }

    // Values of keywords.

    pub(super) const fn string_of(&mut self, key: Word) -> Result<Span, SchemaError> {
        match self.byte() {
            b'"' => Ok(self.string()),
            _ => self.wrong(key, "a string"),
        }
    }

    pub(super) const fn count_of(&mut self, key: Word) -> Result<u32, SchemaError> {
        let value = self.value();
        if let b'0'..=b'9' | b'-' = self.text.as_bytes()[value.start as usize] {
            if let Some(count) = number::count(value.of(self.text).as_bytes()) {
                return Ok(count);
            }
        }
        self.error(
            value,
            SchemaErrorKind::Form { keyword: key.name(), expected: "an integer from 0" },
        )
    }

    pub(super) const fn number_of(&mut self, key: Word) -> Result<Num, SchemaError> {
        match self.byte() {
            b'0'..=b'9' | b'-' => {
                let value = self.value();
                Ok(Num::read(value.of(self.text), Str::Span(value)))
            }
            _ => self.wrong(key, "a number"),
        }
    }

    /// Goes into an object.
    pub(super) const fn object_of(&mut self, key: Word) -> Result<(), SchemaError> {
        match self.byte() {
            b'{' => {
                self.walk.at += 1;
                Ok(())
            }
            _ => self.wrong(key, "an object"),
        }
    }

    /// Goes into a list.
    pub(super) const fn list_of(
        &mut self,
        key: Word,
        expected: &'static str,
    ) -> Result<(), SchemaError> {
        match self.byte() {
            b'[' => {
                self.walk.at += 1;
                Ok(())
            }
            _ => self.wrong(key, expected),
        }
    }

    /// Goes into a list that must not be empty.
    pub(super) const fn branches_of(&mut self, key: Word) -> Result<(), SchemaError> {
        const EXPECTED: &str = "a list of schemas that is not empty";
        let start = self.walk.at;
        ok!(self.list_of(key, EXPECTED));
        self.walk.skip_gap();
        if self.byte() == b']' {
            self.walk.at = start;
            return self.wrong(key, EXPECTED);
        }
        Ok(())
    }

    pub(super) const fn divisor_of(&mut self, key: Word) -> Result<Num, SchemaError> {
        let start = self.walk.at;
        let number = ok!(self.number_of(key));
        let value = Span::between((start, self.walk.at));
        if !number::is_divisor(value.of(self.text).as_bytes()) {
            self.walk.at = start;
            return self.wrong(key, "a number above 0 of at most 19 digits");
        }
        Ok(number)
    }

    /// `None` of a format that is not known.
    pub(super) const fn format_of(&mut self, key: Word) -> Result<Option<Format>, SchemaError> {
        let name = ok!(self.string_of(key));
        let mut ascii = [0; 32];
        match core::str::from_utf8(to_ascii(self.chars(name), &mut ascii)) {
            Ok(name) => Ok(Format::from_name(name)),
            Err(_) => Ok(None),
        }
    }

    pub(super) const fn boolean_of(&mut self, key: Word) -> Result<bool, SchemaError> {
        let value = match self.byte() {
            b't' => true,
            b'f' => false,
            _ => return self.wrong(key, "a boolean"),
        };
        self.value();
        Ok(value)
    }

    pub(super) const fn types(&mut self) -> Result<Types, SchemaError> {
        const EXPECTED: &str = "a type's name or a list of some";
        let start = self.walk.at;
        let mut types = Types::NONE;
        let is_list = self.byte() == b'[';
        self.walk.at += is_list as usize;
        while !is_list || self.more() {
            let one = if self.byte() == b'"' {
                let name = self.string();
                Types::from_name(self.chars(name))
            } else {
                None
            };
            match one {
                Some(one) => types = types.or(one),
                None => {
                    types = Types::NONE;
                    break;
                }
            }
            if !is_list {
                break;
            }
        }
        if types.is_none() {
            self.walk.at = start;
            return self.wrong(Word::Type, EXPECTED);
        }
        Ok(types)
    }
}

/// The draft that `$schema` names.
pub(super) const fn draft_of(uri: Chars<'_>) -> Option<Draft> {
    let mut ascii = [0; 64];
    match to_ascii(uri, &mut ascii) {
        b"http://json-schema.org/draft-07/schema#" | b"http://json-schema.org/draft-07/schema" => {
            Some(Draft::Draft7)
        }
        b"https://json-schema.org/draft/2020-12/schema"
        | b"https://json-schema.org/draft/2020-12/schema#" => Some(Draft::Draft2020_12),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::word_of;
    use crate::schema::keyword::{Draft, Word};
    use crate::schema::rules::Op;

    #[test]
    fn keys_and_their_bits() {
        let word = |name| word_of(name, Draft::Draft2020_12);
        assert_eq!(word("uniqueItems"), Some(Word::UniqueItems));
        assert_eq!(word(r"unique\u0049tems"), Some(Word::UniqueItems));
        assert_eq!(word(r"\u0000"), None);
        assert_eq!(word(&r"\n".repeat(40)), None);
        assert!((Word::UniqueItems as u32) < u64::BITS, "the last one has a bit");
    }

    #[cfg(target_pointer_width = "64")]
    #[test]
    fn sizes() {
        assert_eq!(size_of::<Op>(), 40);
    }
}
