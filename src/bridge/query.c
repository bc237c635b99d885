#include "../atomic.h"
#include "request.h"

HRESULT request_query(SiteBridge *bridge, DWORD milliseconds, BOOL tries_again, REFGUID rsid, REFIID riid,
                      void **ppv)
{
    Request request = { 0 };
    Call call;
    HRESULT hr;

    if (!ppv)
        return E_POINTER;
    *ppv = NULL;
    if (!bridge || !rsid || !riid)
        return E_INVALIDARG;
    if (!bridge_enter(bridge, &call))
        return E_UNEXPECTED;
    if (call.session->agile && milliseconds == INFINITE && !pointer_read(&call.session->services)) {
        hr = request_answer_agile(call.session, rsid, riid, ppv);
        bridge_leave(&call);
        return hr;
    }
    request.service = *rsid;
    request.iid = *riid;
    request.milliseconds = milliseconds;
    request.tries_again = tries_again;
    return request_answer(&request, &call, ppv);
}

STDAPI SiteBridgeQueryService(SiteBridge *bridge, REFGUID rsid, REFIID riid, void **ppvObj)
{
    return request_query(bridge, INFINITE, FALSE, rsid, riid, ppvObj);
}
