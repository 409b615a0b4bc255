use super::text::Chars;
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inst {
    Match,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RegexError {
    TooLong,
}
pub(super) const fn compile(_pattern: Chars<'_>, _out: &mut [Inst]) -> Result<usize, RegexError> {
    Err(RegexError::TooLong)
}
pub(super) fn words(_n: usize) -> usize {
    1
}
pub(super) fn start(_i: &[Inst], _s: &mut [u32]) {}
pub(super) fn step(_i: &[Inst], _s: &mut [u32], _c: char) {}
pub(super) fn is_settled(_i: &[Inst], _s: &[u32]) -> bool {
    false
}
pub(super) fn is_dead(_i: &[Inst], _s: &[u32]) -> bool {
    false
}
pub(super) fn finish(_i: &[Inst], _s: &[u32]) -> bool {
    true
}
pub(super) fn is_match(_i: &[Inst], _c: Chars<'_>, _s: &mut [u32]) -> bool {
    true
}
