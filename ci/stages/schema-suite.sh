#!/bin/bash
# Holds the validators against the official JSON-Schema-Test-Suite (drafts 4, 6 and 2019-09 are in the crate's data/, with the
# documents that they refer to) and against recorded answers of model APIs, where they are at hand, and against the verdicts of
# the jsonschema crate on random schemas and texts: 160,000 of them, and with the argument `deep` 800,000.
. "$(dirname "$0")/../common.sh"

data=../shared/data
cargo build --quiet --locked --release --manifest-path ci/crates/schema-suite/Cargo.toml --target-dir "$BUILDS"
bin=$BUILDS/release
"$bin/oracle" $([ "${1-}" = deep ] && echo 20000 || echo 4000) | tail -n 20

[ -d $data/json-schema-suite ] || skip "no suite in $data"
"$bin/schema-suite" $data/json-schema-suite | tail -n 1
[ -r $data/sse/expected.jsonl ] || skip "no recordings in $data/sse"
"$bin/recorded" $data/sse | tail -n 1
