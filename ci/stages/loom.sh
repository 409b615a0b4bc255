#!/bin/bash
# The models under loom, and the proof that they can fail: every fault that can be seeded is found by a model.
. "$(dirname "$0")/../common.sh"
export CARGO_TARGET_DIR=$BUILDS

[ -f loom-tests/Cargo.toml ] || die "loom-tests is missing"
cd loom-tests
cargo test --quiet --release --locked </dev/null
cargo run --quiet --release --locked --bin seeds </dev/null
