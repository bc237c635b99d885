/*
 * A package: when a solution is opened, it says hello in the status bar from a background thread.
 */
#define COBJMACROS
#include <sitebridge/package.h>

#include "statusbar.h"

/* {6F1A3C52-8D0E-4B77-9C2B-51E4A7D3F806} */
static const CLSID my_package = {
    0x6f1a3c52, 0x8d0e, 0x4b77, {0x9c, 0x2b, 0x51, 0xe4, 0xa7, 0xd3, 0xf8, 0x06}};

/* On the main thread, when that has time for it; where it is busy, nobody waits. */
static HRESULT CALLBACK show(IServiceProvider *site, void *context)
{
    IVsStatusbar *bar;
    DWORD cookie = 0;
    HRESULT hr = IServiceProvider_QueryService(site, &IID_IVsStatusbar, &IID_IVsStatusbar, (void **)&bar);

    (void)context;
    if (FAILED(hr))
        return hr;
    bar->lpVtbl->Progress(bar, &cookie, TRUE, L"My package", 1, 1);
    bar->lpVtbl->SetText(bar, L"Hello from the background");
    bar->lpVtbl->Progress(bar, &cookie, FALSE, L"", 0, 0);
    bar->lpVtbl->Release(bar);
    return S_OK;
}

/*
 * On a thread of the package's own. Longer work watches `stop`, which is set when it has to end. Services can be
 * had here too: SitePackageQueryServiceFromBackgroundThread.
 */
static DWORD CALLBACK work(IVsPackage *package, HANDLE stop, void *context)
{
    SiteBridge *bridge;

    (void)stop;
    (void)context;
    if (SUCCEEDED(SitePackageGetBridge(package, &bridge))) {
        SiteBridgePost(bridge, show, NULL, NULL);
        SiteBridgeRelease(bridge);
    }
    return 0;
}

/* On the main thread, when Visual Studio has loaded the package. */
static HRESULT CALLBACK sited(IVsPackage *package, IServiceProvider *site, void *context)
{
    (void)site;
    (void)context;
    return SitePackageRunInBackground(package, work, NULL);
}

/* On any thread, after `sited`. Visual Studio loads by itself only packages that have it. */
static HRESULT CALLBACK initialize(IVsPackage *package, IAsyncServiceProvider *provider,
                                   IProfferAsyncService *proffer, IAsyncProgressCallback *progress,
                                   void *context)
{
    (void)package;
    (void)provider;
    (void)proffer;
    (void)progress;
    (void)context;
    return S_OK;
}

static HRESULT CALLBACK create(REFIID riid, void **ppv)
{
    static const SitePackageEvents events = {
        .size = sizeof events, .sited = sited, .initialize = initialize};

    return SitePackageCreate(&events, NULL, riid, ppv);
}

static const SitePackageClass classes[] = {{&my_package, create}};

STDAPI DllGetClassObject(REFCLSID rclsid, REFIID riid, void **ppv)
{
    return SitePackageGetClassObject(classes, 1, rclsid, riid, ppv);
}

STDAPI DllCanUnloadNow(void)
{
    return SitePackageCanUnloadNow();
}
