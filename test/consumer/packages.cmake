# What vcpkg and MSYS2 are told of SiteBridge is what CMake is told, vcpkg's port builds this tree, and
# so does MSYS2's recipe, which is followed where there is a shell for it.
#
#   VERSION     the project's
#   TOOLCHAIN   the toolchain file; without one the recipe is not followed: makepkg can do it there
#   WORK        a folder of the script's own
cmake_minimum_required(VERSION 3.21)
cmake_path(SET root NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../..")
set(packaging "${root}/cmake/packaging")

file(READ "${packaging}/vcpkg/ports/sitebridge/vcpkg.json" port)
string(JSON version GET "${port}" version)
file(STRINGS "${packaging}/msys2/mingw-w64-sitebridge/PKGBUILD" pkgver REGEX "^pkgver=")
if(NOT "${version} ${pkgver}" STREQUAL "${VERSION} pkgver=${VERSION}")
    message(FATAL_ERROR "the version is ${VERSION}, but in vcpkg.json ${version} and in PKGBUILD "
        "${pkgver}")
endif()

# vcpkg's own functions, as far as the port uses them here.
function(vcpkg_cmake_configure)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" SOURCE_PATH OPTIONS)
    cmake_path(COMPARE "${arg_SOURCE_PATH}/" EQUAL "${root}/" is_root)
    if(NOT is_root)
        message(FATAL_ERROR "the port builds ${arg_SOURCE_PATH}, not ${root}")
    endif()
    file(STRINGS "${root}/CMakeLists.txt" options REGEX "^option[(]")
    foreach(option IN LISTS arg_OPTIONS)
        string(REGEX REPLACE "^-D([^=]+)=.*$" "\\1" option "${option}")
        if(NOT "${options}" MATCHES "option[(]${option} ")
            message(FATAL_ERROR "the port sets ${option}, which is no option")
        endif()
    endforeach()
endfunction()
foreach(name IN ITEMS vcpkg_cmake_install vcpkg_cmake_config_fixup vcpkg_fixup_pkgconfig)
    cmake_language(EVAL CODE "function(${name})\nendfunction()")
endforeach()
function(vcpkg_install_copyright)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "" FILE_LIST)
    if(NOT EXISTS "${arg_FILE_LIST}")
        message(FATAL_ERROR "the port has no license: ${arg_FILE_LIST}")
    endif()
endfunction()
set(CURRENT_PACKAGES_DIR "${WORK}")
include("${packaging}/vcpkg/ports/sitebridge/portfile.cmake")

# MSYS2's makepkg sets these, and gives the recipe folders of its own.
find_program(BASH bash)
if(NOT TOOLCHAIN OR NOT BASH)
    return()
endif()
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}/src" "${WORK}/pkg")
execute_process(
    COMMAND "${CMAKE_COMMAND}" -E env "CMAKE_TOOLCHAIN_FILE=${TOOLCHAIN}" MINGW_PREFIX=/ucrt64
        MINGW_PACKAGE_PREFIX=mingw-w64-ucrt-x86_64 "startdir=${packaging}/msys2/mingw-w64-sitebridge"
        "srcdir=${WORK}/src" "pkgdir=${WORK}/pkg"
        "${BASH}" -euc "source \"$startdir/PKGBUILD\" && build && package"
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "the PKGBUILD does not work (${result}):\n${output}")
endif()
foreach(file IN ITEMS include/sitebridge/sitebridge.h include/sitebridge/sitebridge.hpp
        lib/libsitebridge.a lib/pkgconfig/sitebridge.pc lib/cmake/SiteBridge/SiteBridgeConfig.cmake
        lib/cmake/SiteBridge/vsix/pack.cmake share/licenses/sitebridge/LICENSE)
    if(NOT EXISTS "${WORK}/pkg/ucrt64/${file}")
        message(FATAL_ERROR "the PKGBUILD does not install ${file}")
    endif()
endforeach()
