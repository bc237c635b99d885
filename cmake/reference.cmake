# Doxygen's input filter: prints a header with every comment as one of Doxygen's. The one at the beginning
# of sitebridge.h becomes the main page.
#
#   cmake -P reference.cmake <header>
cmake_minimum_required(VERSION 3.21)

file(READ "${CMAKE_ARGV3}" text)
set(page "@file\n *")
if(CMAKE_ARGV3 MATCHES "/sitebridge[.]h$")
    set(page "@mainpage")
endif()
string(REGEX REPLACE "^/[*]\n [*]" "/** ${page}" text "${text}")
# After a member, and before one.
string(REGEX REPLACE "(\n *[^ \n/*][^\n]* )/[*] " "\\1/**< " text "${text}")
string(REGEX REPLACE "(\n +)/[*]([ \n])" "\\1/**\\2" text "${text}")
execute_process(COMMAND "${CMAKE_COMMAND}" -E echo "${text}")
