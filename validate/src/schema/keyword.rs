//! Keywords, of which schemas consist.

pub(crate) use super::texts::Span;
use super::texts::Texts;
use crate::json::number;
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

    /// The same without need of the schema's texts.
    pub(super) const fn with_text(self, texts: &Texts<'static>) -> Self {
        match self {
            Self::Span(span) => Self::Json(texts.of(span)),
            other => other,
        }
    }
}

/// A number in a schema, exactly.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Num {
    Integer(i64),
    Text(Str),
}

impl Num {
    /// The number that `text` is in JSON; if it takes more than an integer, that is `otherwise`.
    pub(super) const fn read(text: &str, otherwise: Str) -> Self {
        match number::integer(text.as_bytes()) {
            Some(integer) => Self::Integer(integer),
            None => Self::Text(otherwise),
        }
    }

    pub(super) const fn with_text(self, texts: &Texts<'static>) -> Self {
        match self {
            Self::Text(number) => Self::Text(number.with_text(texts)),
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

/// What kinds of keywords a schema has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Traits(u32);

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
    /// About parts that other schemas of the same value may have said something of.
    pub(crate) const UNEVALUATED: Self = Self(1 << 16);

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

/// Which JSON Schema a text is written in.
///
/// `$schema` in the text says so itself, and goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Draft {
    /// <http://json-schema.org/draft-04/schema#>: `id`, boolean `exclusiveMinimum` and `exclusiveMaximum`; `1.0` is not an
    /// integer. Keywords beside a `$ref` are ignored, up to draft 7.
    Draft4,
    /// <http://json-schema.org/draft-06/schema#>
    Draft6,
    /// <http://json-schema.org/draft-07/schema#>
    Draft7,
    /// <https://json-schema.org/draft/2019-09/schema>
    Draft2019_09,
    /// <https://json-schema.org/draft/2020-12/schema>
    #[default]
    Draft2020_12,
}

/// A draft, and whether its vocabulary for validation counts: metaschemas may leave it out. In one byte, since a name has room for
/// no more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialect(u8);

impl Dialect {
    const WITHOUT_VALIDATION: u8 = 1 << 7;

    pub(super) const fn of(draft: Draft) -> Self {
        Self(draft as u8)
    }

    pub(super) const fn without_validation(draft: Draft) -> Self {
        Self(draft as u8 | Self::WITHOUT_VALIDATION)
    }

    pub(super) const fn draft(self) -> Draft {
        let mut i = 0;
        while i + 1 < Draft::ALL.len() && Draft::ALL[i] as u8 != self.0 & !Self::WITHOUT_VALIDATION
        {
            i += 1;
        }
        Draft::ALL[i]
    }

    /// Whether it has this keyword.
    pub(super) const fn has(self, word: Word) -> bool {
        let validates = self.0 & Self::WITHOUT_VALIDATION == 0;
        word.is_in(self.draft()) && (validates || !word.is_validation())
    }
}

impl Draft {
    const ALL: [Self; 5] =
        [Self::Draft4, Self::Draft6, Self::Draft7, Self::Draft2019_09, Self::Draft2020_12];

    /// Whether it is at least as new as `other`.
    pub(super) const fn since(self, other: Self) -> bool {
        self as u8 >= other as u8
    }
}

/// A name as a text.
const fn utf8(name: &'static [u8]) -> &'static str {
    match core::str::from_utf8(name) {
        Ok(name) => name,
        Err(_) => "",
    }
}

/// A word is of the vocabulary for validation.
macro_rules! is_validation {
    () => {
        false
    };
    (validation) => {
        true
    };
}

/// The names of keywords in JSON Schema that mean something here, with the drafts that have them unless all do, and whether they
/// are of the vocabulary for validation.
macro_rules! words {
    ($($word:ident = $name:literal $(in $first:ident to $last:ident)? $(of $vocabulary:ident)?;)+) => {
        /// A keyword by its name in a text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Word { $($word),+ }

        impl Word {
            /// The word with this name.
            pub(crate) const fn from_name(name: &[u8]) -> Option<Self> {
                match name {
                    $($name => Some(Self::$word),)+
                    _ => None,
                }
            }

            /// Its name.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$word => const { utf8($name) }),+ }
            }

            /// Whether it is of the vocabulary for validation.
            const fn is_validation(self) -> bool {
                match self { $(Self::$word => is_validation!($($vocabulary)?)),+ }
            }

            /// Whether `draft` has it.
            pub(crate) const fn is_in(self, draft: Draft) -> bool {
                match self {
                    $(Self::$word => true $(&& draft.since(Draft::$first) && Draft::$last.since(draft))?),+
                }
            }
        }
    };
}

words! {
    AdditionalItems = b"additionalItems" in Draft4 to Draft2019_09;
    AdditionalProperties = b"additionalProperties";
    AllOf = b"allOf";
    Anchor = b"$anchor" in Draft2019_09 to Draft2020_12;
    AnyOf = b"anyOf";
    Const = b"const" in Draft6 to Draft2020_12 of validation;
    Contains = b"contains" in Draft6 to Draft2020_12;
    CustomValidator = b"customValidator";
    Definitions = b"definitions";
    Defs = b"$defs";
    Dependencies = b"dependencies";
    DependentRequired = b"dependentRequired" in Draft2019_09 to Draft2020_12 of validation;
    DependentSchemas = b"dependentSchemas" in Draft2019_09 to Draft2020_12;
    DynamicAnchor = b"$dynamicAnchor" in Draft2020_12 to Draft2020_12;
    DynamicRef = b"$dynamicRef" in Draft2020_12 to Draft2020_12;
    Else = b"else" in Draft7 to Draft2020_12;
    Enum = b"enum" of validation;
    ExclusiveMaximum = b"exclusiveMaximum" of validation;
    ExclusiveMinimum = b"exclusiveMinimum" of validation;
    Format = b"format";
    Id = b"$id" in Draft6 to Draft2020_12;
    If = b"if" in Draft7 to Draft2020_12;
    Items = b"items";
    MaxContains = b"maxContains" in Draft2019_09 to Draft2020_12 of validation;
    MaxItems = b"maxItems" of validation;
    MaxLength = b"maxLength" of validation;
    MaxProperties = b"maxProperties" of validation;
    Maximum = b"maximum" of validation;
    MinContains = b"minContains" in Draft2019_09 to Draft2020_12 of validation;
    MinItems = b"minItems" of validation;
    MinLength = b"minLength" of validation;
    MinProperties = b"minProperties" of validation;
    Minimum = b"minimum" of validation;
    MultipleOf = b"multipleOf" of validation;
    Not = b"not";
    OldId = b"id" in Draft4 to Draft4;
    OneOf = b"oneOf";
    Pattern = b"pattern" of validation;
    PatternProperties = b"patternProperties";
    PrefixItems = b"prefixItems" in Draft2020_12 to Draft2020_12;
    Properties = b"properties";
    PropertyNames = b"propertyNames" in Draft6 to Draft2020_12;
    RecursiveAnchor = b"$recursiveAnchor" in Draft2019_09 to Draft2019_09;
    RecursiveRef = b"$recursiveRef" in Draft2019_09 to Draft2019_09;
    Ref = b"$ref";
    Required = b"required" of validation;
    Schema = b"$schema";
    Then = b"then" in Draft7 to Draft2020_12;
    Type = b"type" of validation;
    UnevaluatedItems = b"unevaluatedItems" in Draft2019_09 to Draft2020_12;
    UnevaluatedProperties = b"unevaluatedProperties" in Draft2019_09 to Draft2020_12;
    UniqueItems = b"uniqueItems" of validation;
}

/// The type of a keyword's part, by its kind.
macro_rules! part {
    (summary) => {
        Summary
    };
    (named) => {
        Named
    };
    (pending) => {
        Pending
    };
    (types) => {
        Types
    };
    (format) => {
        Format
    };
    (check) => {
        Check
    };
    (number) => {
        Num
    };
    (count) => {
        u32
    };
    (insts) => {
        Id
    };
    (len) => {
        u16
    };
    (child) => {
        Id
    };
    // A value, the name of a property, another name.
    (value) => {
        Str
    };
    (property) => {
        Str
    };
    (name) => {
        Str
    };
}

/// The part of a kind, where there is one: each is given twice, to be told and to be used.
macro_rules! child {
    () => { None };
    (child $it:ident $($rest:ident)*) => { Some($it) };
    ($kind:ident $it:ident $($rest:ident)*) => { child!($($rest)*) };
}
macro_rules! property {
    () => { None };
    (property $it:ident $($rest:ident)*) => { Some($it) };
    ($kind:ident $it:ident $($rest:ident)*) => { property!($($rest)*) };
}

/// A part without need of the schema's texts.
macro_rules! with_text {
    (value $it:ident $text:ident) => {
        $it.with_text($text)
    };
    (property $it:ident $text:ident) => {
        $it.with_text($text)
    };
    (name $it:ident $text:ident) => {
        $it.with_text($text)
    };
    (number $it:ident $text:ident) => {
        $it.with_text($text)
    };
    ($kind:ident $it:ident $text:ident) => {
        $it
    };
}

/// A part in a list that stands further behind.
macro_rules! moved {
    (summary $it:ident $ops:ident $insts:ident) => {
        Summary { last: $it.last + $ops, ..$it }
    };
    (child $it:ident $ops:ident $insts:ident) => {
        $it + $ops
    };
    (insts $it:ident $ops:ident $insts:ident) => {
        $it + $insts
    };
    ($kind:ident $it:ident $ops:ident $insts:ident) => {
        $it
    };
}

/// The part that is shown beside the keyword's name.
macro_rules! shown {
    () => { None };
    (types $it:ident $($rest:ident)*) => { Some(Part::Types($it)) };
    (format $it:ident $($rest:ident)*) => { Some(Part::Format($it)) };
    (number $it:ident $($rest:ident)*) => { Some(Part::Number($it)) };
    (count $it:ident $($rest:ident)*) => { Some(Part::Count($it)) };
    (len $it:ident $($rest:ident)*) => { Some(Part::Insts($it)) };
    (value $it:ident $($rest:ident)*) => { Some(Part::Value($it)) };
    (property $it:ident $($rest:ident)*) => { Some(Part::Name($it)) };
    (name $it:ident $($rest:ident)*) => { Some(Part::Name($it)) };
    ($kind:ident $it:ident $($rest:ident)*) => { shown!($($rest)*) };
}

/// A keyword's part as it is shown.
pub(super) enum Part {
    Types(Types),
    Format(Format),
    Number(Num),
    Count(u32),
    /// So many instructions.
    Insts(u16),
    Value(Str),
    Name(Str),
}

/// A schema has such a keyword once.
macro_rules! once {
    (once) => {
        true
    };
    (bit) => {
        false
    };
}
/// Such a keyword is about a name that an object has or not.
macro_rules! has_bit {
    (once) => {
        false
    };
    (bit) => {
        true
    };
}

/// A keyword's name: a word's, or a text.
macro_rules! name {
    ($name:literal) => {
        $name
    };
    ($word:ident) => {
        Word::$word.name()
    };
}

/// Each keyword with its parts; its name, as a word or otherwise; whether a schema has it once, or it has a bit; and what it is
/// about.
macro_rules! keywords {
    ($(
        $(#[$doc:meta])*
        $keyword:ident $(($($part:ident),+))? = $name:tt $([$mark:ident])? $(: $($about:ident)+)?;
    )+) => {
        /// What a schema asks of a value. Each of several (`required` names, `anyOf` branches, `enum` members) is a
        /// keyword of its own.
        #[derive(Debug, Clone, Copy)]
        pub(crate) enum Keyword {
            $($(#[$doc])* $keyword $(($(part!($part)),+))?,)+
        }

        #[allow(unused_variables)] // Most parts are of no interest in most of these.
        impl Keyword {
            /// Its name in JSON Schema.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$keyword { .. } => name!($name),)+ }
            }

            /// Its traits.
            pub(crate) const fn traits(&self) -> Traits {
                match self { $(Self::$keyword { .. } => const { Traits::NONE $($(.or(Traits::$about))+)? },)+ }
            }

            /// Whether `other` in the same schema would not count beside it: both are of a kind that a schema has once.
            pub(super) const fn is_same_of_one(self, other: Self) -> bool {
                match (self, other) {
                    $($((Self::$keyword { .. }, Self::$keyword { .. }) => once!($mark),)?)+
                    _ => false,
                }
            }

            /// Whether it is about a name that an object has or not.
            pub(crate) const fn has_bit(&self) -> bool {
                match self {
                    $($(Self::$keyword { .. } => has_bit!($mark),)?)+
                    _ => false,
                }
            }

            /// The name that it is about, of a property.
            pub(super) const fn property(&self) -> Option<Str> {
                match *self { $(Self::$keyword $(($($part),+))? => property!($($($part $part)+)?),)+ }
            }

            /// The schema it holds.
            pub(crate) const fn child(self) -> Option<Id> {
                match self { $(Self::$keyword $(($($part),+))? => child!($($($part $part)+)?),)+ }
            }

            /// The part that is shown beside its name.
            pub(super) const fn shown(self) -> Option<Part> {
                match self { $(Self::$keyword $(($($part),+))? => shown!($($($part $part)+)?),)+ }
            }

            /// The same without need of the schema's texts.
            pub(super) const fn with_text(self, texts: &Texts<'static>) -> Self {
                match self {
                    $(Self::$keyword $(($($part),+))? => {
                        Self::$keyword $(($(with_text!($part $part texts)),+))?
                    })+
                }
            }

            /// The same in a list where it stands `ops` places further behind, and its instructions `insts`.
            pub(super) const fn moved(self, ops: Id, insts: Id) -> Self {
                match self {
                    $(Self::$keyword $(($($part),+))? => {
                        Self::$keyword $(($(moved!($part $part ops insts)),+))?
                    })+
                }
            }
        }
    };
}

keywords! {
    /// Where a schema starts. Alone it fits everything.
    Schema(summary) = "";
    /// Nothing fits.
    False = "false": FALSE;
    Type(types) = Type;
    /// Numbers have neither a fraction nor an exponent: an integer of draft 4.
    NoFraction = Type: NUMBER;
    /// One of the values that fit.
    Enum(value) = Enum: ANY LISTED;
    Const(value) = Const: ANY LISTED;

    Minimum(number) = Minimum: NUMBER;
    Maximum(number) = Maximum: NUMBER;
    ExclusiveMinimum(number) = ExclusiveMinimum: NUMBER;
    ExclusiveMaximum(number) = ExclusiveMaximum: NUMBER;
    MultipleOf(number) = MultipleOf: NUMBER;

    MinLength(count) = MinLength: STRING LENGTH_OR_PATTERN;
    MaxLength(count) = MaxLength: STRING LENGTH_OR_PATTERN;
    /// Where its instructions start, how many they are, and its text.
    Pattern(insts, len, name) = Pattern: STRING LENGTH_OR_PATTERN;
    Format(format) = Format: STRING NUMBER FORMAT;

    MinItems(count) = MinItems: ARRAY;
    MaxItems(count) = MaxItems: ARRAY;
    UniqueItems = UniqueItems: ARRAY UNIQUE;
    /// Of the item at this index.
    PrefixItem(count, child) = PrefixItems: ARRAY;
    /// Of the items behind those.
    Items(child) = Items [once]: ARRAY;
    Contains(child) = Contains [once]: ARRAY CONTAINS;
    UnevaluatedItems(child) = UnevaluatedItems [once]: ARRAY UNEVALUATED;
    MinContains(count) = MinContains [once];
    MaxContains(count) = MaxContains [once];

    MinProperties(count) = MinProperties: OBJECT;
    MaxProperties(count) = MaxProperties: OBJECT MAX_PROPERTIES;
    Property(property, child) = Properties: OBJECT;
    /// The instructions, and of the properties whose names they match; the pattern's text.
    PatternProperty(insts, len, child, name) = PatternProperties: OBJECT;
    AdditionalProperties(child) = AdditionalProperties [once]: OBJECT CLOSED;
    UnevaluatedProperties(child) = UnevaluatedProperties [once]: OBJECT UNEVALUATED;
    PropertyNames(child) = PropertyNames: OBJECT PROPERTY_NAMES;
    Required(property) = Required [bit]: OBJECT NAMES;
    DependentRequired(property, child) = DependentRequired [bit]: OBJECT NAMES IN_PLACE;
    DependentSchema(property, child) = DependentSchemas [bit]: OBJECT NAMES IN_PLACE;

    AllOf(child) = AllOf: IN_PLACE;
    AnyOf(child) = AnyOf: IN_PLACE;
    OneOf(child) = OneOf: IN_PLACE;
    Not(child) = Not: IN_PLACE;
    If(child) = If [once]: IN_PLACE;
    Then(child) = Then: IN_PLACE;
    Else(child) = Else: IN_PLACE;
    Ref(child) = Ref: IN_PLACE;
    /// A `Ref` whose target is not known yet.
    RefTo(name) = Ref: IN_PLACE;

    Check(check) = "check": ANY;
    /// By the name that a validator knows it by.
    NamedCheck(name) = "check": ANY;

    /// A schema to refer to. In no schema's list of keywords.
    Definition(name, child) = Defs;
    /// A reference in a text, before it is followed.
    Pending(pending) = Ref: IN_PLACE;
    /// A place that references find by its name. In no schema's list.
    Name(named) = Id;
}

impl Keyword {
    /// Of a schema at `id` without keywords yet.
    pub(super) const fn start(id: Id) -> Self {
        Self::Schema(Summary { last: id, traits: Traits::NONE, types: Types::NONE })
    }
}

/// A schema's last keyword, what all are about, and the types that it asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Summary {
    pub(super) last: Id,
    pub(super) traits: Traits,
    pub(super) types: Types,
}

/// A reference in a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pending {
    pub(super) reference: Span,
    /// The resource that it stands in, once that is known.
    pub(super) resource: Id,
    /// `$dynamicRef` or `$recursiveRef`.
    pub(super) dynamic: bool,
}

/// A place that references find by its name, or facts about a place, while a schema is read: in a tree by the hashes of the names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named {
    pub(super) kind: Kind,
    /// Of a resource.
    pub(super) dialect: Dialect,
    pub(super) hash: u32,
    /// The resource, place or scope that the name belongs to, by the kind.
    pub(super) within: u32,
    pub(super) name: Span,
    /// Where it is, in all texts.
    pub(super) place: u32,
    /// Its schema, where that is known.
    pub(super) schema: Id,
    pub(super) left: Id,
    pub(super) right: Id,
}

/// The kinds of things that have names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A schema with a `$id`, in the resource around it.
    Resource,
    /// Another document, by its number.
    Document,
    /// In a resource.
    Anchor,
    /// The same, where `$dynamicRef` looks for it in the resources around as well.
    DynamicAnchor,
    /// A member or item of the container at a place.
    Member,
    /// A container whose members are all named.
    Container,
    /// A schema that was read because a reference names its place, in a scope. The name ends where the schema's keywords do.
    Target,
    /// A resource, entered in a scope.
    Scope,
}
