//! House rules that the compiler does not know, held from the source text.
#![cfg(not(miri))] // Reads files.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The manifest as it was written. In a published package cargo keeps it beside the one that it rewrites without comments.
fn manifest() -> String {
    let name = if common::is_published_package() { "Cargo.toml.orig" } else { "Cargo.toml" };
    fs::read_to_string(root().join(name)).unwrap()
}

/// A file of `src`, by lines.
struct Source {
    /// Within `src`, as `pool/lease.rs`.
    name: String,
    /// With comments.
    lines: Vec<String>,
}

impl Source {
    /// The lines of code with their numbers from 0, without comments and without the unit tests at the end.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let tests = self.lines.windows(2).position(|pair| {
            pair[0].starts_with("#[cfg(")
                && pair[0].contains("test")
                && pair[1].ends_with("mod tests {")
        });
        self.lines[..tests.unwrap_or(self.lines.len())]
            .iter()
            .map(|line| code_of(line))
            .enumerate()
            .filter(|(_, code)| !code.is_empty())
    }

    /// The module of the crate that the file belongs to: `pool` for `pool/lease.rs`.
    fn module(&self) -> &str {
        self.name.split(['/', '.']).next().unwrap()
    }

    fn at(&self, line: usize) -> String {
        format!("src/{}:{}: {}", self.name, line + 1, self.lines[line].trim())
    }

    /// Whether a comment that `f` likes stands at `line`, or above it within `reach` lines.
    fn has_comment(&self, line: usize, reach: usize, f: impl Fn(&str) -> bool) -> bool {
        self.lines[line.saturating_sub(reach)..=line].iter().any(|line| f(comment_of(line)))
    }
}

/// Where a comment starts: good enough for a source that has no `//` in its texts.
fn split(line: &str) -> (&str, &str) {
    line.split_once("//").unwrap_or((line, ""))
}

fn code_of(line: &str) -> &str {
    split(line).0.trim()
}

fn comment_of(line: &str) -> &str {
    split(line).1
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether `word` stands in `text` by itself.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        !text[..at].ends_with(is_word) && !text[at + word.len()..].starts_with(is_word)
    })
}

fn sources() -> Vec<Source> {
    fn collect(folder: &Path, out: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, out);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                out.push(path);
            }
        }
    }
    let folder = root().join("src");
    let mut paths = Vec::new();
    collect(&folder, &mut paths);
    paths.sort();
    assert!(paths.len() > 15, "the sources are there");
    let read = |path: &PathBuf| Source {
        name: path.strip_prefix(&folder).unwrap().to_str().unwrap().replace('\\', "/"),
        lines: fs::read_to_string(path).unwrap().lines().map(String::from).collect(),
    };
    paths.iter().map(read).collect()
}

#[track_caller]
fn none(found: Vec<String>, rule: &str) {
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

#[test]
fn atomics_and_cells_come_from_sync() {
    let names = [
        "core::sync::atomic",
        "std::sync::atomic",
        "portable_atomic",
        "core::cell::UnsafeCell",
        "std::cell::UnsafeCell",
        "loom::",
        "shuttle::",
    ];
    let facade =
        ["mod", "core", "words", "weak", "loom", "shuttle"].map(|file| format!("sync/{file}.rs"));
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| !facade.contains(&source.name)) {
        for (at, code) in source.code() {
            if names.iter().any(|name| code.contains(name)) {
                found.push(source.at(at));
            }
        }
    }
    none(found, "only six files of src/sync name atomics, cells and model checkers");
}

const UNSAFE: [&str; 5] = ["sync", "slot", "ring", "pool", "monitor"];

#[test]
fn unsafe_code_is_in_five_modules() {
    let mut found = Vec::new();
    for source in sources() {
        for (at, code) in source.code() {
            let names_it = has_word(code, "unsafe") || code.contains("allow(unsafe_code)");
            if names_it && !UNSAFE.contains(&source.module()) {
                found.push(source.at(at));
            }
        }
    }
    none(found, "unsafe code is in sync, slot, ring, pool and monitor only");
    assert!(manifest().contains("unsafe_code = \"deny\""), "and denied everywhere else");
}

/// The lines above `at` that belong to it: comments, attributes, and the start of its statement.
fn above(source: &Source, at: usize) -> impl Iterator<Item = &str> {
    source.lines[..at].iter().rev().map(|line| line.as_str()).take_while(|line| {
        let code = code_of(line);
        code.starts_with("#[") || !code.ends_with([';', '{', '}']) && !line.trim().is_empty()
    })
}

#[test]
fn unsafe_code_says_why_it_is_sound() {
    let (mut found, mut seen) = (Vec::new(), 0);
    for source in sources() {
        for (at, code) in source.code().filter(|(_, code)| has_word(code, "unsafe")) {
            // A declaration says what the caller owes; anything else says how that was paid.
            let declares = ["unsafe fn", "unsafe trait"].iter().any(|what| code.contains(what));
            let is_impl_fn = declares && source.lines[at].starts_with("    ");
            let wanted = if declares { "# Safety" } else { "SAFETY:" };
            let said = comment_of(&source.lines[at]).contains(wanted)
                || above(&source, at).any(|line| comment_of(line).contains(wanted));
            // A method of a trait owes what the trait says.
            let of_trait = is_impl_fn && in_trait_impl(&source, at);
            if !said && !of_trait && !code.contains("allow(") {
                found.push(source.at(at));
            }
            seen += 1;
        }
    }
    assert!(seen > 50, "unsafe code was found at all");
    none(found, "each unsafe block and impl has a SAFETY comment, each unsafe fn a Safety section");
}

/// Whether the innermost item around line `at` is an `impl … for`.
fn in_trait_impl(source: &Source, at: usize) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = indent(&source.lines[at]);
    let items = ["impl", "unsafe impl", "pub ", "trait ", "unsafe trait", "mod ", "fn "];
    let header = source.lines[..at].iter().rev().find(|line| {
        indent(line) < own && items.iter().any(|item| code_of(line).starts_with(item))
    });
    header.is_some_and(|line| line.contains("impl") && line.contains(" for "))
}

#[test]
fn imports_point_down() {
    let layers: BTreeMap<&str, u8> = [
        (0, &["defer", "sync"][..]),
        (1, &["error", "reset", "slot"]),
        (2, &["free"]),
        (3, &["wait"]),
        (5, &["pool", "ring"]),
        (6, &["stream"]),
        (7, &["cascade", "global", "monitor", "validate"]),
        (7, &["guide"]),
        (8, &["lib"]),
    ]
    .into_iter()
    .flat_map(|(layer, modules)| modules.iter().map(move |module| (*module, layer)))
    .collect();
    // In one layer, and in this direction only.
    let besides = [
        ("ring", "pool"), // a ring in a pool is lent by a shared lease
    ];
    let (mut found, mut seen) = (Vec::new(), 0);
    for source in sources() {
        let from = source.module();
        let layer = *layers.get(from).unwrap_or_else(|| panic!("src/{} has no layer", source.name));
        for (at, code) in source.code() {
            for (start, _) in code.match_indices("crate::") {
                let path = &code[start + "crate::".len()..];
                let to = path.split(|c| !is_word(c)).next().unwrap();
                seen += 1;
                let down = layers.get(to).is_some_and(|to_layer| *to_layer < layer);
                if !down && from != to && !besides.contains(&(from, to)) {
                    found.push(source.at(at));
                }
            }
        }
    }
    assert!(seen > 30, "imports were found at all");
    none(found, "a file uses items of lower layers, by the module they are in");
    for (from, to) in besides {
        let used = sources()
            .iter()
            .filter(|source| source.module() == from)
            .any(|source| source.code().any(|(_, code)| code.contains(&format!("crate::{to}::"))));
        assert!(used, "{from} does not use {to} any more: take it off the list");
    }
}

/// A letter and a digit, such as `R0`.
fn names_an_edge(comment: &str) -> bool {
    let edge = |word: &str| {
        let bytes = word.as_bytes();
        bytes.len() == 2 && bytes[0].is_ascii_uppercase() && bytes[1].is_ascii_digit()
    };
    comment.split(|c| !is_word(c)).any(edge)
}

#[test]
fn orderings_name_their_edges() {
    let (mut found, mut seen) = (Vec::new(), 0);
    for source in sources().iter().filter(|source| source.name != "sync/shuttle.rs") {
        let text: Vec<_> = source.code().map(|(_, code)| code).collect();
        let text = text.join(" ");
        let imports: Vec<_> = text
            .match_indices("use crate::sync::")
            .map(|(at, _)| text[at..].split(';').next().unwrap())
            .collect();
        // `Release` may be something else where it is not imported.
        let orderings = ["Acquire", "Release", "AcqRel", "SeqCst"];
        let imported: Vec<_> = orderings
            .into_iter()
            .filter(|name| imports.iter().any(|import| has_word(import, name)))
            .collect();
        let mut in_import = false;
        for (at, code) in source.code() {
            in_import |= code.starts_with("use ");
            let names = |name: &&str| {
                has_word(code, name) && !code.contains(&format!("struct {name}"))
                    || code.contains(&format!("Ordering::{name}"))
            };
            let strong = imported.iter().any(names);
            if !in_import && strong && !is_planted(source, at) {
                seen += 1;
                if !source.has_comment(at, 3, names_an_edge) {
                    found.push(source.at(at));
                }
            }
            in_import &= !code.ends_with(';');
        }
    }
    assert!(seen > 10, "orderings were found at all");
    none(found, "each ordering stronger than Relaxed names its edge within three lines above");
}

/// The tables of edges and the protocols name the models that cover them: `module::model`, which are there.
#[test]
fn models_that_are_named_exist() {
    if common::is_published_package() {
        return println!("skipped: a published package does not hold loom-tests");
    }
    let (mut found, mut seen) = (Vec::new(), 0);
    for source in sources() {
        for (at, line) in source.lines.iter().enumerate().filter(|(_, line)| line.contains("//!")) {
            for quoted in line.split('`').skip(1).step_by(2) {
                let Some((module, model)) = quoted.split_once("::") else { continue };
                let models = root().join("loom-tests/src").join(module).with_extension("rs");
                let Ok(models) = fs::read_to_string(models) else { continue };
                seen += 1;
                // Without the closing quote: a model in two forms is named without the form.
                if !models.contains(&format!("Model::new(\"{model}")) {
                    found.push(format!("{}: {quoted}", source.at(at)));
                }
            }
        }
    }
    assert!(seen >= 10, "models are named at all, but only {seen} were found");
    none(found, "a model that is named in the source is in loom-tests");
}

/// Whether line `at` is inside `if seeded!(…) {`: code that is wrong on purpose, and has no reasons to give.
fn is_planted(source: &Source, at: usize) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = indent(&source.lines[at]);
    let opened =
        source.lines[..at].iter().rev().find(|line| !line.trim().is_empty() && indent(line) < own);
    opened.is_some_and(|line| line.trim().starts_with("if seeded!("))
}

/// Features of `Cargo.toml`, each with the line above it.
fn features() -> Vec<(String, String)> {
    let manifest = manifest();
    let lines: Vec<_> = manifest.lines().collect();
    let start = lines.iter().position(|line| *line == "[features]").unwrap();
    (start + 1..lines.len())
        .take_while(|&at| !lines[at].starts_with('['))
        .filter_map(|at| Some((at, lines[at].split_once(" = ")?.0)))
        .filter(|(_, name)| !name.starts_with('#') && *name != "default")
        .map(|(at, name)| (name.into(), lines[at - 1].into()))
        .collect()
}

#[test]
fn features_are_explained() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let features = features();
    assert!(features.len() >= 4, "{features:?}");
    for (name, above) in features {
        assert!(
            above.starts_with("# "),
            "a comment above `{name}` in Cargo.toml says what it costs"
        );
        assert!(readme.contains(&format!("`{name}`")), "README.md names the feature `{name}`");
    }
}

#[test]
fn library_does_not_print_or_leave_work() {
    let words =
        ["todo!", "unimplemented!", "dbg!", "println!", "print!", "eprintln!", "unreachable!"];
    let calls = [".unwrap()", ".expect("];
    let mut found = Vec::new();
    for source in sources() {
        for (at, code) in source.code() {
            if words.iter().any(|word| code.contains(word))
                || calls.iter().any(|call| code.contains(call))
            {
                found.push(source.at(at));
            }
        }
    }
    none(found, "no printing, no gaps, and nothing that panics for want of a case");
}

#[test]
fn rules_see_what_they_are_for() {
    let source = Source {
        name: "pool/x.rs".into(),
        lines: [
            "// SAFETY: so.",
            "unsafe { a() };",
            "",
            "let b =",
            "    unsafe { b() };",
            "// R0: x",
        ]
        .map(String::from)
        .into(),
    };
    assert_eq!(source.module(), "pool");
    assert!(above(&source, 1).any(|line| comment_of(line).contains("SAFETY:")));
    assert!(!above(&source, 4).any(|line| comment_of(line).contains("SAFETY:")));
    assert!(source.has_comment(5, 3, names_an_edge) && !source.has_comment(4, 3, names_an_edge));
    assert!(names_an_edge(" A0 (Acquire)") && !names_an_edge(" U32 0"));
    assert!(has_word("a Release b", "Release") && !has_word("ReleaseX", "Release"));
    assert_eq!(source.code().count(), 3);
}
