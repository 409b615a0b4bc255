#!/usr/bin/env python3
"""Says for each pair of operations of `sweep` at how many instructions the interrupt came; fails if at too few.

sweep-coverage.py ELF EXECUTED <OUTPUT_OF_SWEEP

EXECUTED is what the plugin of ci/qemu wrote. Of the instructions of the operation itself that are executed, the interrupt
comes at all but two kinds: where interrupts are masked, and what is executed only because the interrupt came before, like
the second look of who waits: there is one interrupt a round. What is never executed are branches nobody takes: retries of
a compare-and-swap that nothing disturbed, and faults. Functions that the operation calls are called by others, too, so for
them no more is known than where the interrupt came.
"""
import re
import sys

from elf import Program

# Of what an operation executes with interrupts on. Most have all of it; a poll executes a quarter only after an interrupt.
AT_LEAST = 0.7


def masked(code):
    """The addresses at which no interrupt can come: behind what masks them, up to what unmasks them."""
    found, off = set(), False
    for address, text in sorted(code.items()):
        if off:
            found.add(address)
        if "cpsid" in text or re.match(r"csrrci\s.*mstatus, 8", text):
            off = True
        elif re.match(r"msr\s+primask", text) or "cpsie" in text or re.match(r"csrsi\s+mstatus", text):
            off = False
    return found


def main():
    elf, executed_file = sys.argv[1:]
    program = Program(elf)
    with open(executed_file) as file:
        executed = {int(line, 16) for line in file}
    at = {start: name for name, (start, _) in program.functions.items()}
    cases, failed = [], 0
    for line in sys.stdin:
        match line.split(maxsplit=2):
            case ["case", address, name]:
                cases.append((int(address, 16), name.strip(), set()))
            case ["hits", base, word]:
                bits = int(word, 16)
                cases[-1][2].update(int(base, 16) + 2 * bit for bit in range(32) if bits >> bit & 1)
    for address, name, hits in cases:
        operation = at[address]
        own = program.code[operation]
        off = masked(own)
        seen = {place for place in own if place in executed}
        others = program.reached(operation) - {operation}
        called = sum(place in hits for function in others for place in program.code.get(function, ()))
        few = len(seen & hits) < AT_LEAST * len(seen - off)
        failed += few
        print(f"   {name}: interrupted at {len(seen & hits)} of the {len(seen)} instructions it executes"
              f" ({len(seen & off)} of them with interrupts masked), and at {called} of what it calls"
              f"{': TOO FEW' if few else ''}")
    if not cases:
        sys.exit("no case was swept")
    if failed:
        sys.exit(f"{failed} of {len(cases)} operations were interrupted at too few instructions")


main()
