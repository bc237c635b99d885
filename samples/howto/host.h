/*
 * A host in small: an IServiceProvider of the main thread's, whose one service is itself, and threads that ask
 * for it while the main thread dispatches.
 */
#ifndef HOWTO_HOST_H
#define HOWTO_HOST_H

#include "way.h"

/* An interface of the service's that no proxy exists for. */
extern const IID private_id;

/* On the main thread, once. */
void host_begin(void);
IServiceProvider *host_site(void);
/* How many references others have. */
LONG host_references(void);
/* Whether it has ever been asked for something on another thread than its own. */
BOOL host_called_elsewhere(void);

typedef enum Apartment { MTA, STA, NO_APARTMENT } Apartment;

/* A thread that does its work, and then stays until it is told to go. */
typedef struct Thread {
    Apartment apartment;
    Function work;
    HANDLE handle, done, leave;
    HRESULT hr;                         /* what the work returned */
} Thread;
void thread_start(Thread *thread, Apartment apartment, Function work);
/* These two are for the main thread, which dispatches meanwhile. */
void thread_wait(Thread *thread);
void thread_end(Thread *thread);
/* All three: what the work returned. */
HRESULT thread_run(Apartment apartment, Function work);

#endif
