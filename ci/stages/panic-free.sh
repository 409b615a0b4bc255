#!/bin/bash
# Proves that no operation of the data path can panic, by linking all of them: what cannot be reached is not linked, and the
# panic handler of ci/crates/panic-free must not be. If it is, each is linked alone, to say which one reaches it. On the host,
# on cores without compare-and-swap, and on one that has it.
. "$(dirname "$0")/../common.sh"
command -v node >/dev/null || need nodejs
export CARGO_TARGET_DIR=$BUILDS
manifest=ci/crates/panic-free/Cargo.toml
# Fewer than this: they are not found any more.
AT_LEAST=400

# What an operation may want from elsewhere: copying, user code, and the critical section of the target.
elsewhere=()
for symbol in memcpy memmove memset memcmp bcmp strlen elsewhere rust_eh_personality \
    _critical_section_1_0_acquire _critical_section_1_0_release; do
    elsewhere+=("--defsym=$symbol=0")
done

names() { nm --defined-only "$1" 2>/dev/null | awk '$2 == "T" && $3 ~ /^(op|known|control)_/ { print $3 }' | sort -u; }

check() { # check <target> <library> <linker...>
    local target=$1 library=$2 operation operations=() controls=0 knowns=0
    local output=$CARGO_TARGET_DIR/linked
    local linker=("${@:3}" --strip-debug --gc-sections -o "$output" "${elsewhere[@]}")
    # No link fails on purpose: that a panic is reached is read from the symbols.
    reaches_panic() { # reaches_panic <linker's arguments...>
        # lld has a warning for each call of a symbol that is only defined as an address.
        "${linker[@]}" "$@" "$library" 2>"$output.log" || die "$target: $* does not link: $(tail -n 3 "$output.log")"
        local symbols
        symbols=$(nm "$output") || die "$target: nothing was linked: $*"
        [[ $symbols == *" PANIC_IS_REACHABLE"* ]]
    }
    for operation in $(names "$library"); do
        case $operation in
        op_*)
            operations+=("$operation")
            ;;
        control_*)
            reaches_panic -e "$operation" || die "$target: $operation reaches no panic, so this check sees none"
            controls=$((controls + 1))
            ;;
        known_*)
            reaches_panic -e "$operation" || die "$target: $operation cannot panic any more: make it an op_"
            knowns=$((knowns + 1))
            ;;
        esac
    done
    ((${#operations[@]} >= AT_LEAST && controls == 3 && knowns == 10)) ||
        die "$target: found ${#operations[@]} operations, $controls controls and $knowns known to panic only"
    if reaches_panic -e op_firmware_loop "${operations[@]/#/--undefined=}"; then
        for operation in "${operations[@]}"; do
            ! reaches_panic -e "$operation" || say "$target: $operation can panic"
        done
        die "$target: not all of the ${#operations[@]} operations are free of panics"
    fi
    # A control beside them must be seen.
    reaches_panic -e control_index "${operations[@]/#/--undefined=}" || die "$target: all together hide a panic"
    say "$target: ${#operations[@]} operations cannot panic, all linked into one program;" \
        "$knowns can where it is known, and $controls controls are told apart"
}

cargo build --quiet --locked --release --manifest-path $manifest
check $HOST "$CARGO_TARGET_DIR/release/libpanic_free_check.a" ld
documented=()
json() { # json <package> <features>
    RUSTC_BOOTSTRAP=1 cargo rustdoc --quiet --package "$1" --lib --features "$2" -- -Zunstable-options --output-format json
    documented+=("$CARGO_TARGET_DIR/doc/${1//-/_}.json")
}
json forebay async,validate
json forebay-validate ''
names "$CARGO_TARGET_DIR/release/libpanic_free_check.a" >"$CARGO_TARGET_DIR/names"
node ci/crates/panic-free/operations.mjs "${documented[@]}" <"$CARGO_TARGET_DIR/names"
# A control: one name less, and it has to be missed.
grep -v '_lease_erase$' "$CARGO_TARGET_DIR/names" >"$CARGO_TARGET_DIR/one-less"
must_fail 'Lease::erase: no function ends in _lease_erase' \
    bash -c 'node ci/crates/panic-free/operations.mjs "${@:2}" <"$1"' - "$CARGO_TARGET_DIR/one-less" "${documented[@]}"

ci/sysroot.sh
bare() { # bare <target> <lld's emulation> <cargo arguments>
    bare_metal build --quiet --locked --release --manifest-path $manifest --target "$1" "${@:3}"
    # One thread: lld 14 with several sometimes crashes or stands still where it has a warning for each of many calls.
    check "$1" "$CARGO_TARGET_DIR/$1/release/libpanic_free_check.a" timeout 60 ld.lld --threads=1 -m "$2"
}
bare thumbv7m-none-eabi armelf
bare thumbv6m-none-eabi armelf --features backend
bare riscv32imc-unknown-none-elf elf32lriscv --features backend
