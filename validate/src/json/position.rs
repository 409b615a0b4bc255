//! Lines and columns of texts.

use core::fmt;

/// A place in a text, for people: a line and a column, each counted from 1. A column is a char.
///
/// # Examples
/// ```
/// use forebay_validate::Position;
///
/// let position = Position::of("{\n  \"é\": 1\n}", 10);
/// assert_eq!((position.line, position.column), (2, 8));
/// assert_eq!(position.to_string(), "line 2, column 8");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Position {
    /// The line, which `\n` ends.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Position {
    /// The place of the byte `at` of `text`, from 0; of a byte behind it, the place of its end. Cost: one pass up to there.
    #[must_use]
    pub fn of(text: &str, at: usize) -> Self {
        let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        // A char has one byte that continues none.
        let is_first = |byte: &&u8| **byte & 0xC0 != 0x80;
        let line = before.get(start..).unwrap_or(&[]);
        // The byte may be in the middle of its char.
        let inside = text.as_bytes().get(at).is_some_and(|byte| byte & 0xC0 == 0x80);
        Self {
            line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
            column: 1 + line.iter().filter(is_first).count() - usize::from(inside),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::Position;
    use std::string::ToString;

    #[test]
    fn bytes_have_places() {
        let text = "a\né\u{1F432}\r\n\nx";
        for (at, line, column) in [
            (0, 1, 1),
            (1, 1, 2),
            (2, 2, 1),
            (3, 2, 1),
            (4, 2, 2),
            (7, 2, 2),
            (8, 2, 3),
            (10, 3, 1),
            (11, 4, 1),
            (12, 4, 2),
            (99, 4, 2),
        ] {
            let position = Position::of(text, at);
            assert_eq!((position.line, position.column), (line, column), "{at}");
        }
        assert_eq!(Position::of("", 0).to_string(), "line 1, column 1");
    }
}
