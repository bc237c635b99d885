#include "session.h"

#include <stdlib.h>

#include "../atomic.h"
#include "../com/agile.h"
#include "../com/place.h"
#include "../trace.h"

BOOL session_has_ended(Session *session)
{
    return calls_are_closed(&session->member);
}

BOOL session_is_at_home(Session *session)
{
    Home *home = session->home;

    return home_is_current(home) || home_is_lost(home);
}

/* The services */

static void service_given_back(Export *export)
{
    Service *service = CONTAINING_RECORD(export, Service, export);
    Gate *gate = service->gate;

    free(service);
    gate_give_back(gate);
}

static void service_destroy(Shared *shared)
{
    export_give_back(&CONTAINING_RECORD(shared, Service, shared)->export);
}

/* With the lock held. */
static Service **session_look_up(Session *session, REFGUID rsid, REFIID riid)
{
    Service **link;

    for (link = (Service **)&session->services; *link; link = &(*link)->next)
        if (IsEqualGUID(&(*link)->service, rsid) && IsEqualIID(&(*link)->export.iid, riid))
            break;
    return link;
}

Service *session_find_service(Session *session, REFGUID rsid, REFIID riid)
{
    Service *service;

    AcquireSRWLockShared(&session->lock);
    service = *session_look_up(session, rsid, riid);
    if (service)
        shared_addref(&service->shared);
    ReleaseSRWLockShared(&session->lock);
    return service;
}

HRESULT session_keep_service(Session *session, REFGUID rsid, REFIID riid, IUnknown *object)
{
    Service *service = calloc(1, sizeof *service), *replaced, **link;
    HRESULT hr;

    if (!service)
        return E_OUTOFMEMORY;
    if (!gate_keep(session->gate)) {
        free(service);
        return E_UNEXPECTED;
    }
    shared_init(&service->shared, service_destroy);
    service->service = *rsid;
    hr = export_init(&service->export, session->home, session->counts, riid, object);
    if (FAILED(hr)) {
        gate_give_back(session->gate);
        free(service);
        return hr;
    }
    service->gate = session->gate;
    service->export.gate = &session->gate->export;
    service->export.given_back = service_given_back;
    AcquireSRWLockExclusive(&session->lock);
    link = session_look_up(session, rsid, riid);
    replaced = *link;
    /* The site may have been taken away while it was asked: nobody else would give this back. */
    if (session_has_ended(session)) {
        replaced = service;
        hr = E_UNEXPECTED;
    } else {
        service->next = replaced ? replaced->next : NULL;
        pointer_publish((void *volatile *)link, service);
    }
    ReleaseSRWLockExclusive(&session->lock);
    if (replaced) {
        export_close(&replaced->export);
        shared_release(&replaced->shared);
    }
    return hr;
}

/* On home, when the session has ended. */
static void session_drop_services(Session *session)
{
    Service *service, *next;

    AcquireSRWLockExclusive(&session->lock);
    service = session->services;
    pointer_publish(&session->services, NULL);
    ReleaseSRWLockExclusive(&session->lock);
    for (; service; service = next) {
        next = service->next;
        export_close(&service->export);
        shared_release(&service->shared);
    }
}

/* The end */

/*
 * The site's release may end home: then no call may begin any more, and this counts as one further up home's
 * stack.
 */
void session_end(Session *session)
{
    Home *home = session->home;
    GUID no_chain = { 0 };

    if (!calls_close(&session->member))
        return;
    shared_addref(&home->shared);
    home_call_arrives(home, &no_chain);
    session->retire(session);
    gate_close(session->gate);
    session_drop_services(session);
    trace_event(SITEBRIDGE_TRACE_UNSITED, session->counts->bridge, home_thread(home));
    home_call_returns(home, &no_chain);
    calls_end(&session->member);
    shared_release(&session->shared);
    home_sweep(home);
    shared_release(&home->shared);
}

static HRESULT CALLBACK session_end_work(IServiceProvider *site, void *context)
{
    (void)site;
    session_end(context);
    return S_OK;
}

enum { FAREWELL_INTERVAL = 100 };

/*
 * In the MTA. Where the call fails, for want of memory or because home's message filter rejects it, it is
 * made again: nobody else would end the session.
 */
static void session_run_farewell(Job *job)
{
    Session *session = CONTAINING_RECORD(job, Session, farewell);
    BOOL ran, rejected;

    for (;;) {
        if (home_is_lost(session->home)) {
            session_end(session);
        } else if (calls_begin(&session->member)) {
            gate_invoke_through(session->gate, session_end_work, session, &ran, &rejected);
            calls_end(&session->member);
        }
        if (session_has_ended(session))
            break;
        Sleep(FAREWELL_INTERVAL);
    }
    shared_release(&session->shared);
}

void session_end_at_home(Session *session)
{
    Home *home = session->home;

    /* The MTA lives on without the thread that was home: what is there is let go of there. */
    if (home_is_current(home) || (home_is_lost(home) && (!home->mta || place_current() != PLACE_STA))) {
        session_end(session);
        return;
    }
    if (InterlockedExchange(&session->told_to_end, TRUE))
        return;
    shared_addref(&session->shared);
    session->farewell.run = session_run_farewell;
    calls_send(&home->calls, &session->farewell);
}

static Session *session_of(Member *member)
{
    return CONTAINING_RECORD(member, Session, member);
}

static void session_unsite(Member *member)
{
    session_end(session_of(member));
}

static void session_run_down(Member *member)
{
    gate_give_back(session_of(member)->gate);
}

static void session_destroy(Shared *shared)
{
    Session *session = CONTAINING_RECORD(shared, Session, shared);

    if (session->agile)
        IServiceProvider_Release(session->agile);
    shared_release(&session->gate->shared);
    free(session);
}

HRESULT session_create(Counts *counts, void (*retire)(Session *session), IServiceProvider *site,
                       Session **result)
{
    Session *session = NULL;
    Home *home;
    HRESULT hr = home_enter(&home);

    *result = NULL;
    if (FAILED(hr))
        return hr;
    session = calloc(1, sizeof *session);
    hr = session ? gate_create(home, counts, site, &session->gate) : E_OUTOFMEMORY;
    if (FAILED(hr)) {
        free(session);
        home_unexport(home);
        return hr;
    }
    if (agile_is((IUnknown *)site)) {
        session->agile = site;
        IServiceProvider_AddRef(site);
    }
    shared_init(&session->shared, session_destroy);
    session->home = home;
    session->counts = counts;
    session->retire = retire;
    session->member.shared = &session->shared;
    session->member.unsite = session_unsite;
    session->member.run_down = session_run_down;
    jobs_init(&session->posts.queued);
    calls_join(&home->calls, &session->member);
    home_unexport(home);
    *result = session;
    return S_OK;
}
