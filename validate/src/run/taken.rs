//! Coercion: what a scalar is taken for, which is one value for all schemas that apply to it.
//!
//! The schemas ask for types together: all of what must hold for a type that all of them have, of branches any for a type of
//! its own. Only if the scalar is of none of these types, it is taken for another.

use super::engine::{Engine, Region};
use super::input::Input;
use crate::json::text::{self, Chars};
use crate::json::types::Types;
use crate::json::value::Value;
use crate::scalar::coerce::{self, Coerced, Scalar, Target};
use crate::scalar::format::Format;
use crate::schema::keyword::{Keyword, Traits};

/// The types that may be taken for others.
const SCALARS: Types = Types::BOOLEAN.or(Types::NUMBER).or(Types::STRING);

/// The types that a scalar may be taken for; the first that it can is it.
const TARGETS: [(Types, Target); 4] = [
    (Types::INTEGER, Target::Integer),
    (Types::NUMBER, Target::Number),
    (Types::BOOLEAN, Target::Boolean),
    (Types::STRING, Target::String),
];

impl<const DEPTH: usize, const ENTRIES: usize> Engine<DEPTH, ENTRIES> {
    /// Sets of which entries of a value counts what they ask for: not of those that only `not`, `if`, `contains` and
    /// dependencies lead to.
    pub(super) fn let_ask(&mut self, region: Region, input: Input<'_>) {
        if !input.options.coerces() {
            return;
        }
        if self.frames.is_empty() {
            self.entries[usize::from(region.entries)].asks = true;
        }
        let mut changed = true;
        while changed {
            changed = false;
            for e in usize::from(region.edges)..self.edges.len() {
                let edge = self.edges[e];
                let passes = match input.rules.keyword(edge.at) {
                    Keyword::Not(_)
                    | Keyword::If(_)
                    | Keyword::Contains(_)
                    | Keyword::DependentRequired(..)
                    | Keyword::DependentSchema(..) => false,
                    _ => self.entry(edge.parent).asks,
                };
                let child = &mut self.entries[usize::from(edge.child)];
                changed |= passes && !child.asks;
                child.asks |= passes;
            }
        }
    }

    /// Decides at the first byte of a value, of this type, whether it may be taken for another, and for what.
    pub(super) fn ask(&mut self, region: Region, types: Types, input: Input<'_>) {
        (self.coerce, self.coerce_to) = (Types::NONE, None);
        if !input.options.coerces() || self.naming || !SCALARS.contains(types) {
            return;
        }
        let asked = self.asked_for(region, input);
        let stays = asked.and(types) != Types::NONE;
        if stays && types != Types::STRING {
            return;
        }
        self.coerce_to = self.asked_format(region, input);
        let target = if stays { Types::STRING } else { asked };
        let is_target = TARGETS.iter().any(|(types, _)| target.contains(*types));
        // A string in another form may be turned into the one that is asked for.
        if is_target && (!stays || self.coerce_to.is_some()) {
            self.coerce = target;
        }
    }

    /// The types that the schemas which apply to a value ask for, all together.
    fn asked_for(&mut self, region: Region, input: Input<'_>) -> Types {
        for entry in self.entries.iter_mut().skip(usize::from(region.entries)) {
            entry.asked = match entry.types {
                _ if entry.traits.has(Traits::FALSE) => Types::NONE,
                Types::NONE => Types::ALL,
                types => types,
            };
        }
        // From the last, which the others are likely to lead to. Types are only taken away, so that it ends.
        let mut changed = !region.is_flat();
        while changed {
            changed = false;
            for i in (region.entries..self.entries.len() as u16).rev() {
                let asked = self.asked_by(i, input);
                changed |= asked != self.entry(i).asked;
                self.entries[usize::from(i)].asked = asked;
            }
        }
        if self.frames.is_empty() {
            return self.entry(region.entries).asked;
        }
        let (mut all, mut any, mut some) = (Types::ALL, Types::NONE, false);
        let from_outside = self.edges[usize::from(region.edges)..]
            .chunk_by(|a, b| a.parent == b.parent)
            .take_while(|edges| edges[0].parent < region.entries);
        for edges in from_outside {
            let parent = self.entry(edges[0].parent);
            let mut asked = Types::ALL;
            for edge in edges {
                if !matches!(input.rules.keyword(edge.at), Keyword::Contains(_)) {
                    asked = asked.and(self.entry(edge.child).asked);
                }
            }
            if parent.sure {
                all = all.and(asked);
            } else if parent.asks {
                (any, some) = (any.or(asked), true);
            }
        }
        if some { all.and(any) } else { all }
    }

    /// The types that an entry asks for, with those it leads to.
    fn asked_by(&self, i: u16, input: Input<'_>) -> Types {
        let entry = self.entry(i);
        let mut asked = entry.asked;
        // Of `anyOf`, of `oneOf`, of `then` and of `else`.
        let mut groups: [Option<Types>; 4] = [None; 4];
        for edge in &self.edges[usize::from(entry.edges)..usize::from(entry.edges_end)] {
            let types = self.entry(edge.child).asked;
            let group = match input.rules.keyword(edge.at) {
                Keyword::AllOf(_) | Keyword::Ref(_) | Keyword::RefTo(_) => {
                    asked = asked.and(types);
                    continue;
                }
                Keyword::AnyOf(_) => 0,
                Keyword::OneOf(_) => 1,
                Keyword::Then(_) => 2,
                Keyword::Else(_) => 3,
                _ => continue,
            };
            groups[group] = Some(groups[group].unwrap_or(Types::NONE).or(types));
        }
        let [any, one, then, otherwise] = groups.map(|group| group.unwrap_or(Types::ALL));
        asked.and(any).and(one).and(then.or(otherwise))
    }

    /// The format that a string is to have: of what must hold, or the only one of all branches that take a string.
    fn asked_format(&self, region: Region, input: Input<'_>) -> Option<Format> {
        let mut only = None;
        let mut open = false;
        for i in region.entries..self.entries.len() as u16 {
            let entry = self.entry(i);
            if !entry.asks || !entry.asked.contains(Types::STRING) {
                continue;
            }
            let format =
                input.rules.keywords(entry.schema).find_map(|(_, keyword)| match keyword {
                    Keyword::Format(format) => {
                        Some(*format).filter(|it| input.options.knows_format(*it))
                    }
                    _ => None,
                });
            match format {
                Some(format) if entry.sure => return Some(format),
                Some(format) => open |= *only.get_or_insert(format) != format,
                None => open |= !entry.sure && !self.leads_on(i, input),
            }
        }
        only.filter(|_| !open)
    }

    /// Whether other schemas say more of what an entry asks for.
    fn leads_on(&self, i: u16, input: Input<'_>) -> bool {
        let entry = self.entry(i);
        self.edges[usize::from(entry.edges)..usize::from(entry.edges_end)].iter().any(|edge| {
            matches!(
                input.rules.keyword(edge.at),
                Keyword::AllOf(_)
                    | Keyword::Ref(_)
                    | Keyword::RefTo(_)
                    | Keyword::AnyOf(_)
                    | Keyword::OneOf(_)
            )
        })
    }
}

/// A scalar as the first of these types that it can be taken for.
pub(super) fn become_one_of(
    value: Value<'_>,
    asked: Types,
    format: Option<Format>,
) -> Option<Coerced> {
    TARGETS.iter().filter(|(types, _)| asked.contains(*types)).find_map(|(_, target)| {
        let scalar = match (value.text(), value.number(), value.boolean()) {
            (Some(chars), ..) => Scalar::String(chars),
            (_, Some(number), _) => Scalar::Number(number),
            (.., Some(boolean)) => Scalar::Boolean(boolean),
            _ => Scalar::Null,
        };
        coerce::coerce(scalar, *target, format)
    })
}

pub(super) fn value_of(coerced: &Coerced) -> Value<'_> {
    match coerced {
        Coerced::String(text) => Value::string(Chars::plain(text)),
        Coerced::Number(text) => Value::new(text),
        Coerced::Boolean(value) => Value::new(if *value { "true" } else { "false" }),
    }
}

/// Whether a string was taken for itself.
pub(super) fn is_same_text(value: Value<'_>, coerced: &Coerced) -> bool {
    match (value.text(), value_of(coerced).text()) {
        (Some(before), Some(after)) => text::same(before, after),
        _ => false,
    }
}
