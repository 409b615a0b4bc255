# Sourced by every stage: where we are, and which toolchain is which.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# With `--target`, cargo keeps RUSTFLAGS away from build scripts and proc macros.
HOST=x86_64-unknown-linux-gnu
# Where a stage builds what it shares with no other one; ci/run removes it.
BUILDS=$PWD/target/$(basename "$0" .sh)
# `core` for the bare-metal targets, made by ci/sysroot.sh.
SYSROOT=$PWD/target/sysroot

say() { printf '   %s\n' "$*"; }
die() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}
# A stage that cannot run here ends with 77, which .ci/run shows as "skipped".
skip() {
    printf 'SKIPPED: %s\n' "$*"
    exit 77
}

# Debian's rustc and cargo. rustup's proxies, if there are any, come first on PATH otherwise.
distro() {
    env -u RUSTUP_TOOLCHAIN PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc "$@"
}

# Cargo for a bare-metal target: bare_metal <cargo arguments>. SEED is a fault to plant.
bare_metal() {
    RUSTFLAGS="--sysroot $SYSROOT ${SEED-}" PATH="$SYSROOT/bin:$PATH" distro /usr/bin/cargo "$@"
}

# Runs a command that has to fail, and to say why: must_fail <expected words> <command...>.
must_fail() {
    local words=$1 output
    shift
    if output=$("$@" 2>&1); then
        printf '%s\n' "$output"
        die "this should not have worked: $*"
    fi
    grep -qF -- "$words" <<<"$output" || {
        printf '%s\n' "$output"
        die "failed as it should, but without saying \"$words\": $*"
    }
}

# The README's own command: readme_command <README.md> <its first words>. Without the comment behind it.
readme_command() {
    local line
    line=$(grep -m 1 "^$2 " "$1") || die "$1 has no line that starts with: $2"
    sed 's/ *#.*//' <<<"$line"
}

# A stage that needs a Debian package gets it here, and on a machine that has it nothing happens.
need() {
    local missing=() package
    for package; do
        [ "$(dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null)" = 'install ok installed' ] ||
            missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    say "installing ${missing[*]}"
    [ "$(id -u)" = 0 ] || die "as root: apt-get install --no-install-recommends ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    # One at a time. No recommends: they pull in a desktop.
    mkdir -p target
    flock target/.apt sh -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"' sh \
        "${missing[@]}" </dev/null >/dev/null
}
