#!/bin/sh
# visual_studio.sh VSIX FOLDER [--solution]
#
# Installs the sample package's extension into an experimental instance of the newest Visual Studio here,
# opens a folder with it, or with --solution a solution in that folder, and reads in the package's log
# whether it found there what there is. What is said meanwhile, and a picture of the screen, is left in
# FOLDER. Run by Git's shell on Windows; visual_studio_stubs.sh runs it elsewhere.
set -eu
# Before Windows' own sort, find and timeout.
PATH=/usr/bin:/bin:$PATH
# Otherwise options that begin with a slash are taken for paths, and changed.
MSYS2_ARG_CONV_EXCL='*' MSYS_NO_PATHCONV=1
export PATH MSYS2_ARG_CONV_EXCL MSYS_NO_PATHCONV

fail() {
    echo "visual_studio.sh: $*" >&2
    exit 1
}

# within SECONDS COMMAND...: the command's own exit code, or 124 where it had to be ended.
within() {
    timeout -k 10 "$@"
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
    left=$1
    shift
    until "$@"; do
        [ "$left" -gt 0 ] || return 1
        left=$((left - 1))
        sleep 1
    done
}

picture() {
    screen='[System.Windows.Forms.SystemInformation]::VirtualScreen'
    within 60 powershell.exe -NoProfile -Command "
        Add-Type -AssemblyName 'System.Windows.Forms', 'System.Drawing'
        \$picture = New-Object System.Drawing.Bitmap($screen.Width, $screen.Height)
        \$graphics = [System.Drawing.Graphics]::FromImage(\$picture)
        \$graphics.CopyFromScreen($screen.Location, [System.Drawing.Point]::Empty, $screen.Size)
        \$picture.Save('$(cygpath -w "$1")')" >/dev/null 2>&1 || echo "no picture of the screen"
}

[ -f "$1" ] || fail "$1: there is no such file"
vsix=$(cygpath -w "$(cd "$(dirname "$1")" && pwd)/$(basename "$1")")
rm -rf "$2"
mkdir -p "$2/tree"
folder=$(cd "$2" && pwd)

# 42: the folder of 32-bit programs. The variable that names it has a name that not every shell passes on.
vswhere="$(cygpath -u -F 42)/Microsoft Visual Studio/Installer/vswhere.exe"
[ -f "$vswhere" ] || fail "$vswhere: there is no such file"
property() {
    "$vswhere" -latest -products '*' -requires Microsoft.VisualStudio.Component.CoreEditor \
        -property "$1" | tr -d '\r'
}
path=$(property installationPath)
[ -n "$path" ] || fail "there is no Visual Studio"
echo "Visual Studio $(property installationVersion) in $path"
ide=$(cygpath -u "$path")/Common7/IDE

# The installer hands its work to another process, and it is not documented that it waits for that.
installed() {
    find "$(cygpath -u "$LOCALAPPDATA")/Microsoft/VisualStudio" "$ide/Extensions" \
        -name todo_package.dll 2>/dev/null | grep .
}
if ! installed; then
    rc=0
    within 300 "$ide/VSIXInstaller.exe" /quiet /rootSuffix:Exp "/instanceIds:$(property instanceId)" \
        /logFile:sitebridge_vsix.log "$vsix" || rc=$?
    cp "$(cygpath -u "$TEMP")/sitebridge_vsix.log" "$folder/" || echo "the installer has left no log"
    [ $rc -eq 0 ] || fail "VSIXInstaller ended with $rc"
    wait_for 120 installed || fail "the extension is not where extensions are"
fi

# The instance's first start asks for an account and for settings unless it is told them. Each of these
# takes up to some minutes, and ends by itself.
devenv=$ide/devenv.exe
within 600 "$devenv" /rootsuffix Exp /updateconfiguration || fail "devenv /updateconfiguration: $?"
within 600 "$devenv" /rootsuffix Exp /resetsettings General.vssettings /command File.Exit ||
    fail "devenv /resetsettings: $?"

printf '// TODO one\nint two;\n' >"$folder/tree/one.c"
printf 'int two; // HACK two\n' >"$folder/tree/two.h"
opened=$folder/tree
if [ "${3-}" = --solution ]; then
    opened=$folder/tree/tree.sln
    printf '\r\nMicrosoft Visual Studio Solution File, Format Version 12.00\r\nGlobal\r\nEndGlobal\r\n' \
        >"$opened"
fi
log=$folder/pane.txt
TODO_PACKAGE_LOG=$(cygpath -w "$log") "$devenv" /rootsuffix Exp \
    /log "$(cygpath -w "$folder/ActivityLog.xml")" "$(cygpath -w "$opened")" &
process=$!
ended() {
    ! kill -0 $process 2>/dev/null
}
# What the package says last, whether it could work or not.
done_or_ended() {
    grep -q -e '^bridge: ' -e '^TODO: no folder' -e '^TODO: a service' "$log" 2>/dev/null || ended
}
wait_for 300 done_or_ended || echo "nothing for 300 seconds"
picture "$folder/screen.png"

# As a user would, so that the package is closed.
! windows=$(cat "/proc/$process/winpid" 2>/dev/null) || taskkill.exe /PID "$windows" >/dev/null || :
if ! wait_for 60 ended; then
    echo "Visual Studio does not close"
    kill -9 $process || :
fi

[ -f "$log" ] || fail "the package wrote nothing"
cat "$log"
# Visual Studio may put files of its own there.
grep -q '^TODO: 2 findings in 2 of [0-9]* files, 0 unreadable' "$log" || fail "not everything was found"
[ "$(grep -c -e 'tree.one\.c(1): // TODO one' -e 'tree.two\.h(1): int two; // HACK two' "$log")" -eq 2 ] ||
    fail "something else was found"
