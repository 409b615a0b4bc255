//! The documents that schemas may refer to.

use super::keyword::Draft;

/// The dialect of schemas that do not name one, and the documents that schemas may refer to.
///
/// A reference finds a document by its URI, without a fragment. Nothing is ever fetched. Each document is read when the first
/// reference leads to it, and takes keywords like a part of the schema; so does its text, which is a copy in a
/// `SchemaBuf`.
///
/// # Shape
/// A schema may refer to 128 of the documents, directly and by others.
///
/// # Cost
/// The first reference to each document compares its URI with those of all.
///
/// # Examples
/// ```
/// use forebay_validate::{Draft, Registry, Schema};
///
/// static COMMON: Registry<'static> = Registry::new().draft(Draft::Draft7).with_documents(&[(
///     "https://example.com/common.json",
///     r#"{"definitions": {"name": {"type": "string", "minLength": 1}}}"#,
/// )]);
/// static PERSON: Schema<16> = Schema::from_json_in(
///     r#"{"properties": {"name": {"$ref": "https://example.com/common.json#/definitions/name"}}}"#,
///     &COMMON,
/// );
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Registry<'a> {
    pub(crate) draft: Draft,
    /// Each with its URI.
    pub(crate) documents: &'a [(&'a str, &'a str)],
    /// The same: not the caller's, and looked through last.
    pub(crate) own: &'static [(&'static str, &'static str)],
}

impl<'a> Registry<'a> {
    /// Draft 2020-12, and no documents.
    #[must_use]
    pub const fn new() -> Self {
        Self { draft: Draft::Draft2020_12, documents: &[], own: &[] }
    }

    /// The dialect of what does not name one that is known in its `$schema`.
    #[must_use]
    pub const fn draft(self, draft: Draft) -> Self {
        Self { draft, ..self }
    }

    /// These documents, each a URI and a JSON text; not those of an earlier call. Of several with one URI the first counts.
    #[must_use]
    pub const fn with_documents(self, documents: &'a [(&'a str, &'a str)]) -> Self {
        Self { documents, ..self }
    }

    /// The metaschemas of all five drafts as well.
    ///
    /// `SchemaBuf` has them anyway. They are 36 KB, and the part of a program that reads schemas with
    /// this while it runs.
    ///
    /// # Examples
    /// ```
    /// use forebay_validate::{Registry, Schema};
    ///
    /// static SCHEMA: Schema<300> = Schema::from_json_in(
    ///     r#"{"properties": {"schema": {"$ref": "http://json-schema.org/draft-07/schema#"}}}"#,
    ///     &Registry::new().with_metaschemas(),
    /// );
    /// ```
    #[must_use]
    pub const fn with_metaschemas(self) -> Self {
        Self { own: METASCHEMAS, ..self }
    }

    /// How many documents there are.
    pub(crate) const fn len(&self) -> usize {
        self.documents.len() + self.own.len()
    }

    /// The URI and the text of one.
    pub(crate) const fn document(&self, number: usize) -> (&'a str, &'a str) {
        if number < self.documents.len() {
            self.documents[number]
        } else {
            self.own[number - self.documents.len()]
        }
    }
}

/// URIs, and texts from files.
macro_rules! metaschemas {
    ($($uri:literal = $file:literal;)+) => {
        &[$(($uri, include_str!(concat!("metaschemas/", $file)))),+]
    };
}

/// The metaschemas, as their authors publish them.
const METASCHEMAS: &[(&str, &str)] = metaschemas! {
    "https://json-schema.org/draft/2020-12/schema" = "draft2020-12/schema.json";
    "https://json-schema.org/draft/2020-12/meta/core" = "draft2020-12/core.json";
    "https://json-schema.org/draft/2020-12/meta/applicator" = "draft2020-12/applicator.json";
    "https://json-schema.org/draft/2020-12/meta/unevaluated" = "draft2020-12/unevaluated.json";
    "https://json-schema.org/draft/2020-12/meta/validation" = "draft2020-12/validation.json";
    "https://json-schema.org/draft/2020-12/meta/meta-data" = "draft2020-12/meta-data.json";
    "https://json-schema.org/draft/2020-12/meta/format-annotation" = "draft2020-12/format-annotation.json";
    "https://json-schema.org/draft/2020-12/meta/format-assertion" = "draft2020-12/format-assertion.json";
    "https://json-schema.org/draft/2020-12/meta/content" = "draft2020-12/content.json";
    "https://json-schema.org/draft/2019-09/schema" = "draft2019-09/schema.json";
    "https://json-schema.org/draft/2019-09/meta/core" = "draft2019-09/core.json";
    "https://json-schema.org/draft/2019-09/meta/applicator" = "draft2019-09/applicator.json";
    "https://json-schema.org/draft/2019-09/meta/validation" = "draft2019-09/validation.json";
    "https://json-schema.org/draft/2019-09/meta/meta-data" = "draft2019-09/meta-data.json";
    "https://json-schema.org/draft/2019-09/meta/format" = "draft2019-09/format.json";
    "https://json-schema.org/draft/2019-09/meta/content" = "draft2019-09/content.json";
    "http://json-schema.org/draft-07/schema" = "draft7.json";
    "http://json-schema.org/draft-06/schema" = "draft6.json";
    "http://json-schema.org/draft-04/schema" = "draft4.json";
};
