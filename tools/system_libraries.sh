#!/bin/sh
# The system libraries that Qt's wheels expect on Linux: installed with apt-get by root, otherwise
# the exact line to run is printed. With --check nothing is installed. It never fails: the headless
# commands work without them.
set -u
[ "$(uname -s)" = Linux ] || exit 0
PATH=$PATH:/usr/sbin:/sbin
command -v ldconfig >/dev/null || exit 0

# soname and Debian package, as listed by ldd for QtGui, QtDBus and the xcb and offscreen plugins.
known="
libEGL.so.1 libegl1
libGL.so.1 libgl1
libX11.so.6 libx11-6
libX11-xcb.so.1 libx11-xcb1
libdbus-1.so.3 libdbus-1-3
libfontconfig.so.1 libfontconfig1
libfreetype.so.6 libfreetype6
libglib-2.0.so.0 libglib2.0-0
libgthread-2.0.so.0 libglib2.0-0
libxcb-cursor.so.0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-image.so.0 libxcb-image0
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-randr.so.0 libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-render.so.0 libxcb-render0
libxcb-shape.so.0 libxcb-shape0
libxcb-shm.so.0 libxcb-shm0
libxcb-sync.so.1 libxcb-sync1
libxcb-util.so.1 libxcb-util1
libxcb-xfixes.so.0 libxcb-xfixes0
libxcb-xkb.so.1 libxcb-xkb1
libxcb.so.1 libxcb1
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libxkbcommon.so.0 libxkbcommon0
libz.so.1 zlib1g
libzstd.so.1 libzstd1
"

has_fonts() {
    find /usr/share/fonts /usr/local/share/fonts "${HOME:-/nonexistent}/.fonts" \
        "${HOME:-/nonexistent}/.local/share/fonts" -name '*.[ot]t[fc]' 2>/dev/null | grep -q .
}

# Prints "soname package" for everything that is not there.
missing() {
    present=$(ldconfig -p)
    echo "$known" | while read -r soname package; do
        [ -n "$soname" ] || continue
        case $present in *"	$soname "*) ;; *) echo "$soname $package" ;; esac
    done
    has_fonts || ! command -v apt-get >/dev/null || echo "fonts fonts-dejavu-core"
}

apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    set -- -qq -o DPkg::Lock::Timeout=60 -o Acquire::Retries=2 "$@"
    apt-get -qq update && apt-get install --yes --no-install-recommends "$@"
}

lacking=$(missing)
[ -n "$lacking" ] || exit 0
packages=$(echo "$lacking" | cut -d ' ' -f 2 | sort -u | tr '\n' ' ' | sed 's/ $//')
sonames=$(echo "$lacking" | cut -d ' ' -f 1 | grep '\.so' | tr '\n' ' ' | sed 's/ $//')
become=
[ "$(id -u)" = 0 ] || become="sudo "

if command -v apt-get >/dev/null; then
    if [ -z "$become" ] && [ "${1-}" != --check ]; then
        echo "… and the system libraries Qt needs: $packages"
        # shellcheck disable=SC2086
        log=$(apt_install $packages 2>&1) && exit 0
        echo "$log" | tail -n 3 >&2
    fi
    line="${become}apt-get install -y $packages"
elif command -v dnf >/dev/null; then
    line="${become}dnf install$(printf " '%s()(64bit)'" $sonames)"
elif command -v zypper >/dev/null; then
    line="${become}zypper install$(printf " '%s()(64bit)'" $sonames)"
else
    echo "The window needs system libraries that are missing. Please install: $sonames" >&2
    exit 0
fi
echo "The window needs system libraries that are missing. Please run: $line" >&2
