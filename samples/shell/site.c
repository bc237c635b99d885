#define COBJMACROS
#include "site.h"

#include "calls.h"

static struct {
    IServiceProvider IServiceProvider_iface;
    LONG references;
    const SiteService *services;
    DWORD count;
} site;

static HRESULT STDMETHODCALLTYPE site_QueryInterface(IServiceProvider *This, REFIID riid,
                                                     void **ppv)
{
    if (!ppv)
        return E_POINTER;
    *ppv = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IServiceProvider))
        return E_NOINTERFACE;
    *ppv = This;
    IServiceProvider_AddRef(This);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE site_AddRef(IServiceProvider *This)
{
    (void)This;
    return (ULONG)InterlockedIncrement(&site.references);
}

static ULONG STDMETHODCALLTYPE site_Release(IServiceProvider *This)
{
    (void)This;
    return (ULONG)InterlockedDecrement(&site.references);
}

static HRESULT STDMETHODCALLTYPE site_QueryService(IServiceProvider *This, REFGUID sid, REFIID riid,
                                                   void **ppv)
{
    (void)This;
    calls_entered(&IID_IServiceProvider);
    if (!ppv)
        return E_POINTER;
    *ppv = NULL;
    for (DWORD i = 0; i < site.count; i++) {
        if (IsEqualGUID(sid, &site.services[i].sid))
            return IUnknown_QueryInterface(site.services[i].object, riid, ppv);
    }
    return E_NOINTERFACE;
}

static IServiceProviderVtbl site_vtbl = {
    site_QueryInterface,
    site_AddRef,
    site_Release,
    site_QueryService,
};

IServiceProvider *site_begin(const SiteService *services, DWORD count)
{
    site.IServiceProvider_iface.lpVtbl = &site_vtbl;
    site.references = 1;
    site.services = services;
    site.count = count;
    return &site.IServiceProvider_iface;
}

ULONG site_references(void)
{
    return (ULONG)site.references;
}

void site_end(void)
{
    IServiceProvider_Release(&site.IServiceProvider_iface);
}
