#!/bin/bash
# Proves that no operation of the data path can panic, by linking each on its own: the panic handler of
# checks/panic-free calls a function that does not exist. On the host, and on cores without compare-and-swap.
. "$(dirname "$0")/common.sh"
export CARGO_TARGET_DIR=$PWD/target/panic-free
manifest=checks/panic-free/Cargo.toml

# What an operation may want from elsewhere: copying, user code, and the critical section of the target.
elsewhere=()
for symbol in memcpy memmove memset memcmp bcmp elsewhere rust_eh_personality \
    _critical_section_1_0_acquire _critical_section_1_0_release; do
    elsewhere+=("--defsym=$symbol=0")
done

check() { # check <target> <library> <linker...>
    local target=$1 library=$2 operation output failed=0 passed=0 controls=0
    local linker=("${@:3}" --gc-sections -o /dev/null "${elsewhere[@]}")
    for operation in $(nm --defined-only "$library" 2>/dev/null | awk '$2 == "T" && $3 ~ /^(op|control)_/ { print $3 }'); do
        if output=$("${linker[@]}" -e "$operation" "$library" 2>&1); then
            case $operation in
            op_*) passed=$((passed + 1)) ;;
            *) die "$target: $operation links, so this check sees no panics" ;;
            esac
        elif ! grep -q PANIC_IS_REACHABLE <<<"$output" || grep undefined <<<"$output" | grep -qv PANIC_IS_REACHABLE; then
            die "$target: $operation does not link: $output"
        else
            case $operation in
            op_*) failed=$((failed + 1)) && say "$target: $operation can panic" ;;
            *) controls=$((controls + 1)) ;;
            esac
        fi
    done
    ((passed + failed > 100 && controls == 3)) || die "$target: found $passed operations and $controls controls only"
    ((failed == 0)) || die "$target: $failed of $((passed + failed)) operations can panic"
    say "$target: $passed operations cannot panic; $controls controls can, and are told apart"
}

cargo build --quiet --locked --release --manifest-path $manifest
check $HOST "$CARGO_TARGET_DIR/release/libpanic_free_check.a" ld

ci/sysroot.sh
bare() { # bare <target> <lld's emulation> <cargo arguments>
    bare_metal build --quiet --locked --release --manifest-path $manifest --target "$1" "${@:3}"
    check "$1" "$CARGO_TARGET_DIR/$1/release/libpanic_free_check.a" ld.lld -m "$2"
}
bare thumbv7m-none-eabi armelf
bare thumbv6m-none-eabi armelf --features backend
bare riscv32imc-unknown-none-elf elf32lriscv --features backend
