//! The places of values and of keywords, as JSON Pointers.

use super::engine::Engine;
use super::input::Input;
use crate::json::pointer::write_token;
use crate::json::text::Chars;
use crate::schema::keyword::Keyword;
use core::fmt::{self, Write};
use heapless::Vec;

/// Most schemas within each other that the place of a keyword is written with.
const SCHEMAS: usize = 64;

impl<const DEPTH: usize, const ENTRIES: usize> Engine<DEPTH, ENTRIES> {
    /// Writes the JSON Pointer of the value at `level`.
    pub(super) fn path(&self, level: usize, input: Input<'_>, out: &mut dyn Write) -> fmt::Result {
        for frame in self.frames.iter().take(level) {
            if frame.object {
                write_token(out, Chars::escaped(input.part(frame.key)))?;
            } else {
                write!(out, "/{}", frame.parts.saturating_sub(1))?;
            }
        }
        Ok(())
    }

    /// Writes by which keywords the schema's root leads to an entry, and `keyword` of that.
    pub(super) fn schema_path(
        &self,
        i: u16,
        keyword: Option<Keyword>,
        input: Input<'_>,
        out: &mut dyn Write,
    ) -> fmt::Result {
        let mut way = Vec::<_, SCHEMAS>::new();
        let mut child = i;
        while let Some(edge) = self.origin(child) {
            child = edge.parent;
            if way.push(edge).is_err() {
                out.write_str("/…")?;
                break;
            }
        }
        for edge in way.iter().rev() {
            let keyword = input.rules.keyword(edge.at);
            write!(out, "/{}", keyword.name())?;
            match keyword {
                Keyword::Property(name, _)
                | Keyword::DependentSchema(name, _)
                | Keyword::DependentRequired(name, _)
                | Keyword::PatternProperty(.., name) => write_token(out, input.rules.chars(name))?,
                Keyword::PrefixItem(index, _) => write!(out, "/{index}")?,
                Keyword::AllOf(_) | Keyword::AnyOf(_) | Keyword::OneOf(_) => {
                    let before = input.rules.keywords(self.entry(edge.parent).schema);
                    let same = |other: &Keyword| {
                        core::mem::discriminant(other) == core::mem::discriminant(&keyword)
                    };
                    let before = before.take_while(|(at, _)| *at != edge.at);
                    write!(out, "/{}", before.filter(|(_, other)| same(other)).count())?;
                }
                _ => {}
            }
        }
        match keyword {
            Some(keyword) => write!(out, "/{}", keyword.name()),
            None => Ok(()),
        }
    }
}
