#!/bin/bash
# ThreadSanitizer over the stress in ci/crates/tsan. The code as it is must pass, several times; and a fault must be caught, or
# the stress proves nothing: one that is planted here, and with the argument `faults` each that can be seeded. Of waiting, callers
# of a pool are here, with a waker of their own; the halves of a stream are loom's, as what their faults lose is a wake-up, which
# is no data race.
. "$(dirname "$0")/../common.sh"
RUNS=5

ls "$(rustc --print target-libdir)"/librustc-*_rt.tsan.a >/dev/null 2>&1 || skip "this toolchain comes without TSan's runtime"

export RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$BUILDS TSAN_OPTIONS=halt_on_error=1
# Its threads give way to each other all the time, so beside other work, which would get its turn each time, it must come first
# where that is allowed. A fault can make it loop for ever: it has a minute of processor time.
stress() (
    ulimit -t 60
    exec nice -n -20 "$CARGO_TARGET_DIR/$HOST/debug/tsan-check"
)
build() { # build [<rustc flag>...]
    RUSTFLAGS="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer $*" \
        cargo build --quiet --locked --target $HOST --manifest-path ci/crates/tsan/Cargo.toml
}

build
for ((run = 1; run <= RUNS; run++)); do
    stress || die "the stress did not pass, run $run"
done
say "as it is: clean, $RUNS runs"

# Every ordering that can be weakened, found in the source so that none is forgotten, and faults that give one place
# two owners. The others are loom's: they need a switch inside a window of a few instructions.
faults=$(grep -rhoP 'seeded!\(\s*"\K\w+_relaxed' src | sort -u)
# These order who stores the index of a ring last, what is dropped only later, a count, an epoch, or which slots a lane keeps;
# none is a data race, so they are loom's.
for narrow in abandon_relaxed sweep_relaxed left_end_relaxed usage_relaxed warm_up_relaxed alone_relaxed \
    end_of_visit_relaxed; do
    faults=${faults/$narrow/}
done
# These lose a wake-up, or somebody's turn; the last three are of threads that end, and the stress has none that do
# while others look for what they left.
for lost in announce_relaxed notify_relaxed take_mark_relaxed look_relaxed sit_relaxed \
    end_of_thread_relaxed has_ended_relaxed owner_relaxed; do
    faults=${faults/$lost/}
done
faults+=' claim_torn claim_at_of_taken free_before_recycle recycle_before_last
    publish_early retire_early overrun underrun visit_torn'
[ "${1-}" = faults ] || faults=release_relaxed
for fault in $faults; do
    grep -rqE "seeded!\(\s*\"$fault\"" src || die "there is no such fault any more: $fault"
    build --cfg "forebay_seed=\"$fault\""
    for ((run = 1; run <= 4 * RUNS; run++)); do
        # TSan's reports end with 66; else an assertion of the stress failed, or its time was over.
        status=$(exec 2>/dev/null && stress >/dev/null && echo 0 || echo $?)
        ((status == 0)) || break
    done
    case $status in
    0) die "nobody noticed the fault $fault in $((run - 1)) runs" ;;
    66) say "$fault: run $run, a data race" ;;
    134) say "$fault: run $run, an assertion" ;;
    *) say "$fault: run $run, status $status" ;;
    esac
done
