#!/bin/bash
# Measures what each operation costs on microcontrollers and writes the tables of examples/firmware/costs.md; with --check it writes
# nothing, and fails if they are not what is there. The numbers are those of Debian's compiler, whose version is in the text;
# with another there is nothing to check.
. "$(dirname "$0")/common.sh"
need qemu-system-arm qemu-system-misc gcc libc6-dev llvm python3
ci/sysroot.sh

export CARGO_TARGET_DIR=$PWD/target/costs
results=$CARGO_TARGET_DIR/tables
rm -rf "$results"
mkdir -p "$results"
gcc -O2 -shared -fPIC -o "$results/instructions.so" ci/qemu/instructions.c

targets=(thumbv6m-none-eabi thumbv7m-none-eabi riscv32imc-unknown-none-elf riscv32imac-unknown-none-elf)
declare -A boards=(
    [thumbv6m-none-eabi]='qemu-system-arm -M microbit'
    [thumbv7m-none-eabi]='qemu-system-arm -M mps2-an385'
    [riscv32imc-unknown-none-elf]='qemu-system-riscv32 -M virt -bios none -cpu rv32,a=false'
    [riscv32imac-unknown-none-elf]='qemu-system-riscv32 -M virt -bios none'
)
emulate() { # emulate <target> <arguments of QEMU>
    local qemu
    read -ra qemu <<<"${boards[$1]}"
    timeout 120 "${qemu[@]}" -display none -semihosting-config enable=on,target=native "${@:2}"
}

for target in "${targets[@]}"; do
    (cd examples/firmware && bare_metal build --quiet --locked --release --features peers --target "$target" --bin bench)
    cp "$CARGO_TARGET_DIR/$target/release/bench" "$results/$target.elf"
    emulate "$target" -icount shift=10,sleep=off -plugin "$results/instructions.so,out=$results/$target.counts" \
        -kernel "$results/$target.elf" >"$results/$target.txt" || die "$target: $(tail -n 3 "$results/$target.txt")"
done

# Whole programs. Each is run before its size counts: a program that does not do its job is no measure.
sizes() { # sizes <target> <opt-level>
    local target=$1 level=$2 file program
    mkdir -p "$results/size/$level/$target"
    for file in ci/crates/program-size/src/bin/*.rs; do
        program=$results/size/$level/$target/$(basename "$file" .rs)
        cp "$CARGO_TARGET_DIR/$target/release/$(basename "$program")" "$program"
        emulate "$target" -kernel "$program" || die "$program fails on $target"
    done
}
for level in 3 s; do
    # Both targets of an architecture in one call, because cargo builds two at a time. Not all four: the critical sections of
    # the architectures want features that exclude each other.
    for architecture in thumb riscv; do
        together=()
        for target in "${targets[@]}"; do
            [[ $target != "$architecture"* ]] || together+=("$target")
        done
        CARGO_PROFILE_RELEASE_OPT_LEVEL=$level bare_metal build --quiet --locked --release "${together[@]/#/--target=}" --bins \
            --manifest-path ci/crates/program-size/Cargo.toml
        for target in "${together[@]}"; do
            sizes "$target" "$level"
        done
    done
done

ci/embedded-tables.py "$results" >"$results/tables.md"
# A control: a program that holds nothing of its crate is noticed.
one=$results/size/s/thumbv6m-none-eabi
mv "$one/words_forebay" "$results/words_forebay"
cp "$one/empty" "$one/words_forebay"
must_fail 'no larger than the empty program' ci/embedded-tables.py "$results"
mv "$results/words_forebay" "$one/words_forebay"

begin='<!-- tables: ci/embedded-tables.sh -->' end='<!-- end of tables -->'
grep -qF -- "$begin" examples/firmware/costs.md && grep -qF -- "$end" examples/firmware/costs.md || die "examples/firmware/costs.md has no place for tables"
awk -v begin="$begin" -v end="$end" -v tables="$results/tables.md" '
    $0 == end { inside = 0 }
    !inside { print }
    $0 == begin { inside = 1; print ""; while ((getline line < tables) > 0) print line }
' examples/firmware/costs.md >"$results/embedded.md"
version=$(/usr/bin/rustc --version | cut -d ' ' -f 2 | cut -d . -f 1,2)
if ! grep -qF "Debian's rustc $version;" examples/firmware/costs.md; then
    [ "${1-}" = --check ] || die "examples/firmware/costs.md names another compiler than $version: mend the text, and measure again"
    say "examples/firmware/costs.md was measured with another compiler than $version"
elif [ "${1-}" = --check ]; then
    diff examples/firmware/costs.md "$results/embedded.md" || die "examples/firmware/costs.md is not what is measured: run ci/embedded-tables.sh"
    say "examples/firmware/costs.md says what is measured"
else
    cp "$results/embedded.md" examples/firmware/costs.md
fi
