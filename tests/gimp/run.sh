#!/usr/bin/env bash
# All tests in the real GIMP 3: installs the plug-in into an empty home, runs the procedures headless and the windows on a
# screen of their own. Prints a line for each failure, then "N passed, N failed"; logs and screenshots go to target/editors.
#
# Usage: tests/gimp/run.sh [FOLDER]
#   FOLDER         with the built npe and libnpe.so, target/release if none is named; nothing is built here
#   NPE_PHOTOS     a folder with portraits of 512×512 pixels (portrait-00.jpg, portrait-01.jpg); without it they are cut out
#                  of the sample photo
#   NPE_TEST_ONLY  one test: a headless one, such as test_procedures.StrokeFile, or a script, such as live.py
#   NPE_TEST_GLUE  any value: install the plug-in's files of this working tree, not those inside the built npe
#
# GIMP 3 is taken from this machine, else from the folder that tests/editors/chroot.sh makes (NPE_SUITE=sid: GIMP 3.2). Where
# neither can be, the tests are skipped with a line that says so.
#
# A test of windows is a script beside this one, called with a portrait, for some another one, and a folder for what it
# writes, on a screen with a window manager, with npe in NPE_COMMAND; it fails by its exit status.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
project="$(cd "$here/../.." && pwd)"
built="$(cd "${1:-$project/target/release}" && pwd)"
. "$project/tests/editors/editors.sh"
check_built "$built"
status=0
find_editor gimp-console-3 || status=$?
if [ "$status" = 77 ]; then
    echo "GIMP TESTS SKIPPED: no GIMP 3 here, and no folder for one can be made (see above)" >&2
    exit 0
fi
[ "$status" = 0 ] || exit "$status"

results="$project/target/editors/gimp"
rm -rf "$results"
mkdir -p "$results"
scratch="$(mktemp -d "$root/var/tmp/npe-gimp.XXXXXX")"
trap 'rm -rf "$scratch"' EXIT
work="${scratch#"$root"}"
mkdir -p "$scratch"/{bin,home,run,out,photos}
chmod 700 "$scratch/run"
cp "$built/npe" "$built/libnpe.so" "$scratch/bin/"
cp -r "$project/tests" "$scratch/tests"

environment=(NO_AT_BRIDGE=1 NPE_COMMAND="$work/bin/npe" NPE_TEST_PHOTO="$work/photos/one.png"
    NPE_TEST_HEADLESS="$work/tests/gimp/headless" NPE_TEST_ONLY="${NPE_TEST_ONLY:-}")

if [ -n "${NPE_PHOTOS:-}" ]; then
    cp "$NPE_PHOTOS/portrait-00.jpg" "$NPE_PHOTOS/portrait-01.jpg" "$scratch/photos/"
    within 60 sh -c "cd $work/photos && convert portrait-00.jpg -strip one.png && convert portrait-01.jpg -strip other.png"
else
    # Cut as portraits are: the windows' tests paint where the forehead of one is.
    cp "$project/tests/data/astronaut.png" "$scratch/photos/"
    within 60 sh -c "cd $work/photos && convert astronaut.png -strip -crop 220x220+122+16 +repage -resize 512x512 one.png &&
        convert one.png -flop other.png"
fi

version="$(within 60 gimp-console-3 --version | grep -o -m 1 "3\.[0-9]*" | head -n 1)"
echo "GIMP $version"
profile="$scratch/home/.config/GIMP/$version"
mkdir -p "$profile"
environment+=(NPE_PROFILE="$work/home/.config/GIMP/$version")
# What asks or converts at opening would stand in the way.
printf '(color-profile-policy keep)\n(metadata-rotation-policy keep)\n(check-updates no)\n(show-welcome-dialog no)\n' \
    >"$profile/gimprc"
sources=()
if [ -n "${NPE_TEST_GLUE:-}" ]; then
    cp -r "$project/plugin-glue" "$scratch/"
    sources=(--sources "$work/plugin-glue")
fi
within 60 "$work/bin/npe" install gimp "${sources[@]}" >"$results/install.log" 2>&1 || { cat "$results/install.log" >&2; exit 1; }

only="${NPE_TEST_ONLY:-}"
if [[ "$only" != *.py ]]; then
    within 600 gimp-console-3 --no-interface --no-data --no-fonts --batch-interpreter=python-fu-eval \
        -b "exec(open('$work/tests/gimp/headless/main.py').read())" --quit >"$results/gimp-console.log" 2>&1 || true
    if [ -s "$scratch/out/headless.json" ]; then
        while IFS=$'\t' read -r kind text; do
            case "$kind" in
                passed) good "$text" ;;
                failed) bad "$text" ;;
                skipped) echo "$text" ;;
            esac
        done < <(python3 -c '
import json, sys
told = json.load(open(sys.argv[1]))
print("passed", told["passed"], sep="\t")
for kind in ("failed", "skipped"):
    for text in told[kind]:
        print(kind, text, sep="\t")' "$scratch/out/headless.json")
    else
        bad "the headless tests did not come to their end; see $results/gimp-console.log"
    fi
    cat "$scratch/out/timing.txt" 2>/dev/null || true
fi

# Runs a test of windows with these arguments. A window manager that stumbles on a busy machine is no defect of npe: a test
# that fails is run a second time, which is said.
windowed() {
    local name="$1" try
    shift
    [ -z "$only" ] || [ "$only" = "$name" ] || return 0
    for try in 1 2; do
        rm -rf "$scratch/out/${name%.py}"
        mkdir -p "$scratch/out/${name%.py}"
        if within 450 "$work/tests/editors/screen.sh" python3 "$work/tests/gimp/$name" "$@" "$work/out/${name%.py}" \
            >"$results/${name%.py}-$try.log" 2>&1; then
            good 1
            return 0
        fi
        echo "failed at try $try: $name: $(tail -n 1 "$results/${name%.py}-$try.log")"
        mkdir -p "$results/${name%.py}-try-$try"
        cp -r "$scratch/out/${name%.py}/." "$results/${name%.py}-try-$try/"
    done
    bad "$name, twice; see above"
}
windowed batch.py "$work/photos/one.png"
windowed live.py "$work/photos/one.png"
windowed window.py "$work/photos/one.png" "$work/photos/other.png"
windowed window_photo.py "$work/photos/one.png"
windowed help.py "$work/photos/one.png"
windowed faces.py "$work/photos/one.png" "$work/photos/other.png"
windowed latency.py "$work/photos/one.png"
windowed stalls.py "$work/photos/one.png"
grep -h '^{' "$results"/latency-*.log "$results"/stalls-*.log 2>/dev/null || true

cp -r "$scratch/out/." "$results/"
cp -r "$scratch/home/.cache/npe/." "$results/" 2>/dev/null || true
echo "$passed passed, $failed failed; logs and screenshots are in target/editors/gimp"
[ "$failed" = 0 ]
