/* Hosts whose answers, crashes and ends nobody expects. */
#include "../harness.h"

#include <sitebridge/package.h>

static const GUID service = { 0x90c2d7ab, 0x2b1f, 0x4e55, { 0x97, 1, 2, 3, 4, 5, 6, 7 } };

static Home home;
static SiteBridge *bridge;

static void release_bridge(void *context)
{
    (void)context;
    SiteBridgeRelease(bridge);
}

/* Answers */

static Host site;

static void begin(void)
{
    home_start(&home, IN_STA);
    host_init(&site, home.id);
    assert_hr(S_OK, SiteBridgeCreate(&bridge));
    assert_hr(S_OK, home_set_site(&home, bridge, &site));
}

static void end(void)
{
    home_run(&home, release_bridge, NULL);
    assert_idle();
    home_stop(&home);
    assert_int_equal(1, host_refs(&site));
    assert_int_equal(0, site.wrong_threads);
}

static HRESULT ask_in(Kind kind, DWORD milliseconds)
{
    Ask question = { 0 };

    question.bridge = bridge;
    question.has_deadline = milliseconds != INFINITE;
    question.milliseconds = milliseconds;
    thread_run(kind, ask, &question);
    assert_true(question.answered);
    if (SUCCEEDED(question.hr))
        assert_hr(S_OK, question.used);
    return question.hr;
}

/* Deep enough for a stack that is wasted, shallow enough for one that is not. */
static HRESULT answer_by_asking(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    int *depth = host->context;
    HRESULT hr;

    if (++*depth >= 100)
        return IServiceProvider_QueryInterface(host_site(host), riid, ppv);
    hr = SiteBridgeQueryService(bridge, rsid, riid, ppv);
    return hr;
}

static void a_site_that_asks_itself_a_hundred_times(void **state)
{
    int depth = 0;

    (void)state;
    begin();
    site.query = answer_by_asking;
    site.context = &depth;
    assert_hr(S_OK, ask_in(IN_MTA, INFINITE));
    end();
}

/* A new object for each question: nobody gets another's, and all of them go. */
typedef struct Fresh {
    IUnknown object;
    LONG refs;
    volatile LONG *alive;
} Fresh;

static HRESULT STDMETHODCALLTYPE fresh_QueryInterface(IUnknown *object, REFIID riid, void **ppv)
{
    *ppv = IsEqualIID(riid, &IID_IUnknown) ? object : NULL;
    if (!*ppv)
        return E_NOINTERFACE;
    IUnknown_AddRef(object);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE fresh_AddRef(IUnknown *object)
{
    return (ULONG)InterlockedIncrement(&CONTAINING_RECORD(object, Fresh, object)->refs);
}

static ULONG STDMETHODCALLTYPE fresh_Release(IUnknown *object)
{
    Fresh *fresh = CONTAINING_RECORD(object, Fresh, object);
    ULONG refs = (ULONG)InterlockedDecrement(&fresh->refs);

    if (refs == 0) {
        InterlockedDecrement(fresh->alive);
        HeapFree(GetProcessHeap(), 0, fresh);
    }
    return refs;
}

static IUnknownVtbl fresh_vtbl = { fresh_QueryInterface, fresh_AddRef, fresh_Release };
static volatile LONG fresh_alive;

static HRESULT answer_freshly(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    Fresh *fresh = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof *fresh);
    HRESULT hr;

    (void)host, (void)rsid;
    fresh->object.lpVtbl = &fresh_vtbl;
    fresh->refs = 1;
    fresh->alive = &fresh_alive;
    InterlockedIncrement(&fresh_alive);
    hr = IUnknown_QueryInterface(&fresh->object, riid, ppv);
    IUnknown_Release(&fresh->object);
    return hr;
}

static void take_two(void *context)
{
    IUnknown *first = NULL, *second = NULL;

    (void)context;
    assert_hr(S_OK, SiteBridgeQueryService(bridge, &service, &IID_IUnknown, (void **)&first));
    assert_hr(S_OK, SiteBridgeQueryService(bridge, &service, &IID_IUnknown, (void **)&second));
    assert_ptr_not_equal(first, second);
    IUnknown_Release(first);
    IUnknown_Release(second);
}

static BOOL none_is_alive(void *context)
{
    (void)context;
    return fresh_alive == 0;
}

static void a_site_that_gives_another_object_each_time(void **state)
{
    (void)state;
    begin();
    site.query = answer_freshly;
    home_run(&home, take_two, NULL);
    thread_run(IN_MTA, take_two, NULL);
    thread_run(IN_STA, take_two, NULL);
    thread_run(IN_NONE, take_two, NULL);
    assert_true(eventually(none_is_alive, NULL));
    end();
}

static HRESULT succeed_with_nothing(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)host, (void)rsid, (void)riid;
    *ppv = NULL;
    return S_OK;
}

static HRESULT fail_with_something(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)rsid, (void)riid;
    *ppv = host_site(host);
    return E_ACCESSDENIED;
}

/* With a deadline and ahead of time, as without. */
static void a_site_that_lies_about_its_answer(void **state)
{
    (void)state;
    begin();
    site.query = succeed_with_nothing;
    assert_hr(E_NOINTERFACE, ask_in(IN_MTA, PATIENCE));
    assert_hr(E_NOINTERFACE, ask_in(IN_STA, PATIENCE));
    assert_hr(E_NOINTERFACE, home_prefetch(&home, bridge, &service, &IID_IUnknown));
    site.query = fail_with_something;
    assert_hr(E_ACCESSDENIED, ask_in(IN_MTA, PATIENCE));
    assert_hr(E_ACCESSDENIED, ask_in(IN_STA, PATIENCE));
    assert_hr(E_ACCESSDENIED, home_prefetch(&home, bridge, &service, &IID_IUnknown));
    end();
}

/* Crashes */

static HRESULT crash(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)rsid, (void)riid, (void)ppv;
    RaiseException(*(DWORD *)host->context, 0, 0, NULL);
    return S_OK;
}

static BOOL site_is_free(void *context)
{
    (void)context;
    return host_refs(&site) <= 2;
}

/*
 * COM catches what a background call raises on home. The others are still answered, and home can still
 * unsite; the call never returns, so that it keeps the one reference it has.
 */
static void a_site_that_crashes_in_a_background_call(void **state)
{
    DWORD codes[] = { (DWORD)EXCEPTION_ACCESS_VIOLATION, 0xE0001234 };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        begin();
        site.context = &codes[i];
        site.query = crash;
        assert_failed(ask_in(IN_MTA, INFINITE));
        assert_failed(ask_in(IN_STA, INFINITE));
        assert_failed(ask_in(IN_NONE, PATIENCE));
        site.query = NULL;
        assert_hr(S_OK, ask_in(IN_MTA, INFINITE));
        assert_hr(S_OK, ask_in(IN_STA, INFINITE));
        assert_hr(S_OK, home_set_site(&home, bridge, NULL));
        assert_hr(E_UNEXPECTED, ask_in(IN_MTA, INFINITE));
        assert_true(eventually(site_is_free, NULL));
        SiteBridgeRelease(bridge);
        home_stop(&home);
        assert_idle();
    }
    accounts_excuse();
}

/* As the shell's last CoUninitialize may: with a call in its queue. Home goes on in another apartment. */
static void end_when_called(void *context)
{
    (void)context;
    MsgWaitForMultipleObjectsEx(0, NULL, PATIENCE, QS_ALLINPUT, MWMO_INPUTAVAILABLE);
    CoUninitialize();
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
}

/* The call that crashed does not count as one that home is still in. */
static void a_home_that_ends_after_a_crash_answers_what_is_queued(void **state)
{
    DWORD code = (DWORD)EXCEPTION_ACCESS_VIOLATION;

    (void)state;
    begin();
    site.context = &code;
    site.query = crash;
    assert_failed(ask_in(IN_MTA, INFINITE));
    site.query = NULL;
    home_begin(&home, end_when_called, NULL);
    assert_hr(E_UNEXPECTED, ask_in(IN_MTA, 5000));
    home_finish(&home);
    SiteBridgeRelease(bridge);
    home_stop(&home);
    accounts_excuse();
}

/* Packages */

static IVsPackage *package;

static void site_package(void *context)
{
    *(HRESULT *)context = IVsPackage_SetSite(package, host_site(&site));
}

static void close_package(void *context)
{
    *(HRESULT *)context = IVsPackage_Close(package);
}

static HRESULT close_and_answer(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)rsid;
    *(HRESULT *)host->context = IVsPackage_Close(package);
    return IServiceProvider_QueryInterface(host_site(host), riid, ppv);
}

static void ask_package(void *context)
{
    IUnknown *object = (IUnknown *)1;
    HRESULT hr = SitePackageQueryServiceFromBackgroundThread(package, &service, &IID_IUnknown,
                                                             (void **)&object);

    assert_true(SUCCEEDED(hr) == (object != NULL));
    if (object)
        IUnknown_Release(object);
    *(HRESULT *)context = hr;
}

static void begin_package(void)
{
    HRESULT hr = E_PENDING;

    home_start(&home, IN_STA);
    host_init(&site, home.id);
    assert_hr(S_OK, SitePackageCreate(NULL, NULL, &IID_IVsPackage, (void **)&package));
    home_run(&home, site_package, &hr);
    assert_hr(S_OK, hr);
}

static void end_package(void)
{
    HRESULT hr = E_PENDING;

    home_run(&home, close_package, &hr);
    assert_hr(S_OK, hr);
    assert_int_equal(0, IVsPackage_Release(package));
    assert_int_equal(1, host_refs(&site));
    assert_idle();
    home_stop(&home);
    assert_int_equal(0, site.wrong_threads);
}

static void a_site_that_closes_the_package(void **state)
{
    HRESULT hr, closed;
    int from_home;

    (void)state;
    for (from_home = 0; from_home < 2; from_home++) {
        begin_package();
        closed = hr = E_PENDING;
        site.query = close_and_answer;
        site.context = &closed;
        if (from_home)
            home_run(&home, ask_package, &hr);
        else
            thread_run(IN_MTA, ask_package, &hr);
        assert_hr(S_OK, closed);
        assert_hr(S_OK, hr);
        site.query = NULL;
        thread_run(IN_MTA, ask_package, &hr);
        assert_hr(E_UNEXPECTED, hr);
        end_package();
    }
}

/* The thread that is home */

static HRESULT end_the_thread(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)host, (void)rsid, (void)riid, (void)ppv;
    ExitThread(0);
}

/*
 * In the middle of a background call. The caller never hears of it, as nobody in COM does: one with a
 * deadline goes on, and the ones that come later are refused at once. What the call had is lost.
 */
static void a_site_that_ends_its_thread(void **state)
{
    (void)state;
    begin();
    site.query = end_the_thread;
    assert_hr(HRESULT_FROM_WIN32(ERROR_TIMEOUT), ask_in(IN_MTA, 500));
    wait_for(home.thread, "home");
    assert_failed(ask_in(IN_MTA, INFINITE));
    assert_failed(ask_in(IN_STA, INFINITE));
    assert_failed(ask_in(IN_NONE, 500));
    SiteBridgeRelease(bridge);
    accounts_excuse();
}

int main(void)
{
    static const Test tests[] = {
        TEST(a_site_that_asks_itself_a_hundred_times),
        TEST(a_site_that_gives_another_object_each_time),
        TEST(a_site_that_lies_about_its_answer),
        TEST(a_site_that_closes_the_package),
        /* What these lose would be held against those that come after. */
        TEST(a_site_that_crashes_in_a_background_call),
        TEST(a_home_that_ends_after_a_crash_answers_what_is_queued),
        TEST(a_site_that_ends_its_thread),
    };

    return RUN("hostile", tests);
}
