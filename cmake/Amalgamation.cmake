# The library as two files, for who builds it into a project of another kind: the target `amalgamation` makes
# them, in the build's folder of that name. See amalgamation/make.cmake.
set(SITEBRIDGE_AMALGAMATION "${PROJECT_BINARY_DIR}/amalgamation")
list(JOIN SITEBRIDGE_SOURCES "," sources)
list(JOIN SITEBRIDGE_IID_SOURCES "," iid_sources)
set(SITEBRIDGE_MAKE_AMALGAMATION "-DVERSION=${PROJECT_VERSION}" "-DSOURCES=${sources}"
    "-DIID_SOURCES=${iid_sources}")

file(GLOB headers CONFIGURE_DEPENDS src/*.h src/*/*.h include/sitebridge/*)
set(sources ${SITEBRIDGE_SOURCES} ${SITEBRIDGE_IID_SOURCES})
list(TRANSFORM sources PREPEND "${PROJECT_SOURCE_DIR}/src/")
set(made sitebridge.c sitebridge.h sitebridge.hpp sitebridge.natvis LICENSE)
list(TRANSFORM made PREPEND "${SITEBRIDGE_AMALGAMATION}/")
set(folder "${PROJECT_SOURCE_DIR}/cmake/amalgamation")
add_custom_command(OUTPUT ${made}
    COMMAND "${CMAKE_COMMAND}" ${SITEBRIDGE_MAKE_AMALGAMATION} "-DOUTPUT=${SITEBRIDGE_AMALGAMATION}"
        -P "${folder}/make.cmake"
    DEPENDS ${sources} ${headers} "${folder}/make.cmake" "${folder}/sitebridge.c.in"
        "${folder}/sitebridge.h.in" cmake/sitebridge.natvis LICENSE CMakeLists.txt
    COMMENT "Making sitebridge.c and sitebridge.h" VERBATIM)
add_custom_target(amalgamation DEPENDS ${made})
