#include "road.h"

#include "../atomic.h"
#include "../trace.h"
#include "packet.h"
#include "wait.h"

typedef enum TripState { TRIP_AWAITED, TRIP_BEGUN, TRIP_DONE, TRIP_ABANDONED } TripState;

BOOL road_is_awaited(const Trip *trip)
{
    return long_read(&trip->state) == TRIP_AWAITED;
}

/* Whether it was the first to say how the wait ended. */
static BOOL trip_settle(Trip *trip, TripState state)
{
    return InterlockedCompareExchange(&trip->state, state, TRIP_AWAITED) == TRIP_AWAITED;
}

BOOL road_begin(Trip *trip)
{
    return trip_settle(trip, TRIP_BEGUN);
}

static SRWLOCK making_lock = SRWLOCK_INIT;     /* guards the list; nothing is called with it held */
static Trip *making;

static void trip_enlist(Trip *trip)
{
    AcquireSRWLockExclusive(&making_lock);
    trip->next = making;
    making = trip;
    ReleaseSRWLockExclusive(&making_lock);
}

static void trip_delist(Trip *trip)
{
    Trip **link;

    AcquireSRWLockExclusive(&making_lock);
    for (link = &making; *link != trip; link = &(*link)->next)
        ;
    *link = trip->next;
    ReleaseSRWLockExclusive(&making_lock);
}

void road_chain(GUID *chain)
{
    const Trip *trip;

    if (FAILED(CoGetCurrentLogicalThreadId(chain)))
        *chain = GUID_NULL;
    AcquireSRWLockShared(&making_lock);
    for (trip = making; trip; trip = trip->next)
        if (IsEqualGUID(&trip->maker, chain))
            break;
    if (trip)
        *chain = trip->chain;
    ReleaseSRWLockShared(&making_lock);
}

/*
 * Has calls of this thread belong to the chain, where COM lets that be said: for home's message filter a call
 * from inside one of home's own is then nested. *chain receives what was there.
 */
static void chain_exchange(GUID *chain)
{
    IComThreadingInfo *info;
    GUID previous;

    if (IsEqualGUID(chain, &GUID_NULL) ||
        FAILED(CoGetObjectContext(&IID_IComThreadingInfo, (void **)&info)))
        return;
    if (SUCCEEDED(IComThreadingInfo_GetCurrentLogicalThreadId(info, &previous)) &&
        SUCCEEDED(IComThreadingInfo_SetCurrentLogicalThreadId(info, chain)))
        *chain = previous;
    IComThreadingInfo_Release(info);
}

static HRESULT trip_make(Trip *trip)
{
    HRESULT hr, marshaled = S_OK;
    GUID chain = trip->chain;

    CoGetCurrentLogicalThreadId(&trip->maker);
    trip_enlist(trip);
    chain_exchange(&chain);
    hr = trip->make(trip);
    chain_exchange(&chain);
    trip_delist(trip);
    if (SUCCEEDED(hr) && trip->object && trip->to_sta && road_is_awaited(trip))
        marshaled = packet_marshal(NULL, &trip->iid, trip->object, &trip->packet);
    return FAILED(marshaled) ? marshaled : hr;
}

/*
 * In the MTA. What is left of the answer here is given back while the call still counts as one of home's, and by
 * the time that the caller is back unless it takes a call to home. The object goes after the packet: where the packet's were the last references on what is at home, Wine
 * would give them back on this thread (test/platform: a_reclaimed_packet_releases_on_the_calling_thread).
 */
static void trip_work(Job *job)
{
    Trip *trip = CONTAINING_RECORD(job, Trip, job);
    BOOL counted = trip->member && road_is_awaited(trip) && calls_begin(trip->member);
    BOOL done;
    IUnknown *object;

    if (counted || (!trip->member && road_is_awaited(trip)))
        trip->hr = trip_make(trip);
    object = trip->object;
    done = trip_settle(trip, TRIP_DONE) || long_read(&trip->state) == TRIP_BEGUN;
    if (!done && trip->packet)
        packet_reclaim(NULL, trip->packet);
    if (done && !trip->to_sta && SUCCEEDED(trip->hr))
        object = NULL;
    if (object && (!counted || trip->home->mta)) {
        IUnknown_Release(object);
        object = NULL;
    }
    if (counted && !object) {
        calls_end(trip->member);
        counted = FALSE;
    }
    /* The site may be taken away as soon as the caller is back: nothing of this call has it by then. */
    if (done) {
        if (!counted) {
            shared_release(trip->kept);
            trip->kept = NULL;
        }
        SetEvent(trip->done);
    }
    if (object)
        IUnknown_Release(object);
    if (counted)
        calls_end(trip->member);
    if (!done) {
        InterlockedDecrement(&trip->counts->calls);
        InterlockedDecrement(&trip->home->abandoned);
    }
    shared_release(&trip->shared);
}

/*
 * In the MTA: an answer that its caller could not unmarshal. Unmarshaling it here makes its release a call,
 * so that what is at home is released there.
 */
static void trip_discard(Job *job)
{
    Trip *trip = CONTAINING_RECORD(job, Trip, job);
    IUnknown *object;

    if (SUCCEEDED(packet_unmarshal(NULL, &trip->packet, &trip->iid, (void **)&object)))
        IUnknown_Release(object);
    else
        packet_reclaim(NULL, trip->packet);
    shared_release(&trip->shared);
}

/* The caller's, when the call is done: the answer belongs to the apartment that it is in by now. */
static HRESULT trip_take(Trip *trip, void **ppv)
{
    HRESULT hr = trip->hr, taken = S_OK;

    if (FAILED(hr))
        return hr;
    if (trip->packet) {
        taken = packet_unmarshal(NULL, &trip->packet, &trip->iid, ppv);
        if (FAILED(taken)) {
            shared_addref(&trip->shared);
            trip->job.run = trip_discard;
            threads_run_later(&trip->job);
        }
    } else if (ppv && !trip->to_sta) {
        *ppv = trip->object;
    }
    return FAILED(taken) ? taken : hr;
}

/* The caller's time has run out. */
static HRESULT trip_abandon(Trip *trip, void **ppv)
{
    /* From here on it is the library's thread that is inside the bridge. */
    InterlockedIncrement(&trip->counts->calls);
    InterlockedIncrement(&trip->home->abandoned);
    if (trip_settle(trip, TRIP_ABANDONED))
        return HRESULT_FROM_WIN32(ERROR_TIMEOUT);
    InterlockedDecrement(&trip->home->abandoned);
    InterlockedDecrement(&trip->counts->calls);
    wait_dispatching(trip->done, INFINITE);
    return trip_take(trip, ppv);
}

static DWORD time_left(ULONGLONG start, DWORD milliseconds)
{
    ULONGLONG passed = GetTickCount64() - start;

    if (milliseconds == INFINITE)
        return INFINITE;
    return passed < milliseconds ? milliseconds - (DWORD)passed : 0;
}

enum { ABANDONED_MOST = 32, TURN_SLICE = 10 };

/* A home that hangs keeps so many threads of abandoned calls, and no more: FALSE where the time is up. */
static BOOL trip_wait_for_turn(Trip *trip, ULONGLONG start, DWORD milliseconds)
{
    if (milliseconds == INFINITE)
        return TRUE;
    while (long_read(&trip->home->abandoned) >= ABANDONED_MOST) {
        if (!time_left(start, milliseconds))
            return FALSE;
        /* Nobody answers before it has been asked. */
        wait_dispatching(trip->done, TURN_SLICE);
    }
    return TRUE;
}

/* For the answer. A call that waits for home as long as the trace asks is reported. */
static BOOL trip_wait(Trip *trip, DWORD milliseconds)
{
    DWORD patience = trip->member ? trace_patience() : INFINITE;

    if (patience < milliseconds) {
        if (wait_dispatching(trip->done, patience))
            return TRUE;
        trace_report(SITEBRIDGE_TRACE_CALL_WAITING, trip->counts->bridge, home_thread(trip->home),
                     GetCurrentThreadId(), patience);
        if (milliseconds != INFINITE)
            milliseconds -= patience;
    }
    return wait_dispatching(trip->done, milliseconds);
}

static HRESULT trip_go(Trip *trip, DWORD milliseconds, void **ppv)
{
    ULONGLONG start = GetTickCount64();
    HRESULT hr;

    if (!trip_wait_for_turn(trip, start, milliseconds))
        return HRESULT_FROM_WIN32(ERROR_TIMEOUT);
    shared_addref(&trip->shared);
    hr = threads_run(&trip->job);
    if (FAILED(hr)) {
        shared_release(&trip->shared);
        return hr;
    }
    return trip_wait(trip, time_left(start, milliseconds)) ? trip_take(trip, ppv) : trip_abandon(trip, ppv);
}

HRESULT road_travel(Trip *trip, DWORD milliseconds, void **ppv)
{
    trip->hr = E_UNEXPECTED;
    trip->job.run = trip_work;
    if (trip->to_sta && trip->member && wait_is_input_synchronous())
        return RPC_E_CANTCALLOUT_ININPUTSYNCCALL;
    trip->done = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!trip->done)
        return E_OUTOFMEMORY;
    road_chain(&trip->chain);
    return trip_go(trip, milliseconds, ppv);
}
