#include "bridge.h"

#include <stdlib.h>

#include "atomic.h"
#include "module.h"
#include "session.h"
#include "trace.h"

void bridge_hold(SiteBridge *bridge)
{
    InterlockedIncrement(&bridge->holds);
}

void bridge_drop(SiteBridge *bridge)
{
    if (InterlockedDecrement(&bridge->holds) == 0) {
        bridge_object_destroy(bridge);
        free(bridge);
        module_unlock();
    }
}

/* Entering and leaving */

static void *slot_mark(Session *session)
{
    return (void *)((ULONG_PTR)session | 1);
}

/* What tells threads apart: their numbers are multiples of four. */
static DWORD slot_first(void)
{
    return GetCurrentThreadId() / 4;
}

static BOOL bridge_enter_beside(SiteBridge *bridge, Call *call)
{
    AcquireSRWLockExclusive(&bridge->lock);
    call->session = bridge->session;
    if (call->session) {
        session_addref(call->session);
        InterlockedIncrement(&bridge->calls_beside);
    }
    ReleaseSRWLockExclusive(&bridge->lock);
    call->slot = NULL;
    return call->session != NULL;
}

BOOL bridge_enter(SiteBridge *bridge, Call *call)
{
    DWORD i, first = slot_first();
    Session *session;
    Slot *slot;

    call->bridge = bridge;
    for (i = 0; i < BRIDGE_SLOTS; i++) {
        session = pointer_read(&bridge->session);
        if (!session)
            return FALSE;
        slot = &bridge->slots[(first + i) % BRIDGE_SLOTS];
        if (pointer_read(&slot->session) ||
            InterlockedCompareExchangePointer(&slot->session, session, NULL) != NULL)
            continue;
        call->session = session;
        call->slot = slot;
        /* It may have gone, memory and all, before the slot could protect it. */
        if (pointer_read(&bridge->session) == session)
            return TRUE;
        bridge_leave(call);
    }
    return bridge_enter_beside(bridge, call);
}

void bridge_leave(Call *call)
{
    if (!call->slot) {
        InterlockedDecrement(&call->bridge->calls_beside);
        session_release(call->session);
    } else if (InterlockedExchangePointer(&call->slot->session, NULL) != call->session) {
        session_release(call->session);
    }
}

void bridge_retire(SiteBridge *bridge, Session *session)
{
    void *volatile *slot;
    int i;

    AcquireSRWLockExclusive(&bridge->lock);
    InterlockedCompareExchangePointer(&bridge->session, NULL, session);
    ReleaseSRWLockExclusive(&bridge->lock);
    for (i = 0; i < BRIDGE_SLOTS; i++) {
        slot = &bridge->slots[i].session;
        if (pointer_read(slot) != session)
            continue;
        session_addref(session);
        if (InterlockedCompareExchangePointer(slot, slot_mark(session), session) != session)
            session_release(session);
    }
}

/* FALSE where the session is not previous any more. */
static BOOL bridge_exchange(SiteBridge *bridge, Session *previous, Session *session)
{
    BOOL is_previous;

    AcquireSRWLockExclusive(&bridge->lock);
    is_previous = bridge->session == previous;
    if (is_previous) {
        if (session)
            session->sited = TRUE;
        pointer_publish(&bridge->session, session);
    }
    ReleaseSRWLockExclusive(&bridge->lock);
    return is_previous;
}

/* The public functions */

STDAPI SiteBridgeCreate(SiteBridge **result)
{
    SiteBridge *bridge;
    HRESULT hr;

    if (!result)
        return E_POINTER;
    *result = NULL;
    hr = module_lock();
    if (FAILED(hr))
        return hr;
    bridge = calloc(1, sizeof *bridge);
    if (!bridge) {
        module_unlock();
        return E_OUTOFMEMORY;
    }
    InitializeSRWLock(&bridge->lock);
    bridge->refs = 1;
    bridge->holds = 1;
    bridge_object_init(bridge);
    *result = bridge;
    return S_OK;
}

STDAPI_(ULONG) SiteBridgeAddRef(SiteBridge *bridge)
{
    return bridge ? (ULONG)InterlockedIncrement(&bridge->refs) : 0;
}

static HRESULT CALLBACK bridge_unsite_work(IServiceProvider *site, void *context)
{
    (void)site;
    session_end(context);
    return S_OK;
}

enum { FAREWELL_INTERVAL = 100 };

/*
 * In the MTA: has home unsite a bridge that nobody has any more. Where that fails, for want of memory or
 * because home's message filter rejects the call, it is tried again: nobody else would do it.
 */
static void bridge_say_farewell(Errand *errand)
{
    Session *session = CONTAINING_RECORD(errand, Session, errand);
    IUnknown *provider;

    for (;;) {
        if (apartment_has_ended(session->home))
            session_end(session);
        else if (SUCCEEDED(export_reach_in_mta(&session->site, &provider)))
            gate_invoke_through(session->gate, (IServiceProvider *)provider, bridge_unsite_work,
                                session, NULL);
        if (session_has_ended(session))
            break;
        Sleep(FAREWELL_INTERVAL);
    }
    session_release(session);
}

/* The session, with a reference, or NULL. */
static Session *bridge_session(SiteBridge *bridge)
{
    Session *session;
    Call call;

    if (!bridge_enter(bridge, &call))
        return NULL;
    session = call.session;
    session_addref(session);
    bridge_leave(&call);
    return session;
}

static BOOL bridge_is_at_home(Session *session)
{
    return apartment_has_ended(session->home) || apartment_is_current(session->home);
}

HRESULT bridge_check_home(SiteBridge *bridge)
{
    Session *session = bridge_session(bridge);
    HRESULT hr;

    if (!session)
        return E_UNEXPECTED;
    hr = bridge_is_at_home(session) ? S_OK : RPC_E_WRONG_THREAD;
    session_release(session);
    return hr;
}

STDAPI_(ULONG) SiteBridgeRelease(SiteBridge *bridge)
{
    Session *session;
    LONG refs;

    if (!bridge)
        return 0;
    refs = InterlockedDecrement(&bridge->refs);
    if (refs != 0)
        return (ULONG)refs;
    session = bridge_session(bridge);
    if (session && bridge_is_at_home(session)) {
        session_end(session);
        session_release(session);
    } else if (session) {
        session->errand.run = bridge_say_farewell;
        apartment_send(session->home, &session->errand);
    }
    bridge_drop(bridge);
    return 0;
}

STDAPI SiteBridgeSetSite(SiteBridge *bridge, IServiceProvider *site)
{
    Session *session = NULL, *previous;
    HRESULT hr = S_OK;

    if (!bridge)
        return E_INVALIDARG;
    for (;;) {
        previous = bridge_session(bridge);
        if (previous && !bridge_is_at_home(previous))
            hr = RPC_E_WRONG_THREAD;
        else if (site && !session)
            hr = session_create(bridge, site, &session);
        if (FAILED(hr))
            break;
        /* Another thread, or the site that has just been asked, may have been quicker. */
        if (bridge_exchange(bridge, previous, session))
            break;
        if (previous)
            session_release(previous);
    }
    if (FAILED(hr) && session)
        session_end(session);
    else if (SUCCEEDED(hr) && session)
        trace_site(bridge, session->home, TRUE);
    if (previous) {
        if (SUCCEEDED(hr))
            session_end(previous);
        session_release(previous);
    }
    return hr;
}

STDAPI SiteBridgeGetStatistics(SiteBridge *bridge, SiteBridgeStatistics *statistics)
{
    LONG calls;
    int i;

    if (!statistics)
        return E_POINTER;
    if (!bridge || statistics->size != sizeof *statistics)
        return E_INVALIDARG;
    calls = long_read(&bridge->calls_beside);
    for (i = 0; i < BRIDGE_SLOTS; i++)
        if (pointer_read(&bridge->slots[i].session))
            calls++;
    statistics->packets_marshaled = (DWORD)long_read(&bridge->packets_marshaled);
    statistics->packets_unmarshaled = (DWORD)long_read(&bridge->packets_unmarshaled);
    statistics->packets_reclaimed = (DWORD)long_read(&bridge->packets_reclaimed);
    statistics->proxies_cached = (DWORD)long_read(&bridge->proxies_cached);
    statistics->calls_in_flight = (DWORD)calls;
    return S_OK;
}
