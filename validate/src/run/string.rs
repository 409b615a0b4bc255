//! Strings, as they come.

use super::engine::{Engine, Fault, Matching, State, full};
use super::input::Input;
use super::log::Log;
use crate::json::text::{self, Chars};
use crate::json::types::Types;
use crate::pattern;
use crate::schema::keyword::{Keyword, Traits};

impl<const DEPTH: usize, const ENTRIES: usize> Engine<DEPTH, ENTRIES> {
    pub(super) fn string_begin(&mut self, input: Input<'_>) -> Result<(), Fault> {
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
                        let end = usize::from(words) + pattern::words(insts.len());
                        let state = self
                            .words
                            .get_mut(usize::from(words)..end)
                            .ok_or(full("patterns for one string"))?;
                        pattern::start(insts, state);
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
                let Matching { entry, at, words } = self.matchings[m];
                let keyword = input.rules.keyword(at);
                let Keyword::Pattern(start, len) = keyword else { continue };
                let insts = input.rules.pattern(start, len);
                let from = usize::from(words);
                let state = &mut self.words[from..from + pattern::words(insts.len())];
                if pattern::is_match_so_far(state) || pattern::is_dead(state) {
                    continue;
                }
                pattern::step(insts, state, c);
                if pattern::is_dead(state)
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
    pub(super) fn foresee(&mut self, upto: u32, key: bool, input: Input<'_>, log: &mut dyn Log) {
        let closed =
            key && self.frames.last().is_some_and(|frame| frame.traits.has(Traits::CLOSED));
        if !closed && !self.scalar.traits.has(Traits::LISTED) || self.has_failed() {
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

    pub(super) fn is_match(
        &mut self,
        insts: &[pattern::Inst],
        chars: Chars<'_>,
    ) -> Result<bool, Fault> {
        let from = usize::from(self.words_len);
        let state = self
            .words
            .get_mut(from..from + pattern::words(insts.len()))
            .ok_or(full("patterns for one string"))?;
        Ok(pattern::is_match(insts, chars, state))
    }
}

/// The last byte of the char behind the first `len` bytes.
pub(super) fn behind(mut chars: Chars<'_>, len: usize) -> u32 {
    let all = chars.left();
    while all - chars.left() <= len && Chars::next(&mut chars).is_some() {}
    (all - chars.left()).saturating_sub(1) as u32
}
