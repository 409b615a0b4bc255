#!/bin/bash
# Checks every combination of features. Only what a user gets: no tests, no dev-dependencies.
. "$(dirname "$0")/../common.sh"
all=(std async zeroize serde defmt metrics validate)

for ((set = 0; set < 1 << ${#all[@]}; set++)); do
    features=
    for i in "${!all[@]}"; do
        ((set >> i & 1)) && features+="${all[i]},"
    done
    RUSTFLAGS='-D warnings' CARGO_TARGET_DIR=$BUILDS cargo check --quiet --lib --features "$features" ||
        die "does not build with the features: ${features:-none}"
done
# The validator by itself.
validator=(alloc unicode serde defmt)
for ((set = 0; set < 1 << ${#validator[@]}; set++)); do
    features=
    for i in "${!validator[@]}"; do
        ((set >> i & 1)) && features+="${validator[i]},"
    done
    RUSTFLAGS='-D warnings' CARGO_TARGET_DIR=$BUILDS cargo check --quiet --package forebay-validate --lib \
        --features "$features" || die "forebay-validate does not build with the features: ${features:-none}"
done
say "$((1 << ${#all[@]})) combinations of ${all[*]}"
say "forebay-validate: $((1 << ${#validator[@]})) combinations of ${validator[*]}"
