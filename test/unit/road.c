/* An STA's calls are made by threads of the library's, and leave nothing in the STA. */
#include "import.h"
#include "raw.h"

enum { STAS = 3 };

static Scene scene;

static void enter_sta(void *context)
{
    (void)context;
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
}

static void leave_sta(void *context)
{
    (void)context;
    CoUninitialize();
}

/* Hooks that anybody registers off home */

typedef HRESULT (WINAPI *RegisterSpy)(IInitializeSpy *spy, ULARGE_INTEGER *cookie);
static RegisterSpy register_spy;
static volatile LONG hooks, hooks_off_home;

static HRESULT WINAPI register_counted(IInitializeSpy *spy, ULARGE_INTEGER *cookie)
{
    InterlockedIncrement(&hooks);
    if (GetCurrentThreadId() != scene.home.id)
        InterlockedIncrement(&hooks_off_home);
    return register_spy(spy, cookie);
}

static void begin_counting_hooks(void)
{
    HMODULE library = import_source("SiteBridgeCreate");

    hooks = hooks_off_home = 0;
    register_spy = (RegisterSpy)import_patch(library, NULL, "CoRegisterInitializeSpy",
                                             (ImportedFunction)register_counted);
    assert_non_null(register_spy);
}

static void end_counting_hooks(void)
{
    import_patch(import_source("SiteBridgeCreate"), NULL, "CoRegisterInitializeSpy",
                 (ImportedFunction)register_spy);
}

/* Two of these end with CoUninitialize, and one without. */
typedef struct Stas {
    Home threads[STAS];
    Everything everything[STAS];
} Stas;

static void stas_ask(Stas *stas)
{
    int i;

    ZeroMemory(stas, sizeof *stas);
    for (i = 0; i < STAS; i++) {
        home_start(&stas->threads[i], IN_NONE);
        home_run(&stas->threads[i], enter_sta, NULL);
        stas->everything[i].bridge = scene.bridge;
        home_run(&stas->threads[i], ask_everything, &stas->everything[i]);
        assert_everything_answered(&stas->everything[i]);
        assert_int_equal(scene.home.id, stas->everything[i].invoked_on);
    }
}

static void stas_end(Stas *stas)
{
    int i;

    for (i = 0; i < STAS; i++) {
        if (i != 1)
            home_run(&stas->threads[i], leave_sta, NULL);
        home_stop(&stas->threads[i]);
    }
}

static void begin_counted(void)
{
    ZeroMemory(&scene, sizeof scene);
    home_start(&scene.home, IN_STA);
    host_init(&scene.site, scene.home.id);
    host_init(&scene.service, scene.home.id);
    scene.site.service = &scene.service;
    begin_counting_hooks();
    assert_hr(S_OK, SiteBridgeCreate(&scene.bridge));
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, &scene.site));
    assert_int_equal(1, hooks);
    assert_hr(S_OK, home_prefetch(&scene.home, scene.bridge, &fetched_id, &IID_IServiceProvider));
}

/* The library is done before they are: nothing of it waits for the threads that once asked. */
static void stas_that_have_asked_cost_nothing(void **state)
{
    static Stas stas;

    (void)state;
    begin_counted();
    stas_ask(&stas);
    /* The site's, and that of what was fetched ahead: both of them the MTA's. */
    assert_int_equal(2, statistics_of(scene.bridge).proxies_cached);
    assert_int_equal(0, hooks_off_home);
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
    SiteBridgeRelease(scene.bridge);
    assert_idle();
    end_counting_hooks();
    stas_end(&stas);
    home_stop(&scene.home);
    assert_int_equal(1, host_refs(&scene.site));
    assert_int_equal(1, host_refs(&scene.service));
}

static void stas_that_have_asked_end_while_home_is_blocked(void **state)
{
    static Stas stas;

    (void)state;
    begin_counted();
    stas_ask(&stas);
    home_block(&scene.home);
    stas_end(&stas);
    assert_int_equal(2, statistics_of(scene.bridge).proxies_cached);
    assert_int_equal(0, hooks_off_home);
    home_unblock(&scene.home);
    end_counting_hooks();
    scene_end(&scene);
}

/* In a SendMessage of home's */

enum { ASK_NOW = WM_APP, REPLY_AND_ASK, FETCH_NOW };

static Everything in_message;
static IServiceProvider *fetched;
static HRESULT fetch_result;
static HWND window;
static HANDLE handled;

static LRESULT CALLBACK window_procedure(HWND hwnd, UINT message, WPARAM wparam, LPARAM lparam)
{
    if (message == REPLY_AND_ASK)
        ReplyMessage(0);
    if (message == ASK_NOW || message == REPLY_AND_ASK)
        ask_everything(&in_message);
    if (message == FETCH_NOW)
        fetch_result = SiteBridgeQueryService(scene.bridge, &fetched_id, &IID_IServiceProvider,
                                              (void **)&fetched);
    if (message >= ASK_NOW && message <= FETCH_NOW)
        SetEvent(handled);
    return DefWindowProcW(hwnd, message, wparam, lparam);
}

static void window_create(void *context)
{
    WNDCLASSW class_ = { 0 };

    (void)context;
    class_.lpfnWndProc = window_procedure;
    class_.hInstance = GetModuleHandleW(NULL);
    class_.lpszClassName = L"SiteBridge.Test.Road";
    RegisterClassW(&class_);
    window = CreateWindowExW(0, class_.lpszClassName, NULL, 0, 0, 0, 0, 0, HWND_MESSAGE, NULL,
                             class_.hInstance, NULL);
}

static void window_destroy(void *context)
{
    (void)context;
    DestroyWindow(window);
    UnregisterClassW(L"SiteBridge.Test.Road", GetModuleHandleW(NULL));
}

static void send_message(void *context)
{
    SendMessageW(window, *(UINT *)context, 0, 0);
}

static void notify_window(void *context)
{
    SendNotifyMessageW(window, *(UINT *)context, 0, 0);
}

static void begin_with_window(Home *sta)
{
    handled = CreateEventW(NULL, FALSE, FALSE, NULL);
    scene_begin(&scene, IN_STA);
    home_start(sta, IN_STA);
    home_run(sta, window_create, NULL);
    assert_non_null(window);
    ZeroMemory(&in_message, sizeof in_message);
    in_message.bridge = scene.bridge;
}

static void end_with_window(Home *sta)
{
    home_run(sta, window_destroy, NULL);
    home_stop(sta);
    scene_end(&scene);
    CloseHandle(handled);
}

static void assert_refused(const Ask *question)
{
    assert_true(question->answered);
    assert_hr(RPC_E_CANTCALLOUT_ININPUTSYNCCALL, question->hr);
}

/* Home does not dispatch COM's calls until it has been answered: a wait would never end. */
static void inside_homes_send_message_an_sta_is_refused(void **state)
{
    UINT message = ASK_NOW;
    Ask question = { 0 };
    Home sta;

    (void)state;
    begin_with_window(&sta);
    home_run(&scene.home, send_message, &message);
    assert_refused(&in_message.query);
    assert_refused(&in_message.within);
    assert_refused(&in_message.fetched);
    assert_hr(RPC_E_CANTCALLOUT_ININPUTSYNCCALL, in_message.invoked);
    assert_int_equal(0, in_message.invoked_on);
    question.bridge = scene.bridge;
    home_run(&sta, ask, &question);
    assert_answered(&question);
    end_with_window(&sta);
}

static void use_fetched(void *context)
{
    *(HRESULT *)context = raw_call(fetched);
    IServiceProvider_Release(fetched);
}

/* It is used when home dispatches again. */
static void inside_homes_send_message_an_sta_gets_what_was_fetched_ahead(void **state)
{
    UINT message = FETCH_NOW;
    HRESULT used = E_PENDING;
    Home sta;

    (void)state;
    begin_with_window(&sta);
    assert_hr(S_OK, home_prefetch(&scene.home, scene.bridge, &fetched_id, &IID_IServiceProvider));
    fetch_result = E_PENDING;
    home_run(&scene.home, send_message, &message);
    assert_hr(S_OK, fetch_result);
    home_run(&sta, use_fetched, &used);
    assert_hr(S_OK, used);
    end_with_window(&sta);
}

/* Then home goes on meanwhile. */
static void a_message_that_nobody_waits_for_is_no_hindrance(void **state)
{
    UINT reply = REPLY_AND_ASK, ask_now = ASK_NOW;
    Home sta;

    (void)state;
    begin_with_window(&sta);
    assert_hr(S_OK, home_prefetch(&scene.home, scene.bridge, &fetched_id, &IID_IServiceProvider));
    home_run(&scene.home, send_message, &reply);
    wait_for(handled, "the STA");
    assert_everything_answered(&in_message);
    ZeroMemory(&in_message, sizeof in_message);
    in_message.bridge = scene.bridge;
    home_run(&scene.home, notify_window, &ask_now);
    wait_for(handled, "the STA");
    assert_everything_answered(&in_message);
    end_with_window(&sta);
}

/* The caller's apartment ends during the wait */

typedef struct Ending {
    Host object;            /* the STA's: ends its apartment when it is called */
    IStream *packet;
    BOOL starts_again;      /* as another STA */
    HANDLE ended;
    Thread caller;
    Ask question;
} Ending;

static HRESULT end_the_apartment(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    Ending *ending = host->context;

    (void)rsid, (void)riid;
    CoUninitialize();
    if (ending->starts_again)
        CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    SetEvent(ending->ended);
    *ppv = NULL;
    return E_ABORT;
}

static void call_packet(void *context)
{
    Ending *ending = context;
    IServiceProvider *object;

    if (SUCCEEDED(raw_unmarshal(ending->packet, &object))) {
        raw_call(object);
        IServiceProvider_Release(object);
    }
}

/* The site: answers when the caller's apartment has ended. */
static HRESULT answer_after_the_end(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    Ending *ending = host->context;

    (void)rsid;
    host->query = NULL;
    thread_start(&ending->caller, IN_MTA, call_packet, ending);
    WaitForSingleObject(ending->ended, PATIENCE);
    return IServiceProvider_QueryInterface(host_site(host->service), riid, ppv);
}

static void an_answer_is_for_the_apartment_that_its_caller_is_in_by_then(void **state)
{
    static Ending ending;
    BOOL starts_again;
    Home sta;

    (void)state;
    for (starts_again = FALSE; starts_again <= TRUE; starts_again++) {
        scene_begin(&scene, IN_STA);
        ZeroMemory(&ending, sizeof ending);
        ending.starts_again = starts_again;
        ending.ended = CreateEventW(NULL, TRUE, FALSE, NULL);
        ending.question.bridge = scene.bridge;
        home_start(&sta, IN_NONE);
        home_run(&sta, enter_sta, NULL);
        host_init(&ending.object, sta.id);
        ending.object.query = end_the_apartment;
        ending.object.context = &ending;
        ending.packet = raw_marshal_at(&sta, &ending.object);
        scene.site.query = answer_after_the_end;
        scene.site.context = &ending;
        home_run(&sta, ask, &ending.question);
        assert_hr(WAIT_OBJECT_0, WaitForSingleObject(ending.ended, 0));
        assert_answered(&ending.question);
        home_run(&sta, ask, &ending.question);
        assert_answered(&ending.question);
        thread_join(&ending.caller);
        if (starts_again)
            home_run(&sta, leave_sta, NULL);
        home_stop(&sta);
        assert_int_equal(1, host_refs(&ending.object));
        CloseHandle(ending.ended);
        scene_end(&scene);
    }
}

/* Home is the MTA */

static volatile LONG asked_in_mta, asked_elsewhere;

static HRESULT note_apartment(Host *host, REFGUID rsid, REFIID riid, void **ppv)
{
    (void)rsid;
    InterlockedIncrement(raw_is_in(APTTYPE_MTA) ? &asked_in_mta : &asked_elsewhere);
    return IServiceProvider_QueryInterface(host_site(host->service), riid, ppv);
}

static void where_home_is_the_mta_an_sta_gets_there_too(void **state)
{
    Everything everything = { 0 };
    Home sta;

    (void)state;
    scene_begin(&scene, IN_MTA);
    scene.site.query = note_apartment;
    asked_in_mta = asked_elsewhere = 0;
    assert_hr(S_OK, home_prefetch(&scene.home, scene.bridge, &fetched_id, &IID_IServiceProvider));
    assert_int_equal(1, asked_in_mta);
    everything.bridge = scene.bridge;
    home_start(&sta, IN_STA);
    home_run(&sta, ask_everything, &everything);
    assert_everything_answered(&everything);
    /* The STA's are proxies; its own thread has called nothing. */
    assert_ptr_not_equal(host_site(&scene.service), everything.query.object);
    assert_ptr_not_equal(host_site(&scene.service), everything.within.object);
    assert_ptr_not_equal(host_site(&scene.service), everything.fetched.object);
    assert_int_not_equal(sta.id, everything.invoked_on);
    assert_int_equal(3, asked_in_mta);
    assert_int_equal(0, asked_elsewhere);
    assert_int_equal(0, statistics_of(scene.bridge).proxies_cached);
    /* That of what was fetched ahead. The site's is never needed. */
    assert_int_equal(1, statistics_of(scene.bridge).packets_unmarshaled);
    home_stop(&sta);
    scene_end(&scene);
}

int main(void)
{
    static const Test tests[] = {
        TEST(stas_that_have_asked_cost_nothing),
        TEST(stas_that_have_asked_end_while_home_is_blocked),
        TEST(inside_homes_send_message_an_sta_is_refused),
        TEST(inside_homes_send_message_an_sta_gets_what_was_fetched_ahead),
        TEST(a_message_that_nobody_waits_for_is_no_hindrance),
        TEST(an_answer_is_for_the_apartment_that_its_caller_is_in_by_then),
        TEST(where_home_is_the_mta_an_sta_gets_there_too),
    };

    return RUN("road", tests);
}
