//! The listener of the engine, and the demands of keywords in words.

use super::input::{Input, with_text};
use crate::json::pointer::write_path;
use crate::json::text::Chars;
use crate::json::types::Types;
use crate::json::value::{Value, write_string};
use crate::scalar::coerce::Coerced;
use crate::schema::keyword::{Id, Keyword, NONE};
use core::fmt::{self, Write};

/// Writes a path.
pub(crate) type WritePath<'a> = &'a dyn Fn(&mut dyn Write) -> fmt::Result;

/// A violation.
pub(crate) struct Told<'a> {
    pub(crate) at: u32,
    pub(crate) path: WritePath<'a>,
    pub(crate) schema_path: WritePath<'a>,
    pub(crate) keyword: &'static str,
    pub(crate) message: &'a dyn fmt::Display,
}

/// Whom the engine tells.
pub(crate) trait Log {
    /// Whether it is of interest what else is wrong with a text that does not fit.
    fn wants_more(&self) -> bool;
    fn violation(&mut self, told: Told<'_>);
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
    /// Of `enum`, the place of its first value.
    pub(crate) at: Id,
    pub(crate) about: About<'a>,
    /// The place of the keyword that fails the closest of its schemas, and where a value in this one starts that fails it.
    pub(crate) why: (Id, Option<u32>),
    /// How many of its schemas fit.
    pub(crate) fits: u32,
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
            // Of a member whose name is not known here.
            Keyword::Property(..)
            | Keyword::PatternProperty(..)
            | Keyword::AdditionalProperties(_) => f.write_str("has a property that is not allowed"),
            Keyword::PropertyNames(_) => {
                f.write_str("has a name that does not fit `propertyNames`")
            }
            Keyword::Type(types) => write!(f, "must be {}", Named(types)),
            Keyword::Enum(_) => self.listed(f),
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
            Keyword::Pattern(.., text) => {
                f.write_str("must match the pattern ")?;
                write_string(f, rules.chars(text), "")
            }
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
            Keyword::AnyOf(_) => {
                f.write_str("must fit one of the schemas of `anyOf`")?;
                self.reason(f, "; closest: ")
            }
            Keyword::OneOf(_) if self.fits > 1 => {
                write!(f, "must fit exactly one of the schemas of `oneOf`, and fits {}", self.fits)
            }
            Keyword::OneOf(_) => {
                f.write_str("must fit exactly one of the schemas of `oneOf`")?;
                self.reason(f, "; closest: ")
            }
            Keyword::NoFraction => f.write_str("must be an integer without a fraction"),
            Keyword::UnevaluatedProperties(_) => {
                f.write_str("has a property that no schema allows")
            }
            Keyword::UnevaluatedItems(_) => f.write_str("has an item that no schema allows"),
            Keyword::Not(_) => f.write_str("must not fit the schema of `not`"),
            Keyword::Then(_) => {
                f.write_str("must fit `then`, since it fits `if`")?;
                self.reason(f, ": ")
            }
            Keyword::Else(_) => {
                f.write_str("must fit `else`, since it does not fit `if`")?;
                self.reason(f, ": ")
            }
            Keyword::DependentRequired(name, _) | Keyword::DependentSchema(name, _) => {
                write!(f, "has the property {}", Value::string(rules.chars(name)))?;
                self.reason(f, ": then it ")
            }
            other => write!(f, "does not fit `{}`", other.name()),
        }
    }
}

impl Demand<'_> {
    /// The values of `enum`.
    fn listed(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = self.input.rules;
        let values = || {
            rules.keywords_from(self.at).filter_map(|(_, keyword)| match *keyword {
                Keyword::Enum(value) => Some(rules.value(value)),
                _ => None,
            })
        };
        let mut left = values().count();
        f.write_str(if left > 1 { "must be one of " } else { "must be " })?;
        for value in values() {
            left -= 1;
            write!(f, "{value}{}", if left > 0 { ", " } else { "" })?;
        }
        Ok(())
    }

    /// Why the closest schema does not fit, behind these words.
    fn reason(&self, f: &mut fmt::Formatter<'_>, before: &str) -> fmt::Result {
        let (at, start) = self.why;
        let keyword = self.input.rules.keyword(at);
        if let Keyword::Schema(_) = keyword {
            return Ok(());
        }
        f.write_str(before)?;
        if let Some(start) = start {
            write_path(self.input.text, start as usize, f)?;
            f.write_str(" ")?;
        }
        // Without reasons of its own.
        let why = Demand { keyword, at, about: About::Value, why: (NONE, None), fits: 0, ..*self };
        why.of_value(f)
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
