#include "query.h"

#include "atomic.h"
#include "trace.h"

/* What SiteBridgePrefetch fetched, or NULL. */
static Service *query_find_service(Session *session, REFGUID rsid, REFIID riid)
{
    Service *service;

    for (service = pointer_read(&session->services); service; service = service->next)
        if (IsEqualGUID(&service->service, rsid) && IsEqualIID(&service->export.iid, riid))
            return service;
    return NULL;
}

BOOL query_fetched(Session *session, REFGUID rsid, REFIID riid, void **ppv)
{
    Service *service = query_find_service(session, rsid, riid);
    IUnknown *object;

    if (!service || FAILED(export_reach(&service->export, &object)))
        return FALSE;
    IUnknown_AddRef(object);
    *ppv = object;
    return TRUE;
}

HRESULT query_result(Session *session, HRESULT hr, void **ppv)
{
    /* What COM says of a call that was cut off differs from case to case. */
    if (FAILED(hr) && session_has_ended(session))
        hr = E_UNEXPECTED;
    return ppv ? gate_tidy(hr, ppv) : hr;
}

static HRESULT query_from_background(Session *session, REFGUID rsid, REFIID riid, void **ppv)
{
    IUnknown *provider;
    Watch watch;
    HRESULT hr;

    if (query_fetched(session, rsid, riid, ppv))
        return S_OK;
    hr = export_reach(&session->site, &provider);
    if (FAILED(hr))
        return hr;
    watch_begin(&watch, session->bridge, session->home, GetCurrentThreadId());
    hr = IServiceProvider_QueryService((IServiceProvider *)provider, rsid, riid, ppv);
    watch_end(&watch);
    return hr;
}

/* On home: leaves before the call, which is not a background call and may change the site. */
static HRESULT query_at_home(Call *call, REFGUID rsid, REFIID riid, void **ppv)
{
    Gate *gate = call->session->gate;
    HRESULT hr;

    gate_addref(gate);
    bridge_leave(call);
    hr = gate_query_service(gate, rsid, riid, ppv);
    gate_release(gate);
    return hr;
}

STDAPI SiteBridgeQueryService(SiteBridge *bridge, REFGUID rsid, REFIID riid, void **ppvObj)
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
    if (session->agile)
        hr = gate_tidy(IServiceProvider_QueryService(session->agile, rsid, riid, ppvObj), ppvObj);
    else if (apartment_has_ended(session->home))
        hr = CO_E_OBJNOTCONNECTED;
    else if (apartment_is_current(session->home))
        return query_at_home(&call, rsid, riid, ppvObj);
    else
        hr = query_result(session, query_from_background(session, rsid, riid, ppvObj), ppvObj);
    bridge_leave(&call);
    return hr;
}
