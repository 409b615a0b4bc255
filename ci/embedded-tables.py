#!/usr/bin/env python3
"""Turns the output of `bench`, and whole programs, into the tables of examples/firmware/costs.md.

embedded-tables.py DIRECTORY

DIRECTORY holds, for each target T, the program T.elf, its output T.txt and what the plugin of ci/qemu wrote, T.counts; and
for each opt-level L the programs of ci/crates/program-size in size/L/T. The tables go to standard output.
"""
import pathlib
import re
import sys

from elf import Program, sections

TARGETS = {
    "thumbv6m-none-eabi": "Cortex-M0",
    "thumbv7m-none-eabi": "Cortex-M3",
    "riscv32imc-unknown-none-elf": "rv32imc",
    "riscv32imac-unknown-none-elf": "rv32imac",
}
PEERS = {
    "heapless": "heapless",
    "atomic_pool": "atomic-pool",
    "embassy": "embassy-sync `Channel`",
    "zerocopy": "embassy-sync `zerocopy_channel`",
}
OPERATIONS = {
    "get": "get", "put": "put", "get8": "get of 8 at once", "put8": "put of the 8",
    "get_batch": "get of a batch of 8", "put_batch": "put of the batch",
    "insert": "insert into a slab", "remove": "remove from it",
    "lane_get": "get on a lane", "lane_put": "put on a lane",
    "push_word": "push a word", "pop_word": "pop a word", "push_token": "push 32 bytes", "pop_token": "pop 32 bytes",
    "words16": "16 words in, then out", "tokens16": "16 times 32 bytes in, then out",
    "open": "open a stream", "close": "close it, both ends", "send": "send 32 bytes", "recv": "receive them",
}

# What each has in static memory, by the names of its statics.
STATICS = {
    ("pool", "forebay"): ["bench4POOL"], ("pool", "heapless"): ["OBJECT_BLOCKS", "Objects"],
    ("slab", "forebay"): ["bench4SLAB"], ("slab", "heapless"): ["BOX_BLOCKS", "Boxes"], ("slab", "atomic_pool"): ["get4POOL"],
    ("lanes", "forebay"): ["LANES"],
    ("words", "forebay"): ["WORDS"], ("words", "heapless"): ["HEAPLESS_WORDS"], ("words", "embassy"): ["CHANNEL_WORDS"],
    ("words", "zerocopy"): ["OF_WORDS", "WORD_PLACES"],
    ("tokens", "forebay"): ["TOKENS"], ("tokens", "heapless"): ["HEAPLESS_TOKENS"],
    ("tokens", "embassy"): ["CHANNEL_TOKENS"], ("tokens", "zerocopy"): ["OF_TOKENS", "TOKEN_PLACES"],
    ("streams", "forebay"): ["STREAMS"],
}
KINDS = {
    "pool": "16 objects of 32 bytes", "slab": "a slab of the same", "lanes": "the same pool with 2 lanes",
    "words": "16 words", "tokens": "16 times 32 bytes", "streams": "2 streams of 16 times 32 bytes",
}

# Whole programs, by the first word of their names; the rest names the contender.
PROGRAMS = {"pool": "get and put of objects", "words": "a queue of words", "stream": "a stream of tokens"}
LEVELS = {"3": "`opt-level = 3`", "s": '`opt-level = "s"`'}


def costs(directory, target):
    found = {}
    for line in (directory / f"{target}.txt").read_text().splitlines():
        if line.startswith("cost "):
            _, operation, contender, count = line.split()
            found[operation, contender] = int(count)
    return found


class Bench(Program):
    """The program, and how long each of its functions masked interrupts at most."""

    def __init__(self, directory, target):
        super().__init__(directory / f"{target}.elf")
        self.masked = {}
        for line in (directory / f"{target}.counts").read_text().splitlines():
            match line.split():
                case ["section", length, address]:
                    at = int(address, 16)
                    for name, (start, size) in self.functions.items():
                        if start <= at < start + size:
                            self.masked[name] = max(self.masked.get(name, 0), int(length))

    def bytes(self, function):
        return sum(self.functions[name][1] for name in self.reached(function))

    def ram(self, statics):
        # A mangled name has the length of each part before it: `5bench4POOL17h…`.
        found = [[size for symbol, size in self.statics.items() if re.search(rf"\d{name}17h", symbol)]
                 for name in statics]
        if any(len(sizes) != 1 for sizes in found):
            sys.exit(f"not one static of each name: {statics}: {found}")
        return sum(sum(sizes) for sizes in found)

    def longest_masked(self, function):
        return max((self.masked.get(name, 0) for name in self.reached(function)), default=0)


def memory(elf):
    """The bytes of flash and of RAM that a program takes. Initial values take both; the stack and the heap are not counted."""
    flash = ram = 0
    for name, size, kind in sections(elf):
        flash += size if kind in ("TEXT", "DATA") else 0
        ram += size if name == ".data" or kind == "BSS" and name not in (".heap", ".stack") else 0
    return flash, ram


def program_sizes(directory):
    """By opt-level, target and program: the bytes of flash and of RAM that it takes besides those of the empty program."""
    found = {}
    for level in LEVELS:
        for target in TARGETS:
            folder = directory / "size" / level / target
            runtime = memory(folder / "empty")
            sizes = found.setdefault(level, {}).setdefault(target, {})
            for elf in sorted(folder.iterdir()):
                if elf.name == "empty":
                    continue
                flash, ram = (mine - its for mine, its in zip(memory(elf), runtime))
                if flash <= 0 or ram <= 0:
                    sys.exit(f"{elf} is no larger than the empty program: {flash} bytes of flash and {ram} of RAM besides")
                kind, _, who = elf.name.partition("_")
                sizes[kind, who] = flash, ram
    return found


def accesses_between(code):
    """How many LDREX there are in a function, and what accesses memory between one of them and its STREX: a core need not
    let such a STREX succeed, ever."""
    count, inside, found = 0, False, []
    for _, text in sorted(code.items()):
        instruction = text.split()[0].split(".")[0]
        if instruction.startswith("ldrex"):
            count, inside = count + 1, True
        elif instruction.startswith(("strex", "clrex")):
            inside = False
        elif inside and re.match(r"(ldr|str|ldm|stm|push|pop|blx?$)", instruction):
            found.append(text)
    return count, found


def check_exclusives(program):
    counts = 0
    # Of forebay only: heapless' list stores the next block between the two.
    for name, code in program.code.items():
        if "forebay" not in name:
            continue
        count, found = accesses_between(code)
        counts += count
        if found:
            sys.exit(f"{name}: between LDREX and STREX: {found}")
    if counts < 20:
        sys.exit(f"found only {counts} LDREX: they are not recognised any more")
    # A control.
    if accesses_between({0: "ldrex r0, [r1]", 4: "str r0, [sp]", 8: "strex r2, r0, [r1]"}) != (1, ["str r0, [sp]"]):
        sys.exit("an access between LDREX and STREX is not seen")


def table(title, found, number, operations=OPERATIONS):
    print(f"| {title} | " + " | ".join(TARGETS[target] for target in found) + " |")
    print("|---|" + "--:|" * len(found))
    for operation, words in operations.items():
        for contender in ["forebay", *PEERS]:
            if not all((operation, contender) in costs for costs in found.values()):
                continue
            who = "**forebay**" if contender == "forebay" else PEERS[contender]
            cells = [str(number(target, operation, contender)) for target in found]
            print(f"| {words}: {who} | " + " | ".join(cells) + " |")
    print()


def main():
    directory = pathlib.Path(sys.argv[1])
    sizes = program_sizes(directory)
    found = {target: costs(directory, target) for target in TARGETS}
    programs = {target: Bench(directory, target) for target in TARGETS}
    check_exclusives(programs["thumbv7m-none-eabi"])
    table("bytes of RAM", {target: STATICS for target in TARGETS},
          lambda target, kind, who: programs[target].ram(STATICS[kind, who]), KINDS)
    table("instructions", found, lambda target, operation, who: found[target][operation, who])
    # Only cores without compare-and-swap mask interrupts, and only what is one function has a size of its own.
    masks = {target: costs for target, costs in found.items() if programs[target].masked}
    one = {target: {key: cost for key, cost in costs.items() if "_".join(key) in programs[target].functions}
           for target, costs in found.items()}
    table("longest section with interrupts masked, in instructions",
          {target: {key: cost for key, cost in one[target].items()} for target in masks},
          lambda target, operation, who: programs[target].longest_masked(f"{operation}_{who}"))
    table("bytes of code", one, lambda target, operation, who: programs[target].bytes(f"{operation}_{who}"))
    for level, words in LEVELS.items():
        table(f"bytes of flash of a whole program, {words}", sizes[level],
              lambda target, kind, who: sizes[level][target][kind, who][0], PROGRAMS)
    # One table: the size of a static is that of its type.
    if any(sizes["3"][target][key][1] != ram for target in TARGETS for key, (_, ram) in sizes["s"][target].items()):
        sys.exit("RAM depends on the opt-level: examples/firmware/costs.md needs a table for each")
    table("bytes of RAM of a whole program", sizes["3"], lambda target, kind, who: sizes["3"][target][kind, who][1], PROGRAMS)


main()
