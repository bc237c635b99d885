# Those of gcc and clang, and those that are for C alone.
set(SITEBRIDGE_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wundef -Wvla)
set(SITEBRIDGE_C_WARNINGS -Wstrict-prototypes -Wmissing-prototypes)

# sitebridge_compile_strictly(<target>): standard C11, and the warnings SiteBridge's own code is kept
# free of. All of it is private to the target: who links SiteBridge chooses for himself.
function(sitebridge_compile_strictly target)
    set_target_properties(${target} PROPERTIES
        C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF
        CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
    if(MSVC)
        # Without 4204 and 4221, which take C99's initializers for extensions of Microsoft's, and without
        # those that want Microsoft's replacements for the standard library's functions.
        target_compile_options(${target} PRIVATE
            /W4 /wd4204 /wd4221 $<$<BOOL:${SITEBRIDGE_WERROR}>:/WX>)
        target_compile_definitions(${target} PRIVATE _CRT_SECURE_NO_WARNINGS)
    else()
        target_compile_options(${target} PRIVATE
            ${SITEBRIDGE_WARNINGS}
            "$<$<COMPILE_LANGUAGE:C>:${SITEBRIDGE_C_WARNINGS}>"
            $<$<BOOL:${SITEBRIDGE_WERROR}>:-Werror>)
    endif()
endfunction()
