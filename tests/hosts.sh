#!/usr/bin/env bash
# `make install` into an empty root, and a host in C built against what is there: by pkg-config, shared and static, by CMake, and
# from a prefix that was moved; and one in C++ with a window, painted in with the mouse on a screen of its own (a screenshot stays in
# target/hosts.png). Prints a line for each; 77 where pkg-config or libpng is missing. Usage: tests/hosts.sh
set -euo pipefail
project="$(cd "$(dirname "$0")/.." && pwd)"
pkg-config --exists libpng 2>/dev/null || { echo "HOSTS NOT TESTED: pkg-config or libpng's headers are missing" >&2; exit 77; }
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
host="$project/examples/hosts/hair.c"
photo="$project/tests/data/astronaut.png"

fail() {
    echo "FAILED: $*" >&2
    exit 1
}
# The same picture as the first host's, byte by byte.
check() {
    [ -s "$1" ] || fail "$2: no picture"
    cmp -s "$1" "$work/first.png" || fail "$2: another picture than the first host's"
    echo "$2: ok"
}

lib=lib/some-machine
make -s -C "$project" install PREFIX=/opt/npe DESTDIR="$work/root" LIBDIR="$lib" >/dev/null
# Not where it was installed for: relocatable.
mv "$work/root/opt/npe" "$work/moved"
prefix="$work/moved"
export PKG_CONFIG_PATH="$prefix/$lib/pkgconfig"
[ "$(pkg-config --modversion npe)" = "$("$prefix/bin/npe" --version | cut -d' ' -f2)" ] || fail "versions differ"
read -ra shared <<<"$(pkg-config --cflags --libs npe libpng)"
cc -std=c99 -Wall -Wextra -Werror -pedantic "$host" -o "$work/shared" "${shared[@]}" -Wl,-rpath,"$prefix/$lib"
readelf -d "$work/shared" | grep -q 'NEEDED.*\[libnpe\.so\.[0-9.]*\]' || fail "linked without the versioned name"
"$work/shared" "$photo" "$work/first.png" 2>/dev/null
cmp -s "$photo" "$work/first.png" && fail "the host changed nothing"
"$prefix/bin/npe" edit "$work/first.png" --at face --stroke "0.5,0.2;radius=0.05;color=#000000" -o "$work/again.png" 2>/dev/null ||
    fail "the host's picture can't be read again"
echo "pkg-config, shared: ok"

read -ra static <<<"$(pkg-config --static --libs npe | sed 's/-lnpe/-l:libnpe.a/')"
cc -std=c99 "$host" -o "$work/static" -I"$prefix/include" "${static[@]}" $(pkg-config --libs libpng)
readelf -d "$work/static" | grep -q libnpe && fail "the static host needs libnpe.so"
"$work/static" "$photo" "$work/static.png" 2>/dev/null
check "$work/static.png" "pkg-config, static"

if command -v cmake >/dev/null; then
    mkdir "$work/cmake"
    cp "$host" "$work/cmake/hair.c"
    cat >"$work/cmake/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.16)
project(hair C)
find_package(npe 0.1 REQUIRED)
find_package(PNG REQUIRED)
foreach(kind npe npe_static)
  add_executable(hair_${kind} hair.c)
  target_link_libraries(hair_${kind} npe::${kind} PNG::PNG)
endforeach()
CMAKE
    cmake -S "$work/cmake" -B "$work/cmake/build" -Dnpe_DIR="$prefix/$lib/cmake/npe" >/dev/null
    cmake --build "$work/cmake/build" >/dev/null
    for kind in npe npe_static; do
        "$work/cmake/build/hair_$kind" "$photo" "$work/$kind.png" 2>/dev/null
        check "$work/$kind.png" "CMake, $kind"
    done
else
    echo "CMAKE NOT TESTED: there is no cmake" >&2
fi

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
if pkg-config --exists sdl2 && command -v Xvfb >/dev/null && command -v xdotool >/dev/null; then
    read -ra libraries <<<"$(pkg-config --cflags --libs npe sdl2 libpng)"
    c++ -std=c++17 -Wall -Wextra -Werror "$project/examples/hosts/paint.cpp" -o "$work/paint" "${libraries[@]}" -pthread \
        -Wl,-rpath,"$prefix/$lib"
    Xvfb -displayfd 3 -screen 0 800x800x24 >/dev/null 2>&1 3>"$work/display" &
    server=$!
    trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
    for _ in $(seq 100); do
        [ -s "$work/display" ] && break
        sleep 0.1
    done
    DISPLAY=":$(cat "$work/display")"
    export DISPLAY
    "$work/paint" "$photo" "$work/window.png" &
    host_process=$!
    window_says ready
    xdotool windowfocus "$(xdotool search --name '^npe: ' | tail -n 1)"
    saved_as untouched
    xdotool mousemove 195 58 mousedown 1
    for x in 205 215 225 235 245 255; do
        xdotool mousemove "$x" 55
        sleep 0.05
    done
    xdotool mouseup 1
    sleep 1
    window_says ready
    ! command -v import >/dev/null || import -window root "$project/target/hosts.png"
    saved_as painted
    cmp -s "$work/untouched.png" "$work/painted.png" && fail "painting in the window changed nothing"
    xdotool key ctrl+z
    sleep 1
    saved_as undone
    cmp -s "$work/untouched.png" "$work/undone.png" || fail "undo in the window left something"
    xdotool key Escape
    wait "$host_process" || fail "the window's host ended with $?"
    echo "a window, painted in with the mouse, undone, saved: ok"
else
    echo "THE WINDOW WAS NOT TESTED: SDL2, Xvfb or xdotool is missing" >&2
fi

mv "$prefix" "$work/root/opt/npe"
make -s -C "$project" uninstall PREFIX=/opt/npe DESTDIR="$work/root" LIBDIR="$lib"
left="$(find "$work/root" -type f -o -type l)"
[ -z "$left" ] || fail "uninstall left $left"
echo "uninstall: ok"
