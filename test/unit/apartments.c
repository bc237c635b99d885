/* Every apartment gets the proxy that is right for it, without home's help, and gives it back. */
#include "harness.h"

enum { STAS = 40, RACERS = 12 };

static Home home;
static Host site, service;
static SiteBridge *bridge;

static void begin(Kind kind)
{
    home_start(&home, kind);
    host_init(&site, kind == IN_STA ? home.id : 0);
    host_init(&service, kind == IN_STA ? home.id : 0);
    site.service = &service;
    assert_hr(S_OK, SiteBridgeCreate(&bridge));
    assert_hr(S_OK, home_set_site(&home, bridge, &site));
}

static void end(void)
{
    SiteBridgeRelease(bridge);
    home_stop(&home);
    assert_int_equal(1, host_refs(&site));
    assert_int_equal(1, host_refs(&service));
    assert_int_equal(0, site.wrong_threads);
    assert_int_equal(0, service.wrong_threads);
    assert_idle();
}

static void assert_good(const Ask *question)
{
    assert_true(question->answered);
    assert_hr(S_OK, question->hr);
    assert_hr(S_OK, question->used);
}

static void every_sta_gets_its_own_proxy(void **state)
{
    static Home stas[STAS];
    static Ask questions[STAS];
    int i;

    (void)state;
    begin(IN_STA);
    for (i = 0; i < STAS; i++) {
        home_start(&stas[i], IN_STA);
        questions[i].bridge = bridge;
        home_begin(&stas[i], ask, &questions[i]);
    }
    for (i = 0; i < STAS; i++)
        home_finish(&stas[i]);
    for (i = 0; i < STAS; i++)
        assert_good(&questions[i]);
    assert_int_equal(STAS, statistics_of(bridge).proxies_cached);
    for (i = 0; i < STAS; i++)
        home_run(&stas[i], ask, &questions[i]);
    assert_int_equal(STAS, statistics_of(bridge).proxies_cached);
    for (i = 0; i < STAS; i++)
        home_stop(&stas[i]);
    assert_int_equal(0, statistics_of(bridge).proxies_cached);
    end();
}

static void the_mta_shares_one_proxy_however_many_race_for_it(void **state)
{
    Thread threads[RACERS];
    Ask questions[RACERS] = { 0 };
    int i;

    (void)state;
    begin(IN_STA);
    for (i = 0; i < RACERS; i++) {
        questions[i].bridge = bridge;
        thread_start(&threads[i], i % 2 ? IN_MTA : IN_NONE, ask, &questions[i]);
    }
    for (i = 0; i < RACERS; i++)
        thread_join(&threads[i]);
    for (i = 0; i < RACERS; i++)
        assert_good(&questions[i]);
    assert_int_equal(1, statistics_of(bridge).packets_unmarshaled);
    assert_int_equal(1, statistics_of(bridge).proxies_cached);
    end();
}

static void the_mta_proxy_survives_every_thread_of_the_mta(void **state)
{
    static const Kind kinds[] = { IN_MTA, IN_NONE, IN_MTA, IN_STA, IN_NONE };
    size_t i;

    (void)state;
    begin(IN_STA);
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        Ask question = { 0 };

        question.bridge = bridge;
        thread_run(kinds[i], ask, &question);
        assert_good(&question);
        assert_int_equal(1, statistics_of(bridge).proxies_cached);
    }
    assert_int_equal(2, statistics_of(bridge).packets_unmarshaled);
    end();
}

/* Home is in a plain wait from before the first query until the proxies are there. */
static void a_proxy_is_made_while_home_is_blocked(void **state)
{
    Home sta, mta, none;
    Ask in_sta = { 0 }, in_mta = { 0 }, in_none = { 0 };

    (void)state;
    begin(IN_STA);
    in_sta.bridge = in_mta.bridge = in_none.bridge = bridge;
    home_start(&sta, IN_STA);
    home_start(&mta, IN_MTA);
    home_start(&none, IN_NONE);
    home_block(&home);
    home_begin(&sta, ask, &in_sta);
    assert_proxies(bridge, 1);
    home_begin(&mta, ask, &in_mta);
    home_begin(&none, ask, &in_none);
    assert_calls(bridge, 3);
    assert_int_equal(0, site.queries);
    home_unblock(&home);
    home_finish(&sta);
    home_finish(&mta);
    home_finish(&none);
    assert_good(&in_sta);
    assert_good(&in_mta);
    assert_good(&in_none);
    home_stop(&sta);
    home_stop(&mta);
    home_stop(&none);
    end();
}

static void the_apartments_that_made_proxies_may_be_dead_and_home_blocked(void **state)
{
    Home sta;
    Ask question = { 0 };
    int i;

    (void)state;
    begin(IN_STA);
    question.bridge = bridge;
    thread_run(IN_MTA, ask, &question);
    assert_good(&question);
    for (i = 0; i < 3; i++) {
        thread_run(IN_STA, ask, &question);
        assert_good(&question);
    }
    home_start(&sta, IN_STA);
    home_block(&home);
    home_begin(&sta, ask, &question);
    assert_proxies(bridge, 2);
    home_unblock(&home);
    home_finish(&sta);
    assert_good(&question);
    home_stop(&sta);
    end();
}

static void an_apartment_ends_while_home_is_blocked(void **state)
{
    Home stas[3], mta;
    Ask question = { 0 };
    int i;

    (void)state;
    begin(IN_STA);
    question.bridge = bridge;
    home_start(&mta, IN_MTA);
    home_run(&mta, ask, &question);
    assert_good(&question);
    for (i = 0; i < 3; i++) {
        home_start(&stas[i], IN_STA);
        home_run(&stas[i], ask, &question);
        assert_good(&question);
    }
    assert_int_equal(4, statistics_of(bridge).proxies_cached);
    home_block(&home);
    for (i = 0; i < 3; i++)
        home_stop(&stas[i]);
    home_stop(&mta);
    assert_int_equal(1, statistics_of(bridge).proxies_cached);
    home_unblock(&home);
    end();
}

/* The number of proxies after each step of a thread. */
typedef struct Steps {
    Ask question;
    DWORD proxies[8];
    HRESULT hr[8], used[8];
    int count;
} Steps;

static void step(Steps *steps, BOOL asks)
{
    int i = steps->count++;

    if (asks) {
        ask(&steps->question);
        steps->hr[i] = steps->question.hr;
        steps->used[i] = steps->question.used;
    }
    steps->proxies[i] = statistics_of(bridge).proxies_cached;
}

static void nest(void *context)
{
    Steps *steps = context;

    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    step(steps, TRUE);
    CoUninitialize();
    step(steps, TRUE);
    CoUninitialize();
    step(steps, FALSE);
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    step(steps, FALSE);
    step(steps, TRUE);
    CoUninitialize();
    step(steps, FALSE);
}

static void a_proxy_goes_with_the_last_uninitialize_and_is_made_afresh(void **state)
{
    static const DWORD proxies[] = { 1, 1, 0, 0, 1, 0 };
    Steps steps = { 0 };
    size_t i;

    (void)state;
    begin(IN_STA);
    steps.question.bridge = bridge;
    thread_run(IN_NONE, nest, &steps);
    for (i = 0; i < sizeof proxies / sizeof proxies[0]; i++) {
        assert_int_equal(proxies[i], steps.proxies[i]);
        assert_hr(S_OK, steps.hr[i]);
        assert_hr(S_OK, steps.used[i]);
    }
    end();
}

static void flip(void *context)
{
    Steps *steps = context;

    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    step(steps, TRUE);
    CoUninitialize();
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    step(steps, TRUE);
    CoUninitialize();
    step(steps, TRUE);
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    step(steps, TRUE);
    CoUninitialize();
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    step(steps, TRUE);
    CoUninitialize();
}

/* Where its proxies go, no other thread can start or end, and home has to dispatch. */
static void an_sta_may_end_without_a_word(void **state)
{
    Ask question = { 0 };
    Home sta;
    int i;

    (void)state;
    begin(IN_STA);
    question.bridge = bridge;
    for (i = 0; i < 3; i++) {
        home_start(&sta, IN_STA);
        home_run(&sta, ask, &question);
        assert_good(&question);
        assert_proxies(bridge, 1);
        home_vanish(&sta);
        assert_proxies(bridge, 0);
    }
    thread_run(IN_MTA, ask, &question);
    assert_good(&question);
    end();
}

static void a_thread_that_changes_apartments_gets_the_right_proxy_each_time(void **state)
{
    static const DWORD proxies[] = { 1, 2, 1, 1, 2 };
    Steps steps = { 0 };
    size_t i;

    (void)state;
    begin(IN_STA);
    steps.question.bridge = bridge;
    thread_run(IN_NONE, flip, &steps);
    for (i = 0; i < sizeof proxies / sizeof proxies[0]; i++) {
        assert_hr(S_OK, steps.hr[i]);
        assert_hr(S_OK, steps.used[i]);
        assert_int_equal(proxies[i], steps.proxies[i]);
    }
    end();
}

/* An object of an STA that other threads call. */
typedef struct Callee {
    Host host;
    IStream *packet;
    IServiceProvider *proxy;    /* its caller's */
    Ask question;
    HRESULT hr;
} Callee;

static void callee_marshal(void *context)
{
    Callee *callee = context;

    host_init(&callee->host, GetCurrentThreadId());
    callee->hr = CoMarshalInterThreadInterfaceInStream(
        &IID_IServiceProvider, (IUnknown *)host_site(&callee->host), &callee->packet);
}

static void callee_unmarshal(void *context)
{
    Callee *callee = context;

    callee->hr = CoGetInterfaceAndReleaseStream(callee->packet, &IID_IServiceProvider,
                                                (void **)&callee->proxy);
}

static void callee_release(void *context)
{
    Callee *callee = context;

    IServiceProvider_Release(callee->proxy);
}

static HRESULT answer_with_site(Host *host, REFIID riid, void **ppv)
{
    return IServiceProvider_QueryInterface(host_site(host), riid, ppv);
}

/* The background STA's object: asks the bridge in its turn. */
static HRESULT ask_again(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    Callee *callee = host->context;

    (void)rsid;
    ask(&callee->question);
    return answer_with_site(host, riid, ppv);
}

/* The site: calls the background STA back, once, while that waits for the answer. */
static HRESULT call_back(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    Callee *callee = host->context;
    IUnknown *nothing;

    host->query = NULL;
    callee->hr = IServiceProvider_QueryService(callee->proxy, rsid, riid, (void **)&nothing);
    if (SUCCEEDED(callee->hr))
        IUnknown_Release(nothing);
    return answer_with_site(host->service, riid, ppv);
}

static void home_may_call_back_into_an_sta_that_asks_again(void **state)
{
    static Callee callee;
    Home sta;
    Ask question = { 0 };

    (void)state;
    begin(IN_STA);
    question.bridge = callee.question.bridge = bridge;
    home_start(&sta, IN_STA);
    home_run(&sta, callee_marshal, &callee);
    assert_hr(S_OK, callee.hr);
    home_run(&home, callee_unmarshal, &callee);
    assert_hr(S_OK, callee.hr);
    callee.host.query = ask_again;
    callee.host.context = &callee;
    site.query = call_back;
    site.context = &callee;
    home_run(&sta, ask, &question);
    assert_good(&question);
    assert_hr(S_OK, callee.hr);
    assert_good(&callee.question);
    assert_int_equal(1, statistics_of(bridge).proxies_cached);
    home_run(&home, callee_release, &callee);
    home_stop(&sta);
    assert_int_equal(1, host_refs(&callee.host));
    end();
}

/*
 * A call that is queued to an STA comes in while that waits for its first proxy. What it does there,
 * here to ask whether the library can be unloaded, must not take from the STA what it is about to need.
 */
static HRESULT ask_whether_to_unload(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    Callee *callee = host->context;

    (void)rsid;
    callee->hr = SiteBridgeCanUnloadNow();
    return answer_with_site(host, riid, ppv);
}

static void call_the_callee(void *context)
{
    Callee *callee = context;
    IUnknown *nothing;

    callee_unmarshal(callee);
    if (SUCCEEDED(IServiceProvider_QueryService(callee->proxy, &IID_NULL, &IID_IServiceProvider,
                                                (void **)&nothing)))
        IUnknown_Release(nothing);
    callee_release(callee);
}

static BOOL something_is_queued(void *context)
{
    MSG message;

    (void)context;
    return PeekMessageW(&message, NULL, 0, 0, PM_NOREMOVE);
}

static void ask_once_called(void *context)
{
    Ask *question = context;
    ULONGLONG start = GetTickCount64();

    while (!something_is_queued(NULL) && GetTickCount64() - start < PATIENCE)
        MsgWaitForMultipleObjectsEx(0, NULL, 5, QS_ALLINPUT, MWMO_INPUTAVAILABLE);
    ask(question);
}

static void what_comes_in_while_a_proxy_is_made_does_no_harm(void **state)
{
    static Callee callee;
    Home sta;
    Thread caller;
    Ask question = { 0 };
    int round;

    (void)state;
    begin(IN_STA);
    question.bridge = bridge;
    for (round = 0; round < 5; round++) {
        home_start(&sta, IN_STA);
        home_run(&sta, callee_marshal, &callee);
        assert_hr(S_OK, callee.hr);
        callee.host.query = ask_whether_to_unload;
        callee.host.context = &callee;
        callee.hr = E_PENDING;
        home_begin(&sta, ask_once_called, &question);
        thread_start(&caller, IN_MTA, call_the_callee, &callee);
        home_finish(&sta);
        thread_join(&caller);
        assert_good(&question);
        assert_hr(S_FALSE, callee.hr);
        home_run(&sta, ask, &question);
        assert_int_equal(1, statistics_of(bridge).proxies_cached);
        home_stop(&sta);
        assert_int_equal(0, statistics_of(bridge).proxies_cached);
    }
    end();
}

/* A spy of somebody else's, which may come before or after the library's. */
typedef struct Spy {
    IInitializeSpy object;
    ULARGE_INTEGER cookie;
    Work work;
    void *context;
} Spy;

static HRESULT STDMETHODCALLTYPE spy_QueryInterface(IInitializeSpy *spy, REFIID riid, void **ppv)
{
    (void)riid;
    *ppv = spy;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE spy_count(IInitializeSpy *spy)
{
    (void)spy;
    return 1;
}

static HRESULT STDMETHODCALLTYPE spy_PreInitialize(IInitializeSpy *spy, DWORD flags, DWORD count)
{
    (void)spy, (void)flags, (void)count;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE spy_PostInitialize(IInitializeSpy *spy, HRESULT hr, DWORD flags,
                                                    DWORD count)
{
    (void)spy, (void)flags, (void)count;
    return hr;
}

static HRESULT STDMETHODCALLTYPE spy_PreUninitialize(IInitializeSpy *object, DWORD count)
{
    Spy *spy = CONTAINING_RECORD(object, Spy, object);

    if (count == 1)
        spy->work(spy->context);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE spy_PostUninitialize(IInitializeSpy *spy, DWORD count)
{
    (void)spy, (void)count;
    return S_OK;
}

static IInitializeSpyVtbl spy_vtbl = {
    spy_QueryInterface, spy_count, spy_count,
    spy_PreInitialize, spy_PostInitialize, spy_PreUninitialize, spy_PostUninitialize,
};

static void spy_begin(Spy *spy, Work work, void *context)
{
    spy->object.lpVtbl = &spy_vtbl;
    spy->work = work;
    spy->context = context;
    CoRegisterInitializeSpy(&spy->object, &spy->cookie);
}

static void ask_at_the_very_end(void *context)
{
    Ask *questions = context;
    Spy first = { 0 }, last = { 0 };

    spy_begin(&first, ask, &questions[1]);
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    ask(&questions[0]);
    spy_begin(&last, ask, &questions[2]);
    CoUninitialize();
    CoRevokeInitializeSpy(last.cookie);
    CoRevokeInitializeSpy(first.cookie);
}

static void a_query_at_the_very_end_of_an_apartment_leaves_nothing(void **state)
{
    Ask questions[3] = { 0 };
    int i;

    (void)state;
    begin(IN_STA);
    for (i = 0; i < 3; i++)
        questions[i].bridge = bridge;
    thread_run(IN_NONE, ask_at_the_very_end, questions);
    for (i = 0; i < 3; i++)
        assert_true(questions[i].answered);
    assert_good(&questions[0]);
    assert_int_equal(0, statistics_of(bridge).proxies_cached);
    end();
}

static void where_home_is_the_mta_only_stas_have_proxies(void **state)
{
    Home stas[3], mta;
    Ask question = { 0 };
    int i;

    (void)state;
    begin(IN_MTA);
    question.bridge = bridge;
    home_start(&mta, IN_MTA);
    home_run(&mta, ask, &question);
    assert_good(&question);
    assert_ptr_equal(host_site(&service), question.object);
    assert_int_equal(mta.id, site.last_thread);
    thread_run(IN_NONE, ask, &question);
    assert_good(&question);
    assert_ptr_equal(host_site(&service), question.object);
    for (i = 0; i < 3; i++) {
        home_start(&stas[i], IN_STA);
        home_run(&stas[i], ask, &question);
        assert_good(&question);
        assert_ptr_not_equal(host_site(&service), question.object);
        assert_int_not_equal(stas[i].id, site.last_thread);
    }
    assert_int_equal(3, statistics_of(bridge).proxies_cached);
    for (i = 0; i < 3; i++)
        home_stop(&stas[i]);
    assert_int_equal(0, statistics_of(bridge).proxies_cached);
    home_stop(&mta);
    end();
}

static void home_of_one_bridge_is_background_of_another(void **state)
{
    Home other;
    Host other_site;
    SiteBridge *other_bridge;
    Ask here = { 0 }, there = { 0 };

    (void)state;
    begin(IN_STA);
    home_start(&other, IN_STA);
    host_init(&other_site, other.id);
    assert_hr(S_OK, SiteBridgeCreate(&other_bridge));
    assert_hr(S_OK, home_set_site(&other, other_bridge, &other_site));
    here.bridge = other_bridge;
    there.bridge = bridge;
    home_begin(&home, ask, &here);
    home_begin(&other, ask, &there);
    home_finish(&home);
    home_finish(&other);
    assert_good(&here);
    assert_good(&there);
    SiteBridgeRelease(other_bridge);
    home_stop(&other);
    assert_int_equal(1, host_refs(&other_site));
    assert_int_equal(0, other_site.wrong_threads);
    end();
}

int main(void)
{
    static const Test tests[] = {
        TEST(every_sta_gets_its_own_proxy),
        TEST(the_mta_shares_one_proxy_however_many_race_for_it),
        TEST(the_mta_proxy_survives_every_thread_of_the_mta),
        TEST(a_proxy_is_made_while_home_is_blocked),
        TEST(the_apartments_that_made_proxies_may_be_dead_and_home_blocked),
        TEST(an_apartment_ends_while_home_is_blocked),
        TEST(a_proxy_goes_with_the_last_uninitialize_and_is_made_afresh),
        TEST(an_sta_may_end_without_a_word),
        TEST(a_thread_that_changes_apartments_gets_the_right_proxy_each_time),
        TEST(home_may_call_back_into_an_sta_that_asks_again),
        TEST(what_comes_in_while_a_proxy_is_made_does_no_harm),
        TEST(a_query_at_the_very_end_of_an_apartment_leaves_nothing),
        TEST(where_home_is_the_mta_only_stas_have_proxies),
        TEST(home_of_one_bridge_is_background_of_another),
    };

    return RUN("apartments", tests);
}
