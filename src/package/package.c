#include <sitebridge/package.h>

#include <stdlib.h>
#include <string.h>

#include "../bridge/bridge.h"
#include "../com/agile.h"
#include "../module.h"
#include "../part.h"
#include "workers.h"

typedef enum PackageState {
    PACKAGE_NEW,
    PACKAGE_SITING,
    PACKAGE_SITING_IN_VAIN,     /* it was closed meanwhile */
    PACKAGE_SITED,
    PACKAGE_CLOSING,
    PACKAGE_CLOSED
} PackageState;

typedef struct Package {
    IVsPackage object;
    IAsyncLoadablePackageInitialize async;
    Shared shared;          /* the users' together, and the workers' */
    volatile LONG refs;     /* the users' */
    void *volatile marshaler;
    SitePackageEvents events;
    void *context;
    SiteBridge *bridge;     /* counted */
    Workers *workers;       /* counted */
    SRWLOCK lock;           /* guards what follows; nothing is called with it held */
    CONDITION_VARIABLE closed;
    PackageState state;
    DWORD at_work;          /* the thread that is siting or closing it */
} Package;

/* {5B0C6E0F-63F2-4B5C-9C53-2D7A1F0E8B46}: answered by this library's packages, with themselves. */
static const IID package_identity = {
    0x5B0C6E0F, 0x63F2, 0x4B5C, { 0x9C, 0x53, 0x2D, 0x7A, 0x1F, 0x0E, 0x8B, 0x46 }
};

static Package *package_from_object(IVsPackage *object)
{
    return CONTAINING_RECORD(object, Package, object);
}

/* Whether it was in from, and this thread is now at work on it. */
static BOOL package_move(Package *package, PackageState from, PackageState to)
{
    BOOL moved;

    AcquireSRWLockExclusive(&package->lock);
    moved = package->state == from;
    if (moved) {
        package->state = to;
        package->at_work = GetCurrentThreadId();
        if (to == PACKAGE_CLOSED)
            WakeAllConditionVariable(&package->closed);
    }
    ReleaseSRWLockExclusive(&package->lock);
    return moved;
}

/* What the package does not answer itself. */
static HRESULT package_query_event(Package *package, REFIID riid, void **ppv)
{
    HRESULT hr = E_NOINTERFACE;

    if (package->events.query_interface)
        hr = package->events.query_interface(&package->object, riid, ppv, package->context);
    if (FAILED(hr))
        *ppv = NULL;
    return SUCCEEDED(hr) && !*ppv ? E_NOINTERFACE : hr;
}

static HRESULT STDMETHODCALLTYPE package_QueryInterface(IVsPackage *object, REFIID riid, void **ppv)
{
    Package *package = package_from_object(object);
    BOOL async = package->events.initialize != NULL;

    if (!ppv)
        return E_POINTER;
    *ppv = NULL;
    if (async && IsEqualIID(riid, &IID_IMarshal))
        return agile_query_marshal((IUnknown *)object, &package->marshaler, riid, ppv);
    /* IAgileObject has no methods of its own. */
    if (IsEqualIID(riid, &IID_IUnknown) || IsEqualIID(riid, &IID_IVsPackage) ||
        IsEqualIID(riid, &package_identity) || (async && IsEqualIID(riid, &IID_IAgileObject)))
        *ppv = object;
    else if (async && IsEqualIID(riid, &IID_IAsyncLoadablePackageInitialize))
        *ppv = &package->async;
    else
        return package_query_event(package, riid, ppv);
    IVsPackage_AddRef(object);
    return S_OK;
}

static void package_destroy(Shared *shared)
{
    Package *package = CONTAINING_RECORD(shared, Package, shared);

    SiteBridgeRelease(package->bridge);
    shared_release(&package->workers->shared);
    agile_release(&package->marshaler);
    if (package->events.destroyed)
        package->events.destroyed(package->context);
    free(package);
    module_unlock();
}

/* A worker may still have the object, and give it to others. */
static ULONG STDMETHODCALLTYPE package_AddRef(IVsPackage *object)
{
    Package *package = package_from_object(object);
    ULONG refs = (ULONG)InterlockedIncrement(&package->refs);

    if (refs == 1)
        shared_addref(&package->shared);
    return refs;
}

static ULONG STDMETHODCALLTYPE package_Release(IVsPackage *object)
{
    Package *package = package_from_object(object);
    ULONG refs = (ULONG)InterlockedDecrement(&package->refs);

    if (refs == 0) {
        workers_stop(package->workers);
        bridge_unsite(package->bridge);
        shared_release(&package->shared);
    }
    return refs;
}

/* Stops the threads and lets go of the site. */
static void package_unsite(Package *package, BOOL closing)
{
    workers_stop(package->workers);
    if (closing && package->events.closing)
        package->events.closing(&package->object, package->context);
    workers_wait(package->workers, package->bridge);
    SiteBridgeSetSite(package->bridge, NULL);
}

/* RPC_E_WRONG_THREAD off home, ERROR_POSSIBLE_DEADLOCK where Close would wait for its own caller. */
static HRESULT package_check_closing(Package *package)
{
    Session *session = bridge_session(package->bridge);
    HRESULT hr = S_OK;

    if (session && !session_is_at_home(session))
        hr = RPC_E_WRONG_THREAD;
    else if (workers_need_this_thread(package->workers, session ? session->home : NULL))
        hr = HRESULT_FROM_WIN32(ERROR_POSSIBLE_DEADLOCK);
    if (session)
        shared_release(&session->shared);
    return hr;
}

/* While SetSite or another Close is at work: S_OK, and carried out when `sited` returns, or E_PENDING. */
static HRESULT package_close_beside(Package *package)
{
    HRESULT hr;

    AcquireSRWLockExclusive(&package->lock);
    if (package->state == PACKAGE_SITING)
        package->state = PACKAGE_SITING_IN_VAIN;
    hr = package->state == PACKAGE_CLOSING ? E_PENDING : S_OK;
    /* Another thread of a home that is the MTA is at it. */
    if (package->at_work != GetCurrentThreadId()) {
        while (package->state != PACKAGE_CLOSED)
            SleepConditionVariableSRW(&package->closed, &package->lock, INFINITE, 0);
        hr = S_OK;
    }
    ReleaseSRWLockExclusive(&package->lock);
    return hr;
}

static HRESULT STDMETHODCALLTYPE package_Close(IVsPackage *object)
{
    Package *package = package_from_object(object);
    HRESULT hr;

    if (package_move(package, PACKAGE_NEW, PACKAGE_CLOSED) ||
        package_move(package, PACKAGE_CLOSED, PACKAGE_CLOSED))
        return S_OK;
    hr = package_check_closing(package);
    if (FAILED(hr)) {
        workers_stop(package->workers);
        return hr;
    }
    if (!package_move(package, PACKAGE_SITED, PACKAGE_CLOSING))
        return package_close_beside(package);
    /* The wait lets calls in, and one of them may be the shell's last release. */
    IVsPackage_AddRef(object);
    package_unsite(package, TRUE);
    package_move(package, PACKAGE_CLOSING, PACKAGE_CLOSED);
    IVsPackage_Release(object);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE package_SetSite(IVsPackage *object, IServiceProvider *site)
{
    Package *package = package_from_object(object);
    HRESULT hr;

    if (!site)
        return IVsPackage_Close(object);
    if (!package_move(package, PACKAGE_NEW, PACKAGE_SITING))
        return E_UNEXPECTED;
    IVsPackage_AddRef(object);
    hr = SiteBridgeSetSite(package->bridge, site);
    if (FAILED(hr)) {
        package_move(package, PACKAGE_SITING, PACKAGE_NEW);
        goto done;
    }
    workers_open(package->workers);
    if (package->events.sited)
        hr = package->events.sited(object, site, package->context);
    if (FAILED(hr)) {
        package_unsite(package, FALSE);
        package_move(package, PACKAGE_SITING, PACKAGE_NEW);
    } else if (!package_move(package, PACKAGE_SITING, PACKAGE_SITED)) {
        package_unsite(package, TRUE);
        hr = E_ABORT;
    }
done:
    package_move(package, PACKAGE_SITING_IN_VAIN, PACKAGE_CLOSED);
    IVsPackage_Release(object);
    return hr;
}

static HRESULT STDMETHODCALLTYPE package_QueryClose(IVsPackage *object, BOOL *can_close)
{
    Package *package = package_from_object(object);

    if (!can_close)
        return E_POINTER;
    *can_close = TRUE;
    if (!package->events.query_close)
        return S_OK;
    return package->events.query_close(object, can_close, package->context);
}

static HRESULT STDMETHODCALLTYPE package_GetAutomationObject(IVsPackage *object, LPCOLESTR name,
                                                             IDispatch **result)
{
    Package *package = package_from_object(object);
    HRESULT hr;

    if (result)
        *result = NULL;
    if (!package->events.get_automation_object)
        return E_NOTIMPL;
    if (!result)
        return E_POINTER;
    if (!name)
        return E_INVALIDARG;
    hr = package->events.get_automation_object(object, name, result, package->context);
    if (FAILED(hr))
        *result = NULL;
    return hr;
}

static HRESULT STDMETHODCALLTYPE package_CreateTool(IVsPackage *object, REFGUID slot)
{
    Package *package = package_from_object(object);

    if (!package->events.create_tool)
        return E_NOTIMPL;
    return slot ? package->events.create_tool(object, slot, package->context) : E_INVALIDARG;
}

static HRESULT STDMETHODCALLTYPE package_ResetDefaults(IVsPackage *object, VSPKGRESETFLAGS flags)
{
    Package *package = package_from_object(object);

    if (!package->events.reset_defaults)
        return E_NOTIMPL;
    return package->events.reset_defaults(object, flags, package->context);
}

static HRESULT STDMETHODCALLTYPE package_GetPropertyPage(IVsPackage *object, REFGUID page_id,
                                                         VSPROPSHEETPAGE *page)
{
    Package *package = package_from_object(object);

    if (!package->events.get_property_page)
        return E_NOTIMPL;
    if (!page)
        return E_POINTER;
    return page_id ? package->events.get_property_page(object, page_id, page, package->context) : E_INVALIDARG;
}

static IVsPackageVtbl package_vtbl = {
    package_QueryInterface, package_AddRef, package_Release,
    package_SetSite, package_QueryClose, package_Close, package_GetAutomationObject,
    package_CreateTool, package_ResetDefaults, package_GetPropertyPage,
};

/* IAsyncLoadablePackageInitialize */

PART_UNKNOWN(async, IAsyncLoadablePackageInitialize, &CONTAINING_RECORD(self, Package, async)->object,
             package_QueryInterface, package_AddRef, package_Release)

static HRESULT STDMETHODCALLTYPE async_Initialize(IAsyncLoadablePackageInitialize *async,
                                                  IAsyncServiceProvider *provider,
                                                  IProfferAsyncService *proffer,
                                                  IAsyncProgressCallback *progress, IVsTask **task)
{
    Package *package = CONTAINING_RECORD(async, Package, async);
    Presence presence;
    HRESULT hr;

    if (!task)
        return E_POINTER;
    *task = NULL;
    if (!workers_join(package->workers, &presence))
        return E_UNEXPECTED;
    hr = package->events.initialize(&package->object, provider, proffer, progress, package->context);
    workers_leave(package->workers, &presence);
    return hr;
}

static IAsyncLoadablePackageInitializeVtbl async_vtbl = {
    async_QueryInterface, async_AddRef, async_Release, async_Initialize,
};

/* It may end after any member from `destroyed` on; each of them is a pointer. */
static BOOL package_take_events(SitePackageEvents *to, const SitePackageEvents *from)
{
    ZeroMemory(to, sizeof *to);
    if (!from)
        return TRUE;
    if (from->size < FIELD_OFFSET(SitePackageEvents, initialize) || from->size > sizeof *from ||
        from->size % sizeof from->initialize != 0)
        return FALSE;
    memcpy(to, from, from->size);
    return TRUE;
}

static void package_is_unsited(Shared *workers)
{
    workers_stop(CONTAINING_RECORD(workers, Workers, shared));
}

STDAPI SitePackageCreate(const SitePackageEvents *events, void *context, REFIID riid, void **ppv)
{
    SitePackageEvents taken;
    Package *package;
    HRESULT hr;

    if (!ppv)
        return E_POINTER;
    *ppv = NULL;
    if (!riid || !package_take_events(&taken, events))
        return E_INVALIDARG;
    module_lock();
    package = calloc(1, sizeof *package);
    if (!package) {
        hr = E_OUTOFMEMORY;
        goto no_memory;
    }
    package->object.lpVtbl = &package_vtbl;
    package->async.lpVtbl = &async_vtbl;
    shared_init(&package->shared, package_destroy);
    package->refs = 1;
    package->events = taken;
    package->context = context;
    hr = SiteBridgeCreate(&package->bridge);
    if (FAILED(hr))
        goto no_bridge;
    hr = workers_create(&package->workers);
    if (FAILED(hr))
        goto no_workers;
    shared_addref(&package->workers->shared);
    package->bridge->watcher = &package->workers->shared;
    package->bridge->unsited = package_is_unsited;
    hr = IVsPackage_QueryInterface(&package->object, riid, ppv);
    /* A failure leaves the context with the caller. */
    if (FAILED(hr))
        package->events.destroyed = NULL;
    IVsPackage_Release(&package->object);
    return hr;

no_workers:
    SiteBridgeRelease(package->bridge);
no_bridge:
    free(package);
no_memory:
    module_unlock();
    return hr;
}

/* The functions on a package that may be anybody's */

/* With a reference, or NULL. */
static Package *package_identify(IVsPackage *object)
{
    IVsPackage *package = NULL;

    if (!object || FAILED(IVsPackage_QueryInterface(object, &package_identity, (void **)&package)) ||
        !package)
        return NULL;
    /* Another copy of this library, in another module, may lay its packages out in another way. */
    if (package->lpVtbl != &package_vtbl) {
        IVsPackage_Release(package);
        return NULL;
    }
    return package_from_object(package);
}

STDAPI SitePackageQueryServiceFromBackgroundThread(IVsPackage *object,
                                                   REFGUID rsid, REFIID riid, void **ppvObj)
{
    Package *package;
    HRESULT hr;

    if (!ppvObj)
        return E_POINTER;
    *ppvObj = NULL;
    package = package_identify(object);
    if (!package)
        return E_INVALIDARG;
    hr = SiteBridgeQueryService(package->bridge, rsid, riid, ppvObj);
    IVsPackage_Release(&package->object);
    return hr;
}

STDAPI SitePackageGetBridge(IVsPackage *object, SiteBridge **bridge)
{
    Package *package;

    if (!bridge)
        return E_POINTER;
    *bridge = NULL;
    package = package_identify(object);
    if (!package)
        return E_INVALIDARG;
    SiteBridgeAddRef(package->bridge);
    *bridge = package->bridge;
    IVsPackage_Release(&package->object);
    return S_OK;
}

STDAPI SitePackageRunInBackground(IVsPackage *object, SitePackageWork work, void *context)
{
    Package *package;
    HRESULT hr;

    if (!work)
        return E_POINTER;
    package = package_identify(object);
    if (!package)
        return E_INVALIDARG;
    hr = workers_start(package->workers, &package->shared, object, work, context);
    IVsPackage_Release(&package->object);
    return hr;
}
