#include "trace.h"

volatile LONG trace_is_on;

static SRWLOCK lock = SRWLOCK_INIT;
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

    AcquireSRWLockShared(&lock);
    callback = trace.callback;
    context = trace.context;
    ReleaseSRWLockShared(&lock);
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

    AcquireSRWLockShared(&lock);
    wait = trace.callback ? trace.wait : 0;
    ReleaseSRWLockShared(&lock);
    return wait ? wait : INFINITE;
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
