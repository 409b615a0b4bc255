#!/bin/bash
# Measures what each operation costs on microcontrollers and writes the tables of docs/embedded.md; with --check it writes
# nothing, and fails if they are not what is there. The numbers are those of Debian's compiler, whose version is in the text;
# with another there is nothing to check.
. "$(dirname "$0")/common.sh"
need qemu-system-arm qemu-system-misc gcc libc6-dev llvm python3
ci/sysroot.sh

export CARGO_TARGET_DIR=$PWD/target/firmware
results=$CARGO_TARGET_DIR/tables
rm -rf "$results"
mkdir -p "$results"
gcc -O2 -shared -fPIC -o "$results/instructions.so" ci/qemu/instructions.c

measure() { # measure <target> <QEMU and its arguments>
    local target=$1
    shift
    (cd examples/firmware && bare_metal build --quiet --locked --release --features peers --target "$target" --bin bench)
    cp "$CARGO_TARGET_DIR/$target/release/bench" "$results/$target.elf"
    timeout 120 "$@" -display none -semihosting-config enable=on,target=native -icount shift=10,sleep=off \
        -plugin "$results/instructions.so,out=$results/$target.counts" -kernel "$results/$target.elf" >"$results/$target.txt" ||
        die "$target: $(tail -n 3 "$results/$target.txt")"
}
measure thumbv6m-none-eabi qemu-system-arm -M microbit
measure thumbv7m-none-eabi qemu-system-arm -M mps2-an385
measure riscv32imc-unknown-none-elf qemu-system-riscv32 -M virt -bios none -cpu rv32,a=false
measure riscv32imac-unknown-none-elf qemu-system-riscv32 -M virt -bios none

ci/embedded-tables.py "$results" >"$results/tables.md"
begin='<!-- tables: ci/embedded-tables.sh -->' end='<!-- end of tables -->'
grep -qF -- "$begin" docs/embedded.md && grep -qF -- "$end" docs/embedded.md || die "docs/embedded.md has no place for tables"
awk -v begin="$begin" -v end="$end" -v tables="$results/tables.md" '
    $0 == end { inside = 0 }
    !inside { print }
    $0 == begin { inside = 1; print ""; while ((getline line < tables) > 0) print line }
' docs/embedded.md >"$results/embedded.md"
version=$(/usr/bin/rustc --version | cut -d ' ' -f 2 | cut -d . -f 1,2)
if ! grep -qF "Debian's rustc $version;" docs/embedded.md; then
    [ "${1-}" = --check ] || die "docs/embedded.md names another compiler than $version: mend the text, and measure again"
    say "docs/embedded.md was measured with another compiler than $version"
elif [ "${1-}" = --check ]; then
    diff docs/embedded.md "$results/embedded.md" || die "docs/embedded.md is not what is measured: run ci/embedded-tables.sh"
    say "docs/embedded.md says what is measured"
else
    cp "$results/embedded.md" docs/embedded.md
fi
