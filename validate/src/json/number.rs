//! Exact arithmetic on the texts of JSON numbers.
//!
//! A number stays the text it came in as, of any length and with any exponent: nothing is rounded, and `1`, `1.0` and
//! `10e-1` are one number. JSON Schema compares numbers by their mathematical value, and a reader by way of `f64` gets
//! `multipleOf` and all integers above 2^53 wrong.
//!
//! # Shape
//! Every `&str` here follows the grammar of JSON numbers; of any other text the answers mean nothing, but no function
//! panics.
//!
//! # Context and cost
//! Plain memory, callable anywhere. Constant memory; time is linear in the length of the texts, never in the exponent.
//!
//! # Method
//! A number is 0.d₁d₂…dₖ × 10^p, where d₁ and dₖ are not 0. Of these forms each number except 0 has one. `p` is the sum of
//! an exponent as written, which may have any number of digits, and of a shift, which a text's length bounds. Two of them
//! are compared by the difference of the exponents, which stops to be exact where no shift can make up for it.

use core::cmp::Ordering;
use core::hash::Hasher;

/// A text in parts. All slices hold ASCII digits, the last two without zeros in front or behind that do not count.
#[derive(Clone, Copy)]
struct Parts<'a> {
    negative: bool,
    /// Digits before the point and behind it, of which `count` after the first `zeros` are significant.
    whole: &'a [u8],
    fraction: &'a [u8],
    zeros: usize,
    /// 0 for the number 0.
    count: usize,
    exponent: Exponent<'a>,
}

#[derive(Clone, Copy)]
struct Exponent<'a> {
    negative: bool,
    digits: &'a [u8],
}

/// Behind this a difference of exponents is not exact; it is far more than the length of any text.
const FAR: i128 = 10_i128.pow(25);

impl Exponent<'_> {
    const ZERO: Self = Self { negative: false, digits: &[] };

    /// The digit at the place of 10^`place`, with the sign.
    const fn digit(self, place: usize) -> i128 {
        if place >= self.digits.len() {
            return 0;
        }
        let digit = value(self.digits[self.digits.len() - 1 - place]) as i128;
        if self.negative { -digit } else { digit }
    }

    /// `self - other`, exact up to ±[`FAR`], and of the right sign with at least that size behind it.
    const fn minus(self, other: Self) -> i128 {
        let mut difference = 0;
        let (ours, theirs) = (self.digits.len(), other.digits.len());
        let mut place = if ours > theirs { ours } else { theirs };
        while place > 0 {
            place -= 1;
            difference = difference * 10 + self.digit(place) - other.digit(place);
            // The places to come change it by less than 3 of this place's unit.
            if difference > FAR + 3 {
                return FAR;
            }
            if difference < -FAR - 3 {
                return -FAR;
            }
        }
        difference
    }
}

const fn value(digit: u8) -> u8 {
    digit & 15
}

/// The part of `text` before the first of two marks, and the part behind it.
const fn cut(text: &[u8], mark: u8, or: u8) -> (&[u8], &[u8]) {
    let mut at = 0;
    while at < text.len() {
        if text[at] == mark || text[at] == or {
            let (before, rest) = text.split_at(at);
            return (before, rest.split_at(1).1);
        }
        at += 1;
    }
    (text, &[])
}

/// How many zeros stand in front.
const fn zeros(mut digits: &[u8]) -> usize {
    let mut count = 0;
    while let [b'0', rest @ ..] = digits {
        digits = rest;
        count += 1;
    }
    count
}

/// How many zeros stand behind.
const fn zeros_behind(mut digits: &[u8]) -> usize {
    let mut count = 0;
    while let [rest @ .., b'0'] = digits {
        digits = rest;
        count += 1;
    }
    count
}

impl<'a> Parts<'a> {
    const fn new(text: &'a [u8]) -> Self {
        let (negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let (mantissa, exponent) = cut(text, b'e', b'E');
        let (whole, fraction) = cut(mantissa, b'.', b'.');
        let exponent = match exponent {
            [b'-', digits @ ..] => Exponent { negative: true, digits },
            [b'+', digits @ ..] | digits => Exponent { negative: false, digits },
        };
        let all = whole.len() + fraction.len();
        let mut zeros = zeros(whole);
        if zeros == whole.len() {
            zeros += self::zeros(fraction);
        }
        let mut behind = zeros_behind(fraction);
        if behind == fraction.len() {
            behind += zeros_behind(whole);
        }
        // Zero is all zeros, counted twice.
        let count = all.saturating_sub(zeros + behind);
        let negative = negative && count > 0;
        Self { negative, whole, fraction, zeros, count, exponent }
    }

    /// The significant digit at this place, from the highest; 0 behind the last.
    const fn digit(&self, place: usize) -> u8 {
        let at = self.zeros + place;
        let (digits, at) = match at.checked_sub(self.whole.len()) {
            None => (self.whole, at),
            Some(at) => (self.fraction, at),
        };
        if at < digits.len() { value(digits[at]) } else { 0 }
    }

    /// The significant digits, as numbers from 0 to 9, the highest first.
    fn digits(&self) -> impl Iterator<Item = u8> {
        self.whole
            .iter()
            .chain(self.fraction)
            .skip(self.zeros)
            .take(self.count)
            .map(|digit| value(*digit))
    }

    /// What is to be added to the exponent as written for 0.d₁d₂…dₖ.
    const fn shift(&self) -> i128 {
        self.whole.len() as i128 - self.zeros as i128
    }

    /// What is to be added to the exponent as written for d₁d₂…dₖ without a point.
    const fn whole_shift(&self) -> i128 {
        self.shift() - self.count as i128
    }

    fn sign(&self) -> i8 {
        match (self.count, self.negative) {
            (0, _) => 0,
            (_, true) => -1,
            (_, false) => 1,
        }
    }
}

/// The mathematical order of `a` and `b`; `Equal` for `1`, `1.0` and `10e-1`, and for `0` and `-0`.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Parts::new(a.as_bytes()), Parts::new(b.as_bytes()));
    let signs = a.sign().cmp(&b.sign());
    if signs.is_ne() || a.count == 0 {
        return signs;
    }
    let points = a.exponent.minus(b.exponent) + a.shift() - b.shift();
    // Without zeros behind, digits compare as texts do.
    let sizes = points.cmp(&0).then_with(|| a.digits().cmp(b.digits()));
    if a.negative { sizes.reverse() } else { sizes }
}

/// Whether `a` has no fraction: `1.0`, `1e3` and `10e-1` have none.
pub(crate) fn is_integer(a: &str) -> bool {
    // Most are written so.
    if a.bytes().all(|byte| byte.is_ascii_digit()) {
        return true;
    }
    let a = Parts::new(a.as_bytes());
    a.count == 0 || a.exponent.minus(Exponent::ZERO) + a.whole_shift() >= 0
}

/// The sign, the digits up to what is none, and what is behind them; `None` of more than 18 digits.
#[inline]
const fn short(number: &[u8]) -> Option<(bool, i64, &[u8])> {
    let (negative, mut rest) = match number {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let (mut whole, mut count) = (0_i64, 0);
    while let [digit @ b'0'..=b'9', behind @ ..] = rest {
        if count == 18 {
            return None;
        }
        whole = whole * 10 + (*digit - b'0') as i64;
        count += 1;
        rest = behind;
    }
    Some((negative, whole, rest))
}

/// An integer that is written in a plain way, with at most 18 digits.
pub(crate) const fn integer(number: &[u8]) -> Option<i64> {
    match short(number) {
        Some((negative, whole, [])) => Some(if negative { -whole } else { whole }),
        _ => None,
    }
}

/// A count: an integer from 0, however it is written. As large as it can be if it is larger.
pub(crate) const fn count(number: &[u8]) -> Option<u32> {
    let parts = Parts::new(number);
    if parts.count == 0 {
        return Some(0);
    }
    let places = parts.exponent.minus(Exponent::ZERO) + parts.whole_shift();
    if parts.negative || places < 0 {
        return None;
    }
    // The first digit is not 0: eleven places are enough.
    let (mut value, mut place) = (0_u64, 0);
    while place < parts.count as i128 + places && value < u32::MAX as u64 {
        value = value * 10 + parts.digit(place as usize) as u64;
        place += 1;
    }
    Some(if value < u32::MAX as u64 { value as u32 } else { u32::MAX })
}

/// Whether a number can be the `b` of [`is_multiple_of`], and is above 0.
pub(crate) const fn is_divisor(number: &[u8]) -> bool {
    let parts = Parts::new(number);
    !parts.negative && parts.count > 0 && parts.count <= DIVISOR_DIGITS
}

/// [`compare`] with an integer, of a number that is written with at most 18 digits before the point and without an exponent;
/// `None` of others.
pub(crate) fn compare_short(a: &str, b: i64) -> Option<Ordering> {
    let (negative, whole, rest) = short(a.as_bytes())?;
    let fraction = match rest {
        [] => false,
        [b'.', fraction @ ..] if fraction.iter().all(u8::is_ascii_digit) => {
            fraction.iter().any(|digit| *digit != b'0')
        }
        _ => return None,
    };
    // The digits behind the point make it greater in size only.
    let (whole, further) =
        if negative { (-whole, Ordering::Less) } else { (whole, Ordering::Greater) };
    Some(whole.cmp(&b).then(if fraction { further } else { Ordering::Equal }))
}

/// The most significant digits that the `b` of [`is_multiple_of`] may have.
pub(crate) const DIVISOR_DIGITS: usize = 19;

/// Whether `a` is an integer times `b`, exactly. Signs do not matter.
///
/// `None` depends on `b` alone: if it is 0, or has more than [`DIVISOR_DIGITS`] digits from the first to the last that is
/// not 0. [`is_divisor`] says so beforehand.
pub(crate) fn is_multiple_of(a: &str, b: &str) -> Option<bool> {
    let (a, b) = (Parts::new(a.as_bytes()), Parts::new(b.as_bytes()));
    if b.count == 0 || b.count > DIVISOR_DIGITS {
        return None;
    }
    // 19 digits fit.
    let divisor = b.digits().fold(0_u64, |sum, digit| sum * 10 + u64::from(digit));
    if divisor == 0 {
        return None;
    }
    let places = a.exponent.minus(b.exponent) + a.whole_shift() - b.whole_shift();
    if a.count == 0 {
        return Some(true);
    }
    if places < 0 {
        // The digits of `a` would have to be a multiple of 10, which they are not.
        return Some(false);
    }
    // 10^64 takes every factor 2 and 5 out of a divisor of 64 bits; more places change nothing.
    let places = usize::try_from(places).map_or(64, |places| places.min(64));
    let digits = a.digits().chain(core::iter::repeat_n(0, places));
    let rest = digits.fold(0_u64, |rest, digit| {
        let next = rest.checked_mul(10).and_then(|next| next.checked_add(digit.into()));
        match next {
            Some(next) => next % divisor,
            // The rest is less than the divisor: it fits.
            None => ((u128::from(rest) * 10 + u128::from(digit)) % u128::from(divisor)) as u64,
        }
    });
    Some(rest == 0)
}

/// Feeds `hasher` with what numbers that [`compare`] as equal have in common.
pub(crate) fn hash(a: &str, hasher: &mut impl Hasher) {
    /// A prime: the exponent is hashed modulo this, so that it may have any length.
    const MODULUS: i128 = (1 << 61) - 1;
    let a = Parts::new(a.as_bytes());
    hasher.write_i8(a.sign());
    if a.count == 0 {
        return;
    }
    let written = a
        .exponent
        .digits
        .iter()
        .fold(0_i128, |sum, digit| (sum * 10 + i128::from(value(*digit))) % MODULUS);
    let written = if a.exponent.negative { -written } else { written };
    hasher.write_i64((written + a.shift()).rem_euclid(MODULUS) as i64);
    // Groups of 19 digits, whichever side of the point they are on: hashers may tell two writes from one.
    let mut digits = a.digits();
    for _ in 0..a.count.div_ceil(19) {
        let group = digits.by_ref().take(19);
        hasher.write_u64(group.fold(0, |sum, digit| sum * 10 + u64::from(digit)));
    }
    hasher.write_usize(a.count);
}

/// Appends `a` without an exponent and without zeros that do not count: `1e2` as `100`, `42.0` as `42`, `-0` as `0`.
///
/// `None` if it does not fit; `out` then holds a part of it.
pub(crate) fn plain<const N: usize>(a: &str, out: &mut heapless::String<N>) -> Option<()> {
    let a = Parts::new(a.as_bytes());
    if a.count == 0 {
        return out.push('0').ok();
    }
    // Both are far too long for `out` in any case where they are not exact.
    let point = a.exponent.minus(Exponent::ZERO) + a.shift();
    let zeros_before = usize::try_from(-point).unwrap_or(0);
    let zeros_behind = usize::try_from(point - a.count as i128).unwrap_or(0);
    if point.unsigned_abs() > N as u128 || a.count > N {
        return None;
    }
    if a.negative {
        out.push('-').ok()?;
    }
    if point <= 0 {
        out.push_str("0.").ok()?;
    }
    let zeros = |count| core::iter::repeat_n(0, count);
    let digits = zeros(zeros_before).chain(a.digits()).chain(zeros(zeros_behind));
    for (at, digit) in (0_i128..).zip(digits) {
        if point > 0 && at == point {
            out.push('.').ok()?;
        }
        out.push(char::from(b'0' | digit)).ok()?;
    }
    Some(())
}

/// `number` as the text of a JSON number, in `room`.
pub(crate) fn decimal(number: i64, room: &mut [u8; 20]) -> &str {
    let mut rest = number.unsigned_abs();
    let mut start = room.len();
    // At most 19 digits and a sign: the room is enough.
    for (at, byte) in room.iter_mut().enumerate().rev() {
        if rest == 0 && at < 19 {
            if number < 0 {
                *byte = b'-';
                start = at;
            }
            break;
        }
        *byte = b'0' | (rest % 10) as u8;
        rest /= 10;
        start = at;
    }
    room.get(start..).and_then(|text| core::str::from_utf8(text).ok()).unwrap_or("0")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::hash_map::DefaultHasher;
    use std::format;
    use std::string::{String, ToString};

    fn hash_of(a: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        hash(a, &mut hasher);
        hasher.finish()
    }

    #[track_caller]
    fn order(a: &str, expected: Ordering, b: &str) {
        assert_eq!(compare(a, b), expected, "{a} {b}");
        assert_eq!(compare(b, a), expected.reverse(), "{b} {a}");
        if expected.is_eq() {
            assert_eq!(hash_of(a), hash_of(b), "{a} {b}");
        }
    }

    #[test]
    fn equal_numbers_in_many_forms() {
        let one = ["1", "1.0", "10e-1", "0.1e1", "1e0", "1E+0", "1e-0", "0.001e3", "1000e-003"];
        for (a, b) in one.iter().flat_map(|a| one.iter().map(move |b| (a, b))) {
            order(a, Ordering::Equal, b);
            order(&format!("-{a}"), Ordering::Equal, &format!("-{b}"));
            order(&format!("-{a}"), Ordering::Less, b);
        }
        for zero in ["0", "-0", "0.0", "0e5", "-0.000e-99999999999999999999999999", "0E+0"] {
            order(zero, Ordering::Equal, "0");
            order(zero, Ordering::Less, "1e-999999999999999999999");
            order(zero, Ordering::Greater, "-1e-999999999999999999999");
        }
    }

    #[test]
    fn orders_beyond_floats() {
        use Ordering::{Equal, Greater, Less};
        order("9007199254740992", Less, "9007199254740993");
        order("18446744073709551600", Less, "18446744073709551615");
        order(
            "972783798187987123879878123.18878137",
            Less,
            "972783798187987123879878123.188781371",
        );
        order("-1.5", Less, "-1.25");
        order("1.5", Less, "10");
        order("12", Less, "12.000000000000000000000000000000000001");
        // Exponents as long as one likes, and mantissas that make up for them.
        order("1e999999999999999999999", Less, "1e1000000000000000000000");
        order("10e999999999999999999999", Equal, "1e1000000000000000000000");
        order("0.1e1000000000000000000000", Equal, "1e999999999999999999999");
        order("0.01e1000000000000000000000", Less, "1e999999999999999999999");
        order("1e-999999999999999999999", Greater, "1e-1000000000000000000000");
        order("1e-999999999999999999999", Equal, "10e-1000000000000000000000");
        order("-1e999999999999999999999", Greater, "-1e1000000000000000000000");
        order(
            "9e-1000000000000000000000000000000000",
            Less,
            "1e1000000000000000000000000000000000",
        );
        order("1e9223372036854775807", Less, "1e9223372036854775808");
        order(
            "1e170141183460469231731687303715884105727",
            Less,
            "1e170141183460469231731687303715884105728",
        );
        order("1e00000000000000000000000000000000000000000000000000000000002", Equal, "100");
        let nines = "9".repeat(1000);
        let next = format!("1{}", "0".repeat(1000));
        order(&format!("1e{nines}"), Less, &format!("1e{next}"));
        order(&format!("10e{nines}"), Equal, &format!("1e{next}"));
        order(&format!("1e-{nines}"), Equal, &format!("10e-{next}"));
        order(&format!("1e{nines}"), Greater, &format!("1e-{nines}"));
        // The difference starts within reach of a shift and leaves it.
        order(&format!("1e1{}", "0".repeat(60)), Greater, &format!("1e{}", "9".repeat(30)));
    }

    #[test]
    fn long_digits() {
        let long = "7".repeat(10_000);
        order(&long, Ordering::Equal, &format!("0.{long}e10000"));
        order(&format!("{long}.5"), Ordering::Greater, &long);
        order(&format!("{long}{}", "0".repeat(5000)), Ordering::Equal, &format!("{long}e5000"));
        assert!(is_integer(&format!("0.{long}e10000")));
        assert!(!is_integer(&format!("0.{long}e9999")));
        assert_eq!(is_multiple_of(&long, "7"), Some(true));
        assert_eq!(is_multiple_of(&long, "7e-20000"), Some(true));
        assert_eq!(is_multiple_of(&long, "14"), Some(false));
    }

    #[test]
    fn integers() {
        for yes in [
            "0",
            "-0.0",
            "0e-5",
            "1",
            "1.0",
            "1e3",
            "10e-1",
            "1.5e1",
            "-120e-1",
            "1e99999999999999999999999",
        ] {
            assert!(is_integer(yes), "{yes}");
        }
        for no in ["1.5", "15e-1", "0.1", "1e-1", "-1.25e1", "1e-99999999999999999999999", "1.5e-0"]
        {
            assert!(!is_integer(no), "{no}");
        }
    }

    #[test]
    fn multiples() {
        for (a, b) in [
            ("0", "7"),
            ("-0.0", "1e99"),
            ("14", "7"),
            ("-14", "7"),
            ("4.5", "1.5"),
            ("0.0075", "0.0001"),
            ("1e308", "0.5"),
            ("9007199254740993", "3"),
            ("3e-1", "0.1"),
            ("1e999999999999999999999", "1e-5"),
            ("1e999999999999999999999", "1024"),
            ("3e999999999999999999999", "3e999999999999999999998"),
            ("12345678910111213141516171819202122232425262728293031", "1"),
            ("9999999999999999999", "9999999999999999999"),
            ("99999999999999999980000000000000000001", "9999999999999999999"),
            ("1e63", "9223372036854775808"),
            ("1e5000", "9223372036854775808"),
        ] {
            assert_eq!(is_multiple_of(a, b), Some(true), "{a} {b}");
        }
        for (a, b) in [
            ("15", "7"),
            ("35", "1.5"),
            ("0.00751", "0.0001"),
            ("1e-99999999999999999999", "1"),
            ("1e999999999999999999999", "3"),
            ("9007199254740993", "2"),
            ("1", "10"),
            ("5e62", "9223372036854775808e20"),
            ("0.1", "1e999999999999999999999"),
            ("99999999999999999980000000000000000002", "9999999999999999999"),
            ("1e62", "9223372036854775808"),
        ] {
            assert_eq!(is_multiple_of(a, b), Some(false), "{a} {b}");
        }
        for divisor in
            ["0", "0.0", "12345678901234567891", "0.12345678901234567891", "10000000000000000001"]
        {
            assert_eq!(is_multiple_of("0", divisor), None, "{divisor}");
            assert_eq!(is_multiple_of("1.5", divisor), None, "{divisor}");
        }
        assert_eq!(is_multiple_of("3e40", "10000000000000000000000000000000000000000"), Some(true));
    }

    #[test]
    fn plain_texts() {
        for (a, expected) in [
            ("42", "42"),
            ("42.0", "42"),
            ("1e2", "100"),
            ("-1.50", "-1.5"),
            ("15e-1", "1.5"),
            ("5e-3", "0.005"),
            ("-0", "0"),
            ("0e9", "0"),
            ("0.1", "0.1"),
            ("12.5e1", "125"),
            ("12e17", "1200000000000000000"),
        ] {
            let mut out = heapless::String::<20>::new();
            assert_eq!(plain(a, &mut out), Some(()), "{a}");
            assert_eq!(out, expected);
            order(a, Ordering::Equal, &out);
        }
        for a in [
            "1e20",
            "-1e19",
            "1e-19",
            "1e99999999999999999999999",
            "1e-99999999999999999999999",
            "123456789012345678901",
        ] {
            let mut out = heapless::String::<20>::new();
            assert_eq!(plain(a, &mut out), None, "{a} {out}");
        }
    }

    #[test]
    fn decimals() {
        for number in [0, 1, -1, 9, 10, -10, 1_000_000, i64::MAX, i64::MIN, i64::MIN + 1] {
            assert_eq!(decimal(number, &mut [0; 20]), number.to_string());
        }
    }

    #[test]
    fn texts_out_of_grammar_do_not_panic() {
        let long = ["p".repeat(40), "o".repeat(40), "é".repeat(40)];
        let short = ["", "-", ".", "e", "-.e-", "1e", "1.2.3", "1e5e5", "é"];
        for text in short.into_iter().chain(long.iter().map(|text| text.as_str())) {
            assert_eq!(compare(text, text), Ordering::Equal, "{text}");
            assert_eq!(hash_of(text), hash_of(text), "{text}");
            assert_eq!(is_multiple_of(text, &long[0]), None, "{text}");
            assert!(is_integer(text) || is_multiple_of(text, "1") != Some(true), "{text}");
            let mut out = heapless::String::<8>::new();
            assert!(plain(text, &mut out).is_none() || !out.is_empty(), "{text}");
        }
    }

    /// `mantissa × 10^exponent` as a text, in one of many forms.
    fn text(mantissa: i64, exponent: i32, zeros: usize, point: usize) -> String {
        let mut digits =
            format!("{:0>point$}{}", mantissa.unsigned_abs(), "0".repeat(zeros), point = point + 1);
        digits.insert(digits.len() - point, '.');
        let digits = if point == 0 { digits.trim_end_matches('.') } else { &digits };
        let sign = if mantissa < 0 { "-" } else { "" };
        format!("{sign}{digits}e{}", exponent - zeros as i32 + point as i32)
    }

    /// The same number, times 10^12.
    fn scaled(mantissa: i64, exponent: i32) -> i128 {
        i128::from(mantissa) * 10_i128.pow((exponent + 12) as u32)
    }

    fn forms() -> impl Strategy<Value = (usize, usize)> {
        (0..6_usize, 0..30_usize)
    }

    fn numbers() -> impl Strategy<Value = (i64, i32)> {
        let mantissas = prop_oneof![-40..40_i64, -1_000_000_000..1_000_000_000_i64];
        (mantissas, -12..12)
    }

    proptest! {
        #[test]
        fn as_whole_numbers_do((a, ae) in numbers(), (b, be) in numbers(), fa in forms(), fb in forms()) {
            let (ta, tb) = (text(a, ae, fa.0, fa.1), text(b, be, fb.0, fb.1));
            let (a, b) = (scaled(a, ae), scaled(b, be));
            prop_assert_eq!(compare(&ta, &tb), a.cmp(&b), "{} {}", ta, tb);
            prop_assert_eq!(is_integer(&ta), a % 10_i128.pow(12) == 0, "{}", ta);
            let multiple = (b != 0).then(|| a % b == 0);
            prop_assert_eq!(is_multiple_of(&ta, &tb), multiple, "{} {}", ta, tb);
            if a == b {
                prop_assert_eq!(hash_of(&ta), hash_of(&tb));
            }
            let mut out = heapless::String::<64>::new();
            prop_assert_eq!(plain(&ta, &mut out), Some(()), "{}", ta);
            prop_assert_eq!(compare(&ta, &out), Ordering::Equal, "{} {}", ta, out);
        }

        #[test]
        fn forms_of_one_number((a, ae) in numbers(), f in forms(), g in forms()) {
            let (f, g) = (text(a, ae, f.0, f.1), text(a, ae, g.0, g.1));
            prop_assert_eq!(compare(&f, &g), Ordering::Equal, "{} {}", f, g);
            prop_assert_eq!(hash_of(&f), hash_of(&g), "{} {}", f, g);
        }

        #[test]
        fn products_are_multiples(a in 1..=u64::MAX, b in 1..10_000_000_000_000_000_000_u64, plus in 0..3_u128) {
            let product = u128::from(a) * u128::from(b);
            let Some(number) = product.checked_add(plus) else { return Ok(()) };
            let (number, divisor) = (number.to_string(), b.to_string());
            let expected = plus % u128::from(b) == 0;
            prop_assert_eq!(is_multiple_of(&number, &divisor), Some(expected), "{} {}", number, divisor);
        }

        #[test]
        fn decimal_is_display(number: i64) {
            let mut room = [0; 20];
            prop_assert_eq!(decimal(number, &mut room), number.to_string());
        }
    }

    #[test]
    fn counts() {
        for (text, value) in [
            ("0", Some(0)),
            ("-0.0", Some(0)),
            ("0e5", Some(0)),
            ("0.0e-5", Some(0)),
            ("20", Some(20)),
            ("20.00", Some(20)),
            ("2e1", Some(20)),
            ("2.5E+1", Some(25)),
            ("2000e-2", Some(20)),
            ("4294967296", Some(u32::MAX)),
            ("1e999999999999999999999", Some(u32::MAX)),
            ("123456789012345678901234567890", Some(u32::MAX)),
            ("-1", None),
            ("1.5", None),
            ("15e-1", None),
            ("1e-99999999999999999999999", None),
        ] {
            assert_eq!(count(text.as_bytes()), value, "{text}");
        }
    }

    #[test]
    fn plain_integers() {
        for (text, value) in [
            ("0", Some(0)),
            ("-12", Some(-12)),
            ("999999999999999999", Some(999_999_999_999_999_999)),
            ("1000000000000000000", None),
            ("1.0", None),
            ("1e1", None),
        ] {
            assert_eq!(integer(text.as_bytes()), value, "{text}");
        }
    }

    #[test]
    fn divisors() {
        for fit in ["1", "0.01", "1e-400", "1000000000000000000000", "0.0001234567890123456789"] {
            assert!(is_divisor(fit.as_bytes()), "{fit}");
        }
        for other in ["0", "-0.0", "-1", "12345678901234567891", "1.0000000000000000001"] {
            assert!(!is_divisor(other.as_bytes()), "{other}");
        }
    }
}
