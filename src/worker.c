#include "worker.h"

#include <stdlib.h>

#include "module.h"
#include "wait.h"

struct Crew {
    volatile LONG refs;     /* the package's and the threads' */
    HANDLE stop;            /* set: stop */
    HANDLE left;            /* set: nobody is there */
    SRWLOCK lock;
    BOOL open;
    LONG workers;
};

typedef struct Worker {
    Crew *crew;             /* counted */
    IVsPackage *package;    /* counted */
    SitePackageWork work;
    void *context;
    HMODULE module;         /* of this code */
    HMODULE work_module;    /* of work's, or NULL */
} Worker;

HRESULT crew_create(Crew **result)
{
    Crew *crew = calloc(1, sizeof *crew);

    *result = NULL;
    if (!crew)
        return E_OUTOFMEMORY;
    crew->refs = 1;
    InitializeSRWLock(&crew->lock);
    crew->stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!crew->stop)
        goto no_stop;
    crew->left = CreateEventW(NULL, TRUE, TRUE, NULL);
    if (!crew->left)
        goto no_left;
    *result = crew;
    return S_OK;

no_left:
    CloseHandle(crew->stop);
no_stop:
    free(crew);
    return E_OUTOFMEMORY;
}

void crew_release(Crew *crew)
{
    if (InterlockedDecrement(&crew->refs) != 0)
        return;
    CloseHandle(crew->left);
    CloseHandle(crew->stop);
    free(crew);
}

void crew_open(Crew *crew)
{
    AcquireSRWLockExclusive(&crew->lock);
    ResetEvent(crew->stop);
    crew->open = TRUE;
    ReleaseSRWLockExclusive(&crew->lock);
}

void crew_stop(Crew *crew)
{
    AcquireSRWLockExclusive(&crew->lock);
    crew->open = FALSE;
    SetEvent(crew->stop);
    ReleaseSRWLockExclusive(&crew->lock);
}

void crew_wait(Crew *crew)
{
    wait_dispatching(crew->left, INFINITE);
}

BOOL crew_join(Crew *crew)
{
    BOOL open;

    AcquireSRWLockExclusive(&crew->lock);
    open = crew->open;
    if (open && crew->workers++ == 0)
        ResetEvent(crew->left);
    ReleaseSRWLockExclusive(&crew->lock);
    if (open)
        InterlockedIncrement(&crew->refs);
    return open;
}

void crew_leave(Crew *crew)
{
    AcquireSRWLockExclusive(&crew->lock);
    if (--crew->workers == 0)
        SetEvent(crew->left);
    ReleaseSRWLockExclusive(&crew->lock);
    crew_release(crew);
}

static DWORD WINAPI worker_main(void *context)
{
    Worker worker = *(Worker *)context;
    HRESULT initialized;
    DWORD code;

    free(context);
    initialized = CoInitializeEx(NULL, COINIT_MULTITHREADED);
    code = worker.work(worker.package, worker.crew->stop, worker.context);
    /* Before anyone sees it gone: this releases what work has left in the MTA, which may need home. */
    if (SUCCEEDED(initialized))
        CoUninitialize();
    IVsPackage_Release(worker.package);
    module_unlock();
    crew_leave(worker.crew);
    if (worker.work_module)
        FreeLibrary(worker.work_module);
    FreeLibraryAndExitThread(worker.module, code);
}

static HRESULT worker_start(const Worker *from)
{
    Worker *worker = malloc(sizeof *worker);
    HRESULT hr = E_OUTOFMEMORY;
    HANDLE thread;

    if (!worker)
        return hr;
    *worker = *from;
    worker->module = module_hold();
    if (!worker->module)
        goto no_module;
    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCWSTR)(ULONG_PTR)worker->work,
                            &worker->work_module))
        worker->work_module = NULL;
    IVsPackage_AddRef(worker->package);
    module_lock_again();
    thread = CreateThread(NULL, 0, worker_main, worker, 0, NULL);
    if (!thread) {
        hr = HRESULT_FROM_WIN32(GetLastError());
        goto no_thread;
    }
    CloseHandle(thread);
    return S_OK;

no_thread:
    module_unlock();
    IVsPackage_Release(worker->package);
    if (worker->work_module)
        FreeLibrary(worker->work_module);
    FreeLibrary(worker->module);
no_module:
    free(worker);
    return FAILED(hr) ? hr : E_FAIL;
}

HRESULT crew_start(Crew *crew, IVsPackage *package, SitePackageWork work, void *context)
{
    Worker worker = { 0 };
    HRESULT hr;

    if (!crew_join(crew))
        return E_UNEXPECTED;
    worker.crew = crew;
    worker.package = package;
    worker.work = work;
    worker.context = context;
    hr = worker_start(&worker);
    if (FAILED(hr))
        crew_leave(crew);
    return hr;
}
