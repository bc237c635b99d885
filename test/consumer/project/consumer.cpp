/*
 * A stranger's program in C++: a site, its bridge, and a query from a thread that knows nothing of
 * COM. Exit code 0: it worked.
 */
#include <sitebridge/sitebridge.hpp>

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
    auto bridge = static_cast<const sitebridge::bridge *>(context);
    IServiceProvider *service;
    HRESULT hr = bridge->query_service(IID_IServiceProvider, &service);

    if (SUCCEEDED(hr))
        service->Release();
    return static_cast<DWORD>(hr);
}

class Package final : public sitebridge::package
{
};

int failed(const char *what)
{
    fprintf(stderr, "consumer_cpp: %s failed\n", what);
    return 1;
}

} // namespace

int main()
{
    Site site;
    sitebridge::bridge bridge;
    DWORD result;
    void *package;

    if (FAILED(CoInitializeEx(nullptr, COINIT_APARTMENTTHREADED)))
        return failed("CoInitializeEx");
    if (FAILED(sitebridge::bridge::create(bridge)) || FAILED(bridge.set_site(&site)))
        return failed("set_site");
    HANDLE thread = CreateThread(nullptr, 0, query, &bridge, 0, nullptr);
    if (!thread || FAILED(CoWaitForMultipleHandles(0, 30000, 1, &thread, &result)) ||
        !GetExitCodeThread(thread, &result) || FAILED(static_cast<HRESULT>(result)))
        return failed("the query in the background");
    if (site.served_on != GetCurrentThreadId())
        return failed("serving it on the main thread");
    CloseHandle(thread);
    bridge.set_site(nullptr);
    if (FAILED(sitebridge::create_package<Package>(IID_IVsPackage, &package)))
        return failed("create_package");
    static_cast<IVsPackage *>(package)->Release();
    CoUninitialize();
    return 0;
}
