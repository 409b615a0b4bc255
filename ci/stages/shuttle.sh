#!/bin/bash
# Random schedules for more threads than loom can take.
. "$(dirname "$0")/../common.sh"
export CARGO_TARGET_DIR=$BUILDS
cd ci/crates/shuttle
cargo test --quiet --locked </dev/null
