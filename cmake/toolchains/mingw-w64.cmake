# Builds for Windows with mingw-w64 on another system, and runs what was built under Wine.
# Included by the toolchain file of each processor, which sets CMAKE_SYSTEM_PROCESSOR.
set(CMAKE_SYSTEM_NAME Windows)
set(mingw_target ${CMAKE_SYSTEM_PROCESSOR}-w64-mingw32)

# Debian has gcc with two thread models: the one that is Windows' own needs no libwinpthread.
find_program(CMAKE_C_COMPILER NAMES ${mingw_target}-gcc-win32 ${mingw_target}-gcc REQUIRED)
find_program(CMAKE_RC_COMPILER NAMES ${mingw_target}-windres REQUIRED)
find_program(mingw_cxx NAMES ${mingw_target}-g++-win32 ${mingw_target}-g++)
mark_as_advanced(mingw_cxx)
if(mingw_cxx)
    set(CMAKE_CXX_COMPILER ${mingw_cxx})
endif()

# Programs and DLLs run alone, without libgcc's DLL beside them.
foreach(kind EXE SHARED MODULE)
    set(CMAKE_${kind}_LINKER_FLAGS_INIT -static-libgcc)
endforeach()

# Besides the compiler's own folders, those that are named to look for packages in.
string(REPLACE ":" ";" from_environment "$ENV{CMAKE_PREFIX_PATH}")
list(APPEND CMAKE_FIND_ROOT_PATH /usr/${mingw_target} ${CMAKE_PREFIX_PATH} ${from_environment})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

set(SITEBRIDGE_WINEPREFIX "${CMAKE_BINARY_DIR}/wine" CACHE PATH "Where Wine keeps its Windows")
set(CMAKE_CROSSCOMPILING_EMULATOR
    "${CMAKE_CURRENT_LIST_DIR}/../wine.sh" -p "${SITEBRIDGE_WINEPREFIX}")
