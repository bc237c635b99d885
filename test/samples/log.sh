#!/bin/sh
# log.sh FOLDER PACKAGE SHELL...
#
# Where TODO_PACKAGE_LOG names a file, what the package writes to its pane is added there too, and so is why
# it did not work. Where it names none, or one that cannot be written, nothing else changes.
set -eu
folder=$1
package=$2
shift 2
unset TODO_PACKAGE_LOG

fail() {
    echo "log.sh: $*" >&2
    exit 1
}

mkdir -p "$folder/tree"
cd "$folder"
printf 'TODO one\n// HACK \303\244\342\202\254\n' >tree/two.c
rm -f ./*.txt
rc=0
"$@" --until-idle --timeout 60 "$package" tree >pane.txt 2>said.txt || rc=$?
[ $rc -ne 126 ] || exit 77
{ [ $rc -eq 0 ] && [ -s pane.txt ]; } || fail "the shell ended with $rc"

# What is there already stays.
echo before >log.txt
TODO_PACKAGE_LOG=log.txt "$@" --until-idle --timeout 60 "$package" tree >again.txt 2>said.txt ||
    fail "with a log the shell ended with $?"
{ echo before && cat pane.txt; } | cmp - log.txt || fail "the log is not what the pane got"
cmp pane.txt again.txt || fail "with a log the pane gets something else"

TODO_PACKAGE_LOG=tree "$@" --until-idle --timeout 60 "$package" tree >again.txt 2>said.txt ||
    fail "with a log that cannot be written the shell ended with $?"
cmp pane.txt again.txt || fail "with a log that cannot be written the pane gets something else"

TODO_PACKAGE_LOG=none.txt "$@" --until-idle --timeout 60 "$package" >again.txt 2>said.txt || :
[ "$(cat none.txt)" = 'TODO: no folder is open' ] || fail "the log does not say that no folder is open"
