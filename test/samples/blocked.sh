#!/bin/sh
# blocked.sh FOLDER PACKAGE SHELL...
#
# The scan waits for nobody: a main thread that does nothing from the first progress on keeps none of it back. What
# it finds is in the package's log before the main thread goes on, and then in the pane.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/samples/references.sh
. "$here/references.sh"
folder=$1
package=$2
shift 2

fail() {
    echo "blocked.sh: $*" >&2
    : >go_on
    exit 1
}

mkdir -p "$folder"
sh "$here/make_tree.sh" "$folder/tree"
cd "$folder"
for option in '' --busy --no-proxies; do
    rm -f go_on log.txt found.txt
    TODO_PACKAGE_LOG=log.txt "$@" $option --until-idle --timeout 60 --blocked-until go_on "$package" tree \
        >found.txt 2>said.txt &
    shell=$!
    tries=600
    until grep -aq '^bridge: ' log.txt 2>/dev/null; do
        if ! kill -0 $shell 2>/dev/null; then
            rc=0
            wait $shell || rc=$?
            [ $rc -ne 126 ] || exit 77
            fail "the shell ended with $rc while its main thread was to be blocked"
        fi
        tries=$((tries - 1))
        [ $tries -gt 0 ] || fail "the scan waits for the main thread"
        sleep 0.1
    done
    [ ! -s found.txt ] || fail "the main thread was not blocked"
    : >go_on
    rc=0
    wait $shell || rc=$?
    pardon "$@" $option
    [ $rc -eq 0 ] || fail "the shell ended with $rc"
    cmp log.txt found.txt || fail "the pane did not get what was found"
done
