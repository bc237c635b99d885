# The library as two files: they are what make.cmake makes, byte for byte, compile with any compiler for Windows
# that is here, without an option and with all sorts of them, and have the public names and no others.
#
#   FOLDER                          where they are
#   VERSION, SOURCES, IID_SOURCES   what make.cmake is given
#   C_COMPILER                      the build's own, where it compiles for Windows with no more said
#   NM                              for what that makes, of the binutils or LLVM; may be missing
#   OTHERS                          whether the others that are here are to compile them, too
#   WORK                            a folder of the script's own
cmake_minimum_required(VERSION 3.21)
cmake_path(SET root NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../..")
include("${CMAKE_CURRENT_LIST_DIR}/../declared.cmake")
include("${root}/cmake/Warnings.cmake")
file(REMOVE_RECURSE "${WORK}")

execute_process(
    COMMAND "${CMAKE_COMMAND}" "-DVERSION=${VERSION}" "-DSOURCES=${SOURCES}" "-DIID_SOURCES=${IID_SOURCES}"
        "-DOUTPUT=${WORK}" -P "${root}/cmake/amalgamation/make.cmake"
    COMMAND_ERROR_IS_FATAL ANY)
file(GLOB files RELATIVE "${FOLDER}" "${FOLDER}/*")
set(expected LICENSE sitebridge.c sitebridge.h sitebridge.hpp sitebridge.natvis)
list(SORT files)
if(NOT files STREQUAL expected)
    message(FATAL_ERROR "${FOLDER} has ${files}, not ${expected}")
endif()
foreach(file IN LISTS files)
    file(SHA256 "${FOLDER}/${file}" one)
    file(SHA256 "${WORK}/${file}" other)
    if(NOT one STREQUAL other)
        message(FATAL_ERROR "${file} is not what is made of the sources that are here now")
    endif()
    file(READ "${FOLDER}/${file}" text)
    string(REGEX MATCHALL "#[ \t]*include[ \t]*(\"|<sitebridge/)[^\n]*" includes "${text}")
    list(REMOVE_ITEM includes "#include \"sitebridge.h\"")
    if(includes)
        message(FATAL_ERROR "${file} cannot do without others: ${includes}")
    endif()
    if(file MATCHES "[.][ch]$" AND NOT text MATCHES "SiteBridge ${VERSION}: .*Permission is hereby granted")
        message(FATAL_ERROR "${file} does not say what it is, or under which license")
    endif()
endforeach()

# What the header declares.
declared_functions(functions "${FOLDER}/sitebridge.h")
declared(iids "DEFINE_GUID[(]" "DEFINE_GUID[(](IID_[A-Za-z]+)," "${FOLDER}/sitebridge.h")
list(LENGTH functions function_count)
list(LENGTH iids iid_count)
if(function_count LESS 21 OR iid_count LESS 7)
    message(FATAL_ERROR "only ${function_count} functions and ${iid_count} IIDs of the header's were understood")
endif()

# expect_names(<nm> <name>...): those that were compiled for others, without what calling conventions add.
function(expect_names nm)
    if(NOT nm)
        return()
    endif()
    execute_process(COMMAND "${nm}" --extern-only --defined-only "${WORK}/sitebridge.o"
        OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX MATCHALL " [A-Z] [^ \r\n]+" lines "${text}")
    set(names "")
    foreach(line IN LISTS lines)
        string(REGEX REPLACE "^ . _?([^@]*)(@[0-9]+)?$" "\\1" name "${line}")
        # gcc's own, which the linker unites.
        if(NOT name MATCHES "^[.]refptr[.]")
            list(APPEND names "${name}")
        endif()
    endforeach()
    list(SORT names)
    list(SORT ARGN)
    if(NOT names STREQUAL ARGN)
        message(FATAL_ERROR "sitebridge.c defines\n${names}\nand should define\n${ARGN}")
    endif()
endfunction()

# compile(<compiler and option>...): without a word.
function(compile)
    execute_process(COMMAND ${ARGN} -c "${FOLDER}/sitebridge.c" -o "${WORK}/sitebridge.o"
        RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT result EQUAL 0 OR NOT output STREQUAL "")
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "failed (${result}): ${command}\n${output}")
    endif()
endfunction()

set(compilers C_COMPILER)
set(NM_C_COMPILER "${NM}")
if(OTHERS)
    find_program(CLANG clang)
    foreach(processor IN ITEMS x86_64 i686)
        find_program(GCC_${processor} NAMES ${processor}-w64-mingw32-gcc-win32 ${processor}-w64-mingw32-gcc)
        find_program(NM_GCC_${processor} NAMES ${processor}-w64-mingw32-nm)
        list(APPEND compilers GCC_${processor})
        if(CLANG AND GCC_${processor})
            set(CLANG_${processor} "${CLANG}" --target=${processor}-w64-windows-gnu)
            set(NM_CLANG_${processor} "${NM_GCC_${processor}}")
            list(APPEND compilers CLANG_${processor})
        endif()
    endforeach()
endif()

set(tried "")
set(strictly ${SITEBRIDGE_WARNINGS} ${SITEBRIDGE_C_WARNINGS} -Werror)
foreach(name IN LISTS compilers)
    list(JOIN ${name} " " compiler)
    if(NOT compiler OR compiler IN_LIST tried)
        continue()
    endif()
    list(APPEND tried "${compiler}")
    compile(${${name}} -std=c11 -O2 ${strictly} -DSITEBRIDGE_NO_IIDS)
    expect_names("${NM_${name}}" ${functions})
    compile(${${name}})
    expect_names("${NM_${name}}" ${functions} ${iids})
    # What projects define for all that is in them.
    compile(${${name}} -fsyntax-only -std=c17 ${strictly} -D_WIN32_WINNT=0x0A00 -DWIN32_LEAN_AND_MEAN
        -DNOMINMAX -DUNICODE -D_UNICODE -DSTRICT -DCOBJMACROS)
    compile(${${name}} -fsyntax-only -std=gnu11 ${strictly} -D_WIN32_WINNT=0x0601)
    message(STATUS "compiled by ${compiler}")
endforeach()
if(NOT tried)
    message(STATUS "not compiled here: none of these compilers is")
endif()
