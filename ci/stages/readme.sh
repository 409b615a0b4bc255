#!/bin/bash
# Runs the README's own commands, as they stand there: the tests, and the example, which must not allocate.
. "$(dirname "$0")/../common.sh"

test=$(readme_command README.md 'cargo test')
run=$(readme_command README.md 'cargo run')

say "$test"
eval "$test" </dev/null

say "$run"
eval "$run" </dev/null || die "status $?: $run"
summary=$(eval "$run -- --repeat 50 --json --quiet" </dev/null 2>&1 | tail -n 1)
say "$summary"
[[ $summary =~ \"allocations\":\ *0[,}] ]] || die "the example allocates"
