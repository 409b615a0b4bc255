//! JSON Pointers (RFC 6901) of values.

use super::text::Chars;
use super::walk::Walker;
use core::fmt::{self, Write};

/// Writes a part of a JSON Pointer.
pub(crate) fn write_token(out: &mut dyn Write, name: Chars<'_>) -> fmt::Result {
    out.write_char('/')?;
    for c in name {
        match c {
            '~' => out.write_str("~0")?,
            '/' => out.write_str("~1")?,
            c => out.write_char(c)?,
        }
    }
    Ok(())
}

/// Writes the JSON Pointer of the value that starts at this byte of a text, which may end before the value does.
pub(crate) fn write_path(text: &str, start: usize, out: &mut dyn Write) -> fmt::Result {
    let mut walker = Walker::new(text);
    walker.skip_gap();
    while walker.at < start {
        let object = walker.byte() == b'{';
        walker.at += 1;
        let mut index = 0;
        loop {
            if !walker.more() {
                return Ok(());
            }
            let key = if object { walker.string() } else { (0, 0) };
            walker.skip_gap();
            let (from, to) = walker.value();
            if from <= start && start < to {
                match object {
                    true => write_token(out, Chars::escaped(text.get(key.0..key.1).unwrap_or("")))?,
                    false => write!(out, "/{index}")?,
                }
                walker.at = from;
                break;
            }
            index += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::write_path;
    use std::string::String;

    #[test]
    fn values_have_paths() {
        let text = r#" {"a/b~": [1, {"\u0063": true}, [[]]], "": "x"} "#;
        for (value, expected) in [
            (" {", ""),
            ("[1", "/a~1b~0"),
            ("true", "/a~1b~0/1/c"),
            ("[]", "/a~1b~0/2/0"),
            ("\"x", "/"),
        ] {
            let start = text.find(value).unwrap() + value.len() - value.trim_start().len();
            let mut path = String::new();
            write_path(text, start, &mut path).unwrap();
            assert_eq!(path, expected, "{value}");
            // The text may end in the value.
            let mut path = String::new();
            write_path(&text[..=start], start, &mut path).unwrap();
            assert_eq!(path, expected, "{value}");
        }
    }
}
