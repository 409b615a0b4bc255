//! Follows a pattern through a text: which states are live, char by char.

use super::inst::{Inst, is_word};
use super::quick::lacks;
use crate::json::text::Chars;

/// The instructions that a char may look at for nothing.
pub(crate) const FREE: usize = 64;

// The first word of the state. The others are the live instructions, a bit for each.
/// No char came yet.
const AT_START: u32 = 1;
/// The last char was one of `\w`.
const AFTER_WORD: u32 = 2;
/// What depends on the next char is live.
const WAITING: u32 = 4;
/// The pattern was found.
const MATCHED: u32 = 8;
/// It was not and cannot be any more.
const DEAD: u32 = 16;
/// A pattern that starts with the text has not branched yet: the bits from this on are its only state, and no other counts.
const SINGLE: u32 = 32;
const SINGLE_SHIFT: u32 = 16;

/// What is known of the text behind the place that it got to.
#[derive(Clone, Copy)]
enum Next {
    Unknown,
    Char { is_word: bool },
    End,
}

/// What a closure came upon.
#[derive(Clone, Copy, Default)]
struct Found {
    matched: bool,
    /// A negated look-ahead was found.
    failed: bool,
    /// A live instruction may take a char.
    takes: bool,
    /// A live one has to know the next char.
    waits: bool,
    /// How many instructions were looked at.
    steps: usize,
}

/// How many words of state a program of `insts` instructions needs: a bit for each, and one word.
pub(crate) const fn words(insts: usize) -> usize {
    insts.div_ceil(u32::BITS as usize) + 1
}

/// Begins a text. `state` has room for [`words`], whatever was there before; what is behind is not used.
///
/// With less room the match is dead at once.
pub(crate) fn start(insts: &[Inst], state: &mut [u32]) {
    let Some((flags, live)) = state_of(insts, state) else { return state.fill(DEAD) };
    *flags = AT_START;
    if let [Inst::Start, next, ..] = insts {
        if is_single(*next) {
            *flags |= SINGLE | 1 << SINGLE_SHIFT;
            return;
        }
    }
    live.fill(0);
    for part in parts(insts) {
        set(live, part.start);
    }
    settle(insts, flags, live);
}

/// Goes on with the next char of the text: how many instructions that looks at. O(instructions) at worst, O(1) once it is known
/// to match or not to.
pub(crate) fn step(insts: &[Inst], state: &mut [u32], c: char) -> usize {
    let Some((flags, live)) = state_of(insts, state) else { return 0 };
    if *flags & (MATCHED | DEAD) != 0 {
        return 0;
    }
    if *flags & SINGLE != 0 {
        return step_single(insts, flags, live, c);
    }
    let mut steps = 0;
    if *flags & WAITING != 0 {
        let found = close(insts, live, *flags, Next::Char { is_word: is_word(c) });
        steps = found.steps;
        if found.matched || found.failed {
            *flags = if found.failed { DEAD } else { MATCHED };
            return steps;
        }
    }
    steps += take(insts, live, c);
    *flags = if is_word(c) { AFTER_WORD } else { 0 };
    steps + settle(insts, flags, live)
}

/// Whether an instruction takes a char, and leads to one other.
fn is_single(inst: Inst) -> bool {
    matches!(inst, Inst::Range { .. } | Inst::Named { .. } | Inst::Set { .. })
        && inst != Inst::NEVER
}

/// Where the instruction at `at`, a [single](is_single) one, leads to, if it takes `c`.
#[inline]
fn single(insts: &[Inst], at: usize, c: char) -> Option<usize> {
    match *insts.get(at)? {
        Inst::Range { lo, hi } => (lo <= c && c <= hi).then_some(at + 1),
        Inst::Set { items, negated } => {
            let next = at + 1 + usize::from(items);
            let takes = insts.get(at + 1..next)?.iter().any(|item| item.takes(c));
            (takes != negated).then_some(next)
        }
        inst => inst.takes(c).then_some(at + 1),
    }
}

/// Goes on with a pattern that has not branched yet, up to where it may.
fn step_single(insts: &[Inst], flags: &mut u32, live: &mut [u32], c: char) -> usize {
    let at = (*flags >> SINGLE_SHIFT) as usize;
    let Some(next) = single(insts, at, c) else {
        *flags = DEAD;
        return 1;
    };
    *flags = if is_word(c) { AFTER_WORD } else { 0 };
    if insts.get(next).is_some_and(|next| is_single(*next)) {
        *flags |= SINGLE | (next as u32) << SINGLE_SHIFT;
        return next - at;
    }
    branch(insts, flags, live, next);
    next - at
}

/// Follows all ways from the instruction `at`.
fn branch(insts: &[Inst], flags: &mut u32, live: &mut [u32], at: usize) {
    live.fill(0);
    set(live, at);
    settle(insts, flags, live);
}

/// Ends the text: whether the pattern is in it. Says the same again until the next [`start`].
pub(crate) fn finish(insts: &[Inst], state: &mut [u32]) -> bool {
    let Some((flags, live)) = state_of(insts, state) else { return false };
    if *flags & SINGLE != 0 {
        *flags = DEAD; // It has to take one more char.
    }
    if *flags & (MATCHED | DEAD) == 0 {
        let found = match *flags & WAITING {
            0 => Found::default(),
            _ => close(insts, live, *flags, Next::End),
        };
        // Beside look-aheads a match stays live until all is known.
        let all = || has_aheads(insts) && parts(insts).all(|part| part.is_seen(insts, live));
        let matched = found.matched || !found.failed && all();
        *flags = if matched { MATCHED } else { DEAD };
    }
    *flags & MATCHED != 0
}

/// Whether the pattern was found already, whatever follows.
pub(crate) fn is_match_so_far(state: &[u32]) -> bool {
    state.first().is_some_and(|flags| flags & MATCHED != 0)
}

/// Whether the pattern was not found and cannot be, whatever follows. When in doubt, `false`: a pattern that no text
/// matches, such as `$a`, may never get there.
pub(crate) fn is_dead(state: &[u32]) -> bool {
    state.first().is_some_and(|flags| flags & DEAD != 0)
}

/// Whether the pattern is in the text. `state` is as for [`start`]. Instructions that a char looks at beyond [`FREE`] are taken from
/// `work`; `None` if `work` runs out.
pub(crate) fn is_match(
    insts: &[Inst],
    mut chars: Chars<'_>,
    state: &mut [u32],
    work: &mut usize,
) -> Option<bool> {
    if lacks(insts, chars) {
        return Some(false);
    }
    if matches!(insts, [Inst::Start, next, ..] if is_single(*next)) {
        // Without state, as long as it does not branch.
        let (mut at, mut last) = (1, ' ');
        while insts.get(at).is_some_and(|inst| is_single(*inst)) {
            let Some(c) = Chars::next(&mut chars) else { return Some(false) };
            let Some(next) = single(insts, at, c) else { return Some(false) };
            (at, last) = (next, c);
        }
        let (flags, live) = state_of(insts, state)?;
        *flags = if is_word(last) { AFTER_WORD } else { 0 };
        branch(insts, flags, live, at);
    } else {
        start(insts, state);
    }
    for c in chars {
        if is_match_so_far(state) || is_dead(state) {
            break;
        }
        let steps = step(insts, state, c);
        *work = work.checked_sub(steps.saturating_sub(FREE))?;
    }
    Some(finish(insts, state))
}

/// The flags and the live instructions, if there is room for them.
fn state_of<'s>(insts: &[Inst], state: &'s mut [u32]) -> Option<(&'s mut u32, &'s mut [u32])> {
    state.get_mut(..words(insts.len()))?.split_first_mut()
}

/// A program that starts with the text: a look-ahead, or the pattern proper.
#[derive(Clone)]
struct Part {
    start: usize,
    end: usize,
    negated: bool,
}

impl Part {
    /// Whether its end was reached, or of a negated one must not be.
    fn is_seen(&self, insts: &[Inst], live: &[u32]) -> bool {
        self.negated || self.end <= insts.len() && is_live(live, self.end - 1)
    }

    /// Whether something in it may still take a char, or has to know the next one.
    fn goes_on(&self, insts: &[Inst], live: &[u32]) -> bool {
        let states = self.start..self.end.saturating_sub(1).min(insts.len());
        let mut goes_on = states.filter(|at| is_live(live, *at)).map(|at| insts[at]);
        goes_on
            .any(|inst| !matches!(inst, Inst::Split(_) | Inst::Jump(_) | Inst::Start | Inst::NEVER))
    }
}

/// Whether look-aheads stand in front of the pattern.
fn has_aheads(insts: &[Inst]) -> bool {
    matches!(insts, [Inst::Ahead { .. }, ..] | [Inst::Fold, Inst::Ahead { .. }, ..])
}

/// The look-aheads, and the pattern behind them.
fn parts(insts: &[Inst]) -> impl Iterator<Item = Part> {
    let mut at = Some(if has_aheads(insts) { usize::from(insts[0] == Inst::Fold) } else { 0 });
    core::iter::from_fn(move || {
        let start = at.take()?;
        if let Some(&Inst::Ahead { len, negated }) = insts.get(start) {
            let end = start + 1 + usize::from(len);
            at = Some(end);
            return Some(Part { start: start + 1, end, negated });
        }
        Some(Part { start, end: insts.len(), negated: false })
    })
}

/// The same as [`settle`], of a pattern with look-aheads: each goes its own way, and all of them count.
fn settle_parts(insts: &[Inst], flags: &mut u32, live: &mut [u32]) -> usize {
    let found = close(insts, live, *flags, Next::Unknown);
    let (mut seen, mut dead) = (true, found.failed);
    for part in parts(insts) {
        let goes_on = part.goes_on(insts, live);
        let is_seen = part.is_seen(insts, live);
        seen &= is_seen && !(part.negated && goes_on);
        dead |= !is_seen && !goes_on;
    }
    if dead {
        *flags = DEAD;
    } else if seen {
        *flags = MATCHED;
    } else if found.waits {
        *flags |= WAITING;
    }
    found.steps
}

/// Begins a search at this place too, and sees what is known without the next char: how many instructions that looks at.
fn settle(insts: &[Inst], flags: &mut u32, live: &mut [u32]) -> usize {
    if has_aheads(insts) {
        return settle_parts(insts, flags, live);
    }
    set(live, 0);
    let found = close(insts, live, *flags, Next::Unknown);
    if found.matched {
        *flags = MATCHED;
    } else if found.waits {
        *flags |= WAITING;
    } else if !found.takes {
        // What is live includes where a search from here gets. One from further on gets no further: `^` is behind us.
        *flags = DEAD;
    }
    found.steps
}

/// Adds all that live instructions lead to without a char. Stops at a match.
fn close(insts: &[Inst], live: &mut [u32], flags: u32, next: Next) -> Found {
    let mut found = Found::default();
    let aheads = has_aheads(insts);
    let mut back = true;
    // Two sweeps are enough: see the module's page.
    for _ in 0..2 {
        if !back {
            break;
        }
        back = false;
        for word in 0..live.len() {
            let mut unseen = u32::MAX;
            while let Some(bit) = lowest(live.get(word).copied().unwrap_or(0) & unseen) {
                // The sweep also visits what it adds above itself.
                unseen = u32::MAX << bit << 1;
                let at = word * u32::BITS as usize + bit as usize;
                let Some(inst) = insts.get(at) else { break };
                found.steps += 1;
                let goes_on = match *inst {
                    Inst::Split(to) => {
                        let target = at.saturating_add_signed(isize::from(to));
                        back |= set(live, target) && to < 0;
                        true
                    }
                    Inst::Jump(to) => {
                        set(live, at.saturating_add_signed(isize::from(to)));
                        false
                    }
                    Inst::Start => flags & AT_START != 0,
                    Inst::End => match next {
                        Next::Unknown => {
                            found.waits = true;
                            false
                        }
                        Next::Char { .. } => false,
                        Next::End => true,
                    },
                    Inst::Boundary { negated } => {
                        let before = flags & AFTER_WORD != 0;
                        match next {
                            Next::Unknown => {
                                found.waits = true;
                                false
                            }
                            Next::Char { is_word } => (before != is_word) != negated,
                            Next::End => before != negated,
                        }
                    }
                    Inst::Match if aheads => false,
                    Inst::Match => {
                        found.matched = true;
                        return found;
                    }
                    Inst::Seen { negated } => {
                        found.failed |= negated;
                        false
                    }
                    Inst::Fold => true,
                    Inst::NEVER => false,
                    _ => {
                        found.takes = true;
                        false
                    }
                };
                if goes_on {
                    set(live, at + 1);
                }
            }
        }
    }
    found
}

/// Of the live instructions, those that take `c` make their next one live; nothing else stays. How many instructions that
/// looks at.
fn take(insts: &[Inst], live: &mut [u32], c: char) -> usize {
    let mut steps = 0;
    let mut last_set = None;
    let c = Char::new(c, insts);
    // From the last word to the first: an instruction leads upwards, to where the bits are new already.
    for word in (0..live.len()).rev() {
        let mut old = live.get_mut(word).map_or(0, core::mem::take);
        while let Some(bit) = highest(old) {
            old ^= 1 << bit;
            let at = word * u32::BITS as usize + bit as usize;
            let Some(inst) = insts.get(at) else { continue };
            steps += 1;
            let next = match *inst {
                Inst::Set { items, .. } => set_takes(insts, at, c, &mut last_set, &mut steps)
                    .then_some(at + 1 + usize::from(items)),
                Inst::Again(back) => {
                    let at_set = at.saturating_add_signed(-isize::from(back));
                    set_takes(insts, at_set, c, &mut last_set, &mut steps).then_some(at + 1)
                }
                // It stays seen.
                Inst::Seen { .. } | Inst::Match => Some(at),
                inst => c.is_taken_by(inst).then_some(at + 1),
            };
            if let Some(next) = next {
                set(live, next);
            }
        }
    }
    steps
}

/// Whether the `Set` at `at` takes `c`. `last` keeps what the last one said: all that share a set ask one after the
/// other, and its items are looked at once.
fn set_takes(
    insts: &[Inst],
    at: usize,
    c: Char,
    last: &mut Option<(usize, bool)>,
    steps: &mut usize,
) -> bool {
    if let Some((_, takes)) = last.filter(|(last, _)| *last == at) {
        return takes;
    }
    let Some(&Inst::Set { items, negated }) = insts.get(at) else { return false };
    let items = insts.get(at + 1..).and_then(|items_on| items_on.get(..usize::from(items)));
    let takes = items.is_some_and(|items| {
        items.iter().any(|item| {
            *steps += 1;
            c.is_taken_by(*item)
        }) != negated
    });
    *last = Some((at, takes));
    takes
}

/// A char, with those that count as the same.
#[derive(Clone, Copy)]
struct Char {
    all: [char; 4],
    len: usize,
}

impl Char {
    fn new(c: char, insts: &[Inst]) -> Self {
        if insts.first() != Some(&Inst::Fold) {
            return Self { all: [c; 4], len: 1 };
        }
        let (upper, lower) = (upper(c), lower(c));
        let all = [c, upper, lower, self::lower(upper)];
        Self { all: all.map(|other| if self::upper(other) == upper { other } else { c }), len: 4 }
    }

    /// Whether an instruction by itself takes it.
    fn is_taken_by(self, inst: Inst) -> bool {
        self.all.iter().take(self.len).any(|c| inst.takes(*c))
    }
}

/// As ECMA-262 compares without regard to capitals: what is no single char, or would turn into ASCII, stays what it is.
fn upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) if c.is_ascii() || !one.is_ascii() => one,
        _ => c,
    }
}

fn lower(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) if c.is_ascii() || !one.is_ascii() => one,
        _ => c,
    }
}

fn is_live(live: &[u32], at: usize) -> bool {
    live.get(at / u32::BITS as usize).is_some_and(|word| word >> (at % u32::BITS as usize) & 1 == 1)
}

fn lowest(bits: u32) -> Option<u32> {
    (bits != 0).then(|| bits.trailing_zeros())
}

fn highest(bits: u32) -> Option<u32> {
    bits.checked_ilog2()
}

/// Whether it was not live before.
fn set(live: &mut [u32], at: usize) -> bool {
    let bit = 1 << (at % u32::BITS as usize);
    let Some(word) = live.get_mut(at / u32::BITS as usize) else { return false };
    let is_new = *word & bit == 0;
    *word |= bit;
    is_new
}

#[cfg(test)]
mod tests {
    use super::super::compile::{MAX_INSTS, RegexError, compile};
    use super::*;
    use std::format;
    use std::string::{String, ToString};
    use std::vec::Vec;

    fn try_program(pattern: &str) -> Result<Vec<Inst>, RegexError> {
        let mut insts = std::vec![Inst::Match; 4000];
        let len = compile(Chars::plain(pattern), &mut insts)?;
        insts.truncate(len);
        Ok(insts)
    }

    #[track_caller]
    fn program(pattern: &str) -> Vec<Inst> {
        try_program(pattern).unwrap_or_else(|error| panic!("{pattern}: {error:?}"))
    }

    /// A match under way.
    struct Run<'a> {
        insts: &'a [Inst],
        state: Vec<u32>,
    }

    impl<'a> Run<'a> {
        fn new(insts: &'a [Inst]) -> Self {
            let mut state = std::vec![0xDEAD_BEEF; words(insts.len())];
            start(insts, &mut state);
            Self { insts, state }
        }

        fn step(&mut self, c: char) -> usize {
            step(self.insts, &mut self.state, c)
        }

        fn steps(&mut self, text: &str) {
            text.chars().for_each(|c| _ = self.step(c));
        }

        /// Whether it matches if the text ends here.
        fn ends(&self) -> bool {
            finish(self.insts, &mut self.state.clone())
        }

        fn is_match(&self) -> bool {
            is_match_so_far(&self.state)
        }

        fn is_dead(&self) -> bool {
            is_dead(&self.state)
        }
    }

    fn matches(insts: &[Inst], text: &str) -> bool {
        let mut work = usize::MAX;
        is_match(insts, Chars::plain(text), &mut std::vec![0; words(insts.len())], &mut work)
            .unwrap()
    }

    #[track_caller]
    fn check(pattern: &str, yes: &[&str], no: &[&str]) {
        let insts = program(pattern);
        for text in yes {
            assert!(matches(&insts, text), "{pattern} matches {text:?}");
        }
        for text in no {
            assert!(!matches(&insts, text), "{pattern} does not match {text:?}");
        }
    }

    #[test]
    fn literals_are_found_anywhere() {
        check("", &["", "a"], &[]);
        check("abc", &["abc", "xxabcyy", "ababc", "aabc"], &["", "ab", "acb", "ABC"]);
        check("a+", &["xxaayy"], &["xxyy"]);
        check("^a*$", &["", "aaa"], &["abc", "ba"]);
        check("f.*o", &["foooooo", "xfoox", "f-o"], &["oof", "f\no"]);
        check("[0-9]{2,}", &["a31b", "42"], &["a3b", "4 2"]);
        check("X_", &["a_X_3"], &["a_x_3"]);
    }

    #[test]
    fn anchors_stand_anywhere() {
        check("^abc$", &["abc"], &["abc\n", "\nabc", "abcabc", "ab"]);
        check("^$", &[""], &["a", "\n"]);
        check("$^|b^|a$b", &[""], &["a", "b", "ab", "ba"]);
        check("(?:^|,)x(?:$|,)", &["x", "a,x", "x,a", "a,x,b"], &["ax", "a,xb"]);
        check("(?:^a|b)c", &["ac", "xbc"], &["xac"]);
        check("(?:a|$)*b$", &["aab", "b"], &["aa"]);
    }

    #[test]
    fn boundaries_look_behind_and_ahead() {
        check(r"\bis\b", &["is", "it is.", "is it", "is\u{E9}"], &["this", "isle", "is_", "is0"]);
        check(r"\Bis\B", &["this_", "_is_"], &["is", "this", "isle", "it is."]);
        check(r"^\b$|^\B\B$", &[""], &["a", " "]);
        check(r"a\b", &["a", "a-", "ba"], &["ab", "b"]);
        check(r"a\B", &["ab"], &["a", "a-"]);
        check(r"\ba\b\b-\b\bb\b", &["a-b"], &["a-_b", "xa-b"]);
        check(r"(?:\b|-)*$", &["a", "-", ""], &[]);
        check(r"^(?:\bab?\b ?)+$", &["a ab a", "ab"], &["aab", "a  b", ""]);
        check(r"a\b\B|\b\Bb", &[], &["a", "b", "ab", "a b"]);
    }

    #[test]
    fn groups_and_alternatives() {
        check("^(?:ab|cd|)e$", &["abe", "cde", "e"], &["abcde", "ae", "ab"]);
        check("^(a|b|cd|ef)+$", &["a", "abcdef", "efa"], &["", "c", "ce", "abe"]);
        check("^(?<year>[0-9]{4})-(?<m\\u00E4\\u{31}>x)$", &["1999-x"], &["199-x"]);
        check("^a|b$", &["ax", "xb", "a"], &["xa", "bx"]);
        check("^(((a|)|b)|(c|(d|e)))f$", &["af", "bf", "cf", "df", "ef", "f"], &["abf", "gf"]);
        check("||a", &["", "b"], &[]);
        check("^(?:|a||b|)$", &["", "a", "b"], &["ab", "c"]);
        check("^()(?:)$", &[""], &["a"]);
    }

    #[test]
    fn quantifiers_repeat() {
        check("^a*b+c?$", &["b", "aabbc", "abc"], &["a", "abcc", "ac"]);
        check("^a*?b+?c??d{1,2}?e{2}?$", &["bdee", "abcddee"], &["bde", "bdddee"]);
        check("^a{3}$", &["aaa"], &["", "aa", "aaaa"]);
        check("^a{2,}$", &["aa", "aaaaa"], &["", "a"]);
        check("^a{0,}$", &["", "aa"], &["b"]);
        check("^a{1,}$", &["a", "aa"], &[""]);
        check("^a{2,4}$", &["aa", "aaa", "aaaa"], &["a", "aaaaa"]);
        check("^(?:ab){0,2}$", &["", "ab", "abab"], &["aba", "ababab"]);
        check("^a{0}b{0,0}(c|d){0}$", &[""], &["a", "b", "c"]);
        check("^a{02}$", &["aa"], &["a"]);
        check("^(?:a|bc){2}(?:d|e*){1,3}$", &["abc", "aade", "bcaeed"], &["a", "aadddd"]);
        check("^(?:a*)*$", &["", "aaa"], &["b"]);
        check("^(?:(?:a?b?)*c?){2,}$", &["", "abcabc", "cccc", "ba"], &["d"]);
        check("^(?:){4000000000}(?:(?:)*)+a(?:){3,}$", &["a"], &["", "aa"]);
        check("^[ab]{2}[^a]{0,3}[cd]{2,}[ef]{1,2}$", &["abcde", "bbbbbccdff"], &["acde", "abce"]);
        check(
            "^(?:[ab]{2}x|[^x]{1,2}y){2}$",
            &["abxzy", "zzyabx", "zyzy"],
            &["abx", "abxxy", "ab"],
        );
        check("^[ab]{3,}$", &["aba", "abab"], &["ab", "abc", ""]);
        check("^(?:[ab]*){2}[ab]{0,1}[]{0,2}$", &["", "abab"], &["c"]);
        check("^(?:^a){2}$|^(?:b$){1,2}$", &["b"], &["a", "aa", "bb"]);
    }

    #[test]
    fn classes_have_ranges_and_escapes() {
        check("^[a-c_]$", &["a", "b", "c", "_"], &["", "d", "-", "ab"]);
        check("^[^a-c_]$", &["d", "\n", "\u{1F432}"], &["a", "_", ""]);
        check("^[]$|[]", &[], &["", "a"]);
        check("^[^]$", &["a", "\n", "\u{1F432}"], &["", "ab"]);
        check("^[-a]$|^[b-]$|^[--/]$|^[+--]$", &["-", "a", "b", ".", ","], &["0", "c"]);
        check("^[a-c-e]$", &["b", "-", "e"], &["d"]);
        check(r"^[\d\-x]$", &["7", "-", "x"], &["a", "\\"]);
        check(r"^[\w-]$", &["7", "-", "x"], &[".", " "]);
        check(r"^[^\W]$|^[\D]$", &["a", "-", "_", "7"], &["", "aa"]);
        check(r"^[^\D]$|^[^\W_]$", &["a", "7"], &["_", "-"]);
        check(r"^[\W\d]$", &["7", "-"], &["a", "_"]);
        check(r"^[^\s\S]$", &[], &["", "a", " "]);
        check(r"^[\]\[^\\]$|^[\^a]$", &["]", "[", "^", "\\", "a"], &["b"]);
        check(r"^[\b]$", &["\u{8}"], &["b"]);
        check(r"^[.*+?(){}|$/]$", &[".", "*", "{", "|", "$", "/"], &["a"]);
        check(r"^[\x41-\u0043\u{44}\cA\0]$", &["A", "B", "C", "D", "\u{1}", "\0"], &["E"]);
        check("^[\u{1F432}-\u{1F434}]$", &["\u{1F433}"], &["\u{1F435}", "a"]);
    }

    #[test]
    fn escapes_stand_for_chars() {
        check(r"^\t\n\v\f\r\0$", &["\t\n\u{B}\u{C}\r\0"], &[r"\t\n\v\f\r\0"]);
        check(r"^\cC\cc\cz$", &["\u{3}\u{3}\u{1A}"], &[r"\cC\cc\cz"]);
        check(r"^\x41\u00e9\u00E9\u{1f432}\u{0000041}$", &["A\u{E9}\u{E9}\u{1F432}A"], &["A"]);
        check(r"^\^\$\\\.\*\+\?\(\)\[\]\{\}\|\/$", &[r"^$\.*+?()[]{}|/"], &[""]);
        check(r"^a/b-c$", &["a/b-c"], &[]);
    }

    #[test]
    fn what_other_languages_read_in_one_way_is_read_so() {
        check(r"^[0-9a-f]{2}\-\_\@\#\ \'\:\é$", &["0f-_@# ':é"], &["0f-_@# ':"]);
        check(r"^\${a}{}]x{y}{1,z}{ 2}$", &["${a}{}]x{y}{1,z}{ 2}"], &["$"]);
        check(r"^[\w-.]+$|^[a-\d]$|^[\w-\s]#$", &["a-.", "-", "7", " #", "-#"], &["", "b ", "/"]);
        check(r"\Aa\Z|b\z", &["a", "b", "ab"], &["ba", "xa"]);
        check(r"^(?P<year>\d{2})$", &["12"], &["1"]);
        check("(?s)^a.b$", &["a\nb", "axb"], &["ab"]);
        check("^(?s)a.b$", &["a\nb"], &["xa\nb"]);
        check("(?i)^straße[a-c]$", &["STRAßEB", "straßeb", "Straßec"], &["straßed", "strasseb"]);
        check("(?is)É.", &["é\n", "xÉy"], &["e\n"]);
        check("(?i)[^a]k|\u{3c3}", &["bK", "\u{3a3}"], &["Ak", "b\u{212a}"]);
        check("(?i)^a|b$", &["A-", "-B"], &["-A"]);
    }

    #[test]
    fn look_aheads_stand_in_front() {
        check("^(?!aws:)[a-z:]+$", &["a", "aw", "aws", "awsx:"], &["aws:", "aws:x", "A", ""]);
        check("(?!aws:)^[a-z:]+$", &["aws"], &["aws:x"]);
        check("^(?=.*[A-Z])(?=.*[0-9]).{3,5}$", &["aA1", "1A--"], &["aA", "aaa1", "aA1aaa"]);
        check("^(?!.*--)(?!-|.*-$)[a-z-]+$", &["a", "a-b-c"], &["-a", "a-", "a--b", "A"]);
        check("^(?=a$)", &["a"], &["ab", "", "b"]);
        check("^(?!$)", &["a"], &[""]);
        check(r"^(?=a\b)(?:ab?|a-)", &["a", "a-"], &["ab", ""]);
        check("^(?!(?:con|prn)$)(a|[^/]+)$", &["conx", "co", "prn.txt"], &["con", "prn", "a/b"]);
        check("(?i)^(?!X)[a-z]+$", &["Ax"], &["xa", "XA"]);
        check("^(?!)a", &[], &["a", ""]);
        check("^(?=)a", &["ab"], &["b"]);
        check("^(?!a)", &["", "b"], &["a"]);
    }

    #[test]
    fn surrogates_make_pairs_and_are_in_no_text_alone() {
        check(r"^\uD83D\uDC32*$", &["", "\u{1F432}\u{1F432}"], &["\u{1F433}"]);
        check("^\u{1F432}*$", &["", "\u{1F432}\u{1F432}"], &["\u{1F409}"]);
        check(r"^[\uD83D\uDC32-\uD83D\uDC34]$", &["\u{1F433}"], &["\u{1F435}"]);
        check(r"\uD83D|\uDC32|\uDC32\uD83D|\u{D83D}\u{DC32}", &[], &["", "\u{1F432}"]);
        check(r"^[\uD800-\uDFFF]|[\uDC00]$", &[], &["", "a", "\u{1F432}"]);
        check(r"^[^\uD800-\uDFFF]$", &["a", "\u{1F432}"], &[""]);
        check(r"^[\uD7FE-\uE000]$", &["\u{D7FF}", "\u{E000}"], &["\u{D7FD}", "\u{E001}"]);
        check(r"^[\uD7FF-\uD900\u{DF00}-\uE001]$", &["\u{D7FF}", "\u{E001}"], &["\u{E002}"]);
    }

    #[test]
    fn classes_of_ecma_are_ascii_but_for_spaces() {
        check(r"^\d$", &["0", "9"], &["\u{7C0}", "a", ""]);
        check(r"^\D$", &["\u{7C0}", "a"], &["0", ""]);
        check(r"^\w$", &["a", "Z", "0", "_"], &["\u{E9}", "-", "\u{17F}", "\u{212A}"]);
        check(r"^\W$", &["\u{E9}", "-"], &["a", "_"]);
        check(r"^.$", &["a", "\u{85}", "\u{B}"], &["", "\n", "\r", "\u{2028}", "\u{2029}"]);
        check(r"\wcole", &["l'ecole"], &["l'\u{E9}cole", "L'ECOLE"]);
        check("[a-z]cole", &["l'ecole"], &["l'\u{E9}cole"]);
        let spaces = "\t\n\u{B}\u{C}\r \u{A0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\
            \u{2007}\u{2008}\u{2009}\u{200A}\u{2028}\u{2029}\u{202F}\u{205F}\u{3000}\u{FEFF}";
        let (space, other) = (program(r"^\s$"), program(r"^\S$"));
        for c in '\0'..=char::MAX {
            let text = c.to_string();
            assert_eq!(matches(&space, &text), spaces.contains(c), "{c:?}");
            assert_eq!(matches(&other, &text), !spaces.contains(c), "{c:?}");
        }
    }

    #[test]
    fn properties_without_tables() {
        check(r"^\p{Any}[\p{Any}]$", &["a\u{1F432}"], &["a", ""]);
        check(r"\P{Any}|[\P{Any}]|[^\p{Any}]", &[], &["a", ""]);
        check(r"^\p{ASCII}\P{ASCII}[^\p{ASCII}b]$", &["a\u{E9}\u{E9}"], &["aab", "a\u{E9}b"]);
    }

    #[cfg(feature = "unicode")]
    #[test]
    fn properties_are_of_unicode() {
        check(r"\p{Letter}cole", &["l'ecole", "l'\u{E9}cole"], &["L'\u{C9}COLE", "1cole"]);
        check(r"^\p{digit}+$", &["42", "\u{9EA}\u{9E8}"], &["-%#", "", "\u{BD}"]);
        check(r"^\p{Lu}\p{gc=Ll}\p{General_Category=Decimal_Number}$", &["A\u{E9}1"], &["aA1"]);
        check(r"^[\p{L}\p{Nd}_]+$", &["\u{E9}_\u{7C0}"], &["-", ""]);
        check(r"^[^\p{L}]\P{L}[\P{L}x]$", &["1-x"], &["a-x", "1ax", "1-y"]);
        check(
            r"^\p{Alphabetic}\p{Lower}\p{Uppercase}\p{space}$",
            &["\u{345}aA "],
            &["1aA ", "aAA "],
        );
        check(r"^\p{Assigned}\P{Assigned}$", &["a\u{378}"], &["aa"]);
        check(r"^\p{Cs}|\p{gc=Surrogate}$", &[], &["", "a"]);
        check(r"^\P{Cs}$", &["a"], &[""]);
        check(r"^\p{General_Category=Connector_Punctuation}$", &["_"], &["-"]);
    }

    /// Where the tables and `core` are of the same mind, whatever their versions: in assigned chars.
    #[cfg(feature = "unicode")]
    #[test]
    fn properties_agree_with_core() {
        let (number, control) = (program(r"^\p{N}$"), program(r"^\p{Cc}$"));
        let cased = program(r"^\p{LC}$");
        let kinds =
            ["L", "M", "N", "P", "S", "Z", "C"].map(|kind| program(&format!(r"^\p{{{kind}}}$")));
        for c in ('\0'..='\u{2FFF}').chain('\u{F900}'..='\u{11FFF}') {
            let text = c.to_string();
            assert_eq!(matches(&number, &text), c.is_numeric(), "{c:?}");
            assert_eq!(matches(&control, &text), c.is_control(), "{c:?}");
            assert!(!matches(&cased, &text) || c.is_alphabetic(), "{c:?}");
            assert_eq!(kinds.iter().filter(|kind| matches(kind, &text)).count(), 1, "{c:?}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_its_place() {
        for (pattern, at) in [
            ("*", 0),
            ("a|*", 2),
            ("(+)", 1),
            ("?", 0),
            ("a**", 2),
            ("a+??", 3),
            ("a{1}{2}", 4),
            ("^*", 1),
            ("a$?", 2),
            (r"\b+", 2),
            (r"a\B{2}", 3),
            ("{1}", 0),
            ("a{2,1}", 1),
            ("(a", 0),
            ("a(b(c)", 1),
            ("a)", 1),
            ("(?a)", 0),
            ("(?", 0),
            ("(?<>a)", 3),
            ("(?<1>a)", 3),
            ("(?<a-b>a)", 4),
            ("(?<a", 4),
            (r"(?<a\x41>a)", 4),
            ("[a", 0),
            ("b[a-", 1),
            ("[b-a]", 1),
            ("[ac-b]", 2),
            (r"[\a]", 1),
            (r"[\B]", 1),
            (r"[\1]", 1),
            (r"[\c]", 1),
            (r"[a\", 2),
            (r"\a", 0),
            (r"\", 0),
            (r"\00", 0),
            (r"\c", 0),
            (r"\c1", 0),
            (r"\x4", 0),
            (r"\xg0", 0),
            (r"\u12", 0),
            (r"\u{}", 0),
            (r"\u{110000}", 0),
            (r"\u{12", 0),
            (r"\p", 0),
            (r"\pL", 0),
            (r"\p{}", 0),
            (r"\p{L", 0),
            (r"\p{^L}", 0),
        ] {
            match try_program(pattern) {
                Err(error @ RegexError::Syntax { .. }) => {
                    assert_eq!(error.at(), at, "{pattern}: {error:?}")
                }
                other => panic!("{pattern}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_is_not_supported_says_what() {
        let deep = "(".repeat(33) + &")".repeat(33);
        for (pattern, at, what) in [
            (r"(a)\1", 3, "backreferences"),
            (r"(?<n>a)\k<n>", 7, "backreferences"),
            ("a(?=b)", 1, "look-ahead"),
            ("a(?!b)", 1, "look-ahead"),
            ("(?!a)b", 0, "look-ahead"),
            ("^((?!a)b)", 2, "look-ahead"),
            ("^(?!a)b|c", 7, "`|`"),
            ("^(?!a)*", 6, "repeated"),
            ("^(?=a){2}", 6, "repeated"),
            ("(?<=a)b", 0, "look-behind"),
            ("(?<!a)b", 0, "look-behind"),
            ("(?i:a)", 0, "modifiers"),
            ("a(?i)b", 1, "modifiers"),
            ("(?m)a", 0, "modifiers"),
            ("a{,2}", 1, "`{,n}`"),
            ("{,2}", 0, "`{,n}`"),
            (r"\p{Script=Greek}", 0, "property"),
            (r"[a\P{Nonsense}]", 2, "property"),
            (r"\p{Abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz}", 0, "property"),
            (&deep, 32, "deeper"),
        ] {
            match try_program(pattern) {
                Err(error @ RegexError::Unsupported { .. }) => {
                    assert!(error.message().contains(what), "{pattern}: {error:?}");
                    assert_eq!(error.at(), at, "{pattern}: {error:?}");
                }
                other => panic!("{pattern}: {other:?}"),
            }
        }
        let deep = "(".repeat(32) + "a" + &")*".repeat(32);
        check(&format!("^{deep}$"), &["", "aaa"], &["b"]);
    }

    #[test]
    fn long_patterns_are_refused_and_never_grow() {
        let mut insts = [Inst::Match; 4];
        assert_eq!(compile(Chars::plain("abc"), &mut insts), Ok(4));
        assert_eq!(compile(Chars::plain("abcd"), &mut insts), Err(RegexError::TooLong { at: 3 }));
        assert_eq!(compile(Chars::plain(""), &mut []), Err(RegexError::TooLong { at: 0 }));
        for pattern in
            ["a{4294967295}", "a{99999999999999}", "(a{1000}){1000}", "a{0,5000}", "a{5000,}"]
        {
            assert!(matches!(try_program(pattern), Err(RegexError::TooLong { .. })), "{pattern}");
        }
        // With all the room there is, ways stay within what an instruction holds.
        let mut room = std::vec![Inst::Match; 40_000];
        for (pattern, len) in [
            ("(?:a|b{8155})*", MAX_INSTS + 1),
            ("(?:a|b{8154})*", MAX_INSTS),
            ("b{8156}|(?:)", MAX_INSTS - 1),
        ] {
            match compile(Chars::plain(pattern), &mut room) {
                Ok(found) => assert_eq!(found, len, "{pattern}"),
                Err(error) => {
                    assert!(
                        matches!(error, RegexError::TooLarge { .. }) && len > MAX_INSTS,
                        "{pattern}: {error:?}"
                    );
                }
            }
        }
    }

    const DATE: ([Inst; 24], usize) = {
        let mut insts = [Inst::Match; 24];
        match compile(Chars::plain(r"^\d{4}-(?:0[1-9]|1[0-2])-[0-3]\d$"), &mut insts) {
            Ok(len) => (insts, len),
            Err(error) => panic!("{}", error.message()),
        }
    };
    static DATE_INSTS: &[Inst] = DATE.0.split_at(DATE.1).0;

    #[test]
    fn compiles_in_a_const() {
        assert!(matches(DATE_INSTS, "2024-12-31"));
        assert!(!matches(DATE_INSTS, "2024-13-31"));
        assert_eq!(size_of::<Inst>(), 8);
    }

    #[test]
    fn state_that_is_too_short_finds_nothing() {
        let insts = program("a{40}|");
        for len in 0..words(insts.len()) {
            let mut state = std::vec![u32::MAX; len];
            start(&insts, &mut state);
            step(&insts, &mut state, 'a');
            assert!(!is_match_so_far(&state) && !finish(&insts, &mut state));
            assert_eq!(is_dead(&state), len > 0);
        }
        // What is behind stays as it was.
        let mut state = std::vec![7; words(insts.len()) + 2];
        assert_eq!(is_match(&insts, Chars::plain(""), &mut state, &mut 0), Some(true));
        assert_eq!(state[words(insts.len())..], [7, 7]);
    }

    #[test]
    fn verdict_comes_as_early_as_it_can() {
        let insts = program("ab+");
        let mut run = Run::new(&insts);
        run.steps("xa");
        assert!(!run.is_match() && !run.is_dead() && !run.ends());
        run.steps("b");
        assert!(run.is_match());
        run.steps("xyz");
        assert!(run.is_match() && run.ends(), "sticky");

        let insts = program("^ab?$");
        let mut run = Run::new(&insts);
        run.steps("ab");
        assert!(!run.is_match() && !run.is_dead() && run.ends());
        run.steps("c");
        assert!(!run.is_match() && run.is_dead() && !run.ends());

        for (pattern, text) in [
            ("^[a-z]{3}$", "1"),
            ("^[a-z]{3}$", "abcd"),
            ("^(?:a|b)+c", "aba-"),
            (r"^\bab\b$", "abb"),
            ("^a|^b", "c"),
            ("(?:^a|^b)x", "ay"),
            ("^[]", ""),
            (r"^a\uD800|[]", "a"),
        ] {
            let insts = program(pattern);
            let mut run = Run::new(&insts);
            run.steps(text);
            assert!(run.is_dead(), "{pattern} after {text:?}");
        }
        for (pattern, text) in [("a$", "abab"), ("^a|b", "cc"), ("^a*$", "aa"), (r"\bx", "--")] {
            let insts = program(pattern);
            let mut run = Run::new(&insts);
            run.steps(text);
            assert!(!run.is_dead() && !run.is_match(), "{pattern} after {text:?}");
        }
    }

    #[test]
    fn finish_says_the_same_again() {
        let insts = program("a$");
        for (text, verdict) in [("ba", true), ("ab", false)] {
            let mut run = Run::new(&insts);
            run.steps(text);
            for _ in 0..3 {
                assert_eq!(finish(&insts, &mut run.state), verdict);
                assert_eq!((run.is_match(), run.is_dead()), (verdict, !verdict));
                run.step('a');
            }
        }
    }

    #[test]
    fn work_is_bounded() {
        let insts = program("[a-q][^u-z]{100}x");
        let text = format!("x{}", "q".repeat(1000));
        let mut state = std::vec![0; words(insts.len())];
        let mut run = |work| is_match(&insts, Chars::plain(&text), &mut state, &mut { work });
        assert_eq!(run(1000), None);
        assert_eq!(run(1_000_000), Some(false));
        let text = "q".repeat(1000);
        assert_eq!(is_match(&insts, Chars::plain(&text), &mut state, &mut 0), Some(false), "no x");
        assert!(matches(&program("ab"), &"ab".repeat(1000)));
    }

    #[test]
    fn a_char_costs_no_more_than_the_instructions() {
        for pattern in [
            "(a*)*b",
            "(a|a)*$",
            "a{0,50}a{50}$",
            "(((a*)*)*)*$",
            "(?:(?:a?){30}){30}b",
            "(a+)+$",
            "[a-cx-z_0-9]{0,60}[a-z]{3}([^bc0-9]{2,4}-?){5}$",
            r"(?:\b|\B|a|$)*b",
            "([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$",
        ] {
            let insts = program(pattern);
            let mut run = Run::new(&insts);
            for i in 0..200 {
                let cost = run.step(if i % 7 == 6 { '-' } else { 'a' });
                // Twice two sweeps, and one that takes the char.
                assert!(cost <= 5 * insts.len(), "{pattern}: {cost} of {}", insts.len());
            }
        }
    }

    /// Knuth's MMIX generator.
    struct Random(u64);

    impl Random {
        fn below(&mut self, n: usize) -> usize {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((self.0 >> 33) as usize) % n
        }

        fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
            all[self.below(all.len())]
        }
    }

    /// A pattern in the syntax of ECMA-262, and the same in that of `regex`.
    struct Both(String, String);

    impl Both {
        fn new(ecma: &str, regex: &str) -> Self {
            Self(ecma.into(), regex.into())
        }

        fn join(all: &[Both], with: &str) -> Self {
            let join = |text: fn(&Both) -> &str| {
                let all: Vec<_> = all.iter().map(text).collect();
                all.join(with)
            };
            Self(join(|both| &both.0), join(|both| &both.1))
        }
    }

    fn random_atom(random: &mut Random) -> Both {
        // `regex` has no empty class; `&&` makes one.
        let (ecma, regex) = random.one_of(&[
            ("a", "a"),
            ("b", "b"),
            ("a", "a"),
            ("b", "b"),
            ("-", "-"),
            ("\u{20AC}", "\u{20AC}"),
            (r"\u20AC", r"\u20AC"),
            (r"\uD83D\uDC32", r"\u{1F432}"),
            (".", r"[^\n\r\u{2028}\u{2029}]"),
            (r"\d", "[0-9]"),
            (r"\D", "[^0-9]"),
            (r"\w", "[0-9A-Za-z_]"),
            (r"\W", "[^0-9A-Za-z_]"),
            (r"\s", r"[\s\u{FEFF}--\u{85}]"),
            (r"\S", r"[^\s\u{FEFF}--\u{85}]"),
            ("[ab]", "[ab]"),
            ("[^a]", "[^a]"),
            ("[^]", "(?s:.)"),
            ("[]", "[a&&b]"),
            (r"[\W\d]", "[[^0-9A-Za-z_]0-9]"),
            (r"[^\W\d]", "[^[^0-9A-Za-z_]0-9]"),
            ("[a-c\u{20AC}-]", r"[a-c\u{20AC}\-]"),
            (r"[^\n-\r\x61]", r"[^\n-\ra]"),
        ]);
        Both::new(ecma, regex)
    }

    fn random_part(random: &mut Random, depth: usize) -> Both {
        let assertion = match random.below(18) {
            0 => Some(("^", r"\A")),
            1 => Some(("$", r"\z")),
            2 => Some((r"\b", r"\b")),
            3 => Some((r"\B", r"\B")),
            _ => None,
        };
        if let Some((ecma, regex)) = assertion {
            return Both::new(ecma, regex);
        }
        let atom = if depth == 0 || random.below(3) > 0 {
            random_atom(random)
        } else {
            let Both(ecma, regex) = random_pattern(random, depth - 1);
            let open = random.one_of(&["(?:", "(", "(?:"]);
            Both(format!("{open}{ecma})"), format!("(?:{regex})"))
        };
        let (least, more) = (random.below(4), random.below(4));
        let quantifier = match random.below(14) {
            0 => "*".into(),
            1 => "+".into(),
            2 => "?".into(),
            3 => format!("{{{least}}}"),
            4 => format!("{{{least},}}"),
            5 => format!("{{{least},{}}}", least + more),
            _ => return atom,
        };
        let lazy = random.one_of(&["", "?"]);
        let Both(ecma, regex) = atom;
        Both(ecma + &quantifier + lazy, regex + &quantifier + lazy)
    }

    fn random_pattern(random: &mut Random, depth: usize) -> Both {
        let alternatives: Vec<_> = (0..random.one_of(&[1, 1, 1, 2, 3]))
            .map(|_| {
                let parts: Vec<_> =
                    (0..random.below(4)).map(|_| random_part(random, depth)).collect();
                Both::join(&parts, "")
            })
            .collect();
        Both::join(&alternatives, "|")
    }

    /// Of the chars that the random patterns tell apart, none a word char for `regex` only.
    fn random_text(random: &mut Random, most: usize) -> String {
        let chars = [
            'a',
            'a',
            'b',
            'b',
            'c',
            'A',
            '0',
            '_',
            '-',
            ' ',
            '\n',
            '\u{85}',
            '\u{2028}',
            '\u{20AC}',
            '\u{1F432}',
        ];
        (0..random.below(most + 1)).map(|_| random.one_of(&chars)).collect()
    }

    #[test]
    fn agrees_with_regex() {
        let mut random = Random(1);
        let (mut verdicts, mut early, mut dead) = ([0, 0], 0, 0);
        for _ in 0..4000 {
            // A third of them anchored, so that some die.
            let anchor = random.below(3) == 0;
            let Both(ecma, regex) = random_pattern(&mut random, 3);
            let (ecma, regex) = if anchor {
                (format!("^(?:{ecma})"), format!(r"\A(?:{regex})"))
            } else {
                (ecma, regex)
            };
            let insts = program(&ecma);
            let regex = regex::Regex::new(&regex).unwrap_or_else(|error| panic!("{error}"));
            for _ in 0..6 {
                let text = random_text(&mut random, 9);
                let mut run = Run::new(&insts);
                let ends = (0..=text.len()).filter(|&end| text.is_char_boundary(end));
                for end in ends {
                    let so_far = &text[..end];
                    let verdict = regex.is_match(so_far);
                    verdicts[usize::from(verdict)] += 1;
                    assert_eq!(run.ends(), verdict, "{ecma} in {so_far:?}");
                    assert!(!(run.is_match() && run.is_dead()));
                    if run.is_match() || run.is_dead() {
                        *if run.is_match() { &mut early } else { &mut dead } += 1;
                        for _ in 0..5 {
                            let whole = so_far.to_string() + &random_text(&mut random, 6);
                            assert_eq!(
                                regex.is_match(&whole),
                                run.is_match(),
                                "{ecma} in {so_far:?} + {whole:?}"
                            );
                        }
                    }
                    // Goes on with a copy of the words: they are all there is.
                    let mut state = run.state.clone();
                    state.push(u32::MAX);
                    run = Run { insts: &insts, state };
                    if let Some(c) = text[end..].chars().next() {
                        run.step(c);
                    }
                }
                assert_eq!(matches(&insts, &text), run.ends(), "{ecma} in {text:?} at once");
                // So long that shortcuts are taken.
                let long = random_text(&mut random, 60);
                assert_eq!(matches(&insts, &long), regex.is_match(&long), "{ecma} in {long:?}");
            }
        }
        assert!(verdicts[0] > 10_000 && verdicts[1] > 10_000, "{verdicts:?}");
        assert!(early > 10_000 && dead > 1000, "{early} {dead}");
    }

    /// A pattern with look-aheads in front is all of them at once.
    #[test]
    fn look_aheads_agree_with_regex() {
        let mut random = Random(4);
        let (mut verdicts, mut early) = ([0, 0], 0);
        for _ in 0..2000 {
            let mut ecma = String::from("^");
            let mut parts = Vec::new();
            for negated in [random.below(2) == 0, random.below(2) == 0] {
                let Both(own, regex) = random_pattern(&mut random, 2);
                ecma += &format!("(?{}{own})", if negated { '!' } else { '=' });
                parts.push((regex::Regex::new(&format!(r"\A(?:{regex})")).unwrap(), negated));
            }
            let Both(own, regex) = random_pattern(&mut random, 2);
            ecma += &format!("(?:{own})");
            parts.push((regex::Regex::new(&format!(r"\A(?:{regex})")).unwrap(), false));
            let insts = program(&ecma);
            for _ in 0..6 {
                let text = random_text(&mut random, 9);
                let verdict = |text: &str| {
                    parts.iter().all(|(regex, negated)| regex.is_match(text) != *negated)
                };
                assert_eq!(matches(&insts, &text), verdict(&text), "{ecma} in {text:?}");
                verdicts[usize::from(verdict(&text))] += 1;
                let mut run = Run::new(&insts);
                run.steps(&text);
                assert_eq!(run.ends(), verdict(&text), "{ecma} in {text:?}");
                if run.is_match() || run.is_dead() {
                    early += 1;
                    let whole = text + &random_text(&mut random, 6);
                    assert_eq!(verdict(&whole), run.is_match(), "{ecma} in {whole:?}");
                }
            }
        }
        assert!(verdicts[0] > 1000 && verdicts[1] > 1000 && early > 1000, "{verdicts:?} {early}");
    }

    #[test]
    fn two_sweeps_find_all() {
        let mut random = Random(2);
        let mut swept = 0;
        for _ in 0..4000 {
            let insts = program(&random_pattern(&mut random, 4).0);
            for next in [Next::Unknown, Next::Char { is_word: true }, Next::End] {
                let mut live = std::vec![0; words(insts.len()) - 1];
                // States only, and no items of sets.
                let mut at = 0;
                while at < insts.len() {
                    if random.below(6) == 0 {
                        set(&mut live, at);
                    }
                    at += if let Inst::Set { items, .. } = insts[at] {
                        1 + usize::from(items)
                    } else {
                        1
                    };
                }
                let flags = random.one_of(&[0, AT_START, AFTER_WORD]);
                if !close(&insts, &mut live, flags, next).matched {
                    let once = live.clone();
                    close(&insts, &mut live, flags, next);
                    assert_eq!(once, live);
                    swept += 1;
                }
            }
        }
        assert!(swept > 2000, "{swept}");
    }

    #[test]
    fn no_pattern_panics() {
        let mut random = Random(3);
        let pieces = [
            "a", "b", "(", "(?:", "(?<n>", ")", ")", "[", "[^", "]", "-", "{", "}", "{2}", "{1,3}",
            ",", "*", "+", "?", "|", "^", "$", ".", "\\", "\\b", "\\d", "\\W", "\\u", "\\u{61}",
            "\\uD83D", "\\uDC32", "\\x6", "1", "\\p{L}", "\u{E9}",
        ];
        let (mut fine, mut refused) = (0, 0);
        for _ in 0..30_000 {
            let pattern: String = (0..random.below(9)).map(|_| random.one_of(&pieces)).collect();
            match try_program(&pattern) {
                Ok(insts) => {
                    fine += 1;
                    matches(&insts, &random_text(&mut random, 5));
                }
                Err(error) => {
                    refused += 1;
                    assert!(error.at() <= pattern.chars().count(), "{pattern}: {error:?}");
                }
            }
        }
        assert!(fine > 1000 && refused > 1000, "{fine} {refused}");
    }

    #[test]
    fn usual_patterns_are_short() {
        for (pattern, len, yes, no) in [
            ("^[a-z0-9_-]{3,16}$", 36, "my-name_1", "Me"),
            (r"^[^@\s]+@[^@\s]+\.[^@\s]+$", 17, "a@b.c", "a@b"),
            (r"^[\w.+-]+@[\w-]+\.[\w.-]+$", 20, "a.b+c@d-e.org", "a@b@c.d"),
            (
                "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
                49,
                "01234567-89ab-cdef-0123-456789abcdef",
                "0",
            ),
            (r"^\d{4}-\d{2}-\d{2}$", 13, "2024-12-31", "2024-1-1"),
            (
                r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$",
                37,
                "2024-12-31T23:59:59.5Z",
                "2024",
            ),
            ("^#(?:[0-9a-fA-F]{3}){1,2}$", 17, "#fff000", "#ff"),
            (r"^\+?[1-9]\d{1,14}$", 33, "+4930123456", "0"),
        ] {
            let insts = program(pattern);
            assert_eq!(insts.len(), len, "{pattern}");
            check(pattern, &[yes], &[no]);
        }
    }
}
