#!/bin/bash
# The instructions of the ten operations that programs do most, as callgrind counts them, beside those that are written
# down in ci/crates/instructions/counts.txt: none may take 2 % more. `--write` writes them down anew.
. "$(dirname "$0")/../common.sh"
need valgrind libc6-dbg gcc libc6-dev

counts=ci/crates/instructions/counts.txt
export CARGO_TARGET_DIR=$BUILDS
# Debian's compiler, since counts are those of one compiler. With rustup it would be the one of the day.
compiler=$(distro rustc --version)
distro /usr/bin/cargo build --quiet --release --locked --manifest-path ci/crates/instructions/Cargo.toml
program=$CARGO_TARGET_DIR/release/instruction-check

count() { # Instructions of 1,000 times the operation.
    local collected
    collected=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no --toggle-collect=bench_fn \
        "$program" "$1" 2>&1 | sed -n 's/.*Collected : //p')
    ((${collected:-0} > 0)) || die "callgrind counted nothing for $1"
    echo "$collected"
}
# within OPERATION COUNT: fails if that is over 2 % more than what is written down.
within() {
    local most
    most=$(awk -v name="$1" '$1 == name { print $2 }' "$counts")
    [ -n "$most" ] || die "$counts has no $1: write it down with ci/stages/instructions.sh --write"
    (($2 * 100 <= most * 102)) || die "$1 takes $2 instructions, and took $most"
}

if [ "${1-}" = --write ]; then
    {
        echo "# $compiler; instructions of 1,000 times each"
        for operation in $("$program" | grep -v control); do echo "$operation $(count "$operation")"; done
    } >"$counts"
    cat "$counts"
    exit
fi

grep -qF "# $compiler;" "$counts" || die "$counts is of another compiler than $compiler: ci/stages/instructions.sh --write"
for operation in $("$program" | grep -v control); do
    counted=$(count "$operation")
    say "$operation: $counted, was $(awk -v name="$operation" '$1 == name { print $2 }' "$counts")"
    within "$operation" "$counted"
done
# The guard has to see one that does a fifth more.
control=$(count control)
if (within pool_get_put "$control") 2>/dev/null; then
    die "the control takes $control instructions, and nothing was said"
fi
say "a control that takes $control in place of pool_get_put is seen"
