//! Contenders in other languages: programs that the command builds, and which do the work they are given the name of and
//! print how many nanoseconds that took.

use crate::measure::{Contender, Kind, all_cores};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

/// Set in the process whose instructions are counted, which needs no programs.
pub const WITHOUT: &str = "FOREBAY_WITHOUT_PROGRAMS";

pub struct Program {
    name: &'static str,
    /// Prepares the command that builds the file at this path.
    build: fn(&Path) -> Option<Command>,
    /// The file, if it was built and works.
    built: OnceLock<Option<PathBuf>>,
}

impl Program {
    pub const fn new(name: &'static str, build: fn(&Path) -> Option<Command>) -> Self {
        Self { name, build, built: OnceLock::new() }
    }

    /// Returns `work` of the program as a contender, or `None` where the program cannot be built or does not work.
    pub fn contender(&'static self, name: &str, work: &str) -> Option<Contender> {
        let program = self.file(work)?;
        let work = work.to_string();
        let run = move |n| run(program, &work, n).unwrap();
        Some(Contender { is_program: true, ..Contender::new(name, Kind::Rival, run) })
    }

    /// Builds the program the first time, and tries it with `work`.
    fn file(&self, work: &str) -> Option<&Path> {
        let build = || {
            if std::env::var_os(WITHOUT).is_some() {
                return None;
            }
            let file = format!("forebay-{}-{}", self.name, std::process::id());
            let file = std::env::temp_dir().join(file);
            let built = match (self.build)(&file).map(|mut command| command.status()) {
                None => Err("it is not installed".into()),
                Some(Ok(status)) if status.success() => run(&file, work, 1),
                Some(other) => Err(format!("{other:?}")),
            };
            match built {
                Ok(_) => Some(file),
                Err(reason) => {
                    eprintln!("{}: no contenders: {}", self.name, reason.trim());
                    None
                }
            }
        };
        self.built.get_or_init(build).as_deref()
    }

    /// Removes the file.
    pub fn clean_up(&self) {
        if let Some(Some(file)) = self.built.get() {
            let _ = std::fs::remove_file(file);
        }
    }
}

/// Does `work` `n` times. On all cores: the caller may be bound to one, and a process inherits that.
fn run(program: &Path, work: &str, n: u64) -> Result<Duration, String> {
    let output =
        all_cores(program).args([work, &n.to_string()]).output().map_err(|e| e.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map(Duration::from_nanos).map_err(|e| format!("{e}: {text}"))
}

/// Returns what a command prints, or `None` if there is no such command or it fails.
pub fn output(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}
