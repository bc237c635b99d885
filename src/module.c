#include "module.h"

#include <stdlib.h>

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

typedef struct Start {
    DWORD (*main)(void *context);
    void *context;
    HMODULE module;
} Start;

static DWORD WINAPI module_thread(void *context)
{
    Start start = *(Start *)context;
    DWORD code;

    free(context);
    code = start.main(start.context);
    module_unlock();
    Sleep(FAREWELL);
    FreeLibraryAndExitThread(start.module, code);
}

HRESULT module_start_thread(DWORD (*main)(void *context), void *context)
{
    Start *start = malloc(sizeof *start);
    HANDLE thread = NULL;

    if (!start)
        return E_OUTOFMEMORY;
    start->main = main;
    start->context = context;
    if (GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCWSTR)(void *)&objects,
                           &start->module)) {
        module_lock();
        thread = CreateThread(NULL, 0, module_thread, start, 0, NULL);
        if (thread) {
            CloseHandle(thread);
            return S_OK;
        }
        module_unlock();
        FreeLibrary(start->module);
    }
    free(start);
    return E_OUTOFMEMORY;
}
