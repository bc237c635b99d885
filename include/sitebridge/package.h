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
 * What a package does of its own. Any member may be NULL, and the structure may end after any member from
 * `destroyed` on. package is borrowed, and the same pointer in all of them.
 *
 * initialize and query_interface come on whichever thread the caller likes, destroyed where the last reference
 * goes, and the others on the thread on which the shell calls the package.
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
     * IAsyncLoadablePackageInitialize::Initialize. It runs after `sited`, and must not call into home, which may
     * be waiting for it; Close waits for it. provider, proffer and progress are what the shell passed, borrowed.
     */
    HRESULT (CALLBACK *initialize)(IVsPackage *package, IAsyncServiceProvider *provider,
                                   IProfferAsyncService *proffer, IAsyncProgressCallback *progress,
                                   void *context);
    /*
     * The package is asked for an interface that it does not answer itself: see SitePackageCreate. What this
     * does not know it refuses with E_NOINTERFACE. *ppv is NULL before.
     */
    HRESULT (CALLBACK *query_interface)(IVsPackage *package, REFIID riid, void **ppv, void *context);
    /* IVsPackage's optional methods, sited or not. *result is NULL before. */
    HRESULT (CALLBACK *get_automation_object)(IVsPackage *package, LPCOLESTR name, IDispatch **result, void *context);
    HRESULT (CALLBACK *create_tool)(IVsPackage *package, REFGUID slot, void *context);
    HRESULT (CALLBACK *reset_defaults)(IVsPackage *package, VSPKGRESETFLAGS flags, void *context);
    HRESULT (CALLBACK *get_property_page)(IVsPackage *package, REFGUID page_id, VSPROPSHEETPAGE *page, void *context);
} SitePackageEvents;

/**
 * What SitePackageRunInBackground runs, in the MTA. package and stop are borrowed, and good until the work
 * returns. stop is set when the package closes or loses its site, when a Close is refused, and with the last
 * reference on the package but the library's own. The result becomes the thread's exit code.
 */
typedef DWORD (CALLBACK *SitePackageWork)(IVsPackage *package, HANDLE stop, void *context);

/**
 * Makes a package object: a complete IVsPackage over a bridge of its own.
 *
 * events is copied, and may be NULL. From success on, context belongs to the package until
 * `destroyed` is called; on failure `destroyed` is not called.
 *
 * The object's IVsPackage: SetSite marshals through the bridge, then calls `sited`; SetSite(NULL)
 * is Close. SetSite while the package is sited or closed is E_UNEXPECTED. QueryClose is TRUE unless
 * `query_close` says otherwise. GetAutomationObject, CreateTool, ResetDefaults and GetPropertyPage are their
 * events, which get no NULL: E_POINTER for what they are to fill, E_INVALIDARG for the rest. Without the event
 * they are E_NOTIMPL. Where they fail, *ppDisp is NULL.
 * With `initialize` the object also answers IAsyncLoadablePackageInitialize, whose Initialize is E_UNEXPECTED
 * unless the package is sited and not about to stop, and gives a NULL task; it is then agile, so that the
 * shell may call that from any thread.
 *
 * `query_interface` is asked for all else: for anything but IUnknown and IVsPackage and, with `initialize`,
 * IAsyncLoadablePackageInitialize, IAgileObject and IMarshal. It is asked until the package is destroyed, on any
 * thread: inside SitePackageCreate where riid is none of those, and by COM where that marshals the package. Success
 * with NULL becomes E_NOINTERFACE; on failure *ppv is NULL. What it gives is a part of the package: it carries a
 * reference for the caller, and its IUnknown methods are the package's. With `initialize` it is agile as well.
 *
 *     typedef struct Mine {                       // the context
 *         IVsPackage *package;                    // borrowed: what SitePackageCreate gave
 *         IOleCommandTarget commands;             // in C++: a member or a base
 *     } Mine;
 *
 *     HRESULT STDMETHODCALLTYPE commands_QueryInterface(IOleCommandTarget *commands, REFIID riid, void **ppv)
 *     {
 *         return IVsPackage_QueryInterface(CONTAINING_RECORD(commands, Mine, commands)->package, riid, ppv);
 *     }                                           // AddRef and Release in the same way
 *
 *     HRESULT CALLBACK query_interface(IVsPackage *package, REFIID riid, void **ppv, void *context)
 *     {
 *         if (!IsEqualIID(riid, &IID_IOleCommandTarget))
 *             return E_NOINTERFACE;
 *         IVsPackage_AddRef(package);
 *         *ppv = &((Mine *)context)->commands;
 *         return S_OK;
 *     }
 *
 * Close raises every worker's `stop`, calls `closing`, waits for the workers and for SiteBridgePost's `done`s that
 * are due while it dispatches COM calls, and unsites; it returns when the `done`s of what was still queued have
 * returned, too. The first that fits:
 *
 * | Close is called                                  | result                                                |
 * |--------------------------------------------------|-------------------------------------------------------|
 * | never sited, or closed                           | S_OK, on any thread                                   |
 * | off home                                         | RPC_E_WRONG_THREAD; `stop` is raised                  |
 * | on a worker, in `initialize`, in a `done`, or    | HRESULT_FROM_WIN32(ERROR_POSSIBLE_DEADLOCK); `stop`   |
 * | inside a SiteBridge or SitePackage call of one   | is raised                                             |
 * | in a call that another Close dispatches          | E_PENDING                                             |
 * | while another thread of the MTA, which is home,  | waits for that; S_OK                                  |
 * | is closing it                                    |                                                       |
 * | inside `sited`                                   | S_OK; carried out when that returns, SetSite E_ABORT  |
 * | otherwise                                        | S_OK: no worker is left, and the site is let go of    |
 *
 * A worker that calls home by an interface of its own is not always recognized: there Close waits, and
 * SITEBRIDGE_TRACE_CLOSE_WAITING says for whom. Where `stop` was raised and Close was not carried out, the package
 * stays sited until it is closed.
 *
 * Without Close: where the last reference but the library's own goes, home lets go of the site, `closing` is
 * not called, and the package is destroyed when the workers have left, on whichever thread that is. Where home
 * ends, the site goes at once; the package can then be closed on any thread.
 *
 * S_OK, and *ppv holds a reference; E_POINTER where ppv is NULL; E_INVALIDARG where riid is NULL, or
 * events->size none that this library knows; E_NOINTERFACE, or what `query_interface` fails with; E_OUTOFMEMORY.
 * On failure *ppv is NULL.
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
 * Runs work on a new thread in the MTA, which keeps the package and the modules it needs until work
 * has returned. Close waits for it.
 *
 * A package class of one's own has such threads too. It keeps a package object inside, which these functions are
 * given, and forwards to it SetSite, Close, and its own last release; where it fails in SetSite after that one has
 * succeeded, it closes it.
 * - What the threads use is the inner object's context, and is freed in `destroyed`. Without Close the threads
 *   may outlive the class, but not that.
 * - While Close waits it lets calls in. The class holds a reference on itself meanwhile: one of them may be the
 *   last release.
 * - DllCanUnloadNow is S_OK only where SitePackageCanUnloadNow is as well.
 *
 * S_OK; E_POINTER where work is NULL; E_INVALIDARG where package is no object of SitePackageCreate;
 * E_UNEXPECTED where the package is not sited, or its workers have been told to stop; E_OUTOFMEMORY.
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
