//! Contenders of DPDK: its mempool and its ring.

use crate::measure::Contender;
use crate::program::{Program, output};
use std::path::Path;
use std::process::Command;

pub static PROGRAM: Program = Program::new("dpdk", |file| {
    let flags = output("pkg-config", &["--cflags", "--libs", "libdpdk"])?;
    let mut command = Command::new("cc");
    command.args(["-O3", "-o"]).arg(file);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("dpdk/main.c"));
    command.args(flags.split_whitespace());
    Some(command)
});

/// `work` of the DPDK program as a contender.
pub fn contender(name: &str, work: &str) -> Option<Contender> {
    PROGRAM.contender(name, work)
}

/// The same work with the cache of each lcore and without.
pub fn mempools(name: &str, work: &str) -> impl Iterator<Item = Contender> {
    let cached = contender(&format!("{name}, cached"), &format!("{work}-cached"));
    cached.into_iter().chain(contender(name, work))
}

/// DPDK's version.
pub fn version() -> String {
    let version = output("pkg-config", &["--modversion", "libdpdk"]);
    version.map_or_else(|| "no DPDK".into(), |version| format!("DPDK {version}"))
}
