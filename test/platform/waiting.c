/* Waiting in an STA while calls come in, and apartments that end under a call. */
#include "raw.h"

typedef struct Caller {
    IStream *packet;
    Thread thread;
    HRESULT hr;
} Caller;

static void call(void *context)
{
    Caller *caller = context;
    IServiceProvider *provider;

    caller->hr = raw_unmarshal(caller->packet, &provider);
    if (FAILED(caller->hr))
        return;
    caller->hr = raw_call(provider);
    IServiceProvider_Release(provider);
}

/*
 * On Wine, CoWaitForMultipleHandles sleeps on a call that was in the queue when somebody looked at
 * the whole of it; Windows dispatches. A message that comes anew wakes both.
 */
static void a_peeked_call_does_not_wake_cowait(void **state)
{
    ULONGLONG start;
    Caller caller;
    MSG message;
    DWORD index;
    Host host;
    HRESULT hr;

    (void)state;
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    host_init(&host, GetCurrentThreadId());
    caller.packet = raw_marshal(&host);
    thread_start(&caller.thread, IN_MTA, call, &caller);
    assert_true(raw_wait_until_queued());
    PeekMessageW(&message, NULL, 0, 0, PM_NOREMOVE);
    hr = CoWaitForMultipleHandles(0, 200, 1, &caller.thread.handle, &index);
    if (FAILED(hr)) {
        assert_hr(RPC_S_CALLPENDING, hr);
        print_message("the call was not dispatched before there was another message\n");
    }

    for (start = GetTickCount64(); FAILED(hr) && GetTickCount64() - start < PATIENCE;) {
        PostThreadMessageW(GetCurrentThreadId(), WM_NULL, 0, 0);
        hr = CoWaitForMultipleHandles(0, 50, 1, &caller.thread.handle, &index);
    }
    assert_hr(S_OK, hr);
    assert_hr(S_OK, caller.hr);
    assert_int_equal(1, host.queries);
    assert_int_equal(0, host.wrong_threads);
    thread_join(&caller.thread);
    CoUninitialize();
    assert_int_equal(1, host_refs(&host));
}

static void cowait_dispatches_while_its_event_is_never_set(void **state)
{
    HANDLE never = CreateEventW(NULL, TRUE, FALSE, NULL);
    ULONGLONG start;
    Caller caller;
    DWORD index;
    Host host;

    (void)state;
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    host_init(&host, GetCurrentThreadId());
    caller.packet = raw_marshal(&host);
    thread_start(&caller.thread, IN_MTA, call, &caller);
    for (start = GetTickCount64(); GetTickCount64() - start < PATIENCE;) {
        assert_hr(RPC_S_CALLPENDING, CoWaitForMultipleHandles(0, 10, 1, &never, &index));
        if (WaitForSingleObject(caller.thread.handle, 0) == WAIT_OBJECT_0)
            break;
    }
    thread_join(&caller.thread);
    assert_hr(S_OK, caller.hr);
    assert_int_equal(1, host.queries);
    CoUninitialize();
    CloseHandle(never);
}

/* Whoever waits for a plain message loop's sake sees the message after CoWait as before. */
static void cowait_leaves_thread_messages_in_the_queue(void **state)
{
    HANDLE never = CreateEventW(NULL, TRUE, FALSE, NULL);
    MSG message;
    DWORD index;

    (void)state;
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    PeekMessageW(&message, NULL, 0, 0, PM_NOREMOVE);
    assert_true(PostThreadMessageW(GetCurrentThreadId(), WM_APP, 1, 2));
    assert_hr(RPC_S_CALLPENDING, CoWaitForMultipleHandles(0, 20, 1, &never, &index));
    assert_true(PeekMessageW(&message, (HWND)-1, WM_APP, WM_APP, PM_REMOVE));
    assert_int_equal(1, message.wParam);
    CoUninitialize();
    CloseHandle(never);
}

/* These outlive their test: on Wine their thread does, until the program ends. */
static Host abandoned_host, lost_host;
static Caller abandoned, lost;
static HANDLE marshaled;
static BOOL was_queued;

static void live_until_a_call_is_queued(void *context)
{
    (void)context;
    CoMarshalInterThreadInterfaceInStream(
        &IID_IServiceProvider, (IUnknown *)host_site(&abandoned_host), &abandoned.packet);
    SetEvent(marshaled);
    was_queued = raw_wait_until_queued();
}

/*
 * CoUninitialize does not dispatch on Wine: the call is lost, and its caller waits for ever.
 * Windows documents that it dispatches what is pending, so that the call is answered or fails.
 */
static void a_call_queued_to_an_ending_sta(void **state)
{
    Thread home;

    (void)state;
    accounts_excuse();
    host_init(&abandoned_host, 0);
    abandoned.hr = E_PENDING;
    marshaled = CreateEventW(NULL, TRUE, FALSE, NULL);
    thread_start(&home, IN_STA, live_until_a_call_is_queued, NULL);
    wait_for(marshaled, "marshaling");
    assert_non_null(abandoned.packet);
    thread_start(&abandoned.thread, IN_MTA, call, &abandoned);
    thread_join(&home);
    assert_true(was_queued);
    if (WaitForSingleObject(abandoned.thread.handle, 1000) == WAIT_OBJECT_0) {
        assert_true(SUCCEEDED(abandoned.hr) == (abandoned_host.queries == 1));
    } else {
        print_message("the caller hangs\n");
        assert_true(on_wine());
        assert_int_equal(0, abandoned_host.queries);
    }
}

static void wait_until_a_call_is_queued(void *context)
{
    was_queued = raw_wait_until_queued();
    SetEvent(marshaled);
    WaitForSingleObject(((Home *)context)->release, INFINITE);
}

/* A thread that is killed takes what is queued to it along: on Wine the caller waits for ever. */
static void a_call_queued_to_a_killed_sta(void **state)
{
    Home home;

    (void)state;
    accounts_excuse();
    home_start(&home, IN_STA);
    host_init(&lost_host, home.id);
    lost.hr = E_PENDING;
    lost.packet = raw_marshal_at(&home, &lost_host);
    marshaled = CreateEventW(NULL, TRUE, FALSE, NULL);
    home_begin(&home, wait_until_a_call_is_queued, &home);
    thread_start(&lost.thread, IN_MTA, call, &lost);
    wait_for(marshaled, "the call");
    assert_true(was_queued);
    home_kill(&home);
    if (WaitForSingleObject(lost.thread.handle, 1000) == WAIT_OBJECT_0)
        assert_failed(lost.hr);
    else
        print_message("the caller hangs\n");
    assert_int_equal(0, lost_host.queries);
}

/* The last tests leave threads behind. */
int main(void)
{
    static const Test tests[] = {
        TEST(a_peeked_call_does_not_wake_cowait),
        TEST(cowait_dispatches_while_its_event_is_never_set),
        TEST(cowait_leaves_thread_messages_in_the_queue),
        TEST(a_call_queued_to_an_ending_sta),
        TEST(a_call_queued_to_a_killed_sta),
    };

    return RUN("waiting", tests);
}
