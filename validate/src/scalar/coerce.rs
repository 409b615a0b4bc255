//! Scalars of another type than a schema asks for, made into what it asks for where that loses nothing.
//!
//! # Source
//! The rules are those of go-llms, `pkg/schema/validation/coercion.go` (c) and `coercion_advanced.go` (a), with the lines
//! given below. Go goes by way of `float64`, `int64` and `time.Time`; here numbers stay texts (see `number`) and every
//! result is checked to be of the format asked for. A format counts where a string is asked for only. `null` is never
//! coerced, nor arrays and objects, which are no scalars. A value that is right already stays as it is, except that
//! addresses and UUIDs get their canonical form as in Go.
//!
//! | from | to | rule | example | Go | where we differ, and why |
//! |---|---|---|---|---|---|
//! | string | number | `ParseFloat`: sign, digits, point, exponent | `"+.50"` → `0.50` | c157 | no `inf`, `nan`, hex and `_`: JSON has none. All digits are kept; out of the range of `float64` it is no, as in Go |
//! | string | integer | `ParseInt`: sign and digits, 64 bits | `"007"` → `7` | c133 | |
//! | string | boolean | `true`, `yes`, `1`, `false`, `no`, `0` in any case | `"Yes"` → `true` | c175 | |
//! | number | integer | if it has no fraction | `4.2e1` → `42` | c131 | `42.5` is no: Go cuts it to 42 without a word |
//! | number | boolean | 0 is false | `0.0` → `false` | c187 | |
//! | number | string | digits without an exponent | `1.50` → `"1.5"` | c111 | exact where Go rounds to `float64`; `-0` is `"0"` |
//! | boolean | number, integer | 1 or 0 | `true` → `1` | c138, c162 | |
//! | boolean | string | `true` or `false` | `true` → `"true"` | c117 | |
//! | string | `date-time` | the layouts of [`LAYOUTS`], first match | `"Jan 2, 2006"` → `"2006-01-02T00:00:00Z"` | a20, a59 | fractions of seconds stay; see zones below |
//! | string | `date` | the same, of which the date as written | `"01/02/2006"` → `"2006-01-02"` | a20, a59 | Go gives a `date` as date and time, which is not a `date` |
//! | number, string of digits | `date-time`, `date` | seconds since 1970 in UTC | `1683731400` → `"2023-05-10T15:10:00Z"` | a72, a77 | Go shows local time and cuts fractions. 4 or 8 digits are no: rather a year, or a date without hyphens. Nor are years behind 9999: rather milliseconds |
//! | string | `uuid` | `urn:uuid:…`, `{…}`, 32 digits | `"{F81D…"` → `"f81d…"` | a92 | the braces must be braces; Go drops any two characters |
//! | string | `email` | the address of `Name <address>` | `"Joe <a@b.c>"` → `"a@b.c"` | a108 | no comments; a quoted local part keeps its quotes, without which it is no address |
//! | string, number | `uri` | `http://` before it | `"a.b/c"` → `"http://a.b/c"` | a128 | nothing is escaped: it must be a URI then. What is one already stays, as `mailto:a@b.c` |
//! | string | `duration` | `1h30m`, `1:30:45`, `2 hours`, sums of whole seconds | `"1:30"` → `"PT1H30M"` | a159 | Go prints `1h30m0s`, which is no `duration`. No fractions and signs: the format has none. `2d` too |
//! | number | `duration` | milliseconds, whole seconds | `90000` → `"PT1M30S"` | a163 | as above |
//! | string | `ipv4`, `ipv6` | canonical; a mapped IPv4 address is one | `"::ffff:1.2.3.4"` → `"1.2.3.4"` | a258 | IPv4 is no IPv6 |
//! | any | another format | as without a format, if it then is of the format | | c88 | |
//!
//! `01/02/2006` is January 2nd: month before day is tried first, as in Go, and the other way round only where that is no
//! date. The name of a weekday must be one, but is not compared with the date, as in Go.
//!
//! Without a zone it is UTC. Of the abbreviations `UTC`, `GMT` and those of RFC 5322 §4.3 for North America count, with
//! their offsets. All others are no: Go takes any for UTC, hours off.
//!
//! # Shape and cost
//! Results have up to [`TEXT`] bytes, texts that must be seen in whole up to [`INPUT`]: about 250 bytes of stack. One pass over
//! the text, and for dates one per layout. No shared memory, no recursion.

use super::format::{Format, days_of_month};
use crate::json::number;
use core::fmt::{self, Write};
use core::net::IpAddr;

/// The most bytes that a result may have.
pub(crate) const TEXT: usize = 64;

/// The most bytes of a string, decoded, that is looked at.
pub(crate) const INPUT: usize = 128;

type Text = heapless::String<TEXT>;
type Input = heapless::String<INPUT>;

/// A scalar of a JSON text.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scalar<'a, I> {
    /// The decoded characters.
    String(I),
    /// The number as it is written.
    Number(&'a str),
    Boolean(bool),
    Null,
}

/// What a scalar is to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    String,
    Number,
    Integer,
    Boolean,
}

/// What a scalar became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Coerced {
    /// The text of a string, without quotes and escapes.
    String(Text),
    /// A number as JSON writes it.
    Number(Text),
    Boolean(bool),
}

impl Coerced {
    /// Writes it as JSON.
    pub(crate) fn write_json(&self, out: &mut impl Write) -> fmt::Result {
        let text = match self {
            Self::Boolean(value) => return out.write_str(boolean_text(*value)),
            Self::Number(text) => return out.write_str(text),
            Self::String(text) => text,
        };
        out.write_char('"')?;
        for c in text.chars() {
            match c {
                '"' | '\\' => write!(out, "\\{c}")?,
                '\0'..='\x1f' => write!(out, "\\u{:04x}", u32::from(c))?,
                _ => out.write_char(c)?,
            }
        }
        out.write_char('"')
    }
}

/// `from` as a value of the type `to`, and if that is a string, of `format`; `None` if no rule says how, or if the
/// result is longer than [`TEXT`].
pub(crate) fn coerce<I>(from: Scalar<'_, I>, to: Target, format: Option<Format>) -> Option<Coerced>
where
    I: Iterator<Item = char>,
{
    match to {
        Target::String => string(from, format).map(Coerced::String),
        Target::Number => number_of(from).map(Coerced::Number),
        Target::Integer => integer(from).map(Coerced::Number),
        Target::Boolean => boolean(from).map(Coerced::Boolean),
    }
}

fn boolean_text(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

fn bit(value: bool) -> Option<Text> {
    text(if value { "1" } else { "0" })
}

fn text(text: &str) -> Option<Text> {
    Text::try_from(text).ok()
}

fn collect(chars: impl Iterator<Item = char>) -> Option<Input> {
    let mut text = Input::new();
    for c in chars {
        text.push(c).ok()?;
    }
    Some(text)
}

fn boolean(from: Scalar<'_, impl Iterator<Item = char>>) -> Option<bool> {
    match from {
        Scalar::String(chars) => {
            let text = collect(chars)?;
            let any = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
            if any(["true", "yes", "1"]) {
                return Some(true);
            }
            any(["false", "no", "0"]).then_some(false)
        }
        Scalar::Number(lexeme) => Some(number::compare(lexeme, "0").is_ne()),
        Scalar::Boolean(value) => Some(value),
        Scalar::Null => None,
    }
}

fn integer(from: Scalar<'_, impl Iterator<Item = char>>) -> Option<Text> {
    match from {
        Scalar::String(chars) => {
            let number = collect(chars)?.parse().ok()?;
            text(number::decimal(number, &mut [0; 20]))
        }
        Scalar::Number(lexeme) if number::is_integer(lexeme) => {
            let mut out = Text::new();
            number::plain(lexeme, &mut out)?;
            Some(out)
        }
        Scalar::Boolean(value) => bit(value),
        Scalar::Number(_) | Scalar::Null => None,
    }
}

fn number_of(from: Scalar<'_, impl Iterator<Item = char>>) -> Option<Text> {
    match from {
        Scalar::String(chars) => float(&collect(chars)?),
        Scalar::Number(lexeme) => text(lexeme),
        Scalar::Boolean(value) => bit(value),
        Scalar::Null => None,
    }
}

/// What Go's `ParseFloat` takes for a decimal number, as JSON writes it.
fn float(text: &str) -> Option<Text> {
    /// The least number that rounds to more than the greatest `f64`, rounded down.
    const LIMIT: &str = "1.797693134862315807e308";
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let steps = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let some = !(whole.is_empty() && fraction.is_empty() || steps.is_empty());
    if !some || ![whole, fraction, steps].into_iter().all(all_digits) {
        return None;
    }
    let mut out = Text::new();
    let whole = whole.trim_start_matches('0');
    out.push_str(if whole.is_empty() { "0" } else { whole }).ok()?;
    if !fraction.is_empty() {
        out.push('.').ok()?;
        out.push_str(fraction).ok()?;
    }
    if exponent != "0" {
        out.push('e').ok()?;
        out.push_str(exponent).ok()?;
    }
    if number::compare(&out, LIMIT).is_ge() {
        return None;
    }
    if negative {
        out.insert(0, '-').ok()?;
    }
    Some(out)
}

fn string(from: Scalar<'_, impl Iterator<Item = char>>, format: Option<Format>) -> Option<Text> {
    let is_number = matches!(from, Scalar::Number(_));
    let is_boolean = matches!(from, Scalar::Boolean(_));
    let from = match from {
        Scalar::String(chars) => collect(chars)?,
        Scalar::Number(lexeme) => {
            let mut text = Input::new();
            number::plain(lexeme, &mut text)?;
            text
        }
        Scalar::Boolean(value) => Input::try_from(boolean_text(value)).ok()?,
        Scalar::Null => return None,
    };
    let Some(format) = format else { return text(&from) };
    let right = !is_number && format.matches(from.chars());
    let out = match format {
        Format::Ipv4 | Format::Ipv6 => address(&from, format),
        Format::Uuid if is_number => None,
        Format::Uuid => uuid(&from),
        _ if right => text(&from),
        Format::Date | Format::DateTime => date(&from, format, is_number),
        Format::Duration => duration(&from, is_number),
        Format::Email => email(&from),
        Format::Uri if is_boolean => None,
        Format::Uri => uri(&from),
        _ => text(&from),
    };
    out.filter(|text| format.matches(text.chars()))
}

fn address(from: &str, format: Format) -> Option<Text> {
    let mut address = from.parse().ok()?;
    if let (IpAddr::V6(v6), Format::Ipv4) = (address, format) {
        address = v6.to_ipv4_mapped()?.into();
    }
    let mut out = Text::new();
    write!(out, "{address}").ok()?;
    Some(out)
}

fn uuid(from: &str) -> Option<Text> {
    let in_braces = from.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let digits = match from.split_at_checked("urn:uuid:".len()) {
        Some((urn, rest)) if urn.eq_ignore_ascii_case("urn:uuid:") => rest,
        _ => in_braces.unwrap_or(from),
    };
    let bare = digits.len() == 32;
    let mut out = Text::new();
    for (at, c) in digits.char_indices() {
        if bare && [8, 12, 16, 20].contains(&at) {
            out.push('-').ok()?;
        }
        out.push(c.to_ascii_lowercase()).ok()?;
    }
    Some(out)
}

/// The address in `Name <address>`.
fn email(from: &str) -> Option<Text> {
    let Some(before) = from.trim().strip_suffix('>') else { return text(from.trim()) };
    let (name, address) = before.rsplit_once('<')?;
    let name = name.trim();
    let in_quotes = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let special = if in_quotes.is_some() { "\"\\" } else { "()<>[]:;@\\,\"" };
    let is_name = |c: char| !c.is_control() && !special.contains(c);
    if !in_quotes.unwrap_or(name).chars().all(is_name) {
        return None;
    }
    text(address.trim())
}

/// `from` behind `http://`, if there is a host then.
fn uri(from: &str) -> Option<Text> {
    let authority = from.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    if from.contains("://") || host.is_empty() || host.starts_with(':') {
        return None;
    }
    let mut out = text("http://")?;
    out.push_str(from).ok()?;
    Some(out)
}

fn duration(from: &str, is_number: bool) -> Option<Text> {
    let milliseconds = if is_number { count(from)? } else { milliseconds(from)? };
    if milliseconds % 1000 != 0 {
        return None;
    }
    let total = milliseconds / 1000;
    let (hours, minutes, seconds) = (total / 3600, total / 60 % 60, total % 60);
    let mut out = text("PT")?;
    if hours > 0 {
        write!(out, "{hours}H").ok()?;
    }
    // The format does not let the minutes out between hours and seconds.
    if minutes > 0 || hours > 0 && seconds > 0 {
        write!(out, "{minutes}M").ok()?;
    }
    if seconds > 0 || total == 0 {
        write!(out, "{seconds}S").ok()?;
    }
    Some(out)
}

/// Digits and nothing else.
fn count(text: &str) -> Option<u64> {
    // A sign would do for `parse`.
    if text.starts_with('+') { None } else { text.parse().ok() }
}

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

fn milliseconds(text: &str) -> Option<u64> {
    if text == "0" {
        return Some(0);
    }
    let mut sum = 0_u64;
    let mut add = |count: u64, unit: u64| {
        sum = sum.checked_add(count.checked_mul(unit)?)?;
        Some(())
    };
    if text.contains(':') {
        let mut parts = text.split(':');
        add(count(parts.next()?)?, HOUR)?;
        add(count(parts.next()?)?, MINUTE)?;
        if let Some(seconds) = parts.next() {
            add(count(seconds)?, SECOND)?;
        }
        return parts.next().is_none().then_some(sum);
    }
    if let Some((number, unit)) = text.split_once(' ') {
        let unit = match unit.strip_suffix('s').unwrap_or(unit) {
            "day" => DAY,
            "hour" => HOUR,
            "minute" => MINUTE,
            "second" => SECOND,
            _ => return None,
        };
        add(count(number)?, unit)?;
        return Some(sum);
    }
    let mut rest = text;
    loop {
        let (number, behind) = split(rest, |byte| byte.is_ascii_digit())?;
        let (unit, behind) = split(behind, |byte| byte.is_ascii_alphabetic())?;
        let unit = match unit {
            "d" => DAY,
            "h" => HOUR,
            "m" => MINUTE,
            "s" => SECOND,
            "ms" => 1,
            _ => return None,
        };
        add(count(number)?, unit)?;
        if behind.is_empty() {
            return Some(sum);
        }
        rest = behind;
    }
}

/// `text` before and behind where `like` first says no.
fn split(text: &str, like: impl Fn(u8) -> bool) -> Option<(&str, &str)> {
    text.split_at_checked(text.bytes().position(|byte| !like(byte)).unwrap_or(text.len()))
}

/// The layouts of Go's `dateFormats`, in its order, as `strftime` writes them: `%y` is 1969 to 2068, `%e` one or two digits,
/// `%_` the same behind one more space, `%S` may have a fraction, `%z` is `-0700`, `%Z` an abbreviation. `%:` is an
/// offset as in RFC 3339.
const LAYOUTS: [&str; 15] = [
    "%Y-%m-%dT%H:%M:%S%:",
    "%a, %d %b %Y %H:%M:%S %Z", // RFC 1123
    "%a, %d %b %Y %H:%M:%S %z",
    "%d %b %y %H:%M %Z", // RFC 822
    "%d %b %y %H:%M %z",
    "%a %b %_ %H:%M:%S %Y",    // C's asctime
    "%a %b %_ %H:%M:%S %Z %Y", // date(1)
    "%a %b %d %H:%M:%S %z %Y", // Ruby
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%b %e, %Y",
    "%B %e, %Y",
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Abbreviations with their offsets from UTC in hours.
const ZONES: [(&str, i32); 10] = [
    ("UTC", 0),
    ("GMT", 0),
    ("EST", -5),
    ("EDT", -4),
    ("CST", -6),
    ("CDT", -5),
    ("MST", -7),
    ("MDT", -6),
    ("PST", -8),
    ("PDT", -7),
];

/// A date and a time of day at an offset from UTC.
#[derive(Default)]
struct Moment<'a> {
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    /// The digits behind the point of the seconds.
    fraction: &'a str,
    /// In minutes.
    offset: i32,
}

fn date(from: &str, format: Format, is_number: bool) -> Option<Text> {
    let by_layout = || LAYOUTS.iter().find_map(|layout| Moment::read(from, layout));
    let written = if is_number { None } else { by_layout() };
    let moment = match written {
        Some(moment) => moment,
        None => Moment::since_1970(from)?,
    };
    let mut out = Text::new();
    moment.write(&mut out, format).ok()?;
    Some(out)
}

impl<'a> Moment<'a> {
    /// `text`, if it is written as `layout` says.
    fn read(text: &'a str, layout: &str) -> Option<Self> {
        let mut moment = Self::default();
        let mut rest = Unclaimed(text);
        let mut layout = layout.chars();
        while let Some(c) = layout.next() {
            match c {
                '%' => moment.read_field(layout.next()?, &mut rest)?,
                ' ' => rest.spaces()?,
                _ => rest.prefix(c)?,
            }
        }
        let days = 1..=days_of_month(moment.year, moment.month);
        let times = moment.hour < 24 && moment.minute < 60 && moment.second < 60;
        (rest.0.is_empty() && days.contains(&moment.day) && times).then_some(moment)
    }

    fn read_field(&mut self, field: char, rest: &mut Unclaimed<'a>) -> Option<()> {
        match field {
            'Y' => self.year = rest.number(4, 4)?,
            'y' => {
                let year = rest.number(2, 2)?;
                self.year = if year < 69 { 2000 + year } else { 1900 + year };
            }
            'm' => self.month = rest.number(2, 2)?,
            'b' => self.month = rest.one_of(MONTHS.map(|name| name.get(..3).unwrap_or(name)))?,
            'B' => self.month = rest.one_of(MONTHS)?,
            'a' => _ = rest.one_of(WEEKDAYS)?,
            'd' => self.day = rest.number(2, 2)?,
            'e' => self.day = rest.number(1, 2)?,
            '_' => {
                _ = rest.prefix(' ');
                self.day = rest.number(1, 2)?;
            }
            'H' => self.hour = rest.number(1, 2)?,
            'M' => self.minute = rest.number(2, 2)?,
            'S' => {
                self.second = rest.number(2, 2)?;
                self.fraction = rest.fraction();
            }
            'z' => self.offset = rest.offset(false)?,
            ':' if rest.prefix('Z').is_some() => {}
            ':' => self.offset = rest.offset(true)?,
            'Z' => {
                let number = rest.one_of(ZONES.map(|(name, _)| name))?;
                self.offset = ZONES.get(number as usize - 1)?.1 * 60;
            }
            _ => return None,
        }
        Some(())
    }

    /// `text` seconds after 1970-01-01T00:00:00Z, or before with a minus sign, in the years 0 to 9999.
    fn since_1970(text: &str) -> Option<Self> {
        let like_a_date = matches!(text.len(), 4 | 8) && count(text).is_some();
        let seconds: i64 = text.parse().ok().filter(|_| !like_a_date)?;
        let (mut day, time) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400) as u32);
        // From 0000-01-01, in eras of 400 years, which all have the same days.
        day = day.checked_add(719_528)?;
        if !(0..3_652_425).contains(&day) {
            return None;
        }
        let (era, mut day) = ((day / 146_097) as u32, (day % 146_097) as u32);
        let (mut year, mut month) = (era * 400, 1);
        loop {
            let days = 337 + days_of_month(year, 2);
            if day < days {
                break;
            }
            day -= days;
            year += 1;
        }
        while day >= days_of_month(year, month) {
            day -= days_of_month(year, month);
            month += 1;
        }
        let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
        Some(Self { year, month, day: day + 1, hour, minute, second, ..Self::default() })
    }

    fn write(&self, out: &mut Text, format: Format) -> fmt::Result {
        write!(out, "{:04}-{:02}-{:02}", self.year, self.month, self.day)?;
        if format == Format::Date {
            return Ok(());
        }
        write!(out, "T{:02}:{:02}:{:02}", self.hour, self.minute, self.second)?;
        if !self.fraction.is_empty() {
            write!(out, ".{}", self.fraction)?;
        }
        if self.offset == 0 {
            return out.write_char('Z');
        }
        let (sign, offset) = (if self.offset < 0 { '-' } else { '+' }, self.offset.unsigned_abs());
        write!(out, "{sign}{:02}:{:02}", offset / 60, offset % 60)
    }
}

/// What is left of a text that is read from the front.
struct Unclaimed<'a>(&'a str);

impl<'a> Unclaimed<'a> {
    fn prefix(&mut self, c: char) -> Option<()> {
        self.0 = self.0.strip_prefix(c)?;
        Some(())
    }

    /// At least one.
    fn spaces(&mut self) -> Option<()> {
        self.prefix(' ')?;
        self.0 = self.0.trim_start_matches(' ');
        Some(())
    }

    /// A number of `min` to `max` digits: as many as there are.
    fn number(&mut self, min: usize, max: usize) -> Option<u32> {
        let digits = self.0.bytes().take(max).take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        if digits < min { None } else { number.parse().ok() }
    }

    /// Which of `names` it is, from 1, in capitals or not.
    fn one_of<const N: usize>(&mut self, names: [&str; N]) -> Option<u32> {
        for (name, number) in names.iter().zip(1..) {
            if let Some((start, rest)) = self.0.split_at_checked(name.len()) {
                if start.eq_ignore_ascii_case(name) {
                    self.0 = rest;
                    return Some(number);
                }
            }
        }
        None
    }

    /// Digits behind a point or a comma, if there are any.
    fn fraction(&mut self) -> &'a str {
        let behind = self.0.strip_prefix(['.', ',']);
        match behind.and_then(|text| split(text, |byte| byte.is_ascii_digit())) {
            Some((digits, rest)) if !digits.is_empty() => {
                self.0 = rest;
                digits
            }
            _ => "",
        }
    }

    /// An offset from UTC in minutes, with a colon or without.
    fn offset(&mut self, colon: bool) -> Option<i32> {
        let sign = if self.prefix('-').is_some() { -1 } else { 1 };
        if sign > 0 {
            self.prefix('+')?;
        }
        let hours = self.number(2, 2).filter(|hours| *hours < 24)?;
        if colon {
            self.prefix(':')?;
        }
        let minutes = self.number(2, 2).filter(|minutes| *minutes < 60)?;
        Some(sign * (hours * 60 + minutes) as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    type Chars = std::str::Chars<'static>;

    fn json(coerced: Option<Coerced>) -> String {
        let mut out = String::new();
        match coerced {
            Some(coerced) => coerced.write_json(&mut out).unwrap(),
            None => out.push_str("no"),
        }
        out
    }

    /// Each line is a scalar, `->`, and what becomes of it, or `no`. Strings are in quotes and have no escapes.
    #[track_caller]
    fn becomes(to: Target, format: Option<Format>, cases: &str) {
        let cases: Vec<_> = cases.lines().filter(|line| !line.trim().is_empty()).collect();
        assert!(!cases.is_empty());
        for case in cases {
            let (from, expected) = case.trim().split_once(" -> ").unwrap();
            let scalar = match from {
                "null" => Scalar::Null,
                "true" | "false" => Scalar::Boolean(from == "true"),
                _ if from.starts_with('"') => Scalar::String(from[1..from.len() - 1].chars()),
                _ => Scalar::Number(from),
            };
            assert_eq!(json(coerce(scalar, to, format)), expected, "{from} to {to:?} {format:?}");
        }
    }

    #[test]
    fn to_string() {
        becomes(
            Target::String,
            None,
            r#"
            42.0 -> "42"
            42 -> "42"
            1.50 -> "1.5"
            -2.5e-3 -> "-0.0025"
            1e21 -> "1000000000000000000000"
            9007199254740993 -> "9007199254740993"
            -0 -> "0"
            1e100 -> no
            true -> "true"
            false -> "false"
            "already a string" -> "already a string"
            null -> no
            "#,
        );
    }

    #[test]
    fn to_number() {
        becomes(
            Target::Number,
            None,
            r#"
            "42.5" -> 42.5
            "42" -> 42
            "+.50" -> 0.50
            "-5." -> -5
            "-007e+3" -> -7e+3
            "1E5" -> 1e5
            "0" -> 0
            "00.0" -> 0.0
            "-0" -> -0
            "1e308" -> 1e308
            "1.797693134862315708e308" -> 1.797693134862315708e308
            "1e309" -> no
            "-1e309" -> no
            "1e99999999999999999999" -> no
            "1e-99999999999999999999" -> 1e-99999999999999999999
            "0e999" -> 0e999
            "not-a-number" -> no
            "" -> no
            "." -> no
            "-" -> no
            "1e" -> no
            "1e+" -> no
            "e5" -> no
            "1.2.3" -> no
            "1e5e5" -> no
            "--1" -> no
            "+-1" -> no
            " 1" -> no
            "1 " -> no
            "1_000" -> no
            "0x10" -> no
            "inf" -> no
            "NaN" -> no
            "१" -> no
            12.50 -> 12.50
            true -> 1
            false -> 0
            null -> no
            "#,
        );
    }

    #[test]
    fn to_integer() {
        becomes(
            Target::Integer,
            None,
            r#"
            "42" -> 42
            "+5" -> 5
            "-007" -> -7
            "-0" -> 0
            "9223372036854775807" -> 9223372036854775807
            "-9223372036854775808" -> -9223372036854775808
            "9223372036854775808" -> no
            "42.0" -> no
            "1e3" -> no
            "not-an-integer" -> no
            "" -> no
            "+" -> no
            " 1" -> no
            42 -> 42
            42.0 -> 42
            1e3 -> 1000
            -10e-1 -> -1
            18446744073709551616 -> 18446744073709551616
            42.5 -> no
            15e-1 -> no
            1e100 -> no
            true -> 1
            false -> 0
            null -> no
            "#,
        );
    }

    #[test]
    fn to_boolean() {
        becomes(
            Target::Boolean,
            None,
            r#"
            "true" -> true
            "YES" -> true
            "1" -> true
            "False" -> false
            "no" -> false
            "0" -> false
            "not-a-boolean" -> no
            "2" -> no
            "" -> no
            " true" -> no
            1.0 -> true
            1e-9999999999999999999999 -> true
            -3 -> true
            0.0 -> false
            -0e5 -> false
            true -> true
            false -> false
            null -> no
            "#,
        );
    }

    #[test]
    fn to_date_time() {
        becomes(
            Target::String,
            Some(Format::DateTime),
            r#"
            "2023-05-10" -> "2023-05-10T00:00:00Z"
            "2023-05-10T14:30:00Z" -> "2023-05-10T14:30:00Z"
            "2023-05-10t14:30:00.25z" -> "2023-05-10t14:30:00.25z"
            "2016-12-31T23:59:60Z" -> "2016-12-31T23:59:60Z"
            "Wed, 10 May 2023 14:30:00 GMT" -> "2023-05-10T14:30:00Z"
            "wed, 10 MAY 2023 14:30:00 PST" -> "2023-05-10T14:30:00-08:00"
            "Wed, 10 May 2023 14:30:00 CET" -> no
            "Wed, 10 May 2023 14:30:00 +0530" -> "2023-05-10T14:30:00+05:30"
            "Sun, 10 May 2023 14:30:00 -0000" -> "2023-05-10T14:30:00Z"
            "Xyz, 10 May 2023 14:30:00 GMT" -> no
            "10 May 23 14:30 UTC" -> "2023-05-10T14:30:00Z"
            "10 May 69 14:30 EDT" -> "1969-05-10T14:30:00-04:00"
            "10 May 68 14:30 -0700" -> "2068-05-10T14:30:00-07:00"
            "Wed May 10 14:30:00 2023" -> "2023-05-10T14:30:00Z"
            "Wed May  1 14:30:00 2023" -> "2023-05-01T14:30:00Z"
            "Wed May 10 14:30:00 UTC 2023" -> "2023-05-10T14:30:00Z"
            "Wed May 10 14:30:00 -0700 2023" -> "2023-05-10T14:30:00-07:00"
            "2023-05-10T14:30:00" -> "2023-05-10T14:30:00Z"
            "2023-05-10 14:30:00" -> "2023-05-10T14:30:00Z"
            "2023-05-10 9:30:00,125" -> "2023-05-10T09:30:00.125Z"
            "2023-05-10 14:30" -> no
            "2023-05-10 24:00:00" -> no
            "2023-05-10 14:60:00" -> no
            "2023-05-10 14:30:60" -> no
            "2023-05-10 14:30:00." -> no
            "2023-02-29" -> no
            "01/02/2006" -> "2006-01-02T00:00:00Z"
            "31/12/2006" -> "2006-12-31T00:00:00Z"
            "31/02/2006" -> no
            "1/2/2006" -> no
            "Jan 2, 2006" -> "2006-01-02T00:00:00Z"
            "January 12, 2006" -> "2006-01-12T00:00:00Z"
            "may 1, 2006" -> "2006-05-01T00:00:00Z"
            "Janu 2, 2006" -> no
            "January 123, 2006" -> no
            "2023-05-10 " -> no
            "not a date" -> no
            "" -> no
            "1683731400" -> "2023-05-10T15:10:00Z"
            1683731400 -> "2023-05-10T15:10:00Z"
            1.6837314e9 -> "2023-05-10T15:10:00Z"
            0 -> "1970-01-01T00:00:00Z"
            -1 -> "1969-12-31T23:59:59Z"
            951782400 -> "2000-02-29T00:00:00Z"
            -62167219200 -> "0000-01-01T00:00:00Z"
            -62167219201 -> no
            253402300799 -> "9999-12-31T23:59:59Z"
            253402300800 -> no
            1683731400000 -> no
            1683731400.5 -> no
            "20230510" -> no
            2023 -> no
            9223372036854775807 -> no
            true -> no
            null -> no
            "#,
        );
    }

    #[test]
    fn to_date() {
        becomes(
            Target::String,
            Some(Format::Date),
            r#"
            "2023-05-10" -> "2023-05-10"
            "2023-05-10T23:30:00-08:00" -> "2023-05-10"
            "2023-05-10 14:30:00" -> "2023-05-10"
            "May 1, 2006" -> "2006-05-01"
            "Wed, 10 May 2023 14:30:00 GMT" -> "2023-05-10"
            1683731400 -> "2023-05-10"
            "not a date" -> no
            false -> no
            "#,
        );
    }

    #[test]
    fn to_uuid() {
        becomes(
            Target::String,
            Some(Format::Uuid),
            r#"
            "f47ac10b-58cc-0372-8567-0e02b2c3d479" -> "f47ac10b-58cc-0372-8567-0e02b2c3d479"
            "F47AC10B-58CC-0372-8567-0E02B2C3D479" -> "f47ac10b-58cc-0372-8567-0e02b2c3d479"
            "URN:uuid:f47ac10b-58cc-0372-8567-0e02b2c3d479" -> "f47ac10b-58cc-0372-8567-0e02b2c3d479"
            "{f47ac10b-58cc-0372-8567-0e02b2c3d479}" -> "f47ac10b-58cc-0372-8567-0e02b2c3d479"
            "f47ac10b58cc037285670e02b2c3d479" -> "f47ac10b-58cc-0372-8567-0e02b2c3d479"
            "xf47ac10b-58cc-0372-8567-0e02b2c3d479x" -> no
            "{f47ac10b-58cc-0372-8567-0e02b2c3d479" -> no
            "f47ac10b-58cc-0372-8567-0e02b2c3d47g" -> no
            "éééééééééééééééé" -> no
            "not-a-uuid" -> no
            123 -> no
            12345678901234567890123456789012 -> no
            "#,
        );
    }

    #[test]
    fn to_email() {
        becomes(
            Target::String,
            Some(Format::Email),
            r#"
            "test@example.com" -> "test@example.com"
            " test@example.com " -> "test@example.com"
            "John Doe <john.doe@example.com>" -> "john.doe@example.com"
            "<a@b.c>" -> "a@b.c"
            "Jürgen D. < a@b.c >" -> "a@b.c"
            ""Doe, John" <a@b.c>" -> "a@b.c"
            ""J" Doe" <a@b.c>" -> no
            ""joe doe"@b.c" -> "\"joe doe\"@b.c"
            "Doe, John <a@b.c>" -> no
            "a@b.c <a@b.c>" -> no
            "John <a@b.c" -> no
            "John a@b.c>" -> no
            "a@b.c (John)" -> no
            "not-an-email" -> no
            123 -> no
            "#,
        );
    }

    #[test]
    fn to_uri() {
        becomes(
            Target::String,
            Some(Format::Uri),
            r#"
            "https://example.com" -> "https://example.com"
            "example.com" -> "http://example.com"
            "example.com/path?query=value#x" -> "http://example.com/path?query=value#x"
            "https://example.com/path?query=value" -> "https://example.com/path?query=value"
            "mailto:a@b.c" -> "mailto:a@b.c"
            "127.0.0.1:80/x" -> "http://127.0.0.1:80/x"
            "user@example.com" -> "http://user@example.com"
            "not a url" -> no
            "http://a b" -> no
            "/path" -> no
            "//example.com" -> no
            ":80" -> no
            "user@" -> no
            "?a" -> no
            "" -> no
            123 -> "http://123"
            true -> no
            "#,
        );
        let host = "a".repeat(57);
        let long = coerce(Scalar::String(host.chars()), Target::String, Some(Format::Uri));
        assert_eq!(json(long), format!("\"http://{host}\""));
        let longer = host.chars().chain(['a']);
        assert_eq!(coerce(Scalar::String(longer), Target::String, Some(Format::Uri)), None);
    }

    #[test]
    fn to_duration() {
        becomes(
            Target::String,
            Some(Format::Duration),
            r#"
            "1h30m" -> "PT1H30M"
            "2h" -> "PT2H"
            "45m" -> "PT45M"
            "30s" -> "PT30S"
            "1h5s" -> "PT1H0M5S"
            "90s500ms500ms" -> "PT1M31S"
            "2d3h" -> "PT51H"
            "1:30" -> "PT1H30M"
            "1:30:45" -> "PT1H30M45S"
            "2 hours" -> "PT2H"
            "45 minutes" -> "PT45M"
            "1 day" -> "PT24H"
            "1 second" -> "PT1S"
            "0" -> "PT0S"
            "P1Y" -> "P1Y"
            90000 -> "PT1M30S"
            0 -> "PT0S"
            1500 -> no
            -1000 -> no
            1.5 -> no
            "1.5h" -> no
            "-1h" -> no
            "+1h" -> no
            "1:30:45:1" -> no
            "1:" -> no
            "1:+3" -> no
            "1h:3" -> no
            "5" -> no
            "h" -> no
            "1x" -> no
            "1h " -> no
            "2  hours" -> no
            "2 fortnights" -> no
            "99999999999999999999h" -> no
            "9999999999999999999h" -> no
            "not a duration" -> no
            "" -> no
            true -> no
            "#,
        );
    }

    #[test]
    fn to_addresses() {
        becomes(
            Target::String,
            Some(Format::Ipv4),
            r#"
            "192.168.1.1" -> "192.168.1.1"
            "::ffff:192.168.1.1" -> "192.168.1.1"
            "::1" -> no
            "192.168.01.1" -> no
            "not an ip" -> no
            123 -> no
            "#,
        );
        becomes(
            Target::String,
            Some(Format::Ipv6),
            r#"
            "2001:0db8:85a3:0000:0000:8A2E:0370:7334" -> "2001:db8:85a3::8a2e:370:7334"
            "192.168.1.1" -> no
            "fe80::1%eth0" -> no
            "not an ip" -> no
            "#,
        );
    }

    #[test]
    fn to_other_formats() {
        becomes(
            Target::String,
            Some(Format::Hostname),
            r#"
            "example.com" -> "example.com"
            12 -> "12"
            1.5 -> "1.5"
            -1 -> no
            true -> "true"
            "a_b" -> no
            null -> no
            "#,
        );
        becomes(Target::String, Some(Format::Time), "12 -> no");
        // A format is for strings.
        becomes(Target::Integer, Some(Format::Uuid), r#""12" -> 12"#);
    }

    #[test]
    fn json_is_escaped() {
        let text = Scalar::String("\"\\\u{1}\n\u{e9}".chars());
        assert_eq!(json(coerce(text, Target::String, None)), r#""\"\\\u0001\u000aé""#);
    }

    #[test]
    fn too_long_is_no() {
        for (length, fits) in [(TEXT, true), (TEXT + 1, false), (INPUT + 1, false)] {
            let text = "1".repeat(length);
            for to in [Target::String, Target::Number] {
                assert_eq!(coerce(Scalar::String(text.chars()), to, None).is_some(), fits);
            }
            for to in [Target::String, Target::Number, Target::Integer] {
                assert_eq!(coerce::<Chars>(Scalar::Number(&text), to, None).is_some(), fits);
            }
            let boolean = coerce::<Chars>(Scalar::Number(&text), Target::Boolean, None);
            assert_eq!(boolean, Some(Coerced::Boolean(true)));
        }
    }

    proptest! {
        /// What comes out is JSON of the type and format asked for.
        #[test]
        fn results_are_what_was_asked_for(text in "[-+0-9eE.:/TZPhms@<>a ]{0,30}|\\PC{0,40}") {
            let formats = [
                Format::Date, Format::DateTime, Format::Duration, Format::Email, Format::Uri, Format::Uuid,
                Format::Ipv4, Format::Ipv6, Format::Hostname,
            ];
            for format in formats {
                let coerced = coerce(Scalar::String(text.chars()), Target::String, Some(format));
                if let Some(coerced) = coerced {
                    let json: String = serde_json::from_str(&json(Some(coerced))).unwrap();
                    prop_assert!(format.matches(json.chars()), "{:?} {:?} {:?}", format, text, json);
                }
            }
            for to in [Target::Number, Target::Integer] {
                if let Some(coerced) = coerce(Scalar::String(text.chars()), to, None) {
                    let json: Result<serde_json::Number, _> = serde_json::from_str(&json(Some(coerced)));
                    prop_assert!(json.is_ok(), "{:?}", text);
                }
            }
        }

        #[test]
        fn numbers_of_texts_are_what_they_parse_to(number: f64) {
            let (text, plain) = (format!("{number:e}"), format!("{number}"));
            prop_assume!(number.is_finite());
            for text in [text, plain].iter().filter(|text| text.len() <= TEXT) {
                let json = json(coerce(Scalar::String(text.chars()), Target::Number, None));
                prop_assert_eq!(json.parse::<f64>().unwrap(), number);
            }
        }

        /// Days go up by one, as the dates that are made of them do.
        #[test]
        fn days_follow_each_other(day in -719_528..2_932_896_i64) {
            let date = |day: i64| {
                let seconds = format!("{}", day * 86_400);
                json(coerce::<Chars>(Scalar::Number(&seconds), Target::String, Some(Format::Date)))
            };
            // 8 digits are rather a date.
            prop_assume!(!(115..=1157).contains(&day));
            let (date, next) = (date(day), date(day + 1));
            let number = |from: usize, to: usize| date[from..to].parse::<u32>().unwrap();
            let (year, month, day) = (number(1, 5), number(6, 8), number(9, 11));
            let follows = if day < days_of_month(year, month) {
                (year, month, day + 1)
            } else if month < 12 {
                (year, month + 1, 1)
            } else {
                (year + 1, 1, 1)
            };
            prop_assert_eq!(next, format!("\"{:04}-{:02}-{:02}\"", follows.0, follows.1, follows.2));
        }
    }
}
