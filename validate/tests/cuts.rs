//! Violations of a text do not depend on the pieces in which it came.
#![cfg(feature = "alloc")]

use forebay_validate::{Engine, Options, Rejected, Report, SchemaBuf, StreamValidator};

/// xorshift64*
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize) % n
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn list(&mut self, one: impl Fn(&mut Self) -> String) -> String {
        let parts: Vec<_> = (0..1 + self.below(3)).map(|_| one(self)).collect();
        parts.join(",")
    }

    fn schema(&mut self, depth: usize) -> String {
        if depth == 0 || self.below(8) == 0 {
            return self
                .pick(&[
                    "true",
                    "false",
                    r#"{"type":"integer"}"#,
                    r#"{"type":["string","null"]}"#,
                    r#"{"enum":["ab","abc","é",1,null]}"#,
                    r#"{"const":"a\"b"}"#,
                    r#"{"type":"string","format":"date"}"#,
                ])
                .into();
        }
        let parts: Vec<_> = (0..1 + self.below(3)).map(|_| self.keyword(depth - 1)).collect();
        let mut names: Vec<&str> = Vec::new();
        let mut members: Vec<&str> = Vec::new();
        for part in &parts {
            let name = &part[..part.find(':').unwrap()];
            if !names.contains(&name) {
                names.push(name);
                members.push(part);
            }
        }
        format!("{{{}}}", members.join(","))
    }

    fn keyword(&mut self, depth: usize) -> String {
        let member = |this: &mut Self| {
            let name = this.pick(&["a", "ab", "abc", "é", "b"]);
            format!("\"{name}\":{}", this.schema(depth))
        };
        match self.below(20) {
            0 => r#""type":"object""#.into(),
            1 => format!("\"minLength\":{}", self.below(4)),
            2 => format!("\"maxLength\":{}", self.below(4)),
            3 => format!(
                "\"pattern\":\"{}\"",
                self.pick(&[
                    "^a", "^[ab]*$", "b$", "^a?é", "^.{2}$", "\\\\bab", "^(?!a)", "^[]", "^(?=.b)a"
                ])
            ),
            4 => r#""enum":["ab","abd","é",2]"#.into(),
            5 | 6 => {
                format!("\"properties\":{{\"x\":{},{}}}", self.schema(depth), self.list(member))
            }
            7 | 8 => "\"additionalProperties\":false".into(),
            9 => format!("\"additionalProperties\":{}", self.schema(depth)),
            10 => format!("\"propertyNames\":{}", self.schema(depth)),
            11 => format!("\"patternProperties\":{{\"^a\":{}}}", self.schema(depth)),
            12 => format!("\"items\":{}", self.schema(depth)),
            13 | 14 => format!("\"anyOf\":[{}]", self.list(|this| this.schema(depth))),
            15 => format!("\"oneOf\":[{}]", self.list(|this| this.schema(depth))),
            16 => format!("\"allOf\":[{}]", self.list(|this| this.schema(depth))),
            17 => format!("\"not\":{}", self.schema(depth)),
            18 => format!(r#""if":{},"then":{}"#, self.schema(depth), self.schema(depth)),
            _ => self
                .pick(&[
                    r#""required":["a"]"#,
                    r#""maxProperties":1"#,
                    r#""maxItems":1"#,
                    r#""uniqueItems":true"#,
                    r#""minimum":3"#,
                    r#""dependentRequired":{"a":["b"]}"#,
                ])
                .into(),
        }
    }

    fn string(&mut self) -> String {
        let parts: String = (0..self.below(4))
            .map(|_| self.pick(&["a", "b", "ab", "é", "c", "\\u0061", "\\\"", "🐲"]))
            .collect();
        format!("\"{parts}\"")
    }

    fn text(&mut self, depth: usize) -> String {
        let gap = self.pick(&["", "", " "]);
        match self.below(if depth == 0 { 5 } else { 8 }) {
            0 => self.pick(&["1", "2", "36", "-1.5e1", "0"]).into(),
            1 => self.pick(&["null", "true", "\"36\"", "\"1/2/2020\""]).into(),
            2..5 => self.string(),
            5 => format!("[{gap}{}]", self.list(|this| this.text(depth - 1))),
            _ => {
                let member = |this: &mut Self| {
                    let name = match this.below(3) {
                        0 => this.string(),
                        _ => this.pick(&["\"a\"", "\"ab\"", "\"abc\"", "\"x\""]).into(),
                    };
                    format!("{name}:{gap}{}", this.text(depth - 1))
                };
                format!("{{{gap}{}}}", self.list(member))
            }
        }
    }
}

/// How a text was rejected, with what is told of that; the bytes that were pushed then.
type Outcome = Result<(), (Rejected, Option<String>, usize)>;

fn outcome<'t>(
    stream: &mut StreamValidator<'_, 1024>,
    pieces: impl Iterator<Item = &'t str>,
) -> Outcome {
    stream.clear();
    let mut result = Ok(());
    let mut pushed = 0;
    for piece in pieces {
        pushed += piece.len();
        result = stream.push(piece);
        if result.is_err() {
            break;
        }
    }
    let by_push = result.is_err();
    let result = result.and_then(|()| stream.finish().map(drop));
    if let Err(Rejected::Invalid { at, .. }) = result {
        // The end of a text is a place as well, once it is known.
        assert!(at < pushed + usize::from(!by_push), "byte {at} of {pushed}");
    }
    let told = stream.violation().map(|violation| format!("{violation:?}"));
    result.map_err(|rejected| (rejected, told, pushed))
}

fn check(schema: &SchemaBuf, text: &str, options: Options, random: &mut Random) -> bool {
    let mut stream = StreamValidator::<1024>::new(schema).with(options);
    let chars = text.char_indices().map(|(at, c)| &text[at..at + c.len_utf8()]);
    let expected = outcome(&mut stream, chars);
    if let Err((Rejected::Invalid { at, .. }, _, pushed)) = expected {
        // Char by char it is the last that came, or the end.
        assert!(at + 1 == pushed || at == text.len(), "byte {at} of {pushed}");
    }
    let strip = |outcome: Outcome| outcome.map_err(|(rejected, told, _)| (rejected, told));
    let expected = strip(expected);
    for _ in 0..4 {
        let mut rest = text;
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            let mut cut = 1 + random.below(rest.len());
            while !rest.is_char_boundary(cut) {
                cut += 1;
            }
            pieces.push(&rest[..cut]);
            rest = &rest[cut..];
        }
        assert_eq!(strip(outcome(&mut stream, pieces.iter().copied())), expected, "{pieces:?}");
    }
    assert_eq!(strip(outcome(&mut stream, [text].into_iter())), expected, "whole");

    // A whole text tells the same, if only the first is asked for.
    let (mut engine, mut report) = (Engine::<32, 256>::new(), Report::<2>::new());
    let whole = engine.validate(schema, &options.stop_at_first(true), text, &mut report);
    match (&expected, whole) {
        (Ok(()), whole) => assert!(whole.is_ok() && report.is_valid()),
        (Err((Rejected::Invalid { .. }, told)), Ok(())) => {
            assert_eq!(Some(format!("{:?}", report.violations()[0])), *told);
        }
        (Err((Rejected::Error(error), _)), Err(whole)) => assert_eq!(*error, whole),
        other => panic!("{other:?}"),
    }
    expected.is_err()
}

#[test]
fn places_do_not_depend_on_the_pieces() {
    let mut rejected = 0;
    let schemas = if cfg!(miri) { 20 } else { 4000 };
    for seed in 1..=schemas {
        let mut random = Random(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed));
        let json = random.schema(3);
        let schema = SchemaBuf::from_json(&json).unwrap_or_else(|error| panic!("{json}: {error}"));
        for coerce in [false, true] {
            for _ in 0..8 {
                let text = random.text(3);
                let options = Options::new().coerce(coerce);
                let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    check(&schema, &text, options, &mut random)
                }));
                match outcome {
                    Ok(invalid) => rejected += usize::from(invalid),
                    Err(_) => panic!("{json} with {text}, coerce {coerce}"),
                }
            }
        }
    }
    assert!(rejected > schemas as usize, "{rejected} rejected");
}

/// Two branches fail at different places, for reasons of different kinds: the later place counts.
#[test]
fn a_place_is_where_the_last_branch_fails() {
    for (json, text, expected) in [
        (
            r#"{"anyOf":[{"type":"object","properties":{"ab":{}},"additionalProperties":false}]}"#,
            r#"{"xyzxyz":1}"#,
            2,
        ),
        (r#"{"anyOf":[{"enum":["ab"]},{"pattern":"^abcd"}]}"#, r#""abcx""#, 4),
        (r#"{"anyOf":[{"pattern":"^x"},{"enum":["abcd"]}]}"#, r#""abxx""#, 3),
        (r#"{"anyOf":[{"maxLength":4},{"enum":["ab"]}]}"#, r#""abxxx""#, 5),
    ] {
        let schema = SchemaBuf::from_json(json).unwrap();
        let mut stream = StreamValidator::<64>::new(&schema);
        let Err(Rejected::Invalid { at, .. }) = stream.push(text) else { panic!("{json}") };
        assert_eq!(at, expected, "{json}");
        assert!(check(&schema, text, Options::new(), &mut Random(1)), "{json}");
    }
}
