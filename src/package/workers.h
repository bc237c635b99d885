/*
 * The background threads of one package.
 *
 * They are kept together in one record, which outlives the package where a thread still has to leave. A
 * thread has let go of the package before it is seen to have left.
 */
#ifndef SITEBRIDGE_WORKER_H
#define SITEBRIDGE_WORKER_H

#include <sitebridge/package.h>

#include "../shared.h"

typedef struct Workers {
    Shared shared;          /* the package's and the threads' */
    HANDLE stop;            /* set: stop */
    HANDLE left;            /* set: nobody is there */
    SRWLOCK lock;           /* guards what follows; nothing is called with it held */
    BOOL open;
    LONG count;
} Workers;

HRESULT workers_create(Workers **workers);

/* Any thread. E_UNEXPECTED while the workers is not open. */
HRESULT workers_start(Workers *workers, IVsPackage *package, SitePackageWork work, void *context);

/*
 * Counts the calling thread in, which is not one of workers_start's, so that Close waits for it. FALSE
 * while the workers is not open.
 */
BOOL workers_join(Workers *workers);
void workers_leave(Workers *workers);

/* Lets threads be started. */
void workers_open(Workers *workers);

/* Lets no more be started, and tells those there are to stop. */
void workers_stop(Workers *workers);

/* Waits until the last has left; dispatches COM calls in an STA. */
void workers_wait(Workers *workers);

#endif
