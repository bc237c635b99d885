#include "injector.h"

#include <stdlib.h>
#include <string.h>

#include <objbase.h>

#include "import.h"

enum {
#define FAULT(function, result, notice) FAULT_##function,
#define LOOKUP FAULT
#define SPARED(function)
#include "imports.h"
#undef FAULT
#undef LOOKUP
#undef SPARED
    FAULTS
};

static const Fault faults[] = {
#define FAULT(function, result, notice) { #function, result, notice },
#define LOOKUP FAULT
#define SPARED(function)
#include "imports.h"
#undef FAULT
#undef LOOKUP
#undef SPARED
};

static ImportedFunction real[FAULTS];
static volatile LONG calls[FAULTS];
static volatile LONG armed = -1, armed_nth, armed_for_good, strikes;

static BOOL fault_strikes(int index)
{
    LONG call = InterlockedIncrement(&calls[index]);

    if (armed != index || armed_nth == 0 || (armed_for_good ? call < armed_nth : call != armed_nth))
        return FALSE;
    InterlockedIncrement(&strikes);
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return TRUE;
}

/*
 * The functions that stand in between: with REAL their type is declared, and with CALL the real one
 * is called.
 */
#define REAL(result, function, parameters) typedef result function##Function parameters
#define CALL(function) ((function##Function *)real[FAULT_##function])

REAL(void *__cdecl, calloc, (size_t, size_t));
static void *__cdecl fault_calloc(size_t count, size_t size)
{
    return fault_strikes(FAULT_calloc) ? NULL : CALL(calloc)(count, size);
}

REAL(void *__cdecl, realloc, (void *, size_t));
static void *__cdecl fault_realloc(void *block, size_t size)
{
    return fault_strikes(FAULT_realloc) ? NULL : CALL(realloc)(block, size);
}

REAL(HANDLE WINAPI, CreateThread,
     (LPSECURITY_ATTRIBUTES, SIZE_T, LPTHREAD_START_ROUTINE, LPVOID, DWORD, LPDWORD));
static HANDLE WINAPI fault_CreateThread(LPSECURITY_ATTRIBUTES security, SIZE_T stack,
                                        LPTHREAD_START_ROUTINE start, LPVOID context, DWORD flags,
                                        LPDWORD id)
{
    if (fault_strikes(FAULT_CreateThread))
        return NULL;
    return CALL(CreateThread)(security, stack, start, context, flags, id);
}

REAL(HANDLE WINAPI, OpenThread, (DWORD, BOOL, DWORD));
static HANDLE WINAPI fault_OpenThread(DWORD access, BOOL inherit, DWORD id)
{
    return fault_strikes(FAULT_OpenThread) ? NULL : CALL(OpenThread)(access, inherit, id);
}

REAL(HANDLE WINAPI, CreateEventW, (LPSECURITY_ATTRIBUTES, BOOL, BOOL, LPCWSTR));
static HANDLE WINAPI fault_CreateEventW(LPSECURITY_ATTRIBUTES security, BOOL manual, BOOL set,
                                        LPCWSTR name)
{
    return fault_strikes(FAULT_CreateEventW) ? NULL
                                             : CALL(CreateEventW)(security, manual, set, name);
}

REAL(BOOL WINAPI, GetModuleHandleExW, (DWORD, LPCWSTR, HMODULE *));
static BOOL WINAPI fault_GetModuleHandleExW(DWORD flags, LPCWSTR name, HMODULE *module)
{
    return fault_strikes(FAULT_GetModuleHandleExW) ? FALSE
                                                   : CALL(GetModuleHandleExW)(flags, name, module);
}

REAL(HMODULE WINAPI, GetModuleHandleW, (LPCWSTR));
static HMODULE WINAPI fault_GetModuleHandleW(LPCWSTR name)
{
    return fault_strikes(FAULT_GetModuleHandleW) ? NULL : CALL(GetModuleHandleW)(name);
}

REAL(HRESULT WINAPI, CoGetApartmentType, (APTTYPE *, APTTYPEQUALIFIER *));
static HRESULT WINAPI fault_CoGetApartmentType(APTTYPE *type, APTTYPEQUALIFIER *qualifier)
{
    return fault_strikes(FAULT_CoGetApartmentType) ? E_OUTOFMEMORY
                                                   : CALL(CoGetApartmentType)(type, qualifier);
}

REAL(HRESULT WINAPI, CoMarshalInterThreadInterfaceInStream, (REFIID, LPUNKNOWN, LPSTREAM *));
static HRESULT WINAPI fault_CoMarshalInterThreadInterfaceInStream(REFIID riid, LPUNKNOWN object,
                                                                  LPSTREAM *stream)
{
    if (!fault_strikes(FAULT_CoMarshalInterThreadInterfaceInStream))
        return CALL(CoMarshalInterThreadInterfaceInStream)(riid, object, stream);
    *stream = NULL;
    return E_OUTOFMEMORY;
}

/* The stream goes even so, what is in it does not, and the out-pointer is not written. */
REAL(HRESULT WINAPI, CoGetInterfaceAndReleaseStream, (LPSTREAM, REFIID, LPVOID *));
static HRESULT WINAPI fault_CoGetInterfaceAndReleaseStream(LPSTREAM stream, REFIID riid, LPVOID *ppv)
{
    if (!fault_strikes(FAULT_CoGetInterfaceAndReleaseStream))
        return CALL(CoGetInterfaceAndReleaseStream)(stream, riid, ppv);
    stream->lpVtbl->Release(stream);
    *ppv = (void *)1;
    return E_OUTOFMEMORY;
}

/* These give something back, and say that they have failed: there is nothing that could be done. */
REAL(HRESULT WINAPI, CoReleaseMarshalData, (LPSTREAM));
static HRESULT WINAPI fault_CoReleaseMarshalData(LPSTREAM stream)
{
    HRESULT hr = CALL(CoReleaseMarshalData)(stream);

    return fault_strikes(FAULT_CoReleaseMarshalData) ? E_OUTOFMEMORY : hr;
}

REAL(HRESULT WINAPI, CoRevokeInitializeSpy, (ULARGE_INTEGER));
static HRESULT WINAPI fault_CoRevokeInitializeSpy(ULARGE_INTEGER cookie)
{
    HRESULT hr = CALL(CoRevokeInitializeSpy)(cookie);

    return fault_strikes(FAULT_CoRevokeInitializeSpy) ? E_OUTOFMEMORY : hr;
}

REAL(HRESULT WINAPI, CoRegisterInitializeSpy, (LPINITIALIZESPY, ULARGE_INTEGER *));
static HRESULT WINAPI fault_CoRegisterInitializeSpy(LPINITIALIZESPY spy, ULARGE_INTEGER *cookie)
{
    return fault_strikes(FAULT_CoRegisterInitializeSpy) ? E_OUTOFMEMORY
                                                        : CALL(CoRegisterInitializeSpy)(spy, cookie);
}

REAL(HRESULT WINAPI, CoCreateFreeThreadedMarshaler, (LPUNKNOWN, LPUNKNOWN *));
static HRESULT WINAPI fault_CoCreateFreeThreadedMarshaler(LPUNKNOWN outer, LPUNKNOWN *marshaler)
{
    if (!fault_strikes(FAULT_CoCreateFreeThreadedMarshaler))
        return CALL(CoCreateFreeThreadedMarshaler)(outer, marshaler);
    *marshaler = NULL;
    return E_OUTOFMEMORY;
}

REAL(HRESULT WINAPI, CoWaitForMultipleHandles, (DWORD, DWORD, ULONG, LPHANDLE, LPDWORD));
static HRESULT WINAPI fault_CoWaitForMultipleHandles(DWORD flags, DWORD milliseconds, ULONG count,
                                                     LPHANDLE handles, LPDWORD index)
{
    if (fault_strikes(FAULT_CoWaitForMultipleHandles))
        return E_OUTOFMEMORY;
    return CALL(CoWaitForMultipleHandles)(flags, milliseconds, count, handles, index);
}

REAL(HRESULT WINAPI, CoInitializeEx, (LPVOID, DWORD));
static HRESULT WINAPI fault_CoInitializeEx(LPVOID reserved, DWORD kind)
{
    return fault_strikes(FAULT_CoInitializeEx) ? E_OUTOFMEMORY : CALL(CoInitializeEx)(reserved, kind);
}

REAL(HRESULT WINAPI, CoGetCurrentLogicalThreadId, (GUID *));
static HRESULT WINAPI fault_CoGetCurrentLogicalThreadId(GUID *id)
{
    return fault_strikes(FAULT_CoGetCurrentLogicalThreadId) ? E_OUTOFMEMORY
                                                            : CALL(CoGetCurrentLogicalThreadId)(id);
}

REAL(HRESULT WINAPI, CoGetObjectContext, (REFIID, LPVOID *));
static HRESULT WINAPI fault_CoGetObjectContext(REFIID riid, LPVOID *ppv)
{
    if (!fault_strikes(FAULT_CoGetObjectContext))
        return CALL(CoGetObjectContext)(riid, ppv);
    *ppv = NULL;
    return E_OUTOFMEMORY;
}

REAL(HRESULT WINAPI, CoGetPSClsid, (REFIID, CLSID *));
static HRESULT WINAPI fault_CoGetPSClsid(REFIID riid, CLSID *proxy_stub)
{
    return fault_strikes(FAULT_CoGetPSClsid) ? E_OUTOFMEMORY : CALL(CoGetPSClsid)(riid, proxy_stub);
}

/* These two are looked up. */
REAL(HRESULT WINAPI, CoIncrementMTAUsage, (CO_MTA_USAGE_COOKIE *));
static HRESULT WINAPI fault_CoIncrementMTAUsage(CO_MTA_USAGE_COOKIE *cookie)
{
    return fault_strikes(FAULT_CoIncrementMTAUsage) ? E_OUTOFMEMORY
                                                    : CALL(CoIncrementMTAUsage)(cookie);
}

REAL(HRESULT WINAPI, CoDecrementMTAUsage, (CO_MTA_USAGE_COOKIE));
static HRESULT WINAPI fault_CoDecrementMTAUsage(CO_MTA_USAGE_COOKIE cookie)
{
    HRESULT hr = CALL(CoDecrementMTAUsage)(cookie);

    return fault_strikes(FAULT_CoDecrementMTAUsage) ? E_OUTOFMEMORY : hr;
}

REAL(FARPROC WINAPI, GetProcAddress, (HMODULE, LPCSTR));
static FARPROC WINAPI fault_GetProcAddress(HMODULE module, LPCSTR name)
{
    FARPROC found = fault_strikes(FAULT_GetProcAddress) ? NULL : CALL(GetProcAddress)(module, name);

#define LOOKED_UP(function) \
    if (found && strcmp(name, #function) == 0) { \
        real[FAULT_##function] = (ImportedFunction)found; \
        return (FARPROC)(ImportedFunction)fault_##function; \
    }
    LOOKED_UP(CoIncrementMTAUsage)
    LOOKED_UP(CoDecrementMTAUsage)
    return found;
}

/* Arming */

BOOL faults_install(HMODULE library)
{
    BOOL all = TRUE;

#define FAULT(function, result, notice) \
    real[FAULT_##function] = \
        import_patch(library, NULL, #function, (ImportedFunction)fault_##function); \
    all = all && real[FAULT_##function];
#define LOOKUP(function, result, notice)
#define SPARED(function)
#include "imports.h"
#undef FAULT
#undef LOOKUP
#undef SPARED
    return all;
}

int faults_count(void)
{
    return FAULTS;
}

const Fault *fault_at(int index)
{
    return &faults[index];
}

void fault_arm(int index, LONG nth, BOOL for_good)
{
    int i;

    for (i = 0; i < FAULTS; i++)
        InterlockedExchange(&calls[i], 0);
    InterlockedExchange(&strikes, 0);
    InterlockedExchange(&armed_nth, nth);
    InterlockedExchange(&armed_for_good, for_good);
    InterlockedExchange(&armed, index);
}

LONG fault_disarm(void)
{
    InterlockedExchange(&armed, -1);
    return InterlockedExchange(&strikes, 0);
}

LONG fault_calls(int index)
{
    return calls[index];
}
