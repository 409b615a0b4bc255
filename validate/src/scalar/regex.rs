//! The format `regex`: a recognizer for regular expressions of ECMA-262, without a tree and without recursion.

use super::format::Scan;

/// The parts of a class.
enum Item {
    Char(u32),
    Class,
}

impl<I: Iterator<Item = char> + Clone> Scan<I> {
    /// `Pattern`
    pub(super) fn regex(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        // Whether a quantifier may follow.
        let mut atom = false;
        while let Some(c) = self.rest.next() {
            atom = match c {
                '(' => {
                    depth += 1;
                    self.kind_of_group()?;
                    false
                }
                ')' => {
                    depth = depth.checked_sub(1)?;
                    true
                }
                '|' | '^' | '$' => false,
                '*' | '+' | '?' => {
                    atom.then_some(())?;
                    let _ = self.eat(['?']);
                    false
                }
                '{' => match self.counts() {
                    Some((least, most)) => {
                        (atom && least <= most).then_some(())?;
                        let _ = self.eat(['?']);
                        false
                    }
                    None => true,
                },
                '[' => {
                    self.class()?;
                    true
                }
                '\\' if self.eat(['b', 'B']).is_some() => false,
                '\\' => {
                    self.escape()?;
                    true
                }
                _ => true,
            };
        }
        (depth == 0).then_some(())
    }

    /// Passes the chars behind `(` that tell the kind of the group.
    fn kind_of_group(&mut self) -> Option<()> {
        if self.eat(['?']).is_none() {
            return Some(());
        }
        match self.rest.next()? {
            ':' | '=' | '!' => Some(()),
            '<' if self.eat(['=', '!']).is_some() => Some(()),
            '<' => self.name(),
            'i' | 'm' | 's' | '-' => {
                self.skip(|c| matches!(c, 'i' | 'm' | 's' | '-'));
                self.eat([':'])
            }
            _ => None,
        }
    }

    /// The name of a group, and `>`.
    fn name(&mut self) -> Option<()> {
        let is_start =
            |c: &char| matches!(c, '$' | '_') || c.is_ascii_alphabetic() || !c.is_ascii();
        self.rest.next_if(is_start)?;
        self.skip(|c| is_start(&c) || c.is_ascii_digit());
        self.eat(['>'])
    }

    /// The counts and `}` behind `{`, if it begins a quantifier. Too many are all the same.
    fn counts(&mut self) -> Option<(u64, u64)> {
        let mut ahead = Self { rest: self.rest.clone() };
        let count = |scan: &mut Self| {
            let mut count = None;
            while let Some(digit) = scan.rest.peek().and_then(|c| c.to_digit(10)) {
                scan.rest.next();
                count =
                    Some(count.unwrap_or(0_u64).saturating_mul(10).saturating_add(digit.into()));
            }
            count
        };
        let least = count(&mut ahead)?;
        let most = match ahead.eat([',']) {
            Some(()) => count(&mut ahead).unwrap_or(u64::MAX),
            None => least,
        };
        ahead.eat(['}'])?;
        self.rest = ahead.rest;
        Some((least, most))
    }

    /// `CharacterClass` behind `[`
    fn class(&mut self) -> Option<()> {
        let _ = self.eat(['^']);
        let mut before: Option<Item> = None;
        loop {
            let item = match self.rest.next()? {
                ']' => return Some(()),
                '-' if before.is_some() && self.rest.peek().is_some_and(|c| *c != ']') => {
                    let last = self.item()?;
                    if let (Some(Item::Char(first)), Item::Char(last)) = (before.take(), last) {
                        (first <= last).then_some(())?;
                    }
                    continue;
                }
                '\\' => self.class_escape()?,
                c => Item::Char(c.into()),
            };
            before = Some(item);
        }
    }

    fn item(&mut self) -> Option<Item> {
        match self.rest.next()? {
            '\\' => self.class_escape(),
            c => Some(Item::Char(c.into())),
        }
    }

    fn class_escape(&mut self) -> Option<Item> {
        if self.eat(['b']).is_some() {
            return Some(Item::Char(8));
        }
        self.escape()
    }

    /// `AtomEscape` behind `\`
    fn escape(&mut self) -> Option<Item> {
        Some(Item::Char(match self.rest.next()? {
            't' => 9,
            'n' => 10,
            'v' => 11,
            'f' => 12,
            'r' => 13,
            '0' => match self.rest.peek() {
                Some('0'..='9') => return None,
                _ => 0,
            },
            'c' => u32::from(self.rest.next_if(char::is_ascii_alphabetic)?) % 32,
            'x' => self.hex(2)?,
            'u' if self.eat(['{']).is_some() => {
                let mut code = self.hex(1)?;
                while self.eat(['}']).is_none() {
                    code = code.saturating_mul(16).saturating_add(self.hex(1)?);
                }
                return (code <= char::MAX.into()).then_some(Item::Char(code));
            }
            'u' => self.hex(4)?,
            'd' | 'D' | 'w' | 'W' | 's' | 'S' => return Some(Item::Class),
            'p' | 'P' => {
                self.eat(['{'])?;
                let len = self.skip(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '='));
                self.eat(['}'])?;
                return (len > 0).then_some(Item::Class);
            }
            'k' => {
                self.eat(['<'])?;
                return self.name().map(|()| Item::Class);
            }
            // A reference to an earlier group.
            '1'..='9' => {
                self.skip(|c| c.is_ascii_digit());
                return Some(Item::Class);
            }
            c if !c.is_ascii_alphanumeric() => c.into(),
            _ => return None,
        }))
    }

    fn hex(&mut self, digits: usize) -> Option<u32> {
        (0..digits).try_fold(0, |code, _| Some(code * 16 + self.rest.next()?.to_digit(16)?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::format::Format;

    #[test]
    fn expressions_of_ecma() {
        for fit in [
            "",
            "([abc])+\\s+$",
            "^(?=a)(?!b)(?<=c)(?<!d)(?<n>e)\\k<n>\\1(?:f)*?(?i-s:g)$",
            r"[]|[^]|[a-c\]\-\b\d-x-]|\u{1F432}|\u00e9|\x41|\cA|\0|\p{L}|\P{Lu=x}",
            r"a{2}b{2,}c{2,3}?d{x}{}]}\-\_\/",
            "é🐲",
            &"(".repeat(1000).replace('(', "()"),
        ] {
            assert!(Format::Regex.matches(fit.chars()), "{fit}");
        }
        for unfit in [
            "^(abc]",
            "(",
            ")",
            "*",
            "a**",
            "(?a)",
            "(?<1>a)",
            "(?<>a)",
            "(?P<n>a)",
            "[a",
            "[b-a]",
            r"\a",
            r"\Z",
            r"\",
            r"\x4",
            r"\u12",
            r"\u{}",
            r"\u{110000}",
            r"\pL",
            r"\p{}",
            r"\c1",
            r"\k",
            r"\00",
            "a{2,1}",
            "{1}",
            "a{1}{2}",
            r"\b+",
            "^*",
            r"[\a]",
            r"[\",
            "(?",
            "a|*",
        ] {
            assert!(!Format::Regex.matches(unfit.chars()), "{unfit}");
        }
    }
}
