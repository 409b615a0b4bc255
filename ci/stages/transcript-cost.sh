#!/bin/bash
# Reading a transcript takes time in proportion to its length, whatever its lines are like: callgrind counts the
# instructions of the example `stream` for an input through a pipe, and for one twice as long.
. "$(dirname "$0")/../common.sh"
need valgrind libc6-dbg

cargo build --quiet --release --features std --example stream
example=target/release/examples/stream
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

delta='{"choices":[{"index":0,"delta":{"content":"x"}}]}'
# times COUNT TEXT: the text so many times.
times() { yes "$2" | head -n "$1" | tr -d '\n' | sed 's/|/\n/g'; }
# transcript KIND KIBIBYTES: a transcript of about so many.
transcript() {
    local kib=$2
    case $1 in
    line) # One long line.
        printf 'data: {"pad":"' && times $((kib * 16)) "$(printf 'y%.0s' {1..64})"
        printf '"}\n\n'
        ;;
    unfinished) times $((kib * 16)) "$(printf 'y%.0s' {1..64})" ;;
    data) # One event of many lines.
        printf 'data: {"a":[0\n' && times $((kib * 64)) 'data: , 1 |'
        printf 'data: ]}\n\n'
        ;;
    comments) times $((kib * 128)) ': ping |' ;;
    events) times $((kib * 16)) "data: $delta||" ;;
    empty) times $((kib * 128)) 'data:|||' ;;
    returns) times $((kib * 64)) 'id: 1|||id: 2|||' | tr '\n' '\r' ;;
    parts) # One event with a list of many parts.
        printf 'data: {"choices":[{"delta":{"content":[{"type":"text","text":"x"}'
        times $((kib * 32)) ',{"type":"text","text":"x"}'
        printf ']}}]}\n\n'
        ;;
    unknown) # One event of an unknown type, searched for text.
        printf 'data: {"type":"x","a":[0' && times $((kib * 64)) ',{"b":[{"c":1}]}'
        printf ']}\n\n'
        ;;
    esac
    printf '\ndata: [DONE]\n\n'
}

instructions() { # Of the example with a transcript from a pipe: instructions KIND KIBIBYTES
    local collected
    transcript "$@" >"$work/transcript"
    collected=$(cat "$work/transcript" | valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        "$example" --quiet - 2>&1 | sed -n 's/.*Collected : //p')
    ((${collected:-0} > 0)) || die "callgrind counted nothing for $*"
    echo "$collected"
}
# linear KIND INSTRUCTIONS INSTRUCTIONS: the second are for twice as much.
linear() {
    (($3 * 10 <= $2 * 25)) || die "$1: $2 instructions, and for twice the length $3"
}

for kind in line unfinished data comments events empty returns parts unknown; do
    once=$(instructions "$kind" 512)
    twice=$(instructions "$kind" 1024)
    say "$kind: $once instructions, for twice the length $twice"
    linear "$kind" "$once" "$twice"
done
# The guard has to see what grows with the square.
if (linear square 100 400) 2>/dev/null; then die "four times as many were taken for twice as many"; fi
