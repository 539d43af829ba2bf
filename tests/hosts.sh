#!/usr/bin/env bash
# `make install` into an empty root that is then moved, and hosts built against what is there: one in C by pkg-config, shared and static, and by
# CMake; one in C++ with a window, likewise, which hosts_window.sh paints in. The manuals are read by what checks manuals here. Prints a
# line for each; 77 where pkg-config or libpng is missing. Usage: tests/hosts.sh
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
"$prefix/bin/npe" edit "$work/first.png" --at face --stroke "0.5,0.2;radius=0.05;color=#000000" -o "$work/again.png" >/dev/null 2>&1 ||
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
    cp "$project/examples/hosts/paint.cpp" "$work/cmake/paint.cpp"
    cat >"$work/cmake/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.16)
project(hosts C CXX)
find_package(npe 0.1 REQUIRED)
find_package(PNG REQUIRED)
find_package(SDL2)
find_package(Threads REQUIRED)
foreach(kind npe npe_static)
  add_executable(hair_${kind} hair.c)
  target_link_libraries(hair_${kind} npe::${kind} PNG::PNG)
endforeach()
if(SDL2_FOUND)
  add_executable(paint paint.cpp)
  target_compile_features(paint PRIVATE cxx_std_17)
  target_link_libraries(paint npe::npe SDL2::SDL2 PNG::PNG Threads::Threads)
endif()
CMAKE
    cmake -S "$work/cmake" -B "$work/cmake/build" -Dnpe_DIR="$prefix/$lib/cmake/npe" >/dev/null
    cmake --build "$work/cmake/build" >/dev/null
    for kind in npe npe_static; do
        "$work/cmake/build/hair_$kind" "$photo" "$work/$kind.png" 2>/dev/null
        check "$work/$kind.png" "CMake, $kind"
    done
    if [ -e "$work/cmake/build/paint" ]; then
        # It starts, so npe was found; what it does is the same program's below.
        said="$("$work/cmake/build/paint" 2>&1 || true)"
        [[ "$said" == usage:* ]] || fail "the window's host by CMake says $said"
        echo "CMake, the window's host: ok"
    fi
else
    echo "CMAKE NOT TESTED: there is no cmake" >&2
fi

if pkg-config --exists sdl2; then
    read -ra libraries <<<"$(pkg-config --cflags --libs npe sdl2 libpng)"
    c++ -std=c++17 -Wall -Wextra -Werror "$project/examples/hosts/paint.cpp" -o "$work/paint" "${libraries[@]}" -pthread \
        -Wl,-rpath,"$prefix/$lib"
    cc -std=c99 "$project/tests/c/differ.c" -o "$work/differ" $(pkg-config --cflags --libs libpng)
    status=0
    "$project/tests/hosts_window.sh" "$work" "$photo" || status=$?
    [ "$status" = 0 ] || [ "$status" = 77 ] || exit "$status"
else
    echo "THE WINDOW WAS NOT TESTED: SDL2 is missing" >&2
fi

manuals="$prefix/share/man/man1"
if command -v man >/dev/null; then
    for page in "$manuals"/*.1; do
        said="$(LC_ALL=C.UTF-8 MANWIDTH=200 man --warnings -l "$page" 2>&1 >/dev/null)"
        [ -z "$said" ] || fail "$(basename "$page"): $said"
    done
    echo "manuals, by man: no warnings"
fi
if command -v mandoc >/dev/null; then
    mandoc -T lint -W error "$manuals"/*.1 || fail "manuals, by mandoc"
    echo "manuals, by mandoc: no errors"
fi

mv "$prefix" "$work/root/opt/npe"
make -s -C "$project" uninstall PREFIX=/opt/npe DESTDIR="$work/root" LIBDIR="$lib"
left="$(find "$work/root" -type f -o -type l)"
[ -z "$left" ] || fail "uninstall left $left"
echo "uninstall: ok"
