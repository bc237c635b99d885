#include "export.h"

#include "atomic.h"
#include "packet.h"
#include "relay.h"
#include "wait.h"

static IStream *export_take_packet(Export *export)
{
    IStream *packet;

    AcquireSRWLockExclusive(&export->lock);
    packet = export->packet;
    export->packet = NULL;
    ReleaseSRWLockExclusive(&export->lock);
    return packet;
}

static BOOL export_is_agile(IUnknown *object)
{
    IUnknown *agile;

    if (FAILED(IUnknown_QueryInterface(object, &IID_IAgileObject, (void **)&agile)))
        return FALSE;
    IUnknown_Release(agile);
    return TRUE;
}

HRESULT export_init(Export *export, SiteBridge *bridge, Apartment *home, REFIID iid,
                    IUnknown *object, BOOL counted)
{
    BOOL agile = export_is_agile(object);
    Remote *remote = NULL;
    HRESULT hr = S_OK;

    ZeroMemory(export, sizeof *export);
    export->bridge = bridge;
    export->home = home;
    export->iid = *iid;
    export->counted = counted;
    InitializeSRWLock(&export->lock);
    InitializeConditionVariable(&export->settled);
    if (!agile)
        hr = packet_marshal(bridge, iid, object, &export->packet);
    if (SUCCEEDED(hr) && (agile || apartment_is_mta(home))) {
        hr = remote_wrap(bridge, home, iid, object, agile, &remote);
        if (FAILED(hr) && export->packet)
            packet_reclaim(bridge, export_take_packet(export));
    }
    export->remote = remote;
    return hr;
}

/* In the MTA: the remote, made where there is none. */
static HRESULT export_remote(Export *export, Remote **result)
{
    Remote *remote = pointer_read(&export->remote);
    IStream *packet = NULL;
    HRESULT hr = S_OK;

    if (remote) {
        *result = remote;
        return S_OK;
    }
    AcquireSRWLockExclusive(&export->lock);
    while (export->unmarshaling && export->unmarshaling != GetCurrentThreadId())
        SleepConditionVariableSRW(&export->settled, &export->lock, INFINITE, 0);
    remote = export->remote;
    if (export->unmarshaling) {
        hr = RPC_E_CANTCALLOUT_INEXTERNALCALL;
    } else if (!remote) {
        packet = export->packet;
        export->packet = NULL;
        hr = packet ? S_OK : CO_E_OBJNOTCONNECTED;
        if (packet)
            export->unmarshaling = GetCurrentThreadId();
    }
    ReleaseSRWLockExclusive(&export->lock);
    if (packet) {
        hr = remote_unmarshal(export->bridge, export->home, &export->iid, &packet,
                              export->counted, &remote);
        AcquireSRWLockExclusive(&export->lock);
        export->packet = packet;
        pointer_publish(&export->remote, remote);
        export->unmarshaling = 0;
        ReleaseSRWLockExclusive(&export->lock);
        WakeAllConditionVariable(&export->settled);
    }
    *result = remote;
    return hr;
}

HRESULT export_reach_in_mta(Export *export, IUnknown **object)
{
    Remote *remote;
    HRESULT hr = export_remote(export, &remote);

    *object = NULL;
    if (FAILED(hr))
        return hr;
    remote_use(remote);
    *object = remote_object(remote);
    return hr;
}

/* A packet for another apartment, made on a thread of the pool. */
typedef struct Loan {
    Export *export;
    Remote *remote;
    IStream *packet;
    HRESULT hr;
} Loan;

static void loan_make(void *context)
{
    Loan *loan = context;

    loan->hr = export_remote(loan->export, &loan->remote);
    if (SUCCEEDED(loan->hr))
        loan->hr = remote_lend(loan->remote, &loan->packet);
}

static void loan_give_back(void *context)
{
    Loan *loan = context;

    packet_reclaim(loan->export->bridge, loan->packet);
}

/*
 * Asks the relay for what it does not have. A thread that ends without CoUninitialize gives its proxy back
 * while no other thread can start, so that the MTA has to be within COM's reach by then (test/unit:
 * an_sta_may_end_without_a_word).
 */
static void connection_make(IUnknown *proxy)
{
    IUnknown *nothing;

    if (SUCCEEDED(IUnknown_QueryInterface(proxy, &IID_IExternalConnection, (void **)&nothing)))
        IUnknown_Release(nothing);
}

static HRESULT export_reach_in_sta(Export *export, IUnknown **object)
{
    Loan loan = { export, NULL, NULL, S_OK };
    Apartment *apartment;
    HRESULT hr;

    hr = apartment_enter(&apartment);
    if (FAILED(hr))
        return hr;
    /* The wait lets calls in, and one of them may sweep. */
    apartment_need_hook(apartment);
    /* Where home is the MTA, the packet of home's will do for the first. */
    if (apartment_is_mta(export->home) && (loan.packet = export_take_packet(export)) != NULL) {
        loan.remote = export->remote;
    } else {
        hr = mta_run(loan_make, &loan);
        if (SUCCEEDED(hr))
            hr = loan.hr;
    }
    if (SUCCEEDED(hr)) {
        hr = packet_unmarshal(export->bridge, &loan.packet, &export->iid, (void **)object);
        if (SUCCEEDED(hr)) {
            connection_make(*object);
            hr = apartment_keep_proxy(apartment, loan.remote, object);
        } else if (FAILED(mta_run(loan_give_back, &loan))) {
            loan_give_back(&loan);
        }
    }
    apartment_spare_hook(apartment);
    apartment_sweep(apartment);
    apartment_release(apartment);
    return hr;
}

HRESULT export_reach(Export *export, IUnknown **object)
{
    Remote *remote = pointer_read(&export->remote);
    Apartment *apartment;

    *object = NULL;
    if (remote && remote_is_agile(remote)) {
        *object = remote_object(remote);
        return S_OK;
    }
    apartment = remote ? apartment_current_sta() : NULL;
    if (apartment && (*object = apartment_find_proxy(apartment, remote)) != NULL)
        return S_OK;
    switch (place_current()) {
    case PLACE_STA:
        return export_reach_in_sta(export, object);
    case PLACE_OTHER:
        return CO_E_NOT_SUPPORTED;
    default:
        return export_reach_in_mta(export, object);
    }
}

void export_close(Export *export)
{
    IStream *packet = export_take_packet(export);

    if (!packet)
        return;
    if (apartment_has_ended(export->home))
        IStream_Release(packet);
    else
        packet_reclaim(export->bridge, packet);
}

void export_destroy(Export *export)
{
    Remote *remote = export->remote;

    /* One whose unmarshal failed while the site went away comes too late for home. */
    export_close(export);
    export->remote = NULL;
    if (remote) {
        remote_close(remote);
        remote_release(remote);
    }
}
