/* The trace says what changes, and names the home that does not dispatch. */
#include "harness.h"

enum { RECORDS = 64, WAIT = 50 };

static const Kind kinds[] = { IN_MTA, IN_STA, IN_NONE };
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static Home home;
static Host site;
static SiteBridge *bridge;

static SiteBridgeTraceRecord records[RECORDS];
static volatile LONG count, running;
static HANDLE reported;

static void CALLBACK note(const SiteBridgeTraceRecord *record, void *context)
{
    LONG i;

    InterlockedIncrement(&running);
    i = InterlockedIncrement(&count) - 1;
    if (i < RECORDS)
        records[i] = *record;
    if (record->event == SITEBRIDGE_TRACE_CALL_WAITING)
        SetEvent(context);
    InterlockedDecrement(&running);
}

static void begin(void)
{
    reported = CreateEventW(NULL, FALSE, FALSE, NULL);
    count = 0;
    ZeroMemory(records, sizeof records);
    home_start(&home, IN_STA);
    host_init(&site, home.id);
    assert_hr(S_OK, SiteBridgeCreate(&bridge));
}

static void end(void)
{
    SiteBridgeRelease(bridge);
    home_stop(&home);
    assert_hr(S_OK, SiteBridgeSetTrace(NULL, NULL, 0));
    CloseHandle(reported);
    assert_int_equal(1, host_refs(&site));
    assert_idle();
}

/* How often, of this bridge and home; a record of it in *found. */
static int reports(SiteBridgeTraceEvent event, SiteBridgeTraceRecord *found)
{
    LONG i, all = count < RECORDS ? count : RECORDS;
    int n = 0;

    for (i = 0; i < all; i++) {
        if (records[i].event != event)
            continue;
        assert_int_equal(sizeof records[i], records[i].size);
        assert_true(records[i].bridge == bridge || event == SITEBRIDGE_TRACE_HOME_ENDED);
        assert_int_equal(home.id, records[i].home_thread);
        n++;
        if (found)
            *found = records[i];
    }
    return n;
}

static void sites_that_come_and_go_are_reported(void **state)
{
    SiteBridgeTraceRecord record;

    (void)state;
    begin();
    assert_hr(S_OK, SiteBridgeSetTrace(note, reported, 0));
    assert_hr(S_OK, home_set_site(&home, bridge, &site));
    assert_int_equal(1, reports(SITEBRIDGE_TRACE_SITED, &record));
    assert_int_equal(home.id, record.thread);
    assert_int_equal(0, reports(SITEBRIDGE_TRACE_UNSITED, NULL));
    assert_hr(S_OK, home_set_site(&home, bridge, &site));
    assert_int_equal(2, reports(SITEBRIDGE_TRACE_SITED, NULL));
    assert_int_equal(1, reports(SITEBRIDGE_TRACE_UNSITED, NULL));
    assert_hr(S_OK, home_set_site(&home, bridge, NULL));
    assert_int_equal(2, reports(SITEBRIDGE_TRACE_UNSITED, &record));
    assert_int_equal(home.id, record.thread);
    end();
}

static BOOL four_have_been_reported(void *context)
{
    (void)context;
    return count == 4 && running == 0;
}

/* The MTA's, whoever needs it first. */
static void a_proxy_that_comes_and_goes_is_reported(void **state)
{
    Ask question = { 0 };
    size_t i;

    (void)state;
    begin();
    assert_hr(S_OK, SiteBridgeSetTrace(note, reported, 0));
    assert_hr(S_OK, home_set_site(&home, bridge, &site));
    assert_int_equal(0, reports(SITEBRIDGE_TRACE_PROXY_MADE, NULL));
    question.bridge = bridge;
    thread_run(IN_STA, ask, &question);
    assert_answered(&question);
    assert_int_equal(1, reports(SITEBRIDGE_TRACE_PROXY_MADE, NULL));
    for (i = 0; i < KINDS; i++)
        thread_run(kinds[i], ask, &question);
    assert_int_equal(1, reports(SITEBRIDGE_TRACE_PROXY_MADE, NULL));
    assert_int_equal(0, reports(SITEBRIDGE_TRACE_PROXY_GONE, NULL));
    assert_hr(S_OK, home_set_site(&home, bridge, NULL));
    assert_true(eventually(four_have_been_reported, NULL));
    assert_int_equal(1, reports(SITEBRIDGE_TRACE_PROXY_GONE, NULL));
    end();
}

static void the_end_of_home_is_reported(void **state)
{
    (void)state;
    begin();
    assert_hr(S_OK, SiteBridgeSetTrace(note, reported, 0));
    assert_hr(S_OK, home_set_site(&home, bridge, &site));
    home_stop(&home);
    assert_int_equal(1, reports(SITEBRIDGE_TRACE_HOME_ENDED, NULL));
    assert_int_equal(1, reports(SITEBRIDGE_TRACE_UNSITED, NULL));
    home_start(&home, IN_STA);
    end();
}

static void a_home_that_just_vanishes_is_reported(void **state)
{
    (void)state;
    begin();
    assert_hr(S_OK, SiteBridgeSetTrace(note, reported, 0));
    assert_hr(S_OK, home_set_site(&home, bridge, &site));
    home_vanish(&home);
    assert_int_equal(1, reports(SITEBRIDGE_TRACE_HOME_ENDED, NULL));
    SiteBridgeRelease(bridge);
    assert_hr(S_OK, SiteBridgeSetTrace(NULL, NULL, 0));
    CloseHandle(reported);
    assert_idle();
}

static HRESULT CALLBACK nothing(IServiceProvider *given, void *context)
{
    (void)given, (void)context;
    return S_OK;
}

static void invoke(void *context)
{
    *(HRESULT *)context = SiteBridgeInvoke(bridge, nothing, NULL);
}

static void assert_culprit(DWORD thread)
{
    SiteBridgeTraceRecord record = { 0 };

    wait_for(reported, "the report");
    home_unblock(&home);
    assert_int_equal(1, reports(SITEBRIDGE_TRACE_CALL_WAITING, &record));
    assert_int_equal(home.id, record.home_thread);
    if (thread)
        assert_int_equal(thread, record.thread);
    assert_true(record.milliseconds >= WAIT / 2);
    count = 0;
}

static void a_call_that_waits_names_itself_and_home(void **state)
{
    size_t i;

    (void)state;
    begin();
    assert_hr(S_OK, home_set_site(&home, bridge, &site));
    assert_hr(S_OK, SiteBridgeSetTrace(note, reported, WAIT));
    for (i = 0; i < KINDS; i++) {
        Thread thread;
        Ask question = { 0 };
        HRESULT hr = E_FAIL;

        question.bridge = bridge;
        home_block(&home);
        thread_start(&thread, kinds[i], ask, &question);
        assert_culprit(thread.id);
        thread_join(&thread);
        assert_hr(S_OK, question.hr);
        question.has_deadline = TRUE;
        question.milliseconds = PATIENCE;
        home_block(&home);
        thread_start(&thread, kinds[i], ask, &question);
        assert_culprit(thread.id);
        thread_join(&thread);
        assert_hr(S_OK, question.hr);
        home_block(&home);
        thread_start(&thread, kinds[i], invoke, &hr);
        assert_culprit(thread.id);
        thread_join(&thread);
        assert_hr(S_OK, hr);
    }
    end();
}

static void calls_that_do_not_wait_are_not_reported(void **state)
{
    Ask question = { 0 };
    int i;

    (void)state;
    begin();
    assert_hr(S_OK, home_set_site(&home, bridge, &site));
    assert_hr(S_OK, SiteBridgeSetTrace(note, reported, PATIENCE));
    question.bridge = bridge;
    for (i = 0; i < 10; i++)
        thread_run(kinds[i % KINDS], ask, &question);
    home_run(&home, ask, &question);
    assert_int_equal(0, reports(SITEBRIDGE_TRACE_CALL_WAITING, NULL));
    /* None is asked for. */
    assert_hr(S_OK, SiteBridgeSetTrace(note, reported, 0));
    home_block(&home);
    question.has_deadline = TRUE;
    question.milliseconds = WAIT;
    thread_run(IN_MTA, ask, &question);
    home_unblock(&home);
    assert_calls(bridge, 0);
    assert_int_equal(0, reports(SITEBRIDGE_TRACE_CALL_WAITING, NULL));
    end();
}

static void there_is_none_until_it_is_set_and_none_after(void **state)
{
    Ask question = { 0 };

    (void)state;
    begin();
    question.bridge = bridge;
    assert_hr(S_OK, home_set_site(&home, bridge, &site));
    thread_run(IN_STA, ask, &question);
    assert_int_equal(0, count);
    assert_hr(S_OK, SiteBridgeSetTrace(note, reported, WAIT));
    assert_hr(S_OK, SiteBridgeSetTrace(NULL, NULL, 0));
    thread_run(IN_STA, ask, &question);
    assert_hr(S_OK, home_set_site(&home, bridge, NULL));
    assert_int_equal(0, count);
    end();
}

/* Set, taken away and changed while others report. */
static volatile LONG cease;

static void ask_until_told(void *context)
{
    Ask question = { 0 };

    (void)context;
    question.bridge = bridge;
    while (!cease)
        ask(&question);
}

static void the_trace_may_change_while_others_report(void **state)
{
    Thread threads[KINDS];
    Keeper keeper;
    size_t i;
    int n;

    (void)state;
    begin();
    assert_hr(S_OK, home_set_site(&home, bridge, &site));
    keeper_begin(&keeper, bridge);
    cease = 0;
    for (i = 0; i < KINDS; i++)
        thread_start(&threads[i], kinds[i], ask_until_told, NULL);
    for (n = 0; n < 300; n++) {
        assert_hr(S_OK, SiteBridgeSetTrace(n % 2 ? note : NULL, reported, (DWORD)(n % 4)));
        if (n % 10 == 0)
            assert_hr(S_OK, home_set_site(&home, bridge, &site));
    }
    InterlockedExchange(&cease, 1);
    for (i = 0; i < KINDS; i++)
        thread_join(&threads[i]);
    keeper_end(&keeper);
    assert_hr(S_OK, SiteBridgeSetTrace(NULL, NULL, 0));
    assert_int_equal(0, running);
    end();
}

int main(void)
{
    static const Test tests[] = {
        TEST(sites_that_come_and_go_are_reported),
        TEST(a_proxy_that_comes_and_goes_is_reported),
        TEST(the_end_of_home_is_reported),
        TEST(a_home_that_just_vanishes_is_reported),
        TEST(a_call_that_waits_names_itself_and_home),
        TEST(calls_that_do_not_wait_are_not_reported),
        TEST(there_is_none_until_it_is_set_and_none_after),
        TEST(the_trace_may_change_while_others_report),
    };

    return RUN("trace", tests);
}
