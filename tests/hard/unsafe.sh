#!/usr/bin/env bash
# How many of the core's `unsafe` blocks the tests of the library and the C tests reach, by coverage; fails under 90 %. Those that need libtorch or
# a GPU driver (src/session/torch.rs, libtorch.rs, open.rs, driver.rs) are counted apart. Needs llvm-profdata and llvm-cov of the compiler's own
# LLVM: rustup component add llvm-tools, or Debian's llvm-22.
source "$(dirname "$0")/common.sh"
need cargo python3
major="$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')"
for tools in "$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin" "/usr/lib/llvm-$major/bin"; do
    [ -x "$tools/llvm-cov" ] && break
done
[ -x "$tools/llvm-cov" ] || skip "no llvm-cov of LLVM $major; the unsafe blocks were NOT counted"

profiles="$work/profiles"
rm -rf "$profiles"
export LLVM_PROFILE_FILE="$profiles/%m-%p.profraw" CARGO_TARGET_DIR="$here/target/coverage"
# Only npe itself is instrumented.
printf '#!/bin/sh\nexec "$@" -Cinstrument-coverage\n' >"$work/instrument"
chmod +x "$work/instrument"
export RUSTC_WORKSPACE_WRAPPER="$work/instrument"
# The exports are more here: coverage has some of its own.
cargo test --features panic-injection --lib --test capi_arguments --test capi_c --test capi_panics --test capi_wall --test doctor \
    --test engine --test fuzz_regressions -- --skip golden_list
# Those of processes that are started with an empty environment.
find . -maxdepth 1 -name "default_*.profraw" -exec mv {} "$profiles" \;
objects=()
for file in "$CARGO_TARGET_DIR"/debug/deps/*; do
    if [ -x "$file" ] && [ -f "$file" ] && readelf -S "$file" 2>/dev/null | grep -q __llvm_covmap; then objects+=(--object "$file"); fi
done
"$tools/llvm-profdata" merge -sparse -o "$work/merged.profdata" "$profiles"/*.profraw
"$tools/llvm-cov" export -format=lcov -instr-profile "$work/merged.profdata" "${objects[@]}" --sources "$here/src" >"$work/lines.lcov"
python3 tests/hard/unsafe.py "$here/src" "$work/lines.lcov"
