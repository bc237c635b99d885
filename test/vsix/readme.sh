#!/bin/sh
# readme.sh FOLDER WINEPREFIX TEMPLATE...
#
# Does what the README tells who wants a package of his own, word by word, in a copy of this tree that is called
# sitebridge, in a path with blanks: with the first TEMPLATE all of it, with the others what comes after installing, with
# their names in the place of the first one's.
set -eu
folder=$1
SITEBRIDGE_WINEPREFIX=${SITEBRIDGE_WINEPREFIX:-$2}
export SITEBRIDGE_WINEPREFIX
shift 2
first=$1

cd "$(dirname "$0")/../.."
rm -rf "$folder"
clone="$folder/a path/sitebridge"
mkdir -p "$clone"
cp -r CMakeLists.txt CMakePresets.json LICENSE README.md cmake include samples src test "$clone"
cd "$clone"

sed -n '/^## A package of your own$/,/^## /p' README.md | sed -n '/^```sh$/,/^```$/{/^```/!p;}' >steps.sh
for template; do
    grep -q "\`samples/$template\`" README.md && grep -q "^cp -r samples/$first " steps.sh &&
        grep -q 'shell.exe' steps.sh || {
        echo "readme.sh: the README has no such steps" >&2
        exit 1
    }
    if [ "$template" != "$first" ]; then
        rm -rf ../my_package
        sed -i -n "/^cp -r /,\$p" steps.sh
        sed -i "s|samples/$first |samples/$template |" steps.sh
        first=$template
    fi
    sh -ex steps.sh >said.txt 2>&1 || {
        cat said.txt >&2
        exit 1
    }
    grep 'Hello from the background' said.txt
    [ -s ../my_package/build/my_package.vsix ]
done
