#!/bin/bash
# Proves with the host's toolchain that forebay needs neither std nor an allocator, and that the proof would
# notice if it did.
. "$(dirname "$0")/../common.sh"
export CARGO_TARGET_DIR=$BUILDS
cd ci/crates/nostd

# Features only add, so all together stand for each.
for features in "" async,zeroize,serde,defmt,validate,unicode; do
    cargo build --quiet --locked --features "$features"
    say "builds without std and alloc, features: ${features:-none}"
done

# The compiler's own words: a second panic handler, and no allocator.
must_fail 'duplicate lang item `panic_impl`' cargo build --quiet --locked --features with-std
must_fail 'no global memory allocator found' cargo build --quiet --locked --features with-alloc
say "is refused with std, and with alloc"
