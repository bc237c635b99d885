/*
 * A stranger's program in C++: a site, its bridge, and a query from a thread that knows nothing of
 * COM. Exit code 0: it worked.
 */
#include <sitebridge/package.h>
#include <sitebridge/sitebridge.h>

#include <stdio.h>

namespace
{

class Site final : public IServiceProvider
{
  public:
    DWORD served_on = 0;

    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void **ppv) override
    {
        *ppv = riid == IID_IUnknown || riid == IID_IServiceProvider ? this : nullptr;
        return *ppv ? S_OK : E_NOINTERFACE;
    }
    ULONG STDMETHODCALLTYPE AddRef() override
    {
        return 2;
    }
    ULONG STDMETHODCALLTYPE Release() override
    {
        return 1;
    }
    HRESULT STDMETHODCALLTYPE QueryService(REFGUID, REFIID riid, void **ppv) override
    {
        served_on = GetCurrentThreadId();
        return QueryInterface(riid, ppv);
    }
};

DWORD WINAPI query(void *context)
{
    auto bridge = static_cast<SiteBridge *>(context);
    void *service;
    HRESULT hr = SiteBridgeQueryService(bridge, IID_IServiceProvider, IID_IUnknown, &service);

    if (SUCCEEDED(hr))
        static_cast<IUnknown *>(service)->Release();
    return static_cast<DWORD>(hr);
}

int failed(const char *what)
{
    fprintf(stderr, "consumer_cpp: %s failed\n", what);
    return 1;
}

} // namespace

int main()
{
    Site site;
    SiteBridge *bridge;
    DWORD result;
    void *package;

    if (FAILED(CoInitializeEx(nullptr, COINIT_APARTMENTTHREADED)))
        return failed("CoInitializeEx");
    if (FAILED(SiteBridgeCreate(&bridge)) || FAILED(SiteBridgeSetSite(bridge, &site)))
        return failed("SiteBridgeSetSite");
    HANDLE thread = CreateThread(nullptr, 0, query, bridge, 0, nullptr);
    if (!thread || FAILED(CoWaitForMultipleHandles(0, 30000, 1, &thread, &result)) ||
        !GetExitCodeThread(thread, &result) || FAILED(static_cast<HRESULT>(result)))
        return failed("the query in the background");
    if (site.served_on != GetCurrentThreadId())
        return failed("serving it on the main thread");
    CloseHandle(thread);
    SiteBridgeSetSite(bridge, nullptr);
    SiteBridgeRelease(bridge);
    if (FAILED(SitePackageCreate(nullptr, nullptr, IID_IVsPackage, &package)))
        return failed("SitePackageCreate");
    static_cast<IVsPackage *>(package)->Release();
    CoUninitialize();
    return 0;
}
