#include "../atomic.h"
#include "background.h"

static HRESULT query_from_background(Session *session, DWORD milliseconds, BOOL tries_again, REFGUID rsid,
                                     REFIID riid, void **ppv)
{
    Request request = { 0 };

    request.service = *rsid;
    request.iid = *riid;
    request.tries_again = tries_again;
    return background_call(session, milliseconds, &request, ppv);
}

static HRESULT query(SiteBridge *bridge, DWORD milliseconds, BOOL tries_again, REFGUID rsid, REFIID riid,
                     void **ppv)
{
    Session *session;
    Gate *gate;
    Call call;
    HRESULT hr;

    if (!ppv)
        return E_POINTER;
    *ppv = NULL;
    if (!bridge || !rsid || !riid)
        return E_INVALIDARG;
    if (!bridge_enter(bridge, &call))
        return E_UNEXPECTED;
    session = call.session;
    if (session->agile && milliseconds == INFINITE && !pointer_read(&session->services)) {
        hr = background_query_agile(session, rsid, riid, ppv);
    } else if (home_is_current(session->home)) {
        gate = bridge_leave_at_home(&call);
        hr = gate_query_service(gate, rsid, riid, ppv);
        shared_release(&gate->shared);
        return hr;
    } else {
        hr = query_from_background(session, milliseconds, tries_again, rsid, riid, ppv);
    }
    bridge_leave(&call);
    return hr;
}

STDAPI SiteBridgeQueryService(SiteBridge *bridge, REFGUID rsid, REFIID riid, void **ppvObj)
{
    return query(bridge, INFINITE, FALSE, rsid, riid, ppvObj);
}

STDAPI SiteBridgeQueryServiceWithin(SiteBridge *bridge, DWORD milliseconds,
                                    REFGUID rsid, REFIID riid, void **ppvObj)
{
    return query(bridge, milliseconds, TRUE, rsid, riid, ppvObj);
}
