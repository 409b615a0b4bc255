//! The types of JSON values.

use super::text::{self, Chars};
use core::fmt;

/// A set of JSON types, for [`Schema::types`](crate::Schema::types).
///
/// # Examples
/// ```
/// use forebay_validate::Types;
///
/// const SCALAR: Types = Types::STRING.or(Types::NUMBER);
/// assert!(SCALAR.contains(Types::STRING) && !SCALAR.contains(Types::NULL));
/// assert_eq!(SCALAR.to_string(), "number or string");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Types(u8);

impl Types {
    /// `null`.
    pub const NULL: Self = Self(1);
    /// `true` and `false`.
    pub const BOOLEAN: Self = Self(1 << 1);
    /// A number without a fraction, as `1`, `1.0` or `10e-1`.
    pub const INTEGER: Self = Self(1 << 2);
    /// Any number.
    pub const NUMBER: Self = Self(1 << 3);
    /// A text in quotes.
    pub const STRING: Self = Self(1 << 4);
    /// Items in brackets.
    pub const ARRAY: Self = Self(1 << 5);
    /// Members in braces.
    pub const OBJECT: Self = Self(1 << 6);
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const ALL: Self = Self((1 << 7) - 1);

    /// Either's types.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The types that both have; an integer is a number.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.with_integers().0 & other.with_integers().0)
    }

    const fn with_integers(self) -> Self {
        if self.contains(Self::NUMBER) { self.or(Self::INTEGER) } else { self }
    }

    /// Whether all of `other` are among them.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(crate) const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The names, as `integer or string`.
    const NAMES: [(Self, &'static str); 7] = [
        (Self::INTEGER, "integer"),
        (Self::NUMBER, "number"),
        (Self::STRING, "string"),
        (Self::BOOLEAN, "boolean"),
        (Self::OBJECT, "object"),
        (Self::ARRAY, "array"),
        (Self::NULL, "null"),
    ];

    /// The type with this name in JSON Schema.
    #[must_use]
    pub(crate) const fn from_name(name: Chars<'_>) -> Option<Self> {
        let mut i = 0;
        while i < Self::NAMES.len() {
            if text::same(name, Chars::plain(Self::NAMES[i].1)) {
                return Some(Self::NAMES[i].0);
            }
            i += 1;
        }
        None
    }
}

impl fmt::Display for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for (one, name) in Self::NAMES {
            if self.contains(one) {
                f.write_str(if first { "" } else { " or " })?;
                f.write_str(name)?;
                first = false;
            }
        }
        Ok(())
    }
}
