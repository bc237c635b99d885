#include "gate.h"

#include <stdlib.h>

#include "road.h"

/* A site's own answer of such a code crosses with the customer's bit set, to be told from home's filter's. */
enum { OWN_ANSWER = 0x20000000 };

static HRESULT gate_mark_own(HRESULT hr)
{
    return export_is_rejection(hr) ? hr | OWN_ANSWER : hr;
}

static HRESULT gate_unmark_own(HRESULT hr)
{
    return export_is_rejection(hr & ~OWN_ANSWER) ? hr & ~OWN_ANSWER : hr;
}

static IServiceProvider *gate_begin(Gate *gate)
{
    IServiceProvider *site = NULL;

    AcquireSRWLockExclusive(&gate->lock);
    if (!gate->closed) {
        site = gate->site;
        gate->calls++;
    }
    ReleaseSRWLockExclusive(&gate->lock);
    return site;
}

/* With the lock held: the site, where it is time to release it. */
static IServiceProvider *gate_take_site(Gate *gate)
{
    IServiceProvider *site = NULL;

    if (gate->closed && gate->calls == 0) {
        site = gate->site;
        gate->site = NULL;
    }
    return site;
}

static void gate_end(Gate *gate)
{
    IServiceProvider *site;

    AcquireSRWLockExclusive(&gate->lock);
    gate->calls--;
    site = gate_take_site(gate);
    ReleaseSRWLockExclusive(&gate->lock);
    if (site)
        IServiceProvider_Release(site);
}

void gate_close(Gate *gate)
{
    BOOL lost = home_has_ended(gate->home) && !home_is_own_thread(gate->home) && !gate->home->mta;
    IServiceProvider *site;

    AcquireSRWLockExclusive(&gate->lock);
    gate->closed = TRUE;
    if (lost)
        gate->site = NULL;
    site = gate_take_site(gate);
    ReleaseSRWLockExclusive(&gate->lock);
    export_close(&gate->export);
    if (site)
        IServiceProvider_Release(site);
}

HRESULT gate_query_service(Gate *gate, REFGUID rsid, REFIID riid, void **ppv)
{
    IServiceProvider *site = gate_begin(gate);
    HRESULT hr;

    *ppv = NULL;
    if (!site)
        return E_UNEXPECTED;
    hr = gate_tidy(IServiceProvider_QueryService(site, rsid, riid, ppv), ppv);
    gate_end(gate);
    return hr;
}

HRESULT gate_invoke(Gate *gate, SiteBridgeWork work, void *context)
{
    IServiceProvider *site = gate_begin(gate);
    HRESULT hr;

    if (!site)
        return E_UNEXPECTED;
    hr = work(site, context);
    gate_end(gate);
    return hr;
}

static HRESULT gate_run_invocation(Gate *gate, REFGUID rsid)
{
    IServiceProvider *site = gate_begin(gate);
    HRESULT hr;

    if (!site)
        return E_UNEXPECTED;
    hr = invocation_run(&gate->invocations, rsid, site);
    gate_end(gate);
    return hr;
}

/* From the MTA */

/* The proxy, borrowed; where home is the MTA, the gate itself. */
static HRESULT gate_reach(Gate *gate, IServiceProvider **provider)
{
    if (!gate->home->mta)
        return export_reach(&gate->export, (IUnknown **)provider);
    *provider = &gate->provider;
    return S_OK;
}

HRESULT gate_query_through(Gate *gate, REFGUID rsid, REFIID riid, void **ppv, BOOL *rejected)
{
    IServiceProvider *provider;
    HRESULT hr = gate_reach(gate, &provider);

    *rejected = FALSE;
    if (FAILED(hr))
        return hr;
    hr = IServiceProvider_QueryService(provider, rsid, riid, ppv);
    *rejected = export_is_rejection(hr);
    return gate_tidy(gate_unmark_own(hr), ppv);
}

HRESULT gate_invoke_through(Gate *gate, SiteBridgeWork work, void *context, BOOL *ran, BOOL *rejected)
{
    IServiceProvider *provider;
    HRESULT hr = gate_reach(gate, &provider);

    *ran = *rejected = FALSE;
    if (FAILED(hr))
        return hr;
    hr = invocation_send(&gate->invocations, gate->home, provider, work, context, ran);
    *rejected = !*ran && export_is_rejection(hr);
    return hr;
}

BOOL gate_keep(Gate *gate)
{
    if (!long_add(&gate->keepers, 1, 1))
        return FALSE;
    shared_addref(&gate->shared);
    return TRUE;
}

void gate_give_back(Gate *gate)
{
    if (InterlockedDecrement(&gate->keepers) == 0)
        export_give_back(&gate->export);
    else
        shared_release(&gate->shared);
}

/* The object */

static Gate *gate_from_provider(IServiceProvider *provider)
{
    return CONTAINING_RECORD(provider, Gate, provider);
}

static HRESULT STDMETHODCALLTYPE gate_QueryInterface(IServiceProvider *provider, REFIID riid, void **ppv)
{
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IServiceProvider)) {
        *ppv = NULL;
        return E_NOINTERFACE;
    }
    IServiceProvider_AddRef(provider);
    *ppv = provider;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE gate_AddRef(IServiceProvider *provider)
{
    Gate *gate = gate_from_provider(provider);

    home_export(gate->home);
    InterlockedIncrement(&gate->com_refs);
    return shared_addref(&gate->shared);
}

static ULONG STDMETHODCALLTYPE gate_Release(IServiceProvider *provider)
{
    Gate *gate = gate_from_provider(provider);

    InterlockedDecrement(&gate->com_refs);
    home_unexport(gate->home);
    return shared_release(&gate->shared);
}

static HRESULT STDMETHODCALLTYPE gate_QueryService(IServiceProvider *provider, REFGUID rsid, REFIID riid,
                                                   void **ppv)
{
    Gate *gate = gate_from_provider(provider);
    GUID chain;
    HRESULT hr;

    *ppv = NULL;
    road_chain(&chain);
    home_call_arrives(gate->home, &chain);
    if (invocation_is(rsid))
        hr = gate_run_invocation(gate, rsid);
    else
        hr = gate_mark_own(gate_query_service(gate, rsid, riid, ppv));
    home_call_returns(gate->home, &chain);
    return hr;
}

static IServiceProviderVtbl gate_vtbl = {
    gate_QueryInterface, gate_AddRef, gate_Release, gate_QueryService,
};

static void gate_given_back(Export *export)
{
    Gate *gate = CONTAINING_RECORD(export, Gate, export);

    /* COM's references have gone with the thread. */
    while (gate->home->killed && gate->com_refs > 0)
        gate_Release(&gate->provider);
    shared_release(&gate->shared);
}

static void gate_destroy(Shared *shared)
{
    Gate *gate = CONTAINING_RECORD(shared, Gate, shared);

    shared_release(&gate->counts->shared);
    shared_release(&gate->home->shared);
    free(gate);
}

HRESULT gate_create(Home *home, Counts *counts, IServiceProvider *site, Gate **result)
{
    Gate *gate = calloc(1, sizeof *gate);
    HRESULT hr;

    *result = NULL;
    if (!gate)
        return E_OUTOFMEMORY;
    shared_init(&gate->shared, gate_destroy);
    gate->provider.lpVtbl = &gate_vtbl;
    gate->home = home;
    shared_addref(&home->shared);
    gate->counts = counts;
    shared_addref(&counts->shared);
    gate->site = site;
    IServiceProvider_AddRef(site);
    hr = export_init(&gate->export, home, counts, &IID_IServiceProvider, (IUnknown *)&gate->provider);
    if (FAILED(hr)) {
        gate_close(gate);
        shared_release(&gate->shared);
        return hr;
    }
    gate->export.gate = &gate->export;
    gate->export.given_back = gate_given_back;
    gate->keepers = 1;
    shared_addref(&gate->shared);
    *result = gate;
    return S_OK;
}
