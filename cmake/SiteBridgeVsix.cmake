# sitebridge_add_vsix(<target>
#     PACKAGE <target>            the package's DLL: a SHARED or MODULE library
#     ID <id>                     unique, for example Publisher.Product
#     VERSION <version>           two to four numbers
#     PUBLISHER <name>
#     NAME <name>                 at most 50 characters
#     DESCRIPTION <text>          at most 1000 characters
#     CLSID <{...}>               the package's, for which its DLL answers
#     [AUTOLOAD <context>...]     when to load the package: NoSolution, SolutionExists, FolderOpened,
#                                 ShellInitialized, or the GUID of another UI context
#     [ALLOWS_BACKGROUND_LOAD]    its events have `initialize`
#     [LANGUAGE <locale>]         of NAME and DESCRIPTION: en-US
#     [PKGDEF <text>]             further lines for the .pkgdef, the first of them a [key]: menus, editors,
#                                 services, settings
#     [TARGETS <product>/<version>...]
#                                 further products that the extension is for, from that version on, for
#                                 example Microsoft.VisualStudio.Ssms/21.0
#     [ICON <file>]               a picture, 32 by 32: .png, .jpg, .bmp, .gif or .ico
#     [PREVIEW_IMAGE <file>]      a picture, 200 by 200
#     [LICENSE <file>]            .txt or .rtf; Visual Studio's installer asks whether it is accepted
#     [TAGS <tag>...]             words to search for; at most 100 characters in all
#     [MORE_INFO <URL>]           where there is more to read
#     [RELEASE_NOTES <file>|<URL>]    a file: .txt or .rtf
#     [FILES <file>...]           more that belongs in the extension, beside the DLL
#     [FOLDERS <folder>...])      the same, each with what is in it and under its own name
#
# Builds a .pkgdef and a .vsix beside the DLL and with its name. The .vsix is for the Visual Studio that
# the DLL's machine type is for: 2022 and later where it is x64 or ARM64, 2019 where it is x86. Each has
# an identity of its own: ID, a dot, and amd64, arm64 or x86; so an extension for x64 and for ARM64 is
# two files, each with its own DLL, to be published side by side. The DLLs that the package is linked
# with go along.
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
    # A value that is called as a keyword is taken for that: LICENSE LICENSE.
    foreach(name IN ITEMS PKGDEF ICON PREVIEW_IMAGE LICENSE MORE_INFO RELEASE_NOTES)
        if(name IN_LIST vsix_KEYWORDS_MISSING_VALUES)
            sitebridge_refuse_vsix("${name} has no value")
        endif()
    endforeach()
    string(ASCII 1 first_control)
    string(ASCII 31 last_control)
    foreach(name IN ITEMS PACKAGE ID VERSION PUBLISHER NAME DESCRIPTION CLSID)
        if("${vsix_${name}}" STREQUAL "")
            sitebridge_refuse_vsix("${name} is missing")
        elseif("${vsix_${name}}" MATCHES "[${first_control}-${last_control}]")
            sitebridge_refuse_vsix("${name} has a control character in it")
        endif()
    endforeach()
    foreach(name IN ITEMS TAGS MORE_INFO RELEASE_NOTES)
        if("${vsix_${name}}" MATCHES "[${first_control}-${last_control}]")
            sitebridge_refuse_vsix("${name} has a control character in it")
        endif()
    endforeach()
    foreach(limit IN ITEMS "ID 94" "NAME 50" "DESCRIPTION 1000" "TAGS 100")
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
    foreach(target_product IN LISTS vsix_TARGETS)
        if(NOT target_product MATCHES "^[A-Za-z][A-Za-z0-9.]*/[0-9]+([.][0-9]+)*$")
            sitebridge_refuse_vsix(
                "TARGETS ${target_product} is not of the form Microsoft.VisualStudio.Ssms/21.0")
        endif()
    endforeach()
    if(DEFINED vsix_MORE_INFO AND NOT vsix_MORE_INFO MATCHES "^https?://[!-~]+$")
        sitebridge_refuse_vsix("MORE_INFO ${vsix_MORE_INFO} is no URL")
    endif()
    set(endings_ICON "png|jpe?g|bmp|gif|ico")
    set(endings_PREVIEW_IMAGE "${endings_ICON}")
    set(endings_LICENSE "txt|rtf")
    set(endings_RELEASE_NOTES "txt|rtf")
    foreach(name IN ITEMS ICON PREVIEW_IMAGE LICENSE RELEASE_NOTES)
        if(DEFINED vsix_${name} AND NOT (name STREQUAL "RELEASE_NOTES"
                AND vsix_RELEASE_NOTES MATCHES "^https?://[!-~]+$"))
            string(TOLOWER "${vsix_${name}}" lower)
            if(NOT lower MATCHES "[.](${endings_${name}})$")
                sitebridge_refuse_vsix(
                    "${name} ${vsix_${name}} does not end with one of ${endings_${name}}")
            endif()
        endif()
    endforeach()
    # It is plain text, of which Visual Studio says no encoding that holds more than ASCII.
    if(DEFINED vsix_PKGDEF AND NOT vsix_PKGDEF MATCHES "^[ \t\r\n]*\\[[\t\r\n -~]*$")
        sitebridge_refuse_vsix("PKGDEF does not begin with a [key], or has other characters than ASCII's")
    endif()
    set(hex "[0-9A-F][0-9A-F][0-9A-F][0-9A-F]")
    foreach(guid IN LISTS vsix_CLSID vsix_AUTOLOAD)
        if(NOT guid MATCHES "^{${hex}${hex}-${hex}-${hex}-${hex}-${hex}${hex}${hex}}$")
            sitebridge_refuse_vsix("${guid} is no GUID of the form {01234567-89AB-CDEF-0123-456789ABCDEF}")
        endif()
    endforeach()
endfunction()

function(sitebridge_add_vsix target)
    set(single PACKAGE ID VERSION PUBLISHER NAME DESCRIPTION CLSID LANGUAGE PKGDEF ICON PREVIEW_IMAGE
        LICENSE MORE_INFO RELEASE_NOTES)
    cmake_parse_arguments(PARSE_ARGV 1 vsix "ALLOWS_BACKGROUND_LOAD" "${single}"
        "AUTOLOAD;TARGETS;TAGS;FILES;FOLDERS")
    if(NOT DEFINED vsix_LANGUAGE)
        set(vsix_LANGUAGE en-US)
    endif()
    string(TOUPPER "${vsix_CLSID}" vsix_CLSID)
    string(TOUPPER "${vsix_AUTOLOAD}" vsix_AUTOLOAD)
    list(TRANSFORM vsix_AUTOLOAD REPLACE "^NOSOLUTION$" "{ADFC4E64-0397-11D1-9F4E-00A0C911004F}")
    list(TRANSFORM vsix_AUTOLOAD REPLACE "^SOLUTIONEXISTS$" "{F1536EF8-92EC-443C-9ED7-FDADF150DA82}")
    list(TRANSFORM vsix_AUTOLOAD REPLACE "^FOLDEROPENED$" "{4646B819-1AE0-4E79-97F4-8A8176FDD664}")
    list(TRANSFORM vsix_AUTOLOAD REPLACE "^SHELLINITIALIZED$" "{E80EF1CB-6D64-4609-8FAA-FEACFD3BC89F}")
    sitebridge_check_vsix(${target})

    set(files)
    foreach(name IN ITEMS ICON PREVIEW_IMAGE LICENSE RELEASE_NOTES)
        if(DEFINED vsix_${name} AND NOT vsix_${name} MATCHES "^https?://")
            list(APPEND vsix_FILES "${vsix_${name}}")
            get_filename_component(vsix_${name} "${vsix_${name}}" NAME)
        endif()
    endforeach()
    foreach(file IN LISTS vsix_FILES)
        get_filename_component(file "${file}" ABSOLUTE)
        list(APPEND files "${file}")
    endforeach()
    set(folders)
    set(contents)
    foreach(folder IN LISTS vsix_FOLDERS)
        get_filename_component(folder "${folder}" ABSOLUTE)
        if(NOT IS_DIRECTORY "${folder}")
            sitebridge_refuse_vsix("FOLDERS ${folder} is no folder")
        endif()
        list(APPEND folders "${folder}")
        file(GLOB_RECURSE content CONFIGURE_DEPENDS "${folder}/*")
        list(APPEND contents ${content})
    endforeach()

    # The description for the script that makes the files of it, when the DLL is there.
    set(content)
    foreach(name IN ITEMS ID VERSION PUBLISHER NAME DESCRIPTION CLSID LANGUAGE AUTOLOAD
            ALLOWS_BACKGROUND_LOAD PKGDEF TARGETS ICON PREVIEW_IMAGE LICENSE TAGS MORE_INFO
            RELEASE_NOTES)
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
            "-DDLL=$<TARGET_FILE:${package}>" "-DFILES=${files}" "-DFOLDERS=${folders}" -P "${script}"
        COMMAND "${CMAKE_COMMAND}" -E touch "${done}"
        DEPENDS ${package} "${description}" "${script}" ${templates} ${vsix_FILES}
            ${contents}
        COMMENT "Packing the extension of ${package}"
        VERBATIM)
    add_custom_target(${target} ALL DEPENDS "${done}")
    set_property(TARGET ${target} APPEND PROPERTY ADDITIONAL_CLEAN_FILES
        "${built}.vsix" "${built}.pkgdef" "${work}/$<CONFIG>")
endfunction()
