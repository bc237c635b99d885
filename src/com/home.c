#include "home.h"

#include <stdlib.h>

#include "../atomic.h"
#include "../module.h"
#include "../trace.h"
#include "place.h"
#include "wait.h"

/*
 * PATIENCE: how long home's end waits for what will never be answered, the call of a thread that was
 * killed. PATIENCE_NESTED: the same inside a call that home is in, which a job may be waiting for. The
 * headers name them.
 */
enum { DRAIN_SLICE = 10, PATIENCE = 10000, PATIENCE_NESTED = 2000 };

static SRWLOCK homes_lock = SRWLOCK_INIT;
static Home *homes;                 /* those with a hook on */

static void home_destroy(Shared *shared)
{
    Home *home = CONTAINING_RECORD(shared, Home, shared);

    CloseHandle(home->handle);
    free(home->arrivals);
    free(home);
    threads_release();
    module_unlock();
}

DWORD home_thread(const Home *home)
{
    return home->mta ? 0 : home->thread;
}

BOOL home_is_own_thread(const Home *home)
{
    return home->thread == GetCurrentThreadId();
}

BOOL home_is_current(Home *home)
{
    Place place;

    if (home_has_ended(home))
        return FALSE;
    if (!home->mta)
        return home_is_own_thread(home);
    place = place_current();
    return place == PLACE_MTA || place == PLACE_IMPLICIT_MTA;
}

void home_export(Home *home)
{
    shared_addref(&home->shared);
    InterlockedIncrement(&home->exported);
}

void home_unexport(Home *home)
{
    InterlockedDecrement(&home->exported);
    home_sweep(home);
    shared_release(&home->shared);
}

/* Also those that crashed, and did not return: they were as deep in the stack as frame, or deeper. */
static void home_drop_arrivals(Home *home, const char *frame)
{
    while (home->arrived && home->arrivals[home->arrived - 1].frame <= frame)
        home->arrived--;
}

LONG home_arrivals(Home *home)
{
    const char here = 0;

    if (!home_is_own_thread(home))
        return 0;
    home_drop_arrivals(home, &here);
    return home->arrived;
}

void home_call_arrives(Home *home, const GUID *chain)
{
    Arrival *larger, *arrival;
    LONG room;

    if (!home_is_own_thread(home))
        return;
    home_drop_arrivals(home, (const char *)chain);
    if (home->arrived == home->room) {
        room = home->room * 2 + 8;
        larger = realloc(home->arrivals, (size_t)room * sizeof *larger);
        /* A call that is not known to be there is waited for in vain at home's end. */
        if (!larger)
            return;
        home->arrivals = larger;
        home->room = room;
    }
    arrival = &home->arrivals[home->arrived++];
    arrival->frame = (const char *)chain;
    arrival->chain = *chain;
}

void home_call_returns(Home *home, const GUID *chain)
{
    if (home_is_own_thread(home))
        home_drop_arrivals(home, (const char *)chain);
}

/* Those with a hook on */

/* Whether it was there. */
static BOOL home_unlist(Home *home)
{
    BOOL found = FALSE;
    Home **link;

    AcquireSRWLockExclusive(&homes_lock);
    for (link = &homes; *link && *link != home; link = &(*link)->next)
        ;
    if (*link) {
        found = TRUE;
        *link = home->next;
    }
    ReleaseSRWLockExclusive(&homes_lock);
    return found;
}

/* The calling thread's, with a reference, or NULL. */
static Home *home_find(void)
{
    Home *home;

    AcquireSRWLockShared(&homes_lock);
    for (home = homes; home && !home_is_own_thread(home); home = home->next)
        ;
    if (home)
        shared_addref(&home->shared);
    ReleaseSRWLockShared(&homes_lock);
    return home;
}

static void home_detach(Home *home)
{
    if (!home_unlist(home))
        return;
    CoRevokeInitializeSpy(home->cookie);
    shared_release(&home->shared);
}

void home_sweep(Home *home)
{
    if (!home_is_own_thread(home))
        home_is_lost(home);
    else if (!home->closing && !long_read(&home->exported) && calls_are_over(&home->calls))
        home_detach(home);
}

void home_sweep_current(void)
{
    Home *home = home_find();

    if (!home)
        return;
    home_sweep(home);
    shared_release(&home->shared);
}

/* Whether the calling thread, which is the library's, is home to something: a job of it has set a site. */
static BOOL home_needs_this_thread(void)
{
    Home *home;

    home_sweep_current();
    home = home_find();
    if (home)
        shared_release(&home->shared);
    return home != NULL;
}

/* The end */

static void home_set_ended(Home *home)
{
    InterlockedExchange(&home->ended, TRUE);
    calls_resume(&home->calls);
}

/* COM has told nobody, or is letting go of a hook that was not taken off: its thread has ended. */
static void home_lose(Home *home)
{
    if (!home_unlist(home))
        return;
    if (!calls_are_over(&home->calls))
        trace_event(SITEBRIDGE_TRACE_HOME_ENDED, NULL, home_thread(home));
    home_set_ended(home);
    shared_release(&home->shared);
}

BOOL home_is_lost(Home *home)
{
    LONG refs;

    if (!home_has_ended(home) && WaitForSingleObject(home->handle, 0) == WAIT_OBJECT_0 &&
        !home_has_ended(home)) {
        home->killed = !home->mta;
        home_lose(home);
        /* COM's references have gone with the thread. */
        for (refs = InterlockedExchange(&home->hook_refs, 0); refs > 0; refs--)
            shared_release(&home->shared);
    }
    return home_has_ended(home);
}

static void home_unsite(Home *home)
{
    BOOL any = FALSE;
    Member *member;

    while ((member = calls_find_open(&home->calls)) != NULL) {
        if (!any)
            trace_event(SITEBRIDGE_TRACE_HOME_ENDED, NULL, home_thread(home));
        any = TRUE;
        member->unsite(member);
        shared_release(member->shared);
    }
}

/*
 * Dispatches until no call is outstanding any more, and no job is left that may need this apartment. The
 * thread's own handle is waited for, to wait for calls alone.
 */
static void home_drain(Home *home)
{
    ULONGLONG start = GetTickCount64(), passed, patience;
    LONG nested;

    do {
        home->closing = TRUE;
        home_unsite(home);
        nested = home_arrivals(home);
        patience = nested ? PATIENCE_NESTED : PATIENCE;
        passed = GetTickCount64() - start;
        if (home_has_ended(home) || calls_suspend(&home->calls, nested, passed >= patience))
            break;
        wait_dispatching(home->handle, DRAIN_SLICE);
        /* Where COM was initialized once more by what was dispatched, this is not the end. */
    } while (home->initialized <= 1);
}

/* The hook */

static Home *home_of_hook(IInitializeSpy *hook)
{
    return CONTAINING_RECORD(hook, Home, hook);
}

static HRESULT STDMETHODCALLTYPE hook_QueryInterface(IInitializeSpy *hook, REFIID riid, void **ppv)
{
    *ppv = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IInitializeSpy))
        return E_NOINTERFACE;
    IInitializeSpy_AddRef(hook);
    *ppv = hook;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE hook_AddRef(IInitializeSpy *hook)
{
    Home *home = home_of_hook(hook);

    shared_addref(&home->shared);
    return (ULONG)InterlockedIncrement(&home->hook_refs);
}

static ULONG STDMETHODCALLTYPE hook_Release(IInitializeSpy *hook)
{
    Home *home = home_of_hook(hook);
    ULONG refs = (ULONG)InterlockedDecrement(&home->hook_refs);

    if (refs == 0)
        home_lose(home);
    shared_release(&home->shared);
    return refs;
}

static HRESULT STDMETHODCALLTYPE hook_PreInitialize(IInitializeSpy *hook, DWORD flags, DWORD count)
{
    (void)hook, (void)flags, (void)count;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE hook_PostInitialize(IInitializeSpy *hook, HRESULT hr, DWORD flags,
                                                     DWORD count)
{
    Home *home = home_of_hook(hook);

    (void)flags;
    home->initialized = count;
    if (count > 1)
        home->closing = FALSE;
    return hr;
}

static HRESULT STDMETHODCALLTYPE hook_PreUninitialize(IInitializeSpy *hook, DWORD count)
{
    Home *home = home_of_hook(hook);

    home->initialized = count;
    if (count != 1)
        return S_OK;
    shared_addref(&home->shared);
    home_drain(home);
    shared_release(&home->shared);
    return S_OK;
}

/* A member that is still there came in the midst of the end: its site is released, on its own thread. */
static HRESULT STDMETHODCALLTYPE hook_PostUninitialize(IInitializeSpy *hook, DWORD count)
{
    Home *home = home_of_hook(hook);

    home->initialized = count;
    shared_addref(&home->shared);
    if (count == 0) {
        home_set_ended(home);
        home_unsite(home);
        home_detach(home);
    } else {
        home->closing = FALSE;
        calls_resume(&home->calls);
    }
    shared_release(&home->shared);
    return S_OK;
}

static IInitializeSpyVtbl hook_vtbl = {
    hook_QueryInterface, hook_AddRef, hook_Release,
    hook_PreInitialize, hook_PostInitialize, hook_PreUninitialize, hook_PostUninitialize,
};

static HRESULT home_create(BOOL mta, Home **result)
{
    Home *home = calloc(1, sizeof *home);
    HRESULT hr = E_OUTOFMEMORY;

    if (!home)
        return hr;
    shared_init(&home->shared, home_destroy);
    home->hook.lpVtbl = &hook_vtbl;
    home->exported = 1;
    home->thread = GetCurrentThreadId();
    home->mta = mta;
    calls_init(&home->calls, &home->shared);
    jobs_init(&home->posts.waiting);
    home->handle = OpenThread(SYNCHRONIZE, FALSE, home->thread);
    if (!home->handle)
        goto no_handle;
    hr = threads_acquire();
    if (FAILED(hr))
        goto no_threads;
    threads_ask_before_leaving(home_needs_this_thread);
    hr = CoRegisterInitializeSpy(&home->hook, &home->cookie);
    if (FAILED(hr))
        goto no_hook;
    module_lock();
    shared_addref(&home->shared);
    AcquireSRWLockExclusive(&homes_lock);
    home->next = homes;
    homes = home;
    ReleaseSRWLockExclusive(&homes_lock);
    *result = home;
    return S_OK;

no_hook:
    threads_release();
no_threads:
    CloseHandle(home->handle);
no_handle:
    free(home);
    return hr;
}

HRESULT home_enter(Home **result)
{
    Place place = place_current();

    *result = NULL;
    if (place == PLACE_OTHER)
        return CO_E_NOT_SUPPORTED;
    if (place == PLACE_NONE || place == PLACE_IMPLICIT_MTA)
        return CO_E_NOTINITIALIZED;
    *result = home_find();
    if (!*result)
        return home_create(place == PLACE_MTA, result);
    InterlockedIncrement(&(*result)->exported);
    if (!(*result)->closing)
        return S_OK;
    home_unexport(*result);
    *result = NULL;
    return CO_E_NOTINITIALIZED;
}
