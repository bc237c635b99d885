# Defines the target cmocka_for_tests, where there is a cmocka: the one that prerequisites.sh built, or else one
# that CMake finds as a package or in the compiler's folders (MSYS2, vcpkg, CMAKE_PREFIX_PATH).
set(SITEBRIDGE_CMOCKA_PREFIX "${PROJECT_SOURCE_DIR}/build/cmocka-${CMAKE_SYSTEM_PROCESSOR}"
    CACHE PATH "Where prerequisites.sh put cmocka")

find_path(SITEBRIDGE_CMOCKA_INCLUDE_DIR cmocka.h
    PATHS "${SITEBRIDGE_CMOCKA_PREFIX}/include" NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
find_library(SITEBRIDGE_CMOCKA_LIBRARY NAMES cmocka-static cmocka
    PATHS "${SITEBRIDGE_CMOCKA_PREFIX}/lib" NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
mark_as_advanced(SITEBRIDGE_CMOCKA_INCLUDE_DIR SITEBRIDGE_CMOCKA_LIBRARY)

if(NOT SITEBRIDGE_CMOCKA_LIBRARY)
    find_package(cmocka CONFIG QUIET)
    if(TARGET cmocka::cmocka)
        add_library(cmocka_for_tests INTERFACE)
        target_link_libraries(cmocka_for_tests INTERFACE cmocka::cmocka)
        return()
    endif()
    find_path(SITEBRIDGE_CMOCKA_INCLUDE_DIR cmocka.h)
    find_library(SITEBRIDGE_CMOCKA_LIBRARY NAMES cmocka)
endif()

if(NOT SITEBRIDGE_CMOCKA_LIBRARY OR NOT SITEBRIDGE_CMOCKA_INCLUDE_DIR)
    message(WARNING "Without cmocka there are no tests. On Debian, sh cmake/prerequisites.sh builds it; "
        "elsewhere install it and name its folder in CMAKE_PREFIX_PATH. BUILD_TESTING=OFF does without them.")
    return()
endif()

add_library(cmocka_for_tests INTERFACE)
target_include_directories(cmocka_for_tests SYSTEM INTERFACE "${SITEBRIDGE_CMOCKA_INCLUDE_DIR}")
target_link_libraries(cmocka_for_tests INTERFACE "${SITEBRIDGE_CMOCKA_LIBRARY}")
