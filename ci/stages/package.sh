#!/bin/bash
# The packages as they would be published: unpacked away from the repository, both commands of the README work, all examples
# build, and so do the tests of forebay-validate. A file that a manifest's `include` forgets is missed here and nowhere else.
#
# forebay's package asks the registry for forebay-validate. Both are packed together, so that cargo finds one for the other, and
# in the unpacked package a patch takes the registry's place, in a file, since a test runs cargo itself. The lock file then loses
# that package's checksum, and nothing else.
. "$(dirname "$0")/../common.sh"

# Dependencies are built once; the packages themselves anew each time, since they are in another folder each time.
export CARGO_TARGET_DIR=$BUILDS
rm -rf "$CARGO_TARGET_DIR/package"
# What verification would build is built below, and more.
cargo package --quiet --workspace --locked --no-verify

unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
unpack() { # unpack <package>: into a folder of that name
    local crate kilobytes
    crate=$(ls "$CARGO_TARGET_DIR/package/$1"-[0-9]*.crate)
    mkdir "$unpacked/$1"
    tar --extract --gzip --file "$crate" --directory "$unpacked/$1" --strip-components 1
    kilobytes=$(($(stat --format %s "$crate") / 1000))
    say "$(basename "$crate"): $(find "$unpacked/$1" -type f | wc -l) files, $kilobytes kB packed"
    # crates.io takes 10 MB.
    ((kilobytes < 3000)) || die "$kilobytes kB are more than a package of sources needs"
}
unpack forebay
unpack forebay-validate

cd "$unpacked/forebay"
mkdir .cargo
printf '[patch.crates-io]\nforebay-validate.path = "%s"\n' "$unpacked/forebay-validate" >.cargo/config.toml
cp Cargo.lock "$unpacked/before"
cargo metadata --quiet --format-version 1 >/dev/null
changed=$(diff "$unpacked/before" Cargo.lock | grep -v '^[0-9]') || true
[ "$(sed 's/ = .*//' <<<"$changed" | xargs)" = '< source < checksum' ] || die "the patch changes the lock file: $changed"

for words in 'cargo test' 'cargo run'; do
    command=$(readme_command README.md "$words")
    say "$command"
    # Locked: with the versions that are in the package.
    eval "${command/$words/$words --quiet --locked}" </dev/null || die "status $?, in the unpacked package: $command"
done

cargo build --quiet --locked --examples --features std,async,zeroize,serde,defmt,metrics,validate,unicode
say "all examples build with all features"
# The next run has another folder, and no use for what was built for this one.
cargo clean --quiet --package forebay --package forebay-validate

cd "$unpacked/forebay-validate"
cargo test --quiet --locked --all-features </dev/null
cargo clean --quiet --package forebay-validate
say "forebay-validate: its tests pass with all features"
