#!/usr/bin/env bash
# Sourced by the tests in the real editors, which have `project` set: where an editor is, and how a command is run there.

# Sets `root` to "" if the command is on this machine, else to the folder that chroot.sh makes; where neither can be, the status
# is 77. NPE_EDITORS and NPE_SUITE (see chroot.sh) mean the folder in any case.
find_editor() {
    local status=0
    root=""
    [ -n "${NPE_EDITORS:-}${NPE_SUITE:-}" ] || ! command -v "$1" >/dev/null || ! command -v Xvfb >/dev/null || return 0
    root="$("$project/tests/editors/chroot.sh" | tail -n 1)" || status=$?
    return "$status"
}

# Checks that a folder holds the built npe and its library.
check_built() {
    local file
    for file in npe libnpe.so; do
        [ -e "$1/$file" ] || { echo "$1/$file is not there; build it first: cargo build --release" >&2; exit 1; }
    done
}

# Runs a command where the editor is, within so many seconds, in the empty home and with nothing of this environment but what the
# array `environment` has. `work` is the scratch folder as it is called there.
within() {
    local seconds="$1" place=()
    shift
    [ -z "$root" ] || place=(chroot "$root")
    "${place[@]}" env -i PATH=/usr/local/bin:/usr/bin:/bin HOME="$work/home" XDG_RUNTIME_DIR="$work/run" LC_ALL=C.UTF-8 \
        NPE_TEST_OUT="$work/out" "${environment[@]}" timeout --kill-after=10 "$seconds" "$@"
}

# What a run has shown so far.
passed=0 failed=0
good() { passed=$((passed + $1)); }
bad() {
    failed=$((failed + 1))
    echo "FAILED: $*"
}
