#!/bin/sh
# howto.sh
#
# Builds and runs, under Wine, the ten lines of Microsoft's "How to: Get a Service from a Background Thread (C++)" and
# SiteBridge side by side, and prints a table: what a package meets, and what comes of it in either. Ends with 0
# where SiteBridge has done all of it.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
case ${1-} in
    '') ;;
    -h | --help)
        sed -n '2,/^set /s/^# \{0,1\}//p' "$0"
        exit 0
        ;;
    *)
        echo "howto.sh: $1 is not understood; see howto.sh --help" >&2
        exit 2
        ;;
esac

# shellcheck source=samples/build.sh
. "$root/samples/build.sh"
build howto
exec sh cmake/wine.sh "$build/bin/howto.exe"
