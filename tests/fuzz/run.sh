#!/usr/bin/env bash
# Fuzzes one target for some seconds, under AddressSanitizer and with overflow checks: tests/fuzz/run.sh TARGET [SECONDS].
# Targets: model (the loader), strokes (stroke files), calls (sequences of calls of the C interface), pixels (blending and
# cropping against a slow reference). Needs a nightly Rust and cargo-fuzz; the exit status is 77 without them.
# What it finds lies in target/fuzz/artifacts; put it into tests/fuzz/regressions/TARGET, and `cargo test` runs it for ever.
set -euo pipefail
cd "$(dirname "$0")/../.."
target="${1:?which target?}"
seconds="${2:-1800}"
if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
    echo "SKIPPED: no nightly Rust with cargo-fuzz; the target $target was NOT fuzzed" >&2
    exit 77
fi
work="$PWD/target/fuzz"
mkdir -p "$work/corpus/$target" "$work/artifacts/$target"
dictionary="tests/fuzz/$target.dict"
cargo +nightly fuzz build --fuzz-dir tests/fuzz --target-dir "$work" "$target" >&2
TMPDIR="$work" "$work/x86_64-unknown-linux-gnu/release/$target" "$work/corpus/$target" "tests/fuzz/seeds/$target" \
    -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 -verbosity="${VERBOSITY:-1}" \
    -artifact_prefix="$work/artifacts/$target/" ${dictionary:+$([ -f "$dictionary" ] && echo "-dict=$dictionary")}
