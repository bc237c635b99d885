# Makes a package's .pkgdef and .vsix beside its DLL, out of the templates beside this file. Run by
# what sitebridge_add_vsix adds to the build, with
#
#   DESCRIPTION_FILE    sets ID, VERSION, PUBLISHER, NAME, DESCRIPTION, CLSID, LANGUAGE, AUTOLOAD,
#                       ALLOWS_BACKGROUND_LOAD, PKGDEF, TARGETS, ICON, PREVIEW_IMAGE, LICENSE, TAGS,
#                       MORE_INFO, RELEASE_NOTES
#   DLL, FILES, FOLDERS the package's DLL, and what else belongs in the extension
#   WORK                a folder of the script's own, to put the extension's files together in
cmake_minimum_required(VERSION 3.21)
include("${DESCRIPTION_FILE}")

# Sets MACHINE to the DLL's machine type, in hexadecimal and as its bytes stand in the file.
function(read_machine)
    file(READ "${DLL}" header OFFSET 60 LIMIT 4 HEX)
    string(REGEX REPLACE "^(..)(..)(..)(..)$" "0x\\4\\3\\2\\1" header "${header}")
    math(EXPR machine "${header} + 4")
    file(READ "${DLL}" machine OFFSET ${machine} LIMIT 2 HEX)
    set(MACHINE ${machine} PARENT_SCOPE)
endfunction()

function(escape_for_xml name)
    set(text "${${name}}")
    string(REPLACE "&" "&amp;" text "${text}")
    string(REPLACE "<" "&lt;" text "${text}")
    string(REPLACE ">" "&gt;" text "${text}")
    string(REPLACE "\"" "&quot;" text "${text}")
    set(XML_${name} "${text}" PARENT_SCOPE)
endfunction()

function(escape_for_json name)
    string(REGEX REPLACE "([\\\"])" "\\\\\\1" text "${${name}}")
    set(JSON_${name} "${text}" PARENT_SCOPE)
endfunction()

macro(make file style)
    configure_file("${CMAKE_CURRENT_LIST_DIR}/${file}.in" "${WORK}/${made_${file}}" @ONLY
        NEWLINE_STYLE ${style})
endmacro()

# Which Visual Studio the DLL is for.
read_machine()
set(RANGE "[17.0,)")
if(MACHINE STREQUAL "6486")
    set(ARCHITECTURE amd64)
elseif(MACHINE STREQUAL "64aa")
    set(ARCHITECTURE arm64)
elseif(MACHINE STREQUAL "4c01")
    set(ARCHITECTURE x86)
    set(RANGE "[16.0,17.0)")
else()
    message(FATAL_ERROR "${DLL}: no Visual Studio is for its machine type, ${MACHINE}")
endif()
set(PRODUCT "${ID}")
string(APPEND ID ".${ARCHITECTURE}")

# The files of the extension, by name.
cmake_path(GET DLL FILENAME DLL_NAME)
cmake_path(GET DLL STEM LAST_ONLY BASE_NAME)
cmake_path(REMOVE_EXTENSION DLL LAST_ONLY OUTPUT_VARIABLE BUILT)
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
list(REMOVE_ITEM FILES "${DLL}" "")
list(REMOVE_DUPLICATES FILES)
set(names extension.vsixmanifest ${BASE_NAME}.pkgdef)

# add(<file> <folder>): into that folder of the extension, which is "" or ends with a slash.
function(add file folder)
    cmake_path(GET file FILENAME name)
    if(NOT "${folder}${name}" MATCHES
            "^([A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*[.][A-Za-z0-9]+$")
        message(FATAL_ERROR "${folder}${name}: the name of a file in an extension can have only "
            "letters, digits, '.', '-' and '_', and must have an ending")
    endif()
    string(TOLOWER "${names};manifest.json;catalog.json" taken)
    string(TOLOWER "${folder}${name}" lower)
    if(lower IN_LIST taken)
        message(FATAL_ERROR "${folder}${name}: two files of the extension have this name")
    endif()
    set(names ${names} "${folder}${name}" PARENT_SCOPE)
    file(MAKE_DIRECTORY "${WORK}/${folder}")
    file(COPY_FILE "${file}" "${WORK}/${folder}${name}")
endfunction()
foreach(file IN LISTS DLL FILES)
    add("${file}" "")
endforeach()
foreach(folder IN LISTS FOLDERS)
    cmake_path(GET folder PARENT_PATH parent)
    file(GLOB_RECURSE files RELATIVE "${parent}" "${folder}/*")
    foreach(file IN LISTS files)
        cmake_path(GET file PARENT_PATH inside)
        add("${parent}/${file}" "${inside}/")
    endforeach()
endforeach()

set(made_package.pkgdef ${BASE_NAME}.pkgdef)
set(made_extension.vsixmanifest extension.vsixmanifest)
set(made_manifest.json manifest.json)
set(made_catalog.json catalog.json)
set(made_content_types.xml "[Content_Types].xml")

# What Visual Studio reads when the extension is there: how to load the package.
set(BACKGROUND_LOAD "")
set(flags 00000000)
if(ALLOWS_BACKGROUND_LOAD)
    set(BACKGROUND_LOAD "\"AllowsBackgroundLoad\"=dword:00000001\n")
    set(flags 00000002)
endif()
set(AUTOLOADS "")
foreach(context IN LISTS AUTOLOAD)
    string(APPEND AUTOLOADS
        "\n[\$RootKey\$\\AutoLoadPackages\\${context}]\n\"${CLSID}\"=dword:${flags}\n")
endforeach()
set(MORE_LINES "")
if(NOT PKGDEF STREQUAL "")
    string(STRIP "${PKGDEF}" PKGDEF)
    set(MORE_LINES "\n${PKGDEF}")
endif()
make(package.pkgdef DOS)

# What its installer reads.
foreach(name IN ITEMS PUBLISHER NAME DESCRIPTION MORE_INFO LICENSE RELEASE_NOTES ICON PREVIEW_IMAGE
        TAGS)
    escape_for_xml(${name})
    escape_for_json(${name})
endforeach()
set(MORE_METADATA "")
foreach(pair IN ITEMS "MoreInfo MORE_INFO" "License LICENSE" "ReleaseNotes RELEASE_NOTES" "Icon ICON"
        "PreviewImage PREVIEW_IMAGE" "Tags TAGS")
    separate_arguments(pair)
    list(POP_FRONT pair element)
    if(NOT "${${pair}}" STREQUAL "")
        string(APPEND MORE_METADATA "\n    <${element}>${XML_${pair}}</${element}>")
    endif()
endforeach()
set(INSTALLATION_TARGETS "")
function(install_into product range)
    string(APPEND INSTALLATION_TARGETS "
    <InstallationTarget Id=\"${product}\" Version=\"${range}\">
      <ProductArchitecture>${ARCHITECTURE}</ProductArchitecture>
    </InstallationTarget>")
    set(INSTALLATION_TARGETS "${INSTALLATION_TARGETS}" PARENT_SCOPE)
endfunction()
install_into(Microsoft.VisualStudio.Community "${RANGE}")
foreach(target IN LISTS TARGETS)
    string(REPLACE "/" ";" target "${target}")
    list(POP_FRONT target product)
    install_into(${product} "[${target},)")
endforeach()
make(extension.vsixmanifest UNIX)

set(CONTENT_TYPES "")
foreach(name IN LISTS names ITEMS manifest.json)
    string(REGEX REPLACE "^.*[.]" "" ending "${name}")
    string(TOLOWER "${ending}" ending)
    list(APPEND endings ${ending})
endforeach()
list(REMOVE_DUPLICATES endings)
foreach(ending IN LISTS endings)
    set(type application/octet-stream)
    if(ending MATCHES "^(vsixmanifest|xml)$")
        set(type text/xml)
    elseif(ending MATCHES "^(pkgdef|txt|md)$")
        set(type text/plain)
    elseif(ending STREQUAL "json")
        set(type application/json)
    elseif(ending MATCHES "^(png|gif|bmp|jpeg)$")
        set(type image/${ending})
    elseif(ending STREQUAL "jpg")
        set(type image/jpeg)
    elseif(ending STREQUAL "ico")
        set(type image/x-icon)
    elseif(ending STREQUAL "rtf")
        set(type text/rtf)
    endif()
    string(APPEND CONTENT_TYPES
        "\n  <Default Extension=\"${ending}\" ContentType=\"${type}\" />")
endforeach()
make(content_types.xml UNIX)

set(INSTALLED_SIZE 0)
set(FILE_LIST)
foreach(name IN LISTS names)
    file(SIZE "${WORK}/${name}" size)
    math(EXPR INSTALLED_SIZE "${INSTALLED_SIZE} + ${size}")
    list(APPEND FILE_LIST "\n    {\"fileName\": \"/${name}\", \"sha256\": null}")
endforeach()
list(JOIN FILE_LIST "," FILE_LIST)
make(manifest.json UNIX)

# The catalog tells the size of the .vsix that it is packed into. So it is packed with a size that was
# guessed until the guess is right; spaces at its end bring other sizes about.
file(REMOVE "${BUILT}.vsix")
set(VSIX_SIZE 0)
set(PADDING "")
foreach(attempt RANGE 50)
    make(catalog.json UNIX)
    execute_process(
        COMMAND "${CMAKE_COMMAND}" -E tar cf "${WORK}.vsix" --format=zip
            -- "[Content_Types].xml" ${names} manifest.json catalog.json
        WORKING_DIRECTORY "${WORK}" COMMAND_ERROR_IS_FATAL ANY)
    file(SIZE "${WORK}.vsix" size)
    if(size EQUAL VSIX_SIZE)
        break()
    endif()
    set(VSIX_SIZE ${size})
    string(APPEND PADDING " ")
endforeach()
if(NOT size EQUAL VSIX_SIZE)
    message(FATAL_ERROR "${BUILT}.vsix: no size that it can have was found")
endif()

file(COPY_FILE "${WORK}/${BASE_NAME}.pkgdef" "${BUILT}.pkgdef" ONLY_IF_DIFFERENT)
file(RENAME "${WORK}.vsix" "${BUILT}.vsix")
