//! URIs as references use them: resolved against each other, in buffers of a fixed size.
//!
//! Source: RFC 3986, sections 5.2 and 5.3. Nothing is normalized but dot segments, as JSON Schema asks.

use crate::json::text::{Chars, hex};

/// Most bytes of a URI, without its fragment.
pub(crate) const MAX: usize = 512;

/// A URI is too long, or not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadUri;

/// Some text of a URI, or made of one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Buffer {
    bytes: [u8; MAX],
    len: usize,
}

impl Buffer {
    pub(crate) const EMPTY: Self = Self { bytes: [0; MAX], len: 0 };

    pub(crate) const fn bytes(&self) -> &[u8] {
        self.bytes.split_at(self.len).0
    }

    /// As text. From chars, so that it is UTF-8 unless percent signs broke it.
    pub(crate) const fn text(&self) -> Result<&str, BadUri> {
        match core::str::from_utf8(self.bytes()) {
            Ok(text) => Ok(text),
            Err(_) => Err(BadUri),
        }
    }

    pub(crate) const fn push(&mut self, byte: u8) -> Result<(), BadUri> {
        if self.len >= MAX {
            return Err(BadUri);
        }
        self.bytes[self.len] = byte;
        self.len += 1;
        Ok(())
    }

    const fn extend(&mut self, bytes: &[u8]) -> Result<(), BadUri> {
        let mut i = 0;
        while i < bytes.len() {
            if self.push(bytes[i]).is_err() {
                return Err(BadUri);
            }
            i += 1;
        }
        Ok(())
    }

    const fn push_char(&mut self, c: char) -> Result<(), BadUri> {
        self.extend(c.encode_utf8(&mut [0; 4]).as_bytes())
    }

    /// Not 0. Source: FNV-1a.
    pub(crate) const fn hash(&self) -> u32 {
        let (mut hash, mut i) = (0x811C_9DC5_u32, 0);
        while i < self.len {
            hash = (hash ^ self.bytes[i] as u32).wrapping_mul(0x0100_0193);
            i += 1;
        }
        hash | 1
    }

    pub(crate) const fn is(&self, other: &Self) -> bool {
        if self.len != other.len {
            return false;
        }
        let mut i = 0;
        while i < self.len {
            if self.bytes[i] != other.bytes[i] {
                return false;
            }
            i += 1;
        }
        true
    }
}

/// Where the parts of a URI end: the scheme with its colon, the authority with its slashes, the path, the query
/// with its mark.
struct Parts {
    scheme: usize,
    authority: usize,
    path: usize,
    query: usize,
}

const fn byte(bytes: &[u8], at: usize) -> u8 {
    if at < bytes.len() { bytes[at] } else { 0 }
}

/// How many bytes from `at` on are none of `stops`.
const fn until(bytes: &[u8], mut at: usize, stops: &[u8]) -> usize {
    while at < bytes.len() {
        let mut i = 0;
        while i < stops.len() {
            if bytes[at] == stops[i] {
                return at;
            }
            i += 1;
        }
        at += 1;
    }
    at
}

const fn parts(uri: &[u8]) -> Parts {
    let colon = until(uri, 0, b":/?");
    let scheme = if byte(uri, colon) == b':' && colon > 0 { colon + 1 } else { 0 };
    let has_authority = byte(uri, scheme) == b'/' && byte(uri, scheme + 1) == b'/';
    let authority = if has_authority { until(uri, scheme + 2, b"/?") } else { scheme };
    Parts { scheme, authority, path: until(uri, authority, b"?"), query: uri.len() }
}

const fn part(bytes: &[u8], from: usize, to: usize) -> &[u8] {
    bytes.split_at(to).0.split_at(from).1
}

/// What `reference` means where `base` is the URI, without its fragment, which is left in `reference`: behind its
/// `#`; `None` if it has none.
pub(crate) const fn resolve<'a>(
    base: &Buffer,
    mut reference: Chars<'a>,
) -> Result<(Buffer, Option<Chars<'a>>), BadUri> {
    let mut own = Buffer::EMPTY;
    let fragment = loop {
        match reference.next() {
            None => break None,
            Some('#') => break Some(reference),
            Some(c) => {
                if own.push_char(c).is_err() {
                    return Err(BadUri);
                }
            }
        }
    };
    match join(base.bytes(), own.bytes()) {
        Ok(uri) => Ok((uri, fragment)),
        Err(bad) => Err(bad),
    }
}

const fn join(base: &[u8], own: &[u8]) -> Result<Buffer, BadUri> {
    let (b, o) = (parts(base), parts(own));
    let (path, query) = (part(own, o.authority, o.path), part(own, o.path, o.query));
    // The path, with dot segments.
    let mut long = Buffer::EMPTY;
    let (from, upto, query) = if o.scheme > 0 {
        (own, o.authority, query)
    } else if o.authority > o.scheme {
        // The base's scheme, and the rest is its own.
        if long.extend(part(base, 0, b.scheme)).is_err()
            || long.extend(part(own, 0, o.authority)).is_err()
        {
            return Err(BadUri);
        }
        return finish(long, path, query);
    } else {
        (
            base,
            b.authority,
            if path.is_empty() && query.is_empty() { part(base, b.path, b.query) } else { query },
        )
    };
    let start = part(from, 0, upto);
    let mut merged = Buffer::EMPTY;
    let base_path = part(base, b.authority, b.path);
    let joined = if o.scheme > 0 || byte(path, 0) == b'/' {
        merged.extend(path)
    } else if path.is_empty() {
        merged.extend(base_path)
    } else if b.authority > b.scheme && base_path.is_empty() {
        match merged.push(b'/') {
            Ok(()) => merged.extend(path),
            Err(bad) => Err(bad),
        }
    } else {
        let mut end = base_path.len();
        while end > 0 && base_path[end - 1] != b'/' {
            end -= 1;
        }
        match merged.extend(part(base_path, 0, end)) {
            Ok(()) => merged.extend(path),
            Err(bad) => Err(bad),
        }
    };
    if joined.is_err() || long.extend(start).is_err() {
        return Err(BadUri);
    }
    finish(long, merged.bytes(), query)
}

/// Puts the path, without its dot segments, and the query behind what is there.
const fn finish(mut out: Buffer, path: &[u8], query: &[u8]) -> Result<Buffer, BadUri> {
    let start = out.len;
    let mut at = 0;
    while at < path.len() {
        let slash = path[at] == b'/';
        let from = at + slash as usize;
        let to = until(path, from, b"/");
        let segment = part(path, from, to);
        let last = to == path.len();
        let (one, two) = (matches!(segment, b"."), matches!(segment, b".."));
        if two && slash {
            // Takes back a segment and its slash.
            while out.len > start {
                out.len -= 1;
                if out.bytes[out.len] == b'/' {
                    break;
                }
            }
        }
        let pushed = if one || two {
            // What follows brings its own slash, if one was there before.
            if slash && last { out.push(b'/') } else { Ok(()) }
        } else {
            out.extend(part(path, at, to))
        };
        if pushed.is_err() {
            return Err(BadUri);
        }
        at = to;
        if (one || two) && !slash && !last {
            at += 1;
        }
    }
    match out.extend(query) {
        Ok(()) => Ok(out),
        Err(bad) => Err(bad),
    }
}

/// A fragment's chars, what percent signs stand for decoded.
pub(crate) const fn decode(mut fragment: Chars<'_>) -> Result<Buffer, BadUri> {
    let mut out = Buffer::EMPTY;
    loop {
        let pushed = match fragment.next() {
            None => break,
            Some('%') => {
                let (Some(high), Some(low)) = (fragment.next(), fragment.next()) else {
                    return Err(BadUri);
                };
                if !high.is_ascii_hexdigit() || !low.is_ascii_hexdigit() {
                    return Err(BadUri);
                }
                out.push(hex(high as u8) << 4 | hex(low as u8))
            }
            Some(c) => out.push_char(c),
        };
        if pushed.is_err() {
            return Err(BadUri);
        }
    }
    match out.text() {
        Ok(_) => Ok(out),
        Err(bad) => Err(bad),
    }
}

#[cfg(test)]
mod tests {
    use super::{Buffer, decode, resolve};
    use crate::json::text::Chars;
    use std::string::{String, ToString};

    fn resolved(base: &str, reference: &str) -> String {
        let base = resolve(&Buffer::EMPTY, Chars::plain(base)).unwrap().0;
        resolve(&base, Chars::plain(reference)).unwrap().0.text().unwrap().to_string()
    }

    #[test]
    fn examples_of_the_rfc() {
        // Sections 5.4.1 and 5.4.2, without fragments.
        for (reference, target) in [
            ("g:h", "g:h"),
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q"),
            ("g#s", "http://a/b/c/g"),
            ("g?y#s", "http://a/b/c/g?y"),
            (";x", "http://a/b/c/;x"),
            ("g;x?y#s", "http://a/b/c/g;x?y"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("./", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../", "http://a/"),
            ("../../g", "http://a/g"),
            ("../../../g", "http://a/g"),
            ("../../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g.", "http://a/b/c/g."),
            (".g", "http://a/b/c/.g"),
            ("g..", "http://a/b/c/g.."),
            ("..g", "http://a/b/c/..g"),
            ("./../g", "http://a/b/g"),
            ("./g/.", "http://a/b/c/g/"),
            ("g/./h", "http://a/b/c/g/h"),
            ("g/../h", "http://a/b/c/h"),
            ("g;x=1/./y", "http://a/b/c/g;x=1/y"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/./x", "http://a/b/c/g?y/./x"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
            ("http:g", "http:g"),
        ] {
            assert_eq!(resolved("http://a/b/c/d;p?q", reference), target, "{reference}");
        }
    }

    #[test]
    fn other_bases() {
        for (base, reference, target) in [
            ("", "a.json", "a.json"),
            ("", "./a/../b", "/b"),
            ("a/b", "c", "a/c"),
            ("http://a", "b", "http://a/b"),
            ("http://a?x", "b", "http://a/b"),
            ("urn:uuid:1", "", "urn:uuid:1"),
            ("urn:uuid:1", "#x", "urn:uuid:1"),
            ("file:///c:/d/e", "f", "file:///c:/d/f"),
            ("http://é/", "京", "http://é/京"),
        ] {
            assert_eq!(resolved(base, reference), target, "{base} {reference}");
        }
    }

    #[test]
    fn fragments() {
        let (_, fragment) =
            resolve(&Buffer::EMPTY, Chars::escaped(r#"x\u0023/a~1b%25\"%C3%A9"#)).unwrap();
        assert_eq!(decode(fragment.unwrap()).unwrap().text(), Ok("/a~1b%\"é"));
        for bad in ["%", "%2", "%zz", "%ff", "%2é"] {
            assert!(decode(Chars::plain(bad)).is_err(), "{bad}");
        }
        let long = "x".repeat(513);
        assert!(
            decode(Chars::plain(&long)).is_err()
                && resolve(&Buffer::EMPTY, Chars::plain(&long)).is_err()
        );
    }
}
