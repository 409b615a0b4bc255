#!/bin/bash
# Thirty seconds of libFuzzer over sequences of operations, held against the plain models of tests/models. Built with
# the flags that cargo-fuzz would give, which stable has, so that cargo-fuzz need not be compiled.
#
#   ci/fuzz.sh [SECONDS]
. "$(dirname "$0")/common.sh"
need g++ # libFuzzer itself is C++.
cd fuzz

export CARGO_TARGET_DIR=$PWD/../target/fuzz
RUSTFLAGS='--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Cdebug-assertions' \
    cargo build --quiet --locked --release --target $HOST

mkdir -p "$CARGO_TARGET_DIR/corpus"
log=$CARGO_TARGET_DIR/log
"$CARGO_TARGET_DIR/$HOST/release/ops" -max_total_time="${1:-30}" -max_len=1200 -timeout=10 \
    -artifact_prefix="$CARGO_TARGET_DIR/" "$CARGO_TARGET_DIR/corpus" >"$log" 2>&1 </dev/null || {
    tail -40 "$log"
    die "libFuzzer found something; the input is the file named above"
}
# Without coverage it would run blindly, and say so nowhere.
grep -q 'cov: [1-9][0-9][0-9]' "$log" || die "no coverage is seen: $(tail -1 "$log")"
say "$(grep -o 'cov: [0-9]*' "$log" | tail -1), $(tail -1 "$log")"
