# A stranger's steps, as the README has them: install SiteBridge, copy a template, build it, look into its
# .vsix, and run what is in there in the small shell. Beside what ../steps.cmake is given:
#
#   TEMPLATE            its folder in samples
#   BUILD               the build of SiteBridge to install
#   SHELL               the small shell; may be missing
#   MACHINE, OBJDUMP, ANSWER    what check.cmake is given
#   WORK                a folder of the script's own
cmake_minimum_required(VERSION 3.21)
include("${CMAKE_CURRENT_LIST_DIR}/../steps.cmake")
file(REMOVE_RECURSE "${WORK}")

step("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/sitebridge")
file(COPY "${CMAKE_CURRENT_LIST_DIR}/../../samples/${TEMPLATE}/" DESTINATION "${WORK}/my package")
configure("${WORK}/my package" "${WORK}/my package/build"
    "-DSiteBridge_DIR=${WORK}/sitebridge/lib/cmake/SiteBridge")
step("${CMAKE_COMMAND}" --build "${WORK}/my package/build")

set(more)
file(GLOB dlls "${WORK}/sitebridge/bin/*.dll")
foreach(dll IN LISTS dlls)
    cmake_path(GET dll FILENAME more)
endforeach()
execute_process(
    COMMAND "${CMAKE_COMMAND}" "-DVSIX=${WORK}/my package/build/my_package.vsix"
        "-DWORK=${WORK}/opened" "-DMACHINE=${MACHINE}" "-DOBJDUMP=${OBJDUMP}"
        "-DANSWER=${EMULATOR};${ANSWER}" "-DMORE=${more}" -P "${CMAKE_CURRENT_LIST_DIR}/check.cmake"
    COMMAND_ERROR_IS_FATAL ANY)
if(NOT SHELL)
    return()
endif()

file(MAKE_DIRECTORY "${WORK}/folder")
try_to_run("${SHELL}" --until-idle --timeout 60
    "${WORK}/opened/files/my_package.pkgdef" "${WORK}/folder")
if(result EQUAL 0 AND NOT output MATCHES "Hello from the background")
    message(FATAL_ERROR "the package does not say hello:\n${output}")
endif()

# It carries out no command.
execute_process(COMMAND ${EMULATOR} "${SHELL}" --until-idle --timeout 60 --command
    "${WORK}/opened/files/my_package.pkgdef" "${WORK}/folder"
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT result MATCHES "^(13|126)$")
    message(FATAL_ERROR "--command ended with ${result}:\n${output}")
endif()
