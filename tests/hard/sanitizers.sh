#!/usr/bin/env bash
# The C tests under AddressSanitizer, LeakSanitizer and (in C) UndefinedBehaviorSanitizer, the Rust side instrumented too, with overflow
# checks and debug assertions on; then 8 threads under ThreadSanitizer. Needs a nightly Rust and gcc with its sanitizers.
# sanitizers.sh [CALLS]: how many calls each of the 8 threads makes, 10,000 if not said.
source "$(dirname "$0")/common.sh"
need cargo gcc nm
cargo +nightly --version >/dev/null 2>&1 || skip "no nightly Rust; the sanitizers were NOT run"
calls="${1:-10000}"
target="$(rustc +nightly -vV | sed -n 's/^host: //p')"
export CC=gcc

# instrumented SANITIZER [FLAG...]: builds libnpe.so with it; its folder in $built.
instrumented() {
    RUSTFLAGS="-Zsanitizer=$1 ${*:2}" cargo +nightly build --release --lib --target "$target" --target-dir "target/$1" \
        --config 'profile.release.lto="off"' --config 'profile.release.debug="line-tables-only"' \
        --config 'profile.release.overflow-checks=true' --config 'profile.release.debug-assertions=true'
    built="$here/target/$1/$target/release"
}

# on PATTERN FILE: proof that a sanitizer is in a file.
on() {
    local count
    count="$( (nm "$2"; nm -D "$2") 2>/dev/null | grep -c "$1" || true)"
    [ "$count" -gt 0 ] || { echo "$1 is not in $2" >&2; exit 1; }
    echo "$(basename "$2"): $count symbols of $1"
}

instrumented address
on __asan_report "$built/libnpe.so"
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1
for name in arguments session threads hostile; do
    compile "$name" "$built" -fsanitize=address,undefined -fno-sanitize-recover=all
    on __asan_report "$work/$name"
    on __ubsan_handle "$work/$name"
done
"$work/arguments" "$small"
"$work/session" "$small"
"$work/threads" "$small" 8 500
for scene in "freed in use" "spoiled" "file in use" "interrupted" "cancelled"; do "$work/hostile" "$small" "$scene"; done
# A sentence that a thread is told while it ends is nobody's to free: its destructors have run.
ASAN_OPTIONS=detect_leaks=0 "$work/hostile" "$small" "torn down"
# They see what there is to see: a host that lies about its memory, read by npe.
if "$work/session" "$small" lie 2>"$work/lie.txt"; then
    echo "AddressSanitizer did not see a read beyond the host's memory" >&2
    exit 1
fi
grep -q "heap-buffer-overflow" "$work/lie.txt"
echo "AddressSanitizer, LeakSanitizer, UndefinedBehaviorSanitizer: 0 reports"

# Rust's standard library is not instrumented (nightly's sources of it would be needed), so what rayon's pools hand over through its
# locks looks like races: the engine works on the callers' threads here, which is where npe's own locks are.
instrumented thread -Cunsafe-allow-abi-mismatch=sanitizer
on __tsan_read "$built/libnpe.so"
compile threads "$built" -fsanitize=thread -fno-builtin -rdynamic tests/c/tsan_names.c
on __tsan_read "$work/threads"
TSAN_OPTIONS="exitcode=66:suppressions=$here/tests/hard/tsan.supp" "$work/threads" "$small" 8 "$calls" 1
echo "ThreadSanitizer: 0 reports"
