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
