#!/bin/bash
# Builds forebay for microcontrollers: a Cortex-M0 and a RISC-V core without compare-and-swap, and a Cortex-M3
# that has it for words, but not for 64 bits.
. "$(dirname "$0")/../common.sh"
ci/sysroot.sh

# The library alone, with no feature: what it depends on, and that it builds where it can.
expected='byteorder forebay hash32 heapless portable-atomic spin stable_deref_trait'
for target in thumbv6m-none-eabi riscv32imc-unknown-none-elf; do
    crates=$(cargo tree --edges normal --prefix none --target $target | cut -d ' ' -f 1 | sort -u | xargs)
    [ "$crates" = "$expected" ] || die "on $target forebay pulls in: $crates; expected: $expected"
done
say "depends on: ${expected/forebay /}"

export CARGO_TARGET_DIR=$BUILDS
bare_metal build --quiet --release --target thumbv7m-none-eabi
say "thumbv7m: builds as it is"
for target in thumbv6m-none-eabi riscv32imc-unknown-none-elf; do
    # Without a choice, users are told which one to make, and not by an error about a missing method.
    must_fail 'dependents require atomic CAS but not available on this target by default' \
        bare_metal build --quiet --release --target $target
    bare_metal build --quiet --release --target $target --features portable-atomic/critical-section
    bare_metal build --quiet --release --target $target --features portable-atomic/unsafe-assume-single-core
    bare_metal build --quiet --release --target $target --features critical-section
    say "$target: asks for a backend, builds with either, and with critical sections of its own"
done

# A final artifact with a critical section of its own, linked, so that nothing is left open.
cd ci/crates/nostd
link() { # link <target> <lld's emulation> <cargo arguments>
    local target=$1 emulation=$2
    bare_metal build --quiet --locked --release --target "$target" "${@:3}"
    ld.lld -m "$emulation" --gc-sections -e forebay_runs_without_std -o "$CARGO_TARGET_DIR/$target.elf" \
        "$CARGO_TARGET_DIR/$target/release/libnostd_check.a"
    say "$target: links, $(size "$CARGO_TARGET_DIR/$target.elf" | awk 'END { print $1 " bytes of code and constants, " $2 + $3 " of RAM" }')"
}
link thumbv7m-none-eabi armelf --features async,validate
link thumbv6m-none-eabi armelf --features backend,async,validate
link riscv32imc-unknown-none-elf elf32lriscv --features backend,async,validate
