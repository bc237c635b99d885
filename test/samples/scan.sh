#!/bin/sh
# scan.sh FOLDER PACKAGE SHELL...
#
# What the package finds in a tree of difficult files is what grep finds there, line by line; and the
# shell sees the calls come from the background and all its references come back. Where the services have
# no proxies, the package finds the same by working on the main thread.
set -eu
LC_ALL=C
export LC_ALL
# Windows has a sort of its own, which Git's shell may find before the right one.
PATH=/usr/bin:/bin:$PATH
export PATH
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/samples/references.sh
. "$here/references.sh"
folder=$1
package=$2
shift 2

fail() {
    echo "scan.sh: $*" >&2
    exit 1
}

mkdir -p "$folder"
sh "$here/make_tree.sh" "$folder/tree"
cd "$folder"
rc=0
"$@" --until-idle --timeout 90 "$package" tree >found.txt 2>said.txt || rc=$?
cat said.txt
[ $rc -ne 126 ] || exit 77
[ $rc -eq 0 ] || fail "the shell ended with $rc"

includes=
for extension in c h cc cpp cxx hpp hxx inl idl rc cs vb py js ts java go rs; do
    includes="$includes --include=*.$extension"
done
set -f
# shellcheck disable=SC2086  # a list of options
grep -ranwE $includes 'TODO|FIXME|HACK' tree | sed 's/^\([^:]*\):\([0-9]*\):.*/\1(\2)/' |
    sort >expected.txt
set +f

# path(line): text becomes path(line), from the tree's name on and as Unix writes it. A folder whose name
# Windows cannot write shows under its short one.
grep -a '^[^(]*([0-9]*): ' found.txt |
    sed 's/^\([^(]*([0-9]*)\): .*/\1/; s/\\/\//g; s/^.*\/tree\//tree\//; s/A_B~[^/]*/a?b/' |
    sort >actual.txt
diff expected.txt actual.txt || fail "not what grep finds"

count=$(grep -c . expected.txt)
grep -q "^TODO: $count findings in [0-9]* of [0-9]* files, 0 unreadable\$" found.txt ||
    fail "the summary is not right: $(tail -2 found.txt)"
grep -q '^bridge: 1 packets marshaled, 1 unmarshaled, 0 reclaimed' found.txt ||
    fail "the bridge did something else: $(tail -1 found.txt)"
[ "$(grep -c . found.txt)" -eq $((count + 2)) ] || fail "there are lines that should not be there"
grep -q ' service calls arrived from the background: [1-9][0-9]* QueryService, [1-9]' said.txt ||
    fail "the calls did not come from the background"
[ "$(sed -n 's/.*they ran on thread \([0-9]*\), the main thread is \1.*/same/p' said.txt)" = same ] ||
    fail "the calls did not run on the main thread"
[ "$(sed -n 's/.*references .*: site/site/p' said.txt | uniq | grep -c .)" -eq 1 ] ||
    fail "the references did not come back"

# A line that is longer than what is kept of it, and characters that would break a line.
grep -a 'long_lines.c(1)' found.txt | grep -q "x$(printf '\342\200\246')\$" || fail "no ellipsis"
[ "$(grep -a 'long_lines.c(4)' found.txt | wc -c)" -lt 5000 ] || fail "a long line is not cut"
! grep -aq "$(printf '[\001-\010\013-\037]')" found.txt || fail "control characters are printed"

# Without proxies: the same lines in the same order, and what uses the services is the main thread.
rc=0
"$@" --no-proxies --until-idle --timeout 90 "$package" tree >direct.txt 2>said.txt || rc=$?
pardon --no-proxies
[ $rc -eq 0 ] || fail "without proxies the shell ended with $rc"
cmp found.txt direct.txt || fail "without proxies the result is another"
grep -q ' service calls arrived from the background: [0-9]* QueryService, 0 others' said.txt ||
    fail "without proxies there are calls through proxies"
grep -q 'shell: [0-9]* service calls came from the main thread itself' said.txt ||
    fail "without proxies nothing worked on the main thread"
[ "$(sed -n 's/.*references .*: site/site/p' said.txt | uniq | grep -c .)" -eq 1 ] ||
    fail "without proxies the references did not come back"

# What cannot be read is said and counted, and the scan goes on. A name with a backslash in it is one that
# no program under Wine can open.
[ "$(uname -o 2>/dev/null)" = GNU/Linux ] || exit 0
rm -rf unreadable
mkdir -p 'unreadable/a\folder'
echo TODO >'unreadable/a\file.c'
echo TODO >unreadable/readable.c
"$@" --until-idle --timeout 60 "$package" unreadable >found.txt 2>said.txt || fail "unreadable: $?"
grep -q '^TODO: 1 findings in 1 of 1 files, 2 unreadable$' found.txt ||
    fail "what cannot be read is not counted: $(tail -2 found.txt)"
[ "$(grep -c ': cannot be read (error [0-9]*)$' found.txt)" -eq 2 ] ||
    fail "what cannot be read is not said"
