#include "schedules.h"

#include <limits.h>

#define WAITS_FOR_ITSELF HRESULT_FROM_WIN32(ERROR_POSSIBLE_DEADLOCK)

enum { STEPS = 60 };    /* of those workers that do not wait until they are told to stop */

/* What Close waits for */

void at_work_begin(Package *package)
{
    InterlockedIncrement(&package->begun);
    InterlockedIncrement(&package->at_work);
    if (package->closed)
        wrong("%s", "a package's work begins when it is closed");
}

void at_work_end(Package *package)
{
    InterlockedDecrement(&package->at_work);
}

/* Its workers */

static void worker_free(Caller *worker)
{
    worker->works_for = NULL;
    caller_free(worker);
}

static HRESULT CALLBACK close_inside(IServiceProvider *site, void *context)
{
    Package *package = context;
    HRESULT hr = IVsPackage_Close(package->object);

    (void)site;
    if (hr != WAITS_FOR_ITSELF)
        wrong("Close inside a worker's call gives %08lx", (unsigned long)hr);
    return S_OK;
}

/* Off home, or waiting for itself. */
static void close_as_worker(Caller *worker, Package *package)
{
    HRESULT hr, refusal = is_in(package->site->home) ? WAITS_FOR_ITSELF : RPC_E_WRONG_THREAD;

    InterlockedExchange(&package->stopping, TRUE);
    does(&worker->actor, "Close on a worker");
    if (chance(&worker->actor, 2)) {
        SiteBridgeInvoke(package->target->bridge, close_inside, package);
        return;
    }
    hr = IVsPackage_Close(package->object);
    if (hr != refusal && !(package->home_ended && hr == WAITS_FOR_ITSELF))
        wrong("Close on a worker gives %08lx", (unsigned long)hr);
}

void close_again(Package *package)
{
    HRESULT hr = IVsPackage_Close(package->object);

    /* A call of a worker's is known as such first. */
    if (hr != E_PENDING && hr != WAITS_FOR_ITSELF)
        wrong("Close in the midst of Close gives %08lx", (unsigned long)hr);
}

static DWORD CALLBACK work(IVsPackage *object, HANDLE stop, void *context)
{
    Caller *worker = context;
    Package *package = worker->works_for;
    unsigned steps = chance(&worker->actor, 2) ? chance(&worker->actor, STEPS) : UINT_MAX;
    Target *target;

    (void)object;
    at_work_begin(package);
    caller_enter(worker);
    if (package->closed_by_workers)
        close_as_worker(worker, package);
    while (steps-- && WaitForSingleObject(stop, 0) != WAIT_OBJECT_0) {
        target = chance(&worker->actor, 2) ? NULL : target_take(worker);
        ask_something(worker, target ? target : package->target);
        if (target)
            target_let_go(worker, target);
    }
    at_work_end(package);
    caller_enter(NULL);
    worker_free(worker);
    return 0;
}

/* Whether a failure to begin something was possible. */
static void judge_closed(Package *package, Moment since, HRESULT hr, const char *what)
{
    if (hr != E_UNEXPECTED)
        wrong("%s gives %08lx", what, (unsigned long)hr);
    else if (!package->stopping && !package->home_ended)
        judge_refusal(package->target, since, what);
}

void run_in_background(Package *package)
{
    Caller *worker = caller_find(FIRST_WORKER, WORKERS);
    Moment since = oracle_now();
    HRESULT hr;

    if (!worker)
        return;
    worker->works_for = package;
    hr = SitePackageRunInBackground(package->object, work, worker);
    if (hr == S_OK) {
        InterlockedIncrement(&package->promised);
        return;
    }
    worker_free(worker);
    judge_closed(package, since, hr, "SitePackageRunInBackground");
}

/* What the shell may do on any thread */

static void initialize(Package *package)
{
    const IID *iid = &IID_IAsyncLoadablePackageInitialize;
    IAsyncLoadablePackageInitialize *async;
    Moment since = oracle_now();
    IVsTask *task;
    HRESULT hr;

    if (FAILED(IVsPackage_QueryInterface(package->object, iid, (void **)&async)))
        return;
    hr = IAsyncLoadablePackageInitialize_Initialize(async, NULL, NULL, NULL, &task);
    IAsyncLoadablePackageInitialize_Release(async);
    if (hr == S_OK)
        InterlockedIncrement(&package->promised);
    else
        judge_closed(package, since, hr, "Initialize");
}

static HRESULT CALLBACK make_one(REFIID riid, void **ppv)
{
    return SitePackageCreate(NULL, NULL, riid, ppv);
}

static void use_class(void)
{
    static const CLSID clsid = { 0x51e6c1a5, 0x7a7a, 0x4a4a, { 0x80, 1, 1, 2, 3, 5, 8, 13 } };
    static const SitePackageClass classes[] = { { &clsid, make_one } };
    IClassFactory *factory;
    IVsPackage *object = NULL;
    HRESULT hr = SitePackageGetClassObject(classes, 1, &clsid, &IID_IClassFactory, (void **)&factory);

    if (SUCCEEDED(hr)) {
        hr = IClassFactory_CreateInstance(factory, NULL, &IID_IVsPackage, (void **)&object);
        IClassFactory_Release(factory);
    }
    if (SUCCEEDED(hr)) {
        hr = IVsPackage_Close(object);
        IVsPackage_Release(object);
    }
    if (hr != S_OK)
        wrong("a package of a class that was never sited gives %08lx", (unsigned long)hr);
}

HRESULT package_query(Package *package, REFGUID service, REFIID iid, void **object)
{
    return SitePackageQueryServiceFromBackgroundThread(package->object, service, iid, object);
}

void package_call(Caller *caller, Target *target)
{
    if (!target->package || chance(&caller->actor, 8) == 0) {
        does(&caller->actor, "a class object");
        use_class();
    } else if (chance(&caller->actor, 2)) {
        does(&caller->actor, "SitePackageRunInBackground");
        run_in_background(target->package);
    } else {
        does(&caller->actor, "Initialize");
        initialize(target->package);
    }
}
