#!/bin/bash
# ThreadSanitizer finds every fault that can be seeded and is a data race.
exec "$(dirname "$0")/tsan.sh" faults
