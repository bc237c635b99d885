/* SiteBridgeInvoke runs a function on home, once or never. */
#include "harness.h"

#include <stdio.h>

enum { CHANGES = 100 };

static const Kind kinds[] = { IN_MTA, IN_STA, IN_NONE };

static Home home;
static Host site;
static SiteBridge *bridge;

static void begin(void)
{
    home_start(&home, IN_STA);
    host_init(&site, home.id);
    assert_hr(S_OK, SiteBridgeCreate(&bridge));
    assert_hr(S_OK, home_set_site(&home, bridge, &site));
}

static void end(void)
{
    SiteBridgeRelease(bridge);
    home_stop(&home);
    assert_int_equal(1, host_refs(&site));
    assert_int_equal(0, site.wrong_threads);
    assert_idle();
}

typedef struct Job {
    HRESULT result;         /* what the work returns */
    HRESULT hr;             /* what SiteBridgeInvoke does */
    volatile LONG runs;
    LONG runs_on_return;
    DWORD thread;
    IServiceProvider *site;
    SiteBridgeWork work;    /* instead of job_run */
    Ask question;
    struct Job *inner;
} Job;

static HRESULT CALLBACK job_run(IServiceProvider *given, void *context)
{
    Job *job = context;

    InterlockedIncrement(&job->runs);
    job->thread = GetCurrentThreadId();
    job->site = given;
    return job->result;
}

static void invoke(void *context)
{
    Job *job = context;

    job->hr = SiteBridgeInvoke(bridge, job->work ? job->work : job_run, job);
    job->runs_on_return = job->runs;
}

static void work_runs_on_home_from_every_kind_of_thread(void **state)
{
    static const HRESULT results[] = { S_OK, S_FALSE, E_FAIL, (HRESULT)0x80041234 };
    size_t i, r;

    (void)state;
    begin();
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        for (r = 0; r < sizeof results / sizeof results[0]; r++) {
            Job job = { 0 };

            job.result = results[r];
            thread_run(kinds[i], invoke, &job);
            assert_hr(results[r], job.hr);
            assert_int_equal(1, job.runs_on_return);
            assert_int_equal(home.id, job.thread);
            assert_ptr_equal(host_site(&site), job.site);
        }
    }
    assert_int_equal(0, site.queries);
    end();
}

static void on_home_it_is_a_plain_call(void **state)
{
    Job job = { 0 };

    (void)state;
    begin();
    job.result = S_FALSE;
    home_run(&home, invoke, &job);
    assert_hr(S_FALSE, job.hr);
    assert_int_equal(1, job.runs_on_return);
    assert_int_equal(home.id, job.thread);
    assert_int_equal(0, statistics_of(bridge).packets_unmarshaled);
    end();
}

static void where_home_is_the_mta_every_thread_of_it_runs_work_itself(void **state)
{
    Home mta;
    Job here = { 0 }, there = { 0 };

    (void)state;
    home_start(&home, IN_MTA);
    host_init(&site, 0);
    assert_hr(S_OK, SiteBridgeCreate(&bridge));
    assert_hr(S_OK, home_set_site(&home, bridge, &site));
    home_start(&mta, IN_MTA);
    home_run(&mta, invoke, &here);
    assert_hr(S_OK, here.hr);
    assert_int_equal(mta.id, here.thread);
    thread_run(IN_STA, invoke, &there);
    assert_hr(S_OK, there.hr);
    assert_int_equal(1, there.runs_on_return);
    home_stop(&mta);
    end();
}

static void no_work_and_no_site_are_said_so(void **state)
{
    Job job = { 0 };

    (void)state;
    begin();
    assert_hr(E_POINTER, SiteBridgeInvoke(bridge, NULL, NULL));
    assert_hr(E_INVALIDARG, SiteBridgeInvoke(NULL, job_run, &job));
    assert_hr(S_OK, home_set_site(&home, bridge, NULL));
    thread_run(IN_MTA, invoke, &job);
    assert_hr(E_UNEXPECTED, job.hr);
    home_run(&home, invoke, &job);
    assert_hr(E_UNEXPECTED, job.hr);
    assert_int_equal(0, job.runs);
    end();
}

static HRESULT CALLBACK invoke_and_ask_again(IServiceProvider *given, void *context)
{
    Job *job = context;

    job->question.bridge = bridge;
    ask(&job->question);
    job->inner->hr = SiteBridgeInvoke(bridge, job_run, job->inner);
    return job_run(given, job);
}

static void work_may_ask_and_invoke_in_its_turn(void **state)
{
    size_t i;

    (void)state;
    begin();
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        Job job = { 0 }, inner = { 0 };

        job.work = invoke_and_ask_again;
        job.inner = &inner;
        inner.result = S_FALSE;
        thread_run(kinds[i], invoke, &job);
        assert_hr(S_OK, job.hr);
        assert_hr(S_OK, job.question.hr);
        assert_ptr_equal(host_site(&site), job.question.object);
        assert_hr(S_FALSE, inner.hr);
        assert_int_equal(1, inner.runs);
        assert_int_equal(home.id, inner.thread);
    }
    end();
}

static HRESULT CALLBACK unsite_within(IServiceProvider *given, void *context)
{
    Job *job = context;

    job->result = SiteBridgeSetSite(bridge, NULL);
    /* The call that is executing keeps the site for itself. */
    job->inner->runs = host_refs(&site);
    return job_run(given, job);
}

static void work_may_unsite_and_its_result_still_passes(void **state)
{
    Job job = { 0 }, inner = { 0 };

    (void)state;
    begin();
    job.work = unsite_within;
    job.inner = &inner;
    thread_run(IN_MTA, invoke, &job);
    assert_hr(S_OK, job.hr);
    assert_int_equal(1, job.runs);
    assert_true(inner.runs > 1);
    assert_int_equal(1, host_refs(&site));
    end();
}

/* Once or never, under fire */

static volatile LONG cease, wrong, ran, refused;

static void invoke_until_told(void *context)
{
    (void)context;
    while (!cease) {
        Job job = { 0 };

        job.result = S_FALSE;
        invoke(&job);
        if (job.runs_on_return == 1 && job.hr == S_FALSE)
            InterlockedIncrement(&ran);
        else if (job.runs_on_return == 0 && job.hr == E_UNEXPECTED)
            InterlockedIncrement(&refused);
        else if (InterlockedIncrement(&wrong))
            print_message("%08lx though it ran %ld times\n", (unsigned long)job.hr, job.runs_on_return);
        if (job.runs != job.runs_on_return)
            InterlockedIncrement(&wrong);
    }
}

static void come_and_go(void *context)
{
    int i;

    (void)context;
    for (i = 0; i < CHANGES; i++) {
        pump();
        SiteBridgeSetSite(bridge, i % 2 ? host_site(&site) : NULL);
    }
}

static void work_runs_once_or_never_while_the_site_comes_and_goes(void **state)
{
    Thread threads[CALLERS];
    int i;

    (void)state;
    begin();
    cease = wrong = ran = refused = 0;
    for (i = 0; i < CALLERS; i++)
        thread_start(&threads[i], kinds[i % 3], invoke_until_told, NULL);
    home_run(&home, come_and_go, NULL);
    InterlockedExchange(&cease, 1);
    for (i = 0; i < CALLERS; i++)
        thread_join(&threads[i]);
    assert_int_equal(0, wrong);
    assert_true(ran > 0);
    assert_true(refused > 0);
    end();
}

/* Home ends with work of several threads queued to it. */
static void end_home_with_work_queued(void)
{
    Thread threads[CALLERS];
    Job jobs[CALLERS];
    int i;

    ZeroMemory(jobs, sizeof jobs);
    home_block(&home);
    for (i = 0; i < CALLERS; i++) {
        jobs[i].result = S_FALSE;
        thread_start(&threads[i], kinds[i % 3], invoke, &jobs[i]);
    }
    assert_calls(bridge, CALLERS);
    home_let_end(&home);
    for (i = 0; i < CALLERS; i++) {
        thread_join(&threads[i]);
        assert_int_equal(jobs[i].runs, jobs[i].runs_on_return);
        if (jobs[i].runs == 0)
            assert_failed(jobs[i].hr);
        else
            assert_hr(S_FALSE, jobs[i].hr);
        assert_true(jobs[i].runs <= 1);
    }
}

static void queued_work_runs_once_or_never_when_home_ends(void **state)
{
    int round;

    (void)state;
    for (round = 0; round < 5; round++) {
        begin();
        end_home_with_work_queued();
        end();
    }
}

static HRESULT CALLBACK crash(IServiceProvider *given, void *context)
{
    job_run(given, context);
    RaiseException(0xE0C0DE01, 0, 0, NULL);
    return S_OK;
}

static HRESULT CALLBACK crash_by_access(IServiceProvider *given, void *context)
{
    volatile int *volatile nowhere = NULL;

    job_run(given, context);
    *nowhere = 1;
    return S_OK;
}

static void work_that_crashes_hangs_nobody(void **state)
{
    static const SiteBridgeWork crashes[] = { crash, crash_by_access };
    size_t i, c;

    (void)state;
    begin();
    for (c = 0; c < sizeof crashes / sizeof crashes[0]; c++) {
        for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
            Job job = { 0 }, next = { 0 };

            job.work = crashes[c];
            thread_run(kinds[i], invoke, &job);
            assert_failed(job.hr);
            assert_int_equal(1, job.runs_on_return);
            thread_run(kinds[i], invoke, &next);
            assert_hr(S_OK, next.hr);
        }
    }
    /* Nor do those that never returned confuse home's end. */
    end_home_with_work_queued();
    assert_int_equal(0, site.wrong_threads);
    SiteBridgeRelease(bridge);
    home_stop(&home);
    assert_idle();
    /* Nobody gives back what the call had when it crashed. */
    accounts_excuse();
}

typedef struct Informed {
    HRESULT hr, informed;       /* the second: whether there was error information */
} Informed;

static HRESULT CALLBACK inform(IServiceProvider *given, void *context)
{
    ICreateErrorInfo *create;
    IErrorInfo *info;

    (void)given, (void)context;
    if (FAILED(CreateErrorInfo(&create)))
        return E_OUTOFMEMORY;
    if (SUCCEEDED(ICreateErrorInfo_QueryInterface(create, &IID_IErrorInfo, (void **)&info))) {
        SetErrorInfo(0, info);
        IErrorInfo_Release(info);
    }
    ICreateErrorInfo_Release(create);
    return DISP_E_EXCEPTION;
}

static void invoke_informed(void *context)
{
    Informed *informed = context;
    IErrorInfo *info = NULL;

    SetErrorInfo(0, NULL);
    informed->hr = SiteBridgeInvoke(bridge, inform, NULL);
    informed->informed = GetErrorInfo(0, &info);
    if (informed->informed == S_OK)
        IErrorInfo_Release(info);
}

static void forget_information(void *context)
{
    (void)context;
    SetErrorInfo(0, NULL);
}

static void error_information_stays_with_home(void **state)
{
    Informed informed;
    size_t i;

    (void)state;
    begin();
    home_run(&home, invoke_informed, &informed);
    assert_hr(DISP_E_EXCEPTION, informed.hr);
    assert_hr(S_OK, informed.informed);
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        thread_run(kinds[i], invoke_informed, &informed);
        assert_hr(DISP_E_EXCEPTION, informed.hr);
        if (on_wine())
            assert_hr(S_FALSE, informed.informed);
        else
            printf("error information arrives: %s\n", informed.informed == S_OK ? "yes" : "no");
    }
    home_run(&home, forget_information, NULL);
    end();
}

/*
 * COM ends a call early where its caller allows that, which Windows can and Wine cannot: there is no CoCancelCall
 * there, and nothing to see.
 */
typedef HRESULT (WINAPI *CancelCall)(DWORD thread, ULONG seconds);

static HANDLE inside, may_return;

static HRESULT CALLBACK run_until_told(IServiceProvider *given, void *context)
{
    SetEvent(inside);
    WaitForSingleObject(may_return, PATIENCE);
    return job_run(given, context);
}

static void invoke_cancelably(void *context)
{
    CoEnableCallCancellation(NULL);
    invoke(context);
    CoDisableCallCancellation(NULL);
}

static void work_that_com_gives_up_is_waited_for(void **state)
{
    CancelCall cancel = (CancelCall)(void (*)(void))GetProcAddress(GetModuleHandleW(L"ole32.dll"),
                                                                   "CoCancelCall");
    Job job = { 0 };
    Thread thread;

    (void)state;
    if (!cancel)
        print_message("COM cancels no calls here\n");
    begin();
    inside = CreateEventW(NULL, TRUE, FALSE, NULL);
    may_return = CreateEventW(NULL, TRUE, FALSE, NULL);
    job.work = run_until_told;
    thread_start(&thread, IN_MTA, invoke_cancelably, &job);
    wait_for(inside, "work");
    if (cancel)
        print_message("CoCancelCall: %08lx\n", (unsigned long)cancel(thread.id, 0));
    assert_int_equal(WAIT_TIMEOUT, WaitForSingleObject(thread.handle, 100));
    SetEvent(may_return);
    thread_join(&thread);
    assert_hr(S_OK, job.hr);
    assert_int_equal(1, job.runs_on_return);
    CloseHandle(inside);
    CloseHandle(may_return);
    end();
}

int main(void)
{
    static const Test tests[] = {
        TEST(work_runs_on_home_from_every_kind_of_thread),
        TEST(on_home_it_is_a_plain_call),
        TEST(where_home_is_the_mta_every_thread_of_it_runs_work_itself),
        TEST(no_work_and_no_site_are_said_so),
        TEST(work_may_ask_and_invoke_in_its_turn),
        TEST(work_may_unsite_and_its_result_still_passes),
        TEST(work_runs_once_or_never_while_the_site_comes_and_goes),
        TEST(queued_work_runs_once_or_never_when_home_ends),
        TEST(work_that_com_gives_up_is_waited_for),
        TEST(work_that_crashes_hangs_nobody),
        TEST(error_information_stays_with_home),
    };

    return RUN("invoke", tests);
}
