//! stand-in
use super::error::{SchemaError, SchemaErrorKind};
use super::load::{Draft, load};
use super::regex::Inst;
use super::schema::{Builder, Op, Rules};
use std::{boxed::Box, string::String, vec, vec::Vec};
#[derive(Debug, Clone)]
pub struct SchemaBuf {
    ops: Vec<Op>,
    insts: Vec<Inst>,
    text: Box<str>,
}
impl SchemaBuf {
    pub fn from_json(text: &str) -> Result<Self, SchemaError> {
        Self::from_json_with(text, Draft::Draft2020_12)
    }
    pub fn from_json_with(text: &str, draft: Draft) -> Result<Self, SchemaError> {
        let (mut n, mut i) = (64, 64);
        loop {
            let mut ops = vec![Op::EMPTY; n];
            let mut insts = vec![Inst::Match; i];
            let mut b = Builder::new(&mut ops, &mut insts);
            match load(text, draft, &mut b) {
                Ok(()) => {
                    let (a, c) = b.len();
                    ops.truncate(a);
                    insts.truncate(c);
                    return Ok(Self { ops, insts, text: String::from(text).into() });
                }
                Err(e) if matches!(e.kind(), SchemaErrorKind::TooManyKeywords) && n < 65000 => {
                    n *= 2
                }
                Err(e) if matches!(e.kind(), SchemaErrorKind::TooManyInstructions) && i < 65000 => {
                    i *= 2
                }
                Err(e) => return Err(e),
            }
        }
    }
}
impl<'a> From<&'a SchemaBuf> for Rules<'a> {
    fn from(s: &'a SchemaBuf) -> Self {
        Rules::new(&s.ops, &s.insts, &s.text)
    }
}
