# For the tests that compare what a binary has with what headers declare.

# declared(<result> <beginning> <regex> <header>...): the names that the group in <regex> stands for, of each line that
# has that beginning.
function(declared result beginning regex)
    set(names "")
    foreach(header IN LISTS ARGN)
        file(STRINGS "${header}" lines REGEX "^${beginning}")
        foreach(line IN LISTS lines)
            string(REGEX REPLACE "^${regex}.*$" "\\1" line "${line}")
            list(APPEND names "${line}")
        endforeach()
    endforeach()
    list(SORT names)
    set(${result} "${names}" PARENT_SCOPE)
endfunction()

function(declared_functions result)
    declared(names STDAPI "STDAPI[^ ]* +([A-Za-z]+)[(]" ${ARGN})
    set(${result} "${names}" PARENT_SCOPE)
endfunction()
