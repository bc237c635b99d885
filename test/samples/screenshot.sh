#!/bin/sh
# screenshot.sh SHELL PACKAGE [PNG]
#
# Makes the picture of the shell's window in the README, samples/shell/window.png, in the middle of a scan of
# mingw-w64's headers. Needs Xvfb and ImageMagick: sh cmake/prerequisites.sh window
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
shell=$1
package=$2
png=${3-$root/samples/shell/window.png}

. "$root/test/samples/display.sh"
display_begin 908x590 || {
    echo "screenshot.sh: there is no Xvfb" >&2
    exit 1
}
sh "$root/cmake/wine.sh" --prepare

# Debian's Wine does not look where its own fonts are, and the title bar's buttons are from one of them.
cp /usr/share/wine/fonts/*.ttf "${SITEBRIDGE_WINEPREFIX:-$root/build/wine}-window/drive_c/windows/Fonts"

# Wine draws the window's title bar where no window manager does.
sh "$root/cmake/wine.sh" reg add 'HKCU\Software\Wine\X11 Driver' /v Managed /d N /f >/dev/null
out=$(mktemp)
sh "$root/cmake/wine.sh" "$shell" --window --timeout 10 "$package" 'Z:\usr\share\mingw-w64\include' \
    >"$out" 2>/dev/null &
program=$!
while kill -0 $program 2>/dev/null && ! grep -q gdiplus "$out"; do
    sleep 0.02
done
DISPLAY=$SITEBRIDGE_DISPLAY import -window root -trim +repage +dither -colors 16 -strip "$png"
kill $program
wait $program || :
rm -f "$out"
sh "$root/cmake/wine.sh" reg delete 'HKCU\Software\Wine\X11 Driver' /v Managed /f >/dev/null
