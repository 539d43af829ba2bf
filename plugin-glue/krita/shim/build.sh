#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Builds libnpe_krita_tool.so, the Neural Brush in Krita's toolbox, for the Krita that is installed here (Debian and its
# kin). Into the folder given, or target/release of this repository, where `npe install krita` looks for it:
#
#     plugin-glue/krita/shim/build.sh [FOLDER]
#
# Debian has no package of Krita's headers, so they are taken from its source package of exactly the installed version,
# which apt fetches (190 MB, checked by its signature) into a folder of its own: the system's lists stay as they are.
# Needs no root, except that missing packages are installed if it is root; else it says which. Takes about two minutes
# the first time, half a minute after that.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../../target/release}
packages="g++ cmake make extra-cmake-modules pkgconf xz-utils patch qtbase5-dev libqt5svg5-dev libkf5config-dev
    libkf5i18n-dev libkf5widgetsaddons-dev libkf5coreaddons-dev libkf5crash-dev libboost-dev libeigen3-dev
    libopenexr-dev liblcms2-dev"
parts='ui|flake|image|pigment|global|command|widgetutils|widgets|resources|version'

fail() {
    echo "build.sh: $*" >&2
    exit 1
}
has() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    fail "this needs Debian's dpkg and apt; README.md says how to build elsewhere."
has krita || fail "Krita is not installed, so there is nothing to build for. Install it: apt install krita"
version=$(dpkg-query -W -f '${source:Version}' krita)

missing=
for package in $packages; do
    has "$package" || missing="$missing $package"
done
if [ -n "$missing" ]; then
    [ "$(id -u)" = 0 ] || fail "packages are missing. Install them: sudo apt install --no-install-recommends$missing"
    echo "Installing$missing"
    DEBIAN_FRONTEND=noninteractive apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends -o DPkg::Lock::Timeout=300 $missing
fi

cache=${XDG_CACHE_HOME:-$HOME/.cache}/npe/krita-$(echo "$version" | tr -c 'A-Za-z0-9.+~\n' -)
source=$cache/source
if [ ! -e "$source/complete" ]; then
    rm -rf "$cache"
    mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial" "$source"
    cd "$cache"
    # The system's own sources, as sources of source.
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ ! -r "$file" ] || sed -n 's/^deb /deb-src /p' "$file" >>apt/all.list
    done
    mkdir apt/parts
    for file in /etc/apt/sources.list.d/*.sources; do
        [ ! -r "$file" ] || sed 's/^Types:.*/Types: deb-src/' "$file" >"apt/parts/$(basename "$file")"
    done
    apt="apt-get -q -o Dir::Etc::SourceList=$cache/apt/all.list -o Dir::Etc::SourceParts=$cache/apt/parts
        -o Dir::State::Lists=$cache/apt/lists -o Dir::Cache=$cache/apt -o APT::Sandbox::User="
    $apt update
    $apt source --download-only "krita=$version" ||
        fail "the source of Krita $version can't be fetched. If your mirror has a newer Krita, install that first."
    echo "Unpacking the headers"
    tar -xf krita_*.debian.tar.*
    # What the distribution's patches touch has to be there.
    names=$(cat debian/patches/*.patch debian/patches/*.diff 2>/dev/null |
        sed -n 's|^+++ [^/]*/\([^[:space:]]*\).*|\1|p')
    tar -tf krita_*.orig.tar.* | grep -v '/$' >all.txt
    {
        grep -E '^[^/]+/(CMakeLists\.txt|COPYING|[^/]+\.h\.(cmake|in)|cmake/.*)$' all.txt
        grep -E '^[^/]+/libs/.*(\.h|/CMakeLists\.txt|\.h\.cmake)$' all.txt
        for name in $names; do
            grep -E "^[^/]+/$name\$" all.txt || true
        done
    } | sort -u >wanted.txt
    tar -xf krita_*.orig.tar.* -C "$source" --strip-components=1 -T wanted.txt
    sed 's/#.*//' debian/patches/series 2>/dev/null | while read -r name rest; do
        [ -z "$name" ] || patch -s -p1 -d "$source" <"debian/patches/$name"
    done
    # The options of the distribution's build.
    { grep -oE -- '-D[A-Z0-9_]+=[A-Za-z0-9.]+' debian/rules || true; } | tr '\n' ' ' >"$source/options"
    rm -rf apt debian krita_* all.txt wanted.txt
    touch "$source/complete"
fi

libraries=$(dpkg -L krita | grep -E "/libkrita($parts)\.so\.[0-9]+\$" | tr '\n' ';')
[ -n "$libraries" ] || fail "the package krita has no libkritaui.so: this Krita is built in another way."
# shellcheck disable=SC2046 # each option is a word
cmake -S "$here" -B "$cache/build" --no-warn-unused-cli $(cat "$source/options") -DKRITA_SOURCE="$source" \
    -DKRITA_LIBRARIES="$libraries" >"$cache/cmake.log" 2>&1 || { cat "$cache/cmake.log"; exit 1; }
cmake --build "$cache/build" -j "$(nproc)"

mkdir -p "$out"
cp "$cache/build/libnpe_krita_tool.so" "$out/libnpe_krita_tool.so"
echo "$(cd "$out" && pwd)/libnpe_krita_tool.so, for Krita $version"
