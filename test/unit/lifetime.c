/* The last release may come from anywhere, and the code may be unloaded right after it. */
#include "harness.h"

#include "bridge_dll.h"

static const Kind kinds[] = { IN_MTA, IN_STA, IN_NONE };
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static const GUID service_id = { 0x0c6f7b3a, 0x8d1e, 0x4e2f, { 0xb3, 3, 1, 4, 1, 5, 9, 2 } };

static Scene scene;

static void begin(void)
{
    scene_begin(&scene, IN_STA);
}

static BOOL all_is_released(void *context)
{
    (void)context;
    return host_refs(&scene.site) == 1 && host_refs(&scene.service) == 1;
}

static void assert_released(void)
{
    assert_true(eventually(all_is_released, NULL));
    assert_int_equal(0, scene.site.wrong_threads);
    assert_int_equal(0, scene.service.wrong_threads);
}

/* The MTA's proxy, a service that was fetched ahead, and a thread that has asked and is still there. */
static void use_from(Home *sta)
{
    Ask question = { 0 };

    question.bridge = scene.bridge;
    home_start(sta, IN_STA);
    home_run(sta, ask, &question);
    assert_answered(&question);
    assert_hr(S_OK, home_prefetch(&scene.home, scene.bridge, &service_id, &IID_IServiceProvider));
    assert_int_equal(1, statistics_of(scene.bridge).proxies_cached);
}

static void release(void *context)
{
    (void)context;
    SiteBridgeRelease(scene.bridge);
}

/* The last release */

static void released_on_home_the_site_is_free_at_once(void **state)
{
    (void)state;
    begin();
    home_run(&scene.home, release, NULL);
    assert_int_equal(1, host_refs(&scene.site));
    scene_end_home(&scene);
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
        scene_end_home(&scene);

        begin();
        use_from(&sta);
        thread_run(kinds[i], release, NULL);
        assert_released();
        scene_end_home(&scene);
        home_stop(&sta);
    }
}

static void a_release_does_not_wait_for_home(void **state)
{
    Home sta;
    size_t i;

    (void)state;
    for (i = 0; i < KINDS; i++) {
        begin();
        use_from(&sta);
        home_block(&scene.home);
        thread_run(kinds[i], release, NULL);
        assert_true(host_refs(&scene.site) > 1);
        assert_hr(S_FALSE, SiteBridgeCanUnloadNow());
        home_unblock(&scene.home);
        assert_released();
        scene_end_home(&scene);
        home_stop(&sta);
    }
}

static void a_home_that_ends_without_dispatching_frees_the_site(void **state)
{
    Home sta;
    size_t i;

    (void)state;
    for (i = 0; i < KINDS; i++) {
        begin();
        use_from(&sta);
        home_block(&scene.home);
        thread_run(kinds[i], release, NULL);
        home_let_end(&scene.home);
        scene_end_home(&scene);
        home_stop(&sta);
    }
}

static void released_after_home_has_vanished_nothing_is_left(void **state)
{
    Home sta;
    size_t i;

    (void)state;
    for (i = 0; i < KINDS; i++) {
        begin();
        use_from(&sta);
        home_vanish(&scene.home);
        thread_run(kinds[i], release, NULL);
        assert_idle();
        home_stop(&sta);
    }
}

static void released_at_once_after_it_was_sited_nothing_is_left(void **state)
{
    int i;

    (void)state;
    scene_begin_home(&scene, IN_STA);
    for (i = 0; i < 50; i++) {
        assert_hr(S_OK, SiteBridgeCreate(&scene.bridge));
        assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, &scene.site));
        SiteBridgeRelease(scene.bridge);
    }
    assert_released();
    scene_end_home(&scene);
}

static void where_home_is_the_mta_any_thread_frees_the_site(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < KINDS; i++) {
        scene_begin(&scene, IN_MTA);
        thread_run(kinds[i], release, NULL);
        assert_released();
        scene_end_home(&scene);
    }
}

/* SiteBridgeCanUnloadNow */

/* A bridge and what it has, but no thread that has asked. */
static void what_still_needs_the_code_is_said(void **state)
{
    Home sta;

    (void)state;
    assert_hr(S_OK, SiteBridgeCanUnloadNow());
    begin();
    assert_hr(S_FALSE, SiteBridgeCanUnloadNow());
    use_from(&sta);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    assert_hr(S_FALSE, SiteBridgeCanUnloadNow());
    SiteBridgeRelease(scene.bridge);
    assert_idle();
    home_stop(&sta);
    scene_end_home(&scene);
}

static void can_unload(void *context)
{
    *(HRESULT *)context = SiteBridgeCanUnloadNow();
}

static void unsite(void *context)
{
    *(HRESULT *)context = SiteBridgeSetSite(scene.bridge, NULL);
}

/* Where another thread of the MTA has unsited, home's does not hear of it. */
static void asking_at_home_itself_takes_its_hook_off(void **state)
{
    HRESULT hr = E_FAIL;

    (void)state;
    scene_begin(&scene, IN_MTA);
    thread_run(IN_MTA, unsite, &hr);
    assert_hr(S_OK, hr);
    SiteBridgeRelease(scene.bridge);
    assert_released();
    assert_hr(S_FALSE, SiteBridgeCanUnloadNow());
    home_run(&scene.home, can_unload, &hr);
    assert_idle();
    scene_end_home(&scene);
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
    *(HRESULT *)context = dll.set_site(scene.bridge, host_site(&scene.site));
}

static void dll_close(void *context)
{
    *(HRESULT *)context = dll.set_site(scene.bridge, NULL);
}

static void dll_ask(void *context)
{
    Ask *question = context;

    if (question->has_deadline)
        question->hr = dll.query_service_within(scene.bridge, question->milliseconds, &service_id,
                                                &IID_IServiceProvider, (void **)&question->object);
    else
        question->hr = dll.query_service(scene.bridge, &service_id, &IID_IServiceProvider,
                                         (void **)&question->object);
    if (question->object)
        IServiceProvider_Release(question->object);
}

static void dll_begin(void)
{
    HRESULT hr;

    scene_begin_home(&scene, IN_STA);
    assert_hr(S_OK, dll.create(&scene.bridge));
    home_run(&scene.home, dll_set_site, &hr);
    assert_hr(S_OK, hr);
}

/* Whatever becomes of the threads that have asked. */
static void unloaded_right_after_close_it_goes_when_nothing_needs_it(void **state)
{
    HMODULE module = dll_load();
    Home stas[3], mta;
    Ask question = { 0 };
    HRESULT hr;
    int i;

    (void)state;
    dll_begin();
    home_start(&mta, IN_MTA);
    home_run(&mta, dll_ask, &question);
    assert_hr(S_OK, question.hr);
    for (i = 0; i < 3; i++) {
        home_start(&stas[i], IN_STA);
        home_run(&stas[i], dll_ask, &question);
        assert_hr(S_OK, question.hr);
    }
    home_run(&scene.home, dll_close, &hr);
    assert_hr(S_OK, hr);
    dll.release(scene.bridge);
    FreeLibrary(module);
    assert_released();
    assert_true(eventually(dll_is_gone, NULL));
    for (i = 0; i < 3; i++)
        home_stop(&stas[i]);
    home_stop(&mta);
    scene_end_home(&scene);
}

/* Home has been blocked since the question was answered, or since before it was asked. */
static void ask_and_unload(Kind kind, BOOL times_out)
{
    HMODULE module = dll_load();
    Ask question = { 0 };

    question.has_deadline = times_out;
    question.milliseconds = 20;
    dll_begin();
    if (times_out)
        home_block(&scene.home);
    thread_run(kind, dll_ask, &question);
    assert_hr(times_out ? HRESULT_FROM_WIN32(ERROR_TIMEOUT) : S_OK, question.hr);
    if (!times_out)
        home_block(&scene.home);
    dll.release(scene.bridge);
    FreeLibrary(module);
    assert_false(dll_is_gone(NULL));
}

static void assert_gone_once_home_dispatches(BOOL times_out)
{
    size_t i;

    for (i = 0; i < KINDS; i++) {
        ask_and_unload(kinds[i], times_out);
        home_unblock(&scene.home);
        assert_true(eventually(dll_is_gone, NULL));
        scene_end_home(&scene);
    }
}

static void unloaded_while_sited_it_goes_when_home_has_let_go(void **state)
{
    (void)state;
    assert_gone_once_home_dispatches(FALSE);
}

static void unloaded_with_an_abandoned_query_it_goes_when_that_has_ended(void **state)
{
    (void)state;
    assert_gone_once_home_dispatches(TRUE);
}

static void unloaded_before_homes_end_it_goes_with_that(void **state)
{
    int round;

    (void)state;
    for (round = 0; round < 5; round++) {
        ask_and_unload(kinds[round % KINDS], FALSE);
        home_let_end(&scene.home);
        scene_end_home(&scene);
        assert_true(eventually(dll_is_gone, NULL));
    }
}

static void unloaded_after_nothing_but_creation_it_is_gone_at_once(void **state)
{
    HMODULE module;

    (void)state;
    module = dll_load();
    assert_hr(S_OK, dll.create(&scene.bridge));
    dll.release(scene.bridge);
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
        TEST(asking_at_home_itself_takes_its_hook_off),
        TEST(unloaded_right_after_close_it_goes_when_nothing_needs_it),
        TEST(unloaded_while_sited_it_goes_when_home_has_let_go),
        TEST(unloaded_with_an_abandoned_query_it_goes_when_that_has_ended),
        TEST(unloaded_before_homes_end_it_goes_with_that),
        TEST(unloaded_after_nothing_but_creation_it_is_gone_at_once),
    };

    return RUN("lifetime", tests);
}
