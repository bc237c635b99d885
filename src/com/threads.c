#include "threads.h"

#include <objbase.h>
#include <stdlib.h>

#include "../module.h"

/* How long a thread waits for a job while there are others, and the last one for the library to be used again. */
enum { IDLE = 5000, GRACE = 20 };

typedef struct Thread {
    ModuleThread thread;
    struct Thread *next;        /* idle */
    CONDITION_VARIABLE wake;
    Job *job;
} Thread;

static SRWLOCK threads_lock = SRWLOCK_INIT;     /* guards what follows; nothing is called with it held */
static LONG users, threads;
static Thread *idle;                    /* the one that came last is the first to go on */
static Jobs waiting = { NULL, &waiting.first };
static BOOL (*is_needed)(void);
static BOOL holding;                    /* the MTA, with cookie */
static CO_MTA_USAGE_COOKIE cookie;

/*
 * These two are found at run time: they are in no i686 import library of mingw-w64 before version 11.
 * Windows has them since version 8. What is held can be dropped: both are found before.
 */
typedef HRESULT (STDAPICALLTYPE *IncrementUsage)(CO_MTA_USAGE_COOKIE *cookie);
typedef HRESULT (STDAPICALLTYPE *DecrementUsage)(CO_MTA_USAGE_COOKIE cookie);
static IncrementUsage increment_usage;
static DecrementUsage decrement_usage;

static HRESULT mta_hold(CO_MTA_USAGE_COOKIE *held)
{
    HMODULE ole32 = GetModuleHandleW(L"ole32.dll");

    if (ole32) {
        increment_usage = (IncrementUsage)(void (*)(void))GetProcAddress(ole32, "CoIncrementMTAUsage");
        decrement_usage = (DecrementUsage)(void (*)(void))GetProcAddress(ole32, "CoDecrementMTAUsage");
    }
    return increment_usage && decrement_usage ? increment_usage(held) : E_NOTIMPL;
}

/* With the lock held: takes self out of those that are idle, if it is there. */
static void threads_withdraw(Thread *self)
{
    Thread **link;

    for (link = &idle; *link; link = &(*link)->next) {
        if (*link == self) {
            *link = self->next;
            break;
        }
    }
}

/* With the lock held, which it lets go of for a while: whether the thread has waited in vain, and may leave. */
static BOOL threads_wait(Thread *self)
{
    BOOL (*needed)(void) = is_needed;
    BOOL expired;

    self->next = idle;
    idle = self;
    expired = !SleepConditionVariableSRW(&self->wake, &threads_lock, users ? IDLE : GRACE, 0);
    threads_withdraw(self);
    if (expired && needed) {
        ReleaseSRWLockExclusive(&threads_lock);
        expired = !needed();
        AcquireSRWLockExclusive(&threads_lock);
    }
    return expired;
}

/* NULL: time to leave. *held is then what is to be dropped. */
static Job *threads_next(Thread *self, CO_MTA_USAGE_COOKIE *held)
{
    BOOL expired = FALSE;
    Job *job;

    AcquireSRWLockExclusive(&threads_lock);
    while (!self->job && (self->job = jobs_take(&waiting)) == NULL) {
        if (users ? expired && threads > 1 : expired || threads > 1)
            break;
        expired = threads_wait(self);
    }
    job = self->job;
    self->job = NULL;
    if (!job && --threads == 0 && holding) {
        holding = FALSE;
        *held = cookie;
    }
    ReleaseSRWLockExclusive(&threads_lock);
    return job;
}

static DWORD threads_main(ModuleThread *thread)
{
    HRESULT initialized = CoInitializeEx(NULL, COINIT_MULTITHREADED);
    Thread *self = CONTAINING_RECORD(thread, Thread, thread);
    CO_MTA_USAGE_COOKIE held = NULL;
    Job *job;

    AcquireSRWLockExclusive(&threads_lock);
    threads++;
    ReleaseSRWLockExclusive(&threads_lock);
    while ((job = threads_next(self, &held)) != NULL)
        job->run(job);
    free(self);
    if (held)
        decrement_usage(held);
    if (SUCCEEDED(initialized))
        CoUninitialize();
    return 0;
}

/* job may be NULL. */
static HRESULT threads_start(Job *job)
{
    Thread *thread = calloc(1, sizeof *thread);
    HRESULT hr;

    if (!thread)
        return E_OUTOFMEMORY;
    thread->job = job;
    thread->thread.main = threads_main;
    hr = module_start_thread(&thread->thread);
    if (FAILED(hr))
        free(thread);
    return hr;
}

HRESULT threads_acquire(void)
{
    CO_MTA_USAGE_COOKIE held = NULL;
    BOOL ready;
    HRESULT hr;

    AcquireSRWLockExclusive(&threads_lock);
    users++;
    ready = holding;
    ReleaseSRWLockExclusive(&threads_lock);
    if (ready)
        return S_OK;
    hr = mta_hold(&held);
    if (SUCCEEDED(hr))
        hr = threads_start(NULL);
    AcquireSRWLockExclusive(&threads_lock);
    if (FAILED(hr)) {
        users--;
    } else if (!holding) {
        holding = TRUE;
        cookie = held;
        held = NULL;
    }
    ReleaseSRWLockExclusive(&threads_lock);
    /* Somebody else was quicker, or nothing has been made in the MTA yet. */
    if (held)
        decrement_usage(held);
    return hr;
}

void threads_ask_before_leaving(BOOL (*needed)(void))
{
    AcquireSRWLockExclusive(&threads_lock);
    is_needed = needed;
    ReleaseSRWLockExclusive(&threads_lock);
}

void threads_release(void)
{
    Thread *thread;

    AcquireSRWLockExclusive(&threads_lock);
    if (--users == 0)
        for (thread = idle; thread; thread = thread->next)
            WakeConditionVariable(&thread->wake);
    ReleaseSRWLockExclusive(&threads_lock);
}

/* Whether a thread that had nothing to do has been given job. */
static BOOL threads_hand_over(Job *job)
{
    Thread *thread;

    AcquireSRWLockExclusive(&threads_lock);
    thread = idle;
    if (thread) {
        idle = thread->next;
        thread->job = job;
        WakeConditionVariable(&thread->wake);
    }
    ReleaseSRWLockExclusive(&threads_lock);
    return thread != NULL;
}

HRESULT threads_run(Job *job)
{
    return threads_hand_over(job) ? S_OK : threads_start(job);
}

void threads_run_later(Job *job)
{
    if (SUCCEEDED(threads_run(job)))
        return;
    AcquireSRWLockExclusive(&threads_lock);
    jobs_append(&waiting, job);
    if (idle)
        WakeConditionVariable(&idle->wake);
    ReleaseSRWLockExclusive(&threads_lock);
}
