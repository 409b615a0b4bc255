//! A value ends: what its text tells.

use super::engine::{Edge, Engine, Entry, Fault, Frame, Item, Region, State, full};
use super::input::{Input, with_text};
use super::log::{Log, Told};
use super::taken::{become_one_of, is_same_text, value_of};
use crate::json::number;
use crate::json::types::Types;
use crate::json::value::Value;
use crate::schema::keyword::{Check, Keyword, Num, Traits};

impl<const DEPTH: usize, const ENTRIES: usize> Engine<DEPTH, ENTRIES> {
    /// The end of a string, number or literal, or of a key.
    pub(super) fn scalar_end(
        &mut self,
        value: Value<'_>,
        input: Input<'_>,
        log: &mut dyn Log,
    ) -> Result<(), Fault> {
        let region = self.scalar;
        let level = self.frames.len();
        self.end_matchings(input);
        let taken = match self.coerce {
            Types::NONE => None,
            types => become_one_of(value, types, self.coerce_to),
        };
        if let Some(coerced) = taken.as_ref().filter(|coerced| !is_same_text(value, coerced)) {
            log.coerced(&|out| self.path(level, input, out), coerced);
        }
        let held = taken.as_ref().map_or(value, value_of);
        for i in region.entries..self.entries.len() as u16 {
            if !self.is_live(i, log) {
                continue;
            }
            let types = self.entry(i).types;
            if self.coerce != Types::NONE && !held.is_one_of(types) {
                self.fail(i, Keyword::Type(types), level, input, log);
            } else {
                self.check(i, held, level, input, log)?;
            }
            self.settled(i, region);
        }
        self.value_end(
            region,
            (self.scalar_start, self.scalar_start + value.json().map_or(0, str::len) as u32),
            input,
            log,
        )
    }

    /// Its own keywords have nothing more to say of an entry.
    pub(super) fn settled(&mut self, i: u16, region: Region) {
        let entry = &mut self.entries[usize::from(i)];
        entry.done = true;
        if region.is_flat() && entry.state == State::Open && !entry.stuck {
            entry.state = State::Valid;
        }
    }

    /// Holds a scalar against the keywords of an entry.
    fn check(
        &mut self,
        i: u16,
        value: Value<'_>,
        level: usize,
        input: Input<'_>,
        log: &mut dyn Log,
    ) -> Result<(), Fault> {
        let Entry { schema, traits, types, .. } = self.entry(i);
        if traits.has(Traits::ANY) {
            self.check_any(i, value, level, input, log)?;
        }
        let whole = types.contains(Types::INTEGER) && !types.contains(Types::NUMBER);
        if !whole && !traits.has(Traits::NUMBER.or(Traits::STRING)) {
            return Ok(());
        }
        if let Some(number) = value.number() {
            for (_, keyword) in input.rules.keywords(schema) {
                if !number_fits(keyword, number, input)? {
                    self.fail(i, *keyword, level, input, log);
                }
            }
        }
        let Some(chars) = value.text() else { return Ok(()) };
        // Of one that stays what it is, chars and patterns were seen as they came.
        let coerced = self.coerce != Types::NONE;
        let len = if coerced { chars.count() as u32 } else { self.chars };
        for (at, keyword) in input.rules.keywords(schema) {
            let fits = match *keyword {
                Keyword::MinLength(least) => len >= least,
                Keyword::MaxLength(most) => !coerced || len <= most,
                Keyword::Pattern(start, len, _) => {
                    let mut seen = self.matchings.iter();
                    match seen.find(|matching| matching.entry == i && matching.at == at) {
                        Some(matching) => matching.fits,
                        None => self.is_match(input.rules.pattern(start, len), chars)?,
                    }
                }
                Keyword::Format(format) => {
                    !input.options.checks_format(format) || format.matches(chars)
                }
                _ => true,
            };
            if !fits {
                self.fail(i, *keyword, level, input, log);
            }
        }
        Ok(())
    }

    /// Holds any value against `enum`, `const` and checks.
    fn check_any(
        &mut self,
        i: u16,
        value: Value<'_>,
        level: usize,
        input: Input<'_>,
        log: &mut dyn Log,
    ) -> Result<(), Fault> {
        let Entry { schema, unlisted, .. } = self.entry(i);
        let (mut listed, mut fits) = (None, unlisted);
        let json = value.json().unwrap_or("");
        let plain = json.starts_with('"') && !json.as_bytes().contains(&b'\\');
        for (_, keyword) in input.rules.keywords(schema) {
            let mut same = |other| match input.rules.is_plain_string(other, json).filter(|_| plain)
            {
                Some(same) => Ok(same),
                None => value.is_same(input.rules.value(other), &mut self.work),
            };
            match *keyword {
                Keyword::Enum(member) => {
                    listed = Some(*keyword);
                    fits = fits || same(member)?;
                }
                Keyword::Const(constant) if !unlisted && !same(constant)? => {
                    self.fail(i, *keyword, level, input, log);
                }
                Keyword::Check(check) => self.custom(i, check, value, level, input, log),
                Keyword::NamedCheck(name) => {
                    let check =
                        input.options.check(input.rules.chars(name)).ok_or(Fault::Reference)?;
                    self.custom(i, check, value, level, input, log);
                }
                _ => {}
            }
        }
        if let (Some(keyword), false) = (listed, fits) {
            self.fail(i, keyword, level, input, log);
        }
        Ok(())
    }

    fn custom(
        &mut self,
        i: u16,
        check: Check,
        value: Value<'_>,
        level: usize,
        input: Input<'_>,
        log: &mut dyn Log,
    ) {
        if let Err(why) = check(value) {
            self.failed = true;
            let sure = self.entry(i).sure;
            self.entries[usize::from(i)].state = State::Failed;
            if sure {
                log.violation(Told {
                    at: self.at,
                    path: &|out| self.path(level, input, out),
                    schema_path: &|out| {
                        self.schema_path(i, Some(Keyword::Check(check)), input, out)
                    },
                    keyword: "check",
                    message: &why,
                });
            }
        }
    }

    /// The end of an object or array.
    pub(super) fn close(&mut self, input: Input<'_>, log: &mut dyn Log) -> Result<(), Fault> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        self.items.truncate(usize::from(frame.items));
        self.scalar_start = frame.start;
        let level = self.frames.len();
        let span = (frame.start, self.at + 1);
        for i in frame.region.entries..self.entries.len() as u16 {
            if !self.is_live(i, log) {
                continue;
            }
            let Entry { schema, contained, stuck, traits, mut bits, .. } = self.entry(i);
            if traits.has(Traits::ANY) {
                self.check_any(i, Value::new(input.part(span)), level, input, log)?;
            }
            let mut least = 1;
            if traits.has(Traits::CONTAINS) {
                for (_, keyword) in input.rules.keywords(schema) {
                    if let Keyword::MinContains(at_least) = *keyword {
                        least = at_least;
                    }
                }
            }
            if traits.has(if frame.object { Traits::OBJECT } else { Traits::ARRAY }) {
                for (_, keyword) in input.rules.keywords(schema) {
                    let fits = match *keyword {
                        Keyword::MinItems(least) => frame.object || frame.parts >= least,
                        Keyword::MinProperties(least) => !frame.object || frame.parts >= least,
                        Keyword::Contains(_) => frame.object || stuck || contained >= least,
                        Keyword::Required(_) => !frame.object || self.bit(bits),
                        _ => true,
                    };
                    bits += u16::from(keyword.has_bit());
                    if !fits {
                        self.fail(i, *keyword, level, input, log);
                    }
                }
            }
            self.settled(i, frame.region);
        }
        self.value_end(frame.region, span, input, log)
    }

    /// All that its text tells of a value is known.
    fn value_end(
        &mut self,
        region: Region,
        span: (u32, u32),
        input: Input<'_>,
        log: &mut dyn Log,
    ) -> Result<(), Fault> {
        let level = self.frames.len();
        if self.failed || !region.is_flat() {
            self.resolve(region, input, log);
        }
        let end = if region.is_flat() { region.entries } else { self.entries.len() as u16 };
        for i in region.entries..end {
            let entry = self.entry(i);
            // What failed by itself may fail by others too, which is worth telling.
            if entry.state == State::Failed && entry.sure && !entry.reported && log.wants_more() {
                if let Some(Err(keyword)) = self.verdict(i, input) {
                    self.tell(i, keyword, level, input, log);
                }
            }
        }
        if region.traits.has(Traits::LISTED) {
            self.tag(region, input);
        }
        let is_key = self.scanner.is_after_key();
        let mut failed = false;
        if !region.is_flat() || self.circle.is_some() {
            if level == 0 && self.entry(Self::ROOT).state == State::Open {
                let (at, schema) = self.circle.unwrap_or((self.at, self.circle_from(Self::ROOT)));
                let place = input.rules.ops().get(usize::from(schema)).map_or(0, |op| op.place);
                return Err(Fault::Circle(at, place));
            }
            self.leave_open(region);
        }
        let counted = !is_key
            && self.frames.last().is_some_and(|frame| frame.traits.has(Traits::UNEVALUATED));
        if counted {
            self.part_end(region, input);
        }
        let outer = self.frames.last().filter(|frame| {
            !is_key && !frame.object && frame.traits.has(Traits::CONTAINS.or(Traits::UNIQUE))
        });
        if let Some(frame) = outer.copied() {
            let contains = if frame.traits.has(Traits::CONTAINS) { self.edges.len() } else { 0 };
            for e in usize::from(region.edges)..contains {
                let edge = self.edges[e];
                let contains = matches!(input.rules.keyword(edge.at), Keyword::Contains(_));
                if edge.parent < region.entries
                    && contains
                    && self.entry(edge.child).state == State::Valid
                {
                    let parent = &mut self.entries[usize::from(edge.parent)];
                    parent.contained += 1;
                    let Entry { schema, contained, .. } = *parent;
                    for (_, keyword) in input.rules.keywords(schema) {
                        if matches!(*keyword, Keyword::MaxContains(most) if contained.checked_sub(1) == Some(most))
                        {
                            failed = true;
                            self.fail(edge.parent, *keyword, level - 1, input, log);
                        }
                    }
                }
            }
            if frame.traits.has(Traits::UNIQUE) {
                failed |= self.unique(frame, region, span, input, log)?;
            }
        }
        let root = level == 0;
        if !root {
            self.drop_region(region);
        }
        if counted {
            failed |= self.claim(input, log)?;
        }
        if failed {
            let end = self.region();
            self.resolve_outer(end, input, log);
        }
        Ok(())
    }

    /// Notes of which objects a property has one of the values that are listed for it.
    fn tag(&mut self, region: Region, input: Input<'_>) {
        for e in usize::from(region.edges)..self.edges.len() {
            let Edge { parent, child, at } = self.edges[e];
            let Entry { state, traits, .. } = self.entry(child);
            let property = matches!(input.rules.keyword(at), Keyword::Property(..));
            if parent >= region.entries
                || !property
                || state == State::Failed
                || !traits.has(Traits::LISTED)
            {
                continue;
            }
            // And of those that led to it.
            let mut tagged = Some(parent);
            while let Some(i) = tagged {
                self.entries[usize::from(i)].tagged = true;
                let leads = |edge: &Edge| {
                    let keyword = input.rules.keyword(edge.at);
                    matches!(keyword, Keyword::AllOf(_) | Keyword::Ref(_) | Keyword::RefTo(_))
                };
                tagged = self.origin(i).filter(leads).map(|edge| edge.parent);
            }
        }
    }

    /// Holds an item against those before it. Whether an entry failed.
    fn unique(
        &mut self,
        frame: Frame,
        region: Region,
        span: (u32, u32),
        input: Input<'_>,
        log: &mut dyn Log,
    ) -> Result<bool, Fault> {
        if self.note_item(usize::from(frame.items), span, input)? {
            return Ok(false);
        }
        for i in frame.region.entries..region.entries {
            if self.is_live(i, log) {
                for (_, keyword) in input.rules.keywords(self.entry(i).schema) {
                    if let Keyword::UniqueItems = *keyword {
                        self.fail(i, *keyword, self.frames.len() - 1, input, log);
                    }
                }
            }
        }
        Ok(true)
    }
}

impl<const DEPTH: usize, const ENTRIES: usize> Engine<DEPTH, ENTRIES> {
    /// Adds an item to those of its array, which start at `first`, unless the same is there. The bits of its hash, from the lowest,
    /// lead through their tree.
    fn note_item(
        &mut self,
        first: usize,
        span: (u32, u32),
        input: Input<'_>,
    ) -> Result<bool, Fault> {
        let value = Value::new(input.part(span));
        let hash = value.hash();
        let hash = hash as u32 ^ (hash >> 32) as u32;
        let mut bits = hash;
        let mut at = first;
        let mut from = None;
        while let Some(item) = self.items.get(at) {
            let other = Value::new(input.part(item.text));
            if item.hash == hash && value.is_same(other, &mut self.work)? {
                return Ok(false);
            }
            let side = (bits & 1) as usize;
            bits >>= 1;
            from = Some((at, side));
            match usize::from(item.next[side]) {
                0 => break,
                next => at = next,
            }
        }
        let new = self.items.len();
        let item = Item { hash, text: span, next: [0; 2] };
        self.items.push(item).map_err(|_| full("items that must differ: raise ENTRIES"))?;
        if let Some((at, side)) = from {
            self.items[at].next[side] = new as u16;
        }
        Ok(true)
    }
}

/// Whether a number fits a keyword, if that is about numbers.
#[inline]
pub(super) fn number_fits(
    keyword: &Keyword,
    number: &str,
    input: Input<'_>,
) -> Result<bool, Fault> {
    Ok(match *keyword {
        Keyword::Type(types) => {
            !types.contains(Types::INTEGER)
                || types.contains(Types::NUMBER)
                || number::is_integer(number)
        }
        Keyword::Format(format) => {
            !input.options.checks_format(format) || format.has_number(number)
        }
        Keyword::NoFraction => !number.contains(['.', 'e', 'E']),
        Keyword::Minimum(least) => compare(number, least, input).is_ge(),
        Keyword::Maximum(most) => compare(number, most, input).is_le(),
        Keyword::ExclusiveMinimum(least) => compare(number, least, input).is_gt(),
        Keyword::ExclusiveMaximum(most) => compare(number, most, input).is_lt(),
        Keyword::MultipleOf(unit) => {
            with_text(unit, input, |unit| number::is_multiple_of(number, unit))
                .ok_or(full("digits in `multipleOf`"))?
        }
        _ => true,
    })
}

fn compare(number: &str, with: Num, input: Input<'_>) -> core::cmp::Ordering {
    if let Num::Integer(with) = with {
        if let Some(ordering) = number::compare_short(number, with) {
            return ordering;
        }
    }
    with_text(with, input, |with| number::compare(number, with))
}
