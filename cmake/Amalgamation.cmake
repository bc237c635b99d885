# The library as two files, for who builds it into a project of another kind: the target `amalgamation` makes
# them, in the build's folder of that name; the target `nuget` a package of them, for Visual Studio's projects.
# See amalgamation/make.cmake and nuget/pack.cmake.
set(SITEBRIDGE_AMALGAMATION "${PROJECT_BINARY_DIR}/amalgamation")
set(SITEBRIDGE_MAKE_AMALGAMATION "-DVERSION=${PROJECT_VERSION}")
foreach(list IN ITEMS SOURCES IID_SOURCES)
    set(names "")
    foreach(source IN LISTS SITEBRIDGE_${list})
        cmake_path(RELATIVE_PATH source BASE_DIRECTORY "${PROJECT_SOURCE_DIR}/src" OUTPUT_VARIABLE name)
        list(APPEND names "${name}")
    endforeach()
    list(JOIN names "," names)
    list(APPEND SITEBRIDGE_MAKE_AMALGAMATION "-D${list}=${names}")
endforeach()

file(GLOB headers CONFIGURE_DEPENDS src/*.h src/*/*.h include/sitebridge/*)
set(made sitebridge.c sitebridge.h sitebridge.hpp sitebridge.natvis LICENSE)
list(TRANSFORM made PREPEND "${SITEBRIDGE_AMALGAMATION}/")
set(folder "${PROJECT_SOURCE_DIR}/cmake/amalgamation")
add_custom_command(OUTPUT ${made}
    COMMAND "${CMAKE_COMMAND}" ${SITEBRIDGE_MAKE_AMALGAMATION} "-DOUTPUT=${SITEBRIDGE_AMALGAMATION}"
        -P "${folder}/make.cmake"
    DEPENDS ${SITEBRIDGE_SOURCES} ${SITEBRIDGE_IID_SOURCES} ${headers} "${folder}/make.cmake"
        "${folder}/sitebridge.c.in" "${folder}/sitebridge.h.in" cmake/sitebridge.natvis LICENSE
    COMMENT "Making sitebridge.c and sitebridge.h" VERBATIM)
add_custom_target(amalgamation DEPENDS ${made})

set(SITEBRIDGE_NUPKG "${PROJECT_BINARY_DIR}/SiteBridge.${PROJECT_VERSION}.nupkg")
file(GLOB parts CONFIGURE_DEPENDS cmake/nuget/*)
add_custom_command(OUTPUT "${SITEBRIDGE_NUPKG}"
    COMMAND "${CMAKE_COMMAND}" "-DVERSION=${PROJECT_VERSION}" "-DDESCRIPTION=${PROJECT_DESCRIPTION}"
        "-DAMALGAMATION=${SITEBRIDGE_AMALGAMATION}" "-DWORK=${PROJECT_BINARY_DIR}/nuget"
        "-DPACKAGE=${SITEBRIDGE_NUPKG}" -P "${PROJECT_SOURCE_DIR}/cmake/nuget/pack.cmake"
    DEPENDS ${made} ${parts} COMMENT "Making SiteBridge.${PROJECT_VERSION}.nupkg" VERBATIM)
add_custom_target(nuget DEPENDS "${SITEBRIDGE_NUPKG}")
add_dependencies(nuget amalgamation)

# Where the library is built out of them, everything in the build has their header, by whichever name.
if(SITEBRIDGE_AMALGAMATED)
    set(sitebridge_built_of "${SITEBRIDGE_AMALGAMATION}/sitebridge.c")
    set(sitebridge_iids_built_of "")
    set(sitebridge_include "${PROJECT_BINARY_DIR}/amalgamated/include")
    foreach(name IN ITEMS sitebridge.h package.h vspackage.h sitebridge.hpp)
        cmake_path(GET name EXTENSION ending)
        file(CONFIGURE OUTPUT "${sitebridge_include}/sitebridge/${name}"
            CONTENT "#include \"../../../amalgamation/sitebridge${ending}\"\n")
    endforeach()
endif()
