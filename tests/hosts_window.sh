#!/usr/bin/env bash
# A host with a window (examples/hosts/paint.cpp), painted in with the mouse on a screen of its own: the face follows under the stroke, far from
# it every pixel stays, undo takes all of it back. A screenshot stays in target/hosts.png; 77 without Xvfb, openbox, dbus or xdotool.
# hosts.sh builds what it needs. Usage: tests/hosts_window.sh FOLDER PHOTO   FOLDER has the programs paint and differ
set -euo pipefail
project="$(cd "$(dirname "$0")/.." && pwd)"
work="$1" photo="$2"
for command in Xvfb openbox dbus-run-session xdotool; do
    command -v "$command" >/dev/null || { echo "THE WINDOW WAS NOT TESTED: $command is missing" >&2; exit 77; }
done
if [ "${3:-}" != "on screen" ]; then
    NPE_SCREEN=800x800x24 exec "$project/tests/editors/screen.sh" "$0" "$work" "$photo" "on screen"
fi

fail() {
    echo "FAILED: $*" >&2
    exit 1
}
# Waits for the window's title.
window_says() {
    for _ in $(seq 300); do
        xdotool search --name "^npe: $1" >/dev/null 2>&1 && return 0
        sleep 0.1
    done
    fail "the window never says $1 but $(xdotool search --name '^npe: ' getwindowname 2>&1)"
}
saved_as() {
    rm -f "$work/window.png"
    xdotool key ctrl+s
    for _ in $(seq 100); do
        [ -s "$work/window.png" ] && break
        sleep 0.1
    done
    # Until it is written whole.
    window_says saved
    cp "$work/window.png" "$work/$1.png"
}

"$work/paint" "$photo" "$work/window.png" &
host=$!
trap 'kill $host 2>/dev/null || true' EXIT
window_says ready
window="$(xdotool search --name '^npe: ' | tail -n 1)"
xdotool windowactivate --sync "$window"
saved_as untouched
# Over the forehead: the face's frame is 180 pixels wide, its centre at 224, 118. Hair goes on for half a side around it at most.
xdotool mousemove --window "$window" 195 58 mousedown 1
for x in 205 215 225 235 245 255; do
    xdotool mousemove --window "$window" "$x" 55
    sleep 0.05
done
xdotool mouseup 1
sleep 1
window_says ready
! command -v import >/dev/null || import -window root "$project/target/hosts.png"
saved_as painted
read -r under far <<<"$("$work/differ" "$work/untouched.png" "$work/painted.png" 205 50 50 10 44 0 360 298)"
[ "$under" -ge 15 ] || fail "under the stroke the picture changed by $under of 255 only"
[ "$far" = 0 ] || fail "$far pixels changed that are farther from the face's frame than half a side"
xdotool key ctrl+z
sleep 1
saved_as undone
cmp -s "$work/untouched.png" "$work/undone.png" || fail "undo in the window left something"
xdotool key Escape
wait "$host" || fail "the window's host ended with $?"
echo "a window, painted in with the mouse: $under of 255 under the stroke, no pixel outside the face; undone; saved: ok"
