//! Strings, as they come.

use super::engine::{Engine, Fault, Matching, State, full};
use super::input::Input;
use super::log::Log;
use crate::json::text::{self, Chars};
use crate::json::types::Types;
use crate::pattern;
use crate::schema::keyword::{Id, Keyword, Traits};

/// The words of the error if [`STEPS`](super::engine::STEPS) run out.
const STEPS_OF_PATTERNS: &str = "steps of patterns, of which a text may take 67,108,864";

impl<const DEPTH: usize, const ENTRIES: usize> Engine<DEPTH, ENTRIES> {
    pub(super) fn string_begin(&mut self, input: Input<'_>, log: &mut dyn Log) {
        self.seen = self.at + 1;
        self.chars = 0;
        self.most_chars = u32::MAX;
        self.watched = false;
        self.matchings.clear();
        self.words_len = 0;
        if !self.scalar.traits.has(Traits::LENGTH_OR_PATTERN) || self.coerce != Types::NONE {
            return;
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
                    Keyword::Pattern(start, len, _) => {
                        self.watched = true;
                        self.begin_matching(i, at, input.rules.pattern(start, len));
                    }
                    _ => {}
                }
            }
        }
        self.fail_dead(input, log);
    }

    /// Fails what no string can match.
    fn fail_dead(&mut self, input: Input<'_>, log: &mut dyn Log) {
        let mut failed = false;
        for m in 0..self.matchings.len() {
            let Matching { entry, at, words, .. } = self.matchings[m];
            let state = self.words.get(usize::from(words)..).unwrap_or(&[]);
            if pattern::is_dead(state) && self.is_live(entry, log) {
                failed = true;
                let keyword = input.rules.keyword(at);
                self.fail(entry, keyword, self.frames.len(), input, log);
            }
        }
        if failed {
            self.resolve(self.scalar, input, log);
        }
    }

    /// Follows a pattern from here on, if there is room; else the whole string is held against it at its end.
    fn begin_matching(&mut self, entry: u16, at: Id, insts: &[pattern::Inst]) {
        let words = self.words_len;
        let end = usize::from(words) + pattern::words(insts.len());
        let Some(state) = self.words.get_mut(usize::from(words)..end) else { return };
        if self.matchings.push(Matching { entry, at, words, fits: false }).is_ok() {
            pattern::start(insts, state);
            self.words_len = end as u16;
        }
    }

    /// The string is complete: what became of its patterns, whose words are free then.
    pub(super) fn end_matchings(&mut self, input: Input<'_>) {
        for matching in &mut self.matchings {
            let Keyword::Pattern(start, len, _) = input.rules.keyword(matching.at) else {
                continue;
            };
            let insts = input.rules.pattern(start, len);
            let from = usize::from(matching.words);
            let Some(state) = self.words.get_mut(from..from + pattern::words(insts.len())) else {
                continue;
            };
            // Of one that is dead it was seen as it came.
            matching.fits = pattern::is_dead(state) || pattern::finish(insts, state);
        }
        self.words_len = 0;
    }

    /// Takes the chars of the string at hand up to `upto`.
    pub(super) fn look(
        &mut self,
        upto: u32,
        input: Input<'_>,
        log: &mut dyn Log,
    ) -> Result<(), Fault> {
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
                let Matching { entry, at, words, .. } = self.matchings[m];
                let keyword = input.rules.keyword(at);
                let Keyword::Pattern(start, len, _) = keyword else { continue };
                let insts = input.rules.pattern(start, len);
                let from = usize::from(words);
                let state = &mut self.words[from..from + pattern::words(insts.len())];
                if pattern::is_match_so_far(state) || pattern::is_dead(state) {
                    continue;
                }
                let steps = pattern::step(insts, state, c).saturating_sub(pattern::FREE);
                self.steps = self.steps.checked_sub(steps).ok_or(full(STEPS_OF_PATTERNS))?;
                if pattern::is_dead(state) && self.is_live(entry, log) {
                    failed = true;
                    self.fail(entry, keyword, level, input, log);
                }
            }
            for i in self.scalar.entries..self.entries.len() as u16 {
                if self.is_live(i, log) {
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

    /// Takes the chars of the string or key at hand up to `upto`. Where only the first violation counts, what can be foreseen
    /// fails at the char that tells, in the order of the chars.
    pub(super) fn follow(
        &mut self,
        upto: u32,
        key: bool,
        input: Input<'_>,
        log: &mut dyn Log,
    ) -> Result<(), Fault> {
        let closed =
            key && self.frames.last().is_some_and(|frame| frame.traits.has(Traits::CLOSED));
        let foresees = closed || self.scalar.traits.has(Traits::LISTED);
        if foresees && !log.wants_more() && self.coerce == Types::NONE {
            let from = self.scalar_start + 1;
            let so_far = Chars::escaped(input.part((from, upto)));
            while let Some(reached) = self.reached(so_far, closed, input) {
                let at = from + behind(so_far, reached);
                // At the same char, patterns and lengths come first.
                self.look(at + 1, input, log)?;
                if self.is_over(log) {
                    return Ok(());
                }
                let end = core::mem::replace(&mut self.at, at);
                self.fail_unlisted(so_far, reached, input, log);
                if closed {
                    self.fail_unnamed(so_far, reached, input, log);
                }
                if self.is_over(log) {
                    return Ok(());
                }
                self.at = end;
            }
        }
        self.look(upto, input, log)
    }

    /// The least that any entry goes along with `so_far`, in bytes, of those that do not go along with all of it.
    fn reached(&self, so_far: Chars<'_>, closed: bool, input: Input<'_>) -> Option<usize> {
        let listed = (self.scalar.entries..self.entries.len() as u16)
            .filter_map(|i| self.listed(i, so_far, input));
        let first = self.frames.last().map_or(0, |frame| frame.region.entries);
        let outer = if closed { first..self.scalar.entries } else { 0..0 };
        let named = outer.filter_map(|i| self.named(i, so_far, input));
        listed.chain(named).map(|(reached, _)| reached).min()
    }

    /// How far any value that an entry lists goes along with `so_far`, unless that is all the way; and the keyword.
    fn listed(&self, i: u16, so_far: Chars<'_>, input: Input<'_>) -> Option<(usize, Keyword)> {
        let entry = self.entry(i);
        if entry.state != State::Open || !entry.traits.has(Traits::LISTED) {
            return None;
        }
        let (mut reached, mut last) = (0, Keyword::False);
        for (_, keyword) in input.rules.keywords(entry.schema) {
            if let Keyword::Enum(value) | Keyword::Const(value) = *keyword {
                last = *keyword;
                if let Some(text) = input.rules.value(value).text() {
                    reached = reached.max(text::shared(so_far, text));
                }
            }
        }
        (reached < so_far.left()).then_some((reached, last))
    }

    /// How far any name that an entry of a closed object has goes along with `so_far`, unless that is all the way.
    fn named(&self, i: u16, so_far: Chars<'_>, input: Input<'_>) -> Option<(usize, Keyword)> {
        let entry = self.entry(i);
        if entry.state != State::Open || !entry.traits.has(Traits::CLOSED) {
            return None;
        }
        let (mut reached, mut closed) = (0, None);
        for (_, keyword) in input.rules.keywords(entry.schema) {
            match *keyword {
                Keyword::Property(name, child) if !input.rules.is_false(child) => {
                    reached = reached.max(text::shared(so_far, input.rules.chars(name)));
                }
                // Such a key may match it yet.
                Keyword::PatternProperty(..) => return None,
                Keyword::AdditionalProperties(child) if input.rules.is_false(child) => {
                    closed = Some(*keyword);
                }
                _ => {}
            }
        }
        closed.filter(|_| reached < so_far.left()).map(|closed| (reached, closed))
    }

    /// Fails the entries of the string that list nothing which goes along any farther.
    fn fail_unlisted(
        &mut self,
        so_far: Chars<'_>,
        reached: usize,
        input: Input<'_>,
        log: &mut dyn Log,
    ) {
        let mut failed = false;
        for i in self.scalar.entries..self.entries.len() as u16 {
            if let Some((_, keyword)) = self.listed(i, so_far, input).filter(|it| it.0 == reached) {
                failed = true;
                self.fail(i, keyword, self.frames.len(), input, log);
            }
        }
        if failed {
            self.resolve(self.scalar, input, log);
        }
    }

    /// Fails the entries of the object around the key that have no name which goes along any farther.
    fn fail_unnamed(
        &mut self,
        so_far: Chars<'_>,
        reached: usize,
        input: Input<'_>,
        log: &mut dyn Log,
    ) {
        let Some(first) = self.frames.last().map(|frame| frame.region.entries) else { return };
        let mut failed = false;
        for i in first..self.scalar.entries {
            if let Some((_, keyword)) = self.named(i, so_far, input).filter(|it| it.0 == reached) {
                failed = true;
                self.fail(i, keyword, self.frames.len() - 1, input, log);
            }
        }
        if failed {
            self.resolve_outer(self.scalar, input, log);
        }
    }

    pub(super) fn is_match(
        &mut self,
        insts: &[pattern::Inst],
        chars: Chars<'_>,
    ) -> Result<bool, Fault> {
        let from = usize::from(self.words_len);
        let state = self
            .words
            .get_mut(from..from + pattern::words(insts.len()))
            .ok_or(full("patterns on one string"))?;
        pattern::is_match(insts, chars, state, &mut self.steps).ok_or(full(STEPS_OF_PATTERNS))
    }
}

/// The last byte of the char behind the first `len` bytes.
pub(super) fn behind(mut chars: Chars<'_>, len: usize) -> u32 {
    let all = chars.left();
    while all - chars.left() <= len && Chars::next(&mut chars).is_some() {}
    (all - chars.left()).saturating_sub(1) as u32
}
