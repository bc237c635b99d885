# Every function that the library imports is in imports.h, and nothing else is.
#   cmake -DNM=<nm> -DLIBRARY=<static library> -DLIST=<imports.h> -P imports_complete.cmake
execute_process(COMMAND "${NM}" --defined-only "${LIBRARY}"
    OUTPUT_VARIABLE defined RESULT_VARIABLE result_1 ERROR_QUIET)
execute_process(COMMAND "${NM}" --undefined-only "${LIBRARY}"
    OUTPUT_VARIABLE undefined RESULT_VARIABLE result_2 ERROR_QUIET)
if(NOT result_1 EQUAL 0 OR NOT result_2 EQUAL 0)
    message(FATAL_ERROR "${NM} cannot read ${LIBRARY}")
endif()

# The names in C: without __imp_, and without what x86 puts before and after.
function(names_of text result)
    string(REGEX MATCHALL "[ \t][A-Za-z] [A-Za-z0-9_@.]+" lines "${text}")
    set(names)
    foreach(line IN LISTS lines)
        string(REGEX REPLACE "^.* " "" name "${line}")
        string(REGEX REPLACE "^__imp_" "" name "${name}")
        string(REGEX REPLACE "^_?([A-Za-z0-9_]+)@[0-9]+$" "\\1" name "${name}")
        if(X86)
            string(REGEX REPLACE "^_" "" name "${name}")
        endif()
        list(APPEND names "${name}")
    endforeach()
    list(REMOVE_DUPLICATES names)
    set(${result} "${names}" PARENT_SCOPE)
endfunction()

names_of("${defined}" own)
names_of("${undefined}" imported)
list(REMOVE_ITEM imported ${own})
# IDs are data, and the coverage build's own functions are not the library's.
list(FILTER imported EXCLUDE REGEX "^IID_|^CLSID_|^GUID_|^_")

file(STRINGS "${LIST}" lines REGEX "^(FAULT|SPARED)\\(")
set(listed)
foreach(line IN LISTS lines)
    string(REGEX REPLACE "^[A-Z]+\\(([A-Za-z0-9_]+).*" "\\1" name "${line}")
    list(APPEND listed "${name}")
endforeach()

set(missing ${imported})
list(REMOVE_ITEM missing ${listed})
# A compiler may or may not call memcpy and the like.
set(unused ${listed})
list(REMOVE_ITEM unused ${imported} memcmp memcpy memset)
list(LENGTH imported count)
if(missing OR unused)
    message(FATAL_ERROR "not in ${LIST}: [${missing}]; not imported: [${unused}]")
endif()
message(STATUS "${count} imported functions, all listed")
