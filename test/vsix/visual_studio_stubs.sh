#!/bin/sh
# visual_studio_stubs.sh VSIX FOLDER CMAKE SHELL...
#
# Runs visual_studio.sh where there is no Visual Studio: the small shell is taken for it, vswhere and
# VSIXInstaller are scripts of this one's, and so are Windows' own commands. What it shows is that
# visual_studio.sh comes to its end, and finds out where something is wrong.
# shellcheck disable=SC2089,SC2090  # words in quotes, for eval
set -eu
here=$(cd "$(dirname "$0")" && pwd)
vsix=$1
folder=$2
SITEBRIDGE_CMAKE=$3
shift 3
SITEBRIDGE_RUN=
for word; do
    SITEBRIDGE_RUN="$SITEBRIDGE_RUN '$word'"
done
# Once to see whether the shell runs here.
rc=0
"$@" >/dev/null 2>&1 || rc=$?
[ $rc -ne 126 ] || exit 77

rm -rf "$folder"
mkdir -p "$folder/commands" "$folder/temp" "$folder/local/Microsoft/VisualStudio" \
    "$folder/x86/Microsoft Visual Studio/Installer" "$folder/Visual Studio/Common7/IDE/Extensions"
cd "$folder"
folder=$(pwd)
LOCALAPPDATA=$folder/local TEMP=$folder/temp SITEBRIDGE_STUBS=$folder
export LOCALAPPDATA TEMP SITEBRIDGE_STUBS SITEBRIDGE_CMAKE SITEBRIDGE_RUN

# command_is NAME: what it does is in the standard input.
command_is() {
    { printf '#!/bin/sh\nset -eu\n' && cat; } >"$1"
    chmod +x "$1"
}
command_is commands/cygpath <<'END'
[ "$2" != -F ] || set -- -u "$SITEBRIDGE_STUBS/x86"
echo "$2"
END
command_is commands/powershell.exe <<'END'
exit 1
END
command_is 'x86/Microsoft Visual Studio/Installer/vswhere.exe' <<'END'
for property; do :; done
case $property in
    installationPath) printf '%s\r\n' "$SITEBRIDGE_STUBS/Visual Studio" ;;
    installationVersion) printf '17.14.1\r\n' ;;
    instanceId) printf 'abcdef01\r\n' ;;
esac
END
ide='Visual Studio/Common7/IDE'
command_is "$ide/VSIXInstaller.exe" <<'END'
[ "$1 $2 $3" = '/quiet /rootSuffix:Exp /instanceIds:abcdef01' ]
touch "$TEMP/${4#/logFile:}"
extension=$LOCALAPPDATA/Microsoft/VisualStudio/17.0_abcdef01Exp/Extensions/abcdefgh.ijk
mkdir -p "$extension"
cd "$extension"
"$SITEBRIDGE_CMAKE" -E tar xf "$5"
END
command_is "$ide/devenv.exe" <<'END'
[ "$1 $2" = '/rootsuffix Exp' ]
[ "$3" = /log ] || exit 0
cd "$SITEBRIDGE_STUBS"
opened=$5
[ -d "$opened" ] || opened=${opened%/*}
eval "$SITEBRIDGE_RUN --until-idle --timeout 60 \
    local/Microsoft/VisualStudio/*/Extensions/*/todo_package.pkgdef '$opened'" >out.txt 2>&1
END

# run ARGUMENT...: sets rc.
run() {
    rc=0
    PATH="$PATH:$folder/commands" sh "$here/visual_studio.sh" "$@" >said.txt 2>&1 || rc=$?
}
fine() {
    [ $rc -eq 0 ] || {
        echo "visual_studio_stubs.sh: $1: $rc" >&2
        cat said.txt >&2
        exit 1
    }
}
bad() {
    { [ $rc -ne 0 ] && grep -q "^visual_studio.sh: .*$1" said.txt; } || {
        echo "visual_studio_stubs.sh: expected that it says '$1'" >&2
        cat said.txt >&2
        exit 1
    }
}

run "$vsix" opened
fine "a folder"
run "$vsix" opened --solution
fine "a solution"
run none.vsix opened
bad 'none.vsix: there is no such file'

# A Visual Studio that ends at once, one in which the package finds too little, one that cannot be told
# its settings, and an installer that fails.
command_is "$ide/devenv.exe" <<'END'
exit 0
END
run "$vsix" opened
bad 'the package wrote nothing'
command_is "$ide/devenv.exe" <<'END'
[ "$3" = /log ] || exit 0
echo 'TODO: no folder is open' >"$TODO_PACKAGE_LOG"
END
run "$vsix" opened
bad 'not everything was found'
command_is "$ide/devenv.exe" <<'END'
exit 3
END
run "$vsix" opened
bad 'updateconfiguration: 3'
rm -rf local/Microsoft/VisualStudio/*
command_is "$ide/VSIXInstaller.exe" <<'END'
exit 1001
END
run "$vsix" opened
bad 'VSIXInstaller ended with'
