/* When there is an MTA, who is in it, and what becomes of the proxies in it. */
#include "raw.h"

static Home home;
static Host host;
static IServiceProvider *proxy;

static void begin(void)
{
    home_start(&home, IN_STA);
    host_init(&host, home.id);
}

static void end(void)
{
    home_stop(&home);
    assert_int_equal(1, host_refs(&host));
}

typedef struct Looking {
    BOOL in_mta;
    HRESULT hr;
    HANDLE done;
} Looking;

static void look(void *context)
{
    Looking *l = context;
    APTTYPEQUALIFIER qualifier = APTTYPEQUALIFIER_NONE;
    APTTYPE type = APTTYPE_CURRENT;

    l->hr = CoGetApartmentType(&type, &qualifier);
    l->in_mta = type == APTTYPE_MTA && qualifier == APTTYPEQUALIFIER_IMPLICIT_MTA;
}

static void CALLBACK look_from_the_pool(PTP_CALLBACK_INSTANCE instance, void *context)
{
    Looking *l = context;

    (void)instance;
    look(l);
    SetEvent(l->done);
}

/* A thread that was started, or one of the pool. */
static Looking look_around(BOOL pool)
{
    Looking l = {FALSE, E_PENDING, NULL};

    if (!pool) {
        thread_run(IN_NONE, look, &l);
        return l;
    }
    l.done = CreateEventW(NULL, TRUE, FALSE, NULL);
    assert_true(TrySubmitThreadpoolCallback(look_from_the_pool, &l, NULL));
    wait_for(l.done, "a thread of the pool");
    CloseHandle(l.done);
    return l;
}

static void co_increment_mta_usage_gives_a_thread_an_implicit_mta(void **state)
{
    CO_MTA_USAGE_COOKIE cookie;
    int pool;

    (void)state;
    for (pool = 0; pool < 2; pool++) {
        assert_hr(CO_E_NOTINITIALIZED, look_around(pool).hr);
        assert_hr(S_OK, raw_increment_mta_usage(&cookie));
        assert_hr(S_OK, look_around(pool).hr);
        assert_true(look_around(pool).in_mta);
        assert_hr(S_OK, raw_decrement_mta_usage(cookie));
        assert_hr(CO_E_NOTINITIALIZED, look_around(pool).hr);
    }
}

static void give_back(void *context)
{
    raw_decrement_mta_usage(*(CO_MTA_USAGE_COOKIE *)context);
}

static void mta_usage_can_be_given_back_on_another_thread(void **state)
{
    CO_MTA_USAGE_COOKIE cookie;

    (void)state;
    assert_hr(S_OK, raw_increment_mta_usage(&cookie));
    thread_run(IN_NONE, give_back, &cookie);
    assert_hr(CO_E_NOTINITIALIZED, look_around(FALSE).hr);
}

/* The MTA is there for as long as anybody counts on it. */
static void mta_usage_is_counted(void **state)
{
    CO_MTA_USAGE_COOKIE first, second;

    (void)state;
    assert_hr(S_OK, raw_increment_mta_usage(&first));
    assert_hr(S_OK, raw_increment_mta_usage(&second));
    raw_decrement_mta_usage(first);
    assert_true(look_around(FALSE).in_mta);
    raw_decrement_mta_usage(second);
    assert_false(look_around(FALSE).in_mta);
}

static void look_in_an_sta(void *context)
{
    *(BOOL *)context = raw_is_in(APTTYPE_STA) || raw_is_in(APTTYPE_MAINSTA);
}

static void mta_usage_leaves_an_sta_what_it_is(void **state)
{
    CO_MTA_USAGE_COOKIE cookie;
    BOOL in_sta = FALSE;

    (void)state;
    assert_hr(S_OK, raw_increment_mta_usage(&cookie));
    thread_run(IN_STA, look_in_an_sta, &in_sta);
    assert_true(in_sta);
    raw_decrement_mta_usage(cookie);
}

typedef struct Step {
    IStream *packet;
    HRESULT hr;
} Step;

static void unmarshal_proxy(void *context)
{
    Step *step = context;

    step->hr = raw_unmarshal(step->packet, &proxy);
}

static void call_proxy(void *context)
{
    Step *step = context;

    step->hr = raw_call(proxy);
}

static void release_proxy(void *context)
{
    (void)context;
    IServiceProvider_Release(proxy);
}

static void a_proxy_in_the_mta_outlives_the_thread_that_made_it(void **state)
{
    static const Kind kinds[] = {IN_MTA, IN_NONE};
    CO_MTA_USAGE_COOKIE cookie;
    Step step = {0};
    size_t i;

    (void)state;
    begin();
    assert_hr(S_OK, raw_increment_mta_usage(&cookie));
    step.packet = raw_marshal_at(&home, &host);
    thread_run(IN_MTA, unmarshal_proxy, &step);
    assert_hr(S_OK, step.hr);
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        thread_run(kinds[i], call_proxy, &step);
        assert_hr(S_OK, step.hr);
    }
    thread_run(IN_NONE, release_proxy, NULL);
    raw_decrement_mta_usage(cookie);
    assert_int_equal(1, host_refs(&host));
    assert_int_equal(0, host.wrong_threads);
    end();
}

/* For good: a new MTA is another one. CO_E_OBJNOTCONNECTED on Wine, and in its tests of Windows. */
static void a_proxy_in_the_mta_does_not_outlive_the_mta(void **state)
{
    Step step = {0};

    (void)state;
    begin();
    step.packet = raw_marshal_at(&home, &host);
    thread_run(IN_MTA, unmarshal_proxy, &step);
    assert_hr(S_OK, step.hr);
    assert_false(raw_is_in(APTTYPE_MTA));
    thread_run(IN_MTA, call_proxy, &step);
    assert_failed(step.hr);
    thread_run(IN_MTA, release_proxy, NULL);
    end();
}

/* Its object is released on home, whichever thread of the MTA let go of the proxy. */
static void the_last_release_of_a_proxy_ends_when_home_dispatches(void **state)
{
    CO_MTA_USAGE_COOKIE cookie;
    Step step = {0};
    Thread thread;

    (void)state;
    begin();
    assert_hr(S_OK, raw_increment_mta_usage(&cookie));
    step.packet = raw_marshal_at(&home, &host);
    thread_run(IN_MTA, unmarshal_proxy, &step);
    assert_hr(S_OK, step.hr);
    home_block(&home);
    thread_start(&thread, IN_MTA, release_proxy, NULL);
    assert_true(host_refs(&host) > 1);
    home_unblock(&home);
    thread_join(&thread);
    assert_int_equal(1, host_refs(&host));
    assert_int_equal(0, host.wrong_threads);
    raw_decrement_mta_usage(cookie);
    end();
}

int main(void)
{
    static const Test tests[] = {
        TEST(co_increment_mta_usage_gives_a_thread_an_implicit_mta),
        TEST(mta_usage_can_be_given_back_on_another_thread),
        TEST(mta_usage_is_counted),
        TEST(mta_usage_leaves_an_sta_what_it_is),
        TEST(a_proxy_in_the_mta_outlives_the_thread_that_made_it),
        TEST(a_proxy_in_the_mta_does_not_outlive_the_mta),
        TEST(the_last_release_of_a_proxy_ends_when_home_dispatches),
    };

    return RUN("mta", tests);
}
