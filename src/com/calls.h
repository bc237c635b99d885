/*
 * Calls: those of the background that are outstanding at one home, counted by who makes them, and the jobs of
 * the library's that may have to wait for it. Home's end waits for them: Wine drops what is queued to an
 * apartment which ends, and the callers would wait for ever (test/platform: a_call_queued_to_an_ending_sta).
 *
 * A call that home has answered is none, whatever its caller is doing. Any thread, all of these.
 * Checked by test/model/home.pml.
 */
#ifndef SITEBRIDGE_CALLS_H
#define SITEBRIDGE_CALLS_H

#include "../shared.h"
#include "threads.h"

/* Something that is called from the background, between its joining and its closing. */
typedef struct Member {
    struct Member *next;
    struct Calls *at;
    Shared *shared;                             /* what embeds it: whoever calls has a reference */
    volatile LONG calls;                        /* outstanding; negative once it is closed */
    void (*unsite)(struct Member *member);      /* home ends: is to close the member, first of all */
    void (*run_down)(struct Member *member);    /* it is closed, and its last call is over */
} Member;

typedef struct Calls {
    Shared *shared;             /* what embeds it */
    SRWLOCK lock;               /* guards what follows; nothing is called with it held */
    Member *members;            /* open, or with calls that are not over */
    Jobs jobs;
    Job queue;                  /* runs them */
    BOOL running;
    BOOL suspended;             /* they wait until home has ended */
} Calls;

void calls_init(Calls *calls, Shared *shared);
void calls_join(Calls *calls, Member *member);
BOOL calls_close(Member *member);       /* counts as a call, until calls_end; FALSE where it is closed already */

BOOL calls_are_closed(const Member *member);

/* Around a call. FALSE once the member is closed. */
BOOL calls_begin(Member *member);
void calls_end(Member *member);

/* A member that is not closed, with a reference; NULL when there is none any more. */
Member *calls_find_open(Calls *calls);

/* Whether no member is open, and no call outstanding. */
BOOL calls_are_over(Calls *calls);

/*
 * Runs job, which may have to wait for home, in the MTA, after those sent before it; cannot fail. Whoever
 * sends it keeps home until then.
 */
void calls_send(Calls *calls, Job *job);

/*
 * Has the jobs wait from now on, unless one or a call that is not nested is under way, or a member is open: then
 * FALSE.
 */
BOOL calls_suspend(Calls *calls, LONG nested, BOOL whatever_is_under_way);
void calls_resume(Calls *calls);

#endif
