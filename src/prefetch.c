#include <stdlib.h>

#include "atomic.h"
#include "query.h"

static HRESULT prefetch_keep(Session *session, REFGUID rsid, REFIID riid, IUnknown *object)
{
    Service *service = calloc(1, sizeof *service);
    HRESULT hr;

    if (!service)
        return E_OUTOFMEMORY;
    service->service = *rsid;
    hr = export_init(&service->export, session->bridge, session->home, riid, object, TRUE);
    if (FAILED(hr)) {
        free(service);
        return hr;
    }
    do
        service->next = pointer_read(&session->services);
    while (InterlockedCompareExchangePointer(&session->services, service, service->next) !=
           service->next);
    /* The site may have been taken away while it was asked; nobody else would give this back. */
    if (session_has_ended(session)) {
        export_close(&service->export);
        return E_UNEXPECTED;
    }
    return S_OK;
}

STDAPI SiteBridgePrefetch(SiteBridge *bridge, REFGUID rsid, REFIID riid)
{
    IUnknown *object;
    Session *session;
    Call call;
    HRESULT hr;

    if (!bridge || !rsid || !riid)
        return E_INVALIDARG;
    if (!bridge_enter(bridge, &call))
        return E_UNEXPECTED;
    session = call.session;
    session_addref(session);
    bridge_leave(&call);
    if (!apartment_is_current(session->home)) {
        hr = apartment_has_ended(session->home) ? CO_E_OBJNOTCONNECTED : RPC_E_WRONG_THREAD;
    } else {
        hr = gate_query_service(session->gate, rsid, riid, (void **)&object);
        /* An agile site is asked directly, every time. */
        if (SUCCEEDED(hr) && !session->agile)
            hr = prefetch_keep(session, rsid, riid, object);
        if (object)
            IUnknown_Release(object);
    }
    session_release(session);
    return hr;
}
