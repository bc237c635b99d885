# What vcpkg, MSYS2 and the readers of CHANGES.md are told of SiteBridge is what CMake is told. vcpkg's port and
# MSYS2's recipe build the tree they are in, and as soon as they have its hash, the archive of a release. MSYS2's is
# followed where there is a shell for it.
#
#   VERSION     the project's
#   HOMEPAGE    the project's
#   TOOLCHAIN   the toolchain file; without one the recipe is not followed: makepkg can do it there
#   WORK        a folder of the script's own
cmake_minimum_required(VERSION 3.21)
cmake_path(SET root NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../..")
set(port_dir "${root}/cmake/packaging/vcpkg/ports/sitebridge")
set(recipe_dir "${root}/cmake/packaging/msys2/mingw-w64-sitebridge")
file(REMOVE_RECURSE "${WORK}")

file(READ "${port_dir}/vcpkg.json" port)
file(READ "${port_dir}/usage" usage)
file(READ "${port_dir}/portfile.cmake" portfile)
file(READ "${recipe_dir}/PKGBUILD" recipe)

# say(<what> <it says> <it should>)
function(say what says should)
    if(NOT says STREQUAL should)
        message(FATAL_ERROR "${what} is \"${says}\", not \"${should}\"")
    endif()
endfunction()

string(JSON version GET "${port}" version)
string(JSON homepage GET "${port}" homepage)
string(JSON documentation GET "${port}" documentation)
say("the version in vcpkg.json" "${version}" "${VERSION}")
say("the homepage in vcpkg.json" "${homepage}" "${HOMEPAGE}")
foreach(line IN ITEMS "pkgver=${VERSION}" "url='${HOMEPAGE}'" "msys2_documentation_url='${documentation}'")
    string(FIND "${recipe}" "\n${line}\n" found)
    if(found EQUAL -1)
        message(FATAL_ERROR "PKGBUILD has no ${line}")
    endif()
endforeach()

file(STRINGS "${root}/.github/CHANGES.md" section REGEX "^## ${VERSION}( |$)")
if(NOT section)
    message(FATAL_ERROR "CHANGES.md has no section for ${VERSION}")
endif()

# What vcpkg tells its users to write is what the strangers' project here works with.
file(READ "${CMAKE_CURRENT_LIST_DIR}/project/CMakeLists.txt" project)
string(REGEX MATCHALL "find_package[(][A-Za-z]+|[A-Za-z]+::[a-z]+" names "${usage}")
list(LENGTH names count)
say("the number of names in usage" ${count} 2)
foreach(name IN LISTS names)
    string(FIND "${project}" "${name} " found)
    if(found EQUAL -1)
        message(FATAL_ERROR "usage has \"${name}\", which nobody has tried")
    endif()
endforeach()

# A release's archive, as GitHub makes it, and the recipes as they are with its hashes, away from the tree.
file(GLOB entries RELATIVE "${root}" "${root}/*")
list(REMOVE_ITEM entries build .git)
set(release "sitebridge-${VERSION}")
foreach(entry IN LISTS entries)
    file(COPY "${root}/${entry}" DESTINATION "${WORK}/${release}"
        PATTERN "msys2/*/src" EXCLUDE PATTERN "msys2/*/pkg" EXCLUDE)
endforeach()
execute_process(COMMAND "${CMAKE_COMMAND}" -E tar czf "${release}.tar.gz" "${release}"
    WORKING_DIRECTORY "${WORK}" COMMAND_ERROR_IS_FATAL ANY)
file(SHA512 "${WORK}/${release}.tar.gz" sha512)
file(SHA256 "${WORK}/${release}.tar.gz" sha256)

# with_hash(<file> <text> <empty> <filled in>)
function(with_hash file text empty filled)
    string(REPLACE "\n${empty}\n" "\n${filled}\n" with_hash "${text}")
    if(with_hash STREQUAL text)
        message(FATAL_ERROR "${file} has no ${empty}")
    endif()
    file(WRITE "${WORK}/${file}" "${with_hash}")
endfunction()
with_hash(port/portfile.cmake "${portfile}" "set(SHA512 \"\")" "set(SHA512 \"${sha512}\")")
file(COPY "${port_dir}/usage" DESTINATION "${WORK}/port")
with_hash(recipe/PKGBUILD "${recipe}" "_sha256=" "_sha256=${sha256}")

# vcpkg's own functions, as far as the port uses them here.
function(vcpkg_from_github)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "OUT_SOURCE_PATH;REPO;REF;SHA512;HEAD_REF" "")
    say("the port's archive" "https://github.com/${arg_REPO} ${arg_REF} ${arg_SHA512}"
        "${HOMEPAGE} v${VERSION} ${sha512}")
    set(${arg_OUT_SOURCE_PATH} "${WORK}/${release}" PARENT_SCOPE)
endfunction()
function(vcpkg_cmake_configure)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" SOURCE_PATH OPTIONS)
    cmake_path(COMPARE "${arg_SOURCE_PATH}/" EQUAL "${tree}/" is_tree)
    if(NOT is_tree)
        message(FATAL_ERROR "the port builds ${arg_SOURCE_PATH}, not ${tree}")
    endif()
    file(STRINGS "${tree}/CMakeLists.txt" options REGEX "^option[(]")
    foreach(option IN LISTS arg_OPTIONS)
        string(REGEX REPLACE "^-D([^=]+)=.*$" "\\1" option "${option}")
        if(NOT "${options}" MATCHES "option[(]${option} ")
            message(FATAL_ERROR "the port sets ${option}, which is no option")
        endif()
    endforeach()
endfunction()
foreach(name IN ITEMS vcpkg_cmake_install vcpkg_cmake_config_fixup vcpkg_fixup_pkgconfig vcpkg_copy_pdbs)
    cmake_language(EVAL CODE "function(${name})\nendfunction()")
endforeach()
function(vcpkg_install_copyright)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "" FILE_LIST)
    if(NOT EXISTS "${arg_FILE_LIST}")
        message(FATAL_ERROR "the port has no license: ${arg_FILE_LIST}")
    endif()
endfunction()

# follow_port(<portfile> <tree that it builds>)
function(follow_port file tree)
    set(PORT sitebridge)
    set(CURRENT_PACKAGES_DIR "${WORK}/packages")
    file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}")
    include("${file}")
    if(NOT EXISTS "${CURRENT_PACKAGES_DIR}/share/sitebridge/usage")
        message(FATAL_ERROR "${file} does not install usage")
    endif()
endfunction()
follow_port("${port_dir}/portfile.cmake" "${root}")
follow_port("${WORK}/port/portfile.cmake" "${WORK}/${release}")

find_program(BASH bash)
if(NOT TOOLCHAIN OR NOT BASH)
    return()
endif()

execute_process(COMMAND "${BASH}" "${root}/.github/release.sh" notes
    OUTPUT_VARIABLE notes COMMAND_ERROR_IS_FATAL ANY)
if(NOT notes)
    message(FATAL_ERROR "the notes of the release say nothing")
endif()

# As makepkg does it: it has the archive beside the recipe, checks and unpacks what the recipe names, and gives the
# recipe folders of its own. The release's is built; for the tree's it is enough that CMake finds its way.
set(makepkg [=[
source "$startdir/PKGBUILD"
for i in ${!source[@]}; do
    [[ ${source[i]#*::} == "$ARCHIVE" ]] || { echo "its source is not $ARCHIVE"; exit 1; }
    echo "${sha256sums[i]}  $startdir/${source[i]%%::*}" | sha256sum --check --quiet
    tar -C "$srcdir" -xzf "$startdir/${source[i]%%::*}"
done
build
package
]=])
# follow_recipe(<folder of the PKGBUILD> <shell code that goes first> <file that it installs>...)
function(follow_recipe folder first)
    file(REMOVE_RECURSE "${WORK}/src" "${WORK}/pkg")
    file(MAKE_DIRECTORY "${WORK}/src" "${WORK}/pkg")
    execute_process(
        COMMAND "${CMAKE_COMMAND}" -E env "CMAKE_TOOLCHAIN_FILE=${TOOLCHAIN}" MINGW_PREFIX=/ucrt64
            MINGW_PACKAGE_PREFIX=mingw-w64-ucrt-x86_64 "startdir=${folder}" "srcdir=${WORK}/src"
            "pkgdir=${WORK}/pkg" "ARCHIVE=${HOMEPAGE}/archive/refs/tags/v${VERSION}.tar.gz"
            "${BASH}" -euc "${first}\n${makepkg}"
        RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "the PKGBUILD in ${folder} does not work (${result}):\n${output}")
    endif()
    foreach(file IN LISTS ARGN)
        if(NOT EXISTS "${WORK}/pkg/ucrt64/${file}")
            message(FATAL_ERROR "the PKGBUILD in ${folder} does not install ${file}")
        endif()
    endforeach()
endfunction()
follow_recipe("${recipe_dir}" [=[cmake() { [[ $1 == --* ]] || command cmake "$@"; }]=]
    share/licenses/sitebridge/LICENSE)
file(RENAME "${WORK}/${release}.tar.gz" "${WORK}/recipe/${release}.tar.gz")
follow_recipe("${WORK}/recipe" ""
    include/sitebridge/sitebridge.h include/sitebridge/sitebridge.hpp lib/libsitebridge.a
    lib/pkgconfig/sitebridge.pc lib/cmake/SiteBridge/SiteBridgeConfig.cmake
    lib/cmake/SiteBridge/vsix/pack.cmake share/licenses/sitebridge/LICENSE)
