# What a stranger's build may choose, and what it is told where that does not go. Beside what ../steps.cmake is
# given: WORK, a folder of the script's own.
cmake_minimum_required(VERSION 3.21)
include("${CMAKE_CURRENT_LIST_DIR}/../steps.cmake")
cmake_path(SET root NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../..")
file(REMOVE_RECURSE "${WORK}")

function(expect_cache build pattern there)
    file(STRINGS "${build}/CMakeCache.txt" found REGEX "${pattern}")
    if((found AND NOT there) OR (there AND NOT found))
        message(FATAL_ERROR "${build}: '${pattern}' in the cache: '${found}'")
    endif()
endfunction()

# expect_failure(<words> <source> <build> <argument>...): configuring fails with the words.
function(expect_failure words source build)
    execute_process(COMMAND "${CMAKE_COMMAND}" -G "${GENERATOR}" "-DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM}"
            "-DCMAKE_TOOLCHAIN_FILE=${TOOLCHAIN}" ${ARGN} -S "${source}" -B "${build}"
        RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    string(REGEX REPLACE "[ \n]+" " " output "${output}")
    if(result EQUAL 0 OR NOT output MATCHES "${words}")
        message(FATAL_ERROR "expected a failure with '${words}' (${result}):\n${output}")
    endif()
endfunction()

set(none -DSITEBRIDGE_BUILD_SAMPLES=OFF "-DSITEBRIDGE_CMOCKA_PREFIX=${WORK}/none")

# Without tests: by CTest's own switch, and where there is no cmocka.
configure("${root}" "${WORK}/untested" ${none} -DBUILD_TESTING=OFF)
if(EXISTS "${WORK}/untested/CTestTestfile.cmake" AND EXISTS "${WORK}/untested/test")
    message(FATAL_ERROR "there are tests in spite of BUILD_TESTING=OFF")
endif()
if(TOOLCHAIN)
    configure("${root}" "${WORK}/no cmocka" ${none})
    if(EXISTS "${WORK}/no cmocka/test")
        message(FATAL_ERROR "there are tests without cmocka")
    endif()
endif()

# As a part of another project it installs nothing, and leaves its cache alone.
file(WRITE "${WORK}/parent/CMakeLists.txt" "
cmake_minimum_required(VERSION 3.21)
project(Parent LANGUAGES C)
add_subdirectory(\"${root}\" sitebridge)
")
configure("${WORK}/parent" "${WORK}/part")
expect_cache("${WORK}/part" "^BUILD_(SHARED_LIBS|TESTING):" FALSE)
step("${CMAKE_COMMAND}" --build "${WORK}/part")
step("${CMAKE_COMMAND}" --install "${WORK}/part" --prefix "${WORK}/parent's own")
file(GLOB_RECURSE installed "${WORK}/parent's own/*")
if(installed)
    message(FATAL_ERROR "the parent installs ${installed}")
endif()

# An installed one is found by CMAKE_PREFIX_PATH, also beside the project's toolchain files, by versions and
# ranges of them; and is no good where it has not what is asked for.
set(SITEBRIDGE_BUILD "${WORK}/untested")
step("${CMAKE_COMMAND}" --build "${SITEBRIDGE_BUILD}")
step("${CMAKE_COMMAND}" --install "${SITEBRIDGE_BUILD}" --prefix "${WORK}/installed")
file(WRITE "${WORK}/user/CMakeLists.txt" "
cmake_minimum_required(VERSION 3.21)
project(User LANGUAGES C)
separate_arguments(WANTED)
find_package(SiteBridge \${WANTED} REQUIRED)
")
foreach(wanted IN ITEMS "" 0.1...0.3 "0.1 OPTIONAL_COMPONENTS none")
    string(MAKE_C_IDENTIFIER "found ${wanted}" folder)
    configure("${WORK}/user" "${WORK}/${folder}" "-DCMAKE_PREFIX_PATH=${WORK}/installed" "-DWANTED=${wanted}")
endforeach()
foreach(wanted IN ITEMS 0.2 0.1.99 0.0.1...<0.1)
    string(MAKE_C_IDENTIFIER "refused ${wanted}" folder)
    expect_failure("compatible with requested version" "${WORK}/user" "${WORK}/${folder}"
        "-DCMAKE_PREFIX_PATH=${WORK}/installed" "-DWANTED=${wanted}")
endforeach()
expect_failure("SiteBridge has no component atl" "${WORK}/user" "${WORK}/component"
    "-DCMAKE_PREFIX_PATH=${WORK}/installed" "-DWANTED=0.1 COMPONENTS atl")

# It is built in a folder of its own.
file(COPY "${root}/CMakeLists.txt" "${root}/cmake" DESTINATION "${WORK}/source")
expect_failure("built in a folder of its own" "${WORK}/source" "${WORK}/source")
