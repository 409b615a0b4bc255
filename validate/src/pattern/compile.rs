//! From a pattern to instructions, in one pass and in place. All of it runs in a `const` too.
//!
//! There is no tree: the instructions of what was read last lie at the end, and what follows it in the pattern (`*`, `|`) puts
//! one in front of them or copies them. They may be moved as they are, since they count from themselves. Groups
//! that are open lie on a stack of fixed depth.

use super::inst::{Inst, Named};
use super::properties;
use crate::json::text::Chars;

/// How deep groups may nest.
const DEPTH: usize = 32;
/// Most instructions of a pattern: so many states there is room for while a text is read.
pub(crate) const MAX_INSTS: usize = 8160;
/// The longest name of a property. The longest there is has 38 chars.
const MAX_NAME: usize = 40;

const LOOK_AHEAD: &str = "look-ahead is supported only at the start, beside `^`";
const UNCLEAR: &str = "`{,n}` means a count or a text: write `{0,n}` or `\\{`";

/// Why a pattern cannot be used, and at which of its chars, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RegexError {
    /// It takes more instructions than there is room for.
    TooLong { at: usize },
    /// It takes more than [`MAX_INSTS`].
    TooLarge { at: usize },
    /// ECMA-262 has it, and this engine does not.
    Unsupported { at: usize, message: &'static str },
    /// ECMA-262 with the flag `u` has no such pattern.
    Syntax { at: usize, message: &'static str },
}

impl RegexError {
    /// What is wrong, in a few words.
    pub(crate) const fn message(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "the pattern takes more instructions than there is room for",
            Self::TooLarge { .. } => {
                "it takes more than 8160 instructions, the most that one may take"
            }
            Self::Unsupported { message, .. } | Self::Syntax { message, .. } => message,
        }
    }

    /// The char of the pattern where it is wrong, counted from 0.
    #[cfg(test)]
    pub(crate) const fn at(&self) -> usize {
        match self {
            Self::TooLong { at }
            | Self::TooLarge { at }
            | Self::Unsupported { at, .. }
            | Self::Syntax { at, .. } => *at,
        }
    }
}

/// `?`, which a `const fn` does not have.
macro_rules! tri {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(error) => return Err(error),
        }
    };
}

/// Compiles `pattern` into the front of `out`; how many instructions.
///
/// At most [`MAX_INSTS`] instructions, and 32 groups inside each other. A name of a group may be anything that could
/// be one, also twice the same. Cost: O(pattern + instructions x depth of groups).
pub(crate) const fn compile(pattern: Chars<'_>, out: &mut [Inst]) -> Result<usize, RegexError> {
    let none = Group { start: 0, branch: 0, last_jump: None, at: 0 };
    let mut compiler = Compiler {
        rest: pattern,
        at: 0,
        out,
        len: 0,
        groups: [none; DEPTH + 1],
        depth: 0,
        dot_all: false,
        aheads: false,
    };
    tri!(compiler.pattern());
    Ok(compiler.len)
}

/// A group that is open. The outermost is the pattern itself.
#[derive(Clone, Copy)]
struct Group {
    /// Its first instruction.
    start: usize,
    /// The first instruction of the alternative that is being read.
    branch: usize,
    /// The jump at the end of the alternative before. Until the group ends, it holds how far back the one before that is.
    last_jump: Option<usize>,
    /// Where it is in the pattern.
    at: usize,
}

/// What an escape stands for.
#[derive(Clone, Copy)]
enum Escape {
    /// A code point, maybe half a surrogate pair.
    Code(u32),
    Class(Inst),
    /// No char, but a place.
    Place(Inst),
}

/// The meanings of a `{`.
enum Brace {
    Quantifier,
    Text,
    /// `{,n}`, which languages read in two ways.
    Unclear,
}

struct Compiler<'p, 'o> {
    rest: Chars<'p>,
    /// How many chars were read.
    at: usize,
    out: &'o mut [Inst],
    len: usize,
    groups: [Group; DEPTH + 1],
    /// How many groups are open, without the outermost.
    depth: usize,
    /// `.` takes line ends too.
    dot_all: bool,
    /// Look-aheads stand in front.
    aheads: bool,
}

impl<'p> Compiler<'p, '_> {
    // What is read.

    const fn next(&mut self) -> Option<char> {
        let c = self.rest.next();
        if c.is_some() {
            self.at += 1;
        }
        c
    }

    const fn peek(&self) -> Option<char> {
        let mut rest = self.rest;
        rest.next()
    }

    /// Reads `c` if it is next.
    const fn eat(&mut self, c: char) -> bool {
        match self.peek() {
            Some(next) if next == c => {
                self.next();
                true
            }
            _ => false,
        }
    }

    const fn syntax<T: Copy>(at: usize, message: &'static str) -> Result<T, RegexError> {
        Err(RegexError::Syntax { at, message })
    }

    const fn unsupported<T: Copy>(at: usize, message: &'static str) -> Result<T, RegexError> {
        Err(RegexError::Unsupported { at, message })
    }

    // What is written.

    const fn push(&mut self, inst: Inst) -> Result<(), RegexError> {
        let at = self.at.saturating_sub(1);
        if self.len >= MAX_INSTS {
            return Err(RegexError::TooLarge { at });
        }
        if self.len >= self.out.len() {
            return Err(RegexError::TooLong { at });
        }
        self.out[self.len] = inst;
        self.len += 1;
        Ok(())
    }

    /// Puts `inst` in front of the instructions from `start` on.
    const fn insert(&mut self, start: usize, inst: Inst) -> Result<(), RegexError> {
        tri!(self.push(inst));
        let mut i = self.len - 1;
        while i > start {
            self.out[i] = self.out[i - 1];
            i -= 1;
        }
        self.out[start] = inst;
        Ok(())
    }

    /// Once more the `len` instructions from `body` on, which are all of what is repeated. How many that takes.
    const fn copy(&mut self, body: usize, len: usize) -> Result<usize, RegexError> {
        match self.out[body] {
            // A class by itself lends its items.
            Inst::Set { items, .. } if len == items as usize + 1 => {
                tri!(self.push(Inst::Again(Self::way(body, self.len))));
                return Ok(1);
            }
            _ => {}
        }
        let mut i = body;
        while i < body + len {
            tri!(self.push(self.out[i]));
            i += 1;
        }
        Ok(len)
    }

    /// From one instruction to another. Both are below [`MAX_INSTS`] or just behind it.
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)]
    const fn way(from: usize, to: usize) -> i16 {
        (to as isize - from as isize) as i16
    }

    // The grammar.

    const fn pattern(&mut self) -> Result<(), RegexError> {
        tri!(self.flags());
        let anchored = self.eat('^');
        if anchored {
            tri!(self.flags());
        }
        tri!(self.look_aheads());
        if self.aheads && !anchored && !matches!(self.peek(), Some('^')) {
            return Self::unsupported(0, LOOK_AHEAD);
        }
        self.restart();
        if anchored {
            tri!(self.push(Inst::Start));
        }
        tri!(self.alternatives(false));
        self.push(Inst::Match)
    }

    /// The outermost group starts here.
    const fn restart(&mut self) {
        self.groups[0] = Group { start: self.len, branch: self.len, last_jump: None, at: self.at };
    }

    /// Flags for the whole pattern, as Python and others have them: `(?i)`, `(?s)`, `(?is)`.
    const fn flags(&mut self) -> Result<(), RegexError> {
        let mut rest = self.rest;
        if !matches!((rest.next(), rest.next()), (Some('('), Some('?'))) {
            return Ok(());
        }
        let (mut chars, mut fold, mut dot_all) = (2, false, false);
        loop {
            chars += 1;
            match rest.next() {
                Some('i') => fold = true,
                Some('s') => dot_all = true,
                Some(')') if chars > 3 => break,
                // Another kind of group.
                _ => return Ok(()),
            }
        }
        self.rest = rest;
        self.at += chars;
        self.dot_all |= dot_all;
        if fold && self.len == 0 { self.push(Inst::Fold) } else { Ok(()) }
    }

    /// Look-aheads that stand in front of all else, each with a program of its own.
    const fn look_aheads(&mut self) -> Result<(), RegexError> {
        loop {
            let (at, mut rest) = (self.at, self.rest);
            let negated = match (rest.next(), rest.next(), rest.next()) {
                (Some('('), Some('?'), Some('=')) => false,
                (Some('('), Some('?'), Some('!')) => true,
                _ => return Ok(()),
            };
            self.rest = rest;
            self.at += 3;
            let head = self.len;
            tri!(self.push(Inst::Match));
            self.restart();
            self.groups[0].at = at;
            tri!(self.alternatives(true));
            tri!(self.push(Inst::Seen { negated }));
            self.out[head] = Inst::Ahead { len: (self.len - head - 1) as u16, negated };
            self.aheads = true;
            if matches!(self.peek(), Some('*' | '+' | '?'))
                || matches!((self.peek(), self.brace()), (Some('{'), Brace::Quantifier))
            {
                return Self::unsupported(self.at, "a look-ahead is not repeated");
            }
        }
    }

    /// All alternatives of the pattern, or of a look-ahead up to its bracket.
    const fn alternatives(&mut self, ahead: bool) -> Result<(), RegexError> {
        loop {
            let (at, start) = (self.at, self.len);
            let atom = match self.next() {
                None if ahead => return Self::syntax(self.groups[0].at, "the group is not closed"),
                None => break,
                Some(')') if ahead && self.depth == 0 => break,
                Some('|') => {
                    if self.aheads && !ahead && self.depth == 0 {
                        return Self::unsupported(at, "`|` beside a look-ahead needs a group");
                    }
                    tri!(self.alternative());
                    continue;
                }
                Some('(') => {
                    tri!(self.open(at));
                    continue;
                }
                Some(')') => {
                    if self.depth == 0 {
                        return Self::syntax(at, "no group is open");
                    }
                    let group = self.close();
                    self.depth -= 1;
                    group
                }
                Some('^') => {
                    tri!(self.push(Inst::Start));
                    continue;
                }
                Some('$') => {
                    tri!(self.push(Inst::End));
                    continue;
                }
                Some('*' | '+' | '?') => return Self::syntax(at, "nothing to repeat"),
                Some('.') => {
                    let class = if self.dot_all { Named::Any } else { Named::LineEnd };
                    tri!(self.push(Inst::Named { class, negated: !self.dot_all }));
                    start
                }
                Some('[') => {
                    tri!(self.class(at));
                    start
                }
                Some('\\') => {
                    match tri!(self.escape(at, false)) {
                        Escape::Place(inst) => {
                            tri!(self.push(inst));
                            continue;
                        }
                        Escape::Class(inst) => tri!(self.push(inst)),
                        Escape::Code(code) => tri!(self.code(code)),
                    }
                    start
                }
                Some(c) => {
                    if c == '{' {
                        match brace(self.rest) {
                            Brace::Text => {}
                            Brace::Quantifier => return Self::syntax(at, "nothing to repeat"),
                            Brace::Unclear => return Self::unsupported(at, UNCLEAR),
                        }
                    }
                    tri!(self.push(Inst::Range { lo: c, hi: c }));
                    start
                }
            };
            tri!(self.quantifier(atom));
        }
        if self.depth > 0 {
            return Self::syntax(self.groups[self.depth].at, "the group is not closed");
        }
        self.close();
        Ok(())
    }

    /// The meaning of the `{` that is next.
    const fn brace(&self) -> Brace {
        let mut rest = self.rest;
        rest.next();
        brace(rest)
    }

    /// After `(`, which is at `at`.
    const fn open(&mut self, at: usize) -> Result<(), RegexError> {
        if self.eat('?') {
            match self.next() {
                Some(':') => {}
                Some('=' | '!') => return Self::unsupported(at, LOOK_AHEAD),
                Some('P') if self.eat('<') => tri!(self.group_name()),
                Some('<') => match self.peek() {
                    Some('=' | '!') => {
                        return Self::unsupported(at, "look-behind is not supported");
                    }
                    _ => tri!(self.group_name()),
                },
                Some('i' | 'm' | 's' | '-') => {
                    return Self::unsupported(
                        at,
                        "modifiers are supported only as `(?i)` or `(?s)` at the start",
                    );
                }
                _ => return Self::syntax(at, "no such kind of group"),
            }
        }
        if self.depth >= DEPTH {
            return Self::unsupported(at, "groups nest deeper than 32");
        }
        self.depth += 1;
        self.groups[self.depth] = Group { start: self.len, branch: self.len, last_jump: None, at };
        Ok(())
    }

    /// After `(?<`. Outside ASCII, any char is taken for part of a name.
    const fn group_name(&mut self) -> Result<(), RegexError> {
        let mut is_first = true;
        loop {
            let at = self.at;
            let code = match self.next() {
                Some('>') if !is_first => return Ok(()),
                Some('\\') => {
                    if !self.eat('u') {
                        return Self::syntax(at, "not a name of a group");
                    }
                    tri!(self.unicode_escape(at))
                }
                Some(c) => c as u32,
                None => return Self::syntax(at, "the name of the group does not end"),
            };
            let fits = match char::from_u32(code) {
                Some('$' | '_' | 'a'..='z' | 'A'..='Z' | '\u{80}'..) => true,
                Some('0'..='9') => !is_first,
                _ => false,
            };
            if !fits {
                return Self::syntax(at, "not a name of a group");
            }
            is_first = false;
        }
    }

    /// After `|`: the alternative that ends here gets a way around it and one over the next.
    const fn alternative(&mut self) -> Result<(), RegexError> {
        let Group { branch, last_jump, .. } = self.groups[self.depth];
        tri!(self.insert(branch, Inst::Split(Self::way(branch, self.len + 2))));
        let jump = self.len;
        tri!(self.push(Inst::Jump(match last_jump {
            Some(last) => Self::way(last, jump),
            None => 0,
        })));
        self.groups[self.depth].last_jump = Some(jump);
        self.groups[self.depth].branch = self.len;
        Ok(())
    }

    /// The innermost group ends here: its alternatives go on here. Where it starts.
    const fn close(&mut self) -> usize {
        let Group { start, mut last_jump, .. } = self.groups[self.depth];
        while let Some(jump) = last_jump {
            if let Inst::Jump(back) = self.out[jump] {
                last_jump = if back == 0 { None } else { Some(jump - back as usize) };
            }
            self.out[jump] = Inst::Jump(Self::way(jump, self.len));
        }
        start
    }

    /// A quantifier, if one is here, for the instructions from `start` on.
    const fn quantifier(&mut self, start: usize) -> Result<(), RegexError> {
        let at = self.at;
        let (min, max) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                match self.brace() {
                    Brace::Quantifier => self.next(),
                    Brace::Text => return Ok(()),
                    Brace::Unclear => return Self::unsupported(at, UNCLEAR),
                };
                let min = tri!(self.number(at));
                let max = if !self.eat(',') {
                    Some(min)
                } else if let Some('}') = self.peek() {
                    None
                } else {
                    Some(tri!(self.number(at)))
                };
                if let Some('}') = self.peek() {
                } else {
                    return Self::syntax(at, "not a quantifier");
                }
                (min, max)
            }
            _ => return Ok(()),
        };
        self.next();
        // The lazy form finds the same texts.
        self.eat('?');
        match max {
            Some(max) if max < min => Self::syntax(at, "the most is below the least"),
            Some(max) => self.repeat_up_to(start, min, max),
            None => self.repeat(start, min),
        }
    }

    /// Digits. Too many are `u32::MAX`, which is more than there is room for anyhow.
    const fn number(&mut self, at: usize) -> Result<u32, RegexError> {
        let mut number: u32 = 0;
        let mut is_first = true;
        while let Some(c @ '0'..='9') = self.peek() {
            self.next();
            number = number.saturating_mul(10).saturating_add(c as u32 - '0' as u32);
            is_first = false;
        }
        if is_first { Self::syntax(at, "not a quantifier") } else { Ok(number) }
    }

    /// The instructions from `start` on, `min` times or more.
    const fn repeat(&mut self, start: usize, min: u32) -> Result<(), RegexError> {
        let len = self.len - start;
        if len == 0 {
            return Ok(());
        }
        let mut last = len;
        if min == 0 {
            tri!(self.insert(start, Inst::Split(Self::way(start, self.len + 2))));
        }
        let mut i = 1;
        while i < min {
            last = tri!(self.copy(start, len));
            i += 1;
        }
        // Behind the last one, so that every way back leads to the front of what it repeats.
        self.push(Inst::Split(Self::way(last, 0)))
    }

    /// The instructions from `start` on, `min` to `max` times.
    const fn repeat_up_to(&mut self, start: usize, min: u32, max: u32) -> Result<(), RegexError> {
        let len = self.len - start;
        if len == 0 {
            return Ok(());
        }
        if max == 0 {
            self.len = start;
            return Ok(());
        }
        let mut i = 1;
        while i < min {
            tri!(self.copy(start, len));
            i += 1;
        }
        // Each that may be left out has a `Split` in front, which leads behind them all.
        let mut body = start;
        if min == 0 {
            tri!(self.insert(start, Inst::Match));
            body = start + 1;
        }
        let mut split = self.len;
        let mut stride = 0;
        while i < max {
            tri!(self.push(Inst::Match));
            stride = 1 + tri!(self.copy(body, len));
            i += 1;
        }
        if min == 0 {
            self.out[start] = Inst::Split(Self::way(start, self.len));
        }
        while split < self.len {
            self.out[split] = Inst::Split(Self::way(split, self.len));
            split += stride;
        }
        Ok(())
    }

    /// A char by its code point. Half a surrogate pair is in no text.
    const fn code(&mut self, code: u32) -> Result<(), RegexError> {
        self.push(match char::from_u32(code) {
            Some(c) => Inst::Range { lo: c, hi: c },
            None => Inst::NEVER,
        })
    }

    /// After `[`, which is at `at`.
    const fn class(&mut self, at: usize) -> Result<(), RegexError> {
        let start = self.len;
        let negated = self.eat('^');
        tri!(self.push(Inst::Match));
        loop {
            let item_at = self.at;
            let first = match self.next() {
                Some(']') => break,
                Some(c) => tri!(self.class_item(item_at, c)),
                None => return Self::syntax(at, "the class is not closed"),
            };
            if !self.range_follows() {
                tri!(self.item(first));
                continue;
            }
            self.next();
            let last_at = self.at;
            let last = match self.next() {
                Some(c) => tri!(self.class_item(last_at, c)),
                None => return Self::syntax(at, "the class is not closed"),
            };
            match (first, last) {
                (Escape::Code(lo), Escape::Code(hi)) if lo <= hi => tri!(self.range(lo, hi)),
                (Escape::Code(_), Escape::Code(_)) => {
                    return Self::syntax(item_at, "the range ends before it starts");
                }
                // A class is no end of a range: then all three are items.
                _ => {
                    tri!(self.item(first));
                    tri!(self.range('-' as u32, '-' as u32));
                    tri!(self.item(last));
                }
            }
        }
        self.close_class(start, negated);
        Ok(())
    }

    const fn item(&mut self, item: Escape) -> Result<(), RegexError> {
        match item {
            Escape::Code(code) => self.range(code, code),
            Escape::Class(inst) => self.push(inst),
            Escape::Place(_) => Ok(()),
        }
    }

    const fn class_item(&mut self, at: usize, c: char) -> Result<Escape, RegexError> {
        if c == '\\' { self.escape(at, true) } else { Ok(Escape::Code(c as u32)) }
    }

    /// Whether a `-` is next that is not the last char of the class.
    const fn range_follows(&self) -> bool {
        let mut rest = self.rest;
        matches!(rest.next(), Some('-')) && !matches!(rest.next(), Some(']'))
    }

    /// Code points from `lo` to `hi`, without the surrogates, which are in no text.
    const fn range(&mut self, lo: u32, hi: u32) -> Result<(), RegexError> {
        let lo = match char::from_u32(lo) {
            Some(lo) => lo,
            None => '\u{E000}',
        };
        let hi = match char::from_u32(hi) {
            Some(hi) => hi,
            None => '\u{D7FF}',
        };
        if lo <= hi { self.push(Inst::Range { lo, hi }) } else { Ok(()) }
    }

    /// Fills in the head of the class whose items are behind `start`; one alone often needs none.
    #[allow(clippy::cast_possible_truncation)] // Below `MAX_INSTS`.
    const fn close_class(&mut self, start: usize, negated: bool) {
        let items = self.len - start - 1;
        let alone = if items == 0 {
            Some(Inst::Named { class: Named::Any, negated: !negated })
        } else if items == 1 {
            match self.out[start + 1] {
                Inst::Named { class, negated: inner } => {
                    Some(Inst::Named { class, negated: inner != negated })
                }
                #[cfg(feature = "unicode")]
                Inst::Categories(bits) => {
                    Some(Inst::Categories(if negated { !bits } else { bits }))
                }
                inst if !negated => Some(inst),
                _ => None,
            }
        } else {
            None
        };
        if let Some(inst) = alone {
            self.out[start] = inst;
            self.len = start + 1;
        } else {
            self.out[start] = Inst::Set { items: items as u16, negated };
        }
    }

    /// After a `\`, which is at `at`.
    const fn escape(&mut self, at: usize, in_class: bool) -> Result<Escape, RegexError> {
        let code = match self.next() {
            Some('t') => 0x09,
            Some('n') => 0x0A,
            Some('v') => 0x0B,
            Some('f') => 0x0C,
            Some('r') => 0x0D,
            Some('b') if in_class => 0x08,
            // Itself, as without the flag `u`.
            Some(c) if !c.is_ascii_alphanumeric() => c as u32,
            Some('0') => {
                if let Some('0'..='9') = self.peek() {
                    return Self::syntax(at, "no such escape");
                }
                0
            }
            Some('c') => match self.next() {
                Some(c @ ('a'..='z' | 'A'..='Z')) => c as u32 % 32,
                _ => return Self::syntax(at, "`\\c` lacks its letter"),
            },
            Some('x') => tri!(self.hex(at, 2)),
            Some('u') => tri!(self.unicode_escape(at)),
            Some('d') => return Ok(Escape::Class(Inst::Range { lo: '0', hi: '9' })),
            Some('D') => return Self::named(Named::Digit, true),
            Some('w') => return Self::named(Named::Word, false),
            Some('W') => return Self::named(Named::Word, true),
            Some('s') => return Self::named(Named::Space, false),
            Some('S') => return Self::named(Named::Space, true),
            Some('p') => return self.property(at, false),
            Some('P') => return self.property(at, true),
            Some('b') => return Ok(Escape::Place(Inst::Boundary { negated: false })),
            Some('B') if !in_class => return Ok(Escape::Place(Inst::Boundary { negated: true })),
            // Of Python and others.
            Some('A') if !in_class => return Ok(Escape::Place(Inst::Start)),
            Some('Z' | 'z') if !in_class => return Ok(Escape::Place(Inst::End)),
            Some('1'..='9' | 'k') if !in_class => {
                return Self::unsupported(at, "backreferences are not supported");
            }
            Some(_) => return Self::syntax(at, "no such escape"),
            None => return Self::syntax(at, "nothing follows `\\`"),
        };
        Ok(Escape::Code(code))
    }

    const fn named(class: Named, negated: bool) -> Result<Escape, RegexError> {
        Ok(Escape::Class(Inst::Named { class, negated }))
    }

    /// That many hexadecimal digits of the escape at `at`.
    const fn hex(&mut self, at: usize, digits: u32) -> Result<u32, RegexError> {
        let mut code = 0;
        let mut i = 0;
        while i < digits {
            code = match self.hex_digit() {
                Some(digit) => code * 16 + digit,
                None => return Self::syntax(at, "the escape lacks hexadecimal digits"),
            };
            i += 1;
        }
        Ok(code)
    }

    const fn hex_digit(&mut self) -> Option<u32> {
        match self.next() {
            Some(c) => c.to_digit(16),
            None => None,
        }
    }

    /// After `\u` of the escape at `at`: a code point, of both halves where two escapes make a pair.
    const fn unicode_escape(&mut self, at: usize) -> Result<u32, RegexError> {
        if !self.eat('{') {
            let code = tri!(self.hex(at, 4));
            if !matches!(code, 0xD800..0xDC00) {
                return Ok(code);
            }
            return Ok(match self.low_surrogate() {
                Some((low, rest)) => {
                    self.rest = rest;
                    self.at += "\\uDC00".len();
                    0x1_0000 + ((code - 0xD800) << 10) + (low - 0xDC00)
                }
                None => code,
            });
        }
        let mut code = 0;
        let mut is_first = true;
        while is_first || !self.eat('}') {
            code = match self.hex_digit() {
                Some(digit) => code * 16 + digit,
                None => return Self::syntax(at, "the escape lacks hexadecimal digits"),
            };
            if code > char::MAX as u32 {
                return Self::syntax(at, "no such code point");
            }
            is_first = false;
        }
        Ok(code)
    }

    /// The lower half of a pair, if its escape is next, and what is behind it.
    const fn low_surrogate(&self) -> Option<(u32, Chars<'p>)> {
        let mut rest = self.rest;
        if !matches!((rest.next(), rest.next()), (Some('\\'), Some('u'))) {
            return None;
        }
        let mut code = 0;
        let mut i = 0;
        while i < 4 {
            let digit = match rest.next() {
                Some(c) => c.to_digit(16),
                None => None,
            };
            code = match digit {
                Some(digit) => code * 16 + digit,
                None => return None,
            };
            i += 1;
        }
        if matches!(code, 0xDC00..0xE000) { Some((code, rest)) } else { None }
    }

    /// After `\p` or `\P`, at `at`.
    const fn property(&mut self, at: usize, negated: bool) -> Result<Escape, RegexError> {
        if !self.eat('{') {
            return Self::syntax(at, "the property lacks its name");
        }
        let mut name = [0; MAX_NAME];
        let mut len = 0;
        loop {
            match self.next() {
                Some('}') if len > 0 => break,
                Some(c) if is_of_name(c) => {
                    if len < MAX_NAME {
                        name[len] = c as u8;
                    }
                    len += 1;
                }
                _ => return Self::syntax(at, "the property lacks its name"),
            }
        }
        let found =
            if len <= MAX_NAME { properties::named(name.split_at(len).0, negated) } else { None };
        match found {
            Some(inst) => Ok(Escape::Class(inst)),
            None => Self::unsupported(at, properties::UNSUPPORTED),
        }
    }
}

/// The meaning of a `{`, by the chars behind it.
const fn brace(mut rest: Chars<'_>) -> Brace {
    let (mut digits, mut commas) = (0, 0);
    loop {
        match rest.next() {
            Some('0'..='9') => digits += (commas == 0) as u32,
            Some(',') if commas == 0 => commas += 1,
            Some('}') if digits > 0 => return Brace::Quantifier,
            Some('}') if commas > 0 => return Brace::Unclear,
            _ => return Brace::Text,
        }
    }
}

/// Whether names of properties, `=` included, have this char.
const fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '=')
}
