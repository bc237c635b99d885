# Makes the NuGet package of the library's two files, as nuget.exe would: a package of the Open Packaging
# Conventions, from the templates beside this file. Run by the target `nuget`, with
#
#   VERSION, DESCRIPTION    the project's
#   AMALGAMATION            the folder with the two files
#   WORK                    a folder of the script's own, to put the package's files together in
#   PACKAGE                 the package
cmake_minimum_required(VERSION 3.21)
file(REMOVE_RECURSE "${WORK}")
set(names "")

# add(<file> <name in the package>)
function(add file name)
    cmake_path(GET name PARENT_PATH folder)
    file(MAKE_DIRECTORY "${WORK}/${folder}")
    file(COPY_FILE "${file}" "${WORK}/${name}")
    set(names ${names} "${name}" PARENT_SCOPE)
endfunction()

# make(<template> <name in the package>)
function(make template name)
    configure_file("${CMAKE_CURRENT_LIST_DIR}/${template}" "${WORK}/${name}" @ONLY NEWLINE_STYLE UNIX)
    set(names ${names} "${name}" PARENT_SCOPE)
endfunction()

file(STRINGS "${AMALGAMATION}/LICENSE" COPYRIGHT REGEX "^Copyright ")
make(sitebridge.nuspec.in SiteBridge.nuspec)
add("${CMAKE_CURRENT_LIST_DIR}/SiteBridge.targets" build/native/SiteBridge.targets)
add("${AMALGAMATION}/sitebridge.natvis" build/native/sitebridge.natvis)
add("${AMALGAMATION}/sitebridge.h" include/sitebridge/sitebridge.h)
add("${AMALGAMATION}/sitebridge.hpp" include/sitebridge/sitebridge.hpp)
foreach(name IN ITEMS package.h vspackage.h)
    make(header.h.in include/sitebridge/${name})
endforeach()
add("${AMALGAMATION}/sitebridge.c" src/sitebridge.c)
add("${AMALGAMATION}/LICENSE" LICENSE)
add("${CMAKE_CURRENT_LIST_DIR}/README.md" README.md)

# Each ending's content type, and that of what has none.
set(CONTENT_TYPES "")
set(endings "")
foreach(name IN LISTS names)
    cmake_path(GET name EXTENSION LAST_ONLY ending)
    if(ending STREQUAL "")
        string(APPEND CONTENT_TYPES "\n  <Override PartName=\"/${name}\" ContentType=\"application/octet\" />")
    elseif(NOT ending IN_LIST endings)
        list(APPEND endings "${ending}")
        string(SUBSTRING "${ending}" 1 -1 ending)
        string(APPEND CONTENT_TYPES
            "\n  <Default Extension=\"${ending}\" ContentType=\"application/octet\" />")
    endif()
endforeach()
string(MD5 id "SiteBridge ${VERSION}")
set(CORE "package/services/metadata/core-properties/${id}.psmdcp")
make(core.psmdcp.in "${CORE}")
make(rels.in _rels/.rels)
configure_file("${CMAKE_CURRENT_LIST_DIR}/content_types.xml.in" "${WORK}/[Content_Types].xml" @ONLY
    NEWLINE_STYLE UNIX)

# It says nothing of when it was made. The times in it are local ones.
set(ENV{TZ} UTC)
file(REMOVE "${PACKAGE}")
execute_process(
    COMMAND "${CMAKE_COMMAND}" -E tar cf "${PACKAGE}" --format=zip "--mtime=1990-01-01 00:00:00 UTC"
        -- "[Content_Types].xml" ${names}
    WORKING_DIRECTORY "${WORK}" COMMAND_ERROR_IS_FATAL ANY)
