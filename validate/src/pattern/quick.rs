//! A shortcut for a long text that is there as a whole: without the chars that every match has, it is not followed.

use super::inst::Inst;
use crate::json::text::Chars;

/// Texts that are shorter are looked at faster than searched for what they must have.
const LONG: usize = 32;
/// The most bytes that are searched for.
const NEEDLE: usize = 16;
/// The most instructions that are looked at for them.
const LOOKS: usize = 256;

/// Whether a text that is long enough to be searched has no match, for certain.
pub(super) fn lacks(insts: &[Inst], chars: Chars<'_>) -> bool {
    // One that starts with a char or a class of the text is often found out by that.
    let starts = matches!(
        insts,
        [Inst::Start, Inst::Range { .. } | Inst::Named { .. } | Inst::Set { .. }, ..]
    );
    if chars.left() < LONG || starts {
        return false;
    }
    let Some(text) = chars.as_they_stand() else { return false };
    let mut needle = [0; NEEDLE];
    let len = literal(insts, &mut needle);
    !contains(text, needle.get(..len).unwrap_or(&[]))
}

/// Writes the longest run of chars that every match has: how many bytes that is.
///
/// An optional part has a `Split` in front that leads behind it; of alternatives the first one ends in a `Jump` that leads
/// behind the last, right before where their `Split` leads to.
fn literal(insts: &[Inst], out: &mut [u8; NEEDLE]) -> usize {
    let (mut run, mut run_len, mut best) = ([0; NEEDLE], 0, 0);
    let mut at = 0;
    for _ in 0..LOOKS {
        let next = match insts.get(at) {
            Some(Inst::Range { lo, hi }) if lo == hi => {
                if let Some(room) = run.get_mut(run_len..).filter(|room| room.len() >= 4) {
                    run_len += lo.encode_utf8(room).len();
                }
                at + 1
            }
            Some(inst) => {
                run_len = 0;
                match *inst {
                    // More than one char counts as the same.
                    Inst::Fold | Inst::Ahead { .. } => return 0,
                    Inst::Split(to) if to < 0 => at + 1,
                    Inst::Split(to) => {
                        let target = at.saturating_add_signed(isize::from(to));
                        match insts.get(target.saturating_sub(1)) {
                            Some(Inst::Jump(over)) => {
                                (target - 1).saturating_add_signed(isize::from(*over))
                            }
                            _ => target,
                        }
                    }
                    Inst::Jump(to) => at.saturating_add_signed(isize::from(to)),
                    Inst::Set { items, .. } => at + 1 + usize::from(items),
                    Inst::Match => return best,
                    _ => at + 1,
                }
            }
            None => return best,
        };
        if run_len > best {
            (*out, best) = (run, run_len);
        }
        at = next;
    }
    best
}

fn contains(text: &[u8], needle: &[u8]) -> bool {
    let Some((first, _)) = needle.split_first() else { return true };
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        let from = rest.get(at..).unwrap_or(&[]);
        if from.starts_with(needle) {
            return true;
        }
        rest = from.get(1..).unwrap_or(&[]);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::compile::compile;
    use super::super::inst::Inst;
    use super::{NEEDLE, literal};
    use crate::json::text::Chars;

    #[test]
    fn literals_that_every_match_has() {
        for (pattern, expected) in [
            ("abc", "abc"),
            ("a+bc", "bc"),
            ("a?bc*d", "b"),
            ("x(?:abcd|efgh)yz", "yz"),
            ("x(?:abcd|efgh|)yz", "yz"),
            ("(?:a|)?bc", "bc"),
            ("(?:abc)?d", "d"),
            ("(?:abc)+d", "abc"),
            ("abc|abd", ""),
            ("[a-c]{2}@é[xy]z", "@é"),
            ("\\d+ab{2}", "abb"),
            ("a{0,3}b", "b"),
            ("0123456789abcdefghij", "0123456789abc"),
            ("(?i)abc", ""),
            ("^(?!x)abc", ""),
        ] {
            let mut insts = [Inst::Match; 64];
            let len = compile(Chars::plain(pattern), &mut insts).unwrap();
            let mut out = [0; NEEDLE];
            let found = literal(&insts[..len], &mut out);
            assert_eq!(core::str::from_utf8(&out[..found]), Ok(expected), "{pattern}");
        }
    }
}
