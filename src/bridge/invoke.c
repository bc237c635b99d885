#include "background.h"

STDAPI SiteBridgeInvoke(SiteBridge *bridge, SiteBridgeWork work, void *context)
{
    Request request = { 0 };
    Gate *gate;
    Call call;
    HRESULT hr;

    if (!work)
        return E_POINTER;
    if (!bridge)
        return E_INVALIDARG;
    if (!bridge_enter(bridge, &call))
        return E_UNEXPECTED;
    if (home_is_current(call.session->home)) {
        gate = bridge_leave_at_home(&call);
        hr = gate_invoke(gate, work, context);
        shared_release(&gate->shared);
        return hr;
    }
    request.work = work;
    request.context = context;
    hr = background_call(call.session, INFINITE, &request, NULL);
    bridge_leave(&call);
    return hr;
}
