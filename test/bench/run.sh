#!/bin/sh
# Measures what SiteBridge costs, under Wine, and prints it as a table; build/bench.json has the same.
# Worth something only where nothing else is running.
#
#   run.sh [--rounds N]
set -eu
cd "$(dirname "$0")/../.."
preset=mingw-x86_64
build=build/$preset

mkdir -p build
sh cmake/prerequisites.sh
sh cmake/wine.sh --prepare
{
    cmake --preset $preset
    cmake --build --preset $preset --target bench minimal_package
} >build/bench.log 2>&1 || {
    cat build/bench.log
    exit 1
}

code=$(x86_64-w64-mingw32-size --totals "$build/libsitebridge.a" | awk 'END { print $1 }')
dll=$(wc -c <"$build/bin/minimal_package.dll")
processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
echo "$(nproc) cores of ${processor:-an unknown processor}, $(wine --version 2>/dev/null), $(date -u +%Y-%m-%d)"
echo
sh cmake/wine.sh "$build/bin/bench.exe" --json build/bench.json "$@" \
    --bytes "code and constants of the static library" "$code" 0 \
    --bytes "a minimal package DLL, stripped" "$dll" 53248
