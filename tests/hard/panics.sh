#!/usr/bin/env bash
# A panic in every export of the release build, and in the engine's own threads: NPE_ERR_PANIC each time, and the session works
# on (tests/capi_panics.rs). What is shipped can't be made to panic, and exports just the wrapped functions.
source "$(dirname "$0")/common.sh"
need cargo nm
cargo test --release --features panic-injection --test capi_panics --target-dir target/panics
library
if grep -qa "a panic was asked for by a test" "$lib/libnpe.so"; then
    echo "$lib/libnpe.so was built with panic-injection" >&2
    exit 1
fi
nm -D --defined-only "$lib/libnpe.so" | awk '{ print $3 }' | sort | diff - tests/c/exports.txt
echo "$(wc -l <tests/c/exports.txt) exports are wrapped, and no others are there"
