#!/bin/bash
# WebAssembly, run by node: a module that has neither std nor an allocator, and the integration tests.
. "$(dirname "$0")/../common.sh"
TARGET=wasm32-unknown-unknown
# Fewer tests that pass than this: something has begun to need what the target lacks, or is not found any more.
AT_LEAST=270

command -v node >/dev/null || need nodejs
ci/sysroot.sh
export CARGO_TARGET_DIR=$BUILDS

# Where rustc finds the linker for this target.
with_linker() { PATH="$SYSROOT/bin:$PATH" "$@"; }

# Without std, and with no import: what it needs it brings along.
cd ci/crates/nostd
with_linker bare_metal rustc --quiet --locked --release --target $TARGET --crate-type cdylib --features async,validate
node --input-type=module - "$CARGO_TARGET_DIR/$TARGET/release/nostd_check.wasm" <<'JS'
import { readFileSync } from "node:fs";
const bytes = readFileSync(process.argv[2]);
// An import would be missing here.
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {});
if (exports.forebay_runs_without_std() !== 1) throw new Error("ci/crates/nostd does not come to its end");
console.log(`   without std: runs, ${bytes.length} bytes, no imports`);
JS

# The tests use std. rustup has it compiled; from Debian's sources it takes half a minute.
cd ../wasm
toolchain=() build_std=()
if ! ls "$(rustc --print target-libdir --target $TARGET 2>/dev/null)"/libstd-*.rlib >/dev/null 2>&1; then
    toolchain=(distro env RUSTC_BOOTSTRAP=1)
    build_std=(-Zbuild-std=std,panic_abort)
fi
log=$CARGO_TARGET_DIR/log
with_linker "${toolchain[@]}" cargo run --quiet --locked --release --target $TARGET "${build_std[@]}" | tee "$log"
passed=$(awk '/^test result: / { print $4 }' "$log")
((passed >= AT_LEAST)) || die "$passed tests only, and there were $AT_LEAST"
grep -q '^controls that failed, as they have to: 4$' "$log" || die "not every control failed"
