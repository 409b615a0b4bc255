//! The example `stream`, from the outside: transcripts in, text, messages and exit status out.

use std::fs;
use std::io::{Read as _, Write as _};
use std::iter;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

#[allow(dead_code, unreachable_pub)] // It is a library, too.
#[path = "../../examples/tiny_lm/mod.rs"]
mod tiny_lm;

/// The example, which cargo builds before it runs integration tests.
fn example() -> Command {
    let test = std::env::current_exe().expect("a test knows where it is");
    let profile = test.parent().and_then(Path::parent).expect("tests are in target/<profile>/deps");
    let binary = profile.join("examples").join(format!("stream{}", std::env::consts::EXE_SUFFIX));
    assert!(
        binary.exists(),
        "{} is missing: cargo build --features std --example stream",
        binary.display()
    );
    Command::new(binary)
}

/// A directory of transcripts for one test.
struct Dir(PathBuf);

impl Dir {
    fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("stream-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), content).unwrap();
    }

    fn run(&self, arguments: &str) -> Run {
        Run::from(self.command(arguments).stdin(Stdio::null()).output().unwrap())
    }

    fn spawn(&self, arguments: &str) -> Child {
        let piped = || Stdio::piped();
        self.command(arguments).stdin(piped()).stdout(piped()).stderr(piped()).spawn().unwrap()
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = example();
        command.args(arguments.split_whitespace()).current_dir(&self.0);
        command
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[derive(Debug)]
struct Run {
    status: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Run {
    /// A number of the summary that `--json` asks for.
    #[track_caller]
    fn number(&self, name: &str) -> f64 {
        let line = self.err.lines().last().unwrap_or_default();
        assert!(line.starts_with('{') && line.ends_with('}'), "{self:?}");
        let from = line
            .split_once(&format!("\"{name}\":"))
            .unwrap_or_else(|| panic!("no {name} in {line}"))
            .1;
        from.split([',', '}']).next().unwrap().parse().unwrap()
    }

    /// `finished`, `aborted` and `failed`.
    #[track_caller]
    fn ends(&self) -> [u64; 3] {
        ["finished", "aborted", "failed"].map(|name| self.number(name) as u64)
    }

    /// The first line of standard error.
    fn complaint(&self) -> &str {
        self.err.lines().next().unwrap_or_default()
    }
}

fn data(json: &str) -> String {
    format!("data: {json}\n\n")
}

fn named(json: &str) -> String {
    let name = json.split('"').nth(3).unwrap();
    format!("event: {name}\ndata: {json}\n\n")
}

/// A delta of chat completions; the text comes as it stands in JSON.
fn chat_delta(text: &str) -> String {
    data(&format!(
        r#"{{"id":"c","object":"chat.completion.chunk","choices":[{{"index":0,"delta":{{"content":"{text}"}},"logprobs":null,"finish_reason":null}}],"usage":null}}"#
    ))
}

fn chat(texts: &[&str]) -> String {
    let role = data(
        r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null}}]}"#,
    );
    let stop = data(r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#);
    let usage = data(r#"{"choices":[],"usage":{"prompt_tokens":12,"cost":-1.5e-3}}"#);
    let deltas: String = texts.iter().map(|text| chat_delta(text)).collect();
    format!("{role}{deltas}{stop}{usage}data: [DONE]\n\n")
}

fn responses(texts: &[&str], end: &str) -> String {
    let mut transcript =
        named(r#"{"type":"response.created","response":{"id":"r","error":null,"output":[]}}"#);
    transcript += &named(r#"{"type":"response.reasoning_summary_text.delta","delta":"hidden"}"#);
    for text in texts {
        transcript += &named(&format!(
            r#"{{"type":"response.output_text.delta","output_index":0,"delta":"{text}","obfuscation":"x"}}"#
        ));
    }
    transcript += &named(r#"{"type":"response.output_text.done","text":"all of it again"}"#);
    transcript + &named(end)
}

fn anthropic(texts: &[&str]) -> String {
    let mut transcript =
        named(r#"{"type":"message_start","message":{"role":"assistant","content":[]}}"#);
    transcript += &named(
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}"#,
    );
    transcript += &named(
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hidden","text":"hidden"}}"#,
    );
    transcript += &named(r#"{"type": "ping"}"#);
    for text in texts {
        transcript += &named(&format!(
            r#"{{"type":"content_block_delta","index":1,"delta":{{"type":"text_delta","text":"{text}"}}   }}"#
        ));
    }
    transcript + &named(r#"{"type":"message_stop"     }"#)
}

#[test]
fn plays_the_bundled_transcript() {
    let bundled = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/bundled.sse");
    let run = Run::from(example().arg(bundled).output().unwrap());
    assert_eq!(run.status, Some(0), "{run:?}");
    assert!(
        run.out.starts_with("A forebay is the small basin") && run.out.ends_with("concrete.\n"),
        "{run:?}"
    );
    assert!(
        run.out.contains("Zürich") && run.out.contains("京都") && run.out.contains("💧"),
        "{run:?}"
    );
    assert!(
        run.err.starts_with("streams 1: finished 1, aborted 0, failed 0; ")
            && run.err.lines().count() == 1,
        "{run:?}"
    );
    assert!(run.err.contains("allocations 0;"), "{run:?}");
}

/// What the model writes by itself, without a stream.
fn model(prompt: &str, seed: u32, tokens: usize) -> String {
    iter::once(prompt.to_owned())
        .chain(tiny_lm::Model::new(prompt, seed).take(tokens).map(str::to_owned))
        .collect()
}

#[test]
fn without_a_file_the_model_writes() {
    let dir = Dir::new("model");
    for (arguments, prompt, seed, tokens) in [
        (&[][..], "ROMEO:", 1, 200),
        (&["--prompt", "JULIET:\nO", "--seed", "7", "--tokens", "30"], "JULIET:\nO", 7, 30),
        (&["--prompt=", "--seed=0", "--tokens=40"], "", 0, 40),
        (&["--prompt", "--quiet", "--seed", "4294967295", "--tokens", "1"], "--quiet", u32::MAX, 1),
        // A prompt longer than all the places of the ring together, most of it in letters that the model does not know
        // and skips: the others are slow to read in a build that is not optimised.
        (
            &["--prompt", &"Oùùùùùùùù? ".repeat(40), "--tokens", "0"],
            &"Oùùùùùùùù? ".repeat(40),
            1,
            0,
        ),
    ] {
        let run = Run::from(dir.command("").args(arguments).output().unwrap());
        assert_eq!((run.status, &run.out), (Some(0), &model(prompt, seed, tokens)), "{run:?}");
        assert!(run.err.starts_with("streams 1: finished 1, aborted 0, failed 0; "), "{run:?}");
        assert!(run.err.contains("allocations 0;"), "{run:?}");
    }
}

#[test]
fn repetitions_of_the_model_have_seeds_of_their_own() {
    let dir = Dir::new("seeds");
    let run = dir.run("--seed 4294967295 --tokens 20 --repeat 3 --streams 3 --json");
    let expected = [u32::MAX, 0, 1].map(|seed| model("ROMEO:", seed, 20));
    assert_eq!((run.status, run.out.as_str()), (Some(0), &*expected.join("\n")), "{run:?}");
    assert_eq!((run.ends(), run.number("allocations")), ([3, 0, 0], 0.0), "{run:?}");
}

#[test]
fn reads_each_format() {
    let dir = Dir::new("formats");
    let texts = ["Grüezi", ", ", "世界", "", " 🌊"];
    dir.file("chat", chat(&texts));
    dir.file(
        "responses",
        responses(&texts, r#"{"type":"response.completed","response":{"error":null}}"#),
    );
    dir.file(
        "incomplete",
        responses(&texts, r#"{"type":"response.incomplete","response":{"error":null}}"#),
    );
    dir.file("anthropic", anthropic(&texts));
    dir.file("refusals", chat(&texts).replace("\"content\":", "\"refusal\":"));
    let refused = responses(&texts, r#"{"type":"response.completed"}"#);
    dir.file("refused", refused.replace("output_text.", "refusal."));
    let completions = texts.map(|text| {
        data(&format!(r#"{{"choices":[{{"text":"{text}","index":0}}],"usage":null}}"#))
    });
    dir.file("completions", completions.concat() + "data: [DONE]\n\n");
    let parts = |texts: &[&str]| {
        let parts: Vec<_> =
            texts.iter().map(|text| format!(r#"{{"type":"text","text":"{text}"}}"#)).collect();
        data(&format!(r#"{{"choices":[{{"delta":{{"content":[{}]}}}}]}}"#, parts.join(",")))
    };
    dir.file("parts", texts.map(|text| parts(&[text])).concat() + &chat(&[]));
    let native = texts.map(|text| data(&format!(r#"{{"content":"{text}","stop":false}}"#)));
    dir.file("llama.cpp", native.concat() + &data(r#"{"content":"","stop":true}"#));
    let formats = [
        "chat",
        "responses",
        "incomplete",
        "anthropic",
        "refusals",
        "refused",
        "completions",
        "parts",
        "llama.cpp",
    ];
    for format in formats {
        let run = dir.run(&format!("--json {format}"));
        assert_eq!(run.number("allocations"), 0.0, "{format}: {run:?}");
        assert_eq!(
            (run.status, run.out.as_str()),
            (Some(0), "Grüezi, 世界 🌊"),
            "{format}: {run:?}"
        );
        assert_eq!(run.ends(), [1, 0, 0], "{format}: {run:?}");
        assert_eq!((run.number("tokens"), run.number("bytes")), (4.0, 20.0), "{format}: {run:?}");
    }
}

#[test]
fn an_empty_answer_is_an_answer() {
    let dir = Dir::new("empty");
    dir.file("a", chat(&[]));
    let run = dir.run("--json a");
    assert_eq!((run.status, run.out.as_str(), run.ends()), (Some(0), "", [1, 0, 0]), "{run:?}");
}

#[test]
fn of_several_choices_only_the_one_with_index_0_counts() {
    let dir = Dir::new("choices");
    dir.file(
        "a",
        [
            r#"{"choices":[{"index":0,"delta":{"content":"a"}}]}"#,
            r#"{"choices":[{"index":1,"delta":{"content":"X"}}]}"#,
            r#"{"choices":[{"delta":{"content":"Y"},"index":2},{"delta":{"content":"b"},"index":0}]}"#,
            r#"{"choices":[{"delta":{"content":"c"}}]}"#,
            r#"{"choices":[{"delta":{"content":null,"tool_calls":[{"index":0}]},"index":0}]}"#,
            "[DONE]",
        ]
        .map(data)
        .concat(),
    );
    let run = dir.run("--json a");
    assert_eq!((run.status, run.out.as_str(), run.ends()), (Some(0), "abc", [1, 0, 0]), "{run:?}");
}

#[test]
fn decodes_escapes() {
    let dir = Dir::new("escapes");
    let texts = [r#"a\n\t\"\\\/\b\f\r"#, r"\u00e9\u4e16", r"\uD83D\uDE00", r"x\ud83d\ude00y", "😀"];
    let all = "a\n\t\"\\/\u{8}\u{c}\ré世😀x😀y😀";
    dir.file("chat", chat(&texts));
    dir.file("responses", responses(&texts, r#"{"type":"response.completed"}"#));
    dir.file("anthropic", anthropic(&texts));
    dir.file(
        "key",
        r#"data: {"ch\u006fices":[{"index":0,"delta":{"content":"key"}}]}"#.to_owned()
            + "\n\ndata: [DONE]\n\n",
    );
    for format in ["chat", "responses", "anthropic"] {
        let run = dir.run(&format!("--json {format}"));
        assert_eq!((run.status, run.out.as_str()), (Some(0), all), "{format}: {run:?}");
        assert_eq!(
            (run.number("tokens"), run.number("allocations")),
            (5.0, 0.0),
            "{format}: {run:?}"
        );
    }
    assert_eq!(dir.run("key").out, "key");
}

#[test]
fn a_lone_surrogate_is_an_error() {
    let dir = Dir::new("surrogates");
    for (at, text) in
        [r"\uD83D", r"\uD83Dx", r"\uD83D\n", r"\uDE00", r"\uD83D\uD83D"].into_iter().enumerate()
    {
        dir.file("a", chat(&["kept", text, "lost"]));
        let run = dir.run("--json a");
        assert_eq!(
            (run.status, run.out.as_str(), run.ends()),
            (Some(1), "kept", [0, 0, 1]),
            "{at}: {run:?}"
        );
        assert!(run.complaint().starts_with("a:5: bad JSON: "), "{at}: {run:?}");
    }
}

#[test]
fn reads_lines_as_servers_and_proxies_write_them() {
    let dir = Dir::new("lines");
    let plain = format!(
        "{}: a comment\nid: 7\nretry: 10\nevent: x\n\n\n\n: two lines\ndata:{{\"choices\":[{{\"index\":0,\n: between\n\
         data: \"delta\":{{\"content\":\"b\"}}}}]}}\nid\n\n{}data:[DONE]\n\n",
        chat_delta("a"),
        chat_delta("c")
    );
    dir.file("lf", &plain);
    dir.file("crlf", plain.replace('\n', "\r\n"));
    dir.file("cr", plain.replace('\n', "\r"));
    dir.file("unknown-fields", plain.replace("\n\n", "\nx-proxy: cache miss\nnonsense\n\n"));
    dir.file("bom", format!("\u{FEFF}{plain}"));
    dir.file("no-last-newlines", plain.trim_end());
    dir.file("after-the-end", format!("{plain}what comes now is not read"));
    for file in ["lf", "crlf", "cr", "unknown-fields", "bom", "no-last-newlines", "after-the-end"] {
        let run = dir.run(&format!("--json {file}"));
        assert_eq!(
            (run.status, run.out.as_str(), run.ends()),
            (Some(0), "abc", [1, 0, 0]),
            "{file}: {run:?}"
        );
        assert_eq!(run.number("allocations"), 0.0, "{file}: {run:?}");
    }
}

#[test]
fn plays_standard_input_as_it_arrives() {
    let dir = Dir::new("stdin");
    let mut child = dir.spawn("--json -");
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    for text in ["Eins", "zwei", "dr\u{ef}"] {
        // Every event comes in two pieces, and its text is read before the next is sent.
        let event = chat_delta(text);
        let (first, second) = event.as_bytes().split_at(event.len() / 2);
        stdin.write_all(first).unwrap();
        stdin.write_all(second).unwrap();
        let mut read = vec![0; text.len()];
        stdout.read_exact(&mut read).unwrap();
        assert_eq!(read, text.as_bytes());
    }
    stdin.write_all(b"data: [DONE]\n\n").unwrap();
    // It is not waited for the end of the input: the answer has ended.
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!(
        (run.status, run.ends(), run.number("allocations")),
        (Some(0), [1, 0, 0], 0.0),
        "{run:?}"
    );
    drop(stdin);
}

#[test]
fn names_lines_of_standard_input() {
    let dir = Dir::new("stdin-faults");
    for (input, message, end) in [
        (format!("{}data: nonsense\n\n", chat_delta("a")), "<stdin>:3: bad JSON: ", [0, 0, 1]),
        (chat_delta("a"), "<stdin>:2: cut off", [0, 1, 0]),
        (String::new(), "<stdin>:1: cut off", [0, 1, 0]),
    ] {
        let mut child = dir.spawn("--json -");
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let run = Run::from(child.wait_with_output().unwrap());
        assert_eq!((run.status, run.ends()), (Some(1), end), "{run:?}");
        assert!(run.complaint().starts_with(message), "{run:?}");
    }
}

#[test]
fn standard_input_can_carry_long_events() {
    let dir = Dir::new("stdin-long");
    // Longer than the buffer: here it may allocate, but has to be right.
    let text = "längs ".repeat(400_000);
    let mut child = dir.spawn("-");
    let mut stdin = child.stdin.take().unwrap();
    let transcript = chat(&[&text, "end"]);
    let writer = std::thread::spawn(move || stdin.write_all(transcript.as_bytes()));
    let run = Run::from(child.wait_with_output().unwrap());
    writer.join().unwrap().unwrap();
    assert_eq!(run.status, Some(0), "{}", run.err);
    assert!(run.out == text + "end");
}

#[test]
fn names_a_missing_file_and_plays_the_others() {
    let dir = Dir::new("missing");
    dir.file("a", chat(&["a"]));
    dir.file("b", chat(&["b"]));
    let run = dir.run("--json a nowhere.sse b");
    assert_eq!((run.status, run.out.as_str(), run.ends()), (Some(1), "a\nb", [2, 0, 0]), "{run:?}");
    assert!(run.complaint().starts_with("stream: nowhere.sse: "), "{run:?}");
    let run = dir.run("--json nowhere.sse");
    assert_eq!((run.status, run.out.as_str(), run.ends()), (Some(1), "", [0, 0, 0]), "{run:?}");
}

#[test]
fn a_cut_transcript_is_an_aborted_stream_wherever_it_is_cut() {
    let dir = Dir::new("cut");
    for transcript in [
        chat(&["né", r"\uD83D\uDE00"]),
        responses(&["né", r"\u00e9"], r#"{"type":"response.completed"}"#),
        anthropic(&["né", "b"]),
        chat(&["né"]).replace('\n', "\r\n"),
    ] {
        let whole = transcript.trim_end().len();
        let names: Vec<_> = (0..whole).map(|length| length.to_string()).collect();
        for (length, name) in names.iter().enumerate() {
            dir.file(name, &transcript.as_bytes()[..length]);
        }
        let run = dir.run(&format!("--json --quiet --streams 8 {}", names.join(" ")));
        assert_eq!(run.status, Some(1), "{run:?}");
        assert_eq!(
            run.ends(),
            [0, whole as u64, 0],
            "{}",
            run.err.lines().find(|l| !l.contains("cut off")).unwrap()
        );
        assert_eq!(run.err.lines().filter(|line| line.contains(": cut off: ")).count(), whole);
        assert_eq!(run.number("allocations"), 0.0, "{transcript}");
    }
    // What was good is kept, and the message says where the transcript stops.
    let transcript = chat(&["kept", "lost"]);
    dir.file("a", &transcript[..transcript.find("lost").unwrap()]);
    let run = dir.run("--json a");
    assert_eq!((run.status, run.out.as_str(), run.ends()), (Some(1), "kept", [0, 1, 0]), "{run:?}");
    assert!(run.complaint().starts_with("a:5: cut off: "), "{run:?}");
}

#[test]
fn a_transcript_that_cannot_be_read_fails_its_stream_and_no_other() {
    let dir = Dir::new("broken");
    dir.file("good", chat(&["good"]));
    let deep = format!("data: {{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let cases: [(&[u8], &str); 14] = [
        (b"data: nonsense", "bad:3: bad JSON: value expected"),
        (b"data: {\"text\":\"lost\"}", "bad:3: text in an unknown form: an event without a type"),
        (
            b"data: {\"type\":\"poem\",\"text\":\"lost\"}",
            "bad:3: text in an unknown form: an event of type poem",
        ),
        (
            b"id\ndata: {\"choices\":[{\"delta\":{\"content\":7}}]}",
            "bad:4: text in an unknown form: `content` of a choice",
        ),
        (b"data: {\"choices\":", "bad:3: bad JSON: "),
        (b"data: {\"choices\" []}", "bad:3: bad JSON: colon expected"),
        (b"data: {\"choices\":[007]}", "bad:3: bad JSON: "),
        (b"data: {} {}", "bad:3: bad JSON: end of file expected"),
        (b"data: 5", "bad:3: bad JSON: value expected"),
        (b"data: \"\\x\"", "bad:3: bad JSON: "),
        (b"data: {\"a\":\ndata: \ndata: ?}", "bad:5: bad JSON: value expected"),
        (b"data: {\"a\":\"\xFF\"}", "bad:3: bad UTF-8"),
        (b": \xC3", "bad:3: bad UTF-8"),
        (deep.as_bytes(), "bad:3: bad JSON: maximal depth exceeded"),
    ];
    for (line, message) in cases {
        dir.file(
            "bad",
            [chat_delta("kept").as_bytes(), line, b"\n\n", chat(&["lost"]).as_bytes()].concat(),
        );
        let run = dir.run("--json good bad good");
        assert_eq!(
            (run.status, run.out.as_str()),
            (Some(1), "good\nkept\ngood"),
            "{message}: {run:?}"
        );
        assert_eq!((run.ends(), run.number("allocations")), ([2, 0, 1], 0.0), "{message}: {run:?}");
        assert!(run.complaint().starts_with(message), "{message}: {run:?}");
    }
}

#[test]
fn an_error_of_the_api_fails_its_stream() {
    let dir = Dir::new("api");
    for (event, message) in [
        (
            named(
                r#"{"type":"error","error":{"type":"overloaded_error","message":"Over\nloaded"}}"#,
            ),
            r"bad:4: API error 529 overloaded_error: Over\nloaded",
        ),
        (
            data(
                r#"{"error":{"message":"Slow down","type":"requests","code":"rate_limit_exceeded"}}"#,
            ),
            "bad:3: API error 429 requests rate_limit_exceeded: Slow down",
        ),
        (data(r#"{"error":{"message":"Busy","code":503}}"#), "bad:3: API error 503: Busy"),
        (data(r#"{"error":"no reason"}"#), "bad:3: API error 500: no reason"),
        (
            named(r#"{"type":"error","code":"server_error","message":"Sorry","param":null}"#),
            "bad:4: API error 500 server_error: Sorry",
        ),
        (
            "event: error\n".to_owned() + &data(r#"{"message":"Sorry"}"#),
            "bad:4: API error 500: Sorry",
        ),
        (
            named(
                r#"{"type":"response.failed","response":{"error":{"code":"server_error","message":"Gone"}}}"#,
            ),
            "bad:4: API error 500 server_error: Gone",
        ),
    ] {
        dir.file("bad", [chat_delta("kept"), event, chat(&["lost"])].concat());
        let run = dir.run("--json bad");
        assert_eq!(
            (run.status, run.out.as_str(), run.ends()),
            (Some(1), "kept", [0, 0, 1]),
            "{message}: {run:?}"
        );
        assert_eq!(run.complaint(), message, "{run:?}");
        assert_eq!(run.number("allocations"), 0.0, "{message}: {run:?}");
    }
}

#[test]
fn writes_answers_whole_and_in_order() {
    let dir = Dir::new("order");
    // Long answers first, so that those behind them are ready before their turn; longer than a ring and than a token.
    let long = "lang, länger, am längsten; ".repeat(40);
    let names: Vec<_> = (0..12).map(|n| format!("f{n}")).collect();
    let answers: Vec<_> =
        (0..12).map(|n| format!("{n}:").to_owned() + &long.repeat(12 - n)).collect();
    for (name, answer) in names.iter().zip(&answers) {
        let pieces: Vec<_> = answer.split_inclusive(' ').collect();
        dir.file(name, if name.ends_with('3') { anthropic(&[answer]) } else { chat(&pieces) });
    }
    for streams in [1, 2, 7, 64] {
        let run = dir.run(&format!("--json --repeat 2 --streams {streams} {}", names.join(" ")));
        assert_eq!(run.status, Some(0), "{}", run.err);
        assert!(
            run.out == [answers.join("\n"), answers.join("\n")].join("\n"),
            "--streams {streams}"
        );
        assert_eq!(
            (run.ends(), run.number("allocations")),
            ([24, 0, 0], 0.0),
            "--streams {streams}: {}",
            run.err
        );
    }
}

#[test]
fn sums_up() {
    let dir = Dir::new("numbers");
    dir.file("a", chat(&["one", "two", r"thr\u0065e"]));
    dir.file("b", anthropic(&["four", "fünf"]));
    let run = dir.run("--streams 16 --repeat 500 --quiet --json a b");
    assert_eq!((run.status, run.out.as_str()), (Some(0), ""), "{run:?}");
    assert_eq!(run.err.lines().count(), 1, "{run:?}");
    assert_eq!(
        (run.number("streams"), run.number("opens"), run.ends()),
        (1000.0, 1000.0, [1000, 0, 0]),
        "{run:?}"
    );
    assert_eq!((run.number("tokens"), run.number("bytes")), (2500.0, 10_000.0), "{run:?}");
    // Sixteen at a time; under contention the pool may take a new ring rather than wait for one.
    let rings = run.number("rings");
    assert!((1.0..=64.0).contains(&rings), "{run:?}");
    assert!((run.number("reuse_percent") - (1000.0 - rings) / 10.0).abs() < 0.01, "{run:?}");
    assert_eq!(run.number("allocations"), 0.0, "{run:?}");
    assert!(run.number("seconds") > 0.0, "{run:?}");

    let run = dir.run("--quiet --streams=64 --repeat=2 -- a");
    assert_eq!((run.status, run.out.as_str()), (Some(0), ""), "{run:?}");
    assert!(
        run.err.starts_with(
            "streams 2: finished 2, aborted 0, failed 0; tokens 6, bytes 22; opens 2, rings "
        ),
        "{run:?}"
    );
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let dir = Dir::new("pipe");
    dir.file("a", chat(&["many words "; 20_000]));
    for streams in [1, 4] {
        let mut child = dir.spawn(&format!("--json --repeat 100 --streams {streams} a"));
        drop(child.stdin.take());
        let mut stdout = child.stdout.take().unwrap();
        let mut read = [0; 22];
        stdout.read_exact(&mut read).unwrap();
        drop(stdout);
        let run = Run::from(child.wait_with_output().unwrap());
        assert_eq!((run.status, &read[..]), (Some(0), &b"many words many words "[..]), "{run:?}");
        assert_eq!(run.err.lines().count(), 1, "only the summary: {run:?}");
        assert_eq!(run.ends(), [0, run.number("streams") as u64, 0], "{run:?}");
        assert!(run.number("streams") <= f64::from(streams), "{run:?}");
    }
}

/// A connection of which the second end does not block whoever holds it: `O_NONBLOCK` goes with the open file.
#[cfg(unix)]
fn nonblocking() -> (std::os::unix::net::UnixStream, Stdio) {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    theirs.set_nonblocking(true).unwrap();
    (ours, Stdio::from(std::os::fd::OwnedFd::from(theirs)))
}

/// Long enough for the example to find nothing to read, or no room, and to try again.
#[cfg(unix)]
const MOMENT: std::time::Duration = std::time::Duration::from_millis(100);

#[cfg(unix)]
#[test]
fn waits_for_standard_input_that_does_not_block() {
    let dir = Dir::new("nonblocking-input");
    let (mut input, stdin) = nonblocking();
    let mut command = dir.command("--json -");
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let transcript = chat(&["Eins", "zwei", "drei"]);
    for piece in transcript.as_bytes().chunks(transcript.len() / 4 + 1) {
        std::thread::sleep(MOMENT);
        input.write_all(piece).unwrap();
    }
    drop(input);
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!(
        (run.status, run.out.as_str(), run.number("allocations")),
        (Some(0), "Einszweidrei", 0.0),
        "{run:?}"
    );
    assert_eq!(run.err.lines().count(), 1, "{run:?}");
}

#[cfg(unix)]
#[test]
fn loses_nothing_on_outputs_that_do_not_block() {
    let dir = Dir::new("nonblocking-output");
    // More than a connection holds, in lines and without, and as many complaints.
    let texts: Vec<_> = (0..20_000).map(|n| format!("{n} Wörter{}", ["", r"\n"][n % 2])).collect();
    let texts: Vec<_> = texts.iter().map(|text| &**text).collect();
    dir.file("a", chat(&texts));
    let missing: Vec<_> = (0..4_000).map(|n| format!("{n}{}", "-nowhere".repeat(10))).collect();
    let (mut output, stdout) = nonblocking();
    let (mut errors, stderr) = nonblocking();
    let mut command = dir.command("--json a a");
    let child = command.args(&missing).stdin(Stdio::null()).stdout(stdout).stderr(stderr);
    let mut child = child.spawn().unwrap();
    drop(command);
    let read = |connection: &mut std::os::unix::net::UnixStream| {
        std::thread::sleep(MOMENT);
        let mut text = String::new();
        connection.read_to_string(&mut text).unwrap();
        text
    };
    let errors = std::thread::spawn(move || read(&mut errors));
    let out = read(&mut output);
    let (status, err) = (child.wait().unwrap().code(), errors.join().unwrap());
    let run = Run { status, out, err };
    assert_eq!((run.status, run.ends()), (Some(1), [2, 0, 0]));
    let text = texts.concat().replace(r"\n", "\n");
    assert!(run.out == format!("{text}\n{text}"), "{} bytes", run.out.len());
    let complaints: Vec<_> = run.err.lines().collect();
    assert_eq!(complaints.len(), missing.len() + 1);
    for (name, complaint) in missing.iter().zip(complaints) {
        assert!(complaint.starts_with(&format!("stream: {name}: ")), "{complaint}");
    }
    assert_eq!(run.number("allocations"), 0.0);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_with_a_summary() {
    let dir = Dir::new("ctrl-c");
    dir.file("a", chat(&["a"]));
    // The player waits for standard input, the next file is not begun.
    let mut child = dir.spawn("--json - a");
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    stdin.write_all(chat_delta("so far").as_bytes()).unwrap();
    let mut read = [0; 6];
    stdout.read_exact(&mut read).unwrap();
    let signal = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signal.success());
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!(
        (run.status, run.ends(), run.err.lines().count()),
        (Some(130), [0, 1, 0], 1),
        "{run:?}"
    );
    drop(stdin);
}

#[test]
fn refuses_bad_usage() {
    let dir = Dir::new("usage");
    for (arguments, message) in [
        ("--streams 0", "--streams: 0 is not a number from 1"),
        ("--streams 65", "--streams 65: the pool has 64 rings, so at most 64"),
        ("--streams", "--streams wants a number"),
        ("--repeat x", "--repeat: x is not a number from 1"),
        ("--repeat 18446744073709551615 a b", "--repeat 18446744073709551615 is too many"),
        ("--repeat 2 -", "standard input can be played only once"),
        ("- -", "standard input can be played only once"),
        ("--seed -1", "--seed: -1 is not a number from 0"),
        ("--seed 4294967296", "--seed: 4294967296 is not a number from 0"),
        ("--tokens", "--tokens wants a number"),
        ("--prompt", "--prompt wants a text"),
        ("--prompt x a", "--prompt is for the model, which is silent when there is a FILE"),
        ("--tokens 3 -", "--tokens is for the model, which is silent when there is a FILE"),
        ("--quiet=yes", "--quiet=yes is not an option"),
        ("-x", "-x is not an option"),
    ] {
        let run = dir.run(arguments);
        assert_eq!((run.status, run.out.as_str()), (Some(2), ""), "{arguments}: {run:?}");
        assert_eq!(run.complaint(), format!("stream: {message}"), "{run:?}");
        assert!(run.err.lines().nth(1).unwrap().starts_with("usage: stream "), "{run:?}");
    }
    let help = dir.run("--help");
    assert_eq!((help.status, help.err.as_str()), (Some(0), ""), "{help:?}");
    assert!(help.out.contains("usage: stream [OPTION…] [--] [FILE…]"), "{help:?}");
}
