/*
 * A package object (IVsPackage) over a bridge, background threads that belong to it, and what a
 * package DLL exports.
 */
#ifndef SITEBRIDGE_PACKAGE_H
#define SITEBRIDGE_PACKAGE_H

#include <sitebridge/sitebridge.h>
#include <sitebridge/vspackage.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What a package does of its own. Any member may be NULL. package is borrowed. A structure that ends
 * before `initialize` is one of an earlier version, and good as well.
 *
 * sited, query_close and closing run on the thread on which the shell calls the package; destroyed
 * runs where the last reference goes.
 */
typedef struct SitePackageEvents {
    DWORD size;                                                    /* sizeof this struct */
    /* The site is there. A failure unsites the package again and is what SetSite returns. */
    HRESULT (CALLBACK *sited)(IVsPackage *package, IServiceProvider *site, void *context);
    /* May set *can_close, which is TRUE, to FALSE. */
    HRESULT (CALLBACK *query_close)(IVsPackage *package, BOOL *can_close, void *context);
    /* The workers have been told to stop; the site is still there. */
    void    (CALLBACK *closing)(IVsPackage *package, void *context);
    /* The package is gone; context may be freed. */
    void    (CALLBACK *destroyed)(void *context);
    /*
     * Where it is set, the package can be loaded asynchronously: this is its
     * IAsyncLoadablePackageInitialize::Initialize. It runs after `sited`, on whichever thread the shell
     * likes, and must not call into home, which may be waiting for it; Close waits for it. provider is
     * borrowed.
     */
    HRESULT (CALLBACK *initialize)(IVsPackage *package, IAsyncServiceProvider *provider, void *context);
} SitePackageEvents;

/**
 * What SitePackageRunInBackground runs, in the MTA. stop is set when the package closes; it is
 * borrowed, and good until the work returns. The result becomes the thread's exit code.
 */
typedef DWORD (CALLBACK *SitePackageWork)(IVsPackage *package, HANDLE stop, void *context);

/**
 * Makes a package object: a complete IVsPackage over a bridge of its own.
 *
 * events is copied, and may be NULL. From success on, context belongs to the package until
 * `destroyed` is called; on failure `destroyed` is not called.
 *
 * The object's IVsPackage: SetSite marshals through the bridge, then calls `sited`; SetSite(NULL)
 * is Close. QueryClose is TRUE unless `query_close` says otherwise. Close raises every worker's
 * `stop`, calls `closing`, waits for the workers while it dispatches COM calls, and unsites; it
 * is idempotent, and off home it is RPC_E_WRONG_THREAD. It must not be called inside a call that one
 * of the package's own workers is making, which would wait for itself. GetAutomationObject, CreateTool,
 * ResetDefaults and GetPropertyPage are E_NOTIMPL. With `initialize` the object also answers
 * IAsyncLoadablePackageInitialize, whose Initialize is E_UNEXPECTED unless the package is sited and
 * gives a NULL task, and is agile, so that the shell may call that from any thread. SetSite while the
 * package is sited or closed is E_UNEXPECTED; where it is closed while `sited` runs, SetSite is E_ABORT.
 *
 * S_OK, and *ppv holds a reference; E_POINTER where ppv is NULL; E_INVALIDARG where riid is NULL, or
 * events->size none that this library knows; E_NOINTERFACE; E_OUTOFMEMORY. On failure *ppv is NULL.
 *
 * Rests on: "IVsPackage.SetSite", "IVsPackage.QueryClose", "IVsPackage.Close".
 */
STDAPI SitePackageCreate(const SitePackageEvents *events, void *context, REFIID riid, void **ppv);

/**
 * SiteBridgeQueryService of the package's bridge.
 *
 * E_INVALIDARG where package is no object of SitePackageCreate; otherwise as SiteBridgeQueryService.
 */
STDAPI SitePackageQueryServiceFromBackgroundThread(IVsPackage *package,
                                                   REFGUID rsid, REFIID riid, void **ppvObj);

/**
 * The package's bridge, with a reference for the caller.
 *
 * S_OK; E_POINTER where bridge is NULL; E_INVALIDARG where package is no object of
 * SitePackageCreate; *bridge is then NULL.
 */
STDAPI SitePackageGetBridge(IVsPackage *package, SiteBridge **bridge);

/**
 * Runs work on a new thread in the MTA, which holds the package and the modules it needs until work
 * has returned. Close waits for it.
 *
 * S_OK; E_POINTER where work is NULL; E_INVALIDARG where package is no object of SitePackageCreate;
 * E_UNEXPECTED where the package is not sited, or is closing; E_OUTOFMEMORY, or the failure of
 * CreateThread.
 */
STDAPI SitePackageRunInBackground(IVsPackage *package, SitePackageWork work, void *context);

/** One class of a package DLL: its CLSID and what makes an object of it. */
typedef struct SitePackageClass {
    const CLSID *clsid;
    HRESULT (CALLBACK *create)(REFIID riid, void **ppv);
} SitePackageClass;

/**
 * All that DllGetClassObject has to do. classes is borrowed for as long as the module is loaded.
 * The class object refuses aggregation with CLASS_E_NOAGGREGATION.
 *
 * S_OK; E_POINTER where ppv is NULL; E_INVALIDARG where rclsid or riid is NULL;
 * CLASS_E_CLASSNOTAVAILABLE where rclsid is not among the classes; E_NOINTERFACE; E_OUTOFMEMORY. On
 * failure *ppv is NULL.
 */
STDAPI SitePackageGetClassObject(const SitePackageClass *classes, DWORD count,
                                 REFCLSID rclsid, REFIID riid, void **ppv);

/** All that DllCanUnloadNow has to do: SiteBridgeCanUnloadNow, packages and class objects included. */
STDAPI SitePackageCanUnloadNow(void);

#ifdef __cplusplus
}
#endif

#endif
