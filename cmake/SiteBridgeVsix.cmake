# sitebridge_add_vsix(<target>
#     PACKAGE <target>            the package's DLL: a SHARED or MODULE library
#     ID <id>                     unique, for example Publisher.Product
#     VERSION <version>           two to four numbers
#     PUBLISHER <name>
#     NAME <name>                 at most 50 characters
#     DESCRIPTION <text>          at most 1000 characters
#     CLSID <{...}>               the package's, for which its DLL answers
#     [AUTOLOAD <context>...]     when to load the package: NoSolution, SolutionExists,
#                                 ShellInitialized, or the GUID of another UI context
#     [ALLOWS_BACKGROUND_LOAD]    its events have `initialize`
#     [LANGUAGE <locale>]         of NAME and DESCRIPTION: en-US
#     [FILES <file>...])          more that belongs in the extension
#
# Builds a .pkgdef and a .vsix beside the DLL and with its name. The .vsix is for the Visual Studio that
# the DLL's machine type is for: 2022 where it is x64 or ARM64, 2019 where it is x86. Each has an
# identity of its own: ID, a dot, and amd64, arm64 or x86. The DLLs that the package is linked with go
# along.
#
# Visual Studio since 2019 loads a package by itself only where ALLOWS_BACKGROUND_LOAD goes with
# AUTOLOAD.

# How many characters the UTF-8 text has: the bytes that begin one.
function(sitebridge_count_characters text result)
    string(HEX "${text}" bytes)
    string(REGEX MATCHALL ".." bytes "${bytes}")
    list(FILTER bytes EXCLUDE REGEX "^[89ab]")
    list(LENGTH bytes count)
    set(${result} ${count} PARENT_SCOPE)
endfunction()

function(sitebridge_refuse_vsix why)
    message(FATAL_ERROR "sitebridge_add_vsix(${target}): ${why}")
endfunction()

# Ends with what is wrong with the description of the .vsix <target>, which is in the variables vsix_*.
function(sitebridge_check_vsix target)
    if(DEFINED vsix_UNPARSED_ARGUMENTS)
        sitebridge_refuse_vsix("not understood: ${vsix_UNPARSED_ARGUMENTS}")
    endif()
    string(ASCII 1 first_control)
    string(ASCII 31 last_control)
    foreach(name IN ITEMS PACKAGE ID VERSION PUBLISHER NAME DESCRIPTION CLSID)
        if("${vsix_${name}}" STREQUAL "")
            sitebridge_refuse_vsix("${name} is missing")
        elseif("${vsix_${name}}" MATCHES "[${first_control}-${last_control}]")
            sitebridge_refuse_vsix("${name} has a control character in it")
        endif()
    endforeach()
    foreach(limit IN ITEMS "ID 94" "NAME 50" "DESCRIPTION 1000")
        separate_arguments(limit)
        list(POP_FRONT limit name)
        sitebridge_count_characters("${vsix_${name}}" count)
        if(count GREATER limit)
            sitebridge_refuse_vsix("${name} has ${count} characters, more than ${limit}")
        endif()
    endforeach()

    set(type)
    if(TARGET "${vsix_PACKAGE}")
        get_target_property(type "${vsix_PACKAGE}" TYPE)
    endif()
    if(NOT "${type}" MATCHES "^(SHARED|MODULE)_LIBRARY$")
        sitebridge_refuse_vsix("PACKAGE ${vsix_PACKAGE} is no target that builds a DLL")
    endif()
    if(NOT vsix_ID MATCHES "^[A-Za-z0-9][A-Za-z0-9._-]*$")
        sitebridge_refuse_vsix("ID ${vsix_ID} has other characters than letters, digits, '.', '-' and '_'")
    endif()
    if(NOT vsix_VERSION MATCHES "^[0-9]+[.][0-9]+([.][0-9]+)?([.][0-9]+)?$")
        sitebridge_refuse_vsix("VERSION ${vsix_VERSION} is not two to four numbers with dots between them")
    endif()
    if(NOT vsix_LANGUAGE MATCHES "^[A-Za-z]+(-[A-Za-z0-9]+)*$")
        sitebridge_refuse_vsix("LANGUAGE ${vsix_LANGUAGE} is not of the form en-US")
    endif()
    # It stands in the .pkgdef too, which is plain text without a way to quote.
    if(NOT vsix_NAME MATCHES "^[ -~]+$" OR vsix_NAME MATCHES "[\"$]")
        sitebridge_refuse_vsix("NAME has other characters than ASCII's, or \" or \$")
    endif()
    set(hex "[0-9A-F][0-9A-F][0-9A-F][0-9A-F]")
    foreach(guid IN LISTS vsix_CLSID vsix_AUTOLOAD)
        if(NOT guid MATCHES "^{${hex}${hex}-${hex}-${hex}-${hex}-${hex}${hex}${hex}}$")
            sitebridge_refuse_vsix("${guid} is no GUID of the form {01234567-89AB-CDEF-0123-456789ABCDEF}")
        endif()
    endforeach()
endfunction()

function(sitebridge_add_vsix target)
    cmake_parse_arguments(PARSE_ARGV 1 vsix "ALLOWS_BACKGROUND_LOAD"
        "PACKAGE;ID;VERSION;PUBLISHER;NAME;DESCRIPTION;CLSID;LANGUAGE" "AUTOLOAD;FILES")
    if(NOT DEFINED vsix_LANGUAGE)
        set(vsix_LANGUAGE en-US)
    endif()
    string(TOUPPER "${vsix_CLSID}" vsix_CLSID)
    string(TOUPPER "${vsix_AUTOLOAD}" vsix_AUTOLOAD)
    list(TRANSFORM vsix_AUTOLOAD REPLACE "^NOSOLUTION$" "{ADFC4E64-0397-11D1-9F4E-00A0C911004F}")
    list(TRANSFORM vsix_AUTOLOAD REPLACE "^SOLUTIONEXISTS$" "{F1536EF8-92EC-443C-9ED7-FDADF150DA82}")
    list(TRANSFORM vsix_AUTOLOAD REPLACE "^SHELLINITIALIZED$" "{E80EF1CB-6D64-4609-8FAA-FEACFD3BC89F}")
    sitebridge_check_vsix(${target})

    set(files)
    foreach(file IN LISTS vsix_FILES)
        get_filename_component(file "${file}" ABSOLUTE)
        list(APPEND files "${file}")
    endforeach()

    # The description for the script that makes the files of it, when the DLL is there.
    set(content)
    foreach(name IN ITEMS ID VERSION PUBLISHER NAME DESCRIPTION CLSID LANGUAGE AUTOLOAD
            ALLOWS_BACKGROUND_LOAD)
        string(REGEX REPLACE "([\\\"$])" "\\\\\\1" value "${vsix_${name}}")
        string(APPEND content "set(${name} \"${value}\")\n")
    endforeach()
    set(work "${CMAKE_CURRENT_BINARY_DIR}/${target}.vsix.dir")
    set(description "${work}/description.cmake")
    file(CONFIGURE OUTPUT "${description}" CONTENT "@content@" @ONLY)

    set(script "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/vsix/pack.cmake")
    file(GLOB templates "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/vsix/*.in")
    set(package "${vsix_PACKAGE}")
    get_target_property(is_imported ${package} IMPORTED)
    if(NOT is_imported)
        list(APPEND files "$<TARGET_RUNTIME_DLLS:${package}>")
    endif()
    set(built "$<TARGET_FILE_PREFIX:${package}>$<TARGET_FILE_BASE_NAME:${package}>")
    set(built "$<TARGET_FILE_DIR:${package}>/${built}")
    set(done "${work}/$<CONFIG>.done")
    add_custom_command(OUTPUT "${done}"
        COMMAND "${CMAKE_COMMAND}" "-DDESCRIPTION_FILE=${description}" "-DWORK=${work}/$<CONFIG>"
            "-DDLL=$<TARGET_FILE:${package}>" "-DFILES=${files}" -P "${script}"
        COMMAND "${CMAKE_COMMAND}" -E touch "${done}"
        DEPENDS ${package} "${description}" "${script}" ${templates} ${vsix_FILES}
        COMMENT "Packing the extension of ${package}"
        VERBATIM)
    add_custom_target(${target} ALL DEPENDS "${done}")
    set_property(TARGET ${target} APPEND PROPERTY ADDITIONAL_CLEAN_FILES
        "${built}.vsix" "${built}.pkgdef" "${work}/$<CONFIG>")
endfunction()
