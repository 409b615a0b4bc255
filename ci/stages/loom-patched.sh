#!/bin/bash
# The models under loom with the patch for its gap, where that is at hand, in less depth.
. "$(dirname "$0")/../common.sh"
export CARGO_TARGET_DIR=$BUILDS

patch=$PWD/../shared/loom-0.7.3-loads.patch
[ -r "$patch" ] || skip "no patch for loom is at hand"
command -v patch >/dev/null || need patch
cd loom-tests
# With two preemptions, and but for the two models that take longest; deep.sh alone runs them, too.
LOOM_MAX_PREEMPTIONS=2 ./deep.sh "$patch" --quiet -- --skip thread_ends_vs_adopt --skip reserved_get_vs_reserved_get </dev/null
