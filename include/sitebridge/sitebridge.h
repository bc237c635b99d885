/*
 * SiteBridge: a host's services, from any thread.
 *
 * A host gives its plug-in an IServiceProvider on one thread, and that pointer is good on that
 * thread only. A bridge marshals it with CoMarshalInterThreadInterfaceInStream, unmarshals it on
 * the first background query with CoGetInterfaceAndReleaseStream, caches the proxy, and lets any
 * thread ask for a service.
 *
 * Words used below. Home: the thread that called SiteBridgeSetSite with a site, and its apartment;
 * where that is the multithreaded apartment (MTA), every thread of the MTA is home. Background:
 * every other thread. STA: a single-threaded apartment. Site: the host's IServiceProvider.
 *
 * Unless it says otherwise, a function may be called from any thread, in any apartment or in none,
 * and never initializes COM on the thread that calls it.
 */
#ifndef SITEBRIDGE_SITEBRIDGE_H
#define SITEBRIDGE_SITEBRIDGE_H

#include <windows.h>
#include <objbase.h>
#include <servprov.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A bridge between a site and the threads that want its services. Reference counted. */
typedef struct SiteBridge SiteBridge;

/** What SiteBridgeInvoke runs on home. site is borrowed, and good on home only. */
typedef HRESULT (CALLBACK *SiteBridgeWork)(IServiceProvider *site, void *context);

/**
 * Makes a bridge that has no site yet.
 *
 * bridge receives one reference, which the caller gives back with SiteBridgeRelease.
 *
 * S_OK; E_POINTER where bridge is NULL; E_OUTOFMEMORY, or the failure of the system call that
 * could not be made; *bridge is then NULL.
 */
STDAPI SiteBridgeCreate(SiteBridge **bridge);

/** Adds a reference. Returns the new count, for diagnosis only. */
STDAPI_(ULONG) SiteBridgeAddRef(SiteBridge *bridge);

/**
 * Gives a reference back. Returns the new count, for diagnosis only.
 *
 * The last release may come from any thread, also while the bridge is sited. On home it unsites.
 * Elsewhere it returns at once, and home gives the site back when it next dispatches COM calls or
 * when its apartment ends.
 */
STDAPI_(ULONG) SiteBridgeRelease(SiteBridge *bridge);

/**
 * The bridge as a COM object: IUnknown, IServiceProvider, IObjectWithSite, IAgileObject and IMarshal
 * (free-threaded), all of one identity, valid in every apartment.
 *
 * IServiceProvider::QueryService is SiteBridgeQueryService. IObjectWithSite::SetSite is
 * SiteBridgeSetSite with the IServiceProvider of what it is given; GetSite answers on home with the
 * site itself, elsewhere with RPC_E_WRONG_THREAD, and without a site with E_FAIL.
 *
 * S_OK, and *ppv holds a reference; E_NOINTERFACE; E_POINTER where ppv is NULL; E_INVALIDARG where
 * bridge or riid is NULL.
 */
STDAPI SiteBridgeQueryInterface(SiteBridge *bridge, REFIID riid, void **ppv);

/**
 * Gives the bridge its site, replaces it, or with NULL takes it away.
 *
 * Called on the thread that is to be home; while the bridge is sited, on home only. The bridge adds
 * its own reference on site. It marshals before it changes anything, so that a failure leaves the
 * bridge as it was. It never blocks and never dispatches messages.
 *
 * When NULL or another site was set, the bridge holds no reference on the previous site any more,
 * whatever background threads are doing; a call that is executing on home holds its own until it
 * returns, and so does a call into a site that is agile. Background calls that had been
 * queued to home fail when home next dispatches, or at the end of its apartment.
 *
 * The last CoUninitialize on home unsites by itself, and dispatches the calls that are still queued.
 *
 * S_OK, also for NULL where there was no site; RPC_E_WRONG_THREAD off home; CO_E_NOTINITIALIZED where
 * the thread is in no apartment; E_INVALIDARG where bridge is NULL; E_OUTOFMEMORY; any
 * failure of CoMarshalInterThreadInterfaceInStream or CoRegisterInitializeSpy.
 *
 * Rests on: "CoMarshalInterThreadInterfaceInStream function", "CoDisconnectObject function",
 * "IInitializeSpy interface".
 */
STDAPI SiteBridgeSetSite(SiteBridge *bridge, IServiceProvider *site);

/**
 * Asks the site for a service: what "How to: Get a Service from a Background Thread (C++)" calls
 * QueryServiceFromBackgroundThread.
 *
 * On home it calls the site. In the MTA, explicit or implicit, the first call unmarshals a proxy
 * which all threads of the MTA share; a thread that never called CoInitializeEx is in the implicit
 * MTA, which the bridge keeps alive while it has a proxy there. In another STA the first call gets a
 * proxy of that apartment's own, which is released at the apartment's last CoUninitialize. Getting
 * a proxy never waits for home; the query is an ordinary COM call and waits until home dispatches
 * it. What SiteBridgePrefetch fetched is answered without home.
 *
 * *ppvObj belongs to the apartment of the caller, who releases it there.
 *
 * S_OK or the site's own success; E_POINTER where ppvObj is NULL; E_INVALIDARG where bridge, rsid or
 * riid is NULL; E_UNEXPECTED where there is no site, or it went away during the call; E_NOINTERFACE
 * where the site succeeded with NULL, or the interface cannot be marshaled; CO_E_OBJNOTCONNECTED
 * where home ended without a word; any failure of the site, unchanged; any failure of
 * CoGetInterfaceAndReleaseStream (the next call tries again) or of the COM call. On every
 * failure *ppvObj is NULL.
 */
STDAPI SiteBridgeQueryService(SiteBridge *bridge, REFGUID rsid, REFIID riid, void **ppvObj);

/**
 * SiteBridgeQueryService with a deadline.
 *
 * After milliseconds it returns HRESULT_FROM_WIN32(ERROR_TIMEOUT) and *ppvObj is NULL; an answer
 * that arrives later is released in the apartment it belongs to. An STA caller dispatches COM
 * calls while it waits. With INFINITE, on home, and where the site is agile, it is SiteBridgeQueryService.
 *
 * As SiteBridgeQueryService; HRESULT_FROM_WIN32(ERROR_TIMEOUT); E_OUTOFMEMORY where no thread of
 * the pool could be had.
 */
STDAPI SiteBridgeQueryServiceWithin(SiteBridge *bridge, DWORD milliseconds,
                                    REFGUID rsid, REFIID riid, void **ppvObj);

/**
 * Asks the site for a service now, so that SiteBridgeQueryService for the same rsid and riid is
 * answered from then on, in every apartment, without home. Called on home. Forgotten at unsite;
 * interfaces that were handed out by then stay good.
 *
 * S_OK; E_UNEXPECTED where there is no site; RPC_E_WRONG_THREAD off home; E_INVALIDARG where bridge,
 * rsid or riid is NULL; E_NOINTERFACE where the site succeeded with NULL or the interface cannot be
 * marshaled; E_OUTOFMEMORY; any failure of the site or of CoMarshalInterThreadInterfaceInStream.
 */
STDAPI SiteBridgePrefetch(SiteBridge *bridge, REFGUID rsid, REFIID riid);

/**
 * Runs work on home, with the site, and returns what it returned: for services whose interfaces
 * cannot be marshaled, and for those that want the main thread. On home it is a plain call.
 *
 * work runs once, before SiteBridgeInvoke returns, or never. It runs inside a COM call, so it must
 * not take what home must not wait for.
 *
 * What work returned; E_POINTER where work is NULL; E_INVALIDARG where bridge is NULL; E_UNEXPECTED
 * where there is no site, or it went away before work ran; otherwise as SiteBridgeQueryService,
 * and work has not run. Where work crashed and COM caught it, the failure that COM made of that.
 */
STDAPI SiteBridgeInvoke(SiteBridge *bridge, SiteBridgeWork work, void *context);

/**
 * Counts of one bridge, since it was made or of now.
 *
 * An apartment's proxy is counted from the first call that is made in it. Another STA comes by its proxy
 * with the MTA's help: there are then two packets, the site's and that apartment's. A call that was
 * given up at its deadline is in flight until home has dispatched it.
 */
typedef struct SiteBridgeStatistics {
    DWORD size;                 /* set to sizeof before the call */
    DWORD packets_marshaled;    /* by CoMarshalInterThreadInterfaceInStream */
    DWORD packets_unmarshaled;  /* by CoGetInterfaceAndReleaseStream, successfully */
    DWORD packets_reclaimed;    /* by CoReleaseMarshalData: never used, or left by a failed unmarshal */
    DWORD proxies_cached;       /* alive now, over all apartments */
    DWORD calls_in_flight;      /* background calls inside the bridge now */
} SiteBridgeStatistics;

/**
 * Reads the counts. statistics->size says how much the caller knows of the structure.
 *
 * S_OK; E_POINTER where statistics is NULL; E_INVALIDARG where bridge is NULL or size is none that
 * this library knows.
 */
STDAPI SiteBridgeGetStatistics(SiteBridge *bridge, SiteBridgeStatistics *statistics);

/**
 * S_OK when the library holds nothing that needs its code to stay mapped: no bridge or package, no
 * proxy waiting to be released, no thread, no apartment hook; else S_FALSE. A hook is taken off on
 * its own thread: when that ends its apartment, calls this function, or lets go of the site. A host that
 * unloads the module all the same does no harm: the library holds a reference on it until then.
 */
STDAPI SiteBridgeCanUnloadNow(void);

/** What a trace reports. */
typedef enum SiteBridgeTraceEvent {
    SITEBRIDGE_TRACE_SITED,         /* home has given the bridge a site */
    SITEBRIDGE_TRACE_UNSITED,       /* the site is gone, and home has let go of it */
    SITEBRIDGE_TRACE_PROXY_MADE,    /* an apartment has got its proxy */
    SITEBRIDGE_TRACE_PROXY_GONE,    /* a proxy has been released */
    SITEBRIDGE_TRACE_HOME_ENDED,    /* home's apartment is being uninitialized, or its thread has ended */
    SITEBRIDGE_TRACE_CALL_WAITING   /* a background call has waited for home as long as was asked */
} SiteBridgeTraceEvent;

/** One report. bridge is for comparing, not for calling. */
typedef struct SiteBridgeTraceRecord {
    DWORD size;
    SiteBridgeTraceEvent event;
    const SiteBridge *bridge;
    DWORD home_thread;              /* the thread that has to dispatch; 0 where home is the MTA */
    DWORD thread;                   /* the thread it is about: of the waiting call, or the reporting one */
    DWORD milliseconds;             /* CALL_WAITING: how long the call has waited by now */
    HRESULT result;
} SiteBridgeTraceRecord;

/** Called on whichever thread has something to report, never with a lock held; must not block. */
typedef void (CALLBACK *SiteBridgeTrace)(const SiteBridgeTraceRecord *record, void *context);

/**
 * Sets the process's trace callback, or with NULL takes it away. wait_milliseconds is how long a
 * background call waits for home before it is reported, once; 0 reports none.
 *
 * A callback that is running when it is replaced may still be running when this returns.
 *
 * S_OK; E_OUTOFMEMORY.
 */
STDAPI SiteBridgeSetTrace(SiteBridgeTrace trace, void *context, DWORD wait_milliseconds);

#ifdef __cplusplus
}
#endif

#endif
