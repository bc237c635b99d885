#include "request.h"

STDAPI SiteBridgeInvoke(SiteBridge *bridge, SiteBridgeWork work, void *context)
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
    request.milliseconds = INFINITE;
    return request_answer(&request, &call, NULL);
}
