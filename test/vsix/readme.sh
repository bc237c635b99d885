#!/bin/sh
# readme.sh BUILD TOOLCHAIN WINEPREFIX FOLDER TEMPLATE
#
# Does what the README tells who wants a package of his own, word by word, from installing the library
# on: with BUILD and TOOLCHAIN in the place of the README's preset, and what it makes in FOLDER. TEMPLATE
# is the one that is copied: the README names another one for C++.
set -eu
build=$1
toolchain=$2
SITEBRIDGE_WINEPREFIX=${SITEBRIDGE_WINEPREFIX:-$3}
export SITEBRIDGE_WINEPREFIX
folder=$4
template=$5

cd "$(dirname "$0")/../.."
rm -rf "$folder"
mkdir -p "$folder"
sed -n '/^## A package of your own$/,/^## /p' README.md |
    sed -n '/^cmake --install /,/^[^a-z ]/{/^[a-z ]/p;}' |
    sed -e "s|build/mingw-x86_64|$build|g" -e "s|samples/template |samples/$template |" \
        -e "s|\"\$PWD/cmake/toolchains/[^\"]*\"|'$toolchain'|" \
        -e "s|\"\$PWD/build/\\([^\"]*\\)\"|'$folder/\\1'|" -e "s|build/installed|$folder/installed|" \
        -e "s|\\.\\./\\([a-z_]\\)|$folder/\\1|g" >"$folder/steps.sh"
grep -q "\`samples/$template\`" README.md && grep -q 'shell.exe' "$folder/steps.sh" || {
    echo "readme.sh: the README has no such steps" >&2
    exit 1
}
sh -ex "$folder/steps.sh" >"$folder/said.txt" 2>&1 || {
    cat "$folder/said.txt" >&2
    exit 1
}
grep 'Hello from the background' "$folder/said.txt"
[ -s "$folder/my_package/build/my_package.vsix" ]
