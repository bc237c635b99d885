/* The last release may come from anywhere, and the code may be unloaded right after it. */
#include "harness.h"

#include "bridge_dll.h"

static const Kind kinds[] = { IN_MTA, IN_STA, IN_NONE };
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static const GUID service_id = { 0x0c6f7b3a, 0x8d1e, 0x4e2f, { 0xb3, 3, 1, 4, 1, 5, 9, 2 } };

static Home home;
static Host site, service;
static SiteBridge *bridge;

static void begin(void)
{
    home_start(&home, IN_STA);
    host_init(&site, home.id);
    host_init(&service, home.id);
    site.service = &service;
    assert_hr(S_OK, SiteBridgeCreate(&bridge));
    assert_hr(S_OK, home_set_site(&home, bridge, &site));
}

static BOOL all_is_released(void *context)
{
    (void)context;
    return host_refs(&site) == 1 && host_refs(&service) == 1;
}

static void assert_released(void)
{
    assert_true(eventually(all_is_released, NULL));
    assert_int_equal(0, site.wrong_threads);
    assert_int_equal(0, service.wrong_threads);
}

/* A proxy in an STA, and a service that was fetched ahead. */
static void use_from(Home *sta)
{
    Ask question = { 0 };

    question.bridge = bridge;
    home_run(sta, ask, &question);
    assert_hr(S_OK, question.hr);
    assert_hr(S_OK, home_prefetch(&home, bridge, &service_id, &IID_IServiceProvider));
    assert_int_equal(1, statistics_of(bridge).proxies_cached);
}

static void release(void *context)
{
    (void)context;
    SiteBridgeRelease(bridge);
}

/* The last release */

static void released_on_home_the_site_is_free_at_once(void **state)
{
    (void)state;
    begin();
    home_run(&home, release, NULL);
    assert_int_equal(1, host_refs(&site));
    assert_int_equal(0, site.wrong_threads);
    home_stop(&home);
    assert_idle();
}

static void released_anywhere_home_frees_the_site_when_it_dispatches(void **state)
{
    Home sta;
    size_t i;

    (void)state;
    for (i = 0; i < KINDS; i++) {
        begin();
        thread_run(kinds[i], release, NULL);
        assert_released();
        home_stop(&home);
        assert_idle();

        begin();
        home_start(&sta, IN_STA);
        use_from(&sta);
        thread_run(kinds[i], release, NULL);
        assert_released();
        home_stop(&sta);
        home_stop(&home);
        assert_idle();
    }
}

static void a_release_does_not_wait_for_home(void **state)
{
    Home sta;
    size_t i;

    (void)state;
    for (i = 0; i < KINDS; i++) {
        begin();
        home_start(&sta, IN_STA);
        use_from(&sta);
        home_block(&home);
        thread_run(kinds[i], release, NULL);
        assert_true(host_refs(&site) > 1);
        assert_hr(S_FALSE, SiteBridgeCanUnloadNow());
        home_unblock(&home);
        assert_released();
        home_stop(&sta);
        home_stop(&home);
        assert_idle();
    }
}

static void a_home_that_ends_without_dispatching_frees_the_site(void **state)
{
    Home sta;
    size_t i;

    (void)state;
    for (i = 0; i < KINDS; i++) {
        begin();
        home_start(&sta, IN_STA);
        use_from(&sta);
        home_block(&home);
        thread_run(kinds[i], release, NULL);
        home.work = NULL;
        home.quit = home.uninitialize = TRUE;
        SetEvent(home.release);
        wait_for(home.thread, "home's end");
        assert_int_equal(1, host_refs(&site));
        assert_int_equal(0, site.wrong_threads);
        home_stop(&home);
        home_stop(&sta);
        assert_released();
        assert_idle();
    }
}

static void released_after_home_has_vanished_nothing_is_left(void **state)
{
    Home sta;
    size_t i;

    (void)state;
    for (i = 0; i < KINDS; i++) {
        begin();
        home_start(&sta, IN_STA);
        use_from(&sta);
        home_vanish(&home);
        thread_run(kinds[i], release, NULL);
        home_stop(&sta);
        assert_idle();
    }
}

static void released_at_once_after_it_was_sited_nothing_is_left(void **state)
{
    int i;

    (void)state;
    home_start(&home, IN_STA);
    host_init(&site, home.id);
    host_init(&service, home.id);
    for (i = 0; i < 50; i++) {
        assert_hr(S_OK, SiteBridgeCreate(&bridge));
        assert_hr(S_OK, home_set_site(&home, bridge, &site));
        SiteBridgeRelease(bridge);
    }
    assert_released();
    home_stop(&home);
    assert_idle();
}

static void where_home_is_the_mta_any_thread_frees_the_site(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < KINDS; i++) {
        home_start(&home, IN_MTA);
        host_init(&site, 0);
        host_init(&service, 0);
        assert_hr(S_OK, SiteBridgeCreate(&bridge));
        assert_hr(S_OK, home_set_site(&home, bridge, &site));
        thread_run(kinds[i], release, NULL);
        assert_released();
        home_stop(&home);
        assert_idle();
    }
}

/* SiteBridgeCanUnloadNow */

static void what_still_needs_the_code_is_said(void **state)
{
    Home sta;

    (void)state;
    assert_hr(S_OK, SiteBridgeCanUnloadNow());
    begin();
    assert_hr(S_FALSE, SiteBridgeCanUnloadNow());
    home_start(&sta, IN_STA);
    use_from(&sta);
    assert_hr(S_OK, home_set_site(&home, bridge, NULL));
    SiteBridgeRelease(bridge);
    assert_released();
    /* The STA's proxy waits for its apartment. */
    assert_hr(S_FALSE, SiteBridgeCanUnloadNow());
    home_stop(&sta);
    home_stop(&home);
    assert_idle();
}

static void sweep(void *context)
{
    *(HRESULT *)context = SiteBridgeCanUnloadNow();
}

static void asking_in_the_apartment_itself_lets_go_of_what_is_left(void **state)
{
    Home sta;
    HRESULT hr = E_FAIL;

    (void)state;
    begin();
    home_start(&sta, IN_STA);
    use_from(&sta);
    assert_hr(S_OK, home_set_site(&home, bridge, NULL));
    SiteBridgeRelease(bridge);
    home_run(&sta, sweep, &hr);
    home_run(&home, sweep, &hr);
    assert_idle();
    home_stop(&sta);
    home_stop(&home);
    assert_released();
}

/* A DLL that contains the library */

static const WCHAR dll_name[] = L"test_container.dll";
static BridgeFunctions dll;

static HMODULE dll_load(void)
{
    HMODULE module = LoadLibraryW(dll_name);
    GetBridgeFunctions get;

    if (!module)
        fail_msg("%s", "no test_container.dll");
    get = (GetBridgeFunctions)(void (*)(void))GetProcAddress(module, "get_bridge_functions");
    assert_non_null(get);
    get(&dll);
    return module;
}

static BOOL dll_is_gone(void *context)
{
    (void)context;
    return !GetModuleHandleW(dll_name);
}

static void dll_set_site(void *context)
{
    *(HRESULT *)context = dll.set_site(bridge, host_site(&site));
}

static void dll_close(void *context)
{
    *(HRESULT *)context = dll.set_site(bridge, NULL);
}

static void dll_ask(void *context)
{
    Ask *question = context;

    if (question->has_deadline)
        question->hr = dll.query_service_within(bridge, question->milliseconds, &service_id,
                                                &IID_IServiceProvider, (void **)&question->object);
    else
        question->hr = dll.query_service(bridge, &service_id, &IID_IServiceProvider,
                                         (void **)&question->object);
    if (question->object)
        IServiceProvider_Release(question->object);
}

static void dll_begin(void)
{
    HRESULT hr;

    home_start(&home, IN_STA);
    host_init(&site, home.id);
    host_init(&service, home.id);
    site.service = &service;
    assert_hr(S_OK, dll.create(&bridge));
    home_run(&home, dll_set_site, &hr);
    assert_hr(S_OK, hr);
}

static void unloaded_right_after_close_it_goes_when_nothing_needs_it(void **state)
{
    HMODULE module;
    Home stas[3], mta;
    Ask question = { 0 };
    HRESULT hr;
    int i;

    (void)state;
    module = dll_load();
    dll_begin();
    home_start(&mta, IN_MTA);
    home_run(&mta, dll_ask, &question);
    assert_hr(S_OK, question.hr);
    for (i = 0; i < 3; i++) {
        home_start(&stas[i], IN_STA);
        home_run(&stas[i], dll_ask, &question);
        assert_hr(S_OK, question.hr);
    }
    home_run(&home, dll_close, &hr);
    assert_hr(S_OK, hr);
    dll.release(bridge);
    assert_hr(S_FALSE, dll.can_unload_now());
    FreeLibrary(module);
    /* The proxies wait for their apartments. */
    assert_non_null(GetModuleHandleW(dll_name));
    assert_released();
    for (i = 0; i < 3; i++) {
        assert_false(dll_is_gone(NULL));
        home_stop(&stas[i]);
    }
    home_stop(&mta);
    assert_true(eventually(dll_is_gone, NULL));
    home_stop(&home);
    assert_released();
}

static void unloaded_while_sited_it_goes_when_home_has_let_go(void **state)
{
    HMODULE module;
    Ask question = { 0 };
    size_t i;

    (void)state;
    for (i = 0; i < KINDS; i++) {
        module = dll_load();
        dll_begin();
        thread_run(kinds[i], dll_ask, &question);
        assert_hr(S_OK, question.hr);
        home_block(&home);
        dll.release(bridge);
        FreeLibrary(module);
        assert_false(dll_is_gone(NULL));
        home_unblock(&home);
        assert_true(eventually(dll_is_gone, NULL));
        home_stop(&home);
        assert_released();
    }
}

static void unloaded_with_an_abandoned_query_it_goes_when_that_has_ended(void **state)
{
    HMODULE module;
    Ask question = { 0 };
    size_t i;

    (void)state;
    question.has_deadline = TRUE;
    question.milliseconds = 20;
    for (i = 0; i < KINDS; i++) {
        module = dll_load();
        dll_begin();
        home_block(&home);
        thread_run(kinds[i], dll_ask, &question);
        assert_hr(HRESULT_FROM_WIN32(ERROR_TIMEOUT), question.hr);
        dll.release(bridge);
        FreeLibrary(module);
        assert_false(dll_is_gone(NULL));
        home_unblock(&home);
        assert_true(eventually(dll_is_gone, NULL));
        home_stop(&home);
        assert_released();
    }
}

static void unloaded_before_homes_end_it_goes_with_that(void **state)
{
    HMODULE module;
    Ask question = { 0 };
    int round;

    (void)state;
    for (round = 0; round < 5; round++) {
        module = dll_load();
        dll_begin();
        thread_run(kinds[round % KINDS], dll_ask, &question);
        assert_hr(S_OK, question.hr);
        home_block(&home);
        dll.release(bridge);
        FreeLibrary(module);
        home.work = NULL;
        home.quit = home.uninitialize = TRUE;
        SetEvent(home.release);
        wait_for(home.thread, "home's end");
        home_stop(&home);
        assert_released();
        assert_true(eventually(dll_is_gone, NULL));
    }
}

static void unloaded_after_nothing_but_creation_it_is_gone_at_once(void **state)
{
    HMODULE module;

    (void)state;
    module = dll_load();
    assert_hr(S_OK, dll.create(&bridge));
    dll.release(bridge);
    assert_hr(S_OK, dll.can_unload_now());
    FreeLibrary(module);
    assert_true(dll_is_gone(NULL));
}

int main(void)
{
    static const Test tests[] = {
        TEST(released_on_home_the_site_is_free_at_once),
        TEST(released_anywhere_home_frees_the_site_when_it_dispatches),
        TEST(a_release_does_not_wait_for_home),
        TEST(a_home_that_ends_without_dispatching_frees_the_site),
        TEST(released_after_home_has_vanished_nothing_is_left),
        TEST(released_at_once_after_it_was_sited_nothing_is_left),
        TEST(where_home_is_the_mta_any_thread_frees_the_site),
        TEST(what_still_needs_the_code_is_said),
        TEST(asking_in_the_apartment_itself_lets_go_of_what_is_left),
        TEST(unloaded_right_after_close_it_goes_when_nothing_needs_it),
        TEST(unloaded_while_sited_it_goes_when_home_has_let_go),
        TEST(unloaded_with_an_abandoned_query_it_goes_when_that_has_ended),
        TEST(unloaded_before_homes_end_it_goes_with_that),
        TEST(unloaded_after_nothing_but_creation_it_is_gone_at_once),
    };

    return RUN("lifetime", tests);
}
