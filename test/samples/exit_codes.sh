#!/bin/sh
# exit_codes.sh FOLDER PACKAGE SHELL...
#
# Whatever is wrong gets one clear line and an exit code of its own.
set -u
folder=$1
package=$2
shift 2
failed=0
shell_sources=$(cd "$(dirname "$0")/../../samples/shell" && pwd)

mkdir -p "$folder/empty"
cd "$folder" || exit 1
echo "no DLL" >text.dll

# expect CODE WORDS COMMAND...
expect() {
    code=$1
    words=$2
    shift 2
    rc=0
    "$@" >out.txt 2>err.txt || rc=$?
    [ $rc -ne 126 ] || exit 77
    if [ $rc -ne "$code" ] || [ -s out.txt ] || [ "$(grep -c . err.txt)" -ne 1 ] ||
        ! grep -q -- "$words" err.txt; then
        shift 1
        echo "exit_codes.sh: $*: exit code $rc, expected $code with one line about '$words'" >&2
        cat out.txt err.txt >&2
        failed=1
    fi
}

expect 2 'no package is named' "$@"
expect 2 'not understood: --no-such-option' "$@" --no-such-option "$package"
expect 2 'not understood: --timeout' "$@" --timeout soon "$package"
expect 2 'not understood: --clsid' "$@" --clsid todo "$package"
expect 2 'one folder too many: too-much' "$@" "$package" empty too-much
expect 3 'none.dll.*cannot be loaded' "$@" none.dll empty
expect 3 'text.dll.*cannot be loaded' "$@" text.dll empty
expect 4 'does not export DllGetClassObject' "$@" 'C:\windows\system32\version.dll' empty
expect 5 'makes no package of the class' "$@" \
    --clsid '{00000000-0000-0000-0000-00000000ABCD}' "$package" empty
expect 6 'nowhere.*no such folder' "$@" "$package" nowhere
expect 6 'text.dll.*no such folder' "$@" "$package" text.dll
# Wine has no display here.
case $1 in
    *wine*) expect 10 'no window to be had' "$@" --window --timeout 10 "$package" empty ;;
esac
# Every option and exit code is explained.
"$@" --help >out.txt 2>err.txt || failed=1
for word in $(sed -n 's/.*L"\(--[a-z-]*\)".*/\1/p' "$shell_sources/options.c" | grep -v '^--help$\|^--$') \
    $(sed -n 's/.*EXIT_[A-Z_]* = \([0-9]*\).*/\1/p' "$shell_sources/exits.h"); do
    grep -qw -- "$word" out.txt || {
        echo "exit_codes.sh: --help says nothing of $word" >&2
        failed=1
    }
done
exit $failed
