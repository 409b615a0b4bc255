//! References, which are followed when all that is named was read.

use super::loader::Loader;
use crate::json::number;
use crate::json::text::{self, Chars};
use crate::schema::error::{SchemaError, SchemaErrorKind};
use crate::schema::keyword::{Id, Keyword, NONE, Named, Span, Str};
use crate::schema::uri::{self, BadUri, Buffer};

impl Loader<'_, '_, '_> {
    /// Follows all references. More may come up while schemas are read that only references name.
    pub(super) const fn references(&mut self, root: usize) -> Result<(), SchemaError> {
        // Up to here schemas are in the order of their places.
        let sorted = self.out.len().0;
        let mut i = 0;
        while i < self.out.len().0 {
            if let Keyword::RefTo(Str::Span(reference)) = self.out.ops()[i].keyword {
                let place = ok!(self.place_of(reference, root));
                let id = ok!(self.schema_at(place, sorted, reference));
                self.out.replace(i as Id, Keyword::Ref(id));
            }
            i += 1;
        }
        Ok(())
    }

    /// The schema that starts at this place.
    const fn schema_at(
        &mut self,
        place: usize,
        sorted: usize,
        reference: Span,
    ) -> Result<Id, SchemaError> {
        let (mut low, mut high) = (0, sorted);
        while low < high {
            let middle = low + (high - low) / 2;
            if (self.out.ops()[middle].place as usize) < place {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if low < sorted && self.starts_at(low, place) {
            return Ok(low as Id);
        }
        let end = self.out.len().0;
        ok!(self.spend(end - sorted, reference));
        low = sorted;
        while low < end {
            if self.starts_at(low, place) {
                return Ok(low as Id);
            }
            low += 1;
        }
        self.walk.at = place;
        self.schema()
    }

    const fn starts_at(&self, id: usize, place: usize) -> bool {
        let op = &self.out.ops()[id];
        op.place as usize == place && matches!(op.keyword, Keyword::Schema(_))
    }

    /// The place that a reference names.
    const fn place_of(&mut self, reference: Span, root: usize) -> Result<usize, SchemaError> {
        let here = reference.start;
        let chars = self.chars(reference);
        let mut ahead = chars;
        let (resource, fragment) = if let Some('#') = ahead.next() {
            (ok!(self.resource_around(here, root, reference)), Some(ahead))
        } else {
            let base = ok!(self.base(here, reference));
            let Ok((uri, fragment)) = uri::resolve(&base, chars) else {
                return self.error(reference, SchemaErrorKind::Uri);
            };
            (ok!(self.resource(&uri, root, reference)), fragment)
        };
        let Some(fragment) = fragment else { return Ok(resource) };
        let Ok(fragment) = uri::decode(fragment) else {
            return self.error(reference, SchemaErrorKind::Uri);
        };
        match fragment.bytes() {
            [] => Ok(resource),
            [b'/', pointer @ ..] => self.pointer(resource, root, pointer, reference),
            _ => {
                let Ok(name) = fragment.text() else {
                    return self.error(reference, SchemaErrorKind::Uri);
                };
                self.anchor(name, resource, root, reference)
            }
        }
    }

    /// The place of the schema with a `$id` that is the nearest around `place`.
    const fn resource_around(
        &mut self,
        place: u32,
        root: usize,
        reference: Span,
    ) -> Result<usize, SchemaError> {
        let mut nearest = root;
        let mut next = if self.has_resources { self.names } else { NONE };
        while next != NONE {
            ok!(self.spend(1, reference));
            let op = self.out.ops()[next as usize];
            if let Keyword::Name(Named { schema, anchor: false, .. }) = op.keyword {
                if contains(schema, place) && schema.start as usize > nearest {
                    nearest = schema.start as usize;
                }
            }
            next = op.next;
        }
        Ok(nearest)
    }

    /// The base URI at `place`: what the `$id`s around it come to.
    const fn base(&mut self, place: u32, reference: Span) -> Result<Buffer, SchemaError> {
        let mut base = Buffer::EMPTY;
        // From the outermost to the innermost; `from` is where the next may start.
        let mut from = 0;
        loop {
            let mut outermost: Option<(Span, Span)> = None;
            let mut next = self.names;
            while next != NONE {
                ok!(self.spend(1, reference));
                let op = self.out.ops()[next as usize];
                if let Keyword::Name(Named { name, schema, anchor: false, .. }) = op.keyword {
                    if contains(schema, place) && schema.start >= from {
                        match outermost {
                            Some((_, known)) if known.start <= schema.start => {}
                            _ => outermost = Some((name, schema)),
                        }
                    }
                }
                next = op.next;
            }
            let Some((name, schema)) = outermost else { return Ok(base) };
            // A URI takes about as long as this.
            ok!(self.spend(2 * uri::MAX, reference));
            base = match uri::resolve(&base, self.chars(name)) {
                Ok((uri, _)) => uri,
                Err(BadUri) => return self.error(name, SchemaErrorKind::Uri),
            };
            from = schema.start + 1;
        }
    }

    /// The place of the schema with this URI.
    const fn resource(
        &mut self,
        uri: &Buffer,
        root: usize,
        reference: Span,
    ) -> Result<usize, SchemaError> {
        let base = ok!(self.base(root as u32, reference));
        if base.is(uri) {
            return Ok(root);
        }
        let hash = uri.hash();
        let mut next = self.names;
        while next != NONE {
            ok!(self.spend(1, reference));
            let op = self.out.ops()[next as usize];
            if let Keyword::Name(Named { name, schema, anchor: false, hash: known }) = op.keyword {
                // To resolve each name for each reference would be too much.
                if known == 0 || known == hash {
                    let base = ok!(self.base(schema.start, reference));
                    if base.is(uri) {
                        return Ok(schema.start as usize);
                    }
                    let named =
                        Keyword::Name(Named { name, schema, anchor: false, hash: base.hash() });
                    self.out.replace(next, named);
                }
            }
            next = op.next;
        }
        self.error(reference, SchemaErrorKind::OtherDocument)
    }

    /// The place of the schema with this anchor.
    const fn anchor(
        &mut self,
        wanted: &str,
        resource: usize,
        root: usize,
        reference: Span,
    ) -> Result<usize, SchemaError> {
        let mut next = self.names;
        while next != NONE {
            ok!(self.spend(1, reference));
            let op = self.out.ops()[next as usize];
            if let Keyword::Name(Named { name, schema, anchor: true, .. }) = op.keyword {
                if text::same(self.chars(name), Chars::plain(wanted))
                    && ok!(self.resource_around(schema.start, root, reference)) == resource
                {
                    return Ok(schema.start as usize);
                }
            }
            next = op.next;
        }
        self.error(reference, SchemaErrorKind::NoSuchPlace)
    }

    /// The place that a JSON pointer, without its first slash, names below `place`.
    const fn pointer(
        &mut self,
        mut place: usize,
        root: usize,
        pointer: &[u8],
        reference: Span,
    ) -> Result<usize, SchemaError> {
        let mut rest = Some(pointer);
        while let Some(tokens) = rest {
            let mut token = Buffer::EMPTY;
            rest = ok!(self.token(tokens, &mut token, reference));
            let Ok(token) = token.text() else {
                return self.error(reference, SchemaErrorKind::Uri);
            };
            let mut found = ok!(self.definition(place, root, token, reference));
            if found.is_none() {
                found = ok!(self.member(place, token, reference));
            }
            match found {
                Some(found) => place = found,
                None => return self.error(reference, SchemaErrorKind::NoSuchPlace),
            }
        }
        Ok(place)
    }

    /// Decodes a pointer's first part; gives the others.
    const fn token<'p>(
        &self,
        tokens: &'p [u8],
        out: &mut Buffer,
        reference: Span,
    ) -> Result<Option<&'p [u8]>, SchemaError> {
        let mut i = 0;
        while i < tokens.len() {
            let byte = match tokens[i] {
                b'/' => return Ok(Some(tokens.split_at(i + 1).1)),
                b'~' => {
                    i += 1;
                    match if i < tokens.len() { tokens[i] } else { 0 } {
                        b'0' => b'~',
                        b'1' => b'/',
                        _ => return self.error(reference, SchemaErrorKind::Uri),
                    }
                }
                byte => byte,
            };
            // It is shorter than what it was decoded from.
            let _ = out.push(byte);
            i += 1;
        }
        Ok(None)
    }

    /// The place of the whole text's definitions, or of one of them: a short way to what most references name.
    const fn definition(
        &mut self,
        place: usize,
        root: usize,
        name: &str,
        reference: Span,
    ) -> Result<Option<usize>, SchemaError> {
        let [old, new] = self.definitions;
        let mut next = if place == root {
            return Ok(match name.as_bytes() {
                b"definitions" if old.place != usize::MAX => Some(old.place),
                b"$defs" if new.place != usize::MAX => Some(new.place),
                _ => None,
            });
        } else if place == old.place {
            old.last
        } else if place == new.place {
            new.last
        } else {
            NONE
        };
        while next != NONE {
            ok!(self.spend(1, reference));
            let op = self.out.ops()[next as usize];
            if let Keyword::Definition(Str::Span(known), id) = op.keyword {
                if text::same(self.chars(known), Chars::plain(name)) {
                    return Ok(Some(self.out.ops()[id as usize].place as usize));
                }
            }
            next = op.next;
        }
        Ok(None)
    }

    /// The place of an object's member or an array's item. Of keys that stand twice, the last counts.
    const fn member(
        &mut self,
        place: usize,
        token: &str,
        reference: Span,
    ) -> Result<Option<usize>, SchemaError> {
        self.walk.at = place;
        let object = self.byte() == b'{';
        if !object && self.byte() != b'[' {
            return Ok(None);
        }
        let bytes = token.as_bytes();
        let wanted = match number::integer(bytes) {
            Some(index) if !matches!(bytes, [b'0', _, ..] | [b'-', ..] | []) => index,
            _ => -1,
        };
        self.walk.at += 1;
        let (mut index, mut found) = (0, None);
        while self.more() {
            let is_it = if object {
                let key = self.key();
                text::same(self.chars(key), Chars::plain(token))
            } else {
                index == wanted
            };
            if is_it {
                found = Some(self.walk.at);
            }
            let value = self.value();
            ok!(self.spend(value.len as usize + 1, reference));
            index += 1;
        }
        Ok(found)
    }
}

const fn contains(span: Span, place: u32) -> bool {
    span.start <= place && place - span.start < span.len
}
