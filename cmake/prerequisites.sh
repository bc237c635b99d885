#!/bin/sh
# Gets a Debian machine ready to build SiteBridge for Windows and to test it under Wine: installs the
# packages that are missing, as root or with sudo, and builds cmocka from Debian's source package
# into build/cmocka-x86_64 and build/cmocka-i686. Where nothing is missing it does nothing.
#
#   prerequisites.sh [analyze] [window] [BUILD-FOLDER]
#   prerequisites.sh model | samples
#
# analyze: with what test/analyze.sh needs as well. window: with a display for the tests of the small
# shell's window, and what its picture in samples is made with. model: only what test/model/run.sh needs.
# samples: only what samples/run.sh and howto.sh need, which is no cmocka.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
analyze=
if [ "${1-}" = analyze ]; then
    analyze=yes
    shift
fi
window=
if [ "${1-}" = window ]; then
    window=yes
    shift
fi
model=
if [ "${1-}" = model ]; then
    model=yes
    shift
fi
samples=
if [ "${1-}" = samples ]; then
    samples=yes
    shift
fi
build=${1:-$root/build}
mkdir -p "$build"
build=$(cd "$build" && pwd)
log=$build/prerequisites.log

die() {
    echo "prerequisites.sh: $*" >&2
    exit 1
}

# logged COMMAND...: what it prints is worth reading only where it fails.
logged() {
    "$@" </dev/null >"$log" 2>&1 || {
        cat "$log" >&2
        die "failed: $*"
    }
}

# want "PACKAGE..." THING...: any of the things, a command or a full path, shows that it is here.
missing=
want() {
    packages=$1
    shift
    for thing; do
        case $thing in
            /*) [ ! -e "$thing" ] || return 0 ;;
            *) ! command -v "$thing" >/dev/null || return 0 ;;
        esac
    done
    missing="$missing $packages"
}

if [ -n "$model" ]; then
    want spin spin
    want "gcc libc6-dev" cc
else
    want cmake cmake
    want ninja-build ninja
    want gcc-mingw-w64-x86-64-win32 x86_64-w64-mingw32-gcc-win32 x86_64-w64-mingw32-gcc
    want mingw-w64-tools x86_64-w64-mingw32-widl
    want "wine wine64" wine
    want libwine-dev /usr/include/wine/wine/windows/unknwn.idl /usr/include/wine/windows/unknwn.idl \
        /opt/wine-stable/include/wine/windows/unknwn.idl
fi
if [ -z "$model$samples" ]; then
    want g++-mingw-w64-x86-64-win32 x86_64-w64-mingw32-g++-win32 x86_64-w64-mingw32-g++
    want gcc-mingw-w64-i686-win32 i686-w64-mingw32-gcc-win32 i686-w64-mingw32-gcc
    want g++-mingw-w64-i686-win32 i686-w64-mingw32-g++-win32 i686-w64-mingw32-g++
    want pkg-config pkg-config
fi
if [ -n "$analyze" ]; then
    want clang clang
    want clang-tidy clang-tidy
    want clang-format clang-format
    want cppcheck cppcheck
fi
if [ -n "$window" ]; then
    want xvfb Xvfb
    want imagemagick import
    want fonts-wine /usr/share/wine/fonts/marlett.ttf
fi

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

install_packages() {
    echo "installing:$missing"
    command -v apt-get >/dev/null || die "this is not Debian; please install the like of:$missing"
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
        die "must be root, or have sudo, to install:$missing"
    # Another vendor's archive may be out of order; whether Debian's is shows at once below.
    as_root apt-get -q update </dev/null >"$log" 2>&1 || :
    # shellcheck disable=SC2086  # a list of packages
    logged as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
        -o DPkg::Lock::Timeout=300 install $missing
}

# The machine's own entries for Debian's main archive, as entries for its sources: apt reads the
# first form from a file named *.list, the second from one named *.sources.
suites() {
    # shellcheck source=/dev/null
    (. /etc/os-release && printf '%s' "${VERSION_CODENAME:-stable}|stable|testing|unstable|sid")
}
derive_lists() {
    cat "$etc/sources.list" "$etc"/sources.list.d/*.list 2>/dev/null | awk -v suites="$(suites)" '
        { sub(/#.*/, "") }
        /^[ \t]*deb[ \t]/ {
            sub(/^[ \t]*deb[ \t]+/, "")
            options = ""
            if (match($0, /^\[[^]]*\][ \t]*/)) {
                options = substr($0, 1, RLENGTH)
                $0 = substr($0, RLENGTH + 1)
            }
            main = 0
            for (i = 3; i <= NF; i++)
                main = main || $i == "main"
            if (main && $2 ~ "^(" suites ")(-updates|-security)?$")
                print "deb-src " options $1 " " $2 " main"
        }'
}
derive_stanzas() {
    for file in "$etc"/sources.list.d/*.sources; do
        [ -f "$file" ] || continue
        sed -e '/^#/d' -e 's/^[ \t\r]*$//' "$file"
        echo
    done | awk -v suites="$(suites)" '
        function end_of_stanza(    i, n, words, found) {
            n = split(value["suites"], words)
            for (i = 1; i <= n; i++)
                if (words[i] ~ "^(" suites ")(-updates|-security)?$")
                    found = found " " words[i]
            if (found != "" && tolower(value["enabled"]) !~ /no|false|off|disable|without/ &&
                (" " value["types"] " ") ~ /[ \t\n]deb[ \t\n]/ &&
                (" " value["components"] " ") ~ /[ \t\n]main[ \t\n]/) {
                print "Types: deb-src\nSuites:" found "\nComponents: main" kept "\n"
            }
            split("", value)
            kept = name = ""
        }
        /^$/ { end_of_stanza(); next }
        /^[ \t]/ {
            value[name] = value[name] "\n" $0
            if (keep) kept = kept "\n" $0
            next
        }
        {
            name = tolower(substr($0, 1, index($0, ":") - 1))
            value[name] = substr($0, index($0, ":") + 1)
            keep = name !~ /^(types|suites|components|enabled|architectures)$/
            if (keep) kept = kept "\n" $0
        }
        END { end_of_stanza() }'
}

# apt, with sources and state of its own, so that the machine's stay as they are.
apt_sources() {
    apt-get -q -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$work/parts" \
        -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" \
        -o APT::Sandbox::User="$(id -un)" "$@"
}

fetch_cmocka() {
    command -v apt-get >/dev/null || die "this is not Debian; please build cmocka into $build"
    etc=/etc/apt
    mkdir -p "$work/parts" "$work/lists/partial" "$work/cache/archives/partial" "$work/source"
    derive_lists >"$work/parts/debian.list"
    derive_stanzas >"$work/parts/debian.sources"
    [ -s "$work/parts/debian.list" ] || [ -s "$work/parts/debian.sources" ] ||
        die "found no entry for Debian's main archive in $etc, to get cmocka's source with"
    apt_sources update </dev/null >"$log" 2>&1 || :
    cd "$work/source"
    # Of a source package, the archive is enough.
    logged apt_sources --download-only --tar-only source cmocka
    logged cmake -E tar xf cmocka_*.orig.tar.*z
    cd "$root"
}

build_cmocka() {
    logged cmake -G Ninja -S "$work"/source/cmocka-* -B "$work/build-$1" \
        -DCMAKE_TOOLCHAIN_FILE="$root/cmake/toolchains/mingw-w64-$1.cmake" \
        -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_INSTALL_PREFIX="$work/cmocka-$1" \
        -DCMAKE_INSTALL_LIBDIR=lib -DSITEBRIDGE_WINEPREFIX="$build/wine" \
        -DWITH_STATIC_LIB=ON -DBUILD_SHARED_LIBS=OFF -DWITH_EXAMPLES=OFF -DUNIT_TESTING=OFF
    logged cmake --build "$work/build-$1" --target install
    rm -rf "$build/cmocka-$1"
    mv "$work/cmocka-$1" "$build/cmocka-$1"
}

[ -z "$missing" ] || install_packages
[ -z "$model$samples" ] || exit 0

for processor in x86_64 i686; do
    [ ! -e "$build/cmocka-$processor/include/cmocka.h" ] || continue
    if [ -z "${work-}" ]; then
        echo "building cmocka from Debian's source package"
        work=$(mktemp -d)
        trap 'rm -rf "$work"' EXIT
        trap 'exit 1' HUP INT TERM
        fetch_cmocka
    fi
    build_cmocka $processor
done
