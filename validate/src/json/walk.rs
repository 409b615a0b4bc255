//! A walk over a text that is JSON, value by value; `const`, so that schemas can be read at compile time.
//!
//! The text went through the scanner, so it is right. Over one that is not, every step still ends.

/// A place in a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Walker<'t> {
    text: &'t [u8],
    pub(crate) at: usize,
}

impl<'t> Walker<'t> {
    /// At the start of a text.
    pub(crate) const fn new(text: &'t str) -> Self {
        Self { text: text.as_bytes(), at: 0 }
    }

    /// The byte at this place; 0 behind the end.
    pub(crate) const fn byte(&self) -> u8 {
        if self.at < self.text.len() { self.text[self.at] } else { 0 }
    }

    /// Passes over what stands between values.
    pub(crate) const fn skip_gap(&mut self) {
        while matches!(self.byte(), b' ' | b'\t' | b'\n' | b'\r' | b',' | b':') {
            self.at += 1;
        }
    }

    /// Whether an array or object goes on: then its next value or key comes, else its end is passed.
    pub(crate) const fn more(&mut self) -> bool {
        self.skip_gap();
        let more = !matches!(self.byte(), b']' | b'}' | 0);
        self.at += !more as usize;
        more
    }

    /// Passes a string or key: from where to where the text between its quotes goes.
    pub(crate) const fn string(&mut self) -> (usize, usize) {
        self.at += 1;
        let start = self.at;
        loop {
            match self.byte() {
                b'"' | 0 => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        (start, self.at - 1)
    }

    /// Passes any value: from where to where it goes.
    pub(crate) const fn value(&mut self) -> (usize, usize) {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.byte() {
                b'"' => {
                    self.string();
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                0 => break,
                // Within a container anything else is passed over, byte by byte.
                _ if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                // A number or a literal.
                _ => {
                    while matches!(self.byte(), b'0'..=b'9' | b'a'..=b'z' | b'E' | b'+' | b'-' | b'.')
                    {
                        self.at += 1;
                    }
                }
            }
            if depth == 0 {
                break;
            }
        }
        (start, self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::Walker;
    use std::vec::Vec;

    /// The parts of a container, up to its end.
    fn parts(text: &str) -> (Vec<&str>, &str) {
        let mut walker = Walker::new(text);
        walker.at = 1;
        let mut parts = Vec::new();
        while walker.more() {
            let (from, to) = walker.value();
            parts.push(&text[from..to]);
        }
        (parts, &text[walker.at..])
    }

    #[test]
    fn containers_have_parts() {
        assert_eq!(parts("[]x"), (Vec::new(), "x"));
        assert_eq!(
            parts(r#"[ 1.5e+3 , "a]\"," ,[[],{"}":"]"}], true,null,-0 ] x"#),
            (["1.5e+3", r#""a]\",""#, r#"[[],{"}":"]"}]"#, "true", "null", "-0"].into(), " x")
        );
        assert_eq!(
            parts(r#"{"a" : {"b": 1} ,"":[2]}"#),
            ([r#""a""#, r#"{"b": 1}"#, r#""""#, "[2]"].into(), "")
        );
    }

    #[test]
    fn every_step_ends() {
        for text in
            ["", "\"", "\"\\", "[", "{\"", "]", "}", "[1", "[\"a\\", "#", "\0", "[\0", "\u{e9}"]
        {
            let mut walker = Walker::new(text);
            walker.value();
            walker.more();
            walker.string();
            assert!(walker.at <= text.len() + 6, "{text}");
        }
    }
}
