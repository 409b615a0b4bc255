//! Schemas: a flat list of keywords, made at compile time, or from JSON text.

use super::keyword::{Id, Keyword, NONE, Span, Str, Summary, Traits};
use super::texts::Texts;
use crate::json::text::{self, Chars};
use crate::json::types::Types;
use crate::json::value::Value;
use crate::pattern::{self, Inst};

/// A keyword and the place of its schema's next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Op {
    pub(crate) keyword: Keyword,
    pub(crate) next: Id,
    /// Of the property that it is about.
    mark: Mark,
    /// Where it was read: at the start of a schema, behind any other keyword.
    pub(crate) place: u32,
}

impl Op {
    pub(crate) const EMPTY: Self =
        Self { keyword: Keyword::start(0), next: NONE, mark: Mark::ANY, place: 0 };
}

/// What two names without escapes differ in most of the time: how long they are, and how they begin. Then what is not at hand,
/// the name of a schema's property, need not be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark(u16);

impl Mark {
    /// Of the empty name, of one with escapes, and of what has no name.
    const ANY: Self = Self(0);

    const fn of(name: &[u8]) -> Self {
        match name {
            [] => Self::ANY,
            [first, ..] => Self((name.len() as u8 as u16) << 8 | *first as u16),
        }
    }

    /// Of the property that a keyword is about; `texts` are the schema's.
    const fn of_property(keyword: &Keyword, texts: &Texts<'_>) -> Self {
        let name = match keyword.property() {
            None => return Self::ANY,
            Some(Str::Plain(name)) => return Self::of(name.as_bytes()),
            Some(Str::Json(name)) => name.as_bytes(),
            Some(Str::Span(span)) => texts.of(span).as_bytes(),
        };
        let mut i = 0;
        while i < name.len() {
            if name[i] == b'\\' {
                return Self::ANY;
            }
            i += 1;
        }
        Self::of(name)
    }
}

/// The key of a member.
#[derive(Clone, Copy)]
pub(crate) struct Key<'a> {
    /// The inside of a JSON string.
    pub(crate) text: &'a [u8],
    mark: Mark,
}

impl<'a> Key<'a> {
    /// `plain` says that it has no escapes.
    pub(crate) const fn new(text: &'a [u8], plain: bool) -> Self {
        Self { text, mark: if plain { Mark::of(text) } else { Mark::ANY } }
    }
}

/// More keywords, or instructions of patterns, than there are places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoRoom {
    Keywords,
    Pattern,
}

/// A list of keywords that is being made.
#[derive(Debug)]
pub(crate) struct Builder<'a> {
    ops: &'a mut [Op],
    len: usize,
    insts: &'a mut [Inst],
    insts_len: usize,
    /// Of what is added next.
    pub(crate) place: u32,
}

impl<'a> Builder<'a> {
    pub(crate) const fn new(ops: &'a mut [Op], insts: &'a mut [Inst]) -> Self {
        Self::resume(ops, 0, insts, 0)
    }

    /// Goes on with a list that has `len` keywords and `insts_len` instructions.
    pub(crate) const fn resume(
        ops: &'a mut [Op],
        len: usize,
        insts: &'a mut [Inst],
        insts_len: usize,
    ) -> Self {
        Self { ops, len, insts, insts_len, place: 0 }
    }

    /// How many keywords and instructions there are.
    pub(crate) const fn len(&self) -> (usize, usize) {
        (self.len, self.insts_len)
    }

    pub(crate) const fn ops(&self) -> &[Op] {
        self.ops
    }

    const fn push(&mut self, keyword: Keyword) -> Result<Id, NoRoom> {
        if self.len >= self.ops.len() || self.len >= NONE as usize {
            return Err(NoRoom::Keywords);
        }
        let mark = Mark::of_property(&keyword, &Texts::EMPTY);
        self.ops[self.len] = Op { keyword, next: NONE, mark, place: self.place };
        self.len += 1;
        Ok((self.len - 1) as Id)
    }

    /// A schema without keywords yet.
    pub(crate) const fn schema(&mut self) -> Result<Id, NoRoom> {
        let id = self.len as Id;
        self.push(Keyword::start(id))
    }

    /// One more keyword of the schema `to`.
    pub(crate) const fn add(&mut self, to: Id, keyword: Keyword) -> Result<(), NoRoom> {
        let id = match self.push(keyword) {
            Ok(id) => id,
            Err(full) => return Err(full),
        };
        if let Keyword::Schema(Summary { last, traits, types }) = self.ops[to as usize].keyword {
            self.ops[last as usize].next = id;
            let types = if let Keyword::Type(asked) = keyword { asked } else { types };
            let traits = traits.or(keyword.traits());
            self.ops[to as usize].keyword = Keyword::Schema(Summary { last: id, traits, types });
        }
        Ok(())
    }

    /// A keyword in no schema's list, but in front of `next` in one of its own.
    pub(crate) const fn note(&mut self, keyword: Keyword, next: Id) -> Result<Id, NoRoom> {
        match self.push(keyword) {
            Ok(id) => {
                self.ops[id as usize].next = next;
                Ok(id)
            }
            Err(full) => Err(full),
        }
    }

    /// Copies a list, as it stands.
    pub(crate) const fn append(&mut self, ops: &[Op], insts: &[Inst]) -> Result<(), NoRoom> {
        let (len, insts_len) = (self.len, self.insts_len);
        let mut i = 0;
        while i < ops.len() {
            let Op { keyword, next, place, .. } = ops[i];
            self.place = place;
            match self.push(keyword.moved(len as Id, insts_len as Id)) {
                Ok(_) => {}
                Err(full) => return Err(full),
            }
            self.ops[len + i].next = if next == NONE { NONE } else { next + len as Id };
            i += 1;
        }
        if insts.len() > self.insts.len() - insts_len {
            return Err(NoRoom::Pattern);
        }
        i = 0;
        while i < insts.len() {
            self.insts[insts_len + i] = insts[i];
            i += 1;
        }
        self.insts_len += insts.len();
        Ok(())
    }

    /// The list is complete, whose names are parts of `texts`.
    pub(crate) const fn finish(&mut self, texts: &Texts<'_>) {
        let mut i = 0;
        while i < self.len {
            self.ops[i].mark = Mark::of_property(&self.ops[i].keyword, texts);
            i += 1;
        }
    }

    /// Takes its keywords from a schema. Their places stay taken.
    pub(crate) const fn clear(&mut self, schema: Id) {
        self.ops[schema as usize].next = NONE;
        self.ops[schema as usize].keyword = Keyword::start(schema);
    }

    /// Puts another keyword in the place of one.
    pub(crate) const fn replace(&mut self, at: Id, keyword: Keyword) {
        self.ops[at as usize].keyword = keyword;
    }

    /// Compiles a pattern: where its instructions start, and how many they are.
    pub(crate) const fn pattern(
        &mut self,
        pattern: Chars<'_>,
    ) -> Result<(Id, u16), pattern::RegexError> {
        let start = self.insts_len;
        let (_, room) = self.insts.split_at_mut(start);
        match pattern::compile(pattern, room) {
            Ok(len) => {
                self.insts_len += len;
                Ok((start as Id, len as u16))
            }
            Err(error) => Err(error),
        }
    }
}

/// A schema as a validator reads it: borrowed from a [`Schema`](crate::Schema) or a `SchemaBuf`. Made by `into`, when a
/// reference to either is given to [`Engine::validate`](crate::Engine::validate) or
/// [`StreamValidator::new`](crate::StreamValidator::new).
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    ops: &'a [Op],
    insts: &'a [Inst],
    text: &'a str,
}

impl<'a> Rules<'a> {
    pub(crate) const ROOT: Id = 0;

    pub(crate) const fn new(ops: &'a [Op], insts: &'a [Inst], text: &'a str) -> Self {
        Self { ops, insts, text }
    }

    pub(crate) const fn ops(self) -> &'a [Op] {
        self.ops
    }

    /// The keywords of a schema.
    #[inline]
    pub(crate) fn keywords(self, schema: Id) -> Keywords<'a> {
        Keywords {
            ops: self.ops,
            next: self.ops.get(usize::from(schema)).map_or(NONE, |op| op.next),
        }
    }

    /// What its keywords are about, and the types it asks for.
    #[inline]
    pub(crate) fn summary(self, schema: Id) -> (Traits, Types) {
        match self.ops.get(usize::from(schema)) {
            Some(Op { keyword: Keyword::Schema(Summary { traits, types, .. }), .. }) => {
                (*traits, *types)
            }
            _ => (Traits::NONE, Types::NONE),
        }
    }

    #[inline]
    pub(crate) fn keyword(self, at: Id) -> Keyword {
        self.ops.get(usize::from(at)).map_or(Keyword::start(at), |op| op.keyword)
    }

    /// The place of a keyword of a schema: of several alike, of the first that is about the same property.
    pub(crate) fn place(self, schema: Id, keyword: &Keyword) -> Id {
        let same = |other: &Keyword| {
            core::mem::discriminant(other) == core::mem::discriminant(keyword)
                && match (other.property(), keyword.property()) {
                    (Some(a), Some(b)) => text::same(self.chars(a), self.chars(b)),
                    _ => true,
                }
        };
        self.keywords(schema).find(|(_, other)| same(other)).map_or(NONE, |(at, _)| at)
    }

    /// The keyword at a place, and those of the same schema behind it.
    pub(crate) fn keywords_from(self, at: Id) -> Keywords<'a> {
        Keywords { ops: self.ops, next: at }
    }

    /// The instructions of a pattern.
    #[inline]
    pub(crate) fn pattern(self, start: Id, len: u16) -> &'a [Inst] {
        let start = usize::from(start);
        self.insts.get(start..start + usize::from(len)).unwrap_or(&[])
    }

    /// The chars of a name, or of a string that is a value.
    pub(crate) fn chars(self, text: Str) -> Chars<'a> {
        match text {
            Str::Plain(text) => Chars::plain(text),
            Str::Json(text) => Chars::escaped(text),
            Str::Span(span) => Chars::escaped(span.in_text(self.text)),
        }
    }

    /// A JSON value.
    pub(crate) fn value(self, text: Str) -> Value<'a> {
        match text {
            Str::Plain(text) => Value::string(Chars::plain(text)),
            Str::Json(text) => Value::new(text),
            Str::Span(span) => Value::new(span.in_text(self.text)),
        }
    }

    /// Whether `key` is `name`, whose mark may be that of `key`.
    #[inline(always)]
    pub(crate) fn is_key(self, name: Str, key: Key<'_>, mark: Mark) -> bool {
        if mark != Mark::ANY && key.mark != Mark::ANY {
            // As long as each other, or 256 bytes longer. Most are so short that a call would take longer.
            let name = self.bytes(name);
            return name.len() == key.text.len() && name.iter().zip(key.text).all(|(a, b)| a == b);
        }
        text::same(self.chars(name), Chars::escaped_bytes(key.text))
    }

    /// Whether a JSON string without escapes is a value; `None` where that is not plain to see.
    #[inline]
    pub(crate) fn is_plain_string(self, value: Str, json: &str) -> Option<bool> {
        let json = json.as_bytes();
        if let Str::Plain(text) = value {
            return Some(json.get(1..json.len().saturating_sub(1)) == Some(text.as_bytes()));
        }
        let value = self.bytes(value);
        if value.len() <= json.len() {
            return Some(value == json);
        }
        // Escapes make it longer than what it stands for.
        let other_start =
            matches!((value, json), ([_, a, ..], [_, b, ..]) if a != b && *a != b'\\');
        (other_start || !value.contains(&b'\\')).then_some(false)
    }

    /// A text as it stands.
    #[inline(always)]
    fn bytes(self, text: Str) -> &'a [u8] {
        match text {
            Str::Plain(text) | Str::Json(text) => text.as_bytes(),
            Str::Span(Span { start, len }) => {
                let start = start as usize;
                self.text.as_bytes().get(start..start + len as usize).unwrap_or(&[])
            }
        }
    }

    /// Whether nothing fits.
    pub(crate) fn is_false(self, schema: Id) -> bool {
        self.summary(schema).0.has(Traits::FALSE)
    }

    /// Where the definition `name` starts.
    pub(crate) fn definition(self, name: Str) -> Option<Id> {
        self.ops.iter().find_map(|op| match op.keyword {
            Keyword::Definition(known, id) if text::same(self.chars(known), self.chars(name)) => {
                Some(id)
            }
            _ => None,
        })
    }
}

/// The keywords of a schema, with their places.
#[derive(Debug, Clone)]
pub(crate) struct Keywords<'a> {
    ops: &'a [Op],
    next: Id,
}

impl<'a> Keywords<'a> {
    /// The next, with the mark of the property that it is about unless that cannot be `key`; what is about no property has one
    /// too.
    #[inline(always)]
    pub(crate) fn next_about(&mut self, key: Key<'_>) -> Option<(Id, &'a Keyword, Option<Mark>)> {
        let at = self.next;
        let op = self.ops.get(usize::from(at))?;
        self.next = op.next;
        let about = op.mark == key.mark || op.mark == Mark::ANY || key.mark == Mark::ANY;
        Some((at, &op.keyword, about.then_some(op.mark)))
    }
}

impl<'a> Iterator for Keywords<'a> {
    // No copy: it is slow to read a tag from where a whole keyword was just written.
    type Item = (Id, &'a Keyword);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let at = self.next;
        let op = self.ops.get(usize::from(at))?;
        self.next = op.next;
        Some((at, &op.keyword))
    }
}
