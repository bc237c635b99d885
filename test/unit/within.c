/* Deadlines are kept, and what comes after them is cleaned up. */
#include "harness.h"
#include "import.h"

enum { SOON = 60, TIMEOUTS = 12, MANY_TIMEOUTS = 600 };

#define TIMED_OUT HRESULT_FROM_WIN32(ERROR_TIMEOUT)

static const Kind kinds[] = { IN_MTA, IN_STA, IN_NONE };
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static Scene scene;

static void begin(void)
{
    scene_begin(&scene, IN_STA);
}

static void end(void)
{
    scene_end(&scene);
}

static Ask within(DWORD milliseconds)
{
    Ask question = { 0 };

    question.bridge = scene.bridge;
    question.has_deadline = TRUE;
    question.milliseconds = milliseconds;
    return question;
}

static void a_home_that_answers_meets_the_deadline(void **state)
{
    size_t i;

    (void)state;
    begin();
    for (i = 0; i < KINDS; i++) {
        Ask question = within(PATIENCE);

        thread_run(kinds[i], ask, &question);
        assert_true(question.answered);
        assert_hr(S_OK, question.hr);
        assert_hr(S_OK, question.used);
        assert_int_equal(scene.home.id, scene.site.last_thread);
    }
    end();
}

static void a_failure_of_the_site_passes(void **state)
{
    size_t i;

    (void)state;
    begin();
    scene.site.result = (HRESULT)0x80041234;
    for (i = 0; i < KINDS; i++) {
        Ask question = within(PATIENCE);

        thread_run(kinds[i], ask, &question);
        assert_hr(0x80041234, question.hr);
        assert_null(question.object);
    }
    end();
}

static HRESULT answer_with_another_success(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)rsid;
    IServiceProvider_QueryInterface(host_site(host->service), riid, ppv);
    return S_FALSE;
}

static void a_success_of_the_site_passes(void **state)
{
    size_t i;

    (void)state;
    begin();
    scene.site.query = answer_with_another_success;
    for (i = 0; i < KINDS; i++) {
        Ask question = within(PATIENCE);

        thread_run(kinds[i], ask, &question);
        assert_true(question.answered);
        assert_hr(S_FALSE, question.hr);
        assert_hr(S_OK, question.used);
    }
    end();
}

static void assert_everyone_times_out_after(DWORD milliseconds)
{
    size_t i;

    begin();
    home_block(&scene.home);
    for (i = 0; i < KINDS; i++) {
        Ask question = within(milliseconds);

        thread_run(kinds[i], ask, &question);
        assert_true(question.answered);
        assert_hr(TIMED_OUT, question.hr);
    }
    assert_int_equal(0, scene.site.queries);
    home_unblock(&scene.home);
    assert_calls(scene.bridge, 0);
    assert_let_go(&scene.service);
    end();
}

static void a_home_that_hangs_does_not_hold_the_caller(void **state)
{
    (void)state;
    assert_everyone_times_out_after(SOON);
}

static void no_time_at_all_is_a_deadline_too(void **state)
{
    (void)state;
    assert_everyone_times_out_after(0);
}

static void an_answer_that_comes_late_is_released(void **state)
{
    size_t i;
    int t;

    (void)state;
    begin();
    for (i = 0; i < KINDS; i++) {
        home_block(&scene.home);
        for (t = 0; t < TIMEOUTS; t++) {
            Ask question = within((DWORD)t);

            thread_run(kinds[i], ask, &question);
            assert_hr(TIMED_OUT, question.hr);
        }
        home_unblock(&scene.home);
        assert_calls(scene.bridge, 0);
        assert_let_go(&scene.service);
    }
    assert_int_equal(1, statistics_of(scene.bridge).proxies_cached);
    end();
}

static HANDLE asked, answer;

/* The site: takes as long as it is told. */
static HRESULT answer_when_told(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)rsid;
    SetEvent(asked);
    WaitForSingleObject(answer, INFINITE);
    return IServiceProvider_QueryInterface(host_site(host->service), riid, ppv);
}

static void assert_a_slow_site_is_left_to_finish(Kind kind)
{
    Thread thread;
    Ask question = within(SOON);

    asked = CreateEventW(NULL, FALSE, FALSE, NULL);
    answer = CreateEventW(NULL, FALSE, FALSE, NULL);
    scene.site.query = answer_when_told;
    thread_start(&thread, kind, ask, &question);
    wait_for(asked, "the query");
    thread_join(&thread);
    assert_true(question.answered);
    assert_hr(TIMED_OUT, question.hr);
    assert_int_equal(1, statistics_of(scene.bridge).calls_in_flight);
    SetEvent(answer);
    assert_calls(scene.bridge, 0);
    assert_let_go(&scene.service);
    CloseHandle(asked);
    CloseHandle(answer);
}

static void a_slow_home_is_left_to_finish(void **state)
{
    size_t i;

    (void)state;
    begin();
    for (i = 0; i < KINDS; i++)
        assert_a_slow_site_is_left_to_finish(kinds[i]);
    end();
}

/* The answer and the deadline race for each other. */
static void an_answer_at_the_very_deadline_is_taken_or_released(void **state)
{
    Home threads[KINDS];
    Keeper keeper;
    DWORD round, i;
    int answered = 0;

    (void)state;
    begin();
    keeper_begin(&keeper, scene.bridge);
    for (i = 0; i < KINDS; i++)
        home_start(&threads[i], kinds[i]);
    for (round = 0; round < 60; round++) {
        Ask questions[KINDS];

        for (i = 0; i < KINDS; i++) {
            questions[i] = within(round % 6);
            home_begin(&threads[i], ask, &questions[i]);
        }
        for (i = 0; i < KINDS; i++) {
            home_finish(&threads[i]);
            assert_true(questions[i].answered);
            assert_true(questions[i].hr == S_OK || questions[i].hr == TIMED_OUT);
            answered += questions[i].hr == S_OK;
        }
    }
    print_message("%d of %d answered\n", answered, 60 * KINDS);
    for (i = 0; i < KINDS; i++)
        home_stop(&threads[i]);
    keeper_end(&keeper);
    assert_calls(scene.bridge, 0);
    assert_let_go(&scene.service);
    end();
}

static void a_home_that_ends_is_no_timeout(void **state)
{
    Thread threads[KINDS];
    Ask questions[KINDS];
    DWORD i;
    int round;

    (void)state;
    for (round = 0; round < 5; round++) {
        begin();
        home_block(&scene.home);
        for (i = 0; i < KINDS; i++) {
            questions[i] = within(PATIENCE);
            thread_start(&threads[i], kinds[i], ask, &questions[i]);
        }
        assert_calls(scene.bridge, KINDS);
        home_let_end(&scene.home);
        for (i = 0; i < KINDS; i++) {
            thread_join(&threads[i]);
            assert_true(questions[i].answered);
            assert_int_not_equal((uint32_t)TIMED_OUT, (uint32_t)questions[i].hr);
        }
        end();
    }
}

static void home_may_end_with_abandoned_queries_queued(void **state)
{
    size_t i;

    (void)state;
    begin();
    home_block(&scene.home);
    for (i = 0; i < KINDS; i++) {
        Ask question = within(SOON);

        thread_run(kinds[i], ask, &question);
        assert_hr(TIMED_OUT, question.hr);
    }
    home_let_end(&scene.home);
    wait_for(scene.home.thread, "home's end");
    assert_calls(scene.bridge, 0);
    end();
}

static void an_sta_dispatches_while_it_waits(void **state)
{
    static Listener listener;
    Home sta;
    Ask question;

    (void)state;
    begin();
    home_start(&sta, IN_STA);
    home_run(&sta, listener_marshal, &listener);
    assert_hr(S_OK, listener.hr);
    home_run(&scene.home, listener_unmarshal, &listener);
    assert_hr(S_OK, listener.hr);
    scene.site.query = query_after_calling_listener;
    scene.site.context = &listener;
    question = within(PATIENCE);
    home_run(&sta, ask, &question);
    assert_answered(&question);
    assert_hr(S_OK, listener.hr);
    assert_int_equal(sta.id, listener.host.last_thread);
    home_run(&scene.home, listener_release, &listener);
    home_stop(&sta);
    end();
}

/* Longer than the library's own slices, and with messages that are not COM's, WM_QUIT among them. */
static void wait_among_messages(void *context)
{
    Ask *question = context;
    MSG message;

    PeekMessageW(&message, NULL, 0, 0, PM_NOREMOVE);
    assert_true(PostThreadMessageW(GetCurrentThreadId(), WM_APP, 1, 2));
    PostQuitMessage(3);
    ask(question);
    assert_true(PeekMessageW(&message, NULL, 0, 0, PM_REMOVE));
    assert_int_equal(WM_APP, message.message);
    assert_true(PeekMessageW(&message, NULL, 0, 0, PM_REMOVE));
    assert_int_equal(WM_QUIT, message.message);
    assert_int_equal(3, message.wParam);
    assert_false(PeekMessageW(&message, NULL, 0, 0, PM_NOREMOVE));
}

static void a_wait_leaves_the_message_queue_as_it_was(void **state)
{
    Ask question = within(SOON * 3);

    (void)state;
    begin();
    question.bridge = scene.bridge;
    home_block(&scene.home);
    thread_run(IN_STA, wait_among_messages, &question);
    assert_hr(TIMED_OUT, question.hr);
    home_unblock(&scene.home);
    assert_calls(scene.bridge, 0);
    end();
}

static void infinite_is_no_deadline(void **state)
{
    size_t i;

    (void)state;
    begin();
    for (i = 0; i < KINDS; i++) {
        Thread thread;
        Ask question = within(INFINITE);

        home_block(&scene.home);
        thread_start(&thread, kinds[i], ask, &question);
        assert_calls(scene.bridge, 1);
        assert_int_equal(WAIT_TIMEOUT, WaitForSingleObject(thread.handle, SOON));
        home_unblock(&scene.home);
        thread_join(&thread);
        assert_hr(S_OK, question.hr);
    }
    end();
}

static void home_asks_directly_whatever_the_deadline(void **state)
{
    Ask question;

    (void)state;
    begin();
    question = within(0);
    home_run(&scene.home, ask, &question);
    assert_hr(S_OK, question.hr);
    assert_ptr_equal(host_site(&scene.service), question.object);
    assert_int_equal(0, statistics_of(scene.bridge).packets_unmarshaled);
    end();
}

static void where_home_is_the_mta_an_sta_has_its_deadline(void **state)
{
    Ask question;

    (void)state;
    scene_begin(&scene, IN_MTA);
    question = within(PATIENCE);
    thread_run(IN_STA, ask, &question);
    assert_answered(&question);
    assert_a_slow_site_is_left_to_finish(IN_STA);
    end();
}

static void bad_arguments_are_said_so(void **state)
{
    void *object = &scene.site;

    (void)state;
    begin();
    assert_hr(E_POINTER, SiteBridgeQueryServiceWithin(scene.bridge, 0, &IID_NULL, &IID_IUnknown, NULL));
    assert_hr(E_INVALIDARG, SiteBridgeQueryServiceWithin(NULL, 0, &IID_NULL, &IID_IUnknown, &object));
    assert_null(object);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    object = &scene.site;
    assert_hr(E_UNEXPECTED,
              SiteBridgeQueryServiceWithin(scene.bridge, 0, &IID_NULL, &IID_IUnknown, &object));
    assert_null(object);
    end();
}

static void ask_many_times(void *context)
{
    Ask *question = context;
    int i;

    for (i = 0; i < MANY_TIMEOUTS; i++) {
        ask(question);
        if (question->hr != TIMED_OUT)
            break;
    }
}

/* One that hangs for long does not use up what there is in threads, and who sets no deadline gets one. */
static void any_number_of_timeouts_leave_others_their_threads(void **state)
{
    static Scene another;
    Keeper keeper;
    Home sta;
    Ask question, first;
    DWORD abandoned;
    size_t i;

    (void)state;
    begin();
    scene_begin(&another, IN_STA);
    home_start(&sta, IN_STA);
    keeper_begin(&keeper, scene.bridge);
    home_block(&scene.home);
    question = within(0);
    thread_run(IN_MTA, ask_many_times, &question);
    assert_hr(TIMED_OUT, question.hr);
    /* Every turn is taken by now. */
    question = within(SOON);
    thread_run(IN_STA, ask, &question);
    assert_hr(TIMED_OUT, question.hr);
    for (i = 0; i < KINDS; i++) {
        question = within(PATIENCE);
        question.bridge = another.bridge;
        thread_run(kinds[i], ask, &question);
        assert_answered(&question);
    }
    abandoned = statistics_of(scene.bridge).calls_in_flight;
    first = within(INFINITE);
    home_begin(&sta, ask, &first);
    assert_calls(scene.bridge, abandoned + 1);
    home_unblock(&scene.home);
    home_finish(&sta);
    assert_answered(&first);
    home_stop(&sta);
    assert_calls(scene.bridge, 0);
    keeper_end(&keeper);
    assert_let_go(&scene.service);
    SiteBridgeRelease(another.bridge);
    home_stop(&another.home);
    assert_int_equal(1, host_refs(&another.site));
    end();
}

/* Functions with a deadline */

typedef struct Errand {
    DWORD milliseconds;
    volatile LONG runs;
    HRESULT hr;
} Errand;

static HRESULT CALLBACK count_run(IServiceProvider *site, void *context)
{
    Errand *errand = context;

    (void)site;
    assert_int_equal(scene.home.id, GetCurrentThreadId());
    errand->runs++;
    return S_FALSE;
}

static void invoke_within(void *context)
{
    Errand *errand = context;

    errand->hr = SiteBridgeInvokeWithin(scene.bridge, errand->milliseconds, count_run, errand);
}

static void a_function_that_home_runs_in_time_has_its_result(void **state)
{
    Errand errand = { PATIENCE, 0, E_PENDING };
    size_t i;

    (void)state;
    begin();
    for (i = 0; i < 2 * KINDS; i++) {
        errand.milliseconds = i % 2 ? PATIENCE : INFINITE;
        errand.runs = 0;
        thread_run(kinds[i / 2], invoke_within, &errand);
        assert_hr(S_FALSE, errand.hr);
        assert_int_equal(1, errand.runs);
    }
    errand.milliseconds = 0;
    home_run(&scene.home, invoke_within, &errand);
    assert_hr(S_FALSE, errand.hr);
    assert_int_equal(2, errand.runs);
    home_set_site(&scene.home, scene.bridge, NULL);
    thread_run(IN_MTA, invoke_within, &errand);
    assert_hr(E_UNEXPECTED, errand.hr);
    assert_int_equal(2, errand.runs);
    end();
}

static void a_function_that_has_not_begun_by_the_deadline_never_will(void **state)
{
    Errand errands[KINDS];
    size_t i;

    (void)state;
    begin();
    home_block(&scene.home);
    for (i = 0; i < KINDS; i++) {
        errands[i] = (Errand){ SOON, 0, E_PENDING };
        thread_run(kinds[i], invoke_within, &errands[i]);
        assert_hr(TIMED_OUT, errands[i].hr);
    }
    assert_int_equal(KINDS, statistics_of(scene.bridge).calls_in_flight);
    home_unblock(&scene.home);
    assert_calls(scene.bridge, 0);
    for (i = 0; i < KINDS; i++)
        assert_int_equal(0, errands[i].runs);
    end();
}

/*
 * The caller's wait begins when the function has, and the function ends when the caller waits without a deadline,
 * or has waited too often for there to be one.
 */

typedef DWORD (WINAPI *PlainWait)(HANDLE handle, DWORD milliseconds);
typedef HRESULT (WINAPI *DispatchingWait)(DWORD flags, DWORD milliseconds, ULONG count, HANDLE *handles, DWORD *index);
enum { WAITS_MOST = 20 };
static PlainWait plain_wait;
static DispatchingWait dispatching_wait;
static HANDLE begun, may_end;
static volatile DWORD waiting_thread;
static LONG waits;

static void note_wait(DWORD milliseconds)
{
    /* Without a time it is a look, the ledger's at threads for example. */
    if (GetCurrentThreadId() != waiting_thread || milliseconds == 0)
        return;
    plain_wait(begun, PATIENCE);
    if (milliseconds == INFINITE || ++waits > WAITS_MOST)
        SetEvent(may_end);
}

static DWORD WINAPI wait_plainly(HANDLE handle, DWORD milliseconds)
{
    note_wait(milliseconds);
    return plain_wait(handle, milliseconds);
}

static HRESULT WINAPI wait_and_dispatch(DWORD flags, DWORD milliseconds, ULONG count, HANDLE *handles, DWORD *index)
{
    note_wait(milliseconds);
    return dispatching_wait(flags, milliseconds, count, handles, index);
}

static HRESULT CALLBACK run_past_the_deadline(IServiceProvider *site, void *context)
{
    (void)site;
    SetEvent(begun);
    if (plain_wait(may_end, PATIENCE) == WAIT_OBJECT_0)
        ++*(LONG *)context;
    return S_FALSE;
}

static void invoke_past_the_deadline(void *context)
{
    Errand *errand = context;
    LONG runs = 0;

    waits = 0;
    waiting_thread = GetCurrentThreadId();
    errand->hr = SiteBridgeInvokeWithin(scene.bridge, errand->milliseconds, run_past_the_deadline, &runs);
    errand->runs = runs;
    waiting_thread = 0;
}

static void a_function_that_runs_at_the_deadline_is_waited_for(void **state)
{
    HMODULE library = import_source("SiteBridgeCreate");
    Errand errand = { SOON, 0, E_PENDING };
    size_t i;

    (void)state;
    begun = CreateEventW(NULL, TRUE, FALSE, NULL);
    may_end = CreateEventW(NULL, TRUE, FALSE, NULL);
    begin();
    plain_wait = (PlainWait)import_patch(library, NULL, "WaitForSingleObject", (ImportedFunction)wait_plainly);
    dispatching_wait = (DispatchingWait)import_patch(library, NULL, "CoWaitForMultipleHandles",
                                                     (ImportedFunction)wait_and_dispatch);
    for (i = 0; i < KINDS; i++) {
        ResetEvent(begun);
        ResetEvent(may_end);
        thread_run(kinds[i], invoke_past_the_deadline, &errand);
        assert_hr(S_FALSE, errand.hr);
        assert_int_equal(1, errand.runs);
    }
    import_patch(library, NULL, "WaitForSingleObject", (ImportedFunction)plain_wait);
    import_patch(library, NULL, "CoWaitForMultipleHandles", (ImportedFunction)dispatching_wait);
    end();
    CloseHandle(begun);
    CloseHandle(may_end);
}

/* The library's thread is held up when it has told its caller that it is done. */

typedef BOOL (WINAPI *Signal)(HANDLE event);
static Signal true_signal;
static HANDLE let_go;
static DWORD test_thread, asking_thread;
static HRESULT invoked;

static BOOL WINAPI signal_and_dawdle(HANDLE event)
{
    DWORD thread = GetCurrentThreadId();
    BOOL signaled = true_signal(event);

    if (thread != scene.home.id && thread != test_thread && thread != asking_thread)
        WaitForSingleObject(let_go, PATIENCE);
    return signaled;
}

static HRESULT CALLBACK do_nothing(IServiceProvider *site, void *context)
{
    (void)site, (void)context;
    return S_OK;
}

static void ask_and_invoke(void *context)
{
    asking_thread = GetCurrentThreadId();
    ask(context);
    invoked = SiteBridgeInvoke(scene.bridge, do_nothing, NULL);
}

static void an_agile_site_that_has_answered_is_held_by_nobody(void **state)
{
    HMODULE library = import_source("SiteBridgeCreate");
    size_t i;

    (void)state;
    let_go = CreateEventW(NULL, TRUE, FALSE, NULL);
    test_thread = GetCurrentThreadId();
    for (i = 0; i < KINDS; i++) {
        Ask question;
        LONG refs;

        begin();
        question = within(PATIENCE);
        scene.site.thread = scene.service.thread = 0;
        scene.site.agile = scene.service.agile = TRUE;
        assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
        assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, &scene.site));
        ResetEvent(let_go);
        true_signal = (Signal)import_patch(library, NULL, "SetEvent", (ImportedFunction)signal_and_dawdle);
        thread_run(kinds[i], ask_and_invoke, &question);
        home_set_site(&scene.home, scene.bridge, NULL);
        refs = host_refs(&scene.site);
        import_patch(library, NULL, "SetEvent", (ImportedFunction)true_signal);
        SetEvent(let_go);
        assert_true(question.answered);
        assert_hr(S_OK, invoked);
        assert_int_equal(1, refs);
        assert_let_go(&scene.service);
        end();
    }
    CloseHandle(let_go);
}

int main(void)
{
    static const Test tests[] = {
        TEST(a_home_that_answers_meets_the_deadline),
        TEST(a_failure_of_the_site_passes),
        TEST(a_success_of_the_site_passes),
        TEST(a_home_that_hangs_does_not_hold_the_caller),
        TEST(an_answer_that_comes_late_is_released),
        TEST(a_slow_home_is_left_to_finish),
        TEST(an_answer_at_the_very_deadline_is_taken_or_released),
        TEST(a_home_that_ends_is_no_timeout),
        TEST(home_may_end_with_abandoned_queries_queued),
        TEST(an_sta_dispatches_while_it_waits),
        TEST(a_wait_leaves_the_message_queue_as_it_was),
        TEST(infinite_is_no_deadline),
        TEST(no_time_at_all_is_a_deadline_too),
        TEST(home_asks_directly_whatever_the_deadline),
        TEST(where_home_is_the_mta_an_sta_has_its_deadline),
        TEST(bad_arguments_are_said_so),
        TEST(any_number_of_timeouts_leave_others_their_threads),
        TEST(a_function_that_home_runs_in_time_has_its_result),
        TEST(a_function_that_has_not_begun_by_the_deadline_never_will),
        TEST(a_function_that_runs_at_the_deadline_is_waited_for),
        TEST(an_agile_site_that_has_answered_is_held_by_nobody),
    };

    return RUN("within", tests);
}
