//! Reads a schema from JSON text; `const`, so that it may happen at compile time.
//!
//! The scanner goes over the text first: everything behind may trust that it is JSON, and no deeper than
//! [`MAX_DEPTH`](crate::json::scan::MAX_DEPTH), which bounds the recursion here. Then the schemas are read in the order in
//! which they stand, and references are followed last: to what was read already, found by its place in the text, or
//! else to what is read then. Two walks count their steps, since texts can be made for which they never end.

use super::error::{SchemaError, SchemaErrorKind};
use super::rules::{Builder, Id, Keyword, NONE, NoRoom, Num, Span, Str};
use super::uri::{self, BadUri, Buffer};
use crate::json::scan::{Scanner, Stop};
use crate::json::text::{self, Chars};
use crate::json::types::Types;
use crate::pattern::RegexError;
use crate::scalar::format::Format;

/// Which JSON Schema a text is written in.
///
/// `$schema` in the text says so itself, and goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Draft {
    /// <http://json-schema.org/draft-07/schema#>. What stands beside a `$ref` is ignored.
    Draft7,
    /// <https://json-schema.org/draft/2020-12/schema>
    #[default]
    Draft2020_12,
}

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

/// The keywords that are known, by their names.
macro_rules! keys {
    ($($key:ident = $name:literal),+ $(,)?) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum Key { $($key),+ }

        impl Key {
            const fn from_name(name: &[u8]) -> Option<Self> {
                match name {
                    $($name => Some(Self::$key),)+
                    _ => None,
                }
            }

            const fn name(self) -> &'static str {
                let name: &'static [u8] = match self { $(Self::$key => $name),+ };
                match core::str::from_utf8(name) {
                    Ok(name) => name,
                    Err(_) => "",
                }
            }
        }
    };
}

keys! {
    AdditionalItems = b"additionalItems",
    AdditionalProperties = b"additionalProperties",
    AllOf = b"allOf",
    Anchor = b"$anchor",
    AnyOf = b"anyOf",
    Const = b"const",
    Contains = b"contains",
    CustomValidator = b"customValidator",
    Definitions = b"definitions",
    Defs = b"$defs",
    Dependencies = b"dependencies",
    DependentRequired = b"dependentRequired",
    DependentSchemas = b"dependentSchemas",
    DynamicAnchor = b"$dynamicAnchor",
    DynamicRef = b"$dynamicRef",
    Else = b"else",
    Enum = b"enum",
    ExclusiveMaximum = b"exclusiveMaximum",
    ExclusiveMinimum = b"exclusiveMinimum",
    Format = b"format",
    Id = b"$id",
    If = b"if",
    Items = b"items",
    MaxContains = b"maxContains",
    MaxItems = b"maxItems",
    MaxLength = b"maxLength",
    MaxProperties = b"maxProperties",
    Maximum = b"maximum",
    MinContains = b"minContains",
    MinItems = b"minItems",
    MinLength = b"minLength",
    MinProperties = b"minProperties",
    Minimum = b"minimum",
    MultipleOf = b"multipleOf",
    Not = b"not",
    OneOf = b"oneOf",
    Pattern = b"pattern",
    PatternProperties = b"patternProperties",
    PrefixItems = b"prefixItems",
    Properties = b"properties",
    PropertyNames = b"propertyNames",
    RecursiveRef = b"$recursiveRef",
    Ref = b"$ref",
    Required = b"required",
    Schema = b"$schema",
    Then = b"then",
    Type = b"type",
    UnevaluatedItems = b"unevaluatedItems",
    UnevaluatedProperties = b"unevaluatedProperties",
    UniqueItems = b"uniqueItems",
}

impl Key {
    /// The keyword that a key names; `None` of one that is ignored.
    const fn of(name: &str, draft: Draft) -> Option<Self> {
        let bytes = name.as_bytes();
        let mut i = 0;
        while i < bytes.len() && bytes[i] != b'\\' {
            i += 1;
        }
        let key = if i == bytes.len() {
            Self::from_name(bytes)
        } else {
            let mut ascii = [0; 24];
            Self::from_name(to_ascii(Chars::escaped(name), &mut ascii))
        };
        match (key, draft) {
            (
                Some(
                    Self::Anchor
                    | Self::DependentRequired
                    | Self::DependentSchemas
                    | Self::DynamicAnchor
                    | Self::DynamicRef
                    | Self::MaxContains
                    | Self::MinContains
                    | Self::PrefixItems
                    | Self::RecursiveRef
                    | Self::UnevaluatedItems
                    | Self::UnevaluatedProperties,
                ),
                Draft::Draft7,
            )
            | (Some(Self::AdditionalItems), Draft::Draft2020_12) => None,
            (key, _) => key,
        }
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

/// A number's digits, without zeros before and behind.
struct Digits {
    negative: bool,
    count: usize,
    /// What they come to, or more than that if there are many.
    value: u64,
    /// Zeros behind, or places behind the point.
    exponent: i64,
}

/// Reads a number of JSON.
const fn digits(number: &[u8]) -> Digits {
    let mut out = Digits { negative: false, count: 0, value: 0, exponent: 0 };
    let (mut i, mut fraction, mut zeros) = (0, false, 0_usize);
    while i < number.len() {
        match number[i] {
            b'-' => out.negative = true,
            b'.' => fraction = true,
            b'e' | b'E' => break,
            digit => {
                if digit != b'0' {
                    let mut shift = if out.count == 0 { 1 } else { zeros + 1 };
                    out.count += shift;
                    while shift > 0 && out.value < u64::MAX {
                        out.value = out.value.saturating_mul(10);
                        shift -= 1;
                    }
                    out.value = out.value.saturating_add((digit - b'0') as u64);
                    zeros = 0;
                } else {
                    zeros += 1;
                }
                out.exponent -= fraction as i64;
            }
        }
        i += 1;
    }
    if out.count == 0 {
        out.exponent = 0;
        return out;
    }
    out.exponent += zeros as i64;
    let (mut power, mut negative) = (0_i64, false);
    i += 1;
    while i < number.len() {
        match number[i] {
            b'-' => negative = true,
            b'+' => {}
            digit => power = power.saturating_mul(10).saturating_add((digit - b'0') as i64),
        }
        i += 1;
    }
    out.exponent = out.exponent.saturating_add(if negative { -power } else { power });
    out
}

/// A count: an integer from 0, however it is written. As large as it can be if it is larger.
const fn count(number: &[u8]) -> Option<u32> {
    let mut digits = digits(number);
    if digits.count == 0 {
        return Some(0);
    }
    if digits.negative || digits.exponent < 0 {
        return None;
    }
    while digits.exponent > 0 && digits.value < u32::MAX as u64 {
        digits.value *= 10;
        digits.exponent -= 1;
    }
    Some(if digits.value < u32::MAX as u64 { digits.value as u32 } else { u32::MAX })
}

/// An integer that is written in a plain way, and small.
const fn integer(number: &[u8]) -> Option<i64> {
    let negative = matches!(number, [b'-', ..]);
    let mut i = negative as usize;
    if number.len() - i > 18 {
        return None;
    }
    let mut value = 0;
    while i < number.len() {
        if !number[i].is_ascii_digit() {
            return None;
        }
        value = value * 10 + (number[i] - b'0') as i64;
        i += 1;
    }
    Some(if negative { -value } else { value })
}

/// A number in a schema; the text is a number of JSON.
pub(crate) const fn number(text: &str, otherwise: Str) -> Num {
    match integer(text.as_bytes()) {
        Some(integer) => Num::Integer(integer),
        None => Num::Text(otherwise),
    }
}

/// Whether a number can be that of `multipleOf`.
pub(crate) const fn is_divisor(number: &str) -> bool {
    let digits = digits(number.as_bytes());
    !digits.negative && digits.count > 0 && digits.count <= 19
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
struct Deferred {
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

impl Deferred {
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
    at: usize,
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
        at: 0,
        draft,
        out,
        names: NONE,
        definitions: [none; 2],
        has_resources: false,
        work: MAX_WORK,
    };
    loader.skip_gap();
    let root = loader.at;
    ok!(loader.dialect());
    loader.at = root;
    ok!(loader.schema());
    ok!(loader.references(root));
    loader.out.finish(text);
    Ok(())
}

impl<'t> Loader<'t, '_, '_> {
    // Reading a text that is JSON.

    const fn byte(&self) -> u8 {
        let bytes = self.text.as_bytes();
        if self.at < bytes.len() { bytes[self.at] } else { 0 }
    }

    /// Passes over what stands between values.
    const fn skip_gap(&mut self) {
        while matches!(self.byte(), b' ' | b'\t' | b'\n' | b'\r' | b',' | b':') {
            self.at += 1;
        }
    }

    /// Whether an array or object goes on: then its next value or key comes, else its end is passed.
    const fn more(&mut self) -> bool {
        self.skip_gap();
        let more = !matches!(self.byte(), b']' | b'}' | 0);
        self.at += !more as usize;
        more
    }

    /// Reads a string or key: the text between its quotes.
    const fn string(&mut self) -> Span {
        self.at += 1;
        let start = self.at;
        loop {
            match self.byte() {
                b'"' | 0 => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Span { start: start as u32, len: (self.at - 1 - start) as u32 }
    }

    /// Reads a key, up to its value.
    const fn key(&mut self) -> Span {
        let key = self.string();
        self.skip_gap();
        key
    }

    /// Reads any value.
    const fn value(&mut self) -> Span {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.byte() {
                b'"' => {
                    self.string();
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                0 => break,
                _ if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                _ => {
                    while matches!(self.byte(), b'0'..=b'9' | b'a'..=b'z' | b'E' | b'+' | b'-' | b'.')
                    {
                        self.at += 1;
                    }
                }
            }
            if depth == 0 {
                break;
            }
        }
        Span { start: start as u32, len: (self.at - start) as u32 }
    }

    const fn chars(&self, span: Span) -> Chars<'t> {
        Chars::escaped(span.of(self.text))
    }

    // Errors.

    const fn error<T>(&self, span: Span, kind: SchemaErrorKind) -> Result<T, SchemaError> {
        Err(SchemaError::new(span.start as usize, span.len as usize, kind))
    }

    /// The next value is not what it must be.
    const fn wrong<T>(&mut self, key: Key, expected: &'static str) -> Result<T, SchemaError> {
        let value = self.value();
        self.error(value, SchemaErrorKind::Form { keyword: key.name(), expected })
    }

    const fn full(&self, full: NoRoom) -> SchemaError {
        let kind = match full {
            NoRoom::Keywords => SchemaErrorKind::TooManyKeywords,
            NoRoom::Pattern => SchemaErrorKind::TooManyInstructions,
        };
        SchemaError::new(self.at, 0, kind)
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
        self.out.place = self.at as u32;
        match self.out.add(to, keyword) {
            Ok(()) => Ok(()),
            Err(full) => Err(self.full(full)),
        }
    }

    const fn note(&mut self, keyword: Keyword, next: Id) -> Result<Id, SchemaError> {
        self.out.place = self.at as u32;
        match self.out.note(keyword, next) {
            Ok(id) => Ok(id),
            Err(full) => Err(self.full(full)),
        }
    }

    /// A schema without keywords, which starts here.
    const fn head(&mut self) -> Result<Id, SchemaError> {
        self.out.place = self.at as u32;
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

    const fn string_of(&mut self, key: Key) -> Result<Span, SchemaError> {
        match self.byte() {
            b'"' => Ok(self.string()),
            _ => self.wrong(key, "a string"),
        }
    }

    const fn count_of(&mut self, key: Key) -> Result<u32, SchemaError> {
        let value = self.value();
        if let b'0'..=b'9' | b'-' = self.text.as_bytes()[value.start as usize] {
            if let Some(count) = count(value.of(self.text).as_bytes()) {
                return Ok(count);
            }
        }
        self.error(
            value,
            SchemaErrorKind::Form { keyword: key.name(), expected: "an integer from 0" },
        )
    }

    const fn number_of(&mut self, key: Key) -> Result<Num, SchemaError> {
        match self.byte() {
            b'0'..=b'9' | b'-' => {
                let value = self.value();
                Ok(number(value.of(self.text), Str::Span(value)))
            }
            _ => self.wrong(key, "a number"),
        }
    }

    /// Goes into an object.
    const fn object_of(&mut self, key: Key) -> Result<(), SchemaError> {
        match self.byte() {
            b'{' => {
                self.at += 1;
                Ok(())
            }
            _ => self.wrong(key, "an object"),
        }
    }

    /// Goes into a list.
    const fn list_of(&mut self, key: Key, expected: &'static str) -> Result<(), SchemaError> {
        match self.byte() {
            b'[' => {
                self.at += 1;
                Ok(())
            }
            _ => self.wrong(key, expected),
        }
    }

    /// Goes into a list that must not be empty.
    const fn branches_of(&mut self, key: Key) -> Result<(), SchemaError> {
        const EXPECTED: &str = "a list of schemas that is not empty";
        let start = self.at;
        ok!(self.list_of(key, EXPECTED));
        self.skip_gap();
        if self.byte() == b']' {
            self.at = start;
            return self.wrong(key, EXPECTED);
        }
        Ok(())
    }

    // Schemas. These two recurse: as deep as the text is.

    /// Reads a schema.
    const fn schema(&mut self) -> Result<Id, SchemaError> {
        let start = self.at;
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
        self.at += 1;
        let (mut seen, mut late) = (0_u64, Deferred::NONE);
        while self.more() {
            let name = self.key();
            let Some(key) = Key::of(name.of(self.text), self.draft) else {
                self.value();
                continue;
            };
            if seen >> key as u8 & 1 == 1 {
                return self.error(name, SchemaErrorKind::Twice(key.name()));
            }
            seen |= 1 << key as u8;
            ok!(self.keyword(id, key, &mut late));
        }
        let whole = Span { start: start as u32, len: (self.at - start) as u32 };
        ok!(self.late(id, &late));
        ok!(self.names(whole, &late));
        Ok(id)
    }

    /// Reads the value of a keyword of the schema `to`.
    const fn keyword(&mut self, to: Id, key: Key, late: &mut Deferred) -> Result<(), SchemaError> {
        let keyword = match key {
            Key::Type => Keyword::Type(ok!(self.types())),
            Key::Enum => {
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
            Key::Const => Keyword::Const(Str::Span(self.value())),
            Key::Minimum => Keyword::Minimum(ok!(self.number_of(key))),
            Key::Maximum => Keyword::Maximum(ok!(self.number_of(key))),
            Key::ExclusiveMinimum => Keyword::ExclusiveMinimum(ok!(self.number_of(key))),
            Key::ExclusiveMaximum => Keyword::ExclusiveMaximum(ok!(self.number_of(key))),
            Key::MultipleOf => {
                let start = self.at;
                let number = ok!(self.number_of(key));
                let value = Span { start: start as u32, len: (self.at - start) as u32 };
                if !is_divisor(value.of(self.text)) {
                    self.at = start;
                    return self.wrong(key, "a number above 0 of at most 19 digits");
                }
                Keyword::MultipleOf(number)
            }
            Key::MinLength => Keyword::MinLength(ok!(self.count_of(key))),
            Key::MaxLength => Keyword::MaxLength(ok!(self.count_of(key))),
            Key::Pattern => {
                let pattern = ok!(self.string_of(key));
                let (start, len) = ok!(self.pattern(pattern));
                Keyword::Pattern(start, len)
            }
            Key::Format => {
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
            Key::MinItems => Keyword::MinItems(ok!(self.count_of(key))),
            Key::MaxItems => Keyword::MaxItems(ok!(self.count_of(key))),
            Key::UniqueItems => match self.byte() {
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
            Key::Items if self.byte() == b'[' && matches!(self.draft, Draft::Draft7) => {
                late.has_list = true;
                self.at += 1;
                return self.prefix_items(to);
            }
            Key::Items => Keyword::Items(ok!(self.schema())),
            Key::PrefixItems => {
                ok!(self.branches_of(key));
                return self.prefix_items(to);
            }
            Key::AdditionalItems => {
                late.additional_items = Some(ok!(self.schema()));
                return Ok(());
            }
            Key::Contains => {
                late.has_contains = true;
                Keyword::Contains(ok!(self.schema()))
            }
            Key::MinContains => {
                late.min_contains = Some(ok!(self.count_of(key)));
                return Ok(());
            }
            Key::MaxContains => {
                late.max_contains = Some(ok!(self.count_of(key)));
                return Ok(());
            }
            Key::MinProperties => Keyword::MinProperties(ok!(self.count_of(key))),
            Key::MaxProperties => Keyword::MaxProperties(ok!(self.count_of(key))),
            Key::Required => return self.required(to, key),
            Key::Properties => {
                ok!(self.object_of(key));
                while self.more() {
                    let name = self.key();
                    let schema = ok!(self.schema());
                    ok!(self.add(to, Keyword::Property(Str::Span(name), schema)));
                }
                return Ok(());
            }
            Key::PatternProperties => {
                ok!(self.object_of(key));
                while self.more() {
                    let name = self.key();
                    let (start, len) = ok!(self.pattern(name));
                    let schema = ok!(self.schema());
                    ok!(self.add(to, Keyword::PatternProperty(start, len, schema)));
                }
                return Ok(());
            }
            Key::AdditionalProperties => Keyword::AdditionalProperties(ok!(self.schema())),
            Key::PropertyNames => Keyword::PropertyNames(ok!(self.schema())),
            Key::Dependencies | Key::DependentRequired | Key::DependentSchemas => {
                ok!(self.object_of(key));
                while self.more() {
                    let name = Str::Span(self.key());
                    let is_list = match key {
                        Key::Dependencies => self.byte() == b'[',
                        _ => matches!(key, Key::DependentRequired),
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
            Key::AllOf | Key::AnyOf | Key::OneOf => {
                ok!(self.branches_of(key));
                while self.more() {
                    let schema = ok!(self.schema());
                    let keyword = match key {
                        Key::AllOf => Keyword::AllOf(schema),
                        Key::AnyOf => Keyword::AnyOf(schema),
                        _ => Keyword::OneOf(schema),
                    };
                    ok!(self.add(to, keyword));
                }
                return Ok(());
            }
            Key::Not => Keyword::Not(ok!(self.schema())),
            Key::If => {
                late.condition = Some(ok!(self.schema()));
                return Ok(());
            }
            Key::Then => {
                late.then = Some(ok!(self.schema()));
                return Ok(());
            }
            Key::Else => {
                late.otherwise = Some(ok!(self.schema()));
                return Ok(());
            }
            Key::Ref => {
                late.reference = Some(ok!(self.string_of(key)));
                return Ok(());
            }
            Key::Id => {
                late.id = Some(ok!(self.string_of(key)));
                return Ok(());
            }
            Key::Anchor => {
                late.anchor = Some(ok!(self.string_of(key)));
                return Ok(());
            }
            Key::DynamicAnchor => {
                late.dynamic_anchor = Some(ok!(self.string_of(key)));
                return Ok(());
            }
            Key::CustomValidator => Keyword::NamedCheck(Str::Span(ok!(self.string_of(key)))),
            Key::Definitions | Key::Defs => {
                let place = self.at;
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
                    self.definitions[matches!(key, Key::Defs) as usize] =
                        Definitions { place, last };
                }
                return Ok(());
            }
            Key::Schema => {
                let value = ok!(self.string_of(key));
                return match draft_of(self.chars(value)) {
                    Some(draft) if draft as u8 == self.draft as u8 => Ok(()),
                    _ => self.error(value, SchemaErrorKind::Dialect),
                };
            }
            // These say nothing if they let everything pass.
            Key::UnevaluatedItems | Key::UnevaluatedProperties if self.byte() == b't' => {
                self.value();
                return Ok(());
            }
            Key::UnevaluatedItems
            | Key::UnevaluatedProperties
            | Key::DynamicRef
            | Key::RecursiveRef => {
                let value = self.value();
                return self.error(value, SchemaErrorKind::Unsupported(key.name()));
            }
        };
        self.add(to, keyword)
    }

    const fn types(&mut self) -> Result<Types, SchemaError> {
        const EXPECTED: &str = "a type's name or a list of some";
        let start = self.at;
        let mut types = Types::NONE;
        let is_list = self.byte() == b'[';
        self.at += is_list as usize;
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
            self.at = start;
            return self.wrong(Key::Type, EXPECTED);
        }
        Ok(types)
    }

    /// Reads a list of names of properties.
    const fn required(&mut self, to: Id, key: Key) -> Result<(), SchemaError> {
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
    const fn late(&mut self, id: Id, late: &Deferred) -> Result<(), SchemaError> {
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
    const fn names(&mut self, schema: Span, late: &Deferred) -> Result<(), SchemaError> {
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
        self.names = ok!(self.note(Keyword::Name { name, schema, anchor, hash: 0 }, self.names));
        Ok(())
    }

    /// Reads `$schema` of the whole text.
    const fn dialect(&mut self) -> Result<(), SchemaError> {
        if self.byte() != b'{' {
            return Ok(());
        }
        self.at += 1;
        while self.more() {
            let key = self.key();
            if matches!(Key::of(key.of(self.text), self.draft), Some(Key::Schema)) {
                let value = ok!(self.string_of(Key::Schema));
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
        self.at = place;
        self.schema()
    }

    const fn starts_at(&self, id: usize, place: usize) -> bool {
        let op = &self.out.ops()[id];
        op.place as usize == place && matches!(op.keyword, Keyword::Schema { .. })
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
            if let Keyword::Name { schema, anchor: false, .. } = op.keyword {
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
                if let Keyword::Name { name, schema, anchor: false, .. } = op.keyword {
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
            if let Keyword::Name { name, schema, anchor: false, hash: known } = op.keyword {
                // To resolve each name for each reference would be too much.
                if known == 0 || known == hash {
                    let base = ok!(self.base(schema.start, reference));
                    if base.is(uri) {
                        return Ok(schema.start as usize);
                    }
                    let named = Keyword::Name { name, schema, anchor: false, hash: base.hash() };
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
            if let Keyword::Name { name, schema, anchor: true, .. } = op.keyword {
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
        self.at = place;
        let object = self.byte() == b'{';
        if !object && self.byte() != b'[' {
            return Ok(None);
        }
        let bytes = token.as_bytes();
        let wanted = match integer(bytes) {
            Some(index) if !matches!(bytes, [b'0', _, ..] | [b'-', ..] | []) => index,
            _ => -1,
        };
        self.at += 1;
        let (mut index, mut found) = (0, None);
        while self.more() {
            let is_it = if object {
                let key = self.key();
                text::same(self.chars(key), Chars::plain(token))
            } else {
                index == wanted
            };
            if is_it {
                found = Some(self.at);
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
    use super::{Draft, Key, count, integer, is_divisor};
    use crate::schema::rules::Op;

    #[test]
    fn counts() {
        for (text, value) in [
            ("0", Some(0)),
            ("-0.0", Some(0)),
            ("0e5", Some(0)),
            ("0.0e-5", Some(0)),
            ("20", Some(20)),
            ("20.00", Some(20)),
            ("2e1", Some(20)),
            ("2.5E+1", Some(25)),
            ("2000e-2", Some(20)),
            ("4294967296", Some(u32::MAX)),
            ("1e999999999999999999999", Some(u32::MAX)),
            ("123456789012345678901234567890", Some(u32::MAX)),
            ("-1", None),
            ("1.5", None),
            ("15e-1", None),
            ("1e-99999999999999999999999", None),
        ] {
            assert_eq!(count(text.as_bytes()), value, "{text}");
        }
    }

    #[test]
    fn integers() {
        for (text, value) in [
            ("0", Some(0)),
            ("-12", Some(-12)),
            ("999999999999999999", Some(999_999_999_999_999_999)),
            ("1000000000000000000", None),
            ("1.0", None),
            ("1e1", None),
        ] {
            assert_eq!(integer(text.as_bytes()), value, "{text}");
        }
    }

    #[test]
    fn divisors() {
        for fit in ["1", "0.01", "1e-400", "1000000000000000000000", "0.0001234567890123456789"] {
            assert!(is_divisor(fit), "{fit}");
        }
        for other in ["0", "-0.0", "-1", "12345678901234567891", "1.0000000000000000001"] {
            assert!(!is_divisor(other), "{other}");
        }
    }

    #[test]
    fn keys_and_their_bits() {
        let key = |name| Key::of(name, Draft::Draft2020_12);
        assert_eq!(key("uniqueItems"), Some(Key::UniqueItems));
        assert_eq!(key(r"unique\u0049tems"), Some(Key::UniqueItems));
        assert_eq!(key(r"\u0000"), None);
        assert_eq!(key(&r"\n".repeat(40)), None);
        assert!((Key::UniqueItems as u32) < u64::BITS, "the last one has a bit");
    }

    #[cfg(target_pointer_width = "64")]
    #[test]
    fn sizes() {
        assert_eq!(size_of::<Op>(), 40);
    }
}
