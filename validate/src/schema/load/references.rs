//! References, which are followed when all that is named was read.

use super::loader::Loader;
use super::names::Key;
use crate::json::text::Chars;
use crate::schema::error::{SchemaError, SchemaErrorKind};
use crate::schema::keyword::{Id, Keyword, Kind, NONE, Named, Pending, Span, Str};
use crate::schema::uri::{self, Buffer};

/// The schema that a reference names.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub(super) place: u32,
    pub(super) resource: Id,
}

/// A part of the keywords that was read in one go.
#[derive(Clone, Copy)]
struct Run {
    /// The place of its first schema.
    start: u32,
    /// The scope in which that is.
    scope: Id,
}

impl Loader<'_, '_, '_> {
    /// Follows all references. More may come up while schemas are read that only references name.
    pub(super) const fn references(&mut self) -> Result<(), SchemaError> {
        let mut run = Run { start: self.documents[0].start, scope: self.documents[0].scope };
        let mut i = 0;
        while i < self.out.len().0 {
            match self.out.ops()[i].keyword {
                Keyword::Name(Named { kind: Kind::Target, place, within, .. }) => {
                    run = Run { start: place, scope: within as Id };
                }
                Keyword::Name(Named { kind: Kind::Document, place, .. }) => {
                    let (number, _) = self.texts.at(place);
                    run = Run { start: place, scope: self.documents[number].scope };
                }
                Keyword::Pending(pending) => {
                    self.scope = ok!(self.scope_in(pending.resource, run.start, run.scope));
                    let target = ok!(self.target(pending));
                    let id = ok!(self.schema_at(target, pending.reference));
                    self.out.replace(i as Id, Keyword::Ref(id));
                }
                _ => {}
            }
            i += 1;
        }
        Ok(())
    }

    /// Leaves of the names those of the definitions.
    pub(super) const fn finish(&mut self) {
        let mut i = 0;
        while i < self.out.len().0 {
            if let Keyword::Name(Named { kind: Kind::Member, name, schema, .. }) =
                self.out.ops()[i].keyword
            {
                if schema != NONE {
                    let definition = Keyword::Definition(Str::Span(name), schema);
                    self.out.replace(i as Id, definition);
                }
            }
            i += 1;
        }
        self.out.finish(&self.texts);
    }

    /// The schema that starts at a place.
    const fn schema_at(&mut self, target: Target, reference: Span) -> Result<Id, SchemaError> {
        let Target { place, resource, .. } = target;
        let scope = ok!(self.extended(self.scope, resource));
        let (number, _) = self.texts.at(place);
        let document = self.documents[number];
        if scope == ok!(self.scope_in(resource, document.start, document.scope)) {
            if let Some(id) = self.read_at(place, document.first as usize, document.end as usize) {
                return Ok(id);
            }
        }
        let key = Key::Number(place);
        if let Some(known) = ok!(self.find(Kind::Target, scope as u32, key, reference)) {
            return Ok(self.name_at(known).schema);
        }
        if let (Some(known), true) = (self.on_the_way, self.dynamics == NONE) {
            let Named { schema, name, .. } = self.name_at(known);
            if let Some(id) = self.read_at(place, schema as usize, name.len as usize) {
                return Ok(id);
            }
        }
        self.read(target, scope, reference)
    }

    /// The schema that starts at a place, among keywords in the order of theirs.
    const fn read_at(&self, place: u32, mut low: usize, end: usize) -> Option<Id> {
        let mut high = end;
        while low < high {
            let middle = low + (high - low) / 2;
            if self.out.ops()[middle].place < place {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if low < end {
            let op = &self.out.ops()[low];
            if op.place == place && matches!(op.keyword, Keyword::Schema(_)) {
                return Some(low as Id);
            }
        }
        None
    }

    /// Reads a schema that only references name, or that they name in another scope.
    const fn read(
        &mut self,
        target: Target,
        scope: Id,
        reference: Span,
    ) -> Result<Id, SchemaError> {
        let Target { place, resource, .. } = target;
        self.go(place);
        self.dialect = if resource == NONE {
            self.documents[self.current].dialect
        } else {
            self.name_at(resource).dialect
        };
        let name = Span { start: place, len: 0 };
        let within = scope as u32;
        let schema = self.out.len().0 as Id + 1;
        let known = Named { within, name, schema, ..self.named(Kind::Target) };
        let note = ok!(self.insert(known, reference));
        self.has_targets = true;
        let id = ok!(self.schema());
        ok!(self.room());
        let name = Span { start: place, len: self.out.len().0 as u32 };
        self.out.replace(note, Keyword::Name(Named { name, ..self.name_at(note) }));
        self.settle_resource(id as usize, resource);
        ok!(self.insert_names(id as usize));
        Ok(id)
    }

    /// Finds the schema that a reference names.
    const fn target(&mut self, pending: Pending) -> Result<Target, SchemaError> {
        let Pending { reference, resource, dynamic } = pending;
        self.on_the_way = None;
        let chars = self.chars(reference);
        let mut ahead = chars;
        let (resource, fragment) = if let Some('#') = ahead.next() {
            (resource, Some(ahead))
        } else {
            let base = ok!(self.uri_of(resource, reference));
            let Ok((uri, fragment)) = uri::resolve(&base, chars) else {
                return self.error(reference, SchemaErrorKind::Uri);
            };
            (ok!(self.resource(&uri, reference)), fragment)
        };
        let start = self.start_of(resource);
        let root = Target { place: start, resource };
        let fragment = match fragment {
            Some(fragment) => match uri::decode(fragment) {
                Ok(fragment) => fragment,
                Err(_) => return self.error(reference, SchemaErrorKind::Uri),
            },
            None => Buffer::EMPTY,
        };
        match fragment.bytes() {
            [] if dynamic => self.dynamic(root, "", reference),
            [] => Ok(root),
            [b'/', pointer @ ..] => {
                let place = ok!(self.pointer(start, pointer, reference));
                let resource = ok!(self.resource_around(place, resource, reference));
                Ok(Target { place, resource })
            }
            _ => {
                let Ok(name) = fragment.text() else {
                    return self.error(reference, SchemaErrorKind::Uri);
                };
                let key = Key::Text(Chars::plain(name));
                let Some(at) = ok!(self.find(Kind::Anchor, resource as u32, key, reference)) else {
                    return self.error(reference, SchemaErrorKind::NoSuchPlace);
                };
                let found = Target { place: self.name_at(at).place, ..root };
                if dynamic { self.dynamic(found, name, reference) } else { Ok(found) }
            }
        }
    }

    /// Where a resource starts.
    const fn start_of(&self, resource: Id) -> u32 {
        if resource == NONE { self.documents[0].start } else { self.name_at(resource).place }
    }

    /// The resource with this URI.
    const fn resource(&mut self, uri: &Buffer, reference: Span) -> Result<Id, SchemaError> {
        if uri.bytes().is_empty() {
            return Ok(self.documents[0].resource);
        }
        let found = if let Some(found) = ok!(self.find_uri(uri, reference)) {
            found
        } else {
            let Ok(text) = uri.text() else {
                return self.error(reference, SchemaErrorKind::Uri);
            };
            match ok!(self.registered_as(text, reference)) {
                Some(number) => ok!(self.registered(number, reference)),
                None => return self.error(reference, SchemaErrorKind::OtherDocument),
            }
        };
        // A document may have another name itself.
        let Named { kind, place, .. } = self.name_at(found);
        if let Kind::Document = kind {
            let (number, _) = self.texts.at(place);
            return Ok(self.documents[number].resource);
        }
        Ok(found)
    }

    /// The innermost resource around a place, which is in `outer` or in one within that.
    const fn resource_around(
        &mut self,
        place: u32,
        outer: Id,
        reference: Span,
    ) -> Result<Id, SchemaError> {
        let (mut nearest, mut start) = (outer, self.start_of(outer));
        let mut at = self.resources;
        while at != NONE {
            ok!(self.spend(1, reference));
            let op = &self.out.ops()[at as usize];
            let known = self.name_at(at).place;
            // The note stands where the resource ends.
            if known <= place && place < op.place && known >= start {
                (nearest, start) = (at, known);
            }
            at = op.next;
        }
        Ok(nearest)
    }
}
