#!/bin/bash
# The documentation builds without a warning, and its examples work without any feature as well.
. "$(dirname "$0")/../common.sh"

RUSTDOCFLAGS='-D warnings' cargo doc --quiet --workspace --no-deps --features std,async,zeroize,serde,defmt,metrics,validate,unicode
cargo test --quiet --workspace --doc </dev/null
