#!/bin/sh
# Runs a Windows program under Wine, in a Wine prefix of the build's own and without a display, unless
# SITEBRIDGE_DISPLAY in the environment names one: then in PREFIX-window, since a desktop without a
# display stays for a while, and shows nothing of what comes after.
#
#   wine.sh [-p PREFIX] PROGRAM [ARGUMENT...]
#   wine.sh [-p PREFIX] --prepare       makes the prefix ready, which takes a while the first time
#   wine.sh [-p PREFIX] --has-32bit     succeeds where 32-bit programs run too
#
# PREFIX is build/wine beside this folder unless -p names another one, and SITEBRIDGE_WINEPREFIX in the
# environment, which goes before -p.
set -eu

prefix=
if [ "${1-}" = -p ]; then
    prefix=$2
    shift 2
fi
prefix=${SITEBRIDGE_WINEPREFIX:-$prefix}
[ -n "$prefix" ] || prefix=$(cd "$(dirname "$0")/.." && pwd)/build/wine
[ -z "${SITEBRIDGE_DISPLAY-}" ] || prefix=$prefix-window
if [ $# -eq 0 ]; then
    echo "usage: wine.sh [-p PREFIX] PROGRAM [ARGUMENT...] | --prepare | --has-32bit" >&2
    exit 2
fi
if ! command -v wine >/dev/null; then
    echo "wine.sh: Wine is not installed; on Debian, sh cmake/prerequisites.sh installs it" >&2
    exit 127
fi

unset DISPLAY WAYLAND_DISPLAY WINELOADER
[ -z "${SITEBRIDGE_DISPLAY-}" ] || export DISPLAY="$SITEBRIDGE_DISPLAY"
export WINEPREFIX="$prefix" WINEARCH=win64 WINEDEBUG="${WINEDEBUG:--all}"
export WINEDLLOVERRIDES='mscoree,mshtml=;winemenubuilder.exe='

# The prefix was made by this Wine, with or without its 32-bit half, as its .made file says. Another
# Wine gets a new prefix.
made=$prefix/.made
wine_here() {
    wine --version
    ls -d /usr/lib/wine/wine /usr/lib/*/wine/i386-windows /opt/wine*/lib*/wine/i386-windows \
        2>/dev/null || :
}
is_made() {
    [ -f "$made" ] && [ "$(sed '$d' "$made")" = "$here" ]
}
make_prefix() (
    exec 9>"$prefix.lock"
    flock 9
    ! is_made || exit 0
    {
        [ ! -e "$prefix" ] || wineserver -k || :
        rm -rf "$prefix"
        mkdir -p "$prefix"
        timeout 300 wine wineboot -i || :
        timeout 60 wineserver -w || :
    } </dev/null >"$prefix.log" 2>&1 9>&-
    if [ ! -e "$prefix/system.reg" ]; then
        echo "wine.sh: Wine could not make its prefix:" >&2
        cat "$prefix.log" >&2
        exit 1
    fi
    rc=0
    wine 'C:\windows\syswow64\cmd.exe' /c exit 7 </dev/null >/dev/null 2>&1 9>&- || rc=$?
    { echo "$here"; if [ $rc -eq 7 ]; then echo 32bit; else echo 64bit; fi; } >"$made.new"
    mv "$made.new" "$made"
)

here=$(wine_here)
if ! is_made; then
    mkdir -p "$(dirname "$prefix")"
    make_prefix
fi
has_32bit() {
    [ "$(sed -n '$p' "$made")" = 32bit ]
}

# Without its 32-bit half, Wine ends a 32-bit program at once with success.
is_32bit() {
    [ -f "$1" ] || return 1
    pe=$(od -An -tu4 -j60 -N4 "$1" 2>/dev/null | tr -d ' ')
    [ "$(od -An -tx2 -j$((${pe:-0} + 4)) -N2 "$1" 2>/dev/null | tr -d ' ')" = 014c ]
}

case $1 in
    --prepare) exit 0 ;;
    --has-32bit) has_32bit; exit ;;
esac
if ! has_32bit && is_32bit "$1"; then
    echo "wine.sh: no 32-bit Wine here to run $1" >&2
    exit 126
fi

# Wine's server and services stay for a while, so that the next program starts quickly. They keep the
# output of the program that started them open, and who reads this one's would wait for them; so
# they are started by another. That makes Wine's desktop as well, one at a time: where two programs find none
# and make it at once, COM may get no window for an STA, and calls into it hang.
{
    flock -w 60 9 || :
    wineserver -p30 9>&- || :
    wine rundll32 user32.dll,GetDesktopWindow 9>&- || :
} </dev/null >/dev/null 2>&1 9>"$prefix.lock"
exec wine "$@"
