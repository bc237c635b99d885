/* The functions that stand between a module and what it imports, and keep the ledger. */
#include "ledger.h"

#include <stdlib.h>
#include <string.h>

#include <objbase.h>

#include "import.h"

/* In a function that stands in between: who has called it. */
#if defined(_MSC_VER)
#include <intrin.h>
#define CALLER() _ReturnAddress()
#else
#define CALLER() __builtin_return_address(0)
#endif

/* real_function: what is called in the end. */
#define REAL(result, function, parameters) \
    typedef result function##Function parameters; \
    static function##Function *real_##function

static ULONGLONG key_of(const void *pointer)
{
    return (ULONG_PTR)pointer;
}

/* Memory. Removed first and added last: others may get the same address in between. */

REAL(void *__cdecl, malloc, (size_t size));
REAL(void *__cdecl, calloc, (size_t count, size_t size));
REAL(void *__cdecl, realloc, (void *block, size_t size));
REAL(void __cdecl, free, (void *block));

static void *__cdecl held_malloc(size_t size)
{
    void *block = real_malloc(size);

    if (block)
        ledger_add(LEDGER_BLOCK, key_of(block), size, NULL, CALLER());
    return block;
}

static void *__cdecl held_calloc(size_t count, size_t size)
{
    void *block = real_calloc(count, size);

    if (block)
        ledger_add(LEDGER_BLOCK, key_of(block), count * size, NULL, CALLER());
    return block;
}

static void *__cdecl held_realloc(void *block, size_t size)
{
    BOOL known = block && ledger_remove(LEDGER_BLOCK, key_of(block));
    void *grown = real_realloc(block, size);

    if (grown && (known || !block))
        ledger_add(LEDGER_BLOCK, key_of(grown), size, NULL, CALLER());
    else if (!grown && known && size != 0)
        ledger_add(LEDGER_BLOCK, key_of(block), size, NULL, CALLER());
    return grown;
}

static void __cdecl held_free(void *block)
{
    if (block)
        ledger_remove(LEDGER_BLOCK, key_of(block));
    real_free(block);
}

/* Handles and threads */

REAL(HANDLE WINAPI, CreateEventW, (LPSECURITY_ATTRIBUTES, BOOL, BOOL, LPCWSTR));
REAL(HANDLE WINAPI, OpenThread, (DWORD, BOOL, DWORD));
REAL(HANDLE WINAPI, CreateThread,
     (LPSECURITY_ATTRIBUTES, SIZE_T, LPTHREAD_START_ROUTINE, LPVOID, DWORD, LPDWORD));
REAL(BOOL WINAPI, CloseHandle, (HANDLE));

static HANDLE handle_add(HANDLE handle, const void *caller)
{
    if (handle)
        ledger_add(LEDGER_HANDLE, key_of(handle), 0, NULL, caller);
    return handle;
}

static HANDLE WINAPI held_CreateEventW(LPSECURITY_ATTRIBUTES security, BOOL manual, BOOL set,
                                       LPCWSTR name)
{
    return handle_add(real_CreateEventW(security, manual, set, name), CALLER());
}

static HANDLE WINAPI held_OpenThread(DWORD access, BOOL inherit, DWORD id)
{
    return handle_add(real_OpenThread(access, inherit, id), CALLER());
}

/* A handle of the ledger's own. */
static HANDLE thread_handle(HANDLE thread)
{
    HANDLE own = NULL;

    DuplicateHandle(GetCurrentProcess(), thread, GetCurrentProcess(), &own, SYNCHRONIZE, FALSE, 0);
    return own;
}

static HANDLE WINAPI held_CreateThread(LPSECURITY_ATTRIBUTES security, SIZE_T stack,
                                       LPTHREAD_START_ROUTINE start, LPVOID context, DWORD flags,
                                       LPDWORD id)
{
    HANDLE thread;

    ledger_sweep();
    thread = real_CreateThread(security, stack, start, context, flags, id);
    if (thread)
        ledger_add(LEDGER_THREAD, key_of(thread), 0, thread_handle(thread), CALLER());
    return handle_add(thread, CALLER());
}

static BOOL WINAPI held_CloseHandle(HANDLE handle)
{
    ledger_remove(LEDGER_HANDLE, key_of(handle));
    return real_CloseHandle(handle);
}

/* Modules */

REAL(BOOL WINAPI, GetModuleHandleExW, (DWORD, LPCWSTR, HMODULE *));
REAL(HMODULE WINAPI, LoadLibraryW, (LPCWSTR));
REAL(BOOL WINAPI, FreeLibrary, (HMODULE));
REAL(void WINAPI, FreeLibraryWhenCallbackReturns, (PTP_CALLBACK_INSTANCE, HMODULE));
REAL(void WINAPI, FreeLibraryAndExitThread, (HMODULE, DWORD));

static BOOL WINAPI held_GetModuleHandleExW(DWORD flags, LPCWSTR name, HMODULE *module)
{
    BOOL found = real_GetModuleHandleExW(flags, name, module);

    if (found && !(flags & (GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT |
                            GET_MODULE_HANDLE_EX_FLAG_PIN)))
        ledger_add(LEDGER_MODULE, key_of(*module), 0, NULL, CALLER());
    return found;
}

static HMODULE WINAPI held_LoadLibraryW(LPCWSTR name)
{
    HMODULE module = real_LoadLibraryW(name);

    if (module)
        ledger_add(LEDGER_MODULE, key_of(module), 0, NULL, CALLER());
    return module;
}

static BOOL WINAPI held_FreeLibrary(HMODULE module)
{
    ledger_remove(LEDGER_MODULE, key_of(module));
    return real_FreeLibrary(module);
}

static void WINAPI held_FreeLibraryWhenCallbackReturns(PTP_CALLBACK_INSTANCE instance, HMODULE module)
{
    ledger_remove(LEDGER_MODULE, key_of(module));
    real_FreeLibraryWhenCallbackReturns(instance, module);
}

static void WINAPI held_FreeLibraryAndExitThread(HMODULE module, DWORD code)
{
    ledger_remove(LEDGER_MODULE, key_of(module));
    real_FreeLibraryAndExitThread(module, code);
}

/* COM */

REAL(HRESULT WINAPI, CoIncrementMTAUsage, (CO_MTA_USAGE_COOKIE *));
REAL(HRESULT WINAPI, CoDecrementMTAUsage, (CO_MTA_USAGE_COOKIE));
REAL(HRESULT WINAPI, CoRegisterInitializeSpy, (IInitializeSpy *, ULARGE_INTEGER *));
REAL(HRESULT WINAPI, CoRevokeInitializeSpy, (ULARGE_INTEGER));
REAL(HRESULT WINAPI, CoMarshalInterThreadInterfaceInStream, (REFIID, LPUNKNOWN, LPSTREAM *));

static HRESULT WINAPI held_CoIncrementMTAUsage(CO_MTA_USAGE_COOKIE *cookie)
{
    HRESULT hr = real_CoIncrementMTAUsage(cookie);

    if (SUCCEEDED(hr))
        ledger_add(LEDGER_MTA, key_of(*cookie), 0, NULL, CALLER());
    return hr;
}

static HRESULT WINAPI held_CoDecrementMTAUsage(CO_MTA_USAGE_COOKIE cookie)
{
    ledger_remove(LEDGER_MTA, key_of(cookie));
    return real_CoDecrementMTAUsage(cookie);
}

static HRESULT WINAPI held_CoRegisterInitializeSpy(IInitializeSpy *spy, ULARGE_INTEGER *cookie)
{
    HRESULT hr = real_CoRegisterInitializeSpy(spy, cookie);

    if (SUCCEEDED(hr))
        ledger_add(LEDGER_SPY, cookie->QuadPart, 0, thread_handle(GetCurrentThread()), CALLER());
    return hr;
}

static HRESULT WINAPI held_CoRevokeInitializeSpy(ULARGE_INTEGER cookie)
{
    ledger_remove(LEDGER_SPY, cookie.QuadPart);
    return real_CoRevokeInitializeSpy(cookie);
}

/* The two for the MTA are not imported but looked up. */
REAL(FARPROC WINAPI, GetProcAddress, (HMODULE, LPCSTR));

static FARPROC WINAPI held_GetProcAddress(HMODULE module, LPCSTR name)
{
    FARPROC found = real_GetProcAddress(module, name);

    if (!found || IS_INTRESOURCE(name))
        return found;
    if (strcmp(name, "CoIncrementMTAUsage") == 0) {
        real_CoIncrementMTAUsage = (CoIncrementMTAUsageFunction *)(ImportedFunction)found;
        return (FARPROC)(ImportedFunction)held_CoIncrementMTAUsage;
    }
    if (strcmp(name, "CoDecrementMTAUsage") == 0) {
        real_CoDecrementMTAUsage = (CoDecrementMTAUsageFunction *)(ImportedFunction)found;
        return (FARPROC)(ImportedFunction)held_CoDecrementMTAUsage;
    }
    return found;
}

/* What is in the stream shows in the references on the object. */
static HRESULT WINAPI held_CoMarshalInterThreadInterfaceInStream(REFIID riid, LPUNKNOWN object,
                                                                 LPSTREAM *stream)
{
    HRESULT hr = real_CoMarshalInterThreadInterfaceInStream(riid, object, stream);

    if (SUCCEEDED(hr)) {
        (*stream)->lpVtbl->AddRef(*stream);
        ledger_add(LEDGER_PACKET, key_of(*stream), 0, *stream, CALLER());
    }
    return hr;
}

/* Not every program imports every one. */
#define WATCH(module, function) \
    do { \
        ImportedFunction previous_ = \
            import_patch(module, NULL, #function, (ImportedFunction)held_##function); \
        if (previous_ && !real_##function) \
            real_##function = (function##Function *)previous_; \
    } while (0)

void ledger_watch(HMODULE module)
{
    WATCH(module, malloc);
    WATCH(module, calloc);
    WATCH(module, realloc);
    WATCH(module, free);
    WATCH(module, CreateEventW);
    WATCH(module, OpenThread);
    WATCH(module, CreateThread);
    WATCH(module, CloseHandle);
    WATCH(module, GetModuleHandleExW);
    WATCH(module, LoadLibraryW);
    WATCH(module, FreeLibrary);
    WATCH(module, FreeLibraryWhenCallbackReturns);
    WATCH(module, FreeLibraryAndExitThread);
    WATCH(module, CoIncrementMTAUsage);
    WATCH(module, CoDecrementMTAUsage);
    WATCH(module, GetProcAddress);
    WATCH(module, CoRegisterInitializeSpy);
    WATCH(module, CoRevokeInitializeSpy);
    WATCH(module, CoMarshalInterThreadInterfaceInStream);
}
