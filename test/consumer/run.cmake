# Builds and runs a stranger's programs with SiteBridge: as a part of their own build, from an installed
# package with CMake and with pkg-config. Beside what ../steps.cmake is given:
#
#   SHARED      whether SiteBridge is a DLL; its exports are looked at then
#   MACHINE     the machine type that is built for, as in ../vsix/check.cmake
#   WORK        a folder of the script's own
cmake_minimum_required(VERSION 3.21)
include("${CMAKE_CURRENT_LIST_DIR}/../steps.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/../declared.cmake")
cmake_path(SET root NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../..")
file(REMOVE_RECURSE "${WORK}")

# What the DLL exports is what the headers declare.
function(check_exports dll)
    file(GLOB headers "${root}/include/sitebridge/*.h")
    declared_functions(declared ${headers})
    execute_process(COMMAND "${CMAKE_OBJDUMP}" -p "${dll}"
        OUTPUT_VARIABLE dump COMMAND_ERROR_IS_FATAL ANY)
    # The table of names, as the binutils print it, newer ones with a title, or LLVM.
    string(REGEX REPLACE "^.*Ordinal(/Name Pointer| +RVA +Name)[^\n]*\n([^\n]* Hint Name\n)?" "" dump "${dump}")
    string(REGEX REPLACE "\n[ \r]*\n.*$" "\n" dump "${dump}")
    string(REGEX MATCHALL "[^\n]+\n" lines "${dump}")
    set(exported)
    foreach(line IN LISTS lines)
        # On x86 each has a second name, with what stdcall adds.
        string(REGEX REPLACE "^.* ([^ \r\n]+)[\r\n]*$" "\\1" line "${line}")
        string(REGEX REPLACE "@[0-9]+$" "" line "${line}")
        list(APPEND exported "${line}")
    endforeach()
    list(REMOVE_DUPLICATES exported)
    list(SORT exported)
    if(NOT declared OR NOT "${exported}" STREQUAL "${declared}")
        message(FATAL_ERROR "${dll} exports:\n${exported}\nThe headers declare:\n${declared}")
    endif()
endfunction()

# Part of their own build.
configure("${CMAKE_CURRENT_LIST_DIR}/project" "${WORK}/fetched" -DHOW=FetchContent
    "-DSITEBRIDGE_SOURCE=${root}" -DBUILD_SHARED_LIBS=${SHARED} -DSITEBRIDGE_INSTALL=ON)
step("${CMAKE_COMMAND}" --build "${WORK}/fetched")
include("${WORK}/fetched/toolchain.cmake")
foreach(program IN ITEMS consumer_c consumer_cpp)
    try_to_run("${WORK}/fetched/bin/${program}.exe")
endforeach()

# Installed, and moved to where it has not been installed to.
step("${CMAKE_COMMAND}" --install "${WORK}/fetched" --prefix "${WORK}/installed")
set(prefix "${WORK}/a moved prefix")
file(RENAME "${WORK}/installed" "${prefix}")
configure("${CMAKE_CURRENT_LIST_DIR}/project" "${WORK}/found" -DHOW=find_package
    "-DSiteBridge_DIR=${prefix}/lib/cmake/SiteBridge")
step("${CMAKE_COMMAND}" --build "${WORK}/found")
file(GLOB dlls "${prefix}/bin/*.dll")
if(SHARED)
    list(LENGTH dlls count)
    if(NOT count EQUAL 1)
        message(FATAL_ERROR "one DLL should be installed, not: ${dlls}")
    endif()
    if(CMAKE_OBJDUMP)
        check_exports("${dlls}")
    endif()
    file(COPY ${dlls} DESTINATION "${WORK}/found/bin")
endif()
foreach(program IN ITEMS consumer_c consumer_cpp)
    try_to_run("${WORK}/found/bin/${program}.exe")
endforeach()

# The templates of a package: the .vsix has in it what the package needs.
set(more)
if(SHARED)
    cmake_path(GET dlls FILENAME more)
endif()
foreach(template IN ITEMS template template_cpp)
    configure("${root}/samples/${template}" "${WORK}/${template}"
        "-DSiteBridge_DIR=${prefix}/lib/cmake/SiteBridge")
    step("${CMAKE_COMMAND}" --build "${WORK}/${template}")
    step("${CMAKE_COMMAND}" "-DVSIX=${WORK}/${template}/my_package.vsix" "-DWORK=${WORK}/opened"
        "-DMACHINE=${MACHINE}" "-DOBJDUMP=${CMAKE_OBJDUMP}" "-DMORE=${more}"
        -P "${CMAKE_CURRENT_LIST_DIR}/../vsix/check.cmake")
endforeach()

# With pkg-config, and a compiler that takes options as it gives them.
find_program(PKG_CONFIG NAMES pkg-config pkgconf)
if(NOT PKG_CONFIG OR CMAKE_C_COMPILER MATCHES "cl[.]exe$")
    message("not built with pkg-config: it is not here, or not for this compiler")
    return()
endif()
set(ENV{PKG_CONFIG_LIBDIR} "${prefix}/lib/pkgconfig")
execute_process(COMMAND "${PKG_CONFIG}" --cflags --libs sitebridge
    OUTPUT_VARIABLE flags COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags UNIX_COMMAND "${flags}")
separate_arguments(options UNIX_COMMAND "${CMAKE_EXE_LINKER_FLAGS}")
if(CMAKE_C_COMPILER_TARGET)
    list(APPEND options "--target=${CMAKE_C_COMPILER_TARGET}")
endif()
file(MAKE_DIRECTORY "${WORK}/pkg-config")
file(COPY ${dlls} DESTINATION "${WORK}/pkg-config")
foreach(language IN ITEMS c cpp)
    set(compiler "${CMAKE_C_COMPILER}" -std=c11)
    if(language STREQUAL "cpp")
        set(compiler "${CMAKE_CXX_COMPILER}" -std=c++17 -static-libstdc++)
    endif()
    set(program "${WORK}/pkg-config/consumer_${language}.exe")
    step(${compiler} ${options} -static-libgcc -o "${program}"
        "${CMAKE_CURRENT_LIST_DIR}/project/consumer.${language}" ${flags} -lole32 -luuid)
    try_to_run("${program}")
endforeach()
