#include "gate.h"

#include <stdlib.h>
#include <string.h>

#include "module.h"

/*
 * A function on its way to home. It travels as a service ID that holds its number, so that the
 * one interface which is marshaled carries both.
 */
typedef struct Invocation {
    struct Invocation *next;
    volatile LONG refs;     /* the caller's and the gate's, which home takes over */
    ULONGLONG number;
    SiteBridgeWork work;
    void *context;
    BOOL done;              /* these two with the gate's lock held */
    HRESULT result;
} Invocation;

struct Gate {
    IServiceProvider provider;
    volatile LONG refs;
    Apartment *home;            /* counted */
    SRWLOCK lock;               /* guards what follows; nothing is called with it held */
    IServiceProvider *site;     /* released on home */
    LONG calls;                 /* of the site, executing */
    BOOL closed;
    ULONGLONG last_number;
    Invocation *invocations;
};

/* {A9C5B2F4-6E1D-4B7A-....-............}, and the number. */
static const GUID invocation_service = { 0xA9C5B2F4, 0x6E1D, 0x4B7A, { 0 } };

HRESULT gate_tidy(HRESULT hr, void **ppv)
{
    if (FAILED(hr))
        *ppv = NULL;
    else if (!*ppv)
        hr = E_NOINTERFACE;
    return hr;
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
    IServiceProvider *site;

    AcquireSRWLockExclusive(&gate->lock);
    gate->closed = TRUE;
    site = gate_take_site(gate);
    ReleaseSRWLockExclusive(&gate->lock);
    if (site)
        IServiceProvider_Release(site);
}

void gate_abandon(Gate *gate)
{
    AcquireSRWLockExclusive(&gate->lock);
    gate->closed = TRUE;
    gate->site = NULL;
    ReleaseSRWLockExclusive(&gate->lock);
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

/* Invocations */

static void invocation_release(Invocation *invocation)
{
    if (InterlockedDecrement(&invocation->refs) == 0)
        free(invocation);
}

/* The gate's reference on the invocation, which is then the caller's; NULL where it has gone. */
static Invocation *gate_take_invocation(Gate *gate, ULONGLONG number)
{
    Invocation **link, *invocation;

    AcquireSRWLockExclusive(&gate->lock);
    for (link = &gate->invocations; (invocation = *link) != NULL; link = &invocation->next) {
        if (invocation->number == number) {
            *link = invocation->next;
            break;
        }
    }
    ReleaseSRWLockExclusive(&gate->lock);
    return invocation;
}

static HRESULT gate_run_invocation(Gate *gate, REFGUID rsid)
{
    Invocation *invocation;
    IServiceProvider *site;
    ULONGLONG number;
    HRESULT hr;

    site = gate_begin(gate);
    if (!site)
        return E_UNEXPECTED;
    memcpy(&number, rsid->Data4, sizeof number);
    invocation = gate_take_invocation(gate, number);
    if (!invocation) {
        gate_end(gate);
        return E_UNEXPECTED;
    }
    hr = invocation->work(site, invocation->context);
    AcquireSRWLockExclusive(&gate->lock);
    invocation->result = hr;
    invocation->done = TRUE;
    ReleaseSRWLockExclusive(&gate->lock);
    invocation_release(invocation);
    gate_end(gate);
    return S_OK;
}

HRESULT gate_invoke_through(Gate *gate, IServiceProvider *provider, SiteBridgeWork work,
                            void *context, BOOL *ran)
{
    Invocation *invocation = calloc(1, sizeof *invocation);
    GUID service = invocation_service;
    IUnknown *nothing = NULL;
    BOOL called = TRUE;
    HRESULT hr;

    if (ran)
        *ran = FALSE;
    if (!invocation)
        return E_OUTOFMEMORY;
    invocation->refs = 2;
    invocation->work = work;
    invocation->context = context;
    AcquireSRWLockExclusive(&gate->lock);
    invocation->number = ++gate->last_number;
    invocation->next = gate->invocations;
    gate->invocations = invocation;
    ReleaseSRWLockExclusive(&gate->lock);
    memcpy(service.Data4, &invocation->number, sizeof invocation->number);

    hr = IServiceProvider_QueryService(provider, &service, &IID_IUnknown, (void **)&nothing);

    /* Where it has not been taken by now, it never will be. */
    if (gate_take_invocation(gate, invocation->number)) {
        invocation_release(invocation);
        called = FALSE;
    }
    if (ran)
        *ran = called;
    AcquireSRWLockExclusive(&gate->lock);
    if (invocation->done)
        hr = invocation->result;
    else if (SUCCEEDED(hr))
        hr = E_UNEXPECTED;
    ReleaseSRWLockExclusive(&gate->lock);
    invocation_release(invocation);
    return hr;
}

/* The object */

static Gate *gate_from_provider(IServiceProvider *provider)
{
    return CONTAINING_RECORD(provider, Gate, provider);
}

static HRESULT STDMETHODCALLTYPE provider_QueryInterface(IServiceProvider *provider, REFIID riid,
                                                         void **ppv)
{
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IServiceProvider)) {
        *ppv = NULL;
        return E_NOINTERFACE;
    }
    gate_addref(gate_from_provider(provider));
    *ppv = provider;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE provider_AddRef(IServiceProvider *provider)
{
    return (ULONG)InterlockedIncrement(&gate_from_provider(provider)->refs);
}

static ULONG STDMETHODCALLTYPE provider_Release(IServiceProvider *provider)
{
    Gate *gate = gate_from_provider(provider);
    Apartment *home = gate->home;
    ULONG refs = (ULONG)InterlockedDecrement(&gate->refs);

    if (refs == 0) {
        free(gate);
        apartment_spare_hook(home);
        apartment_sweep(home);
        apartment_release(home);
    }
    return refs;
}

static HRESULT STDMETHODCALLTYPE provider_QueryService(IServiceProvider *provider, REFGUID rsid,
                                                       REFIID riid, void **ppv)
{
    Gate *gate = gate_from_provider(provider);
    Apartment *home = gate->home;
    HRESULT hr;

    *ppv = NULL;
    apartment_begin_call(home);
    if (memcmp(rsid, &invocation_service, FIELD_OFFSET(GUID, Data4)) == 0)
        hr = gate_run_invocation(gate, rsid);
    else
        hr = gate_query_service(gate, rsid, riid, ppv);
    apartment_end_call(home);
    return hr;
}

static IServiceProviderVtbl provider_vtbl = {
    provider_QueryInterface, provider_AddRef, provider_Release, provider_QueryService,
};

HRESULT gate_create(Apartment *home, IServiceProvider *site, Gate **result)
{
    Gate *gate = calloc(1, sizeof *gate);

    *result = gate;
    if (!gate)
        return E_OUTOFMEMORY;
    gate->provider.lpVtbl = &provider_vtbl;
    gate->refs = 1;
    gate->home = home;
    apartment_addref(home);
    apartment_need_hook(home);
    InitializeSRWLock(&gate->lock);
    gate->site = site;
    IServiceProvider_AddRef(site);
    return S_OK;
}

void gate_addref(Gate *gate)
{
    provider_AddRef(&gate->provider);
}

void gate_release(Gate *gate)
{
    provider_Release(&gate->provider);
}

IUnknown *gate_object(Gate *gate)
{
    return (IUnknown *)&gate->provider;
}
