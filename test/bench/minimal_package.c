/* A package DLL that does nothing but ask for a service in the background. */
#include <windows.h>

#include <sitebridge/package.h>

static const CLSID package_class = {
    0x7d1f1a04, 0x52b3, 0x4c53, { 0x9a, 1, 2, 3, 4, 5, 6, 7 }
};
static const GUID some_service = {
    0x7d1f1a05, 0x52b3, 0x4c53, { 0x9a, 1, 2, 3, 4, 5, 6, 7 }
};

static DWORD CALLBACK work(IVsPackage *package, HANDLE stop, void *context)
{
    IUnknown *service;

    (void)stop, (void)context;
    if (FAILED(SitePackageQueryServiceFromBackgroundThread(package, &some_service, &IID_IUnknown,
                                                           (void **)&service)))
        return 1;
    IUnknown_Release(service);
    return 0;
}

static HRESULT CALLBACK sited(IVsPackage *package, IServiceProvider *site, void *context)
{
    (void)site, (void)context;
    return SitePackageRunInBackground(package, work, NULL);
}

static HRESULT CALLBACK create(REFIID riid, void **ppv)
{
    SitePackageEvents events = { 0 };

    events.size = sizeof events;
    events.sited = sited;
    return SitePackageCreate(&events, NULL, riid, ppv);
}

STDAPI DllGetClassObject(REFCLSID rclsid, REFIID riid, void **ppv)
{
    static const SitePackageClass classes[] = { { &package_class, create } };

    return SitePackageGetClassObject(classes, 1, rclsid, riid, ppv);
}

STDAPI DllCanUnloadNow(void)
{
    return SitePackageCanUnloadNow();
}
