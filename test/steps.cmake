# For the tests that are CMake scripts and do what a user of SiteBridge does. They are given
#
#   GENERATOR, MAKE_PROGRAM     CMake's
#   TOOLCHAIN                   the toolchain file, or else
#   C_COMPILER, CXX_COMPILER    the compilers
#   EMULATOR                    the command that runs a program for Windows; empty on Windows itself

# step(<command>...): what it prints is worth reading only where it fails.
function(step)
    execute_process(COMMAND ${ARGN}
        RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT result EQUAL 0)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "failed (${result}): ${command}\n${output}")
    endif()
endfunction()

# configure(<source> <build> <argument of CMake>...)
function(configure source build)
    set(arguments -G "${GENERATOR}" "-DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM}"
        -DCMAKE_BUILD_TYPE=Release)
    if(TOOLCHAIN)
        list(APPEND arguments "-DCMAKE_TOOLCHAIN_FILE=${TOOLCHAIN}")
    else()
        list(APPEND arguments "-DCMAKE_C_COMPILER=${C_COMPILER}")
        if(CXX_COMPILER)
            list(APPEND arguments "-DCMAKE_CXX_COMPILER=${CXX_COMPILER}")
        endif()
    endif()
    step("${CMAKE_COMMAND}" ${arguments} ${ARGN} -S "${source}" -B "${build}")
endfunction()

# try_to_run(<program> <argument>...): runs it, and it must end with 0. Where it cannot run here, which
# Wine without its 32-bit half says with 126, it is only said so. Sets result and output.
function(try_to_run program)
    execute_process(COMMAND ${EMULATOR} "${program}" ${ARGN}
        RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(result EQUAL 126)
        message("built, but not run: ${program}")
    elseif(NOT result EQUAL 0)
        message(FATAL_ERROR "failed (${result}): ${program} ${ARGN}\n${output}")
    endif()
    set(result "${result}" PARENT_SCOPE)
    set(output "${output}" PARENT_SCOPE)
endfunction()
