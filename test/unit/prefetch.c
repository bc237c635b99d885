/* What has been fetched ahead is answered in every apartment without home. */
#include "harness.h"

enum { STAS = 20, THREADS = 26 };

static const Kind kinds[] = { IN_MTA, IN_STA, IN_NONE };
static const GUID service_id = { 0x2a9d6e10, 0x51f2, 0x4b0c, { 0x91, 1, 4, 1, 5, 9, 2, 6 } };
static const GUID other_id = { 0x2a9d6e11, 0x51f2, 0x4b0c, { 0x91, 1, 4, 1, 5, 9, 2, 6 } };

static Scene scene;

static void begin(void)
{
    scene_begin(&scene, IN_STA);
}

static void end(void)
{
    scene_end(&scene);
}

/* Gets the service, and uses it only where it is told to: home may be blocked. */
typedef struct Fetch {
    const GUID *id;
    const IID *iid;
    BOOL keep, use, has_deadline;
    HRESULT hr, used;
    IUnknown *object;
} Fetch;

static void use(void *context)
{
    Fetch *f = context;
    IUnknown *again;

    f->used = IServiceProvider_QueryService((IServiceProvider *)f->object, &other_id,
                                            &IID_IServiceProvider, (void **)&again);
    if (SUCCEEDED(f->used))
        IUnknown_Release(again);
}

static void fetch(void *context)
{
    Fetch *f = context;
    const GUID *id = f->id ? f->id : &service_id;
    const IID *iid = f->iid ? f->iid : &IID_IServiceProvider;

    f->used = E_PENDING;
    if (f->has_deadline)
        f->hr = SiteBridgeQueryServiceWithin(scene.bridge, PATIENCE, id, iid, (void **)&f->object);
    else
        f->hr = SiteBridgeQueryService(scene.bridge, id, iid, (void **)&f->object);
    if (f->object && f->use)
        use(f);
    if (f->object && !f->keep)
        IUnknown_Release(f->object);
}

static void release(void *context)
{
    IUnknown_Release(((Fetch *)context)->object);
}

static HRESULT prefetch(void)
{
    return home_prefetch(&scene.home, scene.bridge, &service_id, &IID_IServiceProvider);
}

/* Home is blocked in a plain wait for the threads that ask, ends and all. */
static void wait_for_threads(void *context)
{
    HANDLE *threads = context;

    WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
}

static void fetch_often(void *context)
{
    Fetch *f = context;
    int i;

    for (i = 0; i < 20 && (i == 0 || f->hr == S_OK); i++)
        fetch(f);
}

static DWORD WINAPI fetcher(void *context)
{
    Thread *thread = context;

    if (WaitForSingleObject(((HANDLE *)thread->context)[0], PATIENCE) != WAIT_OBJECT_0)
        return 1;
    if (thread->kind != IN_NONE)
        CoInitializeEx(NULL, thread->kind == IN_STA ? COINIT_APARTMENTTHREADED : COINIT_MULTITHREADED);
    fetch_often(((void **)thread->context)[1]);
    if (thread->kind != IN_NONE)
        CoUninitialize();
    return 0;
}

static void any_number_of_apartments_are_answered_while_home_waits_for_their_threads(void **state)
{
    static Thread threads[THREADS];
    static Fetch fetches[THREADS];
    static void *contexts[THREADS][2];
    HANDLE handles[THREADS], go = CreateEventW(NULL, TRUE, FALSE, NULL);
    int i;

    (void)state;
    begin();
    assert_hr(S_OK, prefetch());
    for (i = 0; i < THREADS; i++) {
        ZeroMemory(&fetches[i], sizeof fetches[i]);
        contexts[i][0] = go;
        contexts[i][1] = &fetches[i];
        threads[i].kind = i < STAS ? IN_STA : kinds[2 * (i % 2)];
        threads[i].context = contexts[i];
        threads[i].handle = CreateThread(NULL, 0, fetcher, &threads[i], 0, &threads[i].id);
        assert_non_null(threads[i].handle);
        handles[i] = threads[i].handle;
    }
    home_begin(&scene.home, wait_for_threads, handles);
    SetEvent(go);
    home_finish(&scene.home);
    for (i = 0; i < THREADS; i++) {
        assert_hr(S_OK, fetches[i].hr);
        CloseHandle(threads[i].handle);
    }
    CloseHandle(go);
    assert_int_equal(1, scene.site.queries);
    end();
}

static void what_was_fetched_works_in_every_apartment(void **state)
{
    size_t i;

    (void)state;
    begin();
    assert_hr(S_OK, prefetch());
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        Fetch f = { 0 };

        f.use = TRUE;
        thread_run(kinds[i], fetch, &f);
        assert_hr(S_OK, f.hr);
        assert_hr(S_OK, f.used);
        assert_int_equal(scene.home.id, scene.service.last_thread);
    }
    assert_int_equal(1, scene.site.queries);
    end();
}

static void a_deadline_is_met_by_what_was_fetched(void **state)
{
    size_t i;

    (void)state;
    begin();
    assert_hr(S_OK, prefetch());
    home_block(&scene.home);
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        Fetch f = { 0 };

        f.has_deadline = TRUE;
        thread_run(kinds[i], fetch, &f);
        assert_hr(S_OK, f.hr);
    }
    home_unblock(&scene.home);
    end();
}

static void another_pair_still_goes_to_home(void **state)
{
    Fetch id = { 0 }, iid = { 0 };

    (void)state;
    begin();
    assert_hr(S_OK, prefetch());
    id.id = &other_id;
    thread_run(IN_MTA, fetch, &id);
    assert_hr(S_OK, id.hr);
    assert_int_equal(2, scene.site.queries);
    iid.iid = &IID_IUnknown;
    thread_run(IN_STA, fetch, &iid);
    assert_hr(S_OK, iid.hr);
    assert_int_equal(3, scene.site.queries);
    end();
}

static void what_is_fetched_again_is_the_newest(void **state)
{
    Host newer;
    Fetch f = { 0 };
    size_t i;

    (void)state;
    begin();
    host_init(&newer, scene.home.id);
    assert_hr(S_OK, prefetch());
    thread_run(IN_STA, fetch, &f);
    scene.site.service = &newer;
    assert_hr(S_OK, prefetch());
    f.use = TRUE;
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        thread_run(kinds[i], fetch, &f);
        assert_hr(S_OK, f.used);
    }
    assert_int_equal(3, newer.queries);
    assert_int_equal(0, scene.service.queries);
    end();
    assert_int_equal(1, host_refs(&newer));
}

static void what_was_fetched_is_forgotten_at_unsite(void **state)
{
    Fetch f = { 0 };

    (void)state;
    begin();
    assert_hr(S_OK, prefetch());
    thread_run(IN_MTA, fetch, &f);
    assert_hr(S_OK, f.hr);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    thread_run(IN_MTA, fetch, &f);
    assert_hr(E_UNEXPECTED, f.hr);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, &scene.site));
    thread_run(IN_STA, fetch, &f);
    assert_hr(S_OK, f.hr);
    assert_int_equal(2, scene.site.queries);
    end();
}

static void what_was_fetched_and_never_asked_for_is_given_back_at_unsite(void **state)
{
    (void)state;
    begin();
    assert_hr(S_OK, prefetch());
    assert_true(host_refs(&scene.service) > 1);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    assert_int_equal(1, host_refs(&scene.service));
    assert_int_equal(2, statistics_of(scene.bridge).packets_marshaled);
    assert_int_equal(2, statistics_of(scene.bridge).packets_reclaimed);
    end();
}

static void what_was_handed_out_stays_good_after_unsite(void **state)
{
    Home threads[3];
    Fetch fetches[3] = { 0 };
    int i;

    (void)state;
    begin();
    assert_hr(S_OK, prefetch());
    for (i = 0; i < 3; i++) {
        home_start(&threads[i], kinds[i]);
        fetches[i].keep = TRUE;
        home_run(&threads[i], fetch, &fetches[i]);
        assert_hr(S_OK, fetches[i].hr);
    }
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    for (i = 0; i < 3; i++) {
        home_run(&threads[i], use, &fetches[i]);
        assert_hr(S_OK, fetches[i].used);
    }
    for (i = 2; i >= 0; i--) {
        home_run(&threads[i], release, &fetches[i]);
        home_stop(&threads[i]);
    }
    end();
}

static void off_home_it_is_the_wrong_thread(void **state)
{
    size_t i;

    (void)state;
    begin();
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        Home other;

        home_start(&other, kinds[i]);
        assert_hr(RPC_E_WRONG_THREAD, home_prefetch(&other, scene.bridge, &service_id, &IID_IUnknown));
        home_stop(&other);
    }
    assert_int_equal(0, scene.site.queries);
    end();
}

static void a_failure_passes_and_leaves_nothing(void **state)
{
    (void)state;
    begin();
    scene.site.result = (HRESULT)0x80041234;
    assert_hr(0x80041234, prefetch());
    scene.site.result = S_FALSE;      /* success with NULL */
    assert_hr(E_NOINTERFACE, prefetch());
    scene.site.result = S_OK;
    assert_hr(E_NOINTERFACE, home_prefetch(&scene.home, scene.bridge, &service_id, &other_id));
    assert_hr(E_INVALIDARG, home_prefetch(&scene.home, NULL, &service_id, &IID_IUnknown));
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    assert_int_equal(1, host_refs(&scene.service));
    assert_hr(E_UNEXPECTED, prefetch());
    end();
}

static void an_agile_service_is_handed_out_itself(void **state)
{
    size_t i;

    (void)state;
    begin();
    scene.service.agile = TRUE;
    scene.service.thread = 0;
    assert_hr(S_OK, prefetch());
    home_block(&scene.home);
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        Fetch f = { 0 };

        f.use = TRUE;
        thread_run(kinds[i], fetch, &f);
        assert_hr(S_OK, f.hr);
        assert_hr(S_OK, f.used);
        assert_ptr_equal(host_site(&scene.service), f.object);
    }
    home_unblock(&scene.home);
    end();
}

/* The site: fetches, unsites, or sites again while it is asked. */
static HRESULT prefetch_within(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    host->query = NULL;
    *(HRESULT *)host->context = SiteBridgePrefetch(scene.bridge, rsid, riid);
    return IServiceProvider_QueryInterface(host_site(host->service), riid, ppv);
}

static void a_site_may_prefetch_while_it_is_asked(void **state)
{
    HRESULT inner = E_FAIL;
    Fetch f = { 0 };

    (void)state;
    begin();
    scene.site.query = prefetch_within;
    scene.site.context = &inner;
    assert_hr(S_OK, prefetch());
    assert_hr(S_OK, inner);
    home_block(&scene.home);
    thread_run(IN_STA, fetch, &f);
    assert_hr(S_OK, f.hr);
    home_unblock(&scene.home);
    end();
}

static HRESULT unsite_within(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)rsid;
    host->query = NULL;
    *(HRESULT *)host->context = SiteBridgeSetSite(scene.bridge, NULL);
    return IServiceProvider_QueryInterface(host_site(host->service), riid, ppv);
}

static void a_site_may_go_while_it_is_asked(void **state)
{
    HRESULT inner = E_FAIL;

    (void)state;
    begin();
    scene.site.query = unsite_within;
    scene.site.context = &inner;
    assert_failed(prefetch());
    assert_hr(S_OK, inner);
    assert_int_equal(1, host_refs(&scene.service));
    assert_int_equal(1, host_refs(&scene.site));
    end();
}

/* And while home's queue of what is to be given back is busy: the site's gate goes into it once. */
static SiteBridge *beside;

static HRESULT unsite_both_within(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    assert_hr(S_OK, SiteBridgeSetSite(beside, NULL));
    return unsite_within(host, rsid, riid, ppv);
}

static void a_site_that_goes_while_it_is_asked_is_given_back_once(void **state)
{
    HRESULT inner = E_FAIL;
    Fetch f = { 0 };
    Ask question = { 0 };

    (void)state;
    begin();
    assert_hr(S_OK, SiteBridgeCreate(&beside));
    assert_hr(S_OK, home_set_site(&scene.home, beside, &scene.site));
    question.bridge = beside;
    thread_run(IN_MTA, ask, &question);
    assert_answered(&question);
    thread_run(IN_MTA, fetch, &f);
    assert_hr(S_OK, f.hr);
    scene.site.query = unsite_both_within;
    scene.site.context = &inner;
    assert_hr(E_UNEXPECTED, prefetch());
    assert_hr(S_OK, inner);
    assert_proxies(beside, 0);
    assert_proxies(scene.bridge, 0);
    SiteBridgeRelease(beside);
    end();
}

int main(void)
{
    static const Test tests[] = {
        TEST(any_number_of_apartments_are_answered_while_home_waits_for_their_threads),
        TEST(what_was_fetched_works_in_every_apartment),
        TEST(a_deadline_is_met_by_what_was_fetched),
        TEST(another_pair_still_goes_to_home),
        TEST(what_is_fetched_again_is_the_newest),
        TEST(what_was_fetched_is_forgotten_at_unsite),
        TEST(what_was_fetched_and_never_asked_for_is_given_back_at_unsite),
        TEST(what_was_handed_out_stays_good_after_unsite),
        TEST(off_home_it_is_the_wrong_thread),
        TEST(a_failure_passes_and_leaves_nothing),
        TEST(an_agile_service_is_handed_out_itself),
        TEST(a_site_may_prefetch_while_it_is_asked),
        TEST(a_site_may_go_while_it_is_asked),
        TEST(a_site_that_goes_while_it_is_asked_is_given_back_once),
    };

    return RUN("prefetch", tests);
}
