//! The texts that a schema is read from: its own, and those of the documents that it refers to.

/// Most texts of a schema.
pub(crate) const MAX: usize = 129;

/// A part of a text, or of several.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

impl Span {
    /// From one place to another.
    pub(super) const fn between((start, end): (usize, usize)) -> Self {
        Self { start: start as u32, len: (end - start) as u32 }
    }

    /// The part; nothing of a text that does not have it.
    pub(crate) const fn of(self, text: &str) -> &str {
        if let Some((_, from)) = text.as_bytes().split_at_checked(self.start as usize) {
            if let Some((part, _)) = from.split_at_checked(self.len as usize) {
                if let Ok(part) = core::str::from_utf8(part) {
                    return part;
                }
            }
        }
        ""
    }

    /// The same, and faster, where it need not be `const`.
    pub(super) fn in_text(self, text: &str) -> &str {
        let start = self.start as usize;
        text.get(start..start + self.len as usize).unwrap_or("")
    }
}

/// Texts one behind the other, with a byte between them, so that a place names a text and a byte in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Texts<'t> {
    texts: [&'t str; MAX],
    len: usize,
}

impl<'t> Texts<'t> {
    /// None.
    pub(crate) const EMPTY: Self = Self { texts: [""; MAX], len: 0 };

    /// Adds a text behind the others: its number, and the place of its first byte. `None` if there is no room, or if all would
    /// have 4 GiB or more.
    pub(crate) const fn push(&mut self, text: &'t str) -> Option<(usize, u32)> {
        let base = self.base(self.len);
        if self.len == MAX || text.len() >= (u32::MAX - base) as usize {
            return None;
        }
        self.texts[self.len] = text;
        self.len += 1;
        Some((self.len - 1, base))
    }

    const fn base(&self, number: usize) -> u32 {
        let (mut base, mut i) = (0, 0);
        while i < number {
            base += self.texts[i].len() as u32 + 1;
            i += 1;
        }
        base
    }

    /// The number of the text that a place is in, and the place of its first byte.
    pub(crate) const fn at(&self, place: u32) -> (usize, u32) {
        let (mut base, mut i) = (0, 0);
        while i + 1 < self.len && (place - base) as usize > self.texts[i].len() {
            base += self.texts[i].len() as u32 + 1;
            i += 1;
        }
        (i, base)
    }

    /// The part of a text.
    pub(crate) const fn of(&self, span: Span) -> &'t str {
        let (number, base) = self.at(span.start);
        Span { start: span.start - base, len: span.len }.of(self.texts[number])
    }

    /// All of them, in this order.
    pub(crate) const fn all(&self) -> &[&'t str] {
        self.texts.split_at(self.len).0
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX, Span, Texts};

    #[test]
    fn places_name_texts() {
        let mut texts = Texts::EMPTY;
        assert_eq!(
            [texts.push("abc"), texts.push(""), texts.push("de")],
            [Some((0, 0)), Some((1, 4)), Some((2, 5))]
        );
        let part = |start, len| texts.of(Span { start, len });
        assert_eq!(
            [part(1, 2), part(3, 0), part(4, 0), part(5, 2), part(6, 1)],
            ["bc", "", "", "de", "e"]
        );
        assert_eq!(texts.all().join(" "), "abc  de");
        while texts.all().len() < MAX {
            assert!(texts.push("").is_some());
        }
        assert_eq!(texts.push(""), None);
    }
}
