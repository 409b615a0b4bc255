//! The page in a real browser: a prompt is typed and sent, the answer arrives piece by piece, another is stopped
//! midway, and the numbers and charts show it. Screenshots are left in the folder for temporary files.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use chromium::Chromium;
use sse_server::answers::Answers;

mod chromium;

/// The server itself, as a user starts it.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sse-server"))
            .args(["--listen", "127.0.0.1:0", "--tokens-per-second", "40"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim().to_owned() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A number that the page shows.
fn number(browser: &mut Chromium, id: &str) -> u64 {
    let text = browser.eval(&format!("document.getElementById('{id}').textContent"));
    text.as_str().unwrap().replace(',', "").parse().unwrap_or_else(|_| panic!("{id}: {text}"))
}

/// What the charts look like.
fn charts(browser: &mut Chromium) -> [String; 2] {
    ["streams", "rate"]
        .map(|id| browser.eval(&format!("document.getElementById('{id}').toDataURL()")).to_string())
}

#[test]
fn page() {
    let screenshots = env::temp_dir();
    let expected = Answers::bundled().pick(None);
    let server = Server::start();
    let mut browser = Chromium::start();
    browser.resize(1200, 800, false);
    browser.prefer("light");
    browser.open(&server.url);
    browser.wait_for("document.getElementById('capacity').textContent === '1,024'");
    // A chart has something to show when it has two samples.
    browser.wait_for("samples.length > 1");
    assert_eq!((number(&mut browser, "opened"), number(&mut browser, "tokens")), (0, 0));
    let charts_before = charts(&mut browser);

    // A prompt is typed and sent.
    browser.click("#prompt");
    browser.eval("document.getElementById('prompt').select()");
    browser.type_text("What is a forebay, <b>really</b>?");
    browser.click("#send");
    browser.wait_for("document.querySelector('.answer') !== null");
    let asked = browser.eval("document.querySelector('.asked').textContent");
    assert_eq!(asked, "What is a forebay, <b>really</b>?");

    // The answer arrives in many steps, each longer than the one before.
    let mut seen = vec![String::new()];
    let deadline = Instant::now() + Duration::from_secs(60);
    while browser.eval("document.querySelector('.answer.running') !== null") == true {
        assert!(Instant::now() < deadline, "the answer does not end");
        let text = browser.eval("document.querySelector('.text').textContent");
        let text = text.as_str().unwrap();
        assert!(text.starts_with(seen.last().unwrap()), "what was there stays: {text}");
        if text != seen.last().unwrap() {
            seen.push(text.to_owned());
        }
        if seen.len() == 15 {
            assert_eq!(number(&mut browser, "open"), 1, "its ring is lent");
            browser.screenshot(&screenshots.join("sse-server-streaming.png"));
        }
        thread::sleep(Duration::from_millis(40));
    }
    assert!(seen.len() > 20, "it arrives in steps: {}", seen.len());
    let text = browser.eval("document.querySelector('.text').textContent");
    assert_eq!(text, expected.text(), "and is whole");
    let foot = browser.eval("document.querySelector('.foot').textContent");
    assert!(foot.as_str().unwrap().starts_with("finished: 115 tokens in "), "{foot}");

    // The numbers and the charts moved.
    browser.wait_for("document.getElementById('open').textContent === '0'");
    let [opened, finished, tokens, high_water] =
        ["opened", "finished", "tokens", "high_water"].map(|id| number(&mut browser, id));
    assert_eq!((opened, finished, tokens, high_water), (1, 1, expected.tokens.len() as u64, 1));
    let charts_after = charts(&mut browser);
    for (before, after) in charts_before.iter().zip(&charts_after) {
        assert_ne!(before, after, "a chart shows the answer");
    }

    // Two at once; one is stopped midway, with the mouse, the other with the keyboard.
    browser.click("#send");
    browser.click("#send");
    browser.wait_for("[...document.querySelectorAll('.running .text')].filter(e => e.textContent.length > 20).length === 2");
    browser.wait_for("document.getElementById('open').textContent === '2'");
    browser.screenshot(&screenshots.join("sse-server-1200x800.png"));
    browser.click(".answer:last-child .stop");
    browser.wait_for("document.querySelectorAll('.running').length === 1");
    let foot = browser.eval("document.querySelector('.answer:last-child .foot').textContent");
    assert!(foot.as_str().unwrap().starts_with("stopped: "), "{foot}");
    browser.wait_for("document.getElementById('cancelled').textContent === '1'");
    for kind in ["keyDown", "keyUp"] {
        let params = serde_json::json!({"type": kind, "key": "Escape", "code": "Escape", "windowsVirtualKeyCode": 27});
        browser.call("Input.dispatchKeyEvent", params);
    }
    browser.wait_for("document.querySelectorAll('.running').length === 0");
    browser.wait_for("document.getElementById('cancelled').textContent === '2'");
    browser.wait_for("document.getElementById('open').textContent === '0'");

    // The same in the dark, and on a phone, where nothing stands out to the side.
    browser.prefer("dark");
    thread::sleep(Duration::from_millis(700));
    browser.screenshot(&screenshots.join("sse-server-dark.png"));
    browser.prefer("light");
    browser.resize(390, 844, true);
    browser.wait_for("innerWidth === 390");
    assert_eq!(browser.eval("document.documentElement.scrollWidth"), 390);
    browser.eval("scrollTo(0, 0)");
    browser.click("#send");
    browser.wait_for("document.querySelector('.running .text')?.textContent.length > 60");
    browser.screenshot(&screenshots.join("sse-server-390x844.png"));
    browser.eval("document.getElementById('pool-title').scrollIntoView()");
    thread::sleep(Duration::from_millis(700));
    browser.screenshot(&screenshots.join("sse-server-390x844-pool.png"));

    // What can be operated has a name.
    let unnamed = browser.eval(
        "[...document.querySelectorAll('button, textarea, select, canvas')].filter(e =>
            !(e.getAttribute('aria-label') || e.labels?.length || e.textContent.trim())).length",
    );
    assert_eq!(unnamed, 0);

    // When the server is gone, the page says so; the browser then logs that it cannot connect.
    assert!(browser.errors().is_empty(), "{:#?}", browser.errors());
    drop(server);
    browser.wait_for("!document.getElementById('lost').hidden");
    let foot = browser.eval("document.querySelector('.answer:last-child .foot').textContent");
    println!("without its server: {foot}");
}
