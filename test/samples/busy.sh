#!/bin/sh
# busy.sh FOLDER PACKAGE SHELL...
#
# In a shell that rejects many of the calls that come in, the package finds what it finds in another, in the
# same order, and all references come back; also where it works on the main thread, and where only some of its
# calls are COM's to reject.
set -eu
# shellcheck source=test/samples/hosts.sh
. "$(dirname "$0")/hosts.sh"

for option in --busy --no-proxies --agile-site; do
    check_unusual "$option" "$@" --busy "$option"
    rejected=$(sed -n 's/^shell: \([0-9]*\) calls were rejected.*/\1/p' said.txt)
    [ "${rejected:-0}" -ge 4 ] || fail "$option: the shell was not busy"
done
