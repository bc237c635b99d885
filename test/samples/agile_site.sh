#!/bin/sh
# agile_site.sh FOLDER PACKAGE SHELL...
#
# Where the shell's site and its status bar are agile and go to the main thread by themselves, the package
# finds the same, and everything runs on the main thread. So it does where the other services have no proxies.
set -eu
# shellcheck source=test/samples/hosts.sh
. "$(dirname "$0")/hosts.sh"

for option in --agile-site --no-proxies; do
    check_unusual "$option" "$@" --agile-site "$option"
    grep -q 'of them were brought to the main thread by the services themselves' said.txt ||
        fail "$option: the services did not go to the main thread"
done
