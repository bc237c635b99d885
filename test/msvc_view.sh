#!/bin/sh
# Shows the headers and sources to clang as Visual C++ for x64, x86 and ARM64 would see them, against
# Wine's headers, which are written for Visual C++ too. Fails on what would be an error there, and on
# any extension of GNU's. Nothing is built.
#
#   msvc_view.sh [FILE...]      all of them, unless some are named
#
# Wine has no C++ library: the little that is included of one is gcc's for mingw-w64.
#
# Where SITEBRIDGE_WINDOWS_SDK names a folder with the real headers, those are used: the SDK's, with the UCRT's,
# and Visual C++'s own, anywhere below it, as xwin or a mounted Windows lays them out; of several, the newest.
set -eu
cd "$(dirname "$0")/.."

sh cmake/prerequisites.sh analyze
for wine in /usr/include/wine/wine /usr/include/wine /opt/wine-stable/include/wine; do
    [ ! -e "$wine/msvcrt/stdio.h" ] || break
done
clang=$(clang -print-resource-dir)/include

# newest PATTERN: the folder of the newest file below the SDK whose path ends so.
newest() {
    found=$(find -L "$SITEBRIDGE_WINDOWS_SDK" -type f -ipath "*/$1" | sort -V | tail -n 1)
    [ -n "$found" ] || {
        echo "msvc_view: no $1 below SITEBRIDGE_WINDOWS_SDK" >&2
        exit 1
    }
    dirname "$found"
}

# The macros are for what Wine's headers lack, and for what they define although clang has it built in.
if [ -n "${SITEBRIDGE_WINDOWS_SDK-}" ]; then
    um=$(newest um/windows.h)
    shared=$(newest shared/winerror.h)
    ucrt=$(newest ucrt/stdio.h)
    visual=$(newest include/vcruntime.h)
    system() {
        "$@" -isystem "$clang" -isystem "$visual" -isystem "$ucrt" -isystem "$shared" -isystem "$um"
    }
else
    gcc=$(command -v x86_64-w64-mingw32-g++-win32 || command -v x86_64-w64-mingw32-g++)
    library=$(dirname "$("$gcc" -print-libgcc-file-name)")/include/c++
    system() {
        "$@" -isystem "$wine/msvcrt" -isystem "$wine/windows" -isystem "$clang" \
            -isystem "$library" -isystem "$library/x86_64-w64-mingw32" \
            '-DCallbackMayRunLong(instance)=((void)(instance), TRUE)' \
            '-DGetProcessHandleCount=GetExitCodeProcess' \
            '-DIsReparseTagNameSurrogate(tag)=(((tag) & 0x20000000) != 0)' \
            '-D_get_heap_handle()=(intptr_t)0' '-DMAXULONGLONG=(~(ULONGLONG)0)' \
            -D_InterlockedCompareExchange128=unused '-D__uuidof(type)=IID_IUnknown' -DWINE_UNICODE_NATIVE
    }
fi

# The samples include what the IDL compiler makes.
generated=$(mktemp -d)
trap 'rm -rf "$generated"' EXIT
trap 'exit 1' HUP INT TERM
x86_64-w64-mingw32-widl -I "$wine/windows" -h -o "$generated/vsservices.h" samples/idl/vsservices.idl

# All but the proxies' own source, which is made of the IDL compiler's macros; and the two files that are made of
# the library's.
if [ $# -eq 0 ]; then
    made=build/msvc_view
    { cmake --preset mingw-x86_64 -B $made -DSITEBRIDGE_BUILD_TESTS=OFF -DSITEBRIDGE_BUILD_SAMPLES=OFF &&
        cmake --build $made --target amalgamation; } >build/msvc_view.log 2>&1 || {
        cat build/msvc_view.log
        exit 1
    }
    # shellcheck disable=SC2046  # names without blanks
    set -- include/sitebridge/*.h* $made/amalgamation/sitebridge.[ch]* \
        $(find src samples test '(' -name '*.c' -o -name '*.cpp' ')' ! -name vsservices_ps.c | sort)
fi

# view OPTION... FILE
view() {
    system clang --target="$machine-pc-windows-msvc" -fms-extensions -fms-compatibility \
        -fms-compatibility-version=19.37 -fsyntax-only -nostdinc \
        -isystem build/cmocka-x86_64/include -isystem "$generated" \
        -Iinclude -Isrc -Itest -Isamples/idl -Isamples/shell -D_WIN32_WINNT=0x0602 \
        -Wall -Wextra -Wgnu -Werror -pedantic-errors "$@"
}

# In C++: __uuidof is for Visual C++ no more than a keyword. Those for x86 define too much that clang has built in.
view_cpp() {
    [ $machine != i686 ] || [ -n "${SITEBRIDGE_WINDOWS_SDK-}" ] || return 0
    for standard in c++17 c++20 c++2b; do
        view -std=$standard -D__STRICT_ANSI__ -fexceptions -fcxx-exceptions -Wno-language-extension-token \
            -x c++ "$1" || return 1
    done
}

failed=0
for machine in x86_64 i686 aarch64; do
    for file; do
        case $file in
            *.h)
                view -std=c11 -x c "$file" || failed=1
                view -std=c17 -x c "$file" || failed=1
                view_cpp "$file" || failed=1
                ;;
            *.hpp | *.cpp)
                view_cpp "$file" || failed=1
                ;;
            *)
                macros=-DCOBJMACROS
                ! grep -q 'define COBJMACROS' "$file" || macros=
                view -std=c11 $macros "$file" || failed=1
                ;;
        esac
    done
done
[ $failed -ne 0 ] || echo "msvc_view: nothing found in $# files"
exit $failed
