#!/bin/bash
# Runs every program of examples/firmware in QEMU, on every board it is for; then each with each of its planted faults,
# which has to make it fail. A line a run: board, program, fault, status, instructions, and what the program says.
. "$(dirname "$0")/../common.sh"
need qemu-system-arm qemu-system-misc gcc libc6-dev llvm python3 rust-web-clippy
ci/sysroot.sh

export CARGO_TARGET_DIR=$BUILDS
mkdir -p "$CARGO_TARGET_DIR"
plugin=$CARGO_TARGET_DIR/instructions.so
gcc -Wall -Wextra -Werror -O2 -shared -fPIC -o "$plugin" ci/qemu/instructions.c

cd examples/firmware
semihosting=(-display none -semihosting-config 'enable=on,target=native')
arm=(qemu-system-arm "${semihosting[@]}")
riscv=(qemu-system-riscv32 "${semihosting[@]}" -M virt -bios none)
counts=$CARGO_TARGET_DIR/counts said=$CARGO_TARGET_DIR/said
runs=0 failures=0

build() { # build <target> <target directory> <cargo arguments>
    bare_metal build --quiet --locked --release --target "$1" --target-dir "$2" "${@:3}"
}
asks_for() { # asks_for <program> <what>: the words behind it in the program's documentation, on the same line
    sed -n "s|^//! $2: ||p" "src/bin/$1.rs"
}

run() { # run <board> <program> <fault, or nothing> <QEMU and its arguments>
    local board=$1 program=$2 fault=$3 status=0 ok=ok instructions=-
    shift 3
    [ -z "$fault" ] || set -- "$@" -append "$fault"
    rm -f "$counts"
    timeout 120 "$@" -plugin "$plugin,out=$counts" >"$said" 2>&1 </dev/null || status=$?
    [ ! -r "$counts" ] || read -r _ instructions <"$counts"
    # With a fault planted, a program that panics or faults has noticed; one that hangs or does not start has not.
    if [ -z "$fault" ]; then
        ((status == 0)) || ok=WRONG
    else
        ((status == 101 || status == 102)) || ok=WRONG
    fi
    runs=$((runs + 1))
    [ $ok = ok ] || {
        failures=$((failures + 1))
        cat "$said"
    }
    printf '   %-5s %-12s %-13s %-14s status %3d %11s instructions  %s\n' \
        "$ok" "$board" "$program" "$fault" "$status" "$instructions" "$(tail -n 1 "$said" | cut -c 1-80)"
}

all() { # all <board> <directory of the programs> <faults: yes or no> <QEMU and its arguments>
    local board=$1 directory=$2 faults=$3 program fault options
    shift 3
    for program in $(programs "$board"); do
        [ -x "$directory/$program" ] || die "$board: $program was not built"
        read -ra options < <(asks_for "$program" QEMU) || true
        run "$board" "$program" '' "$@" "${options[@]}" -kernel "$directory/$program"
        [ "$faults" = yes ] || continue
        for fault in $(asks_for "$program" 'Planted faults' | grep -o '`[a-z-]*`' | tr -d '`'); do
            run "$board" "$program" "$fault" "$@" "${options[@]}" -kernel "$directory/$program"
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
# One target a call: critical-section, embassy and rtic want features that differ.
build thumbv6m-none-eabi "$CARGO_TARGET_DIR" --bins --features embassy,peers,rtic
build thumbv7m-none-eabi "$CARGO_TARGET_DIR" --bins --features embassy,lm,peers,rtic
# The same code on two Cortex-M33, which have their memory elsewhere.
BOARD=mps2-an521 build thumbv7m-none-eabi "$CARGO_TARGET_DIR/two-m33" --bins --features embassy
build riscv32imc-unknown-none-elf "$CARGO_TARGET_DIR" --bins --features embassy,lm,peers
build riscv32imac-unknown-none-elf "$CARGO_TARGET_DIR" --bins --features embassy,lm,peers
say "built in $((SECONDS - from)) s"

lint() { # lint <target> <features>
    bare_metal clippy --quiet --locked --release --target "$1" --target-dir "$CARGO_TARGET_DIR/lint" --lib --bins \
        --features "$2" -- -D warnings
}
lint thumbv7m-none-eabi embassy,lm,peers,rtic
lint riscv32imac-unknown-none-elf embassy,lm,peers

from=$SECONDS
all M0 "$CARGO_TARGET_DIR/thumbv6m-none-eabi/release" yes "${arm[@]}" -M microbit
all M3 "$CARGO_TARGET_DIR/thumbv7m-none-eabi/release" yes "${arm[@]}" -M mps2-an385
all M4F "$CARGO_TARGET_DIR/thumbv7m-none-eabi/release" no "${arm[@]}" -M mps2-an386
all M7 "$CARGO_TARGET_DIR/thumbv7m-none-eabi/release" no "${arm[@]}" -M mps2-an500
all two-M33 "$CARGO_TARGET_DIR/two-m33/thumbv7m-none-eabi/release" yes "${arm[@]}" -M mps2-an521
all rv32imc "$CARGO_TARGET_DIR/riscv32imc-unknown-none-elf/release" yes "${riscv[@]}" -cpu 'rv32,a=false'
all two-rv32imac "$CARGO_TARGET_DIR/riscv32imac-unknown-none-elf/release" yes "${riscv[@]}" -smp 2

# Sweep: where the interrupt came, and faults in forebay itself, each a build of its own, that must not go unnoticed.
sweep() { # sweep <target> <QEMU and its arguments>
    local elf=$CARGO_TARGET_DIR/$1/release/sweep target=$1
    shift
    timeout 120 "$@" -icount shift=10,sleep=off -plugin "$plugin,out=$counts,executed=$counts.executed" -kernel "$elf" >"$said" ||
        die "sweep on $target: $(tail -n 2 "$said")"
    say "sweep on $target: $(tail -n 1 "$said")"
    ../../ci/sweep-coverage.py "$elf" "$counts.executed" <"$said"
    runs=$((runs + 1))
}
sweep thumbv6m-none-eabi "${arm[@]}" -M microbit
sweep thumbv7m-none-eabi "${arm[@]}" -M mps2-an385
sweep riscv32imc-unknown-none-elf "${riscv[@]}" -cpu 'rv32,a=false'
sweep riscv32imac-unknown-none-elf "${riscv[@]}"
# A control: without what was hit, the coverage is too low.
grep -v '^hits' "$said" >"$said.none"
must_fail 'were interrupted at too few instructions' bash -c '../../ci/sweep-coverage.py "$0" "$1" <"$2"' \
    "$CARGO_TARGET_DIR/riscv32imac-unknown-none-elf/release/sweep" "$counts.executed" "$said.none"
for seed in publish_early retire_early claim_torn hold_torn free_before_recycle send_without_wake; do
    SEED="--cfg forebay_seed=\"$seed\"" build thumbv6m-none-eabi "$CARGO_TARGET_DIR/seeded" --bin sweep
    run M0 sweep "$seed" "${arm[@]}" -M microbit -icount shift=10,sleep=off \
        -kernel "$CARGO_TARGET_DIR/seeded/thumbv6m-none-eabi/release/sweep"
done

# The language model's text, out of the serial port, is the one the example writes here.
example() { (cd ../.. && cargo run --quiet --release --features std --example stream -- "$@" 2>/dev/null); }
uart=$CARGO_TARGET_DIR/uart
lm() { # lm <board> <seed> <tokens> <expected status of the comparison> <fault> <QEMU and its arguments>
    local board=$1 seed=$2 tokens=$3 wanted=$4 fault=$5 status=0 started=${EPOCHREALTIME/[^0-9]/} took
    shift 5
    timeout 120 "$@" -serial "file:$uart" -append "seed=$seed tokens=$tokens $fault" >"$said" 2>&1 </dev/null || die "lm: $(cat "$said")"
    took=$((${EPOCHREALTIME/[^0-9]/} - started))
    example --seed "$seed" --tokens "$tokens" | cmp --silent "$uart" - || status=1
    runs=$((runs + 1))
    ((status == wanted)) || {
        failures=$((failures + 1))
        say "WRONG: $board: the texts are $([ $wanted = 0 ] && echo not the same || echo the same, with the fault "$fault")"
    }
    [ -n "$fault" ] || say "$board: the same $(wc -c <"$uart") bytes as here, $((tokens * 1000000 / took)) tokens a second of emulation: $(tail -n 1 "$said")"
}
release=$CARGO_TARGET_DIR/thumbv7m-none-eabi/release
for seed in 1 2 3; do
    lm M4F $seed 1000 0 '' "${arm[@]}" -M mps2-an386 -kernel "$release/lm"
done
lm M3 1 1000 0 '' "${arm[@]}" -M mps2-an385 -kernel "$release/lm"
lm M3 1 1000 1 lose-a-piece "${arm[@]}" -M mps2-an385 -kernel "$release/lm"
lm rv32imc 1 1000 0 '' "${riscv[@]}" -cpu 'rv32,a=false' -kernel "$CARGO_TARGET_DIR/riscv32imc-unknown-none-elf/release/lm"

say "$runs runs in $((SECONDS - from)) s"
((failures == 0)) || die "$failures of $runs runs ended otherwise than they should"
