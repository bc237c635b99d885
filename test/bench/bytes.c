/*
 * What a bridge, an apartment and a package take of the heaps. The C run-time's heap is the library's
 * own share; what COM takes on its behalf is in the process's.
 */
#include "bench.h"

#include <malloc.h>

#include "measure.h"

enum { MANY = 32, HEAPS = 64 };

typedef struct Bytes {
    double own, all;
} Bytes;

static double heap_bytes(HANDLE heap)
{
    PROCESS_HEAP_ENTRY entry = { 0 };
    double bytes = 0;

    HeapLock(heap);
    while (HeapWalk(heap, &entry))
        if (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY)
            bytes += entry.cbData;
    HeapUnlock(heap);
    return bytes;
}

static Bytes bytes_now(void)
{
    Bytes bytes = { 0, 0 };
    HANDLE heaps[HEAPS];
    DWORD i, count = GetProcessHeaps(HEAPS, heaps);

    for (i = 0; i < count && i < HEAPS; i++)
        bytes.all += heap_bytes(heaps[i]);
    bytes.own = heap_bytes((HANDLE)_get_heap_handle());
    return bytes;
}

/* Since before, for each of MANY. */
static void bytes_report(const char *what, Bytes before)
{
    Bytes after = bytes_now();
    Sample sample = { 1, { 0 } };

    sample.values[0] = (after.own - before.own) / MANY;
    report_bytes(what, "the library's own", &sample);
    sample.values[0] = (after.all - before.all) / MANY;
    report_bytes(what, "COM's share included", &sample);
}

static void bench_bridges(void)
{
    SiteBridge *bridges[MANY];
    Bytes before;
    int i;

    before = bytes_now();
    for (i = 0; i < MANY; i++)
        SiteBridgeCreate(&bridges[i]);
    bytes_report("a bridge", before);
    /* The first makes home's record, and whatever COM makes once. */
    SiteBridgeSetSite(bridges[0], plain_site());
    before = bytes_now();
    for (i = 0; i < MANY; i++)
        SiteBridgeSetSite(bridges[i], plain_site());
    bytes_report("a site", before);
    for (i = 0; i < MANY; i++) {
        SiteBridgeSetSite(bridges[i], NULL);
        SiteBridgeRelease(bridges[i]);
    }
}

static void ask(SiteBridge *bridge)
{
    static const GUID service = { 0x7d1f1a03, 0x52b3, 0x4c53, { 0x9a, 1, 2, 3, 4, 5, 6, 7 } };
    IUnknown *object = NULL;

    SiteBridgeQueryService(bridge, &service, &IID_IServiceProvider, (void **)&object);
    if (object)
        IUnknown_Release(object);
}

typedef struct Guest {
    SiteBridge *bridge;
    HANDLE arrived, leave;
} Guest;

static DWORD WINAPI guest_main(void *context)
{
    const Guest *guest = context;

    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    ask(guest->bridge);
    SetEvent(guest->arrived);
    WaitForSingleObject(guest->leave, INFINITE);
    CoUninitialize();
    return 0;
}

static DWORD WINAPI measure_guests(void *context)
{
    Guest guest = { context, CreateEventW(NULL, FALSE, FALSE, NULL), CreateEventW(NULL, TRUE, FALSE, NULL) };
    HANDLE threads[MANY + 1];
    Bytes before = { 0, 0 };
    int i;

    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    ask(guest.bridge);
    for (i = 0; i <= MANY; i++) {
        threads[i] = CreateThread(NULL, 0, guest_main, &guest, 0, NULL);
        WaitForSingleObject(guest.arrived, INFINITE);
        if (i == 0)
            before = bytes_now();
    }
    bytes_report("an STA that has asked, its apartment included", before);
    SetEvent(guest.leave);
    for (i = 0; i <= MANY; i++) {
        WaitForSingleObject(threads[i], INFINITE);
        CloseHandle(threads[i]);
    }
    CoUninitialize();
    CloseHandle(guest.arrived);
    CloseHandle(guest.leave);
    return 0;
}

static void bench_guests(void)
{
    SiteBridge *bridge;

    SiteBridgeCreate(&bridge);
    SiteBridgeSetSite(bridge, plain_site());
    run_with_home(measure_guests, bridge);
    SiteBridgeSetSite(bridge, NULL);
    SiteBridgeRelease(bridge);
}

static void bench_packages(void)
{
    IVsPackage *packages[MANY];
    Bytes before = bytes_now();
    int i;

    for (i = 0; i < MANY; i++)
        SitePackageCreate(NULL, NULL, &IID_IVsPackage, (void **)&packages[i]);
    bytes_report("a package, its bridge included", before);
    for (i = 0; i < MANY; i++)
        IVsPackage_Release(packages[i]);
}

void bench_bytes(void)
{
    bench_bridges();
    bench_guests();
    bench_packages();
}
