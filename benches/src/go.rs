//! Contenders in Go.

use crate::measure::Contender;
use crate::program::{Program, output};
use std::path::Path;
use std::process::Command;

pub static PROGRAM: Program = Program::new("go", |file| {
    let mut command = Command::new("go");
    command.args(["build", "-o"]).arg(file).arg(".");
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("go"));
    Some(command)
});

/// `work` of the Go program as a contender.
pub fn contender(name: &str, work: &str) -> Option<Contender> {
    PROGRAM.contender(name, work)
}

/// The line that `go version` prints.
pub fn version() -> String {
    output("go", &["version"]).unwrap_or_else(|| "no Go".into())
}
