/*
 * A home with a window. On its thread the system may hold COM for as long as the window is there (IMM does),
 * and so may anybody: the program's last CoUninitialize is not the apartment's then.
 */
#include "raw.h"

static Scene scene;

typedef enum Holder { BY_HAND, BY_SYSTEM, HOLDERS } Holder;

static LRESULT CALLBACK holding_procedure(HWND hwnd, UINT message, WPARAM wparam, LPARAM lparam)
{
    if (message == WM_NCCREATE)
        CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    if (message == WM_NCDESTROY)
        CoUninitialize();
    return DefWindowProcW(hwnd, message, wparam, lparam);
}

static const WCHAR holding_class[] = L"SiteBridge.Test.Holding";
static HWND window;

static void open_holding_window(void *context)
{
    (void)context;
    window = CreateWindowExW(0, holding_class, NULL, 0, 0, 0, 0, 0, HWND_MESSAGE, NULL,
                             GetModuleHandleW(NULL), NULL);
}

static void open_visible_window(void *context)
{
    (void)context;
    window = CreateWindowExW(0, L"STATIC", NULL, WS_OVERLAPPEDWINDOW | WS_VISIBLE, 0, 0, 100, 100, NULL, NULL,
                             NULL, NULL);
    pump();
}

static void close_window(void *context)
{
    (void)context;
    DestroyWindow(window);
}

static void enter_sta(void *context)
{
    *(HRESULT *)context = CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
}

static void leave_sta(void *context)
{
    (void)context;
    CoUninitialize();
}

static void look(void *context)
{
    *(BOOL *)context = raw_is_in(APTTYPE_STA) || raw_is_in(APTTYPE_MAINSTA);
}

static BOOL home_is_in_sta(void)
{
    BOOL is_in_sta = FALSE;

    home_run(&scene.home, look, &is_in_sta);
    return is_in_sta;
}

/*
 * Home, with the window and the program's own CoInitializeEx, in one order or the other. FALSE where the system
 * holds nothing here.
 */
static BOOL begin(Holder holder, BOOL window_first)
{
    Work open = holder == BY_HAND ? open_holding_window : open_visible_window;
    HRESULT hr = E_FAIL;

    scene_begin_home(&scene, IN_NONE);
    scene.site.thread = scene.service.thread = scene.home.id;
    assert_hr(S_OK, SiteBridgeCreate(&scene.bridge));
    if (window_first)
        home_run(&scene.home, open, NULL);
    home_run(&scene.home, enter_sta, &hr);
    assert_true(SUCCEEDED(hr));
    if (!window_first)
        home_run(&scene.home, open, NULL);
    if (holder == BY_HAND)
        assert_non_null(window);
    if (!window)
        return FALSE;
    home_run(&scene.home, leave_sta, NULL);
    if (!home_is_in_sta())
        return FALSE;
    home_run(&scene.home, enter_sta, &hr);
    return TRUE;
}

static void end_without_holder(void)
{
    print_message("the system does not hold COM for a window here\n");
    if (window)
        home_run(&scene.home, close_window, NULL);
    else
        home_run(&scene.home, leave_sta, NULL);
    scene_end(&scene);
}

static void set_and_prefetch(void)
{
    assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, &scene.site));
    assert_hr(S_OK, home_prefetch(&scene.home, scene.bridge, &fetched_id, &IID_IServiceProvider));
}

/* The window goes with calls in home's queue. */
static void close_with_calls_queued(void)
{
    static Callers callers;
    int i;

    home_block_before(&scene.home, close_window, NULL);
    callers_start(&callers, scene.bridge);
    home_unblock(&scene.home);
    callers_join(&callers);
    for (i = 0; i < CALLERS; i++)
        assert_hr(E_UNEXPECTED, callers.questions[i].hr);
    assert_int_equal(1, host_refs(&scene.site));
    assert_int_equal(1, host_refs(&scene.service));
    assert_false(home_is_in_sta());
}

static void keep_site_until_the_window_goes(Holder holder)
{
    int window_first;

    for (window_first = 0; window_first < 2; window_first++) {
        if (!begin(holder, window_first)) {
            end_without_holder();
            return;
        }
        set_and_prefetch();
        home_run(&scene.home, leave_sta, NULL);
        assert_true(home_is_in_sta());
        assert_everybody_is_answered(scene.bridge, &scene.site, TRUE);
        /* The window's alone, the apartment is as good a home. */
        assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, NULL));
        set_and_prefetch();
        assert_everybody_is_answered(scene.bridge, &scene.site, TRUE);
        assert_hr(S_OK, home_set_site(&scene.home, scene.bridge, &scene.site));
        assert_proxies(scene.bridge, 0);
        close_with_calls_queued();
        assert_nobody_is_answered(scene.bridge);
        scene_end(&scene);
    }
}

static void a_site_stays_for_as_long_as_a_window_holds_com(void **state)
{
    (void)state;
    keep_site_until_the_window_goes(BY_HAND);
}

static void so_it_does_where_the_system_holds_it(void **state)
{
    (void)state;
    keep_site_until_the_window_goes(BY_SYSTEM);
}

static void its_thread_may_end_with_the_window(void **state)
{
    Holder holder;

    (void)state;
    for (holder = BY_HAND; holder < HOLDERS; holder++) {
        if (!begin(holder, TRUE)) {
            end_without_holder();
            return;
        }
        set_and_prefetch();
        home_run(&scene.home, leave_sta, NULL);
        assert_everybody_is_answered(scene.bridge, &scene.site, TRUE);
        home_vanish(&scene.home);
        assert_nobody_is_answered(scene.bridge);
        SiteBridgeRelease(scene.bridge);
        assert_idle();
    }
}

/* Where Wine has no display it has windows on a desktop that its explorer makes without one. */
static void find_a_desktop(void)
{
    WCHAR command[] = L"explorer.exe /desktop=SiteBridgeTest,64x64,null";
    STARTUPINFOW startup = { .cb = sizeof startup };
    PROCESS_INFORMATION explorer;
    HDESK desktop;

    if (!on_wine() || !CreateProcessW(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &explorer))
        return;
    WaitForInputIdle(explorer.hProcess, PATIENCE);
    CloseHandle(explorer.hThread);
    CloseHandle(explorer.hProcess);
    desktop = OpenDesktopW(L"SiteBridgeTest", 0, FALSE, GENERIC_ALL);
    if (desktop && SetThreadDesktop(desktop)) {
        /* The process's first decides for all of them. */
        open_visible_window(NULL);
        DestroyWindow(window);
    }
}

int main(void)
{
    static const Test tests[] = {
        TEST(a_site_stays_for_as_long_as_a_window_holds_com),
        TEST(so_it_does_where_the_system_holds_it),
        TEST(its_thread_may_end_with_the_window),
    };
    WNDCLASSW class_ = { .lpfnWndProc = holding_procedure, .lpszClassName = holding_class };

    find_a_desktop();
    class_.hInstance = GetModuleHandleW(NULL);
    RegisterClassW(&class_);
    return RUN("window", tests);
}
