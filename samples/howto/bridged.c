/*
 * The same with SiteBridge's package object.
 */
#include <sitebridge/package.h>
#include "way.h"

static IVsPackage *package;

static HRESULT set_site(IServiceProvider *site)
{
    HRESULT hr = S_OK;

    if (!package)
        hr = SitePackageCreate(NULL, NULL, &IID_IVsPackage, (void **)&package);
    if (SUCCEEDED(hr))
        hr = IVsPackage_SetSite(package, site);
    return hr;
}

static HRESULT query(REFGUID rsid, REFIID riid, void **ppv)
{
    return SitePackageQueryServiceFromBackgroundThread(package, rsid, riid, ppv);
}

static HRESULT use_site(Use use, void *context)
{
    SiteBridge *bridge;
    HRESULT hr = SitePackageGetBridge(package, &bridge);

    if (SUCCEEDED(hr)) {
        hr = SiteBridgeInvoke(bridge, use, context);
        SiteBridgeRelease(bridge);
    }
    return hr;
}

typedef struct Run {
    Function work;
    HRESULT hr;
} Run;

static DWORD CALLBACK run(IVsPackage *ignored, HANDLE stop, void *context)
{
    Run *of = context;

    (void)ignored, (void)stop;
    of->hr = of->work();
    return 0;
}

static HRESULT close_while(Function work)
{
    static Run of;
    HRESULT hr;

    of = (Run){work, E_PENDING};
    hr = SitePackageRunInBackground(package, run, &of);
    if (SUCCEEDED(hr))
        hr = IVsPackage_Close(package);
    return FAILED(hr) ? hr : of.hr;
}

const Way bridged = {set_site, query, use_site, close_while};
