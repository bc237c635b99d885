/*
 * Everything at once, for a while: threads of every kind come and go and ask, sites come and go, homes
 * end and begin again, bridges are released wherever that happens. At the end nothing may be left.
 *
 *   test_stress [seconds [queries]]
 *
 * It runs for the seconds, and longer until it has made the queries; the defaults are CTest's. A thread
 * that is in one step for too long is named, and ends the program.
 */
#include "hold.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    WORKERS = 34,
    PLACES = 3,             /* homes, of which the last is in the MTA */
    LIFE = 400,             /* steps of a worker's, at most */
    PROGRESS = 5000,
    WARM_UP = 4,            /* seconds */
    DRAWN_OUT = 240,        /* seconds after which the queries are not waited for */
};

static DWORD run_seconds = 45, run_queries = 100000;

static const GUID plain = { 0x51e50001, 0x7a7a, 0x4a4a, { 0x80, 1, 1, 2, 3, 5, 8, 13 } };
static const GUID fetched = { 0x51e50002, 0x7a7a, 0x4a4a, { 0x80, 1, 1, 2, 3, 5, 8, 13 } };
static const GUID refused = { 0x51e50003, 0x7a7a, 0x4a4a, { 0x80, 1, 1, 2, 3, 5, 8, 13 } };

#define REFUSED ((HRESULT)0x80045151)
#define TIMED_OUT HRESULT_FROM_WIN32(ERROR_TIMEOUT)

typedef struct Place {
    Actor actor;
    HANDLE thread;
    Kind kind;
    Host sites[2], services[2];
    SRWLOCK lock;           /* guards bridge */
    SiteBridge *bridge;     /* counted */
    /*
     * Shared by who has an interface of the host's: Wine drops the calls on it that are queued when home's
     * apartment ends, and only the bridge's own are the library's to look after.
     */
    SRWLOCK in_use;
    volatile LONG ending;
    Hold holds[2];
    /*
     * Its apartment ends and begins again. It fetches nothing ahead: on Wine a service of the last
     * apartment that somebody still has can be taken for something of the next one.
     */
    BOOL begins_again;
} Place;

typedef struct Worker {
    Actor actor;
    HANDLE thread;
    Kind kind;
} Worker;

static Place places[PLACES];
static Worker workers[WORKERS];
static HANDLE stop_homes;
static volatile LONG cease;
static volatile LONG queries, answers, refusals, invocations, timeouts, misbehaved;
static volatile LONG posts, posts_ended;
static volatile LONG site_changes, homes_ended, bridges_made, threads_started;

static void misbehave(const char *what, HRESULT hr)
{
    if (InterlockedIncrement(&misbehaved) <= 10)
        fprintf(stderr, "%s: %08lx\n", what, (unsigned long)hr);
}

/* Workers */

static SiteBridge *place_bridge(Place *place)
{
    SiteBridge *bridge;

    AcquireSRWLockShared(&place->lock);
    bridge = place->bridge;
    SiteBridgeAddRef(bridge);
    ReleaseSRWLockShared(&place->lock);
    return bridge;
}

static void note_result(const char *what, HRESULT hr, void *object)
{
    InterlockedIncrement(&queries);
    if (SUCCEEDED(hr) != (object != NULL))
        misbehave("an answer without an interface, or a failure with one", hr);
    if (SUCCEEDED(hr))
        InterlockedIncrement(&answers);
    else if (hr == E_UNEXPECTED || hr == REFUSED)
        InterlockedIncrement(&refusals);
    else if (hr == TIMED_OUT)
        InterlockedIncrement(&timeouts);
    else
        misbehave(what, hr);
}

static void worker_query(Worker *worker, Place *place, SiteBridge *bridge, REFGUID service)
{
    IServiceProvider *object = (IServiceProvider *)worker;
    IUnknown *again;
    HRESULT hr;

    does(&worker->actor, "SiteBridgeQueryService");
    hr = SiteBridgeQueryService(bridge, service, &IID_IServiceProvider, (void **)&object);
    note_result("SiteBridgeQueryService", hr, object);
    if (!object)
        return;
    if (chance(&worker->actor, 8) == 0 && !place->ending) {
        does(&worker->actor, "the service");
        if (SUCCEEDED(IServiceProvider_QueryService(object, &plain, &IID_IServiceProvider,
                                                    (void **)&again)))
            IUnknown_Release(again);
    }
    does(&worker->actor, "the service's release");
    IServiceProvider_Release(object);
}

static void worker_query_within(Worker *worker, SiteBridge *bridge)
{
    IUnknown *object = (IUnknown *)worker;
    HRESULT hr;

    does(&worker->actor, "SiteBridgeQueryServiceWithin");
    hr = SiteBridgeQueryServiceWithin(bridge, chance(&worker->actor, 30), &plain, &IID_IServiceProvider,
                                      (void **)&object);
    note_result("SiteBridgeQueryServiceWithin", hr, object);
    does(&worker->actor, "the late service's release");
    if (object)
        IUnknown_Release(object);
}

static HRESULT CALLBACK invoked(IServiceProvider *site, void *context)
{
    InterlockedIncrement((volatile LONG *)context);
    return site ? S_FALSE : E_FAIL;
}

static void worker_invoke(Worker *worker, SiteBridge *bridge)
{
    volatile LONG runs = 0;
    HRESULT hr;

    does(&worker->actor, "SiteBridgeInvoke");
    hr = SiteBridgeInvoke(bridge, invoked, (void *)&runs);
    InterlockedIncrement(&invocations);
    if (!(hr == S_FALSE && runs == 1) && !(hr == E_UNEXPECTED && runs == 0))
        misbehave("SiteBridgeInvoke", hr);
}

static void CALLBACK posted_done(HRESULT result, void *context)
{
    volatile LONG *runs = context;

    if (!(result == S_FALSE && *runs == 1) && !(result == E_UNEXPECTED && *runs == 0))
        misbehave("a post's end", result);
    free(context);
    InterlockedIncrement(&posts_ended);
}

static void worker_post(Worker *worker, SiteBridge *bridge)
{
    LONG *runs = calloc(1, sizeof *runs);
    HRESULT hr;

    if (!runs)
        return;
    does(&worker->actor, "SiteBridgePost");
    hr = SiteBridgePost(bridge, invoked, posted_done, runs);
    if (hr == S_OK)
        InterlockedIncrement(&posts);
    else
        free(runs);
    if (hr != S_OK && hr != E_UNEXPECTED)
        misbehave("SiteBridgePost", hr);
}

static void worker_refused(Worker *worker, SiteBridge *bridge)
{
    IUnknown *object = (IUnknown *)worker;
    HRESULT hr;

    does(&worker->actor, "a query that is refused");
    hr = SiteBridgeQueryService(bridge, &refused, &IID_IServiceProvider, (void **)&object);
    note_result("a query that is refused", hr, object);
    if (object)
        IUnknown_Release(object);
}

static void worker_step(Worker *worker)
{
    Place *place = &places[chance(&worker->actor, PLACES)];
    unsigned what = chance(&worker->actor, 100);
    SiteBridge *bridge = place_bridge(place);

    if (what < 10) {
        worker_refused(worker, bridge);
    } else if (what < 16) {
        worker_invoke(worker, bridge);
    } else if (what < 20) {
        worker_post(worker, bridge);
    } else if (!place->ending) {
        AcquireSRWLockShared(&place->in_use);
        if (what < 23)
            worker_query_within(worker, bridge);
        else
            worker_query(worker, place, bridge, what < 45 ? &plain : &fetched);
        ReleaseSRWLockShared(&place->in_use);
    }
    does(&worker->actor, "SiteBridgeRelease");
    SiteBridgeRelease(bridge);
}

static void worker_enter(Worker *worker)
{
    worker->kind = (Kind)chance(&worker->actor, 3);
    does(&worker->actor, "CoInitializeEx");
    if (worker->kind != IN_NONE)
        CoInitializeEx(NULL, worker->kind == IN_STA ? COINIT_APARTMENTTHREADED : COINIT_MULTITHREADED);
}

static void worker_leave(Worker *worker)
{
    does(&worker->actor, "CoUninitialize");
    if (worker->kind != IN_NONE)
        CoUninitialize();
}

static DWORD WINAPI worker_main(void *context)
{
    Worker *worker = context;
    unsigned steps = 1 + chance(&worker->actor, LIFE), i;

    worker_enter(worker);
    for (i = 0; i < steps && !cease; i++) {
        worker_step(worker);
        if (chance(&worker->actor, 60) == 0) {
            worker_leave(worker);
            worker_enter(worker);
        }
    }
    worker_leave(worker);
    does(&worker->actor, NULL);
    return 0;
}

static void worker_start(Worker *worker)
{
    does(&worker->actor, "starting");
    worker->thread = CreateThread(NULL, 0, worker_main, worker, 0, &worker->actor.id);
    if (!worker->thread)
        fail_msg("%s", "no thread");
    InterlockedIncrement(&threads_started);
}

/* Homes */

static HRESULT answer(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    if (!IsEqualGUID(rsid, &refused))
        return IServiceProvider_QueryInterface(host_site(host->service), riid, ppv);
    *ppv = NULL;
    return REFUSED;
}

static void place_site(Place *place, BOOL may_unsite)
{
    unsigned which = chance(&place->actor, may_unsite ? 5 : 4);
    HRESULT hr;

    does(&place->actor, "SiteBridgeSetSite");
    hr = SiteBridgeSetSite(place->bridge, which < 4 ? host_site(&place->sites[which % 2]) : NULL);
    if (FAILED(hr))
        misbehave("SiteBridgeSetSite", hr);
    InterlockedIncrement(&site_changes);
    if (which < 4 && !place->begins_again) {
        does(&place->actor, "SiteBridgePrefetch");
        hr = SiteBridgePrefetch(place->bridge, &fetched, &IID_IServiceProvider);
        if (FAILED(hr))
            misbehave("SiteBridgePrefetch", hr);
    }
}

/* Leaves the old one, sited, to whoever releases it last. */
static void place_renew_bridge(Place *place)
{
    SiteBridge *old = place->bridge, *bridge;
    HRESULT hr = SiteBridgeCreate(&bridge);

    does(&place->actor, "a bridge's exchange");
    if (FAILED(hr)) {
        misbehave("SiteBridgeCreate", hr);
        return;
    }
    AcquireSRWLockExclusive(&place->lock);
    place->bridge = bridge;
    ReleaseSRWLockExclusive(&place->lock);
    SiteBridgeRelease(old);
    InterlockedIncrement(&bridges_made);
    place_site(place, FALSE);
}

static void place_dispatch(Place *place, DWORD milliseconds)
{
    does(&place->actor, "dispatching");
    dispatch(stop_homes, milliseconds);
}

static void place_lock(Place *place, BOOL lock)
{
    int i;

    for (i = 0; i < 2; i++)
        CoLockObjectExternal((IUnknown *)host_site(&place->services[i]), lock, TRUE);
}

/* The services' proxies in the MTA, and their stubs where home is the MTA, are to live as long as home. */
static void place_hold(Place *place)
{
    int i;

    if (place->kind == IN_MTA)
        place_lock(place, TRUE);
    for (i = 0; i < 2 && place->kind == IN_STA; i++)
        hold_begin(&place->holds[i], host_site(&place->services[i]));
}

static void place_let_go(Place *place)
{
    int i;

    if (place->kind == IN_MTA)
        place_lock(place, FALSE);
    for (i = 0; i < 2 && place->kind == IN_STA; i++)
        hold_end(&place->holds[i]);
}

/* While nobody has an interface of the host's: the bridge's own calls go on. */
static void place_begin_again(Place *place)
{
    InterlockedExchange(&place->ending, 1);
    while (!TryAcquireSRWLockExclusive(&place->in_use))
        place_dispatch(place, 1);
    place_let_go(place);
    does(&place->actor, "home's CoUninitialize");
    CoUninitialize();
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    InterlockedIncrement(&homes_ended);
    if (host_refs(&place->sites[0]) != 1 || host_refs(&place->sites[1]) != 1)
        misbehave("home's end has kept a site", E_FAIL);
    place_hold(place);
    place_site(place, FALSE);
    ReleaseSRWLockExclusive(&place->in_use);
    InterlockedExchange(&place->ending, 0);
}

static DWORD WINAPI place_main(void *context)
{
    Place *place = context;
    unsigned what;

    CoInitializeEx(NULL, place->kind == IN_STA ? COINIT_APARTMENTTHREADED : COINIT_MULTITHREADED);
    place_hold(place);
    place_site(place, FALSE);
    while (WaitForSingleObject(stop_homes, 0) != WAIT_OBJECT_0) {
        place_dispatch(place, 5);
        what = chance(&place->actor, 1000);
        if (what < 30)
            place_site(place, TRUE);
        else if (what < 35)
            place_renew_bridge(place);
        else if (what < 40 && place->begins_again)
            place_begin_again(place);
    }
    place_let_go(place);
    does(&place->actor, "home's last CoUninitialize");
    CoUninitialize();
    does(&place->actor, NULL);
    return 0;
}

static void place_start(Place *place, Kind kind, BOOL begins_again)
{
    int i;

    place->kind = kind;
    place->begins_again = begins_again;
    InitializeSRWLock(&place->lock);
    InitializeSRWLock(&place->in_use);
    assert_hr(S_OK, SiteBridgeCreate(&place->bridge));
    does(&place->actor, "starting");
    place->thread = CreateThread(NULL, 0, place_main, place, CREATE_SUSPENDED, &place->actor.id);
    if (!place->thread)
        fail_msg("%s", "no home");
    for (i = 0; i < 2; i++) {
        host_init(&place->sites[i], kind == IN_STA ? place->actor.id : 0);
        host_init(&place->services[i], kind == IN_STA ? place->actor.id : 0);
        place->sites[i].service = &place->services[i];
        place->sites[i].query = answer;
    }
    ResumeThread(place->thread);
}

/* The watch over them */

static void look_for_the_hung(void)
{
    BOOL hung = FALSE;
    int i;

    for (i = 0; i < WORKERS; i++)
        hung |= actor_is_hung(&workers[i].actor, "worker", i);
    for (i = 0; i < PLACES; i++)
        hung |= actor_is_hung(&places[i].actor, "home", i);
    if (hung) {
        fflush(stderr);
        TerminateProcess(GetCurrentProcess(), 3);
    }
}

static void print_progress(ULONGLONG start)
{
    printf("%3lu s: %ld queries, %ld answered, %ld timed out, %ld invocations, %ld posts, %ld sites, "
           "%ld bridges, %ld ends of homes, %ld threads\n",
           (unsigned long)((GetTickCount64() - start) / 1000), queries, answers, timeouts, invocations,
           posts, site_changes, bridges_made, homes_ended, threads_started);
    fflush(stdout);
}

static void join(HANDLE thread)
{
    while (WaitForSingleObject(thread, 500) != WAIT_OBJECT_0)
        look_for_the_hung();
    CloseHandle(thread);
}

static void watch_workers(DWORD seconds, DWORD wanted)
{
    ULONGLONG start = GetTickCount64(), reported = start, now;
    HANDLE handles[WORKERS];
    DWORD ended;
    int i;

    for (i = 0; i < WORKERS; i++)
        handles[i] = workers[i].thread;
    for (;;) {
        ended = WaitForMultipleObjects(WORKERS, handles, FALSE, 500) - WAIT_OBJECT_0;
        now = GetTickCount64();
        if (now - reported >= PROGRESS) {
            print_progress(start);
            reported = now;
        }
        if (now - start >= seconds * 1000ull &&
            ((DWORD)queries >= wanted || now - start >= (seconds + DRAWN_OUT) * 1000ull))
            break;
        look_for_the_hung();
        if (ended < WORKERS) {
            CloseHandle(handles[ended]);
            worker_start(&workers[ended]);
            handles[ended] = workers[ended].thread;
        }
    }
    print_progress(start);
}

/* What is left */

typedef struct Heap {
    size_t blocks, bytes;
} Heap;

static Heap heap_now(void)
{
    PROCESS_HEAP_ENTRY entry = { 0 };
    Heap heap = { 0, 0 };

    HeapLock(GetProcessHeap());
    while (HeapWalk(GetProcessHeap(), &entry)) {
        if (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) {
            heap.blocks++;
            heap.bytes += entry.cbData;
        }
    }
    HeapUnlock(GetProcessHeap());
    return heap;
}

static DWORD handles_now(void)
{
    DWORD handles = 0;

    GetProcessHandleCount(GetCurrentProcess(), &handles);
    return handles;
}

static BOOL bridge_is_quiet(void *context)
{
    SiteBridgeStatistics statistics = statistics_of(context);

    return statistics.proxies_cached == 0 && statistics.calls_in_flight == 0;
}

static void assert_place_is_free(Place *place)
{
    int i;

    for (i = 0; i < 2; i++) {
        assert_int_equal(1, host_refs(&place->sites[i]));
        assert_int_equal(1, host_refs(&place->services[i]));
        assert_int_equal(0, place->sites[i].wrong_threads);
        assert_int_equal(0, place->services[i].wrong_threads);
    }
}

/* In a thread of the MTA that outlives the others, as most processes have one. */
static void stress(DWORD seconds, DWORD wanted)
{
    int i;

    cease = 0;
    queries = answers = refusals = invocations = timeouts = posts = posts_ended = 0;
    site_changes = homes_ended = bridges_made = threads_started = 0;
    stop_homes = CreateEventW(NULL, TRUE, FALSE, NULL);
    for (i = 0; i < PLACES; i++) {
        places[i].actor.random = 77u + (unsigned)i;
        place_start(&places[i], i < PLACES - 1 ? IN_STA : IN_MTA, i == 0);
    }
    for (i = 0; i < WORKERS; i++) {
        workers[i].actor.random = 1000u + 7u * (unsigned)i;
        worker_start(&workers[i]);
    }
    watch_workers(seconds, wanted);
    InterlockedExchange(&cease, 1);
    for (i = 0; i < WORKERS; i++)
        join(workers[i].thread);
    SetEvent(stop_homes);
    for (i = 0; i < PLACES; i++)
        join(places[i].thread);
    CloseHandle(stop_homes);

    /* The MTA is not at its end: its site has to be taken from it. */
    assert_hr(S_OK, SiteBridgeSetSite(places[PLACES - 1].bridge, NULL));
    for (i = 0; i < PLACES; i++) {
        assert_true(eventually(bridge_is_quiet, places[i].bridge));
        SiteBridgeRelease(places[i].bridge);
    }
    assert_idle();
    assert_int_equal(posts, posts_ended);
    for (i = 0; i < PLACES; i++)
        assert_place_is_free(&places[i]);
    assert_int_equal(0, misbehaved);
}

static void everything_at_once_leaves_nothing(void **state)
{
    DWORD handles;
    Heap before, after;

    (void)state;
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    /* Until the system has cached what it caches. */
    stress(WARM_UP, 0);
    handles = handles_now();
    before = heap_now();
    stress(run_seconds, run_queries);
    after = heap_now();
    printf("%ld queries; handles %lu -> %lu, heap %lu blocks, %lu bytes -> %lu, %lu\n", queries,
           (unsigned long)handles, (unsigned long)handles_now(), (unsigned long)before.blocks,
           (unsigned long)before.bytes, (unsigned long)after.blocks, (unsigned long)after.bytes);
    assert_true((DWORD)queries >= run_queries);
    CoUninitialize();
}

int main(int argc, char **argv)
{
    static Test tests[] = { TEST(everything_at_once_leaves_nothing) };

    if (argc > 1)
        run_seconds = strtoul(argv[1], NULL, 10);
    if (argc > 2)
        run_queries = strtoul(argv[2], NULL, 10);
    tests[0].seconds = run_seconds + DRAWN_OUT + 60;
    return RUN("stress", tests);
}
