# shellcheck shell=sh disable=SC2034,SC2154  # who sources this sets root, and uses build
# build TARGET...: installs what is missing for the samples, and builds these; what that prints is worth reading only
# where it fails. To be sourced, with $root the project.
build=build/mingw-x86_64
build() {
    sh "$root/cmake/prerequisites.sh" samples >&2
    cd "$root" || exit
    mkdir -p build
    if ! { cmake --preset mingw-x86_64 && cmake --build --preset mingw-x86_64 --target "$@"; } \
        >build/samples.log 2>&1; then
        cat build/samples.log >&2
        exit 1
    fi
}
