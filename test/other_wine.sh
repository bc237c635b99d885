#!/bin/sh
# Runs the test programs that were built here under the Wine of another Debian, 13 (trixie), in a system of
# its own in build/other-wine, which takes some minutes to make the first time. Where it cannot be made,
# nothing is run, and that is no failure. Fails where a program does, and prints what that one printed.
#
#   other_wine.sh [-b FOLDER]... [PROGRAM]...
#
# FOLDER is build/mingw-x86_64 and build/mingw-i686 unless -b names others. A PROGRAM is named as CTest
# names it; its arguments are in one word with it, as in "stress 60". All but the stress runs unless some
# are named.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
suite=trixie
place=$root/build/other-wine
system=$place/$suite

not_run() {
    echo "other Wine: not run: $*"
    exit 0
}

# Whatever ends this ends what it started, and unmounts what it mounted: nobody else sees either.
if [ "${1-}" != --apart ]; then
    apart() {
        exec setpriv --pdeathsig KILL unshare --mount --mount-proc --pid --fork --kill-child "$@"
    }
    [ "$(id -u)" -eq 0 ] || not_run "that takes root"
    (apart true 2>/dev/null) || not_run "nothing can be mounted here"
    apart sh test/other_wine.sh --apart "$@" &
    trap 'kill -KILL $!; exit 1' HUP INT TERM
    wait $!
    exit
fi
shift

builds=
while [ "${1-}" = -b ]; do
    builds="$builds $2"
    shift 2
done
[ -n "$builds" ] || builds='build/mingw-x86_64 build/mingw-i686'
for build in $builds; do
    if [ ! -e "$build/bin" ]; then
        echo "other_wine.sh: nothing was built in $build; sh test/run.sh builds" >&2
        exit 1
    fi
done

export LC_ALL=C HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive
export SITEBRIDGE_WINEPREFIX="$place/wine"
unset SITEBRIDGE_DISPLAY

# Debian's mirror is that of the machine's own entries.
make_system() (
    set -ex
    new=$system.new
    rm -rf --one-file-system "$new"
    timeout 300 apt-get -q update || :
    command -v debootstrap || timeout 300 apt-get -q -y --no-install-recommends \
        -o DPkg::Lock::Timeout=300 install debootstrap
    # shellcheck disable=SC2016  # apt fills it in
    mirror=$(apt-get indextargets --format '$(REPO_URI)' \
        'Created-By: Packages' 'Label: Debian' 'Component: main' | sed -n '/^http/{p;q}')
    [ -n "$mirror" ]
    timeout 900 debootstrap --variant=minbase "$suite" "$new" "$mirror"
    chroot "$new" dpkg --add-architecture i386
    timeout 300 chroot "$new" apt-get -q update
    timeout 900 chroot "$new" apt-get -q -y --no-install-recommends install wine wine64 wine32:i386
    chroot "$new" apt-get clean
    mv "$new" "$system"
)

mkdir -p "$place"
exec 9>"$place/lock"
flock 9
if [ ! -e "$system" ]; then
    echo "other Wine: making a system for it"
    # As a condition it would go on after a command that fails.
    set +e
    make_system </dev/null >"$place/system.log" 2>&1 9>&-
    made=$?
    set -e
    [ $made -eq 0 ] || not_run "no system could be made for it, see $place/system.log"
fi

# What is here is there by the same name.
mount -t proc proc "$system/proc"
mount -t tmpfs tmpfs "$system/tmp"
for folder in . $builds; do
    folder=$(realpath "$folder")
    mkdir -p "$system$folder"
    mount --bind "$folder" "$system$folder"
done

# there SECONDS COMMAND...
there() {
    seconds=$1
    shift
    timeout -k 10 "$seconds" chroot "$system" "$@" </dev/null 9>&-
}
there 400 sh "$root/cmake/wine.sh" --prepare
version=$(there 60 wine --version)

all_programs() {
    for program in "$1"/bin/test_*.exe; do
        name=${program##*/test_}
        case $name in
            stress.exe | schedules.exe) ;;
            *) echo "${name%.exe}" ;;
        esac
    done
}

# run FOLDER PROGRAM [ARGUMENT...]: within CTest's longest limit.
run() {
    program=$(realpath "$1")/bin/test_$2.exe
    shift 2
    there 900 sh "$root/cmake/wine.sh" "$program" "$@" >"$place/output" 2>&1 && return
    result=$?
    # What hangs is in the next one's way.
    there 60 wineserver -k || :
    return $result
}

# Of words: each is a program, with its arguments if it is one of this command's own.
test_build() {
    build=$1
    shift
    [ $# -gt 0 ] || {
        # shellcheck disable=SC2046  # names without blanks
        set -- $(all_programs "$build")
    }
    passed=0 failed=0
    for program; do
        # shellcheck disable=SC2086  # a program and its arguments
        if run "$build" $program; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "other Wine: $program of $build ended with $result:"
            cat "$place/output"
        fi
    done
    echo "other Wine ($version), ${build##*/}: $passed programs passed, $failed failed"
    [ $failed -eq 0 ]
}

all=0
for build in $builds; do
    test_build "$build" "$@" || all=1
done
there 60 wineserver -k || :
exit $all
