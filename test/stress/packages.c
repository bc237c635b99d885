#include "schedules.h"

#include <stdlib.h>

#define REFUSED ((HRESULT)0x80045151)

/* A way in which a package is closed. A row of the table at the end. */
typedef struct Closing {
    const char *name;
    HRESULT siting;         /* what SetSite returns */
    HRESULT (*sited)(Package *package);             /* its closing begins inside `sited`; or NULL */
    void (*close)(Caller *home, Package *package);  /* NULL: it is closed by then */
    BOOL by_workers;        /* who are refused */
} Closing;

static volatile LONG packages;

LONG packages_alive(void)
{
    return InterlockedCompareExchange(&packages, 0, 0);
}

/* Its events */

static HRESULT CALLBACK on_sited(IVsPackage *object, IServiceProvider *site, void *context)
{
    Package *package = context;

    (void)object;
    register_end(&package->target->site, package->siting, HAPPENED);
    if (site != site_provider(package->site) || !is_in(package->site->home))
        wrong("%s", "`sited` has another site, or comes on another thread");
    run_in_background(package);
    return package->closing->sited ? package->closing->sited(package) : S_OK;
}

static HRESULT CALLBACK on_query_close(IVsPackage *object, BOOL *can_close, void *context)
{
    (void)object, (void)context;
    *can_close = FALSE;
    return S_OK;
}

/* The site is still there. */
static void CALLBACK on_closing(IVsPackage *object, void *context)
{
    Package *package = context;
    IServiceProvider *none = NULL;
    Caller *home = caller_current();
    GUID who;
    HRESULT hr;

    InterlockedIncrement(&package->closings);
    hr = IVsPackage_Close(object);
    if (hr != E_PENDING && !(hr == S_OK && package->closing->sited))
        wrong("Close in `closing` gives %08lx", (unsigned long)hr);
    /* It comes on another thread where that closes a package whose home has ended, or is one of the MTA's. */
    if (!home || package->home_ended)
        return;
    question_make(home, WHO, FALSE, &who);
    hr = SiteBridgeQueryService(package->target->bridge, &who, &IID_IServiceProvider, (void **)&none);
    if (identity_from(hr) != package->site->object.identity)
        wrong("a query in `closing` gives %08lx", (unsigned long)hr);
}

static void CALLBACK on_destroyed(void *context)
{
    Package *package = context;

    if (package->destroyed++ || package->at_work)
        wrong("a package is destroyed, with %ld at work", (long)package->at_work);
    if (package->promised != package->begun)
        wrong("of a package's %ld works %ld have begun", (long)package->promised, (long)package->begun);
    target_release(package->target);
    InterlockedDecrement(&packages);
}

static HRESULT CALLBACK on_initialize(IVsPackage *object, IAsyncServiceProvider *provider,
                                      IProfferAsyncService *proffer, IAsyncProgressCallback *progress,
                                      void *context)
{
    (void)object, (void)provider, (void)proffer, (void)progress;
    at_work_begin(context);
    at_work_end(context);
    return S_OK;
}

/* The ways in which it is closed */

static void unsiting_begin(Package *package)
{
    InterlockedExchange(&package->stopping, TRUE);
    package->unsiting = register_begin(&package->target->site, 0);
}

static void unsiting_end(Caller *home, Package *package)
{
    if (package->at_work)
        wrong("%ld are at work when a package is closed", (long)package->at_work);
    InterlockedExchange(&package->closed, TRUE);
    register_end(&package->target->site, package->unsiting, HAPPENED);
    register_end(&package->target->fetched, register_begin(&package->target->fetched, 0), HAPPENED);
    sites_retire(home, package->target, NULL);
    if (!home->depth)
        sites_look_after(home);
}

static void close_on_home(Caller *home, Package *package)
{
    HRESULT hr;

    does(&home->actor, "Close");
    home->closes = package;
    if (chance(&home->actor, 2))
        hr = IVsPackage_Close(package->object);
    else
        hr = IVsPackage_SetSite(package->object, NULL);
    home->closes = NULL;
    if (hr != S_OK || package->closings != 1)
        wrong("Close gives %08lx, and `closing` has come %ld times", (unsigned long)hr,
              (long)package->closings);
    unsiting_end(home, package);
    if (IVsPackage_Close(package->object) != S_OK)
        wrong("%s", "a package that is closed cannot be closed again");
}

static void call_close(void *context)
{
    Package *package = context;
    HRESULT hr = IVsPackage_Close(package->object);

    if (hr != (package->home_ended ? S_OK : RPC_E_WRONG_THREAD))
        wrong("Close off home gives %08lx", (unsigned long)hr);
}

/* It is refused, but where home has ended. */
static void close_off_home(Caller *home, Package *package)
{
    run_elsewhere(home->kind == IN_STA ? IN_MTA : IN_STA, call_close, package);
    close_on_home(home, package);
}

/* A thread of the MTA is home, too, where that is the MTA: it closes the package or waits for who does. */
static void call_close_beside(void *context)
{
    Package *package = context;
    HRESULT hr = IVsPackage_Close(package->object);

    if (hr != S_OK && (is_in(package->site->home) || hr != RPC_E_WRONG_THREAD))
        wrong("Close beside another gives %08lx", (unsigned long)hr);
    if (hr == S_OK && package->at_work)
        wrong("%ld are at work when another thread has closed a package", (long)package->at_work);
}

static void wait_for_close_beside(Caller *home, Package *package)
{
    does(&home->actor, "waiting for another thread's Close");
    join_dispatching(&package->beside);
}

static void close_beside(Caller *home, Package *package)
{
    thread_start(&package->beside, IN_MTA, call_close_beside, package);
    close_on_home(home, package);
    wait_for_close_beside(home, package);
}

static HRESULT close_beside_sited(Package *package)
{
    unsiting_begin(package);
    thread_start(&package->beside, IN_MTA, call_close_beside, package);
    return S_OK;
}

static void wait_and_close(Caller *home, Package *package)
{
    wait_for_close_beside(home, package);
    close_on_home(home, package);
}

/* The last reference goes wherever that is, and home lets go of the site at some time then. */
static void release_only(Caller *home, Package *package)
{
    (void)home, (void)package;
}

static HRESULT close_in_sited(Package *package)
{
    unsiting_begin(package);
    return IVsPackage_Close(package->object);
}

static HRESULT refuse_site(Package *package)
{
    unsiting_begin(package);
    return REFUSED;
}

static const Closing closings[] = {
    { "Close on home", S_OK, NULL, close_on_home, FALSE },
    { "Close on another thread, then on home", S_OK, NULL, close_off_home, FALSE },
    { "Close on another thread meanwhile", S_OK, NULL, close_beside, FALSE },
    { "Close on another thread while it is sited", S_OK, close_beside_sited, wait_and_close, FALSE },
    { "Close on and inside a worker, then on home", S_OK, NULL, close_on_home, TRUE },
    { "no Close, but the last release", S_OK, NULL, release_only, FALSE },
    { "Close inside `sited`", E_ABORT, close_in_sited, NULL, FALSE },
    { "`sited` fails", REFUSED, refuse_site, NULL, FALSE },
};

/* Home's steps */

static HRESULT package_make(Package *package, BOOL async)
{
    SitePackageEvents events = { 0 };
    SiteBridge *bridge = NULL;
    HRESULT hr;

    events.size = sizeof events;
    events.sited = on_sited;
    events.query_close = on_query_close;
    events.closing = on_closing;
    events.destroyed = on_destroyed;
    events.initialize = async ? on_initialize : NULL;
    hr = SitePackageCreate(&events, package, &IID_IVsPackage, (void **)&package->object);
    if (SUCCEEDED(hr))
        hr = SitePackageGetBridge(package->object, &bridge);
    if (FAILED(hr))
        return hr;
    InterlockedIncrement(&packages);
    package->target = target_create(bridge, package);
    target_addref(package->target);
    return S_OK;
}

static void package_site(Caller *home, Package *package)
{
    const Closing *closing = package->closing;
    Target *target = package->target;
    HRESULT hr;

    package->site = site_create(home, target, (Nature)chance(&home->actor, NATURES));
    package->siting = register_begin(&target->site, package->site->object.identity);
    does(&home->actor, "a package's SetSite");
    hr = IVsPackage_SetSite(package->object, site_provider(package->site));
    site_keep(home, package->site);
    if (hr != closing->siting && !(hr == E_ABORT && closing->sited == close_beside_sited))
        wrong("%s: SetSite gives %08lx", closing->name, (unsigned long)hr);
    if (closing->sited && closing->close)
        closing->close(home, package);
    else if (closing->sited)
        unsiting_end(home, package);
}

static int package_slot(const Caller *home)
{
    return BRIDGES + home->number;
}

static void package_begin(Caller *home)
{
    Package *package = calloc(1, sizeof *package);

    if (!package)
        return;
    package->home = home;
    package->closing = &closings[chance(&home->actor, sizeof closings / sizeof closings[0])];
    package->closed_by_workers = package->closing->by_workers;
    if (FAILED(package_make(package, chance(&home->actor, 2) == 0))) {
        wrong("%s", "SitePackageCreate fails");
        return;
    }
    package_site(home, package);
    target_put(home, package_slot(home), package->target);
}

void package_end(Caller *home)
{
    Target *target = target_take_from(package_slot(home));

    if (!target)
        return;
    if (!target->package->closing->sited) {
        unsiting_begin(target->package);
        target->package->closing->close(home, target->package);
    }
    target_put(home, package_slot(home), NULL);
    target_let_go(home, target);
}

void package_step(Caller *home)
{
    Target *target = target_take_from(package_slot(home));
    BOOL can_close = TRUE;

    if (!target) {
        package_begin(home);
        return;
    }
    if (IVsPackage_QueryClose(target->package->object, &can_close) != S_OK || can_close)
        wrong("%s", "QueryClose does not say what the package says");
    target_let_go(home, target);
    if (chance(&home->actor, 4) == 0)
        package_end(home);
}
