#!/usr/bin/env bash
# All tests in the real Krita: installs the plug-in into an empty home, and has a scripted extension paint with a pen on a screen
# of its own. Prints the measured numbers, a line for each failure, then "N passed, N failed"; logs and screenshots go to
# target/editors/krita.
#
# Usage: tests/krita/run.sh [FOLDER]
#   FOLDER            with the built npe and libnpe.so (and libnpe_krita_tool.so, if the tool is to be tested too),
#                     target/release if none is named; nothing is built here
#   NPE_PHOTOS        a folder with portraits (portrait-00.jpg); without it the sample photo is used
#   NPE_DRAWN         the drawn faces that the model anime was made of (anime.tar), for one to paint a smile onto; without them a
#                     face that the model makes up is used
#   NPE_TEST_ONLY     one module, such as painting, or one test, such as painting.test_brush_on_the_canvas;
#                     or kritarunner, bindings (PyQt5 and PyQt6, without Krita) or import (the zip file, by Krita's importer)
#   NPE_TEST_VARIANT  "tool" or "python", one of the two homes alone (see below)
#   NPE_TEST_GLUE     any value: install the plug-in's files of this working tree, not those inside the built npe
#
# There are two homes, each with its installation: "tool" with the tool of the toolbox, if FOLDER has it, where all is tested; and
# "python" without it, where all is tested that goes another way then, or everything where there is no tool.
#
# Krita from 5.2 on is taken from this machine, else from the folder that tests/editors/chroot.sh makes. Where neither can
# be, the tests are skipped with a line that says so. Krita runs once for each module and must end with status 0.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
project="$(cd "$here/../.." && pwd)"
built="$(cd "${1:-$project/target/release}" && pwd)"
. "$project/tests/editors/editors.sh"
check_built "$built"
status=0
find_editor krita || status=$?
if [ "$status" = 77 ]; then
    echo "KRITA TESTS SKIPPED: no Krita here, and no folder for one can be made (see above)" >&2
    exit 0
fi
[ "$status" = 0 ] || exit "$status"

results="$project/target/editors/krita"
rm -rf "$results"
scratch="$(mktemp -d "$root/var/tmp/npe-krita.XXXXXX")"
trap 'rm -rf "$scratch"' EXIT
photo="$project/tests/data/astronaut.png"
[ -z "${NPE_PHOTOS:-}" ] || photo="$NPE_PHOTOS/portrait-00.jpg"
cp -r "$project/tests/editors" "$project/tests/krita" "$photo" "$scratch/"
place="${scratch#"$root"}"
drawn=""
if [ -n "${NPE_DRAWN:-}" ]; then
    drawn="$place/drawn.jpg"
    tar -xOf "$NPE_DRAWN" anime/00550.jpg >"$root$drawn"
fi
[ -z "${NPE_TEST_GLUE:-}" ] || cp -r "$project/plugin-glue" "$scratch/"

# Makes a home and installs into it as people do, from a folder with these files beside each other.
prepare() {
    local home="$scratch/$1" file
    options=()
    work="$place/$1"
    shift
    mkdir -p "$home"/{bin,run,out,home/.local/share/krita,home/.config} "$results/${home##*/}"
    chmod 700 "$home/run"
    for file in "$@"; do
        cp "$built/$file" "$home/bin/"
    done
    if [ -e "$project/models/anime.safetensors" ]; then
        cp "$project/models/anime.safetensors" "$home/bin/"
        options+=(--model "$work/bin/anime.safetensors")
    fi
    [ -z "${NPE_TEST_GLUE:-}" ] || options+=(--sources "$place/plugin-glue")
    environment=()
    within 60 "$work/bin/npe" install krita "${options[@]}" >"$results/${home##*/}/install.log" 2>&1 ||
        { cat "$results/${home##*/}/install.log" >&2; exit 1; }
    plugins="$home/home/.local/share/krita/pykrita"
    cp -r "$here/npe_test" "$here/npe_test.desktop" "$plugins/"
    sed -i 's/^\[python\]$/[python]\nenable_npe_test=true/' "$home/home/.config/kritarc"
}

# Adds up what one Krita has told.
count() {
    while IFS=$'\t' read -r kind text; do
        case "$kind" in
            passed) good "$text" ;;
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

# Runs modules or tests in the home that was prepared, each in a Krita of its own.
run() {
    local variant="${work##*/}" only status
    for only in "$@"; do
        rm -f "$root$work/out/results.json"
        status=0
        environment=(NPE_SCREEN=1440x900x24 NPE_TEST_PHOTO="$place/$(basename "$photo")" NPE_TEST_DRAWN="$drawn"
            NPE_TEST_ONLY="$only")
        # Krita's own choice of a language, against what the environment asks for.
        rm -f "$root$work/home/.config/klanguageoverridesrc"
        if [ "${only%%.*}" = german ]; then
            printf '[Language]\nkrita=de\n' >"$root$work/home/.config/klanguageoverridesrc"
            environment+=(LANGUAGE=en_GB:en)
        fi
        within 900 "$place/editors/screen.sh" krita --nosplash >"$results/$variant/$only.log" 2>&1 || status=$?
        [ "$status" = 0 ] || bad "$only ($variant): Krita ended with status $status; see $variant/$only.log"
        if grep -q '"finished": true' "$root$work/out/results.json" 2>/dev/null; then
            count "$root$work/out/results.json"
        else
            bad "$only ($variant): the tests did not come to their end; see $variant/$only.log"
        fi
    done
}

# Without a window. kritarunner answers 0 whatever happens, so the file that the script writes counts.
run_script() {
    cp "$here/runner_script.py" "$plugins/"
    environment=(PYTHONPATH="${plugins#"$root"}" NPE_TEST_PHOTO="$place/$(basename "$photo")")
    within 120 "$place/editors/screen.sh" kritarunner -s runner_script -f main >"$results/kritarunner.log" 2>&1 || true
    if [ "$(cat "$root$work/out/kritarunner.txt" 2>/dev/null)" = "done" ]; then
        good 1
    else
        bad "kritarunner: $(cat "$root$work/out/kritarunner.txt" 2>/dev/null || tail -n 1 "$results/kritarunner.log")"
    fi
}

# The plug-in on each Qt that Python has there, in an editor that is made up.
run_bindings() {
    local glue="$scratch/bindings"
    mkdir -p "$glue/tests/data"
    cp -r "$project/plugin-glue" "$glue/"
    cp "$project/tests/data/astronaut.png" "$glue/tests/data/"
    environment=(NPE_LIBRARY="$work/bin/libnpe.so" PYTHONPATH="$place/bindings/plugin-glue/tests" PYTHONDONTWRITEBYTECODE=1)
    if within 400 python3 -m unittest -v test_krita_qt >"$results/bindings.log" 2>&1; then
        good "$(grep -c '\.\.\. ok$' "$results/bindings.log")"
        grep -o 'SKIPPED.*installed' "$results/bindings.log" || true
    else
        bad "the bindings of Qt; see bindings.log"
    fi
}

# Krita's own importer of plug-ins takes the zip file apart as `npe install krita` would have put it.
run_import() {
    local importer=/usr/share/krita/pykrita/plugin_importer/plugin_importer.py
    # Since 5.3 it asks Python for what Krita puts there.
    local within_krita='import builtins, runpy, sys
builtins.i18n = str
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")'
    mkdir -p "$scratch/imported"
    environment=()
    if within 60 "$work/bin/npe" install krita "${options[@]}" --zip "$work/npe_brush.zip" >"$results/import.log" 2>&1 &&
        within 60 python3 -c "$within_krita" "$importer" "$work/npe_brush.zip" "$place/imported" >>"$results/import.log" 2>&1 &&
        grep -q 'Imported plugin: Neural Brush' "$results/import.log" &&
        diff -r -x __pycache__ -x npe-install.json -x 'npe_test*' -x runner_script.py "$plugins" \
            "$scratch/imported/pykrita" >>"$results/import.log" 2>&1 &&
        diff -r "${plugins%/*}/actions" "$scratch/imported/actions" >>"$results/import.log" 2>&1; then
        good 1
    else
        bad "the import of the zip file: $(tail -n 1 "$results/import.log")"
    fi
}

keep() {
    cp -r "$root$work/out/." "$results/${work##*/}/"
    cp -r "$root$work/home/.cache/npe/." "$results/${work##*/}/" 2>/dev/null || true
}

wanted="${NPE_TEST_ONLY:-}" variant="${NPE_TEST_VARIANT:-}"
all=(closing painting keeping retouching faces spaces troubles scripting toolbox straight library german
    leaving.test_quit_while_painting leaving.test_quit_under_a_stroke_of_the_tool)
other=(closing painting keeping retouching faces toolbox)
if [ ! -e "$built/libnpe_krita_tool.so" ]; then
    other=("${all[@]}")
    [ "$variant" != tool ] || { echo "$built/libnpe_krita_tool.so is not there; build it first: tests/krita/shim.sh" >&2; exit 1; }
elif [ "$variant" != python ]; then
    prepare tool npe libnpe.so libnpe_krita_tool.so
    [ "$wanted" = kritarunner ] || [ "$wanted" = bindings ] || [ "$wanted" = import ] || run ${wanted:-"${all[@]}"}
    keep
fi
if [ "$variant" != tool ]; then
    prepare python npe libnpe.so
    [ "$wanted" = kritarunner ] || [ "$wanted" = bindings ] || [ "$wanted" = import ] || run ${wanted:-"${other[@]}"}
    [ -n "$wanted" ] && [ "$wanted" != kritarunner ] || run_script
    [ -n "$wanted" ] && [ "$wanted" != bindings ] || run_bindings
    [ -n "$wanted" ] && [ "$wanted" != import ] || run_import
    keep
fi
echo "$passed passed, $failed failed; logs and screenshots are in target/editors/krita"
[ "$failed" = 0 ]
