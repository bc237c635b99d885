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
 * Every background call is made in the MTA: a thread of the MTA makes it itself, another STA hands it to a
 * thread of the library's own, and dispatches COM calls until it is done. The library keeps the MTA alive from
 * the first site until nothing of it is left; so a thread that never called CoInitializeEx is in the MTA
 * meanwhile (the implicit one), and what it was given stays good as long as some bridge that has had a site
 * is there. Nothing of the library's is left in an apartment that is not home.
 *
 * Unless it says otherwise, a function may be called from any thread, in any apartment or in none,
 * and never initializes COM on the thread that calls it. In the neutral apartment, background calls are
 * CO_E_NOT_SUPPORTED.
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

/** What SiteBridgeInvoke, InvokeWithin and Post run on home. site is borrowed, and good on home only. */
typedef HRESULT (CALLBACK *SiteBridgeWork)(IServiceProvider *site, void *context);

/** How a posted work has ended. */
typedef void (CALLBACK *SiteBridgeDone)(HRESULT result, void *context);

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
 * Called on the thread that is to be home, which has itself initialized COM; while the bridge is sited, on
 * home only. The bridge adds its own reference on site. It marshals before it changes anything, so that a
 * failure leaves the bridge as it was. It never blocks and never dispatches messages. A site that is a proxy
 * is not called here; its last release is COM's own, and may wait.
 *
 * When NULL or another site was set, the bridge holds no reference on the previous site any more,
 * whatever background threads are doing; a call that is executing on home holds its own until it
 * returns, and so does a call into a site that is agile. Background calls that had been
 * queued to home fail when home next dispatches, or at the end of its apartment.
 *
 * The last CoUninitialize on home unsites by itself, and dispatches until the calls that are outstanding at
 * home have been answered. Calls further up home's own stack do not count. What will never be answered
 * (the call of a thread that was killed) ends the wait after 10 seconds, and after 2 inside a call that home
 * is in. The last is the one for which an IInitializeSpy is told 1: on a thread with a window the system
 * may hold one more, and the program's last is not COM's then. Where home is the MTA, it is the last of the
 * thread that set the site. An apartment that lives on after all can be sited again at once.
 *
 * S_OK, also for NULL where there was no site; RPC_E_WRONG_THREAD off home; CO_E_NOTINITIALIZED where
 * the thread has not initialized COM, or its apartment is ending; CO_E_NOT_SUPPORTED in the neutral apartment;
 * E_NOTIMPL where the system has no CoIncrementMTAUsage; E_INVALIDARG where bridge is NULL; E_OUTOFMEMORY; any
 * failure of CoMarshalInterThreadInterfaceInStream, CoIncrementMTAUsage or CoRegisterInitializeSpy.
 *
 * Rests on: "CoMarshalInterThreadInterfaceInStream function", "CoIncrementMTAUsage function",
 * "IInitializeSpy interface".
 */
STDAPI SiteBridgeSetSite(SiteBridge *bridge, IServiceProvider *site);

/**
 * SiteBridgeSetSite for hosts that hand out an object and no service provider, an application's IDispatch
 * for example.
 *
 * A query then asks object for riid, whatever rsid is; the site that SiteBridgeInvoke's function gets is a service
 * provider that does the same; IObjectWithSite::GetSite asks object. Whether the site is agile, or a proxy, is as
 * object says. NULL unsites.
 *
 * As SiteBridgeSetSite.
 */
STDAPI SiteBridgeSetObject(SiteBridge *bridge, IUnknown *object);

/**
 * Asks the site for a service: what "How to: Get a Service from a Background Thread (C++)" calls
 * QueryServiceFromBackgroundThread.
 *
 * On home it calls the site. In the MTA, explicit or implicit, the first call unmarshals the proxy that all
 * background calls share. For another STA a thread of the library's asks, and the answer is marshaled to the
 * apartment that the caller is in by then. Getting the proxy never waits for home; the query is an
 * ordinary COM call and waits until home dispatches it. What SiteBridgePrefetch fetched is answered without
 * home. A site that is agile is called right here: one that answers IAgileObject, or whose marshaler is the
 * free-threaded one.
 *
 * What an STA loses against a proxy of its own: its own message filter is not asked whether to retry, the
 * call cannot be cancelled, there is no error information, and, where COM does not let it be carried to the
 * thread that calls (Wine), the call does not belong to the caller's chain of calls, so that home's message
 * filter sees one from inside a call of home's as a top-level call.
 *
 * A home that is busy may reject the call, and COM asks nobody whether to try again: the caller does, or uses
 * SiteBridgeQueryServiceWithin. In the MTA the same goes for the methods of what it got here; a last Release that
 * is rejected is lost.
 *
 * *ppvObj belongs to the apartment of the caller, who releases it there.
 *
 * S_OK or the site's own success; E_POINTER where ppvObj is NULL; E_INVALIDARG where bridge, rsid or
 * riid is NULL; E_UNEXPECTED where there is no site, or it went away during the call; E_NOINTERFACE
 * where the site succeeded with NULL, or the interface cannot be marshaled; CO_E_OBJNOTCONNECTED
 * where home ended without a word; RPC_E_CANTCALLOUT_ININPUTSYNCCALL for an STA inside another thread's
 * SendMessage; RPC_E_CANTCALLOUT_INEXTERNALCALL inside the unmarshaling that this very thread is at;
 * RPC_E_CALL_REJECTED or RPC_E_SERVERCALL_RETRYLATER where home's message filter rejects the call;
 * CO_E_NOT_SUPPORTED in the neutral apartment; E_OUTOFMEMORY, also where no thread could be had; any failure
 * of the site, unchanged; any failure of CoGetInterfaceAndReleaseStream (the next call tries again) or of the
 * COM call. On every failure *ppvObj is NULL.
 *
 * Rests on: "How to: Get a Service from a Background Thread (C++)", "CoGetInterfaceAndReleaseStream function",
 * "CoWaitForMultipleHandles function".
 */
STDAPI SiteBridgeQueryService(SiteBridge *bridge, REFGUID rsid, REFIID riid, void **ppvObj);

/**
 * SiteBridgeQueryService with a deadline.
 *
 * After milliseconds it returns HRESULT_FROM_WIN32(ERROR_TIMEOUT) and *ppvObj is NULL; an answer
 * that arrives later is released in the apartment it belongs to. An STA caller dispatches COM
 * calls while it waits. With INFINITE there is no deadline. The deadline holds for sites that are agile, too:
 * a thread of the library's calls them. On home it is SiteBridgeQueryService.
 *
 * Where home's message filter rejects the call it is made again, until the deadline or until the site goes;
 * an answer of the site's own with such a code passes.
 *
 * A call cannot be taken back: one whose caller has left keeps a thread of the library's until home answers.
 * While a home has 32 of these, further calls with a deadline wait for their turn, and may spend their time on
 * that.
 *
 * As SiteBridgeQueryService, but for the rejections; HRESULT_FROM_WIN32(ERROR_TIMEOUT).
 */
STDAPI SiteBridgeQueryServiceWithin(SiteBridge *bridge, DWORD milliseconds,
                                    REFGUID rsid, REFIID riid, void **ppvObj);

/**
 * Asks the site for a service now, so that SiteBridgeQueryService for the same rsid and riid is
 * answered from then on, in every other apartment, without home. Called on home. Forgotten at unsite;
 * interfaces that were handed out by then stay good. The same pair again replaces what was fetched; a
 * failure leaves it. In another STA every answer is a proxy of its own, with an identity of its own, and costs
 * what unmarshaling costs.
 *
 * S_OK; E_UNEXPECTED where there is no site, or it changed while it was asked; RPC_E_WRONG_THREAD off home;
 * CO_E_OBJNOTCONNECTED where home has ended without a word; E_INVALIDARG where bridge, rsid or riid is
 * NULL; E_NOINTERFACE where the site succeeded with NULL or the interface cannot be marshaled; E_OUTOFMEMORY;
 * any failure of the site or of CoMarshalInterThreadInterfaceInStream.
 */
STDAPI SiteBridgePrefetch(SiteBridge *bridge, REFGUID rsid, REFIID riid);

/**
 * Runs work on home, with the site, and returns what it returned: for services whose interfaces
 * cannot be marshaled, and for those that want the main thread. On home it is a plain call.
 *
 * work runs once, before SiteBridgeInvoke returns, or never. It runs inside a COM call, so it must
 * not take what home must not wait for. Where COM ends that call early (call cancellation), SiteBridgeInvoke
 * waits on until work has returned, unless home's thread is gone.
 *
 * Error information that work sets (SetErrorInfo) stays with home: off home, count on the result alone.
 *
 * What work returned; E_POINTER where work is NULL; E_INVALIDARG where bridge is NULL; E_UNEXPECTED
 * where there is no site, or it went away before work ran; otherwise as SiteBridgeQueryService, rejections by
 * home's message filter included, and work has not run. Where work crashed and COM caught it, the failure that
 * COM made of that.
 */
STDAPI SiteBridgeInvoke(SiteBridge *bridge, SiteBridgeWork work, void *context);

/**
 * SiteBridgeInvoke with a deadline, and made again as SiteBridgeQueryServiceWithin is.
 *
 * Where work has not begun after milliseconds it never will. Where it is running then, the call waits until it
 * has returned, since context is the caller's. An STA caller dispatches COM calls while it waits. With INFINITE
 * there is no deadline. On home it is SiteBridgeInvoke.
 *
 * As SiteBridgeInvoke, but for the rejections; HRESULT_FROM_WIN32(ERROR_TIMEOUT), and work has not run.
 */
STDAPI SiteBridgeInvokeWithin(SiteBridge *bridge, DWORD milliseconds, SiteBridgeWork work, void *context);

/**
 * Queues work for home, and returns at once: for what nobody needs to wait for, progress for example. It waits
 * for nothing, home included, which may call it as well.
 *
 * After S_OK one of two things follows. Either work runs, once, when home dispatches COM calls, and then done is
 * called with what it returned. Or work never runs, and done is called with the reason: E_UNEXPECTED where the
 * site went away or was replaced, home ended, or the last reference on the bridge went. Where work crashed and COM
 * caught it, done gets the failure that COM made of that. What is queued keeps neither the site nor the bridge.
 *
 * done may be NULL. It is the last use of context. A thread of the library's calls it in the MTA, one at a time for
 * one bridge, in the order in which the works ended; it may call every function, and keeps nobody waiting but the
 * next, and the Close of the package whose bridge this is. The modules of work and done stay loaded until it has
 * returned, and SiteBridgeCanUnloadNow is S_FALSE until then.
 *
 * Works that one thread posts run in their order. None of a bridge's begins inside another, not even where
 * that dispatches. Home runs what is queued in one COM call, for about 10 milliseconds; what is left, and what was
 * posted meanwhile, takes the next call, so that home gets to its own work. Where home's message filter rejects the
 * call it is made again until the site goes. Where home is the MTA, a thread of the library's runs them.
 *
 * S_OK; E_POINTER where work is NULL; E_INVALIDARG where bridge is NULL; E_UNEXPECTED where there is no site, or
 * it is about to go; E_OUTOFMEMORY. On failure neither work nor done is ever called.
 */
STDAPI SiteBridgePost(SiteBridge *bridge, SiteBridgeWork work, SiteBridgeDone done, void *context);

/**
 * Counts of one bridge, since it was made or of now. Answers on their way to an STA are not packets here. A
 * call that was given up at its deadline is in flight until home has dispatched it.
 */
typedef struct SiteBridgeStatistics {
    DWORD size;                 /* set to sizeof before the call */
    DWORD packets_marshaled;    /* by CoMarshalInterThreadInterfaceInStream */
    DWORD packets_unmarshaled;  /* by CoGetInterfaceAndReleaseStream, successfully */
    DWORD packets_reclaimed;    /* by CoReleaseMarshalData: never used, or left by a failed unmarshal */
    DWORD proxies_cached;       /* alive now, all in the MTA: the site's, and those of what was fetched ahead */
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
 * proxy waiting to be released, no thread, no hook on a home; else S_FALSE. Its threads, and the MTA with
 * them, go by themselves a few milliseconds after the last bridge. A hook is taken off on its own
 * thread: when home ends its apartment, calls this function, or lets go of the last of a bridge. A host that
 * unloads the module all the same does no harm: the library holds a reference on it until then.
 */
STDAPI SiteBridgeCanUnloadNow(void);

/** What a trace reports. */
typedef enum SiteBridgeTraceEvent {
    SITEBRIDGE_TRACE_SITED,         /* home has given the bridge a site */
    SITEBRIDGE_TRACE_UNSITED,       /* the site is gone, and home has let go of it */
    SITEBRIDGE_TRACE_PROXY_MADE,    /* the MTA has got a proxy */
    SITEBRIDGE_TRACE_PROXY_GONE,    /* a proxy has been released */
    SITEBRIDGE_TRACE_HOME_ENDED,    /* home's apartment is being uninitialized, or its thread has ended */
    /* A background call, or the library's on behalf of what was posted, has waited for home as long as was asked. */
    SITEBRIDGE_TRACE_CALL_WAITING,
    /* A package's Close has waited for a worker, or for a `done`, as long as was asked. */
    SITEBRIDGE_TRACE_CLOSE_WAITING
} SiteBridgeTraceEvent;

/** One report. bridge is for comparing, not for calling. */
typedef struct SiteBridgeTraceRecord {
    DWORD size;
    SiteBridgeTraceEvent event;
    const SiteBridge *bridge;
    DWORD home_thread;              /* the thread that has to dispatch; 0 where home is the MTA */
    DWORD thread;                   /* of the waiting call, of the worker, or the reporting one */
    DWORD milliseconds;             /* CALL_WAITING, CLOSE_WAITING: how long by now */
    HRESULT result;
} SiteBridgeTraceRecord;

/** Called on whichever thread has something to report, never with a lock held; must not block. */
typedef void (CALLBACK *SiteBridgeTrace)(const SiteBridgeTraceRecord *record, void *context);

/**
 * Sets the process's trace callback, or with NULL takes it away. wait_milliseconds is how long a
 * background call waits for home, or a package's Close for a worker, before it is reported, once; 0 reports none.
 * With it, calls of the MTA are made by a thread of the library's as well.
 *
 * A callback that is running when it is replaced may still be running when this returns.
 *
 * S_OK.
 */
STDAPI SiteBridgeSetTrace(SiteBridgeTrace trace, void *context, DWORD wait_milliseconds);

#ifdef __cplusplus
}
#endif

#endif
