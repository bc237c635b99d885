# For vcpkg's registry SHA512 is that of the release's archive. While it is empty, this is an overlay port, which
# builds the tree it is in:
#
#   vcpkg install sitebridge --overlay-ports=cmake/packaging/vcpkg/ports --no-binarycaching
#
# vcpkg does not see when that tree changes; remove the port before it is installed again.
set(REF "v${VERSION}")
set(SHA512 "")

if(SHA512)
    vcpkg_from_github(
        OUT_SOURCE_PATH SOURCE_PATH
        REPO sitebridge/sitebridge
        REF "${REF}"
        SHA512 "${SHA512}"
        HEAD_REF main)
else()
    get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../../../.." ABSOLUTE)
endif()

vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        -DSITEBRIDGE_BUILD_TESTS=OFF
        -DSITEBRIDGE_BUILD_SAMPLES=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/SiteBridge)
vcpkg_fixup_pkgconfig()
vcpkg_copy_pdbs()

file(REMOVE_RECURSE
    "${CURRENT_PACKAGES_DIR}/debug/include"
    "${CURRENT_PACKAGES_DIR}/debug/share"
    "${CURRENT_PACKAGES_DIR}/share/doc")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
