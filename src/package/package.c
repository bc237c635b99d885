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
    void *volatile marshaler;
    volatile LONG refs;
    volatile LONG state;
    SitePackageEvents events;
    void *context;
    SiteBridge *bridge;     /* counted */
    Workers *workers;       /* counted */
} Package;

/* {5B0C6E0F-63F2-4B5C-9C53-2D7A1F0E8B46}: answered by this library's packages, with themselves. */
static const IID package_identity = {
    0x5B0C6E0F, 0x63F2, 0x4B5C, { 0x9C, 0x53, 0x2D, 0x7A, 0x1F, 0x0E, 0x8B, 0x46 }
};

static Package *package_from_object(IVsPackage *object)
{
    return CONTAINING_RECORD(object, Package, object);
}

static BOOL package_move(Package *package, PackageState from, PackageState to)
{
    return InterlockedCompareExchange(&package->state, to, from) == (LONG)from;
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
        return E_NOINTERFACE;
    IVsPackage_AddRef(object);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE package_AddRef(IVsPackage *object)
{
    return (ULONG)InterlockedIncrement(&package_from_object(object)->refs);
}

static ULONG STDMETHODCALLTYPE package_Release(IVsPackage *object)
{
    Package *package = package_from_object(object);
    ULONG refs = (ULONG)InterlockedDecrement(&package->refs);

    if (refs == 0) {
        SiteBridgeRelease(package->bridge);
        shared_release(&package->workers->shared);
        agile_release(&package->marshaler);
        if (package->events.destroyed)
            package->events.destroyed(package->context);
        free(package);
        module_unlock();
    }
    return refs;
}

/* Stops the threads and lets go of the site. */
static void package_unsite(Package *package, BOOL closing)
{
    workers_stop(package->workers);
    if (closing && package->events.closing)
        package->events.closing(&package->object, package->context);
    workers_wait(package->workers);
    SiteBridgeSetSite(package->bridge, NULL);
}

static HRESULT STDMETHODCALLTYPE package_Close(IVsPackage *object)
{
    Package *package = package_from_object(object);

    if (package_move(package, PACKAGE_NEW, PACKAGE_CLOSED) ||
        package_move(package, PACKAGE_SITING, PACKAGE_SITING_IN_VAIN))
        return S_OK;
    if (package->state == PACKAGE_SITED && bridge_check_home(package->bridge) == RPC_E_WRONG_THREAD)
        return RPC_E_WRONG_THREAD;
    if (package_move(package, PACKAGE_SITED, PACKAGE_CLOSING)) {
        /* The wait lets calls in, and one of them may be the shell's last release. */
        IVsPackage_AddRef(object);
        package_unsite(package, TRUE);
        InterlockedExchange(&package->state, PACKAGE_CLOSED);
        IVsPackage_Release(object);
    }
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
    (void)object, (void)name;
    if (result)
        *result = NULL;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE package_CreateTool(IVsPackage *object, REFGUID slot)
{
    (void)object, (void)slot;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE package_ResetDefaults(IVsPackage *object, VSPKGRESETFLAGS flags)
{
    (void)object, (void)flags;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE package_GetPropertyPage(IVsPackage *object, REFGUID page_id,
                                                         VSPROPSHEETPAGE *page)
{
    (void)object, (void)page_id, (void)page;
    return E_NOTIMPL;
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
    Workers *workers = package->workers;
    HRESULT hr;

    (void)proffer, (void)progress;
    if (!task)
        return E_POINTER;
    *task = NULL;
    if (!workers_join(workers))
        return E_UNEXPECTED;
    hr = package->events.initialize(&package->object, provider, package->context);
    workers_leave(workers);
    return hr;
}

static IAsyncLoadablePackageInitializeVtbl async_vtbl = {
    async_QueryInterface, async_AddRef, async_Release, async_Initialize,
};

/* A structure of this version, or of the first, which had no `initialize`. */
static BOOL package_take_events(SitePackageEvents *to, const SitePackageEvents *from)
{
    ZeroMemory(to, sizeof *to);
    if (!from)
        return TRUE;
    if (from->size != sizeof *from && from->size != FIELD_OFFSET(SitePackageEvents, initialize))
        return FALSE;
    memcpy(to, from, from->size);
    return TRUE;
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
    package->refs = 1;
    package->events = taken;
    package->context = context;
    hr = SiteBridgeCreate(&package->bridge);
    if (FAILED(hr))
        goto no_bridge;
    hr = workers_create(&package->workers);
    if (FAILED(hr))
        goto no_crew;
    hr = IVsPackage_QueryInterface(&package->object, riid, ppv);
    /* A failure leaves the context with the caller. */
    if (FAILED(hr))
        package->events.destroyed = NULL;
    IVsPackage_Release(&package->object);
    return hr;

no_crew:
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
    hr = workers_start(package->workers, &package->object, work, context);
    IVsPackage_Release(&package->object);
    return hr;
}
