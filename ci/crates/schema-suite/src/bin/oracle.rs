//! Holds random texts against random schemas, and the verdicts against those of the `jsonschema` crate.
//!
//!     oracle [SCHEMAS [SEED]]
//!
//! Each schema is made of all keywords that both know, with few names, strings and numbers, so that texts hit what it
//! asks for, in each of the five drafts, some with dynamic references between resources; each text is tried collecting all
//! violations, stopping at the first, and as a stream cut anywhere. Any verdict that is not the same is printed, and is a
//! failure.
//!
//! What is left out, since the two differ by intention: keys that stand twice (forebay holds each of them against the
//! schema, serde_json drops all but the last), numbers that an `f64` does not hold exactly (forebay compares them
//! exactly), `$recursiveRef` between resources (the other and Python's `jsonschema` do not agree, forebay does with the
//! latter), `format` and finer points of patterns (the suite has those), and schemas that refer to themselves for
//! the same value (forebay says so where no verdict falls, the other overflows its stack).

use forebay::validate::{Draft, Options, Rejected, SchemaBuf, StreamValidator, Validator};
use std::env;
use std::fmt::Write;

/// xorshift64*: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Below `n`.
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize) % n
    }

    /// Once in `n` times.
    fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const NAMES: &[&str] = &["a", "b", "c", "ab"];
const STRINGS: &[&str] = &["", "a", "b", "ab", "aa", "abc", "é", "🐲a", "a\u{7f}"];
const NUMBERS: &[&str] =
    &["0", "1", "2", "3", "-1", "0.5", "1.5", "1.0", "20e-1", "3E0", "-0", "1e2", "0.0"];
const TYPES: &[&str] = &["null", "boolean", "integer", "number", "string", "array", "object"];
const PATTERNS: &[&str] = &[
    "^a",
    "b$",
    "^[ab]*$",
    "a|b",
    "^$",
    "^.$",
    "^a{1,2}$",
    "[^a]",
    "^(a|ab)c?$",
    "a.*b",
    "^\\\\S+$",
    "(?:ab)+",
];

/// How a schema is made.
struct Maker {
    random: Random,
    draft: Draft,
    /// Whether the root and the definitions are resources, with anchors for dynamic references.
    named: bool,
    /// Whether each keyword can only let more texts pass if more pass its schemas.
    monotone: bool,
}

impl Maker {
    /// Whether the draft is this one or a newer one.
    fn since(&self, draft: Draft) -> bool {
        self.draft >= draft
    }

    fn number(&mut self) -> &'static str {
        match self.random.pick(NUMBERS) {
            // serde_json has a float for it, which is no integer of draft 4.
            "-0" if !self.since(Draft::Draft6) => "0",
            number => number,
        }
    }

    fn count(&mut self) -> String {
        let count = self.random.below(4);
        if self.random.once_in(8) && self.since(Draft::Draft6) {
            format!("{count}.0")
        } else {
            count.to_string()
        }
    }

    /// A string of JSON, now and then with an escape where none is needed.
    fn string(&mut self, text: &str) -> String {
        let mut out = String::from("\"");
        for c in text.chars() {
            if self.random.once_in(6) {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    write!(out, "\\u{unit:04x}").unwrap();
                }
            } else {
                out.push(c);
            }
        }
        out + "\""
    }

    fn gap(&mut self) -> &'static str {
        self.random.pick(&["", "", "", " ", "\n\t"])
    }

    /// Something between brackets, in any order of what `parts` is.
    fn between(&mut self, open: char, parts: &[String], close: char) -> String {
        let mut out = String::from(open);
        for (i, part) in parts.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(out, "{}{comma}{}{part}", self.gap(), self.gap()).unwrap();
        }
        out + self.gap() + &close.to_string()
    }

    fn value(&mut self, depth: usize) -> String {
        match self.random.below(if depth == 0 { 5 } else { 9 }) {
            0 => self.random.pick(&["null", "true", "false"]).into(),
            1 | 2 => self.number().into(),
            3 | 4 => {
                let text = self.random.pick(STRINGS);
                self.string(text)
            }
            5 | 6 => {
                let items: Vec<_> =
                    (0..self.random.below(5)).map(|_| self.value(depth - 1)).collect();
                self.between('[', &items, ']')
            }
            _ => {
                let mut names = NAMES.to_vec();
                let members: Vec<_> = (0..self.random.below(5))
                    .map(|_| {
                        let name = names.swap_remove(self.random.below(names.len()));
                        format!(
                            "{}{}:{}{}",
                            self.string(name),
                            self.gap(),
                            self.gap(),
                            self.value(depth - 1)
                        )
                    })
                    .collect();
                self.between('{', &members, '}')
            }
        }
    }

    fn schemas(&mut self, depth: usize, first: usize) -> String {
        let schemas: Vec<_> =
            (0..1 + self.random.below(3)).map(|_| self.schema(depth, first)).collect();
        self.between('[', &schemas, ']')
    }

    fn names(&mut self, mut value: impl FnMut(&mut Self) -> String) -> String {
        let mut names = NAMES.to_vec();
        let members: Vec<_> = (0..1 + self.random.below(3))
            .map(|_| {
                let name = names.swap_remove(self.random.below(names.len()));
                format!("{}: {}", self.string(name), value(self))
            })
            .collect();
        self.between('{', &members, '}')
    }

    fn name_list(&mut self) -> String {
        let mut names = NAMES.to_vec();
        // Draft 4 wants one at least.
        let least = usize::from(!self.since(Draft::Draft6));
        let list: Vec<_> = (0..least + self.random.below(3))
            .map(|_| {
                let name = names.swap_remove(self.random.below(names.len()));
                self.string(name)
            })
            .collect();
        self.between('[', &list, ']')
    }

    /// A schema that may refer to the definitions from `first` for the same value, and to any for parts of it.
    fn schema(&mut self, depth: usize, first: usize) -> String {
        if depth == 0 || self.random.once_in(9) {
            return match self.random.below(7) {
                // Draft 4 has no other schemas than objects.
                0 if self.since(Draft::Draft6) => "true".into(),
                1 if self.since(Draft::Draft6) => "false".into(),
                1 => "{\"not\": {}}".into(),
                0 | 2 => "{}".into(),
                3 => format!("{{\"type\": \"{}\"}}", self.random.pick(TYPES)),
                4 => format!("{{\"const\": {}}}", self.value(1)),
                _ if first < DEFINITIONS => self.reference(first),
                _ => format!(
                    "{{\"type\": [\"{}\", \"{}\"]}}",
                    self.random.pick(&TYPES[..3]),
                    self.random.pick(&TYPES[3..])
                ),
            };
        }
        let mut keywords: Vec<(&str, String)> = Vec::new();
        for _ in 0..1 + self.random.below(4) {
            let keyword = self.keyword(depth - 1, first);
            if !keywords.iter().any(|(name, _)| *name == keyword.0) {
                keywords.push(keyword);
            }
            // What says nothing alone.
            if keyword_is(&keywords, "if") {
                for name in ["then", "else"] {
                    if !keyword_is(&keywords, name) && self.random.below(3) > 0 {
                        let schema = self.schema(depth - 1, first);
                        let at = self.random.below(keywords.len() + 1);
                        keywords.insert(at, (name, schema));
                    }
                }
            }
        }
        for (name, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
            let old = !self.since(Draft::Draft6) && keyword_is(&keywords, name);
            if old && !keyword_is(&keywords, bound) {
                keywords.push((bound, self.number().into()));
            }
        }
        let parts: Vec<_> =
            keywords.into_iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
        self.between('{', &parts, '}')
    }

    fn reference(&mut self, first: usize) -> String {
        format!("{{\"$ref\": {}}}", self.target(first))
    }

    fn target(&mut self, first: usize) -> String {
        let at = first + self.random.below(DEFINITIONS - first);
        if self.named {
            return format!("\"d{at}\"");
        }
        format!(
            "\"#/{}/d{at}\"",
            if self.since(Draft::Draft2019_09) { "$defs" } else { "definitions" }
        )
    }

    /// A schema for a part of the value: it may refer to anything.
    fn part(&mut self, depth: usize) -> String {
        match self.random.below(if self.named { 8 } else { 12 }) {
            0 if self.named => "{\"$dynamicRef\": \"#n\"}".into(),
            1 => "{\"$ref\": \"#\"}".into(),
            _ => self.schema(depth, 0),
        }
    }

    fn keyword(&mut self, depth: usize, first: usize) -> (&'static str, String) {
        loop {
            return match self.random.below(41) {
                0 | 1 => ("type", format!("\"{}\"", self.random.pick(TYPES))),
                2 => (
                    "type",
                    format!(
                        "[\"{}\", \"{}\"]",
                        self.random.pick(&TYPES[..4]),
                        self.random.pick(&TYPES[4..])
                    ),
                ),
                3 => {
                    // Older drafts want them to differ.
                    let more = if self.since(Draft::Draft7) { self.random.below(4) } else { 0 };
                    let values: Vec<_> = (0..1 + more).map(|_| self.value(2)).collect();
                    ("enum", self.between('[', &values, ']'))
                }
                4 => ("const", self.value(2)),
                5 => ("minimum", self.number().into()),
                6 => ("maximum", self.number().into()),
                7 if !self.since(Draft::Draft6) => (
                    self.random.pick(&["exclusiveMinimum", "exclusiveMaximum"]),
                    self.random.pick(&["true", "false"]).into(),
                ),
                7 => (
                    self.random.pick(&["exclusiveMinimum", "exclusiveMaximum"]),
                    self.number().into(),
                ),
                8 => ("multipleOf", self.random.pick(&["1", "2", "0.5", "1.5", "3", "1.0"]).into()),
                9 => ("minLength", self.count()),
                10 => ("maxLength", self.count()),
                11 => ("pattern", format!("\"{}\"", self.random.pick(PATTERNS))),
                12 => ("minItems", self.count()),
                13 => ("maxItems", self.count()),
                14 | 15 => ("uniqueItems", self.random.pick(&["true", "true", "false"]).into()),
                16 => ("items", self.part(depth)),
                17 if !self.since(Draft::Draft2020_12) => ("items", self.parts(depth)),
                17 => ("prefixItems", self.parts(depth)),
                18 if !self.since(Draft::Draft2020_12) => ("additionalItems", self.part(depth)),
                18 => ("minContains", self.count()),
                19 => {
                    self.monotone = false;
                    if !self.since(Draft::Draft2019_09) {
                        continue;
                    }
                    ("maxContains", self.count())
                }
                20 | 21 => ("contains", self.part(depth)),
                22 => ("minProperties", self.count()),
                23 => ("maxProperties", self.count()),
                24 => ("required", self.name_list()),
                25 | 26 => ("properties", self.names(|this| this.part(depth))),
                27 => {
                    let pattern = self.random.pick(PATTERNS);
                    ("patternProperties", format!("{{\"{pattern}\": {}}}", self.part(depth)))
                }
                28 => ("additionalProperties", self.part(depth)),
                29 => ("propertyNames", self.schema(depth, first)),
                30 if !self.since(Draft::Draft2019_09) => {
                    let dependencies = self.names(|this| match this.random.below(2) {
                        0 => this.name_list(),
                        _ => this.schema(depth, first),
                    });
                    ("dependencies", dependencies)
                }
                30 if self.random.once_in(2) => ("dependentRequired", self.names(Self::name_list)),
                30 => ("dependentSchemas", self.names(|this| this.schema(depth, first))),
                31 => ("allOf", self.schemas(depth, first)),
                32 | 33 => ("anyOf", self.schemas(depth, first)),
                34 => {
                    self.monotone = false;
                    ("oneOf", self.schemas(depth, first))
                }
                35 => {
                    self.monotone = false;
                    ("not", self.schema(depth, first))
                }
                36 => {
                    self.monotone = false;
                    ("if", self.schema(depth, first))
                }
                37 | 38 if first < DEFINITIONS => ("$ref", self.target(first)),
                39 | 40 if self.since(Draft::Draft2019_09) => {
                    self.monotone = false;
                    let name = self.random.pick(&["unevaluatedProperties", "unevaluatedItems"]);
                    (name, self.part(depth))
                }
                _ => continue,
            };
        }
    }

    fn parts(&mut self, depth: usize) -> String {
        let schemas: Vec<_> = (0..1 + self.random.below(3)).map(|_| self.part(depth)).collect();
        self.between('[', &schemas, ']')
    }

    /// A resource, whose schemas are that, one for parts of the value by a dynamic reference, and maybe the definitions from
    /// `first` on.
    fn resource(&mut self, schema: &str, name: &str, first: usize) -> String {
        let anchor = if self.random.once_in(3) { "$anchor" } else { "$dynamicAnchor" };
        let reference = "{\"$dynamicRef\": \"#n\"}";
        let parts = match self.random.below(3) {
            0 => "true".into(),
            1 => format!("{{\"properties\": {{\"a\": {reference}}}}}"),
            _ => format!("{{\"items\": {reference}, \"additionalProperties\": {reference}}}"),
        };
        let other = if first < DEFINITIONS && self.random.once_in(2) {
            self.reference(first)
        } else {
            "true".into()
        };
        format!(
            "{{\"$id\": \"https://a/{name}\", \"{anchor}\": \"n\", \"allOf\": [{schema}, {parts}, {other}]}}"
        )
    }

    fn whole(&mut self) -> String {
        self.named = self.since(Draft::Draft2020_12) && self.random.once_in(2);
        let depth = 1 + self.random.below(4);
        let mut root = self.schema(depth, 0);
        if self.named {
            root = self.resource(&root, "root", 0);
        }
        if !root.starts_with('{') {
            return root;
        }
        root.pop();
        let comma = if root[1..].trim().is_empty() { "" } else { ", " };
        let definitions: Vec<_> = (0..DEFINITIONS)
            .map(|i| {
                let depth = 1 + self.random.below(2);
                let mut schema = self.schema(depth, i + 1);
                if self.named {
                    schema = self.resource(&schema, &format!("d{i}"), i + 1);
                }
                format!("\"d{i}\": {schema}")
            })
            .collect();
        let name = if self.since(Draft::Draft2019_09) { "$defs" } else { "definitions" };
        format!("{root}{comma}\"{name}\": {{{}}}}}", definitions.join(", "))
    }
}

fn keyword_is(keywords: &[(&str, String)], name: &str) -> bool {
    keywords.iter().any(|(known, _)| *known == name)
}

/// Ours and the other's.
const DRAFTS: [(Draft, jsonschema::Draft); 5] = [
    (Draft::Draft4, jsonschema::Draft::Draft4),
    (Draft::Draft6, jsonschema::Draft::Draft6),
    (Draft::Draft7, jsonschema::Draft::Draft7),
    (Draft::Draft2019_09, jsonschema::Draft::Draft201909),
    (Draft::Draft2020_12, jsonschema::Draft::Draft202012),
];

const DEFINITIONS: usize = 3;
/// Texts for each schema.
const TEXTS: usize = 40;

fn main() {
    let mut args =
        env::args().skip(1).map(|arg| arg.parse::<u64>().expect("oracle [SCHEMAS [SEED]]"));
    let schemas = args.next().unwrap_or(5000);
    let seed = args.next().unwrap_or(1);
    let (mut cases, mut valid, mut wrong) = (0_u64, 0_u64, 0_u64);
    for i in 0..schemas {
        let random = Random::new(seed << 32 | i);
        let (draft, other) = DRAFTS[i as usize % DRAFTS.len()];
        let mut maker = Maker { random, draft, named: false, monotone: true };
        let text = maker.whole();
        let schema: serde_json::Value = serde_json::from_str(&text).expect("the maker makes JSON");
        let oracle = jsonschema::options().with_draft(other).build(&schema);
        let oracle =
            oracle.unwrap_or_else(|error| panic!("the maker makes schemas: {error}\n{text}"));
        let schema = match SchemaBuf::from_json_with(&text, draft) {
            Ok(schema) => schema,
            Err(error) => {
                wrong += 1;
                println!("schema {i} is refused: {error}\n    {text}");
                continue;
            }
        };
        for _ in 0..TEXTS {
            let depth = maker.random.below(4);
            let json = maker.value(depth);
            let value: serde_json::Value =
                serde_json::from_str(&json).expect("the maker makes JSON");
            let expected = oracle.is_valid(&value);
            cases += 1;
            valid += u64::from(expected);
            if let Err(what) = check(&schema, &json, expected, &mut maker) {
                wrong += 1;
                println!(
                    "schema {i}, {draft:?}: {what}; the other says {expected}\n    {text}\n    {json}"
                );
            }
        }
    }
    println!("{cases} cases, {valid} of them valid; {wrong} disagreements");
    std::process::exit(i32::from(wrong != 0));
}

fn check(schema: &SchemaBuf, json: &str, expected: bool, maker: &mut Maker) -> Result<(), String> {
    type All = Validator<1, 8, 32, 4096>;
    static ALL: All = Validator::new();
    static FIRST: All = Validator::new().with(Options::new().stop_at_first(true));
    static LENIENT: All = Validator::new().with(Options::new().coerce(true));

    for (name, validator) in [("all", &ALL), ("first", &FIRST)] {
        let report =
            validator.validate(schema, json).map_err(|error| format!("{name}: {error}"))?;
        if report.is_valid() != expected || report.violations().is_empty() != expected {
            return Err(format!("{name}: {report}"));
        }
    }
    // What is coerced fits more, so a schema that fits more for it is fit by all that fitted before.
    if maker.monotone && expected {
        let report =
            LENIENT.validate(schema, json).map_err(|error| format!("coercing: {error}"))?;
        if !report.is_valid() {
            return Err(format!("coercing: {report}"));
        }
    }
    let mut stream = StreamValidator::<4096, 32, 4096>::new(schema);
    for chars in [false, true] {
        stream.clear();
        let mut rest = json;
        let verdict = loop {
            let cut = if chars { 1 } else { maker.random.below(json.len() + 1) };
            let cut = (cut.min(rest.len())..=rest.len())
                .find(|&cut| rest.is_char_boundary(cut))
                .unwrap_or(0);
            let (piece, behind) = rest.split_at(cut);
            if let Err(rejected) = stream.push(piece) {
                break Err(rejected);
            }
            if behind.is_empty() {
                break stream.finish().map(drop);
            }
            rest = behind;
        };
        match verdict {
            Ok(()) if expected => {}
            Err(Rejected::Invalid { .. }) if !expected => {}
            other => return Err(format!("as a stream: {other:?}")),
        }
    }
    Ok(())
}
