# What vcpkg and MSYS2 are told of SiteBridge is what CMake is told, and vcpkg's port builds this tree.
#
#   VERSION     the project's
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
