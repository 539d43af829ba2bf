#!/usr/bin/env bash
# Runs a command on a screen of its own: Xvfb on a free display, a window manager, a D-Bus session.
#
# Usage: screen.sh COMMAND…   NPE_SCREEN is its size (1400x1000x24).
set -euo pipefail

numbers="$(mktemp)"
Xvfb -displayfd 3 -screen 0 "${NPE_SCREEN:-1400x1000x24}" -nolisten tcp 3>"$numbers" 2>/dev/null &
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -f "$numbers"' EXIT
for _ in $(seq 100); do
    [ -s "$numbers" ] && break
    sleep 0.1
done
[ -s "$numbers" ] || { echo "screen.sh: Xvfb did not start" >&2; exit 1; }
DISPLAY=":$(cat "$numbers")"
export DISPLAY GDK_BACKEND=x11 QT_QPA_PLATFORM=xcb NO_AT_BRIDGE=1
# Once the window manager is there: a window that is shown while it starts may never be.
managed="$(mktemp -u)"
trap 'kill "$server" 2>/dev/null || true; rm -f "$numbers" "$managed"' EXIT
dbus-run-session -- bash -c '
    openbox --startup "touch $0" >/dev/null 2>&1 & manager=$!
    for _ in $(seq 100); do [ -e "$0" ] && break; sleep 0.1; done
    "$@"; status=$?; kill "$manager" 2>/dev/null; exit $status' "$managed" "$@"
