//! A value begins: which schemas apply to it, and what its first byte tells; and the keys of objects.

use super::engine::{BITS, Engine, Entry, Fault, Frame, Part, Region, full};
use super::input::Input;
use super::log::Log;
use crate::json::text::Chars;
use crate::json::types::Types;
use crate::json::value::Value;
use crate::schema::keyword::{Keyword, Traits};
use crate::schema::rules::{Key, Rules};

impl<const DEPTH: usize, const ENTRIES: usize> Engine<DEPTH, ENTRIES> {
    /// Makes the entries of the next value, before its first byte: of the root, of an item, or of a member whose key is
    /// known.
    pub(super) fn prepare(&mut self, input: Input<'_>, log: &mut dyn Log) -> Result<(), Fault> {
        let region = self.region();
        (self.newest, self.highest) = (region.entries, 0);
        match self.frames.last() {
            None => {
                self.entry_for(Rules::ROOT, true)?;
            }
            Some(frame) => {
                // What is needed of it only: it was just written to, so that to copy all of it would take long.
                let part = Part {
                    object: frame.object,
                    index: frame.parts.saturating_sub(1),
                    key: Key::new(input.part(frame.key).as_bytes(), frame.plain),
                    counted: frame.traits.has(Traits::UNEVALUATED),
                };
                let mut touched = false;
                for parent in frame.region.entries..region.entries {
                    if self.is_live(parent, log) {
                        touched |= self.want_part(region, &part, parent, input, log)?;
                    }
                }
                if touched {
                    self.resolve_outer(region, input, log);
                }
                if part.counted {
                    self.want_rest(region, input, log)?;
                }
            }
        }
        self.enter(region, input, log)
    }

    /// Completes the entries of the next value.
    fn enter(&mut self, region: Region, input: Input<'_>, log: &mut dyn Log) -> Result<(), Fault> {
        let region = Region { traits: self.expand(region, input)?, ..region };
        self.let_ask(region, input);
        self.ready = Some(region);
        if region.traits.has(Traits::FALSE) {
            // What fits nothing needs no value to fail.
            for i in region.entries..self.entries.len() as u16 {
                if self.entry(i).traits.has(Traits::FALSE) {
                    self.fail(i, Keyword::False, self.frames.len(), input, log);
                }
            }
            self.resolve(region, input, log);
        }
        Ok(())
    }

    /// What `parent`, an entry of the innermost container, asks of the part at hand. Whether that may have settled it.
    fn want_part(
        &mut self,
        region: Region,
        part: &Part<'_>,
        parent: u16,
        input: Input<'_>,
        log: &mut dyn Log,
    ) -> Result<bool, Fault> {
        let Entry { schema, sure, mut bits, .. } = self.entry(parent);
        let mut touched = false;
        let Part { object, index, key, counted } = *part;
        // Whether a keyword that `additionalProperties` stands behind has it, or how many items have one before `items`.
        let (mut named, mut prefix) = (false, 0);
        let mut rest = None;
        let mut keywords = input.rules.keywords(schema);
        while let Some((at, keyword, mark)) = keywords.next_about(key) {
            match *keyword {
                Keyword::Property(name, child)
                    if object && mark.is_some_and(|mark| input.rules.is_key(name, key, mark)) =>
                {
                    named = true;
                    self.want(region, parent, child, at, sure)?;
                }
                Keyword::Required(name)
                | Keyword::DependentRequired(name, _)
                | Keyword::DependentSchema(name, _)
                    if object =>
                {
                    if mark.is_some_and(|mark| input.rules.is_key(name, key, mark)) {
                        touched |= !matches!(*keyword, Keyword::Required(_));
                        self.put_bit(bits, true);
                    }
                    bits += 1;
                }
                Keyword::PatternProperty(start, len, child, _)
                    if object
                        && self.is_match(
                            input.rules.pattern(start, len),
                            Chars::escaped_bytes(key.text),
                        )? =>
                {
                    named = true;
                    self.want(region, parent, child, at, sure)?;
                }
                Keyword::AdditionalProperties(child) if object => rest = Some((at, child)),
                Keyword::PrefixItem(i, child) if !object => {
                    prefix = prefix.max(i + 1);
                    if i == index {
                        self.want(region, parent, child, at, sure)?;
                    }
                }
                Keyword::Items(child) if !object => rest = Some((at, child)),
                Keyword::Contains(child) if !object => {
                    self.want(region, parent, child, at, false)?;
                }
                // Once: the next one is over by more.
                Keyword::MaxItems(most) if !object && index == most => {
                    touched = true;
                    self.fail(parent, *keyword, self.frames.len() - 1, input, log);
                }
                _ => {}
            }
        }
        if counted {
            self.entries[usize::from(parent)].evaluates = named || index < prefix || rest.is_some();
        }
        match rest {
            Some((at, child)) if !named && index >= prefix => {
                self.want(region, parent, child, at, sure)?;
            }
            _ => {}
        }
        Ok(touched)
    }

    /// Adds what the entries of a value ask of the same value, and that asks, and so on. What keywords all of them have.
    fn expand(&mut self, region: Region, input: Input<'_>) -> Result<Traits, Fault> {
        let mut upgraded = false;
        let mut all = Traits::NONE;
        let mut i = region.entries;
        while usize::from(i) < self.entries.len() {
            let Entry { schema, sure, .. } = self.entry(i);
            let (edges, bits) = (self.edges.len() as u16, self.bits_len);
            let (traits, types) = input.rules.summary(schema);
            if traits.has(Traits::IN_PLACE.or(Traits::NAMES)) {
                for (at, keyword) in input.rules.keywords(schema) {
                    if keyword.has_bit() {
                        self.bits_len = self.bits_len.saturating_add(1);
                    }
                    let (child, sure) = match *keyword {
                        Keyword::AllOf(child) | Keyword::Ref(child) => (child, sure),
                        Keyword::RefTo(name) => {
                            (input.rules.definition(name).ok_or(Fault::Reference)?, sure)
                        }
                        Keyword::AnyOf(child)
                        | Keyword::OneOf(child)
                        | Keyword::Not(child)
                        | Keyword::If(child)
                        | Keyword::Then(child)
                        | Keyword::Else(child)
                        | Keyword::DependentRequired(_, child)
                        | Keyword::DependentSchema(_, child) => (child, false),
                        _ => continue,
                    };
                    upgraded |= self.want(region, i, child, at, sure)?;
                }
                if usize::from(self.bits_len) > BITS * 32 {
                    return Err(full("names that are required at once"));
                }
                (bits..self.bits_len).for_each(|bit| self.put_bit(bit, false));
            }
            let edges_end = self.edges.len() as u16;
            let entry = &mut self.entries[usize::from(i)];
            (entry.edges, entry.edges_end, entry.bits) = (edges, edges_end, bits);
            (entry.traits, entry.types) = (traits, types);
            all = all.or(traits);
            i += 1;
        }
        // One that turned sure after it was expanded: so do those it leads to.
        while upgraded {
            upgraded = false;
            for e in usize::from(region.edges)..self.edges.len() {
                let edge = self.edges[e];
                let must = matches!(
                    input.rules.keyword(edge.at),
                    Keyword::AllOf(_) | Keyword::Ref(_) | Keyword::RefTo(_)
                );
                if must && self.entry(edge.parent).sure && !self.entry(edge.child).sure {
                    self.entries[usize::from(edge.child)].sure = true;
                    upgraded = true;
                }
            }
        }
        Ok(all)
    }

    /// The first byte of a value.
    pub(super) fn begin(
        &mut self,
        types: Types,
        input: Input<'_>,
        log: &mut dyn Log,
    ) -> Result<(), Fault> {
        if self.ready.is_none() {
            if let Some(frame) = self.frames.last_mut() {
                frame.parts += 1;
            }
            self.prepare(input, log)?;
        }
        let Some(region) = self.ready.take() else { return Ok(()) };
        self.scalar = region;
        self.scalar_start = self.at;
        self.ask(region, types, input);
        let level = self.frames.len();
        for i in region.entries..self.entries.len() as u16 {
            if self.is_live(i, log) {
                self.begin_entry(i, types, region, level, input, log);
            }
        }
        if self.failed || !region.is_flat() {
            self.resolve(region, input, log);
        }
        Ok(())
    }

    /// What an entry knows of a value at its first byte.
    fn begin_entry(
        &mut self,
        i: u16,
        types: Types,
        region: Region,
        level: usize,
        input: Input<'_>,
        log: &mut dyn Log,
    ) {
        let Entry { schema, types: asked, traits, .. } = self.entry(i);
        self.entries[usize::from(i)].done = false;
        if self.coerce != Types::NONE {
            return; // What it is at its end decides.
        }
        let mut done = !traits.are_about(types);
        if asked != Types::NONE && !asked.contains(types) {
            if types == Types::NUMBER && asked.contains(Types::INTEGER) {
                done = false; // At its end it is known whether it is an integer.
            } else {
                self.fail(i, Keyword::Type(asked), level, input, log);
            }
        }
        if traits.has(Traits::LISTED) {
            let (mut listed, mut fits) = (Keyword::False, false);
            for (_, keyword) in input.rules.keywords(schema) {
                if let Keyword::Enum(value) | Keyword::Const(value) = *keyword {
                    listed = *keyword;
                    fits |= may_be(
                        input.rules.value(value),
                        types,
                        input.text.as_bytes().get(self.at as usize),
                    );
                }
            }
            if !fits {
                self.entries[usize::from(i)].unlisted = true;
                self.fail(i, listed, level, input, log);
            }
        }
        if done {
            self.settled(i, region);
        }
    }

    pub(super) fn open(
        &mut self,
        object: bool,
        input: Input<'_>,
        log: &mut dyn Log,
    ) -> Result<(), Fault> {
        self.begin(if object { Types::OBJECT } else { Types::ARRAY }, input, log)?;
        if self.frames.len() >= input.options.depth() {
            return Err(Fault::TooDeep);
        }
        let region = self.scalar;
        let mut traits = Traits::NONE;
        for i in region.entries..self.entries.len() as u16 {
            if self.is_live(i, log) {
                traits = traits.or(self.entry(i).traits);
            }
        }
        let frame = Frame {
            region,
            object,
            traits,
            plain: true,
            start: self.at,
            parts: 0,
            key: (0, 0),
            items: self.items.len() as u16,
        };
        self.frames.push(frame).map_err(|_| Fault::TooDeep)
    }

    /// Another part follows for sure.
    pub(super) fn comma(&mut self, input: Input<'_>, log: &mut dyn Log) -> Result<(), Fault> {
        let Some(frame) = self.frames.last_mut() else { return Ok(()) };
        if frame.object {
            if frame.traits.has(Traits::MAX_PROPERTIES) {
                self.another_member(input, log);
            }
        } else {
            frame.parts += 1;
            self.prepare(input, log)?;
        }
        Ok(())
    }

    /// Fails what does not allow for one member more.
    fn another_member(&mut self, input: Input<'_>, log: &mut dyn Log) {
        let Some(frame) = self.frames.last().copied() else { return };
        let level = self.frames.len() - 1;
        for i in frame.region.entries..self.entries.len() as u16 {
            if self.is_live(i, log) {
                for (_, keyword) in input.rules.keywords(self.entry(i).schema) {
                    // Once: the next one is over by more.
                    if matches!(*keyword, Keyword::MaxProperties(most) if frame.parts == most) {
                        self.fail(i, *keyword, level, input, log);
                    }
                }
            }
        }
        let end = self.region();
        self.resolve_outer(end, input, log);
    }

    pub(super) fn key_begin(&mut self, input: Input<'_>, log: &mut dyn Log) -> Result<(), Fault> {
        let Some(frame) = self.frames.last() else { return Ok(()) };
        let (traits, first) = (frame.traits, frame.region.entries);
        if frame.parts == 0 && traits.has(Traits::MAX_PROPERTIES) {
            self.another_member(input, log);
        }
        let region = self.region();
        let at = self.at;
        if let Some(frame) = self.frames.last_mut() {
            frame.parts += 1;
            frame.key = (at + 1, at + 1);
        }
        if !traits.has(Traits::PROPERTY_NAMES) {
            // A value that nothing is asked of.
            (self.scalar, self.scalar_start, self.watched) = (region, at, false);
            self.coerce = Types::NONE;
            return Ok(());
        }
        self.naming = true;
        (self.newest, self.highest) = (region.entries, 0);
        for parent in first..region.entries {
            if self.is_live(parent, log) {
                let Entry { schema, sure, .. } = self.entry(parent);
                for (at, keyword) in input.rules.keywords(schema) {
                    if let Keyword::PropertyNames(child) = *keyword {
                        self.want(region, parent, child, at, sure)?;
                    }
                }
            }
        }
        self.enter(region, input, log)?;
        self.begin(Types::STRING, input, log)?;
        self.string_begin(input, log);
        Ok(())
    }

    pub(super) fn key_end(&mut self, input: Input<'_>, log: &mut dyn Log) -> Result<(), Fault> {
        let end = self.at;
        self.follow(end, true, input, log)?;
        if self.is_over(log) {
            return Ok(());
        }
        let Some(frame) = self.frames.last_mut() else { return Ok(()) };
        frame.key.1 = end;
        frame.plain = !input.part(frame.key).as_bytes().contains(&b'\\');
        if frame.traits.has(Traits::PROPERTY_NAMES) {
            let text = input.part((self.scalar_start, self.at + 1));
            self.scalar_end(Value::new(text), input, log)?;
        }
        self.naming = false;
        self.prepare(input, log)
    }
}

/// Whether a value of a type, with this first byte, may be `value`.
fn may_be(value: Value<'_>, types: Types, first: Option<&u8>) -> bool {
    let same = match value.types() {
        Types::INTEGER => Types::NUMBER,
        other => other,
    } == types;
    // Which of the two literals it is, its first letter tells.
    same && (types != Types::BOOLEAN
        || value.json().and_then(|json| json.as_bytes().first()) == first)
}
