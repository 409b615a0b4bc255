#!/bin/bash
# The core's tests on atomics that are critical sections, as on a core without compare-and-swap with the feature
# critical-section. Here the section is a mutex, so that the threads of the tests are what cores are there.
. "$(dirname "$0")/../common.sh"

features=(--features std,async,critical-section)
export RUSTFLAGS='--cfg forebay_sections' CARGO_TARGET_DIR=$BUILDS
cargo test --quiet --no-fail-fast "${features[@]}" --lib --test it </dev/null

# A control: with the load and the store of a change in two sections, another thread's change is lost.
RUSTFLAGS+=' --cfg forebay_seed="section_split"'
must_fail 'panicked at' cargo test --quiet "${features[@]}" --test it threads:: </dev/null
say "the tests pass, and a change that is cut in two is noticed"
