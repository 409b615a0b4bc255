//! Keywords: what a schema asks of a value.

use crate::json::text::Chars;
use crate::json::types::Types;
use crate::json::value::Value;
use crate::scalar::format::Format;

/// Where a schema starts in the list of keywords, or a keyword's place there.
pub(crate) type Id = u16;

/// No keyword follows.
pub(crate) const NONE: Id = Id::MAX;

/// A text in a schema: a name (its chars), or a JSON value (its text).
#[derive(Debug, Clone, Copy)]
pub(crate) enum Str {
    /// The name, or a string's value, itself.
    Plain(&'static str),
    /// A JSON value's text.
    Json(&'static str),
    /// A part of the schema's text: a JSON value's, or the inside of a JSON string.
    Span(Span),
}

impl Str {
    /// The chars of a name that is no part of the schema's text.
    pub(crate) const fn chars(self) -> Chars<'static> {
        match self {
            Self::Plain(text) => Chars::plain(text),
            Self::Json(text) => Chars::escaped(text),
            Self::Span(_) => Chars::plain(""),
        }
    }

    /// The same without need of the schema's text.
    pub(super) const fn with_text(self, text: &'static str) -> Self {
        match self {
            Self::Span(span) => Self::Json(span.of(text)),
            other => other,
        }
    }
}

impl Span {
    /// The part; nothing of a text that does not have it.
    pub(crate) const fn of(self, text: &str) -> &str {
        if let Some((_, from)) = text.as_bytes().split_at_checked(self.start as usize) {
            if let Some((part, _)) = from.split_at_checked(self.len as usize) {
                if let Ok(part) = core::str::from_utf8(part) {
                    return part;
                }
            }
        }
        ""
    }

    /// The same, and faster, where it need not be `const`.
    pub(super) fn in_text(self, text: &str) -> &str {
        let start = self.start as usize;
        text.get(start..start + self.len as usize).unwrap_or("")
    }
}

/// A number in a schema, exactly.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Num {
    Integer(i64),
    Text(Str),
}

impl Num {
    pub(super) const fn with_text(self, text: &'static str) -> Self {
        match self {
            Self::Text(number) => Self::Text(number.with_text(text)),
            integer => integer,
        }
    }
}

/// Whether a value is fit, for a check of one's own: `Err` says in a few words what is wrong with it.
///
/// # Context
/// Called at the end of each value that it stands for, by whoever validates: as long as it runs, validation waits. A panic
/// goes on to whoever validates.
pub type Check = fn(Value<'_>) -> Result<(), &'static str>;

/// What a schema asks of a value. Each of several (`required` names, `anyOf` branches, `enum` members) is a
/// keyword of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Keyword {
    /// Where a schema starts; its last keyword, and what the others are about. Alone it fits everything.
    Schema {
        last: Id,
        traits: Traits,
        types: Types,
    },
    /// Nothing fits.
    False,
    Type(Types),
    /// One of the values that fit.
    Enum(Str),
    Const(Str),
    Minimum(Num),
    Maximum(Num),
    ExclusiveMinimum(Num),
    ExclusiveMaximum(Num),
    MultipleOf(Num),
    MinLength(u32),
    MaxLength(u32),
    /// Where its instructions start, and how many they are.
    Pattern(Id, u16),
    Format(Format),
    MinItems(u32),
    MaxItems(u32),
    UniqueItems,
    /// Of the item at this index.
    PrefixItem(u32, Id),
    /// Of the items behind those.
    Items(Id),
    Contains(Id),
    MinContains(u32),
    MaxContains(u32),
    MinProperties(u32),
    MaxProperties(u32),
    Required(Str),
    Property(Str, Id),
    /// The instructions, and of the properties whose names they match.
    PatternProperty(Id, u16, Id),
    AdditionalProperties(Id),
    PropertyNames(Id),
    DependentRequired(Str, Id),
    DependentSchema(Str, Id),
    AllOf(Id),
    AnyOf(Id),
    OneOf(Id),
    Not(Id),
    If(Id),
    Then(Id),
    Else(Id),
    Ref(Id),
    /// A `Ref` whose target is not known yet.
    RefTo(Str),
    Check(Check),
    /// By the name that a validator knows it by.
    NamedCheck(Str),
    /// A schema to refer to. In no schema's list of keywords.
    Definition(Str, Id),
    /// A `$id` or an anchor: its text and its schema's, while references are resolved; the hash of the whole URI,
    /// or 0. In no schema's list.
    Name {
        name: Span,
        schema: Span,
        anchor: bool,
        hash: u32,
    },
}

/// A part of the schema's text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

/// What kinds of keywords a schema has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Traits(u16);

impl Traits {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const FALSE: Self = Self(1);
    /// About any value's whole: `enum`, `const`, checks.
    pub(crate) const ANY: Self = Self(1 << 1);
    pub(crate) const LISTED: Self = Self(1 << 2);
    pub(crate) const NUMBER: Self = Self(1 << 3);
    pub(crate) const STRING: Self = Self(1 << 4);
    pub(crate) const LENGTH_OR_PATTERN: Self = Self(1 << 5);
    pub(crate) const FORMAT: Self = Self(1 << 6);
    pub(crate) const ARRAY: Self = Self(1 << 7);
    pub(crate) const UNIQUE: Self = Self(1 << 8);
    pub(crate) const CONTAINS: Self = Self(1 << 9);
    pub(crate) const OBJECT: Self = Self(1 << 10);
    pub(crate) const MAX_PROPERTIES: Self = Self(1 << 11);
    pub(crate) const PROPERTY_NAMES: Self = Self(1 << 12);
    /// Of an object that has no properties but some.
    pub(crate) const CLOSED: Self = Self(1 << 13);
    /// About names that an object has or not, each with a bit.
    pub(crate) const NAMES: Self = Self(1 << 14);
    /// About the same value, by other schemas.
    pub(crate) const IN_PLACE: Self = Self(1 << 15);

    pub(super) const fn of(keyword: Keyword) -> Self {
        match keyword {
            Keyword::False => Self::FALSE,
            Keyword::Enum(_) | Keyword::Const(_) => Self::ANY.or(Self::LISTED),
            Keyword::Check(_) | Keyword::NamedCheck(_) => Self::ANY,
            Keyword::Minimum(_)
            | Keyword::Maximum(_)
            | Keyword::ExclusiveMinimum(_)
            | Keyword::ExclusiveMaximum(_)
            | Keyword::MultipleOf(_) => Self::NUMBER,
            Keyword::MinLength(_) | Keyword::MaxLength(_) | Keyword::Pattern(..) => {
                Self::STRING.or(Self::LENGTH_OR_PATTERN)
            }
            Keyword::Format(_) => Self::STRING.or(Self::FORMAT),
            Keyword::MinItems(_)
            | Keyword::MaxItems(_)
            | Keyword::PrefixItem(..)
            | Keyword::Items(_) => Self::ARRAY,
            Keyword::UniqueItems => Self::ARRAY.or(Self::UNIQUE),
            Keyword::Contains(_) => Self::ARRAY.or(Self::CONTAINS),
            Keyword::MaxProperties(_) => Self::OBJECT.or(Self::MAX_PROPERTIES),
            Keyword::PropertyNames(_) => Self::OBJECT.or(Self::PROPERTY_NAMES),
            Keyword::AdditionalProperties(_) => Self::OBJECT.or(Self::CLOSED),
            Keyword::MinProperties(_) | Keyword::Property(..) | Keyword::PatternProperty(..) => {
                Self::OBJECT
            }
            Keyword::Required(_) => Self::OBJECT.or(Self::NAMES),
            Keyword::DependentRequired(..) | Keyword::DependentSchema(..) => {
                Self::OBJECT.or(Self::NAMES).or(Self::IN_PLACE)
            }
            Keyword::AllOf(_)
            | Keyword::AnyOf(_)
            | Keyword::OneOf(_)
            | Keyword::Not(_)
            | Keyword::If(_)
            | Keyword::Then(_)
            | Keyword::Else(_)
            | Keyword::Ref(_)
            | Keyword::RefTo(_) => Self::IN_PLACE,
            _ => Self::NONE,
        }
    }

    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Any of them.
    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether they ask something of values of a type that their first byte does not tell.
    pub(crate) const fn are_about(self, types: Types) -> bool {
        let about = match types {
            Types::NUMBER => Self::NUMBER,
            Types::STRING => Self::STRING,
            Types::ARRAY => Self::ARRAY,
            Types::OBJECT => Self::OBJECT,
            _ => Self::NONE,
        };
        self.has(about.or(Self::ANY))
    }
}

impl Keyword {
    /// Of a schema at `id` without keywords yet.
    pub(super) const fn start(id: Id) -> Self {
        Self::Schema { last: id, traits: Traits::NONE, types: Types::NONE }
    }

    /// Whether `other` in the same schema would not count beside it: both are of a kind that a schema has once.
    pub(crate) const fn is_same_of_one(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Items(_), Self::Items(_))
                | (Self::AdditionalProperties(_), Self::AdditionalProperties(_))
                | (Self::Contains(_), Self::Contains(_))
                | (Self::MinContains(_), Self::MinContains(_))
                | (Self::MaxContains(_), Self::MaxContains(_))
                | (Self::If(_), Self::If(_))
        )
    }

    /// Whether it is about a name that an object has or not.
    pub(crate) const fn has_bit(&self) -> bool {
        matches!(self, Self::Required(_) | Self::DependentRequired(..) | Self::DependentSchema(..))
    }

    /// Its name in JSON Schema.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Schema { .. } => "",
            Self::False => "false",
            Self::Type(_) => "type",
            Self::Enum(_) => "enum",
            Self::Const(_) => "const",
            Self::Minimum(_) => "minimum",
            Self::Maximum(_) => "maximum",
            Self::ExclusiveMinimum(_) => "exclusiveMinimum",
            Self::ExclusiveMaximum(_) => "exclusiveMaximum",
            Self::MultipleOf(_) => "multipleOf",
            Self::MinLength(_) => "minLength",
            Self::MaxLength(_) => "maxLength",
            Self::Pattern(..) => "pattern",
            Self::Format(_) => "format",
            Self::MinItems(_) => "minItems",
            Self::MaxItems(_) => "maxItems",
            Self::UniqueItems => "uniqueItems",
            Self::PrefixItem(..) => "prefixItems",
            Self::Items(_) => "items",
            Self::Contains(_) => "contains",
            Self::MinContains(_) => "minContains",
            Self::MaxContains(_) => "maxContains",
            Self::MinProperties(_) => "minProperties",
            Self::MaxProperties(_) => "maxProperties",
            Self::Required(_) => "required",
            Self::Property(..) => "properties",
            Self::PatternProperty(..) => "patternProperties",
            Self::AdditionalProperties(_) => "additionalProperties",
            Self::PropertyNames(_) => "propertyNames",
            Self::DependentRequired(..) => "dependentRequired",
            Self::DependentSchema(..) => "dependentSchemas",
            Self::AllOf(_) => "allOf",
            Self::AnyOf(_) => "anyOf",
            Self::OneOf(_) => "oneOf",
            Self::Not(_) => "not",
            Self::If(_) => "if",
            Self::Then(_) => "then",
            Self::Else(_) => "else",
            Self::Ref(_) | Self::RefTo(_) => "$ref",
            Self::Check(_) | Self::NamedCheck(_) => "check",
            Self::Definition(..) => "$defs",
            Self::Name { .. } => "$id",
        }
    }

    /// The name that it is about, of a property.
    pub(super) const fn property(&self) -> Option<Str> {
        match self {
            Self::Required(name)
            | Self::Property(name, _)
            | Self::DependentRequired(name, _)
            | Self::DependentSchema(name, _) => Some(*name),
            _ => None,
        }
    }

    /// The schema it holds.
    pub(crate) const fn child(self) -> Option<Id> {
        match self {
            Self::PrefixItem(_, id)
            | Self::Property(_, id)
            | Self::PatternProperty(_, _, id)
            | Self::DependentRequired(_, id)
            | Self::DependentSchema(_, id)
            | Self::Definition(_, id)
            | Self::Items(id)
            | Self::Contains(id)
            | Self::AdditionalProperties(id)
            | Self::PropertyNames(id)
            | Self::AllOf(id)
            | Self::AnyOf(id)
            | Self::OneOf(id)
            | Self::Not(id)
            | Self::If(id)
            | Self::Then(id)
            | Self::Else(id)
            | Self::Ref(id) => Some(id),
            _ => None,
        }
    }

    /// The same without need of the schema's text.
    pub(crate) const fn with_text(self, text: &'static str) -> Self {
        match self {
            Self::Enum(value) => Self::Enum(value.with_text(text)),
            Self::Const(value) => Self::Const(value.with_text(text)),
            Self::Minimum(number) => Self::Minimum(number.with_text(text)),
            Self::Maximum(number) => Self::Maximum(number.with_text(text)),
            Self::ExclusiveMinimum(number) => Self::ExclusiveMinimum(number.with_text(text)),
            Self::ExclusiveMaximum(number) => Self::ExclusiveMaximum(number.with_text(text)),
            Self::MultipleOf(number) => Self::MultipleOf(number.with_text(text)),
            Self::Required(name) => Self::Required(name.with_text(text)),
            Self::Property(name, id) => Self::Property(name.with_text(text), id),
            Self::DependentRequired(name, id) => Self::DependentRequired(name.with_text(text), id),
            Self::DependentSchema(name, id) => Self::DependentSchema(name.with_text(text), id),
            Self::NamedCheck(name) => Self::NamedCheck(name.with_text(text)),
            Self::Definition(name, id) => Self::Definition(name.with_text(text), id),
            other => other,
        }
    }

    /// The same in a list where it stands `ops` places further behind, and its instructions `insts`.
    pub(super) const fn moved(self, ops: Id, insts: Id) -> Self {
        match self {
            Self::Schema { last, traits, types } => {
                Self::Schema { last: last + ops, traits, types }
            }
            Self::Pattern(start, len) => Self::Pattern(start + insts, len),
            Self::PatternProperty(start, len, id) => {
                Self::PatternProperty(start + insts, len, id + ops)
            }
            Self::PrefixItem(index, id) => Self::PrefixItem(index, id + ops),
            Self::Property(name, id) => Self::Property(name, id + ops),
            Self::DependentRequired(name, id) => Self::DependentRequired(name, id + ops),
            Self::DependentSchema(name, id) => Self::DependentSchema(name, id + ops),
            Self::Definition(name, id) => Self::Definition(name, id + ops),
            Self::Items(id) => Self::Items(id + ops),
            Self::Contains(id) => Self::Contains(id + ops),
            Self::AdditionalProperties(id) => Self::AdditionalProperties(id + ops),
            Self::PropertyNames(id) => Self::PropertyNames(id + ops),
            Self::AllOf(id) => Self::AllOf(id + ops),
            Self::AnyOf(id) => Self::AnyOf(id + ops),
            Self::OneOf(id) => Self::OneOf(id + ops),
            Self::Not(id) => Self::Not(id + ops),
            Self::If(id) => Self::If(id + ops),
            Self::Then(id) => Self::Then(id + ops),
            Self::Else(id) => Self::Else(id + ops),
            Self::Ref(id) => Self::Ref(id + ops),
            other => other,
        }
    }
}
