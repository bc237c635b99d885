/* Every apartment is answered, without home's help until home is asked, and is left as it was. */
#include "harness.h"

enum { STAS = 40, RACERS = 12 };

static Scene scene;

static Ask question_for_bridge(void)
{
    Ask question = { 0 };

    question.bridge = scene.bridge;
    return question;
}

/* Packets unmarshaled, and proxies alive: both the MTA's. */
static void assert_made(DWORD unmarshaled, DWORD proxies)
{
    assert_int_equal(unmarshaled, statistics_of(scene.bridge).packets_unmarshaled);
    assert_int_equal(proxies, statistics_of(scene.bridge).proxies_cached);
}

static void any_number_of_stas_share_the_proxy_of_the_mta(void **state)
{
    static Home stas[STAS];
    static Ask questions[STAS];
    Keeper keeper;
    int i;

    (void)state;
    scene_begin(&scene, IN_STA);
    keeper_begin(&keeper, scene.bridge);
    for (i = 0; i < STAS; i++) {
        home_start(&stas[i], IN_STA);
        questions[i] = question_for_bridge();
        home_begin(&stas[i], ask, &questions[i]);
    }
    for (i = 0; i < STAS; i++)
        home_finish(&stas[i]);
    for (i = 0; i < STAS; i++)
        assert_answered(&questions[i]);
    assert_made(1, 1);
    for (i = 0; i < STAS; i++) {
        home_run(&stas[i], ask, &questions[i]);
        assert_answered(&questions[i]);
    }
    for (i = 0; i < STAS; i++)
        home_stop(&stas[i]);
    assert_made(1, 1);
    keeper_end(&keeper);
    scene_end(&scene);
}

static void the_mta_shares_one_proxy_however_many_race_for_it(void **state)
{
    Thread threads[RACERS];
    Ask questions[RACERS];
    int i;

    (void)state;
    scene_begin(&scene, IN_STA);
    for (i = 0; i < RACERS; i++) {
        questions[i] = question_for_bridge();
        thread_start(&threads[i], i % 2 ? IN_MTA : IN_NONE, ask, &questions[i]);
    }
    for (i = 0; i < RACERS; i++)
        thread_join(&threads[i]);
    for (i = 0; i < RACERS; i++)
        assert_answered(&questions[i]);
    assert_made(1, 1);
    scene_end(&scene);
}

static void the_mta_proxy_survives_every_thread_that_asks(void **state)
{
    static const Kind kinds[] = { IN_STA, IN_MTA, IN_NONE, IN_MTA, IN_STA, IN_NONE };
    size_t i;

    (void)state;
    scene_begin(&scene, IN_STA);
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        Ask question = question_for_bridge();

        thread_run(kinds[i], ask, &question);
        assert_answered(&question);
        assert_made(1, 1);
    }
    scene_end(&scene);
}

/* Home is in a plain wait from before the first query until the proxy is there. */
static void the_proxy_is_made_while_home_is_blocked(void **state)
{
    static const Kind kinds[] = { IN_STA, IN_MTA, IN_NONE };
    Home threads[3];
    Ask questions[3];
    int i;

    (void)state;
    scene_begin(&scene, IN_STA);
    for (i = 0; i < 3; i++)
        home_start(&threads[i], kinds[i]);
    home_block(&scene.home);
    for (i = 0; i < 3; i++) {
        questions[i] = question_for_bridge();
        home_begin(&threads[i], ask, &questions[i]);
        assert_proxies(scene.bridge, 1);
    }
    assert_calls(scene.bridge, 3);
    assert_int_equal(0, scene.site.queries);
    home_unblock(&scene.home);
    for (i = 0; i < 3; i++) {
        home_finish(&threads[i]);
        assert_answered(&questions[i]);
        home_stop(&threads[i]);
    }
    scene_end(&scene);
}

/* Each of the three ways in which a thread may end, once it has asked. */
static void what_has_asked_may_end_while_home_is_blocked(void **state)
{
    Home left, vanished, mta;
    Ask question;

    (void)state;
    scene_begin(&scene, IN_STA);
    question = question_for_bridge();
    home_start(&left, IN_STA);
    home_run(&left, ask, &question);
    assert_answered(&question);
    home_start(&vanished, IN_STA);
    home_run(&vanished, ask, &question);
    assert_answered(&question);
    home_start(&mta, IN_MTA);
    home_run(&mta, ask, &question);
    assert_answered(&question);
    home_block(&scene.home);
    home_stop(&left);
    home_vanish(&vanished);
    home_stop(&mta);
    assert_made(1, 1);
    home_unblock(&scene.home);
    thread_run(IN_STA, ask, &question);
    assert_answered(&question);
    scene_end(&scene);
}

/* A thread's queries, one after the other. */
typedef struct Steps {
    Ask questions[8];
    int count;
} Steps;

static void step(void *context)
{
    Steps *steps = context;
    Ask *question = &steps->questions[steps->count++];

    *question = question_for_bridge();
    ask(question);
}

static void assert_each_is_answered(Work steps_of_a_thread, int count)
{
    Steps steps = { 0 };
    int i;

    scene_begin(&scene, IN_STA);
    thread_run(IN_NONE, steps_of_a_thread, &steps);
    assert_int_equal(count, steps.count);
    for (i = 0; i < count; i++)
        assert_answered(&steps.questions[i]);
    assert_made(1, 1);
    scene_end(&scene);
}

static void leave_and_enter_the_sta(void *context)
{
    Steps *steps = context;

    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    step(steps);
    CoUninitialize();
    step(steps);
    CoUninitialize();
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    step(steps);
    CoUninitialize();
}

static void an_sta_may_be_left_and_entered_again(void **state)
{
    (void)state;
    assert_each_is_answered(leave_and_enter_the_sta, 3);
}

static void change_apartments(void *context)
{
    Steps *steps = context;

    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    step(steps);
    CoUninitialize();
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    step(steps);
    CoUninitialize();
    step(steps);
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    step(steps);
    CoUninitialize();
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    step(steps);
    CoUninitialize();
}

static void a_thread_that_changes_apartments_is_answered_in_each(void **state)
{
    (void)state;
    assert_each_is_answered(change_apartments, 5);
}

static void ask_at_the_very_end(void *context)
{
    EndHook hook;

    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    end_hook_put_on(&hook, step, NULL, context);
    CoUninitialize();
    end_hook_take_off(&hook);
}

static void a_query_at_the_very_end_of_an_sta_is_answered(void **state)
{
    (void)state;
    assert_each_is_answered(ask_at_the_very_end, 1);
}

/* The background STA's object: asks the bridge in its turn. */
static HRESULT ask_again(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)rsid;
    ask(host->context);
    return IServiceProvider_QueryInterface(host_site(host), riid, ppv);
}

static void home_may_call_back_into_an_sta_that_asks_again(void **state)
{
    static Listener listener;
    Home sta;
    Ask question, again;

    (void)state;
    scene_begin(&scene, IN_STA);
    question = again = question_for_bridge();
    home_start(&sta, IN_STA);
    home_run(&sta, listener_marshal, &listener);
    assert_hr(S_OK, listener.hr);
    home_run(&scene.home, listener_unmarshal, &listener);
    assert_hr(S_OK, listener.hr);
    listener.host.query = ask_again;
    listener.host.context = &again;
    scene.site.query = query_after_calling_listener;
    scene.site.context = &listener;
    home_run(&sta, ask, &question);
    assert_answered(&question);
    assert_hr(S_OK, listener.hr);
    assert_answered(&again);
    assert_made(1, 1);
    home_run(&scene.home, listener_release, &listener);
    home_stop(&sta);
    assert_int_equal(1, host_refs(&listener.host));
    scene_end(&scene);
}

/*
 * A call that is queued to an STA comes in while that waits for its answer. What it does there, here to
 * ask whether the library can be unloaded, must not take from the STA what it is about to need.
 */
static HRESULT ask_whether_to_unload(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)rsid;
    *(HRESULT *)host->context = SiteBridgeCanUnloadNow();
    return IServiceProvider_QueryInterface(host_site(host), riid, ppv);
}

static void call_the_listener(void *context)
{
    Listener *listener = context;
    IUnknown *nothing;

    listener_unmarshal(listener);
    if (SUCCEEDED(IServiceProvider_QueryService(listener->proxy, &IID_NULL, &IID_IServiceProvider,
                                                (void **)&nothing)))
        IUnknown_Release(nothing);
    listener_release(listener);
}

static BOOL something_is_queued(void)
{
    MSG message;

    return PeekMessageW(&message, NULL, 0, 0, PM_NOREMOVE);
}

static void ask_once_called(void *context)
{
    ULONGLONG start = GetTickCount64();

    while (!something_is_queued() && GetTickCount64() - start < PATIENCE)
        MsgWaitForMultipleObjectsEx(0, NULL, 5, QS_ALLINPUT, MWMO_INPUTAVAILABLE);
    ask(context);
}

static void what_comes_in_while_an_sta_waits_does_no_harm(void **state)
{
    static Listener listener;
    Home sta;
    Thread caller;
    Ask question;
    HRESULT hr;
    int round;

    (void)state;
    scene_begin(&scene, IN_STA);
    question = question_for_bridge();
    for (round = 0; round < 5; round++) {
        home_start(&sta, IN_STA);
        home_run(&sta, listener_marshal, &listener);
        assert_hr(S_OK, listener.hr);
        listener.host.query = ask_whether_to_unload;
        listener.host.context = &hr;
        hr = E_PENDING;
        home_begin(&sta, ask_once_called, &question);
        thread_start(&caller, IN_MTA, call_the_listener, &listener);
        home_finish(&sta);
        thread_join(&caller);
        assert_answered(&question);
        assert_hr(S_FALSE, hr);
        home_run(&sta, ask, &question);
        assert_answered(&question);
        home_stop(&sta);
    }
    assert_made(1, 1);
    scene_end(&scene);
}

static void where_home_is_the_mta_nobody_needs_a_proxy(void **state)
{
    static const Kind kinds[] = { IN_MTA, IN_NONE, IN_STA, IN_STA };
    Home thread;
    Ask question;
    size_t i;

    (void)state;
    scene_begin(&scene, IN_MTA);
    question = question_for_bridge();
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        home_start(&thread, kinds[i]);
        home_run(&thread, ask, &question);
        assert_answered(&question);
        if (kinds[i] == IN_STA) {
            assert_ptr_not_equal(host_site(&scene.service), question.object);
            assert_int_not_equal(thread.id, scene.site.last_thread);
        } else {
            assert_ptr_equal(host_site(&scene.service), question.object);
            assert_int_equal(thread.id, scene.site.last_thread);
        }
        home_stop(&thread);
    }
    assert_made(0, 0);
    scene_end(&scene);
}

static void home_of_one_bridge_is_background_of_another(void **state)
{
    static Scene other;
    Ask here, there;

    (void)state;
    scene_begin(&scene, IN_STA);
    there = question_for_bridge();
    scene_begin(&other, IN_STA);
    here = question_for_bridge();
    here.bridge = other.bridge;
    home_begin(&scene.home, ask, &here);
    home_begin(&other.home, ask, &there);
    home_finish(&scene.home);
    home_finish(&other.home);
    assert_answered(&here);
    assert_answered(&there);
    SiteBridgeRelease(other.bridge);
    home_stop(&other.home);
    assert_int_equal(1, host_refs(&other.site));
    assert_int_equal(0, other.site.wrong_threads);
    scene_end(&scene);
}

int main(void)
{
    static const Test tests[] = {
        TEST(any_number_of_stas_share_the_proxy_of_the_mta),
        TEST(the_mta_shares_one_proxy_however_many_race_for_it),
        TEST(the_mta_proxy_survives_every_thread_that_asks),
        TEST(the_proxy_is_made_while_home_is_blocked),
        TEST(what_has_asked_may_end_while_home_is_blocked),
        TEST(an_sta_may_be_left_and_entered_again),
        TEST(a_thread_that_changes_apartments_is_answered_in_each),
        TEST(a_query_at_the_very_end_of_an_sta_is_answered),
        TEST(home_may_call_back_into_an_sta_that_asks_again),
        TEST(what_comes_in_while_an_sta_waits_does_no_harm),
        TEST(where_home_is_the_mta_nobody_needs_a_proxy),
        TEST(home_of_one_bridge_is_background_of_another),
    };

    return RUN("apartments", tests);
}
