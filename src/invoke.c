#include "query.h"
#include "trace.h"

static HRESULT invoke_at_home(Call *call, SiteBridgeWork work, void *context)
{
    Gate *gate = call->session->gate;
    HRESULT hr;

    gate_addref(gate);
    bridge_leave(call);
    hr = gate_invoke(gate, work, context);
    gate_release(gate);
    return hr;
}

STDAPI SiteBridgeInvoke(SiteBridge *bridge, SiteBridgeWork work, void *context)
{
    IUnknown *provider;
    Session *session;
    Watch watch;
    Call call;
    HRESULT hr;
    BOOL ran = FALSE;

    if (!work)
        return E_POINTER;
    if (!bridge)
        return E_INVALIDARG;
    if (!bridge_enter(bridge, &call))
        return E_UNEXPECTED;
    session = call.session;
    if (apartment_has_ended(session->home)) {
        hr = CO_E_OBJNOTCONNECTED;
    } else if (apartment_is_current(session->home)) {
        return invoke_at_home(&call, work, context);
    } else if (SUCCEEDED(hr = export_reach(&session->site, &provider))) {
        watch_begin(&watch, bridge, session->home, GetCurrentThreadId());
        hr = gate_invoke_through(session->gate, (IServiceProvider *)provider, work, context, &ran);
        watch_end(&watch);
    }
    if (!ran)
        hr = query_result(session, hr, NULL);
    bridge_leave(&call);
    return hr;
}
