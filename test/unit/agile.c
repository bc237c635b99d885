/* Sites and services that may be called from every apartment, and sites that are proxies. */
#include "harness.h"

static const Kind kinds[] = { IN_MTA, IN_STA, IN_NONE };
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static Scene scene;

/* What COM hands to every apartment as it is, without being told that it is agile. */
static void make_free_threaded(Host *host)
{
    host->thread = 0;
    assert_hr(S_OK, CoCreateFreeThreadedMarshaler((IUnknown *)host_site(host), &host->marshaler));
}

static void forget_marshaler(Host *host)
{
    IUnknown *marshaler = host->marshaler;

    host->marshaler = NULL;
    IUnknown_Release(marshaler);
}

static HRESULT answer_with_itself(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)rsid;
    return IServiceProvider_QueryInterface(host_site(host), riid, ppv);
}

static void begin(void)
{
    scene_begin_home(&scene, IN_STA);
    assert_hr(S_OK, SiteBridgeCreate(&scene.bridge));
}

static void a_free_threaded_site_is_called_by_the_caller_itself(void **state)
{
    Ask question = { 0 };
    Thread thread;
    int i;

    (void)state;
    begin();
    make_free_threaded(&scene.site);
    scene.site.query = answer_with_itself;
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, &scene.site));
    question.bridge = scene.bridge;
    home_block(&scene.home);
    for (i = 0; i < KINDS; i++) {
        thread_start(&thread, kinds[i], ask, &question);
        thread_join(&thread);
        assert_answered(&question);
        assert_int_equal(thread.id, scene.site.last_thread);
    }
    home_unblock(&scene.home);
    assert_int_equal(0, statistics_of(scene.bridge).proxies_cached);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    assert_int_equal(1, host_refs(&scene.site));
    forget_marshaler(&scene.site);
    scene_end(&scene);
}

static HRESULT answer_when_told(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    WaitForSingleObject(host->context, PATIENCE);
    return answer_with_itself(host, rsid, riid, ppv);
}

static void the_deadline_holds_for_it(void **state)
{
    HANDLE may_answer = CreateEventW(NULL, TRUE, FALSE, NULL);
    Ask question = { 0 };
    int i;

    (void)state;
    begin();
    make_free_threaded(&scene.site);
    scene.site.query = answer_when_told;
    scene.site.context = may_answer;
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, &scene.site));
    question.bridge = scene.bridge;
    question.has_deadline = TRUE;
    for (i = 0; i < KINDS; i++) {
        ResetEvent(may_answer);
        question.milliseconds = 10;
        thread_run(kinds[i], ask, &question);
        assert_hr(HRESULT_FROM_WIN32(ERROR_TIMEOUT), question.hr);
        SetEvent(may_answer);
        question.milliseconds = PATIENCE;
        thread_run(kinds[i], ask, &question);
        assert_answered(&question);
        assert_calls(scene.bridge, 0);
    }
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    forget_marshaler(&scene.site);
    scene_end(&scene);
    CloseHandle(may_answer);
}

static void a_free_threaded_service_is_handed_out_itself(void **state)
{
    Ask question = { 0 };
    int i;

    (void)state;
    begin();
    make_free_threaded(&scene.service);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, &scene.site));
    assert_hr(S_OK, home_prefetch(&scene.home, scene.bridge, &fetched_id, &IID_IServiceProvider));
    question.bridge = scene.bridge;
    question.service = &fetched_id;
    question.keep = TRUE;
    home_block(&scene.home);
    for (i = 0; i < KINDS; i++) {
        thread_run(kinds[i], ask, &question);
        assert_answered(&question);
        assert_ptr_equal(host_site(&scene.service), question.object);
        IServiceProvider_Release(question.object);
    }
    home_unblock(&scene.home);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    forget_marshaler(&scene.service);
    scene_end(&scene);
}

/* Also where the site could be asked by everybody: what was fetched is what is answered. */
static void an_agile_sites_service_can_be_fetched_ahead(void **state)
{
    Ask question = { 0 };
    int i, agile;

    (void)state;
    for (agile = 0; agile < 2; agile++) {
        begin();
        scene.site.agile = TRUE;
        scene.site.thread = 0;
        scene.service.agile = agile;
        if (agile)
            scene.service.thread = 0;
        assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, &scene.site));
        assert_hr(S_OK, home_prefetch(&scene.home, scene.bridge, &fetched_id, &IID_IServiceProvider));
        assert_int_equal(1, scene.site.queries);
        question.bridge = scene.bridge;
        question.service = &fetched_id;
        for (i = 0; i < KINDS; i++) {
            thread_run(kinds[i], ask, &question);
            assert_answered(&question);
        }
        assert_int_equal(1, scene.site.queries);
        question.service = NULL;
        scene.site.query = answer_with_itself;
        for (i = 0; i < KINDS; i++) {
            thread_run(kinds[i], ask, &question);
            assert_answered(&question);
        }
        /* Asked, and used, since it gives itself. */
        assert_int_equal(1 + 2 * KINDS, scene.site.queries);
        scene_end(&scene);
    }
}

/* Every call of the proxy would wait for its apartment, which does not dispatch meanwhile. */
typedef struct Sited {
    Listener listener;
    HRESULT hr;
} Sited;

static void site_the_proxy(void *context)
{
    Sited *sited = context;

    sited->hr = SiteBridgeSetSite(scene.bridge, sited->listener.proxy);
}

static void a_site_that_is_a_proxy_is_asked_nothing(void **state)
{
    Ask question = { 0 };
    Sited sited = { 0 };
    Home owner;
    int i;

    (void)state;
    begin();
    home_start(&owner, IN_STA);
    home_run(&owner, listener_marshal, &sited.listener);
    home_run(&scene.home, listener_unmarshal, &sited.listener);
    home_block(&owner);
    home_run(&scene.home, site_the_proxy, &sited);
    assert_hr(S_OK, sited.hr);
    home_unblock(&owner);
    question.bridge = scene.bridge;
    for (i = 0; i < KINDS; i++) {
        thread_run(kinds[i], ask, &question);
        assert_answered(&question);
    }
    assert_int_equal(owner.id, sited.listener.host.last_thread);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    home_run(&scene.home, listener_release, &sited.listener);
    scene_end(&scene);
    home_stop(&owner);
    assert_int_equal(1, host_refs(&sited.listener.host));
    assert_int_equal(0, sited.listener.host.wrong_threads);
}

int main(void)
{
    static const Test tests[] = {
        TEST(a_free_threaded_site_is_called_by_the_caller_itself),
        TEST(the_deadline_holds_for_it),
        TEST(a_free_threaded_service_is_handed_out_itself),
        TEST(an_agile_sites_service_can_be_fetched_ahead),
        TEST(a_site_that_is_a_proxy_is_asked_nothing),
    };

    return RUN("agile", tests);
}
