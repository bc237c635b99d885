#include <stdlib.h>

#include "../com/agile.h"
#include "../module.h"
#include "../part.h"
#include "bridge.h"

static HRESULT object_query(SiteBridge *bridge, REFIID riid, void **ppv);

#define BRIDGE_OF(part, pointer) \
    CONTAINING_RECORD(CONTAINING_RECORD(pointer, struct BridgeObject, part), SiteBridge, object)

/* IServiceProvider, and the object's IUnknown */

PART_UNKNOWN(provider, IServiceProvider, BRIDGE_OF(provider, self),
             object_query, SiteBridgeAddRef, SiteBridgeRelease)

static HRESULT STDMETHODCALLTYPE provider_QueryService(IServiceProvider *provider, REFGUID rsid,
                                                       REFIID riid, void **ppv)
{
    return SiteBridgeQueryService(BRIDGE_OF(provider, provider), rsid, riid, ppv);
}

static IServiceProviderVtbl provider_vtbl = {
    provider_QueryInterface, provider_AddRef, provider_Release, provider_QueryService,
};

/* IObjectWithSite */

PART_UNKNOWN(with_site, IObjectWithSite, BRIDGE_OF(with_site, self),
             object_query, SiteBridgeAddRef, SiteBridgeRelease)

static HRESULT STDMETHODCALLTYPE with_site_SetSite(IObjectWithSite *object, IUnknown *unknown)
{
    SiteBridge *bridge = BRIDGE_OF(with_site, object);
    IServiceProvider *site = NULL;
    HRESULT hr = S_OK;

    if (unknown)
        hr = IUnknown_QueryInterface(unknown, &IID_IServiceProvider, (void **)&site);
    if (SUCCEEDED(hr))
        hr = SiteBridgeSetSite(bridge, site);
    if (site)
        IServiceProvider_Release(site);
    return hr;
}

typedef struct SiteRequest {
    const IID *iid;
    void **ppv;
} SiteRequest;

static HRESULT CALLBACK with_site_query(IServiceProvider *site, void *context)
{
    SiteRequest *request = context;

    return IServiceProvider_QueryInterface(site, request->iid, request->ppv);
}

static HRESULT STDMETHODCALLTYPE with_site_GetSite(IObjectWithSite *object, REFIID riid, void **ppv)
{
    SiteBridge *bridge = BRIDGE_OF(with_site, object);
    SiteRequest request;
    Call call;

    if (!ppv)
        return E_POINTER;
    *ppv = NULL;
    if (!bridge_enter(bridge, &call))
        return E_FAIL;
    if (!home_is_current(call.session->home)) {
        bridge_leave(&call);
        return RPC_E_WRONG_THREAD;
    }
    bridge_leave(&call);
    request.iid = riid;
    request.ppv = ppv;
    return SiteBridgeInvoke(bridge, with_site_query, &request);
}

static IObjectWithSiteVtbl with_site_vtbl = {
    with_site_QueryInterface, with_site_AddRef, with_site_Release, with_site_SetSite, with_site_GetSite,
};

static HRESULT object_query(SiteBridge *bridge, REFIID riid, void **ppv)
{
    struct BridgeObject *object = &bridge->object;

    if (!ppv)
        return E_POINTER;
    *ppv = NULL;
    if (IsEqualIID(riid, &IID_IMarshal))
        return agile_query_marshal((IUnknown *)&object->provider, &object->marshaler, riid, ppv);
    /* IAgileObject has no methods of its own. */
    if (IsEqualIID(riid, &IID_IUnknown) || IsEqualIID(riid, &IID_IServiceProvider) ||
        IsEqualIID(riid, &IID_IAgileObject))
        *ppv = &object->provider;
    else if (IsEqualIID(riid, &IID_IObjectWithSite))
        *ppv = &object->with_site;
    else
        return E_NOINTERFACE;
    SiteBridgeAddRef(bridge);
    return S_OK;
}

STDAPI SiteBridgeQueryInterface(SiteBridge *bridge, REFIID riid, void **ppv)
{
    if (!ppv)
        return E_POINTER;
    *ppv = NULL;
    return bridge && riid ? object_query(bridge, riid, ppv) : E_INVALIDARG;
}

static void bridge_destroy(Shared *shared)
{
    SiteBridge *bridge = CONTAINING_RECORD(shared, SiteBridge, counts.shared);

    agile_release(&bridge->object.marshaler);
    if (bridge->watcher)
        shared_release(&bridge->watcher->shared);
    if (bridge->in_use)
        threads_release();
    free(bridge);
    module_unlock();
}

STDAPI SiteBridgeCreate(SiteBridge **result)
{
    SiteBridge *bridge;

    if (!result)
        return E_POINTER;
    *result = NULL;
    /* A lock that is zero is ready for use: so are those of everything that calloc makes. */
    bridge = calloc(1, sizeof *bridge);
    if (!bridge)
        return E_OUTOFMEMORY;
    module_lock();
    bridge->refs = 1;
    bridge->counts.bridge = bridge;
    jobs_init(&bridge->posts.ended);
    shared_init(&bridge->counts.shared, bridge_destroy);
    bridge->object.provider.lpVtbl = &provider_vtbl;
    bridge->object.with_site.lpVtbl = &with_site_vtbl;
    *result = bridge;
    return S_OK;
}
