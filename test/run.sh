#!/bin/sh
# Builds SiteBridge with warnings as errors and runs every test; installs what is missing for it
# first. The last line says how many tests passed and failed.
set -eu
cd "$(dirname "$0")/.."

# quietly COMMAND...: what it prints is worth reading only where it fails.
quietly() {
    "$@" >build/run.log 2>&1 || {
        cat build/run.log
        echo "failed: $*"
        exit 1
    }
}

build_preset() {
    echo "building $1"
    quietly cmake --preset "ci-$1"
    quietly cmake --build --preset "$@"
}

# Counts the tests inside each program by what cmocka says of them, and a program that ended without
# cmocka's word as one.
count() {
    awk '
        /^[0-9]+\/[0-9]+ Testing: / { good = bad = ignored = 0 }
        match($0, /\[  PASSED  \] [0-9]+ test/) { good += substr($0, RSTART + 13) }
        match($0, /\[  FAILED  \] [0-9]+ test/) { bad += substr($0, RSTART + 13) }
        match($0, /\[  SKIPPED \] [0-9]+ test/) { ignored += substr($0, RSTART + 13) }
        /^Test Passed\./ { if (good + ignored == 0) good = 1; total() }
        /^Test (Failed|Timeout)|^Unable to find executable/ { if (bad == 0) bad = 1; total() }
        function total() { passed += good; failed += bad; skipped += ignored }
        END { print passed + 0, failed + 0, skipped + 0 }' "$1"
}

passed=0 failed=0 skipped=0
test_preset() {
    echo "testing $1"
    # Wine's services start with its first program, which should not be a test.
    [ -z "${wine-}" ] || sh cmake/wine.sh cmd /c vol z: >/dev/null 2>&1 || :
    result=0
    ctest --preset "$1" -j "$jobs" || result=$?
    # shellcheck disable=SC2046  # three numbers
    set -- $(count "build/$1/Testing/Temporary/LastTest.log")
    [ $result -eq 0 ] || [ "$2" -gt 0 ] || set -- "$1" 1 "$3"
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

mkdir -p build
jobs=$(nproc 2>/dev/null || echo 2)
case $(uname -s) in
    *_NT-*)
        build_preset msys2
        test_preset msys2
        ;;
    *)
        sh cmake/prerequisites.sh
        sh cmake/wine.sh --prepare
        wine=yes
        build_preset mingw-x86_64
        build_preset mingw-x86_64-shared --target sitebridge
        build_preset mingw-x86_64-amalgamated
        build_preset mingw-i686
        test_preset mingw-x86_64
        test_preset mingw-x86_64-amalgamated
        if sh cmake/wine.sh --has-32bit; then
            test_preset mingw-i686
        else
            echo "mingw-i686 not run: no 32-bit Wine here"
        fi
        ;;
esac

summary="$passed passed, $failed failed"
[ $skipped -eq 0 ] || summary="$summary, $skipped skipped"
echo "$summary"
[ $failed -eq 0 ]
