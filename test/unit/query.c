/* Queries from home and from each kind of background thread. */
#include "harness.h"
#include "import.h"

static const GUID service = {0x1b8c8f42, 0x13d0, 0x4d0a, {0x9f, 1, 2, 3, 4, 5, 6, 7}};

typedef struct Query {
    SiteBridge *bridge;
    HRESULT hr;
    void *object;
    SiteBridgeStatistics during;
    HANDLE start; /* waited for, where it is not NULL */
} Query;

static void query(void *context)
{
    Query *q = context;

    q->object = (void *)1;
    if (q->start)
        WaitForSingleObject(q->start, PATIENCE);
    q->hr = SiteBridgeQueryService(q->bridge, &service, &IID_IServiceProvider, &q->object);
    q->during.size = sizeof q->during;
    SiteBridgeGetStatistics(q->bridge, &q->during);
    if (SUCCEEDED(q->hr))
        IUnknown_Release((IUnknown *)q->object);
}

static Scene scene;

static void begin(void)
{
    scene_begin(&scene, IN_STA);
}

/* Nothing is left even before home ends, which would give back what had leaked. */
static void end(void)
{
    SiteBridgeRelease(scene.bridge);
    assert_idle();
    scene_end_home(&scene);
}

static HRESULT query_in(Kind kind)
{
    Query q = {0};

    q.bridge = scene.bridge;
    thread_run(kind, query, &q);
    if (FAILED(q.hr))
        assert_null(q.object);
    return q.hr;
}

static HRESULT query_at_home(void)
{
    Query q = {0};

    q.bridge = scene.bridge;
    home_run(&scene.home, query, &q);
    if (FAILED(q.hr))
        assert_null(q.object);
    return q.hr;
}

/* Home and each kind of background thread. */
static void assert_everyone_gets(HRESULT hr)
{
    assert_hr(hr, query_at_home());
    assert_hr(hr, query_in(IN_MTA));
    assert_hr(hr, query_in(IN_NONE));
    assert_hr(hr, query_in(IN_STA));
}

/* Who gets what */

/* Counted are the site's packet and the MTA's proxy, and nothing else. */
static void assert_served(Kind kind)
{
    Query q = {0};

    begin();
    q.bridge = scene.bridge;
    thread_run(kind, query, &q);
    assert_hr(S_OK, q.hr);
    assert_non_null(q.object);
    assert_int_equal(scene.home.id, scene.site.last_thread);
    assert_int_equal(1, q.during.packets_marshaled);
    assert_int_equal(1, q.during.packets_unmarshaled);
    assert_int_equal(1, q.during.proxies_cached);
    end();
}

static void the_mta_gets_a_service(void **state)
{
    (void)state;
    assert_served(IN_MTA);
}

static void a_thread_without_com_gets_a_service(void **state)
{
    (void)state;
    assert_served(IN_NONE);
}

static void an_sta_gets_a_service(void **state)
{
    (void)state;
    assert_served(IN_STA);
}

static void home_is_called_directly(void **state)
{
    Query q = {0};

    (void)state;
    begin();
    q.bridge = scene.bridge;
    home_run(&scene.home, query, &q);
    assert_hr(S_OK, q.hr);
    assert_ptr_equal(host_site(&scene.service), q.object);
    assert_int_equal(0, q.during.packets_unmarshaled);
    assert_int_equal(0, q.during.proxies_cached);
    end();
}

/* Where home is the MTA, each of its threads is home, the one without CoInitializeEx included. */
static void every_mta_thread_calls_an_mta_home_directly(void **state)
{
    Query q = {0};
    Thread thread;
    int i;

    (void)state;
    scene_begin(&scene, IN_MTA);
    q.bridge = scene.bridge;
    for (i = 0; i < 2; i++) {
        thread_start(&thread, i == 0 ? IN_MTA : IN_NONE, query, &q);
        thread_join(&thread);
        assert_hr(S_OK, q.hr);
        assert_ptr_equal(host_site(&scene.service), q.object);
        assert_int_equal(thread.id, scene.site.last_thread);
    }
    assert_int_equal(0, q.during.packets_unmarshaled);
    assert_int_equal(0, q.during.proxies_cached);
    scene_end(&scene);
}

static void an_mta_home_is_called_for_an_sta_without_a_proxy(void **state)
{
    Query q = {0};
    Thread thread;

    (void)state;
    scene_begin(&scene, IN_MTA);
    q.bridge = scene.bridge;
    thread_start(&thread, IN_STA, query, &q);
    thread_join(&thread);
    assert_hr(S_OK, q.hr);
    assert_ptr_not_equal(host_site(&scene.service), q.object);
    assert_int_not_equal(thread.id, scene.site.last_thread);
    assert_int_equal(1, q.during.packets_marshaled);
    assert_int_equal(0, q.during.packets_unmarshaled);
    assert_int_equal(0, q.during.proxies_cached);
    scene_end(&scene);
}

/* Unmarshaling */

typedef HRESULT(WINAPI *Unmarshal)(IStream *stream, REFIID riid, void **object);

static Unmarshal genuine_unmarshal;
static HANDLE all_inside;
static volatile LONG unmarshals, unmarshals_to_fail;
static DWORD expected_inside;

static void begin_patched(Unmarshal replacement)
{
    unmarshals = 0;
    unmarshals_to_fail = 0;
    genuine_unmarshal = (Unmarshal)import_patch(NULL, "ole32.dll", "CoGetInterfaceAndReleaseStream",
                                                (ImportedFunction)replacement);
    assert_non_null(genuine_unmarshal);
    begin();
}

static void end_patched(void)
{
    import_patch(NULL, "ole32.dll", "CoGetInterfaceAndReleaseStream",
                 (ImportedFunction)genuine_unmarshal);
    end();
}

static HRESULT WINAPI unmarshal_when_all_are_inside(IStream *stream, REFIID riid, void **object)
{
    InterlockedIncrement(&unmarshals);
    WaitForSingleObject(all_inside, PATIENCE);
    return genuine_unmarshal(stream, riid, object);
}

enum { RACERS = 24 };

static BOOL all_are_inside(void *context)
{
    (void)context;
    return statistics_of(scene.bridge).calls_in_flight == expected_inside;
}

/* The unmarshal is held up until every thread has come in for its first query. */
static void threads_that_race_for_the_first_query_unmarshal_once(void **state)
{
    HANDLE start = CreateEventW(NULL, TRUE, FALSE, NULL);
    Query queries[RACERS] = {0};
    Thread threads[RACERS];
    int i;

    (void)state;
    all_inside = CreateEventW(NULL, TRUE, FALSE, NULL);
    expected_inside = RACERS;
    begin_patched(unmarshal_when_all_are_inside);
    for (i = 0; i < RACERS; i++) {
        queries[i].bridge = scene.bridge;
        queries[i].start = start;
        thread_start(&threads[i], i % 2 ? IN_MTA : IN_NONE, query, &queries[i]);
    }
    SetEvent(start);
    assert_true(eventually(all_are_inside, NULL));
    SetEvent(all_inside);
    for (i = 0; i < RACERS; i++) {
        thread_join(&threads[i]);
        assert_hr(S_OK, queries[i].hr);
    }
    assert_int_equal(1, unmarshals);
    assert_int_equal(1, statistics_of(scene.bridge).packets_marshaled);
    assert_int_equal(1, statistics_of(scene.bridge).packets_unmarshaled);
    assert_int_equal(1, statistics_of(scene.bridge).proxies_cached);
    assert_int_equal(RACERS, scene.site.queries);
    end_patched();
    CloseHandle(start);
    CloseHandle(all_inside);
    all_inside = NULL;
}

/* Leaves what the genuine one may: a stream that was read and released, and any out-pointer. */
static HRESULT WINAPI unmarshal_that_fails(IStream *stream, REFIID riid, void **object)
{
    char header[24];

    InterlockedIncrement(&unmarshals);
    if (InterlockedDecrement(&unmarshals_to_fail) < 0)
        return genuine_unmarshal(stream, riid, object);
    if (all_inside)
        WaitForSingleObject(all_inside, PATIENCE);
    *object = (void *)0xabc;
    IStream_Read(stream, header, sizeof header, NULL);
    IStream_Release(stream);
    return E_OUTOFMEMORY;
}

static void a_failed_unmarshal_can_be_retried(void **state)
{
    (void)state;
    begin_patched(unmarshal_that_fails);
    unmarshals_to_fail = 2;
    assert_hr(E_OUTOFMEMORY, query_in(IN_MTA));
    assert_hr(E_OUTOFMEMORY, query_in(IN_NONE));
    assert_int_equal(0, statistics_of(scene.bridge).packets_unmarshaled);
    assert_int_equal(0, statistics_of(scene.bridge).proxies_cached);
    assert_hr(S_OK, query_in(IN_MTA));
    assert_int_equal(3, unmarshals);
    assert_int_equal(1, statistics_of(scene.bridge).packets_marshaled);
    assert_int_equal(1, statistics_of(scene.bridge).packets_unmarshaled);
    end_patched();
}

/* That the packet gave its reference back shows at the end, when the library has nothing left. */
static void a_packet_that_failed_to_unmarshal_is_reclaimed(void **state)
{
    (void)state;
    begin_patched(unmarshal_that_fails);
    unmarshals_to_fail = 1;
    assert_hr(E_OUTOFMEMORY, query_in(IN_MTA));
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    assert_int_equal(1, statistics_of(scene.bridge).packets_reclaimed);
    assert_int_equal(0, statistics_of(scene.bridge).packets_unmarshaled);
    end_patched();
}

/* A thread that waits for another's unmarshal tries for itself when that one fails. */
static void a_failed_unmarshal_fails_nobody_else(void **state)
{
    enum { ASKERS = 4 };
    Query queries[ASKERS] = {0};
    Thread threads[ASKERS];
    int i, failed = 0;

    (void)state;
    all_inside = CreateEventW(NULL, TRUE, FALSE, NULL);
    expected_inside = ASKERS;
    begin_patched(unmarshal_that_fails);
    unmarshals_to_fail = 1;
    for (i = 0; i < ASKERS; i++) {
        queries[i].bridge = scene.bridge;
        thread_start(&threads[i], IN_MTA, query, &queries[i]);
    }
    assert_true(eventually(all_are_inside, NULL));
    SetEvent(all_inside);
    for (i = 0; i < ASKERS; i++) {
        thread_join(&threads[i]);
        if (FAILED(queries[i].hr))
            failed++;
    }
    /* That one may find what another has made by then. */
    assert_true(failed <= 1);
    assert_int_equal(2, unmarshals);
    assert_int_equal(1, statistics_of(scene.bridge).packets_unmarshaled);
    end_patched();
    CloseHandle(all_inside);
    all_inside = NULL;
}

/* CoGetApartmentType on a thread that never called CoInitializeEx. */
static BOOL there_is_an_mta(void *context)
{
    APTTYPEQUALIFIER qualifier;
    APTTYPE type;

    (void)context;
    return SUCCEEDED(CoGetApartmentType(&type, &qualifier)) && type == APTTYPE_MTA;
}

static BOOL there_is_no_mta(void *context)
{
    return !there_is_an_mta(context);
}

/* So that a thread which never initialized COM can use what it was given. */
static void the_mta_lives_from_the_first_site_until_the_bridge_is_gone(void **state)
{
    (void)state;
    assert_true(eventually(there_is_no_mta, NULL));
    begin();
    assert_true(there_is_an_mta(NULL));
    assert_hr(S_OK, query_in(IN_MTA));
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    assert_proxies(scene.bridge, 0);
    /* Long enough for it to go, if it were to. */
    Sleep(200);
    assert_true(there_is_an_mta(NULL));
    end();
    assert_true(eventually(there_is_no_mta, NULL));
}

/* Answers */

static void a_failure_of_the_site_passes_unchanged(void **state)
{
    static const HRESULT failures[] = {
        E_FAIL,       E_NOINTERFACE,      E_OUTOFMEMORY,       E_INVALIDARG,
        E_UNEXPECTED, RPC_E_DISCONNECTED, (HRESULT)0x80041234, (HRESULT)0xE0001234,
    };
    size_t i;

    (void)state;
    begin();
    for (i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        scene.site.result = failures[i];
        assert_everyone_gets(failures[i]);
    }
    end();
}

typedef HRESULT Answer(Host *host, REFGUID rsid, REFIID riid, void **ppv);

static void assert_answer_becomes(HRESULT hr, Answer *answer)
{
    begin();
    scene.site.query = answer;
    assert_everyone_gets(hr);
    end();
}

static HRESULT answer_nothing(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)host, (void)rsid, (void)riid;
    *ppv = NULL;
    return S_OK;
}

static void success_without_an_object_becomes_e_nointerface(void **state)
{
    (void)state;
    assert_answer_becomes(E_NOINTERFACE, answer_nothing);
}

static HRESULT answer_with_another_success(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)rsid;
    IServiceProvider_QueryInterface(host_site(host), riid, ppv);
    return S_FALSE;
}

static void another_success_of_the_site_passes(void **state)
{
    (void)state;
    assert_answer_becomes(S_FALSE, answer_with_another_success);
}

static HRESULT fail_and_leave_a_pointer(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)rsid, (void)riid;
    *ppv = host_site(host);
    return E_FAIL;
}

/* query_in and query_at_home look at the pointer. */
static void a_failure_leaves_no_pointer(void **state)
{
    (void)state;
    assert_answer_becomes(E_FAIL, fail_and_leave_a_pointer);
}

/* An object with an interface that nobody has registered a proxy for. */
static const IID iid_without_proxy = {0x1b8c8f43, 0x13d0, 0x4d0a, {0x9f, 7, 6, 5, 4, 3, 2, 1}};
static volatile LONG homely_refs;

static ULONG STDMETHODCALLTYPE homely_AddRef(IUnknown *object)
{
    (void)object;
    return (ULONG)InterlockedIncrement(&homely_refs);
}

static ULONG STDMETHODCALLTYPE homely_Release(IUnknown *object)
{
    (void)object;
    return (ULONG)InterlockedDecrement(&homely_refs);
}

static HRESULT STDMETHODCALLTYPE homely_QueryInterface(IUnknown *object, REFIID riid, void **ppv)
{
    *ppv = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &iid_without_proxy))
        return E_NOINTERFACE;
    homely_AddRef(object);
    *ppv = object;
    return S_OK;
}

static IUnknownVtbl homely_vtbl = {homely_QueryInterface, homely_AddRef, homely_Release};
static IUnknown homely = {&homely_vtbl};

static HRESULT answer_homely(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)host, (void)rsid;
    return IUnknown_QueryInterface(&homely, riid, ppv);
}

static void query_without_proxy(void *context)
{
    Query *q = context;

    q->object = (void *)1;
    q->hr = SiteBridgeQueryService(q->bridge, &service, &iid_without_proxy, &q->object);
    if (SUCCEEDED(q->hr))
        IUnknown_Release((IUnknown *)q->object);
}

/* The code differs: E_NOINTERFACE on Wine, also REGDB_E_IIDNOTREG on Windows. */
static void an_interface_without_a_proxy_is_for_home_only(void **state)
{
    static const Kind kinds[] = {IN_MTA, IN_NONE, IN_STA};
    Query q = {0};
    size_t i;

    (void)state;
    begin();
    scene.site.query = answer_homely;
    homely_refs = 1;
    q.bridge = scene.bridge;
    home_run(&scene.home, query_without_proxy, &q);
    assert_hr(S_OK, q.hr);
    assert_ptr_equal(&homely, q.object);
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        thread_run(kinds[i], query_without_proxy, &q);
        assert_failed(q.hr);
        assert_null(q.object);
    }
    end();
    /* Wine 10.0 leaves a reference for each answer that has no proxy, with a bare proxy as well. */
    if (homely_refs == 1 + (LONG)i)
        accounts_excuse();
    else
        assert_int_equal(1, homely_refs);
}

/* A site that calls back while it is asked */

typedef struct Callback {
    IServiceProvider *next_site; /* set instead, where it is not NULL */
    BOOL unsite;
    HRESULT query_result, set_result, query_after;
    LONG refs_after; /* of the site, once it has been taken away */
    int depth;
} Callback;

static HRESULT query_from_inside(SiteBridge *from)
{
    IUnknown *object = NULL;
    HRESULT hr = SiteBridgeQueryService(from, &service, &IID_IUnknown, (void **)&object);

    if (object)
        IUnknown_Release(object);
    return hr;
}

static HRESULT call_back(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    Callback *callback = host->context;

    (void)rsid;
    if (callback->depth++ == 0) {
        callback->query_result = query_from_inside(scene.bridge);
        if (callback->unsite || callback->next_site)
            callback->set_result = SiteBridgeSetSite(scene.bridge, callback->next_site);
        callback->refs_after = host_refs(host);
        callback->query_after = query_from_inside(scene.bridge);
    }
    return IServiceProvider_QueryInterface(host_site(host), riid, ppv);
}

static HRESULT query_for(BOOL from_home)
{
    return from_home ? query_at_home() : query_in(IN_MTA);
}

static void a_site_may_query_its_own_bridge(void **state)
{
    Callback callback;
    int from_home;

    (void)state;
    begin();
    scene.site.query = call_back;
    scene.site.context = &callback;
    for (from_home = 0; from_home < 2; from_home++) {
        ZeroMemory(&callback, sizeof callback);
        assert_hr(S_OK, query_for(from_home));
        assert_hr(S_OK, callback.query_result);
        assert_hr(S_OK, callback.query_after);
        assert_int_equal(3, callback.depth);
    }
    end();
}

/* The call that is executing keeps the site until it returns, and no longer. */
static void a_site_may_unsite_its_own_bridge(void **state)
{
    Callback callback;
    int from_home;

    (void)state;
    begin();
    scene.site.query = call_back;
    scene.site.context = &callback;
    for (from_home = 0; from_home < 2; from_home++) {
        ZeroMemory(&callback, sizeof callback);
        callback.unsite = TRUE;
        assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, &scene.site));
        assert_hr(S_OK, query_for(from_home));
        assert_hr(S_OK, callback.set_result);
        assert_int_equal(2, callback.refs_after);
        assert_hr(E_UNEXPECTED, callback.query_after);
        assert_int_equal(1, host_refs(&scene.site));
    }
    end();
}

static void a_site_may_replace_itself(void **state)
{
    Callback callback;
    Host other;
    int from_home;

    (void)state;
    begin();
    host_init(&other, scene.home.id);
    scene.site.query = call_back;
    scene.site.context = &callback;
    for (from_home = 0; from_home < 2; from_home++) {
        ZeroMemory(&callback, sizeof callback);
        callback.next_site = host_site(&other);
        assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, &scene.site));
        assert_hr(S_OK, query_for(from_home));
        assert_hr(S_OK, callback.set_result);
        assert_hr(S_OK, callback.query_after);
        assert_int_equal(2, callback.depth);
        assert_int_equal(1, host_refs(&scene.site));
        assert_int_equal(1 + from_home, other.queries);
    }
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    assert_int_equal(1, host_refs(&other));
    assert_int_equal(0, other.wrong_threads);
    end();
}

typedef struct Overlap {
    Query late;
    Thread thread;
    BOOL queued;
    HRESULT unsited;
    DWORD late_ended;
} Overlap;

/* Takes the site away with another call queued, and dispatches that while it is still executing. */
static HRESULT unsite_and_dispatch(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    Overlap *overlap = host->context;
    ULONGLONG start = GetTickCount64();

    (void)rsid;
    if (host->queries == 1) {
        overlap->late.bridge = scene.bridge;
        thread_start(&overlap->thread, IN_MTA, query, &overlap->late);
        overlap->queued = MsgWaitForMultipleObjectsEx(0, NULL, PATIENCE, QS_ALLINPUT,
                                                      MWMO_INPUTAVAILABLE) == WAIT_OBJECT_0;
        overlap->unsited = SiteBridgeSetSite(scene.bridge, NULL);
        do {
            pump();
            overlap->late_ended = WaitForSingleObject(overlap->thread.handle, 5);
        } while (overlap->late_ended != WAIT_OBJECT_0 && GetTickCount64() - start < PATIENCE);
    }
    return IServiceProvider_QueryInterface(host_site(host), riid, ppv);
}

/* The older call still has the site, and the newer one does not get it. */
static void a_call_that_comes_in_after_unsiting_is_refused_while_another_executes(void **state)
{
    Overlap overlap = {0};

    (void)state;
    begin();
    scene.site.query = unsite_and_dispatch;
    scene.site.context = &overlap;
    assert_hr(S_OK, query_in(IN_MTA));
    assert_true(overlap.queued);
    assert_hr(S_OK, overlap.unsited);
    assert_int_equal(WAIT_OBJECT_0, overlap.late_ended);
    assert_hr(E_UNEXPECTED, overlap.late.hr);
    assert_null(overlap.late.object);
    assert_int_equal(1, scene.site.queries);
    assert_int_equal(1, host_refs(&scene.site));
    thread_join(&overlap.thread);
    end();
}

int main(void)
{
    static const Test tests[] = {
        TEST(the_mta_gets_a_service),
        TEST(a_thread_without_com_gets_a_service),
        TEST(an_sta_gets_a_service),
        TEST(home_is_called_directly),
        TEST(every_mta_thread_calls_an_mta_home_directly),
        TEST(an_mta_home_is_called_for_an_sta_without_a_proxy),
        TEST(threads_that_race_for_the_first_query_unmarshal_once),
        TEST(a_failed_unmarshal_can_be_retried),
        TEST(a_packet_that_failed_to_unmarshal_is_reclaimed),
        TEST(a_failed_unmarshal_fails_nobody_else),
        TEST(the_mta_lives_from_the_first_site_until_the_bridge_is_gone),
        TEST(a_failure_of_the_site_passes_unchanged),
        TEST(success_without_an_object_becomes_e_nointerface),
        TEST(another_success_of_the_site_passes),
        TEST(a_failure_leaves_no_pointer),
        TEST(an_interface_without_a_proxy_is_for_home_only),
        TEST(a_site_may_query_its_own_bridge),
        TEST(a_site_may_unsite_its_own_bridge),
        TEST(a_site_may_replace_itself),
        TEST(a_call_that_comes_in_after_unsiting_is_refused_while_another_executes),
    };

    return RUN("query", tests);
}
