# What sitebridge_add_vsix refuses, each with one clear line; and that a description of difficult
# characters comes through as it is.
#
#   MODULE                      SiteBridgeVsix.cmake
#   DLL, MACHINE                a package's, and its machine type
#   WORK                        a folder of the script's own
#   GENERATOR, MAKE_PROGRAM     CMake's
cmake_minimum_required(VERSION 3.21)

# Configures a project whose extension has the default description, but for the arguments: pairs of a
# keyword and its value as it stands in a CMakeLists.txt. Sets result and output.
function(describe)
    set(PACKAGE package)
    set(ID Example.Difficult)
    set(VERSION 1.2)
    set(PUBLISHER "\"The publisher\"")
    set(NAME "\"The name\"")
    set(DESCRIPTION "\"The description\"")
    set(CLSID "{01234567-89ab-cdef-0123-456789ABCDEF}")
    set(keywords PACKAGE ID VERSION PUBLISHER NAME DESCRIPTION CLSID)
    math(EXPR last "${ARGC} - 1")
    foreach(i RANGE 0 ${last} 2)
        math(EXPR j "${i} + 1")
        set(${ARGV${i}} "${ARGV${j}}")
        list(APPEND keywords ${ARGV${i}})
    endforeach()
    list(REMOVE_DUPLICATES keywords)
    set(call "sitebridge_add_vsix(extension")
    foreach(keyword IN LISTS keywords)
        if(NOT "${${keyword}}" STREQUAL "")
            string(APPEND call "\n    ${keyword} ${${keyword}}")
        endif()
    endforeach()
    file(WRITE "${WORK}/call.cmake" "${call})\n")
    execute_process(
        COMMAND "${CMAKE_COMMAND}" -G "${GENERATOR}" "-DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM}"
            -S "${CMAKE_CURRENT_LIST_DIR}/description" -B "${WORK}/build" "-DMODULE=${MODULE}"
            "-DDLL=${WORK}/difficult-1.dll" "-DCALL=${WORK}/call.cmake"
        RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    set(result "${result}" PARENT_SCOPE)
    set(output "${output}" PARENT_SCOPE)
endfunction()

function(refused words)
    describe(${ARGN})
    # CMake breaks long lines.
    string(REGEX REPLACE "[ \n]+" " " output "${output}")
    if(result EQUAL 0 OR NOT output MATCHES "sitebridge_add_vsix\\(extension\\): [^\n]*${words}")
        message(FATAL_ERROR "expected that it is refused with '${words}':\n${ARGN}\n${output}")
    endif()
endfunction()

file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
file(COPY_FILE "${DLL}" "${WORK}/difficult-1.dll")
string(REPEAT "x" 51 x51)
string(REPEAT "x" 95 x95)
string(REPEAT "x" 1001 x1001)

refused("PACKAGE is missing" PACKAGE "")
refused("ID is missing" ID "")
refused("VERSION is missing" VERSION "")
refused("PUBLISHER is missing" PUBLISHER "")
refused("NAME is missing" NAME "")
refused("DESCRIPTION is missing" DESCRIPTION "")
refused("CLSID is missing" CLSID "")
refused("not understood: SIZE" PACKAGE "package SIZE")
refused("is no target that builds a DLL" PACKAGE no_dll)
refused("is no target that builds a DLL" PACKAGE nothing)
refused("ID has 95 characters, more than 94" ID ${x95})
refused("NAME has 51 characters, more than 50" NAME ${x51})
refused("DESCRIPTION has 1001 characters, more than 1000" DESCRIPTION ${x1001})
refused("ID a b has other characters" ID "\"a b\"")
refused("VERSION 1 is not" VERSION 1)
refused("VERSION 1.0-beta is not" VERSION 1.0-beta)
refused("LANGUAGE english us is not" LANGUAGE "\"english us\"")
refused("NAME has other characters" NAME "\"\\\"quoted\\\"\"")
refused("DESCRIPTION has a control character" DESCRIPTION "\"two\nlines\"")
refused("{01234567-89AB-CDEF-0123-456789ABCDE} is no GUID" CLSID
    "{01234567-89ab-cdef-0123-456789ABCDE}")
refused("SOMETIMES is no GUID" AUTOLOAD Sometimes)

# As it is to come out.
set(text [=[Says "hello" & <good bye>; 100% $HOME ${HOME} $<CONFIG> @ID@ [1.0,2.0) C:\n it's 'ä€𝄞']=])
describe(DESCRIPTION "[==[${text}]==]" PUBLISHER "[==[A & B]==]" AUTOLOAD
    "SolutionExists {01234567-89ab-cdef-0123-000000000000}"
    FILES "\"\${CALL}\"")
if(NOT result EQUAL 0)
    message(FATAL_ERROR "${output}")
endif()
execute_process(COMMAND "${CMAKE_COMMAND}" --build "${WORK}/build"
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(
    COMMAND "${CMAKE_COMMAND}" "-DVSIX=${WORK}/difficult-1.vsix" "-DWORK=${WORK}/opened"
        "-DMACHINE=${MACHINE}" -DMORE=call.cmake "-DDisplayName=The name" "-DDescription=${text}"
        -P "${CMAKE_CURRENT_LIST_DIR}/check.cmake"
    COMMAND_ERROR_IS_FATAL ANY)

# A file that an extension cannot have is refused when it is packed.
file(WRITE "${WORK}/a file.txt" "")
describe(FILES "\"\${CMAKE_CURRENT_LIST_DIR}/a file.txt\"")
execute_process(COMMAND "${CMAKE_COMMAND}" --build "${WORK}/build"
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(result EQUAL 0 OR NOT output MATCHES "a file.txt: the name of a file in an extension")
    message(FATAL_ERROR "expected that a file's name is refused:\n${output}")
endif()
