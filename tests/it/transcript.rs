//! Tests of the reader of transcripts that the examples share: the text it finds, the errors it reports, and the rules of
//! event streams, in whatever pieces the input arrives.
#![cfg(not(miri))] // Takes hours.

#[path = "../../examples/transcript/mod.rs"]
#[allow(dead_code)]
mod reader;

use std::mem;
use std::str;

use reader::Reader;
use reader::sse::{Fault, Framer, What};

/// How a transcript ends.
#[derive(Debug, PartialEq)]
enum End {
    Finished,
    /// A fault with its line.
    Fault(usize, String),
}

/// Reads a transcript that arrives in these pieces.
fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (String, End) {
    fn fault(fault: &Fault<'_>) -> End {
        End::Fault(fault.line, fault.what.to_string())
    }
    let mut reader = Reader::with_capacity(0);
    let mut text = String::new();
    for mut rest in pieces {
        while !rest.is_empty() {
            match reader.read(&mut rest) {
                Ok(None) => {}
                Ok(Some(piece)) => {
                    text += piece.text;
                    if piece.is_last {
                        return (text, End::Finished);
                    }
                }
                Err(error) => return (text, fault(&error)),
            }
        }
    }
    let end = match reader.finish() {
        Ok(piece) => {
            text += piece.text;
            End::Finished
        }
        Err(error) => fault(&error),
    };
    (text, end)
}

/// Events with this data, each on a line of its own with a blank line behind.
fn events(data: &[&str]) -> String {
    data.iter().map(|data| format!("data: {data}\n\n")).collect()
}

#[track_caller]
fn finishes(transcript: &str, text: &str) {
    let whole = read([transcript.as_bytes()]);
    assert_eq!(whole, (text.into(), End::Finished), "{transcript}");
    assert_eq!(read(transcript.as_bytes().chunks(1)), whole, "byte by byte: {transcript}");
}

/// Fails on this line with words that begin so, after this text.
#[track_caller]
fn fails(transcript: &str, text: &str, line: usize, words: &str) {
    let (read, end) = read([transcript.as_bytes()]);
    let End::Fault(at, what) = end else { panic!("finished with {read:?}: {transcript}") };
    assert_eq!((&*read, at), (text, line), "{what}: {transcript}");
    assert!(what.starts_with(words), "{what}: {transcript}");
}

const DONE: &str = "[DONE]";
const CUT: &str = "cut off: ";
const UNREAD: &str = "text in an unknown form: ";

/// A chunk of chat completions whose choice has these members.
fn choice(members: &str) -> String {
    format!(r#"{{"object":"chat.completion.chunk","choices":[{{"index":0,{members}}}]}}"#)
}

#[test]
fn a_refusal_is_text() {
    let chat = |delta: &str| choice(&format!(r#""delta":{delta}"#));
    finishes(
        &events(&[
            &chat(r#"{"role":"assistant","content":"","refusal":null}"#),
            &chat(r#"{"refusal":"I can"}"#),
            &chat(r#"{"refusal":"not.","content":null}"#),
            &chat("{}"),
            DONE,
        ]),
        "I cannot.",
    );
    finishes(&events(&[&chat(r#"{"content":"a","refusal":"b"}"#), DONE]), "ab");
    finishes(
        &events(&[
            r#"{"type":"response.refusal.delta","output_index":0,"content_index":0,"delta":"I can"}"#,
            r#"{"type":"response.refusal.delta","output_index":0,"content_index":0,"delta":"not."}"#,
            r#"{"type":"response.refusal.done","output_index":0,"content_index":0,"refusal":"I cannot."}"#,
            r#"{"type":"response.completed","response":{"output":[{"type":"message","content":[{"type":"refusal","refusal":"I cannot."}]}]}}"#,
        ]),
        "I cannot.",
    );
    finishes(&events(&[r#"{"type":"response.refusal.done","refusal":"No."}"#, DONE]), "No.");
}

#[test]
fn a_block_of_anthropic_begins_with_its_text() {
    let block = |block: &str| {
        format!(r#"{{"type":"content_block_start","index":0,"content_block":{block}}}"#)
    };
    let delta =
        |delta: &str| format!(r#"{{"type":"content_block_delta","index":0,"delta":{delta}}}"#);
    finishes(
        &events(&[
            r#"{"type":"message_start","message":{"type":"message","content":[]}}"#,
            &block(r#"{"type":"thinking","thinking":"hm","signature":""}"#),
            &delta(r#"{"type":"thinking_delta","thinking":"hm"}"#),
            &delta(r#"{"type":"signature_delta","signature":"x"}"#),
            &block(r#"{"type":"text","text":"Hello"}"#),
            &delta(r#"{"type":"text_delta","text":" world"}"#),
            &delta(r#"{"type":"citations_delta","citation":{"cited_text":"hidden","title":"t"}}"#),
            r#"{"type":"content_block_stop","index":0}"#,
            &block(r#"{"type":"tool_use","id":"t","name":"f","input":{"text":"hidden"}}"#),
            &delta(r#"{"type":"input_json_delta","partial_json":"{}"}"#),
            &block(r#"{"type":"web_search_tool_result","content":[{"type":"x","text":"hidden"}]}"#),
            &block(r#"{"text":"!","type":"text","citations":null}"#),
            r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null}}"#,
            r#"{"type":"message_stop"}"#,
        ]),
        "Hello world!",
    );
    finishes(
        &events(&[
            r#"{"type":"message_start","message":{"content":[{"type":"text","text":"Hel"}]}}"#,
            &delta(r#"{"type":"text_delta","text":"lo"}"#),
            r#"{"type":"message_stop"}"#,
        ]),
        "Hello",
    );
    // The type may be the event's name alone.
    finishes(
        "event: content_block_start\ndata: {\"content_block\":{\"type\":\"text\",\"text\":\"a\"}}\n\n\
         event: message_stop\ndata: {}\n\n",
        "a",
    );
    for lost in [
        block(r#"{"type":"poem","text":"a"}"#),
        block(r#"{"type":"text","text":5}"#),
        delta(r#"{"type":"poem_delta","text":"a"}"#),
        delta(r#"{"type":"poem_delta","poem":{"text":"a"}}"#),
        r#"{"type":"content_block_delta","index":0,"text":"a"}"#.into(),
    ] {
        fails(&events(&[&lost, r#"{"type":"message_stop"}"#]), "", 1, UNREAD);
    }
}

#[test]
fn a_content_may_be_a_list_of_parts() {
    let chat = |content: &str| choice(&format!(r#""delta":{{"content":{content}}}"#));
    for (content, text) in [
        (r#"[{"type":"text","text":"Hello world"}]"#, "Hello world"),
        (r#"[{"type":"text","text":"Hello"},{"text":" wor\u006cd","type":"text"}]"#, "Hello world"),
        (r#"[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]"#, ""),
        (r#"[{"type":"reasoning","text":"hm"},{"type":"text","text":"a"}]"#, "a"),
        (r#"[{"type":"text","text":"a"},{"type":"reference","reference_ids":[1]}]"#, "a"),
        (r#"[{"type":"image_url","image_url":{"url":"x"}}]"#, ""),
        (r#"[{"text":"no type"}]"#, "no type"),
        (r#"["bare",{"type":"output_text","text":"!"}]"#, "bare!"),
        (r#"[{"type":"refusal","refusal":"No."}]"#, "No."),
        (r#"[{"type":"shape","sides":4},null]"#, ""),
        ("[]", ""),
        ("null", ""),
        ("\"\"", ""),
    ] {
        finishes(&events(&[&chat(content), DONE]), text);
    }
    for content in [
        "5",
        "true",
        r#"{"type":"text","text":"a"}"#,
        "[5]",
        "[[{\"type\":\"text\",\"text\":\"a\"}]]",
        r#"[{"type":"poem","text":"a"}]"#,
        r#"[{"type":"poem","lines":[{"text":"a"}]}]"#,
        r#"[{"type":"text","text":{"value":"a"}}]"#,
        r#"[{"type":"text","content":"a"}]"#,
    ] {
        fails(&events(&[&chat("\"kept\""), &chat(content), DONE]), "kept", 3, UNREAD);
    }
}

#[test]
fn a_text_that_no_delta_brings_is_read_once() {
    // Chat completions: `text` of completions, and whole messages.
    for (chunks, text) in [
        (
            &[
                r#""text":"a","logprobs":null"#,
                r#""text":"b""#,
                r#""text":"","finish_reason":"stop""#,
            ][..],
            "ab",
        ),
        (&[r#""delta":{"content":"a"},"text":"a""#, r#""delta":{"content":"b"},"text":"b""#], "ab"),
        (&[r#""message":{"role":"assistant","content":"ab"},"finish_reason":"stop""#], "ab"),
        (&[r#""message":{"content":[{"type":"text","text":"ab"}]}"#], "ab"),
        (&[r#""message":{"content":null,"refusal":"No.","reasoning_content":"hm"}"#], "No."),
        (
            &[
                r#""delta":{"content":"a"}"#,
                r#""delta":{"content":"b"}"#,
                r#""message":{"content":"ab"}"#,
            ],
            "ab",
        ),
        (
            &[
                r#""delta":{"content":"a"},"message":{"content":"a"}"#,
                r#""delta":{"content":"b"},"message":{"content":"ab"}"#,
                r#""delta":{"content":""},"message":{"content":"ab"}"#,
            ],
            "ab",
        ),
        (
            &[
                r#""delta":{"role":"assistant","content":""}"#,
                r#""message":{"content":"ab"}"#,
                r#""delta":{}"#,
            ],
            "ab",
        ),
    ] {
        let chunks: Vec<_> = chunks.iter().map(|members| choice(members)).collect();
        let chunks: Vec<_> = chunks.iter().map(|chunk| &**chunk).chain([DONE]).collect();
        finishes(&events(&chunks), text);
    }
    // Whether the second continues the first or repeats it cannot be known.
    let message = |text| choice(&format!(r#""message":{{"content":"{text}"}}"#));
    fails(&events(&[&message("a"), &message("ab"), DONE]), "a", 3, UNREAD);

    // Responses: what comes again, as the text, the part, the item and the whole response.
    let delta =
        |at, text| format!(r#"{{"type":"response.output_text.delta",{at}"delta":"{text}"}}"#);
    let part = |text| format!(r#"{{"type":"output_text","text":"{text}"}}"#);
    let message = |text| format!(r#"{{"type":"message","content":[{}]}}"#, part(text));
    let ends = |at, text| {
        let (part, item) = (part(text), message(text));
        [
            format!(r#"{{"type":"response.output_text.done",{at}"text":"{text}"}}"#),
            format!(r#"{{"type":"response.content_part.done",{at}"part":{part}}}"#),
            format!(r#"{{"type":"response.output_item.done",{at}"item":{item}}}"#),
        ]
    };
    let reasoning = r#"{"type":"reasoning","content":[{"type":"reasoning_text","text":"hm"}]}"#;
    let completed = |items: &[&str]| {
        let items = items.join(",");
        format!(r#"{{"type":"response.completed","response":{{"error":null,"output":[{items}]}}}}"#)
    };
    let (first, second) = (r#""output_index":1,"content_index":0,"#, r#""output_index":2,"#);
    let whole = completed(&[reasoning, &message("Hello"), &message("Hello")]);
    // Each of the ways alone, and together with all that follow it.
    let sources = |at| [vec![delta(at, "Hel"), delta(at, "lo")], ends(at, "Hello").into()].concat();
    for from in [0, 2, 3, 4, 5] {
        for until in from..=5 {
            let (first, second) = (&sources(first)[from..until], &sources(second)[from..until]);
            if from == 0 && until < 2 {
                continue;
            }
            let all = [first, second, std::slice::from_ref(&whole)].concat();
            let all: Vec<_> = all.iter().map(|event| &**event).collect();
            finishes(&events(&all), "HelloHello");
            // One message has deltas, the other is in the response alone.
            let some = [first, std::slice::from_ref(&whole)].concat();
            let some: Vec<_> = some.iter().map(|event| &**event).collect();
            finishes(&events(&some), "HelloHello");
        }
    }
    // Servers that do not count, or not in the same way.
    let whole = completed(&[reasoning, &message("Hello")]);
    for (delta, end) in [
        ("", ""),
        ("", r#""output_index":1,"content_index":0,"#),
        (r#""output_index":0,"#, r#""output_index":1,"content_index":2,"#),
        (r#""output_index":7,"content_index":-1,"#, r#""output_index":7,"content_index":-1,"#),
    ] {
        let sources = [&sources(delta)[..2], &sources(end)[2..]].concat();
        let all: Vec<_> = sources.iter().chain([&whole]).map(|event| &**event).collect();
        finishes(&events(&all[..]), "Hello");
    }
    finishes(
        &events(&[
            r#"{"type":"response.content_part.added","part":{"type":"output_text","text":"H"}}"#,
            &delta("", "i"),
            &completed(&[&message("Hi")]),
        ]),
        "Hi",
    );
    finishes(&events(&[&delta("", "Hi"), &completed(&[])]), "Hi");
    finishes(&events(&[&whole.replace("completed", "incomplete")]), "Hello");
}

#[test]
fn reads_the_other_forms() {
    // llama.cpp's own.
    finishes(
        &events(&[
            r#"{"index":0,"content":"Hel","tokens":[1],"stop":false,"id_slot":-1}"#,
            r#"{"index":1,"content":"X","stop":true}"#,
            r#"{"content":"lo","stop":false}"#,
            r#"{"content":"!","stop":true,"stop_type":"eos","prompt":"?","timings":{"predicted_n":2}}"#,
            r#"{"content":"not read"}"#,
        ]),
        "Hello!",
    );
    fails(&events(&[r#"{"content":"a","stop":false}"#]), "a", 2, CUT);
    // Anthropic's text completions.
    finishes(
        "event: completion\ndata: {\"type\":\"completion\",\"completion\":\" Hel\",\"stop_reason\":null}\n\n\
         event: ping\ndata: {\"type\":\"ping\"}\n\n\
         event: completion\ndata: {\"type\":\"completion\",\"completion\":\"lo\",\"stop_reason\":\"stop_sequence\"}\n\n",
        " Hello",
    );
    // Mistral's conversations.
    finishes(
        &events(&[
            r#"{"type":"conversation.response.started","conversation_id":"c"}"#,
            r#"{"type":"tool.execution.started","name":"web_search","arguments":"{}"}"#,
            r#"{"type":"message.output.delta","content":"Hel"}"#,
            r#"{"type":"message.output.delta","content":{"type":"tool_reference","title":"t","text":"x"}}"#,
            r#"{"type":"message.output.delta","content":{"type":"text","text":"lo"}}"#,
            r#"{"type":"conversation.response.done","usage":{"total_tokens":1}}"#,
        ]),
        "Hello",
    );
    let whole = r#"{"type":"conversation.response.done","outputs":[{"content":"Hello"}]}"#;
    fails(&events(&[whole]), "", 1, UNREAD);
    // Azure begins with the verdict on the prompt, and may end with a chunk without choices.
    finishes(
        &events(&[
            r#"{"choices":[],"prompt_filter_results":[{"prompt_index":0,"content_filter_results":{}}]}"#,
            &choice(
                r#""delta":{"content":"a"},"content_filter_results":{"hate":{"filtered":false}}"#,
            ),
            &choice(r#""content_filter_offsets":{"check_offset":1},"finish_reason":null"#),
            r#"{"choices":[],"usage":{"total_tokens":1}}"#,
            DONE,
        ]),
        "a",
    );
}

#[test]
fn text_in_an_unknown_form_is_an_error() {
    for event in [
        // The forms of other APIs.
        r#"{"candidates":[{"content":{"parts":[{"text":"a"}],"role":"model"}}]}"#,
        r#"{"model":"m","message":{"role":"assistant","content":"a"},"done":false}"#,
        r#"{"model":"m","response":"a","done":false}"#,
        r#"{"token":{"id":1,"text":"a"},"generated_text":null}"#,
        r#"{"type":"content-delta","delta":{"message":{"content":{"text":"a"}}}}"#,
        r#"{"object":"thread.message.delta","delta":{"content":[{"type":"text","text":{"value":"a"}}]}}"#,
        r#"{"type":"response.text.delta","delta":"a"}"#,
        r#"{"type":"poem","lines":{"text":["a"]}}"#,
        r#"{"text":"a"}"#,
        r#"{"content":{"text":"a"}}"#,
        r#"{"content":5}"#,
        // Members with the wrong values.
        r#"{"choices":{"index":0,"delta":{"content":"a"}}}"#,
        r#"{"choices":["a"]}"#,
        r#"{"choices":[{"delta":"a"}]}"#,
        r#"{"choices":[{"delta":{"text":"a"}}]}"#,
        r#"{"choices":[{"delta":{"refusal":["a"]}}]}"#,
        r#"{"choices":[{"text":["a"]}]}"#,
        r#"{"choices":[{"message":"a"}]}"#,
        r#"{"choices":[{"content":"a"}]}"#,
        r#"{"choices":[{"messages":[{"delta":{"content":"a"}}]}]}"#,
        r#"{"type":"response.output_text.delta","delta":{"text":"a"}}"#,
        r#"{"type":"response.output_text.delta","text":"a"}"#,
        r#"{"type":"response.output_text.done","text":5}"#,
        r#"{"type":"response.content_part.done","part":{"type":"poem","text":"a"}}"#,
        r#"{"type":"completion","completion":["a"]}"#,
        r#"{"type":"completion","text":"a"}"#,
        r#"{"type":"message.output.delta","content":7}"#,
        r#"{"type":"message_delta","delta":{"text":"a"}}"#,
        r#"{"type":"response.output_item.done","item":{"type":"poem","content":[{"text":"a"}]}}"#,
    ] {
        fails(&events(&[event, DONE]), "", 1, UNREAD);
        fails(&events(&[&choice(r#""delta":{"content":"kept"}"#), event, DONE]), "kept", 3, UNREAD);
    }
    fails(
        "event: thread.message.delta\ndata: {\"delta\":{\"content\":[{\"type\":\"text\",\"text\":{\"value\":\"a\"}}]}}\n\n",
        "",
        2,
        UNREAD,
    );
    let (_, end) = read([&b"data: {\"type\":\"po\\u0065m\\n\",\"text\":\"a\"}\n\n"[..]]);
    let words = r"text in an unknown form: an event of type poem\n";
    assert_eq!(end, End::Fault(1, words.into()));
}

#[test]
fn passes_over_what_is_no_text_of_the_answer() {
    let kept = choice(r#""delta":{"content":"kept"}"#);
    for event in [
        "data: {\"type\":\"ping\"}",
        "data: {\"type\":\"ping\",\"text\":\"x\"}",
        "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":\"text\"}}",
        "event: ping\ndata: 2026-11-23T10:00:00Z",
        "event: keep-alive\ndata",
        "event: unheard-of\ndata: {\"level\":3,\"text\":\"log\"}",
        "event: unheard-of\ndata: not JSON",
        "data: {\"type\":\"response.unheard_of\",\"sequence_number\":3}",
        "data: {\"type\":\"response.reasoning_text.delta\",\"delta\":\"hm\"}",
        "data: {\"type\":\"response.reasoning_summary_part.added\",\"part\":{\"type\":\"summary_text\",\"text\":\"hm\"}}",
        "data: {\"type\":\"response.function_call_arguments.delta\",\"delta\":\"{\"}",
        "data: {\"type\":\"response.mcp_call_arguments.done\",\"arguments\":\"{}\",\"text\":\"x\"}",
        "data: {\"type\":\"response.audio.delta\",\"delta\":\"AAAA\"}",
        "data: {\"type\":\"response.audio.transcript.delta\",\"delta\":\"said\"}",
        "data: {\"type\":\"response.output_text.annotation.added\",\"annotation\":{\"text\":\"x\"}}",
        "data: {\"type\":\"response.output_item.done\",\"item\":{\"type\":\"mcp_call\",\"output\":\"x\",\"content\":[{\"text\":\"x\"}]}}",
        "data: {\"type\":\"response.created\",\"response\":{\"instructions\":\"x\",\"text\":{\"format\":{\"type\":\"text\"}}}}",
        "data: {\"choices\":[],\"usage\":{\"total_tokens\":7}}",
        "data: {\"choices\":null}",
        "data: {\"choices\":[null]}",
        "data: {\"usage\":{\"total_tokens\":7}}",
        "data: {\"choices\":[{\"delta\":null}]}",
        "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{\"arguments\":\"x\",\"text\":\"x\"}}]}}]}",
        "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\",\"reasoning\":\"hm\"}}]}",
        "data: {\"choices\":[{\"delta\":{\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"hm\"}]}}]}",
        "data: {\"choices\":[{\"delta\":{\"audio\":{\"id\":\"a\",\"transcript\":\"said\"}}}]}",
        "data: {\"choices\":[{\"delta\":{},\"logprobs\":{\"content\":[{\"token\":\"x\"}]}}]}",
        "data: {\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}]}",
    ] {
        let transcript = format!("{}{event}\n\n{}", events(&[&kept]), events(&[&kept, DONE]));
        finishes(&transcript, "keptkept");
    }
    // A broken object may have text, whatever the event is called.
    fails("event: unheard-of\ndata: {\"choices\":\n\n", "", 2, "bad JSON: ");
}

#[test]
fn only_zero_is_the_index_of_the_first_choice() {
    for (index, text) in [
        ("0", "a"),
        ("0.0", "a"),
        ("0e7", "a"),
        ("null", "a"),
        ("1", ""),
        ("1.0", ""),
        ("-1", ""),
        ("1e0", ""),
        ("0.5", ""),
        ("0.1e1", ""),
        ("18446744073709551616", ""),
        ("1e999", ""),
        ("\"0\"", ""),
        ("\"\"", ""),
        ("false", ""),
        ("[]", ""),
        ("{}", ""),
    ] {
        for event in [
            format!(r#"{{"choices":[{{"index":{index},"delta":{{"content":"a"}}}}]}}"#),
            format!(r#"{{"choices":[{{"text":"a","index":{index}}}]}}"#),
            format!(r#"{{"index":{index},"content":"a","stop":false}}"#),
        ] {
            finishes(&events(&[&event, DONE]), text);
        }
    }
    finishes(
        &events(&[r#"{"choices":[{"delta":{"content":"a"}},{"delta":{"content":"b"}}]}"#, DONE]),
        "ab",
    );
}

#[test]
fn an_error_may_have_many_forms() {
    let kept = choice(r#""delta":{"content":"kept"}"#);
    for (event, words) in [
        (r#"data: {"error":{"message":"Busy","code":503}}"#, "503: Busy"),
        (r#"data: {"error":{"message":"Busy","code":"503"}}"#, "503: Busy"),
        (
            r#"data: {"error":{"message":"Slow","type":"requests","code":"429"}}"#,
            "429 requests: Slow",
        ),
        (r#"data: {"error":{"message":"Slow","status":429,"code":1302}}"#, "429 1302: Slow"),
        (r#"data: {"error":{"message":"Odd","code":"odd","type":null}}"#, "500 odd: Odd"),
        (r#"data: {"error":{"message":"Odd","code":200}}"#, "500 200: Odd"),
        (r#"data: {"error":{"message":"Odd","code":400.0}}"#, "500 400.0: Odd"),
        (r#"data: {"error":{"message":"","details":"Why","code":0}}"#, "500: Why"),
        (r#"data: {"error":{"detail":[{"msg":"Why"}]}}"#, r#"500: [{"msg":"Why"}]"#),
        (r#"data: {"error":{"type":"unavailable_error"}}"#, "503 unavailable_error"),
        (r#"data: {"error":"Busy"}"#, "500: Busy"),
        (r#"data: {"error":true}"#, "500: true"),
        (r#"data: {"error":["Busy"]}"#, r#"500: ["Busy"]"#),
        (r#"data: {"choices":[{"error":{"code":502,"message":"Gone"},"delta":{}}]}"#, "502: Gone"),
        (
            r#"data: {"object":"error","message":"Bad","type":"BadRequestError","code":400}"#,
            "400 BadRequestError: Bad",
        ),
        (r#"data: {"type":"error","message":"Bad","code":null}"#, "500: Bad"),
        (r#"data: {"type":"conversation.response.error","message":"Bad","code":422}"#, "422: Bad"),
        (
            r#"data: {"type":"response.failed","response":{"error":{"code":"server_error","message":"Gone"}}}"#,
            "500 server_error: Gone",
        ),
        (r#"data: {"type":"response.failed","response":{"error":null}}"#, "500"),
        ("event: error\ndata: {\"code\":400,\"details\":\"Too many\"}", "400: Too many"),
        (
            "event: error\ndata: {\"type\":\"overloaded_error\",\"message\":\"Busy\"}",
            "529 overloaded_error: Busy",
        ),
        ("event: error\ndata: {\"error\":{},\"message\":\"Busy\"}", "500: Busy"),
        ("event: error\ndata: {}", "500"),
        ("event: error\ndata", "500"),
        (
            "event: error\ndata: Internal \u{1b}[31mServer Error",
            r"500: Internal \u{1b}[31mServer Error",
        ),
        // A field of its own, as llama.cpp had it.
        (
            r#"error: {"code":503,"message":"Loading","type":"unavailable_error"}"#,
            "503 unavailable_error: Loading",
        ),
        (r#"error:{"error":{"message":"Busy"}}"#, "500: Busy"),
        ("error: Busy", "500: Busy"),
        ("error: \"Busy\"\nevent: ping\ndata: {}", "500: Busy"),
        ("data: {}\nerror: Busy", "500: Busy"),
    ] {
        let transcript = format!("{}{event}\n\n{}", events(&[&kept]), events(&["lost", DONE]));
        let line = 3 + event
            .lines()
            .position(|line| line.starts_with("error"))
            .unwrap_or_else(|| event.lines().position(|line| line.starts_with("data")).unwrap());
        let (text, end) = read([transcript.as_bytes()]);
        let wanted = End::Fault(line, format!("API error {words}"));
        assert_eq!((&*text, end), ("kept", wanted), "{event}");
    }
    for none in ["null", "false", "0", "0.0", "\"\"", "{}", "{ }", "[]"] {
        let kept = kept.replacen('{', &format!(r#"{{"error":{none},"#), 1);
        finishes(&events(&[&kept, DONE]), "kept");
        let field =
            format!("error: {none}\n{}error:\n\nerror\n\n{}", events(&[&kept]), events(&[DONE]));
        finishes(&field, "kept");
    }
}

#[test]
fn keeps_the_rules_of_event_streams() {
    let [hello, world] =
        ["Hello", " world"].map(|text| choice(&format!(r#""delta":{{"content":"{text}"}}"#)));
    let plain = format!("data: {hello}\n\ndata: {world}\n\ndata: [DONE]\n\n");
    for transcript in [
        plain.clone(),
        plain.replace('\n', "\r"),
        plain.replace('\n', "\r\n"),
        plain.replace("\n\n", "\r\n\r"),
        plain.replace("\n\n", "\r\n\n"),
        format!("\u{FEFF}{plain}"),
        format!("\u{FEFF}\n{plain}"),
        format!("\r{plain}"),
        plain.replace("data: ", "data:"),
        plain.replace("\n\n", "\nid: 7\nid: \0\nretry: soon\nid\n\n"),
        plain.replace("\n\n", "\nx-proxy: cache miss\nDATA: {\n data: {\ndata : {\nnonsense\n\n"),
        plain.replace("\n\n", "\n: comment\n:\n\n:\n\n"),
        plain.replace("data: {", "data: {\ndata\ndata:\ndata: "),
        plain.replace("\n\n", "\n\nevent: error\n\n"),
        plain.replace("\n\n", "\nevent: error\nevent\n\n"),
        plain.replace("\n\n", "\n\ndata\n\ndata\ndata:\n\n"),
    ] {
        finishes(&transcript, "Hello world");
        for (at, _) in transcript.char_indices() {
            let (first, second) = transcript.as_bytes().split_at(at);
            let read = read([first, second]);
            assert_eq!(read, ("Hello world".into(), End::Finished), "at {at}: {transcript}");
        }
    }
    // Only the first line may begin with a byte order mark, and with one.
    for marks in ["\u{FEFF}\u{FEFF}", "\n\u{FEFF}"] {
        finishes(&format!("{marks}data: {hello}\n\n{}", events(&[&world, DONE])), " world");
    }
    // A name counts for its own event.
    finishes(&format!("event: error\n\n{plain}"), "Hello world");
    finishes(&format!("event: error\n: comment\n\n{plain}"), "Hello world");
}

#[test]
fn what_the_end_of_the_input_cuts_off_is_not_read() {
    let [hello, world] =
        ["Hello", " world"].map(|text| choice(&format!(r#""delta":{{"content":"{text}"}}"#)));
    let hello = events(&[&hello]);
    fails(&hello, "Hello", 2, CUT);
    for (rest, line) in [
        (format!("data: {world}"), 3),
        (format!("data: {world}\n"), 3),
        (format!("data: {world}\n: and"), 4),
        ("data: {".into(), 3),
        ("data: {\n".into(), 3),
        ("data: [DONE".into(), 3),
        ("event: message_stop\n".into(), 3),
        ("nonsense".into(), 3),
        ("error: {\"mess".into(), 3),
    ] {
        fails(&format!("{hello}{rest}"), "Hello", line, CUT);
    }
    // Half of a character.
    let (text, end) = read([hello.as_bytes(), b"data: \xC3"]);
    assert_eq!(text, "Hello");
    assert!(matches!(end, End::Fault(3, what) if what.starts_with(CUT)));
    // The event that ends the answer needs no blank line behind it.
    for (rest, text) in [
        ("data: [DONE]", "Hello"),
        ("data: [DONE]\r", "Hello"),
        ("event: message_stop\ndata: {\"type\":\"message_stop\"}\n", "Hello"),
        (r#"data: {"content":"!","stop":true}"#, "Hello!"),
    ] {
        finishes(&format!("{hello}{rest}"), text);
    }
    fails(&format!("{hello}data: {{\"error\":\"Busy\"}}"), "Hello", 3, "API error 500: Busy");
    fails(&format!("{hello}error: {{\"message\":\"Busy\"}}\n"), "Hello", 3, "API error 500: Busy");
}

/// The events of a transcript, each with name and data.
#[derive(Debug, PartialEq)]
struct Events {
    dispatched: Vec<(Vec<u8>, Vec<u8>)>,
    /// The event that the end of the input cuts off.
    pending: Option<(Vec<u8>, Vec<u8>)>,
    /// The line that is not UTF-8.
    bad_line: Option<usize>,
}

/// Reads a whole transcript by the steps of the standard. Lines without an end are not part of it.
fn by_the_standard(transcript: &[u8]) -> Events {
    let mut events = Events { dispatched: Vec::new(), pending: None, bad_line: None };
    let mut rest = transcript.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(transcript);
    let (mut name, mut data, mut number) = (Vec::new(), Vec::new(), 0);
    while let Some(end) = rest.iter().position(|byte| b"\r\n".contains(byte)) {
        let line = &rest[..end];
        let width = if rest[end..].starts_with(b"\r\n") { 2 } else { 1 };
        rest = &rest[end + width..];
        number += 1;
        let Ok(line) = str::from_utf8(line) else {
            events.bad_line = Some(number);
            return events;
        };
        if line.is_empty() {
            let (name, data) = (mem::take(&mut name), mem::take(&mut data));
            if let Some((b'\n', data)) = data.split_last() {
                events.dispatched.push((name, data.to_vec()));
            }
        } else if !line.starts_with(':') {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "event" => name = value.into(),
                "data" => {
                    data.extend_from_slice(value.as_bytes());
                    data.push(b'\n');
                }
                _ => {}
            }
        }
    }
    if let Some((b'\n', data)) = data.split_last() {
        events.pending = Some((name, data.to_vec()));
    }
    events
}

/// Reads a transcript that arrives in these pieces with the reader under test.
fn by_the_framer<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Events {
    let mut events = Events { dispatched: Vec::new(), pending: None, bad_line: None };
    let mut framer = Framer::with_capacity(0);
    for mut rest in pieces {
        loop {
            match framer.advance(&mut rest) {
                Ok(Some(event)) => events.dispatched.push((event.name.into(), event.data.into())),
                Ok(None) => break,
                Err(Fault { line, what }) => {
                    assert!(matches!(what, What::NotUtf8), "{what}");
                    events.bad_line = Some(line);
                    return events;
                }
            }
        }
    }
    events.pending = framer.finish().map(|event| (event.name.into(), event.data.into()));
    events
}

/// Numbers that look random, the same for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((number ^ (number >> 31)) % limit as u64) as usize
    }
}

/// A text of what matters in an event stream, in any order.
fn random_text(random: &mut Random) -> Vec<u8> {
    const WORDS: [&[u8]; 33] = [
        b"\n",
        b"\n",
        b"\n\n",
        b"\r",
        b"\r",
        b"\r\n",
        b"\r\n\r\n",
        b":",
        b": ",
        b" ",
        b"\xEF\xBB\xBF",
        b"\0",
        b"data",
        b"data:",
        b"data: ",
        b"data: x\n",
        b"data: {\"a\":1}\n\n",
        b"event",
        b"event:",
        b"event: name\r",
        b"id: 1\n",
        b"id",
        b"retry: 9\r\n",
        b"Data: x",
        b" data: x",
        b"x",
        b"\xC3\xBC",
        b"\xF0\x9F\x92\xA7",
        b"data:\xE4\xBA\xAC\n\n",
        b"\t",
        b"unknown: field\n",
        b"\x0B",
        b"\xC2\x85",
    ];
    let mut text = Vec::new();
    for _ in 0..random.below(24) {
        text.extend_from_slice(WORDS[random.below(WORDS.len())]);
    }
    // A bad line ends the comparison, so few texts have one.
    if random.below(16) == 0 && !text.is_empty() {
        let at = random.below(text.len());
        text[at] = random.below(256) as u8;
    }
    text
}

/// Any cut of a text into pieces, some of them empty.
fn random_pieces<'a>(mut text: &'a [u8], random: &mut Random) -> Vec<&'a [u8]> {
    let longest = [1, 2, 5, 100][random.below(4)];
    let mut pieces = Vec::new();
    while !text.is_empty() {
        let (piece, rest) = text.split_at(random.below(longest + 1).min(text.len()));
        pieces.push(piece);
        text = rest;
    }
    pieces
}

/// How many random texts a test tries: 20,000, or the value of the environment variable `FOREBAY_CASES`.
fn cases() -> u64 {
    std::env::var("FOREBAY_CASES").map_or(20_000, |cases| cases.parse().unwrap())
}

#[test]
fn agrees_with_the_standard_however_the_input_is_cut() {
    let cases = cases();
    let (mut events, mut bad) = (0, 0);
    for seed in 0..cases {
        let mut random = Random(seed);
        let text = random_text(&mut random);
        let pieces = random_pieces(&text, &mut random);
        let mut wanted = by_the_standard(&text);
        events += wanted.dispatched.len();
        bad += usize::from(wanted.bad_line.is_some());
        let got = by_the_framer(pieces.iter().copied());
        // The framer also returns a cut event whose last line has no end.
        if !text.ends_with(b"\n") && !text.ends_with(b"\r") && wanted.bad_line.is_none() {
            wanted.pending = by_the_standard(&[&text[..], b"\n"].concat()).pending;
        }
        let text = text.escape_ascii();
        assert_eq!(got, wanted, "seed {seed}: {text}, in pieces {pieces:?}");
    }
    println!("{cases} texts with {events} events, {bad} of them not UTF-8: 0 differences");
    assert!(events as u64 > cases / 4 && bad as u64 > cases / 100, "{events} events, {bad} bad");
}

/// Transcripts with random faults have one meaning, in whatever pieces they arrive.
#[test]
fn reads_a_broken_transcript_the_same_however_it_is_cut() {
    let whole = [
        r#"data: {"choices":[{"index":0,"delta":{"content":[{"type":"text","text":"\u00fc\ud83d\ude00"}],"refusal":"b"}}]}"#,
        r#"data: {"choices":[{"index":-0.0e1,"text":"c","message":{"content":"d"}}],"error":{}}"#,
        r#"data: {"type":"response.output_text.delta","output_index":1,"delta":"e"}"#,
        r#"data: {"type":"response.output_item.done","item":{"type":"message","content":[{"text":"fg"}]}}"#,
        r#"data: {"type":"content_block_start","content_block":{"type":"text","text":"h"}}"#,
        r#"data: {"unknown":{"value":[null,true,{"content":""}]}}"#,
        r#"data: {"content":"i","stop":false}"#,
        r#"data: {"type":"response.completed","response":{"output":[{"content":"jklmnopqrst"}]}}"#,
        r#"error: {"code":"429","message":"u"}"#,
    ];
    let mut finished = 0;
    for seed in 0..cases() {
        let mut random = Random(seed);
        let mut text = Vec::new();
        for _ in 0..=random.below(4) {
            text.extend_from_slice(whole[random.below(whole.len())].as_bytes());
            text.extend_from_slice([&b"\n\n"[..], b"\r\r", b"\r\n\r\n", b"\n"][random.below(4)]);
        }
        for _ in 0..random.below(4) {
            let (at, from) = (random.below(text.len()), random.below(text.len()));
            match random.below(3) {
                0 => text[at] = text[from],
                1 => drop(text.drain(at..text.len().min(at + random.below(3)))),
                _ => text.insert(at, b"{}[]\",:\\ 0\n"[random.below(11)]),
            }
        }
        let read_whole = read([&text[..]]);
        finished += usize::from(read_whole.1 == End::Finished);
        let pieces = random_pieces(&text, &mut random);
        let text = text.escape_ascii();
        assert_eq!(read(pieces.iter().copied()), read_whole, "seed {seed}: {text}");
    }
    assert!(finished > 0);
}

/// Each byte is examined when it arrives and when its line is complete, and never again.
#[test]
fn examines_each_byte_twice_at_most() {
    let delta = choice(r#""delta":{"content":"x"}"#);
    let long = "y".repeat(200_000);
    for (what, transcript) in [
        ("one long line", format!("data: {}{delta}\n\n", " ".repeat(200_000))),
        ("a long line without an end", format!("data: {long}")),
        ("a long comment", format!(": {long}\n\n")),
        ("many lines of data", format!("data: {{\n{}data: }}\n\n", "data: \n".repeat(30_000))),
        ("many comments", format!("{}\n", ": ping\n".repeat(30_000))),
        ("many events", format!("data: {delta}\n\n").repeat(2_000)),
        ("many empty events", "data\n\n".repeat(30_000)),
        ("many blank lines", "\n".repeat(200_000)),
        ("many carriage returns", "\r".repeat(200_000)),
        ("both", "\r\n".repeat(100_000)),
        ("many names", format!("{}data\n\n", "event: name\n".repeat(20_000))),
    ] {
        for size in [1, 7, 4_096, transcript.len()] {
            let mut framer = Framer::with_capacity(0);
            for mut piece in transcript.as_bytes().chunks(size) {
                while framer.advance(&mut piece).ok().unwrap().is_some() {}
            }
            framer.finish();
            let (bytes, examined) = (transcript.len(), framer.examined);
            assert!(examined <= 2 * bytes, "{what}: {examined} for {bytes} in pieces of {size}");
        }
    }
}
