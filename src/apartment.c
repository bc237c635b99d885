#include "apartment.h"

#include <stdlib.h>

#include "atomic.h"
#include "module.h"
#include "relay.h"
#include "session.h"
#include "trace.h"
#include "wait.h"

typedef struct Proxy {
    struct Proxy *next;
    Remote *remote;         /* counted */
    IUnknown *object;       /* released on this apartment's thread */
} Proxy;

struct Apartment {
    IInitializeSpy spy;
    LONG refs;              /* the thread's own, sessions', remotes', a running errand's, COM's */
    volatile LONG spy_refs; /* those that COM has */
    DWORD thread;
    BOOL mta;
    BOOL attached;          /* the hook is on and the thread's value is set */
    BOOL closing;           /* its last CoUninitialize has begun: nothing new in here */
    ULARGE_INTEGER cookie;
    Proxy *proxies;         /* its thread's */
    volatile LONG ended;
    volatile LONG needs;    /* apartment_need_hook */
    volatile LONG calls;    /* that have come in and not returned */
    volatile LONG askers;   /* apartment_askers */
    HANDLE never;           /* is signaled: to wait for calls alone */
    PTP_WORK work;
    PTP_TIMER burial;
    HMODULE module;

    SRWLOCK lock;           /* guards what follows; nothing is called with it held */
    Session *sessions;
    LONG sessions_in_use;   /* ended, with background calls still inside that may need this apartment */
    Errand *errands, **last_errand;
    BOOL running;           /* the pool is at the errands */
    BOOL ending;            /* errands wait until the apartment has ended */
};

enum { DRAIN_SLICE = 10, DRAIN_PATIENCE = 10000, DRAIN_REENTERED = 2000, BURIAL_DELAY = 1000 };

Place place_current(void)
{
    APTTYPE type;
    APTTYPEQUALIFIER qualifier;
    HRESULT hr = CoGetApartmentType(&type, &qualifier);

    if (FAILED(hr))
        return hr == CO_E_NOTINITIALIZED ? PLACE_NONE : PLACE_OTHER;
    switch (type) {
    case APTTYPE_MTA:
        return PLACE_MTA;
    case APTTYPE_STA:
    case APTTYPE_MAINSTA:
        return PLACE_STA;
    default:
        return PLACE_OTHER;
    }
}

void apartment_addref(Apartment *apartment)
{
    InterlockedIncrement(&apartment->refs);
}

void apartment_release(Apartment *apartment)
{
    ULARGE_INTEGER due;
    FILETIME time;

    if (InterlockedDecrement(&apartment->refs) != 0)
        return;
    /*
     * The callback gives the module back, which no code of the module's own could. It comes late, since
     * this may be COM's call, and has to return from here through the module.
     */
    due.QuadPart = (ULONGLONG)(-(LONGLONG)BURIAL_DELAY * 10000);
    time.dwLowDateTime = due.LowPart;
    time.dwHighDateTime = due.HighPart;
    SetThreadpoolTimer(apartment->burial, &time, 0, 0);
    module_unlock();
}

static void CALLBACK apartment_bury(PTP_CALLBACK_INSTANCE instance, void *context, PTP_TIMER timer)
{
    Apartment *apartment = context;

    FreeLibraryWhenCallbackReturns(instance, apartment->module);
    CloseThreadpoolTimer(timer);
    CloseThreadpoolWork(apartment->work);
    CloseHandle(apartment->never);
    free(apartment);
}

BOOL apartment_is_mta(const Apartment *apartment)
{
    return apartment->mta;
}

DWORD apartment_thread(const Apartment *apartment)
{
    return apartment->mta ? 0 : apartment->thread;
}

BOOL apartment_has_ended(Apartment *apartment)
{
    return long_read(&apartment->ended) != 0;
}

BOOL apartment_is_current(Apartment *home)
{
    if (home->mta)
        return place_current() == PLACE_MTA;
    /* The number alone does not do: a thread that came later may have it again. */
    return home->thread == GetCurrentThreadId() && module_thread_value() == home;
}

Apartment *apartment_current_sta(void)
{
    Apartment *apartment = module_thread_value();

    return apartment && !apartment->mta ? apartment : NULL;
}

/* Errands */

static void CALLBACK apartment_run(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work)
{
    Apartment *apartment = context;
    Errand *errand;

    (void)work;
    CallbackMayRunLong(instance);
    for (;;) {
        AcquireSRWLockExclusive(&apartment->lock);
        errand = apartment->ending && !apartment->ended ? NULL : apartment->errands;
        if (!errand)
            apartment->running = FALSE;
        else if (!(apartment->errands = errand->next))
            apartment->last_errand = &apartment->errands;
        ReleaseSRWLockExclusive(&apartment->lock);
        if (!errand)
            break;
        errand->run(errand);
    }
    apartment_release(apartment);
}

/* With the lock held: whether the pool is to be asked, which then owns a reference. */
static BOOL apartment_wants_running(Apartment *apartment)
{
    if (apartment->running || !apartment->errands || (apartment->ending && !apartment->ended))
        return FALSE;
    apartment->running = TRUE;
    apartment_addref(apartment);
    return TRUE;
}

void apartment_send(Apartment *home, Errand *errand)
{
    BOOL submit;

    errand->next = NULL;
    AcquireSRWLockExclusive(&home->lock);
    *home->last_errand = errand;
    home->last_errand = &errand->next;
    submit = apartment_wants_running(home);
    ReleaseSRWLockExclusive(&home->lock);
    if (submit)
        SubmitThreadpoolWork(home->work);
}

/* Proxies */

IUnknown *apartment_find_proxy(Apartment *apartment, Remote *remote)
{
    Proxy *proxy;

    for (proxy = apartment->proxies; proxy; proxy = proxy->next)
        if (proxy->remote == remote)
            return proxy->object;
    return NULL;
}

/* Releases the proxies whose site is gone, or all. */
static void apartment_release_proxies(Apartment *apartment, BOOL all)
{
    Proxy **link, *proxy, *released = NULL;

    for (link = &apartment->proxies; (proxy = *link) != NULL;) {
        if (all || remote_is_closed(proxy->remote)) {
            *link = proxy->next;
            proxy->next = released;
            released = proxy;
        } else {
            link = &proxy->next;
        }
    }
    while ((proxy = released) != NULL) {
        released = proxy->next;
        IUnknown_Release(proxy->object);
        remote_forget_proxy(proxy->remote);
        remote_release(proxy->remote);
        free(proxy);
    }
}

HRESULT apartment_keep_proxy(Apartment *apartment, Remote *remote, IUnknown **object)
{
    IUnknown *kept;
    Proxy *proxy;

    apartment_release_proxies(apartment, FALSE);
    /* The wait for the packet may have let a call in that got one first. */
    kept = apartment_find_proxy(apartment, remote);
    proxy = kept ? NULL : malloc(sizeof *proxy);
    if (!proxy) {
        IUnknown_Release(*object);
        *object = kept;
        return kept ? S_OK : E_OUTOFMEMORY;
    }
    proxy->remote = remote;
    proxy->object = *object;
    proxy->next = apartment->proxies;
    apartment->proxies = proxy;
    remote_addref(remote);
    remote_count_proxy(remote);
    return S_OK;
}

/* Sessions */

void apartment_add_session(Apartment *home, Session *session)
{
    AcquireSRWLockExclusive(&home->lock);
    session->next_at_home = home->sessions;
    home->sessions = session;
    ReleaseSRWLockExclusive(&home->lock);
}

void apartment_end_session(Apartment *home, Session *session)
{
    Session **link;

    AcquireSRWLockExclusive(&home->lock);
    for (link = &home->sessions; *link; link = &(*link)->next_at_home) {
        if (*link == session) {
            *link = session->next_at_home;
            break;
        }
    }
    session->needs_home = !session->agile;
    home->sessions_in_use += session->needs_home;
    ReleaseSRWLockExclusive(&home->lock);
}

void apartment_forget_session(Apartment *home, Session *session)
{
    AcquireSRWLockExclusive(&home->lock);
    home->sessions_in_use -= session->needs_home;
    ReleaseSRWLockExclusive(&home->lock);
}

void apartment_need_hook(Apartment *home)
{
    InterlockedIncrement(&home->needs);
}

void apartment_spare_hook(Apartment *home)
{
    InterlockedDecrement(&home->needs);
}

volatile LONG *apartment_askers(Apartment *home)
{
    return &home->askers;
}

void apartment_begin_call(Apartment *home)
{
    InterlockedIncrement(&home->calls);
}

void apartment_end_call(Apartment *home)
{
    InterlockedDecrement(&home->calls);
}

/* The hook */

static void apartment_detach(Apartment *apartment)
{
    apartment->attached = FALSE;
    if (module_thread_value() == apartment)
        module_set_thread_value(NULL);
    CoRevokeInitializeSpy(apartment->cookie);
    apartment_release(apartment);
}

void apartment_sweep(Apartment *apartment)
{
    BOOL idle;

    if (module_thread_value() != apartment)
        return;
    apartment_addref(apartment);
    apartment_release_proxies(apartment, FALSE);
    AcquireSRWLockExclusive(&apartment->lock);
    idle = apartment->attached && !apartment->closing && !apartment->proxies && !apartment->sessions &&
           !apartment->sessions_in_use && !long_read(&apartment->needs);
    ReleaseSRWLockExclusive(&apartment->lock);
    if (idle)
        apartment_detach(apartment);
    apartment_release(apartment);
}

static void apartment_unsite(Apartment *apartment)
{
    Session *session;

    for (;;) {
        AcquireSRWLockExclusive(&apartment->lock);
        session = apartment->sessions;
        if (session)
            session_addref(session);
        ReleaseSRWLockExclusive(&apartment->lock);
        if (!session)
            break;
        session_end(session);
        session_release(session);
    }
}

/* Dispatches until nothing waits for this apartment any more, and lets nothing new begin. */
static void apartment_drain(Apartment *apartment)
{
    ULONGLONG start = GetTickCount64(), limit;
    BOOL busy;

    for (;;) {
        AcquireSRWLockExclusive(&apartment->lock);
        busy = apartment->sessions_in_use || apartment->errands || apartment->running;
        /* Neither a thread that was killed nor a call that this thread is in can be waited for. */
        limit = long_read(&apartment->calls) ? DRAIN_REENTERED : DRAIN_PATIENCE;
        if (GetTickCount64() - start > limit)
            busy = FALSE;
        if (!busy)
            apartment->ending = TRUE;
        ReleaseSRWLockExclusive(&apartment->lock);
        if (!busy)
            break;
        wait_dispatching(apartment->never, DRAIN_SLICE);
    }
}

static void apartment_set_ended(Apartment *apartment)
{
    BOOL submit;

    AcquireSRWLockExclusive(&apartment->lock);
    InterlockedExchange(&apartment->ended, TRUE);
    submit = apartment_wants_running(apartment);
    ReleaseSRWLockExclusive(&apartment->lock);
    if (submit)
        SubmitThreadpoolWork(apartment->work);
}

static Apartment *apartment_from_spy(IInitializeSpy *spy)
{
    return CONTAINING_RECORD(spy, Apartment, spy);
}

static HRESULT STDMETHODCALLTYPE spy_QueryInterface(IInitializeSpy *spy, REFIID riid, void **ppv)
{
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IInitializeSpy)) {
        *ppv = NULL;
        return E_NOINTERFACE;
    }
    IInitializeSpy_AddRef(spy);
    *ppv = spy;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE spy_AddRef(IInitializeSpy *spy)
{
    Apartment *apartment = apartment_from_spy(spy);

    apartment_addref(apartment);
    return (ULONG)InterlockedIncrement(&apartment->spy_refs);
}

static ULONG STDMETHODCALLTYPE spy_Release(IInitializeSpy *spy)
{
    Apartment *apartment = apartment_from_spy(spy);
    ULONG refs = (ULONG)InterlockedDecrement(&apartment->spy_refs);

    /* COM lets go of a hook that was not taken off when its thread ends. */
    if (refs == 0 && apartment->attached) {
        apartment->attached = FALSE;
        if (!apartment->mta)
            apartment_set_ended(apartment);
        if (apartment->sessions)
            trace_home_ended(apartment_thread(apartment));
        /* COM has cut them off, so that this calls nobody. */
        apartment_release_proxies(apartment, TRUE);
        apartment_release(apartment);
    }
    apartment_release(apartment);
    return refs;
}

static HRESULT STDMETHODCALLTYPE spy_PreInitialize(IInitializeSpy *spy, DWORD flags, DWORD count)
{
    (void)spy, (void)flags, (void)count;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE spy_PostInitialize(IInitializeSpy *spy, HRESULT hr, DWORD flags,
                                                    DWORD count)
{
    (void)spy, (void)flags, (void)count;
    return hr;
}

static HRESULT STDMETHODCALLTYPE spy_PreUninitialize(IInitializeSpy *spy, DWORD count)
{
    Apartment *apartment = apartment_from_spy(spy);

    if (count != 1 || apartment->mta || !apartment->attached)
        return S_OK;
    apartment_addref(apartment);
    apartment->closing = TRUE;
    if (apartment->sessions)
        trace_home_ended(apartment->thread);
    apartment_release_proxies(apartment, TRUE);
    apartment_unsite(apartment);
    apartment_drain(apartment);
    apartment_release(apartment);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE spy_PostUninitialize(IInitializeSpy *spy, DWORD count)
{
    Apartment *apartment = apartment_from_spy(spy);

    if (count != 0 || !apartment->attached)
        return S_OK;
    apartment_addref(apartment);
    /* The MTA ends with the last of its threads, which need not be this one. */
    if (apartment->mta && place_current() == PLACE_NONE)
        apartment_unsite(apartment);
    if (!apartment->mta && apartment->ending)
        apartment_set_ended(apartment);
    apartment_detach(apartment);
    apartment_release(apartment);
    return S_OK;
}

static IInitializeSpyVtbl spy_vtbl = {
    spy_QueryInterface, spy_AddRef, spy_Release,
    spy_PreInitialize, spy_PostInitialize, spy_PreUninitialize, spy_PostUninitialize,
};

/* attach: put the hook on, and make it the thread's. */
static HRESULT apartment_create(BOOL mta, BOOL attach, Apartment **result)
{
    Apartment *apartment = calloc(1, sizeof *apartment);
    HRESULT hr = E_OUTOFMEMORY;

    if (!apartment)
        return hr;
    apartment->spy.lpVtbl = &spy_vtbl;
    apartment->refs = 1;
    apartment->thread = GetCurrentThreadId();
    apartment->mta = mta;
    apartment->last_errand = &apartment->errands;
    InitializeSRWLock(&apartment->lock);
    apartment->module = module_hold();
    if (!apartment->module)
        goto no_module;
    apartment->never = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!apartment->never)
        goto no_event;
    apartment->work = CreateThreadpoolWork(apartment_run, apartment, NULL);
    if (!apartment->work)
        goto no_work;
    apartment->burial = CreateThreadpoolTimer(apartment_bury, apartment, NULL);
    if (!apartment->burial)
        goto no_burial;
    if (attach) {
        if (!module_set_thread_value(apartment))
            goto no_value;
        hr = CoRegisterInitializeSpy(&apartment->spy, &apartment->cookie);
        if (FAILED(hr))
            goto no_spy;
        apartment_addref(apartment);
        apartment->attached = TRUE;
    }
    module_lock_again();
    *result = apartment;
    return S_OK;

no_spy:
    module_set_thread_value(NULL);
no_value:
    CloseThreadpoolTimer(apartment->burial);
no_burial:
    CloseThreadpoolWork(apartment->work);
no_work:
    CloseHandle(apartment->never);
no_event:
    FreeLibrary(apartment->module);
no_module:
    free(apartment);
    return hr;
}

HRESULT apartment_enter(Apartment **result)
{
    Apartment *apartment = module_thread_value();
    APTTYPE type;
    APTTYPEQUALIFIER qualifier;
    BOOL mta;

    *result = NULL;
    if (FAILED(CoGetApartmentType(&type, &qualifier)))
        return CO_E_NOTINITIALIZED;
    if (type == APTTYPE_NA)
        return CO_E_NOT_SUPPORTED;
    if (apartment && apartment->closing)
        return CO_E_NOTINITIALIZED;
    mta = type == APTTYPE_MTA;
    /* A thread that was in the MTA may be in an apartment of its own by now. */
    if (apartment && apartment->mta != mta) {
        apartment_detach(apartment);
        apartment = NULL;
    }
    if (!apartment)
        /* A thread that has not initialized COM has nothing to tell of its end. */
        return apartment_create(mta, !mta || qualifier != APTTYPEQUALIFIER_IMPLICIT_MTA, result);
    apartment_addref(apartment);
    *result = apartment;
    return S_OK;
}
