//! The `format` keyword: which strings are a date, an address, and so on.
//!
//! Every check is the grammar of the standard that JSON Schema names, read from left to right. The text comes as
//! characters, because a JSON string is decoded on the way; only what `core::net` parses is collected, and that is bounded.
//!
//! # Sources
//! | format | grammar |
//! |---|---|
//! | `date-time`, `date`, `time` | RFC 3339 §5.6: `date-time`, `full-date`, `full-time`, with §5.7's days of a month and leap seconds |
//! | `duration` | RFC 3339 appendix A, in capitals |
//! | `email` | RFC 5321 §4.1.2: `Mailbox`, with the lengths of §4.5.3.1 |
//! | `hostname` | RFC 1123 §2.1, with the lengths of RFC 1034 §3.1; what an `xn--` label decodes to is not looked at |
//! | `ipv4`, `ipv6` | RFC 2673 §3.2 and RFC 4291 §2.2, as `core::net` reads them; no zone, no mask |
//! | `uri`, `uri-reference` | RFC 3986 appendix A: `URI`, `URI-reference` |
//! | `uuid` | RFC 4122 §3, any version and variant |
//! | `json-pointer` | RFC 6901 §3 |
//! | `relative-json-pointer` | draft-handrews-relative-json-pointer-01 §3 |
//! | `regex` | ECMA-262 §22.2.1, with what annex B.1.2 allows for braces, brackets and escapes of chars that are no letters |
//! | `int32`, `int64`, `float`, `double`, `byte`, `url` | OpenAPI 3.0 §4.4, RFC 4648 §4, RFC 3986 |

use crate::json::number;
use core::iter::Peekable;
use core::net::{Ipv4Addr, Ipv6Addr};

/// A format that strings can be checked for.
///
/// All other names that JSON Schema has for formats are annotations here, as its vocabulary allows: they check nothing.
///
/// # Context
/// Plain data; every method may be called anywhere.
///
/// # Examples
/// ```
/// use forebay_validate::Format;
///
/// const FORMAT: Option<Format> = Format::from_name("date");
/// assert_eq!(FORMAT, Some(Format::Date));
/// assert!(Format::Date.matches("2024-02-29".chars()));
/// assert!(!Format::Date.matches("2023-02-29".chars()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Format {
    /// `1985-04-12T23:20:50.52Z`, with an offset from UTC. A second 60 only where UTC has 23:59:60.
    DateTime,
    /// `1985-04-12`, a day that there is.
    Date,
    /// `23:20:50.52Z`, with an offset from UTC. A second 60 only where UTC has 23:59:60.
    Time,
    /// `P4DT12H30M5S`, without fractions; no unit between the first and the last may be left out: `PT1H0M5S`.
    ///
    /// In capitals: RFC 3339 would allow small letters, ISO 8601 and other readers do not.
    Duration,
    /// `joe@example.com`, `"joe doe"@[127.0.0.1]`: ASCII, up to 64 bytes before the `@`, 253 behind it.
    Email,
    /// `www.example.com`: labels of up to 63 letters, digits and inner hyphens, 253 in all; no dot at the end.
    Hostname,
    /// `192.168.0.1`, without leading zeros.
    Ipv4,
    /// `2001:db8::7`, `::ffff:192.168.0.1`, without a zone.
    Ipv6,
    /// `https://example.com/a?b#c`, with a scheme.
    Uri,
    /// As [`Uri`](Self::Uri), or without a scheme: `../a`, `#b`, nothing at all.
    UriReference,
    /// `f81d4fae-7dec-11d0-a765-00a0c91e6bf6`, in capitals or not.
    Uuid,
    /// `/a/0/~1`, or nothing at all.
    JsonPointer,
    /// `1/a`, `0#`: steps up, then a pointer or the name of what is there.
    RelativeJsonPointer,
    /// A regular expression of ECMA-262, whether or not patterns of schemas may be so: back-references and all look-around are.
    Regex,
    /// Of OpenAPI, as those below: an integer of 32 bits.
    Int32,
    /// An integer of 64 bits.
    Int64,
    /// A number in the range of single precision.
    Float,
    /// A number in the range of double precision.
    Double,
    /// Base64 (RFC 4648 §4), with its padding.
    Byte,
    /// As [`Uri`](Self::Uri).
    Url,
}

impl Format {
    const ALL: [Self; 20] = [
        Self::DateTime,
        Self::Date,
        Self::Time,
        Self::Duration,
        Self::Email,
        Self::Hostname,
        Self::Ipv4,
        Self::Ipv6,
        Self::Uri,
        Self::UriReference,
        Self::Uuid,
        Self::JsonPointer,
        Self::RelativeJsonPointer,
        Self::Regex,
        Self::Int32,
        Self::Int64,
        Self::Float,
        Self::Double,
        Self::Byte,
        Self::Url,
    ];

    /// The format of this name in JSON Schema, if it is one of those here.
    ///
    /// # Cost
    /// A few comparisons; none at run time in a `const`.
    #[must_use]
    pub const fn from_name(name: &str) -> Option<Self> {
        let mut at = 0;
        while at < Self::ALL.len() {
            if same(Self::ALL[at].name(), name) {
                return Some(Self::ALL[at]);
            }
            at += 1;
        }
        None
    }

    /// The name in JSON Schema, such as `date-time`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DateTime => "date-time",
            Self::Date => "date",
            Self::Time => "time",
            Self::Duration => "duration",
            Self::Email => "email",
            Self::Hostname => "hostname",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Uri => "uri",
            Self::UriReference => "uri-reference",
            Self::Uuid => "uuid",
            Self::JsonPointer => "json-pointer",
            Self::RelativeJsonPointer => "relative-json-pointer",
            Self::Regex => "regex",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Float => "float",
            Self::Double => "double",
            Self::Byte => "byte",
            Self::Url => "url",
        }
    }

    /// Whether OpenAPI has it, and JSON Schema does not: it holds with
    /// [`Options::openapi_formats`](crate::Options::openapi_formats) only.
    #[must_use]
    pub const fn is_of_openapi(self) -> bool {
        use Format as F;
        matches!(self, F::Int32 | F::Int64 | F::Float | F::Double | F::Byte | F::Url)
    }

    /// Whether a number, as JSON writes it, is of this format; it is of every format for strings.
    pub(crate) fn has_number(self, text: &str) -> bool {
        let within = |least: &str, most: &str| {
            number::compare(text, least).is_ge() && number::compare(text, most).is_le()
        };
        match self {
            Self::Int32 => number::is_integer(text) && within("-2147483648", "2147483647"),
            Self::Int64 => {
                number::is_integer(text) && within("-9223372036854775808", "9223372036854775807")
            }
            Self::Float => {
                let most = "340282346638528859811704183484516925440";
                within("-340282346638528859811704183484516925440", most)
            }
            Self::Double => within(
                "-1.79769313486231570814527423731704357e308",
                "1.79769313486231570814527423731704357e308",
            ),
            _ => true,
        }
    }

    /// Whether the text made of `chars` is of this format. It is of every format for numbers.
    ///
    /// # Cost
    /// One pass, up to the first character that does not fit; for `uri` and `uri-reference` up to three, over clones.
    /// Constant memory.
    pub fn matches(self, chars: impl Iterator<Item = char> + Clone) -> bool {
        let mut text = Scan::new(chars);
        let fits = match self {
            Self::DateTime => {
                text.date().and_then(|()| text.eat(['T', 't'])).and_then(|()| text.time())
            }
            Self::Date => text.date(),
            Self::Time => text.time(),
            Self::Duration => text.duration(),
            Self::Email => text.mailbox(),
            Self::Hostname => text.hostname(),
            Self::Ipv4 => text.ipv4(),
            Self::Ipv6 => text.ipv6(),
            Self::Uri => text.uri(),
            Self::UriReference => text.uri_reference(),
            Self::Uuid => text.uuid(),
            Self::JsonPointer => text.json_pointer(),
            Self::RelativeJsonPointer => text.relative_json_pointer(),
            Self::Regex => text.regex(),
            Self::Byte => text.base64(),
            Self::Url => text.uri(),
            Self::Int32 | Self::Int64 | Self::Float | Self::Double => return true,
        };
        fits.is_some() && text.rest.peek().is_none()
    }
}

/// `a == b`, which `core` does not have in a `const`.
const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// How many days month `month` from 1 to 12 of `year` has; 0 for another month.
pub(crate) fn days_of_month(year: u32, month: u32) -> u32 {
    // Of 25 years the last is one of a century, of which one in four leaps.
    let leap = year & 3 == 0 && (year & 15 == 0 || year - year / 25 * 25 != 0);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    }
}

/// The longest text of an address: `IPv6:ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`.
const ADDRESS: usize = 50;

type Address = heapless::String<ADDRESS>;

/// Reads from the front. Every method is a rule of a grammar: `Some` if the text goes on like that, and is read up to
/// where the rule ends. After `None` the text is read up to somewhere and of no more use.
pub(super) struct Scan<I: Iterator<Item = char>> {
    pub(super) rest: Peekable<I>,
}

impl<I: Iterator<Item = char> + Clone> Scan<I> {
    fn new(chars: I) -> Self {
        Self { rest: chars.peekable() }
    }

    /// One of `any`.
    pub(super) fn eat<const N: usize>(&mut self, any: [char; N]) -> Option<()> {
        self.rest.next_if(|c| any.contains(c)).map(|_| ())
    }

    /// As many as there are of those that `like` says yes to: how many.
    pub(super) fn skip(&mut self, like: impl Fn(char) -> bool) -> usize {
        let mut count = 0;
        while self.rest.next_if(|c| like(*c)).is_some() {
            count += 1;
        }
        count
    }

    /// `base64` with padding.
    fn base64(&mut self) -> Option<()> {
        let count = self.skip(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/'));
        let padding = self.skip(|c| c == '=');
        ((count + padding).is_multiple_of(4) && padding <= 2 && (padding == 0 || count > 0))
            .then_some(())
    }

    /// At least one digit.
    fn digits(&mut self) -> Option<()> {
        (self.skip(|c| c.is_ascii_digit()) > 0).then_some(())
    }

    /// `count` digits, and their value.
    fn number(&mut self, count: usize) -> Option<u32> {
        let mut number = 0;
        for _ in 0..count {
            let digit = self.rest.next()?.to_digit(10)?;
            number = number * 10 + digit;
        }
        Some(number)
    }

    /// Two digits up to `max`.
    fn two(&mut self, max: u32) -> Option<u32> {
        self.number(2).filter(|number| *number <= max)
    }

    /// `full-date`
    fn date(&mut self) -> Option<()> {
        let year = self.number(4)?;
        self.eat(['-'])?;
        let month = self.number(2)?;
        self.eat(['-'])?;
        let day = self.number(2)?;
        (1..=days_of_month(year, month)).contains(&day).then_some(())
    }

    /// `full-time`
    fn time(&mut self) -> Option<()> {
        let hour = self.two(23)?;
        self.eat([':'])?;
        let minute = self.two(59)?;
        self.eat([':'])?;
        let second = self.two(60)?;
        if self.eat(['.']).is_some() {
            self.digits()?;
        }
        let day = 24 * 60;
        let offset = match self.rest.next()? {
            'Z' | 'z' => 0,
            sign @ ('+' | '-') => {
                let hours = self.two(23)?;
                self.eat([':'])?;
                let offset = hours * 60 + self.two(59)?;
                if sign == '+' { offset } else { day - offset }
            }
            _ => return None,
        };
        let in_utc = (hour * 60 + minute + day - offset) % day;
        (second < 60 || in_utc == day - 1).then_some(())
    }

    /// `duration`: `P2W`, or some units in a row of the two lists, with a `T` before the second.
    fn duration(&mut self) -> Option<()> {
        const DATE: [char; 3] = ['Y', 'M', 'D'];
        const TIME: [char; 3] = ['H', 'M', 'S'];
        self.eat(['P'])?;
        if self.eat(['T']).is_some() {
            return self.units(TIME);
        }
        let mut weeks = Self { rest: self.rest.clone() };
        if weeks.digits().is_some() && weeks.eat(['W']).is_some() {
            *self = weeks;
            return Some(());
        }
        self.units(DATE)?;
        match self.eat(['T']) {
            Some(()) => self.units(TIME),
            None => Some(()),
        }
    }

    /// At least one number with its unit. The first may be any of `units`, each after it is the next.
    fn units(&mut self, units: [char; 3]) -> Option<()> {
        self.digits()?;
        let unit = self.rest.next()?;
        let at = units.iter().position(|one| *one == unit)?;
        for unit in units.into_iter().skip(at + 1) {
            if self.skip(|c| c.is_ascii_digit()) == 0 {
                break;
            }
            self.eat([unit])?;
        }
        Some(())
    }

    /// `Mailbox`
    fn mailbox(&mut self) -> Option<()> {
        let before = if self.eat(['"']).is_some() { self.quoted()? } else { self.dotted_atoms()? };
        self.eat(['@'])?;
        if before > 64 {
            return None;
        }
        if self.eat(['[']).is_none() {
            return self.hostname();
        }
        let address = self.address(|c| c != ']')?;
        self.eat([']'])?;
        let fits = match address.split_at_checked(5) {
            Some((tag, address)) if tag.eq_ignore_ascii_case("IPv6:") => is_ipv6(address),
            _ => is_ipv4(&address),
        };
        fits.then_some(())
    }

    /// `Quoted-string` without its first quote: how long it is in all.
    fn quoted(&mut self) -> Option<usize> {
        let mut length = 2;
        loop {
            match self.rest.next()? {
                '"' => return Some(length),
                '\\' => {
                    self.rest.next().filter(|c| matches!(c, ' '..='~'))?;
                    length += 2;
                }
                ' '..='~' => length += 1,
                _ => return None,
            }
        }
    }

    /// `Dot-string`: how long it is.
    fn dotted_atoms(&mut self) -> Option<usize> {
        let mut length = 0;
        loop {
            let atom =
                self.skip(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c));
            if atom == 0 {
                return None;
            }
            length += atom;
            if self.eat(['.']).is_none() {
                return Some(length);
            }
            length += 1;
        }
    }

    /// `hname`, up to the end.
    fn hostname(&mut self) -> Option<()> {
        let (mut total, mut label, mut last) = (0, 0, '.');
        loop {
            let next = self.rest.next();
            match next {
                Some(c) if c.is_ascii_alphanumeric() => label += 1,
                Some('-') if label > 0 => label += 1,
                Some('.') | None if label > 0 && last != '-' => label = 0,
                _ => return None,
            }
            let Some(c) = next else { return Some(()) };
            total += 1;
            if label > 63 || total > 253 {
                return None;
            }
            last = c;
        }
    }

    /// What may be an address, as long as `like` says yes.
    fn address(&mut self, like: impl Fn(char) -> bool) -> Option<Address> {
        let mut address = Address::new();
        while let Some(c) = self.rest.next_if(|c| like(*c)) {
            address.push(c).ok()?;
        }
        Some(address)
    }

    fn ipv4(&mut self) -> Option<()> {
        self.address(|_| true).filter(|text| is_ipv4(text)).map(|_| ())
    }

    fn ipv6(&mut self) -> Option<()> {
        self.address(|_| true).filter(|text| is_ipv6(text)).map(|_| ())
    }

    /// `URI`
    fn uri(&mut self) -> Option<()> {
        self.rest.next_if(char::is_ascii_alphabetic)?;
        self.skip(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        self.eat([':'])?;
        self.behind_scheme()
    }

    /// `URI-reference`
    fn uri_reference(&mut self) -> Option<()> {
        let mut first = self.rest.clone().take_while(|c| !"/?#".contains(*c));
        // The first segment of a path has a colon only behind a scheme.
        if first.any(|c| c == ':') { self.uri() } else { self.behind_scheme() }
    }

    /// `hier-part [ "?" query ] [ "#" fragment ]`, or without a scheme `relative-part …`.
    fn behind_scheme(&mut self) -> Option<()> {
        if self.eat(['/']).is_some() && self.eat(['/']).is_some() {
            self.authority()?;
        }
        self.encoded(|c| is_pchar(c) || c == '/')?;
        if self.eat(['?']).is_some() {
            self.encoded(|c| is_pchar(c) || "/?".contains(c))?;
        }
        if self.eat(['#']).is_some() {
            self.encoded(|c| is_pchar(c) || "/?".contains(c))?;
        }
        Some(())
    }

    /// `authority`, up to the path, the query, the fragment or the end.
    fn authority(&mut self) -> Option<()> {
        let mut authority = self.rest.clone().take_while(|c| !"/?#".contains(*c));
        if authority.any(|c| c == '@') {
            self.encoded(|c| is_unreserved(c) || is_sub_delim(c) || c == ':')?;
            self.eat(['@'])?;
        }
        if self.eat(['[']).is_some() {
            self.ip_literal()?;
            self.eat([']'])?;
        } else {
            self.encoded(|c| is_unreserved(c) || is_sub_delim(c))?;
        }
        if self.eat([':']).is_some() {
            self.skip(|c| c.is_ascii_digit());
        }
        self.rest.peek().is_none_or(|c| "/?#".contains(*c)).then_some(())
    }

    /// `IPv6address` or `IPvFuture`
    fn ip_literal(&mut self) -> Option<()> {
        if self.eat(['v', 'V']).is_none() {
            return self.address(|c| c != ']').filter(|text| is_ipv6(text)).map(|_| ());
        }
        let version = self.skip(|c| c.is_ascii_hexdigit());
        self.eat(['.'])?;
        let address = self.skip(|c| is_unreserved(c) || is_sub_delim(c) || c == ':');
        (version > 0 && address > 0).then_some(())
    }

    /// As many as there are of `plain` and of `pct-encoded`.
    fn encoded(&mut self, plain: impl Fn(char) -> bool) -> Option<()> {
        loop {
            self.skip(&plain);
            if self.eat(['%']).is_none() {
                return Some(());
            }
            for _ in 0..2 {
                self.rest.next_if(char::is_ascii_hexdigit)?;
            }
        }
    }

    fn uuid(&mut self) -> Option<()> {
        for (at, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
            if at > 0 {
                self.eat(['-'])?;
            }
            for _ in 0..length {
                self.rest.next_if(char::is_ascii_hexdigit)?;
            }
        }
        Some(())
    }

    /// `json-pointer`
    fn json_pointer(&mut self) -> Option<()> {
        if self.rest.peek().is_some() {
            self.eat(['/'])?;
        }
        loop {
            self.skip(|c| c != '~');
            if self.rest.next().is_none() {
                return Some(());
            }
            self.eat(['0', '1'])?;
        }
    }

    /// `relative-json-pointer`
    fn relative_json_pointer(&mut self) -> Option<()> {
        if self.eat(['0']).is_none() {
            self.digits()?;
        }
        match self.eat(['#']) {
            Some(()) => Some(()),
            None => self.json_pointer(),
        }
    }
}

fn is_ipv4(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok()
}

fn is_ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}

fn is_unreserved(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~".contains(c)
}

fn is_sub_delim(c: char) -> bool {
    "!$&'()*+,;=".contains(c)
}

fn is_pchar(c: char) -> bool {
    is_unreserved(c) || is_sub_delim(c) || ":@".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::format;
    use std::string::String;

    /// All of `texts`, which ` | ` separates, are of this format.
    #[track_caller]
    fn yes(format: Format, texts: &str) {
        for text in texts.split(" | ") {
            assert!(format.matches(text.chars()), "{format:?} {text:?}");
        }
    }

    /// None of `texts` is.
    #[track_caller]
    fn no(format: Format, texts: &str) {
        for text in texts.split(" | ") {
            assert!(!format.matches(text.chars()), "{format:?} {text:?}");
        }
    }

    /// Any string is of these.
    const NUMBERS: [Format; 4] = [Format::Int32, Format::Int64, Format::Float, Format::Double];

    #[test]
    fn numbers_of_openapi() {
        for (format, fit, unfit) in [
            (
                Format::Int32,
                ["-2147483648", "2147483647", "1.0e3"],
                ["2147483648", "-2147483649", "0.5"],
            ),
            (
                Format::Int64,
                ["-9223372036854775808", "9223372036854775807", "1e18"],
                ["9223372036854775808", "1e19", "1e-1"],
            ),
            (
                Format::Float,
                ["3.4028234663852885e38", "-1e-400", "0.1"],
                ["3.5e38", "-1e39", "1e400"],
            ),
            (
                Format::Double,
                ["1.7976931348623157e308", "-1e-400", "1"],
                ["1.8e308", "-1e309", "1e999"],
            ),
            (Format::Byte, ["1", "2", "3"], ["", "", ""]),
        ] {
            for number in fit {
                assert!(format.has_number(number), "{format:?} {number}");
            }
            for number in unfit.into_iter().filter(|number| !number.is_empty()) {
                assert!(!format.has_number(number), "{format:?} {number}");
            }
        }
        yes(Format::Byte, "aGk= | aGVsbG8= | YWI= | YWJj | +/+/");
        no(Format::Byte, "aGk | a | = | aGk=x | a=== | ab== c | -_-_");
    }

    #[test]
    fn names() {
        for format in Format::ALL {
            assert_eq!(Format::from_name(format.name()), Some(format));
        }
        for name in ["", "dat", "dates", "Date", "date ", "idn-email", "ip", "int16"] {
            assert_eq!(Format::from_name(name), None, "{name}");
        }
        const { assert!(matches!(Format::from_name("uuid"), Some(Format::Uuid))) };
    }

    #[test]
    fn only_pointers_and_references_may_be_empty() {
        for format in Format::ALL {
            let strings = [Format::JsonPointer, Format::UriReference, Format::Regex, Format::Byte];
            let may = strings.contains(&format) || NUMBERS.contains(&format);
            assert_eq!(format.matches("".chars()), may, "{format:?}");
        }
    }

    #[test]
    fn dates() {
        yes(Format::Date, "2024-02-29 | 2000-02-29 | 0000-01-01 | 9999-12-31 | 2023-11-30");
        no(
            Format::Date,
            "2023-02-29 | 1900-02-29 | 2023-11-31 | 2023-00-10 | 2023-13-10 | 2023-01-00",
        );
        no(
            Format::Date,
            "2023-1-01 | 23-01-01 | 02023-01-01 | 2023/01/01 | 2023-01-01Z |  2023-01-01",
        );
        no(Format::Date, "2023-01-0१");
    }

    #[test]
    fn times() {
        yes(Format::Time, "00:00:00Z | 23:59:59z | 12:00:00.000000000000000000000000000001+23:59");
        yes(Format::Time, "12:00:00-00:00");
        no(Format::Time, "24:00:00Z | 12:60:00Z | 12:00:61Z | 12:00:00 | 12:00Z | 12:00:00.Z");
        no(Format::Time, "12:00:00,5Z");
        no(
            Format::Time,
            "12:00:00+24:00 | 12:00:00+00:60 | 12:00:00+0000 | 12:00:00+00 | 12:00:00ZZ",
        );
        no(Format::Time, "1:00:00Z");
        // Leap seconds are there when UTC is at 23:59:60, on both sides of midnight.
        yes(
            Format::Time,
            "23:59:60Z | 00:59:60.5+01:00 | 18:59:60-05:00 | 05:29:60+05:30 | 23:58:60+23:59",
        );
        yes(Format::Time, "00:00:60-23:59");
        no(Format::Time, "23:59:60+01:00 | 00:59:60-01:00 | 12:00:60Z | 00:00:60+23:59");
        yes(
            Format::DateTime,
            "2024-02-29T12:00:00Z | 2024-02-29t12:00:00.5z | 2016-12-31T23:59:60Z",
        );
        no(
            Format::DateTime,
            "2024-02-30T12:00:00Z | 2024-02-29 12:00:00Z | 2024-02-29T12:00:00 | 2024-02-29",
        );
        no(Format::DateTime, "2024-02-29T");
    }

    #[test]
    fn durations() {
        yes(
            Format::Duration,
            "P1Y | P1Y2M3DT4H5M6S | P1Y2M | P2M3D | PT4H5M | PT5M6S | P3DT6S | P10W",
        );
        yes(Format::Duration, "P00000000000000000000000001D");
        no(
            Format::Duration,
            "P | PT | P1DT | 1D | P1 | PD | P1S | PT1D | P1M1Y | P1Y2D | PT1H6S | P1W1D",
        );
        no(Format::Duration, "P1D1W");
        no(Format::Duration, "PT1.5S | P-1D | -P1D | p1d | P1DT1W | P1D  | P1Y1Y");
    }

    #[test]
    fn emails() {
        yes(
            Format::Email,
            "a@b | joe.doe+x@sub.example.com | !#$%&'*+-/=?^_`{|}~@b | \"a b\\\"c\\\\@\"@b",
        );
        yes(Format::Email, "\"\"@b");
        yes(Format::Email, "a@[127.0.0.1] | a@[IPv6:::1] | a@[ipv6:2001:db8::7] | a@1");
        no(
            Format::Email,
            "a | @b | a@ | a@b@c | .a@b | a.@b | a..b@c | a b@c | a@b_c | a@-b | a@b-",
        );
        no(Format::Email, "a@b..c | a@b.");
        no(
            Format::Email,
            "é@b | a@é | \"a@b | \"a\"b@c | \"a\tb\"@c | \"é\"@b | a@[127.0.0.1 | a@[::1]",
        );
        no(Format::Email, "a@[IPv6:1.2.3.4]");
        yes(Format::Email, "a@[IPv6:ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]");
        no(Format::Email, "a@[127.0.0.1]b | a@[x:y] | a@[IPv6:fe80::1%eth0] | <a@b> | a@[] | a@b ");
        let long = "a".repeat(64);
        yes(Format::Email, &format!("{long}@b"));
        yes(Format::Email, &format!("\"{}\"@b", "a".repeat(62)));
        no(Format::Email, &format!("a{long}@b"));
        no(Format::Email, &format!("\"{}\"@b", "a".repeat(63)));
    }

    #[test]
    fn hostnames() {
        let (label, part) = ("a".repeat(63), "b".repeat(61));
        let longest = format!("{label}.{label}.{label}.{part}");
        assert_eq!(longest.len(), 253);
        yes(Format::Hostname, "a | 1 | a-b | a--b | xn--4gbwdl.xn--wgbh1c | A.B.9");
        yes(Format::Hostname, &label);
        yes(Format::Hostname, &longest);
        no(Format::Hostname, ". | a. | .a | a..b | -a | a- | a.-b | a-.b | a_b | é | a b | a:1");
        no(Format::Hostname, &format!("a{label}"));
        no(Format::Hostname, &format!("{longest}b"));
        no(Format::Hostname, &format!("{label}a.b"));
    }

    #[test]
    fn addresses() {
        yes(Format::Ipv4, "0.0.0.0 | 255.255.255.255");
        no(
            Format::Ipv4,
            "256.0.0.1 | 1.2.3 | 1.2.3.4.5 | 01.2.3.4 | 1.2.3.4  | 0x1.2.3.4 | 1.2.3.4/8",
        );
        no(Format::Ipv4, "::1 | १.2.3.4");
        yes(Format::Ipv6, ":: | ::1 | 1:: | 1:2:3:4:5:6:7:8 | ::ffff:1.2.3.4 | ABCD:ef01::");
        yes(Format::Ipv6, "1:2:3:4:5:6:1.2.3.4");
        yes(Format::Ipv6, "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255");
        no(
            Format::Ipv6,
            "1 | 1:2:3:4:5:6:7 | 1:2:3:4:5:6:7:8:9 | 1::2::3 | ::: | :1 | 12345:: | g::",
        );
        no(Format::Ipv6, "::1%lo | ::1/64");
        no(Format::Ipv6, "[::1] | ::01.2.3.4 | ::1.2.3 | 1.2.3.4");
        for format in [Format::Ipv4, Format::Ipv6] {
            no(format, &"1".repeat(10_000));
        }
    }

    #[test]
    fn uris() {
        yes(Format::Uri, "a: | http://a | http://a:80/b?c=d/?#e/? | http://a:/ | http://u:p@a:1");
        yes(Format::Uri, "http://[::1]:8080/ | http://[v1.a:b]");
        yes(
            Format::Uri,
            "file:///a | urn:a:b | mailto:a@b | a+b-c.1:d | a:/b | a:b/c:d@e | http://?q",
        );
        yes(Format::Uri, "http://%41 | A:%aF");
        no(
            Format::Uri,
            "a | /a | //a | 1a:b | :a | a b:c | http://a b | http://a/b c | http://a/%4",
        );
        no(Format::Uri, "http://a/%g0 | http://é");
        no(
            Format::Uri,
            "http://a:b | http://a:1x/ | http://[::1 | http://[1.2.3.4] | http://[::1]a",
        );
        no(Format::Uri, "http://a@b@c | http://[v.a] | http://[v1.]");
        no(
            Format::Uri,
            "a:b#c#d | a:[b] | a:b|c | a:\"b\" | a:<b> | a:{b} | a:b\\c | a:^ | http://a[b]",
        );
        no(Format::Uri, "http://[fe80::1%25eth0]");
        yes(Format::UriReference, "http://a | //a/b | /a | a/b:c | ?a:b | #a:b | ./a:b | .. | %41");
        no(Format::UriReference, "1a:b | :a | a_b:c | a b | \\a | #a\\b | //a:b | %4 | #a#b");
    }

    #[test]
    fn uuids() {
        yes(
            Format::Uuid,
            "00000000-0000-0000-0000-000000000000 | F81D4FAE-7dec-11d0-A765-00a0c91e6bf6",
        );
        no(
            Format::Uuid,
            "f81d4fae7dec11d0a76500a0c91e6bf6 | {f81d4fae-7dec-11d0-a765-00a0c91e6bf6}",
        );
        no(Format::Uuid, "f81d4fae-7dec-11d0-a765-00a0c91e6bf");
        no(
            Format::Uuid,
            "f81d4fae-7dec-11d0-a765-00a0c91e6bf60 | g81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        );
        no(Format::Uuid, "f81d4fae-7dec-11d0-a76500a0-c91e6bf6");
    }

    #[test]
    fn pointers() {
        yes(Format::JsonPointer, "/ | // | /a/b~0~1c | /é \u{0}\" | /a#");
        no(Format::JsonPointer, "a | #/a | /~ | /~2 | /a~ |  /");
        yes(
            Format::RelativeJsonPointer,
            "0 | 0# | 10# | 1/a/~0 | 99999999999999999999999999/ | 0/",
        );
        no(Format::RelativeJsonPointer, "# | /a | 01 | 00 | -1 | 0## | 0#/a | 1a | 0~0");
    }

    proptest! {
        /// No format but pointers and expressions has a control character, anywhere.
        #[test]
        fn control_characters_do_not_match(text: String, other in "[-0-9a-zA-Z:./@\\[\\]%#?+\"~]{0,40}") {
            let any = [Format::JsonPointer, Format::RelativeJsonPointer, Format::Regex];
            for format in Format::ALL {
                if any.contains(&format) || NUMBERS.contains(&format) {
                    continue;
                }
                for text in [&text, &other] {
                    prop_assert!(!format.matches(text.chars().chain(['\n'])), "{:?} {:?}", format, text);
                }
            }
        }

        /// `core::net` prints what the formats read.
        #[test]
        fn printed_addresses_match(v4: [u8; 4], v6: [u16; 8]) {
            let (v4, v6) = (Ipv4Addr::from(v4), Ipv6Addr::from(v6));
            yes(Format::Ipv4, &format!("{v4}"));
            yes(Format::Ipv6, &format!("{v6}"));
            yes(Format::Uri, &format!("http://[{v6}]"));
            yes(Format::Email, &format!("a@[IPv6:{v6}]"));
        }

        #[test]
        fn leap_seconds_end_the_day_of_utc(hour in 0..24_u32, minute in 0..60_u32, offset in 0..1440_u32) {
            let text = format!("{hour:02}:{minute:02}:60+{:02}:{:02}", offset / 60, offset % 60);
            let expected = (23 * 60 + 59 + offset) % 1440 == hour * 60 + minute;
            prop_assert_eq!(Format::Time.matches(text.chars()), expected);
        }
    }
}
