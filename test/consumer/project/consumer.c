/*
 * A stranger's program in C: a site, its bridge, and a query from a thread that knows nothing of
 * COM. Exit code 0: it worked.
 */
#define COBJMACROS
#include <sitebridge/package.h>
#include <sitebridge/sitebridge.h>

#include <stdio.h>

static HRESULT STDMETHODCALLTYPE site_QueryInterface(IServiceProvider *This, REFIID riid,
                                                     void **ppv)
{
    *ppv = IsEqualIID(riid, &IID_IUnknown) || IsEqualIID(riid, &IID_IServiceProvider) ? This : NULL;
    return *ppv ? S_OK : E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE site_AddRef(IServiceProvider *This)
{
    (void)This;
    return 2;
}

static ULONG STDMETHODCALLTYPE site_Release(IServiceProvider *This)
{
    (void)This;
    return 1;
}

static DWORD served_on;

static HRESULT STDMETHODCALLTYPE site_QueryService(IServiceProvider *This, REFGUID rsid,
                                                   REFIID riid, void **ppv)
{
    (void)rsid;
    served_on = GetCurrentThreadId();
    return site_QueryInterface(This, riid, ppv);
}

static IServiceProviderVtbl site_vtbl = {site_QueryInterface, site_AddRef, site_Release,
                                         site_QueryService};
static IServiceProvider site = {&site_vtbl};

static DWORD WINAPI query(void *bridge)
{
    IUnknown *service;
    HRESULT hr =
        SiteBridgeQueryService(bridge, &IID_IServiceProvider, &IID_IUnknown, (void **)&service);

    if (SUCCEEDED(hr))
        IUnknown_Release(service);
    return (DWORD)hr;
}

static int failed(const char *what)
{
    fprintf(stderr, "consumer_c: %s failed\n", what);
    return 1;
}

int main(void)
{
    IVsPackage *package;
    SiteBridge *bridge;
    HANDLE thread;
    DWORD result;

    if (FAILED(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED)))
        return failed("CoInitializeEx");
    if (FAILED(SiteBridgeCreate(&bridge)) || FAILED(SiteBridgeSetSite(bridge, &site)))
        return failed("SiteBridgeSetSite");
    thread = CreateThread(NULL, 0, query, bridge, 0, NULL);
    if (!thread || FAILED(CoWaitForMultipleHandles(0, 30000, 1, &thread, &result)) ||
        !GetExitCodeThread(thread, &result) || FAILED((HRESULT)result))
        return failed("the query in the background");
    if (served_on != GetCurrentThreadId())
        return failed("serving it on the main thread");
    CloseHandle(thread);
    SiteBridgeSetSite(bridge, NULL);
    SiteBridgeRelease(bridge);
    if (FAILED(SitePackageCreate(NULL, NULL, &IID_IVsPackage, (void **)&package)))
        return failed("SitePackageCreate");
    IVsPackage_Release(package);
    CoUninitialize();
    return 0;
}
