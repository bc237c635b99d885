# Compiles with clang, against the headers and libraries of mingw-w64 and with its linker.
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER clang CACHE STRING "")
set(mingw_cxx clang++ CACHE STRING "")
include("${CMAKE_CURRENT_LIST_DIR}/mingw-w64.cmake")
set(CMAKE_C_COMPILER_TARGET x86_64-w64-windows-gnu)
set(CMAKE_CXX_COMPILER_TARGET x86_64-w64-windows-gnu)

# clang does not find by itself what Debian calls a gcc of the thread model win32.
find_program(mingw_gcc NAMES ${mingw_target}-gcc-win32 ${mingw_target}-gcc REQUIRED)
find_program(mingw_ld NAMES ${mingw_target}-ld REQUIRED)
mark_as_advanced(mingw_gcc mingw_ld)
execute_process(COMMAND "${mingw_gcc}" -print-libgcc-file-name
    OUTPUT_VARIABLE mingw_libgcc OUTPUT_STRIP_TRAILING_WHITESPACE)
get_filename_component(mingw_libgcc "${mingw_libgcc}" DIRECTORY)
set(CMAKE_CXX_STANDARD_INCLUDE_DIRECTORIES
    "${mingw_libgcc}/include/c++" "${mingw_libgcc}/include/c++/${mingw_target}")
foreach(kind EXE SHARED MODULE)
    string(APPEND CMAKE_${kind}_LINKER_FLAGS_INIT " --ld-path=${mingw_ld} -L${mingw_libgcc}")
endforeach()
