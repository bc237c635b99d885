#include "vspackage.h"

STDAPI SitePackageQueryServiceFromBackgroundThread(IVsPackage *object,
                                                   REFGUID rsid, REFIID riid, void **ppvObj)
{
    Package *package;
    HRESULT hr;

    if (!ppvObj)
        return E_POINTER;
    *ppvObj = NULL;
    package = package_identify(object);
    if (!package)
        return E_INVALIDARG;
    hr = SiteBridgeQueryService(package->bridge, rsid, riid, ppvObj);
    IVsPackage_Release(&package->object);
    return hr;
}

STDAPI SitePackageGetBridge(IVsPackage *object, SiteBridge **bridge)
{
    Package *package;

    if (!bridge)
        return E_POINTER;
    *bridge = NULL;
    package = package_identify(object);
    if (!package)
        return E_INVALIDARG;
    SiteBridgeAddRef(package->bridge);
    *bridge = package->bridge;
    IVsPackage_Release(&package->object);
    return S_OK;
}

STDAPI SitePackageRunInBackground(IVsPackage *object, SitePackageWork work, void *context)
{
    Package *package;
    HRESULT hr;

    if (!work)
        return E_POINTER;
    package = package_identify(object);
    if (!package)
        return E_INVALIDARG;
    hr = workers_start(package->workers, &package->shared, object, work, context);
    IVsPackage_Release(&package->object);
    return hr;
}
