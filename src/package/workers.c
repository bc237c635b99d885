#include "workers.h"

#include <stdlib.h>

#include "../com/place.h"
#include "../com/road.h"
#include "../com/wait.h"
#include "../module.h"
#include "../trace.h"

typedef struct Worker {
    ModuleThread thread;
    Presence presence;
    Workers *workers;       /* counted */
    Shared *package;        /* counted */
    IVsPackage *object;
    SitePackageWork work;
    void *context;
    HMODULE module;         /* of work's, or NULL */
} Worker;

static void workers_destroy(Shared *shared)
{
    Workers *workers = CONTAINING_RECORD(shared, Workers, watcher.shared);

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
    shared_init(&workers->watcher.shared, workers_destroy);
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

/* One that has begun, or 0: a new one may have yet to, or the last may just have left. */
static DWORD workers_culprit(Workers *workers)
{
    const Presence *presence;
    DWORD thread = 0;

    AcquireSRWLockShared(&workers->lock);
    for (presence = workers->first; presence && !thread; presence = presence->next)
        thread = presence->thread;
    ReleaseSRWLockShared(&workers->lock);
    return thread;
}

void workers_wait(Workers *workers, const SiteBridge *bridge)
{
    DWORD patience = trace_patience(), waited = 0, culprit = 0;

    /* What has yet to begin has no thread to name, and is given as long again. */
    while (patience != INFINITE && !culprit && !wait_dispatching(workers->left, patience)) {
        waited += patience;
        culprit = workers_culprit(workers);
        if (culprit)
            trace_report(SITEBRIDGE_TRACE_CLOSE_WAITING, bridge,
                         place_current() == PLACE_STA ? GetCurrentThreadId() : 0, culprit, waited);
    }
    wait_dispatching(workers->left, INFINITE);
}

static BOOL chain_is(const GUID *one, const GUID *other)
{
    return IsEqualGUID(one, other) && !IsEqualGUID(one, &GUID_NULL);
}

BOOL workers_need_this_thread(Workers *workers, Home *home)
{
    LONG arrived = home ? home_arrivals(home) : 0, i;
    DWORD thread = GetCurrentThreadId();
    const Presence *presence;
    BOOL needed = FALSE;
    GUID chain;

    road_chain(&chain);
    AcquireSRWLockShared(&workers->lock);
    for (presence = workers->first; presence && !needed; presence = presence->next) {
        needed = presence->thread == thread || chain_is(&presence->chain, &chain);
        for (i = 0; i < arrived && !needed; i++)
            needed = chain_is(&presence->chain, &home->arrivals[i].chain);
    }
    ReleaseSRWLockShared(&workers->lock);
    return needed;
}

static BOOL workers_add(Workers *workers, Presence *presence, BOOL whether_open_or_not)
{
    BOOL open;

    AcquireSRWLockExclusive(&workers->lock);
    open = workers->open || whether_open_or_not;
    if (open) {
        presence->next = workers->first;
        workers->first = presence;
        ResetEvent(workers->left);
    }
    ReleaseSRWLockExclusive(&workers->lock);
    if (open)
        shared_addref(&workers->watcher.shared);
    return open;
}

static void workers_identify(Workers *workers, Presence *presence)
{
    GUID chain;

    road_chain(&chain);
    AcquireSRWLockExclusive(&workers->lock);
    presence->thread = GetCurrentThreadId();
    presence->chain = chain;
    ReleaseSRWLockExclusive(&workers->lock);
}

BOOL workers_join(Workers *workers, Presence *presence)
{
    ZeroMemory(presence, sizeof *presence);
    if (!workers_add(workers, presence, FALSE))
        return FALSE;
    workers_identify(workers, presence);
    return TRUE;
}

void workers_leave(Workers *workers, Presence *presence)
{
    Presence **link;

    AcquireSRWLockExclusive(&workers->lock);
    for (link = &workers->first; *link != presence; link = &(*link)->next)
        ;
    *link = presence->next;
    if (!workers->first)
        SetEvent(workers->left);
    ReleaseSRWLockExclusive(&workers->lock);
    shared_release(&workers->watcher.shared);
}

/* What the bridge says */

static void workers_unsited(Watcher *watcher)
{
    workers_stop(CONTAINING_RECORD(watcher, Workers, watcher));
}

static void workers_teller_steps(Watcher *watcher, TellerStep step)
{
    Workers *workers = CONTAINING_RECORD(watcher, Workers, watcher);

    switch (step) {
    case TELLER_DUE:
        ZeroMemory(&workers->teller, sizeof workers->teller);
        workers_add(workers, &workers->teller, TRUE);
        break;
    case TELLER_HERE:
        workers_identify(workers, &workers->teller);
        break;
    case TELLER_GONE:
        workers_leave(workers, &workers->teller);
        break;
    }
}

void workers_watch(Workers *workers, SiteBridge *bridge)
{
    workers->watcher.unsited = workers_unsited;
    workers->watcher.tells = workers_teller_steps;
    shared_addref(&workers->watcher.shared);
    bridge->watcher = &workers->watcher;
}

/* The threads */

static DWORD worker_main(ModuleThread *thread)
{
    HRESULT initialized = CoInitializeEx(NULL, COINIT_MULTITHREADED);
    Worker *worker = CONTAINING_RECORD(thread, Worker, thread);
    HMODULE module = worker->module;
    DWORD code;

    workers_identify(worker->workers, &worker->presence);
    code = worker->work(worker->object, worker->workers->stop, worker->context);
    /* Before anyone sees it gone: this releases what work has left in the MTA, which may need home. */
    if (SUCCEEDED(initialized))
        CoUninitialize();
    shared_release(worker->package);
    workers_leave(worker->workers, &worker->presence);
    free(worker);
    if (module)
        FreeLibrary(module);
    return code;
}

HRESULT workers_start(Workers *workers, Shared *package, IVsPackage *object, SitePackageWork work,
                      void *context)
{
    Worker *worker = calloc(1, sizeof *worker);
    HRESULT hr;

    if (!worker)
        return E_OUTOFMEMORY;
    if (!workers_add(workers, &worker->presence, FALSE)) {
        free(worker);
        return E_UNEXPECTED;
    }
    worker->thread.main = worker_main;
    worker->workers = workers;
    worker->package = package;
    worker->object = object;
    worker->work = work;
    worker->context = context;
    worker->module = module_hold((void *)(ULONG_PTR)work);
    shared_addref(package);
    hr = module_start_thread(&worker->thread);
    if (SUCCEEDED(hr))
        return hr;
    shared_release(package);
    if (worker->module)
        FreeLibrary(worker->module);
    workers_leave(workers, &worker->presence);
    free(worker);
    return hr;
}
