# What sitebridge_add_vsix refuses, each with one clear line; and that a description of difficult
# characters comes through as it is, and everything that a description can have.
#
#   MODULE                      SiteBridgeVsix.cmake
#   DLL, MACHINE                a package's, and its machine type
#   SH                          a shell, to make DLLs for other machine types with; may be missing
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
            "-DLINES=${WORK}/lines.pkgdef"
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
string(REPEAT "x" 101 x101)
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

refused("TAGS has 101 characters, more than 100" TAGS ${x101})
refused("TAGS has a control character" TAGS "\"two\nlines\"")
refused("TARGETS Microsoft.VisualStudio.Ssms is not" TARGETS Microsoft.VisualStudio.Ssms)
refused("TARGETS Microsoft.VisualStudio.Ssms/new is not" TARGETS Microsoft.VisualStudio.Ssms/new)
refused("MORE_INFO example.com is no URL" MORE_INFO example.com)
refused("ICON icon.svg does not end" ICON icon.svg)
refused("PREVIEW_IMAGE preview.txt does not end" PREVIEW_IMAGE preview.txt)
refused("LICENSE has no value" LICENSE LICENSE)
refused("LICENSE COPYING does not end" LICENSE COPYING)
refused("RELEASE_NOTES notes.html does not end" RELEASE_NOTES notes.html)
refused("PKGDEF does not begin with a .key." PKGDEF "\"value\"")
refused("PKGDEF .* other characters than ASCII's" PKGDEF "[==[[key] ä]==]")
refused("FOLDERS .*nowhere is no folder" FOLDERS nowhere)

# As it is to come out. build(<arguments of describe>...)
function(build)
    describe(${ARGN})
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "${output}")
    endif()
    execute_process(COMMAND "${CMAKE_COMMAND}" --build "${WORK}/build"
        OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endfunction()

set(text [=[Says "hello" & <good bye>; 100% $HOME ${HOME} $<CONFIG> @ID@ [1.0,2.0) C:\n it's 'ä€𝄞']=])
describe(DESCRIPTION "[==[${text}]==]" PUBLISHER "[==[A & B]==]" AUTOLOAD
    "NoSolution SolutionExists FolderOpened ShellInitialized {01234567-89ab-cdef-0123-000000000000}"
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

# The UI contexts by their names, as Visual Studio's documentation has them.
file(READ "${WORK}/opened/files/difficult-1.pkgdef" pkgdef)
string(REGEX MATCHALL "AutoLoadPackages.{[-0-9A-F]+}" contexts "${pkgdef}")
string(REGEX REPLACE "AutoLoadPackages." "" contexts "${contexts}")
set(expected "{ADFC4E64-0397-11D1-9F4E-00A0C911004F}" "{F1536EF8-92EC-443C-9ED7-FDADF150DA82}"
    "{4646B819-1AE0-4E79-97F4-8A8176FDD664}" "{E80EF1CB-6D64-4609-8FAA-FEACFD3BC89F}"
    "{01234567-89AB-CDEF-0123-000000000000}")
if(NOT "${contexts}" STREQUAL "${expected}")
    message(FATAL_ERROR "the contexts are ${contexts}, not ${expected}")
endif()

# Release notes may be elsewhere.
build(RELEASE_NOTES "https://example.com/notes")
execute_process(
    COMMAND "${CMAKE_COMMAND}" "-DVSIX=${WORK}/difficult-1.vsix" "-DWORK=${WORK}/opened"
        "-DMACHINE=${MACHINE}" -DReleaseNotes=https://example.com/notes
        -P "${CMAKE_CURRENT_LIST_DIR}/check.cmake"
    COMMAND_ERROR_IS_FATAL ANY)

# Everything that a description can have.
set(more "${WORK}/more")
set(names icon.png preview.JPG license.txt notes.rtf satellite/1033/ui.dll satellite/a.xml)
foreach(name IN LISTS names)
    file(WRITE "${more}/${name}" "${name}")
endforeach()
set(pkgdef [=[
[$RootKey$\Menus]
"{01234567-89AB-CDEF-0123-456789ABCDEF}"=", 1000, 1"
; ${HOME} $<CONFIG> @NAME@ "quoted"; [1.0,2.0)
[$RootKey$\CLSID\{01234567-89AB-CDEF-0123-456789ABCDE0}]
"InprocServer32"="$PackageFolder$\satellite\1033\ui.dll"
]=])
file(WRITE "${WORK}/lines.pkgdef" "${pkgdef}")
function(pack_all machine)
    build(PKGDEF "\"\${lines}\"" ICON "\"${more}/icon.png\"" PREVIEW_IMAGE "\"${more}/preview.JPG\""
        LICENSE "\"${more}/license.txt\"" RELEASE_NOTES "\"${more}/notes.rtf\""
        TAGS "\"to do\" scan" MORE_INFO "\"https://example.com/?a=b&c=d\""
        FOLDERS "\"${more}/satellite\"" TARGETS "Microsoft.VisualStudio.Ssms/21.0 Example.Shell/1")
    execute_process(
        COMMAND "${CMAKE_COMMAND}" "-DVSIX=${WORK}/difficult-1.vsix" "-DWORK=${WORK}/opened"
            "-DMACHINE=${machine}" "-DMORE=${names}" "-DPKGDEF=\n${pkgdef}" -DIcon=icon.png
            -DPreviewImage=preview.JPG -DLicense=license.txt -DReleaseNotes=notes.rtf
            "-DTags=to do;scan" "-DMoreInfo=https://example.com/?a=b&c=d"
            "-DTARGETS=Microsoft.VisualStudio.Ssms=21.0;Example.Shell=1"
            -P "${CMAKE_CURRENT_LIST_DIR}/check.cmake"
        COMMAND_ERROR_IS_FATAL ANY)
endfunction()
pack_all(${MACHINE})

# What is added to a folder goes along with the next build.
file(WRITE "${more}/satellite/1031/ui.dll" "")
list(APPEND names satellite/1031/ui.dll)
pack_all(${MACHINE})

# What the .vsix is for is what the DLL is for, whatever it was built on.
if(SH)
    file(READ "${DLL}" header OFFSET 60 LIMIT 4 HEX)
    string(REGEX REPLACE "^(..)(..)(..)(..)$" "0x\\4\\3\\2\\1" header "${header}")
    math(EXPR offset "${header} + 4")
    foreach(machine IN ITEMS "x86 114 001" "ARM64 144 252" "x64 144 206")
        separate_arguments(machine)
        list(POP_FRONT machine name low high)
        set(patch "printf '\\${low}\\${high}' | dd bs=1 seek=${offset} conv=notrunc of=difficult-1.dll")
        execute_process(COMMAND "${SH}" -c "${patch}"
            WORKING_DIRECTORY "${WORK}" ERROR_QUIET COMMAND_ERROR_IS_FATAL ANY)
        pack_all(${name})
    endforeach()
endif()

# A file that an extension cannot have is refused when it is packed.
file(WRITE "${WORK}/a file.txt" "")
describe(FILES "\"\${CMAKE_CURRENT_LIST_DIR}/a file.txt\"")
execute_process(COMMAND "${CMAKE_COMMAND}" --build "${WORK}/build"
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(result EQUAL 0 OR NOT output MATCHES "a file.txt: the name of a file in an extension")
    message(FATAL_ERROR "expected that a file's name is refused:\n${output}")
endif()
