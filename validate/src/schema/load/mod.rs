//! Reads a schema from JSON text; `const`, so that it may happen at compile time.
//!
//! The scanner goes over the text first: everything behind may trust that it is JSON, and no deeper than
//! [`MAX_DEPTH`](crate::json::scan::MAX_DEPTH), which bounds the recursion here. Then the schemas are read in the order in
//! which they stand, and references are followed last: to what was read already, found by its place in the text, or
//! else to what is read then. Two walks count their steps, since texts can be made for which they never end.

use super::error::{SchemaError, SchemaErrorKind};
use super::keyword::{Draft, Id, Keyword, NONE, Named, Num, Span, Str, Word};
use super::rules::{Builder, NoRoom};
use super::uri::{self, BadUri, Buffer};
use crate::json::number;
use crate::json::scan::{Scanner, Stop};
use crate::json::text::{self, Chars};
use crate::json::types::Types;
use crate::json::walk::Walker;
use crate::pattern::RegexError;
use crate::scalar::format::Format;

/// Most steps that references may take: bytes passed over, names compared.
const MAX_WORK: usize = 1 << 26;

/// `?`, which a `const fn` does not have.
macro_rules! ok {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(error) => return Err(error),
        }
    };
}

/// The keyword that a key names; `None` of one that is ignored.
const fn word_of(name: &str, draft: Draft) -> Option<Word> {
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
const fn to_ascii<'a>(mut chars: Chars<'_>, out: &'a mut [u8]) -> &'a [u8] {
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

/// A number in a schema; the text is a number of JSON.
pub(crate) const fn number_in(text: &str, otherwise: Str) -> Num {
    match number::integer(text.as_bytes()) {
        Some(integer) => Num::Integer(integer),
        None => Num::Text(otherwise),
    }
}

/// Whether a text is one value of JSON.
pub(crate) const fn scan(text: &str) -> Result<(), SchemaError> {
    let bytes = text.as_bytes();
    if bytes.len() >= u32::MAX as usize {
        return Err(SchemaError::new(0, 0, SchemaErrorKind::TooLong));
    }
    let mut scanner = Scanner::new();
    let mut at = 0;
    while at < bytes.len() {
        match scanner.step(bytes[at]) {
            Ok(_) => {
                at += 1;
                while scanner.in_plain_text()
                    && at < bytes.len()
                    && bytes[at] >= b' '
                    && bytes[at] != b'"'
                    && bytes[at] != b'\\'
                {
                    at += 1;
                }
            }
            Err(Stop::Malformed(why)) => {
                return Err(SchemaError::new(at, 1, SchemaErrorKind::Json(why)));
            }
            Err(Stop::TooDeep) => return Err(SchemaError::new(at, 1, SchemaErrorKind::TooDeep)),
        }
    }
    match scanner.finish() {
        Ok(_) => Ok(()),
        Err(why) => Err(SchemaError::new(at, 0, SchemaErrorKind::Json(why))),
    }
}

/// What can be known of a schema's keywords only when all of them are read.
struct Late {
    reference: Option<Span>,
    id: Option<Span>,
    anchor: Option<Span>,
    dynamic_anchor: Option<Span>,
    has_contains: bool,
    min_contains: Option<u32>,
    max_contains: Option<u32>,
    /// `items` is a list.
    has_list: bool,
    additional_items: Option<Id>,
    condition: Option<Id>,
    then: Option<Id>,
    otherwise: Option<Id>,
}

impl Late {
    const NONE: Self = Self {
        reference: None,
        id: None,
        anchor: None,
        dynamic_anchor: None,
        has_contains: false,
        min_contains: None,
        max_contains: None,
        has_list: false,
        additional_items: None,
        condition: None,
        then: None,
        otherwise: None,
    };
}

/// `$defs` or `definitions` of the whole text.
#[derive(Clone, Copy)]
struct Definitions {
    /// Where it stands.
    place: usize,
    /// Its last schema's keyword, which leads to the others.
    last: Id,
}

struct Loader<'t, 'b, 'o> {
    text: &'t str,
    /// Where reading goes on.
    walk: Walker<'t>,
    draft: Draft,
    out: &'b mut Builder<'o>,
    /// The last `Name`, which leads to the others.
    names: Id,
    definitions: [Definitions; 2],
    /// Schemas within the text's have a `$id` of their own.
    has_resources: bool,
    /// Steps that references may still take.
    work: usize,
}

/// Reads the schema that `text` is.
///
/// # Errors
/// If it is none, or needs more room than `out` has. Then `out` is not to be used.
pub(crate) const fn load(
    text: &str,
    draft: Draft,
    out: &mut Builder<'_>,
) -> Result<(), SchemaError> {
    ok!(scan(text));
    let none = Definitions { place: usize::MAX, last: NONE };
    let mut loader = Loader {
        text,
        walk: Walker::new(text),
        draft,
        out,
        names: NONE,
        definitions: [none; 2],
        has_resources: false,
        work: MAX_WORK,
    };
    loader.walk.skip_gap();
    let root = loader.walk.at;
    ok!(loader.dialect());
    loader.walk.at = root;
    ok!(loader.schema());
    ok!(loader.references(root));
    loader.out.finish(text);
    Ok(())
}

impl<'t> Loader<'t, '_, '_> {
    // Reading a text that is JSON.

    const fn byte(&self) -> u8 {
        self.walk.byte()
    }

    /// Whether an array or object goes on: then its next value or key comes, else its end is passed.
    const fn more(&mut self) -> bool {
        self.walk.more()
    }

    /// Reads a string or key: the text between its quotes.
    const fn string(&mut self) -> Span {
        Span::between(self.walk.string())
    }

    /// Reads a key, up to its value.
    const fn key(&mut self) -> Span {
        let key = self.string();
        self.walk.skip_gap();
        key
    }

    /// Reads any value.
    const fn value(&mut self) -> Span {
        Span::between(self.walk.value())
    }

    const fn chars(&self, span: Span) -> Chars<'t> {
        Chars::escaped(span.of(self.text))
    }

    // Errors.

    const fn error<T>(&self, span: Span, kind: SchemaErrorKind) -> Result<T, SchemaError> {
        Err(SchemaError::new(span.start as usize, span.len as usize, kind))
    }

    /// The next value is not what it must be.
    const fn wrong<T>(&mut self, key: Word, expected: &'static str) -> Result<T, SchemaError> {
        let value = self.value();
        self.error(value, SchemaErrorKind::Form { keyword: key.name(), expected })
    }

    const fn full(&self, full: NoRoom) -> SchemaError {
        let kind = match full {
            NoRoom::Keywords => SchemaErrorKind::TooManyKeywords,
            NoRoom::Pattern => SchemaErrorKind::TooManyInstructions,
        };
        SchemaError::new(self.walk.at, 0, kind)
    }

    /// Takes steps.
    const fn spend(&mut self, steps: usize, at: Span) -> Result<(), SchemaError> {
        match self.work.checked_sub(steps) {
            Some(work) => {
                self.work = work;
                Ok(())
            }
            None => self.error(at, SchemaErrorKind::TooMuchWork),
        }
    }

    // Writing.

    const fn add(&mut self, to: Id, keyword: Keyword) -> Result<(), SchemaError> {
        self.out.place = self.walk.at as u32;
        match self.out.add(to, keyword) {
            Ok(()) => Ok(()),
            Err(full) => Err(self.full(full)),
        }
    }

    const fn note(&mut self, keyword: Keyword, next: Id) -> Result<Id, SchemaError> {
        self.out.place = self.walk.at as u32;
        match self.out.note(keyword, next) {
            Ok(id) => Ok(id),
            Err(full) => Err(self.full(full)),
        }
    }

    /// A schema without keywords, which starts here.
    const fn head(&mut self) -> Result<Id, SchemaError> {
        self.out.place = self.walk.at as u32;
        match self.out.schema() {
            Ok(id) => Ok(id),
            Err(full) => Err(self.full(full)),
        }
    }

    const fn pattern(&mut self, pattern: Span) -> Result<(Id, u16), SchemaError> {
        match self.out.pattern(self.chars(pattern)) {
            Ok(compiled) => Ok(compiled),
            Err(RegexError::TooLong { .. }) => Err(self.full(NoRoom::Pattern)),
            Err(error) => self.error(pattern, SchemaErrorKind::Pattern(error.message())),
        }
    }

    // Values of keywords.

    const fn string_of(&mut self, key: Word) -> Result<Span, SchemaError> {
        match self.byte() {
            b'"' => Ok(self.string()),
            _ => self.wrong(key, "a string"),
        }
    }

    const fn count_of(&mut self, key: Word) -> Result<u32, SchemaError> {
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

    const fn number_of(&mut self, key: Word) -> Result<Num, SchemaError> {
        match self.byte() {
            b'0'..=b'9' | b'-' => {
                let value = self.value();
                Ok(number_in(value.of(self.text), Str::Span(value)))
            }
            _ => self.wrong(key, "a number"),
        }
    }

    /// Goes into an object.
    const fn object_of(&mut self, key: Word) -> Result<(), SchemaError> {
        match self.byte() {
            b'{' => {
                self.walk.at += 1;
                Ok(())
            }
            _ => self.wrong(key, "an object"),
        }
    }

    /// Goes into a list.
    const fn list_of(&mut self, key: Word, expected: &'static str) -> Result<(), SchemaError> {
        match self.byte() {
            b'[' => {
                self.walk.at += 1;
                Ok(())
            }
            _ => self.wrong(key, expected),
        }
    }

    /// Goes into a list that must not be empty.
    const fn branches_of(&mut self, key: Word) -> Result<(), SchemaError> {
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

    // Schemas. These two recurse: as deep as the text is.

    /// Reads a schema.
    const fn schema(&mut self) -> Result<Id, SchemaError> {
        let start = self.walk.at;
        let id = match self.byte() {
            b'{' | b't' | b'f' => ok!(self.head()),
            _ => {
                let value = self.value();
                return self.error(value, SchemaErrorKind::NotASchema);
            }
        };
        if self.byte() != b'{' {
            if self.value().len == 5 {
                ok!(self.add(id, Keyword::False));
            }
            return Ok(id);
        }
        self.walk.at += 1;
        let (mut seen, mut late) = (0_u64, Late::NONE);
        while self.more() {
            let name = self.key();
            let Some(key) = word_of(name.of(self.text), self.draft) else {
                self.value();
                continue;
            };
            if seen >> key as u8 & 1 == 1 {
                return self.error(name, SchemaErrorKind::Twice(key.name()));
            }
            seen |= 1 << key as u8;
            ok!(self.keyword(id, key, &mut late));
        }
        let whole = Span::between((start, self.walk.at));
        ok!(self.late(id, &late));
        ok!(self.names(whole, &late));
        Ok(id)
    }

    /// Reads the value of a keyword of the schema `to`.
    const fn keyword(&mut self, to: Id, key: Word, late: &mut Late) -> Result<(), SchemaError> {
        let keyword = match key {
            Word::Type => Keyword::Type(ok!(self.types())),
            Word::Enum => {
                ok!(self.list_of(key, "a list"));
                let mut any = false;
                while self.more() {
                    any = true;
                    let value = self.value();
                    ok!(self.add(to, Keyword::Enum(Str::Span(value))));
                }
                if any {
                    return Ok(());
                }
                Keyword::False
            }
            Word::Const => Keyword::Const(Str::Span(self.value())),
            Word::Minimum => Keyword::Minimum(ok!(self.number_of(key))),
            Word::Maximum => Keyword::Maximum(ok!(self.number_of(key))),
            Word::ExclusiveMinimum => Keyword::ExclusiveMinimum(ok!(self.number_of(key))),
            Word::ExclusiveMaximum => Keyword::ExclusiveMaximum(ok!(self.number_of(key))),
            Word::MultipleOf => {
                let start = self.walk.at;
                let number = ok!(self.number_of(key));
                let value = Span::between((start, self.walk.at));
                if !number::is_divisor(value.of(self.text).as_bytes()) {
                    self.walk.at = start;
                    return self.wrong(key, "a number above 0 of at most 19 digits");
                }
                Keyword::MultipleOf(number)
            }
            Word::MinLength => Keyword::MinLength(ok!(self.count_of(key))),
            Word::MaxLength => Keyword::MaxLength(ok!(self.count_of(key))),
            Word::Pattern => {
                let pattern = ok!(self.string_of(key));
                let (start, len) = ok!(self.pattern(pattern));
                Keyword::Pattern(start, len)
            }
            Word::Format => {
                let name = ok!(self.string_of(key));
                let mut ascii = [0; 32];
                let Ok(name) = core::str::from_utf8(to_ascii(self.chars(name), &mut ascii)) else {
                    return Ok(());
                };
                match Format::from_name(name) {
                    Some(format) => Keyword::Format(format),
                    None => return Ok(()),
                }
            }
            Word::MinItems => Keyword::MinItems(ok!(self.count_of(key))),
            Word::MaxItems => Keyword::MaxItems(ok!(self.count_of(key))),
            Word::UniqueItems => match self.byte() {
                b't' => {
                    self.value();
                    Keyword::UniqueItems
                }
                b'f' => {
                    self.value();
                    return Ok(());
                }
                _ => return self.wrong(key, "a boolean"),
            },
            Word::Items if self.byte() == b'[' && matches!(self.draft, Draft::Draft7) => {
                late.has_list = true;
                self.walk.at += 1;
                return self.prefix_items(to);
            }
            Word::Items => Keyword::Items(ok!(self.schema())),
            Word::PrefixItems => {
                ok!(self.branches_of(key));
                return self.prefix_items(to);
            }
            Word::AdditionalItems => {
                late.additional_items = Some(ok!(self.schema()));
                return Ok(());
            }
            Word::Contains => {
                late.has_contains = true;
                Keyword::Contains(ok!(self.schema()))
            }
            Word::MinContains => {
                late.min_contains = Some(ok!(self.count_of(key)));
                return Ok(());
            }
            Word::MaxContains => {
                late.max_contains = Some(ok!(self.count_of(key)));
                return Ok(());
            }
            Word::MinProperties => Keyword::MinProperties(ok!(self.count_of(key))),
            Word::MaxProperties => Keyword::MaxProperties(ok!(self.count_of(key))),
            Word::Required => return self.required(to, key),
            Word::Properties => {
                ok!(self.object_of(key));
                while self.more() {
                    let name = self.key();
                    let schema = ok!(self.schema());
                    ok!(self.add(to, Keyword::Property(Str::Span(name), schema)));
                }
                return Ok(());
            }
            Word::PatternProperties => {
                ok!(self.object_of(key));
                while self.more() {
                    let name = self.key();
                    let (start, len) = ok!(self.pattern(name));
                    let schema = ok!(self.schema());
                    ok!(self.add(to, Keyword::PatternProperty(start, len, schema)));
                }
                return Ok(());
            }
            Word::AdditionalProperties => Keyword::AdditionalProperties(ok!(self.schema())),
            Word::PropertyNames => Keyword::PropertyNames(ok!(self.schema())),
            Word::Dependencies | Word::DependentRequired | Word::DependentSchemas => {
                ok!(self.object_of(key));
                while self.more() {
                    let name = Str::Span(self.key());
                    let is_list = match key {
                        Word::Dependencies => self.byte() == b'[',
                        _ => matches!(key, Word::DependentRequired),
                    };
                    let keyword = if is_list {
                        let schema = ok!(self.head());
                        ok!(self.required(schema, key));
                        Keyword::DependentRequired(name, schema)
                    } else {
                        Keyword::DependentSchema(name, ok!(self.schema()))
                    };
                    ok!(self.add(to, keyword));
                }
                return Ok(());
            }
            Word::AllOf | Word::AnyOf | Word::OneOf => {
                ok!(self.branches_of(key));
                while self.more() {
                    let schema = ok!(self.schema());
                    let keyword = match key {
                        Word::AllOf => Keyword::AllOf(schema),
                        Word::AnyOf => Keyword::AnyOf(schema),
                        _ => Keyword::OneOf(schema),
                    };
                    ok!(self.add(to, keyword));
                }
                return Ok(());
            }
            Word::Not => Keyword::Not(ok!(self.schema())),
            Word::If => {
                late.condition = Some(ok!(self.schema()));
                return Ok(());
            }
            Word::Then => {
                late.then = Some(ok!(self.schema()));
                return Ok(());
            }
            Word::Else => {
                late.otherwise = Some(ok!(self.schema()));
                return Ok(());
            }
            Word::Ref => {
                late.reference = Some(ok!(self.string_of(key)));
                return Ok(());
            }
            Word::Id => {
                late.id = Some(ok!(self.string_of(key)));
                return Ok(());
            }
            Word::Anchor => {
                late.anchor = Some(ok!(self.string_of(key)));
                return Ok(());
            }
            Word::DynamicAnchor => {
                late.dynamic_anchor = Some(ok!(self.string_of(key)));
                return Ok(());
            }
            Word::CustomValidator => Keyword::NamedCheck(Str::Span(ok!(self.string_of(key)))),
            Word::Definitions | Word::Defs => {
                let place = self.walk.at;
                ok!(self.object_of(key));
                let mut last = NONE;
                while self.more() {
                    let name = self.key();
                    let schema = ok!(self.schema());
                    if to == 0 {
                        last = ok!(self.note(Keyword::Definition(Str::Span(name), schema), last));
                    }
                }
                if to == 0 {
                    self.definitions[matches!(key, Word::Defs) as usize] =
                        Definitions { place, last };
                }
                return Ok(());
            }
            Word::Schema => {
                let value = ok!(self.string_of(key));
                return match draft_of(self.chars(value)) {
                    Some(draft) if draft as u8 == self.draft as u8 => Ok(()),
                    _ => self.error(value, SchemaErrorKind::Dialect),
                };
            }
            // These say nothing if they let everything pass.
            Word::UnevaluatedItems | Word::UnevaluatedProperties if self.byte() == b't' => {
                self.value();
                return Ok(());
            }
            Word::UnevaluatedItems
            | Word::UnevaluatedProperties
            | Word::DynamicRef
            | Word::RecursiveRef => {
                let value = self.value();
                return self.error(value, SchemaErrorKind::Unsupported(key.name()));
            }
        };
        self.add(to, keyword)
    }

    const fn types(&mut self) -> Result<Types, SchemaError> {
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

    /// Reads a list of names of properties.
    const fn required(&mut self, to: Id, key: Word) -> Result<(), SchemaError> {
        const EXPECTED: &str = "a list of strings";
        ok!(self.list_of(key, EXPECTED));
        while self.more() {
            if self.byte() != b'"' {
                return self.wrong(key, EXPECTED);
            }
            let name = self.string();
            ok!(self.add(to, Keyword::Required(Str::Span(name))));
        }
        Ok(())
    }

    /// Reads the rest of a list of schemas, one for each item.
    const fn prefix_items(&mut self, to: Id) -> Result<(), SchemaError> {
        let mut index = 0;
        while self.more() {
            let schema = ok!(self.schema());
            ok!(self.add(to, Keyword::PrefixItem(index, schema)));
            index += 1;
        }
        Ok(())
    }

    /// Adds the keywords that depend on others.
    const fn late(&mut self, id: Id, late: &Late) -> Result<(), SchemaError> {
        if let (true, Some(schema)) = (late.has_list, late.additional_items) {
            ok!(self.add(id, Keyword::Items(schema)));
        }
        if let (true, Some(min)) = (late.has_contains, late.min_contains) {
            ok!(self.add(id, Keyword::MinContains(min)));
        }
        if let (true, Some(max)) = (late.has_contains, late.max_contains) {
            ok!(self.add(id, Keyword::MaxContains(max)));
        }
        if let (Some(condition), true) =
            (late.condition, late.then.is_some() || late.otherwise.is_some())
        {
            ok!(self.add(id, Keyword::If(condition)));
            if let Some(then) = late.then {
                ok!(self.add(id, Keyword::Then(then)));
            }
            if let Some(otherwise) = late.otherwise {
                ok!(self.add(id, Keyword::Else(otherwise)));
            }
        }
        if let Some(reference) = late.reference {
            // What stands beside it is read all the same: other references may name it.
            if let Draft::Draft7 = self.draft {
                self.out.clear(id);
            }
            ok!(self.add(id, Keyword::RefTo(Str::Span(reference))));
        }
        Ok(())
    }

    /// Keeps by which names a schema is known.
    const fn names(&mut self, schema: Span, late: &Late) -> Result<(), SchemaError> {
        if let Some(name) = late.anchor {
            ok!(self.name(name, schema, true));
        }
        if let Some(name) = late.dynamic_anchor {
            ok!(self.name(name, schema, true));
        }
        let Some(id) = late.id else { return Ok(()) };
        let bytes = id.of(self.text).as_bytes();
        let mut hash = 0;
        while hash < bytes.len() && bytes[hash] != b'#' {
            hash += 1;
        }
        let fragment = Span {
            start: id.start + hash as u32 + 1,
            len: bytes.len().saturating_sub(hash + 1) as u32,
        };
        match (self.draft, &late.reference) {
            (Draft::Draft7, Some(_)) => return Ok(()),
            (Draft::Draft7, None) if fragment.len > 0 => ok!(self.name(fragment, schema, true)),
            (Draft::Draft2020_12, _) if fragment.len > 0 => {
                let kind =
                    SchemaErrorKind::Form { keyword: "$id", expected: "a URI without a fragment" };
                return self.error(id, kind);
            }
            _ => {}
        }
        if hash > 0 {
            let name = Span { start: id.start, len: hash as u32 };
            self.has_resources |= self.out.len().0 > 0 && schema.start != self.out.ops()[0].place;
            ok!(self.name(name, schema, false));
        }
        Ok(())
    }

    const fn name(&mut self, name: Span, schema: Span, anchor: bool) -> Result<(), SchemaError> {
        self.names =
            ok!(self.note(Keyword::Name(Named { name, schema, anchor, hash: 0 }), self.names));
        Ok(())
    }

    /// Reads `$schema` of the whole text.
    const fn dialect(&mut self) -> Result<(), SchemaError> {
        if self.byte() != b'{' {
            return Ok(());
        }
        self.walk.at += 1;
        while self.more() {
            let key = self.key();
            if matches!(word_of(key.of(self.text), self.draft), Some(Word::Schema)) {
                let value = ok!(self.string_of(Word::Schema));
                match draft_of(self.chars(value)) {
                    Some(draft) => self.draft = draft,
                    None => return self.error(value, SchemaErrorKind::Dialect),
                }
            } else {
                self.value();
            }
        }
        Ok(())
    }

    // References.

    /// Follows all references. More may come up while schemas are read that only references name.
    const fn references(&mut self, root: usize) -> Result<(), SchemaError> {
        // Up to here schemas are in the order of their places.
        let sorted = self.out.len().0;
        let mut i = 0;
        while i < self.out.len().0 {
            if let Keyword::RefTo(Str::Span(reference)) = self.out.ops()[i].keyword {
                let place = ok!(self.place_of(reference, root));
                let id = ok!(self.schema_at(place, sorted, reference));
                self.out.replace(i as Id, Keyword::Ref(id));
            }
            i += 1;
        }
        Ok(())
    }

    /// The schema that starts at this place.
    const fn schema_at(
        &mut self,
        place: usize,
        sorted: usize,
        reference: Span,
    ) -> Result<Id, SchemaError> {
        let (mut low, mut high) = (0, sorted);
        while low < high {
            let middle = low + (high - low) / 2;
            if (self.out.ops()[middle].place as usize) < place {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if low < sorted && self.starts_at(low, place) {
            return Ok(low as Id);
        }
        let end = self.out.len().0;
        ok!(self.spend(end - sorted, reference));
        low = sorted;
        while low < end {
            if self.starts_at(low, place) {
                return Ok(low as Id);
            }
            low += 1;
        }
        self.walk.at = place;
        self.schema()
    }

    const fn starts_at(&self, id: usize, place: usize) -> bool {
        let op = &self.out.ops()[id];
        op.place as usize == place && matches!(op.keyword, Keyword::Schema(_))
    }

    /// The place that a reference names.
    const fn place_of(&mut self, reference: Span, root: usize) -> Result<usize, SchemaError> {
        let here = reference.start;
        let chars = self.chars(reference);
        let mut ahead = chars;
        let (resource, fragment) = if let Some('#') = ahead.next() {
            (ok!(self.resource_around(here, root, reference)), Some(ahead))
        } else {
            let base = ok!(self.base(here, reference));
            let Ok((uri, fragment)) = uri::resolve(&base, chars) else {
                return self.error(reference, SchemaErrorKind::Uri);
            };
            (ok!(self.resource(&uri, root, reference)), fragment)
        };
        let Some(fragment) = fragment else { return Ok(resource) };
        let Ok(fragment) = uri::decode(fragment) else {
            return self.error(reference, SchemaErrorKind::Uri);
        };
        match fragment.bytes() {
            [] => Ok(resource),
            [b'/', pointer @ ..] => self.pointer(resource, root, pointer, reference),
            _ => {
                let Ok(name) = fragment.text() else {
                    return self.error(reference, SchemaErrorKind::Uri);
                };
                self.anchor(name, resource, root, reference)
            }
        }
    }

    /// The place of the schema with a `$id` that is the nearest around `place`.
    const fn resource_around(
        &mut self,
        place: u32,
        root: usize,
        reference: Span,
    ) -> Result<usize, SchemaError> {
        let mut nearest = root;
        let mut next = if self.has_resources { self.names } else { NONE };
        while next != NONE {
            ok!(self.spend(1, reference));
            let op = self.out.ops()[next as usize];
            if let Keyword::Name(Named { schema, anchor: false, .. }) = op.keyword {
                if contains(schema, place) && schema.start as usize > nearest {
                    nearest = schema.start as usize;
                }
            }
            next = op.next;
        }
        Ok(nearest)
    }

    /// The base URI at `place`: what the `$id`s around it come to.
    const fn base(&mut self, place: u32, reference: Span) -> Result<Buffer, SchemaError> {
        let mut base = Buffer::EMPTY;
        // From the outermost to the innermost; `from` is where the next may start.
        let mut from = 0;
        loop {
            let mut outermost: Option<(Span, Span)> = None;
            let mut next = self.names;
            while next != NONE {
                ok!(self.spend(1, reference));
                let op = self.out.ops()[next as usize];
                if let Keyword::Name(Named { name, schema, anchor: false, .. }) = op.keyword {
                    if contains(schema, place) && schema.start >= from {
                        match outermost {
                            Some((_, known)) if known.start <= schema.start => {}
                            _ => outermost = Some((name, schema)),
                        }
                    }
                }
                next = op.next;
            }
            let Some((name, schema)) = outermost else { return Ok(base) };
            // A URI takes about as long as this.
            ok!(self.spend(2 * uri::MAX, reference));
            base = match uri::resolve(&base, self.chars(name)) {
                Ok((uri, _)) => uri,
                Err(BadUri) => return self.error(name, SchemaErrorKind::Uri),
            };
            from = schema.start + 1;
        }
    }

    /// The place of the schema with this URI.
    const fn resource(
        &mut self,
        uri: &Buffer,
        root: usize,
        reference: Span,
    ) -> Result<usize, SchemaError> {
        let base = ok!(self.base(root as u32, reference));
        if base.is(uri) {
            return Ok(root);
        }
        let hash = uri.hash();
        let mut next = self.names;
        while next != NONE {
            ok!(self.spend(1, reference));
            let op = self.out.ops()[next as usize];
            if let Keyword::Name(Named { name, schema, anchor: false, hash: known }) = op.keyword {
                // To resolve each name for each reference would be too much.
                if known == 0 || known == hash {
                    let base = ok!(self.base(schema.start, reference));
                    if base.is(uri) {
                        return Ok(schema.start as usize);
                    }
                    let named =
                        Keyword::Name(Named { name, schema, anchor: false, hash: base.hash() });
                    self.out.replace(next, named);
                }
            }
            next = op.next;
        }
        self.error(reference, SchemaErrorKind::OtherDocument)
    }

    /// The place of the schema with this anchor.
    const fn anchor(
        &mut self,
        wanted: &str,
        resource: usize,
        root: usize,
        reference: Span,
    ) -> Result<usize, SchemaError> {
        let mut next = self.names;
        while next != NONE {
            ok!(self.spend(1, reference));
            let op = self.out.ops()[next as usize];
            if let Keyword::Name(Named { name, schema, anchor: true, .. }) = op.keyword {
                if text::same(self.chars(name), Chars::plain(wanted))
                    && ok!(self.resource_around(schema.start, root, reference)) == resource
                {
                    return Ok(schema.start as usize);
                }
            }
            next = op.next;
        }
        self.error(reference, SchemaErrorKind::NoSuchPlace)
    }

    /// The place that a JSON pointer, without its first slash, names below `place`.
    const fn pointer(
        &mut self,
        mut place: usize,
        root: usize,
        pointer: &[u8],
        reference: Span,
    ) -> Result<usize, SchemaError> {
        let mut rest = Some(pointer);
        while let Some(tokens) = rest {
            let mut token = Buffer::EMPTY;
            rest = ok!(self.token(tokens, &mut token, reference));
            let Ok(token) = token.text() else {
                return self.error(reference, SchemaErrorKind::Uri);
            };
            let mut found = ok!(self.definition(place, root, token, reference));
            if found.is_none() {
                found = ok!(self.member(place, token, reference));
            }
            match found {
                Some(found) => place = found,
                None => return self.error(reference, SchemaErrorKind::NoSuchPlace),
            }
        }
        Ok(place)
    }

    /// Decodes a pointer's first part; gives the others.
    const fn token<'p>(
        &self,
        tokens: &'p [u8],
        out: &mut Buffer,
        reference: Span,
    ) -> Result<Option<&'p [u8]>, SchemaError> {
        let mut i = 0;
        while i < tokens.len() {
            let byte = match tokens[i] {
                b'/' => return Ok(Some(tokens.split_at(i + 1).1)),
                b'~' => {
                    i += 1;
                    match if i < tokens.len() { tokens[i] } else { 0 } {
                        b'0' => b'~',
                        b'1' => b'/',
                        _ => return self.error(reference, SchemaErrorKind::Uri),
                    }
                }
                byte => byte,
            };
            // It is shorter than what it was decoded from.
            let _ = out.push(byte);
            i += 1;
        }
        Ok(None)
    }

    /// The place of the whole text's definitions, or of one of them: a short way to what most references name.
    const fn definition(
        &mut self,
        place: usize,
        root: usize,
        name: &str,
        reference: Span,
    ) -> Result<Option<usize>, SchemaError> {
        let [old, new] = self.definitions;
        let mut next = if place == root {
            return Ok(match name.as_bytes() {
                b"definitions" if old.place != usize::MAX => Some(old.place),
                b"$defs" if new.place != usize::MAX => Some(new.place),
                _ => None,
            });
        } else if place == old.place {
            old.last
        } else if place == new.place {
            new.last
        } else {
            NONE
        };
        while next != NONE {
            ok!(self.spend(1, reference));
            let op = self.out.ops()[next as usize];
            if let Keyword::Definition(Str::Span(known), id) = op.keyword {
                if text::same(self.chars(known), Chars::plain(name)) {
                    return Ok(Some(self.out.ops()[id as usize].place as usize));
                }
            }
            next = op.next;
        }
        Ok(None)
    }

    /// The place of an object's member or an array's item. Of keys that stand twice, the last counts.
    const fn member(
        &mut self,
        place: usize,
        token: &str,
        reference: Span,
    ) -> Result<Option<usize>, SchemaError> {
        self.walk.at = place;
        let object = self.byte() == b'{';
        if !object && self.byte() != b'[' {
            return Ok(None);
        }
        let bytes = token.as_bytes();
        let wanted = match number::integer(bytes) {
            Some(index) if !matches!(bytes, [b'0', _, ..] | [b'-', ..] | []) => index,
            _ => -1,
        };
        self.walk.at += 1;
        let (mut index, mut found) = (0, None);
        while self.more() {
            let is_it = if object {
                let key = self.key();
                text::same(self.chars(key), Chars::plain(token))
            } else {
                index == wanted
            };
            if is_it {
                found = Some(self.walk.at);
            }
            let value = self.value();
            ok!(self.spend(value.len as usize + 1, reference));
            index += 1;
        }
        Ok(found)
    }
}

const fn contains(span: Span, place: u32) -> bool {
    span.start <= place && place - span.start < span.len
}

/// The draft that `$schema` names.
const fn draft_of(uri: Chars<'_>) -> Option<Draft> {
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
