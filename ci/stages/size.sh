#!/bin/bash
# Prints how much memory forebay takes next to heapless, and fails if it takes more on a microcontroller. The
# core is a Cortex-M3, where heapless' pool is at its smallest (no tag beside each pointer).
. "$(dirname "$0")/../common.sh"
ci/sysroot.sh
export CARGO_TARGET_DIR=$BUILDS
manifest=ci/crates/size/Cargo.toml

declare -A size
read_sizes() { # read_sizes <target> <library>
    local address bytes kind name
    while read -r address bytes kind name; do
        size[$1 $name]=$((16#$bytes))
    done < <(nm --print-size --defined-only "$2" 2>/dev/null | grep ' SIZE_')
}
bare_metal build --quiet --locked --release --manifest-path $manifest --target thumbv7m-none-eabi
read_sizes arm "$CARGO_TARGET_DIR/thumbv7m-none-eabi/release/libsize_check.a"
cargo build --quiet --locked --manifest-path $manifest
read_sizes host "$CARGO_TARGET_DIR/debug/libsize_check.a"

echo '| bytes, Cortex-M3 (x86-64) | forebay | heapless | payload alone |'
echo '|---|--:|--:|--:|'
failed=0
row() { # row <name> <words>
    # heapless has no lanes and no waiting.
    local ours=${size[arm SIZE_$1_FOREBAY]} theirs=${size[arm SIZE_$1_HEAPLESS]-}
    printf '| %s |' "$2"
    local of
    for of in FOREBAY HEAPLESS BARE; do
        if [ -n "${size[arm SIZE_$1_$of]-}" ]; then
            printf ' %d (%d) |' "${size[arm SIZE_$1_$of]}" "${size[host SIZE_$1_$of]}"
        else
            printf ' – |'
        fi
    done
    echo
    [ -z "$theirs" ] || ((ours <= theirs)) || failed=1
}
row POOL '32 objects of 64 bytes'
row WAITS 'the same, and 4 callers can wait for one'
row LANES 'the same, and 2 lanes'
row RING 'a ring of 20 tokens'
row STREAMS 'a pool of 4 rings of 20 tokens'
((failed == 0)) || die "forebay takes more memory than heapless on a Cortex-M3"
