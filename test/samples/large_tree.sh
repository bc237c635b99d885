#!/bin/sh
# Makes the folder $1, where it is not there: 12,000 files, enough for a scan to be in the middle of.
set -eu
[ ! -d "$1" ] || exit 0
rm -rf "$1.new"
mkdir -p "$1.new/0"
i=0
while [ $i -lt 200 ]; do
    echo "int i; // TODO" >"$1.new/0/$i.c"
    i=$((i + 1))
done
i=1
while [ $i -lt 60 ]; do
    cp -R "$1.new/0" "$1.new/$i"
    i=$((i + 1))
done
mv "$1.new" "$1"
