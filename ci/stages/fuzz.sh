#!/bin/bash
# Twenty seconds of libFuzzer each over sequences of operations, held against the plain models of tests/it/models, and over
# schemas and texts, held against each other in all ways. Built with the flags that cargo-fuzz would give, which stable
# has, so that cargo-fuzz need not be compiled.
#
#   ci/stages/fuzz.sh [SECONDS [TARGET…]]
. "$(dirname "$0")/../common.sh"
need g++ # libFuzzer itself is C++.
cd ci/fuzz

seconds=${1:-20}
targets=(ops validate)
(($# > 1)) && targets=("${@:2}")

export CARGO_TARGET_DIR=$BUILDS
RUSTFLAGS='--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Cdebug-assertions' \
    cargo build --quiet --locked --release --target $HOST

for target in "${targets[@]}"; do
    corpus=$CARGO_TARGET_DIR/corpus-$target log=$CARGO_TARGET_DIR/log-$target options=()
    mkdir -p "$corpus"
    [ -r "$target.dict" ] && options=(-dict="$target.dict")
    "$CARGO_TARGET_DIR/$HOST/release/$target" -max_total_time="$seconds" -max_len=1200 -timeout=10 "${options[@]}" \
        -artifact_prefix="$CARGO_TARGET_DIR/$target-" "$corpus" >"$log" 2>&1 </dev/null || {
        tail -40 "$log"
        die "libFuzzer found something; the input is the file named above"
    }
    # Without coverage it would run blindly, and say so nowhere.
    grep -q 'cov: [1-9][0-9][0-9]' "$log" || die "no coverage is seen: $(tail -1 "$log")"
    say "$target: $(grep -o 'cov: [0-9]*' "$log" | tail -1), $(tail -1 "$log")"
done
