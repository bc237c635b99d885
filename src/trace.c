#include "trace.h"

volatile LONG trace_is_on;

static SRWLOCK trace_lock = SRWLOCK_INIT;
static struct {
    SiteBridgeTrace callback;
    void *context;
    DWORD wait;
} trace;

void trace_report(SiteBridgeTraceEvent event, const SiteBridge *bridge, DWORD home_thread, DWORD thread,
                  DWORD milliseconds)
{
    SiteBridgeTraceRecord record = { 0 };
    SiteBridgeTrace callback;
    void *context;

    AcquireSRWLockShared(&trace_lock);
    callback = trace.callback;
    context = trace.context;
    ReleaseSRWLockShared(&trace_lock);
    record.size = sizeof record;
    record.event = event;
    record.bridge = bridge;
    record.home_thread = home_thread;
    record.thread = thread;
    record.milliseconds = milliseconds;
    if (callback)
        callback(&record, context);
}

DWORD trace_read_patience(void)
{
    DWORD wait;

    AcquireSRWLockShared(&trace_lock);
    wait = trace.callback ? trace.wait : 0;
    ReleaseSRWLockShared(&trace_lock);
    return wait ? wait : INFINITE;
}

STDAPI SiteBridgeSetTrace(SiteBridgeTrace callback, void *context, DWORD wait_milliseconds)
{
    AcquireSRWLockExclusive(&trace_lock);
    trace.callback = callback;
    trace.context = context;
    trace.wait = wait_milliseconds;
    InterlockedExchange(&trace_is_on, callback != NULL);
    ReleaseSRWLockExclusive(&trace_lock);
    return S_OK;
}
