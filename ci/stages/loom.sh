#!/bin/bash
# The models under loom, and the proof that they can fail: every fault that can be seeded is found by a model. Where
# the patch for loom's gap is at hand, the models run on the patched loom as well, in less depth.
. "$(dirname "$0")/../common.sh"
export CARGO_TARGET_DIR=$BUILDS

patch=$PWD/../shared/loom-0.7.3-loads.patch
[ -f loom-tests/Cargo.toml ] || die "loom-tests is missing"
cd loom-tests
cargo test --quiet --release --locked </dev/null
cargo run --quiet --release --locked --bin seeds </dev/null

if [ -r "$patch" ]; then
    command -v patch >/dev/null || need patch
    say "on patched loom, with two preemptions"
    # But for the two that take longest; deep.sh alone runs them, too.
    LOOM_MAX_PREEMPTIONS=2 ./deep.sh "$patch" --quiet -- --skip thread_ends_vs_adopt --skip reserved_get_vs_reserved_get </dev/null
fi
