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
# It only adds to what `validate` does.
for features in unicode unicode,validate unicode,validate,std; do
    RUSTFLAGS='-D warnings' CARGO_TARGET_DIR=$BUILDS cargo check --quiet --lib --features "$features" ||
        die "does not build with the features: $features"
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
# It changes nothing where the core has compare-and-swap; ci/stages/bare-metal.sh builds it where not.
RUSTFLAGS='-D warnings' CARGO_TARGET_DIR=$BUILDS cargo check --quiet --lib --features critical-section,std ||
    die "does not build with the feature critical-section"
say "$((1 << ${#all[@]})) combinations of ${all[*]}, and unicode, and critical-section"
say "forebay-validate: $((1 << ${#validator[@]})) combinations of ${validator[*]}"
