#!/bin/sh
# busy.sh FOLDER PACKAGE SHELL...
#
# In a shell that rejects many of the calls that come in, the package finds what it finds in another, in the
# same order, and all references come back; also where it works on the main thread, and where only some of its
# calls are COM's to reject.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
package=$2
shift 2

fail() {
    echo "busy.sh: $*" >&2
    cat said.txt >&2
    exit 1
}

# What the package reports, but for what its bridge did.
without_bridge() {
    grep -av '^bridge: ' "$1"
}

mkdir -p "$folder"
sh "$here/make_tree.sh" "$folder/tree"
cd "$folder"
rc=0
"$@" --until-idle --timeout 60 "$package" tree >found.txt 2>said.txt || rc=$?
[ $rc -ne 126 ] || exit 77
[ $rc -eq 0 ] || fail "the shell ended with $rc"

for option in --busy --no-proxies --agile-site; do
    rc=0
    "$@" --busy "$option" --until-idle --timeout 60 "$package" tree >busy.txt 2>said.txt || rc=$?
    [ $rc -eq 0 ] || fail "$option: the shell ended with $rc"
    without_bridge found.txt >expected.txt
    without_bridge busy.txt | cmp expected.txt - || fail "$option: the result is another"
    rejected=$(sed -n 's/^shell: \([0-9]*\) calls were rejected.*/\1/p' said.txt)
    [ "${rejected:-0}" -ge 4 ] || fail "$option: the shell was not busy"
    [ "$(sed -n 's/.*references .*: site/site/p' said.txt | uniq -c | sed 's/^ *//')" = \
        '2 site 1, output window 1, status bar 1, solution 1, asynchronous provider 1' ] ||
        fail "$option: the references did not come back"
done
