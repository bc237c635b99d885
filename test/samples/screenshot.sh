#!/bin/sh
# screenshot.sh SHELL PACKAGE [PNG]
#
# Makes the picture of the shell's window in the README, samples/shell/window.png, in the middle of a scan of
# this project's sources. Needs Xvfb and ImageMagick: sh cmake/prerequisites.sh window
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
shell=$1
package=$2
png=${3-$root/samples/shell/window.png}

. "$root/test/samples/display.sh"
display_begin "$root/build/wine-window" 908x590 || {
    echo "screenshot.sh: there is no Xvfb" >&2
    exit 1
}
sh "$root/cmake/wine.sh" --prepare

# Many times over, so that there is a middle.
project=$SITEBRIDGE_WINEPREFIX/drive_c/SiteBridge
rm -rf "$project"
mkdir -p "$project"
i=10
while [ $i -lt 40 ]; do
    mkdir "$project/copy$i"
    cp -R "$root/samples" "$root/src" "$root/include" "$root/test" "$project/copy$i"
    i=$((i + 1))
done

# Wine draws the window's title bar where no window manager does.
sh "$root/cmake/wine.sh" reg add 'HKCU\Software\Wine\X11 Driver' /v Managed /d N /f >/dev/null
out=$(mktemp)
sh "$root/cmake/wine.sh" "$shell" --window --timeout 10 "$package" 'C:\SiteBridge' >"$out" 2>/dev/null &
program=$!
while kill -0 $program 2>/dev/null && [ "$(grep -c 'copy2[0-9]' "$out")" -eq 0 ]; do
    sleep 0.1
done
DISPLAY=$SITEBRIDGE_DISPLAY import -window root -trim +repage +dither -colors 16 -strip "$png"
kill $program
wait $program || :
rm -rf "$project" "$out"
sh "$root/cmake/wine.sh" reg delete 'HKCU\Software\Wine\X11 Driver' /v Managed /f >/dev/null
