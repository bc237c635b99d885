#include "workers.h"

#include <stdlib.h>

#include "../com/wait.h"
#include "../module.h"

typedef struct Worker {
    ModuleThread thread;
    Workers *workers;       /* counted */
    IVsPackage *package;    /* counted */
    SitePackageWork work;
    void *context;
    HMODULE module;         /* of work's, or NULL */
} Worker;

static void workers_destroy(Shared *shared)
{
    Workers *workers = CONTAINING_RECORD(shared, Workers, shared);

    CloseHandle(workers->left);
    CloseHandle(workers->stop);
    free(workers);
}

HRESULT workers_create(Workers **result)
{
    Workers *workers = calloc(1, sizeof *workers);

    *result = NULL;
    if (!workers)
        return E_OUTOFMEMORY;
    shared_init(&workers->shared, workers_destroy);
    InitializeSRWLock(&workers->lock);
    workers->stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!workers->stop)
        goto no_stop;
    workers->left = CreateEventW(NULL, TRUE, TRUE, NULL);
    if (!workers->left)
        goto no_left;
    *result = workers;
    return S_OK;

no_left:
    CloseHandle(workers->stop);
no_stop:
    free(workers);
    return E_OUTOFMEMORY;
}

void workers_open(Workers *workers)
{
    AcquireSRWLockExclusive(&workers->lock);
    ResetEvent(workers->stop);
    workers->open = TRUE;
    ReleaseSRWLockExclusive(&workers->lock);
}

void workers_stop(Workers *workers)
{
    AcquireSRWLockExclusive(&workers->lock);
    workers->open = FALSE;
    SetEvent(workers->stop);
    ReleaseSRWLockExclusive(&workers->lock);
}

void workers_wait(Workers *workers)
{
    wait_dispatching(workers->left, INFINITE);
}

BOOL workers_join(Workers *workers)
{
    BOOL open;

    AcquireSRWLockExclusive(&workers->lock);
    open = workers->open;
    if (open && workers->count++ == 0)
        ResetEvent(workers->left);
    ReleaseSRWLockExclusive(&workers->lock);
    if (open)
        shared_addref(&workers->shared);
    return open;
}

void workers_leave(Workers *workers)
{
    AcquireSRWLockExclusive(&workers->lock);
    if (--workers->count == 0)
        SetEvent(workers->left);
    ReleaseSRWLockExclusive(&workers->lock);
    shared_release(&workers->shared);
}

static DWORD worker_main(ModuleThread *thread)
{
    HRESULT initialized = CoInitializeEx(NULL, COINIT_MULTITHREADED);
    Worker *worker = CONTAINING_RECORD(thread, Worker, thread);
    Workers *workers = worker->workers;
    HMODULE module = worker->module;
    DWORD code = worker->work(worker->package, workers->stop, worker->context);

    /* Before anyone sees it gone: this releases what work has left in the MTA, which may need home. */
    if (SUCCEEDED(initialized))
        CoUninitialize();
    IVsPackage_Release(worker->package);
    free(worker);
    workers_leave(workers);
    if (module)
        FreeLibrary(module);
    return code;
}

static HRESULT worker_start(Worker *worker)
{
    HRESULT hr;

    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCWSTR)(ULONG_PTR)worker->work,
                            &worker->module))
        worker->module = NULL;
    IVsPackage_AddRef(worker->package);
    worker->thread.main = worker_main;
    hr = module_start_thread(&worker->thread);
    if (FAILED(hr)) {
        IVsPackage_Release(worker->package);
        if (worker->module)
            FreeLibrary(worker->module);
    }
    return hr;
}

HRESULT workers_start(Workers *workers, IVsPackage *package, SitePackageWork work, void *context)
{
    Worker *worker;
    HRESULT hr;

    if (!workers_join(workers))
        return E_UNEXPECTED;
    worker = calloc(1, sizeof *worker);
    hr = worker ? S_OK : E_OUTOFMEMORY;
    if (worker) {
        worker->workers = workers;
        worker->package = package;
        worker->work = work;
        worker->context = context;
        hr = worker_start(worker);
    }
    if (FAILED(hr)) {
        free(worker);
        workers_leave(workers);
    }
    return hr;
}
