//! What follows for the schemas of a value, and of those around it, from what became of others.

use super::engine::{Engine, Entry, Region, State, Why};
use super::input::Input;
use super::log::{About, Demand, Log, Name, Told};
use crate::json::text::Chars;
use crate::json::walk::Walker;
use crate::schema::keyword::{Id, Keyword, NONE, Traits};

impl<const DEPTH: usize, const ENTRIES: usize> Engine<DEPTH, ENTRIES> {
    /// The value does not fit, for the sake of `keyword`.
    #[cold]
    #[inline(never)]
    pub(super) fn fail(
        &mut self,
        i: u16,
        keyword: Keyword,
        level: usize,
        input: Input<'_>,
        log: &mut dyn Log,
    ) {
        self.failed = true;
        if !self.entry(i).why.is_known() {
            self.entries[usize::from(i)].why = self.why(i, keyword, level, input);
        }
        let entry = &mut self.entries[usize::from(i)];
        entry.state = State::Failed;
        if entry.sure {
            self.say(i, keyword, level, input, log);
        }
    }

    /// Reports a fault; one of a name for the object that has it.
    fn say(&self, i: u16, keyword: Keyword, level: usize, input: Input<'_>, log: &mut dyn Log) {
        let forbidden = match keyword {
            Keyword::False => self.forbidden_by(i, input),
            _ => None,
        };
        let keyword = forbidden.map_or(keyword, |(keyword, _)| keyword);
        let about = match keyword {
            Keyword::Property(..)
            | Keyword::PatternProperty(..)
            | Keyword::AdditionalProperties(_)
            | Keyword::PropertyNames(_) => About::Member(self.name(input, log)),
            Keyword::UnevaluatedProperties(_) if forbidden.is_some() => {
                About::Member(self.name(input, log))
            }
            _ if self.naming && level == self.frames.len() => About::Name(self.name(input, log)),
            _ => About::Value,
        };
        let inner = level == self.frames.len() && !matches!(about, About::Value);
        let level = if inner { level.saturating_sub(1) } else { level };
        let Entry { schema, why, .. } = self.entry(i);
        let demand = Demand {
            keyword: match keyword {
                Keyword::UnevaluatedItems(_) if forbidden.is_some() => Keyword::False,
                other => other,
            },
            // To be looked for in a schema of thousands of keywords, for each of thousands of violations, would take long.
            at: match keyword {
                Keyword::Enum(_) => input.rules.place(schema, &keyword),
                _ => NONE,
            },
            about,
            why: (why.at, Some(why.start).filter(|_| usize::from(why.level) != level)),
            fits: self.fitting(i, keyword, input),
            input,
        };
        // The place of what forbids a part is that of its schema, or of another keyword beside.
        let (of, last) = match forbidden {
            Some((_, None)) => (i, None),
            Some((_, Some(parent))) => (parent, Some(keyword)),
            None => (i, Some(keyword)),
        };
        log.violation(Told {
            at: self.at,
            path: &|out| self.path(level, input, out),
            schema_path: &|out| self.schema_path(of, last, input, out),
            keyword: keyword.name(),
            message: &demand,
        });
    }

    /// How many schemas of a `oneOf` fit.
    fn fitting(&self, i: u16, keyword: Keyword, input: Input<'_>) -> u32 {
        let Keyword::OneOf(_) = keyword else { return 0 };
        let Entry { edges, edges_end, .. } = self.entry(i);
        let edges = self.edges.get(usize::from(edges)..usize::from(edges_end)).unwrap_or(&[]);
        let fits = edges.iter().filter(|edge| {
            matches!(input.rules.keyword(edge.at), Keyword::OneOf(_))
                && self.entry(edge.child).state == State::Valid
        });
        fits.count() as u32
    }

    /// Where the value at `level` starts.
    fn start_of(&self, level: usize) -> u32 {
        self.frames.get(level).map_or(self.scalar_start, |frame| frame.start)
    }

    /// Why an entry fails for the sake of a keyword: that keyword, or if others of the same value fail it, why the closest of
    /// them does. That is one with a property of a value that is listed for it, and else the one that failed at the deepest
    /// value, if possible not by its type.
    fn why(&self, i: u16, keyword: Keyword, level: usize, input: Input<'_>) -> Why {
        let Entry { schema, edges, edges_end, .. } = self.entry(i);
        let same = |at| {
            let other = input.rules.keyword(at);
            core::mem::discriminant(&other) == core::mem::discriminant(&keyword)
        };
        let edges = self.edges.get(usize::from(edges)..usize::from(edges_end)).unwrap_or(&[]);
        let closest = edges
            .iter()
            .filter(|edge| same(edge.at))
            .map(|edge| self.entry(edge.child))
            .filter(|child| child.state == State::Failed && child.why.is_known())
            .max_by_key(|child| {
                let typed = !matches!(input.rules.keyword(child.why.at), Keyword::Type(_));
                (child.tagged, child.why.level, typed, child.why.start)
            });
        if let Some(closest) = closest {
            return closest.why;
        }
        let at = input.rules.place(schema, &keyword);
        let part = level == self.frames.len() && (self.ready.is_some() || self.naming);
        if part && level > 0 {
            // Of a part that is not there yet, or is a name, what is around it tells.
            if let Some(edge) = self.origin(i) {
                return Why {
                    start: self.start_of(level - 1),
                    level: level as u8 - 1,
                    at: edge.at,
                };
            }
        }
        Why { start: self.start_of(level), level: level as u8, at }
    }

    /// The keyword that has `false` for a part of an object or array, if the entry is for that; if another one beside it says so
    /// too, that, and the entry that has it.
    fn forbidden_by(&self, i: u16, input: Input<'_>) -> Option<(Keyword, Option<u16>)> {
        let edge = self.origin(i)?;
        let keyword = input.rules.keyword(edge.at);
        Some(match keyword {
            // No other name may follow either: then it is not of interest which one it is.
            Keyword::Property(..) => {
                let schema = self.entry(edge.parent).schema;
                let closed = input.rules.keywords(schema).find(|(_, keyword)| {
                    matches!(**keyword, Keyword::AdditionalProperties(child) if input.rules.is_false(child))
                });
                closed.map_or((keyword, None), |(_, closed)| (*closed, Some(edge.parent)))
            }
            Keyword::PatternProperty(..)
            | Keyword::AdditionalProperties(_)
            | Keyword::PropertyNames(_)
            | Keyword::Items(_)
            | Keyword::UnevaluatedProperties(_)
            | Keyword::UnevaluatedItems(_)
            | Keyword::PrefixItem(..) => (keyword, None),
            _ => return None,
        })
    }

    /// The key at hand: all of it, or where only the first violation counts, up to the place of that.
    fn name<'a>(&self, input: Input<'a>, log: &dyn Log) -> Name<'a> {
        let from = self.frames.last().map_or(0, |frame| frame.key.0);
        let mut walker = Walker::new(input.text);
        walker.at = (from as usize).saturating_sub(1);
        let (_, end) = walker.string();
        let end = (end as u32).min(input.text.len() as u32);
        let cut = !log.wants_more() && self.at < end;
        let known = if cut { (self.at + 1).max(from) } else { end };
        Name { chars: Chars::escaped(input.part((from, known))), cut }
    }

    /// The same, for the sake of other entries.
    pub(super) fn tell(
        &mut self,
        i: u16,
        keyword: Keyword,
        level: usize,
        input: Input<'_>,
        log: &mut dyn Log,
    ) {
        self.entries[usize::from(i)].reported = true;
        // What a sure entry says for itself is not said twice.
        let silent = matches!(keyword, Keyword::AllOf(_) | Keyword::Ref(_) | Keyword::RefTo(_));
        if silent {
            let why = self.why(i, keyword, level, input);
            let entry = &mut self.entries[usize::from(i)];
            entry.state = State::Failed;
            if !entry.why.is_known() {
                entry.why = why;
            }
        } else {
            self.fail(i, keyword, level, input, log);
        }
    }

    /// Settles what can be settled in the region of the innermost value, and, where that fails an entry of the object or
    /// array around it, there too, and so on outwards.
    pub(super) fn resolve(&mut self, region: Region, input: Input<'_>, log: &mut dyn Log) {
        let end = self.region();
        self.resolve_from(region, end, self.frames.len(), input, log);
    }

    /// The same for the object or array around it, if the value's region is there already.
    pub(super) fn resolve_outer(&mut self, inner: Region, input: Input<'_>, log: &mut dyn Log) {
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
                self.settle(region, end, level, input, log);
            }
            // Whom this value was for.
            let mut failed = false;
            for e in usize::from(region.edges)..usize::from(end.edges) {
                let edge = self.edges[e];
                if edge.parent >= region.entries {
                    break; // Those from outside come first.
                }
                let must = match input.rules.keyword(edge.at) {
                    Keyword::Contains(_) => false,
                    Keyword::UnevaluatedItems(_) | Keyword::UnevaluatedProperties(_) => {
                        self.entry(edge.parent).alone
                    }
                    _ => true,
                };
                if must
                    && self.entry(edge.child).state == State::Failed
                    && self.entry(edge.parent).state == State::Open
                {
                    let why = self.entry(edge.child).why;
                    let parent = &mut self.entries[usize::from(edge.parent)];
                    parent.state = State::Failed;
                    if !parent.why.is_known() {
                        parent.why = why;
                    }
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
        end: Region,
        level: usize,
        input: Input<'_>,
        log: &mut dyn Log,
    ) {
        let entries = region.entries..end.entries;
        loop {
            let mut changed = false;
            for i in entries.clone().rev() {
                let entry = self.entry(i);
                if entry.state != State::Open {
                    continue;
                }
                let mut verdict = self.verdict(i, input);
                if entry.traits.has(Traits::UNEVALUATED) && !matches!(verdict, Some(Err(_))) {
                    verdict = match self.claims_met(i, entries.clone(), end, input) {
                        Some(Ok(())) => verdict,
                        other => other,
                    };
                }
                match verdict {
                    Some(Ok(())) if entry.done && !entry.stuck => {
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
            if !changed || entries.len() < 2 {
                return;
            }
        }
    }

    /// Of the entries of a value that has ended, what is open stands in a circle of references, or hangs on one: so do the entries
    /// around it that ask for that. Nothing is wrong with it unless the root does.
    pub(super) fn leave_open(&mut self, region: Region) {
        for e in usize::from(region.edges)..self.edges.len() {
            let edge = self.edges[e];
            if edge.parent >= region.entries {
                break;
            }
            if self.entry(edge.child).state == State::Open {
                self.entries[usize::from(edge.parent)].stuck = true;
                let found = (self.at, self.circle_from(edge.child));
                self.circle.get_or_insert(found);
            }
        }
    }

    /// A schema in the circle that an open entry hangs on.
    pub(super) fn circle_from(&self, mut i: u16) -> Id {
        for _ in 0..self.entries.len() {
            let entry = self.entry(i);
            let edges = usize::from(entry.edges)..usize::from(entry.edges_end);
            let mut others = self.edges.get(edges).unwrap_or(&[]).iter();
            let open = others.find(|edge| self.entry(edge.child).state == State::Open);
            match open {
                Some(edge) => i = edge.child,
                None => break,
            }
        }
        self.entry(i).schema
    }

    /// What the entries of the same value that `i` asks for make of it: nothing yet, or that it fits, or what fails it.
    pub(super) fn verdict(&self, i: u16, input: Input<'_>) -> Option<Result<(), Keyword>> {
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
}
