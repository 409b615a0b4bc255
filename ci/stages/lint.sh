#!/bin/bash
# Formatting and clippy, for forebay and for the crates that check it.
. "$(dirname "$0")/../common.sh"

for manifest in Cargo.toml validate/Cargo.toml benches/Cargo.toml loom-tests/Cargo.toml ci/fuzz/Cargo.toml ci/crates/*/Cargo.toml \
    examples/{firmware,tiny_lm/crate}/Cargo.toml; do
    cargo fmt --check --manifest-path "$manifest"
done
cargo clippy --quiet --workspace --all-targets --features std,async,zeroize,serde,defmt,metrics,validate,unicode -- -D warnings
cargo clippy --quiet --workspace --all-targets -- -D warnings
# Compiled, and not run: a time is no verdict.
cargo clippy --quiet --locked --all-targets --manifest-path benches/Cargo.toml --target-dir "$BUILDS" -- -D warnings
cargo clippy --quiet --locked --all-targets --manifest-path examples/tiny_lm/crate/Cargo.toml --target-dir "$BUILDS" -- \
    -D warnings
# Most of these have panic handlers of their own, so they have no test target.
for check in ci/crates/*/; do
    (cd "$check" && CARGO_TARGET_DIR=$BUILDS cargo clippy --quiet --locked -- -D warnings)
done
say "rustfmt and clippy have nothing to say"
