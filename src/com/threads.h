/*
 * The library's own threads, in the MTA.
 *
 * While the library is in use it keeps the MTA alive, and there is at least one thread. A thread runs one
 * job after another, and leaves when there has been none for a while. Every job gets a thread at once, a
 * new one where all are busy: what is limited is limited by whoever makes the jobs. The process's
 * pool is not used, since it may be full, or its threads in an STA.
 */
#ifndef SITEBRIDGE_THREADS_H
#define SITEBRIDGE_THREADS_H

#include <windows.h>

/* Embedded in what it is about. Its memory is not touched any more once run has been called. */
typedef struct Job {
    struct Job *next;
    void (*run)(struct Job *job);
} Job;

/* Jobs in their order, under whatever lock guards them. last is &first where there is none. */
typedef struct Jobs {
    Job *first, **last;
} Jobs;

static inline void jobs_append(Jobs *jobs, Job *job)
{
    job->next = NULL;
    *jobs->last = job;
    jobs->last = &job->next;
}

static inline Job *jobs_take(Jobs *jobs)
{
    Job *job = jobs->first;

    if (job && (jobs->first = job->next) == NULL)
        jobs->last = &jobs->first;
    return job;
}

/*
 * Around the library's use, which has the MTA kept alive. The last release has it let go of on a thread of
 * the library's, later. E_NOTIMPL where this system cannot keep the MTA alive.
 */
HRESULT threads_acquire(void);
void threads_release(void);

/* While in use. Where it fails, for want of a thread, job will not run. */
HRESULT threads_run(Job *job);

/* While in use. Cannot fail: for want of a thread, job waits for one. */
void threads_run_later(Job *job);

#endif
