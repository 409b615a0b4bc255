#!/bin/bash
# Checks each feature by itself, none, and all. Only what a user gets: no tests, no dev-dependencies. feature-sets.sh has every
# combination.
. "$(dirname "$0")/../common.sh"

check() { # check <package> <features>
    RUSTFLAGS='-D warnings' CARGO_TARGET_DIR=$BUILDS cargo check --quiet --package "$1" --lib --features "$2" ||
        die "$1 does not build with the features: ${2:-none}"
}
all=(std async zeroize serde defmt metrics validate)
# `unicode` only adds to what `validate` does; `critical-section` changes nothing where the core has compare-and-swap, and
# ci/stages/bare-metal.sh builds it where not.
for features in '' "${all[@]}" std,async unicode unicode,validate critical-section,std "$(IFS=, && echo "${all[*]}")"; do
    check forebay "$features"
done
for features in '' alloc unicode serde defmt alloc,unicode,serde,defmt; do
    check forebay-validate "$features"
done
say "each of ${all[*]} unicode critical-section, none, and all; and those of forebay-validate"
