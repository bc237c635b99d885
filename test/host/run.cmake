# The system's script host runs compare.js, whose engine makes an object of a class in DLL and sites it. The
# class is registered for that: under Wine in the build's prefix, on Windows for the user. It is given
#
#   DLL, CLASS      the class is {CLASS}
#   MACHINE         DLL's
#   EMULATOR        the command that runs a program for Windows; empty on Windows itself
set(here "${CMAKE_CURRENT_LIST_DIR}")

# What has no 32-bit half says so here, and ends 32-bit programs at once with success.
if(EMULATOR AND MACHINE STREQUAL "x86")
    execute_process(COMMAND ${EMULATOR} --has-32bit RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
        message("not run: no 32-bit Wine here")
        return()
    endif()
endif()

# Where the programs, Unix' files and the classes are.
set(view /reg:64)
if(MACHINE STREQUAL "x86")
    set(view /reg:32)
endif()
if(EMULATOR)
    set(windows "C:\\windows")
    set(unix "Z:")
    set(classes "HKLM\\Software\\Classes")
else()
    file(TO_NATIVE_PATH "$ENV{SystemRoot}" windows)
    set(unix "")
    set(classes "HKCU\\Software\\Classes")
endif()
# A 32-bit program, which Wine's loader may be as well, sees the 64-bit ones in sysnative, and only there.
if(MACHINE STREQUAL "x86")
    set(cscript "${windows}\\syswow64\\cscript.exe")
else()
    set(cscript "${windows}\\system32\\cscript.exe")
    set(native "${windows}\\sysnative\\cscript.exe")
    execute_process(COMMAND ${EMULATOR} cmd /c if exist "${native}" exit 3 TIMEOUT 60
        RESULT_VARIABLE result)
    if(result EQUAL 3)
        set(cscript cmd /c "${native}")
    endif()
endif()

# registry(<argument of reg>...)
function(registry)
    execute_process(COMMAND ${EMULATOR} reg ${ARGN} /f ${view} TIMEOUT 60
        RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT result EQUAL 0)
        message(SEND_ERROR "reg ${ARGN} failed (${result}):\n${output}")
    endif()
endfunction()

set(name SiteBridgeTest.${CLASS})
string(REPLACE "/" "\\" dll "${unix}${DLL}")
set(server "${classes}\\CLSID\\{${CLASS}}\\InprocServer32")
registry(add "${classes}\\${name}\\CLSID" /ve /d "{${CLASS}}")
registry(add "${server}" /ve /d "${dll}")
registry(add "${server}" /v ThreadingModel /d Apartment)

execute_process(COMMAND ${EMULATOR} ${cscript} //nologo "${unix}${here}/compare.js" ${name}
    TIMEOUT 60 RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE errors)

registry(delete "${classes}\\${name}")
registry(delete "${classes}\\CLSID\\{${CLASS}}")

string(REPLACE "\r" "" output "${output}")
message("${output}${errors}")
# Wine's cscript ends with 0 where the script failed as well.
if(NOT result EQUAL 0 OR NOT output MATCHES "\n0 wrong\n$")
    message(FATAL_ERROR "cscript ended with ${result}")
endif()

# Home and background might agree on failures alone: what Wine's hosts are known to answer.
if(EMULATOR)
    foreach(line IN ITEMS
            "cscript: site/IUnknown proxy 80004002 80004002 80004002 80004002"
            "cscript: caller/IObjectSafety proxy 00000000 00000000 00000000 00000000"
            "WScript: object/IDispatch proxy 00000000 00000000 00000000 00000000"
            "control: object/IViewObjectEx none 00000000 00000000 80004002 80004002"
            "inside: site/IUnknown proxy 80004001 80004001 80004001 80004001")
        string(FIND "${output}" "${line}\n" at)
        if(at EQUAL -1)
            message(FATAL_ERROR "expected: ${line}")
        endif()
    endforeach()
endif()
