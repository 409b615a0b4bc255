//! Schemas and their keywords, in the order in which they stand.

use super::loader::{Loader, word_of};
use crate::json::types::Types;
use crate::schema::error::{SchemaError, SchemaErrorKind};
use crate::schema::keyword::{
    Draft, Id, Keyword, Kind, NONE, Named, Num, Pending, Span, Str, Word,
};

/// What can be known of a schema's keywords only when all of them are read.
struct Deferred {
    reference: Option<Span>,
    dynamic_reference: Option<Span>,
    id: Option<Span>,
    anchor: Option<Span>,
    dynamic_anchor: Option<Span>,
    /// Of draft 4: a bound, and whether it does not fit itself.
    minimum: Option<Num>,
    maximum: Option<Num>,
    above: bool,
    below: bool,
    has_contains: bool,
    min_contains: Option<u32>,
    max_contains: Option<u32>,
    /// `items` is a list.
    has_list: bool,
    additional_items: Option<Id>,
    condition: Option<Id>,
    then: Option<Id>,
    otherwise: Option<Id>,
}

impl Deferred {
    const NONE: Self = Self {
        reference: None,
        dynamic_reference: None,
        id: None,
        anchor: None,
        dynamic_anchor: None,
        minimum: None,
        maximum: None,
        above: false,
        below: false,
        has_contains: false,
        min_contains: None,
        max_contains: None,
        has_list: false,
        additional_items: None,
        condition: None,
        then: None,
        otherwise: None,
    };
}

// `schema` and `nested` recurse: as deep as the text is.
impl Loader<'_, '_, '_> {
    /// Reads a schema.
    pub(super) const fn schema(&mut self) -> Result<Id, SchemaError> {
        let id = match self.byte() {
            b'{' | b't' | b'f' => ok!(self.head()),
            _ => {
                let value = self.value();
                return self.error(value, SchemaErrorKind::NotASchema);
            }
        };
        if self.byte() != b'{' {
            if self.value().len == 5 {
                ok!(self.add(id, Keyword::False));
            }
            return Ok(id);
        }
        let around = self.dialect;
        if self.documents[self.current].is_mixed {
            if let Some(own) = ok!(self.own_dialect(true)) {
                self.dialect = own;
            }
        }
        ok!(self.object(id));
        self.dialect = around;
        Ok(id)
    }

    /// Reads the object that is a schema.
    const fn object(&mut self, id: Id) -> Result<(), SchemaError> {
        let start = self.place();
        self.walk.at += 1;
        let (mut seen, mut late) = (0_u64, Deferred::NONE);
        while self.more() {
            let name = self.key();
            let key = match word_of(self.text(name), self.draft()) {
                Some(key) if self.dialect.has(key) => key,
                _ => {
                    self.value();
                    continue;
                }
            };
            if seen >> key as u8 & 1 == 1 {
                return self.error(name, SchemaErrorKind::Twice(key.name()));
            }
            seen |= 1 << key as u8;
            if !ok!(self.plain(id, key, &mut late)) {
                ok!(self.nested(id, key, &mut late));
            }
        }
        ok!(self.late(id, &late));
        self.names(id, start, &late)
    }

    /// Reads the value of a keyword that holds no schemas. Whether it is one.
    const fn plain(&mut self, to: Id, key: Word, late: &mut Deferred) -> Result<bool, SchemaError> {
        let keyword = match key {
            Word::Type => {
                let types = ok!(self.types());
                let whole = types.contains(Types::INTEGER) && !types.contains(Types::NUMBER);
                if whole && matches!(self.draft(), Draft::Draft4) {
                    ok!(self.add(to, Keyword::NoFraction));
                }
                Keyword::Type(types)
            }
            Word::Const => Keyword::Const(Str::Span(self.value())),
            Word::Minimum | Word::Maximum | Word::ExclusiveMinimum | Word::ExclusiveMaximum
                if matches!(self.draft(), Draft::Draft4) =>
            {
                ok!(self.old_bound(key, late));
                return Ok(true);
            }
            Word::Minimum => Keyword::Minimum(ok!(self.number_of(key))),
            Word::Maximum => Keyword::Maximum(ok!(self.number_of(key))),
            Word::ExclusiveMinimum => Keyword::ExclusiveMinimum(ok!(self.number_of(key))),
            Word::ExclusiveMaximum => Keyword::ExclusiveMaximum(ok!(self.number_of(key))),
            Word::MultipleOf => Keyword::MultipleOf(ok!(self.divisor_of(key))),
            Word::MinLength => Keyword::MinLength(ok!(self.count_of(key))),
            Word::MaxLength => Keyword::MaxLength(ok!(self.count_of(key))),
            Word::MinItems => Keyword::MinItems(ok!(self.count_of(key))),
            Word::MaxItems => Keyword::MaxItems(ok!(self.count_of(key))),
            Word::MinProperties => Keyword::MinProperties(ok!(self.count_of(key))),
            Word::MaxProperties => Keyword::MaxProperties(ok!(self.count_of(key))),
            Word::Pattern => {
                let pattern = ok!(self.string_of(key));
                let (start, len) = ok!(self.pattern(pattern));
                Keyword::Pattern(start, len, Str::Span(pattern))
            }
            Word::Format => match ok!(self.format_of(key)) {
                Some(format) => Keyword::Format(format),
                None => return Ok(true),
            },
            Word::UniqueItems => match ok!(self.boolean_of(key)) {
                true => Keyword::UniqueItems,
                false => return Ok(true),
            },
            Word::CustomValidator => Keyword::NamedCheck(Str::Span(ok!(self.string_of(key)))),
            _ => return self.other(to, key, late),
        };
        ok!(self.add(to, keyword));
        Ok(true)
    }

    /// The same of one that is not added as a keyword, or not here, or as several.
    const fn other(&mut self, to: Id, key: Word, late: &mut Deferred) -> Result<bool, SchemaError> {
        match key {
            Word::Enum => ok!(self.listed(to, key)),
            Word::Required => ok!(self.required(to, key)),
            Word::MinContains => late.min_contains = Some(ok!(self.count_of(key))),
            Word::MaxContains => late.max_contains = Some(ok!(self.count_of(key))),
            Word::Ref => late.reference = Some(ok!(self.string_of(key))),
            Word::DynamicRef | Word::RecursiveRef => {
                late.dynamic_reference = Some(ok!(self.string_of(key)));
            }
            Word::Id | Word::OldId => late.id = Some(ok!(self.string_of(key))),
            Word::Anchor => late.anchor = Some(ok!(self.string_of(key))),
            Word::DynamicAnchor => late.dynamic_anchor = Some(ok!(self.string_of(key))),
            Word::RecursiveAnchor => {
                // A name that no other anchor has.
                if ok!(self.boolean_of(key)) {
                    late.dynamic_anchor = Some(Span { start: self.place(), len: 0 });
                }
            }
            // It was looked at before, where it counts.
            Word::Schema => {
                self.value();
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Reads the value of a keyword that holds schemas, or refuses it.
    const fn nested(&mut self, to: Id, key: Word, late: &mut Deferred) -> Result<(), SchemaError> {
        let keyword = match key {
            Word::Items if self.byte() == b'[' => {
                if self.draft().since(Draft::Draft2020_12) {
                    return self
                        .wrong(key, "a schema: a list of some is `prefixItems` in draft 2020-12");
                }
                late.has_list = true;
                self.walk.at += 1;
                return self.prefix_items(to);
            }
            Word::Items => Keyword::Items(ok!(self.schema())),
            Word::PrefixItems => {
                ok!(self.branches_of(key));
                return self.prefix_items(to);
            }
            Word::AdditionalItems => {
                late.additional_items = Some(ok!(self.schema()));
                return Ok(());
            }
            Word::Contains => {
                late.has_contains = true;
                Keyword::Contains(ok!(self.schema()))
            }
            Word::Properties | Word::PatternProperties => return self.properties(to, key),
            Word::AdditionalProperties => Keyword::AdditionalProperties(ok!(self.schema())),
            Word::UnevaluatedProperties => Keyword::UnevaluatedProperties(ok!(self.schema())),
            Word::UnevaluatedItems => Keyword::UnevaluatedItems(ok!(self.schema())),
            Word::PropertyNames => Keyword::PropertyNames(ok!(self.schema())),
            Word::Dependencies | Word::DependentRequired | Word::DependentSchemas => {
                return self.dependencies(to, key);
            }
            Word::AllOf | Word::AnyOf | Word::OneOf => {
                ok!(self.branches_of(key));
                while self.more() {
                    let schema = ok!(self.schema());
                    let keyword = match key {
                        Word::AllOf => Keyword::AllOf(schema),
                        Word::AnyOf => Keyword::AnyOf(schema),
                        _ => Keyword::OneOf(schema),
                    };
                    ok!(self.add(to, keyword));
                }
                return Ok(());
            }
            Word::Not => Keyword::Not(ok!(self.schema())),
            Word::If => {
                late.condition = Some(ok!(self.schema()));
                return Ok(());
            }
            Word::Then => {
                late.then = Some(ok!(self.schema()));
                return Ok(());
            }
            Word::Else => {
                late.otherwise = Some(ok!(self.schema()));
                return Ok(());
            }
            Word::Definitions | Word::Defs => return self.definitions(to, key),
            // Everything else would change the verdict, and is not followed.
            _ => {
                let value = self.value();
                return self.error(value, SchemaErrorKind::Unsupported(key.name()));
            }
        };
        self.add(to, keyword)
    }

    /// Reads schemas of properties, by their names or by patterns of names.
    const fn properties(&mut self, to: Id, key: Word) -> Result<(), SchemaError> {
        ok!(self.object_of(key));
        while self.more() {
            let name = self.key();
            let keyword = if let Word::Properties = key {
                Keyword::Property(Str::Span(name), ok!(self.schema()))
            } else {
                let (start, len) = ok!(self.pattern(name));
                Keyword::PatternProperty(start, len, ok!(self.schema()), Str::Span(name))
            };
            ok!(self.add(to, keyword));
        }
        Ok(())
    }

    const fn dependencies(&mut self, to: Id, key: Word) -> Result<(), SchemaError> {
        ok!(self.object_of(key));
        while self.more() {
            let name = Str::Span(self.key());
            let is_list = match key {
                Word::Dependencies => self.byte() == b'[',
                _ => matches!(key, Word::DependentRequired),
            };
            let keyword = if is_list {
                let schema = ok!(self.head());
                ok!(self.required(schema, key));
                Keyword::DependentRequired(name, schema)
            } else {
                Keyword::DependentSchema(name, ok!(self.schema()))
            };
            ok!(self.add(to, keyword));
        }
        Ok(())
    }

    const fn definitions(&mut self, to: Id, key: Word) -> Result<(), SchemaError> {
        let place = self.place();
        ok!(self.object_of(key));
        let document = &mut self.documents[self.current];
        // Of others within the text a reference finds the members one by one.
        let is_first = to == document.first && document.end == 0;
        if is_first {
            document.definitions[matches!(key, Word::Defs) as usize] = place;
        }
        while self.more() {
            let name = self.key();
            let here = Named { within: place, name, ..self.named(Kind::Member) };
            let schema = ok!(self.schema());
            if is_first {
                ok!(self.note(Keyword::Name(Named { schema, ..here }), NONE));
            }
        }
        Ok(())
    }

    /// Reads the members of `enum`.
    const fn listed(&mut self, to: Id, key: Word) -> Result<(), SchemaError> {
        ok!(self.list_of(key, "a list"));
        let mut any = false;
        while self.more() {
            any = true;
            let value = self.value();
            ok!(self.add(to, Keyword::Enum(Str::Span(value))));
        }
        if any { Ok(()) } else { self.add(to, Keyword::False) }
    }

    /// Reads a list of names of properties.
    const fn required(&mut self, to: Id, key: Word) -> Result<(), SchemaError> {
        const EXPECTED: &str = "a list of strings";
        ok!(self.list_of(key, EXPECTED));
        while self.more() {
            if self.byte() != b'"' {
                return self.wrong(key, EXPECTED);
            }
            let name = self.string();
            ok!(self.add(to, Keyword::Required(Str::Span(name))));
        }
        Ok(())
    }

    /// Reads the rest of a list of schemas, one for each item.
    const fn prefix_items(&mut self, to: Id) -> Result<(), SchemaError> {
        let mut index = 0;
        while self.more() {
            let schema = ok!(self.schema());
            ok!(self.add(to, Keyword::PrefixItem(index, schema)));
            index += 1;
        }
        Ok(())
    }

    /// Adds the keywords that depend on others.
    const fn late(&mut self, id: Id, late: &Deferred) -> Result<(), SchemaError> {
        if let (true, Some(schema)) = (late.has_list, late.additional_items) {
            ok!(self.add(id, Keyword::Items(schema)));
        }
        if let (true, Some(min)) = (late.has_contains, late.min_contains) {
            ok!(self.add(id, Keyword::MinContains(min)));
        }
        if let (true, Some(max)) = (late.has_contains, late.max_contains) {
            ok!(self.add(id, Keyword::MaxContains(max)));
        }
        if let Some(minimum) = late.minimum {
            let bound = if late.above {
                Keyword::ExclusiveMinimum(minimum)
            } else {
                Keyword::Minimum(minimum)
            };
            ok!(self.add(id, bound));
        }
        if let Some(maximum) = late.maximum {
            let bound = if late.below {
                Keyword::ExclusiveMaximum(maximum)
            } else {
                Keyword::Maximum(maximum)
            };
            ok!(self.add(id, bound));
        }
        // Alone it decides nothing, but what it evaluates may count.
        let counts = self.draft().since(Draft::Draft2019_09);
        if let (Some(condition), true) =
            (late.condition, late.then.is_some() || late.otherwise.is_some() || counts)
        {
            ok!(self.add(id, Keyword::If(condition)));
            if let Some(then) = late.then {
                ok!(self.add(id, Keyword::Then(then)));
            }
            if let Some(otherwise) = late.otherwise {
                ok!(self.add(id, Keyword::Else(otherwise)));
            }
        }
        if let Some(reference) = late.reference {
            // What stands beside it is read all the same: other references may name it.
            if !self.draft().since(Draft::Draft2019_09) && !self.counts() {
                self.out.clear(id);
            }
            ok!(self.refer(id, reference, false));
        }
        if let Some(reference) = late.dynamic_reference {
            ok!(self.refer(id, reference, true));
        }
        Ok(())
    }

    const fn refer(&mut self, id: Id, reference: Span, dynamic: bool) -> Result<(), SchemaError> {
        self.add(id, Keyword::Pending(Pending { reference, resource: NONE, dynamic }))
    }

    /// Reads a bound, or whether it does not fit itself, as draft 4 has it.
    const fn old_bound(&mut self, key: Word, late: &mut Deferred) -> Result<(), SchemaError> {
        match key {
            Word::Minimum => late.minimum = Some(ok!(self.number_of(key))),
            Word::Maximum => late.maximum = Some(ok!(self.number_of(key))),
            Word::ExclusiveMinimum => late.above = ok!(self.boolean_of(key)),
            _ => late.below = ok!(self.boolean_of(key)),
        }
        Ok(())
    }

    /// Keeps by which names a schema is known.
    const fn names(&mut self, schema: Id, place: u32, late: &Deferred) -> Result<(), SchemaError> {
        if let Some(name) = late.anchor {
            ok!(self.name(Kind::Anchor, name, place));
        }
        if let Some(name) = late.dynamic_anchor {
            self.dynamics = ok!(self.name(Kind::DynamicAnchor, name, place));
        }
        let Some(id) = late.id else { return Ok(()) };
        let bytes = self.text(id).as_bytes();
        let mut hash = 0;
        while hash < bytes.len() && bytes[hash] != b'#' {
            hash += 1;
        }
        let fragment = Span {
            start: id.start + hash as u32 + 1,
            len: bytes.len().saturating_sub(hash + 1) as u32,
        };
        let old = !self.draft().since(Draft::Draft2019_09);
        match &late.reference {
            Some(_) if old => return Ok(()),
            _ if old && fragment.len > 0 => {
                ok!(self.name(Kind::Anchor, fragment, place));
            }
            _ if fragment.len > 0 => {
                let kind =
                    SchemaErrorKind::Form { keyword: "$id", expected: "a URI without a fragment" };
                return self.error(id, kind);
            }
            _ => {}
        }
        if hash > 0 {
            let name = Span { start: id.start, len: hash as u32 };
            let resource = ok!(self.name(Kind::Resource, name, place));
            if !self.counts() {
                self.resources = resource;
                self.settle_resource(schema as usize, resource);
            }
        }
        Ok(())
    }

    const fn name(&mut self, kind: Kind, name: Span, place: u32) -> Result<Id, SchemaError> {
        let next = match kind {
            Kind::Resource => self.resources,
            Kind::DynamicAnchor => self.dynamics,
            _ => NONE,
        };
        self.note(Keyword::Name(Named { name, place, ..self.named(kind) }), next)
    }
}
