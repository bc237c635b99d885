#include "../atomic.h"
#include "../module.h"
#include "../trace.h"
#include "bridge.h"

STDAPI_(ULONG) SiteBridgeAddRef(SiteBridge *bridge)
{
    return bridge ? (ULONG)InterlockedIncrement(&bridge->refs) : 0;
}

STDAPI_(ULONG) SiteBridgeRelease(SiteBridge *bridge)
{
    LONG refs;

    if (!bridge)
        return 0;
    refs = InterlockedDecrement(&bridge->refs);
    if (refs != 0)
        return (ULONG)refs;
    bridge_unsite(bridge);
    shared_release(&bridge->counts.shared);
    return 0;
}

/* From the first site on: who was given something by it needs the MTA until then, sited or not. */
static HRESULT bridge_use(SiteBridge *bridge)
{
    HRESULT hr;

    if (long_read(&bridge->in_use))
        return S_OK;
    hr = threads_acquire();
    if (SUCCEEDED(hr) && InterlockedExchange(&bridge->in_use, TRUE))
        threads_release();
    return hr;
}

/*
 * The new session is reported before it is published, since another thread may end it from then on. One
 * that does not become the bridge's after all is reported as having gone. Checked by test/model/slots.pml and
 * home.pml.
 */
STDAPI SiteBridgeSetSite(SiteBridge *bridge, IServiceProvider *site)
{
    Session *session = NULL, *previous;
    HRESULT hr = S_OK;

    if (!bridge)
        return E_INVALIDARG;
    for (;;) {
        previous = bridge_session(bridge);
        if (previous && !session_is_at_home(previous)) {
            hr = RPC_E_WRONG_THREAD;
        } else if (site && !session) {
            hr = session_create(&bridge->counts, bridge_retire, site, &session);
            if (SUCCEEDED(hr)) {
                trace_event(SITEBRIDGE_TRACE_SITED, bridge, home_thread(session->home));
                hr = bridge_use(bridge);
            }
        }
        if (FAILED(hr) || bridge_exchange(bridge, previous, session))
            break;
        /* Another thread, or the site that has just been asked, was quicker. */
        if (previous)
            shared_release(&previous->shared);
    }
    if (FAILED(hr) && session)
        session_end(session);
    if (SUCCEEDED(hr) && previous)
        session_end_at_home(previous);
    if (previous)
        shared_release(&previous->shared);
    return hr;
}

STDAPI SiteBridgeGetStatistics(SiteBridge *bridge, SiteBridgeStatistics *statistics)
{
    const Counts *counts;

    if (!statistics)
        return E_POINTER;
    if (!bridge || statistics->size != sizeof *statistics)
        return E_INVALIDARG;
    counts = &bridge->counts;
    statistics->packets_marshaled = (DWORD)long_read(&counts->packets_marshaled);
    statistics->packets_unmarshaled = (DWORD)long_read(&counts->packets_unmarshaled);
    statistics->packets_reclaimed = (DWORD)long_read(&counts->packets_reclaimed);
    statistics->proxies_cached = (DWORD)long_read(&counts->proxies_cached);
    statistics->calls_in_flight = bridge_calls(bridge);
    return S_OK;
}

STDAPI SiteBridgeCanUnloadNow(void)
{
    /* A hook can be taken off on its own thread only, and this may be the one call that comes here. */
    home_sweep_current();
    return module_is_needed() ? S_FALSE : S_OK;
}
