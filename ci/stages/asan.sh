#!/bin/bash
# AddressSanitizer and LeakSanitizer over the unit and integration tests: use after free, overruns, leaks.
. "$(dirname "$0")/../common.sh"

ls "$(rustc --print target-libdir)"/librustc-*_rt.asan.a >/dev/null 2>&1 || skip "this toolchain comes without ASan's runtime"

# Left out is what runs in a process of its own (the example, the compiler) or only reads the source.
mapfile -t tests < <(basename -a -s .rs tests/*.rs validate/tests/*.rs | sort -u |
    grep -v -e '^example_' -e '^ui$' -e '^tidy$')
export LSAN_OPTIONS=suppressions=$PWD/ci/leaks-meant.txt:print_suppressions=0
RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address CARGO_TARGET_DIR=$BUILDS \
    cargo test --quiet --no-fail-fast --target $HOST --workspace --features std,async,zeroize,serde,metrics,validate,unicode --lib "${tests[@]/#/--test=}" </dev/null
