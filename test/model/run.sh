#!/bin/sh
# Checks the models of the library's protocols with spin, in every order of their steps: each as it is, and
# then with one line broken at a time, where it must fail. Installs what is missing for it first.
#
#   run.sh [MODEL ends|rounds [DEFINITION...]]
#
# ends: whether somebody waits for ever, or an assertion does not hold. rounds: whether somebody goes on for
# ever. With a MODEL, that search alone, as DEFINITIONs such as -DCALLERS=2 and -DBROKEN_... have it; the
# steps that lead to what is found are then in build/model/steps.txt.
set -eu
cd "$(dirname "$0")/../.."
root=$(pwd)
folder=$root/build/model
failed=0

# What is found with a broken line is mostly found by the first.
searches='
slots ends   -DCALLERS=1 -DHOMES=2 -DSITES=2
slots rounds -DCALLERS=1 -DHOMES=2 -DSITES=2
slots ends   -DCALLERS=2 -DHOMES=1 -DSITES=3
slots ends   -DCALLERS=3 -DHOMES=1 -DSITES=2
home  ends   -DCALLERS=1 -DDEADLINES=0 -DSESSIONS=2
home  ends   -DCALLERS=0 -DDEADLINES=1 -DSESSIONS=1
home  rounds -DCALLERS=1 -DDEADLINES=0 -DSESSIONS=2
home  ends   -DCALLERS=2 -DDEADLINES=0 -DSESSIONS=1
posts ends   -DPOSTERS=1 -DPOSTS=2 -DTROUBLE=1 -DPATIENT=1
posts ends   -DPOSTERS=1 -DPOSTS=2 -DSESSIONS=2 -DMTA=1
posts ends   -DPOSTERS=1 -DPOSTS=2 -DSESSIONS=2
posts ends   -DPOSTERS=1 -DPOSTS=2 -DTROUBLE=1
posts ends   -DPOSTERS=2 -DPOSTS=1 -DUNSITES=1
posts rounds -DPOSTERS=1 -DPOSTS=2 -DTROUBLE=1 -DPATIENT=1
'

# quietly COMMAND...: what it prints is worth reading only where it fails.
quietly() {
    "$@" >log 2>&1 || {
        cat log
        echo "failed: $*"
        exit 1
    }
}

# search MODEL ends|rounds DEFINITION...: prints a line, and sets found, to nothing where it holds. What an
# optimizing compiler gains in the search it takes for itself.
search() {
    name=$1 kind=$2
    shift 2
    case $kind in
        ends) flags=-DSAFETY options= ;;
        rounds) flags=-DNP options=-l ;;
    esac
    rm -rf "$folder"
    mkdir -p "$folder"
    cd "$folder"
    quietly spin -a "$@" "$root/test/model/$name.pml"
    quietly cc -DMEMLIM=1500 "$flags" -w -o pan pan.c
    started=$(date +%s)
    # shellcheck disable=SC2086  # none, or one
    quietly ./pan -m100000 $options
    seconds=$(($(date +%s) - started))
    states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' log)
    found=$(sed -n 's/^pan:[0-9]*: \(.*\) (at depth [0-9]*)$/\1/p' log)
    if [ -z "$found" ] && { grep -Eq 'not completed|too small' log || ! grep -q 'errors: 0$' log; }; then
        found="the search was not completed"
        failed=1
        cat log
    fi
    cd "$root"
    printf '%-80s %8s states %3s s: %s\n' "$name $kind $*" "$states" "$seconds" "${found:-holds}"
}

# of MODEL: its searches.
of() {
    echo "$searches" | grep "^$1 "
}

# As it is, and with each line broken that can be.
check() {
    of "$1" >build/model.searches
    while read -r model kind definitions; do
        # shellcheck disable=SC2086  # words
        search "$model" "$kind" $definitions
        [ -z "$found" ] || failed=1
    done <build/model.searches
    sed -n 's/^#if.*def \(BROKEN_[A-Z_]*\)$/\1/p' "test/model/$1.pml" | sort -u >build/model.broken
    while read -r broken; do
        while read -r model kind definitions; do
            # shellcheck disable=SC2086
            search "$model" "$kind" $definitions "-D$broken"
            [ -z "$found" ] || break
        done <build/model.searches
        [ -n "$found" ] || { echo "$1.pml: $broken has to fail" && failed=1; }
    done <build/model.broken
}

# The functions that a model names are there, and their module names the model.
check_names() {
    sed -n 's/^ \*   \(src[^:]*\)\.c: /\1 /p' "test/model/$1.pml" >build/model.names
    while read -r module functions; do
        for function in $functions; do
            grep -Eq "^[A-Za-z].*[ *]$function\(" "$module.c" ||
                { echo "$1.pml: $function is not in $module.c" && failed=1; }
        done
        grep -qs "$1\.pml" "$module.c" "$module.h" || { echo "$module: does not name $1.pml" && failed=1; }
    done <build/model.names
}

sh cmake/prerequisites.sh model
mkdir -p build
if [ $# -gt 0 ]; then
    search "$@"
    [ -n "$found" ] || exit 0
    cd "$folder"
    name=$1
    shift 2
    spin -p -g -l -k "$name.pml.trail" "$@" "$root/test/model/$name.pml" >steps.txt
    exit 1
fi
for model in slots home posts; do
    check_names $model
    check $model
done
exit $failed
