#include "request.h"

HRESULT request_invoke(SiteBridge *bridge, DWORD milliseconds, BOOL tries_again, SiteBridgeWork work,
                       void *context)
{
    Request request = { 0 };
    Call call;

    if (!work)
        return E_POINTER;
    if (!bridge)
        return E_INVALIDARG;
    if (!bridge_enter(bridge, &call))
        return E_UNEXPECTED;
    request.work = work;
    request.context = context;
    request.milliseconds = milliseconds;
    request.tries_again = tries_again;
    return request_answer(&request, &call, NULL);
}

STDAPI SiteBridgeInvoke(SiteBridge *bridge, SiteBridgeWork work, void *context)
{
    return request_invoke(bridge, INFINITE, FALSE, work, context);
}
