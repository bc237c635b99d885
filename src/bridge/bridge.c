#include "bridge.h"

#include "../atomic.h"

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
        shared_addref(&call->session->shared);
        InterlockedIncrement(&bridge->counts.calls);
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
        InterlockedDecrement(&call->bridge->counts.calls);
        shared_release(&call->session->shared);
    } else if (InterlockedExchangePointer(&call->slot->session, NULL) != call->session) {
        shared_release(&call->session->shared);
    }
}

static void bridge_drop_posts(SiteBridge *bridge, Session *session)
{
    void (*drop)(Session *session);

    AcquireSRWLockShared(&bridge->lock);
    drop = bridge->posts.drop;
    ReleaseSRWLockShared(&bridge->lock);
    if (drop)
        drop(session);
}

void bridge_retire(Session *session)
{
    SiteBridge *bridge = bridge_of(session);
    void *volatile *slot;
    int i;

    AcquireSRWLockExclusive(&bridge->lock);
    InterlockedCompareExchangePointer(&bridge->session, NULL, session);
    ReleaseSRWLockExclusive(&bridge->lock);
    bridge_drop_posts(bridge, session);
    for (i = 0; i < BRIDGE_SLOTS; i++) {
        slot = &bridge->slots[i].session;
        if (pointer_read(slot) != session)
            continue;
        shared_addref(&session->shared);
        if (InterlockedCompareExchangePointer(slot, slot_mark(session), session) != session)
            shared_release(&session->shared);
    }
    if (bridge->watcher && !pointer_read(&bridge->session))
        bridge->watcher->unsited(bridge->watcher);
}

void bridge_unsite(SiteBridge *bridge)
{
    Session *session = bridge_session(bridge);

    if (!session)
        return;
    session_end_at_home(session);
    /* Home may have yet to dispatch, but nothing of it begins any more. */
    bridge_drop_posts(bridge, session);
    shared_release(&session->shared);
}

Session *bridge_session(SiteBridge *bridge)
{
    Session *session;
    Call call;

    if (!bridge_enter(bridge, &call))
        return NULL;
    session = call.session;
    shared_addref(&session->shared);
    bridge_leave(&call);
    return session;
}

BOOL bridge_exchange(SiteBridge *bridge, Session *previous, Session *session)
{
    BOOL is_previous;

    AcquireSRWLockExclusive(&bridge->lock);
    is_previous = bridge->session == previous;
    if (is_previous)
        pointer_publish(&bridge->session, session);
    ReleaseSRWLockExclusive(&bridge->lock);
    return is_previous;
}

DWORD bridge_calls(SiteBridge *bridge)
{
    DWORD calls = (DWORD)long_read(&bridge->counts.calls);
    int i;

    for (i = 0; i < BRIDGE_SLOTS; i++)
        if (pointer_read(&bridge->slots[i].session))
            calls++;
    return calls;
}
