/* A home whose thread is killed, of which COM tells nobody. What it has of its site is lost. */
#include "import.h"
#include "raw.h"

#include <sitebridge/package.h>

static const Kind kinds[] = { IN_MTA, IN_STA, IN_NONE };
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static Scene scene;
static Host next;               /* the site after the scene's, on the same home unless it says otherwise */

static void set_next(void *context)
{
    *(HRESULT *)context = SiteBridgeSetSite(scene.bridge, host_site(&next));
}

static void begin(Kind kind)
{
    scene_begin(&scene, kind);
    host_init(&next, scene.home.id);
}

/*
 * Where it is used, so that the library has proxies. Nothing of the library's is to be on its way to home when that
 * is killed, since it would hang on Wine: somebody else has the last reference on what a thread of it releases.
 */
static Keeper keeper;
static BOOL keeps;

static void begin_and_use(BOOL used)
{
    begin(IN_STA);
    keeps = used;
    if (!used)
        return;
    keeper_begin(&keeper, scene.bridge);
    assert_hr(S_OK, home_prefetch(&scene.home, scene.bridge, &fetched_id, &IID_IServiceProvider));
    assert_everybody_is_answered(scene.bridge, &scene.site, TRUE);
}

static void kill_blocked_home(void)
{
    home_kill(&scene.home);
    if (keeps)
        keeper_end(&keeper);
    keeps = FALSE;
}

static void kill_home(void)
{
    home_block(&scene.home);
    kill_blocked_home();
}

static void release_bridge(void *context)
{
    (void)context;
    SiteBridgeRelease(scene.bridge);
}

static void once_home_is_killed_calls_fail_and_the_last_release_ends_everything(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < 2 * KINDS; i++) {
        begin_and_use(i >= KINDS);
        kill_home();
        assert_nobody_is_answered(scene.bridge);
        thread_run(kinds[i % KINDS], release_bridge, NULL);
        assert_idle();
    }
}

static void released_at_once_after_home_was_killed_nothing_is_left(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < 2 * KINDS; i++) {
        begin_and_use(i >= KINDS);
        kill_home();
        thread_run(kinds[i % KINDS], release_bridge, NULL);
        assert_idle();
    }
}

/* Until the bridge goes. */
static void assert_another_takes_over(void)
{
    HRESULT hr = E_FAIL;
    Home heir;

    home_start(&heir, IN_STA);
    host_init(&next, heir.id);
    home_run(&heir, set_next, &hr);
    assert_hr(S_OK, hr);
    assert_everybody_is_answered(scene.bridge, &next, FALSE);
    SiteBridgeRelease(scene.bridge);
    home_stop(&heir);
    assert_int_equal(1, host_refs(&next));
    assert_int_equal(0, next.wrong_threads);
}

static void another_thread_takes_over_from_a_home_that_was_killed(void **state)
{
    int used;

    (void)state;
    for (used = 0; used < 2; used++) {
        begin_and_use(used);
        kill_home();
        assert_another_takes_over();
        assert_idle();
    }
}

/* The MTA lives on, and with it the site, which whoever is left there may have called. */
static void so_it_is_where_home_is_the_mta(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < 2 * KINDS; i++) {
        Ask question = { 0 };
        HRESULT hr;
        Home heir;

        begin(IN_MTA);
        home_start(&heir, IN_MTA);
        kill_home();
        question.bridge = scene.bridge;
        thread_run(kinds[i % KINDS], ask, &question);
        assert_true(question.answered);
        if (i >= KINDS) {
            host_init(&next, 0);
            home_run(&heir, set_next, &hr);
            assert_hr(S_OK, hr);
            thread_run(kinds[i % KINDS], ask, &question);
            assert_answered(&question);
        }
        thread_run(kinds[i % KINDS], release_bridge, NULL);
        home_stop(&heir);
        assert_int_equal(1, host_refs(&next));
        assert_idle();
    }
}

/* What others still have of it when the bridge has gone. */
static void release_kept(void *context)
{
    IServiceProvider_Release(((Ask *)context)->object);
}

static void what_was_fetched_ahead_may_be_given_back_when_home_has_been_killed(void **state)
{
    Ask kept = { 0 };
    Home sta;

    (void)state;
    begin(IN_STA);
    assert_hr(S_OK, home_prefetch(&scene.home, scene.bridge, &fetched_id, &IID_IServiceProvider));
    kept.bridge = scene.bridge;
    kept.service = &fetched_id;
    kept.keep = TRUE;
    home_start(&sta, IN_STA);
    home_run(&sta, ask, &kept);
    assert_answered(&kept);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    assert_int_equal(1, host_refs(&scene.site));
    SiteBridgeRelease(scene.bridge);
    kill_home();
    home_run(&sta, release_kept, &kept);
    home_stop(&sta);
    assert_idle();
}

static Filter filter;

/* The library's thread, between two tries: nothing is in home's queue then. */
typedef VOID (WINAPI *SleepFunction)(DWORD milliseconds);
static SleepFunction true_sleep;
static HANDLE rests, go_on;
static volatile LONG may_rest;

static VOID WINAPI rest_once(DWORD milliseconds)
{
    if (milliseconds > 100 || !InterlockedExchange(&may_rest, FALSE)) {
        true_sleep(milliseconds);
        return;
    }
    SetEvent(rests);
    WaitForSingleObject(go_on, PATIENCE);
}

/* The library tries until home lets it in, or is no more. */
static void killed_while_it_refuses_calls_home_is_not_asked_for_ever(void **state)
{
    HMODULE library = import_source("SiteBridgeCreate");
    int unsited;

    (void)state;
    rests = CreateEventW(NULL, FALSE, FALSE, NULL);
    go_on = CreateEventW(NULL, FALSE, FALSE, NULL);
    true_sleep = (SleepFunction)import_patch(library, NULL, "Sleep", (ImportedFunction)rest_once);
    assert_non_null(true_sleep);
    for (unsited = 0; unsited < 2; unsited++) {
        begin_and_use(TRUE);
        filter_put_on(&filter, &scene.home, SERVERCALL_REJECTED);
        may_rest = TRUE;
        if (unsited)
            assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
        thread_run(IN_MTA, release_bridge, NULL);
        wait_for(rests, "the library");
        assert_true(filter.calls > 0);
        kill_home();
        SetEvent(go_on);
        assert_idle();
    }
    import_patch(library, NULL, "Sleep", (ImportedFunction)true_sleep);
    CloseHandle(rests);
    CloseHandle(go_on);
}

/* A package whose home is killed; its worker asks afterwards. */
static struct {
    IVsPackage *package;
    HANDLE go_on, asked;
    HRESULT set, run, answer, closed;
    volatile LONG stopped, destroyed;
} packaged;

static DWORD CALLBACK ask_and_await_stop(IVsPackage *from, HANDLE stop, void *context)
{
    IUnknown *nothing = NULL;

    (void)context;
    if (WaitForSingleObject(packaged.go_on, PATIENCE) == WAIT_OBJECT_0)
        packaged.answer = SitePackageQueryServiceFromBackgroundThread(from, &fetched_id, &IID_IUnknown,
                                                                      (void **)&nothing);
    SetEvent(packaged.asked);
    packaged.stopped = WaitForSingleObject(stop, PATIENCE) == WAIT_OBJECT_0;
    return 0;
}

static void CALLBACK on_destroyed(void *context)
{
    (void)context;
    InterlockedIncrement(&packaged.destroyed);
}

static void site_package(void *context)
{
    static const SitePackageEvents events = { .size = sizeof events, .destroyed = on_destroyed };

    (void)context;
    packaged.set = SitePackageCreate(&events, NULL, &IID_IVsPackage, (void **)&packaged.package);
    if (SUCCEEDED(packaged.set))
        packaged.set = IVsPackage_SetSite(packaged.package, host_site(&scene.site));
    packaged.run = SitePackageRunInBackground(packaged.package, ask_and_await_stop, NULL);
}

static void close_package(void *context)
{
    (void)context;
    packaged.closed = IVsPackage_Close(packaged.package);
    IVsPackage_Release(packaged.package);
}

static BOOL package_is_destroyed(void *context)
{
    (void)context;
    return packaged.destroyed == 1;
}

static void a_package_whose_home_is_killed_can_be_closed_by_another_thread(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < KINDS; i++) {
        scene_begin_home(&scene, IN_STA);
        ZeroMemory(&packaged, sizeof packaged);
        packaged.go_on = CreateEventW(NULL, FALSE, FALSE, NULL);
        packaged.asked = CreateEventW(NULL, FALSE, FALSE, NULL);
        home_run(&scene.home, site_package, NULL);
        assert_hr(S_OK, packaged.set);
        assert_hr(S_OK, packaged.run);
        kill_home();
        SetEvent(packaged.go_on);
        wait_for(packaged.asked, "the worker");
        assert_failed(packaged.answer);
        thread_run(kinds[i], close_package, NULL);
        assert_hr(S_OK, packaged.closed);
        assert_true(eventually(package_is_destroyed, NULL));
        assert_true(packaged.stopped);
        CloseHandle(packaged.go_on);
        CloseHandle(packaged.asked);
        assert_idle();
    }
}

/*
 * Calls that are queued to a thread when it is killed hang on Wine, with the bridge or without
 * (test/platform: a_call_queued_to_a_killed_sta). A deadline holds all the same; what is left then of the
 * library's is one thread of each such call.
 */
static void callers_of_a_home_that_is_killed_go_on_at_their_deadlines(void **state)
{
    Ask questions[KINDS];
    Thread threads[KINDS];
    size_t i;

    (void)state;
    begin_and_use(TRUE);
    home_block(&scene.home);
    ZeroMemory(questions, sizeof questions);
    for (i = 0; i < KINDS; i++) {
        questions[i].bridge = scene.bridge;
        questions[i].has_deadline = TRUE;
        questions[i].milliseconds = 500;
        thread_start(&threads[i], kinds[i], ask, &questions[i]);
    }
    assert_calls(scene.bridge, KINDS);
    kill_blocked_home();
    for (i = 0; i < KINDS; i++) {
        thread_join(&threads[i]);
        assert_true(questions[i].answered);
        assert_failed(questions[i].hr);
    }
    assert_another_takes_over();
    if (on_wine())
        accounts_excuse();
    else
        assert_idle();
}

/* The last test leaves threads behind. */
int main(void)
{
    static const Test tests[] = {
        TEST(once_home_is_killed_calls_fail_and_the_last_release_ends_everything),
        TEST(released_at_once_after_home_was_killed_nothing_is_left),
        TEST(another_thread_takes_over_from_a_home_that_was_killed),
        TEST(so_it_is_where_home_is_the_mta),
        TEST(what_was_fetched_ahead_may_be_given_back_when_home_has_been_killed),
        TEST(killed_while_it_refuses_calls_home_is_not_asked_for_ever),
        TEST(a_package_whose_home_is_killed_can_be_closed_by_another_thread),
        TEST(callers_of_a_home_that_is_killed_go_on_at_their_deadlines),
    };

    return RUN("killed", tests);
}
