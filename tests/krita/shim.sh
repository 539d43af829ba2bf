#!/usr/bin/env bash
# Builds the tool for Krita's toolbox (plugin-glue/krita/shim) for the Krita that tests/krita/run.sh runs: the one of this
# machine, else the one in the folder that tests/editors/chroot.sh makes. What it needs (Krita's headers, 190 MB to fetch, and
# packages) stays in that folder or in the user's cache, so that a second build takes seconds.
#
# Usage: tests/krita/shim.sh [FOLDER]   where libnpe_krita_tool.so is put, target/release if none is named
#
# Exit status 77, with a line that says why, where it can't be built.
set -euo pipefail
project="$(cd "$(dirname "$0")/../.." && pwd)"
mkdir -p "${1:-$project/target/release}"
out="$(cd "${1:-$project/target/release}" && pwd)"
log="$(mktemp)"
trap 'rm -f "$log"' EXIT

impossible() {
    cat "$log" >&2
    echo "THE TOOL OF KRITA'S TOOLBOX IS NOT BUILT, SO IT IS NOT TESTED: $*" >&2
    exit 77
}

. "$project/tests/editors/editors.sh"
find_editor krita || impossible "there is no Krita here, and no folder for one can be made"
if [ -z "$root" ]; then
    "$project/plugin-glue/krita/shim/build.sh" "$out" >"$log" 2>&1 || impossible "build.sh failed (see above)"
    exit 0
fi
work="$(mktemp -d "$root/var/tmp/npe-shim.XXXXXX")"
trap 'rm -rf "$log" "$work"' EXIT
cp -r "$project/plugin-glue/krita/shim" "$work/"
cp /etc/resolv.conf "$root/etc/resolv.conf"
# The sources lie at the same place each time, so that only what changed is compiled anew.
chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 sh -c "
    rm -rf /root/.cache/npe/shim && mkdir -p /root/.cache/npe && mv '${work#"$root"}/shim' /root/.cache/npe/shim &&
    /root/.cache/npe/shim/build.sh '${work#"$root"}'" >"$log" 2>&1 || impossible "build.sh failed in $root (see above)"
cp "$work/libnpe_krita_tool.so" "$out/"
