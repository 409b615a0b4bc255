//! The fast path for a text that is there as a whole: it tells of most texts that fit that they do, and of no other.
//!
//! What is not plain to see here is left to the [`engine`](super::engine), which starts again from the front: a text that does
//! not fit, and so all that is reported; an object that more than two schemas apply to, and a member that more than one does; most of
//! what concerns a container as a whole; coercion; checks. So there is a single place where the meaning of all keywords is
//! written, and here is no state of schemas that may still fit or fail, and nothing to take back.

use super::end::number_fits;
use super::input::Input;
use crate::json::scan::{self, plain_len};
use crate::json::text::Chars;
use crate::json::types::Types;
use crate::json::value::Value;
use crate::pattern;
use crate::schema::keyword::{Id, Keyword, NONE, Str, Traits};
use crate::schema::rules::{Key, Rules};
use heapless::{Vec, VecView};

/// Most schemas looked at for one scalar, and for where those of an object or array lead to.
const LOOKS: usize = 4096;

/// How deep schemas of a scalar may lead to others: what refers to itself ends here.
const DEEP: usize = 16;

/// Instructions of patterns that the chars of a text may look at beyond a few each.
const STEPS: usize = 1 << 22;

/// Most items that must differ of an array; with more it is left to the engine.
const ITEMS: usize = 128;

/// Words of bits for the keywords of an object's schema.
const SEEN: usize = 4;

/// Words of state for a pattern, of which one may have about 1,000 instructions.
const WORDS: usize = 32;

/// Whether the text is JSON and fits, for certain, and the engine needs no room for more than `entries` schemas to say so. `false`
/// says nothing.
///
/// Recurses for `anyOf` and the like of scalars only, [`DEEP`] deep at most.
pub(crate) fn fits<const DEPTH: usize>(input: Input<'_>, entries: usize) -> bool {
    let mut levels = Vec::<_, DEPTH>::new();
    FastPath {
        input,
        bytes: input.text.as_bytes(),
        at: 0,
        room: entries,
        items: entries,
        looks: 0,
        deep: 0,
        steps: STEPS,
    }
    .text(&mut levels)
    .is_some()
}

/// An object or array that is open.
struct Level {
    schema: Id,
    /// Of an object, another schema that it must fit too.
    other: Id,
    object: bool,
    /// Some of its items have a schema by their place.
    prefixed: bool,
    /// Its items must differ.
    unique: bool,
    /// Where it starts.
    start: u32,
    /// The schema of its other items.
    items: Id,
    /// How many schemas apply to it.
    entries: u16,
    /// Parts so far, with the one at hand.
    parts: u32,
    /// Which of the schema's first keywords are `required` names that were seen.
    seen: [u32; SEEN],
}

const _: () = assert!(size_of::<Level>() <= 36, "as the docs of `Engine` say");

impl Level {
    /// The keyword `i` of its schema, counted from 1, is a required name that was seen.
    fn see(&mut self, i: usize) -> Option<()> {
        *self.seen.get_mut(i / 32)? |= 1 << (i % 32);
        Some(())
    }

    fn has_seen(&self, i: usize) -> Option<bool> {
        Some(self.seen.get(i / 32)? >> (i % 32) & 1 == 1)
    }
}

/// What kind of scalar it is.
#[derive(Clone, Copy)]
struct Kind {
    types: Types,
    /// It is a string that has escapes.
    escaped: bool,
}

/// A look along a text. Each method gives `None` where it cannot tell, and then all ends.
struct FastPath<'a> {
    input: Input<'a>,
    bytes: &'a [u8],
    at: usize,
    /// How many more schemas may apply at once, to the value at hand and those in it.
    room: usize,
    /// How many more items may be held that must differ.
    items: usize,
    /// How many more of them are looked at for the value at hand.
    looks: usize,
    /// How deep they led to others.
    deep: usize,
    /// The rest of [`STEPS`].
    steps: usize,
}

impl<'a> FastPath<'a> {
    fn text(&mut self, levels: &mut VecView<Level>) -> Option<()> {
        let deepest = self.input.options.depth().min(scan::MAX_DEPTH);
        let mut schema = Rules::ROOT;
        loop {
            self.looks = self.room.min(LOOKS);
            let mut fresh = false;
            match self.peek()? {
                opening @ (b'{' | b'[') => {
                    if levels.len() >= deepest {
                        return None;
                    }
                    levels.push(self.open(schema, opening == b'{')?).ok()?;
                    self.at += 1;
                    fresh = true;
                }
                first => self.scalar(first, schema)?,
            }
            // Whatever it is a part of, or is itself if it has just begun, goes on or ends.
            schema = loop {
                let Some(level) = levels.last_mut() else {
                    return self.peek().is_none().then_some(());
                };
                let byte = self.peek()?;
                if byte == if level.object { b'}' } else { b']' } {
                    self.at += 1;
                    self.close(level)?;
                    self.room += usize::from(level.entries);
                    self.items += if level.unique { level.parts as usize } else { 0 };
                    levels.pop();
                    fresh = false;
                    continue;
                }
                if !fresh {
                    if byte != b',' {
                        return None;
                    }
                    self.at += 1;
                }
                break self.part(level)?;
            };
        }
    }

    /// The next byte that is no space.
    #[inline(always)]
    fn peek(&mut self) -> Option<u8> {
        loop {
            match *self.bytes.get(self.at)? {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    // Objects and arrays

    /// The start of an object or array.
    fn open(&mut self, mut schema: Id, object: bool) -> Option<Level> {
        let types = if object { Types::OBJECT } else { Types::ARRAY };
        let whole = Traits::FALSE.or(Traits::ANY).or(Traits::CONTAINS);
        let looks = self.looks;
        let (mut other, mut unique) = (NONE, false);
        let traits = loop {
            self.looks = self.looks.checked_sub(1)?;
            let (traits, asked) = self.input.rules.summary(schema);
            let whole = whole.or(Traits::PROPERTY_NAMES).or(Traits::UNEVALUATED);
            if is_other(asked, types) || traits.has(whole) {
                return None;
            }
            unique |= !object && traits.has(Traits::UNIQUE);
            if !traits.has(Traits::IN_PLACE) {
                break traits;
            }
            // One with keywords of its own beside the one that it leads to.
            if traits.are_about(types)
                && (!object || core::mem::replace(&mut other, schema) != NONE)
            {
                return None;
            }
            schema = self.only_one(schema, types)?;
        };
        let (mut prefixed, mut items) = (false, NONE);
        if !object && traits.has(Traits::ARRAY) {
            for (_, keyword) in self.input.rules.keywords(schema) {
                match *keyword {
                    Keyword::Items(child) => items = child,
                    Keyword::PrefixItem(..) => prefixed = true,
                    _ => {}
                }
            }
        }
        let entries = looks - self.looks;
        self.room -= entries;
        Some(Level {
            schema,
            other,
            object,
            prefixed,
            unique,
            start: self.at as u32,
            items,
            entries: entries as u16,
            parts: 0,
            seen: [0; SEEN],
        })
    }

    /// The schema that alone decides about an object or array held against `schema`, beside that one's own keywords: a `$ref`'s,
    /// or of an `anyOf` the only one for values of this type, or for the first members of the object at hand.
    fn only_one(&mut self, schema: Id, types: Types) -> Option<Id> {
        let rules = self.input.rules;
        let (mut group, mut only, mut several) = (None, None, false);
        for (_, keyword) in rules.keywords(schema) {
            let (child, must) = match *keyword {
                Keyword::AllOf(child) | Keyword::Ref(child) => (child, true),
                Keyword::RefTo(name) => (rules.definition(name)?, true),
                Keyword::AnyOf(child) | Keyword::OneOf(child) => (child, false),
                _ if keyword.traits().has(Traits::IN_PLACE) => return None,
                _ => continue,
            };
            // Two groups would both have to be met.
            let this = core::mem::discriminant(keyword);
            if *group.get_or_insert(this) != this {
                return None;
            }
            let (traits, asked) = rules.summary(child);
            if !must && is_other(asked, types) && !traits.has(Traits::IN_PLACE) {
                self.looks = self.looks.checked_sub(1)?;
            } else if only.replace(child).is_some() {
                if must || types != Types::OBJECT {
                    return None;
                }
                several = true;
            }
        }
        if several { self.only_by_members(schema) } else { only }
    }

    /// Of the branches of the only group of `schema`, the one that the first members of the object at hand allow, if they are
    /// scalars: a member whose value is not listed where a branch lists some fails that branch for certain.
    fn only_by_members(&mut self, schema: Id) -> Option<Id> {
        if self.input.options.coerces() {
            return None;
        }
        let rules = self.input.rules;
        let (start, looks) = (self.at, self.looks);
        self.at += 1;
        let only = loop {
            // For each member the same schemas are looked at.
            self.looks = looks;
            if self.peek()? != b'"' {
                break None;
            }
            let from = self.at + 1;
            let escaped = self.string()?;
            let key = self.bytes.get(from..self.at - 1)?;
            if escaped || self.peek()? != b':' {
                break None;
            }
            self.at += 1;
            let first = self.peek()?;
            if matches!(first, b'{' | b'[') {
                break None;
            }
            let from = self.at;
            let kind = self.pass_scalar(first)?;
            let json = self.input.text.get(from..self.at)?;
            let key = Key::new(key, true);
            let (mut left, mut only) = (0, None);
            for (_, keyword) in rules.keywords(schema) {
                if let Keyword::AnyOf(branch) | Keyword::OneOf(branch) = *keyword {
                    if self.may_have(branch, key, kind, json)? {
                        (left, only) = (left + 1, Some(branch));
                    }
                }
            }
            match left {
                1 => break only,
                // A member that no branch tells apart: the next one may.
                2.. if self.peek()? == b',' => {
                    self.at += 1;
                    self.peek()?;
                }
                _ => break None,
            }
        };
        self.at = start;
        only
    }

    /// Whether an object with this member may fit a branch: `false` is certain.
    fn may_have(
        &mut self,
        mut branch: Id,
        key: Key<'_>,
        kind: Kind,
        json: &'a str,
    ) -> Option<bool> {
        let rules = self.input.rules;
        for _ in 0..DEEP {
            self.looks = self.looks.checked_sub(1)?;
            let (traits, asked) = rules.summary(branch);
            if is_other(asked, Types::OBJECT) || traits.has(Traits::FALSE) {
                return Some(false);
            }
            let mut leads_to = None;
            let mut keywords = rules.keywords(branch);
            while let Some((_, keyword, mark)) = keywords.next_about(key) {
                match (*keyword, mark) {
                    (Keyword::Property(name, child), Some(mark))
                        if rules.is_key(name, key, mark) =>
                    {
                        let (traits, _) = rules.summary(child);
                        if traits.has(Traits::LISTED) && !traits.has(Traits::IN_PLACE) {
                            return self.fits(child, kind, json);
                        }
                    }
                    (Keyword::Ref(child) | Keyword::AllOf(child), _) => leads_to = Some(child),
                    _ => {}
                }
            }
            match leads_to {
                Some(child) => branch = child,
                None => break,
            }
        }
        Some(true)
    }

    /// What leads to the next part: of a member its key. The part's schema.
    fn part(&mut self, level: &mut Level) -> Option<Id> {
        let index = level.parts;
        level.parts += 1;
        if !level.object {
            self.items = self.items.checked_sub(usize::from(level.unique))?;
            return Some(if level.prefixed { self.item(level, index) } else { level.items });
        }
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.at + 1;
        let escaped = self.string()?;
        let key = self.bytes.get(start..self.at - 1)?;
        if escaped || self.peek()? != b':' {
            return None;
        }
        self.at += 1;
        self.member(level, Key::new(key, true))
    }

    fn member(&mut self, level: &mut Level, key: Key<'_>) -> Option<Id> {
        let rules = self.input.rules;
        let mut all = NONE;
        let mut passed = 0;
        for schema in [level.schema, level.other] {
            let (mut only, mut rest) = (None, NONE);
            let mut keywords = rules.keywords(schema);
            while let Some((_, keyword, mark)) = keywords.next_about(key) {
                passed += 1;
                let Some(mark) = mark else { continue };
                let child = match *keyword {
                    Keyword::Property(name, child) if rules.is_key(name, key, mark) => child,
                    Keyword::PatternProperty(start, len, child, _)
                        if self.is_match(start, len, Chars::escaped_bytes(key.text))? =>
                    {
                        child
                    }
                    Keyword::Required(name) => {
                        if rules.is_key(name, key, mark) {
                            level.see(passed)?;
                        }
                        continue;
                    }
                    Keyword::AdditionalProperties(child) => {
                        rest = child;
                        continue;
                    }
                    _ => continue,
                };
                if only.replace(child).is_some() {
                    return None;
                }
            }
            let child = only.unwrap_or(rest);
            if child != NONE && core::mem::replace(&mut all, child) != NONE {
                return None;
            }
        }
        Some(all)
    }

    /// The schema of the item at `index`: that of its place, of which there is one at most, or that of all behind those.
    fn item(&self, level: &Level, index: u32) -> Id {
        let mut keywords = self.input.rules.keywords(level.schema);
        let own = keywords.find_map(|(_, keyword)| match *keyword {
            Keyword::PrefixItem(place, child) if place == index => Some(child),
            _ => None,
        });
        own.unwrap_or(level.items)
    }

    /// The end of an object or array.
    fn close(&self, level: &Level) -> Option<()> {
        if level.unique && !self.has_unique_items(level)? {
            return None;
        }
        let rules = self.input.rules;
        let keywords = rules.keywords(level.schema).chain(rules.keywords(level.other));
        for (i, (_, keyword)) in keywords.enumerate() {
            let fits = match (*keyword, level.object) {
                (Keyword::MinItems(least), false) | (Keyword::MinProperties(least), true) => {
                    level.parts >= least
                }
                (Keyword::MaxItems(most), false) | (Keyword::MaxProperties(most), true) => {
                    level.parts <= most
                }
                (Keyword::Required(_), true) => level.has_seen(i + 1)?,
                _ => true,
            };
            if !fits {
                return None;
            }
        }
        Some(())
    }

    /// Whether the items of an array, whose end was passed, differ for certain.
    fn has_unique_items(&self, level: &Level) -> Option<bool> {
        let mut hashes = Vec::<_, ITEMS>::new();
        if level.parts as usize > ITEMS {
            return None;
        }
        let array = Value::new(self.input.text.get(level.start as usize..self.at)?);
        for item in array.parts() {
            let hash = item.hash();
            if hashes.contains(&hash) {
                return None;
            }
            hashes.push(hash).ok()?;
        }
        Some(true)
    }

    // Scalars

    fn scalar(&mut self, first: u8, schema: Id) -> Option<()> {
        let start = self.at;
        let kind = self.pass_scalar(first)?;
        let json = self.input.text.get(start..self.at)?;
        self.fits(schema, kind, json)?.then_some(())
    }

    /// Passes a scalar.
    fn pass_scalar(&mut self, first: u8) -> Option<Kind> {
        let mut escaped = false;
        let types = match first {
            b'"' => {
                escaped = self.string()?;
                Types::STRING
            }
            b't' => self.literal(b"true", Types::BOOLEAN)?,
            b'f' => self.literal(b"false", Types::BOOLEAN)?,
            b'n' => self.literal(b"null", Types::NULL)?,
            _ => self.number()?,
        };
        Some(Kind { types, escaped })
    }

    /// Passes a string. Whether it has escapes.
    #[inline]
    fn string(&mut self) -> Option<bool> {
        let rest = self.bytes.get(self.at + 1..)?;
        let plain = plain_len(rest);
        self.at += 1 + plain;
        match rest.get(plain)? {
            b'"' => {
                self.at += 1;
                Some(false)
            }
            b'\\' => self.escaped_string(),
            _ => None,
        }
    }

    /// The same from its first backslash on.
    #[inline(never)]
    fn escaped_string(&mut self) -> Option<bool> {
        loop {
            self.at += scan::escape_len(self.bytes.get(self.at..)?)?;
            self.at += plain_len(self.bytes.get(self.at..)?);
            match self.bytes.get(self.at)? {
                b'"' => {
                    self.at += 1;
                    return Some(true);
                }
                b'\\' => {}
                _ => return None,
            }
        }
    }

    fn literal(&mut self, json: &[u8], types: Types) -> Option<Types> {
        self.bytes.get(self.at..)?.starts_with(json).then_some(())?;
        self.at += json.len();
        Some(types)
    }

    fn number(&mut self) -> Option<Types> {
        self.pass(|byte| byte == b'-');
        if !self.pass(|byte| byte == b'0') {
            self.digits()?;
        }
        if self.pass(|byte| byte == b'.') {
            self.digits()?;
        }
        if self.pass(|byte| matches!(byte, b'e' | b'E')) {
            self.pass(|byte| matches!(byte, b'+' | b'-'));
            self.digits()?;
        }
        Some(Types::NUMBER)
    }

    /// Passes the next byte if it is one of these.
    #[inline(always)]
    fn pass(&mut self, is_one: impl Fn(u8) -> bool) -> bool {
        let passes = self.bytes.get(self.at).is_some_and(|byte| is_one(*byte));
        self.at += usize::from(passes);
        passes
    }

    /// One digit or more.
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.bytes.get(self.at) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    /// Whether a scalar, whose text is `json`, fits a schema.
    fn fits(&mut self, schema: Id, kind: Kind, json: &'a str) -> Option<bool> {
        self.looks = self.looks.checked_sub(1)?;
        let (traits, asked) = self.input.rules.summary(schema);
        let types = kind.types;
        // Of a number, the keyword tells.
        let integer = types == Types::NUMBER && asked.contains(Types::INTEGER);
        if is_other(asked, types) && !integer {
            // What it leads to would be looked at all the same.
            let known = !self.input.options.coerces() && !traits.has(Traits::IN_PLACE);
            return known.then_some(false);
        }
        if traits.has(Traits::IN_PLACE.or(Traits::FALSE).or(Traits::ANY)) {
            if self.deep == DEEP {
                return None;
            }
            self.deep += 1;
            let fits = self.fits_others(schema, kind, json);
            self.deep -= 1;
            return fits;
        }
        if !integer && !traits.are_about(types) {
            return Some(true);
        }
        let mut all = true;
        for (_, keyword) in self.input.rules.keywords(schema) {
            all &= self.fits_one(keyword, kind, json)?;
        }
        Some(all)
    }

    /// The same for a schema that asks for listed values, or for other schemas.
    fn fits_others(&mut self, schema: Id, kind: Kind, json: &'a str) -> Option<bool> {
        let rules = self.input.rules;
        let mut all = true;
        // Of `enum`, `anyOf` and `oneOf`: how many of how many fit.
        let (mut listed, mut any, mut one) = ((0, 0), (0, 0), (0, 0));
        for (_, keyword) in rules.keywords(schema) {
            all &= match *keyword {
                Keyword::False => false,
                Keyword::Enum(member) => count(&mut listed, self.is_same(member, kind, json)?),
                Keyword::Const(constant) => self.is_same(constant, kind, json)?,
                Keyword::AllOf(child) | Keyword::Ref(child) => self.fits(child, kind, json)?,
                Keyword::RefTo(name) => self.fits(rules.definition(name)?, kind, json)?,
                // One is enough. The others take room all the same, and no more than that if they lead to none.
                Keyword::AnyOf(child)
                    if any.0 > 0
                        && !self.input.options.coerces()
                        && !rules.summary(child).0.has(Traits::IN_PLACE) =>
                {
                    self.looks = self.looks.checked_sub(1)?;
                    true
                }
                Keyword::AnyOf(child) => count(&mut any, self.fits(child, kind, json)?),
                Keyword::OneOf(child) => count(&mut one, self.fits(child, kind, json)?),
                Keyword::Not(child) => !self.fits(child, kind, json)?,
                Keyword::If(_)
                | Keyword::Then(_)
                | Keyword::Else(_)
                | Keyword::Check(_)
                | Keyword::NamedCheck(_) => return None,
                _ => self.fits_one(keyword, kind, json)?,
            };
        }
        let some = |(fit, of): (u32, u32)| of == 0 || fit > 0;
        Some(all && some(listed) && some(any) && (one.1 == 0 || one.0 == 1))
    }

    /// Whether a scalar is a value of the schema.
    fn is_same(&self, member: Str, kind: Kind, json: &str) -> Option<bool> {
        let rules = self.input.rules;
        if kind.types == Types::STRING && !kind.escaped {
            if let Some(same) = rules.is_plain_string(member, json) {
                return Some(same);
            }
        }
        let value = Value::new(json);
        value.is_same(rules.value(member), &mut 0).ok()
    }

    /// Whether a scalar fits a keyword about numbers or strings.
    #[inline]
    fn fits_one(&mut self, keyword: &Keyword, kind: Kind, json: &'a str) -> Option<bool> {
        if kind.types == Types::NUMBER {
            return number_fits(keyword, json, self.input).ok();
        }
        if kind.types != Types::STRING {
            return Some(true);
        }
        let inside = json.as_bytes().get(1..json.len() - 1)?;
        let chars = || Chars::escaped_bytes(inside);
        let options = self.input.options;
        Some(match *keyword {
            Keyword::MinLength(least) => has_at_least(least, inside, kind.escaped),
            Keyword::MaxLength(most) => {
                most.checked_add(1).is_none_or(|more| !has_at_least(more, inside, kind.escaped))
            }
            Keyword::Pattern(start, len, _) => self.is_match(start, len, chars())?,
            Keyword::Format(_) if options.coerces() => return None,
            Keyword::Format(format) => !options.checks_format(format) || format.matches(chars()),
            _ => true,
        })
    }

    fn is_match(&mut self, start: Id, len: u16, chars: Chars<'_>) -> Option<bool> {
        let insts = self.input.rules.pattern(start, len);
        let mut state = [0; WORDS];
        let state = state.get_mut(..pattern::words(insts.len()))?;
        pattern::is_match(insts, chars, state, &mut self.steps)
    }
}

/// Whether a schema that asks for `asked` fits no value of the type `types`, but for numbers that are integers.
fn is_other(asked: Types, types: Types) -> bool {
    asked != Types::NONE && !asked.contains(types)
}

/// One more of a group, which does not fail by one alone.
fn count((fit, of): &mut (u32, u32), fits: bool) -> bool {
    *fit += u32::from(fits);
    *of += 1;
    true
}

/// Whether a string has at least so many chars; most of the time without counting them.
fn has_at_least(least: u32, inside: &[u8], escaped: bool) -> bool {
    let (least, bytes) = (least as usize, inside.len());
    // A char has a byte at least, and 4 at most without escapes.
    if bytes < least || least == 0 {
        return least == 0;
    }
    least == 1 || (!escaped && bytes / 4 >= least) || Chars::escaped_bytes(inside).count() >= least
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::fits;
    use crate::options::Options;
    use crate::run::input::Input;
    use crate::schema::owned::SchemaBuf;
    use std::format;
    use std::string::String;

    /// With room for 8 values within each other and 16 schemas at once.
    fn is_plain(schema: &str, text: &str, options: Options) -> bool {
        let schema = SchemaBuf::from_json(schema).unwrap();
        fits::<8>(Input { rules: (&schema).into(), options: &options, text }, 16)
    }

    /// What this schema is for goes the fast way; nothing wrong does.
    #[track_caller]
    fn plain(schema: &str, fit: &[&str], unfit: &[&str]) {
        for text in fit {
            assert!(is_plain(schema, text, Options::new()), "{schema} {text}");
        }
        for text in unfit {
            assert!(!is_plain(schema, text, Options::new()), "{schema} {text}");
        }
    }

    #[test]
    fn json() {
        let fit = [
            " {} ",
            "[]",
            "[ 1 , -0.5e+10,0,\ttrue\n,false, null,\"\"]",
            r#"{"a":{"b":[{}]},"a":"\"\\\/\b\ud83d\udc32é"}"#,
        ];
        let unfit = [
            "",
            " ",
            "[",
            "[1",
            "[1,",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\" 1}",
            "{,}",
            "{\"a\":1,}",
            "{a:1}",
            "]",
            "}",
            "[}",
            "{]",
            "1 2",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "+1",
            "tru",
            "nul",
            "truee",
            "\"",
            "\"\\\"",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\n\"",
            "\u{feff}1",
        ];
        plain("true", &fit, &unfit);
        plain("false", &[], &fit);
    }

    #[test]
    fn keywords() {
        plain(
            r#"{"type": "object", "required": ["a"], "properties": {"a": {"type": "integer",
            "minimum": 1, "maximum": 9}, "c": false}, "patternProperties": {"^x": {"type": "null"}},
            "additionalProperties": {"type": "boolean"}, "maxProperties": 3}"#,
            &[r#"{"a": 1}"#, r#"{"xy": null, "a": 1.0, "b": true}"#],
            &[
                "{}",
                "[]",
                r#"{"a": 0}"#,
                r#"{"a": 1.5}"#,
                r#"{"a": 10}"#,
                r#"{"a": 1, "b": 1}"#,
                r#"{"a": 1, "c": 1}"#,
                r#"{"a": 1, "xy": true}"#,
                r#"{"a": 1, "d": true, "e": true, "f": true}"#,
            ],
        );
        plain(
            r#"{"type": "array", "prefixItems": [{"const": 1}], "items": {"enum": ["ab", "c", 2]},
            "minItems": 1, "maxItems": 3}"#,
            &["[1]", r#"[1.0, "ab", "\u0063"]"#, "[1, 2e0]"],
            &["[]", "[2]", r#"[1, "a"]"#, r#"[1, "ab", "c", 2]"#],
        );
        plain(
            r#"{"type": "string", "minLength": 2, "maxLength": 4, "pattern": "^é"}"#,
            &["\"éé\"", "\"\\u00e9\u{10ffff}ab\""],
            &["\"é\"", "\"éabcd\"", "\"ab\"", "\"\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\"", "1"],
        );
    }

    #[test]
    fn schemas_of_schemas() {
        // Of a scalar, all; of an object or array, where one alone decides.
        plain(
            r##"{"$defs": {"node": {"type": "object", "properties": {"next": {"anyOf": [
            {"type": "null"}, {"$ref": "#/$defs/node"}]}}, "required": ["next"]}},
            "$ref": "#/$defs/node"}"##,
            &[r#"{"next": null}"#, r#"{"next": {"next": {"next": null}}}"#],
            &["{}", r#"{"next": 1}"#, r#"{"next": {}}"#, "null"],
        );
        plain(
            r#"{"not": {"const": 1}, "oneOf": [{"minimum": 5}, {"multipleOf": 2}]}"#,
            &["7", "4", "5.5"],
            &["1", "6", "3"],
        );
        // Both groups would have to be met, and one cannot be.
        plain(
            r#"{"anyOf": [{"type": "null"}], "oneOf": [{"type": "array"}]}"#,
            &[],
            &["[]", "null"],
        );
    }

    #[test]
    fn two_schemas_of_an_object() {
        let both = r##"{"$defs": {"base": {"properties": {"a": {"type": "integer"}, "c": false}, "required": ["a"]}},
            "properties": {"b": {"type": "string"}, "d": {"type": "null"}}, "required": ["b"], "maxProperties": 3,
            "allOf": [{"$ref": "#/$defs/base"}]}"##;
        plain(
            both,
            &[r#"{"a": 1, "b": ""}"#, r#"{"b": "", "x": [], "a": 1}"#],
            &[
                "{}",
                r#"{"a": 1}"#,
                r#"{"b": ""}"#,
                r#"{"a": "", "b": ""}"#,
                r#"{"a": 1, "b": 1}"#,
                r#"{"a": 1, "b": "", "c": 1}"#,
                r#"{"a": 1, "b": "", "d": 1}"#,
                r#"{"a": 1, "b": "", "x": 1, "y": 1}"#,
            ],
        );
        // Both speak of the same member, or of the others.
        plain(
            r#"{"properties": {"a": {}}, "allOf": [{"additionalProperties": {"type": "null"}}]}"#,
            &[r#"{"b": null}"#],
            &[r#"{"a": null}"#, r#"{"b": 1}"#],
        );
        plain(
            r#"{"dependentRequired": {"a": ["b"]}, "allOf": [{}]}"#,
            &[],
            &[r#"{"a": 1}"#, r#"{"a": 1, "b": 2}"#],
        );
    }

    #[test]
    fn branches_are_told_apart_by_the_first_members() {
        for group in ["oneOf", "anyOf"] {
            let shapes = format!(
                r##"{{"$defs": {{"box": {{"properties": {{"kind": {{"enum": ["box", "cube"]}},
                "size": {{"type": "integer"}}}}}}}}, "{group}": [{{"type": "null"}}, {{"$ref": "#/$defs/box"}},
                {{"properties": {{"kind": {{"const": "dot"}}}}, "required": ["x"]}}, {{"type": "array"}}]}}"##
            );
            plain(
                &shapes,
                &[
                    r#"{"kind": "cube", "size": 1}"#,
                    r#"{"id": 1, "kind": "dot", "x": [], "size": ""}"#,
                ],
                &[
                    r#"{"kind": "line"}"#,
                    r#"{"kind": "box", "size": ""}"#,
                    r#"{"kind": "dot"}"#,
                    r#"{"id": 1}"#,
                    r#"{"x": [], "kind": "dot"}"#,
                    "{}",
                    r#"{"kind": "dot", "kind": "box"}"#,
                ],
            );
        }
    }

    #[test]
    fn items_that_differ() {
        let unique = r#"{"uniqueItems": true}"#;
        plain(
            unique,
            &["[]", "{}", r#"[1, "1", [1], {"1": 1}, null]"#],
            &["[1, 1.0]", r#"["a", "\u0061"]"#],
        );
        let many = |n: usize| format!("{:?}", (0..n).collect::<std::vec::Vec<_>>());
        plain(unique, &[&many(16)], &[&many(17)]);
        let schema = SchemaBuf::from_json(unique).unwrap();
        for (items, expected) in [(128, true), (129, false)] {
            let text = many(items);
            let input = Input { rules: (&schema).into(), options: &Options::new(), text: &text };
            assert_eq!(fits::<8>(input, 256), expected, "{items}");
        }
    }

    #[test]
    fn room_is_what_the_engine_would_need() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(is_plain("true", &nested(8), Options::new()));
        assert!(!is_plain("true", &nested(9), Options::new()));
        assert!(!is_plain("true", &nested(3), Options::new().max_depth(2)));
        // An array and a scalar take two, and each branch one.
        let branches =
            |count| format!(r#"{{"items": {{"allOf": [{}]}}}}"#, ["{}"].repeat(count).join(","));
        assert!(is_plain(&branches(14), "[1]", Options::new()));
        assert!(!is_plain(&branches(15), "[1]", Options::new()));
        let circle = r##"{"anyOf": [{"$ref": "#"}, true]}"##;
        assert!(!is_plain(circle, "1", Options::new()) && !is_plain(circle, "[]", Options::new()));
    }

    #[test]
    fn what_may_be_coerced_is_left() {
        let coerce = Options::new().coerce(true);
        assert!(is_plain(r#"{"type": "integer"}"#, "1", coerce));
        let either = r#"{"oneOf": [{"type": "integer"}, {"type": "string"}]}"#;
        assert!(is_plain(either, "\"1\"", Options::new()) && !is_plain(either, "\"1\"", coerce));
        let date = r#"{"format": "date"}"#;
        let text = String::from("\"2026-11-24\"");
        assert!(is_plain(date, &text, Options::new()) && !is_plain(date, &text, coerce));
        assert!(is_plain(date, "\"x\"", Options::new().formats(false)));
    }
}
