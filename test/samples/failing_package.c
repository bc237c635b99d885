/*
 * A package that fails to initialize asynchronously: with 0x80041234 where it is called as it
 * should be, on another thread than SetSite and after it, else with E_FAIL.
 */
#include <sitebridge/package.h>

static DWORD sited_on;

static HRESULT CALLBACK sited(IVsPackage *package, IServiceProvider *site, void *context)
{
    (void)package;
    (void)site;
    (void)context;
    sited_on = GetCurrentThreadId();
    return S_OK;
}

static HRESULT CALLBACK initialize(IVsPackage *package, IAsyncServiceProvider *provider,
                                   IProfferAsyncService *proffer, IAsyncProgressCallback *progress,
                                   void *context)
{
    (void)package;
    (void)context;
    if (!provider || !proffer || !progress || sited_on == 0 || sited_on == GetCurrentThreadId())
        return E_FAIL;
    return (HRESULT)0x80041234;
}

static HRESULT CALLBACK create(REFIID riid, void **ppv)
{
    static const SitePackageEvents events = {
        .size = sizeof events, .sited = sited, .initialize = initialize};
    return SitePackageCreate(&events, NULL, riid, ppv);
}

/* The sample package's, so that its .pkgdef does for this one. */
static const CLSID clsid = {
    0x858b9f29, 0x247b, 0x4c9c, {0xa1, 0x04, 0xe0, 0xe9, 0x94, 0xeb, 0xd9, 0x96}};
static const SitePackageClass classes[] = {{&clsid, create}};

STDAPI DllGetClassObject(REFCLSID rclsid, REFIID riid, void **ppv)
{
    return SitePackageGetClassObject(classes, 1, rclsid, riid, ppv);
}

STDAPI DllCanUnloadNow(void)
{
    return SitePackageCanUnloadNow();
}
