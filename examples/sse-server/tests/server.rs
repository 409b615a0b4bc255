//! The server from the outside, over HTTP. Every test has a pool of its own, so that it can count rings.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use std::{fs, io, process, thread};

use forebay::StreamPool;
use serde_json::{Value, json};
use sse_server::answers::{Answer, Answers, Ending};
use sse_server::streams::Rings;
use sse_server::{Config, Server};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use ureq::http::Response;
use ureq::{Agent, Body};

/// Long enough for whatever has to happen, on a machine at work.
const PATIENCE: Duration = Duration::from_secs(30);
const AT_ONCE: Config =
    Config { pace: Duration::ZERO, wait: Duration::ZERO, grace: Duration::from_secs(5) };
/// A token every 2 milliseconds.
const PACED: Config = Config { pace: Duration::from_millis(2), ..AT_ONCE };

/// A server at work, on a port of its own.
struct Running<const N: usize> {
    server: Arc<Server<&'static Rings<N>>>,
    pool: &'static Rings<N>,
    address: String,
    agent: Agent,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<io::Result<()>>>,
    runtime: Runtime,
}

impl<const N: usize> Running<N> {
    fn start(pool: &'static Rings<N>, answers: Answers, config: Config) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(sse_server::listen("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = Server::new(pool, answers, config);
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = runtime.spawn(Arc::clone(&server).serve(listener, async {
            let _ = stopped.await;
        }));
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build();
        let (stop, serving) = (Some(stop), Some(serving));
        Self { server, pool, address, agent: agent.into(), stop, serving, runtime }
    }

    fn get(&self, path: &str) -> Response<Body> {
        self.agent.get(format!("http://{}{path}", self.address)).call().unwrap()
    }

    fn post(&self, body: impl ToString) -> Response<Body> {
        let url = format!("http://{}/v1/chat/completions", self.address);
        self.agent.post(url).send(body.to_string()).unwrap()
    }

    /// Asks for a stream.
    fn stream(&self) -> Response<Body> {
        let response = self.post(json!({"messages": [{"role": "user"}], "stream": true}));
        assert_eq!(response.status(), 200);
        response
    }

    /// Sends the sign to stop, and waits until the server has.
    fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.runtime.block_on(self.serving.take().unwrap()).unwrap().unwrap();
    }

    /// Nobody works for anybody, and every ring is back.
    #[track_caller]
    fn is_idle(&self) {
        wait_until("producers are gone", || self.server.counts().producers.load(Relaxed) == 0);
        wait_until("rings are back", || self.pool.available() == N);
        assert_eq!(self.pool.audit().count(), 0);
    }
}

#[track_caller]
fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "this never came true: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

fn bundled() -> Arc<Answer> {
    Answers::bundled().pick(None)
}

/// Answers of so many tokens.
fn long(tokens: usize) -> Answers {
    let mut transcript = String::new();
    for token in 0..tokens {
        let text = format!("{token} ");
        transcript += &format!("data: {}\n\n", json!({"choices": [{"delta": {"content": text}}]}));
    }
    transcript += "data: [DONE]\n\n";
    Answers::new(vec![Answer::parse("long", transcript.as_bytes()).unwrap()]).unwrap()
}

fn text_of(response: Response<Body>) -> String {
    response.into_body().read_to_string().unwrap()
}

fn json_of(response: Response<Body>) -> Value {
    assert_eq!(response.headers()["content-type"], "application/json");
    serde_json::from_str(&text_of(response)).unwrap()
}

/// The data of each server-sent event.
fn events(stream: &str) -> Vec<&str> {
    let events: Vec<_> = stream.split_terminator("\n\n").collect();
    events.iter().map(|event| event.strip_prefix("data: ").unwrap()).collect()
}

#[test]
fn streamed_answer_is_the_recording() {
    static POOL: Rings<2> = StreamPool::new();
    let running = Running::start(&POOL, Answers::bundled(), PACED);
    let response = running.post(json!({
        "model": "gpt-x", "stream": true, "stream_options": {"include_usage": true},
        "messages": [{"role": "user", "content": "three words long"}],
    }));
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["cache-control"], "no-cache");
    let stream = text_of(response);

    let answer = Answer::parse("again", stream.as_bytes()).unwrap();
    let expected = bundled();
    assert_eq!(answer.tokens, expected.tokens, "piece by piece");
    assert_eq!(answer.ending, Ending::Finished);

    let events = events(&stream);
    let (done, chunks) = events.split_last().unwrap();
    assert_eq!(*done, "[DONE]");
    let chunks: Vec<Value> =
        chunks.iter().map(|chunk| serde_json::from_str(chunk).unwrap()).collect();
    for chunk in &chunks {
        assert_eq!(chunk["object"], "chat.completion.chunk");
        assert_eq!(chunk["model"], "gpt-x");
        assert_eq!(chunk["id"], chunks[0]["id"]);
    }
    let [begin, .., end, usage] = &chunks[..] else { panic!("{chunks:?}") };
    assert_eq!(
        begin["choices"],
        json!([{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": null}])
    );
    assert_eq!(end["choices"], json!([{"index": 0, "delta": {}, "finish_reason": "stop"}]));
    assert_eq!(usage["choices"], json!([]));
    let tokens = expected.tokens.len();
    assert_eq!(
        usage["usage"],
        json!({"prompt_tokens": 3, "completion_tokens": tokens, "total_tokens": 3 + tokens})
    );
    assert_eq!(chunks.len(), tokens + 3);
    running.is_idle();
    assert_eq!(running.server.counts().finished.load(Relaxed), 1);
}

/// Each recording of the folder `RECORDINGS`, or of the one the bundled transcript is in, comes out as it went in.
#[test]
fn streamed_answers_are_the_recordings() {
    static POOL: Rings<1> = StreamPool::new();
    let bundled = || concat!(env!("CARGO_MANIFEST_DIR"), "/../data").into();
    let folder = std::env::var_os("RECORDINGS").unwrap_or_else(bundled);
    let answers = Answers::read(folder.as_ref(), |file, why| panic!("{}: {why}", file.display()));
    let running = Running::start(&POOL, answers.unwrap(), AT_ONCE);
    let expected = Answers::read(folder.as_ref(), |_, _| ()).unwrap();
    let mut count = 0;
    for expected in expected.iter() {
        let request =
            json!({"model": expected.name, "stream": true, "messages": [{"role": "user"}]});
        let answer = Answer::parse("x", text_of(running.post(request)).as_bytes()).unwrap();
        assert_eq!(answer.tokens, expected.tokens, "{}", expected.name);
        running.is_idle();
        count += 1;
    }
    assert!(count > 0, "there are recordings in {}", folder.display());
    println!("{count} recordings come out as they should");
}

/// The server starts if one file of the folder is good, whatever else is in it.
#[test]
fn what_is_no_recording_is_passed_over() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("replay-{}", process::id()));
    let path = |name: &str| folder.join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../data/bundled.sse"), path("good.sse"))
        .unwrap();
    fs::create_dir(path("folder.sse")).unwrap();
    fs::create_dir(path("no-recording")).unwrap();
    symlink("/nowhere", path("dangling.sse")).unwrap();
    symlink("circle.sse", path("circle.sse")).unwrap();
    symlink(".", path("link-to-folder.sse")).unwrap();
    symlink("/dev/zero", path("device.sse")).unwrap();
    symlink("good.sse", path("link.sse")).unwrap();
    let fifo = process::Command::new("mkfifo").arg(path("pipe.sse")).status().unwrap();
    assert!(fifo.success());
    let _socket = UnixListener::bind(path("socket.sse")).unwrap();
    fs::write(path("secret.sse"), "data: [DONE]\n\n").unwrap();
    fs::set_permissions(path("secret.sse"), fs::Permissions::from_mode(0o0)).unwrap();
    fs::write(path("broken.sse"), "data: {]\n\n").unwrap();
    fs::write(path("unknown.sse"), "data: {\"text\":\"a\"}\n\ndata: [DONE]\n\n").unwrap();
    fs::write(path("empty.sse"), "data: [DONE]\n\n").unwrap();

    // Its standard error has no reader at first, and does not block.
    let (mut errors, stderr) = UnixStream::pair().unwrap();
    stderr.set_nonblocking(true).unwrap();
    let mut server = process::Command::new(env!("CARGO_BIN_EXE_sse-server"))
        .args(["--listen", "127.0.0.1:0", "--replay"])
        .arg(&folder)
        .stdout(process::Stdio::piped())
        .stderr(OwnedFd::from(stderr))
        .spawn()
        .unwrap();
    let mut address = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut address).unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    let mut told = String::new();
    errors.read_to_string(&mut told).unwrap();
    fs::remove_dir_all(&folder).unwrap();

    assert!(address.starts_with("http://127.0.0.1:"), "{address}{told}");
    let told: Vec<_> = told.lines().collect();
    let wanted = [
        ("broken", "line 1: bad JSON: "),
        ("circle", ""),
        ("dangling", "No such file or directory"),
        ("device", "not a regular file"),
        ("empty", "there is no text in it"),
        ("folder", "not a regular file"),
        ("link-to-folder", "not a regular file"),
        ("pipe", "not a regular file"),
        // Permission denied, except to root.
        ("secret", ""),
        ("socket", "not a regular file"),
        ("unknown", "line 1: text in an unknown form: "),
    ];
    assert_eq!(told.len(), wanted.len(), "{told:#?}");
    for (line, (name, why)) in told.into_iter().zip(wanted) {
        let begin = format!("sse-server: passed over {}/{name}.sse: {why}", folder.display());
        assert!(line.starts_with(&begin), "{line}: {begin}");
    }
}

#[test]
fn whole_answer_is_the_recording() {
    static POOL: Rings<1> = StreamPool::new();
    let running = Running::start(&POOL, Answers::bundled(), AT_ONCE);
    let answer = json_of(running.post(json!({"messages": [{"role": "user", "content": "Hi"}]})));
    assert_eq!(answer["object"], "chat.completion");
    assert_eq!(answer["model"], "bundled");
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    let message = json!({"role": "assistant", "content": bundled().text()});
    assert_eq!(answer["choices"][0]["message"], message);
    assert_eq!(answer["usage"]["completion_tokens"], bundled().tokens.len());

    let cut = json_of(running.post(json!({"messages": [{"role": "user"}], "max_tokens": 2})));
    assert_eq!(cut["choices"][0]["message"]["content"], "A forebay");
    assert_eq!(cut["choices"][0]["finish_reason"], "length");
    running.is_idle();
}

#[test]
fn bad_requests_are_told_where_they_are_wrong() {
    static POOL: Rings<1> = StreamPool::new();
    let running = Running::start(&POOL, Answers::bundled(), AT_ONCE);
    for (body, param, words) in [
        ("{\"messages\": [", Value::Null, "not JSON: EOF while parsing a list at line 1 column 14"),
        ("hello", Value::Null, "not a JSON object: it begins with `h`"),
        ("{\"stream\":true}", json!("messages"), "missing field `messages` at line 1 column 15"),
        (
            "{\n\"messages\": \"Hi\"}",
            json!("messages"),
            "string \"Hi\", expected a sequence at line 2 column 16",
        ),
        (
            "{\"messages\": [{\"role\": \"user\", \"content\": {}}]}",
            json!("messages[0].content"),
            "invalid type: map, expected a string, a list of parts or null at line 1 column 44",
        ),
    ] {
        let response = running.post(body);
        assert_eq!(response.status(), 400, "{body}");
        let error = json_of(response)["error"].take();
        let message = error["message"].as_str().unwrap();
        assert!(message.ends_with(words), "{body}: {message}");
        assert_eq!(error["param"], param, "{body}");
        assert_eq!(error["type"], "invalid_request_error");
    }
    let response = running.post("{".to_owned() + &" ".repeat(2 << 20));
    assert_eq!(response.status(), 413);
    assert_eq!(json_of(response)["error"]["type"], "invalid_request_error");
    assert_eq!(running.server.counts().bad_requests.load(Relaxed), 6);
    assert_eq!(POOL.metrics().gets, 0, "no ring was lent for them");
}

#[test]
fn unknown_routes_and_methods_are_told_in_the_same_form() {
    static POOL: Rings<1> = StreamPool::new();
    let running = Running::start(&POOL, Answers::bundled(), AT_ONCE);
    for (path, status, words) in [
        ("/v1/completions", 404, "there is no GET /v1/completions"),
        ("/v1/chat/completions", 405, "/v1/chat/completions does not take GET"),
    ] {
        let response = running.get(path);
        assert_eq!(response.status(), status);
        let error = json_of(response)["error"].take();
        assert_eq!(
            (&error["message"], &error["type"]),
            (&json!(words), &json!("invalid_request_error"))
        );
    }
}

#[test]
fn page_and_models_are_there() {
    static POOL: Rings<1> = StreamPool::new();
    let running = Running::start(&POOL, Answers::bundled(), AT_ONCE);
    let page = running.get("/");
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let page = text_of(page);
    assert!(page.starts_with("<!doctype html>"));
    // Nothing is loaded from elsewhere; the one other name is that of a format.
    let elsewhere =
        page.matches("://").count() - page.matches("http://www.w3.org/2000/svg").count();
    assert_eq!(elsewhere, 0);
    let models = json_of(running.get("/v1/models"));
    assert_eq!(
        models["data"],
        json!([{"id": "bundled", "object": "model", "owned_by": "recorded"}])
    );
}

#[test]
fn without_a_ring_it_is_429() {
    static POOL: Rings<2> = StreamPool::new();
    let running = Running::start(&POOL, Answers::bundled(), AT_ONCE);
    let taken = [POOL.try_open().unwrap(), POOL.try_open().unwrap()];
    for stream in [true, false] {
        let response = running.post(json!({"messages": [{"role": "user"}], "stream": stream}));
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()["retry-after"], "1");
        let error = json_of(response)["error"].take();
        assert_eq!(error["type"], "rate_limit_error");
        assert_eq!(error["message"], "all 2 streams are in use; try again in a second");
    }
    drop(taken);
    text_of(running.stream());
    running.is_idle();
    assert_eq!(running.server.counts().refused.load(Relaxed), 2);
    assert!(POOL.metrics().exhausted >= 2);
}

#[test]
fn a_request_waits_for_a_ring() {
    static POOL: Rings<1> = StreamPool::new();
    let config = Config { wait: PATIENCE, ..AT_ONCE };
    let running = Running::start(&POOL, Answers::bundled(), config);
    let taken = POOL.try_open().unwrap();
    let giver = thread::spawn(|| {
        thread::sleep(Duration::from_millis(200));
        drop(taken);
    });
    let began = Instant::now();
    let answer = Answer::parse("x", text_of(running.stream()).as_bytes()).unwrap();
    assert!(began.elapsed() >= Duration::from_millis(150), "it waited");
    assert_eq!(answer.text(), bundled().text());
    giver.join().unwrap();
    running.is_idle();
}

#[test]
fn a_request_waits_no_longer_than_it_may() {
    static POOL: Rings<1> = StreamPool::new();
    let config = Config { wait: Duration::from_millis(100), ..AT_ONCE };
    let running = Running::start(&POOL, Answers::bundled(), config);
    let _taken = POOL.try_open().unwrap();
    let began = Instant::now();
    let response = running.post(json!({"messages": [{"role": "user"}]}));
    assert_eq!(response.status(), 429);
    assert!(began.elapsed() >= Duration::from_millis(100), "{:?}", began.elapsed());
}

/// Reads some of a stream and goes away.
fn leave_after(events: usize, response: Response<Body>) {
    let mut lines = BufReader::new(response.into_body().into_reader()).lines();
    for _ in 0..2 * events {
        lines.next().unwrap().unwrap();
    }
}

#[test]
fn a_client_that_leaves_stops_its_producer() {
    static POOL: Rings<4> = StreamPool::new();
    // With and without a pace: a producer that sleeps, and one that waits for room.
    for config in [PACED, AT_ONCE] {
        let running = Running::start(&POOL, long(100_000), config);
        for left in 1..=4 {
            leave_after(10, running.stream());
            running.is_idle();
            let counts = running.server.counts();
            assert_eq!(counts.cancelled.load(Relaxed), left);
            let late = counts.late_tokens_max.load(Relaxed);
            assert!(late <= 2, "{late} tokens were offered to nobody");
            assert_eq!(counts.finished.load(Relaxed), 0);
        }
    }
}

#[test]
fn a_client_that_leaves_before_a_whole_answer_stops_its_producer() {
    static POOL: Rings<1> = StreamPool::new();
    let running = Running::start(&POOL, long(100_000), PACED);
    let mut client = TcpStream::connect(&running.address).unwrap();
    let body = r#"{"messages": [{"role": "user"}]}"#;
    let length = body.len();
    io::Write::write_all(
        &mut client,
        format!("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}").as_bytes(),
    )
    .unwrap();
    wait_until("the producer is at work", || running.server.counts().producers.load(Relaxed) == 1);
    drop(client);
    running.is_idle();
    assert_eq!(running.server.counts().cancelled.load(Relaxed), 1);
    assert!(running.server.counts().late_tokens_max.load(Relaxed) <= 2);
}

#[test]
fn two_requests_stream_at_once() {
    static POOL: Rings<2> = StreamPool::new();
    let running = Running::start(&POOL, Answers::bundled(), PACED);
    let streams = [running.stream(), running.stream()];
    assert_eq!(POOL.metrics().in_use, 2);
    for stream in streams {
        let answer = Answer::parse("x", text_of(stream).as_bytes()).unwrap();
        assert_eq!(answer.tokens, bundled().tokens);
    }
    running.is_idle();
    assert_eq!(POOL.metrics().high_water, 2);
}

#[test]
fn errors_midway_are_told() {
    static POOL: Rings<1> = StreamPool::new();
    let text = r#"data: {"choices": [{"delta": {"content": "So far"}}]}"#;
    let failed = format!("{text}\n\ndata: {{\"error\": {{\"code\": 529}}}}\n\n");
    let answers = [("failed", failed), ("cut", format!("{text}\n\n"))]
        .map(|(name, transcript)| Answer::parse(name, transcript.as_bytes()).unwrap());
    let running = Running::start(&POOL, Answers::new(answers.into()).unwrap(), AT_ONCE);
    for (model, status, words) in [
        ("failed", 529, "the answer failed with status 529"),
        ("cut", 502, "the answer was aborted before its end"),
    ] {
        let request = |stream: bool| json!({"model": model, "messages": [{"role": "user"}], "stream": stream});
        let stream = text_of(running.post(request(true)));
        let [.., text, error] = &events(&stream)[..] else { panic!("{stream}") };
        assert!(text.contains(r#""delta":{"content":"So far"}"#), "{text}");
        let error: Value = serde_json::from_str(error).unwrap();
        assert_eq!(error["error"]["message"], words);
        assert_eq!(error["error"]["type"], "server_error");

        running.is_idle();
        let response = running.post(request(false));
        assert_eq!(response.status(), status);
        assert_eq!(json_of(response)["error"]["message"], words);
        running.is_idle();
    }
    let counts = running.server.counts();
    assert_eq!((counts.failed.load(Relaxed), counts.aborted.load(Relaxed)), (2, 2));
}

#[test]
fn metrics_are_for_prometheus() {
    static POOL: Rings<3> = StreamPool::new();
    let running = Running::start(&POOL, Answers::bundled(), AT_ONCE);
    text_of(running.stream());
    running.is_idle();
    let _open = POOL.try_open().unwrap();
    let response = running.get("/metrics");
    assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let text = text_of(response);
    assert!(text.ends_with('\n'));

    let (mut helped, mut kinds, mut values) = (HashSet::new(), HashMap::new(), HashMap::new());
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            assert!(helped.insert(help.split_once(' ').unwrap().0), "twice: {line}");
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert!(helped.contains(name), "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            kinds.insert(name, kind);
        } else {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(kinds.contains_key(name.split('{').next().unwrap()), "{line}");
            assert!(values.insert(name, value.parse::<u64>().unwrap()).is_none(), "{line}");
        }
    }
    for (name, value) in [
        ("forebay_streams_open", 1),
        ("forebay_streams_capacity", 3),
        ("forebay_streams_high_water", 1),
        ("forebay_streams_opened_total", 2),
        ("forebay_streams_exhausted_total", 0),
        ("sse_answers_total{end=\"finished\"}", 1),
        ("sse_answers_total{end=\"cancelled\"}", 0),
        ("sse_answers_total{end=\"aborted\"}", 0),
        ("sse_tokens_sent_total", bundled().tokens.len() as u64),
        ("sse_producers", 0),
    ] {
        assert_eq!(values.get(name), Some(&value), "{name}");
    }
    let json = json_of(running.get("/metrics.json"));
    assert_eq!(
        (&json["open"], &json["opened"], &json["finished"]),
        (&json!(1), &json!(2), &json!(1))
    );
}

#[test]
fn stopping_lets_answers_end() {
    static POOL: Rings<1> = StreamPool::new();
    let mut running = Running::start(&POOL, Answers::bundled(), PACED);
    let mut stream = running.stream().into_body().into_reader();
    let mut begin = [0; 100];
    stream.read_exact(&mut begin).unwrap();
    let reader = thread::spawn(move || {
        let mut all = begin.to_vec();
        stream.read_to_end(&mut all).unwrap();
        Answer::parse("x", &all).unwrap()
    });
    running.stop();
    let answer = reader.join().unwrap();
    assert_eq!((answer.text(), answer.ending), (bundled().text(), Ending::Finished));
    assert!(TcpStream::connect(&running.address).is_err(), "nobody listens any more");
    running.is_idle();
}

#[test]
fn stopping_tells_answers_that_take_too_long() {
    static POOL: Rings<1> = StreamPool::new();
    let config = Config { grace: Duration::from_millis(50), ..PACED };
    let mut running = Running::start(&POOL, long(100_000), config);
    let stream = running.stream();
    let reader = thread::spawn(move || text_of(stream));
    running.stop();
    let stream = reader.join().unwrap();
    let error: Value = serde_json::from_str(events(&stream).last().unwrap()).unwrap();
    assert_eq!(error["error"]["message"], "the server stops; the answer is not complete");
    running.is_idle();
}
