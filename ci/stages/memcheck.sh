#!/bin/bash
# valgrind's memcheck over the unit tests and the tests of streams: branches on bytes that nobody wrote, use after
# free, leaks.
. "$(dirname "$0")/../common.sh"
# Without libc's symbols memcheck does not start.
need valgrind libc6-dbg

mapfile -t binaries < <(cargo test --no-run --features std,async,zeroize,serde --lib --test it 2>&1 |
    sed -n 's/^ *Executable .*(\(.*\))$/\1/p')
((${#binaries[@]} == 2)) || die "found ${#binaries[@]} test binaries, not 2"
for binary in "${binaries[@]}"; do
    say "$binary"
    # Of the integration tests those of streams.
    [[ $binary == */it-* ]] && tests=(stream::) || tests=()
    valgrind --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=definite \
        --errors-for-leak-kinds=definite "$binary" --quiet --test-threads=1 "${tests[@]}" </dev/null
done
