/*
 * The road to home, for calls that do not go by themselves: those of an STA, and those with a deadline.
 *
 * A thread of the library's makes the call in the MTA, and the caller waits, dispatching where it is in an
 * STA; the answer is marshaled to it with the two genuine functions. COM calls cannot be cancelled, so a
 * caller whose time has run out leaves the call alone: what arrives later is released where it belongs.
 * Checked by test/model/home.pml.
 */
#ifndef SITEBRIDGE_ROAD_H
#define SITEBRIDGE_ROAD_H

#include "counts.h"
#include "home.h"

/* A call on its way. Embedded in what knows how to make it; freed with that. */
typedef struct Trip {
    Shared shared;                  /* destroyed on any thread */
    HRESULT (*make)(struct Trip *trip);     /* in the MTA: makes the call, and leaves an answer in object */
    Shared *kept;                   /* counted; what its caller has as well, or NULL */
    Home *home;                     /* these are counted by whoever embeds the trip */
    Counts *counts;
    Member *member;                 /* whose call it is, or NULL where home is not called */
    IID iid;                        /* object's */
    IUnknown *object;               /* the MTA's */
    BOOL to_sta;                    /* the answer will be marshaled */

    volatile LONG state;            /* what follows is the road's */
    Job job;
    HANDLE done;
    GUID chain, maker;              /* the caller's, and that of the thread that makes the call */
    struct Trip *next;              /* being made */
    HRESULT hr;
    IStream *packet;                /* object, on its way to an STA */
} Trip;

/* Makes the call of trip, which has been filled in as far as to iid. The caller keeps its reference. */
HRESULT road_travel(Trip *trip, DWORD milliseconds, void **ppv);

/* Whether somebody still waits for the call, which has not begun with what cannot be left alone. */
BOOL road_is_awaited(const Trip *trip);

/* At home, once: FALSE where the caller has left; otherwise the caller waits from now on, whatever its deadline. */
BOOL road_begin(Trip *trip);

/* The chain of calls that this thread is in, named by the thread that began it, across the road. */
void road_chain(GUID *chain);

#endif
