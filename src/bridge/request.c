#include "request.h"

#include <stdlib.h>

#include "../atomic.h"
#include "../com/place.h"
#include "../com/relay.h"
#include "../com/road.h"
#include "../trace.h"

/* A request on the road. Where it is a function, the caller waits until that is over. */
typedef struct Errand {
    Trip trip;
    Session *session;           /* good as long as it is awaited or trip.kept is there */
    Request request;
    BOOL only_fetched;
    BOOL ran;
} Errand;

/* On home, from the road: the caller may have left. */
static HRESULT CALLBACK errand_work(IServiceProvider *site, void *context)
{
    Errand *errand = context;

    return road_begin(&errand->trip) ? errand->request.work(site, errand->request.context) : E_UNEXPECTED;
}

/* In the MTA, while the call is counted: what the how-to does. errand is NULL where the caller asks itself. */
static HRESULT request_ask(Session *session, const Request *request, Errand *errand, BOOL *ran, void **ppv)
{
    SiteBridgeWork work = errand ? errand_work : request->work;
    void *context = errand ? errand : request->context;
    BOOL rejected;
    HRESULT hr;

    for (;;) {
        if (request->work)
            hr = gate_invoke_through(session->gate, work, context, ran, &rejected);
        else
            hr = gate_query_through(session->gate, &request->service, &request->iid, ppv, &rejected);
        if (!rejected || !request->tries_again || session_has_ended(session) ||
            (errand && !road_is_awaited(&errand->trip)))
            break;
        Sleep(RETRY_INTERVAL);
    }
    return hr;
}

/* What was fetched ahead */

/* While a call is counted. to_sta: the answer will be marshaled, without home's help. */
static BOOL request_use(Service *service, BOOL to_sta, void **ppv)
{
    Export *export = &service->export;
    IUnknown *object;

    if (FAILED(export_reach(export, &object)))
        return FALSE;
    if (to_sta && export_is_proxy(export))
        return SUCCEEDED(relay_create(export->home, &export->iid, object, &service->shared,
                                      (IUnknown **)ppv));
    IUnknown_AddRef(object);
    *ppv = object;
    return TRUE;
}

/*
 * In the MTA, or with what is agile anywhere. FALSE where the site has to be asked; *elsewhere: the MTA has
 * the answer.
 */
static BOOL request_fetched(Session *session, const Request *request, BOOL in_mta, BOOL to_sta,
                               BOOL *elsewhere, void **ppv)
{
    BOOL found = FALSE;
    Service *service;

    *elsewhere = FALSE;
    if (request->work || !pointer_read(&session->services) || !calls_begin(&session->member))
        return FALSE;
    service = session_find_service(session, &request->service, &request->iid);
    if (service) {
        *elsewhere = !in_mta && !service->export.agile;
        found = !*elsewhere && request_use(service, to_sta, ppv);
        shared_release(&service->shared);
    }
    calls_end(&session->member);
    return found;
}

/* The road */

static HRESULT errand_make(Trip *trip)
{
    Errand *errand = CONTAINING_RECORD(trip, Errand, trip);
    const Request *request = &errand->request;
    Session *session = errand->session;
    void **ppv = (void **)&trip->object;
    BOOL elsewhere;

    if (request_fetched(session, request, TRUE, trip->to_sta, &elsewhere, ppv))
        return S_OK;
    if (errand->only_fetched)
        return E_NOINTERFACE;
    if (!trip->member)
        return request_answer_agile(session, &request->service, &request->iid, ppv);
    return request_ask(session, request, errand, &errand->ran, ppv);
}

static void errand_destroy(Shared *shared)
{
    Errand *errand = CONTAINING_RECORD(shared, Errand, trip.shared);

    if (errand->trip.done)
        CloseHandle(errand->trip.done);
    if (errand->trip.kept)
        shared_release(errand->trip.kept);
    free(errand);
}

static HRESULT request_travel(Session *session, Place place, DWORD milliseconds,
                                 const Request *request, BOOL only_fetched, BOOL *ran, void **ppv)
{
    Errand *errand = calloc(1, sizeof *errand);
    BOOL agile = session->agile && !request->work;
    HRESULT hr;

    if (!errand)
        return E_OUTOFMEMORY;
    shared_init(&errand->trip.shared, errand_destroy);
    errand->trip.make = errand_make;
    errand->trip.home = session->home;
    errand->trip.counts = session->counts;
    errand->trip.member = agile || only_fetched ? NULL : &session->member;
    errand->trip.to_sta = place == PLACE_STA;
    errand->trip.iid = request->iid;
    errand->trip.kept = &session->shared;
    shared_addref(&session->shared);
    errand->session = session;
    errand->request = *request;
    errand->only_fetched = only_fetched;
    hr = road_travel(&errand->trip, milliseconds, ppv);
    *ran = errand->ran;
    shared_release(&errand->trip.shared);
    return hr;
}

HRESULT request_make(Session *session, const Request *request, BOOL *ran, void **ppv)
{
    BOOL agile = session->agile && !request->work, elsewhere;
    DWORD milliseconds = request->milliseconds;
    Place place = place_current();
    HRESULT hr;

    if (request_fetched(session, request, place != PLACE_STA && place != PLACE_OTHER, FALSE, &elsewhere, ppv))
        return S_OK;
    if (agile && milliseconds == INFINITE && !elsewhere)
        return request_answer_agile(session, &request->service, &request->iid, ppv);
    if (place == PLACE_OTHER)
        return CO_E_NOT_SUPPORTED;
    /* Home is not waited for, and so without a deadline. */
    if (elsewhere && SUCCEEDED(request_travel(session, place, INFINITE, request, TRUE, ran, ppv)))
        return S_OK;
    if (!agile && home_has_ended(session->home))
        return CO_E_OBJNOTCONNECTED;
    /* Who makes a call itself cannot report that it waits. */
    if (place == PLACE_STA || milliseconds != INFINITE || trace_patience() != INFINITE)
        return request_travel(session, place, milliseconds, request, FALSE, ran, ppv);
    if (!calls_begin(&session->member))
        return E_UNEXPECTED;
    hr = request_ask(session, request, NULL, ran, ppv);
    calls_end(&session->member);
    return hr;
}

/* On home, which is not in the background, and may change the site. */
static HRESULT request_answer_at_home(const Request *request, Call *call, void **ppv)
{
    Gate *gate = call->session->gate;
    HRESULT hr;

    shared_addref(&gate->shared);
    bridge_leave(call);
    hr = request->work ? gate_invoke(gate, request->work, request->context)
                       : gate_query_service(gate, &request->service, &request->iid, ppv);
    shared_release(&gate->shared);
    return hr;
}

HRESULT request_answer(const Request *request, Call *call, void **ppv)
{
    Session *session = call->session;
    BOOL ran = FALSE;
    HRESULT hr;

    if (home_is_current(session->home))
        return request_answer_at_home(request, call, ppv);
    hr = request_make(session, request, &ran, ppv);
    /* What COM says of a call that was cut off differs from case to case. */
    if (FAILED(hr) && !ran && hr != HRESULT_FROM_WIN32(ERROR_TIMEOUT) && session_has_ended(session))
        hr = E_UNEXPECTED;
    bridge_leave(call);
    return ppv ? gate_tidy(hr, ppv) : hr;
}
