#!/bin/sh
# many.sh FOLDER PACKAGE SHELL...
#
# A scan of many files finds everything, and needs no more memory at its end than at its beginning.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
package=$2
shift 2

fail() {
    echo "many.sh: $*" >&2
    tail -n 3 found.txt >&2
    cat said.txt >&2
    exit 1
}

mkdir -p "$folder"
cd "$folder"
sh "$here/large_tree.sh" large

# In KB; nothing where the system does not say.
memory() {
    sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB$/\1/p' "/proc/$1/status" 2>/dev/null || :
}

rm -f found.txt
"$@" --until-idle --timeout 100 "$package" large >found.txt 2>said.txt &
shell=$!
first=
last=
while kill -0 $shell 2>/dev/null; do
    if [ -s found.txt ]; then
        now=$(memory $shell)
        first=${first:-$now}
        last=${now:-$last}
    fi
    sleep 0.1
done
rc=0
wait $shell || rc=$?
[ $rc -ne 126 ] || exit 77
[ $rc -eq 0 ] || fail "the shell ended with $rc"
grep -q '^TODO: 12000 findings in 12000 of 12000 files, 0 unreadable$' found.txt ||
    fail "not all was found"
echo "${first:-?} KB at the beginning, ${last:-?} KB at the end"
[ $((${last:-0} - ${first:-0})) -lt 5000 ] || fail "the memory grows with the files"
