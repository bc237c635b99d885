/* Asking for services, from each kind of thread. */
#include "scenario.h"

enum { SOON = 40 };

static const GUID service = { 0x2f0d7c31, 0x5a44, 0x4be1, { 0x86, 1, 2, 3, 4, 5, 6, 7 } };

/* IN_HOME: that, and not a thread of its own. */
enum { IN_HOME = -1 };

static void run_in(int where, Work work, void *context)
{
    if (where == IN_HOME)
        home_run(&stage.home, work, context);
    else
        thread_run((Kind)where, work, context);
}

static HRESULT answer_of(const Ask *question)
{
    if (!question->answered)
        return STRAY;
    /* What came back works. */
    return SUCCEEDED(question->hr) ? question->used : question->hr;
}

static HRESULT query_in(int where, BOOL has_deadline)
{
    Ask question = { 0 };

    question.bridge = stage.bridge;
    question.has_deadline = has_deadline;
    question.milliseconds = PATIENCE;
    run_in(where, ask, &question);
    return answer_of(&question);
}

static HRESULT query_at_home(void)
{
    return query_in(IN_HOME, FALSE);
}

static HRESULT query_in_mta(void)
{
    return query_in(IN_MTA, FALSE);
}

static HRESULT query_in_sta(void)
{
    return query_in(IN_STA, FALSE);
}

static HRESULT query_in_none(void)
{
    return query_in(IN_NONE, FALSE);
}

static HRESULT within_at_home(void)
{
    return query_in(IN_HOME, TRUE);
}

static HRESULT within_in_mta(void)
{
    return query_in(IN_MTA, TRUE);
}

static HRESULT within_in_sta(void)
{
    return query_in(IN_STA, TRUE);
}

static HRESULT within_in_none(void)
{
    return query_in(IN_NONE, TRUE);
}

/* Two queries in one STA: the second finds the MTA's proxy made. */
static void ask_twice(void *context)
{
    Ask *questions = context;

    ask(&questions[0]);
    ask(&questions[1]);
}

static HRESULT query_twice(void)
{
    Ask questions[2] = { { 0 } };

    questions[0].bridge = questions[1].bridge = stage.bridge;
    thread_run(IN_STA, ask_twice, questions);
    return FAILED(answer_of(&questions[0])) ? answer_of(&questions[0]) : answer_of(&questions[1]);
}

/* The answer comes too late. */
static HRESULT within_too_late(Kind kind)
{
    Ask question = { 0 };

    question.bridge = stage.bridge;
    question.has_deadline = TRUE;
    question.milliseconds = SOON;
    home_block(&stage.home);
    thread_run(kind, ask, &question);
    home_unblock(&stage.home);
    assert_calls(stage.bridge, 0);
    return question.answered ? question.hr : STRAY;
}

static HRESULT within_too_late_in_mta(void)
{
    return within_too_late(IN_MTA);
}

static HRESULT within_too_late_in_sta(void)
{
    return within_too_late(IN_STA);
}

/* Only the answer is brought to the STA, since the site can be called where the library's thread is. */
static void agile_begin(void)
{
    stage_bridge();
    stage.site.thread = 0;
    stage.site.agile = TRUE;
    assert_hr(S_OK, stage_set_site());
}

/* Ahead of time */

static HRESULT prefetch(void)
{
    return home_prefetch(&stage.home, stage.bridge, &service, &IID_IServiceProvider);
}

static void fetched_begin(void)
{
    stage_sited();
    assert_hr(S_OK, prefetch());
}

/* What comes back is asked for an interface that it has not, but COM could marshal. */
static void take_fetched(void *context)
{
    IServiceProvider *object = (IServiceProvider *)1;
    IDispatch *none = NULL;
    Ask *question = context;

    question->hr = SiteBridgeQueryService(question->bridge, &service, &IID_IServiceProvider,
                                          (void **)&object);
    question->answered = SUCCEEDED(question->hr) == (object != NULL);
    question->used = S_OK;
    if (!object || !question->answered)
        return;
    if (SUCCEEDED(IServiceProvider_QueryInterface(object, &IID_IDispatch, (void **)&none)))
        question->used = STRAY;
    IServiceProvider_Release(object);
}

static HRESULT fetched_in(Kind kind)
{
    Ask question = { 0 };

    question.bridge = stage.bridge;
    thread_run(kind, take_fetched, &question);
    return answer_of(&question);
}

static HRESULT fetched_in_mta(void)
{
    return fetched_in(IN_MTA);
}

static HRESULT fetched_in_sta(void)
{
    return fetched_in(IN_STA);
}

static HRESULT fetched_in_none(void)
{
    return fetched_in(IN_NONE);
}

/* Functions */

typedef struct Call {
    int runs;
    HRESULT hr;
} Call;

static HRESULT CALLBACK count_run(IServiceProvider *site, void *context)
{
    Call *call = context;

    if (site != host_site(&stage.site) || GetCurrentThreadId() != stage.home.id)
        return STRAY;
    call->runs++;
    return S_FALSE;
}

static void invoke(void *context)
{
    Call *call = context;

    call->hr = SiteBridgeInvoke(stage.bridge, count_run, call);
}

static void invoke_within(void *context)
{
    Call *call = context;

    call->hr = SiteBridgeInvokeWithin(stage.bridge, PATIENCE, count_run, call);
}

/* A function that has run has run once, and its result is what comes back; else there is a failure. */
static HRESULT invoke_in(int where, Work with)
{
    Call call = { 0, E_PENDING };

    run_in(where, with, &call);
    if (call.runs > 1 || SUCCEEDED(call.hr) != (call.runs == 1))
        return STRAY;
    return call.hr;
}

static HRESULT invoke_at_home(void)
{
    return invoke_in(IN_HOME, invoke);
}

static HRESULT invoke_in_mta(void)
{
    return invoke_in(IN_MTA, invoke);
}

static HRESULT invoke_in_sta(void)
{
    return invoke_in(IN_STA, invoke);
}

static HRESULT invoke_in_none(void)
{
    return invoke_in(IN_NONE, invoke);
}

static HRESULT invoke_within_in_mta(void)
{
    return invoke_in(IN_MTA, invoke_within);
}

/*
 * Posts, all told: while the faults last, none may be told, but afterwards each that was accepted is, and no
 * other.
 */
static struct {
    LONG accepted;
    volatile LONG runs, told, strays;
    HANDLE was_told;
} posts;

static HRESULT CALLBACK posted_work(IServiceProvider *site, void *context)
{
    (void)context;
    if (site != host_site(&stage.site) || GetCurrentThreadId() != stage.home.id)
        InterlockedIncrement(&posts.strays);
    InterlockedIncrement(&posts.runs);
    return S_FALSE;
}

static void CALLBACK posted_done(HRESULT result, void *context)
{
    (void)context;
    if (result != S_FALSE)
        InterlockedIncrement(&posts.strays);
    InterlockedIncrement(&posts.told);
    SetEvent(posts.was_told);
}

static void post(void *context)
{
    *(HRESULT *)context = SiteBridgePost(stage.bridge, posted_work, posted_done, NULL);
}

static void post_begin(void)
{
    ZeroMemory(&posts, sizeof posts);
    posts.was_told = CreateEventW(NULL, FALSE, FALSE, NULL);
    stage_sited_with_mta_proxy();
}

static HRESULT post_in_mta(void)
{
    HRESULT hr = E_PENDING;

    run_in(IN_MTA, post, &hr);
    if (FAILED(hr))
        return hr;
    posts.accepted++;
    WaitForSingleObject(posts.was_told, SOON);
    return posts.strays ? STRAY : hr;
}

static BOOL all_are_told(void *context)
{
    (void)context;
    return posts.told == posts.accepted;
}

static void post_end(void)
{
    assert_true(eventually(all_are_told, NULL));
    stage_leave();
    assert_int_equal(posts.accepted, posts.runs);
    assert_int_equal(0, posts.strays);
    CloseHandle(posts.was_told);
}

/* With a trace that reports calls which wait for a millisecond. */
static void CALLBACK trace(const SiteBridgeTraceRecord *record, void *context)
{
    (void)record, (void)context;
}

static HRESULT answer_slowly(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)rsid;
    Sleep(10);
    return IServiceProvider_QueryInterface(host_site(host), riid, ppv);
}

static void traced_begin(void)
{
    assert_hr(S_OK, SiteBridgeSetTrace(trace, NULL, 1));
    stage_sited();
    stage.site.query = answer_slowly;
}

static HRESULT traced_query(void)
{
    HRESULT hr = SiteBridgeSetTrace(trace, NULL, 1);

    return SUCCEEDED(hr) ? query_in_mta() : hr;
}

static void traced_end(void)
{
    assert_hr(S_OK, SiteBridgeSetTrace(NULL, NULL, 0));
    stage_leave();
}

/* HRESULT_FROM_WIN32 is a function in some headers, which no initializer may call. */
#define TIMED_OUT __HRESULT_FROM_WIN32(ERROR_TIMEOUT)

#define PLAIN(name, begin, act) { name, begin, act, stage_leave, S_OK, S_OK, AGAIN, FALSE }
#define INVOKE(name, act) { name, stage_sited, act, stage_leave, S_FALSE, S_OK, AGAIN, FALSE }
#define LATE(name, begin, act) \
    { name, begin, act, stage_leave, TIMED_OUT, S_OK, AGAIN, FALSE }

const Scenario service_scenarios[] = {
    PLAIN("query at home", stage_sited, query_at_home),
    PLAIN("first query in the MTA", stage_sited, query_in_mta),
    PLAIN("first query in an STA", stage_sited, query_in_sta),
    PLAIN("first query without COM", stage_sited, query_in_none),
    PLAIN("another query in the MTA", stage_sited_with_mta_proxy, query_in_mta),
    PLAIN("query in another STA", stage_sited_with_mta_proxy, query_in_sta),
    PLAIN("two queries in an STA", stage_sited, query_twice),
    PLAIN("deadline at home", stage_sited, within_at_home),
    PLAIN("deadline in the MTA", stage_sited, within_in_mta),
    PLAIN("deadline in an STA", stage_sited, within_in_sta),
    PLAIN("deadline without COM", stage_sited, within_in_none),
    PLAIN("deadline of an agile site", agile_begin, within_in_sta),
    LATE("missed deadline in the MTA", stage_sited, within_too_late_in_mta),
    LATE("missed deadline in an STA", stage_sited_with_mta_proxy, within_too_late_in_sta),
    PLAIN("prefetch", stage_sited, prefetch),
    PLAIN("fetched, in the MTA", fetched_begin, fetched_in_mta),
    PLAIN("fetched, in an STA", fetched_begin, fetched_in_sta),
    PLAIN("fetched, without COM", fetched_begin, fetched_in_none),
    INVOKE("invoke at home", invoke_at_home),
    INVOKE("invoke from the MTA", invoke_in_mta),
    INVOKE("invoke from an STA", invoke_in_sta),
    INVOKE("invoke without COM", invoke_in_none),
    INVOKE("invoke within a deadline", invoke_within_in_mta),
    { "post", post_begin, post_in_mta, post_end, S_OK, S_OK, AGAIN, FALSE },
    { "traced query", traced_begin, traced_query, traced_end, S_OK, S_OK, AGAIN, FALSE },
};
const size_t service_scenario_count = sizeof service_scenarios / sizeof service_scenarios[0];
