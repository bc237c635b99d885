#include "module.h"

#include "atomic.h"

static volatile LONG objects;

void module_lock(void)
{
    InterlockedIncrement(&objects);
}

void module_unlock(void)
{
    InterlockedDecrement(&objects);
}

BOOL module_is_needed(void)
{
    return long_read(&objects) != 0;
}

extern const char __ImageBase[];    /* the linker's: where this module begins */

static BOOL module_has(const void *code)
{
    const IMAGE_DOS_HEADER *begin = (const void *)__ImageBase;
    const IMAGE_NT_HEADERS *headers = (const void *)(__ImageBase + begin->e_lfanew);

    return (ULONG_PTR)code - (ULONG_PTR)begin < headers->OptionalHeader.SizeOfImage;
}

HMODULE module_hold(const void *code)
{
    HMODULE module = NULL;

    if (code && !module_has(code) &&
        !GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, code, &module))
        module = NULL;
    return module;
}

enum { FAREWELL = 200 };

static DWORD WINAPI module_thread(void *context)
{
    ModuleThread *thread = context;
    HMODULE module = thread->module;
    DWORD code = thread->main(thread);

    module_unlock();
    Sleep(FAREWELL);
    FreeLibraryAndExitThread(module, code);
}

HRESULT module_start_thread(ModuleThread *thread)
{
    HANDLE handle;

    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCWSTR)(void *)&objects,
                            &thread->module))
        return E_OUTOFMEMORY;
    module_lock();
    handle = CreateThread(NULL, 0, module_thread, thread, 0, NULL);
    if (handle) {
        CloseHandle(handle);
        return S_OK;
    }
    module_unlock();
    FreeLibrary(thread->module);
    return E_OUTOFMEMORY;
}
