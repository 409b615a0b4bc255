//! Gives the linker the memory map of the emulated board, here and not in RUSTFLAGS, which a variable of that name
//! in someone's environment replaces.
use std::{env, fs, path::PathBuf};

fn main() {
    let target = env::var("TARGET").expect("cargo sets TARGET");
    println!("cargo:rerun-if-env-changed=BOARD");
    let default = match target.as_str() {
        t if t.starts_with("thumbv6m") => "microbit",
        t if t.starts_with("thumbv7") => "mps2",
        t if t.starts_with("thumbv8m.main") => "mps2-an521",
        t if t.starts_with("riscv32") => "riscv-virt",
        t => panic!("no emulated board for the target {t}"),
    };
    // BOARD=mps2-an521 puts code for Cortex-M3 on two Cortex-M33.
    let board = env::var("BOARD").unwrap_or_else(|_| default.into());

    // What stable rustc does not say by itself.
    println!("cargo:rustc-check-cfg=cfg(dual_core)");
    println!(
        "cargo:rustc-check-cfg=cfg(board, values(\"microbit\", \"mps2\", \"mps2-an521\", \"riscv-virt\"))"
    );
    println!("cargo:rustc-cfg=board=\"{board}\"");
    if board == "mps2-an521" || target.starts_with("riscv32imac") {
        println!("cargo:rustc-cfg=dual_core");
    }

    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets OUT_DIR"));
    let map = format!("memory/{board}.x");
    println!("cargo:rerun-if-changed={map}");
    fs::copy(&map, out.join("memory.x"))
        .unwrap_or_else(|error| panic!("BOARD={board}: {map}: {error}"));
    println!("cargo:rustc-link-search={}", out.display());
    if target.starts_with("riscv32") {
        println!("cargo:rustc-link-arg-bins=-Tmemory.x");
    } else {
        // No gap up to the next page between segments.
        println!("cargo:rustc-link-arg-bins=--nmagic");
    }
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rerun-if-changed=build.rs");
}
