#!/bin/sh
# Runs the models on a copy of loom with a patch applied.
#
#   ./deep.sh PATCH [TEST-ARGS...]     e.g. LOOM_MAX_PREEMPTIONS=4 ./deep.sh loads.patch --test ring
#
# loom 0.7.3 remembers only the last access to an atomic, so it never tries some interleavings of a thread
# that loads an atomic and then stores it. A patch that keeps the last load of each thread closes that hole
# (README.md, "What loom does not see"). The patch is not part of this repository: pass its path.
set -eu

if [ $# -eq 0 ]; then
    echo "usage: $0 PATCH [cargo test arguments]: PATCH is a diff against the sources of loom 0.7.3" >&2
    exit 2
fi
patch_file=$(realpath "$1")
shift
cd "$(dirname "$0")"

manifest=$(cargo metadata --locked --format-version 1 |
    grep -o '"manifest_path":"[^"]*/loom-0\.7\.3/Cargo\.toml"' | head -n 1 | cut -d '"' -f 4)
deep=${CARGO_TARGET_DIR:-$PWD/target}/deep
copy=$deep/loom-0.7.3
rm -rf "$copy"
mkdir -p "$deep"
cp -R "$(dirname "$manifest")" "$copy"
patch --directory "$copy" --strip 1 --input "$patch_file"

# An override by path, and not by `patch`, which would rewrite the lock file.
exec cargo test --release --locked --target-dir "$deep/build" --config "paths=[\"$copy\"]" "$@"
