//! What must not compile. Each file of `tests/ui` is compiled twice: as it is, and with `--cfg fails`, which
//! adds or takes away the line in question. The first must compile, so that nothing else is at fault; the second
//! must fail with the error that the file's first line names.
//!
//! The errors are told by their codes, not by their text, which differs between compilers. Text of this crate's own, by
//! `#[diagnostic::on_unimplemented]`, is in lines of the file that begin with `//! says: `, and must stand in the error.
#![cfg(all(feature = "std", not(miri), not(loom)))]

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::{env, fs};

/// The library, built for this test alone: beside the one under test there may be others, with other
/// features, and their names do not tell.
fn build_library(target: &Path) -> PathBuf {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let built = Command::new(cargo)
        .args(["build", "--lib", "--features", "std", "--message-format", "short"])
        .arg("--manifest-path")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        // The dependencies are there already, since this test was linked with them.
        .env("CARGO_NET_OFFLINE", "true")
        // A coverage or sanitizer run would ask for libraries that the files here are not linked with.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET")
        .output()
        .expect("cargo runs");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    target.join("debug")
}

fn compile(file: &Path, library: &Path, out: &Path, fails: bool) -> Output {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    let mut command = Command::new(rustc);
    command
        .args(["--edition", "2024", "--crate-type", "bin", "--emit", "obj", "--cap-lints", "allow"])
        .args(["--check-cfg", "cfg(fails)", "--error-format", "human"])
        .arg("--extern")
        .arg({
            let mut forebay = OsString::from("forebay=");
            forebay.push(library.join("libforebay.rlib"));
            forebay
        })
        .arg("-L")
        .arg({
            let mut deps = OsString::from("dependency=");
            deps.push(library.join("deps"));
            deps
        })
        .arg("-o")
        .arg(out)
        .arg(file);
    if fails {
        command.args(["--cfg", "fails"]);
    }
    command.output().expect("rustc runs")
}

/// What is wrong with `file`, if anything.
fn check(file: &Path, library: &Path, out: &Path) -> Result<(), String> {
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    let expected = text
        .strip_prefix("//! ")
        .and_then(|text| text.split_once(':'))
        .map(|(expected, _why)| expected)
        .ok_or("the first line names no error")?;
    if !text.contains("cfg(fails)") && !text.contains("cfg(not(fails))") {
        return Err("no line depends on `cfg(fails)`".into());
    }
    let sound = compile(file, library, out, false);
    if !sound.status.success() {
        let errors = String::from_utf8_lossy(&sound.stderr);
        return Err(format!("does not compile as it is:\n{errors}"));
    }
    let broken = compile(file, library, out, true);
    let errors = String::from_utf8_lossy(&broken.stderr);
    if broken.status.success() {
        Err(format!("compiles, and should fail with {expected}"))
    } else if !errors.contains(expected) {
        Err(format!("fails, but not with {expected}:\n{errors}"))
    } else if let Some(missing) = said(&text).find(|said| !errors.contains(said)) {
        Err(format!("fails without saying {missing:?}:\n{errors}"))
    } else {
        Ok(())
    }
}

/// The words that an error has to say.
fn said(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.strip_prefix("//! says: "))
}

#[test]
fn what_must_not_compile() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui");
    let library = build_library(&target);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|kind| kind == "rs"));
    assert!(files.len() > 50, "the files are there");
    files.sort_by(|a, b| b.cmp(a));

    let queue = Mutex::new(files);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for worker in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            let out = target.join(format!("{worker}.o"));
            let (queue, wrong, library) = (&queue, &wrong, &library);
            scope.spawn(move || {
                loop {
                    let Some(file) = queue.lock().unwrap().pop() else { break };
                    if let Err(why) = check(&file, library, &out) {
                        wrong.lock().unwrap().push(format!("{}: {why}", file.display()));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} files:\n{}", wrong.len(), wrong.join("\n"));
}
