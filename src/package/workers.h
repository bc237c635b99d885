/*
 * The background threads of one package, and who else is in it: those that Close waits for.
 *
 * They are kept together in one record, which outlives the package where a thread still has to leave. A
 * thread has let go of the package before it is seen to have left.
 */
#ifndef SITEBRIDGE_WORKERS_H
#define SITEBRIDGE_WORKERS_H

#include <sitebridge/package.h>

#include "../bridge/bridge.h"

/* A thread that is in the package. */
typedef struct Presence {
    struct Presence *next;
    DWORD thread;
    GUID chain;             /* of its calls */
} Presence;

typedef struct Workers {
    Watcher watcher;        /* the package's, the bridge's and the threads' */
    HANDLE stop;            /* set: stop */
    HANDLE left;            /* set: nobody is there */
    SRWLOCK lock;           /* guards what follows; nothing is called with it held */
    BOOL open;
    Presence *first;
    Presence teller;        /* who calls the `done`s of the bridge's */
} Workers;

HRESULT workers_create(Workers **workers);

/*
 * Before bridge is anybody's: without a site the workers stop, and who calls a `done` counts as one of them.
 */
void workers_watch(Workers *workers, SiteBridge *bridge);

/* Any thread. The thread keeps package until it has left. E_UNEXPECTED while the workers are not open. */
HRESULT workers_start(Workers *workers, Shared *package, IVsPackage *object, SitePackageWork work,
                      void *context);

/*
 * Counts the calling thread in, which is not one of workers_start's, so that Close waits for it. FALSE
 * while the workers are not open.
 */
BOOL workers_join(Workers *workers, Presence *presence);
void workers_leave(Workers *workers, Presence *presence);

/* Lets threads be started. */
void workers_open(Workers *workers);

/* Lets no more be started, and tells those there are to stop. */
void workers_stop(Workers *workers);

/*
 * Whether somebody who is there could not leave before the calling thread goes on: because it is that, or has
 * called it. home is the calling thread's, or NULL.
 */
BOOL workers_need_this_thread(Workers *workers, Home *home);

/* Waits until the last has left; dispatches COM calls in an STA. Reports a wait as long as the trace asks. */
void workers_wait(Workers *workers, const SiteBridge *bridge);

#endif
