#!/bin/bash
# Plays recorded answers of model APIs through the example, where the recordings are at hand: each must come out
# as the text it is known to hold, also from a pipe and with other ends of lines, and all of them many times over must
# need no allocation and lose nothing.
. "$(dirname "$0")/../common.sh"

data=../shared/data/sse
[ -r $data/expected.jsonl ] || skip "no recordings in $data"
cargo build --quiet --release --features std --example stream
example=target/release/examples/stream

files=()
while read -r row; do
    [[ $row =~ \"file\":\ *\"([^\"]+)\".*\"sha256\":\ *\"([0-9a-f]{64})\" ]] || die "not understood: $row"
    file=${BASH_REMATCH[1]} expected=${BASH_REMATCH[2]}
    got=$("$example" "$data/$file" </dev/null 2>/dev/null | sha256sum) || die "$file: the example failed"
    [ "${got%% *}" = "$expected" ] || die "$file comes out wrong"
    got=$(sed 's/\r$//' "$data/$file" | tr '\n' '\r' | "$example" - 2>/dev/null | sha256sum) ||
        die "$file with carriage returns: the example failed"
    [ "${got%% *}" = "$expected" ] || die "$file comes out wrong with carriage returns"
    files+=("$data/$file")
done <$data/expected.jsonl
((${#files[@]} > 0)) || die "expected.jsonl is empty"
say "${#files[@]} recordings come out as they should"

summary=$("$example" --streams 32 --repeat 20 --quiet --json "${files[@]}" </dev/null 2>&1 | tail -n 1)
say "$summary"
for count in aborted failed allocations; do
    [[ $summary =~ \"$count\":\ *0[,}] ]] || die "$count is not 0"
done
