//! The input of a validation: a schema, options and a text.

use crate::json::number;
use crate::options::Options;
use crate::schema::keyword::Num;
use crate::schema::rules::Rules;

/// The schema, the options and the text of a validation, which stay the same throughout.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    pub(crate) rules: Rules<'a>,
    pub(crate) options: &'a Options,
    /// The text as far as it is there.
    pub(crate) text: &'a str,
}

impl<'a> Input<'a> {
    pub(crate) fn part(&self, (from, to): (u32, u32)) -> &'a str {
        self.text.get(from as usize..to as usize).unwrap_or("")
    }
}

/// Gives a schema's number as a text.
pub(crate) fn with_text<R>(number: Num, input: Input<'_>, f: impl FnOnce(&str) -> R) -> R {
    match number {
        Num::Integer(value) => f(number::decimal(value, &mut [0; 20])),
        Num::Text(text) => f(input.rules.value(text).json().unwrap_or("0")),
    }
}
