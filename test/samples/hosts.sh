# shellcheck shell=sh
# What the tests of unusual shells share; to be sourced with: FOLDER PACKAGE SHELL...
# The package is to find with an unusual shell what it finds with a usual one.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/samples/references.sh
. "$here/references.sh"
folder=$1
package=$2
shift 2

fail() {
    echo "$(basename "$0"): $*" >&2
    cat said.txt >&2
    exit 1
}

# What the package reports, but for what its bridge did.
without_bridge() {
    grep -av '^bridge: ' "$1"
}

mkdir -p "$folder"
sh "$here/make_tree.sh" "$folder/tree"
cd "$folder" || exit
rc=0
"$@" --until-idle --timeout 60 "$package" tree >found.txt 2>said.txt || rc=$?
[ $rc -ne 126 ] || exit 77
[ $rc -eq 0 ] || fail "the shell ended with $rc"
without_bridge found.txt >expected.txt

# check_unusual NAME SHELL...: leaves what was printed in found.txt and said.txt. The shell fails as well where
# a service runs on another thread than its main one.
check_unusual() {
    name=$1
    shift
    rc=0
    "$@" --until-idle --timeout 60 "$package" tree >found.txt 2>said.txt || rc=$?
    pardon "$@"
    [ $rc -eq 0 ] || fail "$name: the shell ended with $rc"
    without_bridge found.txt | cmp expected.txt - || fail "$name: the result is another"
    [ "$(sed -n 's/.*references .*: site/site/p' said.txt | uniq -c | sed 's/^ *//')" = \
        '2 site 1, output window 1, status bar 1, solution 1, asynchronous provider 1' ] ||
        fail "$name: the references did not come back"
}
