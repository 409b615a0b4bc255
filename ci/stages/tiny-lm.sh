#!/bin/bash
# The language model of the examples: that it writes what the script that trained it says.
. "$(dirname "$0")/../common.sh"
cargo test --quiet --locked --manifest-path examples/tiny_lm/crate/Cargo.toml --target-dir "$BUILDS"
