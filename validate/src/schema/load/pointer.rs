//! JSON pointers.

use super::loader::Loader;
use super::names::{Key, NUMBER};
use crate::json::number;
use crate::json::text::{self, Chars};
use crate::schema::error::{SchemaError, SchemaErrorKind};
use crate::schema::keyword::{Kind, Named, Span};
use crate::schema::uri::Buffer;

/// So many times the length of a text is passed over to find members, before they are put into the tree: that takes room, which
/// small schemas need not have.
const WALKS: usize = 8;

impl Loader<'_, '_, '_> {
    /// The place that a JSON pointer, without its first slash, names below `place`.
    pub(super) const fn pointer(
        &mut self,
        mut place: u32,
        pointer: &[u8],
        reference: Span,
    ) -> Result<u32, SchemaError> {
        let mut rest = Some(pointer);
        while let Some(tokens) = rest {
            let mut token = Buffer::EMPTY;
            rest = ok!(self.token(tokens, &mut token, reference));
            let Ok(token) = token.text() else {
                return self.error(reference, SchemaErrorKind::Uri);
            };
            place = match ok!(self.member(place, token, reference)) {
                Some(found) => found,
                None => return self.error(reference, SchemaErrorKind::NoSuchPlace),
            };
            ok!(self.pass(place, reference));
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

    /// The place of an object's member or an array's item. Of keys that stand twice, the last counts.
    const fn member(
        &mut self,
        container: u32,
        token: &str,
        reference: Span,
    ) -> Result<Option<u32>, SchemaError> {
        self.go(container);
        let (number, _) = self.texts.at(container);
        let document = self.documents[number];
        let key = match self.byte() {
            b'{' => match (token.as_bytes(), document.definitions) {
                (b"definitions", [place, _]) if container == document.start && place > 0 => {
                    return Ok(Some(place));
                }
                (b"$defs", [_, place]) if container == document.start && place > 0 => {
                    return Ok(Some(place));
                }
                _ => Key::Text(Chars::plain(token)),
            },
            b'[' => match number::integer(token.as_bytes()) {
                Some(index) if !matches!(token.as_bytes(), [b'0', _, ..] | [b'-', ..] | []) => {
                    Key::Number(index as u32)
                }
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        if let Some(found) = ok!(self.find(Kind::Member, container, key, reference)) {
            return Ok(Some(self.name_at(found).place));
        }
        if ok!(self.find(Kind::Container, container, Key::Number(0), reference)).is_some() {
            return Ok(None);
        }
        if self.walked < WALKS * self.texts.all()[number].len() {
            return self.walk_to(key, reference);
        }
        ok!(self.name_members(container, reference));
        Ok(match ok!(self.find(Kind::Member, container, key, reference)) {
            Some(found) => Some(self.name_at(found).place),
            None => None,
        })
    }

    /// Looks at the members of the container at hand, one by one.
    const fn walk_to(&mut self, key: Key<'_>, reference: Span) -> Result<Option<u32>, SchemaError> {
        let object = self.byte() == b'{';
        let start = self.walk.at;
        self.walk.at += 1;
        let (mut index, mut found) = (0, None);
        while self.more() {
            let is_it = match key {
                Key::Text(wanted) => {
                    let name = if object { self.key() } else { reference };
                    text::same(self.chars(name), wanted)
                }
                Key::Number(wanted) => index == wanted,
            };
            if is_it {
                found = Some(self.place());
            }
            self.value();
            index += 1;
        }
        self.walked += self.walk.at - start;
        ok!(self.spend(self.walk.at - start, reference));
        Ok(found)
    }

    /// Names the members of the container at hand.
    const fn name_members(&mut self, container: u32, reference: Span) -> Result<(), SchemaError> {
        let object = self.byte() == b'{';
        self.walk.at += 1;
        let mut index = 0;
        while self.more() {
            let name = if object { self.key() } else { Span { start: index, len: NUMBER } };
            let member = Named { within: container, name, ..self.named(Kind::Member) };
            ok!(self.insert(member, reference));
            self.value();
            index += 1;
        }
        let name = Span { start: 0, len: NUMBER };
        let all = Named { within: container, name, ..self.named(Kind::Container) };
        ok!(self.insert(all, reference));
        Ok(())
    }

    /// Keeps the schema at a place on the way, if it was read because a reference names it: what it holds was read with it.
    const fn pass(&mut self, place: u32, reference: Span) -> Result<(), SchemaError> {
        if self.has_targets {
            let (within, key) = (self.scope as u32, Key::Number(place));
            if let Some(found) = ok!(self.find(Kind::Target, within, key, reference)) {
                self.on_the_way = Some(found);
            }
        }
        Ok(())
    }
}
