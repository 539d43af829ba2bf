#!/usr/bin/env bash
# All tests in the real Krita: installs the plug-in into an empty home, and has a scripted extension paint with a pen on a screen
# of its own. Prints the measured numbers, a line for each failure, then "N passed, N failed"; logs and screenshots go to
# target/editors/krita.
#
# Usage: tests/krita/run.sh [FOLDER]
#   FOLDER         with the built npe and libnpe.so (and libnpe_krita_tool.so, if the tool is to be tested too),
#                  target/release if none is named; nothing is built here
#   NPE_PHOTOS     a folder with portraits (portrait-00.jpg); without it the sample photo is used
#   NPE_TEST_ONLY  one module, such as painting, or one test, such as painting.test_brush_on_the_canvas;
#                  or kritarunner
#   NPE_TEST_GLUE  any value: install the plug-in's files of this working tree, not those inside the built npe
#
# Krita from 5.2 on is taken from this machine, else from the folder that tests/editors/chroot.sh makes. Where neither can
# be, the tests are skipped with a line that says so. Krita runs once for each module and must end with status 0.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
project="$(cd "$here/../.." && pwd)"
built="$(cd "${1:-$project/target/release}" && pwd)"
for file in npe libnpe.so; do
    [ -e "$built/$file" ] || { echo "$built/$file is not there; build it first: cargo build --release" >&2; exit 1; }
done

root=""
if ! command -v krita >/dev/null || ! command -v Xvfb >/dev/null; then
    status=0
    root="$("$project/tests/editors/chroot.sh" | tail -n 1)" || status=$?
    if [ "$status" = 77 ]; then
        echo "KRITA TESTS SKIPPED: no Krita here, and no folder for one can be made (see above)" >&2
        exit 0
    fi
    [ "$status" = 0 ] || exit "$status"
fi

results="$project/target/editors/krita"
rm -rf "$results"
mkdir -p "$results"
scratch="$(mktemp -d "$root/var/tmp/npe-krita.XXXXXX")"
trap 'rm -rf "$scratch"' EXIT
work="${scratch#"$root"}"
photo="$project/tests/data/astronaut.png"
[ -z "${NPE_PHOTOS:-}" ] || photo="$NPE_PHOTOS/portrait-00.jpg"
mkdir -p "$scratch"/{bin,home,run,out}
chmod 700 "$scratch/run"
for file in npe libnpe.so libnpe_krita_tool.so; do
    [ ! -e "$built/$file" ] || cp "$built/$file" "$scratch/bin/"
done
cp -r "$project/tests/editors" "$project/tests/krita" "$scratch/"
cp "$photo" "$scratch/"
photo="$work/$(basename "$photo")"

# Runs a command where Krita is, in the empty home, within so many seconds.
within() {
    local seconds="$1" place=()
    shift
    [ -z "$root" ] || place=(chroot "$root")
    "${place[@]}" env -i PATH=/usr/local/bin:/usr/bin:/bin HOME="$work/home" XDG_RUNTIME_DIR="$work/run" LC_ALL=C.UTF-8 \
        NPE_SCREEN=1440x900x24 NPE_TEST_PHOTO="$photo" NPE_TEST_OUT="$work/out" NPE_TEST_ONLY="$only" \
        timeout --kill-after=10 "$seconds" "$@"
}

only=""
# Krita makes its settings at its first start; the installer wants to know where they are.
mkdir -p "$scratch/home/.local/share/krita" "$scratch/home/.config"
sources=()
if [ -n "${NPE_TEST_GLUE:-}" ]; then
    cp -r "$project/plugin-glue" "$scratch/"
    sources=(--sources "$work/plugin-glue")
fi
within 60 "$work/bin/npe" install krita "${sources[@]}" >"$results/install.log" 2>&1 || { cat "$results/install.log" >&2; exit 1; }
plugins="$scratch/home/.local/share/krita/pykrita"
[ ! -e "$project/models/anime.safetensors" ] || {
    mkdir -p "$plugins/npe_brush/models"
    cp "$project/models/anime.safetensors" "$plugins/npe_brush/models/"
}
cp -r "$scratch/krita/npe_test" "$scratch/krita/npe_test.desktop" "$plugins/"
sed -i 's/^\[python\]$/[python]\nenable_npe_test=true/' "$scratch/home/.config/kritarc"

passed=0 failed=0
bad() {
    failed=$((failed + 1))
    echo "FAILED: $*"
}

# Adds up what one Krita has told.
count() {
    while IFS=$'\t' read -r kind text; do
        case "$kind" in
            passed) passed=$((passed + text)) ;;
            failed) bad "$text" ;;
            told) echo "$text" ;;
        esac
    done < <(python3 -c '
import json, sys
told = json.load(open(sys.argv[1]))
print("passed", len(told["passed"]), sep="\t")
for kind in ("told", "failed"):
    for text in told[kind]:
        print(kind, text.replace("\n", " | "), sep="\t")' "$1")
}

wanted="${NPE_TEST_ONLY:-}"
for only in ${wanted:-painting keeping spaces troubles scripting toolbox straight library leaving.test_quit_while_painting \
    leaving.test_quit_under_a_stroke_of_the_tool}; do
    [ "$only" != kritarunner ] || continue
    rm -f "$scratch/out/results.json"
    status=0
    within 420 "$work/editors/screen.sh" krita --nosplash >"$results/$only.log" 2>&1 || status=$?
    [ "$status" = 0 ] || bad "$only: Krita ended with status $status; see $only.log"
    if grep -q '"finished": true' "$scratch/out/results.json" 2>/dev/null; then
        count "$scratch/out/results.json"
    else
        bad "$only: the tests did not come to their end; see $only.log"
    fi
done

if [ -z "$wanted" ] || [ "$wanted" = kritarunner ]; then
    # Without a window. kritarunner answers 0 whatever happens, so the file that the script writes counts.
    cp "$here/runner_script.py" "$plugins/"
    only=""
    within 120 env PYTHONPATH="${plugins#"$root"}" "$work/editors/screen.sh" kritarunner -s runner_script -f main >"$results/kritarunner.log" 2>&1 || true
    if [ "$(cat "$scratch/out/kritarunner.txt" 2>/dev/null)" = "done" ]; then
        passed=$((passed + 1))
    else
        bad "kritarunner: $(cat "$scratch/out/kritarunner.txt" 2>/dev/null || tail -n 1 "$results/kritarunner.log")"
    fi
fi

cp -r "$scratch/out/." "$results/"
cp -r "$scratch/home/.cache/npe/." "$results/" 2>/dev/null || true
echo "$passed passed, $failed failed; logs and screenshots are in target/editors/krita"
[ "$failed" = 0 ]
