//! JSON values, read from their text again and again: compared and hashed without a tree.
//!
//! The texts went through the scanner, so they are right. Of one that is not, everything here still ends.

use super::number;
use super::text::{self, Chars};
use super::types::Types;
use super::walk::Walker;
use core::fmt;
use core::hash::{Hash, Hasher};

/// A JSON value, as its text stands: what a [`Check`](crate::Check) is asked about.
///
/// # Context and cost
/// Plain data: may be read anywhere. Nothing is decoded before it is asked for.
///
/// # Examples
/// ```
/// use forebay_validate::Value;
///
/// fn even(value: Value<'_>) -> Result<(), &'static str> {
///     match value.number() {
///         Some(number) if number.ends_with(['0', '2', '4', '6', '8']) => Ok(()),
///         _ => Err("must be even"),
///     }
/// }
/// # let _: forebay_validate::Check = even;
/// ```
#[derive(Clone, Copy)]
pub struct Value<'a>(Inner<'a>);

#[derive(Clone, Copy)]
enum Inner<'a> {
    /// Of one value, without space around it.
    Json(&'a str),
    /// Of a string, decoded.
    String(Chars<'a>),
}

/// How often a comparison may look at each byte for nothing.
const FREE: usize = 16;

/// The comparison has more to look at than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMuchWork;

fn spend(work: &mut usize, bytes: usize) -> Result<(), TooMuchWork> {
    *work = work.checked_sub(bytes).ok_or(TooMuchWork)?;
    Ok(())
}

/// Whether the members of one object are another's.
enum In {
    Not,
    Order,
    AnyOrder,
}

impl<'a> Value<'a> {
    pub(crate) const fn new(json: &'a str) -> Self {
        Self(Inner::Json(json))
    }

    pub(crate) const fn string(chars: Chars<'a>) -> Self {
        Self(Inner::String(chars))
    }

    /// Its text in JSON; `None` of a string that is not written in JSON: a schema's, or one that was coerced.
    #[must_use]
    pub fn json(self) -> Option<&'a str> {
        match self.0 {
            Inner::Json(json) => Some(json),
            Inner::String(_) => None,
        }
    }

    /// Its type; an integer's is [`Types::INTEGER`], whose value may be written as `1.0`.
    #[must_use]
    pub fn types(self) -> Types {
        let Inner::Json(json) = self.0 else { return Types::STRING };
        match json.as_bytes().first() {
            Some(b'{') => Types::OBJECT,
            Some(b'[') => Types::ARRAY,
            Some(b'"') => Types::STRING,
            Some(b't' | b'f') => Types::BOOLEAN,
            Some(b'n') | None => Types::NULL,
            _ if number::is_integer(json) => Types::INTEGER,
            _ => Types::NUMBER,
        }
    }

    /// Whether it is of one of these types; of no types any value is.
    pub(crate) fn is_one_of(self, types: Types) -> bool {
        let own = self.types();
        types.is_none()
            || types.contains(own)
            || own == Types::INTEGER && types.contains(Types::NUMBER)
    }

    /// A string's chars, escapes decoded; `None` of another value.
    #[must_use]
    pub fn chars(self) -> Option<impl Iterator<Item = char> + Clone + 'a> {
        self.text()
    }

    pub(crate) fn text(self) -> Option<Chars<'a>> {
        match self.0 {
            Inner::String(chars) => Some(chars),
            Inner::Json(json) => json
                .strip_prefix('"')
                .map(|rest| Chars::escaped(rest.strip_suffix('"').unwrap_or(rest))),
        }
    }

    /// A number's text, of any length and precision; `None` of another value.
    #[must_use]
    pub fn number(self) -> Option<&'a str> {
        self.json().filter(|json| json.starts_with(|c: char| c == '-' || c.is_ascii_digit()))
    }

    /// A boolean's value; `None` of another one.
    #[must_use]
    pub fn boolean(self) -> Option<bool> {
        match self.json()? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// The parts of an array or object, one after the other; none of another value.
    pub(crate) fn parts(self) -> Parts<'a> {
        match self.0 {
            Inner::Json(json) if json.starts_with(['{', '[']) => {
                let mut walker = Walker::new(json);
                walker.at = 1;
                Parts { text: json, walker }
            }
            _ => Parts { text: "", walker: Walker::new("") },
        }
    }

    /// An object's keys and values.
    fn members(self) -> impl Iterator<Item = (Chars<'a>, Self)> {
        let mut parts = self.parts();
        core::iter::from_fn(move || Some((parts.next()?.text()?, parts.next()?)))
    }

    /// Whether they are the same value: numbers by what they are worth, objects whatever their order.
    ///
    /// Recurses as deep as the values are. Objects that are in another order can take many times their length to compare:
    /// each byte looked at beyond [`FREE`] times that takes one of `work`.
    pub(crate) fn is_same(self, other: Self, work: &mut usize) -> Result<bool, TooMuchWork> {
        let free = self.len().saturating_add(other.len()).saturating_mul(FREE);
        let mut left = work.saturating_add(free);
        let same = self.is_same_within(other, &mut left)?;
        *work = left.min(*work);
        Ok(same)
    }

    fn is_same_within(self, other: Self, work: &mut usize) -> Result<bool, TooMuchWork> {
        if let (Some(a), Some(b)) = (self.number(), other.number()) {
            return Ok(number::compare(a, b).is_eq());
        }
        if let (Some(a), Some(b)) = (self.text(), other.text()) {
            return Ok(text::same(a, b));
        }
        let types = self.types();
        if types != other.types() {
            return Ok(false);
        }
        match types {
            Types::ARRAY => {
                spend(work, self.len() + other.len())?;
                let (mut a, mut b) = (self.parts(), other.parts());
                loop {
                    match (a.next(), b.next()) {
                        (None, None) => return Ok(true),
                        (Some(a), Some(b)) if a.is_same_within(b, work)? => {}
                        _ => return Ok(false),
                    }
                }
            }
            Types::OBJECT => {
                spend(work, self.len() + other.len())?;
                if self.members().count() != other.members().count() {
                    return Ok(false);
                }
                Ok(match self.is_in(other, work)? {
                    In::Order => true,
                    // The other way too, for the sake of keys that stand twice.
                    In::AnyOrder => !matches!(other.is_in(self, work)?, In::Not),
                    In::Not => false,
                })
            }
            _ => Ok(self.json() == other.json()),
        }
    }

    /// Whether each member of this object is one of `other`'s, which has as many.
    fn is_in(self, other: Self, work: &mut usize) -> Result<In, TooMuchWork> {
        let mut is_in = In::Order;
        // Where the order is the same, the next is found at once.
        let mut from_here = other.members();
        'members: for (key, value) in self.members() {
            if let Some((same_key, same_value)) = from_here.next() {
                if text::same(key, same_key) && value.is_same_within(same_value, work)? {
                    continue;
                }
            }
            is_in = In::AnyOrder;
            for (other_key, other_value) in other.members() {
                spend(work, 1 + other_key.left() + other_value.len())?;
                if text::same(key, other_key) && value.is_same_within(other_value, work)? {
                    continue 'members;
                }
            }
            return Ok(In::Not);
        }
        Ok(is_in)
    }

    /// How many bytes its text has.
    fn len(self) -> usize {
        match self.0 {
            Inner::Json(json) => json.len(),
            Inner::String(chars) => chars.left(),
        }
    }

    /// The same for values that are the same. Recurses as deep as the value is.
    #[allow(deprecated)] // `core` has no other; that its keys are fixed is what is wanted.
    pub(crate) fn hash(self) -> u64 {
        let mut hasher = core::hash::SipHasher::new();
        if let Some(number) = self.number() {
            number::hash(number, &mut hasher);
        } else if let Some(chars) = self.text() {
            chars.for_each(|c| c.hash(&mut hasher));
        } else {
            match self.types() {
                Types::ARRAY => self.parts().for_each(|item| item.hash().hash(&mut hasher)),
                // A sum, since order does not matter.
                Types::OBJECT => self
                    .members()
                    .fold(0_u64, |sum, (key, value)| {
                        let mut member = core::hash::SipHasher::new();
                        (Self::string(key).hash(), value.hash()).hash(&mut member);
                        sum.wrapping_add(member.finish())
                    })
                    .hash(&mut hasher),
                _ => self.json().hash(&mut hasher),
            }
        }
        hasher.finish()
    }
}

/// As JSON; a string that is not written in JSON as Rust writes it.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Inner::Json(json) => f.write_str(json),
            Inner::String(chars) => write_string(f, chars, ""),
        }
    }
}

/// Writes a string as JSON, with `end` behind its chars.
pub(crate) fn write_string(f: &mut fmt::Formatter<'_>, chars: Chars<'_>, end: &str) -> fmt::Result {
    f.write_str("\"")?;
    for c in chars {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            c if c < ' ' => write!(f, "\\u{:04x}", c as u32)?,
            c => write!(f, "{c}")?,
        }
    }
    write!(f, "{end}\"")
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The values between the brackets of an array; of an object keys and values by turns.
pub(crate) struct Parts<'a> {
    text: &'a str,
    walker: Walker<'a>,
}

impl<'a> Iterator for Parts<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        if !self.walker.more() {
            return None;
        }
        let (from, to) = self.walker.value();
        self.text.get(from..to).filter(|value| !value.is_empty()).map(Value::new)
    }
}

#[cfg(test)]
mod tests {
    use super::{TooMuchWork, Value};
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    /// What is said, and what it took.
    fn same(a: &str, b: &str, work: usize) -> (Result<bool, TooMuchWork>, usize) {
        let mut left = work;
        let same = Value::new(a).is_same(Value::new(b), &mut left);
        if same == Ok(true) {
            assert_eq!(Value::new(a).hash(), Value::new(b).hash(), "{a} {b}");
        }
        (same, work - left)
    }

    #[test]
    fn objects_are_the_same_in_any_order() {
        for (a, b, expected) in [
            ("{}", "{ }", true),
            (r#"{"a": 1, "b": 2}"#, r#"{"b": 2.0, "\u0061": 1}"#, true),
            (r#"{"a": 1, "b": 2}"#, r#"{"a": 1, "b": 3}"#, false),
            (r#"{"a": 1, "b": 2}"#, r#"{"a": 1, "c": 2}"#, false),
            (r#"{"a": 1}"#, r#"{"a": 1, "b": 2}"#, false),
            (r#"{"a": 1, "a": 1}"#, r#"{"a": 1, "b": 2}"#, false),
            (r#"{"a": 1, "b": 2}"#, r#"{"a": 1, "a": 1}"#, false),
            (r#"{"a": 1, "a": 2}"#, r#"{"a": 2, "a": 1}"#, true),
            (
                r#"{"a": [{"b": {"d": 1, "c": []}}]}"#,
                r#"{"a": [{"b": {"c": [ ], "d": 1e0}}]}"#,
                true,
            ),
            (r#"{"a": {}}"#, r#"{"a": []}"#, false),
        ] {
            assert_eq!(same(a, b, 0).0, Ok(expected), "{a} {b}");
            assert_eq!(same(b, a, 0).0, Ok(expected), "{b} {a}");
        }
    }

    /// Both ways at each depth, it would be 2 to the power of the depth.
    #[test]
    fn objects_within_objects_are_looked_at_once() {
        for depth in [10, 100] {
            let a = r#"{"a":"#.repeat(depth) + "1" + &"}".repeat(depth);
            let b = a.replace(':', " : ");
            let (same, took) = same(&a, &b, usize::MAX);
            assert_eq!(same, Ok(true));
            assert!(took <= depth * (a.len() + b.len()), "{took}");
        }
    }

    #[test]
    fn work_is_bounded() {
        let within = |open: &str, close: &str| open.repeat(40) + "1" + &close.repeat(40);
        let a = within(r#"{"x":0,"a":"#, "}");
        let b = within(r#"{"a":"#, r#","x":0}"#);
        assert_eq!(same(&a, &b, 1 << 20), (Err(TooMuchWork), 0));

        let members: Vec<String> = (0..500).map(|i| format!(r#""{i}":"{i:0>500}""#)).collect();
        let backwards: Vec<String> = members.iter().rev().cloned().collect();
        let a = format!("{{{}}}", members.join(","));
        let b = format!("{{{}}}", backwards.join(","));
        assert_eq!(same(&a, &b, 1 << 20).0, Err(TooMuchWork));
        assert_eq!(same(&a, &b, 1 << 28).0, Ok(true));
        assert_eq!(same(&a, &a, 0), (Ok(true), 0));
    }
}
