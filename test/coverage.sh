#!/bin/sh
# Which lines and branches of src the tests execute under Wine, file by file; every line that none does
# is printed with the reason that test/coverage.accounted has for it. Fails where there is none, and
# below 98 % of the lines or 90 % of the branches.
#
#   coverage.sh [CTEST-ARGUMENT...]     to run some of the tests only, for example: -L unit
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
preset=mingw-x86_64-coverage
build=build/$preset

quietly() {
    "$@" >build/coverage.log 2>&1 || {
        grep -v '^\[[0-9]*/[0-9]*] [A-Z][a-z]* ' build/coverage.log
        echo "failed: $*"
        exit 1
    }
}

mkdir -p build
sh cmake/prerequisites.sh
quietly cmake --preset $preset
quietly cmake --build --preset $preset
find "$build" -name '*.gcda' -exec rm -f {} +

# One by one: the programs add to the same files. What they take for a path is on Wine's drive Z:.
tests=0
GCOV_PREFIX=Z: ctest --preset $preset "$@" >build/coverage.log 2>&1 || {
    cat build/coverage.log
    tests=1
}

gcov=$(command -v x86_64-w64-mingw32-gcov-win32 || command -v x86_64-w64-mingw32-gcov)
rm -rf "$build/gcov"
mkdir "$build/gcov"
find "$root/$build" -path '*/src/*' -name '*.gcda' | while read -r data; do
    folder=$(mktemp -d "$build/gcov/XXXXXX")
    (cd "$folder" && "$gcov" --branch-probabilities --branch-counts --preserve-paths "$data")
done >"$build/gcov.log" 2>&1

# A header is compiled with every file that includes it, and some tests compile the library once more:
# what one of them executes is executed.
LC_ALL=C awk -v source="$root/src/" '
    FILENAME ~ /\.accounted$/ {
        if (/^ / && entries) {
            sub(/^ +/, "")
            reason[entries] = reason[entries] (reason[entries] ? " " : "") $0
        } else if (!/^(#|$)/) {
            entry[++entries] = $0
        }
        next
    }
    FNR == 1 { file = "" }
    /^ *-: +0:Source:/ {
        sub(/^ *-: +0:Source:/, "")
        if (index($0, source) == 1) file = "src/" substr($0, length(source) + 1)
        next
    }
    !file { next }
    /^function / { name = $2; next }
    /^branch / {
        b = file SUBSEP line SUBSEP $2
        branch[b] += 0
        if ($3 == "taken" && $4 + 0 > 0) branch[b] = 1
        next
    }
    /^ *([0-9]+\*?|#####): *[0-9]+:/ {
        count = $0; sub(/:.*/, "", count)
        text = $0; sub(/^[^:]*: *[0-9]+:[ \t]*/, "", text)
        line = $0; sub(/^[^:]*: */, "", line); sub(/:.*/, "", line)
        l = file SUBSEP line
        hit[l] += 0
        if (count !~ /#/ && count + 0 > 0) hit[l] = 1
        in_function[l] = name; content[l] = text
        files[file]; if (line + 0 > last[file] + 0) last[file] = line + 0
        next
    }
    function account(l, file,    i, part) {
        for (i = 1; i <= entries; i++) {
            split(entry[i], part, " [|] ")
            if (part[1] == file && part[2] == in_function[l] &&
                (part[3] == "*" || index(content[l], part[3]))) {
                used[i] = 1
                return reason[i]
            }
        }
        return ""
    }
    function percent(part, whole) { return whole ? 100 * part / whole : 100 }
    function row(name, lh, lf, bh, bf) {
        printf "%-28s %5d of %5d %6.1f %%   %5d of %5d %6.1f %%\n", name, lh, lf, percent(lh, lf), bh, bf,
            percent(bh, bf)
    }
    END {
        for (l in hit) { split(l, p, SUBSEP); lf[p[1]]++; lh[p[1]] += hit[l] }
        for (b in branch) { split(b, p, SUBSEP); bf[p[1]]++; bh[p[1]] += branch[b] }
        printf "%-28s %24s   %24s\n", "", "lines", "branches"
        for (file in files) {
            all_lh += lh[file]; all_lf += lf[file]; all_bh += bh[file]; all_bf += bf[file]
            names[++n] = file
        }
        for (i = 2; i <= n; i++)
            for (j = i; j > 1 && names[j - 1] > names[j]; j--) {
                t = names[j]; names[j] = names[j - 1]; names[j - 1] = t
            }
        for (i = 1; i <= n; i++)
            row(names[i], lh[names[i]], lf[names[i]], bh[names[i]], bf[names[i]])
        row("total", all_lh, all_lf, all_bh, all_bf)
        print ""
        for (i = 1; i <= n; i++)
            for (k = 1; k <= last[names[i]]; k++) {
                l = names[i] SUBSEP k
                if (!(l in hit) || hit[l]) continue
                why = account(l, names[i])
                printf "%s:%d: %s: %s\n    %s\n", names[i], k, in_function[l], content[l],
                    why ? why : "NOT ACCOUNTED FOR"
                if (!why) missing++
            }
        for (i = 1; i <= entries; i++) {
            if (!reason[i]) { print "no reason: " entry[i]; missing++ }
            if (!used[i]) print "executed this time: " entry[i]
        }
        failed = 0
        if (missing) { print missing " not accounted for"; failed = 1 }
        if (percent(all_lh, all_lf) < 98) { print "less than 98 % of the lines"; failed = 1 }
        if (percent(all_bh, all_bf) < 90) { print "less than 90 % of the branches"; failed = 1 }
        exit failed
    }' test/coverage.accounted "$build"/gcov/*/*.gcov
exit $tests
