//! Contenders in Go: a program that does the same work and says how long it took.

use crate::measure::{Contender, Kind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

/// The program, built once; `None`, and said, where there is no Go.
fn program() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let build = || {
        // Counted in another process, which needs none.
        if std::env::var_os("FOREBAY_WITHOUT_GO").is_some() {
            return None;
        }
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("go");
        let binary = std::env::temp_dir().join(format!("forebay-go-{}", std::process::id()));
        let built = Command::new("go")
            .args(["build", "-o"])
            .arg(&binary)
            .arg(".")
            .current_dir(source)
            .status();
        match built {
            Ok(status) if status.success() => Some(binary),
            other => {
                eprintln!("no contenders in Go: {other:?}");
                None
            }
        }
    };
    PROGRAM.get_or_init(build).as_deref()
}

/// `work` of the Go program as a contender.
pub fn contender(name: &str, work: &str) -> Option<Contender> {
    let (program, work) = (program()?, work.to_string());
    let run = move |n: u64| {
        let output = Command::new(program).args([&work, &n.to_string()]).output().unwrap();
        assert!(output.status.success(), "Go, {work}: {}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        Duration::from_nanos(text.trim().parse().unwrap())
    };
    Some(Contender::new(name, Kind::Rival, run))
}

/// Removes the program.
pub fn clean_up() {
    if let Some(program) = program() {
        let _ = std::fs::remove_file(program);
    }
}

/// What `go version` says.
pub fn version() -> String {
    let output = Command::new("go").arg("version").output();
    output
        .map_or_else(|_| "no Go".into(), |o| String::from_utf8_lossy(&o.stdout).trim().to_string())
}
