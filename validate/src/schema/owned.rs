//! A schema on the heap, for those that are known only at run time.

use super::error::{SchemaError, SchemaErrorKind};
use super::keyword::{Draft, Id, NONE};
use super::load::load;
use super::registry::Registry;
use super::rules::{Builder, Op, Rules};
use crate::pattern::Inst;
use alloc::boxed::Box;
use alloc::vec;
use core::fmt;
use core::str::FromStr;

/// A JSON schema that was read at run time: what a request brings along, for example.
///
/// The text may come from anyone: reading ends soon, with little of the stack, and takes 2.6 MB beside the text and its patterns at
/// the very most (65534 keywords). Nothing is looked up outside the text. A keyword that stands twice in a schema is
/// refused; a property that does must fit both its schemas.
///
/// # Errors
/// [`SchemaError`] says what is wrong and where: no JSON, keywords in a wrong form, and whatever is not supported and
/// would change the verdict.
///
/// # Cost
/// Scans the text, reads it, and follows the references, in a bounded number of steps. It begins again with more room, four
/// times at most: where there are patterns, many patterns, or many keywords in little text. Each time it allocates that
/// room, 40 bytes a keyword and 8 an instruction on 64-bit targets.
///
/// # Examples
/// ```
/// use forebay_validate::SchemaBuf;
///
/// let request = String::from(r#"{"type": "object", "required": ["city"]}"#);
/// let schema: SchemaBuf = request.parse()?;
/// assert_eq!(schema.len(), (3, 0));
/// # Ok::<(), forebay_validate::SchemaError>(())
/// ```
#[derive(Clone)]
pub struct SchemaBuf {
    ops: Box<[Op]>,
    insts: Box<[Inst]>,
    /// Its text, and behind it those of the documents that it refers to.
    texts: Box<str>,
    /// Of its own text.
    len: usize,
}

impl SchemaBuf {
    /// Reads a schema of draft 2020-12, or of what its `$schema` says.
    ///
    /// # Errors
    /// If it is none, or not supported.
    pub fn from_json(text: &str) -> Result<Self, SchemaError> {
        Self::from_json_with(text, Draft::default())
    }

    /// Reads a schema of `draft`, unless its `$schema` says another.
    ///
    /// # Errors
    /// If it is none, or not supported.
    pub fn from_json_with(text: &str, draft: Draft) -> Result<Self, SchemaError> {
        Self::from_json_in(text, &Registry::new().draft(draft))
    }

    /// Reads a schema that may refer to the documents of a registry, which also says the dialect unless its `$schema` does.
    ///
    /// # Errors
    /// If it is none, or not supported, or if a document is none.
    ///
    /// # Examples
    /// ```
    /// use forebay_validate::{Registry, SchemaBuf};
    ///
    /// let documents = [("https://example.com/name", r#"{"type": "string"}"#)];
    /// let registry = Registry::new().with_documents(&documents);
    /// let json = r#"{"properties": {"name": {"$ref": "https://example.com/name"}}}"#;
    /// assert!(SchemaBuf::from_json_in(json, &registry).is_ok());
    /// ```
    pub fn from_json_in(text: &str, registry: &Registry<'_>) -> Result<Self, SchemaError> {
        let registry = registry.with_metaschemas();
        // A keyword seldom takes less text than this.
        let mut keywords = (text.len() / 12 + 16).min(usize::from(NONE));
        let mut instructions = 0;
        loop {
            let mut ops = vec![Op::EMPTY; keywords];
            let mut insts = vec![Inst::Match; instructions];
            let mut builder = Builder::new(&mut ops, &mut insts);
            let result = load(text, &registry, &mut builder);
            let (ops_len, insts_len) = builder.len();
            match result.map_err(|error| (error.kind, error)) {
                Ok(texts) => {
                    ops.truncate(ops_len);
                    insts.truncate(insts_len);
                    return Ok(Self {
                        ops: ops.into(),
                        insts: insts.into(),
                        texts: texts.all().join("\n").into(),
                        len: text.len(),
                    });
                }
                Err((SchemaErrorKind::TooManyKeywords, _)) if keywords < usize::from(NONE) => {
                    keywords = keywords.saturating_mul(8).min(usize::from(NONE));
                }
                Err((SchemaErrorKind::TooManyInstructions, _))
                    if instructions < usize::from(Id::MAX) =>
                {
                    instructions = (instructions * 16).clamp(256, usize::from(Id::MAX));
                }
                Err((_, error)) => return Err(error),
            }
        }
    }

    /// How many keywords and pattern instructions it has: the `N` and `I` of a [`Schema`](crate::Schema) that holds it.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // None is empty.
    pub fn len(&self) -> (usize, usize) {
        (self.ops.len(), self.insts.len())
    }

    /// The text that it was read from.
    #[must_use]
    pub fn text(&self) -> &str {
        self.texts.get(..self.len).unwrap_or("")
    }
}

impl FromStr for SchemaBuf {
    type Err = SchemaError;

    fn from_str(text: &str) -> Result<Self, SchemaError> {
        Self::from_json(text)
    }
}

impl<'a> From<&'a SchemaBuf> for Rules<'a> {
    fn from(schema: &'a SchemaBuf) -> Self {
        Rules::new(&schema.ops, &schema.insts, &schema.texts)
    }
}

impl fmt::Debug for SchemaBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Rules::from(self).fmt(f)
    }
}
