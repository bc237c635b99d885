#!/bin/sh
# pkgdef.sh FOLDER PACKAGE SHELL...
#
# The shell loads a package by its .pkgdef, in every form that Visual Studio takes; asynchronously where
# the .pkgdef says so. What is wrong with a .pkgdef gets one clear line, with where it is.
# shellcheck disable=SC2016,SC1003  # $RootKey$ is Visual Studio's to expand
set -u
folder=$1
package=$2
shift 2
failed=0
todo='{858B9F29-247B-4C9C-A104-E0E994EBD996}'
other='{00000000-0000-0000-0000-00000000ABCD}'
context='{F1536EF8-92EC-443C-9ED7-FDADF150DA82}'

fail() {
    echo "pkgdef.sh: $*" >&2
    cat out.txt said.txt >&2
    failed=1
}

# run PKGDEF [OPTION...]: sets rc.
run() {
    pkgdef=$1
    shift
    rc=0
    "$@" --until-idle --timeout 60 "$pkgdef" tree >out.txt 2>said.txt || rc=$?
    [ $rc -ne 126 ] || exit 77
}
# fine WHAT: the last run did everything.
fine() {
    { [ $rc -eq 0 ] && grep -q '^TODO: 1 findings in 1 of 1 files, 0 unreadable$' out.txt; } ||
        fail "$1: $rc"
    [ "$(grep -c 'tree.one\.c(1): TODO' out.txt)" -eq 1 ] || fail "$1: worked more than once"
    [ "$(sed -n 's/.*references .*: site/site/p' said.txt | uniq | grep -c .)" -eq 1 ] ||
        fail "$1: the references did not come back"
    ! grep -q 'stays loaded' said.txt || fail "$1: the DLL was not unloaded"
}
asynchronously() {
    init=$(sed -n "s/.*loaded asynchronously: the package's Initialize ran on thread //p" said.txt)
    main=$(sed -n 's/.*, the main thread is //p' said.txt)
    { [ -n "$init" ] && [ "$init" != "$main" ]; } || fail "$1: not loaded asynchronously"
}
synchronously() {
    ! grep -q 'loaded asynchronously' said.txt || fail "$1: loaded asynchronously"
}
# bad PKGDEF WORDS [OPTION...]
bad() {
    pkgdef=$1
    words=$2
    shift 2
    run "$pkgdef" "$@"
    { [ $rc -eq 11 ] && [ ! -s out.txt ] && [ "$(grep -c . said.txt)" -eq 1 ] &&
        grep -q -- "$words" said.txt; } ||
        fail "$pkgdef: $rc, expected 11 with one line about '$words'"
}
# What a test is about, between what every .pkgdef has.
describe() {
    printf '[$RootKey$\\InstalledProducts\\Todo]\n@="TODO"\n"UseInterface"=dword:00000000\n'
    printf '[$RootKey$\\Packages\\%s]\n%s\n' "$todo" "$1"
}
dll='"InprocServer32"="$PackageFolder$\todo.dll"'
background='"AllowsBackgroundLoad"=dword:00000001'
autoload='[$RootKey$\AutoLoadPackages\'$context]

mkdir -p "$folder/tree"
cd "$folder" || exit 1
echo 'TODO' >tree/one.c
cp "$package" todo.dll

# What the build makes of the package's own description, beside the DLL.
made=${package%.dll}.pkgdef
if [ -f "$made" ]; then
    run "$made" "$@"
    fine "the build's"
    asynchronously "the build's"
fi

describe "$dll" >least.pkgdef
run least.pkgdef "$@"
fine "the least"
synchronously "the least"

# Every kind of line, in any case and with blanks, and a second package.
{
    echo '; a comment'
    echo '   // another one'
    printf '[$RootKey$\\AutoLoadPackages\\%s]\r\n  "%s" = dword:2 \r\n\r\n' "$context" "$todo"
    printf '[$ROOTKEY$\\packages\\%s]\r\n@="TODO"\r\n' "$(echo $todo | tr A-F a-f)"
    printf '"inprocserver32" = "$packagefolder$\\todo.dll"\r\n'
    printf '"Strange"=hex(7):00,01\r\n\t"allowsbackgroundload"=DWORD:1\r\n'
    printf '[$RootKey$\\Packages\\%s\\SatelliteDll]\n"InprocServer32"="no.dll"\n' "$todo"
    printf '[$RootKey$\\Packages\\%s]\n"InprocServer32"="$WinDir$\\x.dll"\n' "$other"
    printf '[$RootKey$\\Menus]\n"%s"=", 1000, 1"' "$todo"
} >full.pkgdef
run full.pkgdef "$@"
fine "everything"
asynchronously "everything"
! grep -q 'would not load' said.txt || fail "everything: said not to load by itself"

# The same in every encoding.
{ printf '\357\273\277' && cat full.pkgdef; } >utf8.pkgdef
run utf8.pkgdef "$@"
fine "UTF-8"
asynchronously "UTF-8"
{ printf '\377\376' && sed 's/TODO/T\xc3\x96DO/' full.pkgdef | iconv -f UTF-8 -t UTF-16LE; } \
    >utf16.pkgdef
run utf16.pkgdef "$@"
fine "UTF-16"
asynchronously "UTF-16"

# The first package of several, or the one that is asked for.
{
    printf '[$RootKey$\\Packages\\%s]\n"InprocServer32"="no.dll"\n' "$other"
    describe "$dll"
} >second.pkgdef
run second.pkgdef "$@" --clsid "$todo"
fine "the second"
run second.pkgdef "$@"
{ [ $rc -eq 3 ] && grep -q 'no.dll.*cannot be loaded' said.txt; } || fail "the first: $rc"

# Visual Studio does not load this one by itself.
{ describe "$dll" && printf '%s\n"%s"=dword:00000000\n' "$autoload" "$todo"; } >foreground.pkgdef
run foreground.pkgdef "$@"
fine "auto-load in the foreground"
grep -q 'Visual Studio would not load this package by itself' said.txt ||
    fail "auto-load in the foreground: not said"

# $PackageFolder$ is the .pkgdef's folder, wherever the shell was started.
mkdir -p 'deep/a folder'
cp todo.dll least.pkgdef 'deep/a folder'
run 'deep/a folder/least.pkgdef' "$@"
fine "a folder with a blank"

# A package that fails to initialize, and says so only where it was called on another thread.
cp "${package%todo_package.dll}failing_package.dll" failing.dll
sed 's/todo\.dll/failing.dll/' full.pkgdef >failing.pkgdef
run failing.pkgdef "$@"
{ [ $rc -eq 12 ] && grep -q 'cannot be loaded asynchronously (error 0x80041234)' said.txt; } ||
    fail "a failing Initialize: $rc"
[ "$(sed -n 's/.*references .*: site/site/p' said.txt | uniq | grep -c .)" -eq 1 ] ||
    fail "a failing Initialize: the references did not come back"

bad none.pkgdef 'none.pkgdef: cannot be read' "$@"
: >empty.pkgdef
bad empty.pkgdef 'no such package' "$@"
head -c 2000000 /dev/zero >large.pkgdef
bad large.pkgdef 'cannot be read' "$@"
cp todo.dll dll.pkgdef
bad dll.pkgdef 'is no text' "$@"
printf '\377\376\n' >odd.pkgdef
bad odd.pkgdef 'is no text' "$@"
describe "$background" >nowhere.pkgdef
bad nowhere.pkgdef "does not say where the package's DLL is" "$@"
bad least.pkgdef 'no such package' "$@" --clsid "$other"
describe "$dll
\"AllowsBackgroundLoad\"=dword:0000000G" >dword.pkgdef
bad dword.pkgdef 'dword.pkgdef(6): not understood' "$@"
describe "$dll
\"AllowsBackgroundLoad\"=\"1\"" >type.pkgdef
bad type.pkgdef '(6): not understood' "$@"
describe '"InprocServer32"="$WinDir$\mscoree.dll"' >managed.pkgdef
bad managed.pkgdef '(5): not understood' "$@"
describe '"InprocServer32"="' >quote.pkgdef
bad quote.pkgdef '(5): not understood' "$@"
describe "$dll
InprocServer32=x" >name.pkgdef
bad name.pkgdef '(6): not understood' "$@"
{ describe "$dll" && printf '[open\n'; } >key.pkgdef
bad key.pkgdef '(6): not understood' "$@"
{ describe "$dll" && printf '[\n'; } >bracket.pkgdef
bad bracket.pkgdef '(6): not understood' "$@"
printf '[$RootKey$\\Packages\\todo]\n' >clsid.pkgdef
bad clsid.pkgdef '(1): not understood' "$@"
exit $failed
