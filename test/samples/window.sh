#!/bin/sh
# window.sh FOLDER PACKAGE SHELL...
#
# The shell's window shows what its package does, its menu works, also in the middle of a scan, and closing it
# ends the shell with nothing left. Needs a display: on another system than Windows, Xvfb.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
package=$2
shift 2

mkdir -p "$folder/small"
cd "$folder"
printf 'TODO one\nHACK two\n' >small/two.c

# The last word is the shell, the ones before it run it.
for program; do :; done
tester=${program%shell.exe}window_test.exe
if [ $# -gt 1 ]; then
    . "$here/display.sh"
    display_begin 1024x768 || {
        echo "no Xvfb here: sh cmake/prerequisites.sh window installs it"
        exit 77
    }
    prefix=$here/../../build/wine
    before=
    for word; do
        [ "$before" != -p ] || prefix=$word
        before=$word
    done
    prefix=${SITEBRIDGE_WINEPREFIX:-$prefix}
    # Wine's dialog loses its way to a folder where something above it changes meanwhile.
    sh "$here/../../cmake/wine.sh" -p "$prefix" --prepare
    sh "$here/large_tree.sh" "$prefix-window/drive_c/large"
    large='C:\large'
    # All but the shell, and the tester in its place.
    count=$#
    for word; do
        shift
        count=$((count - 1))
        [ $count -gt 0 ] || word=$tester
        set -- "$@" "$word"
    done
else
    sh "$here/large_tree.sh" large
    large=large
    set -- "$tester"
fi

rc=0
"$@" "$program" "$package" small "$large" >out.txt 2>said.txt || rc=$?
[ $rc -ne 126 ] || exit 77
grep -v '^shell: ' said.txt >&2 || :
[ $rc -eq 0 ] || exit 1

# Seven packages in all, each with its references before and after.
[ "$(sed -n 's/.*references .*: site/site/p' said.txt | uniq -c | sed 's/^ *//')" = \
    '14 site 1, output window 1, status bar 1, solution 1, asynchronous provider 1' ] || {
    cat said.txt >&2
    exit 1
}
[ "$(grep -c 'stopped before the end' out.txt)" -eq 6 ] || {
    echo "not every scan was stopped in the middle" >&2
    exit 1
}
! grep -e 'stays loaded' -e 'does not close well' said.txt >&2 || exit 1
