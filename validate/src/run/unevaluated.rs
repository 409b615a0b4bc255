//! `unevaluatedProperties` and `unevaluatedItems`: what they ask of a part depends on which schemas of the whole fit.
//!
//! A part that no schema of the whole may evaluate is held against the keyword's schema as against that of
//! `additionalProperties`. If some may, their names are kept: at least one of them must fit in the end, and lead back to the
//! schema with the keyword. Such a *claim* is a run of edges behind those that the entries of the whole were made with, one to
//! each of the schemas; the first has the keyword's place. The same claim is not made again, so that
//! claims are about as many as ways in which schemas speak of names, and not as many as parts.

use super::engine::{Edge, Engine, Fault, Region, State, full};
use super::input::Input;
use super::log::Log;
use crate::schema::keyword::{Id, Keyword, NONE, Traits};

/// The schema for the parts that are left, and the keyword's place.
struct Rest {
    at: Id,
    keyword: Keyword,
    schema: Id,
}

impl<const DEPTH: usize, const ENTRIES: usize> Engine<DEPTH, ENTRIES> {
    fn rest_of(&self, i: u16, object: bool, input: Input<'_>) -> Option<Rest> {
        let entry = self.entry(i);
        if !entry.traits.has(Traits::UNEVALUATED) {
            return None;
        }
        input.rules.keywords(entry.schema).find_map(|(at, keyword)| {
            match *keyword {
                Keyword::UnevaluatedProperties(schema) if object => Some((at, keyword, schema)),
                Keyword::UnevaluatedItems(schema) if !object => Some((at, keyword, schema)),
                _ => None,
            }
            .map(|(at, keyword, schema)| Rest { at, keyword: *keyword, schema })
        })
    }

    /// Holds the next part, whose entries start at `part`, against what is asked of parts that nothing evaluates.
    pub(super) fn want_rest(
        &mut self,
        part: Region,
        input: Input<'_>,
        log: &dyn Log,
    ) -> Result<(), Fault> {
        let Some(frame) = self.frames.last() else { return Ok(()) };
        let (whole, object) = (frame.region, frame.object);
        for x in whole.entries..part.entries {
            let Some(rest) = self.rest_of(x, object, input).filter(|_| self.is_live(x, log)) else {
                continue;
            };
            let entry = self.entry(x);
            self.entries[usize::from(x)].alone = false;
            if entry.evaluates {
                continue;
            }
            self.reach(x, whole.entries..part.entries, true, input);
            let alone = !(whole.entries..part.entries).any(|e| {
                let contains = !object && self.entry(e).traits.has(Traits::CONTAINS);
                self.entry(e).reached && (contains || e != x && self.may_evaluate(e, object, input))
            });
            self.entries[usize::from(x)].alone = alone;
            if alone || !input.rules.is_false(rest.schema) {
                self.want(part, x, rest.schema, rest.at, alone && entry.sure)?;
            }
        }
        Ok(())
    }

    /// Whether an entry of the whole speaks of the part at hand.
    fn may_evaluate(&self, e: u16, object: bool, input: Input<'_>) -> bool {
        self.entry(e).evaluates || self.rest_of(e, object, input).is_some()
    }

    /// The part whose entries start at `part` has ended: keeps for which entries it must be evaluated by others.
    pub(super) fn part_end(&mut self, part: Region, input: Input<'_>) {
        let Some(frame) = self.frames.last() else { return };
        let (whole, object) = (frame.region, frame.object);
        let edges = usize::from(part.edges)..self.edges.len();
        // Draft 2019-09 does not say that these are evaluated, but others have it so.
        for edge in self.edges.get(edges.clone()).unwrap_or(&[]) {
            let contains = matches!(input.rules.keyword(edge.at), Keyword::Contains(_));
            if contains && self.entry(edge.child).state == State::Valid {
                if let Some(parent) = self.entries.get_mut(usize::from(edge.parent)) {
                    parent.evaluates = true;
                }
            }
        }
        for x in whole.entries..part.entries {
            let Some(rest) = self.rest_of(x, object, input) else { continue };
            let entry = self.entry(x);
            let fits = self.edges.get(edges.clone()).unwrap_or(&[]).iter().any(|edge| {
                edge.parent == x
                    && edge.at == rest.at
                    && self.entry(edge.child).state == State::Valid
            });
            self.entries[usize::from(x)].claims =
                entry.state == State::Open && !entry.evaluates && !entry.alone && !fits;
        }
    }

    /// Claims that the part that has ended is evaluated. Whether an entry failed: it is certain that it is not.
    pub(super) fn claim(&mut self, input: Input<'_>, log: &mut dyn Log) -> Result<bool, Fault> {
        let Some(frame) = self.frames.last() else { return Ok(false) };
        let (whole, object) = (frame.region, frame.object);
        let (end, level) = (self.entries.len() as u16, self.frames.len() - 1);
        let mut failed = false;
        for x in whole.entries..end {
            if !core::mem::take(&mut self.entries[usize::from(x)].claims) {
                continue;
            }
            let Some(rest) = self.rest_of(x, object, input) else { continue };
            self.reach(x, whole.entries..end, true, input);
            let start = self.edges.len();
            for child in whole.entries..end {
                if child != x
                    && self.entry(child).reached
                    && self.may_evaluate(child, object, input)
                {
                    let at = if self.edges.len() == start { rest.at } else { NONE };
                    self.edges.push(Edge { parent: x, child, at }).map_err(|_| {
                        full("properties and items that may be evaluated: raise ENTRIES")
                    })?;
                }
            }
            if self.edges.len() == start {
                failed = true;
                self.fail(x, rest.keyword, level, input, log);
            } else if self.is_claimed(x, whole.entries, start) {
                self.edges.truncate(start);
            }
        }
        Ok(failed)
    }

    /// Where the claims of the entries of a value start.
    fn claims(&self, entries: core::ops::Range<u16>) -> usize {
        let last = entries.end.checked_sub(1).filter(|last| *last >= entries.start);
        last.map_or(0, |last| usize::from(self.entry(last).edges_end))
    }

    /// Whether an earlier claim of an entry asks for nothing else than the one that starts at `start`.
    fn is_claimed(&self, x: u16, first: u16, start: usize) -> bool {
        let from = self.claims(first..self.entries.len() as u16);
        let (earlier, new) = self.edges.split_at(start);
        let mut same = None;
        for edge in earlier.get(from..).unwrap_or(&[]) {
            if edge.at != NONE {
                if same == Some(true) {
                    return true;
                }
                same = (edge.parent == x).then_some(true);
            }
            same = same.map(|same| same && new.iter().any(|other| other.child == edge.child));
        }
        same == Some(true)
    }

    /// Whether the claims of an entry are met; `None` if that is not certain yet.
    pub(super) fn claims_met(
        &mut self,
        x: u16,
        entries: core::ops::Range<u16>,
        end: Region,
        input: Input<'_>,
    ) -> Option<Result<(), Keyword>> {
        let claims = self.claims(entries.clone())..usize::from(end.edges);
        if claims.is_empty() {
            return Some(Ok(()));
        }
        self.reach(x, entries.clone(), true, input);
        if let Some(keyword) = self.first_missed(x, claims.clone(), input) {
            return Some(Err(keyword));
        }
        self.reach(x, entries, false, input);
        self.first_missed(x, claims, input).is_none().then_some(Ok(()))
    }

    /// The keyword of the first claim of an entry none of whose schemas is reached.
    fn first_missed(
        &self,
        x: u16,
        claims: core::ops::Range<usize>,
        input: Input<'_>,
    ) -> Option<Keyword> {
        let mut missed = None;
        for edge in self.edges.get(claims).unwrap_or(&[]).iter().filter(|edge| edge.parent == x) {
            if edge.at != NONE {
                if missed.is_some() {
                    break;
                }
                missed = Some(edge.at);
            }
            if self.entry(edge.child).reached {
                missed = None;
            }
        }
        missed.map(|at| input.rules.keyword(at))
    }

    /// Marks the entries of a value that lead from `x`, by schemas that fit; with `hope`, or may yet.
    fn reach(&mut self, x: u16, entries: core::ops::Range<u16>, hope: bool, input: Input<'_>) {
        for i in entries.clone() {
            self.entries[usize::from(i)].reached = i == x;
        }
        let mut more = true;
        while core::mem::take(&mut more) {
            for i in entries.clone() {
                let entry = self.entry(i);
                if !entry.reached {
                    continue;
                }
                for e in usize::from(entry.edges)..usize::from(entry.edges_end) {
                    let edge = self.edges[e];
                    let child = self.entry(edge.child);
                    let fits = match child.state {
                        State::Valid => true,
                        State::Open => hope,
                        // All is lost then: there is no need to complain of what it says as well.
                        State::Failed => hope && child.sure,
                    };
                    if fits && !child.reached && self.leads(edge, hope, input) {
                        self.entries[usize::from(edge.child)].reached = true;
                        more = true;
                    }
                }
            }
        }
    }

    /// Whether what a schema of the same value evaluates counts for the one that asks for it.
    fn leads(&self, edge: Edge, hope: bool, input: Input<'_>) -> bool {
        let entry = self.entry(edge.parent);
        let condition = || {
            let edges = usize::from(entry.edges)..usize::from(entry.edges_end);
            let own = self.edges.get(edges).unwrap_or(&[]);
            let edge = own.iter().find(|e| matches!(input.rules.keyword(e.at), Keyword::If(_)));
            edge.map_or(State::Open, |edge| self.entry(edge.child).state)
        };
        match input.rules.keyword(edge.at) {
            Keyword::Not(_) => false,
            Keyword::Then(_) => {
                matches!((condition(), hope), (State::Valid, _) | (State::Open, true))
            }
            Keyword::Else(_) => {
                matches!((condition(), hope), (State::Failed, _) | (State::Open, true))
            }
            Keyword::DependentRequired(..) | Keyword::DependentSchema(..) => {
                self.bit_of(edge.parent, edge.at, input) || hope && !entry.done
            }
            _ => true,
        }
    }
}
