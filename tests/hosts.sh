#!/usr/bin/env bash
# `make install` into an empty root, and a host in C built against what is there: by pkg-config, shared and static, by CMake, and
# from a prefix that was moved. Prints a line for each; 77 where pkg-config or libpng is missing. Usage: tests/hosts.sh
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
# A picture like the photo outside the head, and another where the hair is.
check() {
    [ -s "$1" ] || fail "$2: no picture"
    cmp -s "$1" "$work/first.png" || fail "$2: another picture than the first host's"
    echo "$2: ok"
}

make -s -C "$project" install PREFIX=/opt/npe DESTDIR="$work/root" >/dev/null
# Not where it was installed for: relocatable.
mv "$work/root/opt/npe" "$work/moved"
prefix="$work/moved"
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
[ "$(pkg-config --modversion npe)" = "$("$prefix/bin/npe" --version | cut -d' ' -f2)" ] || fail "versions differ"
read -ra shared <<<"$(pkg-config --cflags --libs npe libpng)"
cc -std=c99 -Wall -Wextra -Werror -pedantic "$host" -o "$work/shared" "${shared[@]}" -Wl,-rpath,"$prefix/lib"
readelf -d "$work/shared" | grep -q 'NEEDED.*\[libnpe\.so\.[0-9.]*\]' || fail "linked without the versioned name"
"$work/shared" "$photo" "$work/first.png" 2>/dev/null
cmp -s "$photo" "$work/first.png" && fail "the host changed nothing"
"$prefix/bin/npe" edit "$work/first.png" --at face --stroke "0.5,0.2;radius=0.05;color=#000000" -o "$work/again.png" 2>/dev/null ||
    fail "the host's picture can't be read again"
check "$work/first.png" "pkg-config, shared"

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
    cmake -S "$work/cmake" -B "$work/cmake/build" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
    cmake --build "$work/cmake/build" >/dev/null
    for kind in npe npe_static; do
        "$work/cmake/build/hair_$kind" "$photo" "$work/$kind.png" 2>/dev/null
        check "$work/$kind.png" "CMake, $kind"
    done
else
    echo "CMAKE NOT TESTED: there is no cmake" >&2
fi

mv "$prefix" "$work/root/opt/npe"
make -s -C "$project" uninstall PREFIX=/opt/npe DESTDIR="$work/root"
left="$(find "$work/root" -type f -o -type l)"
[ -z "$left" ] || fail "uninstall left $left"
echo "uninstall: ok"
