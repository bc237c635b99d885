/* Sites come and go while others use them, and so do homes. */
#include "harness.h"

enum { CHANGES = 150, ROUNDS = 8 };

static const Kind kinds[] = { IN_MTA, IN_STA, IN_NONE };

static Home home;
static Host sites[2], services[2];
static SiteBridge *bridge;

static void begin(void)
{
    int i;

    home_start(&home, IN_STA);
    for (i = 0; i < 2; i++) {
        host_init(&sites[i], home.id);
        host_init(&services[i], home.id);
        sites[i].service = &services[i];
    }
    assert_hr(S_OK, SiteBridgeCreate(&bridge));
    assert_hr(S_OK, home_set_site(&home, bridge, &sites[0]));
}

static void assert_released(void)
{
    int i;

    for (i = 0; i < 2; i++) {
        assert_int_equal(1, host_refs(&sites[i]));
        assert_int_equal(1, host_refs(&services[i]));
        assert_int_equal(0, sites[i].wrong_threads);
        assert_int_equal(0, services[i].wrong_threads);
    }
}

static void end(void)
{
    SiteBridgeRelease(bridge);
    home_stop(&home);
    assert_released();
    assert_idle();
}

/* Under fire */

static volatile LONG cease, wrong, asked_too_late, kept_too_long;

/* A site's answer, which it may give while it is the bridge's only. */
static HRESULT answer_while_sited(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)rsid;
    if (!host->context)
        InterlockedIncrement(&asked_too_late);
    return IServiceProvider_QueryInterface(host_site(host->service), riid, ppv);
}

static void shoot(void *context)
{
    Ask question = { 0 };

    (void)context;
    question.bridge = bridge;
    while (!cease) {
        ask(&question);
        if (!question.answered || (question.hr != S_OK && question.hr != E_UNEXPECTED))
            InterlockedIncrement(&wrong);
    }
}

static Host *next_site(int i, BOOL unsites)
{
    if (unsites && i % 3 == 2)
        return NULL;
    return &sites[i % 2];
}

typedef struct Changes {
    BOOL unsites;
    HRESULT hr;
} Changes;

/* On home. */
static void change_sites(void *context)
{
    Changes *changes = context;
    Host *current = &sites[0], *next;
    int i;

    for (i = 0; i < CHANGES || sites[0].queries + sites[1].queries < CHANGES; i++) {
        pump();
        next = next_site(i, changes->unsites);
        if (next)
            next->context = &sites;
        changes->hr = SiteBridgeSetSite(bridge, next ? host_site(next) : NULL);
        if (FAILED(changes->hr))
            break;
        if (current && current != next) {
            current->context = NULL;
            if (host_refs(current) != 1)
                InterlockedIncrement(&kept_too_long);
        }
        current = next;
    }
}

static void change_under_fire(BOOL unsites)
{
    Thread threads[CALLERS];
    Changes changes = { unsites, S_OK };
    Keeper keeper;
    int i;

    begin();
    sites[1].service = &services[0];
    keeper_begin(&keeper, bridge);
    cease = wrong = asked_too_late = kept_too_long = 0;
    for (i = 0; i < 2; i++)
        sites[i].query = answer_while_sited;
    sites[0].context = &sites;
    for (i = 0; i < CALLERS; i++)
        thread_start(&threads[i], kinds[i % 3], shoot, NULL);
    home_run(&home, change_sites, &changes);
    InterlockedExchange(&cease, 1);
    for (i = 0; i < CALLERS; i++)
        thread_join(&threads[i]);
    keeper_end(&keeper);
    assert_hr(S_OK, changes.hr);
    assert_int_equal(0, wrong);
    assert_int_equal(0, asked_too_late);
    assert_int_equal(0, kept_too_long);
    end();
}

static void a_site_is_replaced_under_fire(void **state)
{
    (void)state;
    change_under_fire(FALSE);
}

static void a_site_goes_under_fire(void **state)
{
    (void)state;
    change_under_fire(TRUE);
}

/* Queued calls */

static void unsite(void *context)
{
    *(HRESULT *)context = SiteBridgeSetSite(bridge, NULL);
}

static void unsite_and_count(void *context)
{
    LONG *refs = context;
    HRESULT hr;

    unsite(&hr);
    *refs = SUCCEEDED(hr) ? host_refs(&sites[0]) : -1;
}

static void unsiting_does_not_wait_for_what_is_queued(void **state)
{
    static Callers callers;
    LONG refs = 0;
    int i;

    (void)state;
    begin();
    home_block_before(&home, unsite_and_count, &refs);
    callers_start(&callers, bridge);
    home_unblock(&home);
    assert_int_equal(1, refs);
    callers_join(&callers);
    assert_int_equal(0, sites[0].queries);
    for (i = 0; i < CALLERS; i++)
        assert_hr(E_UNEXPECTED, callers.questions[i].hr);
    end();
}

/* Home's end */

static void homes_end_drains(void **state)
{
    static Callers callers;
    int round;

    (void)state;
    for (round = 0; round < ROUNDS; round++) {
        begin();
        home_block(&home);
        callers_start(&callers, bridge);
        home_let_end(&home);
        wait_for(home.thread, "home's end");
        callers_join(&callers);
        assert_int_equal(1, host_refs(&sites[0]));
        home_stop(&home);
        SiteBridgeRelease(bridge);
        assert_released();
        assert_idle();
    }
}

/* Sees calls in the queue, and does not dispatch them: Wine's waits then do not see them any more. */
static void peek_and_uninitialize(void *context)
{
    ULONGLONG start = GetTickCount64();
    MSG message;
    BOOL *seen = context;

    while (!*seen && GetTickCount64() - start < PATIENCE) {
        MsgWaitForMultipleObjectsEx(0, NULL, 5, QS_ALLINPUT, MWMO_INPUTAVAILABLE);
        *seen = PeekMessageW(&message, NULL, 0, 0, PM_NOREMOVE);
    }
    CoUninitialize();
}

static void homes_end_drains_what_has_been_peeked_at(void **state)
{
    static Callers callers;
    int round;

    (void)state;
    for (round = 0; round < ROUNDS; round++) {
        BOOL seen = FALSE;
    
        begin();
        home_block_before(&home, peek_and_uninitialize, &seen);
        callers_start(&callers, bridge);
        home_unblock(&home);
        assert_true(seen);
        callers_join(&callers);
        home_vanish(&home);
        SiteBridgeRelease(bridge);
        assert_released();
        assert_idle();
    }
}

static void set_second_site(void *context)
{
    *(HRESULT *)context = SiteBridgeSetSite(bridge, host_site(&sites[1]));
}

static void uninitialize_and_start_again(void *context)
{
    CoUninitialize();
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    set_second_site(context);
}

static void a_thread_can_be_home_again_in_its_next_apartment(void **state)
{
    Ask question = { 0 };
    HRESULT hr = E_FAIL;
    size_t i;

    (void)state;
    begin();
    question.bridge = bridge;
    thread_run(IN_STA, ask, &question);
    assert_hr(S_OK, question.hr);
    home_run(&home, uninitialize_and_start_again, &hr);
    assert_hr(S_OK, hr);
    assert_int_equal(1, host_refs(&sites[0]));
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        thread_run(kinds[i], ask, &question);
        assert_hr(S_OK, question.hr);
        assert_int_equal(home.id, sites[1].last_thread);
    }
    end();
}

static void release_kept(void *context)
{
    IServiceProvider_Release(((Ask *)context)->object);
}

/* Wine numbers what the next apartment exports as it did in the last one. */
static void what_others_have_of_its_last_apartment_does_not_confuse_home(void **state)
{
    Home stas[2];
    Ask question = { 0 };
    HRESULT hr = E_FAIL;
    size_t i;

    (void)state;
    begin();
    question.bridge = bridge;
    for (i = 0; i < 2; i++) {
        home_start(&stas[i], IN_STA);
        home_run(&stas[i], ask, &question);
        assert_hr(S_OK, question.hr);
    }
    home_run(&home, uninitialize_and_start_again, &hr);
    assert_hr(S_OK, hr);
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        thread_run(kinds[i], ask, &question);
        assert_hr(S_OK, question.hr);
        assert_int_equal(home.id, sites[1].last_thread);
    }
    home_run(&stas[0], ask, &question);
    assert_hr(S_OK, question.hr);
    for (i = 0; i < 2; i++)
        home_stop(&stas[i]);
    end();
}

/* The same of what was fetched ahead, of which the MTA has the proxies as long as somebody has an answer. */
static void nor_does_what_was_fetched_ahead_there(void **state)
{
    Ask kept = { 0 }, question = { 0 };
    HRESULT hr = E_FAIL;
    size_t i;
    Home sta;

    (void)state;
    begin();
    kept.bridge = question.bridge = bridge;
    kept.service = &fetched_id;
    kept.keep = TRUE;
    assert_hr(S_OK, home_prefetch(&home, bridge, &fetched_id, &IID_IServiceProvider));
    home_start(&sta, IN_STA);
    home_run(&sta, ask, &kept);
    assert_answered(&kept);
    home_run(&home, uninitialize_and_start_again, &hr);
    assert_hr(S_OK, hr);
    assert_int_equal(1, host_refs(&sites[0]));
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        question.service = NULL;
        thread_run(kinds[i], ask, &question);
        assert_answered(&question);
        assert_int_equal(home.id, sites[1].last_thread);
    }
    assert_hr(S_OK, home_prefetch(&home, bridge, &fetched_id, &IID_IServiceProvider));
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        question.service = &fetched_id;
        thread_run(kinds[i], ask, &question);
        assert_answered(&question);
    }
    home_run(&sta, release_kept, &kept);
    home_stop(&sta);
    end();
}

/*
 * Others' hooks site the bridge, one that was there before the library's and one that came after it: when it
 * has already ended what there was, or is about to.
 */
static void uninitialize_while_others_site(void *context)
{
    EndHook first, last;
    HRESULT hr;

    (void)context;
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    end_hook_put_on(&first, set_second_site, NULL, &hr);
    SiteBridgeSetSite(bridge, host_site(&sites[0]));
    end_hook_put_on(&last, set_second_site, NULL, &hr);
    CoUninitialize();
    end_hook_take_off(&last);
    end_hook_take_off(&first);
}

static void a_site_that_comes_while_home_ends_is_not_kept(void **state)
{
    (void)state;
    assert_hr(S_OK, SiteBridgeCreate(&bridge));
    host_init(&sites[0], 0);
    host_init(&sites[1], 0);
    thread_run(IN_NONE, uninitialize_while_others_site, NULL);
    assert_int_equal(1, host_refs(&sites[0]));
    assert_int_equal(1, host_refs(&sites[1]));
    SiteBridgeRelease(bridge);
    assert_idle();
}

/* The site: ends home's apartment in the middle of a call. */
static HRESULT uninitialize_within(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)host, (void)rsid, (void)riid;
    CoUninitialize();
    *ppv = NULL;
    return E_ABORT;
}

static void an_uninitialize_inside_a_call_hangs_nobody(void **state)
{
    static Callers callers;
    Ask question = { 0 };

    (void)state;
    begin();
    question.bridge = bridge;
    home_block(&home);
    callers_start(&callers, bridge);
    sites[0].query = uninitialize_within;
    home_unblock(&home);
    callers_join(&callers);
    home_vanish(&home);
    thread_run(IN_MTA, ask, &question);
    assert_hr(E_UNEXPECTED, question.hr);
    SiteBridgeRelease(bridge);
    assert_released();
    assert_idle();
}

/* A home that goes without a word */

static HRESULT CALLBACK never_called(IServiceProvider *site, void *context)
{
    (void)site;
    *(BOOL *)context = TRUE;
    return S_OK;
}

typedef struct Rest {
    HRESULT invoke, prefetch;
    BOOL called;
} Rest;

static void ask_the_rest(void *context)
{
    Rest *rest = context;

    rest->invoke = SiteBridgeInvoke(bridge, never_called, &rest->called);
    rest->prefetch = SiteBridgePrefetch(bridge, &IID_NULL, &IID_IUnknown);
}

static void assert_fails_everywhere(void)
{
    size_t i;

    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        Ask question = { 0 }, in_time = { 0 };
        Rest rest = { S_OK, S_OK, FALSE };

        question.bridge = in_time.bridge = bridge;
        in_time.has_deadline = TRUE;
        in_time.milliseconds = PATIENCE;
        thread_run(kinds[i], ask, &question);
        assert_true(question.answered);
        assert_failed(question.hr);
        thread_run(kinds[i], ask, &in_time);
        assert_true(in_time.answered);
        assert_failed(in_time.hr);
        thread_run(kinds[i], ask_the_rest, &rest);
        assert_failed(rest.invoke);
        assert_failed(rest.prefetch);
        assert_false(rest.called);
    }
}

static void once_home_has_vanished_queries_fail(void **state)
{
    (void)state;
    begin();
    home_vanish(&home);
    assert_fails_everywhere();
    SiteBridgeRelease(bridge);
    assert_idle();
}

static void once_home_has_vanished_those_that_asked_before_fail_too(void **state)
{
    Home sta;
    Ask question = { 0 };
    size_t i;

    (void)state;
    begin();
    question.bridge = bridge;
    home_start(&sta, IN_STA);
    home_run(&sta, ask, &question);
    assert_hr(S_OK, question.hr);
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        thread_run(kinds[i], ask, &question);
        assert_hr(S_OK, question.hr);
    }
    home_vanish(&home);
    home_run(&sta, ask, &question);
    assert_true(question.answered);
    assert_failed(question.hr);
    assert_fails_everywhere();
    SiteBridgeRelease(bridge);
    home_stop(&sta);
    assert_idle();
}

static void another_thread_takes_over_from_a_home_that_vanished(void **state)
{
    Home heir;
    Ask question = { 0 };
    HRESULT hr = E_FAIL;

    (void)state;
    begin();
    question.bridge = bridge;
    thread_run(IN_MTA, ask, &question);
    assert_hr(S_OK, question.hr);
    home_vanish(&home);
    home_start(&heir, IN_STA);
    host_init(&sites[1], heir.id);
    home_run(&heir, set_second_site, &hr);
    assert_hr(S_OK, hr);
    thread_run(IN_STA, ask, &question);
    assert_hr(S_OK, question.hr);
    assert_int_equal(heir.id, sites[1].last_thread);
    home_run(&heir, unsite, &hr);
    assert_hr(S_OK, hr);
    assert_let_go(&sites[1]);
    SiteBridgeRelease(bridge);
    home_stop(&heir);
    assert_idle();
}

static void a_home_that_vanished_can_be_unsited_from_anywhere(void **state)
{
    HRESULT hr = E_FAIL;
    Ask question = { 0 };

    (void)state;
    begin();
    home_vanish(&home);
    thread_run(IN_STA, unsite, &hr);
    assert_hr(S_OK, hr);
    question.bridge = bridge;
    thread_run(IN_MTA, ask, &question);
    assert_hr(E_UNEXPECTED, question.hr);
    SiteBridgeRelease(bridge);
    assert_idle();
}

static void unsite_from_here(void *context)
{
    sites[0].thread = GetCurrentThreadId();
    unsite(context);
}

/* The MTA has not gone with that thread. */
static void what_a_home_in_the_mta_left_is_not_released_in_an_sta(void **state)
{
    HRESULT hr = E_FAIL;

    (void)state;
    home_start(&home, IN_MTA);
    host_init(&sites[0], 0);
    assert_hr(S_OK, SiteBridgeCreate(&bridge));
    assert_hr(S_OK, home_set_site(&home, bridge, &sites[0]));
    home_vanish(&home);
    thread_run(IN_STA, unsite_from_here, &hr);
    assert_hr(S_OK, hr);
    assert_let_go(&sites[0]);
    assert_int_equal(1, sites[0].wrong_threads);
    SiteBridgeRelease(bridge);
    assert_idle();
}

int main(void)
{
    static const Test tests[] = {
        TEST(a_site_is_replaced_under_fire),
        TEST(a_site_goes_under_fire),
        TEST(unsiting_does_not_wait_for_what_is_queued),
        TEST(homes_end_drains),
        TEST(homes_end_drains_what_has_been_peeked_at),
        TEST(a_thread_can_be_home_again_in_its_next_apartment),
        TEST(what_others_have_of_its_last_apartment_does_not_confuse_home),
        TEST(nor_does_what_was_fetched_ahead_there),
        TEST(a_site_that_comes_while_home_ends_is_not_kept),
        TEST(an_uninitialize_inside_a_call_hangs_nobody),
        TEST(what_a_home_in_the_mta_left_is_not_released_in_an_sta),
        TEST(once_home_has_vanished_queries_fail),
        TEST(once_home_has_vanished_those_that_asked_before_fail_too),
        TEST(another_thread_takes_over_from_a_home_that_vanished),
        TEST(a_home_that_vanished_can_be_unsited_from_anywhere),
    };

    return RUN("sites", tests);
}
