#!/bin/bash
# The package as it would be published: unpacked away from the repository, both commands of its README work, and all
# its examples build. A file that the manifest's `include` forgets is missed here and nowhere else.
. "$(dirname "$0")/../common.sh"

# Dependencies are built once; forebay itself anew each time, since it is in another folder each time.
export CARGO_TARGET_DIR=$BUILDS
rm -rf "$CARGO_TARGET_DIR/package"
# What verification would build is built below, and more.
cargo package --quiet --locked --no-verify
crate=$(ls "$CARGO_TARGET_DIR"/package/forebay-*.crate)

unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
tar --extract --gzip --file "$crate" --directory "$unpacked" --strip-components 1
cd "$unpacked"
kilobytes=$(($(stat --format %s "$crate") / 1000))
say "$(basename "$crate"): $(find . -type f | wc -l) files, $kilobytes kB packed"
# crates.io takes 10 MB.
((kilobytes < 3000)) || die "$kilobytes kB are more than a package of sources needs"

for words in 'cargo test' 'cargo run'; do
    command=$(readme_command README.md "$words")
    say "$command"
    # Locked: with the versions that are in the package.
    eval "${command/$words/$words --quiet --locked}" </dev/null || die "status $?, in the unpacked package: $command"
done

cargo build --quiet --locked --examples --features std,async,zeroize,serde,defmt,metrics,validate,unicode
say "all examples build with all features"
# The next run has another folder, and no use for what was built for this one.
cargo clean --quiet --package forebay
