/* The package object: what the shell does to it, its events, its workers, and what its DLL exports.
 */
#include "harness.h"

#include <string.h>

#include <sitebridge/package.h>

static const GUID service = {0x7d9e6c30, 0x51b1, 0x44a2, {0x8f, 1, 3, 5, 7, 9, 11, 13}};

/* The test's own thread is the shell's main thread, and the site belongs to it. */
static Host site;
static IVsPackage *package;

static struct Log {
    char events[16]; /* a letter each: sited, query, closing, destroyed */
    DWORD threads[16];
    volatile LONG count;
    HRESULT sited_result;
    BOOL can_close;
    HRESULT query_close_result;
    LONG site_refs_when_closing;
    HRESULT query_when_closing, run_when_closing;
    void *object_when_closing;
    SitePackageWork work_when_sited;
    void *work_context;
    HRESULT run_when_sited;
    BOOL close_when_sited;
    HRESULT closed_when_sited;
} logged;

static void log_event(char letter)
{
    LONG i = InterlockedIncrement(&logged.count) - 1;

    if (i < (LONG)sizeof logged.events - 1) {
        logged.events[i] = letter;
        logged.threads[i] = GetCurrentThreadId();
    }
}

static DWORD CALLBACK work_on_nothing(IVsPackage *from, HANDLE stop, void *context)
{
    (void)from, (void)stop, (void)context;
    return 0;
}

static HRESULT query_package(IVsPackage *from, void **object)
{
    HRESULT hr;

    *object = (void *)1;
    hr = SitePackageQueryServiceFromBackgroundThread(from, &service, &IID_IServiceProvider, object);
    if (SUCCEEDED(hr))
        IUnknown_Release((IUnknown *)*object);
    return hr;
}

static HRESULT CALLBACK on_sited(IVsPackage *from, IServiceProvider *given, void *context)
{
    log_event(from == package && given == host_site(&site) && context == &logged ? 's' : '?');
    if (logged.work_when_sited)
        logged.run_when_sited =
            SitePackageRunInBackground(from, logged.work_when_sited, logged.work_context);
    if (logged.close_when_sited)
        logged.closed_when_sited = IVsPackage_Close(from);
    return logged.sited_result;
}

static HRESULT CALLBACK on_query_close(IVsPackage *from, BOOL *can_close, void *context)
{
    log_event(from == package && *can_close == TRUE && context == &logged ? 'q' : '?');
    *can_close = logged.can_close;
    return logged.query_close_result;
}

static void CALLBACK on_closing(IVsPackage *from, void *context)
{
    log_event(from == package && context == &logged ? 'c' : '?');
    logged.site_refs_when_closing = host_refs(&site);
    logged.query_when_closing = query_package(from, &logged.object_when_closing);
    logged.run_when_closing = SitePackageRunInBackground(from, work_on_nothing, NULL);
}

static void CALLBACK on_destroyed(void *context)
{
    log_event(context == &logged ? 'd' : '?');
}

static const SitePackageEvents all_events = {
    .size = sizeof all_events,
    .sited = on_sited,
    .query_close = on_query_close,
    .closing = on_closing,
    .destroyed = on_destroyed,
};

static void create(const SitePackageEvents *events)
{
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    host_init(&site, GetCurrentThreadId());
    ZeroMemory(&logged, sizeof logged);
    logged.can_close = TRUE;
    assert_hr(S_OK, SitePackageCreate(events, &logged, &IID_IVsPackage, (void **)&package));
}

static void begin(void)
{
    create(&all_events);
    assert_hr(S_OK, IVsPackage_SetSite(package, host_site(&site)));
    assert_int_equal(2, host_refs(&site));
}

static void end(void)
{
    IVsPackage_Release(package);
    assert_idle();
    assert_int_equal(1, host_refs(&site));
    assert_int_equal(0, site.wrong_threads);
    CoUninitialize();
    assert_idle();
}

static ULONG package_refs(void)
{
    IVsPackage_AddRef(package);
    return IVsPackage_Release(package);
}

/* A worker that says when it has begun, and waits to be told to go on. */
typedef struct Worker {
    HANDLE begun, go_on;
    BOOL wait_for_stop; /* before it goes on */
    DWORD thread;
    BOOL in_mta;
    DWORD stopped;
    HRESULT hr;
    void *object;
} Worker;

static DWORD CALLBACK worker_main(IVsPackage *from, HANDLE stop, void *context)
{
    Worker *worker = context;
    APTTYPEQUALIFIER qualifier;
    APTTYPE type;

    worker->thread = GetCurrentThreadId();
    worker->in_mta = SUCCEEDED(CoGetApartmentType(&type, &qualifier)) && type == APTTYPE_MTA;
    SetEvent(worker->begun);
    worker->stopped = WaitForSingleObject(stop, worker->wait_for_stop ? PATIENCE : 0);
    WaitForSingleObject(worker->go_on, PATIENCE);
    worker->hr = query_package(from, &worker->object);
    return 0;
}

static void worker_init(Worker *worker)
{
    ZeroMemory(worker, sizeof *worker);
    worker->hr = E_PENDING;
    worker->begun = CreateEventW(NULL, TRUE, FALSE, NULL);
    worker->go_on = CreateEventW(NULL, TRUE, FALSE, NULL);
}

static void worker_start(Worker *worker)
{
    worker_init(worker);
    assert_hr(S_OK, SitePackageRunInBackground(package, worker_main, worker));
    wait_for(worker->begun, "the worker's start");
}

static void worker_free(Worker *worker)
{
    CloseHandle(worker->begun);
    CloseHandle(worker->go_on);
}

/* The object */

static void a_package_is_an_unknown_and_an_ivspackage(void **state)
{
    IUnknown *unknown, *again;
    void *other = (void *)1;

    (void)state;
    create(NULL);
    assert_hr(S_OK, IVsPackage_QueryInterface(package, &IID_IUnknown, (void **)&unknown));
    assert_hr(S_OK, IUnknown_QueryInterface(unknown, &IID_IVsPackage, (void **)&again));
    assert_ptr_equal(package, again);
    assert_hr(E_NOINTERFACE, IVsPackage_QueryInterface(package, &IID_IDispatch, &other));
    assert_null(other);
    IUnknown_Release(again);
    IUnknown_Release(unknown);
    assert_int_equal(1, package_refs());
    end();
}

static void the_optional_methods_are_not_implemented(void **state)
{
    IDispatch *automation = (IDispatch *)1;
    VSPROPSHEETPAGE page;

    (void)state;
    begin();
    ZeroMemory(&page, sizeof page);
    assert_hr(E_NOTIMPL, IVsPackage_GetAutomationObject(package, L"name", &automation));
    assert_null(automation);
    assert_hr(E_NOTIMPL, IVsPackage_GetAutomationObject(package, NULL, NULL));
    assert_hr(E_NOTIMPL, IVsPackage_CreateTool(package, &service));
    assert_hr(E_NOTIMPL, IVsPackage_ResetDefaults(package, PKGRF_TOOLBOXITEMS));
    assert_hr(E_NOTIMPL, IVsPackage_GetPropertyPage(package, &service, &page));
    assert_hr(S_OK, IVsPackage_Close(package));
    end();
}

static void a_package_does_without_events(void **state)
{
    static const SitePackageEvents none = {.size = sizeof none};
    BOOL can_close;
    int i;

    (void)state;
    for (i = 0; i < 2; i++) {
        create(i == 0 ? NULL : &none);
        assert_hr(S_OK, IVsPackage_SetSite(package, host_site(&site)));
        can_close = FALSE;
        assert_hr(S_OK, IVsPackage_QueryClose(package, &can_close));
        assert_int_equal(TRUE, can_close);
        assert_hr(S_OK, IVsPackage_Close(package));
        end();
    }
}

static void a_package_gives_its_bridge(void **state)
{
    SiteBridge *bridge, *again;
    void *object = NULL;

    (void)state;
    begin();
    assert_hr(S_OK, SitePackageGetBridge(package, &bridge));
    assert_hr(S_OK, SitePackageGetBridge(package, &again));
    assert_ptr_equal(bridge, again);
    SiteBridgeRelease(again);
    assert_int_equal(1, statistics_of(bridge).packets_marshaled);
    assert_hr(S_OK, SiteBridgeQueryService(bridge, &service, &IID_IServiceProvider, &object));
    assert_ptr_equal(host_site(&site), object);
    IUnknown_Release((IUnknown *)object);
    assert_hr(S_OK, IVsPackage_Close(package));
    /* It outlives the package, without a site. */
    IVsPackage_Release(package);
    assert_hr(E_UNEXPECTED,
              SiteBridgeQueryService(bridge, &service, &IID_IServiceProvider, &object));
    assert_hr(S_FALSE, SitePackageCanUnloadNow());
    SiteBridgeRelease(bridge);
    assert_idle();
    CoUninitialize();
    assert_int_equal(1, host_refs(&site));
}

/* The events */

static void events_come_in_order_on_the_shells_thread(void **state)
{
    BOOL can_close = FALSE;
    int i;

    (void)state;
    begin();
    assert_hr(S_OK, IVsPackage_QueryClose(package, &can_close));
    assert_int_equal(TRUE, can_close);
    assert_hr(S_OK, IVsPackage_Close(package));
    assert_string_equal("sqc", logged.events);
    end();
    assert_string_equal("sqcd", logged.events);
    for (i = 0; i < 4; i++)
        assert_int_equal(GetCurrentThreadId(), logged.threads[i]);
}

static void a_package_may_refuse_to_close(void **state)
{
    BOOL can_close = TRUE;

    (void)state;
    begin();
    logged.can_close = FALSE;
    assert_hr(S_OK, IVsPackage_QueryClose(package, &can_close));
    assert_int_equal(FALSE, can_close);
    logged.query_close_result = E_ABORT;
    assert_hr(E_ABORT, IVsPackage_QueryClose(package, &can_close));
    assert_hr(S_OK, IVsPackage_Close(package));
    end();
}

/* The site is still there, and no worker can be started any more. */
static void closing_comes_before_the_site_is_gone(void **state)
{
    (void)state;
    begin();
    assert_hr(S_OK, IVsPackage_Close(package));
    assert_int_equal(2, logged.site_refs_when_closing);
    assert_hr(S_OK, logged.query_when_closing);
    assert_hr(E_UNEXPECTED, logged.run_when_closing);
    assert_int_equal(1, host_refs(&site));
    end();
}

/* What Visual Studio expects, which then drops the package. It may be sited once more. */
static void a_failure_of_sited_unsites_and_passes(void **state)
{
    void *object;

    (void)state;
    create(&all_events);
    logged.sited_result = (HRESULT)0x80045678;
    assert_hr(0x80045678, IVsPackage_SetSite(package, host_site(&site)));
    assert_int_equal(1, host_refs(&site));
    assert_hr(E_UNEXPECTED, query_package(package, &object));
    assert_null(object);
    assert_hr(E_UNEXPECTED, SitePackageRunInBackground(package, work_on_nothing, NULL));
    logged.sited_result = S_OK;
    assert_hr(S_OK, IVsPackage_SetSite(package, host_site(&site)));
    assert_hr(S_OK, query_package(package, &object));
    assert_hr(S_OK, IVsPackage_Close(package));
    assert_string_equal("ssc", logged.events);
    end();
}

/* The worker that `sited` had started by then is told to stop, and waited for. */
static void a_failure_of_sited_ends_its_workers(void **state)
{
    Worker worker;

    (void)state;
    create(&all_events);
    worker_init(&worker);
    worker.wait_for_stop = TRUE;
    SetEvent(worker.go_on);
    logged.sited_result = E_FAIL;
    logged.work_when_sited = worker_main;
    logged.work_context = &worker;
    assert_hr(E_FAIL, IVsPackage_SetSite(package, host_site(&site)));
    assert_hr(S_OK, logged.run_when_sited);
    assert_int_equal(WAIT_OBJECT_0, worker.stopped);
    assert_hr(S_OK, worker.hr);
    assert_int_equal(1, host_refs(&site));
    assert_int_equal(1, package_refs());
    worker_free(&worker);
    end();
}

/* Then SetSite has nothing to show for itself. */
static void a_package_may_be_closed_while_it_is_being_sited(void **state)
{
    void *object;

    (void)state;
    create(&all_events);
    logged.close_when_sited = TRUE;
    assert_hr(E_ABORT, IVsPackage_SetSite(package, host_site(&site)));
    assert_string_equal("sc", logged.events);
    assert_hr(S_OK, logged.closed_when_sited);
    assert_int_equal(1, host_refs(&site));
    assert_hr(E_UNEXPECTED, query_package(package, &object));
    assert_null(object);
    assert_hr(E_UNEXPECTED, IVsPackage_SetSite(package, host_site(&site)));
    end();
}

/* `destroyed` is not an event of a package that was never made: see bad_input. */
static void destroyed_is_called_once_by_the_last_release(void **state)
{
    (void)state;
    create(&all_events);
    IVsPackage_AddRef(package);
    IVsPackage_Release(package);
    assert_string_equal("", logged.events);
    end();
    assert_string_equal("d", logged.events);
}

/* Sited and closed */

static void a_second_site_is_refused(void **state)
{
    Host other;

    (void)state;
    begin();
    host_init(&other, 0);
    assert_hr(E_UNEXPECTED, IVsPackage_SetSite(package, host_site(&other)));
    assert_int_equal(1, host_refs(&other));
    assert_int_equal(2, host_refs(&site));
    assert_hr(S_OK, IVsPackage_Close(package));
    assert_hr(E_UNEXPECTED, IVsPackage_SetSite(package, host_site(&other)));
    assert_int_equal(1, host_refs(&other));
    assert_string_equal("sc", logged.events);
    end();
}

static void setting_no_site_closes(void **state)
{
    void *object;

    (void)state;
    begin();
    assert_hr(S_OK, IVsPackage_SetSite(package, NULL));
    assert_string_equal("sc", logged.events);
    assert_int_equal(1, host_refs(&site));
    assert_hr(E_UNEXPECTED, query_package(package, &object));
    assert_hr(S_OK, IVsPackage_SetSite(package, NULL));
    assert_hr(S_OK, IVsPackage_Close(package));
    assert_string_equal("sc", logged.events);
    end();
}

static void closing_twice_closes_once(void **state)
{
    (void)state;
    begin();
    assert_hr(S_OK, IVsPackage_Close(package));
    assert_hr(S_OK, IVsPackage_Close(package));
    assert_string_equal("sc", logged.events);
    end();
}

static void closing_without_a_site_is_ok(void **state)
{
    (void)state;
    create(&all_events);
    assert_hr(S_OK, IVsPackage_Close(package));
    assert_hr(E_UNEXPECTED, IVsPackage_SetSite(package, host_site(&site)));
    assert_string_equal("", logged.events);
    end();
}

/* Its user has unsited it by way of the bridge. */
static void a_package_whose_bridge_has_no_site_closes(void **state)
{
    SiteBridge *bridge;

    (void)state;
    begin();
    assert_hr(S_OK, SitePackageGetBridge(package, &bridge));
    assert_hr(S_OK, SiteBridgeSetSite(bridge, NULL));
    assert_int_equal(1, host_refs(&site));
    SiteBridgeRelease(bridge);
    assert_hr(S_OK, IVsPackage_Close(package));
    end();
}

static void a_closed_package_refuses(void **state)
{
    BOOL can_close = FALSE;
    void *object;

    (void)state;
    begin();
    assert_hr(S_OK, IVsPackage_Close(package));
    assert_hr(E_UNEXPECTED, query_package(package, &object));
    assert_null(object);
    assert_hr(E_UNEXPECTED, SitePackageRunInBackground(package, work_on_nothing, NULL));
    assert_hr(S_OK, IVsPackage_QueryClose(package, &can_close));
    assert_int_equal(TRUE, can_close);
    end();
}

static void an_unsited_package_refuses(void **state)
{
    void *object;

    (void)state;
    create(&all_events);
    assert_hr(E_UNEXPECTED, query_package(package, &object));
    assert_null(object);
    assert_hr(E_UNEXPECTED, SitePackageRunInBackground(package, work_on_nothing, NULL));
    end();
}

static void site_the_package(void *context)
{
    *(HRESULT *)context = IVsPackage_SetSite(package, host_site(&site));
}

static void a_package_cannot_be_sited_without_an_apartment(void **state)
{
    HRESULT hr = S_OK;

    (void)state;
    create(&all_events);
    site.thread = 0;
    thread_run(IN_NONE, site_the_package, &hr);
    assert_hr(CO_E_NOTINITIALIZED, hr);
    assert_string_equal("", logged.events);
    assert_int_equal(1, host_refs(&site));
    /* It is as it was. */
    assert_hr(S_OK, IVsPackage_SetSite(package, host_site(&site)));
    assert_hr(S_OK, IVsPackage_Close(package));
    end();
}

/* Workers */

static void a_worker_runs_in_the_mta_and_gets_services(void **state)
{
    Worker worker;

    (void)state;
    begin();
    worker_start(&worker);
    assert_true(worker.in_mta);
    assert_int_not_equal(GetCurrentThreadId(), worker.thread);
    SetEvent(worker.go_on);
    assert_hr(S_OK, IVsPackage_Close(package));
    assert_hr(S_OK, worker.hr);
    assert_int_equal(GetCurrentThreadId(), site.last_thread);
    worker_free(&worker);
    end();
}

/*
 * The worker asks home only after Close has told it to stop, that is while Close waits for it; a
 * wait that does not dispatch would never end.
 */
static void close_dispatches_the_queries_of_the_workers_it_waits_for(void **state)
{
    enum { WORKERS = 4 };
    Worker workers[WORKERS];
    int i;

    (void)state;
    begin();
    for (i = 0; i < WORKERS; i++) {
        worker_init(&workers[i]);
        workers[i].wait_for_stop = TRUE;
        SetEvent(workers[i].go_on);
        assert_hr(S_OK, SitePackageRunInBackground(package, worker_main, &workers[i]));
        wait_for(workers[i].begun, "a worker's start");
    }
    assert_hr(S_OK, IVsPackage_Close(package));
    for (i = 0; i < WORKERS; i++) {
        assert_int_equal(WAIT_OBJECT_0, workers[i].stopped);
        assert_hr(S_OK, workers[i].hr);
        worker_free(&workers[i]);
    }
    assert_int_equal(WORKERS + 1, site.queries); /* and one from `closing` */
    assert_int_equal(1, package_refs());
    end();
}

static HRESULT release_inside(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)rsid;
    /* The first query is that of `closing`. */
    if (host->queries == 2)
        IVsPackage_Release(package);
    return IServiceProvider_QueryInterface(host_site(host), riid, ppv);
}

static void the_shells_last_release_may_come_while_close_waits(void **state)
{
    Worker worker;

    (void)state;
    begin();
    site.query = release_inside;
    worker_init(&worker);
    worker.wait_for_stop = TRUE;
    SetEvent(worker.go_on);
    assert_hr(S_OK, SitePackageRunInBackground(package, worker_main, &worker));
    assert_hr(S_OK, IVsPackage_Close(package));
    assert_int_equal(3, logged.count);
    assert_string_equal("scd", logged.events);
    assert_int_equal(GetCurrentThreadId(), logged.threads[2]);
    assert_int_equal(1, host_refs(&site));
    worker_free(&worker);
    assert_idle();
    CoUninitialize();
}

/* Beside the users, who have let go of it: the package goes with the worker. */
static void a_worker_holds_the_package(void **state)
{
    Worker worker;

    (void)state;
    begin();
    worker_start(&worker);
    assert_int_equal(0, IVsPackage_Release(package));
    assert_string_equal("s", logged.events);
    assert_hr(S_FALSE, SitePackageCanUnloadNow());
    SetEvent(worker.go_on);
    assert_idle();
    assert_string_equal("sd", logged.events);
    assert_int_equal(worker.thread, logged.threads[1]);
    assert_int_equal(1, host_refs(&site));
    assert_int_equal(0, site.wrong_threads);
    worker_free(&worker);
    CoUninitialize();
}

static void a_worker_that_has_returned_holds_nothing(void **state)
{
    Worker worker;

    (void)state;
    begin();
    worker_start(&worker);
    SetEvent(worker.go_on);
    assert_hr(S_OK, IVsPackage_Close(package));
    assert_int_equal(1, package_refs());
    IVsPackage_Release(package);
    assert_idle();
    assert_int_equal(1, host_refs(&site));
    worker_free(&worker);
    CoUninitialize();
}

typedef struct Meeting {
    HANDLE begun, may_end;
} Meeting;

static BOOL worker_dll_is_gone(void *context)
{
    (void)context;
    return !GetModuleHandleW(L"test_worker.dll");
}

/* The shell lets go of the package's DLL while a worker runs in it. */
static void a_worker_holds_its_module(void **state)
{
    /* As mingw-w64 and x64 export it, or MSVC for x86. */
    static const char *const names[] = { "worker_in_a_dll", "worker_in_a_dll@12", "_worker_in_a_dll@12" };
    HMODULE module = LoadLibraryW(L"test_worker.dll");
    SitePackageWork work = NULL;
    Meeting meeting;
    size_t i;

    (void)state;
    assert_non_null(module);
    for (i = 0; !work && i < sizeof names / sizeof names[0]; i++)
        work = (SitePackageWork)(void (*)(void))GetProcAddress(module, names[i]);
    assert_non_null(work);
    begin();
    meeting.begun = CreateEventW(NULL, TRUE, FALSE, NULL);
    meeting.may_end = CreateEventW(NULL, TRUE, FALSE, NULL);
    assert_hr(S_OK, SitePackageRunInBackground(package, work, &meeting));
    wait_for(meeting.begun, "the worker's start");
    FreeLibrary(module);
    assert_ptr_equal(module, GetModuleHandleW(L"test_worker.dll"));
    SetEvent(meeting.may_end);
    assert_true(eventually(worker_dll_is_gone, NULL));
    assert_hr(S_OK, IVsPackage_Close(package));
    CloseHandle(meeting.begun);
    CloseHandle(meeting.may_end);
    end();
}

/* Home is also where the package is sited in the MTA: Close waits plainly, and calls come in beside
 * it. */
static void a_package_can_live_in_the_mta(void **state)
{
    Worker worker;

    (void)state;
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    host_init(&site, 0);
    ZeroMemory(&logged, sizeof logged);
    assert_hr(S_OK, SitePackageCreate(&all_events, &logged, &IID_IVsPackage, (void **)&package));
    assert_hr(S_OK, IVsPackage_SetSite(package, host_site(&site)));
    worker_init(&worker);
    worker.wait_for_stop = TRUE;
    SetEvent(worker.go_on);
    assert_hr(S_OK, SitePackageRunInBackground(package, worker_main, &worker));
    assert_hr(S_OK, IVsPackage_Close(package));
    assert_hr(S_OK, worker.hr);
    assert_int_equal(1, host_refs(&site));
    IVsPackage_Release(package);
    worker_free(&worker);
    assert_idle();
    CoUninitialize();
}

/* What a package DLL exports */

static const CLSID clsid_first = {0x8d1b5af1, 0x2c9c, 0x4d3e, {0xa0, 1, 1, 1, 1, 1, 1, 1}};
static const CLSID clsid_second = {0x8d1b5af1, 0x2c9c, 0x4d3e, {0xa0, 2, 2, 2, 2, 2, 2, 2}};
static int created_first, created_second;

static HRESULT CALLBACK create_first(REFIID riid, void **ppv)
{
    created_first++;
    return SitePackageCreate(NULL, NULL, riid, ppv);
}

static HRESULT CALLBACK create_second(REFIID riid, void **ppv)
{
    created_second++;
    return SitePackageCreate(NULL, NULL, riid, ppv);
}

static const SitePackageClass classes[] = {
    {&clsid_first, create_first},
    {&clsid_second, create_second},
};

static HRESULT class_object(REFCLSID clsid, REFIID riid, void **ppv)
{
    *ppv = (void *)1;
    return SitePackageGetClassObject(classes, sizeof classes / sizeof classes[0], clsid, riid, ppv);
}

static void a_class_object_makes_packages_of_its_class(void **state)
{
    IClassFactory *factory, *same;
    IUnknown *made;
    void *none = (void *)1;

    (void)state;
    created_first = created_second = 0;
    assert_hr(S_OK, class_object(&clsid_second, &IID_IClassFactory, (void **)&factory));
    assert_hr(S_OK, IClassFactory_QueryInterface(factory, &IID_IUnknown, (void **)&same));
    IClassFactory_Release(same);
    assert_hr(S_OK, IClassFactory_CreateInstance(factory, NULL, &IID_IVsPackage, (void **)&made));
    assert_int_equal(0, created_first);
    assert_int_equal(1, created_second);
    assert_hr(S_OK, IUnknown_QueryInterface(made, &IID_IVsPackage, (void **)&package));
    IVsPackage_Release(package);
    assert_hr(E_NOINTERFACE, IClassFactory_CreateInstance(factory, NULL, &IID_IDispatch, &none));
    assert_null(none);
    assert_hr(E_POINTER, IClassFactory_CreateInstance(factory, NULL, &IID_IVsPackage, NULL));
    assert_hr(E_POINTER, IClassFactory_QueryInterface(factory, &IID_IUnknown, NULL));
    assert_int_equal(0, IClassFactory_Release(factory));
    assert_int_equal(0, IUnknown_Release(made));
    assert_hr(S_OK, SitePackageCanUnloadNow());
}

static void another_class_is_not_available(void **state)
{
    void *object;

    (void)state;
    assert_hr(CLASS_E_CLASSNOTAVAILABLE, class_object(&service, &IID_IClassFactory, &object));
    assert_null(object);
    object = (void *)1;
    assert_hr(CLASS_E_CLASSNOTAVAILABLE,
              SitePackageGetClassObject(classes, 1, &clsid_second, &IID_IClassFactory, &object));
    assert_null(object);
    object = (void *)1;
    assert_hr(CLASS_E_CLASSNOTAVAILABLE,
              SitePackageGetClassObject(NULL, 1, &clsid_first, &IID_IClassFactory, &object));
    assert_null(object);
    assert_hr(E_NOINTERFACE, class_object(&clsid_first, &IID_IDispatch, &object));
    assert_null(object);
    assert_hr(S_OK, SitePackageCanUnloadNow());
}

static void a_class_refuses_aggregation(void **state)
{
    IClassFactory *factory;
    void *object = (void *)1;

    (void)state;
    created_first = 0;
    host_init(&site, 0);
    assert_hr(S_OK, class_object(&clsid_first, &IID_IClassFactory, (void **)&factory));
    assert_hr(CLASS_E_NOAGGREGATION,
              IClassFactory_CreateInstance(factory, (IUnknown *)host_site(&site), &IID_IUnknown,
                                           &object));
    assert_null(object);
    assert_int_equal(0, created_first);
    assert_int_equal(1, host_refs(&site));
    IClassFactory_Release(factory);
    assert_hr(S_OK, SitePackageCanUnloadNow());
}

/* A class object, a lock, a package: each alone keeps the DLL. */
static void the_dll_can_be_unloaded_when_nothing_of_it_is_left(void **state)
{
    IClassFactory *factory;

    (void)state;
    assert_hr(S_OK, SitePackageCanUnloadNow());
    assert_hr(S_OK, class_object(&clsid_first, &IID_IClassFactory, (void **)&factory));
    assert_hr(S_FALSE, SitePackageCanUnloadNow());
    assert_hr(S_OK, IClassFactory_LockServer(factory, TRUE));
    assert_hr(S_OK, IClassFactory_LockServer(factory, TRUE));
    assert_hr(S_OK, IClassFactory_LockServer(factory, FALSE));
    IClassFactory_Release(factory);
    assert_hr(S_FALSE, SitePackageCanUnloadNow());
    assert_hr(S_OK, class_object(&clsid_first, &IID_IClassFactory, (void **)&factory));
    assert_hr(S_OK, IClassFactory_LockServer(factory, FALSE));
    assert_hr(E_UNEXPECTED, IClassFactory_LockServer(factory, FALSE));
    assert_hr(S_FALSE, SitePackageCanUnloadNow());
    assert_hr(S_OK,
              IClassFactory_CreateInstance(factory, NULL, &IID_IVsPackage, (void **)&package));
    IClassFactory_Release(factory);
    assert_hr(S_FALSE, SitePackageCanUnloadNow());
    IVsPackage_Release(package);
    assert_hr(S_OK, SitePackageCanUnloadNow());
}

int main(void)
{
    static const Test tests[] = {
        TEST(a_package_is_an_unknown_and_an_ivspackage),
        TEST(the_optional_methods_are_not_implemented),
        TEST(a_package_does_without_events),
        TEST(a_package_gives_its_bridge),
        TEST(events_come_in_order_on_the_shells_thread),
        TEST(a_package_may_refuse_to_close),
        TEST(closing_comes_before_the_site_is_gone),
        TEST(a_failure_of_sited_unsites_and_passes),
        TEST(a_failure_of_sited_ends_its_workers),
        TEST(a_package_may_be_closed_while_it_is_being_sited),
        TEST(destroyed_is_called_once_by_the_last_release),
        TEST(a_second_site_is_refused),
        TEST(setting_no_site_closes),
        TEST(closing_twice_closes_once),
        TEST(closing_without_a_site_is_ok),
        TEST(a_package_whose_bridge_has_no_site_closes),
        TEST(a_closed_package_refuses),
        TEST(an_unsited_package_refuses),
        TEST(a_package_cannot_be_sited_without_an_apartment),
        TEST(a_worker_runs_in_the_mta_and_gets_services),
        TEST(close_dispatches_the_queries_of_the_workers_it_waits_for),
        TEST(the_shells_last_release_may_come_while_close_waits),
        TEST(a_worker_holds_the_package),
        TEST(a_worker_that_has_returned_holds_nothing),
        TEST(a_worker_holds_its_module),
        TEST(a_package_can_live_in_the_mta),
        TEST(a_class_object_makes_packages_of_its_class),
        TEST(another_class_is_not_available),
        TEST(a_class_refuses_aggregation),
        TEST(the_dll_can_be_unloaded_when_nothing_of_it_is_left),
    };

    return RUN("package", tests);
}
