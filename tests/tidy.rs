//! House rules that the compiler does not know, held from the source text.
#![cfg(not(miri))] // Reads files.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of the crate `forebay-validate`, which a published package of forebay does not hold.
fn validator() -> Option<PathBuf> {
    let folder = root().join("validate");
    assert!(folder.exists() || common::is_published_package(), "the validator is there");
    folder.exists().then_some(folder)
}

/// The manifest as it was written. In a published package cargo keeps it beside the one that it rewrites without comments.
fn manifest() -> String {
    let name = if common::is_published_package() { "Cargo.toml.orig" } else { "Cargo.toml" };
    fs::read_to_string(root().join(name)).unwrap()
}

/// A file of `src`, by lines.
struct Source {
    /// `src` or `validate/src`.
    folder: &'static str,
    /// Within it, as `pool/lease.rs`.
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
        format!("{}/{}:{}: {}", self.folder, self.name, line + 1, self.lines[line].trim())
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
    sources_in("src")
}

/// Of both crates.
fn all_sources() -> Vec<Source> {
    let mut all = sources();
    all.extend(validator().iter().flat_map(|_| sources_in("validate/src")));
    all
}

fn sources_in(folder: &'static str) -> Vec<Source> {
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
    let top = root().join(folder);
    let mut paths = Vec::new();
    collect(&top, &mut paths);
    paths.sort();
    assert!(paths.len() > 15, "the sources are there");
    let read = |path: &PathBuf| Source {
        folder,
        name: path.strip_prefix(&top).unwrap().to_str().unwrap().replace('\\', "/"),
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
    for source in all_sources().iter().filter(|source| !facade.contains(&source.name)) {
        for (at, code) in source.code() {
            if names.iter().any(|name| code.contains(name)) {
                found.push(source.at(at));
            }
        }
    }
    none(found, "only six files of src/sync name atomics, cells and model checkers");
}

#[test]
fn unsafe_code_is_where_the_design_says() {
    let (rooms, mut found) = (rooms(), Vec::new());
    for source in sources() {
        let stem = source.name.trim_end_matches(".rs").rsplit('/').next().unwrap();
        let room = rooms.iter().find(|room| room.name == source.module()).unwrap();
        let may = room.has_unsafe == "yes" || room.has_unsafe == format!("`{stem}`");
        for (at, code) in source.code() {
            let names_it = has_word(code, "unsafe") || code.contains("allow(unsafe_code)");
            if names_it && !may {
                found.push(source.at(at));
            }
        }
    }
    none(found, "unsafe code is in the rooms that src/guide/design.md names");
    let many = rooms.iter().filter(|room| room.has_unsafe != "no").count();
    assert_eq!(many, 5, "rooms with unsafe code");
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

/// A row of the table of rooms in `src/guide/design.md`.
struct Room {
    name: String,
    /// `yes`, `no`, or the file that has it.
    has_unsafe: String,
}

fn design() -> String {
    fs::read_to_string(root().join("src/guide/design.md")).unwrap()
}

/// The rooms of `src`, from the ground up.
fn rooms() -> Vec<Room> {
    let page = design();
    let rows = page.lines().skip_while(|line| !line.starts_with("| room |")).skip(2);
    let rooms: Vec<_> = rows
        .map_while(|line| line.strip_prefix("| `")?.strip_suffix(" |"))
        .map(|row| Room {
            name: row.split('`').next().unwrap().into(),
            has_unsafe: row.rsplit(" | ").next().unwrap().into(),
        })
        .collect();
    assert!(rooms.len() > 10, "the table of rooms was read");
    rooms
}

/// The room that an absolute path in `crate` leads to; the names that `lib.rs` exports stand in none of the others.
fn room_of(path: &str, rooms: &[Room]) -> usize {
    let first = path.split(|c| !is_word(c)).next().unwrap();
    let at = |name: &str| rooms.iter().position(|room| room.name == name);
    at(first).or_else(|| at("lib")).unwrap()
}

impl Source {
    /// All lines of code, also of unit tests, each with the path of the module that it stands in.
    fn in_modules(&self) -> Vec<(usize, &str, Vec<&str>)> {
        let indent = |line: &str| line.len() - line.trim_start().len();
        let file = self.name.strip_suffix(".rs").unwrap();
        let file: Vec<_> = file.split('/').filter(|part| !["mod", "lib"].contains(part)).collect();
        let mut inside: Vec<(&str, usize)> = Vec::new();
        let mut out = Vec::new();
        for (at, line) in self.lines.iter().enumerate() {
            let code = code_of(line);
            if code == "}" && inside.last().is_some_and(|(_, opened)| *opened == indent(line)) {
                inside.pop();
            }
            if !code.is_empty() {
                let modules = file.iter().copied().chain(inside.iter().map(|(name, _)| *name));
                out.push((at, code, modules.collect()));
            }
            let words: Vec<_> = code.split(|c: char| c != '_' && !c.is_alphanumeric()).collect();
            if let Some(mark) = words.iter().position(|word| *word == "mod") {
                if code.ends_with('{') {
                    inside.push((words[mark + 1], indent(line)));
                }
            }
        }
        out
    }

    /// The rooms that the code names, with the lines where it does. Paths begin with `crate::` or with `super::`, as often as it takes.
    fn uses(&self, rooms: &[Room]) -> Vec<(usize, usize)> {
        let mut out = Vec::new();
        for (at, code, modules) in self.in_modules() {
            for (start, _) in code.match_indices("crate::") {
                out.push((at, room_of(&code[start + "crate::".len()..], rooms)));
            }
            for (start, _) in code.match_indices("super::") {
                let is_first = !code[..start].ends_with("super::");
                let ups = code[start..].split("super::").take_while(|between| between.is_empty());
                let ups = ups.count();
                let rest = &code[start + ups * "super::".len()..];
                if is_first && ups >= modules.len() {
                    out.push((at, room_of(rest, rooms)));
                }
            }
        }
        out
    }
}

/// The lines that name a room which does not stand above their own in the table; and how many name any.
fn upward(sources: &[Source], rooms: &[Room]) -> (Vec<String>, usize) {
    let (mut found, mut seen) = (Vec::new(), 0);
    for source in sources {
        let own = rooms.iter().position(|room| room.name == source.module());
        let own = own.unwrap_or_else(|| panic!("src/{} is in no room", source.name));
        for (at, to) in source.uses(rooms) {
            seen += 1;
            if to > own {
                found.push(source.at(at));
            }
        }
    }
    (found, seen)
}

#[test]
fn imports_point_down() {
    let (found, seen) = upward(&sources(), &rooms());
    assert!(seen > 100, "imports were found at all");
    none(found, "a file uses the rooms that stand above its own in src/guide/design.md");
}

#[test]
fn imports_that_point_up_are_seen() {
    let is_seen = |name: &str, text: &str| {
        let lines = text.lines().map(String::from).collect();
        let source = Source { folder: "src", name: name.into(), lines };
        !upward(&[source], &rooms()).0.is_empty()
    };
    // By each way to name it, also behind a module that ends, and in unit tests.
    for (name, text) in [
        ("pool/lease.rs", "use crate::ring::Ring;"),
        ("pool/lease.rs", "use super::super::ring::Ring;"),
        ("pool/mod.rs", "use super::ring::Ring;"),
        ("pool/mod.rs", "fn f() {\n    super::ring::g();\n}"),
        ("pool/lease.rs", "mod a {\n    use super::b;\n}\nuse super::super::ring::Ring;"),
        ("slot.rs", "use super::free::Free;"),
        ("free/thread.rs", "#[cfg(test)]\nmod tests {\n    use crate::pool::LanePool;\n}"),
        (
            "free/thread.rs",
            "#[cfg(test)]\nmod tests {\n    use super::super::super::pool::LanePool;\n}",
        ),
        ("pool/lease.rs", "use crate::Slab;"),
        ("pool/lease.rs", "use super::super::*;"),
        ("pool/lease.rs", "use crate::{free::Free, ring::Ring};"),
    ] {
        assert!(is_seen(name, text), "{name}: {text}");
    }
    for (name, text) in [
        ("pool/lease.rs", "use crate::free::Free; // crate::ring"),
        ("pool/lease.rs", "use super::super::free::Free;"),
        ("pool/lease.rs", "use super::Pool;\nmod a {\n    use super::super::Pool;\n}"),
        ("guide.rs", "use super::*;"),
    ] {
        assert!(!is_seen(name, text), "{name}: {text}");
    }
    // In a copy of what is there.
    let mut sources = sources();
    let bitmap = sources.iter_mut().find(|source| source.name == "free/bitmap.rs").unwrap();
    bitmap.lines.insert(bitmap.lines.len() - 1, "    use super::super::super::pool::Pool;".into());
    let (found, _) = upward(&sources, &rooms());
    assert!(matches!(&found[..], [only] if only.starts_with("src/free/bitmap.rs:")), "{found:?}");
}

#[test]
fn the_design_names_each_file() {
    let page = design();
    let is_named = |source: &Source| {
        let file = source.name.trim_end_matches(".rs").trim_end_matches("/mod");
        let stem = file.rsplit('/').next().unwrap();
        [format!("`{stem}`"), format!("/{stem}`")].iter().any(|name| page.contains(name))
    };
    let missing = sources().into_iter().filter(|source| !is_named(source));
    none(missing.map(|source| source.name).collect(), "src/guide/design.md has each file of src");
}

/// The names that stand at the root of a crate with this text of `lib.rs`: those that it exports, but for hidden ones.
fn names_at_the_root(text: &str) -> Vec<String> {
    let lines: Vec<_> = text.lines().collect();
    let mut names = Vec::new();
    for (at, _) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("pub use ")) {
        let attributes = lines[..at].iter().rev().take_while(|line| line.starts_with("#["));
        if attributes.clone().any(|line| line.contains("doc(hidden)")) {
            continue;
        }
        let rest: Vec<_> = lines[at..].iter().map(|line| code_of(line)).collect();
        let list = rest.join(" ");
        let list = list["pub use ".len()..].split(';').next().unwrap();
        // `a::` before a list, and nothing behind its end, leave nothing.
        let ends = list.split([',', '{', '}']).map(|path| path.rsplit("::").next().unwrap().trim());
        names.extend(ends.filter(|name| !name.is_empty()).map(String::from));
    }
    names
}

#[test]
fn the_root_has_the_names_for_every_day() {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let names = names_at_the_root(&lib);
    assert!(names.len() > 20 && names.contains(&"Pool".into()), "names were found: {names:?}");
    assert!(names.len() <= 30, "{} names: {names:?}", names.len());
    // By each way to write them.
    let text = "pub use a::B;\npub use {c::{D, E}, f::G}; // H\n#[doc(hidden)]\npub use i::J;\npub mod k {\n    pub use l::M;\n}";
    assert_eq!(names_at_the_root(text), ["B", "D", "E", "G"]);
}

/// The parts of the validator: each uses only those before it.
const PARTS: [&str; 8] = ["json", "pattern", "scalar", "schema", "options", "run", "stream", "lib"];

/// What file of the validator each of its files names in a path, with the line: unit tests included, and `super` and `self`
/// followed.
fn imports(source: &Source, files: &BTreeSet<String>) -> Vec<(usize, String)> {
    let own: Vec<_> = source.name.trim_end_matches(".rs").split('/').collect();
    let own = match own.as_slice() {
        ["lib"] => &[],
        [folder @ .., "mod"] => folder,
        path => path,
    };
    let file_of = |path: &[&str]| {
        let path = path.join("/");
        let names = [format!("{path}.rs"), format!("{path}/mod.rs")];
        let names = if path.is_empty() { ["lib.rs".into(), String::new()] } else { names };
        names.into_iter().find(|name| files.contains(name))
    };
    let mut found = Vec::new();
    // Items of modules that are written within the file have another `super`.
    let (mut inner, mut list): (bool, Option<Vec<String>>) = (false, None);
    for (at, line) in source.lines.iter().enumerate() {
        let code = code_of(line);
        inner |= line.starts_with("mod ") && line.ends_with('{');
        inner &= line != "}";
        let here: Vec<&str> = if inner { [own, &["tests"]].concat() } else { own.to_vec() };
        let mut resolve = |words: &[&str]| {
            let Some((first, rest)) = words.split_first() else { return };
            let mut path = match *first {
                "crate" => Vec::new(),
                "self" => here.clone(),
                "super" => here[..here.len().saturating_sub(1)].to_vec(),
                // A module of one's own, where names are handed on.
                child if file_of(&[&here[..], &[child]].concat()).is_some() => {
                    [&here[..], &[child]].concat()
                }
                _ => return,
            };
            for word in rest {
                match *word {
                    "super" => drop(path.pop()),
                    "self" => {}
                    word if file_of(&[&path[..], &[word]].concat()).is_some() => path.push(word),
                    _ => break,
                }
            }
            while path.len() > own.len() && path[..own.len()] == *own && file_of(&path).is_none() {
                path.pop();
            }
            found.extend(file_of(&path).filter(|to| *to != source.name).map(|to| (at, to)));
        };
        let start = code.trim_start_matches("pub(crate) ").trim_start_matches("pub ");
        if let Some(prefix) = &list {
            let prefix: Vec<_> = prefix.iter().map(String::as_str).collect();
            for name in code.split(|c| !is_word(c)).filter(|name| !name.is_empty()) {
                resolve(&[&prefix[..], &[name]].concat());
            }
            if code.ends_with("};") {
                list = None;
            }
            continue;
        }
        if let Some(path) = start.strip_prefix("use ") {
            let (prefix, names) = path.split_once('{').unwrap_or((path, ""));
            let prefix: Vec<_> = prefix.split(|c| !is_word(c)).filter(|w| !w.is_empty()).collect();
            resolve(&prefix);
            for name in names.split(|c| !is_word(c)).filter(|name| !name.is_empty()) {
                resolve(&[&prefix[..], &[name]].concat());
            }
            if path.contains('{') && !path.contains('}') {
                list = Some(prefix.iter().map(ToString::to_string).collect());
            }
            continue;
        }
        for (start, word) in ["crate::", "super::"].iter().flat_map(|w| code.match_indices(w)) {
            let before = &code[..start];
            if !before.ends_with(is_word) && !before.ends_with(':') {
                let path = &code[start..];
                let end = path.find(|c| !is_word(c) && c != ':').unwrap_or(path.len());
                debug_assert!(path.starts_with(word));
                let words: Vec<_> = path[..end].split("::").filter(|w| !w.is_empty()).collect();
                resolve(&words);
            }
        }
    }
    found
}

#[test]
fn imports_of_the_validator_point_down() {
    if validator().is_none() {
        return println!("skipped: a published package does not hold the validator");
    }
    let sources = sources_in("validate/src");
    let files: BTreeSet<_> = sources.iter().map(|source| source.name.clone()).collect();
    let part = |name: &str| {
        let part = name.split(['/', '.']).next().unwrap();
        PARTS
            .iter()
            .position(|known| *known == part)
            .unwrap_or_else(|| panic!("{name} has no part"))
    };
    let (mut found, mut edges) = (Vec::new(), BTreeMap::<&str, BTreeSet<String>>::new());
    for source in &sources {
        for (at, to) in imports(source, &files) {
            if part(&to) > part(&source.name) {
                found.push(source.at(at));
            }
            edges.entry(&source.name).or_default().insert(to);
        }
    }
    assert!(edges.values().map(BTreeSet::len).sum::<usize>() > 80, "imports were found at all");
    none(found, "a file uses items of its own part, and of those before it");

    // No circles within a part either: files that use none that are left are taken away, again and again.
    let mut left: BTreeSet<_> = files.iter().map(String::as_str).collect();
    loop {
        let free: Vec<_> = left
            .iter()
            .filter(|file| {
                edges.get(*file).is_none_or(|to| !to.iter().any(|to| left.contains(&**to)))
            })
            .copied()
            .collect();
        if free.is_empty() {
            break;
        }
        left.retain(|file| !free.contains(file));
    }
    none(left.into_iter().map(String::from).collect(), "files that use each other, in a circle");
}

/// Where functions start that have more lines than `most`, unit tests included.
fn long_functions(source: &Source, most: usize) -> Vec<usize> {
    let mut long = Vec::new();
    for (at, line) in source.lines.iter().enumerate() {
        let indent = &line[..line.len() - line.trim_start().len()];
        let code = code_of(line);
        let declares = code.split_once("fn ").is_some_and(|(before, name)| {
            before
                .split(' ')
                .all(|word| word.is_empty() || word == "const" || word.starts_with("pub"))
                && name.starts_with(is_word)
        });
        if declares && !code.ends_with(['}', ';']) {
            let end = format!("{indent}}}");
            let len = source.lines[at..].iter().position(|line| *line == end).unwrap_or(0);
            long.extend((len >= most).then_some(at));
        }
    }
    long
}

#[test]
fn functions_of_the_validator_are_short() {
    let sources = validator().map_or_else(Vec::new, |_| sources_in("validate/src"));
    let long = |source: &Source| {
        long_functions(source, 80).into_iter().map(|at| source.at(at)).collect::<Vec<_>>()
    };
    none(sources.iter().flat_map(long).collect(), "no function has more than 80 lines");
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
        // `Release` may be something else where it is not imported; `orderings!` imports it.
        let orderings = ["Acquire", "Release", "AcqRel", "SeqCst"];
        let defines = text.contains("orderings! {");
        let imported: Vec<_> = orderings
            .into_iter()
            .filter(|name| defines || imports.iter().any(|import| has_word(import, name)))
            .collect();
        let mut in_import = false;
        for (at, code) in source.code() {
            in_import |= code.starts_with("use ");
            let names = |name: &&str| {
                has_word(code, name) && !code.contains(&format!("struct {name}"))
                    || code.contains(&format!("Ordering::{name}"))
            };
            // Where `orderings!` gives it a name, and by this name.
            let by_name = code.split("order::").skip(1).any(|name| name.starts_with(is_word))
                && has_word(code, "order");
            let strong = imported.iter().any(names) || by_name;
            if !in_import && strong && !is_planted(source, at) {
                seen += 1;
                if !source.has_comment(at, 3, names_an_edge) {
                    found.push(source.at(at));
                }
            }
            in_import &= !code.ends_with(';');
        }
    }
    assert!(seen > 100, "orderings were found at all, but only {seen}");
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

/// Features of a `Cargo.toml`, each with the line above it.
fn features(manifest: &str) -> Vec<(String, String)> {
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
    let mut crates = vec![(root().to_path_buf(), manifest())];
    crates.extend(validator().map(|folder| {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        (folder, manifest)
    }));
    for (folder, manifest) in crates {
        let readme = fs::read_to_string(folder.join("README.md")).unwrap();
        let features = features(&manifest);
        assert!(features.len() >= 4, "{features:?}");
        for (name, above) in features {
            assert!(
                above.starts_with("# "),
                "a comment above `{name}` in Cargo.toml says what it costs"
            );
            assert!(readme.contains(&format!("`{name}`")), "README.md names the feature `{name}`");
        }
    }
}

#[test]
fn library_does_not_print_or_leave_work() {
    let words =
        ["todo!", "unimplemented!", "dbg!", "println!", "print!", "eprintln!", "unreachable!"];
    let calls = [".unwrap()", ".expect("];
    let mut found = Vec::new();
    for source in all_sources() {
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
        folder: "src",
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

    let lines =
        ["impl A {", "    fn f(", "    ) {", "        0", "    }", "    fn g() {", "    }", "}"];
    let source =
        Source { folder: "src", name: "a.rs".into(), lines: lines.map(String::from).into() };
    assert_eq!((long_functions(&source, 4), long_functions(&source, 3)), (vec![], vec![1]));

    let files = ["lib.rs", "a/mod.rs", "a/b.rs", "a/c.rs", "d.rs"].map(String::from).into();
    let source = Source {
        folder: "validate/src",
        name: "a/b.rs".into(),
        lines: [
            "use super::c::{C, D};",
            "use crate::{",
            "    d::D,",
            "};",
            "use core::fmt;",
            "fn f() { super::c::g(crate::d::h) }",
            "mod tests {",
            "    use super::super::c::C;",
            "    use super::{b, B};",
            "}",
        ]
        .map(String::from)
        .into(),
    };
    let found = imports(&source, &files);
    let expected = [(0, "a/c.rs"), (2, "d.rs"), (5, "d.rs"), (5, "a/c.rs"), (7, "a/c.rs")];
    assert!(expected.iter().all(|(at, to)| found.contains(&(*at, to.to_string()))), "{found:?}");
    assert!(found.iter().all(|(at, to)| *at < 4 || to != "lib.rs"), "{found:?}");
    assert!(found.iter().all(|(at, _)| *at != 4 && *at != 8), "{found:?}");
}
