/* That the accounts see every kind of leak: one is made on purpose, seen, and mended. */
#include "../harness.h"

#include <stdlib.h>

#include "../ledger.h"

static LedgerMark mark;

static void assert_leak(void)
{
    assert_false(ledger_is_even(mark, LEDGER_NOW));
}

static void assert_even(void)
{
    assert_true(ledger_is_even(mark, LEDGER_NOW));
}

static void a_block_is_seen(void **state)
{
    void *volatile block, *grown;       /* or a compiler does without */

    (void)state;
    mark = ledger_mark();
    block = malloc(10);
    assert_leak();
    free(block);
    assert_even();
    block = calloc(2, 10);
    assert_leak();
    grown = realloc(block, 4000);
    assert_leak();
    free(grown);
    assert_even();
}

static void a_handle_is_seen(void **state)
{
    HANDLE handle;

    (void)state;
    mark = ledger_mark();
    handle = CreateEventW(NULL, TRUE, FALSE, NULL);
    assert_leak();
    CloseHandle(handle);
    assert_even();
    handle = OpenThread(SYNCHRONIZE, FALSE, GetCurrentThreadId());
    assert_leak();
    CloseHandle(handle);
    assert_even();
}

static DWORD WINAPI wait_for_event(void *event)
{
    return WaitForSingleObject(event, PATIENCE);
}

/* Though its handle has been closed. */
static void a_running_thread_is_seen(void **state)
{
    HANDLE event, thread, own;

    (void)state;
    event = CreateEventW(NULL, TRUE, FALSE, NULL);
    mark = ledger_mark();
    thread = CreateThread(NULL, 0, wait_for_event, event, 0, NULL);
    DuplicateHandle(GetCurrentProcess(), thread, GetCurrentProcess(), &own, SYNCHRONIZE, FALSE, 0);
    CloseHandle(thread);
    assert_leak();
    SetEvent(event);
    wait_for(own, "a thread");
    assert_even();
    CloseHandle(own);
    CloseHandle(event);
}

static void a_reference_on_a_module_is_seen(void **state)
{
    HMODULE module;

    (void)state;
    mark = ledger_mark();
    assert_true(GetModuleHandleExW(0, L"ole32.dll", &module));
    assert_leak();
    FreeLibrary(module);
    assert_even();
}

typedef HRESULT(WINAPI *Increment)(CO_MTA_USAGE_COOKIE *cookie);
typedef HRESULT(WINAPI *Decrement)(CO_MTA_USAGE_COOKIE cookie);

static void a_use_of_the_mta_is_seen(void **state)
{
    HMODULE ole32 = GetModuleHandleW(L"ole32.dll");
    CO_MTA_USAGE_COOKIE cookie;
    Increment increment;
    Decrement decrement;

    (void)state;
    increment = (Increment)(void (*)(void))GetProcAddress(ole32, "CoIncrementMTAUsage");
    decrement = (Decrement)(void (*)(void))GetProcAddress(ole32, "CoDecrementMTAUsage");
    mark = ledger_mark();
    assert_hr(S_OK, increment(&cookie));
    assert_leak();
    decrement(cookie);
    assert_even();
}

static void leave_a_spy(void *context)
{
    assert_hr(S_OK, end_hook_put_on(context, NULL, NULL, NULL));
    assert_leak();
}

/* COM forgets those of a thread that has ended. */
static void an_initialize_spy_is_seen(void **state)
{
    static EndHook spy;

    (void)state;
    mark = ledger_mark();
    leave_a_spy(&spy);
    end_hook_take_off(&spy);
    assert_even();
    thread_run(IN_NONE, leave_a_spy, &spy);
    assert_even();
}

static void a_packet_is_seen(void **state)
{
    IStream *packet, *again;
    LARGE_INTEGER start;
    Host host;

    (void)state;
    host_init(&host, 0);
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    mark = ledger_mark();
    assert_hr(S_OK, CoMarshalInterThreadInterfaceInStream(
                        &IID_IServiceProvider, (IUnknown *)host_site(&host), &packet));
    assert_leak();
    again = packet;
    IStream_AddRef(again);
    start.QuadPart = 0;
    assert_hr(S_OK, CoReleaseMarshalData(packet));
    IStream_Seek(packet, start, STREAM_SEEK_SET, NULL);
    IStream_Release(packet);
    assert_leak();
    IStream_Release(again);
    assert_even();
    CoUninitialize();
}

static void a_block_of_coms_is_seen(void **state)
{
    LONG before = com_spy_blocks();
    void *block;

    (void)state;
    block = CoTaskMemAlloc(10);
    assert_int_equal(before + 1, com_spy_blocks());
    CoTaskMemFree(block);
    assert_int_equal(before, com_spy_blocks());
}

static void a_reference_on_a_host_is_seen(void **state)
{
    LONG before = host_references();
    Host host;

    (void)state;
    host_init(&host, 0);
    IServiceProvider_AddRef(host_site(&host));
    assert_int_equal(before + 1, host_references());
    IServiceProvider_Release(host_site(&host));
    assert_int_equal(before, host_references());
}

int main(void)
{
    static const Test tests[] = {
        TEST(a_block_is_seen),
        TEST(a_handle_is_seen),
        TEST(a_running_thread_is_seen),
        TEST(a_reference_on_a_module_is_seen),
        TEST(a_use_of_the_mta_is_seen),
        TEST(an_initialize_spy_is_seen),
        TEST(a_packet_is_seen),
        TEST(a_block_of_coms_is_seen),
        TEST(a_reference_on_a_host_is_seen),
    };

    return RUN("leaks", tests);
}
