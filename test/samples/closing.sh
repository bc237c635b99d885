#!/bin/sh
# closing.sh FOLDER PACKAGE SHELL...
#
# The shell ends well also when it ends early: nothing to do, the time over, Ctrl+C in the middle.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/samples/references.sh
. "$here/references.sh"
folder=$1
package=$2
shift 2
failed=0

fail() {
    echo "closing.sh: $*" >&2
    cat out.txt said.txt >&2
    failed=1
}
# What every run must say that got as far as SetSite, however it ended.
check() {
    [ "$(sed -n 's/.*references .*: site/site/p' said.txt | uniq -c | tr -s ' ')" = \
        ' 2 site 1, output window 1, status bar 1, solution 1, asynchronous provider 1' ] ||
        fail "$1: the references did not come back"
    ! grep -q 'stays loaded' said.txt || fail "$1: the DLL was not unloaded"
}

mkdir -p "$folder/empty"
cd "$folder" || exit 1

rc=0
"$@" --until-idle --timeout 60 "$package" empty >out.txt 2>said.txt || rc=$?
[ $rc -ne 126 ] || exit 77
{ [ $rc -eq 0 ] && grep -q '^TODO: 0 findings in 0 of 0 files, 0 unreadable$' out.txt; } ||
    fail "an empty folder: $rc"
check "an empty folder"

rc=0
"$@" --until-idle --timeout 60 "$package" >out.txt 2>said.txt || rc=$?
{ [ $rc -eq 0 ] && grep -q 'no folder is open' said.txt; } || fail "no folder: $rc"
check "no folder"

rc=0
"$@" --timeout 3 "$package" empty >out.txt 2>said.txt || rc=$?
{ [ $rc -eq 8 ] && grep -q 'the time is over' said.txt; } || fail "the time over: $rc"
check "the time over"

sh "$here/large_tree.sh" large || exit 1

# Ctrl+C is Wine's word for SIGINT; Windows itself has no such signal.
case $1 in
    *wine*) ;;
    *) exit $failed ;;
esac
interrupt_only() {
    rm -f out.txt
    "$@" --until-idle --timeout 60 "$package" large >out.txt 2>said.txt &
    shell=$!
    i=0
    while [ ! -s out.txt ] && [ $i -lt 300 ]; do
        sleep 0.1
        i=$((i + 1))
    done
    kill -INT $shell
    rc=0
    wait $shell || rc=$?
    pardon "$@"
    [ $rc -eq 0 ] || fail "Ctrl+C: $rc"
    check "Ctrl+C"
}
interrupt() {
    interrupt_only "$@"
    # That the package says so last is that its calls arrive while Close waits for it.
    grep -q 'stopped before the end' out.txt || fail "Ctrl+C did not stop the scan"
    grep -q 'status bar: TODO: .*; stopped before the end' said.txt ||
        fail "Ctrl+C: the package did not come to its end"
}
interrupt "$@"
interrupt "$@" --no-proxies
interrupt "$@" --busy
interrupt "$@" --agile-site
# What is still on its way to such a shell when Close comes never gets there, and Close does not wait for it.
interrupt_only "$@" --busy-closing
grep -q '[1-9][0-9]* calls were rejected' said.txt || fail "--busy-closing: nothing was rejected"
exit $failed
