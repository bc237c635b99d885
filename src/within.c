#include <stdlib.h>

#include "atomic.h"
#include "packet.h"
#include "query.h"
#include "trace.h"
#include "wait.h"

/*
 * COM calls cannot be cancelled on Wine, nor on Windows without the caller's consent. So a thread of
 * the pool makes the call, and a caller whose time has run out leaves it alone.
 */
typedef enum InquiryState { INQUIRY_ASKED, INQUIRY_ANSWERED, INQUIRY_ABANDONED } InquiryState;

typedef struct Inquiry {
    volatile LONG refs;         /* the caller's and the pool's */
    volatile LONG state;
    SiteBridge *bridge;         /* held */
    Session *session;           /* counted */
    DWORD thread;               /* the caller's */
    BOOL to_sta;                /* the answer has to be marshaled */
    GUID service;
    IID iid;
    HANDLE answered;
    HRESULT hr;
    IUnknown *object;           /* the MTA's */
    IStream *packet;            /* for an STA */
    Errand discard;             /* home's, of what the MTA has when an STA has come for the packet */
} Inquiry;

static void inquiry_release(Inquiry *inquiry)
{
    if (InterlockedDecrement(&inquiry->refs) != 0)
        return;
    session_release(inquiry->session);
    bridge_drop(inquiry->bridge);
    CloseHandle(inquiry->answered);
    free(inquiry);
}

/*
 * The process's pool has 500 threads, for everyone in the process. Those that wait for a home that hangs
 * must leave some to the others.
 */
enum { ASKERS = 100, TURN_SLICE = 10 };

/* Waits for a turn, dispatching. */
static HRESULT asker_begin(const Inquiry *inquiry, ULONGLONG start, DWORD milliseconds)
{
    volatile LONG *askers = apartment_askers(inquiry->session->home);

    while (InterlockedIncrement(askers) > ASKERS) {
        InterlockedDecrement(askers);
        if (session_has_ended(inquiry->session))
            return E_UNEXPECTED;
        if (GetTickCount64() - start >= milliseconds)
            return HRESULT_FROM_WIN32(ERROR_TIMEOUT);
        /* Nobody answers before it has been asked. */
        wait_dispatching(inquiry->answered, TURN_SLICE);
    }
    return S_OK;
}

static void asker_end(const Inquiry *inquiry)
{
    InterlockedDecrement(apartment_askers(inquiry->session->home));
}

/* Whether it was the first to say how the inquiry ended. */
static BOOL inquiry_settle(Inquiry *inquiry, InquiryState state)
{
    return InterlockedCompareExchange(&inquiry->state, state, INQUIRY_ASKED) == INQUIRY_ASKED;
}

static HRESULT inquiry_ask(Inquiry *inquiry)
{
    Session *session = inquiry->session;
    IUnknown *provider;
    Watch watch;
    HRESULT hr;

    hr = export_reach_in_mta(&session->site, &provider);
    if (FAILED(hr))
        return hr;
    watch_begin(&watch, session->bridge, session->home, inquiry->thread);
    hr = IServiceProvider_QueryService((IServiceProvider *)provider, &inquiry->service,
                                       &inquiry->iid, (void **)&inquiry->object);
    watch_end(&watch);
    return gate_tidy(hr, (void **)&inquiry->object);
}

/*
 * In the MTA. The object comes last: where the packet's were the last references on what is at home, Wine
 * would give them back on this thread (test/platform: a_reclaimed_packet_releases_on_the_calling_thread).
 */
static void inquiry_discard(Inquiry *inquiry)
{
    IUnknown *object = inquiry->object;
    IStream *packet = inquiry->packet;

    inquiry->object = NULL;
    inquiry->packet = NULL;
    if (packet)
        packet_reclaim(inquiry->bridge, packet);
    if (object)
        IUnknown_Release(object);
}

static void inquiry_run_discard(Errand *errand)
{
    Inquiry *inquiry = CONTAINING_RECORD(errand, Inquiry, discard);

    inquiry_discard(inquiry);
    inquiry_release(inquiry);
}

static void inquiry_work(void *context)
{
    Inquiry *inquiry = context;
    HRESULT hr;

    /* Its time may have run out before there was a thread. */
    inquiry->hr = long_read(&inquiry->state) == INQUIRY_ASKED ? inquiry_ask(inquiry) : E_ABORT;
    if (SUCCEEDED(inquiry->hr) && inquiry->to_sta) {
        hr = packet_marshal(inquiry->bridge, &inquiry->iid, inquiry->object, &inquiry->packet);
        if (FAILED(hr)) {
            inquiry->hr = hr;
            inquiry_discard(inquiry);
        }
    }
    if (inquiry_settle(inquiry, INQUIRY_ANSWERED)) {
        SetEvent(inquiry->answered);
    } else {
        inquiry_discard(inquiry);
        InterlockedDecrement(&inquiry->bridge->calls_beside);
    }
    asker_end(inquiry);
    inquiry_release(inquiry);
}

static HRESULT inquiry_take(Inquiry *inquiry, void **ppv)
{
    HRESULT hr = inquiry->hr, taken;

    if (!inquiry->to_sta) {
        *ppv = inquiry->object;
    } else if (SUCCEEDED(hr)) {
        taken = packet_unmarshal(inquiry->bridge, &inquiry->packet, &inquiry->iid, ppv);
        if (FAILED(taken))
            hr = taken;
        inquiry->discard.run = inquiry_run_discard;
        InterlockedIncrement(&inquiry->refs);
        apartment_send(inquiry->session->home, &inquiry->discard);
    }
    return hr;
}

static Inquiry *inquiry_create(Session *session, BOOL to_sta, REFGUID rsid, REFIID riid)
{
    Inquiry *inquiry = calloc(1, sizeof *inquiry);

    if (!inquiry)
        return NULL;
    inquiry->answered = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!inquiry->answered) {
        free(inquiry);
        return NULL;
    }
    inquiry->refs = 1;
    inquiry->bridge = session->bridge;
    bridge_hold(inquiry->bridge);
    inquiry->session = session;
    session_addref(session);
    inquiry->thread = GetCurrentThreadId();
    inquiry->to_sta = to_sta;
    inquiry->service = *rsid;
    inquiry->iid = *riid;
    return inquiry;
}

static HRESULT query_with_deadline(Session *session, DWORD milliseconds, REFGUID rsid, REFIID riid,
                                   void **ppv)
{
    ULONGLONG start = GetTickCount64(), passed;
    Place place = place_current();
    Inquiry *inquiry;
    HRESULT hr;

    if (query_fetched(session, rsid, riid, ppv))
        return S_OK;
    if (place == PLACE_OTHER)
        return CO_E_NOT_SUPPORTED;
    inquiry = inquiry_create(session, place == PLACE_STA, rsid, riid);
    if (!inquiry)
        return E_OUTOFMEMORY;
    hr = asker_begin(inquiry, start, milliseconds);
    if (FAILED(hr))
        goto done;
    InterlockedIncrement(&inquiry->refs);
    hr = mta_submit(inquiry_work, inquiry);
    passed = GetTickCount64() - start;
    if (FAILED(hr)) {
        asker_end(inquiry);
        inquiry_release(inquiry);
    } else if (wait_dispatching(inquiry->answered,
                                passed < milliseconds ? milliseconds - (DWORD)passed : 0)) {
        hr = inquiry_take(inquiry, ppv);
    } else {
        /* From here on it is the pool's thread that is inside the bridge. */
        InterlockedIncrement(&inquiry->bridge->calls_beside);
        if (inquiry_settle(inquiry, INQUIRY_ABANDONED)) {
            hr = HRESULT_FROM_WIN32(ERROR_TIMEOUT);
        } else {
            InterlockedDecrement(&inquiry->bridge->calls_beside);
            hr = inquiry_take(inquiry, ppv);
        }
    }
done:
    inquiry_release(inquiry);
    return hr;
}

STDAPI SiteBridgeQueryServiceWithin(SiteBridge *bridge, DWORD milliseconds,
                                    REFGUID rsid, REFIID riid, void **ppvObj)
{
    Session *session;
    Call call;
    HRESULT hr;

    if (!ppvObj)
        return E_POINTER;
    *ppvObj = NULL;
    if (!bridge || !rsid || !riid)
        return E_INVALIDARG;
    if (!bridge_enter(bridge, &call))
        return E_UNEXPECTED;
    session = call.session;
    if (milliseconds == INFINITE || session->agile || apartment_has_ended(session->home) ||
        apartment_is_current(session->home)) {
        bridge_leave(&call);
        return SiteBridgeQueryService(bridge, rsid, riid, ppvObj);
    }
    hr = query_with_deadline(session, milliseconds, rsid, riid, ppvObj);
    if (hr != HRESULT_FROM_WIN32(ERROR_TIMEOUT))
        hr = query_result(session, hr, ppvObj);
    bridge_leave(&call);
    return hr;
}
