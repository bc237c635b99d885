#!/bin/sh
# command.sh FOLDER PACKAGE SHELL...
#
# The package scans again on command, and finds the same; and all references come back.
set -eu
# shellcheck source=test/samples/hosts.sh
. "$(dirname "$0")/hosts.sh"

cat expected.txt expected.txt >twice.txt
mv twice.txt expected.txt
check_unusual 'the command' "$@" --command
