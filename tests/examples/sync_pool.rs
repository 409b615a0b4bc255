//! The example `sync_pool` runs to its end; it asserts itself what it claims.

use std::path::Path;
use std::process::Command;

/// Runs the example, which cargo builds before it runs integration tests.
fn run() -> String {
    let test = std::env::current_exe().expect("a test knows where it is");
    let profile = test.parent().and_then(Path::parent).expect("tests are in target/<profile>/deps");
    let binary =
        profile.join("examples").join(format!("sync_pool{}", std::env::consts::EXE_SUFFIX));
    assert!(
        binary.exists(),
        "{} is missing: cargo build --features std --example sync_pool",
        binary.display()
    );
    let run = Command::new(binary).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(run.stderr.is_empty());
    String::from_utf8(run.stdout).unwrap()
}

#[test]
fn smoke() {
    let text = run();
    assert!(text.starts_with("get, put, get: one response was made"), "{text}");
    assert!(text.contains(": 24 times 24 is 576. 24 times 24 is 576."), "{text}");
    assert!(text.ends_with("nothing is out\n"), "{text}");
}

#[test]
fn metrics_add_up() {
    let text = run();
    let line = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        let number = |word: &str| {
            // The number in front of the word.
            let before = line.split_once(word).map_or("0", |(before, _)| before.trim_end());
            before.rsplit(' ').next().unwrap().parse::<u32>().unwrap()
        };
        (number("gets"), number("on the heap"))
    };
    let (gets, on_heap) = line("responses:");
    assert_eq!(gets + on_heap, 2 + 32 + 1);
    assert_eq!(line("channels:"), (32, 0));
    assert_eq!(line("errors:"), (2, 0));
}

/// What a page can show, and a reader takes in.
#[test]
fn it_is_one_file_of_less_than_200_lines() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/sync_pool.rs");
    let lines = std::fs::read_to_string(path).unwrap().lines().count();
    assert!((100..200).contains(&lines), "{lines}");
}
