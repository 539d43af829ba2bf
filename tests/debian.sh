#!/usr/bin/env bash
# `make deb`, and what it makes installed into Debian: a layer over the folder that tests/editors/chroot.sh makes, which goes away
# afterwards. A host in C is built there, the command edits and puts a plug-in in place, the manual is found; purged, nothing is left.
# Needs root, apt-get and overlayfs; 77 without them. Usage: tests/debian.sh
set -euo pipefail
project="$(cd "$(dirname "$0")/.." && pwd)"
skip() {
    echo "DEBIAN PACKAGES NOT TESTED: $*" >&2
    exit 77
}
fail() {
    echo "FAILED: $*" >&2
    exit 1
}
[ "$(id -u)" = 0 ] || skip "a chroot needs root"
command -v apt-get >/dev/null || skip "there is no apt-get"
tools=(debhelper dpkg-dev doxygen)
if ! dpkg -s "${tools[@]}" >/dev/null 2>&1; then
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${tools[@]}"; } >/dev/null || skip "${tools[*]} can't be installed"
fi
status=0
below="$("$project/tests/editors/chroot.sh" | tail -n 1)" || status=$?
[ "$status" = 0 ] || exit "$status"
# The layer lies on a real disk: overlayfs takes no other overlay as its upper folder.
layer="$(mktemp -d "$(dirname "$below")/debian.XXXXXX")"
root="$layer/root"
trap 'umount "$root/proc" "$root/dev" "$root" 2>/dev/null; rm -rf --one-file-system "$layer"' EXIT
mkdir "$layer/upper" "$layer/work" "$root"
mount -t overlay overlay -o "lowerdir=$below,upperdir=$layer/upper,workdir=$layer/work" "$root" 2>/dev/null || skip "overlayfs can't be mounted"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }

# Packed loosely: quicker, and what is tested is the same.
DEBEMAIL=npe@localhost DPKG_DEB_COMPRESSOR_LEVEL=0 make -s -C "$project" deb >"$layer/log" 2>&1 || { tail -n 20 "$layer/log" >&2; fail "make deb"; }
echo "packages: $(cd "$project/target/deb" && echo *.deb)"
if command -v lintian >/dev/null; then
    # Whose address it is says who makes the packages (DEBEMAIL); here nobody does.
    lintian --allow-root --fail-on error --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog \
        "$project"/target/deb/*.changes || fail "lintian"
    echo "lintian: no errors"
fi

mkdir "$root/var/tmp/deb"
cp "$project"/target/deb/*.deb "$project/examples/hosts/hair.c" "$project/tests/data/astronaut.png" "$root/var/tmp/deb"
cp /etc/resolv.conf "$root/etc/resolv.conf"
{ inside apt-get update -qq && inside apt-get install -y -qq gcc libc6-dev libpng-dev pkgconf man-db; } >"$layer/log" 2>&1 ||
    { tail -n 5 "$layer/log" >&2; skip "Debian's packages can't be had"; }
inside find / -xdev -not -path "/proc/*" -not -path "/var/*" | sort >"$layer/before"
inside sh -c 'apt-get install -y -qq /var/tmp/deb/*.deb' >"$layer/log" 2>&1 || { tail -n 20 "$layer/log" >&2; fail "apt-get install"; }
version="$(inside npe --version | cut -d' ' -f2)"
[ "$(inside pkg-config --modversion npe)" = "$version" ] || fail "pkg-config has another version than npe"
inside man -w npe npe-edit >/dev/null || fail "no manual"
inside sh -ec 'cd /var/tmp/deb && cc -std=c99 -Wall -Werror hair.c -o hair $(pkg-config --cflags --libs npe libpng) &&
    ./hair astronaut.png edited.png && ! cmp -s astronaut.png edited.png && npe demo demo && test -s demo/after.png &&
    npe info --model /usr/share/npe/models/anime.safetensors && npe install gimp --profile /var/tmp/deb/profile' >"$layer/log" 2>&1 ||
    { cat "$layer/log" >&2; fail "a host, the demo, or the plug-in"; }
echo "installed: a host in C, npe demo, a further model, the manual, the plug-in for GIMP: ok"
inside apt-get purge -y -qq npe libnpe-dev "libnpe${version%.*}" >"$layer/log" 2>&1 || { cat "$layer/log" >&2; fail "apt-get purge"; }
inside find / -xdev -not -path "/proc/*" -not -path "/var/*" | sort >"$layer/after"
left="$(comm -13 "$layer/before" "$layer/after")"
[ -z "$left" ] || fail "purging left $left"
echo "purged: nothing is left"
