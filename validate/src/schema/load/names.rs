//! The tree in which names are found: sorted by hashes, and so about as deep as it must be.

use super::loader::Loader;
use crate::json::text::{self, Chars};
use crate::schema::error::{SchemaError, SchemaErrorKind};
use crate::schema::keyword::{Id, Keyword, Kind, NONE, Named, Span};
use crate::schema::uri::{self, Buffer};

/// The length of a name that is a number, its start.
pub(super) const NUMBER: u32 = u32::MAX;

/// A name that is looked for.
#[derive(Clone, Copy)]
pub(super) enum Key<'k> {
    Text(Chars<'k>),
    Number(u32),
}

/// The hash of bytes behind those that `hash` is of. Source: FNV-1a.
const fn hash_byte(hash: u32, byte: u8) -> u32 {
    (hash ^ byte as u32).wrapping_mul(0x0100_0193)
}

const fn hash_number(mut hash: u32, number: u32) -> u32 {
    let bytes = number.to_le_bytes();
    let mut i = 0;
    while i < bytes.len() {
        hash = hash_byte(hash, bytes[i]);
        i += 1;
    }
    hash
}

/// Of which any bits are as good as others: the tree is sorted by the first. Source: the end of `MurmurHash3`.
const fn mixed(mut hash: u32) -> u32 {
    hash = (hash ^ hash >> 16).wrapping_mul(0x85EB_CA6B);
    hash = (hash ^ hash >> 13).wrapping_mul(0xC2B2_AE35);
    hash ^ hash >> 16
}

const fn hash_of(kind: Kind, within: u32, key: Key<'_>) -> u32 {
    let mut hash = hash_number(0x811C_9DC5 ^ kind.group() as u32, within);
    match key {
        Key::Number(number) => hash = hash_number(hash, number),
        Key::Text(mut chars) => {
            while let Some(c) = chars.next() {
                hash = hash_number(hash, c as u32);
            }
        }
    }
    mixed(hash)
}

impl Kind {
    /// Those of one group have one set of names.
    const fn group(self) -> u8 {
        match self {
            Self::DynamicAnchor => Self::Anchor as u8,
            Self::Document => Self::Resource as u8,
            other => other as u8,
        }
    }
}

impl<'t> Loader<'t, '_, '_> {
    /// Of something here.
    pub(super) const fn named(&self, kind: Kind) -> Named {
        Named {
            kind,
            dialect: self.dialect,
            hash: 0,
            within: NONE as u32,
            name: Span { start: 0, len: NUMBER },
            place: self.place(),
            schema: NONE,
            left: NONE,
            right: NONE,
        }
    }

    /// The name in a note; one of no use if the note holds none.
    pub(super) const fn name_at(&self, at: Id) -> Named {
        match self.out.ops()[at as usize].keyword {
            Keyword::Name(named) => named,
            _ => self.named(Kind::Container),
        }
    }

    const fn key_of(&self, named: &Named) -> Key<'t> {
        match named.name {
            Span { start, len: NUMBER } => Key::Number(start),
            _ if matches!(named.kind, Kind::Target) => Key::Number(named.name.start),
            name => Key::Text(self.chars(name)),
        }
    }

    /// Where in the tree the name is.
    pub(super) const fn find(
        &mut self,
        kind: Kind,
        within: u32,
        key: Key<'_>,
        reference: Span,
    ) -> Result<Option<Id>, SchemaError> {
        let hash = hash_of(kind, within, key);
        let mut at = self.tree;
        while at != NONE {
            ok!(self.spend(1, reference));
            let named = self.name_at(at);
            if named.hash == hash && named.kind.group() == kind.group() && named.within == within {
                let same = match (key, self.key_of(&named)) {
                    (Key::Number(wanted), Key::Number(known)) => wanted == known,
                    (Key::Text(wanted), Key::Text(known)) => text::same(wanted, known),
                    _ => false,
                };
                if same {
                    return Ok(Some(at));
                }
            }
            at = if hash < named.hash { named.left } else { named.right };
        }
        Ok(None)
    }

    /// Makes a note of a name, and puts it into the tree. Of members, the last with a name counts, else the first.
    pub(super) const fn insert(
        &mut self,
        named: Named,
        reference: Span,
    ) -> Result<Id, SchemaError> {
        let id = ok!(self.note(Keyword::Name(named), NONE));
        ok!(self.room());
        ok!(self.insert_note(id, reference));
        Ok(id)
    }

    const fn insert_note(&mut self, id: Id, reference: Span) -> Result<(), SchemaError> {
        let named = self.name_at(id);
        let key = self.key_of(&named);
        if let Kind::Member = named.kind {
            if let Some(known) = ok!(self.find(named.kind, named.within, key, reference)) {
                let Named { place, schema, .. } = named;
                let renewed = Named { place, schema, ..self.name_at(known) };
                self.out.replace(known, Keyword::Name(renewed));
                return Ok(());
            }
        }
        self.insert_hash(id, hash_of(named.kind, named.within, key), reference)
    }

    const fn insert_hash(&mut self, id: Id, hash: u32, reference: Span) -> Result<(), SchemaError> {
        self.out.replace(id, Keyword::Name(Named { hash, ..self.name_at(id) }));
        if self.tree == NONE {
            self.tree = id;
            return Ok(());
        }
        let mut at = self.tree;
        loop {
            ok!(self.spend(1, reference));
            let mut named = self.name_at(at);
            let next = if hash < named.hash { &mut named.left } else { &mut named.right };
            if *next == NONE {
                *next = id;
                self.out.replace(at, Keyword::Name(named));
                return Ok(());
            }
            at = *next;
        }
    }

    // URIs

    /// Puts a resource into the tree.
    pub(super) const fn insert_uri(
        &mut self,
        id: Id,
        uri: &Buffer,
        reference: Span,
    ) -> Result<(), SchemaError> {
        self.insert_hash(id, mixed(uri.hash()), reference)
    }

    /// The resource with this URI.
    pub(super) const fn find_uri(
        &mut self,
        uri: &Buffer,
        reference: Span,
    ) -> Result<Option<Id>, SchemaError> {
        let hash = mixed(uri.hash());
        let mut at = self.tree;
        while at != NONE {
            ok!(self.spend(1, reference));
            let named = self.name_at(at);
            let is_one = named.kind.group() == Kind::Resource.group();
            if is_one && named.hash == hash && ok!(self.uri_of(at, reference)).is(uri) {
                return Ok(Some(at));
            }
            at = if hash < named.hash { named.left } else { named.right };
        }
        Ok(None)
    }

    /// The URI of a resource: what its `$id` and those around it come to.
    pub(super) const fn uri_of(
        &mut self,
        resource: Id,
        reference: Span,
    ) -> Result<Buffer, SchemaError> {
        let mut around = Around::of(self, resource);
        let mut base = Buffer::EMPTY;
        while let Some(id) = around.next() {
            ok!(self.spend(uri::MAX / 8, reference));
            let Named { kind, name, .. } = self.name_at(id);
            base = if let Kind::Document = kind {
                let (uri, _) = self.registry.document(name.start as usize);
                ok!(self.absolute(uri, reference))
            } else {
                match uri::resolve(&base, self.chars(name)) {
                    Ok((uri, _)) => uri,
                    Err(_) => return self.error(name, SchemaErrorKind::Uri),
                }
            };
        }
        Ok(base)
    }

    /// A URI of the registry.
    pub(super) const fn absolute(&self, uri: &str, reference: Span) -> Result<Buffer, SchemaError> {
        match uri::resolve(&Buffer::EMPTY, Chars::plain(uri)) {
            Ok((uri, _)) => Ok(uri),
            Err(_) => self.error(reference, SchemaErrorKind::Uri),
        }
    }

    // Keywords that were read

    /// Keywords from `first` on that have no resource yet are in this one.
    pub(super) const fn settle_resource(&mut self, first: usize, resource: Id) {
        let mut i = first;
        while i < self.out.len().0 && resource != NONE {
            let settled = match self.out.ops()[i].keyword {
                Keyword::Pending(mut pending) if pending.resource == NONE => {
                    pending.resource = resource;
                    Some(Keyword::Pending(pending))
                }
                Keyword::Name(mut named)
                    if named.within == NONE as u32
                        && i != resource as usize
                        && matches!(
                            named.kind,
                            Kind::Resource | Kind::Anchor | Kind::DynamicAnchor
                        ) =>
                {
                    named.within = resource as u32;
                    Some(Keyword::Name(named))
                }
                _ => None,
            };
            if let Some(keyword) = settled {
                self.out.replace(i as Id, keyword);
            }
            i += 1;
        }
    }

    /// Puts what has a name between these keywords into the tree.
    pub(super) const fn insert_names(&mut self, first: usize) -> Result<(), SchemaError> {
        let mut i = first;
        let end = self.out.len().0;
        while i < end {
            if let Keyword::Name(named) = self.out.ops()[i].keyword {
                match named.kind {
                    Kind::Resource => {
                        // One that is too long is found by no reference.
                        if let Ok(uri) = self.uri_of(i as Id, named.name) {
                            ok!(self.insert_uri(i as Id, &uri, named.name));
                        }
                    }
                    Kind::Anchor | Kind::DynamicAnchor | Kind::Member => {
                        ok!(self.insert_note(i as Id, named.name));
                    }
                    _ => {}
                }
            }
            i += 1;
        }
        Ok(())
    }
}

/// A resource and those around it, from the outermost on.
pub(super) struct Around {
    ids: [Id; crate::json::scan::MAX_DEPTH + 2],
    len: usize,
}

impl Around {
    pub(super) const fn of(loader: &Loader<'_, '_, '_>, resource: Id) -> Self {
        let mut around = Self { ids: [NONE; crate::json::scan::MAX_DEPTH + 2], len: 0 };
        let mut at = resource;
        while at != NONE && around.len < around.ids.len() {
            around.ids[around.len] = at;
            around.len += 1;
            at = loader.name_at(at).within as Id;
        }
        around
    }

    pub(super) const fn next(&mut self) -> Option<Id> {
        if self.len == 0 {
            return None;
        }
        self.len -= 1;
        Some(self.ids[self.len])
    }
}
