#include "vspackage.h"

#include <stdlib.h>
#include <string.h>

#include "../bridge/bridge.h"
#include "../com/agile.h"
#include "../module.h"
#include "../part.h"

/* {5B0C6E0F-63F2-4B5C-9C53-2D7A1F0E8B46}: answered by this library's packages, with themselves. */
static const IID package_identity = {
    0x5B0C6E0F, 0x63F2, 0x4B5C, { 0x9C, 0x53, 0x2D, 0x7A, 0x1F, 0x0E, 0x8B, 0x46 }
};

static Package *package_from_object(IVsPackage *object)
{
    return CONTAINING_RECORD(object, Package, object);
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
    shared_release(&package->workers->watcher.shared);
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

static HRESULT STDMETHODCALLTYPE package_SetSite(IVsPackage *object, IServiceProvider *site)
{
    Package *package = package_from_object(object);

    return site ? package_set_site(package, site) : package_close(package);
}

static HRESULT STDMETHODCALLTYPE package_Close(IVsPackage *object)
{
    return package_close(package_from_object(object));
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

Package *package_identify(IVsPackage *object)
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
    workers_watch(package->workers, package->bridge);
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
