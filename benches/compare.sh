#!/usr/bin/env bash
# npe's engine beside PyTorch eager on the same networks, in one run, in turns:
#   PYTHON=python3 benches/compare.sh [ROUNDS] ["THREADS…"]
# Prints medians in ms (over rounds, of each round's median) and how many times faster npe is.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
rounds=${1:-3}
threads=${2:-1 2}
if ! "$python" -c 'import torch' 2>/dev/null; then
    echo "compare.sh: $python has no PyTorch. Set PYTHON to a Python that has it (pip install torch)," >&2
    echo "or measure npe alone with: cargo bench -p npe-bench --bench engine" >&2
    exit 1
fi
cargo bench -q -p npe-bench --bench engine --no-run
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for ((round = 0; round < rounds; round++)); do
    for t in $threads; do
        cargo bench -q -p npe-bench --bench engine -- --noplot "^(bundled|width128-f16)/$t/" >/dev/null 2>&1
        for network in bundled width128-f16; do
            for what in encode decode stroke; do
                file=target/criterion/${network}_$t/$what/new/estimates.json
                "$python" -c 'import json, sys; print("npe", *sys.argv[2:], json.load(open(sys.argv[1]))["median"]["point_estimate"] / 1e6)' \
                    "$file" "${network/bundled/width48}" "$t" "$what" >>"$log"
            done
        done
        for sizes in "48 512 192" "128 1000 100"; do
            # shellcheck disable=SC2086
            "$python" benches/torch_eager.py $sizes "$t" 2 | sed 's/^/torch /' >>"$log"
        done
    done
done
"$python" - "$log" <<'PY'
import collections
import statistics
import sys

times = collections.defaultdict(list)
for line in open(sys.argv[1]):
    engine, network, threads, what, ms = line.split()
    times[network.split("-")[0], threads, what, engine].append(float(ms))
print(f"{'network':<10} {'threads':>7} {'what':<7} {'npe ms':>8} {'torch ms':>9} {'ratio':>6}")
for network, threads, what in dict.fromkeys(key[:3] for key in times):
    npe, torch = (statistics.median(times[network, threads, what, e]) for e in ("npe", "torch"))
    print(f"{network:<10} {threads:>7} {what:<7} {npe:8.2f} {torch:9.2f} {torch / npe:6.1f}")
PY
