/*
 * What SiteBridge costs, as ratios between things measured side by side in one run: each comparison
 * alternates between its sides, many times a round, and prints the minimum, the median and the maximum.
 *
 *   bench [--json FILE] [--rounds N] [--bytes WHAT NUMBER LIMIT]...
 *
 * --bytes: a size that run.sh has taken, to be reported with the rest.
 */
#include "bench.h"

#include <stdio.h>
#include <string.h>

#include <ole2.h>

#include "measure.h"

static const GUID live_service = { 0x7d1f1a01, 0x52b3, 0x4c53, { 0x9a, 1, 2, 3, 4, 5, 6, 7 } };
static const GUID fetched_service = { 0x7d1f1a02, 0x52b3, 0x4c53, { 0x9a, 1, 2, 3, 4, 5, 6, 7 } };

/* The host's object: static, and indifferent to its references. */

typedef struct Host {
    IServiceProvider provider;
    BOOL agile;
} Host;

static Host host, agile_host, sited_host, table_host, stream_host, service, fetched;

static HRESULT STDMETHODCALLTYPE host_QueryInterface(IServiceProvider *provider, REFIID riid, void **ppv)
{
    const Host *asked = CONTAINING_RECORD(provider, Host, provider);

    *ppv = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IServiceProvider) &&
        !(asked->agile && IsEqualIID(riid, &IID_IAgileObject)))
        return E_NOINTERFACE;
    *ppv = provider;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE host_AddRef(IServiceProvider *provider)
{
    (void)provider;
    return 2;
}

static ULONG STDMETHODCALLTYPE host_Release(IServiceProvider *provider)
{
    (void)provider;
    return 1;
}

static HRESULT STDMETHODCALLTYPE host_QueryService(IServiceProvider *provider, REFGUID rsid, REFIID riid,
                                                   void **ppv)
{
    (void)provider, (void)riid;
    /* Two objects: a live proxy of one would make the other's cheaper. */
    *ppv = IsEqualGUID(rsid, &fetched_service) ? &fetched.provider : &service.provider;
    return S_OK;
}

static IServiceProviderVtbl host_vtbl = {
    host_QueryInterface, host_AddRef, host_Release, host_QueryService,
};

static Host host = { { &host_vtbl }, FALSE };
static Host agile_host = { { &host_vtbl }, TRUE };
/* Never exported but by the measured call, so that it makes the stub, as the bridge's gate does. */
static Host sited_host = { { &host_vtbl }, FALSE };
/* Nobody has a proxy of these but who is being measured. */
static Host table_host = { { &host_vtbl }, FALSE };
static Host stream_host = { { &host_vtbl }, FALSE };
static Host service = { { &host_vtbl }, FALSE };
static Host fetched = { { &host_vtbl }, FALSE };
static SiteBridge *bridge;

IServiceProvider *plain_site(void)
{
    return &host.provider;
}

/* Home is the program's main thread. */

static void dispatch_until(HANDLE thread)
{
    MSG message;

    while (MsgWaitForMultipleObjectsEx(1, &thread, INFINITE, QS_ALLINPUT, MWMO_INPUTAVAILABLE) !=
           WAIT_OBJECT_0)
        while (PeekMessageW(&message, NULL, 0, 0, PM_REMOVE))
            DispatchMessageW(&message);
    CloseHandle(thread);
}

void run_with_home(LPTHREAD_START_ROUTINE measuring, void *context)
{
    dispatch_until(CreateThread(NULL, 0, measuring, context, 0, NULL));
}

static IStream *marshal(Host *marshaled)
{
    IStream *packet = NULL;

    CoMarshalInterThreadInterfaceInStream(&IID_IServiceProvider, (IUnknown *)&marshaled->provider, &packet);
    return packet;
}

static void query(IServiceProvider *provider, REFGUID rsid)
{
    IUnknown *object = NULL;

    if (SUCCEEDED(IServiceProvider_QueryService(provider, rsid, &IID_IServiceProvider, (void **)&object)))
        IUnknown_Release(object);
}

static void query_bridge(REFGUID rsid)
{
    IUnknown *object = NULL;

    if (SUCCEEDED(SiteBridgeQueryService(bridge, rsid, &IID_IServiceProvider, (void **)&object)))
        IUnknown_Release(object);
}

/* Warm queries from the MTA, and from an STA */

typedef struct Warm {
    IStream *packet;
    IStream *stream;            /* for any number of unmarshals */
    IServiceProvider *proxy;
    IGlobalInterfaceTable *table;
    DWORD cookie;
    COINIT apartment;
} Warm;

static void warm_bridge(void *context)
{
    (void)context;
    query_bridge(&live_service);
}

static void warm_within(void *context)
{
    IUnknown *object = NULL;

    (void)context;
    if (SUCCEEDED(SiteBridgeQueryServiceWithin(bridge, 10000, &live_service, &IID_IServiceProvider,
                                               (void **)&object)))
        IUnknown_Release(object);
}

static void warm_proxy(void *context)
{
    const Warm *warm = context;

    query(warm->proxy, &live_service);
}

static void query_and_release(IServiceProvider *provider)
{
    if (provider) {
        query(provider, &live_service);
        IServiceProvider_Release(provider);
    }
}

static void warm_table(void *context)
{
    const Warm *warm = context;
    IServiceProvider *provider = NULL;

    IGlobalInterfaceTable_GetInterfaceFromGlobal(warm->table, warm->cookie, &IID_IServiceProvider,
                                                 (void **)&provider);
    query_and_release(provider);
}

static void warm_unmarshal(void *context)
{
    const Warm *warm = context;
    IServiceProvider *provider = NULL;
    LARGE_INTEGER start = { { 0, 0 } };

    IStream_Seek(warm->stream, start, STREAM_SEEK_SET, NULL);
    CoUnmarshalInterface(warm->stream, &IID_IServiceProvider, (void **)&provider);
    query_and_release(provider);
}

static void warm_fetched(void *context)
{
    (void)context;
    query_bridge(&fetched_service);
}

static DWORD WINAPI measure_warm(void *context)
{
    Warm *warm = context;
    Sample bridged, bare, within, table, unmarshal, ahead;
    const BOOL mta = warm->apartment == COINIT_MULTITHREADED;
    const char *where = mta ? "MTA" : "STA";
    Side sides[6];

    CoInitializeEx(NULL, (DWORD)warm->apartment);
    CoGetInterfaceAndReleaseStream(warm->packet, &IID_IServiceProvider, (void **)&warm->proxy);
    sides[0] = side(warm_bridge, warm, 10, &bridged);
    sides[1] = side(warm_proxy, warm, 10, &bare);
    sides[2] = side(warm_within, warm, 10, &within);
    sides[3] = side(warm_table, warm, 10, &table);
    sides[4] = side(warm_unmarshal, warm, 10, &unmarshal);
    sides[5] = side(warm_fetched, warm, mta ? 1000 : 10, &ahead);
    measure(sides, 3);
    report_time("warm query, bare proxy", where, &bare);
    report_time("warm query, bridge", where, &bridged);
    report_time("warm query within a deadline, bridge", where, &within);
    report_ratio("bridge to bare proxy", where, &bridged, &bare, mta ? 1.02 : 1.35, 0);
    report_ratio("within a deadline to bare proxy", where, &within, &bare, mta ? 1.1 : 1.35, 0);
    bridged.count = bare.count = within.count = 0;
    measure(sides, 6);
    report_time("warm query, global interface table each time", where, &table);
    report_time("warm query, unmarshaling each time", where, &unmarshal);
    report_time("prefetched query, bridge", where, &ahead);
    report_ratio("global interface table to bridge", where, &table, &bridged, 0, 0);
    report_ratio("unmarshaling to bridge", where, &unmarshal, &bridged, 0, 0);
    report_ratio("live to prefetched", where, &bridged, &ahead, 0, mta ? 500 : 0);
    IServiceProvider_Release(warm->proxy);
    CoUninitialize();
    return 0;
}

static void table_begin(IGlobalInterfaceTable **table, DWORD *cookie)
{
    CoCreateInstance(&CLSID_StdGlobalInterfaceTable, NULL, CLSCTX_INPROC_SERVER,
                     &IID_IGlobalInterfaceTable, (void **)table);
    IGlobalInterfaceTable_RegisterInterfaceInGlobal(*table, (IUnknown *)&table_host.provider,
                                                    &IID_IServiceProvider, cookie);
}

static void table_end(IGlobalInterfaceTable *table, DWORD cookie)
{
    IGlobalInterfaceTable_RevokeInterfaceFromGlobal(table, cookie);
    IGlobalInterfaceTable_Release(table);
}

static void bench_warm(COINIT apartment)
{
    LARGE_INTEGER start = { { 0, 0 } };
    Warm warm = { 0 };

    warm.apartment = apartment;
    warm.packet = marshal(&host);
    CreateStreamOnHGlobal(NULL, TRUE, &warm.stream);
    CoMarshalInterface(warm.stream, &IID_IServiceProvider, (IUnknown *)&stream_host.provider, MSHCTX_INPROC,
                       NULL, MSHLFLAGS_TABLESTRONG);
    table_begin(&warm.table, &warm.cookie);
    SiteBridgeSetSite(bridge, &host.provider);
    SiteBridgePrefetch(bridge, &fetched_service, &IID_IServiceProvider);
    run_with_home(measure_warm, &warm);
    SiteBridgeSetSite(bridge, NULL);
    table_end(warm.table, warm.cookie);
    IStream_Seek(warm.stream, start, STREAM_SEEK_SET, NULL);
    CoReleaseMarshalData(warm.stream);
    IStream_Release(warm.stream);
}

/* The bridge's own cost: an agile site that does nothing */

enum { AGILE_CALLS = 400000, RACE_CALLS = 8000000 };

static void agile_direct(void *context)
{
    /* Through a volatile pointer, so that the call stays a virtual one. */
    IServiceProvider *volatile *site = context;
    void *object;

    IServiceProvider_QueryService(*site, &live_service, &IID_IServiceProvider, &object);
}

static void agile_bridge(void *context)
{
    void *object;

    (void)context;
    SiteBridgeQueryService(bridge, &live_service, &IID_IServiceProvider, &object);
}

typedef struct Racer {
    HANDLE go;
    LONG calls;
} Racer;

static DWORD WINAPI race(void *context)
{
    Racer *racer = context;
    LONG i;

    WaitForSingleObject(racer->go, INFINITE);
    for (i = 0; i < racer->calls; i++)
        agile_bridge(NULL);
    return 0;
}

/*
 * Nanoseconds of wall time for each call of each of the threads, spread over the cores: where the system
 * leaves two on one for a while, nothing is learnt of the library.
 */
static double race_threads(int count)
{
    Racer racer = { CreateEventW(NULL, TRUE, FALSE, NULL), RACE_CALLS };
    SYSTEM_INFO system;
    HANDLE threads[8];
    double start, end;
    DWORD_PTR core;
    int i;

    GetSystemInfo(&system);
    for (i = 0; i < count; i++) {
        threads[i] = CreateThread(NULL, 0, race, &racer, 0, NULL);
        core = (DWORD_PTR)i % system.dwNumberOfProcessors;
        SetThreadAffinityMask(threads[i], (DWORD_PTR)1 << core);
    }
    Sleep(20);
    start = now();
    SetEvent(racer.go);
    WaitForMultipleObjects((DWORD)count, threads, TRUE, INFINITE);
    end = now();
    for (i = 0; i < count; i++)
        CloseHandle(threads[i]);
    CloseHandle(racer.go);
    return (end - start) / RACE_CALLS;
}

static void bench_agile(void)
{
    static const int counts[] = { 1, 2, 4, 8 };
    IServiceProvider *volatile site = &agile_host.provider;
    Sample direct, through, raced[4], twice;
    Side sides[2];
    char where[32];
    int i, round;

    SiteBridgeSetSite(bridge, &agile_host.provider);
    sides[0] = side(agile_direct, (void *)&site, AGILE_CALLS / TURNS, &direct);
    sides[1] = side(agile_bridge, NULL, AGILE_CALLS / TURNS, &through);
    measure(sides, 2);
    report_time("agile site, direct virtual call", "", &direct);
    report_time("agile site, bridge", "", &through);
    report_difference("bridge's own cost", "1 thread", &through, &direct, 15);
    memset(raced, 0, sizeof raced);
    twice.count = 0;
    for (round = 0; round < rounds(); round++) {
        for (i = 0; i < 4; i++)
            sample_add(&raced[i], race_threads(counts[i]));
        sample_add(&twice, 2 * sample_last(&raced[0]));
    }
    for (i = 0; i < 4; i++) {
        sprintf(where, "%d thread%s", counts[i], counts[i] == 1 ? "" : "s");
        report_time("agile site, bridge, each call", where, &raced[i]);
    }
    report_ratio("calls of 2 threads to those of 1", "", &twice, &raced[1], 0, 1.7);
    SiteBridgeSetSite(bridge, NULL);
}

/* Siting, and the first query */

static void site_bridge(void *context)
{
    (void)context;
    SiteBridgeSetSite(bridge, &host.provider);
    SiteBridgeSetSite(bridge, NULL);
}

static void site_bare(void *context)
{
    IStream *packet = marshal(&sited_host);

    (void)context;
    CoReleaseMarshalData(packet);
    IStream_Release(packet);
}

typedef struct First {
    IStream *packet;            /* for the bare one; NULL for the bridge */
    double nanoseconds;
    SiteBridge *bridge;
    COINIT apartment;
} First;

static DWORD WINAPI first_query(void *context)
{
    First *first = context;
    IServiceProvider *provider = NULL;
    IUnknown *object = NULL;
    double start;

    CoInitializeEx(NULL, (DWORD)first->apartment);
    start = now();
    if (first->packet) {
        CoGetInterfaceAndReleaseStream(first->packet, &IID_IServiceProvider, (void **)&provider);
        IServiceProvider_QueryService(provider, &live_service, &IID_IServiceProvider, (void **)&object);
    } else {
        SiteBridgeQueryService(first->bridge, &live_service, &IID_IServiceProvider, (void **)&object);
    }
    first->nanoseconds = now() - start;
    if (object)
        IUnknown_Release(object);
    if (provider)
        IServiceProvider_Release(provider);
    CoUninitialize();
    return 0;
}

static void bench_siting(void)
{
    Sample bare, bridged, first_bare, first_bridge;
    Side sides[2];
    First first = { 0 };
    int round;

    sides[0] = side(site_bare, NULL, 8, &bare);
    sides[1] = side(site_bridge, NULL, 8, &bridged);
    measure(sides, 2);
    report_time("marshal and CoReleaseMarshalData", "", &bare);
    report_time("SetSite and unsite", "", &bridged);
    report_ratio("bridge to bare", "siting", &bridged, &bare, 1.25, 0);

    first_bare.count = first_bridge.count = 0;
    first.bridge = bridge;
    first.apartment = COINIT_MULTITHREADED;
    for (round = 0; round < 5 * rounds(); round++) {
        first.packet = marshal(&sited_host);
        run_with_home(first_query, &first);
        sample_add(&first_bare, first.nanoseconds);
        first.packet = NULL;
        SiteBridgeSetSite(bridge, &host.provider);
        run_with_home(first_query, &first);
        sample_add(&first_bridge, first.nanoseconds);
        SiteBridgeSetSite(bridge, NULL);
    }
    report_time("unmarshal and first query, bare", "MTA", &first_bare);
    report_time("first query, bridge", "MTA", &first_bridge);
    report_ratio("bridge to bare", "first query", &first_bridge, &first_bare, 1.25, 0);
}

/* The 1st, the 8th and the 32nd apartment */

enum { APARTMENTS = 32 };

static const int measured_residents[] = { 0, 7, 31 };

typedef struct Resident {
    double first, second;       /* nanoseconds */
    HANDLE arrived, leave, thread;
} Resident;

static DWORD WINAPI resident_main(void *context)
{
    Resident *resident = context;
    double start, middle;

    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    start = now();
    query_bridge(&live_service);
    middle = now();
    query_bridge(&live_service);
    resident->first = middle - start;
    resident->second = now() - middle;
    SetEvent(resident->arrived);
    WaitForSingleObject(resident->leave, INFINITE);
    CoUninitialize();
    return 0;
}

static DWORD WINAPI measure_residents(void *context)
{
    Sample *samples = context;
    Resident residents[APARTMENTS];
    HANDLE leave = CreateEventW(NULL, TRUE, FALSE, NULL);
    int i;

    for (i = 0; i < APARTMENTS; i++) {
        residents[i].leave = leave;
        residents[i].arrived = CreateEventW(NULL, TRUE, FALSE, NULL);
        residents[i].thread = CreateThread(NULL, 0, resident_main, &residents[i], 0, NULL);
        WaitForSingleObject(residents[i].arrived, INFINITE);
    }
    SetEvent(leave);
    for (i = 0; i < APARTMENTS; i++) {
        WaitForSingleObject(residents[i].thread, INFINITE);
        CloseHandle(residents[i].thread);
        CloseHandle(residents[i].arrived);
    }
    CloseHandle(leave);
    for (i = 0; i < 3; i++) {
        sample_add(&samples[i], residents[measured_residents[i]].first);
        sample_add(&samples[3 + i], residents[measured_residents[i]].second);
    }
    return 0;
}

static void bench_apartments(void)
{
    static const char *const where[] = { "1st STA", "8th STA", "32nd STA" };
    Sample samples[6];
    int i, round;

    memset(samples, 0, sizeof samples);
    for (round = 0; round < rounds(); round++) {
        SiteBridgeSetSite(bridge, &host.provider);
        run_with_home(measure_residents, samples);
        SiteBridgeSetSite(bridge, NULL);
    }
    for (i = 0; i < 3; i++) {
        report_time("first query of an apartment", where[i], &samples[i]);
        report_time("its second", where[i], &samples[3 + i]);
        /* The 1st makes the MTA's proxy too. */
        report_ratio("first to second", where[i], &samples[i], &samples[3 + i], i ? 1.5 : 0, 0);
    }
}

/* Functions on home, a round in the MTA and one in an STA by turns, and as many and more that are posted */

enum { INVOKES = 200, POSTS = 3000 };

typedef struct Invoker {
    COINIT apartment;
    double nanoseconds;
} Invoker;

static HRESULT CALLBACK nothing(IServiceProvider *site, void *context)
{
    (void)site, (void)context;
    return S_OK;
}

static DWORD WINAPI invoke_from(void *context)
{
    Invoker *invoker = context;
    double start;
    int i;

    CoInitializeEx(NULL, (DWORD)invoker->apartment);
    SiteBridgeInvoke(bridge, nothing, NULL);
    start = now();
    for (i = 0; i < INVOKES; i++)
        SiteBridgeInvoke(bridge, nothing, NULL);
    invoker->nanoseconds = (now() - start) / INVOKES;
    CoUninitialize();
    return 0;
}

typedef struct Poster {
    LONG left;                  /* to be told of */
    HANDLE all_told;
    double posted, told;        /* nanoseconds a work, until the last post has returned, and until all have been told */
} Poster;

static void CALLBACK one_less(HRESULT result, void *context)
{
    Poster *poster = context;

    (void)result;
    if (InterlockedDecrement(&poster->left) == 0)
        SetEvent(poster->all_told);
}

static DWORD WINAPI post_from(void *context)
{
    Poster *poster = context;
    double start;
    int i;

    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    poster->left = POSTS;
    start = now();
    for (i = 0; i < POSTS; i++)
        SiteBridgePost(bridge, nothing, one_less, poster);
    poster->posted = (now() - start) / POSTS;
    WaitForSingleObject(poster->all_told, INFINITE);
    poster->told = (now() - start) / POSTS;
    CoUninitialize();
    return 0;
}

static void bench_invoke(void)
{
    Invoker mta = { COINIT_MULTITHREADED, 0 }, sta = { COINIT_APARTMENTTHREADED, 0 };
    Sample from_mta = { 0 }, from_sta = { 0 }, posted = { 0 }, told = { 0 };
    Poster poster = { 0 };
    int round;

    poster.all_told = CreateEventW(NULL, FALSE, FALSE, NULL);
    SiteBridgeSetSite(bridge, &host.provider);
    for (round = 0; round < 2 * rounds(); round++) {
        run_with_home(invoke_from, &mta);
        sample_add(&from_mta, mta.nanoseconds);
        run_with_home(invoke_from, &sta);
        sample_add(&from_sta, sta.nanoseconds);
        run_with_home(post_from, &poster);
        sample_add(&posted, poster.posted);
        sample_add(&told, poster.told);
    }
    SiteBridgeSetSite(bridge, NULL);
    CloseHandle(poster.all_told);
    report_time("function on home, bridge", "MTA", &from_mta);
    report_time("function on home, bridge", "STA", &from_sta);
    report_ratio("function on home, STA to MTA", "", &from_sta, &from_mta, 3, 0);
    report_time("post, its caller's share", "MTA", &posted);
    report_time("post, run and told of, each of 3,000", "MTA", &told);
    report_ratio("post to function on home", "MTA", &told, &from_mta, 0.2, 0);
}

/* With home blocked */

static void fetched_while_blocked(void *context)
{
    (void)context;
    query_bridge(&fetched_service);
}

static DWORD WINAPI measure_blocked(void *context)
{
    Sample ahead;
    Side sides[1];

    (void)context;
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    sides[0] = side(fetched_while_blocked, NULL, 500, &ahead);
    measure(sides, 1);
    report_time("prefetched query, bridge", "home blocked", &ahead);
    CoUninitialize();
    return 0;
}

static void bench_blocked(void)
{
    HANDLE thread;

    SiteBridgeSetSite(bridge, &host.provider);
    SiteBridgePrefetch(bridge, &fetched_service, &IID_IServiceProvider);
    thread = CreateThread(NULL, 0, measure_blocked, NULL, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    SiteBridgeSetSite(bridge, NULL);
}

/* Coming by a proxy while home does not dispatch, as it does not for BUSY milliseconds */

enum { BUSY = 100 };

typedef struct Acquire {
    IGlobalInterfaceTable *table;   /* NULL for the bridge */
    DWORD cookie;
    COINIT apartment;
    double nanoseconds;
} Acquire;

static DWORD WINAPI acquire(void *context)
{
    Acquire *how = context;
    IUnknown *object = NULL;
    double start;

    CoInitializeEx(NULL, (DWORD)how->apartment);
    start = now();
    if (how->table)
        IGlobalInterfaceTable_GetInterfaceFromGlobal(how->table, how->cookie, &IID_IServiceProvider,
                                                     (void **)&object);
    else
        SiteBridgeQueryService(bridge, &fetched_service, &IID_IServiceProvider, (void **)&object);
    how->nanoseconds = now() - start;
    if (object)
        IUnknown_Release(object);
    CoUninitialize();
    return 0;
}

static double acquire_while_busy(Acquire *how)
{
    HANDLE thread = CreateThread(NULL, 0, acquire, how, 0, NULL);

    Sleep(BUSY);
    dispatch_until(thread);
    return how->nanoseconds;
}

static void bench_acquire(void)
{
    static const char *const where[] = { "MTA", "STA" };
    Acquire with_bridge = { 0 }, with_table = { 0 };
    Sample bridged, table;
    int kind, round;

    table_begin(&with_table.table, &with_table.cookie);
    for (kind = 0; kind < 2; kind++) {
        with_table.apartment = kind == 0 ? COINIT_MULTITHREADED : COINIT_APARTMENTTHREADED;
        with_bridge.apartment = with_table.apartment;
        bridged.count = table.count = 0;
        for (round = 0; round < rounds(); round++) {
            SiteBridgeSetSite(bridge, &host.provider);
            SiteBridgePrefetch(bridge, &fetched_service, &IID_IServiceProvider);
            sample_add(&bridged, acquire_while_busy(&with_bridge));
            SiteBridgeSetSite(bridge, NULL);
            sample_add(&table, acquire_while_busy(&with_table));
        }
        report_time("first proxy, home busy for 100 ms, bridge", where[kind], &bridged);
        report_time("first proxy, home busy for 100 ms, global interface table", where[kind], &table);
    }
    table_end(with_table.table, with_table.cookie);
}

int main(int argc, char **argv)
{
    HRESULT hr = CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);

    if (FAILED(hr) || !report_begin(argc, argv))
        return 2;
    SiteBridgeCreate(&bridge);
    bench_warm(COINIT_MULTITHREADED);
    bench_warm(COINIT_APARTMENTTHREADED);
    bench_agile();
    bench_siting();
    bench_apartments();
    bench_invoke();
    bench_blocked();
    bench_acquire();
    SiteBridgeRelease(bridge);
    bench_bytes();
    report_end();
    CoUninitialize();
    return 0;
}
