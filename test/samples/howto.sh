#!/bin/sh
# howto.sh HOWTO...
#
# What it prints is the table at the README's top. There the ten lines fail with Wine's HRESULTs: on Windows they may be
# others.
set -eu
readme=$(dirname "$0")/../../README.md

rc=0
said=$("$@") || rc=$?
[ $rc -ne 126 ] || exit 77
said=$(echo "$said" | tr -d '\r')
table=$(sed -n '/^## What goes wrong without it$/,/^## Example$/{/^|/p;}' "$readme")
case $(uname -s) in
    *_NT-*)
        # shellcheck disable=SC2016  # Markdown's quotes
        any='s/`[0-9A-Za-z_]*`\|\*\*crashes\*\*/a failure/g'
        said=$(echo "$said" | sed -e "$any")
        table=$(echo "$table" | sed -e "$any")
        ;;
esac
[ $rc -ne 0 ] || [ "$said" != "$table" ] || exit 0
echo "howto.sh: it ended with $rc, and the README has another table than this:" >&2
echo "$said" >&2
exit 1
