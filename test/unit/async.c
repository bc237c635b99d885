/* A package that can be loaded asynchronously: IAsyncLoadablePackageInitialize. */
#include "harness.h"

#include <sitebridge/package.h>

static Home home;
static Host site;
static IVsPackage *package;
static volatile DWORD initialized_on;
static volatile LONG initializations;
static HRESULT initialize_result;
static HANDLE inside, go_on;    /* NULL: Initialize does not wait */
static struct {
    IAsyncServiceProvider *provider;
    IProfferAsyncService *proffer;
    IAsyncProgressCallback *progress;
} given;

static HRESULT CALLBACK initialize(IVsPackage *object, IAsyncServiceProvider *provider,
                                   IProfferAsyncService *proffer, IAsyncProgressCallback *progress,
                                   void *context)
{
    assert_ptr_equal(package, object);
    assert_ptr_equal(&site, context);
    given.provider = provider;
    given.proffer = proffer;
    given.progress = progress;
    initialized_on = GetCurrentThreadId();
    InterlockedIncrement(&initializations);
    if (inside) {
        SetEvent(inside);
        WaitForSingleObject(go_on, PATIENCE);
    }
    return initialize_result;
}

typedef struct Call {
    IUnknown *from;             /* what is asked for IAsyncLoadablePackageInitialize */
    HRESULT hr;
    DWORD thread;
    IVsTask *task;
} Call;

/* What the shell passes is none of the library's business: any pointers do. */
static char passed[3];
#define PROVIDER ((IAsyncServiceProvider *)&passed[0])
#define PROFFER ((IProfferAsyncService *)&passed[1])
#define PROGRESS ((IAsyncProgressCallback *)&passed[2])

static void initialize_package(void *context)
{
    IAsyncLoadablePackageInitialize *async;
    Call *call = context;

    call->thread = GetCurrentThreadId();
    call->task = (IVsTask *)call;
    call->hr = IUnknown_QueryInterface(call->from, &IID_IAsyncLoadablePackageInitialize, (void **)&async);
    if (FAILED(call->hr))
        return;
    call->hr = IAsyncLoadablePackageInitialize_Initialize(async, PROVIDER, PROFFER, PROGRESS, &call->task);
    IAsyncLoadablePackageInitialize_Release(async);
}

static Call initialize_in(Kind kind)
{
    Call call = { 0 };

    call.from = (IUnknown *)package;
    thread_run(kind, initialize_package, &call);
    return call;
}

typedef struct Change {
    IServiceProvider *site;
    HRESULT hr;
} Change;

static void change_site(void *context)
{
    Change *change = context;

    change->hr = IVsPackage_SetSite(package, change->site);
}

static HRESULT set_site(IServiceProvider *to)
{
    Change change = { to, E_PENDING };

    home_run(&home, change_site, &change);
    return change.hr;
}

static void create(DWORD size)
{
    SitePackageEvents events = { 0 };

    events.size = size;
    events.initialize = initialize;
    initialize_result = S_OK;
    initializations = 0;
    inside = go_on = NULL;
    assert_hr(S_OK, SitePackageCreate(&events, &site, &IID_IVsPackage, (void **)&package));
}

static void begin(void)
{
    home_start(&home, IN_STA);
    host_init(&site, home.id);
    create(sizeof(SitePackageEvents));
}

static void end(void)
{
    assert_hr(S_OK, set_site(NULL));
    assert_int_equal(0, IVsPackage_Release(package));
    home_stop(&home);
    assert_int_equal(1, host_refs(&site));
    assert_int_equal(0, site.wrong_threads);
    assert_idle();
}

static void its_interfaces_are_one_object(void **state)
{
    static const IID *const iids[] = {
        &IID_IUnknown, &IID_IVsPackage, &IID_IAsyncLoadablePackageInitialize, &IID_IAgileObject,
        &IID_IMarshal,
    };
    enum { IIDS = sizeof iids / sizeof iids[0] };
    IUnknown *from, *to, *identity, *package_identity;
    size_t i, j;

    (void)state;
    begin();
    assert_hr(S_OK, IVsPackage_QueryInterface(package, &IID_IUnknown, (void **)&package_identity));
    for (i = 0; i < IIDS; i++) {
        assert_hr(S_OK, IVsPackage_QueryInterface(package, iids[i], (void **)&from));
        IUnknown_AddRef(from);
        IUnknown_Release(from);
        for (j = 0; j < IIDS; j++) {
            assert_hr(S_OK, IUnknown_QueryInterface(from, iids[j], (void **)&to));
            assert_hr(S_OK, IUnknown_QueryInterface(to, &IID_IUnknown, (void **)&identity));
            assert_ptr_equal(package_identity, identity);
            IUnknown_Release(identity);
            IUnknown_Release(to);
        }
        IUnknown_Release(from);
    }
    IUnknown_Release(package_identity);
    end();
}

/* Also where the structure is one that ends before the event. */
static void without_the_event_there_is_no_such_interface(void **state)
{
    static const IID *const iids[] = {
        &IID_IAsyncLoadablePackageInitialize, &IID_IAgileObject, &IID_IMarshal,
    };
    IUnknown *object;
    size_t i;

    (void)state;
    create(FIELD_OFFSET(SitePackageEvents, initialize));
    for (i = 0; i < sizeof iids / sizeof iids[0]; i++) {
        object = (IUnknown *)&site;
        assert_hr(E_NOINTERFACE, IVsPackage_QueryInterface(package, iids[i], (void **)&object));
        assert_null(object);
    }
    assert_int_equal(0, IVsPackage_Release(package));
    assert_idle();
}

static void initialize_runs_where_the_shell_calls_it(void **state)
{
    static const Kind kinds[] = { IN_MTA, IN_STA, IN_NONE };
    size_t i;
    Call call;

    (void)state;
    begin();
    assert_hr(S_OK, set_site(host_site(&site)));
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        call = initialize_in(kinds[i]);
        assert_hr(S_OK, call.hr);
        assert_null(call.task);
        assert_int_equal(call.thread, initialized_on);
        assert_ptr_equal(PROVIDER, given.provider);
        assert_ptr_equal(PROFFER, given.proffer);
        assert_ptr_equal(PROGRESS, given.progress);
    }
    home_run(&home, initialize_package, &call);
    assert_hr(S_OK, call.hr);
    assert_int_equal(home.id, initialized_on);
    assert_int_equal(i + 1, initializations);
    end();
}

/* Nothing of it goes to home, which may be waiting for it. */
static void initialize_does_not_need_home(void **state)
{
    Call call;

    (void)state;
    begin();
    assert_hr(S_OK, set_site(host_site(&site)));
    home_block(&home);
    call = initialize_in(IN_MTA);
    assert_hr(S_OK, call.hr);
    call = initialize_in(IN_STA);
    assert_hr(S_OK, call.hr);
    home_unblock(&home);
    end();
}

static void a_failure_of_initialize_passes(void **state)
{
    Call call;

    (void)state;
    begin();
    assert_hr(S_OK, set_site(host_site(&site)));
    initialize_result = (HRESULT)0x80041234;
    call = initialize_in(IN_MTA);
    assert_hr(0x80041234, call.hr);
    assert_null(call.task);
    end();
}

static void only_a_sited_package_is_initialized(void **state)
{
    IAsyncLoadablePackageInitialize *async;
    Call call;

    (void)state;
    begin();
    call = initialize_in(IN_MTA);
    assert_hr(E_UNEXPECTED, call.hr);
    assert_null(call.task);
    assert_hr(S_OK, set_site(host_site(&site)));
    assert_hr(S_OK, IVsPackage_QueryInterface(package, &IID_IAsyncLoadablePackageInitialize,
                                              (void **)&async));
    assert_hr(E_POINTER, IAsyncLoadablePackageInitialize_Initialize(async, PROVIDER, NULL, NULL, NULL));
    IAsyncLoadablePackageInitialize_Release(async);
    assert_hr(S_OK, set_site(NULL));
    call = initialize_in(IN_MTA);
    assert_hr(E_UNEXPECTED, call.hr);
    assert_null(call.task);
    assert_int_equal(0, initializations);
    end();
}

static void close_waits_for_initialize(void **state)
{
    Call call = { 0 };
    Change change = { NULL, E_PENDING };
    Thread thread;

    (void)state;
    begin();
    assert_hr(S_OK, set_site(host_site(&site)));
    inside = CreateEventW(NULL, FALSE, FALSE, NULL);
    go_on = CreateEventW(NULL, FALSE, FALSE, NULL);
    call.from = (IUnknown *)package;
    thread_start(&thread, IN_MTA, initialize_package, &call);
    wait_for(inside, "Initialize");
    home_begin(&home, change_site, &change);
    assert_int_equal(WAIT_TIMEOUT, WaitForSingleObject(home.done, 100));
    assert_hr(E_PENDING, change.hr);
    SetEvent(go_on);
    home_finish(&home);
    assert_hr(S_OK, change.hr);
    thread_join(&thread);
    assert_hr(S_OK, call.hr);
    CloseHandle(inside);
    CloseHandle(go_on);
    end();
}

/* As COM's own callers do, who marshal what they hand to another apartment. */
static void in_every_apartment_it_is_the_same_pointer(void **state)
{
    static const Kind kinds[] = { IN_MTA, IN_STA };
    IStream *stream;
    Call call = { 0 };
    size_t i;

    (void)state;
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    begin();
    assert_hr(S_OK, set_site(host_site(&site)));
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        assert_hr(S_OK, CoMarshalInterThreadInterfaceInStream(&IID_IVsPackage, (IUnknown *)package,
                                                              &stream));
        assert_hr(S_OK, CoGetInterfaceAndReleaseStream(stream, &IID_IVsPackage, (void **)&call.from));
        assert_ptr_equal(package, call.from);
        thread_run(kinds[i], initialize_package, &call);
        assert_hr(S_OK, call.hr);
        assert_int_equal(call.thread, initialized_on);
        IUnknown_Release(call.from);
    }
    end();
    CoUninitialize();
}

int main(void)
{
    static const Test tests[] = {
        TEST(its_interfaces_are_one_object),
        TEST(without_the_event_there_is_no_such_interface),
        TEST(initialize_runs_where_the_shell_calls_it),
        TEST(initialize_does_not_need_home),
        TEST(a_failure_of_initialize_passes),
        TEST(only_a_sited_package_is_initialized),
        TEST(close_waits_for_initialize),
        TEST(in_every_apartment_it_is_the_same_pointer),
    };

    return RUN("async", tests);
}
