#!/bin/bash
# Compiles `core` for the targets that have no std from Debian's sources and lays it out as a sysroot, the way
# `rustup target add` would. There is no `alloc` and no `std` in it, so a crate that wants one does not build.
# Done once for each version of the compiler.
. "$(dirname "$0")/common.sh"

TARGETS=(thumbv6m-none-eabi thumbv7m-none-eabi riscv32imc-unknown-none-elf riscv32imac-unknown-none-elf
    wasm32-unknown-unknown)

need rustc-web cargo-web rust-web-src lld
# Stages that run at the same time wait for the first one.
mkdir -p target
exec 9>target/.sysroot
flock 9
made_with="$(/usr/bin/rustc -vV) ${TARGETS[*]} linker"
if [ "$(cat "$SYSROOT/made-with" 2>/dev/null)" = "$made_with" ]; then
    say "core is there"
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/src"
echo '#![no_std]' >"$work/src/lib.rs"
# Bitcode only, a sixth faster to make: every crate that links it has `lto = "fat"`.
cat >"$work/Cargo.toml" <<'TOML'
[package]
name = "empty"
version = "0.0.0"
edition = "2024"
[workspace]
[profile.release]
panic = "abort"
codegen-units = 1
lto = "fat"
TOML
# One call for all: cargo builds two at a time on two cores.
RUSTFLAGS='' RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$work/target" distro /usr/bin/cargo build --quiet --release \
    -Zbuild-std=core "${TARGETS[@]/#/--target=}" --manifest-path "$work/Cargo.toml"
rm -rf "$SYSROOT"
for target in "${TARGETS[@]}"; do
    lib=$SYSROOT/lib/rustlib/$target/lib
    mkdir -p "$lib"
    cp "$work/target/$target/release/deps"/lib{core,compiler_builtins}-*.rlib "$lib/"
done
# rustc calls the linker for these targets rust-lld; lld's generic driver takes the flavour rustc gives it.
mkdir -p "$SYSROOT/bin"
ln -sf /usr/bin/lld "$SYSROOT/bin/rust-lld"
echo "$made_with" >"$SYSROOT/made-with"
say "core for ${TARGETS[*]}"
