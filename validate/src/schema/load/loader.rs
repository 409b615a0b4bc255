//! The reader of a schema's text: its tools.

use crate::json::number;
use crate::json::text::Chars;
use crate::json::types::Types;
use crate::json::walk::Walker;
use crate::pattern::RegexError;
use crate::scalar::format::Format;
use crate::schema::error::{Limit, SchemaError, SchemaErrorKind};
use crate::schema::keyword::{Dialect, Draft, Id, Keyword, NONE, Num, Span, Str, Word};
use crate::schema::registry::Registry;
use crate::schema::rules::{Builder, NoRoom};
use crate::schema::texts::{self, Texts};

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

/// A text that is read: the schema's own, or that of another document.
#[derive(Clone, Copy)]
pub(super) struct Document {
    /// Where its value starts.
    pub(super) start: u32,
    pub(super) dialect: Dialect,
    /// The first of its keywords, and the end of what was read in their order.
    pub(super) first: Id,
    pub(super) end: Id,
    /// The resource that it is, if that has a name.
    pub(super) resource: Id,
    /// The scope in which it was read.
    pub(super) scope: Id,
    /// Where its `definitions` and its `$defs` stand, or 0.
    pub(super) definitions: [u32; 2],
    /// Its place in the registry from 1; 0 of the schema's own text.
    pub(super) number: u32,
    /// Schemas within it may have a `$schema` of their own.
    pub(super) is_mixed: bool,
}

impl Document {
    const NONE: Self = Self {
        start: 0,
        dialect: Dialect::of(Draft::Draft2020_12),
        first: 0,
        end: 0,
        resource: NONE,
        scope: NONE,
        definitions: [0; 2],
        number: 0,
        is_mixed: false,
    };
}

pub(super) struct Loader<'t, 'b, 'o> {
    pub(super) registry: Registry<'t>,
    pub(super) texts: Texts<'t>,
    /// Of each text.
    pub(super) documents: [Document; texts::MAX],
    /// Where reading goes on: in which text, the place of its first byte, and where in it.
    pub(super) current: usize,
    pub(super) base: u32,
    pub(super) walk: Walker<'t>,
    pub(super) dialect: Dialect,
    pub(super) out: &'b mut Builder<'o>,
    /// The root of the tree of names.
    pub(super) tree: Id,
    /// The last resource and the last dynamic anchor, which lead to the others.
    pub(super) resources: Id,
    pub(super) dynamics: Id,
    /// The scope that the reference at hand stands in.
    pub(super) scope: Id,
    /// There is a [`Kind::Target`](crate::schema::keyword::Kind::Target).
    pub(super) has_targets: bool,
    /// The innermost of them that the pointer at hand passed.
    pub(super) on_the_way: Option<Id>,
    /// Keywords that there was no room for: from the first on all are but counted, to say how many there are.
    missing: usize,
    /// Bytes passed over to find members.
    pub(super) walked: usize,
    /// Steps that references may still take.
    work: usize,
}

impl<'t, 'b, 'o> Loader<'t, 'b, 'o> {
    pub(super) const fn new(registry: Registry<'t>, out: &'b mut Builder<'o>) -> Self {
        Self {
            registry,
            texts: Texts::EMPTY,
            documents: [Document::NONE; texts::MAX],
            current: 0,
            base: 0,
            walk: Walker::new(""),
            dialect: Dialect::of(registry.draft),
            out,
            tree: NONE,
            resources: NONE,
            dynamics: NONE,
            scope: NONE,
            has_targets: false,
            on_the_way: None,
            missing: 0,
            walked: 0,
            work: MAX_WORK,
        }
    }

    pub(super) const fn draft(&self) -> Draft {
        self.dialect.draft()
    }

    // Reading a text that is JSON.

    /// Goes on at a place.
    pub(super) const fn go(&mut self, place: u32) {
        let (number, base) = self.texts.at(place);
        (self.current, self.base) = (number, base);
        self.walk = Walker::new(self.texts.all()[number]);
        self.walk.at = (place - base) as usize;
    }

    /// Where reading goes on.
    pub(super) const fn place(&self) -> u32 {
        self.base + self.walk.at as u32
    }

    pub(super) const fn span(&self, (start, end): (usize, usize)) -> Span {
        Span { start: self.base + start as u32, len: (end - start) as u32 }
    }

    pub(super) const fn byte(&self) -> u8 {
        self.walk.byte()
    }

    /// Whether an array or object goes on: then its next value or key comes, else its end is passed.
    pub(super) const fn more(&mut self) -> bool {
        self.walk.more()
    }

    /// Reads a string or key: the text between its quotes.
    pub(super) const fn string(&mut self) -> Span {
        let ends = self.walk.string();
        self.span(ends)
    }

    /// Reads a key, up to its value.
    pub(super) const fn key(&mut self) -> Span {
        let key = self.string();
        self.walk.skip_gap();
        key
    }

    /// Reads any value.
    pub(super) const fn value(&mut self) -> Span {
        let ends = self.walk.value();
        self.span(ends)
    }

    pub(super) const fn chars(&self, span: Span) -> Chars<'t> {
        Chars::escaped(self.text(span))
    }

    pub(super) const fn text(&self, span: Span) -> &'t str {
        self.texts.of(span)
    }

    // Errors.

    pub(super) const fn error<T>(
        &self,
        span: Span,
        kind: SchemaErrorKind,
    ) -> Result<T, SchemaError> {
        Err(self.fault(span, kind))
    }

    const fn fault(&self, span: Span, kind: SchemaErrorKind) -> SchemaError {
        let (number, base) = self.texts.at(span.start);
        let mut error = SchemaError::new((span.start - base) as usize, span.len as usize, kind);
        error.document = self.documents[number].number as usize;
        error
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

    const fn full<T>(&self, full: NoRoom) -> Result<T, SchemaError> {
        let here = Span { start: self.place(), len: 0 };
        Err(match full {
            NoRoom::Keywords => {
                let needed = self.out.len().0 + if self.missing > 0 { self.missing } else { 1 };
                let limit = Limit::Keywords(needed);
                SchemaError { limit, ..self.fault(here, SchemaErrorKind::TooManyKeywords) }
            }
            NoRoom::Pattern => self.fault(here, SchemaErrorKind::TooManyInstructions),
        })
    }

    /// Whether all keywords had room.
    pub(super) const fn room(&self) -> Result<(), SchemaError> {
        if self.missing > 0 { self.full(NoRoom::Keywords) } else { Ok(()) }
    }

    /// Whether keywords are only counted.
    pub(super) const fn counts(&self) -> bool {
        self.missing > 0
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

    // Writing. Where there is no room for a keyword, `NONE` is its number, and that is no error yet.

    pub(super) const fn add(&mut self, to: Id, keyword: Keyword) -> Result<(), SchemaError> {
        self.out.place = self.place();
        if self.missing > 0 || self.out.add(to, keyword).is_err() {
            self.missing += 1;
        }
        self.enough()
    }

    pub(super) const fn note(&mut self, keyword: Keyword, next: Id) -> Result<Id, SchemaError> {
        self.out.place = self.place();
        match self.out.note(keyword, next) {
            Ok(id) if self.missing == 0 => Ok(id),
            _ => self.miss(),
        }
    }

    /// A schema without keywords, which starts here.
    pub(super) const fn head(&mut self) -> Result<Id, SchemaError> {
        self.out.place = self.place();
        match self.out.schema() {
            Ok(id) if self.missing == 0 => Ok(id),
            _ => self.miss(),
        }
    }

    /// One more keyword has no room.
    const fn miss(&mut self) -> Result<Id, SchemaError> {
        self.missing += 1;
        ok!(self.enough());
        Ok(NONE)
    }

    /// No schema may have more keywords: then it is of no use to count on.
    const fn enough(&self) -> Result<(), SchemaError> {
        if self.out.len().0 + self.missing > NONE as usize {
            return self.full(NoRoom::Keywords);
        }
        Ok(())
    }

    pub(super) const fn pattern(&mut self, pattern: Span) -> Result<(Id, u16), SchemaError> {
        match self.out.pattern(self.chars(pattern)) {
            Ok(compiled) => Ok(compiled),
            Err(RegexError::TooLong { .. }) => self.full(NoRoom::Pattern),
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
        if let b'0'..=b'9' | b'-' = self.text(value).as_bytes()[0] {
            if let Some(count) = number::count(self.text(value).as_bytes()) {
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
                Ok(Num::read(self.text(value), Str::Span(value)))
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
        let value = self.span((start, self.walk.at));
        if !number::is_divisor(self.text(value).as_bytes()) {
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
