/*
 * Home's end waits for the calls that are outstanding at home, and for nothing else.
 *
 * Home's clock goes slowly in these tests: so patience, which ends the wait for what will never be answered,
 * lasts longer than a test waits, and an end that needs it is seen to hang.
 */
#include "import.h"
#include "raw.h"

enum { SLOWER = 20 };

static const Kind kinds[] = { IN_MTA, IN_STA, IN_NONE };
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static Scene scene;
static HANDLE asked, answer, stuck, let_go;

typedef ULONGLONG (WINAPI *Clock)(void);
static Clock true_clock;
static ULONGLONG slow_since;

static ULONGLONG WINAPI slow_at_home(void)
{
    ULONGLONG now = true_clock();

    return GetCurrentThreadId() == scene.home.id ? slow_since + (now - slow_since) / SLOWER : now;
}

static void begin(Kind kind)
{
    asked = CreateEventW(NULL, FALSE, FALSE, NULL);
    answer = CreateEventW(NULL, FALSE, FALSE, NULL);
    stuck = CreateEventW(NULL, FALSE, FALSE, NULL);
    let_go = CreateEventW(NULL, TRUE, FALSE, NULL);
    slow_since = GetTickCount64();
    true_clock = (Clock)import_patch(import_source("SiteBridgeCreate"), NULL, "GetTickCount64",
                                     (ImportedFunction)slow_at_home);
    assert_non_null(true_clock);
    scene_begin(&scene, kind);
}

static void assert_released(void)
{
    assert_int_equal(1, host_refs(&scene.site));
    assert_int_equal(1, host_refs(&scene.service));
    assert_int_equal(0, scene.site.wrong_threads);
    assert_int_equal(0, scene.service.wrong_threads);
}

/* Home has ended by now. */
static void end(void)
{
    import_patch(import_source("SiteBridgeCreate"), NULL, "GetTickCount64",
                 (ImportedFunction)true_clock);
    SiteBridgeRelease(scene.bridge);
    assert_released();
    assert_idle();
    CloseHandle(asked);
    CloseHandle(answer);
    CloseHandle(stuck);
    CloseHandle(let_go);
}

/* A site, or a piece of work: says that it has been called, and returns when it is told to. */
static HRESULT answer_when_told(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)rsid;
    SetEvent(asked);
    WaitForSingleObject(answer, INFINITE);
    return IServiceProvider_QueryInterface(host_site(host->service), riid, ppv);
}

static HRESULT CALLBACK work_when_told(IServiceProvider *site, void *context)
{
    (void)site, (void)context;
    SetEvent(asked);
    WaitForSingleObject(answer, INFINITE);
    return S_OK;
}

/* A call for a thread to make. */
typedef enum Means { BY_QUERY, BY_DEADLINE, BY_WORK, MEANS } Means;
typedef struct Call {
    Means means;
    SiteBridgeWork work;    /* instead of work_when_told */
    Ask question;
    HRESULT hr;
} Call;

static void call_make(void *context)
{
    Call *call = context;

    call->question.bridge = scene.bridge;
    if (call->means == BY_WORK) {
        call->hr = SiteBridgeInvoke(scene.bridge, call->work ? call->work : work_when_told, NULL);
        return;
    }
    call->question.has_deadline = call->means == BY_DEADLINE;
    call->question.milliseconds = 3 * PATIENCE;
    ask(&call->question);
    call->hr = call->question.hr;
}

/* An object of an STA's, that other threads call, and which does not return until it is told to. */
typedef struct Trap {
    Host object;
    IStream *packet;
} Trap;

static HRESULT be_stuck(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)host, (void)rsid, (void)riid;
    SetEvent(stuck);
    WaitForSingleObject(let_go, INFINITE);
    *ppv = NULL;
    return E_ABORT;
}

static void trap_call(void *context)
{
    Trap *trap = context;
    IServiceProvider *object;

    if (FAILED(raw_unmarshal(trap->packet, &object)))
        return;
    raw_call(object);
    IServiceProvider_Release(object);
}

/* It has dispatched somebody else's call while it waited, and that does not return. */
static void an_sta_that_has_its_answer_and_is_stuck_is_not_waited_for(void **state)
{
    static Trap trap;
    Means means;

    (void)state;
    for (means = BY_QUERY; means < MEANS; means++) {
        Call call = { means, NULL, { 0 }, E_PENDING };
        Thread caller;
        Home sta;

        begin(IN_STA);
        home_start(&sta, IN_STA);
        host_init(&trap.object, sta.id);
        trap.object.query = be_stuck;
        trap.packet = raw_marshal_at(&sta, &trap.object);
        scene.site.query = answer_when_told;
        home_begin(&sta, call_make, &call);
        wait_for(asked, "the call");
        thread_start(&caller, IN_MTA, trap_call, &trap);
        wait_for(stuck, "the STA");
        SetEvent(answer);
        home_stop(&scene.home);
        assert_hr(E_PENDING, call.hr);
        SetEvent(let_go);
        home_finish(&sta);
        thread_join(&caller);
        assert_true(call.hr != E_PENDING);
        assert_true(call.question.answered || means == BY_WORK);
        home_stop(&sta);
        assert_int_equal(1, host_refs(&trap.object));
        end();
    }
}

static void begin_agile(void)
{
    begin(IN_STA);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    host_init(&scene.site, 0);
    host_init(&scene.service, 0);
    scene.site.service = &scene.service;
    scene.site.agile = scene.service.agile = TRUE;
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, &scene.site));
}

/* What an agile site is asked is not asked at home. */
static void a_long_call_of_an_agile_site_is_not_waited_for(void **state)
{
    Means means;
    int i;

    (void)state;
    for (means = BY_QUERY; means < BY_WORK; means++) {
        for (i = 0; i < KINDS; i++) {
            Call call = { means, NULL, { 0 }, E_PENDING };
            Thread caller;

            begin_agile();
            scene.site.query = answer_when_told;
            thread_start(&caller, kinds[i], call_make, &call);
            wait_for(asked, "the call");
            home_stop(&scene.home);
            assert_hr(E_PENDING, call.hr);
            SetEvent(answer);
            thread_join(&caller);
            assert_answered(&call.question);
            assert_let_go(&scene.service);
            end();
        }
    }
}

static void start_again_with(void *context)
{
    CoUninitialize();
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    SiteBridgeSetSite(scene.bridge, host_site(context));
}

/* Nor is it in the way of the thread's next apartment, and of the site there. */
static void a_long_call_of_an_agile_site_may_outlive_the_next_one(void **state)
{
    Means means;
    int i;

    (void)state;
    for (means = BY_QUERY; means < BY_WORK; means++) {
        for (i = 0; i < KINDS; i++) {
            Call call = { means, NULL, { 0 }, E_PENDING };
            Thread caller;
            Host next;

            begin_agile();
            scene.site.query = answer_when_told;
            thread_start(&caller, kinds[i], call_make, &call);
            wait_for(asked, "the call");
            host_init(&next, scene.home.id);
            home_run(&scene.home, start_again_with, &next);
            assert_everybody_is_answered(scene.bridge, &next, FALSE);
            assert_hr(E_PENDING, call.hr);
            SetEvent(answer);
            thread_join(&caller);
            assert_answered(&call.question);
            assert_released();
            home_stop(&scene.home);
            assert_int_equal(1, host_refs(&next));
            end();
        }
    }
}

/* Its work is: that is done at home. Home has not dispatched it when its end begins. */
static void work_for_the_home_of_an_agile_site_is_waited_for(void **state)
{
    Thread callers[KINDS];
    Call calls[KINDS];
    int i;

    (void)state;
    begin_agile();
    home_block(&scene.home);
    ZeroMemory(calls, sizeof calls);
    for (i = 0; i < KINDS; i++) {
        calls[i].means = BY_WORK;
        thread_start(&callers[i], kinds[i], call_make, &calls[i]);
    }
    assert_calls(scene.bridge, KINDS);
    scene.home.work = NULL;
    scene.home.quit = scene.home.uninitialize = TRUE;
    SetEvent(scene.home.release);
    for (i = 0; i < KINDS; i++) {
        thread_join(&callers[i]);
        assert_hr(E_UNEXPECTED, calls[i].hr);
    }
    home_stop(&scene.home);
    end();
}

/* Inside a call, home's apartment ends: that call, further up its own stack, cannot be waited for. */

static HRESULT uninitialize_within(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)host, (void)rsid, (void)riid;
    CoUninitialize();
    SetEvent(asked);
    *ppv = NULL;
    return E_ABORT;
}

static HRESULT CALLBACK uninitialize_in_work(IServiceProvider *site, void *context)
{
    (void)site, (void)context;
    CoUninitialize();
    SetEvent(asked);
    return E_ABORT;
}

static void a_call_further_up_homes_own_stack_is_not_waited_for(void **state)
{
    Means means;
    int i;

    (void)state;
    for (means = BY_QUERY; means < MEANS; means++) {
        for (i = 0; i < KINDS; i++) {
            Call call = { means, uninitialize_in_work, { 0 }, E_PENDING };
            Thread caller;

            begin(IN_STA);
            scene.site.query = uninitialize_within;
            thread_start(&caller, kinds[i], call_make, &call);
            wait_for(asked, "home's end");
            thread_join(&caller);
            assert_failed(call.hr);
            home_vanish(&scene.home);
            end();
        }
    }
}

/* Home is the MTA */

static void CALLBACK note_end(const SiteBridgeTraceRecord *record, void *context)
{
    if (record->event == SITEBRIDGE_TRACE_HOME_ENDED)
        SetEvent(context);
}

static void assert_ended_for(Kind kind)
{
    Means means;

    for (means = BY_QUERY; means < MEANS; means++) {
        Call call = { means, NULL, { 0 }, E_PENDING };

        thread_run(kind, call_make, &call);
        assert_hr(E_UNEXPECTED, call.hr);
    }
}

/* Others of the MTA live on. */
static void a_home_that_is_the_mta_ends_with_the_thread_that_set_the_site(void **state)
{
    Home other;
    int i;

    (void)state;
    begin(IN_MTA);
    home_start(&other, IN_MTA);
    home_stop(&scene.home);
    assert_released();
    for (i = 0; i < KINDS; i++)
        assert_ended_for(kinds[i]);
    assert_int_equal(0, scene.site.queries);
    home_stop(&other);
    end();
}

/* Whoever comes next may be home. What the first held of its site is lost with it. */
static void so_it_does_where_that_thread_ends_without_a_word(void **state)
{
    Host next;
    Home other;
    Ask question = { 0 };
    int i;

    (void)state;
    begin(IN_MTA);
    home_start(&other, IN_MTA);
    home_vanish(&scene.home);
    for (i = 0; i < KINDS; i++) {
        Call call = { BY_QUERY, NULL, { 0 }, E_PENDING };

        thread_run(kinds[i], call_make, &call);
        assert_failed(call.hr);
        assert_true(call.question.answered);
    }
    assert_int_equal(0, scene.site.queries);
    host_init(&next, 0);
    assert_hr(S_OK, home_set_site(&other, scene.bridge, &next));
    question.bridge = scene.bridge;
    thread_run(IN_STA, ask, &question);
    assert_answered(&question);
    assert_hr(S_OK, home_set_site(&other, scene.bridge, NULL));
    home_stop(&other);
    assert_int_equal(1, host_refs(&next));
    host_init(&scene.site, 0);
    end();
}

static void it_waits_for_what_a_thread_of_the_library_has_asked_for_an_sta(void **state)
{
    Means means;

    (void)state;
    for (means = BY_QUERY; means < MEANS; means++) {
        Call call = { means, NULL, { 0 }, E_PENDING };
        HANDLE has_begun = CreateEventW(NULL, FALSE, FALSE, NULL);
        Thread caller;

        begin(IN_MTA);
        scene.site.query = answer_when_told;
        thread_start(&caller, IN_STA, call_make, &call);
        wait_for(asked, "the call");
        assert_hr(S_OK, SiteBridgeSetTrace(note_end, has_begun, 0));
        scene.home.work = NULL;
        scene.home.quit = scene.home.uninitialize = TRUE;
        SetEvent(scene.home.wake);
        wait_for(has_begun, "the beginning of home's end");
        assert_int_equal(WAIT_TIMEOUT, WaitForSingleObject(scene.home.thread, 100));
        SetEvent(answer);
        wait_for(scene.home.thread, "home's end");
        home_stop(&scene.home);
        thread_join(&caller);
        assert_hr(S_OK, call.hr);
        assert_hr(S_OK, SiteBridgeSetTrace(NULL, NULL, 0));
        end();
        CloseHandle(has_begun);
    }
}

/* That thread is home itself, and holds the site until it returns. */
static void it_does_not_wait_for_another_thread_of_the_mta(void **state)
{
    Means means;

    (void)state;
    for (means = BY_QUERY; means < MEANS; means += BY_WORK) {
        Call call = { means, NULL, { 0 }, E_PENDING };
        Home other;

        begin(IN_MTA);
        home_start(&other, IN_MTA);
        scene.site.query = answer_when_told;
        home_begin(&other, call_make, &call);
        wait_for(asked, "the call");
        home_stop(&scene.home);
        assert_int_equal(2, host_refs(&scene.site));
        SetEvent(answer);
        home_finish(&other);
        assert_hr(S_OK, call.hr);
        assert_int_equal(1, host_refs(&scene.site));
        home_stop(&other);
        end();
    }
}

/* The host's last reference on COM goes with the site's, or with what is told of it. */

typedef struct Ender {
    IServiceProvider provider;
    volatile LONG refs;
} Ender;

static Ender ender;

static HRESULT STDMETHODCALLTYPE ender_QueryInterface(IServiceProvider *provider, REFIID riid, void **ppv)
{
    *ppv = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IServiceProvider))
        return E_NOINTERFACE;
    IServiceProvider_AddRef(provider);
    *ppv = provider;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE ender_AddRef(IServiceProvider *provider)
{
    (void)provider;
    return (ULONG)InterlockedIncrement(&ender.refs);
}

static ULONG STDMETHODCALLTYPE ender_Release(IServiceProvider *provider)
{
    ULONG refs = (ULONG)InterlockedDecrement(&ender.refs);

    (void)provider;
    if (refs == 1)
        CoUninitialize();
    return refs;
}

static HRESULT STDMETHODCALLTYPE ender_QueryService(IServiceProvider *provider, REFGUID rsid, REFIID riid,
                                                    void **ppv)
{
    (void)rsid;
    return IServiceProvider_QueryInterface(provider, riid, ppv);
}

static IServiceProviderVtbl ender_vtbl = {
    ender_QueryInterface, ender_AddRef, ender_Release, ender_QueryService,
};

static void set_ender(void)
{
    ender.provider.lpVtbl = &ender_vtbl;
    ender.refs = 1;
    assert_hr(S_OK, SiteBridgeSetSite(scene.bridge, &ender.provider));
}

static void site_and_unsite_ender(void *context)
{
    (void)context;
    set_ender();
    assert_hr(S_OK, SiteBridgeSetSite(scene.bridge, NULL));
}

static void home_may_end_in_the_release_of_its_site(void **state)
{
    (void)state;
    begin(IN_STA);
    home_run(&scene.home, site_and_unsite_ender, NULL);
    home_vanish(&scene.home);
    assert_int_equal(1, ender.refs);
    end();
}

/*
 * A caller that has found the session, and is held up before its call counts, goes on when home has nothing left
 * to wait for: in another spy's PreUninitialize, after the library's.
 */

typedef HRESULT (WINAPI *LogicalThread)(GUID *);
static LogicalThread true_logical_thread;
static Thread late;
static Call late_call;
static DWORD late_id;

static HRESULT WINAPI come_late(GUID *chain)
{
    if (GetCurrentThreadId() == late_id) {
        SetEvent(asked);
        WaitForSingleObject(answer, INFINITE);
    }
    return true_logical_thread(chain);
}

static void call_late(void *context)
{
    late_id = GetCurrentThreadId();
    call_make(context);
}

/* It has its answer soon, unless it has called home, and waits. */
static void let_the_late_one_go(void *context)
{
    (void)context;
    SetEvent(answer);
    WaitForSingleObject(late.handle, PATIENCE / 10);
}

static void site_ender(void *context)
{
    assert_hr(S_OK, SiteBridgeSetSite(scene.bridge, NULL));
    assert_hr(S_OK, end_hook_put_on(context, let_the_late_one_go, NULL, NULL));
    set_ender();
}

static void unsite(void *context)
{
    (void)context;
    assert_hr(S_OK, SiteBridgeSetSite(scene.bridge, NULL));
}

static void no_call_begins_when_home_ends_in_the_release_of_its_site(void **state)
{
    Call early = { BY_QUERY, NULL, { 0 }, E_PENDING };
    EndHook hook;

    (void)state;
    begin(IN_STA);
    home_run(&scene.home, site_ender, &hook);
    thread_run(IN_MTA, call_make, &early);
    assert_hr(S_OK, early.hr);
    late_call = early;
    late_call.means = BY_DEADLINE;
    true_logical_thread = (LogicalThread)import_patch(import_source("SiteBridgeCreate"), NULL,
        "CoGetCurrentLogicalThreadId", (ImportedFunction)come_late);
    thread_start(&late, IN_MTA, call_late, &late_call);
    wait_for(asked, "the late call");
    home_run(&scene.home, unsite, NULL);
    thread_join(&late);
    import_patch(import_source("SiteBridgeCreate"), NULL, "CoGetCurrentLogicalThreadId",
                 (ImportedFunction)true_logical_thread);
    assert_hr(E_UNEXPECTED, late_call.hr);
    home_vanish(&scene.home);
    assert_int_equal(1, ender.refs);
    end();
}

/* Home has nothing of the library's yet while its first site is asked. */

static const IServiceProviderVtbl *host_vtbl;

static ULONG STDMETHODCALLTYPE sweep_and_add_ref(IServiceProvider *provider)
{
    assert_hr(S_FALSE, SiteBridgeCanUnloadNow());
    return host_vtbl->AddRef(provider);
}

static void site_what_sweeps(void *context)
{
    (void)context;
    assert_hr(S_OK, SiteBridgeSetSite(scene.bridge, NULL));
    assert_hr(S_OK, SiteBridgeSetSite(scene.bridge, host_site(&scene.site)));
}

static void the_end_is_noticed_where_home_was_swept_while_the_site_was_set(void **state)
{
    IServiceProviderVtbl vtbl;

    (void)state;
    begin(IN_STA);
    host_vtbl = scene.site.provider.lpVtbl;
    vtbl = *host_vtbl;
    vtbl.AddRef = sweep_and_add_ref;
    scene.site.provider.lpVtbl = &vtbl;
    home_run(&scene.home, site_what_sweeps, NULL);
    home_stop(&scene.home);
    assert_nobody_is_answered(scene.bridge);
    assert_released();
    end();
}

int main(void)
{
    static const Test tests[] = {
        TEST(an_sta_that_has_its_answer_and_is_stuck_is_not_waited_for),
        TEST(a_long_call_of_an_agile_site_is_not_waited_for),
        TEST(a_long_call_of_an_agile_site_may_outlive_the_next_one),
        TEST(work_for_the_home_of_an_agile_site_is_waited_for),
        TEST(home_may_end_in_the_release_of_its_site),
        TEST(no_call_begins_when_home_ends_in_the_release_of_its_site),
        TEST(the_end_is_noticed_where_home_was_swept_while_the_site_was_set),
        TEST(a_call_further_up_homes_own_stack_is_not_waited_for),
        TEST(a_home_that_is_the_mta_ends_with_the_thread_that_set_the_site),
        TEST(so_it_does_where_that_thread_ends_without_a_word),
        TEST(it_waits_for_what_a_thread_of_the_library_has_asked_for_an_sta),
        TEST(it_does_not_wait_for_another_thread_of_the_mta),
    };

    return RUN("homes_end", tests);
}
