/*
 * A package: when a solution is opened, it works on a background thread, and says hello in the status bar.
 */
#include <sitebridge/sitebridge.hpp>

#include "statusbar.h"

namespace
{

/* {A4D27E15-3B98-4C60-8F51-E2096B7D1C34} */
const CLSID my_clsid = {0xa4d27e15, 0x3b98, 0x4c60, {0x8f, 0x51, 0xe2, 0x09, 0x6b, 0x7d, 0x1c, 0x34}};

/* On the main thread. */
HRESULT say(IServiceProvider *site, const wchar_t *text)
{
    IVsStatusbar *bar;
    DWORD cookie = 0;
    HRESULT hr = site->QueryService(__uuidof(IVsStatusbar), __uuidof(IVsStatusbar),
                                    reinterpret_cast<void **>(&bar));

    if (FAILED(hr))
        return hr;
    bar->Progress(&cookie, TRUE, L"My package", 1, 1);
    hr = bar->SetText(text);
    bar->Progress(&cookie, FALSE, L"", 0, 0);
    bar->Release();
    return hr;
}

class my_package final : public sitebridge::async_package
{
    /* On the main thread, when Visual Studio has loaded the package. */
    HRESULT sited(IServiceProvider *) override
    {
        return run([this](HANDLE stop) { work(stop); });
    }

    /* On a thread of the package's own. Longer work watches `stop`, which is set when it has to end. */
    void work(HANDLE)
    {
        bridge().post([](IServiceProvider *site) { return say(site, L"Hello from the background"); });
    }
};

const SitePackageClass classes[] = {{&my_clsid, sitebridge::create_package<my_package>}};

} // namespace

STDAPI DllGetClassObject(REFCLSID rclsid, REFIID riid, void **ppv)
{
    return SitePackageGetClassObject(classes, 1, rclsid, riid, ppv);
}

STDAPI DllCanUnloadNow(void)
{
    return SitePackageCanUnloadNow();
}
