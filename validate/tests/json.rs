//! What is JSON and what is not, whole and in pieces: held against another parser.
#![cfg(feature = "alloc")]

#[path = "models/json.rs"]
mod model;

mod common;

use common::Validator;
use forebay_validate::{Malformed, Rejected, SchemaBuf, StreamValidator, ValidateError};
use hifijson::SliceLexer;
use hifijson::token::Lex as _;
use model::{DEPTH, Verdict, oracle};

static VALIDATOR: Validator<1, DEPTH> = Validator::new();

type Stream<'s, const BYTES: usize = 4096> = StreamValidator<'s, BYTES, DEPTH>;

fn everything() -> SchemaBuf {
    SchemaBuf::from_json("true").unwrap()
}

fn whole(schema: &SchemaBuf, json: &str) -> Result<(), ValidateError> {
    VALIDATOR.validate(schema, json).map(|report| assert!(report.is_valid(), "{json}: {report}"))
}

fn verdict(outcome: Result<(), ValidateError>) -> Verdict {
    match outcome {
        Ok(()) => Verdict::Json,
        Err(ValidateError::Malformed { .. }) => Verdict::NoJson,
        Err(ValidateError::TooDeep { .. }) => Verdict::TooDeep,
        Err(other) => panic!("{other}"),
    }
}

fn in_pieces<const BYTES: usize>(
    stream: &mut Stream<'_, BYTES>,
    pieces: &[&str],
) -> Result<(), ValidateError> {
    stream.clear();
    let outcome = pieces.iter().try_for_each(|piece| stream.push(piece));
    let late = outcome.is_ok();
    match outcome.and_then(|()| stream.finish().map(drop)) {
        Ok(()) => Ok(()),
        Err(Rejected::Error(error)) => {
            // Nothing but a text that is cut off is found out at the end, and it is found out there only.
            let cut = matches!(error, ValidateError::Malformed { what: Malformed::Truncated, .. });
            assert_eq!(late, cut, "{error}: {pieces:?}");
            Err(error)
        }
        Err(other) => panic!("{other}: {pieces:?}"),
    }
}

/// Whole and cut at every char, the verdict is the other parser's. What it is.
fn check(stream: &mut Stream<'_>, schema: &SchemaBuf, json: &str) -> Verdict {
    let outcome = whole(schema, json);
    assert_eq!(verdict(outcome), oracle(json), "{json:?}");
    for cut in (0..=json.len()).filter(|cut| json.is_char_boundary(*cut)) {
        let (front, rest) = json.split_at(cut);
        assert_eq!(in_pieces(stream, &[front, rest]), outcome, "{json:?} cut at {cut}");
    }
    let chars: Vec<&str> = json.split_inclusive(|_: char| true).collect();
    assert_eq!(in_pieces(stream, &chars), outcome, "{json:?} in chars");
    verdict(outcome)
}

const JSON: &[&str] = &[
    // Scalars.
    "null",
    "true",
    "false",
    "\"\"",
    "0",
    "-0",
    " 1 ",
    "\t1\n",
    "\r\n1\r\n",
    // Numbers.
    "10",
    "-10",
    "1234567890",
    "0.0",
    "-0.0",
    "0.10",
    "1.5",
    "100.001",
    "1e5",
    "1E5",
    "1e+5",
    "1E-5",
    "0e0",
    "0E+00",
    "-0e-0",
    "0.5e10",
    "1e0005",
    "1e99999",
    "-1e-99999",
    "123456789012345678901234567890",
    "0.1234567890123456789012345678901234567890",
    "[0,-0,0.0,1]",
    "[1e1,1]",
    "{\"a\":0}",
    "{\"a\":1.5e3 }",
    // Strings.
    r#""a""#,
    r#""\"\\\/\b\f\n\r\t""#,
    r#""\u0041\u00e9\u00E9\uABCD\uabcd""#,
    r#""\u0000\u001f\u007f""#,
    "\"\u{7f}\"",
    "\"é京🐲\"",
    r#""\ud83d\udc32""#,
    r#""\uD83D\uDC32\uDBFF\uDFFF""#,
    r#""\ud800\udc00x""#,
    r#""\\u0041""#,
    r#""\\ud800""#,
    r#""\\""#,
    r#""\\\"""#,
    "\"//\"",
    "\"/* */\"",
    "\"\u{2028}\u{2029}\"",
    "\"\u{feff}\"",
    "\"\u{ffff}\u{fffe}\u{10ffff}\"",
    "\"\u{80}\u{9f}\"",
    "\"[{]}:,\"",
    r#""\ue000\uffff\ufffe""#,
    r#""\ud7ff""#,
    r#""null""#,
    "\"'\"",
    "\" \"",
    // Arrays.
    "[]",
    "[ ]",
    "[\n]",
    "[[]]",
    "[[],[]]",
    "[null]",
    "[1,2]",
    "[1 , 2]",
    "[1,\"a\",null,true,false,{},[]]",
    " [ 1 ] ",
    "[\"\"]",
    "[[[[[[[[[[1]]]]]]]]]]",
    "[-1,-2]",
    "[true,false,null]",
    // Objects.
    "{}",
    "{ }",
    "{\"a\":1}",
    "{ \"a\" : 1 }",
    "{\"a\":1,\"a\":2}",
    "{\"\":0}",
    r#"{"\u0061":1,"a":2}"#,
    r#"{"\"":1}"#,
    r#"{"\ud83d\udc32":{}}"#,
    "{\"a\":{\"b\":{\"c\":[]}}}",
    "{\"a\":[],\"b\":{},\"c\":\"\"}",
    "{\"a\":\n1\n,\n\"b\":2}",
    "{\"🐲\":\"🐲\"}",
    r#"{"__proto__":null}"#,
    r#"[{"a":1},{"b":[{}]}]"#,
];

const NO_JSON: &[&str] = &[
    // Nothing, or space.
    "",
    " ",
    "\n",
    "\t\t",
    // Other space than JSON's.
    "\u{b}1",
    "\u{c}1",
    "\u{a0}1",
    "1\u{85}",
    "[\u{2028}]",
    "\u{3000}1",
    "[\u{feff}]",
    "\u{feff}1",
    "\u{feff}",
    "1\u{feff}",
    // Literals.
    "nul",
    "nulll",
    "Null",
    "NULL",
    "tru",
    "TRUE",
    "True",
    "truee",
    "fals",
    "falsey",
    "nil",
    "undefined",
    "None",
    "t",
    "f",
    "n",
    "nan",
    "NaN",
    "-NaN",
    "Infinity",
    "-Infinity",
    "inf",
    "true false",
    "nullnull",
    "[truefalse]",
    "[nul]",
    "tr ue",
    "n\u{0}ull",
    // Numbers.
    "-",
    "+",
    "+1",
    "--1",
    "-+1",
    "01",
    "-01",
    "00",
    "007",
    ".5",
    "-.5",
    "1.",
    "-1.",
    "1.e5",
    "1..5",
    "1.5.5",
    "1e",
    "1E",
    "1e+",
    "1e-",
    "1e1.5",
    "1e5e5",
    "1ee5",
    "1e+-5",
    "0x1F",
    "0b1",
    "0o7",
    "1_000",
    "1 000",
    "1,000",
    "1a",
    "1f",
    "1L",
    "- 1",
    "1/2",
    "0.",
    "0e",
    "1e5 e",
    "[1.]",
    "[-]",
    "[01]",
    "[1e]",
    "[.5]",
    "[+1]",
    "{\"a\":-}",
    "１",
    "-１",
    "1\u{0}",
    "٣",
    "∞",
    "2.e+3",
    "[1 2]",
    "0 0",
    "-0-0",
    "1-1",
    "1+1",
    // Strings.
    "\"",
    "\"a",
    "\"\\\"",
    "\"\\",
    "\"\\u",
    "\"\\u0",
    "\"\\u004",
    "\"\\u00",
    "\"\\u004\"",
    "\"\\x41\"",
    "\"\\a\"",
    "\"\\v\"",
    "\"\\0\"",
    "\"\\'\"",
    "\"\\U0041\"",
    "\"\\u{41}\"",
    "\"\\u004g\"",
    "\"\\u+041\"",
    "\"\\u 041\"",
    "\"\\\n\"",
    "\"\\é\"",
    "\"\\🐲\"",
    "\"\t\"",
    "\"\n\"",
    "\"\r\"",
    "\"\u{0}\"",
    "\"\u{1f}\"",
    "\"\u{8}\"",
    "'a'",
    "`a`",
    "\"a'",
    "a",
    "\"a\"b",
    "\"a\" \"b\"",
    "“a”",
    "\"a\"\"",
    "\\\"a\"",
    "\"\\u00é\"",
    "\"\\uＡBCD\"",
    // Arrays.
    "[",
    "]",
    "[[",
    "[1",
    "[1,",
    "[,",
    "[,]",
    "[1,]",
    "[,1]",
    "[1,,2]",
    "[1;2]",
    "[1:2]",
    "[}",
    "[1}",
    "[1]]",
    "[]]",
    "[][]",
    "[1",
    "[\"a\"",
    "[\"a",
    "[1,\n",
    "[a]",
    "[1 null]",
    "[\"a\" 1]",
    "[]1",
    "[1], ",
    "[*]",
    "[\u{0}]",
    "(1)",
    "[1]\u{0}",
    // Objects.
    "{",
    "}",
    "{]",
    "{,",
    "{,}",
    "{1",
    "{1:1}",
    "{a:1}",
    "{'a':1}",
    "{\"a\"",
    "{\"a\"}",
    "{\"a\":",
    "{\"a\":}",
    "{\"a\":1",
    "{\"a\":1,",
    "{\"a\":1,}",
    "{\"a\" 1}",
    "{\"a\",1}",
    "{\"a\":1 \"b\":2}",
    "{\"a\":1;\"b\":2}",
    "{\"a\"::1}",
    "{\"a\":1:2}",
    "{:1}",
    "{null:1}",
    "{\"a\":1,,\"b\":2}",
    "{,\"a\":1}",
    "{\"a\":1}}",
    "{\"a\":1]",
    "{[]:1}",
    "{{}:1}",
    "{\"a\":1}x",
    "{\"a\"=1}",
    "{\"a\" => 1}",
    "{\"a\":1} {}",
    "{\"a\n\":1}",
    "{\"\\x\":1}",
    "{\"\\u12\":1}",
    "{\"a\":'b'}",
    "{\"a\":b}",
    "{\"a\":\"b}",
    "{\"a: 1}",
    "{true}",
    "{\"a\":[}",
    "{\"a\":{]",
    // More than JSON.
    "// a\n1",
    "1 // a",
    "/* a */ 1",
    "[1 /* a */]",
    "# a\n1",
    "<a>",
    "1;",
    "1,",
    ",",
    ":",
    "\\",
    "/",
    "{\"a\":1}#",
    "1 1",
    "{}{}",
    "true,",
    "\u{0}",
    "\u{7f}",
    "é",
    "🐲",
    "@",
    "[1,2",
    "data: 1",
    "({})",
    "{} 1",
    "[undefined]",
    "[NaN]",
    "[Infinity]",
    "[-Infinity]",
    "{\"a\":undefined}",
    "\u{1b}[0m",
];

#[test]
fn what_is_json_is_taken() {
    let schema = everything();
    let mut stream = <Stream>::new(&schema);
    for json in JSON {
        assert_eq!(check(&mut stream, &schema, json), Verdict::Json, "{json:?}");
    }
}

#[test]
fn what_is_none_is_refused() {
    let schema = everything();
    let mut stream = <Stream>::new(&schema);
    for json in NO_JSON {
        assert_eq!(check(&mut stream, &schema, json), Verdict::NoJson, "{json:?}");
    }
}

/// Each text cut off at every char, and with every ASCII char put behind, before and into it.
#[test]
#[cfg_attr(miri, ignore = "50,000 texts")]
fn all_prefixes_and_one_char_more() {
    let schema = everything();
    let mut stream = <Stream>::new(&schema);
    let mut texts = 0;
    for json in JSON {
        for cut in (0..json.len()).filter(|cut| json.is_char_boundary(*cut)) {
            check(&mut stream, &schema, &json[..cut]);
            for byte in 0..128 {
                let changed = format!("{}{}{}", &json[..cut], char::from(byte), &json[cut..]);
                assert_eq!(verdict(whole(&schema, &changed)), oracle(&changed), "{changed:?}");
                texts += 1;
            }
        }
        check(&mut stream, &schema, &format!("{json} "));
        check(&mut stream, &schema, &format!("{json}\0"));
        check(&mut stream, &schema, &format!("{json}{json}"));
        check(&mut stream, &schema, &format!("[{json}"));
    }
    assert!(texts > 50_000, "{texts}");
}

/// Here the two differ, and each says so.
#[test]
fn halves_of_surrogate_pairs_are_refused() {
    let schema = everything();
    let mut stream = <Stream>::new(&schema);
    for (json, at) in [
        (r#""\ud800""#, 7),
        (r#""\uDC00""#, 6),
        (r#""\udfffa""#, 6),
        (r#""\ud800a""#, 7),
        (r#""\ud800\n""#, 8),
        (r#""\ud800\ud800""#, 12),
        (r#""\ud800\u0041""#, 12),
        (r#""\udc00\ud800""#, 6),
        (r#""\udbff\ue000""#, 12),
        (r#"{"\ud800":1}"#, 8),
        (r#"["a\uDFFF"]"#, 8),
    ] {
        let passed_over = SliceLexer::new(json.as_bytes())
            .exactly_one(SliceLexer::ws_peek, hifijson::ignore::parse);
        assert_eq!(passed_over, Ok(()), "{json}");
        assert_eq!(check(&mut stream, &schema, json), Verdict::NoJson, "{json}");
        let error = ValidateError::Malformed { at, what: Malformed::Surrogate };
        assert_eq!(whole(&schema, json), Err(error), "{json}");
    }
    // Cut off within a pair it is cut off, and no more.
    for json in [r#""\ud800"#, r#""\ud800\"#, r#""\ud800\u"#, r#""\ud800\udc0"#] {
        let error = ValidateError::Malformed { at: json.len(), what: Malformed::Truncated };
        assert_eq!(whole(&schema, json), Err(error), "{json}");
    }
}

#[test]
#[cfg_attr(miri, ignore = "a megabyte of brackets")]
fn depth() {
    let schema = everything();
    let mut stream = <Stream>::new(&schema);
    for depth in [1, 2, 31, 32, 33, 127, 128, 129, 200] {
        let expected = if depth > DEPTH { Verdict::TooDeep } else { Verdict::Json };
        let arrays = "[".repeat(depth) + &"]".repeat(depth);
        let objects = "{\"a\":".repeat(depth - 1) + "{" + &"}".repeat(depth);
        let mixed = "[{\"a\":".repeat(depth / 2) + "[" + "]" + &"}]".repeat(depth / 2);
        assert_eq!(check(&mut stream, &schema, &arrays), expected, "{depth}");
        assert_eq!(check(&mut stream, &schema, &objects), expected, "{depth}");
        check(&mut stream, &schema, &mixed);
        // Which bracket it is must be known at every depth.
        for at in depth.saturating_sub(3)..depth.min(DEPTH) {
            let mut wrong = arrays.clone();
            wrong.replace_range(depth + at..=depth + at, "}");
            assert_eq!(
                check(&mut stream, &schema, &wrong),
                if depth > DEPTH { expected } else { Verdict::NoJson }
            );
        }
        // Next to each other they are no deeper.
        if depth <= DEPTH {
            let inner = &arrays[1..arrays.len() - 1];
            let many = if depth == 1 { "[]".into() } else { format!("[{inner},{inner},{inner}]") };
            assert_eq!(check(&mut stream, &schema, &many), Verdict::Json);
        }
    }
    for open in ["[", "{\"\":", "[{\"a\":[[", "[[],", "{\"a\":{},\"b\":"] {
        let outcome = whole(&schema, &open.repeat(1_000_000 / open.len()));
        assert!(matches!(outcome, Err(ValidateError::TooDeep { .. })), "{open}: {outcome:?}");
    }
}

/// On a stack that has room for a stream of 2 MB.
fn with_large_stream(f: impl FnOnce(&SchemaBuf, &mut Stream<'_, 2_100_000>) + Send) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(32 << 20);
        let run = || {
            let schema = everything();
            f(&schema, &mut StreamValidator::new(&schema));
        };
        thread.spawn_scoped(scope, run).unwrap().join().unwrap();
    });
}

#[test]
#[cfg_attr(miri, ignore = "megabytes of text")]
fn long_texts() {
    with_large_stream(|schema, stream| {
        let digits = "1234567890".repeat(10_000);
        let zeros = "0".repeat(100_000);
        let plain = "a".repeat(1_000_000);
        let escapes = r"\u00e9\n\ud83d\udc32".repeat(50_000);
        let dragons = "🐲".repeat(250_000);
        for (text, expected) in [
            (digits.clone(), Verdict::Json),
            (format!("-{digits}"), Verdict::Json),
            (format!("0.{digits}"), Verdict::Json),
            (format!("0.{zeros}"), Verdict::Json),
            (format!("1e{digits}"), Verdict::Json),
            (format!("1e-{zeros}"), Verdict::Json),
            (format!("{digits}.{digits}E+{digits}"), Verdict::Json),
            (format!("{digits}."), Verdict::NoJson),
            (format!("{digits}e"), Verdict::NoJson),
            (format!("0{zeros}"), Verdict::NoJson),
            (format!("{digits}.{digits}.{digits}"), Verdict::NoJson),
            (format!("[{digits},{digits}]"), Verdict::Json),
            (format!("\"{plain}\""), Verdict::Json),
            (format!("\"{escapes}\""), Verdict::Json),
            (format!("\"{dragons}\""), Verdict::Json),
            (format!("\"{plain}"), Verdict::NoJson),
            (format!("\"{plain}\n\""), Verdict::NoJson),
            (format!("\"{escapes}\\\""), Verdict::NoJson),
            (format!("{{\"{plain}\":\"{plain}\"}}"), Verdict::Json),
            (format!("[{}1]", "1,".repeat(500_000)), Verdict::Json),
            (format!("[{}]", "1,".repeat(500_000)), Verdict::NoJson),
            (format!("[{}[]]", "[],".repeat(300_000)), Verdict::Json),
            (format!("{{{}\"\":{{}}}}", "\"k\":0,".repeat(160_000)), Verdict::Json),
            (format!("{}1{0}", " ".repeat(500_000)), Verdict::Json),
        ] {
            let start: String = text.chars().take(20).collect();
            assert_eq!(oracle(&text), expected, "{start}");
            let outcome = whole(schema, &text);
            assert_eq!(verdict(outcome), expected, "{start}");
            assert_eq!(in_pieces(stream, &[&text]), outcome, "{start}");
            let middle = (text.len() / 2..).find(|at| text.is_char_boundary(*at)).unwrap();
            assert_eq!(in_pieces(stream, &[&text[..middle], &text[middle..]]), outcome, "{start}");
            let mut rest = text.as_str();
            let mut pieces = Vec::new();
            while !rest.is_empty() {
                let len =
                    (4099..).find(|at| *at >= rest.len() || rest.is_char_boundary(*at)).unwrap();
                let (piece, behind) = rest.split_at(len.min(rest.len()));
                pieces.push(piece);
                rest = behind;
            }
            assert_eq!(in_pieces(stream, &pieces), outcome, "{start}");
        }
    });
}

/// A stream holds no more than it has room for, wherever it is cut.
#[test]
fn a_stream_that_is_full_says_so() {
    let schema = everything();
    let mut stream = StreamValidator::<8>::new(&schema);
    for len in 0..12 {
        let text = format!("\"{}\"", "a".repeat(len));
        for cut in 0..=text.len() {
            stream.clear();
            let pushed =
                [&text[..cut], &text[cut..]].iter().try_for_each(|piece| stream.push(piece));
            let expected =
                if text.len() > 8 { Err(Rejected::TooLong { capacity: 8 }) } else { Ok(()) };
            assert_eq!(pushed, expected, "{text} cut at {cut}");
            assert_eq!(stream.finish().is_ok(), text.len() <= 8);
        }
    }
}

/// Steps of a linear congruential generator: the same on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

#[test]
fn texts_that_are_damaged() {
    const PARTS: &[&str] = &[
        "\"", "\\", "\\u", "\\ud8", "\\ud83d", "\\udc32", "u", "d", "8", "0", "00", "1", "-", "+",
        ".", "e", "E", "{", "}", "[", "]", ":", ",", " ", "\n", "\t", "\u{0}", "\u{1f}", "\u{7f}",
        "é", "🐲", "\u{feff}", "null", "true", "false", "nul", "\"\":", "[[[[", "]]]]", "\\\"",
        "\"a\"",
    ];
    let schema = everything();
    let mut stream = <Stream>::new(&schema);
    let mut random = Random(7);
    let mut seen = [0; 2];
    let texts = if cfg!(miri) { 50 } else { 20_000 };
    for _ in 0..texts {
        let mut text: Vec<char> = JSON[random.below(JSON.len())].chars().collect();
        for _ in 0..1 + random.below(4) {
            let at = random.below(text.len() + 1);
            let end = at + random.below(text.len() + 1 - at).min(3);
            match random.below(6) {
                0 => drop(text.drain(at..end)),
                1 => drop(text.splice(at..at, PARTS[random.below(PARTS.len())].chars())),
                2 => drop(text.splice(at..end, PARTS[random.below(PARTS.len())].chars())),
                3 => drop(text.splice(at..at, JSON[random.below(JSON.len())].chars())),
                4 => {
                    let again = text[at..end].to_vec();
                    drop(text.splice(at..at, again));
                }
                _ => text.truncate(at),
            }
        }
        let text: String = text.into_iter().collect();
        let outcome = whole(&schema, &text);
        assert_eq!(verdict(outcome), oracle(&text), "{text:?}");
        seen[usize::from(outcome.is_ok())] += 1;
        let chars: Vec<&str> = text.split_inclusive(|_: char| true).collect();
        assert_eq!(in_pieces(&mut stream, &chars), outcome, "{text:?}");
        let middle = chars.len() / 2;
        let (front, rest) = (chars[..middle].concat(), chars[middle..].concat());
        assert_eq!(in_pieces(&mut stream, &[&front, &rest]), outcome, "{text:?}");
    }
    assert!(seen[0] > texts / 4 && seen[1] > texts / 20, "{seen:?}");
}
