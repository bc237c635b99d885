/*
 * Home: the apartment of a thread that has set a site, kept while the library has something there. In the MTA
 * it belongs to the thread that set the site, and ends with that.
 *
 * An initialize spy, the hook, tells when the apartment ends. Then home unsites its members, and dispatches
 * until no call is outstanding any more. Any thread may call these functions unless they say otherwise.
 * Checked by test/model/home.pml and slots.pml.
 */
#ifndef SITEBRIDGE_HOME_H
#define SITEBRIDGE_HOME_H

#include <objidl.h>

#include "../atomic.h"
#include "calls.h"
#include "line.h"

/* A call from the background that home is in, or the end of a session. */
typedef struct Arrival {
    const char *frame;          /* where on the stack */
    GUID chain;                 /* of calls that it belongs to */
} Arrival;

typedef struct Home {
    Shared shared;              /* the list's, COM's, members', exports', running jobs' */
    IInitializeSpy hook;
    volatile LONG hook_refs;    /* COM's */
    ULARGE_INTEGER cookie;
    struct Home *next;          /* while the hook is on */
    DWORD thread;
    HANDLE handle;              /* the thread's, whose number is not given to another meanwhile */
    BOOL mta;
    DWORD initialized;          /* its thread's: how often, as far as the hook was told */
    Arrival *arrivals;          /* its thread's, the innermost last */
    LONG arrived, room;
    volatile LONG closing;      /* its last CoUninitialize has begun, and there will be no time to try again */
    volatile LONG ended;
    volatile LONG killed;       /* an STA that has ended without COM's knowing: COM's references stay for ever */
    volatile LONG exported;
    volatile LONG abandoned;    /* calls that were left alone at a deadline, and keep a thread */
    Calls calls;
    Line posts;                 /* the calls that run what was posted */
} Home;

/*
 * The calling thread's home, made where there is none; home_unexport lets go of it. CO_E_NOTINITIALIZED where
 * the thread has not itself initialized COM, or its apartment is about to end; CO_E_NOT_SUPPORTED in a
 * neutral one.
 */
HRESULT home_enter(Home **home);

BOOL home_is_current(Home *home);
DWORD home_thread(const Home *home);        /* 0 where home is the MTA */
BOOL home_is_own_thread(const Home *home);  /* whether this is home's thread, also after home's end */

/* Whether the apartment has ended, and nothing in it can be called or released. */
static inline BOOL home_has_ended(const Home *home)
{
    return long_read(&home->ended) != 0;
}

/* The same, and finds out whether the thread has ended without a word. */
BOOL home_is_lost(Home *home);

/* On home, around a call from the background. chain is on its stack, and so says how deep that is. */
void home_call_arrives(Home *home, const GUID *chain);
void home_call_returns(Home *home, const GUID *chain);

/* Where this is home's thread: how many calls from the background are further up its stack. */
LONG home_arrivals(Home *home);

/* Around the time that something of home's is in COM's hands, or about to be, which needs the hook. */
void home_export(Home *home);
void home_unexport(Home *home);

/* On home, takes the hook off where the library has nothing here any more; elsewhere it is home_is_lost. */
void home_sweep(Home *home);
void home_sweep_current(void);

#endif
