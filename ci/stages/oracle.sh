#!/bin/bash
# The validators against the jsonschema crate on 800,000 random schemas and texts, besides what schema-suite.sh does.
exec "$(dirname "$0")/schema-suite.sh" deep
