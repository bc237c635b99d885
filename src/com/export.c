#include "export.h"

#include "../atomic.h"
#include "../trace.h"
#include "agile.h"
#include "invocation.h"
#include "packet.h"

HRESULT export_init(Export *export, Home *home, Counts *counts, REFIID iid, IUnknown *object)
{
    ZeroMemory(export, sizeof *export);
    export->home = home;
    export->counts = counts;
    export->iid = *iid;
    export->agile = agile_is(object);
    if (!export->agile)
        return packet_marshal(counts, iid, object, (IStream **)&export->packet);
    IUnknown_AddRef(object);
    export->object = object;
    return S_OK;
}

BOOL export_is_proxy(const Export *export)
{
    return !export->agile && !export->home->mta;
}

static void export_count_proxy(Export *export, LONG change)
{
    if (!export_is_proxy(export))
        return;
    InterlockedExchangeAdd(&export->counts->proxies_cached, change);
    trace_event(change > 0 ? SITEBRIDGE_TRACE_PROXY_MADE : SITEBRIDGE_TRACE_PROXY_GONE,
                export->counts->bridge, home_thread(export->home));
}

/* By one thread at a time, until it has succeeded. */
static BOOL CALLBACK export_unmarshal(PINIT_ONCE once, void *parameter, void **context)
{
    Export *export = CONTAINING_RECORD(once, Export, once);
    IStream *packet = InterlockedExchangePointer(&export->packet, NULL);
    HRESULT *hr = parameter;
    IUnknown *object;

    (void)context;
    *hr = CO_E_OBJNOTCONNECTED;
    if (!packet)
        return FALSE;
    InterlockedExchange(&export->unmarshaling, (LONG)GetCurrentThreadId());
    *hr = packet_unmarshal(export->counts, &packet, &export->iid, (void **)&object);
    InterlockedExchange(&export->unmarshaling, 0);
    pointer_publish(&export->packet, packet);
    pointer_publish(&export->object, object);
    if (object)
        export_count_proxy(export, 1);
    return object != NULL;
}

static HRESULT export_make_proxy(Export *export)
{
    HRESULT hr = S_OK;

    if ((DWORD)long_read(&export->unmarshaling) == GetCurrentThreadId())
        return RPC_E_CANTCALLOUT_INEXTERNALCALL;
    InitOnceExecuteOnce(&export->once, export_unmarshal, &hr, NULL);
    return pointer_read(&export->object) ? S_OK : hr;
}

HRESULT export_reach(Export *export, IUnknown **object)
{
    HRESULT hr = S_OK;

    if (!pointer_read(&export->object)) {
        /* Its release will ask the gate, which nobody may have needed so far. */
        if (export->gate != export && export_is_proxy(export))
            hr = export_make_proxy(export->gate);
        if (SUCCEEDED(hr))
            hr = export_make_proxy(export);
    }
    *object = pointer_read(&export->object);
    return hr;
}

void export_close(Export *export)
{
    IStream *packet = InterlockedExchangePointer(&export->packet, NULL);

    if (!packet)
        return;
    /* The MTA lives on without the thread that was home. */
    if (home_has_ended(export->home) && !export->home->mta)
        IStream_Release(packet);
    else
        packet_reclaim(export->counts, packet);
}

enum { GIVE_BACK_INTERVAL = 50 };

static void export_await_home(Export *export)
{
    IServiceProvider *gate = pointer_read(&export->gate->object);
    IUnknown *nothing = NULL;

    while (gate && !export->home->closing && !home_is_lost(export->home) &&
           export_is_rejection(IServiceProvider_QueryService(gate, &invocation_of_nothing, &IID_IUnknown,
                                                             (void **)&nothing)))
        Sleep(GIVE_BACK_INTERVAL);
}

static void export_run_give_back(Job *job)
{
    Export *export = CONTAINING_RECORD(job, Export, job);
    IUnknown *object = pointer_read(&export->object);

    /* One whose unmarshal failed while the site went away comes too late for home. */
    export_close(export);
    if (object && export_is_proxy(export))
        export_await_home(export);
    pointer_publish(&export->object, NULL);
    if (object) {
        IUnknown_Release(object);
        export_count_proxy(export, -1);
    }
    export->given_back(export);
}

/* What is agile, or has not been used, takes neither the MTA nor home. */
void export_give_back(Export *export)
{
    export->job.run = export_run_give_back;
    if (!export->agile && pointer_read(&export->object))
        calls_send(&export->home->calls, &export->job);
    else
        export_run_give_back(&export->job);
}
