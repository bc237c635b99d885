#!/bin/sh
# Looks at the sources with gcc's analyzer, clang, clang-tidy and cppcheck, and fails where one of them
# finds what test/analyze.accepted does not explain.
#
#   analyze.sh [gcc|clang|tidy|cppcheck|format|heap]...   the first four unless some are named
#
# format shows what clang-format would change in src, include, samples and test. heap runs the tests of
# build/mingw-x86_64, but for some, while Wine checks the heap.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
accepted=test/analyze.accepted
jobs=$(nproc 2>/dev/null || echo 2)
failed=0

# clang's every warning, but for:
#   padded                                  that a structure has a hole is no fault
#   cast-align                              CONTAINING_RECORD goes through char *
#   reserved-identifier, reserved-macro-identifier, non-virtual-dtor
#                                           what MIDL makes of an interface, in C and in C++
#   c++98-compat                            the headers are for C++17
#   weak-vtables                            sitebridge.hpp has no source of its own
#   old-style-cast, exit-time-destructors, global-constructors
#                                           cmocka's and the harness's macros in C++, and its tests' statics
#   switch-enum                             a default stands for the rest on purpose
#   cast-qual, bad-function-cast            cmocka and GetProcAddress hand things on as void *
#   used-but-marked-unused, missing-variable-declarations
#                                           mingw-w64's printf, widl's IIDs
clang_warnings="-Weverything -Wno-padded -Wno-cast-align -Wno-reserved-identifier
    -Wno-reserved-macro-identifier -Wno-non-virtual-dtor -Wno-c++98-compat -Wno-c++98-compat-pedantic
    -Wno-weak-vtables -Wno-old-style-cast -Wno-exit-time-destructors -Wno-global-constructors
    -Wno-switch-enum -Wno-cast-qual -Wno-bad-function-cast -Wno-used-but-marked-unused
    -Wno-missing-variable-declarations"

# quietly COMMAND...: what it prints is worth reading only where it fails, without Ninja's progress.
quietly() {
    "$@" >build/analyze.log 2>&1 || {
        grep -v '^\[[0-9]*/[0-9]*] [A-Z][a-z]* ' build/analyze.log
        echo "failed: $*"
        exit 1
    }
}

# sources FOLDER...: the C files there, but for the one that is made of the IDL compiler's macros.
sources() {
    find "$@" -name '*.c' ! -name vsservices_ps.c | sort
}

# judge TOOL FILE: of the findings in FILE, those that are not accepted.
judge() {
    LC_ALL=C awk -v tool="$1" -v root="$root/" '
        function text_of(file, number,    line, i) {
            for (i = 1; i <= number; i++)
                if ((getline line < file) <= 0)
                    break
            close(file)
            sub(/^[ \t]*/, "", line)
            return line
        }
        function accepts(i, file, text, check,    pattern) {
            pattern = files[i]
            gsub(/[.+]/, "[&]", pattern)
            gsub(/\*/, ".*", pattern)
            return file ~ ("^" pattern "$") && index(text, texts[i]) && index(check, checks[i])
        }
        FNR == NR {
            if (/^(#|$)/) next
            if (/^ / && entries) { reasons[entries] = 1; next }
            split($0, part, " [|] ")
            if (part[1] != tool) { entries++; reasons[entries] = used[entries] = 1; next }
            entries++
            mine[entries] = 1
            files[entries] = part[2]; texts[entries] = part[3]; checks[entries] = part[4]
            entry[entries] = $0
            next
        }
        match($0, /^[^ :]+:[0-9]+:[0-9]+: [a-z ]+: .*\[/) {
            where = $0
            if (index(where, root) == 1) where = substr(where, length(root) + 1)
            split(where, place, ":")
            if (place[1] ~ /^(\/|build\/)/ || seen[where]++) next
            check = where
            sub(/.*\[/, "", check)
            text = text_of(place[1], place[2])
            found = 0
            for (i in mine)
                if (accepts(i, place[1], text, check)) found = used[i] = 1
            if (!found) { print where; print "    " text; bad++ }
        }
        END {
            for (i = 1; i <= entries; i++) {
                if (!reasons[i]) { print "no reason: " entry[i]; bad++ }
                if (!used[i]) { print "not found any more: " entry[i]; bad++ }
            }
            exit bad > 0
        }' "$accepted" "$2"
}

verdict() {
    if judge "$1" "build/analyze-$1.txt"; then
        echo "$2: nothing to explain"
    else
        echo "$2: see above"
        failed=1
    fi
}

# build_afresh TOOL PRESET FLAGS FLAGS-FOR-C++: compiles everything, so that every finding is seen.
build_afresh() {
    quietly cmake --preset "$2" -B "build/analyze-$1" -DSITEBRIDGE_WERROR=OFF \
        "-DCMAKE_C_FLAGS=$3" "-DCMAKE_CXX_FLAGS=$4"
    quietly cmake --build "build/analyze-$1" --clean-first -- -k 0
    cp build/analyze.log "build/analyze-$1.txt"
}

# Its analyzer is for C: of C++ it does not know that new throws.
run_gcc() {
    plain=-fdiagnostics-plain-output
    build_afresh gcc mingw-x86_64 "-fanalyzer $plain" $plain
    verdict gcc "gcc -fanalyzer"
}

run_clang() {
    # shellcheck disable=SC2086,SC2116  # on one line
    warnings=$(echo $clang_warnings)
    build_afresh clang mingw-x86_64-clang "$warnings" "$warnings"
    verdict clang "clang -Weverything"
}

run_tidy() {
    [ -f build/analyze-clang/compile_commands.json ] || run_clang
    # Its complaints of what it was told to leave out are on standard error.
    sources src samples | xargs -n 4 -P "$jobs" \
        clang-tidy -p build/analyze-clang --quiet >build/analyze-tidy.txt 2>/dev/null || :
    verdict tidy clang-tidy
}

# cppcheck goes without the system's headers, which it is slow with, so it is told what the few macros
# are that change what a line of code is. Left out: variableScope, since declarations stand at the top of
# their function, and constParameter, since COM fixes the signatures.
run_cppcheck() {
    sources src samples test |
        cppcheck --quiet --file-list=- --std=c11 --platform=win64 --library=windows \
            --enable=warning,style,performance,portability \
            --suppress=variableScope --suppress=constParameter \
            -Iinclude -Isrc -Itest -D_WIN32_WINNT=0x0602 -DCOBJMACROS \
            -DSTDAPI=HRESULT '-DSTDAPI_(type)=type' -DDECLSPEC_SELECTANY= \
            --template='{file}:{line}:{column}: {severity}: {message} [{id}]' \
            >build/analyze-cppcheck.txt 2>&1 || { cat build/analyze-cppcheck.txt; exit 1; }
    verdict cppcheck cppcheck
}

run_format() {
    total=0 changed=0
    for file in $(find src include samples test -name '*.[ch]' -o -name '*.[ch]pp' | sort); do
        lines=$(clang-format "$file" | diff "$file" - | grep -c '^<' || :)
        total=$((total + $(wc -l <"$file"))) changed=$((changed + lines))
        [ "$lines" -eq 0 ] || echo "$file: $lines lines"
    done
    echo "clang-format: would change $changed of $total lines"
}

# In a prefix of its own, where Windows' GlobalFlag has Wine mark what lies behind each block and what
# is free, and look at it all whenever the heap is called. What it finds are lines of its channel heap.
#
# Wine 8.0 marks a block after it has let go of the heap's lock, and so finds fault with blocks that other
# threads are just getting. What a program has really spoilt is found every time: one that is clean once
# is clean. Not run are those of a label that takes minutes so, bridge and sites, where many threads
# allocate all the time, and invoke and post, where a call crashes and Wine's NdrProxyFreeBuffer frees its buffer
# twice; cpp_post and closing post as well.
heap_labels='unit|platform'
heap_left_out='^(bridge|sites|invoke|post)$'
heap_tries=5
reports_of_heap='[0-9a-f]*:(err|warn):heap:'

heap_is_clean() {
    said=build/analyze-heap-$1.txt
    for try in $(seq $heap_tries); do
        if timeout 300 sh cmake/wine.sh "build/mingw-x86_64/bin/test_$1.exe" </dev/null >"$said" 2>&1 &&
            ! grep -Eq "$reports_of_heap" "$said"; then
            return 0
        fi
    done
    grep -E "$reports_of_heap|ERROR|FAILED" "$said"
    return 1
}

run_heap() {
    export SITEBRIDGE_WINEPREFIX="$root/build/wine-heap"
    quietly sh cmake/wine.sh reg add 'HKLM\System\CurrentControlSet\Control\Session Manager' \
        /v GlobalFlag /t REG_DWORD /d 0xf0 /f
    export WINEDEBUG=-all,err+heap,warn+heap
    gcc=$(command -v x86_64-w64-mingw32-gcc-win32 || command -v x86_64-w64-mingw32-gcc)
    echo '#include <stdlib.h>
        int main(void) { volatile char *p = malloc(8); p[8] = 1; free((void *)p); return 0; }' |
        "$gcc" -x c -O0 -w -static-libgcc - -o build/overrun.exe
    sh cmake/wine.sh build/overrun.exe >build/analyze.log 2>&1 || :
    grep -Eq "$reports_of_heap" build/analyze.log || {
        echo "heap: this Wine did not see a write behind a block"
        exit 1
    }
    quietly cmake --preset mingw-x86_64
    quietly cmake --build --preset mingw-x86_64
    programs=$(ctest --preset mingw-x86_64 -N -L "$heap_labels" -E "$heap_left_out" |
        sed -n 's/^ *Test *#[0-9]*: //p')
    rm -f build/analyze-heap-*.txt build/analyze-heap.dirty
    count=0
    for program in $programs; do
        [ -e "build/mingw-x86_64/bin/test_$program.exe" ] || continue
        { heap_is_clean "$program" || echo "heap: $program is not clean" | tee -a build/analyze-heap.dirty; } &
        count=$((count + 1))
        # Two at a time.
        [ $((count % 2)) -ne 0 ] || wait
    done
    wait
    unset SITEBRIDGE_WINEPREFIX WINEDEBUG
    if [ -e build/analyze-heap.dirty ]; then
        failed=1
    else
        echo "Wine's heap checking: nothing found in $count programs"
    fi
}

mkdir -p build
[ $# -gt 0 ] || set -- gcc clang tidy cppcheck
sh cmake/prerequisites.sh analyze
for tool; do
    case $tool in
        gcc | clang | tidy | cppcheck | format | heap) "run_$tool" ;;
        *)
            echo "analyze.sh: $tool: it is one of gcc, clang, tidy, cppcheck, format, heap" >&2
            exit 2
            ;;
    esac
done
exit $failed
