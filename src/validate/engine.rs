//! Holds a text against a schema in one pass, byte by byte: each schema that applies to a value is an *entry*, and
//! all of them are followed at once.
//!
//! A schema applies to a value at most once, however many ways lead to it, so that the time is bounded by the length of
//! the text times the square of the number of schemas that apply at once, whatever either looks like (the square: entries are
//! found by looking through those of the value, and settled in as many rounds as references lead back). *Edges* say who wanted an entry, and why:
//! one leads from the entry of an object or array to those of its parts, or from one to another of the same value
//! (`anyOf`, `$ref`, …). An entry fails as soon as no continuation of the text can make it fit; then whoever stands at the other
//! ends of its edges is looked at again. Where the root fails, the text is invalid, at that byte.
//!
//! An entry is *sure* if the root fails with it: what goes wrong there is an error to report. What goes wrong in a
//! branch of an `anyOf` is not.

use super::coerce::{self, Coerced, Scalar, Target};
use super::format::Format;
use super::regex;
use super::report::{Demand, Log};
use super::scan::{Event, Malformed, Scanner, Step, Stop};
use super::schema::{Id, Keyword, Num, Rules, Traits, Types};
use super::text::{self, Chars};
use super::value::{TooMuchWork, Value};
use super::{Options, number};
use heapless::Vec;

/// How an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The value fits, whatever follows.
    Valid,
    /// It does not, whatever follows.
    Failed,
}

/// A schema that a value is held against.
#[derive(Debug, Clone, Copy)]
struct Entry {
    schema: Id,
    state: State,
    /// The root fails with it.
    sure: bool,
    /// Nothing but other entries of the same value decides any more.
    done: bool,
    /// One of those has failed it, and that was reported.
    told: bool,
    /// At its first byte it was found that the value is not listed.
    unlisted: bool,
    /// The type that the value is turned into, or none.
    coerce: Types,
    /// The types that are asked for, or none.
    types: Types,
    /// What keywords it has.
    traits: Traits,
    /// Its edges to entries of the same value.
    edges: u16,
    edges_end: u16,
    /// Its bits: which of the names it asks for were seen.
    bits: u16,
    /// Items that fit `contains`.
    contained: u32,
}

/// `child` matters to `parent` for the sake of the keyword at `at`.
#[derive(Debug, Clone, Copy)]
struct Edge {
    parent: u16,
    child: u16,
    at: Id,
}

/// Where the entries, edges and bits of a value start.
#[derive(Debug, Clone, Copy)]
struct Region {
    entries: u16,
    edges: u16,
    bits: u16,
    /// Of all its entries.
    traits: Traits,
}

impl Region {
    /// None of its entries asks anything of another: each is settled by itself.
    fn is_flat(self) -> bool {
        !self.traits.has(Traits::IN_PLACE)
    }
}

/// An object or array that is open.
#[derive(Debug, Clone, Copy)]
struct Frame {
    region: Region,
    object: bool,
    /// Of all its entries.
    traits: Traits,
    /// Its key at hand has no escapes.
    plain: bool,
    /// Where its text starts.
    start: u32,
    /// Parts so far, with the one at hand.
    parts: u32,
    /// The key at hand, without its quotes.
    key: (u32, u32),
    /// Where the items before it start that are held for `uniqueItems`.
    items: u16,
}

/// An item, or a member whose key is known.
struct Part<'a> {
    /// Of an object.
    object: bool,
    index: u32,
    /// The inside of its quotes.
    key: &'a str,
    /// It has no escapes.
    plain: bool,
}

/// An item of an array whose items must differ.
#[derive(Debug, Clone, Copy)]
struct Item {
    hash: u64,
    text: (u32, u32),
}

/// A pattern that a string is held against while it comes.
#[derive(Debug, Clone, Copy)]
struct Matching {
    entry: u16,
    at: Id,
    /// Its first word of state.
    words: u16,
}

/// Most patterns one string is held against at once, and the words of their states.
const PATTERNS: usize = 32;
const WORDS: usize = 256;
/// Words of bits for `required` and the like.
const BITS: usize = 64;
/// Bytes looked at more often than a few times in comparisons, at most: objects may be in any order.
const WORK: usize = 1 << 28;

/// Why a validation cannot go on, whether or not the text fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Malformed(Malformed),
    TooDeep,
    TooComplex(&'static str),
    Reference,
}

/// Room for more was needed.
const fn full(what: &'static str) -> Fault {
    Fault::TooComplex(what)
}

impl From<TooMuchWork> for Fault {
    fn from(_: TooMuchWork) -> Self {
        full("comparisons of values")
    }
}

/// What is the same through all of a validation.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    pub(super) rules: Rules<'a>,
    pub(super) options: &'a Options,
    /// The text as far as it is there.
    pub(super) text: &'a str,
}

impl<'a> Input<'a> {
    fn part(&self, (from, to): (u32, u32)) -> &'a str {
        self.text.get(from as usize..to as usize).unwrap_or("")
    }
}

/// A validation under way, of values within each other `DEPTH` deep at most, and with `ENTRIES` schemas at once at most.
#[derive(Debug)]
pub(super) struct Engine<const DEPTH: usize, const ENTRIES: usize> {
    scanner: Scanner,
    entries: Vec<Entry, ENTRIES>,
    edges: Vec<Edge, ENTRIES>,
    frames: Vec<Frame, DEPTH>,
    bits: [u32; BITS],
    bits_len: u16,
    items: Vec<Item, ENTRIES>,
    matchings: Vec<Matching, PATTERNS>,
    words: [u32; WORDS],
    words_len: u16,
    /// The entries of the next value are there already.
    ready: Option<Region>,
    /// The scalar at hand, or the key.
    scalar: Region,
    scalar_start: u32,
    /// An entry failed since the last look at what follows from it.
    failed: bool,
    /// Chars of the string at hand matter before its end.
    watched: bool,
    /// How far its chars were looked at, and how many they were.
    seen: u32,
    chars: u32,
    /// The least `maxLength` that it is held against.
    most_chars: u32,
    /// Where the scan is.
    at: u32,
    work: usize,
}

impl<const DEPTH: usize, const ENTRIES: usize> Engine<DEPTH, ENTRIES> {
    pub(super) const fn new() -> Self {
        const { assert!(ENTRIES <= u16::MAX as usize, "at most 65535 schemas at once") }
        Self {
            scanner: Scanner::new(),
            entries: Vec::new(),
            edges: Vec::new(),
            frames: Vec::new(),
            bits: [0; BITS],
            bits_len: 0,
            items: Vec::new(),
            matchings: Vec::new(),
            words: [0; WORDS],
            words_len: 0,
            ready: None,
            scalar: Region { entries: 0, edges: 0, bits: 0, traits: Traits::NONE },
            scalar_start: 0,
            failed: false,
            watched: false,
            seen: 0,
            chars: 0,
            most_chars: u32::MAX,
            at: 0,
            work: WORK,
        }
    }

    /// Back to where `new` is, without touching what is overwritten anyway.
    pub(super) fn clear(&mut self) {
        self.scanner = Scanner::new();
        self.entries.clear();
        self.edges.clear();
        self.frames.clear();
        self.bits_len = 0;
        self.items.clear();
        self.matchings.clear();
        self.words_len = 0;
        self.ready = None;
        self.failed = false;
        self.at = 0;
        self.work = WORK;
    }

    /// Where the scan is.
    pub(super) fn at(&self) -> usize {
        self.at as usize
    }

    /// Whether the text is known not to fit.
    pub(super) fn has_failed(&self) -> bool {
        self.entries.first().is_some_and(|root| root.state == State::Failed)
    }

    /// Whether nothing more is to be learnt.
    fn is_over(&self, log: &dyn Log) -> bool {
        self.has_failed() && !log.wants_more()
    }

    /// Takes what is new of the text, and stops early where nothing more is to be learnt.
    pub(super) fn advance(&mut self, input: Input<'_>, log: &mut dyn Log) -> Result<(), Fault> {
        if self.entries.is_empty() {
            self.prepare(input, log)?;
        }
        let bytes = input.text.as_bytes();
        let mut at = self.at as usize;
        while let Some(&byte) = bytes.get(at) {
            let step = self.scanner.step(byte);
            if let Ok(Step { number_ended: false, event: Event::Nothing }) = step {
                at += 1;
                at += self.scanner.skip(bytes.get(at..).unwrap_or(&[]));
                continue;
            }
            self.at = at as u32;
            if self.is_over(log) {
                return Ok(());
            }
            let step = step.map_err(|stop| match stop {
                Stop::Malformed(what) => Fault::Malformed(what),
                Stop::TooDeep => Fault::TooDeep,
            })?;
            if step.number_ended {
                self.number_end(input, log)?;
                if self.is_over(log) {
                    return Ok(());
                }
            }
            self.event(step.event, input, log)?;
            at += 1;
        }
        self.at = at as u32;
        if self.is_over(log) {
            return Ok(());
        }
        if self.scanner.in_string() {
            // The scanner knows how many bytes at the end do not make a char yet.
            let upto = self.at - self.scanner.pending() as u32;
            self.look(upto, input, log)?;
            self.foresee(upto, self.scanner.in_key(), input, log);
        }
        Ok(())
    }

    /// The text is complete.
    pub(super) fn finish(&mut self, input: Input<'_>, log: &mut dyn Log) -> Result<bool, Fault> {
        if self.entries.is_empty() {
            self.prepare(input, log)?;
        }
        if self.is_over(log) {
            return Ok(false);
        }
        if self.scanner.finish().map_err(Fault::Malformed)? {
            self.number_end(input, log)?;
        }
        Ok(!self.has_failed())
    }

    fn event(&mut self, event: Event, input: Input<'_>, log: &mut dyn Log) -> Result<(), Fault> {
        match event {
            Event::Object => self.open(true, input, log),
            Event::Array => self.open(false, input, log),
            Event::String => {
                self.begin(Types::STRING, input, log)?;
                self.string_begin(input)
            }
            Event::Number => self.begin(Types::NUMBER, input, log),
            Event::True | Event::False => self.begin(Types::BOOLEAN, input, log),
            Event::Null => self.begin(Types::NULL, input, log),
            Event::LiteralEnd => {
                let text = input.part((self.scalar_start, self.at + 1));
                self.scalar_end(Value::new(text), input, log)
            }
            Event::StringEnd => {
                self.look(self.at, input, log)?;
                if !log.wants_more() {
                    self.foresee(self.at, false, input, log);
                }
                if self.is_over(log) {
                    return Ok(());
                }
                let text = input.part((self.scalar_start, self.at + 1));
                self.scalar_end(Value::new(text), input, log)
            }
            Event::Key => self.key_begin(input, log),
            Event::KeyEnd => self.key_end(input, log),
            Event::Comma => self.comma(input, log),
            Event::ObjectEnd | Event::ArrayEnd => self.close(input, log),
            Event::Colon | Event::Nothing => Ok(()),
        }
    }

    fn number_end(&mut self, input: Input<'_>, log: &mut dyn Log) -> Result<(), Fault> {
        let text = input.part((self.scalar_start, self.at));
        self.scalar_end(Value::new(text), input, log)
    }

    // Regions

    fn region(&self) -> Region {
        Region {
            entries: self.entries.len() as u16,
            edges: self.edges.len() as u16,
            bits: self.bits_len,
            traits: Traits::NONE,
        }
    }

    fn drop_region(&mut self, region: Region) {
        self.entries.truncate(usize::from(region.entries));
        self.edges.truncate(usize::from(region.edges));
        self.bits_len = region.bits;
    }

    fn entry(&self, at: u16) -> Entry {
        self.entries[usize::from(at)]
    }

    /// Whether it is still of interest what `entry` makes of the rest of its value.
    fn is_live(&self, at: u16, log: &dyn Log) -> bool {
        let entry = self.entry(at);
        match entry.state {
            State::Open => true,
            State::Valid => false,
            State::Failed => entry.sure && log.wants_more(),
        }
    }

    /// An edge from `parent` to the entry for `schema` in the value whose region starts at `region`.
    fn want(
        &mut self,
        region: Region,
        parent: u16,
        schema: Id,
        at: Id,
        sure: bool,
    ) -> Result<bool, Fault> {
        let mut upgraded = false;
        let first = usize::from(region.entries);
        let known = self.entries[first..].iter_mut().position(|entry| entry.schema == schema);
        let child = match known {
            Some(i) => {
                let entry = &mut self.entries[first + i];
                upgraded = sure && !entry.sure;
                entry.sure |= sure;
                first + i
            }
            None => self.entry_for(schema, sure)?,
        };
        self.edges
            .push(Edge { parent, child: child as u16, at })
            .map_err(|_| full("schemas that apply at once"))?;
        Ok(upgraded)
    }

    fn entry_for(&mut self, schema: Id, sure: bool) -> Result<usize, Fault> {
        let entry = Entry {
            schema,
            state: State::Open,
            sure,
            done: false,
            told: false,
            unlisted: false,
            coerce: Types::NONE,
            types: Types::NONE,
            traits: Traits::NONE,
            edges: 0,
            edges_end: 0,
            bits: 0,
            contained: 0,
        };
        self.entries.push(entry).map_err(|_| full("schemas that apply at once"))?;
        Ok(self.entries.len() - 1)
    }

    // A value begins

    /// Makes the entries of the next value, before its first byte: of the root, of an item, or of a member whose key is
    /// known.
    fn prepare(&mut self, input: Input<'_>, log: &mut dyn Log) -> Result<(), Fault> {
        let region = self.region();
        match self.frames.last() {
            None => {
                self.entry_for(Rules::ROOT, true)?;
            }
            Some(frame) => {
                // What is needed of it only: it was just written to, so that to copy all of it would take long.
                let part = Part {
                    object: frame.object,
                    index: frame.parts.saturating_sub(1),
                    key: input.part(frame.key),
                    plain: frame.plain,
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
            }
        }
        self.enter(region, input, log)
    }

    /// Completes the entries of the next value.
    fn enter(&mut self, region: Region, input: Input<'_>, log: &mut dyn Log) -> Result<(), Fault> {
        let region = Region { traits: self.expand(region, input)?, ..region };
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
        let Part { object, index, key, plain } = *part;
        // Whether a keyword that `additionalProperties` stands behind has it, or how many items have one before `items`.
        let (mut named, mut prefix) = (false, 0);
        let mut rest = None;
        for (at, keyword) in input.rules.keywords(schema) {
            match *keyword {
                Keyword::Property(name, child)
                    if object && input.rules.is_key(name, key, plain) =>
                {
                    named = true;
                    self.want(region, parent, child, at, sure)?;
                }
                Keyword::Required(name)
                | Keyword::DependentRequired(name, _)
                | Keyword::DependentSchema(name, _)
                    if object =>
                {
                    if input.rules.is_key(name, key, plain) {
                        touched |= !matches!(*keyword, Keyword::Required(_));
                        self.put_bit(bits, true);
                    }
                    bits += 1;
                }
                Keyword::PatternProperty(start, len, child)
                    if object
                        && self
                            .is_match(input.rules.pattern(start, len), Chars::escaped(key))? =>
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
    fn begin(&mut self, types: Types, input: Input<'_>, log: &mut dyn Log) -> Result<(), Fault> {
        if self.ready.is_none() {
            if let Some(frame) = self.frames.last_mut() {
                frame.parts += 1;
            }
            self.prepare(input, log)?;
        }
        let Some(region) = self.ready.take() else { return Ok(()) };
        self.scalar = region;
        self.scalar_start = self.at;
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
        let mut done = !traits.are_about(types);
        let mut coerce = Types::NONE;
        if asked != Types::NONE && !asked.contains(types) {
            if types == Types::NUMBER && asked.contains(Types::INTEGER) {
                done = false; // At its end it is known whether it is an integer.
            } else if input.options.coerces() && may_become(types, asked) {
                (coerce, done) = (asked, false);
            } else {
                self.fail(i, Keyword::Type(asked), level, input, log);
            }
        } else if types == Types::STRING && traits.has(Traits::FORMAT) && input.options.coerces() {
            // A text in another form may be turned into the one that is asked for.
            coerce = Types::STRING;
        }
        self.entries[usize::from(i)].coerce = coerce;
        // Without a type that it is turned into: then what it is at its end decides.
        if traits.has(Traits::LISTED) && coerce == Types::NONE {
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
        let entry = &mut self.entries[usize::from(i)];
        entry.done = done;
        if done && region.is_flat() && entry.state == State::Open {
            entry.state = State::Valid;
        }
    }

    fn open(&mut self, object: bool, input: Input<'_>, log: &mut dyn Log) -> Result<(), Fault> {
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
    fn comma(&mut self, input: Input<'_>, log: &mut dyn Log) -> Result<(), Fault> {
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

    // Keys

    fn key_begin(&mut self, input: Input<'_>, log: &mut dyn Log) -> Result<(), Fault> {
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
            return Ok(());
        }
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
        self.string_begin(input)
    }

    fn key_end(&mut self, input: Input<'_>, log: &mut dyn Log) -> Result<(), Fault> {
        let end = self.at;
        self.look(end, input, log)?;
        if !log.wants_more() {
            self.foresee(end, true, input, log);
        }
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
        self.prepare(input, log)
    }

    // Strings, as they come

    fn string_begin(&mut self, input: Input<'_>) -> Result<(), Fault> {
        self.seen = self.at + 1;
        self.chars = 0;
        self.most_chars = u32::MAX;
        self.watched = false;
        self.matchings.clear();
        self.words_len = 0;
        if !self.scalar.traits.has(Traits::LENGTH_OR_PATTERN) {
            return Ok(());
        }
        for i in self.scalar.entries..self.entries.len() as u16 {
            let entry = self.entry(i);
            let live = entry.state == State::Open || (entry.state == State::Failed && entry.sure);
            if !live || !entry.traits.has(Traits::LENGTH_OR_PATTERN) {
                continue;
            }
            for (at, keyword) in input.rules.keywords(entry.schema) {
                match *keyword {
                    Keyword::MinLength(_) => self.watched = true,
                    Keyword::MaxLength(most) => {
                        self.watched = true;
                        self.most_chars = self.most_chars.min(most);
                    }
                    Keyword::Pattern(start, len) => {
                        self.watched = true;
                        let insts = input.rules.pattern(start, len);
                        let words = self.words_len;
                        let end = usize::from(words) + regex::words(insts.len());
                        let state = self
                            .words
                            .get_mut(usize::from(words)..end)
                            .ok_or(full("patterns for one string"))?;
                        regex::start(insts, state);
                        self.words_len = end as u16;
                        self.matchings
                            .push(Matching { entry: i, at, words })
                            .map_err(|_| full("patterns for one string"))?;
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Takes the chars of the string at hand up to `upto`.
    fn look(&mut self, upto: u32, input: Input<'_>, log: &mut dyn Log) -> Result<(), Fault> {
        if !self.watched || upto <= self.seen {
            return Ok(());
        }
        let part = input.part((self.seen, upto)).as_bytes();
        if self.matchings.is_empty() && !part.contains(&b'\\') {
            // No more chars than bytes: often enough to know that there is room for all.
            let more = part.iter().filter(|byte| **byte & 0xC0 != 0x80).count() as u32;
            if self.chars + more <= self.most_chars {
                self.chars += more;
                self.seen = upto;
                return Ok(());
            }
        }
        let mut chars = Chars::escaped(input.part((self.seen, upto)));
        let level = self.frames.len();
        let end = self.at;
        while let Some(c) = Chars::next(&mut chars) {
            self.chars += 1;
            // Reported as of this char.
            self.at = upto - chars.left() as u32 - 1;
            let mut failed = false;
            for m in 0..self.matchings.len() {
                let Matching { entry, at, words } = self.matchings[m];
                let keyword = input.rules.keyword(at);
                let Keyword::Pattern(start, len) = keyword else { continue };
                let insts = input.rules.pattern(start, len);
                let from = usize::from(words);
                let state = &mut self.words[from..from + regex::words(insts.len())];
                if regex::is_match_so_far(state) || regex::is_dead(state) {
                    continue;
                }
                regex::step(insts, state, c);
                if regex::is_dead(state)
                    && self.entry(entry).coerce == Types::NONE
                    && self.is_live(entry, log)
                {
                    failed = true;
                    self.fail(entry, keyword, level, input, log);
                }
            }
            for i in self.scalar.entries..self.entries.len() as u16 {
                if self.is_live(i, log) && self.entry(i).coerce == Types::NONE {
                    for (_, keyword) in input.rules.keywords(self.entry(i).schema) {
                        // Once: the next one is over by more.
                        if matches!(*keyword, Keyword::MaxLength(most) if self.chars.checked_sub(1) == Some(most))
                        {
                            failed = true;
                            self.fail(i, *keyword, level, input, log);
                        }
                    }
                }
            }
            if failed {
                self.resolve(self.scalar, input, log);
                if self.is_over(log) {
                    return Ok(());
                }
            }
        }
        self.seen = upto;
        self.at = end;
        Ok(())
    }

    /// In the middle of a string: whether anything that is listed begins so.
    fn foresee(&mut self, upto: u32, key: bool, input: Input<'_>, log: &mut dyn Log) {
        if self.has_failed() {
            return;
        }
        let end = self.at;
        let so_far = Chars::escaped(input.part((self.scalar_start + 1, upto)));
        let level = self.frames.len();
        // In the order of the places, so that what follows from one is said of its place.
        while let Some((reached, i, keyword)) = self.first_unlisted(so_far, input) {
            self.at = self.scalar_start + 1 + behind(so_far, reached);
            self.fail(i, keyword, level, input, log);
            self.resolve(self.scalar, input, log);
        }
        self.at = end;
        if key {
            self.foresee_key(so_far, end, input, log);
        }
    }

    /// Of the entries of which nothing that is listed begins with `so_far`: how many bytes of it at most, which entry, and for
    /// the sake of which keyword; of several the first.
    fn first_unlisted(&self, so_far: Chars<'_>, input: Input<'_>) -> Option<(usize, u16, Keyword)> {
        let mut first: Option<(usize, u16, Keyword)> = None;
        for i in self.scalar.entries..self.entries.len() as u16 {
            let entry = self.entry(i);
            let listed = entry.traits.has(Traits::LISTED);
            if entry.state != State::Open || entry.coerce != Types::NONE || !listed {
                continue;
            }
            // The farthest that any of the texts goes along.
            let (mut reached, mut last): (Option<usize>, _) = (None, Keyword::False);
            for (_, keyword) in input.rules.keywords(entry.schema) {
                if let Keyword::Enum(value) | Keyword::Const(value) = *keyword {
                    last = *keyword;
                    let shared = input
                        .rules
                        .value(value)
                        .text()
                        .map_or(0, |text| text::shared(so_far, text));
                    reached = Some(reached.unwrap_or(0).max(shared));
                }
            }
            if let Some(reached) = reached {
                if reached < so_far.left() && first.is_none_or(|(least, ..)| reached < least) {
                    first = Some((reached, i, last));
                }
            }
        }
        first
    }

    /// In the middle of a key: whether an object that is closed has one that begins so.
    fn foresee_key(&mut self, so_far: Chars<'_>, end: u32, input: Input<'_>, log: &mut dyn Log) {
        let Some(frame) = self.frames.last().copied() else { return };
        let level = self.frames.len() - 1;
        let mut failed = false;
        for i in frame.region.entries..self.scalar.entries {
            if self.entry(i).state != State::Open || !self.entry(i).traits.has(Traits::CLOSED) {
                continue;
            }
            let (mut closed, mut reached) = (None, 0);
            for (_, keyword) in input.rules.keywords(self.entry(i).schema) {
                match *keyword {
                    Keyword::Property(name, child) if !input.rules.is_false(child) => {
                        reached = reached.max(text::shared(so_far, input.rules.chars(name)));
                    }
                    // Such a key may match it yet.
                    Keyword::PatternProperty(..) => reached = usize::MAX,
                    Keyword::AdditionalProperties(child) if input.rules.is_false(child) => {
                        closed = Some(*keyword);
                    }
                    _ => {}
                }
            }
            if let (Some(keyword), true) = (closed, reached < so_far.left()) {
                failed = true;
                self.at = self.scalar_start + 1 + behind(so_far, reached);
                self.fail(i, keyword, level, input, log);
            }
        }
        self.at = end;
        if failed {
            self.resolve_outer(self.scalar, input, log);
        }
    }

    fn is_match(&mut self, insts: &[regex::Inst], chars: Chars<'_>) -> Result<bool, Fault> {
        let from = usize::from(self.words_len);
        let state = self
            .words
            .get_mut(from..from + regex::words(insts.len()))
            .ok_or(full("patterns for one string"))?;
        Ok(regex::is_match(insts, chars, state))
    }

    // A value ends

    /// The end of a string, number or literal, or of a key.
    fn scalar_end(
        &mut self,
        value: Value<'_>,
        input: Input<'_>,
        log: &mut dyn Log,
    ) -> Result<(), Fault> {
        let region = self.scalar;
        let level = self.frames.len();
        for i in region.entries..self.entries.len() as u16 {
            if !self.is_live(i, log) {
                continue;
            }
            let Entry { coerce, schema, .. } = self.entry(i);
            if coerce == Types::NONE {
                self.check(i, value, false, level, input, log)?;
            } else {
                let format = input.rules.keywords(schema).find_map(|(_, keyword)| match keyword {
                    Keyword::Format(format) => Some(*format),
                    _ => None,
                });
                match become_one_of(value, coerce, format) {
                    Some(coerced) => {
                        self.check(i, value_of(&coerced), true, level, input, log)?;
                        self.report_coerced(i, (value, &coerced), level, input, log);
                    }
                    // Of the right type it is anyhow.
                    None if coerce.contains(value.types()) => {
                        self.check(i, value, true, level, input, log)?;
                    }
                    None => self.fail(i, Keyword::Type(coerce), level, input, log),
                }
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
    fn settled(&mut self, i: u16, region: Region) {
        let entry = &mut self.entries[usize::from(i)];
        entry.done = true;
        if region.is_flat() && entry.state == State::Open {
            entry.state = State::Valid;
        }
    }

    fn report_coerced(
        &mut self,
        i: u16,
        (value, coerced): (Value<'_>, &Coerced),
        level: usize,
        input: Input<'_>,
        log: &mut dyn Log,
    ) {
        let Entry { state, sure, .. } = self.entry(i);
        let unchanged = match (value.text(), value_of(coerced).text()) {
            (Some(before), Some(after)) => text::same(before, after),
            _ => false,
        };
        if sure && state != State::Failed && !unchanged {
            log.coerced(&|out| self.path(level, input, out), coerced);
        }
    }

    /// Holds a scalar against the keywords of an entry.
    fn check(
        &mut self,
        i: u16,
        value: Value<'_>,
        coerced: bool,
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
                let fits = match *keyword {
                    Keyword::Type(types) => {
                        !types.contains(Types::INTEGER)
                            || types.contains(Types::NUMBER)
                            || number::is_integer(number)
                    }
                    Keyword::Minimum(least) => compare(number, least, input).is_ge(),
                    Keyword::Maximum(most) => compare(number, most, input).is_le(),
                    Keyword::ExclusiveMinimum(least) => compare(number, least, input).is_gt(),
                    Keyword::ExclusiveMaximum(most) => compare(number, most, input).is_lt(),
                    Keyword::MultipleOf(unit) => {
                        with_text(unit, input, |unit| number::is_multiple_of(number, unit))
                            .ok_or(full("digits in `multipleOf`"))?
                    }
                    _ => true,
                };
                if !fits {
                    self.fail(i, *keyword, level, input, log);
                }
            }
        }
        let Some(chars) = value.text() else { return Ok(()) };
        let len = if coerced { chars.count() as u32 } else { self.chars };
        for (at, keyword) in input.rules.keywords(schema) {
            let fits = match *keyword {
                Keyword::MinLength(least) => len >= least,
                // Of one that was not coerced it was seen as it came.
                Keyword::MaxLength(most) => !coerced || len <= most,
                Keyword::Pattern(start, len) => {
                    let insts = input.rules.pattern(start, len);
                    let matching = self
                        .matchings
                        .iter()
                        .find(|matching| matching.entry == i && matching.at == at)
                        .copied();
                    match matching {
                        Some(matching) if !coerced => {
                            let from = usize::from(matching.words);
                            let state = &mut self.words[from..from + regex::words(insts.len())];
                            // Of one that is dead it was seen as it came.
                            regex::is_dead(state) || regex::finish(insts, state)
                        }
                        _ => self.is_match(insts, chars)?,
                    }
                }
                Keyword::Format(format) => !input.options.checks_formats() || format.matches(chars),
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
            let mut same = |other: Value<'_>| match other.json() {
                // Of strings their texts tell, most of the time.
                Some(other) if plain && other.len() <= json.len() => Ok(other == json),
                _ => value.is_same(other, &mut self.work),
            };
            match *keyword {
                Keyword::Enum(member) => {
                    listed = Some(*keyword);
                    fits = fits || same(input.rules.value(member))?;
                }
                Keyword::Const(constant) if !unlisted && !same(input.rules.value(constant))? => {
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
        check: super::Check,
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
                log.violation(self.at, &|out| self.path(level, input, out), "check", &why);
            }
        }
    }

    /// The end of an object or array.
    fn close(&mut self, input: Input<'_>, log: &mut dyn Log) -> Result<(), Fault> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        self.items.truncate(usize::from(frame.items));
        let level = self.frames.len();
        let span = (frame.start, self.at + 1);
        for i in frame.region.entries..self.entries.len() as u16 {
            if !self.is_live(i, log) {
                continue;
            }
            let Entry { schema, contained, coerce, traits, mut bits, .. } = self.entry(i);
            if coerce != Types::NONE {
                self.fail(i, Keyword::Type(coerce), level, input, log);
                continue;
            }
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
                        Keyword::Contains(_) => frame.object || contained >= least,
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
            if entry.state == State::Open {
                // Nothing but a circle of references leaves one open.
                return Err(Fault::Reference);
            }
            // What failed by itself may fail by others too, which is worth telling.
            if entry.state == State::Failed && entry.sure && !entry.told && log.wants_more() {
                if let Some(Err(keyword)) = self.verdict(i, input) {
                    self.tell(i, keyword, level, input, log);
                }
            }
        }
        let is_key = self.scanner.is_after_key();
        let mut failed = false;
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
        if failed {
            let end = self.region();
            self.resolve_outer(end, input, log);
        }
        Ok(())
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
        let value = Value::new(input.part(span));
        let hash = value.hash();
        let mut twice = false;
        for i in usize::from(frame.items)..self.items.len() {
            let item = self.items[i];
            if item.hash == hash
                && value.is_same(Value::new(input.part(item.text)), &mut self.work)?
            {
                twice = true;
                break;
            }
        }
        if !twice {
            self.items
                .push(Item { hash, text: span })
                .map_err(|_| full("items that must differ"))?;
            return Ok(false);
        }
        for i in frame.region.entries..region.entries {
            if self.entry(i).state == State::Open || self.is_live(i, log) {
                for (_, keyword) in input.rules.keywords(self.entry(i).schema) {
                    if let Keyword::UniqueItems = *keyword {
                        self.fail(i, *keyword, self.frames.len() - 1, input, log);
                    }
                }
            }
        }
        Ok(true)
    }

    // Verdicts

    /// The value does not fit, for the sake of `keyword`.
    #[cold]
    #[inline(never)]
    fn fail(
        &mut self,
        i: u16,
        keyword: Keyword,
        level: usize,
        input: Input<'_>,
        log: &mut dyn Log,
    ) {
        self.failed = true;
        let entry = &mut self.entries[usize::from(i)];
        entry.state = State::Failed;
        if entry.sure {
            let demand = Demand { keyword, input };
            log.violation(self.at, &|out| self.path(level, input, out), keyword.name(), &demand);
        }
    }

    /// The same, for the sake of other entries.
    fn tell(
        &mut self,
        i: u16,
        keyword: Keyword,
        level: usize,
        input: Input<'_>,
        log: &mut dyn Log,
    ) {
        self.entries[usize::from(i)].told = true;
        // What a sure entry says for itself is not said twice.
        let silent = matches!(keyword, Keyword::AllOf(_) | Keyword::Ref(_) | Keyword::RefTo(_));
        if silent {
            self.entries[usize::from(i)].state = State::Failed;
        } else {
            self.fail(i, keyword, level, input, log);
        }
    }

    /// Settles what can be settled in the region of the innermost value, and, where that fails an entry of the object or
    /// array around it, there too, and so on outwards.
    fn resolve(&mut self, region: Region, input: Input<'_>, log: &mut dyn Log) {
        let end = self.region();
        self.resolve_from(region, end, self.frames.len(), input, log);
    }

    /// The same for the object or array around it, if the value's region is there already.
    fn resolve_outer(&mut self, inner: Region, input: Input<'_>, log: &mut dyn Log) {
        if let Some(frame) = self.frames.last().copied() {
            self.resolve_from(frame.region, inner, self.frames.len() - 1, input, log);
        }
    }

    fn resolve_from(
        &mut self,
        mut region: Region,
        mut end: Region,
        mut level: usize,
        input: Input<'_>,
        log: &mut dyn Log,
    ) {
        self.failed = false;
        loop {
            if !region.is_flat() {
                self.settle(region, end.entries, level, input, log);
            }
            // Whom this value was for.
            let mut failed = false;
            for e in usize::from(region.edges)..usize::from(end.edges) {
                let edge = self.edges[e];
                if edge.parent >= region.entries {
                    break; // Those from outside come first.
                }
                let must = !matches!(input.rules.keyword(edge.at), Keyword::Contains(_));
                if must
                    && self.entry(edge.child).state == State::Failed
                    && self.entry(edge.parent).state == State::Open
                {
                    self.entries[usize::from(edge.parent)].state = State::Failed;
                    failed = true;
                }
            }
            let Some(outer) = level.checked_sub(1).and_then(|i| self.frames.get(i)) else { return };
            if !failed {
                return;
            }
            end = region;
            region = outer.region;
            level -= 1;
        }
    }

    /// Settles the entries of one value, from the last, which the others are likely to wait for, to the first.
    fn settle(
        &mut self,
        region: Region,
        end: u16,
        level: usize,
        input: Input<'_>,
        log: &mut dyn Log,
    ) {
        loop {
            let mut changed = false;
            for i in (region.entries..end).rev() {
                if self.entry(i).state != State::Open {
                    continue;
                }
                match self.verdict(i, input) {
                    Some(Ok(())) if self.entry(i).done => {
                        self.entries[usize::from(i)].state = State::Valid;
                        changed = true;
                    }
                    Some(Err(keyword)) => {
                        self.tell(i, keyword, level, input, log);
                        changed = true;
                    }
                    _ => {}
                }
            }
            // Only where there are ways back to an entry that was looked at before is one round not enough.
            if !changed || end - region.entries < 2 {
                return;
            }
        }
    }

    /// What the entries of the same value that `i` asks for make of it: nothing yet, or that it fits, or what fails it.
    fn verdict(&self, i: u16, input: Input<'_>) -> Option<Result<(), Keyword>> {
        let entry = self.entry(i);
        let mut open = false;
        // Of `anyOf` and `oneOf`: the keyword, how many fit, whether one is open.
        let (mut any, mut one): (Option<(Keyword, u32, bool)>, _) = (None, None);
        let (mut condition, mut then, mut otherwise) = (None, None, None);
        let edges = usize::from(entry.edges)..usize::from(entry.edges_end);
        for edge in self.edges.get(edges).unwrap_or(&[]) {
            let state = self.entry(edge.child).state;
            let keyword = input.rules.keyword(edge.at);
            match keyword {
                Keyword::AllOf(_) | Keyword::Ref(_) | Keyword::RefTo(_) => match state {
                    State::Failed => return Some(Err(keyword)),
                    State::Open => open = true,
                    State::Valid => {}
                },
                Keyword::AnyOf(_) | Keyword::OneOf(_) => {
                    let group = if let Keyword::AnyOf(_) = keyword { &mut any } else { &mut one };
                    let (_, valid, undecided) = group.get_or_insert((keyword, 0, false));
                    *valid += u32::from(state == State::Valid);
                    *undecided |= state == State::Open;
                }
                Keyword::Not(_) => match state {
                    State::Valid => return Some(Err(keyword)),
                    State::Open => open = true,
                    State::Failed => {}
                },
                Keyword::If(_) => condition = Some(state),
                Keyword::Then(_) => then = Some((state, keyword)),
                Keyword::Else(_) => otherwise = Some((state, keyword)),
                Keyword::DependentRequired(..) | Keyword::DependentSchema(..)
                    if self.bit_of(i, edge.at, input) =>
                {
                    match state {
                        State::Failed => return Some(Err(keyword)),
                        State::Open => open = true,
                        State::Valid => {}
                    }
                }
                _ => {}
            }
        }
        match any {
            Some((keyword, 0, false)) => return Some(Err(keyword)),
            Some((_, 0, true)) => open = true,
            _ => {}
        }
        match one {
            Some((keyword, 0, false) | (keyword, 2.., _)) => return Some(Err(keyword)),
            Some((_, _, true)) => open = true,
            _ => {}
        }
        match condition {
            None => {}
            // Both ways fail, so it does not matter which it is.
            Some(State::Open) => match (then, otherwise) {
                (Some((State::Failed, keyword)), Some((State::Failed, _))) => {
                    return Some(Err(keyword));
                }
                (None, None) => {}
                _ => open = true,
            },
            Some(state) => match if state == State::Valid { then } else { otherwise } {
                Some((State::Failed, keyword)) => return Some(Err(keyword)),
                Some((State::Open, _)) => open = true,
                _ => {}
            },
        }
        (!open).then_some(Ok(()))
    }

    // Names that were seen

    /// Whether the name of the keyword at `at`, one of those that have a bit, was seen.
    fn bit_of(&self, i: u16, at: Id, input: Input<'_>) -> bool {
        let entry = self.entry(i);
        let before = input.rules.keywords(entry.schema).take_while(|(id, _)| *id != at);
        self.bit(entry.bits + before.filter(|(_, keyword)| keyword.has_bit()).count() as u16)
    }

    fn bit(&self, bit: u16) -> bool {
        self.bits.get(usize::from(bit / 32)).is_some_and(|word| word >> (bit % 32) & 1 == 1)
    }

    fn put_bit(&mut self, bit: u16, to: bool) {
        if let Some(word) = self.bits.get_mut(usize::from(bit / 32)) {
            let mask = 1 << (bit % 32);
            *word = if to { *word | mask } else { *word & !mask };
        }
    }

    // Paths

    /// Writes the JSON Pointer of the value at `level`.
    fn path(
        &self,
        level: usize,
        input: Input<'_>,
        out: &mut dyn core::fmt::Write,
    ) -> core::fmt::Result {
        for frame in self.frames.iter().take(level) {
            if frame.object {
                out.write_char('/')?;
                for c in Chars::escaped(input.part(frame.key)) {
                    match c {
                        '~' => out.write_str("~0")?,
                        '/' => out.write_str("~1")?,
                        c => out.write_char(c)?,
                    }
                }
            } else {
                write!(out, "/{}", frame.parts.saturating_sub(1))?;
            }
        }
        Ok(())
    }
}

fn compare(number: &str, with: Num, input: Input<'_>) -> core::cmp::Ordering {
    if let Num::Integer(with) = with {
        if let Some(ordering) = number::compare_short(number, with) {
            return ordering;
        }
    }
    with_text(with, input, |with| number::compare(number, with))
}

/// The last byte of the char behind the first `len` bytes.
fn behind(mut chars: Chars<'_>, len: usize) -> u32 {
    let all = chars.left();
    while all - chars.left() <= len && Chars::next(&mut chars).is_some() {}
    (all - chars.left()).saturating_sub(1) as u32
}

/// Gives a schema's number as a text.
pub(super) fn with_text<R>(number: Num, input: Input<'_>, f: impl FnOnce(&str) -> R) -> R {
    match number {
        Num::Integer(value) => f(number::decimal(value, &mut [0; 20])),
        Num::Text(text) => f(input.rules.value(text).json().unwrap_or("0")),
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

/// Whether a value of the type `types` may be taken for one of `asked`.
fn may_become(types: Types, asked: Types) -> bool {
    let scalars = Types::BOOLEAN.or(Types::NUMBER).or(Types::STRING);
    scalars.contains(types) && TARGETS.iter().any(|(target, _)| asked.contains(*target))
}

/// What a scalar may be taken for, the first that it can.
const TARGETS: [(Types, Target); 4] = [
    (Types::INTEGER, Target::Integer),
    (Types::NUMBER, Target::Number),
    (Types::BOOLEAN, Target::Boolean),
    (Types::STRING, Target::String),
];

fn become_one_of(value: Value<'_>, asked: Types, format: Option<Format>) -> Option<Coerced> {
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

fn value_of(coerced: &Coerced) -> Value<'_> {
    match coerced {
        Coerced::String(text) => Value::string(Chars::plain(text)),
        Coerced::Number(text) => Value::new(text),
        Coerced::Boolean(value) => Value::new(if *value { "true" } else { "false" }),
    }
}
