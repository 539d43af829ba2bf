#!/usr/bin/env bash
# Debian in a folder, with GIMP 3 and Krita 5, for the tests in the real editors on a machine that has other versions or none.
# Makes it (about 5 minutes, 2.5 GB) or takes the one that is there, and prints its path.
#
# NPE_SUITE is the release: trixie (GIMP 3.0, Krita 5.2) if none is named, or sid (GIMP 3.2, Krita 5.3). The folder is
# NPE_EDITORS, or npe/editors/SUITE in the user's cache; NPE_MIRROR is a mirror of Debian other than debootstrap's own
# choice. Needs root and debootstrap (which it installs where apt-get can). Exit status 77 where that is impossible, with a
# line that says why.
set -euo pipefail

suite="${NPE_SUITE:-trixie}"
root="${NPE_EDITORS:-${XDG_CACHE_HOME:-$HOME/.cache}/npe/editors/$suite}"
packages=(
    ca-certificates gimp gir1.2-gimp-3.0 krita python3 python3-gi python3-gi-cairo gir1.2-gtk-3.0 python3-pyqt5
    python3-pyqt5.sip python3-pyqt6 xvfb xauth xdotool wmctrl openbox imagemagick x11-utils x11-xserver-utils dbus dbus-x11 procps
    fonts-dejavu-core libgl1-mesa-dri gcc libc6-dev gettext
)

say() { echo "editors: $*" >&2; }
impossible() {
    echo "EDITORS SKIPPED: $*" >&2
    exit 77
}
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }

[ "$(uname -s)" = Linux ] || impossible "a chroot of Debian needs Linux, this is $(uname -s)"
[ "$(id -u)" = 0 ] || impossible "a chroot needs root; install GIMP 3 and Krita 5.2 here, or run this as root"

mkdir -p "$(dirname "$root")"
# Two at once would install into one folder.
exec 9>"$root.lock"
flock 9

if [ ! -x "$root/usr/bin/dpkg" ]; then
    if ! command -v debootstrap >/dev/null; then
        say "installing debootstrap"
        { apt-get update -qq && apt-get install -y -qq debootstrap; } >&2 ||
            impossible "debootstrap is not installed, and apt-get could not install it"
    fi
    say "making $root (Debian $suite)"
    # What a run that was stopped has left can't be trusted.
    rm -rf --one-file-system "$root.part"
    debootstrap --variant=minbase --include=ca-certificates "$suite" "$root.part" ${NPE_MIRROR:+"$NPE_MIRROR"} >&2 ||
        impossible "debootstrap failed; is a mirror of Debian reachable, and is there room in $(dirname "$root")?"
    mkdir -p "$root"
    rmdir "$root" && mv "$root.part" "$root"
    printf 'APT::Install-Recommends "false";\nDpkg::Options { "--force-unsafe-io"; };\n' >"$root/etc/apt/apt.conf.d/99npe"
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
fi

# After a reboot they are gone.
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc" ||
    impossible "mounting is not allowed here, which a chroot needs"
for folder in dev sys; do
    # A slave: what is mounted in there must not appear outside.
    mountpoint -q "$root/$folder" || { mount --rbind "/$folder" "$root/$folder" && mount --make-rslave "$root/$folder"; } ||
        impossible "mounting /$folder is not allowed here, which a chroot needs"
done

lacking=()
for package in "${packages[@]}"; do
    [ "$(inside dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || lacking+=("$package")
done
if [ ${#lacking[@]} -gt 0 ]; then
    say "installing ${lacking[*]}"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    { inside dpkg --configure -a && inside apt-get update -qq && inside apt-get install -y -qq --no-install-recommends "${lacking[@]}"; } >&2 ||
        impossible "apt-get in $root failed; is the mirror of Debian reachable?"
fi
echo "$root"
