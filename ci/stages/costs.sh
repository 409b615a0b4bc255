#!/bin/bash
# The tables of examples/firmware/costs.md are what is measured.
exec "$(dirname "$0")/../embedded-tables.sh" --check
