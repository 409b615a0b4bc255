//! Dynamic scopes: by which resources a schema was reached, as far as `$dynamicRef` may ask.
//!
//! They are known without a text to hold against the schema: a schema that is reached in two scopes is read twice, and each
//! time its dynamic references lead to one place.

use super::loader::Loader;
use super::names::{Around, Key, NUMBER};
use super::references::Target;
use crate::json::text::Chars;
use crate::schema::error::SchemaError;
use crate::schema::keyword::{Id, Kind, NONE, Named, Span};

impl Loader<'_, '_, '_> {
    /// The scope `scope` with a resource entered in it. It is another one only if the resource has a dynamic anchor that no
    /// other in the scope has.
    pub(super) const fn extended(&mut self, scope: Id, resource: Id) -> Result<Id, SchemaError> {
        let here = Span { start: self.place(), len: 0 };
        let mut at = self.dynamics;
        while at != NONE {
            ok!(self.spend(1, here));
            let Named { within, name, .. } = self.name_at(at);
            if within == resource as u32 && ok!(self.bound(scope, self.chars(name), here)).is_none()
            {
                let (within, key) = (scope as u32, Key::Number(resource as u32));
                if let Some(known) = ok!(self.find(Kind::Scope, within, key, here)) {
                    return Ok(known);
                }
                let name = Span { start: resource as u32, len: NUMBER };
                let entered = Named { within, name, ..self.named(Kind::Scope) };
                return self.insert(entered, here);
            }
            at = self.out.ops()[at as usize].next;
        }
        Ok(scope)
    }

    /// The scope in a resource, for a part of a text that starts at `start` in `scope`.
    pub(super) const fn scope_in(
        &mut self,
        resource: Id,
        start: u32,
        mut scope: Id,
    ) -> Result<Id, SchemaError> {
        if self.dynamics == NONE {
            return Ok(scope);
        }
        let mut around = Around::of(self, resource);
        while let Some(id) = around.next() {
            if self.name_at(id).place > start {
                scope = ok!(self.extended(scope, id));
            }
        }
        Ok(scope)
    }

    /// The dynamic anchor of this name in the outermost resource of a scope that has one.
    const fn bound(
        &mut self,
        mut scope: Id,
        name: Chars<'_>,
        reference: Span,
    ) -> Result<Option<Id>, SchemaError> {
        let mut found = None;
        while scope != NONE {
            let Named { within, name: resource, .. } = self.name_at(scope);
            let key = Key::Text(name);
            if let Some(at) = ok!(self.find(Kind::Anchor, resource.start, key, reference)) {
                if let Kind::DynamicAnchor = self.name_at(at).kind {
                    found = Some(at);
                }
            }
            scope = within as Id;
        }
        Ok(found)
    }

    /// Finds the schema of a dynamic reference that leads to `target` by itself.
    pub(super) const fn dynamic(
        &mut self,
        target: Target,
        name: &str,
        reference: Span,
    ) -> Result<Target, SchemaError> {
        let key = Key::Text(Chars::plain(name));
        let Target { resource, .. } = target;
        let Some(own) = ok!(self.find(Kind::Anchor, resource as u32, key, reference)) else {
            return Ok(target);
        };
        if !matches!(self.name_at(own).kind, Kind::DynamicAnchor) {
            return Ok(target);
        }
        Ok(match ok!(self.bound(self.scope, Chars::plain(name), reference)) {
            Some(outer) => {
                let Named { place, within, .. } = self.name_at(outer);
                Target { place, resource: within as Id }
            }
            None => target,
        })
    }
}
