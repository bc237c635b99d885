#define COBJMACROS
#include "provider.h"

/* One object with three interfaces. */
static struct {
    IAsyncServiceProvider provider;
    IProfferAsyncService proffer;
    IAsyncProgressCallback progress;
    LONG references;
} given;

static HRESULT query(REFIID riid, void **ppv)
{
    if (!ppv)
        return E_POINTER;
    *ppv = NULL;
    if (IsEqualIID(riid, &IID_IUnknown) || IsEqualIID(riid, &IID_IAgileObject) ||
        IsEqualIID(riid, &IID_IAsyncServiceProvider))
        *ppv = &given.provider;
    else if (IsEqualIID(riid, &IID_IProfferAsyncService))
        *ppv = &given.proffer;
    else if (IsEqualIID(riid, &IID_IAsyncProgressCallback))
        *ppv = &given.progress;
    else
        return E_NOINTERFACE;
    InterlockedIncrement(&given.references);
    return S_OK;
}

static ULONG add_reference(void)
{
    return (ULONG)InterlockedIncrement(&given.references);
}

static ULONG release(void)
{
    return (ULONG)InterlockedDecrement(&given.references);
}

static HRESULT STDMETHODCALLTYPE provider_QueryInterface(IAsyncServiceProvider *This, REFIID riid,
                                                         void **ppv)
{
    (void)This;
    return query(riid, ppv);
}

static ULONG STDMETHODCALLTYPE provider_AddRef(IAsyncServiceProvider *This)
{
    (void)This;
    return add_reference();
}

static ULONG STDMETHODCALLTYPE provider_Release(IAsyncServiceProvider *This)
{
    (void)This;
    return release();
}

static HRESULT STDMETHODCALLTYPE provider_QueryServiceAsync(IAsyncServiceProvider *This,
                                                            REFGUID sid, IVsTask **task)
{
    (void)This;
    (void)sid;
    if (!task)
        return E_POINTER;
    *task = NULL;
    return E_NOTIMPL;
}

static CONST_VTBL IAsyncServiceProviderVtbl provider_vtbl = {
    provider_QueryInterface,
    provider_AddRef,
    provider_Release,
    provider_QueryServiceAsync,
};

static HRESULT STDMETHODCALLTYPE proffer_QueryInterface(IProfferAsyncService *This, REFIID riid,
                                                        void **ppv)
{
    (void)This;
    return query(riid, ppv);
}

static ULONG STDMETHODCALLTYPE proffer_AddRef(IProfferAsyncService *This)
{
    (void)This;
    return add_reference();
}

static ULONG STDMETHODCALLTYPE proffer_Release(IProfferAsyncService *This)
{
    (void)This;
    return release();
}

static HRESULT STDMETHODCALLTYPE proffer_ProfferAsyncService(IProfferAsyncService *This,
                                                             REFGUID sid,
                                                             IAsyncServiceProvider *provider,
                                                             DWORD *cookie)
{
    (void)This;
    (void)sid;
    (void)provider;
    if (!cookie)
        return E_POINTER;
    *cookie = 0;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE proffer_RevokeAsyncService(IProfferAsyncService *This,
                                                            DWORD cookie)
{
    (void)This;
    (void)cookie;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE proffer_GetServiceProgressCallback(
    IProfferAsyncService *This, IAsyncProgressCallback **progress)
{
    (void)This;
    return query(&IID_IAsyncProgressCallback, (void **)progress);
}

static CONST_VTBL IProfferAsyncServiceVtbl proffer_vtbl = {
    proffer_QueryInterface,
    proffer_AddRef,
    proffer_Release,
    proffer_ProfferAsyncService,
    proffer_RevokeAsyncService,
    proffer_GetServiceProgressCallback,
};

static HRESULT STDMETHODCALLTYPE progress_QueryInterface(IAsyncProgressCallback *This, REFIID riid,
                                                         void **ppv)
{
    (void)This;
    return query(riid, ppv);
}

static ULONG STDMETHODCALLTYPE progress_AddRef(IAsyncProgressCallback *This)
{
    (void)This;
    return add_reference();
}

static ULONG STDMETHODCALLTYPE progress_Release(IAsyncProgressCallback *This)
{
    (void)This;
    return release();
}

/* There is no dialog that would tell people how long it takes. */
static HRESULT STDMETHODCALLTYPE progress_ReportProgress(IAsyncProgressCallback *This, REFGUID sid,
                                                         LPCWSTR wait, LPCWSTR progress, LONG step,
                                                         LONG steps)
{
    (void)This;
    (void)sid;
    (void)wait;
    (void)progress;
    (void)step;
    (void)steps;
    return S_OK;
}

static CONST_VTBL IAsyncProgressCallbackVtbl progress_vtbl = {
    progress_QueryInterface,
    progress_AddRef,
    progress_Release,
    progress_ReportProgress,
};

Provider provider_begin(void)
{
    Provider provider = {&given.provider, &given.proffer, &given.progress};

    given.provider.lpVtbl = &provider_vtbl;
    given.proffer.lpVtbl = &proffer_vtbl;
    given.progress.lpVtbl = &progress_vtbl;
    given.references = 1;
    return provider;
}

ULONG provider_references(void)
{
    return (ULONG)given.references;
}
