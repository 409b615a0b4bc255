#!/bin/bash
# The example server: its tests, its page in a real browser (screenshots are left in /tmp), and the load run, which also holds
# it to allocating nothing and to not growing.
. "$(dirname "$0")/../common.sh"
# Without fonts there would be nothing to see on the screenshots.
need chromium fonts-dejavu-core
export CARGO_TARGET_DIR=$BUILDS
cd examples/sse-server

cargo fmt --check
cargo clippy --quiet --locked --all-targets -- -D warnings
# With the recorded streams, where they are at hand.
recordings=$PWD/../../../shared/data/sse
[ -r "$recordings/expected.jsonl" ] && export RECORDINGS=$recordings
cargo test --quiet --locked </dev/null
# Both ends of a connection are in one process.
ulimit -n "$(ulimit -Hn)"
cargo run --quiet --locked --release --bin load -- --rounds 6 --streams 400 </dev/null
