#!/bin/bash
# What the stages need and a fresh Debian bookworm may lack. Each stage also asks for its own packages, so this only
# saves apt the repetition.
. "$(dirname "$0")/../common.sh"

packages=(rustc-web cargo-web rust-web-src lld valgrind libc6-dbg gcc libc6-dev binutils patch)
# Without rustup, Debian's compiler does everything but the sanitizers.
command -v cargo >/dev/null || packages+=(rust-web-clippy rustfmt-web)
need "${packages[@]}"
say "$(cargo --version), $(rustc --version); for bare metal $(/usr/bin/rustc --version)"
