//! The listener of the engine, and the demands of keywords in words.

use super::input::{Input, with_text};
use crate::json::text::Chars;
use crate::json::types::Types;
use crate::json::value::{Value, write_string};
use crate::scalar::coerce::Coerced;
use crate::schema::keyword::Keyword;
use core::fmt::{self, Write};

/// Writes a path.
pub(crate) type WritePath<'a> = &'a dyn Fn(&mut dyn Write) -> fmt::Result;

/// Whom the engine tells.
pub(crate) trait Log {
    /// Whether it is of interest what else is wrong with a text that does not fit.
    fn wants_more(&self) -> bool;
    fn violation(
        &mut self,
        at: u32,
        path: WritePath<'_>,
        keyword: &'static str,
        message: &dyn fmt::Display,
    );
    fn coerced(&mut self, path: WritePath<'_>, value: &Coerced);
}

/// The name of a member, as far as it is known.
#[derive(Clone, Copy)]
pub(crate) struct Name<'a> {
    pub(crate) chars: Chars<'a>,
    /// More may follow.
    pub(crate) cut: bool,
}

/// As JSON; an ellipsis stands for what may follow.
impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_string(f, self.chars, if self.cut { "…" } else { "" })
    }
}

/// The subject of a demand.
#[derive(Clone, Copy)]
pub(crate) enum About<'a> {
    /// The value itself.
    Value,
    /// The name of the object's member at hand.
    Name(Name<'a>),
    /// That the object has such a member.
    Member(Name<'a>),
}

/// What a keyword asks for, in words.
pub(crate) struct Demand<'a> {
    pub(crate) keyword: Keyword,
    pub(crate) about: About<'a>,
    pub(crate) input: Input<'a>,
}

impl fmt::Display for Demand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.about {
            About::Value => self.of_value(f),
            About::Name(name) => {
                write!(f, "the name {name} ")?;
                self.of_value(f)
            }
            About::Member(name) => write!(f, "must not have the property {name}"),
        }
    }
}

impl Demand<'_> {
    fn of_value(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = self.input.rules;
        match self.keyword {
            Keyword::False | Keyword::Items(_) | Keyword::PrefixItem(..) => {
                f.write_str("is not allowed")
            }
            Keyword::Type(types) => write!(f, "must be {}", Named(types)),
            Keyword::Enum(_) => f.write_str("must be one of the listed values"),
            Keyword::Const(value) => write!(f, "must be {}", rules.value(value)),
            Keyword::Minimum(n) => with_text(n, self.input, |n| write!(f, "must be at least {n}")),
            Keyword::Maximum(n) => with_text(n, self.input, |n| write!(f, "must be at most {n}")),
            Keyword::ExclusiveMinimum(n) => {
                with_text(n, self.input, |n| write!(f, "must be above {n}"))
            }
            Keyword::ExclusiveMaximum(n) => {
                with_text(n, self.input, |n| write!(f, "must be below {n}"))
            }
            Keyword::MultipleOf(n) => {
                with_text(n, self.input, |n| write!(f, "must be a multiple of {n}"))
            }
            Keyword::MinLength(n) => write!(f, "must have at least {n} characters"),
            Keyword::MaxLength(n) => write!(f, "must have at most {n} characters"),
            Keyword::Pattern(..) => f.write_str("must match the pattern"),
            Keyword::Format(format) => write!(f, "must have the format {}", format.name()),
            Keyword::MinItems(n) => write!(f, "must have at least {n} items"),
            Keyword::MaxItems(n) => write!(f, "must have at most {n} items"),
            Keyword::UniqueItems => f.write_str("must not have the same item twice"),
            Keyword::Contains(_) => f.write_str("has too few items that fit `contains`"),
            Keyword::MaxContains(n) => write!(f, "must have at most {n} items that fit `contains`"),
            Keyword::MinProperties(n) => write!(f, "must have at least {n} properties"),
            Keyword::MaxProperties(n) => write!(f, "must have at most {n} properties"),
            Keyword::Required(name) => {
                f.write_str("must have the property ")?;
                fmt::Display::fmt(&Value::string(rules.chars(name)), f)
            }
            Keyword::AnyOf(_) => f.write_str("must fit one of the schemas of `anyOf`"),
            Keyword::OneOf(_) => f.write_str("must fit exactly one of the schemas of `oneOf`"),
            Keyword::Not(_) => f.write_str("must not fit the schema of `not`"),
            Keyword::Then(_) => f.write_str("must fit `then`, since it fits `if`"),
            Keyword::Else(_) => f.write_str("must fit `else`, since it does not fit `if`"),
            Keyword::DependentRequired(name, _) | Keyword::DependentSchema(name, _) => {
                f.write_str("does not have what must come with the property ")?;
                fmt::Display::fmt(&Value::string(rules.chars(name)), f)
            }
            other => write!(f, "does not fit `{}`", other.name()),
        }
    }
}

/// Types with their articles.
struct Named(Types);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let article = match self.0 {
            Types::NULL => "",
            types if types.contains(Types::INTEGER) => "an ",
            types if types.contains(Types::NUMBER) || types.contains(Types::STRING) => "a ",
            types if types.contains(Types::BOOLEAN) => "a ",
            _ => "an ",
        };
        write!(f, "{article}{}", self.0)
    }
}
