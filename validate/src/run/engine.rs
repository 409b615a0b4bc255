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

use super::input::Input;
use super::log::Log;
use crate::json::scan::{Event, Malformed, Scanner, Step, Stop};
use crate::json::types::Types;
use crate::json::value::{TooMuchWork, Value};
use crate::pattern;
use crate::scalar::format::Format;
use crate::schema::keyword::{Id, NONE, Traits};
use crate::schema::rules::Key;
use heapless::Vec;

/// How an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Open,
    /// The value fits, whatever follows.
    Valid,
    /// It does not, whatever follows.
    Failed,
}

/// A schema that a value is held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) schema: Id,
    pub(super) state: State,
    /// The root fails with it.
    pub(super) sure: bool,
    /// Nothing but other entries of the same value decides any more.
    pub(super) done: bool,
    /// One of those has failed it, and that was reported.
    pub(super) reported: bool,
    /// At its first byte it was found that the value is not listed.
    pub(super) unlisted: bool,
    /// Its types count in the decision what the value is taken for.
    pub(super) asks: bool,
    /// The types that it and the schemas it leads to ask for, while that is decided.
    pub(super) asked: Types,
    /// Of an object or array: its keywords speak of the part at hand.
    pub(super) evaluates: bool,
    /// Nothing else than its `unevaluatedProperties` or `unevaluatedItems` can speak of that.
    pub(super) alone: bool,
    /// It is to claim that something else does.
    pub(super) claims: bool,
    /// Its evaluated parts count for the entry that is looked at.
    pub(super) reached: bool,
    /// The verdict of a part of it cannot be decided.
    pub(super) stuck: bool,
    /// The types that are asked for, or none.
    pub(super) types: Types,
    /// What keywords it has.
    pub(super) traits: Traits,
    /// Its edges to entries of the same value.
    pub(super) edges: u16,
    pub(super) edges_end: u16,
    /// Its bits: which of the names it asks for were seen.
    pub(super) bits: u16,
    /// Items that fit `contains`.
    pub(super) contained: u32,
    /// Why it failed first.
    pub(super) why: Why,
    /// A property of it is one of the values that are listed for it.
    pub(super) tagged: bool,
}

/// The keyword, and the value, that a schema failed for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Why {
    /// Where the value starts, how deep it is, and the keyword's place, or [`NONE`].
    pub(super) start: u32,
    pub(super) level: u8,
    pub(super) at: Id,
}

impl Why {
    pub(super) const UNKNOWN: Self = Self { start: 0, level: 0, at: NONE };

    pub(super) fn is_known(self) -> bool {
        self.at != NONE
    }
}

/// `child` matters to `parent` for the sake of the keyword at `at`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) parent: u16,
    pub(super) child: u16,
    pub(super) at: Id,
}

/// Where the entries, edges and bits of a value start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Region {
    pub(super) entries: u16,
    pub(super) edges: u16,
    pub(super) bits: u16,
    /// Of all its entries.
    pub(super) traits: Traits,
}

impl Region {
    /// None of its entries asks anything of another: each is settled by itself.
    pub(super) fn is_flat(self) -> bool {
        !self.traits.has(Traits::IN_PLACE)
    }
}

/// An object or array that is open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) region: Region,
    pub(super) object: bool,
    /// Of all its entries.
    pub(super) traits: Traits,
    /// Its key at hand has no escapes.
    pub(super) plain: bool,
    /// Where its text starts.
    pub(super) start: u32,
    /// Parts so far, with the one at hand.
    pub(super) parts: u32,
    /// The key at hand, without its quotes.
    pub(super) key: (u32, u32),
    /// Where the items before it start that are held for `uniqueItems`.
    pub(super) items: u16,
}

/// An item, or a member whose key is known.
pub(super) struct Part<'a> {
    /// Of an object.
    pub(super) object: bool,
    pub(super) index: u32,
    pub(super) key: Key<'a>,
    /// It matters which entries speak of it.
    pub(super) counted: bool,
}

/// An item of an array whose items must differ, in a tree of all of its items: where it leads to tells the next bit of a hash.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    pub(super) hash: u32,
    pub(super) text: (u32, u32),
    /// The items to go on with, or 0.
    pub(super) next: [u16; 2],
}

/// A pattern that a string is held against while it comes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matching {
    pub(super) entry: u16,
    pub(super) at: Id,
    /// Its first word of state.
    pub(super) words: u16,
    /// At the end of the string: it fits, or was found not to as the string came.
    pub(super) fits: bool,
}

/// Most patterns one string is held against while it comes, and the words of their states. More are done at its end.
pub(super) const PATTERNS: usize = 32;
pub(super) const WORDS: usize = pattern::words(pattern::MAX_INSTS);
/// Words of bits for `required` and the like.
pub(super) const BITS: usize = 64;
/// Bytes looked at more often than a few times in comparisons, at most: objects may be in any order.
pub(super) const WORK: usize = 1 << 28;
/// Instructions of patterns that the chars of a text look at beyond a few each, at most.
pub(super) const STEPS: usize = 1 << 26;

/// Why a validation cannot go on, whether or not the text fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Malformed(Malformed),
    TooDeep,
    TooComplex(&'static str),
    Reference,
    /// A schema refers to itself: where the value ended, and where the schema starts.
    Circle(u32, u32),
}

/// The entries of an engine, in the words of an error.
pub(super) const SCHEMAS: &str = "schemas that apply at once: raise ENTRIES";

/// Room for more was needed.
pub(super) const fn full(what: &'static str) -> Fault {
    Fault::TooComplex(what)
}

impl From<TooMuchWork> for Fault {
    fn from(_: TooMuchWork) -> Self {
        full("comparisons of values")
    }
}

/// Room for a validation. It holds whole texts against schemas, one after the other.
///
/// # Shape
/// Objects and arrays may be `DEPTH` deep within each other (at most 128), and `ENTRIES` schemas may apply at once, to a value
/// and to all those around it; as many items of arrays with `uniqueItems` are held at once. Besides, there is room for 2,048
/// names that are required at once. A string is held against 32 patterns of 8,160 instructions in all while it comes, and
/// against more at its end. Texts may have up to 4 GiB. A deeper text fails with
/// [`ValidateError::TooDeep`](crate::ValidateError::TooDeep), one that needs more of the others with
/// [`ValidateError::TooComplex`](crate::ValidateError::TooComplex).
///
/// It takes 62 bytes for each of `ENTRIES`, 32 for each of `DEPTH`, and 1.8 KB, on 64-bit targets; a validation besides 36
/// bytes of stack for each of `DEPTH`.
///
/// # Examples
/// ```
/// use forebay_validate::{Engine, Options, Report, Schema};
///
/// static PERSON: Schema<16> = Schema::object()
///     .property("name", Schema::string().min_length(1))
///     .property("age", Schema::integer().minimum(0))
///     .required(&["name"])
///     .closed();
///
/// let (mut engine, mut report) = (Engine::<32, 256>::new(), Report::<8>::new());
/// engine.validate(&PERSON, &Options::new(), r#"{"name": "Ada", "age": 36}"#, &mut report)?;
/// assert!(report.is_valid());
///
/// engine.validate(&PERSON, &Options::new(), r#"{"age": "36", "agee": 1}"#, &mut report)?;
/// assert_eq!(
///     report.to_string(),
///     "/age: must be an integer\nvalue: must not have the property \"agee\"\nvalue: must have the property \"name\""
/// );
/// # Ok::<(), forebay_validate::ValidateError>(())
/// ```
#[derive(Debug)]
pub struct Engine<const DEPTH: usize = 32, const ENTRIES: usize = 512> {
    pub(super) scanner: Scanner,
    pub(super) entries: Vec<Entry, ENTRIES>,
    pub(super) edges: Vec<Edge, ENTRIES>,
    pub(super) frames: Vec<Frame, DEPTH>,
    pub(super) bits: [u32; BITS],
    pub(super) bits_len: u16,
    pub(super) items: Vec<Item, ENTRIES>,
    pub(super) matchings: Vec<Matching, PATTERNS>,
    pub(super) words: [u32; WORDS],
    pub(super) words_len: u16,
    /// The first entry of the value whose entries are being made, and the last in the schema of those there are.
    pub(super) newest: u16,
    pub(super) highest: Id,
    /// The entries of the next value are there already.
    pub(super) ready: Option<Region>,
    /// The scalar at hand, or the key.
    pub(super) scalar: Region,
    pub(super) scalar_start: u32,
    /// The scalar at hand is a key, held against `propertyNames`.
    pub(super) naming: bool,
    /// The types that the scalar at hand may be taken for, none if it stays what it is; and of a string the format.
    pub(super) coerce: Types,
    pub(super) coerce_to: Option<Format>,
    /// An entry failed since the last look at what follows from it.
    pub(super) failed: bool,
    /// Chars of the string at hand matter before its end.
    pub(super) watched: bool,
    /// How far its chars were looked at, and how many they were.
    pub(super) seen: u32,
    pub(super) chars: u32,
    /// The least `maxLength` that it is held against.
    pub(super) most_chars: u32,
    /// Where the scan is.
    pub(super) at: u32,
    /// The rest of [`WORK`] and of [`STEPS`].
    pub(super) work: usize,
    pub(super) steps: usize,
    /// The first circle of references: where the value ended, and a schema in it.
    pub(super) circle: Option<(u32, Id)>,
}

impl<const DEPTH: usize, const ENTRIES: usize> Engine<DEPTH, ENTRIES> {
    /// The entry of the whole text.
    pub(super) const ROOT: u16 = 0;

    /// Room for one validation after the other.
    #[must_use]
    pub const fn new() -> Self {
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
            newest: 0,
            highest: 0,
            ready: None,
            scalar: Region { entries: 0, edges: 0, bits: 0, traits: Traits::NONE },
            scalar_start: 0,
            naming: false,
            coerce: Types::NONE,
            coerce_to: None,
            failed: false,
            watched: false,
            seen: 0,
            chars: 0,
            most_chars: u32::MAX,
            at: 0,
            work: WORK,
            steps: STEPS,
            circle: None,
        }
    }

    /// Back to where `new` is, without touching what is overwritten anyway.
    pub fn clear(&mut self) {
        self.scanner = Scanner::new();
        self.entries.clear();
        self.edges.clear();
        self.frames.clear();
        self.bits_len = 0;
        self.items.clear();
        self.matchings.clear();
        self.words_len = 0;
        self.ready = None;
        self.naming = false;
        self.failed = false;
        self.scalar_start = 0;
        self.at = 0;
        (self.work, self.steps) = (WORK, STEPS);
        self.circle = None;
    }

    /// Where the scan is.
    pub(crate) fn at(&self) -> usize {
        self.at as usize
    }

    /// Whether the text is known not to fit.
    pub(crate) fn has_failed(&self) -> bool {
        self.entries.first().is_some_and(|root| root.state == State::Failed)
    }

    /// Whether nothing more is to be learnt.
    pub(super) fn is_over(&self, log: &dyn Log) -> bool {
        self.has_failed() && !log.wants_more()
    }

    /// Takes what is new of the text, and stops early where nothing more is to be learnt.
    pub(crate) fn advance(&mut self, input: Input<'_>, log: &mut dyn Log) -> Result<(), Fault> {
        if self.entries.is_empty() {
            self.prepare(input, log)?;
        }
        let bytes = input.text.as_bytes();
        let mut at = self.at as usize;
        // In the middle of a string most pieces are nothing but text.
        at += self.scanner.skip(bytes.get(at..).unwrap_or(&[]));
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
            self.follow(upto, self.scanner.in_key(), input, log)?;
        }
        Ok(())
    }

    /// The text is complete.
    pub(crate) fn finish(&mut self, input: Input<'_>, log: &mut dyn Log) -> Result<bool, Fault> {
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

    pub(super) fn event(
        &mut self,
        event: Event,
        input: Input<'_>,
        log: &mut dyn Log,
    ) -> Result<(), Fault> {
        match event {
            Event::Object => self.open(true, input, log),
            Event::Array => self.open(false, input, log),
            Event::String => {
                self.begin(Types::STRING, input, log)?;
                self.string_begin(input, log);
                Ok(())
            }
            Event::Number => self.begin(Types::NUMBER, input, log),
            Event::True | Event::False => self.begin(Types::BOOLEAN, input, log),
            Event::Null => self.begin(Types::NULL, input, log),
            Event::LiteralEnd => {
                let text = input.part((self.scalar_start, self.at + 1));
                self.scalar_end(Value::new(text), input, log)
            }
            Event::StringEnd => {
                self.follow(self.at, false, input, log)?;
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

    pub(super) fn number_end(&mut self, input: Input<'_>, log: &mut dyn Log) -> Result<(), Fault> {
        let text = input.part((self.scalar_start, self.at));
        self.scalar_end(Value::new(text), input, log)
    }

    // Regions

    pub(super) fn region(&self) -> Region {
        Region {
            entries: self.entries.len() as u16,
            edges: self.edges.len() as u16,
            bits: self.bits_len,
            traits: Traits::NONE,
        }
    }

    pub(super) fn drop_region(&mut self, region: Region) {
        self.entries.truncate(usize::from(region.entries));
        self.edges.truncate(usize::from(region.edges));
        self.bits_len = region.bits;
    }

    pub(super) fn entry(&self, at: u16) -> Entry {
        self.entries[usize::from(at)]
    }

    /// Whether it is still of interest what `entry` makes of the rest of its value.
    pub(super) fn is_live(&self, at: u16, log: &dyn Log) -> bool {
        let entry = self.entry(at);
        match entry.state {
            State::Open => true,
            State::Valid => false,
            State::Failed => entry.sure && log.wants_more(),
        }
    }

    /// An edge from `parent` to the entry for `schema` in the value whose region starts at `region`.
    pub(super) fn want(
        &mut self,
        region: Region,
        parent: u16,
        schema: Id,
        at: Id,
        sure: bool,
    ) -> Result<bool, Fault> {
        let mut upgraded = false;
        let first = usize::from(region.entries);
        // Most come in the order in which they stand in the schema.
        let known = match schema > self.highest {
            true => None,
            false => self.entries[first..].iter_mut().position(|entry| entry.schema == schema),
        };
        let child = match known {
            Some(i) => {
                let entry = &mut self.entries[first + i];
                upgraded = sure && !entry.sure;
                entry.sure |= sure;
                first + i
            }
            None => self.entry_for(schema, sure)?,
        };
        self.edges.push(Edge { parent, child: child as u16, at }).map_err(|_| full(SCHEMAS))?;
        Ok(upgraded)
    }

    /// The edge that an entry was made for, which is the first that leads to it; its parent was there before. `None` of the root,
    /// which others may lead back to.
    pub(super) fn origin(&self, i: u16) -> Option<Edge> {
        self.edges.iter().find(|edge| edge.child == i && i != Self::ROOT).copied()
    }

    pub(super) fn entry_for(&mut self, schema: Id, sure: bool) -> Result<usize, Fault> {
        let entry = Entry {
            schema,
            state: State::Open,
            sure,
            done: false,
            reported: false,
            unlisted: false,
            asks: false,
            asked: Types::NONE,
            evaluates: false,
            alone: false,
            claims: false,
            reached: false,
            stuck: false,
            types: Types::NONE,
            traits: Traits::NONE,
            edges: 0,
            edges_end: 0,
            bits: 0,
            contained: 0,
            why: Why::UNKNOWN,
            tagged: false,
        };
        self.highest = match self.entries.len() == usize::from(self.newest) {
            true => schema,
            false => self.highest.max(schema),
        };
        self.entries.push(entry).map_err(|_| full(SCHEMAS))?;
        Ok(self.entries.len() - 1)
    }

    // Names that were seen

    /// Whether the name of the keyword at `at`, one of those that have a bit, was seen.
    pub(super) fn bit_of(&self, i: u16, at: Id, input: Input<'_>) -> bool {
        let entry = self.entry(i);
        let before = input.rules.keywords(entry.schema).take_while(|(id, _)| *id != at);
        self.bit(entry.bits + before.filter(|(_, keyword)| keyword.has_bit()).count() as u16)
    }

    pub(super) fn bit(&self, bit: u16) -> bool {
        self.bits.get(usize::from(bit / 32)).is_some_and(|word| word >> (bit % 32) & 1 == 1)
    }

    pub(super) fn put_bit(&mut self, bit: u16, to: bool) {
        if let Some(word) = self.bits.get_mut(usize::from(bit / 32)) {
            let mask = 1 << (bit % 32);
            *word = if to { *word | mask } else { *word & !mask };
        }
    }
}

impl<const DEPTH: usize, const ENTRIES: usize> Default for Engine<DEPTH, ENTRIES> {
    fn default() -> Self {
        Self::new()
    }
}
