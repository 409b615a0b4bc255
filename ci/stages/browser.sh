#!/bin/bash
# The example server's page in a real browser. Screenshots are left in /tmp.
. "$(dirname "$0")/../common.sh"
# Without fonts there would be nothing to see on the screenshots.
need chromium fonts-dejavu-core
export CARGO_TARGET_DIR=$PWD/target/sse-server
cd examples/sse-server
cargo test --quiet --locked --test browser -- --nocapture </dev/null
