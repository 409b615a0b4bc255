//! Gives the linker the memory map of the board that examples/firmware has for the same target.
use std::{env, fs, path::PathBuf};

fn main() {
    let board = match env::var("TARGET").expect("cargo sets TARGET").as_str() {
        t if t.starts_with("thumbv6m") => "microbit",
        t if t.starts_with("thumbv7m") => "mps2",
        t if t.starts_with("riscv32") => "riscv-virt",
        // The host, where clippy reads the programs and nothing is linked.
        _ => return,
    };
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets OUT_DIR"));
    let map = format!("../../../examples/firmware/memory/{board}.x");
    println!("cargo:rerun-if-changed={map}");
    fs::copy(&map, out.join("memory.x")).unwrap_or_else(|error| panic!("{map}: {error}"));
    println!("cargo:rustc-link-search={}", out.display());
    if board == "riscv-virt" {
        println!("cargo:rustc-link-arg-bins=-Tmemory.x");
    } else {
        // Without this, the linker leaves a gap up to the next page between segments.
        println!("cargo:rustc-link-arg-bins=--nmagic");
    }
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
}
