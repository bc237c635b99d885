#include "session.h"

#include <stdlib.h>

#include "atomic.h"
#include "module.h"
#include "trace.h"

void session_addref(Session *session)
{
    InterlockedIncrement(&session->refs);
}

BOOL session_has_ended(Session *session)
{
    return long_read(&session->ended) != 0;
}

static void session_destroy(Session *session)
{
    Apartment *home = session->home;
    Service *service;

    apartment_forget_session(home, session);
    gate_release(session->gate);
    while ((service = session->services) != NULL) {
        session->services = service->next;
        export_destroy(&service->export);
        free(service);
    }
    /* The last: home takes its hook off where the gate goes. */
    export_destroy(&session->site);
    bridge_drop(session->bridge);
    free(session);
    apartment_sweep(home);
    apartment_release(home);
}

static void session_run_destroy(Errand *errand)
{
    session_destroy(CONTAINING_RECORD(errand, Session, errand));
}

/*
 * Off home it is an errand, and so are those that follow from it: home's end never falls between them, and
 * the gate goes when everything else has.
 */
void session_release(Session *session)
{
    IServiceProvider *agile = session->agile;

    if (InterlockedDecrement(&session->refs) != 0)
        return;
    session->agile = NULL;
    if (agile)
        IServiceProvider_Release(agile);
    if (apartment_is_current(session->home)) {
        session_destroy(session);
    } else {
        session->errand.run = session_run_destroy;
        apartment_send(session->home, &session->errand);
    }
}

void session_end(Session *session)
{
    Service *service;

    if (InterlockedExchange(&session->ended, TRUE))
        return;
    bridge_retire(session->bridge, session);
    apartment_end_session(session->home, session);
    if (apartment_has_ended(session->home))
        gate_abandon(session->gate);
    else
        gate_close(session->gate);
    export_close(&session->site);
    for (service = session->services; service; service = service->next)
        export_close(&service->export);
    if (session->sited)
        trace_site(session->bridge, session->home, FALSE);
    session_release(session);
}

HRESULT session_create(SiteBridge *bridge, IServiceProvider *site, Session **result)
{
    Session *session = calloc(1, sizeof *session);
    IUnknown *agile = NULL;
    HRESULT hr;

    *result = NULL;
    if (!session)
        return E_OUTOFMEMORY;
    hr = apartment_enter(&session->home);
    if (FAILED(hr))
        goto no_home;
    hr = gate_create(session->home, site, &session->gate);
    if (FAILED(hr))
        goto no_gate;
    hr = export_init(&session->site, bridge, session->home, &IID_IServiceProvider,
                     gate_object(session->gate), FALSE);
    if (FAILED(hr))
        goto no_export;
    if (SUCCEEDED(IServiceProvider_QueryInterface(site, &IID_IAgileObject, (void **)&agile))) {
        IUnknown_Release(agile);
        session->agile = site;
        IServiceProvider_AddRef(site);
    }
    session->refs = 1;
    session->bridge = bridge;
    bridge_hold(bridge);
    apartment_add_session(session->home, session);
    *result = session;
    return S_OK;

no_export:
    gate_close(session->gate);
    gate_release(session->gate);
no_gate:
    apartment_sweep(session->home);
    apartment_release(session->home);
no_home:
    free(session);
    return hr;
}
