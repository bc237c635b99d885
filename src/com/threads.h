/*
 * The library's own threads, in the MTA, which is kept alive while the library is in use. The process's pool may
 * be full, or its threads in an STA.
 *
 * Every job gets a thread at once, a new one where all are busy: what is limited is limited by whoever makes
 * the jobs. A thread leaves when there has been no job for a while; one stays as long as the library is in use.
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

static inline void jobs_init(Jobs *jobs)
{
    jobs->first = NULL;
    jobs->last = &jobs->first;
}

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

/* From now on a thread that would leave asks whether it is needed, as what it ran may have made it a home. */
void threads_ask_before_leaving(BOOL (*needed)(void));

/* While in use. Where it fails, for want of a thread, job will not run. */
HRESULT threads_run(Job *job);

/* While in use. Cannot fail: for want of a thread, job waits for one. */
void threads_run_later(Job *job);

#endif
