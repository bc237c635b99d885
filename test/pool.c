#include "pool.h"

#include "harness.h"

enum { FULL = 520, IN_AN_STA = 16 };     /* it has 500 threads at most */

static volatile LONG entered, left;
static HANDLE released;

static void CALLBACK wait_until_released(PTP_CALLBACK_INSTANCE instance, void *context)
{
    (void)instance, (void)context;
    InterlockedIncrement(&entered);
    WaitForSingleObject(released, INFINITE);
    InterlockedIncrement(&left);
}

/* Each of these has a thread of its own, since none returns before all have come. */
static void CALLBACK enter_sta(PTP_CALLBACK_INSTANCE instance, void *context)
{
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    wait_until_released(instance, context);
}

static BOOL all_have_entered(void *context)
{
    return entered == *(LONG *)context;
}

static BOOL all_have_left(void *context)
{
    return left == *(LONG *)context;
}

static void submit(PTP_SIMPLE_CALLBACK callback, LONG count)
{
    LONG i;

    entered = left = 0;
    released = CreateEventW(NULL, TRUE, FALSE, NULL);
    for (i = 0; i < count; i++)
        if (!TrySubmitThreadpoolCallback(callback, NULL, NULL))
            fail_msg("%s", "no callback");
}

static void release(LONG count)
{
    SetEvent(released);
    if (!eventually(all_have_left, &count))
        fail_msg("%s", "the pool hung");
    CloseHandle(released);
}

void pool_fill(void)
{
    submit(wait_until_released, FULL);
}

void pool_empty(void)
{
    release(FULL);
}

void pool_leave_in_sta(void)
{
    LONG count = IN_AN_STA;

    accounts_excuse();
    submit(enter_sta, count);
    if (!eventually(all_have_entered, &count))
        fail_msg("%s", "the pool hung");
    release(count);
}
