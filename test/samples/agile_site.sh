#!/bin/sh
# agile_site.sh FOLDER PACKAGE SHELL...
#
# Where the shell's site and its status bar are agile and go to the main thread by themselves, the package
# finds the same: the bridge calls the site as it is, and everything runs on the main thread. So it does where
# the other services have no proxies.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
package=$2
shift 2

fail() {
    echo "agile_site.sh: $*" >&2
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
without_bridge found.txt >expected.txt

# The shell fails as well where a service runs on another thread than its main one.
for option in --agile-site --no-proxies; do
    rc=0
    "$@" --agile-site "$option" --until-idle --timeout 60 "$package" tree >agile.txt 2>said.txt || rc=$?
    [ $rc -eq 0 ] || fail "$option: the shell ended with $rc"
    without_bridge agile.txt | cmp expected.txt - || fail "$option: the result is another"
    grep -q 'of them were brought to the main thread by the services themselves' said.txt ||
        fail "$option: the services did not go to the main thread"
    [ "$(sed -n 's/.*references .*: site/site/p' said.txt | uniq -c | sed 's/^ *//')" = \
        '2 site 1, output window 1, status bar 1, solution 1, asynchronous provider 1' ] ||
        fail "$option: the references did not come back"
    # Without proxies the package works through SiteBridgeInvoke, which takes COM's way to the main thread.
    [ "$option" = --no-proxies ] || grep -q '^bridge: 1 packets marshaled, 0 unmarshaled' agile.txt ||
        fail "the bridge made a proxy of a site that needs none: $(tail -1 agile.txt)"
done
