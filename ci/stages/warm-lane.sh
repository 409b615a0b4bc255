#!/bin/bash
# Shows that gets and puts on a warm lane execute no locked instruction, one by one, in bursts and as batches, and how many they
# execute in all. callgrind counts how often each instruction runs; the disassembly says which are locked. A plain pool, with
# its two locked instructions, shows that they are seen.
. "$(dirname "$0")/../common.sh"
need valgrind libc6-dbg binutils perl-base
export CARGO_TARGET_DIR=$BUILDS
cargo build --quiet --locked --release --manifest-path ci/crates/warm-lane/Cargo.toml
binary=$CARGO_TARGET_DIR/release/warm-lane-check
counts=$CARGO_TARGET_DIR/counts
objdump --disassemble --no-show-raw-insn "$binary" >"$counts.code"

echo '| gets and puts | instructions | locked |'
echo '|---|--:|--:|'
failed=0
row() { # row <way> <locked instructions>
    local of
    valgrind --quiet --tool=callgrind --callgrind-out-file="$counts" --dump-instr=yes --dump-line=no \
        --collect-atstart=no --toggle-collect='*::times' "$binary" "$1" 2>/dev/null
    of=$(perl -ne '
        # The code: "  10a8c:  lock cmpxchg ...". An xchg with memory is locked without saying so.
        if ($ARGV ne $last) { $last = $ARGV; $file++ }
        if ($file == 1) {
            $locked{hex $1} = 1 if /^\s*([0-9a-f]+):\s+(?:lock\b|xchg\s.*\()/;
            next;
        }
        # The counts: an address, whole or by its distance to the last, and how often. The line behind "calls=" is
        # the inclusive cost of a call, not an instruction.
        if (/^calls=/) { $call = 1; next }
        next unless /^(0x[0-9a-f]+|[+-]\d+|\*) (\d+)$/;
        my ($at, $times) = ($1, $2);
        $address = $at eq "*" ? $address : $at =~ /^0x/ ? hex $at : $address + $at;
        if ($call) { $call = 0; next }
        $all += $times;
        $locks += $times if $locked{$address};
        END { printf "%d %d", $all / 1000, $locks / 1000 }' "$counts.code" "$counts")
    printf '| %s | %d | %d |\n' "${1//-/ }" $of
    ((${of% *} > 5 && ${of#* } == $2)) || failed=1
}
row on-a-thread 0
row on-a-lane 0
row of-a-plain-pool 2
row 16-on-a-thread 0
row 16-on-a-lane 0
row a-batch-of-8-on-a-thread 0
row a-batch-of-8-on-a-lane 0
row a-batch-of-8-of-a-plain-pool 2
((failed == 0)) || die "not the locked instructions that were expected"
