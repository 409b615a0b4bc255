#!/bin/bash
# The oldest compiler that is promised, 1.87, is nowhere to be had without rustup's server. Instead: clippy looks for
# library functions that are younger, and Debian's 1.85 compiles forebay, which rules out a younger language.
. "$(dirname "$0")/../common.sh"

cargo clippy --quiet --workspace --lib --features std,async,zeroize,serde,defmt,metrics,validate,unicode -- -D clippy::incompatible_msrv
say "clippy: no function is younger than the rust-version in Cargo.toml"

old=$BUILDS/rust-1.85
if ! [ -x "$old/usr/bin/rustc" ]; then
    packages=$(mktemp -d)
    trap 'rm -rf "$packages"' EXIT
    chmod 755 "$packages"
    (
        version=1.85.0+dfsg3-1~deb12u3
        cd "$packages"
        apt-get download -qq rustc-web=$version libstd-rust-web-{1.85,dev}=$version libllvm19
        # Unpacked on its own: installed, it would take the place of the newer one.
        for package in *.deb; do dpkg-deb --extract "$package" "$old"; done
    ) >/dev/null 2>&1 || {
        rm -rf "$old"
        skip "Debian does not offer rustc 1.85 any more; so much for clippy"
    }
fi

# In a copy, since heapless needs a change: 1.87 made one of core's errors an enum, and heapless matches it.
copy=$BUILDS/copy
rm -rf "$copy/forebay" "$copy/heapless"
mkdir -p "$copy/forebay"
tar --create --exclude=./target --exclude=./ci --exclude=./loom-tests --exclude=./.git . | tar --extract --directory "$copy/forebay"
heapless=$(cargo metadata --format-version 1 --filter-platform $HOST | grep -o '"manifest_path":"[^"]*/heapless-[^"]*/Cargo.toml"' | cut -d '"' -f 4)
cp -r "$(dirname "$heapless")" "$copy/heapless"
# Take the error's one kind for the other: nothing of this is ever run.
sed -i -e 's/Err(FromBytesWithNulError::InteriorNul { position }) =>/Err(_) if false =>/' \
    -e 's/Err(FromBytesWithNulError::NotNulTerminated) =>/Err(_) =>/' \
    -e 's/&bytes\[\.\.position\]/bytes/' \
    -e 's/Err(ExtendError::InteriorNul { position })$/Err(ExtendError::InteriorNul { position: 0 })/' \
    "$copy/heapless/src/c_string.rs"
cd "$copy/forebay"
for features in '' std,async,zeroize,serde,defmt,metrics,validate,unicode; do
    RUSTFLAGS=-Awarnings LD_LIBRARY_PATH=$old/usr/lib/x86_64-linux-gnu RUSTC=$old/usr/bin/rustc CARGO_TARGET_DIR=$copy/target \
        cargo check --quiet --ignore-rust-version --workspace --lib --features "$features" \
        --config "patch.crates-io.heapless.path='$copy/heapless'" || die "rustc 1.85 refuses it"
    say "rustc 1.85 compiles it, features: ${features:-none}"
done
