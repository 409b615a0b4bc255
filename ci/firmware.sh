#!/bin/bash
# Runs every program of examples/firmware in QEMU, on every board it is for; then each with each of its planted faults,
# which has to make it fail. A line a run: board, program, status, instructions, the longest section with interrupts
# masked (in instructions), and what the program says.
. "$(dirname "$0")/common.sh"
need qemu-system-arm qemu-system-misc gcc libc6-dev llvm
ci/sysroot.sh

export CARGO_TARGET_DIR=$PWD/target/firmware
mkdir -p "$CARGO_TARGET_DIR"
plugin=$CARGO_TARGET_DIR/instructions.so
gcc -Wall -Wextra -Werror -O2 -shared -fPIC -o "$plugin" ci/qemu/instructions.c

cd examples/firmware
semihosting=(-display none -semihosting-config 'enable=on,target=native')
arm=(qemu-system-arm "${semihosting[@]}")
riscv=(qemu-system-riscv32 "${semihosting[@]}" -M virt -bios none)
counts=$CARGO_TARGET_DIR/counts said=$CARGO_TARGET_DIR/said
declare -A longest
runs=0 failures=0

build() { # build <target> <target directory> <cargo arguments>
    bare_metal build --quiet --locked --release --target "$1" --target-dir "$2" "${@:3}"
}
asks_for() { # asks_for <program> <what>: the words behind it in the program's documentation
    sed -n "s|^//! $2: ||p" "src/bin/$1.rs"
}
has_two_cores() { [[ $1 == *two* || $1 == *M33* ]]; }

run() { # run <board> <program> <status> <QEMU and its arguments>
    local board=$1 program=$2 wanted=$3 status=0 ok=ok instructions=- masked=-
    shift 3
    rm -f "$counts"
    timeout 120 "$@" -plugin "$plugin,out=$counts" >"$said" 2>&1 </dev/null || status=$?
    if [ -r "$counts" ]; then
        read -r _ instructions <"$counts"
        read -r _ masked < <(tail -n 1 "$counts")
    fi
    case $wanted in
    0) ((status == 0)) || ok=WRONG ;;
    # A program that ends with a fault of its own accord has noticed; one that hangs has not.
    *) ((status != 0 && status != 124)) || ok=WRONG ;;
    esac
    runs=$((runs + 1))
    [ $ok = ok ] || {
        failures=$((failures + 1))
        cat "$said"
    }
    if [ "$wanted" = 0 ] && [ "$masked" != - ] && ((masked > ${longest[$board]:-0})); then longest[$board]=$masked; fi
    printf '   %-5s %-12s %-13s status %3d %11s instructions, masked %3s  %s\n' \
        "$ok" "$board" "$program" "$status" "$instructions" "$masked" "$(tail -n 1 "$said" | cut -c 1-90)"
}

all() { # all <board> <directory of the programs> <faults: yes or no> <QEMU and its arguments>
    local board=$1 directory=$2 faults=$3 program fault options
    shift 3
    for program in $(programs "$board"); do
        [ -x "$directory/$program" ] || die "$board: $program was not built"
        read -ra options < <(asks_for "$program" QEMU) || true
        run "$board" "$program" 0 "$@" "${options[@]}" -kernel "$directory/$program"
        [ "$faults" = yes ] || continue
        for fault in $(asks_for "$program" 'Planted faults' | grep -o '`[a-z-]*`' | tr -d '`'); do
            run "$board" "$program" other "$@" "${options[@]}" -kernel "$directory/$program" -append "$fault"
        done
    done
}

# Which programs a board runs: all but those that ask for others.
programs() { # programs <board>
    local file program only
    for file in src/bin/*.rs; do
        program=$(basename "$file" .rs)
        only=$(asks_for "$program" Boards)
        case ",${only:-$1}," in
        *", $1,"* | *",$1,"*) echo "$program" ;;
        esac
    done
}

from=$SECONDS
build thumbv6m-none-eabi "$CARGO_TARGET_DIR" --bins
build thumbv7m-none-eabi "$CARGO_TARGET_DIR" --bins --features lm
# The same code on two Cortex-M33, which have their memory elsewhere.
BOARD=mps2-an521 build thumbv7m-none-eabi "$CARGO_TARGET_DIR/two-m33" --bins
build riscv32imc-unknown-none-elf "$CARGO_TARGET_DIR" --bins --features lm
build riscv32imac-unknown-none-elf "$CARGO_TARGET_DIR" --bins --features lm
say "built in $((SECONDS - from)) s"

from=$SECONDS
all M0 "$CARGO_TARGET_DIR/thumbv6m-none-eabi/release" yes "${arm[@]}" -M microbit
all M3 "$CARGO_TARGET_DIR/thumbv7m-none-eabi/release" yes "${arm[@]}" -M mps2-an385
all M4F "$CARGO_TARGET_DIR/thumbv7m-none-eabi/release" no "${arm[@]}" -M mps2-an386
all M7 "$CARGO_TARGET_DIR/thumbv7m-none-eabi/release" no "${arm[@]}" -M mps2-an500
all two-M33 "$CARGO_TARGET_DIR/two-m33/thumbv7m-none-eabi/release" yes "${arm[@]}" -M mps2-an521
all rv32imc "$CARGO_TARGET_DIR/riscv32imc-unknown-none-elf/release" yes "${riscv[@]}" -cpu 'rv32,a=false'
all two-rv32imac "$CARGO_TARGET_DIR/riscv32imac-unknown-none-elf/release" yes "${riscv[@]}" -smp 2
for board in "${!longest[@]}"; do
    say "$board: the longest section with interrupts masked had ${longest[$board]} instructions"
done
say "$runs runs in $((SECONDS - from)) s"
((failures == 0)) || die "$failures of $runs runs ended otherwise than they should"
