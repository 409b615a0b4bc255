#!/bin/bash
# AddressSanitizer and LeakSanitizer over the unit and integration tests: use after free, overruns, leaks.
. "$(dirname "$0")/../common.sh"

ls "$(rustc --print target-libdir)"/librustc-*_rt.asan.a >/dev/null 2>&1 || skip "this toolchain comes without ASan's runtime"

# Left out are the examples and the compiler, which run in processes of their own, and files that only read the source.
mapfile -t tests < <(basename -a -s .rs validate/tests/*.rs)
tests+=(it barrier thread_lanes no_alloc)
export LSAN_OPTIONS=suppressions=$PWD/ci/leaks-meant.txt:print_suppressions=0
RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address CARGO_TARGET_DIR=$BUILDS \
    cargo test --quiet --no-fail-fast --target $HOST --workspace --features std,async,zeroize,serde,metrics,validate,unicode --lib "${tests[@]/#/--test=}" </dev/null
