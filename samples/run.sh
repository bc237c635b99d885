#!/bin/sh
# run.sh [FOLDER]
#
# Builds everything that is needed, and runs the sample package in the small shell, under Wine, on FOLDER
# (this project, unless one is named). The shell loads the package by its .pkgdef, as Visual Studio does,
# and prints what the package finds: every line there that holds TODO, FIXME or HACK.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
case ${1-} in
    -h | --help)
        sed -n '2,/^set /s/^# \{0,1\}//p' "$0"
        exit 0
        ;;
    -*)
        echo "run.sh: there is no option $1; see run.sh --help" >&2
        exit 2
        ;;
esac
folder=${1-$root}
if [ ! -d "$folder" ]; then
    echo "run.sh: $folder: there is no such folder" >&2
    exit 6
fi
folder=$(cd "$folder" && pwd)

# shellcheck source=samples/build.sh
. "$root/samples/build.sh"
build shell todo_package_vsix vsservices_ps

# Wine's drive Z: is the file system's root.
exec sh cmake/wine.sh "$build/bin/shell.exe" --until-idle "$build/bin/todo_package.pkgdef" "Z:$folder"
