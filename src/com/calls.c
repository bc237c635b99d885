#include "calls.h"

#include "../atomic.h"

enum { CLOSED = LONG_MIN };     /* added to a member's calls */

void calls_join(Calls *calls, Member *member)
{
    member->at = calls;
    AcquireSRWLockExclusive(&calls->lock);
    member->next = calls->members;
    calls->members = member;
    ReleaseSRWLockExclusive(&calls->lock);
}

/* The member stays in the list until its jobs have been sent: home's end must find the one or the other. */
static void calls_run_down(Member *member)
{
    Calls *calls = member->at;
    Member **link;

    member->run_down(member);
    AcquireSRWLockExclusive(&calls->lock);
    for (link = &calls->members; *link && *link != member; link = &(*link)->next)
        ;
    if (*link)
        *link = member->next;
    ReleaseSRWLockExclusive(&calls->lock);
}

BOOL calls_close(Member *member)
{
    return long_add(&member->calls, CLOSED + 1, 0);
}

BOOL calls_are_closed(const Member *member)
{
    return long_read(&member->calls) < 0;
}

BOOL calls_begin(Member *member)
{
    return long_add(&member->calls, 1, 0);
}

void calls_end(Member *member)
{
    if (InterlockedDecrement(&member->calls) == CLOSED)
        calls_run_down(member);
}

Member *calls_find_open(Calls *calls)
{
    Member *member;

    AcquireSRWLockExclusive(&calls->lock);
    for (member = calls->members; member && calls_are_closed(member); member = member->next)
        ;
    if (member)
        shared_addref(member->shared);
    ReleaseSRWLockExclusive(&calls->lock);
    return member;
}

BOOL calls_are_over(Calls *calls)
{
    Member *member;

    AcquireSRWLockShared(&calls->lock);
    for (member = calls->members; member && long_read(&member->calls) == CLOSED; member = member->next)
        ;
    ReleaseSRWLockShared(&calls->lock);
    return !member;
}

/* The jobs */

static void calls_run_jobs(Job *queue)
{
    Calls *calls = CONTAINING_RECORD(queue, Calls, queue);
    Job *job;

    for (;;) {
        AcquireSRWLockExclusive(&calls->lock);
        job = calls->suspended ? NULL : jobs_take(&calls->jobs);
        if (!job)
            calls->running = FALSE;
        ReleaseSRWLockExclusive(&calls->lock);
        if (!job)
            break;
        job->run(job);
    }
    shared_release(calls->shared);
}

/* With the lock held, which it releases: has a thread run the jobs, unless one does. */
static void calls_go_on(Calls *calls)
{
    BOOL start = calls->jobs.first && !calls->running && !calls->suspended;

    if (start) {
        calls->running = TRUE;
        shared_addref(calls->shared);
    }
    ReleaseSRWLockExclusive(&calls->lock);
    if (start)
        threads_run_later(&calls->queue);
}

void calls_send(Calls *calls, Job *job)
{
    AcquireSRWLockExclusive(&calls->lock);
    jobs_append(&calls->jobs, job);
    calls_go_on(calls);
}

BOOL calls_suspend(Calls *calls, LONG nested, BOOL whatever_is_under_way)
{
    LONG outstanding = -nested;
    BOOL open = FALSE;
    Member *member;

    AcquireSRWLockExclusive(&calls->lock);
    for (member = calls->members; member; member = member->next) {
        LONG own = long_read(&member->calls);

        /* One that is being run down is about to send a job. An open one has come since the others were closed. */
        outstanding += own == CLOSED ? 1 : own & ~CLOSED;
        open |= own >= 0;
    }
    if (whatever_is_under_way || (!open && outstanding <= 0 && !calls->jobs.first && !calls->running))
        calls->suspended = TRUE;
    ReleaseSRWLockExclusive(&calls->lock);
    return calls->suspended;
}

void calls_resume(Calls *calls)
{
    AcquireSRWLockExclusive(&calls->lock);
    calls->suspended = FALSE;
    calls_go_on(calls);
}

void calls_init(Calls *calls, Shared *shared)
{
    calls->shared = shared;
    jobs_init(&calls->jobs);
    calls->queue.run = calls_run_jobs;
}
