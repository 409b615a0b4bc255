#!/bin/bash
# Runs the README's own commands, as they stand there: the tests, and the example, which must not allocate.
. "$(dirname "$0")/common.sh"

command_of() { # The README's first line that starts with these words.
    local line
    line=$(grep -m 1 "^$1 " README.md) || die "README.md has no line that starts with: $1"
    echo "${line%% #*}"
}
test=$(command_of 'cargo test')
run=$(command_of 'cargo run')

say "$test"
eval "$test" </dev/null

say "$run"
eval "$run" </dev/null || die "status $?: $run"
summary=$(eval "$run -- --repeat 50 --json --quiet" </dev/null 2>&1 | tail -n 1)
say "$summary"
[[ $summary =~ \"allocations\":\ *0[,}] ]] || die "the example allocates"
