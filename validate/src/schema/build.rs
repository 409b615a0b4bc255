//! Schemas that are made where they are used, in a `static` for example: no heap, no start-up code.

use super::error::SchemaError;
use super::keyword::{Check, Draft, Id, Keyword, NONE, Num, Str};
use super::load;
use super::registry::Registry;
use super::rules::{Builder, NoRoom, Op, Rules};
use crate::json::number;
use crate::json::text::{self, Chars};
use crate::json::types::Types;
use crate::pattern::{Inst, RegexError};
use crate::scalar::format::Format;
use core::fmt;

/// A schema of up to `N` keywords, whose patterns have up to `I` instructions.
///
/// It is made by methods that name the keywords of JSON Schema, or from a JSON text with
/// [`from_json`](Self::from_json); in a `static` or `const` that happens at compile time, and what does not fit or is
/// wrong does not compile.
///
/// # Shape
/// Each schema in it takes one of the `N`, and so does each keyword, name in `required`, and member of an
/// `enum`; [`len`](Self::len) says how many are taken. `N` is 65534 at most. The schemas in it have the same `N` and
/// `I`. Each of `N` takes 40 bytes on 64-bit targets, each of `I` 8.
///
/// What is named twice holds twice, but for the members of `enum`, which add up. A schema has one
/// [`items`](Self::items), [`additional_properties`](Self::additional_properties), [`contains`](Self::contains) with its
/// counts, and [`if_then_else`](Self::if_then_else): put more of these into [`all_of`](Self::all_of).
///
/// # Panics
/// The methods panic if `N` or `I` is too small, if a number, JSON text or pattern that they are given is wrong, and of
/// what a schema has once, at the second.
///
/// # Context
/// Plain data: may be made and read anywhere. At run time a method copies the schemas that it is given: all of their
/// `N` and `I`, on the stack.
///
/// # Examples
/// ```
/// use forebay_validate::Schema;
///
/// static PERSON: Schema<15> = Schema::object()
///     .property("name", Schema::string().min_length(1))
///     .property("age", Schema::integer().minimum(0).maximum(150))
///     .required(&["name"])
///     .closed();
/// assert_eq!(PERSON.len(), (15, 0));
/// ```
///
/// The same from JSON:
/// ```
/// use forebay_validate::Schema;
///
/// static PERSON: Schema<15> = Schema::from_json(
///     r#"{
///         "type": "object",
///         "properties": {
///             "name": {"type": "string", "minLength": 1},
///             "age": {"type": "integer", "minimum": 0, "maximum": 150}
///         },
///         "required": ["name"],
///         "additionalProperties": false
///     }"#,
/// );
/// ```
///
/// Wrong ones do not compile:
/// ```compile_fail
/// # use forebay_validate::Schema;
/// static COUNT: Schema<4> = Schema::from_json(r#"{"minimum": "3"}"#);
/// ```
#[derive(Clone, Copy)]
pub struct Schema<const N: usize, const I: usize = 0> {
    ops: [Op; N],
    insts: [Inst; I],
    len: usize,
    insts_len: usize,
}

const fn full(full: NoRoom) -> ! {
    match full {
        NoRoom::Keywords => {
            panic!("the schema has more keywords than places: raise N of `Schema<N, I>`")
        }
        NoRoom::Pattern => {
            panic!(
                "the schema's patterns have more instructions than places: raise I of `Schema<N, I>`"
            )
        }
    }
}

/// A number as JSON writes it.
const fn decimal(text: &'static str) -> Num {
    json(text);
    assert!(
        matches!(text.as_bytes(), [b'0'..=b'9' | b'-', ..]),
        "this must be a number, as JSON writes it"
    );
    assert!(matches!(text.as_bytes(), [.., b'0'..=b'9']), "no space may stand around a number");
    Num::read(text, Str::Json(text))
}

/// A JSON value.
const fn json(text: &'static str) -> Str {
    if let Err(error) = load::scan(text) {
        panic!("{}", error.describe(&mut [0; 160]));
    }
    let bytes = text.as_bytes();
    assert!(
        !bytes[0].is_ascii_whitespace() && !bytes[bytes.len() - 1].is_ascii_whitespace(),
        "no space may stand around a JSON value"
    );
    Str::Json(text)
}

const fn divisor(number: &str) {
    assert!(
        number::is_divisor(number.as_bytes()),
        "multipleOf must be above 0 and have at most 19 digits"
    );
}

/// Methods that add a keyword.
macro_rules! keywords {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*) => $keyword:expr;)+) => {
        $(
            $(#[$doc])*
            #[must_use]
            pub const fn $name(self, $($arg: $type),*) -> Self {
                self.with($keyword)
            }
        )+
    };
}

/// Methods that add a keyword with a schema.
macro_rules! children {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*) => |$id:ident| $keyword:expr;)+) => {
        $(
            $(#[$doc])*
            #[must_use]
            pub const fn $name(mut self, $($arg: $type,)* schema: Self) -> Self {
                let $id = self.merge(&schema);
                self.with($keyword)
            }
        )+
    };
}

impl<const N: usize, const I: usize> Schema<N, I> {
    /// Fits everything.
    #[must_use]
    pub const fn any() -> Self {
        let mut schema =
            Self { ops: [Op::EMPTY; N], insts: [Inst::Match; I], len: 0, insts_len: 0 };
        let mut builder = schema.builder();
        if let Err(none) = builder.schema() {
            full(none);
        }
        schema.len = 1;
        schema
    }

    /// Fits nothing.
    #[must_use]
    pub const fn never() -> Self {
        Self::any().with(Keyword::False)
    }

    /// Fits values of these types.
    ///
    /// # Examples
    /// ```
    /// use forebay_validate::{Schema, Types};
    ///
    /// static NAME: Schema<3> = Schema::types(Types::STRING.or(Types::NULL)).min_length(1);
    /// ```
    #[must_use]
    pub const fn types(types: Types) -> Self {
        Self::any().with(Keyword::Type(types))
    }

    /// Fits objects.
    #[must_use]
    pub const fn object() -> Self {
        Self::types(Types::OBJECT)
    }

    /// Fits arrays.
    #[must_use]
    pub const fn array() -> Self {
        Self::types(Types::ARRAY)
    }

    /// Fits strings.
    #[must_use]
    pub const fn string() -> Self {
        Self::types(Types::STRING)
    }

    /// Fits numbers without a fraction, as `1`, `1.0` or `10e-1`.
    #[must_use]
    pub const fn integer() -> Self {
        Self::types(Types::INTEGER)
    }

    /// Fits numbers.
    #[must_use]
    pub const fn number() -> Self {
        Self::types(Types::NUMBER)
    }

    /// Fits `true` and `false`.
    #[must_use]
    pub const fn boolean() -> Self {
        Self::types(Types::BOOLEAN)
    }

    /// Fits `null`.
    #[must_use]
    pub const fn null() -> Self {
        Self::types(Types::NULL)
    }

    /// Fits what the [`definition`](Self::definition) of this name fits, here or in a schema around this one. A value
    /// that is held against a name which nobody defines is an error,
    /// [`ValidateError::Reference`](crate::ValidateError::Reference): [`checked`](Self::checked) finds those before.
    ///
    /// # Examples
    /// ```
    /// use forebay_validate::Schema;
    ///
    /// static LIST: Schema<9> = Schema::reference("node")
    ///     .definition(
    ///         "node",
    ///         Schema::object().property("next", Schema::reference("node")),
    ///     )
    ///     .checked();
    /// ```
    #[must_use]
    pub const fn reference(name: &'static str) -> Self {
        Self::any().with(Keyword::RefTo(Str::Plain(name)))
    }

    /// Reads a schema of draft 2020-12, or of what its `$schema` says, from JSON text. See [`SchemaError`] for what is
    /// refused.
    ///
    /// At compile time schemas of more than about 50 levels need a larger `recursion_limit`, and texts of some 100 kB
    /// an `allow(long_running_const_eval)`.
    ///
    /// # Panics
    /// Where [`try_from_json`](Self::try_from_json) gives an error: a compile error in a `static`.
    #[must_use]
    pub const fn from_json(text: &'static str) -> Self {
        Self::from_json_with(text, Draft::Draft2020_12)
    }

    /// Reads a schema of `draft`, unless its `$schema` says another.
    ///
    /// # Panics
    /// As [`from_json`](Self::from_json).
    #[must_use]
    pub const fn from_json_with(text: &'static str, draft: Draft) -> Self {
        match Self::try_from_json_with(text, draft) {
            Ok(schema) => schema,
            Err(error) => panic!("{}", error.describe(&mut [0; 160])),
        }
    }

    /// Reads a schema that may refer to the documents of a registry, which also says the dialect unless its `$schema` does.
    ///
    /// # Panics
    /// As [`from_json`](Self::from_json).
    #[must_use]
    pub const fn from_json_in(text: &'static str, registry: &Registry<'static>) -> Self {
        match Self::try_from_json_in(text, registry) {
            Ok(schema) => schema,
            Err(error) => panic!("{}", error.describe(&mut [0; 160])),
        }
    }

    /// Reads a schema of draft 2020-12, or of what its `$schema` says, from JSON text.
    ///
    /// # Errors
    /// If it is none, not supported, or larger than `N` and `I`.
    ///
    /// # Context
    /// Recurses as deep as the text is: up to 128 levels, of some hundred bytes each, besides 8 KB.
    ///
    /// # Examples
    /// ```
    /// use forebay_validate::{Schema, SchemaErrorKind};
    ///
    /// let error = Schema::<2>::try_from_json(r#"{"required": ["a", "b"]}"#).unwrap_err();
    /// assert_eq!(error.kind(), SchemaErrorKind::TooManyKeywords);
    /// ```
    pub const fn try_from_json(text: &'static str) -> Result<Self, SchemaError> {
        Self::try_from_json_with(text, Draft::Draft2020_12)
    }

    /// Reads a schema of `draft`, unless its `$schema` says another.
    ///
    /// # Errors
    /// As [`try_from_json`](Self::try_from_json).
    pub const fn try_from_json_with(text: &'static str, draft: Draft) -> Result<Self, SchemaError> {
        Self::try_from_json_in(text, &Registry::new().draft(draft))
    }

    /// Reads a schema that may refer to the documents of a registry, which also says the dialect unless its `$schema` does.
    ///
    /// # Errors
    /// As [`try_from_json`](Self::try_from_json), and if a document is none.
    pub const fn try_from_json_in(
        text: &'static str,
        registry: &Registry<'static>,
    ) -> Result<Self, SchemaError> {
        let mut schema =
            Self { ops: [Op::EMPTY; N], insts: [Inst::Match; I], len: 0, insts_len: 0 };
        let mut builder = Builder::new(&mut schema.ops, &mut schema.insts);
        let loaded = load::load(text, registry, &mut builder);
        (schema.len, schema.insts_len) = builder.len();
        let texts = match loaded {
            Ok(texts) => texts,
            Err(error) => return Err(error.raised(I)),
        };
        // It stands by itself then, and can be a part of others.
        let mut i = 0;
        while i < schema.len {
            schema.ops[i].keyword = schema.ops[i].keyword.with_text(&texts);
            i += 1;
        }
        Ok(schema)
    }

    keywords! {
        /// `minProperties`: at least so many members.
        min_properties(count: u32) => Keyword::MinProperties(count);
        /// `maxProperties`: at most so many members.
        max_properties(count: u32) => Keyword::MaxProperties(count);
        /// `minItems`: at least so many items.
        min_items(count: u32) => Keyword::MinItems(count);
        /// `maxItems`: at most so many items.
        max_items(count: u32) => Keyword::MaxItems(count);
        /// `uniqueItems`: no two items are equal.
        unique_items() => Keyword::UniqueItems;
        /// `minContains`: at least so many items fit [`contains`](Self::contains), which is 1 without this.
        min_contains(count: u32) => Keyword::MinContains(count);
        /// `maxContains`: at most so many items fit [`contains`](Self::contains).
        max_contains(count: u32) => Keyword::MaxContains(count);
        /// `minLength`: at least so many chars.
        min_length(chars: u32) => Keyword::MinLength(chars);
        /// `maxLength`: at most so many chars.
        max_length(chars: u32) => Keyword::MaxLength(chars);
        /// `format`: strings are of this format.
        format(format: Format) => Keyword::Format(format);
        /// `minimum`: numbers are this or above.
        minimum(number: i64) => Keyword::Minimum(Num::Integer(number));
        /// `minimum`, of any size and precision: `"0.1"`.
        minimum_decimal(number: &'static str) => Keyword::Minimum(decimal(number));
        /// `maximum`: numbers are this or below.
        maximum(number: i64) => Keyword::Maximum(Num::Integer(number));
        /// `maximum`, of any size and precision: `"1e100"`.
        maximum_decimal(number: &'static str) => Keyword::Maximum(decimal(number));
        /// `exclusiveMinimum`: numbers are above this.
        exclusive_minimum(number: i64) => Keyword::ExclusiveMinimum(Num::Integer(number));
        /// `exclusiveMinimum`, of any size and precision.
        exclusive_minimum_decimal(number: &'static str) => Keyword::ExclusiveMinimum(decimal(number));
        /// `exclusiveMaximum`: numbers are below this.
        exclusive_maximum(number: i64) => Keyword::ExclusiveMaximum(Num::Integer(number));
        /// `exclusiveMaximum`, of any size and precision.
        exclusive_maximum_decimal(number: &'static str) => Keyword::ExclusiveMaximum(decimal(number));
        /// `const`: the value that this JSON text is, and no other.
        constant(value: &'static str) => Keyword::Const(json(value));
        /// `const`: this string, and no other value.
        constant_string(value: &'static str) => Keyword::Const(Str::Plain(value));
        /// Values fit that `check` says `Ok` to.
        ///
        /// # Examples
        /// ```
        /// use forebay_validate::{Schema, Value};
        ///
        /// fn even(value: Value<'_>) -> Result<(), &'static str> {
        ///     match value.number() {
        ///         Some(number) if number.ends_with(['0', '2', '4', '6', '8']) => Ok(()),
        ///         _ => Err("must be even"),
        ///     }
        /// }
        /// static EVEN: Schema<3> = Schema::integer().check(even);
        /// ```
        check(check: Check) => Keyword::Check(check);
        /// `customValidator`: as [`check`](Self::check), by the name that a validator knows it by.
        named_check(name: &'static str) => Keyword::NamedCheck(Str::Plain(name));
    }

    children! {
        /// `properties`: what the member `name` fits, if there is one.
        property(name: &'static str) => |id| Keyword::Property(Str::Plain(name), id);
        /// `additionalProperties`: what members fit that no property and no pattern names.
        additional_properties() => |id| Keyword::AdditionalProperties(id);
        /// `propertyNames`: what the names of members fit, as strings.
        property_names() => |id| Keyword::PropertyNames(id);
        /// `items`: what each item fits, behind those of [`prefix_item`](Self::prefix_item).
        items() => |id| Keyword::Items(id);
        /// `contains`: what at least one item fits.
        contains() => |id| Keyword::Contains(id);
        /// `allOf`, one schema a call: what all values fit as well.
        all_of() => |id| Keyword::AllOf(id);
        /// `anyOf`, one schema a call: values fit at least one of them.
        ///
        /// # Examples
        /// ```
        /// use forebay_validate::Schema;
        ///
        /// static ID: Schema<8> = Schema::any()
        ///     .any_of(Schema::integer().minimum(1))
        ///     .any_of(Schema::string());
        /// ```
        any_of() => |id| Keyword::AnyOf(id);
        /// `oneOf`, one schema a call: values fit exactly one of them.
        one_of() => |id| Keyword::OneOf(id);
        /// `not`: what values must not fit.
        not() => |id| Keyword::Not(id);
        /// `dependentSchemas`: what objects with the member `name` fit.
        dependent_schema(name: &'static str) => |id| Keyword::DependentSchema(Str::Plain(name), id);
    }

    /// `required`: objects have these members.
    #[must_use]
    pub const fn required(self, names: &[&'static str]) -> Self {
        self.required_by(Rules::ROOT, names)
    }

    /// `additionalProperties: false`: objects have no members but the named ones.
    #[must_use]
    pub const fn closed(self) -> Self {
        self.additional_properties(Self::never())
    }

    /// `patternProperties`: what members fit whose names have a match of `pattern` in them.
    #[must_use]
    pub const fn pattern_property(mut self, pattern: &'static str, schema: Self) -> Self {
        let (start, len) = self.compile(pattern);
        let id = self.merge(&schema);
        self.with(Keyword::PatternProperty(start, len, id, Str::Plain(pattern)))
    }

    /// `prefixItems`, one item a call: what the next item fits, from the first on.
    #[must_use]
    pub const fn prefix_item(mut self, schema: Self) -> Self {
        let (mut index, mut at) = (0, self.ops[0].next as usize);
        while at < self.len {
            if let Keyword::PrefixItem(..) = self.ops[at].keyword {
                index += 1;
            }
            at = self.ops[at].next as usize;
        }
        let id = self.merge(&schema);
        self.with(Keyword::PrefixItem(index, id))
    }

    /// `pattern`: strings have a match of this in them; `^…$` for the whole string.
    ///
    /// # Examples
    /// ```
    /// use forebay_validate::Schema;
    ///
    /// static PLATE: Schema<3, 16> = Schema::string().pattern("^[A-Z]{2}[0-9]+$");
    /// assert!(PLATE.len().1 <= 16);
    /// ```
    #[must_use]
    pub const fn pattern(mut self, pattern: &'static str) -> Self {
        let (start, len) = self.compile(pattern);
        self.with(Keyword::Pattern(start, len, Str::Plain(pattern)))
    }

    /// `multipleOf`: numbers are multiples of this one, which is above 0.
    #[must_use]
    pub const fn multiple_of(self, number: i64) -> Self {
        assert!(number > 0, "multipleOf must be above 0");
        self.with(Keyword::MultipleOf(Num::Integer(number)))
    }

    /// `multipleOf`, of any size and up to 19 digits: `"0.01"`.
    #[must_use]
    pub const fn multiple_of_decimal(self, number: &'static str) -> Self {
        divisor(number);
        self.with(Keyword::MultipleOf(decimal(number)))
    }

    /// `enum`: one of these strings.
    ///
    /// # Examples
    /// ```
    /// use forebay_validate::Schema;
    ///
    /// static UNIT: Schema<4> = Schema::string().one_of_strings(&["C", "F"]);
    /// ```
    #[must_use]
    pub const fn one_of_strings(mut self, values: &[&'static str]) -> Self {
        let mut i = 0;
        while i < values.len() {
            self = self.with(Keyword::Enum(Str::Plain(values[i])));
            i += 1;
        }
        if i > 0 { self } else { self.with(Keyword::False) }
    }

    /// `enum`: one of the values that these JSON texts are.
    ///
    /// # Examples
    /// ```
    /// use forebay_validate::Schema;
    ///
    /// static LEVEL: Schema<4> = Schema::any().enumeration(&["1", "\"high\"", "null"]);
    /// ```
    #[must_use]
    pub const fn enumeration(mut self, values: &[&'static str]) -> Self {
        let mut i = 0;
        while i < values.len() {
            self = self.with(Keyword::Enum(json(values[i])));
            i += 1;
        }
        if i > 0 { self } else { self.with(Keyword::False) }
    }

    /// `if`, `then` and `else`: what fits `condition` fits `then` too, and what does not fits `otherwise`.
    ///
    /// # Examples
    /// ```
    /// use forebay_validate::Schema;
    ///
    /// static AMOUNT: Schema<12> = Schema::any().if_then_else(
    ///     Schema::string(),
    ///     Schema::any().min_length(1),
    ///     Schema::number(),
    /// );
    /// ```
    #[must_use]
    pub const fn if_then_else(mut self, condition: Self, then: Self, otherwise: Self) -> Self {
        let condition = self.merge(&condition);
        self = self.with(Keyword::If(condition));
        let then = self.merge(&then);
        self = self.with(Keyword::Then(then));
        let otherwise = self.merge(&otherwise);
        self.with(Keyword::Else(otherwise))
    }

    /// `dependentRequired`: objects with the member `name` have these too.
    #[must_use]
    pub const fn dependent_required(mut self, name: &'static str, names: &[&'static str]) -> Self {
        let schema = self.merge(&Self::any());
        self = self.required_by(schema, names);
        self.with(Keyword::DependentRequired(Str::Plain(name), schema))
    }

    /// `$defs`: a schema for [`reference`](Self::reference) to name, wherever it stands. Of several with one name, any one.
    #[must_use]
    pub const fn definition(mut self, name: &'static str, schema: Self) -> Self {
        let id = self.merge(&schema);
        let mut builder = self.builder();
        if let Err(none) = builder.note(Keyword::Definition(Str::Plain(name), id), NONE) {
            full(none);
        }
        (self.len, _) = builder.len();
        self
    }

    /// Makes sure that all references name a definition. The last of the calls, if any.
    ///
    /// # Panics
    /// If one does not: a compile error in a `static`.
    ///
    /// # Examples
    /// ```compile_fail
    /// # use forebay_validate::Schema;
    /// static WRONG: Schema<2> = Schema::reference("nothing").checked();
    /// ```
    #[must_use]
    pub const fn checked(mut self) -> Self {
        let mut i = 0;
        while i < self.len {
            if let Keyword::RefTo(name) = self.ops[i].keyword {
                match self.defined(name) {
                    Some(id) => self.ops[i].keyword = Keyword::Ref(id),
                    None => panic!("a reference names no definition of the schema"),
                }
            }
            i += 1;
        }
        self
    }

    /// How many keywords and pattern instructions it has: the least `N` and `I` that hold it.
    ///
    /// # Examples
    /// ```
    /// use forebay_validate::Schema;
    ///
    /// const ROOMY: Schema<64> = Schema::array().items(Schema::string());
    /// static TIGHT: Schema<{ ROOMY.len().0 }> = Schema::array().items(Schema::string());
    /// assert_eq!(ROOMY.len(), (5, 0));
    /// ```
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // None is empty.
    pub const fn len(&self) -> (usize, usize) {
        (self.len, self.insts_len)
    }

    const fn builder(&mut self) -> Builder<'_> {
        Builder::resume(&mut self.ops, self.len, &mut self.insts, self.insts_len)
    }

    const fn with(self, keyword: Keyword) -> Self {
        let mut at = self.ops[0].next;
        while at != NONE {
            let op = &self.ops[at as usize];
            if keyword.is_same_of_one(op.keyword) {
                panic!(
                    "a schema has this keyword once: put another schema that has it into `all_of`"
                )
            }
            at = op.next;
        }
        self.with_at(Rules::ROOT, keyword)
    }

    const fn with_at(mut self, schema: Id, keyword: Keyword) -> Self {
        let mut builder = self.builder();
        if let Err(none) = builder.add(schema, keyword) {
            full(none);
        }
        (self.len, _) = builder.len();
        self
    }

    const fn required_by(mut self, schema: Id, names: &[&'static str]) -> Self {
        let mut i = 0;
        while i < names.len() {
            self = self.with_at(schema, Keyword::Required(Str::Plain(names[i])));
            i += 1;
        }
        self
    }

    /// Copies a schema behind what is there: where it starts.
    const fn merge(&mut self, schema: &Self) -> Id {
        let (ops, insts) = (self.len, self.insts_len);
        let mut builder = self.builder();
        if let Err(none) = builder
            .append(schema.ops.split_at(schema.len).0, schema.insts.split_at(schema.insts_len).0)
        {
            full(none);
        }
        (self.len, self.insts_len) = (ops + schema.len, insts + schema.insts_len);
        ops as Id
    }

    const fn compile(&mut self, pattern: &str) -> (Id, u16) {
        let mut builder = self.builder();
        let compiled = builder.pattern(Chars::plain(pattern));
        let (_, len) = builder.len();
        self.insts_len = len;
        match compiled {
            Ok(compiled) => compiled,
            Err(RegexError::TooLong { .. }) => full(NoRoom::Pattern),
            Err(error) => panic!("{}", error.message()),
        }
    }

    const fn defined(&self, name: Str) -> Option<Id> {
        let mut i = 0;
        while i < self.len {
            if let Keyword::Definition(known, id) = self.ops[i].keyword {
                if text::same(known.chars(), name.chars()) {
                    return Some(id);
                }
            }
            i += 1;
        }
        None
    }
}

impl<'a, const N: usize, const I: usize> From<&'a Schema<N, I>> for Rules<'a> {
    fn from(schema: &'a Schema<N, I>) -> Self {
        Rules::new(
            schema.ops.get(..schema.len).unwrap_or(&[]),
            schema.insts.get(..schema.insts_len).unwrap_or(&[]),
            "",
        )
    }
}

impl<const N: usize, const I: usize> fmt::Debug for Schema<N, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Rules::from(self).fmt(f)
    }
}
