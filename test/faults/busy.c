/* A host that is busy refuses what comes in, as Visual Studio does behind a dialog. */
#include "../harness.h"

static Home home;
static Host site;
static SiteBridge *bridge;

static void release_bridge(void *context)
{
    (void)context;
    SiteBridgeRelease(bridge);
}

static HRESULT ask_in_mta(void)
{
    Ask question = { 0 };

    question.bridge = bridge;
    thread_run(IN_MTA, ask, &question);
    assert_true(question.answered);
    return question.hr;
}

static Filter filter;

static void set_busy(BOOL busy)
{
    if (busy)
        filter_put_on(&filter, &home, SERVERCALL_REJECTED);
    else
        filter_take_off(&home);
}

static BOOL one_was_refused(void *context)
{
    (void)context;
    return filter.calls != 0;
}

static void begin_unasked(void)
{
    home_start(&home, IN_STA);
    host_init(&site, home.id);
    assert_hr(S_OK, SiteBridgeCreate(&bridge));
    assert_hr(S_OK, home_set_site(&home, bridge, &site));
}

static void begin(void)
{
    begin_unasked();
    assert_hr(S_OK, ask_in_mta());
}

static void end(void)
{
    assert_idle();
    assert_int_equal(1, host_refs(&site));
    home_stop(&home);
    assert_int_equal(0, site.wrong_threads);
}

/* The last user of the bridge has gone by then: the library itself sees to it that the site is freed. */
static void a_busy_host_frees_its_site_later(void **state)
{
    (void)state;
    begin();
    set_busy(TRUE);
    assert_hr(RPC_E_CALL_REJECTED, ask_in_mta());
    filter.calls = 0;
    thread_run(IN_MTA, release_bridge, NULL);
    assert_true(eventually(one_was_refused, NULL));
    assert_int_equal(2, host_refs(&site));
    set_busy(FALSE);
    end();
}

static void a_busy_host_refuses_a_query(void **state)
{
    Ask question = { 0 };

    (void)state;
    begin();
    question.bridge = bridge;
    set_busy(TRUE);
    thread_run(IN_STA, ask, &question);
    assert_hr(RPC_E_CALL_REJECTED, question.hr);
    assert_int_equal(1, filter.calls);
    thread_run(IN_NONE, ask, &question);
    assert_hr(RPC_E_CALL_REJECTED, question.hr);
    assert_int_equal(2, filter.calls);
    set_busy(FALSE);
    home_run(&home, release_bridge, NULL);
    end();
}

static BOOL it_was_tried_again(void *context)
{
    (void)context;
    return filter.calls > 1;
}

/* With a deadline, the call is made again until home lets it in. */
static void a_host_that_is_busy_for_a_while_answers_in_time(void **state)
{
    const Kind kinds[] = { IN_MTA, IN_STA, IN_NONE };
    Ask question = { 0 };
    Keeper keeper;
    Thread thread;
    size_t i;

    (void)state;
    begin();
    /* Or home, busy again, might reject the release of an answer that was passed on to an STA. */
    keeper_begin(&keeper, bridge);
    question.bridge = bridge;
    question.has_deadline = TRUE;
    for (i = 0; i < 2 * sizeof kinds / sizeof kinds[0]; i++) {
        question.milliseconds = i % 2 ? PATIENCE : INFINITE;
        set_busy(TRUE);
        thread_start(&thread, kinds[i / 2], ask, &question);
        assert_true(eventually(it_was_tried_again, NULL));
        set_busy(FALSE);
        thread_join_pumping(&thread);
        assert_hr(S_OK, question.hr);
        assert_hr(S_OK, question.used);
    }
    keeper_end(&keeper);
    home_run(&home, release_bridge, NULL);
    end();
}

/* The same of a function. */

typedef struct Errand {
    DWORD milliseconds;
    LONG runs;
    HRESULT hr;
} Errand;

static HRESULT CALLBACK count_run(IServiceProvider *provider, void *context)
{
    (void)provider;
    InterlockedIncrement(&((Errand *)context)->runs);
    return S_FALSE;
}

static void invoke_within(void *context)
{
    Errand *errand = context;

    errand->hr = SiteBridgeInvokeWithin(bridge, errand->milliseconds, count_run, errand);
}

static void a_function_is_run_once_a_busy_host_lets_it_in(void **state)
{
    const Kind kinds[] = { IN_MTA, IN_STA, IN_NONE };
    Thread thread;
    size_t i;

    (void)state;
    begin();
    for (i = 0; i < 2 * sizeof kinds / sizeof kinds[0]; i++) {
        Errand errand = { i % 2 ? PATIENCE : INFINITE, 0, E_PENDING };

        set_busy(TRUE);
        thread_start(&thread, kinds[i / 2], invoke_within, &errand);
        assert_true(eventually(it_was_tried_again, NULL));
        set_busy(FALSE);
        thread_join_pumping(&thread);
        assert_hr(S_FALSE, errand.hr);
        assert_int_equal(1, errand.runs);
    }
    set_busy(TRUE);
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        Errand errand = { 50, 0, E_PENDING };

        thread_run(kinds[i], invoke_within, &errand);
        assert_hr(HRESULT_FROM_WIN32(ERROR_TIMEOUT), errand.hr);
        assert_int_equal(0, errand.runs);
    }
    set_busy(FALSE);
    home_run(&home, release_bridge, NULL);
    end();
}

static void a_host_that_stays_busy_lets_deadlines_pass(void **state)
{
    const Kind kinds[] = { IN_MTA, IN_STA, IN_NONE };
    Ask question = { 0 };
    LONG queries;
    size_t i;

    (void)state;
    begin();
    queries = site.queries;
    question.bridge = bridge;
    question.has_deadline = TRUE;
    question.milliseconds = 200;
    set_busy(TRUE);
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        thread_run(kinds[i], ask, &question);
        assert_hr(HRESULT_FROM_WIN32(ERROR_TIMEOUT), question.hr);
    }
    assert_true(filter.calls > 0);
    assert_calls(bridge, 0);
    set_busy(FALSE);
    assert_int_equal(queries, site.queries);
    home_run(&home, release_bridge, NULL);
    end();
}

static void a_host_that_is_busy_until_the_site_goes(void **state)
{
    const Kind kinds[] = { IN_MTA, IN_STA };
    Ask question = { 0 };
    Thread thread;
    size_t i;

    (void)state;
    begin();
    question.bridge = bridge;
    question.has_deadline = TRUE;
    question.milliseconds = INFINITE;
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        set_busy(TRUE);
        thread_start(&thread, kinds[i], ask, &question);
        assert_true(eventually(it_was_tried_again, NULL));
        assert_hr(S_OK, home_set_site(&home, bridge, NULL));
        assert_int_equal(1, host_refs(&site));
        thread_join_pumping(&thread);
        assert_hr(E_UNEXPECTED, question.hr);
        set_busy(FALSE);
        /* Busy again before that, home might reject a release after all. */
        assert_proxies(bridge, 0);
        assert_hr(S_OK, home_set_site(&home, bridge, &site));
    }
    home_run(&home, release_bridge, NULL);
    end();
}

/* The same words from the site itself are its answer. */
static void a_site_that_says_it_is_busy_is_asked_once(void **state)
{
    const HRESULT answers[] = { RPC_E_CALL_REJECTED, RPC_E_SERVERCALL_RETRYLATER };
    Ask question = { 0 };
    LONG queries;
    size_t i;

    (void)state;
    begin();
    question.bridge = bridge;
    question.has_deadline = TRUE;
    question.milliseconds = PATIENCE;
    for (i = 0; i < 2 * sizeof answers / sizeof answers[0]; i++) {
        queries = site.queries;
        site.result = answers[i / 2];
        thread_run(i % 2 ? IN_MTA : IN_STA, ask, &question);
        assert_hr(answers[i / 2], question.hr);
        assert_int_equal(queries + 1, site.queries);
    }
    home_run(&home, release_bridge, NULL);
    end();
}

/* What the library has of home's in the MTA is given back when home lets that in, not at its end. */

static Host service;

static void begin_fetched(BOOL asked)
{
    if (asked)
        begin();
    else
        begin_unasked();
    host_init(&service, home.id);
    site.service = &service;
    assert_hr(S_OK, home_prefetch(&home, bridge, &fetched_id, &IID_IServiceProvider));
}

static void end_fetched(void)
{
    home_run(&home, release_bridge, NULL);
    end();
    assert_int_equal(0, service.wrong_threads);
}

static void assert_comes_back_when_home_is_free(void)
{
    assert_true(eventually(one_was_refused, NULL));
    assert_true(host_refs(&service) > 1);
    set_busy(FALSE);
    assert_let_go(&service);
}

/* Nobody may have needed the site's own proxy so far. */
static void a_busy_host_gets_everything_back_later(void **state)
{
    Ask question = { 0 };
    int asked;

    (void)state;
    for (asked = 0; asked < 2; asked++) {
        begin_fetched(asked);
        question.bridge = bridge;
        question.service = &fetched_id;
        thread_run(IN_MTA, ask, &question);
        assert_answered(&question);
        set_busy(TRUE);
        assert_hr(S_OK, home_set_site(&home, bridge, NULL));
        assert_int_equal(1, host_refs(&site));
        assert_comes_back_when_home_is_free();
        end_fetched();
    }
}

static void release_kept(void *context)
{
    IServiceProvider_Release(((Ask *)context)->object);
}

/* The last reference on it is the STA's. */
static void a_busy_host_gets_back_later_what_an_sta_was_given(void **state)
{
    Home sta;
    int asked;

    (void)state;
    for (asked = 0; asked < 2; asked++) {
        Ask kept = { 0 };

        begin_fetched(asked);
        kept.bridge = bridge;
        kept.service = &fetched_id;
        kept.keep = TRUE;
        home_start(&sta, IN_STA);
        home_run(&sta, ask, &kept);
        assert_answered(&kept);
        assert_hr(S_OK, home_set_site(&home, bridge, NULL));
        assert_int_equal(1, host_refs(&site));
        set_busy(TRUE);
        home_run(&sta, release_kept, &kept);
        assert_comes_back_when_home_is_free();
        home_stop(&sta);
        end_fetched();
    }
}

int main(void)
{
    static const Test tests[] = {
        TEST(a_busy_host_frees_its_site_later),
        TEST(a_busy_host_refuses_a_query),
        TEST(a_host_that_is_busy_for_a_while_answers_in_time),
        TEST(a_function_is_run_once_a_busy_host_lets_it_in),
        TEST(a_host_that_stays_busy_lets_deadlines_pass),
        TEST(a_host_that_is_busy_until_the_site_goes),
        TEST(a_site_that_says_it_is_busy_is_asked_once),
        TEST(a_busy_host_gets_everything_back_later),
        TEST(a_busy_host_gets_back_later_what_an_sta_was_given),
    };

    return RUN("busy", tests);
}
