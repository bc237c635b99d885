#include <stdlib.h>

#include "../module.h"
#include "../shared.h"
#include "bridge.h"

/* A site for hosts that have none: an object that is itself every service. */
typedef struct Stand {
    IServiceProvider provider;
    Shared shared;
    IUnknown *object;
} Stand;

static Stand *stand_of(IServiceProvider *provider)
{
    return CONTAINING_RECORD(provider, Stand, provider);
}

static ULONG STDMETHODCALLTYPE stand_AddRef(IServiceProvider *provider)
{
    return shared_addref(&stand_of(provider)->shared);
}

static ULONG STDMETHODCALLTYPE stand_Release(IServiceProvider *provider)
{
    return shared_release(&stand_of(provider)->shared);
}

/* Whether it is agile, or a proxy, is as the object says. */
static HRESULT STDMETHODCALLTYPE stand_QueryInterface(IServiceProvider *provider, REFIID riid, void **ppv)
{
    HRESULT hr = IUnknown_QueryInterface(stand_of(provider)->object, riid, ppv);

    if (FAILED(hr) && IsEqualIID(riid, &IID_IServiceProvider)) {
        stand_AddRef(provider);
        *ppv = provider;
        return S_OK;
    }
    return hr;
}

static HRESULT STDMETHODCALLTYPE stand_QueryService(IServiceProvider *provider, REFGUID rsid, REFIID riid,
                                                    void **ppv)
{
    (void)rsid;
    return IUnknown_QueryInterface(stand_of(provider)->object, riid, ppv);
}

static IServiceProviderVtbl stand_vtbl = {
    stand_QueryInterface, stand_AddRef, stand_Release, stand_QueryService,
};

static void stand_destroy(Shared *shared)
{
    Stand *stand = CONTAINING_RECORD(shared, Stand, shared);

    IUnknown_Release(stand->object);
    free(stand);
    module_unlock();
}

STDAPI SiteBridgeSetObject(SiteBridge *bridge, IUnknown *object)
{
    Stand *stand;
    HRESULT hr;

    if (!bridge)
        return E_INVALIDARG;
    if (!object)
        return SiteBridgeSetSite(bridge, NULL);
    stand = calloc(1, sizeof *stand);
    if (!stand)
        return E_OUTOFMEMORY;
    module_lock();
    stand->provider.lpVtbl = &stand_vtbl;
    shared_init(&stand->shared, stand_destroy);
    stand->object = object;
    IUnknown_AddRef(object);
    hr = SiteBridgeSetSite(bridge, &stand->provider);
    shared_release(&stand->shared);
    return hr;
}
