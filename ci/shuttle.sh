#!/bin/bash
# Random schedules for more threads than loom can take.
. "$(dirname "$0")/common.sh"
cd checks/shuttle
cargo test --quiet --locked </dev/null
