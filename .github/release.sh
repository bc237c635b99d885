#!/bin/sh
# Puts the files of a release together in build/release; the workflow of that name runs this.
#
#   release.sh check TAG                 fails where TAG is not this version's, or CHANGES.md calls that unreleased
#   release.sh notes                     prints what CHANGES.md says of this version
#   release.sh sources PRESET            the two files, the NuGet package, and the reference
#   release.sh library PRESET NAME       the DLL, with what a project needs that is built with it
#   release.sh extension PRESET MACHINE  the sample package as an extension of Visual Studio
#   release.sh sums                      the SHA-256 sums; fails where a file is missing, or one too many is there
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n 's/^ *VERSION \([0-9.]*\)$/\1/p' CMakeLists.txt)
release=sitebridge-$version
folder=build/release
work=build/release-work

die() {
    echo "release.sh: $*" >&2
    exit 1
}

notes() {
    awk -v version="$version" '/^## / { ours = $2 == version; next } ours' .github/CHANGES.md
}

# build FOLDER PRESET TARGET [OPTION...]: in a folder of its own, since a preset's is somebody's.
build() {
    build=$work/$1 preset=$2 target=$3
    shift 3
    cmake --preset "$preset" -B "$build" -DSITEBRIDGE_BUILD_TESTS=OFF "$@"
    cmake --build "$build" --target "$target"
}

# pack FOLDER NAME: the folder as a zip with one folder of its own name.
pack() {
    rm -rf "${work:?}/$2"
    cp -R "$1" "$work/$2"
    mkdir -p $folder
    (cd $work && cmake -E tar cf "../release/$2.zip" --format=zip "$2")
}

case ${1-} in
    check)
        [ "$2" = "v$version" ] || die "the tag is $2, and the version $version"
        grep -qx "## $version" .github/CHANGES.md ||
            die "CHANGES.md has no section for $version, or calls it unreleased"
        ! grep -q 'Nothing has been released' .github/CHANGES.md || die "CHANGES.md says that nothing has been released"
        [ -n "$(notes)" ] || die "CHANGES.md says nothing of $version"
        ;;
    notes)
        notes
        ;;
    sources)
        build sources "$2" amalgamation -DSITEBRIDGE_BUILD_SAMPLES=OFF
        cmake --build "$build" --target nuget
        mkdir -p $folder
        cp "$build/SiteBridge.$version.nupkg" $folder
        pack "$build/amalgamation" "$release-two-files"
        cmake --build "$build" --target reference
        pack "$build/reference/html" "$release-reference"
        ;;
    library)
        build "$3" "$2" all -DBUILD_SHARED_LIBS=ON -DSITEBRIDGE_BUILD_SAMPLES=OFF
        rm -rf "$build/installed"
        cmake --install "$build" --strip --prefix "$build/installed"
        pack "$build/installed" "$release-$3"
        ;;
    extension)
        build "extension-$3" "$2" todo_package_vsix
        mkdir -p $folder
        cp "$build/bin/todo_package.vsix" "$folder/$release-todo_package-$3.vsix"
        ;;
    sums)
        cd $folder
        rm -f SHA256SUMS
        expected=$(printf '%s\n' "SiteBridge.$version.nupkg" "$release-two-files.zip" "$release-reference.zip" \
            "$release-mingw-x86_64.zip" "$release-mingw-i686.zip" \
            "$release-msvc-x64.zip" "$release-msvc-x86.zip" "$release-msvc-arm64.zip" \
            "$release-todo_package-x64.vsix" "$release-todo_package-x86.vsix" "$release-todo_package-arm64.vsix" |
            LC_ALL=C sort)
        [ "$(printf '%s\n' * | LC_ALL=C sort)" = "$expected" ] ||
            die "these files are here:
$(printf '%s\n' *)
a release has:
$expected"
        sha256sum -- * >SHA256SUMS
        ;;
    *)
        die "not understood: $*; see the top of this script"
        ;;
esac
