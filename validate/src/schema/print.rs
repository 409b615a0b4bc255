//! How a schema prints itself.

use super::keyword::{Id, Keyword, Num, Part, Str};
use super::rules::Rules;
use core::fmt;

/// Deeper ones are left out.
const MAX_DEPTH: usize = 128;

/// A line for each keyword, in the order of the list: the schemas in it are set off behind it. A reference prints the
/// name or the number of its definition.
///
/// Patterns print as the number of their instructions: their text is not kept.
impl fmt::Debug for Rules<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.schema(f, Self::ROOT, 0)?;
        let definitions =
            self.ops().iter().filter(|op| matches!(op.keyword, Keyword::Definition(..)));
        for definition in definitions {
            self.keyword_of(f, definition.keyword, 0)?;
        }
        // What only references lead to, and has no name.
        for (at, op) in self.ops().iter().enumerate() {
            if let Keyword::Ref(to) = op.keyword {
                let first = self
                    .ops()
                    .iter()
                    .position(|other| matches!(other.keyword, Keyword::Ref(id) if id == to));
                if first == Some(at) && to != Self::ROOT && self.name_of(to).is_none() {
                    writeln!(f, "#{to}")?;
                    self.schema(f, to, 1)?;
                }
            }
        }
        Ok(())
    }
}

impl Rules<'_> {
    fn schema(self, f: &mut fmt::Formatter<'_>, id: Id, depth: usize) -> fmt::Result {
        if depth > MAX_DEPTH {
            return writeln!(f, "{:1$}…", "", 2 * depth);
        }
        self.keywords(id).try_for_each(|(_, keyword)| self.keyword_of(f, *keyword, depth))
    }

    /// The definition's name.
    fn name_of(self, id: Id) -> Option<Str> {
        self.ops().iter().find_map(|op| match op.keyword {
            Keyword::Definition(name, known) if known == id => Some(name),
            _ => None,
        })
    }

    fn text(self, f: &mut fmt::Formatter<'_>, text: Str) -> fmt::Result {
        write!(f, " ")?;
        self.chars(text).try_for_each(|c| write!(f, "{}", c.escape_debug()))
    }

    fn keyword_of(self, f: &mut fmt::Formatter<'_>, keyword: Keyword, depth: usize) -> fmt::Result {
        write!(f, "{:1$}{2}", "", 2 * depth, keyword.name())?;
        match keyword {
            Keyword::Ref(Self::ROOT) => write!(f, " #")?,
            Keyword::Ref(id) => match self.name_of(id) {
                Some(name) => self.text(f, name)?,
                None => write!(f, " #{id}")?,
            },
            _ => match keyword.shown() {
                Some(Part::Types(types)) => write!(f, " {types}")?,
                Some(Part::Format(format)) => write!(f, " {}", format.name())?,
                Some(Part::Number(Num::Integer(number))) => write!(f, " {number}")?,
                Some(Part::Number(Num::Text(text)) | Part::Name(text)) => self.text(f, text)?,
                Some(Part::Count(count)) => write!(f, " {count}")?,
                Some(Part::Insts(len)) => write!(f, " ({len})")?,
                Some(Part::Value(value)) => write!(f, " {}", self.value(value))?,
                None => {}
            },
        }
        writeln!(f)?;
        match keyword.child() {
            Some(child) if !matches!(keyword, Keyword::Ref(_)) => self.schema(f, child, depth + 1),
            _ => Ok(()),
        }
    }
}
