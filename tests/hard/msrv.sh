#!/usr/bin/env bash
# The oldest Rust that is supported (rust-version in Cargo.toml) builds npe and passes its tests. Where it is the one in use, that is what `cargo
# test` shows.
source "$(dirname "$0")/common.sh"
need cargo
oldest="$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)"
if [[ "$(rustc --version)" == "rustc $oldest."* ]]; then
    echo "Rust $oldest, the oldest supported, is the one in use: $(rustc --version)"
    exit 0
fi
toolchain="$(rustup toolchain list 2>/dev/null | grep -o "^$oldest[.0-9]*" | head -n 1 || true)"
[ -n "$toolchain" ] || skip "no Rust $oldest here, the oldest supported; it was NOT tested"
CARGO_TARGET_DIR="$here/target/msrv" cargo "+$toolchain" test --locked
echo "Rust $oldest, the oldest supported, builds npe and passes its tests"
