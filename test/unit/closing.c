/* Every way in which a package is closed, or never is: the contract's table of Close, row by row. */
#include "harness.h"

#include <sitebridge/package.h>

#include "import.h"

static const Kind kinds[] = { IN_STA, IN_MTA, IN_NONE };
enum { KINDS = sizeof kinds / sizeof kinds[0] };
static const HRESULT deadlock = __HRESULT_FROM_WIN32(ERROR_POSSIBLE_DEADLOCK);

static Home home;
static Host site;
static IVsPackage *package;
static SiteBridge *bridge;      /* the package's, borrowed */
static volatile LONG closings, destructions;
static HRESULT (*when_initialized)(void);

static HRESULT CALLBACK on_initialize(IVsPackage *object, IAsyncServiceProvider *provider,
                                      IProfferAsyncService *proffer, IAsyncProgressCallback *progress,
                                      void *context)
{
    (void)object, (void)provider, (void)proffer, (void)progress, (void)context;
    return when_initialized();
}

static void CALLBACK on_closing(IVsPackage *object, void *context)
{
    (void)object, (void)context;
    InterlockedIncrement(&closings);
}

static void CALLBACK on_destroyed(void *context)
{
    (void)context;
    InterlockedIncrement(&destructions);
}

static const SitePackageEvents events = {
    .size = sizeof events, .closing = on_closing, .destroyed = on_destroyed, .initialize = on_initialize,
};

static void create(Kind kind)
{
    home_start(&home, kind);
    host_init(&site, kind == IN_STA ? home.id : 0);
    closings = destructions = 0;
    assert_hr(S_OK, SitePackageCreate(&events, NULL, &IID_IVsPackage, (void **)&package));
    assert_hr(S_OK, SitePackageGetBridge(package, &bridge));
    SiteBridgeRelease(bridge);
}

static void site_it(void *context)
{
    *(HRESULT *)context = IVsPackage_SetSite(package, host_site(&site));
}

static void close_it(void *context)
{
    *(HRESULT *)context = IVsPackage_Close(package);
}

static HRESULT on_home(Work work)
{
    HRESULT hr = E_PENDING;

    home_run(&home, work, &hr);
    return hr;
}

static void begin(Kind kind)
{
    create(kind);
    assert_hr(S_OK, on_home(site_it));
}

/* The package has been closed, or cannot be any more. */
static void end(void)
{
    IVsPackage_Release(package);
    home_stop(&home);
    assert_idle();
    assert_int_equal(1, destructions);
    assert_int_equal(1, host_refs(&site));
    assert_int_equal(0, site.wrong_threads);
}

/* A worker that does something of its own, and then waits for stop and for leave to go. */
typedef struct Worker {
    HANDLE did, may_leave;
    HRESULT (*act)(void);
    HRESULT hr;
    DWORD thread;
    BOOL stopped;
} Worker;

static DWORD CALLBACK worker_main(IVsPackage *object, HANDLE stop, void *context)
{
    Worker *worker = context;

    (void)object;
    worker->thread = GetCurrentThreadId();
    worker->hr = worker->act ? worker->act() : S_OK;
    SetEvent(worker->did);
    worker->stopped = WaitForSingleObject(stop, PATIENCE) == WAIT_OBJECT_0;
    WaitForSingleObject(worker->may_leave, PATIENCE);
    return 0;
}

static void worker_start(Worker *worker, HRESULT (*act)(void))
{
    ZeroMemory(worker, sizeof *worker);
    worker->act = act;
    worker->did = CreateEventW(NULL, TRUE, FALSE, NULL);
    worker->may_leave = CreateEventW(NULL, TRUE, FALSE, NULL);
    assert_hr(S_OK, SitePackageRunInBackground(package, worker_main, worker));
}

static void worker_begin(Worker *worker, HRESULT (*act)(void))
{
    worker_start(worker, act);
    wait_for(worker->did, "what the worker does");
}

static void worker_let_go(Worker *worker)
{
    SetEvent(worker->may_leave);
}

static void worker_end(Worker *worker)
{
    assert_true(worker->stopped);
    CloseHandle(worker->did);
    CloseHandle(worker->may_leave);
}

static HRESULT query(DWORD milliseconds)
{
    IUnknown *object = (IUnknown *)1;
    HRESULT hr = SiteBridgeQueryServiceWithin(bridge, milliseconds, &IID_IUnknown, &IID_IServiceProvider,
                                              (void **)&object);

    assert_true(SUCCEEDED(hr) == (object != NULL));
    if (object)
        IUnknown_Release(object);
    return hr;
}

static HRESULT query_once(void)
{
    return query(INFINITE);
}

static HRESULT query_within(void)
{
    return query(PATIENCE);
}

/* Stop has been raised, and it is still sited. */
static void assert_stopping(void)
{
    assert_hr(E_UNEXPECTED, SitePackageRunInBackground(package, worker_main, NULL));
    assert_hr(S_OK, query_once());
}

static void assert_closed(void)
{
    assert_hr(E_UNEXPECTED, query_once());
    assert_int_equal(1, closings);
    assert_int_equal(1, host_refs(&site));
}

/* Row 1 */

static void what_was_never_sited_or_is_closed_can_be_closed_on_any_thread(void **state)
{
    HRESULT hr;
    int i;

    (void)state;
    create(IN_STA);
    for (i = 0; i < KINDS; i++) {
        thread_run(kinds[i], close_it, &hr);
        assert_hr(S_OK, hr);
    }
    assert_hr(E_UNEXPECTED, on_home(site_it));
    end();
    begin(IN_STA);
    assert_hr(S_OK, on_home(close_it));
    for (i = 0; i < KINDS; i++) {
        thread_run(kinds[i], close_it, &hr);
        assert_hr(S_OK, hr);
    }
    assert_closed();
    end();
}

/* Row 2 */

static void off_home_it_is_refused_and_tells_the_workers_to_stop(void **state)
{
    Worker worker;
    HRESULT hr;
    int i;

    (void)state;
    for (i = 0; i < KINDS; i++) {
        begin(IN_STA);
        worker_begin(&worker, NULL);
        worker_let_go(&worker);
        thread_run(kinds[i], close_it, &hr);
        assert_hr(RPC_E_WRONG_THREAD, hr);
        assert_stopping();
        assert_int_equal(0, closings);
        assert_hr(S_OK, on_home(close_it));
        assert_closed();
        worker_end(&worker);
        end();
    }
}

/* Row 3 */

static HRESULT close_from_here(void)
{
    return IVsPackage_Close(package);
}

static HRESULT CALLBACK close_in_work(IServiceProvider *given, void *context)
{
    (void)given, (void)context;
    return IVsPackage_Close(package);
}

static HRESULT close_by_invoking(void)
{
    return SiteBridgeInvoke(bridge, close_in_work, NULL);
}

static HRESULT close_and_answer(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)rsid;
    *(HRESULT *)host->context = IVsPackage_Close(package);
    return IServiceProvider_QueryInterface(host_site(host), riid, ppv);
}

/* The site closes the package, once, when it is asked. */
static HRESULT close_by_asking(HRESULT (*ask_it)(void))
{
    HRESULT closed = E_PENDING;

    site.context = &closed;
    site.query = close_and_answer;
    assert_hr(S_OK, ask_it());
    site.query = NULL;
    return closed;
}

static HRESULT close_by_querying(void)
{
    return close_by_asking(query_once);
}

static HRESULT close_by_querying_within(void)
{
    return close_by_asking(query_within);
}

/* From a home of another bridge's, which asks this one. */
static Scene other;

static HRESULT CALLBACK close_in_work_elsewhere(IServiceProvider *given, void *context)
{
    (void)given, (void)context;
    return SiteBridgeInvoke(bridge, close_in_work, NULL);
}

static HRESULT close_by_way_of_another_home(void)
{
    return SiteBridgeInvoke(other.bridge, close_in_work_elsewhere, NULL);
}

/* Work that dispatches, and so lets in the call of somebody who is no worker. */
static HRESULT closed_meanwhile;

static void invoke_close(void *context)
{
    (void)context;
    closed_meanwhile = close_by_invoking();
}

static HRESULT CALLBACK dispatch_a_close(IServiceProvider *given, void *context)
{
    Thread thread;

    (void)given, (void)context;
    thread_start(&thread, IN_MTA, invoke_close, NULL);
    thread_join_pumping(&thread);
    return closed_meanwhile;
}

static HRESULT close_below_work(void)
{
    return SiteBridgeInvoke(bridge, dispatch_a_close, NULL);
}

static void assert_a_worker_cannot_close(Kind kind, HRESULT (*how)(void))
{
    Worker worker;

    begin(kind);
    worker_begin(&worker, how);
    worker_let_go(&worker);
    assert_hr(deadlock, worker.hr);
    assert_stopping();
    assert_int_equal(0, closings);
    assert_hr(S_OK, on_home(close_it));
    assert_closed();
    worker_end(&worker);
}

static void a_worker_whose_call_closes_would_wait_for_itself(void **state)
{
    static HRESULT (*const ways[])(void) = {
        close_by_invoking, close_by_querying, close_by_querying_within, close_below_work,
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        assert_a_worker_cannot_close(IN_STA, ways[i]);
        end();
    }
}

static void so_would_one_whose_call_comes_by_way_of_another_home(void **state)
{
    (void)state;
    scene_begin(&other, IN_STA);
    assert_a_worker_cannot_close(IN_STA, close_by_way_of_another_home);
    SiteBridgeRelease(other.bridge);
    home_stop(&other.home);
    end();
}

static void so_would_one_that_closes_where_home_is_the_mta(void **state)
{
    (void)state;
    assert_a_worker_cannot_close(IN_MTA, close_from_here);
    end();
    assert_a_worker_cannot_close(IN_MTA, close_by_invoking);
    end();
}

static void initialize_it(void *context)
{
    IAsyncLoadablePackageInitialize *async;
    IVsTask *task;

    assert_hr(S_OK, IVsPackage_QueryInterface(package, &IID_IAsyncLoadablePackageInitialize, (void **)&async));
    *(HRESULT *)context = IAsyncLoadablePackageInitialize_Initialize(async, NULL, NULL, NULL, &task);
    IAsyncLoadablePackageInitialize_Release(async);
}

static void close_in_initialize(Kind home_kind)
{
    begin(home_kind);
    when_initialized = close_from_here;
    assert_hr(deadlock, on_home(initialize_it));
    assert_stopping();
    assert_hr(E_UNEXPECTED, on_home(initialize_it));
    assert_hr(S_OK, on_home(close_it));
    assert_closed();
    end();
}

static HRESULT dispatch_a_close_here(void)
{
    return dispatch_a_close(NULL, NULL);
}

static void so_would_initialize(void **state)
{
    HRESULT hr = E_PENDING;

    (void)state;
    close_in_initialize(IN_STA);
    close_in_initialize(IN_MTA);
    begin(IN_STA);
    when_initialized = close_by_invoking;
    thread_run(IN_MTA, initialize_it, &hr);
    assert_hr(deadlock, hr);
    assert_hr(S_OK, on_home(close_it));
    end();
    begin(IN_STA);
    when_initialized = dispatch_a_close_here;
    assert_hr(deadlock, on_home(initialize_it));
    assert_hr(S_OK, on_home(close_it));
    end();
}

/* Somebody who is told of a post's end. */
typedef struct Told {
    HANDLE called, may_return;
    HRESULT (*act)(void);
    HRESULT hr, end;
    DWORD thread;
    volatile LONG returned;
} Told;

static HRESULT CALLBACK do_nothing(IServiceProvider *given, void *context)
{
    (void)given, (void)context;
    return S_OK;
}

static void CALLBACK told_main(HRESULT result, void *context)
{
    Told *told = context;

    told->thread = GetCurrentThreadId();
    told->end = result;
    told->hr = told->act ? told->act() : S_OK;
    SetEvent(told->called);
    WaitForSingleObject(told->may_return, PATIENCE);
    InterlockedExchange(&told->returned, TRUE);
}

static void told_post(Told *told, SiteBridgeWork work, HRESULT (*act)(void))
{
    ZeroMemory(told, sizeof *told);
    told->act = act;
    told->called = CreateEventW(NULL, TRUE, FALSE, NULL);
    told->may_return = CreateEventW(NULL, TRUE, FALSE, NULL);
    assert_hr(S_OK, SiteBridgePost(bridge, work, told_main, told));
}

static void told_end(Told *told)
{
    assert_true(told->returned);
    CloseHandle(told->called);
    CloseHandle(told->may_return);
}

static void assert_who_is_told_cannot_close(Kind kind, HRESULT (*how)(void), HRESULT expected)
{
    Told told;

    begin(kind);
    told_post(&told, do_nothing, how);
    wait_for(told.called, "who is told of a post's end");
    assert_hr(expected, told.hr);
    assert_stopping();
    assert_int_equal(0, closings);
    SetEvent(told.may_return);
    assert_hr(S_OK, on_home(close_it));
    assert_closed();
    told_end(&told);
    end();
}

static void so_would_who_is_told_of_a_posts_end(void **state)
{
    (void)state;
    assert_who_is_told_cannot_close(IN_STA, close_from_here, RPC_E_WRONG_THREAD);
    assert_who_is_told_cannot_close(IN_STA, close_by_invoking, deadlock);
    assert_who_is_told_cannot_close(IN_MTA, close_from_here, deadlock);
}

/* Rows 4 and 5 */

static void a_call_that_close_dispatches_cannot_close(void **state)
{
    Worker worker;
    Thread thread;

    (void)state;
    begin(IN_STA);
    worker_begin(&worker, NULL);
    home_begin(&home, close_it, &worker.hr);
    thread_start(&thread, IN_MTA, invoke_close, NULL);
    thread_join(&thread);
    assert_hr(E_PENDING, closed_meanwhile);
    assert_int_equal(2, host_refs(&site));
    worker_let_go(&worker);
    home_finish(&home);
    assert_hr(S_OK, worker.hr);
    assert_closed();
    worker_end(&worker);
    end();
}

static LONG refs_when_closed;

static void close_and_look(void *context)
{
    close_it(context);
    refs_when_closed = host_refs(&site);
}

static BOOL home_is_closing(void *context)
{
    (void)context;
    return closings != 0;
}

static void where_home_is_the_mta_another_thread_waits_for_the_first(void **state)
{
    HRESULT first = E_PENDING, second = E_PENDING;
    Worker worker;
    Thread thread;

    (void)state;
    begin(IN_MTA);
    worker_begin(&worker, NULL);
    home_begin(&home, close_it, &first);
    assert_true(eventually(home_is_closing, NULL));
    thread_start(&thread, IN_MTA, close_and_look, &second);
    assert_int_equal(WAIT_TIMEOUT, WaitForSingleObject(thread.handle, 50));
    assert_hr(E_PENDING, second);
    worker_let_go(&worker);
    thread_join(&thread);
    home_finish(&home);
    assert_hr(S_OK, first);
    assert_hr(S_OK, second);
    assert_int_equal(1, refs_when_closed);
    assert_closed();
    worker_end(&worker);
    end();
}

/* Without Close */

static BOOL package_is_gone(void *context)
{
    (void)context;
    return destructions == 1;
}

static void the_last_release_tells_the_workers_to_stop(void **state)
{
    Worker worker;
    int kind;

    (void)state;
    for (kind = 0; kind < 2; kind++) {
        begin(kind == 0 ? IN_STA : IN_MTA);
        worker_begin(&worker, query_once);
        assert_hr(S_OK, worker.hr);
        IVsPackage_Release(package);
        assert_let_go(&site);
        assert_int_equal(0, destructions);
        worker_let_go(&worker);
        assert_true(eventually(package_is_gone, NULL));
        assert_int_equal(0, closings);
        worker_end(&worker);
        home_stop(&home);
        assert_idle();
        assert_int_equal(0, site.wrong_threads);
    }
}

static void a_worker_may_still_give_the_object_to_others(void **state)
{
    Worker worker;

    (void)state;
    begin(IN_STA);
    worker_begin(&worker, NULL);
    IVsPackage_Release(package);
    IVsPackage_AddRef(package);
    worker_let_go(&worker);
    assert_let_go(&site);
    assert_int_equal(0, destructions);
    worker_end(&worker);
    end();
    assert_int_equal(0, closings);
}

static void homes_end_tells_the_workers_to_stop(void **state)
{
    Worker worker;
    HRESULT hr;
    int kind;

    (void)state;
    for (kind = 0; kind < 2; kind++) {
        begin(kind == 0 ? IN_STA : IN_MTA);
        worker_begin(&worker, NULL);
        home_stop(&home);
        assert_int_equal(1, host_refs(&site));
        assert_hr(E_UNEXPECTED, SitePackageRunInBackground(package, worker_main, NULL));
        assert_hr(E_UNEXPECTED, query_once());
        assert_int_equal(0, closings);
        worker_let_go(&worker);
        thread_run(IN_MTA, close_it, &hr);
        assert_hr(S_OK, hr);
        worker_end(&worker);
        IVsPackage_Release(package);
        assert_idle();
    }
}

static void a_package_that_loses_its_site_by_its_bridge_stops(void **state)
{
    Worker worker;

    (void)state;
    begin(IN_STA);
    worker_begin(&worker, NULL);
    worker_let_go(&worker);
    assert_hr(S_OK, home_set_site(&home, bridge, NULL));
    assert_hr(E_UNEXPECTED, SitePackageRunInBackground(package, worker_main, NULL));
    assert_hr(S_OK, on_home(close_it));
    worker_end(&worker);
    end();
}

/* Whom Close waits for */

enum { CLOSE_PATIENCE = 20 };

typedef struct Report {
    HANDLE reported;
    SiteBridgeTraceRecord record;
} Report;

static void CALLBACK note(const SiteBridgeTraceRecord *record, void *context)
{
    Report *report = context;

    if (record->event != SITEBRIDGE_TRACE_CLOSE_WAITING)
        return;
    report->record = *record;
    SetEvent(report->reported);
}

static void close_until_reported(Worker *worker)
{
    Report report = { 0 };
    HRESULT hr = E_PENDING;

    report.reported = CreateEventW(NULL, FALSE, FALSE, NULL);
    assert_hr(S_OK, SiteBridgeSetTrace(note, &report, CLOSE_PATIENCE));
    home_begin(&home, close_it, &hr);
    wait_for(report.reported, "the report");
    worker_let_go(worker);
    home_finish(&home);
    assert_hr(S_OK, SiteBridgeSetTrace(NULL, NULL, 0));
    assert_hr(S_OK, hr);
    assert_int_equal(worker->thread, report.record.thread);
    assert_int_equal(home.id, report.record.home_thread);
    assert_ptr_equal(bridge, report.record.bridge);
    assert_true(report.record.milliseconds >= CLOSE_PATIENCE);
    CloseHandle(report.reported);
}

static void a_close_that_waits_names_the_worker(void **state)
{
    Worker worker;

    (void)state;
    begin(IN_STA);
    worker_begin(&worker, NULL);
    close_until_reported(&worker);
    worker_end(&worker);
    end();
}

/* A worker that cannot begin until Close has waited for longer than it was to without a report. */
typedef HRESULT (WINAPI *Initialize)(LPVOID reserved, DWORD flags);
typedef HRESULT (WINAPI *CoWait)(DWORD flags, DWORD timeout, ULONG count, LPHANDLE handles, LPDWORD index);
static Initialize genuine_initialize;
static CoWait genuine_wait;
static HANDLE may_begin;
static ULONGLONG waiting_since;

static HRESULT WINAPI initialize_when_allowed(LPVOID reserved, DWORD flags)
{
    WaitForSingleObject(may_begin, PATIENCE);
    return genuine_initialize(reserved, flags);
}

static HRESULT WINAPI wait_and_allow(DWORD flags, DWORD timeout, ULONG count, LPHANDLE handles, LPDWORD index)
{
    if (GetCurrentThreadId() == home.id) {
        if (!waiting_since)
            waiting_since = GetTickCount64();
        if (GetTickCount64() - waiting_since >= CLOSE_PATIENCE)
            SetEvent(may_begin);
    }
    return genuine_wait(flags, timeout, count, handles, index);
}

static void a_worker_that_has_yet_to_begin_is_named_when_it_has(void **state)
{
    HMODULE library = import_source("SiteBridgeCreate");
    Worker worker;

    (void)state;
    may_begin = CreateEventW(NULL, TRUE, FALSE, NULL);
    waiting_since = 0;
    begin(IN_STA);
    genuine_initialize = (Initialize)import_patch(library, NULL, "CoInitializeEx",
                                                  (ImportedFunction)initialize_when_allowed);
    genuine_wait = (CoWait)import_patch(library, NULL, "CoWaitForMultipleHandles",
                                        (ImportedFunction)wait_and_allow);
    worker_start(&worker, NULL);
    close_until_reported(&worker);
    import_patch(library, NULL, "CoInitializeEx", (ImportedFunction)genuine_initialize);
    import_patch(library, NULL, "CoWaitForMultipleHandles", (ImportedFunction)genuine_wait);
    worker_end(&worker);
    CloseHandle(may_begin);
    end();
}

/* Posts, of whose ends somebody is told */

static volatile DWORD waited_for;

static void CALLBACK note_close_waiting(const SiteBridgeTraceRecord *record, void *context)
{
    if (record->event == SITEBRIDGE_TRACE_CLOSE_WAITING) {
        waited_for = record->thread;
        SetEvent(context);
    }
}

static void close_waits_for_who_is_told_and_dispatches(void **state)
{
    HANDLE waiting = CreateEventW(NULL, TRUE, FALSE, NULL);
    HRESULT hr = E_PENDING;
    Thread thread;
    Told told;

    (void)state;
    begin(IN_STA);
    told_post(&told, do_nothing, NULL);
    wait_for(told.called, "who is told of a post's end");
    SiteBridgeSetTrace(note_close_waiting, waiting, 10);
    home_begin(&home, close_it, &hr);
    wait_for(waiting, "Close");
    SiteBridgeSetTrace(NULL, NULL, 0);
    assert_int_equal(told.thread, waited_for);
    thread_start(&thread, IN_MTA, invoke_close, NULL);
    thread_join(&thread);
    assert_hr(E_PENDING, closed_meanwhile);
    SetEvent(told.may_return);
    home_finish(&home);
    assert_hr(S_OK, hr);
    told_end(&told);
    assert_closed();
    CloseHandle(waiting);
    end();
}

static void what_is_queued_has_been_told_of_when_close_returns(void **state)
{
    HRESULT hr = E_PENDING;
    Told told;

    (void)state;
    begin(IN_STA);
    home_block_before(&home, close_it, &hr);
    told_post(&told, do_nothing, NULL);
    SetEvent(told.may_return);
    home_unblock(&home);
    assert_hr(S_OK, hr);
    assert_hr(E_UNEXPECTED, told.end);
    told_end(&told);
    assert_closed();
    end();
}

static void what_is_posted_may_close(void **state)
{
    Told told;

    (void)state;
    begin(IN_STA);
    told_post(&told, close_in_work, NULL);
    wait_for(told.called, "who is told of a post's end");
    assert_hr(S_OK, told.end);
    SetEvent(told.may_return);
    assert_closed();
    end();
    told_end(&told);
}

int main(void)
{
    static const Test tests[] = {
        TEST(what_was_never_sited_or_is_closed_can_be_closed_on_any_thread),
        TEST(off_home_it_is_refused_and_tells_the_workers_to_stop),
        TEST(a_worker_whose_call_closes_would_wait_for_itself),
        TEST(so_would_one_whose_call_comes_by_way_of_another_home),
        TEST(so_would_one_that_closes_where_home_is_the_mta),
        TEST(so_would_initialize),
        TEST(so_would_who_is_told_of_a_posts_end),
        TEST(a_call_that_close_dispatches_cannot_close),
        TEST(where_home_is_the_mta_another_thread_waits_for_the_first),
        TEST(the_last_release_tells_the_workers_to_stop),
        TEST(a_worker_may_still_give_the_object_to_others),
        TEST(homes_end_tells_the_workers_to_stop),
        TEST(a_package_that_loses_its_site_by_its_bridge_stops),
        TEST(a_close_that_waits_names_the_worker),
        TEST(a_worker_that_has_yet_to_begin_is_named_when_it_has),
        TEST(close_waits_for_who_is_told_and_dispatches),
        TEST(what_is_queued_has_been_told_of_when_close_returns),
        TEST(what_is_posted_may_close),
    };

    return RUN("closing", tests);
}
