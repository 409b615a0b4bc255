//! The texts that are read, and the dialects that they are written in.

use super::loader::{Document, Loader, to_ascii, word_of};
use crate::json::text::{self, Chars};
use crate::json::walk::Walker;
use crate::schema::error::{SchemaError, SchemaErrorKind};
use crate::schema::keyword::{Dialect, Draft, Id, Keyword, Kind, NONE, Named, Span, Word};
use crate::schema::uri::{self, Buffer};

impl<'t> Loader<'t, '_, '_> {
    /// Reads the schema's own text.
    pub(super) const fn document(&mut self, text: &'t str) -> Result<(), SchemaError> {
        ok!(self.text_start(text, 0, Span { start: 0, len: 0 }));
        ok!(self.schema());
        ok!(self.text_end(0, NONE));
        self.documents[0].scope = ok!(self.extended(NONE, self.documents[0].resource));
        Ok(())
    }

    /// Reads a document of the registry, which has not been read yet: its resource.
    pub(super) const fn registered(
        &mut self,
        number: usize,
        reference: Span,
    ) -> Result<Id, SchemaError> {
        let (uri, text) = self.registry.document(number);
        let document = ok!(self.text_start(text, number + 1, reference));
        let name = Span { start: number as u32, len: 0 };
        let named = Named { name, ..self.named(Kind::Document) };
        let id = ok!(self.note(Keyword::Name(named), NONE));
        ok!(self.room());
        self.documents[document].resource = id;
        ok!(self.insert_uri(id, &ok!(self.absolute(uri, reference)), reference));
        self.documents[document].first = self.out.len().0 as Id;
        // A list may hold schemas, too, and is none.
        if matches!(self.byte(), b'{' | b't' | b'f') {
            ok!(self.schema());
        }
        ok!(self.text_end(document, id));
        let resource = self.documents[document].resource;
        self.documents[document].scope = ok!(self.extended(self.scope, resource));
        Ok(resource)
    }

    /// Goes to the start of a text that is read from now on.
    const fn text_start(
        &mut self,
        text: &'t str,
        number: usize,
        reference: Span,
    ) -> Result<usize, SchemaError> {
        if let Err(error) = super::scan(text) {
            return Err(SchemaError { document: number, ..error });
        }
        let Some((document, base)) = self.texts.push(text) else {
            return self.error(reference, SchemaErrorKind::TooManyDocuments);
        };
        self.go(base);
        self.walk.skip_gap();
        let start = self.place();
        let own = ok!(self.own_dialect(false));
        self.dialect = if let Some(own) = own { own } else { Dialect::of(self.registry.draft) };
        self.documents[document] = Document {
            start,
            dialect: self.dialect,
            first: self.out.len().0 as Id,
            number: number as u32,
            is_mixed: has_more(text.as_bytes(), b"\"$schema\"", own.is_some() as usize),
            ..self.documents[document]
        };
        self.walk.at = (start - base) as usize;
        Ok(document)
    }

    /// All of a text was read, in the resource `around` it.
    const fn text_end(&mut self, document: usize, around: Id) -> Result<(), SchemaError> {
        ok!(self.room());
        let Document { first, start, .. } = self.documents[document];
        self.documents[document].end = self.out.len().0 as Id;
        self.settle_resource(first as usize, around);
        ok!(self.insert_names(first as usize));
        // It may have another name itself.
        let mut at = self.resources;
        while at != NONE {
            if self.name_at(at).place == start {
                self.documents[document].resource = at;
            }
            at = self.out.ops()[at as usize].next;
        }
        Ok(())
    }

    /// The dialect that the `$schema` of the object at hand names: one that is known. With `inner`, only if it has a `$id` as
    /// well.
    pub(super) const fn own_dialect(
        &mut self,
        inner: bool,
    ) -> Result<Option<Dialect>, SchemaError> {
        let (at, mut has_id, mut uri) = (self.walk.at, !inner, None);
        if self.byte() == b'{' {
            self.walk.at += 1;
            while self.more() {
                let key = self.key();
                let word = word_of(self.text(key), Draft::Draft4);
                if matches!(word, Some(Word::Schema)) && (!inner || self.byte() == b'"') {
                    uri = Some(ok!(self.string_of(Word::Schema)));
                } else {
                    has_id |= matches!(self.text(key).as_bytes(), b"$id" | b"id");
                    self.value();
                }
            }
        }
        if inner {
            let whole = self.span((at, self.walk.at));
            ok!(self.spend(whole.len as usize, whole));
        }
        self.walk.at = at;
        match uri {
            Some(uri) if has_id => self.dialect_of(uri),
            _ => Ok(None),
        }
    }

    /// The dialect that a `$schema` names: a draft, or that of a metaschema in the registry. `None` if it is not known.
    const fn dialect_of(&mut self, uri: Span) -> Result<Option<Dialect>, SchemaError> {
        let mut name = match draft_of(self.chars(uri)) {
            Spelt::Known(draft) => return Ok(Some(Dialect::of(draft))),
            Spelt::TooOld => return self.error(uri, SchemaErrorKind::Dialect),
            Spelt::Unknown => match uri::resolve(&Buffer::EMPTY, self.chars(uri)) {
                Ok((name, _)) => name,
                Err(_) => return Ok(None),
            },
        };
        let mut validates = true;
        // A metaschema may have one of its own, and so on.
        let mut left = MAX_METASCHEMAS;
        loop {
            let Ok(text) = name.text() else { return Ok(None) };
            let Some(number) = ok!(self.registered_as(text, uri)) else { return Ok(None) };
            let meta = ok!(self.metaschema(number));
            validates &= meta.validates;
            let draft = match draft_of(Chars::escaped(meta.schema)) {
                Spelt::Known(draft) => draft,
                Spelt::TooOld => return self.error(uri, SchemaErrorKind::Dialect),
                Spelt::Unknown if left > 0 && !meta.schema.is_empty() => {
                    left -= 1;
                    name = match uri::resolve(&name, Chars::escaped(meta.schema)) {
                        Ok((name, _)) => name,
                        Err(_) => return Ok(None),
                    };
                    continue;
                }
                Spelt::Unknown => self.registry.draft,
            };
            return Ok(Some(if validates || !draft.since(Draft::Draft2019_09) {
                Dialect::of(draft)
            } else {
                Dialect::without_validation(draft)
            }));
        }
    }

    /// The rules that a document of the registry sets for schemas that name it as their metaschema.
    const fn metaschema(&self, number: usize) -> Result<Metaschema<'t>, SchemaError> {
        let (_, text) = self.registry.document(number);
        if let Err(error) = super::scan(text) {
            return Err(SchemaError { document: number + 1, ..error });
        }
        let mut meta = Metaschema { schema: "", validates: true };
        let mut walk = Walker::new(text);
        walk.skip_gap();
        if walk.byte() != b'{' {
            return Ok(meta);
        }
        walk.at += 1;
        while walk.more() {
            let key = Span::between(walk.string()).of(text).as_bytes();
            walk.skip_gap();
            match (key, walk.byte()) {
                (b"$schema", b'"') => meta.schema = Span::between(walk.string()).of(text),
                (b"$vocabulary", b'{') => {
                    meta.validates = false;
                    walk.at += 1;
                    while walk.more() {
                        let name = Span::between(walk.string()).of(text).as_bytes();
                        walk.skip_gap();
                        let is_used = walk.byte() == b't';
                        meta.validates |= is_used && ends_with(name, b"/vocab/validation");
                        walk.value();
                    }
                }
                _ => {
                    walk.value();
                }
            }
        }
        Ok(meta)
    }

    /// The number of the document with this URI in the registry.
    pub(super) const fn registered_as(
        &mut self,
        uri: &str,
        reference: Span,
    ) -> Result<Option<usize>, SchemaError> {
        let mut i = 0;
        while i < self.registry.len() {
            ok!(self.spend(1, reference));
            let known = self.registry.document(i).0;
            let (wanted, known) = (Chars::plain(uri), Chars::plain(without_fragment(known)));
            if text::same(wanted, known) {
                return Ok(Some(i));
            }
            i += 1;
        }
        // A metaschema in another spelling.
        if let (Spelt::Known(draft), false) =
            (draft_of(Chars::plain(uri)), is_canonical(uri.as_bytes()))
        {
            return self.registered_as(draft.uri(), reference);
        }
        Ok(None)
    }
}

/// Most metaschemas of metaschemas.
const MAX_METASCHEMAS: usize = 8;

/// The text of a `$schema`, or nothing, and whether the vocabulary for validation counts.
struct Metaschema<'t> {
    schema: &'t str,
    validates: bool,
}

const fn ends_with(name: &[u8], end: &[u8]) -> bool {
    let Some(start) = name.len().checked_sub(end.len()) else { return false };
    let mut i = 0;
    while i < end.len() {
        if name[start + i] != end[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// The kinds of `$schema`, by how it is spelt.
enum Spelt {
    Known(Draft),
    TooOld,
    Unknown,
}

/// The dialect that a `$schema` names, with `http` or `https`, and whatever ends it.
const fn draft_of(uri: Chars<'_>) -> Spelt {
    let mut ascii = [0; 64];
    let mut name = to_ascii(uri, &mut ascii);
    while let [rest @ .., b'#' | b'/'] = name {
        name = rest;
    }
    if let [b'h', b't', b't', b'p', rest @ ..] = name {
        name = rest;
    }
    if let [b's', rest @ ..] = name {
        name = rest;
    }
    match name {
        b"://json-schema.org/draft-04/schema" | b"://json-schema.org/draft-04/hyper-schema" => {
            Spelt::Known(Draft::Draft4)
        }
        b"://json-schema.org/draft-06/schema" | b"://json-schema.org/draft-06/hyper-schema" => {
            Spelt::Known(Draft::Draft6)
        }
        b"://json-schema.org/draft-07/schema" | b"://json-schema.org/draft-07/hyper-schema" => {
            Spelt::Known(Draft::Draft7)
        }
        b"://json-schema.org/draft/2019-09/schema"
        | b"://json-schema.org/draft/2019-09/hyper-schema"
        | b"://json-schema.org/draft-2019-09/schema" => Spelt::Known(Draft::Draft2019_09),
        b"://json-schema.org/draft/2020-12/schema"
        | b"://json-schema.org/draft/2020-12/hyper-schema"
        | b"://json-schema.org/draft-2020-12/schema" => Spelt::Known(Draft::Draft2020_12),
        b"://json-schema.org/draft-00/schema"
        | b"://json-schema.org/draft-01/schema"
        | b"://json-schema.org/draft-02/schema"
        | b"://json-schema.org/draft-03/schema" => Spelt::TooOld,
        _ => Spelt::Unknown,
    }
}

impl Draft {
    /// Its metaschema's URI.
    const fn uri(self) -> &'static str {
        match self {
            Self::Draft4 => "http://json-schema.org/draft-04/schema",
            Self::Draft6 => "http://json-schema.org/draft-06/schema",
            Self::Draft7 => "http://json-schema.org/draft-07/schema",
            Self::Draft2019_09 => "https://json-schema.org/draft/2019-09/schema",
            Self::Draft2020_12 => "https://json-schema.org/draft/2020-12/schema",
        }
    }
}

/// Whether it is the URI of a metaschema as that has it.
const fn is_canonical(uri: &[u8]) -> bool {
    match uri {
        [b'h', b't', b't', b'p', b's', _, _, _, rest @ ..] => {
            matches!(
                rest,
                b"json-schema.org/draft/2019-09/schema" | b"json-schema.org/draft/2020-12/schema"
            )
        }
        [b'h', b't', b't', b'p', _, _, _, rest @ ..] => matches!(
            rest,
            b"json-schema.org/draft-04/schema"
                | b"json-schema.org/draft-06/schema"
                | b"json-schema.org/draft-07/schema"
        ),
        _ => false,
    }
}

const fn without_fragment(uri: &str) -> &str {
    let bytes = uri.as_bytes();
    let mut len = 0;
    while len < bytes.len() && bytes[len] != b'#' {
        len += 1;
    }
    Span { start: 0, len: len as u32 }.of(uri)
}

/// Whether a key and a string stand in a text more than `most` times.
const fn has_more(text: &[u8], key: &[u8], most: usize) -> bool {
    let (mut at, mut count) = (0, 0);
    while at + key.len() <= text.len() && count <= most {
        let mut same = 0;
        while same < key.len() && text[at + same] == key[same] {
            same += 1;
        }
        if same == key.len() {
            let mut value = at + same;
            while value < text.len() && matches!(text[value], b' ' | b'\t' | b'\n' | b'\r' | b':') {
                value += 1;
            }
            count += (value < text.len() && text[value] == b'"') as usize;
        }
        at += 1;
    }
    count > most
}
