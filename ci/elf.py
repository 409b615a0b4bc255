"""The functions and sections of a program, as llvm-nm and llvm-objdump tell of them."""
import re
import subprocess


def tool(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def sections(elf):
    """Name, bytes and kind of each section that is loaded: TEXT and DATA are in the file, BSS is not."""
    for line in tool("llvm-objdump", "--section-headers", elf):
        match line.split():
            case [_, name, size, _, "TEXT" | "DATA" | "BSS" as kind]:
                yield name, int(size, 16), kind


class Program:
    def __init__(self, elf):
        # Name to address and bytes; to the instructions by address; to the functions that it calls or jumps to.
        self.functions, self.code, self.calls = {}, {}, {}
        # Of what is in RAM: mangled name to bytes.
        self.statics = {}
        for line in tool("llvm-nm", "--print-size", "--defined-only", elf):
            fields = line.split()
            if len(fields) == 4 and fields[2] in "tT":
                self.functions[fields[3]] = int(fields[0], 16) & ~1, int(fields[1], 16)
            elif len(fields) == 4 and fields[2] in "bBdD":
                self.statics[fields[3]] = int(fields[1], 16)
        starts = {start: name for name, (start, _) in self.functions.items()}
        name, upper = None, (None, 0)
        for line in tool("llvm-objdump", "-d", "--no-show-raw-insn", elf):
            if match := re.match(r"[0-9a-f]+ <(.+)>:$", line):
                # A label inside a function is not another one.
                name = match[1] if match[1] in self.functions else name
                continue
            match = re.match(r"\s*([0-9a-f]+):\s+(.*)", line)
            if not name or not match:
                continue
            address, text = int(match[1], 16), match[2]
            start, size = self.functions[name]
            if address >= start + size:
                continue  # Padding, which may look like a branch.
            self.code.setdefault(name, {})[address] = text
            called = None
            if match := re.search(r"<([^>+]+)(\+0x[0-9a-f]+)?>", text):
                called = match[1] if match[1] in self.functions else None
            # RISC-V's long call and jump, of which the listing does not say where they lead.
            elif match := re.match(r"auipc\s+(\w+), (\w+)", text):
                upper = match[1], address + (int(match[2], 0) << 12)
            elif (match := re.match(r"j(?:al)?r\s+(-?\w+)\((\w+)\)", text)) and match[2] == upper[0]:
                called = starts.get((upper[1] + int(match[1], 0)) & 0xffffffff)
            if called and called != name:
                self.calls.setdefault(name, set()).add(called)

    def reached(self, function):
        """The function and all that it calls, but for panics: what these say and drag in is paid once."""
        seen, todo = set(), [function]
        while todo:
            name = todo.pop()
            if name not in seen and "panic" not in name:
                seen.add(name)
                todo.extend(self.calls.get(name, ()))
        return seen
