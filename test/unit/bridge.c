/* The bridge's life: made, sited, sited anew, unsited, counted, released. */
#include "harness.h"
#include "import.h"

static Scene scene;

static void begin(void)
{
    scene_begin(&scene, IN_STA);
}

static void begin_without_a_site(void)
{
    scene_begin_home(&scene, IN_STA);
    assert_hr(S_OK, SiteBridgeCreate(&scene.bridge));
}

/* Nothing is left even before home ends, which would give back what had leaked. */
static void end(void)
{
    SiteBridgeRelease(scene.bridge);
    assert_idle();
    scene_end_home(&scene);
}

static HRESULT ask_in(Kind kind)
{
    Ask question = {0};

    question.bridge = scene.bridge;
    thread_run(kind, ask, &question);
    assert_true(question.answered);
    return question.hr;
}

static HRESULT ask_at_home(void)
{
    Ask question = {0};

    question.bridge = scene.bridge;
    home_run(&scene.home, ask, &question);
    assert_true(question.answered);
    return question.hr;
}

static void assert_everyone_gets(HRESULT hr)
{
    assert_hr(hr, ask_at_home());
    assert_hr(hr, ask_in(IN_MTA));
    assert_hr(hr, ask_in(IN_NONE));
    assert_hr(hr, ask_in(IN_STA));
}

typedef struct Siting {
    SiteBridge *bridge;
    IServiceProvider *site;
    HRESULT hr;
} Siting;

static void set_site(void *context)
{
    Siting *siting = context;

    siting->hr = SiteBridgeSetSite(siting->bridge, siting->site);
}

static HRESULT set_site_in(Kind kind, IServiceProvider *new_site)
{
    Siting siting = {scene.bridge, new_site, E_PENDING};

    thread_run(kind, set_site, &siting);
    return siting.hr;
}

/* Made and released */

static void references_are_counted(void **state)
{
    SiteBridge *bridge;

    (void)state;
    assert_hr(S_OK, SiteBridgeCanUnloadNow());
    assert_hr(S_OK, SiteBridgeCreate(&bridge));
    assert_hr(S_FALSE, SiteBridgeCanUnloadNow());
    assert_int_equal(2, SiteBridgeAddRef(bridge));
    assert_int_equal(1, SiteBridgeRelease(bridge));
    assert_hr(S_FALSE, SiteBridgeCanUnloadNow());
    assert_int_equal(0, SiteBridgeRelease(bridge));
    assert_hr(S_OK, SiteBridgeCanUnloadNow());
}

static void bridges_are_counted_each(void **state)
{
    SiteBridge *bridge, *other;

    (void)state;
    assert_hr(S_OK, SiteBridgeCreate(&bridge));
    assert_hr(S_OK, SiteBridgeCreate(&other));
    assert_ptr_not_equal(bridge, other);
    SiteBridgeRelease(bridge);
    assert_hr(S_FALSE, SiteBridgeCanUnloadNow());
    SiteBridgeRelease(other);
    assert_hr(S_OK, SiteBridgeCanUnloadNow());
}

static void release_here(void *context)
{
    SiteBridgeRelease(context);
}

static void the_last_release_on_home_unsites_at_once(void **state)
{
    (void)state;
    begin();
    SiteBridgeAddRef(scene.bridge);
    home_run(&scene.home, release_here, scene.bridge);
    assert_int_equal(2, host_refs(&scene.site));
    SiteBridgeAddRef(scene.bridge);
    SiteBridgeRelease(scene.bridge);
    home_run(&scene.home, release_here, scene.bridge);
    assert_int_equal(1, host_refs(&scene.site));
    assert_idle();
    scene_end_home(&scene);
}

/* It returns while home is blocked; home gives the site back once it dispatches. */
static void the_last_release_elsewhere_has_home_unsite(void **state)
{
    (void)state;
    begin();
    assert_hr(S_OK, ask_in(IN_MTA));
    home_block(&scene.home);
    thread_run(IN_MTA, release_here, scene.bridge);
    assert_hr(S_FALSE, SiteBridgeCanUnloadNow());
    home_unblock(&scene.home);
    assert_idle();
    scene_end_home(&scene);
}

/* Sited */

static void a_bridge_without_a_site_refuses(void **state)
{
    (void)state;
    begin_without_a_site();
    assert_everyone_gets(E_UNEXPECTED);
    end();
}

static void an_unsited_bridge_refuses(void **state)
{
    (void)state;
    begin();
    assert_everyone_gets(S_OK);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    assert_everyone_gets(E_UNEXPECTED);
    end();
}

static void unsiting_without_a_site_is_ok(void **state)
{
    (void)state;
    begin();
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    assert_hr(S_OK, set_site_in(IN_STA, NULL));
    assert_hr(S_OK, set_site_in(IN_MTA, NULL));
    end();
}

/* Neither a site nor NULL. */
static void a_thread_in_no_apartment_cannot_change_the_site(void **state)
{
    (void)state;
    begin();
    assert_hr(RPC_E_WRONG_THREAD, set_site_in(IN_NONE, host_site(&scene.site)));
    assert_hr(RPC_E_WRONG_THREAD, set_site_in(IN_NONE, NULL));
    assert_int_equal(2, host_refs(&scene.site));
    assert_everyone_gets(S_OK);
    end();
}

static void a_thread_in_no_apartment_cannot_become_home(void **state)
{
    (void)state;
    begin_without_a_site();
    assert_hr(CO_E_NOTINITIALIZED, set_site_in(IN_NONE, host_site(&scene.site)));
    assert_hr(S_OK, set_site_in(IN_NONE, NULL));
    assert_int_equal(1, host_refs(&scene.site));
    assert_everyone_gets(E_UNEXPECTED);
    end();
}

static void only_home_changes_the_site(void **state)
{
    static const Kind kinds[] = {IN_STA, IN_MTA};
    Host other;
    size_t i;

    (void)state;
    begin();
    host_init(&other, 0);
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        assert_hr(RPC_E_WRONG_THREAD, set_site_in(kinds[i], host_site(&other)));
        assert_hr(RPC_E_WRONG_THREAD, set_site_in(kinds[i], NULL));
    }
    /* The implicit MTA, which the library keeps. */
    assert_hr(RPC_E_WRONG_THREAD, set_site_in(IN_NONE, host_site(&other)));
    assert_hr(RPC_E_WRONG_THREAD, set_site_in(IN_NONE, NULL));
    assert_int_equal(1, host_refs(&other));
    assert_int_equal(2, host_refs(&scene.site));
    assert_everyone_gets(S_OK);
    assert_int_equal(0, other.queries);
    end();
}

/*
 * The proxy of the first site is gone, and nobody asks that site any more. Neither gives itself for a service: what
 * was passed on to an STA the library gives back when the STA has gone on.
 */
static void a_second_site_replaces_the_first(void **state)
{
    Host other;

    (void)state;
    begin();
    host_init(&other, scene.home.id);
    other.service = &scene.service;
    assert_everyone_gets(S_OK);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, &other));
    assert_int_equal(1, host_refs(&scene.site));
    scene.site.queries = 0;
    assert_everyone_gets(S_OK);
    assert_int_equal(0, scene.site.queries);
    assert_proxies(scene.bridge, 1);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    assert_int_equal(1, host_refs(&other));
    assert_int_equal(0, other.wrong_threads);
    end();
}

static void the_same_site_can_be_set_again(void **state)
{
    (void)state;
    begin();
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, &scene.site));
    assert_int_equal(2, host_refs(&scene.site));
    assert_everyone_gets(S_OK);
    end();
}

static void an_unsited_bridge_may_find_another_home(void **state)
{
    Home other_home;
    Host other, service;

    (void)state;
    begin();
    assert_everyone_gets(S_OK);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    home_start(&other_home, IN_STA);
    host_init(&other, other_home.id);
    host_init(&service, other_home.id);
    other.service = &service;
    assert_hr(S_OK, home_set_site(&other_home, scene.bridge, &other));
    assert_everyone_gets(S_OK);
    assert_int_equal(other_home.id, other.last_thread);
    assert_hr(RPC_E_WRONG_THREAD, home_set_site(&scene.home, scene.bridge, &scene.site));
    assert_hr(S_OK, home_set_site(&other_home, scene.bridge, NULL));
    assert_int_equal(1, host_refs(&other));
    assert_int_equal(0, other.wrong_threads);
    home_stop(&other_home);
    end();
}

/* It ends with the thread that set the site last, though others are left. */
static void any_mta_thread_changes_the_site_of_an_mta_home(void **state)
{
    Home other;

    (void)state;
    scene_begin(&scene, IN_MTA);
    home_start(&other, IN_MTA);
    assert_hr(RPC_E_WRONG_THREAD, set_site_in(IN_STA, NULL));
    assert_hr(S_OK, home_set_site(&other, scene.bridge, &scene.site));
    assert_int_equal(2, host_refs(&scene.site));
    assert_hr(S_OK, set_site_in(IN_NONE, NULL));
    assert_int_equal(1, host_refs(&scene.site));
    assert_hr(S_OK, home_set_site(&other, scene.bridge, &scene.site));
    assert_hr(S_OK, set_site_in(IN_MTA, host_site(&scene.site)));
    assert_int_equal(1, host_refs(&scene.site));
    home_stop(&other);
    scene_end(&scene);
}

/* Failing to be sited */

typedef HRESULT(WINAPI *Marshal)(REFIID riid, IUnknown *object, IStream **stream);
typedef HRESULT(WINAPI *RegisterSpy)(IInitializeSpy *spy, ULARGE_INTEGER *cookie);

static HRESULT WINAPI marshal_that_fails(REFIID riid, IUnknown *object, IStream **stream)
{
    (void)riid, (void)object;
    *stream = NULL;
    return STG_E_MEDIUMFULL;
}

static HRESULT WINAPI register_spy_that_fails(IInitializeSpy *spy, ULARGE_INTEGER *cookie)
{
    (void)spy, (void)cookie;
    return E_OUTOFMEMORY;
}

static void fail_set_site(const char *function, ImportedFunction replacement, HRESULT expected)
{
    ImportedFunction genuine = import_patch(NULL, "ole32.dll", function, replacement);
    Host other;

    assert_non_null(genuine);
    host_init(&other, scene.home.id);
    assert_hr(expected, home_set_site(&scene.home, scene.bridge, &other));
    import_patch(NULL, "ole32.dll", function, genuine);
    assert_int_equal(1, host_refs(&other));
    assert_int_equal(0, other.wrong_threads);
}

static void a_failure_to_marshal_leaves_the_site_as_it_was(void **state)
{
    SiteBridgeStatistics before, after;

    (void)state;
    begin();
    assert_hr(S_OK, ask_in(IN_MTA));
    before = statistics_of(scene.bridge);
    fail_set_site("CoMarshalInterThreadInterfaceInStream", (ImportedFunction)marshal_that_fails,
                  STG_E_MEDIUMFULL);
    after = statistics_of(scene.bridge);
    assert_memory_equal(&before, &after, sizeof after);
    assert_int_equal(2, host_refs(&scene.site));
    assert_everyone_gets(S_OK);
    end();
}

static void a_failure_to_marshal_leaves_a_bridge_without_a_site(void **state)
{
    (void)state;
    begin();
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    fail_set_site("CoMarshalInterThreadInterfaceInStream", (ImportedFunction)marshal_that_fails,
                  STG_E_MEDIUMFULL);
    fail_set_site("CoRegisterInitializeSpy", (ImportedFunction)register_spy_that_fails,
                  E_OUTOFMEMORY);
    assert_everyone_gets(E_UNEXPECTED);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, &scene.site));
    assert_everyone_gets(S_OK);
    end();
}

/* Unsiting */

typedef struct Release {
    IStream *packet;
    DWORD thread;
    volatile LONG count;
} Release;

typedef HRESULT(WINAPI *ReleaseMarshalData)(IStream *packet);
static ReleaseMarshalData genuine_release;
static Release released;

static HRESULT WINAPI watch_release(IStream *packet)
{
    released.packet = packet;
    released.thread = GetCurrentThreadId();
    InterlockedIncrement(&released.count);
    return genuine_release(packet);
}

static void an_unused_packet_is_reclaimed_on_home(void **state)
{
    (void)state;
    ZeroMemory(&released, sizeof released);
    genuine_release = (ReleaseMarshalData)import_patch(NULL, "ole32.dll", "CoReleaseMarshalData",
                                                       (ImportedFunction)watch_release);
    assert_non_null(genuine_release);
    begin();
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    assert_int_equal(1, released.count);
    assert_int_equal(scene.home.id, released.thread);
    assert_int_equal(1, statistics_of(scene.bridge).packets_reclaimed);
    assert_int_equal(0, statistics_of(scene.bridge).packets_unmarshaled);
    end();
    import_patch(NULL, "ole32.dll", "CoReleaseMarshalData", (ImportedFunction)genuine_release);
}

/* Holds an STA with an answer, and does not dispatch. */
typedef struct Holder {
    Ask question;
    HANDLE has_it, let_go;
} Holder;

static void hold_an_answer(void *context)
{
    Holder *holder = context;

    ask(&holder->question);
    SetEvent(holder->has_it);
    WaitForSingleObject(holder->let_go, PATIENCE);
    if (holder->question.object)
        IServiceProvider_Release(holder->question.object);
}

typedef struct Unsiting {
    Ask question; /* queued to home */
    Thread asker;
    BOOL queued;
    HRESULT hr;
    LONG refs;
    LONG queries; /* that came through meanwhile */
} Unsiting;

/* Something has been queued to this thread, and stays there. */
static BOOL wait_until_queued(void)
{
    return MsgWaitForMultipleObjectsEx(0, NULL, PATIENCE, QS_ALLINPUT, MWMO_INPUTAVAILABLE) ==
           WAIT_OBJECT_0;
}

static void unsite_with_a_call_queued(void *context)
{
    Unsiting *unsiting = context;
    LONG before = scene.site.queries;

    unsiting->question.bridge = scene.bridge;
    thread_start(&unsiting->asker, IN_MTA, ask, &unsiting->question);
    unsiting->queued = wait_until_queued();
    unsiting->hr = SiteBridgeSetSite(scene.bridge, NULL);
    unsiting->refs = host_refs(&scene.site);
    unsiting->queries = scene.site.queries - before;
}

/*
 * The MTA has its proxy, a blocked STA an answer, a packet of a service that was fetched ahead is unused, and
 * a call is in home's queue.
 */
static void unsiting_leaves_no_reference_whatever_is_alive(void **state)
{
    static const GUID service = {0x5a0c1d02, 0x77f1, 0x4a55, {0x90, 1, 1, 1, 1, 1, 1, 1}};
    Unsiting unsiting = {0};
    Holder holder = {0};
    Thread thread;

    (void)state;
    begin();
    holder.question.bridge = scene.bridge;
    holder.question.keep = TRUE;
    holder.has_it = CreateEventW(NULL, TRUE, FALSE, NULL);
    holder.let_go = CreateEventW(NULL, TRUE, FALSE, NULL);
    thread_start(&thread, IN_STA, hold_an_answer, &holder);
    wait_for(holder.has_it, "the STA's query");
    assert_hr(S_OK, holder.question.hr);
    assert_hr(S_OK, home_prefetch(&scene.home, scene.bridge, &service, &IID_IServiceProvider));
    assert_int_equal(1, statistics_of(scene.bridge).proxies_cached);

    home_run(&scene.home, unsite_with_a_call_queued, &unsiting);
    assert_true(unsiting.queued);
    assert_hr(S_OK, unsiting.hr);
    assert_int_equal(1, unsiting.refs);
    assert_int_equal(0, unsiting.queries);
    thread_join(&unsiting.asker);
    assert_hr(E_UNEXPECTED, unsiting.question.hr);
    assert_true(unsiting.question.answered);
    SetEvent(holder.let_go);
    thread_join(&thread);
    CloseHandle(holder.has_it);
    CloseHandle(holder.let_go);
    end();
}

/* What else has come for home while it changes the site: a window message and somebody's COM call.
 */
typedef struct Bystander {
    Host object;
    IStream *packet;
    HRESULT called;
    Thread caller;
    volatile LONG messages;
    BOOL queued;
    HRESULT unsited, sited;
    LONG messages_seen, calls_seen;
} Bystander;

static Bystander bystander;

static LRESULT CALLBACK count_messages(HWND window, UINT message, WPARAM wparam, LPARAM lparam)
{
    if (message == WM_APP)
        InterlockedIncrement(&bystander.messages);
    return DefWindowProcW(window, message, wparam, lparam);
}

static void call_bystander(void *context)
{
    IServiceProvider *provider = NULL;
    IUnknown *object = NULL;

    (void)context;
    bystander.called =
        CoGetInterfaceAndReleaseStream(bystander.packet, &IID_IServiceProvider, (void **)&provider);
    if (FAILED(bystander.called))
        return;
    bystander.called = IServiceProvider_QueryService(provider, &IID_IServiceProvider, &IID_IUnknown,
                                                     (void **)&object);
    if (object)
        IUnknown_Release(object);
    IServiceProvider_Release(provider);
}

static void change_the_site_among_messages(void *context)
{
    HWND window =
        CreateWindowExW(0, L"STATIC", NULL, 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);

    (void)context;
    SetWindowLongPtrW(window, GWLP_WNDPROC, (LONG_PTR)count_messages);
    CoMarshalInterThreadInterfaceInStream(
        &IID_IServiceProvider, (IUnknown *)host_site(&bystander.object), &bystander.packet);
    thread_start(&bystander.caller, IN_MTA, call_bystander, NULL);
    bystander.queued = wait_until_queued();
    PostMessageW(window, WM_APP, 0, 0);
    bystander.unsited = SiteBridgeSetSite(scene.bridge, NULL);
    bystander.sited = SiteBridgeSetSite(scene.bridge, host_site(&scene.site));
    if (SUCCEEDED(bystander.sited))
        bystander.sited = SiteBridgeSetSite(scene.bridge, host_site(&scene.site));
    bystander.messages_seen = bystander.messages;
    bystander.calls_seen = bystander.object.queries;
    pump();
    DestroyWindow(window);
}

/* That both had been queued shows when home dispatches again. */
static void changing_the_site_dispatches_nothing(void **state)
{
    (void)state;
    begin();
    ZeroMemory(&bystander, sizeof bystander);
    host_init(&bystander.object, scene.home.id);
    assert_hr(S_OK, ask_in(IN_MTA));
    home_run(&scene.home, change_the_site_among_messages, NULL);
    thread_join(&bystander.caller);
    assert_true(bystander.queued);
    assert_hr(S_OK, bystander.unsited);
    assert_hr(S_OK, bystander.sited);
    assert_int_equal(0, bystander.messages_seen);
    assert_int_equal(0, bystander.calls_seen);
    assert_hr(S_OK, bystander.called);
    assert_int_equal(1, bystander.messages);
    assert_int_equal(1, bystander.object.queries);
    end();
}

/* The harness ends home without a word to the bridge. */
static void the_end_of_home_unsites(void **state)
{
    (void)state;
    begin();
    assert_hr(S_OK, ask_in(IN_MTA));
    home_stop(&scene.home);
    assert_int_equal(1, host_refs(&scene.site));
    assert_int_equal(0, scene.site.wrong_threads);
    assert_hr(E_UNEXPECTED, ask_in(IN_MTA));
    assert_hr(E_UNEXPECTED, ask_in(IN_STA));
    SiteBridgeRelease(scene.bridge);
    assert_idle();
}

/* Counted */

static void statistics_say_what_happened(void **state)
{
    SiteBridgeStatistics s;

    (void)state;
    begin_without_a_site();
    s = statistics_of(scene.bridge);
    assert_int_equal(0, s.packets_marshaled + s.packets_unmarshaled + s.packets_reclaimed +
                            s.proxies_cached + s.calls_in_flight);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, &scene.site));
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, &scene.site));
    assert_hr(S_OK, ask_in(IN_MTA));
    s = statistics_of(scene.bridge);
    assert_int_equal(2, s.packets_marshaled);
    assert_int_equal(1, s.packets_unmarshaled);
    assert_int_equal(1, s.packets_reclaimed);
    assert_int_equal(1, s.proxies_cached);
    assert_int_equal(0, s.calls_in_flight);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    assert_proxies(scene.bridge, 0);
    s = statistics_of(scene.bridge);
    assert_int_equal(2, s.packets_marshaled);
    assert_int_equal(1, s.packets_unmarshaled);
    assert_int_equal(1, s.packets_reclaimed);
    end();
}

/* Also more of them than the bridge has slots for. */
static void calls_in_flight_are_counted(void **state)
{
    enum { CALLS = 20 };
    Ask questions[CALLS] = {0};
    Thread threads[CALLS];
    int i;

    (void)state;
    begin();
    assert_hr(S_OK, ask_in(IN_MTA));
    home_block(&scene.home);
    for (i = 0; i < CALLS; i++) {
        questions[i].bridge = scene.bridge;
        thread_start(&threads[i], IN_MTA, ask, &questions[i]);
    }
    assert_calls(scene.bridge, CALLS);
    home_unblock(&scene.home);
    for (i = 0; i < CALLS; i++) {
        thread_join(&threads[i]);
        assert_hr(S_OK, questions[i].hr);
    }
    assert_calls(scene.bridge, 0);
    end();
}

/* The most that there were while the site was asked. */
static HRESULT count_inside(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    SiteBridgeStatistics s = {sizeof s, 0, 0, 0, 0, 0};
    DWORD *most = host->context;

    (void)rsid;
    SiteBridgeGetStatistics(scene.bridge, &s);
    if (s.calls_in_flight > *most)
        *most = s.calls_in_flight;
    return IServiceProvider_QueryInterface(host_site(host), riid, ppv);
}

static void homes_own_calls_are_not_in_flight(void **state)
{
    DWORD most = 0;

    (void)state;
    begin();
    scene.site.context = &most;
    scene.site.query = count_inside;
    assert_hr(S_OK, ask_at_home());
    assert_int_equal(0, most);
    assert_hr(S_OK, ask_in(IN_MTA));
    assert_int_equal(1, most);
    end();
}

int main(void)
{
    static const Test tests[] = {
        TEST(references_are_counted),
        TEST(bridges_are_counted_each),
        TEST(the_last_release_on_home_unsites_at_once),
        TEST(the_last_release_elsewhere_has_home_unsite),
        TEST(a_bridge_without_a_site_refuses),
        TEST(an_unsited_bridge_refuses),
        TEST(unsiting_without_a_site_is_ok),
        TEST(a_thread_in_no_apartment_cannot_change_the_site),
        TEST(a_thread_in_no_apartment_cannot_become_home),
        TEST(only_home_changes_the_site),
        TEST(a_second_site_replaces_the_first),
        TEST(the_same_site_can_be_set_again),
        TEST(an_unsited_bridge_may_find_another_home),
        TEST(any_mta_thread_changes_the_site_of_an_mta_home),
        TEST(a_failure_to_marshal_leaves_the_site_as_it_was),
        TEST(a_failure_to_marshal_leaves_a_bridge_without_a_site),
        TEST(an_unused_packet_is_reclaimed_on_home),
        TEST(unsiting_leaves_no_reference_whatever_is_alive),
        TEST(changing_the_site_dispatches_nothing),
        TEST(the_end_of_home_unsites),
        TEST(statistics_say_what_happened),
        TEST(calls_in_flight_are_counted),
        TEST(homes_own_calls_are_not_in_flight),
    };

    return RUN("bridge", tests);
}
