#include "trace.h"

volatile LONG trace_is_on;

static SRWLOCK lock = SRWLOCK_INIT;
static struct {
    SiteBridgeTrace callback;
    void *context;
    DWORD wait;
} trace;

static void trace_call(SiteBridgeTraceRecord *record)
{
    SiteBridgeTrace callback;
    void *context;

    AcquireSRWLockShared(&lock);
    callback = trace.callback;
    context = trace.context;
    ReleaseSRWLockShared(&lock);
    record->size = sizeof *record;
    if (callback)
        callback(record, context);
}

void trace_report(SiteBridgeTraceEvent event, const SiteBridge *bridge, DWORD home_thread)
{
    SiteBridgeTraceRecord record = { 0 };

    record.event = event;
    record.bridge = bridge;
    record.home_thread = home_thread;
    record.thread = GetCurrentThreadId();
    trace_call(&record);
}

static void CALLBACK watch_callback(PTP_CALLBACK_INSTANCE instance, void *context, PTP_TIMER timer)
{
    const Watch *watch = context;
    SiteBridgeTraceRecord record = { 0 };

    (void)instance, (void)timer;
    record.event = SITEBRIDGE_TRACE_CALL_WAITING;
    record.bridge = watch->bridge;
    record.home_thread = watch->home_thread;
    record.thread = watch->thread;
    record.milliseconds = (DWORD)(GetTickCount64() - watch->start);
    trace_call(&record);
}

void trace_watch(Watch *watch, const SiteBridge *bridge, DWORD home_thread, DWORD thread)
{
    ULARGE_INTEGER due;
    FILETIME time;
    DWORD wait;

    AcquireSRWLockShared(&lock);
    wait = trace.callback ? trace.wait : 0;
    ReleaseSRWLockShared(&lock);
    if (!wait)
        return;
    watch->start = GetTickCount64();
    watch->thread = thread;
    watch->home_thread = home_thread;
    watch->bridge = bridge;
    /* A call goes unreported rather than fail for want of a timer. */
    watch->timer = CreateThreadpoolTimer(watch_callback, watch, NULL);
    if (!watch->timer)
        return;
    due.QuadPart = (ULONGLONG)(-(LONGLONG)wait * 10000);
    time.dwLowDateTime = due.LowPart;
    time.dwHighDateTime = due.HighPart;
    SetThreadpoolTimer(watch->timer, &time, 0, 0);
}

void trace_unwatch(Watch *watch)
{
    SetThreadpoolTimer(watch->timer, NULL, 0, 0);
    WaitForThreadpoolTimerCallbacks(watch->timer, TRUE);
    CloseThreadpoolTimer(watch->timer);
}

STDAPI SiteBridgeSetTrace(SiteBridgeTrace callback, void *context, DWORD wait_milliseconds)
{
    AcquireSRWLockExclusive(&lock);
    trace.callback = callback;
    trace.context = context;
    trace.wait = wait_milliseconds;
    InterlockedExchange(&trace_is_on, callback != NULL);
    ReleaseSRWLockExclusive(&lock);
    return S_OK;
}
