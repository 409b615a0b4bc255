#!/bin/bash
# Random schedules for more threads than loom can take.
. "$(dirname "$0")/../common.sh"
cd ci/crates/shuttle
cargo test --quiet --locked </dev/null
