#include "bridge.h"

STDAPI SiteBridgePrefetch(SiteBridge *bridge, REFGUID rsid, REFIID riid)
{
    IUnknown *object;
    Session *session;
    HRESULT hr;

    if (!bridge || !rsid || !riid)
        return E_INVALIDARG;
    session = bridge_session(bridge);
    if (!session)
        return E_UNEXPECTED;
    if (!home_is_current(session->home)) {
        hr = home_has_ended(session->home) ? CO_E_OBJNOTCONNECTED : RPC_E_WRONG_THREAD;
    } else {
        hr = gate_query_service(session->gate, rsid, riid, (void **)&object);
        if (SUCCEEDED(hr))
            hr = session_keep_service(session, rsid, riid, object);
        if (object)
            IUnknown_Release(object);
    }
    shared_release(&session->shared);
    return hr;
}
